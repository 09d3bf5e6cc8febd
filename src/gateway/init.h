/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new org: its two realms, its first secret and its first publishable API key, which are printed and kept nowhere.
 * The store is made if it is missing; no gateway may have it open meanwhile.
 */
#ifndef CS_GATEWAY_INIT_H
#define CS_GATEWAY_INIT_H

#include "core/slice.h"

typedef struct cs_init {
    const char *store;  /* path or address */
    const char *pepper; /* path; NULL: beside the store */
    cs_slice org;       /* its name */
    const char *host;   /* what its ledgers are named after */
    bool publish;       /* anybody may read the ledger of its live records */
    bool json;          /* {"org","orgId","apiKey","publishableKey"} in one line, else lines for people */
} cs_init;

/* Whatever fails is logged. CS_BAD_FIELD: name or host is not usable; CS_NAME_TAKEN: an org has that name; CS_CONFLICT:
 * the store is in use, or a pepper without a store is there. */
CS_MUST_CHECK cs_err cs_init_run(const cs_init *init);

#endif
