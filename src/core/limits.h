/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit on something that somebody outside can grow. Bytes unless a name says otherwise. */
#ifndef CS_CORE_LIMITS_H
#define CS_CORE_LIMITS_H

#define CS_MAX_JSON_DEPTH 32
#define CS_MAX_JSON_MEMBERS 64 /* members of an object that is read by name */

#define CS_MAX_CBOR_DEPTH 16    /* arrays and maps inside one another */
#define CS_MAX_CBOR_ITEMS 1024  /* of one document, at any depth */
#define CS_MAX_CBOR_MEMBERS 64  /* pairs of a map that is read by name */
#define CS_MAX_COSE (16u << 10) /* a message with its payload; AWS says so of Nitro documents */
#define CS_MAX_CMS (4u << 10)   /* an answer of the KMS */

#define CS_MAX_BODY (1u << 20)  /* HTTP body */
#define CS_MAX_HEAD (16u << 10) /* HTTP request line and header fields */
#define CS_MAX_HEADER_FIELDS 64
#define CS_MAX_FRAME (1u << 20)     /* JSON text of one frame */
#define CS_MAX_SIGN_GROUP 16        /* requests of one SignGroup frame */
#define CS_MAX_PAYLOAD (512u << 10) /* inline payload of a sign request */
#define CS_MAX_CONTEXT 255          /* [FIPS 204 §5.2] */
#define CS_MAX_MPRIME 512           /* M' of a composite: prefix, label, context, pre-hash */

#define CS_MAX_SIGNATURE 8192  /* any format; mldsa87+ecdsa-p384 and the JSON envelope fit */
#define CS_MAX_PUBLIC_KEY 2784 /* ML-DSA-87 with the largest classical half */
#define CS_MAX_PUBLIC_KEY_JSON 4096
#define CS_MIN_CALLER_KEY 32   /* private key of a caller: a seed … */
#define CS_MAX_CALLER_KEY 4896 /* … or the FIPS 204 secret key of ML-DSA-87 */
#define CS_MAX_SEALED 8192     /* sealed key record */

#define CS_MAX_ATTESTATION (128u << 10)    /* document, ASCII */
#define CS_MAX_MEASUREMENT 104             /* text of one: "sha384:<96 hex digits>" */
#define CS_MAX_CERTIFICATE (64u << 10)     /* DER; a signer of Azure's has 30 kB */
#define CS_MAX_CHAIN 8                     /* certificates, leaf and root included */
#define CS_MAX_EXTENSIONS 32               /* of a certificate */
#define CS_MAX_TOKEN (64u << 10)           /* of a cloud verifier, ASCII */
#define CS_MAX_JWKS 64                     /* keys of a set */
#define CS_MAX_KID 128                     /* name of a key in a set */
#define CS_MAX_ISSUERS 8                   /* of tokens, in a policy */
#define CS_MAX_ISSUER 255                  /* its URL */
#define CS_MAX_DESCRIPTION_JSON (1u << 20) /* what `attest inspect` says of one */
#define CS_MIN_NONCE 8
#define CS_MAX_NONCE 64
#define CS_MAX_POLICY (192u << 10) /* policy JSON; a JWK set of Azure's has 96 kB */
#define CS_MAX_ALLOWED_IMAGES 64   /* entries of one allow-list */
#define CS_MIN_DOC_AGE_SECONDS 5
#define CS_MAX_DOC_AGE_SECONDS 86400
#define CS_DEFAULT_DOC_AGE_SECONDS 300
#define CS_MAX_CLOCK_SKEW_SECONDS 60

#define CS_MAX_NAME 128                    /* key, policy and org names: UTF-8 bytes */
#define CS_MAX_OVERLAP_SECONDS 2592000     /* for which an API key may count beside its successor */
#define CS_MAX_ID 64                       /* generated ids */
#define CS_MAX_HYBRID_MESSAGE (256u << 10) /* of a Hybrid Attest pair: as hex it fits into a body */
#define CS_MAX_ECDSA_SIGNATURE 128         /* of such a pair, in any encoding; good ones have at most 72 */
#define CS_MAX_METADATA (16u << 10)        /* JSON text of a metadata object */
#define CS_MAX_DESCRIPTION 1024            /* of a vault policy: UTF-8 bytes */
#define CS_MAX_ENVIRONMENT 32              /* its name */
#define CS_MAX_RULE_ENVIRONMENTS 16        /* of a vault policy */
#define CS_MAX_RULE (16u << 10)            /* a vault policy, JSON */
#define CS_MAX_RULES 64                    /* vault policies of a realm */
#define CS_MAX_USER_ID 256                 /* of the PQ Signer door: UTF-8 bytes */
#define CS_MAX_KMS_KEY 2048                /* name or ARN of a key of a KMS, as AWS bounds it */
#define CS_MAX_WRAPPED_DK 1024             /* a data key as the KMS wrapped it; AWS takes 184 for it */
#define CS_MAX_PQ_RECORD 4096              /* of such a key, what is read for each signature */
#define CS_MAX_BIRTH_MS 253402300799999LL  /* end of the year 9999 */
#define CS_MAX_MANIFEST (16u << 10)        /* JSON: measurements of a release of the enclave */
#define CS_MAX_KEY_RECORD (16u << 10)      /* JSON: what is kept of a key of the PQ Signer door */
#define CS_MAX_IMAGE (512u << 20)          /* an enclave's image, as it is built and measured */
#define CS_MAX_LEDGER_ENTRY 65535
#define CS_MAX_CUSTOM_MESSAGE 16384   /* of a custom entry, kept beside it: UTF-8 bytes */
#define CS_MAX_NOTE (64u << 10)       /* signed note with its signatures, witnesses' included */
#define CS_MAX_NOTE_NAME 255          /* key name and log origin [C2SP tlog-cosignature: one byte of length] */
#define CS_MAX_NOTE_SIGNATURES 32     /* lines of one note */
#define CS_MAX_VKEYS 16               /* pinned at once */
#define CS_MAX_BUNDLE (1u << 20)      /* JSON text */
#define CS_MAX_INCLUSION_PROOF 63     /* hashes */
#define CS_MAX_LINEAGE 64             /* successors of successors */
#define CS_MAX_WITNESS_LOGS 4096      /* log keys, and logs remembered, of one witness */
#define CS_MAX_CONSISTENCY_PROOF 4096 /* a proof between two trees has at most 2 * 63 hashes */
#define CS_MAX_BATCH 1000             /* signatures of one request */
#define CS_MAX_BATCH_ANSWER (32u << 20)
#define CS_MAX_BATCHES 4 /* such requests at the same time; as many may wait */
#define CS_MAX_PAGE 200  /* items of one listing answer */

/* PQ Signer door and KMS */
#define CS_MAX_PQ_MESSAGE 4096          /* that an operator may allow */
#define CS_MAX_KMS_KEYS 16              /* that an enclave is told to use */
#define CS_MAX_KMS_CONTEXT 4            /* pairs */
#define CS_MAX_KMS_MESSAGE 4096         /* that a KMS signs [AWS KMS API, Sign] */
#define CS_MAX_KMS_PUBLIC_KEY 4096      /* SubjectPublicKeyInfo */
#define CS_MAX_SESSION_TOKEN 4096       /* of temporary credentials */
#define CS_MAX_KMS_HOST 255             /* with its port */
#define CS_MAX_KMS_ANSWER (64u << 10)   /* JSON */
#define CS_MAX_TUNNEL_BYTES (64u << 10) /* of one frame */

/* Store */
#define CS_MAX_SUSPENDED_ORGS 64       /* of one gateway */
#define CS_MAX_KEY_IDS 16              /* keys that an API key can be restricted to */
#define CS_MAX_ORG_STREAMS 16          /* live streams of an org: one alone cannot take them all */
#define CS_MAX_SESSIONS 64             /* of an API key */
#define CS_MAX_SETTINGS (16u << 10)    /* of a realm, JSON */
#define CS_MAX_PUBLISHED 4096          /* names of those who have a checkpoint, JSON */
#define CS_MAX_KEPT_ANSWER (64u << 20) /* kept for an idempotency key: a batch of 1,000 with their documents … */
#define CS_KEPT_ANSWER_MS 86400000     /* … and so long */
#define CS_MAX_CHALLENGES 64           /* of an API key, not yet answered */
#define CS_CHALLENGE_MS 300000         /* to answer one */
#define CS_MAX_REGISTERED_KEY 2592     /* ML-DSA-87 */
#define CS_MAX_HYBRID_RECORD 4096      /* of a verified pair: digests and ids, JSON */

#define CS_REMEMBERED_CHAINS 64 /* certificate chains of enclaves, each about 50 KiB, that the gateway keeps opened */
#define CS_KEYRING_BYTES (12u << 20) /* keys that the gateway keeps when nobody holds them */

/* Enclave and agent */
#define CS_MAX_SEALED_AAD 6144         /* associated data of a sealed key record: public keys of halves in a KMS */
#define CS_KEY_CACHE_BYTES (12u << 20) /* opened keys that stay in enclave memory */
#define CS_MAX_COUNTED_KEYS 65536      /* keys that one epoch can count operations for */
#define CS_MAX_LEDGER_REALMS 4096      /* ledgers that one epoch can sign for */
#define CS_MAX_ENCLAVE_CONNECTIONS 256
#define CS_MAX_AGENT_CONNECTIONS 256

#endif
