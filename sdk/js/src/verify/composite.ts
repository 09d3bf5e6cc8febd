// SPDX-License-Identifier: Apache-2.0
//
// What each half of a signature signs, and how the halves are joined (protocol/signature.md §2, §3).

import { type Algorithm, type Composite, mldsaSignatureLength, type PreHashName } from "./alg.js";
import { concat, fromBase64, fromUtf8, utf8 } from "./bytes.js";
import { Refusal, refuseIf } from "./errors.js";
import { classicalHalf, mldsaHalf, type PublicKey } from "./publickey.js";

const PREFIX = "CompositeAlgorithmSignatures2025";
const RAW_LENGTH = 64;

/** The payload, or what the caller hashed of it with the pre-hash of the key's algorithm. */
export type Message = { readonly payload: Uint8Array } | { readonly preHash: PreHashValue };

export interface PreHashValue {
  readonly alg: PreHashName;
  readonly value: Uint8Array;
}

interface Halves {
  readonly mldsa: Uint8Array;
  readonly classical: Uint8Array;
}

function digestOf(composite: Composite, message: Message): Uint8Array {
  if ("payload" in message) return composite.preHash.hash(message.payload);
  const { alg, value } = message.preHash;
  refuseIf(alg !== composite.preHash.name || value.length !== composite.preHash.length, "PREHASH_ALGORITHM");
  return value;
}

/** M′ of §3. */
export function compositeMessage(composite: Composite, message: Message, context: Uint8Array): Uint8Array {
  refuseIf(context.length > 255, "BAD_CONTEXT");
  const digest = digestOf(composite, message);
  return concat(utf8(PREFIX), utf8(composite.label), Uint8Array.of(context.length), context, digest);
}

function splitEnvelope(algorithm: Algorithm, signature: Uint8Array): Halves | undefined {
  const text = fromUtf8(signature);
  const beginning = `{"v":1,"alg":"${algorithm.name}","classical":"`;
  const middle = '","pq":"';
  if (text === undefined || !text.startsWith(beginning) || !text.endsWith('"}')) return undefined;
  const values = text.slice(beginning.length, -2).split(middle);
  const [classical, mldsa] = values.map(fromBase64);
  if (values.length !== 2 || !classical || !mldsa) return undefined;
  return { classical, mldsa };
}

function splitJoined(algorithm: Algorithm, signature: Uint8Array): Halves {
  const length = mldsaSignatureLength(algorithm);
  return { mldsa: signature.subarray(0, length), classical: signature.subarray(length) };
}

function verifyMldsa(key: PublicKey, message: Uint8Array, signature: Uint8Array, context?: Uint8Array): boolean {
  if (signature.length !== mldsaSignatureLength(key.algorithm)) return false;
  return key.algorithm.mldsa.verify(signature, message, mldsaHalf(key), context ? { context } : {});
}

function verifyComposite(key: PublicKey, composite: Composite, message: Uint8Array, signature: Uint8Array): boolean {
  const { mldsa, classical } = splitJoined(key.algorithm, signature);
  return (
    composite.classical.verify(classicalHalf(key), message, classical) &&
    verifyMldsa(key, message, mldsa, utf8(composite.label))
  );
}

function verifySeparable(key: PublicKey, composite: Composite, message: Uint8Array, signature: Uint8Array): boolean {
  const { algorithm, format } = key;
  const halves = format === "concat" ? splitJoined(algorithm, signature) : splitEnvelope(algorithm, signature);
  return (
    halves !== undefined &&
    halves.classical.length === RAW_LENGTH &&
    composite.classical.verifyRaw(classicalHalf(key), message, halves.classical) &&
    verifyMldsa(key, message, halves.mldsa)
  );
}

/** Throws a Refusal for what is not OK: BAD_CONTEXT, PREHASH_NOT_OFFERED, PREHASH_ALGORITHM, BAD_SIGNATURE. */
export function checkSignature(key: PublicKey, message: Message, signature: Uint8Array, context: Uint8Array): void {
  const { composite } = key.algorithm;
  if (composite !== undefined && key.format === "composite") {
    const represented = compositeMessage(composite, message, context);
    refuseIf(!verifyComposite(key, composite, represented, signature), "BAD_SIGNATURE");
    return;
  }
  if (!("payload" in message)) throw new Refusal("PREHASH_NOT_OFFERED");
  refuseIf(context.length > 0, "BAD_CONTEXT");
  const holds = composite
    ? verifySeparable(key, composite, message.payload, signature)
    : verifyMldsa(key, message.payload, signature);
  refuseIf(!holds, "BAD_SIGNATURE");
}
