// SPDX-License-Identifier: Apache-2.0
//
// Every part of the client against a service that runs: what it says is looked at, and what it refuses.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";

import { ApiError, Countersign, preHash, verifyAttestationDoc, verifyBundle, verifySignature } from "@countersign/sdk/development";

const { COUNTERSIGN_API_KEY: apiKey, PUBLISHABLE_KEY, IMAGE_HASH, ROOT_PUBLIC_KEY } = process.env;
const client = new Countersign({ apiKey });
const refused = (promise, code, status) => assert.rejects(promise, (error) => {
  assert.ok(error instanceof ApiError, String(error));
  assert.deepEqual([error.code, error.status], [code, status]);
  assert.match(error.requestId, /^[0-9a-f]{32}$/);
  assert.ok(!JSON.stringify(error).includes(apiKey));
  return true;
});

async function operations() {
  assert.equal((await client.health()).status, "ok");
  assert.equal((await client.live()).status, "ok");
  assert.deepEqual(Object.keys((await client.ready({ verbose: true })).checks).sort(), ["agent", "db", "enclave", "kms", "ledger"]);
  assert.equal((await client.enclave()).imageHash, IMAGE_HASH);
  assert.equal((await client.stats()).keys.revoked, 0);
}

async function policies() {
  const matchRules = { allowedImageHashes: [IMAGE_HASH], rootPublicKeyB64: ROOT_PUBLIC_KEY };
  const policy = await client.attestationPolicies.create({ name: "tour", vendor: "mock", matchRules, metadata: { ticket: 7 } });
  assert.equal((await client.attestationPolicies.update(policy.id, { maxDocAgeSeconds: 120 })).version, 2);
  assert.equal((await client.attestationPolicies.get(policy.id, { version: 1 })).maxDocAgeSeconds, 300);
  assert.ok((await client.attestationPolicies.list({ vendor: "mock" }).toArray()).some((p) => p.id === policy.id));
  await refused(client.attestationPolicies.create({ name: "tour", vendor: "mock", matchRules: { ...matchRules, allowedImageHashes: [] } }), "POLICY_ALLOWLIST_EMPTY", 400);
  const vault = await client.policies.create({ name: "two halves", action: "warn", rule: { requireHybrid: true } });
  assert.equal((await client.policies.update(vault.id, { enabled: false })).enabled, false);
  assert.equal((await client.policies.list()).data.length, 1);
  assert.equal((await client.policies.delete(vault.id)).id, vault.id);
  await refused(client.policies.get(vault.id), "NOT_FOUND", 404);
  return client.attestationPolicies.get(policy.id);
}

async function signing(policy) {
  const key = await client.hybridKeys.create({ name: "tour", algorithm: "mldsa87+ed448", pqProvider: "enclave-mock", attestationPolicyId: policy.id });
  const nonce = randomBytes(16);
  const large = randomBytes((512 << 10) + 1);
  for (const payload of [randomBytes(100), large]) {
    const signed = await client.sign({ keyId: key.id, payload, nonce, metadata: { job: 7 } });
    assert.ok((await client.verify({ keyId: "tour", payload, ...signatureOf(signed) })).ok);
    assert.ok((await verifySignature({ publicKey: key.publicKey, payload, signature: signed.signature })).ok);
    const verdict = await verifyAttestationDoc({ docB64: signed.attestation.docB64, payload, signatureB64: signed.signatureB64, policy, nonce });
    assert.ok(verdict.ok, verdict.reason);
    const other = await verifyAttestationDoc({ docB64: signed.attestation.docB64, payload: "x", signatureB64: signed.signatureB64, policy });
    assert.equal(other.ok, false);
    assert.equal((await client.signatures.get(signed.signatureId)).signature, signed.signature);
    assert.equal(JSON.parse(await client.signatures.bundle(signed.signatureId)).signatureId, signed.signatureId);
  }
  async function* pieces() {
    for (let at = 0; at < large.length; at += 65536) yield large.subarray(at, at + 65536);
  }
  assert.match((await client.sign({ keyId: key.id, ...(await preHash(key.algorithm, pieces())) })).payloadPreHash, /^shake256:[0-9a-f]{128}$/);
  assert.equal((await client.sign({ keyId: key.id, payload: "x", dryRun: true })).wouldSign, true);
  const batch = await client.signBatch([{ keyId: key.id, payload: "a" }, { keyId: "nobody", payload: "b" }]);
  assert.deepEqual([batch.signed, batch.items[1].code], [1, "NOT_FOUND"]);
  assert.equal((await client.attestationPolicies.signatures(policy.id).toArray()).length, 4);
  assert.equal((await client.signatures.list({ keyId: key.id, verdict: "fail" })).data.length, 0);
  return key;
}

const signatureOf = ({ signature, signatureB64, signatureBase64 }) => ({ signature, signatureB64, signatureBase64 });

async function idempotency(key) {
  const call = () => client.sign({ keyId: key.id, payload: "once" }, { idempotencyKey: "tour-1" });
  assert.equal((await call()).signature, (await call()).signature);
  await refused(client.sign({ keyId: key.id, payload: "other" }, { idempotencyKey: "tour-1" }), "IDEMPOTENCY_MISMATCH", 409);
}

async function keys(key) {
  const successor = await client.hybridKeys.rotate(key.id);
  assert.equal(successor.lineage.length, 1);
  assert.equal((await client.hybridKeys.suspend(successor.id)).status, "suspended");
  await refused(client.sign({ keyId: successor.id, payload: "x" }), "KEY_NOT_ACTIVE", 409);
  assert.equal((await client.hybridKeys.resume(successor.id)).status, "active");
  const all = [];
  for await (const each of client.hybridKeys.list({ limit: 1 })) all.push(each.id);
  assert.deepEqual(all.slice(0, 2), [successor.id, key.id]);
  assert.ok((await client.hybridKeys.audit(key.id, { limit: 2 }).toArray()).some((entry) => entry.operation === "rotate"));
  assert.equal((await client.hybridKeys.revoke(successor.id)).id, successor.id);
}

async function ledger() {
  const before = (await client.ledger.entries({ limit: 1 })).data[0];
  const controller = new AbortController();
  const seen = [];
  const follow = (async () => {
    for await (const entry of client.ledger.stream({ after: before, signal: controller.signal })) {
      if (seen.push(entry.eventType) === 3) return;
    }
  })();
  for (const name of ["one", "two", "three"]) await client.ledger.append({ name });
  await follow;
  controller.abort();
  const [entry] = await client.ledger.entries({ since: String(before.seq + 1) }).toArray(1);
  assert.equal(entry.seq, before.seq + 1);
  await refused(client.ledger.proof(`ent_${"0".repeat(26)}`), "NOT_FOUND", 404);
  const sealed = await client.ledger.seal();
  assert.ok(sealed.fresh && sealed.treeSize > entry.seq);
  assert.equal((await client.ledger.proof(entry.id)).leafIndex, entry.seq);
  assert.equal((await client.ledger.latestCheckpoint()).treeSize, sealed.treeSize);
  assert.ok((await client.ledger.checkpoints()).data.length > 0);
  assert.equal((await client.ledger.consistency({ from: 1, to: sealed.treeSize })).to, sealed.treeSize);
  const whole = await client.ledger.bundle();
  assert.deepEqual(whole.entries.map((e) => e.seq), whole.entries.map((_, i) => i));
  await client.vaultSettings.put({ publishLedger: true });
  assert.equal((await client.vaultSettings.get()).publishLedger, true);
  assert.match(await client.ledger.publishedCheckpoint(whole.org), new RegExp(`^${whole.origin}\n`));
  assert.equal((await client.ledger.tile({ org: whole.org, level: 0, n: 0, width: sealed.treeSize })).length, 32 * sealed.treeSize);
  assert.equal((await client.vaultSettings.test()).ok, true);
  assert.equal((await client.vaultSettings.clear()).cleared, true);
}

async function access(key) {
  const minted = await client.apiKeys.create({ name: "tour", type: "secret", environment: "live", scopes: ["sign"] });
  await refused(new Countersign({ apiKey: minted.apiKey }).hybridKeys.list().then((page) => page), "FORBIDDEN", 403);
  const rotated = await client.apiKeys.rotate(minted.id, { overlapSeconds: 0 });
  await refused(new Countersign({ apiKey: minted.apiKey }).sign({ keyId: key.id, payload: "x" }), "UNAUTHENTICATED", 401);
  await client.apiKeys.revoke(rotated.id);
  assert.notEqual((await client.apiKeys.get(rotated.id)).revokedAt, null);
  assert.ok((await client.apiKeys.list().toArray()).length >= 3);
  await refused(new Countersign({ apiKey: PUBLISHABLE_KEY }).sign({ keyId: key.id, payload: "x" }), "FORBIDDEN", 403);
  assert.match((await new Countersign({}).session.begin(apiKey)).csrfToken, /^[\w-]{43}$/);
  await refused(new Countersign({}).session.end(), "UNAUTHENTICATED", 401);
}

const hex = (bytes) => `0x${Buffer.from(bytes).toString("hex")}`;

/** What a wallet's "sign message" gives (EIP-191), and the ML-DSA half under a key that the service knows. */
async function makePair(text) {
  const [wallet, owner] = [secp256k1.utils.randomSecretKey(), ml_dsa65.keygen()];
  const { challenge } = await client.hybrid.keys.challenge();
  const proof = hex(ml_dsa65.sign(Buffer.from(challenge.slice(2), "hex"), owner.secretKey));
  const publicKey = hex(owner.publicKey);
  const key = await client.hybrid.keys.register({ publicKey, algorithm: "ml-dsa-65", chain: "ethereum", challenge, proof });
  const message = Buffer.from(text);
  const digest = keccak_256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`), message]));
  const ecdsaSignature = hex(secp256k1.sign(digest, wallet, { prehash: false, format: "der" }));
  const ecdsaPublicKey = hex(secp256k1.getPublicKey(wallet, false));
  const pqcSignature = hex(ml_dsa65.sign(message, owner.secretKey));
  const address = Buffer.from(keccak_256(secp256k1.getPublicKey(wallet, false).subarray(1))).subarray(12).toString("hex");
  const pair = { message: hex(message), ecdsaSignature, ecdsaPublicKey, pqcSignature, pqcPublicKey: publicKey, algorithm: "ml-dsa-65", chain: "ethereum" };
  return { key, pair, address };
}

/** A pair that is good: attested, countersigned, verified again by the service and offline. */
async function attestation(policy) {
  const countersigner = await client.hybridKeys.create({ name: "countersigner", purpose: "hybrid", pqProvider: "enclave-mock", attestationPolicyId: policy.id });
  const { key, pair, address } = await makePair("Hello World");
  const made = await client.hybrid.sign({ ...pair, metadata: { txHash: "0xabc" } });
  assert.deepEqual([made.status, made.ecdsaScheme, made.pqcKeyId, made.signerAddress.toLowerCase()], ["verified", "eip191", key.id, `0x${address}`]);
  assert.match(made.countersignatureId, /^sig_/);
  for (const again of [{ attestationId: made.id }, pair]) {
    const said = await client.hybrid.verify(again);
    assert.deepEqual([said.valid, said.ecdsaValid, said.pqcValid], [true, true, true]);
  }
  const halves = await client.hybrid.verify({ ...pair, message: "0x00" });
  assert.deepEqual([halves.valid, halves.ecdsaValid, halves.pqcValid], [false, false, false]);
  await refused(client.hybrid.sign({ ...pair, message: "0x00" }), "PQC_004", 422);
  const { record } = await client.hybrid.attestations.get(made.id);
  assert.equal((await client.hybrid.attestations.list()).data[0].id, made.id);
  await client.ledger.seal();
  const bundle = await client.hybrid.attestations.bundle(made.id);
  const ledgerKeys = (await client.ledger.bundle()).signingKeys.map((signer) => signer.vkey);
  const options = { bundle, policy, ledgerKeys, keyId: countersigner.id, payload: `countersign/hybrid/v1\n${record}` };
  assert.equal((await verifyBundle({ ...options, purpose: "hybrid" })).reason, "OK");
  assert.equal((await verifyBundle(options)).reason, "ATT_PURPOSE_MISMATCH");
  assert.equal((await verifyBundle({ ...options, purpose: "hybrid", payload: record })).reason, "BUNDLE_PAYLOAD");
  await client.hybridKeys.revoke(countersigner.id);
}

async function hybrid() {
  const generated = await client.hybrid.keys.generate({ algorithm: "ml-dsa-44", label: "tour", format: "seed" });
  assert.match(generated.privateKey, /^0x[0-9a-f]{64}$/);
  assert.match((await client.hybrid.keys.challenge()).challenge, /^0x/);
  assert.equal((await client.hybrid.keys.list()).data[0].id, generated.id);
  const pair = { message: "0x00", ecdsaSignature: "0x00", ecdsaPublicKey: "0x00", pqcSignature: "0x00", pqcPublicKey: generated.publicKey, algorithm: "ml-dsa-44" };
  await assert.rejects(client.hybrid.sign(pair), (error) => error instanceof ApiError && /^PQC_00[24]$/.test(error.code));
  await refused(client.hybrid.sign({ ...pair, algorithm: "rsa" }), "PQC_001", 400);
  await refused(client.hybrid.verify({ attestationId: `att_${"0".repeat(26)}` }), "GEN_001", 404);
  await refused(new Countersign({ apiKey: PUBLISHABLE_KEY }).hybrid.attestations.list().then((page) => page), "AUTH_003", 403);
  assert.equal((await client.hybrid.keys.revoke(generated.id)).id, generated.id);
  assert.equal((await client.hybrid.keys.get(generated.id)).status, "revoked");
}

/** Without a KMS no key is born; what went wrong is told by one of three words. */
async function pqSigner() {
  const strict = new Countersign({ apiKey, maxRetries: 0 });
  await refused(strict.pqSigner.sign({ userId: "nobody", message: "m" }), "signing-failed", 403);
  await refused(strict.pqSigner.sign({ userId: "nobody", message: new Uint8Array(65) }), "malformed-request", 400);
  await refused(strict.pqSigner.generateKey({ userId: "somebody" }), "internal-error", 503);
  await refused(new Countersign({ apiKey: PUBLISHABLE_KEY, maxRetries: 0 }).pqSigner.generateKey(), "signing-failed", 403);
}

await operations();
const policy = await policies();
const key = await signing(policy);
await idempotency(key);
await keys(key);
await ledger();
await access(key);
await hybrid();
await attestation(policy);
await pqSigner();
await client.hybridKeys.revoke(key.id);
await client.attestationPolicies.delete(policy.id);
console.log("ok");
