/* SPDX-License-Identifier: Apache-2.0 */
/* What PostgreSQL does for a statement. */
#include "gateway/store_postgres.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/log.h"

#define TYPE_INT8 20u
#define TYPE_BYTEA 17u
#define TYPE_TEXT 25u

/* A statement under way: parameters, then the answer. */
struct cs_pg_call {
    const char *values[CS_POSTGRES_PARAMETERS];
    int lengths[CS_POSTGRES_PARAMETERS], formats[CS_POSTGRES_PARAMETERS];
    Oid types[CS_POSTGRES_PARAMETERS];
    uint8_t ints[CS_POSTGRES_PARAMETERS][8];
    PGresult *answer;
    int row;    /* the one that is read; -1 before the first */
    char *text; /* of a statement for this once */
};

/* -- connections --------------------------------------------------------------------------------------------------- */

void cs_postgres_disconnect(cs_postgres *p)
{
    if (p->conn != NULL)
        PQfinish(p->conn);
    p->conn = NULL;
    p->queued = 0;
    p->hurries = false;
    memset(p->prepared, 0, sizeof p->prepared);
}

/* With a commit a warning says that it is less than what was asked for: no replica has it. */
static void note_warning(void *context, const PGresult *answer)
{
    cs_postgres *p = context;
    const char *severity = PQresultErrorField(answer, PG_DIAG_SEVERITY_NONLOCALIZED);
    p->warned = p->warned || (severity != NULL && strcmp(severity, "WARNING") == 0);
}

/* The server's own words, without what may quote values. */
static void tell(const char *what, const PGconn *conn)
{
    const char *text = conn != NULL ? PQerrorMessage(conn) : "no memory";
    cs_log(CS_LOG_ERROR, NULL, "store: %s: %.*s", what, (int)strcspn(text, "\n"), text);
}

cs_err cs_postgres_connect(cs_postgres *p)
{
    static const char *const names[] = {"dbname", "connect_timeout", "application_name", "client_encoding", NULL};
    const char *const values[] = {p->store->postgres->url, CS_POSTGRES_CONNECT_S, "countersign-gateway", "UTF8", NULL};
    cs_postgres_disconnect(p);
    p->conn = PQconnectdbParams(names, values, 1);
    if (PQstatus(p->conn) != CONNECTION_OK || PQsetnonblocking(p->conn, 1) != 0) {
        tell("connect", p->conn);
        cs_postgres_disconnect(p);
        return CS_STORE_UNAVAILABLE;
    }
    (void)PQsetNoticeReceiver(p->conn, note_warning, p);
    return CS_OK;
}

/* Waits for the socket; false: the deadline has passed. */
static bool wait_for(const cs_postgres *p, short events, int64_t deadline_us)
{
    struct pollfd fd = {.fd = PQsocket(p->conn), .events = events};
    int64_t rest = deadline_us - cs_tick_us();
    return rest > 0 && poll(&fd, 1, (int)(rest / 1000) + 1) > 0;
}

/* What was sent goes out; false: the connection is no more. */
static bool send_all(cs_postgres *p, int64_t deadline_us)
{
    for (int left = 1; left != 0;) {
        left = PQflush(p->conn);
        if (left < 0 || (left > 0 && !wait_for(p, POLLIN | POLLOUT, deadline_us)) || PQconsumeInput(p->conn) == 0)
            return false;
    }
    return true;
}

/* The next answer comes in, NULL behind the last of a statement; false: the connection is no more. */
static bool receive_one(PGresult **out, cs_postgres *p, int64_t deadline_us)
{
    *out = NULL;
    while (PQisBusy(p->conn) != 0)
        if (!wait_for(p, POLLIN, deadline_us) || PQconsumeInput(p->conn) == 0)
            return false;
    *out = PQgetResult(p->conn);
    return true;
}

/* What was sent goes out, and the last of its answers comes in. NULL: the connection is no more. */
static PGresult *receive(cs_postgres *p)
{
    int64_t deadline = cs_tick_us() + p->patience_us;
    PGresult *last = NULL, *next;
    if (!send_all(p, deadline))
        return NULL;
    for (;;) {
        if (!receive_one(&next, p, deadline))
            goto lost;
        if (next == NULL)
            return last;
        if (last != NULL && PQresultStatus(last) == PGRES_FATAL_ERROR) {
            PQclear(next); /* the first error is why */
            continue;
        }
        PQclear(last);
        last = next;
    }
lost:
    PQclear(last);
    return NULL;
}

/* -- what went wrong ----------------------------------------------------------------------------------------------- */

static bool is_state(const char *state, const char *list)
{
    for (; *list != '\0'; list += 6)
        if (strncmp(state, list, 5) == 0)
            return true;
    return false;
}

/* The answer's error; NULL: there is none because the connection broke. */
static cs_err judge(cs_postgres *p, const PGresult *answer, const char *what)
{
    ExecStatusType status = answer != NULL ? PQresultStatus(answer) : PGRES_FATAL_ERROR;
    const char *state = answer != NULL ? PQresultErrorField(answer, PG_DIAG_SQLSTATE) : NULL;
    const char *text = answer != NULL ? PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return CS_OK;
    if (state != NULL && strncmp(state, "23", 2) == 0)
        return CS_CONFLICT;
    /* serialization, deadlock, lock not to be had; a prepared statement that a pooler has lost or has already */
    bool again = state == NULL || is_state(state, "40001 40P01 55P03 26000 42P05 ") || strncmp(state, "57P", 3) == 0 ||
                 strncmp(state, "08", 2) == 0;
    if (state != NULL && is_state(state, "26000 42P05 ") && !atomic_exchange(&p->store->postgres->unprepared, true))
        cs_log(CS_LOG_WARN, NULL, "store: prepared statements get lost on the way; from now on there are none");
    if (p == p->store->writer.pg)
        p->store->again = again; /* the thread that writes reads it */
    if (again && p == p->store->writer.pg)
        cs_log(CS_LOG_INFO, NULL, "store: %s: %s; it is tried again", what, state != NULL ? state : "connection lost");
    else
        cs_log(CS_LOG_ERROR, NULL, "store: %s: %s %s", what, state != NULL ? state : "connection lost",
               text != NULL ? text : "");
    if (p == p->store->writer.pg)
        atomic_store(&p->store->failed, true);
    return CS_STORE_UNAVAILABLE;
}

cs_err cs_postgres_do(cs_postgres *p, const char *sql)
{
    PGresult *answer = p->conn != NULL && PQsendQuery(p->conn, sql) == 1 ? receive(p) : NULL;
    if (answer == NULL)
        cs_postgres_disconnect(p);
    cs_err err = judge(p, answer, "transaction");
    PQclear(answer);
    return err;
}

cs_err cs_postgres_value(char *out, size_t size, cs_postgres *p, const char *sql)
{
    out[0] = '\0';
    PGresult *answer = p->conn != NULL && PQsendQuery(p->conn, sql) == 1 ? receive(p) : NULL;
    cs_err err = judge(p, answer, "question");
    if (err == CS_OK && PQntuples(answer) > 0)
        err = cs_slice_to_cstr(out, size, cs_slice_str(PQgetvalue(answer, 0, 0)));
    PQclear(answer);
    return err;
}

/* -- statements ---------------------------------------------------------------------------------------------------- */

static void prepare(cs_sql_call *q, cs_statement id)
{
    q->id = id;
    q->pg = calloc(1, sizeof *q->pg);
    if (q->pg != NULL)
        q->pg->row = -1;
}

static void prepare_text(cs_sql_call *q, const char *sql)
{
    prepare(q, CS_SQL_PING);
    if (q->pg == NULL)
        return;
    q->pg->text = cs_postgres_text(sql);
    if (q->pg->text == NULL) {
        free(q->pg);
        q->pg = NULL;
    }
}

static void bind_null_int(cs_sql_call *q)
{
    int i = q->parameter - 1;
    if (q->pg == NULL || i >= CS_POSTGRES_PARAMETERS)
        return;
    q->pg->values[i] = NULL;
    q->pg->types[i] = TYPE_INT8;
}

static void bind(cs_sql_call *q, cs_slice s, bool is_text)
{
    int i = q->parameter - 1;
    if (q->pg == NULL || i >= CS_POSTGRES_PARAMETERS)
        return;
    q->pg->values[i] = s.p != NULL ? (const char *)s.p : NULL;
    q->pg->lengths[i] = (int)s.n;
    q->pg->formats[i] = 1;
    q->pg->types[i] = is_text ? TYPE_TEXT : TYPE_BYTEA;
}

static void bind_int(cs_sql_call *q, int64_t v)
{
    int i = q->parameter - 1;
    if (q->pg == NULL || i >= CS_POSTGRES_PARAMETERS)
        return;
    for (int k = 0; k < 8; k++)
        q->pg->ints[i][k] = (uint8_t)((uint64_t)v >> (56 - 8 * k));
    q->pg->values[i] = (const char *)q->pg->ints[i];
    q->pg->lengths[i] = 8;
    q->pg->formats[i] = 1;
    q->pg->types[i] = TYPE_INT8;
}

static const char *text_of(const cs_postgres *p, cs_statement id)
{
    return p->store->postgres->texts[id];
}

static cs_err execute_unprepared(cs_postgres *p, cs_sql_call *q)
{
    struct cs_pg_call *c = q->pg;
    const char *text = c->text != NULL ? c->text : text_of(p, q->id);
    int sent = PQsendQueryParams(p->conn, text, q->parameter, c->types, c->values, c->lengths, c->formats, 1);
    c->answer = sent == 1 ? receive(p) : NULL;
    return judge(p, c->answer, text);
}

static cs_err execute_prepared(cs_postgres *p, cs_sql_call *q)
{
    struct cs_pg_call *c = q->pg;
    const char *name = p->store->postgres->names[q->id];
    if (!p->prepared[q->id]) {
        int sent = PQsendPrepare(p->conn, name, text_of(p, q->id), q->parameter, c->types);
        PGresult *answer = sent == 1 ? receive(p) : NULL;
        cs_err err = judge(p, answer, cs_sql_statements[q->id]);
        if (answer == NULL)
            cs_postgres_disconnect(p);
        PQclear(answer);
        if (err != CS_OK)
            return err;
        p->prepared[q->id] = true;
    }
    int sent = PQsendQueryPrepared(p->conn, name, q->parameter, c->values, c->lengths, c->formats, 1);
    c->answer = sent == 1 ? receive(p) : NULL;
    return judge(p, c->answer, cs_sql_statements[q->id]);
}

static cs_err execute_once(cs_postgres *p, cs_sql_call *q)
{
    if (p->conn == NULL)
        return CS_STORE_UNAVAILABLE;
    PQclear(q->pg->answer);
    q->pg->answer = NULL;
    bool named = q->pg->text == NULL && !atomic_load(&p->store->postgres->unprepared);
    cs_err err = !named ? execute_unprepared(p, q) : execute_prepared(p, q);
    if (p->conn != NULL && (q->pg->answer == NULL || PQstatus(p->conn) != CONNECTION_OK) && err != CS_OK)
        cs_postgres_disconnect(p);
    return err;
}

/* -- changes that are answered together ---------------------------------------------------------------------------- */

/* What a transaction with many signatures consists of. */
static bool may_queue(cs_statement id)
{
    return id == CS_SQL_TOUCH_KEY || id == CS_SQL_ADD_SIGNATURE || id == CS_SQL_PUT_SIGNATURE ||
           id == CS_SQL_PUT_ENTRY || id == CS_SQL_PUT_NODE || id == CS_SQL_PUT_NOTE || id == CS_SQL_PUT_HEAD ||
           id == CS_SQL_PUT_IDEMPOTENCY || id == CS_SQL_ADD_HYBRID || id == CS_SQL_PUT_HYBRID;
}

/* Those that refuse by changing nothing. */
static bool must_change(cs_statement id)
{
    return id == CS_SQL_TOUCH_KEY || id == CS_SQL_PUT_IDEMPOTENCY || id == CS_SQL_PUT_HYBRID;
}

/* One answer of the queue; what follows the first error has none of its own. */
static cs_err judge_queued(cs_postgres *p, PGresult *answer, cs_statement id)
{
    if (PQresultStatus(answer) == PGRES_PIPELINE_ABORTED)
        return CS_OK;
    cs_err err = judge(p, answer, cs_sql_statements[id]);
    return err == CS_OK && must_change(id) && strcmp(PQcmdTuples(answer), "0") == 0 ? CS_CONFLICT : err;
}

static cs_err read_queue(cs_postgres *p, int64_t deadline_us)
{
    PGresult *answer, *end = NULL;
    cs_err first = CS_OK;
    for (size_t i = 0; i < p->queued; i++) {
        if (!receive_one(&answer, p, deadline_us) || answer == NULL)
            return judge(p, NULL, "answers");
        cs_err err = judge_queued(p, answer, p->queue[i]);
        first = first == CS_OK ? err : first;
        PQclear(answer);
        if (!receive_one(&end, p, deadline_us) || end != NULL) {
            PQclear(end);
            return judge(p, NULL, "answers");
        }
    }
    if (!receive_one(&answer, p, deadline_us) || PQresultStatus(answer) != PGRES_PIPELINE_SYNC) {
        PQclear(answer);
        return judge(p, NULL, "answers");
    }
    PQclear(answer);
    return PQexitPipelineMode(p->conn) == 1 ? first : judge(p, NULL, "answers");
}

/* Waits for all that is queued. CS_CONFLICT: one of them was refused, nobody says which. */
static cs_err settle(cs_postgres *p)
{
    if (p->queued == 0)
        return CS_OK;
    int64_t deadline = cs_tick_us() + p->patience_us;
    bool sent = PQpipelineSync(p->conn) == 1 && send_all(p, deadline);
    cs_err err = sent ? read_queue(p, deadline) : judge(p, NULL, "answers");
    p->queued = 0;
    if (err != CS_OK && PQpipelineStatus(p->conn) != PQ_PIPELINE_OFF)
        cs_postgres_disconnect(p);
    return err;
}

static cs_err queue(cs_postgres *p, cs_sql_call *q)
{
    struct cs_pg_call *c = q->pg;
    const char *name = p->store->postgres->names[q->id];
    bool named = !atomic_load(&p->store->postgres->unprepared);
    int sent = p->queued > 0 || PQenterPipelineMode(p->conn) == 1;
    if (sent == 1 && named)
        sent = PQsendQueryPrepared(p->conn, name, q->parameter, c->values, c->lengths, c->formats, 1);
    else if (sent == 1)
        sent =
            PQsendQueryParams(p->conn, text_of(p, q->id), q->parameter, c->types, c->values, c->lengths, c->formats, 1);
    if (sent != 1 || PQflush(p->conn) < 0) {
        cs_err err = judge(p, NULL, cs_sql_statements[q->id]);
        cs_postgres_disconnect(p);
        return err;
    }
    p->queue[p->queued++] = q->id;
    return p->queued == CS_POSTGRES_QUEUE ? settle(p) : CS_OK;
}

/* -- one by one ---------------------------------------------------------------------------------------------------- */

/* As long as the server cannot be reached one question a second tries, and the others do not wait for it. */
static cs_err reconnect(cs_postgres *p)
{
    atomic_int_fast64_t *failed = &p->store->postgres->failed_us;
    int_fast64_t last = atomic_load(failed);
    int64_t now = cs_tick_us();
    if (last != 0 && (now - last < CS_POSTGRES_RETRY_US || !atomic_compare_exchange_strong(failed, &last, now)))
        return CS_STORE_UNAVAILABLE;
    cs_err err = cs_postgres_connect(p);
    atomic_store(failed, err == CS_OK ? 0 : cs_tick_us());
    return err;
}

/* A question outside a transaction may be asked twice: of a new connection if the old one broke. Whoever has waited in
 * vain does not begin again. */
static cs_err execute(cs_sql_call *q)
{
    cs_postgres *p = q->on->pg;
    bool may_repeat = p != p->store->writer.pg;
    int64_t began = cs_tick_us();
    cs_err err = q->pg != NULL ? settle(p) : CS_NO_MEMORY;
    if (err != CS_OK)
        return err;
    err = execute_once(p, q);
    if (err != CS_STORE_UNAVAILABLE || !may_repeat)
        return err;
    if (cs_tick_us() - began >= p->patience_us) {
        atomic_store(&p->store->postgres->failed_us, cs_tick_us());
        return err;
    }
    if (p->conn == NULL)
        err = reconnect(p);
    return p->conn != NULL ? execute_once(p, q) : err;
}

static cs_err next(cs_sql_call *q)
{
    if (q->pg == NULL || q->pg->row < 0) {
        cs_err err = execute(q);
        if (err != CS_OK)
            return err;
    }
    q->pg->row++;
    return q->pg->row < PQntuples(q->pg->answer) ? CS_OK : CS_NOT_FOUND;
}

static cs_err run(cs_sql_call *q)
{
    cs_postgres *p = q->on->pg;
    bool known = p->prepared[q->id] || atomic_load(&p->store->postgres->unprepared);
    if (p->hurries && p->conn != NULL && q->pg != NULL && !q->once && known && may_queue(q->id)) {
        q->changes = 1;
        return queue(p, q);
    }
    cs_err err = execute(q);
    q->changes = err == CS_OK ? (int)strtol(PQcmdTuples(q->pg->answer), NULL, 10) : 0;
    return err;
}

static void end(cs_sql_call *q)
{
    if (q->pg != NULL) {
        PQclear(q->pg->answer);
        free(q->pg->text);
    }
    free(q->pg);
    q->pg = NULL;
}

static cs_slice column(const cs_sql_call *q, int at)
{
    const PGresult *a = q->pg->answer;
    if (at >= PQnfields(a) || PQgetisnull(a, q->pg->row, at) != 0)
        return CS_ABSENT;
    return cs_slice_of(PQgetvalue(a, q->pg->row, at), (size_t)PQgetlength(a, q->pg->row, at));
}

static int64_t column_int(const cs_sql_call *q, int at)
{
    cs_slice s = column(q, at);
    uint64_t v = s.n > 0 && (s.p[0] & 0x80) != 0 ? UINT64_MAX : 0; /* keeps the sign of the shorter ones */
    for (size_t i = 0; i < s.n && s.n <= 8; i++)
        v = v << 8 | s.p[i];
    return (int64_t)v;
}

/* -- transactions -------------------------------------------------------------------------------------------------- */

/* Who stands still in the middle of one gives its locks back; who asks too much of the server ends. */
static const char begin_text[] = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = '8s';"
                                 "SET LOCAL idle_in_transaction_session_timeout = '8s'";

static cs_err begin(cs_store *s)
{
    cs_postgres *p = s->writer.pg;
    s->again = p->hurries = false;
    cs_err err = p->conn != NULL ? cs_postgres_do(p, begin_text) : CS_STORE_UNAVAILABLE;
    if (err != CS_OK && p->conn == NULL) {
        err = cs_postgres_connect(p);
        s->again = err != CS_OK;
        if (err == CS_OK)
            err = cs_postgres_do(p, begin_text);
    }
    return err;
}

static void hurry(cs_store *s)
{
    s->writer.pg->hurries = true;
}

/* Whether the server says that nothing was committed. Any other error, or somebody between who says that the server got
 * lost, leaves that open. */
static bool is_refusal(const PGresult *answer)
{
    const char *state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    return state != NULL && (is_state(state, "40000 40001 40002 40P01 ") || strncmp(state, "23", 2) == 0 ||
                             strncmp(state, "25", 2) == 0);
}

static cs_err commit(cs_store *s)
{
    static const char changed[] = "UPDATE countersign SET changes = changes + 1 WHERE n = 1";
    cs_postgres *p = s->writer.pg;
    cs_err settled = settle(p);
    if (settled != CS_OK)
        return settled;
    if (s->remembered && cs_postgres_do(p, changed) != CS_OK)
        return CS_STORE_UNAVAILABLE;
    p->warned = false;
    /* The answer tells: a transaction in which something failed is rolled back, and that is no error to the server. */
    PGresult *answer = p->conn != NULL && PQsendQuery(p->conn, "COMMIT") == 1 ? receive(p) : NULL;
    cs_err err = judge(p, answer, "commit");
    s->unknown = answer == NULL || p->warned || (err != CS_OK && !is_refusal(answer));
    if (err == CS_OK && (p->warned || strcmp(PQcmdStatus(answer), "COMMIT") != 0))
        err = CS_STORE_UNAVAILABLE;
    if (answer == NULL)
        cs_postgres_disconnect(p);
    PQclear(answer);
    return err == CS_OK ? CS_OK : CS_STORE_UNAVAILABLE;
}

static bool rollback(cs_store *s)
{
    cs_postgres *p = s->writer.pg;
    bool again = s->again;
    if (settle(p) != CS_OK && p->conn != NULL && PQtransactionStatus(p->conn) == PQTRANS_IDLE)
        cs_postgres_disconnect(p);
    if (p->conn != NULL && PQtransactionStatus(p->conn) != PQTRANS_IDLE && cs_postgres_do(p, "ROLLBACK") != CS_OK)
        cs_postgres_disconnect(p); /* the server rolls back what lost its connection */
    s->again = again;
    return true;
}

static void committed(cs_store *s)
{
    (void)s;
}

static void close_all(cs_store *s)
{
    cs_postgres_shared *shared = s->postgres;
    if (shared == NULL)
        return;
    for (size_t i = 0; i < sizeof shared->of / sizeof *shared->of; i++)
        cs_postgres_disconnect(&shared->of[i]);
    for (size_t i = 0; i < CS_SQL_COUNT; i++)
        free(shared->texts[i]);
    if (shared->url != NULL)
        cs_wipe(shared->url, strlen(shared->url)); /* it may hold a password */
    free(shared->url);
    free(shared);
    s->postgres = NULL;
}

const cs_sql_driver cs_postgres_driver = {.prepare = prepare,
                                          .prepare_text = prepare_text,
                                          .bind = bind,
                                          .bind_int = bind_int,
                                          .bind_null_int = bind_null_int,
                                          .next = next,
                                          .run = run,
                                          .end = end,
                                          .column = column,
                                          .column_int = column_int,
                                          .begin = begin,
                                          .hurry = hurry,
                                          .commit = commit,
                                          .rollback = rollback,
                                          .committed = committed,
                                          .close = close_all};
