/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets: seeds, private scalars, data keys, key-encryption keys, API keys.
 *
 * A cs_secret wipes itself: declare it with CS_SECRET and it is cleansed on every way out of its scope. Secrets
 * are in no other type. Keeping the pages out of core files and swap is the process's business (sys/sandbox.h).
 */
#ifndef CS_CORE_SECRET_H
#define CS_CORE_SECRET_H

#include "core/slice.h"

#define CS_SECRET_CAP 256

typedef struct cs_secret {
    size_t n;
    uint8_t b[CS_SECRET_CAP];
} cs_secret;

/* Declares an empty secret that is wiped when its scope ends. */
#define CS_SECRET(name) __attribute__((cleanup(cs_secret_wipe))) cs_secret name = {0}

void cs_secret_wipe(cs_secret *s);

/* Copies `bytes` in; CS_TOO_LARGE above CS_SECRET_CAP. The caller wipes its own copy. */
CS_MUST_CHECK cs_err cs_secret_set(cs_secret *s, cs_slice bytes);

/* Appends; CS_TOO_LARGE above CS_SECRET_CAP. */
CS_MUST_CHECK cs_err cs_secret_add(cs_secret *s, cs_slice bytes);

/* Borrowed view, valid until the secret changes or is wiped. */
cs_slice cs_secret_slice(const cs_secret *s);

/* Equality in time that depends on the lengths only. Also for tags, tokens and keyed hashes. */
bool cs_secret_eq(cs_slice a, cs_slice b);

/* Wipes any memory that has held a secret in passing (a decoded buffer, a line that was read). */
void cs_wipe(void *p, size_t n);

#endif
