// SPDX-License-Identifier: Apache-2.0
//
// Walks a whole ledger, entry by entry, and names the first thing that is wrong (protocol/ledger.md, "Checking a whole
// ledger").

import { sha256 } from "@noble/hashes/sha2.js";

import { equal, toHex, utf8 } from "./bytes.js";
import type { Checkpoint } from "./checkpoint.js";
import { type Entry, parseEntry } from "./entry.js";
import { CountersignError, refuseIf } from "./errors.js";
import { canonicalJson, objectOf } from "./json.js";
import { Frontier, leafHash } from "./merkle.js";
import type { Reason } from "./reasons.js";

export interface Finding {
  readonly reason: Reason;
  readonly seq: number;
  readonly from: number;
}

interface Line {
  readonly bytes: Uint8Array;
  /** Undefined: it cannot be read. */
  readonly entry: Entry | undefined;
  /** Of its bytes, in hex. */
  readonly hash: string;
}

const FIRST = "0".repeat(64);

/** The bytes of an entry with another `prev`. */
function withPrev({ actorId, data, eventType, seq, subjectId, time }: Entry, prev: string): Uint8Array {
  return utf8(canonicalJson(objectOf({ actorId, data, eventType, prev, seq, subjectId, time })) ?? "");
}

export class LedgerWalk {
  /** Entries that were fed. */
  entries = 0;
  /** Of all checkpoints; undefined where there was none. */
  origin: string | undefined;
  readonly #tree = new Frontier();
  #last = FIRST;
  #suspect: Line | undefined;
  #break: Finding | undefined;
  /** A break that is REORDERED if what seems to be missing comes later. */
  #isSearching = false;
  #ahead: Checkpoint[] = [];
  #sound = 0n;
  #wrong: { readonly size: bigint; readonly from: bigint } | undefined;

  /** Entries that a checkpoint covers whose root was right. */
  get covered(): number {
    return Number(this.#sound);
  }

  get #place(): number {
    return Number(this.#tree.size);
  }

  // -- checkpoints

  /** Takes a checkpoint whose signatures were checked. NOTE_ORIGIN. */
  checkpoint(checkpoint: Checkpoint): void {
    this.origin ??= checkpoint.origin;
    refuseIf(this.origin !== checkpoint.origin, "NOTE_ORIGIN");
    if (this.#break !== undefined) return;
    if (checkpoint.size < this.#tree.size)
      throw new CountersignError("BAD_FIELD", `a checkpoint of ${checkpoint.size} entries stands behind ${this.#place}`);
    this.#ahead.push(checkpoint);
    this.#compare();
  }

  #compare(): void {
    const reached = this.#ahead.filter((c) => c.size === this.#tree.size);
    if (reached.length === 0) return;
    this.#ahead = this.#ahead.filter((c) => c.size !== this.#tree.size);
    const root = this.#tree.root();
    for (const { size, root: told } of reached)
      if (equal(root, told)) this.#sound = size;
      else this.#wrong ??= { size, from: this.#sound };
  }

  // -- entries

  entry(bytes: Uint8Array): void {
    const line: Line = { bytes, entry: parseEntry(bytes), hash: toHex(sha256(bytes)) };
    this.entries++;
    if (this.#break === undefined && this.#suspect !== undefined) this.#judge(this.#suspect, line);
    if (this.#break !== undefined) {
      if (this.#isSearching && line.entry?.seq === this.#break.seq) this.#found("LEDGER_REORDERED", this.#break.seq);
    } else if (line.entry?.seq === this.#place && line.entry.prev === this.#last) {
      this.#tree.append(leafHash(bytes));
      this.#last = line.hash;
      this.#compare();
    } else {
      this.#suspect = line;
    }
  }

  #found(reason: Reason, seq: number): void {
    this.#break = { reason, seq, from: seq };
  }

  /** What the first line that does not continue the chain means; `next` is the line behind it. */
  #judge({ entry, hash }: Line, next: Line | undefined): void {
    const at = this.#place;
    const doesFollow = next?.entry?.prev === this.#last && next.entry.seq === at;
    if (entry === undefined || entry.seq === at) {
      const isBefore = entry !== undefined && at > 0 && (next === undefined || next.entry?.prev === hash);
      this.#found(doesFollow ? "LEDGER_ADDED" : "LEDGER_CHANGED", !doesFollow && isBefore ? at - 1 : at);
    } else if (entry.prev === this.#last) {
      this.#found("LEDGER_CHANGED", at);
    } else if (entry.seq < at) {
      const isInPlace = next === undefined ? this.#ahead.length > 0 : next.entry?.seq === at + 1;
      this.#found(isInPlace ? "LEDGER_CHANGED" : "LEDGER_ADDED", at);
    } else {
      this.#isSearching = true;
      this.#found(next?.entry?.seq === at + 1 ? "LEDGER_CHANGED" : "LEDGER_REMOVED", at);
    }
  }

  // -- the end

  #judgeLast(line: Line): void {
    const { entry } = line;
    if (entry?.seq === this.#place) {
      const tree = this.#tree.copy();
      tree.append(leafHash(withPrev(entry, this.#last)));
      const root = tree.root();
      if (this.#ahead.some((c) => c.size === tree.size && equal(c.root, root)))
        return this.#found("LEDGER_CHANGED", this.#place);
    }
    return this.#judge(line, undefined);
  }

  /** What is wrong, if something is. */
  end(): Finding | undefined {
    if (this.#break === undefined && this.#suspect !== undefined) this.#judgeLast(this.#suspect);
    const wrong = this.#wrong;
    if (wrong !== undefined && (this.#break === undefined || BigInt(this.#break.seq) >= wrong.size)) {
      const from = Number(wrong.from);
      const isFork = this.#sound >= wrong.size || wrong.size < this.#tree.size;
      return isFork ? { reason: "LEDGER_FORK", seq: from, from } : { reason: "LEDGER_CHANGED", seq: Number(wrong.size) - 1, from };
    }
    if (this.#break === undefined && this.#ahead.length > 0) this.#found("LEDGER_TRUNCATED", this.#place);
    return this.#break;
  }
}
