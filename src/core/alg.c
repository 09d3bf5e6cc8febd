/* SPDX-License-Identifier: Apache-2.0 */
#include "core/alg.h"

#define IETF "ietf"
#define OURS "countersign"

/* Labels and pre-hashes: [LAMPS composite §6], draft 19; the two of our own profile follow the same construction. */
const cs_alg cs_algs[] = {
    {"mldsa44+ed25519", IETF, CS_MLDSA44, CS_ED25519, "COMPSIG-MLDSA44-Ed25519-SHA512", CS_SHA512, 39, true},
    {"mldsa44+ecdsa-p256", IETF, CS_MLDSA44, CS_P256, "COMPSIG-MLDSA44-ECDSA-P256-SHA256", CS_SHA256, 40, true},
    {"mldsa65+ed25519", IETF, CS_MLDSA65, CS_ED25519, "COMPSIG-MLDSA65-Ed25519-SHA512", CS_SHA512, 48, true},
    {"mldsa65+ecdsa-p256", IETF, CS_MLDSA65, CS_P256, "COMPSIG-MLDSA65-ECDSA-P256-SHA512", CS_SHA512, 45, true},
    {"mldsa87+ecdsa-p384", IETF, CS_MLDSA87, CS_P384, "COMPSIG-MLDSA87-ECDSA-P384-SHA512", CS_SHA512, 49, false},
    {"mldsa87+ed448", IETF, CS_MLDSA87, CS_ED448, "COMPSIG-MLDSA87-Ed448-SHAKE256", CS_SHAKE256_64, 51, false},
    {"mldsa87+ed25519", OURS, CS_MLDSA87, CS_ED25519, "COUNTERSIGN-MLDSA87-Ed25519-SHA512", CS_SHA512, 0, true},
    {"mldsa87+ecdsa-p256", OURS, CS_MLDSA87, CS_P256, "COUNTERSIGN-MLDSA87-ECDSA-P256-SHA512", CS_SHA512, 0, true},
    {"mldsa44", IETF, CS_MLDSA44, CS_PRIM_NONE, NULL, CS_HASH_NONE, 17, false},
    {"mldsa65", IETF, CS_MLDSA65, CS_PRIM_NONE, NULL, CS_HASH_NONE, 18, false},
    {"mldsa87", IETF, CS_MLDSA87, CS_PRIM_NONE, NULL, CS_HASH_NONE, 19, false},
};
const size_t cs_alg_count = sizeof cs_algs / sizeof *cs_algs;

static const char *const format_names[] = {
    [CS_FORMAT_COMPOSITE] = "composite",
    [CS_FORMAT_CONCAT] = "concat",
    [CS_FORMAT_ENVELOPE] = "envelope",
    [CS_FORMAT_PURE] = "pure",
};
#define FORMAT_COUNT (sizeof format_names / sizeof *format_names)

const cs_alg *cs_alg_find(cs_slice name)
{
    for (size_t i = 0; i < cs_alg_count; i++)
        if (cs_slice_is(name, cs_algs[i].name))
            return &cs_algs[i];
    return NULL;
}

bool cs_alg_is_pure(const cs_alg *a)
{
    return a->trad == CS_PRIM_NONE;
}

size_t cs_alg_public_len(const cs_alg *a)
{
    return cs_prim_public_len(a->pq) + cs_prim_public_len(a->trad);
}

cs_format cs_alg_default_format(const cs_alg *a)
{
    return cs_alg_is_pure(a) ? CS_FORMAT_PURE : CS_FORMAT_COMPOSITE;
}

bool cs_alg_offers(const cs_alg *a, cs_format f)
{
    switch (f) {
    case CS_FORMAT_COMPOSITE:
        return !cs_alg_is_pure(a);
    case CS_FORMAT_CONCAT:
    case CS_FORMAT_ENVELOPE:
        return a->vault_name;
    case CS_FORMAT_PURE:
        return cs_alg_is_pure(a);
    }
    return false;
}

const char *cs_format_name(cs_format f)
{
    return (unsigned)f < FORMAT_COUNT ? format_names[f] : "unknown";
}

bool cs_format_by_name(cs_format *out, cs_slice name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (cs_slice_is(name, format_names[i])) {
            *out = (cs_format)i;
            return true;
        }
    }
    return false;
}
