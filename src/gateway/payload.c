/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/payload.h"

#include "core/encode.h"

/* The text is measured before it is decoded, so that too large is not called malformed. */
static void read_inline(cs_payload *p, cs_jobj *o)
{
    cs_slice text = cs_jobj_str(o, "payload", CS_MAX_BODY);
    if (text.n > (CS_MAX_PAYLOAD + 2) / 3 * 4)
        cs_jobj_fail(o, CS_PAYLOAD_TOO_LARGE, "payload");
    if (o->err != CS_OK)
        return;
    cs_err err = cs_base64_decode(&p->bytes, text);
    if (err == CS_OK && p->bytes.n > CS_MAX_PAYLOAD)
        err = CS_PAYLOAD_TOO_LARGE;
    p->message.bytes = p->bytes.n > 0 ? cs_buf_slice(&p->bytes) : CS_LIT("");
    p->size = (int64_t)p->bytes.n;
    if (err == CS_OK)
        err = cs_hash(&p->sha256, CS_SHA256, p->message.bytes);
    if (err != CS_OK)
        cs_jobj_fail(o, err, "payload");
}

static void read_prehash(cs_payload *p, cs_jobj *o)
{
    cs_fault fault = {0};
    cs_jobj h = cs_jobj_open(cs_jobj_object(o, "preHash"));
    if (o->err != CS_OK)
        return;
    p->message.ph = cs_hash_by_name(cs_jobj_str(&h, "alg", CS_MAX_ID));
    if (p->message.ph == CS_HASH_NONE)
        cs_jobj_fail(&h, CS_PREHASH_ALGORITHM, "alg");
    (void)cs_jobj_base64(&h, "value", CS_HASH_MAX, &p->bytes);
    if (h.err == CS_OK && p->bytes.n != cs_hash_len(p->message.ph))
        cs_jobj_fail(&h, CS_PREHASH_ALGORITHM, "value");
    p->message.bytes = cs_buf_slice(&p->bytes);
    if (cs_jobj_done(&h) != CS_OK)
        cs_jobj_fail(o, cs_jobj_fault(&h, "preHash", &fault), fault.field);
    p->size = cs_jobj_int(o, "payloadSize", 0, CS_JSON_INT_MAX);
}

void cs_payload_read(cs_payload *p, cs_jobj *o)
{
    *p = (cs_payload){.bytes = cs_buf_new(CS_MAX_PAYLOAD + 4)};
    bool hashed = cs_jobj_has(o, "preHash");
    if (hashed && cs_jobj_has(o, "payload"))
        cs_jobj_fail(o, CS_BAD_FIELD, "payload");
    if (hashed)
        read_prehash(p, o);
    else
        read_inline(p, o);
}

void cs_payload_free(cs_payload *p)
{
    cs_buf_free(&p->bytes);
}

cs_err cs_payload_fits(const cs_payload *p, cs_fault *fault, const cs_alg *alg, cs_format format)
{
    if (p->message.ph == CS_HASH_NONE)
        return CS_OK;
    if (format != CS_FORMAT_COMPOSITE)
        return cs_fault_set(fault, CS_PREHASH_NOT_OFFERED, "preHash");
    return p->message.ph == alg->ph ? CS_OK : cs_fault_set(fault, CS_PREHASH_ALGORITHM, "preHash.alg");
}

const char *cs_payload_digest_name(const cs_payload *p)
{
    return p->message.ph == CS_HASH_NONE ? "payloadSha256" : "payloadPreHash";
}

void cs_payload_digest(cs_buf *out, const cs_payload *p)
{
    bool hashed = p->message.ph != CS_HASH_NONE;
    cs_buf_printf(out, "%s:", hashed ? cs_hash_name(p->message.ph) : "sha256");
    cs_hex_encode(out, hashed ? p->message.bytes : cs_digest_slice(&p->sha256));
}
