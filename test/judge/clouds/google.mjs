// SPDX-License-Identifier: Apache-2.0
// Google's SDK for JavaScript drives the development KMS over REST: node google.mjs, with {port, account (path of
// STATE/google.json), other (the same with another key)} on stdin. Writes what is to be judged elsewhere to stdout.
import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes, verify as nodeVerify } from "node:crypto";
import { readFileSync } from "node:fs";
import { KeyManagementServiceClient } from "@google-cloud/kms";

const given = JSON.parse(readFileSync(0, "utf8"));
const client = (keyFilename) => new KeyManagementServiceClient({
  fallback: true, protocol: "http", apiEndpoint: "127.0.0.1", port: given.port, keyFilename });
const kms = client(given.account);
const once = { retry: null, timeout: 20000 };
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
async function refused(code, promise) {
  try {
    await promise;
  } catch (e) {
    const said = e.message.match(/\{.*\}/s);
    assert.ok(said, e.stack);
    assert.equal(JSON.parse(said[0]).error.status, code, e.stack);
    return e;
  }
  return assert.fail(`not refused with ${code}`);
}

// CRC-32C, bit by bit, from its definition.
function crc32c(bytes) {
  let crc = ~0;
  for (const b of bytes) {
    crc ^= b;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
const sum = (bytes) => ({ value: crc32c(bytes) });
assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);

const location = "projects/p-1/locations/global";
const [ring] = await kms.createKeyRing({ parent: location, keyRingId: "ring", keyRing: {} }, once);
assert.equal(ring.name, location + "/keyRings/ring");

const make = async (cryptoKeyId, purpose, algorithm, protectionLevel = "SOFTWARE") => (await kms.createCryptoKey({
  parent: ring.name, cryptoKeyId, cryptoKey: { purpose, versionTemplate: { algorithm, protectionLevel } } }, once))[0];

async function encryption() {
  const key = await make("kek", "ENCRYPT_DECRYPT", "GOOGLE_SYMMETRIC_ENCRYPTION", "HSM");
  assert.equal(key.purpose, "ENCRYPT_DECRYPT");
  assert.equal(key.primary.name, ring.name + "/cryptoKeys/kek/cryptoKeyVersions/1");
  assert.equal(key.primary.state, "ENABLED");
  const plaintext = randomBytes(32), additionalAuthenticatedData = Buffer.from("org and key");
  const aad = { additionalAuthenticatedData, additionalAuthenticatedDataCrc32c: sum(additionalAuthenticatedData) };
  const [sealed] = await kms.encrypt({ name: key.name, plaintext, plaintextCrc32c: sum(plaintext), ...aad }, once);
  assert.equal(sealed.name, key.primary.name);
  assert.equal(sealed.verifiedPlaintextCrc32c, true);
  assert.equal(sealed.verifiedAdditionalAuthenticatedDataCrc32c, true);
  assert.equal(sealed.protectionLevel, "HSM");
  assert.equal(Number(sealed.ciphertextCrc32c.value), crc32c(sealed.ciphertext));
  const ciphertext = sealed.ciphertext;
  const [opened] = await kms.decrypt({ name: key.name, ciphertext, ciphertextCrc32c: sum(ciphertext), ...aad }, once);
  assert.equal(base64(opened.plaintext), base64(plaintext));
  assert.equal(Number(opened.plaintextCrc32c.value), crc32c(plaintext));
  assert.equal(opened.usedPrimary, true);
  await refused("INVALID_ARGUMENT", kms.decrypt({ name: key.name, ciphertext }, once));
  await refused("INVALID_ARGUMENT", kms.decrypt({ name: key.name, ciphertext, additionalAuthenticatedData: Buffer.from("x") }, once));
  const turned = Buffer.from(ciphertext);
  turned[turned.length - 1] ^= 1;
  await refused("INVALID_ARGUMENT", kms.decrypt({ name: key.name, ciphertext: turned, additionalAuthenticatedData }, once));
  const e = await refused("INVALID_ARGUMENT", kms.encrypt({ name: key.name, plaintext, plaintextCrc32c: { value: 1 } }, once));
  assert.match(e.message, /checksum/);
  await refused("INVALID_ARGUMENT", kms.decrypt({ name: key.name, ciphertext, ciphertextCrc32c: { value: 1 }, ...aad }, once));
  await refused("INVALID_ARGUMENT", kms.encrypt({ name: key.name, plaintext: Buffer.alloc(65537) }, once));
  await refused("NOT_FOUND", kms.encrypt({ name: ring.name + "/cryptoKeys/none", plaintext }, once));
  const other = await make("kek-2", "ENCRYPT_DECRYPT");
  await refused("INVALID_ARGUMENT", kms.decrypt({ name: other.name, ciphertext, ...aad }, once));
  await refused("ALREADY_EXISTS", make("kek", "ENCRYPT_DECRYPT"));

  const [second] = await kms.createCryptoKeyVersion({ parent: key.name, cryptoKeyVersion: {} }, once);
  assert.equal(second.name, key.name + "/cryptoKeyVersions/2");
  assert.equal((await kms.encrypt({ name: key.name, plaintext }, once))[0].name, second.name);
  assert.equal((await kms.decrypt({ name: key.name, ciphertext, ...aad }, once))[0].usedPrimary, false);
  const set = (state) => kms.updateCryptoKeyVersion({ cryptoKeyVersion: { name: key.primary.name, state }, updateMask: { paths: ["state"] } }, once);
  assert.equal((await set("DISABLED"))[0].state, "DISABLED");
  await refused("FAILED_PRECONDITION", kms.decrypt({ name: key.name, ciphertext, ...aad }, once));
  assert.equal((await kms.getCryptoKeyVersion({ name: key.primary.name }, once))[0].state, "DISABLED");
  await set("ENABLED");
  assert.equal(base64((await kms.decrypt({ name: key.name, ciphertext, ...aad }, once))[0].plaintext), base64(plaintext));
}

const shake = (bytes) => createHash("shake256", { outputLength: 64 }).update(bytes).digest();
const message = Buffer.from("a message");
// SubjectPublicKeyInfo up to the key, by its length [RFC 9881 §4].
const prefixes = { 1312: "30820532300b06096086480165030403110382052100", 1952: "308207b2300b0609608648016503040312038207a100",
  2592: "30820a32300b060960864801650304031303820a2100" };

async function signing() {
  const out = [];
  for (const algorithm of ["EC_SIGN_P256_SHA256", "EC_SIGN_ED25519", ...["44", "65", "87"].flatMap((n) => [`PQ_SIGN_ML_DSA_${n}`, `PQ_SIGN_ML_DSA_${n}_EXTERNAL_MU`])]) {
    const key = await make(algorithm.toLowerCase(), "ASYMMETRIC_SIGN", algorithm);
    const name = key.name + "/cryptoKeyVersions/1";
    const pq = algorithm.startsWith("PQ"), mu = algorithm.endsWith("MU");
    const [pub] = await kms.getPublicKey({ name, publicKeyFormat: pq ? "NIST_PQC" : undefined }, once);
    assert.equal(pub.name, name);
    assert.equal(pub.algorithm, algorithm);
    assert.equal(Number(pub.publicKey.crc32cChecksum.value), crc32c(pub.publicKey.data));
    if (!pq) assert.equal(Number(pub.pemCrc32c.value), crc32c(Buffer.from(pub.pem)));
    const raw = pub.publicKey.data;
    const bytes = algorithm === "EC_SIGN_P256_SHA256" ? createHash("sha256").update(message).digest()
      : mu ? shake(Buffer.concat([shake(raw), Buffer.from([0, 0]), message])) : message;
    const ask = algorithm === "EC_SIGN_P256_SHA256" ? { digest: { sha256: bytes }, digestCrc32c: sum(bytes) }
      : mu ? { digest: { externalMu: bytes }, digestCrc32c: sum(bytes) } : { data: bytes, dataCrc32c: sum(bytes) };
    const [signed] = await kms.asymmetricSign({ name, ...ask }, once);
    assert.equal(signed.name, name);
    assert.equal(signed.verifiedDigestCrc32c, "digest" in ask);
    assert.equal(signed.verifiedDataCrc32c, "data" in ask);
    assert.equal(Number(signed.signatureCrc32c.value), crc32c(signed.signature));
    if (!pq) {
      const k = createPublicKey(pub.pem);
      assert.ok(nodeVerify(algorithm === "EC_SIGN_P256_SHA256" ? "sha256" : null, message, k, signed.signature));
      assert.ok(!nodeVerify(algorithm === "EC_SIGN_P256_SHA256" ? "sha256" : null, Buffer.from("x"), k, signed.signature));
    }
    const spki = pq ? Buffer.concat([Buffer.from(prefixes[raw.length], "hex"), raw]) : createPublicKey(pub.pem).export({ format: "der", type: "spki" });
    out.push({ what: algorithm, spki: base64(spki), message: base64(message), signature: base64(signed.signature) });

    const sha256 = createHash("sha256").digest();
    if (algorithm !== "EC_SIGN_P256_SHA256") await refused("INVALID_ARGUMENT", kms.asymmetricSign({ name, digest: { sha256 } }, once));
    if (!mu) await refused("INVALID_ARGUMENT", kms.asymmetricSign({ name, digest: { externalMu: Buffer.alloc(64) } }, once));
    if ("digest" in ask) await refused("INVALID_ARGUMENT", kms.asymmetricSign({ name, data: message }, once));
    if (mu) await refused("INVALID_ARGUMENT", kms.asymmetricSign({ name, digest: { externalMu: Buffer.alloc(63) } }, once));
    await refused("INVALID_ARGUMENT", kms.asymmetricSign({ name, ...ask, ["digest" in ask ? "digestCrc32c" : "dataCrc32c"]: { value: 7 } }, once));
    if (pq) await refused("INVALID_ARGUMENT", kms.getPublicKey({ name }, once));
    await refused("NOT_FOUND", kms.asymmetricSign({ name: key.name + "/cryptoKeyVersions/2", ...ask }, once));
    await refused("FAILED_PRECONDITION", kms.encrypt({ name: key.name, plaintext: message }, once));
  }
  await refused("INVALID_ARGUMENT", make("odd", "ASYMMETRIC_SIGN", "GOOGLE_SYMMETRIC_ENCRYPTION"));
  await refused("INVALID_ARGUMENT", make("odd", "ENCRYPT_DECRYPT", "EC_SIGN_ED25519"));
  await refused("INVALID_ARGUMENT", make("odd", "ASYMMETRIC_SIGN", "RSA_SIGN_PSS_2048_SHA256"));
  return out;
}

await encryption();
const signatures = await signing();
const stranger = client(given.other);
await refused("UNAUTHENTICATED", stranger.getCryptoKey({ name: ring.name + "/cryptoKeys/kek" }, once));
console.log(JSON.stringify({ signatures }));
