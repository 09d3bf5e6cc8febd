/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's collateral, made by a root of the test: what a PCK certificate says, which level a platform, a module and a
 * quoting enclave reach, whose collateral it is and of when, what was taken back, and what a policy may carry.
 */
#include "core/tdx_collateral.h"

#include "collateral_fixture.h"
#include "vendor_fixture.h"

/* -- PCK certificates ---------------------------------------------------------------------------------------------- */

static void real_pck(void **state)
{
    (void)state;
    cs_buf file = vectors_public_file("attestation/tdx/quote-v5-a.dat"), ders = cs_buf_new(1u << 16);
    cs_tdx_quote q;
    cs_slice certificates[3];
    size_t n = 0;
    cs_cert *leaf = NULL;
    cs_tdx_pck pck;
    assert_int_equal(cs_tdx_parse(&q, cs_buf_slice(&file)), CS_OK);
    assert_int_equal(cs_pem_certificates(&ders, certificates, &n, 3, q.pck_chain), CS_OK);
    assert_int_equal(cs_cert_parse(&leaf, certificates[0]), CS_OK);
    assert_int_equal(cs_tdx_pck_read(&pck, cs_cert_extension(leaf, CS_TDX_OID_PCK)), CS_OK);
    assert_memory_equal(pck.svn, "\1\1\2\2\3\1\0\3\0\0\0\0\0\0\0\0", sizeof pck.svn);
    assert_int_equal(pck.pce_svn, 13);
    assert_memory_equal(pck.pce_id.p, "\0\0", 2);
    assert_memory_equal(pck.fmspc.p, "\x90\xc0\x6f\0\0\0", 6);
    cs_cert_free(leaf);
    cs_buf_free(&ders);
    cs_buf_free(&file);
}

static void every_byte_of_a_pck(void **state)
{
    (void)state;
    const struct tdx_pck usual = tdx_usual_platform();
    cs_slice der = tdx_pck_extension(&usual);
    cs_tdx_pck pck;
    assert_int_equal(cs_tdx_pck_read(&pck, der), CS_OK);
    assert_memory_equal(pck.svn, usual.svn, sizeof pck.svn);
    assert_int_equal(pck.pce_svn, 13);
    assert_true(cs_slice_eq(pck.fmspc, usual.fmspc) && cs_slice_eq(pck.pce_id, usual.pce_id));
    for (size_t n = 0; n < der.n; n++)
        assert_int_equal(cs_tdx_pck_read(&pck, cs_slice_of(der.p, n)), CS_BAD_FORMAT);
    /* Whatever a byte is changed to: refused, or still a platform, read from inside. */
    uint8_t *copy = vectors_copy(der);
    for (size_t i = 0; i < der.n; i++) {
        for (unsigned v = 1; v < 256; v++) {
            copy[i] ^= (uint8_t)v;
            if (cs_tdx_pck_read(&pck, cs_slice_of(copy, der.n)) == CS_OK)
                assert_true(pck.fmspc.p > copy && pck.fmspc.p + 6 <= copy + der.n && pck.pce_id.n == 2);
            copy[i] ^= (uint8_t)v;
        }
    }
    vectors_release();
}

/* -- a platform and its collateral ----------------------------------------------------------------------------------
 */

static struct tdx_machine machine;
static EVP_PKEY *signer_key;

static void usual(struct collateral *c)
{
    collateral_usual(c, &machine, signer_key);
}

static cs_verdict judge_at(struct collateral *c, int64_t at)
{
    cs_buf rules = cs_buf_new(CS_MAX_POLICY), quote = collateral_quote(c);
    collateral_rules(&rules, c);
    cs_verdict v = vendor_judge(CS_VENDOR_INTEL_TDX, cs_buf_cstr(&rules), cs_buf_slice(&quote), at);
    cs_buf_free(&rules);
    cs_buf_free(&quote);
    return v;
}

static void expect(struct collateral *c, const char *what, cs_err reason)
{
    size_t held = vectors_held_count;
    cs_err err = judge_at(c, TDX_NOW).reason;
    if (err != reason)
        print_message("%s: %s\n", what, cs_err_name(err));
    assert_int_equal(err, reason);
    while (vectors_held_count > held)
        free(vectors_held[--vectors_held_count]);
    usual(c);
}

static int make(void **state)
{
    (void)state;
    tdx_machine_make(&machine);
    signer_key = x509_key("P-256");
    return 0;
}

static int end(void **state)
{
    (void)state;
    tdx_machine_free(&machine);
    EVP_PKEY_free(signer_key);
    vectors_release();
    return 0;
}

static void levels_of_the_platform(void **state)
{
    (void)state;
    struct collateral c;
    usual(&c);
    cs_verdict v = judge_at(&c, TDX_NOW);
    assert_int_equal(v.reason, CS_OK);
    assert_non_null(strstr(v.note, "No RTMR judged"));
    assert_null(strstr(v.note, "TCB"));
    usual(&c);
    expect(&c, "as it should be", CS_OK);
    memset(c.pck.svn, 6, 16);
    expect(&c, "newer than all levels", CS_OK);
    for (size_t i = 0; i < 16; i++) {
        c.pck.svn[i] = 4;
        expect(&c, "one component older: SWHardeningNeeded", CS_ATT_TCB);
        c.pck.svn[i] = 4;
        c.accepted = "[\"SWHardeningNeeded\",\"UpToDate\"]";
        expect(&c, "... which is accepted", CS_OK);
        c.pck.svn[i] = 3;
        c.accepted = "[\"SWHardeningNeeded\",\"UpToDate\"]";
        expect(&c, "OutOfDate, which is not", CS_ATT_TCB);
        c.pck.svn[i] = 2;
        c.accepted = "[\"OutOfDate\",\"SWHardeningNeeded\",\"UpToDate\"]";
        expect(&c, "below all levels", CS_ATT_TCB);
    }
    c.pck.pce_svn = 12;
    expect(&c, "PCE", CS_ATT_TCB);
    for (size_t i = 2; i < 16; i++) {
        c.tcb_svn[i] = 4;
        expect(&c, "a component of TDX", CS_ATT_TCB);
    }
    c.platform[0] = "Revoked";
    expect(&c, "Revoked", CS_ATT_TCB);
    c.platform[0] = "SomethingNew";
    expect(&c, "a status that nobody knows", CS_ATT_TCB);
    c.platform[0] = NULL;
    expect(&c, "no levels", CS_ATT_TCB);
    c.platform[0] = "OutOfDate";
    c.accepted = "[\"OutOfDate\",\"UpToDate\"]";
    expect(&c, "OutOfDate where it is accepted", CS_OK);
}

static void the_module(void **state)
{
    (void)state;
    struct collateral c;
    usual(&c);
    c.tcb_svn[0] = 4;
    expect(&c, "module OutOfDate", CS_ATT_TCB);
    c.tcb_svn[0] = 3;
    expect(&c, "module below all levels", CS_ATT_TCB);
    c.tcb_svn[1] = 4;
    expect(&c, "a module that is not described", CS_ATT_TCB);
    c.module_id = "TDX_04";
    expect(&c, "another is", CS_ATT_TCB);
    c.module_signer = "11" COLLATERAL_ZERO48;
    expect(&c, "signer too long", CS_ATT_COLLATERAL);
    c.module_signer =
        "110000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
    expect(&c, "another signer", CS_ATT_TCB);
    c.module_attributes = "0100000000000000";
    expect(&c, "other attributes", CS_ATT_TCB);
    c.module_attributes = "0100000000000000";
    c.module_mask = "FEFFFFFFFFFFFFFF";
    expect(&c, "... that the mask leaves open", CS_OK);
    /* Version 0 has no identity of its own, and its first two components count as the others do. */
    c.tcb_svn[1] = 0;
    c.platform[0] = "UpToDate";
    expect(&c, "version 0 below the levels", CS_ATT_TCB);
}

static void the_quoting_enclave(void **state)
{
    (void)state;
    struct collateral c;
    usual(&c);
    c.qe_svn = 9;
    expect(&c, "newer", CS_OK);
    c.qe_svn = 7;
    expect(&c, "OutOfDate", CS_ATT_TCB);
    c.qe_svn = 6;
    expect(&c, "below all levels", CS_ATT_TCB);
    c.qe_signer = "DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C4";
    expect(&c, "another signer", CS_ATT_TCB);
    c.qe_product = 1;
    expect(&c, "another product", CS_ATT_TCB);
    c.qe_attributes = "01000000000000000000000000000000";
    expect(&c, "other attributes", CS_ATT_TCB);
    c.qe_misc = "01000000";
    expect(&c, "other state", CS_ATT_TCB);
    c.qe_misc = "0000";
    expect(&c, "state too short", CS_ATT_COLLATERAL);
}

static void whose_and_when(void **state)
{
    (void)state;
    struct collateral c;
    usual(&c);
    c.fmspc = "B0C06F000001";
    expect(&c, "another platform", CS_ATT_COLLATERAL);
    c.pce_id = "0008";
    expect(&c, "another PCE", CS_ATT_COLLATERAL);
    c.tcb_kind = "SGX";
    expect(&c, "collateral for SGX", CS_ATT_COLLATERAL);
    c.qe_kind = "QE";
    expect(&c, "quoting enclave of SGX", CS_ATT_COLLATERAL);
    c.tcb_version = 2;
    expect(&c, "version 2 of the TCB info", CS_ATT_COLLATERAL);
    c.qe_version = 3;
    expect(&c, "version 3 of the identity", CS_ATT_COLLATERAL);
    c.issued = "2026-09-22T00:00:00Z";
    expect(&c, "not yet issued", CS_ATT_COLLATERAL);
    c.next = "2026-09-20T00:00:00Z";
    expect(&c, "no longer in force", CS_ATT_COLLATERAL);
    c.next = "soon";
    expect(&c, "no date", CS_ATT_COLLATERAL);
    c.text_key = machine.ca_key;
    expect(&c, "signed by another key", CS_ATT_COLLATERAL);
    c.signer_name = "Intel SGX PCK Certificate";
    expect(&c, "signed by a platform", CS_ATT_COLLATERAL);
    c.no_root = true;
    expect(&c, "the root is in the policy", CS_OK);
    c.root_crl_key = machine.ca_key;
    expect(&c, "root's list by another key", CS_ATT_COLLATERAL);
    c.crl_from = TDX_NOW + 1;
    expect(&c, "lists of tomorrow", CS_ATT_COLLATERAL);
    c.crl_from = TDX_NOW - 1001;
    expect(&c, "lists of yesterday", CS_ATT_COLLATERAL);
    c.root_revoked = machine.ca;
    expect(&c, "the platform's CA was taken back", CS_ATT_CERT_REVOKED);
    c.pck_taken_back = true;
    expect(&c, "the platform was taken back", CS_ATT_CERT_REVOKED);
    c.signer_taken_back = true;
    expect(&c, "the collateral's signer was taken back", CS_ATT_CERT_REVOKED);
    c.pck_revoked = machine.root;
    expect(&c, "somebody else was", CS_OK);
    c.pck.fmspc = CS_LIT("\xb0\xc0\x6f\x00\x00");
    expect(&c, "a PCK that does not say its platform", CS_ATT_COLLATERAL);
}

/* What the policy forbids anyway is told first. */
static void told_last(void **state)
{
    (void)state;
    struct collateral c;
    usual(&c);
    c.pck.svn[0] = 1;
    c.quote.body[136] ^= 1;
    expect(&c, "another MRTD and an old platform", CS_ATT_IMAGE_NOT_ALLOWED);
    c.pck.svn[0] = 1;
    c.quote.body[120] = 1;
    expect(&c, "debug and an old platform", CS_ATT_DEBUG);
}

/* -- rules --------------------------------------------------------------------------------------------------------- */

static cs_err read_edited(const char *rules, const char *find, const char *put)
{
    cs_policy p;
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    const char *at = strstr(rules, find);
    assert_non_null(at);
    cs_buf_add(&text, cs_slice_of(rules, (size_t)(at - rules)));
    cs_buf_add_str(&text, put);
    cs_buf_add_str(&text, at + strlen(find));
    cs_err err = vendor_policy(&p, CS_VENDOR_INTEL_TDX, cs_buf_cstr(&text), true);
    cs_policy_free(&p);
    cs_buf_free(&text);
    return err;
}

static void rules_are_strict(void **state)
{
    (void)state;
    struct collateral c;
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    usual(&c);
    c.accepted = "[\"UpToDate\"]";
    collateral_rules(&text, &c);
    const char *rules = cs_buf_cstr(&text);
    assert_int_equal(read_edited(rules, "\"tcbInfo\":\"", "\"tcbInfo\":\""), CS_OK);
    assert_int_equal(read_edited(rules, "\"tcbInfo\":\"", "\"tcbinfo\":\""), CS_MISSING_FIELD);
    assert_int_equal(read_edited(rules, "\"tcbInfo\":\"", "\"more\":1,\"tcbInfo\":\""), CS_UNKNOWN_FIELD);
    assert_int_equal(read_edited(rules, "{\\\"tcbInfo\\\":", "{ \\\"tcbInfo\\\":"), CS_BAD_FIELD);
    assert_int_equal(read_edited(rules, ",\\\"signature\\\":\\\"", ", \\\"signature\\\":\\\""), CS_BAD_FIELD);
    assert_int_equal(read_edited(rules, "\\\"signature\\\":\\\"", "\\\"signature\\\":\\\"00"), CS_BAD_FIELD);
    assert_int_equal(read_edited(rules, "\"rootCrl\":\"", "\"rootCrl\":\"AAAA"), CS_BAD_FIELD);
    assert_int_equal(read_edited(rules, "\"pckCrl\":\"", "\"pckCrl\":\"-"), CS_BAD_ENCODING);
    assert_int_equal(read_edited(rules, "\"issuerChain\":\"-", "\"issuerChain\":\"x-"), CS_BAD_FIELD);
    assert_int_equal(read_edited(rules, "[\"UpToDate\"]", "[]"), CS_POLICY_ALLOWLIST_EMPTY);
    assert_int_equal(read_edited(rules, "[\"UpToDate\"]", "[\"Revoked\"]"), CS_BAD_FIELD);
    assert_int_equal(read_edited(rules, "[\"UpToDate\"]", "[\"UpToDate\",1]"), CS_BAD_FIELD);
    assert_int_equal(read_edited(rules, "\"collateral\":{", "\"collateral\":[],\"x\":{"), CS_BAD_FIELD);
    cs_buf_free(&text);
}

static void canonical_rules(void **state)
{
    (void)state;
    struct collateral c;
    cs_policy p;
    cs_json *doc = NULL;
    cs_buf text = cs_buf_new(CS_MAX_POLICY), first = cs_buf_new(CS_MAX_POLICY), sorted = cs_buf_new(CS_MAX_POLICY);
    usual(&c);
    collateral_rules(&text, &c);
    assert_int_equal(vendor_policy(&p, CS_VENDOR_INTEL_TDX, cs_buf_cstr(&text), true), CS_OK);
    assert_int_equal(cs_policy_canonical(&first, &p), CS_OK);
    cs_policy_free(&p);
    assert_non_null(strstr(cs_buf_cstr(&first), "\"collateral\":{\"acceptedStatuses\":[\"UpToDate\"],"));
    assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&first), CS_MAX_POLICY), CS_OK);
    assert_int_equal(cs_json_canonical(&sorted, cs_json_root(doc)), CS_OK);
    cs_json_free(doc);
    assert_true(cs_slice_eq(cs_buf_slice(&first), cs_buf_slice(&sorted)));
    cs_buf_clear(&sorted);
    assert_int_equal(cs_policy_parse(&p, NULL, cs_buf_slice(&first), true), CS_OK);
    assert_int_equal(cs_policy_canonical(&sorted, &p), CS_OK);
    cs_policy_free(&p);
    assert_true(cs_slice_eq(cs_buf_slice(&first), cs_buf_slice(&sorted)));
    cs_buf_free(&text);
    cs_buf_free(&first);
    cs_buf_free(&sorted);
}

/* The first end of the four parts; lists of tests end 1000 s after they begin. */
static void until_when(void **state)
{
    (void)state;
    struct collateral c;
    enum { IN_FORCE = 1791590400 }; /* 2026-10-10 */
    const struct {
        const char *next;
        int64_t crl_from, until;
    } rows[] = {
        {"2026-10-10T00:00:00Z", IN_FORCE, IN_FORCE},
        {"2026-10-10T00:00:00Z", IN_FORCE - 1000, IN_FORCE},
        {"2026-10-10T00:00:00Z", IN_FORCE - 1001, IN_FORCE - 1},
        {"soon", IN_FORCE, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_policy p;
        cs_buf text = cs_buf_new(CS_MAX_POLICY);
        usual(&c);
        c.next = rows[i].next;
        c.crl_from = rows[i].crl_from;
        collateral_rules(&text, &c);
        assert_int_equal(vendor_policy(&p, CS_VENDOR_INTEL_TDX, cs_buf_cstr(&text), true), CS_OK);
        assert_int_equal(cs_policy_until(&p, TDX_NOW), rows[i].until);
        cs_policy_free(&p);
        cs_buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_of_the_platform), cmocka_unit_test(the_module), cmocka_unit_test(the_quoting_enclave),
        cmocka_unit_test(whose_and_when),         cmocka_unit_test(told_last),  cmocka_unit_test(rules_are_strict),
        cmocka_unit_test(canonical_rules),        cmocka_unit_test(until_when),
    };
    const struct CMUnitTest certificates[] = {
        cmocka_unit_test(real_pck),
        cmocka_unit_test(every_byte_of_a_pck),
    };
    int failed = cmocka_run_group_tests_name("made here", tests, make, end);
    return cmocka_run_group_tests_name("certificates", certificates, NULL, NULL) + failed;
}
