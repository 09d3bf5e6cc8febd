/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/away_keys.h"

#include <string.h>

#define LOOKED_AT 512 /* bytes at each end: a payload in between may be long */
#define MEMBER CS_LIT("\"keyId\"")

/* FNV-1a; never 0, which stands for nothing. */
static uint64_t hash_of(cs_slice ref)
{
    uint64_t h = 0xcbf29ce484222325;
    for (size_t i = 0; i < ref.n; i++)
        h = (h ^ ref.p[i]) * 0x100000001b3;
    return h != 0 ? h : 1;
}

void cs_away_keys_note(cs_away_keys *k, cs_slice ref)
{
    uint64_t h = hash_of(ref);
    atomic_store_explicit(&k->slots[h % CS_AWAY_SLOTS], h, memory_order_relaxed);
}

static bool has(const cs_away_keys *k, cs_slice ref)
{
    uint64_t h = hash_of(ref);
    return atomic_load_explicit(&k->slots[h % CS_AWAY_SLOTS], memory_order_relaxed) == h;
}

/* Past blanks and `c`; false if that is not there. */
static bool take(cs_slice *s, char c)
{
    while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\t' || s->p[0] == '\n' || s->p[0] == '\r'))
        *s = cs_slice_sub(*s, 1, s->n);
    if (s->n == 0 || s->p[0] != (uint8_t)c)
        return false;
    *s = cs_slice_sub(*s, 1, s->n);
    return true;
}

static bool named_in(const cs_away_keys *k, cs_slice part)
{
    cs_slice member = MEMBER;
    const uint8_t *at = part.n > 0 ? memmem(part.p, part.n, member.p, member.n) : NULL;
    if (at == NULL)
        return false;
    cs_slice rest = cs_slice_sub(part, (size_t)(at - part.p) + member.n, part.n);
    if (!take(&rest, ':') || !take(&rest, '"'))
        return false;
    const uint8_t *end = rest.n > 0 ? memchr(rest.p, '"', rest.n) : NULL;
    return end != NULL && has(k, cs_slice_of(rest.p, (size_t)(end - rest.p)));
}

bool cs_away_keys_in(const cs_away_keys *k, cs_slice body)
{
    if (named_in(k, cs_slice_sub(body, 0, body.n < LOOKED_AT ? body.n : LOOKED_AT)))
        return true;
    return body.n > LOOKED_AT && named_in(k, cs_slice_sub(body, body.n - LOOKED_AT, body.n));
}
