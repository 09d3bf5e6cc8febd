/* SPDX-License-Identifier: Apache-2.0 */
/* Reading policies: what each refusal names, defaults, the canonical form. More refusals: attest_rows.h. */
#include <string.h>

#include "attest_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define HASH "\"sha256:" IMAGE "\""
#define RAW_ROOT "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
#define SPKI_ROOT "MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
#define RULES "\"matchRules\":{\"allowedImageHashes\":[" HASH "],\"rootPublicKeyB64\":\"" RAW_ROOT "\"}"
#define HEAD "{\"name\":\"n\",\"vendor\":\"mock\","
#define TEN(s) s s s s s s s s s s

static cs_err parse(cs_policy *p, cs_fault *fault, const char *text)
{
    return cs_policy_parse(p, fault, cs_slice_str(text), true);
}

static void refusals_name_the_member(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        cs_err err;
        const char *field;
    } rows[] = {
        {HEAD RULES "}", CS_OK, ""},
        {"", CS_BAD_JSON, ""},
        {"[]", CS_BAD_FIELD, ""},
        {"{}", CS_MISSING_FIELD, "vendor"},
        {"{\"vendor\":1}", CS_BAD_FIELD, "vendor"},
        {"{\"name\":\"n\",\"vendor\":\"intel-sgx\"," RULES "}", CS_POLICY_VENDOR, "vendor"},
        {"{\"vendor\":\"mock\"," RULES "}", CS_MISSING_FIELD, "name"},
        {"{\"name\":\"" TEN("0123456789") TEN("abc") "\",\"vendor\":\"mock\"," RULES "}", CS_BAD_FIELD, "name"},
        {"{\"name\":\"a\\nb\",\"vendor\":\"mock\"," RULES "}", CS_BAD_FIELD, "name"},
        {"{\"name\":\"a\\u202eb\",\"vendor\":\"mock\"," RULES "}", CS_BAD_FIELD, "name"},
        {HEAD "\"x\":1}", CS_MISSING_FIELD, "matchRules"},
        {HEAD "\"matchRules\":[]}", CS_BAD_FIELD, "matchRules"},
        {HEAD "\"evidence\":\"session\"," RULES "}", CS_BAD_FIELD, "evidence"},
        {HEAD "\"evidence\":\"\"," RULES "}", CS_BAD_FIELD, "evidence"},
        {HEAD "\"maxDocAgeSeconds\":4," RULES "}", CS_BAD_FIELD, "maxDocAgeSeconds"},
        {HEAD "\"maxSessionAgeSeconds\":86401," RULES "}", CS_BAD_FIELD, "maxSessionAgeSeconds"},
        {HEAD "\"requireDated\":1," RULES "}", CS_BAD_FIELD, "requireDated"},
        {HEAD "\"surprise\":1," RULES "}", CS_UNKNOWN_FIELD, "surprise"},
        {HEAD "\"matchRules\":{}}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.allowedImageHashes"},
        {HEAD "\"matchRules\":{\"allowedImageHashes\":[]}}", CS_POLICY_ALLOWLIST_EMPTY,
         "matchRules.allowedImageHashes"},
        {HEAD "\"matchRules\":{\"allowedImageHashes\":\"" IMAGE "\"}}", CS_BAD_FIELD, "matchRules.allowedImageHashes"},
        {HEAD "\"matchRules\":{\"allowedImageHashes\":[\"\"]}}", CS_POLICY_HASH, "matchRules.allowedImageHashes"},
        {HEAD "\"matchRules\":{\"allowedImageHashes\":[" HASH ",null]}}", CS_POLICY_HASH,
         "matchRules.allowedImageHashes"},
        {HEAD "\"matchRules\":{\"allowedImageHashes\":[" HASH "]}}", CS_MISSING_FIELD, "matchRules.rootPublicKeyB64"},
        {HEAD "\"matchRules\":{\"allowedImageHashes\":[" HASH "],\"rootPublicKeyB64\":\"\"}}", CS_POLICY_ROOT,
         "matchRules.rootPublicKeyB64"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_policy p;
        cs_fault fault;
        cs_err err = parse(&p, &fault, rows[i].text);
        if (err != rows[i].err || fault.err != err || strcmp(fault.field, rows[i].field) != 0)
            fail_msg("%s: %s in '%s'", rows[i].text, cs_err_name(err), fault.field);
        assert_int_equal(parse(&p, NULL, rows[i].text), rows[i].err);
        if (err != CS_OK)
            assert_int_equal(p.match.mock.image_count, 0);
    }
}

static void mock_needs_to_be_allowed(void **state)
{
    (void)state;
    cs_policy p;
    cs_fault fault;
    assert_int_equal(cs_policy_parse(&p, &fault, CS_LIT(HEAD RULES "}"), false), CS_POLICY_MOCK);
    assert_string_equal(fault.field, "vendor");
}

static void defaults(void **state)
{
    (void)state;
    cs_policy p;
    assert_int_equal(parse(&p, NULL, HEAD RULES "}"), CS_OK);
    assert_string_equal(p.name, "n");
    assert_int_equal(p.vendor, CS_VENDOR_MOCK);
    assert_int_equal(p.evidence, CS_EVIDENCE_OPERATION);
    assert_int_equal(p.max_doc_age_seconds, 300);
    assert_int_equal(p.max_session_age_seconds, 300);
    assert_false(p.require_dated);
    assert_true(p.enforce);
    assert_int_equal(p.match.mock.image_count, 1);
}

/* Rules of a hardware vendor go through its row of the table; the rest of a policy is the same for all. */
static void hardware_rules(void **state)
{
    (void)state;
    static const char text[] =
        "{\"name\":\"n\",\"vendor\":\"aws-nitro-enclave\",\"evidence\":\"session\",\"matchRules\":"
        "{\"pcrs\":{\"0\":[\"" IMAGE "00112233445566778899aabbccddeeff\"]}}}";
    cs_policy p, copy;
    cs_fault fault;
    cs_buf one = cs_buf_new(CS_MAX_POLICY), two = cs_buf_new(CS_MAX_POLICY);
    assert_int_equal(cs_policy_parse(&p, &fault, cs_slice_str(text), false), CS_OK); /* the vendor's own root */
    assert_int_equal(p.vendor, CS_VENDOR_AWS_NITRO);
    assert_int_equal(p.evidence, CS_EVIDENCE_SESSION);
    assert_true(p.require_dated);
    assert_int_equal(p.max_session_age_seconds, 300);
    assert_non_null(cs_policy_rules(&p));
    assert_int_equal(cs_policy_canonical(&one, &p), CS_OK);
    assert_non_null(strstr(cs_buf_cstr(&one), "\"matchRules\":{\"pcrs\":{\"0\":["));

    copy = p;
    cs_policy_hold(&copy);
    cs_policy_free(&p);
    cs_policy_free(&p);
    assert_null(cs_policy_rules(&p));
    assert_int_equal(cs_policy_canonical(&two, &copy), CS_OK); /* the rules live as long as somebody holds them */
    assert_string_equal(cs_buf_cstr(&one), cs_buf_cstr(&two));
    assert_int_equal(cs_policy_canonical(&two, &p), CS_INTERNAL);

    cs_buf_clear(&two);
    assert_int_equal(cs_policy_parse(&p, &fault, cs_buf_slice(&one), false), CS_OK);
    assert_int_equal(cs_policy_canonical(&two, &p), CS_OK);
    assert_string_equal(cs_buf_cstr(&one), cs_buf_cstr(&two));
    cs_policy_free(&p);
    cs_policy_free(&copy);
    cs_buf_free(&one);
    cs_buf_free(&two);
}

static void hardware_rules_are_refused(void **state)
{
    (void)state;
#define NITRO "{\"name\":\"n\",\"vendor\":\"aws-nitro-enclave\","
#define PCRS "\"matchRules\":{\"pcrs\":{\"0\":[\"" IMAGE "00112233445566778899aabbccddeeff\"]}}"
#define SNP "{\"name\":\"n\",\"vendor\":\"amd-sev-snp\","
#define MEASURED "\"matchRules\":{\"measurements\":[\"sha384:" IMAGE "00112233445566778899aabbccddeeff\"]}"
    static const struct {
        const char *text;
        cs_err err;
        const char *field;
    } rows[] = {
        {NITRO PCRS "}", CS_OK, ""},
        {SNP MEASURED "}", CS_OK, ""},
        {NITRO RULES "}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs"},
        {NITRO "\"matchRules\":{}}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs"},
        {NITRO "\"matchRules\":{\"pcrs\":{}}}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs"},
        {NITRO "\"matchRules\":{\"pcrs\":{\"0\":[]}}}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.pcrs.0"},
        {SNP "\"matchRules\":{}}", CS_POLICY_ALLOWLIST_EMPTY, "matchRules.measurements"},
        {NITRO "\"evidence\":\"both\"," PCRS "}", CS_BAD_FIELD, "evidence"},
        {NITRO "\"evidence\":null," PCRS "}", CS_BAD_FIELD, "evidence"},
        {SNP "\"evidence\":\"session\"," MEASURED "}", CS_BAD_FIELD, "evidence"}, /* no time, no session's age */
        {NITRO "\"maxSessionAgeSeconds\":4," PCRS "}", CS_BAD_FIELD, "maxSessionAgeSeconds"},
        {NITRO "\"requireDated\":\"no\"," PCRS "}", CS_BAD_FIELD, "requireDated"},
        {NITRO "\"matchRules\":[]}", CS_BAD_FIELD, "matchRules"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_policy p;
        cs_fault fault;
        cs_err err = parse(&p, &fault, rows[i].text);
        if (err != rows[i].err || strcmp(fault.field, rows[i].field) != 0)
            fail_msg("%s: %s in '%s'", rows[i].text, cs_err_name(err), fault.field);
        if (err != CS_OK)
            assert_null(cs_policy_rules(&p));
        cs_policy_free(&p);
    }
}

static void canonical_form(void **state)
{
    (void)state;
    static const char expected[] =
        "{\"enforce\":false,\"evidence\":\"operation\",\"matchRules\":{\"allowedImageHashes\":[\"sha256:" IMAGE
        "\",\"sha256:" OTHER_IMAGE "\"],\"rootPublicKeyB64\":\"" SPKI_ROOT
        "\"},\"maxDocAgeSeconds\":5,\"maxSessionAgeSeconds\":300,\"name\":\"a \\\"b\\\" \xc3\xbc\\\\\","
        "\"requireDated\":true,\"vendor\":\"mock\"}";
    static const char *const texts[] = {
        /* as a person writes it */
        "{ \"vendor\": \"mock\", \"name\": \"a \\u0022b\\\" \\u00fc\\\\\", \"requireDated\": true, \"enforce\": false,"
        " \"maxDocAgeSeconds\": 5, \"metadata\": {\"team\": [1.5]},"
        " \"matchRules\": {\"rootPublicKeyB64\": \"" RAW_ROOT "\","
        " \"allowedImageHashes\": [\"" IMAGE "\", \"sha256:" OTHER_IMAGE "\"]}}",
        /* as the service shows it */
        "{\"id\":\"ap_1\",\"version\":2,\"hash\":\"x\",\"createdAt\":\"y\",\"updatedAt\":null,\"enforce\":false,"
        "\"evidence\":\"operation\",\"matchRules\":{\"allowedImageHashes\":[\"sha256:" IMAGE "\",\"" OTHER_IMAGE
        "\"],\"rootPublicKeyB64\":\"" SPKI_ROOT "\"},\"maxDocAgeSeconds\":5,\"maxSessionAgeSeconds\":300,"
        "\"name\":\"a \\\"b\\\" \xc3\xbc\\\\\",\"requireDated\":true,\"vendor\":\"mock\"}",
        expected,
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        cs_policy p;
        cs_buf out = cs_buf_new(CS_MAX_POLICY), again = cs_buf_new(CS_MAX_POLICY);
        cs_json *doc = NULL;
        assert_int_equal(parse(&p, NULL, texts[i]), CS_OK);
        assert_int_equal(cs_policy_canonical(&out, &p), CS_OK);
        assert_string_equal(cs_buf_cstr(&out), expected);
        /* RFC 8785 has nothing to change in it. */
        assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&out), CS_MAX_POLICY), CS_OK);
        assert_int_equal(cs_json_canonical(&again, cs_json_root(doc)), CS_OK);
        assert_string_equal(cs_buf_cstr(&again), expected);
        cs_json_free(doc);
        cs_buf_free(&again);
        cs_buf_free(&out);
    }
}

static void allow_list_has_a_limit(void **state)
{
    (void)state;
    for (size_t n = CS_MAX_ALLOWED_IMAGES; n <= CS_MAX_ALLOWED_IMAGES + 1; n++) {
        cs_policy p;
        cs_fault fault;
        cs_buf text = cs_buf_new(CS_MAX_POLICY);
        cs_buf_add_str(&text,
                       HEAD "\"matchRules\":{\"rootPublicKeyB64\":\"" RAW_ROOT "\",\"allowedImageHashes\":[" HASH);
        for (size_t i = 1; i < n; i++)
            cs_buf_add_str(&text, "," HASH);
        cs_buf_add_str(&text, "]}}");
        cs_err err = cs_policy_parse(&p, &fault, cs_buf_slice(&text), true);
        assert_int_equal(err, n > CS_MAX_ALLOWED_IMAGES ? CS_BAD_FIELD : CS_OK);
        assert_int_equal(p.match.mock.image_count, err == CS_OK ? n : 0);
        cs_buf_free(&text);
    }
}

static void size_has_a_limit(void **state)
{
    (void)state;
    cs_policy p;
    cs_buf text = cs_buf_new(CS_MAX_POLICY + 1);
    cs_buf_add_str(&text, HEAD RULES "}");
    while (text.n < CS_MAX_POLICY)
        cs_buf_add_str(&text, " ");
    assert_int_equal(cs_policy_parse(&p, NULL, cs_buf_slice(&text), true), CS_OK);
    cs_buf_add_str(&text, " ");
    assert_int_equal(cs_policy_parse(&p, NULL, cs_buf_slice(&text), true), CS_TOO_LARGE);
    cs_buf_free(&text);
}

static void truncations_are_refused(void **state)
{
    (void)state;
    static const char text[] = HEAD RULES "}";
    cs_policy p;
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_int_not_equal(cs_policy_parse(&p, NULL, cs_slice_of(text, n), true), CS_OK);
    assert_int_equal(cs_policy_parse(&p, NULL, cs_slice_of(text, sizeof text - 1), true), CS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_name_the_member),
        cmocka_unit_test(mock_needs_to_be_allowed),
        cmocka_unit_test(defaults),
        cmocka_unit_test(hardware_rules),
        cmocka_unit_test(hardware_rules_are_refused),
        cmocka_unit_test(canonical_form),
        cmocka_unit_test(allow_list_has_a_limit),
        cmocka_unit_test(size_has_a_limit),
        cmocka_unit_test(truncations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
