/* SPDX-License-Identifier: Apache-2.0 */
/* Making and judging documents. One row for each mutated claim: test_attest_cases.c. */
#include <stdlib.h>
#include <string.h>

#include "attest_fixture.h"

static cs_err judge(cs_verdict *v, cs_slice doc)
{
    cs_policy policy;
    cs_digest payload;
    fixture_policy(&policy);
    cs_expect e = fixture_expect(&payload);
    return cs_attest_verify(v, doc, &policy, &e);
}

static void valid_document(void **state)
{
    (void)state;
    static const char claims[] =
        "{\"vendor\":\"mock\",\"profile\":\"countersign/attestation/"
        "v1\",\"kind\":\"sign\",\"imageHash\":\"sha256:" IMAGE "\",\"epoch\":\"" EPOCH
        "\",\"counter\":17,\"keyCounter\":3,"
        "\"nonce\":\"AQIDBAUGBwgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"iat\":1768473000,\"enclaveVersion\":\"0.1.0\","
        "\"payloadSha256\":\"sha256:" PAYLOAD_SHA256 "\",\"sigSha256\":\"sha256:" SIG_SHA256 "\",\"keyId\":\"" KEY_ID
        "\",\"algorithm\":\"mldsa65+ed25519\",\"signatureFormat\":\"composite\",\"purpose\":\"sign\","
        "\"publicKeySha256\":\"sha256:";
    static const char mock[] = "\",\"policyId\":\"ap_1\","
                               "\"rootPublicKeyB64\":\"MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\","
                               "\"issuedAt\":\"2026-01-15T10:30:00.000Z\",\"rootKeyId\":\"";
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION), text = cs_buf_new(CS_MAX_ATTESTATION);
    fixture_document(&doc, CS_ATTEST_SIGN);
    assert_true(cs_slice_starts(cs_buf_slice(&doc), CS_LIT("eyJhbGciOiJFZERTQSIsInR5cCI6IlBvc3RRLUF0dGVzdGF0aW9uLU1vY2"
                                                           "sifQ.")));
    assert_int_equal(cs_attest_payload_json(&text, cs_buf_slice(&doc)), CS_OK);
    assert_true(cs_slice_starts(cs_buf_slice(&text), cs_slice_str(claims)));
    assert_non_null(strstr(cs_buf_cstr(&text), mock));
    assert_non_null(strstr(cs_buf_cstr(&text), "\",\"claims\":{\"kind\":\"sign\",\"counter\":17,\"payloadSha256\":"
                                               "\"" PAYLOAD_SHA256 "\",\"sigSha256\":\"" SIG_SHA256 "\"}}"));
    cs_verdict v;
    assert_int_equal(judge(&v, cs_buf_slice(&doc)), CS_OK);
    cs_buf_free(&doc);
    cs_buf_free(&text);
}

/* Documents of the other kinds verify only where they are asked for. */
static void kinds(void **state)
{
    (void)state;
    static const cs_attest_kind all[] = {CS_ATTEST_SIGN, CS_ATTEST_BIRTH, CS_ATTEST_BOOT};
    cs_policy policy;
    cs_digest payload;
    fixture_policy(&policy);
    for (size_t made = 0; made < 3; made++) {
        cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
        fixture_document(&doc, all[made]);
        for (size_t asked = 0; asked < 3; asked++) {
            cs_verdict v;
            cs_expect e = fixture_expect(&payload);
            e.kind = all[asked];
            cs_err err = cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e);
            assert_int_equal(err, made == asked ? CS_OK : CS_ATT_KIND);
        }
        cs_verdict v;
        cs_expect e = fixture_expect(&payload);
        e.kind = (cs_attest_kind)77;
        assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_KIND);
        cs_buf_free(&doc);
    }
    assert_string_equal(cs_attest_kind_name((cs_attest_kind)77), "unknown");
}

/* The ledger's keys are in the verdict of a boot document that names them, both, in full. */
static void boot_names_ledger_keys(void **state)
{
    (void)state;
    static const uint8_t nonce[8], bytes[CS_MLDSA44_PUBLIC + 1] = {7};
    static const struct {
        size_t ed25519, mldsa44; /* lengths */
        const char *find, *put;  /* an edit of the payload text; else made as it is */
        cs_err made, reason;
    } rows[] = {
        {32, 1312, NULL, NULL, CS_OK, CS_OK},
        {0, 0, NULL, NULL, CS_OK, CS_OK},
        {32, 0, NULL, NULL, CS_BAD_FIELD, CS_OK},
        {0, 1312, NULL, NULL, CS_BAD_FIELD, CS_OK},
        {31, 1312, NULL, NULL, CS_BAD_FIELD, CS_OK},
        {32, 1313, NULL, NULL, CS_BAD_FIELD, CS_OK},
        {32, 1312, "\"ed25519\":\"", "\"ed25519\":\"AAAA", CS_OK, CS_ATT_CLAIMS},
        {32, 1312, "\"mldsa44\":\"AAAA", "\"mldsa44\":\"", CS_OK, CS_ATT_CLAIMS},
        {32, 1312, "\"mldsa44\"", "\"mldsa65\"", CS_OK, CS_ATT_CLAIMS},
        {32, 1312, "\"ledgerKeys\":{", "\"ledgerKeys\":{\"x\":1,", CS_OK, CS_ATT_CLAIMS},
        {32, 1312, "\"ledgerKeys\":{", "\"ledgerKeys\":1,\"other\":{", CS_OK, CS_ATT_CLAIMS},
        {32, 1312, "\"ledgerKeys\":{", "\"other\":{", CS_OK, CS_OK},
    };
    cs_policy policy;
    cs_digest payload;
    fixture_policy(&policy);
    cs_expect e = fixture_expect(&payload);
    e.kind = CS_ATTEST_BOOT;
    cs_key *root = fixture_root(0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_verdict v;
        cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION), text = cs_buf_new(CS_MAX_ATTESTATION),
               edited = cs_buf_new(CS_MAX_ATTESTATION);
        cs_claims claims = {.kind = CS_ATTEST_BOOT,
                            .vendor = CS_VENDOR_MOCK,
                            .image_hash = CS_LIT("sha256:" IMAGE),
                            .epoch = CS_LIT(EPOCH),
                            .counter = 1,
                            .nonce = CS_ARRAY(nonce),
                            .iat = NOW,
                            .enclave_version = CS_LIT("0.1.0"),
                            .ledger_ed25519 = rows[i].ed25519 ? cs_slice_of(bytes, rows[i].ed25519) : CS_ABSENT,
                            .ledger_mldsa44 = rows[i].mldsa44 ? cs_slice_of(bytes + 1, rows[i].mldsa44) : CS_ABSENT};
        if (rows[i].mldsa44 == 1313)
            claims.ledger_mldsa44.p = bytes;
        assert_int_equal(cs_attest_mock_document(&doc, &claims, root), rows[i].made);
        if (rows[i].find != NULL) {
            assert_int_equal(cs_attest_payload_json(&text, cs_buf_slice(&doc)), CS_OK);
            const char *whole = cs_buf_cstr(&text), *at = strstr(whole, rows[i].find);
            assert_non_null(at);
            cs_buf_add(&edited, cs_slice_of(whole, (size_t)(at - whole)));
            cs_buf_add_str(&edited, rows[i].put);
            cs_buf_add_str(&edited, at + strlen(rows[i].find));
            cs_buf_clear(&doc);
            fixture_sign(&doc, CS_LIT(CS_ATTEST_MOCK_HEADER), cs_buf_slice(&edited), root);
        }
        if (rows[i].made == CS_OK) {
            cs_err err = cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e);
            if (err != rows[i].reason)
                fail_msg("row %zu: %s", i, cs_err_name(err));
            bool named = rows[i].ed25519 != 0 && rows[i].find == NULL;
            assert_true(v.ledger_keys == named);
            if (named) {
                assert_memory_equal(v.ledger_ed25519, bytes, sizeof v.ledger_ed25519);
                assert_memory_equal(v.ledger_mldsa44, bytes + 1, sizeof v.ledger_mldsa44);
            }
        }
        cs_buf_free(&doc);
        cs_buf_free(&text);
        cs_buf_free(&edited);
    }
    cs_key_free(root);
}

/* A boot document attests no key, so it answers for none. */
static void boot_answers_for_no_key(void **state)
{
    (void)state;
    static const cs_format format = CS_FORMAT_COMPOSITE;
    cs_policy policy;
    cs_digest payload;
    cs_verdict v;
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
    fixture_document(&doc, CS_ATTEST_BOOT);
    fixture_policy(&policy);
    cs_expect good = fixture_expect(&payload);
    good.kind = CS_ATTEST_BOOT;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &good), CS_OK);
    cs_expect e = good;
    e.key_id = CS_LIT(KEY_ID);
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_KEY_MISMATCH);
    e = good;
    e.public_key = CS_LIT("");
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_KEY_MISMATCH);
    e = good;
    e.alg = cs_alg_find(CS_LIT("mldsa44"));
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_ALGORITHM_MISMATCH);
    e = good;
    e.format = &format;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_ALGORITHM_MISMATCH);
    cs_buf_free(&doc);
}

/* Published clients read the hashes from `claims`; a birth document has none for them. */
static void birth_states_no_payload(void **state)
{
    (void)state;
    cs_policy policy;
    cs_digest payload;
    cs_verdict v;
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION), text = cs_buf_new(CS_MAX_ATTESTATION), forged = cs_buf_new(1u << 20);
    fixture_document(&doc, CS_ATTEST_BIRTH);
    assert_int_equal(cs_attest_payload_json(&text, cs_buf_slice(&doc)), CS_OK);
    text.n -= 2; /* the end of `claims` and of the payload */
    cs_buf_add_str(&text, ",\"payloadSha256\":\"" PAYLOAD_SHA256 "\"}}");
    cs_key *root = fixture_root(0);
    fixture_sign(&forged, CS_LIT(CS_ATTEST_MOCK_HEADER), cs_buf_slice(&text), root);
    cs_key_free(root);
    fixture_policy(&policy);
    cs_expect e = fixture_expect(&payload);
    e.kind = CS_ATTEST_BIRTH;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_OK);
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&forged), &policy, &e), CS_ATT_COMPAT_CLAIMS);
    cs_buf_free(&forged);
    cs_buf_free(&text);
    cs_buf_free(&doc);
}

static void truncation_is_never_accepted(void **state)
{
    (void)state;
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
    fixture_document(&doc, CS_ATTEST_SIGN);
    for (size_t n = 0; n < doc.n; n++) {
        cs_verdict v;
        cs_err err = judge(&v, cs_slice_of(doc.p, n));
        if (cs_err_class_of(err) != CS_CLASS_REFUSED || v.reason != err || v.proven)
            fail_msg("cut at %zu: %s", n, cs_err_name(err));
        assert_int_not_equal(judge(&v, cs_slice_of(doc.p + n + 1, doc.n - n - 1)), CS_OK);
    }
    cs_buf_free(&doc);
}

static void bit_flip_is_never_accepted(void **state)
{
    (void)state;
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
    fixture_document(&doc, CS_ATTEST_SIGN);
    for (size_t bit = 0; bit < 8 * doc.n; bit++) {
        cs_verdict v;
        doc.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cs_err err = judge(&v, cs_buf_slice(&doc));
        if (cs_err_class_of(err) != CS_CLASS_REFUSED || v.proven)
            fail_msg("bit %zu: %s", bit, cs_err_name(err));
        doc.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    cs_verdict v;
    assert_int_equal(judge(&v, cs_buf_slice(&doc)), CS_OK);
    cs_buf_free(&doc);
}

/* Times at the end of the integers neither overflow nor accept. */
static void extreme_clocks(void **state)
{
    (void)state;
    static const struct {
        int64_t at;
        cs_err err;
    } rows[] = {
        {INT64_MIN, CS_ATT_FROM_FUTURE}, {-1, CS_ATT_FROM_FUTURE},    {0, CS_ATT_FROM_FUTURE},
        {NOW - 61, CS_ATT_FROM_FUTURE},  {NOW - 60, CS_OK},           {NOW + 300, CS_OK},
        {NOW + 301, CS_ATT_EXPIRED},     {INT64_MAX, CS_ATT_EXPIRED},
    };
    cs_policy policy;
    cs_digest payload;
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
    fixture_document(&doc, CS_ATTEST_SIGN);
    fixture_policy(&policy);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_verdict v;
        cs_expect e = fixture_expect(&payload);
        e.now = rows[i].at;
        assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), rows[i].err);
        e.clock = CS_CLOCK_STORED;
        e.entry_time = rows[i].at;
        e.now = NOW;
        assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), rows[i].err);
    }
    cs_buf_free(&doc);
}

/* Empty is a value that was expected, not an expectation left out: only an absent slice is. */
static void empty_expectations_are_compared(void **state)
{
    (void)state;
    cs_verdict v;
    cs_digest payload;
    cs_policy policy;
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
    fixture_document(&doc, CS_ATTEST_SIGN);
    fixture_policy(&policy);
    const cs_expect good = fixture_expect(&payload);
    const cs_slice empty = CS_LIT("");

    cs_expect e = good;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_OK);
    e.nonce = empty;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_NONCE_MISMATCH);
    e = good;
    e.payload_sha256 = empty;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_PAYLOAD_MISMATCH);
    e = good;
    e.signature = empty;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_SIGNATURE_MISMATCH);
    e = good;
    e.key_id = empty;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_KEY_MISMATCH);
    e = good;
    e.public_key = empty;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_KEY_MISMATCH);
    cs_buf_free(&doc);
}

/* A policy struct that no parser made fails closed. */
static void policies_that_no_parser_made(void **state)
{
    (void)state;
    cs_verdict v;
    cs_digest payload;
    cs_policy policy;
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
    fixture_document(&doc, CS_ATTEST_SIGN);
    cs_expect e = fixture_expect(&payload);

    fixture_policy(&policy);
    policy.evidence = CS_EVIDENCE_SESSION;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_HEADER_MISMATCH);
    policy = (cs_policy){0};
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_PROOF_INVALID);
    fixture_policy(&policy);
    policy.vendor = CS_VENDOR_COUNT;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_VENDOR_MISMATCH);
    fixture_policy(&policy);
    policy.match.mock.image_count = CS_MAX_ALLOWED_IMAGES + 1;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_ALLOWLIST_EMPTY);
    cs_buf_free(&doc);
}

static void verdict_text(void **state)
{
    (void)state;
    static const char good[] =
        "{\"ok\":true,\"reason\":\"OK\",\"vendor\":\"mock\",\"evidence\":\"operation\",\"imageHash\":\"sha256:" IMAGE
        "\",\"counter\":17,\"rootSha256\":\"sha256:a050837d85070582ccf7394b0988847cc312cb88259b894899f6f239cf1791a5\","
        "\"hardware\":false,\"datedBy\":\"none\",\"claims\":{\"kind\":\"sign\",\"epoch\":\"" EPOCH
        "\",\"iat\":1768473000,\"enclaveVersion\":\"0.1.0\",\"keyCounter\":3,\"keyId\":\"" KEY_ID
        "\",\"algorithm\":\"mldsa65+ed25519\",\"signatureFormat\":\"composite\",\"purpose\":\"sign\"}}";
    static const char unproven[] =
        "{\"ok\":false,\"reason\":\"ATT_PROOF_INVALID\",\"vendor\":\"mock\",\"evidence\":\"operation\",\"imageHash\":"
        "null,"
        "\"counter\":null,\"rootSha256\":\"sha256:a050837d85070582ccf7394b0988847cc312cb88259b894899f6f239cf1791a5\","
        "\"hardware\":false,\"claims\":null}";
    cs_verdict v;
    cs_policy policy;
    cs_digest payload;
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION), text = cs_buf_new(4096);
    fixture_document(&doc, CS_ATTEST_SIGN);
    fixture_policy(&policy);
    cs_expect e = fixture_expect(&payload);
    e.clock = CS_CLOCK_STORED;
    e.entry_time = NOW;
    assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_OK);
    cs_verdict_json(&text, &v);
    assert_string_equal(cs_buf_cstr(&text), good);

    doc.p[doc.n - 20] = doc.p[doc.n - 20] == 'A' ? 'B' : 'A';
    assert_int_equal(judge(&v, cs_buf_slice(&doc)), CS_ATT_PROOF_INVALID);
    cs_buf_clear(&text);
    cs_verdict_json(&text, &v);
    assert_string_equal(cs_buf_cstr(&text), unproven);
    cs_buf_free(&text);
    cs_buf_free(&doc);
}

/* No document is made whose facts are not all there. */
static void incomplete_claims_are_not_made(void **state)
{
    (void)state;
    uint8_t bytes[32] = {0};
    const cs_slice hash = CS_ARRAY(bytes);
    const cs_claims good = {.kind = CS_ATTEST_SIGN,
                            .vendor = CS_VENDOR_MOCK,
                            .image_hash = CS_LIT("sha256:" IMAGE),
                            .epoch = CS_LIT(EPOCH),
                            .counter = 1,
                            .key_counter = 1,
                            .nonce = hash,
                            .iat = NOW,
                            .enclave_version = CS_LIT("0.1.0"),
                            .key_id = CS_LIT(KEY_ID),
                            .algorithm = CS_LIT("mldsa44"),
                            .signature_format = CS_LIT("pure"),
                            .purpose = CS_LIT("sign"),
                            .public_key_sha256 = hash,
                            .payload_sha256 = hash,
                            .sig_sha256 = hash,
                            .sealed_sha256 = hash,
                            .key_release = CS_LIT("local"),
                            .root_public_key = hash};
    cs_claims bad[20];
    for (size_t i = 0; i < 20; i++)
        bad[i] = good;
    bad[0].vendor = CS_VENDOR_COUNT;
    bad[1].image_hash = CS_ABSENT;
    bad[2].epoch = CS_LIT("00");
    bad[3].counter = 0;
    bad[4].key_counter = 0;
    bad[5].nonce = cs_slice_of(bytes, 7);
    bad[6].iat = -1;
    bad[7].enclave_version = CS_ABSENT;
    bad[8].key_id = CS_ABSENT;
    bad[9].algorithm = CS_ABSENT;
    bad[10].signature_format = CS_ABSENT;
    bad[11].public_key_sha256 = cs_slice_of(bytes, 31);
    bad[12].payload_sha256 = CS_ABSENT;
    bad[13].prehash_alg = CS_SHA512;
    bad[14].payload_sha256 = CS_ABSENT;
    bad[14].prehash_alg = CS_SHA512;
    bad[14].prehash = hash;
    bad[15].sig_sha256 = CS_ABSENT;
    bad[16].kind = CS_ATTEST_BIRTH;
    bad[16].sealed_sha256 = CS_ABSENT;
    bad[17].kind = CS_ATTEST_BIRTH;
    bad[17].key_release = CS_ABSENT;
    bad[18].kind = (cs_attest_kind)77;
    bad[19].root_public_key = CS_ABSENT;
    cs_buf out = cs_buf_new(CS_MAX_ATTESTATION);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(cs_attest_input(&out, &bad[i], CS_LIT(CS_ATTEST_MOCK_HEADER)), CS_BAD_FIELD);
        assert_int_equal(out.n, 0);
    }
    assert_int_equal(cs_attest_input(&out, &good, CS_LIT(CS_ATTEST_MOCK_HEADER)), CS_OK);
    cs_buf_free(&out);
}

/* Computed with sha256sum over the bytes that protocol/attestation.md names. */
static void commitments_are_as_written_down(void **state)
{
    (void)state;
    uint8_t bytes[CS_COMMITMENT_LEN], spki[CS_ROOT_SPKI_LEN] = {0};
    char text[2 * CS_COMMITMENT_LEN + 1];
    cs_buf out = CS_BUF_OVER(bytes), hex = CS_BUF_OVER(text);
    const cs_slice epoch = CS_LIT("0123456789abcdef0123456789abcdef");
    assert_int_equal(cs_attest_commitment(&out, CS_LIT("eyJh.eyJi")), CS_OK);
    cs_hex_encode(&hex, cs_buf_slice(&out));
    assert_string_equal(cs_buf_cstr(&hex), "43534f31420c6022bfda695dbd2a52d4680b68a26ba349b6ae543ad252aff73a8d121836");
    cs_buf_clear(&out);
    cs_buf_clear(&hex);
    assert_int_equal(cs_attest_session_commitment(&out, CS_ARRAY(spki), epoch), CS_OK);
    cs_hex_encode(&hex, cs_buf_slice(&out));
    assert_string_equal(cs_buf_cstr(&hex), "43535331ffb20f5066e57b12eecbb7355bcf7291bf13a38aa9153a90e6a3c15b21cfa150");
    cs_buf_clear(&out);
    assert_int_equal(cs_attest_session_commitment(&out, cs_slice_of(spki, 43), epoch), CS_BAD_FIELD);
    assert_int_equal(cs_attest_session_commitment(&out, CS_ARRAY(spki), cs_slice_sub(epoch, 0, 31)), CS_BAD_FIELD);
    assert_int_equal(out.n, 0);
}

static void headers_are_as_written_down(void **state)
{
    (void)state;
    cs_buf out = cs_buf_new(4096);
    cs_attest_operation_header(&out, "nitro-cose");
    assert_string_equal(cs_buf_cstr(&out), "{\"alg\":\"nitro-cose\",\"typ\":\"countersign-operation\"}");
    cs_buf_clear(&out);
    cs_attest_session_header(&out, CS_LIT("proof"), CS_LIT("key"), CS_LIT("00ff"));
    assert_string_equal(cs_buf_cstr(&out),
                        "{\"alg\":\"EdDSA\",\"typ\":\"countersign-session\",\"evidence\":\"cHJvb2Y=\","
                        "\"spki\":\"a2V5\",\"epoch\":\"00ff\"}");
    cs_buf_free(&out);
}

static void inspection_refuses_what_is_no_document(void **state)
{
    (void)state;
    static const struct {
        const char *doc;
        cs_err err;
    } rows[] = {
        {"", CS_ATT_SHAPE},          {"e30", CS_ATT_SHAPE},       {"e30.e30", CS_ATT_SHAPE},
        {"e30.e30.", CS_ATT_SHAPE},  {"e30.e3.QQ", CS_ATT_SHAPE}, {"e30.e30=.QQ", CS_ATT_SHAPE},
        {"e30.W10.QQ", CS_ATT_JSON}, {"e30.ew.QQ", CS_ATT_JSON},  {"e30.e30.QQ", CS_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf out = cs_buf_new(CS_MAX_ATTESTATION);
        assert_int_equal(cs_attest_payload_json(&out, cs_slice_str(rows[i].doc)), rows[i].err);
        assert_string_equal(cs_buf_cstr(&out), rows[i].err == CS_OK ? "{}" : "");
        cs_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_document),
        cmocka_unit_test(kinds),
        cmocka_unit_test(boot_answers_for_no_key),
        cmocka_unit_test(boot_names_ledger_keys),
        cmocka_unit_test(birth_states_no_payload),
        cmocka_unit_test(truncation_is_never_accepted),
        cmocka_unit_test(bit_flip_is_never_accepted),
        cmocka_unit_test(extreme_clocks),
        cmocka_unit_test(empty_expectations_are_compared),
        cmocka_unit_test(policies_that_no_parser_made),
        cmocka_unit_test(verdict_text),
        cmocka_unit_test(incomplete_claims_are_not_made),
        cmocka_unit_test(commitments_are_as_written_down),
        cmocka_unit_test(headers_are_as_written_down),
        cmocka_unit_test(inspection_refuses_what_is_no_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
