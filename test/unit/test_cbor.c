/* SPDX-License-Identifier: Apache-2.0 */
/* The CBOR door: what well-formed input means, one row for each way to be refused, reading by name, and writing. */
#include "core/cbor.h"

#include "vectors.h"

/* The parsed document as text, so that a row can say what is expected: 1, -1, h'00', "a", [1], {1:2}, true, null. */
static void show(cs_buf *out, cs_cval v)
{
    uint64_t u = 0;
    int64_t i = 0;
    bool b = false, map = cs_cval_type(v) == CS_CBOR_MAP;
    switch (cs_cval_type(v)) {
    case CS_CBOR_UINT:
        assert_true(cs_cval_uint(&u, v));
        cs_buf_printf(out, "%llu", (unsigned long long)u);
        return;
    case CS_CBOR_NINT:
        if (cs_cval_int(&i, v))
            cs_buf_printf(out, "%lld", (long long)i);
        else
            cs_buf_add_str(out, "low");
        return;
    case CS_CBOR_BYTES:
        cs_buf_add_str(out, "h'");
        cs_hex_encode(out, cs_cval_bytes(v));
        cs_buf_add_u8(out, '\'');
        return;
    case CS_CBOR_TEXT:
        cs_buf_add_u8(out, '"');
        cs_buf_add(out, cs_cval_text(v));
        cs_buf_add_u8(out, '"');
        return;
    case CS_CBOR_BOOL:
        assert_true(cs_cval_bool(&b, v));
        cs_buf_add_str(out, b ? "true" : "false");
        return;
    case CS_CBOR_NULL:
        cs_buf_add_str(out, "null");
        return;
    default:
        break;
    }
    cs_buf_add_u8(out, map ? '{' : '[');
    size_t n = 0;
    for (cs_cval x = cs_cval_first(v); x.doc != NULL; x = cs_cval_next(x), n++) {
        if (n > 0)
            cs_buf_add_u8(out, map && n % 2 == 1 ? ':' : ',');
        show(out, x);
    }
    assert_int_equal(n, cs_cval_count(v) * (map ? 2 : 1));
    cs_buf_add_u8(out, map ? '}' : ']');
}

static void accepted(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *shown;
    } rows[] = {
        {"00", "0"},
        {"17", "23"},
        {"1818", "24"},
        {"1903e8", "1000"},
        {"1a000f4240", "1000000"},
        {"1bffffffffffffffff", "18446744073709551615"},
        {"1800", "0"}, /* not the shortest head, and well-formed */
        {"590001ff", "h'ff'"},
        {"20", "-1"},
        {"3863", "-100"},
        {"3b7fffffffffffffff", "-9223372036854775808"},
        {"3bffffffffffffffff", "low"},
        {"40", "h''"},
        {"4401020304", "h'01020304'"},
        {"60", "\"\""},
        {"62c3bc", "\"\xc3\xbc\""},
        {"80", "[]"},
        {"83010203", "[1,2,3]"},
        {"8301820203820405", "[1,[2,3],[4,5]]"},
        {"a0", "{}"},
        {"a201020304", "{1:2,3:4}"},
        {"a26161016162820203", "{\"a\":1,\"b\":[2,3]}"},
        {"a2200140f6", "{-1:1,h'':null}"},
        {"f4", "false"},
        {"f5", "true"},
        {"f6", "null"},
        {"9fff", "[]"},
        {"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
        {"83018202039f0405ff", "[1,[2,3],[4,5]]"},
        {"bfff", "{}"},
        {"bf61610161629f0203ffff", "{\"a\":1,\"b\":[2,3]}"},
        {"bf6346756ef563416d7421ff", "{\"Fun\":true,\"Amt\":-2}"},
        {"a2414100614100", "{h'41':0,\"A\":0}"}, /* the same bytes, another type */
        {"a2010a200b", "{1:10,-1:11}"},
        {"81818181818181818181818181818180", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_slice bytes = vectors_from_hex(cs_slice_str(rows[i].hex));
        cs_buf shown = cs_buf_new(1024);
        cs_cbor *doc = NULL;
        assert_int_equal(cs_cbor_parse(&doc, bytes, bytes.n), CS_OK);
        show(&shown, cs_cbor_root(doc));
        assert_string_equal(cs_buf_cstr(&shown), rows[i].shown);
        assert_true(cs_slice_eq(cs_cval_encoded(cs_cbor_root(doc)), bytes));
        cs_cbor_free(doc);
        cs_buf_free(&shown);
    }
    vectors_release();
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *why;
    } rows[] = {
        {"", "nothing"},
        {"0000", "a second item"},
        {"8000", "something behind an array"},
        {"bfff00", "something behind a map of indefinite length"},
        {"18", "head cut"},
        {"1b00000000000000", "head cut"},
        {"41", "bytes cut"},
        {"6261", "text cut"},
        {"8201", "array cut"},
        {"a101", "map cut"},
        {"a10102ff", "break of a definite map"},
        {"9f01", "no break"},
        {"bf0102", "no break"},
        {"bf01ff", "a key without a value"},
        {"ff", "break of nothing"},
        {"8201ff", "break in a definite array"},
        {"5bffffffffffffffff00", "a length of 2^64 - 1"},
        {"5b7fffffffffffffff00", "a length of 2^63 - 1"},
        {"7affffffff61", "a length of 2^32 - 1"},
        {"9bffffffffffffffff", "2^64 - 1 items"},
        {"9a0000000200", "more items than bytes"},
        {"bbffffffffffffffff", "2^64 - 1 pairs"},
        {"bb8000000000000001", "pairs that overflow when doubled"},
        {"bb800000000000000000", "pairs that overflow to nothing when doubled"},
        {"1c", "reserved argument"},
        {"3d", "reserved argument"},
        {"5e", "reserved argument"},
        {"9c", "reserved argument"},
        {"1f", "indefinite integer"},
        {"3f", "indefinite integer"},
        {"df00", "indefinite tag"},
        {"5f4101ff", "bytes of indefinite length"},
        {"5fff", "bytes of indefinite length"},
        {"7f6161ff", "text of indefinite length"},
        {"a15f4101ff00", "key of indefinite length"},
        {"c000", "a tag"},
        {"d28443a10126a0f640", "a tag in front"},
        {"81c101", "a tag inside"},
        {"d9d9f700", "the tag of self-described CBOR"},
        {"f7", "undefined"},
        {"f0", "simple value"},
        {"f8ff", "simple value"},
        {"f814", "false in two bytes"},
        {"f90000", "half float"},
        {"fa3f800000", "float"},
        {"fb3ff0000000000000", "double"},
        {"81f93c00", "float inside"},
        {"a201000100", "the same integer twice"},
        {"a20100180100", "the same integer in two encodings"},
        {"a220002000", "the same negative integer twice"},
        {"a2200038000000", "the same negative integer in two encodings and one byte more"},
        {"a22000380000", "the same negative integer in two encodings"},
        {"a2616100616100", "the same text twice"},
        {"a261610078016100", "the same text in two encodings"},
        {"a24100004100ff", "the same bytes twice"},
        {"bf616100616100ff", "the same text twice, indefinite"},
        {"81a2616100616100", "the same text twice, inside"},
        {"a101a2616100616100", "the same text twice, in a value"},
        {"a3010002000100", "the same integer, not side by side"},
        {"a18000", "an array as key"},
        {"a1a000", "a map as key"},
        {"a1f600", "null as key"},
        {"a1f500", "true as key"},
        {"61ff", "text that is no UTF-8"},
        {"62c080", "text with an overlong character"},
        {"63eda080", "text with a surrogate"},
        {"a161ff00", "a key that is no UTF-8"},
        {"8181818181818181818181818181818180", "17 levels"},
        {"9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9fffffffffffffffffffffffffffffffffff", "17 levels, indefinite"},
        {"a100a100a100a100a100a100a100a100a100a100a100a100a100a100a100a100a0", "17 levels of maps"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_slice hex = vectors_from_hex(cs_slice_str(rows[i].hex));
        cs_slice bytes = cs_slice_of(vectors_copy(hex), hex.n);
        cs_cbor *doc = NULL;
        if (cs_cbor_parse(&doc, bytes, 1024) != CS_BAD_FORMAT)
            fail_msg("%s: %s was accepted", rows[i].why, rows[i].hex);
        assert_null(doc);
    }
    vectors_release();
}

/* The limits on size and on the number of items, each at its edge. */
static void limits(void **state)
{
    (void)state;
    uint8_t bytes[CS_MAX_CBOR_ITEMS + 3] = {0x99, (CS_MAX_CBOR_ITEMS - 1) >> 8, (CS_MAX_CBOR_ITEMS - 1) & 0xff};
    cs_cbor *doc = NULL;
    cs_slice all = cs_slice_of(bytes, 3 + CS_MAX_CBOR_ITEMS - 1);
    assert_int_equal(cs_cbor_parse(&doc, all, all.n - 1), CS_TOO_LARGE);
    assert_null(doc);
    assert_int_equal(cs_cbor_parse(&doc, all, all.n), CS_OK);
    assert_int_equal(cs_cval_count(cs_cbor_root(doc)), CS_MAX_CBOR_ITEMS - 1);
    cs_cbor_free(doc);
    bytes[1] = CS_MAX_CBOR_ITEMS >> 8;
    bytes[2] = CS_MAX_CBOR_ITEMS & 0xff;
    assert_int_equal(cs_cbor_parse(&doc, CS_ARRAY(bytes), sizeof bytes), CS_BAD_FORMAT);
    assert_null(doc);
}

static void tags(void **state)
{
    (void)state;
    cs_slice tagged = CS_LIT("\xd2\x80"), long_form = CS_LIT("\xd8\x12\x80"), other = CS_LIT("\xd3\x80");
    assert_true(cs_cbor_untag(&tagged, 18));
    assert_true(cs_slice_is(tagged, "\x80"));
    assert_false(cs_cbor_untag(&tagged, 18));
    assert_false(cs_cbor_untag(&long_form, 18));
    assert_false(cs_cbor_untag(&other, 18));
    assert_int_equal(other.n, 2);
    cs_slice none = CS_ABSENT;
    assert_false(cs_cbor_untag(&none, 18));
}

/* {"t": "text", "b": h'0102', "n": null, "u": 7, "y": true, "a": [1, -2], "m": {1: -35}, "e": h''} */
#define NAMED                                                                                                          \
    "\xa8\x61t\x64text\x61"                                                                                            \
    "b\x42\x01\x02\x61n\xf6\x61u\x07\x61y\xf5\x61"                                                                     \
    "a\x82\x01\x21\x61m\xa1\x01\x38\x22\x61"                                                                           \
    "e\x40"

static cs_cmap open_named(cs_cbor **doc)
{
    assert_int_equal(cs_cbor_parse(doc, CS_LIT(NAMED), 1024), CS_OK);
    return cs_cmap_open(cs_cbor_root(*doc));
}

static void by_name(void **state)
{
    (void)state;
    cs_cbor *doc = NULL;
    cs_cmap m = open_named(&doc);
    assert_true(cs_slice_is(cs_cmap_text(&m, "t", 4, 4), "text"));
    assert_true(cs_slice_is(cs_cmap_bytes(&m, "b", 2, 2), "\x01\x02"));
    assert_null(cs_cmap_bytes_or_null(&m, "n", 1, 9).p);
    assert_null(cs_cmap_bytes_or_null(&m, "not there", 1, 9).p);
    cs_slice empty = cs_cmap_bytes_or_null(&m, "e", 0, 9);
    assert_true(empty.p != NULL && empty.n == 0);
    assert_int_equal(cs_cmap_uint(&m, "u", 7, 7), 7);
    assert_true(cs_cmap_bool(&m, "y"));
    int64_t i = 0;
    assert_true(cs_cval_int(&i, cs_cval_next(cs_cval_first(cs_cmap_array(&m, "a")))));
    assert_int_equal(i, -2);
    assert_int_equal(m.err, CS_OK);
    assert_int_equal(cs_cmap_done(&m), CS_UNKNOWN_FIELD); /* m was not asked for */
    assert_string_equal(m.field, "m");
    cs_cbor_free(doc);
    m = open_named(&doc);
    cs_cmap inner = cs_cmap_open(cs_cmap_map(&m, "m"));
    assert_null(cs_cmap_find_int(&inner, 2).doc);
    assert_true(cs_cval_int(&i, cs_cmap_find_int(&inner, 1)));
    assert_int_equal(i, -35);
    assert_int_equal(cs_cmap_done(&inner), CS_OK);
    cs_cbor_free(doc);
}

/* One wrong question each: the reader keeps the first error and its name. */
static void read_wrong(cs_cmap *m, int row)
{
    switch (row) {
    case 0:
        (void)cs_cmap_text(m, "t", 5, 9);
        return;
    case 1:
        (void)cs_cmap_text(m, "t", 0, 3);
        return;
    case 2:
        (void)cs_cmap_text(m, "b", 0, 9);
        return;
    case 3:
        (void)cs_cmap_bytes(m, "t", 0, 9);
        return;
    case 4:
        (void)cs_cmap_bytes(m, "n", 0, 9);
        return;
    case 5:
        (void)cs_cmap_bytes(m, "b", 3, 9);
        return;
    case 6:
        (void)cs_cmap_bytes_or_null(m, "b", 0, 1);
        return;
    case 7:
        (void)cs_cmap_bytes_or_null(m, "e", 1, 9);
        return;
    case 8:
        (void)cs_cmap_bytes_or_null(m, "t", 0, 9);
        return;
    case 9:
        (void)cs_cmap_uint(m, "u", 8, 9);
        return;
    case 10:
        (void)cs_cmap_uint(m, "u", 0, 6);
        return;
    case 11:
        (void)cs_cmap_uint(m, "a", 0, 6);
        return;
    case 12:
        (void)cs_cmap_bool(m, "u");
        return;
    case 13:
        (void)cs_cmap_array(m, "m");
        return;
    default:
        (void)cs_cmap_map(m, "a");
        return;
    }
}

static void by_name_refused(void **state)
{
    (void)state;
    static const char fields[] = "ttbtnbbetuuauma";
    for (int row = 0; row < (int)sizeof fields - 1; row++) {
        cs_cbor *doc = NULL;
        cs_cmap m = open_named(&doc);
        read_wrong(&m, row);
        assert_int_equal(m.err, CS_BAD_FIELD);
        assert_int_equal(m.field[0], fields[row]);
        assert_null(cs_cmap_text(&m, "t", 0, 9).p); /* nothing is read after an error */
        assert_int_equal(cs_cmap_done(&m), CS_BAD_FIELD);
        cs_cbor_free(doc);
    }
    cs_cbor *doc = NULL;
    cs_cmap m = open_named(&doc);
    (void)cs_cmap_bytes(&m, "x", 0, 9);
    assert_int_equal(m.err, CS_MISSING_FIELD);
    assert_string_equal(m.field, "x");
    m = cs_cmap_open(cs_cmap_find_int(&m, 1));
    assert_int_equal(cs_cmap_done(&m), CS_BAD_FIELD); /* no map */
    cs_cbor_free(doc);
}

/* The 65th pair makes a map that is not read by name. */
static void many_members(void **state)
{
    (void)state;
    for (size_t pairs = CS_MAX_CBOR_MEMBERS; pairs <= CS_MAX_CBOR_MEMBERS + 1; pairs++) {
        cs_buf bytes = cs_buf_new(1024);
        cs_cbor *doc = NULL;
        cs_cborw_map(&bytes, pairs);
        for (size_t i = 0; i < 2 * pairs; i++)
            cs_cborw_uint(&bytes, i);
        assert_int_equal(cs_cbor_parse(&doc, cs_buf_slice(&bytes), bytes.n), CS_OK);
        cs_cmap m = cs_cmap_open(cs_cbor_root(doc));
        assert_int_equal(m.err, pairs <= CS_MAX_CBOR_MEMBERS ? CS_OK : CS_BAD_FIELD);
        cs_cbor_free(doc);
        cs_buf_free(&bytes);
    }
}

static void writing(void **state)
{
    (void)state;
    static const uint64_t edges[] = {0, 23, 24, 255, 256, 65535, 65536, 4294967295, 4294967296, INT64_MAX};
    cs_buf out = cs_buf_new(1024), hex = cs_buf_new(2048);
    cs_cborw_tag(&out, 18);
    cs_cborw_array(&out, 5);
    cs_cborw_map(&out, 1);
    cs_cborw_text(&out, "a");
    cs_cborw_bool(&out, true);
    cs_cborw_bytes(&out, CS_LIT("\x01"));
    cs_cborw_bytes(&out, CS_ABSENT);
    cs_cborw_bytes(&out, CS_LIT(""));
    cs_cborw_int(&out, -35);
    cs_hex_encode(&hex, cs_buf_slice(&out));
    assert_string_equal(cs_buf_cstr(&hex), "d285a16161f54101f6403822");
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        for (int sign = 0; sign < 2; sign++) {
            int64_t v = sign ? -1 - (int64_t)edges[i] : (int64_t)edges[i], got = 0;
            cs_cbor *doc = NULL;
            cs_buf_clear(&out);
            cs_cborw_int(&out, v);
            assert_int_equal(cs_cbor_parse(&doc, cs_buf_slice(&out), 9), CS_OK);
            assert_true(cs_cval_int(&got, cs_cbor_root(doc)));
            assert_true(got == v);
            cs_cbor_free(doc);
        }
    }
    cs_buf_free(&out);
    cs_buf_free(&hex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),     cmocka_unit_test(refusals), cmocka_unit_test(limits),
        cmocka_unit_test(tags),         cmocka_unit_test(by_name),  cmocka_unit_test(by_name_refused),
        cmocka_unit_test(many_members), cmocka_unit_test(writing),
    };
    return cmocka_run_group_tests_name("cbor", tests, NULL, NULL);
}
