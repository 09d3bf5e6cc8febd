// SPDX-License-Identifier: Apache-2.0

import { sha256 } from "@noble/hashes/sha2.js";

import { algorithmOf, ALGORITHMS, type AlgorithmName, type SignatureFormat } from "./alg.js";
import { fromBase64, fromBase64Url, latin1, toHex } from "./bytes.js";
import type { Kind, Purpose } from "./claims.js";
import type { PreHashValue } from "./composite.js";
import { draftVerdict, type Expectation, judgeDocument, settle, showProven } from "./document.js";
import { CountersignError, Refusal, refuseIf } from "./errors.js";
import { type Base64OrBytes, bytesOfBase64, bytesOfPayload, type MessageInput } from "./input.js";
import { parseJsonObject } from "./json.js";
import { isDevelopment, type PolicyInput, readPolicy } from "./policy.js";
import { publicKeySha256, readPublicKey } from "./publickey.js";
import type { Verdict } from "./verdict.js";

/** Live at `now` (this machine's clock, if it is left out), or stored: at the time of the ledger entry. Seconds since 1970. */
export type Clock =
  | { readonly now?: number }
  | { readonly entryTime: number; readonly dated: boolean };

export interface AttestationOptions extends MessageInput {
  /** The document as it travels in JSON. */
  readonly docB64: string;
  /** The pinned policy: text, bytes, or the object of it. */
  readonly policy: PolicyInput;
  /** As the service told it: if it is there, the policy must be of this vendor. */
  readonly vendor?: string | null | undefined;
  /** `sha256:<hex>` in place of the payload. */
  readonly payloadSha256?: string | undefined;
  readonly signature?: Uint8Array | undefined;
  readonly signatureB64?: string | undefined;
  /** The nonce that was sent. */
  readonly nonce?: Base64OrBytes | undefined;
  readonly keyId?: string | undefined;
  /** The service's text of the key, or its PEM: the key, its algorithm and its format are compared. */
  readonly publicKey?: string | undefined;
  readonly algorithm?: AlgorithmName | undefined;
  readonly signatureFormat?: SignatureFormat | undefined;
  readonly purpose?: Purpose | "any" | undefined;
  readonly kind?: Kind | undefined;
  /** Accepts vendor mock and other development roots. */
  readonly allowMock?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

function timeOf(clock: Clock = {}): Pick<Expectation, "time" | "dated"> {
  const isStored = "entryTime" in clock;
  const at = isStored ? clock.entryTime : (clock.now ?? Math.floor(Date.now() / 1000));
  if (!Number.isSafeInteger(at) || at < 0) throw new CountersignError("BAD_ARGUMENT", "clock: no time in whole seconds");
  return { time: { at, stored: isStored }, dated: isStored && clock.dated };
}

function optionalBytes(name: string, value: Base64OrBytes | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : bytesOfBase64(name, value);
}

/** The pre-hash of a payload in hand, if the document has one: of the algorithm that the document claims. */
function preHashOfPayload(document: Uint8Array, payload: Uint8Array): PreHashValue | undefined {
  const claims = fromBase64Url(latin1(document).split(".")[1] ?? "");
  const object = claims && parseJsonObject(claims);
  if (!object?.has("payloadPreHash")) return undefined;
  const preHash = ALGORITHMS.find((a) => a.name === object.get("algorithm"))?.composite?.preHash;
  return preHash && { alg: preHash.name, value: preHash.hash(payload) };
}

function messageInHand(options: AttestationOptions, document: Uint8Array): Pick<Expectation, "payloadSha256" | "preHash"> {
  const { payload, payloadSha256, preHash } = options;
  if (payload === undefined) return { payloadSha256, preHash };
  const bytes = bytesOfPayload(payload);
  return {
    payloadSha256: `sha256:${toHex(sha256(bytes))}`,
    preHash: preHash ?? preHashOfPayload(document, bytes),
  };
}

function keyInHand(options: AttestationOptions): Pick<Expectation, "publicKeySha256" | "algorithm" | "signatureFormat"> {
  const { algorithm, signatureFormat } = options;
  if (algorithm !== undefined && algorithmOf(algorithm) === undefined)
    throw new CountersignError("UNKNOWN_ALGORITHM", `no such algorithm: ${algorithm}`);
  if (options.publicKey === undefined) return { algorithm, signatureFormat };
  const key = readKeyInHand(options.publicKey);
  return {
    publicKeySha256: publicKeySha256(key),
    algorithm: algorithm ?? key.algorithm.name,
    signatureFormat: signatureFormat ?? key.format,
  };
}

/** A key of the caller's own that cannot be read is an error, and says nothing about the other side. */
export function readKeyInHand(text: string): ReturnType<typeof readPublicKey> {
  try {
    return readPublicKey(text);
  } catch (error) {
    if (error instanceof Refusal) throw new CountersignError(error.reason, "publicKey cannot be read");
    throw error;
  }
}

/**
 * Judges an attestation document, offline, under a pinned policy (protocol/attestation.md). What is refused is told by
 * the verdict. Throws for a policy that cannot be used, arguments that are none, and a primitive that is missing.
 */
export async function verifyAttestationDoc(options: AttestationOptions): Promise<Verdict> {
  const policy = await readPolicy(options.policy, { allowDevelopment: true });
  const { time, dated } = timeOf(options.clock);
  const document = fromBase64(options.docB64);
  const isAnother = options.vendor !== undefined && options.vendor !== policy.vendor;
  if (document === undefined || isAnother) {
    const draft = draftVerdict(policy, policy.evidence, time.stored, dated);
    return settle(draft, async () => refuseIf(true, isAnother ? "ATT_VENDOR_MISMATCH" : "ATT_SHAPE"));
  }
  return judgeDocument(document, policy, {
    kind: options.kind ?? "sign",
    allowMock: options.allowMock ?? false,
    time,
    dated,
    nonce: optionalBytes("nonce", options.nonce),
    ...messageInHand(options, document),
    signature: options.signature ?? optionalBytes("signatureB64", options.signatureB64),
    keyId: options.keyId,
    ...keyInHand(options),
    purpose: options.purpose ?? "sign",
  });
}

export interface EvidenceOptions {
  /** What the vendor's machine gave. */
  readonly evidence: Base64OrBytes;
  readonly policy: PolicyInput;
  readonly nonce?: Base64OrBytes | undefined;
  /** What the vendor's field for the caller must hold. */
  readonly binding?: Base64OrBytes | undefined;
  readonly publicKey?: Base64OrBytes | undefined;
  readonly allowMock?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

const MAX_EVIDENCE = 131072;
const SKEW = 60;

/** Judges a vendor's evidence without a document of ours around it (§6, "Raw evidence"). */
export async function verifyEvidence(options: EvidenceOptions): Promise<Verdict> {
  const policy = await readPolicy(options.policy, { allowDevelopment: true });
  const { time, dated } = timeOf(options.clock);
  const evidence = bytesOfBase64("evidence", options.evidence);
  const expected = {
    nonce: optionalBytes("nonce", options.nonce),
    binding: optionalBytes("binding", options.binding),
    publicKey: optionalBytes("publicKey", options.publicKey),
  };
  const present = Object.fromEntries(Object.entries(expected).filter(([, bytes]) => bytes !== undefined));
  const draft = draftVerdict(policy, "raw", time.stored, dated);
  return settle(draft, async () => {
    refuseIf(isDevelopment(policy) && options.allowMock !== true, "ATT_MOCK_REFUSED");
    if (policy.vendor === "mock") throw new Refusal("ATT_VENDOR_MISMATCH");
    refuseIf(evidence.length > MAX_EVIDENCE, "ATT_TOO_LARGE");
    const proven = await policy.rules.prove(evidence, time);
    proven.bind({ raw: true, ...present });
    showProven(draft, proven);
    draft.imageHash = proven.imageHash === "" ? null : proven.imageHash;
    await proven.allow(undefined);
    const { evidenceTime } = proven;
    if (evidenceTime !== undefined) {
      refuseIf(evidenceTime > time.at + SKEW, "ATT_FROM_FUTURE");
      refuseIf(time.at - evidenceTime > policy.maxDocAgeSeconds, "ATT_EXPIRED");
    }
    refuseIf(time.stored && policy.requireDated && !dated, "ATT_UNDATED");
  });
}
