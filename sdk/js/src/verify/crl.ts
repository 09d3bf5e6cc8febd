// SPDX-License-Identifier: Apache-2.0
//
// Revocation lists (RFC 5280 §5) that a policy carries.

import { equal, toHex } from "./bytes.js";
import { bitStringBytesOf, childrenIn, INTEGER, oidOf, parseDer, SEQUENCE, smallUintOf, timeOf, type Element } from "./der.js";
import { refuse } from "./refusal.js";
import { verifyWith } from "./vendorkey.js";
import { isIssuedBy, isName, readExtensions, type Certificate } from "./x509.js";

export const MAX_CRL = 64 * 1024;
const OID_ES256 = "1.2.840.10045.4.3.2";

export interface RevocationList {
  readonly issuer: Element;
  readonly from: number;
  readonly to: number;
  /** Lower-case hex of the content of each INTEGER. */
  readonly serials: ReadonlySet<string>;
  readonly algorithm: string | undefined;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

const isTime = (e: Element | undefined): boolean => e !== undefined && (e.tag === 0x17 || e.tag === 0x18);

function readSerials(entries: readonly Element[]): Set<string> | undefined {
  const serials = new Set<string>();
  for (const entry of entries) {
    const [serial, date, extensions, more] = childrenIn(entry, SEQUENCE) ?? [];
    if (serial?.tag !== INTEGER || !isTime(date) || more !== undefined) return undefined;
    if (extensions !== undefined && readExtensions(extensions, Number.POSITIVE_INFINITY) === undefined) return undefined;
    serials.add(toHex(serial.body));
  }
  return serials;
}

/** One complete list of version 2 with nextUpdate and without critical extensions; undefined for any other. */
export function parseCrl(der: Uint8Array): RevocationList | undefined {
  const [list, outer, bits, behind] = childrenIn(der.length <= MAX_CRL ? parseDer(der) : undefined, SEQUENCE) ?? [];
  const fields = childrenIn(list, SEQUENCE) ?? [];
  const [version, inner, issuer, thisUpdate, nextUpdate] = fields;
  const rest = fields.slice(5);
  const entries = rest[0]?.tag === SEQUENCE ? (childrenIn(rest.shift(), SEQUENCE) ?? []) : [];
  const wrapped = rest[0]?.tag === 0xa0 ? childrenIn(rest.shift(), 0xa0) : undefined;
  const extensions = wrapped?.length === 1 ? readExtensions(wrapped[0], Number.POSITIVE_INFINITY) : undefined;
  const serials = readSerials(entries);
  const from = timeOf(thisUpdate);
  const to = timeOf(nextUpdate);
  const signature = bitStringBytesOf(bits);
  const sound = smallUintOf(version) === 1 && rest.length === 0 && behind === undefined && isName(issuer);
  if (!sound || list === undefined || inner === undefined || outer === undefined || issuer === undefined) return undefined;
  if (from === undefined || to === undefined || serials === undefined || signature === undefined) return undefined;
  if ((wrapped !== undefined && (extensions === undefined || extensions.critical.size > 0)) || !equal(inner.raw, outer.raw)) return undefined;
  const [algorithm, parameter] = childrenIn(outer, SEQUENCE) ?? [];
  return { issuer, from, to, serials, algorithm: parameter === undefined ? oidOf(algorithm) : undefined, signed: list.raw, signature };
}

/** That the issuer has not taken the certificate back, by a list of its own that is in force. */
export async function judgeRevocation(list: RevocationList, certificate: Certificate, issuer: Certificate, at: number): Promise<void> {
  const issuers = isIssuedBy(certificate, issuer) && equal(list.issuer.raw, issuer.subject.raw) && issuer.subject.body.length > 0;
  if (!issuers || issuer.key === undefined || list.algorithm !== OID_ES256) refuse("ATT_COLLATERAL");
  if (!(await verifyWith(issuer.key, "ES256_DER", list.signed, list.signature))) refuse("ATT_COLLATERAL");
  if (at < list.from || at > list.to) refuse("ATT_COLLATERAL");
  if (list.serials.has(toHex(certificate.serial))) refuse("ATT_CERT_REVOKED");
}
