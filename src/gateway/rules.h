/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vault policies where operations are asked for: the policies of a realm are kept in memory (core/rule.h reads them)
 * and every sign, verify and key_create is measured against all of them, before the enclave is asked.
 *
 * They fail closed. Where the policies cannot be read, nothing is done; a policy that is damaged refuses everything,
 * whatever it once said. A change takes effect before it is acknowledged.
 *
 * How a handler uses it:
 *
 *     cs_rule_subject subject = cs_rules_of_key(CS_RULE_SIGN, &key->row, attested);
 *     err = cs_rules_check(&result, c, &subject);
 *     if (err == CS_POLICY_VIOLATED)
 *         return cs_rules_refuse(c, &result, key id);
 *     …
 *     n += cs_rules_entry(&writes[n], &data, &result, c, key id);   next to the operation's own write
 *     …
 *     cs_rules_answer(w, &result);                                  inside "data"
 */
#ifndef CS_GATEWAY_RULES_H
#define CS_GATEWAY_RULES_H

#include "core/rule.h"
#include "gateway/call.h"

#define CS_RULES_LISTED 8 /* violations that are told one by one; more are counted */

typedef struct cs_rule_violation {
    char policy_id[CS_MAX_ID + 1];
    char name[CS_MAX_NAME + 1]; /* of the policy; empty if it is damaged */
    cs_rule_action action;
    const char *rule; /* the member of the demand, static; "rule" if the policy is damaged */
} cs_rule_violation;

typedef struct cs_rule_result {
    cs_rule_operation operation;
    size_t violation_count; /* all of them, whatever their action */
    size_t listed;          /* how many of them are here, those that refuse first */
    cs_rule_violation violations[CS_RULES_LISTED];
    bool refused; /* violations[0] says by which policy */
} cs_rule_result;

typedef struct cs_rules cs_rules;

CS_MUST_CHECK cs_err cs_rules_open(cs_rules **out, cs_store *store);
void cs_rules_close(cs_rules *r); /* NULL is fine */
/* A change of policies, from reading what there is to cs_rules_changed: one at a time. */
void cs_rules_begin_change(cs_rules *r);
void cs_rules_end_change(cs_rules *r);
/* After a policy of the realm was changed: what was kept of it is read again. */
void cs_rules_changed(cs_rules *r, cs_slice realm);
/* Another gateway may have changed those of any realm. */
void cs_rules_forget_all(cs_rules *r);

/* The key as policies see it. `attested`: an attestation policy is bound to it, and it is enforced. */
cs_rule_subject cs_rules_of_key(cs_rule_operation operation, const cs_key_row *key, bool attested);
/* 0: the data key is wrapped on this machine; 1: by a KMS; 2: the classical half lies in a KMS, too; 3: both halves lie
 * in a KMS or a token. */
int cs_rules_tier(const cs_key_row *key);
/* Whether a KMS is asked each time that the key signs. */
bool cs_rules_is_away(const cs_key_row *key);

/* Measures; records nothing. CS_POLICY_VIOLATED if a policy refuses or cannot be read, CS_STORE_UNAVAILABLE if none
 * can. *out is filled in in the first two cases. */
CS_MUST_CHECK cs_err cs_rules_check(cs_rule_result *out, cs_call *c, const cs_rule_subject *subject);

/* Records a refusal (one entry policy.violated) and returns CS_POLICY_VIOLATED with policyId and rule for the answer's
 * details. If it cannot be recorded, it is refused all the same. `key_id` may be absent. */
CS_MUST_CHECK cs_err cs_rules_refuse(cs_call *c, const cs_rule_result *r, cs_slice key_id);

/* The entry policy.violated that says which policies were violated, to be written with what was done in spite of them;
 * `data` keeps its bytes until then. 0 if there is nothing to say, else 1. */
size_t cs_rules_entry(cs_write *out, cs_buf *data, const cs_rule_result *r, const cs_call *c, cs_slice key_id);

/* Writes "warnings":[{policyId, name, rule}] if a policy of action warn was violated. */
void cs_rules_answer(cs_jw *w, const cs_rule_result *r);

#endif
