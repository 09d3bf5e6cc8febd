// SPDX-License-Identifier: Apache-2.0
//
// Tokens of cloud verifiers: JWT under RS256 (RFC 7515, 7519). Which key verifies is the caller's, who has it from a pin;
// `jku`, `jwk` and `x5u` are not read at all.

import { fromBase64Url, latin1, utf8 } from "./bytes.js";
import { isInteger } from "./fields.js";
import { isObject, parseJsonObject, type JsonObject, type JsonValue } from "./json.js";
import { need, refuse } from "./refusal.js";
import type { EvaluationTime } from "./vendor.js";
import { verifyWith, type VendorKey } from "./vendorkey.js";

export const MAX_SECONDS = 253402300799; // end of the year 9999
const MAX_TOKEN = 64 * 1024;
const MAX_MEMBERS = 64;
const SKEW_SECONDS = 60;

export interface Token {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Three parts of canonical base64url, none empty; header and claims strict JSON objects. */
export function parseToken(bytes: Uint8Array): Token {
  if (bytes.length > MAX_TOKEN) refuse("ATT_EVIDENCE_FORMAT");
  const parts = latin1(bytes).split(".");
  if (parts.length !== 3 || parts.includes("")) refuse("ATT_EVIDENCE_FORMAT");
  const [header, claims, signature] = parts.map((part) => need(fromBase64Url(part), "ATT_EVIDENCE_FORMAT")) as [
    Uint8Array, Uint8Array, Uint8Array,
  ];
  return {
    header: need(parseJsonObject(header, MAX_MEMBERS), "ATT_EVIDENCE_FORMAT"),
    claims: need(parseJsonObject(claims, MAX_MEMBERS), "ATT_EVIDENCE_FORMAT"),
    signed: bytes.subarray(0, (parts[0]?.length ?? 0) + 1 + (parts[1]?.length ?? 0)),
    signature,
  };
}

/** A text of at most `max` bytes; undefined if the member is missing. Anything else is malformed. */
export function textIn(object: JsonObject, name: string, max: number): string | undefined {
  const value = object.get(name);
  if (value === undefined) return undefined;
  return typeof value === "string" && utf8(value).length <= max ? value : refuse("ATT_EVIDENCE_FORMAT");
}

export function requiredTextIn(object: JsonObject, name: string, max: number): string {
  return need(textIn(object, name, max), "ATT_EVIDENCE_FORMAT");
}

export function objectIn(object: JsonObject, name: string): JsonObject | undefined {
  const value = object.get(name);
  if (value === undefined || isObject(value)) return value;
  return refuse("ATT_EVIDENCE_FORMAT");
}

export function listIn(object: JsonObject, name: string): readonly JsonValue[] | undefined {
  const value = object.get(name);
  if (value === undefined || Array.isArray(value)) return value as readonly JsonValue[] | undefined;
  return refuse("ATT_EVIDENCE_FORMAT");
}

export function booleanIn(object: JsonObject, name: string): boolean | undefined {
  const value = object.get(name);
  return value === undefined || typeof value === "boolean" ? value : refuse("ATT_EVIDENCE_FORMAT");
}

export function integerIn(object: JsonObject, name: string, min: number, max: number): number {
  const value = object.get(name);
  return isInteger(min, max)(value) ? value : refuse("ATT_EVIDENCE_FORMAT");
}

/** RS256, and nothing that must be understood beside it. */
export function checkHeader(token: Token): void {
  const alg = requiredTextIn(token.header, "alg", 64);
  const typ = textIn(token.header, "typ", 64);
  if (typ !== undefined && typ !== "JWT") refuse("ATT_EVIDENCE_FORMAT");
  if (alg !== "RS256" || token.header.has("crit")) refuse("ATT_EVIDENCE_ALGORITHM");
}

export async function verifyToken(token: Token, key: VendorKey): Promise<void> {
  if (!(await verifyWith(key, "RS256", token.signed, token.signature))) refuse("ATT_PROOF_INVALID");
}

/** When the token and the key that signed it are judged: at T, in stored mode at iat, which nobody has proven yet. */
export function judgedAt(token: Token, time: EvaluationTime): number {
  return time.stored ? integerIn(token.claims, "iat", 0, MAX_SECONDS) : time.at;
}

/** Judges nbf and exp at T, in stored mode at iat, which is given back. */
export function checkTimes(token: Token, time: EvaluationTime): number {
  const [iat, nbf, exp] = ["iat", "nbf", "exp"].map((name) => integerIn(token.claims, name, 0, MAX_SECONDS)) as [
    number, number, number,
  ];
  const at = time.stored ? iat : time.at;
  if (at < nbf - SKEW_SECONDS) refuse("ATT_TOKEN_NOT_YET_VALID");
  if (at >= exp) refuse("ATT_TOKEN_EXPIRED");
  return iat;
}
