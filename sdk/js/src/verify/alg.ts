// SPDX-License-Identifier: Apache-2.0
//
// The algorithms of protocol/signature.md §1 and the formats of §2.

import { p256, p384 } from "@noble/curves/nist.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { shake256 } from "@noble/hashes/sha3.js";
import { type DSA, ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";

import { ecdsa } from "./ecdsa.js";
import { ED25519, ED448 } from "./eddsa.js";

export type PreHashName = "sha256" | "sha512" | "shake256";
export type SignatureFormat = "composite" | "concat" | "envelope" | "pure";

/** A classical scheme. Signatures come in its own form (EdDSA, or strict DER) or as raw bytes. */
export interface Classical {
  readonly publicKeyLength: number;
  isPublicKey(key: Uint8Array): boolean;
  verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  verifyRaw(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

export interface PreHash {
  readonly name: PreHashName;
  readonly length: number;
  hash(message: Uint8Array): Uint8Array;
}

export interface Composite {
  readonly classical: Classical;
  readonly label: string;
  readonly preHash: PreHash;
}

export interface Algorithm {
  readonly name: AlgorithmName;
  readonly mldsa: DSA;
  /** Absent: ML-DSA alone. */
  readonly composite?: Composite;
  /** The contents of its object identifier in DER; absent: it has none. */
  readonly oid?: Uint8Array;
  /** The first is the default. */
  readonly formats: readonly SignatureFormat[];
}

const SHA256: PreHash = { name: "sha256", length: 32, hash: (m) => sha256(m) };
const SHA512: PreHash = { name: "sha512", length: 64, hash: (m) => sha512(m) };
const SHAKE256: PreHash = { name: "shake256", length: 64, hash: (m) => shake256(m, { dkLen: 64 }) };

export const P256 = ecdsa(p256, sha256, 32);
export const P384 = ecdsa(p384, sha384, 48);

// 1.3.6.1.5.5.7.6 of PKIX, 2.16.840.1.101.3.4.3 of NIST
const pkix = (arc: number) => Uint8Array.of(0x2b, 6, 1, 5, 5, 7, 6, arc);
const nist = (arc: number) => Uint8Array.of(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, arc);

type Row = Omit<Algorithm, "name">;

function two(mldsa: DSA, classical: Classical, label: string, preHash: PreHash, oid?: Uint8Array): Row {
  const formats: SignatureFormat[] = ["composite"];
  if (classical === ED25519 || classical === P256) formats.push("concat", "envelope");
  return { mldsa, composite: { classical, label, preHash }, formats, ...(oid && { oid }) };
}

const one = (mldsa: DSA, oid: Uint8Array): Row => ({ mldsa, oid, formats: ["pure"] });

const ROWS = {
  "mldsa44+ed25519": two(ml_dsa44, ED25519, "COMPSIG-MLDSA44-Ed25519-SHA512", SHA512, pkix(39)),
  "mldsa44+ecdsa-p256": two(ml_dsa44, P256, "COMPSIG-MLDSA44-ECDSA-P256-SHA256", SHA256, pkix(40)),
  "mldsa65+ed25519": two(ml_dsa65, ED25519, "COMPSIG-MLDSA65-Ed25519-SHA512", SHA512, pkix(48)),
  "mldsa65+ecdsa-p256": two(ml_dsa65, P256, "COMPSIG-MLDSA65-ECDSA-P256-SHA512", SHA512, pkix(45)),
  "mldsa87+ecdsa-p384": two(ml_dsa87, P384, "COMPSIG-MLDSA87-ECDSA-P384-SHA512", SHA512, pkix(49)),
  "mldsa87+ed448": two(ml_dsa87, ED448, "COMPSIG-MLDSA87-Ed448-SHAKE256", SHAKE256, pkix(51)),
  "mldsa87+ed25519": two(ml_dsa87, ED25519, "COUNTERSIGN-MLDSA87-Ed25519-SHA512", SHA512),
  "mldsa87+ecdsa-p256": two(ml_dsa87, P256, "COUNTERSIGN-MLDSA87-ECDSA-P256-SHA512", SHA512),
  mldsa44: one(ml_dsa44, nist(17)),
  mldsa65: one(ml_dsa65, nist(18)),
  mldsa87: one(ml_dsa87, nist(19)),
} satisfies Readonly<Record<string, Row>>;

export type AlgorithmName = keyof typeof ROWS;

export const ALGORITHMS: readonly Algorithm[] = Object.entries(ROWS).map(([name, row]) => ({
  ...row,
  name: name as AlgorithmName,
}));

export const ALGORITHM_NAMES: readonly AlgorithmName[] = ALGORITHMS.map((a) => a.name);

const FORMATS: readonly string[] = ["composite", "concat", "envelope", "pure"];

export function algorithmOf(name: unknown): Algorithm | undefined {
  return ALGORITHMS.find((a) => a.name === name);
}

export function isFormat(name: unknown): name is SignatureFormat {
  return typeof name === "string" && FORMATS.includes(name);
}

export function publicKeyLength(algorithm: Algorithm): number {
  return mldsaPublicKeyLength(algorithm) + (algorithm.composite?.classical.publicKeyLength ?? 0);
}

export function mldsaPublicKeyLength(algorithm: Algorithm): number {
  return lengthOf(algorithm.mldsa.lengths.publicKey);
}

export function mldsaSignatureLength(algorithm: Algorithm): number {
  return lengthOf(algorithm.mldsa.lengths.signature);
}

function lengthOf(length: number | undefined): number {
  if (length === undefined) throw new Error("ML-DSA without lengths");
  return length;
}
