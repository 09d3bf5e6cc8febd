/* SPDX-License-Identifier: Apache-2.0 */
/* src/core/mldsa/batch.c: whatever comes together in a batch, each signature is the one that it would be alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mldsa/batch.h"

#define KEYS 5
#define JOBS 60

static const cs_mldsa_set *const sets[] = {&cs_mldsa_44, &cs_mldsa_65, &cs_mldsa_87};

struct queue {
    cs_mldsa_job jobs[JOBS];
    unsigned at, waits; /* `waits`: what came so far; a bit of `pattern` for each look */
    uint32_t pattern;
    unsigned under_way, most, done[JOBS];
};

static uint8_t sigs[JOBS][CS_MLDSA_MAX_SIG];

static cs_mldsa_key *open_key(const cs_mldsa_set *set, const cs_mldsa_backend *backend, uint8_t number)
{
    uint8_t seed[32] = {number, 7};
    cs_mldsa_key *key = aligned_alloc(64, (cs_mldsa_key_bytes(set, true) + 63) / 64 * 64);
    assert_non_null(key);
    cs_mldsa_open_private(key, set, backend, seed);
    return key;
}

static cs_mldsa_batch *open_batch(void)
{
    cs_mldsa_batch *b = aligned_alloc(64, (cs_mldsa_batch_bytes() + 63) / 64 * 64);
    assert_non_null(b);
    memset(b, 0x5a, cs_mldsa_batch_bytes());
    return b;
}

/* Nothing where the pattern says so, unless the batch would end for that. */
static cs_mldsa_job *next(void *context)
{
    struct queue *q = context;
    bool waits = (q->pattern >> (q->waits++ % 32) & 1) != 0;
    if (q->at == JOBS || (waits && q->under_way > 0))
        return NULL;
    q->under_way++;
    q->most = q->under_way > q->most ? q->under_way : q->most;
    return &q->jobs[q->at++];
}

static void done(void *context, cs_mldsa_job *job)
{
    struct queue *q = context;
    q->under_way--;
    q->done[job - q->jobs]++;
}

static void fill(struct queue *q, cs_mldsa_key *const *keys, uint32_t pattern)
{
    *q = (struct queue){.pattern = pattern};
    memset(sigs, 0xff, sizeof sigs);
    for (unsigned i = 0; i < JOBS; i++)
        q->jobs[i] =
            (cs_mldsa_job){.key = keys[i * i % KEYS], .sig = sigs[i], .mu = {(uint8_t)i, 1}, .rnd = {(uint8_t)i}};
}

static void is_each_alone(void **state)
{
    static const uint32_t patterns[] = {0, 0xaaaaaaaa, 0xfffffffe, 0x00ff3355, 0xffffffff};
    static struct queue q;
    (void)state;
    for (const cs_mldsa_backend *const *be = cs_mldsa_backends; *be != NULL; be++) {
        for (size_t s = 0; (*be)->runs_here() && s < 3; s++) {
            cs_mldsa_key *keys[KEYS], *others[KEYS]; /* the others compute on the plainest backend */
            cs_mldsa_batch *b = open_batch();
            for (uint8_t i = 0; i < KEYS; i++) {
                keys[i] = open_key(sets[s], *be, i);
                others[i] = open_key(sets[s], &cs_mldsa_portable, i);
            }
            for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
                const unsigned slots = p == 1 ? 3 : CS_MLDSA_LANES;
                fill(&q, keys, patterns[p]);
                cs_mldsa_batch_sign(b, slots, sets[s], *be, &(cs_mldsa_source){next, done, &q});
                assert_int_equal(q.at, JOBS);
                assert_int_equal(q.under_way, 0);
                if (patterns[p] == 0)
                    assert_int_equal(q.most, (*be)->lanes); /* all of them were used */
                for (unsigned i = 0; i < JOBS; i++) {
                    uint8_t alone[CS_MLDSA_MAX_SIG];
                    assert_int_equal(q.done[i], 1);
                    assert_int_equal(q.jobs[i].err, CS_OK);
                    assert_int_equal(cs_mldsa_sign(alone, others[i * i % KEYS], q.jobs[i].mu, q.jobs[i].rnd), CS_OK);
                    assert_memory_equal(alone, sigs[i], sets[s]->sig_bytes);
                }
            }
            for (unsigned i = 0; i < KEYS; i++) {
                free(keys[i]);
                free(others[i]);
            }
            free(b);
        }
    }
}

/* Keys that cannot sign here fail alone; those beside them do not notice. */
static void refuses_by_itself(void **state)
{
    static struct queue q;
    const cs_mldsa_backend *be = cs_mldsa_best();
    cs_mldsa_key *keys[KEYS], *public_key = open_key(&cs_mldsa_65, be, 9);
    cs_mldsa_batch *b = open_batch();
    uint8_t bytes[CS_MLDSA_MAX_PUBLIC];
    cs_mldsa_backend another = *be;
    (void)state;
    memcpy(bytes, public_key->public_key, sizeof bytes);
    cs_mldsa_open_public(public_key, &cs_mldsa_65, be, bytes);
    keys[0] = keys[3] = open_key(&cs_mldsa_65, be, 0);
    keys[1] = open_key(&cs_mldsa_44, be, 1);
    keys[2] = public_key;
    keys[4] = open_key(&cs_mldsa_65, &another, 0);
    fill(&q, keys, 0);
    cs_mldsa_batch_sign(b, CS_MLDSA_LANES, &cs_mldsa_65, be, &(cs_mldsa_source){next, done, &q});
    for (unsigned i = 0; i < JOBS; i++) {
        const bool good = q.jobs[i].key == keys[0];
        assert_int_equal(q.done[i], 1);
        assert_int_equal(q.jobs[i].err, good ? CS_OK : CS_CRYPTO);
        if (!good)
            for (size_t n = 0; n < q.jobs[i].key->set->sig_bytes; n++)
                assert_int_equal(sigs[i][n], 0);
    }
    for (unsigned i = 0; i < KEYS; i++)
        if (i != 3)
            free(keys[i]);
    free(b);
}

/* Masks, seeds and responses are gone when the batch is done: what is left of it was never used. */
static void leaves_nothing_behind(void **state)
{
    static struct queue q;
    (void)state;
    for (const cs_mldsa_backend *const *be = cs_mldsa_backends; *be != NULL; be++) {
        for (size_t s = 0; (*be)->runs_here() && s < 3; s++) {
            cs_mldsa_key *keys[KEYS];
            cs_mldsa_batch *b = open_batch();
            for (uint8_t i = 0; i < KEYS; i++)
                keys[i] = open_key(sets[s], *be, i);
            fill(&q, keys, 0);
            cs_mldsa_batch_sign(b, CS_MLDSA_LANES, sets[s], *be, &(cs_mldsa_source){next, done, &q});
            const uint8_t *byte = (const uint8_t *)b, *end = byte + cs_mldsa_batch_bytes();
            const uint8_t *const public[][2] = {
                {(const uint8_t *)&b->set, (const uint8_t *)b->running},  /* set, backend, numbers */
                {(const uint8_t *)&b->room.z, (const uint8_t *)b->polys}, /* where polynomials were */
            };
            size_t left = 0;
            for (; byte < end; byte++) {
                bool told = false;
                for (size_t i = 0; i < 2; i++)
                    told = told || (byte >= public[i][0] && byte < public[i][1]);
                left += !told && *byte != 0 && *byte != 0x5a;
            }
            assert_int_equal(left, 0);
            for (unsigned i = 0; i < KEYS; i++)
                free(keys[i]);
            free(b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_each_alone),
        cmocka_unit_test(refuses_by_itself),
        cmocka_unit_test(leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
