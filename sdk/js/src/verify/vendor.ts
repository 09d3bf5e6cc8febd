// SPDX-License-Identifier: Apache-2.0
//
// What the verifier asks of a vendor of hardware (protocol/attestation.md §6, §9). The core knows documents, claims and
// time; a vendor knows its evidence. Vendors throw `Refusal` with a reason of §6; within each stage in the order of §6.

import type { JsonObject, JsonValue } from "./json.js";

export const VENDOR_NAMES = [
  "mock",
  "aws-nitro-enclave",
  "azure-confidential-vm",
  "gcp-confidential-space",
  "amd-sev-snp",
  "intel-tdx",
] as const;

export type VendorName = (typeof VENDOR_NAMES)[number];

/** T of §5. In stored mode vendors judge certificates and tokens at E, where their evidence has one, else at T. */
export interface EvaluationTime {
  /** T, seconds since 1970. */
  readonly at: number;
  readonly stored: boolean;
}

/** What the evidence must commit to; absent is not compared. */
export interface ExpectedBinding {
  /** B, or that of a session key (§1): 36 bytes, before what the vendor makes of it. Of raw evidence the caller's bytes. */
  readonly binding?: Uint8Array;
  /** The binding is of a session key, whose age counts from the vendor's time. */
  readonly session?: boolean;
  /** Raw evidence only: in the vendor's own field. */
  readonly nonce?: Uint8Array;
  /** Raw evidence only. */
  readonly publicKey?: Uint8Array;
  /** Raw evidence: `binding` is compared with the vendor's field as it is, not with what §9 derives from B. */
  readonly raw: boolean;
}

/** Evidence whose signatures and certificates hold, under a root or key that the policy accepts. */
export interface Proven {
  /** As §9 derives it, with its prefix. */
  readonly imageHash: string;
  /** E in seconds; absent where the evidence has none. */
  readonly evidenceTime?: number;
  /** Proven under a root of the vendor that is compiled in. */
  readonly hardware: boolean;
  /** `sha256:<hex>` of the root's certificate, or of the pinned key set's canonical form. */
  readonly rootSha256: string | null;
  /** What was not judged, in one sentence. */
  readonly note?: string;
  /** The second stage, ATT_ISSUER_MISMATCH to ATT_COMMITMENT_MISMATCH (and a raw nonce): what was proven, and for whom. */
  bind(expected: ExpectedBinding): void;
  /** The third stage, ATT_DEBUG to ATT_ENCLAVE_VERSION. Raw evidence has no version. */
  allow(enclaveVersion: string | undefined): void | Promise<void>;
}

/** The match rules of a policy, read. */
export interface VendorRules {
  /** The canonical form of `matchRules`: defaults written out, hashes with prefix, keys and certificates in one form. */
  readonly canonical: JsonObject;
  /** Under these rules all evidence has the vendor's time; absent: as `Vendor.sessions` says. */
  readonly sessions?: boolean;
  /** A root or issuer is not the vendor's own (§3). */
  readonly development: boolean;
  /** Of the pinned root or key set; null where the policy leaves the choice among compiled-in roots. */
  readonly rootSha256: string | null;
  /** The first stage, ATT_EVIDENCE_FORMAT to ATT_PROOF_INVALID. */
  prove(evidence: Uint8Array, time: EvaluationTime): Promise<Proven>;
}

export interface Vendor {
  readonly name: VendorName;
  /** `alg` of the header of documents with evidence per operation. */
  readonly evidenceAlg: string;
  /** Whether a policy may ask for sessions: the evidence carries the vendor's time. */
  readonly sessions: boolean;
  /**
   * Throws what `policyError` makes; the member is told from the policy's root, as "matchRules.pcrs". Roots and issuers
   * that are not the vendor's own are POLICY_FOREIGN_ROOT unless `allowDevelopment`; unknown members come last.
   */
  readRules(matchRules: JsonObject, allowDevelopment: boolean): VendorRules | Promise<VendorRules>;
}

export type { JsonObject, JsonValue };
