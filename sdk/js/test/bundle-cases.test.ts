// SPDX-License-Identifier: Apache-2.0
//
// The corpus of bundles, run as its member `about` says.

import assert from "node:assert/strict";
import { test } from "node:test";

import { verifyBundle } from "../src/verify/bundle-verify.js";
import { bytes, optionalBytes, readVectors } from "./files.js";
import type { Json } from "./mutate.js";

type Members = Readonly<Record<string, Json>>;

interface Pinned {
  readonly payload: string;
  readonly policy: string;
  readonly ledgerKeys: readonly string[];
  readonly witnessKeys: readonly string[];
}

interface BundleCase extends Partial<Pinned> {
  readonly name: string;
  readonly reason: string;
  readonly datedBy?: string;
  readonly pinned?: boolean;
  readonly members?: Members;
  readonly replace?: { readonly from: string; readonly to: string };
  readonly publicKey?: string;
  readonly keyId?: string;
  readonly nonce?: string;
  readonly allowMock?: boolean;
}

const corpus = readVectors<Pinned & { readonly bundle: Members; readonly cases: readonly BundleCase[] }>("bundle-cases.json");

// In this order, wherever a case has them from.
const MEMBERS = ["mediaType", "version", "signatureId", "payloadSha256", "payloadPreHash", "keyId", "publicKey", "signature",
  "docB64", "policy", "entry", "inclusion", "checkpoint"];

function textOf({ members = {}, replace }: BundleCase): string {
  const present = MEMBERS.map((name) => [name, members[name] === undefined ? corpus.bundle[name] : members[name]] as const);
  const text = JSON.stringify(Object.fromEntries(present.filter(([, value]) => value !== undefined && value !== null)));
  if (replace === undefined) return text;
  assert.ok(text.includes(replace.from), replace.from);
  return text.replace(replace.from, () => replace.to);
}

for (const [i, c] of corpus.cases.entries())
  test(`bundle ${i}: ${c.name}`, async () => {
    const verdict = await verifyBundle({
      bundle: textOf(c),
      payload: bytes(c.payload ?? corpus.payload),
      policy: c.policy ?? corpus.policy,
      ledgerKeys: c.ledgerKeys ?? corpus.ledgerKeys,
      witnessKeys: c.witnessKeys ?? corpus.witnessKeys,
      publicKey: c.publicKey,
      keyId: c.keyId,
      nonce: optionalBytes(c.nonce),
      allowMock: c.allowMock ?? true,
    });
    assert.equal(verdict.reason, c.reason);
    assert.equal(verdict.ok, c.reason === "OK");
    if (verdict.ok) assert.deepEqual([verdict.datedBy, verdict.ledger?.pinned], [c.datedBy, c.pinned]);
  });

test("the corpus of bundles has good ones and more bad ones", () => {
  const good = corpus.cases.filter((c) => c.reason === "OK").length;
  assert.ok(good >= 20 && corpus.cases.length > 3 * good);
});
