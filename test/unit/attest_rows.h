/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict cases: one valid document, and what becomes of it. Each row changes one thing (a few change two, to show
 * which check comes first) and names the reason that follows. test_attest_cases.c makes the corpus from them.
 */
#ifndef CS_TEST_ATTEST_ROWS_H
#define CS_TEST_ATTEST_ROWS_H

#include "attest_fixture.h"

struct edit {
    const char *find, *put; /* the first `find`, which must be there */
};

struct row {
    const char *name;
    cs_err reason;
    /* the document */
    cs_attest_kind made;
    struct edit claims[3];    /* edits of the payload text before it is signed */
    const char *payload_text; /* instead of the payload text */
    const char *header;       /* instead of the header text */
    bool keep_proof;          /* the proof of the unedited document */
    uint8_t root;             /* signs; 0 is the pinned one */
    void (*damage)(cs_buf *doc);
    const char *repeat; /* the document is this text ... */
    int times;          /* ... this many times */
    /* the policy and the clock */
    struct edit policy;
    bool empty_allow_list, production;
    bool stored, dated;
    int at; /* evaluation time, seconds after NOW */
    /* what is in hand; NULL payload and signature are the fixture's */
    cs_attest_kind asked;
    const char *payload, *signature, *nonce, *prehash_alg, *prehash_hex, *key_id, *algorithm, *format, *purpose;
    bool no_payload, no_signature, public_key, other_public_key;
};

#define NONCE "AQIDBAUGBwgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PINNED_ROOT "MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
#define OTHER_SPKI "MCowBQYDK2VwAyEAB6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
#define PREHASHED                                                                                                      \
    {"\"payloadSha256\":\"sha256:" PAYLOAD_SHA256, "\"payloadPreHash\":\"sha512:" PAYLOAD_SHA512},                     \
    {                                                                                                                  \
        "\"payloadSha256\":\"" PAYLOAD_SHA256 "\",", ""                                                                \
    }
#define TEN(s) s s s s s s s s s s
#define FOUR(c, n) "\"" c "1\":" n ",\"" c "2\":" n ",\"" c "3\":" n ",\"" c "4\":" n ","
#define FORTY(n)                                                                                                       \
    FOUR("j", n)                                                                                                       \
    FOUR("k", n) FOUR("l", n) FOUR("m", n) FOUR("n", n) FOUR("o", n) FOUR("p", n) FOUR("q", n) FOUR("r", n) FOUR("s", n)
#define EXTRA(json) .claims = {{"{\"vendor\":\"mock\"", "{\"vendor\":\"mock\",\"extra\":" json}}
#define CLAIM(old, new) .claims = {{old, new}}
#define HEX32 "49552503a62f0bc0599095a400405f76"

static inline void drop_proof(cs_buf *doc)
{
    while (doc->p[--doc->n] != '.')
        ;
}

static inline void empty_proof(cs_buf *doc)
{
    drop_proof(doc);
    cs_buf_add_str(doc, ".");
}

static inline void empty_header(cs_buf *doc)
{
    while (doc->p[0] != '.')
        memmove(doc->p, doc->p + 1, --doc->n);
}

static inline void lead_with_blank(cs_buf *doc)
{
    cs_buf_add_str(doc, "x");
    memmove(doc->p + 1, doc->p, doc->n - 1);
    doc->p[0] = ' ';
}

static inline void add_part(cs_buf *doc)
{
    cs_buf_add_str(doc, ".QUJD");
}

static inline void add_newline(cs_buf *doc)
{
    cs_buf_add_str(doc, "\n");
}

static inline void add_padding(cs_buf *doc)
{
    cs_buf_add_str(doc, "==");
}

/* 64 bytes end on a character with four unused bits. */
static inline void set_unused_bits(cs_buf *doc)
{
    doc->p[doc->n - 1]++;
}

static inline void use_other_alphabet(cs_buf *doc)
{
    doc->p[doc->n - 10] = '+';
}

/* To 63 and 67 whole bytes. */
static inline void cut_proof(cs_buf *doc)
{
    doc->n -= 2;
}

static inline void long_proof(cs_buf *doc)
{
    doc->n -= 2;
    cs_buf_add_str(doc, "QUJDRA");
}

static inline void change_proof(cs_buf *doc)
{
    doc->p[doc->n - 20] = doc->p[doc->n - 20] == 'A' ? 'B' : 'A';
}

static const struct row rows[] = {
    /* accepted */
    {.name = "valid", .reason = CS_OK},
    {.name = "valid, everything in hand",
     .nonce = NONCE,
     .key_id = KEY_ID,
     .algorithm = "mldsa65+ed25519",
     .format = "composite",
     .public_key = true},
    {.name = "valid at the age limit", .at = 300},
    {.name = "valid 60 s early", .at = -60},
    {.name = "valid pre-hash",
     .claims = {PREHASHED},
     .no_payload = true,
     .prehash_alg = "sha512",
     .prehash_hex = PAYLOAD_SHA512},
    {.name = "valid stored", .stored = true},
    {.name = "valid stored and dated",
     .stored = true,
     .dated = true,
     .policy = {"\"enforce\"", "\"requireDated\":true,\"enforce\""}},
    {.name = "requireDated is about stored evidence", .policy = {"\"enforce\"", "\"requireDated\":true,\"enforce\""}},
    {.name = "valid birth", .made = CS_ATTEST_BIRTH, .asked = CS_ATTEST_BIRTH},
    {.name = "valid boot", .made = CS_ATTEST_BOOT, .asked = CS_ATTEST_BOOT},
    {.name = "unknown claims are ignored", EXTRA("[1,{\"a\":null}]")},
    {.name = "unknown claim with a fraction", EXTRA("[1.5,-0,18446744073709551616]")},
    {.name = "64 members", CLAIM("{\"vendor\"", "{" FORTY("0") "\"f\":0,\"g\":0,\"vendor\"")},
    {.name = "depth 32", EXTRA(TEN("[") TEN("[") TEN("[") "[" TEN("]") TEN("]") TEN("]") "]")},
    {.name = "white space in the payload", CLAIM("{\"vendor\":", " {\n \"vendor\" : ")},
    {.name = "key of purpose hybrid, asked for",
     .purpose = "hybrid",
     CLAIM("\"sign\",\"publicKey", "\"hybrid\",\"publicKey")},
    {.name = "birth of a key of purpose hybrid, asked for",
     .made = CS_ATTEST_BIRTH,
     .asked = CS_ATTEST_BIRTH,
     .purpose = "hybrid",
     CLAIM("\"purpose\":\"sign\"", "\"purpose\":\"hybrid\"")},
    {.name = "policyId is optional", CLAIM("\"policyId\":\"ap_1\",", "")},
    {.name = "shortest nonce", CLAIM(NONCE, "AQIDBAUGBwg="), .nonce = "AQIDBAUGBwg="},
    {.name = "allow-list in bare hex", .policy = {"sha256:" IMAGE, IMAGE}},
    {.name = "second on the allow-list", .policy = {"[\"sha256:" IMAGE, "[\"" OTHER_IMAGE "\",\"sha256:" IMAGE}},
    {.name = "the document's root is information only", CLAIM(PINNED_ROOT, OTHER_SPKI)},

    {.name = "development root in production", .reason = CS_ATT_MOCK_REFUSED, .production = true},
    {.name = "development root in production comes first",
     .reason = CS_ATT_MOCK_REFUSED,
     .production = true,
     .repeat = "A",
     .times = 1},

    {.name = "131073 bytes", .reason = CS_ATT_TOO_LARGE, .repeat = "A", .times = 131073},

    {.name = "131072 bytes without a dot", .reason = CS_ATT_SHAPE, .repeat = "QUJD", .times = 32768},
    {.name = "empty document", .reason = CS_ATT_SHAPE, .repeat = "", .times = 1},
    {.name = "only dots", .reason = CS_ATT_SHAPE, .repeat = ".", .times = 2},
    {.name = "two parts", .reason = CS_ATT_SHAPE, .damage = drop_proof},
    {.name = "four parts", .reason = CS_ATT_SHAPE, .damage = add_part},
    {.name = "empty proof", .reason = CS_ATT_SHAPE, .damage = empty_proof},
    {.name = "empty header", .reason = CS_ATT_SHAPE, .damage = empty_header},
    {.name = "leading blank", .reason = CS_ATT_SHAPE, .damage = lead_with_blank},
    {.name = "trailing newline", .reason = CS_ATT_SHAPE, .damage = add_newline},
    {.name = "padded", .reason = CS_ATT_SHAPE, .damage = add_padding},
    {.name = "unused bits set", .reason = CS_ATT_SHAPE, .damage = set_unused_bits},
    {.name = "base64 instead of base64url", .reason = CS_ATT_SHAPE, .damage = use_other_alphabet},

    {.name = "payload is no JSON", .reason = CS_ATT_JSON, CLAIM("{\"vendor\"", "{vendor")},
    {.name = "payload is an array", .reason = CS_ATT_JSON, .payload_text = "[1]"},
    {.name = "payload is a string", .reason = CS_ATT_JSON, .payload_text = "\"vendor\""},
    {.name = "two payloads", .reason = CS_ATT_JSON, CLAIM(SIG_SHA256 "\"}}", SIG_SHA256 "\"}}{}")},
    {.name = "byte order mark", .reason = CS_ATT_JSON, CLAIM("{\"vendor\"", "\xef\xbb\xbf{\"vendor\"")},
    {.name = "bad UTF-8", .reason = CS_ATT_JSON, EXTRA("\"\xff\"")},
    {.name = "NUL in a string", .reason = CS_ATT_JSON, EXTRA("\"a\\u0000b\"")},
    {.name = "comment", .reason = CS_ATT_JSON, EXTRA("/**/1")},
    {.name = "duplicate claim", .reason = CS_ATT_JSON, CLAIM("\"counter\":17", "\"counter\":17,\"counter\":17")},
    {.name = "duplicate claim, escaped",
     .reason = CS_ATT_JSON,
     CLAIM("\"counter\":17", "\"counter\":17,\"c\\u006funter\":18")},
    {.name = "duplicate name in an unknown claim", .reason = CS_ATT_JSON, EXTRA("{\"a\":1,\"a\":2}")},
    {.name = "depth 33", .reason = CS_ATT_JSON, EXTRA(TEN("[") TEN("[") TEN("[") "[[" TEN("]") TEN("]") TEN("]") "]]")},
    {.name = "65 members",
     .reason = CS_ATT_JSON,
     CLAIM("{\"vendor\"", "{" FORTY("0") "\"f\":0,\"g\":0,\"h\":0,\"vendor\"")},
    {.name = "number past all bounds", .reason = CS_ATT_JSON, EXTRA("1e999")},
    {.name = "number with a leading zero", .reason = CS_ATT_JSON, CLAIM("\"counter\":17", "\"counter\":017")},
    {.name = "lone surrogate", .reason = CS_ATT_JSON, EXTRA("\"\\ud800\"")},
    {.name = "tab in a string", .reason = CS_ATT_JSON, EXTRA("\"\t\"")},
    {.name = "header is no JSON", .reason = CS_ATT_JSON, .header = "EdDSA"},
    {.name = "header is an array", .reason = CS_ATT_JSON, .header = "[\"EdDSA\"]"},
    {.name = "duplicate member of the header",
     .reason = CS_ATT_JSON,
     .header = "{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\",\"typ\":\"PostQ-Attestation-Mock\"}"},

    {.name = "hardware vendor under a mock policy",
     .reason = CS_ATT_VENDOR_MISMATCH,
     CLAIM("\"vendor\":\"mock\"", "\"vendor\":\"aws-nitro-enclave\"")},
    {.name = "vendor in upper case", .reason = CS_ATT_VENDOR_MISMATCH, CLAIM("\"mock\"", "\"MOCK\"")},
    {.name = "vendor missing", .reason = CS_ATT_VENDOR_MISMATCH, CLAIM("\"vendor\":\"mock\",", "")},
    {.name = "vendor null", .reason = CS_ATT_VENDOR_MISMATCH, CLAIM("\"mock\"", "null")},

    {.name = "alg none",
     .reason = CS_ATT_HEADER_MISMATCH,
     .header = "{\"alg\":\"none\",\"typ\":\"PostQ-Attestation-Mock\"}"},
    {.name = "alg HS256",
     .reason = CS_ATT_HEADER_MISMATCH,
     .header = "{\"alg\":\"HS256\",\"typ\":\"PostQ-Attestation-Mock\"}"},
    {.name = "alg missing", .reason = CS_ATT_HEADER_MISMATCH, .header = "{\"typ\":\"PostQ-Attestation-Mock\"}"},
    {.name = "header brings a key",
     .reason = CS_ATT_HEADER_MISMATCH,
     .header = "{\"alg\":\"EdDSA\",\"typ\":\"PostQ-Attestation-Mock\",\"jwk\":{}}"},
    {.name = "header in another order",
     .reason = CS_OK,
     .header = "{\"typ\":\"PostQ-Attestation-Mock\",\"alg\":\"EdDSA\"}"},
    {.name = "header with white space",
     .reason = CS_OK,
     .header = "{\"alg\":\"EdDSA\", \"typ\":\"PostQ-Attestation-Mock\"}"},
    {.name = "session evidence where operation is demanded",
     .reason = CS_ATT_HEADER_MISMATCH,
     .header = "{\"alg\":\"EdDSA\",\"typ\":\"countersign-session\"}"},
    {.name = "header of another vendor",
     .reason = CS_ATT_HEADER_MISMATCH,
     .header = "{\"alg\":\"nitro-cose\",\"typ\":\"countersign-operation\"}"},

    {.name = "proof changed", .reason = CS_ATT_PROOF_INVALID, .damage = change_proof},
    {.name = "proof too short", .reason = CS_ATT_PROOF_INVALID, .damage = cut_proof},
    {.name = "proof too long", .reason = CS_ATT_PROOF_INVALID, .damage = long_proof},
    {.name = "foreign root", .reason = CS_ATT_PROOF_INVALID, .root = 1},
    {.name = "foreign root that the document names",
     .reason = CS_ATT_PROOF_INVALID,
     .root = 1,
     CLAIM(PINNED_ROOT, "MCowBQYDK2VwAyEAKay64UG8yvCyLhqU000LxzYeUm0L/hLIl5S8kyKWbdc=")},
    {.name = "claims changed after the proof",
     .reason = CS_ATT_PROOF_INVALID,
     .keep_proof = true,
     CLAIM("\"counter\":17", "\"counter\":18")},
    {.name = "proof comes before the claims", .reason = CS_ATT_PROOF_INVALID, .root = 1, CLAIM("attestation/v1", "v2")},

    {.name = "profile of another version", .reason = CS_ATT_PROFILE, CLAIM("attestation/v1", "attestation/v2")},
    {.name = "profile missing", .reason = CS_ATT_PROFILE, CLAIM("\"profile\":\"countersign/attestation/v1\",", "")},
    {.name = "profile is a number", .reason = CS_ATT_PROFILE, CLAIM("\"countersign/attestation/v1\"", "1")},

    {.name = "birth where sign is asked", .reason = CS_ATT_KIND, .made = CS_ATTEST_BIRTH},
    {.name = "boot where sign is asked", .reason = CS_ATT_KIND, .made = CS_ATTEST_BOOT},
    {.name = "sign where birth is asked", .reason = CS_ATT_KIND, .asked = CS_ATTEST_BIRTH},
    {.name = "sign where boot is asked", .reason = CS_ATT_KIND, .asked = CS_ATTEST_BOOT},
    {.name = "kind missing", .reason = CS_ATT_KIND, CLAIM("\"kind\":\"sign\",\"imageHash\"", "\"imageHash\"")},
    {.name = "kind in upper case", .reason = CS_ATT_KIND, CLAIM("\"kind\":\"sign\"", "\"kind\":\"SIGN\"")},

    {.name = "imageHash missing", .reason = CS_ATT_CLAIMS, CLAIM("\"imageHash\":\"sha256:" IMAGE "\",", "")},
    {.name = "imageHash bare", .reason = CS_ATT_CLAIMS, CLAIM("\"sha256:" IMAGE, "\"" IMAGE)},
    {.name = "imageHash prefix in upper case", .reason = CS_ATT_CLAIMS, CLAIM("sha256:" IMAGE, "SHA256:" IMAGE)},
    {.name = "imageHash hex in upper case", .reason = CS_ATT_CLAIMS, CLAIM("sha256:d1", "sha256:D1")},
    {.name = "imageHash short", .reason = CS_ATT_CLAIMS, CLAIM("sha256:d1", "sha256:")},
    {.name = "imageHash of another hash", .reason = CS_ATT_CLAIMS, CLAIM("sha256:" IMAGE, "sha384:" IMAGE)},
    {.name = "epoch missing", .reason = CS_ATT_CLAIMS, CLAIM("\"epoch\":\"" EPOCH "\",", "")},
    {.name = "epoch in upper case", .reason = CS_ATT_CLAIMS, CLAIM("eeff\"", "EEFF\"")},
    {.name = "epoch short", .reason = CS_ATT_CLAIMS, CLAIM("eeff\"", "ee\"")},
    {.name = "counter missing", .reason = CS_ATT_CLAIMS, CLAIM("\"counter\":17,\"key", "\"key")},
    {.name = "counter 0", .reason = CS_ATT_CLAIMS, CLAIM("\"counter\":17", "\"counter\":0")},
    {.name = "counter negative", .reason = CS_ATT_CLAIMS, CLAIM("\"counter\":17", "\"counter\":-17")},
    {.name = "counter with a fraction", .reason = CS_ATT_CLAIMS, CLAIM("\"counter\":17", "\"counter\":17.0")},
    {.name = "counter is text", .reason = CS_ATT_CLAIMS, CLAIM("\"counter\":17", "\"counter\":\"17\"")},
    {.name = "counter 2^53", .reason = CS_ATT_CLAIMS, CLAIM("\"counter\":17", "\"counter\":9007199254740992")},
    {.name = "keyCounter missing", .reason = CS_ATT_CLAIMS, CLAIM("\"keyCounter\":3,", "")},
    {.name = "keyCounter 0", .reason = CS_ATT_CLAIMS, CLAIM("\"keyCounter\":3", "\"keyCounter\":0")},
    {.name = "nonce missing", .reason = CS_ATT_CLAIMS, CLAIM("\"nonce\":\"" NONCE "\",", "")},
    {.name = "nonce of 7 bytes", .reason = CS_ATT_CLAIMS, CLAIM(NONCE, "AQIDBAUGBw==")},
    {.name = "nonce of 65 bytes", .reason = CS_ATT_CLAIMS, CLAIM(NONCE, TEN("AAAA") TEN("AAAA") "AAAAAAA=")},
    {.name = "nonce without padding", .reason = CS_ATT_CLAIMS, CLAIM("AAA=\"", "AAA\"")},
    {.name = "iat missing", .reason = CS_ATT_CLAIMS, CLAIM("\"iat\":1768473000,", "")},
    {.name = "iat negative", .reason = CS_ATT_CLAIMS, CLAIM("\"iat\":", "\"iat\":-")},
    {.name = "iat minus zero", .reason = CS_ATT_COMPAT_CLAIMS, CLAIM("1768473000,", "-0,")},
    {.name = "iat with a fraction", .reason = CS_ATT_CLAIMS, CLAIM("1768473000,", "1768473000.5,")},
    {.name = "iat with an exponent", .reason = CS_ATT_CLAIMS, CLAIM("1768473000,", "1768473e3,")},
    {.name = "iat is text", .reason = CS_ATT_CLAIMS, CLAIM("1768473000,", "\"1768473000\",")},
    {.name = "iat 2^63", .reason = CS_ATT_CLAIMS, CLAIM("1768473000,", "9223372036854775808,")},
    {.name = "iat after the year 9999", .reason = CS_ATT_CLAIMS, CLAIM("1768473000,", "253402300800,")},
    {.name = "enclaveVersion missing", .reason = CS_ATT_CLAIMS, CLAIM("\"enclaveVersion\":\"0.1.0\",", "")},
    {.name = "enclaveVersion empty", .reason = CS_ATT_CLAIMS, CLAIM("\"0.1.0\"", "\"\"")},
    {.name = "payload hash and pre-hash",
     .reason = CS_ATT_CLAIMS,
     CLAIM("\"payloadSha256\":\"sha256:",
           "\"payloadPreHash\":\"sha512:" PAYLOAD_SHA512 "\",\"payloadSha256\":\"sha256:")},
    {.name = "neither payload hash nor pre-hash",
     .reason = CS_ATT_CLAIMS,
     CLAIM("\"payloadSha256\":\"sha256:" PAYLOAD_SHA256 "\",", "")},
    {.name = "payloadSha256 prefix in upper case",
     .reason = CS_ATT_CLAIMS,
     CLAIM("\"sha256:" PAYLOAD_SHA256, "\"SHA256:" PAYLOAD_SHA256)},
    {.name = "payloadSha256 hex in upper case", .reason = CS_ATT_CLAIMS, CLAIM("7ffc79f0a4", "7FFC79F0A4")},
    {.name = "payloadSha256 short", .reason = CS_ATT_CLAIMS, CLAIM("sha256:" PAYLOAD_SHA256, "sha256:" HEX32)},
    {.name = "payloadSha256 null", .reason = CS_ATT_CLAIMS, CLAIM("\"sha256:" PAYLOAD_SHA256 "\"", "null")},
    {.name = "pre-hash of another algorithm's hash",
     .reason = CS_ATT_CLAIMS,
     .claims = {{"\"payloadSha256\":\"sha256:", "\"payloadPreHash\":\"sha256:"},
                {"\"payloadSha256\":\"" PAYLOAD_SHA256 "\",", ""}},
     .prehash_alg = "sha256",
     .prehash_hex = PAYLOAD_SHA256},
    {.name = "pre-hash short", .reason = CS_ATT_CLAIMS, .claims = {PREHASHED, {"sha512:8c", "sha512:"}}},
    {.name = "pre-hash without a name", .reason = CS_ATT_CLAIMS, .claims = {PREHASHED, {"sha512:", ""}}},
    {.name = "pre-hash under format concat",
     .reason = CS_ATT_CLAIMS,
     .claims = {PREHASHED, {"\"composite\"", "\"concat\""}}},
    {.name = "sigSha256 missing", .reason = CS_ATT_CLAIMS, CLAIM("\"sigSha256\":\"sha256:" SIG_SHA256 "\",", "")},
    {.name = "sigSha256 bare", .reason = CS_ATT_CLAIMS, CLAIM("sha256:" SIG_SHA256, SIG_SHA256)},
    {.name = "keyId missing", .reason = CS_ATT_CLAIMS, CLAIM("\"keyId\":\"" KEY_ID "\",", "")},
    {.name = "keyId empty", .reason = CS_ATT_CLAIMS, CLAIM("\"" KEY_ID "\"", "\"\"")},
    {.name = "keyId of 65 bytes", .reason = CS_ATT_CLAIMS, CLAIM(KEY_ID, HEX32 HEX32 "0")},
    {.name = "algorithm missing", .reason = CS_ATT_CLAIMS, CLAIM("\"algorithm\":\"mldsa65+ed25519\",", "")},
    {.name = "algorithm unknown", .reason = CS_ATT_CLAIMS, CLAIM("mldsa65+ed25519", "mldsa65+rsa")},
    {.name = "algorithm in upper case", .reason = CS_ATT_CLAIMS, CLAIM("mldsa65+ed25519", "MLDSA65+Ed25519")},
    {.name = "signatureFormat missing", .reason = CS_ATT_CLAIMS, CLAIM("\"signatureFormat\":\"composite\",", "")},
    {.name = "signatureFormat not offered", .reason = CS_ATT_CLAIMS, CLAIM("\"composite\"", "\"pure\"")},
    {.name = "purpose missing", .reason = CS_ATT_CLAIMS, CLAIM("\"purpose\":\"sign\",", "")},
    {.name = "purpose null", .reason = CS_ATT_CLAIMS, CLAIM("\"purpose\":\"sign\"", "\"purpose\":null")},
    {.name = "purpose empty", .reason = CS_ATT_CLAIMS, CLAIM("\"purpose\":\"sign\"", "\"purpose\":\"\"")},
    {.name = "purpose unknown", .reason = CS_ATT_CLAIMS, CLAIM("\"purpose\":\"sign\"", "\"purpose\":\"any\"")},
    {.name = "purpose of a ledger's key",
     .reason = CS_ATT_CLAIMS,
     CLAIM("\"purpose\":\"sign\"", "\"purpose\":\"ledger\"")},
    {.name = "purpose in upper case", .reason = CS_ATT_CLAIMS, CLAIM("\"purpose\":\"sign\"", "\"purpose\":\"Sign\"")},
    {.name = "purpose missing at birth",
     .reason = CS_ATT_CLAIMS,
     .made = CS_ATTEST_BIRTH,
     .asked = CS_ATTEST_BIRTH,
     CLAIM("\"purpose\":\"sign\",", "")},
    {.name = "publicKeySha256 missing", .reason = CS_ATT_CLAIMS, CLAIM("publicKeySha256", "publicKeySha1")},
    {.name = "policyId is a number", .reason = CS_ATT_CLAIMS, CLAIM("\"ap_1\"", "1")},
    {.name = "rootPublicKeyB64 missing",
     .reason = CS_ATT_CLAIMS,
     CLAIM("\"rootPublicKeyB64\":\"" PINNED_ROOT "\",", "")},
    {.name = "rootPublicKeyB64 short", .reason = CS_ATT_CLAIMS, CLAIM(PINNED_ROOT, "MCowBQYDK2VwAyEA")},
    {.name = "rootKeyId missing", .reason = CS_ATT_CLAIMS, CLAIM("rootKeyId", "rootKey")},
    {.name = "keyRelease unknown",
     .reason = CS_ATT_CLAIMS,
     .made = CS_ATTEST_BIRTH,
     .asked = CS_ATTEST_BIRTH,
     CLAIM("\"local\"", "\"none\"")},
    {.name = "sealedSha256 missing",
     .reason = CS_ATT_CLAIMS,
     .made = CS_ATTEST_BIRTH,
     .asked = CS_ATTEST_BIRTH,
     CLAIM("sealedSha256", "sealed")},

    {.name = "issuedAt another second", .reason = CS_ATT_COMPAT_CLAIMS, CLAIM("10:30:00.000Z", "10:30:01.000Z")},
    {.name = "issuedAt with another fraction", .reason = CS_ATT_COMPAT_CLAIMS, CLAIM("10:30:00.000Z", "10:30:00Z")},
    {.name = "issuedAt in seconds",
     .reason = CS_ATT_COMPAT_CLAIMS,
     CLAIM("\"2026-01-15T10:30:00.000Z\"", "1768473000")},
    {.name = "issuedAt missing", .reason = CS_ATT_COMPAT_CLAIMS, CLAIM("\"issuedAt\"", "\"issued\"")},
    {.name = "iat changed, issuedAt not", .reason = CS_ATT_COMPAT_CLAIMS, CLAIM("1768473000,", "1768473001,")},
    {.name = "claims missing", .reason = CS_ATT_COMPAT_CLAIMS, CLAIM("\"claims\"", "\"claim\"")},
    {.name = "claims is text", .reason = CS_ATT_COMPAT_CLAIMS, CLAIM("\"claims\":{", "\"claims\":\"\",\"c\":{")},
    {.name = "claims of another kind",
     .reason = CS_ATT_COMPAT_CLAIMS,
     CLAIM("{\"kind\":\"sign\"", "{\"kind\":\"birth\"")},
    {.name = "claims of another counter",
     .reason = CS_ATT_COMPAT_CLAIMS,
     CLAIM("\"kind\":\"sign\",\"counter\":17", "\"kind\":\"sign\",\"counter\":18")},
    {.name = "claims without the payload hash",
     .reason = CS_ATT_COMPAT_CLAIMS,
     CLAIM("\"payloadSha256\":\"" PAYLOAD_SHA256 "\",", "")},
    {.name = "claims of another payload",
     .reason = CS_ATT_COMPAT_CLAIMS,
     CLAIM("\"payloadSha256\":\"" PAYLOAD_SHA256, "\"payloadSha256\":\"" OTHER_IMAGE)},
    {.name = "claims with a prefixed hash",
     .reason = CS_ATT_COMPAT_CLAIMS,
     CLAIM("\"payloadSha256\":\"" PAYLOAD_SHA256, "\"payloadSha256\":\"sha256:" PAYLOAD_SHA256)},
    {.name = "claims of another signature",
     .reason = CS_ATT_COMPAT_CLAIMS,
     CLAIM("\"sigSha256\":\"" SIG_SHA256, "\"sigSha256\":\"" OTHER_IMAGE)},
    {.name = "claims with a payload hash beside a pre-hash",
     .reason = CS_ATT_COMPAT_CLAIMS,
     CLAIM("\"payloadSha256\":\"sha256:" PAYLOAD_SHA256, "\"payloadPreHash\":\"sha512:" PAYLOAD_SHA512),
     .prehash_alg = "sha512",
     .prehash_hex = PAYLOAD_SHA512},

    {.name = "allow-list emptied after reading", .reason = CS_ATT_ALLOWLIST_EMPTY, .empty_allow_list = true},
    {.name = "image not on the allow-list", .reason = CS_ATT_IMAGE_NOT_ALLOWED, .policy = {IMAGE, OTHER_IMAGE}},
    {.name = "document of another image", .reason = CS_ATT_IMAGE_NOT_ALLOWED, CLAIM(IMAGE, OTHER_IMAGE)},

    {.name = "another nonce", .reason = CS_ATT_NONCE_MISMATCH, .nonce = "AgIDBAUGBwgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    {.name = "prefix of the nonce", .reason = CS_ATT_NONCE_MISMATCH, .nonce = "AQIDBAUGBwg="},
    {.name = "nonce comes before age", .reason = CS_ATT_NONCE_MISMATCH, .nonce = "AQIDBAUGBwg=", .at = 301},

    {.name = "61 s early", .reason = CS_ATT_FROM_FUTURE, .at = -61},
    {.name = "stored, 61 s before the entry", .reason = CS_ATT_FROM_FUTURE, .stored = true, .at = -61},
    {.name = "too old", .reason = CS_ATT_EXPIRED, .at = 301},
    {.name = "too old for a short policy",
     .reason = CS_ATT_EXPIRED,
     .at = 6,
     .policy = {"\"maxDocAgeSeconds\":300", "\"maxDocAgeSeconds\":5"}},
    {.name = "stored, too old at the entry", .reason = CS_ATT_EXPIRED, .stored = true, .dated = true, .at = 301},
    {.name = "stored, no witness",
     .reason = CS_ATT_UNDATED,
     .stored = true,
     .policy = {"\"enforce\"", "\"requireDated\":true,\"enforce\""}},

    {.name = "another payload", .reason = CS_ATT_PAYLOAD_MISMATCH, .payload = "another payload"},
    {.name = "empty payload", .reason = CS_ATT_PAYLOAD_MISMATCH, .payload = ""},
    {.name = "payload and signature swapped",
     .reason = CS_ATT_PAYLOAD_MISMATCH,
     .payload = SIGNATURE,
     .signature = PAYLOAD},
    {.name = "no payload in hand", .reason = CS_ATT_PAYLOAD_MISMATCH, .no_payload = true},
    {.name = "only the pre-hash in hand",
     .reason = CS_ATT_PAYLOAD_MISMATCH,
     .no_payload = true,
     .prehash_alg = "sha512",
     .prehash_hex = PAYLOAD_SHA512},
    {.name = "another pre-hash",
     .reason = CS_ATT_PREHASH_MISMATCH,
     .claims = {PREHASHED},
     .no_payload = true,
     .prehash_alg = "sha512",
     .prehash_hex = OTHER_IMAGE OTHER_IMAGE},
    {.name = "pre-hash under another algorithm",
     .reason = CS_ATT_PREHASH_MISMATCH,
     .claims = {PREHASHED},
     .no_payload = true,
     .prehash_alg = "shake256",
     .prehash_hex = PAYLOAD_SHA512},
    {.name = "only the payload in hand", .reason = CS_ATT_PREHASH_MISMATCH, .claims = {PREHASHED}},
    {.name = "another signature", .reason = CS_ATT_SIGNATURE_MISMATCH, .signature = "another signature"},
    {.name = "signature cut", .reason = CS_ATT_SIGNATURE_MISMATCH, .signature = "countersign test signatur"},
    {.name = "no signature in hand", .reason = CS_ATT_SIGNATURE_MISMATCH, .no_signature = true},
    {.name = "another key id", .reason = CS_ATT_KEY_MISMATCH, .key_id = "key_other"},
    {.name = "another public key",
     .reason = CS_ATT_KEY_MISMATCH,
     .public_key = true,
     .claims = {{"\"publicKeySha256\":\"sha256:", "\"publicKeySha256\":\"sha256:" OTHER_IMAGE "\",\"x\":\""}}},
    {.name = "another algorithm", .reason = CS_ATT_ALGORITHM_MISMATCH, .algorithm = "mldsa65+ecdsa-p256"},
    {.name = "another signature format", .reason = CS_ATT_ALGORITHM_MISMATCH, .format = "concat"},
    {.name = "claimed algorithm is not the key's",
     .reason = CS_ATT_ALGORITHM_MISMATCH,
     .public_key = true,
     CLAIM("mldsa65+ed25519", "mldsa44+ed25519")},
    {.name = "key of purpose hybrid",
     .reason = CS_ATT_PURPOSE_MISMATCH,
     CLAIM("\"sign\",\"publicKey", "\"hybrid\",\"publicKey")},
    {.name = "key of purpose sign, asked for hybrid", .reason = CS_ATT_PURPOSE_MISMATCH, .purpose = "hybrid"},
    {.name = "key of purpose hybrid, asked for sign",
     .reason = CS_ATT_PURPOSE_MISMATCH,
     .purpose = "sign",
     CLAIM("\"sign\",\"publicKey", "\"hybrid\",\"publicKey")},
    {.name = "birth of a key of purpose hybrid",
     .reason = CS_ATT_PURPOSE_MISMATCH,
     .made = CS_ATTEST_BIRTH,
     .asked = CS_ATTEST_BIRTH,
     CLAIM("\"purpose\":\"sign\"", "\"purpose\":\"hybrid\"")},
    {.name = "another algorithm and another purpose",
     .reason = CS_ATT_ALGORITHM_MISMATCH,
     .algorithm = "mldsa65+ecdsa-p256",
     .purpose = "hybrid"},
};

/* Policies that cannot be read. */
static const struct policy_row {
    const char *name;
    cs_err reason;
    struct edit edit;
    bool production;
    const char *text; /* instead of the fixture's policy */
} policy_rows[] = {
    {"valid", CS_OK, {0}, false},
    {"mock in production", CS_POLICY_MOCK, {0}, true},
    {"unknown vendor", CS_POLICY_VENDOR, {"\"mock\"", "\"sgx\""}, false},
    {"vendor in upper case", CS_POLICY_VENDOR, {"\"mock\"", "\"Mock\""}, false},
    {"empty allow-list", CS_POLICY_ALLOWLIST_EMPTY, {"\"sha256:" IMAGE "\"", ""}, false},
    {"missing allow-list", CS_POLICY_ALLOWLIST_EMPTY, {"\"allowedImageHashes\":[\"sha256:" IMAGE "\"],", ""}, false},
    {"hash prefix in upper case", CS_POLICY_HASH, {"sha256:", "SHA256:"}, false},
    {"hash hex in upper case", CS_POLICY_HASH, {"sha256:d1", "sha256:D1"}, false},
    {"hash short", CS_POLICY_HASH, {"sha256:d1", "sha256:"}, false},
    {"hash long", CS_POLICY_HASH, {"sha256:d1", "sha256:d1d1"}, false},
    {"hash of another length", CS_POLICY_HASH, {"sha256:", "sha384:"}, false},
    {"hash is a number", CS_POLICY_HASH, {"\"sha256:" IMAGE "\"", "1"}, false},
    {"hash with a blank", CS_POLICY_HASH, {"\"sha256:", "\" sha256:"}, false},
    {"root of 16 bytes", CS_POLICY_ROOT, {PINNED_ROOT, "AAECAwQFBgcICQoLDA0ODw=="}, false},
    {"root is no base64", CS_POLICY_ROOT, {PINNED_ROOT, "root"}, false},
    {"root of another algorithm", CS_POLICY_ROOT, {"MCowBQYDK2VwAyEA", "MCowBQYDK2VuAyEA"}, false},
    {"root missing", CS_MISSING_FIELD, {",\"rootPublicKeyB64\":\"" PINNED_ROOT "\"", ""}, false},
    {"name missing", CS_MISSING_FIELD, {"\"name\":\"release-signing\",", ""}, false},
    {"name empty", CS_BAD_FIELD, {"release-signing", ""}, false},
    {"age of 4 s", CS_BAD_FIELD, {":300", ":4"}, false},
    {"age of more than a day", CS_BAD_FIELD, {":300", ":86401"}, false},
    {"age with a fraction", CS_BAD_FIELD, {":300", ":300.0"}, false},
    {"session evidence", CS_BAD_FIELD, {"\"enforce\"", "\"evidence\":\"session\",\"enforce\""}, false},
    {"enforce is text", CS_BAD_FIELD, {"\"enforce\":true", "\"enforce\":\"true\""}, false},
    {"metadata is text", CS_BAD_FIELD, {"\"enforce\"", "\"metadata\":\"\",\"enforce\""}, false},
    {"unknown member", CS_UNKNOWN_FIELD, {"\"enforce\"", "\"enforced\":true,\"enforce\""}, false},
    {"unknown match rule", CS_UNKNOWN_FIELD, {"\"rootPublicKeyB64\"", "\"pcrs\":{},\"rootPublicKeyB64\""}, false},
    {"duplicate member", CS_BAD_JSON, {"\"enforce\"", "\"enforce\":true,\"enforce\""}, false},
    {"hardware with the rules of mock", CS_POLICY_ALLOWLIST_EMPTY, {"\"mock\"", "\"amd-sev-snp\""}, false},
    {"session of a vendor without a time",
     CS_BAD_FIELD,
     {0},
     false,
     "{\"name\":\"p\",\"vendor\":\"amd-sev-snp\",\"evidence\":\"session\",\"matchRules\":{\"measurements\":["
     "\"sha384:" OTHER_IMAGE "00112233445566778899aabbccddeeff\"]}}"},
    {"hardware in production",
     CS_OK,
     {0},
     true,
     "{\"name\":\"p\",\"vendor\":\"amd-sev-snp\",\"matchRules\":{\"measurements\":[\"sha384:" OTHER_IMAGE
     "00112233445566778899aabbccddeeff\"]}}"},
    {"bytes behind the policy", CS_BAD_JSON, {"\"enforce\":true}", "\"enforce\":true}}"}, false},
};

#endif
