/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of test_attest_nitro.c. */
#ifndef CS_TEST_NITRO_ROWS_H
#define CS_TEST_NITRO_ROWS_H

#include "nitro_fixture.h"

/* Public documents (attestation/nitro), under AWS's root: their time, and when all of their certificates are valid. The
 * first one is good. */
static const struct public_row {
    const char *name;
    cs_err reason; /* at its time */
    int64_t time, not_before, not_after;
    const char *pcr0; /* NULL: zero */
    bool foreign;     /* another root: nothing else is reached */
} public_rows[] = {
    {"prod-2022-11-09", CS_OK, 1668034320, 1668034317, 1668045120,
     "22f9e1c949208da55eb01b9b9fc88f87454f77ba133f0d82320b509621c92482152a99d0a12335b97178c02d6f977d01"},
    {"prod-2024-02-26", CS_OK, 1708930921, 1708930773, 1708941576,
     "17bf8f048519797be90497001a7559a3d555395937117d76f8baaedf56ca6d97952de79479bc0c76e5d176d20f663790"},
    {"prod-2024-08-07-a", CS_OK, 1723012689, 1723012686, 1723023489,
     "5fec1b73727425848d725d68f4a062c634061a035067bd0b9a6dc73e25ed5013dfe7ccbf8a7e9857eceb0841c4cb6ae6"},
    {"prod-2024-08-07-b", CS_OK, 1723012992, 1723012686, 1723023489,
     "5fec1b73727425848d725d68f4a062c634061a035067bd0b9a6dc73e25ed5013dfe7ccbf8a7e9857eceb0841c4cb6ae6"},
    {"prod-2025-04-15-a", CS_OK, 1744683923, 1744683467, 1744694270,
     "cbe1afb6ed0ff89f10295af0b802247ec5670da8f886e71a4226373b032c322f4e42c9c98288e7211682b258684505a2"},
    {"prod-indef-map-2025-12-25-a", CS_OK, 1766668537, 1766668534, 1766679337,
     "5cb702954321826d7939d6da829a940d787fcf32357beb8eae1ddf33c28c17d36f3ac3ba6828fdf7edeed02889702da6"},
    {"prod-indef-map-2025-12-25-b", CS_OK, 1766678659, 1766678656, 1766689459,
     "eb7d0dab08ff41546d7e5659aee883af7b32bb2e58e46815b719f9f7bfae7b880188a10d86317e6509923740526cf74a"},
    {"prod-pcr16-2025-04-29", CS_OK, 1745922759, 1745922699, 1745933502,
     "2984ab215649c40ffe8f8b80cfadee47f1b06760f7d9257981f64b2758c347fafa6c733591b25e75ae7e9d1cb86ad5df"},
    {"prod-pcr8-2022-10-13", CS_OK, 1665651482, 1665651479, 1665662282,
     "f4d48b81a460c9916d1e685119074bf24660afd3e34fae9fca0a0d28d9d5599936332687e6f66fc890ac8cf150142d8b"},
    {"prod-rsa-pubkey-2025-04-04", CS_OK, 1743791947, 1743784709, 1743795512,
     "73934ebd95cac683b96ceb064acda3f0c73f2e11bebc702ed4aa271cd47a08973165df31fc138a204642d554ee2508ec"},
    {"debug-2022-10-12", CS_ATT_DEBUG, 1665582606, 1665582591, 1665593394, NULL},
    {"debug-2024-07-23-badsig", CS_ATT_PROOF_INVALID, 1721770180, 1721767881, 1721778684, NULL},
    {"debug-2024-09-09", CS_ATT_DEBUG, 1725911352, 1725911349, 1725922152, NULL},
    {"foreign-root-2024-12-13", CS_ATT_ROOT_MISMATCH, 1734080745, 0, 2680156525, NULL, .foreign = true},
    {"prod-2022-11-09-badsig", CS_ATT_PROOF_INVALID, 1668034320, 1668034317, 1668045120,
     "22f9e1c949208da55eb01b9b9fc88f87454f77ba133f0d82320b509621c92482152a99d0a12335b97178c02d6f977d01"},
};

#define ALL_REGISTERS                                                                                                  \
    "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"],\"1\":[\"" NITRO_HEX("11") "\"],\"2\":[\"" NITRO_HEX(                        \
        "12") "\"],\"3\":[\"" NITRO_HEX("13") "\"],\"4\":[\"" NITRO_HEX("14") "\"],\"8\":[\"" NITRO_PCR8 "\"]}"
#define ZERO32 "5820" NITRO_HEX4("00") NITRO_HEX4("00") NITRO_HEX4("00") NITRO_HEX4("00")

/* One change to a good document each, under the fixture's root; those of attest_rows_nitro.h, which the corpus has,
 * too, are not here. */
static const struct own_row {
    const char *what;
    cs_err reason;
    struct nitro_change change;
    int64_t at; /* 0: NITRO_TIME */
    bool stored;
    const char *rules; /* NULL: PCR0 of the fixture */
    cs_slice nonce, binding, public_key;
} own_rows[] = {
    {"as it should be", CS_OK, {0}},
    {"array of indefinite length", CS_OK, {.indefinite_array = true}},
    {"stored", CS_OK, {0}, .stored = true},
    {"stored, certificates expired since", CS_OK, {0}, NITRO_TIME + 299, .stored = true},
    {"every register named", CS_OK, {0}, .rules = ALL_REGISTERS},
    {"optional members empty", CS_OK, {.user_data = CS_LIT(""), .nonce = CS_LIT("")}},
    {"root without path length, intermediate without", CS_OK, {.at = 2, .path_len = 4}},
    {"intermediate without constraint on its path", CS_OK, {.at = 3, .path_len = 100}},

    /* certificates */
    {"leaf valid to this second", CS_OK, {.at = 5, .until = NITRO_TIME}},
    {"leaf valid from this second", CS_OK, {.at = 5, .from = NITRO_TIME}},
    {"instance expired", CS_ATT_CERT_EXPIRED, {.at = 4, .until = NITRO_TIME - 1}},
    {"zone not yet valid", CS_ATT_CERT_NOT_YET_VALID, {.at = 3, .from = NITRO_TIME + 1}},
    {"region expired", CS_ATT_CERT_EXPIRED, {.at = 2, .until = NITRO_TIME - 1}},
    {"stored, leaf expired at its own time", CS_ATT_CERT_EXPIRED, {.at = 5, .until = NITRO_TIME - 1}, .stored = true},
    {"leaf may sign certificates", CS_ATT_CHAIN, {.at = 5, .usage = CS_USAGE_SIGNATURE | CS_USAGE_CERTIFICATES}},
    {"leaf may not sign", CS_ATT_CHAIN, {.at = 5, .usage = CS_USAGE_CRLS}},
    {"instance without constraints", CS_ATT_CHAIN, {.at = 4, .no_constraints = true}},
    {"instance may not sign certificates", CS_ATT_CHAIN, {.at = 4, .usage = CS_USAGE_SIGNATURE}},
    {"instance without usage", CS_ATT_CHAIN, {.at = 4, .no_usage = true}},
    {"zone is no CA", CS_ATT_CHAIN, {.at = 3, .not_a_ca = true}},
    {"region with a path of 1", CS_ATT_CHAIN, {.at = 2, .path_len = 2}},
    {"region with a path of 0", CS_ATT_CHAIN, {.at = 2, .path_len = 1}},
    {"leaf with a critical extension that nobody knows", CS_ATT_CHAIN, {.at = 5, .critical_extension = "1.2.3.4"}},
    {"zone of another issuer", CS_ATT_CHAIN, {.at = 3, .other_issuer = true}},
    {"leaf signed by nobody's key", CS_ATT_CHAIN, {.at = 5, .signed_by = 6}},
    {"leaf signed by itself", CS_ATT_CHAIN, {.at = 5, .signed_by = 5}},
    {"region signed by nobody's key", CS_ATT_CHAIN, {.at = 2, .signed_by = 6}},
    {"region signed by itself", CS_ATT_CHAIN, {.at = 2, .signed_by = 2}},
    {"zone's signature broken", CS_ATT_CHAIN, {.at = 3, .broken_signature = true}},
    {"region signed under SHA-256", CS_ATT_CHAIN, {.at = 2, .sha256 = true}},
    {"instance with another key", CS_ATT_CHAIN, {.at = 4, .key_of = 6}},
    {"instance with a key of P-256", CS_ATT_CHAIN, {.at = 4, .p256 = true}},
    {"instance with a key of P-256 that signs", CS_ATT_CHAIN, {.p256_instance = true}},
    {"leaf with another key", CS_ATT_PROOF_INVALID, {.at = 5, .key_of = 6}},
    {"leaf is no certificate", CS_ATT_EVIDENCE_FORMAT, {.at = 5, .garbage = true}},

    /* the bundle */
    {"root that differs", CS_ATT_ROOT_MISMATCH, {.at = 1, .key_of = 6}},
    {"zone twice", CS_ATT_CHAIN, {.twice = 3}},
    {"instance twice", CS_ATT_CHAIN, {.twice = 4}},
    {"leaf in the bundle, too", CS_ATT_CHAIN, {.leaf_in_bundle = true}},
    {"no bundle", CS_ATT_EVIDENCE_FORMAT, {.empty_bundle = true}},
    {"root alone, as leaf", CS_ATT_EVIDENCE_FORMAT, {.empty_bundle = true, .only_root = true, .document_key = 1}},
    {"eight in the bundle", CS_ATT_EVIDENCE_FORMAT, {.copies = 5}},
    {"bundle of texts", CS_ATT_EVIDENCE_FORMAT, {.set = {{"cabundle", "816161"}}}},
    {"bundle with an empty one", CS_ATT_EVIDENCE_FORMAT, {.set = {{"cabundle", "8140"}}}},
    {"bundle is a map", CS_ATT_EVIDENCE_FORMAT, {.set = {{"cabundle", "a0"}}}},
    {"no certificate", CS_ATT_EVIDENCE_FORMAT, {.set = {{"certificate", "40"}}}},
    {"certificate null", CS_ATT_EVIDENCE_FORMAT, {.set = {{"certificate", "f6"}}}},

    /* COSE */
    {"ES256", CS_ATT_EVIDENCE_ALGORITHM, {.protected_hex = "a10126"}},
    {"leaf of P-256, called ES384", CS_ATT_EVIDENCE_FORMAT, {.at = 5, .p256 = true, .es256 = true}},
    {"leaf of P-256, filled up", CS_ATT_PROOF_INVALID, {.at = 5, .p256 = true, .es256 = true, .signature_more = 32}},
    {"ES512", CS_ATT_EVIDENCE_ALGORITHM, {.protected_hex = "a1013823"}},
    {"no algorithm", CS_ATT_EVIDENCE_FORMAT, {.protected_hex = "a0"}},
    {"empty header", CS_ATT_EVIDENCE_FORMAT, {.protected_hex = ""}},
    {"algorithm also where it is not signed", CS_ATT_EVIDENCE_FORMAT, {.unprotected_hex = "a1013822"}},
    {"certificates where they are not signed", CS_ATT_EVIDENCE_FORMAT, {.unprotected_hex = "a1182141aa"}},
    {"header with more", CS_ATT_EVIDENCE_FORMAT, {.protected_hex = "a2013822044161"}},
    {"header with the algorithm twice", CS_ATT_EVIDENCE_FORMAT, {.protected_hex = "a2013822013822"}},
    {"signed by nobody's key", CS_ATT_PROOF_INVALID, {.document_key = 6}},
    {"signature of another payload", CS_ATT_PROOF_INVALID, {.payload_of_another = true}},
    {"signature as DER", CS_ATT_EVIDENCE_FORMAT, {.der_signature = true}},
    {"signature a byte long", CS_ATT_EVIDENCE_FORMAT, {.signature_more = 1}},
    {"signature empty", CS_ATT_EVIDENCE_FORMAT, {.signature_cut = 96}},

    /* payload */
    {"an extra member, null", CS_ATT_EVIDENCE_FORMAT, {.extra_hex = "6161f6"}},
    {"an extra member without a name", CS_ATT_EVIDENCE_FORMAT, {.extra_hex = "0101"}},
    {"timestamp twice", CS_ATT_EVIDENCE_FORMAT, {.extra_hex = "6974696d657374616d7001"}},
    {"something behind the payload", CS_ATT_EVIDENCE_FORMAT, {.twice_map = true}},
    {"no module_id", CS_ATT_EVIDENCE_FORMAT, {.set = {{"module_id", ""}}}},
    {"module_id empty", CS_ATT_EVIDENCE_FORMAT, {.set = {{"module_id", "60"}}}},
    {"module_id bytes", CS_ATT_EVIDENCE_FORMAT, {.set = {{"module_id", "4161"}}}},
    {"module_id with a NUL", CS_ATT_EVIDENCE_FORMAT, {.set = {{"module_id", "626100"}}}},
    {"module_id with an escape", CS_ATT_EVIDENCE_FORMAT, {.set = {{"module_id", "62611b"}}}},
    {"module_id with a letter that is no ASCII", CS_ATT_EVIDENCE_FORMAT, {.set = {{"module_id", "62c3bc"}}}},
    {"module_id null", CS_ATT_EVIDENCE_FORMAT, {.set = {{"module_id", "f6"}}}},
    {"no digest", CS_ATT_EVIDENCE_FORMAT, {.set = {{"digest", ""}}}},
    {"digest sha384", CS_ATT_EVIDENCE_FORMAT, {.set = {{"digest", "66736861333834"}}}},
    {"digest SHA3840", CS_ATT_EVIDENCE_FORMAT, {.set = {{"digest", "6753484133383430"}}}},
    {"no timestamp", CS_ATT_EVIDENCE_FORMAT, {.set = {{"timestamp", ""}}}},
    {"timestamp negative", CS_ATT_EVIDENCE_FORMAT, {.set = {{"timestamp", "20"}}}},
    {"timestamp 2^64 - 1", CS_ATT_EVIDENCE_FORMAT, {.set = {{"timestamp", "1bffffffffffffffff"}}}},
    {"timestamp past the year 9999", CS_ATT_EVIDENCE_FORMAT, {.set = {{"timestamp", "1b0000e677d21fdc00"}}}},
    {"timestamp a float", CS_ATT_EVIDENCE_FORMAT, {.set = {{"timestamp", "fb4279b0e4ee1ea000"}}}},
    {"timestamp a text", CS_ATT_EVIDENCE_FORMAT, {.set = {{"timestamp", "6131"}}}},
    {"timestamp in seconds", CS_ATT_EXPIRED, {.timestamp_ms = NITRO_TIME}},
    {"timestamp in seconds, stored", CS_ATT_CERT_NOT_YET_VALID, {.timestamp_ms = NITRO_TIME}, .stored = true},
    {"300 s old", CS_OK, {0}, NITRO_TIME + 300},
    {"301 s old", CS_ATT_EXPIRED, {0}, NITRO_TIME + 301},
    {"301 s old, stored", CS_ATT_EXPIRED, {0}, NITRO_TIME + 301, .stored = true},
    {"60 s in the future", CS_OK, {.timestamp_ms = (NITRO_TIME + 60) * (int64_t)1000}},
    {"61 s in the future", CS_ATT_FROM_FUTURE, {.timestamp_ms = (NITRO_TIME + 61) * (int64_t)1000}},
    {"no pcrs", CS_ATT_EVIDENCE_FORMAT, {.set = {{"pcrs", ""}}}},
    {"pcrs empty", CS_ATT_EVIDENCE_FORMAT, {.set = {{"pcrs", "a0"}}}},
    {"pcrs an array", CS_ATT_EVIDENCE_FORMAT, {.set = {{"pcrs", "80"}}}},
    {"PCR -1", CS_ATT_EVIDENCE_FORMAT, {.set = {{"pcrs", "a120" NITRO_ZERO48}}}},
    {"PCR \"0\"", CS_ATT_EVIDENCE_FORMAT, {.set = {{"pcrs", "a16130" NITRO_ZERO48}}}},
    {"PCR 2^32", CS_ATT_EVIDENCE_FORMAT, {.set = {{"pcrs", "a11b0000000100000000" NITRO_ZERO48}}}},
    {"PCR0 twice", CS_ATT_EVIDENCE_FORMAT, {.set = {{"pcrs", "a200" NITRO_ZERO48 "1800" NITRO_ZERO48}}}},
    {"PCR0 of 47 bytes",
     CS_ATT_EVIDENCE_FORMAT,
     {.set = {{"pcrs", "a100582f" NITRO_HEX4("10") NITRO_HEX4("10") NITRO_HEX4("10") NITRO_HEX4("10")
                           NITRO_HEX4("10") "10101010101010"}}}},
    {"PCR0 a text", CS_ATT_EVIDENCE_FORMAT, {.set = {{"pcrs", "a1006130"}}}},
    {"PCR0 null", CS_ATT_EVIDENCE_FORMAT, {.set = {{"pcrs", "a100f6"}}}},
    {"public_key a text", CS_ATT_EVIDENCE_FORMAT, {.set = {{"public_key", "6161"}}}},
    {"user_data a number", CS_ATT_EVIDENCE_FORMAT, {.set = {{"user_data", "01"}}}},
    {"nonce in an array", CS_ATT_EVIDENCE_FORMAT, {.set = {{"nonce", "814101"}}}},
    {"nonce of indefinite length", CS_ATT_EVIDENCE_FORMAT, {.set = {{"nonce", "5f4101ff"}}}},

    /* registers */
    {"another PCR0", CS_ATT_IMAGE_NOT_ALLOWED, {0}, .rules = "\"pcrs\":{\"0\":[\"" NITRO_HEX("11") "\"]}"},
    {"one of two", CS_OK, {0}, .rules = "\"pcrs\":{\"0\":[\"" NITRO_HEX("11") "\",\"" NITRO_PCR0 "\"]}"},
    {"another PCR1",
     CS_ATT_IMAGE_NOT_ALLOWED,
     {0},
     .rules = "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"],\"1\":[\"" NITRO_PCR0 "\"]}"},
    {"another PCR4",
     CS_ATT_IMAGE_NOT_ALLOWED,
     {0},
     .rules = "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"],\"4\":[\"" NITRO_PCR0 "\"]}"},
    {"PCR5, which is zero",
     CS_ATT_IMAGE_NOT_ALLOWED,
     {0},
     .rules = "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"],\"5\":[\"" NITRO_PCR0 "\"]}"},
    {"PCR16, which is not there",
     CS_ATT_REGISTER_MISSING,
     {0},
     .rules = "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"],\"16\":[\"" NITRO_PCR0 "\"]}"},
    {"debug mode, registers of 32 bytes", CS_ATT_DEBUG, {.set = {{"pcrs", "a300" ZERO32 "01" ZERO32 "02" ZERO32}}}},
    {"PCR0 and PCR2 zero",
     CS_ATT_IMAGE_NOT_ALLOWED,
     {.set = {{"pcrs", "a300" NITRO_ZERO48 "01"
                       "5830" NITRO_PCR0 "02" NITRO_ZERO48}}}},
    {"PCR0 and PCR1 zero",
     CS_ATT_IMAGE_NOT_ALLOWED,
     {.set = {{"pcrs", "a300" NITRO_ZERO48 "01" NITRO_ZERO48 "02"
                       "5830" NITRO_PCR0}}}},
    {"PCR1 and PCR2 zero",
     CS_OK,
     {.set = {{"pcrs", "a300"
                       "5830" NITRO_PCR0 "01" NITRO_ZERO48 "02" NITRO_ZERO48}}}},
    {"PCR0 zero, the others not there", CS_ATT_IMAGE_NOT_ALLOWED, {.set = {{"pcrs", "a100" NITRO_ZERO48}}}},
    {"a signer, and no version beside the evidence",
     CS_ATT_ENCLAVE_VERSION,
     {0},
     .rules = "\"minEnclaveVersion\":\"0.1\",\"pcrs\":{\"8\":[\"" NITRO_PCR8 "\"]}"},

    /* what it was asked for */
    {"user_data", CS_OK, {.user_data = CS_LIT("bound")}, .binding = CS_LIT("bound")},
    {"other user_data", CS_ATT_COMMITMENT_MISMATCH, {.user_data = CS_LIT("bounds")}, .binding = CS_LIT("bound")},
    {"user_data null", CS_ATT_COMMITMENT_MISMATCH, {0}, .binding = CS_LIT("bound")},
    {"user_data null, empty wanted", CS_ATT_COMMITMENT_MISMATCH, {0}, .binding = CS_LIT("")},
    {"user_data not asked for", CS_OK, {.user_data = CS_LIT("bound")}},
    {"in the nonce instead", CS_ATT_COMMITMENT_MISMATCH, {.nonce = CS_LIT("bound")}, .binding = CS_LIT("bound")},
    {"nonce", CS_OK, {.nonce = CS_LIT("12345678")}, .nonce = CS_LIT("12345678")},
    {"another nonce", CS_ATT_NONCE_MISMATCH, {.nonce = CS_LIT("12345679")}, .nonce = CS_LIT("12345678")},
    {"nonce null", CS_ATT_NONCE_MISMATCH, {0}, .nonce = CS_LIT("12345678")},
    {"nonce null, empty wanted", CS_ATT_NONCE_MISMATCH, {0}, .nonce = CS_LIT("")},
    {"public key", CS_OK, {.public_key = CS_LIT("key")}, .public_key = CS_LIT("key")},
    {"another public key", CS_ATT_PUBLIC_KEY_MISMATCH, {.public_key = CS_LIT("kex")}, .public_key = CS_LIT("key")},
    {"another public key and nothing bound",
     CS_ATT_PUBLIC_KEY_MISMATCH,
     {0},
     .binding = CS_LIT("bound"),
     .public_key = CS_LIT("key")},
    {"public key null", CS_ATT_PUBLIC_KEY_MISMATCH, {0}, .public_key = CS_LIT("key")},
};

/* Members of matchRules, and what their canonical form has in it. */
static const struct {
    const char *rules, *canonical;
} good_rules[] = {
    {"\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]}", "\"matchRules\":{\"pcrs\":{\"0\":[\"sha384:" NITRO_PCR0 "\"]}},"},
    {"\"pcrs\":{\"0\":[\"sha384:" NITRO_PCR0 "\"]}", "\"matchRules\":{\"pcrs\":{\"0\":[\"sha384:" NITRO_PCR0 "\"]}},"},
    {"\"pcrs\":{\"2\":[\"" NITRO_PCR8 "\"],\"10\":[\"" NITRO_PCR8 "\"],\"0\":[\"" NITRO_PCR0 "\"]}",
     "{\"0\":[\"sha384:" NITRO_PCR0 "\"],\"10\":[\"sha384:" NITRO_PCR8 "\"],\"2\":["},
    {"\"pcrs\":{\"31\":[\"" NITRO_PCR8 "\"],\"0\":[\"" NITRO_PCR0 "\"]}", "\"31\":[\"sha384:" NITRO_PCR8 "\"]"},
    {"\"pcrs\":{\"8\":[\"" NITRO_PCR8 "\"]},\"minEnclaveVersion\":\"1.20.3\"",
     "\"matchRules\":{\"minEnclaveVersion\":\"1.20.3\",\"pcrs\":{\"8\":["},
    {"\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]},\"minEnclaveVersion\":\"0\"", "\"minEnclaveVersion\":\"0\""},
};

#define PCR0 "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]}"
static const struct {
    const char *rules;
    cs_err err;
    const char *field;
} bad_rules[] = {
    {"", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs"},
    {"\"pcrs\":{}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs"},
    {"\"pcrs\":[]", CS_BAD_FIELD, "matchRules.pcrs"},
    {"\"pcrs\":null", CS_BAD_FIELD, "matchRules.pcrs"},
    {"\"pcrs\":{\"0\":[]}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":null}", CS_BAD_FIELD, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":\"" NITRO_PCR0 "\"}", CS_BAD_FIELD, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"],\"4\":[]}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs.4"},
    {"\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"],\"32\":[\"" NITRO_PCR0 "\"]}", CS_UNKNOWN_FIELD, "matchRules.pcrs.32"},
    {"\"pcrs\":{\"00\":[\"" NITRO_PCR0 "\"]}", CS_UNKNOWN_FIELD, "matchRules.pcrs.00"},
    {"\"pcrs\":{\"PCR0\":[\"" NITRO_PCR0 "\"]}", CS_UNKNOWN_FIELD, "matchRules.pcrs.PCR0"},
    {"\"pcrs\":{\"0\":[\"" NITRO_HEX("00") "\"]}", CS_POLICY_HASH, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\",\"" NITRO_HEX("00") "\"]}", CS_POLICY_HASH, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":[\"sha384:" NITRO_HEX("00") "\"]}", CS_POLICY_HASH, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"],\"5\":[\"" NITRO_HEX("00") "\"]}", CS_POLICY_HASH, "matchRules.pcrs.5"},
    {"\"pcrs\":{\"0\":[\"sha256:" NITRO_PCR0 "\"]}", CS_POLICY_HASH, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":[\"" NITRO_PCR0 "00\"]}", CS_POLICY_HASH, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":[\"" NITRO_HEX4("10") NITRO_HEX4("10") "\"]}", CS_POLICY_HASH, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":[\"" NITRO_HEX("1A") "\"]}", CS_POLICY_HASH, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":[\"\"]}", CS_POLICY_HASH, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"0\":[1]}", CS_POLICY_HASH, "matchRules.pcrs.0"},
    {"\"pcrs\":{\"1\":[\"" NITRO_PCR0 "\"]}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs"},
    {"\"pcrs\":{\"8\":[\"" NITRO_PCR8 "\"]}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs"},
    {"\"pcrs\":{\"4\":[\"" NITRO_PCR8 "\"]},\"minEnclaveVersion\":\"1\"", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs"},
    {PCR0 ",\"minEnclaveVersion\":\"\"", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"minEnclaveVersion\":1", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"minEnclaveVersion\":\"1.\"", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"minEnclaveVersion\":\".1\"", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"minEnclaveVersion\":\"1..2\"", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"minEnclaveVersion\":\"01\"", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"minEnclaveVersion\":\"1.00\"", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"minEnclaveVersion\":\"1.2.3.4.5\"", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"minEnclaveVersion\":\"1234567890\"", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"minEnclaveVersion\":\"1.2-rc1\"", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"minEnclaveVersion\":\"v1\"", CS_BAD_FIELD, "matchRules.minEnclaveVersion"},
    {PCR0 ",\"rootCertificatePem\":\"\"", CS_POLICY_ROOT, "matchRules.rootCertificatePem"},
    {PCR0 ",\"rootCertificatePem\":1", CS_BAD_FIELD, "matchRules.rootCertificatePem"},
    {PCR0 ",\"rootCertificatePem\":\"-----BEGIN CERTIFICATE-----\\nMAA=\\n-----END CERTIFICATE-----\\n\"",
     CS_POLICY_ROOT, "matchRules.rootCertificatePem"},
    {PCR0 ",\"allowedImageHashes\":[\"" NITRO_PCR0 "\"]", CS_UNKNOWN_FIELD, "matchRules.allowedImageHashes"},
    {PCR0 ",\"PCRs\":{}", CS_UNKNOWN_FIELD, "matchRules.PCRs"},
};

#endif
