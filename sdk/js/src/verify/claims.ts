// SPDX-License-Identifier: Apache-2.0
//
// The claims of a document (protocol/attestation.md §2): read strictly, other members are ignored.

import { algorithmOf, isFormat } from "./alg.js";
import { fromBase64, fromHex } from "./bytes.js";
import { refuseIf } from "./errors.js";
import { isInteger, isText } from "./fields.js";
import { isObject, type JsonObject, type JsonValue } from "./json.js";

export type Kind = "sign" | "birth" | "boot";
export type Purpose = "sign" | "hybrid";

const SPKI_LENGTH = 44;
const MAX_MEMBERS = 64;
const MAX_SECONDS = 253402300799;
const KEY_RELEASES: readonly JsonValue[] = ["attested", "relayed", "agent-visible", "local"];

export interface Claims {
  readonly kind: Kind;
  readonly imageHash: string;
  readonly epoch: string;
  readonly counter: number;
  readonly nonce: Uint8Array;
  readonly iat: number;
  readonly enclaveVersion: string;
  /** Kinds sign and birth. */
  readonly key?: KeyClaims;
  /** Kind sign. */
  readonly signed?: SignedClaims;
}

export interface KeyClaims {
  readonly keyCounter: number;
  readonly keyId: string;
  readonly algorithm: string;
  readonly signatureFormat: string;
  readonly publicKeySha256: string;
  readonly purpose: Purpose;
}

export interface SignedClaims {
  /** Exactly one of the two. */
  readonly payloadSha256?: string;
  readonly payloadPreHash?: string;
  readonly sigSha256: string;
}

const isSha256 = (value: JsonValue | undefined): value is string =>
  typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value);

/** A member that must be there and of this type. */
function claim<T extends JsonValue>(object: JsonObject, name: string, isGood: (value: JsonValue | undefined) => value is T): T {
  const value = object.get(name);
  if (!isGood(value)) refuseIf(true, "ATT_CLAIMS");
  return value as T;
}

const isOneOf =
  <T extends string>(...names: readonly T[]) =>
  (value: JsonValue | undefined): value is T =>
    (names as readonly (JsonValue | undefined)[]).includes(value);

const isAnyText = (value: JsonValue | undefined): value is string => typeof value === "string";
const isEpoch = (value: JsonValue | undefined): value is string =>
  typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
const isFromOne = isInteger(1);

function readNonce(object: JsonObject): Uint8Array {
  const nonce = fromBase64(claim(object, "nonce", isAnyText));
  refuseIf(nonce === undefined || nonce.length < 8 || nonce.length > 64, "ATT_CLAIMS");
  return nonce as Uint8Array;
}

function readKey(object: JsonObject): KeyClaims {
  const key = {
    keyCounter: claim(object, "keyCounter", isFromOne),
    keyId: claim(object, "keyId", isText(1, 64)),
    algorithm: claim(object, "algorithm", isAnyText),
    signatureFormat: claim(object, "signatureFormat", isAnyText),
    publicKeySha256: claim(object, "publicKeySha256", isSha256),
    purpose: claim(object, "purpose", isOneOf("sign", "hybrid")),
  };
  const format = key.signatureFormat;
  refuseIf(!isFormat(format) || algorithmOf(key.algorithm)?.formats.includes(format) !== true, "ATT_CLAIMS");
  return key;
}

/** `<alg>:<hex>` of exactly the pre-hash that the key's algorithm signs. */
function isPreHash(text: JsonValue | undefined, key: KeyClaims): text is string {
  const preHash = algorithmOf(key.algorithm)?.composite?.preHash;
  if (typeof text !== "string" || preHash === undefined || key.signatureFormat !== "composite") return false;
  const beginning = `${preHash.name}:`;
  return text.startsWith(beginning) && fromHex(text.slice(beginning.length))?.length === preHash.length;
}

function readSigned(object: JsonObject, key: KeyClaims): SignedClaims {
  const sigSha256 = claim(object, "sigSha256", isSha256);
  if (object.has("policyId")) claim(object, "policyId", isText(0, 64));
  refuseIf(object.has("payloadSha256") === object.has("payloadPreHash"), "ATT_CLAIMS");
  if (object.has("payloadSha256")) return { sigSha256, payloadSha256: claim(object, "payloadSha256", isSha256) };
  const isGood = (value: JsonValue | undefined): value is string => isPreHash(value, key);
  return { sigSha256, payloadPreHash: claim(object, "payloadPreHash", isGood) };
}

function checkBirth(object: JsonObject): void {
  claim(object, "sealedSha256", isSha256);
  refuseIf(!KEY_RELEASES.includes(object.get("keyRelease") ?? null), "ATT_CLAIMS");
}

function checkBoot(object: JsonObject): void {
  if (!object.has("ledgerKeys")) return;
  const keys = object.get("ledgerKeys");
  const lengthOf = (name: string) => {
    const text = isObject(keys) ? keys.get(name) : undefined;
    return typeof text === "string" ? fromBase64(text)?.length : undefined;
  };
  refuseIf(lengthOf("ed25519") !== 32 || lengthOf("mldsa44") !== 1312, "ATT_CLAIMS");
}

/** Information only, but a document without it is not as vendor mock makes them. */
function checkMockRoot(object: JsonObject): void {
  const root = fromBase64(claim(object, "rootPublicKeyB64", isAnyText));
  refuseIf(root?.length !== SPKI_LENGTH, "ATT_CLAIMS");
  claim(object, "rootKeyId", isText(1, 128));
}

/** ATT_CLAIMS for anything that is not as §2 says. `kind` was compared before. */
export function readClaims(object: JsonObject, kind: Kind, isMock: boolean): Claims {
  const common = {
    kind,
    imageHash: claim(object, "imageHash", isMock ? isSha256 : isAnyText),
    epoch: claim(object, "epoch", isEpoch),
    counter: claim(object, "counter", isFromOne),
    nonce: readNonce(object),
    iat: claim(object, "iat", isInteger(0, MAX_SECONDS)),
    enclaveVersion: claim(object, "enclaveVersion", isText(1, 64)),
  };
  if (isMock) checkMockRoot(object);
  if (kind === "boot") {
    checkBoot(object);
    return common;
  }
  const key = readKey(object);
  if (kind === "sign") return { ...common, key, signed: readSigned(object, key) };
  checkBirth(object);
  return { ...common, key };
}

const bare = (hash: string | undefined) => hash?.slice("sha256:".length);

/** The facts again, under the names of published clients, which vendor mock states (§2): ATT_COMPAT_CLAIMS. */
export function checkCompat(object: JsonObject, claims: Claims): void {
  const again = object.get("claims");
  const agrees =
    object.get("issuedAt") === new Date(claims.iat * 1000).toISOString() &&
    isObject(again) &&
    again.size <= MAX_MEMBERS &&
    again.get("kind") === claims.kind &&
    again.get("counter") === claims.counter &&
    again.get("payloadSha256") === bare(claims.signed?.payloadSha256) &&
    again.get("sigSha256") === bare(claims.signed?.sigSha256);
  refuseIf(!agrees, "ATT_COMPAT_CLAIMS");
}
