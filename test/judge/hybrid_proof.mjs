// SPDX-License-Identifier: Apache-2.0
//
// A second verifier of stored Hybrid Attest attestations, written from protocol/hybrid.md alone: the pair with noble, the record
// written again, the countersignature and its document with the verifiers of this folder. Of the bundle it judges signature
// and document; its ledger is notes.mjs's subject.
//
// usage: node hybrid_proof.mjs PROGRAM ATTESTATION BUNDLE POLICY
//   PROGRAM      the built `countersign`, which must say the same of every changed copy
//   ATTESTATION  what GET /v1/attestations/:id answered; BUNDLE its bundle; POLICY the pinned policy

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";

import { readPolicy, verifyAttestation } from "./attestation.mjs";
import { publicBytesOf, readPublicText, verify } from "./composite.mjs";

const [program, attestationFile, bundleFile, policyFile] = process.argv.slice(2);
const LEVELS = { "ml-dsa-44": ml_dsa44, "ml-dsa-65": ml_dsa65, "ml-dsa-87": ml_dsa87 };
const EVM = ["eip191", "keccak256"];
const CHAINS = { ethereum: EVM, polygon: EVM, avalanche: EVM, bitcoin: ["sha256d"], solana: ["ed25519"] };
const DIGESTS = {
  eip191: (m) => keccak_256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${m.length}`), m])),
  keccak256: keccak_256,
  "eip712-digest": (m) => m,
  sha256,
  sha256d: (m) => sha256(sha256(m)),
};

class Refusal extends Error {}
const refuse = (condition, reason) => {
  if (condition) throw new Refusal(reason);
};
const digestOf = (bytes) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

function bytesOf(text) {
  const digits = typeof text === "string" ? text.replace(/^0x/, "") : "?";
  refuse(!/^([0-9a-fA-F]{2})*$/.test(digits), "HYBRID_FORMAT");
  return Buffer.from(digits, "hex");
}

function pointOf(bytes) {
  const whole = bytes.length === 64 ? Buffer.concat([Buffer.of(4), bytes]) : bytes;
  return Buffer.from(secp256k1.Point.fromBytes(Uint8Array.from(whole)).toBytes(false));
}

function ecdsaHolds(scheme, message, signature, key) {
  const options = { prehash: false, lowS: true };
  const digest = DIGESTS[scheme](message);
  try {
    if (signature.length === 65 && [0, 1, 27, 28].includes(signature[64])) {
      const recovered = Uint8Array.from([signature[64] % 27, ...signature.subarray(0, 64)]);
      const found = secp256k1.recoverPublicKey(recovered, Uint8Array.from(digest), { prehash: false });
      const low = secp256k1.verify(Uint8Array.from(signature.subarray(0, 64)), Uint8Array.from(digest), key, options);
      if (low && pointOf(Buffer.from(found)).equals(Buffer.from(key))) return true;
    }
    const format = signature.length === 64 ? "compact" : "der";
    return secp256k1.verify(Uint8Array.from(signature), Uint8Array.from(digest), key, { ...options, format });
  } catch {
    return false; // no encoding of a signature
  }
}

function addressOf(key) {
  const plain = Buffer.from(keccak_256(key.subarray(1)).slice(-20)).toString("hex");
  const check = Buffer.from(keccak_256(Buffer.from(plain))).toString("hex");
  return "0x" + [...plain].map((c, i) => (parseInt(check[i], 16) >= 8 ? c.toUpperCase() : c)).join("");
}

/** The scheme that matched and the signer in its one form. */
function judgePair(a) {
  const [message, ecdsa, pqc] = [a.message, a.ecdsaSignature, a.pqcSignature].map(bytesOf);
  const [given, pqcKey] = [a.ecdsaPublicKey, a.pqcPublicKey].map(bytesOf);
  refuse(!Object.hasOwn(CHAINS, a.chain) || !Object.hasOwn(LEVELS, a.algorithm), "HYBRID_FORMAT");
  const solana = a.chain === "solana";
  const key = solana ? given : pointOf(given);
  const scheme = (a.ecdsaScheme !== undefined ? [a.ecdsaScheme] : CHAINS[a.chain]).find((s) =>
    solana ? ed25519.verify(ecdsa, message, key, { zip215: false }) : ecdsaHolds(s, message, ecdsa, key));
  let pqcHolds = false;
  try {
    pqcHolds = LEVELS[a.algorithm].verify(Uint8Array.from(pqc), Uint8Array.from(message), Uint8Array.from(pqcKey));
  } catch {
    // a length that no signature has
  }
  refuse(scheme === undefined || !pqcHolds, "PQC_004");
  return { message, ecdsa, pqc, pqcKey, key, scheme };
}

/** RFC 8785 of an object of texts and small integers. */
const canonical = (object) => JSON.stringify(Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))));

function judgeRecord(a, pair) {
  let told;
  try {
    told = JSON.parse(a.record);
  } catch {
    throw new Refusal("HYBRID_RECORD");
  }
  const again = {
    algorithm: a.algorithm, chain: a.chain, createdAt: told?.createdAt, ecdsaPublicKey: "0x" + pair.key.toString("hex"),
    ecdsaScheme: pair.scheme, ecdsaSignatureSha256: digestOf(pair.ecdsa), id: told?.id, messageSha256: digestOf(pair.message),
    messageSize: pair.message.length, pqcKeyId: told?.pqcKeyId, pqcPublicKeySha256: digestOf(pair.pqcKey),
    pqcSignatureSha256: digestOf(pair.pqc),
  };
  if (CHAINS[a.chain] === EVM) again.signerAddress = addressOf(pair.key);
  if (typeof a.metadataText === "string") again.metadataSha256 = digestOf(Buffer.from(a.metadataText));
  refuse(canonical(again) !== a.record, "HYBRID_RECORD");
  return told;
}

function judgeCountersignature(record, bundle, policyText) {
  const bytes = Buffer.from("countersign/hybrid/v1\n" + record);
  const publicKey = readPublicText(bundle.publicKey), signature = Buffer.from(bundle.signature, "base64");
  refuse(bundle.payloadSha256 !== digestOf(bytes), "BUNDLE_PAYLOAD");
  refuse(!verify(publicKey, bytes, signature), "BAD_SIGNATURE");
  const { policy } = readPolicy(policyText, true);
  const document = Buffer.from(bundle.docB64, "base64");
  const reason = verifyAttestation(document, policy, {
    kind: "sign", allowMock: true, stored: true, dated: false, purpose: "hybrid",
    time: Math.floor(Date.parse(JSON.parse(bundle.entry).time) / 1000), payloadSha256: digestOf(bytes), signature,
    keyId: bundle.keyId, publicKey: publicBytesOf(publicKey), algorithm: publicKey.name, format: publicKey.format,
  });
  refuse(reason !== "OK", reason);
  return { policy, iat: JSON.parse(Buffer.from(document.toString().split(".")[1], "base64url")).iat };
}

function verdictOf(answer, bundle, policyText) {
  try {
    const a = answer.data;
    const pair = judgePair(a);
    const told = judgeRecord(a, pair);
    const { policy, iat } = judgeCountersignature(a.record, bundle, policyText);
    const behind = Math.floor(Date.parse(told.createdAt) / 1000) - iat;
    refuse(behind > 60 || -behind > policy.maxDocAgeSeconds, "HYBRID_TIME");
    return "OK";
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

// -- the copies ---------------------------------------------------------------------------------------------------------

const flip = (hex, at) => {
  const bytes = Buffer.from(hex.slice(2), "hex");
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return "0x" + bytes.toString("hex");
};
const set = (name, change) => (a) => ({ ...a, [name]: change(a[name]) });
const inRecord = (from, to) => set("record", (text) => text.replace(from, to));
const raw = (hex) => {
  const { r, s } = secp256k1.Signature.fromBytes(Uint8Array.from(Buffer.from(hex.slice(2), "hex")), "der");
  return { r, s, hex: (s_) => "0x" + Buffer.from(new secp256k1.Signature(r, s_).toBytes("compact")).toString("hex") };
};

const COPIES = [
  ["as it is", (a) => a, "OK"],
  ["upper case", set("message", (v) => "0x" + v.slice(2).toUpperCase()), "OK"],
  ["no prefix", set("pqcSignature", (v) => v.slice(2)), "OK"],
  ["no scheme", (a) => Object.fromEntries(Object.entries(a).filter(([name]) => name !== "ecdsaScheme")), "OK"],
  ["key compressed", set("ecdsaPublicKey", (v) => "0x" + (parseInt(v.slice(-1), 16) % 2 ? "03" : "02") + v.slice(4, 68)), "OK"],
  ["key as coordinates", set("ecdsaPublicKey", (v) => "0x" + v.slice(4)), "OK"],
  ["a bit of the message", set("message", (v) => flip(v, 0)), "PQC_004"],
  ["a byte more", set("message", (v) => v + "00"), "PQC_004"],
  ["a bit of the ECDSA signature", set("ecdsaSignature", (v) => flip(v, -1)), "PQC_004"],
  ["high s", set("ecdsaSignature", (v) => raw(v).hex(secp256k1.Point.Fn.ORDER - raw(v).s)), "PQC_004"],
  ["the same signature as r and s", set("ecdsaSignature", (v) => raw(v).hex(raw(v).s)), "HYBRID_RECORD"],
  ["DER with a byte behind", set("ecdsaSignature", (v) => v + "00"), "PQC_004"],
  ["a bit of the ML-DSA signature", set("pqcSignature", (v) => flip(v, 100)), "PQC_004"],
  ["a byte less", set("pqcSignature", (v) => v.slice(0, -2)), "PQC_004"],
  ["a bit of the ML-DSA key", set("pqcPublicKey", (v) => flip(v, 40)), "PQC_004"],
  ["another scheme", set("ecdsaScheme", () => "keccak256"), "PQC_004"],
  ["odd hex", set("message", (v) => v + "0"), "HYBRID_FORMAT"],
  ["another chain", set("chain", () => "avalanche"), "HYBRID_RECORD"],
  ["other metadata", set("metadataText", (v) => v + " "), "HYBRID_RECORD"],
  ["no metadata", set("metadataText", () => null), "HYBRID_RECORD"],
  ["record with a blank", inRecord("{", "{ "), "HYBRID_RECORD"],
  ["record of another size", inRecord('"messageSize":', '"messageSize":1'), "HYBRID_RECORD"],
  ["record with another address", inRecord("signerAddress\":\"0x", "signerAddress\":\"0X"), "HYBRID_RECORD"],
  ["record with another id", inRecord('"id":"att_', '"id":"att_0'), "BUNDLE_PAYLOAD"],
  ["record with another key's id", inRecord('"pqcKeyId":"', '"pqcKeyId":"0'), "BUNDLE_PAYLOAD"],
  ["record of a second later", set("record", (text) => {
    const told = JSON.parse(text).createdAt;
    return text.replace(told, new Date(Date.parse(told) + 1000).toISOString());
  }), "BUNDLE_PAYLOAD"],
];

const folder = mkdtempSync(join(tmpdir(), "countersign-judge-"));
const failures = [];
try {
  const answer = JSON.parse(readFileSync(attestationFile, "utf8")), bundle = JSON.parse(readFileSync(bundleFile, "utf8"));
  const policyText = readFileSync(policyFile);
  for (const [name, change, expected] of COPIES) {
    const copy = { ...answer, data: change(answer.data) }, path = join(folder, "attestation.json");
    writeFileSync(path, JSON.stringify(copy));
    const here = verdictOf(copy, bundle, policyText);
    const { status, stdout } = spawnSync(program, ["hybrid", "verify", "--attestation", path, "--bundle", bundleFile,
      "--policy", policyFile, "--allow-mock", "--json"], { encoding: "utf8" });
    const there = JSON.parse(stdout).reason;
    if (here !== expected || there !== expected || status !== (expected === "OK" ? 0 : 2))
      failures.push(`${name}: ${expected}, here ${here}, there ${there} with exit ${status}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
for (const failure of failures) console.error(`hybrid_proof: ${failure}`);
console.log(`${COPIES.length - failures.length} of ${COPIES.length} verdicts agree`);
process.exit(failures.length > 0 ? 1 : 0);
