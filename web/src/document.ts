// SPDX-License-Identifier: Apache-2.0
//
// An attestation document taken apart to be shown (protocol/attestation.md §1, §2). Nothing is judged here.

import { type Bytes, fromBase64, fromBase64Url, textOf, toBase64, toBase64Url, utf8 } from "./bytes.js";

export interface Parts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly proof: Bytes;
}

function objectOf(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

function decode(part: string | undefined): string | undefined {
  const bytes = fromBase64Url(part ?? "");
  return bytes === undefined ? undefined : textOf(bytes);
}

/** Undefined where it is no document. */
export function takeApart(docB64: string): Parts | undefined {
  const ascii = fromBase64(docB64);
  const [header, claims, proof, more] = (ascii === undefined ? "" : textOf(ascii) ?? "").split(".");
  const [h, c, p] = [objectOf(decode(header)), objectOf(decode(claims)), fromBase64Url(proof ?? "")];
  if (h === undefined || c === undefined || p === undefined || more !== undefined) return undefined;
  return { header: h, claims: c, proof: p };
}

/** The document with other claims or another proof, and everything else as it was. */
export function putTogether(docB64: string, change: { claims?: Readonly<Record<string, unknown>>; proof?: Uint8Array }): string {
  const [header = "", claims = "", proof = ""] = (textOf(fromBase64(docB64) ?? new Uint8Array()) ?? "").split(".");
  const fresh = [
    header,
    change.claims === undefined ? claims : toBase64Url(utf8(JSON.stringify(change.claims))),
    change.proof === undefined ? proof : toBase64Url(change.proof),
  ];
  return toBase64(utf8(fresh.join(".")));
}

const hex = (what: string) => `The SHA-256 of ${what}.`;

/** What a claim says, in a sentence. */
export const MEANINGS: Readonly<Record<string, string>> = {
  vendor: "Under whose root of trust the document stands.",
  profile: "Which rules it follows.",
  kind: "What was done: a signature, the birth of a key, or a start of the enclave.",
  imageHash: "Which program it was: the measurement of what runs in the enclave.",
  epoch: "Which start of the enclave: random, new each time.",
  counter: "Which operation of this start. No two documents share a number.",
  keyCounter: "Which operation of this key since the start.",
  nonce: "What the caller sent, else random. Who sent it knows that the document was not made before.",
  iat: "When, in seconds since 1970, by the enclave's clock.",
  enclaveVersion: "The version that the program says it is.",
  payloadSha256: hex("what was signed"),
  payloadPreHash: "The pre-hash of what was signed: the payload itself stayed with the caller.",
  sigSha256: hex("the signature that came back"),
  keyId: "Which key signed.",
  algorithm: "The algorithm of the key.",
  signatureFormat: "How the two halves are put together.",
  publicKeySha256: hex("both halves of the public key"),
  policyId: "Which policy the enclave was told of. It proves nothing.",
  purpose: "What the key is for.",
  sealedSha256: hex("the sealed record of the key"),
  keyRelease: "How the wrapping key is let out.",
  ledgerKeys: "The public keys that sign this enclave's checkpoints.",
  rootPublicKeyB64: "The root, as the enclave names it. Nothing is ever verified with it: the policy's root counts.",
  rootKeyId: "The SHA-256 of that root.",
  issuedAt: "The time once more, for published clients.",
  claims: "The bindings once more, for published clients.",
};
