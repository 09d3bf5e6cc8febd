/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory of an installation on one machine:
 *
 *   STATE/            mode 0700
 *     state.json        {"v":1,"org":…,"orgId":…}
 *     kek               32 random bytes, mode 0600; read by the enclave alone
 *     store.db          the gateway's store
 *     enclave/          the enclave's own state, with its attestation root
 *     credentials.json  {"apiKey":…,"publishableKey":…}, mode 0600; only where `dev` made the state
 *     lock              held while the programs run
 *
 * It is built under another name and renamed when it is complete: there is no half-made state.
 */
#ifndef CS_CLI_STATE_H
#define CS_CLI_STATE_H

#include "core/limits.h"
#include "core/secret.h"
#include "sys/options.h"

#define CS_STATE_PATH 4096

typedef struct cs_state {
    char path[CS_STATE_PATH]; /* absolute */
    char org[CS_MAX_NAME + 1];
    char org_id[CS_MAX_ID + 1];
    cs_secret api_key, publishable_key; /* empty: not kept here */
    int lock_fd;                        /* -1: not held */
} cs_state;

/* Where the state is: --state, else the user's own place for such things. Returns an exit code. */
CS_MUST_CHECK int cs_state_path(char out[CS_STATE_PATH], const cs_args *args);
bool cs_state_exists(const char *path);

/* Makes a state with one org and its first API keys, which are in `out`; `keep` writes credentials.json. `host` is what
 * the org's ledger is named after; NULL: what the gateway does by itself. Returns an exit code; CS_EXIT_ERROR if
 * something is there already. */
CS_MUST_CHECK int cs_state_make(cs_state *out, const char *path, const char *org, const char *host, bool keep);

/* Adds an org to an existing state that no `dev` has open, and leaves the lock taken; its first API keys are in `out`.
 * `host` is as in cs_state_make. Returns an exit code. */
CS_MUST_CHECK int cs_state_add(cs_state *out, const char *path, const char *org, const char *host);

/* Opens an existing state, waits a moment for the programs of a `dev` that was killed to be gone, and takes the lock,
 * which is passed on to children so that it is free only when the last of them has ended. The working directory becomes
 * the state directory: socket names stay short. Returns an exit code. */
CS_MUST_CHECK int cs_state_open(cs_state *out, const char *path);

void cs_state_close(cs_state *s);

#endif
