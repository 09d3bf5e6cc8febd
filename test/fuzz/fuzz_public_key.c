/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys as JSON, PEM and SPKI: a key that opens is written in one form, which opens as the same key. */
#include <stdlib.h>

#include "core/keytext.h"
#include "core/limits.h"

#define ROOM 8192

static void same(const cs_pair *a, const cs_pair *b)
{
    uint8_t one_memory[CS_MAX_PUBLIC_KEY], two_memory[CS_MAX_PUBLIC_KEY];
    cs_buf one = CS_BUF_OVER(one_memory), two = CS_BUF_OVER(two_memory);
    cs_pair_public(&one, a);
    cs_pair_public(&two, b);
    if (a->alg != b->alg || a->format != b->format || one.err != CS_OK ||
        !cs_slice_eq(cs_buf_slice(&one), cs_buf_slice(&two)))
        abort();
}

/* Writes the key as JSON and, where it has an identifier, as PEM, and reads both. */
static void write_and_read(const cs_pair *k)
{
    uint8_t key_memory[CS_MAX_PUBLIC_KEY], text_memory[ROOM];
    cs_buf key = CS_BUF_OVER(key_memory), text = CS_BUF_OVER(text_memory);
    cs_pair again;
    cs_pair_public(&key, k);
    if (cs_public_key_json(&text, k->alg, k->format, cs_buf_slice(&key)) != CS_OK || text.n > CS_MAX_PUBLIC_KEY_JSON ||
        cs_public_key_parse(&again, NULL, cs_buf_slice(&text)) != CS_OK)
        abort();
    same(k, &again);
    cs_pair_close(&again);
    cs_buf_clear(&text);
    cs_err err = cs_public_key_pem(&text, k->alg, k->format, cs_buf_slice(&key));
    if (err == CS_FORMAT_NOT_OFFERED)
        return;
    if (err != CS_OK || cs_public_key_from_pem(&again, cs_buf_slice(&text)) != CS_OK)
        abort();
    same(k, &again);
    cs_pair_close(&again);
}

static void check(cs_err err, cs_pair *k)
{
    if ((err == CS_OK) != (k->pq != NULL) || (err != CS_OK && k->trad != NULL))
        abort();
    if (err == CS_OK)
        write_and_read(k);
    cs_pair_close(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_pair k;
    cs_fault fault;
    cs_slice input = cs_slice_of(data, size);
    cs_err err = cs_public_key_parse(&k, &fault, input);
    if (fault.err != err)
        abort();
    check(err, &k);
    check(cs_public_key_from_pem(&k, input), &k);
    check(cs_public_key_from_spki(&k, input), &k);
    return 0;
}
