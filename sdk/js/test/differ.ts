// SPDX-License-Identifier: Apache-2.0
//
// Cases for two verifiers: what is in the corpora, changed at random. A case is judged by both, which have to say the
// same: reason, and all of the verdict.

import { createHash } from "node:crypto";

import { ed25519 } from "@noble/curves/ed25519.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";

import { ALGORITHMS, type PreHashName } from "../src/verify/alg.js";
import { verifyEvidence } from "../src/verify/attestation.js";
import { verifyBirth } from "../src/verify/birth.js";
import { verifyBundle } from "../src/verify/bundle-verify.js";
import type { Kind, Purpose } from "../src/verify/claims.js";
import { judgeDocument } from "../src/verify/document.js";
import { CountersignError, Refusal } from "../src/verify/errors.js";
import { verifyCheckpoint } from "../src/verify/ledger.js";
import { lineageStatement, verifyLineage } from "../src/verify/lineage.js";
import { readPolicy } from "../src/verify/policy.js";
import { type PublicKey, publicKeySha256, publicKeyOf, publicKeyText, readPublicKey } from "../src/verify/publickey.js";
import { verifySignature } from "../src/verify/signature.js";
import { type Case, timeOfCase } from "./cases.js";
import { bytes, readVectors } from "./files.js";
import { changeBytes, changeJson, changeText, type Json, type Random, writeJson } from "./mutate.js";
import type { Answer } from "./program.js";

const base64 = (b: Uint8Array | string) => Buffer.from(b as Uint8Array).toString("base64");
const url = (b: Uint8Array | string) => Buffer.from(b as Uint8Array).toString("base64url");
const sha256 = (b: Uint8Array) => new Uint8Array(createHash("sha256").update(b).digest());

/** What both are asked: the members of test/judge/verdicts.c. */
export interface Question {
  readonly op: string;
  readonly [name: string]: string | number | boolean | readonly string[] | undefined;
}

const text = (q: Question, name: string) => q[name] as string | undefined;
const given = (q: Question, name: string) => {
  const value = text(q, name);
  return value === undefined ? undefined : bytes(value);
};
const utf8Of = (q: Question, name: string) => {
  const value = given(q, name);
  return value === undefined ? undefined : Buffer.from(value).toString("utf8");
};

/** Errors of the caller's own, as the programs call them. */
async function asAnswer(run: () => Promise<Answer> | Answer): Promise<Answer> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CountersignError) return { error: error.code };
    if (error instanceof Refusal) return { error: error.reason };
    throw error;
  }
}

const clockOf = (q: Question) =>
  q["stored"] === true
    ? { entryTime: q["at"] as number, dated: q["dated"] === true }
    : { now: q["at"] as number };

async function attest(q: Question): Promise<Answer> {
  const key = utf8Of(q, "publicKey");
  const read = key === undefined ? undefined : readPublicKey(key);
  const policy = await readPolicy(given(q, "policy") ?? "", { allowDevelopment: true });
  const hash = given(q, "payloadSha256");
  const preHash = given(q, "preHash");
  const verdict = await judgeDocument(given(q, "document") ?? new Uint8Array(), policy, {
    kind: (q["kind"] as Kind | undefined) ?? "sign",
    allowMock: q["allowMock"] === true,
    time: { at: q["at"] as number, stored: q["stored"] === true },
    dated: q["dated"] === true,
    nonce: given(q, "nonce"),
    payloadSha256: hash && `sha256:${Buffer.from(hash).toString("hex")}`,
    preHash: preHash && { alg: text(q, "preHashAlg") as PreHashName, value: preHash },
    signature: given(q, "signature"),
    keyId: text(q, "keyId"),
    publicKeySha256: read && publicKeySha256(read),
    algorithm: text(q, "algorithm") ?? read?.algorithm.name,
    signatureFormat: text(q, "signatureFormat") ?? read?.format,
    purpose: (q["purpose"] as Purpose | undefined) ?? "sign",
  });
  return { reason: verdict.reason, verdict };
}

async function evidence(q: Question): Promise<Answer> {
  const verdict = await verifyEvidence({
    evidence: given(q, "evidence") ?? new Uint8Array(),
    policy: given(q, "policy") ?? "",
    nonce: given(q, "nonce"),
    binding: given(q, "binding"),
    publicKey: given(q, "publicKey"),
    allowMock: q["allowMock"] === true,
    clock: clockOf(q),
  });
  return { reason: verdict.reason, verdict };
}

async function policy(q: Question): Promise<Answer> {
  const read = await readPolicy(given(q, "policy") ?? "", { allowDevelopment: q["allowMock"] === true });
  return { reason: "OK", verdict: read.canonical };
}

function signature(q: Question): Answer {
  const message = given(q, "message") ?? new Uint8Array();
  const alg = text(q, "preHashAlg") as PreHashName | undefined;
  const { reason } = verifySignature({
    publicKey: given(q, "publicKey") ?? "",
    signature: given(q, "signature") ?? new Uint8Array(),
    context: given(q, "context"),
    ...(alg === undefined ? { payload: message } : { preHash: { alg, value: message } }),
  });
  return { reason, verdict: null };
}

async function bundle(q: Question): Promise<Answer> {
  const verdict = await verifyBundle({
    bundle: given(q, "bundle") ?? "",
    payload: given(q, "payload") ?? "",
    policy: given(q, "policy") ?? "",
    ledgerKeys: q["ledgerKeys"] as readonly string[],
    witnessKeys: q["witnessKeys"] as readonly string[],
    publicKey: utf8Of(q, "publicKey"),
    keyId: text(q, "keyId"),
    nonce: given(q, "nonce"),
    purpose: (q["purpose"] as Purpose | undefined) ?? "sign",
    allowMock: q["allowMock"] === true,
  });
  // The programs print no verdict on a file that is no bundle.
  return { reason: verdict.reason, verdict: verdict.reason === "BUNDLE_FORMAT" ? null : verdict };
}

function checkpoint(q: Question): Answer {
  const { reason } = verifyCheckpoint({ note: given(q, "note") ?? "", ledgerKeys: q["keys"] as readonly string[] });
  return { reason, verdict: null };
}

async function birth(q: Question): Promise<Answer> {
  const verdict = await verifyBirth({
    birthAttestation: given(q, "document") ?? "",
    manifest: given(q, "manifest") ?? "",
    keyRecord: given(q, "record") ?? "",
    allowSoftwareNsm: q["allowMock"] === true,
  });
  return { reason: verdict.reason, verdict };
}

async function lineage(q: Question): Promise<Answer> {
  const verdict = await verifyLineage({
    lineage: utf8Of(q, "lineage") ?? "",
    publicKey: utf8Of(q, "publicKey") ?? "",
    keyId: text(q, "keyId"),
    policy: utf8Of(q, "policy"),
    allowMock: q["allowMock"] === true,
  });
  return { reason: verdict.reason, verdict: null };
}

const RUNS: Readonly<Record<string, (q: Question) => Answer | Promise<Answer>>> = {
  attest,
  evidence,
  policy,
  signature,
  bundle,
  checkpoint,
  lineage,
  birth,
};

export function judge(q: Question): Promise<Answer> {
  return asAnswer(() => (RUNS[q.op] as (q: Question) => Answer)(q));
}

// -- what is changed ----------------------------------------------------------------------------------------------------

const main = readVectors<{ cases: Case[]; policies: { policyText: string }[] }>("attestation-cases.json");
const hardware = readVectors<{ cases: Case[] }>("attestation-hardware-cases.json");
interface EvidenceCase {
  readonly policy: Json;
  readonly documentB64?: string;
  readonly clock: Case["clock"];
  readonly allowMock: boolean;
  readonly nonce?: string;
  readonly binding?: string;
  readonly publicKey?: string;
}
const raw = readVectors<{ evidence: EvidenceCase[] }>("attestation-evidence-cases.json").evidence.filter(
  (c) => c.documentB64 !== undefined,
);
const signatures = readVectors<{ keys: { algorithm: string; pem?: string }[]; cases: { publicKey: string; message: string; signature: string }[] }>("signature-cases.json");

const ROOT = new Uint8Array(32).fill(7);
const ROOT_KEY = ed25519.getPublicKey(ROOT);

/** Signs claims anew with a root of our own, so that the changes behind the signature are reached. */
function resign(header: string, payload: string): string {
  const signed = `${url(header)}.${url(payload)}`;
  return `${signed}.${url(ed25519.sign(Buffer.from(signed), ROOT))}`;
}

function changePolicy(r: Random, value: Json): string {
  return writeJson(r, r.chance(50) ? changeJson(r, value) : value);
}

const shift = (r: Random, at: number) => (r.chance(60) ? at : Math.max(0, at + r.pick([-1, 1, -60, -61, 60, 61, -300, -301, 300, 301])));

function inHand(c: Case): Record<string, string | undefined> {
  return {
    payloadSha256: c.payload === undefined ? undefined : base64(sha256(bytes(c.payload))),
    preHashAlg: c.preHash?.alg,
    preHash: c.preHash?.value,
    signature: c.signature,
    nonce: c.nonce,
    keyId: c.keyId,
    publicKey: c.publicKey === undefined ? undefined : base64(c.publicKey),
    algorithm: c.algorithm,
    signatureFormat: c.signatureFormat,
    purpose: c.purpose,
    kind: c.kind,
  };
}

function questionOf(r: Random, c: Case, document: string | Uint8Array, policyText: string): Question {
  const { at, stored } = timeOfCase(c);
  const hand = inHand(c);
  if (r.chance(10)) delete hand[r.pick(Object.keys(hand))];
  if (hand["preHash"] === undefined || hand["preHashAlg"] === undefined) delete hand["preHash"], delete hand["preHashAlg"];
  const clock = { at: shift(r, at), stored: r.chance(90) ? stored : !stored, dated: c.clock.dated ?? false };
  return { op: "attest", policy: base64(policyText), document: base64(document), allowMock: r.chance(97) && c.allowMock, ...clock, ...hand };
}

function mockQuestion(r: Random): Question {
  const c = r.pick(main.cases);
  const [header = "", payload = ""] = (c.document ?? "").split(".").map((part) => Buffer.from(part, "base64url").toString());
  let claims: Json;
  try {
    claims = JSON.parse(payload) as Json;
  } catch {
    return questionOf(r, c, changeText(r, c.document ?? ""), JSON.stringify(c.policy));
  }
  const rules = (c.policy as { matchRules: object }).matchRules;
  const pinned = { ...(c.policy as object), matchRules: { ...rules, rootPublicKeyB64: base64(ROOT_KEY) } } as Json;
  const changed = r.chance(85) ? changeJson(r, claims) : claims;
  const document = resign(r.chance(95) ? header : changePolicy(r, { alg: "EdDSA", typ: "PostQ-Attestation-Mock" }), writeJson(r, changed));
  const policyText = r.chance(90) ? JSON.stringify(pinned) : changePolicy(r, pinned);
  return questionOf(r, c, r.chance(90) ? document : changeText(r, document), policyText);
}

function changeProof(r: Random, document: string): string | Uint8Array {
  const parts = document.split(".");
  const at = r.below(parts.length);
  const part = Buffer.from(parts[at] ?? "", "base64url");
  if (r.chance(60)) parts[at] = url(changeBytes(r, part));
  else if (at < 2) parts[at] = url(changeText(r, part.toString()));
  else return changeText(r, document);
  return parts.join(".");
}

function hardwareQuestion(r: Random): Question {
  const c = r.pick(hardware.cases);
  const document = c.document ?? "";
  const policyText = r.chance(60) ? JSON.stringify(c.policy) : changePolicy(r, c.policy as Json);
  return questionOf(r, c, r.chance(30) ? document : changeProof(r, document), policyText);
}

/** Evidence in JSON or in three parts is changed inside, too. */
function changeEvidence(r: Random, bytesOfIt: Uint8Array): Uint8Array {
  const asText = Buffer.from(bytesOfIt).toString("latin1");
  if (asText.startsWith("{") && r.chance(60))
    return Buffer.from(writeJson(r, changeJson(r, JSON.parse(asText) as Json)));
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(asText)) return Buffer.from(changeProof(r, asText));
  return changeBytes(r, bytesOfIt);
}

function evidenceQuestion(r: Random): Question {
  const c = r.pick(raw);
  const whole = bytes(c.documentB64 as string);
  const { at, stored } = timeOfCase(c);
  const policyText = r.chance(60) ? JSON.stringify(c.policy) : changePolicy(r, c.policy);
  return {
    op: "evidence",
    policy: base64(policyText),
    evidence: base64(r.chance(30) ? whole : changeEvidence(r, whole)),
    allowMock: r.chance(95) ? c.allowMock : !c.allowMock,
    at: shift(r, at),
    stored,
    dated: c.clock.dated ?? false,
    nonce: c.nonce,
    binding: c.binding,
    publicKey: c.publicKey,
  };
}

const births = readVectors<{
  births: readonly { manifest: string; record: string }[];
  cases: readonly { of: number; document?: string }[];
}>("birth-cases.json");

function birthQuestion(r: Random): Question {
  const c = r.pick(births.cases.filter(({ document }) => document !== undefined));
  const { manifest, record } = births.births[r.chance(95) ? c.of : 1 - c.of] as { manifest: string; record: string };
  const changed = (text: string, percent: number) => (r.chance(percent) ? changePolicy(r, JSON.parse(text) as Json) : text);
  const whole = bytes(c.document as string);
  return {
    op: "birth",
    manifest: base64(changed(manifest, 15)),
    record: base64(changed(record, 30)),
    document: base64(r.chance(50) ? whole : changeBytes(r, whole)),
    allowMock: r.chance(95),
  };
}

const policies: readonly Json[] = [...main.cases, ...hardware.cases, ...raw].map((c) => c.policy as Json);

function policyQuestion(r: Random): Question {
  const changed = changeJson(r, r.pick(policies));
  return { op: "policy", policy: base64(writeJson(r, r.chance(30) ? changeJson(r, changed) : changed)), allowMock: r.chance(70) };
}

/** The PEM of a key where its algorithm has one, changed at times: the text, or the DER in it. */
function pemOf(r: Random, publicKey: string): string {
  const { alg } = JSON.parse(publicKey) as { alg: string };
  const pem = signatures.keys.find((key) => key.algorithm === alg)?.pem;
  if (pem === undefined) return publicKey;
  if (r.chance(40)) return pem;
  if (r.chance(40)) return changeText(r, pem);
  const der = changeBytes(r, bytes(pem.split("\n").slice(1, -2).join("")));
  const lines = base64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
}

function signatureQuestion(r: Random): Question {
  const c = r.pick(signatures.cases);
  const what = r.below(4);
  const key = r.chance(25) ? pemOf(r, c.publicKey) : what === 0 ? writeJson(r, changeJson(r, JSON.parse(c.publicKey) as Json)) : c.publicKey;
  const whole = bytes(c.signature);
  const composite = ALGORITHMS.find((a) => c.publicKey.includes(`"alg":"${a.name}"`))?.composite;
  const isPreHash = composite !== undefined && r.chance(10);
  const message = bytes(c.message);
  return {
    op: "signature",
    publicKey: base64(key),
    message: base64(isPreHash ? composite.preHash.hash(message) : what === 1 ? changeBytes(r, message) : message),
    preHashAlg: isPreHash ? r.pick(["sha256", "sha512", "shake256", composite.preHash.name]) : undefined,
    context: r.chance(95) ? undefined : base64(new Uint8Array(r.pick([0, 1, 255, 256]))),
    signature: base64(what === 2 ? changeBytes(r, whole) : whole),
  };
}

export type Files = (name: string) => string;

const SIGNERS = ["log-ed25519.vkey", "log-mldsa44.vkey", "witness.vkey"];

function pins(r: Random, files: Files, usual: readonly string[]): readonly string[] {
  const names = r.chance(70) ? usual : SIGNERS.filter(() => r.chance(50));
  return names.map((name) => files(name).trim());
}

/** A bundle's members that are texts of JSON or base64 of something are changed inside. */
function changeBundle(r: Random, whole: { [name: string]: Json }): Json {
  const inside = (name: string, change: (text: string) => string) => ({ ...whole, [name]: change(whole[name] as string) });
  switch (r.below(7)) {
    case 0:
      return inside("entry", (t) => (r.chance(60) ? sorted(changeJson(r, JSON.parse(t) as Json)) : changeText(r, t)));
    case 1:
      return inside("checkpoint", (t) => changeText(r, t));
    case 2:
      return inside("docB64", (t) => base64(changeBytes(r, bytes(t))));
    case 3:
      return inside("signature", (t) => base64(changeBytes(r, bytes(t))));
    case 4:
      return inside("publicKey", (t) => writeJson(r, changeJson(r, JSON.parse(t) as Json)));
    default:
      return changeJson(r, whole);
  }
}

/** As RFC 8785 orders members; what this writes is canonical but for strange numbers. */
function sorted(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((n) => `${JSON.stringify(n)}:${sorted(value[n] as Json)}`).join(",")}}`;
}

function bundleQuestion(r: Random, files: Files): Question {
  const whole = JSON.parse(files("bundle.json")) as { [name: string]: Json };
  const pinned = JSON.parse(files("policy.json")) as Json;
  return {
    op: "bundle",
    bundle: base64(r.chance(15) ? files("bundle.json") : writeJson(r, changeBundle(r, whole))),
    policy: base64(r.chance(85) ? files("policy.json") : changePolicy(r, pinned)),
    payload: base64(r.chance(95) ? files("payload") : changeText(r, files("payload"))),
    ledgerKeys: pins(r, files, SIGNERS.slice(0, 2)),
    witnessKeys: pins(r, files, SIGNERS.slice(2)),
    publicKey: r.chance(90) ? undefined : base64(r.chance(50) ? (whole["publicKey"] as string) : r.pick(signatures.cases).publicKey),
    keyId: r.chance(90) ? undefined : r.pick([whole["keyId"] as string, "key_2"]),
    allowMock: r.chance(95),
  };
}

function checkpointQuestion(r: Random, files: Files): Question {
  const { checkpoint: note } = JSON.parse(files("bundle.json")) as { checkpoint: string };
  const lines = note.split("\n");
  const at = r.below(lines.length);
  if (r.chance(20)) lines.splice(at, 1);
  else if (r.chance(20)) lines.splice(at, 0, lines[r.below(lines.length)] as string);
  const changed = lines.join("\n");
  const whole = r.chance(70) ? changeText(r, changed) : changed;
  const noteBytes = r.chance(90) ? Buffer.from(whole) : changeBytes(r, Buffer.from(whole));
  return { op: "checkpoint", note: base64(noteBytes), keys: pins(r, files, SIGNERS.slice(0, 2)) };
}

// -- a lineage of our own -----------------------------------------------------------------------------------------------

interface Link {
  readonly [name: string]: Json;
}

function makeLineage(): { readonly first: string; readonly links: readonly Link[] } {
  const algorithm = ALGORITHMS.find((a) => a.name === "mldsa44");
  if (algorithm === undefined) throw new Error("no ML-DSA-44");
  const pairs = [1, 2, 3, 4].map((n) => ml_dsa44.keygen(new Uint8Array(32).fill(n)));
  const keys: PublicKey[] = pairs.map((pair) => publicKeyOf(algorithm, "pure", pair.publicKey));
  const links = keys.slice(1).map((key, i) => {
    const statement = lineageStatement(`key_${i}`, keys[i] as PublicKey, `key_${i + 1}`, key);
    return {
      predecessor: `key_${i}`,
      successor: `key_${i + 1}`,
      createdAt: "2026-01-15T10:30:00.000Z",
      statement: Buffer.from(statement).toString(),
      signature: base64(ml_dsa44.sign(statement, (pairs[i] as { secretKey: Uint8Array }).secretKey)),
      publicKey: publicKeyText(key),
    };
  });
  return { first: publicKeyText(keys[0] as PublicKey), links };
}

let made: ReturnType<typeof makeLineage> | undefined;

function lineageQuestion(r: Random): Question {
  made ??= makeLineage();
  const from = r.below(4);
  const pinned = from === 0 ? made.first : ((made.links[from - 1] as Link)["publicKey"] as string);
  const links = r.chance(30) ? (made.links as Json) : changeJson(r, made.links as Json);
  return {
    op: "lineage",
    lineage: base64(writeJson(r, links)),
    publicKey: base64(pinned),
    keyId: r.chance(50) ? `key_${r.chance(90) ? from : 2}` : undefined,
    policy: r.chance(95) ? undefined : base64(JSON.stringify(main.cases[0]?.policy)),
    allowMock: r.chance(90),
  };
}

const SHARES: readonly (readonly [number, (r: Random, files: Files) => Question])[] = [
  [30, mockQuestion],
  [4, birthQuestion],
  [16, hardwareQuestion],
  [14, evidenceQuestion],
  [18, policyQuestion],
  [5, signatureQuestion],
  [8, bundleQuestion],
  [3, checkpointQuestion],
  [2, lineageQuestion],
];

/** A case of the whole; `only` names the one operation that is wanted. */
export function makeQuestion(r: Random, files: Files): Question {
  let at = r.below(100);
  for (const [share, make] of SHARES) {
    if (at < share) return make(r, files);
    at -= share;
  }
  return mockQuestion(r);
}
