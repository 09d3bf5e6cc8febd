// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { Countersign } from "../src/client.js";
import { ApiError, MalformedAnswerError } from "../src/errors.js";
import { API_KEY, BASE, type Reply, reply, service } from "./fake.js";

const KEY = { user_id: "customer-wallet-123", mldsa_pubkey: "AAAA", birth_attestation: "AAAA", enclave_version: "0.1.0" };
const SIGNED = { mldsa_signature: "AQI=", mldsa_public_key: "AAAA" };

function door(...replies: Reply[]) {
  const s = service(...replies);
  return { s, pq: new Countersign({ apiKey: API_KEY, baseUrl: BASE, fetch: s.fetch, maxRetries: 0 }).pqSigner };
}

test("PQ Signer: a key, named or not", async () => {
  const { s, pq } = door(reply(200, KEY), reply(200, KEY), reply(200, KEY));
  assert.deepEqual(await pq.generateKey({ userId: KEY.user_id }), KEY);
  await pq.generateKey();
  await pq.generateKey({ alg: "ML-DSA-87", userId: "" });
  assert.deepEqual(s.sent.map(({ body }) => body), [
    { request_type: "key_generation", payload: { alg: "ML-DSA-44", user_id: KEY.user_id } },
    { request_type: "key_generation", payload: { alg: "ML-DSA-44" } },
    { request_type: "key_generation", payload: { alg: "ML-DSA-87" } },
  ]);
  assert.ok(s.sent.every(({ method, url, headers }) => method === "POST" && url.pathname === "/v1/pq-signer" && headers["Idempotency-Key"] !== undefined));
});

test("PQ Signer: a signature over the message itself", async () => {
  const attested = { ...SIGNED, attestation: "AAAA" };
  const { s, pq } = door(reply(200, SIGNED), reply(200, attested));
  assert.deepEqual(await pq.sign({ userId: "u", message: "hello" }), SIGNED);
  assert.deepEqual(await pq.sign({ userId: "u", message: Uint8Array.of(0xff), alg: "ML-DSA-65", requestAttestation: true }), attested);
  assert.deepEqual(s.sent.map(({ body }) => body), [
    { request_type: "sign", payload: { alg: "ML-DSA-44", user_id: "u", message: "aGVsbG8=" } },
    { request_type: "sign", payload: { alg: "ML-DSA-65", user_id: "u", message: "/w==", request_attestation: true } },
  ]);
});

test("PQ Signer: answers to something else", async () => {
  const refused = (answer: object, ask: (pq: Countersign["pqSigner"]) => Promise<unknown>) =>
    assert.rejects(ask(door(reply(200, answer)).pq), MalformedAnswerError, JSON.stringify(answer));
  await refused(SIGNED, (pq) => pq.generateKey());
  await refused({ ...KEY, user_id: "another" }, (pq) => pq.generateKey({ userId: KEY.user_id }));
  await refused(KEY, (pq) => pq.sign({ userId: "u", message: "m" }));
  await refused(SIGNED, (pq) => pq.sign({ userId: "u", message: "m", requestAttestation: true }));
  await refused({ ...SIGNED, mldsa_signature: "?" }, (pq) => pq.sign({ userId: "u", message: "m" }));
  await refused({ ...SIGNED, mldsa_signature: 7 }, (pq) => pq.sign({ userId: "u", message: "m" }));
  await refused({}, (pq) => pq.sign({ userId: "u", message: "m" }));
});

test("PQ Signer: ids that are none are not sent", async () => {
  const { pq } = door();
  await assert.rejects(pq.generateKey({ userId: "x".repeat(257) }), { code: "BAD_FIELD", member: "userId" });
  await assert.rejects(pq.generateKey({ userId: "\u00e4".repeat(129) }), { code: "BAD_FIELD" });
  await assert.rejects(pq.sign({ userId: "", message: "m" }), { code: "BAD_FIELD" });
});

test("PQ Signer: its three errors, and no other", async () => {
  for (const [status, error] of [[400, "malformed-request"], [403, "signing-failed"], [503, "internal-error"]] as const) {
    const { pq } = door(reply(status, { error, request_id: "r" }));
    await assert.rejects(pq.sign({ userId: "u", message: "m" }), (e) => e instanceof ApiError && e.code === error && e.status === status);
  }
  for (const body of [{ error: "signing-failed" }, { error: "toString", request_id: "r" }, { success: false, code: "X", error: "x" }]) {
    const { pq } = door(reply(403, body));
    await assert.rejects(pq.sign({ userId: "u", message: "m" }), MalformedAnswerError);
  }
});

test("PQ Signer: what may pass is sent again, under one idempotency key", async () => {
  const s = service(reply(503, { error: "internal-error", request_id: "r" }), reply(200, SIGNED));
  const { pqSigner } = new Countersign({ apiKey: API_KEY, baseUrl: BASE, fetch: s.fetch, maxRetries: 1 });
  assert.deepEqual(await pqSigner.sign({ userId: "u", message: "m" }), SIGNED);
  assert.equal(s.sent[0]?.headers["Idempotency-Key"], s.sent[1]?.headers["Idempotency-Key"]);
});
