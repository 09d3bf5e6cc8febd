// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, ConnectionError, MalformedAnswerError } from "../src/errors.js";
import { followLedger, type StreamOptions } from "../src/stream.js";
import type { Entry } from "../src/types.js";
import { utf8 } from "../src/verify/bytes.js";
import { ID, page, refusal, reply, service, type Reply, transport } from "./fake.js";

const hash = (n: number) => String(n).padStart(64, "0");
const time = "2026-01-15T10:30:00.000Z";

function entry(seq: number, change: object = {}): Entry {
  const [prevHashHex, common] = [hash(seq), { eventType: "ledger.custom", subjectId: "", actorId: "ak" }];
  return {
    id: `ent_${ID}`, seq, prevHashHex, entryHashHex: hash(seq + 1), createdAt: time, ...common,
    payload: { ...common, data: {}, prev: prevHashHex, seq, time }, ...change,
  } as Entry;
}

const event = (e: Entry, change: { id?: string; event?: string; data?: string } = {}) =>
  `id: ${change.id ?? e.seq}\nevent: ${change.event ?? e.eventType}\ndata: ${change.data ?? JSON.stringify(e)}\n\n`;

/** A stream that gives these texts and then ends, or breaks. */
function events(texts: readonly string[], broken = false): Response {
  const left = texts.map(utf8);
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const piece = left.shift();
      if (piece !== undefined) controller.enqueue(piece);
      else if (broken) controller.error(new TypeError("terminated"));
      else controller.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

async function take(count: number, options: StreamOptions, ...replies: Reply[]) {
  const s = service(...replies);
  const { transport: t, waits } = transport(s, { maxRetries: 0 });
  const got: number[] = [];
  for await (const e of followLedger(t, options)) if (got.push(e.seq) >= count) break;
  return { got, waits, from: s.sent.map((r) => r.url.searchParams.get("since")) };
}

test("stream: entries in order, from a place that was named", async () => {
  const { got, from } = await take(2, { since: 4 }, events([": hello\n\n", event(entry(4)), event(entry(5))]));
  assert.deepEqual([got, from], [[4, 5], ["4"]]);
});

test("stream: it begins behind the newest entry, which it asks for", async () => {
  const { got, from } = await take(1, {}, page([entry(8)], null), events([event(entry(9))]));
  assert.deepEqual([got, from], [[9], [null, "9"]]);
  assert.deepEqual((await take(1, {}, page([], null), events([event(entry(0))]))).from, [null, "0"]);
});

test("stream: it goes on behind an entry that is known", async () => {
  const { got, from } = await take(1, { after: entry(4) }, events([event(entry(5))]));
  assert.deepEqual([got, from], [[5], ["5"]]);
});

test("stream: what broke is taken up where it was, after a pause", async () => {
  const { got, from, waits } = await take(3, { since: 0 },
    events(["retry: 1000\n\n", event(entry(0))], true), events([event(entry(1)), event(entry(2)).slice(0, 20)]), events([event(entry(2))]));
  assert.deepEqual([got, from], [[0, 1, 2], ["0", "1", "2"]]);
  assert.deepEqual(waits, [1125, 125]);
});

test("stream: an entry that is lost between two connections is noticed", async () => {
  await assert.rejects(take(9, { since: 0 }, events([event(entry(0))], true), events([event(entry(2))])), MalformedAnswerError);
});

test("stream: a service that is away is asked again", async () => {
  const { got } = await take(1, { since: 0 }, new TypeError("fetch failed"), new TypeError("fetch failed"), events([event(entry(0))]));
  assert.deepEqual(got, [0]);
});

test("stream: but not for ever", async () => {
  const gone = Array.from({ length: 4 }, () => new TypeError("fetch failed"));
  await assert.rejects(take(1, { since: 0, maxReconnects: 3 }, ...gone), ConnectionError);
});

const first = entry(0);
const REFUSED: readonly (readonly [string, string])[] = [
  ["an entry too late", event(entry(1))],
  ["an entry twice", event(first) + event(first)],
  ["a gap", event(first) + event(entry(2))],
  ["another chain", event(first) + event(entry(1, { prevHashHex: hash(7) }))],
  ["an id that is not the entry's", event(first, { id: "1" })],
  ["no id", event(first).replace(/^id.*\n/, "")],
  ["another event", event(first, { event: "key.created" })],
  ["no JSON", event(first, { data: "{" })],
  ["no entry", event(first, { data: "{}" })],
  ["a list", event(first, { data: "[]" })],
  ["a number that is a text", event(entry(0, { seq: "0" }))],
  ["an entry without a hash", event(entry(0, { entryHashHex: "" }))],
];

for (const [name, text] of REFUSED) {
  test(`stream: ended by ${name}`, async () => {
    await assert.rejects(take(9, { since: 0 }, events([text])), MalformedAnswerError);
  });
}

test("stream: ended by what is not chained to the entry that is known", async () => {
  await assert.rejects(take(9, { after: { seq: 4, entryHashHex: hash(7) } }, events([event(entry(5))])), MalformedAnswerError);
});

test("stream: ended by what is no UTF-8, no stream, and what the service refuses", async () => {
  const bytes = new Response(Uint8Array.of(0xff, 10, 10), { headers: { "Content-Type": "text/event-stream" } });
  await assert.rejects(take(1, { since: 0 }, bytes), MalformedAnswerError);
  await assert.rejects(take(1, { since: 0 }, reply(200, {})), MalformedAnswerError);
  await assert.rejects(take(1, { since: 0 }, refusal(403, "FORBIDDEN")), ApiError);
  await assert.rejects(take(2, { since: 0 }, events([event(first)], true), refusal(401, "UNAUTHENTICATED")), ApiError);
  for (const since of [-1, 1.5, Number.NaN]) await assert.rejects(take(1, { since }), { code: "BAD_FIELD" });
});

test("stream: a silent connection is made anew", async () => {
  const silent = (sent: { init: RequestInit }) => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => sent.init.signal?.addEventListener("abort", () => controller.error(new Error("aborted"))),
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  };
  const { got } = await take(1, { since: 0, silenceMs: 5 }, silent, events([event(first)]));
  assert.deepEqual(got, [0]);
});

test("stream: the signal ends it, and lets the connection go", async () => {
  const controller = new AbortController();
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (c) => c.enqueue(utf8(event(first))),
    cancel: () => void (cancelled = true),
  });
  const s = service(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
  const stream = followLedger(transport(s).transport, { since: 0, signal: controller.signal });
  assert.equal((await stream.next()).value?.seq, 0);
  await stream.return();
  assert.ok(cancelled && s.sent[0]?.init.signal?.aborted === true);
  const reason = new Error("enough");
  await assert.rejects(followLedger(transport(service()).transport, { since: 0, signal: AbortSignal.abort(reason) }).next(), reason);
});
