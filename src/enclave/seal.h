/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed key records: how a private key leaves the enclave's memory, and the only way back (protocol/frames.md §6).
 *
 *   record  = lp16(AAD) ‖ lp16(wrapped data key) ‖ nonce[12] ‖ lp16(ciphertext ‖ tag[16])
 *   AAD     = "CSK1" ‖ lp16(each field of cs_seal_fields, in its order)
 *   cipher  = AES-256-GCM under a data key that is fresh for each record
 *   wrapped = provider env: cs_kek_wrap of the data key, bound to SHA-256(AAD); provider aws-kms: what the KMS gave for
 *             it, bound by the KMS to the encryption context
 *
 * lp16(x) is u16be(length of x) ‖ x. A record of which any bit was changed does not open. What a key is (its org, id,
 * algorithm, …) is what the opened AAD says, never what a request says.
 */
#ifndef CS_ENCLAVE_SEAL_H
#define CS_ENCLAVE_SEAL_H

#include "enclave/kek.h"

/* The associated data. Slices are borrowed; references of halves that are not in a cloud are empty. */
typedef struct cs_seal_fields {
    cs_slice door; /* "vault" | "pq-signer" */
    cs_slice org;
    cs_slice key_id;  /* or the user_id of the PQ Signer door */
    cs_slice purpose; /* "sign" | "hybrid" | "ledger" */
    cs_slice algorithm;
    cs_slice format;
    cs_slice kek_provider;      /* "env" | "aws-kms" */
    cs_slice kek_resource;      /* env: the KEK's id; else the cloud resource without its version */
    cs_slice key_release;       /* "local" | "agent-visible" | "relayed" | "attested" */
    cs_slice trad_ref, pq_ref;  /* core/keyref.h */
    cs_slice public_key_sha256; /* 32 bytes: hash of mldsaPK ‖ tradPK */
} cs_seal_fields;

/* Appends the record of `private_bytes`. CS_TOO_LARGE if a field does not fit, CS_RANDOM, CS_CRYPTO. */
CS_MUST_CHECK cs_err cs_seal(cs_buf *record, const cs_kek *kek, const cs_seal_fields *fields, cs_slice private_bytes);

/* Opens a record; `fields` borrows from it. CS_KEK_UNUSABLE if another KEK sealed it, CS_SEAL_BROKEN for everything
 * else that is wrong with it; `private_bytes` and `fields` are empty then. */
CS_MUST_CHECK cs_err cs_seal_open(cs_secret *private_bytes, cs_seal_fields *fields, const cs_kek *kek, cs_slice record);

/* A record taken apart. Slices point into it; nothing of it is proven before it was opened. */
typedef struct cs_sealed {
    cs_seal_fields fields;
    cs_slice wrapped; /* 1..CS_MAX_WRAPPED_DK bytes: what its provider gives the data key for */
    cs_slice aad, nonce, cipher;
} cs_sealed;

/* CS_SEAL_BROKEN for anything but a record; *out is empty then. */
CS_MUST_CHECK cs_err cs_seal_read(cs_sealed *out, cs_slice record);

/* The same as cs_seal and cs_seal_open with a data key (32 bytes) that a KMS has made and released, where `wrapped` is
 * what the KMS gave for it. CS_SEAL_BROKEN if `dek` is no data key, or not the one of the record. */
CS_MUST_CHECK cs_err cs_seal_with(cs_buf *record, cs_slice dek, cs_slice wrapped, const cs_seal_fields *fields,
                                  cs_slice private_bytes);
CS_MUST_CHECK cs_err cs_seal_open_with(cs_secret *private_bytes, const cs_sealed *record, cs_slice dek);

#endif
