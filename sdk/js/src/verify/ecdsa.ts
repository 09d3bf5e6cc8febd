// SPDX-License-Identifier: Apache-2.0
//
// ECDSA as protocol/signature.md §5 has it: strict DER or raw r ‖ s, r and s in [1, n - 1], a high s is accepted.

import type { ECDSA } from "@noble/curves/abstract/weierstrass.js";

import type { Classical } from "./alg.js";
import { concat } from "./bytes.js";

/** An INTEGER of DER at `at` as `length` bytes; undefined unless it is positive, minimal and fits. */
function integerAt(der: Uint8Array, at: number, length: number): { value: Uint8Array; end: number } | undefined {
  const size = der[at + 1];
  if (der[at] !== 0x02 || size === undefined || size === 0 || size > length + 1) return undefined;
  const content = der.subarray(at + 2, at + 2 + size);
  const [first = 0, second = 0] = content;
  if (content.length !== size || first >= 0x80) return undefined;
  if (first === 0 && size > 1 && second < 0x80) return undefined;
  const digits = first === 0 ? content.subarray(1) : content;
  if (digits.length > length) return undefined;
  const value = new Uint8Array(length);
  value.set(digits, length - digits.length);
  return { value, end: at + 2 + size };
}

/** r ‖ s of a strict DER signature, each of `length` bytes. */
export function rawOfDer(der: Uint8Array, length: number): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] === undefined || der[1] >= 0x80 || der[1] !== der.length - 2) return undefined;
  const r = integerAt(der, 2, length);
  const s = r && integerAt(der, r.end, length);
  return r && s && s.end === der.length ? concat(r.value, s.value) : undefined;
}

export function ecdsa(curve: ECDSA, hash: (message: Uint8Array) => Uint8Array, length: number): Classical {
  const isPublicKey = (key: Uint8Array) =>
    key.length === 2 * length + 1 && key[0] === 0x04 && curve.utils.isValidPublicKey(key, false);
  const verifyRaw = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
    signature.length === 2 * length &&
    isPublicKey(key) &&
    curve.verify(signature, hash(message), key, { prehash: false, lowS: false, format: "compact" });
  return {
    publicKeyLength: 2 * length + 1,
    isPublicKey,
    verifyRaw,
    verify: (key, message, signature) => {
      const raw = rawOfDer(signature, length);
      return raw !== undefined && verifyRaw(key, message, raw);
    },
  };
}
