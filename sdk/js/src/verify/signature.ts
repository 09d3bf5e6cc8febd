// SPDX-License-Identifier: Apache-2.0

import { checkSignature, type Message } from "./composite.js";
import { Refusal } from "./errors.js";
import { type Base64OrBytes, bytesOfBase64, type MessageInput, messageOf } from "./input.js";
import { type PublicKey, readPublicKey } from "./publickey.js";
import type { Reason } from "./reasons.js";

export interface SignatureOptions extends MessageInput {
  /** The service's text of the key, or its SubjectPublicKeyInfo in PEM. */
  readonly publicKey: string | Uint8Array;
  readonly signature: Base64OrBytes;
  /** Application context of a composite key; the service's is empty. */
  readonly context?: Uint8Array | undefined;
}

export interface SignatureVerdict {
  readonly ok: boolean;
  readonly reason: Reason | "OK";
}

/** The reason of a check that throws refusals. */
export function reasonOf(check: () => void): Reason | "OK" {
  try {
    check();
    return "OK";
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}

export function judgeSignature(key: PublicKey, message: Message, signature: Uint8Array): Reason | "OK" {
  return reasonOf(() => checkSignature(key, message, signature, new Uint8Array()));
}

/**
 * Verifies both halves of a signature, offline (protocol/signature.md). The format is the key's. What is refused is told
 * by the verdict; only arguments that are none are errors.
 */
export function verifySignature(options: SignatureOptions): SignatureVerdict {
  const message = messageOf(options);
  const signature = bytesOfBase64("signature", options.signature);
  const context = options.context ?? new Uint8Array();
  const reason = reasonOf(() => checkSignature(readPublicKey(options.publicKey), message, signature, context));
  return { ok: reason === "OK", reason };
}
