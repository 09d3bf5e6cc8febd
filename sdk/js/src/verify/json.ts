// SPDX-License-Identifier: Apache-2.0
//
// JSON as protocol/attestation.md §1 wants it, and its one canonical form (RFC 8785). Objects are Maps, so that no name
// of a member means anything to JavaScript.

import { fromUtf8 } from "./bytes.js";

/** Stands for a number that is no integer within ±(2^53 - 1), or is not written as one: an error for who reads it. */
export const NOT_AN_INTEGER: unique symbol = Symbol("not an integer");

export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonValue = null | boolean | number | typeof NOT_AN_INTEGER | string | readonly JsonValue[] | JsonObject;

export const MAX_DEPTH = 32;

class NotStrict extends Error {}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const INTEGER = /^-?[0-9]+$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether the character at `at` stands behind an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text[first - 1] === "\\") first--;
  return (at - first) % 2 === 1;
}

function unquote(token: string): string {
  try {
    return JSON.parse(token) as string;
  } catch {
    throw new NotStrict();
  }
}

class Parser {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonValue {
    const value = this.#value(1);
    this.#take(SPACE);
    if (this.#at !== this.#text.length) throw new NotStrict();
    return value;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw new NotStrict();
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #next(character: string): boolean {
    this.#take(SPACE);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #value(depth: number): JsonValue {
    this.#take(SPACE);
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === "{" || first === "[") {
      if (depth > MAX_DEPTH) throw new NotStrict();
      this.#at++;
      return first === "{" ? this.#object(depth) : this.#array(depth);
    }
    if (first === "-" || (first !== undefined && first >= "0" && first <= "9")) return this.#number();
    const word = this.#take(WORD);
    return word === "null" ? null : word === "true";
  }

  #string(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end >= 0 && isEscaped(this.#text, end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) throw new NotStrict();
    this.#at = end + 1;
    const value = unquote(this.#text.slice(start, end + 1));
    if (value.includes("\0") || LONE_SURROGATE.test(value)) throw new NotStrict();
    return value;
  }

  #number(): number | typeof NOT_AN_INTEGER {
    const literal = this.#take(NUMBER);
    const value = Number(literal);
    if (!Number.isFinite(value)) throw new NotStrict();
    return INTEGER.test(literal) && Number.isSafeInteger(value) ? value + 0 : NOT_AN_INTEGER;
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, JsonValue>();
    if (this.#next("}")) return members;
    do {
      this.#take(SPACE);
      if (this.#text[this.#at] !== '"') throw new NotStrict();
      const name = this.#string();
      if (members.has(name) || !this.#next(":")) throw new NotStrict();
      members.set(name, this.#value(depth + 1));
    } while (this.#next(","));
    if (!this.#next("}")) throw new NotStrict();
    return members;
  }

  #array(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = [];
    if (this.#next("]")) return items;
    do items.push(this.#value(depth + 1));
    while (this.#next(","));
    if (!this.#next("]")) throw new NotStrict();
    return items;
  }
}

/** The value of a text that is exactly one strict JSON value; undefined for any other. */
export function parseJson(input: Uint8Array | string): JsonValue | undefined {
  const text = typeof input === "string" ? input : fromUtf8(input);
  if (text === undefined) return undefined;
  try {
    return new Parser(text).read();
  } catch (error) {
    if (error instanceof NotStrict) return undefined;
    throw error;
  }
}

export const isObject = (value: JsonValue | undefined): value is JsonObject => value instanceof Map;

export const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

/** The object of a text; undefined if it is none, or has more than `maxMembers` members. */
export function parseJsonObject(input: Uint8Array | string, maxMembers = Number.POSITIVE_INFINITY): JsonObject | undefined {
  const value = parseJson(input);
  return isObject(value) && value.size <= maxMembers ? value : undefined;
}

/** An object from literals, for what is written here. */
export function objectOf(members: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const present = Object.entries(members).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  return new Map(present);
}

/** RFC 8785; undefined if there is a number that was no integer. Names are in the order of their UTF-16 units. */
export function canonicalJson(value: JsonValue): string | undefined {
  if (value === NOT_AN_INTEGER) return undefined;
  if (isArray(value)) {
    const items = value.map(canonicalJson);
    return items.includes(undefined) ? undefined : `[${items.join(",")}]`;
  }
  if (!isObject(value)) return JSON.stringify(value);
  const members: string[] = [];
  for (const name of [...value.keys()].sort()) {
    const text = canonicalJson(value.get(name) as JsonValue);
    if (text === undefined) return undefined;
    members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join(",")}}`;
}
