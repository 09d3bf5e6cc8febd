// SPDX-License-Identifier: Apache-2.0
//
// Runs one case of the verdict corpora as their member `about` says.

import { createHash } from "node:crypto";

import { utf8 } from "../src/verify/bytes.js";
import type { Kind, Purpose } from "../src/verify/claims.js";
import { judgeDocument } from "../src/verify/document.js";
import { CountersignError } from "../src/verify/errors.js";
import { type Policy, type PolicyInput, readPolicy } from "../src/verify/policy.js";
import { publicKeySha256, readPublicKey } from "../src/verify/publickey.js";
import type { Verdict } from "../src/verify/verdict.js";
import { bytes, optionalBytes } from "./files.js";

export interface CaseClock {
  readonly mode: "live" | "stored";
  readonly now: number;
  readonly entryTime?: number;
  readonly dated?: boolean;
}

export interface Case {
  readonly name: string;
  readonly policy: PolicyInput;
  readonly document?: string;
  readonly documentRepeat?: { readonly text: string; readonly count: number };
  readonly clock: CaseClock;
  readonly allowMock: boolean;
  readonly emptyAllowList?: boolean;
  readonly kind?: Kind;
  readonly payload?: string;
  readonly preHash?: { readonly alg: "sha256" | "sha512" | "shake256"; readonly value: string };
  readonly signature?: string;
  readonly nonce?: string;
  readonly keyId?: string;
  readonly publicKey?: string;
  readonly algorithm?: string;
  readonly signatureFormat?: string;
  readonly purpose?: Purpose;
  readonly verdict: boolean;
  readonly reason: string;
}

export function timeOfCase({ clock }: Pick<Case, "clock">) {
  const stored = clock.mode === "stored";
  return { at: (stored ? clock.entryTime : clock.now) ?? 0, stored };
}

const sha256 = (payload: Uint8Array) => `sha256:${createHash("sha256").update(payload).digest("hex")}`;

export function judgeCase(c: Omit<Case, "verdict" | "reason" | "name">, read: Policy): Promise<Verdict> {
  const policy = c.emptyAllowList === true && read.vendor === "mock" ? { ...read, images: [] } : read;
  const key = c.publicKey === undefined ? undefined : readPublicKey(c.publicKey);
  const document = c.documentRepeat ? c.documentRepeat.text.repeat(c.documentRepeat.count) : (c.document ?? "");
  const payload = optionalBytes(c.payload);
  return judgeDocument(utf8(document), policy, {
    kind: c.kind ?? "sign",
    allowMock: c.allowMock,
    time: timeOfCase(c),
    dated: c.clock.dated ?? false,
    nonce: optionalBytes(c.nonce),
    payloadSha256: payload && sha256(payload),
    preHash: c.preHash && { alg: c.preHash.alg, value: bytes(c.preHash.value) },
    signature: optionalBytes(c.signature),
    keyId: c.keyId,
    publicKeySha256: key && publicKeySha256(key),
    algorithm: c.algorithm ?? key?.algorithm.name,
    signatureFormat: c.signatureFormat ?? key?.format,
    purpose: c.purpose ?? "sign",
  });
}

/** The code of a policy that cannot be used, or the policy. */
export async function tryPolicy(input: PolicyInput, allowDevelopment: boolean): Promise<Policy | string> {
  try {
    return await readPolicy(input, { allowDevelopment });
  } catch (error) {
    if (error instanceof CountersignError) return error.code;
    throw error;
  }
}
