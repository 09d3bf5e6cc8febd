/* SPDX-License-Identifier: Apache-2.0 */
/* Signing [FIPS 204 algorithm 7]: a batch of one. */
#include <string.h>

#include "core/mldsa/batch.h"
#include "core/secret.h"

static cs_mldsa_job *take_once(void *context)
{
    cs_mldsa_job **waiting = context, *job = *waiting;
    *waiting = NULL;
    return job;
}

static void finish(void *context, cs_mldsa_job *job)
{
    (void)context;
    (void)job;
}

cs_err cs_mldsa_sign(uint8_t *sig, const cs_mldsa_key *key, const uint8_t mu[CS_MLDSA_MU],
                     const uint8_t rnd[CS_MLDSA_RND])
{
    union {
        cs_mldsa_batch batch;
        uint8_t room[sizeof(cs_mldsa_batch) + CS_MLDSA_BATCH_POLYS(CS_MLDSA_SINGLE) * sizeof(cs_poly)];
    } u;
    cs_mldsa_job job = {.key = key, .sig = sig}, *waiting = &job;
    memcpy(job.mu, mu, CS_MLDSA_MU);
    memcpy(job.rnd, rnd, CS_MLDSA_RND);
    cs_mldsa_batch_sign(&u.batch, CS_MLDSA_SINGLE, key->set, key->backend,
                        &(cs_mldsa_source){take_once, finish, (void *)&waiting});
    cs_wipe(job.rnd, sizeof job.rnd);
    return job.err;
}
