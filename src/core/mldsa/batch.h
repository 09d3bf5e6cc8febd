/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many signatures at once, of one parameter set, with the same key or several.
 *
 * Up to eight attempts share the lanes of a round: one of each signature that is under way, and where those are fewer
 * than four, further attempts of theirs that may come to nothing. A signature that is done makes room for the next at
 * once. What comes out is bit for bit what cs_mldsa_sign gives, which is the case of one.
 */
#ifndef CS_CORE_MLDSA_BATCH_H
#define CS_CORE_MLDSA_BATCH_H

#include "core/mldsa/attempt.h"

#define CS_MLDSA_SINGLE 4 /* attempts side by side of one signature */
/* Polynomials of `slots` attempts side by side; the sampler of masks fills whole groups of lanes. */
#define CS_MLDSA_BATCH_POLYS(slots)                                                                                    \
    ((slots) * (CS_MLDSA_MAX_L + 2 * CS_MLDSA_MAX_K) + CS_MLDSA_LANES + CS_MLDSA_MAX_L + 2)

/* A signature to be made. */
typedef struct cs_mldsa_job {
    const cs_mldsa_key *key; /* private */
    uint8_t *sig;            /* out: set->sig_bytes */
    uint8_t mu[CS_MLDSA_MU], rnd[CS_MLDSA_RND];
    unsigned attempts; /* out: how many it took, which whoever sees the time may know */
    cs_err err;        /* out: as cs_mldsa_sign's; CS_CRYPTO too for a key of another set or backend */
} cs_mldsa_job;

/* Where signatures to be made come from, and where they go. */
typedef struct cs_mldsa_source {
    cs_mldsa_job *(*next)(void *context); /* NULL: none waits at this moment */
    void (*done)(void *context, cs_mldsa_job *job);
    void *context;
} cs_mldsa_source;

/* One that is under way. */
typedef struct cs_mldsa_running {
    cs_mldsa_job *job;
    uint8_t mask_seed[64]; /* rho'' */
    unsigned next;         /* number of its next attempt */
    bool made;
} cs_mldsa_running;

/* The memory of it all, aligned to 64 bytes; wiped when nothing is under way. */
typedef struct cs_mldsa_batch {
    const cs_mldsa_set *set;
    const cs_mldsa_backend *backend;
    unsigned slots, count; /* attempts side by side at most; signatures under way */
    cs_mldsa_running running[CS_MLDSA_LANES];
    cs_attempt attempt[CS_MLDSA_LANES];
    cs_attempt_room room;
    cs_poly *masks; /* the y of all attempts in a row */
    cs_poly polys[];
} cs_mldsa_batch;

/* Bytes of a batch of as many slots as there are lanes: about 210 KiB. */
size_t cs_mldsa_batch_bytes(void);

/* Makes signatures until `source` has none and none is under way. `slots` <= CS_MLDSA_LANES is what there is memory
 * for. */
void cs_mldsa_batch_sign(cs_mldsa_batch *b, unsigned slots, const cs_mldsa_set *set, const cs_mldsa_backend *backend,
                         const cs_mldsa_source *source);

#endif
