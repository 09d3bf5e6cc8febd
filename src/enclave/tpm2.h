/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few commands of a TPM 2.0 that evidence needs [TCG TPM 2.0 part 3], as bytes over a descriptor: a device
 * (/dev/tpmrm0), or the unix socket of a TPM of software that takes commands as they are.
 *
 * Authorisation is by the empty password. Answers are read strictly; a code of the TPM, or an answer of another form,
 * is logged and gives CS_ROOT_UNAVAILABLE. One command at a time: safe from several threads.
 */
#ifndef CS_ENCLAVE_TPM2_H
#define CS_ENCLAVE_TPM2_H

#include <pthread.h>

#include "core/secret.h"
#include "core/slice.h"
#include "core/tpm.h"

typedef struct cs_tpm2 {
    int fd;
    pthread_mutex_t lock;
} cs_tpm2;

/* Opens the device or connects to the socket. CS_ROOT_UNAVAILABLE; the reason is logged. */
CS_MUST_CHECK cs_err cs_tpm2_open(cs_tpm2 *out, const char *path);
/* Over a descriptor that is open, and will be closed with it. */
CS_MUST_CHECK cs_err cs_tpm2_over(cs_tpm2 *out, int fd);
void cs_tpm2_close(cs_tpm2 *t);

/* Appends exactly `n` bytes of the TPM's generator. */
CS_MUST_CHECK cs_err cs_tpm2_random(cs_secret *out, cs_tpm2 *t, size_t n);
/* The SHA-256 bank's values of the registers in `pcrs` (bit i: PCR i). */
CS_MUST_CHECK cs_err cs_tpm2_pcr_read(uint8_t values[CS_TPM_PCRS][CS_TPM_PCR_LEN], cs_tpm2 *t, uint32_t pcrs);
/* Appends the content of an NV index, read under the owner's authorisation. CS_TOO_LARGE past the buffer's max. */
CS_MUST_CHECK cs_err cs_tpm2_nv_read(cs_buf *out, cs_tpm2 *t, uint32_t index);
/* Quotes these registers under a persistent key that signs RSASSA with SHA-256; appends TPMS_ATTEST and the bare
 * signature. */
CS_MUST_CHECK cs_err cs_tpm2_quote(cs_buf *attest, cs_buf *signature, cs_tpm2 *t, uint32_t key, cs_slice extra_data,
                                   uint32_t pcrs);

#endif
