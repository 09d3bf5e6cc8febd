// SPDX-License-Identifier: Apache-2.0
//
// test/vectors/signature-cases.json, as its member `about` says.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { PreHashName } from "../src/verify/alg.js";
import { concat } from "../src/verify/bytes.js";
import { publicKeyText, readPublicKey } from "../src/verify/publickey.js";
import { verifySignature } from "../src/verify/signature.js";
import { bytes, fromHexText, readVectors } from "./files.js";

interface Mutation {
  readonly what: string;
  readonly verdict: string;
  readonly flip?: number;
  readonly cut?: number;
  readonly drop?: number;
  readonly append?: string;
  readonly hex?: string;
  readonly insertAt?: number;
  readonly replaceFrom?: number;
  readonly message?: string;
  readonly format?: string;
  readonly algorithm?: string;
  readonly contextLength?: number;
  readonly preHash?: { readonly alg: PreHashName; readonly value: string };
}

interface SignatureCase {
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  readonly mutations: readonly Mutation[];
}

interface Key {
  readonly algorithm: string;
  readonly pem?: string;
}

const { keys, cases } = readVectors<{ keys: Key[]; cases: SignatureCase[] }>("signature-cases.json");

function changedSignature(signature: Uint8Array, m: Mutation): Uint8Array {
  if (m.flip !== undefined) return signature.map((byte, i) => (i === m.flip ? byte ^ 1 : byte));
  if (m.cut !== undefined) return signature.subarray(0, signature.length - m.cut);
  if (m.drop !== undefined) return signature.subarray(m.drop);
  if (m.append !== undefined) return concat(signature, fromHexText(m.append));
  const put = fromHexText(m.hex ?? "");
  if (m.insertAt !== undefined) return concat(signature.subarray(0, m.insertAt), put, signature.subarray(m.insertAt));
  if (m.replaceFrom !== undefined) return concat(signature.subarray(0, m.replaceFrom), put);
  return signature;
}

function keyOf(c: SignatureCase, m: Mutation): string {
  const key = JSON.parse(c.publicKey) as Record<string, unknown>;
  if (m.algorithm !== undefined) {
    const format = key["format"] as string | undefined;
    const other = cases
      .map((o) => JSON.parse(o.publicKey) as Record<string, unknown>)
      .find((o) => o["alg"] === m.algorithm && o["format"] === format);
    assert.ok(other, `a key of ${m.algorithm}`);
    return JSON.stringify(other);
  }
  if (m.format === "composite") delete key["format"];
  else if (m.format !== undefined) key["format"] = m.format;
  return JSON.stringify(key);
}

function judge(c: SignatureCase, m: Mutation): string {
  const preHash = m.preHash && { alg: m.preHash.alg, value: fromHexText(m.preHash.value) };
  return verifySignature({
    publicKey: keyOf(c, m),
    signature: changedSignature(bytes(c.signature), m),
    context: new Uint8Array(m.contextLength ?? 0),
    ...(preHash ? { preHash } : { payload: bytes(m.message ?? c.message) }),
  }).reason;
}

for (const c of cases) {
  const { alg, format } = JSON.parse(c.publicKey) as { alg: string; format?: string };
  test(`${alg}${format ? `, ${format}` : ""}`, () => {
    assert.equal(judge(c, { what: "nothing", verdict: "OK" }), "OK");
    for (const m of c.mutations) assert.equal(judge(c, m), m.verdict, m.what);
    assert.equal(publicKeyText(readPublicKey(c.publicKey)), c.publicKey);
  });
}

for (const key of keys) {
  const c = cases.find((o) => (JSON.parse(o.publicKey) as { alg: string }).alg === key.algorithm);
  if (key.pem === undefined || c === undefined) continue;
  const { pem } = key;
  test(`PEM of ${key.algorithm}`, () => {
    const options = { payload: bytes(c.message), signature: bytes(c.signature) };
    assert.equal(verifySignature({ ...options, publicKey: pem }).reason, "OK");
    assert.equal(verifySignature({ ...options, publicKey: pem.replaceAll("\n", "\r\n") }).reason, "OK");
    for (const bad of [` ${pem}`, `${pem}x`, pem.replace("PUBLIC", "PRIVATE"), pem.replace(/\n/, "\n\n"), pem.slice(0, -30)])
      assert.equal(verifySignature({ ...options, publicKey: bad }).reason, "BAD_PUBLIC_KEY");
    const lines = pem.split("\n");
    lines.splice(1, 1, lines[1]?.slice(0, 32) ?? "", lines[1]?.slice(32) ?? "");
    assert.equal(verifySignature({ ...options, publicKey: lines.join("\n") }).reason, "BAD_PUBLIC_KEY");
  });
}
