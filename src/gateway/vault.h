/* SPDX-License-Identifier: Apache-2.0 */
/* Hybrid keys of an org: created in the enclave, listed, read, revoked. */
#ifndef CS_GATEWAY_VAULT_H
#define CS_GATEWAY_VAULT_H

#include "gateway/call.h"

/* The key is stored only with a birth attestation that the bound policy accepts. */
CS_MUST_CHECK cs_err cs_vault_create(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_vault_get(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_vault_list(cs_call *c, cs_jw *w);
/* Answers once the enclave has forgotten the key. May be repeated: the first revocation counts. */
CS_MUST_CHECK cs_err cs_vault_revoke(cs_call *c, cs_jw *w);

#endif
