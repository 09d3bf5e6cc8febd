// SPDX-License-Identifier: Apache-2.0
//
// aws-nitro-enclave (protocol/attestation.md §9): the document of the Nitro security module.

import { differs } from "./binding.js";
import { toHex } from "./bytes.js";
import { isMap, parseCbor, type CborMap, type CborValue } from "./cbor.js";
import { parseCoseSign1, type CoseSign1 } from "./cose.js";
import { policyError } from "./errors.js";
import { Fields, isString } from "./fields.js";
import { objectOf, type JsonObject } from "./json.js";
import { isZero } from "./reader.js";
import { need, refuse } from "./refusal.js";
import { judgeRegisters, readRegisters, writeRegisters, type Registers } from "./registers.js";
import { readRootPin, ROOTS, type RootPin } from "./roots.js";
import { isAtLeast, parseVersion, type Version } from "./version.js";
import type { EvaluationTime, ExpectedBinding, Proven, Vendor, VendorRules } from "./vendor.js";
import { verifyWith, type VendorKey } from "./vendorkey.js";
import { MAX_CHAIN, parseCertificate, verifyChain, type Certificate } from "./x509.js";

const ES384 = -35;
const ES384_LENGTH = 96;
const REGISTERS = 32;
const REGISTER_LENGTH = 48;
const MAX_CALLER_BYTES = 1024;
const MAX_TIMESTAMP_MS = 253402300799999; // end of the year 9999
const MEMBERS = ["module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle", "public_key", "user_data", "nonce"];

/** What a document says; it is as good as what {@link proveNitro} held it against. */
export interface NitroDocument {
  readonly timestampMs: number;
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  /** The leaf first, the root last. */
  readonly ders: readonly Uint8Array[];
  readonly publicKey: Uint8Array | undefined;
  readonly userData: Uint8Array | undefined;
  readonly nonce: Uint8Array | undefined;
}

// -- the document --------------------------------------------------------------------------------------------------

const malformed = (): never => refuse("ATT_EVIDENCE_FORMAT");

function bytesOf(value: CborValue | undefined, min: number): Uint8Array {
  const good = value instanceof Uint8Array && value.length >= min && value.length <= MAX_CALLER_BYTES;
  return good ? value : malformed();
}

function optionalBytesOf(value: CborValue | undefined, min: number): Uint8Array | undefined {
  return value === undefined || value === null ? undefined : bytesOf(value, min);
}

function readPcrs(value: CborValue | undefined): ReadonlyMap<number, Uint8Array> {
  if (!isMap(value) || value.size < 1 || value.size > REGISTERS) return malformed();
  const pcrs = new Map<number, Uint8Array>();
  for (const [register, content] of value) {
    if (typeof register !== "number" || register < 0 || register >= REGISTERS) return malformed();
    if (!(content instanceof Uint8Array) || ![32, 48, 64].includes(content.length)) return malformed();
    pcrs.set(register, content);
  }
  return pcrs;
}

function readDers(document: CborMap): Uint8Array[] {
  const bundle = document.get("cabundle");
  if (!Array.isArray(bundle) || bundle.length < 1 || bundle.length > MAX_CHAIN - 1) return malformed();
  const issuers = bundle.map((item: CborValue) => bytesOf(item, 1));
  return [bytesOf(document.get("certificate"), 1), ...issuers.reverse()];
}

function readDocument(payload: Uint8Array): NitroDocument {
  const document = parseCbor(payload);
  if (!isMap(document) || [...document.keys()].some((key) => !MEMBERS.includes(String(key)))) return malformed();
  const moduleId = document.get("module_id");
  const timestamp = document.get("timestamp");
  if (typeof moduleId !== "string" || !/^[\x20-\x7e]+$/.test(moduleId)) return malformed();
  if (document.get("digest") !== "SHA384" || typeof timestamp !== "number") return malformed();
  if (timestamp < 1 || timestamp > MAX_TIMESTAMP_MS) return malformed();
  return {
    timestampMs: timestamp,
    pcrs: readPcrs(document.get("pcrs")),
    ders: readDers(document),
    publicKey: optionalBytesOf(document.get("public_key"), 1),
    userData: optionalBytesOf(document.get("user_data"), 0),
    nonce: optionalBytesOf(document.get("nonce"), 0),
  };
}

const isZeroRegister = (value: Uint8Array | undefined): boolean => value !== undefined && isZero(value);

// -- the rules -----------------------------------------------------------------------------------------------------

interface Rules {
  readonly pcrs: Registers;
  readonly minVersion: Version | undefined;
  readonly pin: RootPin;
}

/**
 * Form, ES384, chain to one of these roots (hex SHA-256), signature. Certificates are judged at `at`, seconds since 1970, or
 * at the document's own time.
 */
export async function proveNitro(evidence: Uint8Array, roots: readonly string[], at: number | "its own") {
  const message: CoseSign1 = need(parseCoseSign1(evidence), "ATT_EVIDENCE_FORMAT");
  const document = readDocument(message.payload);
  if (message.alg !== ES384) refuse("ATT_EVIDENCE_ALGORITHM");
  if (message.signature.length !== ES384_LENGTH) refuse("ATT_EVIDENCE_FORMAT");
  const chain: Certificate[] = document.ders.map((der) => need(parseCertificate(der), "ATT_EVIDENCE_FORMAT"));
  await verifyChain(chain, {
    roots,
    at: at === "its own" ? secondsOf(document) : at,
    schemes: ["ES384_DER"],
    caKeyUsage: true,
    leafDigitalSignature: true,
  });
  const key = chain[0]?.key as VendorKey;
  if (!(await verifyWith(key, "ES384_RAW", message.signed, message.signature))) refuse("ATT_PROOF_INVALID");
  return { document, rootSha256: chain[chain.length - 1]?.sha256 ?? "" };
}

const secondsOf = (document: NitroDocument): number => Math.floor(document.timestampMs / 1000);

/** A debugger could look inside: registers 0, 1 and 2 are zero. */
export function isDebug(document: NitroDocument): boolean {
  return [0, 1, 2].every((register) => isZeroRegister(document.pcrs.get(register)));
}

async function proveDocument(rules: Rules, evidence: Uint8Array, time: EvaluationTime): Promise<Proven> {
  const { document, rootSha256 } = await proveNitro(evidence, rules.pin.roots, time.stored ? "its own" : time.at);
  const image = document.pcrs.get(0);
  return {
    imageHash: image?.length === REGISTER_LENGTH ? `sha384:${toHex(image)}` : "",
    evidenceTime: secondsOf(document),
    hardware: (ROOTS["aws-nitro-enclave"] as readonly string[]).includes(rootSha256),
    rootSha256: `sha256:${rootSha256}`,
    bind: (expected) => bindNitro(document, expected),
    allow: (enclaveVersion) => allow(rules, document, enclaveVersion),
  };
}

/** What is expected in the fields that an enclave fills. */
export function bindNitro(document: NitroDocument, expected: ExpectedBinding): void {
  if (differs(document.publicKey, expected.publicKey)) refuse("ATT_PUBLIC_KEY_MISMATCH");
  if (differs(document.userData, expected.binding)) refuse("ATT_COMMITMENT_MISMATCH");
  if (differs(document.nonce, expected.nonce)) refuse("ATT_NONCE_MISMATCH");
}

function allow(rules: Rules, document: NitroDocument, enclaveVersion: string | undefined): void {
  if (isDebug(document)) refuse("ATT_DEBUG");
  judgeRegisters(rules.pcrs, "sha384:", (register) => document.pcrs.get(register));
  if (rules.minVersion === undefined) return;
  const version = enclaveVersion === undefined ? undefined : parseVersion(enclaveVersion);
  if (version === undefined || !isAtLeast(version, rules.minVersion)) refuse("ATT_ENCLAVE_VERSION");
}

function readRules(matchRules: JsonObject, allowDevelopment: boolean): VendorRules {
  const match = new Fields(matchRules, "matchRules.");
  const pcrs = readRegisters(match, "pcrs", "sha384:", REGISTER_LENGTH, REGISTERS);
  const text = match.optional("minEnclaveVersion", isString);
  const minVersion = text === undefined ? undefined : parseVersion(text);
  if (text !== undefined && minVersion === undefined) throw policyError("BAD_FIELD", match.at("minEnclaveVersion"));
  if (!pcrs.has(0) && !(pcrs.has(8) && minVersion !== undefined)) throw policyError("POLICY_ALLOWLIST_EMPTY", match.at("pcrs"));
  const pin = readRootPin(match, "rootCertificatePem", "aws-nitro-enclave", allowDevelopment);
  match.refuseUnknown();
  return {
    canonical: objectOf({ minEnclaveVersion: text, pcrs: writeRegisters(pcrs), rootCertificatePem: pin.pem }),
    development: pin.development,
    rootSha256: pin.sha256,
    prove: (evidence, time) => proveDocument({ pcrs, minVersion, pin }, evidence, time),
  };
}

export const NITRO: Vendor = { name: "aws-nitro-enclave", evidenceAlg: "nitro-cose", sessions: true, readRules };
