// SPDX-License-Identifier: Apache-2.0
//
// The vendors' own roots, by the SHA-256 of their certificate, and roots that a policy pins instead.

import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "./bytes.js";
import { policyError } from "./errors.js";
import { isString, type Fields } from "./fields.js";
import { parseCertificate, parsePem, toPem } from "./x509.js";

const AMD = [
  "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd", // ARK-Milan
  "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1", // ARK-Genoa
  "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a", // ARK-Turin
] as const;

export const ROOTS = {
  "aws-nitro-enclave": ["641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"],
  "azure-confidential-vm": AMD,
  "gcp-confidential-space": ["148b293821bb0c6a317f413c8ba475814091cb22d49b9e3c94198db8e8f86c39"],
  "amd-sev-snp": AMD,
  "intel-tdx": ["44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type RootedVendor = keyof typeof ROOTS;

export interface RootPin {
  /** What the last certificate of a chain may be. */
  readonly roots: readonly string[];
  /** The pinned certificate, for evidence that leaves it out. */
  readonly der: Uint8Array | undefined;
  readonly pem: string | undefined;
  /** `sha256:<hex>` of the pinned root; null where the policy leaves the choice. */
  readonly sha256: string | null;
  readonly development: boolean;
}

/** The optional member `name`: PEM of exactly one certificate. Without it the roots that are compiled in. */
export function readRootPin(match: Fields, name: string, vendor: RootedVendor, allowDevelopment: boolean): RootPin {
  const own: readonly string[] = ROOTS[vendor];
  const text = match.optional(name, isString);
  if (text === undefined) {
    const only = own.length === 1 && own[0] !== undefined ? `sha256:${own[0]}` : null;
    return { roots: own, der: undefined, pem: undefined, sha256: only, development: false };
  }
  const der = parsePem(text, 1)?.[0];
  if (der === undefined || parseCertificate(der)?.key === undefined) throw policyError("POLICY_ROOT", match.at(name));
  const digest = toHex(sha256(der));
  const development = !own.includes(digest);
  if (development && !allowDevelopment) throw policyError("POLICY_FOREIGN_ROOT", match.at(name));
  return { roots: [digest], der, pem: toPem(der), sha256: `sha256:${digest}`, development };
}
