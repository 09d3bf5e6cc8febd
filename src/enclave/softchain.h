/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of the software NSM: five P-384 certificates in the shape of a Nitro chain, under a root of its own.
 *
 * The root is made at the first start and kept: its key in STATE/software-nsm-root.key (48 bytes, mode 0600), its
 * certificate in STATE/software-nsm-root.pem, for those who pin it. Neither is ever replaced. The three authorities
 * below it and the leaf live in memory only; each is made anew before it is too old to outlive what hangs on it. Every
 * subject says that this is software.
 */
#ifndef CS_ENCLAVE_SOFTCHAIN_H
#define CS_ENCLAVE_SOFTCHAIN_H

#include "core/crypto.h"

#define CS_SOFTCHAIN_LENGTH 5

typedef struct cs_softchain {
    struct {
        cs_key *key;
        cs_buf der;
        int64_t not_after;        /* seconds since 1970 */
    } links[CS_SOFTCHAIN_LENGTH]; /* root, three authorities, leaf */
} cs_softchain;

/* Reads the root of the state directory, or makes directory and root, and issues the rest at `now` (seconds). CS_CONFIG
 * if the files are there and are no root; the reason is logged. */
CS_MUST_CHECK cs_err cs_softchain_open(cs_softchain *out, const char *state_dir, int64_t now);
/* Also of a chain that was never opened. */
void cs_softchain_close(cs_softchain *c);

/* Whether a link is due at `now`. */
bool cs_softchain_is_due(const cs_softchain *c, int64_t now);
/* Makes the first link that is due anew, and those below it. */
CS_MUST_CHECK cs_err cs_softchain_renew(cs_softchain *c, int64_t now);

#endif
