// SPDX-License-Identifier: Apache-2.0
//
// Bundles: everything about one signature in one file, judged in the order of protocol/bundle.md §3.

import { sha256 } from "@noble/hashes/sha2.js";

import type { Purpose } from "./claims.js";
import { parseBundle, type Bundle, type PinnedPolicy } from "./bundle-file.js";
import { type Checkpoint, checkLog, parseCheckpoint } from "./checkpoint.js";
import { checkSignature, type PreHashValue } from "./composite.js";
import { equal, toHex, utf8 } from "./bytes.js";
import { draftVerdict, judgeDocument, settle } from "./document.js";
import { type Entry, parseEntry } from "./entry.js";
import { Refusal, refuseIf } from "./errors.js";
import { isIncluded, leafHash } from "./merkle.js";
import { type Note, parseNote, type Signer, signersOf, type VerifierKey } from "./note.js";
import type { Policy } from "./policy.js";
import { type PublicKey, publicKeySha256 } from "./publickey.js";
import type { Draft, Verdict } from "./verdict.js";

const SKEW = 60;
const MAX_MEMBERS = 64;

export interface LedgerFacts {
  /** A pinned ledger key signed the checkpoint. */
  readonly pinned: boolean;
  readonly origin: string;
  readonly seq: number;
  readonly time: string;
  readonly treeSize: number;
  /** Who dates the entry. */
  readonly witness: { readonly name: string; readonly time: string } | null;
}

/** The verdict on a bundle: that of its document, and what the ledger says. */
export interface BundleVerdict extends Verdict {
  readonly ledger: LedgerFacts | null;
}

export interface BundleExpectation {
  readonly pin: PinnedPolicy;
  readonly payload: Uint8Array;
  readonly allowMock: boolean;
  readonly ledgerKeys: readonly VerifierKey[];
  readonly witnessKeys: readonly VerifierKey[];
  readonly key?: PublicKey | undefined;
  readonly keyId?: string | undefined;
  readonly nonce?: Uint8Array | undefined;
  readonly purpose: Purpose | "any";
}

type BundleDraft = Draft & { ledger: LedgerFacts | null };

const hashText = (bytes: Uint8Array) => `sha256:${toHex(sha256(bytes))}`;

function checkPolicy(bundle: Bundle, pin: PinnedPolicy): void {
  const { policy } = bundle;
  if (policy === undefined) return;
  refuseIf(policy.hash !== pin.policy.hash, "BUNDLE_POLICY");
  refuseIf(pin.id !== undefined && pin.id !== policy.id, "BUNDLE_POLICY");
  refuseIf(pin.version !== undefined && pin.version !== policy.version, "BUNDLE_POLICY");
}

/** The digests of the payload in hand, as the bundle's key takes it. */
interface InHand {
  readonly payloadSha256: string;
  readonly preHash?: PreHashValue;
}

function hashPayload(key: PublicKey, payload: Uint8Array): InHand {
  const preHash = key.format === "composite" ? key.algorithm.composite?.preHash : undefined;
  const payloadSha256 = hashText(payload);
  return preHash ? { payloadSha256, preHash: { alg: preHash.name, value: preHash.hash(payload) } } : { payloadSha256 };
}

function checkPayload(bundle: Bundle, inHand: InHand): void {
  const { preHash, payloadSha256 } = inHand;
  const preHashText = preHash && `${preHash.alg}:${toHex(preHash.value)}`;
  const own = bundle.digestName === "payloadSha256" ? payloadSha256 : preHashText;
  refuseIf(bundle.digest !== own, "BUNDLE_PAYLOAD");
}

function checkExpectedKey(bundle: Bundle, expect: BundleExpectation): void {
  const { key } = expect;
  refuseIf(expect.keyId !== undefined && expect.keyId !== bundle.keyId, "ATT_KEY_MISMATCH");
  if (key !== undefined) {
    const isSame = key.algorithm === bundle.key.algorithm && key.format === bundle.key.format;
    refuseIf(!isSame, "ATT_ALGORITHM_MISMATCH");
    refuseIf(!equal(key.bytes, bundle.key.bytes), "ATT_KEY_MISMATCH");
  }
}

function checkEntry(bundle: Bundle): Entry {
  const entry = parseEntry(bundle.entry);
  if (entry === undefined) throw new Refusal("BUNDLE_ENTRY");
  const { policy, key } = bundle;
  const stated: readonly (readonly [string, string | number | undefined])[] = [
    ["keyId", bundle.keyId],
    ["algorithm", key.algorithm.name],
    ["signatureFormat", key.format],
    ["payloadSha256", bundle.digestName === "payloadSha256" ? bundle.digest : undefined],
    ["payloadPreHash", bundle.digestName === "payloadPreHash" ? bundle.digest : undefined],
    ["sigSha256", hashText(bundle.signature)],
    ["documentSha256", hashText(bundle.document)],
    ["policyId", policy?.id],
    ["policyVersion", policy?.version],
    ["policyHash", policy?.hash],
  ];
  const isReadable = entry.data.size <= MAX_MEMBERS;
  const isOfThis = isReadable && entry.subjectId === bundle.signatureId && stated.every(([name, value]) => entry.data.get(name) === value);
  const event = policy === undefined ? "signature.issued" : "signature.attested";
  const isViolation = entry.eventType === "attestation.violation";
  refuseIf(!isOfThis || (entry.eventType !== event && !isViolation), "BUNDLE_ENTRY");
  refuseIf(isViolation, "BUNDLE_VIOLATION");
  refuseIf(BigInt(entry.seq) !== bundle.leafIndex, "BUNDLE_POSITION");
  return entry;
}

function checkInclusion(bundle: Bundle): { note: Note; checkpoint: Checkpoint } {
  const note = parseNote(bundle.checkpoint);
  const checkpoint = parseCheckpoint(note.text);
  const { size, root } = checkpoint;
  const leaf = leafHash(utf8(bundle.entry));
  refuseIf(!isIncluded({ index: bundle.leafIndex, size, leaf, proof: bundle.proof, root }), "BUNDLE_INCLUSION");
  return { note, checkpoint };
}

function witnessesOf(note: Note, keys: readonly VerifierKey[]): readonly Signer[] {
  try {
    return signersOf(note, keys);
  } catch (error) {
    if (error instanceof Refusal && error.reason === "NOTE_SIGNATURE") throw new Refusal("BUNDLE_WITNESS");
    throw error;
  }
}

/** The pinned witness that dates the entry: every pinned key of it signed, within the time that the policy leaves. */
function datingWitness(
  signers: readonly Signer[],
  expect: BundleExpectation,
  origin: string,
  at: number,
): { name: string; time: number } | undefined {
  const latest = at + expect.pin.policy.maxDocAgeSeconds;
  const isDating = ({ time }: Signer) => time > 0 && time >= at - SKEW && time <= latest;
  for (const { name } of expect.witnessKeys) {
    if (name === origin) continue;
    const own = signers.filter((signer) => signer.key.name === name);
    const pinned = expect.witnessKeys.filter((key) => key.name === name);
    if (own.length === pinned.length && own.every(isDating)) return { name, time: Math.max(...own.map((s) => s.time)) };
  }
  return undefined;
}

const timeText = (seconds: number) => new Date(seconds * 1000).toISOString();

async function judge(draft: BundleDraft, bundle: Bundle, expect: BundleExpectation): Promise<void> {
  const { policy } = expect.pin;
  const inHand = hashPayload(bundle.key, expect.payload);
  checkPolicy(bundle, expect.pin);
  checkPayload(bundle, inHand);
  checkExpectedKey(bundle, expect);
  const message = inHand.preHash ? { preHash: inHand.preHash } : { payload: expect.payload };
  checkSignature(bundle.key, message, bundle.signature, new Uint8Array());
  const entry = checkEntry(bundle);
  const { note, checkpoint } = checkInclusion(bundle);
  const { origin, size } = checkpoint;
  const facts = { origin, seq: entry.seq, time: entry.time, treeSize: Number(size), witness: null };
  draft.ledger = { pinned: false, ...facts };

  const pinned = expect.ledgerKeys.length > 0;
  if (pinned) checkLog(note, checkpoint, expect.ledgerKeys);
  draft.ledger = { pinned, ...facts };
  const signers = witnessesOf(note, expect.witnessKeys);
  const at = Math.floor(entry.milliseconds / 1000);
  const witness = datingWitness(signers, expect, origin, at);
  if (witness) {
    draft.ledger = { pinned, ...facts, witness: { name: witness.name, time: timeText(witness.time) } };
    draft.datedBy = "witness";
  }
  refuseIf(policy.requireDated && !pinned, "BUNDLE_NOT_PINNED");
  Object.assign(draft, await judgeInStored(bundle, expect, policy, inHand, at, witness !== undefined));
  if (!draft.ok) throw new Refusal(draft.reason as Refusal["reason"]);
}

function judgeInStored(
  bundle: Bundle,
  expect: BundleExpectation,
  policy: Policy,
  inHand: InHand,
  at: number,
  dated: boolean,
): Promise<Verdict> {
  return judgeDocument(bundle.document, policy, {
    kind: "sign",
    allowMock: expect.allowMock,
    time: { at, stored: true },
    dated,
    nonce: expect.nonce,
    ...inHand,
    signature: bundle.signature,
    keyId: bundle.keyId,
    publicKeySha256: publicKeySha256(bundle.key),
    algorithm: bundle.key.algorithm.name,
    signatureFormat: bundle.key.format,
    purpose: expect.purpose,
  });
}

/** Judges the bytes of a bundle. */
export async function judgeBundle(bytes: Uint8Array | string, expect: BundleExpectation): Promise<BundleVerdict> {
  const { policy } = expect.pin;
  const draft: BundleDraft = { ...draftVerdict(policy, policy.evidence, true, false), ledger: null };
  await settle(draft, async () => judge(draft, await parseBundle(bytes), expect));
  return draft;
}
