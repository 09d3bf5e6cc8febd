// SPDX-License-Identifier: Apache-2.0
//
// What callers hand over, in the forms that are at hand: bytes, texts, base64.

import { algorithmOf, type PreHashName } from "./alg.js";
import { fromBase64, utf8 } from "./bytes.js";
import type { Message, PreHashValue } from "./composite.js";
import { CountersignError } from "./errors.js";

/** Bytes; a string is meant as UTF-8. */
export type Payload = Uint8Array | ArrayBuffer | string;

/** Bytes, or their standard base64. */
export type Base64OrBytes = Uint8Array | string;

/** The payload in hand, or its pre-hash: exactly one of the two. */
export interface MessageInput {
  readonly payload?: Payload | undefined;
  readonly preHash?: { readonly alg: PreHashName; readonly value: Uint8Array } | undefined;
}

function badArgument(name: string, what: string): CountersignError {
  return new CountersignError("BAD_ARGUMENT", `${name}: ${what}`, { member: name });
}

export function bytesOfPayload(payload: Payload): Uint8Array {
  if (typeof payload === "string") return utf8(payload);
  return payload instanceof Uint8Array ? payload : new Uint8Array(payload);
}

export function bytesOfBase64(name: string, value: Base64OrBytes): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const bytes = typeof value === "string" ? fromBase64(value) : undefined;
  if (bytes === undefined) throw badArgument(name, "neither bytes nor canonical base64");
  return bytes;
}

export function messageOf(input: MessageInput): Message {
  if ((input.payload === undefined) === (input.preHash === undefined))
    throw badArgument("payload", "the payload or its pre-hash is needed, and not both");
  return input.payload !== undefined ? { payload: bytesOfPayload(input.payload) } : { preHash: input.preHash as PreHashValue };
}

export function checkAlgorithmName(name: string): void {
  if (algorithmOf(name) === undefined) throw badArgument("algorithm", "is not known");
}
