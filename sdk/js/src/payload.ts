// SPDX-License-Identifier: Apache-2.0
//
// What is to be signed, in the forms in which callers have it: bytes, texts, base64, streams. Large ones travel as their
// pre-hash, over which a composite key makes the same signature.

import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { shake256 } from "@noble/hashes/sha3.js";

import { type CallFacts, CountersignError, MalformedAnswerError } from "./errors.js";
import type { Algorithm, SignResult } from "./types.js";
import { fromBase64, toBase64, toHex, utf8 } from "./verify/bytes.js";

/** Bytes; a string is meant as UTF-8, never as base64. */
export type Payload = Uint8Array | ArrayBuffer | string;

/** Above this many bytes the service takes the pre-hash only. */
export const MAX_PAYLOAD_BYTES = 512 << 10;

type HashName = "sha256" | "sha512" | "shake256";

/** The digest of a payload that stays where it is. */
export interface PreHashed {
  readonly preHash: { readonly alg: HashName; readonly value: string };
  readonly payloadSize: number;
}

/** Exactly one of `payload`, `payloadBase64` and `preHash`. */
export interface PayloadInput {
  readonly payload?: Payload | undefined;
  /** Standard base64 with padding. */
  readonly payloadBase64?: string | undefined;
  readonly preHash?: PreHashed["preHash"] | undefined;
  /** Beside `preHash`. */
  readonly payloadSize?: number | undefined;
}

const NEW = {
  sha256: () => sha256.create(),
  sha512: () => sha512.create(),
  shake256: () => shake256.create({ dkLen: 64 }),
} as const;

/** protocol/signature.md §1; keys that are ML-DSA alone take no pre-hash. */
const PRE_HASH: Readonly<Record<Algorithm, HashName | undefined>> = {
  "mldsa44+ed25519": "sha512",
  "mldsa44+ecdsa-p256": "sha256",
  "mldsa65+ed25519": "sha512",
  "mldsa65+ecdsa-p256": "sha512",
  "mldsa87+ecdsa-p384": "sha512",
  "mldsa87+ed448": "shake256",
  "mldsa87+ed25519": "sha512",
  "mldsa87+ecdsa-p256": "sha512",
  mldsa44: undefined,
  mldsa65: undefined,
  mldsa87: undefined,
};

function bad(member: string, why: string): CountersignError {
  return new CountersignError("BAD_FIELD", `${member}: ${why}`, { member });
}

function bytesOf(payload: Payload): Uint8Array {
  if (typeof payload === "string") return utf8(payload);
  if (payload instanceof Uint8Array) return payload;
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
  throw bad("payload", "bytes or a text");
}

/** The payload in hand; undefined where there is a pre-hash in its place. */
export function payloadOf(input: PayloadInput): Uint8Array | undefined {
  const given = [input.payload, input.payloadBase64, input.preHash].filter((form) => form !== undefined);
  if (given.length !== 1) throw bad("payload", "exactly one of payload, payloadBase64 and preHash");
  if (input.preHash !== undefined) return undefined;
  if (input.payloadSize !== undefined) throw bad("payloadSize", "stands beside preHash only");
  if (input.payload !== undefined) return bytesOf(input.payload);
  const bytes = typeof input.payloadBase64 === "string" ? fromBase64(input.payloadBase64) : undefined;
  if (bytes === undefined) throw bad("payloadBase64", "not canonical base64");
  return bytes;
}

/**
 * The pre-hash of a payload that may be larger than memory: `sign({keyId, ...await preHash(key.algorithm, stream)})`.
 * Throws for keys that take none.
 */
export async function preHash(algorithm: Algorithm, source: Payload | AsyncIterable<Uint8Array>): Promise<PreHashed> {
  const name = Object.hasOwn(PRE_HASH, algorithm) ? PRE_HASH[algorithm] : undefined;
  if (name === undefined) throw new CountersignError("PREHASH_NOT_OFFERED", `keys of ${algorithm} take no pre-hash`);
  const hash = NEW[name]();
  let payloadSize = 0;
  const pieces = typeof source === "object" && Symbol.asyncIterator in source ? source : [bytesOf(source)];
  for await (const piece of pieces) {
    hash.update(piece);
    payloadSize += piece.length;
  }
  return { preHash: { alg: name, value: toBase64(hash.digest()) }, payloadSize };
}

/** The members of a request, and what its answer has to say of the payload. */
export interface WirePayload {
  readonly members: { payload: string } | { preHash: PreHashed["preHash"]; payloadSize?: number };
  readonly expected: { payloadSha256: string } | { payloadPreHash: string };
}

export function wirePreHash(given: { preHash: PreHashed["preHash"]; payloadSize?: number | undefined }): WirePayload {
  const value = fromBase64(given.preHash.value);
  if (value === undefined) throw bad("preHash.value", "not canonical base64");
  const members = { preHash: given.preHash, ...(given.payloadSize !== undefined && { payloadSize: given.payloadSize }) };
  return { members, expected: { payloadPreHash: `${given.preHash.alg}:${toHex(value)}` } };
}

export function wirePayload(bytes: Uint8Array): WirePayload {
  return { members: { payload: toBase64(bytes) }, expected: { payloadSha256: `sha256:${toHex(sha256(bytes))}` } };
}

type Signed = Pick<SignResult, "signature" | "payloadSha256" | "payloadPreHash"> & { signatureB64?: string; signatureBase64?: string };

/** Refuses a signature of something else than what was sent, and one that differs under its names. */
export function checkSigned(signed: Signed, expected: WirePayload["expected"], facts: CallFacts): void {
  const [[name, value]] = Object.entries(expected) as [["payloadSha256" | "payloadPreHash", string]];
  if (signed[name] !== value) throw new MalformedAnswerError("the signature is of another payload", 200, facts);
  const names = [signed.signatureB64, signed.signatureBase64].filter((text) => text !== undefined);
  if (signed.signature === "" || fromBase64(signed.signature) === undefined || names.some((text) => text !== signed.signature))
    throw new MalformedAnswerError("the signature has several texts, or none", 200, facts);
}
