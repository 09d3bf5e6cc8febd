/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/policies: the vault policies of a realm (core/rule.h), created, changed and deleted. rules.h says what they do.
 *
 * Changes are made one after another, each from what the one before left, and are in force before they are
 * acknowledged. A realm has at most CS_MAX_RULES policies (CS_RULES_FULL).
 */
#ifndef CS_GATEWAY_VAULT_POLICIES_H
#define CS_GATEWAY_VAULT_POLICIES_H

#include "gateway/call.h"

CS_MUST_CHECK cs_err cs_vault_policies_create(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_vault_policies_list(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_vault_policies_get(cs_call *c, cs_jw *w);
/* The members that are given replace those of the policy; `rule` is replaced whole. */
CS_MUST_CHECK cs_err cs_vault_policies_update(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_vault_policies_delete(cs_call *c, cs_jw *w);

#endif
