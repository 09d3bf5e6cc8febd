// SPDX-License-Identifier: Apache-2.0
// Made from protocol/openapi.yaml by tools/generate.mjs; changed there.

export interface paths {
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers */
        get: operations["livez"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether it can sign
         * @description Policies whose pinned keys or collateral end within 14 days are told of in `warnings`.
         */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/enclave": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who the enclave says it is
         * @description To be compared with what was pinned out of band. Any API key may ask.
         */
        get: operations["getEnclave"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counts of the realm, latencies of the service */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/attestation-policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Attestation policies, newest first */
        get: operations["listAttestationPolicies"];
        put?: never;
        /** What the enclave has to prove for keys that are bound to it */
        post: operations["createAttestationPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/attestation-policies/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One policy */
        get: operations["getAttestationPolicy"];
        put?: never;
        post?: never;
        /**
         * Deletes a policy
         * @description 409 POLICY_BOUND while a key that is not revoked is bound to it.
         */
        delete: operations["deleteAttestationPolicy"];
        options?: never;
        head?: never;
        /**
         * A new version of the policy
         * @description Members that are left out stay. Takes effect for all keys that are bound to it.
         */
        patch: operations["updateAttestationPolicy"];
        trace?: never;
    };
    "/v1/attestation-policies/{id}/signatures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Signatures made under the policy */
        get: operations["listSignaturesOfPolicy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hybrid-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Keys, newest first */
        get: operations["listKeys"];
        put?: never;
        /** Makes a key in the enclave */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hybrid-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A key with its public key, lineage and birth attestation */
        get: operations["getKey"];
        put?: never;
        post?: never;
        /**
         * Revokes a key for good
         * @description The sealed material is destroyed; what it signed still verifies. Acknowledged once the enclave has forgotten the key.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hybrid-keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A successor of the same kind
         * @description It inherits algorithm, format, providers and policy, and the name unless the request brings another. The predecessor signs the successor's public key, becomes superseded and signs by id only.
         */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hybrid-keys/{id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stops a key until it is resumed */
        post: operations["suspendKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hybrid-keys/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a suspended key sign again */
        post: operations["resumeKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hybrid-keys/{id}/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to a key, newest first */
        get: operations["auditKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Signs a payload
         * @description The signature, its attestation and its place in the ledger are durable before they are answered. With dryRun nothing is signed, recorded or asked of the enclave: the answer tells every check that would fail.
         */
        post: operations["sign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Signs up to 1,000 payloads
         * @description Each item has its own result or error; all are recorded in one transaction. 503 only if nothing was signed because enclave or store are not to be had.
         */
        post: operations["signBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Checks both halves of a signature
         * @description Revoked keys verify, too. Publishable API keys may ask. A request with a member of Hybrid Attest (attestationId, message, ecdsaSignature …) is one of that door: it needs a secret API key with the scope hybrid, the others need verify.
         */
        post: operations["verify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/signatures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Signatures, newest first */
        get: operations["listSignatures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/signatures/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A stored signature with its attestation */
        get: operations["getSignature"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/signatures/{id}/bundle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything that proves the signature offline
         * @description Seals the ledger first where no checkpoint covers the entry yet. The answer is the file itself, without an envelope.
         */
        get: operations["getBundle"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Vault policies, newest first */
        get: operations["listVaultPolicies"];
        put?: never;
        /** What is demanded of keys before the enclave is asked */
        post: operations["createVaultPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/policies/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One vault policy */
        get: operations["getVaultPolicy"];
        put?: never;
        post?: never;
        /** Deletes a vault policy */
        delete: operations["deleteVaultPolicy"];
        options?: never;
        head?: never;
        /** Changes a vault policy */
        patch: operations["updateVaultPolicy"];
        trace?: never;
    };
    "/v1/vault/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Providers and defaults of the realm; never a secret */
        get: operations["getSettings"];
        /** Replaces the settings */
        put: operations["putSettings"];
        post?: never;
        /** Back to the defaults */
        delete: operations["clearSettings"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vault/settings/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tries each provider
         * @description Says what failed; where attested release is claimed, the provider has to refuse a request without attestation.
         */
        post: operations["testSettings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/entries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Entries, newest first */
        get: operations["listEntries"];
        put?: never;
        /**
         * An entry of the caller's own
         * @description The ledger gets digests of name, message and data; they themselves are stored beside it.
         */
        post: operations["createEntry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * New entries as they are recorded
         * @description Server-sent events. Goes on behind Last-Event-ID, or from `since`.
         */
        get: operations["streamEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/seal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A checkpoint of all entries now */
        post: operations["sealLedger"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/checkpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Checkpoints, newest first */
        get: operations["listCheckpoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/checkpoints/latest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest checkpoint */
        get: operations["latestCheckpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/proof/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * That an entry is in the ledger
         * @description RFC 9162; the id is an entry's. 409 while no checkpoint covers the entry.
         */
        get: operations["proveInclusion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/consistency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * That one tree goes on from another
         * @description RFC 9162.
         */
        get: operations["proveConsistency"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/bundle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Entries, checkpoints and keys, for a check offline
         * @description Oldest first, in pages.
         */
        get: operations["getLedgerBundle"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ledger/{org}/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newest checkpoint, a signed note
         * @description C2SP tlog-tiles; answered only where the realm publishes its ledger.
         */
        get: operations["tileCheckpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ledger/{org}/tile/{level}/{n}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A full tile
         * @description C2SP tlog-tiles: 256 hashes, or 256 entries.
         */
        get: operations["tile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ledger/{org}/tile/{level}/{n}.p/{width}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The beginning of a tile that is not full */
        get: operations["partialTile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** API keys of the org, newest first */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Mints an API key
         * @description Its text is shown once. It has no scope, key or environment that the caller's does not have.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One API key */
        get: operations["getApiKey"];
        put?: never;
        post?: never;
        /** Revokes an API key */
        delete: operations["revokeApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A successor; both count for a while */
        post: operations["rotateApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The session that the cookie stands for
         * @description As its login was answered, with the same csrfToken, for a page that was loaded again. With an API key there is none.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Exchanges an API key for a cookie
         * @description The cookie cs_session is HttpOnly and SameSite=Strict. What changes something also needs the csrfToken in X-CSRF-Token.
         */
        post: operations["beginSession"];
        /** Ends the session */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sign/hybrid": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verifies a pair of signatures over one message and records it
         * @description ECDSA on secp256k1 (with the chain solana: Ed25519, in the members that are called ecdsa) and pure ML-DSA with an empty context. Both halves must verify and the ML-DSA public key be registered; then the pair is stored, its record's digest enters the ledger, and the realm's key of purpose hybrid, if there is one, countersigns the record. Without ecdsaScheme, ethereum, polygon and avalanche take eip191 or else keccak256, bitcoin sha256d.
         */
        post: operations["signHybrid"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Something to sign, so that a key can be registered
         * @description The bytes are a fixed text and 32 random bytes. They are good once, within five minutes, for whoever works in this realm.
         */
        post: operations["createChallenge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Registers an ML-DSA public key with a proof that the private one is there
         * @description `proof` is a pure ML-DSA signature, empty context, over the bytes of the challenge; without `challenge`, over those of the newest one of this API key.
         */
        post: operations["registerKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/generate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An ML-DSA key pair from the enclave, registered; the private key is shown once
         * @description The private key is kept nowhere. It crosses the gateway, in memory that is wiped. `expanded` is the secret key of FIPS 204, `seed` the 32 bytes that it comes from.
         */
        post: operations["generateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Registered public keys, newest first */
        get: operations["listRegisteredKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One registered public key */
        get: operations["getRegisteredKey"];
        put?: never;
        post?: never;
        /**
         * Revokes a registered public key, for good
         * @description What was attested under it stays attested.
         */
        delete: operations["revokeRegisteredKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/attestations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Recorded pairs, newest first
         * @description A page has fewer than `limit` where messages are large; whether there are older ones is what nextCursor says.
         */
        get: operations["listAttestations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/attestations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One recorded pair with all that an offline check needs */
        get: operations["getAttestation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/attestations/{id}/bundle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything that proves the countersignature offline
         * @description The bundle of the signature over the record, as GET /v1/signatures/{id}/bundle gives it; not found where there is none.
         */
        get: operations["getAttestationBundle"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pq-signer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An ML-DSA key in the enclave, and signatures with it
         * @description One endpoint for both requests. The data key of each key is released by a KMS to the attested enclave; `user_id` selects the key, is part of what the KMS and the sealed record bind, and gives nobody any right. ML-DSA signs the message itself with an empty context. The channel is authenticated by a client certificate or an API key.
         *
         *     Every error is one of three, and nothing in its body or its headers tells more: what was wrong with a request (malformed-request), that it was not signed (signing-failed, also for a key that is not there, is another's, or is there already), that something did not work (internal-error, worth another try). The answers of the last two come no sooner than a floor. What it was is in the log of the service, under `request_id`.
         */
        post: operations["pqSigner"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pq-signer/record": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is kept of a key, and its birth attestation
         * @description For the operator, who gives both to the custodian; `keyRecord` is the key record of `pq-attest`.
         */
        get: operations["getPqSignerRecord"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @enum {string} */
        PqSignerAlgorithm: "ML-DSA-44" | "ML-DSA-65" | "ML-DSA-87";
        PqSignerRequest: components["schemas"]["PqSignerKeyGeneration"] | components["schemas"]["PqSignerSign"];
        PqSignerKeyGeneration: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            request_type: "key_generation";
            payload: {
                alg: components["schemas"]["PqSignerAlgorithm"];
                /** @description At most 256 bytes of UTF-8, taken as they are. Absent or empty, the service makes a UUIDv4. */
                user_id?: string;
            };
        };
        PqSignerSign: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            request_type: "sign";
            payload: {
                alg: components["schemas"]["PqSignerAlgorithm"];
                /** @description At most 256 bytes of UTF-8. */
                user_id: string;
                /** @description At most 64 bytes once decoded, or as many as the operator allows, up to 4,096. Base64 with padding. */
                message: string;
                /**
                 * @description The answer also has a document of the enclave's root of trust about this signature.
                 * @default false
                 */
                request_attestation?: boolean;
            };
        };
        PqSignerKey: {
            /** @description What selects the key from now on. */
            user_id: string;
            mldsa_pubkey: string;
            /** @description COSE_Sign1 of the root of trust; its user_data commits to public key, wrapped data key, user_id, KMS key, algorithm and time. */
            birth_attestation: string;
            enclave_version: string;
        };
        PqSignerRecord: {
            keyRecord: {
                user_id: string;
                /** @enum {string} */
                alg: "ML-DSA-44" | "ML-DSA-65" | "ML-DSA-87";
                mldsa_pubkey: string;
                /** @description The data key as the KMS wrapped it at birth. */
                wrapped_dk: string;
                kms_key_arn: string;
                created_at_ms: number;
            };
            birthAttestation: string;
            enclaveVersion: string;
            /** @description How the data key came to the enclave: relayed, or attested. */
            keyRelease: string;
        };
        PqSignerSignature: {
            mldsa_signature: string;
            mldsa_public_key: string;
            /** @description COSE_Sign1 with user_data = SHA-256 of the signature and nonce = SHA-256 of the message. */
            attestation?: string;
        };
        PqSignerError: {
            /** @enum {string} */
            error: "malformed-request" | "signing-failed" | "internal-error";
            /** @description The same as X-Request-Id. */
            request_id: string;
        };
        /** @description Bytes as hex of either case; 0x may be left out of a request and is in every answer. */
        Hex: string;
        /**
         * @default ethereum
         * @enum {string}
         */
        Chain: "ethereum" | "polygon" | "avalanche" | "bitcoin" | "solana";
        /**
         * @description What of the message is signed; ed25519 with the chain solana alone.
         * @enum {string}
         */
        EcdsaScheme: "eip191" | "keccak256" | "eip712-digest" | "sha256" | "sha256d" | "ed25519";
        /** @enum {string} */
        PqcAlgorithm: "ml-dsa-44" | "ml-dsa-65" | "ml-dsa-87";
        /**
         * @description What the request is meant for; an API key of the other one is refused with AUTH_004.
         * @enum {string}
         */
        HybridEnvironment: "live" | "test";
        /** @enum {string} */
        HybridCode: "AUTH_001" | "AUTH_002" | "AUTH_003" | "AUTH_004" | "AUTH_005" | "RATE_001" | "PQC_001" | "PQC_002" | "PQC_003" | "PQC_004" | "PQC_005" | "GEN_001" | "GEN_002";
        HybridMeta: {
            requestId: string;
            timestamp: components["schemas"]["Time"];
        };
        HybridError: {
            error: {
                code: components["schemas"]["HybridCode"];
                /** @description A sentence for people. */
                message: string;
                details: {
                    reason: components["schemas"]["Code"];
                    /** @description The member or parameter behind the error. */
                    field?: string;
                    policyId?: string;
                    /** @description The demand of the vault policy that is not met. */
                    rule?: string;
                };
            };
            meta: components["schemas"]["HybridMeta"];
        };
        Empty: Record<string, unknown>;
        HybridSignRequest: {
            /** @description At most 256 KiB. */
            message: components["schemas"]["Hex"];
            /** @description Strict DER, 64 bytes r‖s or 65 bytes r‖s‖v, with a low s. */
            ecdsaSignature: components["schemas"]["Hex"];
            /** @description 65, 33 or 64 bytes; of Ed25519 32. */
            ecdsaPublicKey: components["schemas"]["Hex"];
            pqcSignature: components["schemas"]["Hex"];
            pqcPublicKey: components["schemas"]["Hex"];
            /** @description ml-dsa-44, ml-dsa-65 or ml-dsa-87; others are refused with PQC_001. */
            algorithm: string;
            chain?: components["schemas"]["Chain"];
            ecdsaScheme?: components["schemas"]["EcdsaScheme"];
            /** @description Stored as it is given, at most 16 KiB. */
            metadata?: Record<string, unknown>;
            environment?: components["schemas"]["HybridEnvironment"];
        };
        HybridAttestation: {
            id: string;
            /** @constant */
            status: "verified";
            message: components["schemas"]["Hex"];
            ecdsaPublicKey: components["schemas"]["Hex"];
            pqcPublicKey: components["schemas"]["Hex"];
            algorithm: components["schemas"]["PqcAlgorithm"];
            chain: components["schemas"]["Chain"];
            /** @description The one that matched. */
            ecdsaScheme: components["schemas"]["EcdsaScheme"];
            /** @description With its checksum (EIP-55); null on chains without such addresses. */
            signerAddress: string | null;
            pqcKeyId: string;
            metadata: Record<string, unknown>;
            /** @description Null where the realm had no key of purpose hybrid. */
            countersignatureId: string | null;
            createdAt: components["schemas"]["Time"];
            ledger: components["schemas"]["LedgerPlace"];
        };
        HybridAttestationWhole: {
            id: string;
            /** @constant */
            status: "verified";
            message: components["schemas"]["Hex"];
            ecdsaPublicKey: components["schemas"]["Hex"];
            pqcPublicKey: components["schemas"]["Hex"];
            algorithm: components["schemas"]["PqcAlgorithm"];
            chain: components["schemas"]["Chain"];
            /** @description The one that matched. */
            ecdsaScheme: components["schemas"]["EcdsaScheme"];
            /** @description With its checksum (EIP-55); null on chains without such addresses. */
            signerAddress: string | null;
            pqcKeyId: string;
            metadata: Record<string, unknown>;
            /** @description Null where the realm had no key of purpose hybrid. */
            countersignatureId: string | null;
            createdAt: components["schemas"]["Time"];
            ledger: components["schemas"]["LedgerPlace"];
            ecdsaSignature: components["schemas"]["Hex"];
            pqcSignature: components["schemas"]["Hex"];
            /** @description What was countersigned and what the ledger has the SHA-256 of (protocol/hybrid.md). */
            record: string;
            /** @description The metadata as it was given, which the record has the SHA-256 of. */
            metadataText: string | null;
            /** @description As GET /v1/signatures/{id} gives it; its payload is `countersign/hybrid/v1`, a line feed, and `record`. */
            countersignature: null | components["schemas"]["SignatureDetail"];
        };
        HybridVerifyRequest: {
            /** @description Instead of a pair. */
            attestationId?: string;
            message?: components["schemas"]["Hex"];
            ecdsaSignature?: components["schemas"]["Hex"];
            ecdsaPublicKey?: components["schemas"]["Hex"];
            pqcSignature?: components["schemas"]["Hex"];
            pqcPublicKey?: components["schemas"]["Hex"];
            algorithm?: string;
            chain?: components["schemas"]["Chain"];
            ecdsaScheme?: components["schemas"]["EcdsaScheme"];
        };
        HybridVerifyResult: {
            /** @description Both halves are; a recorded pair is also the one of its record. */
            valid: boolean;
            ecdsaValid: boolean;
            pqcValid: boolean;
            attestationId: string | null;
            algorithm: components["schemas"]["PqcAlgorithm"];
            chain: components["schemas"]["Chain"];
            ecdsaScheme: string | null;
            signerAddress: string | null;
            verifiedAt: components["schemas"]["Time"];
        };
        Challenge: {
            challenge: components["schemas"]["Hex"];
            expiresAt: components["schemas"]["Time"];
        };
        RegisterKeyRequest: {
            publicKey: components["schemas"]["Hex"];
            algorithm: string;
            chain?: components["schemas"]["Chain"];
            label?: string;
            challenge?: components["schemas"]["Hex"];
            proof: components["schemas"]["Hex"];
            environment?: components["schemas"]["HybridEnvironment"];
        };
        GenerateKeyRequest: {
            algorithm: string;
            chain?: components["schemas"]["Chain"];
            label?: string;
            /**
             * @default expanded
             * @enum {string}
             */
            format?: "expanded" | "seed";
            environment?: components["schemas"]["HybridEnvironment"];
        };
        RegisteredKey: {
            id: string;
            publicKey: components["schemas"]["Hex"];
            algorithm: components["schemas"]["PqcAlgorithm"];
            chain: components["schemas"]["Chain"];
            label: string | null;
            /** @enum {string} */
            status: "active" | "revoked";
            /** @enum {string} */
            origin: "registered" | "generated";
            environment: components["schemas"]["HybridEnvironment"];
            createdAt: components["schemas"]["Time"];
            revokedAt: components["schemas"]["Time"] | null;
        };
        GeneratedKey: {
            id: string;
            publicKey: components["schemas"]["Hex"];
            algorithm: components["schemas"]["PqcAlgorithm"];
            chain: components["schemas"]["Chain"];
            label: string | null;
            /** @enum {string} */
            status: "active" | "revoked";
            /** @enum {string} */
            origin: "registered" | "generated";
            environment: components["schemas"]["HybridEnvironment"];
            createdAt: components["schemas"]["Time"];
            revokedAt: components["schemas"]["Time"] | null;
            privateKey: components["schemas"]["Hex"];
            /** @enum {string} */
            privateKeyFormat: "expanded" | "seed";
        };
        RevokedKey: {
            id: string;
            revokedAt: components["schemas"]["Time"];
        };
        /** @enum {string} */
        Algorithm: "mldsa44+ed25519" | "mldsa44+ecdsa-p256" | "mldsa65+ed25519" | "mldsa65+ecdsa-p256" | "mldsa87+ecdsa-p384" | "mldsa87+ed448" | "mldsa87+ed25519" | "mldsa87+ecdsa-p256" | "mldsa44" | "mldsa65" | "mldsa87";
        /** @enum {string} */
        SignatureFormat: "composite" | "concat" | "envelope" | "pure";
        /** Format: date-time */
        Time: string;
        /**
         * @description Stable; a row of the error table each. Those of the enclave and of frames are for logs.
         * @enum {string}
         */
        Code: "INTERNAL" | "NO_MEMORY" | "CRYPTO" | "RANDOM" | "IO" | "CONFIG" | "REMOTE_UNREACHABLE" | "REMOTE_SILENT" | "CLOUD_CREDENTIALS" | "TOO_LARGE" | "BAD_ENCODING" | "BAD_JSON" | "BAD_FIELD" | "MISSING_FIELD" | "UNKNOWN_FIELD" | "BAD_FORMAT" | "BAD_REQUEST" | "BAD_CURSOR" | "PAYLOAD_TOO_LARGE" | "BODY_TOO_LARGE" | "BAD_MEDIA_TYPE" | "METHOD_NOT_ALLOWED" | "REQUEST_TIMEOUT" | "UNAUTHENTICATED" | "FORBIDDEN" | "CSRF" | "ACCOUNT_SUSPENDED" | "WRONG_ENVIRONMENT" | "NOT_FOUND" | "CONFLICT" | "IDEMPOTENCY_MISMATCH" | "SECRET_NOT_REPLAYABLE" | "NAME_TAKEN" | "RATE_LIMITED" | "OVERLOADED" | "STORE_UNAVAILABLE" | "ENCLAVE_UNAVAILABLE" | "UNKNOWN_ALGORITHM" | "UNKNOWN_SIGNATURE_FORMAT" | "FORMAT_NOT_OFFERED" | "BAD_PUBLIC_KEY" | "BAD_PRIVATE_KEY" | "BAD_SIGNATURE" | "BAD_CONTEXT" | "PREHASH_NOT_OFFERED" | "PREHASH_ALGORITHM" | "RESERVED_PREFIX" | "KEY_NOT_ACTIVE" | "PROVIDER_NOT_AVAILABLE" | "PROVIDER_NOT_SET_UP" | "PROVIDER_ROLE" | "PROVIDER_HALF" | "PROVIDER_NO_MLDSA" | "PROVIDER_NO_ED25519" | "PROVIDER_NOT_BUILT" | "SEALING_NOT_AVAILABLE" | "KEY_PURPOSE" | "COUNTER_NOT_FRESH" | "POLICY_REQUIRED" | "SEAL_BROKEN" | "KEK_UNUSABLE" | "KMS_RECIPIENT" | "KMS_ANSWER" | "KMS_DENIED" | "KMS_UNAVAILABLE" | "KMS_SIGNATURE" | "KMS_KEY" | "KMS_MESSAGE" | "KMS_PLAINTEXT" | "KMS_TLS" | "SELF_CHECK" | "PQ_ALGORITHM" | "RESERVED_PAYLOAD" | "ROOT_UNAVAILABLE" | "COUNTERS_FULL" | "PQC_003" | "PQC_005" | "BAD_CHALLENGE" | "ALREADY_REGISTERED" | "LEDGER_FORK" | "LEDGER_PROOF" | "LEDGER_NOTE" | "LEDGER_ORGS_FULL" | "PQC_001" | "PQC_002" | "PQC_004" | "GEN_001" | "LEDGER_EMPTY" | "POLICY_ALLOWLIST_EMPTY" | "POLICY_HASH" | "POLICY_ROOT" | "POLICY_KEYS" | "POLICY_VENDOR" | "POLICY_MOCK" | "POLICY_FOREIGN_ROOT" | "POLICY_BOUND" | "RULE_EMPTY" | "POLICY_VIOLATED" | "RULES_FULL" | "ATTESTATION_REJECTED" | "ATT_MOCK_REFUSED" | "ATT_TOO_LARGE" | "ATT_SHAPE" | "ATT_JSON" | "ATT_VENDOR_MISMATCH" | "ATT_HEADER_MISMATCH" | "ATT_EVIDENCE_FORMAT" | "ATT_EVIDENCE_ALGORITHM" | "ATT_KEY_UNKNOWN" | "ATT_KEY_WEAK" | "ATT_ROOT_MISMATCH" | "ATT_CHAIN" | "ATT_CERT_NOT_YET_VALID" | "ATT_CERT_EXPIRED" | "ATT_CERT_REVOKED" | "ATT_PROOF_INVALID" | "ATT_ISSUER_MISMATCH" | "ATT_AUDIENCE_MISMATCH" | "ATT_TOKEN_NOT_YET_VALID" | "ATT_TOKEN_EXPIRED" | "ATT_REPORT_MISMATCH" | "ATT_PUBLIC_KEY_MISMATCH" | "ATT_COMMITMENT_MISMATCH" | "ATT_PROFILE" | "ATT_KIND" | "ATT_CLAIMS" | "ATT_COMPAT_CLAIMS" | "ATT_IMAGE_MISMATCH" | "ATT_DEBUG" | "ATT_ALLOWLIST_EMPTY" | "ATT_PLATFORM" | "ATT_REGISTER_MISSING" | "ATT_IMAGE_NOT_ALLOWED" | "ATT_OVERRIDE" | "ATT_WORKLOAD" | "ATT_TCB" | "ATT_COLLATERAL" | "ATT_ENCLAVE_VERSION" | "ATT_SESSION_EPOCH" | "ATT_NONCE_MISMATCH" | "ATT_FROM_FUTURE" | "ATT_TIME_MISMATCH" | "ATT_SESSION_EXPIRED" | "ATT_EXPIRED" | "ATT_UNDATED" | "ATT_PAYLOAD_MISMATCH" | "ATT_PREHASH_MISMATCH" | "ATT_SIGNATURE_MISMATCH" | "ATT_KEY_MISMATCH" | "ATT_ALGORITHM_MISMATCH" | "ATT_PURPOSE_MISMATCH" | "BIRTH_FORMAT" | "BIRTH_PUBLIC_KEY" | "BIRTH_WRAPPED_DK" | "BIRTH_USER" | "BIRTH_KMS_KEY" | "BIRTH_ALGORITHM" | "BIRTH_CREATED" | "BIRTH_HASH" | "BIRTH_CLOCK" | "NOTE_FORMAT" | "NOTE_UNSIGNED" | "NOTE_SIGNATURE" | "NOTE_ORIGIN" | "BAD_VKEY" | "BUNDLE_FORMAT" | "BUNDLE_POLICY" | "BUNDLE_PAYLOAD" | "BUNDLE_ENTRY" | "BUNDLE_VIOLATION" | "BUNDLE_POSITION" | "BUNDLE_INCLUSION" | "BUNDLE_WITNESS" | "BUNDLE_NOT_PINNED" | "HYBRID_FORMAT" | "HYBRID_RECORD" | "HYBRID_TIME" | "LEDGER_CHANGED" | "LEDGER_REMOVED" | "LEDGER_REORDERED" | "LEDGER_ADDED" | "LEDGER_TRUNCATED" | "LINEAGE_START" | "LINEAGE_BROKEN" | "LINEAGE_SIGNATURE" | "FRAME_LENGTH" | "FRAME_TYPE" | "FRAME_CLOSED" | "FRAME_DEADLINE" | "PEER_REFUSED";
        Error: {
            /** @constant */
            success: false;
            /** @description A sentence for people. */
            error: string;
            code: components["schemas"]["Code"];
            requestId: string;
            details: components["schemas"]["ErrorDetails"];
        };
        ErrorDetails: {
            /** @description The member or parameter behind the error. */
            field?: string;
            reason?: components["schemas"]["Code"];
            policyId?: string;
            /** @description The demand of the vault policy that is not met. */
            rule?: string;
        };
        Pagination: {
            limit: number;
            /** @description Opaque; a changed one is 400 BAD_CURSOR. */
            nextCursor: string | null;
        };
        Warning: {
            policyId: string;
            name: string;
            rule: string;
        };
        /** @description Vault policies of action warn that the operation violates. */
        Warnings: components["schemas"]["Warning"][];
        LedgerPlace: {
            seq: number;
            entryId: string;
        };
        Key: {
            id: string;
            name: string;
            /** @enum {string} */
            status: "active" | "superseded" | "suspended" | "revoked";
            algorithm: components["schemas"]["Algorithm"];
            signatureFormat: components["schemas"]["SignatureFormat"];
            providers: {
                kek: string;
                classical: string;
                pq: string;
            };
            /** @description Keys in a KMS that belong to it, where there are any, until the key is revoked. */
            keyRef?: {
                kek?: string;
                classical?: string;
                pq?: string;
            };
            tier: number;
            /** @enum {string} */
            keyRelease: "local" | "agent-visible" | "relayed" | "attested";
            /** @enum {string} */
            purpose: "sign" | "hybrid";
            environment: string;
            attestationPolicyId: string | null;
            /** @description Stored as given, at most 16 KiB of JSON; the ledger gets its digest. */
            metadata: Record<string, unknown>;
            createdAt: components["schemas"]["Time"];
            lastUsedAt: components["schemas"]["Time"] | null;
            revokedAt: components["schemas"]["Time"] | null;
        };
        Link: {
            predecessor: string;
            successor: string;
            createdAt: components["schemas"]["Time"];
            /** @description What the predecessor signed: it names both keys and their public keys. */
            statement: string;
            signature: string;
            /** @description The successor's. */
            publicKey: string;
            docB64?: string;
        };
        BirthAttestation: {
            vendor: string;
            docB64: string;
            sealedSha256: string;
            verdict: components["schemas"]["Verdict"];
        };
        /** @enum {string} */
        Verdict: "pass" | "fail" | "absent";
        KeyDetail: {
            id: string;
            name: string;
            /** @enum {string} */
            status: "active" | "superseded" | "suspended" | "revoked";
            algorithm: components["schemas"]["Algorithm"];
            signatureFormat: components["schemas"]["SignatureFormat"];
            providers: {
                kek: string;
                classical: string;
                pq: string;
            };
            /** @description Keys in a KMS that belong to it, where there are any, until the key is revoked. */
            keyRef?: {
                kek?: string;
                classical?: string;
                pq?: string;
            };
            tier: number;
            /** @enum {string} */
            keyRelease: "local" | "agent-visible" | "relayed" | "attested";
            /** @enum {string} */
            purpose: "sign" | "hybrid";
            environment: string;
            attestationPolicyId: string | null;
            /** @description Stored as given, at most 16 KiB of JSON; the ledger gets its digest. */
            metadata: Record<string, unknown>;
            createdAt: components["schemas"]["Time"];
            lastUsedAt: components["schemas"]["Time"] | null;
            revokedAt: components["schemas"]["Time"] | null;
            publicKey: string;
            /** @description null where the format has no PEM form. */
            publicKeyPem: string | null;
            lineage: components["schemas"]["Link"][];
            birthAttestation: components["schemas"]["BirthAttestation"];
            warnings?: components["schemas"]["Warnings"];
        };
        KeyRevoked: {
            id: string;
            revokedAt: components["schemas"]["Time"];
        };
        NewKey: {
            /** @description Unique among the live keys of the realm. */
            name: string;
            algorithm?: components["schemas"]["Algorithm"];
            signatureFormat?: components["schemas"]["SignatureFormat"];
            /** @enum {string} */
            kekProvider?: "env" | "aws-kms" | "azure-kv" | "gcp-kms";
            /** @enum {string} */
            keyProvider?: "managed" | "postq-managed" | "aws-kms" | "azure-kv" | "gcp-kms";
            /** @enum {string} */
            pqProvider?: "managed" | "postq-managed" | "enclave-mock" | "enclave-nitro" | "enclave-azure" | "enclave-gcp" | "aws-kms" | "gcp-kms" | "pkcs11" | "aws-cloudhsm" | "azure-managed-hsm";
            /** @description ARNs of existing keys in the KMS for halves whose provider is aws-kms: P-256 or Ed25519, and ML-DSA, as the algorithm has them; no aliases. Without one, a new key is made there. */
            keyRef?: {
                classical?: string;
                pq?: string;
            };
            /** @description Needed where pqProvider is of enclave kind. */
            attestationPolicyId?: string;
            /**
             * @default sign
             * @enum {string}
             */
            purpose?: "sign" | "hybrid";
            /** @default production */
            environment?: string;
            /** @description Stored as given, at most 16 KiB of JSON; the ledger gets its digest. */
            metadata?: Record<string, unknown>;
        };
        AuditEntry: {
            id: string;
            operation: string;
            payloadSha256: string | null;
            payloadSize: number | null;
            verified: boolean | null;
            metadata: {
                eventType: string;
                seq: number;
                actorId: string;
                subjectId: string;
                data: Record<string, unknown>;
            };
            createdAt: components["schemas"]["Time"];
        };
        SignItem: {
            /** @description Id, or the name of a live key. */
            keyId: string;
            /** @description At most 512 KiB decoded; or preHash. */
            payload?: string;
            preHash?: {
                /**
                 * @description The pre-hash of the key's algorithm.
                 * @enum {string}
                 */
                alg: "sha256" | "sha512" | "shake256";
                value: string;
            };
            /** @description With preHash: the size of the payload. */
            payloadSize?: number;
            /** @description 8 to 64 bytes that the attestation has to carry. */
            nonce?: string;
            /** @description Stored as given, at most 16 KiB of JSON; the ledger gets its digest. */
            metadata?: Record<string, unknown>;
        };
        SignRequest: {
            /** @description Id, or the name of a live key. */
            keyId: string;
            /** @description At most 512 KiB decoded; or preHash. */
            payload?: string;
            preHash?: {
                /**
                 * @description The pre-hash of the key's algorithm.
                 * @enum {string}
                 */
                alg: "sha256" | "sha512" | "shake256";
                value: string;
            };
            /** @description With preHash: the size of the payload. */
            payloadSize?: number;
            /** @description 8 to 64 bytes that the attestation has to carry. */
            nonce?: string;
            /** @description Stored as given, at most 16 KiB of JSON; the ledger gets its digest. */
            metadata?: Record<string, unknown>;
            /** @default false */
            dryRun?: boolean;
        };
        Attestation: {
            vendor: string | null;
            imageHash: string | null;
            counter: number | null;
            docB64: string;
            verdict: components["schemas"]["Verdict"];
            reason?: components["schemas"]["Code"];
            policyId: string | null;
            policyVersion: number | null;
            policyHash?: string;
        };
        SignResult: {
            signatureId: string;
            keyId: string;
            algorithm: components["schemas"]["Algorithm"];
            signatureFormat: components["schemas"]["SignatureFormat"];
            signature: string;
            signatureB64: string;
            signatureBase64: string;
            publicKey: string;
            payloadSha256?: string;
            payloadPreHash?: string;
            payloadSize: number;
            attestation: components["schemas"]["Attestation"];
            ledger: components["schemas"]["LedgerPlace"];
            warnings?: components["schemas"]["Warnings"];
        } & (unknown | unknown);
        BatchSignResult: {
            signatureId: string;
            keyId: string;
            algorithm: components["schemas"]["Algorithm"];
            signatureFormat: components["schemas"]["SignatureFormat"];
            signature: string;
            publicKey: string;
            payloadSha256?: string;
            payloadPreHash?: string;
            payloadSize: number;
            attestation: components["schemas"]["Attestation"];
            ledger: components["schemas"]["LedgerPlace"];
            warnings?: components["schemas"]["Warnings"];
        } & (unknown | unknown);
        DryRun: {
            /** @constant */
            dryRun: true;
            wouldSign: boolean;
            keyId: string;
            algorithm: components["schemas"]["Algorithm"];
            signatureFormat: components["schemas"]["SignatureFormat"];
            payloadSha256?: string;
            payloadPreHash?: string;
            payloadSize: number;
            attestation: {
                policyId: string | null;
                policyVersion: number | null;
                enforce: boolean;
                /** @enum {string} */
                expected: "pass" | "fail" | "absent" | "unknown";
                reason?: components["schemas"]["Code"];
            };
            refusals: {
                code: components["schemas"]["Code"];
                error: string;
                reason?: components["schemas"]["Code"];
                policyId?: string;
                rule?: string;
            }[];
            warnings?: components["schemas"]["Warnings"];
        } & (unknown | unknown);
        BatchItem: {
            index: number;
            /** @constant */
            ok: true;
            data: components["schemas"]["BatchSignResult"];
        } | {
            index: number;
            /** @constant */
            ok: false;
            error: string;
            code: components["schemas"]["Code"];
            details: components["schemas"]["ErrorDetails"];
        };
        BatchResult: {
            signed: number;
            refused: number;
            items: components["schemas"]["BatchItem"][];
        };
        VerifyRequest: {
            /** @description At most 512 KiB decoded; or preHash. */
            payload?: string;
            preHash?: {
                /**
                 * @description The pre-hash of the key's algorithm.
                 * @enum {string}
                 */
                alg: "sha256" | "sha512" | "shake256";
                value: string;
            };
            /** @description With preHash: the size of the payload. */
            payloadSize?: number;
            signature: string;
            /** @description Id, or the name of a live key. */
            keyId?: string;
            /** @description JSON or PEM text; instead of keyId. */
            publicKey?: string;
        } & ({
            keyId: string;
        } | {
            publicKey: string;
        });
        VerifyResult: {
            ok: boolean;
            algorithm: components["schemas"]["Algorithm"];
            /** @description As pqOk where the key has no classical half. */
            classicalOk: boolean;
            pqOk: boolean;
            /** @description false: the store cannot write; the verification stands. */
            recorded: boolean;
            warnings?: components["schemas"]["Warnings"];
        };
        StoredSignature: {
            id: string;
            keyId: string;
            payloadSha256?: string;
            payloadPreHash?: string;
            payloadSize: number;
            verdict: components["schemas"]["Verdict"];
            reason?: components["schemas"]["Code"];
            policyId: string | null;
            policyVersion: number | null;
            policyHash?: string;
            createdAt: components["schemas"]["Time"];
            ledger: components["schemas"]["LedgerPlace"];
        } & (unknown | unknown);
        SignatureDetail: {
            id: string;
            keyId: string;
            payloadSha256?: string;
            payloadPreHash?: string;
            payloadSize: number;
            verdict: components["schemas"]["Verdict"];
            reason?: components["schemas"]["Code"];
            policyId: string | null;
            policyVersion: number | null;
            policyHash?: string;
            createdAt: components["schemas"]["Time"];
            ledger: components["schemas"]["LedgerPlace"];
            algorithm: components["schemas"]["Algorithm"];
            signatureFormat: components["schemas"]["SignatureFormat"];
            signature: string;
            signatureB64: string;
            signatureBase64: string;
            publicKey: string;
            attestation: components["schemas"]["Attestation"];
            nonce: string;
            /** @description Stored as given, at most 16 KiB of JSON; the ledger gets its digest. */
            metadata: Record<string, unknown>;
        } & (unknown | unknown);
        /** @description Everything that proves one signature offline: `countersign verify --bundle` needs no network. */
        Bundle: {
            mediaType: string;
            version: number;
            signatureId: string;
            payloadSha256?: string;
            payloadPreHash?: string;
            keyId: string;
            publicKey: string;
            signature: string;
            docB64: string;
            policy?: {
                id: string;
                version: number;
                hash: string;
                policy: Record<string, unknown>;
            };
            /** @description The ledger entry, the bytes that were hashed. */
            entry: string;
            inclusion: {
                leafIndex: number;
                proofHex: string[];
            };
            /** @description Signed note (C2SP), with the cosignatures that came. */
            checkpoint: string;
        };
        /** @enum {string} */
        Vendor: "mock" | "aws-nitro-enclave" | "azure-confidential-vm" | "gcp-confidential-space" | "amd-sev-snp" | "intel-tdx";
        Hashes: string[];
        /** @description Number of a register to the values that it may have. */
        Registers: {
            [key: string]: components["schemas"]["Hashes"];
        };
        /** @description What the evidence must show, by vendor (protocol/attestation.md §9); in answers in canonical form. */
        MatchRules: components["schemas"]["MockRules"] | components["schemas"]["NitroRules"] | components["schemas"]["AzureRules"] | components["schemas"]["GcpRules"] | components["schemas"]["SnpRules"] | components["schemas"]["TdxRules"];
        MockRules: {
            allowedImageHashes: components["schemas"]["Hashes"];
            rootPublicKeyB64: string;
        };
        NitroRules: {
            pcrs: components["schemas"]["Registers"];
            minEnclaveVersion?: string;
            rootCertificatePem?: string;
        };
        AzureRules: {
            pcrs: components["schemas"]["Registers"];
            issuers?: string[];
            jwks?: components["schemas"]["KeySet"];
            arkPem?: string;
            idKeyDigests?: components["schemas"]["Hashes"];
            launchMeasurements?: components["schemas"]["Hashes"];
            minSvn?: {
                bootloader?: number;
                tee?: number;
                snp?: number;
                microcode?: number;
                guest?: number;
            };
        };
        GcpRules: {
            imageDigests: components["schemas"]["Hashes"];
            audience: string;
            jwks?: components["schemas"]["KeySet"];
            rootCertificatePem?: string;
            serviceAccounts?: string[];
            projectIds?: string[];
            hwmodels?: ("GCP_AMD_SEV" | "GCP_AMD_SEV_ES" | "GCP_INTEL_TDX")[];
            allowEnvOverride?: boolean;
        };
        SnpRules: {
            measurements: components["schemas"]["Hashes"];
            minTcb?: {
                bootloader?: number;
                tee?: number;
                snp?: number;
                microcode?: number;
                fmc?: number;
            };
            maxVmpl?: number;
            arkPem?: string;
        };
        TdxRules: {
            mrtd: components["schemas"]["Hashes"];
            rtmr?: components["schemas"]["Registers"];
            rootPem?: string;
            /** @description Intel's answers and lists, as they came. */
            collateral?: {
                tcbInfo: string;
                qeIdentity: string;
                issuerChain: string;
                rootCrl: string;
                pckCrl: string;
                acceptedStatuses?: string[];
            };
        };
        /** @description A JWK set. */
        KeySet: {
            keys: Record<string, unknown>[];
        };
        NewAttestationPolicy: {
            name: string;
            vendor: components["schemas"]["Vendor"];
            matchRules: components["schemas"]["MatchRules"];
            /** @enum {string} */
            evidence?: "operation" | "session";
            maxDocAgeSeconds?: number;
            maxSessionAgeSeconds?: number;
            requireDated?: boolean;
            enforce?: boolean;
            /** @description Stored as given, at most 16 KiB of JSON; the ledger gets its digest. */
            metadata?: Record<string, unknown>;
        };
        AttestationPolicyChange: {
            name?: string;
            vendor?: components["schemas"]["Vendor"];
            matchRules?: components["schemas"]["MatchRules"];
            /** @enum {string} */
            evidence?: "operation" | "session";
            maxDocAgeSeconds?: number;
            maxSessionAgeSeconds?: number;
            requireDated?: boolean;
            enforce?: boolean;
            /** @description Stored as given, at most 16 KiB of JSON; the ledger gets its digest. */
            metadata?: Record<string, unknown>;
        };
        /** @description The members from `enforce` to `vendor` are those that were hashed; the whole object can be pinned. */
        AttestationPolicy: {
            id: string;
            version: number;
            hash: string;
            createdAt: components["schemas"]["Time"];
            updatedAt: components["schemas"]["Time"];
            name: string;
            vendor: components["schemas"]["Vendor"];
            matchRules: components["schemas"]["MatchRules"];
            /** @enum {string} */
            evidence: "operation" | "session";
            maxDocAgeSeconds: number;
            maxSessionAgeSeconds: number;
            requireDated: boolean;
            enforce: boolean;
            /** @description Stored as given, at most 16 KiB of JSON; the ledger gets its digest. */
            metadata: Record<string, unknown>;
        };
        AttestationPolicyDeleted: {
            id: string;
            /** @constant */
            deleted: true;
        };
        Rule: {
            /** @enum {string} */
            matchOperation?: "sign" | "verify" | "key_create" | "*";
            algorithmIn?: components["schemas"]["Algorithm"][];
            algorithmNotIn?: components["schemas"]["Algorithm"][];
            requireHybrid?: boolean;
            /** @enum {integer} */
            minPqLevel?: 2 | 3 | 5;
            minTier?: number;
            requireAttested?: boolean;
            /** @enum {string} */
            requireKeyRelease?: "relayed" | "attested";
        };
        NewVaultPolicy: {
            name: string;
            description?: string;
            /** @enum {string} */
            action?: "enforce" | "warn" | "audit";
            enabled?: boolean;
            environments?: string[];
            rule: components["schemas"]["Rule"];
        };
        VaultPolicyChange: {
            name?: string;
            description?: string;
            /** @enum {string} */
            action?: "enforce" | "warn" | "audit";
            enabled?: boolean;
            environments?: string[];
            rule?: components["schemas"]["Rule"];
        };
        VaultPolicy: {
            id: string;
            createdAt: components["schemas"]["Time"];
            updatedAt: components["schemas"]["Time"];
            /**
             * @description The stored policy is not what was stored; it refuses everything.
             * @constant
             */
            damaged?: true;
            name: string;
            description: string;
            /** @enum {string} */
            action: "enforce" | "warn" | "audit";
            enabled: boolean;
            environments: string[];
            rule: components["schemas"]["Rule"];
        };
        VaultPolicyDeleted: {
            id: string;
            deletedAt: components["schemas"]["Time"];
        };
        NewSettings: {
            /** @enum {string} */
            defaultKekProvider?: "env" | "aws-kms" | "azure-kv" | "gcp-kms";
            /** @enum {string} */
            defaultSignatureFormat?: "composite" | "concat" | "envelope";
            aws?: {
                keyArn: string;
                roleArn?: string;
                externalId?: string;
                region?: string;
            };
            azure?: {
                /** Format: uri */
                vaultUrl: string;
                kekName: string;
                tenantId?: string;
                clientId?: string;
                /** @description Sealed by the agent; the gateway stores ciphertext only. */
                clientSecret?: string;
            };
            gcp?: {
                kekKeyName: string;
                keyRingName?: string;
                protectionLevel?: string;
            };
            /**
             * @description The realm's tiles and checkpoints are public.
             * @default false
             */
            publishLedger?: boolean;
        };
        Settings: {
            /** @enum {string} */
            defaultKekProvider: "env" | "aws-kms" | "azure-kv" | "gcp-kms";
            /** @enum {string} */
            defaultSignatureFormat?: "composite" | "concat" | "envelope";
            aws?: {
                keyArn: string;
                roleArn?: string;
                externalId?: string;
                region?: string;
            };
            azure?: {
                /** Format: uri */
                vaultUrl: string;
                kekName: string;
                tenantId?: string;
                clientId?: string;
                clientSecretConfigured?: boolean;
            };
            gcp?: {
                kekKeyName: string;
                keyRingName?: string;
                protectionLevel?: string;
            };
            /**
             * @description The realm's tiles and checkpoints are public.
             * @default false
             */
            publishLedger: boolean;
        };
        SettingsSaved: {
            savedAt: components["schemas"]["Time"];
        };
        SettingsCleared: {
            /** @constant */
            cleared: true;
        };
        SettingsTest: {
            results: {
                provider: string;
                ok: boolean;
                code?: components["schemas"]["Code"];
                error?: string;
            }[];
            ok: boolean;
        };
        Entry: {
            id: string;
            seq: number;
            prevHashHex: string;
            entryHashHex: string;
            /** @description The entry; its RFC 8785 form is what was hashed. */
            payload: {
                actorId: string;
                data: Record<string, unknown>;
                eventType: string;
                prev: string;
                seq: number;
                subjectId: string;
                time: components["schemas"]["Time"];
            };
            eventType: string;
            subjectId: string;
            actorId: string;
            createdAt: components["schemas"]["Time"];
            custom?: {
                name: string;
                message: string | null;
                data: Record<string, unknown> | null;
            };
        };
        NewEntry: {
            name: string;
            message?: string;
            subjectId?: string;
            data?: Record<string, unknown>;
        };
        Checkpoint: {
            id: string;
            treeSize: number;
            merkleRootHex: string;
            signatureBase64: string;
            /** @description The signed note (C2SP) itself. */
            note: string;
            signingKeyId: string;
            publishedTo: string[];
            createdAt: components["schemas"]["Time"];
        };
        Sealed: {
            id: string;
            treeSize: number;
            merkleRootHex: string;
            signatureBase64: string;
            /** @description The signed note (C2SP) itself. */
            note: string;
            signingKeyId: string;
            publishedTo: string[];
            createdAt: components["schemas"]["Time"];
            /** @description false: there was nothing new to seal. */
            fresh: boolean;
        };
        InclusionProof: {
            entryId: string;
            leafIndex: number;
            leafHashHex: string;
            checkpoint: components["schemas"]["Checkpoint"];
            proofHex: string[];
        };
        ConsistencyProof: {
            from: number;
            to: number;
            fromRootHex: string;
            toRootHex: string;
            proofHex: string[];
        };
        LedgerBundle: {
            /** @constant */
            version: 1;
            org: string;
            origin: string;
            generatedAt: components["schemas"]["Time"];
            entries: components["schemas"]["Entry"][];
            checkpoints: components["schemas"]["Checkpoint"][];
            signingKeys: {
                id: string;
                /** @enum {string} */
                algorithm: "ed25519" | "mldsa44";
                publicKeyBase64: string;
                vkey: string;
            }[];
        };
        Enclave: {
            vendor: string;
            /**
             * @description How its documents are proven.
             * @enum {string}
             */
            evidence: "operation" | "session";
            imageHash: string;
            rootSha256: string;
            /** @description Whether the root is one of the vendors' that are compiled in. */
            hardware: boolean;
            /** @description Of vendor mock only. */
            rootPublicKeyB64?: string;
            /** @description A policy in canonical form that this enclave satisfies and no other, as it says itself. */
            policy: Record<string, unknown>;
            version: string;
            epoch: string;
            ledgerKeys: {
                ed25519: string;
                mldsa44: string;
            };
            docB64: string;
            /** @description The ML-DSA implementation at work. */
            mldsaEngine: string;
            /** @description How often its judge disagreed; not 0 is an alarm. */
            mldsaDisagreements: number;
        };
        ApiKey: {
            id: string;
            name: string;
            /** @enum {string} */
            type: "secret" | "publishable";
            /** @enum {string} */
            environment: "live" | "test";
            scopes: ("keys" | "sign" | "verify" | "policies" | "ledger" | "settings" | "pq-signer" | "hybrid" | "admin")[];
            keyIds: string[];
            createdAt: components["schemas"]["Time"];
            expiresAt: components["schemas"]["Time"] | null;
            revokedAt: components["schemas"]["Time"] | null;
        };
        ApiKeyMinted: {
            id: string;
            name: string;
            /** @enum {string} */
            type: "secret" | "publishable";
            /** @enum {string} */
            environment: "live" | "test";
            scopes: ("keys" | "sign" | "verify" | "policies" | "ledger" | "settings" | "pq-signer" | "hybrid" | "admin")[];
            keyIds: string[];
            createdAt: components["schemas"]["Time"];
            expiresAt: components["schemas"]["Time"] | null;
            revokedAt: components["schemas"]["Time"] | null;
            /** @description Shown once. */
            apiKey: string;
            predecessor?: {
                id: string;
                expiresAt: components["schemas"]["Time"];
            };
        };
        NewApiKey: {
            name: string;
            /** @enum {string} */
            type: "secret" | "publishable";
            /** @enum {string} */
            environment: "live" | "test";
            scopes: ("keys" | "sign" | "verify" | "policies" | "ledger" | "settings" | "pq-signer" | "hybrid" | "admin")[];
            keyIds?: string[];
        };
        ApiKeyRevoked: {
            id: string;
            revokedAt: components["schemas"]["Time"];
        };
        Session: {
            org: string;
            orgId: string;
            /** @enum {string} */
            environment: "live" | "test";
            scopes: ("keys" | "sign" | "verify" | "policies" | "ledger" | "settings" | "pq-signer" | "hybrid" | "admin")[];
            csrfToken: string;
            expiresAt: components["schemas"]["Time"];
        };
        StageTimes: {
            count: number;
            p50Us: number;
            p95Us: number;
            p99Us: number;
        };
        Stats: {
            keys: {
                active: number;
                superseded: number;
                suspended: number;
                revoked: number;
            };
            signatures: {
                pass: number;
                fail: number;
                absent: number;
            };
            attestationPolicies: number;
            policies: number;
            registeredKeys: number;
            hybridAttestations: number;
            ledger: {
                entries: number;
                checkpoints: number;
            };
            stages: {
                queue: components["schemas"]["StageTimes"];
                enclave: components["schemas"]["StageTimes"];
                verify: components["schemas"]["StageTimes"];
                commit: components["schemas"]["StageTimes"];
                request: components["schemas"]["StageTimes"];
            };
        };
        Health: {
            /** @constant */
            status: "ok";
            version: string;
        };
        Readiness: {
            /** @enum {string} */
            status: "ready" | "not ready";
            version: string;
            checks?: {
                db: string;
                ledger: string;
                agent: string;
                enclave: string;
                kms: string;
            };
            /** @description Sentences on what does not keep it from signing yet; left out when there are none. */
            warnings?: string[];
        };
    };
    responses: {
        /** @description The request is not well formed; `details.field` names the member or parameter. */
        Malformed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "matchRules.allowedImageHashes: A hash of the policy is not canonical.",
                 *       "code": "POLICY_HASH",
                 *       "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *       "details": {
                 *         "field": "matchRules.allowedImageHashes"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description No valid API key, or it is revoked. */
        Unauthenticated: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                /** @description How to authenticate */
                "WWW-Authenticate"?: "Bearer";
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "No valid API key.",
                 *       "code": "UNAUTHENTICATED",
                 *       "requestId": "9c40078e07c84528687b6fe18280fc95",
                 *       "details": {}
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The API key has no scope for this, or a session's request lacks the CSRF token. */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "The API key has no scope for this.",
                 *       "code": "FORBIDDEN",
                 *       "requestId": "5c8415b6a7602e2e1efb932aa455bbe4",
                 *       "details": {}
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description No such thing; also for ids of other orgs, indistinguishably. */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "No such thing.",
                 *       "code": "NOT_FOUND",
                 *       "requestId": "1ebda289080eba9fa84601e8584105a1",
                 *       "details": {}
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The present state does not allow it, or the idempotency key was used for another request. */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "A key that is not revoked is bound to the policy.",
                 *       "code": "POLICY_BOUND",
                 *       "requestId": "180635fe2baf69351d45991426ab5408",
                 *       "details": {}
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Body, payload or member is too large. */
        TooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "The body is larger than 1 MiB.",
                 *       "code": "BODY_TOO_LARGE",
                 *       "requestId": "31a2f6785a17f893c0c2ac40e2701967",
                 *       "details": {}
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description A body must be sent as application/json. */
        MediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "Content-Type: A body must be sent as application/json.",
                 *       "code": "BAD_MEDIA_TYPE",
                 *       "requestId": "e51eefd1974eb64d1c768d8e01505c01",
                 *       "details": {
                 *         "field": "Content-Type"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description An attestation, an attestation policy or a vault policy refuses. */
        Refused: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "pqProvider: not available at this provider: Azure has no ML-DSA keys, neither in Key Vault nor in Managed HSM: leave this half managed, or put it in AWS KMS.",
                 *       "code": "PROVIDER_NOT_AVAILABLE",
                 *       "requestId": "c9616df14e0d694b8b3e45255e6d10ab",
                 *       "details": {
                 *         "field": "pqProvider",
                 *         "reason": "PROVIDER_NO_MLDSA"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Too many requests with this API key, or from this address. */
        TooManyRequests: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "Too many requests with this API key, or from this address.",
                 *       "code": "RATE_LIMITED",
                 *       "requestId": "31a2f6785a17f893c0c2ac40e2701967",
                 *       "details": {}
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Something is wrong with the service. */
        Internal: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "Internal error.",
                 *       "code": "INTERNAL",
                 *       "requestId": "31a2f6785a17f893c0c2ac40e2701967",
                 *       "details": {}
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Store, enclave or a place to run is not to be had; nothing was done. */
        Unavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": "The store cannot write; nothing is signed until it can.",
                 *       "code": "STORE_UNAVAILABLE",
                 *       "requestId": "31a2f6785a17f893c0c2ac40e2701967",
                 *       "details": {}
                 *     }
                 */
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description PQC_001, PQC_002, PQC_003 or GEN_001; `details.field` names the member. */
        HybridMalformed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "PQC_001",
                 *         "message": "algorithm: The algorithm is not supported; ml-dsa-44, ml-dsa-65 and ml-dsa-87 are.",
                 *         "details": {
                 *           "reason": "PQC_001"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description AUTH_001: no API key, or none of the right form; AUTH_002: it is not valid; AUTH_005: the account is suspended. */
        HybridUnauthenticated: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                /** @description How to authenticate */
                "WWW-Authenticate"?: "Bearer";
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "AUTH_001",
                 *         "message": "No valid API key.",
                 *         "details": {
                 *           "reason": "UNAUTHENTICATED"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description AUTH_003: a secret API key with the scope hybrid is needed; AUTH_004: it is of the other environment. */
        HybridForbidden: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "AUTH_003",
                 *         "message": "The API key has no scope for this.",
                 *         "details": {
                 *           "reason": "FORBIDDEN"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description GEN_001: no such thing; also for ids of other orgs, indistinguishably. */
        HybridNotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_001",
                 *         "message": "No such thing.",
                 *         "details": {
                 *           "reason": "NOT_FOUND"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description GEN_001: the key is registered already, or the idempotency key was used for another request or one whose answer held a secret. */
        HybridConflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_001",
                 *         "message": "publicKey: The public key is registered already, or was revoked.",
                 *         "details": {
                 *           "reason": "ALREADY_REGISTERED"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description GEN_001: the body is larger than 1 MiB. */
        HybridTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_001",
                 *         "message": "The body is larger than 1 MiB.",
                 *         "details": {
                 *           "reason": "BODY_TOO_LARGE"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description GEN_001: a body must be sent as application/json. */
        HybridMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_001",
                 *         "message": "Content-Type: A body must be sent as application/json.",
                 *         "details": {
                 *           "reason": "BAD_MEDIA_TYPE"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description PQC_004: a signature does not verify; PQC_005: the public key is not registered; GEN_001: a vault policy refuses. */
        HybridRefused: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "PQC_004",
                 *         "message": "ecdsaSignature: A signature of the pair does not verify.",
                 *         "details": {
                 *           "reason": "PQC_004"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description RATE_001: too many requests with this API key, or from this address. */
        HybridTooManyRequests: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "RATE_001",
                 *         "message": "Too many requests with this API key, or from this address.",
                 *         "details": {
                 *           "reason": "RATE_LIMITED"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description GEN_002: something is wrong with the service. */
        HybridInternal: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_002",
                 *         "message": "Internal error.",
                 *         "details": {
                 *           "reason": "INTERNAL"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description GEN_002: store, enclave or a place to run is not to be had; nothing was done. */
        HybridUnavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_002",
                 *         "message": "The enclave does not answer.",
                 *         "details": {
                 *           "reason": "ENCLAVE_UNAVAILABLE"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["HybridError"];
            };
        };
        /** @description The request is not well formed. */
        EitherMalformed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_001",
                 *         "message": "The request is not well formed.",
                 *         "details": {
                 *           "reason": "GEN_001"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Error"] | components["schemas"]["HybridError"];
            };
        };
        /** @description The API key has no scope for this, or a session's request lacks the CSRF token; AUTH_003, AUTH_004. */
        EitherForbidden: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_001",
                 *         "message": "The request is not well formed.",
                 *         "details": {
                 *           "reason": "GEN_001"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Error"] | components["schemas"]["HybridError"];
            };
        };
        /** @description No such thing; also for ids of other orgs, indistinguishably. */
        EitherNotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_001",
                 *         "message": "The request is not well formed.",
                 *         "details": {
                 *           "reason": "GEN_001"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Error"] | components["schemas"]["HybridError"];
            };
        };
        /** @description Something is wrong with the service. */
        EitherInternal: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_001",
                 *         "message": "The request is not well formed.",
                 *         "details": {
                 *           "reason": "GEN_001"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Error"] | components["schemas"]["HybridError"];
            };
        };
        /** @description Store, enclave or a place to run is not to be had; nothing was done. */
        EitherUnavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "code": "GEN_001",
                 *         "message": "The request is not well formed.",
                 *         "details": {
                 *           "reason": "GEN_001"
                 *         }
                 *       },
                 *       "meta": {
                 *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                 *         "timestamp": "2026-11-21T13:54:14.266Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Error"] | components["schemas"]["HybridError"];
            };
        };
        /** @description The request is not well formed; nothing was looked up. */
        PqSignerMalformed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "malformed-request",
                 *       "request_id": "43244e7638d8b63adc9e9a46d88ef63e"
                 *     }
                 */
                "application/json": components["schemas"]["PqSignerError"];
            };
        };
        /** @description No client certificate and no valid API key. */
        PqSignerUnauthenticated: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                /** @description How to authenticate */
                "WWW-Authenticate"?: "Bearer";
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "malformed-request",
                 *       "request_id": "43244e7638d8b63adc9e9a46d88ef63e"
                 *     }
                 */
                "application/json": components["schemas"]["PqSignerError"];
            };
        };
        /** @description Not signed, whatever check it was; also for an API key without the scope. */
        PqSignerRefused: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "signing-failed",
                 *       "request_id": "43244e7638d8b63adc9e9a46d88ef63e"
                 *     }
                 */
                "application/json": components["schemas"]["PqSignerError"];
            };
        };
        /** @description Too many requests with this API key or certificate, or from this address. */
        PqSignerTooManyRequests: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "malformed-request",
                 *       "request_id": "43244e7638d8b63adc9e9a46d88ef63e"
                 *     }
                 */
                "application/json": components["schemas"]["PqSignerError"];
            };
        };
        /** @description Something does not work; the same request may succeed later. */
        PqSignerInternal: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": "internal-error",
                 *       "request_id": "43244e7638d8b63adc9e9a46d88ef63e"
                 *     }
                 */
                "application/json": components["schemas"]["PqSignerError"];
            };
        };
    };
    parameters: {
        id: string;
        /** @description Items of a page. */
        limit: number;
        /** @description `nextCursor` of the page before. */
        cursor: string;
        /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
        "Idempotency-Key": string;
    };
    requestBodies: never;
    headers: {
        /** @description The client's own (1 to 128 printable ASCII characters) or a fresh one; every log line and ledger entry of the request has it. */
        "X-Request-Id": string;
        /** @description Requests in a second with this API key; absent where there is no limit. */
        "X-RateLimit-Limit": number;
        /** @description Requests that could be sent at once. */
        "X-RateLimit-Remaining": number;
        /** @description Seconds until all of them could be sent again. */
        "X-RateLimit-Reset": number;
        /** @description Seconds to wait. */
        "Retry-After": number;
        /** @description true: this is the answer to an earlier request with the same idempotency key. */
        "Idempotency-Replayed": "true";
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "version": "0.1.0"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["Malformed"];
        };
    };
    livez: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "version": "0.1.0"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["Malformed"];
        };
    };
    readyz: {
        parameters: {
            query?: {
                /** @description Also says what is not ready: store, ledger, agent, enclave, KMS. */
                verbose?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ready",
                     *       "version": "0.1.0"
                     *     }
                     */
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            400: components["responses"]["Malformed"];
            500: components["responses"]["Internal"];
            /** @description Not ready. */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    getEnclave: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "vendor": "mock",
                     *         "evidence": "operation",
                     *         "imageHash": "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
                     *         "rootSha256": "sha256:94e1b6a0fbbd5db797926d51f81e18592cdd7e57e37b3a4dfc38ef65dedecbd7",
                     *         "hardware": false,
                     *         "policy": {
                     *           "vendor": "mock",
                     *           "matchRules": {
                     *             "allowedImageHashes": [
                     *               "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
                     *             ],
                     *             "rootPublicKeyB64": "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
                     *           }
                     *         },
                     *         "rootPublicKeyB64": "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
                     *         "version": "0.1.0",
                     *         "epoch": "0f878e99fd2a06ad40dafd061645c8c0",
                     *         "mldsaEngine": "native/avx512",
                     *         "mldsaDisagreements": 0,
                     *         "ledgerKeys": {
                     *           "ed25519": "fDo3avDlvR8PQ7rZuiCoXb9XVKqtfVM6H3n+s6YKTVI=",
                     *           "mldsa44": "wJAeO0cQCL2QIO8YTZ3dWhTCdfKNPRWnvE7A1uHUliPSobUT"
                     *         },
                     *         "docB64": "ZXlKaGJHY2lPaUpGWkVSVFFTSXNJblI1Y0NJNklsQnZjM1JS"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Enclave"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["Refused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getStats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "keys": {
                     *           "active": 4,
                     *           "superseded": 2,
                     *           "suspended": 0,
                     *           "revoked": 0
                     *         },
                     *         "signatures": {
                     *           "pass": 1,
                     *           "fail": 0,
                     *           "absent": 259
                     *         },
                     *         "attestationPolicies": 2,
                     *         "policies": 1,
                     *         "registeredKeys": 2,
                     *         "hybridAttestations": 3,
                     *         "ledger": {
                     *           "entries": 287,
                     *           "checkpoints": 2
                     *         },
                     *         "stages": {
                     *           "queue": {
                     *             "count": 112,
                     *             "p50Us": 20,
                     *             "p95Us": 50,
                     *             "p99Us": 5000
                     *           },
                     *           "enclave": {
                     *             "count": 262,
                     *             "p50Us": 1000,
                     *             "p95Us": 2000,
                     *             "p99Us": 2000
                     *           },
                     *           "verify": {
                     *             "count": 268,
                     *             "p50Us": 100,
                     *             "p95Us": 100,
                     *             "p99Us": 100
                     *           },
                     *           "commit": {
                     *             "count": 33,
                     *             "p50Us": 500,
                     *             "p95Us": 10000,
                     *             "p99Us": 20000
                     *           },
                     *           "request": {
                     *             "count": 114,
                     *             "p50Us": 100,
                     *             "p95Us": 2000,
                     *             "p99Us": 20000
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Stats"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listAttestationPolicies: {
        parameters: {
            query?: {
                /** @description Only those of this vendor. */
                vendor?: string;
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": [
                     *         {
                     *           "id": "pol_01jd3n8x5bq7m2c4v6w8z0a1kf",
                     *           "version": 1,
                     *           "hash": "sha256:d5d0a9d85e1aedc88507f705b090ea8c46cfbe7128903c75794b8e69a5717760",
                     *           "createdAt": "2026-11-21T13:54:14.267Z",
                     *           "updatedAt": "2026-11-21T13:54:14.267Z",
                     *           "metadata": {},
                     *           "enforce": false,
                     *           "evidence": "operation",
                     *           "matchRules": {
                     *             "allowedImageHashes": [
                     *               "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
                     *             ],
                     *             "rootPublicKeyB64": "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
                     *           },
                     *           "maxDocAgeSeconds": 300,
                     *           "maxSessionAgeSeconds": 300,
                     *           "name": "watch only",
                     *           "requireDated": false,
                     *           "vendor": "mock"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "nextCursor": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["AttestationPolicy"][];
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createAttestationPolicy: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAttestationPolicy"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "pol_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "version": 1,
                     *         "hash": "sha256:94e1b6a0fbbd5db797926d51f81e18592cdd7e57e37b3a4dfc38ef65dedecbd7",
                     *         "createdAt": "2026-11-21T13:54:14.266Z",
                     *         "updatedAt": "2026-11-21T13:54:14.266Z",
                     *         "metadata": {
                     *           "ticket": "SEC-1"
                     *         },
                     *         "enforce": true,
                     *         "evidence": "operation",
                     *         "matchRules": {
                     *           "allowedImageHashes": [
                     *             "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
                     *           ],
                     *           "rootPublicKeyB64": "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
                     *         },
                     *         "maxDocAgeSeconds": 120,
                     *         "maxSessionAgeSeconds": 300,
                     *         "name": "release enclave",
                     *         "requireDated": false,
                     *         "vendor": "mock"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["AttestationPolicy"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getAttestationPolicy: {
        parameters: {
            query?: {
                /** @description An older version. */
                version?: number;
            };
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "pol_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "version": 1,
                     *         "hash": "sha256:94e1b6a0fbbd5db797926d51f81e18592cdd7e57e37b3a4dfc38ef65dedecbd7",
                     *         "createdAt": "2026-11-21T13:54:14.266Z",
                     *         "updatedAt": "2026-11-21T13:54:14.266Z",
                     *         "metadata": {
                     *           "ticket": "SEC-1"
                     *         },
                     *         "enforce": true,
                     *         "evidence": "operation",
                     *         "matchRules": {
                     *           "allowedImageHashes": [
                     *             "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
                     *           ],
                     *           "rootPublicKeyB64": "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
                     *         },
                     *         "maxDocAgeSeconds": 120,
                     *         "maxSessionAgeSeconds": 300,
                     *         "name": "release enclave",
                     *         "requireDated": false,
                     *         "vendor": "mock"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["AttestationPolicy"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteAttestationPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "pol_01jd3n8x5bq7m2c4v6w8z0a1kf",
                     *         "deleted": true
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["AttestationPolicyDeleted"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateAttestationPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AttestationPolicyChange"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "pol_01jd3n8x5bq7m2c4v6w8z0a1kf",
                     *         "version": 2,
                     *         "hash": "sha256:ab78b2031cdb57290a27181f387576facc661bfce195199a8e11c558af1bb437",
                     *         "createdAt": "2026-11-21T13:54:14.267Z",
                     *         "updatedAt": "2026-11-21T13:54:14.272Z",
                     *         "metadata": {},
                     *         "enforce": false,
                     *         "evidence": "operation",
                     *         "matchRules": {
                     *           "allowedImageHashes": [
                     *             "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
                     *           ],
                     *           "rootPublicKeyB64": "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
                     *         },
                     *         "maxDocAgeSeconds": 60,
                     *         "maxSessionAgeSeconds": 300,
                     *         "name": "watch only",
                     *         "requireDated": false,
                     *         "vendor": "mock"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["AttestationPolicy"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSignaturesOfPolicy: {
        parameters: {
            query?: {
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": [
                     *         {
                     *           "id": "sig_01m7z65q4c830qmvwq1nkjs76n",
                     *           "keyId": "key_01jd3n8x5bq7m2c4v6w8z0a1kf",
                     *           "payloadSha256": "sha256:7b4871e6b35405054627068a49669e601dc93c5201ec75105d5858b79aecea12",
                     *           "payloadSize": 12,
                     *           "verdict": "pass",
                     *           "policyId": "pol_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *           "policyVersion": 1,
                     *           "policyHash": "sha256:94e1b6a0fbbd5db797926d51f81e18592cdd7e57e37b3a4dfc38ef65dedecbd7",
                     *           "createdAt": "2026-11-21T13:54:14.284Z",
                     *           "ledger": {
                     *             "seq": 266,
                     *             "entryId": "ent_01m7z65q4cbvs3j3hnjmy9bthh"
                     *           }
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "nextCursor": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["StoredSignature"][];
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description Only those of this algorithm. */
                algorithm?: components["schemas"]["Algorithm"];
                /** @description Revoked ones, too. */
                includeRevoked?: boolean;
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": [
                     *         {
                     *           "id": "key_01jd3n8x5bq7m2c4v6w8z0a1kg",
                     *           "name": "throwaway",
                     *           "status": "active",
                     *           "algorithm": "mldsa44+ed25519",
                     *           "signatureFormat": "composite",
                     *           "providers": {
                     *             "kek": "env",
                     *             "classical": "managed",
                     *             "pq": "managed"
                     *           },
                     *           "tier": 0,
                     *           "keyRelease": "local",
                     *           "purpose": "sign",
                     *           "environment": "staging",
                     *           "attestationPolicyId": null,
                     *           "metadata": {},
                     *           "createdAt": "2026-11-21T13:54:14.276Z",
                     *           "lastUsedAt": null,
                     *           "revokedAt": null
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "nextCursor": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Key"][];
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "key_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "name": "release-signing",
                     *         "status": "active",
                     *         "algorithm": "mldsa65+ed25519",
                     *         "signatureFormat": "composite",
                     *         "providers": {
                     *           "kek": "env",
                     *           "classical": "managed",
                     *           "pq": "managed"
                     *         },
                     *         "tier": 0,
                     *         "keyRelease": "local",
                     *         "purpose": "sign",
                     *         "environment": "production",
                     *         "attestationPolicyId": null,
                     *         "metadata": {},
                     *         "createdAt": "2026-11-21T13:54:14.273Z",
                     *         "lastUsedAt": null,
                     *         "revokedAt": null,
                     *         "publicKey": "{\"v\":1,\"alg\":\"mldsa65+ed25519\",\"classical\":\"3Aax…\",\"pq\":\"9vQf…\"}",
                     *         "publicKeyPem": "-----BEGIN PUBLIC KEY-----…",
                     *         "lineage": [],
                     *         "birthAttestation": {
                     *           "vendor": "mock",
                     *           "docB64": "ZXlKaGJHY2lPaUpGWkVSVFFTSXNJblI1Y0NJNklsQnZjM1JS",
                     *           "sealedSha256": "sha256:24bee849aa90a60b3cdcb13afbeb27ed030d457abde5a64631302e69e5e6050e",
                     *           "verdict": "absent"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["KeyDetail"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            422: components["responses"]["Refused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "key_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "name": "release-signing",
                     *         "status": "active",
                     *         "algorithm": "mldsa65+ed25519",
                     *         "signatureFormat": "composite",
                     *         "providers": {
                     *           "kek": "env",
                     *           "classical": "managed",
                     *           "pq": "managed"
                     *         },
                     *         "tier": 0,
                     *         "keyRelease": "local",
                     *         "purpose": "sign",
                     *         "environment": "production",
                     *         "attestationPolicyId": null,
                     *         "metadata": {},
                     *         "createdAt": "2026-11-21T13:54:14.273Z",
                     *         "lastUsedAt": null,
                     *         "revokedAt": null,
                     *         "publicKey": "{\"v\":1,\"alg\":\"mldsa65+ed25519\",\"classical\":\"3Aax…\",\"pq\":\"9vQf…\"}",
                     *         "publicKeyPem": "-----BEGIN PUBLIC KEY-----…",
                     *         "lineage": [],
                     *         "birthAttestation": {
                     *           "vendor": "mock",
                     *           "docB64": "ZXlKaGJHY2lPaUpGWkVSVFFTSXNJblI1Y0NJNklsQnZjM1JS",
                     *           "sealedSha256": "sha256:24bee849aa90a60b3cdcb13afbeb27ed030d457abde5a64631302e69e5e6050e",
                     *           "verdict": "absent"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["KeyDetail"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "key_01jd3n8x5bq7m2c4v6w8z0a1kg",
                     *         "revokedAt": "2026-11-21T13:54:14.340Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["KeyRevoked"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    rotateKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    name?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "key_01m7z65q53eyffywft33dkgma5",
                     *         "name": "release-signing-2",
                     *         "status": "active",
                     *         "algorithm": "mldsa65+ed25519",
                     *         "signatureFormat": "composite",
                     *         "providers": {
                     *           "kek": "env",
                     *           "classical": "managed",
                     *           "pq": "managed"
                     *         },
                     *         "tier": 0,
                     *         "keyRelease": "local",
                     *         "purpose": "sign",
                     *         "environment": "production",
                     *         "attestationPolicyId": null,
                     *         "metadata": {},
                     *         "createdAt": "2026-11-21T13:54:14.307Z",
                     *         "lastUsedAt": null,
                     *         "revokedAt": null,
                     *         "publicKey": "{\"v\":1,\"alg\":\"mldsa65+ed25519\",\"classical\":\"jcsAT/IRLENvpvOV…",
                     *         "publicKeyPem": "-----BEGIN PUBLIC KEY-----…",
                     *         "lineage": [
                     *           {
                     *             "predecessor": "key_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *             "successor": "key_01m7z65q53eyffywft33dkgma5",
                     *             "createdAt": "2026-11-21T13:54:14.307Z",
                     *             "statement": "countersign/lineage/v1…",
                     *             "signature": "7lYv4Qcmsc4uGLhNZ+fsVmMPJqRw/VRwIjzAzogSAe26iYom",
                     *             "publicKey": "{\"v\":1,\"alg\":\"mldsa65+ed25519\",\"classical\":\"jcsAT/IRLENvpvOV…",
                     *             "docB64": "ZXlKaGJHY2lPaUpGWkVSVFFTSXNJblI1Y0NJNklsQnZjM1JS"
                     *           }
                     *         ],
                     *         "birthAttestation": {
                     *           "vendor": "mock",
                     *           "docB64": "ZXlKaGJHY2lPaUpGWkVSVFFTSXNJblI1Y0NJNklsQnZjM1JS",
                     *           "sealedSha256": "sha256:d0fb845a1f910eb5e99873c0c314e52578641907a9d98a7b77a0fa2ed576eef7",
                     *           "verdict": "absent"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["KeyDetail"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            422: components["responses"]["Refused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    suspendKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "key_01jd3n8x5bq7m2c4v6w8z0a1kg",
                     *         "name": "throwaway",
                     *         "status": "suspended",
                     *         "algorithm": "mldsa44+ed25519",
                     *         "signatureFormat": "composite",
                     *         "providers": {
                     *           "kek": "env",
                     *           "classical": "managed",
                     *           "pq": "managed"
                     *         },
                     *         "tier": 0,
                     *         "keyRelease": "local",
                     *         "purpose": "sign",
                     *         "environment": "staging",
                     *         "attestationPolicyId": null,
                     *         "metadata": {},
                     *         "createdAt": "2026-11-21T13:54:14.276Z",
                     *         "lastUsedAt": null,
                     *         "revokedAt": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Key"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    resumeKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "key_01jd3n8x5bq7m2c4v6w8z0a1kg",
                     *         "name": "throwaway",
                     *         "status": "active",
                     *         "algorithm": "mldsa44+ed25519",
                     *         "signatureFormat": "composite",
                     *         "providers": {
                     *           "kek": "env",
                     *           "classical": "managed",
                     *           "pq": "managed"
                     *         },
                     *         "tier": 0,
                     *         "keyRelease": "local",
                     *         "purpose": "sign",
                     *         "environment": "staging",
                     *         "attestationPolicyId": null,
                     *         "metadata": {},
                     *         "createdAt": "2026-11-21T13:54:14.276Z",
                     *         "lastUsedAt": null,
                     *         "revokedAt": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Key"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    auditKey: {
        parameters: {
            query?: {
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": [
                     *         {
                     *           "id": "ent_01m7z65q54ez5dacyaq56qe0k6",
                     *           "operation": "rotate",
                     *           "payloadSha256": null,
                     *           "payloadSize": null,
                     *           "verified": null,
                     *           "metadata": {
                     *             "eventType": "key.rotated",
                     *             "seq": 276,
                     *             "actorId": "ak_01m7z65pyqsbxsymz4nkkt4z69",
                     *             "subjectId": "key_01m7z65q53eyffywft33dkgma5",
                     *             "data": {
                     *               "algorithm": "mldsa65+ed25519",
                     *               "documentSha256": "sha256:0d70611ee469bb7aa1588e2bb0359ab15e2ed2c3d1881ec4a10ef37f0d2100ca",
                     *               "predecessor": "key_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *               "predecessorPublicKeySha256": "sha256:65c5566372b643491fce322dafb7e266f0b77019967965ee497805b085107226",
                     *               "publicKeySha256": "sha256:93d6c44af721c86a698570412eaf2ee781f450ed20d6fe1f555e75001d0d5b08",
                     *               "purpose": "sign",
                     *               "requestId": "522a938fd2a367cc25c66b7292d447db",
                     *               "sealedSha256": "sha256:d0fb845a1f910eb5e99873c0c314e52578641907a9d98a7b77a0fa2ed576eef7",
                     *               "signatureFormat": "composite",
                     *               "statementDocumentSha256": "sha256:0395471a355068cc6b2601452d30b7361a643968607711aec592a8625d9d825b",
                     *               "statementSha256": "sha256:3e92b2aa3dd9e35a9c2ad5eb5a51ccea5bcdb16c4ebe28067d84a73c54352cf7",
                     *               "statementSigSha256": "sha256:8d6fe6badb4071e7a814a9c4ffb924b52f73d91ed5ade9258087589043a4d088",
                     *               "statementVerdict": "absent",
                     *               "successor": "key_01m7z65q53eyffywft33dkgma5",
                     *               "verdict": "absent"
                     *             }
                     *           },
                     *           "createdAt": "2026-11-21T13:54:14.308Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 3,
                     *         "nextCursor": "3-N3Sp3MrIksEdpR_DpvpzI3MQ"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["AuditEntry"][];
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    sign: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "signatureId": "sig_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "keyId": "key_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "algorithm": "mldsa65+ed25519",
                     *         "signatureFormat": "composite",
                     *         "signature": "c2lnbmF0dXJlIG9mIHRoZSByZWxlYXNl",
                     *         "signatureB64": "c2lnbmF0dXJlIG9mIHRoZSByZWxlYXNl",
                     *         "signatureBase64": "c2lnbmF0dXJlIG9mIHRoZSByZWxlYXNl",
                     *         "publicKey": "{\"v\":1,\"alg\":\"mldsa65+ed25519\",\"classical\":\"3Aax…\",\"pq\":\"9vQf…\"}",
                     *         "payloadSha256": "sha256:7b4871e6b35405054627068a49669e601dc93c5201ec75105d5858b79aecea12",
                     *         "payloadSize": 12,
                     *         "attestation": {
                     *           "vendor": "mock",
                     *           "imageHash": "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
                     *           "counter": 262,
                     *           "docB64": "ZXlKaGJHY2lPaUpGWkVSVFFTSXNJblI1Y0NJNklsQnZjM1JS",
                     *           "verdict": "absent",
                     *           "policyId": null,
                     *           "policyVersion": null
                     *         },
                     *         "ledger": {
                     *           "seq": 265,
                     *           "entryId": "ent_01m7z65q49pytvfx69zqndr5gr"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["SignResult"] | components["schemas"]["DryRun"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            422: components["responses"]["Refused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    signBatch: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    items: components["schemas"]["SignItem"][];
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "signed": 1,
                     *         "refused": 1,
                     *         "items": [
                     *           {
                     *             "index": 0,
                     *             "ok": true,
                     *             "data": {
                     *               "signatureId": "sig_01m7z5my8ybcwkp0r4e2h6x3nd",
                     *               "keyId": "key_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *               "algorithm": "mldsa65+ed25519",
                     *               "signatureFormat": "composite",
                     *               "signature": "Q5SkftVmEgO+yFYq1SnbmxDAkakaYNGYQ2shlPbceeampq7O",
                     *               "publicKey": "{\"v\":1,\"alg\":\"mldsa65+ed25519\",\"classical\":\"3Aax…\",\"pq\":\"9vQf…\"}",
                     *               "payloadSha256": "sha256:7b4871e6b35405054627068a49669e601dc93c5201ec75105d5858b79aecea12",
                     *               "payloadSize": 12,
                     *               "attestation": {
                     *                 "vendor": "mock",
                     *                 "imageHash": "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
                     *                 "counter": 265,
                     *                 "docB64": "ZXlKaGJHY2lPaUpGWkVSVFFTSXNJblI1Y0NJNklsQnZjM1JS",
                     *                 "verdict": "absent",
                     *                 "policyId": null,
                     *                 "policyVersion": null
                     *               },
                     *               "ledger": {
                     *                 "seq": 268,
                     *                 "entryId": "ent_01m7z65q4gme6s3ahvp78gpnz6"
                     *               }
                     *             }
                     *           },
                     *           {
                     *             "index": 1,
                     *             "ok": false,
                     *             "error": "keyId: No such thing.",
                     *             "code": "NOT_FOUND",
                     *             "details": {
                     *               "field": "keyId"
                     *             }
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["BatchResult"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    verify: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VerifyRequest"] | components["schemas"]["HybridVerifyRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "ok": true,
                     *         "algorithm": "mldsa65+ed25519",
                     *         "classicalOk": true,
                     *         "pqOk": true,
                     *         "recorded": true
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["VerifyResult"];
                    } | {
                        data: components["schemas"]["HybridVerifyResult"];
                        meta: components["schemas"]["HybridMeta"];
                    };
                };
            };
            400: components["responses"]["EitherMalformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["EitherForbidden"];
            404: components["responses"]["EitherNotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            422: components["responses"]["Refused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["EitherInternal"];
            503: components["responses"]["EitherUnavailable"];
        };
    };
    listSignatures: {
        parameters: {
            query?: {
                /** @description Only those of this key. */
                keyId?: string;
                /** @description Only those under this attestation policy. */
                policyId?: string;
                /** @description Only those with this verdict. */
                verdict?: components["schemas"]["Verdict"];
                /** @description Only those made at this time or later. */
                since?: components["schemas"]["Time"];
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": [
                     *         {
                     *           "id": "sig_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *           "keyId": "key_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *           "payloadSha256": "sha256:7b4871e6b35405054627068a49669e601dc93c5201ec75105d5858b79aecea12",
                     *           "payloadSize": 12,
                     *           "verdict": "absent",
                     *           "policyId": null,
                     *           "policyVersion": null,
                     *           "createdAt": "2026-11-21T13:54:14.288Z",
                     *           "ledger": {
                     *             "seq": 268,
                     *             "entryId": "ent_01m7z65q4gme6s3ahvp78gpnz6"
                     *           }
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "nextCursor": "Z6-SANn2bEr91PPLs4VTZXNpZ18wMW03ejY1cTJmOHYwYnl2Y2hxMmMxa3oyeg"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["StoredSignature"][];
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSignature: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "sig_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "keyId": "key_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "payloadSha256": "sha256:7b4871e6b35405054627068a49669e601dc93c5201ec75105d5858b79aecea12",
                     *         "payloadSize": 12,
                     *         "verdict": "absent",
                     *         "policyId": null,
                     *         "policyVersion": null,
                     *         "createdAt": "2026-11-21T13:54:14.288Z",
                     *         "ledger": {
                     *           "seq": 268,
                     *           "entryId": "ent_01m7z65q4gme6s3ahvp78gpnz6"
                     *         },
                     *         "algorithm": "mldsa65+ed25519",
                     *         "signatureFormat": "composite",
                     *         "signature": "Q5SkftVmEgO+yFYq1SnbmxDAkakaYNGYQ2shlPbceeampq7O",
                     *         "signatureB64": "Q5SkftVmEgO+yFYq1SnbmxDAkakaYNGYQ2shlPbceeampq7O",
                     *         "signatureBase64": "Q5SkftVmEgO+yFYq1SnbmxDAkakaYNGYQ2shlPbceeampq7O",
                     *         "publicKey": "{\"v\":1,\"alg\":\"mldsa65+ed25519\",\"classical\":\"3Aax…\",\"pq\":\"9vQf…\"}",
                     *         "attestation": {
                     *           "vendor": "mock",
                     *           "imageHash": "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
                     *           "counter": 265,
                     *           "docB64": "ZXlKaGJHY2lPaUpGWkVSVFFTSXNJblI1Y0NJNklsQnZjM1JS",
                     *           "verdict": "absent",
                     *           "policyId": null,
                     *           "policyVersion": null
                     *         },
                     *         "nonce": "c56s8gCn9Nfyquyo5KANUISgA+4Pz372OsxjIcXm2ng=",
                     *         "metadata": {}
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["SignatureDetail"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getBundle: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "mediaType": "application/vnd.countersign.bundle+json; version=1",
                     *       "version": 1,
                     *       "signatureId": "sig_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *       "payloadSha256": "sha256:7b4871e6b35405054627068a49669e601dc93c5201ec75105d5858b79aecea12",
                     *       "keyId": "key_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *       "publicKey": "{\"v\":1,\"alg\":\"mldsa65+ed25519\",\"classical\":\"3Aax…\",\"pq\":\"9vQf…\"}",
                     *       "signature": "Q5SkftVmEgO+yFYq1SnbmxDAkakaYNGYQ2shlPbceeampq7O",
                     *       "docB64": "ZXlKaGJHY2lPaUpGWkVSVFFTSXNJblI1Y0NJNklsQnZjM1JS",
                     *       "entry": "{\"actorId\":\"ak_01m7z65pyqsbxsymz4nkkt4z69\",\"data\":{\"algorith…",
                     *       "inclusion": {
                     *         "leafIndex": 268,
                     *         "proofHex": [
                     *           "d9e1e8e1a7fa8c23fa79f39fbd34a9be9a4ac08f8f518027057df832bc102df8"
                     *         ]
                     *       },
                     *       "checkpoint": "localhost/org/org_01jd3n8x5bq7m2c4v6w8z0a1ke…"
                     *     }
                     */
                    "application/vnd.countersign.bundle+json; version=1": components["schemas"]["Bundle"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Refused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listVaultPolicies: {
        parameters: {
            query?: {
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": [
                     *         {
                     *           "id": "vpol_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *           "createdAt": "2026-11-21T13:54:14.300Z",
                     *           "updatedAt": "2026-11-21T13:54:14.300Z",
                     *           "action": "enforce",
                     *           "description": "",
                     *           "enabled": true,
                     *           "environments": [],
                     *           "name": "strong keys",
                     *           "rule": {
                     *             "matchOperation": "sign",
                     *             "minPqLevel": 5
                     *           }
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "nextCursor": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["VaultPolicy"][];
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createVaultPolicy: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewVaultPolicy"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "vpol_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "createdAt": "2026-11-21T13:54:14.300Z",
                     *         "updatedAt": "2026-11-21T13:54:14.300Z",
                     *         "action": "enforce",
                     *         "description": "",
                     *         "enabled": true,
                     *         "environments": [],
                     *         "name": "strong keys",
                     *         "rule": {
                     *           "matchOperation": "sign",
                     *           "minPqLevel": 5
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["VaultPolicy"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getVaultPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "vpol_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "createdAt": "2026-11-21T13:54:14.300Z",
                     *         "updatedAt": "2026-11-21T13:54:14.300Z",
                     *         "action": "enforce",
                     *         "description": "",
                     *         "enabled": true,
                     *         "environments": [],
                     *         "name": "strong keys",
                     *         "rule": {
                     *           "matchOperation": "sign",
                     *           "minPqLevel": 5
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["VaultPolicy"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteVaultPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "vpol_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "deletedAt": "2026-11-21T13:54:14.340Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["VaultPolicyDeleted"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateVaultPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VaultPolicyChange"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "vpol_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "createdAt": "2026-11-21T13:54:14.300Z",
                     *         "updatedAt": "2026-11-21T13:54:14.302Z",
                     *         "action": "warn",
                     *         "description": "",
                     *         "enabled": true,
                     *         "environments": [],
                     *         "name": "strong keys",
                     *         "rule": {
                     *           "matchOperation": "sign",
                     *           "minPqLevel": 5
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["VaultPolicy"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "defaultKekProvider": "env",
                     *         "publishLedger": false
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Settings"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    putSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSettings"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "savedAt": "2026-11-21T13:54:14.321Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["SettingsSaved"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            422: components["responses"]["Refused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    clearSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "cleared": true
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["SettingsCleared"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    testSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "results": [
                     *           {
                     *             "provider": "env",
                     *             "ok": true
                     *           }
                     *         ],
                     *         "ok": true
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["SettingsTest"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listEntries: {
        parameters: {
            query?: {
                /** @description Only entries since this time, or this seq, oldest first. */
                since?: string;
                /** @description Only those of this type. */
                eventType?: string;
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": [
                     *         {
                     *           "id": "ent_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *           "seq": 282,
                     *           "prevHashHex": "880363d46522c35f662677059662e502e8cf14e0077e8952009ce5efc99d8bc5",
                     *           "entryHashHex": "96a23fe1c93b474c469cfc9edbfc529168a29c1c87bf733117c0776f1e4b5325",
                     *           "payload": {
                     *             "actorId": "ak_01m7z65pyqsbxsymz4nkkt4z69",
                     *             "data": {
                     *               "dataSha256": "sha256:c7140b0461a14e2b24e50a382c94ba1e75b59d0c62472dbed1de83ad1408511e",
                     *               "messageSha256": "sha256:309c87fea20bcb058f092d7682b28e056ba4b6dd0a9c04b9139a7261c5087469",
                     *               "nameSha256": "sha256:c1fa83ed9f3b817e225d7994e58324f4e7da3e260281dfc89bc2ff16953c4304",
                     *               "requestId": "a0a7d6318b52b7ff6210aa27ef938755"
                     *             },
                     *             "eventType": "custom.event",
                     *             "prev": "880363d46522c35f662677059662e502e8cf14e0077e8952009ce5efc99d8bc5",
                     *             "seq": 282,
                     *             "subjectId": "release-1.0",
                     *             "time": "2026-11-21T13:54:14.323Z"
                     *           },
                     *           "eventType": "custom.event",
                     *           "subjectId": "release-1.0",
                     *           "actorId": "ak_01m7z65pyqsbxsymz4nkkt4z69",
                     *           "createdAt": "2026-11-21T13:54:14.323Z",
                     *           "custom": {
                     *             "name": "deployed",
                     *             "message": "release 1.0 to all regions",
                     *             "data": {
                     *               "regions": 3
                     *             }
                     *           }
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 2,
                     *         "nextCursor": "oCSyZ6Kz_8-9vGGJLhYjHjwyODE"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Entry"][];
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createEntry: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEntry"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "ent_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "seq": 282,
                     *         "prevHashHex": "880363d46522c35f662677059662e502e8cf14e0077e8952009ce5efc99d8bc5",
                     *         "entryHashHex": "96a23fe1c93b474c469cfc9edbfc529168a29c1c87bf733117c0776f1e4b5325",
                     *         "payload": {
                     *           "actorId": "ak_01m7z65pyqsbxsymz4nkkt4z69",
                     *           "data": {
                     *             "dataSha256": "sha256:c7140b0461a14e2b24e50a382c94ba1e75b59d0c62472dbed1de83ad1408511e",
                     *             "messageSha256": "sha256:309c87fea20bcb058f092d7682b28e056ba4b6dd0a9c04b9139a7261c5087469",
                     *             "nameSha256": "sha256:c1fa83ed9f3b817e225d7994e58324f4e7da3e260281dfc89bc2ff16953c4304",
                     *             "requestId": "a0a7d6318b52b7ff6210aa27ef938755"
                     *           },
                     *           "eventType": "custom.event",
                     *           "prev": "880363d46522c35f662677059662e502e8cf14e0077e8952009ce5efc99d8bc5",
                     *           "seq": 282,
                     *           "subjectId": "release-1.0",
                     *           "time": "2026-11-21T13:54:14.323Z"
                     *         },
                     *         "eventType": "custom.event",
                     *         "subjectId": "release-1.0",
                     *         "actorId": "ak_01m7z65pyqsbxsymz4nkkt4z69",
                     *         "createdAt": "2026-11-21T13:54:14.323Z",
                     *         "custom": {
                     *           "name": "deployed",
                     *           "message": "release 1.0 to all regions",
                     *           "data": {
                     *             "regions": 3
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Entry"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    streamEntries: {
        parameters: {
            query?: {
                /** @description Begin with this seq. */
                since?: number;
            };
            header?: {
                /** @description The seq that was seen last. */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    sealLedger: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "cp_01m7z65q5r2sp3dzjph2c20bsc",
                     *         "treeSize": 283,
                     *         "merkleRootHex": "989f075a05acb93d082b59dec5af04ff0e85b1cc1286c2f14c0df67fb3ec57dd",
                     *         "signatureBase64": "ctcoAPdUxBJLGV9el6sHYKSOOQraz77GHcWP9pnz0184NqeDKI9bcfm0g+69A2dYgcho1elBoDISxZmOzG09Bw==",
                     *         "note": "localhost/org/org_01jd3n8x5bq7m2c4v6w8z0a1ke…",
                     *         "signingKeyId": "538511d6",
                     *         "publishedTo": [],
                     *         "createdAt": "2026-11-21T13:54:14.328Z",
                     *         "fresh": true
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Sealed"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listCheckpoints: {
        parameters: {
            query?: {
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": [
                     *         {
                     *           "id": "cp_01m7z65q5r2sp3dzjph2c20bsc",
                     *           "treeSize": 283,
                     *           "merkleRootHex": "989f075a05acb93d082b59dec5af04ff0e85b1cc1286c2f14c0df67fb3ec57dd",
                     *           "signatureBase64": "ctcoAPdUxBJLGV9el6sHYKSOOQraz77GHcWP9pnz0184NqeDKI9bcfm0g+69A2dYgcho1elBoDISxZmOzG09Bw==",
                     *           "note": "localhost/org/org_01jd3n8x5bq7m2c4v6w8z0a1ke…",
                     *           "signingKeyId": "538511d6",
                     *           "publishedTo": [],
                     *           "createdAt": "2026-11-21T13:54:14.328Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 1,
                     *         "nextCursor": "LpjmeRKlpFKPXYmvUAccUWNwXzAxbTd6NjVxNXIyc3AzZHpqcGgyYzIwYnNj"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Checkpoint"][];
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    latestCheckpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "cp_01m7z65q5r2sp3dzjph2c20bsc",
                     *         "treeSize": 283,
                     *         "merkleRootHex": "989f075a05acb93d082b59dec5af04ff0e85b1cc1286c2f14c0df67fb3ec57dd",
                     *         "signatureBase64": "ctcoAPdUxBJLGV9el6sHYKSOOQraz77GHcWP9pnz0184NqeDKI9bcfm0g+69A2dYgcho1elBoDISxZmOzG09Bw==",
                     *         "note": "localhost/org/org_01jd3n8x5bq7m2c4v6w8z0a1ke…",
                     *         "signingKeyId": "538511d6",
                     *         "publishedTo": [],
                     *         "createdAt": "2026-11-21T13:54:14.328Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Checkpoint"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    proveInclusion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "entryId": "ent_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "leafIndex": 282,
                     *         "leafHashHex": "6e6048e128d4455fe6bcd6c8d2f33c6cc71fde35db3ec6a493edf58cfc30a50a",
                     *         "checkpoint": {
                     *           "id": "cp_01m7z65q5r2sp3dzjph2c20bsc",
                     *           "treeSize": 283,
                     *           "merkleRootHex": "989f075a05acb93d082b59dec5af04ff0e85b1cc1286c2f14c0df67fb3ec57dd",
                     *           "signatureBase64": "ctcoAPdUxBJLGV9el6sHYKSOOQraz77GHcWP9pnz0184NqeDKI9bcfm0g+69A2dYgcho1elBoDISxZmOzG09Bw==",
                     *           "note": "localhost/org/org_01jd3n8x5bq7m2c4v6w8z0a1ke…",
                     *           "signingKeyId": "538511d6",
                     *           "publishedTo": [],
                     *           "createdAt": "2026-11-21T13:54:14.328Z"
                     *         },
                     *         "proofHex": [
                     *           "b28ba8023bd73017099f6ed8e8303bd36be7cec9590a96f6a457e22b43d1cd1c"
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["InclusionProof"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    proveConsistency: {
        parameters: {
            query: {
                /** @description Size of the older tree. */
                from: number;
                /** @description Size of the newer tree. */
                to: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "from": 2,
                     *         "to": 5,
                     *         "fromRootHex": "54722b909ccd45cd92daa7759b918f229fe21c81b35f5fa24441cce0354f6c22",
                     *         "toRootHex": "b05321e9903d62ffe90e9e0308144cb67c7ec8071432e59417aac7e3c04a28df",
                     *         "proofHex": [
                     *           "784af3e7292cd1e7e382ffed47c8b6433a048f3cf99e9a39fd80172a0eac43d0"
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["ConsistencyProof"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getLedgerBundle: {
        parameters: {
            query?: {
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "version": 1,
                     *         "org": "org_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "origin": "localhost/org/org_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "generatedAt": "2026-11-21T13:54:14.331Z",
                     *         "entries": [
                     *           {
                     *             "id": "ent_01m7z65q0q5pfxrfmsh82869qj",
                     *             "seq": 0,
                     *             "prevHashHex": "0000000000000000000000000000000000000000000000000000000000000000",
                     *             "entryHashHex": "688ac3cd059dd9d261cf6befcaa9dc40b8295773884c675aa5940ab13962b88e",
                     *             "payload": {
                     *               "actorId": "ak_01m7z65pyqsbxsymz4nkkt4z69",
                     *               "data": {
                     *                 "algorithm": "mldsa65+ed25519",
                     *                 "documentSha256": "sha256:5ee98e35295042c231b603fd9a4ac3af4c336ddff3cac5d7daa8ac71095a9592",
                     *                 "publicKeySha256": "sha256:f4581937d88d21e1dd5af86f3dd1b9dbcd340d023b94e6c7da29089debf65645",
                     *                 "purpose": "sign",
                     *                 "requestId": "7b2907ccf2da7283a3837fd0924be84a",
                     *                 "sealedSha256": "sha256:ca883cc5c59275acc77e8139eecb805caeeb689d7a0df91506083a09b44e976f",
                     *                 "signatureFormat": "composite",
                     *                 "verdict": "absent"
                     *               },
                     *               "eventType": "key.created",
                     *               "prev": "0000000000000000000000000000000000000000000000000000000000000000",
                     *               "seq": 0,
                     *               "subjectId": "key_01m7z65q0pbcs94ry1k94j30yy",
                     *               "time": "2026-11-21T13:54:14.167Z"
                     *             },
                     *             "eventType": "key.created",
                     *             "subjectId": "key_01m7z65q0pbcs94ry1k94j30yy",
                     *             "actorId": "ak_01m7z65pyqsbxsymz4nkkt4z69",
                     *             "createdAt": "2026-11-21T13:54:14.167Z"
                     *           }
                     *         ],
                     *         "checkpoints": [],
                     *         "signingKeys": [
                     *           {
                     *             "id": "538511d6",
                     *             "algorithm": "ed25519",
                     *             "publicKeyBase64": "fDo3avDlvR8PQ7rZuiCoXb9XVKqtfVM6H3n+s6YKTVI=",
                     *             "vkey": "localhost/org/org_01jd3n8x5bq7m2c4v6w8z0a1ke+538511d6+AXw6N2rw5b0fD0O62bogqF2/V1SqrX1TOh95/rOmCk1S"
                     *           }
                     *         ]
                     *       },
                     *       "pagination": {
                     *         "limit": 2,
                     *         "nextCursor": "hx8LVsFB-LPKCsfkpWIBpjI"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["LedgerBundle"];
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    tileCheckpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The realm: an org's id, or it with `_test`. */
                org: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/plain; charset=utf-8": string;
                };
            };
            400: components["responses"]["Malformed"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    tile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The realm: an org's id, or it with `_test`. */
                org: string;
                /** @description 0 to 7, or `entries`. */
                level: string;
                /** @description Number of the tile in groups of three digits, all but the last with an x before them (`x001/234`). */
                n: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            400: components["responses"]["Malformed"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    partialTile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The realm: an org's id, or it with `_test`. */
                org: string;
                /** @description 0 to 7, or `entries`. */
                level: string;
                /** @description Number of the tile in groups of three digits, all but the last with an x before them (`x001/234`). */
                n: string;
                width: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            400: components["responses"]["Malformed"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": [
                     *         {
                     *           "id": "ak_01m7z65q5y90gmst22hr546v26",
                     *           "name": "page",
                     *           "type": "publishable",
                     *           "environment": "live",
                     *           "scopes": [
                     *             "verify"
                     *           ],
                     *           "keyIds": [],
                     *           "createdAt": "2026-11-21T13:54:14.334Z",
                     *           "expiresAt": null,
                     *           "revokedAt": null
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 2,
                     *         "nextCursor": "yTFzvtFYGVi03KdqNwtf02FrXzAxbTd6NjVxNXhhN2hmMGRxejRxM2Vyazcw"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["ApiKey"][];
                        pagination: components["schemas"]["Pagination"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewApiKey"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "ak_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "name": "ci",
                     *         "type": "secret",
                     *         "environment": "live",
                     *         "scopes": [
                     *           "sign",
                     *           "verify"
                     *         ],
                     *         "keyIds": [
                     *           "key_01jd3n8x5bq7m2c4v6w8z0a1ke"
                     *         ],
                     *         "createdAt": "2026-11-21T13:54:14.333Z",
                     *         "expiresAt": null,
                     *         "revokedAt": null,
                     *         "apiKey": "cs_sec_live_0123456789012345678901234567890123456789012AAAAAA"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["ApiKeyMinted"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "ak_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "name": "ci",
                     *         "type": "secret",
                     *         "environment": "live",
                     *         "scopes": [
                     *           "sign",
                     *           "verify"
                     *         ],
                     *         "keyIds": [
                     *           "key_01jd3n8x5bq7m2c4v6w8z0a1ke"
                     *         ],
                     *         "createdAt": "2026-11-21T13:54:14.333Z",
                     *         "expiresAt": null,
                     *         "revokedAt": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["ApiKey"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "ak_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "revokedAt": "2026-11-21T13:54:14.337Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["ApiKeyRevoked"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    rotateApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @default 86400 */
                    overlapSeconds?: number;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "ak_01m7z65q60xggcxxx4xhds2dfr",
                     *         "name": "ci",
                     *         "type": "secret",
                     *         "environment": "live",
                     *         "scopes": [
                     *           "sign",
                     *           "verify"
                     *         ],
                     *         "keyIds": [
                     *           "key_01jd3n8x5bq7m2c4v6w8z0a1ke"
                     *         ],
                     *         "createdAt": "2026-11-21T13:54:14.336Z",
                     *         "expiresAt": null,
                     *         "revokedAt": null,
                     *         "apiKey": "cs_sec_live_0123456789012345678901234567890123456789012AAAAAA",
                     *         "predecessor": {
                     *           "id": "ak_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *           "expiresAt": "2026-11-21T14:54:14.336Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["ApiKeyMinted"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "org": "flow",
                     *         "orgId": "org_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "environment": "live",
                     *         "scopes": [
                     *           "keys",
                     *           "sign",
                     *           "verify",
                     *           "policies",
                     *           "ledger",
                     *           "settings",
                     *           "pq-signer",
                     *           "hybrid",
                     *           "admin"
                     *         ],
                     *         "csrfToken": "FS-5eiLUde_my3UIzEx_VVgo-yFjMlREgfBa7F3O7vE",
                     *         "expiresAt": "2026-11-21T21:54:14.264Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Session"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    beginSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    apiKey: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "org": "flow",
                     *         "orgId": "org_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "environment": "live",
                     *         "scopes": [
                     *           "keys",
                     *           "sign",
                     *           "verify",
                     *           "policies",
                     *           "ledger",
                     *           "settings",
                     *           "pq-signer",
                     *           "hybrid",
                     *           "admin"
                     *         ],
                     *         "csrfToken": "FS-5eiLUde_my3UIzEx_VVgo-yFjMlREgfBa7F3O7vE",
                     *         "expiresAt": "2026-11-21T21:54:14.264Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["Session"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["MediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "ended": true
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** @constant */
                            ended: true;
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    signHybrid: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HybridSignRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "att_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "status": "verified",
                     *         "message": "0x48656c6c6f20576f726c64",
                     *         "ecdsaPublicKey": "0x04a1b2c3d4e5f6",
                     *         "pqcPublicKey": "0x1a2b3c4d5e6f7a8b",
                     *         "algorithm": "ml-dsa-65",
                     *         "chain": "ethereum",
                     *         "ecdsaScheme": "eip191",
                     *         "signerAddress": "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
                     *         "pqcKeyId": "pqk_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "metadata": {
                     *           "txHash": "0xabc123",
                     *           "label": "Treasury transfer approval"
                     *         },
                     *         "countersignatureId": null,
                     *         "createdAt": "2026-11-21T13:54:14.266Z",
                     *         "ledger": {
                     *           "seq": 290,
                     *           "entryId": "ent_01jd3n8x5bq7m2c4v6w8z0a1ke"
                     *         }
                     *       },
                     *       "meta": {
                     *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                     *         "timestamp": "2026-11-21T13:54:14.266Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["HybridAttestation"];
                        meta: components["schemas"]["HybridMeta"];
                    };
                };
            };
            400: components["responses"]["HybridMalformed"];
            401: components["responses"]["HybridUnauthenticated"];
            403: components["responses"]["HybridForbidden"];
            409: components["responses"]["HybridConflict"];
            413: components["responses"]["HybridTooLarge"];
            415: components["responses"]["HybridMediaType"];
            422: components["responses"]["HybridRefused"];
            429: components["responses"]["HybridTooManyRequests"];
            500: components["responses"]["HybridInternal"];
            503: components["responses"]["HybridUnavailable"];
        };
    };
    createChallenge: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Empty"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "challenge": "0x636f756e746572736967",
                     *         "expiresAt": "2026-11-21T13:59:14.266Z"
                     *       },
                     *       "meta": {
                     *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                     *         "timestamp": "2026-11-21T13:54:14.266Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["Challenge"];
                        meta: components["schemas"]["HybridMeta"];
                    };
                };
            };
            400: components["responses"]["HybridMalformed"];
            401: components["responses"]["HybridUnauthenticated"];
            403: components["responses"]["HybridForbidden"];
            409: components["responses"]["HybridConflict"];
            413: components["responses"]["HybridTooLarge"];
            415: components["responses"]["HybridMediaType"];
            429: components["responses"]["HybridTooManyRequests"];
            500: components["responses"]["HybridInternal"];
            503: components["responses"]["HybridUnavailable"];
        };
    };
    registerKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegisterKeyRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "pqk_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "publicKey": "0x1a2b3c4d5e6f7a8b",
                     *         "algorithm": "ml-dsa-65",
                     *         "chain": "ethereum",
                     *         "label": "treasury",
                     *         "status": "active",
                     *         "origin": "registered",
                     *         "environment": "live",
                     *         "createdAt": "2026-11-21T13:54:14.266Z",
                     *         "revokedAt": null
                     *       },
                     *       "meta": {
                     *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                     *         "timestamp": "2026-11-21T13:54:14.266Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["RegisteredKey"];
                        meta: components["schemas"]["HybridMeta"];
                    };
                };
            };
            400: components["responses"]["HybridMalformed"];
            401: components["responses"]["HybridUnauthenticated"];
            403: components["responses"]["HybridForbidden"];
            409: components["responses"]["HybridConflict"];
            413: components["responses"]["HybridTooLarge"];
            415: components["responses"]["HybridMediaType"];
            422: components["responses"]["HybridRefused"];
            429: components["responses"]["HybridTooManyRequests"];
            500: components["responses"]["HybridInternal"];
            503: components["responses"]["HybridUnavailable"];
        };
    };
    generateKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GenerateKeyRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "pqk_01jd3n8x5bq7m2c4v6w8z0a1kf",
                     *         "publicKey": "0x2b3c4d5e6f7a8b9c",
                     *         "algorithm": "ml-dsa-65",
                     *         "chain": "ethereum",
                     *         "label": null,
                     *         "status": "active",
                     *         "origin": "generated",
                     *         "environment": "live",
                     *         "createdAt": "2026-11-21T13:54:14.266Z",
                     *         "revokedAt": null,
                     *         "privateKey": "0x3c4d5e6f7a8b9cad",
                     *         "privateKeyFormat": "seed"
                     *       },
                     *       "meta": {
                     *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                     *         "timestamp": "2026-11-21T13:54:14.266Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["GeneratedKey"];
                        meta: components["schemas"]["HybridMeta"];
                    };
                };
            };
            400: components["responses"]["HybridMalformed"];
            401: components["responses"]["HybridUnauthenticated"];
            403: components["responses"]["HybridForbidden"];
            409: components["responses"]["HybridConflict"];
            413: components["responses"]["HybridTooLarge"];
            415: components["responses"]["HybridMediaType"];
            429: components["responses"]["HybridTooManyRequests"];
            500: components["responses"]["HybridInternal"];
            503: components["responses"]["HybridUnavailable"];
        };
    };
    listRegisteredKeys: {
        parameters: {
            query?: {
                /** @description Only those of this algorithm. */
                algorithm?: components["schemas"]["PqcAlgorithm"];
                /** @description Only those of this chain. */
                chain?: components["schemas"]["Chain"];
                /** @description Revoked ones as well. */
                includeRevoked?: boolean;
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "pqk_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *           "publicKey": "0x1a2b3c4d5e6f7a8b",
                     *           "algorithm": "ml-dsa-65",
                     *           "chain": "ethereum",
                     *           "label": "treasury",
                     *           "status": "active",
                     *           "origin": "registered",
                     *           "environment": "live",
                     *           "createdAt": "2026-11-21T13:54:14.266Z",
                     *           "revokedAt": null
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "nextCursor": null
                     *       },
                     *       "meta": {
                     *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                     *         "timestamp": "2026-11-21T13:54:14.266Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["RegisteredKey"][];
                        pagination: components["schemas"]["Pagination"];
                        meta: components["schemas"]["HybridMeta"];
                    };
                };
            };
            400: components["responses"]["HybridMalformed"];
            401: components["responses"]["HybridUnauthenticated"];
            403: components["responses"]["HybridForbidden"];
            429: components["responses"]["HybridTooManyRequests"];
            500: components["responses"]["HybridInternal"];
            503: components["responses"]["HybridUnavailable"];
        };
    };
    getRegisteredKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "pqk_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "publicKey": "0x1a2b3c4d5e6f7a8b",
                     *         "algorithm": "ml-dsa-65",
                     *         "chain": "ethereum",
                     *         "label": "treasury",
                     *         "status": "active",
                     *         "origin": "registered",
                     *         "environment": "live",
                     *         "createdAt": "2026-11-21T13:54:14.266Z",
                     *         "revokedAt": null
                     *       },
                     *       "meta": {
                     *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                     *         "timestamp": "2026-11-21T13:54:14.266Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["RegisteredKey"];
                        meta: components["schemas"]["HybridMeta"];
                    };
                };
            };
            400: components["responses"]["HybridMalformed"];
            401: components["responses"]["HybridUnauthenticated"];
            403: components["responses"]["HybridForbidden"];
            404: components["responses"]["HybridNotFound"];
            429: components["responses"]["HybridTooManyRequests"];
            500: components["responses"]["HybridInternal"];
            503: components["responses"]["HybridUnavailable"];
        };
    };
    revokeRegisteredKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "pqk_01jd3n8x5bq7m2c4v6w8z0a1kf",
                     *         "revokedAt": "2026-11-21T13:54:14.266Z"
                     *       },
                     *       "meta": {
                     *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                     *         "timestamp": "2026-11-21T13:54:14.266Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["RevokedKey"];
                        meta: components["schemas"]["HybridMeta"];
                    };
                };
            };
            400: components["responses"]["HybridMalformed"];
            401: components["responses"]["HybridUnauthenticated"];
            403: components["responses"]["HybridForbidden"];
            404: components["responses"]["HybridNotFound"];
            429: components["responses"]["HybridTooManyRequests"];
            500: components["responses"]["HybridInternal"];
            503: components["responses"]["HybridUnavailable"];
        };
    };
    listAttestations: {
        parameters: {
            query?: {
                /** @description Only those under this registered key. */
                keyId?: string;
                /** @description Only those of this chain. */
                chain?: components["schemas"]["Chain"];
                /** @description Only those that were made then or later. */
                since?: string;
                /** @description Items of a page. */
                limit?: components["parameters"]["limit"];
                /** @description `nextCursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "att_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *           "status": "verified",
                     *           "message": "0x48656c6c6f20576f726c64",
                     *           "ecdsaPublicKey": "0x04a1b2c3d4e5f6",
                     *           "pqcPublicKey": "0x1a2b3c4d5e6f7a8b",
                     *           "algorithm": "ml-dsa-65",
                     *           "chain": "ethereum",
                     *           "ecdsaScheme": "eip191",
                     *           "signerAddress": "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
                     *           "pqcKeyId": "pqk_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *           "metadata": {
                     *             "txHash": "0xabc123",
                     *             "label": "Treasury transfer approval"
                     *           },
                     *           "countersignatureId": null,
                     *           "createdAt": "2026-11-21T13:54:14.266Z",
                     *           "ledger": {
                     *             "seq": 290,
                     *             "entryId": "ent_01jd3n8x5bq7m2c4v6w8z0a1ke"
                     *           }
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "nextCursor": null
                     *       },
                     *       "meta": {
                     *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                     *         "timestamp": "2026-11-21T13:54:14.266Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["HybridAttestation"][];
                        pagination: components["schemas"]["Pagination"];
                        meta: components["schemas"]["HybridMeta"];
                    };
                };
            };
            400: components["responses"]["HybridMalformed"];
            401: components["responses"]["HybridUnauthenticated"];
            403: components["responses"]["HybridForbidden"];
            429: components["responses"]["HybridTooManyRequests"];
            500: components["responses"]["HybridInternal"];
            503: components["responses"]["HybridUnavailable"];
        };
    };
    getAttestation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "att_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "status": "verified",
                     *         "message": "0x48656c6c6f20576f726c64",
                     *         "ecdsaPublicKey": "0x04a1b2c3d4e5f6",
                     *         "pqcPublicKey": "0x1a2b3c4d5e6f7a8b",
                     *         "algorithm": "ml-dsa-65",
                     *         "chain": "ethereum",
                     *         "ecdsaScheme": "eip191",
                     *         "signerAddress": "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
                     *         "pqcKeyId": "pqk_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *         "metadata": {
                     *           "txHash": "0xabc123",
                     *           "label": "Treasury transfer approval"
                     *         },
                     *         "countersignatureId": null,
                     *         "createdAt": "2026-11-21T13:54:14.266Z",
                     *         "ledger": {
                     *           "seq": 290,
                     *           "entryId": "ent_01jd3n8x5bq7m2c4v6w8z0a1ke"
                     *         },
                     *         "ecdsaSignature": "0x3045022100c0ffee",
                     *         "pqcSignature": "0x7a8b9c0d1e2f3a4b",
                     *         "record": "{\"algorithm\":\"ml-dsa-65\",\"chain\":\"ethereum\"}",
                     *         "metadataText": "{\"txHash\":\"0xabc123\",\"label\":\"Treasury transfer approval\"}",
                     *         "countersignature": null
                     *       },
                     *       "meta": {
                     *         "requestId": "43244e7638d8b63adc9e9a46d88ef63e",
                     *         "timestamp": "2026-11-21T13:54:14.266Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        data: components["schemas"]["HybridAttestationWhole"];
                        meta: components["schemas"]["HybridMeta"];
                    };
                };
            };
            400: components["responses"]["HybridMalformed"];
            401: components["responses"]["HybridUnauthenticated"];
            403: components["responses"]["HybridForbidden"];
            404: components["responses"]["HybridNotFound"];
            429: components["responses"]["HybridTooManyRequests"];
            500: components["responses"]["HybridInternal"];
            503: components["responses"]["HybridUnavailable"];
        };
    };
    getAttestationBundle: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "mediaType": "application/vnd.countersign.bundle+json; version=1",
                     *       "version": 1,
                     *       "signatureId": "sig_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *       "payloadSha256": "sha256:7b4871e6b35405054627068a49669e601dc93c5201ec75105d5858b79aecea12",
                     *       "keyId": "key_01jd3n8x5bq7m2c4v6w8z0a1ke",
                     *       "publicKey": "{\"v\":1,\"alg\":\"mldsa65+ed25519\",\"classical\":\"3Aax…\",\"pq\":\"9vQf…\"}",
                     *       "signature": "Q5SkftVmEgO+yFYq1SnbmxDAkakaYNGYQ2shlPbceeampq7O",
                     *       "docB64": "ZXlKaGJHY2lPaUpGWkVSVFFTSXNJblI1Y0NJNklsQnZjM1JS",
                     *       "entry": "{\"actorId\":\"ak_01m7z65pyqsbxsymz4nkkt4z69\",\"data\":{\"algorith…",
                     *       "inclusion": {
                     *         "leafIndex": 268,
                     *         "proofHex": [
                     *           "d9e1e8e1a7fa8c23fa79f39fbd34a9be9a4ac08f8f518027057df832bc102df8"
                     *         ]
                     *       },
                     *       "checkpoint": "localhost/org/org_01jd3n8x5bq7m2c4v6w8z0a1ke…"
                     *     }
                     */
                    "application/vnd.countersign.bundle+json; version=1": components["schemas"]["Bundle"];
                };
            };
            400: components["responses"]["HybridMalformed"];
            401: components["responses"]["HybridUnauthenticated"];
            403: components["responses"]["HybridForbidden"];
            404: components["responses"]["HybridNotFound"];
            422: components["responses"]["HybridRefused"];
            429: components["responses"]["HybridTooManyRequests"];
            500: components["responses"]["HybridInternal"];
            503: components["responses"]["HybridUnavailable"];
        };
    };
    pqSigner: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. The same key with the same request gives the first answer again for 24 hours, the same signature; with another request 409 IDEMPOTENCY_MISMATCH. An answer with a secret is not kept: 409 SECRET_NOT_REPLAYABLE. */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PqSignerRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PqSignerKey"] | components["schemas"]["PqSignerSignature"];
                };
            };
            400: components["responses"]["PqSignerMalformed"];
            401: components["responses"]["PqSignerUnauthenticated"];
            403: components["responses"]["PqSignerRefused"];
            429: components["responses"]["PqSignerTooManyRequests"];
            503: components["responses"]["PqSignerInternal"];
        };
    };
    getPqSignerRecord: {
        parameters: {
            query: {
                /** @description The key's `user_id`. */
                userId: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "keyRecord": {
                     *           "user_id": "customer-wallet-123",
                     *           "alg": "ML-DSA-44",
                     *           "mldsa_pubkey": "6lJ8kg==",
                     *           "wrapped_dk": "Q0RLMQ==",
                     *           "kms_key_arn": "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                     *           "created_at_ms": 1768473000123
                     *         },
                     *         "birthAttestation": "hEShATgioFkR",
                     *         "enclaveVersion": "0.1.0",
                     *         "keyRelease": "relayed"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: components["schemas"]["PqSignerRecord"];
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
}
