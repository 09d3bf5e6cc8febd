/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a group of tests once with each way to compute ML-DSA that there is on this processor. */
#ifndef CS_TEST_ENGINES_H
#define CS_TEST_ENGINES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/crypto_mldsa.h"

/* `judge` 1: what our own code signs, OpenSSL verifies as well. */
#define ENGINES_RUN(tests) engines_run(tests, sizeof tests / sizeof *tests)

static inline int engines_run(const struct CMUnitTest *tests, size_t n)
{
    int failed = 0;
    for (const cs_mldsa_backend *const *b = cs_mldsa_backends; *b != NULL; b++) {
        if (!(*b)->runs_here()) {
            print_message("%s does not run on this processor; skipped\n", (*b)->name);
            continue;
        }
        print_message("engine native, %s\n", (*b)->name);
        cs_engine_choose(CS_ENGINE_NATIVE, *b, 1);
        failed += _cmocka_run_group_tests((*b)->name, tests, n, NULL, NULL);
        failed += cs_engine_now().disagreements != 0;
    }
    print_message("engine openssl\n");
    cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 0);
    return failed + _cmocka_run_group_tests("openssl", tests, n, NULL, NULL);
}

#endif
