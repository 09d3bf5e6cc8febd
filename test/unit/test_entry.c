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

static void written_and_read(void **state)
{
    (void)state;
    cs_buf bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY), data = cs_buf_new(4096);
    cs_entry e = first;
    cs_entry_in in;
    e.seq = 7;
    e.data = CS_LIT("{\"a\":1}");
    memset(e.prev, 0xab, sizeof e.prev);
    assert_int_equal(cs_entry_write(&bytes, &e), CS_OK);
    assert_int_equal(cs_entry_read(&in, cs_buf_slice(&bytes)), CS_OK);
    assert_int_equal(in.seq, 7);
    assert_int_equal(in.time_ms, e.time_ms);
    assert_true(cs_slice_eq(in.event_type, e.event_type));
    assert_true(cs_slice_eq(in.actor_id, e.actor_id));
    assert_true(cs_slice_eq(in.subject_id, e.subject_id));
    assert_memory_equal(in.prev, e.prev, sizeof e.prev);
    assert_int_equal(cs_json_canonical(&data, in.data), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&data), e.data));
    cs_entry_in_free(&in);
    for (size_t cut = 0; cut < bytes.n; cut++) {
        assert_int_equal(cs_entry_read(&in, cs_slice_of(bytes.p, cut)), CS_BAD_FORMAT);
        cs_entry_in_free(&in);
    }
    cs_buf_free(&bytes);
    cs_buf_free(&data);
}

static void what_is_no_entry_is_refused(void **state)
{
    (void)state;
#define HASH "0000000000000000000000000000000000000000000000000000000000000000"
#define TIME "2026-01-15T10:30:00.000Z"
    static const struct {
        const char *text;
        cs_err want;
    } rows[] = {
        {"{\"actorId\":\"a\",\"data\":{},\"eventType\":\"e\",\"prev\":\"" HASH
         "\",\"seq\":0,\"subjectId\":\"\",\"time\":\"" TIME "\"}",
         CS_OK},
        {"{\"data\":{},\"eventType\":\"e\",\"prev\":\"" HASH "\",\"seq\":0,\"subjectId\":\"\",\"time\":\"" TIME "\"}",
         CS_BAD_FORMAT},
        {"{\"actorId\":\"\",\"data\":{},\"eventType\":\"e\",\"prev\":\"" HASH
         "\",\"seq\":0,\"subjectId\":\"\",\"time\":\"" TIME "\"}",
         CS_BAD_FORMAT},
        {"{\"actorId\":\"a\",\"data\":[],\"eventType\":\"e\",\"prev\":\"" HASH
         "\",\"seq\":0,\"subjectId\":\"\",\"time\":\"" TIME "\"}",
         CS_BAD_FORMAT},
        {"{\"actorId\":\"a\",\"data\":{},\"eventType\":\"\",\"prev\":\"" HASH
         "\",\"seq\":0,\"subjectId\":\"\",\"time\":\"" TIME "\"}",
         CS_BAD_FORMAT},
        {"{\"actorId\":\"a\",\"data\":{},\"eventType\":\"e\",\"prev\":\"00\",\"seq\":0,\"subjectId\":\"\",\"time\":"
         "\"" TIME "\"}",
         CS_BAD_FORMAT},
        {"{\"actorId\":\"a\",\"data\":{},\"eventType\":\"e\",\"prev\":\"" HASH
         "\",\"seq\":-1,\"subjectId\":\"\",\"time\":\"" TIME "\"}",
         CS_BAD_FORMAT},
        {"{\"actorId\":\"a\",\"data\":{},\"eventType\":\"e\",\"prev\":\"" HASH
         "\",\"seq\":0,\"subjectId\":\"\",\"time\":\"2026-01-15T10:30:00Z\"}",
         CS_BAD_FORMAT},
        {"{\"actorId\":\"a\",\"data\":{},\"eventType\":\"e\",\"extra\":1,\"prev\":\"" HASH
         "\",\"seq\":0,\"subjectId\":\"\",\"time\":\"" TIME "\"}",
         CS_BAD_FORMAT},
        {"{\"data\":{},\"actorId\":\"a\",\"eventType\":\"e\",\"prev\":\"" HASH
         "\",\"seq\":0,\"subjectId\":\"\",\"time\":\"" TIME "\"}",
         CS_BAD_FORMAT},
        {"{\"actorId\":\"a\",\"data\":{},\"eventType\":\"e\",\"prev\":\"" HASH
         "\",\"seq\":0,\"subjectId\":\"\",\"time\":\"" TIME "\"}\n",
         CS_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_entry_in in;
        cs_err err = cs_entry_read(&in, cs_slice_str(rows[i].text));
        if (err != rows[i].want)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        cs_entry_in_free(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_is_canonical),      cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(entries_are_chained),     cmocka_unit_test(bad_data_is_refused),
        cmocka_unit_test(bad_members_are_refused), cmocka_unit_test(size_has_a_limit),
        cmocka_unit_test(written_and_read),        cmocka_unit_test(what_is_no_entry_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
