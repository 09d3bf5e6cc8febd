// SPDX-License-Identifier: Apache-2.0
//
// Seeded changes of bytes and of JSON: what a careless writer or an attacker would try.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(n: number): number {
    return n <= 0 ? 0 : this.next() % n;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const STRINGS = ["", "a", "\0", "\u00e9", "\u200b", "\ud83d\ude00", "OK", "sha256:", "0", "A".repeat(65), "A".repeat(129)];
const NUMBERS = [0, 1, -1, 4, 5, 86400, 86401, 1.5, 1e21, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 1768473000];

function deep(depth: number): Json {
  return depth === 0 ? 1 : [deep(depth - 1)];
}

function strange(r: Random): Json {
  switch (r.below(7)) {
    case 0:
      return null;
    case 1:
      return r.chance(50);
    case 2:
      return r.pick(NUMBERS);
    case 3:
      return [];
    case 4:
      return {};
    case 5:
      return deep(r.pick([1, 30, 31, 32, 33]));
    default:
      return r.pick(STRINGS);
  }
}

const ALPHABET = "0123456789abcdefABCDEF+/=-_:.{}[]\",\\ \n\t\0\x7fgzGZ\u00e9";

export function changeText(r: Random, text: string): string {
  const at = r.below(text.length + 1);
  const one = ALPHABET[r.below(ALPHABET.length)] as string;
  switch (r.below(7)) {
    case 0:
      return text.slice(0, at) + one + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + one + text.slice(at + 1);
    case 3:
      return text.slice(0, at);
    case 4:
      return r.chance(50) ? text.toUpperCase() : text.slice(0, at) + text.slice(at).toUpperCase();
    case 5:
      return text + text.slice(at);
    default:
      return r.chance(50) ? ` ${text}` : `${text}\n`;
  }
}

export function changeBytes(r: Random, bytes: Uint8Array): Uint8Array {
  const made = [...bytes];
  const at = r.below(made.length + 1);
  switch (r.below(6)) {
    case 0:
      made.splice(at, 1);
      break;
    case 1:
      made.splice(at, 0, r.below(256));
      break;
    case 2:
      made.length = at;
      break;
    case 3:
      made.push(r.below(256));
      break;
    default:
      if (at < made.length) made[at] = (made[at] as number) ^ (1 << r.below(8));
  }
  return Uint8Array.from(made);
}

function changeLeaf(r: Random, value: Json): Json {
  if (typeof value === "string" && r.chance(80)) return changeText(r, value);
  if (typeof value === "number" && r.chance(80)) return value + r.pick([-1, 1, -60, 60, 61, -300, 301, 0.5, 2 ** 31]);
  if (typeof value === "boolean" && r.chance(80)) return !value;
  return strange(r);
}

/** Changes one thing somewhere in a value, which is not touched itself. */
export function changeJson(r: Random, value: Json): Json {
  if (Array.isArray(value) && value.length > 0 && r.chance(85)) {
    const items = [...value];
    const at = r.below(items.length);
    if (r.chance(10)) items.splice(at, 1);
    else if (r.chance(10)) items.push(items[at] as Json);
    else items[at] = changeJson(r, items[at] as Json);
    return items;
  }
  if (value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0 && r.chance(95)) {
    const object = { ...value };
    const name = r.pick(Object.keys(object));
    if (r.chance(15)) delete object[name];
    else if (r.chance(10)) object[changeText(r, name)] = object[name] as Json;
    else if (r.chance(6)) for (let i = 0; i < 62; i++) object[`x${i}`] = i;
    else object[name] = changeJson(r, object[name] as Json);
    return object;
  }
  return changeLeaf(r, value);
}

/** Writes JSON, now and then in a way that only some readers take. */
export function writeJson(r: Random, value: Json): string {
  const text = JSON.stringify(value);
  if (r.chance(85)) return text;
  const names = [...text.matchAll(/"([A-Za-z0-9]+)":/g)];
  const match = names.length > 0 ? r.pick(names) : undefined;
  switch (r.below(5)) {
    case 0:
      return text.replaceAll(",", " ,\n\t");
    case 1:
      return match ? text.slice(0, match.index) + `"${match[1]}":1,` + text.slice(match.index) : text;
    case 2: {
      if (!match) return text;
      const escaped = `\\u${(match[1] as string).charCodeAt(0).toString(16).padStart(4, "0")}`;
      return text.slice(0, match.index + 1) + escaped + text.slice(match.index + 2);
    }
    case 3:
      return changeText(r, text);
    default:
      return text.replace(/:(\d+)([,}])/, r.pick([":$1.0$2", ":$1e0$2", ":-$1$2", ":0$1$2", ":-0$2"]));
  }
}
