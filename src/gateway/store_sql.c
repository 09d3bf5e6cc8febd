/* SPDX-License-Identifier: Apache-2.0 */
/* The stores on SQL: statements, what is bound to them and what is read from them, whatever the database. */
#include <stdlib.h>
#include <string.h>

#include "gateway/store_sql.h"
#include "sys/log.h"

/* -- the store ----------------------------------------------------------------------------------------------------- */

bool cs_store_is_address(const char *place)
{
    cs_slice s = cs_slice_str(place);
    return cs_slice_starts(s, CS_LIT("postgresql://")) || cs_slice_starts(s, CS_LIT("postgres://"));
}

cs_err cs_store_create(const char *place)
{
    return cs_store_is_address(place) ? cs_postgres_create(place) : cs_sqlite_create(place);
}

cs_err cs_store_open(cs_store **out, const char *place)
{
    cs_store *s = NULL;
    *out = NULL;
    cs_err err = cs_store_is_address(place) ? cs_postgres_open(&s, place) : cs_sqlite_open(&s, place);
    if (err != CS_OK) {
        cs_store_close(s);
        return err == CS_STORE_UNAVAILABLE ? CS_CONFIG : err;
    }
    *out = s;
    return CS_OK;
}

cs_err cs_store_copy(const char *to, const char *from)
{
    if (!cs_store_is_address(from))
        return cs_sqlite_copy(to, from);
    cs_log(CS_LOG_ERROR, NULL, "store: a database server is backed up with its own tools");
    return CS_CONFIG;
}

cs_err cs_store_look(cs_store *s, cs_store_view *out)
{
    *out = (cs_store_view){.gateways = 1};
    return s->shared ? cs_postgres_look(s, out) : CS_OK;
}

cs_store *cs_sql_store_new(const cs_sql_driver *driver)
{
    cs_store *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->lock_fd = -1;
    s->writer.driver = driver;
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_mutex_init(&s->writing, NULL);
    (void)pthread_cond_init(&s->returned, NULL);
    (void)pthread_cond_init(&s->due, NULL);
    return s;
}

void cs_store_close(cs_store *s)
{
    if (s == NULL)
        return;
    s->writer.driver->close(s);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_mutex_destroy(&s->writing);
    (void)pthread_cond_destroy(&s->returned);
    (void)pthread_cond_destroy(&s->due);
    free(s);
}

static cs_sql_call begin(cs_store *s, cs_sql_conn *c, cs_statement id)
{
    cs_sql_call q = {.store = s, .on = c};
    c->driver->prepare(&q, id);
    return q;
}

/* -- questions ----------------------------------------------------------------------------------------------------- */

/* A reader for one question; waits for one if all are in use. */
static cs_sql_conn *borrow(cs_store *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->idle_count == 0)
        (void)pthread_cond_wait(&s->returned, &s->lock);
    cs_sql_conn *c = s->idle[--s->idle_count];
    (void)pthread_mutex_unlock(&s->lock);
    return c;
}

static void give_back(cs_store *s, cs_sql_conn *c)
{
    (void)pthread_mutex_lock(&s->lock);
    s->idle[s->idle_count++] = c;
    (void)pthread_cond_signal(&s->returned);
    (void)pthread_mutex_unlock(&s->lock);
}

cs_sql_call cs_sql_ask(cs_store *s, cs_statement id)
{
    return begin(s, borrow(s), id);
}

cs_sql_call cs_sql_ask_writer(cs_store *s, cs_statement id)
{
    return begin(s, &s->writer, id);
}

cs_sql_call cs_sql_ask_on(cs_sql_conn *c, cs_statement id)
{
    return begin(NULL, c, id);
}

cs_sql_call cs_sql_ask_text(cs_sql_conn *c, const char *sql)
{
    cs_sql_call q = {.on = c, .once = true};
    c->driver->prepare_text(&q, sql);
    return q;
}

cs_sql_call cs_sql_tell_text(cs_store *s, const char *sql)
{
    cs_sql_call q = cs_sql_ask_text(&s->writer, sql);
    q.store = s;
    return q;
}

cs_err cs_sql_next(cs_sql_call *q)
{
    q->column = 0;
    q->err = CS_OK;
    return q->on->driver->next(q);
}

void cs_sql_end(cs_sql_call *q)
{
    q->on->driver->end(q);
    if (q->store != NULL && q->on != &q->store->writer)
        give_back(q->store, q->on);
}

/* -- changes ------------------------------------------------------------------------------------------------------- */

/* Rows that gateways remember, so that the others have to hear of a change. */
static bool is_remembered(cs_statement id)
{
    switch (id) {
    case CS_SQL_SET_PUBLISH:
    case CS_SQL_REVOKE_API_KEY:
    case CS_SQL_EXPIRE_API_KEY:
    case CS_SQL_PUT_SETTINGS:
    case CS_SQL_DELETE_SETTINGS:
    case CS_SQL_PUT_KEY:
    case CS_SQL_SUPERSEDE_KEY:
    case CS_SQL_REVOKE_KEY:
    case CS_SQL_SUSPEND_KEY:
    case CS_SQL_RESUME_KEY:
    case CS_SQL_PUT_POLICY_VERSION:
    case CS_SQL_DELETE_POLICY:
    case CS_SQL_PUT_RULE:
    case CS_SQL_CHANGE_RULE:
    case CS_SQL_DELETE_RULE:
    case CS_SQL_PUT_REGISTERED:
    case CS_SQL_REVOKE_REGISTERED:
        return true;
    default:
        return false;
    }
}

cs_sql_call cs_sql_tell(cs_store *s, cs_statement id)
{
    s->remembered = s->remembered || is_remembered(id);
    return begin(s, &s->writer, id);
}

cs_err cs_sql_run(cs_sql_call *q)
{
    cs_err err = q->on->driver->run(q);
    q->on->driver->end(q);
    return err;
}

cs_err cs_sql_do(cs_store *s, cs_statement id)
{
    cs_sql_call q = cs_sql_tell(s, id);
    return cs_sql_run(&q);
}

/* -- parameters: a failed binding leaves NULL, which the tables refuse wherever a value is needed --------------------
 */

void cs_sql_text(cs_sql_call *q, cs_slice s)
{
    q->parameter++;
    q->on->driver->bind(q, s, true);
}

void cs_sql_str(cs_sql_call *q, const char *s)
{
    cs_sql_text(q, s != NULL ? cs_slice_str(s) : CS_ABSENT);
}

void cs_sql_filled(cs_sql_call *q, cs_slice s)
{
    cs_sql_text(q, s.n > 0 ? s : CS_ABSENT);
}

void cs_sql_blob(cs_sql_call *q, cs_slice s)
{
    q->parameter++;
    q->on->driver->bind(q, s, false);
}

void cs_sql_int(cs_sql_call *q, int64_t v)
{
    q->parameter++;
    q->on->driver->bind_int(q, v);
}

void cs_sql_null_int(cs_sql_call *q)
{
    q->parameter++;
    q->on->driver->bind_null_int(q);
}

/* -- columns ------------------------------------------------------------------------------------------------------- */

void cs_sql_spoilt(cs_sql_call *q)
{
    if (q->err == CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "store: a row cannot be read: column %d of %.60s", q->column,
               cs_sql_statements[q->id]);
    q->err = CS_STORE_UNAVAILABLE;
}

cs_slice cs_sql_get(cs_sql_call *q)
{
    return q->on->driver->column(q, q->column++);
}

bool cs_sql_is_null(const cs_sql_call *q)
{
    return q->on->driver->column(q, q->column).p == NULL;
}

void cs_sql_get_text(cs_sql_call *q, char *out, size_t size)
{
    cs_slice s = cs_sql_get(q);
    out[0] = '\0';
    if (s.p != NULL && cs_slice_to_cstr(out, size, s) != CS_OK)
        cs_sql_spoilt(q);
}

void cs_sql_get_hash(cs_sql_call *q, uint8_t out[CS_SHA256_LEN])
{
    cs_slice s = cs_sql_get(q);
    if (s.n == CS_SHA256_LEN)
        memcpy(out, s.p, CS_SHA256_LEN);
    else
        cs_sql_spoilt(q);
}

void cs_sql_get_buf(cs_sql_call *q, cs_buf *out)
{
    cs_buf_add(out, cs_sql_get(q));
    if (out->err == CS_NO_MEMORY && q->err == CS_OK)
        q->err = CS_NO_MEMORY;
    else if (out->err != CS_OK)
        cs_sql_spoilt(q);
}

int64_t cs_sql_get_int(cs_sql_call *q)
{
    return q->on->driver->column_int(q, q->column++);
}

void cs_sql_get_head(cs_sql_call *q, cs_head *out)
{
    *out = (cs_head){0};
    if (cs_sql_is_null(q)) {
        q->column += 2;
        return; /* nothing has happened in this org yet */
    }
    cs_sql_get_hash(q, out->last);
    if (cs_merkle_read(&out->tree, cs_sql_get(q)) != CS_OK)
        cs_sql_spoilt(q);
}

cs_err cs_sql_one(cs_sql_call *q, void (*read)(cs_sql_call *q, void *out), void *out)
{
    cs_err err = cs_sql_next(q);
    if (err == CS_OK) {
        read(q, out);
        err = q->err;
    }
    cs_sql_end(q);
    return err;
}

bool cs_sql_turn(cs_page *page, int64_t *given, const char *id)
{
    page->more = page->full || *given == page->limit;
    if (page->more)
        return false;
    (*given)++;
    memcpy(page->last, id, strlen(id) + 1);
    return true;
}

cs_err cs_store_ping(cs_store *s)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_PING);
    cs_err err = cs_sql_next(&q);
    cs_sql_end(&q);
    return err;
}
