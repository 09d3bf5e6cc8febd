/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on bundles: good ones, one row for each fact that is changed in the bundle, in the ledger or in what is
 * pinned, and every part taken from another bundle. */
#include "bundle_rows.h"

static cs_err judge(cs_bundle_report *report, const cs_bundle_parts *parts, const cs_bundle_expect *e)
{
    cs_buf text = cs_buf_new(CS_MAX_BUNDLE);
    cs_bundle b;
    assert_int_equal(cs_bundle_write(&text, parts), CS_OK);
    assert_int_equal(cs_bundle_parse(&b, NULL, cs_buf_slice(&text)), CS_OK);
    cs_err err = cs_bundle_verify(report, &b, e);
    cs_bundle_free(&b);
    cs_buf_free(&text);
    return err;
}

static void check_report(const struct row *row, const cs_bundle_report *r)
{
    cs_buf json = cs_buf_new(8192);
    cs_bundle_report_json(&json, r);
    const char *text = cs_buf_cstr(&json);
    assert_int_equal(r->reason, row->want);
    assert_int_equal(r->attestation.reason, row->want);
    assert_true(strncmp(text, row->want == CS_OK ? "{\"ok\":true," : "{\"ok\":false,", 11) == 0);
    if (row->want == CS_OK) {
        assert_int_equal(r->attestation.witnessed, row->dated);
        assert_non_null(strstr(text, row->dated ? "\"datedBy\":\"witness\"" : "\"datedBy\":\"none\""));
        assert_non_null(strstr(text, row->change == NO_LEDGER_KEY ? "\"pinned\":false" : "\"pinned\":true"));
        assert_non_null(strstr(text, row->dated ? "\"witness\":{\"name\":\"" WITNESS : "\"witness\":null"));
        assert_non_null(strstr(text, "\"seq\":5,\"time\":\"2026-01-15T10:30:00.005Z\",\"treeSize\":11,"));
    }
    cs_buf_free(&json);
}

static void every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct setup s;
        cs_bundle_report report;
        make_setup(&s, &row->options, row->change);
        cs_err err = judge(&report, &s.made.parts, &s.pins.expect);
        if (err != row->want)
            fail_msg("%s: %s instead of %s", row->name, cs_err_name(err), cs_err_name(row->want));
        check_report(row, &report);
        free_setup(&s);
    }
}

/* Of two good bundles each part alone is exchanged: nothing fits. */
static void parts_of_another_bundle(void **state)
{
    (void)state;
    struct setup a, b;
    make_setup(&a, &(struct bundle_options){.seq_off = 0}, NOTHING);
    make_setup(&b, &(struct bundle_options){.iat_off = 1}, NOTHING); /* signed again */
    for (int i = 0; i < 6; i++) {
        cs_bundle_parts mixed = a.made.parts;
        const cs_bundle_parts *other = &b.made.parts;
        cs_bundle_report report;
        if (i == 0)
            mixed.signature = other->signature;
        else if (i == 1)
            mixed.document = other->document;
        else if (i == 2)
            mixed.entry = other->entry;
        else if (i == 3)
            mixed.checkpoint = other->checkpoint;
        else if (i == 4) {
            mixed.signature = other->signature;
            mixed.document = other->document;
        }
        assert_int_equal(judge(&report, &mixed, &a.pins.expect), i == 5   ? CS_OK
                                                                 : i == 3 ? CS_BUNDLE_INCLUSION
                                                                          : CS_BUNDLE_ENTRY);
    }
    free_setup(&a);
    free_setup(&b);
}

/* Nothing of a ledger is shown before the entry is in a tree, nothing of a document before it verified. */
static void what_a_refusal_shows(void **state)
{
    (void)state;
    static const struct {
        enum change change;
        bool ledger, claims;
    } shown[] = {{PROOF_CHANGED, false, false}, {LOG_LINE_CHANGED, true, false}, {EXPECT_NONCE, true, true}};
    for (size_t i = 0; i < 3; i++) {
        struct setup s;
        cs_bundle_report report;
        cs_buf json = cs_buf_new(8192);
        make_setup(&s, &(struct bundle_options){.seq_off = 0}, shown[i].change);
        assert_int_not_equal(judge(&report, &s.made.parts, &s.pins.expect), CS_OK);
        cs_bundle_report_json(&json, &report);
        const char *text = cs_buf_cstr(&json);
        assert_int_equal(strstr(text, "\"ledger\":null") == NULL, shown[i].ledger);
        assert_int_equal(strstr(text, "\"claims\":null") == NULL, shown[i].claims);
        assert_non_null(strstr(text, "\"datedBy\""));
        assert_null(strstr(text, "\"rootSha256\":\"sha256:0000"));
        cs_buf_free(&json);
        free_setup(&s);
    }
}

static void too_many_keys(void **state)
{
    (void)state;
    struct setup s;
    cs_bundle_report report;
    make_setup(&s, &(struct bundle_options){.seq_off = 0}, NOTHING);
    s.pins.expect.ledger_key_count = CS_MAX_VKEYS + 1;
    assert_int_equal(judge(&report, &s.made.parts, &s.pins.expect), CS_TOO_LARGE);
    s.pins.expect.ledger_key_count = 2;
    s.pins.expect.witness_key_count = CS_MAX_VKEYS + 1;
    assert_int_equal(judge(&report, &s.made.parts, &s.pins.expect), CS_TOO_LARGE);
    free_setup(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(parts_of_another_bundle),
        cmocka_unit_test(what_a_refusal_shows),
        cmocka_unit_test(too_many_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
