/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/nitro */
/*
 * Nitro documents: what is accepted lies inside the input and within the limits, and what is said about it is strict
 * JSON. A first byte that is no COSE array takes the rest as a payload, which is put into a message.
 */
#include <stdlib.h>

#include "core/cbor.h"
#include "core/evidence.h"
#include "core/nitro.h"

#define TEXT_MAX (1u << 20)

static void must_be_inside(cs_slice part, cs_slice whole)
{
    if (part.p != NULL && (part.p < whole.p || part.p + part.n > whole.p + whole.n))
        abort();
}

static void check_parts(const cs_nitro *n, cs_slice document)
{
    cs_slice parts[] = {n->module_id, n->certificate, n->public_key, n->user_data, n->nonce, n->cose.signature};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        must_be_inside(parts[i], document);
    for (size_t i = 0; i < CS_NITRO_PCRS; i++)
        must_be_inside(n->pcrs[i], document);
    if (n->bundle_count < 1 || n->bundle_count > CS_NITRO_BUNDLE || n->timestamp_ms < 1 || n->certificate.n < 1)
        abort();
    for (size_t i = 0; i < n->bundle_count; i++)
        must_be_inside(n->bundle[i], document);
}

static void judge(cs_slice document)
{
    cs_nitro n;
    cs_json *json = NULL;
    cs_buf text = cs_buf_new(TEXT_MAX);
    cs_err err = cs_nitro_parse(&n, document);
    if (err == CS_OK)
        check_parts(&n, document);
    else if (n.module_id.p != NULL || n.bundle_count != 0)
        abort();
    if (cs_evidence_describe(&text, CS_VENDOR_AWS_NITRO, document) != err)
        abort();
    if (err == CS_OK && cs_json_parse(&json, cs_buf_slice(&text), TEXT_MAX) != CS_OK)
        abort();
    cs_json_free(json);
    cs_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice input = cs_slice_of(data, size);
    if (size == 0 || size > 2 * CS_MAX_COSE)
        return 0;
    if (data[0] == 0x84 || data[0] == 0xd2 || data[0] == 0x9f) {
        judge(input);
        return 0;
    }
    static const uint8_t sig[CS_COSE_ES384_SIG];
    cs_buf message = cs_buf_new(3 * CS_MAX_COSE);
    cs_cborw_array(&message, 4);
    cs_cborw_bytes(&message, CS_LIT("\xa1\x01\x38\x22"));
    cs_cborw_map(&message, 0);
    cs_cborw_bytes(&message, cs_slice_sub(input, 1, size));
    cs_cborw_bytes(&message, CS_ARRAY(sig));
    judge(cs_buf_slice(&message));
    cs_buf_free(&message);
    return 0;
}
