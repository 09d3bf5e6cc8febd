// SPDX-License-Identifier: Apache-2.0
//
// A runtime that lacks a primitive: what would need it is an error that names it, never a verdict; what does not need it is
// judged as ever.

import assert from "node:assert/strict";
import { test } from "node:test";

import { verifyEvidence } from "../src/verify/attestation.js";
import { CountersignError } from "../src/verify/errors.js";
import type { Verdict } from "../src/verify/verdict.js";
import { Transport } from "../src/http.js";
import { type Case, timeOfCase, judgeCase } from "./cases.js";
import { type EvidenceCase, evidenceOf } from "./evidence-cases.js";
import { readVectors } from "./files.js";
import { readPolicy } from "../src/verify/policy.js";

/** Runs with another `crypto`, as a runtime without it would have. */
async function withCrypto<T>(crypto: unknown, run: () => Promise<T>): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(globalThis, "crypto") as PropertyDescriptor;
  Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true, writable: true });
  try {
    return await run();
  } finally {
    Object.defineProperty(globalThis, "crypto", own);
  }
}

/** WebCrypto that knows every algorithm but these. */
function without(...names: readonly string[]): unknown {
  const { subtle } = globalThis.crypto;
  const importKey = (format: never, key: never, algorithm: { name: string }, ...rest: [boolean, KeyUsage[]]) =>
    names.includes(algorithm.name)
      ? Promise.reject(new DOMException(`no ${algorithm.name}`, "NotSupportedError"))
      : subtle.importKey(format, key, algorithm as EcKeyImportParams, ...rest);
  return { subtle: { importKey, verify: subtle.verify.bind(subtle) } };
}

const { evidence } = readVectors<{ evidence: EvidenceCase[] }>("attestation-evidence-cases.json");
const good = evidence.filter((c) => c.reason === "OK");

async function judge(c: EvidenceCase): Promise<Verdict> {
  const { at, stored } = timeOfCase(c);
  const dated = c.clock.dated ?? false;
  const bytes = (text: string | undefined) => (text === undefined ? undefined : new Uint8Array(Buffer.from(text, "base64")));
  return verifyEvidence({
    evidence: evidenceOf(c) as Uint8Array,
    policy: c.policy,
    nonce: bytes(c.nonce),
    binding: bytes(c.binding),
    publicKey: bytes(c.publicKey),
    allowMock: c.allowMock,
    clock: stored ? { entryTime: at, dated } : { now: at },
  });
}

/** The primitive that was missed; undefined if there was a verdict. */
async function missed(run: () => Promise<Verdict>): Promise<string | undefined> {
  try {
    assert.equal((await run()).reason, "OK");
    return undefined;
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    assert.deepEqual([error.code, error.message], ["PRIMITIVE_MISSING", `this runtime has no ${error.member}`]);
    return error.member;
  }
}

const CRYPTOS: readonly (readonly [string, () => unknown, readonly string[]])[] = [
  ["no crypto", () => undefined, ["WebCrypto"]],
  ["crypto of a page that is not secure", () => ({ getRandomValues: () => undefined }), ["WebCrypto"]],
  ["no RSA", () => without("RSASSA-PKCS1-v1_5", "RSA-PSS"), ["RSASSA-PKCS1-v1_5", "RSA-PSS"]],
  ["no ECDSA", () => without("ECDSA"), ["ECDSA"]],
];

for (const [name, make, wanted] of CRYPTOS)
  test(`evidence with ${name}`, async () => {
    const found = new Map<string, Set<string | undefined>>();
    for (const c of good.filter((each) => evidenceOf(each) !== undefined)) {
      const vendor = String(c.policy["vendor"]);
      found.set(vendor, (found.get(vendor) ?? new Set()).add(await withCrypto(make(), () => missed(() => judge(c)))));
    }
    const all = new Set([...found.values()].flatMap((each) => [...each]));
    all.delete(undefined);
    assert.ok(all.size > 0 && [...all].every((primitive) => wanted.includes(primitive as string)), [...all].join());
  });

test("what needs no WebCrypto is judged without it", async () => {
  const { cases } = readVectors<{ cases: Case[] }>("attestation-cases.json");
  const c = cases.find((each) => each.reason === "OK" && each.document !== undefined) as Case;
  const policy = await readPolicy(c.policy, { allowDevelopment: true });
  assert.equal((await withCrypto(undefined, () => judgeCase(c, policy))).reason, "OK");
});

test("a client without fetch, and without random numbers", async () => {
  const own = globalThis.fetch;
  try {
    Object.assign(globalThis, { fetch: undefined });
    assert.throws(() => new Transport({ baseUrl: "https://service.example" }), { code: "PRIMITIVE_MISSING", member: "fetch" });
  } finally {
    Object.assign(globalThis, { fetch: own });
  }
  const never: typeof fetch = () => assert.fail("it was sent");
  const transport = new Transport({ baseUrl: "https://service.example", fetch: never });
  await withCrypto(undefined, () =>
    assert.rejects(transport.call("health", {}), { code: "PRIMITIVE_MISSING", member: "crypto.getRandomValues" }),
  );
});
