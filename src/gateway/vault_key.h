/* SPDX-License-Identifier: Apache-2.0 */
/* A hybrid key as answers show it, with the walk through its lineage. */
#ifndef CS_GATEWAY_VAULT_KEY_H
#define CS_GATEWAY_VAULT_KEY_H

#include "gateway/rules.h"

/* The members that listings show, too. */
void cs_vault_key_members(cs_jw *w, const cs_key_row *k);

/* Appends the lineage of a key as a JSON array, oldest link first, as core/lineage.h verifies it. "[]" for a key that
 * was never rotated. */
CS_MUST_CHECK cs_err cs_vault_key_lineage(cs_buf *out, cs_call *c, const cs_key_row *k);
/* One link of it. */
CS_MUST_CHECK cs_err cs_vault_key_link(cs_jw *w, const cs_lineage_row *link, const cs_key_row *successor);

/* "data": the whole key. `lineage` is the array's JSON text; `rules` is what vault policies have to say, or NULL. An
 * error is left in the writer's buffer. */
void cs_vault_key_write(cs_jw *w, const cs_key_row *k, cs_slice lineage, const cs_rule_result *rules);

#endif
