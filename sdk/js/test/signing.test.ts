// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { CountersignError, MalformedAnswerError } from "../src/errors.js";
import { MAX_PAYLOAD_BYTES, preHash } from "../src/payload.js";
import { sign, signBatch, type SignInput, verify, type VerifyInput } from "../src/signing.js";
import type { Algorithm } from "../src/types.js";
import { data, ID, page, service, type Reply, transport } from "./fake.js";

const KEY = `key_${ID}`;
const payload = Buffer.from("hello vault");
const sha = (bytes: Uint8Array, name = "sha256") => createHash(name).update(bytes).digest();
const attestation = { vendor: "mock", imageHash: null, counter: 1, docB64: "AA==", verdict: "absent", policyId: null, policyVersion: null };
const common = {
  signatureId: `sig_${ID}`, keyId: KEY, algorithm: "mldsa65+ed25519", signatureFormat: "composite", signature: "AQI=",
  publicKey: "{}", payloadSize: 11, attestation, ledger: { seq: 1, entryId: `ent_${ID}` },
};
const signed = { ...common, signatureB64: "AQI=", signatureBase64: "AQI=", payloadSha256: `sha256:${sha(payload).toString("hex")}` };
const key = (algorithm: string, change: object = {}) => ({
  id: KEY, name: "release", status: "active", algorithm, signatureFormat: "composite", providers: { kek: "env", classical: "managed", pq: "managed" },
  tier: 0, keyRelease: "local", purpose: "sign", environment: "production", attestationPolicyId: null, metadata: {},
  createdAt: "2026-01-15T10:30:00.000Z", lastUsedAt: null, revokedAt: null, ...change,
});
const detail = (algorithm: string) => ({
  ...key(algorithm), publicKey: "{}", publicKeyPem: null, lineage: [],
  birthAttestation: { vendor: "mock", docB64: "AA==", sealedSha256: `sha256:${"0".repeat(64)}`, verdict: "absent" },
});

const ask = (input: SignInput & { dryRun?: boolean }, ...replies: Reply[]) => {
  const s = service(...replies);
  return { s, done: sign(transport(s, { maxRetries: 0 }).transport, input, {}) };
};

test("sign: bytes, a text and base64 are the same request", async () => {
  const forms: Partial<SignInput>[] = [
    { payload }, { payload: new Uint8Array(payload) }, { payload: new Uint8Array(payload).buffer }, { payload: "hello vault" },
    { payloadBase64: payload.toString("base64") },
  ];
  for (const form of forms) {
    const { s, done } = ask({ keyId: KEY, ...form }, data(signed));
    const result = await done;
    assert.ok(!("dryRun" in result) && result.signature === result.signatureB64 && result.signatureB64 === result.signatureBase64);
    assert.deepEqual(s.sent[0]?.body, { keyId: KEY, payload: payload.toString("base64") });
  }
});

test("sign: nonce and metadata", async () => {
  const { s, done } = ask({ keyId: "release", payload, nonce: new Uint8Array(8), metadata: { a: 1.5 } }, data(signed));
  await done;
  assert.deepEqual(s.sent[0]?.body, { keyId: "release", payload: payload.toString("base64"), nonce: "AAAAAAAAAAA=", metadata: { a: 1.5 } });
});

const INPUTS: readonly (readonly [string, SignInput])[] = [
  ["no payload", { keyId: KEY }],
  ["two payloads", { keyId: KEY, payload, payloadBase64: "AA==" }],
  ["payload and pre-hash", { keyId: KEY, payload, preHash: { alg: "sha512", value: "AA==" } }],
  ["base64url", { keyId: KEY, payloadBase64: "_-==" }],
  ["base64 without padding", { keyId: KEY, payloadBase64: "AA" }],
  ["base64 that is not canonical", { keyId: KEY, payloadBase64: "AB==" }],
  ["base64 that is bytes", { keyId: KEY, payloadBase64: payload as unknown as string }],
  ["a number", { keyId: KEY, payload: 1 as unknown as string }],
  ["null", { keyId: KEY, payload: null as unknown as string }],
  ["a list of bytes", { keyId: KEY, payload: [1, 2] as unknown as string }],
  ["a size beside the payload", { keyId: KEY, payload, payloadSize: 11 }],
  ["a pre-hash that is no base64", { keyId: KEY, preHash: { alg: "sha512", value: "?" } }],
  ["no key", { payload } as unknown as SignInput],
  ["an empty key", { keyId: "", payload }],
  ["a nonce that is no base64", { keyId: KEY, payload, nonce: "nonce" }],
];

for (const [name, input] of INPUTS) {
  test(`sign: nothing is sent with ${name}`, async () => {
    const { s, done } = ask(input);
    await assert.rejects(done, (error: unknown) => error instanceof CountersignError && error.code === "BAD_FIELD");
    assert.equal(s.sent.length, 0);
  });
}

const ANSWERS: readonly (readonly [string, object])[] = [
  ["of another payload", { ...signed, payloadSha256: `sha256:${"0".repeat(64)}` }],
  ["of a pre-hash", { ...common, signatureB64: "AQI=", signatureBase64: "AQI=", payloadPreHash: "sha512:00" }],
  ["of no payload", { ...common, signatureB64: "AQI=", signatureBase64: "AQI=" }],
  ["whose names differ", { ...signed, signatureB64: "AQM=" }],
  ["whose other names differ", { ...signed, signatureBase64: "AQM=" }],
  ["that is empty", { ...signed, signature: "", signatureB64: "", signatureBase64: "" }],
  ["that is not canonical", { ...signed, signature: "AQJ=", signatureB64: "AQJ=", signatureBase64: "AQJ=" }],
  ["without an attestation", { ...signed, attestation: null }],
  ["without a document", { ...signed, attestation: { ...attestation, docB64: undefined } }],
  ["with another verdict", { ...signed, attestation: { ...attestation, verdict: "ok" } }],
  ["of an algorithm that is not known", { ...signed, algorithm: "none" }],
  ["under a key that is none", { ...signed, keyId: "release" }],
  ["that is a dry run", { dryRun: true, wouldSign: true, keyId: KEY, algorithm: "mldsa65+ed25519", signatureFormat: "composite", payloadSize: 11,
    payloadSha256: signed.payloadSha256, attestation: { policyId: null, policyVersion: null, enforce: false, expected: "absent" }, refusals: [] }],
];

for (const [name, answer] of ANSWERS) {
  test(`sign: refused is a signature ${name}`, async () => {
    await assert.rejects(ask({ keyId: KEY, payload }, data(answer)).done, MalformedAnswerError);
  });
}

test("sign: a dry run is one", async () => {
  const { s, done } = ask({ keyId: KEY, payload, dryRun: true }, data(ANSWERS.at(-1)?.[1]));
  assert.ok("dryRun" in (await done));
  assert.deepEqual(s.sent[0]?.body, { keyId: KEY, payload: payload.toString("base64"), dryRun: true });
  await assert.rejects(ask({ keyId: KEY, payload, dryRun: true }, data(signed)).done, MalformedAnswerError);
});

const large = new Uint8Array(MAX_PAYLOAD_BYTES + 1).fill(7);
const preHashed = (alg: string, value: Buffer) =>
  data({ ...common, signatureB64: "AQI=", signatureBase64: "AQI=", payloadSize: large.length, payloadPreHash: `${alg}:${value.toString("hex")}` });

test("sign: a large payload goes as the pre-hash of its key", async () => {
  const { s, done } = ask({ keyId: KEY, payload: large }, data(detail("mldsa65+ed25519")), preHashed("sha512", sha(large, "sha512")));
  await done;
  assert.deepEqual(s.sent[1]?.body, { keyId: KEY, preHash: { alg: "sha512", value: sha(large, "sha512").toString("base64") }, payloadSize: large.length });
});

test("sign: the key of a large payload may be named", async () => {
  const old = key("mldsa44", { status: "superseded" });
  const { s, done } = ask({ keyId: "release", payload: large }, page([old], "c"), page([key("mldsa44+ecdsa-p256")], null), preHashed("sha256", sha(large)));
  await done;
  assert.deepEqual(s.sent.map((r) => r.url.pathname), ["/v1/hybrid-keys", "/v1/hybrid-keys", "/v1/sign"]);
  await assert.rejects(ask({ keyId: "release", payload: large }, page([old], null)).done, { code: "BAD_FIELD" });
});

test("sign: a large payload of a key that takes no pre-hash", async () => {
  const { s, done } = ask({ keyId: KEY, payload: large }, data(detail("mldsa65")));
  await assert.rejects(done, { code: "PREHASH_NOT_OFFERED" });
  assert.equal(s.sent.length, 1);
});

test("sign: 512 KiB are not large", async () => {
  const limit = new Uint8Array(MAX_PAYLOAD_BYTES);
  const { s, done } = ask({ keyId: KEY, payload: limit }, data({ ...signed, payloadSha256: `sha256:${sha(limit).toString("hex")}` }));
  await done;
  assert.equal(s.sent.length, 1);
});

test("preHash: by algorithm, of bytes and of streams", async () => {
  const names: readonly (readonly [Algorithm, string, Buffer])[] = [
    ["mldsa44+ed25519", "sha512", sha(payload, "sha512")],
    ["mldsa44+ecdsa-p256", "sha256", sha(payload)],
    ["mldsa87+ecdsa-p384", "sha512", sha(payload, "sha512")],
    ["mldsa87+ed448", "shake256", createHash("shake256", { outputLength: 64 }).update(payload).digest()],
  ];
  async function* pieces() {
    yield payload.subarray(0, 3);
    yield payload.subarray(3);
  }
  for (const [algorithm, alg, value] of names) {
    for (const source of [payload, "hello vault", pieces()])
      assert.deepEqual(await preHash(algorithm, source), { preHash: { alg, value: value.toString("base64") }, payloadSize: 11 });
  }
  for (const algorithm of ["mldsa44", "mldsa65", "mldsa87", "toString", "none"] as Algorithm[])
    await assert.rejects(preHash(algorithm, payload), { code: "PREHASH_NOT_OFFERED" });
});

const batch = (inputs: SignInput[], ...replies: Reply[]) => signBatch(transport(service(...replies)).transport, inputs, {});
const good = { index: 0, ok: true, data: { ...common, payloadSha256: signed.payloadSha256 } };
const refusedItem = { index: 1, ok: false, error: "No such thing.", code: "NOT_FOUND", details: {} };
const two: SignInput[] = [{ keyId: KEY, payload }, { keyId: "none", payload }];

test("signBatch: each item has its result or its error", async () => {
  const result = await batch(two, data({ signed: 1, refused: 1, items: [good, refusedItem] }));
  assert.deepEqual(result.items.map((item) => item.ok), [true, false]);
});

const BATCHES: readonly (readonly [string, object])[] = [
  ["an item missing", { signed: 1, refused: 0, items: [good] }],
  ["an item too many", { signed: 2, refused: 1, items: [good, refusedItem, { ...good, index: 2 }] }],
  ["another order", { signed: 1, refused: 1, items: [refusedItem, good] }],
  ["an item twice", { signed: 2, refused: 0, items: [good, good] }],
  ["a signature of another payload", { signed: 1, refused: 1, items: [{ ...good, data: { ...good.data, payloadSha256: `sha256:${"1".repeat(64)}` } }, refusedItem] }],
  ["wrong counts", { signed: 2, refused: 0, items: [good, refusedItem] }],
  ["a success with an error's members", { signed: 1, refused: 1, items: [{ ...refusedItem, index: 0, ok: true }, refusedItem] }],
];

for (const [name, answer] of BATCHES) {
  test(`signBatch: refused is an answer with ${name}`, async () => {
    await assert.rejects(batch(two, data(answer)), MalformedAnswerError);
  });
}

test("signBatch: 1 to 1,000", async () => {
  await assert.rejects(batch([]), { code: "BAD_FIELD" });
  await assert.rejects(batch(Array.from({ length: 1001 }, () => ({ keyId: KEY, payload }))), { code: "BAD_FIELD" });
});

const check = (input: VerifyInput, ...replies: Reply[]) => {
  const s = service(...replies);
  return { s, done: verify(transport(s).transport, input, {}) };
};
const verdict = { ok: true, algorithm: "mldsa65+ed25519", classicalOk: true, pqOk: true, recorded: true };

test("verify: the signature under each of its names", async () => {
  for (const form of [{ signature: "AQI=" }, { signatureB64: "AQI=" }, { signatureBase64: "AQI=" }, { signature: Uint8Array.of(1, 2) }, signed]) {
    const { signature, signatureB64, signatureBase64 } = form as VerifyInput;
    const { s, done } = check({ keyId: KEY, payload, signature, signatureB64, signatureBase64 }, data(verdict));
    assert.equal((await done).ok, true);
    assert.deepEqual(s.sent[0]?.body, { keyId: KEY, payload: payload.toString("base64"), signature: "AQI=" });
  }
});

const VERIFY_INPUTS: readonly (readonly [string, VerifyInput])[] = [
  ["no key", { payload, signature: "AQI=" }],
  ["two keys", { keyId: KEY, publicKey: "{}", payload, signature: "AQI=" }],
  ["no signature", { keyId: KEY, payload }],
  ["an empty signature", { keyId: KEY, payload, signature: "" }],
  ["two signatures", { keyId: KEY, payload, signature: "AQI=", signatureB64: "AQM=" }],
  ["a signature that is no base64", { keyId: KEY, payload, signature: "{}" }],
  ["no payload", { keyId: KEY, signature: "AQI=" }],
];

for (const [name, input] of VERIFY_INPUTS) {
  test(`verify: nothing is sent with ${name}`, async () => {
    const { s, done } = check(input);
    await assert.rejects(done, { code: "BAD_FIELD" });
    assert.equal(s.sent.length, 0);
  });
}

test("verify: a large payload under a key that is only in hand is not the service's", async () => {
  await assert.rejects(check({ publicKey: "{}", payload: large, signature: "AQI=" }).done, { code: "PAYLOAD_TOO_LARGE" });
});

for (const change of [{ ok: true, pqOk: false }, { ok: true, classicalOk: false }, { ok: false }, { ok: "true" }, { ok: 1 }, { pqOk: undefined }, { ok: null }]) {
  test(`verify: refused is an answer with ${JSON.stringify(change)}`, async () => {
    await assert.rejects(check({ keyId: KEY, payload, signature: "AQI=" }, data({ ...verdict, ...change })).done, MalformedAnswerError);
  });
}

test("verify: a half that fails", async () => {
  const { done } = check({ publicKey: "{}", payload, signature: "AQI=" }, data({ ...verdict, ok: false, pqOk: false }));
  assert.equal((await done).ok, false);
});
