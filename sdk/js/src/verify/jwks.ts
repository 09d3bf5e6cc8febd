// SPDX-License-Identifier: Apache-2.0
//
// Pinned key sets of token issuers (protocol/attestation.md §9, RFC 7517), and the one form in which a policy has them.

import { sha256 } from "@noble/hashes/sha2.js";
import { fromBase64, fromBase64Url, toBase64Url, toHex, utf8 } from "./bytes.js";
import { policyError } from "./errors.js";
import { isArray, isInteger, isObject, isText } from "./fields.js";
import { canonicalJson, objectOf, type JsonObject, type JsonValue } from "./json.js";
import { refuse } from "./refusal.js";
import { rsaKey, sameKey, type VendorKey } from "./vendorkey.js";
import { isSelfSigned, MAX_CHAIN, parseCertificate } from "./x509.js";

export const MAX_KEYS = 64;
const MAX_KID = 128;
const MAX_ISSUER = 255;
const MAX_MODULUS = 1024;
const MAX_SECONDS = 253402300799;

export interface SetKey {
  readonly kid: string;
  /** The one that it may sign for; undefined: the only one that the policy pins. */
  readonly issuer: string | undefined;
  /** Of its certificate, seconds; undefined: it has none. */
  readonly nbf: number | undefined;
  readonly exp: number | undefined;
  readonly key: VendorKey & { kind: "RSA" };
}

/** By its certificate. */
export function checkKeyTime(key: SetKey, at: number): void {
  if (key.nbf !== undefined && at < key.nbf) refuse("ATT_CERT_NOT_YET_VALID");
  if (key.exp !== undefined && at > key.exp) refuse("ATT_CERT_EXPIRED");
}

export interface KeySet {
  readonly keys: ReadonlyMap<string, SetKey>;
  readonly canonical: JsonObject;
  /** `sha256:<hex>` of the canonical form. */
  readonly sha256: string;
}

/** The set is not usable; whoever reads the policy knows the member. */
class BadSet extends Error {}

const bad = (): never => {
  throw new BadSet();
};

/** Where a key is for other things, or too weak, it is left out. */
const LEFT_OUT = Symbol("left out");
type Kept<T> = T | typeof LEFT_OUT;

function text(key: JsonObject, name: string, max: number): string | undefined {
  const value = key.get(name);
  return value === undefined || isText(0, max)(value) ? value : bad();
}

function keyOfNumbers(key: JsonObject): Kept<VendorKey & { kind: "RSA" }> {
  const n = fromBase64Url(text(key, "n", 2 * MAX_MODULUS) ?? bad());
  const e = fromBase64Url(text(key, "e", 16) ?? bad());
  const odd = ((n?.[n.length - 1] ?? 0) & 1) === 1;
  if (n === undefined || e === undefined || n.length > MAX_MODULUS || e.length > 8 || !n[0] || !e[0] || !odd) return bad();
  const read = rsaKey(n, e);
  return read?.kind === "RSA" ? read : LEFT_OUT;
}

type Material = Pick<SetKey, "issuer" | "nbf" | "exp" | "key">;

async function keyOfCertificate(x5c: JsonValue, issuers: readonly string[]): Promise<Kept<Material>> {
  if (!isArray(x5c) || x5c.length < 1 || x5c.length > MAX_CHAIN || typeof x5c[0] !== "string") return bad();
  const der = fromBase64(x5c[0]);
  const certificate = der === undefined ? undefined : parseCertificate(der);
  if (certificate === undefined) return bad();
  const { key, notBefore: nbf, notAfter: exp, commonName } = certificate;
  if (key?.kind !== "RSA") return LEFT_OUT;
  if (nbf <= 0 || exp < nbf) return bad();
  if (x5c.length > 1) return { issuer: undefined, nbf, exp, key };
  // One that stands alone has nobody to vouch for it: it must at least be its own and name its issuer.
  const own = (await isSelfSigned(certificate)) && commonName !== undefined && issuers.includes(commonName);
  return own ? { issuer: commonName, nbf, exp, key } : bad();
}

async function readMaterial(key: JsonObject, issuers: readonly string[]): Promise<Kept<Material>> {
  const x5c = key.get("x5c");
  if (x5c === undefined) {
    const numbers = keyOfNumbers(key);
    return numbers === LEFT_OUT ? LEFT_OUT : { issuer: undefined, nbf: undefined, exp: undefined, key: numbers };
  }
  if (!isArray(x5c)) return bad();
  const material = await keyOfCertificate(x5c, issuers);
  if (material === LEFT_OUT || !(key.has("n") || key.has("e"))) return material;
  const numbers = keyOfNumbers(key);
  if (numbers === LEFT_OUT) return LEFT_OUT;
  return sameKey(numbers, material.key) ? material : bad();
}

/** What a set of ours says beside the key. A certificate's word is not changed by it. */
function readBounds(key: JsonObject, material: Material, issuers: readonly string[]): Omit<SetKey, "kid"> {
  const seconds = (name: "nbf" | "exp"): number | undefined => {
    const value = key.get(name);
    if (value === undefined) return material[name];
    return isInteger(1, MAX_SECONDS)(value) ? value : bad();
  };
  const [nbf, exp] = [seconds("nbf"), seconds("exp")];
  const certified = material.exp !== undefined;
  if ((exp ?? 0) < (nbf ?? 0) || (certified && (nbf !== material.nbf || exp !== material.exp))) return bad();
  const named = text(key, "issuer", MAX_ISSUER);
  if (named !== undefined && (material.issuer === undefined ? !issuers.includes(named) : named !== material.issuer)) return bad();
  const issuer = material.issuer ?? named;
  return issuer === undefined && issuers.length !== 1 ? bad() : { issuer, nbf, exp, key: material.key };
}

async function readKey(value: JsonValue, issuers: readonly string[]): Promise<Kept<SetKey>> {
  if (!isObject(value) || value.size > 64) return bad();
  const is = (name: string, wanted: string): boolean => (text(value, name, MAX_KID) ?? wanted) === wanted;
  const kty = text(value, "kty", MAX_KID) ?? bad();
  const ours = [kty === "RSA", is("alg", "RS256"), is("use", "sig")];
  if (value.has("d")) return bad();
  if (ours.includes(false)) return LEFT_OUT;
  const kid = text(value, "kid", MAX_KID) ?? bad();
  if (!/^[\x21-\x7e]+$/.test(kid)) return bad();
  const material = await readMaterial(value, issuers);
  return material === LEFT_OUT ? LEFT_OUT : { kid, ...readBounds(value, material, issuers) };
}

function write(keys: readonly SetKey[]): JsonObject {
  const list = keys.map((k) =>
    objectOf({ e: toBase64Url(k.key.exponent), exp: k.exp, issuer: k.issuer, kid: k.kid, kty: "RSA", n: toBase64Url(k.key.modulus), nbf: k.nbf }),
  );
  return objectOf({ keys: list });
}

async function readSet(set: JsonObject, issuers: readonly string[]): Promise<KeySet> {
  const list = set.get("keys");
  if (!isArray(list) || list.length < 1 || list.length > MAX_KEYS || issuers.length === 0) return bad();
  const keys = new Map<string, SetKey>();
  for (const value of list) {
    const key = await readKey(value, issuers);
    if (key === LEFT_OUT) continue;
    if (keys.has(key.kid)) return bad();
    keys.set(key.kid, key);
  }
  if (keys.size === 0) return bad();
  const canonical = write([...keys.values()].sort((a, b) => (a.kid < b.kid ? -1 : 1)));
  return { keys, canonical, sha256: `sha256:${toHex(sha256(utf8(canonicalJson(canonical) ?? "")))}` };
}

/** For tokens of `issuers`, which the policy pins. */
export async function readKeySet(set: JsonObject, issuers: readonly string[], member: string): Promise<KeySet> {
  try {
    return await readSet(set, issuers);
  } catch (error) {
    throw error instanceof BadSet ? policyError("POLICY_KEYS", member) : error;
  }
}
