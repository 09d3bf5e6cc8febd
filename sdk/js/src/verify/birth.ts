// SPDX-License-Identifier: Apache-2.0
//
// Keys of the PQ Signer door: the attestation of their birth (protocol/pq-birth.md), and of a signature.

import { sha256 } from "@noble/hashes/sha2.js";

import { ALGORITHMS } from "./alg.js";
import { concat, equal, fromUtf8, toHex, u64, utf8 } from "./bytes.js";
import { checkSignature } from "./composite.js";
import { Refusal, refuseIf } from "./errors.js";
import { type Base64OrBytes, bytesOfBase64, bytesOfPayload, type Payload } from "./input.js";
import {
  type Birth, BIRTH_ALGORITHMS, type BirthAlgorithm, type FileInput, isBirthAlgorithm, isKmsKey, isTime, isUserId, type Manifest,
  readKeyRecord, readManifest,
} from "./manifest.js";
import { bindNitro, isDebug, type NitroDocument, proveNitro } from "./nitro.js";
import { publicKeyOf } from "./publickey.js";
import { Malformed, Reader } from "./reader.js";
import type { Reason } from "./reasons.js";

const MAX_USER_DATA = 512;
const MAX_APART_MS = 60_000;
const CLEAR = utf8("CSB1");
const HASHED = utf8("CSH1");

// -- the commitment

const u16 = (n: number) => Uint8Array.of(n >> 8, n & 0xff);

function clearForm(birth: Birth): Uint8Array {
  const [userId, arn, alg] = [birth.userId, birth.kmsKeyArn, birth.alg].map(utf8) as [Uint8Array, Uint8Array, Uint8Array];
  const texts = [u16(userId.length), userId, u16(arn.length), arn, Uint8Array.of(alg.length), alg];
  return concat(CLEAR, sha256(birth.publicKey), sha256(birth.wrappedDk), ...texts, u64(BigInt(birth.createdAtMs)));
}

interface Commitment {
  readonly publicKey: Uint8Array;
  readonly wrappedDk: Uint8Array;
  readonly userId: string;
  readonly kmsKeyArn: string;
  readonly alg: BirthAlgorithm;
  readonly createdAtMs: number;
}

/** BIRTH_FORMAT for what nobody's birth has. */
function readClear(userData: Uint8Array): Commitment {
  const reader = new Reader(userData);
  const text = (length: number) => fromUtf8(reader.take(length)) ?? "";
  reader.take(CLEAR.length);
  const [publicKey, wrappedDk] = [reader.take(32), reader.take(32)];
  const userId = text(reader.u16());
  const kmsKeyArn = text(reader.u16());
  const alg = text(reader.u8());
  const createdAtMs = reader.u32() * 2 ** 32 + reader.u32();
  reader.end();
  if (!isUserId(userId) || !isKmsKey(kmsKeyArn) || !isBirthAlgorithm(alg) || !isTime(createdAtMs)) throw new Malformed();
  return { publicKey, wrappedDk, userId, kmsKeyArn, alg, createdAtMs };
}

function readCommitment(userData: Uint8Array): Commitment {
  try {
    refuseIf(!equal(userData.subarray(0, CLEAR.length), CLEAR) || userData.length > MAX_USER_DATA, "BIRTH_FORMAT");
    return readClear(userData);
  } catch (error) {
    throw error instanceof Malformed ? new Refusal("BIRTH_FORMAT") : error;
  }
}

function compareBirth(userData: Uint8Array, birth: Birth): void {
  const clear = clearForm(birth);
  if (clear.length > MAX_USER_DATA) {
    const isHashed = userData.length === HASHED.length + 32 && equal(userData.subarray(0, HASHED.length), HASHED);
    refuseIf(!isHashed, "BIRTH_FORMAT");
    refuseIf(!equal(userData, concat(HASHED, sha256(clear))), "BIRTH_HASH");
    return;
  }
  const told = readCommitment(userData);
  refuseIf(!equal(told.publicKey, sha256(birth.publicKey)), "BIRTH_PUBLIC_KEY");
  refuseIf(!equal(told.wrappedDk, sha256(birth.wrappedDk)), "BIRTH_WRAPPED_DK");
  refuseIf(told.userId !== birth.userId, "BIRTH_USER");
  refuseIf(told.kmsKeyArn !== birth.kmsKeyArn, "BIRTH_KMS_KEY");
  refuseIf(told.alg !== birth.alg, "BIRTH_ALGORITHM");
  refuseIf(told.createdAtMs !== birth.createdAtMs, "BIRTH_CREATED");
  refuseIf(!equal(userData, clear), "BIRTH_HASH");
}

// -- verdicts

/** What `pq-attest verify` prints. What nothing was verified of is null. */
export interface BirthVerdict {
  readonly ok: boolean;
  readonly reason: Reason | "OK";
  /** Registers 0, 1, 2 and 8, in hex. */
  readonly verified_pcrs: Readonly<Record<string, string>> | null;
  /** Of a document without user_data: zeros. */
  readonly user_data_sha256: string | null;
  readonly nitro_root_der_sha256: string | null;
  /** The pinned root is not AWS's: whatever was verified, software said it. */
  readonly software_nsm: boolean;
  /** By the root's clock. */
  readonly attested_at: string | null;
}

/** Checks 3 and 4 of §3. */
function checkRegisters({ pcrs }: NitroDocument, manifest: Manifest): void {
  for (const register of manifest.pcrs.keys()) refuseIf(!pcrs.has(register), "ATT_REGISTER_MISSING");
  for (const [register, wanted] of manifest.pcrs) refuseIf(toHex(pcrs.get(register) as Uint8Array) !== wanted, "ATT_IMAGE_NOT_ALLOWED");
}

async function judge(
  evidence: Uint8Array,
  manifest: Manifest,
  allowSoftwareNsm: boolean,
  check: (document: NitroDocument) => void,
  bind: (document: NitroDocument) => void = () => {},
): Promise<BirthVerdict> {
  let shown: Pick<BirthVerdict, "user_data_sha256" | "nitro_root_der_sha256" | "attested_at"> = {
    user_data_sha256: null,
    nitro_root_der_sha256: null,
    attested_at: null,
  };
  const verdict = (reason: Reason | "OK"): BirthVerdict => {
    const ok = reason === "OK";
    return { ok, reason, verified_pcrs: ok ? Object.fromEntries(manifest.pcrs) : null, ...shown, software_nsm: manifest.isSoftware };
  };
  try {
    refuseIf(manifest.isSoftware && !allowSoftwareNsm, "ATT_MOCK_REFUSED");
    const { document, rootSha256 } = await proveNitro(evidence, [manifest.rootSha256], "its own");
    const { userData, timestampMs } = document;
    shown = {
      user_data_sha256: userData === undefined ? "0".repeat(64) : toHex(sha256(userData)),
      nitro_root_der_sha256: rootSha256,
      attested_at: new Date(timestampMs).toISOString(),
    };
    bind(document);
    refuseIf(isDebug(document), "ATT_DEBUG");
    checkRegisters(document, manifest);
    check(document);
    return verdict("OK");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return verdict(error.reason);
  }
}

export interface BirthOptions {
  /** The document, as `birth_attestation` came with the key. */
  readonly birthAttestation: Base64OrBytes;
  /** measurement-manifest.json of the release that the key was born under. */
  readonly manifest: FileInput;
  /** key-record.json. */
  readonly keyRecord: FileInput;
  /** Accepts a manifest with the root of a software NSM, which proves nothing about hardware. */
  readonly allowSoftwareNsm?: boolean | undefined;
}

/** Judges the birth attestation of a key of the PQ Signer door, offline. Throws for a file that cannot be used. */
export async function verifyBirth(options: BirthOptions): Promise<BirthVerdict> {
  const manifest = readManifest(options.manifest);
  const birth = readKeyRecord(options.keyRecord);
  const evidence = bytesOfBase64("birthAttestation", options.birthAttestation);
  return judge(evidence, manifest, options.allowSoftwareNsm ?? false, ({ userData = new Uint8Array(), timestampMs }) => {
    compareBirth(userData, birth);
    refuseIf(Math.abs(birth.createdAtMs - timestampMs) > MAX_APART_MS, "BIRTH_CLOCK");
  });
}

export interface PqSignatureOptions {
  /** As the door names it; `ML-DSA-44` unless it is said otherwise. */
  readonly alg?: BirthAlgorithm | undefined;
  /** `mldsa_public_key`: take it from the key's record, not from the answer that has the signature. */
  readonly publicKey: Base64OrBytes;
  readonly message: Payload;
  /** `mldsa_signature`. */
  readonly signature: Base64OrBytes;
  /** `attestation`, where one was asked for; it is then judged under `manifest`. */
  readonly attestation?: { readonly document: Base64OrBytes; readonly manifest: FileInput; readonly allowSoftwareNsm?: boolean | undefined } | undefined;
}

export interface PqSignatureVerdict {
  readonly ok: boolean;
  readonly reason: Reason | "OK";
  /** Null unless a document was handed over and the signature is good. */
  readonly attestation: BirthVerdict | null;
}

function reasonOfSignature(options: PqSignatureOptions, signature: Uint8Array): Reason | "OK" {
  const algorithm = ALGORITHMS.find((a) => a.name === BIRTH_ALGORITHMS[options.alg ?? "ML-DSA-44"].name);
  try {
    if (algorithm === undefined) throw new Refusal("UNKNOWN_ALGORITHM");
    const key = publicKeyOf(algorithm, "pure", bytesOfBase64("publicKey", options.publicKey));
    checkSignature(key, { payload: bytesOfPayload(options.message) }, signature, new Uint8Array());
    return "OK";
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}

/**
 * Judges a signature of the PQ Signer door, and the document that came with it: its `user_data` is the SHA-256 of the
 * signature, its `nonce` that of the message.
 */
export async function verifyPqSignature(options: PqSignatureOptions): Promise<PqSignatureVerdict> {
  const signature = bytesOfBase64("signature", options.signature);
  const reason = reasonOfSignature(options, signature);
  if (reason !== "OK" || options.attestation === undefined) return { ok: reason === "OK", reason, attestation: null };
  const { document, manifest, allowSoftwareNsm = false } = options.attestation;
  const expected = { raw: true, binding: sha256(signature), nonce: sha256(bytesOfPayload(options.message)) };
  const attestation = await judge(
    bytesOfBase64("attestation", document),
    readManifest(manifest),
    allowSoftwareNsm,
    () => {},
    (proven) => bindNitro(proven, expected),
  );
  return { ok: attestation.ok, reason: attestation.reason, attestation };
}
