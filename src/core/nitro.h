/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attestation documents of AWS Nitro Enclaves, taken apart [aws-nitro-enclaves-nsm-api, attestation_process.md].
 *
 * A document is COSE_Sign1 over a CBOR map. Decides its syntax; judges neither signature nor certificates nor values
 * (attest_nitro.c). Where the text of AWS and genuine documents differ, genuine documents count: unused optional
 * members are null, and the map may be of indefinite length. Members beyond the nine that exist are refused.
 */
#ifndef CS_CORE_NITRO_H
#define CS_CORE_NITRO_H

#include "core/cose.h"

#define CS_NITRO_PCRS 32
#define CS_NITRO_PCR_LEN 48       /* SHA-384: every register of the one digest that there is */
#define CS_NITRO_CERTIFICATE 1024 /* bytes of each, at most */
#define CS_NITRO_USER_DATA 1024   /* the same of public_key, user_data and nonce */
#define CS_NITRO_BUNDLE (CS_MAX_CHAIN - 1)

/* Slices point into the document; absent where it has null or nothing. */
typedef struct cs_nitro {
    cs_cose cose;
    cs_slice module_id;   /* printable ASCII, not empty */
    int64_t timestamp_ms; /* since 1970, > 0 */
    cs_slice pcrs[CS_NITRO_PCRS];
    cs_slice certificate; /* of the key that signed, DER */
    size_t bundle_count;
    cs_slice bundle[CS_NITRO_BUNDLE]; /* its issuers, the root first */
    cs_slice public_key, user_data, nonce;
} cs_nitro;

/* Takes a document apart; neither the algorithm nor the length of the signature is looked at. Errors:
 * CS_ATT_EVIDENCE_FORMAT, CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_nitro_parse(cs_nitro *out, cs_slice document);

/* True if the enclave runs in debug mode: then PCR0, PCR1 and PCR2 are all zero. */
bool cs_nitro_is_debug(const cs_nitro *n);
/* True for a register that is there and all zero. */
bool cs_nitro_pcr_is_zero(const cs_nitro *n, size_t index);

#endif
