// SPDX-License-Identifier: Apache-2.0

import { CountersignError, MalformedAnswerError } from "./errors.js";
import type { CallOptions, Transport } from "./http.js";
import { listOf, Pages, type Page } from "./pages.js";
import { followLedger, type StreamOptions } from "./stream.js";
import type {
  Checkpoint, ConsistencyProof, Entry, EntryQuery, InclusionProof, LedgerBundle, NewEntry, PageQuery, Sealed,
} from "./types.js";
import { canonicalJson, parseJson } from "./verify/json.js";
import { tileNumber } from "./verify/tiles.js";

/** RFC 8785, in which entries were hashed. */
function canonical(value: unknown): string {
  const parsed = parseJson(JSON.stringify(value));
  const text = parsed === undefined ? undefined : canonicalJson(parsed);
  if (text === undefined) throw new CountersignError("BAD_JSON", "the ledger has what no ledger can have");
  return text;
}

/** The bytes of an entry as text: what was hashed, and what `verifyLedgerProof` takes. */
export function entryText(entry: Pick<Entry, "payload">): string {
  return canonical(entry.payload);
}

/** Entries of a page, each with the checkpoints that end with it behind it. */
function linesOf({ entries, checkpoints }: LedgerBundle): readonly string[] {
  const notes = (size: number) => checkpoints.filter((c) => c.treeSize === size).map((c) => canonical({ checkpoint: c.note }));
  return entries.flatMap((entry) => [canonical(entry.payload), ...notes(entry.seq + 1)]);
}

/** What happened, provably. */
export class Ledger {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Newest first; with `since` oldest first. */
  entries(query: EntryQuery = {}, options: CallOptions = {}): Pages<Entry> {
    return listOf(this.#transport, "listEntries", { query }, options);
  }

  /** An entry of one's own. */
  append(entry: NewEntry, options?: CallOptions): Promise<Entry> {
    return this.#transport.call("createEntry", { body: entry }, options);
  }

  /**
   * Entries as they are made, each once and in order, until the signal aborts or the loop is left. Connections that break
   * are made anew; an entry that does not continue the chain ends the stream with an error.
   */
  stream(options: StreamOptions = {}): AsyncGenerator<Entry, void, undefined> {
    return followLedger(this.#transport, options);
  }

  checkpoints(query: PageQuery = {}, options: CallOptions = {}): Pages<Checkpoint> {
    return listOf(this.#transport, "listCheckpoints", { query }, options);
  }

  latestCheckpoint(options?: CallOptions): Promise<Checkpoint> {
    return this.#transport.call("latestCheckpoint", {}, options);
  }

  /** A checkpoint over everything there is. */
  seal(options?: CallOptions): Promise<Sealed> {
    return this.#transport.call("sealLedger", {}, options);
  }

  /** That the entry is in the tree of the newest checkpoint; `verifyLedgerProof` checks it. */
  proof(entryId: string, options?: CallOptions): Promise<InclusionProof> {
    return this.#transport.call("proveInclusion", { path: { id: entryId } }, options);
  }

  /** That the tree of size `to` continues the one of size `from`. */
  consistency(sizes: { readonly from: number; readonly to: number }, options?: CallOptions): Promise<ConsistencyProof> {
    return this.#transport.call("proveConsistency", { query: { from: sizes.from, to: sizes.to } }, options);
  }

  /** The whole ledger, page by page and oldest first, with checkpoints and the keys that signed them. */
  bundlePages(query: PageQuery = {}, options: CallOptions = {}): Pages<LedgerBundle> {
    return new Pages<LedgerBundle>(async (cursor): Promise<Page<LedgerBundle>> => {
      const answer = await this.#transport.answer("getLedgerBundle", { query: { ...query, ...(cursor !== undefined && { cursor }) } }, options);
      const { limit = 0, nextCursor = null } = answer.pagination ?? {};
      return { data: [answer.data as LedgerBundle], limit, nextCursor, facts: answer.facts };
    });
  }

  /** The whole ledger at once. */
  async bundle(options: CallOptions = {}): Promise<LedgerBundle> {
    let whole: LedgerBundle | undefined;
    for await (const page of this.bundlePages({ limit: 200 }, options).pages()) {
      for (const part of page.data) {
        if (whole !== undefined && (part.org !== whole.org || part.origin !== whole.origin))
          throw new MalformedAnswerError("pages of several ledgers", 200, page.facts);
        const checkpoints = new Map([...(whole?.checkpoints ?? []), ...part.checkpoints].map((c) => [c.id, c]));
        whole = { ...part, entries: [...(whole?.entries ?? []), ...part.entries], checkpoints: [...checkpoints.values()] };
      }
    }
    if (whole === undefined) throw new CountersignError("INTERNAL", "a listing without a page");
    return whole;
  }

  /** The whole ledger as `countersign ledger export` writes it, for `verifyLedger`. */
  async export(options: CallOptions = {}): Promise<string> {
    let text = "";
    for await (const page of this.exportPages(options)) text += page;
    return text;
  }

  /** The same in pieces, as they come: `verifyLedger({ exported: client.ledger.exportPages(), … })`. */
  async *exportPages(options: CallOptions = {}): AsyncGenerator<string, void, undefined> {
    let origin: string | undefined;
    for await (const page of this.bundlePages({ limit: 200 }, options).pages()) {
      for (const part of page.data) {
        const keys = part.signingKeys.map((key) => key.vkey);
        if (origin === undefined) yield `${canonical({ countersignLedger: 1, keys, origin: part.origin })}\n`;
        else if (part.origin !== origin) throw new MalformedAnswerError("pages of several ledgers", 200, page.facts);
        origin = part.origin;
        yield linesOf(part).map((line) => `${line}\n`).join("");
      }
    }
  }

  /** The checkpoint of a ledger that is published, a signed note; `org` is the realm. */
  async publishedCheckpoint(org: string, options?: CallOptions): Promise<string> {
    return (await this.#transport.answer("tileCheckpoint", { path: { org } }, options)).data as string;
  }

  /** A tile of a ledger that is published; `width` of one that is not full. */
  async tile(
    tile: { readonly org: string; readonly level: number | "entries"; readonly n: number; readonly width?: number | undefined },
    options?: CallOptions,
  ): Promise<Uint8Array> {
    const path = { org: tile.org, level: tile.level, n: tileNumber(tile.n) };
    const answer = tile.width === undefined
      ? await this.#transport.answer("tile", { path }, options)
      : await this.#transport.answer("partialTile", { path: { ...path, width: tile.width } }, options);
    return answer.data as Uint8Array;
  }
}
