// SPDX-License-Identifier: Apache-2.0

export { Countersign } from "./client.js";
export { ApiError, CallError, type CallFacts, ConnectionError, MalformedAnswerError, TimeoutError } from "./errors.js";
export type { CallOptions, ClientOptions } from "./http.js";
export type { ApiKeys, Sessions } from "./apiKeys.js";
export type { AttestationPolicies } from "./attestationPolicies.js";
export type { Hybrid, HybridAttestations, RegisteredKeys } from "./hybrid.js";
export type { HybridKeys } from "./hybridKeys.js";
export { entryText, type Ledger } from "./ledger.js";
export type { Page, Pages } from "./pages.js";
export { MAX_PAYLOAD_BYTES, type Payload, type PayloadInput, preHash, type PreHashed } from "./payload.js";
export type { Policies } from "./policies.js";
export type { PqKeyInput, PqSigner, PqSignInput } from "./pqSigner.js";
export type { Signatures } from "./signatures.js";
export type { SignInput, VerifyInput } from "./signing.js";
export type { StreamOptions } from "./stream.js";
// Named one by one: where the verifier has a type of the same name, this one is meant.
export type {
  Algorithm, ApiKey, ApiKeyMinted, ApiKeyRevoked, Attestation, AttestationPolicy, AttestationPolicyChange,
  AttestationPolicyDeleted, AttestationPolicyQuery, AttestationQuery, AuditEntry, BatchItem, BatchResult, Challenge,
  Checkpoint, ConsistencyProof, DryRun, Enclave, Entry, EntryQuery, GenerateKeyRequest, GeneratedKey, Health,
  HybridAttestation, HybridAttestationWhole, HybridSignRequest, HybridVerifyRequest, HybridVerifyResult, InclusionProof,
  Key, KeyDetail, KeyQuery, KeyRevoked, LedgerBundle, Link, MatchRules, NewApiKey, NewAttestationPolicy, NewEntry, NewKey,
  NewSettings, NewVaultPolicy, PageQuery, PqSignerAlgorithm, PqSignerKey, PqSignerRecord, PqSignerSignature, Readiness, RegisterKeyRequest, RegisteredKey, RegisteredKeyQuery, RevokedKey,
  Sealed, Session, Settings, SettingsCleared, SettingsSaved, SettingsTest, SignResult, SignatureDetail, SignatureFormat,
  SignatureQuery, Stats, StoredSignature, VaultPolicy, VaultPolicyChange, VaultPolicyDeleted, Vendor, VerifyResult,
} from "./types.js";
export type { VaultSettings } from "./vaultSettings.js";
export * from "./verify.js";
