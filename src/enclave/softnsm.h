/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software NSM: a device for nsm.h that is made of software. It answers all seven requests, keeps 32 registers that
 * can be extended and locked, and signs documents of exactly the shape of Nitro's under a chain of its own
 * (softchain.h). It proves nothing about hardware and is never mistaken for it: its root is another one, every subject
 * of its certificates says what it is, and module_id begins with "soft-".
 *
 * PCR0 is the SHA-384 of the enclave's executable as it is, not extended from zero as on Nitro, so that whoever has the
 * file can compute what to pin (sha384sum). PCR1 to PCR15 are zero, and 0 to 15 are locked from the start, as on Nitro.
 */
#ifndef CS_ENCLAVE_SOFTNSM_H
#define CS_ENCLAVE_SOFTNSM_H

#include <pthread.h>

#include "enclave/nsm.h"
#include "enclave/softchain.h"

typedef struct cs_softnsm {
    pthread_rwlock_t lock; /* of what follows */
    cs_softchain chain;
    char module_id[64];
    cs_nsm_pcr pcrs[CS_NSM_PCRS];
    int64_t (*now_ms)(void);
} cs_softnsm;

/* Opens the chain of the state directory. `now_ms`: the wall clock, milliseconds since 1970. */
CS_MUST_CHECK cs_err cs_softnsm_open(cs_softnsm *out, const char *state_dir, const uint8_t pcr0[CS_NSM_PCR_LEN],
                                     int64_t (*now_ms)(void));
/* Not of one that was never opened. */
void cs_softnsm_close(cs_softnsm *s);
/* The certificate to pin, DER; it lives as long as the NSM. */
cs_slice cs_softnsm_root(const cs_softnsm *s);

/* The device function of nsm.h. EMSGSIZE for a request that is too large, EINVAL for an answer's buffer that is too
 * small. */
int cs_softnsm_ioctl(void *softnsm, cs_nsm_message *m);

#endif
