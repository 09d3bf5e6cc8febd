// SPDX-License-Identifier: Apache-2.0
//
// JSON as protocol/attestation.md §1 wants it. Objects come back as Map, integers as number; a number that is no integer
// within ±(2^53 - 1) comes back as NOT_AN_INTEGER, which is an error only for whoever reads it.

export const NOT_AN_INTEGER = Symbol("not an integer");
const MAX_DEPTH = 32;

/** Throws for anything that is not exactly one strict JSON value. */
export function parse(bytes) {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  let at = 0;
  const fail = () => {
    throw new SyntaxError(`strict JSON: character ${at}`);
  };
  const take = (pattern) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) fail();
    at = pattern.lastIndex;
    return match[0];
  };
  const space = () => take(/[ \t\n\r]*/y);
  const next = (character) => {
    space();
    if (text[at] !== character) return false;
    at++;
    return true;
  };

  const string = () => {
    const value = JSON.parse(take(/"(?:[^"\\\u0000-\u001f]|\\.)*"/y));
    if (value.includes("\0") || /\p{Surrogate}/u.test(value)) fail();
    return value;
  };
  const number = () => {
    const literal = take(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
    const value = Number(literal);
    if (!Number.isFinite(value)) fail();
    return /^-?[0-9]+$/.test(literal) && Number.isSafeInteger(value) ? value : NOT_AN_INTEGER;
  };
  const object = (depth) => {
    const members = new Map();
    if (next("}")) return members;
    do {
      space();
      const name = string();
      if (members.has(name) || !next(":")) fail();
      members.set(name, value(depth + 1));
    } while (next(","));
    return next("}") ? members : fail();
  };
  const array = (depth) => {
    const items = [];
    if (next("]")) return items;
    do items.push(value(depth + 1));
    while (next(","));
    return next("]") ? items : fail();
  };
  const value = (depth) => {
    space();
    if (text[at] === '"') return string();
    if (text[at] === "{" || text[at] === "[") {
      if (depth > MAX_DEPTH) fail();
      return next("{") ? object(depth) : next("[") && array(depth);
    }
    if (/[-0-9]/.test(text[at] ?? "")) return number();
    return { true: true, false: false, null: null }[take(/true|false|null/y)];
  };

  const result = value(1);
  space();
  if (at !== text.length) fail();
  return result;
}
