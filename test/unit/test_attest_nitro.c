/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nitro documents: every public one with its verdict at its clock, documents of our own with one change a row, and
 * every bit and every prefix of a good one. The rows are nitro_rows.h.
 */
#include "core/attest_nitro.h"

#include "core/clock.h"
#include "core/evidence.h"
#include "core/nitro.h"
#include "nitro_fixture.h"
#include "nitro_rows.h"

/* A policy with AWS's own root and these members of matchRules. */
static void aws_policy(cs_policy *out, const char *members)
{
    cs_buf json = cs_buf_new(CS_MAX_POLICY);
    cs_buf_printf(&json, "{\"name\":\"n\",\"vendor\":\"aws-nitro-enclave\",\"matchRules\":{%s}}", members);
    assert_int_equal(cs_policy_parse(out, NULL, cs_buf_slice(&json), false), CS_OK);
    cs_buf_free(&json);
}

static cs_buf public_document(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "attestation/nitro/%s.cbor", name);
    return vectors_public_file(path);
}

/* -- public documents ---------------------------------------------------------------------------------------------- */

static void judge_public(const struct public_row *row)
{
    cs_policy policy;
    cs_verdict v;
    char members[256];
    cs_buf doc = public_document(row->name);
    const struct {
        int64_t at;
        bool stored;
        cs_err reason;
    } clocks[] = {
        {row->time, false, row->reason},
        {row->time + 60, false, row->reason},
        {row->time, true, row->reason},
        {row->not_after, false, row->reason == CS_OK ? CS_ATT_EXPIRED : row->reason}, /* too old, but still certified */
        {row->not_before - 1, false, row->foreign ? row->reason : CS_ATT_CERT_NOT_YET_VALID},
        {row->not_after + 1, false, row->foreign ? row->reason : CS_ATT_CERT_EXPIRED},
        {1790000000, false, row->foreign ? row->reason : CS_ATT_CERT_EXPIRED},
    };
    (void)snprintf(members, sizeof members, "\"pcrs\":{\"0\":[\"%s\"]}", row->pcr0 != NULL ? row->pcr0 : NITRO_PCR0);
    aws_policy(&policy, members);
    policy.require_dated = false;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        bool stored = clocks[i].stored;
        cs_evidence_expect e = {.clock = stored ? CS_CLOCK_STORED : CS_CLOCK_LIVE,
                                .now = stored ? 0 : clocks[i].at,
                                .entry_time = stored ? clocks[i].at : 0};
        if (clocks[i].at == row->not_after && row->not_after - row->time <= policy.max_doc_age_seconds)
            continue;
        cs_err err = cs_evidence_verify(&v, cs_buf_slice(&doc), &policy, &e);
        if (err != clocks[i].reason)
            fail_msg("%s, clock %zu: %s", row->name, i, cs_err_name(err));
        assert_int_equal(v.hardware, v.proven);
        if (v.proven) {
            assert_int_equal(v.evidence_time, row->time);
            assert_true(row->pcr0 == NULL || strcmp(v.image_hash + strlen("sha384:"), row->pcr0) == 0);
        }
    }
    cs_policy_free(&policy);
    cs_buf_free(&doc);
}

static void public_documents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof public_rows / sizeof *public_rows; i++)
        judge_public(&public_rows[i]);
}

/* -- documents of our own ------------------------------------------------------------------------------------------ */

static cs_err judge(const cs_policy *policy, cs_slice doc, const struct own_row *row)
{
    cs_verdict v;
    cs_evidence_expect e = {.allow_mock = true,
                            .clock = row->stored ? CS_CLOCK_STORED : CS_CLOCK_LIVE,
                            .now = row->at != 0 ? row->at : NITRO_TIME,
                            .entry_time = row->at != 0 ? row->at : NITRO_TIME,
                            .nonce = row->nonce,
                            .binding = row->binding,
                            .public_key = row->public_key};
    cs_err err = cs_evidence_verify(&v, doc, policy, &e);
    assert_false(v.hardware);
    return err;
}

static void documents_of_our_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof own_rows / sizeof *own_rows; i++) {
        const struct own_row *row = &own_rows[i];
        cs_policy policy;
        cs_buf doc = cs_buf_new(1u << 20);
        nitro_policy(&policy, row->rules != NULL ? row->rules : "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]}");
        policy.require_dated = false;
        nitro_document(&doc, &row->change);
        cs_err err = judge(&policy, cs_slice_of(vectors_copy(cs_buf_slice(&doc)), doc.n), row);
        if (err != row->reason)
            fail_msg("%s: %s", row->what, cs_err_name(err));
        cs_buf_free(&doc);
        cs_policy_free(&policy);
        vectors_release();
    }
}

/* The largest document that is taken, and one byte more. */
static void size_at_its_edge(void **state)
{
    (void)state;
    cs_policy policy;
    struct own_row row = {.change = {.indefinite_map = true}};
    nitro_policy(&policy, "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]}");
    for (size_t more = 0; more < 2; more++) {
        static char hex[2 * CS_MAX_COSE];
        cs_buf doc = cs_buf_new(1u << 20);
        row.change.set[0].member = "module_id";
        row.change.set[0].hex = "6161";
        nitro_document(&doc, &row.change);
        size_t pad = CS_MAX_COSE - doc.n + more - 2; /* its head grows by two bytes */
        (void)snprintf(hex, sizeof hex, "79%04zx", pad + 1);
        memset(hex + 6, '6', 2 * (pad + 1));
        hex[6 + 2 * (pad + 1)] = '\0';
        row.change.set[0].hex = hex;
        cs_buf_clear(&doc);
        nitro_document(&doc, &row.change);
        assert_int_equal(doc.n, CS_MAX_COSE + more);
        assert_int_equal(judge(&policy, cs_buf_slice(&doc), &row), more > 0 ? CS_ATT_EVIDENCE_FORMAT : CS_OK);
        cs_buf_free(&doc);
        vectors_release();
    }
    cs_policy_free(&policy);
}

/* What QEMU's emulation gives out is not signed [QEMU hw/virtio/virtio-nsm.c]. */
static void qemu_document(void **state)
{
    (void)state;
    cs_policy policy;
    cs_buf doc = cs_buf_new(1u << 16), sig = cs_buf_new(256), zero = cs_buf_new(256);
    struct nitro_change c = {.protected_hex = "a120",
                             .signature_cut = CS_COSE_ES384_SIG - 64,
                             .no_signature = true,
                             .set = {{"certificate", "5840" NITRO_HEX("00") NITRO_HEX4("00") NITRO_HEX4("00")},
                                     {"cabundle", "815840" NITRO_HEX("00") NITRO_HEX4("00") NITRO_HEX4("00")}}};
    struct own_row row = {0};
    nitro_policy(&policy, "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]}");
    nitro_document(&doc, &c);
    assert_int_equal(judge(&policy, cs_buf_slice(&doc), &row), CS_ATT_EVIDENCE_FORMAT); /* header {-1: absent} */
    cs_buf_clear(&doc);
    c.protected_hex = "a10120"; /* {1: -1} */
    nitro_document(&doc, &c);
    assert_int_equal(judge(&policy, cs_buf_slice(&doc), &row), CS_ATT_EVIDENCE_ALGORITHM);
    cs_buf_clear(&doc);
    c.protected_hex = NULL; /* the same, called ES384 */
    nitro_document(&doc, &c);
    assert_int_equal(judge(&policy, cs_buf_slice(&doc), &row), CS_ATT_EVIDENCE_FORMAT);
    cs_buf_free(&doc);
    cs_buf_free(&sig);
    cs_buf_free(&zero);
    cs_policy_free(&policy);
    vectors_release();
}

/* The synthetic public document is good under its own root, where that is pinned. */
static void foreign_root(void **state)
{
    (void)state;
    cs_policy policy;
    cs_verdict v;
    cs_nitro n;
    cs_buf doc = public_document("foreign-root-2024-12-13"), pem = cs_buf_new(4096), json = cs_buf_new(CS_MAX_POLICY);
    cs_jw w = cs_jw_on(&json);
    assert_int_equal(cs_nitro_parse(&n, cs_buf_slice(&doc)), CS_OK);
    cs_issue_pem(&pem, n.bundle[0]);
    cs_buf_add_str(&json, "{\"name\":\"n\",\"vendor\":\"aws-nitro-enclave\",\"matchRules\":{"
                          "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]},");
    cs_jw_str(&w, "rootCertificatePem", cs_buf_slice(&pem));
    cs_buf_add_str(&json, "}}");
    assert_int_equal(cs_policy_parse(&policy, NULL, cs_buf_slice(&json), true), CS_OK);
    cs_evidence_expect e = {.allow_mock = true, .now = n.timestamp_ms / 1000};
    cs_err err = cs_evidence_verify(&v, cs_buf_slice(&doc), &policy, &e);
    assert_int_equal(err, CS_ATT_IMAGE_NOT_ALLOWED); /* its PCR0 is zero, so no policy allows it */
    assert_true(v.proven);
    assert_false(v.hardware);
    cs_policy_free(&policy);
    cs_buf_free(&doc);
    cs_buf_free(&pem);
    cs_buf_free(&json);
}

/* A remembered chain spares signatures and nothing else. */
static void remembered_chain(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        cs_err reason;
        struct nitro_change change;
        int64_t at;
    } rows[] = {
        {"as it should be", CS_OK, {0}, 0},
        {"again", CS_OK, {0}, 0},
        {"another document", CS_OK, {.timestamp_ms = (NITRO_TIME + 1) * (int64_t)1000}, 0},
        {"document changed", CS_ATT_PROOF_INVALID, {.payload_of_another = true}, 0},
        {"not signed", CS_ATT_PROOF_INVALID, {.no_signature = true}, 0},
        {"expired since", CS_ATT_CERT_EXPIRED, {0}, NITRO_TIME + 10801},
        {"not valid yet", CS_ATT_CERT_NOT_YET_VALID, {0}, NITRO_TIME - 4},
        {"leaf's signature broken", CS_ATT_CHAIN, {.at = 5, .broken_signature = true}, 0},
        {"region's signature broken", CS_ATT_CHAIN, {.at = 2, .broken_signature = true}, 0},
        {"another root", CS_ATT_ROOT_MISMATCH, {.other_root = true}, 0},
        {"in another order", CS_ATT_ROOT_MISMATCH, {.reversed = true}, 0},
        {"with one twice", CS_ATT_CHAIN, {.twice = 3}, 0},
        {"again after all of them", CS_OK, {0}, 0},
    };
    cs_chain_cache *cache = NULL;
    cs_policy policy;
    nitro_policy(&policy, "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]}");
    assert_int_equal(cs_chain_cache_new(&cache, 2), CS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_verdict v;
        cs_buf doc = cs_buf_new(1u << 16);
        cs_evidence_expect e = {.allow_mock = true, .now = rows[i].at != 0 ? rows[i].at : NITRO_TIME, .chains = cache};
        nitro_document(&doc, &rows[i].change);
        cs_err err = cs_evidence_verify(&v, cs_buf_slice(&doc), &policy, &e);
        if (err != rows[i].reason)
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        cs_buf_free(&doc);
        vectors_release();
    }
    cs_chain_cache_free(cache);
    cs_policy_free(&policy);
}

/* -- every bit, every prefix --------------------------------------------------------------------------------------- */

/* Each changed document is refused. A flip in a certificate or in what is signed costs signatures, so one bit of each
 * byte is flipped here, another one in each byte; all of them with CS_EVERY_BIT. */
static void every_bit(void **state)
{
    (void)state;
    cs_policy policy;
    cs_verdict v;
    const struct public_row *good = &public_rows[0];
    char members[256];
    cs_buf doc = public_document(good->name);
    bool all = getenv("CS_EVERY_BIT") != NULL;
    (void)snprintf(members, sizeof members, "\"pcrs\":{\"0\":[\"%s\"]}", good->pcr0);
    aws_policy(&policy, members);
    cs_chain_cache *cache = NULL;
    assert_int_equal(cs_chain_cache_new(&cache, 4), CS_OK);
    cs_evidence_expect e = {.now = good->time, .chains = cache};
    assert_int_equal(cs_evidence_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_OK);
    for (size_t i = 0; i < doc.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            if (!all && bit != i % 8)
                continue;
            doc.p[i] ^= (uint8_t)(1u << bit);
            cs_err err = cs_evidence_verify(&v, cs_buf_slice(&doc), &policy, &e);
            if (err == CS_OK || cs_err_class_of(err) != CS_CLASS_REFUSED)
                fail_msg("bit %u of byte %zu: %s", bit, i, cs_err_name(err));
            doc.p[i] ^= (uint8_t)(1u << bit);
        }
    }
    assert_int_equal(cs_evidence_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_OK);
    for (size_t n = 0; n < doc.n; n++) {
        uint8_t *copy = vectors_copy(cs_slice_of(doc.p, n));
        assert_int_equal(cs_evidence_verify(&v, cs_slice_of(copy, n), &policy, &e), CS_ATT_EVIDENCE_FORMAT);
        vectors_release();
    }
    cs_chain_cache_free(cache);
    cs_policy_free(&policy);
    cs_buf_free(&doc);
}

/* -- policies ------------------------------------------------------------------------------------------------------ */

static void rules_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good_rules / sizeof *good_rules; i++) {
        cs_policy policy, again;
        cs_buf first = cs_buf_new(CS_MAX_POLICY), second = cs_buf_new(CS_MAX_POLICY);
        aws_policy(&policy, good_rules[i].rules);
        assert_int_equal(cs_policy_canonical(&first, &policy), CS_OK);
        if (strstr(cs_buf_cstr(&first), good_rules[i].canonical) == NULL)
            fail_msg("%s\nwithout %s", cs_buf_cstr(&first), good_rules[i].canonical);
        assert_int_equal(cs_policy_parse(&again, NULL, cs_buf_slice(&first), false), CS_OK);
        assert_int_equal(cs_policy_canonical(&second, &again), CS_OK);
        assert_string_equal(cs_buf_cstr(&first), cs_buf_cstr(&second));
        cs_policy_free(&policy);
        cs_policy_free(&again);
        cs_buf_free(&first);
        cs_buf_free(&second);
    }
}

static void rules_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_rules / sizeof *bad_rules; i++) {
        cs_policy policy;
        cs_fault fault;
        cs_buf json = cs_buf_new(CS_MAX_POLICY);
        cs_buf_printf(&json, "{\"name\":\"n\",\"vendor\":\"aws-nitro-enclave\",\"matchRules\":{%s}}",
                      bad_rules[i].rules);
        cs_err err = cs_policy_parse(&policy, &fault, cs_buf_slice(&json), true);
        if (err != bad_rules[i].err || strcmp(fault.field, bad_rules[i].field) != 0)
            fail_msg("%s: %s %s", bad_rules[i].rules, cs_err_name(err), fault.field);
        cs_buf_free(&json);
    }
}

/* What the document around evidence says of the enclave's version, against the oldest that may run. */
static void versions(void **state)
{
    (void)state;
    static const struct {
        const char *min, *version; /* NULL: evidence alone */
        cs_err reason;
    } rows[] = {
        {"0.1.0", "0.1.0", CS_OK},
        {"0.1", "0.1.0", CS_OK},
        {"0.1.0", "0.1", CS_OK},
        {"0.1.0", "0.1.1", CS_OK},
        {"0.9.9", "0.10.0", CS_OK},
        {"0.9.9", "1", CS_OK},
        {"1.2.3.4", "1.2.3.4", CS_OK},
        {"0", "0.0.0.1", CS_OK},
        {"999999999", "999999999", CS_OK},
        {"0.1.0", "0.0.9", CS_ATT_ENCLAVE_VERSION},
        {"0.1.1", "0.1", CS_ATT_ENCLAVE_VERSION},
        {"0.10", "0.9", CS_ATT_ENCLAVE_VERSION},
        {"1", "0.99.99.99", CS_ATT_ENCLAVE_VERSION},
        {"1.2.3.4", "1.2.3.3", CS_ATT_ENCLAVE_VERSION},
        {"0", NULL, CS_ATT_ENCLAVE_VERSION},
        {"0", "", CS_ATT_ENCLAVE_VERSION},
        {"0", "1.0-rc1", CS_ATT_ENCLAVE_VERSION},
        {"0", "1.0.", CS_ATT_ENCLAVE_VERSION},
        {"0", "01", CS_ATT_ENCLAVE_VERSION},
        {"0", " 1", CS_ATT_ENCLAVE_VERSION},
        {"0", "1.2.3.4.5", CS_ATT_ENCLAVE_VERSION},
        {"0", "4294967296", CS_ATT_ENCLAVE_VERSION},
    };
    struct nitro_change good = {0};
    cs_buf doc = cs_buf_new(1u << 16);
    nitro_document(&doc, &good);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char members[512];
        cs_policy policy;
        cs_proven proven;
        cs_prove_at at = {.now = NITRO_TIME};
        (void)snprintf(members, sizeof members, "\"minEnclaveVersion\":\"%s\",\"pcrs\":{\"8\":[\"" NITRO_PCR8 "\"]}",
                       rows[i].min);
        nitro_policy(&policy, members);
        const void *rules = cs_policy_rules(&policy);
        assert_int_equal(cs_attest_nitro.prove(&proven, rules, cs_buf_slice(&doc), &at, CS_ABSENT), CS_OK);
        assert_false(proven.hardware);
        assert_int_equal(proven.time, NITRO_TIME);
        proven.enclave_version = rows[i].version != NULL ? cs_slice_str(rows[i].version) : CS_ABSENT;
        if (cs_attest_nitro.allow(rules, &proven) != rows[i].reason)
            fail_msg("%s at least %s", rows[i].version != NULL ? rows[i].version : "nothing", rows[i].min);
        cs_proven_free(&proven, CS_VENDOR_AWS_NITRO);
        cs_policy_free(&policy);
    }
    cs_buf_free(&doc);
    vectors_release();
}

/* 64 values of a register are taken and 65 are not. */
static void many_values(void **state)
{
    (void)state;
    for (size_t n = CS_MAX_ALLOWED_IMAGES; n <= CS_MAX_ALLOWED_IMAGES + 1; n++) {
        cs_policy policy;
        cs_buf json = cs_buf_new(CS_MAX_POLICY);
        cs_buf_add_str(&json, "{\"name\":\"n\",\"vendor\":\"aws-nitro-enclave\",\"matchRules\":{\"pcrs\":{\"0\":[");
        for (size_t i = 0; i < n; i++)
            cs_buf_printf(&json, "%s\"%096zx\"", i > 0 ? "," : "", i + 1);
        cs_buf_add_str(&json, "]}}}");
        cs_err err = cs_policy_parse(&policy, NULL, cs_buf_slice(&json), false);
        assert_int_equal(err, n <= CS_MAX_ALLOWED_IMAGES ? CS_OK : CS_BAD_FIELD);
        cs_policy_free(&policy);
        cs_buf_free(&json);
    }
}

/* AWS's own certificate changes nothing; another one is for where development roots are. */
static void roots(void **state)
{
    (void)state;
    cs_policy policy;
    uint8_t root[CS_SHA256_LEN];
    cs_buf aws = vectors_public_file("attestation/nitro/aws-nitro-root-g1.pem"), json = cs_buf_new(CS_MAX_POLICY),
           canonical = cs_buf_new(CS_MAX_POLICY);
    const char *rules = "\"pcrs\":{\"0\":[\"" NITRO_PCR0 "\"]}";
    cs_jw w = cs_jw_on(&json);
    cs_buf_printf(&json, "{\"name\":\"n\",\"vendor\":\"aws-nitro-enclave\",\"matchRules\":{%s,", rules);
    cs_jw_str(&w, "rootCertificatePem", cs_buf_slice(&aws));
    cs_buf_add_str(&json, "}}");
    assert_int_equal(cs_policy_parse(&policy, NULL, cs_buf_slice(&json), false), CS_OK);
    assert_int_equal(cs_evidence_root(root, &policy), CS_ROOT_COMPILED_IN);
    assert_non_null(cs_vendor_root_find(CS_VENDOR_AWS_NITRO, root));
    assert_int_equal(cs_policy_canonical(&canonical, &policy), CS_OK);
    assert_null(strstr(cs_buf_cstr(&canonical), "rootCertificatePem"));
    cs_policy_free(&policy);

    cs_fault fault;
    cs_buf_clear(&json);
    nitro_policy_json(&json, rules);
    assert_int_equal(cs_policy_parse(&policy, &fault, cs_buf_slice(&json), false), CS_POLICY_FOREIGN_ROOT);
    assert_string_equal(fault.field, "matchRules.rootCertificatePem");
    assert_int_equal(cs_policy_parse(&policy, &fault, cs_buf_slice(&json), true), CS_OK);
    assert_int_equal(cs_evidence_root(root, &policy), CS_ROOT_FOREIGN);
    cs_buf_clear(&canonical);
    assert_int_equal(cs_policy_canonical(&canonical, &policy), CS_OK);
    assert_non_null(strstr(cs_buf_cstr(&canonical), "\"rootCertificatePem\":\"-----BEGIN CERTIFICATE-----\\n"));

    /* In production its documents are refused whoever asks. */
    cs_verdict v;
    cs_buf doc = cs_buf_new(1u << 16);
    struct nitro_change good = {0};
    cs_evidence_expect e = {.now = NITRO_TIME};
    nitro_document(&doc, &good);
    assert_int_equal(cs_evidence_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_ATT_MOCK_REFUSED);
    e.allow_mock = true;
    assert_int_equal(cs_evidence_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_OK);
    cs_policy_free(&policy);
    cs_buf_free(&aws);
    cs_buf_free(&json);
    cs_buf_free(&canonical);
    cs_buf_free(&doc);
    vectors_release();
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

static void described(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "\"vendor\":\"aws-nitro-enclave\"",
        "\"algorithm\":\"ES384\"",
        "\"moduleId\":\"i-04fd167167daacf3b-enc01845e97d0b3eb4e\"",
        "\"time\":\"2022-11-09T22:52:00.696Z\"",
        "\"timestampMs\":1668034320696",
        "\"debug\":false",
        "\"pcrs\":{\"0\":\"22f9e1c949208da55e",
        "\"zeroPcrs\":[3,5,6,7,8,9,10,11,12,13,14,15]",
        "\"publicKey\":null",
        "aws.nitro-enclaves",
        "\"sha256\":\"641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b\"",
    };
    cs_buf doc = public_document("prod-2022-11-09"), text = cs_buf_new(1u << 16);
    assert_int_equal(cs_evidence_describe(&text, CS_VENDOR_AWS_NITRO, cs_buf_slice(&doc)), CS_OK);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strstr(cs_buf_cstr(&text), wanted[i]) == NULL)
            fail_msg("%s\nis not in %s", wanted[i], cs_buf_cstr(&text));
    cs_json *json = NULL;
    assert_int_equal(cs_json_parse(&json, cs_buf_slice(&text), text.n), CS_OK);
    cs_json_free(json);
    cs_buf_clear(&text);
    assert_int_equal(cs_evidence_describe(&text, CS_VENDOR_AWS_NITRO, CS_LIT("\x84")), CS_ATT_EVIDENCE_FORMAT);

    /* What is no certificate is said to be none; nothing is judged. */
    struct nitro_change unsigned_one = {.protected_hex = "a10120",
                                        .set = {{"cabundle", "8140"}, {"cabundle", "814100"}}};
    cs_buf_clear(&doc);
    cs_buf_clear(&text);
    nitro_document(&doc, &unsigned_one);
    assert_int_equal(cs_evidence_describe(&text, CS_VENDOR_AWS_NITRO, cs_buf_slice(&doc)), CS_OK);
    assert_non_null(strstr(cs_buf_cstr(&text), "\"algorithm\":-1"));
    assert_non_null(strstr(cs_buf_cstr(&text), "\"not a certificate\""));
    cs_buf_free(&doc);
    cs_buf_free(&text);
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_documents),
        cmocka_unit_test(documents_of_our_own),
        cmocka_unit_test(size_at_its_edge),
        cmocka_unit_test(qemu_document),
        cmocka_unit_test(every_bit),
        cmocka_unit_test(rules_accepted),
        cmocka_unit_test(rules_refused),
        cmocka_unit_test(many_values),
        cmocka_unit_test(roots),
        cmocka_unit_test(described),
        cmocka_unit_test(foreign_root),
        cmocka_unit_test(remembered_chain),
        cmocka_unit_test(versions),
    };
    return cmocka_run_group_tests_name("attest_nitro", tests, NULL, NULL);
}
