/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware vendors behind one verifier: what each brings, as a row of a table (vendor.c).
 *
 * A vendor's file (attest_<vendor>.c) reads its match rules, proves a piece of evidence under the root that the rules
 * pin, and says whether the rules allow what was proven. What surrounds evidence (documents in three parts, sessions,
 * raw evidence, ages) is the same for all of them and lives in attest_verify.c and evidence.c. Vendor mock, whose root
 * signs documents itself, has no row.
 *
 * Reasons are those of protocol/attestation.md; the order in which a vendor's functions give them is the order there.
 */
#ifndef CS_CORE_VENDOR_H
#define CS_CORE_VENDOR_H

#include "core/crypto_x509.h"
#include "core/json.h"
#include "core/policy.h"

#define CS_BINDING_PREFIX_OPERATION "CSO1"
#define CS_BINDING_PREFIX_SESSION "CSS1"
#define CS_COMMITMENT_LEN 36 /* prefix, SHA-256 */

/* When, and with what beside it, evidence is judged. */
typedef struct cs_prove_at {
    /* Certificates and tokens are judged at the vendor's own time in the evidence; evidence that has none, at `now`. */
    bool stored;
    int64_t now; /* seconds since 1970; stored: the time that the evidence was recorded at */
    /* Of raw evidence only; absent: not compared. A nonce that the evidence carries beside its binding (Nitro `nonce`,
     * MAA client payload), and the public key that it carries (Nitro). */
    cs_slice nonce, public_key;
    bool session;           /* the binding is of a session key, whose age counts from the vendor's time */
    cs_chain_cache *chains; /* of whoever verifies often; NULL: every chain is verified anew */
} cs_prove_at;

/* What evidence proves. All of it is the vendor's word, under the root of root_sha256. */
typedef struct cs_proven {
    int64_t time;                             /* seconds since 1970, of the vendor; -1: the evidence has none */
    char measurement[CS_MAX_MEASUREMENT + 1]; /* the value that claim imageHash must have: "sha384:<hex>" … */
    bool debug;                               /* a debugger can look inside; refused by who asked */
    bool hardware;                            /* the root is compiled in (vendor_roots.c) */
    bool tcb_evaluated;                       /* the platform's security version was judged */
    const char *note;                         /* a static sentence for who reads the verdict, or NULL */
    uint8_t root_sha256[CS_SHA256_LEN];       /* of the root certificate's DER; of pinned keys see cs_vendor_ops.root */
    void *facts;                              /* the vendor's own, for `allow`; freed by cs_proven_free */
    cs_slice enclave_version; /* for `allow`: a claim of the document around it; absent: there is none */
} cs_proven;

typedef enum cs_root_kind {
    CS_ROOT_COMPILED_IN, /* a root of vendor_roots.c */
    CS_ROOT_KEYS,        /* pinned keys of the vendor's own issuer: fine in production, but not called hardware */
    CS_ROOT_FOREIGN      /* another root or issuer: accepted where development roots are */
} cs_root_kind;

typedef struct cs_vendor_ops {
    const char *operation_alg; /* `alg` of the header of a document with evidence per operation: "nitro-cose" */

    /* Whether the vendor dates evidence under such rules (NULL: under some), so that it can be told how old a session
     * is. Without it, or without the function, policies with evidence `session` are refused. */
    bool (*sessions)(const void *rules);

    /* Reads the members of matchRules. The caller ends the reading (members that nobody asked for are refused then), so
     * errors are set in `match`, whose names are the fault's; what is returned beside that is CS_NO_MEMORY or CS_OK.
     * Roots and issuers that are not the vendor's own are refused with CS_POLICY_FOREIGN_ROOT unless `allow_mock`.
     * *rules is given to rules_free in any case; NULL if nothing was made. */
    cs_err (*rules_read)(void **rules, cs_jobj *match, bool allow_mock);
    /* Writes all members of matchRules, sorted by name, defaults written out: the canonical form. */
    void (*rules_write)(cs_jw *w, const void *rules);
    void (*rules_free)(void *rules); /* NULL is fine */
    /* What is pinned, and the hash that names it in a verdict: of the root certificate's DER, or of the canonical JWK
     * set. All zero: any of the roots that are compiled in. */
    cs_root_kind (*root)(uint8_t sha256[CS_SHA256_LEN], const void *rules);

    /* When something that is pinned ends, as seen at `now` (seconds): the next key of an issuer, the collateral. In the
     * past: nothing satisfies the rules any more. INT64_MAX, or no function: nothing ends. */
    int64_t (*until)(const void *rules, int64_t now);

    /* Appends what the evidence's field for the caller must hold for this commitment (36 bytes). */
    cs_err (*binding)(cs_buf *out, cs_slice commitment);
    /* Shape, algorithm, chain and root, certificates' time, signature, the evidence's own consistency, and its binding
     * (exact bytes; absent: not compared, for raw evidence). *out is given to cs_proven_free in any case. */
    cs_err (*prove)(cs_proven *out, const void *rules, cs_slice evidence, const cs_prove_at *at, cs_slice binding);
    /* Whether the rules allow what was proven: empty lists first, then platform, registers, images, the rest. Debug was
     * refused before. */
    cs_err (*allow)(const void *rules, const cs_proven *proven);
    void (*facts_free)(void *facts); /* NULL is fine; the member itself may be NULL where there are none */

    /* Writes the members of an object with everything that the evidence says, unjudged: for `attest inspect`. */
    cs_err (*describe)(cs_jw *w, cs_slice evidence);
} cs_vendor_ops;

/* The vendor's row; NULL for mock, and for a vendor that is not built in. */
const cs_vendor_ops *cs_vendor_find(cs_vendor vendor);

void cs_proven_free(cs_proven *proven, cs_vendor vendor);

/* cs_vendor_ops.binding of reports with 64 bytes for the caller: SHA-256 of the commitment, then zeros. */
CS_MUST_CHECK cs_err cs_binding_report_data(cs_buf *out, cs_slice commitment);

/* -- roots that are compiled in (vendor_roots.c) ------------------------------------------------------------------- */

typedef struct cs_anchor {
    cs_vendor vendor;
    const char *name;              /* "AWS Nitro Enclaves Root-G1" */
    uint8_t sha256[CS_SHA256_LEN]; /* of the certificate's DER */
} cs_anchor;

/* The i-th root of the vendor, NULL behind the last one. Azure's raw evidence hangs on AMD's roots. */
const cs_anchor *cs_vendor_root(cs_vendor vendor, size_t i);
/* The vendor's root of this hash, or NULL. */
const cs_anchor *cs_vendor_root_find(cs_vendor vendor, const uint8_t sha256[CS_SHA256_LEN]);

#endif
