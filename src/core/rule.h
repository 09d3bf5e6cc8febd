/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vault policies: what an org demands of an operation on its keys before it is done (protocol/policies.md).
 *
 * A policy says to which operations and in which environments it applies, what it demands of the key, and what happens
 * where a demand is not met: `enforce` refuses, `warn` tells the client, `audit` only records. Here a policy is read
 * and a subject is measured against it; who is asked, and what follows, is the gateway's (gateway/rules.h).
 */
#ifndef CS_CORE_RULE_H
#define CS_CORE_RULE_H

#include "core/alg.h"
#include "core/limits.h"

typedef enum cs_rule_operation {
    CS_RULE_SIGN,
    CS_RULE_VERIFY,
    CS_RULE_KEY_CREATE,
    CS_RULE_ANY /* "*"; of policies, never of a subject */
} cs_rule_operation;

/* In the order of their strength. */
typedef enum cs_rule_action { CS_RULE_ENFORCE, CS_RULE_WARN, CS_RULE_AUDIT } cs_rule_action;

/* How the key's data key is released to the enclave, from the weakest [protocol/frames.md §2]. */
typedef enum cs_rule_release {
    CS_RELEASE_UNKNOWN,
    CS_RELEASE_LOCAL,
    CS_RELEASE_AGENT_VISIBLE,
    CS_RELEASE_RELAYED,
    CS_RELEASE_ATTESTED
} cs_rule_release;

typedef struct cs_rule {
    char name[CS_MAX_NAME + 1];
    char description[CS_MAX_DESCRIPTION + 1]; /* empty: none */
    cs_rule_action action;
    bool enabled;
    size_t environment_count; /* 0: everywhere */
    char environments[CS_MAX_RULE_ENVIRONMENTS][CS_MAX_ENVIRONMENT + 1];
    cs_rule_operation operation;
    /* The demands. Bit i of a set stands for cs_algs[i]; 0, false and CS_RELEASE_UNKNOWN demand nothing. */
    uint32_t algorithm_in, algorithm_not_in;
    bool require_hybrid;
    int min_pq_level; /* 2, 3, 5 */
    int min_tier;     /* 1, 2, 3 */
    bool require_attested;
    cs_rule_release require_key_release; /* CS_RELEASE_RELAYED or CS_RELEASE_ATTESTED: at least that */
} cs_rule;

/* What a policy is measured against. What is not known is left zero, and meets no demand. */
typedef struct cs_rule_subject {
    cs_rule_operation operation;
    const cs_alg *alg;
    const char *environment;     /* of the key; NULL (a key that is not ours) lies in every environment */
    int tier;                    /* 0 to 3 */
    bool attested;               /* an attestation policy is bound to the key, and it is enforced */
    cs_rule_release key_release; /* of the key */
} cs_rule_subject;

const char *cs_rule_operation_name(cs_rule_operation o);
const char *cs_rule_action_name(cs_rule_action a);
/* "local", "agent-visible", "relayed", "attested"; anything else is CS_RELEASE_UNKNOWN. */
cs_rule_release cs_rule_release_of(cs_slice name);

/*
 * Reads a policy, strictly:
 *   {name, description?, action?, enabled?, environments?,
 *    rule: {matchOperation?, algorithmIn?, algorithmNotIn?, requireHybrid?, minPqLevel?, minTier?, requireAttested?,
 *           requireKeyRelease?}}
 * What is left out is the strictest: action enforce, enabled, in every environment, for every operation. A list of
 * algorithms names at least one. A rule without any demand could never be violated and is refused.
 * Errors: CS_TOO_LARGE, CS_BAD_JSON, CS_*_FIELD, CS_UNKNOWN_ALGORITHM, CS_RULE_EMPTY; `fault` (may be NULL) names the
 * member ("rule.minTier"). *out is zeroed then.
 */
CS_MUST_CHECK cs_err cs_rule_parse(cs_rule *out, cs_fault *fault, cs_slice json);

/* Appends the one canonical form that is stored: RFC 8785, defaults written out, of the demands those that are made. */
CS_MUST_CHECK cs_err cs_rule_canonical(cs_buf *out, const cs_rule *r);

/* Reads what cs_rule_canonical wrote: CS_BAD_FORMAT if a byte of it is different, whatever it may mean. */
CS_MUST_CHECK cs_err cs_rule_parse_stored(cs_rule *out, cs_slice text);

/* True if the policy is enabled and for this operation in this environment. */
bool cs_rule_applies(const cs_rule *r, const cs_rule_subject *s);
/* The first demand, as the member is named, that the subject does not meet; NULL if it meets all, or if the policy does
 * not apply. */
const char *cs_rule_violated(const cs_rule *r, const cs_rule_subject *s);

#endif
