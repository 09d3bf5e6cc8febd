// SPDX-License-Identifier: Apache-2.0
//
// COSE_Sign1 (RFC 9052 §4.2), taken apart. Who may sign, and with which algorithm, the caller decides.

import { encode } from "cborg";
import { isMap, parseCbor } from "./cbor.js";

export interface CoseSign1 {
  /** The one thing that the protected header says. */
  readonly alg: number;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** What is signed: the parts as received, never encoded again. */
  readonly signed: Uint8Array;
}

const MAX_COSE = 16 * 1024;
const TAG_18 = 0xd2;
const ALG = 1;

/**
 * An array of four, bare or under tag 18: a protected header that is exactly {1: algorithm}, an unprotected header that
 * is empty, a payload inside, a signature. undefined for anything else.
 */
export function parseCoseSign1(bytes: Uint8Array): CoseSign1 | undefined {
  if (bytes.length > MAX_COSE) return undefined;
  const message = parseCbor(bytes[0] === TAG_18 ? bytes.subarray(1) : bytes);
  if (!Array.isArray(message) || message.length !== 4) return undefined;
  const [header, unprotectedHeader, payload, signature] = message;
  if (!(header instanceof Uint8Array) || !isMap(unprotectedHeader) || unprotectedHeader.size !== 0) return undefined;
  if (!(payload instanceof Uint8Array) || !(signature instanceof Uint8Array)) return undefined;
  const members = parseCbor(header);
  const alg = isMap(members) && members.size === 1 ? members.get(ALG) : undefined;
  if (typeof alg !== "number") return undefined;
  return { alg, payload, signature, signed: encode(["Signature1", header, new Uint8Array(), payload]) };
}

