// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parse } from "yaml";

import { Countersign } from "../src/client.js";
import { MalformedAnswerError } from "../src/errors.js";
import type { RouteId } from "../src/http.js";
import { routes, shapes } from "../src/routes.gen.js";
import type { Shape } from "../src/shape.js";
import type { NewAttestationPolicy } from "../src/types.js";
import { API_KEY, BASE, reply, service } from "./fake.js";

/** A value of a shape: what the contract promises, for routes whose own example is shortened for reading. */
function sample(shape: Shape): unknown {
  if (shape.ref !== undefined) return sample(shapes[shape.ref] as Shape);
  if (shape.const !== undefined) return shape.const;
  if (shape.enum !== undefined) return shape.enum[0];
  const type = typeof shape.type === "string" ? shape.type : shape.type?.[0];
  if (type === undefined && shape.anyOf !== undefined) return sample(shape.anyOf[0] as Shape);
  if (type === "null") return null;
  if (type === "array") return shape.minItems === undefined ? [] : [sample(shape.items as Shape)];
  if (type === "object") {
    const needed = [...(shape.required ?? []), ...(shape.anyOf?.[0]?.required ?? [])];
    return Object.fromEntries(needed.map((name) => [name, sample(shape.properties?.[name] ?? {})]));
  }
  return type === "boolean" ? true : type === "integer" ? 1 : text(shape.pattern);
}

function text(pattern: string | undefined): string {
  const id = /^\^(\w+_)\[0-9a-hjkmnp-tv-z\]\{26\}\$$/.exec(pattern ?? "")?.[1];
  const texts = [`${id}${"0".repeat(26)}`, "2026-01-15T10:30:00.000Z", `sha256:${"0".repeat(64)}`, "0".repeat(64), "00000000", "0".repeat(32),
    `cs_sec_test_${"0".repeat(49)}`, `0x${"0".repeat(40)}`, "AAAA", ""];
  return texts.find((candidate) => new RegExp(pattern ?? "", "u").test(candidate)) ?? assert.fail(`no text for ${pattern}`);
}

function answerOf(id: RouteId): Response {
  const route = routes[id] as { kind: string; type: string; status: number; shape?: Shape; pages?: true };
  if (route.kind === "bytes" || route.kind === "text") return new Response("x", { headers: { "Content-Type": route.type } });
  const inside = sample(route.shape ?? {});
  const pagination = route.pages === true ? { pagination: { limit: 50, nextCursor: null } } : {};
  const body = {
    vault: { success: true, data: inside, ...pagination },
    hybrid: { data: inside, meta: { requestId: "r", timestamp: "2026-01-15T10:30:00.000Z" }, ...pagination },
  }[route.kind] ?? inside;
  return reply(route.status, body, { "Content-Type": route.type });
}

const id = "x1";
const matchRules = { allowedImageHashes: ["0"], rootPublicKeyB64: "AA==" };
const attestationPolicy: NewAttestationPolicy = { name: "p", vendor: "mock", matchRules };
const rule = { requireHybrid: true } as const;
const pair = { message: "0x", ecdsaSignature: "0x", ecdsaPublicKey: "0x", pqcSignature: "0x", pqcPublicKey: "0x", algorithm: "ml-dsa-65" };
const path = (suffix: string) => `/v1/${suffix}`;

type Row = readonly [RouteId, string, string, unknown, (c: Countersign) => PromiseLike<unknown>];
const ROWS: readonly Row[] = [
  ["health", "GET", "/health", undefined, (c) => c.health()],
  ["livez", "GET", "/livez", undefined, (c) => c.live()],
  ["readyz", "GET", "/readyz?verbose=true", undefined, (c) => c.ready({ verbose: true })],
  ["getEnclave", "GET", path("enclave"), undefined, (c) => c.enclave()],
  ["getStats", "GET", path("stats"), undefined, (c) => c.stats()],
  ["createAttestationPolicy", "POST", path("attestation-policies"), attestationPolicy, (c) => c.attestationPolicies.create(attestationPolicy)],
  ["listAttestationPolicies", "GET", path("attestation-policies?vendor=mock&limit=2"), undefined, (c) => c.attestationPolicies.list({ vendor: "mock", limit: 2 })],
  ["getAttestationPolicy", "GET", path("attestation-policies/x1?version=2"), undefined, (c) => c.attestationPolicies.get(id, { version: 2 })],
  ["updateAttestationPolicy", "PATCH", path("attestation-policies/x1"), { enforce: false }, (c) => c.attestationPolicies.update(id, { enforce: false })],
  ["deleteAttestationPolicy", "DELETE", path("attestation-policies/x1"), undefined, (c) => c.attestationPolicies.delete(id)],
  ["listSignaturesOfPolicy", "GET", path("attestation-policies/x1/signatures"), undefined, (c) => c.attestationPolicies.signatures(id)],
  ["createKey", "POST", path("hybrid-keys"), { name: "k" }, (c) => c.hybridKeys.create({ name: "k" })],
  ["listKeys", "GET", path("hybrid-keys?includeRevoked=true"), undefined, (c) => c.hybridKeys.list({ includeRevoked: true })],
  ["getKey", "GET", path("hybrid-keys/x1"), undefined, (c) => c.hybridKeys.get(id)],
  ["revokeKey", "DELETE", path("hybrid-keys/x1"), undefined, (c) => c.hybridKeys.revoke(id)],
  ["rotateKey", "POST", path("hybrid-keys/x1/rotate"), { name: "n" }, (c) => c.hybridKeys.rotate(id, { name: "n" })],
  ["suspendKey", "POST", path("hybrid-keys/x1/suspend"), undefined, (c) => c.hybridKeys.suspend(id)],
  ["resumeKey", "POST", path("hybrid-keys/x1/resume"), undefined, (c) => c.hybridKeys.resume(id)],
  ["auditKey", "GET", path("hybrid-keys/x1/audit?cursor=c"), undefined, (c) => c.hybridKeys.audit(id, { cursor: "c" })],
  ["listSignatures", "GET", path("signatures?verdict=fail"), undefined, (c) => c.signatures.list({ verdict: "fail" })],
  ["getSignature", "GET", path("signatures/x1"), undefined, (c) => c.signatures.get(id)],
  ["getBundle", "GET", path("signatures/x1/bundle"), undefined, (c) => c.signatures.bundle(id)],
  ["createVaultPolicy", "POST", path("policies"), { name: "p", rule }, (c) => c.policies.create({ name: "p", rule })],
  ["listVaultPolicies", "GET", path("policies"), undefined, (c) => c.policies.list()],
  ["getVaultPolicy", "GET", path("policies/x1"), undefined, (c) => c.policies.get(id)],
  ["updateVaultPolicy", "PATCH", path("policies/x1"), { enabled: false }, (c) => c.policies.update(id, { enabled: false })],
  ["deleteVaultPolicy", "DELETE", path("policies/x1"), undefined, (c) => c.policies.delete(id)],
  ["getSettings", "GET", path("vault/settings"), undefined, (c) => c.vaultSettings.get()],
  ["putSettings", "PUT", path("vault/settings"), { defaultKekProvider: "env" }, (c) => c.vaultSettings.put({ defaultKekProvider: "env" })],
  ["clearSettings", "DELETE", path("vault/settings"), undefined, (c) => c.vaultSettings.clear()],
  ["testSettings", "POST", path("vault/settings/test"), undefined, (c) => c.vaultSettings.test()],
  ["listEntries", "GET", path("ledger/entries?since=5"), undefined, (c) => c.ledger.entries({ since: "5" })],
  ["createEntry", "POST", path("ledger/entries"), { name: "n" }, (c) => c.ledger.append({ name: "n" })],
  ["sealLedger", "POST", path("ledger/seal"), undefined, (c) => c.ledger.seal()],
  ["listCheckpoints", "GET", path("ledger/checkpoints"), undefined, (c) => c.ledger.checkpoints()],
  ["latestCheckpoint", "GET", path("ledger/checkpoints/latest"), undefined, (c) => c.ledger.latestCheckpoint()],
  ["proveInclusion", "GET", path("ledger/proof/x1"), undefined, (c) => c.ledger.proof(id)],
  ["proveConsistency", "GET", path("ledger/consistency?from=1&to=2"), undefined, (c) => c.ledger.consistency({ from: 1, to: 2 })],
  ["getPqSignerRecord", "GET", path("pq-signer/record?userId=wallet+1"), undefined, (c) => c.pqSigner.record("wallet 1")],
  ["getLedgerBundle", "GET", path("ledger/bundle?limit=200"), undefined, (c) => c.ledger.bundle()],
  ["tileCheckpoint", "GET", "/ledger/org/checkpoint", undefined, (c) => c.ledger.publishedCheckpoint("org")],
  ["tile", "GET", "/ledger/org/tile/0/x001/234", undefined, (c) => c.ledger.tile({ org: "org", level: 0, n: 1234 })],
  ["partialTile", "GET", "/ledger/org/tile/entries/007.p/9", undefined, (c) => c.ledger.tile({ org: "org", level: "entries", n: 7, width: 9 })],
  ["createApiKey", "POST", path("api-keys"), { name: "a", type: "secret", environment: "test", scopes: ["sign"] },
    (c) => c.apiKeys.create({ name: "a", type: "secret", environment: "test", scopes: ["sign"] })],
  ["listApiKeys", "GET", path("api-keys"), undefined, (c) => c.apiKeys.list()],
  ["getApiKey", "GET", path("api-keys/x1"), undefined, (c) => c.apiKeys.get(id)],
  ["revokeApiKey", "DELETE", path("api-keys/x1"), undefined, (c) => c.apiKeys.revoke(id)],
  ["rotateApiKey", "POST", path("api-keys/x1/rotate"), { overlapSeconds: 0 }, (c) => c.apiKeys.rotate(id, { overlapSeconds: 0 })],
  ["beginSession", "POST", path("session"), { apiKey: API_KEY }, (c) => c.session.begin(API_KEY)],
  ["getSession", "GET", path("session"), undefined, (c) => c.session.get()],
  ["endSession", "DELETE", path("session"), undefined, (c) => c.session.end()],
  ["signHybrid", "POST", path("sign/hybrid"), pair, (c) => c.hybrid.sign(pair)],
  ["verifyHybrid", "POST", path("verify"), pair, (c) => c.hybrid.verify(pair)],
  ["createChallenge", "POST", path("keys/challenge"), undefined, (c) => c.hybrid.keys.challenge()],
  ["registerKey", "POST", path("keys/register"), { publicKey: "0x", algorithm: "ml-dsa-65", proof: "0x" },
    (c) => c.hybrid.keys.register({ publicKey: "0x", algorithm: "ml-dsa-65", proof: "0x" })],
  ["generateKey", "POST", path("keys/generate"), { algorithm: "ml-dsa-44" }, (c) => c.hybrid.keys.generate({ algorithm: "ml-dsa-44" })],
  ["listRegisteredKeys", "GET", path("keys?chain=bitcoin"), undefined, (c) => c.hybrid.keys.list({ chain: "bitcoin" })],
  ["getRegisteredKey", "GET", path("keys/x1"), undefined, (c) => c.hybrid.keys.get(id)],
  ["revokeRegisteredKey", "DELETE", path("keys/x1"), undefined, (c) => c.hybrid.keys.revoke(id)],
  ["listAttestations", "GET", path("attestations"), undefined, (c) => c.hybrid.attestations.list()],
  ["getAttestation", "GET", path("attestations/x1"), undefined, (c) => c.hybrid.attestations.get(id)],
  ["getAttestationBundle", "GET", path("attestations/x1/bundle"), undefined, (c) => c.hybrid.attestations.bundle(id)],
];
// With tests of their own, for what they compare.
const ELSEWHERE: readonly RouteId[] = ["sign", "signBatch", "verify", "streamEntries", "pqSigner"];

const client = (s: ReturnType<typeof service>) => new Countersign({ apiKey: API_KEY, baseUrl: BASE, fetch: s.fetch, maxRetries: 0 });

for (const [route, method, where, body, call] of ROWS) {
  test(`client: ${route}`, async () => {
    const s = service(answerOf(route));
    assert.notEqual(await call(client(s)), undefined);
    const [sent] = s.sent;
    assert.deepEqual([sent?.method, `${sent?.url.pathname}${sent?.url.search}`, sent?.body], [method, where, body]);
    assert.equal(sent?.headers["Idempotency-Key"] !== undefined, method === "POST");
    assert.equal(sent?.headers["Content-Type"], body === undefined ? undefined : "application/json");
  });
}

test("client: every operation of the contract has its call", async () => {
  const source = process.env["CS_SOURCE"] ?? "../..";
  const document = parse(await readFile(`${source}/protocol/openapi.yaml`, "utf8")) as
    { paths: Record<string, Record<string, { operationId?: string }>> };
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item).flatMap((o) => o.operationId ?? []));
  const called = new Set<string>([...ROWS.map(([route]) => route), ...ELSEWHERE]);
  assert.deepEqual(operations.filter((name) => !called.has(name)), []);
  assert.deepEqual(Object.keys(routes).filter((name) => !called.has(name)), []);
  assert.ok(operations.length > 60);
});

test("client: shapes are looked at on every route that has one", async () => {
  for (const [route, , , , call] of ROWS) {
    const row = routes[route] as { kind: string; type: string; status: number };
    if (row.kind === "bytes" || row.kind === "text") continue;
    const wrong = { success: true, data: 7, meta: { requestId: "r" }, pagination: { limit: 1, nextCursor: null } };
    await assert.rejects(Promise.resolve(call(client(service(reply(row.status, wrong, { "Content-Type": row.type }))))), MalformedAnswerError, route);
  }
});

test("client: the names that published programs call", async () => {
  const signed = { signature: "AQI=", signatureB64: "AQI=", signatureBase64: "AQI=" };
  const base = sample({ ref: "SignResult" }) as object;
  const hello = { keyId: "key_01h", payloadBase64: Buffer.from("hello vault").toString("base64") };
  const digest = "sha256:7c9a4c8da4a1ba02bf8a7b21a4ff6d5a9ff5eba0b9cdd5f1d1c37a5b0a0c4a1e";
  await assert.rejects(client(service(reply(200, { success: true, data: { ...base, ...signed, payloadSha256: digest } }))).hybridSign(hello), MalformedAnswerError);
  const verdict = { ok: false, algorithm: "mldsa65+ed25519", classicalOk: true, pqOk: false, recorded: true };
  const s = service(reply(200, { success: true, data: verdict }));
  assert.equal((await client(s).hybridVerify({ ...hello, signatureBase64: signed.signatureBase64 })).ok, false);
  assert.deepEqual(s.sent[0]?.body, { keyId: "key_01h", payload: hello.payloadBase64, signature: "AQI=" });
});

test("client: a pair is valid only with both of its halves", async () => {
  const said = { ...(sample({ ref: "HybridVerifyResult" }) as object), valid: true, pqcValid: false };
  const body = { data: said, meta: { requestId: "r", timestamp: "2026-01-15T10:30:00.000Z" } };
  await assert.rejects(client(service(reply(200, body))).hybrid.verify(pair), MalformedAnswerError);
});

test("client: the pages of a ledger are put together, and only of one ledger", async () => {
  const part = (origin: string, ids: string[], nextCursor: string | null) => {
    const checkpoints = ids.map((name) => ({ ...(sample({ ref: "Checkpoint" }) as object), id: `cp_${name.repeat(26)}` }));
    const bundle = { ...(sample({ ref: "LedgerBundle" }) as object), origin, checkpoints, entries: [sample({ ref: "Entry" })] };
    return reply(200, { success: true, data: bundle, pagination: { limit: 200, nextCursor } });
  };
  const whole = await client(service(part("a", ["1"], "c"), part("a", ["1", "2"], null))).ledger.bundle();
  assert.deepEqual([whole.entries.length, whole.checkpoints.length], [2, 2]);
  await assert.rejects(client(service(part("a", [], "c"), part("b", [], null))).ledger.bundle(), MalformedAnswerError);
});

test("client: numbers of tiles", async () => {
  for (const n of [-1, 1.5, Number.NaN, 2 ** 53])
    await assert.rejects(client(service()).ledger.tile({ org: "o", level: 0, n }), { code: "BAD_FIELD" });
  const s = service(new Response("x", { headers: { "Content-Type": "application/octet-stream" } }));
  await client(s).ledger.tile({ org: "o/../x", level: 0, n: 1234067 });
  assert.equal(s.sent[0]?.url.pathname, "/ledger/o%2F..%2Fx/tile/0/x001/x234/067");
});
