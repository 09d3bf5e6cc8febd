/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An opened key: the private halves, or where they lie, and what its sealed record says it is. It never changes,
 * several threads may use it, and whoever releases it last wipes it.
 */
#ifndef CS_ENCLAVE_OPENED_H
#define CS_ENCLAVE_OPENED_H

#include <stdatomic.h>

#include "core/composite.h"
#include "core/keyref.h"
#include "enclave/seal.h"

typedef struct cs_opened {
    cs_pair pair;          /* a half that lies elsewhere is public */
    cs_keyref pq, trad;    /* where it lies; all absent for a half that is here */
    cs_digest index;       /* SHA-256 of the whole record */
    cs_seal_fields fields; /* borrowed from `record` */
    cs_buf record;         /* a copy of the record */
    atomic_int holders;
} cs_opened;

/* Opens a record; the caller holds the result once. Errors of cs_seal_open; CS_SEAL_BROKEN also if what was sealed is
 * no key of the algorithm and format, or does not give the public key, that the record names. */
CS_MUST_CHECK cs_err cs_opened_from(cs_opened **out, const cs_kek *kek, cs_slice record);

/* The same for a record whose data key (32 bytes) a KMS has released. */
CS_MUST_CHECK cs_err cs_opened_with(cs_opened **out, cs_slice dek, cs_slice record);

/* Whether both halves are here. */
bool cs_opened_is_whole(const cs_opened *k);

/* The memory that it takes. */
size_t cs_opened_bytes(const cs_opened *k);

void cs_opened_hold(cs_opened *k);
void cs_opened_release(cs_opened *k); /* NULL is fine */

#endif
