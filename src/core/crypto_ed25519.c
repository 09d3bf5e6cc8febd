/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crypto_ed25519.h"

#include <pthread.h>
#include <sodium.h>

_Static_assert(crypto_sign_SECRETKEYBYTES <= CS_SECRET_CAP, "an expanded key is a secret like any other");
_Static_assert(crypto_sign_BYTES == CS_ED25519_SIG, "a signature has 64 bytes");

/* Started once, before the enclave's sandbox closes; it reads what the processor can and seeds a generator. */
static bool started;
static pthread_once_t start_once = PTHREAD_ONCE_INIT;

static void start(void)
{
    started = sodium_init() >= 0;
}

bool cs_ed25519_ready(void)
{
    (void)pthread_once(&start_once, start);
    return started;
}

cs_err cs_ed25519_expand(cs_secret *expanded, cs_slice private_bytes)
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    cs_secret_wipe(expanded);
    if (private_bytes.n != crypto_sign_SEEDBYTES ||
        crypto_sign_seed_keypair(public_key, expanded->b, private_bytes.p) != 0)
        return CS_BAD_PRIVATE_KEY;
    expanded->n = crypto_sign_SECRETKEYBYTES;
    return CS_OK;
}

cs_err cs_ed25519_sign(uint8_t sig[CS_ED25519_SIG], const cs_secret *expanded, cs_slice message)
{
    if (expanded->n != crypto_sign_SECRETKEYBYTES)
        return CS_CRYPTO;
    return crypto_sign_detached(sig, NULL, message.p, message.n, expanded->b) == 0 ? CS_OK : CS_CRYPTO;
}

bool cs_ed25519_accepts(cs_slice public_key, cs_slice message, cs_slice sig)
{
    return public_key.n == crypto_sign_PUBLICKEYBYTES && sig.n == crypto_sign_BYTES &&
           crypto_sign_verify_detached(sig.p, message.p, message.n, public_key.p) == 0;
}
