/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdict cases of documents around hardware evidence, per operation and of sessions: one valid document of each, and
 * what becomes of it. What a vendor's evidence itself can lack is in the vendor's rows. test_attest_verify.c runs them;
 * test_attest_cases.c makes cases of the corpus from them.
 */
#ifndef CS_TEST_ATTEST_ROWS_HARDWARE_H
#define CS_TEST_ATTEST_ROWS_HARDWARE_H

#include "hardware_fixture.h"

struct hardware_row {
    const char *name;
    cs_err reason;
    struct hardware_change made; /* its `session` also for the policy, unless: */
    bool other_mode;             /* the policy wants the other evidence */
    const char *epoch;           /* of the header; NULL: that of the claims */
    struct text_edit policy[2];
    cs_attest_kind asked;
    bool production, stored, dated;
    int at; /* evaluation time, seconds after NOW */
    const char *nonce, *signature, *key_id;
};

#define HARDWARE_NONCE "AQIDBAUGBwgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define IAT(seconds)                                                                                                   \
    {                                                                                                                  \
        "\"iat\":1768473000", "\"iat\":" #seconds                                                                      \
    }
/* A leaf that is valid some minutes earlier than the document, as the hypervisor keeps it. */
#define EARLY_LEAF .evidence = {.at = NITRO_LEAF + 1, .from = NITRO_TIME - 1000}
#define LONG_AGE                                                                                                       \
    {                                                                                                                  \
        "\"enforce\"", "\"maxDocAgeSeconds\":86400,\"enforce\""                                                        \
    }
#define LONG_SESSION                                                                                                   \
    {                                                                                                                  \
        "\"enforce\"", "\"maxSessionAgeSeconds\":86400,\"enforce\""                                                    \
    }
#define NOT_DATED                                                                                                      \
    {                                                                                                                  \
        "\"enforce\"", "\"requireDated\":false,\"enforce\""                                                            \
    }
#define ZERO_PCRS "a3005830" NITRO_HEX("00") "015830" NITRO_HEX("00") "025830" NITRO_HEX("00")

static const struct hardware_row hardware_rows[] = {
    /* accepted */
    {"nitro: valid", CS_OK},
    {"nitro: valid birth", CS_OK, {.kind = CS_ATTEST_BIRTH}, .asked = CS_ATTEST_BIRTH},
    {"nitro: valid boot", CS_OK, {.kind = CS_ATTEST_BOOT}, .asked = CS_ATTEST_BOOT},
    {"nitro: valid with the nonce that was sent", CS_OK, .nonce = HARDWARE_NONCE},
    {"nitro: valid at the age limit of the evidence", CS_OK, .at = 300},
    {"nitro: claims 60 s before the evidence", CS_OK, {.claims = {IAT(1768472940)}}},
    {"nitro: claims 60 s ahead of the clock", CS_OK, {.claims = {IAT(1768473060)}}},
    {"nitro: valid stored and dated", CS_OK, .stored = true, .dated = true},
    {"nitro: valid stored, no date wanted", CS_OK, .stored = true, .policy = {NOT_DATED}},
    {"nitro: stored evidence outlives its certificates", CS_OK, .stored = true, .dated = true, .at = 11000,
     .policy = {LONG_AGE}},
    {"nitro: header with white space and in another order",
     CS_OK,
     {.header = {"{\"alg\":\"nitro-cose\",\"typ\":\"countersign-operation\"}",
                 "{ \"typ\":\"countersign-operation\", \"alg\":\"nitro-cose\"}"}}},
    {"nitro: names of vendor mock are unknown claims",
     CS_OK,
     {.claims = {{"\"iat\"", "\"issuedAt\":1,\"rootPublicKeyB64\":2,\"claims\":3,\"iat\""}}}},
    {"nitro session: valid", CS_OK, {.session = true}},
    {"nitro session: valid birth", CS_OK, {.session = true, .kind = CS_ATTEST_BIRTH}, .asked = CS_ATTEST_BIRTH},
    {"nitro session: operation at the end of the session",
     CS_OK,
     {.session = true, .claims = {IAT(1768473300)}},
     .at = 300},
    {"nitro session: operation at the age limit",
     CS_OK,
     {.session = true, .claims = {IAT(1768473100)}},
     .at = 400,
     .policy = {LONG_SESSION}},
    {"nitro session: valid stored and dated", CS_OK, {.session = true}, .stored = true, .dated = true},
    {"nitro session: stored, long after its certificates",
     CS_OK,
     {.session = true, .claims = {IAT(1768484000)}},
     .stored = true,
     .dated = true,
     .at = 11000,
     .policy = {LONG_SESSION}},

    /* the order of the checks, from the front */
    {"nitro: root of its own in production", CS_ATT_MOCK_REFUSED, .production = true},
    {"nitro session: root of its own in production", CS_ATT_MOCK_REFUSED, {.session = true}, .production = true},
    {"nitro: vendor mock claimed", CS_ATT_VENDOR_MISMATCH, {.claims = {{"aws-nitro-enclave", "mock"}}}},
    {"nitro: another vendor claimed", CS_ATT_VENDOR_MISMATCH, {.claims = {{"aws-nitro-enclave", "amd-sev-snp"}}}},

    {"nitro: header of a mock document",
     CS_ATT_HEADER_MISMATCH,
     {.header = {"{\"alg\":\"nitro-cose\",\"typ\":\"countersign-operation\"}", CS_ATTEST_MOCK_HEADER},
      .proof_of_root = true}},
    {"nitro: header of another vendor", CS_ATT_HEADER_MISMATCH, {.header = {"nitro-cose", "snp-report"}}},
    {"nitro: alg EdDSA with typ operation", CS_ATT_HEADER_MISMATCH, {.header = {"nitro-cose", "EdDSA"}}},
    {"nitro: typ session with its own alg",
     CS_ATT_HEADER_MISMATCH,
     {.header = {"countersign-operation", "countersign-session"}}},
    {"nitro: alg none", CS_ATT_HEADER_MISMATCH, {.header = {"nitro-cose", "none"}}},
    {"nitro: alg missing", CS_ATT_HEADER_MISMATCH, {.header = {"\"alg\":\"nitro-cose\",", ""}}},
    {"nitro: typ missing", CS_ATT_HEADER_MISMATCH, {.header = {",\"typ\":\"countersign-operation\"", ""}}},
    {"nitro: one more member of the header", CS_ATT_HEADER_MISMATCH, {.header = {"\"alg\"", "\"kid\":\"1\",\"alg\""}}},
    {"nitro: session where evidence per operation is demanded",
     CS_ATT_HEADER_MISMATCH,
     {.session = true},
     .other_mode = true},
    {"nitro: evidence per operation where a session is demanded", CS_ATT_HEADER_MISMATCH, .other_mode = true},
    {"nitro session: alg of evidence per operation",
     CS_ATT_HEADER_MISMATCH,
     {.session = true, .header = {"EdDSA", "nitro-cose"}}},
    {"nitro session: without evidence",
     CS_ATT_HEADER_MISMATCH,
     {.session = true, .header = {"\"evidence\":", "\"evidenced\":"}}},
    {"nitro session: evidence is no base64",
     CS_ATT_HEADER_MISMATCH,
     {.session = true, .header = {"\"evidence\":\"", "\"evidence\":\"-"}}},
    {"nitro session: evidence twice",
     CS_ATT_JSON,
     {.session = true, .header = {"\"evidence\":\"", "\"evidence\":\"AAAA\",\"evidence\":\""}}},
    {"nitro session: key of another algorithm",
     CS_ATT_HEADER_MISMATCH,
     {.session = true, .header = {"MCowBQYDK2VwAyEA", "MCowBQYDK2VuAyEA"}}},
    {"nitro session: key without its frame",
     CS_ATT_HEADER_MISMATCH,
     {.session = true, .header = {"MCowBQYDK2VwAyEA", ""}}},
    {"nitro session: no key", CS_ATT_HEADER_MISMATCH, {.session = true, .header = {"\"spki\":", "\"key\":"}}},
    {"nitro session: no epoch", CS_ATT_HEADER_MISMATCH, {.session = true, .header = {"\"epoch\":", "\"era\":"}}},
    {"nitro session: epoch of 30 digits", CS_ATT_HEADER_MISMATCH, {.session = true, .header = {"eeff\"}", "ee\"}"}}},
    {"nitro session: epoch of 34 digits",
     CS_ATT_HEADER_MISMATCH,
     {.session = true, .header = {"eeff\"}", "eeffff\"}"}}},
    {"nitro session: one more member of the header",
     CS_ATT_HEADER_MISMATCH,
     {.session = true, .header = {"\"alg\"", "\"jwk\":{},\"alg\""}}},

    {"nitro: proof is no evidence", CS_ATT_EVIDENCE_FORMAT, {.proof = PROOF_JUNK}},
    {"nitro: a byte behind the evidence", CS_ATT_EVIDENCE_FORMAT, {.proof = PROOF_LONGER}},
    {"nitro: evidence without its last byte", CS_ATT_EVIDENCE_FORMAT, {.proof = PROOF_CUT}},
    {"nitro: evidence under another root", CS_ATT_ROOT_MISMATCH, {.evidence = {.other_root = true}}},
    {"nitro: certificate not valid yet", CS_ATT_CERT_NOT_YET_VALID, .at = -4},
    {"nitro: certificate expired",
     CS_ATT_CERT_EXPIRED,
     {.claims = {IAT(1768483801)}},
     .at = 10801,
     .policy = {LONG_AGE}},
    {"nitro session: certificate expired",
     CS_ATT_CERT_EXPIRED,
     {.session = true, .claims = {IAT(1768483801)}},
     .at = 10801,
     .policy = {LONG_SESSION}},
    {"nitro: signature of the evidence changed", CS_ATT_PROOF_INVALID, {.proof = PROOF_FLIP}},
    {"nitro session: signature of the evidence changed",
     CS_ATT_PROOF_INVALID,
     {.session = true, .evidence = {.document_key = 6}}},
    {"nitro: claims changed after the evidence", CS_ATT_COMMITMENT_MISMATCH, {.commits_to_other_input = true}},
    {"nitro: evidence without user_data", CS_ATT_COMMITMENT_MISMATCH, {.evidence = {.set = {{"user_data", "f6"}}}}},
    {"nitro: evidence of a session", CS_ATT_COMMITMENT_MISMATCH, {.commits_as_session = true}},
    {"nitro session: evidence of an operation",
     CS_ATT_COMMITMENT_MISMATCH,
     {.session = true, .commits_as_operation = true}},
    {"nitro session: evidence for another key",
     CS_ATT_COMMITMENT_MISMATCH,
     {.session = true, .commits_to_other_key = true}},
    {"nitro session: evidence for another epoch",
     CS_ATT_COMMITMENT_MISMATCH,
     {.session = true, .commits_to_other_epoch = true}},
    {"nitro session: epoch of the header changed",
     CS_ATT_COMMITMENT_MISMATCH,
     {.session = true, .header = {"00112233", "10112233"}}},
    {"nitro session: signed with another key", CS_ATT_PROOF_INVALID, {.session = true, .other_key = true}},
    {"nitro session: signed with the root of vendor mock",
     CS_ATT_PROOF_INVALID,
     {.session = true, .proof_of_root = true}},
    {"nitro session: signature changed", CS_ATT_PROOF_INVALID, {.session = true, .proof = PROOF_FLIP}},
    {"nitro session: signature cut", CS_ATT_PROOF_INVALID, {.session = true, .proof = PROOF_CUT}},
    {"nitro session: signature longer", CS_ATT_PROOF_INVALID, {.session = true, .proof = PROOF_LONGER}},

    {"nitro: profile of another version", CS_ATT_PROFILE, {.claims = {{"attestation/v1", "attestation/v2"}}}},
    {"nitro: birth where sign is asked", CS_ATT_KIND, {.kind = CS_ATTEST_BIRTH}},
    {"nitro session: sign where boot is asked", CS_ATT_KIND, {.session = true}, .asked = CS_ATTEST_BOOT},
    {"nitro: counter 0", CS_ATT_CLAIMS, {.claims = {{"\"counter\":17", "\"counter\":0"}}}},
    {"nitro: imageHash missing", CS_ATT_CLAIMS, {.claims = {{"\"imageHash\":\"" HARDWARE_IMAGE "\",", ""}}}},
    {"nitro session: epoch in upper case", CS_ATT_CLAIMS, {.session = true, .claims = {{"eeff", "EEFF"}}}},

    {"nitro: imageHash of another image", CS_ATT_IMAGE_MISMATCH, {.claims = {{"sha384:10", "sha384:11"}}}},
    {"nitro: imageHash without its prefix", CS_ATT_IMAGE_MISMATCH, {.claims = {{"sha384:", ""}}}},
    {"nitro: imageHash in upper case", CS_ATT_IMAGE_MISMATCH, {.claims = {{"sha384:", "SHA384:"}}}},
    {"nitro: imageHash cut", CS_ATT_IMAGE_MISMATCH, {.claims = {{"sha384:10", "sha384:"}}}},
    {"nitro session: imageHash of another image",
     CS_ATT_IMAGE_MISMATCH,
     {.session = true, .claims = {{"sha384:10", "sha384:11"}}}},
    {"nitro: imageHash before debug", CS_ATT_IMAGE_MISMATCH, {.evidence = {.set = {{"pcrs", ZERO_PCRS}}}}},
    {"nitro: debug mode",
     CS_ATT_DEBUG,
     {.claims = {{HARDWARE_IMAGE, "sha384:" NITRO_HEX("00")}}, .evidence = {.set = {{"pcrs", ZERO_PCRS}}}}},
    {"nitro session: debug mode",
     CS_ATT_DEBUG,
     {.session = true,
      .claims = {{HARDWARE_IMAGE, "sha384:" NITRO_HEX("00")}},
      .evidence = {.set = {{"pcrs", ZERO_PCRS}}}}},
    {"nitro: image that is not allowed", CS_ATT_IMAGE_NOT_ALLOWED, .policy = {{"\"10", "\"20"}}},
    {"nitro session: image that is not allowed",
     CS_ATT_IMAGE_NOT_ALLOWED,
     {.session = true},
     .policy = {{"\"10", "\"20"}}},
    {"nitro: register that is not there", CS_ATT_REGISTER_MISSING,
     .policy = {{"\"pcrs\":{", "\"pcrs\":{\"16\":[\"" NITRO_PCR8 "\"],"}}},

    {"nitro: enclave older than the policy wants", CS_ATT_ENCLAVE_VERSION,
     .policy = {{"\"pcrs\":{", "\"minEnclaveVersion\":\"0.2.0\",\"pcrs\":{"}}},
    {"nitro session: key of another epoch", CS_ATT_SESSION_EPOCH, {.session = true}, .epoch = HARDWARE_EPOCH_2},
    {"nitro session: epoch in upper case, certified so",
     CS_ATT_SESSION_EPOCH,
     {.session = true},
     .epoch = "00112233445566778899AABBCCDDEEFF"},
    {"nitro session: epoch before the nonce",
     CS_ATT_SESSION_EPOCH,
     {.session = true},
     .epoch = HARDWARE_EPOCH_2,
     .nonce = "AAAAAAAAAAA="},
    {"nitro: another nonce", CS_ATT_NONCE_MISMATCH, .nonce = "AAAAAAAAAAA="},
    {"nitro session: another nonce", CS_ATT_NONCE_MISMATCH, {.session = true}, .nonce = "AAAAAAAAAAA="},
    {"nitro: nonce before age", CS_ATT_NONCE_MISMATCH, .nonce = "AAAAAAAAAAA=", .at = 301},

    {"nitro: evidence from the future", CS_ATT_FROM_FUTURE, {EARLY_LEAF, .claims = {IAT(1768472939)}}, .at = -61},
    {"nitro session: evidence from the future",
     CS_ATT_FROM_FUTURE,
     {.session = true, EARLY_LEAF, .claims = {IAT(1768472939)}},
     .at = -61},
    {"nitro: claims 61 s before the evidence", CS_ATT_TIME_MISMATCH, {.claims = {IAT(1768472939)}}},
    {"nitro: claims 61 s ahead of the clock", CS_ATT_TIME_MISMATCH, {.claims = {IAT(1768473061)}}},
    {"nitro session: claims before the session", CS_ATT_TIME_MISMATCH, {.session = true, .claims = {IAT(1768472939)}}},
    {"nitro session: claims 61 s ahead of the clock",
     CS_ATT_TIME_MISMATCH,
     {.session = true, .claims = {IAT(1768473161)}},
     .at = 100},
    {"nitro: evidence too old, whatever the claims say", CS_ATT_EXPIRED, {.claims = {IAT(1768473301)}}, .at = 301},
    {"nitro: stored evidence too old for its entry", CS_ATT_EXPIRED, .stored = true, .dated = true, .at = 301},
    {"nitro session: session too old",
     CS_ATT_SESSION_EXPIRED,
     {.session = true, .claims = {IAT(1768473301)}},
     .at = 301},
    {"nitro session: session too old by its own limit",
     CS_ATT_SESSION_EXPIRED,
     {.session = true, .claims = {IAT(1768473006)}},
     .at = 6,
     .policy = {{"\"enforce\"", "\"maxSessionAgeSeconds\":5,\"enforce\""}}},
    {"nitro session: session before operation", CS_ATT_SESSION_EXPIRED, {.session = true}, .at = 301},
    {"nitro session: operation too old", CS_ATT_EXPIRED, {.session = true}, .at = 301, .policy = {LONG_SESSION}},
    {"nitro session: stored session too old for its entry",
     CS_ATT_SESSION_EXPIRED,
     {.session = true, .claims = {IAT(1768473301)}},
     .stored = true,
     .dated = true,
     .at = 301},
    {"nitro: stored and not dated", CS_ATT_UNDATED, .stored = true},
    {"nitro session: stored and not dated", CS_ATT_UNDATED, {.session = true}, .stored = true},

    {"nitro: another payload",
     CS_ATT_PAYLOAD_MISMATCH,
     {.claims = {{"sha256:" PAYLOAD_SHA256, "sha256:" OTHER_IMAGE}}}},
    {"nitro: another signature", CS_ATT_SIGNATURE_MISMATCH, .signature = "another signature"},
    {"nitro session: another signature", CS_ATT_SIGNATURE_MISMATCH, {.session = true}, .signature = "another"},
    {"nitro: another key", CS_ATT_KEY_MISMATCH, .key_id = "key_other"},
    {"nitro: key for another purpose",
     CS_ATT_PURPOSE_MISMATCH,
     {.claims = {{"\"purpose\":\"sign\"", "\"purpose\":\"hybrid\""}}}},
};

/* The policy that pins the fixture's root and image. */
static inline void hardware_policy_text(cs_buf *out, const struct hardware_row *row)
{
    cs_buf pem = cs_buf_new(8192);
    bool session = row->made.session != row->other_mode;
    nitro_root_pem(&pem);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "name", "hardware");
    cs_jw_cstr(&w, "vendor", "aws-nitro-enclave");
    cs_jw_begin(&w, "matchRules");
    cs_jw_raw(&w, "pcrs", CS_LIT("{\"0\":[\"" NITRO_PCR0 "\"]}"));
    cs_jw_str(&w, "rootCertificatePem", cs_buf_slice(&pem));
    cs_jw_end(&w);
    cs_jw_cstr(&w, "evidence", session ? "session" : "operation");
    cs_jw_bool(&w, "enforce", true);
    cs_jw_end(&w);
    for (size_t i = 0; i < sizeof row->policy / sizeof *row->policy; i++)
        text_edit(out, &row->policy[i]);
    cs_buf_free(&pem);
}

#endif
