// SPDX-License-Identifier: Apache-2.0

import { sha256 } from "@noble/hashes/sha2.js";
import { concat, equal } from "./bytes.js";
import { refuse } from "./refusal.js";
import type { ExpectedBinding } from "./vendor.js";

/** SHA-256 of B; of raw evidence what the caller gave. Absent: not compared. */
export function expectedHash(expected: ExpectedBinding): Uint8Array | undefined {
  return expected.binding === undefined || expected.raw ? expected.binding : sha256(expected.binding);
}

/** The 64 bytes that a report has for its caller: SHA-256 of B and 32 zero bytes. */
export function expectedReportData(expected: ExpectedBinding): Uint8Array | undefined {
  const hash = expectedHash(expected);
  return hash === undefined || expected.raw ? hash : concat(hash, new Uint8Array(32));
}

export function differs(value: Uint8Array | undefined, wanted: Uint8Array | undefined): boolean {
  return wanted !== undefined && (value === undefined || !equal(value, wanted));
}

/** Of reports, which carry neither a public key nor a nonce beside their 64 bytes. */
export function bindReport(reportData: Uint8Array, expected: ExpectedBinding): void {
  if (expected.publicKey !== undefined) refuse("ATT_PUBLIC_KEY_MISMATCH");
  if (differs(reportData, expectedReportData(expected))) refuse("ATT_COMMITMENT_MISMATCH");
  if (expected.nonce !== undefined) refuse("ATT_NONCE_MISMATCH");
}
