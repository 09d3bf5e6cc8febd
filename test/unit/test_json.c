/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/json.c and src/core/json_write.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/limits.h"

#define MAX 100000

static cs_json *parse(const char *text)
{
    cs_json *doc = NULL;
    assert_int_equal(cs_json_parse(&doc, cs_slice_str(text), MAX), CS_OK);
    assert_non_null(doc);
    return doc;
}

/* -- what is JSON ------------------------------------------------------------------------------------------------ */

static const struct {
    const char *what;
    cs_slice text;
    cs_err err;
} texts[] = {
    {"object", CS_LIT("{\"a\":1,\"b\":[true,false,null,\"x\"]}"), CS_OK},
    {"white space", CS_LIT(" \t\r\n{ \"a\" : 1 }\n"), CS_OK},
    {"same name on two levels", CS_LIT("{\"a\":{\"a\":1}}"), CS_OK},
    {"empty name", CS_LIT("{\"\":1}"), CS_OK},
    {"surrogate pair", CS_LIT("\"\\ud83d\\udd11\""), CS_OK},
    {"nothing", CS_LIT(""), CS_BAD_JSON},
    {"blank", CS_LIT(" "), CS_BAD_JSON},
    {"two values", CS_LIT("{} {}"), CS_BAD_JSON},
    {"byte behind", CS_LIT("{}x"), CS_BAD_JSON},
    {"NUL behind", CS_LIT("{}\0"), CS_BAD_JSON},
    {"cut", CS_LIT("{\"a\":1"), CS_BAD_JSON},
    {"comma too much", CS_LIT("{\"a\":1,}"), CS_BAD_JSON},
    {"comma too much in array", CS_LIT("[1,]"), CS_BAD_JSON},
    {"comment", CS_LIT("{/**/}"), CS_BAD_JSON},
    {"single quotes", CS_LIT("{'a':1}"), CS_BAD_JSON},
    {"bare name", CS_LIT("{a:1}"), CS_BAD_JSON},
    {"byte order mark", CS_LIT("\xef\xbb\xbf{}"), CS_BAD_JSON},
    {"leading zero", CS_LIT("[01]"), CS_BAD_JSON},
    {"plus", CS_LIT("[+1]"), CS_BAD_JSON},
    {"point without digits", CS_LIT("[1.]"), CS_BAD_JSON},
    {"hex number", CS_LIT("[0x1]"), CS_BAD_JSON},
    {"NaN", CS_LIT("[NaN]"), CS_BAD_JSON},
    {"infinity", CS_LIT("[1e999]"), CS_BAD_JSON},
    {"upper case literal", CS_LIT("[TRUE]"), CS_BAD_JSON},
    {"line feed in a string", CS_LIT("[\"\n\"]"), CS_BAD_JSON},
    {"unknown escape", CS_LIT("[\"\\x41\"]"), CS_BAD_JSON},
    {"high surrogate alone", CS_LIT("[\"\\ud83d\"]"), CS_BAD_JSON},
    {"low surrogate alone", CS_LIT("[\"\\udd11\"]"), CS_BAD_JSON},
    {"overlong UTF-8", CS_LIT("[\"\xc0\xaf\"]"), CS_BAD_JSON},
    {"surrogate in UTF-8", CS_LIT("[\"\xed\xa0\x80\"]"), CS_BAD_JSON},
    {"UTF-8 beyond the last", CS_LIT("[\"\xf4\x90\x80\x80\"]"), CS_BAD_JSON},
    {"Latin-1", CS_LIT("[\"\xe9\"]"), CS_BAD_JSON},
    {"duplicate name", CS_LIT("{\"a\":1,\"a\":2}"), CS_BAD_JSON},
    {"duplicate name, equal values", CS_LIT("{\"a\":1,\"b\":2,\"a\":1}"), CS_BAD_JSON},
    {"duplicate name by escape", CS_LIT("{\"a\":1,\"\\u0061\":2}"), CS_BAD_JSON},
    {"duplicate empty name", CS_LIT("{\"\":1,\"\":2}"), CS_BAD_JSON},
    {"duplicate name inside", CS_LIT("[{\"x\":{\"a\":1,\"a\":2}}]"), CS_BAD_JSON},
    {"NUL in a string", CS_LIT("[\"a\\u0000b\"]"), CS_BAD_JSON},
    {"NUL in a name", CS_LIT("{\"a\\u0000\":1}"), CS_BAD_JSON},
    {"NUL in a lone string", CS_LIT("\"\\u0000\""), CS_BAD_JSON},
};

static void strict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cs_json *doc = NULL;
        cs_err err = cs_json_parse(&doc, texts[i].text, MAX);
        if (err != texts[i].err || (doc != NULL) != (err == CS_OK))
            fail_msg("%s: %s", texts[i].what, cs_err_name(err));
        cs_json_free(doc);
    }
}

static void depth(void **state)
{
    (void)state;
    static const struct {
        size_t depth;
        cs_err err;
    } rows[] = {{1, CS_OK}, {CS_MAX_JSON_DEPTH, CS_OK}, {CS_MAX_JSON_DEPTH + 1, CS_BAD_JSON}, {40000, CS_BAD_JSON}};
    for (int objects = 0; objects < 2; objects++) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            cs_buf text = cs_buf_new(1 << 20);
            cs_json *doc = NULL;
            for (size_t d = 0; d + 1 < rows[i].depth; d++)
                cs_buf_add_str(&text, objects != 0 ? "{\"a\":" : "[");
            cs_buf_add_str(&text, objects != 0 ? "{}" : "[]");
            for (size_t d = 0; d + 1 < rows[i].depth; d++)
                cs_buf_add_str(&text, objects != 0 ? "}" : "]");
            assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&text), 1 << 20), rows[i].err);
            cs_json_free(doc);
            cs_buf_free(&text);
        }
    }
}

static void size(void **state)
{
    (void)state;
    cs_json *none = (cs_json *)(uintptr_t)&none;
    assert_int_equal(cs_json_parse(&none, CS_LIT("[]"), 1), CS_TOO_LARGE);
    assert_null(none);
    cs_json *doc = NULL;
    assert_int_equal(cs_json_parse(&doc, CS_LIT("[123]"), 4), CS_TOO_LARGE);
    assert_null(doc);
    assert_int_equal(cs_json_parse(&doc, CS_LIT("[123]"), 5), CS_OK);
    cs_json_free(doc);
    cs_json_free(NULL);
}

/* Many names, among them one twice, far apart. */
static void duplicate_among_many(void **state)
{
    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        cs_buf text = cs_buf_new(1 << 20);
        cs_json *doc = NULL;
        cs_buf_add_str(&text, "{\"n0\":0");
        for (int i = 1; i < 20000; i++)
            cs_buf_printf(&text, ",\"n%d\":%d", i, i);
        cs_buf_printf(&text, ",\"n%d\":0}", twice != 0 ? 7 : 20000);
        assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&text), 1 << 20), twice != 0 ? CS_BAD_JSON : CS_OK);
        cs_json_free(doc);
        cs_buf_free(&text);
    }
}

/* -- reading by name ---------------------------------------------------------------------------------------------- */

#define SAMPLE                                                                                                         \
    "{\"s\":\"text\",\"n\":7,\"t\":true,\"b\":\"AAEC\",\"o\":{\"x\":1},\"a\":[\"p\",\"q\",1],\"z\":null,\"d\":1.5,"    \
    "\"e\":\"\"}"

static void every_type(void **state)
{
    (void)state;
    cs_json *doc = parse(SAMPLE);
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_buf bytes = cs_buf_new(100);
    assert_true(cs_slice_is(cs_jobj_str(&o, "s", 4), "text"));
    assert_non_null(cs_jobj_str(&o, "e", 0).p);
    assert_int_equal(cs_jobj_int(&o, "n", 0, 7), 7);
    assert_true(cs_jobj_bool_or(&o, "t", false));
    assert_true(cs_jobj_base64(&o, "b", 3, &bytes));
    assert_true(cs_slice_eq(cs_buf_slice(&bytes), CS_LIT("\0\1\2")));
    assert_true(cs_jobj_has(&o, "z"));
    assert_true(cs_jobj_has(&o, "d"));
    assert_false(cs_jobj_has(&o, "S"));
    assert_true(cs_jobj_is_null(&o, "z"));
    assert_false(cs_jobj_is_null(&o, "S") || cs_jobj_is_null(&o, "d"));
    cs_jval array = cs_jobj_array(&o, "a");
    assert_int_equal(cs_jarr_len(array), 3);
    assert_true(cs_slice_is(cs_jval_str(cs_jarr_at(array, 1)), "q"));
    assert_null(cs_jval_str(cs_jarr_at(array, 2)).p);
    assert_null(cs_jarr_at(array, 3).v);
    cs_jobj inner = cs_jobj_open(cs_jobj_object(&o, "o"));
    assert_int_equal(cs_jarr_len(inner.v), 0);
    assert_int_equal(cs_jobj_int(&inner, "x", 1, 1), 1);
    assert_int_equal(cs_jobj_done(&inner), CS_OK);
    assert_int_equal(cs_jobj_done(&o), CS_OK);
    cs_buf_free(&bytes);
    cs_json_free(doc);
}

static void absent_members(void **state)
{
    (void)state;
    cs_json *doc = parse("{}");
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_buf bytes = cs_buf_new(100);
    assert_null(cs_jobj_str_opt(&o, "m", 9).p);
    assert_int_equal(cs_jobj_int_or(&o, "m", 0, 9, 77), 77);
    assert_true(cs_jobj_bool_or(&o, "m", true));
    assert_false(cs_jobj_base64_opt(&o, "m", 9, &bytes));
    assert_null(cs_jobj_object_opt(&o, "m").v);
    assert_null(cs_jobj_array_opt(&o, "m").v);
    assert_int_equal(cs_jobj_done(&o), CS_OK);
    cs_buf_free(&bytes);
    cs_json_free(doc);
}

/* One read of one member; the number says which. */
static cs_err read_as(int kind, const char *text, char field[CS_FIELD_MAX])
{
    cs_json *doc = parse(text);
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_buf bytes = cs_buf_new(100);
    switch (kind) {
    case 0:
        (void)cs_jobj_str(&o, "m", 3);
        break;
    case 1:
        (void)cs_jobj_str_opt(&o, "m", 3);
        break;
    case 2:
        (void)cs_jobj_int(&o, "m", -5, 5);
        break;
    case 3:
        (void)cs_jobj_int_or(&o, "m", -5, 5, 0);
        break;
    case 4:
        (void)cs_jobj_bool_or(&o, "m", true);
        break;
    case 5:
        (void)cs_jobj_base64(&o, "m", 2, &bytes);
        break;
    case 6:
        (void)cs_jobj_base64_opt(&o, "m", 2, &bytes);
        break;
    case 7:
        (void)cs_jobj_object(&o, "m");
        break;
    case 8:
        (void)cs_jobj_array(&o, "m");
        break;
    case 9:
        (void)cs_jobj_int(&o, "m", -CS_JSON_INT_MAX, CS_JSON_INT_MAX);
        break;
    }
    cs_err err = cs_jobj_done(&o);
    memcpy(field, o.field, CS_FIELD_MAX);
    assert_int_equal(cs_jobj_done_open(&o), err);
    if (err != CS_OK)
        assert_int_equal(bytes.n, 0);
    cs_buf_free(&bytes);
    cs_json_free(doc);
    return err;
}

static const struct {
    int kind;
    const char *text;
    cs_err err;
} reads[] = {
    {0, "{\"m\":\"abc\"}", CS_OK},
    {0, "{}", CS_MISSING_FIELD},
    {0, "{\"m\":\"abcd\"}", CS_BAD_FIELD},
    {0, "{\"m\":1}", CS_BAD_FIELD},
    {0, "{\"m\":null}", CS_BAD_FIELD},
    {1, "{\"m\":null}", CS_BAD_FIELD},
    {1, "{\"m\":[\"abc\"]}", CS_BAD_FIELD},
    {1, "{\"m\":\"\xc3\xa9\xc3\xa9\"}", CS_BAD_FIELD}, /* four bytes, two characters */
    {2, "{\"m\":-5}", CS_OK},
    {2, "{\"m\":5}", CS_OK},
    {2, "{}", CS_MISSING_FIELD},
    {2, "{\"m\":6}", CS_BAD_FIELD},
    {2, "{\"m\":-6}", CS_BAD_FIELD},
    {2, "{\"m\":1.0}", CS_BAD_FIELD},
    {2, "{\"m\":1e0}", CS_BAD_FIELD},
    {2, "{\"m\":-0.0}", CS_BAD_FIELD},
    {2, "{\"m\":\"1\"}", CS_BAD_FIELD},
    {2, "{\"m\":true}", CS_BAD_FIELD},
    {2, "{\"m\":18446744073709551617}", CS_BAD_FIELD},
    {3, "{\"m\":null}", CS_BAD_FIELD},
    {3, "{\"m\":9223372036854775808}", CS_BAD_FIELD},
    {9, "{\"m\":9007199254740991}", CS_OK},
    {9, "{\"m\":-9007199254740991}", CS_OK},
    {9, "{\"m\":9007199254740992}", CS_BAD_FIELD},
    {9, "{\"m\":-9007199254740992}", CS_BAD_FIELD},
    {9, "{\"m\":-9223372036854775808}", CS_BAD_FIELD},
    {4, "{\"m\":false}", CS_OK},
    {4, "{\"m\":0}", CS_BAD_FIELD},
    {4, "{\"m\":\"true\"}", CS_BAD_FIELD},
    {4, "{\"m\":null}", CS_BAD_FIELD},
    {5, "{\"m\":\"AAE=\"}", CS_OK},
    {5, "{\"m\":\"\"}", CS_OK},
    {5, "{}", CS_MISSING_FIELD},
    {5, "{\"m\":\"AAEC\"}", CS_BAD_FIELD},
    {5, "{\"m\":\"AAECAwQF\"}", CS_BAD_FIELD},
    {5, "{\"m\":\"AAF=\"}", CS_BAD_ENCODING},
    {5, "{\"m\":\"AAE\"}", CS_BAD_ENCODING},
    {6, "{\"m\":7}", CS_BAD_FIELD},
    {6, "{\"m\":\"A-E=\"}", CS_BAD_ENCODING},
    {7, "{\"m\":{}}", CS_OK},
    {7, "{}", CS_MISSING_FIELD},
    {7, "{\"m\":[]}", CS_BAD_FIELD},
    {7, "{\"m\":null}", CS_BAD_FIELD},
    {8, "{\"m\":[]}", CS_OK},
    {8, "{}", CS_MISSING_FIELD},
    {8, "{\"m\":{}}", CS_BAD_FIELD},
    {8, "{\"m\":\"[]\"}", CS_BAD_FIELD},
};

static void one_read_each(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        char field[CS_FIELD_MAX];
        cs_err err = read_as(reads[i].kind, reads[i].text, field);
        if (err != reads[i].err)
            fail_msg("read %d of %s: %s", reads[i].kind, reads[i].text, cs_err_name(err));
        assert_string_equal(field, err == CS_OK ? "" : "m");
    }
}

static void unknown_members(void **state)
{
    (void)state;
    cs_json *doc = parse("{\"a\":1,\"b\":2,\"c\":3}");
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    (void)cs_jobj_int(&o, "a", 0, 9);
    (void)cs_jobj_int(&o, "c", 0, 9);
    assert_int_equal(cs_jobj_done_open(&o), CS_OK);
    assert_int_equal(cs_jobj_done(&o), CS_UNKNOWN_FIELD);
    assert_string_equal(o.field, "b");
    cs_json_free(doc);

    /* The name of a stranger is cut, and cut between characters. */
    cs_buf text = cs_buf_new(1000);
    cs_buf_add_str(&text, "{\"");
    for (int i = 0; i < 40; i++)
        cs_buf_add_str(&text, "\xe2\x82\xac");
    cs_buf_add_str(&text, "\":1}");
    doc = parse(cs_buf_cstr(&text));
    o = cs_jobj_open(cs_json_root(doc));
    assert_int_equal(cs_jobj_done(&o), CS_UNKNOWN_FIELD);
    assert_int_equal(strlen(o.field), 63);
    cs_json_free(doc);
    cs_buf_free(&text);
}

static void the_first_error_stays(void **state)
{
    (void)state;
    cs_fault fault;
    cs_json *doc = parse("{\"a\":1,\"b\":2}");
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    (void)cs_jobj_str(&o, "a", 9);
    (void)cs_jobj_str(&o, "missing", 9);
    cs_jobj_fail(&o, CS_POLICY_HASH, "b");
    assert_int_equal(cs_jobj_int(&o, "b", 0, 9), 0);
    assert_int_equal(cs_jobj_done(&o), CS_BAD_FIELD);
    assert_string_equal(o.field, "a");
    assert_int_equal(cs_jobj_fault(&o, "outer", &fault), CS_BAD_FIELD);
    assert_string_equal(fault.field, "outer.a");
    assert_int_equal(cs_jobj_fault(&o, NULL, &fault), CS_BAD_FIELD);
    assert_string_equal(fault.field, "a");
    assert_int_equal(cs_jobj_fault(&o, "outer", NULL), CS_BAD_FIELD);
    cs_json_free(doc);
}

static void no_object(void **state)
{
    (void)state;
    static const char *const others[] = {"[]", "1", "\"{}\"", "null", "true"};
    cs_jobj o = cs_jobj_open((cs_jval){NULL}), none = {0};
    assert_int_equal(cs_jobj_done(&o), CS_BAD_FIELD);
    /* All zero is an object without members. */
    assert_false(cs_jobj_has(&none, "m"));
    assert_null(cs_jobj_object_opt(&none, "m").v);
    assert_null(cs_jobj_source(&none, "m", CS_LIT("{}")).p);
    assert_int_equal(cs_jobj_done(&none), CS_OK);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cs_json *doc = parse(others[i]);
        o = cs_jobj_open(cs_json_root(doc));
        assert_null(cs_jobj_str(&o, "m", 9).p);
        assert_false(cs_jobj_has(&o, "m"));
        assert_int_equal(cs_jobj_done(&o), CS_BAD_FIELD);
        cs_json_free(doc);
    }
}

static void number_of_members(void **state)
{
    (void)state;
    for (int n = CS_MAX_JSON_MEMBERS; n <= CS_MAX_JSON_MEMBERS + 1; n++) {
        cs_buf text = cs_buf_new(10000);
        for (int i = 0; i < n; i++)
            cs_buf_printf(&text, "%c\"n%d\":%d", i == 0 ? '{' : ',', i, i);
        cs_buf_add_u8(&text, '}');
        cs_json *doc = parse(cs_buf_cstr(&text));
        cs_jobj o = cs_jobj_open(cs_json_root(doc));
        for (int i = 0; i < n; i++) {
            char name[16];
            (void)snprintf(name, sizeof name, "n%d", i);
            (void)cs_jobj_int(&o, name, i, i);
        }
        assert_int_equal(cs_jobj_done(&o), n <= CS_MAX_JSON_MEMBERS ? CS_OK : CS_BAD_FIELD);
        cs_json_free(doc);
        cs_buf_free(&text);
    }
}

/* -- canonical form and writing ----------------------------------------------------------------------------------- */

static const struct {
    const char *text, *canonical; /* NULL: refused */
} canon[] = {
    {" { \"b\" : 1 , \"a\" : [ 1 , 2 ] } ", "{\"a\":[1,2],\"b\":1}"},
    {"{\"a\":{\"d\":true,\"c\":null},\"A\":false}", "{\"A\":false,\"a\":{\"c\":null,\"d\":true}}"},
    {"[]", "[]"},
    {"{}", "{}"},
    {"-0", "0"},
    {"[9007199254740991,-9007199254740991]", "[9007199254740991,-9007199254740991]"},
    /* RFC 8785 §3.2.2.2: what is escaped, and how */
    {"\"\\u0008\\u0009\\u000a\\u000c\\u000d\\u0022\\u005c\\u002f\\u0001\\u001f\\u007f\\u20ac\"",
     "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\x7f\xe2\x82\xac\""},
    /* RFC 8785 §3.2.3: the order of names by UTF-16 units */
    {"{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}",
     "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}"},
    {"{\"\\ue000\":1,\"\\udbff\\udfff\":2,\"\\ud7ff\":3}",
     "{\"\xed\x9f\xbf\":3,\"\xf4\x8f\xbf\xbf\":2,\"\xee\x80\x80\":1}"},
    {"\" a b \"", "\" a b \""},
    {"{\"aa\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"aa\":1}"},
    {"1.5", NULL},
    {"1e1", NULL},
    {"[1.0]", NULL},
    {"9007199254740992", NULL},
    {"{\"a\":-9007199254740992}", NULL},
    {"18446744073709551615", NULL},
};

static void canonical_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof canon / sizeof *canon; i++) {
        cs_json *doc = parse(canon[i].text);
        cs_buf out = cs_buf_new(1000), again = cs_buf_new(1000);
        cs_err err = cs_json_canonical(&out, cs_json_root(doc));
        assert_int_equal(err, canon[i].canonical != NULL ? CS_OK : CS_BAD_FIELD);
        cs_json_free(doc);
        if (canon[i].canonical != NULL) {
            assert_string_equal(cs_buf_cstr(&out), canon[i].canonical);
            doc = parse(cs_buf_cstr(&out));
            assert_int_equal(cs_json_canonical(&again, cs_json_root(doc)), CS_OK);
            assert_string_equal(cs_buf_cstr(&again), canon[i].canonical);
            cs_json_free(doc);
        }
        cs_buf_free(&out);
        cs_buf_free(&again);
    }
    cs_buf out = cs_buf_new(10);
    assert_int_equal(cs_json_canonical(&out, (cs_jval){NULL}), CS_BAD_FIELD);
    cs_json *doc = parse("\"0123456789\"");
    assert_int_equal(cs_json_canonical(&out, cs_json_root(doc)), CS_TOO_LARGE);
    cs_json_free(doc);
    cs_buf_free(&out);
}

static void overlay(void **state)
{
    (void)state;
    static const struct {
        const char *base, *over, *merged; /* NULL: refused */
    } rows[] = {
        {"{}", "{}", "{}"},
        {"{\"a\":1,\"b\":{\"x\":1}}", "{}", "{\"a\":1,\"b\":{\"x\":1}}"},
        {"{}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"{\"a\":1,\"b\":2,\"c\":3}", "{\"b\":\"x\"}", "{\"a\":1,\"c\":3,\"b\":\"x\"}"},
        {"{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"y\":3}}", "{\"a\":{\"y\":3}}"}, /* not into the depth */
        {"{\"a\":1}", "{\"a\":null}", "{\"a\":null}"},
        {"{\"a\":1.5}", "{\"a\":2}", "{\"a\":2}"},
        {"{\"ab\":1}", "{\"a\":2}", "{\"ab\":1,\"a\":2}"},
        {"{\"a\\u0022\":1}", "{\"b\\n\":2}", "{\"a\\\"\":1,\"b\\n\":2}"},
        {"{\"a\":1.5}", "{}", NULL},
        {"{}", "{\"a\":1e3}", NULL},
        {"[]", "{}", NULL},
        {"{}", "[]", NULL},
        {"{}", "null", NULL},
        {"1", "{}", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_json *base = parse(rows[i].base), *over = parse(rows[i].over);
        cs_buf out = cs_buf_new(1000);
        cs_err err = cs_json_overlay(&out, cs_json_root(base), cs_json_root(over));
        assert_int_equal(err, rows[i].merged != NULL ? CS_OK : CS_BAD_FIELD);
        if (rows[i].merged != NULL)
            assert_string_equal(cs_buf_cstr(&out), rows[i].merged);
        cs_buf_free(&out);
        cs_json_free(base);
        cs_json_free(over);
    }
}

static void text_of_a_member(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* NULL: absent */
    } rows[] = {
        {"{\"m\":1}", "1"},
        {" \n{ \"m\" :\t-1.50e3 , \"b\":2}", "-1.50e3"},
        {"{\"a\":{\"m\":1},\"m\":{ \"x\" : [1,{}] }}", "{ \"x\" : [1,{}] }"},
        {"{\"a\":\"\\\"m\\\":2,\",\"m\":\"a\\\\\"}", "\"a\\\\\""},
        {"{\"a\":[\"}\",\"]\",[\"{\"]],\"m\":[\"]\"]}", "[\"]\"]"},
        {"{\"a\":true,\"b\":null,\"m\":{}}", "{}"},
        {"{\"m\":\"\"}", "\"\""},
        {"{\"\\u006d\":3}", "3"}, /* the name is what it stands for */
        {"{\"\":1,\"m\":[]}", "[]"},
        {"{\"a\":\"m\",\"mm\":1}", NULL},
        {"{\"a\":{\"m\":1}}", NULL},
        {"{}", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_json *doc = parse(rows[i].text);
        cs_jobj o = cs_jobj_open(cs_json_root(doc));
        cs_slice found = cs_jobj_source(&o, "m", cs_slice_str(rows[i].text));
        assert_int_equal(found.p != NULL, rows[i].want != NULL);
        if (rows[i].want != NULL)
            assert_true(cs_slice_is(found, rows[i].want));
        cs_jobj_fail(&o, CS_BAD_FIELD, "a");
        assert_null(cs_jobj_source(&o, "m", cs_slice_str(rows[i].text)).p);
        cs_json_free(doc);
    }
}

static void writing(void **state)
{
    (void)state;
    cs_buf out = cs_buf_new(1000);
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "s", CS_LIT("a\"\n"));
    cs_jw_str(&w, "absent", CS_ABSENT);
    cs_jw_cstr(&w, "empty", "");
    cs_jw_int(&w, "n", -9007199254740991);
    cs_jw_bool(&w, "t", true);
    cs_jw_null(&w, "z");
    cs_jw_base64(&w, "b", CS_LIT("\0\1\2\3"));
    cs_jw_hex(&w, "h", "sha256:", CS_LIT("\xab\xcd"));
    cs_jw_begin(&w, "o");
    cs_jw_end(&w);
    cs_jw_begin_array(&w, "a");
    cs_jw_int(&w, NULL, 1);
    cs_jw_begin(&w, NULL);
    cs_jw_end(&w);
    cs_jw_raw(&w, NULL, CS_LIT("[2]"));
    cs_jw_end_array(&w);
    cs_jw_members(&w, CS_LIT(""));
    cs_jw_members(&w, CS_LIT("\"m\":1,\"k\":2"));
    cs_jw_bool(&w, "f", false);
    cs_jw_end(&w);
    assert_string_equal(
        cs_buf_cstr(&out),
        "{\"s\":\"a\\\"\\n\",\"absent\":null,\"empty\":\"\",\"n\":-9007199254740991,\"t\":true,"
        "\"z\":null,\"b\":\"AAECAw==\",\"h\":\"sha256:abcd\",\"o\":{},\"a\":[1,{},[2]],\"m\":1,\"k\":2,\"f\":false}");
    cs_json_free(parse(cs_buf_cstr(&out)));
    cs_buf_free(&out);
}

/* Each byte in each place of a string that is longer than what is looked at together. */
static void every_byte_is_written(void **state)
{
    static const char shorts[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
    (void)state;
    for (size_t at = 0; at < 20; at++) {
        for (unsigned c = 0; c < 256; c++) {
            uint8_t bytes[20], memory[64], wanted_memory[64];
            cs_buf out = CS_BUF_OVER(memory), wanted = CS_BUF_OVER(wanted_memory);
            memset(bytes, ' ', sizeof bytes);
            bytes[at] = (uint8_t)c;
            cs_jw w = cs_jw_on(&out);
            cs_jw_str(&w, NULL, CS_ARRAY(bytes));
            const char *is_short = c != 0 ? strchr(shorts, (int)c) : NULL;
            cs_buf_printf(&wanted, "\"%.*s", (int)at, (const char *)bytes);
            if (is_short != NULL)
                cs_buf_printf(&wanted, "\\%c", letters[is_short - shorts]);
            else if (c < 0x20)
                cs_buf_printf(&wanted, "\\u%04x", c);
            else
                cs_buf_add_u8(&wanted, (uint8_t)c);
            cs_buf_printf(&wanted, "%.*s\"", (int)(sizeof bytes - at - 1), (const char *)bytes + at + 1);
            assert_true(cs_slice_eq(cs_buf_slice(&out), cs_buf_slice(&wanted)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_written),
        cmocka_unit_test(strict),
        cmocka_unit_test(depth),
        cmocka_unit_test(size),
        cmocka_unit_test(duplicate_among_many),
        cmocka_unit_test(every_type),
        cmocka_unit_test(absent_members),
        cmocka_unit_test(one_read_each),
        cmocka_unit_test(unknown_members),
        cmocka_unit_test(the_first_error_stays),
        cmocka_unit_test(no_object),
        cmocka_unit_test(number_of_members),
        cmocka_unit_test(canonical_form),
        cmocka_unit_test(overlay),
        cmocka_unit_test(text_of_a_member),
        cmocka_unit_test(writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
