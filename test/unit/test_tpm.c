/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes of a virtual TPM and reports of the paravisor: the real ones, one row for each field, every truncation. */
#include "core/tpm.h"

#include "vectors.h"

/* A quote of PCR 0 to 23, as azure/vtpm-snp-evidence-b.json has it, up to the digest. */
static const char real_quote[] =
    "ff54434780180022000b96f6ef2a64ed155e38183fc0f0f240b2e63e4feb4c2ac230f14684fbe93f5f2500096368616c6c656e676500000000"
    "00211111000000030000000001202003120012000300000001000b03ffffff0020";

enum {
    SIGNER = 6,
    EXTRA = SIGNER + 2 + 34,
    CLOCK = EXTRA + 2 + 9,
    SELECTION = CLOCK + 17 + 8,
    DIGEST = SELECTION + 10
};
#define QUOTE_LEN (DIGEST + 2 + 32)

static void make_quote(uint8_t out[QUOTE_LEN])
{
    cs_buf b = cs_buf_over(out, QUOTE_LEN);
    memset(out, 0x5a, QUOTE_LEN);
    assert_int_equal(cs_hex_decode(&b, cs_slice_of(real_quote, 2 * (DIGEST + 2))), CS_OK);
}

static void a_quote(void **state)
{
    (void)state;
    uint8_t bytes[QUOTE_LEN];
    cs_tpm_quote q;
    make_quote(bytes);
    assert_int_equal(cs_tpm_quote_parse(&q, CS_ARRAY(bytes)), CS_OK);
    assert_true(cs_slice_is(q.extra_data, "challenge"));
    assert_int_equal(q.signer.n, 34);
    assert_true(q.clock == 0x211111 && q.reset_count == 3 && q.restart_count == 0 && q.safe);
    assert_true(q.firmware == 0x2020031200120003);
    assert_int_equal(q.selected, 0xffffff);
    assert_true(q.pcr_digest.p == bytes + DIGEST + 2 && q.pcr_digest.n == 32);
    bytes[SELECTION + 7] = 0x01;
    bytes[SELECTION + 8] = 0x80;
    bytes[SELECTION + 9] = 0x02;
    assert_int_equal(cs_tpm_quote_parse(&q, CS_ARRAY(bytes)), CS_OK);
    assert_int_equal(q.selected, 1 << 0 | 1 << 15 | 1 << 17);
}

static const struct {
    const char *name;
    size_t offset;
    uint8_t value;
} bad_quotes[] = {
    {"magic", 0, 0xfe},
    {"magic's end", 3, 0x46},
    {"type: certify", 5, 0x17},
    {"type: time", 5, 0x19},
    {"signer's length", SIGNER + 1, 35},
    {"signer longer than any", SIGNER, 1},
    {"extra data's length", EXTRA + 1, 10},
    {"extra data longer than any", EXTRA + 1, 67},
    {"safe is 2", CLOCK + 16, 2},
    {"no bank", SELECTION + 3, 0},
    {"two banks", SELECTION + 3, 2},
    {"banks above a byte", SELECTION, 1},
    {"SHA-1", SELECTION + 5, 0x04},
    {"SHA-384", SELECTION + 5, 0x0c},
    {"map of 2 bytes", SELECTION + 6, 2},
    {"map of 4 bytes", SELECTION + 6, 4},
    {"map of 255 bytes", SELECTION + 6, 255},
    {"digest of 31 bytes", DIGEST + 1, 31},
    {"digest of 33 bytes", DIGEST + 1, 33},
    {"digest above a byte", DIGEST, 1},
};

static void bad_fields_of_a_quote(void **state)
{
    (void)state;
    uint8_t bytes[QUOTE_LEN];
    cs_tpm_quote q;
    for (size_t i = 0; i < sizeof bad_quotes / sizeof *bad_quotes; i++) {
        make_quote(bytes);
        bytes[bad_quotes[i].offset] = bad_quotes[i].value;
        cs_err err = cs_tpm_quote_parse(&q, CS_ARRAY(bytes));
        if (err != CS_BAD_FORMAT)
            print_message("%s\n", bad_quotes[i].name);
        assert_int_equal(err, CS_BAD_FORMAT);
        assert_int_equal(q.selected, 0);
    }
    make_quote(bytes);
    memset(bytes + SELECTION + 7, 0, 3);
    assert_int_equal(cs_tpm_quote_parse(&q, CS_ARRAY(bytes)), CS_BAD_FORMAT); /* no PCR */
    for (size_t n = 0; n < QUOTE_LEN; n++) {
        make_quote(bytes);
        assert_int_equal(cs_tpm_quote_parse(&q, cs_slice_of(bytes, n)), CS_BAD_FORMAT);
    }
    uint8_t longer[QUOTE_LEN + 1] = {0};
    make_quote(longer);
    assert_int_equal(cs_tpm_quote_parse(&q, CS_ARRAY(longer)), CS_BAD_FORMAT);
}

static void pcr_beyond_the_bank(void **state)
{
    (void)state;
    uint8_t bytes[QUOTE_LEN + 1];
    cs_tpm_quote q;
    for (uint8_t fourth = 0; fourth <= 1; fourth++) {
        make_quote(bytes);
        memmove(bytes + SELECTION + 11, bytes + SELECTION + 10, QUOTE_LEN - SELECTION - 10);
        bytes[SELECTION + 6] = 4;
        bytes[SELECTION + 10] = fourth;
        assert_int_equal(cs_tpm_quote_parse(&q, CS_ARRAY(bytes)), fourth == 0 ? CS_OK : CS_BAD_FORMAT);
    }
}

static void a_report(void **state)
{
    (void)state;
    cs_buf file = vectors_public_file("attestation/azure/hcl-report-snp.bin");
    cs_slice bytes = cs_buf_slice(&file);
    cs_hcl_report h;
    uint8_t n[256], e[3];
    cs_buf modulus = CS_BUF_OVER(n), exponent = CS_BUF_OVER(e);
    assert_int_equal(cs_hcl_parse(&h, bytes), CS_OK);
    assert_int_equal(h.type, CS_HCL_SNP);
    assert_int_equal(h.hash, CS_HCL_SHA256);
    assert_true(h.hardware.p == bytes.p + 32 && h.hardware.n == 1184);
    assert_true(h.runtime.p == bytes.p + 1236 && h.runtime.n == 1110);
    assert_int_equal(cs_hcl_attestation_key(&modulus, &exponent, h.runtime), CS_OK);
    assert_int_equal(modulus.n, 256);
    assert_memory_equal(n, "\xa9\x1e\xcb\xa8", 4);
    assert_memory_equal(e, "\1\0\1", 3);

    /* Only zeros stand behind the data, so it may be cut there and nowhere else. */
    for (size_t cut = 0; cut < bytes.n; cut++)
        assert_int_equal(cs_hcl_parse(&h, cs_slice_of(bytes.p, cut)), cut < 1236 + 1110 ? CS_BAD_FORMAT : CS_OK);
    cs_buf_free(&file);
}

static const struct {
    const char *name;
    size_t offset;
    uint8_t value;
    cs_err err;
} hcl_rows[] = {
    {"version 2", 4, 2, CS_OK},
    {"magic", 0, 'h', CS_BAD_FORMAT},
    {"version 0", 4, 0, CS_BAD_FORMAT},
    {"version 3", 4, 3, CS_BAD_FORMAT},
    {"report size", 8, 0x2b, CS_BAD_FORMAT},
    {"report size above", 11, 1, CS_BAD_FORMAT},
    {"request type", 12, 3, CS_BAD_FORMAT},
    {"status", 16, 1, CS_BAD_FORMAT},
    {"reserved", 20, 1, CS_BAD_FORMAT},
    {"reserved, its end", 31, 1, CS_BAD_FORMAT},
    {"anything in the hardware's report", 32, 9, CS_OK},
    {"data size", 1216, 0x6b, CS_BAD_FORMAT},
    {"data version", 1220, 2, CS_BAD_FORMAT},
    {"type of SNP", 1224, 2, CS_OK},
    {"type 3", 1224, 3, CS_BAD_FORMAT},
    {"type of TDX", 1224, 4, CS_OK},
    {"hash 0", 1228, 0, CS_BAD_FORMAT},
    {"SHA-384", 1228, 2, CS_OK},
    {"hash 4", 1228, 4, CS_BAD_FORMAT},
    {"runtime size", 1232, 0x55, CS_BAD_FORMAT},
    {"runtime size huge", 1235, 0xff, CS_BAD_FORMAT},
    {"behind the data", 1236 + 1110, 1, CS_BAD_FORMAT},
    {"the last byte", 2599, 1, CS_BAD_FORMAT},
};

static void fields_of_a_report(void **state)
{
    (void)state;
    cs_buf file = vectors_public_file("attestation/azure/hcl-report-snp.bin");
    cs_hcl_report h;
    for (size_t i = 0; i < sizeof hcl_rows / sizeof *hcl_rows; i++) {
        uint8_t was = file.p[hcl_rows[i].offset];
        file.p[hcl_rows[i].offset] = hcl_rows[i].value;
        cs_err err = cs_hcl_parse(&h, cs_buf_slice(&file));
        if (err != hcl_rows[i].err)
            print_message("%s: %s\n", hcl_rows[i].name, cs_err_name(err));
        assert_int_equal(err, hcl_rows[i].err);
        file.p[hcl_rows[i].offset] = was;
    }
    cs_buf_free(&file);
}

#define KEY(kid, ops, kty, more) "{\"kid\":\"" kid "\",\"key_ops\":[" ops "],\"kty\":\"" kty "\"" more "}"
#define NE ",\"e\":\"AQAB\",\"n\":\"qR7LqAAB\""

static const struct {
    const char *json;
    cs_err err;
} runtimes[] = {
    {"{\"keys\":[" KEY("HCLEkPub", "\"encrypt\"", "RSA", NE) "," KEY("HCLAkPub", "\"sign\"", "RSA", NE) "]}", CS_OK},
    {"", CS_BAD_JSON},
    {"{}", CS_MISSING_FIELD},
    {"{\"keys\":{}}", CS_BAD_FIELD},
    {"{\"keys\":[]}", CS_MISSING_FIELD},
    {"{\"keys\":[1]}", CS_BAD_FIELD},
    {"{\"keys\":[" KEY("HCLEkPub", "\"sign\"", "RSA", NE) "]}", CS_MISSING_FIELD},
    /* Paravisors of 2023 wrote so of the key that signs. */
    {"{\"keys\":[" KEY("HCLAkPub", "\"encrypt\"", "RSA", NE) "]}", CS_OK},
    {"{\"keys\":[" KEY("HCLAkPub", "\"decrypt\"", "RSA", NE) "]}", CS_BAD_FIELD},
    {"{\"keys\":[" KEY("HCLAkPub", "", "RSA", NE) "]}", CS_BAD_FIELD},
    {"{\"keys\":[" KEY("HCLAkPub", "\"sign\",\"decrypt\"", "RSA", NE) "]}", CS_BAD_FIELD},
    {"{\"keys\":[" KEY("HCLAkPub", "\"sign\"", "EC", NE) "]}", CS_BAD_FIELD},
    {"{\"keys\":[" KEY("HCLAkPub", "\"sign\"", "RSA", ",\"e\":\"AQAB\"") "]}", CS_MISSING_FIELD},
    {"{\"keys\":[" KEY("HCLAkPub", "\"sign\"", "RSA", ",\"n\":\"AQAB\"") "]}", CS_MISSING_FIELD},
    {"{\"keys\":[" KEY("HCLAkPub", "\"sign\"", "RSA", ",\"n\":\"AQAB\",\"e\":\"A+==\"") "]}", CS_BAD_ENCODING},
    {"{\"keys\":[" KEY("HCLAkPub", "\"sign\"", "RSA", NE) "," KEY("HCLAkPub", "\"sign\"", "RSA", NE) "]}",
     CS_BAD_FIELD},
    {"{\"keys\":[],\"keys\":[" KEY("HCLAkPub", "\"sign\"", "RSA", NE) "]}", CS_BAD_JSON},
};

static void attestation_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++) {
        uint8_t n[64], e[64];
        cs_buf modulus = CS_BUF_OVER(n), exponent = CS_BUF_OVER(e);
        cs_err err = cs_hcl_attestation_key(&modulus, &exponent, cs_slice_str(runtimes[i].json));
        if (err != runtimes[i].err)
            print_message("%s: %s\n", runtimes[i].json, cs_err_name(err));
        assert_int_equal(err, runtimes[i].err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote),  cmocka_unit_test(bad_fields_of_a_quote), cmocka_unit_test(pcr_beyond_the_bank),
        cmocka_unit_test(a_report), cmocka_unit_test(fields_of_a_report),    cmocka_unit_test(attestation_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
