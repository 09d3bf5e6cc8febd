/* SPDX-License-Identifier: Apache-2.0 */
/* The measurement of the software roots: the hash of the enclave's own executable. */
#ifndef CS_ENCLAVE_MEASURE_H
#define CS_ENCLAVE_MEASURE_H

#include "core/crypto.h"

/* Appends "<hash>:<hex>" of the file that this process was started from. */
CS_MUST_CHECK cs_err cs_measure_self(cs_buf *out, cs_hash_id hash);

#endif
