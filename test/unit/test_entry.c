/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/entry.h"
#include "core/limits.h"

#define TIME_MS 1768473000123
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static const cs_entry first = {.seq = 0,
                               .time_ms = TIME_MS,
                               .event_type = {(const uint8_t *)"signature.attested", 18},
                               .actor_id = {(const uint8_t *)"ak_1", 4},
                               .subject_id = {(const uint8_t *)"sig_1", 5},
                               .data = {(const uint8_t *)"{}", 2}};

static void entry_is_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *data, *canonical;
    } rows[] = {
        {"{}", "{}"},
        {" { \"b\" : [ 1 , true , null ] , \"a\" : \"\\u00fc\\u0041\\/\" } ", "{\"a\":\"\xc3\xbc"
                                                                              "A/\",\"b\":[1,true,null]}"},
        {"{\"z\":{\"y\":-9007199254740991,\"x\":9007199254740991}}",
         "{\"z\":{\"x\":9007199254740991,\"y\":-9007199254740991}}"},
        {"{\"\xe2\x82\xac\":1,\"\\u000f\":2,\"\":3}", "{\"\":3,\"\\u000f\":2,\"\xe2\x82\xac\":1}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf out = cs_buf_new(4096), want = cs_buf_new(4096);
        cs_entry e = first;
        e.data = cs_slice_str(rows[i].data);
        cs_buf_printf(&want,
                      "{\"actorId\":\"ak_1\",\"data\":%s,\"eventType\":\"signature.attested\",\"prev\":\"" ZEROS
                      "\",\"seq\":0,\"subjectId\":\"sig_1\",\"time\":\"2026-01-15T10:30:00.123Z\"}",
                      rows[i].canonical);
        assert_int_equal(cs_entry_write(&out, &e), CS_OK);
        assert_string_equal(cs_buf_cstr(&out), cs_buf_cstr(&want));
        cs_buf_free(&out);
        cs_buf_free(&want);
    }
}

static void names_are_escaped(void **state)
{
    (void)state;
    cs_buf out = cs_buf_new(4096);
    cs_entry e = first;
    e.subject_id = CS_LIT("a\"},{\\\x01\n\x7f");
    assert_int_equal(cs_entry_write(&out, &e), CS_OK);
    assert_non_null(strstr(cs_buf_cstr(&out), "\"subjectId\":\"a\\\"},{\\\\\\u0001\\n\x7f\","));
    cs_buf_free(&out);
}

static void entries_are_chained(void **state)
{
    (void)state;
    cs_buf one = cs_buf_new(4096), two = cs_buf_new(4096);
    cs_digest d;
    cs_entry e = first;
    assert_int_equal(cs_entry_write(&one, &e), CS_OK);
    assert_int_equal(cs_hash(&d, CS_SHA256, cs_buf_slice(&one)), CS_OK);
    memcpy(e.prev, d.b, sizeof e.prev);
    e.seq = 1;
    assert_int_equal(cs_entry_write(&two, &e), CS_OK);
    char prev[80] = "\"prev\":\"";
    for (size_t i = 0; i < 32; i++) {
        static const char digits[] = "0123456789abcdef";
        prev[8 + 2 * i] = digits[d.b[i] >> 4];
        prev[9 + 2 * i] = digits[d.b[i] & 15];
    }
    assert_non_null(strstr(cs_buf_cstr(&two), prev));
    cs_buf_free(&one);
    cs_buf_free(&two);
}

static void refuse(const cs_entry *e, cs_err want)
{
    cs_buf out = cs_buf_new(1u << 20);
    cs_buf_add_str(&out, "before");
    assert_int_equal(cs_entry_write(&out, e), want);
    assert_int_equal(out.n, 6); /* nothing is appended */
    cs_buf_free(&out);
}

static void bad_data_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        cs_err err;
    } rows[] = {
        {"", CS_BAD_JSON},
        {"1", CS_BAD_JSON},
        {"[]", CS_BAD_JSON},
        {"null", CS_BAD_JSON},
        {"{", CS_BAD_JSON},
        {"{}}", CS_BAD_JSON},
        {"{},\"seq\":7,\"x\":{}", CS_BAD_JSON},
        {"{\"a\":1,\"a\":2}", CS_BAD_JSON},
        {"{\"a\":1,\"\\u0061\":2}", CS_BAD_JSON},
        {"{\"a\":\"\\u0000\"}", CS_BAD_JSON},
        {"{\"a\":\"\xff\"}", CS_BAD_JSON},
        {"{\"a\":\"\\ud800\"}", CS_BAD_JSON},
        {"{\"a\":1.5}", CS_BAD_FIELD},
        {"{\"a\":1e3}", CS_BAD_FIELD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_entry e = first;
        e.data = cs_slice_str(rows[i].data);
        refuse(&e, rows[i].err);
    }
    cs_entry e = first;
    e.data = CS_ABSENT;
    refuse(&e, CS_BAD_JSON);
    e.data = CS_LIT("{}\0");
    refuse(&e, CS_BAD_JSON);
}

static void bad_members_are_refused(void **state)
{
    (void)state;
    cs_entry e = first;
    e.seq = (uint64_t)CS_JSON_INT_MAX + 1;
    refuse(&e, CS_BAD_FIELD);
    e = first;
    e.time_ms = -1;
    refuse(&e, CS_BAD_FIELD);
    e = first;
    e.time_ms = 253402300800000;
    refuse(&e, CS_BAD_FIELD);
    e = first;
    e.event_type = CS_ABSENT;
    refuse(&e, CS_BAD_FIELD);
    e = first;
    e.actor_id = CS_LIT("");
    refuse(&e, CS_BAD_FIELD);
    e = first;
    e.subject_id = CS_ABSENT;
    refuse(&e, CS_BAD_FIELD);
    e = first;
    e.actor_id = CS_LIT("a\xc3");
    refuse(&e, CS_BAD_JSON);
    e = first;
    e.actor_id = CS_LIT("a\0b");
    refuse(&e, CS_BAD_JSON);
}

static void size_has_a_limit(void **state)
{
    (void)state;
    cs_buf empty = cs_buf_new(4096), data = cs_buf_new(2 * CS_MAX_LEDGER_ENTRY);
    cs_entry e = first;
    e.data = CS_LIT("{\"a\":\"\"}");
    assert_int_equal(cs_entry_write(&empty, &e), CS_OK);
    cs_buf_add_str(&data, "{\"a\":\"");
    for (size_t n = empty.n; n < CS_MAX_LEDGER_ENTRY; n++)
        cs_buf_add_u8(&data, 'x');
    cs_buf_add_str(&data, "\"}");
    e.data = cs_buf_slice(&data);
    cs_buf out = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    assert_int_equal(cs_entry_write(&out, &e), CS_OK);
    assert_int_equal(out.n, CS_MAX_LEDGER_ENTRY);
    e.subject_id = CS_LIT("sig_12");
    refuse(&e, CS_TOO_LARGE);
    cs_buf_free(&out);
    cs_buf_free(&data);
    cs_buf_free(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_is_canonical),      cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(entries_are_chained),     cmocka_unit_test(bad_data_is_refused),
        cmocka_unit_test(bad_members_are_refused), cmocka_unit_test(size_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
