/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of Microsoft Azure Attestation about confidential VMs, a part of vendor azure-confidential-vm.
 *
 * Two shapes: of guest attestation (through the vTPM; the hardware's claims stand in x-ms-isolation-tee) and direct
 * (SEV-SNP or TDX; they stand on top). Both are read into one cs_maa. What the token does not prove is which software
 * runs: launchMeasurement is the platform's firmware; that is for the vTPM's registers (attest_azure.c).
 */
#ifndef CS_CORE_ATTEST_MAA_H
#define CS_CORE_ATTEST_MAA_H

#include "core/allow.h"
#include "core/jwks.h"
#include "core/jwt.h"
#include "core/vendor.h"

#define CS_MAA_MEASUREMENT_LEN 48

/* Security versions that a rule can set a floor for: members of `minSvn`. */
typedef enum cs_maa_svn {
    CS_MAA_SVN_BOOTLOADER, /* "bootloader" */
    CS_MAA_SVN_TEE,        /* "tee" */
    CS_MAA_SVN_SNP,        /* "snp" */
    CS_MAA_SVN_MICROCODE,  /* "microcode" */
    CS_MAA_SVN_GUEST,      /* "guest" */
    CS_MAA_SVN_COUNT
} cs_maa_svn;

/* The members issuers, jwks, launchMeasurements and minSvn of matchRules. */
typedef struct cs_maa_rules {
    size_t issuer_count; /* 0: tokens are not accepted */
    char issuers[CS_MAX_ISSUERS][CS_MAX_ISSUER + 1];
    bool foreign;                      /* an issuer is not https://….attest.azure.net */
    cs_jwks *jwks;                     /* NULL without issuers */
    cs_allow launch;                   /* no list: any */
    int64_t min_svn[CS_MAA_SVN_COUNT]; /* 0: no floor */
} cs_maa_rules;

/* Reads these four members of matchRules. issuers and jwks come together or not at all; whether tokens are needed is
 * the caller's. Errors are set in `match` (CS_POLICY_FOREIGN_ROOT, CS_POLICY_KEYS, CS_POLICY_HASH,
 * CS_POLICY_ALLOWLIST_EMPTY for an empty list, CS_*_FIELD); returns CS_OK or CS_NO_MEMORY. cs_maa_rules_free in any
 * case. */
CS_MUST_CHECK cs_err cs_maa_rules_read(cs_maa_rules *out, cs_jobj *match, bool allow_mock);
void cs_maa_rules_free(cs_maa_rules *rules);
/* Writes the members issuers, jwks, launchMeasurements and minSvn, those that are there, in this order. */
void cs_maa_rules_write(cs_jw *w, const cs_maa_rules *rules);

/* What a token says. Slices borrow from `token` and `bytes`, which belong to it. */
typedef struct cs_maa {
    cs_jwt token;
    cs_buf bytes;
    cs_jwt_times times;
    bool guest;      /* guest attestation */
    bool tdx;        /* else SEV-SNP */
    bool compliant;  /* x-ms-compliance-status is azure-compliant-cvm */
    bool debuggable; /* the hardware lets a debugger in, or the guest has one enabled */
    bool migratable;
    int64_t vmpl;                           /* SEV-SNP; 0 for TDX */
    uint8_t launch[CS_MAA_MEASUREMENT_LEN]; /* SEV-SNP launch measurement, or MRTD */
    int64_t svn[CS_MAA_SVN_COUNT];          /* SEV-SNP */
    bool tcb_up_to_date;                    /* TDX: what the token says; SEV-SNP: true */
    cs_pubkey *ak;                          /* HCLAkPub: signs the vTPM's quotes; NULL: the token names none */
    cs_slice user_data;                     /* 64 bytes, or absent */
    cs_slice nonce;                         /* of the client payload, decoded, or absent */
} cs_maa;

/* Shape, algorithm, key, its strength, signature, issuer, key of that issuer, times (at->stored: at iat), types: in
 * this order. The rules must have issuers (else CS_ATT_KEY_UNKNOWN). `token` must outlive *out; cs_maa_free in any
 * case. */
CS_MUST_CHECK cs_err cs_maa_prove(cs_maa *out, const cs_maa_rules *rules, cs_slice token, const cs_prove_at *at);
void cs_maa_free(cs_maa *maa);
/* True if the token carries `bytes` for its caller: as nonce of the client payload, or as user data, which has 64 bytes
 * and ends in zeros where there are fewer. */
bool cs_maa_carries(const cs_maa *maa, cs_slice bytes);
/* Compliance, VMPL 0, no migration (CS_ATT_PLATFORM), launch measurement (CS_ATT_IMAGE_NOT_ALLOWED), security versions
 * (CS_ATT_TCB). Debug is cs_maa.debuggable, for cs_proven.debug. */
CS_MUST_CHECK cs_err cs_maa_allow(const cs_maa_rules *rules, const cs_maa *maa);
/* The same two rules for evidence that has the hardware's report itself. `svn` may be NULL: not compared. */
CS_MUST_CHECK cs_err cs_maa_allow_launch(const cs_maa_rules *rules, cs_slice measurement, const int64_t *svn);

/* Writes the members of an object with what a token says, unjudged, the claims as they are last.
 * CS_ATT_EVIDENCE_FORMAT.
 */
CS_MUST_CHECK cs_err cs_maa_describe(cs_jw *w, cs_slice token);

#endif
