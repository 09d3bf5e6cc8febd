/* SPDX-License-Identifier: Apache-2.0 */
/* Allow-lists: what is read, what is refused, what matches, and the order that they are written in. */
#include "core/allow.h"

#include "vectors.h"

static cs_json *doc;
static cs_buf list_text;

static cs_jobj parse(const char *text)
{
    assert_int_equal(cs_json_parse(&doc, cs_slice_str(text), 1u << 16), CS_OK);
    return cs_jobj_open(cs_json_root(doc));
}

static cs_err read_list(cs_allow *out, const char *text, bool optional)
{
    cs_jobj o = parse(text);
    cs_allow_read(out, &o, "a", "sha256:", 2, optional);
    cs_err err = cs_jobj_done(&o);
    cs_json_free(doc);
    return err;
}

static const struct {
    const char *text;
    bool optional;
    cs_err err;
    size_t count;
} lists[] = {
    {"{\"a\":[\"0102\"]}", false, CS_OK, 1},
    {"{\"a\":[\"0102\",\"sha256:ff00\",\"0102\"]}", false, CS_OK, 3},
    {"{}", true, CS_OK, 0},
    {"{}", false, CS_POLICY_ALLOWLIST_EMPTY, 0},
    {"{\"a\":[]}", false, CS_POLICY_ALLOWLIST_EMPTY, 0},
    {"{\"a\":[]}", true, CS_POLICY_ALLOWLIST_EMPTY, 0},
    {"{\"a\":null}", false, CS_BAD_FIELD, 0},
    {"{\"a\":\"0102\"}", false, CS_BAD_FIELD, 0},
    {"{\"a\":{}}", true, CS_BAD_FIELD, 0},
    {"{\"a\":[1]}", false, CS_POLICY_HASH, 0},
    {"{\"a\":[\"\"]}", false, CS_POLICY_HASH, 0},
    {"{\"a\":[\"01\"]}", false, CS_POLICY_HASH, 0},
    {"{\"a\":[\"010203\"]}", false, CS_POLICY_HASH, 0},
    {"{\"a\":[\"010A\"]}", false, CS_POLICY_HASH, 0},
    {"{\"a\":[\"sha384:0102\"]}", false, CS_POLICY_HASH, 0},
    {"{\"a\":[\"sha256:\"]}", false, CS_POLICY_HASH, 0},
    {"{\"a\":[\"0000\"]}", false, CS_POLICY_HASH, 0},
    {"{\"a\":[\"0102\",\"sha256:0000\"]}", false, CS_POLICY_HASH, 0},
};

static void reading_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        cs_allow a;
        cs_err err = read_list(&a, lists[i].text, lists[i].optional);
        if (err != lists[i].err)
            print_message("%s: %s\n", lists[i].text, cs_err_name(err));
        assert_int_equal(err, lists[i].err);
        if (err == CS_OK)
            assert_int_equal(a.count, lists[i].count);
        cs_allow_free(&a);
    }
}

static void as_many_as_there_may_be(void **state)
{
    (void)state;
    for (size_t n = CS_MAX_ALLOWED_IMAGES; n <= CS_MAX_ALLOWED_IMAGES + 1; n++) {
        cs_allow a;
        list_text = cs_buf_new(1u << 16);
        cs_buf_add_str(&list_text, "{\"a\":[\"0101\"");
        for (size_t i = 1; i < n; i++)
            cs_buf_add_str(&list_text, ",\"0102\"");
        cs_buf_add_str(&list_text, "]}");
        assert_int_equal(read_list(&a, cs_buf_cstr(&list_text), false),
                         n <= CS_MAX_ALLOWED_IMAGES ? CS_OK : CS_BAD_FIELD);
        cs_allow_free(&a);
        cs_buf_free(&list_text);
    }
}

static void matching(void **state)
{
    (void)state;
    cs_allow a = {0};
    assert_false(cs_allow_has(&a, CS_LIT("")));
    assert_int_equal(read_list(&a, "{\"a\":[\"0102\",\"ff00\"]}", false), CS_OK);
    assert_true(cs_allow_has(&a, CS_LIT("\x01\x02")));
    assert_true(cs_allow_has(&a, CS_LIT("\xff\x00")));
    assert_false(cs_allow_has(&a, CS_LIT("\x02\xff"))); /* across two of them */
    assert_false(cs_allow_has(&a, CS_LIT("\x01")));
    assert_false(cs_allow_has(&a, CS_LIT("\x01\x02\x00")));
    assert_false(cs_allow_has(&a, CS_LIT("\x00\x00")));
    assert_false(cs_allow_has(&a, CS_ABSENT));
    memset(a.values, 0, 2); /* as no reader would leave it */
    assert_false(cs_allow_has(&a, CS_LIT("\x00\x00")));
    cs_allow_free(&a);
    assert_false(cs_allow_has(&a, CS_LIT("\x01\x02")));
    cs_allow_free(&a);
}

static cs_err read_registers(cs_allow_registers *out, const char *text, unsigned limit, bool optional)
{
    cs_jobj o = parse(text);
    cs_allow_registers_read(out, &o, "r", "", 2, limit, optional);
    cs_err err = cs_jobj_done(&o);
    cs_json_free(doc);
    return err;
}

static const struct {
    const char *text;
    cs_err err;
} registers[] = {
    {"{\"r\":{\"0\":[\"0102\"]}}", CS_OK},
    {"{\"r\":{\"23\":[\"0102\"],\"7\":[\"0102\"]}}", CS_OK},
    {"{}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"r\":{}}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"r\":[]}", CS_BAD_FIELD},
    {"{\"r\":{\"0\":[]}}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"r\":{\"0\":[\"0102\"],\"1\":[]}}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"r\":{\"0\":\"0102\"}}", CS_BAD_FIELD},
    {"{\"r\":{\"0\":[\"0000\"]}}", CS_POLICY_HASH},
    {"{\"r\":{\"24\":[\"0102\"]}}", CS_UNKNOWN_FIELD},
    {"{\"r\":{\"0\":[\"0102\"],\"24\":[\"0102\"]}}", CS_UNKNOWN_FIELD},
    {"{\"r\":{\"0\":[\"0102\"],\"01\":[\"0102\"]}}", CS_UNKNOWN_FIELD},
    {"{\"r\":{\"0\":[\"0102\"],\"-1\":[\"0102\"]}}", CS_UNKNOWN_FIELD},
    {"{\"r\":{\"0\":[\"0102\"],\"x\":[\"0102\"]}}", CS_UNKNOWN_FIELD},
};

static void reading_registers(void **state)
{
    (void)state;
    cs_allow_registers r;
    for (size_t i = 0; i < sizeof registers / sizeof *registers; i++) {
        cs_err err = read_registers(&r, registers[i].text, 24, false);
        if (err != registers[i].err)
            print_message("%s: %s\n", registers[i].text, cs_err_name(err));
        assert_int_equal(err, registers[i].err);
        cs_allow_registers_free(&r);
    }
    assert_int_equal(read_registers(&r, "{}", 24, true), CS_OK);
    assert_int_equal(r.named, 0);
    assert_int_equal(read_registers(&r, "{\"r\":{}}", 24, true), CS_POLICY_ALLOWLIST_EMPTY);
    cs_allow_registers_free(&r);
}

static void judging_registers(void **state)
{
    (void)state;
    cs_allow_registers r;
    cs_slice values[10] = {CS_LIT("\x01\x02"), CS_LIT("\x03\x04")};
    values[8] = CS_LIT("\x05\x06");
    assert_int_equal(read_registers(&r, "{\"r\":{\"0\":[\"aaaa\",\"0102\"],\"8\":[\"0506\"]}}", 24, false), CS_OK);
    assert_int_equal(cs_allow_registers_judge(&r, values, 10), CS_OK);
    assert_int_equal(cs_allow_registers_judge(&r, values, 8), CS_ATT_REGISTER_MISSING);
    values[0] = CS_LIT("\x01\x03");
    assert_int_equal(cs_allow_registers_judge(&r, values, 10), CS_ATT_IMAGE_NOT_ALLOWED);
    values[8] = CS_ABSENT; /* what is missing is told first */
    assert_int_equal(cs_allow_registers_judge(&r, values, 10), CS_ATT_REGISTER_MISSING);
    values[0] = CS_LIT("\x05\x06");
    values[8] = CS_LIT("\x01\x02"); /* each has its own list */
    assert_int_equal(cs_allow_registers_judge(&r, values, 10), CS_ATT_IMAGE_NOT_ALLOWED);
    cs_allow_registers_free(&r);
    assert_int_equal(cs_allow_registers_judge(&r, values, 10), CS_OK);
}

static void written_in_the_order_of_texts(void **state)
{
    (void)state;
    cs_allow_registers r;
    char text[512];
    cs_buf out = CS_BUF_OVER(text);
    cs_jw w = cs_jw_on(&out);
    assert_int_equal(
        read_registers(&r,
                       "{\"r\":{\"2\":[\"0102\"],\"10\":[\"0102\"],\"1\":[\"0102\",\"0103\"],\"31\":[\"0102\"],"
                       "\"0\":[\"0102\"],\"3\":[\"0102\"]}}",
                       32, false),
        CS_OK);
    cs_jw_begin(&w, NULL);
    cs_allow_registers_write(&w, "r", "x:", &r);
    cs_jw_end(&w);
    assert_string_equal(cs_buf_cstr(&out),
                        "{\"r\":{\"0\":[\"x:0102\"],\"1\":[\"x:0102\",\"x:0103\"],\"10\":[\"x:0102\"],"
                        "\"2\":[\"x:0102\"],\"3\":[\"x:0102\"],\"31\":[\"x:0102\"]}}");
    cs_allow_registers_free(&r);
    cs_buf_clear(&out);
    w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_allow_registers_write(&w, "r", "x:", &r);
    cs_jw_end(&w);
    assert_string_equal(cs_buf_cstr(&out), "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_lists),     cmocka_unit_test(as_many_as_there_may_be),
        cmocka_unit_test(matching),          cmocka_unit_test(reading_registers),
        cmocka_unit_test(judging_registers), cmocka_unit_test(written_in_the_order_of_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
