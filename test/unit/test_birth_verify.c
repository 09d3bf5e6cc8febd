/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests src/core/birth_verify.c: one good birth attestation and one change a row, in the document, the manifest or the
 * key record; a genuine document of AWS's; every bit and every prefix of a good one.
 */
#include "core/birth_verify.h"

#include "core/key_record.h"
#include "countersign/attest.h"
#include "nitro_fixture.h"

#define ARN "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
#define CREATED (NITRO_TIME * 1000LL + 123)

static uint8_t public_bytes[1952], wrapped_bytes[184];

static cs_birth good_birth(void)
{
    memset(public_bytes, 0x11, sizeof public_bytes);
    memset(wrapped_bytes, 0x22, sizeof wrapped_bytes);
    return (cs_birth){.alg = CS_MLDSA44,
                      .user_id = CS_LIT("customer-wallet-123"),
                      .public_key = cs_slice_of(public_bytes, 1312),
                      .wrapped_dk = CS_ARRAY(wrapped_bytes),
                      .kms_key_arn = CS_LIT(ARN),
                      .created_at_ms = CREATED};
}

static cs_manifest good_manifest(void)
{
    static const struct nitro_change none;
    cs_manifest m = {.enclave_version = "0.1.0"};
    cs_digest root;
    for (size_t i = 0; i < CS_MANIFEST_PCRS; i++)
        memset(m.pcrs[i], NITRO_PCR(cs_manifest_index[i]), CS_NITRO_PCR_LEN);
    assert_int_equal(cs_hash(&root, CS_SHA256, nitro_certificate(NITRO_ROOT, &none, false)), CS_OK);
    memcpy(m.root_sha256, root.b, CS_SHA256_LEN);
    return m;
}

/* The document of a birth; held until vectors_release. */
static cs_slice document_of(const cs_birth *birth, struct nitro_change change)
{
    uint8_t memory[CS_BIRTH_USER_DATA];
    cs_buf user_data = CS_BUF_OVER(memory), doc = cs_buf_new(1u << 20);
    assert_int_equal(cs_birth_user_data(&user_data, birth), CS_OK);
    if (change.user_data.p == NULL)
        change.user_data = cs_buf_slice(&user_data);
    nitro_document(&doc, &change);
    cs_slice out = cs_slice_of(vectors_copy(cs_buf_slice(&doc)), doc.n);
    cs_buf_free(&doc);
    return out;
}

/* -- documents and manifests --------------------------------------------------------------------------------------- */

static const struct {
    const char *what;
    cs_err reason;
    struct nitro_change change;
    int pcr;         /* of the manifest, + 1: has another value */
    bool other_root; /* in the manifest */
    bool aws_root;
    bool hardware; /* software is not allowed */
} rows[] = {
    {"good", CS_OK},
    {"good, in an indefinite map", CS_OK, .change = {.indefinite_map = true}},
    {"good, under a tag", CS_OK, .change = {.tag = true}},
    {"a root of software", CS_ATT_MOCK_REFUSED, .hardware = true},
    {"a root of software, and nothing else is right", CS_ATT_MOCK_REFUSED, .change = {.no_signature = true}, .pcr = 1,
     .hardware = true},
    {"another root in the manifest", CS_ATT_ROOT_MISMATCH, .other_root = true},
    {"AWS's root in the manifest", CS_ATT_ROOT_MISMATCH, .aws_root = true},
    {"AWS's root in the manifest, software allowed or not", CS_ATT_ROOT_MISMATCH, .aws_root = true, .hardware = true},
    {"another root in the document", CS_ATT_ROOT_MISMATCH, .change = {.other_root = true}},
    {"no root in the document", CS_ATT_ROOT_MISMATCH, .change = {.no_root = true}},
    {"bundle reversed", CS_ATT_ROOT_MISMATCH, .change = {.reversed = true}},
    {"only the root", CS_ATT_CHAIN, .change = {.only_root = true}},
    {"an authority that is none", CS_ATT_CHAIN, .change = {.at = 3, .not_a_ca = true}},
    {"a leaf of nobody's", CS_ATT_CHAIN, .change = {.at = NITRO_LEAF + 1, .signed_by = 6}},
    {"a leaf that began after the birth", CS_ATT_CERT_NOT_YET_VALID,
     .change = {.at = NITRO_LEAF + 1, .from = NITRO_TIME + 1}},
    {"a leaf that ended before the birth", CS_ATT_CERT_EXPIRED,
     .change = {.at = NITRO_LEAF + 1, .until = NITRO_TIME - 1}},
    {"a document of the day after", CS_ATT_CERT_EXPIRED, .change = {.timestamp_ms = CREATED + 86400000}},
    {"an authority that ended before the birth", CS_ATT_CERT_EXPIRED, .change = {.at = 3, .until = NITRO_TIME - 1}},
    {"not signed", CS_ATT_PROOF_INVALID, .change = {.no_signature = true}},
    {"signed by another key", CS_ATT_PROOF_INVALID, .change = {.document_key = 6}},
    {"signed by the instance", CS_ATT_PROOF_INVALID, .change = {.document_key = 4}},
    {"the payload of another", CS_ATT_PROOF_INVALID, .change = {.payload_of_another = true}},
    {"ES256", CS_ATT_EVIDENCE_ALGORITHM, .change = {.protected_hex = "a10126"}},
    {"an algorithm that is not protected", CS_ATT_EVIDENCE_FORMAT,
     .change = {.protected_hex = "a0", .unprotected_hex = "a1013822"}},
    {"a signature in DER", CS_ATT_EVIDENCE_FORMAT, .change = {.der_signature = true}},
    {"a member twice", CS_ATT_EVIDENCE_FORMAT,
     .change = {.extra_hex = "66646967657374"
                             "66534841333834"}},
    {"debug mode", CS_ATT_DEBUG,
     .change = {.set = {{"pcrs", "a4"
                                 "00" NITRO_ZERO48 "01" NITRO_ZERO48 "02" NITRO_ZERO48 "08" NITRO_ZERO48}}}},
    {"no PCR8", CS_ATT_REGISTER_MISSING,
     .change = {.set = {{"pcrs", "a3"
                                 "005830" NITRO_HEX("10") "015830" NITRO_HEX("11") "025830" NITRO_HEX("12")}}}},
    {"no PCR1", CS_ATT_REGISTER_MISSING,
     .change = {.set = {{"pcrs", "a3"
                                 "005830" NITRO_HEX("10") "025830" NITRO_HEX("12") "085830" NITRO_HEX("18")}}}},
    {"another PCR0", CS_ATT_IMAGE_NOT_ALLOWED, .pcr = 1},
    {"another PCR1", CS_ATT_IMAGE_NOT_ALLOWED, .pcr = 2},
    {"another PCR2", CS_ATT_IMAGE_NOT_ALLOWED, .pcr = 3},
    {"another PCR8", CS_ATT_IMAGE_NOT_ALLOWED, .pcr = 4},
    {"PCR1 and PCR2 changed places", CS_ATT_IMAGE_NOT_ALLOWED,
     .change = {.set = {{"pcrs", "a4"
                                 "005830" NITRO_HEX("10") "015830" NITRO_HEX("12") "025830" NITRO_HEX(
                                     "11") "085830" NITRO_HEX("18")}}}},
    {"registers of SHA-256", CS_ATT_IMAGE_NOT_ALLOWED,
     .change = {.set = {{"pcrs",
                         "a4"
                         "005820" NITRO_HEX4("10") NITRO_HEX4("10") NITRO_HEX4("10") NITRO_HEX4(
                             "10") "015830" NITRO_HEX("11") "025830" NITRO_HEX("12") "085830" NITRO_HEX("18")}}}},
    {"no user_data", CS_BIRTH_FORMAT, .change = {.set = {{"user_data", "f6"}}}},
    {"empty user_data", CS_BIRTH_FORMAT, .change = {.set = {{"user_data", "40"}}}},
    {"a hash of a signature", CS_BIRTH_FORMAT, .change = {.user_data = CS_LIT("01234567890123456789012345678901")}},
    {"an operation of ours", CS_BIRTH_FORMAT, .change = {.user_data = CS_LIT("CSO101234567890123456789012345678901")}},
    {"a hash where there is room", CS_BIRTH_FORMAT,
     .change = {.user_data = CS_LIT("CSH101234567890123456789012345678901")}},
    {"a minute and more after the document", CS_BIRTH_CLOCK, .change = {.timestamp_ms = CREATED - 60001}},
    {"a minute and more before it", CS_BIRTH_CLOCK, .change = {.timestamp_ms = CREATED + 60001}},
    {"a minute after it", CS_OK, .change = {.timestamp_ms = CREATED - 60000}},
    {"a minute before it", CS_OK, .change = {.timestamp_ms = CREATED + 60000}},
};

static void documents(void **state)
{
    (void)state;
    static const uint8_t aws[] = {0x64, 0x1a, 0x03, 0x21, 0xa3, 0xe2, 0x44, 0xef, 0xe4, 0x56, 0x46,
                                  0x31, 0x95, 0xd6, 0x06, 0x31, 0x7e, 0xd7, 0xcd, 0xcc, 0x3c, 0x17,
                                  0x56, 0xe0, 0x98, 0x93, 0xf3, 0xc6, 0x8f, 0x79, 0xbb, 0x5b};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_birth_verdict v;
        struct nitro_change change = rows[i].change;
        cs_birth birth = good_birth();
        cs_manifest m = good_manifest();
        /* The leaf of the fixture begins three seconds before its time. */
        if (change.at == 0 && change.timestamp_ms != 0)
            change.at = NITRO_LEAF + 1, change.from = NITRO_TIME - 600;
        if (rows[i].pcr > 0)
            m.pcrs[rows[i].pcr - 1][47] ^= 1;
        if (rows[i].aws_root)
            memcpy(m.root_sha256, aws, sizeof aws);
        m.root_sha256[0] ^= rows[i].other_root;
        cs_err err = cs_birth_verify(&v, document_of(&birth, change), &m, &birth, !rows[i].hardware);
        if (err != rows[i].reason || v.reason != err)
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        assert_int_equal(v.software_nsm, !rows[i].aws_root);
        assert_true(v.proven || cs_slice_all_zero(CS_ARRAY(v.user_data_sha256)));
        vectors_release();
    }
}

/* -- births -------------------------------------------------------------------------------------------------------- */

/* Every member of the key record in turn is another one; the document stays. */
static void records(void **state)
{
    (void)state;
    static const struct {
        int member;
        cs_err reason;
    } swaps[] = {{0, CS_OK},
                 {1, CS_BIRTH_PUBLIC_KEY},
                 {2, CS_BIRTH_WRAPPED_DK},
                 {3, CS_BIRTH_USER},
                 {4, CS_BIRTH_KMS_KEY},
                 {5, CS_BIRTH_CREATED},
                 {6, CS_BIRTH_PUBLIC_KEY}, /* with another algorithm the key is another, too */
                 {7, CS_UNKNOWN_ALGORITHM},
                 {8, CS_BAD_PUBLIC_KEY}};
    uint8_t other[1952] = {1};
    cs_manifest m = good_manifest();
    for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
        cs_birth_verdict v;
        cs_birth b = good_birth();
        cs_slice doc = document_of(&b, (struct nitro_change){0});
        switch (swaps[i].member) {
        case 0:
            break;
        case 1:
            b.public_key.p = other;
            break;
        case 2:
            b.wrapped_dk.p = other;
            break;
        case 3:
            b.user_id = CS_LIT("customer-wallet-12");
            break;
        case 4:
            b.kms_key_arn.n--;
            break;
        case 5:
            b.created_at_ms++;
            break;
        case 6:
            b.alg = CS_MLDSA65, b.public_key.n = 1952;
            break;
        case 7:
            b.alg = CS_ED25519;
            break;
        default:
            b.public_key.n--;
            break;
        }
        assert_int_equal(cs_birth_verify(&v, doc, &m, &b, true), swaps[i].reason);
        assert_true(v.proven);
        vectors_release();
    }
}

/* A birth whose commitment does not fit: its hash is what the document has. */
static void hashed(void **state)
{
    (void)state;
    static char arn[CS_MAX_KMS_KEY];
    cs_birth_verdict v;
    cs_birth b = good_birth();
    memset(arn, 'k', sizeof arn);
    b.kms_key_arn = CS_ARRAY(arn);
    cs_manifest m = good_manifest();
    cs_slice doc = document_of(&b, (struct nitro_change){0});
    assert_int_equal(cs_birth_verify(&v, doc, &m, &b, true), CS_OK);
    arn[700] = 'K';
    assert_int_equal(cs_birth_verify(&v, doc, &m, &b, true), CS_BIRTH_HASH);
    b.kms_key_arn = CS_LIT(ARN);
    assert_int_equal(cs_birth_verify(&v, doc, &m, &b, true), CS_BIRTH_FORMAT);
    vectors_release();
}

/* Each release has its manifest: a key that was born under the last one is verified by the last one's, whatever is
 * running now, and not by this one's. */
static void after_an_upgrade(void **state)
{
    (void)state;
    cs_birth_verdict v;
    cs_birth b = good_birth();
    cs_manifest old = good_manifest(), now = old;
    cs_slice doc = document_of(&b, (struct nitro_change){0});
    memcpy(now.enclave_version, "0.2.0", 6);
    memset(now.pcrs[0], 0x77, CS_NITRO_PCR_LEN);
    memset(now.pcrs[2], 0x78, CS_NITRO_PCR_LEN);
    assert_int_equal(cs_birth_verify(&v, doc, &old, &b, true), CS_OK);
    assert_int_equal(cs_birth_verify(&v, doc, &now, &b, true), CS_ATT_IMAGE_NOT_ALLOWED);
    vectors_release();
}

/* -- a genuine document, bits, the verdict as text ----------------------------------------------------------------- */

/* Its certificates ended years ago; it is proven at its own time, and is nobody's birth. */
static void genuine(void **state)
{
    (void)state;
    cs_birth_verdict v;
    cs_nitro n;
    cs_birth b = good_birth();
    cs_manifest m = {.enclave_version = "1"};
    cs_buf doc = vectors_public_file("attestation/nitro/prod-pcr8-2022-10-13.cbor");
    assert_int_equal(cs_nitro_parse(&n, cs_buf_slice(&doc)), CS_OK);
    for (size_t i = 0; i < CS_MANIFEST_PCRS; i++)
        memcpy(m.pcrs[i], n.pcrs[cs_manifest_index[i]].p, CS_NITRO_PCR_LEN);
    memcpy(m.root_sha256, cs_vendor_root(CS_VENDOR_AWS_NITRO, 0)->sha256, CS_SHA256_LEN);
    assert_int_equal(cs_birth_verify(&v, cs_buf_slice(&doc), &m, &b, false), CS_BIRTH_FORMAT);
    assert_false(v.software_nsm);
    assert_true(v.proven);
    assert_int_equal(v.attested_at_ms, n.timestamp_ms);
    m.pcrs[2][0] ^= 1;
    assert_int_equal(cs_birth_verify(&v, cs_buf_slice(&doc), &m, &b, false), CS_ATT_IMAGE_NOT_ALLOWED);
    cs_buf_free(&doc);
}

static void every_prefix_and_bits(void **state)
{
    (void)state;
    cs_birth_verdict v;
    cs_birth b = good_birth();
    cs_manifest m = good_manifest();
    cs_slice doc = document_of(&b, (struct nitro_change){0});
    uint8_t *copy = vectors_copy(doc);
    assert_int_equal(cs_birth_verify(&v, doc, &m, &b, true), CS_OK);
    for (size_t n = 0; n < doc.n; n++) {
        if (cs_birth_verify(&v, cs_slice_of(copy, n), &m, &b, true) == CS_OK)
            fail_msg("%zu bytes are enough", n);
    }
    /* Each byte once, another bit of it each time; nitro documents bit by bit are test_attest_nitro.c's. */
    for (size_t i = 0; i < doc.n; i++) {
        copy[i] ^= (uint8_t)(1u << i % 8);
        if (cs_birth_verify(&v, cs_slice_of(copy, doc.n), &m, &b, true) == CS_OK)
            fail_msg("byte %zu does not matter", i);
        copy[i] ^= (uint8_t)(1u << i % 8);
    }
    vectors_release();
}

static void as_text(void **state)
{
    (void)state;
    cs_birth_verdict v;
    cs_birth b = good_birth();
    cs_manifest m = good_manifest();
    cs_buf out = cs_buf_new(4096);
    cs_slice doc = document_of(&b, (struct nitro_change){0});
    assert_int_equal(cs_birth_verify(&v, doc, &m, &b, true), CS_OK);
    cs_birth_verdict_json(&out, &v);
    const char *text = cs_buf_cstr(&out);
    assert_non_null(strstr(text, "{\"ok\":true,\"reason\":\"OK\",\"verified_pcrs\":{\"0\":\"" NITRO_PCR0 "\","));
    assert_non_null(strstr(text, "\"8\":\"" NITRO_PCR8 "\"},\"user_data_sha256\":\""));
    assert_non_null(strstr(text, "\"software_nsm\":true,\"attested_at\":\"2026-01-15T10:30:00.000Z\"}"));

    m.pcrs[1][0] ^= 1; /* shown is what the document has, but not as verified */
    assert_int_equal(cs_birth_verify(&v, doc, &m, &b, true), CS_ATT_IMAGE_NOT_ALLOWED);
    cs_buf_clear(&out);
    cs_birth_verdict_json(&out, &v);
    assert_non_null(strstr(cs_buf_cstr(&out),
                           "{\"ok\":false,\"reason\":\"ATT_IMAGE_NOT_ALLOWED\",\"verified_pcrs\":null,"
                           "\"user_data_sha256\":\""));

    assert_int_equal(cs_birth_verify(&v, doc, &m, &b, false), CS_ATT_MOCK_REFUSED);
    cs_buf_clear(&out);
    cs_birth_verdict_json(&out, &v);
    assert_string_equal(cs_buf_cstr(&out), "{\"ok\":false,\"reason\":\"ATT_MOCK_REFUSED\",\"verified_pcrs\":null,"
                                           "\"user_data_sha256\":null,\"nitro_root_der_sha256\":null,"
                                           "\"software_nsm\":true,\"attested_at\":null}");
    cs_buf_free(&out);
    vectors_release();
}

/* -- a key that is just born --------------------------------------------------------------------------------------- */

static void live(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        cs_err reason;
        bool mock_vendor, other_image, no_mock, other_user;
        int64_t now_off, created_off;
        cs_slice nonce;
        const char *version, *release, *sealed; /* that come with it, NULL: those of the birth */
        bool bare;                              /* the document has no nonce */
    } births[] = {
        {"good", CS_OK},
        {"an old document", CS_ATT_EXPIRED, .now_off = 301},
        {"one from the future", CS_ATT_FROM_FUTURE, .now_off = -61},
        {"an image that is not listed", CS_ATT_IMAGE_NOT_ALLOWED, .other_image = true},
        {"software where none is allowed", CS_ATT_MOCK_REFUSED, .no_mock = true},
        {"a nonce that was not sent", CS_ATT_NONCE_MISMATCH, .nonce = CS_LIT("0123456789abcdef")},
        {"another user", CS_BIRTH_USER, .other_user = true},
        {"a birth of another minute", CS_BIRTH_CLOCK, .created_off = 61000},
        {"another vendor's policy", CS_ATT_VENDOR_MISMATCH, .mock_vendor = true},
        {"another record", CS_ATT_NONCE_MISMATCH, .sealed = "Record"},
        {"a cut record", CS_ATT_NONCE_MISMATCH, .sealed = "recor"},
        {"no record", CS_ATT_NONCE_MISMATCH, .sealed = ""},
        {"another release", CS_ATT_NONCE_MISMATCH, .release = "attested"},
        {"another version", CS_ATT_NONCE_MISMATCH, .version = "0.1.1"},
        {"members run together", CS_ATT_NONCE_MISMATCH, .version = "0.1.0r", .release = "elayed"},
        {"no nonce", CS_ATT_NONCE_MISMATCH, .bare = true},
    };
    cs_digest nonce;
    assert_int_equal(cs_birth_nonce(&nonce, &(cs_birth_rest){CS_LIT("0.1.0"), CS_LIT("relayed"), CS_LIT("record")}),
                     CS_OK);
    for (size_t i = 0; i < sizeof births / sizeof *births; i++) {
        cs_verdict v;
        cs_policy policy;
        cs_birth b = good_birth();
        b.created_at_ms += births[i].created_off;
        cs_slice doc =
            document_of(&b, (struct nitro_change){.at = NITRO_LEAF + 1,
                                                  .from = NITRO_TIME - 600,
                                                  .nonce = births[i].bare ? CS_LIT("") : cs_digest_slice(&nonce)});
        const cs_birth_rest rest = {
            cs_slice_str(births[i].version != NULL ? births[i].version : "0.1.0"),
            cs_slice_str(births[i].release != NULL ? births[i].release : "relayed"),
            cs_slice_str(births[i].sealed != NULL ? births[i].sealed : "record"),
        };
        cs_evidence_expect e = {.allow_mock = !births[i].no_mock,
                                .clock = CS_CLOCK_LIVE,
                                .now = NITRO_TIME + births[i].now_off,
                                .nonce = births[i].nonce};
        if (births[i].mock_vendor)
            assert_int_equal(
                cs_policy_parse(
                    &policy, NULL,
                    CS_LIT("{\"name\":\"m\",\"vendor\":\"mock\",\"matchRules\":{\"allowedImageHashes\":"
                           "[\"sha256:" NITRO_HEX4("ab") NITRO_HEX4("ab") NITRO_HEX4("ab") NITRO_HEX4(
                               "ab") "\"],\"rootPublicKeyB64\":\"1ZnM1wdLHQq4Ul5YG1u8YBxnQGEeyWDNuVJPkH2Zbzo=\"}}"),
                    true),
                CS_OK);
        else
            nitro_policy(&policy, births[i].other_image ? "\"pcrs\":{\"0\":[\"" NITRO_PCR8 "\"]}"
                                                        : "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]}");
        if (births[i].other_user)
            b.user_id = CS_LIT("somebody else");
        cs_err err = cs_birth_verify_live(&v, doc, &policy, &b, &rest, &e);
        if (err != births[i].reason || v.reason != err)
            fail_msg("%s: %s", births[i].what, cs_err_name(err));
        cs_policy_free(&policy);
        vectors_release();
    }
}

/* -- the public library -------------------------------------------------------------------------------------------- */

static void library(void **state)
{
    (void)state;
    cs_birth b = good_birth();
    cs_manifest m = good_manifest();
    cs_slice doc = document_of(&b, (struct nitro_change){0});
    cs_buf manifest = cs_buf_new(CS_MAX_MANIFEST), record = cs_buf_new(CS_MAX_KEY_RECORD);
    char verdict[COUNTERSIGN_VERDICT_MAX], small[16];
    const char *reason = NULL;
    assert_int_equal(cs_manifest_write(&manifest, &m), CS_OK);
    assert_int_equal(cs_key_record_write(&record, &b), CS_OK);
    const char *mj = cs_buf_cstr(&manifest), *rj = cs_buf_cstr(&record);

    assert_int_equal(
        countersign_verify_birth(&reason, verdict, sizeof verdict, doc.p, doc.n, mj, manifest.n, rj, record.n, 1),
        COUNTERSIGN_VERIFIED);
    assert_string_equal(reason, "OK");
    assert_non_null(strstr(verdict, "\"software_nsm\":true"));
    const struct {
        size_t doc_n, manifest_n, record_n;
        int allow, code;
        const char *reason;
    } calls[] = {{doc.n, manifest.n, record.n, 0, COUNTERSIGN_REFUSED, "ATT_MOCK_REFUSED"},
                 {doc.n - 1, manifest.n, record.n, 1, COUNTERSIGN_REFUSED, "ATT_EVIDENCE_FORMAT"},
                 {0, manifest.n, record.n, 1, COUNTERSIGN_REFUSED, "ATT_EVIDENCE_FORMAT"},
                 {doc.n, manifest.n - 1, record.n, 1, COUNTERSIGN_ERROR, "BAD_JSON"},
                 {doc.n, manifest.n, record.n - 1, 1, COUNTERSIGN_ERROR, "BAD_JSON"},
                 {doc.n, 2, record.n, 1, COUNTERSIGN_ERROR, "BAD_JSON"}};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        assert_int_equal(countersign_verify_birth(&reason, NULL, 0, doc.p, calls[i].doc_n, mj, calls[i].manifest_n, rj,
                                                  calls[i].record_n, calls[i].allow),
                         calls[i].code);
        assert_string_equal(reason, calls[i].reason);
    }
    assert_int_equal(countersign_verify_birth(&reason, NULL, 0, NULL, 0, mj, manifest.n, rj, record.n, 1),
                     COUNTERSIGN_ERROR);
    assert_int_equal(countersign_verify_birth(&reason, NULL, 0, doc.p, doc.n, NULL, 0, rj, record.n, 1),
                     COUNTERSIGN_ERROR);
    assert_int_equal(
        countersign_verify_birth(&reason, small, sizeof small, doc.p, doc.n, mj, manifest.n, rj, record.n, 1),
        COUNTERSIGN_ERROR);
    assert_string_equal(reason, "TOO_LARGE");
    assert_string_equal(small, "");
    cs_buf_free(&manifest);
    cs_buf_free(&record);
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents),        cmocka_unit_test(records), cmocka_unit_test(hashed),
        cmocka_unit_test(after_an_upgrade), cmocka_unit_test(genuine), cmocka_unit_test(every_prefix_and_bits),
        cmocka_unit_test(as_text),          cmocka_unit_test(live),    cmocka_unit_test(library),
    };
    return cmocka_run_group_tests_name("birth_verify", tests, NULL, NULL);
}
