/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL store: making it, and opening it beside other gateways.
 *
 * A making that was cut off goes on where it stopped: tables are made if they are missing, and the version is written
 * last. A store of a newer version is refused.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "core/encode.h"
#include "gateway/store_postgres.h"
#include "sys/clock.h"
#include "sys/log.h"

static const char *const overrides[CS_SQL_COUNT] = {
    [CS_SQL_HOLD_HEAD] = "SELECT last, tree FROM ledger_head WHERE org = $1 FOR UPDATE",
};

/* Behind a pooler a name may have been prepared by a gateway of another version. */
static cs_err write_name(char name[CS_POSTGRES_NAME], const char *text)
{
    cs_digest digest;
    cs_buf out = cs_buf_over(name, CS_POSTGRES_NAME);
    cs_err err = cs_hash(&digest, CS_SHA256, cs_slice_str(text));
    cs_buf_add_str(&out, "cs_");
    if (err == CS_OK)
        cs_hex_encode(&out, cs_slice_of(digest.b, 8));
    (void)cs_buf_cstr(&out);
    return err == CS_OK ? out.err : err;
}

static cs_err write_texts(cs_postgres_shared *shared)
{
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < CS_SQL_COUNT; i++) {
        shared->texts[i] = overrides[i] != NULL ? strdup(overrides[i]) : cs_postgres_text(cs_sql_statements[i]);
        err = shared->texts[i] != NULL ? write_name(shared->names[i], shared->texts[i]) : CS_NO_MEMORY;
    }
    return err;
}

static cs_err refuse(const char *what)
{
    cs_log(CS_LOG_ERROR, NULL, "store: the database server %s", what);
    return CS_CONFIG;
}

static const char *option(const PQconninfoOption *options, const char *name)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, name) == 0)
            return options->val != NULL ? options->val : "";
    return "";
}

/* Whether all places of a list are on this machine; none named means its socket. */
static bool is_here(const char *places)
{
    static const char *const names[] = {"", "localhost", "::1", "127.0.0.1"};
    for (const char *at = places;; at++) {
        cs_slice place = cs_slice_of(at, strcspn(at, ","));
        bool here = place.n > 0 && place.p[0] == '/';
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            here = here || cs_slice_is(place, names[i]);
        at += place.n;
        if (!here || *at == '\0')
            return here;
    }
}

/* A password would be seen by everybody who lists processes; a server that anybody could play would get everything that
 * is written. */
static cs_err check_address(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    if (options == NULL)
        return refuse("has an address that cannot be read");
    bool here = is_here(option(options, "host")) && is_here(option(options, "hostaddr"));
    cs_err err = CS_OK;
    if (option(options, "password")[0] != '\0')
        err = refuse("is given with a password: that belongs into a file (passfile=FILE)");
    else if (!here && strcmp(option(options, "sslmode"), "verify-full") != 0)
        err = refuse("is on another machine: that needs sslmode=verify-full");
    PQconninfoFree(options);
    return err;
}

static cs_err open_shared(cs_store **out, const char *url)
{
    *out = NULL;
    cs_err err = check_address(url);
    if (err != CS_OK)
        return err;
    *out = cs_sql_store_new(&cs_postgres_driver);
    if (*out == NULL)
        return CS_NO_MEMORY;
    cs_store *s = *out;
    s->shared = true;
    s->postgres = calloc(1, sizeof *s->postgres);
    if (s->postgres == NULL || (s->postgres->url = strdup(url)) == NULL)
        return CS_NO_MEMORY;
    for (size_t i = 0; i < sizeof s->postgres->of / sizeof *s->postgres->of; i++)
        s->postgres->of[i] =
            (cs_postgres){.store = s, .patience_us = i == 1 ? CS_POSTGRES_LOOK_US : CS_POSTGRES_ANSWER_US};
    s->writer.pg = &s->postgres->of[0];
    err = write_texts(s->postgres);
    if (err == CS_OK)
        err = cs_random((uint8_t *)&s->postgres->self, sizeof s->postgres->self);
    return err == CS_OK ? cs_postgres_connect(s->writer.pg) : err;
}

/* What would make an acknowledgement worth nothing. */
static cs_err check_server(cs_postgres *p)
{
    char value[32];
    cs_err err = cs_postgres_value(value, sizeof value, p, "SHOW synchronous_commit");
    if (err == CS_OK && strcmp(value, "off") == 0)
        return refuse("acknowledges before it has written (synchronous_commit = off)");
    if (err == CS_OK)
        err = cs_postgres_value(value, sizeof value, p, "SHOW fsync");
    if (err == CS_OK && strcmp(value, "off") == 0)
        return refuse("does not sync its files (fsync = off)");
    if (err == CS_OK)
        err = cs_postgres_value(value, sizeof value, p, "SHOW server_encoding");
    return err == CS_OK && strcmp(value, "UTF8") != 0 ? refuse("does not keep text as UTF-8") : err;
}

/* What only a store that gateways share has: its version and the count of changes, and who is there. */
static const char own_tables[] =
    "CREATE TABLE IF NOT EXISTS countersign (n BIGINT PRIMARY KEY, version BIGINT NOT NULL,"
    " changes BIGINT NOT NULL DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS gateway (id BIGINT PRIMARY KEY, seen_ms BIGINT NOT NULL)";

/* 0: there is none yet. */
static cs_err read_version(int *version, cs_postgres *p)
{
    char value[32];
    cs_err err = cs_postgres_do(p, own_tables);
    if (err == CS_OK)
        err = cs_postgres_value(value, sizeof value, p, "SELECT version FROM countersign WHERE n = 1");
    *version = err == CS_OK ? (int)strtol(value, NULL, 10) : 0;
    return err;
}

/* In a transaction: its row is held, made if it is missing, so that of gateways that start together one does it. */
static cs_err hold_version(int *version, cs_postgres *p)
{
    char value[32];
    cs_err err = cs_postgres_do(p, "INSERT INTO countersign (n, version) VALUES (1, 0)"
                                   " ON CONFLICT (n) DO UPDATE SET version = countersign.version");
    if (err == CS_OK)
        err = cs_postgres_value(value, sizeof value, p, "SELECT version FROM countersign WHERE n = 1");
    *version = err == CS_OK ? (int)strtol(value, NULL, 10) : 0;
    return err;
}

static cs_err write_version(cs_postgres *p, int version, const char *tables)
{
    char stamp[128];
    int is;
    cs_buf sql = CS_BUF_OVER(stamp);
    cs_buf_printf(&sql, "UPDATE countersign SET version = %d WHERE n = 1", version);
    cs_err err = hold_version(&is, p);
    if (err != CS_OK || is >= version)
        return err;
    err = cs_postgres_do(p, tables);
    return err == CS_OK ? cs_postgres_do(p, cs_buf_cstr(&sql)) : err;
}

/* A version and its tables, or nothing: one transaction. */
static cs_err add_version(cs_postgres *p, int version)
{
    char *tables = cs_postgres_text(cs_sql_versions[version]);
    cs_err err = tables != NULL ? cs_postgres_do(p, "BEGIN") : CS_NO_MEMORY;
    if (err == CS_OK)
        err = write_version(p, version, tables);
    if (err == CS_OK)
        err = cs_postgres_do(p, "COMMIT");
    else if (p->conn != NULL && cs_postgres_do(p, "ROLLBACK") != CS_OK)
        cs_postgres_disconnect(p);
    free(tables);
    return err;
}

static cs_err bring_up(cs_postgres *p, int version)
{
    cs_err err = CS_OK;
    if (version < CS_STORE_OLDEST)
        version = CS_STORE_OLDEST - 1;
    for (int next = version + 1; err == CS_OK && next <= CS_STORE_VERSION; next++)
        err = add_version(p, next);
    return err;
}

/* A second row stands there as long as a migration has not ended. */
static cs_err is_unfinished(bool *unfinished, cs_postgres *p)
{
    char value[32];
    cs_err err = cs_postgres_value(value, sizeof value, p, "SELECT count(*) FROM countersign WHERE n = 2");
    *unfinished = err != CS_OK || strcmp(value, "0") != 0;
    return err;
}

cs_err cs_postgres_create(const char *url)
{
    cs_store *s = NULL;
    int version = 0;
    bool unfinished = true;
    cs_err err = open_shared(&s, url);
    if (err == CS_OK)
        err = check_server(s->writer.pg);
    if (err == CS_OK)
        err = read_version(&version, s->writer.pg);
    if (err == CS_OK)
        err = is_unfinished(&unfinished, s->writer.pg);
    if (err == CS_OK && (version != 0 || unfinished))
        err = CS_CONFLICT;
    if (err == CS_OK)
        err = bring_up(s->writer.pg, 0);
    cs_store_close(s);
    return err == CS_STORE_UNAVAILABLE ? CS_IO : err;
}

static cs_err check_version(cs_postgres *p)
{
    int version;
    bool unfinished = true;
    cs_err err = read_version(&version, p);
    if (err == CS_OK)
        err = is_unfinished(&unfinished, p);
    if (err != CS_OK)
        return err;
    if (unfinished)
        return refuse("has a store that a migration has not finished: run it again");
    if (version < CS_STORE_OLDEST || version > CS_STORE_VERSION) {
        cs_log(CS_LOG_ERROR, NULL, "store: it is of version %d; this program works with %d to %d", version,
               CS_STORE_OLDEST, CS_STORE_VERSION);
        return CS_CONFIG;
    }
    if (version != CS_STORE_VERSION)
        cs_log(CS_LOG_INFO, NULL, "store: from version %d to %d", version, CS_STORE_VERSION);
    return bring_up(p, version);
}

/* All that the check reads is of one moment; other gateways go on meanwhile. */
static cs_err check_ledgers_once(cs_store *s)
{
    uint64_t wrong = 0;
    s->again = false;
    cs_err err = s->writer.pg->conn != NULL ? CS_OK : cs_postgres_connect(s->writer.pg);
    if (err == CS_OK)
        err = cs_postgres_do(s->writer.pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (err == CS_OK)
        err = cs_sql_check_ledgers(&s->writer, false, &wrong);
    bool again = s->again;
    if (s->writer.pg->conn != NULL && cs_postgres_do(s->writer.pg, "ROLLBACK") != CS_OK)
        cs_postgres_disconnect(s->writer.pg);
    s->again = again;
    return err == CS_OK && wrong > 0 ? CS_CONFIG : err;
}

/* What fails because of the way to the server is tried again; what is wrong stays wrong. */
static cs_err check_ledgers(cs_store *s)
{
    cs_err err = check_ledgers_once(s);
    for (int i = 0; err != CS_OK && s->again && i < 3; i++)
        err = check_ledgers_once(s);
    return err;
}

void cs_postgres_be_patient(cs_store *s)
{
    if (s->postgres != NULL)
        s->writer.pg->patience_us = CS_POSTGRES_LONG_US;
}

cs_err cs_postgres_open(cs_store **out, const char *url)
{
    cs_err err = open_shared(out, url);
    cs_store *s = *out;
    if (err == CS_OK)
        cs_postgres_be_patient(s);
    if (err == CS_OK)
        err = check_server(s->writer.pg);
    if (err == CS_OK)
        err = check_version(s->writer.pg);
    if (err == CS_OK)
        err = check_ledgers(s);
    if (err == CS_OK)
        s->writer.pg->patience_us = CS_POSTGRES_ANSWER_US;
    for (size_t i = 0; err == CS_OK && i < CS_STORE_READERS; i++) {
        s->readers[i] = (cs_sql_conn){.driver = &cs_postgres_driver, .pg = &s->postgres->of[2 + i]};
        s->idle[s->idle_count++] = &s->readers[i]; /* each connects when it is first used */
    }
    return err;
}

/* -- migration ----------------------------------------------------------------------------------------------------- */

cs_err cs_postgres_open_target(cs_store **out, const char *url)
{
    int version = 0;
    bool unfinished = true;
    cs_err err = open_shared(out, url);
    cs_postgres *p = err == CS_OK ? (*out)->writer.pg : NULL;
    if (err == CS_OK)
        err = check_server(p);
    if (err == CS_OK)
        err = read_version(&version, p);
    if (err == CS_OK)
        err = is_unfinished(&unfinished, p);
    if (err == CS_OK && version != 0 && !unfinished) {
        cs_log(CS_LOG_ERROR, NULL, "store: it is there already");
        err = CS_CONFLICT;
    }
    if (err == CS_OK)
        err = cs_postgres_do(p, "INSERT INTO countersign (n, version) VALUES (2, 0) ON CONFLICT (n) DO NOTHING");
    return err == CS_OK ? bring_up(p, version) : err;
}

cs_err cs_postgres_release_target(cs_store *s)
{
    return cs_postgres_do(s->writer.pg, "DELETE FROM countersign WHERE n = 2");
}

/* -- the other gateways -------------------------------------------------------------------------------------------- */

#define SAY_US 1000000 /* between one sign of life and the next */
#define GONE_MS "5000"
#define FORGOTTEN_MS "60000"
#define NOW_MS "CAST(extract(epoch FROM now()) * 1000 AS BIGINT)" /* the server's clock: all have the same */

static cs_err say(cs_postgres *p, uint64_t self)
{
    char sql[512];
    cs_buf text = CS_BUF_OVER(sql);
    cs_buf_printf(&text,
                  "INSERT INTO gateway (id, seen_ms) VALUES (%" PRId64 ", " NOW_MS ") ON CONFLICT (id) DO UPDATE SET"
                  " seen_ms = excluded.seen_ms; DELETE FROM gateway WHERE seen_ms < " NOW_MS " - " FORGOTTEN_MS,
                  (int64_t)(self >> 1));
    return cs_postgres_do(p, cs_buf_cstr(&text));
}

cs_err cs_postgres_look(cs_store *s, cs_store_view *out)
{
    static const char counts[] = "SELECT changes || ' ' || (SELECT count(*) FROM gateway WHERE seen_ms > " NOW_MS
                                 " - " GONE_MS ") FROM countersign WHERE n = 1";
    char value[64], *rest = value;
    cs_postgres *p = &s->postgres->of[1];
    int64_t now = cs_tick_us();
    cs_err err = p->conn != NULL ? CS_OK : cs_postgres_connect(p);
    if (err == CS_OK && (s->postgres->said_us == 0 || now - s->postgres->said_us >= SAY_US)) {
        err = say(p, s->postgres->self);
        s->postgres->said_us = err == CS_OK ? now : 0;
    }
    if (err == CS_OK)
        err = cs_postgres_value(value, sizeof value, p, counts);
    if (err != CS_OK) {
        cs_postgres_disconnect(p);
        return err;
    }
    out->changes = strtoull(value, &rest, 10);
    out->gateways = strtoll(rest, NULL, 10);
    if (out->gateways < 1)
        out->gateways = 1;
    return CS_OK;
}
