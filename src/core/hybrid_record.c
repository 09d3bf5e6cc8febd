/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a verified pair: written member by member in the order of RFC 8785, so that it is canonical as it is.
 */
#include "core/hybrid.h"

#include "core/clock.h"

static bool id_ok(cs_slice id)
{
    for (size_t i = 0; i < id.n; i++) {
        uint8_t c = id.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-'))
            return false;
    }
    return id.n > 0 && id.n <= CS_MAX_ID;
}

static void write_sha256(cs_jw *w, const char *name, cs_slice bytes)
{
    cs_digest d;
    if (cs_hash(&d, CS_SHA256, bytes) == CS_OK)
        cs_jw_hex(w, name, "sha256:", cs_digest_slice(&d));
    else
        w->out->err = CS_CRYPTO;
}

cs_err cs_hybrid_record(cs_buf *out, const cs_hybrid *h, const cs_hybrid_result *result, const cs_hybrid_facts *facts)
{
    char text[32];
    cs_buf created_at = CS_BUF_OVER(text);
    cs_jw w = cs_jw_on(out);
    cs_time_write(&created_at, facts->created_ms);
    if (!result->ecdsa_valid || !result->pqc_valid || !id_ok(facts->id) || !id_ok(facts->pqc_key_id) ||
        created_at.err != CS_OK)
        return CS_BAD_FIELD;
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "algorithm", cs_hybrid_algorithm_name(h->algorithm));
    cs_jw_cstr(&w, "chain", h->chain->name);
    cs_jw_str(&w, "createdAt", cs_buf_slice(&created_at));
    cs_hybrid_write_hex(&w, "ecdsaPublicKey", cs_slice_of(h->signer, h->signer_len));
    cs_jw_cstr(&w, "ecdsaScheme", cs_hybrid_scheme_name(result->scheme));
    write_sha256(&w, "ecdsaSignatureSha256", h->ecdsa_signature);
    cs_jw_str(&w, "id", facts->id);
    write_sha256(&w, "messageSha256", h->message);
    cs_jw_int(&w, "messageSize", (int64_t)h->message.n);
    if (facts->metadata.p != NULL)
        write_sha256(&w, "metadataSha256", facts->metadata);
    cs_jw_str(&w, "pqcKeyId", facts->pqc_key_id);
    write_sha256(&w, "pqcPublicKeySha256", h->pqc_public_key);
    write_sha256(&w, "pqcSignatureSha256", h->pqc_signature);
    if (result->address[0] != '\0')
        cs_jw_cstr(&w, "signerAddress", result->address);
    cs_jw_end(&w);
    return out->err;
}

void cs_hybrid_countersigned(cs_buf *out, cs_slice record)
{
    cs_buf_add(out, CS_HYBRID_PREFIX);
    cs_buf_add(out, record);
}
