/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key policies: the part of AWS's policy language that says who may release a data key to which enclave.
 *
 * Known: Version, Id, Statement [Sid, Effect, Principal "*" or {AWS}, Action, Resource "*", Condition]; operators
 * StringEquals, StringNotEquals, StringEqualsIgnoreCase, StringNotEqualsIgnoreCase, StringLike, StringNotLike (each
 * also …IfExists), Null, and ForAllValues: and ForAnyValue: before the first four for kms:EncryptionContextKeys; keys
 * kms:RecipientAttestation:ImageSha384, kms:RecipientAttestation:PCR0 … PCR31, kms:EncryptionContext:NAME,
 * kms:EncryptionContextKeys, aws:PrincipalArn. A policy that says anything else is refused when it is set: what is not
 * understood cannot be enforced.
 *
 * A Deny that fits counts before every Allow; where no Allow fits, the call is denied. Identity policies do not exist
 * here: the account's root as principal stands for every caller of the account.
 */
#ifndef CS_DEVKMS_KEY_POLICY_H
#define CS_DEVKMS_KEY_POLICY_H

#include "devkms/attested.h"
#include "devkms/context.h"

typedef struct cs_policy_call {
    const char *account;         /* 12 digits */
    const char *principal;       /* the caller's ARN */
    const char *action;          /* "kms:Decrypt" */
    const cs_context *context;   /* NULL: the call has none */
    const cs_attested *attested; /* NULL: no Recipient */
} cs_policy_call;

/* CS_OK for a policy that is understood, else CS_BAD_FORMAT. */
CS_MUST_CHECK cs_err cs_key_policy_check(cs_slice json);
/* False also for a policy that is not understood. */
CS_MUST_CHECK bool cs_key_policy_allows(cs_slice json, const cs_policy_call *call);
/* Appends the policy of keys that were given none: the account may do everything. */
void cs_key_policy_default(cs_buf *out, const char *account);

#endif
