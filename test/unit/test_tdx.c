/* SPDX-License-Identifier: Apache-2.0 */
/* TDX quotes: the real ones taken apart, each length and each fixed field of them changed, every truncation. */
#include "core/tdx.h"

#include "vectors.h"

#define V4 "attestation/tdx/quote-v4-a.dat"
#define V5 "attestation/tdx/quote-v5-a.dat"

/* Room for zeros behind the longer one. */
static uint8_t v4[CS_TDX_MAX_QUOTE + 1], v5[CS_TDX_MAX_QUOTE + 1];
static size_t v4_len, v5_len;

static void load(void)
{
    cs_buf a = vectors_public_file(V4), b = vectors_public_file(V5);
    memset(v4, 0, sizeof v4);
    memset(v5, 0, sizeof v5);
    memcpy(v4, a.p, v4_len = a.n);
    memcpy(v5, b.p, v5_len = b.n);
    cs_buf_free(&a);
    cs_buf_free(&b);
}

static void real_quotes(void **state)
{
    (void)state;
    cs_tdx_quote q;
    load();
    assert_int_equal(cs_tdx_parse(&q, cs_slice_of(v4, v4_len)), CS_OK);
    assert_int_equal(q.version, 4);
    assert_true((q.attributes & CS_TDX_ATTRIBUTES_DEBUG) != 0);
    assert_true(q.signed_bytes.n == 48 + 584 && q.signature.p == v4 + 636 && q.attestation_key.p == v4 + 700);
    assert_true(q.mrtd.p == v4 + 48 + 136 && q.rtmr[3].p == v4 + 48 + 328 + 144 && q.report_data.p == v4 + 48 + 520);
    assert_null(q.tcb_svn2.p);
    assert_int_equal(q.qe.product_id, 2);
    assert_int_equal(q.qe.svn, 4);

    assert_int_equal(cs_tdx_parse(&q, cs_slice_of(v5, v5_len)), CS_OK);
    assert_int_equal(q.version, 5);
    assert_true((q.attributes & CS_TDX_ATTRIBUTES_DEBUG) == 0);
    assert_true(q.signed_bytes.n == 54 + 648 && q.mrtd.p == v5 + 54 + 136 && q.mr_service_td.p == v5 + 54 + 600);
    assert_true(q.qe_auth.n == 32 && q.qe.report_data.p == q.qe_report.p + 320);
    assert_int_equal(q.qe.svn, 6);
    assert_true(cs_slice_starts(q.pck_chain, CS_LIT("-----BEGIN CERTIFICATE-----\n")));
    assert_int_equal(q.pck_chain.p[q.pck_chain.n - 1], '\n');
}

static void every_truncation(void **state)
{
    (void)state;
    cs_tdx_quote q;
    load();
    for (size_t n = 0; n < v5_len; n++)
        assert_int_equal(cs_tdx_parse(&q, cs_slice_of(v5, n)), CS_BAD_FORMAT);
    for (size_t n = 0; n < v4_len; n++)
        assert_int_equal(cs_tdx_parse(&q, cs_slice_of(v4, n)), CS_BAD_FORMAT);
}

static void only_zeros_behind_it(void **state)
{
    (void)state;
    cs_tdx_quote q;
    load();
    assert_int_equal(cs_tdx_parse(&q, cs_slice_of(v5, CS_TDX_MAX_QUOTE)), CS_OK);
    assert_int_equal(cs_tdx_parse(&q, cs_slice_of(v5, CS_TDX_MAX_QUOTE + 1)), CS_BAD_FORMAT);
    v5[v5_len + 7] = 1;
    assert_int_equal(cs_tdx_parse(&q, cs_slice_of(v5, v5_len + 7)), CS_OK);
    assert_int_equal(cs_tdx_parse(&q, cs_slice_of(v5, v5_len + 8)), CS_BAD_FORMAT);
}

/* Offsets in the quote of version 5. */
enum {
    BODY = 54,
    LENGTH = BODY + 648,
    CERTIFICATION = LENGTH + 4 + 128,
    AUTH = CERTIFICATION + 6 + 384 + 64,
    CHAIN = AUTH + 2 + 32
};

static const struct {
    const char *name;
    size_t offset;
    uint8_t xor ;
    cs_err err;
} rows[] = {
    {"version 4 with another body", 0, 5 ^ 4, CS_BAD_FORMAT},
    {"version 3", 0, 5 ^ 3, CS_BAD_FORMAT},
    {"version 6", 0, 5 ^ 6, CS_BAD_FORMAT},
    {"version above a byte", 1, 1, CS_BAD_FORMAT},
    {"key type P-384", 2, 2 ^ 0x3, CS_ATT_EVIDENCE_ALGORITHM},
    {"key type 0", 2, 2, CS_ATT_EVIDENCE_ALGORITHM},
    {"SGX", 4, 0x81, CS_BAD_FORMAT},
    {"tee type above a byte", 7, 1, CS_BAD_FORMAT},
    {"reserved, or a version", 8, 1, CS_OK},
    {"another vendor", 12, 1, CS_BAD_FORMAT},
    {"another vendor's last byte", 27, 0x80, CS_BAD_FORMAT},
    {"user data", 28, 1, CS_OK},
    {"body of SGX", 48, 3 ^ 1, CS_BAD_FORMAT},
    {"body type of TDX 1.0", 48, 3 ^ 2, CS_BAD_FORMAT},
    {"body type 4", 48, 3 ^ 4, CS_BAD_FORMAT},
    {"body size", 50, 1, CS_BAD_FORMAT},
    {"body size above 64 KiB", 52, 1, CS_BAD_FORMAT},
    {"any measurement", BODY + 136, 1, CS_OK},
    {"signature length one less", LENGTH, 1, CS_BAD_FORMAT},
    {"signature length huge", LENGTH + 3, 0xff, CS_BAD_FORMAT},
    {"certification type", CERTIFICATION, 6 ^ 5, CS_BAD_FORMAT},
    {"certification size", CERTIFICATION + 2, 1, CS_BAD_FORMAT},
    {"certification size huge", CERTIFICATION + 5, 0xff, CS_BAD_FORMAT},
    {"auth length", AUTH, 1, CS_BAD_FORMAT},
    {"auth length huge", AUTH + 1, 0xff, CS_BAD_FORMAT},
    {"chain type", CHAIN, 5 ^ 4, CS_BAD_FORMAT},
    {"chain size", CHAIN + 2, 1, CS_BAD_FORMAT},
    {"chain size huge", CHAIN + 5, 0x80, CS_BAD_FORMAT},
    {"a space instead of the NUL that ends the chain", CHAIN + 6 + 3677, ' ', CS_BAD_FORMAT},
    {"a NUL within the chain", CHAIN + 6, '-', CS_BAD_FORMAT},
};

static void one_field_changed(void **state)
{
    (void)state;
    cs_tdx_quote q;
    load();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        v5[rows[i].offset] ^= rows[i].xor ;
        cs_err err = cs_tdx_parse(&q, cs_slice_of(v5, v5_len));
        if (err != rows[i].err)
            print_message("%s: %s\n", rows[i].name, cs_err_name(err));
        assert_int_equal(err, rows[i].err);
        assert_true(err == CS_OK || q.signed_bytes.p == NULL);
        v5[rows[i].offset] ^= rows[i].xor ;
    }
    assert_int_equal(cs_tdx_parse(&q, cs_slice_of(v5, v5_len)), CS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_quotes),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(only_zeros_behind_it),
        cmocka_unit_test(one_field_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
