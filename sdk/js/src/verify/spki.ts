// SPDX-License-Identifier: Apache-2.0
//
// SubjectPublicKeyInfo of Ed25519 keys (RFC 8410): 44 bytes, of which only the last 32 differ.

import { concat, equal } from "./bytes.js";

const HEAD = /* @__PURE__ */ Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

export function spkiOfEd25519(key: Uint8Array): Uint8Array {
  return concat(HEAD, key);
}

/** The raw key; undefined for anything that is not exactly such a structure. */
export function ed25519OfSpki(spki: Uint8Array): Uint8Array | undefined {
  const isOne = spki.length === HEAD.length + 32 && equal(spki.subarray(0, HEAD.length), HEAD);
  return isOne ? spki.subarray(HEAD.length) : undefined;
}
