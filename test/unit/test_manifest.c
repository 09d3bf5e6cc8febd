/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/manifest.c: the manifest of a release, and everything that is none. */
#include "core/manifest.h"

#include "vectors.h"

#define HEX4(b) b b b b
#define HEX16(b) HEX4(b) HEX4(b) HEX4(b) HEX4(b)
#define HEX32(b) HEX16(b) HEX16(b)
#define HEX48(b) HEX32(b) HEX16(b)
#define AWS_ROOT "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"

#define PCRS(zero, one, two, eight) "{\"0\":\"" zero "\",\"1\":\"" one "\",\"2\":\"" two "\",\"8\":\"" eight "\"}"
#define GOOD_PCRS PCRS(HEX48("a0"), HEX48("a1"), HEX48("a2"), HEX48("00"))
#define MANIFEST(version, enclave, pcrs, root)                                                                         \
    "{\"version\":" version ",\"enclave_version\":" enclave ",\"pcrs\":" pcrs ",\"root_sha256\":" root "}"
#define GOOD MANIFEST("1", "\"0.1.0\"", GOOD_PCRS, "\"" AWS_ROOT "\"")

static const struct {
    const char *what, *json;
    cs_err err;
    const char *field;
} rows[] = {
    {"not JSON", "{", CS_BAD_JSON, ""},
    {"nothing", "", CS_BAD_JSON, ""},
    {"two of them", GOOD GOOD, CS_BAD_JSON, ""},
    {"an array", "[]", CS_BAD_FIELD, ""},
    {"no members", "{}", CS_MISSING_FIELD, "version"},
    {"version 2", MANIFEST("2", "\"0.1.0\"", GOOD_PCRS, "\"" AWS_ROOT "\""), CS_BAD_FIELD, "version"},
    {"version 0", MANIFEST("0", "\"0.1.0\"", GOOD_PCRS, "\"" AWS_ROOT "\""), CS_BAD_FIELD, "version"},
    {"version as text", MANIFEST("\"1\"", "\"0.1.0\"", GOOD_PCRS, "\"" AWS_ROOT "\""), CS_BAD_FIELD, "version"},
    {"no enclave version", MANIFEST("1", "\"\"", GOOD_PCRS, "\"" AWS_ROOT "\""), CS_BAD_FIELD, "enclave_version"},
    {"blank in it", MANIFEST("1", "\"0.1 0\"", GOOD_PCRS, "\"" AWS_ROOT "\""), CS_BAD_FIELD, "enclave_version"},
    {"65 bytes of it", MANIFEST("1", "\"" HEX32("aa") "a\"", GOOD_PCRS, "\"" AWS_ROOT "\""), CS_BAD_FIELD,
     "enclave_version"},
    {"PCR0 missing", MANIFEST("1", "\"1\"", "{\"1\":\"" HEX48("a1") "\"}", "\"" AWS_ROOT "\""), CS_MISSING_FIELD,
     "pcrs.0"},
    {"PCR8 missing",
     MANIFEST("1", "\"1\"", "{\"0\":\"" HEX48("a0") "\",\"1\":\"" HEX48("a1") "\",\"2\":\"" HEX48("a2") "\"}",
              "\"" AWS_ROOT "\""),
     CS_MISSING_FIELD, "pcrs.8"},
    {"PCR3 too",
     MANIFEST("1", "\"1\"",
              "{\"0\":\"" HEX48("a0") "\",\"1\":\"" HEX48("a1") "\",\"2\":\"" HEX48("a2") "\",\"8\":\"" HEX48(
                  "a8") "\",\"3\":\"" HEX48("a3") "\"}",
              "\"" AWS_ROOT "\""),
     CS_UNKNOWN_FIELD, "pcrs.3"},
    {"PCR0 twice",
     MANIFEST("1", "\"1\"",
              "{\"0\":\"" HEX48("a0") "\",\"0\":\"" HEX48("a0") "\",\"1\":\"" HEX48("a1") "\",\"2\":\"" HEX48(
                  "a2") "\",\"8\":\"" HEX48("a8") "\"}",
              "\"" AWS_ROOT "\""),
     CS_BAD_JSON, ""},
    {"PCR0 zero: of a debugger's enclave",
     MANIFEST("1", "\"1\"", PCRS(HEX48("00"), HEX48("a1"), HEX48("a2"), HEX48("a8")), "\"" AWS_ROOT "\""), CS_BAD_FIELD,
     "pcrs.0"},
    {"upper case", MANIFEST("1", "\"1\"", PCRS(HEX48("A0"), HEX48("a1"), HEX48("a2"), HEX48("a8")), "\"" AWS_ROOT "\""),
     CS_BAD_FIELD, "pcrs.0"},
    {"47 bytes", MANIFEST("1", "\"1\"", PCRS(HEX48("a0"), HEX32("a1"), HEX48("a2"), HEX48("a8")), "\"" AWS_ROOT "\""),
     CS_BAD_FIELD, "pcrs.1"},
    {"49 bytes",
     MANIFEST("1", "\"1\"", PCRS(HEX48("a0"), HEX48("a1"), HEX48("a2") "a2", HEX48("a8")), "\"" AWS_ROOT "\""),
     CS_BAD_FIELD, "pcrs.2"},
    {"a prefix",
     MANIFEST("1", "\"1\"", PCRS(HEX48("a0"), HEX48("a1"), HEX48("a2"), "sha384:" HEX48("a8")), "\"" AWS_ROOT "\""),
     CS_BAD_FIELD, "pcrs.8"},
    {"a list of values", MANIFEST("1", "\"1\"", "{\"0\":[]}", "\"" AWS_ROOT "\""), CS_BAD_FIELD, "pcrs.0"},
    {"registers as a list", MANIFEST("1", "\"1\"", "[]", "\"" AWS_ROOT "\""), CS_BAD_FIELD, "pcrs"},
    {"no root", MANIFEST("1", "\"1\"", GOOD_PCRS, "null"), CS_BAD_FIELD, "root_sha256"},
    {"half a root", MANIFEST("1", "\"1\"", GOOD_PCRS, "\"" HEX16("64") "\""), CS_BAD_FIELD, "root_sha256"},
    {"a root that is no hex", MANIFEST("1", "\"1\"", GOOD_PCRS, "\"" HEX32("xy") "\""), CS_BAD_FIELD, "root_sha256"},
    {"one member more",
     "{\"note\":\"\","
     "\"version\":1,\"enclave_version\":\"1\",\"pcrs\":" GOOD_PCRS ",\"root_sha256\":\"" AWS_ROOT "\"}",
     CS_UNKNOWN_FIELD, "note"},
};

static void refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_manifest m;
        cs_fault fault = {0};
        cs_err err = cs_manifest_parse(&m, &fault, cs_slice_str(rows[i].json));
        if (err != rows[i].err || fault.err != err || strcmp(fault.field, rows[i].field) != 0)
            fail_msg("%s: %s in %s", rows[i].what, cs_err_name(err), fault.field);
        assert_string_equal(m.enclave_version, "");
        assert_true(cs_slice_all_zero(CS_ARRAY(m.root_sha256)));
    }
    cs_manifest m;
    cs_buf big = cs_buf_new(1u << 20);
    cs_buf_add_str(&big, GOOD);
    while (big.n <= CS_MAX_MANIFEST)
        cs_buf_add_str(&big, " ");
    assert_int_equal(cs_manifest_parse(&m, NULL, cs_buf_slice(&big)), CS_TOO_LARGE);
    big.n--;
    assert_int_equal(cs_manifest_parse(&m, NULL, cs_buf_slice(&big)), CS_OK);
    cs_buf_free(&big);
}

static void there_and_back(void **state)
{
    (void)state;
    cs_manifest m;
    cs_buf out = cs_buf_new(4096);
    assert_int_equal(cs_manifest_parse(&m, NULL, CS_LIT(GOOD)), CS_OK);
    assert_string_equal(m.enclave_version, "0.1.0");
    assert_int_equal(m.pcrs[0][47], 0xa0);
    assert_int_equal(m.pcrs[2][0], 0xa2);
    assert_int_equal(m.pcrs[3][0], 0); /* nobody signed it */
    assert_false(cs_manifest_is_software(&m));
    assert_int_equal(cs_manifest_write(&out, &m), CS_OK);
    assert_string_equal(cs_buf_cstr(&out), GOOD);

    m.root_sha256[31] ^= 1;
    assert_true(cs_manifest_is_software(&m));
    memset(m.pcrs[0], 0, sizeof m.pcrs[0]);
    assert_int_equal(cs_manifest_write(&out, &m), CS_BAD_FIELD);
    m.pcrs[0][0] = 1;
    m.enclave_version[0] = '\n';
    assert_int_equal(cs_manifest_write(&out, &m), CS_BAD_FIELD);
    cs_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused), cmocka_unit_test(there_and_back)};
    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
