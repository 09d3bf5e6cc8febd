/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcountersign: verifying what a Countersign service returned, offline.
 *
 * No function reads a file, a clock, the environment or the network, none keeps a pointer of the caller, none keeps
 * state, and all may be called from several threads at once. The programs of Countersign run the same object files, so
 * the verdict is the same everywhere.
 *
 * Link with -lcountersign -lyyjson -lsodium -lsecp256k1 -lcrypto (OpenSSL 3.5 or newer).
 */
#ifndef COUNTERSIGN_COUNTERSIGN_H
#define COUNTERSIGN_COUNTERSIGN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What every verifying function returns. 0 alone means fully verified. The numbers are the exit codes of the commands
 * and stay as they are. */
#define COUNTERSIGN_VERIFIED 0
/* Not judged: the policy, the public key or an argument is malformed, or memory ran out. */
#define COUNTERSIGN_ERROR 1
/* Judged and refused. */
#define COUNTERSIGN_REFUSED 2

/* "verified", "error", "refused". */
const char *countersign_result_name(int result);

/* One English sentence for a reason that a function below gave; a general one for any other text. */
const char *countersign_reason_sentence(const char *reason);

/*
 * Verifies a signature over a payload: both halves of a composite must verify.
 *
 * reason         may be NULL; "OK", or the stable name of what was wrong ("BAD_SIGNATURE"), static memory
 * public_key     text as the service shows it: the JSON {"v":1,"alg":…} or SubjectPublicKeyInfo PEM; algorithm and
 *                signature format are taken from here, never from the signature
 * payload        may be NULL if payload_len is 0
 */
int countersign_verify_signature(const char **reason, const char *public_key, size_t public_key_len,
                                 const uint8_t *payload, size_t payload_len, const uint8_t *signature,
                                 size_t signature_len);

/* The same for a payload that was hashed before (keys of format composite only). `hash` is "sha256", "sha384", "sha512"
 * or "shake256" and must be the pre-hash of the key's algorithm. */
int countersign_verify_prehashed(const char **reason, const char *public_key, size_t public_key_len, const char *hash,
                                 const uint8_t *digest, size_t digest_len, const uint8_t *signature,
                                 size_t signature_len);

/* What a document of kind "sign" is judged by. Set the struct to zero first: a member that is zero is not given. */
typedef struct countersign_attestation {
    const char *document; /* ASCII, three parts (what `docB64` encodes) */
    size_t document_len;
    const char *policy; /* JSON, pinned out of band */
    size_t policy_len;

    /* The payload in hand: itself, or its digests. At least one of the three is needed. */
    const uint8_t *payload;
    size_t payload_len;
    const uint8_t *payload_sha256; /* 32 bytes; not together with `payload` */
    const char *prehash_alg;       /* for documents that carry a pre-hash: "sha512" … and its digest */
    const uint8_t *prehash;
    size_t prehash_len;

    const uint8_t *signature; /* the complete signature as returned; needed */
    size_t signature_len;

    /* Checked if given. */
    const uint8_t *nonce; /* the nonce that was sent with the request */
    size_t nonce_len;
    const char *key_id;
    const char *public_key; /* text as above: the document must attest this key, its algorithm and its format. Then a
                             * given payload is also pre-hashed for documents that carry a pre-hash. */
    size_t public_key_len;
    const char *purpose; /* of the attested key: "sign" if NULL, or "hybrid" */

    int64_t now;        /* seconds since 1970 at which the document is judged (live); needed unless `stored` */
    int stored;         /* non-zero: judge at the time of the ledger entry instead */
    int64_t entry_time; /* stored: that time, seconds since 1970 */
    int dated;          /* stored, non-zero: a pinned witness dates the entry */

    int allow_mock; /* non-zero accepts vendor "mock", a development root that proves nothing about hardware */
} countersign_attestation;

/* Room that the verdict of any document fits in. */
#define COUNTERSIGN_VERDICT_MAX 2048

/*
 * Judges an attestation document: that it stems from the pinned root, from an allowed image, is fresh, and attests
 * exactly this payload and this signature. It does not verify the signature itself.
 *
 * reason   may be NULL; "OK", or the stable name of the first check that failed (protocol/attestation.md)
 * verdict  may be NULL; receives the verdict as a JSON text with its NUL in at most verdict_size bytes, or "" if the
 *          document was not judged
 */
int countersign_verify_attestation(const char **reason, char *verdict, size_t verdict_size,
                                   const countersign_attestation *attestation);

/* What a bundle is judged by. Set the struct to zero first: a member that is zero is not given. */
typedef struct countersign_bundle {
    const char *bundle; /* JSON (protocol/bundle.md) */
    size_t bundle_len;
    const char *policy; /* JSON, pinned out of band; needed */
    size_t policy_len;
    const uint8_t *payload; /* in hand; needed, but may be NULL if payload_len is 0 */
    size_t payload_len;
    /* Verifier keys, `name+id+key`, pinned out of band: at most 16 of each. Without a ledger key nobody knows who
     * signed the checkpoint; the verdict says so, and a policy that wants a date refuses. */
    const char *const *ledger_keys;
    size_t ledger_key_count;
    const char *const *witness_keys; /* of those who may date the entry */
    size_t witness_key_count;
    /* Checked if given. */
    const char *public_key; /* text as above: the key that must have signed */
    size_t public_key_len;
    const char *key_id;
    const uint8_t *nonce; /* the nonce that was sent with the request */
    size_t nonce_len;
    int allow_mock; /* as above */
} countersign_bundle;

/* Room that the verdict on any bundle fits in. */
#define COUNTERSIGN_BUNDLE_VERDICT_MAX 4096

/* Judges a bundle: signature, policy, ledger entry, inclusion, checkpoint, witnesses and the attestation document at
 * the time of its entry. `reason` and `verdict` as of countersign_verify_attestation; a bundle that is malformed is
 * refused. */
int countersign_verify_bundle(const char **reason, char *verdict, size_t verdict_size,
                              const countersign_bundle *bundle);

/* What an attestation of Hybrid Attest is judged by. Set the struct to zero first. */
typedef struct countersign_hybrid {
    const char *attestation; /* JSON: what the service answered for it (protocol/hybrid.md); needed */
    size_t attestation_len;
    /* The bundle of its countersignature, and what is pinned. `payload` stays NULL: it is made from the record. */
    countersign_bundle countersignature;
} countersign_hybrid;

/* Room that the verdict on any attestation fits in. */
#define COUNTERSIGN_HYBRID_VERDICT_MAX 8192

/* Judges an attestation of Hybrid Attest: both signatures of the pair, that the record is the one of this pair, and the
 * countersignature over it by a key of purpose hybrid. `reason` and `verdict` as of countersign_verify_attestation; an
 * attestation or a bundle that is malformed is refused. */
int countersign_verify_hybrid(const char **reason, char *verdict, size_t verdict_size,
                              const countersign_hybrid *hybrid);

/* Verifies that the bytes of an entry are leaf `index` of the tree of `size` leaves with this root. `proof` is its
 * concatenated 32-byte hashes [RFC 9162 section 2.1.3.2]; may be NULL if proof_len is 0. */
int countersign_verify_inclusion(const char **reason, uint64_t index, uint64_t size, const uint8_t *entry,
                                 size_t entry_len, const uint8_t *proof, size_t proof_len, const uint8_t root[32]);

/* What a checkpoint states. */
typedef struct countersign_checkpoint {
    char origin[256];
    uint64_t size;
    uint8_t root[32];
} countersign_checkpoint;

/* Verifies that a checkpoint was signed by its log: a signature of each type among the `count` pinned keys (1 to 16),
 * whose names are the origin. `checkpoint` (may be NULL) is zero unless it was. */
int countersign_verify_checkpoint(const char **reason, countersign_checkpoint *checkpoint, const char *note,
                                  size_t note_len, const char *const *keys, size_t count);

#ifdef __cplusplus
}
#endif

#endif
