/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid keys of a realm: created in the enclave, listed, read (vault.c), rotated (vault_rotate.c), suspended, resumed,
 * revoked (vault_status.c), with what happened to them (vault_audit.c).
 */
#ifndef CS_GATEWAY_VAULT_H
#define CS_GATEWAY_VAULT_H

#include "gateway/call.h"

/* The key is stored only with a birth attestation that the bound policy accepts. */
CS_MUST_CHECK cs_err cs_vault_create(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_vault_get(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_vault_list(cs_call *c, cs_jw *w);

/* A successor that inherits all but its material, and its name unless the request brings another; the predecessor signs
 * for it and is superseded. One write records key, lineage and entry. */
CS_MUST_CHECK cs_err cs_vault_rotate(cs_call *c, cs_jw *w);

/* Answers once the enclave has forgotten the key. May be repeated: the first revocation counts. */
CS_MUST_CHECK cs_err cs_vault_revoke(cs_call *c, cs_jw *w);
/* Once it is acknowledged nothing is signed until the key is resumed. Both may be repeated; CS_KEY_NOT_ACTIVE for a
 * key that is revoked. */
CS_MUST_CHECK cs_err cs_vault_suspend(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_vault_resume(cs_call *c, cs_jw *w);

/* Every entry that concerns the key, newest first. */
CS_MUST_CHECK cs_err cs_vault_audit(cs_call *c, cs_jw *w);

/* The key of the path, if the caller may have to do with it; freed by the caller whatever was returned. */
CS_MUST_CHECK cs_err cs_vault_find(cs_key_row *row, cs_call *c);
/* A key's name in a request. */
void cs_vault_read_name(char out[CS_MAX_NAME + 1], cs_jobj *o);
/* CS_NAME_TAKEN if another key than `except` (an id, or NULL) has the name now. */
CS_MUST_CHECK cs_err cs_vault_check_name(cs_call *c, const char *name, const char *except);

#endif
