/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attestation documents that come as `Recipient`: who asks is an enclave that the operator of this KMS allows.
 *
 * Judged in this order: syntax and algorithm, chain up to the one pinned root, signature, age, debug mode, registers
 * that the operator pins, public key. Without a pinned root no document is accepted.
 */
#ifndef CS_DEVKMS_ATTESTED_H
#define CS_DEVKMS_ATTESTED_H

#include "core/nitro.h"

#define CS_ATTESTED_AGE_SECONDS 300
#define CS_ATTESTED_SKEW_SECONDS 60
#define CS_ATTESTED_VALUES 16 /* that a register may have */

typedef struct cs_attested_rule {
    bool pinned;
    uint8_t root[1][CS_SHA256_LEN];
    struct {
        size_t count; /* 0: any value */
        uint8_t of[CS_ATTESTED_VALUES][CS_NITRO_PCR_LEN];
    } registers[CS_NITRO_PCRS];
} cs_attested_rule;

/* What a document proved. Slices point into it. */
typedef struct cs_attested {
    cs_slice pcrs[CS_NITRO_PCRS];
    cs_slice public_key; /* SubjectPublicKeyInfo of an RSA key of 2,048 bits */
} cs_attested;

/* Pins the one certificate of a PEM text. CS_CONFIG. */
CS_MUST_CHECK cs_err cs_attested_pin_root(cs_attested_rule *rule, cs_slice pem);
/* Adds a value, lower-case hex, to those that a register may have. CS_CONFIG for another text, or too many. */
CS_MUST_CHECK cs_err cs_attested_pin_register(cs_attested_rule *rule, size_t index, cs_slice hex);

/* CS_OK, or the reason: the codes CS_ATT_* of core, CS_BAD_PUBLIC_KEY for a key that cannot be a recipient. */
CS_MUST_CHECK cs_err cs_attested_judge(cs_attested *out, const cs_attested_rule *rule, cs_slice document,
                                       int64_t now_ms);

#endif
