// SPDX-License-Identifier: Apache-2.0
//
// Why something is refused: the codes of protocol/attestation.md §6, bundle.md §3, ledger.md, pq-birth.md §3, hybrid.md
// §5 and signature.md §9.

/** Of attestation documents and evidence, in the order of the checks. */
export const ATTESTATION_REASONS = {
  ATT_MOCK_REFUSED: "a document under a policy that pins a development root, where such are not accepted",
  ATT_TOO_LARGE: "a document larger than 131,072 bytes",
  ATT_SHAPE: "a document that is not three parts of canonical base64url, or one with an empty part",
  ATT_JSON: "a header or payload that is no strict JSON object of at most 64 members",
  ATT_VENDOR_MISMATCH: "a vendor that is not the policy's",
  ATT_HEADER_MISMATCH: "another header than the policy's vendor and evidence imply, or one whose members are not as §1 says",
  ATT_EVIDENCE_FORMAT: "evidence that is not well formed, as its vendor defines it",
  ATT_EVIDENCE_ALGORITHM: "evidence signed with another algorithm than the fixed one",
  ATT_KEY_UNKNOWN: "a token signed by a key that the policy does not pin",
  ATT_KEY_WEAK: "evidence with a key that is too short or of a kind that is not taken",
  ATT_ROOT_MISMATCH: "certificates that do not end in a root that the policy pins",
  ATT_CHAIN: "a certificate chain that breaks a rule: signature, issuer, CA, path length, usage, unknown critical extension",
  ATT_CERT_NOT_YET_VALID: "evidence with a certificate that is not valid yet",
  ATT_CERT_EXPIRED: "evidence with a certificate that is no longer valid",
  ATT_CERT_REVOKED: "evidence with a certificate that the issuer has taken back, by a list that the policy carries",
  ATT_PROOF_INVALID: "a proof whose signature does not verify: of the root or the session key over SI as received, or inside the vendor's evidence",
  ATT_ISSUER_MISMATCH: "a token of an issuer that the policy does not name",
  ATT_AUDIENCE_MISMATCH: "a token that was issued for another audience",
  ATT_TOKEN_NOT_YET_VALID: "a token that is not valid yet",
  ATT_TOKEN_EXPIRED: "a token that is no longer valid",
  ATT_REPORT_MISMATCH: "evidence whose parts do not belong together",
  ATT_PUBLIC_KEY_MISMATCH: "raw evidence that carries another public key than the expected one, or none",
  ATT_COMMITMENT_MISMATCH: "evidence that commits to another document or session key, or raw evidence to another binding than expected",
  ATT_PROFILE: "a profile that is missing or another",
  ATT_KIND: "a kind that is missing or not the one asked for",
  ATT_CLAIMS: "a claim of the kind that is missing, of the wrong type, out of range or not canonical",
  ATT_COMPAT_CLAIMS: "mock: issuedAt or claims missing or in disagreement with the claims",
  ATT_IMAGE_MISMATCH: "hardware: an imageHash that is not what the evidence proves",
  ATT_DEBUG: "hardware: a machine into which a debugger can look",
  ATT_ALLOWLIST_EMPTY: "every document, under a policy with an empty list (also refused when a policy is read)",
  ATT_PLATFORM: "hardware: a machine that is not of the kind, or not set up in the way, that the policy wants",
  ATT_REGISTER_MISSING: "hardware: evidence without a register that the policy names",
  ATT_IMAGE_NOT_ALLOWED: "a measurement that is not on the policy's lists",
  ATT_OVERRIDE: "a workload whose environment or command was changed where it was started, and the policy does not allow it",
  ATT_WORKLOAD: "a workload of a service account or project that the policy does not name",
  ATT_TCB: "hardware: firmware below the policy's floor, or known to be vulnerable",
  ATT_COLLATERAL: "hardware: evidence that the vendor's collateral in the policy cannot judge: not the vendor's, not of this time, or of another platform",
  ATT_ENCLAVE_VERSION: "hardware: an enclaveVersion below the policy's minEnclaveVersion, or none beside raw evidence",
  ATT_SESSION_EPOCH: "session: the header's epoch is not the claim's",
  ATT_NONCE_MISMATCH: "a nonce that is not the one that was sent",
  ATT_FROM_FUTURE: "a document from more than 60 s after T",
  ATT_TIME_MISMATCH: "hardware: an iat more than 60 s before the evidence's time, or after T",
  ATT_SESSION_EXPIRED: "session: evidence older than maxSessionAgeSeconds, or without a time",
  ATT_EXPIRED: "a document older than maxDocAgeSeconds",
  ATT_UNDATED: "stored mode, requireDated, and no witness dates the entry",
  ATT_PAYLOAD_MISMATCH: "kind sign with payloadSha256: not the hash of the payload in hand, or none in hand",
  ATT_PREHASH_MISMATCH: "kind sign with payloadPreHash: not the pre-hash in hand, another algorithm, or none in hand",
  ATT_SIGNATURE_MISMATCH: "kind sign: sigSha256 is not the hash of the signature in hand, or none in hand",
  ATT_KEY_MISMATCH: "the key id or public key in hand is not the attested one (kind boot attests none)",
  ATT_ALGORITHM_MISMATCH: "the algorithm or signature format in hand is not the attested one (kind boot attests none)",
  ATT_PURPOSE_MISMATCH: "kinds sign and birth: a purpose that is not the one asked for, which is sign unless said otherwise",
} as const;

/** Of bundles, before the document in them is looked at. */
export const BUNDLE_REASONS = {
  BUNDLE_FORMAT: "a file that is no bundle of version 1",
  BUNDLE_POLICY: "a policy in the bundle that is not the pinned one",
  BUNDLE_PAYLOAD: "a digest that is not that of the payload in hand",
  BUNDLE_ENTRY: "a ledger entry that does not state this signature",
  BUNDLE_VIOLATION: "a ledger entry that records a violation",
  BUNDLE_POSITION: "an entry at another place than the proof's",
  BUNDLE_INCLUSION: "a proof that does not lead from the entry to the checkpoint's root",
  BUNDLE_WITNESS: "a cosignature of a pinned witness that does not verify",
  BUNDLE_NOT_PINNED: "a policy that wants a date, without a pinned ledger key",
} as const;

/** Of notes, ledgers and lineages. */
export const LEDGER_REASONS = {
  NOTE_FORMAT: "a note that is not well formed",
  NOTE_UNSIGNED: "a note that no pinned key of some type signed",
  NOTE_SIGNATURE: "a note with a line of a pinned key that does not verify",
  NOTE_ORIGIN: "a checkpoint of another origin than the key's name",
  LEDGER_CHANGED: "an entry whose bytes are others",
  LEDGER_REMOVED: "an entry that is missing while others follow",
  LEDGER_REORDERED: "an entry that stands further behind",
  LEDGER_ADDED: "an entry that stands there twice, or does not belong there",
  LEDGER_TRUNCATED: "a ledger that ends before an entry that a checkpoint has",
  LEDGER_FORK: "a checkpoint of another history",
  LEDGER_PROOF: "a proof that does not lead to the root",
  LINEAGE_START: "a lineage without the pinned key",
  LINEAGE_BROKEN: "a link that does not tie its two keys together",
  LINEAGE_SIGNATURE: "a link that its predecessor did not sign",
} as const;

/** Of births of keys of the PQ Signer door (protocol/pq-birth.md §3), after those of evidence. */
export const BIRTH_REASONS = {
  BIRTH_FORMAT: "a document whose user_data is not the commitment to a birth",
  BIRTH_PUBLIC_KEY: "a document of the birth of another public key",
  BIRTH_WRAPPED_DK: "a document of another wrapped data key",
  BIRTH_USER: "a document of a key of another user_id",
  BIRTH_KMS_KEY: "a document of another key of the KMS",
  BIRTH_ALGORITHM: "a document of a key of another algorithm",
  BIRTH_CREATED: "a document of another time of birth",
  BIRTH_HASH: "a document that commits, by a hash, to another birth",
  BIRTH_CLOCK: "a birth more than 60 s from the time of its document",
} as const;

/** Of records of Hybrid Attest (protocol/hybrid.md §5), before their countersignature. */
export const HYBRID_REASONS = {
  HYBRID_FORMAT: "an attestation that cannot be read",
  PQC_004: "a pair of which a signature does not verify",
  HYBRID_RECORD: "a record that does not state this pair",
  HYBRID_TIME: "a record of another time than its countersignature",
} as const;

/** Of signatures and public keys. */
export const SIGNATURE_REASONS = {
  BAD_SIGNATURE: "a signature of which a half does not verify, is missing, or has another shape",
  BAD_PUBLIC_KEY: "bytes that are no public key of the algorithm",
  UNKNOWN_ALGORITHM: "an algorithm that is not known",
  UNKNOWN_SIGNATURE_FORMAT: "a signature format that is not known",
  FORMAT_NOT_OFFERED: "a format that the algorithm does not have",
  BAD_CONTEXT: "a context that the key does not take",
  PREHASH_ALGORITHM: "a pre-hash that is not the algorithm's",
  PREHASH_NOT_OFFERED: "a pre-hash for a key that takes none",
} as const;

export type AttestationReason = keyof typeof ATTESTATION_REASONS;
export type BundleReason = keyof typeof BUNDLE_REASONS;
export type LedgerReason = keyof typeof LEDGER_REASONS;
export type BirthReason = keyof typeof BIRTH_REASONS;
export type SignatureReason = keyof typeof SIGNATURE_REASONS;
export type HybridReason = keyof typeof HYBRID_REASONS;
export type Reason = AttestationReason | BundleReason | LedgerReason | BirthReason | HybridReason | SignatureReason;

/** What is refused with this reason, as the end of a sentence; `OK` is the empty text. */
export function describeReason(reason: Reason | "OK"): string {
  const all: Readonly<Record<string, string>> = {
    ...ATTESTATION_REASONS,
    ...BUNDLE_REASONS,
    ...LEDGER_REASONS,
    ...BIRTH_REASONS,
    ...HYBRID_REASONS,
    ...SIGNATURE_REASONS,
  };
  return all[reason] ?? "";
}
