/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which keys wait for a KMS when they sign, as far as this process has met them: so that requests for them get workers
 * of their own before anybody has read them, and others never wait behind a KMS that does not answer.
 *
 * It is a guess and decides nothing else. A name that two orgs use for different keys, or one that was forgotten
 * because another took its place, costs the request that it is about some waiting.
 */
#ifndef CS_GATEWAY_AWAY_KEYS_H
#define CS_GATEWAY_AWAY_KEYS_H

#include <stdatomic.h>

#include "core/slice.h"

#define CS_AWAY_SLOTS 4096

/* Zeroed: none. From any thread. */
typedef struct cs_away_keys {
    _Atomic uint64_t slots[CS_AWAY_SLOTS];
} cs_away_keys;

/* A key, as a request named it: by its id or its name. */
void cs_away_keys_note(cs_away_keys *k, cs_slice ref);
/* Whether a body that nobody has parsed yet names such a key. Looks at its beginning and its end only. */
bool cs_away_keys_in(const cs_away_keys *k, cs_slice body);

#endif
