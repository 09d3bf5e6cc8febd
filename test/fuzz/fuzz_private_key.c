/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys as JSON and PKCS#8: a key that opens signs, and its own public half accepts the signature. */
#include <stdlib.h>

#include "core/keytext.h"
#include "core/limits.h"

static void sign_and_verify(const cs_pair *k)
{
    const cs_message m = {.bytes = CS_LIT("countersign")};
    uint8_t key_memory[CS_MAX_PUBLIC_KEY], sig_memory[CS_MAX_SIGNATURE];
    cs_buf key = CS_BUF_OVER(key_memory), sig = CS_BUF_OVER(sig_memory);
    cs_pair verifier;
    cs_pair_public(&key, k);
    if (cs_pair_sign(&sig, k, &m) != CS_OK ||
        cs_pair_open_public(&verifier, k->alg, k->format, cs_buf_slice(&key)) != CS_OK ||
        cs_pair_verify(NULL, &verifier, &m, cs_buf_slice(&sig)) != CS_OK)
        abort();
    cs_pair_close(&verifier);
}

static void check(cs_err err, cs_pair *k)
{
    if ((err == CS_OK) != (k->pq != NULL) || (err != CS_OK && k->trad != NULL))
        abort();
    if (err == CS_OK)
        sign_and_verify(k);
    cs_pair_close(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_pair k;
    cs_slice input = cs_slice_of(data, size);
    check(cs_private_key_parse(&k, input), &k);
    check(cs_private_key_from_pkcs8(&k, input), &k);
    return 0;
}
