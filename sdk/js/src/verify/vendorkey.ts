// SPDX-License-Identifier: Apache-2.0
//
// Public keys of the hardware vendors and the signatures under them: RSA and ECDSA over P-256 and P-384, by WebCrypto.
// Which key and which scheme are right is the caller's, who has them from a pin or from a chain that was verified.

import { p256, p384 } from "@noble/curves/nist.js";
import { bitStringBytesOf, childrenIn, magnitudeOf, NULL, oidOf, parseDer, SEQUENCE, type Element } from "./der.js";
import { concat, equal, toBase64Url } from "./bytes.js";
import { verifyByWebCrypto } from "./webcrypto.js";

/** RAW is r and s, big-endian, each of the field's size; DER the form of certificates. */
export type Scheme = "RS256" | "PSS384" | "ES256_RAW" | "ES384_RAW" | "ES256_DER" | "ES384_DER";

export type VendorKey =
  | { readonly kind: "RSA"; readonly modulus: Uint8Array; readonly exponent: Uint8Array; readonly bits: number }
  | { readonly kind: "P-256" | "P-384"; readonly point: Uint8Array };

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
const MIN_EXPONENT = 65537;
const FIELD = { "P-256": 32, "P-384": 48 } as const;
const CURVES = { "P-256": p256, "P-384": p384 } as const;

/** From modulus and exponent without leading zeros; undefined if the key is too weak to be taken, or no key. */
export function rsaKey(modulus: Uint8Array, exponent: Uint8Array): VendorKey | undefined {
  const first = modulus[0] ?? 0;
  const bits = modulus.length * 8 - Math.clz32(first) + 24;
  const e = exponent.reduce((sum, octet) => sum * 256 + octet, 0);
  const strong = first !== 0 && bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS && (exponent[0] ?? 0) !== 0 &&
    exponent.length <= 4 && e >= MIN_EXPONENT && e % 2 === 1 && (modulus[modulus.length - 1] ?? 0) % 2 === 1;
  return strong ? { kind: "RSA", modulus, exponent, bits } : undefined;
}

/** From x and y of a point, which must be on the curve. */
export function ecKey(kind: "P-256" | "P-384", xy: Uint8Array): VendorKey | undefined {
  const point = concat(Uint8Array.of(4), xy);
  if (xy.length !== 2 * FIELD[kind]) return undefined;
  try {
    CURVES[kind].Point.fromBytes(point).assertValidity();
    return { kind, point };
  } catch {
    return undefined;
  }
}

/** From the element of a SubjectPublicKeyInfo; undefined for a key that is weak, broken or of a kind that is not taken. */
export function keyOfSpki(spki: Element): VendorKey | undefined {
  const [algorithm, bits] = childrenIn(spki, SEQUENCE) ?? [];
  const [id, parameter, more] = childrenIn(algorithm, SEQUENCE) ?? [];
  const content = bitStringBytesOf(bits);
  if (content === undefined || more !== undefined) return undefined;
  switch (oidOf(id)) {
    case "1.2.840.113549.1.1.1": {
      const [n, e, behind] = childrenIn(parseDer(content), SEQUENCE) ?? [];
      const modulus = magnitudeOf(n);
      const exponent = magnitudeOf(e);
      const sound = parameter?.tag === NULL && modulus !== undefined && exponent !== undefined && behind === undefined;
      return sound ? rsaKey(modulus, exponent) : undefined;
    }
    case "1.2.840.10045.2.1": {
      const curve = oidOf(parameter);
      const kind = curve === "1.2.840.10045.3.1.7" ? "P-256" : curve === "1.3.132.0.34" ? "P-384" : undefined;
      return kind === undefined || content[0] !== 4 ? undefined : ecKey(kind, content.subarray(1));
    }
    default:
      return undefined;
  }
}

export function sameKey(a: VendorKey, b: VendorKey): boolean {
  if (a.kind === "RSA") return b.kind === "RSA" && equal(a.modulus, b.modulus) && equal(a.exponent, b.exponent);
  return b.kind === a.kind && equal(a.point, b.point);
}

/** r and s of a strict ECDSA-Sig-Value, each padded to the field; undefined if it is not that. */
function rawOfDer(signature: Uint8Array, field: number): Uint8Array | undefined {
  const [r, s, more] = childrenIn(parseDer(signature), SEQUENCE) ?? [];
  const parts = [magnitudeOf(r), magnitudeOf(s)];
  const raw = new Uint8Array(2 * field);
  for (const [i, part] of parts.entries()) {
    if (part === undefined || part.length > field) return undefined;
    raw.set(part, (i + 1) * field - part.length);
  }
  return more === undefined ? raw : undefined;
}

async function verifyRsa(
  key: VendorKey & { kind: "RSA" },
  scheme: "RS256" | "PSS384",
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (signature.length !== key.modulus.length) return false;
  const name = scheme === "PSS384" ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  const hash = scheme === "PSS384" ? "SHA-384" : "SHA-256";
  const jwk = { kty: "RSA", n: toBase64Url(key.modulus), e: toBase64Url(key.exponent) };
  const how = scheme === "PSS384" ? { name, saltLength: 48 } : { name };
  return verifyByWebCrypto("jwk", jwk, { name, hash }, how, message, signature);
}

/** False also for a key of another kind than the scheme's, and for a signature of another length or form. */
export async function verifyWith(
  key: VendorKey,
  scheme: Scheme,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (scheme === "RS256" || scheme === "PSS384") return key.kind === "RSA" && verifyRsa(key, scheme, message, signature);
  const kind = scheme.startsWith("ES256") ? "P-256" : "P-384";
  if (key.kind !== kind) return false;
  const raw = scheme.endsWith("_DER") ? rawOfDer(signature, FIELD[kind]) : signature;
  if (raw === undefined || raw.length !== 2 * FIELD[kind]) return false;
  const how = { name: "ECDSA", hash: kind === "P-256" ? "SHA-256" : "SHA-384" };
  return verifyByWebCrypto("raw", key.point, { name: "ECDSA", namedCurve: kind }, how, message, raw);
}
