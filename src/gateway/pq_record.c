/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/pq_record.h"

#include "core/key_record.h"
#include "gateway/query.h"

static cs_err find(cs_pq_key_record *key, cs_pq_birth_record *birth, const cs_call *c, cs_slice user_id)
{
    cs_dynamo *dynamo = c->app->pq.dynamo;
    cs_err err = dynamo != NULL ? cs_dynamo_get(dynamo, key, user_id, c->deadline_us)
                                : cs_store_pq_key(c->app->store, key, user_id);
    if (err != CS_OK)
        return err;
    if (cs_slice_is(cs_call_org(c), key->org))
        err = dynamo != NULL ? cs_dynamo_get_birth(dynamo, birth, user_id, c->deadline_us)
                             : cs_store_pq_birth(c->app->store, birth, user_id);
    else
        err = CS_NOT_FOUND;
    if (err != CS_OK)
        cs_pq_key_record_free(key);
    return err;
}

static cs_err write_record(cs_jw *w, const cs_birth *birth)
{
    cs_buf json = cs_buf_new(CS_MAX_KEY_RECORD);
    cs_err err = cs_key_record_write(&json, birth);
    if (err == CS_OK)
        cs_jw_raw(w, "keyRecord", cs_buf_slice(&json));
    cs_buf_free(&json);
    return err == CS_OK ? CS_OK : CS_INTERNAL; /* what was stored is not what was checked before */
}

cs_err cs_pq_record_get(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_pq_key_record key;
    cs_pq_birth_record birth;
    cs_query_read(&q, c->rq->query);
    cs_slice user_id = cs_query_text(&q, "userId", CS_MAX_USER_ID);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err == CS_OK && user_id.p == NULL)
        err = cs_call_fail(c, CS_MISSING_FIELD, "userId");
    if (err == CS_OK)
        err = find(&key, &birth, c, user_id);
    if (err != CS_OK)
        return err;
    const cs_birth record = {.alg = cs_birth_alg(cs_slice_str(key.algorithm)),
                             .user_id = user_id,
                             .public_key = cs_buf_slice(&key.public_key),
                             .wrapped_dk = cs_buf_slice(&birth.wrapped),
                             .kms_key_arn = cs_slice_str(key.kms_key),
                             .created_at_ms = key.created_ms};
    cs_jw_begin(w, "data");
    err = write_record(w, &record);
    cs_jw_base64(w, "birthAttestation", cs_buf_slice(&birth.document));
    cs_jw_cstr(w, "enclaveVersion", birth.enclave_version);
    cs_jw_cstr(w, "keyRelease", key.key_release);
    cs_jw_end(w);
    cs_pq_key_record_free(&key);
    cs_pq_birth_record_free(&birth);
    return err;
}
