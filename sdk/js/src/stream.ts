// SPDX-License-Identifier: Apache-2.0
//
// Follows a ledger live: every entry once and in order, over broken connections and restarts of the service. What does not
// continue the chain ends it.

import { ConnectionError, CountersignError, MalformedAnswerError } from "./errors.js";
import { EventParser, type ServerEvent } from "./events.js";
import type { CallOptions, OpenStream, Transport } from "./http.js";
import { backoff } from "./retry.js";
import { shapes } from "./routes.gen.js";
import { mismatch } from "./shape.js";
import type { Entry } from "./types.js";

export interface StreamOptions extends Pick<CallOptions, "signal" | "requestId"> {
  /** The `seq` to begin with; by default that of the entry that comes next. */
  readonly since?: number | undefined;
  /** The last entry that is known; the stream goes on behind it, and must be chained to it. */
  readonly after?: Pick<Entry, "seq" | "entryHashHex"> | undefined;
  /** Milliseconds of silence after which the connection is made anew; 60,000. The service says something more often. */
  readonly silenceMs?: number | undefined;
  /** Connections in a row that bring nothing, before the stream ends with the error; 10. */
  readonly maxReconnects?: number | undefined;
}

interface Place {
  next: number;
  previous: string | undefined;
}

function parseEntry(event: ServerEvent): Entry | undefined {
  try {
    const value: unknown = JSON.parse(event.data);
    return mismatch(value, { ref: "Entry" }, shapes) === undefined ? (value as Entry) : undefined;
  } catch {
    return undefined;
  }
}

/** The entry of an event, if it is the one that belongs at this place. */
function take(event: ServerEvent, place: Place, stream: OpenStream): Entry {
  const entry = parseEntry(event);
  const refuse = (what: string) => new MalformedAnswerError(what, 200, stream.facts);
  if (entry === undefined) throw refuse("an event is no entry");
  if (event.id !== String(entry.seq) || event.event !== entry.eventType) throw refuse("an event and its entry differ");
  if (entry.seq !== place.next) throw refuse(`entry ${entry.seq} came where ${place.next} belongs`);
  if (place.previous !== undefined && entry.prevHashHex !== place.previous)
    throw refuse(`entry ${entry.seq} is not chained to the one before`);
  place.next = entry.seq + 1;
  place.previous = entry.entryHashHex;
  return entry;
}

/** The entries of one connection, to its end. */
async function* drain(stream: OpenStream, place: Place, parser: EventParser): AsyncGenerator<Entry, void, undefined> {
  const reader = stream.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new ConnectionError(stream.facts, error);
      });
      if (done) return;
      stream.alive();
      let events: ServerEvent[];
      try {
        events = parser.push(value);
      } catch {
        throw new MalformedAnswerError("no stream of events", 200, stream.facts);
      }
      for (const event of events) yield take(event, place, stream);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    stream.end();
  }
}

async function begin(transport: Transport, options: StreamOptions): Promise<Place> {
  if (options.after !== undefined) return { next: options.after.seq + 1, previous: options.after.entryHashHex };
  if (options.since !== undefined) return { next: options.since, previous: undefined };
  // The newest entry says where "now" is, so that nothing is lost if the first connection breaks before it brings any.
  const call: CallOptions = { signal: options.signal };
  const [newest] = await transport.call("listEntries", { query: { limit: 1 } }, call);
  return newest === undefined ? { next: 0, previous: undefined } : { next: newest.seq + 1, previous: newest.entryHashHex };
}

export async function* followLedger(transport: Transport, options: StreamOptions): AsyncGenerator<Entry, void, undefined> {
  const { signal, requestId } = options;
  const call: CallOptions = { signal, requestId, timeoutMs: options.silenceMs ?? 60_000 };
  const place = await begin(transport, options);
  if (!Number.isSafeInteger(place.next) || place.next < 0)
    throw new CountersignError("BAD_FIELD", "since: a sequence number", { member: "since" });
  for (let empty = 0; ; ) {
    const from = place.next;
    const parser = new EventParser();
    let trouble: unknown;
    try {
      yield* drain(await transport.open("streamEntries", { query: { since: place.next } }, call), place, parser);
    } catch (error) {
      // Opening was tried again already; what is no entry stays none.
      if (!(error instanceof ConnectionError)) throw error;
      trouble = error;
    }
    signal?.throwIfAborted();
    empty = place.next === from ? empty + 1 : 1;
    if (trouble !== undefined && empty > (options.maxReconnects ?? 10)) throw trouble;
    const wait = (parser.retryMs ?? 0) + backoff(empty, transport.rules, transport.seams.random);
    await transport.seams.sleep(Math.min(wait, transport.rules.capMs), signal);
  }
}
