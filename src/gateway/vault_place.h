/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the parts of a new key shall lie: the providers that a request names, what each of them can hold, and the keys
 * there (a request's keyRef, else the settings of the org). What cannot be is refused here, and why.
 */
#ifndef CS_GATEWAY_VAULT_PLACE_H
#define CS_GATEWAY_VAULT_PLACE_H

#include "gateway/settings.h"

typedef struct cs_vault_places {
    cs_err why;                        /* of CS_PROVIDER_NOT_AVAILABLE */
    char wrapping_key[CS_MAX_ARN + 1]; /* that wraps the data key */
    char trad_key[CS_MAX_ARN + 1];     /* existing keys; empty: a new one is made … */
    char pq_key[CS_MAX_ARN + 1];
    char region[CS_MAX_ID + 1]; /* … here */
} cs_vault_places;

/* Reads kekProvider, keyProvider, pqProvider and keyRef; k->alg is known already, or NULL. */
void cs_vault_place_read(cs_vault_places *out, cs_key_row *k, cs_jobj *o, const cs_settings_defaults *d);
/* The places of a successor, whose providers are those of its predecessor: halves in a KMS are made anew.
 * CS_PROVIDER_NOT_AVAILABLE with `why` if the settings do not say where. */
CS_MUST_CHECK cs_err cs_vault_place_inherit(cs_vault_places *out, const cs_key_row *k, const cs_settings_defaults *d);

/* Adds them to a request to the enclave; borrows from both. */
void cs_vault_place_ask(cs_request *r, const cs_vault_places *p, const cs_key_row *k);
/* The best keyRelease that the key can turn out to have. */
const char *cs_vault_place_best_release(const cs_key_row *k);

#endif
