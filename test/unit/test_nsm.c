/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/nsm.c against a device that answers with the bytes it is told. zone: enclave */
/* clang-format off: a string next to a string is one item of CBOR next to another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "enclave/nsm.h"

#define ZERO16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define PCR "\x58\x30" ZERO16 ZERO16 "0123456789abcdef" /* a byte string of 48 */
#define BYTES10                                                                                                        \
    "\x4a"                                                                                                             \
    "0123456789"

/* What the device was asked, and what it answers. */
static struct {
    uint8_t asked[CS_NSM_MAX_REQUEST];
    size_t asked_n;
    int times;
    cs_slice answer;
    int fails;     /* errno */
    size_t states; /* length that it states instead of the answer's; 0: the answer's */
    bool moves;    /* answers somewhere else */
} device;

static int answers(void *context, cs_nsm_message *m)
{
    static uint8_t elsewhere[CS_NSM_MAX_RESPONSE];
    assert_ptr_equal(context, &device);
    assert_int_equal(m->response.iov_len, CS_NSM_MAX_RESPONSE);
    assert_true(m->request.iov_len <= sizeof device.asked);
    memcpy(device.asked, m->request.iov_base, m->request.iov_len);
    device.asked_n = m->request.iov_len;
    device.times++;
    if (device.fails != 0) {
        errno = device.fails;
        return -1;
    }
    memcpy(m->response.iov_base, device.answer.p, device.answer.n);
    m->response.iov_len = device.states > 0 ? device.states : device.answer.n;
    if (device.moves)
        m->response.iov_base = elsewhere;
    return 0;
}

static const cs_nsm nsm = {answers, &device};

static void will_answer(cs_slice answer)
{
    memset(&device, 0, sizeof device);
    device.answer = answer;
}

static void assert_asked(cs_slice want)
{
    assert_true(cs_slice_eq(cs_slice_of(device.asked, device.asked_n), want));
}

/* The bytes are those that the AWS library writes (serde's CBOR of its enum of requests). */
static void asks_as_documented(void **state)
{
    (void)state;
    cs_nsm_pcr pcr;
    cs_nsm_description d;
    uint8_t value[CS_NSM_PCR_LEN];
    cs_buf document = cs_buf_new(100);
    CS_SECRET(random);

    will_answer(CS_LIT("\xa1\x6b"
                       "DescribePCR"
                       "\xa2\x64"
                       "lock"
                       "\xf5\x64"
                       "data" PCR));
    assert_int_equal(cs_nsm_pcr_read(&pcr, &nsm, 16), CS_OK);
    assert_asked(CS_LIT("\xa1\x6b"
                        "DescribePCR"
                        "\xa1\x65"
                        "index"
                        "\x10"));
    assert_true(pcr.locked);
    assert_memory_equal(pcr.value + 32, "0123456789abcdef", 16);

    will_answer(CS_LIT("\xa1\x69"
                       "ExtendPCR"
                       "\xa1\x64"
                       "data" PCR));
    assert_int_equal(cs_nsm_pcr_extend(value, &nsm, 31, CS_LIT("abc")), CS_OK);
    assert_asked(CS_LIT("\xa1\x69"
                        "ExtendPCR"
                        "\xa2\x65"
                        "index"
                        "\x18\x1f\x64"
                        "data"
                        "\x43"
                        "abc"));
    assert_memory_equal(value, pcr.value, sizeof value);
    assert_int_equal(cs_nsm_pcr_extend(NULL, &nsm, 31, CS_LIT("abc")), CS_OK);

    will_answer(CS_LIT("\x67"
                       "LockPCR"));
    assert_int_equal(cs_nsm_pcr_lock(&nsm, 17), CS_OK);
    assert_asked(CS_LIT("\xa1\x67"
                        "LockPCR"
                        "\xa1\x65"
                        "index"
                        "\x11"));
    will_answer(CS_LIT("\x68"
                       "LockPCRs"));
    assert_int_equal(cs_nsm_pcr_lock_range(&nsm, 20), CS_OK);
    assert_asked(CS_LIT("\xa1\x68"
                        "LockPCRs"
                        "\xa1\x65"
                        "range"
                        "\x14"));

    will_answer(CS_LIT("\xa1\x69"
                       "GetRandom"
                       "\xa1\x66"
                       "random" BYTES10));
    assert_int_equal(cs_nsm_random(&random, &nsm, 25), CS_OK);
    assert_asked(CS_LIT("\x69"
                        "GetRandom"));
    assert_int_equal(device.times, 3);
    assert_int_equal(random.n, 25);
    assert_memory_equal(random.b, "0123456789012345678901234", 25);

    will_answer(CS_LIT("\xa1\x6b"
                       "DescribeNSM"
                       "\xa7\x6d"
                       "version_major"
                       "\x01\x6d"
                       "version_minor"
                       "\x02\x6d"
                       "version_patch"
                       "\x03\x69"
                       "module_id"
                       "\x63"
                       "i-0\x68"
                       "max_pcrs"
                       "\x18\x20\x6b"
                       "locked_pcrs"
                       "\x83\x00\x01\x0f\x66"
                       "digest"
                       "\x66"
                       "SHA384"));
    assert_int_equal(cs_nsm_describe(&d, &nsm), CS_OK);
    assert_asked(CS_LIT("\x6b"
                        "DescribeNSM"));
    assert_int_equal(d.major * 100 + d.minor * 10 + d.patch, 123);
    assert_string_equal(d.module_id, "i-0");
    assert_int_equal(d.max_pcrs, 32);
    assert_int_equal(d.locked, 0x8003);

    will_answer(CS_LIT("\xa1\x6b"
                       "Attestation"
                       "\xa1\x68"
                       "document"
                       "\x43"
                       "doc"));
    assert_int_equal(cs_nsm_attest(&document, &nsm, CS_LIT("user"), CS_ABSENT, CS_LIT("")), CS_OK);
    assert_asked(CS_LIT("\xa1\x6b"
                        "Attestation"
                        "\xa3\x69"
                        "user_data"
                        "\x44"
                        "user"
                        "\x65"
                        "nonce"
                        "\xf6\x6a"
                        "public_key"
                        "\x40"));
    assert_true(cs_slice_is(cs_buf_slice(&document), "doc"));
    cs_buf_free(&document);
}

#define PCR_ANSWER(fields)                                                                                             \
    "\xa1\x6b"                                                                                                         \
    "DescribePCR" fields
#define GOOD_FIELDS                                                                                                    \
    "\xa2\x64"                                                                                                         \
    "lock"                                                                                                             \
    "\xf4\x64"                                                                                                         \
    "data" PCR
#define ERROR(length, name)                                                                                            \
    "\xa1\x65"                                                                                                         \
    "Error" length name

static void refuses_answers_to_other_questions(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        cs_slice answer;
        cs_err err;
    } rows[] = {
        {"good", CS_LIT(PCR_ANSWER(GOOD_FIELDS)), CS_OK},
        {"maps without a length",
         CS_LIT("\xbf\x6b"
                "DescribePCR"
                "\xbf\x64"
                "lock"
                "\xf4\x64"
                "data" PCR "\xff\xff"),
         CS_OK},
        {"nothing", CS_LIT(""), CS_ROOT_UNAVAILABLE},
        {"a byte short",
         CS_LIT("\xa1\x6b"
                "DescribePCR"
                "\xa2\x64"
                "data\x41\x00\x64"
                "lock"),
         CS_ROOT_UNAVAILABLE},
        {"trailing byte", CS_LIT(PCR_ANSWER(GOOD_FIELDS) "\0"), CS_ROOT_UNAVAILABLE},
        {"another request's",
         CS_LIT("\xa1\x69"
                "ExtendPCR"
                "\xa1\x64"
                "data" PCR),
         CS_ROOT_UNAVAILABLE},
        {"two answers",
         CS_LIT("\xa2\x6b"
                "DescribePCR" GOOD_FIELDS "\x61"
                "x"
                "\x00"),
         CS_ROOT_UNAVAILABLE},
        {"bare text",
         CS_LIT("\x6b"
                "DescribePCR"),
         CS_ROOT_UNAVAILABLE},
        {"a list", CS_LIT("\x80"), CS_ROOT_UNAVAILABLE},
        {"no map inside",
         CS_LIT("\xa1\x6b"
                "DescribePCR"
                "\xf6"),
         CS_ROOT_UNAVAILABLE},
        {"no lock",
         CS_LIT(PCR_ANSWER("\xa1\x64"
                           "data" PCR)),
         CS_ROOT_UNAVAILABLE},
        {"no data",
         CS_LIT(PCR_ANSWER("\xa1\x64"
                           "lock"
                           "\xf4")),
         CS_ROOT_UNAVAILABLE},
        {"lock is a number",
         CS_LIT(PCR_ANSWER("\xa2\x64"
                           "lock"
                           "\x00\x64"
                           "data" PCR)),
         CS_ROOT_UNAVAILABLE},
        {"data is text",
         CS_LIT(PCR_ANSWER("\xa2\x64"
                           "lock"
                           "\xf4\x64"
                           "data"
                           "\x63"
                           "abc")),
         CS_ROOT_UNAVAILABLE},
        {"47 bytes",
         CS_LIT(PCR_ANSWER("\xa2\x64"
                           "lock"
                           "\xf4\x64"
                           "data"
                           "\x58\x2f" ZERO16 ZERO16 "0123456789abcde")),
         CS_ROOT_UNAVAILABLE},
        {"49 bytes",
         CS_LIT(PCR_ANSWER("\xa2\x64"
                           "lock"
                           "\xf4\x64"
                           "data"
                           "\x58\x31" ZERO16 ZERO16 ZERO16 "0")),
         CS_ROOT_UNAVAILABLE},
        {"a third member",
         CS_LIT(PCR_ANSWER("\xa3\x64"
                           "lock"
                           "\xf4\x64"
                           "data" PCR "\x61"
                           "x"
                           "\x00")),
         CS_ROOT_UNAVAILABLE},
        {"a member twice",
         CS_LIT(PCR_ANSWER("\xa3\x64"
                           "lock"
                           "\xf4\x64"
                           "lock"
                           "\xf5\x64"
                           "data" PCR)),
         CS_ROOT_UNAVAILABLE},
        {"InvalidArgument", CS_LIT(ERROR("\x6f", "InvalidArgument")), CS_ROOT_UNAVAILABLE},
        {"InvalidIndex", CS_LIT(ERROR("\x6c", "InvalidIndex")), CS_ROOT_UNAVAILABLE},
        {"InternalError", CS_LIT(ERROR("\x6d", "InternalError")), CS_ROOT_UNAVAILABLE},
        {"an unknown error", CS_LIT(ERROR("\x63", "\x1b[m")), CS_ROOT_UNAVAILABLE},
        {"an error that is no text",
         CS_LIT("\xa1\x65"
                "Error"
                "\x01"),
         CS_ROOT_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_nsm_pcr pcr = {.locked = true};
        will_answer(rows[i].answer);
        if (cs_nsm_pcr_read(&pcr, &nsm, 1) != rows[i].err)
            fail_msg("%s", rows[i].what);
        if (rows[i].err != CS_OK)
            assert_int_equal(pcr.locked, 0);
    }
}

/* Every prefix of a good answer. */
static void refuses_what_is_cut_off(void **state)
{
    (void)state;
    const cs_slice good = CS_LIT(PCR_ANSWER(GOOD_FIELDS));
    for (size_t n = 0; n <= good.n; n++) {
        cs_nsm_pcr pcr;
        will_answer(cs_slice_sub(good, 0, n));
        assert_int_equal(cs_nsm_pcr_read(&pcr, &nsm, 1), n == good.n ? CS_OK : CS_ROOT_UNAVAILABLE);
    }
}

static void refuses_a_device_that_misbehaves(void **state)
{
    (void)state;
    static const struct {
        int fails;
        size_t states;
        bool moves;
    } rows[] = {{EMSGSIZE, 0, false}, {EIO, 0, false}, {EPERM, 0, false}, {0, CS_NSM_MAX_RESPONSE + 1, false},
                {0, SIZE_MAX, false}, {0, 0, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        will_answer(CS_LIT("\x67"
                           "LockPCR"));
        device.fails = rows[i].fails;
        device.states = rows[i].states;
        device.moves = rows[i].moves;
        assert_int_equal(cs_nsm_pcr_lock(&nsm, 1), CS_ROOT_UNAVAILABLE);
    }
}

static void refuses_other_locks(void **state)
{
    (void)state;
    static const struct {
        cs_slice answer;
        cs_err one, range;
    } rows[] = {
        {CS_LIT("\x67"
                "LockPCR"),
         CS_OK, CS_ROOT_UNAVAILABLE},
        {CS_LIT("\x68"
                "LockPCRs"),
         CS_ROOT_UNAVAILABLE, CS_OK},
        {CS_LIT("\x67"
                "lockPCR"),
         CS_ROOT_UNAVAILABLE, CS_ROOT_UNAVAILABLE},
        {CS_LIT("\x47"
                "LockPCR"),
         CS_ROOT_UNAVAILABLE, CS_ROOT_UNAVAILABLE},
        {CS_LIT("\xa1\x67"
                "LockPCR"
                "\xa0"),
         CS_ROOT_UNAVAILABLE, CS_ROOT_UNAVAILABLE},
        {CS_LIT(ERROR("\x6f", "ReadOnlyIndex")), CS_ROOT_UNAVAILABLE, CS_ROOT_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        will_answer(rows[i].answer);
        assert_int_equal(cs_nsm_pcr_lock(&nsm, 1), rows[i].one);
        assert_int_equal(cs_nsm_pcr_lock_range(&nsm, 1), rows[i].range);
    }
}

static void never_takes_less_randomness(void **state)
{
    (void)state;
    static uint8_t too_long[12 + 8 + 3 + 257] = "\xa1\x69"
                                                "GetRandom"
                                                "\xa1\x66"
                                                "random"
                                                "\x59\x01\x01";
    static const struct {
        cs_slice answer;
        size_t n;
    } rows[] = {
        {CS_LIT("\xa1\x69"
                "GetRandom"
                "\xa1\x66"
                "random"
                "\x40"),
         1}, /* an answer without a byte would never end */
        {CS_LIT("\xa1\x69"
                "GetRandom"
                "\xa0"),
         1},
        {CS_LIT("\xa1\x69"
                "GetRandom"
                "\xa1\x66"
                "random"
                "\xf6"),
         1},
        {CS_LIT("\xa1\x69"
                "GetRandom"
                "\xa1\x66"
                "random"
                "\x61"
                "a"),
         1},
        {{too_long, 11 + 8 + 3 + 257}, 64},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CS_SECRET(random);
        will_answer(rows[i].answer);
        assert_int_equal(cs_nsm_random(&random, &nsm, rows[i].n), CS_ROOT_UNAVAILABLE);
        assert_int_equal(random.n, 0);
        assert_int_equal(device.times, 1);
    }
    CS_SECRET(random);
    will_answer(CS_LIT("\xa1\x69"
                       "GetRandom"
                       "\xa1\x66"
                       "random" BYTES10));
    assert_int_equal(cs_nsm_random(&random, &nsm, CS_SECRET_CAP + 1), CS_TOO_LARGE);
    assert_int_equal(device.times, 0);
}

#define DESCRIPTION(id, max, locked, digest)                                                                           \
    CS_LIT("\xa1\x6b"                                                                                                  \
           "DescribeNSM"                                                                                               \
           "\xa7\x6d"                                                                                                  \
           "version_major"                                                                                             \
           "\x01\x6d"                                                                                                  \
           "version_minor"                                                                                             \
           "\x00\x6d"                                                                                                  \
           "version_patch"                                                                                             \
           "\x00\x69"                                                                                                  \
           "module_id" id "\x68"                                                                                       \
           "max_pcrs" max "\x6b"                                                                                       \
           "locked_pcrs" locked "\x66"                                                                                 \
           "digest" digest)

static void refuses_another_kind_of_module(void **state)
{
    (void)state;
    static const struct {
        cs_slice answer;
        cs_err err;
    } rows[] = {
        {DESCRIPTION("\x61"
                     "m",
                     "\x18\x20", "\x80",
                     "\x66"
                     "SHA384"),
         CS_OK},
        {DESCRIPTION("\x61"
                     "m",
                     "\x18\x20", "\x81\x18\x1f",
                     "\x66"
                     "SHA384"),
         CS_OK},
        {DESCRIPTION("\x60", "\x18\x20", "\x80",
                     "\x66"
                     "SHA384"),
         CS_ROOT_UNAVAILABLE},
        {DESCRIPTION("\x62"
                     "m\0",
                     "\x18\x20", "\x80",
                     "\x66"
                     "SHA384"),
         CS_ROOT_UNAVAILABLE},
        {DESCRIPTION("\x61"
                     "m",
                     "\x18\x21", "\x80",
                     "\x66"
                     "SHA384"),
         CS_ROOT_UNAVAILABLE},
        {DESCRIPTION("\x61"
                     "m",
                     "\x00", "\x80",
                     "\x66"
                     "SHA384"),
         CS_ROOT_UNAVAILABLE},
        {DESCRIPTION("\x61"
                     "m",
                     "\x18\x20", "\x81\x18\x20",
                     "\x66"
                     "SHA384"),
         CS_ROOT_UNAVAILABLE},
        {DESCRIPTION("\x61"
                     "m",
                     "\x18\x20", "\x81\x20",
                     "\x66"
                     "SHA384"),
         CS_ROOT_UNAVAILABLE},
        {DESCRIPTION("\x61"
                     "m",
                     "\x18\x20",
                     "\x81\x61"
                     "1",
                     "\x66"
                     "SHA384"),
         CS_ROOT_UNAVAILABLE},
        {DESCRIPTION("\x61"
                     "m",
                     "\x18\x20", "\xa0",
                     "\x66"
                     "SHA384"),
         CS_ROOT_UNAVAILABLE},
        {DESCRIPTION("\x61"
                     "m",
                     "\x18\x20", "\x80",
                     "\x66"
                     "SHA256"),
         CS_ROOT_UNAVAILABLE},
        {DESCRIPTION("\x61"
                     "m",
                     "\x18\x20", "\x80",
                     "\x66"
                     "sha384"),
         CS_ROOT_UNAVAILABLE},
        {DESCRIPTION("\x61"
                     "m",
                     "\x18\x20", "\x80", "\xf6"),
         CS_ROOT_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_nsm_description d;
        will_answer(rows[i].answer);
        if (cs_nsm_describe(&d, &nsm) != rows[i].err)
            fail_msg("row %zu", i);
        assert_int_equal(d.max_pcrs, rows[i].err == CS_OK ? 32 : 0);
    }
}

static void refuses_documents_that_are_none(void **state)
{
    (void)state;
    static const cs_slice rows[] = {
        CS_LIT("\xa1\x6b"
               "Attestation"
               "\xa1\x68"
               "document"
               "\x40"),
        CS_LIT("\xa1\x6b"
               "Attestation"
               "\xa1\x68"
               "document"
               "\xf6"),
        CS_LIT("\xa1\x6b"
               "Attestation"
               "\xa1\x68"
               "document"
               "\x61"
               "x"),
        CS_LIT("\xa1\x6b"
               "Attestation"
               "\xa0"),
        CS_LIT(ERROR("\x6d", "InputTooLarge")),
    };
    static const uint8_t large[CS_NSM_MAX_REQUEST];
    cs_buf document = cs_buf_new(CS_NSM_MAX_DOCUMENT);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        will_answer(rows[i]);
        assert_int_equal(cs_nsm_attest(&document, &nsm, CS_LIT("u"), CS_ABSENT, CS_ABSENT), CS_ROOT_UNAVAILABLE);
        assert_int_equal(document.n, 0);
    }
    will_answer(CS_LIT("\xa1\x6b"
                       "Attestation"
                       "\xa1\x68"
                       "document"
                       "\x41"
                       "x"));
    assert_int_equal(cs_nsm_attest(&document, &nsm, CS_ARRAY(large), CS_ABSENT, CS_ABSENT), CS_BAD_FIELD);
    assert_int_equal(device.times, 0);
    cs_buf_free(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_as_documented),
        cmocka_unit_test(refuses_answers_to_other_questions),
        cmocka_unit_test(refuses_what_is_cut_off),
        cmocka_unit_test(refuses_a_device_that_misbehaves),
        cmocka_unit_test(refuses_other_locks),
        cmocka_unit_test(never_takes_less_randomness),
        cmocka_unit_test(refuses_another_kind_of_module),
        cmocka_unit_test(refuses_documents_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
