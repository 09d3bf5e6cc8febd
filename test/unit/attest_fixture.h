/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed keys, times and bytes from which the attestation tests make documents. Everything is deterministic. */
#ifndef CS_TEST_ATTEST_FIXTURE_H
#define CS_TEST_ATTEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/attest.h"
#include "core/encode.h"
#include "core/json.h"
#include "core/keytext.h"

#define NOW 1768473000 /* 2026-01-15T10:30:00Z */
#define EPOCH "00112233445566778899aabbccddeeff"
#define KEY_ID "key_0123456789abcdef"

#define IMAGE "d1734436b4c78a934bde1631eb687c9d39f0ebd2522d854bb3a3d27c010f4922"
#define OTHER_IMAGE "210277cb6266afe7c6cc4227ff3e9efc818f55234a7d7fbf033ab602440f2437"

#define PAYLOAD "countersign test payload\n"
#define PAYLOAD_SHA256 "49552503a62f0bc0599095a400405f76038a88a436252b1b0c099c7ffc79f0a4"
#define PAYLOAD_SHA512                                                                                                 \
    "8c0f6fd5ba370f78d080dc54954e25930b6f1dcf23cb4adeded81653d79fba079d573cd5391160c829bc2190ffe80093420f24f669a6f366" \
    "ccfeb1ec235cb97c"
#define SIGNATURE "countersign test signature"
#define SIG_SHA256 "fa51f8cecb624cf26deadfb51f0418a708bd45f58d1b2d80ddffaf0fab4d94c8"

/* Root 0 is the pinned one; any other is foreign. */
static inline cs_key *fixture_root(uint8_t which)
{
    uint8_t seed[32];
    cs_key *key = NULL;
    for (uint8_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)(32 * which + i);
    assert_int_equal(cs_key_open_private(&key, CS_ED25519, CS_ARRAY(seed)), CS_OK);
    return key;
}

/* The attested key: mldsa65+ed25519 from a fixed seed. Appends mldsaPK ‖ tradPK. */
static inline void fixture_public_key(cs_buf *out)
{
    uint8_t serialized[64];
    cs_pair pair = {0};
    for (uint8_t i = 0; i < sizeof serialized; i++)
        serialized[i] = (uint8_t)(0x80 + i);
    assert_int_equal(
        cs_pair_open_private(&pair, cs_alg_find(CS_LIT("mldsa65+ed25519")), CS_FORMAT_COMPOSITE, CS_ARRAY(serialized)),
        CS_OK);
    cs_pair_public(out, &pair);
    cs_pair_close(&pair);
    assert_int_equal(out->err, CS_OK);
}

/* A document of the kind under root 0, signed over PAYLOAD and SIGNATURE. */
static inline void fixture_document(cs_buf *out, cs_attest_kind kind)
{
    static const uint8_t nonce[32] = {1, 2, 3, 4, 5, 6, 7, 8};
    cs_digest payload, signature, public_key;
    cs_buf public_bytes = cs_buf_new(CS_MAX_PUBLIC_KEY);
    fixture_public_key(&public_bytes);
    assert_int_equal(cs_hash(&payload, CS_SHA256, CS_LIT(PAYLOAD)), CS_OK);
    assert_int_equal(cs_hash(&signature, CS_SHA256, CS_LIT(SIGNATURE)), CS_OK);
    assert_int_equal(cs_hash(&public_key, CS_SHA256, cs_buf_slice(&public_bytes)), CS_OK);
    cs_claims claims = {.kind = kind,
                        .vendor = CS_VENDOR_MOCK,
                        .image_hash = CS_LIT("sha256:" IMAGE),
                        .epoch = CS_LIT(EPOCH),
                        .counter = 17,
                        .key_counter = kind == CS_ATTEST_BOOT ? 0 : 3,
                        .nonce = CS_ARRAY(nonce),
                        .iat = NOW,
                        .enclave_version = CS_LIT("0.1.0")};
    if (kind != CS_ATTEST_BOOT) {
        claims.key_id = CS_LIT(KEY_ID);
        claims.algorithm = CS_LIT("mldsa65+ed25519");
        claims.signature_format = CS_LIT("composite");
        claims.purpose = CS_LIT("sign");
        claims.public_key_sha256 = cs_digest_slice(&public_key);
    }
    if (kind == CS_ATTEST_SIGN) {
        claims.payload_sha256 = cs_digest_slice(&payload);
        claims.sig_sha256 = cs_digest_slice(&signature);
        claims.policy_id = CS_LIT("ap_1");
    }
    if (kind == CS_ATTEST_BIRTH) {
        claims.sealed_sha256 = cs_digest_slice(&payload);
        claims.key_release = CS_LIT("local");
    }
    cs_key *root = fixture_root(0);
    assert_int_equal(cs_attest_mock_document(out, &claims, root), CS_OK);
    cs_key_free(root);
    cs_buf_free(&public_bytes);
}

/* Header and payload texts as they are, signed by the root: documents that the enclave would never make. */
static inline void fixture_sign(cs_buf *out, cs_slice header, cs_slice payload, const cs_key *root)
{
    uint8_t bytes[64];
    cs_buf proof = CS_BUF_OVER(bytes);
    cs_base64url_encode(out, header);
    cs_buf_add_u8(out, '.');
    cs_base64url_encode(out, payload);
    assert_int_equal(cs_key_sign(&proof, root, cs_buf_slice(out), NULL), CS_OK);
    cs_buf_add_u8(out, '.');
    cs_base64url_encode(out, cs_buf_slice(&proof));
    assert_int_equal(out->err, CS_OK);
}

/* The policy that pins root 0 and IMAGE; canonical but for the defaults. */
static inline void fixture_policy_text(cs_buf *out)
{
    uint8_t root_bytes[32], spki_bytes[CS_ROOT_SPKI_LEN];
    cs_buf root_public = CS_BUF_OVER(root_bytes), spki = CS_BUF_OVER(spki_bytes);
    cs_key *root = fixture_root(0);
    cs_key_public(&root_public, root);
    cs_key_free(root);
    cs_policy_root_spki(&spki, cs_buf_slice(&root_public));
    cs_buf_add_str(out, "{\"name\":\"release-signing\",\"vendor\":\"mock\",\"matchRules\":{\"allowedImageHashes\":"
                        "[\"sha256:" IMAGE "\"],\"rootPublicKeyB64\":\"");
    cs_base64_encode(out, cs_buf_slice(&spki));
    cs_buf_add_str(out, "\"},\"maxDocAgeSeconds\":300,\"enforce\":true}");
    assert_int_equal(out->err, CS_OK);
}

static inline void fixture_policy(cs_policy *out)
{
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    fixture_policy_text(&text);
    assert_int_equal(cs_policy_parse(out, NULL, cs_buf_slice(&text), true), CS_OK);
    cs_buf_free(&text);
}

/* What a verifier of the sign document has in hand. `payload_sha256` must outlive the expectation. */
static inline cs_expect fixture_expect(cs_digest *payload_sha256)
{
    assert_int_equal(cs_hash(payload_sha256, CS_SHA256, CS_LIT(PAYLOAD)), CS_OK);
    return (cs_expect){.kind = CS_ATTEST_SIGN,
                       .allow_mock = true,
                       .clock = CS_CLOCK_LIVE,
                       .now = NOW,
                       .payload_sha256 = cs_digest_slice(payload_sha256),
                       .signature = CS_LIT(SIGNATURE)};
}

#endif
