// SPDX-License-Identifier: Apache-2.0
//
// CBOR (RFC 8949) on cborg's tokens, strictly: one item, nothing behind it, no key twice in any map, UTF-8 only in text.
// Tags, floats, undefined and other simple values, and strings of indefinite length are refused: no document that is
// read here has them. Maps and arrays may be of indefinite length, and heads need not be the shortest.

import { Tokenizer, Type, type Token } from "cborg";
import { fromUtf8, toHex } from "./bytes.js";

export type CborKey = string | number | bigint | Uint8Array;
export type CborValue = null | boolean | number | bigint | string | Uint8Array | readonly CborValue[] | CborMap;
export type CborMap = ReadonlyMap<string | number | bigint, CborValue>;

const MAX_DEPTH = 16;
const MAX_ITEMS = 1024;

class NotStrict extends Error {}

const BREAK = Symbol("break");

class Reader {
  readonly #tokens: Tokenizer;
  readonly #bytes: Uint8Array;
  #items = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#tokens = new Tokenizer(bytes, { allowUndefined: false, allowBigInt: true, retainStringBytes: true });
  }

  read(): CborValue {
    const value = this.#value(1);
    if (value === BREAK || !this.#tokens.done()) throw new NotStrict();
    return value;
  }

  #next(): Token {
    if (this.#tokens.done()) throw new NotStrict();
    const head = this.#bytes[this.#tokens.pos()] ?? 0;
    if (head === 0x5f || head === 0x7f) throw new NotStrict();
    return this.#tokens.next();
  }

  #value(depth: number): CborValue | typeof BREAK {
    const token = this.#next();
    if (Type.equals(token.type, Type.break)) return BREAK;
    if (++this.#items > MAX_ITEMS) throw new NotStrict();
    switch (token.type.name) {
      case "uint":
      case "negint":
        return token.value as number | bigint;
      case "bytes":
        return token.value as Uint8Array;
      case "string":
        return textOf(token);
      case "array":
      case "map":
        if (depth > MAX_DEPTH) throw new NotStrict();
        return token.type.name === "array" ? this.#array(token, depth) : this.#map(token, depth);
      case "true":
      case "false":
        return token.type.name === "true";
      case "null":
        return null;
      default:
        throw new NotStrict();
    }
  }

  #array(token: Token, depth: number): CborValue[] {
    const items: CborValue[] = [];
    while (items.length < (token.value as number)) {
      const item = this.#value(depth + 1);
      if (item === BREAK && token.value === Number.POSITIVE_INFINITY) break;
      if (item === BREAK) throw new NotStrict();
      items.push(item);
    }
    return items;
  }

  // Keys of one value may be written in several ways; a byte string is no key of the maps that are read, but may stand
  // there once.
  #map(token: Token, depth: number): CborMap {
    const members = new Map<string | number | bigint, CborValue>();
    const byteKeys = new Set<string>();
    while (members.size + byteKeys.size < (token.value as number)) {
      const key = this.#value(depth + 1);
      if (key === BREAK && token.value === Number.POSITIVE_INFINITY) break;
      const value = key === BREAK ? BREAK : this.#value(depth + 1);
      if (key === BREAK || value === BREAK) throw new NotStrict();
      if (key instanceof Uint8Array) {
        if (byteKeys.has(toHex(key))) throw new NotStrict();
        byteKeys.add(toHex(key));
      } else if ((typeof key === "string" || typeof key === "number" || typeof key === "bigint") && !members.has(key)) {
        members.set(key, value);
      } else {
        throw new NotStrict();
      }
    }
    if (byteKeys.size > 0) members.set(`\0${[...byteKeys].join()}`, null);
    return members;
  }
}

function textOf(token: Token): string {
  const text = fromUtf8(token.byteValue ?? new Uint8Array());
  if (text === undefined) throw new NotStrict();
  return text;
}

/** The one item that `bytes` are; undefined for anything else. */
export function parseCbor(bytes: Uint8Array): CborValue | undefined {
  try {
    return new Reader(bytes).read();
  } catch {
    return undefined; // of ours or of the tokenizer: not such a document
  }
}

export function isMap(value: CborValue | undefined): value is CborMap {
  return value instanceof Map;
}
