/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store into another one, of either kind.
 *
 * Tables and columns are read from the schema itself, so none can be forgotten. Each is copied in the order of its
 * primary key, some rows a transaction, and what the last of them was is kept in that transaction: a migration that was
 * cut off goes on there, unless a ledger of the source has grown meanwhile: what was copied of it may be old. Until it
 * has ended the target opens for nobody. At the end both are compared: rows of each table, heads of all ledgers, and
 * every ledger of the target is read back from its first entry on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/crypto.h"
#include "core/encode.h"
#include "gateway/store_sql.h"
#include "sys/file.h"
#include "sys/log.h"

#define MAX_COLUMNS 32
#define MAX_KEY_COLUMNS 3
#define MAX_NAME 40
#define MAX_SQL 4096
#define ROWS_AT_ONCE 200
#define MAX_PLACE 4096

typedef enum kind { TEXT, BYTES, NUMBER } kind;

struct table {
    char name[MAX_NAME];
    size_t n;
    char columns[MAX_COLUMNS][MAX_NAME];
    kind kinds[MAX_COLUMNS];
    size_t key_n;
    size_t key[MAX_KEY_COLUMNS]; /* columns */
};

/* -- tables, as the schema has them -------------------------------------------------------------------------------- */

static bool take_word(const char **at, char *out)
{
    size_t n = strspn(*at, " ");
    *at += n;
    n = strspn(*at, "abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    if (n == 0 || n >= MAX_NAME)
        return false;
    memcpy(out, *at, n);
    out[n] = '\0';
    *at += n;
    return true;
}

static bool add_key(struct table *t, const char *column)
{
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->columns[i], column) == 0 && t->key_n < MAX_KEY_COLUMNS) {
            t->key[t->key_n++] = i;
            return true;
        }
    }
    return false;
}

/* "PRIMARY KEY (a, b)" */
static bool read_key(struct table *t, const char *at)
{
    char word[MAX_NAME];
    at += strcspn(at, "(");
    while (*at == '(' || *at == ',') {
        at++;
        if (!take_word(&at, word) || !add_key(t, word))
            return false;
    }
    return *at == ')';
}

static bool read_column(struct table *t, const char *at, const char *end)
{
    char type[MAX_NAME];
    if (t->n == MAX_COLUMNS || !take_word(&at, t->columns[t->n]) || !take_word(&at, type))
        return false;
    t->kinds[t->n] = strcmp(type, "TEXT") == 0 ? TEXT : strcmp(type, "BLOB") == 0 ? BYTES : NUMBER;
    t->n++;
    const char *primary = strstr(at, "PRIMARY KEY");
    return primary == NULL || primary >= end || add_key(t, t->columns[t->n - 1]);
}

/* Behind "CREATE TABLE "; moves behind the list of columns. */
static bool read_table(struct table *t, const char **at)
{
    *t = (struct table){0};
    if (!take_word(at, t->name))
        return false;
    *at += strspn(*at, " ");
    bool ok = **at == '(';
    while (ok && **at != ')') {
        (*at)++; /* '(' or ',' */
        *at += strspn(*at, " ");
        const char *end = *at;
        for (int depth = 0; *end != '\0' && (depth > 0 || (*end != ',' && *end != ')')); end++)
            depth += *end == '(' ? 1 : *end == ')' ? -1 : 0;
        ok = strncmp(*at, "PRIMARY KEY", 11) == 0 ? read_key(t, *at) : read_column(t, *at, end);
        *at = end;
        ok = ok && **at != '\0';
    }
    return ok && t->key_n > 0;
}

/* Calls `each` for the tables of all versions, those first that others refer to. */
static cs_err each_table(cs_err (*each)(void *context, const struct table *t), void *context)
{
    static const char create[] = "CREATE TABLE ";
    cs_err err = CS_OK;
    for (int version = CS_STORE_OLDEST; version <= CS_STORE_VERSION; version++) {
        const char *at = cs_sql_versions[version];
        while (err == CS_OK && (at = strstr(at, create)) != NULL) {
            struct table t;
            at += strlen(create);
            err = read_table(&t, &at) ? each(context, &t) : CS_INTERNAL;
        }
    }
    return err;
}

/* -- statements ---------------------------------------------------------------------------------------------------- */

/* The columns, or those of the key; `format` for each, then a comma but for the last. */
static void list(cs_buf *sql, const struct table *t, bool key, const char *prefix, size_t first_parameter)
{
    size_t n = key ? t->key_n : t->n;
    for (size_t i = 0; i < n; i++) {
        if (prefix != NULL)
            cs_buf_printf(sql, "%s%zu", prefix, first_parameter + i);
        else
            cs_buf_printf(sql, "%s", t->columns[key ? t->key[i] : i]);
        cs_buf_add_str(sql, i + 1 < n ? ", " : "");
    }
}

static const char *write_select(cs_buf *sql, const struct table *t, bool from_start)
{
    cs_buf_add_str(sql, "SELECT ");
    list(sql, t, false, NULL, 0);
    cs_buf_printf(sql, " FROM %s", t->name);
    if (!from_start) {
        cs_buf_add_str(sql, " WHERE (");
        list(sql, t, true, NULL, 0);
        cs_buf_add_str(sql, ") > (");
        list(sql, t, true, "?", 1);
        cs_buf_add_str(sql, ")");
    }
    cs_buf_add_str(sql, " ORDER BY ");
    list(sql, t, true, NULL, 0);
    cs_buf_printf(sql, " LIMIT %d", ROWS_AT_ONCE);
    return cs_buf_cstr(sql);
}

static const char *write_insert(cs_buf *sql, const struct table *t)
{
    cs_buf_printf(sql, "INSERT INTO %s (", t->name);
    list(sql, t, false, NULL, 0);
    cs_buf_add_str(sql, ") VALUES (");
    list(sql, t, false, "?", 1);
    cs_buf_add_str(sql, ")");
    return cs_buf_cstr(sql);
}

/* A number; -1 if the question fails. */
static int64_t ask_number(cs_sql_conn *c, const char *sql)
{
    cs_sql_call q = cs_sql_ask_text(c, sql);
    int64_t n = cs_sql_next(&q) == CS_OK ? cs_sql_get_int(&q) : -1;
    cs_sql_end(&q);
    return n;
}

static int64_t count_rows(cs_sql_conn *c, const struct table *t)
{
    char text[128];
    cs_buf sql = CS_BUF_OVER(text);
    cs_buf_printf(&sql, "SELECT count(*) FROM %s", t->name);
    return ask_number(c, cs_buf_cstr(&sql));
}

static cs_err tell_text(cs_store *s, const char *sql)
{
    cs_sql_call q = cs_sql_tell_text(s, sql);
    return cs_sql_run(&q);
}

/* -- where it stands ----------------------------------------------------------------------------------------------- */

struct migration {
    cs_store *from, *to;
    void (*progress)(void *context, const char *table, int64_t done, int64_t all);
    void *context;
    struct table table;
    bool begun;  /* of this table; the next two mean nothing before */
    cs_buf last; /* key of the last row: values, each behind its length */
    int64_t done, all;
    cs_digest heads; /* of the source when it began */
};

static void keep_last(struct migration *m, const cs_slice values[MAX_COLUMNS], const int64_t numbers[MAX_COLUMNS])
{
    cs_buf_clear(&m->last);
    for (size_t i = 0; i < m->table.key_n; i++) {
        size_t at = m->table.key[i];
        bool number = m->table.kinds[at] == NUMBER;
        cs_buf_add_u32(&m->last, number ? 8 : (uint32_t)values[at].n);
        if (number)
            cs_buf_add_u64(&m->last, (uint64_t)numbers[at]);
        else
            cs_buf_add(&m->last, values[at]);
    }
}

static void bind_last(struct migration *m, cs_sql_call *q)
{
    cs_slice rest = cs_buf_slice(&m->last);
    for (size_t i = 0; i < m->table.key_n && rest.n >= 4; i++) {
        size_t n = (size_t)rest.p[0] << 24 | (size_t)rest.p[1] << 16 | (size_t)rest.p[2] << 8 | rest.p[3];
        cs_slice value = cs_slice_of(rest.p + 4, n <= rest.n - 4 ? n : 0);
        uint64_t number = 0;
        for (size_t k = 0; k < value.n && value.n == 8; k++)
            number = number << 8 | value.p[k];
        enum kind of = m->table.kinds[m->table.key[i]];
        if (of == NUMBER)
            cs_sql_int(q, (int64_t)number);
        else if (of == TEXT)
            cs_sql_text(q, value);
        else
            cs_sql_blob(q, value);
        rest = cs_slice_of(value.p + value.n, rest.n - 4 - value.n);
    }
}

/* In the transaction of the rows. */
static cs_err put_place(struct migration *m)
{
    cs_sql_call q = cs_sql_tell_text(m->to, "INSERT INTO migration (name, last, done) VALUES (?1, ?2, ?3) ON CONFLICT"
                                            " (name) DO UPDATE SET last = excluded.last, done = excluded.done");
    cs_sql_str(&q, m->table.name);
    cs_sql_blob(&q, cs_buf_slice(&m->last));
    cs_sql_int(&q, m->done);
    return cs_sql_run(&q);
}

static cs_err get_place(struct migration *m)
{
    cs_sql_call q = cs_sql_ask_text(&m->to->writer, "SELECT last, done FROM migration WHERE name = ?1");
    cs_sql_str(&q, m->table.name);
    cs_buf_clear(&m->last);
    m->done = 0;
    cs_err err = cs_sql_next(&q);
    m->begun = err == CS_OK;
    if (err == CS_OK) {
        cs_sql_get_buf(&q, &m->last);
        m->done = cs_sql_get_int(&q);
        err = q.err;
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

/* -- copying ------------------------------------------------------------------------------------------------------- */

static cs_err copy_row(struct migration *m, cs_sql_call *row, const char *insert)
{
    cs_slice values[MAX_COLUMNS];
    int64_t numbers[MAX_COLUMNS] = {0};
    cs_sql_call q = cs_sql_tell_text(m->to, insert);
    for (size_t i = 0; i < m->table.n; i++) {
        bool null = cs_sql_is_null(row);
        if (m->table.kinds[i] == NUMBER) {
            numbers[i] = cs_sql_get_int(row);
            if (null)
                cs_sql_null_int(&q);
            else
                cs_sql_int(&q, numbers[i]);
            continue;
        }
        values[i] = cs_sql_get(row);
        if (m->table.kinds[i] == TEXT)
            cs_sql_text(&q, values[i]);
        else
            cs_sql_blob(&q, values[i]);
    }
    keep_last(m, values, numbers);
    return cs_sql_run(&q);
}

/* Some rows in one transaction of the target; `any` is false behind the last. */
static cs_err copy_some(struct migration *m, bool *any)
{
    uint8_t select_text[MAX_SQL], insert_text[MAX_SQL];
    cs_buf select = CS_BUF_OVER(select_text), insert = CS_BUF_OVER(insert_text);
    *any = false;
    cs_sql_call rows = cs_sql_ask_text(&m->from->writer, write_select(&select, &m->table, !m->begun));
    if (m->begun)
        bind_last(m, &rows);
    (void)write_insert(&insert, &m->table);
    cs_err err = cs_store_begin(m->to);
    bool begun = err == CS_OK;
    while (err == CS_OK && (err = cs_sql_next(&rows)) == CS_OK) {
        err = copy_row(m, &rows, cs_buf_cstr(&insert));
        *any = true;
        m->done++;
    }
    cs_sql_end(&rows);
    if (err == CS_NOT_FOUND)
        err = *any ? put_place(m) : CS_OK;
    if (err == CS_OK)
        err = cs_store_commit(m->to);
    else if (begun)
        cs_store_rollback(m->to);
    m->begun = true;
    return err;
}

static cs_err copy_table(void *context, const struct table *t)
{
    struct migration *m = context;
    bool any = true;
    m->table = *t;
    m->all = count_rows(&m->from->writer, t);
    cs_err err = m->all >= 0 ? get_place(m) : CS_STORE_UNAVAILABLE;
    while (err == CS_OK && any) {
        err = copy_some(m, &any);
        m->progress(m->context, t->name, m->done, m->all);
    }
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "migration: table %s: %s", t->name, cs_err_sentence(err));
    return err;
}

/* -- comparing ----------------------------------------------------------------------------------------------------- */

static cs_err differ(const char *what)
{
    cs_log(CS_LOG_ERROR, NULL, "migration: %s is not the same in both", what);
    return CS_CONFLICT;
}

static cs_err compare_counts(void *context, const struct table *t)
{
    struct migration *m = context;
    int64_t n = count_rows(&m->from->writer, t);
    return n >= 0 && n == count_rows(&m->to->writer, t) ? CS_OK : differ(t->name);
}

static cs_err compare_heads(struct migration *m)
{
    static const char heads[] = "SELECT org, last, tree FROM ledger_head ORDER BY org";
    cs_sql_call a = cs_sql_ask_text(&m->from->writer, heads), b = cs_sql_ask_text(&m->to->writer, heads);
    cs_err err = CS_OK;
    while (err == CS_OK) {
        cs_err left = cs_sql_next(&a), right = cs_sql_next(&b);
        err = left == CS_OK ? right : left;
        if (left != right)
            err = differ("the number of ledgers");
        for (int i = 0; err == CS_OK && i < 3; i++)
            err = cs_slice_eq(cs_sql_get(&a), cs_sql_get(&b)) ? CS_OK : differ("the head of a ledger");
    }
    cs_sql_end(&a);
    cs_sql_end(&b);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

static cs_err compare(struct migration *m)
{
    uint64_t wrong = 0;
    cs_err err = each_table(compare_counts, m);
    if (err == CS_OK)
        err = compare_heads(m);
    if (err == CS_OK)
        err = cs_sql_check_ledgers(&m->to->writer, true, &wrong);
    return err == CS_OK && wrong > 0 ? CS_CONFLICT : err;
}

/* -- a source that stays what it is -------------------------------------------------------------------------------- */

#define SOURCE "source" /* among the names of tables */

/* SHA-256 of the heads of all ledgers: whatever matters in a store leaves an entry. */
static cs_err hash_heads(cs_digest *out, cs_store *s)
{
    cs_hasher *h = NULL;
    cs_sql_call q = cs_sql_ask_text(&s->writer, "SELECT org, last, tree FROM ledger_head ORDER BY org");
    cs_err err = cs_hasher_new(&h, CS_SHA256);
    while (err == CS_OK && (err = cs_sql_next(&q)) == CS_OK) {
        for (int i = 0; err == CS_OK && i < 3; i++) {
            uint8_t length[4];
            cs_buf n = CS_BUF_OVER(length);
            cs_slice value = cs_sql_get(&q);
            cs_buf_add_u32(&n, (uint32_t)value.n);
            err = cs_hasher_add(h, cs_buf_slice(&n));
            if (err == CS_OK)
                err = cs_hasher_add(h, value);
        }
    }
    cs_sql_end(&q);
    if (err == CS_NOT_FOUND)
        err = cs_hasher_end(h, out);
    cs_hasher_free(h);
    return err;
}

static cs_err keep_source(struct migration *m)
{
    m->table = (struct table){.name = SOURCE};
    cs_err err = hash_heads(&m->heads, m->from);
    if (err == CS_OK)
        err = get_place(m);
    if (err != CS_OK)
        return err;
    if (!m->begun) {
        cs_buf_add(&m->last, cs_digest_slice(&m->heads));
        return put_place(m);
    }
    if (cs_slice_eq(cs_buf_slice(&m->last), cs_digest_slice(&m->heads)))
        return CS_OK;
    cs_log(CS_LOG_ERROR, NULL, "migration: the source has changed since it began: remove the target and begin anew");
    return CS_CONFLICT;
}

static cs_err check_source(struct migration *m)
{
    cs_digest now;
    cs_store_view view = {.gateways = 1};
    cs_err err = cs_store_look(m->from, &view);
    if (err == CS_OK)
        err = hash_heads(&now, m->from);
    if (err == CS_OK && (view.gateways > 1 || !cs_slice_eq(cs_digest_slice(&now), cs_digest_slice(&m->heads)))) {
        cs_log(CS_LOG_ERROR, NULL, "migration: a gateway has worked with the source meanwhile");
        err = CS_CONFLICT;
    }
    return err;
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

/* Rows that are numbered by the database go on behind the last. */
static cs_err number_on(void *context, const struct table *t)
{
    struct migration *m = context;
    char text[256];
    cs_buf sql = CS_BUF_OVER(text);
    if (t->key_n != 1 || strcmp(t->columns[t->key[0]], "n") != 0)
        return CS_OK;
    cs_buf_printf(&sql, "SELECT coalesce(max(n), 0) FROM %s", t->name);
    int64_t last = ask_number(&m->to->writer, cs_buf_cstr(&sql));
    if (last < 0)
        return CS_STORE_UNAVAILABLE;
    cs_buf_clear(&sql);
    cs_buf_printf(&sql, "ALTER TABLE %s ALTER COLUMN n RESTART WITH %" PRId64, t->name, last + 1);
    return tell_text(m->to, cs_buf_cstr(&sql));
}

/* All rows are there, and only the end was cut off: the places are the first thing that goes. */
static bool is_copied(struct migration *m)
{
    return ask_number(&m->to->writer, "SELECT count(*) FROM migration") == 0 &&
           ask_number(&m->to->writer, "SELECT count(*) FROM org") > 0;
}

static cs_err copy_all(struct migration *m)
{
    if (is_copied(m))
        return hash_heads(&m->heads, m->from);
    cs_err err = keep_source(m);
    return err == CS_OK ? each_table(copy_table, m) : err;
}

static cs_err run(struct migration *m)
{
    cs_err err = tell_text(m->to, "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, last BLOB NOT NULL,"
                                  " done INTEGER NOT NULL)");
    if (err == CS_OK)
        err = copy_all(m);
    if (err == CS_OK)
        err = compare(m);
    if (err == CS_OK)
        err = check_source(m);
    if (err == CS_OK && cs_store_is_shared(m->to))
        err = each_table(number_on, m);
    return err == CS_OK ? tell_text(m->to, "DROP TABLE migration") : err;
}

/* Made under a third name, so that one that was cut off while it was made is not taken for one to go on with. */
static cs_err create_part(const char *part)
{
    char fresh[MAX_PLACE];
    int n = snprintf(fresh, sizeof fresh, "%s-new", part);
    if (n <= 0 || (size_t)n >= sizeof fresh)
        return CS_TOO_LARGE;
    (void)unlink(fresh);
    cs_err err = cs_sqlite_create(fresh);
    return err == CS_OK && rename(fresh, part) != 0 ? CS_IO : err;
}

/* A file is built under another name and gets its own at the end. */
static cs_err open_file_target(cs_store **out, char part[MAX_PLACE], const char *to)
{
    int n = snprintf(part, MAX_PLACE, "%s.migration", to);
    if (n <= 0 || n >= MAX_PLACE)
        return CS_TOO_LARGE;
    if (access(to, F_OK) == 0) {
        cs_log(CS_LOG_ERROR, NULL, "migration: %s is there already", to);
        return CS_CONFLICT;
    }
    cs_err err = access(part, F_OK) == 0 ? CS_OK : create_part(part);
    return err == CS_OK ? cs_sqlite_open_unchecked(out, part) : err;
}

/* The file has everything once the log beside it is gone; the log would not move with it. */
static cs_err publish_file(const char *part, const char *to)
{
    char log[MAX_PLACE];
    int n = snprintf(log, sizeof log, "%s-wal", part);
    if (n <= 0 || (size_t)n >= sizeof log)
        return CS_TOO_LARGE;
    return access(log, F_OK) == 0 ? CS_IO : cs_file_publish(part, to);
}

cs_err cs_store_migrate(const char *to, const char *from,
                        void (*progress)(void *context, const char *table, int64_t done, int64_t all), void *context)
{
    struct migration m = {.progress = progress, .context = context, .last = cs_buf_new(MAX_SQL)};
    char part[MAX_PLACE];
    bool server = cs_store_is_address(to);
    cs_store_view view = {.gateways = 1};
    cs_err err = cs_store_open(&m.from, from);
    if (err == CS_OK)
        err = cs_store_look(m.from, &view);
    if (err == CS_OK && view.gateways > 1) {
        cs_log(CS_LOG_ERROR, NULL, "migration: a gateway works with the store");
        err = CS_CONFLICT;
    }
    if (err == CS_OK)
        err = server ? cs_postgres_open_target(&m.to, to) : open_file_target(&m.to, part, to);
    if (err == CS_OK) {
        cs_postgres_be_patient(m.from);
        cs_postgres_be_patient(m.to);
        err = run(&m);
    }
    if (err == CS_OK && server)
        err = cs_postgres_release_target(m.to);
    cs_store_close(m.to);
    cs_store_close(m.from);
    cs_buf_free(&m.last);
    return err == CS_OK && !server ? publish_file(part, to) : err;
}
