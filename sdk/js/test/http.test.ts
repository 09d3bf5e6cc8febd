// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { ApiError, CallError, ConnectionError, CountersignError, MalformedAnswerError, TimeoutError } from "../src/errors.js";
import { type CallOptions, type ClientOptions, Transport } from "../src/http.js";
import { API_KEY, BASE, data, HEALTH, ID, page, refusal, reply, REVOKED, type Reply, service, transport } from "./fake.js";

const POLICY = { path: { id: "pol_1" }, body: { name: "x" } };
const failed = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => assert.fail("it succeeded"), (error: unknown) => error);

test("http: a request has its key, its id, and goes nowhere else", async () => {
  const s = service(data(REVOKED));
  await transport(s, { baseUrl: `${BASE}/base/` }).transport.call("revokeKey", { path: { id: "a/b?c" } });
  const [sent] = s.sent;
  assert.equal(sent?.url.href, `${BASE}/base/v1/hybrid-keys/a%2Fb%3Fc`);
  assert.equal(sent?.headers["Authorization"], `Bearer ${API_KEY}`);
  assert.match(sent?.headers["X-Request-Id"] ?? "", /^[0-9a-f]{32}$/);
  assert.equal(sent?.headers["Idempotency-Key"], undefined);
  assert.deepEqual([sent?.init.redirect, sent?.init.credentials, sent?.init.cache], ["manual", "omit", "no-store"]);
});

test("http: what is open to everybody is asked without the key", async () => {
  const s = service(reply(200, HEALTH));
  assert.deepEqual(await transport(s).transport.call("health"), HEALTH);
  assert.equal(s.sent[0]?.headers["Authorization"], undefined);
});

test("http: a session's token goes with what changes something", async () => {
  const s = service(data(REVOKED), page([], null));
  const { transport: t } = transport(s, { apiKey: undefined, csrfToken: "token" });
  await t.call("revokeKey", { path: { id: "x" } });
  await t.call("listKeys");
  assert.deepEqual(s.sent.map((r) => [r.headers["X-CSRF-Token"], r.init.credentials, r.headers["Authorization"]]),
    [["token", "same-origin", undefined], [undefined, "same-origin", undefined]]);
});

const OPTIONS: readonly (readonly [string, ClientOptions])[] = [
  ["no URL", { baseUrl: "countersign" }],
  ["none at all", {}],
  ["plain http elsewhere", { baseUrl: "http://countersign.example" }],
  ["http to what only begins like loopback", { baseUrl: "http://127.0.0.1.example" }],
  ["another scheme", { baseUrl: "file:///tmp" }],
  ["a user in the URL", { baseUrl: "https://user@countersign.example" }],
  ["a password in the URL", { baseUrl: "https://:x@countersign.example" }],
  ["a query", { baseUrl: "https://countersign.example/?a" }],
  ["a fragment", { baseUrl: "https://countersign.example/#a" }],
  ["an empty API key", { baseUrl: BASE, apiKey: "" }],
  ["a line break in the API key", { baseUrl: BASE, apiKey: "cs_sec_\r\nX: y" }],
  ["a space in the API key", { baseUrl: BASE, apiKey: `${API_KEY} ` }],
  ["a line break in the token", { baseUrl: BASE, csrfToken: "a\nb" }],
  ["a negative timeout", { baseUrl: BASE, timeoutMs: -1 }],
  ["a timeout that is no number", { baseUrl: BASE, timeoutMs: Number.NaN }],
  ["half a retry", { baseUrl: BASE, maxRetries: 0.5 }],
  ["no fetch", { baseUrl: BASE, fetch: {} as typeof fetch }],
];

for (const [name, options] of OPTIONS) {
  test(`http: options refused: ${name}`, () => {
    assert.throws(() => new Transport(options), (error: unknown) => {
      assert.ok(error instanceof CountersignError);
      assert.ok(options.apiKey === undefined || options.apiKey === "" || !inspect(error).includes(options.apiKey), "it shows the key");
      return true;
    });
  });
}

test("http: loopback may be plain, and the environment names the service where nobody does", () => {
  for (const baseUrl of ["http://127.0.0.1:8420", "http://localhost:1", "http://[::1]:1/", "https://countersign.example"])
    assert.ok(new Transport({ baseUrl }));
  process.env["COUNTERSIGN_SERVER"] = "http://127.0.0.1:9";
  try {
    assert.ok(new Transport({}));
  } finally {
    delete process.env["COUNTERSIGN_SERVER"];
  }
});

const CALLS: readonly (readonly [string, Parameters<Transport["call"]>[1], CallOptions])[] = [
  ["no id", {}, {}],
  ["an empty id", { path: { id: "" } }, {}],
  ["an id that leads up", { path: { id: ".." } }, {}],
  ["an id that leads here", { path: { id: "." } }, {}],
  ["an empty idempotency key", { path: { id: "x" } }, { idempotencyKey: "" }],
  ["a long idempotency key", { path: { id: "x" } }, { idempotencyKey: "k".repeat(256) }],
  ["a line break in the idempotency key", { path: { id: "x" } }, { idempotencyKey: "a\r\nb" }],
  ["a request id beyond ASCII", { path: { id: "x" } }, { requestId: "é" }],
  ["a long request id", { path: { id: "x" } }, { requestId: "r".repeat(129) }],
  ["too many retries", { path: { id: "x" } }, { maxRetries: 101 }],
];

for (const [name, input, options] of CALLS) {
  test(`http: nothing is sent with ${name}`, async () => {
    const s = service();
    const error = await failed(transport(s).transport.call("rotateKey", input, options));
    assert.ok(error instanceof CountersignError && error.code === "BAD_FIELD");
    assert.equal(s.sent.length, 0);
  });
}

test("http: an idempotency key is refused where the route takes none", async () => {
  const error = await failed(transport(service()).transport.call("health", {}, { idempotencyKey: "k" }));
  assert.ok(error instanceof CountersignError && error.code === "BAD_FIELD");
});

test("http: retries of a POST share one idempotency key and one request id, calls do not", async () => {
  const entry = () => refusal(409, "CONFLICT");
  const s = service(new TypeError("fetch failed"), refusal(503, "OVERLOADED"), entry(), entry());
  const { transport: t, waits } = transport(s);
  await failed(t.call("createEntry", { body: { name: "x" } }));
  await failed(t.call("createEntry", { body: { name: "x" } }));
  const keys = s.sent.map((r) => r.headers["Idempotency-Key"]);
  assert.match(keys[0] ?? "", /^[0-9a-f]{32}$/);
  assert.ok(keys[0] === keys[1] && keys[1] === keys[2] && keys[2] !== keys[3]);
  const ids = s.sent.map((r) => r.headers["X-Request-Id"]);
  assert.ok(ids[0] === ids[1] && ids[1] === ids[2] && ids[2] !== ids[3]);
  assert.deepEqual(waits, [125, 250]);
});

test("http: the caller's own idempotency key and request id are sent", async () => {
  const s = service(refusal(409, "IDEMPOTENCY_MISMATCH"));
  const error = await failed(transport(s).transport.call("createEntry", { body: { name: "x" } }, { idempotencyKey: "mine", requestId: "r-7" }));
  assert.equal(s.sent[0]?.headers["Idempotency-Key"], "mine");
  assert.ok(error instanceof ApiError && error.requestId === "r-7" && error.attempts === 1);
});

const NEVER_AGAIN: readonly (readonly [string, Reply])[] = [
  ["a broken connection", new TypeError("fetch failed")],
  ["an internal error", refusal(500, "INTERNAL")],
  ["the page of a proxy", reply(503, "<html>", { "Content-Type": "text/html" })],
];

for (const [name, got] of NEVER_AGAIN) {
  test(`http: a change is not sent again after ${name}`, async () => {
    const s = service(got);
    await failed(transport(s).transport.call("updateAttestationPolicy", POLICY));
    assert.equal(s.sent.length, 1);
  });
}

test("http: a change is sent again where nothing was done", async () => {
  const s = service(refusal(429, "RATE_LIMITED", { "Retry-After": "2" }), refusal(409, "CONFLICT"));
  const { transport: t, waits } = transport(s);
  await failed(t.call("updateAttestationPolicy", POLICY));
  assert.deepEqual(waits, [2125]);
});

test("http: retries end, with the last error and the number of attempts", async () => {
  const s = service(...[1, 2, 3].map(() => refusal(503, "OVERLOADED")));
  const error = await failed(transport(s, { maxRetries: 2 }).transport.call("listKeys"));
  assert.ok(error instanceof ApiError);
  assert.deepEqual([error.code, error.status, error.attempts, error.path], ["OVERLOADED", 503, 3, "/v1/hybrid-keys"]);
  const once = service(refusal(503, "OVERLOADED"));
  await failed(transport(once).transport.call("listKeys", {}, { maxRetries: 0 }));
  assert.equal(once.sent.length, 1);
});

test("http: a pause that is too long is handed on", async () => {
  const s = service(refusal(429, "RATE_LIMITED", { "Retry-After": "3600" }));
  const error = await failed(transport(s).transport.call("listKeys"));
  assert.ok(error instanceof ApiError && error.retryAfter === 3600);
});

const hang = (sent: { init: RequestInit }): Promise<Response> =>
  new Promise((_, reject) => sent.init.signal?.addEventListener("abort", () => reject(sent.init.signal?.reason)));

test("http: no answer in time", async () => {
  const s = service(hang, hang);
  const error = await failed(transport(s, { maxRetries: 1 }).transport.call("listKeys", {}, { timeoutMs: 5 }));
  assert.ok(error instanceof TimeoutError && error.code === "TIMEOUT" && error.attempts === 2);
});

test("http: a body that never ends counts as well", async () => {
  const body = (sent: { init: RequestInit }) => new ReadableStream({
    start: (controller) => sent.init.signal?.addEventListener("abort", () => controller.error(new Error("aborted"))),
  });
  const s = service((sent) => new Response(body(sent), { status: 200, headers: { "Content-Type": "application/json" } }));
  const error = await failed(transport(s, { maxRetries: 0 }).transport.call("listKeys", {}, { timeoutMs: 5 }));
  assert.ok(error instanceof TimeoutError);
});

test("http: the caller's signal ends a call, with the caller's reason", async () => {
  const controller = new AbortController();
  const s = service(hang);
  const call = transport(s).transport.call("listKeys", {}, { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  assert.equal(await failed(call), reason);
  const none = service();
  assert.equal(await failed(transport(none).transport.call("listKeys", {}, { signal: AbortSignal.abort(reason) })), reason);
  assert.equal(none.sent.length, 0);
});

test("http: the caller's signal ends the wait before a retry", async () => {
  const controller = new AbortController();
  const s = service(refusal(503, "OVERLOADED"));
  const sleep = (_: number, signal: AbortSignal | undefined) => {
    controller.abort(new Error("enough"));
    signal?.throwIfAborted();
    return Promise.resolve();
  };
  const error = await failed(transport(s, {}, { sleep }).transport.call("listKeys", {}, { signal: controller.signal }));
  assert.ok(error instanceof Error && error.message === "enough");
});

test("http: signals are let go of", async () => {
  let listeners = 0;
  const { signal } = new AbortController();
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = ((...args: Parameters<typeof add>) => (listeners++, add(...args))) as typeof add;
  signal.removeEventListener = ((...args: Parameters<typeof remove>) => (listeners--, remove(...args))) as typeof remove;
  await transport(service(page([], null))).transport.call("listKeys", {}, { signal });
  assert.equal(listeners, 0);
});

test("http: the API key is in no error and no object", async () => {
  const leaky = new TypeError("fetch failed");
  const errors = [
    await failed(transport(service(refusal(401, "UNAUTHENTICATED"))).transport.call("listKeys")),
    await failed(transport(service(leaky), { maxRetries: 0 }).transport.call("listKeys")),
    await failed(transport(service(reply(200, "x"))).transport.call("listKeys")),
    await failed(transport(service(reply(302, "", { Location: "https://elsewhere.example" }))).transport.call("listKeys")),
  ];
  assert.deepEqual(errors.map((e) => e instanceof CallError && e.code), ["UNAUTHENTICATED", "CONNECTION", "MALFORMED_ANSWER", "MALFORMED_ANSWER"]);
  const made = transport(service()).transport;
  for (const thing of [...errors, made]) {
    const shown = `${inspect(thing, { depth: 10, showHidden: true })}${JSON.stringify(thing)}${String((thing as Error).stack)}`;
    assert.ok(!shown.includes(API_KEY) && !shown.includes(API_KEY.slice(20)), shown);
  }
});

test("http: the body of a login is in no error", async () => {
  const s = service(refusal(401, "UNAUTHENTICATED"), new TypeError("fetch failed"));
  const { transport: t } = transport(s, { apiKey: undefined, maxRetries: 0 });
  for (let i = 0; i < 2; i++) {
    const error = await failed(t.call("beginSession", { body: { apiKey: API_KEY } }));
    assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(API_KEY));
  }
});

test("http: a connection that breaks says so, with its cause", async () => {
  const cause = new TypeError("fetch failed");
  const error = await failed(transport(service(cause), { maxRetries: 0 }).transport.call("getKey", { path: { id: `key_${ID}` } }));
  assert.ok(error instanceof ConnectionError && error.cause === cause && error.path === `/v1/hybrid-keys/key_${ID}`);
});

test("http: a malformed success is not asked for again", async () => {
  const s = service(data([]));
  const error = await failed(transport(s).transport.call("revokeKey", { path: { id: "x" } }));
  assert.ok(error instanceof MalformedAnswerError && error.attempts === 1);
});
