/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcountersign: verifying evidence of hardware attestation as the vendor made it, offline.
 *
 * AWS Nitro documents, Azure attestation (MAA tokens with vTPM quotes, and raw vTPM evidence), tokens of Google
 * Confidential Space, AMD SEV-SNP reports, Intel TDX quotes. What must hold stands in a policy that the caller pinned
 * (protocol/attestation.md section 3); its roots default to the vendors' own, which are compiled in. Documents of a
 * Countersign service, which wrap such evidence, are judged by countersign_verify_attestation.
 *
 * The rules of countersign.h hold here too: no file, no clock, no network, no state, any thread. A Nitro document:
 *
 *     const char *reason;
 *     countersign_evidence e = {.evidence = bytes,
 *                               .evidence_len = n,
 *                               .policy = policy,
 *                               .policy_len = strlen(policy),
 *                               .nonce = sent,
 *                               .nonce_len = 32,
 *                               .now = time(NULL)};
 *     if (countersign_verify_evidence(&reason, NULL, 0, &e) != COUNTERSIGN_VERIFIED)
 *         errx(2, "refused: %s (%s)", countersign_reason_sentence(reason), reason);
 */
#ifndef COUNTERSIGN_ATTEST_H
#define COUNTERSIGN_ATTEST_H

#include "countersign/countersign.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What evidence is judged by. Set the struct to zero first: a member that is zero is not given. Whoever gives none of
 * binding, nonce and public key learns that such a machine ran, but not for whom. */
typedef struct countersign_evidence {
    const uint8_t *evidence; /* as it came: CBOR, token, quote; protocol/attestation.md section 1 has the forms */
    size_t evidence_len;     /* at most 131,072 */
    const char *policy;      /* JSON, pinned out of band; says whose evidence this must be */
    size_t policy_len;

    /* Checked if given, exactly. */
    const uint8_t *binding; /* the field that the vendor lets its caller fill: Nitro user_data, eat_nonce of Google,
                             * report data of SNP and TDX (64 bytes), extraData of a TPM quote */
    size_t binding_len;
    const uint8_t *nonce; /* carried beside it: Nitro nonce, MAA client payload */
    size_t nonce_len;
    const uint8_t *public_key; /* Nitro public_key */
    size_t public_key_len;

    int64_t now;        /* seconds since 1970 at which the evidence is judged (live); needed unless `stored` */
    int stored;         /* non-zero: certificates and tokens are judged at the time inside the evidence instead */
    int64_t entry_time; /* stored: when the evidence was recorded, seconds since 1970; its age counts up to then */
    int dated;          /* stored, non-zero: a witness dates that record */

    int allow_mock; /* non-zero accepts roots that are not the vendors' own: software that claims to be hardware */
} countersign_evidence;

/*
 * Judges evidence: signature and certificates up to the pinned root, what was given above, that nobody can debug the
 * machine, the policy's measurements, and the age. Returns COUNTERSIGN_VERIFIED, _REFUSED or _ERROR.
 *
 * reason   may be NULL; "OK", or the stable name of the first check that failed (protocol/attestation.md)
 * verdict  may be NULL; receives the verdict as a JSON text with its NUL in at most verdict_size bytes
 *          (COUNTERSIGN_VERDICT_MAX are enough), or "" if the evidence was not judged
 */
int countersign_verify_evidence(const char **reason, char *verdict, size_t verdict_size,
                                const countersign_evidence *evidence);

/*
 * Judges a birth attestation of the PQ Signer door (protocol/pq-birth.md): that the document is of an enclave whose
 * release the manifest measures, and commits to the key of this record. Certificates are judged at the document's own
 * time, so the clock plays no part. Returns COUNTERSIGN_VERIFIED, _REFUSED or _ERROR: a manifest or record that is not
 * usable is an error, a document that is none is refused.
 *
 * document    COSE_Sign1: birth_attestation of the answer to key_generation, decoded
 * manifest    JSON, of the release that the key was born under, pinned out of band
 * key_record  JSON: user_id, alg, mldsa_pubkey, wrapped_dk, kms_key_arn, created_at_ms
 * allow_mock  non-zero accepts a manifest with another root than AWS's: that of a software NSM
 * reason, verdict  as above
 */
int countersign_verify_birth(const char **reason, char *verdict, size_t verdict_size, const uint8_t *document,
                             size_t document_len, const char *manifest, size_t manifest_len, const char *key_record,
                             size_t key_record_len, int allow_mock);

/*
 * Writes what evidence, or a document of a Countersign service, says: JSON with its NUL in at most description_size
 * bytes, "" on failure. Nothing is verified; the text is as trustworthy as whoever sent the bytes. COUNTERSIGN_REFUSED
 * for bytes that nobody's form fits, COUNTERSIGN_ERROR ("TOO_LARGE") if there is not enough room.
 */
int countersign_describe_evidence(const char **reason, char *description, size_t description_size,
                                  const uint8_t *evidence, size_t evidence_len);

#ifdef __cplusplus
}
#endif

#endif
