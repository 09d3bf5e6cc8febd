/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attestation policies of a realm: kept in canonical form with its hash, in versions.
 *
 * A change makes the next version, which is in force for the keys bound to the policy before it is acknowledged. Old
 * versions stay: signatures keep id, version and hash of the one they were made under, also when the policy has been
 * deleted. The vendor is the policy's for ever, because keys of enclave kind are bound to one of their own vendor.
 */
#ifndef CS_GATEWAY_POLICIES_H
#define CS_GATEWAY_POLICIES_H

#include "gateway/call.h"

CS_MUST_CHECK cs_err cs_policies_create(cs_call *c, cs_jw *w);
/* The newest version, or the one that the query names. */
CS_MUST_CHECK cs_err cs_policies_get(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_policies_list(cs_call *c, cs_jw *w);
/* The members that are given replace those of the newest version; `matchRules` and `metadata` are replaced whole. Of
 * two changes to the same version one wins, the other is refused with CS_CONFLICT, as is another vendor. */
CS_MUST_CHECK cs_err cs_policies_update(cs_call *c, cs_jw *w);
/* CS_POLICY_BOUND while a key that is not revoked is bound. */
CS_MUST_CHECK cs_err cs_policies_delete(cs_call *c, cs_jw *w);

#endif
