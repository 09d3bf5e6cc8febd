// SPDX-License-Identifier: Apache-2.0
//
// Recorded pairs of Hybrid Attest: one good one of each chain and form, and what is refused. Pairs with a countersignature of
// the service are judged in test/flow.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";

import { verifyHybrid } from "../src/verify/hybrid.js";
import { readShared } from "./files.js";

const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString("hex")}`;
const hash = (bytes: Uint8Array) => `sha256:${Buffer.from(sha256(bytes)).toString("hex")}`;
const utf8 = (text: string) => new TextEncoder().encode(text);
const SECRET = sha256(utf8("a key of tests"));
const MLDSA = { "ml-dsa-44": ml_dsa44, "ml-dsa-65": ml_dsa65, "ml-dsa-87": ml_dsa87 };
const DIGESTS: Record<string, (message: Uint8Array) => Uint8Array> = {
  eip191: (m) => keccak_256(Buffer.concat([utf8(`\x19Ethereum Signed Message:\n${m.length}`), m])), keccak256: keccak_256,
  "eip712-digest": (m) => m, sha256, sha256d: (m) => sha256(sha256(m)),
};

type Form = "compact" | "der" | "recovered";
type Attestation = Record<string, string | null>;

function ecdsa(message: Uint8Array, scheme: string, form: Form): Uint8Array {
  if (scheme === "ed25519") return ed25519.sign(message, SECRET);
  const digest = (DIGESTS[scheme] as (m: Uint8Array) => Uint8Array)(message);
  const made = secp256k1.sign(digest, SECRET, { prehash: false, lowS: true, format: form });
  return form === "recovered" ? Buffer.concat([made.subarray(1), Uint8Array.of(27 + (made[0] as number))]) : made;
}

function attestation(chain: string, scheme: string, { form = "compact" as Form, algorithm = "ml-dsa-44" as keyof typeof MLDSA, metadata = null as string | null, text = "Hello" } = {}): Attestation {
  const message = scheme === "eip712-digest" ? sha256(utf8(text)) : utf8(text);
  const pqc = MLDSA[algorithm].keygen(SECRET);
  const isSolana = chain === "solana";
  const key = isSolana ? ed25519.getPublicKey(SECRET) : secp256k1.getPublicKey(SECRET, false);
  const ecdsaSignature = ecdsa(message, scheme, form);
  const pqcSignature = MLDSA[algorithm].sign(message, pqc.secretKey);
  const record: Record<string, string | number> = {
    algorithm, chain, createdAt: "2026-01-02T03:04:05.678Z", ecdsaPublicKey: hex(key), ecdsaScheme: scheme, ecdsaSignatureSha256: hash(ecdsaSignature),
    id: "att_01jd3n8x5bq7m2c4v6w8z0a1ke", messageSha256: hash(message), messageSize: message.length,
    ...(metadata !== null && { metadataSha256: hash(utf8(metadata)) }),
    pqcKeyId: "pqk_01jd3n8x5bq7m2c4v6w8z0a1ke", pqcPublicKeySha256: hash(pqc.publicKey), pqcSignatureSha256: hash(pqcSignature),
    ...(["ethereum", "polygon", "avalanche"].includes(chain) && { signerAddress: addressOf(key) }),
  };
  return {
    message: hex(message), ecdsaSignature: hex(ecdsaSignature), ecdsaPublicKey: hex(isSolana ? key : secp256k1.getPublicKey(SECRET, true)), algorithm, chain,
    pqcSignature: hex(pqcSignature), pqcPublicKey: hex(pqc.publicKey), ecdsaScheme: scheme, metadataText: metadata, record: JSON.stringify(record),
  };
}

function addressOf(key: Uint8Array): string {
  const digits = Buffer.from(keccak_256(key.subarray(1)).subarray(12)).toString("hex");
  const sum = Buffer.from(keccak_256(utf8(digits))).toString("hex");
  return `0x${[...digits].map((d, i) => (Number.parseInt(sum[i] as string, 16) > 7 ? d.toUpperCase() : d)).join("")}`;
}

const GOOD: readonly (readonly [string, string, Parameters<typeof attestation>[2]])[] = [
  ["ethereum", "eip191", {}], ["ethereum", "eip191", { form: "der" }], ["ethereum", "eip191", { form: "recovered" }], ["ethereum", "keccak256", {}],
  ["polygon", "eip712-digest", {}], ["avalanche", "sha256", { algorithm: "ml-dsa-65" }], ["bitcoin", "sha256d", { form: "der", algorithm: "ml-dsa-87" }],
  ["solana", "ed25519", {}], ["ethereum", "eip191", { metadata: '{"a": 1}' }], ["ethereum", "eip191", { text: "" }],
];

for (const [chain, scheme, more] of GOOD)
  test(`a pair of ${chain} by ${scheme} ${JSON.stringify(more)}`, async () => {
    const made = attestation(chain, scheme, more);
    for (const given of [made, { data: made }, JSON.stringify({ success: true, data: made })]) {
      const verdict = await verifyHybrid({ attestation: given });
      assert.deepEqual([verdict.ok, verdict.reason, verdict.ecdsaScheme, verdict.ecdsaValid, verdict.pqcValid], [true, "OK", scheme, true, true]);
      assert.equal(verdict.recordSha256, hash(utf8(made["record"] as string)));
      assert.equal(verdict.countersignature, null);
    }
  });

const flip = (text: string | null | undefined, at: number) => {
  const bytes = Buffer.from((text ?? "").slice(2), "hex");
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  return hex(bytes);
};
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const highS = (text: string | null | undefined) => {
  const s = ORDER - BigInt(`0x${(text ?? "").slice(66)}`);
  return `${(text ?? "").slice(0, 66)}${s.toString(16).padStart(64, "0")}`;
};

const BAD: readonly (readonly [string, string, (a: Attestation) => Attestation])[] = [
  ["another message", "PQC_004", (a) => ({ ...a, message: flip(a["message"], 0) })],
  ["another ECDSA signature", "PQC_004", (a) => ({ ...a, ecdsaSignature: flip(a["ecdsaSignature"], 40) })],
  ["a high s", "PQC_004", (a) => ({ ...a, ecdsaSignature: highS(a["ecdsaSignature"]) })],
  ["an ECDSA signature with bytes behind it", "PQC_004", (a) => ({ ...a, ecdsaSignature: `${a["ecdsaSignature"]}0000` })],
  ["an ECDSA signature with a v of another key", "PQC_004", (a) => ({ ...a, ecdsaSignature: `${attestation("ethereum", "eip191", { form: "recovered" })["ecdsaSignature"]?.slice(0, -2)}05` })],
  ["no ECDSA signature", "PQC_004", (a) => ({ ...a, ecdsaSignature: "0x" })],
  ["another scheme", "PQC_004", (a) => ({ ...a, ecdsaScheme: "keccak256" })],
  ["another ML-DSA signature", "PQC_004", (a) => ({ ...a, pqcSignature: flip(a["pqcSignature"], -1) })],
  ["a short ML-DSA signature", "PQC_004", (a) => ({ ...a, pqcSignature: a["pqcSignature"]?.slice(0, -2) ?? "" })],
  ["another ML-DSA key", "PQC_004", (a) => ({ ...a, pqcPublicKey: flip(a["pqcPublicKey"], 100) })],
  ["another chain", "HYBRID_RECORD", (a) => ({ ...a, chain: "polygon" })],
  ["metadata that is not recorded", "HYBRID_RECORD", (a) => ({ ...a, metadataText: "{}" })],
  ["a record of another time", "HYBRID_RECORD", (a) => ({ ...a, record: a["record"]?.replace(".678Z", ".678") ?? "" })],
  ["a record with a space", "HYBRID_RECORD", (a) => ({ ...a, record: a["record"]?.replace(",", ", ") ?? "" })],
  ["a record without the address", "HYBRID_RECORD", (a) => ({ ...a, record: a["record"]?.replace(/,"signerAddress":"[^"]*"/, "") ?? "" })],
  ["a record that is none", "HYBRID_RECORD", (a) => ({ ...a, record: "[]" })],
  ["no record", "HYBRID_FORMAT", ({ record: _, ...a }) => a],
  ["no hex", "HYBRID_FORMAT", (a) => ({ ...a, message: "0x0g" })],
  ["an unknown algorithm", "HYBRID_FORMAT", (a) => ({ ...a, algorithm: "toString" })],
  ["an unknown chain", "HYBRID_FORMAT", (a) => ({ ...a, chain: "__proto__" })],
  ["a scheme of another curve", "HYBRID_FORMAT", (a) => ({ ...a, ecdsaScheme: "ed25519" })],
  ["a digest that is none", "HYBRID_FORMAT", (a) => ({ ...a, ecdsaScheme: "eip712-digest" })],
  ["a key that is no point", "HYBRID_FORMAT", (a) => ({ ...a, ecdsaPublicKey: `0x02${"ff".repeat(32)}` })],
  ["an ML-DSA key of another length", "HYBRID_FORMAT", (a) => ({ ...a, pqcPublicKey: `${a["pqcPublicKey"]}00` })],
];

test("pairs and records that are refused", async () => {
  for (const [name, reason, change] of BAD) {
    const verdict = await verifyHybrid({ attestation: change(attestation("ethereum", "eip191")) });
    assert.deepEqual([verdict.ok, verdict.reason], [false, reason], name);
  }
  for (const text of ["", "[]", '{"data":7}', "{}"]) assert.equal((await verifyHybrid({ attestation: text })).reason, "HYBRID_FORMAT");
  const solana = attestation("solana", "ed25519");
  // The neutral element: whatever was signed, a signature of it can be made.
  assert.equal((await verifyHybrid({ attestation: { ...solana, ecdsaPublicKey: `0x01${"00".repeat(31)}` } })).reason, "HYBRID_FORMAT");
  assert.equal((await verifyHybrid({ attestation: { ...solana, ecdsaSignature: flip(solana["ecdsaSignature"], 3) } })).reason, "PQC_004");
});

interface Vectors {
  readonly testGroups: readonly { readonly publicKey: { readonly uncompressed: string }; readonly tests: readonly { readonly tcId: number; readonly msg: string; readonly sig: string; readonly result: string }[] }[];
}

test("secp256k1 as Wycheproof has it, with one form of each signature", async (t) => {
  const text = readShared("wycheproof", "ecdsa_secp256k1_sha256_bitcoin_test.json.xz") ?? readShared("wycheproof", "ecdsa_secp256k1_sha256_bitcoin_test.json");
  if (text === undefined) return t.skip("the vectors are not here");
  const pqcPublicKey = hex(ml_dsa44.keygen(SECRET).publicKey);
  let good = 0;
  for (const { publicKey, tests } of (JSON.parse(text) as Vectors).testGroups)
    for (const { msg, sig, result, tcId } of tests) {
      if (sig.length > 256) continue;
      const pair = { message: `0x${msg}`, ecdsaSignature: `0x${sig}`, ecdsaPublicKey: `0x${publicKey.uncompressed}`, ecdsaScheme: "sha256", chain: "bitcoin", algorithm: "ml-dsa-44", pqcPublicKey, pqcSignature: "0x", record: "{}" };
      const verdict = await verifyHybrid({ attestation: pair });
      assert.equal(verdict.ecdsaValid, result === "valid", `test ${tcId}`);
      good += verdict.ecdsaValid ? 1 : 0;
    }
  assert.ok(good > 100, `${good} good ones`);
  return undefined;
});
