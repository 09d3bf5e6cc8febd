// SPDX-License-Identifier: Apache-2.0
//
// The contract's types under their own names.

import type { components, operations } from "./api.gen.js";

type Schemas = components["schemas"];
type Query<K extends keyof operations> = NonNullable<operations[K]["parameters"]["query"]>;

/** What may be left out may also be undefined. */
export type Loose<T> = { [K in keyof T]: undefined extends T[K] ? T[K] | undefined : T[K] };

export type Algorithm = Schemas["Algorithm"];
export type SignatureFormat = Schemas["SignatureFormat"];
export type Vendor = Schemas["Vendor"];
export type MatchRules = Schemas["MatchRules"];
export type Attestation = Schemas["Attestation"];
export type AttestationPolicy = Schemas["AttestationPolicy"];
export type NewAttestationPolicy = Schemas["NewAttestationPolicy"];
export type AttestationPolicyChange = Schemas["AttestationPolicyChange"];
export type AttestationPolicyDeleted = Schemas["AttestationPolicyDeleted"];
export type Key = Schemas["Key"];
export type KeyDetail = Schemas["KeyDetail"];
export type KeyRevoked = Schemas["KeyRevoked"];
export type NewKey = Schemas["NewKey"];
export type Link = Schemas["Link"];
export type AuditEntry = Schemas["AuditEntry"];
export type SignResult = Schemas["SignResult"];
export type DryRun = Schemas["DryRun"];
export type BatchResult = Schemas["BatchResult"];
export type BatchItem = Schemas["BatchItem"];
export type VerifyResult = Schemas["VerifyResult"];
export type StoredSignature = Schemas["StoredSignature"];
export type SignatureDetail = Schemas["SignatureDetail"];
export type VaultPolicy = Schemas["VaultPolicy"];
export type NewVaultPolicy = Schemas["NewVaultPolicy"];
export type VaultPolicyChange = Schemas["VaultPolicyChange"];
export type VaultPolicyDeleted = Schemas["VaultPolicyDeleted"];
export type Settings = Schemas["Settings"];
export type NewSettings = Schemas["NewSettings"];
export type SettingsSaved = Schemas["SettingsSaved"];
export type SettingsCleared = Schemas["SettingsCleared"];
export type SettingsTest = Schemas["SettingsTest"];
export type Entry = Schemas["Entry"];
export type NewEntry = Schemas["NewEntry"];
export type Checkpoint = Schemas["Checkpoint"];
export type Sealed = Schemas["Sealed"];
export type InclusionProof = Schemas["InclusionProof"];
export type ConsistencyProof = Schemas["ConsistencyProof"];
export type LedgerBundle = Schemas["LedgerBundle"];
export type Enclave = Schemas["Enclave"];
export type Stats = Schemas["Stats"];
export type Health = Schemas["Health"];
export type Readiness = Schemas["Readiness"];
export type ApiKey = Schemas["ApiKey"];
export type ApiKeyMinted = Schemas["ApiKeyMinted"];
export type ApiKeyRevoked = Schemas["ApiKeyRevoked"];
export type NewApiKey = Schemas["NewApiKey"];
export type Session = Schemas["Session"];
export type HybridSignRequest = Schemas["HybridSignRequest"];
export type HybridAttestation = Schemas["HybridAttestation"];
export type HybridAttestationWhole = Schemas["HybridAttestationWhole"];
export type HybridVerifyRequest = Schemas["HybridVerifyRequest"];
export type HybridVerifyResult = Schemas["HybridVerifyResult"];
export type PqSignerAlgorithm = Schemas["PqSignerAlgorithm"];
export type PqSignerKey = Schemas["PqSignerKey"];
export type PqSignerRecord = Schemas["PqSignerRecord"];
export type PqSignerSignature = Schemas["PqSignerSignature"];
export type Challenge = Schemas["Challenge"];
export type RegisterKeyRequest = Schemas["RegisterKeyRequest"];
export type GenerateKeyRequest = Schemas["GenerateKeyRequest"];
export type RegisteredKey = Schemas["RegisteredKey"];
export type GeneratedKey = Schemas["GeneratedKey"];
export type RevokedKey = Schemas["RevokedKey"];

/** Where a listing begins (`cursor`: `nextCursor` of a page) and how many items a page has. */
export type PageQuery = Loose<Query<"listVaultPolicies">>;
export type KeyQuery = Loose<Query<"listKeys">>;
export type AttestationPolicyQuery = Loose<Query<"listAttestationPolicies">>;
export type SignatureQuery = Loose<Query<"listSignatures">>;
export type EntryQuery = Loose<Query<"listEntries">>;
export type RegisteredKeyQuery = Loose<Query<"listRegisteredKeys">>;
export type AttestationQuery = Loose<Query<"listAttestations">>;
