/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attestation policies: what a document must prove (protocol/attestation.md §3).
 *
 * A policy is pinned out of band by whoever verifies. An empty or missing allow-list is refused when a policy is
 * read and again when it is used.
 */
#ifndef CS_CORE_POLICY_H
#define CS_CORE_POLICY_H

#include "core/crypto.h"
#include "core/limits.h"

typedef enum cs_vendor {
    CS_VENDOR_MOCK,
    CS_VENDOR_AWS_NITRO,
    CS_VENDOR_AZURE_CVM,
    CS_VENDOR_GCP_CS,
    CS_VENDOR_AMD_SNP,
    CS_VENDOR_INTEL_TDX,
    CS_VENDOR_COUNT
} cs_vendor;
typedef enum cs_evidence { CS_EVIDENCE_OPERATION, CS_EVIDENCE_SESSION } cs_evidence;

const char *cs_vendor_name(cs_vendor v); /* "aws-nitro-enclave"; "unknown" for a number that is no vendor */
const char *cs_evidence_name(cs_evidence e);

/* Appends the SubjectPublicKeyInfo DER (44 bytes) of an Ed25519 root key (32 raw bytes) [RFC 8410 §4]. */
#define CS_ROOT_SPKI_LEN 44
void cs_policy_root_spki(cs_buf *out, cs_slice root_public_key);

/* Match rules of vendor mock. */
typedef struct cs_policy_mock {
    uint8_t root_public_key[32]; /* Ed25519 */
    size_t image_count;
    uint8_t images[CS_MAX_ALLOWED_IMAGES][CS_SHA256_LEN];
} cs_policy_mock;

/* Match rules of a hardware vendor: on the heap, counted, never changed. */
typedef struct cs_rules cs_rules;

/* A value that may be copied while the original lives; a copy that outlives it needs cs_policy_hold. All zero is a
 * policy of vendor mock that allows no image. */
typedef struct cs_policy {
    char name[CS_MAX_NAME + 1];
    cs_vendor vendor;
    cs_evidence evidence;
    int64_t max_doc_age_seconds;
    int64_t max_session_age_seconds;
    bool require_dated; /* default: true for hardware vendors, false for mock */
    bool enforce;
    struct {
        cs_policy_mock mock; /* vendor mock */
        cs_rules *rules;     /* every other one */
    } match;
} cs_policy;

void cs_policy_free(cs_policy *p); /* nothing to do for mock; twice is fine */
/* Makes `p`, a copy of another policy, live on its own; any thread. Ended with cs_policy_free. */
void cs_policy_hold(cs_policy *p);
/* What the vendor's functions (vendor.h) are given; NULL for mock. */
const void *cs_policy_rules(const cs_policy *p);

/* When keys or collateral that the policy pins end, seconds since 1970, as seen at `now`; in the past: it accepts
 * nothing any more. INT64_MAX: nothing of it is known to end. */
int64_t cs_policy_until(const cs_policy *p, int64_t now);

/*
 * Reads a policy, strictly:
 *   {name, vendor, matchRules, evidence?, maxDocAgeSeconds?, maxSessionAgeSeconds?, requireDated?, enforce?, metadata?}
 * and, so that a stored policy as the server answers it can be pinned as it is, also the members `id`, `version`,
 * `createdAt`, `updatedAt`, `hash` (read over). Hashes are `sha256:<64 lower-case hex>` or bare hex.
 * `allow_mock`: false refuses vendor mock with CS_POLICY_MOCK, and a root that is not the vendor's own with
 * CS_POLICY_FOREIGN_ROOT. A vendor that is not built in is refused with CS_POLICY_VENDOR, like an unknown one.
 * Errors: CS_TOO_LARGE, CS_BAD_JSON, CS_*_FIELD, CS_POLICY_*; `fault` (may be NULL) names the member
 * ("matchRules.allowedImageHashes"). *out is zeroed then, which allows no image; else cs_policy_free it.
 */
CS_MUST_CHECK cs_err cs_policy_parse(cs_policy *out, cs_fault *fault, cs_slice json, bool allow_mock);

/* Appends the one canonical form that is stored and hashed: RFC 8785, defaults written out, hashes with prefix,
 * root as base64 of the SPKI; without metadata. */
CS_MUST_CHECK cs_err cs_policy_canonical(cs_buf *out, const cs_policy *p);

#endif
