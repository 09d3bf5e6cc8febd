/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An attempt comes to nothing more often than not (4.3, 5.1 or 3.9 attempts a signature [FIPS 204 table 1]), and the
 * hash of its commitment is one long chain of Keccak that a single attempt cannot spread over lanes. So the commitments
 * of several attempts are made together, their hashes in lanes beside each other; the attempts are then tried in their
 * order, each only as far as its first failing check. The first of a signature that passes gives what one attempt at a
 * time would: what was prepared beyond it is thrown away. Of four or more signatures under way nothing is.
 */
#include "core/mldsa/batch.h"

#include <string.h>

#include "core/mldsa/sample.h"
#include "core/mldsa/sponge.h"
#include "core/secret.h"

#define MOST_ATTEMPTS 1024 /* one that needs more has a chance below 2^-256 [appendix C: at least 814] */

size_t cs_mldsa_batch_bytes(void)
{
    return sizeof(cs_mldsa_batch) + CS_MLDSA_BATCH_POLYS(CS_MLDSA_LANES) * sizeof(cs_poly);
}

/* The polynomials are laid out for the parameter set: what a smaller one does not use need not be wiped. Returns how
 * many are in use. */
static size_t lay_out(cs_mldsa_batch *b)
{
    const cs_mldsa_set *set = b->set;
    cs_poly *next = b->polys;
    b->masks = next;
    next += b->slots * set->l + b->backend->lanes;
    for (unsigned i = 0; i < b->slots; i++) {
        b->attempt[i].y = b->masks + i * set->l;
        b->attempt[i].high = next;
        b->attempt[i].low = next + set->k;
        next += 2 * set->k;
    }
    b->room.z = next;
    b->room.c = b->room.z + set->l;
    b->room.t = b->room.c + 1;
    return (size_t)(b->room.t + 1 - b->polys);
}

/* rho'' = SHAKE256(K ‖ rnd ‖ mu). */
static void seed_masks(cs_mldsa_running *r)
{
    cs_sponge sponge;
    cs_sponge_open(&sponge, CS_SHAKE256_RATE);
    cs_sponge_absorb(&sponge, CS_ARRAY(r->job->key->secret_k));
    cs_sponge_absorb(&sponge, CS_ARRAY(r->job->rnd));
    cs_sponge_absorb(&sponge, CS_ARRAY(r->job->mu));
    cs_sponge_finish(&sponge);
    cs_sponge_squeeze(&sponge, r->mask_seed, sizeof r->mask_seed);
    cs_wipe(&sponge, sizeof sponge);
}

/* Fills free places with what waits. */
static void take_in(cs_mldsa_batch *b, const cs_mldsa_source *source)
{
    while (b->count < b->slots) {
        cs_mldsa_job *job = source->next(source->context);
        if (job == NULL)
            return;
        memset(job->sig, 0, job->key->set->sig_bytes);
        job->attempts = 0;
        job->err = CS_CRYPTO;
        if (!job->key->is_private || job->key->set != b->set || job->key->backend != b->backend) {
            source->done(source->context, job);
            continue;
        }
        cs_mldsa_running *r = &b->running[b->count++];
        r->job = job;
        r->next = 0;
        r->made = false;
        seed_masks(r);
    }
}

/* The next `n` attempts, of each signature in turn. */
static void prepare(cs_mldsa_batch *b, unsigned n)
{
    cs_sample_mask which[CS_MLDSA_LANES];
    for (unsigned i = 0; i < n; i++) {
        cs_mldsa_running *r = &b->running[i % b->count];
        which[i] = (cs_sample_mask){r->mask_seed, r->next++ * b->set->l};
        b->attempt[i].key = r->job->key;
        memcpy(b->attempt[i].committed, r->job->mu, CS_MLDSA_MU);
    }
    cs_sample_masks(b->masks, b->set, b->backend, which, n);
    for (unsigned i = 0; i < n; i++)
        cs_attempt_commit(&b->attempt[i], &b->room);
    cs_attempt_challenge(b->attempt, n);
}

static void let_go(cs_mldsa_batch *b, const cs_mldsa_source *source)
{
    for (unsigned i = b->count; i-- > 0;) {
        cs_mldsa_running *r = &b->running[i];
        if (!r->made && r->next < MOST_ATTEMPTS)
            continue;
        cs_mldsa_job *job = r->job;
        job->err = r->made ? CS_OK : CS_CRYPTO;
        *r = b->running[--b->count];
        source->done(source->context, job);
    }
}

static void go_round(cs_mldsa_batch *b)
{
    unsigned least = b->slots < CS_MLDSA_SINGLE ? b->slots : CS_MLDSA_SINGLE;
    unsigned n = b->count < least ? least : b->count;
    prepare(b, n);
    for (unsigned i = 0; i < n; i++) {
        cs_mldsa_running *r = &b->running[i % b->count];
        if (r->made)
            continue;
        r->made = cs_attempt_try(r->job->sig, &b->attempt[i], &b->room);
        r->job->attempts++;
    }
}

void cs_mldsa_batch_sign(cs_mldsa_batch *b, unsigned slots, const cs_mldsa_set *set, const cs_mldsa_backend *backend,
                         const cs_mldsa_source *source)
{
    b->set = set;
    b->backend = backend;
    b->slots = backend->lanes < slots ? backend->lanes : slots;
    b->count = 0;
    size_t used = lay_out(b);
    for (take_in(b, source); b->count > 0; take_in(b, source)) {
        go_round(b);
        let_go(b, source);
    }
    cs_wipe(b->running, sizeof b->running);
    cs_wipe(b->attempt, b->slots * sizeof *b->attempt);
    cs_wipe(b->room.hint, set->k * sizeof *b->room.hint);
    cs_wipe(b->polys, used * sizeof(cs_poly));
}
