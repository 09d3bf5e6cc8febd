// SPDX-License-Identifier: Apache-2.0
//
// The whole package for programs that run against `countersign dev`: here the verifier accepts vendor mock and other
// development roots, which prove nothing about hardware. Nothing that runs in production imports this.

import {
  type AttestationOptions, type BundleOptions, type BundleVerdict, type EvidenceOptions, type Verdict,
  verifyAttestationDoc as verifyDocument, verifyBundle as verifyFile, verifyEvidence as verifyRaw,
} from "./verify.js";

export * from "./index.js";

/** {@link index.verifyAttestationDoc}, with `allowMock` unless it is said otherwise. */
export function verifyAttestationDoc(options: AttestationOptions): Promise<Verdict> {
  return verifyDocument({ ...options, allowMock: options.allowMock ?? true });
}

/** {@link index.verifyEvidence}, with `allowMock` unless it is said otherwise. */
export function verifyEvidence(options: EvidenceOptions): Promise<Verdict> {
  return verifyRaw({ ...options, allowMock: options.allowMock ?? true });
}

/** {@link index.verifyBundle}, with `allowMock` unless it is said otherwise. */
export function verifyBundle(options: BundleOptions): Promise<BundleVerdict> {
  return verifyFile({ ...options, allowMock: options.allowMock ?? true });
}
