/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/pq_request.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto.h"

#define MAX_NAME 32

static const struct {
    const char *here, *elsewhere;
} algorithms[] = {{"ML-DSA-44", "mldsa44"}, {"ML-DSA-65", "mldsa65"}, {"ML-DSA-87", "mldsa87"}};

cs_slice cs_pq_request_user_id(const cs_pq_request *r)
{
    return cs_slice_of(r->user_id, r->user_id_len);
}

cs_slice cs_pq_request_message(const cs_pq_request *r)
{
    return cs_slice_of(r->message, r->message_len);
}

static void read_algorithm(cs_pq_request *out, cs_jobj *o)
{
    cs_slice name = cs_jobj_str(o, "alg", MAX_NAME);
    if (name.p == NULL)
        return;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (cs_slice_is(name, algorithms[i].here)) {
            out->algorithm = algorithms[i].here;
            out->alg = cs_alg_find(cs_slice_str(algorithms[i].elsewhere));
        }
    if (out->alg == NULL)
        cs_jobj_fail(o, CS_UNKNOWN_ALGORITHM, "alg");
}

/* A random UUID [RFC 9562 §5.4], in lower case. */
static cs_err mint_user_id(cs_pq_request *out)
{
    uint8_t b[16];
    char text[37];
    cs_err err = cs_random(b, sizeof b);
    if (err != CS_OK)
        return err;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    (void)snprintf(text, sizeof text, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                   b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    memcpy(out->user_id, text, sizeof text - 1);
    out->user_id_len = sizeof text - 1;
    return CS_OK;
}

static void read_user_id(cs_pq_request *out, cs_jobj *o, bool needed)
{
    cs_slice id = needed ? cs_jobj_str(o, "user_id", CS_MAX_USER_ID) : cs_jobj_str_opt(o, "user_id", CS_MAX_USER_ID);
    if (needed && id.p != NULL && id.n == 0)
        cs_jobj_fail(o, CS_BAD_FIELD, "user_id");
    if (id.p != NULL && id.n > 0 && id.n <= sizeof out->user_id) {
        memcpy(out->user_id, id.p, id.n);
        out->user_id_len = id.n;
    }
}

static void read_message(cs_pq_request *out, cs_jobj *o, size_t max_message)
{
    cs_buf message = CS_BUF_OVER(out->message);
    if (cs_jobj_base64(o, "message", max_message, &message))
        out->message_len = message.n;
    out->attest = cs_jobj_bool_or(o, "request_attestation", false);
}

static cs_err read_payload(cs_pq_request *out, cs_fault *fault, cs_jval payload, size_t max_message)
{
    cs_jobj o = cs_jobj_open(payload);
    read_algorithm(out, &o);
    read_user_id(out, &o, out->kind == CS_PQ_SIGN);
    if (out->kind == CS_PQ_SIGN)
        read_message(out, &o, max_message);
    if (cs_jobj_done(&o) != CS_OK)
        return cs_jobj_fault(&o, "payload", fault);
    return out->user_id_len == 0 ? mint_user_id(out) : CS_OK;
}

cs_err cs_pq_request_read(cs_pq_request *out, cs_fault *fault, cs_jobj *o, size_t max_message)
{
    *out = (cs_pq_request){0};
    cs_slice type = cs_jobj_str(o, "request_type", MAX_NAME);
    cs_jval payload = cs_jobj_object(o, "payload");
    if (type.p != NULL && cs_slice_is(type, "sign"))
        out->kind = CS_PQ_SIGN;
    else if (type.p != NULL && !cs_slice_is(type, "key_generation"))
        cs_jobj_fail(o, CS_BAD_FIELD, "request_type");
    if (cs_jobj_done(o) != CS_OK)
        return cs_jobj_fault(o, NULL, fault);
    return read_payload(out, fault, payload, max_message);
}
