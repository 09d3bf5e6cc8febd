// SPDX-License-Identifier: Apache-2.0
//
// Ways to change what came back, so that one can see which check refuses. Each gives what the verifier is handed.

import type { AttestationPolicy } from "@countersign/sdk";

import { type Bytes, flipped, fromBase64, toBase64 } from "./bytes.js";
import { putTogether, takeApart } from "./document.js";

/** All that is handed to the verifier. */
export interface Evidence {
  readonly payload: Bytes;
  readonly signatureB64: string;
  readonly docB64: string;
  readonly nonce: Bytes | undefined;
  readonly keyId: string;
  readonly publicKey: string;
  readonly policy: AttestationPolicy | undefined;
  /** Seconds since 1970; now, if it is left out. */
  readonly at?: number;
}

export interface Tampering {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  /** Claims that another document has. */
  readonly claims?: readonly string[];
  readonly change: (evidence: Evidence) => Evidence;
}

function withClaims(evidence: Evidence, change: (claims: Record<string, unknown>) => Record<string, unknown>): Evidence {
  const parts = takeApart(evidence.docB64);
  return parts === undefined ? evidence : { ...evidence, docB64: putTogether(evidence.docB64, { claims: change({ ...parts.claims }) }) };
}

/** A hash with its last digit changed. */
const another = (hash: unknown) => String(hash).replace(/.$/, (last) => (last === "0" ? "1" : "0"));

function flipSignature(evidence: Evidence, where: (length: number) => number): Evidence {
  const bytes = fromBase64(evidence.signatureB64);
  return bytes === undefined ? evidence : { ...evidence, signatureB64: toBase64(flipped(bytes, where(bytes.length))) };
}

/** Every list of hashes in a policy's rules, each hash changed: another program is allowed. */
function otherProgram(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (typeof item === "string" && /[0-9a-f]{64}$/.test(item) ? another(item) : item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, otherProgram(inside)]));
}

export const TAMPERINGS: readonly Tampering[] = [
  {
    name: "payload",
    title: "Payload",
    text: "One bit of what was signed is turned over.",
    change: (e) => ({ ...e, payload: e.payload.length > 0 ? flipped(e.payload, 0) : new Uint8Array([1]) }),
  },
  {
    name: "pq",
    title: "Post-quantum half",
    text: "One bit of the ML-DSA half of the signature is turned over.",
    change: (e) => flipSignature(e, () => 100),
  },
  {
    name: "classical",
    title: "Classical half",
    text: "One bit of the classical half of the signature is turned over.",
    change: (e) => flipSignature(e, (n) => n - 10),
  },
  {
    name: "image",
    title: "Program in the document",
    text: "The document claims another program; the proof stays as it was.",
    claims: ["imageHash"],
    change: (e) => withClaims(e, (claims) => ({ ...claims, imageHash: another(claims["imageHash"]) })),
  },
  {
    name: "binding",
    title: "Binding in the document",
    text: "The document claims another payload, as if it had been made for that one.",
    claims: ["payloadSha256", "payloadPreHash"],
    change: (e) =>
      withClaims(e, (claims) =>
        "payloadSha256" in claims
          ? { ...claims, payloadSha256: another(claims["payloadSha256"]) }
          : { ...claims, payloadPreHash: another(claims["payloadPreHash"]) },
      ),
  },
  {
    name: "proof",
    title: "Proof",
    text: "One bit of the document's own signature is turned over.",
    change: (e) => {
      const parts = takeApart(e.docB64);
      return parts === undefined ? e : { ...e, docB64: putTogether(e.docB64, { proof: flipped(parts.proof, parts.proof.length >> 1) }) };
    },
  },
  {
    name: "nonce",
    title: "Nonce",
    text: "An old document is shown for a new request: another nonce was sent.",
    change: (e) => ({ ...e, nonce: e.nonce === undefined ? new Uint8Array(32) : flipped(e.nonce, 0) }),
  },
  {
    name: "policy",
    title: "Policy",
    text: "The policy allows another program than the one that runs.",
    change: (e) =>
      e.policy === undefined
        ? e
        : { ...e, policy: { ...e.policy, matchRules: otherProgram(e.policy.matchRules) as AttestationPolicy["matchRules"] } },
  },
  {
    name: "time",
    title: "Time",
    text: "The same is shown again a day later.",
    change: (e) => ({ ...e, at: Math.floor(Date.now() / 1000) + 86_400 }),
  },
  {
    name: "key",
    title: "Key",
    text: "It is passed off as a signature of another key.",
    change: (e) => ({ ...e, keyId: another(e.keyId) }),
  },
];
