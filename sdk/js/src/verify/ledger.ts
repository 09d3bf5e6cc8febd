// SPDX-License-Identifier: Apache-2.0
//
// Proofs of a ledger, and a whole ledger from what `countersign ledger export` writes (protocol/ledger.md).

import { sha256 } from "@noble/hashes/sha2.js";

import { equal, fromHex, fromUtf8, toHex, utf8 } from "./bytes.js";
import { type Checkpoint, checkLog, parseCheckpoint } from "./checkpoint.js";
import { type Entry, parseEntry } from "./entry.js";
import { CountersignError, Refusal, refuseIf } from "./errors.js";
import { isObject, parseJson } from "./json.js";
import { Frontier, isIncluded, leafHash } from "./merkle.js";
import { MAX_VKEYS, parseNote, readVerifierKey, type VerifierKey } from "./note.js";
import type { Reason } from "./reasons.js";

export function readVerifierKeys(texts: readonly string[]): readonly VerifierKey[] {
  if (texts.length > MAX_VKEYS) throw new CountersignError("TOO_LARGE", `at most ${MAX_VKEYS} verifier keys`);
  return texts.map((text) => readVerifierKey(text.trim()));
}

export interface CheckpointVerdict {
  readonly ok: boolean;
  readonly reason: Reason | "OK";
  readonly checkpoint: Checkpoint | null;
}

/** Whether a signed note is a checkpoint of the log whose keys are pinned. */
export function verifyCheckpoint(options: { note: Uint8Array | string; ledgerKeys: readonly string[] }): CheckpointVerdict {
  const keys = readVerifierKeys(options.ledgerKeys);
  try {
    return { ok: true, reason: "OK", checkpoint: readCheckpoint(options.note, keys) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, reason: error.reason, checkpoint: null };
  }
}

function readCheckpoint(bytes: Uint8Array | string, keys: readonly VerifierKey[]): Checkpoint {
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.text);
  checkLog(note, checkpoint, keys);
  return checkpoint;
}

export interface LedgerProofOptions {
  /** The bytes of the entry. */
  readonly entry: string | Uint8Array;
  readonly proof: { readonly leafIndex: number; readonly proofHex: readonly string[] };
  /** The signed note. */
  readonly checkpoint: string;
  readonly ledgerKeys: readonly string[];
}

/** Whether an entry is in the tree of a checkpoint that the pinned keys of the ledger signed. */
export function verifyLedgerProof(options: LedgerProofOptions): CheckpointVerdict {
  const keys = readVerifierKeys(options.ledgerKeys);
  try {
    const entry = typeof options.entry === "string" ? utf8(options.entry) : options.entry;
    const { leafIndex, proofHex } = options.proof;
    const proof = proofHex.map((hash) => fromHex(hash) ?? new Uint8Array());
    const checkpoint = readCheckpoint(options.checkpoint, keys);
    const isIndex = Number.isSafeInteger(leafIndex) && parseEntry(entry)?.seq === leafIndex;
    const { size, root } = checkpoint;
    const holds = isIndex && isIncluded({ index: BigInt(leafIndex), size, leaf: leafHash(entry), proof, root });
    refuseIf(!holds, "LEDGER_PROOF");
    return { ok: true, reason: "OK", checkpoint };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, reason: error.reason, checkpoint: null };
  }
}

interface Link {
  readonly entry: Entry | undefined;
  readonly hash: string;
}

interface Finding {
  readonly reason: Reason;
  readonly seq: number;
}

export interface LedgerVerdict {
  readonly ok: boolean;
  readonly reason: Reason | "OK";
  /** Of the entry that is wrong; null where a note is. */
  readonly seq: number | null;
  readonly entries: number;
  /** Entries that a checkpoint covers whose root was right. Those behind it can be cut off unseen. */
  readonly covered: number;
}

const FIRST = "0".repeat(64);

function linkOf(line: string): Link {
  return { entry: parseEntry(line), hash: toHex(sha256(utf8(line))) };
}

/** Where one link does not go on from the one before, and what that means: the one behind it tells. */
function breakAt(links: readonly Link[], at: number): Finding {
  const { entry } = links[at] as Link;
  const next = links[at + 1]?.entry;
  if (entry === undefined) return { reason: next?.seq === at ? "LEDGER_ADDED" : "LEDGER_CHANGED", seq: at };
  if (entry.seq < at) return { reason: "LEDGER_ADDED", seq: at };
  if (entry.seq > at) {
    const isLater = links.slice(at + 1).some((link) => link.entry?.seq === at);
    return { reason: isLater ? "LEDGER_REORDERED" : "LEDGER_REMOVED", seq: at };
  }
  if (next?.seq === at) return { reason: "LEDGER_ADDED", seq: at };
  const isWhole = next !== undefined && next.prev === links[at]?.hash;
  return { reason: "LEDGER_CHANGED", seq: isWhole && at > 0 ? at - 1 : at };
}

function checkChain(links: readonly Link[]): Finding | undefined {
  let prev = FIRST;
  for (const [at, { entry, hash }] of links.entries()) {
    if (entry === undefined || entry.seq !== at || entry.prev !== prev) return breakAt(links, at);
    prev = hash;
  }
  return undefined;
}

interface Export {
  readonly lines: readonly string[];
  readonly notes: readonly string[];
}

function readExport(text: string): Export {
  const [head, ...rest] = text.split("\n");
  const object = parseJson(head ?? "");
  if (!isObject(object) || object.get("countersignLedger") !== 1 || rest.pop() !== "")
    throw new CountersignError("BAD_ARGUMENT", "this is no exported ledger");
  const lines: string[] = [];
  const notes: string[] = [];
  for (const line of rest) {
    const value = line.startsWith('{"checkpoint":') ? parseJson(line) : undefined;
    const note = isObject(value) && value.size === 1 ? value.get("checkpoint") : undefined;
    if (typeof note === "string") notes.push(note);
    else lines.push(line);
  }
  return { lines, notes };
}

/** Compares the tree of the entries with checkpoints; gives what is wrong, or how far they reach. */
function checkRoots(lines: readonly string[], checkpoints: readonly Checkpoint[]): Finding | number {
  const sorted = [...checkpoints].sort((a, b) => (a.size < b.size ? -1 : a.size > b.size ? 1 : 0));
  const tree = new Frontier();
  let covered = 0;
  for (const { size, root } of sorted) {
    if (size > BigInt(lines.length)) return { reason: "LEDGER_TRUNCATED", seq: lines.length };
    while (tree.size < size) tree.append(leafHash(utf8(lines[Number(tree.size)] as string)));
    if (!equal(tree.root(), root)) return { reason: "LEDGER_FORK", seq: covered };
    covered = Number(size);
  }
  return covered;
}

export interface LedgerOptions {
  /** What `countersign ledger export` wrote. */
  readonly exported: string | Uint8Array;
  /** Verifier keys of the ledger; without them nobody knows who signed the checkpoints. */
  readonly ledgerKeys?: readonly string[];
  /** Checkpoints that were kept elsewhere. */
  readonly checkpoints?: readonly string[];
}

function readSigned(note: string, keys: readonly VerifierKey[]): Checkpoint {
  if (keys.length > 0) return readCheckpoint(note, keys);
  return parseCheckpoint(parseNote(note).text);
}

/** Recomputes a whole ledger, offline, and names the first thing that is wrong. */
export function verifyLedger(options: LedgerOptions): LedgerVerdict {
  const keys = readVerifierKeys(options.ledgerKeys ?? []);
  const text = typeof options.exported === "string" ? options.exported : fromUtf8(options.exported);
  if (text === undefined) throw new CountersignError("BAD_ARGUMENT", "this is no exported ledger");
  const { lines, notes } = readExport(text);
  const verdict = (reason: Reason | "OK", seq: number | null, covered = 0): LedgerVerdict => ({
    ok: reason === "OK",
    reason,
    seq,
    entries: lines.length,
    covered,
  });
  try {
    const all = [...notes, ...(options.checkpoints ?? [])];
    const checkpoints = all.map((note) => readSigned(note, keys));
    refuseIf(keys.length > 0 && checkpoints.length === 0, "NOTE_UNSIGNED");
    refuseIf(checkpoints.some((c) => c.origin !== checkpoints[0]?.origin), "NOTE_ORIGIN");
    const broken = checkChain(lines.map(linkOf));
    const found = broken ?? checkRoots(lines, checkpoints);
    return typeof found === "number" ? verdict("OK", null, found) : verdict(found.reason, found.seq);
  } catch (error) {
    if (error instanceof Refusal) return verdict(error.reason, null);
    throw error;
  }
}
