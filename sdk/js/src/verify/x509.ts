// SPDX-License-Identifier: Apache-2.0
//
// Certificates and their chains up to a pinned root, judged at a given time (protocol/attestation.md §9, RFC 5280). The
// rules stand in verifyChain and nowhere else: no trust store, no network, no defaults of a library.

import { sha256 } from "@noble/hashes/sha2.js";
import { equal, fromBase64, fromUtf8, latin1, toBase64, toHex } from "./bytes.js";
import {
  BIT_STRING, bitStringBytesOf, BOOLEAN, childrenIn, INTEGER, NULL, OCTET_STRING, OID, oidOf, parseDer, SEQUENCE, SET,
  smallUintOf, timeOf, UTF8_STRING, type Element,
} from "./der.js";
import { refuse } from "./refusal.js";
import { keyOfSpki, verifyWith, type Scheme, type VendorKey } from "./vendorkey.js";

export const MAX_CHAIN = 8;
const MAX_CERTIFICATE = 64 * 1024;
const MAX_EXTENSIONS = 32;

const OID_COMMON_NAME = "2.5.4.3";
const OID_KEY_USAGE = "2.5.29.15";
const OID_BASIC_CONSTRAINTS = "2.5.29.19";
const OID_SHA384 = "2.16.840.1.101.3.4.2.2";
const OID_MGF1 = "1.2.840.113549.1.1.8";

export interface Certificate {
  readonly der: Uint8Array;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Content of the INTEGER. */
  readonly serial: Uint8Array;
  readonly issuer: Element;
  readonly subject: Element;
  /** The subject's one common name; undefined if there is none, or more than one. */
  readonly commonName: string | undefined;
  /** undefined: a key that is weak, broken or of a kind that is not taken. */
  readonly key: VendorKey | undefined;
  /** What is inside the OCTET STRING of each extension. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
  readonly unknownCritical: boolean;
  readonly ca: boolean;
  readonly constraintsCritical: boolean;
  readonly pathLength: number | undefined;
  readonly usage: { readonly digitalSignature: boolean; readonly certSign: boolean } | undefined;
  readonly signed: Uint8Array;
  readonly scheme: Scheme | undefined;
  readonly signature: Uint8Array;
}

// -- reading -------------------------------------------------------------------------------------------------------

/** SHA-384 throughout and a salt of 48 bytes (RFC 4055 §3.1). */
function isPss384(parameters: Element | undefined): boolean {
  const parts = childrenIn(parameters, SEQUENCE) ?? [];
  const isSha384 = (e: Element | undefined): boolean => {
    const [id, parameter, more] = childrenIn(e, SEQUENCE) ?? [];
    return oidOf(id) === OID_SHA384 && (parameter === undefined || parameter.tag === NULL) && more === undefined;
  };
  const part = (tag: number): Element | undefined => {
    const [inner, more] = childrenIn(parts.find((p) => p.tag === tag), tag) ?? [];
    return more === undefined ? inner : undefined;
  };
  const [mask, maskHash, more] = childrenIn(part(0xa1), SEQUENCE) ?? [];
  const tags = parts.map((p) => p.tag);
  const inOrder = tags.every((tag, i) => i === 0 || (tags[i - 1] ?? 0) < tag);
  const trailer = tags.includes(0xa3) ? smallUintOf(part(0xa3)) : 1;
  return inOrder && tags.every((tag) => tag >= 0xa0 && tag <= 0xa3) && isSha384(part(0xa0)) && oidOf(mask) === OID_MGF1 &&
    isSha384(maskHash) && more === undefined && smallUintOf(part(0xa2)) === 48 && trailer === 1;
}

function schemeOf(algorithm: Element): Scheme | undefined {
  const [id, parameter] = childrenIn(algorithm, SEQUENCE) ?? [];
  switch (oidOf(id)) {
    case "1.2.840.113549.1.1.11":
      return parameter?.tag === NULL ? "RS256" : undefined;
    case "1.2.840.113549.1.1.10":
      return isPss384(parameter) ? "PSS384" : undefined;
    case "1.2.840.10045.4.3.2":
      return parameter === undefined ? "ES256_DER" : undefined;
    case "1.2.840.10045.4.3.3":
      return parameter === undefined ? "ES384_DER" : undefined;
    default:
      return undefined;
  }
}

function isAlgorithm(e: Element | undefined): e is Element {
  const parts = childrenIn(e, SEQUENCE);
  return parts !== undefined && parts.length >= 1 && parts.length <= 2 && parts[0]?.tag === OID;
}

/** Whose key is DER inside the BIT STRING, too. */
const isRsa = (algorithm: Element): boolean => oidOf(childrenIn(algorithm, SEQUENCE)?.[0]) === "1.2.840.113549.1.1.1";

/** PrintableString, TeletexString, IA5String. */
const ONE_BYTE_STRINGS: readonly number[] = [0x13, 0x14, 0x16];

/** The types and texts of a Name; undefined if it is none. */
function namePartsOf(name: Element | undefined): { id: string | undefined; value: Element }[] | undefined {
  const parts: { id: string | undefined; value: Element }[] = [];
  const sets = childrenIn(name, SEQUENCE);
  if (sets === undefined) return undefined;
  for (const set of sets) {
    const pairs = childrenIn(set, SET) ?? [];
    if (pairs.length === 0) return undefined;
    for (const pair of pairs) {
      const [id, value, more] = childrenIn(pair, SEQUENCE) ?? [];
      if (id?.tag !== OID || value === undefined || more !== undefined) return undefined;
      const plain = value.tag === UTF8_STRING ? fromUtf8(value.body) !== undefined : ONE_BYTE_STRINGS.includes(value.tag);
      if (!plain) return undefined;
      parts.push({ id: oidOf(id), value });
    }
  }
  return parts;
}

/** UTF8String, and the strings whose every character is ASCII. */
function textOf(e: Element): string | undefined {
  if (e.tag === UTF8_STRING) return fromUtf8(e.body);
  return e.body.every((octet) => octet < 0x80) ? latin1(e.body) : undefined;
}

export function isName(e: Element | undefined): boolean {
  return namePartsOf(e) !== undefined;
}

function commonNameOf(parts: { id: string | undefined; value: Element }[]): string | undefined {
  const names = parts.filter((part) => part.id === OID_COMMON_NAME);
  return names.length === 1 && names[0] !== undefined ? textOf(names[0].value) : undefined;
}

interface Extensions {
  readonly values: Map<string, Uint8Array>;
  readonly critical: Set<string>;
}

export function readExtensions(list: Element | undefined, max: number): Extensions | undefined {
  const values = new Map<string, Uint8Array>();
  const critical = new Set<string>();
  const entries = childrenIn(list, SEQUENCE);
  if (entries === undefined || entries.length > max) return undefined;
  for (const entry of entries) {
    const parts = childrenIn(entry, SEQUENCE) ?? [];
    const flag = parts.length === 3 ? parts[1] : undefined;
    const [id, value] = [parts[0], parts[parts.length - 1]];
    const name = id?.tag === OID ? toHex(id.body) : undefined;
    const oid = oidOf(id) ?? name;
    const sound = (parts.length === 2 || flag?.tag === BOOLEAN) && value?.tag === OCTET_STRING;
    if (!sound || oid === undefined || values.has(oid)) return undefined;
    values.set(oid, value.body);
    if (flag !== undefined && flag.body[0] !== 0) critical.add(oid);
  }
  return { values, critical };
}

/** Undefined if the extension is not what RFC 5280 §4.2.1.9 says; a path length belongs to CAs. */
function readConstraints(value: Uint8Array | undefined): { ca: boolean; pathLength: number | undefined } | undefined {
  if (value === undefined) return { ca: false, pathLength: undefined };
  const parts = childrenIn(parseDer(value), SEQUENCE);
  if (parts === undefined) return undefined;
  const flag = parts[0]?.tag === BOOLEAN ? parts.shift() : undefined;
  const ca = flag !== undefined && flag.body[0] !== 0;
  if (parts.length === 0) return { ca, pathLength: undefined };
  const pathLength = smallUintOf(parts[0]);
  return ca && parts.length === 1 && pathLength !== undefined ? { ca, pathLength } : undefined;
}

function readUsage(value: Uint8Array | undefined): Certificate["usage"] | null {
  if (value === undefined) return undefined;
  const bits = parseDer(value);
  if (bits === undefined || bits.tag !== BIT_STRING) return null;
  const first = bits.body[1] ?? 0;
  return { digitalSignature: (first & 0x80) !== 0, certSign: (first & 0x04) !== 0 };
}

/** The fields of a TBSCertificate of version 3, in their order. */
function readFields(tbs: Element | undefined): Element[] | undefined {
  const fields = childrenIn(tbs, SEQUENCE) ?? [];
  const version = childrenIn(fields[0], 0xa0) ?? [];
  if (version.length !== 1 || smallUintOf(version[0]) !== 2 || fields.length < 7) return undefined;
  const optional = fields.slice(7).map((e) => e.tag);
  const known = optional.every((tag, i) => (tag === 0x81 || tag === 0x82 || tag === 0xa3) && (optional[i - 1] ?? 0) < tag);
  return known && fields[1]?.tag === INTEGER ? fields : undefined;
}

function isUniqueId(e: Element): boolean {
  const unused = e.body[0];
  return unused !== undefined && unused <= 7;
}

/** One certificate, DER, nothing behind it; undefined for what no rule could judge. */
export function parseCertificate(der: Uint8Array): Certificate | undefined {
  if (der.length > MAX_CERTIFICATE) return undefined;
  const [tbs, outer, bits, behind] = childrenIn(parseDer(der), SEQUENCE) ?? [];
  const fields = readFields(tbs);
  const signature = bitStringBytesOf(bits);
  if (tbs === undefined || fields === undefined || signature === undefined || behind !== undefined) return undefined;
  const [, serial, inner, issuer, validity, subject, spki] = fields as [Element, Element, Element, Element, Element, Element, Element];
  if (!isAlgorithm(outer) || !isAlgorithm(inner) || !equal(outer.raw, inner.raw)) return undefined;
  const [from, to, more] = childrenIn(validity, SEQUENCE) ?? [];
  const notBefore = timeOf(from);
  const notAfter = timeOf(to);
  const subjectParts = namePartsOf(subject);
  const [keyAlgorithm, keyBits, behindKey] = childrenIn(spki, SEQUENCE) ?? [];
  if (notBefore === undefined || notAfter === undefined || more !== undefined || subjectParts === undefined ||
    namePartsOf(issuer) === undefined || !isAlgorithm(keyAlgorithm) || keyBits?.tag !== BIT_STRING || behindKey !== undefined ||
    (isRsa(keyAlgorithm) && parseDer(keyBits.body.subarray(1)) === undefined))
    return undefined;
  const list = fields.find((e) => e.tag === 0xa3);
  const wrapped = list === undefined ? undefined : childrenIn(list, 0xa3);
  if (wrapped !== undefined && wrapped.length !== 1) return undefined;
  if (fields.some((e) => (e.tag === 0x81 || e.tag === 0x82) && !isUniqueId(e))) return undefined;
  const extensions = list === undefined ? { values: new Map(), critical: new Set<string>() } : readExtensions(wrapped?.[0], MAX_EXTENSIONS);
  const constraints = extensions === undefined ? undefined : readConstraints(extensions.values.get(OID_BASIC_CONSTRAINTS));
  const usage = extensions === undefined ? null : readUsage(extensions.values.get(OID_KEY_USAGE));
  if (extensions === undefined || constraints === undefined || usage === null) return undefined;
  const judged = new Set([OID_BASIC_CONSTRAINTS, OID_KEY_USAGE]);
  return {
    der,
    sha256: toHex(sha256(der)),
    notBefore,
    notAfter,
    serial: serial.body,
    issuer,
    subject,
    commonName: commonNameOf(subjectParts),
    key: keyOfSpki(spki),
    extensions: extensions.values,
    unknownCritical: [...extensions.critical].some((oid) => !judged.has(oid)),
    ...constraints,
    constraintsCritical: extensions.critical.has(OID_BASIC_CONSTRAINTS),
    usage,
    signed: tbs.raw,
    scheme: schemeOf(outer),
    signature,
  };
}

// -- judging -------------------------------------------------------------------------------------------------------

export interface ChainRule {
  /** SHA-256, lower-case hex, of each root that is pinned. */
  readonly roots: readonly string[];
  /** When every certificate must be valid. */
  readonly at: number;
  readonly schemes: readonly Scheme[];
  /** A CA without keyUsage is refused; with keyUsage it must have keyCertSign always. */
  readonly caKeyUsage?: boolean;
  /** The same for the leaf and digitalSignature. */
  readonly leafDigitalSignature?: boolean;
}

export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return issuer.subject.body.length > 0 && equal(certificate.issuer.raw, issuer.subject.raw);
}

export async function isSignedBy(certificate: Certificate, key: VendorKey): Promise<boolean> {
  return certificate.scheme !== undefined && verifyWith(key, certificate.scheme, certificate.signed, certificate.signature);
}

function leafMayStand(leaf: Certificate, rule: ChainRule): boolean {
  if (leaf.ca) return false;
  return leaf.usage === undefined ? rule.leafDigitalSignature !== true : leaf.usage.digitalSignature && !leaf.usage.certSign;
}

/** `below`: the intermediates between this CA and the leaf. */
function caMayStand(ca: Certificate, below: number, rule: ChainRule): boolean {
  const usage = ca.usage === undefined ? rule.caKeyUsage !== true : ca.usage.certSign;
  return ca.ca && ca.constraintsCritical && usage && below <= (ca.pathLength ?? Number.POSITIVE_INFINITY);
}

function judgePlace(chain: readonly Certificate[], i: number, rule: ChainRule): void {
  const certificate = chain[i] as Certificate;
  const above = chain[i + 1];
  if (certificate.key === undefined) refuse("ATT_KEY_WEAK");
  const again = chain.slice(i + 1).some((other) => other.sha256 === certificate.sha256);
  const mayStand = i === 0 ? leafMayStand(certificate, rule) : caMayStand(certificate, i - 1, rule);
  if (again || certificate.unknownCritical || !mayStand) refuse("ATT_CHAIN");
  const taken = certificate.scheme !== undefined && rule.schemes.includes(certificate.scheme);
  if (above !== undefined && (!taken || !isIssuedBy(certificate, above))) refuse("ATT_CHAIN");
  if (rule.at < certificate.notBefore) refuse("ATT_CERT_NOT_YET_VALID");
  if (rule.at > certificate.notAfter) refuse("ATT_CERT_EXPIRED");
}

/** Judges a chain, the leaf first and the root last. Throws the Refusal of the first rule that is broken. */
export async function verifyChain(chain: readonly Certificate[], rule: ChainRule): Promise<void> {
  const root = chain[chain.length - 1];
  if (root === undefined || !rule.roots.includes(root.sha256)) refuse("ATT_ROOT_MISMATCH");
  if (chain.length < 2) refuse("ATT_CHAIN");
  for (let i = 0; i < chain.length; i++) judgePlace(chain, i, rule);
  // From the root down: a key is used only after the certificate that names it was found good.
  for (let i = chain.length - 1; i > 0; i--)
    if (!(await isSignedBy(chain[i - 1] as Certificate, chain[i]?.key as VendorKey))) refuse("ATT_CHAIN");
}

/** Signed by its own key and named for itself: whoever has the key made it. That is no trust. */
export async function isSelfSigned(certificate: Certificate): Promise<boolean> {
  return certificate.key !== undefined && isIssuedBy(certificate, certificate) && isSignedBy(certificate, certificate.key);
}

// -- PEM -----------------------------------------------------------------------------------------------------------

const PEM = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/= \t\r\n]+)-----END CERTIFICATE-----[ \t\r\n]*/;
const SPACE = /[ \t\r\n]+/g;

/** The DER of 1 to `max` certificates with nothing but white space between them; undefined for any other text. */
export function parsePem(text: string, max: number): Uint8Array[] | undefined {
  const ders: Uint8Array[] = [];
  let rest = text.replace(/^[ \t\r\n]+/, "");
  do {
    const match = PEM.exec(rest);
    const der = match === null ? undefined : fromBase64((match[1] ?? "").replace(SPACE, ""));
    if (match === null || der === undefined || der.length === 0 || ders.length === max) return undefined;
    ders.push(der);
    rest = rest.slice(match[0].length);
  } while (rest.length > 0);
  return ders;
}

export function toPem(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
