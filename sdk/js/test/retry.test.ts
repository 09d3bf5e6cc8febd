// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, ConnectionError, CountersignError, MalformedAnswerError, TimeoutError } from "../src/errors.js";
import { backoff, isReplayable, parseRetryAfter, RETRY, retryDelay, sleep } from "../src/retry.js";
import type { Route } from "../src/shape.js";

const facts = { method: "GET", path: "/x", requestId: "r", attempts: 1 };
const route = (method: Route["method"], idempotencyKey?: true): Route =>
  ({ method, path: "/x", status: 200, kind: "vault", type: "application/json", ...(idempotencyKey && { idempotencyKey }) });
const said = (status: number, retryAfter?: number) =>
  new ApiError({ code: "X", message: "x", status, details: {}, retryAfter }, facts);
const READ = route("GET");
const KEYED = route("POST", true);
const BARE = route("POST");
const CHANGE = route("PATCH");

test("retry: what can be carried out twice is not sent twice", () => {
  assert.deepEqual([READ, route("PUT"), route("DELETE"), KEYED].map(isReplayable), [true, true, true, true]);
  assert.deepEqual([BARE, CHANGE].map(isReplayable), [false, false]);
});

const ROWS: readonly (readonly [string, unknown, Route, boolean])[] = [
  ["a broken connection", new ConnectionError(facts, 0), READ, true],
  ["no answer in time", new TimeoutError(facts, 1), KEYED, true],
  ["too many requests", said(429), CHANGE, true],
  ["nothing was done", said(503), BARE, true],
  ["an internal error", said(500), KEYED, true],
  ["a request that came too slowly", said(408), READ, true],
  ["the page of a proxy", new MalformedAnswerError("html", 502, facts), READ, true],
  ["a broken connection of a change", new ConnectionError(facts, 0), CHANGE, false],
  ["a timeout without a key", new TimeoutError(facts, 1), BARE, false],
  ["an internal error of a change", said(500), CHANGE, false],
  ["the page of a proxy for a change", new MalformedAnswerError("html", 503, facts), CHANGE, false],
  ["a malformed success", new MalformedAnswerError("no data", 200, facts), READ, false],
  ["a redirection", new MalformedAnswerError("status 302", 302, facts), READ, false],
  ["malformed", said(400), READ, false],
  ["no API key", said(401), READ, false],
  ["no scope", said(403), READ, false],
  ["no such thing", said(404), READ, false],
  ["a conflict", said(409), KEYED, false],
  ["a refused attestation", said(422), KEYED, false],
  ["not implemented", said(501), READ, false],
  ["an error of the caller", new CountersignError("BAD_FIELD", "x"), READ, false],
  ["anything else", new Error("x"), READ, false],
];

for (const [name, error, which, wanted] of ROWS) {
  test(`retry: ${name} ${wanted ? "may pass" : "is the last word"}`, () => {
    assert.equal(retryDelay(error, which, 1, RETRY, () => 0.5) !== undefined, wanted);
  });
}

test("retry: as often as the rules say", () => {
  const at = (attempt: number, maxRetries: number) => retryDelay(said(503), READ, attempt, { ...RETRY, maxRetries }, () => 0);
  assert.equal(at(1, 0), undefined);
  assert.equal(at(3, 3), 0);
  assert.equal(at(4, 3), undefined);
});

test("retry: any wait below the bound, which doubles up to the cap", () => {
  const rules = { ...RETRY, baseMs: 100, capMs: 1000 };
  const bounds = [1, 2, 3, 4, 5, 6, 60].map((attempt) => backoff(attempt, rules, () => 1));
  assert.deepEqual(bounds, [100, 200, 400, 800, 1000, 1000, 1000]);
  assert.equal(backoff(3, rules, () => 0), 0);
  assert.equal(backoff(3, rules, () => 0.25), 100);
  for (let i = 0; i < 200; i++) {
    const wait = backoff(4, rules, Math.random);
    assert.ok(wait >= 0 && wait < 800);
  }
});

test("retry: the service's own pause comes first, jitter behind it", () => {
  assert.equal(retryDelay(said(429, 2), READ, 1, { ...RETRY, baseMs: 100 }, () => 0.5), 2050);
  assert.equal(retryDelay(said(429, 60), READ, 1, { ...RETRY, baseMs: 0 }, () => 0.5), 60_000);
  assert.equal(retryDelay(said(429, 61), READ, 1, RETRY, () => 0.5), undefined);
});

const now = Date.UTC(2026, 0, 15, 10, 30, 0);
const HEADERS: readonly (readonly [string | null, number | undefined])[] = [
  [null, undefined],
  ["0", 0],
  ["7", 7],
  ["Thu, 15 Jan 2026 10:30:05 GMT", 5],
  ["Thu, 15 Jan 2026 10:29:05 GMT", 0],
  ["", undefined],
  ["-1", undefined],
  ["1.5", undefined],
  ["1e3", undefined],
  ["soon", undefined],
  ["99999999999", undefined],
  ["2026", 2026],
  ["2026-01-15", undefined],
  ["Xyz, never", undefined],
];

for (const [text, wanted] of HEADERS) {
  test(`retry: Retry-After ${JSON.stringify(text)}`, () => assert.equal(parseRetryAfter(text, now), wanted));
}

test("retry: a wait ends with the signal's reason", async () => {
  const controller = new AbortController();
  const wait = sleep(60_000, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(wait, /enough/);
  await assert.rejects(sleep(60_000, AbortSignal.abort(new Error("before"))), /before/);
  await sleep(0, new AbortController().signal);
});
