/* SPDX-License-Identifier: Apache-2.0 */
/* The stores on SQL: what Hybrid Attest keeps: registered public keys, challenges, verified pairs. */
#include <string.h>

#include "gateway/ids.h"
#include "gateway/store_sql.h"

/* An id is made before its record is stored: it may be older than that by as long as a request takes. */
#define ID_IS_OLDER_MS (INT64_C(10) * 60 * 1000)

/* -- registered keys ----------------------------------------------------------------------------------------------- */

static void read_registered(cs_sql_call *q, void *out)
{
    cs_registered_row *k = out;
    CS_SQL_GET_TEXT(q, k->id);
    CS_SQL_GET_TEXT(q, k->org);
    CS_SQL_GET_TEXT(q, k->algorithm);
    cs_sql_get_hash(q, k->hash);
    CS_SQL_GET_TEXT(q, k->chain);
    CS_SQL_GET_TEXT(q, k->label);
    k->generated = cs_sql_get_int(q) != 0;
    k->created_ms = cs_sql_get_int(q);
    k->revoked_ms = cs_sql_get_int(q);
    cs_slice public_key = cs_sql_get(q);
    if (public_key.n == 0 || public_key.n > sizeof k->public_key) {
        cs_sql_spoilt(q);
        return;
    }
    k->public_key_len = public_key.n;
    memcpy(k->public_key, public_key.p, public_key.n);
}

cs_err cs_store_registered(cs_store *s, cs_registered_row *out, cs_slice org, cs_slice id)
{
    *out = (cs_registered_row){0};
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_REGISTERED);
    cs_sql_text(&q, org);
    cs_sql_text(&q, id);
    return cs_sql_one(&q, read_registered, out);
}

cs_err cs_store_registered_by_hash(cs_store *s, cs_registered_row *out, cs_slice org, const uint8_t hash[CS_SHA256_LEN])
{
    *out = (cs_registered_row){0};
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_REGISTERED_BY_HASH);
    cs_sql_text(&q, org);
    cs_sql_blob(&q, cs_slice_of(hash, CS_SHA256_LEN));
    return cs_sql_one(&q, read_registered, out);
}

cs_err cs_store_registered_keys(cs_store *s, cs_page *page, void (*each)(void *context, const cs_registered_row *k),
                                void *context)
{
    int64_t given = 0;
    cs_err err;
    cs_sql_call q = cs_sql_ask(s, CS_SQL_LIST_REGISTERED);
    cs_sql_text(&q, page->org);
    cs_sql_text(&q, page->before);
    cs_sql_text(&q, page->filter);
    cs_sql_text(&q, page->chain);
    cs_sql_int(&q, page->with_revoked);
    cs_sql_int(&q, page->limit + 1);
    while ((err = cs_sql_next(&q)) == CS_OK) {
        cs_registered_row k = {0};
        read_registered(&q, &k);
        if ((err = q.err) != CS_OK || !cs_sql_turn(page, &given, k.id))
            break;
        each(context, &k);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

static cs_err use_challenge(cs_store *s, const char *org, const uint8_t *random, int64_t now_ms)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_USE_CHALLENGE);
    cs_sql_str(&q, org);
    cs_sql_blob(&q, cs_slice_of(random, CS_CHALLENGE_RANDOM));
    cs_sql_int(&q, now_ms);
    cs_err err = cs_sql_run(&q);
    return err == CS_OK && q.changes != 1 ? CS_BAD_CHALLENGE : err;
}

cs_err cs_store_put_registered(cs_store *s, const cs_registered_row *k, const uint8_t *random, int64_t now_ms)
{
    cs_err err = random != NULL ? use_challenge(s, k->org, random, now_ms) : CS_OK;
    if (err != CS_OK)
        return err;
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_REGISTERED);
    cs_sql_str(&q, k->id);
    cs_sql_str(&q, k->org);
    cs_sql_str(&q, k->algorithm);
    cs_sql_blob(&q, CS_ARRAY(k->hash));
    cs_sql_str(&q, k->chain);
    cs_sql_filled(&q, cs_slice_str(k->label));
    cs_sql_int(&q, k->generated);
    cs_sql_int(&q, k->created_ms);
    cs_sql_blob(&q, cs_slice_of(k->public_key, k->public_key_len));
    err = cs_sql_run(&q);
    return err == CS_CONFLICT ? CS_ALREADY_REGISTERED : err;
}

cs_err cs_store_revoke_registered(cs_store *s, cs_slice org, const char *id, int64_t now_ms)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_REVOKE_REGISTERED);
    cs_sql_text(&q, org);
    cs_sql_str(&q, id);
    cs_sql_int(&q, now_ms);
    cs_err err = cs_sql_run(&q);
    return err == CS_OK && q.changes != 1 ? CS_CONFLICT : err;
}

/* -- challenges ---------------------------------------------------------------------------------------------------- */

static void read_random(cs_sql_call *q, void *out)
{
    cs_sql_get_hash(q, out);
}
_Static_assert(CS_CHALLENGE_RANDOM == CS_SHA256_LEN, "both are read as 32 bytes");

cs_err cs_store_newest_challenge(cs_store *s, uint8_t random[CS_CHALLENGE_RANDOM], cs_slice org, const char *api_key_id,
                                 int64_t now_ms)
{
    cs_sql_call q = cs_sql_ask(s, CS_SQL_NEWEST_CHALLENGE);
    cs_sql_text(&q, org);
    cs_sql_str(&q, api_key_id);
    cs_sql_int(&q, now_ms);
    return cs_sql_one(&q, read_random, random);
}

/* Leaves room for one more challenge of the API key. */
static cs_err trim_challenges(cs_store *s, const char *api_key_id)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_TRIM_CHALLENGES);
    cs_sql_str(&q, api_key_id);
    cs_sql_int(&q, CS_MAX_CHALLENGES - 1);
    return cs_sql_run(&q);
}

cs_err cs_store_put_challenge(cs_store *s, const cs_challenge_row *c)
{
    cs_err err = trim_challenges(s, c->api_key_id);
    if (err != CS_OK)
        return err;
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_CHALLENGE);
    cs_sql_blob(&q, CS_ARRAY(c->random));
    cs_sql_str(&q, c->org);
    cs_sql_str(&q, c->api_key_id);
    cs_sql_int(&q, c->expires_ms);
    return cs_sql_run(&q);
}

cs_err cs_store_purge_challenges(cs_store *s, int64_t now_ms)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PURGE_CHALLENGES);
    cs_sql_int(&q, now_ms);
    return cs_sql_run(&q);
}

/* -- verified pairs ------------------------------------------------------------------------------------------------ */

cs_hybrid_record_row cs_hybrid_record_row_new(void)
{
    return (cs_hybrid_record_row){.record = cs_buf_new(CS_MAX_HYBRID_RECORD),
                                  .message = cs_buf_new(CS_MAX_BODY),
                                  .ecdsa_signature = cs_buf_new(CS_MAX_SIGNATURE),
                                  .ecdsa_public_key = cs_buf_new(CS_MAX_PUBLIC_KEY),
                                  .pqc_signature = cs_buf_new(CS_MAX_SIGNATURE),
                                  .pqc_public_key = cs_buf_new(CS_MAX_REGISTERED_KEY),
                                  .metadata = cs_buf_new(CS_MAX_METADATA)};
}

void cs_hybrid_record_row_free(cs_hybrid_record_row *h)
{
    cs_buf_free(&h->record);
    cs_buf_free(&h->message);
    cs_buf_free(&h->ecdsa_signature);
    cs_buf_free(&h->ecdsa_public_key);
    cs_buf_free(&h->pqc_signature);
    cs_buf_free(&h->pqc_public_key);
    cs_buf_free(&h->metadata);
}

static void read_hybrid(cs_sql_call *q, void *out)
{
    cs_hybrid_record_row *h = out;
    CS_SQL_GET_TEXT(q, h->id);
    CS_SQL_GET_TEXT(q, h->org);
    CS_SQL_GET_TEXT(q, h->key_id);
    CS_SQL_GET_TEXT(q, h->algorithm);
    CS_SQL_GET_TEXT(q, h->chain);
    CS_SQL_GET_TEXT(q, h->scheme);
    CS_SQL_GET_TEXT(q, h->signer);
    CS_SQL_GET_TEXT(q, h->countersignature);
    h->seq = (uint64_t)cs_sql_get_int(q);
    CS_SQL_GET_TEXT(q, h->entry_id);
    h->created_ms = cs_sql_get_int(q);
    cs_sql_get_buf(q, &h->record);
    cs_sql_get_buf(q, &h->message);
    cs_sql_get_buf(q, &h->ecdsa_signature);
    cs_sql_get_buf(q, &h->ecdsa_public_key);
    cs_sql_get_buf(q, &h->pqc_signature);
    cs_sql_get_buf(q, &h->pqc_public_key);
    cs_sql_get_buf(q, &h->metadata);
}

cs_err cs_store_hybrid(cs_store *s, cs_hybrid_record_row *out, cs_slice org, cs_slice id)
{
    *out = cs_hybrid_record_row_new();
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_HYBRID);
    cs_sql_text(&q, org);
    cs_sql_text(&q, id);
    cs_err err = cs_sql_one(&q, read_hybrid, out);
    if (err != CS_OK)
        cs_hybrid_record_row_free(out);
    return err;
}

cs_err cs_store_hybrids(cs_store *s, cs_page *page, void (*each)(void *context, const cs_hybrid_record_row *h),
                        void *context)
{
    char oldest[CS_MAX_ID + 1];
    int64_t given = 0;
    bool goes_on = true;
    cs_err err = CS_OK;
    cs_id_lowest(oldest, CS_ID_ATTESTATION, page->since_ms - ID_IS_OLDER_MS);
    cs_sql_call q = cs_sql_ask(s, page->key_id.p != NULL ? CS_SQL_LIST_HYBRID_OF_KEY : CS_SQL_LIST_HYBRID);
    cs_sql_text(&q, page->org);
    cs_sql_text(&q, page->before);
    cs_sql_str(&q, page->since_ms > ID_IS_OLDER_MS ? oldest : "");
    cs_sql_int(&q, page->since_ms);
    cs_sql_text(&q, page->key_id);
    cs_sql_text(&q, page->chain);
    cs_sql_int(&q, page->limit + 1);
    while (goes_on && (err = cs_sql_next(&q)) == CS_OK) {
        cs_hybrid_record_row h = cs_hybrid_record_row_new();
        read_hybrid(&q, &h);
        err = q.err;
        goes_on = err == CS_OK && cs_sql_turn(page, &given, h.id);
        if (goes_on)
            each(context, &h);
        cs_hybrid_record_row_free(&h);
    }
    cs_sql_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}

static void read_id(cs_sql_call *q, void *out)
{
    cs_sql_get_text(q, out, CS_MAX_ID + 1);
}

cs_err cs_store_countersigning_key(cs_store *s, char id[CS_MAX_ID + 1], cs_slice org)
{
    id[0] = '\0';
    cs_sql_call q = cs_sql_ask(s, CS_SQL_COUNTERSIGNING_KEY);
    cs_sql_text(&q, org);
    return cs_sql_one(&q, read_id, id);
}

cs_err cs_store_put_hybrid(cs_store *s, cs_slice org, const cs_hybrid_row *h, uint64_t seq)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_HYBRID);
    cs_sql_str(&q, h->id);
    cs_sql_text(&q, org);
    cs_sql_str(&q, h->key_id);
    cs_sql_str(&q, h->chain);
    cs_sql_str(&q, h->scheme);
    cs_sql_str(&q, h->signer);
    cs_sql_str(&q, h->countersignature);
    cs_sql_int(&q, (int64_t)seq);
    cs_sql_int(&q, h->created_ms);
    cs_sql_text(&q, h->record);
    cs_sql_blob(&q, h->message);
    cs_sql_blob(&q, h->ecdsa_signature);
    cs_sql_blob(&q, h->ecdsa_public_key);
    cs_sql_blob(&q, h->pqc_signature);
    cs_sql_text(&q, h->metadata);
    cs_err err = cs_sql_run(&q);
    if (err == CS_OK && q.changes != 1)
        err = CS_PQC_005;
    return err == CS_OK ? cs_sql_count(s, CS_SQL_ADD_HYBRID, org, "") : err;
}
