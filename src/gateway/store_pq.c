/* SPDX-License-Identifier: Apache-2.0 */
/* The stores on SQL: keys of the PQ Signer door. */
#include "gateway/store_sql.h"

cs_pq_key_record cs_pq_key_record_new(void)
{
    return (cs_pq_key_record){.public_key = cs_buf_new(CS_MAX_REGISTERED_KEY), .sealed = cs_buf_new(CS_MAX_SEALED)};
}

void cs_pq_key_record_free(cs_pq_key_record *k)
{
    cs_buf_free(&k->public_key);
    cs_buf_free(&k->sealed);
}

cs_pq_birth_record cs_pq_birth_record_new(void)
{
    return (cs_pq_birth_record){.wrapped = cs_buf_new(CS_MAX_WRAPPED_DK), .document = cs_buf_new(CS_MAX_COSE)};
}

void cs_pq_birth_record_free(cs_pq_birth_record *b)
{
    cs_buf_free(&b->wrapped);
    cs_buf_free(&b->document);
}

static void read_key(cs_sql_call *q, void *out)
{
    cs_pq_key_record *k = out;
    CS_SQL_GET_TEXT(q, k->org);
    CS_SQL_GET_TEXT(q, k->algorithm);
    CS_SQL_GET_TEXT(q, k->kms_key);
    CS_SQL_GET_TEXT(q, k->key_release);
    k->created_ms = cs_sql_get_int(q);
    cs_sql_get_buf(q, &k->public_key);
    cs_sql_get_buf(q, &k->sealed);
}

cs_err cs_store_pq_key(cs_store *s, cs_pq_key_record *out, cs_slice user_id)
{
    *out = cs_pq_key_record_new();
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_PQ_KEY);
    cs_sql_text(&q, user_id);
    cs_err err = cs_sql_one(&q, read_key, out);
    if (err != CS_OK)
        cs_pq_key_record_free(out);
    return err;
}

static void read_birth(cs_sql_call *q, void *out)
{
    cs_pq_birth_record *b = out;
    CS_SQL_GET_TEXT(q, b->enclave_version);
    cs_sql_get_buf(q, &b->wrapped);
    cs_sql_get_buf(q, &b->document);
}

cs_err cs_store_pq_birth(cs_store *s, cs_pq_birth_record *out, cs_slice user_id)
{
    *out = cs_pq_birth_record_new();
    cs_sql_call q = cs_sql_ask(s, CS_SQL_GET_PQ_BIRTH);
    cs_sql_text(&q, user_id);
    cs_err err = cs_sql_one(&q, read_birth, out);
    if (err != CS_OK)
        cs_pq_birth_record_free(out);
    return err;
}

cs_err cs_store_put_pq_key(cs_store *s, cs_slice org, const cs_pq_key_row *k)
{
    cs_sql_call q = cs_sql_tell(s, CS_SQL_PUT_PQ_KEY);
    cs_sql_text(&q, k->user_id);
    cs_sql_text(&q, org);
    cs_sql_str(&q, k->algorithm);
    cs_sql_str(&q, k->kms_key);
    cs_sql_text(&q, k->key_release);
    cs_sql_int(&q, k->created_ms);
    cs_sql_blob(&q, k->public_key);
    cs_sql_blob(&q, k->sealed);
    cs_err err = cs_sql_run(&q);
    if (err != CS_OK)
        return err;
    q = cs_sql_tell(s, CS_SQL_PUT_PQ_BIRTH);
    cs_sql_text(&q, k->user_id);
    cs_sql_text(&q, k->enclave_version);
    cs_sql_blob(&q, k->wrapped);
    cs_sql_blob(&q, k->birth);
    return cs_sql_run(&q);
}
