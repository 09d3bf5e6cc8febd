// SPDX-License-Identifier: Apache-2.0
//
// The lineage of a key (protocol/ledger.md, "Lineage"): each predecessor signed who its successor is.

import { sha256 } from "@noble/hashes/sha2.js";

import { equal, fromBase64, toHex, utf8 } from "./bytes.js";
import { checkSignature } from "./composite.js";
import { judgeDocument } from "./document.js";
import { parseTime } from "./entry.js";
import { CountersignError, Refusal, refuseIf } from "./errors.js";
import { canonicalJson, isArray, isObject, type JsonValue, objectOf, parseJson } from "./json.js";
import { jsonText, type Policy, type PolicyInput, readPolicy } from "./policy.js";
import { type PublicKey, publicKeySha256, publicKeyText, readPublicKey } from "./publickey.js";
import { readKeyInHand } from "./attestation.js";
import type { Reason } from "./reasons.js";

const PROFILE = "countersign/lineage/v1";
const MAX_LINKS = 64;
const MAX_MEMBERS = 64;

interface Link {
  readonly predecessor: string;
  readonly successor: string;
  readonly createdAt: number;
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
  readonly key: PublicKey;
  readonly document: Uint8Array | undefined;
}

export interface LineageOptions {
  /** The array of links, oldest first, as the service shows it: text, or what JSON.parse made of it. */
  readonly lineage: string | object;
  /** The pinned key, as text. */
  readonly publicKey: string;
  readonly keyId?: string | undefined;
  /** With it each link needs a document that passes. */
  readonly policy?: PolicyInput | undefined;
  readonly allowMock?: boolean | undefined;
}

export interface LineageVerdict {
  readonly ok: boolean;
  readonly reason: Reason | "OK";
  /** How many links were walked. */
  readonly links: number;
  /** The newest key; null unless the walk came to its end. */
  readonly keyId: string | null;
  readonly publicKey: string | null;
}

const broken = () => new Refusal("LINEAGE_BROKEN");

function readSuccessor(text: JsonValue | undefined): PublicKey {
  if (typeof text !== "string") throw broken();
  try {
    return readPublicKey(text);
  } catch (error) {
    if (error instanceof Refusal) throw broken();
    throw error;
  }
}

function readLink(value: JsonValue): Link {
  if (!isObject(value) || value.size > MAX_MEMBERS) throw broken();
  const text = (name: string): string => {
    const member = value.get(name);
    if (typeof member !== "string") throw broken();
    return member;
  };
  const base64 = (name: string): Uint8Array => {
    const bytes = fromBase64(text(name));
    if (bytes === undefined) throw broken();
    return bytes;
  };
  const createdAt = parseTime(text("createdAt"));
  const [predecessor, successor] = [text("predecessor"), text("successor")];
  refuseIf([predecessor, successor].some((id) => utf8(id).length > 64), "LINEAGE_BROKEN");
  if (createdAt === undefined) throw broken();
  return {
    predecessor,
    successor,
    createdAt: Math.floor(createdAt / 1000),
    statement: utf8(text("statement")),
    signature: base64("signature"),
    key: readSuccessor(value.get("publicKey")),
    document: value.has("docB64") ? base64("docB64") : undefined,
  };
}

/** What a predecessor signs: computed from the two keys, never taken from the link. */
export function lineageStatement(predecessorId: string, predecessor: PublicKey, successorId: string, successor: PublicKey): Uint8Array {
  const statement = objectOf({
    algorithm: successor.algorithm.name,
    predecessor: predecessorId,
    predecessorPublicKeySha256: publicKeySha256(predecessor),
    publicKeySha256: publicKeySha256(successor),
    signatureFormat: successor.format,
    successor: successorId,
  });
  return utf8(`${PROFILE}\n${canonicalJson(statement) ?? ""}`);
}

function checkLinkSignature(key: PublicKey, link: Link): void {
  try {
    checkSignature(key, { payload: link.statement }, link.signature, new Uint8Array());
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("LINEAGE_SIGNATURE");
    throw error;
  }
}

async function checkDocument(key: PublicKey, link: Link, policy: Policy, allowMock: boolean): Promise<void> {
  const verdict = await judgeDocument(link.document ?? new Uint8Array(), policy, {
    kind: "sign",
    allowMock,
    time: { at: link.createdAt, stored: true },
    // A witness is not asked for: the walk says which key followed which, not when.
    dated: true,
    payloadSha256: `sha256:${toHex(sha256(link.statement))}`,
    signature: link.signature,
    keyId: link.predecessor,
    publicKeySha256: publicKeySha256(key),
    algorithm: key.algorithm.name,
    signatureFormat: key.format,
    purpose: "any",
  });
  if (verdict.reason !== "OK") throw new Refusal(verdict.reason);
}

interface Place {
  readonly id: string | undefined;
  readonly key: PublicKey;
}

async function follow(from: Place, link: Link, policy: Policy | undefined, allowMock: boolean): Promise<Place> {
  refuseIf(link.predecessor === "" || link.successor === "", "LINEAGE_BROKEN");
  refuseIf(from.id !== undefined && from.id !== link.predecessor, "LINEAGE_BROKEN");
  const statement = lineageStatement(link.predecessor, from.key, link.successor, link.key);
  refuseIf(!equal(statement, link.statement), "LINEAGE_BROKEN");
  checkLinkSignature(from.key, link);
  if (policy !== undefined) await checkDocument(from.key, link, policy, allowMock);
  return { id: link.successor, key: link.key };
}

/** The first link that begins with the pinned key; the number of links if that is the newest, or was never rotated. */
function startOf(links: readonly JsonValue[], pinned: Place): number {
  for (const [at, value] of links.entries()) {
    const link = readLink(value);
    const statement = lineageStatement(link.predecessor, pinned.key, link.successor, link.key);
    if (equal(statement, link.statement) && (pinned.id ?? link.predecessor) === link.predecessor) return at;
    const ends = equal(link.key.bytes, pinned.key.bytes) && (pinned.id ?? link.successor) === link.successor;
    if (ends && at === links.length - 1) return links.length;
  }
  refuseIf(links.length > 0, "LINEAGE_START");
  return 0;
}

/** Walks from a pinned key to the newest, offline. */
export async function verifyLineage(options: LineageOptions): Promise<LineageVerdict> {
  const value = parseJson(jsonText(options.lineage));
  if (!isArray(value)) throw new CountersignError("BAD_JSON", "lineage: no array of links", { member: "lineage" });
  if (value.length > MAX_LINKS) throw new CountersignError("TOO_LARGE", `at most ${MAX_LINKS} links`);
  const policy = options.policy === undefined ? undefined : await readPolicy(options.policy, { allowDevelopment: true });
  let place: Place = { id: options.keyId, key: readKeyInHand(options.publicKey) };
  let walked = 0;
  try {
    for (const link of value.slice(startOf(value, place))) {
      place = await follow(place, readLink(link), policy, options.allowMock ?? false);
      walked++;
    }
    return { ok: true, reason: "OK", links: walked, keyId: place.id ?? null, publicKey: publicKeyText(place.key) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, reason: error.reason, links: walked, keyId: null, publicKey: null };
  }
}
