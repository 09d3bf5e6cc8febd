// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 and Ed448 by the one rule of protocol/signature.md §6: cofactorless, S below the order, R compared byte for
// byte with what is computed. Only arithmetic is taken from the library; its own verify has another rule.

import { type EdwardsPointCons, type EdwardsPoint } from "@noble/curves/abstract/edwards.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { ed448 } from "@noble/curves/ed448.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { shake256 } from "@noble/hashes/sha3.js";

import type { Classical } from "./alg.js";
import { concat, equal, utf8 } from "./bytes.js";

interface Scheme {
  readonly Point: EdwardsPointCons;
  readonly length: number;
  readonly order: bigint;
  hash(...parts: readonly Uint8Array[]): Uint8Array;
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

function decodePoint(scheme: Scheme, bytes: Uint8Array): EdwardsPoint | undefined {
  if (bytes.length !== scheme.length) return undefined;
  try {
    return scheme.Point.fromBytes(bytes, true);
  } catch {
    return undefined;
  }
}

function verify(scheme: Scheme, key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const { length, order, Point } = scheme;
  if (signature.length !== 2 * length) return false;
  const r = signature.subarray(0, length);
  const s = littleEndian(signature.subarray(length));
  const a = decodePoint(scheme, key);
  if (s >= order || a === undefined) return false;
  const k = littleEndian(scheme.hash(r, key, message)) % order;
  const computed = Point.BASE.multiplyUnsafe(s).add(a.negate().multiplyUnsafe(k));
  return equal(computed.toBytes(), r);
}

function edwards(scheme: Scheme): Classical {
  const check = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => verify(scheme, key, message, signature);
  return {
    publicKeyLength: scheme.length,
    isPublicKey: (key) => key.length === scheme.length, // whether it decodes is part of the rule
    verify: check,
    verifyRaw: check,
  };
}

export const ED25519: Classical = edwards({
  Point: ed25519.Point,
  length: 32,
  order: ed25519.Point.Fn.ORDER,
  hash: (...parts) => sha512(concat(...parts)),
});

// dom4 of RFC 8032 with F = 0 and the empty context
const DOM4 = concat(utf8("SigEd448"), Uint8Array.of(0, 0));

export const ED448: Classical = edwards({
  Point: ed448.Point,
  length: 57,
  order: ed448.Point.Fn.ORDER,
  hash: (...parts) => shake256(concat(DOM4, ...parts), { dkLen: 114 }),
});
