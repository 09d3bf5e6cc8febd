// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromBase64, fromBase64Url, fromHex, latin1, toBase64, toBase64Url, toHex, u64 } from "../src/verify/bytes.js";

test("base64 is the one of the platform, both ways", () => {
  for (let n = 0; n < 70; n++) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 89 + n * 7) & 0xff);
    const buffer = Buffer.from(bytes);
    assert.equal(toBase64(bytes), buffer.toString("base64"));
    assert.equal(toBase64Url(bytes), buffer.toString("base64url"));
    assert.equal(toHex(bytes), buffer.toString("hex"));
    assert.equal(latin1(bytes), buffer.toString("latin1"));
    assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
    assert.deepEqual(fromBase64Url(toBase64Url(bytes)), bytes);
    assert.deepEqual(fromHex(toHex(bytes)), bytes);
  }
});

for (const text of ["A", "AA", "AAA", "AA=A", "A===", "AB==", "AAB=", "AA==AA==", "AAAA\n", " AAAA", "AA-_", "AAA\u0141", "===="])
  test(`base64 refuses ${JSON.stringify(text)}`, () => assert.equal(fromBase64(text), undefined));

for (const text of ["A", "AB", "AAB", "AA==", "AA+/", "AA A", "AAAAA"])
  test(`base64url refuses ${JSON.stringify(text)}`, () => assert.equal(fromBase64Url(text), undefined));

for (const text of ["0", "0G", "AB", "0x", " 00"])
  test(`hex refuses ${JSON.stringify(text)}`, () => assert.equal(fromHex(text), undefined));

test("u64 is big-endian", () => assert.equal(toHex(u64(0x1_0000_0002)), "0000000100000002"));
