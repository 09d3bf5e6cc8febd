/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a branch or an address depend on a secret? Seeds and signing randomness are marked as undefined memory, and
 * valgrind's memcheck, under which this runs, reports every jump and every address that comes from them. What FIPS 204
 * makes public (core/mldsa/public.h) is marked as defined where that happens.
 *
 * Memcheck knows no AVX-512, so that backend is left out here; its operations are the ones of the other two on longer
 * vectors. `ct_mldsa self-test` branches on a secret on purpose: then memcheck must complain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "core/mldsa/mldsa.h"

#define ROUNDS 12

static const cs_mldsa_set *const sets[] = {&cs_mldsa_44, &cs_mldsa_65, &cs_mldsa_87};

static int sign_and_verify(const cs_mldsa_set *set, const cs_mldsa_backend *backend, uint8_t round)
{
    uint8_t seed[32] = {round, 1}, rnd[32] = {round, 2}, mu[64], sig[CS_MLDSA_MAX_SIG], secret[4896];
    const size_t line = 64, bytes = (cs_mldsa_key_bytes(set, true) + line - 1) / line * line;
    cs_mldsa_key *key = aligned_alloc(line, bytes);
    if (key == NULL)
        return 1;
    (void)VALGRIND_MAKE_MEM_UNDEFINED(seed, sizeof seed);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(rnd, sizeof rnd);
    cs_mldsa_open_private(key, set, backend, seed);
    cs_mldsa_secret_key(secret, set, backend, seed);
    cs_mldsa_mu(mu, key, CS_ABSENT, cs_slice_of(&round, 1));
    int failed = cs_mldsa_sign(sig, key, mu, rnd) != CS_OK;
    /* A signature is public, whole, without being declared so here. */
    failed |= VALGRIND_CHECK_MEM_IS_DEFINED(sig, set->sig_bytes) != 0;
    failed |= cs_mldsa_verify(key, mu, cs_slice_of(sig, set->sig_bytes)) != CS_OK;
    free(key);
    return failed;
}

static int self_test(void)
{
    uint8_t secret = 1;
    (void)VALGRIND_MAKE_MEM_UNDEFINED(&secret, 1);
    return secret == 1 ? puts("branched on a secret") < 0 : 1;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (RUNNING_ON_VALGRIND == 0) {
        (void)fputs("ct_mldsa: runs under valgrind only\n", stderr);
        return 64;
    }
    if (argc == 2 && strcmp(argv[1], "self-test") == 0)
        return self_test();
    for (const cs_mldsa_backend *const *b = cs_mldsa_backends; *b != NULL; b++) {
        if (*b == cs_mldsa_backends[0] && (*b)->lanes == CS_MLDSA_LANES)
            continue;
        if (!(*b)->runs_here())
            continue;
        for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
            for (uint8_t round = 0; round < ROUNDS; round++)
                failed |= sign_and_verify(sets[s], *b, round);
        (void)printf("%s: %s\n", (*b)->name, failed ? "failed" : "passed");
    }
    return failed;
}
