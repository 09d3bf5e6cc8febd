/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/encode.c. */
#include "vectors.h"

typedef void encode_fn(cs_buf *out, cs_slice bytes);
typedef cs_err decode_fn(cs_buf *out, cs_slice text);

static const struct row {
    const char *what;
    encode_fn *encode;
    decode_fn *decode;
    const char *text;
    cs_slice bytes; /* absent: refused */
} rows[] = {
    /* RFC 4648 §10 */
    {"empty", cs_base64_encode, cs_base64_decode, "", CS_LIT("")},
    {"one", cs_base64_encode, cs_base64_decode, "Zg==", CS_LIT("f")},
    {"two", cs_base64_encode, cs_base64_decode, "Zm8=", CS_LIT("fo")},
    {"three", cs_base64_encode, cs_base64_decode, "Zm9v", CS_LIT("foo")},
    {"six", cs_base64_encode, cs_base64_decode, "Zm9vYmFy", CS_LIT("foobar")},
    {"last characters", cs_base64_encode, cs_base64_decode, "+/+/", CS_LIT("\xfb\xff\xbf")},
    {"zero byte", cs_base64_encode, cs_base64_decode, "AA==", CS_LIT("\0")},
    {"no padding", cs_base64_encode, cs_base64_decode, "Zg", CS_ABSENT},
    {"half the padding", cs_base64_encode, cs_base64_decode, "Zg=", CS_ABSENT},
    {"padding of two for two bytes", cs_base64_encode, cs_base64_decode, "Zm8==", CS_ABSENT},
    {"padding where none belongs", cs_base64_encode, cs_base64_decode, "Zm9v=", CS_ABSENT},
    {"four of padding", cs_base64_encode, cs_base64_decode, "Zm9v====", CS_ABSENT},
    {"only padding", cs_base64_encode, cs_base64_decode, "====", CS_ABSENT},
    {"padding inside", cs_base64_encode, cs_base64_decode, "Zg==Zg==", CS_ABSENT},
    {"padding before the end", cs_base64_encode, cs_base64_decode, "Z=g=", CS_ABSENT},
    {"three of padding", cs_base64_encode, cs_base64_decode, "Z===", CS_ABSENT},
    {"unused bits of one byte", cs_base64_encode, cs_base64_decode, "Zh==", CS_ABSENT},
    {"unused bits of two bytes", cs_base64_encode, cs_base64_decode, "Zm9=", CS_ABSENT},
    {"one character", cs_base64_encode, cs_base64_decode, "Z", CS_ABSENT},
    {"five characters", cs_base64_encode, cs_base64_decode, "Zm9vY", CS_ABSENT},
    {"other alphabet", cs_base64_encode, cs_base64_decode, "-_-_", CS_ABSENT},
    {"leading blank", cs_base64_encode, cs_base64_decode, " Zm9", CS_ABSENT},
    {"line feed", cs_base64_encode, cs_base64_decode, "Zm9v\n", CS_ABSENT},
    {"line feed in a quartet", cs_base64_encode, cs_base64_decode, "Zm9\n", CS_ABSENT},
    {"above ASCII", cs_base64_encode, cs_base64_decode, "Zm9\xc1", CS_ABSENT},

    {"url: empty", cs_base64url_encode, cs_base64url_decode, "", CS_LIT("")},
    {"url: one", cs_base64url_encode, cs_base64url_decode, "Zg", CS_LIT("f")},
    {"url: two", cs_base64url_encode, cs_base64url_decode, "Zm8", CS_LIT("fo")},
    {"url: last characters", cs_base64url_encode, cs_base64url_decode, "-_-_", CS_LIT("\xfb\xff\xbf")},
    {"url: padding", cs_base64url_encode, cs_base64url_decode, "Zg==", CS_ABSENT},
    {"url: a little padding", cs_base64url_encode, cs_base64url_decode, "Zm8=", CS_ABSENT},
    {"url: one character", cs_base64url_encode, cs_base64url_decode, "Z", CS_ABSENT},
    {"url: unused bits", cs_base64url_encode, cs_base64url_decode, "Zh", CS_ABSENT},
    {"url: unused bits of two", cs_base64url_encode, cs_base64url_decode, "Zm9", CS_ABSENT},
    {"url: other alphabet", cs_base64url_encode, cs_base64url_decode, "+/+/", CS_ABSENT},
    {"url: dot", cs_base64url_encode, cs_base64url_decode, "Zm9.", CS_ABSENT},

    {"hex: empty", cs_hex_encode, cs_hex_decode, "", CS_LIT("")},
    {"hex: all digits", cs_hex_encode, cs_hex_decode, "0123456789abcdef", CS_LIT("\x01\x23\x45\x67\x89\xab\xcd\xef")},
    {"hex: low digits", cs_hex_encode, cs_hex_decode, "00100f0a", CS_LIT("\x00\x10\x0f\x0a")},
    {"hex: upper case", cs_hex_encode, cs_hex_decode, "AB", CS_ABSENT},
    {"hex: odd", cs_hex_encode, cs_hex_decode, "abc", CS_ABSENT},
    {"hex: prefix", cs_hex_encode, cs_hex_decode, "0x12", CS_ABSENT},
    {"hex: blank", cs_hex_encode, cs_hex_decode, " 1", CS_ABSENT},
    {"hex: g", cs_hex_encode, cs_hex_decode, "0g", CS_ABSENT},
    {"hex: before the digits", cs_hex_encode, cs_hex_decode, "0/", CS_ABSENT},
    {"hex: behind the digits", cs_hex_encode, cs_hex_decode, "0:", CS_ABSENT},
};

static void both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf out = cs_buf_new(100), text = cs_buf_new(100);
        cs_buf_add(&out, CS_LIT("kept"));
        cs_err err = rows[i].decode(&out, cs_slice_str(rows[i].text));
        if (err != (rows[i].bytes.p != NULL ? CS_OK : CS_BAD_ENCODING))
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        assert_int_equal(out.n, 4 + rows[i].bytes.n);
        assert_true(cs_slice_eq(cs_slice_sub(cs_buf_slice(&out), 4, 96), rows[i].bytes));
        if (rows[i].bytes.p != NULL) {
            rows[i].encode(&text, rows[i].bytes);
            assert_true(cs_slice_is(cs_buf_slice(&text), rows[i].text));
        }
        cs_buf_free(&out);
        cs_buf_free(&text);
    }
}

/* One text for one value: every character in every place either decodes to what encodes back to it, or is refused. */
static void one_text_for_one_value(void **state)
{
    (void)state;
    static decode_fn *const decoders[] = {cs_base64_decode, cs_base64url_decode};
    static encode_fn *const encoders[] = {cs_base64_encode, cs_base64url_encode};
    static const char *const starts[2][3] = {{"QUJD", "QUI=", "QQ=="}, {"QUJD", "QUI", "QQ"}};
    for (size_t k = 0; k < 2; k++) {
        for (size_t s = 0; s < 3; s++) {
            size_t n = strlen(starts[k][s]);
            int accepted = 0;
            for (size_t at = 0; at < n; at++) {
                for (unsigned c = 0; c < 256; c++) {
                    char text[5];
                    uint8_t bytes_memory[4], again_memory[8];
                    cs_buf bytes = CS_BUF_OVER(bytes_memory), again = CS_BUF_OVER(again_memory);
                    memcpy(text, starts[k][s], n);
                    text[at] = (char)c;
                    if (decoders[k](&bytes, cs_slice_of(text, n)) != CS_OK)
                        continue;
                    encoders[k](&again, cs_buf_slice(&bytes));
                    assert_true(cs_slice_eq(cs_buf_slice(&again), cs_slice_of(text, n)));
                    accepted++;
                }
            }
            assert_true(accepted > 0);
        }
    }
}

static void every_length(void **state)
{
    (void)state;
    uint8_t bytes[330];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(7 * i);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        cs_buf text = cs_buf_new(500), again = cs_buf_new(400);
        cs_base64_encode(&text, cs_slice_of(bytes, n));
        assert_int_equal(text.n, (n + 2) / 3 * 4);
        assert_int_equal(cs_base64_decode(&again, cs_buf_slice(&text)), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&again), cs_slice_of(bytes, n)));
        cs_buf_clear(&text);
        cs_buf_clear(&again);
        cs_base64url_encode(&text, cs_slice_of(bytes, n));
        assert_int_equal(text.n, (n * 8 + 5) / 6);
        assert_int_equal(cs_base64url_decode(&again, cs_buf_slice(&text)), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&again), cs_slice_of(bytes, n)));
        cs_buf_free(&text);
        cs_buf_free(&again);
    }
}

/* Long enough for whatever takes many characters at once: what they mean is told by the bits themselves, and one wrong
 * character is found wherever it stands. */
static void long_texts(void **state)
{
    static const char alphabets[2][65] = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
    uint8_t bytes[288];
    uint32_t dice = 1;
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        dice = dice * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(dice >> 24);
    }
    for (size_t k = 0; k < 2; k++) {
        uint8_t memory[384], back[288];
        cs_buf text = CS_BUF_OVER(memory);
        (k == 0 ? cs_base64_encode : cs_base64url_encode)(&text, CS_ARRAY(bytes));
        assert_int_equal(text.n, sizeof memory);
        for (size_t i = 0; i < text.n; i++) {
            unsigned value = 0;
            for (size_t bit = 6 * i; bit < 6 * i + 6; bit++)
                value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1u);
            assert_int_equal(memory[i], alphabets[k][value]);
        }
        for (size_t i = 0; i < text.n; i++) {
            const uint8_t good = memory[i];
            for (unsigned c = 0; c < 256; c++) {
                cs_buf out = CS_BUF_OVER(back);
                memory[i] = (uint8_t)c;
                cs_err err = (k == 0 ? cs_base64_decode : cs_base64url_decode)(&out, cs_buf_slice(&text));
                bool known = c != 0 && strchr(alphabets[k], (int)c) != NULL;
                if (c != '=' || i + 1 < text.n) /* there it may be padding */
                    assert_int_equal(err == CS_OK, known);
                if (c == good)
                    assert_memory_equal(back, bytes, sizeof bytes);
            }
            memory[i] = good;
        }
    }
}

static void no_room(void **state)
{
    (void)state;
    uint8_t memory[3];
    cs_buf out = CS_BUF_OVER(memory);
    assert_int_equal(cs_base64_decode(&out, CS_LIT("QUJDRA==")), CS_TOO_LARGE);
    assert_int_equal(out.n, 0);
    /* The error stays: what comes later is not appended behind a gap. */
    assert_int_equal(cs_base64_decode(&out, CS_LIT("QUJD")), CS_TOO_LARGE);
    cs_buf_clear(&out);
    assert_int_equal(cs_hex_decode(&out, CS_LIT("01020304")), CS_TOO_LARGE);
    cs_buf_clear(&out);
    assert_int_equal(cs_base64url_decode(&out, CS_LIT("QUJDRA")), CS_TOO_LARGE);
    cs_buf_clear(&out);
    assert_int_equal(cs_base64_decode(&out, CS_LIT("QUJD")), CS_OK);
    cs_base64_encode(&out, CS_LIT("x"));
    assert_int_equal(out.err, CS_TOO_LARGE);
}

/* Exactly as many characters as the text has: what stands behind them is not touched. */
static void no_character_more(void **state)
{
    (void)state;
    static const struct {
        void (*encode)(cs_buf *out, cs_slice bytes);
        cs_slice bytes;
        const char *text;
    } exact[] = {
        {cs_base64_encode, CS_LIT("ABC"), "QUJD"},  {cs_base64_encode, CS_LIT("AB"), "QUI="},
        {cs_base64_encode, CS_LIT("A"), "QQ=="},    {cs_base64url_encode, CS_LIT("ABC"), "QUJD"},
        {cs_base64url_encode, CS_LIT("AB"), "QUI"}, {cs_base64url_encode, CS_LIT("A"), "QQ"},
        {cs_hex_encode, CS_LIT("AB"), "4142"},
    };
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        static const char untouched[] = "########";
        char memory[sizeof untouched];
        size_t n = strlen(exact[i].text);
        memcpy(memory, untouched, sizeof memory);
        cs_buf out = cs_buf_over(memory, n);
        exact[i].encode(&out, exact[i].bytes);
        assert_int_equal(out.err, CS_OK);
        assert_memory_equal(memory, exact[i].text, n);
        assert_string_equal(memory + n, &untouched[n]);
    }
}

static void into_a_secret(void **state)
{
    (void)state;
    CS_SECRET(s);
    char text[CS_SECRET_CAP / 3 * 4 + 5];
    memset(text, 'A', sizeof text);
    assert_int_equal(cs_base64_decode_secret(&s, CS_LIT("c2VjcmV0")), CS_OK);
    assert_true(cs_slice_is(cs_secret_slice(&s), "secret"));
    /* What was in it is gone, whatever the error. */
    assert_int_equal(cs_base64_decode_secret(&s, CS_LIT("c2VjcmV*")), CS_BAD_ENCODING);
    assert_int_equal(s.n, 0);
    for (size_t i = 0; i < sizeof s.b; i++)
        assert_int_equal(s.b[i], 0);
    assert_int_equal(cs_base64_decode_secret(&s, CS_LIT("c2VjcmV")), CS_BAD_ENCODING);
    /* Nothing of a longer secret stays behind a shorter one. */
    memset(&s, 0xa5, sizeof s);
    assert_int_equal(cs_base64_decode_secret(&s, CS_LIT("c2VjcmV0")), CS_OK);
    for (size_t i = s.n; i < sizeof s.b; i++)
        assert_int_equal(s.b[i], 0);
    assert_int_equal(cs_base64_decode_secret(&s, cs_slice_of(text, CS_SECRET_CAP / 3 * 4)), CS_OK);
    assert_int_equal(s.n, 255);
    assert_int_equal(cs_base64_decode_secret(&s, cs_slice_of(text, CS_SECRET_CAP / 3 * 4 + 4)), CS_TOO_LARGE);
    assert_int_equal(s.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),     cmocka_unit_test(one_text_for_one_value),
        cmocka_unit_test(every_length),  cmocka_unit_test(no_character_more),
        cmocka_unit_test(long_texts),    cmocka_unit_test(no_room),
        cmocka_unit_test(into_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
