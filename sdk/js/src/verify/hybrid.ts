// SPDX-License-Identifier: Apache-2.0
//
// Pairs of signatures and what was recorded of them (protocol/hybrid.md), judged in the order of its §5.

import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { type DSA, ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";

import type { BundleVerdict } from "./bundle.js";
import { parseBundle, readPinnedPolicy } from "./bundle-file.js";
import { type BundleOptions, verifyBundle } from "./bundle-verify.js";
import { concat, equal, fromHex, toHex, utf8 } from "./bytes.js";
import { rawOfDer } from "./ecdsa.js";
import { ED25519 } from "./eddsa.js";
import { parseTime } from "./entry.js";
import { Refusal, refuseIf } from "./errors.js";
import { canonicalJson, isObject, type JsonObject, objectOf, parseJson } from "./json.js";
import type { Reason } from "./reasons.js";

const PREFIX = utf8("countersign/hybrid/v1\n");
const MAX_MESSAGE = 262_144;
const MAX_ECDSA_SIGNATURE = 128;
const MAX_PQC_SIGNATURE = 8_192;
const MAX_PQC_KEY = 2_592;
const SKEW = 60;

const ALGORITHMS: Readonly<Record<string, DSA>> = { "ml-dsa-44": ml_dsa44, "ml-dsa-65": ml_dsa65, "ml-dsa-87": ml_dsa87 };
const CHAINS: Readonly<Record<string, readonly string[]>> = {
  ethereum: ["eip191", "keccak256"], polygon: ["eip191", "keccak256"], avalanche: ["eip191", "keccak256"], bitcoin: ["sha256d"],
  solana: ["ed25519"],
};

const DIGESTS: Readonly<Record<string, (message: Uint8Array) => Uint8Array>> = {
  eip191: (message) => keccak_256(concat(utf8(`\x19Ethereum Signed Message:\n${message.length}`), message)),
  keccak256: keccak_256,
  "eip712-digest": (message) => message,
  sha256,
  sha256d: (message) => sha256(sha256(message)),
};

export interface HybridOptions {
  /** What `client.hybrid.attestations.get` gave, or the text of that answer. */
  readonly attestation: string | object;
  /** The bundle of the countersignature with what is pinned; without it only the pair and the record are judged. */
  readonly countersignature?: Omit<BundleOptions, "payload" | "purpose"> | undefined;
}

/** What was not established is null. */
export interface HybridVerdict {
  readonly ok: boolean;
  readonly reason: Reason | "OK";
  readonly ecdsaValid: boolean;
  readonly pqcValid: boolean;
  readonly ecdsaScheme: string | null;
  readonly signerAddress: string | null;
  readonly id: string | null;
  readonly pqcKeyId: string | null;
  readonly createdAt: string | null;
  readonly recordSha256: string | null;
  readonly countersignature: BundleVerdict | null;
}

type Draft = { -readonly [K in keyof HybridVerdict]: HybridVerdict[K] };

interface Pair {
  readonly message: Uint8Array;
  readonly ecdsaSignature: Uint8Array;
  readonly pqcSignature: Uint8Array;
  readonly pqcPublicKey: Uint8Array;
  /** 04 ‖ x ‖ y; 32 bytes on solana. */
  readonly signer: Uint8Array;
  readonly algorithm: string;
  readonly chain: string;
  readonly scheme: string | undefined;
}

// -- reading

function refuseFormat(condition: boolean): void {
  if (condition) throw new Refusal("HYBRID_FORMAT");
}

function textIn(o: JsonObject, name: string): string | undefined {
  const value = o.get(name) ?? undefined;
  if (value !== undefined && typeof value !== "string") throw new Refusal("HYBRID_FORMAT");
  return value;
}

function bytesIn(o: JsonObject, name: string, max: number): Uint8Array {
  const text = o.get(name);
  const bytes = typeof text === "string" ? fromHex(text.replace(/^0x/, "").toLowerCase()) : undefined;
  if (bytes === undefined || bytes.length > max) throw new Refusal("HYBRID_FORMAT");
  return bytes;
}

/** One form of the three that keys of secp256k1 come in. */
function readSecp256k1(bytes: Uint8Array): Uint8Array {
  try {
    return secp256k1.Point.fromBytes(bytes.length === 64 ? concat(Uint8Array.of(4), bytes) : bytes).toBytes(false);
  } catch {
    throw new Refusal("HYBRID_FORMAT");
  }
}

/** A canonical point of prime order: for one of small order anybody can sign. */
function readEd25519(bytes: Uint8Array): Uint8Array {
  try {
    const point = ed25519.Point.fromBytes(bytes);
    refuseFormat(point.isSmallOrder() || !point.isTorsionFree());
    return bytes;
  } catch {
    throw new Refusal("HYBRID_FORMAT");
  }
}

function readPair(o: JsonObject): Pair {
  const [algorithm = "", chain = "ethereum", scheme] = ["algorithm", "chain", "ecdsaScheme"].map((name) => textIn(o, name));
  refuseFormat(!Object.hasOwn(ALGORITHMS, algorithm) || !Object.hasOwn(CHAINS, chain));
  const message = bytesIn(o, "message", MAX_MESSAGE);
  const isSolana = chain === "solana";
  if (scheme !== undefined) {
    refuseFormat(isSolana ? scheme !== "ed25519" : !Object.hasOwn(DIGESTS, scheme));
    refuseFormat(scheme === "eip712-digest" && message.length !== 32);
  }
  const given = bytesIn(o, "ecdsaPublicKey", 65);
  const pqcPublicKey = bytesIn(o, "pqcPublicKey", MAX_PQC_KEY);
  refuseFormat(pqcPublicKey.length !== ALGORITHMS[algorithm]?.lengths.publicKey);
  return {
    message, algorithm, chain, scheme, pqcPublicKey, signer: isSolana ? readEd25519(given) : readSecp256k1(given),
    ecdsaSignature: bytesIn(o, "ecdsaSignature", MAX_ECDSA_SIGNATURE), pqcSignature: bytesIn(o, "pqcSignature", MAX_PQC_SIGNATURE),
  };
}

interface Read {
  readonly pair: Pair;
  readonly record: string;
  readonly metadata: string | undefined;
}

function read(attestation: string | object): Read {
  const whole = parseJson(typeof attestation === "string" ? attestation : JSON.stringify(attestation));
  const data = isObject(whole) && whole.has("data") ? whole.get("data") : whole;
  if (!isObject(data)) throw new Refusal("HYBRID_FORMAT");
  const record = textIn(data, "record");
  if (record === undefined) throw new Refusal("HYBRID_FORMAT");
  return { pair: readPair(data), record, metadata: textIn(data, "metadataText") };
}

// -- the pair

/** r ‖ s of r ‖ s ‖ v, where the key that v recovers is the signer's. */
function recovered(signature: Uint8Array, digest: Uint8Array, signer: Uint8Array): Uint8Array | undefined {
  const v = signature[64] ?? 2;
  const id = v >= 27 ? v - 27 : v;
  if (id !== 0 && id !== 1) return undefined;
  const raw = signature.subarray(0, 64);
  const key = secp256k1.recoverPublicKey(concat(Uint8Array.of(id), raw), digest, { prehash: false });
  return equal(readSecp256k1(key), signer) ? raw : undefined;
}

/** Whether something is true; what the library throws at is not. */
function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** §3. Very short numbers make DER as long as r ‖ s or r ‖ s ‖ v, so each form is tried. */
function isEcdsa(signature: Uint8Array, digest: Uint8Array, signer: Uint8Array): boolean {
  const isGood = (raw: Uint8Array | undefined) => raw !== undefined && secp256k1.verify(raw, digest, signer, { prehash: false, lowS: true, format: "compact" });
  return (signature.length === 64 && holds(() => isGood(signature)))
    || (signature.length === 65 && holds(() => isGood(recovered(signature, digest, signer))))
    || holds(() => isGood(rawOfDer(signature, 32)));
}

function isSignedAs(pair: Pair, scheme: string): boolean {
  if (scheme === "ed25519") return ED25519.verify(pair.signer, pair.message, pair.ecdsaSignature);
  const digest = DIGESTS[scheme]?.(pair.message);
  return digest !== undefined && isEcdsa(pair.ecdsaSignature, digest, pair.signer);
}

function isPqcSigned({ algorithm, message, pqcPublicKey, pqcSignature }: Pair): boolean {
  const mldsa = ALGORITHMS[algorithm];
  return mldsa !== undefined && pqcSignature.length === mldsa.lengths.signature && mldsa.verify(pqcSignature, message, pqcPublicKey);
}

/** With its checksum, EIP-55. */
function addressOf({ chain, signer }: Pair): string | null {
  if (CHAINS[chain]?.[0] !== "eip191") return null;
  const digits = toHex(keccak_256(signer.subarray(1)).subarray(12));
  const sum = toHex(keccak_256(utf8(digits)));
  return `0x${[...digits].map((digit, i) => (Number.parseInt(sum[i] ?? "0", 16) >= 8 ? digit.toUpperCase() : digit)).join("")}`;
}

function checkPair(draft: Draft, pair: Pair): void {
  const schemes = pair.scheme === undefined ? (CHAINS[pair.chain] ?? []) : [pair.scheme];
  const scheme = schemes.find((one) => isSignedAs(pair, one));
  draft.ecdsaValid = scheme !== undefined;
  draft.pqcValid = isPqcSigned(pair);
  draft.ecdsaScheme = scheme ?? null;
  draft.signerAddress = draft.ecdsaValid ? addressOf(pair) : null;
  refuseIf(!draft.ecdsaValid || !draft.pqcValid, "PQC_004");
}

// -- the record

const hashText = (bytes: Uint8Array) => `sha256:${toHex(sha256(bytes))}`;
const isId = (value: unknown): value is string => typeof value === "string" && /^[0-9A-Za-z_-]{1,64}$/.test(value);

/** Written again from the pair, it is the same to the byte. */
function checkRecord(draft: Draft, { pair, record, metadata }: Read): void {
  const told = parseJson(record);
  if (!isObject(told)) throw new Refusal("HYBRID_RECORD");
  const [id, pqcKeyId, createdAt] = ["id", "pqcKeyId", "createdAt"].map((name) => told.get(name));
  if (!isId(id) || !isId(pqcKeyId) || typeof createdAt !== "string" || parseTime(createdAt) === undefined) throw new Refusal("HYBRID_RECORD");
  const again = objectOf({
    algorithm: pair.algorithm, chain: pair.chain, createdAt, ecdsaPublicKey: `0x${toHex(pair.signer)}`, ecdsaScheme: draft.ecdsaScheme ?? undefined,
    ecdsaSignatureSha256: hashText(pair.ecdsaSignature), id, messageSha256: hashText(pair.message), messageSize: pair.message.length,
    metadataSha256: metadata === undefined ? undefined : hashText(utf8(metadata)), pqcKeyId, pqcPublicKeySha256: hashText(pair.pqcPublicKey),
    pqcSignatureSha256: hashText(pair.pqcSignature), signerAddress: draft.signerAddress ?? undefined,
  });
  refuseIf(canonicalJson(again) !== record, "HYBRID_RECORD");
  Object.assign(draft, { id, pqcKeyId, createdAt, recordSha256: hashText(utf8(record)) });
}

// -- the countersignature

async function checkCountersignature(draft: Draft, record: string, options: NonNullable<HybridOptions["countersignature"]>): Promise<void> {
  const verdict = await verifyBundle({ ...options, payload: concat(PREFIX, utf8(record)), purpose: "hybrid" });
  draft.countersignature = verdict;
  if (!verdict.ok) throw new Refusal(verdict.reason as Reason);
  const { policy } = await readPinnedPolicy(options.policy);
  const behind = Math.floor((parseTime(draft.createdAt ?? "") ?? 0) / 1000) - (verdict.claims?.iat ?? Number.NaN);
  refuseIf(!(behind <= SKEW && -behind <= policy.maxDocAgeSeconds), "HYBRID_TIME");
}

/** Judges a recorded pair, offline: both signatures, the record, and the countersignature where its bundle is given. */
export async function verifyHybrid(options: HybridOptions): Promise<HybridVerdict> {
  const nothing = { ecdsaScheme: null, signerAddress: null, id: null, pqcKeyId: null, createdAt: null, recordSha256: null, countersignature: null };
  const draft: Draft = { ok: false, reason: "HYBRID_FORMAT", ecdsaValid: false, pqcValid: false, ...nothing };
  try {
    const found = read(options.attestation);
    if (options.countersignature !== undefined) await parseBundle(options.countersignature.bundle);
    checkPair(draft, found.pair);
    checkRecord(draft, found);
    if (options.countersignature !== undefined) await checkCountersignature(draft, found.record, options.countersignature);
    return { ...draft, ok: true, reason: "OK" };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...draft, ok: false, reason: error.reason };
  }
}
