// SPDX-License-Identifier: Apache-2.0
// Azure's SDK for JavaScript drives the development KMS as a Key Vault: node azure.mjs, with {account} (STATE/azure.json)
// on stdin, and its certificate in NODE_EXTRA_CA_CERTS. Writes what is to be judged elsewhere to stdout.
import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes, verify as nodeVerify } from "node:crypto";
import { readFileSync } from "node:fs";
import { ClientSecretCredential } from "@azure/identity";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";

const { account } = JSON.parse(readFileSync(0, "utf8"));
const quick = { retryOptions: { maxRetries: 0 }, disableChallengeResourceVerification: true };
const credential = (more = {}) => {
  const a = { ...account, ...more };
  return new ClientSecretCredential(a.tenantId, a.clientId, a.clientSecret,
    { authorityHost: a.authorityHost, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } });
};
const keys = new KeyClient(account.vaultUrl, credential(), quick);
const crypto = (id) => new CryptographyClient(id, credential(), quick);

async function refused(status, code, promise) {
  try {
    await promise;
  } catch (e) {
    assert.equal(e.statusCode, status, e.stack);
    assert.equal(e.code ?? e.details?.error?.code, code, e.stack);
    return e;
  }
  return assert.fail(`not refused with ${code}`);
}

async function notSignedIn(more) {
  try {
    await new KeyClient(account.vaultUrl, credential(more), quick).getKey("signer");
  } catch (e) {
    assert.match(e.message, /AADSTS/, e.message);
    return;
  }
  assert.fail("signed in with " + Object.keys(more));
}

async function signing() {
  const key = await keys.createEcKey("signer", { curve: "P-256", keyOps: ["sign", "verify"] });
  assert.match(key.id, new RegExp(`^${account.vaultUrl}/keys/signer/[0-9a-f]{32}$`));
  assert.equal(key.keyType, "EC");
  assert.deepEqual(key.keyOperations, ["sign", "verify"]);
  assert.equal(key.properties.enabled, true);
  const message = Buffer.from("a message"), digest = createHash("sha256").update(message).digest();
  // With the key's id alone, the client asks the service; with the key it would compute by itself.
  const signed = await crypto(key.id).sign("ES256", digest);
  assert.equal(signed.keyID, key.id);
  assert.equal(signed.result.length, 64);
  const jwk = { kty: "EC", crv: "P-256", x: Buffer.from(key.key.x).toString("base64url"), y: Buffer.from(key.key.y).toString("base64url") };
  const pub = createPublicKey({ key: jwk, format: "jwk" });
  assert.ok(nodeVerify("sha256", message, { key: pub, dsaEncoding: "ieee-p1363" }, signed.result));
  assert.ok(!nodeVerify("sha256", Buffer.from("another"), { key: pub, dsaEncoding: "ieee-p1363" }, signed.result));
  assert.equal((await crypto(key.id).verify("ES256", digest, signed.result)).result, true);
  const turned = Buffer.from(signed.result);
  turned[40] ^= 1;
  assert.equal((await crypto(key.id).verify("ES256", digest, turned)).result, false);
  await refused(400, "BadParameter", crypto(key.id).sign("ES256", digest.subarray(1)));
  await refused(400, "BadParameter", crypto(key.id).sign("ES384", createHash("sha384").digest()));
  await assert.rejects(crypto(key.id).wrapKey("RSA-OAEP-256", digest));

  // A newer version is what the bare name means; the older one still signs.
  const next = await keys.createEcKey("signer", { curve: "P-256" });
  assert.notEqual(next.id, key.id);
  assert.equal((await keys.getKey("signer")).id, next.id);
  assert.equal((await keys.getKey("signer", { version: key.properties.version })).id, key.id);
  assert.equal((await crypto(key.id).sign("ES256", digest)).keyID, key.id);
  await keys.updateKeyProperties("signer", key.properties.version, { enabled: false });
  const e = await refused(403, "Forbidden", crypto(key.id).sign("ES256", digest));
  assert.match(e.message, /disabled/);
  await keys.updateKeyProperties("signer", key.properties.version, { enabled: true });
  assert.equal((await crypto(key.id).sign("ES256", digest)).keyID, key.id);
  return key;
}

async function wrapping() {
  const key = await keys.createRsaKey("wrapper", { keySize: 3072, keyOps: ["wrapKey", "unwrapKey"] });
  assert.equal(key.key.n.length, 384);
  assert.equal(Buffer.from(key.key.e).toString("hex"), "010001");
  const dek = randomBytes(32);
  const wrapped = await crypto(key.id).wrapKey("RSA-OAEP-256", dek);
  assert.equal(wrapped.result.length, 384);
  const opened = await crypto(key.id).unwrapKey("RSA-OAEP-256", wrapped.result);
  assert.deepEqual(Buffer.from(opened.result), dek);
  assert.equal(opened.keyID, key.id);
  const turned = Buffer.from(wrapped.result);
  turned[9] ^= 1;
  await refused(400, "BadParameter", crypto(key.id).unwrapKey("RSA-OAEP-256", turned));
  await refused(400, "BadParameter", crypto(key.id).unwrapKey("RSA-OAEP", wrapped.result));
  const other = await keys.createRsaKey("wrapper-2", { keySize: 2048, keyOps: ["unwrapKey"] });
  await refused(400, "BadParameter", crypto(other.id).unwrapKey("RSA-OAEP-256", wrapped.result));
}

async function whatThereIsNot() {
  await refused(404, "KeyNotFound", keys.getKey("nobody"));
  await refused(404, "KeyNotFound", keys.getKey("signer", { version: "0".repeat(32) }));
  await refused(400, "BadParameter", keys.createEcKey("x", { curve: "P-384" }));
  await refused(400, "BadParameter", keys.createKey("x", "OKP"));
  await refused(400, "BadParameter", keys.createKey("x", "ML-DSA"));
  await refused(400, "BadParameter", keys.createRsaKey("x", { keySize: 2050 }));
  await refused(400, "BadParameter", keys.createEcKey("x", { curve: "P-256", keyOps: ["wrapKey"] }));
  await refused(400, "BadParameter", new KeyClient(account.vaultUrl, credential(), { ...quick, serviceVersion: "7.0" }).getKey("signer"));
  await notSignedIn({ clientSecret: "another" });
  await notSignedIn({ clientId: "00000000-0000-4000-8000-000000000000" });
}

const key = await signing();
await wrapping();
await whatThereIsNot();
console.log(JSON.stringify({ kid: key.id }));
