// SPDX-License-Identifier: Apache-2.0
//
// Public keys as protocol/signature.md §7 has them: the text of the service, and SubjectPublicKeyInfo in PEM.

import { sha256 } from "@noble/hashes/sha2.js";

import {
  type Algorithm,
  ALGORITHMS,
  algorithmOf,
  isFormat,
  mldsaPublicKeyLength,
  publicKeyLength,
  type SignatureFormat,
} from "./alg.js";
import { concat, equal, fromBase64, fromUtf8, toBase64, toHex, utf8 } from "./bytes.js";
import { Refusal, refuseIf } from "./errors.js";
import { type JsonValue, parseJsonObject } from "./json.js";
import { parseWith, Reader } from "./reader.js";

const MAX_TEXT = 4096;
const MAX_NAME = 128;
const MAX_DER = 2848;
const MEMBERS = ["v", "alg", "classical", "pq", "format"];
const PEM = /^-----BEGIN PUBLIC KEY-----\r?\n((?:[A-Za-z0-9+/]{64}\r?\n)*[A-Za-z0-9+/=]{1,64})\r?\n-----END PUBLIC KEY-----(?:\r?\n)?$/;

export interface PublicKey {
  readonly algorithm: Algorithm;
  readonly format: SignatureFormat;
  /** mldsaPK ‖ tradPK */
  readonly bytes: Uint8Array;
}

/** `sha256:<hex>` of the key's bytes, as it stands in documents and statements. */
export function publicKeySha256(key: PublicKey): string {
  return `sha256:${toHex(sha256(key.bytes))}`;
}

export function mldsaHalf(key: PublicKey): Uint8Array {
  return key.bytes.subarray(0, mldsaPublicKeyLength(key.algorithm));
}

export function classicalHalf(key: PublicKey): Uint8Array {
  return key.bytes.subarray(mldsaPublicKeyLength(key.algorithm));
}

function halfOf(text: JsonValue | undefined): Uint8Array {
  const bytes = typeof text === "string" ? fromBase64(text) : undefined;
  refuseIf(bytes === undefined, "BAD_PUBLIC_KEY");
  return bytes as Uint8Array;
}

function isName(value: JsonValue | undefined): value is string {
  return typeof value === "string" && utf8(value).length <= MAX_NAME;
}

function formatOf(algorithm: Algorithm, name: JsonValue | undefined): SignatureFormat {
  if (name === undefined) return algorithm.formats[0] as SignatureFormat;
  if (!isName(name)) throw new Refusal("BAD_PUBLIC_KEY");
  if (!isFormat(name)) throw new Refusal("UNKNOWN_SIGNATURE_FORMAT");
  refuseIf(!algorithm.formats.includes(name), "FORMAT_NOT_OFFERED");
  return name;
}

/** A key of these bytes; BAD_PUBLIC_KEY unless they are one of the algorithm. */
export function publicKeyOf(algorithm: Algorithm, format: SignatureFormat, bytes: Uint8Array): PublicKey {
  refuseIf(!algorithm.formats.includes(format), "FORMAT_NOT_OFFERED");
  refuseIf(bytes.length !== publicKeyLength(algorithm), "BAD_PUBLIC_KEY");
  const key = { algorithm, format, bytes };
  const { composite } = algorithm;
  refuseIf(composite !== undefined && !composite.classical.isPublicKey(classicalHalf(key)), "BAD_PUBLIC_KEY");
  return key;
}

function readJson(text: string): PublicKey {
  const object = parseJsonObject(text);
  if (object === undefined || utf8(text).length > MAX_TEXT) throw new Refusal("BAD_PUBLIC_KEY");
  refuseIf(object.get("v") !== 1, "BAD_PUBLIC_KEY");
  for (const name of object.keys()) refuseIf(!MEMBERS.includes(name), "BAD_PUBLIC_KEY");
  refuseIf(!isName(object.get("alg")), "BAD_PUBLIC_KEY");
  const algorithm = algorithmOf(object.get("alg"));
  if (algorithm === undefined) throw new Refusal("UNKNOWN_ALGORITHM");
  const format = formatOf(algorithm, object.get("format"));
  const pq = halfOf(object.get("pq"));
  refuseIf(pq.length !== mldsaPublicKeyLength(algorithm), "BAD_PUBLIC_KEY");
  refuseIf(object.has("classical") !== (algorithm.composite !== undefined), "BAD_PUBLIC_KEY");
  const classical = algorithm.composite ? halfOf(object.get("classical")) : new Uint8Array();
  return publicKeyOf(algorithm, format, concat(pq, classical));
}

const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;
const BIT_STRING = 0x03;

/** The contents of the next element, of this tag; its length in the shortest form, of at most two bytes. */
function takeElement(reader: Reader, tag: number): Uint8Array {
  reader.demand(reader.u8() === tag);
  const first = reader.u8();
  const length = first === 0x81 ? reader.u8() : first === 0x82 ? reader.u16() : first;
  reader.demand(first < 0x80 || (first === 0x81 && length >= 0x80) || (first === 0x82 && length >= 0x100));
  return reader.take(length);
}

/** Of an AlgorithmIdentifier without parameters. */
function algorithmOfIdentifier(identifier: Uint8Array): Algorithm | undefined {
  const oid = parseWith(identifier, (reader) => {
    const contents = takeElement(reader, OBJECT_IDENTIFIER);
    reader.end();
    return contents;
  });
  return oid && ALGORITHMS.find((algorithm) => algorithm.oid !== undefined && equal(algorithm.oid, oid));
}

/** SEQUENCE {AlgorithmIdentifier, BIT STRING} and nothing else. */
function readSpki(der: Uint8Array): PublicKey {
  const parts = parseWith(der, (reader) => {
    const inside = new Reader(takeElement(reader, SEQUENCE));
    reader.end();
    const [identifier, bits] = [takeElement(inside, SEQUENCE), takeElement(inside, BIT_STRING)];
    inside.end();
    inside.demand(bits[0] === 0);
    return { identifier, key: bits.subarray(1) };
  });
  if (parts === undefined || der.length > MAX_DER) throw new Refusal("BAD_PUBLIC_KEY");
  const algorithm = algorithmOfIdentifier(parts.identifier);
  if (algorithm === undefined) throw new Refusal("UNKNOWN_ALGORITHM");
  return publicKeyOf(algorithm, algorithm.formats[0] as SignatureFormat, parts.key);
}

function readPem(text: string): PublicKey {
  const body = PEM.exec(text)?.[1]?.replace(/\r?\n/g, "");
  const der = body === undefined ? undefined : fromBase64(body);
  if (der === undefined) throw new Refusal("BAD_PUBLIC_KEY");
  return readSpki(der);
}

/** Reads either text. Throws a Refusal: BAD_PUBLIC_KEY, UNKNOWN_ALGORITHM, UNKNOWN_SIGNATURE_FORMAT, FORMAT_NOT_OFFERED. */
export function readPublicKey(input: string | Uint8Array): PublicKey {
  const text = typeof input === "string" ? input : fromUtf8(input);
  if (text === undefined) throw new Refusal("BAD_PUBLIC_KEY");
  return text.startsWith("-----") ? readPem(text) : readJson(text);
}

/** The service's text of a key: members in its order, without white space. */
export function publicKeyText(key: PublicKey): string {
  const text: Record<string, string | number> = { v: 1, alg: key.algorithm.name };
  if (key.algorithm.composite) text["classical"] = toBase64(classicalHalf(key));
  text["pq"] = toBase64(mldsaHalf(key));
  if (key.format !== key.algorithm.formats[0]) text["format"] = key.format;
  return JSON.stringify(text);
}
