/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes of others: what is read, and what is not. The public files are test_attest_azure.c's. */
#include "core/azure_shapes.h"

#include "core/limits.h"
#include "vectors.h"

/* A document whose 24 registers are `pcr`. */
static cs_err read_text(const char *before, const char *pcr, size_t count, const char *after)
{
    cs_azure_parts p;
    cs_buf text = cs_buf_new(CS_MAX_ATTESTATION);
    cs_buf_add_str(&text, before);
    for (size_t i = 0; i < count; i++) {
        cs_buf_add_str(&text, i > 0 ? "," : "");
        cs_buf_add_str(&text, pcr);
    }
    cs_buf_add_str(&text, after);
    cs_err err = cs_azure_parts_read(&p, cs_buf_slice(&text));
    if (err == CS_OK)
        assert_true(p.quote.n == 2 && p.pcr[23][31] == 0x11);
    cs_azure_parts_free(&p);
    cs_buf_free(&text);
    return err;
}

#define HEX32 "\"1111111111111111111111111111111111111111111111111111111111111111\""
#define LIST32 "[17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17,17]"
#define TEXT_BEFORE                                                                                                    \
    "{\"platform\":\"az-snp\",\"evidence\":{\"hcl_report\":\"AAA\",\"vcek\":\"AAA=\",\"tpm_quote\":{\"message\":"      \
    "\"0102\",\"signature\":\"03\",\"pcrs\":["
#define LIST_BEFORE(message) "{\"report\":[1],\"quote\":{\"message\":" message ",\"signature\":[3],\"pcrs\":["

static void texts(void **state)
{
    (void)state;
    assert_int_equal(read_text(TEXT_BEFORE, HEX32, 24, "]}}}"), CS_OK);
    assert_int_equal(read_text(TEXT_BEFORE, HEX32, 23, "]}}}"), CS_BAD_FORMAT);
    assert_int_equal(read_text(TEXT_BEFORE, HEX32, 25, "]}}}"), CS_BAD_FORMAT);
    assert_int_equal(read_text(TEXT_BEFORE, "\"11\"", 24, "]}}}"), CS_BAD_FORMAT);
    assert_int_equal(read_text(TEXT_BEFORE, LIST32, 24, "]}}}"), CS_BAD_FORMAT);
    assert_int_equal(
        read_text("{\"platform\":\"az-snp\",\"evidence\":{\"tpm_quote\":{\"message\":\"0102\",\"signature\":"
                  "\"03\",\"pcrs\":[",
                  HEX32, 24, "]}}}"),
        CS_BAD_FORMAT); /* no report */
    assert_int_equal(read_text("", "[]", 1, ""), CS_BAD_FORMAT);
    assert_int_equal(read_text("", "", 1, ""), CS_BAD_FORMAT);
}

/* Without a certificate no list is accepted: its PEM comes last. */
static void lists(void **state)
{
    (void)state;
    static const char *const messages[] = {"[1,2]",   "[1,256]",  "[1,-2]", "[1,\"2\"]",
                                           "[1,[2]]", "[1,1000]", "[]",     "[null]"};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        char before[256];
        (void)snprintf(before, sizeof before, LIST_BEFORE("%s"), messages[i]);
        assert_int_equal(read_text(before, LIST32, 24, "]},\"vcek\":\"x\"}"), CS_BAD_FORMAT);
    }
}

/* The real one, with one list changed at a time. */
static void a_real_list(void **state)
{
    (void)state;
    static const char *const numbers[] = {"256", "1000", "-1", "\"1\"", "[1]", "null", "1e1", "1.5"};
    cs_buf file = vectors_public_file("attestation/azure/vtpm-snp-evidence-genoa.json");
    const char *text = cs_buf_cstr(&file), *at = strstr(text, "\"report\"");
    cs_azure_parts p;
    assert_int_equal(cs_azure_parts_read(&p, cs_buf_slice(&file)), CS_OK);
    assert_true(p.hcl.n == 2600 && p.quote.n == 161 && p.signature.n == 256);
    assert_true(cs_slice_starts(p.hcl, CS_LIT("HCLA")));
    cs_azure_parts_free(&p);
    assert_non_null(at);
    at = strchr(at, '[') + 1;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        cs_buf changed = cs_buf_new(CS_MAX_ATTESTATION);
        cs_buf_add(&changed, cs_slice_of(text, (size_t)(at - text)));
        cs_buf_add_str(&changed, numbers[i]);
        cs_buf_add_str(&changed, ",");
        cs_buf_add_str(&changed, at);
        assert_int_equal(cs_azure_parts_read(&p, cs_buf_slice(&changed)), CS_BAD_FORMAT);
        cs_azure_parts_free(&p);
        cs_buf_free(&changed);
    }
    cs_buf_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(lists),
        cmocka_unit_test(a_real_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
