// SPDX-License-Identifier: Apache-2.0

import { CountersignError, MalformedAnswerError } from "./errors.js";
import type { CallOptions, Transport } from "./http.js";
import type { PqSignerAlgorithm, PqSignerKey, PqSignerRecord, PqSignerSignature } from "./types.js";
import { fromBase64, toBase64, utf8 } from "./verify/bytes.js";
import { bytesOfPayload, type Payload } from "./verify/input.js";

const MAX_USER_ID = 256;

export interface PqKeyInput {
  /** `ML-DSA-44` unless it is said otherwise. */
  readonly alg?: PqSignerAlgorithm | undefined;
  /** At most 256 bytes; the service makes one if it is left out. */
  readonly userId?: string | undefined;
}

export interface PqSignInput {
  /** As at the birth of the key; `ML-DSA-44` unless it is said otherwise. */
  readonly alg?: PqSignerAlgorithm | undefined;
  readonly userId: string;
  /** Signed whole: at most 64 bytes, unless the operator allows more. A string is meant as UTF-8. */
  readonly message: Payload;
  /** The answer also has a document of the enclave about this signature, which `verifyPqSignature` judges. */
  readonly requestAttestation?: boolean | undefined;
}

function checkUserId(userId: string, min: number): string {
  const { length } = utf8(userId);
  if (length < min || length > MAX_USER_ID)
    throw new CountersignError("BAD_FIELD", `userId: ${min} to ${MAX_USER_ID} bytes`, { member: "userId" });
  return userId;
}

/**
 * ML-DSA keys that are born in an enclave and sign there, selected by a `user_id`. Members of answers have the names of the
 * door. What they are worth is for `verifyBirth` and `verifyPqSignature`. An `ApiError` has one of three codes:
 * `malformed-request`, `signing-failed`, `internal-error`.
 */
export class PqSigner {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Makes a key. Keep `user_id`, which selects it from now on, and `birth_attestation`. */
  async generateKey(input: PqKeyInput = {}, options: CallOptions = {}): Promise<PqSignerKey> {
    const { alg = "ML-DSA-44", userId = "" } = input;
    checkUserId(userId, 0);
    const payload = { alg, ...(userId !== "" && { user_id: userId }) };
    const answer = await this.#transport.answer("pqSigner", { body: { request_type: "key_generation", payload } }, options);
    const key = answer.data as PqSignerKey;
    const wrong = key.user_id === undefined ? "no key" : userId !== "" && key.user_id !== userId ? "the key of another user_id" : undefined;
    if (wrong !== undefined) throw new MalformedAnswerError(wrong, 200, answer.facts);
    return key;
  }

  /** Signs the message itself, with an empty context. */
  async sign(input: PqSignInput, options: CallOptions = {}): Promise<PqSignerSignature> {
    const { alg = "ML-DSA-44", userId, message, requestAttestation = false } = input;
    const payload = {
      alg,
      user_id: checkUserId(userId, 1),
      message: toBase64(bytesOfPayload(message)),
      ...(requestAttestation && { request_attestation: true }),
    };
    const answer = await this.#transport.answer("pqSigner", { body: { request_type: "sign", payload } }, options);
    const signed = answer.data as PqSignerSignature;
    const hasWhat = signed.mldsa_signature !== undefined && (signed.attestation !== undefined || !requestAttestation);
    const isBase64 = hasWhat && [signed.mldsa_signature, signed.mldsa_public_key].every((text) => fromBase64(text) !== undefined);
    if (!isBase64) throw new MalformedAnswerError("no signature, or not with what was asked for", 200, answer.facts);
    return signed;
  }

  /** What is kept of a key, and its birth attestation: for the operator (scope `keys`), who gives both to the custodian. */
  record(userId: string, options?: CallOptions): Promise<PqSignerRecord> {
    return this.#transport.call("getPqSignerRecord", { query: { userId: checkUserId(userId, 1) } }, options);
  }
}
