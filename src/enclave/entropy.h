/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CS_ENCLAVE_ENTROPY_H
#define CS_ENCLAVE_ENTROPY_H

#include "core/err.h"

/* Mixes 64 bytes of the kernel's generator into the library's. CS_RANDOM if they cannot be had: no start then. */
CS_MUST_CHECK cs_err cs_entropy_mix(void);

#endif
