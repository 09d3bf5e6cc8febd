/* SPDX-License-Identifier: Apache-2.0 */
/* The stores on SQL: transactions of the one connection that writes. */
#include <string.h>

#include "gateway/store_sql.h"
#include "sys/clock.h"

#define PROBE_US 1000000

bool cs_store_is_broken(const cs_store *s)
{
    return atomic_load(&s->broken);
}

cs_err cs_store_begin(cs_store *s)
{
    if (cs_store_is_broken(s))
        return CS_STORE_UNAVAILABLE;
    (void)pthread_mutex_lock(&s->writing);
    s->revoked = s->keys_changed = s->remembered = s->unknown = s->again = false;
    s->once = (cs_sql_once){0};
    s->in_transaction = true;
    cs_err err = s->writer.driver->begin(s);
    if (err != CS_OK)
        cs_store_rollback(s);
    return err;
}

void cs_store_hurry(cs_store *s)
{
    if (s->writer.driver->hurry != NULL)
        s->writer.driver->hurry(s);
}

static void end(cs_store *s)
{
    s->in_transaction = false;
    (void)pthread_mutex_unlock(&s->writing);
}

static cs_err write_count(cs_store *s)
{
    cs_sql_once *o = &s->once;
    if (o->n == 0)
        return CS_OK;
    cs_sql_call q = cs_sql_tell(s, o->counting);
    cs_sql_str(&q, o->org);
    cs_sql_int(&q, o->n);
    if (o->verdict[0] != '\0')
        cs_sql_str(&q, o->verdict);
    o->n = 0;
    return cs_sql_run(&q);
}

cs_err cs_sql_count(cs_store *s, cs_statement id, cs_slice org, const char *verdict)
{
    cs_sql_once *o = &s->once;
    cs_err err = CS_OK;
    if (o->n == 0 || o->counting != id || !cs_slice_is(org, o->org) || strcmp(verdict, o->verdict) != 0) {
        err = write_count(s);
        o->counting = id;
        if (err == CS_OK)
            err = cs_slice_to_cstr(o->org, sizeof o->org, org);
        if (err == CS_OK)
            err = cs_slice_to_cstr(o->verdict, sizeof o->verdict, cs_slice_str(verdict));
    }
    o->n++;
    if (err == CS_OK && o->marked)
        err = write_count(s);
    return err;
}

cs_err cs_store_commit(cs_store *s)
{
    cs_err err = write_count(s);
    if (err == CS_OK)
        err = s->writer.driver->commit(s);
    if (err != CS_OK) {
        cs_store_rollback(s);
        return err;
    }
    atomic_store(&s->failed, false);
    if (s->keys_changed)
        (void)atomic_fetch_add(&s->key_changes, 1);
    s->writer.driver->committed(s);
    end(s);
    return CS_OK;
}

void cs_store_note_change(cs_store *s)
{
    (void)atomic_fetch_add(&s->key_changes, 1);
}

bool cs_store_is_shared(const cs_store *s)
{
    return s->shared;
}

bool cs_store_may_try_again(const cs_store *s)
{
    return s->again && !s->unknown;
}

bool cs_store_is_unknown(const cs_store *s)
{
    return s->unknown;
}

uint64_t cs_store_key_changes(const cs_store *s)
{
    return atomic_load(&s->key_changes);
}

void cs_store_rollback(cs_store *s)
{
    if (!s->in_transaction)
        return; /* a failed commit has ended it */
    if (!s->writer.driver->rollback(s))
        atomic_store(&s->broken, true);
    end(s);
}

static cs_err probe(cs_store *s, int64_t now)
{
    cs_err err = cs_store_begin(s);
    if (err != CS_OK)
        return err;
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PROBE);
    cs_sql_int(&q, now);
    err = cs_sql_run(&q);
    if (err == CS_OK)
        return cs_store_commit(s);
    cs_store_rollback(s);
    return err;
}

cs_err cs_store_can_write(cs_store *s)
{
    if (cs_store_is_broken(s))
        return CS_STORE_UNAVAILABLE;
    if (!atomic_load(&s->failed))
        return CS_OK;
    int64_t now = cs_tick_us();
    int_fast64_t last = atomic_load(&s->tried);
    if (now - last < PROBE_US || !atomic_compare_exchange_strong(&s->tried, &last, now))
        return CS_STORE_UNAVAILABLE;
    return probe(s, now);
}

cs_err cs_store_mark(cs_store *s)
{
    cs_err err = write_count(s);
    s->once.marked = true;
    s->once.key_id[0] = '\0';
    return err == CS_OK ? cs_sql_do(s, CS_SQL_MARK) : err;
}

cs_err cs_store_keep(cs_store *s)
{
    return cs_sql_do(s, CS_SQL_KEEP);
}

cs_err cs_store_undo(cs_store *s)
{
    cs_err err = cs_sql_do(s, CS_SQL_UNDO);
    return err == CS_OK ? cs_store_keep(s) : err;
}
