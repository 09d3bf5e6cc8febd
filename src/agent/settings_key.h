/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's own key, under which the secrets of the settings are sealed (client secrets of cloud accounts). The
 * gateway stores what comes out and can never open it.
 *
 *   sealed = "CSA1" ‖ nonce[12] ‖ AES-256-GCM(key, nonce, secret, "CSA1" ‖ lp16(org) ‖ lp16(name))
 *
 * The key is 32 raw bytes in a file of mode 0600, made at the first start and never replaced.
 */
#ifndef CS_AGENT_SETTINGS_KEY_H
#define CS_AGENT_SETTINGS_KEY_H

#include "core/secret.h"

typedef struct cs_settings_key {
    cs_secret key;
} cs_settings_key;

/* Reads the key file, or makes it if it is missing. CS_CONFIG if it is there but is not a private file of 32 bytes; the
 * reason is logged. */
CS_MUST_CHECK cs_err cs_settings_key_open(cs_settings_key *out, const char *path);
void cs_settings_key_close(cs_settings_key *k);

/* Appends the sealed form of the secret `name` of `org`. CS_RANDOM, CS_CRYPTO. */
CS_MUST_CHECK cs_err cs_settings_key_seal(cs_buf *sealed, const cs_settings_key *k, cs_slice org, cs_slice name,
                                          cs_slice secret);
/* The way back, for whoever calls the provider. CS_SEAL_BROKEN for anything else than what was sealed under this key
 * for this org and name. */
CS_MUST_CHECK cs_err cs_settings_key_unseal(cs_secret *secret, const cs_settings_key *k, cs_slice org, cs_slice name,
                                            cs_slice sealed);

#endif
