/* SPDX-License-Identifier: Apache-2.0 */
#include "core/secret.h"

#include <openssl/crypto.h>
#include <string.h>

void cs_secret_wipe(cs_secret *s)
{
    OPENSSL_cleanse(s, sizeof *s);
}

cs_err cs_secret_set(cs_secret *s, cs_slice bytes)
{
    cs_secret_wipe(s);
    return cs_secret_add(s, bytes);
}

cs_err cs_secret_add(cs_secret *s, cs_slice bytes)
{
    if (bytes.n > CS_SECRET_CAP - s->n)
        return CS_TOO_LARGE;
    if (bytes.n > 0)
        memcpy(s->b + s->n, bytes.p, bytes.n);
    s->n += bytes.n;
    return CS_OK;
}

cs_slice cs_secret_slice(const cs_secret *s)
{
    return cs_slice_of(s->b, s->n);
}

bool cs_secret_eq(cs_slice a, cs_slice b)
{
    return a.n == b.n && CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}

void cs_wipe(void *p, size_t n)
{
    if (n > 0)
        explicit_bzero(p, n); /* as OPENSSL_cleanse, with the widest stores there are: documents are wiped, too */
}
