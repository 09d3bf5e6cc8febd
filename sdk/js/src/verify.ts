// SPDX-License-Identifier: Apache-2.0
//
// The offline verifier, without the client.

export { ALGORITHM_NAMES, type AlgorithmName, type PreHashName, type SignatureFormat } from "./verify/alg.js";
export {
  type AttestationOptions,
  type Clock,
  type EvidenceOptions,
  verifyAttestationDoc,
  verifyEvidence,
} from "./verify/attestation.js";
export {
  type BirthOptions,
  type BirthVerdict,
  type PqSignatureOptions,
  type PqSignatureVerdict,
  verifyBirth,
  verifyPqSignature,
} from "./verify/birth.js";
export type { BirthAlgorithm, FileInput } from "./verify/manifest.js";
export type { BundleVerdict, LedgerFacts } from "./verify/bundle.js";
export { type BundleOptions, verifyBundle } from "./verify/bundle-verify.js";
export type { Checkpoint as CheckpointText } from "./verify/checkpoint.js";
export type { Kind, Purpose } from "./verify/claims.js";
export { CountersignError } from "./verify/errors.js";
export type { Base64OrBytes, MessageInput, Payload } from "./verify/input.js";
export { type HybridOptions, type HybridVerdict, verifyHybrid } from "./verify/hybrid.js";
export {
  type CheckpointOptions,
  type CheckpointVerdict,
  type LedgerOptions,
  type LedgerPins,
  type LedgerProofOptions,
  type LedgerTilesOptions,
  type LedgerVerdict,
  verifyCheckpoint,
  verifyLedger,
  verifyLedgerProof,
  verifyLedgerTiles,
} from "./verify/ledger.js";
export { type LineageOptions, type LineageVerdict, verifyLineage } from "./verify/lineage.js";
export { type Consistency, type Inclusion, isConsistent, isIncluded, leafHash, nodeHash } from "./verify/merkle.js";
export { type Evidence, type Policy, type PolicyInput, readPolicy } from "./verify/policy.js";
export { type PublicKey, publicKeySha256, publicKeyText, readPublicKey } from "./verify/publickey.js";
export { ATTESTATION_REASONS, describeReason, type Reason } from "./verify/reasons.js";
export { type SignatureOptions, type SignatureVerdict, verifySignature } from "./verify/signature.js";
export { type VendorName, VENDOR_NAMES } from "./verify/vendor.js";
export type { Verdict, VerdictClaims } from "./verify/verdict.js";
