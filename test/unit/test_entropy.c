/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/entropy.c. zone: enclave */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

#include "enclave/entropy.h"

static ssize_t given; /* what the kernel answers */

/* Stands before the C library's: a kernel that can be made to fail. */
ssize_t getrandom(void *out, size_t n, unsigned flags)
{
    (void)flags;
    memset(out, 7, given > 0 && (size_t)given <= n ? (size_t)given : 0);
    return given;
}

static void all_of_it_or_no_start(void **state)
{
    (void)state;
    static const struct {
        ssize_t given;
        cs_err err;
    } rows[] = {{-1, CS_RANDOM}, {0, CS_RANDOM}, {1, CS_RANDOM}, {32, CS_RANDOM}, {63, CS_RANDOM}, {64, CS_OK}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        given = rows[i].given;
        assert_int_equal(cs_entropy_mix(), rows[i].err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_it_or_no_start)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
