/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What attestation policies pin and what ends: keys whose certificates say until when, collateral of TDX.
 *
 * Nothing is fetched here and nothing is refused; who reads /readyz is told in time to refresh the policies. A key that
 * its issuer stops using before its end, or that has no end, cannot be told of.
 */
#ifndef CS_GATEWAY_PINNED_H
#define CS_GATEWAY_PINNED_H

#include "gateway/store.h"

#define CS_PINNED_WARN_SECONDS (14 * 86400)

typedef struct cs_pinned cs_pinned;

typedef struct cs_pinned_ends {
    size_t policies; /* of all realms, in their newest version: those with something that ends within that time */
    int64_t first;   /* seconds since 1970: the first of these ends */
} cs_pinned_ends;

CS_MUST_CHECK cs_err cs_pinned_open(cs_pinned **out, cs_store *store);
void cs_pinned_close(cs_pinned *p); /* NULL is fine */

/* A policy was made, changed or deleted: the next question reads them again. */
void cs_pinned_changed(cs_pinned *p);

/* What is known, which is at most an hour old; after a change it is read again, unless that was done a moment ago.
 * Whatever cannot be read is left out. Any thread. */
void cs_pinned_ask(cs_pinned_ends *out, cs_pinned *p);

#endif
