// SPDX-License-Identifier: Apache-2.0
//
// Attestation documents, judged in the order of protocol/attestation.md §6. The first check that fails gives the reason.

import { sha256 } from "@noble/hashes/sha2.js";

import type { PreHashValue } from "./composite.js";
import { concat, equal, fromBase64, fromBase64Url, latin1, toHex, utf8 } from "./bytes.js";
import { checkCompat, type Claims, type Kind, type Purpose, readClaims } from "./claims.js";
import { ED25519 } from "./eddsa.js";
import { Refusal, refuseIf } from "./errors.js";
import { type JsonObject, parseJsonObject } from "./json.js";
import { type HardwarePolicy, isDevelopment, type MockPolicy, pinnedRootSha256, type Policy } from "./policy.js";
import { ed25519OfSpki } from "./spki.js";
import type { Draft, Verdict, VerdictClaims } from "./verdict.js";
import type { EvaluationTime, Proven } from "./vendor.js";

export const MAX_DOCUMENT = 131072;
const MAX_MEMBERS = 64;
const SKEW = 60;

/** What the caller has in hand and asks for (§4). Absent is not checked, except where §6 says so. */
export interface Expectation {
  readonly kind: Kind;
  readonly allowMock: boolean;
  readonly time: EvaluationTime;
  /** Stored mode: a pinned witness dates the entry. */
  readonly dated: boolean;
  readonly nonce?: Uint8Array | undefined;
  /** `sha256:<hex>` */
  readonly payloadSha256?: string | undefined;
  readonly preHash?: PreHashValue | undefined;
  readonly signature?: Uint8Array | undefined;
  readonly keyId?: string | undefined;
  /** `sha256:<hex>` of the key's bytes. */
  readonly publicKeySha256?: string | undefined;
  readonly algorithm?: string | undefined;
  readonly signatureFormat?: string | undefined;
  readonly purpose: Purpose | "any";
}

interface Parts {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly proof: Uint8Array;
  /** SI, as received. */
  readonly signed: Uint8Array;
}

function splitDocument(document: Uint8Array): Parts {
  refuseIf(document.length > MAX_DOCUMENT, "ATT_TOO_LARGE");
  const texts = latin1(document).split(".");
  const [header, payload, proof] = texts.map(fromBase64Url);
  if (texts.length !== 3 || !header?.length || !payload?.length || !proof?.length) throw new Refusal("ATT_SHAPE");
  const headerObject = parseJsonObject(header, MAX_MEMBERS);
  const payloadObject = parseJsonObject(payload, MAX_MEMBERS);
  if (headerObject === undefined || payloadObject === undefined) throw new Refusal("ATT_JSON");
  const signed = document.subarray(0, document.lastIndexOf(0x2e));
  return { header: headerObject, payload: payloadObject, proof, signed };
}

function checkHeader(header: JsonObject, alg: string, typ: string, others: number): void {
  const isGood = header.size === 2 + others && header.get("alg") === alg && header.get("typ") === typ;
  refuseIf(!isGood, "ATT_HEADER_MISMATCH");
}

function checkSeal(key: Uint8Array, parts: Parts): void {
  refuseIf(parts.proof.length !== 64 || !ED25519.verify(key, parts.signed, parts.proof), "ATT_PROOF_INVALID");
}

/** What a document of hardware proves, and the epoch of its session. */
interface HardwareProof {
  readonly proven: Proven;
  readonly sessionEpoch?: string;
}

async function proveOperation(parts: Parts, policy: HardwarePolicy, time: EvaluationTime): Promise<HardwareProof> {
  checkHeader(parts.header, policy.evidenceAlg, "countersign-operation", 0);
  const proven = await policy.rules.prove(parts.proof, time);
  proven.bind({ raw: false, binding: concat(utf8("CSO1"), sha256(parts.signed)) });
  return { proven };
}

function base64Member(header: JsonObject, name: string): Uint8Array | undefined {
  const text = header.get(name);
  return typeof text === "string" ? fromBase64(text) : undefined;
}

async function proveSession(parts: Parts, policy: HardwarePolicy, time: EvaluationTime): Promise<HardwareProof> {
  checkHeader(parts.header, "EdDSA", "countersign-session", 3);
  const evidence = base64Member(parts.header, "evidence");
  const spki = base64Member(parts.header, "spki");
  const key = spki && ed25519OfSpki(spki);
  const epoch = parts.header.get("epoch");
  if (!evidence?.length || !spki || !key || typeof epoch !== "string" || utf8(epoch).length !== 32)
    throw new Refusal("ATT_HEADER_MISMATCH");
  const proven = await policy.rules.prove(evidence, time);
  proven.bind({ raw: false, session: true, binding: concat(utf8("CSS1"), sha256(concat(spki, utf8(epoch)))) });
  // Before its evidence commits to it, it is nobody's key.
  checkSeal(key, parts);
  return { proven, sessionEpoch: epoch };
}

function proveMock(parts: Parts, policy: MockPolicy): void {
  checkHeader(parts.header, "EdDSA", "PostQ-Attestation-Mock", 0);
  checkSeal(policy.root, parts);
}

function checkImages(images: readonly string[], imageHash: string): void {
  refuseIf(images.length === 0, "ATT_ALLOWLIST_EMPTY");
  refuseIf(!images.includes(imageHash), "ATT_IMAGE_NOT_ALLOWED");
}

/** Ages and clocks of §5. */
function checkTime(claims: Claims, policy: Policy, evidenceTime: number | undefined, at: number): void {
  const isSession = policy.evidence === "session";
  const born = evidenceTime ?? claims.iat;
  refuseIf(born > at + SKEW, "ATT_FROM_FUTURE");
  if (evidenceTime !== undefined)
    refuseIf(claims.iat < evidenceTime - SKEW || claims.iat > at + SKEW, "ATT_TIME_MISMATCH");
  if (isSession)
    refuseIf(evidenceTime === undefined || at - evidenceTime > policy.maxSessionAgeSeconds, "ATT_SESSION_EXPIRED");
  refuseIf(at - (isSession ? claims.iat : born) > policy.maxDocAgeSeconds, "ATT_EXPIRED");
}

function checkFreshness(claims: Claims, policy: Policy, evidenceTime: number | undefined, expect: Expectation): void {
  refuseIf(expect.nonce !== undefined && !equal(claims.nonce, expect.nonce), "ATT_NONCE_MISMATCH");
  checkTime(claims, policy, evidenceTime, expect.time.at);
  refuseIf(expect.time.stored && policy.requireDated && !expect.dated, "ATT_UNDATED");
}

function checkSigned(claims: Claims, expect: Expectation): void {
  const { signed } = claims;
  if (signed === undefined) return;
  if (signed.payloadSha256 !== undefined) {
    refuseIf(signed.payloadSha256 !== expect.payloadSha256, "ATT_PAYLOAD_MISMATCH");
  } else {
    const { preHash } = expect;
    const inHand = preHash && `${preHash.alg}:${toHex(preHash.value)}`;
    refuseIf(signed.payloadPreHash !== inHand, "ATT_PREHASH_MISMATCH");
  }
  const signature = expect.signature && `sha256:${toHex(sha256(expect.signature))}`;
  refuseIf(signed.sigSha256 !== signature, "ATT_SIGNATURE_MISMATCH");
}

const differs = (expected: string | undefined, attested: string | undefined) =>
  expected !== undefined && expected !== attested;

function checkKey({ key }: Claims, expect: Expectation): void {
  refuseIf(differs(expect.keyId, key?.keyId), "ATT_KEY_MISMATCH");
  refuseIf(differs(expect.publicKeySha256, key?.publicKeySha256), "ATT_KEY_MISMATCH");
  refuseIf(differs(expect.algorithm, key?.algorithm), "ATT_ALGORITHM_MISMATCH");
  refuseIf(differs(expect.signatureFormat, key?.signatureFormat), "ATT_ALGORITHM_MISMATCH");
  refuseIf(key !== undefined && expect.purpose !== "any" && key.purpose !== expect.purpose, "ATT_PURPOSE_MISMATCH");
}

function verdictClaims(claims: Claims): VerdictClaims {
  const { kind, epoch, iat, enclaveVersion, key } = claims;
  if (key === undefined) return { kind, epoch, iat, enclaveVersion };
  const { keyCounter, keyId, algorithm, signatureFormat, purpose } = key;
  return { kind, epoch, iat, enclaveVersion, keyCounter, keyId, algorithm, signatureFormat, purpose };
}

export function showProven(draft: Draft, proven: Proven): void {
  draft.hardware = proven.hardware;
  draft.rootSha256 = proven.rootSha256;
  if (proven.evidenceTime !== undefined) draft.evidenceTime = proven.evidenceTime;
  if (proven.note !== undefined) draft.note = proven.note;
}

async function judge(draft: Draft, document: Uint8Array, policy: Policy, expect: Expectation): Promise<void> {
  refuseIf(isDevelopment(policy) && !expect.allowMock, "ATT_MOCK_REFUSED");
  const parts = splitDocument(document);
  refuseIf(parts.payload.get("vendor") !== policy.vendor, "ATT_VENDOR_MISMATCH");

  let proof: HardwareProof | undefined;
  if (policy.vendor === "mock") {
    proveMock(parts, policy);
  } else {
    const prove = policy.evidence === "session" ? proveSession : proveOperation;
    proof = await prove(parts, policy, expect.time);
    showProven(draft, proof.proven);
  }
  refuseIf(parts.payload.get("profile") !== "countersign/attestation/v1", "ATT_PROFILE");
  refuseIf(parts.payload.get("kind") !== expect.kind, "ATT_KIND");
  const claims = readClaims(parts.payload, expect.kind, proof === undefined);
  draft.imageHash = claims.imageHash;
  draft.counter = claims.counter;
  draft.claims = verdictClaims(claims);

  if (policy.vendor === "mock") {
    checkCompat(parts.payload, claims);
    checkImages(policy.images, claims.imageHash);
  } else if (proof !== undefined) {
    refuseIf(claims.imageHash === "" || claims.imageHash !== proof.proven.imageHash, "ATT_IMAGE_MISMATCH");
    await proof.proven.allow(claims.enclaveVersion);
    refuseIf(differs(proof.sessionEpoch, claims.epoch), "ATT_SESSION_EPOCH");
  }
  checkFreshness(claims, policy, proof?.proven.evidenceTime, expect);
  checkSigned(claims, expect);
  checkKey(claims, expect);
}

export function draftVerdict(policy: Policy, evidence: Draft["evidence"], stored: boolean, dated: boolean): Draft {
  return {
    ok: false,
    reason: "ATT_PROOF_INVALID",
    vendor: policy.vendor,
    evidence,
    imageHash: null,
    counter: null,
    rootSha256: pinnedRootSha256(policy),
    hardware: false,
    ...(stored && { datedBy: dated ? "witness" : "none" }),
    claims: null,
  };
}

/** Fills in how a check that throws refusals ended. */
export async function settle(draft: Draft, check: () => Promise<void>): Promise<Verdict> {
  try {
    await check();
    draft.reason = "OK";
    draft.ok = true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    draft.reason = error.reason;
  }
  return draft;
}

/** Judges the ASCII of a document under a policy that was read. */
export function judgeDocument(document: Uint8Array, policy: Policy, expect: Expectation): Promise<Verdict> {
  const draft = draftVerdict(policy, policy.evidence, expect.time.stored, expect.dated);
  return settle(draft, () => judge(draft, document, policy, expect));
}
