/* SPDX-License-Identifier: Apache-2.0 */
/* The stores on SQL: signatures, and how many there are. */
#include <string.h>

#include "gateway/ids.h"
#include "gateway/store_sql.h"

/* An id is made before its signature is: it may be older than that by as long as a request takes. */
#define ID_IS_OLDER_MS (INT64_C(10) * 60 * 1000)

cs_signature_record cs_signature_record_new(void)
{
    return (cs_signature_record){.signature = cs_buf_new(CS_MAX_SIGNATURE),
                                 .document = cs_buf_new(CS_MAX_ATTESTATION),
                                 .nonce = cs_buf_new(CS_MAX_NONCE),
                                 .metadata = cs_buf_new(CS_MAX_METADATA)};
}

void cs_signature_record_free(cs_signature_record *g)
{
    cs_buf_free(&g->signature);
    cs_buf_free(&g->document);
    cs_buf_free(&g->nonce);
    cs_buf_free(&g->metadata);
}

static void read_signature(cs_sql_call *q, void *out)
{
    cs_signature_record *g = out;
    CS_SQL_GET_TEXT(q, g->id);
    CS_SQL_GET_TEXT(q, g->org);
    CS_SQL_GET_TEXT(q, g->key_id);
    CS_SQL_GET_TEXT(q, g->policy_id);
    g->policy_version = cs_sql_get_int(q);
    if (g->policy_id[0] != '\0')
        cs_sql_get_hash(q, g->policy_hash);
    else
        (void)cs_sql_get(q);
    CS_SQL_GET_TEXT(q, g->payload_digest);
    g->prehashed = cs_sql_get_int(q) != 0;
    g->payload_size = cs_sql_get_int(q);
    CS_SQL_GET_TEXT(q, g->verdict);
    CS_SQL_GET_TEXT(q, g->reason);
    CS_SQL_GET_TEXT(q, g->epoch);
    g->counter = cs_sql_get_int(q);
    g->seq = (uint64_t)cs_sql_get_int(q);
    CS_SQL_GET_TEXT(q, g->entry_id);
    g->created_ms = cs_sql_get_int(q);
    cs_sql_get_buf(q, &g->signature);
    cs_sql_get_buf(q, &g->document);
    cs_sql_get_buf(q, &g->nonce);
    cs_sql_get_buf(q, &g->metadata);
}

cs_err cs_store_signature(cs_store *s, cs_signature_record *out, cs_slice org, cs_slice id)
{
    *out = cs_signature_record_new();
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_SIGNATURE);
    cs_sql_text(&q, org);
    cs_sql_text(&q, id);
    cs_err err = cs_sql_one(&q, read_signature, out);
    if (err != CS_OK)
        cs_signature_record_free(out);
    return err;
}

/* By the filter that leaves the fewest. */
static cs_statement listing(const cs_page *page)
{
    if (page->key_id.p != NULL)
        return CS_SQL_LIST_SIGNATURES_OF_KEY;
    if (page->policy_id.p != NULL)
        return CS_SQL_LIST_SIGNATURES_OF_POLICY;
    return page->verdict.p != NULL ? CS_SQL_LIST_SIGNATURES_OF_VERDICT : CS_SQL_LIST_SIGNATURES;
}

cs_err cs_store_signatures(cs_store *s, cs_page *page, void (*each)(void *context, const cs_signature_record *g),
                           void *context)
{
    char oldest[CS_MAX_ID + 1];
    int64_t given = 0;
    bool goes_on = true;
    cs_err err = CS_OK;
    cs_id_lowest(oldest, CS_ID_SIGNATURE, page->since_ms - ID_IS_OLDER_MS);
    cs_sql_call q = cs_sql_ask(s, listing(page));
    cs_sql_text(&q, page->org);
    cs_sql_text(&q, page->before);
    cs_sql_str(&q, page->since_ms > ID_IS_OLDER_MS ? oldest : "");
    cs_sql_int(&q, page->since_ms);
    cs_sql_text(&q, page->key_id);
    cs_sql_text(&q, page->policy_id);
    cs_sql_text(&q, page->verdict);
    cs_sql_int(&q, page->limit + 1);
    while (goes_on && (err = cs_sql_next(&q)) == CS_OK) {
        cs_signature_record g = cs_signature_record_new();
        read_signature(&q, &g);
        err = q.err;
        goes_on = err == CS_OK && cs_sql_turn(page, &given, g.id);
        if (goes_on)
            each(context, &g);
        cs_signature_record_free(&g);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

struct counter {
    char *epoch;
    int64_t value;
};

static void read_counter(cs_sql_call *q, void *out)
{
    struct counter *c = out;
    cs_sql_get_text(q, c->epoch, 33);
    c->value = cs_sql_get_int(q);
}

cs_err cs_store_last_counter(cs_store *s, char epoch[33], int64_t *counter)
{
    struct counter c = {.epoch = epoch};
    *epoch = '\0';
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LAST_COUNTER);
    cs_err err = cs_sql_one(&q, read_counter, &c);
    *counter = c.value;
    return err == CS_OK && *epoch == '\0' ? CS_NOT_FOUND : err;
}

/* -- counts -------------------------------------------------------------------------------------------------------- */

static cs_err count_keys(cs_store *s, cs_counts *out, cs_slice org)
{
    cs_err err;
    cs_sql_call q = cs_sql_ask(s, CS_SQL_COUNT_KEYS);
    cs_sql_text(&q, org);
    while ((err = cs_sql_next(&q)) == CS_OK) {
        int64_t status = cs_sql_get_int(&q);
        if (status >= CS_KEY_ACTIVE && status <= CS_KEY_REVOKED)
            out->keys[status] = cs_sql_get_int(&q);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

static cs_err count_signatures(cs_store *s, cs_counts *out, cs_slice org)
{
    cs_err err;
    cs_sql_call q = cs_sql_ask(s, CS_SQL_COUNT_SIGNATURES);
    cs_sql_text(&q, org);
    while ((err = cs_sql_next(&q)) == CS_OK) {
        cs_slice verdict = cs_sql_get(&q);
        *(cs_slice_is(verdict, "pass")   ? &out->passed
          : cs_slice_is(verdict, "fail") ? &out->failed
                                         : &out->absent) += cs_sql_get_int(&q);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

static void read_policy_counts(cs_sql_call *q, void *out)
{
    cs_counts *c = out;
    c->policies = cs_sql_get_int(q);
    c->rules = cs_sql_get_int(q);
}

static void read_checkpoint_count(cs_sql_call *q, void *out)
{
    ((cs_counts *)out)->checkpoints = cs_sql_get_int(q);
}

static void read_registered_count(cs_sql_call *q, void *out)
{
    ((cs_counts *)out)->registered_keys = cs_sql_get_int(q);
}

static void read_hybrid_count(cs_sql_call *q, void *out)
{
    ((cs_counts *)out)->hybrid_attestations = cs_sql_get_int(q);
}

static cs_err count_with(cs_store *s, cs_counts *out, cs_slice org, cs_statement id,
                         void (*read)(cs_sql_call *q, void *out))
{
    cs_sql_call q = cs_sql_ask(s, id);
    cs_sql_text(&q, org);
    return cs_sql_one(&q, read, out);
}

cs_err cs_store_counts(cs_store *s, cs_counts *out, cs_slice org)
{
    cs_head head;
    *out = (cs_counts){0};
    cs_err err = count_keys(s, out, org);
    if (err == CS_OK)
        err = count_signatures(s, out, org);
    if (err == CS_OK)
        err = count_with(s, out, org, CS_SQL_COUNT_POLICIES, read_policy_counts);
    if (err == CS_OK)
        err = count_with(s, out, org, CS_SQL_COUNT_CHECKPOINTS, read_checkpoint_count);
    if (err == CS_OK)
        err = count_with(s, out, org, CS_SQL_COUNT_REGISTERED, read_registered_count);
    if (err == CS_OK)
        err = count_with(s, out, org, CS_SQL_COUNT_HYBRID, read_hybrid_count);
    if (err == CS_OK)
        err = cs_store_head(s, &head, org);
    if (err == CS_NOT_FOUND)
        return CS_OK; /* nothing has happened there yet */
    out->entries = err == CS_OK ? head.tree.size : 0;
    return err;
}

/* -- writes -------------------------------------------------------------------------------------------------------- */

/* The key may still sign, in the very transaction that stores the signature. What that has found stands until the
 * transaction itself changes keys. */
static cs_err touch_key(cs_store *s, cs_slice org, const char *key_id, int64_t now_ms)
{
    cs_sql_once *o = &s->once;
    if (!s->keys_changed && o->used_ms == now_ms && strcmp(key_id, o->key_id) == 0 && cs_slice_is(org, o->key_org))
        return CS_OK;
    o->key_id[0] = '\0';
    cs_sql_call q = cs_sql_tell(s, CS_SQL_TOUCH_KEY);
    cs_sql_text(&q, org);
    cs_sql_str(&q, key_id);
    cs_sql_int(&q, now_ms);
    cs_err err = cs_sql_run(&q);
    if (err != CS_OK || q.changes != 1)
        return err == CS_OK ? CS_KEY_NOT_ACTIVE : err;
    o->used_ms = now_ms;
    bool known = !o->marked && cs_slice_to_cstr(o->key_org, sizeof o->key_org, org) == CS_OK &&
                 cs_slice_to_cstr(o->key_id, sizeof o->key_id, cs_slice_str(key_id)) == CS_OK;
    if (!known)
        o->key_id[0] = '\0';
    return CS_OK;
}

static void bind_policy(cs_sql_call *q, const cs_signature_row *g)
{
    bool none = g->policy_id == NULL;
    cs_sql_str(q, g->policy_id);
    cs_sql_int(q, none ? 0 : g->policy_version);
    cs_sql_blob(q, none ? CS_ABSENT : cs_slice_of(g->policy_hash, CS_SHA256_LEN));
}

cs_err cs_store_put_signature(cs_store *s, cs_slice org, const cs_signature_row *g, uint64_t seq, int64_t now_ms)
{
    cs_err err = touch_key(s, org, g->key_id, now_ms);
    if (err == CS_OK)
        err = cs_sql_count(s, CS_SQL_ADD_SIGNATURE, org, g->verdict);
    if (err != CS_OK)
        return err;
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_SIGNATURE);
    cs_sql_str(&q, g->id);
    cs_sql_text(&q, org);
    cs_sql_str(&q, g->key_id);
    bind_policy(&q, g);
    cs_sql_text(&q, g->payload_digest);
    cs_sql_int(&q, g->prehashed);
    cs_sql_int(&q, g->payload_size);
    cs_sql_str(&q, g->verdict);
    cs_sql_str(&q, g->reason);
    cs_sql_str(&q, g->epoch);
    cs_sql_int(&q, g->epoch != NULL ? g->counter : 0);
    cs_sql_int(&q, (int64_t)seq);
    cs_sql_int(&q, now_ms);
    cs_sql_blob(&q, g->signature);
    cs_sql_text(&q, g->document);
    cs_sql_blob(&q, g->nonce);
    cs_sql_text(&q, g->metadata);
    err = cs_sql_run(&q);
    return err == CS_CONFLICT ? CS_COUNTER_NOT_FRESH : err;
}
