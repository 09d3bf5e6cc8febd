// SPDX-License-Identifier: Apache-2.0
//
// The two files beside a birth attestation (protocol/pq-birth.md §2): the measurements of a release, and what the operator
// keeps of a key.

import { fromBase64, fromHex, utf8 } from "./bytes.js";
import { CountersignError } from "./errors.js";
import { Fields, isInteger, isObject, isString, isText } from "./fields.js";
import { isObject as isObjectOrNot, type JsonValue, parseJson } from "./json.js";
import { jsonText, type PolicyInput } from "./policy.js";
import { ROOTS } from "./roots.js";

const MAX_FILE = 16 * 1024;
const MAX_NAME = 64;
const MAX_TIME_MS = 253402300799999; // end of the year 9999

/** Text, bytes, or what JSON.parse made of them. */
export type FileInput = PolicyInput;

const REGISTERS = ["0", "1", "2", "8"] as const;

export interface Manifest {
  readonly enclaveVersion: string;
  /** Registers 0, 1, 2 and 8, in hex. */
  readonly pcrs: ReadonlyMap<number, string>;
  /** Of the root's certificate, in hex. */
  readonly rootSha256: string;
  /** The root is not AWS's. */
  readonly isSoftware: boolean;
}

export const BIRTH_ALGORITHMS = {
  "ML-DSA-44": { name: "mldsa44", publicKeyLength: 1312 },
  "ML-DSA-65": { name: "mldsa65", publicKeyLength: 1952 },
  "ML-DSA-87": { name: "mldsa87", publicKeyLength: 2592 },
} as const;

export type BirthAlgorithm = keyof typeof BIRTH_ALGORITHMS;

export interface Birth {
  readonly userId: string;
  readonly alg: BirthAlgorithm;
  readonly publicKey: Uint8Array;
  readonly wrappedDk: Uint8Array;
  readonly kmsKeyArn: string;
  readonly createdAtMs: number;
}

export const isUserId = (value: string): boolean => isText(1, 256)(value) && !value.includes("\0");
export const isKmsKey = (value: string): boolean => /^[\x21-\x7e]{1,2048}$/.test(value);
export const isTime = (value: number): boolean => Number.isSafeInteger(value) && value >= 1 && value <= MAX_TIME_MS;
export const isBirthAlgorithm = (value: string): value is BirthAlgorithm => Object.hasOwn(BIRTH_ALGORITHMS, value);

/** Errors of policies are told of the file that is meant. */
function readFile<T>(file: string, input: FileInput, read: (fields: Fields) => T): T {
  const bad = (code: string, member?: string) =>
    new CountersignError(code, `${file} cannot be used (${code}${member === undefined ? "" : `: ${member}`})`, { ...(member !== undefined && { member }) });
  const text = jsonText(input);
  if ((typeof text === "string" ? utf8(text) : text).length > MAX_FILE) throw bad("TOO_LARGE");
  const object = parseJson(text);
  if (object === undefined) throw bad("BAD_JSON");
  if (!isObjectOrNot(object)) throw bad("BAD_FIELD");
  try {
    const fields = new Fields(object);
    const made = read(fields);
    fields.refuseUnknown();
    return made;
  } catch (error) {
    throw error instanceof CountersignError ? bad(error.code, error.member) : error;
  }
}

const isHexOf =
  (length: number) =>
  (value: JsonValue): value is string =>
    isString(value) && fromHex(value)?.length === length;

const isFirstRegister = (value: JsonValue): value is string => isHexOf(48)(value) && !/^0*$/.test(value);

const isVersion = (value: JsonValue): value is string => isString(value) && /^[\x21-\x7e]+$/.test(value) && value.length <= MAX_NAME;

/** measurement-manifest.json. */
export function readManifest(input: FileInput): Manifest {
  return readFile("the manifest", input, (fields) => {
    fields.required("version", isInteger(1, 1));
    const enclaveVersion = fields.required("enclave_version", isVersion);
    const members = new Fields(fields.required("pcrs", isObject), "pcrs.");
    const values = REGISTERS.map((name) => members.required(name, name === "0" ? isFirstRegister : isHexOf(48)));
    members.refuseUnknown();
    const rootSha256 = fields.required("root_sha256", isHexOf(32));
    const isSoftware = !(ROOTS["aws-nitro-enclave"] as readonly string[]).includes(rootSha256);
    return { enclaveVersion, pcrs: new Map(REGISTERS.map((name, i) => [Number(name), values[i] as string])), rootSha256, isSoftware };
  });
}

/** key-record.json. */
export function readKeyRecord(input: FileInput): Birth {
  return readFile("the key record", input, (fields) => {
    const isBase64 = (min: number, max: number) => (value: JsonValue): value is string => {
      const bytes = isString(value) ? fromBase64(value) : undefined;
      return bytes !== undefined && bytes.length >= min && bytes.length <= max;
    };
    const bytes = (name: string, min: number, max: number) => fromBase64(fields.required(name, isBase64(min, max))) as Uint8Array;
    const userId = fields.required("user_id", (value): value is string => isString(value) && isUserId(value));
    const alg = fields.required("alg", (value): value is BirthAlgorithm => isString(value) && isBirthAlgorithm(value));
    const { publicKeyLength } = BIRTH_ALGORITHMS[alg];
    return {
      userId,
      alg,
      publicKey: bytes("mldsa_pubkey", publicKeyLength, publicKeyLength),
      wrappedDk: bytes("wrapped_dk", 1, 1024),
      kmsKeyArn: fields.required("kms_key_arn", (value): value is string => isString(value) && isKmsKey(value)),
      createdAtMs: fields.required("created_at_ms", isInteger(1, MAX_TIME_MS)),
    };
  });
}

