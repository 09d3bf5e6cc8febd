/* SPDX-License-Identifier: Apache-2.0 */
/* The birth of a key: made and sealed in the enclave, its document judged under the policy that it shall be bound to.
 */
#ifndef CS_GATEWAY_VAULT_BIRTH_H
#define CS_GATEWAY_VAULT_BIRTH_H

#include "gateway/call.h"
#include "gateway/judge.h"
#include "gateway/vault_place.h"

/* The policy of k->policy_id as it is now; Both are freed by the caller. The fault names attestationPolicyId. */
CS_MUST_CHECK cs_err cs_vault_birth_policy(cs_policy *policy, cs_policy_row *row, cs_call *c, const cs_key_row *k);

/* Fills in id, material and document of `k`, whose other members say what is wanted; `policy` is NULL where none is
 * bound. The judgement says whether the key may be stored. */
CS_MUST_CHECK cs_err cs_vault_birth(cs_judgement *out, cs_key_row *k, cs_call *c, const cs_policy *policy,
                                    const cs_vault_places *places);

/* What an entry says of it; `policy` may be NULL. */
void cs_vault_birth_members(cs_jw *w, const cs_key_row *k, const cs_judgement *j, const cs_policy_row *policy);
/* Records a birth that was refused. Returns CS_ATTESTATION_REJECTED, or why it could not be recorded. */
CS_MUST_CHECK cs_err cs_vault_birth_refuse(cs_call *c, const cs_key_row *k, const cs_judgement *j,
                                           const cs_policy_row *policy);

#endif
