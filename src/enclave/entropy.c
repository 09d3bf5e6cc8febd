/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/entropy.h"

#include <sys/random.h>

#include "core/crypto.h"

#define ENTROPY_BYTES 64

cs_err cs_entropy_mix(void)
{
    CS_SECRET(bytes);
    if (getrandom(bytes.b, ENTROPY_BYTES, 0) != ENTROPY_BYTES)
        return CS_RANDOM;
    bytes.n = ENTROPY_BYTES;
    cs_random_mix(cs_secret_slice(&bytes));
    return CS_OK;
}
