/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/gcp attestation/azure */
/* Tokens: what is taken apart is the whole input, and what both vendors' readers make of it they make of it again. */
#include <stdlib.h>
#include <string.h>

#include "core/attest_maa.h"
#include "core/encode.h"
#include "core/evidence.h"

static void describe(cs_vendor vendor, cs_slice token)
{
    cs_buf one = cs_buf_new(1u << 20);
    cs_json *doc = NULL;
    /* What is described of an untrusted token is strict JSON. */
    if (cs_evidence_describe(&one, vendor, token) == CS_OK &&
        cs_json_parse(&doc, cs_buf_slice(&one), 1u << 20) != CS_OK)
        abort();
    cs_json_free(doc);
    cs_buf_free(&one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice token = cs_slice_of(data, size);
    cs_jwt t;
    cs_err err = cs_jwt_parse(&t, token);
    if (err == CS_OK) {
        cs_jwt_times times;
        cs_buf again = cs_buf_new(CS_MAX_TOKEN);
        cs_buf_add(&again, t.input);
        cs_buf_add_u8(&again, '.');
        cs_base64url_encode(&again, cs_buf_slice(&t.signature));
        if (!cs_slice_eq(cs_buf_slice(&again), token))
            abort(); /* one token, one text */
        cs_buf_free(&again);
        if (cs_jwt_check_header(&t) == CS_OK && cs_jobj_has(&t.header, "crit"))
            abort();
        if (cs_jwt_check_times(&times, &t, 0, true) == CS_OK && times.iat >= times.exp)
            abort();
    }
    cs_jwt_free(&t);
    describe(CS_VENDOR_GCP_CS, token);
    describe(CS_VENDOR_AZURE_CVM, token);
    return 0;
}
