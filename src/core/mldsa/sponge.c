/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mldsa/sponge.h"

#include <string.h>

#define SHAKE_SUFFIX 0x1f /* 1111, and the first bit of the padding */
#define LAST_BIT 0x80

/* Words are little-endian in memory, like the processors that the vector backends are for; others are refused. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the sponge reads words as they stand in memory");

void cs_sponge_open(cs_sponge *p, size_t rate)
{
    *p = (cs_sponge){.rate = rate};
}

void cs_sponge_absorb(cs_sponge *p, cs_slice bytes)
{
    while (bytes.n > 0) {
        size_t n = p->rate - p->at < bytes.n ? p->rate - p->at : bytes.n;
        uint8_t *to = (uint8_t *)p->s + p->at;
        for (size_t i = 0; i < n; i++)
            to[i] ^= bytes.p[i];
        p->at += n;
        bytes = cs_slice_sub(bytes, n, bytes.n);
        if (p->at == p->rate) {
            cs_mldsa_portable.keccak(p->s);
            p->at = 0;
        }
    }
}

void cs_sponge_finish(cs_sponge *p)
{
    uint8_t *s = (uint8_t *)p->s;
    s[p->at] ^= SHAKE_SUFFIX;
    s[p->rate - 1] ^= LAST_BIT;
    p->at = p->rate;
}

void cs_sponge_squeeze(cs_sponge *p, uint8_t *out, size_t n)
{
    while (n > 0) {
        if (p->at == p->rate) {
            cs_mldsa_portable.keccak(p->s);
            p->at = 0;
        }
        size_t part = p->rate - p->at < n ? p->rate - p->at : n;
        memcpy(out, (const uint8_t *)p->s + p->at, part);
        p->at += part;
        out += part;
        n -= part;
    }
}

static uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static void absorb_block(cs_sponges *p, const uint8_t *const *in, size_t from)
{
    const unsigned lanes = p->backend->lanes;
    for (unsigned j = 0; j < lanes; j++)
        for (size_t i = 0; i < p->rate / 8; i++)
            p->s[i * lanes + j] ^= load64(in[j] + from + 8 * i);
}

void cs_sponges_open(cs_sponges *p, const cs_mldsa_backend *backend, size_t rate, const uint8_t *const *in, size_t n)
{
    const unsigned lanes = backend->lanes;
    size_t from = 0;
    p->backend = backend;
    p->rate = rate;
    memset(p->s, 0, sizeof p->s);
    for (; n - from >= rate; from += rate) {
        absorb_block(p, in, from);
        backend->keccak(p->s);
    }
    for (unsigned j = 0; j < lanes; j++) {
        uint8_t last[CS_SHAKE128_RATE] = {0};
        memcpy(last, in[j] + from, n - from);
        last[n - from] ^= SHAKE_SUFFIX;
        last[rate - 1] ^= LAST_BIT;
        for (size_t i = 0; i < rate / 8; i++)
            p->s[i * lanes + j] ^= load64(last + 8 * i);
    }
}

void cs_sponges_next(cs_sponges *p, uint8_t *const *out, size_t n)
{
    const unsigned lanes = p->backend->lanes;
    p->backend->keccak(p->s);
    for (unsigned j = 0; j < lanes; j++) {
        size_t i = 0;
        for (; i < n / 8; i++)
            memcpy(out[j] + 8 * i, &p->s[i * lanes + j], 8);
        memcpy(out[j] + 8 * i, &p->s[i * lanes + j], n % 8);
    }
}
