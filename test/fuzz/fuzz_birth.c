/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/nitro */
/* What a custodian's tool is given: commitments, manifests, key records, documents. What is read is written back as it
 * was, and no input is the attestation of a birth. */
#include <stdlib.h>
#include <string.h>

#include "core/birth_verify.h"
#include "core/key_record.h"

static void commitment(cs_slice data)
{
    static uint8_t public_key[1312], wrapped[1];
    cs_birth_claims claims;
    cs_birth birth = {.alg = CS_MLDSA44, .public_key = CS_ARRAY(public_key), .wrapped_dk = CS_ARRAY(wrapped)};
    if (cs_birth_read(&claims, data) != CS_OK)
        return;
    birth.user_id = claims.hash.p == NULL ? claims.user_id : CS_LIT("u");
    birth.kms_key_arn = claims.hash.p == NULL ? claims.kms_key_arn : CS_LIT("arn");
    birth.created_at_ms = claims.hash.p == NULL ? claims.created_at_ms : 1;
    cs_err err = cs_birth_compare(data, &birth);
    if (err == CS_OK || cs_err_class_of(err) != CS_CLASS_REFUSED)
        abort();
}

static void files(cs_slice data)
{
    static cs_key_record record;
    cs_manifest manifest, again;
    cs_buf text = cs_buf_new(CS_MAX_KEY_RECORD);
    if (cs_manifest_parse(&manifest, NULL, data) == CS_OK &&
        (cs_manifest_write(&text, &manifest) != CS_OK ||
         cs_manifest_parse(&again, NULL, cs_buf_slice(&text)) != CS_OK ||
         memcmp(again.pcrs, manifest.pcrs, sizeof manifest.pcrs) != 0))
        abort();
    cs_buf_clear(&text);
    if (cs_key_record_parse(&record, NULL, data) == CS_OK && cs_key_record_write(&text, &record.birth) != CS_OK)
        abort();
    cs_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t public_key[1312], wrapped[1];
    const cs_birth birth = {.alg = CS_MLDSA44,
                            .user_id = CS_LIT("u"),
                            .public_key = CS_ARRAY(public_key),
                            .wrapped_dk = CS_ARRAY(wrapped),
                            .kms_key_arn = CS_LIT("arn"),
                            .created_at_ms = 1};
    cs_manifest manifest = {.enclave_version = "1", .pcrs = {{1}}};
    cs_birth_verdict v;
    memcpy(manifest.root_sha256, cs_vendor_root(CS_VENDOR_AWS_NITRO, 0)->sha256, CS_SHA256_LEN);
    commitment(cs_slice_of(data, size));
    files(cs_slice_of(data, size));
    if (cs_birth_verify(&v, cs_slice_of(data, size), &manifest, &birth, false) == CS_OK)
        abort();
    return 0;
}
