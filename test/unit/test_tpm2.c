/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off: bytes of a command stand as the parts of the specification do. */
/* Tests src/enclave/tpm2.c against a TPM that answers with the bytes it is told. zone: enclave */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enclave/tpm2.h"
#include "sys/thread.h"

#define MAX_STEPS 8
#define PASSWORD                                                                                                       \
    "\0\0\0\x09"                                                                                                       \
    "\x40\0\0\x09"                                                                                                     \
    "\0\0"                                                                                                             \
    "\0"                                                                                                               \
    "\0\0"
#define SESSION                                                                                                        \
    "\0\0"                                                                                                             \
    "\x01"                                                                                                             \
    "\0\0" /* behind the parameters of an answer */
#define OK "\0\0\0\0"

/* What the TPM was asked, and what it answers, step by step; behind the last one it closes. */
static struct {
    int fd;
    cs_slice answers[MAX_STEPS];
    size_t count, asked;
    uint8_t commands[MAX_STEPS][600];
    size_t lengths[MAX_STEPS];
    bool slowly;   /* byte by byte */
    bool hangs_up; /* behind the last answer, so that nobody waits for the rest of it */
} device;

static void serve(void *arg)
{
    (void)arg;
    for (device.asked = 0;; device.asked++) {
        uint8_t memory[600];
        ssize_t n = read(device.fd, memory, sizeof memory);
        if (n <= 0 || device.asked == MAX_STEPS)
            break;
        memcpy(device.commands[device.asked], memory, (size_t)n);
        device.lengths[device.asked] = (size_t)n;
        if (device.asked >= device.count)
            break;
        cs_slice a = device.answers[device.asked];
        size_t step = device.slowly ? 1 : a.n;
        for (size_t at = 0; at < a.n; at += step)
            if (write(device.fd, a.p + at, step) != (ssize_t)step)
                break;
        if (device.hangs_up && device.asked + 1 == device.count)
            break;
    }
    (void)close(device.fd);
}

static cs_tpm2 tpm;
static pthread_t thread;

static void begin(const cs_slice *answers, size_t count)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    memcpy(device.answers, answers, count * sizeof *answers);
    device.count = count;
    device.fd = fds[1];
    assert_int_equal(cs_tpm2_over(&tpm, fds[0]), CS_OK);
    assert_int_equal(cs_thread_start_joinable(&thread, serve, NULL), CS_OK);
}

/* Number of commands that came. */
static size_t end(void)
{
    cs_tpm2_close(&tpm);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return device.asked;
}

static void assert_command(size_t i, cs_slice want)
{
    assert_true(cs_slice_eq(cs_slice_of(device.commands[i], device.lengths[i]), want));
}

#define RANDOM_ANSWER(total, n, bytes)                                                                                 \
    CS_LIT("\x80\x01"                                                                                                  \
           "\0\0\0" total OK "\0" n bytes)
#define ZERO16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define PCR(c) "\0\x20" ZERO16 "0123456789abcde" c

static void commands_are_as_specified(void **state)
{
    (void)state;
    static const cs_slice answers[] = {
        RANDOM_ANSWER("\x0e", "\x02", "ab"),
        RANDOM_ANSWER("\x0d", "\x01", "c"),
        CS_LIT("\x80\x01"
               "\0\0\0\x60" OK "\0\0\0\x09"
               "\0\0\0\x01"
               "\0\x0b"
               "\x03"
               "\x01\0\x80"
               "\0\0\0\x02" PCR("x") PCR("y")),
        CS_LIT("\x80\x01"
               "\0\0\0\x28" OK "\0\x0e"
               "\x01\x40\0\x01"
               "\0\x0b"
               "\x22\x04\0\x02"
               "\0\0"
               "\0\x03"
               "\0\x0c"
               "\0\x0b"
               "0123456789"),
        CS_LIT("\x80\x02"
               "\0\0\0\x18" OK "\0\0\0\x05"
               "\0\x03"
               "abc" SESSION),
        CS_LIT("\x80\x02"
               "\0\0\0\x1f" OK "\0\0\0\x0c"
               "\0\x02"
               "at"
               "\0\x14"
               "\0\x0b"
               "\0\x02"
               "sg" SESSION),
    };
    for (int slowly = 0; slowly < 2; slowly++) {
        CS_SECRET(random);
        uint8_t values[CS_TPM_PCRS][CS_TPM_PCR_LEN] = {{0}};
        cs_buf nv = cs_buf_new(100), attest = cs_buf_new(100), signature = cs_buf_new(100);
        device.slowly = slowly == 1;
        begin(answers, 6);
        assert_int_equal(cs_tpm2_random(&random, &tpm, 3), CS_OK);
        assert_int_equal(cs_tpm2_pcr_read(values, &tpm, 0x800001), CS_OK);
        assert_int_equal(cs_tpm2_nv_read(&nv, &tpm, 0x01400001), CS_OK);
        assert_int_equal(cs_tpm2_quote(&attest, &signature, &tpm, 0x81000003, CS_LIT("extra"), 0x93), CS_OK);
        assert_int_equal(end(), 6);
        assert_true(cs_slice_is(cs_secret_slice(&random), "abc"));
        assert_int_equal(values[0][31], 'x');
        assert_int_equal(values[23][31], 'y');
        assert_true(cs_slice_is(cs_buf_slice(&nv), "abc"));
        assert_true(cs_slice_is(cs_buf_slice(&attest), "at") && cs_slice_is(cs_buf_slice(&signature), "sg"));
        assert_command(0, CS_LIT("\x80\x01"
                                 "\0\0\0\x0c"
                                 "\0\0\x01\x7b"
                                 "\0\x03"));
        assert_command(1, CS_LIT("\x80\x01"
                                 "\0\0\0\x0c"
                                 "\0\0\x01\x7b"
                                 "\0\x01"));
        assert_command(2, CS_LIT("\x80\x01"
                                 "\0\0\0\x14"
                                 "\0\0\x01\x7e"
                                 "\0\0\0\x01"
                                 "\0\x0b"
                                 "\x03"
                                 "\x01\0\x80"));
        assert_command(3, CS_LIT("\x80\x01"
                                 "\0\0\0\x0e"
                                 "\0\0\x01\x69"
                                 "\x01\x40\0\x01"));
        assert_command(4, CS_LIT("\x80\x02"
                                 "\0\0\0\x23"
                                 "\0\0\x01\x4e"
                                 "\x40\0\0\x01"
                                 "\x01\x40\0\x01" PASSWORD "\0\x03"
                                 "\0\0"));
        assert_command(5, CS_LIT("\x80\x02"
                                 "\0\0\0\x2e"
                                 "\0\0\x01\x58"
                                 "\x81\0\0\x03" PASSWORD "\0\x05"
                                 "extra"
                                 "\0\x10"
                                 "\0\0\0\x01"
                                 "\0\x0b"
                                 "\x03"
                                 "\x93\0\0"));
        cs_buf_free(&nv);
        cs_buf_free(&attest);
        cs_buf_free(&signature);
    }
    device.slowly = false;
}

static void refuses_answers_of_another_form(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        cs_slice answer;
        cs_err err;
    } rows[] = {
        {"good", RANDOM_ANSWER("\x0e", "\x02", "ab"), CS_OK},
        {"nothing", CS_LIT(""), CS_ROOT_UNAVAILABLE},
        {"half a head",
         CS_LIT("\x80\x01"
                "\0\0"),
         CS_ROOT_UNAVAILABLE},
        {"cut off",
         CS_LIT("\x80\x01"
                "\0\0\0\x0e" OK "\0\x02"
                "a"),
         CS_ROOT_UNAVAILABLE},
        {"a byte behind",
         CS_LIT("\x80\x01"
                "\0\0\0\x0e" OK "\0\x02"
                "abc"),
         CS_ROOT_UNAVAILABLE},
        {"a byte inside",
         CS_LIT("\x80\x01"
                "\0\0\0\x0f" OK "\0\x02"
                "abc"),
         CS_ROOT_UNAVAILABLE},
        {"length too short for a head",
         CS_LIT("\x80\x01"
                "\0\0\0\x09" OK),
         CS_ROOT_UNAVAILABLE},
        {"length without bound",
         CS_LIT("\x80\x01"
                "\xff\xff\xff\xff" OK "\0\x02"
                "ab"),
         CS_ROOT_UNAVAILABLE},
        {"another tag",
         CS_LIT("\x80\x02"
                "\0\0\0\x0e" OK "\0\x02"
                "ab"),
         CS_ROOT_UNAVAILABLE},
        {"an error of the TPM",
         CS_LIT("\x80\x01"
                "\0\0\0\x0a"
                "\0\0\x09\x22"),
         CS_ROOT_UNAVAILABLE},
        {"an error with the answer behind it",
         CS_LIT("\x80\x01"
                "\0\0\0\x0e"
                "\0\0\0\x01"
                "\0\x02"
                "ab"),
         CS_ROOT_UNAVAILABLE},
        {"no bytes",
         CS_LIT("\x80\x01"
                "\0\0\0\x0c" OK "\0\0"),
         CS_ROOT_UNAVAILABLE},
        {"more than was asked for",
         CS_LIT("\x80\x01"
                "\0\0\0\x0f" OK "\0\x03"
                "abc"),
         CS_ROOT_UNAVAILABLE},
        {"a length of its own that is too long",
         CS_LIT("\x80\x01"
                "\0\0\0\x0e" OK "\0\x03"
                "ab"),
         CS_ROOT_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CS_SECRET(random);
        device.hangs_up = true;
        begin(&rows[i].answer, rows[i].answer.n > 0 ? 1 : 0);
        cs_err err = cs_tpm2_random(&random, &tpm, 2);
        (void)end();
        if (err != rows[i].err)
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        assert_int_equal(random.n, rows[i].err == CS_OK ? 2 : 0);
    }
}

#define PCR_ANSWER(total, count, bank, size, bits, values, rest)                                                       \
    CS_LIT("\x80\x01"                                                                                                  \
           "\0\0\0" total OK "\0\0\0\x09"                                                                              \
           "\0\0\0" count "\0" bank size bits "\0\0\0" values rest)

static void refuses_other_registers(void **state)
{
    (void)state;
    static const cs_slice rows[] = {
        PCR_ANSWER("\x3e", "\x01", "\x0b", "\x03", "\x01\0\0", "\x01", PCR("x")), /* the good one */
        PCR_ANSWER("\x3e", "\x01", "\x0b", "\x03", "\x02\0\0", "\x01", PCR("x")), /* another register */
        PCR_ANSWER("\x1c", "\x01", "\x0b", "\x03", "\0\0\0", "\0", ""),           /* none: it would be asked for ever */
        PCR_ANSWER("\x3e", "\x01", "\x0c", "\x03", "\x01\0\0", "\x01", PCR("x")), /* another bank */
        PCR_ANSWER("\x3e", "\x02", "\x0b", "\x03", "\x01\0\0", "\x01", PCR("x")), /* two banks */
        PCR_ANSWER("\x3e", "\x01", "\x0b", "\x03", "\x01\0\0", "\x02", PCR("x")), /* a value is missing */
        PCR_ANSWER("\x60", "\x01", "\x0b", "\x03", "\x01\0\0", "\x02", PCR("x") PCR("y")),
        PCR_ANSWER("\x2e", "\x01", "\x0b", "\x03", "\x01\0\0", "\x01", "\0\x10" ZERO16), /* SHA-1 would be as short */
        PCR_ANSWER("\x3d", "\x01", "\x0b", "\x02", "\x01\0", "\x01", PCR("x")),
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t values[CS_TPM_PCRS][CS_TPM_PCR_LEN] = {{0}};
        begin(&rows[i], 1);
        cs_err err = cs_tpm2_pcr_read(values, &tpm, 1);
        (void)end();
        if (err != (i == 0 ? CS_OK : CS_ROOT_UNAVAILABLE))
            fail_msg("row %zu: %s", i, cs_err_name(err));
    }
}

#define QUOTE_ANSWER(total, parameters, body, session)                                                                 \
    CS_LIT("\x80\x02"                                                                                                  \
           "\0\0\0" total OK "\0\0\0" parameters body session)

static void refuses_other_quotes(void **state)
{
    (void)state;
    static const cs_slice rows[] = {
        QUOTE_ANSWER("\x1f", "\x0c",
                     "\0\x02"
                     "at"
                     "\0\x14"
                     "\0\x0b"
                     "\0\x02"
                     "sg",
                     SESSION), /* the good one */
        QUOTE_ANSWER("\x1f", "\x0c",
                     "\0\x02"
                     "at"
                     "\0\x16"
                     "\0\x0b"
                     "\0\x02"
                     "sg",
                     SESSION), /* RSAPSS */
        QUOTE_ANSWER("\x1f", "\x0c",
                     "\0\x02"
                     "at"
                     "\0\x14"
                     "\0\x04"
                     "\0\x02"
                     "sg",
                     SESSION), /* SHA-1 */
        QUOTE_ANSWER("\x1f", "\x0d",
                     "\0\x02"
                     "at"
                     "\0\x14"
                     "\0\x0b"
                     "\0\x02"
                     "sg",
                     SESSION),
        QUOTE_ANSWER("\x1f", "\x0b",
                     "\0\x02"
                     "at"
                     "\0\x14"
                     "\0\x0b"
                     "\0\x02"
                     "sg",
                     SESSION),
        QUOTE_ANSWER("\x20", "\x0d",
                     "\0\x02"
                     "at"
                     "\0\x14"
                     "\0\x0b"
                     "\0\x02"
                     "sgx",
                     SESSION),
        QUOTE_ANSWER("\x1f", "\xff",
                     "\0\x02"
                     "at"
                     "\0\x14"
                     "\0\x0b"
                     "\0\x02"
                     "sg",
                     SESSION),
        QUOTE_ANSWER("\x1e", "\x0c",
                     "\0\x02"
                     "at"
                     "\0\x14"
                     "\0\x0b"
                     "\0\x02"
                     "sg",
                     "\0\0"
                     "\x01"
                     "\0"),
        QUOTE_ANSWER("\x21", "\x0c",
                     "\0\x02"
                     "at"
                     "\0\x14"
                     "\0\x0b"
                     "\0\x02"
                     "sg",
                     "\0\x02"
                     "no"
                     "\x01"
                     "\0\0"),
        QUOTE_ANSWER("\x21", "\x0c",
                     "\0\x02"
                     "at"
                     "\0\x14"
                     "\0\x0b"
                     "\0\x02"
                     "sg",
                     "\0\0"
                     "\x01"
                     "\0\x02"
                     "ma"),
        QUOTE_ANSWER("\x1a", "\x0c",
                     "\0\x02"
                     "at"
                     "\0\x14"
                     "\0\x0b"
                     "\0\x02"
                     "sg",
                     ""),
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_buf attest = cs_buf_new(100), signature = cs_buf_new(100);
        begin(&rows[i], 1);
        cs_err err = cs_tpm2_quote(&attest, &signature, &tpm, 0x81000003, CS_LIT("e"), 1);
        (void)end();
        if (err != (i == 0 ? CS_OK : CS_ROOT_UNAVAILABLE))
            fail_msg("row %zu: %s", i, cs_err_name(err));
        assert_int_equal(attest.n, i == 0 ? 2 : 0);
        cs_buf_free(&attest);
        cs_buf_free(&signature);
    }
}

#define NV_PUBLIC(index, size)                                                                                         \
    CS_LIT("\x80\x01"                                                                                                  \
           "\0\0\0\x1c" OK "\0\x0e" index "\0\x0b"                                                                     \
           "\x22\x04\0\x02"                                                                                            \
           "\0\0" size "\0\0")
#define NV_DATA(total, parameters, size, bytes)                                                                        \
    CS_LIT("\x80\x02"                                                                                                  \
           "\0\0" total OK "\0\0" parameters size bytes SESSION)

static void nv_memory_is_read_whole(void **state)
{
    (void)state;
    static const struct {
        cs_slice first, second;
        cs_err err;
    } rows[] = {
        {NV_PUBLIC("\x01\x40\0\x01", "\0\x03"), NV_DATA("\0\x18", "\0\x05", "\0\x03", "abc"), CS_OK},
        {NV_PUBLIC("\x01\x40\0\x02", "\0\x03"), NV_DATA("\0\x18", "\0\x05", "\0\x03", "abc"), CS_ROOT_UNAVAILABLE},
        {NV_PUBLIC("\x01\x40\0\x01", "\0\x03"), NV_DATA("\0\x17", "\0\x04", "\0\x02", "ab"), CS_ROOT_UNAVAILABLE},
        {NV_PUBLIC("\x01\x40\0\x01", "\0\x03"), NV_DATA("\0\x19", "\0\x06", "\0\x04", "abcd"), CS_ROOT_UNAVAILABLE},
        {NV_PUBLIC("\x01\x40\0\x01", "\0\x65"), NV_DATA("\0\x18", "\0\x05", "\0\x03", "abc"), CS_ROOT_UNAVAILABLE},
        {NV_PUBLIC("\x01\x40\0\x01", "\0\x03"),
         CS_LIT("\x80\x01"
                "\0\0\0\x0a"
                "\0\0\x01\x4a"),
         CS_ROOT_UNAVAILABLE},
        {CS_LIT("\x80\x01"
                "\0\0\0\x0a"
                "\0\0\x01\x8b"),
         CS_LIT("x"), CS_ROOT_UNAVAILABLE}, /* there is no such index */
        {CS_LIT("\x80\x01"
                "\0\0\0\x0e" OK "\0\0"
                "\0\0"),
         CS_LIT("x"), CS_ROOT_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_buf out = cs_buf_new(100);
        const cs_slice answers[] = {rows[i].first, rows[i].second};
        begin(answers, 2);
        cs_err err = cs_tpm2_nv_read(&out, &tpm, 0x01400001);
        (void)end();
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        assert_string_equal(cs_buf_cstr(&out), err == CS_OK ? "abc" : "");
        cs_buf_free(&out);
    }
}

static void no_device(void **state)
{
    (void)state;
    assert_int_equal(cs_tpm2_open(&tpm, "/nowhere/tpm"), CS_ROOT_UNAVAILABLE);
    cs_tpm2_close(&tpm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_as_specified), cmocka_unit_test(refuses_answers_of_another_form),
        cmocka_unit_test(refuses_other_registers),   cmocka_unit_test(refuses_other_quotes),
        cmocka_unit_test(nv_memory_is_read_whole),   cmocka_unit_test(no_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
