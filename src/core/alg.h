/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The algorithms and signature formats that exist: one const table (protocol/signature.md §1, §2).
 */
#ifndef CS_CORE_ALG_H
#define CS_CORE_ALG_H

#include "core/crypto.h"

/* An attribute of the key, fixed at creation; never read from a signature. */
typedef enum cs_format { CS_FORMAT_COMPOSITE, CS_FORMAT_CONCAT, CS_FORMAT_ENVELOPE, CS_FORMAT_PURE } cs_format;

typedef struct cs_alg {
    const char *name;     /* "mldsa65+ed25519" */
    const char *standard; /* "ietf" or "countersign" */
    cs_prim pq;           /* ML-DSA half */
    cs_prim trad;         /* classical half; CS_PRIM_NONE for pure ML-DSA */
    const char *label;    /* LAMPS label = ML-DSA context; NULL for pure */
    cs_hash_id ph;        /* pre-hash of the composite; CS_HASH_NONE for pure */
    int oid_arc;          /* last arc under 1.3.6.1.5.5.7.6 (composite) or 2.16.840.1.101.3.4.3 (pure); 0: no OID */
    bool vault_name;      /* one of the six names that concat and envelope exist for */
} cs_alg;

/* All algorithms, in the order of the documentation. */
extern const cs_alg cs_algs[];
extern const size_t cs_alg_count;

/* NULL if unknown. */
const cs_alg *cs_alg_find(cs_slice name);
bool cs_alg_is_pure(const cs_alg *a);
/* Public-key bytes of both halves together: mldsaPK ‖ tradPK. */
size_t cs_alg_public_len(const cs_alg *a);
/* Default format of the algorithm: pure for pure ML-DSA, else composite. */
cs_format cs_alg_default_format(const cs_alg *a);
bool cs_alg_offers(const cs_alg *a, cs_format f);

/* "composite", "concat", "envelope", "pure". False for an unknown name. */
const char *cs_format_name(cs_format f);
CS_MUST_CHECK bool cs_format_by_name(cs_format *out, cs_slice name);

#endif
