// SPDX-License-Identifier: Apache-2.0
//
// DER (X.690), so far as certificates and what stands in them need it: tags of one byte, definite lengths in their
// shortest form, and every primitive in its one encoding. Whatever else BER would allow is undefined here.

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OID = 0x06;
export const ENUMERATED = 0x0a;
export const UTF8_STRING = 0x0c;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** One element. `raw` is the whole of it, `body` what stands behind the length. */
export interface Element {
  readonly tag: number;
  readonly raw: Uint8Array;
  readonly body: Uint8Array;
}

const MAX_DEPTH = 16;
const CONSTRUCTED = 0x20;

/** The element that begins at `at`. */
function elementAt(bytes: Uint8Array, at: number): Element | undefined {
  const tag = bytes[at];
  let length = bytes[at + 1];
  if (tag === undefined || length === undefined || (tag & 0x1f) === 0x1f) return undefined;
  let start = at + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets === 0 || octets > 3 || bytes[start] === 0) return undefined;
    length = 0;
    for (let i = 0; i < octets; i++) {
      const octet = bytes[start++];
      if (octet === undefined) return undefined;
      length = length * 256 + octet;
    }
    if (length < 0x80) return undefined;
  }
  if (start + length > bytes.length) return undefined;
  return { tag, raw: bytes.subarray(at, start + length), body: bytes.subarray(start, start + length) };
}

function childrenOf(body: Uint8Array): Element[] | undefined {
  const children: Element[] = [];
  for (let at = 0; at < body.length; ) {
    const child = elementAt(body, at);
    if (child === undefined) return undefined;
    children.push(child);
    at += child.raw.length;
  }
  return children;
}

function isMinimalInteger(body: Uint8Array): boolean {
  const [first, second] = body;
  if (first === undefined) return false;
  return second === undefined || !((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
}

function isOid(body: Uint8Array): boolean {
  const last = body[body.length - 1];
  if (last === undefined || last >= 0x80) return false;
  return body.every((octet, i) => octet !== 0x80 || (i > 0 && (body[i - 1] ?? 0) >= 0x80));
}

function isBitString(body: Uint8Array): boolean {
  const unused = body[0];
  if (unused === undefined || unused > 7 || (unused > 0 && body.length === 1)) return false;
  return ((body[body.length - 1] ?? 0) & ((1 << unused) - 1)) === 0 || body.length === 1;
}

function isPrimitiveSound(e: Element): boolean {
  switch (e.tag) {
    case BOOLEAN:
      return e.body.length === 1 && (e.body[0] === 0 || e.body[0] === 0xff);
    case INTEGER:
    case ENUMERATED:
      return isMinimalInteger(e.body);
    case BIT_STRING:
      return isBitString(e.body);
    case NULL:
      return e.body.length === 0;
    case OID:
      return isOid(e.body);
    default:
      return true;
  }
}

function isSound(e: Element, depth: number): boolean {
  const constructed = (e.tag & CONSTRUCTED) !== 0;
  const universal = (e.tag & 0xc0) === 0;
  if (universal && constructed !== ((e.tag & 0x1f) === 0x10 || (e.tag & 0x1f) === 0x11)) return false;
  if (universal && (e.tag & 0x1f) === 0) return false;
  if (!constructed) return isPrimitiveSound(e);
  const children = childrenOf(e.body);
  if (children === undefined || (children.length > 0 && depth >= MAX_DEPTH)) return false;
  return children.every((child) => isSound(child, depth + 1));
}

/** The one element that `bytes` are, sound through and through; nothing may stand behind it. */
export function parseDer(bytes: Uint8Array): Element | undefined {
  const e = elementAt(bytes, 0);
  return e !== undefined && e.raw.length === bytes.length && isSound(e, 1) ? e : undefined;
}

/** What stands in an element of this tag, which parseDer found sound. */
export function childrenIn(e: Element | undefined, tag: number): Element[] | undefined {
  return e !== undefined && e.tag === tag ? childrenOf(e.body) : undefined;
}

/** "1.2.840.113549.1.1.11"; undefined for another element, or for numbers beyond what JavaScript counts exactly. */
export function oidOf(e: Element | undefined): string | undefined {
  if (e === undefined || e.tag !== OID) return undefined;
  const numbers: number[] = [];
  let value = 0;
  for (const octet of e.body) {
    value = value * 128 + (octet & 0x7f);
    if (!Number.isSafeInteger(value)) return undefined;
    if (octet < 0x80) {
      if (numbers.length === 0) numbers.push(Math.min(Math.floor(value / 40), 2), value - 40 * Math.min(Math.floor(value / 40), 2));
      else numbers.push(value);
      value = 0;
    }
  }
  return numbers.join(".");
}

/** The value of an INTEGER from 0 to 2^53 - 1. */
export function smallUintOf(e: Element | undefined): number | undefined {
  if (e === undefined || e.tag !== INTEGER || (e.body[0] ?? 0x80) >= 0x80 || e.body.length > 7) return undefined;
  const value = e.body.reduce((sum, octet) => sum * 256 + octet, 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The magnitude of a positive INTEGER, without a leading zero. */
export function magnitudeOf(e: Element | undefined): Uint8Array | undefined {
  if (e === undefined || e.tag !== INTEGER || (e.body[0] ?? 0x80) >= 0x80) return undefined;
  const magnitude = e.body[0] === 0 ? e.body.subarray(1) : e.body;
  return magnitude.length > 0 ? magnitude : undefined;
}

/** The bytes of a BIT STRING that is made of whole ones. */
export function bitStringBytesOf(e: Element | undefined): Uint8Array | undefined {
  return e !== undefined && e.tag === BIT_STRING && e.body[0] === 0 ? e.body.subarray(1) : undefined;
}

const TIME_FORMS: Readonly<Record<number, RegExp>> = {
  [UTC_TIME]: /^()([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$/,
  [GENERALIZED_TIME]: /^([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$/,
};

/** Seconds since 1970 of a UTCTime or GeneralizedTime in the form that RFC 5280 §4.1.2.5 wants: UTC, to the second. */
export function timeOf(e: Element | undefined): number | undefined {
  const form = e === undefined ? undefined : TIME_FORMS[e.tag];
  const match = e === undefined || form === undefined ? null : form.exec(String.fromCharCode(...e.body));
  if (match === null) return undefined;
  const [century, yy, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number, number, number, number, number, number, number,
  ];
  const year = match[1] === "" ? (yy < 50 ? 2000 + yy : 1900 + yy) : 100 * century + yy;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day &&
    date.getUTCHours() === hour && date.getUTCMinutes() === minute && date.getUTCSeconds() === second;
  return same ? date.getTime() / 1000 : undefined;
}
