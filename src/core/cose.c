/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cose.h"

#include "core/cbor.h"

#define HEADER_ALG 1          /* label [RFC 9052 §3.1] */
#define SIG_STRUCTURE_ROOM 64 /* bytes of a Sig_structure beside its payload and header */

/* {1: algorithm} and nothing else. */
static cs_err read_protected(int64_t *alg, cs_slice header)
{
    cs_cbor *doc = NULL;
    cs_err err = cs_cbor_parse(&doc, header, CS_MAX_COSE);
    if (err != CS_OK)
        return err;
    cs_cmap m = cs_cmap_open(cs_cbor_root(doc));
    bool ok = cs_cval_int(alg, cs_cmap_find_int(&m, HEADER_ALG));
    err = ok && cs_cmap_done(&m) == CS_OK ? CS_OK : CS_BAD_FORMAT;
    cs_cbor_free(doc);
    return err;
}

static cs_err read_members(cs_cose *out, cs_cval array)
{
    cs_cval header = cs_cval_first(array), unprotected = cs_cval_next(header), payload = cs_cval_next(unprotected),
            signature = cs_cval_next(payload);
    *out = (cs_cose){.protected_header = cs_cval_bytes(header),
                     .payload = cs_cval_bytes(payload),
                     .signature = cs_cval_bytes(signature)};
    if (cs_cval_type(array) != CS_CBOR_ARRAY || cs_cval_count(array) != 4 || out->protected_header.p == NULL ||
        cs_cval_type(unprotected) != CS_CBOR_MAP || cs_cval_count(unprotected) != 0 || out->payload.p == NULL ||
        out->signature.p == NULL)
        return CS_BAD_FORMAT;
    return read_protected(&out->alg, out->protected_header);
}

cs_err cs_cose_parse(cs_cose *out, cs_slice bytes)
{
    cs_cbor *doc = NULL;
    *out = (cs_cose){0};
    if (bytes.n > CS_MAX_COSE)
        return CS_TOO_LARGE;
    (void)cs_cbor_untag(&bytes, CS_COSE_TAG);
    cs_err err = cs_cbor_parse(&doc, bytes, CS_MAX_COSE);
    if (err == CS_OK)
        err = read_members(out, cs_cbor_root(doc));
    if (err != CS_OK)
        *out = (cs_cose){0};
    cs_cbor_free(doc);
    return err;
}

void cs_cose_sig_structure(cs_buf *out, const cs_cose *c)
{
    cs_cborw_array(out, 4);
    cs_cborw_text(out, "Signature1");
    cs_cborw_bytes(out, c->protected_header);
    cs_cborw_bytes(out, CS_LIT(""));
    cs_cborw_bytes(out, c->payload);
}

/* r || s of the signature over the message without it. */
static cs_err sign(cs_buf *raw, const cs_cose *c, const cs_key *key)
{
    uint8_t der_bytes[128];
    cs_buf der = CS_BUF_OVER(der_bytes), tbs = cs_buf_new(c->payload.n + SIG_STRUCTURE_ROOM);
    cs_cose_sig_structure(&tbs, c);
    cs_err err = tbs.err;
    if (err == CS_OK)
        err = cs_key_sign(&der, key, cs_buf_slice(&tbs), NULL);
    if (err == CS_OK)
        err = cs_ecdsa_der_to_raw(raw, CS_P384, cs_buf_slice(&der));
    cs_buf_free(&tbs);
    return err;
}

cs_err cs_cose_sign1(cs_buf *out, cs_slice payload, const cs_key *key)
{
    uint8_t header_bytes[8], raw_bytes[CS_COSE_ES384_SIG];
    cs_buf header = CS_BUF_OVER(header_bytes), raw = CS_BUF_OVER(raw_bytes);
    if (cs_key_prim(key) != CS_P384)
        return CS_BAD_PRIVATE_KEY;
    cs_cborw_map(&header, 1);
    cs_cborw_int(&header, HEADER_ALG);
    cs_cborw_int(&header, CS_COSE_ES384);
    cs_cose c = {.protected_header = cs_buf_slice(&header), .payload = payload};
    cs_err err = sign(&raw, &c, key);
    if (err != CS_OK)
        return err;
    cs_cborw_array(out, 4);
    cs_cborw_bytes(out, c.protected_header);
    cs_cborw_map(out, 0);
    cs_cborw_bytes(out, payload);
    cs_cborw_bytes(out, cs_buf_slice(&raw));
    return out->err;
}
