/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers: a prefix that names the kind, then 26 characters of Crockford's base32 in lower case: 48 bits of time
 * in milliseconds and 80 random bits. Ids of one kind sort by age, so indexes grow at their end. An id is no secret.
 */
#ifndef CS_GATEWAY_IDS_H
#define CS_GATEWAY_IDS_H

#include "core/limits.h"
#include "core/slice.h"

#define CS_ID_ORG "org_"
#define CS_ID_API_KEY "ak_"
#define CS_ID_KEY "key_"
#define CS_ID_POLICY "pol_"
#define CS_ID_RULE "vpol_"
#define CS_ID_SIGNATURE "sig_"
#define CS_ID_ENTRY "ent_"
#define CS_ID_CHECKPOINT "cp_"
#define CS_ID_REGISTERED "pqk_"
#define CS_ID_ATTESTATION "att_"

/* A fresh id of a kind. CS_RANDOM. */
CS_MUST_CHECK cs_err cs_id_new(char id[CS_MAX_ID + 1], const char *prefix, int64_t now_ms);

/* What the records of an org belong to: the org itself for its live API keys, "<org>_test" for its test keys. */
void cs_id_realm(char realm[CS_MAX_ID + 1], const char *org, bool live);

/* The lowest id that can have been made at that time or later. */
void cs_id_lowest(char id[CS_MAX_ID + 1], const char *prefix, int64_t now_ms);

/* True if `text` has the form of an id of this kind; whether it exists is the store's to say. */
bool cs_id_is(cs_slice text, const char *prefix);

#endif
