// SPDX-License-Identifier: Apache-2.0

import type { Evidence } from "./policy.js";
import type { Reason } from "./reasons.js";
import type { VendorName } from "./vendor.js";

/** The verdict of protocol/attestation.md §7. Nothing in it may be relied on unless `ok`. */
export interface Verdict {
  readonly ok: boolean;
  readonly reason: Reason | "OK";
  readonly vendor: VendorName;
  readonly evidence: Evidence | "raw";
  readonly imageHash: string | null;
  readonly counter: number | null;
  /** Of the pinned root; null where the policy leaves the choice among roots that are compiled in and none is proven. */
  readonly rootSha256: string | null;
  /** Proven under a vendor's root that is compiled in. */
  readonly hardware: boolean;
  /** Stored mode only: whether a pinned witness dates the entry. */
  readonly datedBy?: "witness" | "none";
  /** Seconds since 1970, of the vendor. */
  readonly evidenceTime?: number;
  /** What was not judged. */
  readonly note?: string;
  readonly claims: VerdictClaims | null;
}

export interface VerdictClaims {
  readonly kind: "sign" | "birth" | "boot";
  readonly epoch: string;
  readonly iat: number;
  readonly enclaveVersion: string;
  readonly keyCounter?: number;
  readonly keyId?: string;
  readonly algorithm?: string;
  readonly signatureFormat?: string;
  readonly purpose?: string;
}

/** A verdict while it is being made. */
export type Draft = { -readonly [K in keyof Verdict]: Verdict[K] };

export type { Reason };
