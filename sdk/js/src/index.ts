// SPDX-License-Identifier: Apache-2.0

export { Countersign } from "./client.js";
export { ApiError, CallError, type CallFacts, ConnectionError, MalformedAnswerError, TimeoutError } from "./errors.js";
export type { CallOptions, ClientOptions } from "./http.js";
export type { ApiKeys, Sessions } from "./apiKeys.js";
export type { AttestationPolicies } from "./attestationPolicies.js";
export type { Hybrid, HybridAttestations, RegisteredKeys } from "./hybrid.js";
export type { HybridKeys } from "./hybridKeys.js";
export type { Ledger } from "./ledger.js";
export type { Page, Pages } from "./pages.js";
export { MAX_PAYLOAD_BYTES, type Payload, type PayloadInput, preHash, type PreHashed } from "./payload.js";
export type { Policies } from "./policies.js";
export type { Signatures } from "./signatures.js";
export type { SignInput, VerifyInput } from "./signing.js";
export type { StreamOptions } from "./stream.js";
export type * from "./types.js";
// Both halves of the package name it; the contract's is the one of requests.
export type { SignatureFormat } from "./types.js";
export type { VaultSettings } from "./vaultSettings.js";
export * from "./verify.js";
