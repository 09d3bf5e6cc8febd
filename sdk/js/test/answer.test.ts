// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { readAnswer } from "../src/answer.js";
import { ApiError, MalformedAnswerError } from "../src/errors.js";
import { type RouteId } from "../src/http.js";
import { routes } from "../src/routes.gen.js";
import { ID, JSON_TYPE, reply, REVOKED } from "./fake.js";

const facts = { method: "GET", path: "/x", requestId: "r-1", attempts: 1 };
const read = (id: RouteId, response: Response) => readAnswer(response, routes[id], facts);
const ok = { success: true, data: REVOKED };
const list = { success: true, data: [], pagination: { limit: 50, nextCursor: null } };
const meta = { requestId: "r-1", timestamp: "2026-01-15T10:30:00.000Z" };
const bytes = (...values: number[]) => new Response(Uint8Array.from(values), { status: 200, headers: { "Content-Type": JSON_TYPE } });

const MALFORMED: readonly (readonly [string, RouteId, Response])[] = [
  ["nothing", "revokeKey", reply(200, "")],
  ["no JSON", "revokeKey", reply(200, "{")],
  ["two values", "revokeKey", reply(200, `${JSON.stringify(ok)}{}`)],
  ["no UTF-8", "revokeKey", bytes(0x22, 0xff, 0x22)],
  ["a byte order mark", "revokeKey", bytes(0xef, 0xbb, 0xbf, ...Buffer.from(JSON.stringify(ok)))],
  ["a list", "revokeKey", reply(200, [])],
  ["null", "revokeKey", reply(200, "null")],
  ["HTML", "revokeKey", reply(200, ok, { "Content-Type": "text/html" })],
  ["JSON of another kind", "revokeKey", reply(200, ok, { "Content-Type": "application/json-seq" })],
  ["no content type", "revokeKey", new Response(JSON.stringify(ok), { headers: { "Content-Type": "" } })],
  ["no data", "revokeKey", reply(200, { success: true })],
  ["no success", "revokeKey", reply(200, { data: REVOKED })],
  ["success that is a text", "revokeKey", reply(200, { ...ok, success: "true" })],
  ["success that is 1", "revokeKey", reply(200, { ...ok, success: 1 })],
  ["a refusal with status 200", "revokeKey", reply(200, { success: false, error: "x", code: "X", requestId: "r", details: {} })],
  ["a success with status 201", "revokeKey", reply(201, ok)],
  ["a success with status 206", "revokeKey", reply(206, ok)],
  ["a redirection", "revokeKey", reply(302, ok)],
  ["a success with status 404", "revokeKey", reply(404, ok)],
  ["data of another shape", "revokeKey", reply(200, { success: true, data: { id: "key_1", revokedAt: REVOKED.revokedAt } })],
  ["a time of another form", "revokeKey", reply(200, { success: true, data: { ...REVOKED, revokedAt: "2026-01-15" } })],
  ["data that is null", "revokeKey", reply(200, { success: true, data: null })],
  ["a listing without pagination", "listKeys", reply(200, { success: true, data: [] })],
  ["a cursor that is a number", "listKeys", reply(200, { ...list, pagination: { limit: 50, nextCursor: 1 } })],
  ["no cursor", "listKeys", reply(200, { ...list, pagination: { limit: 50 } })],
  ["a listing that is an object", "listKeys", reply(200, { ...list, data: {} })],
  ["an item of another shape", "listKeys", reply(200, { ...list, data: [{ id: "x" }] })],
  ["the envelope of the other door", "getRegisteredKey", reply(200, ok)],
  ["no meta", "revokeRegisteredKey", reply(200, { data: REVOKED })],
  ["meta without a request id", "revokeRegisteredKey", reply(200, { data: REVOKED, meta: {} })],
  ["the envelope of the other door, the other way round", "revokeKey", reply(200, { data: REVOKED, meta })],
  ["a bundle as plain JSON", "getBundle", reply(200, {})],
  ["a bundle of another version", "getBundle", reply(200, {}, { "Content-Type": "application/vnd.countersign.bundle+json; version=2" })],
  ["a bundle that is none", "getBundle", reply(200, {}, { "Content-Type": "application/vnd.countersign.bundle+json; version=1" })],
  ["a note that is no UTF-8", "tileCheckpoint", new Response(Uint8Array.of(0xff), { headers: { "Content-Type": "text/plain; charset=utf-8" } })],
  ["a tile as text", "tile", reply(200, "x", { "Content-Type": "text/plain" })],
  ["a stream as JSON", "streamEntries", reply(200, {})],
  ["an error without JSON", "revokeKey", reply(502, "<html>", { "Content-Type": "text/html" })],
  ["an error without a code", "revokeKey", reply(500, { success: false, error: "x", details: {} })],
  ["an error whose code is no code", "revokeKey", reply(500, { success: false, error: "x", code: "no such code", details: {} })],
  ["an error without a sentence", "revokeKey", reply(500, { success: false, code: "INTERNAL", details: {} })],
  ["an error that says success", "revokeKey", reply(500, { success: true, error: "x", code: "INTERNAL", details: {} })],
  ["details that are a list", "revokeKey", reply(400, { success: false, error: "x", code: "BAD_FIELD", details: [] })],
  ["an error of the other door without a message", "getRegisteredKey", reply(404, { error: { code: "GEN_001", details: {} }, meta })],
  ["an error of the other door without meta", "getRegisteredKey", reply(404, { error: { code: "GEN_001", message: "x", details: {} } })],
];

for (const [name, id, response] of MALFORMED) {
  test(`answer: malformed: ${name}`, async () => {
    await assert.rejects(read(id, response), (error: unknown) => {
      assert.ok(error instanceof MalformedAnswerError, String(error));
      assert.deepEqual([error.code, error.status, error.requestId], ["MALFORMED_ANSWER", response.status, "r-1"]);
      return true;
    });
  });
}

test("answer: larger than anything the service gives", async () => {
  let pieces = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => (pieces++, controller.enqueue(new Uint8Array(1 << 20))),
    cancel: () => void (cancelled = true),
  });
  await assert.rejects(read("revokeKey", new Response(body, { headers: { "Content-Type": JSON_TYPE } })), MalformedAnswerError);
  assert.ok(cancelled && pieces < 70, "it was read on");
});

test("answer: the data, and for listings the place of the next page", async () => {
  assert.deepEqual((await read("revokeKey", reply(200, ok))).data, REVOKED);
  assert.deepEqual((await read("revokeKey", reply(200, { ...ok, data: { ...REVOKED, more: 1 } }, { "Content-Type": "application/json; charset=utf-8" }))).data,
    { ...REVOKED, more: 1 });
  assert.deepEqual((await read("listKeys", reply(200, { ...list, pagination: { limit: 2, nextCursor: "c" } }))).pagination, { limit: 2, nextCursor: "c" });
  assert.deepEqual((await read("revokeRegisteredKey", reply(200, { data: REVOKED, meta }))).data, REVOKED);
});

test("answer: what is not ready is an answer, too", async () => {
  const body = { status: "not ready", version: "0.1.0" };
  assert.deepEqual((await read("readyz", reply(503, body))).data, body);
  await assert.rejects(read("readyz", reply(500, body)), MalformedAnswerError);
});

const ERRORS: readonly (readonly [string, Response, object])[] = [
  ["of the Vault", reply(404, { success: false, error: "No such thing.", code: "NOT_FOUND", requestId: "x", details: {} }),
    { code: "NOT_FOUND", message: "No such thing.", status: 404, details: {}, retryAfter: undefined }],
  ["with the member behind it", reply(400, { success: false, error: "name: x", code: "BAD_FIELD", requestId: "x", details: { field: "name" } }),
    { code: "BAD_FIELD", message: "name: x", status: 400, details: { field: "name" }, retryAfter: undefined }],
  ["with a pause", reply(429, { success: false, error: "x", code: "RATE_LIMITED", requestId: "x", details: {} }, { "Retry-After": "3" }),
    { code: "RATE_LIMITED", message: "x", status: 429, details: {}, retryAfter: 3 }],
  ["of Hybrid Attest", reply(422, { error: { code: "PQC_004", message: "x", details: { reason: "PQC_004" } }, meta }),
    { code: "PQC_004", message: "x", status: 422, details: { reason: "PQC_004" }, retryAfter: undefined }],
  ["with a code of tomorrow", reply(418, { success: false, error: "x", code: "TEAPOT_2", requestId: "x", details: {} }),
    { code: "TEAPOT_2", message: "x", status: 418, details: {}, retryAfter: undefined }],
];

for (const [name, response, wanted] of ERRORS) {
  test(`answer: an error ${name}`, async () => {
    await assert.rejects(read("getKey", response), (error: unknown) => {
      assert.ok(error instanceof ApiError);
      const { code, message, status, details, retryAfter } = error;
      assert.deepEqual({ code, message, status, details, retryAfter }, wanted);
      assert.deepEqual([error.requestId, error.attempts, error.name], ["r-1", 1, "ApiError"]);
      return true;
    });
  });
}

test("answer: a bundle is the text that came, not a copy of what it says", async () => {
  const bundle = {
    mediaType: "x", version: 1, signatureId: `sig_${ID}`, keyId: `key_${ID}`, publicKey: "x", signature: "AA==", docB64: "AA==",
    entry: "{}", inclusion: { leafIndex: 0, proofHex: [] }, checkpoint: "x",
  };
  const text = JSON.stringify(bundle, null, 3);
  const got = await read("getBundle", reply(200, text, { "Content-Type": "application/vnd.countersign.bundle+json;version=1" }));
  assert.equal(got.data, text);
});
