/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging documents. The first byte chooses: '1' signs the rest as a payload under the pinned root, so that the claims
 * are reached; anything else takes the rest as a whole document, which can only be accepted if its proof verifies.
 */
#include <stdlib.h>
#include <string.h>

#include "core/attest.h"

#include "core/encode.h"

#define MAX_INPUT (CS_MAX_ATTESTATION + 1024)

static cs_key *root;
static cs_policy policy;

static void must(cs_err err)
{
    if (err != CS_OK)
        abort();
}

static void set_up(void)
{
    static const char image[] = "d1734436b4c78a934bde1631eb687c9d39f0ebd2522d854bb3a3d27c010f4922";
    uint8_t seed[32];
    cs_buf public_key = CS_BUF_OVER(policy.match.mock.root_public_key), hash = CS_BUF_OVER(policy.match.mock.images[0]);
    for (uint8_t i = 0; i < sizeof seed; i++)
        seed[i] = i;
    must(cs_key_open_private(&root, CS_ED25519, CS_ARRAY(seed)));
    cs_key_public(&public_key, root);
    must(cs_hex_decode(&hash, cs_slice_str(image)));
    policy.match.mock.image_count = 1;
    policy.max_doc_age_seconds = CS_MAX_DOC_AGE_SECONDS;
}

static void sign(cs_buf *doc, cs_slice payload)
{
    uint8_t bytes[64];
    cs_buf proof = CS_BUF_OVER(bytes);
    cs_base64url_encode(doc, CS_LIT(CS_ATTEST_MOCK_HEADER));
    cs_buf_add_u8(doc, '.');
    cs_base64url_encode(doc, payload);
    must(cs_key_sign(&proof, root, cs_buf_slice(doc), NULL));
    cs_buf_add_u8(doc, '.');
    cs_base64url_encode(doc, cs_buf_slice(&proof));
}

static void judge(cs_slice doc, cs_attest_kind kind)
{
    cs_verdict v;
    cs_digest payload;
    cs_buf text = cs_buf_new(CS_MAX_ATTESTATION);
    must(cs_hash(&payload, CS_SHA256, CS_LIT("countersign test payload\n")));
    cs_expect e = {.kind = kind,
                   .allow_mock = true,
                   .now = 1768473000,
                   .payload_sha256 = cs_digest_slice(&payload),
                   .signature = CS_LIT("countersign test signature")};
    cs_err err = cs_attest_verify(&v, doc, &policy, &e);
    if (err != v.reason || (err == CS_OK && (!v.proven || v.counter < 1 || v.image_hash[0] == '\0')))
        abort();
    cs_verdict_json(&text, &v);
    must(text.err);
    cs_buf_clear(&text);
    if (cs_attest_payload_json(&text, doc) != CS_OK && v.proven)
        abort();
    cs_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (root == NULL)
        set_up();
    if (size == 0 || size > MAX_INPUT)
        return 0;
    cs_slice input = cs_slice_of(data + 1, size - 1);
    cs_buf doc = cs_buf_new(2 * MAX_INPUT);
    if (data[0] == '1')
        sign(&doc, input);
    else
        cs_buf_add(&doc, input);
    for (int kind = CS_ATTEST_SIGN; kind <= CS_ATTEST_BOOT; kind++)
        judge(cs_buf_slice(&doc), (cs_attest_kind)kind);
    cs_buf_free(&doc);
    return 0;
}
