/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a branch or an address depend on a secret? Seeds and signing randomness are marked as undefined memory, and a
 * checker reports every jump and every address that comes from them. What FIPS 204 makes public (core/mldsa/public.h)
 * is marked as defined where that happens.
 *
 * There are two checkers, and this program is built once for each. Valgrind's memcheck watches the machine code as it
 * runs, but knows no AVX-512. MemorySanitizer is part of the compiled program and knows it. `ct_mldsa self-test`
 * branches on a secret and `ct_mldsa self-test address` reads a table by one: then the checker must complain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mldsa/batch.h"

#ifdef CS_MSAN
#include <sanitizer/msan_interface.h>
#define KNOWS_AVX512 true
#define IS_CHECKED true
#define MAKE_SECRET(array) __msan_poison((const volatile void *)(array), sizeof(array))
#define HAS_SECRET(p, n) (__msan_test_shadow((p), (n)) != -1)
#else
#include <valgrind/memcheck.h>
#define KNOWS_AVX512 false
#define IS_CHECKED (RUNNING_ON_VALGRIND != 0)
#define MAKE_SECRET(array) ((void)VALGRIND_MAKE_MEM_UNDEFINED((array), sizeof(array)))
#define HAS_SECRET(p, n) (VALGRIND_CHECK_MEM_IS_DEFINED((p), (n)) != 0)
#endif

#define ROUNDS 12
#define KEYS 11 /* of a batch */

static const cs_mldsa_set *const sets[] = {&cs_mldsa_44, &cs_mldsa_65, &cs_mldsa_87};

static int sign_and_verify(const cs_mldsa_set *set, const cs_mldsa_backend *backend, uint8_t round)
{
    uint8_t seed[32] = {round, 1}, rnd[32] = {round, 2}, mu[64], sig[CS_MLDSA_MAX_SIG], secret[4896];
    const size_t line = 64, bytes = (cs_mldsa_key_bytes(set, true) + line - 1) / line * line;
    cs_mldsa_key *key = aligned_alloc(line, bytes);
    if (key == NULL)
        return 1;
    MAKE_SECRET(seed);
    MAKE_SECRET(rnd);
    cs_mldsa_open_private(key, set, backend, seed);
    cs_mldsa_secret_key(secret, set, backend, seed);
    cs_mldsa_mu(mu, key, CS_ABSENT, cs_slice_of(&round, 1));
    int failed = cs_mldsa_sign(sig, key, mu, rnd) != CS_OK;
    /* A signature is public, whole, without being declared so here. */
    failed |= HAS_SECRET(sig, set->sig_bytes);
    failed |= cs_mldsa_verify(key, mu, cs_slice_of(sig, set->sig_bytes)) != CS_OK;
    free(key);
    return failed;
}

struct jobs {
    cs_mldsa_job of[KEYS];
    unsigned at;
};

static cs_mldsa_job *next_job(void *context)
{
    struct jobs *j = context;
    return j->at < KEYS ? &j->of[j->at++] : NULL;
}

static void done_job(void *context, cs_mldsa_job *job)
{
    (void)context;
    (void)job;
}

/* Several keys side by side, more than there are lanes. */
static int sign_batch(const cs_mldsa_set *set, const cs_mldsa_backend *backend)
{
    static uint8_t sigs[KEYS][CS_MLDSA_MAX_SIG];
    static struct jobs jobs;
    const size_t line = 64, bytes = (cs_mldsa_key_bytes(set, true) + line - 1) / line * line;
    uint8_t *keys = aligned_alloc(line, KEYS * bytes);
    cs_mldsa_batch *room = aligned_alloc(line, (cs_mldsa_batch_bytes() + line - 1) / line * line);
    int failed = keys == NULL || room == NULL;
    jobs.at = 0;
    for (uint8_t i = 0; !failed && i < KEYS; i++) {
        uint8_t seed[32] = {i, 3};
        cs_mldsa_key *key = (cs_mldsa_key *)(void *)(keys + i * bytes);
        MAKE_SECRET(seed);
        cs_mldsa_open_private(key, set, backend, seed);
        jobs.of[i] = (cs_mldsa_job){.key = key, .sig = sigs[i], .mu = {i}, .rnd = {i, 4}};
        MAKE_SECRET(jobs.of[i].rnd);
    }
    if (!failed)
        cs_mldsa_batch_sign(room, CS_MLDSA_LANES, set, backend, &(cs_mldsa_source){next_job, done_job, &jobs});
    for (size_t i = 0; !failed && i < KEYS; i++) {
        failed |= jobs.of[i].err != CS_OK || HAS_SECRET(sigs[i], set->sig_bytes);
        failed |= cs_mldsa_verify(jobs.of[i].key, jobs.of[i].mu, cs_slice_of(sigs[i], set->sig_bytes)) != CS_OK;
    }
    free(room);
    free(keys);
    return failed;
}

static int branch_on_secret(void)
{
    volatile uint8_t secret[1] = {1};
    MAKE_SECRET(secret);
    return secret[0] == 1 ? puts("branched on a secret") < 0 : 1;
}

static int look_up_secret(void)
{
    static volatile uint8_t table[256];
    volatile uint8_t secret[1] = {1};
    MAKE_SECRET(secret);
    table[0] = table[secret[0]];
    return puts("read a table by a secret") < 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (!IS_CHECKED) {
        (void)fputs("ct_mldsa: runs under valgrind only\n", stderr);
        return 64;
    }
    if (argc >= 2 && strcmp(argv[1], "self-test") == 0)
        return argc == 3 ? look_up_secret() : branch_on_secret();
    for (const cs_mldsa_backend *const *b = cs_mldsa_backends; *b != NULL; b++) {
        if (!KNOWS_AVX512 && *b == cs_mldsa_backends[0] && (*b)->lanes == CS_MLDSA_LANES)
            continue;
        if (!(*b)->runs_here())
            continue;
        for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
            failed |= sign_batch(sets[s], *b);
        for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
            for (uint8_t round = 0; round < ROUNDS; round++)
                failed |= sign_and_verify(sets[s], *b, round);
        (void)printf("%s: %s\n", (*b)->name, failed ? "failed" : "passed");
    }
    return failed;
}
