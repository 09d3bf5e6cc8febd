// SPDX-License-Identifier: Apache-2.0
//
// A service in which each page has something to show, and the list of all pages.

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";

import { api, facts } from "./tab.mjs";

const b64 = (text) => Buffer.from(text).toString("base64");

/** Of 32 bytes at most. */
const environment = (word) => (word === "" ? "production" : '"><svg onload=window.hacked=1>');

/** `word` stands in every text that a client can choose. */
export async function scene(word = "") {
  const policy = await api("POST", "/v1/attestation-policies", { ...facts.policy, name: `releases${word}`, metadata: { note: word } });
  await api("PATCH", `/v1/attestation-policies/${policy.id}`, { maxDocAgeSeconds: 120 });
  await api("POST", "/v1/policies", { name: `production is attested${word}`, description: `signatures of releases${word}`, environments: [environment(word)], action: "warn", rule: { requireAttested: true } });
  const key = await api("POST", "/v1/hybrid-keys", {
    name: `release-signing${word}`, pqProvider: "enclave-mock", attestationPolicyId: policy.id, environment: environment(word), metadata: { team: word },
  });
  for (let i = 0; i < 5; i++) await api("POST", "/v1/sign", { keyId: key.id, payload: b64(`payload ${i}`), metadata: { build: word } });
  const successor = await api("POST", `/v1/hybrid-keys/${key.id}/rotate`, {});
  const signed = await api("POST", "/v1/sign", { keyId: successor.id, payload: b64("release"), metadata: { build: word } });
  const plain = await api("POST", "/v1/hybrid-keys", { name: `without-policy${word}`, algorithm: "mldsa44+ecdsa-p256" });
  await api("POST", "/v1/sign", { keyId: plain.id, payload: b64("x") });
  await api("POST", "/v1/hybrid-keys", { name: `NameWithoutAnyPlaceWhereItCouldBeBroken${"0123456789".repeat(8)}${word}`.slice(0, 128) });
  const old = await api("POST", "/v1/hybrid-keys", { name: `old${word}`, algorithm: "mldsa87" });
  await api("DELETE", `/v1/hybrid-keys/${old.id}`);
  await api("POST", "/v1/api-keys", { name: `ci${word}`, type: "secret", environment: "live", scopes: ["sign"] });
  await api("POST", "/v1/hybrid-keys", { name: `countersigner${word}`, purpose: "hybrid", pqProvider: "enclave-mock", attestationPolicyId: policy.id });
  const hybrid = await pair(word);
  const entry = await api("POST", "/v1/ledger/entries", { name: `deployed${word}`, message: `by hand${word}`, subjectId: `deploy${word}`.slice(0, 64), data: { text: word } });
  await api("POST", "/v1/ledger/seal", {});
  return { policy: policy.id, key: key.id, successor: successor.id, plain: plain.id, old: old.id, signature: signed.signatureId, entry: entry.id, hybrid };
}

/** A pair of signatures that somebody else made, attested; gives its id. */
async function pair(word) {
  const hex = (bytes) => `0x${Buffer.from(bytes).toString("hex")}`;
  const message = Buffer.from(`transfer 1 to 0x00${word}`);
  const key = await api("POST", "/v1/keys/generate", { algorithm: "ml-dsa-44", format: "seed", label: `wallet${word}` });
  const { secretKey } = ml_dsa44.keygen(Buffer.from(key.privateKey.slice(2), "hex"));
  const ecdsa = secp256k1.utils.randomSecretKey();
  return (await api("POST", "/v1/sign/hybrid", {
    message: hex(message), algorithm: "ml-dsa-44", chain: "ethereum", ecdsaScheme: "keccak256", metadata: { note: word },
    ecdsaSignature: hex(secp256k1.sign(keccak_256(message), ecdsa, { prehash: false })), ecdsaPublicKey: hex(secp256k1.getPublicKey(ecdsa, false)),
    pqcSignature: hex(ml_dsa44.sign(message, secretKey)), pqcPublicKey: key.publicKey,
  })).id;
}

/** Name of the picture, and where the page is. */
export async function places(ids) {
  const [vaultPolicy] = await api("GET", "/v1/policies");
  return [
    ["vault", "#/keys"], ["vault-create", "#/keys/new"], ["key", `#/keys/${ids.successor}`], ["key-superseded", `#/keys/${ids.key}`], ["key-revoked", `#/keys/${ids.old}`],
    ["signatures", "#/signatures"], ["signature", `#/signatures/${ids.signature}`],
    ["attestation-policies", "#/attestation-policies"], ["attestation-policy", `#/attestation-policies/${ids.policy}`], ["attestation-policy-create", "#/attestation-policies/new"],
    ["vault-policies", "#/policies"], ["vault-policy", `#/policies/${vaultPolicy.id}`], ["vault-policy-create", "#/policies/new"],
    ["hybrid", "#/hybrid"], ["hybrid-attestation", `#/hybrid/${ids.hybrid}`], ["api-keys", "#/api-keys"],
    ["overview", "#/overview"], ["ledger", "#/ledger"], ["ledger-entry", `#/ledger/${ids.entry}`], ["checkpoints", "#/checkpoints"], ["settings", "#/settings"],
    ["not-found", "#/keys/key_00000000000000000000000000"], ["no-page", "#/nowhere"],
  ];
}
