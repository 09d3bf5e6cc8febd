/* SPDX-License-Identifier: Apache-2.0 */
/* The measurement of vendor mock: the hash of the enclave's own executable. */
#ifndef CS_ENCLAVE_MEASURE_H
#define CS_ENCLAVE_MEASURE_H

#include "core/crypto.h"

typedef struct cs_measurement {
    char image_hash[7 + 2 * CS_SHA256_LEN + 1]; /* "sha256:<hex>" */
} cs_measurement;

/* Hashes the file that this process was started from. */
CS_MUST_CHECK cs_err cs_measure_self(cs_measurement *out);

#endif
