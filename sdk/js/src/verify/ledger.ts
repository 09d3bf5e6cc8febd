// SPDX-License-Identifier: Apache-2.0
//
// Proofs of a ledger, and a whole ledger from what `countersign ledger export` writes (protocol/ledger.md).

import { concat, equal, fromHex, utf8 } from "./bytes.js";
import { type Checkpoint, checkLog, parseCheckpoint } from "./checkpoint.js";
import { parseEntry } from "./entry.js";
import { CountersignError, Refusal, refuseIf } from "./errors.js";
import { isObject, parseJson } from "./json.js";
import { type Finding, LedgerWalk } from "./ledgerwalk.js";
import { isIncluded, leafHash } from "./merkle.js";
import { MAX_VKEYS, type Note, parseNote, readVerifierKey, signersOf, type VerifierKey } from "./note.js";
import type { Reason } from "./reasons.js";
import { tileNumber } from "./tiles.js";

export function readVerifierKeys(texts: readonly string[]): readonly VerifierKey[] {
  if (texts.length > MAX_VKEYS) throw new CountersignError("TOO_LARGE", `at most ${MAX_VKEYS} verifier keys`);
  return texts.map((text) => readVerifierKey(text.trim()));
}

export interface CheckpointVerdict {
  readonly ok: boolean;
  readonly reason: Reason | "OK";
  readonly checkpoint: Checkpoint | null;
  /** Where witness keys were given: those that signed, and when, as they say. */
  readonly witnesses?: readonly { readonly name: string; readonly time: string | null }[];
}

export interface CheckpointOptions {
  readonly note: Uint8Array | string;
  readonly ledgerKeys: readonly string[];
  /** Those of them that signed are named; a line of one of them that does not verify refuses the note. */
  readonly witnessKeys?: readonly string[] | undefined;
}

function witnessesOf(note: Note, keys: readonly VerifierKey[]) {
  return signersOf(note, keys).map(({ key, time }) => ({ name: key.name, time: time === 0 ? null : new Date(time * 1000).toISOString() }));
}

/** Whether a signed note is a checkpoint of the log whose keys are pinned, and which witnesses saw it. */
export function verifyCheckpoint(options: CheckpointOptions): CheckpointVerdict {
  const keys = readVerifierKeys(options.ledgerKeys);
  const pinned = options.witnessKeys && readVerifierKeys(options.witnessKeys);
  try {
    const checkpoint = readCheckpoint(options.note, keys);
    const witnesses = pinned && witnessesOf(parseNote(options.note), pinned);
    return { ok: true, reason: "OK", checkpoint, ...(witnesses && { witnesses }) };
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

export interface LedgerVerdict {
  readonly ok: boolean;
  readonly reason: Reason | "OK";
  /** Of the entry that is wrong; null where a note is. */
  readonly seq: number | null;
  /** LEDGER_CHANGED, where only a checkpoint tells: all from here on may have been rewritten instead. Else as `seq`. */
  readonly from: number | null;
  readonly entries: number;
  /** Entries that a checkpoint covers whose root was right. Those behind it can be cut off unseen. */
  readonly covered: number;
}

export interface LedgerPins {
  /** Verifier keys of the ledger; without them nobody knows who signed the checkpoints. */
  readonly ledgerKeys?: readonly string[] | undefined;
  /** Checkpoints that were kept elsewhere. */
  readonly checkpoints?: readonly string[] | undefined;
}

export interface LedgerOptions extends LedgerPins {
  /** What `countersign ledger export` wrote; in pieces, if it is large or still on its way (`client.ledger.exportPages`). */
  readonly exported: string | Uint8Array | AsyncIterable<string | Uint8Array>;
}

/** A walk whose checkpoints are those of the pinned keys. */
class PinnedWalk {
  readonly #walk = new LedgerWalk();
  readonly #keys: readonly VerifierKey[];
  readonly #kept: readonly string[];

  constructor(pins: LedgerPins) {
    this.#keys = readVerifierKeys(pins.ledgerKeys ?? []);
    this.#kept = pins.checkpoints ?? [];
  }

  note(note: Uint8Array | string): void {
    const checkpoint = this.#keys.length > 0 ? readCheckpoint(note, this.#keys) : parseCheckpoint(parseNote(note).text);
    this.#walk.checkpoint(checkpoint);
  }

  entry(bytes: Uint8Array): void {
    this.#walk.entry(bytes);
  }

  #verdict(reason: Reason | "OK", place?: Finding): LedgerVerdict {
    const { entries, covered } = this.#walk;
    return { ok: reason === "OK", reason, seq: place?.seq ?? null, from: place?.from ?? null, entries, covered };
  }

  async run(feed: () => void | Promise<void>): Promise<LedgerVerdict> {
    try {
      for (const note of this.#kept) this.note(note);
      await feed();
      const found = this.#walk.end();
      if (found !== undefined) return this.#verdict(found.reason, found);
      const { entries, covered, origin } = this.#walk;
      refuseIf(this.#keys.length > 0 && (origin === undefined || (covered === 0 && entries > 0)), "NOTE_UNSIGNED");
      return this.#verdict("OK");
    } catch (error) {
      if (error instanceof Refusal) return this.#verdict(error.reason);
      throw error;
    }
  }
}

const NEWLINE = 0x0a;
const CHECKPOINT_LINE = utf8('{"checkpoint":');
const UNREADABLE = new Uint8Array();

const bytesOf = (piece: string | Uint8Array) => (typeof piece === "string" ? utf8(piece) : piece);

/** Lines, also those that lie across two pieces. */
async function* linesOf(exported: LedgerOptions["exported"]): AsyncGenerator<Uint8Array, void, undefined> {
  const isWhole = typeof exported === "string" || exported instanceof Uint8Array;
  let rest: Uint8Array = new Uint8Array();
  for await (const piece of isWhole ? [exported] : exported) {
    const bytes = rest.length === 0 ? bytesOf(piece) : concat(rest, bytesOf(piece));
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; at = end + 1, end = bytes.indexOf(NEWLINE, at)) yield bytes.subarray(at, end);
    rest = bytes.subarray(at);
  }
  if (rest.length > 0) yield rest;
}

function isHead(line: Uint8Array | undefined): boolean {
  const object = line && parseJson(line);
  return isObject(object) && object.get("countersignLedger") === 1;
}

/** The note in a line; empty, which is none, if the line has not exactly that. */
function noteIn(line: Uint8Array): string {
  const object = parseJson(line);
  const note = isObject(object) && object.size === 1 ? object.get("checkpoint") : undefined;
  return typeof note === "string" ? note : "";
}

/** Recomputes a whole ledger, offline, and names the first thing that is wrong. */
export function verifyLedger(options: LedgerOptions): Promise<LedgerVerdict> {
  const walk = new PinnedWalk(options);
  return walk.run(async () => {
    const lines = linesOf(options.exported);
    if (!isHead((await lines.next()).value ?? undefined)) throw new CountersignError("BAD_ARGUMENT", "this is no exported ledger");
    for await (const line of lines)
      if (equal(line.subarray(0, CHECKPOINT_LINE.length), CHECKPOINT_LINE)) walk.note(noteIn(line));
      else walk.entry(line);
  });
}

export interface LedgerTilesOptions extends LedgerPins {
  /**
   * Reads `checkpoint` and `tile/entries/…` of C2SP tlog-tiles, from a folder or a service that publishes the ledger;
   * undefined where there is no such file.
   */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
}

const TILE_WIDTH = 256;

/** The widest tile of that number, with its width. */
async function readTile(read: LedgerTilesOptions["read"], n: number, size: bigint) {
  const path = `tile/entries/${tileNumber(n)}`;
  const whole = await read(path);
  if (whole !== undefined) return { bytes: whole, width: TILE_WIDTH };
  const wanted = Number(size - BigInt(n) * BigInt(TILE_WIDTH));
  // The width of the checkpoint first: a service has any, and a folder that has another is damaged or newer.
  const widths = Array.from({ length: TILE_WIDTH - 1 }, (_, i) => TILE_WIDTH - 1 - i);
  for (const width of wanted > 0 && wanted < TILE_WIDTH ? [wanted, ...widths] : widths) {
    const bytes = await read(`${path}.p/${width}`);
    if (bytes !== undefined) return { bytes, width };
  }
  return undefined;
}

/** Entries of a tile: two bytes of length before each. */
function* entriesIn(bytes: Uint8Array, width: number): Generator<Uint8Array> {
  let at = 0;
  for (let i = 0; i < width; i++) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const isWhole = at + 2 + length <= bytes.length;
    yield isWhole ? bytes.subarray(at + 2, at + 2 + length) : UNREADABLE;
    at = isWhole ? at + 2 + length : Number.POSITIVE_INFINITY;
  }
  if (at < bytes.length) yield UNREADABLE;
}

/** `verifyLedger` for a ledger in C2SP tlog-tiles. */
export function verifyLedgerTiles(options: LedgerTilesOptions): Promise<LedgerVerdict> {
  const walk = new PinnedWalk(options);
  return walk.run(async () => {
    const note = await options.read("checkpoint");
    if (note === undefined) throw new CountersignError("BAD_ARGUMENT", "there is no checkpoint");
    walk.note(note);
    const { size } = parseCheckpoint(parseNote(note).text);
    for (let n = 0, width = TILE_WIDTH; width === TILE_WIDTH; n++) {
      const tile = await readTile(options.read, n, size);
      for (const entry of tile ? entriesIn(tile.bytes, tile.width) : []) walk.entry(entry);
      width = tile?.width ?? 0;
    }
  });
}
