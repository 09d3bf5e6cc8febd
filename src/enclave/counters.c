/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/counters.h"

#include <stdlib.h>
#include <string.h>

#include "core/encode.h"

struct cs_key_count {
    uint8_t id[CS_SHA256_LEN];
    int64_t count;
};

cs_err cs_counters_open(cs_counters *c, size_t capacity)
{
    uint8_t epoch[16];
    *c = (cs_counters){.capacity = capacity};
    cs_err err = cs_random(epoch, sizeof epoch);
    if (err != CS_OK)
        return err;
    cs_buf text = CS_BUF_OVER(c->epoch);
    cs_hex_encode(&text, CS_ARRAY(epoch));
    (void)cs_buf_cstr(&text);
    /* Twice the room, so that a search always meets a free slot soon. Pages are touched only as keys come. */
    c->keys = calloc(2 * capacity, sizeof *c->keys);
    if (c->keys == NULL || pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c->keys);
        c->keys = NULL;
        return CS_NO_MEMORY;
    }
    return CS_OK;
}

void cs_counters_close(cs_counters *c)
{
    if (c->keys == NULL)
        return;
    (void)pthread_mutex_destroy(&c->lock);
    free(c->keys);
    *c = (cs_counters){0};
}

/* The slot of a key, or the free slot where it belongs. */
static struct cs_key_count *slot_of(cs_counters *c, const cs_digest *id)
{
    size_t slots = 2 * c->capacity, i = 0;
    for (size_t b = 0; b < 8; b++)
        i = i << 8 | id->b[b];
    for (i %= slots;; i = (i + 1) % slots)
        if (c->keys[i].count == 0 || memcmp(c->keys[i].id, id->b, CS_SHA256_LEN) == 0)
            return &c->keys[i];
}

cs_err cs_counters_next(cs_count *out, cs_counters *c, cs_slice key)
{
    cs_digest id;
    *out = (cs_count){0};
    if (key.p != NULL) {
        cs_err err = cs_hash(&id, CS_SHA256, key);
        if (err != CS_OK)
            return err;
    }
    cs_err err = CS_OK;
    (void)pthread_mutex_lock(&c->lock);
    if (key.p != NULL) {
        struct cs_key_count *slot = slot_of(c, &id);
        if (slot->count == 0 && c->used == c->capacity) {
            err = CS_COUNTERS_FULL;
            goto out;
        }
        if (slot->count == 0) {
            memcpy(slot->id, id.b, CS_SHA256_LEN);
            c->used++;
        }
        out->key = ++slot->count;
    }
    out->operation = ++c->operations;
out:
    (void)pthread_mutex_unlock(&c->lock);
    return err;
}
