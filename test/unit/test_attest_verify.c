/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging documents around hardware evidence: the rows of attest_rows_hardware.h on documents made anew, what the
 * verdict shows, damage anywhere in a document, and vendors whose evidence has no time. Vendor mock: test_attest.c.
 */
#include "attest_rows_hardware.h"
#include "snp_fixture.h"
#include "vendor_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static cs_expect expect_of(const struct hardware_row *row, cs_digest *payload, cs_buf *nonce)
{
    cs_expect e = fixture_expect(payload);
    e.kind = row->asked;
    e.allow_mock = !row->production;
    e.clock = row->stored ? CS_CLOCK_STORED : CS_CLOCK_LIVE;
    e.now = row->stored ? NOW + 31536000 : NOW + row->at;
    e.entry_time = NOW + row->at;
    e.dated = row->dated;
    if (row->nonce != NULL) {
        assert_int_equal(cs_base64_decode(nonce, cs_slice_str(row->nonce)), CS_OK);
        e.nonce = cs_buf_slice(nonce);
    }
    if (row->signature != NULL)
        e.signature = cs_slice_str(row->signature);
    e.key_id = cs_slice_str(row->key_id);
    return e;
}

static cs_err run(cs_verdict *v, const struct hardware_row *row)
{
    cs_policy policy;
    cs_digest payload;
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION), text = cs_buf_new(CS_MAX_POLICY), nonce = cs_buf_new(CS_MAX_NONCE);
    hardware_document(&doc, &row->made, row->epoch != NULL ? row->epoch : EPOCH);
    hardware_policy_text(&text, row);
    cs_err err = cs_policy_parse(&policy, NULL, cs_buf_slice(&text), true);
    if (err != CS_OK)
        fail_msg("%s: policy: %s", row->name, cs_err_name(err));
    cs_expect e = expect_of(row, &payload, &nonce);
    err = cs_attest_verify(v, cs_buf_slice(&doc), &policy, &e);
    cs_policy_free(&policy);
    cs_buf_free(&nonce);
    cs_buf_free(&text);
    cs_buf_free(&doc);
    vectors_release();
    return err;
}

static void rows_give_their_reasons(void **state)
{
    (void)state;
    size_t accepted = 0;
    for (size_t i = 0; i < COUNT(hardware_rows); i++) {
        cs_verdict v;
        const struct hardware_row *row = &hardware_rows[i];
        cs_err err = run(&v, row);
        if (err != row->reason || v.reason != err)
            fail_msg("%s: %s", row->name, cs_err_name(err));
        assert_false(v.hardware); /* no root of these is a vendor's */
        accepted += err == CS_OK;
    }
    assert_true(COUNT(hardware_rows) > 4 * accepted);
}

static void verdicts_show_what_was_found(void **state)
{
    (void)state;
    static const struct hardware_row operation = {"operation", .stored = true, .dated = true},
                                     session = {"session", .made = {.session = true}},
                                     refused = {"refused", .made = {.proof = PROOF_FLIP}};
    cs_verdict v;
    cs_buf text = cs_buf_new(4096);
    assert_int_equal(run(&v, &operation), CS_OK);
    assert_int_equal(v.evidence_time, NOW);
    assert_string_equal(v.image_hash, HARDWARE_IMAGE);
    cs_verdict_json(&text, &v);
    const char *json = cs_buf_cstr(&text);
    assert_non_null(
        strstr(json, "\"vendor\":\"aws-nitro-enclave\",\"evidence\":\"operation\",\"imageHash\":\"sha384:10"));
    assert_non_null(
        strstr(json, "\",\"hardware\":false,\"evidenceTime\":1768473000,\"datedBy\":\"witness\",\"claims\":{"));

    cs_buf_clear(&text);
    assert_int_equal(run(&v, &session), CS_OK);
    cs_verdict_json(&text, &v);
    assert_non_null(strstr(cs_buf_cstr(&text), "\"evidence\":\"session\",\"imageHash\":\"sha384:10"));

    cs_buf_clear(&text);
    assert_int_equal(run(&v, &refused), CS_ATT_PROOF_INVALID);
    assert_false(v.proven);
    assert_int_equal(v.evidence_time, -1);
    cs_verdict_json(&text, &v);
    json = cs_buf_cstr(&text);
    assert_non_null(strstr(json, "\"imageHash\":null,\"counter\":null,\"rootSha256\":\"sha256:"));
    assert_null(strstr(json, "evidenceTime"));
    cs_buf_free(&text);
}

/* Every seventh character of both kinds of documents changed, and every seventh truncation. */
static void damage_is_never_accepted(void **state)
{
    (void)state;
    for (int session = 0; session < 2; session++) {
        const struct hardware_row row = {"damage", .made = {.session = session == 1}};
        cs_policy policy;
        cs_digest payload;
        cs_verdict v;
        cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION), text = cs_buf_new(CS_MAX_POLICY), nonce = cs_buf_new(CS_MAX_NONCE);
        hardware_document(&doc, &row.made, EPOCH);
        hardware_policy_text(&text, &row);
        assert_int_equal(cs_policy_parse(&policy, NULL, cs_buf_slice(&text), true), CS_OK);
        cs_expect e = expect_of(&row, &payload, &nonce);
        assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_OK);
        for (size_t i = 0; i < doc.n; i += 7) {
            uint8_t kept = doc.p[i];
            doc.p[i] = kept == 'A' ? 'B' : 'A';
            cs_err err = cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e);
            cs_err cut = cs_attest_verify(&v, cs_slice_of(doc.p, i), &policy, &e);
            doc.p[i] = kept;
            if (cs_err_class_of(err) != CS_CLASS_REFUSED || cs_err_class_of(cut) != CS_CLASS_REFUSED)
                fail_msg("byte %zu: %s, cut there: %s", i, cs_err_name(err), cs_err_name(cut));
        }
        assert_int_equal(cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e), CS_OK);
        cs_policy_free(&policy);
        cs_buf_free(&nonce);
        cs_buf_free(&text);
        cs_buf_free(&doc);
        vectors_release();
    }
}

/* -- evidence without a time ----------------------------------------------------------------------------------------
 */

static void snp_document(cs_buf *out, const struct snp_machine *m, int64_t iat)
{
    uint8_t report[CS_SNP_REPORT_LEN], bytes[CS_COMMITMENT_LEN];
    char iat_text[32];
    cs_digest d;
    cs_buf commitment = CS_BUF_OVER(bytes), number = CS_BUF_OVER(iat_text);
    cs_buf_printf(&number, "\"iat\":%lld", (long long)iat);
    const struct hardware_change c = {.claims = {{"aws-nitro-enclave", "amd-sev-snp"},
                                                 {HARDWARE_IMAGE, "sha384:" NITRO_HEX("3c")},
                                                 {"\"iat\":1768473000", cs_buf_cstr(&number)}}};
    cs_buf payload = hardware_payload(&c);
    cs_base64url_encode(out, CS_LIT("{\"alg\":\"snp-report\",\"typ\":\"countersign-operation\"}"));
    cs_buf_add_u8(out, '.');
    cs_base64url_encode(out, cs_buf_slice(&payload));
    assert_int_equal(cs_attest_commitment(&commitment, cs_buf_slice(out)), CS_OK);
    assert_int_equal(cs_hash(&d, CS_SHA256, cs_buf_slice(&commitment)), CS_OK);
    snp_make_report(report, m);
    memcpy(report + 0x50, d.b, 32);
    memset(report + 0x70, 0, 32);
    snp_sign_report(report, m->leaf_key);
    const cs_slice chain[] = {m->leaf, m->ask, m->ark};
    cs_buf evidence = snp_evidence(CS_ARRAY(report), chain, 3);
    cs_buf_add_u8(out, '.');
    cs_base64url_encode(out, cs_buf_slice(&evidence));
    assert_int_equal(out->err, CS_OK);
    cs_buf_free(&evidence);
    cs_buf_free(&payload);
}

/* The claims' own time counts, and no session can be shown. */
static void evidence_without_a_time(void **state)
{
    (void)state;
    static const struct {
        int64_t iat, at;
        bool stored;
        cs_err reason;
    } rows[] = {
        {SNP_NOW, SNP_NOW, false, CS_OK},
        {SNP_NOW, SNP_NOW + 300, false, CS_OK},
        {SNP_NOW + 60, SNP_NOW, false, CS_OK},
        {SNP_NOW, SNP_NOW + 300, true, CS_OK},
        {SNP_NOW, SNP_NOW + 301, false, CS_ATT_EXPIRED},
        {SNP_NOW, SNP_NOW + 301, true, CS_ATT_EXPIRED},
        {SNP_NOW + 61, SNP_NOW, false, CS_ATT_FROM_FUTURE},
        {SNP_NOW + 61, SNP_NOW, true, CS_ATT_FROM_FUTURE},
        {SNP_NOW + 2 * SNP_YEAR, SNP_NOW + 2 * SNP_YEAR, false, CS_ATT_CERT_EXPIRED},
        {SNP_NOW + 2 * SNP_YEAR, SNP_NOW + 2 * SNP_YEAR, true, CS_ATT_CERT_EXPIRED},
    };
    struct snp_machine m;
    cs_policy policy;
    cs_digest payload;
    cs_buf rules = cs_buf_new(CS_MAX_POLICY), pem = cs_buf_new(8192);
    snp_machine_make(&m);
    cs_issue_pem(&pem, m.ark);
    cs_jw w = cs_jw_on(&rules);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "arkPem", cs_buf_slice(&pem));
    cs_jw_raw(&w, "measurements", CS_LIT("[\"sha384:" NITRO_HEX("3c") "\"]"));
    cs_jw_end(&w);
    assert_int_equal(vendor_policy(&policy, CS_VENDOR_AMD_SNP, cs_buf_cstr(&rules), true), CS_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_verdict v;
        cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
        snp_document(&doc, &m, rows[i].iat);
        cs_expect e = fixture_expect(&payload);
        e.clock = rows[i].stored ? CS_CLOCK_STORED : CS_CLOCK_LIVE;
        e.now = e.entry_time = rows[i].at;
        e.dated = rows[i].stored;
        cs_err err = cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e);
        if (err != rows[i].reason)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        assert_int_equal(v.evidence_time, -1);
        cs_buf_free(&doc);
    }
    cs_policy_free(&policy);
    cs_buf_free(&pem);
    cs_buf_free(&rules);
    snp_machine_free(&m);
    vectors_release();
}

/* Policies that no parser made fail closed, whatever the document. */
static void policies_that_no_parser_made(void **state)
{
    (void)state;
    cs_verdict v;
    cs_digest payload;
    const struct hardware_row row = {"valid"};
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
    cs_expect e = fixture_expect(&payload);
    hardware_document(&doc, &row.made, EPOCH);
    for (cs_vendor vendor = CS_VENDOR_AWS_NITRO; vendor <= CS_VENDOR_COUNT; vendor++) {
        for (int mode = 0; mode < 2; mode++) {
            const cs_policy policy = {.vendor = vendor, .evidence = (cs_evidence)mode, .max_doc_age_seconds = 300};
            cs_err err = cs_attest_verify(&v, cs_buf_slice(&doc), &policy, &e);
            assert_int_equal(cs_err_class_of(err), CS_CLASS_REFUSED);
            assert_false(v.proven);
        }
    }
    cs_buf_free(&doc);
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_give_their_reasons),      cmocka_unit_test(verdicts_show_what_was_found),
        cmocka_unit_test(damage_is_never_accepted),     cmocka_unit_test(evidence_without_a_time),
        cmocka_unit_test(policies_that_no_parser_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
