// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { utf8 } from "../src/verify/bytes.js";
import { canonicalJson, type JsonObject, NOT_AN_INTEGER, objectOf, parseJson, parseJsonObject } from "../src/verify/json.js";

const REFUSED: readonly (readonly [string, string | Uint8Array])[] = [
  ["nothing", ""],
  ["space alone", "  "],
  ["two values", "1 2"],
  ["a name twice", '{"a":1,"a":2}'],
  ["a name twice, once escaped", '{"a":1,"\\u0061":2}'],
  ["NUL in a string", '"a\\u0000"'],
  ["NUL in a name", '{"\\u0000":1}'],
  ["a raw control character", '"\n"'],
  ["a lone surrogate", '"\\ud800"'],
  ["a comma at the end of an object", '{"a":1,}'],
  ["a comma at the end of an array", "[1,]"],
  ["a comment", "1/**/"],
  ["single quotes", "'a'"],
  ["a name without quotes", "{a:1}"],
  ["a string that does not end", '"abc'],
  ["a string that ends in an escaped quote", '"abc\\"'],
  ["an unknown escape", '"\\x41"'],
  ["a leading zero", "01"],
  ["a plus", "+1"],
  ["a fraction without digits", "1."],
  ["infinity", "Infinity"],
  ["a number without bound", "1e999"],
  ["a word cut off", "tru"],
  ["a word that goes on", "nullx"],
  ["depth 33", "[".repeat(33) + "]".repeat(33)],
  ["brackets that do not match", "[1}"],
  ["a byte order mark", Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)],
  ["bad UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
  ["an overlong form", Uint8Array.of(0x22, 0xc0, 0x80, 0x22)],
  ["a surrogate in UTF-8", Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
];

for (const [name, text] of REFUSED) test(`refused: ${name}`, () => assert.equal(parseJson(text), undefined));

test("values", () => {
  assert.equal(parseJson(" null "), null);
  assert.equal(parseJson("9007199254740991"), 9007199254740991);
  assert.equal(parseJson("9007199254740992"), NOT_AN_INTEGER);
  assert.equal(parseJson("1.0"), NOT_AN_INTEGER);
  assert.equal(parseJson("1e2"), NOT_AN_INTEGER);
  assert.ok(Object.is(parseJson("-0"), 0));
  assert.equal(parseJson('"\\\\\\u00e9\\ud83d\\ude00"'), "\\é😀");
  assert.deepEqual(parseJson("[".repeat(32) + "]".repeat(32))?.toString(), "");
  assert.equal((parseJson(utf8('{"__proto__":1}')) as JsonObject).get("__proto__"), 1);
  assert.equal(parseJson(`"${"a".repeat(300000)}"`), "a".repeat(300000));
});

test("an object has a bound on its members", () => {
  assert.equal(parseJsonObject('{"a":1,"b":2}', 2)?.size, 2);
  assert.equal(parseJsonObject('{"a":1,"b":2,"c":3}', 2), undefined);
  assert.equal(parseJsonObject("[]"), undefined);
});

test("canonical form", () => {
  const value = parseJson('{"b":[1,-0,true],"\\ud83d\\ude00":null,"\\ufb33":"\\u00e9\\n\\u001f/","a":{}}');
  // In the order of UTF-16 units, in which U+1F600 comes before U+FB33.
  assert.equal(canonicalJson(value ?? null), `{"a":{},"b":[1,0,true],"\u{1f600}":null,"\ufb33":"\u00e9\\n\\u001f/"}`);
  assert.equal(canonicalJson([NOT_AN_INTEGER]), undefined);
  assert.equal(canonicalJson(objectOf({ b: 1, a: undefined })), '{"b":1}');
});
