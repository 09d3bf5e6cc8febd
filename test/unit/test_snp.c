/* SPDX-License-Identifier: Apache-2.0 */
/* SEV-SNP reports: the real ones taken apart, one row for each field that may not be so, what certificates say. */
#include "core/snp.h"

#include "vectors.h"

#define FOLDER "attestation/snp/"

static const struct {
    const char *file;
    uint32_t version, vmpl, guest_svn;
    cs_snp_signer signer;
    cs_snp_product product, tcb_product;
    uint8_t tcb[CS_SNP_PARTS];
    bool chip;
} reports[] = {
    {FOLDER "milan-v2-report.bin", 2, 0, 4, CS_SNP_VCEK, CS_SNP_UNKNOWN, CS_SNP_MILAN, {0, 3, 0, 8, 0x73}, true},
    {FOLDER "milan-v3-vlek-report.bin", 3, 1, 0, CS_SNP_VLEK, CS_SNP_MILAN, CS_SNP_MILAN, {0, 4, 0, 24, 0xd9}, false},
    {FOLDER "genoa-v3-report.bin", 3, 0, 2, CS_SNP_VCEK, CS_SNP_GENOA, CS_SNP_GENOA, {0, 10, 0, 23, 0x54}, true},
    {FOLDER "genoa-v5-report.bin", 5, 0, 0, CS_SNP_VCEK, CS_SNP_GENOA, CS_SNP_GENOA, {0, 10, 0, 27, 0x1b}, true},
};

static void real_reports(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        cs_buf file = vectors_public_file(reports[i].file);
        cs_slice bytes = cs_buf_slice(&file);
        cs_snp_report r;
        cs_snp_tcb tcb;
        print_message("%s\n", reports[i].file);
        assert_int_equal(cs_snp_parse(&r, bytes), CS_OK);
        assert_int_equal(r.version, reports[i].version);
        assert_int_equal(r.vmpl, reports[i].vmpl);
        assert_int_equal(r.guest_svn, reports[i].guest_svn);
        assert_int_equal(r.signer, reports[i].signer);
        assert_int_equal(r.product, reports[i].product);
        assert_int_equal(cs_snp_tcb_read(&tcb, reports[i].tcb_product, r.reported_tcb), CS_OK);
        assert_memory_equal(tcb.part, reports[i].tcb, sizeof tcb.part);
        assert_int_equal(!cs_slice_all_zero(r.chip_id), reports[i].chip);
        assert_true(r.report_data.p == bytes.p + 0x50 && r.report_data.n == 64);
        assert_true(r.measurement.p == bytes.p + 0x90 && r.measurement.n == 48);
        assert_true(r.host_data.p == bytes.p + 0xc0 && r.host_data.n == 32);
        assert_true(r.chip_id.p == bytes.p + 0x1a0 && r.chip_id.n == 64);
        assert_true(r.launch_tcb.p == bytes.p + 0x1f0 && r.signed_bytes.n == 0x2a0);
        for (size_t b = 0; b < 48; b++) {
            assert_int_equal(r.signature[b], bytes.p[0x2a0 + 47 - b]);
            assert_int_equal(r.signature[48 + b], bytes.p[0x2e8 + 47 - b]);
        }
        cs_buf_free(&file);
    }
}

/* A report of version 5 by Genoa in which nothing else is set. */
static void make_report(uint8_t out[CS_SNP_REPORT_LEN])
{
    memset(out, 0, CS_SNP_REPORT_LEN);
    out[0] = 5;
    out[0x0a] = 0x02; /* the policy's bit that is always one */
    out[0x34] = 1;
    out[0x188] = 0x19;
    out[0x189] = 0x11;
}

static const struct {
    const char *name;
    size_t offset;
    uint8_t value;
    cs_err err;
} rows[] = {
    {"as it is", 0, 5, CS_OK},
    {"version 0", 0, 0, CS_BAD_FORMAT},
    {"version 1", 0, 1, CS_BAD_FORMAT},
    {"version 4", 0, 4, CS_BAD_FORMAT},
    {"version 6", 0, 6, CS_BAD_FORMAT},
    {"version 261", 1, 1, CS_BAD_FORMAT},
    {"version 2 has no family", 0, 2, CS_BAD_FORMAT},
    {"version 3 has one", 0, 3, CS_OK},
    {"policy without the constant bit", 0x0a, 0, CS_BAD_FORMAT},
    {"policy bit 25", 0x0b, 0x02, CS_OK},
    {"policy bit 26", 0x0b, 0x04, CS_BAD_FORMAT},
    {"policy bit 63", 0x0f, 0x80, CS_BAD_FORMAT},
    {"VMPL 3", 0x30, 3, CS_OK},
    {"VMPL 4", 0x30, 4, CS_BAD_FORMAT},
    {"VMPL of the host", 0x33, 0xff, CS_BAD_FORMAT},
    {"no algorithm", 0x34, 0, CS_ATT_EVIDENCE_ALGORITHM},
    {"another algorithm", 0x34, 2, CS_ATT_EVIDENCE_ALGORITHM},
    {"algorithm above a byte", 0x37, 1, CS_ATT_EVIDENCE_ALGORITHM},
    {"author key", 0x48, 1, CS_OK},
    {"VLEK", 0x48, 1 << 2, CS_OK},
    {"signer 2", 0x48, 2 << 2, CS_ATT_EVIDENCE_ALGORITHM},
    {"signer 4", 0x48, 4 << 2, CS_ATT_EVIDENCE_ALGORITHM},
    {"no signer", 0x48, 7 << 2, CS_ATT_EVIDENCE_ALGORITHM},
    {"key information bit 5", 0x48, 1 << 5, CS_BAD_FORMAT},
    {"key information bit 31", 0x4b, 0x80, CS_BAD_FORMAT},
    {"behind the key information", 0x4c, 1, CS_BAD_FORMAT},
    {"family 17h", 0x188, 0x17, CS_BAD_FORMAT},
    {"family 1Ah model 1xh", 0x188, 0x1a, CS_OK},
    {"family 19h model 2xh", 0x189, 0x21, CS_BAD_FORMAT},
    {"family 19h model Axh", 0x189, 0xa0, CS_OK},
    {"stepping", 0x18a, 0xff, CS_OK},
    {"behind the stepping", 0x18b, 1, CS_BAD_FORMAT},
    {"before the chip id", 0x19f, 1, CS_BAD_FORMAT},
    {"build", 0x1e8, 0xff, CS_OK},
    {"behind the current firmware", 0x1eb, 1, CS_BAD_FORMAT},
    {"behind the committed firmware", 0x1ef, 1, CS_BAD_FORMAT},
    {"mitigations", 0x207, 1, CS_OK},
    {"behind the mitigations", 0x208, 1, CS_BAD_FORMAT},
    {"the last signed byte", 0x29f, 1, CS_BAD_FORMAT},
    {"r", 0x2a0 + 47, 1, CS_OK},
    {"r above P-384", 0x2a0 + 48, 1, CS_BAD_FORMAT},
    {"r above P-384, its end", 0x2e7, 1, CS_BAD_FORMAT},
    {"s above P-384", 0x2e8 + 48, 1, CS_BAD_FORMAT},
    {"behind the signature", 0x330, 1, CS_BAD_FORMAT},
    {"the last byte", 0x49f, 0x80, CS_BAD_FORMAT},
};

static void one_field_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t report[CS_SNP_REPORT_LEN];
        cs_snp_report r;
        make_report(report);
        report[rows[i].offset] = rows[i].value;
        cs_err err = cs_snp_parse(&r, CS_ARRAY(report));
        if (err != rows[i].err)
            print_message("%s: %s\n", rows[i].name, cs_err_name(err));
        assert_int_equal(err, rows[i].err);
        assert_true(err == CS_OK ? r.signed_bytes.n == CS_SNP_SIGNED_LEN : r.signed_bytes.p == NULL);
    }
}

/* Before version 5 there are no mitigations, before version 3 no processor. */
static void fields_of_versions(void **state)
{
    (void)state;
    uint8_t report[CS_SNP_REPORT_LEN];
    cs_snp_report r;
    make_report(report);
    report[0x1f8] = 1;
    assert_int_equal(cs_snp_parse(&r, CS_ARRAY(report)), CS_OK);
    report[0] = 3;
    assert_int_equal(cs_snp_parse(&r, CS_ARRAY(report)), CS_BAD_FORMAT);
    report[0x1f8] = 0;
    assert_int_equal(cs_snp_parse(&r, CS_ARRAY(report)), CS_OK);
    report[0] = 2;
    assert_int_equal(cs_snp_parse(&r, CS_ARRAY(report)), CS_BAD_FORMAT);
    report[0x188] = report[0x189] = 0;
    assert_int_equal(cs_snp_parse(&r, CS_ARRAY(report)), CS_OK);
    report[0] = 3;
    assert_int_equal(cs_snp_parse(&r, CS_ARRAY(report)), CS_BAD_FORMAT);
}

static void every_length(void **state)
{
    (void)state;
    uint8_t report[CS_SNP_REPORT_LEN + 1];
    cs_snp_report r;
    make_report(report);
    report[CS_SNP_REPORT_LEN] = 0;
    for (size_t n = 0; n <= sizeof report; n++)
        assert_int_equal(cs_snp_parse(&r, cs_slice_of(report, n)), n == CS_SNP_REPORT_LEN ? CS_OK : CS_BAD_FORMAT);
}

static void tcb_layouts(void **state)
{
    (void)state;
    static const struct {
        cs_snp_product product;
        uint8_t bytes[8], parts[CS_SNP_PARTS];
        cs_err err;
    } layouts[] = {
        {CS_SNP_MILAN, {1, 2, 0, 0, 0, 0, 3, 4}, {0, 1, 2, 3, 4}, CS_OK},
        {CS_SNP_GENOA, {1, 2, 0, 0, 0, 0, 3, 4}, {0, 1, 2, 3, 4}, CS_OK},
        {CS_SNP_TURIN, {1, 2, 3, 4, 0, 0, 0, 5}, {1, 2, 3, 4, 5}, CS_OK},
        {CS_SNP_MILAN, {1, 2, 9, 0, 0, 0, 3, 4}, {0}, CS_BAD_FORMAT},
        {CS_SNP_GENOA, {1, 2, 0, 0, 0, 9, 3, 4}, {0}, CS_BAD_FORMAT},
        {CS_SNP_TURIN, {1, 2, 3, 4, 9, 0, 0, 5}, {0}, CS_BAD_FORMAT},
        {CS_SNP_TURIN, {1, 2, 3, 4, 0, 0, 9, 5}, {0}, CS_BAD_FORMAT},
        {CS_SNP_UNKNOWN, {0}, {0}, CS_BAD_FORMAT},
        {CS_SNP_PRODUCT_COUNT, {0}, {0}, CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        cs_snp_tcb tcb;
        assert_int_equal(cs_snp_tcb_read(&tcb, layouts[i].product, CS_ARRAY(layouts[i].bytes)), layouts[i].err);
        assert_memory_equal(tcb.part, layouts[i].parts, sizeof tcb.part);
    }
    cs_snp_tcb tcb;
    assert_int_equal(cs_snp_tcb_read(&tcb, CS_SNP_MILAN, CS_LIT("1234567")), CS_BAD_FORMAT);
    assert_string_equal(cs_snp_part_name(CS_SNP_MICROCODE), "microcode");
    assert_string_equal(cs_snp_part_oid(CS_SNP_SNP), "1.3.6.1.4.1.3704.1.3.3");
    assert_string_equal(cs_snp_part_name(CS_SNP_PARTS), "unknown");
}

static void products(void **state)
{
    (void)state;
    assert_int_equal(cs_snp_product_of(CS_LIT("\x16\x08Milan-B0")), CS_SNP_MILAN);
    assert_int_equal(cs_snp_product_of(CS_LIT("\x16\x05Milan")), CS_SNP_MILAN);
    assert_int_equal(cs_snp_product_of(CS_LIT("\x16\x05Genoa")), CS_SNP_GENOA);
    assert_int_equal(cs_snp_product_of(CS_LIT("\x16\x08Turin-B1")), CS_SNP_TURIN);
    static const char *const others[] = {"",
                                         "\x16",
                                         "\x16\x05Mila",
                                         "\x16\x05Milano",
                                         "\x0c\x05Milan",
                                         "\x16\x06Milano",
                                         "\x16\x07unknown",
                                         "\x16\x03-B0",
                                         "\x16\x05milan"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(cs_snp_product_of(cs_slice_str(others[i])), CS_SNP_UNKNOWN);
}

static void version_numbers(void **state)
{
    (void)state;
    uint8_t n;
    assert_int_equal(cs_snp_svn_of(&n, CS_LIT("\x02\x01\x00")), CS_OK);
    assert_int_equal(n, 0);
    assert_int_equal(cs_snp_svn_of(&n, CS_LIT("\x02\x01\x7f")), CS_OK);
    assert_int_equal(n, 127);
    assert_int_equal(cs_snp_svn_of(&n, CS_LIT("\x02\x02\x00\xd9")), CS_OK);
    assert_int_equal(n, 0xd9);
    static const cs_slice others[] = {
        CS_LIT(""),
        CS_LIT("\x02"),
        CS_LIT("\x02\x00"),
        CS_LIT("\x02\x01"),
        CS_LIT("\x02\x01\x80"),
        CS_LIT("\x02\x02\x00\x01"),
        CS_LIT("\x02\x02\x01\x00"),
        CS_LIT("\x04\x01\x01"),
        CS_LIT("\x02\x01\x01\x00"),
        CS_LIT("\x02\x03\x00\x00\x01"),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(cs_snp_svn_of(&n, others[i]), CS_BAD_FORMAT);
}

static void hardware_ids(void **state)
{
    (void)state;
    uint8_t der[68] = {0x04, 64};
    cs_slice id;
    assert_int_equal(cs_snp_hardware_id_of(&id, cs_slice_of(der, 66)), CS_OK);
    assert_true(id.p == der + 2 && id.n == 64);
    assert_int_equal(cs_snp_hardware_id_of(&id, cs_slice_of(der, 64)), CS_OK);
    assert_true(id.p == der && id.n == 64);
    assert_int_equal(cs_snp_hardware_id_of(&id, cs_slice_of(der, 8)), CS_OK);
    assert_int_equal(id.n, 8);
    assert_int_equal(cs_snp_hardware_id_of(&id, CS_LIT("\x04\x08\1\2\3\4\5\6\7\x08")), CS_OK);
    assert_int_equal(id.n, 8);
    assert_int_equal(cs_snp_hardware_id_of(&id, cs_slice_of(der, 65)), CS_BAD_FORMAT);
    assert_int_equal(cs_snp_hardware_id_of(&id, cs_slice_of(der, 67)), CS_BAD_FORMAT);
    assert_int_equal(cs_snp_hardware_id_of(&id, CS_LIT("")), CS_BAD_FORMAT);
    assert_int_equal(cs_snp_hardware_id_of(&id, CS_LIT("\x04\x03\1\2\3")), CS_BAD_FORMAT);
    der[0] = 0x03;
    assert_int_equal(cs_snp_hardware_id_of(&id, cs_slice_of(der, 66)), CS_BAD_FORMAT);
    assert_null(id.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_reports),    cmocka_unit_test(one_field_changed), cmocka_unit_test(fields_of_versions),
        cmocka_unit_test(every_length),    cmocka_unit_test(tcb_layouts),       cmocka_unit_test(products),
        cmocka_unit_test(version_numbers), cmocka_unit_test(hardware_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
