/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/form.c: pairs, their encodings, and paths. */
#include "devkms/form.h"

#include "vectors.h"

static void good(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *value;
    } rows[] = {
        {"a=b", "a", "b"},
        {"a=b&c=d", "c", "d"},
        {"a=b%20c+d", "a", "b c d"},
        {"a=%C3%BC%2f", "a", "\xc3\xbc/"},
        {"%61=b", "a", "b"},
        {"a", "a", ""},
        {"a=", "a", ""},
        {"=b", "", "b"},
        {"a=b=c", "a", "b=c"},
        {"a=b&", "a", "b"},
        {"$alt=json;x=1", "$alt", "json;x=1"},
        {"a=b&a=c", "a", NULL},
        {"a=b", "b", NULL},
        {"", "a", NULL},
        {"a=%26&b=c", "a", "&"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_form f;
        assert_int_equal(cs_form_parse(&f, cs_slice_str(rows[i].text), 100), CS_OK);
        cs_slice value = cs_form_get(&f, rows[i].name);
        if (rows[i].value == NULL ? value.p != NULL : !cs_slice_is(value, rows[i].value))
            fail_msg("%s", rows[i].text);
        cs_form_free(&f);
    }
}

static void refusals(void **state)
{
    (void)state;
    static const char *const bad[] = {"a=%", "a=%4", "a=%4g", "a=%g4", "%", "a=%00", "a=b&c=%zz", "a=% 41"};
    cs_form f;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (cs_form_parse(&f, cs_slice_str(bad[i]), 100) != CS_BAD_FORMAT)
            fail_msg("taken: %s", bad[i]);
        cs_form_free(&f);
    }
    assert_int_equal(cs_form_parse(&f, CS_LIT("a=bc"), 3), CS_TOO_LARGE);
    cs_form_free(&f);
    for (size_t n = CS_FORM_PAIRS; n <= CS_FORM_PAIRS + 1; n++) {
        cs_buf many = cs_buf_new(4096);
        for (size_t i = 0; i < n; i++)
            cs_buf_printf(&many, "%sa%zu=b", i > 0 ? "&" : "", i);
        assert_int_equal(cs_form_parse(&f, cs_buf_slice(&many), 4096), n == CS_FORM_PAIRS ? CS_OK : CS_BAD_FORMAT);
        cs_form_free(&f);
        cs_buf_free(&many);
    }
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int n; /* -1: refused */
        const char *last;
    } rows[] = {
        {"/", 0, NULL},
        {"/a", 1, "a"},
        {"/a/", 1, "a"},
        {"/a/b", 2, "b"},
        {"/a/b:c", 2, "b:c"},
        {"//", -1, NULL},
        {"//a", -1, NULL},
        {"/a//b", -1, NULL},
        {"/a%2fb", -1, NULL},
        {"/a//", -1, NULL},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", 16, "16"},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", -1, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_segments s;
        bool taken = cs_segments_split(&s, cs_slice_str(rows[i].path));
        if (taken != (rows[i].n >= 0) || (taken && (int)s.n != rows[i].n) ||
            (rows[i].last != NULL && !cs_slice_is(s.of[s.n - 1], rows[i].last)))
            fail_msg("%s", rows[i].path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(refusals), cmocka_unit_test(paths)};
    return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
