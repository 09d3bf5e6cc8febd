/* SPDX-License-Identifier: Apache-2.0 */
/* One row a code: code (also its public name), class, sentence. No include guard: read several times. */
/* clang-format off */

CS_ERR(OK, CS_CLASS_OK, "Verified.")

/* Anything, anywhere */
CS_ERR(INTERNAL, CS_CLASS_INTERNAL, "Internal error.")
CS_ERR(NO_MEMORY, CS_CLASS_INTERNAL, "Out of memory.")
CS_ERR(CRYPTO, CS_CLASS_INTERNAL, "The cryptographic library failed.")
CS_ERR(RANDOM, CS_CLASS_INTERNAL, "The random number generator failed.")
CS_ERR(IO, CS_CLASS_INTERNAL, "Input or output failed.")
CS_ERR(CONFIG, CS_CLASS_INTERNAL, "The configuration is not usable.")

/* Encodings and requests */
CS_ERR(TOO_LARGE, CS_CLASS_TOO_LARGE, "The input is larger than allowed.")
CS_ERR(BAD_ENCODING, CS_CLASS_MALFORMED, "Not canonical base64, base64url or hex.")
CS_ERR(BAD_JSON, CS_CLASS_MALFORMED, "Not strict JSON (one value, no duplicate names, bounded depth, valid UTF-8).")
CS_ERR(BAD_FIELD, CS_CLASS_MALFORMED, "A member has the wrong type or value.")
CS_ERR(MISSING_FIELD, CS_CLASS_MALFORMED, "A required member is missing.")
CS_ERR(UNKNOWN_FIELD, CS_CLASS_MALFORMED, "The request has a member that this version does not know.")
CS_ERR(BAD_FORMAT, CS_CLASS_MALFORMED, "The bytes do not have the documented format.")
CS_ERR(BAD_REQUEST, CS_CLASS_MALFORMED, "The HTTP request is not well formed.")
CS_ERR(BAD_CURSOR, CS_CLASS_MALFORMED, "The cursor was not issued by this server.")
CS_ERR(PAYLOAD_TOO_LARGE, CS_CLASS_TOO_LARGE,
       "Inline payloads end at 512 KiB; keys of format composite take a preHash instead, other formats do not.")
CS_ERR(BODY_TOO_LARGE, CS_CLASS_TOO_LARGE, "The body is larger than 1 MiB.")
CS_ERR(BAD_MEDIA_TYPE, CS_CLASS_MEDIA_TYPE, "A body must be sent as application/json.")
CS_ERR(METHOD_NOT_ALLOWED, CS_CLASS_NOT_ALLOWED, "The route does not take this method.")
CS_ERR(REQUEST_TIMEOUT, CS_CLASS_TIMEOUT, "The request did not arrive in time.")
CS_ERR(UNAUTHENTICATED, CS_CLASS_UNAUTHENTICATED, "No valid API key.")
CS_ERR(FORBIDDEN, CS_CLASS_FORBIDDEN, "The API key has no scope for this.")
CS_ERR(CSRF, CS_CLASS_FORBIDDEN, "A session's cookie is not enough here: X-CSRF-Token must be the session's.")
CS_ERR(NOT_FOUND, CS_CLASS_NOT_FOUND, "No such thing.")
CS_ERR(CONFLICT, CS_CLASS_CONFLICT, "The change contradicts the present state.")
CS_ERR(IDEMPOTENCY_MISMATCH, CS_CLASS_CONFLICT, "The idempotency key was used for another request.")
CS_ERR(SECRET_NOT_REPLAYABLE, CS_CLASS_CONFLICT,
       "The request was done, and its answer held a secret, which is shown once and not kept.")
CS_ERR(NAME_TAKEN, CS_CLASS_CONFLICT, "The name is taken by a live key.")
CS_ERR(RATE_LIMITED, CS_CLASS_RATE, "Too many requests with this API key.")
CS_ERR(OVERLOADED, CS_CLASS_UNAVAILABLE, "Too many requests are waiting; try again.")
CS_ERR(STORE_UNAVAILABLE, CS_CLASS_UNAVAILABLE, "The store cannot write; nothing is signed until it can.")
CS_ERR(ENCLAVE_UNAVAILABLE, CS_CLASS_UNAVAILABLE, "The enclave does not answer.")

/* Algorithms, keys, signatures */
CS_ERR(UNKNOWN_ALGORITHM, CS_CLASS_MALFORMED, "The algorithm is not known.")
CS_ERR(UNKNOWN_SIGNATURE_FORMAT, CS_CLASS_MALFORMED, "The signature format is not known.")
CS_ERR(FORMAT_NOT_OFFERED, CS_CLASS_MALFORMED, "The algorithm is not offered in this signature format.")
CS_ERR(BAD_PUBLIC_KEY, CS_CLASS_MALFORMED, "The public key is not well formed.")
CS_ERR(BAD_PRIVATE_KEY, CS_CLASS_MALFORMED, "The private key is not well formed or not consistent.")
CS_ERR(BAD_SIGNATURE, CS_CLASS_REFUSED, "The signature does not verify.")
CS_ERR(BAD_CONTEXT, CS_CLASS_MALFORMED, "A signature context has at most 255 bytes.")
CS_ERR(PREHASH_NOT_OFFERED, CS_CLASS_MALFORMED, "Only keys of format composite take a preHash.")
CS_ERR(PREHASH_ALGORITHM, CS_CLASS_MALFORMED, "The preHash algorithm is not the one of the key's algorithm.")
CS_ERR(RESERVED_PREFIX, CS_CLASS_REFUSED,
       "Payloads that begin with the composite prefix are not signed by keys of this format.")
CS_ERR(KEY_NOT_ACTIVE, CS_CLASS_CONFLICT, "The key is revoked or suspended, or has a successor already.")
CS_ERR(PROVIDER_NOT_AVAILABLE, CS_CLASS_REFUSED, "not available at this provider")
CS_ERR(SEALING_NOT_AVAILABLE, CS_CLASS_REFUSED, "The agent has no settings key, so no secret can be stored.")
CS_ERR(KEY_PURPOSE, CS_CLASS_REFUSED, "The key is for another purpose.")
CS_ERR(COUNTER_NOT_FRESH, CS_CLASS_REFUSED, "The counter of the document repeats or runs back within its epoch.")
CS_ERR(POLICY_REQUIRED, CS_CLASS_MALFORMED, "A key of enclave kind needs an attestation policy.")
CS_ERR(SEAL_BROKEN, CS_CLASS_REFUSED, "The sealed key does not open.")
CS_ERR(KEK_UNUSABLE, CS_CLASS_INTERNAL, "The key-encryption key is missing, short or not the one that sealed the key.")
CS_ERR(KMS_RECIPIENT, CS_CLASS_REFUSED, "The answer of the KMS is for another recipient key.")
CS_ERR(KMS_ANSWER, CS_CLASS_REFUSED, "The answer of the KMS does not open.")
CS_ERR(SELF_CHECK, CS_CLASS_INTERNAL, "A fresh signature did not verify; it was not released.")
CS_ERR(RESERVED_PAYLOAD, CS_CLASS_REFUSED,
       "Payloads that begin with countersign/hybrid/v1 or countersign/lineage/v1 are not signed for clients.")
CS_ERR(ROOT_UNAVAILABLE, CS_CLASS_UNAVAILABLE,
       "The enclave's root of trust does not answer, or not as it must; nothing is signed until it does.")
CS_ERR(COUNTERS_FULL, CS_CLASS_UNAVAILABLE,
       "The enclave has worked with as many keys as it can count; it must be restarted.")

/* Hybrid Attest, in the gateway */
CS_ERR(PQC_005, CS_CLASS_REFUSED, "The post-quantum public key is not registered, or was revoked.")
CS_ERR(BAD_CHALLENGE, CS_CLASS_MALFORMED, "The challenge was not issued to this account, was used, or has expired.")
CS_ERR(ALREADY_REGISTERED, CS_CLASS_CONFLICT, "The public key is registered already, or was revoked.")

/* Signing of checkpoints in the enclave */
CS_ERR(LEDGER_FORK, CS_CLASS_REFUSED, "The tree contradicts one that was signed for this ledger.")
CS_ERR(LEDGER_PROOF, CS_CLASS_REFUSED, "The consistency proof does not lead from the old tree to the new one.")
CS_ERR(LEDGER_NOTE, CS_CLASS_REFUSED, "The old note is not one that this enclave signed for this ledger.")
CS_ERR(LEDGER_ORGS_FULL, CS_CLASS_UNAVAILABLE,
       "The enclave has signed for as many ledgers as it can remember; it must be restarted.")

/* Hybrid Attest: the published codes of that door */
CS_ERR(PQC_001, CS_CLASS_MALFORMED, "The algorithm is not supported; ml-dsa-44, ml-dsa-65 and ml-dsa-87 are.")
CS_ERR(PQC_002, CS_CLASS_MALFORMED, "A key does not have the format of its kind.")
CS_ERR(PQC_004, CS_CLASS_REFUSED, "A signature of the pair does not verify.")
CS_ERR(GEN_001, CS_CLASS_MALFORMED, "The request is not well formed.")

/* Ledger */
CS_ERR(LEDGER_EMPTY, CS_CLASS_CONFLICT, "The ledger has no entries yet.")

/* Policies */
CS_ERR(POLICY_ALLOWLIST_EMPTY, CS_CLASS_MALFORMED, "The allow-list of the policy is missing or empty.")
CS_ERR(POLICY_HASH, CS_CLASS_MALFORMED, "A hash of the policy is not canonical.")
CS_ERR(POLICY_ROOT, CS_CLASS_MALFORMED, "The root key of the policy is not usable.")
CS_ERR(POLICY_VENDOR, CS_CLASS_MALFORMED, "The vendor is not known or not built in.")
CS_ERR(POLICY_MOCK, CS_CLASS_MALFORMED, "The vendor mock is a development root; it needs --allow-mock.")
CS_ERR(POLICY_FOREIGN_ROOT, CS_CLASS_MALFORMED,
       "The root or issuer is not one of the vendor's own; it needs --allow-mock.")
CS_ERR(POLICY_BOUND, CS_CLASS_CONFLICT, "A key that is not revoked is bound to the policy.")
CS_ERR(RULE_EMPTY, CS_CLASS_MALFORMED, "The rule demands nothing.")
CS_ERR(POLICY_VIOLATED, CS_CLASS_REFUSED, "A vault policy refuses this.")
CS_ERR(RULES_FULL, CS_CLASS_CONFLICT, "There are as many vault policies as there can be.")
CS_ERR(ATTESTATION_REJECTED, CS_CLASS_REFUSED, "The attestation does not satisfy the policy; no signature was made.")

/* Attestation verification, in the order of evaluation; protocol/attestation.md explains each */
CS_ERR(ATT_MOCK_REFUSED, CS_CLASS_REFUSED, "A development root (mock) is refused here.")
CS_ERR(ATT_TOO_LARGE, CS_CLASS_REFUSED, "The attestation document is larger than 128 KiB.")
CS_ERR(ATT_SHAPE, CS_CLASS_REFUSED, "The attestation document is not three base64url parts.")
CS_ERR(ATT_JSON, CS_CLASS_REFUSED, "Header or payload of the attestation document is not strict JSON.")
CS_ERR(ATT_VENDOR_MISMATCH, CS_CLASS_REFUSED, "The attestation document is not of the policy's vendor.")
CS_ERR(ATT_HEADER_MISMATCH, CS_CLASS_REFUSED, "The header is not the one that the policy implies.")
CS_ERR(ATT_EVIDENCE_FORMAT, CS_CLASS_REFUSED, "The vendor's evidence is not well formed.")
CS_ERR(ATT_EVIDENCE_ALGORITHM, CS_CLASS_REFUSED, "The vendor's evidence is signed with another algorithm than the fixed one.")
CS_ERR(ATT_KEY_WEAK, CS_CLASS_REFUSED, "A key of the evidence is too weak or of a kind that is not taken.")
CS_ERR(ATT_ROOT_MISMATCH, CS_CLASS_REFUSED, "The certificates do not end in a root that the policy pins.")
CS_ERR(ATT_CHAIN, CS_CLASS_REFUSED, "The certificate chain breaks a rule: signature, issuer, CA, path length or usage.")
CS_ERR(ATT_CERT_NOT_YET_VALID, CS_CLASS_REFUSED, "A certificate of the evidence is not valid yet.")
CS_ERR(ATT_CERT_EXPIRED, CS_CLASS_REFUSED, "A certificate of the evidence is no longer valid.")
CS_ERR(ATT_PROOF_INVALID, CS_CLASS_REFUSED, "The proof does not verify under the pinned root.")
CS_ERR(ATT_REPORT_MISMATCH, CS_CLASS_REFUSED, "The parts of the evidence do not belong together.")
CS_ERR(ATT_COMMITMENT_MISMATCH, CS_CLASS_REFUSED, "The evidence commits to something else than what it came with.")
CS_ERR(ATT_PROFILE, CS_CLASS_REFUSED, "The profile is not countersign/attestation/v1.")
CS_ERR(ATT_KIND, CS_CLASS_REFUSED, "The document attests another kind of operation.")
CS_ERR(ATT_CLAIMS, CS_CLASS_REFUSED, "A claim is missing or not canonical.")
CS_ERR(ATT_COMPAT_CLAIMS, CS_CLASS_REFUSED, "The published names of the claims disagree with the claims.")
CS_ERR(ATT_IMAGE_MISMATCH, CS_CLASS_REFUSED, "The image hash is not the one that the evidence proves.")
CS_ERR(ATT_DEBUG, CS_CLASS_REFUSED, "The machine can be debugged from outside.")
CS_ERR(ATT_ALLOWLIST_EMPTY, CS_CLASS_REFUSED, "The policy allows no image at all.")
CS_ERR(ATT_PLATFORM, CS_CLASS_REFUSED,
       "The machine is not of the kind, or not set up in the way, that the policy wants.")
CS_ERR(ATT_REGISTER_MISSING, CS_CLASS_REFUSED, "A register that the policy names is not in the evidence.")
CS_ERR(ATT_IMAGE_NOT_ALLOWED, CS_CLASS_REFUSED, "The image hash is not on the allow-list.")
CS_ERR(ATT_TCB, CS_CLASS_REFUSED, "The platform's firmware is older than the policy allows, or known to be vulnerable.")
CS_ERR(ATT_SESSION_EPOCH, CS_CLASS_REFUSED, "The session key belongs to another epoch of the enclave.")
CS_ERR(ATT_NONCE_MISMATCH, CS_CLASS_REFUSED, "The nonce is not the one that was sent.")
CS_ERR(ATT_FROM_FUTURE, CS_CLASS_REFUSED, "The document is dated more than 60 s in the future.")
CS_ERR(ATT_TIME_MISMATCH, CS_CLASS_REFUSED,
       "The time of the document is more than 60 s before its evidence or in the future.")
CS_ERR(ATT_SESSION_EXPIRED, CS_CLASS_REFUSED, "The evidence for the session key is older than the policy allows.")
CS_ERR(ATT_EXPIRED, CS_CLASS_REFUSED, "The document is older than the policy allows.")
CS_ERR(ATT_UNDATED, CS_CLASS_REFUSED, "The policy wants a witness for the date and there is none.")
CS_ERR(ATT_PAYLOAD_MISMATCH, CS_CLASS_REFUSED, "The document attests another payload.")
CS_ERR(ATT_PREHASH_MISMATCH, CS_CLASS_REFUSED, "The document attests another pre-hash.")
CS_ERR(ATT_SIGNATURE_MISMATCH, CS_CLASS_REFUSED, "The document attests another signature.")
CS_ERR(ATT_KEY_MISMATCH, CS_CLASS_REFUSED, "The document attests another key.")
CS_ERR(ATT_ALGORITHM_MISMATCH, CS_CLASS_REFUSED, "The document attests another algorithm or signature format.")
CS_ERR(ATT_PURPOSE_MISMATCH, CS_CLASS_REFUSED, "The document attests a key for another purpose.")

/* Signed notes, checkpoints, proofs; protocol/ledger.md */
CS_ERR(NOTE_FORMAT, CS_CLASS_REFUSED, "The note or checkpoint is not well formed.")
CS_ERR(NOTE_UNSIGNED, CS_CLASS_REFUSED, "The note has no signature by a key that is pinned.")
CS_ERR(NOTE_SIGNATURE, CS_CLASS_REFUSED, "A signature of the note under a pinned key does not verify.")
CS_ERR(NOTE_ORIGIN, CS_CLASS_REFUSED, "The checkpoint is of another ledger than the pinned key's.")
CS_ERR(BAD_VKEY, CS_CLASS_MALFORMED, "The verifier key is not well formed.")
CS_ERR(BUNDLE_FORMAT, CS_CLASS_REFUSED, "The bundle is not well formed.")
CS_ERR(BUNDLE_POLICY, CS_CLASS_REFUSED, "The bundle's policy is not the pinned one.")
CS_ERR(BUNDLE_PAYLOAD, CS_CLASS_REFUSED, "The bundle is about another payload.")
CS_ERR(BUNDLE_ENTRY, CS_CLASS_REFUSED, "The ledger entry is about another signature.")
CS_ERR(BUNDLE_VIOLATION, CS_CLASS_REFUSED, "The ledger records that this signature violates its policy.")
CS_ERR(BUNDLE_POSITION, CS_CLASS_REFUSED, "The ledger entry is not the one of that place.")
CS_ERR(BUNDLE_INCLUSION, CS_CLASS_REFUSED, "The inclusion proof does not lead from the entry to the checkpoint.")
CS_ERR(BUNDLE_WITNESS, CS_CLASS_REFUSED, "A cosignature of a pinned witness does not verify.")
CS_ERR(BUNDLE_NOT_PINNED, CS_CLASS_REFUSED, "The policy wants a date, and no key of the ledger is pinned.")
CS_ERR(LEDGER_CHANGED, CS_CLASS_REFUSED, "An entry of the ledger was changed.")
CS_ERR(LEDGER_REMOVED, CS_CLASS_REFUSED, "An entry of the ledger was removed.")
CS_ERR(LEDGER_REORDERED, CS_CLASS_REFUSED, "Entries of the ledger were reordered.")
CS_ERR(LEDGER_ADDED, CS_CLASS_REFUSED, "An entry was added to the ledger, or stands in it twice.")
CS_ERR(LEDGER_TRUNCATED, CS_CLASS_REFUSED, "The end of the ledger is missing: a checkpoint covers more entries.")
CS_ERR(LINEAGE_START, CS_CLASS_REFUSED, "The pinned key is not in this lineage.")
CS_ERR(LINEAGE_BROKEN, CS_CLASS_REFUSED, "A link of the lineage does not tie its two keys together.")
CS_ERR(LINEAGE_SIGNATURE, CS_CLASS_REFUSED, "A successor was not signed by its predecessor.")

/* Frames between the zones */
CS_ERR(FRAME_LENGTH, CS_CLASS_INTERNAL, "A frame length is 0 or more than 1 MiB.")
CS_ERR(FRAME_TYPE, CS_CLASS_INTERNAL, "A frame has an unknown type or comes in the wrong state.")
CS_ERR(FRAME_CLOSED, CS_CLASS_UNAVAILABLE, "The peer closed the connection.")
CS_ERR(FRAME_DEADLINE, CS_CLASS_UNAVAILABLE, "The peer did not answer in time.")
