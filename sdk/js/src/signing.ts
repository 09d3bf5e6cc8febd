// SPDX-License-Identifier: Apache-2.0
//
// Signing and verifying through the service. What it says of a signature is compared with what was sent; whether to believe
// it is what the offline verifier decides.

import { CountersignError, MalformedAnswerError } from "./errors.js";
import type { CallOptions, Transport } from "./http.js";
import { checkSigned, MAX_PAYLOAD_BYTES, type PayloadInput, payloadOf, preHash, type WirePayload, wirePayload, wirePreHash } from "./payload.js";
import type { Algorithm, BatchItem, BatchResult, DryRun, SignResult, VerifyResult } from "./types.js";
import { fromBase64, toBase64 } from "./verify/bytes.js";

export interface SignInput extends PayloadInput {
  /** Id, or the name of a live key. */
  readonly keyId: string;
  /** 8 to 64 bytes, or their base64, that the attestation has to carry: only one's own proves that it is fresh. */
  readonly nonce?: Uint8Array | string | undefined;
  /** Stored beside the signature, at most 16 KiB of JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** One of `keyId` and `publicKey`, and one of the three names of the signature. */
export interface VerifyInput extends PayloadInput {
  readonly keyId?: string | undefined;
  /** JSON or PEM text. */
  readonly publicKey?: string | undefined;
  /** Bytes, or their base64. */
  readonly signature?: Uint8Array | string | undefined;
  readonly signatureB64?: string | undefined;
  readonly signatureBase64?: string | undefined;
}

/** A batch may work on a thousand signatures. */
const BATCH_TIMEOUT_MS = 120_000;
const BATCH_MAX = 1000;

function bad(member: string, why: string): CountersignError {
  return new CountersignError("BAD_FIELD", `${member}: ${why}`, { member });
}

function base64Of(value: Uint8Array | string, member: string): string {
  if (value instanceof Uint8Array) return toBase64(value);
  if (typeof value !== "string" || fromBase64(value) === undefined) throw bad(member, "bytes, or canonical base64");
  return value;
}

function signatureOf(input: VerifyInput): string {
  const given = [input.signature, input.signatureB64, input.signatureBase64].filter((form) => form !== undefined);
  const texts = new Set(given.map((form) => base64Of(form, "signature")));
  const [text] = texts;
  // A whole result may be handed over, whose three names say the same.
  if (text === undefined || text === "" || texts.size > 1) throw bad("signature", "one signature is needed");
  return text;
}

async function algorithmOf(transport: Transport, keyId: string, options: CallOptions): Promise<Algorithm> {
  const call = { signal: options.signal, timeoutMs: options.timeoutMs, maxRetries: options.maxRetries };
  if (keyId.startsWith("key_")) return (await transport.call("getKey", { path: { id: keyId } }, call)).algorithm;
  for (let cursor: string | undefined; ; ) {
    const page = await transport.answer("listKeys", { query: { limit: 200, cursor } }, call);
    const found = (page.data as { name: string; status: string; algorithm: Algorithm }[]).find(
      (key) => key.name === keyId && key.status !== "superseded" && key.status !== "revoked",
    );
    if (found !== undefined) return found.algorithm;
    const next = page.pagination?.nextCursor ?? undefined;
    if (next === undefined || next === cursor) throw bad("keyId", "no live key of this name");
    cursor = next;
  }
}

/** As it travels; a large payload as the pre-hash that its key takes. */
async function wire(transport: Transport, input: PayloadInput & { keyId?: string | undefined }, options: CallOptions): Promise<WirePayload> {
  const payload = payloadOf(input);
  if (payload === undefined && input.preHash !== undefined)
    return wirePreHash({ preHash: input.preHash, payloadSize: input.payloadSize });
  if (payload === undefined || payload.length <= MAX_PAYLOAD_BYTES) return wirePayload(payload ?? new Uint8Array());
  if (input.keyId === undefined)
    throw new CountersignError("PAYLOAD_TOO_LARGE", "payload: too large for the service; verifySignature needs none", { member: "payload" });
  return wirePreHash(await preHash(await algorithmOf(transport, input.keyId, options), payload));
}

async function item(transport: Transport, input: SignInput, options: CallOptions): Promise<{ body: object; expected: WirePayload["expected"] }> {
  if (typeof input.keyId !== "string" || input.keyId === "") throw bad("keyId", "an id or a name");
  const { members, expected } = await wire(transport, input, options);
  const nonce = input.nonce === undefined ? {} : { nonce: base64Of(input.nonce, "nonce") };
  const metadata = input.metadata === undefined ? {} : { metadata: input.metadata };
  return { body: { keyId: input.keyId, ...members, ...nonce, ...metadata }, expected };
}

export async function sign(transport: Transport, input: SignInput & { dryRun?: boolean | undefined }, options: CallOptions): Promise<SignResult | DryRun> {
  const { body, expected } = await item(transport, input, options);
  const dryRun = input.dryRun === true;
  const answer = await transport.answer("sign", { body: dryRun ? { ...body, dryRun } : body }, options);
  const said = answer.data as SignResult | DryRun;
  // A dry run that is taken for a signature, or the reverse, would be the worse for whoever asked.
  if ("dryRun" in said !== dryRun) throw new MalformedAnswerError("dryRun", 200, answer.facts);
  if (!("dryRun" in said)) checkSigned(said, expected, answer.facts);
  return said;
}

export async function signBatch(transport: Transport, inputs: readonly SignInput[], options: CallOptions): Promise<BatchResult> {
  if (inputs.length < 1 || inputs.length > BATCH_MAX) throw bad("items", `1 to ${BATCH_MAX}`);
  const items: Awaited<ReturnType<typeof item>>[] = [];
  for (const input of inputs) items.push(await item(transport, input, options));
  const answer = await transport.answer("signBatch", { body: { items: items.map(({ body }) => body) } },
    { timeoutMs: BATCH_TIMEOUT_MS, ...options });
  const result = answer.data as BatchResult;
  const refuse = (what: string) => new MalformedAnswerError(what, 200, answer.facts);
  if (result.items.length !== items.length) throw refuse("another number of items");
  result.items.forEach((got: BatchItem, index) => {
    const sent = items[index];
    if (sent === undefined || got.index !== index) throw refuse("items in another order");
    if (got.ok) checkSigned(got.data, sent.expected, answer.facts);
  });
  const signed = result.items.filter((got) => got.ok).length;
  if (result.signed !== signed || result.refused !== items.length - signed) throw refuse("counts that are not the items'");
  return result;
}

export async function verify(transport: Transport, input: VerifyInput, options: CallOptions): Promise<VerifyResult> {
  if ((input.keyId === undefined) === (input.publicKey === undefined)) throw bad("keyId", "one of keyId and publicKey");
  const key = input.keyId !== undefined ? { keyId: input.keyId } : { publicKey: input.publicKey };
  const { members } = await wire(transport, input, options);
  const answer = await transport.answer("verify", { body: { ...key, ...members, signature: signatureOf(input) } }, options);
  const said = answer.data as VerifyResult;
  if (said.ok !== (said.classicalOk && said.pqOk)) throw new MalformedAnswerError("ok is not what its halves are", 200, answer.facts);
  return said;
}
