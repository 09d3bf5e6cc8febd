/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talking with a Nitro Security Module: seven requests in CBOR, each answered at once [aws-nitro-enclaves-nsm-api].
 *
 * The device is behind one function of the shape of its ioctl, so the same code talks with /dev/nsm, with the software
 * NSM (softnsm.h) and with what tests put there. Answers are read strictly: a map of the one member that was asked for,
 * with exactly the documented members, within their limits. Anything else, the module's own errors included, is logged
 * and gives CS_ROOT_UNAVAILABLE.
 */
#ifndef CS_ENCLAVE_NSM_H
#define CS_ENCLAVE_NSM_H

#include <sys/uio.h>

#include "core/crypto.h"

#define CS_NSM_IOCTL 0xC0200A00UL /* _IOWR(0x0A, 0, struct cs_nsm_message) */
#define CS_NSM_MAX_REQUEST 0x1000
#define CS_NSM_MAX_RESPONSE 0x3000
#define CS_NSM_PCRS 32
#define CS_NSM_PCR_LEN 48 /* SHA-384, the one digest that there is */
#define CS_NSM_MAX_USER_DATA 512
#define CS_NSM_MAX_DOCUMENT 0x2FF0 /* what fits into an answer */

/* What the ioctl is given; the device writes the length of its answer into response.iov_len. */
typedef struct cs_nsm_message {
    struct iovec request, response;
} cs_nsm_message;

typedef struct cs_nsm {
    /* 0, or -1 with errno. Safe from several threads. */
    int (*ioctl)(void *device, cs_nsm_message *m);
    void *device;
} cs_nsm;

typedef struct cs_nsm_description {
    uint64_t major, minor, patch;
    char module_id[128];
    uint64_t max_pcrs;
    uint32_t locked; /* bit i: PCR i is locked */
} cs_nsm_description;

typedef struct cs_nsm_pcr {
    bool locked;
    uint8_t value[CS_NSM_PCR_LEN];
} cs_nsm_pcr;

CS_MUST_CHECK cs_err cs_nsm_describe(cs_nsm_description *out, const cs_nsm *nsm);
/* Appends exactly `n` bytes, at most CS_SECRET_CAP in all, in as many requests as it takes. */
CS_MUST_CHECK cs_err cs_nsm_random(cs_secret *out, const cs_nsm *nsm, size_t n);
CS_MUST_CHECK cs_err cs_nsm_pcr_read(cs_nsm_pcr *out, const cs_nsm *nsm, unsigned index);
/* PCR = SHA-384(PCR ‖ data); `value` (may be NULL) gets the new one. */
CS_MUST_CHECK cs_err cs_nsm_pcr_extend(uint8_t value[CS_NSM_PCR_LEN], const cs_nsm *nsm, unsigned index, cs_slice data);
CS_MUST_CHECK cs_err cs_nsm_pcr_lock(const cs_nsm *nsm, unsigned index);
/* Locks PCRs 0 to range - 1. */
CS_MUST_CHECK cs_err cs_nsm_pcr_lock_range(const cs_nsm *nsm, unsigned range);
/* Appends an attestation document with these three (absent: null). */
CS_MUST_CHECK cs_err cs_nsm_attest(cs_buf *document, const cs_nsm *nsm, cs_slice user_data, cs_slice nonce,
                                   cs_slice public_key);

#endif
