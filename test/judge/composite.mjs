// SPDX-License-Identifier: Apache-2.0
//
// Composite ML-DSA and the two separable formats, written from the standards alone: draft-ietf-lamps-pq-composite-sigs-19
// and protocol/signature.md. Nothing here is derived from the C sources, so that agreement means something.

import { webcrypto } from "node:crypto";

import { ed25519 } from "@noble/curves/ed25519.js";
import { ed448 } from "@noble/curves/ed448.js";
import { p256, p384 } from "@noble/curves/nist.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { shake256 } from "@noble/hashes/sha3.js";
import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";

globalThis.crypto ??= webcrypto; // Debian 12's Node 18 has it under another name

const utf8 = (text) => new TextEncoder().encode(text);
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const concat = (...parts) => new Uint8Array(Buffer.concat(parts));

const edwards = (curve) => ({
  publicLength: curve.lengths.publicKey,
  generate: () => curve.keygen(),
  sign: (message, secret) => curve.sign(message, secret),
  // RFC 8032: canonical encodings, no ZIP 215 leniency.
  verify: (signature, message, key) => curve.verify(signature, message, key, { zip215: false }),
});

const ecdsa = (curve, hash) => ({
  publicLength: curve.lengths.publicKeyUncompressed,
  generate: () => {
    const secretKey = curve.utils.randomSecretKey();
    return { secretKey, publicKey: curve.getPublicKey(secretKey, false) };
  },
  sign: (message, secret, format) => curve.sign(hash(message), secret, { prehash: false, lowS: true, format }),
  // What the service makes is low-s; accepting high-s is the verifier's concession to public vectors.
  verify: (signature, message, key, format, lowS = true) =>
    curve.verify(signature, hash(message), key, { prehash: false, lowS, format }),
});

const ED25519 = edwards(ed25519);
const ED448 = edwards(ed448);
const P256 = ecdsa(p256, sha256);
const P384 = ecdsa(p384, sha384);
const shake256_64 = (message) => shake256(message, { dkLen: 64 });

const ietf = (pq, trad, label, ph, arc) => ({ pq, trad, label: `COMPSIG-${label}`, ph, arc });
const own = (pq, trad, label, ph) => ({ pq, trad, label: `COUNTERSIGN-${label}`, ph });

export const ALGORITHMS = {
  "mldsa44+ed25519": ietf(ml_dsa44, ED25519, "MLDSA44-Ed25519-SHA512", sha512, 39),
  "mldsa44+ecdsa-p256": ietf(ml_dsa44, P256, "MLDSA44-ECDSA-P256-SHA256", sha256, 40),
  "mldsa65+ed25519": ietf(ml_dsa65, ED25519, "MLDSA65-Ed25519-SHA512", sha512, 48),
  "mldsa65+ecdsa-p256": ietf(ml_dsa65, P256, "MLDSA65-ECDSA-P256-SHA512", sha512, 45),
  "mldsa87+ecdsa-p384": ietf(ml_dsa87, P384, "MLDSA87-ECDSA-P384-SHA512", sha512, 49),
  "mldsa87+ed448": ietf(ml_dsa87, ED448, "MLDSA87-Ed448-SHAKE256", shake256_64, 51),
  "mldsa87+ed25519": own(ml_dsa87, ED25519, "MLDSA87-Ed25519-SHA512", sha512),
  "mldsa87+ecdsa-p256": own(ml_dsa87, P256, "MLDSA87-ECDSA-P256-SHA512", sha512),
  mldsa44: { pq: ml_dsa44, arc: 17 },
  mldsa65: { pq: ml_dsa65, arc: 18 },
  mldsa87: { pq: ml_dsa87, arc: 19 },
};

// The six names of the Vault door are the ones that the separable formats exist for.
export function formatsOf(name) {
  if (ALGORITHMS[name].trad === undefined) return ["pure"];
  return /\+(ed25519|ecdsa-p256)$/.test(name) ? ["composite", "concat", "envelope"] : ["composite"];
}

/** M' = prefix, label, length of the context, context, pre-hash of the message. */
export function messageRepresentative(algorithm, message, context = new Uint8Array()) {
  return concat(utf8("CompositeAlgorithmSignatures2025"), utf8(algorithm.label), Uint8Array.of(context.length), context,
    algorithm.ph(message));
}

export function generate(name) {
  const { pq, trad } = ALGORITHMS[name];
  return { name, pq: pq.keygen(), trad: trad?.generate() };
}

/** mldsaPK, then tradPK, of a key that was read. */
export function publicBytesOf(publicKey) {
  return publicKey.trad ? concat(publicKey.pq, publicKey.trad) : publicKey.pq;
}

/** The text in which a public key travels in JSON. */
export function publicText(key, format) {
  const text = { v: 1, alg: key.name };
  if (format === "concat" || format === "envelope") text.format = format;
  if (key.trad) text.classical = base64(key.trad.publicKey);
  text.pq = base64(key.pq.publicKey);
  return text;
}

/** Reads that text; the half that a pure key has not is undefined. */
export function readPublicText(text) {
  const { v, alg, format, classical, pq, ...unknown } = JSON.parse(text);
  const algorithm = ALGORITHMS[alg];
  if (v !== 1 || algorithm === undefined || Object.keys(unknown).length > 0) throw new Error(`public key text: ${text}`);
  const strict = (value, length) => {
    const bytes = Buffer.from(value, "base64");
    if (bytes.toString("base64") !== value || bytes.length !== length) throw new Error(`public key text: ${text}`);
    return new Uint8Array(bytes);
  };
  if ((classical === undefined) !== (algorithm.trad === undefined)) throw new Error(`public key text: ${text}`);
  return {
    name: alg,
    format: format ?? (algorithm.trad ? "composite" : "pure"),
    pq: strict(pq, algorithm.pq.lengths.publicKey),
    trad: algorithm.trad && strict(classical, algorithm.trad.publicLength),
  };
}

/** SubjectPublicKeyInfo in DER; undefined for an algorithm that has no object identifier. */
export function subjectPublicKeyInfo(name, keyBytes) {
  const { arc, trad } = ALGORITHMS[name];
  if (arc === undefined) return undefined;
  const der = (tag, content) => {
    const n = content.length;
    const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
    return concat(Uint8Array.of(tag, ...length), content);
  };
  // 1.3.6.1.5.5.7.6 (PKIX algorithms) and 2.16.840.1.101.3.4.3 (NIST signatures)
  const oid = concat(Buffer.from(trad ? "2b060105050706" : "6086480165030403", "hex"), Uint8Array.of(arc));
  return der(0x30, concat(der(0x30, der(0x06, oid)), der(0x03, concat(Uint8Array.of(0), keyBytes))));
}

export function sign(key, format, message) {
  const { pq, trad, label } = ALGORITHMS[key.name];
  if (format === "pure") return pq.sign(message, key.pq.secretKey);
  if (format === "composite") {
    const m = messageRepresentative(ALGORITHMS[key.name], message);
    return concat(pq.sign(m, key.pq.secretKey, { context: utf8(label) }), trad.sign(m, key.trad.secretKey, "der"));
  }
  const pqSignature = pq.sign(message, key.pq.secretKey);
  const tradSignature = trad.sign(message, key.trad.secretKey, "compact");
  if (format === "concat") return concat(pqSignature, tradSignature);
  return utf8(JSON.stringify({ v: 1, alg: key.name, classical: base64(tradSignature), pq: base64(pqSignature) }));
}

/** Both halves of a signature in the key's format; throws if it has not that shape. */
function split(publicKey, signature) {
  const length = ALGORITHMS[publicKey.name].pq.lengths.signature;
  if (publicKey.format === "pure") return [signature, undefined];
  if (publicKey.format !== "envelope") return [signature.subarray(0, length), signature.subarray(length)];
  const { v, alg, classical, pq } = JSON.parse(Buffer.from(signature).toString("utf8"));
  if (v !== 1 || alg !== publicKey.name) throw new Error("envelope of another algorithm");
  const halves = [new Uint8Array(Buffer.from(pq, "base64")), new Uint8Array(Buffer.from(classical, "base64"))];
  const again = JSON.stringify({ v, alg, classical: base64(halves[1]), pq: base64(halves[0]) });
  if (again !== Buffer.from(signature).toString("utf8")) throw new Error("envelope is not canonical");
  return halves;
}

/** True only if both halves verify. `lowS` false accepts the other ECDSA signature of the same message, too. */
export function verify(publicKey, message, signature, { context, lowS = true } = {}) {
  const algorithm = ALGORITHMS[publicKey.name];
  try {
    const [pqSignature, tradSignature] = split(publicKey, signature);
    if (publicKey.format === "pure") return algorithm.pq.verify(pqSignature, message, publicKey.pq, { context });
    if (publicKey.format !== "composite")
      return (algorithm.pq.verify(pqSignature, message, publicKey.pq) &&
        algorithm.trad.verify(tradSignature, message, publicKey.trad, "compact", lowS));
    const m = messageRepresentative(algorithm, message, context);
    return (algorithm.pq.verify(pqSignature, m, publicKey.pq, { context: utf8(algorithm.label) }) &&
      algorithm.trad.verify(tradSignature, m, publicKey.trad, "der", lowS));
  } catch {
    return false;
  }
}
