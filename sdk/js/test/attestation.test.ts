// SPDX-License-Identifier: Apache-2.0
//
// test/vectors/attestation-cases.json and attestation-hardware-cases.json: the same verdict and reason as the programs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { VENDORS } from "../src/verify/vendors.js";
import { type Case, judgeCase, tryPolicy } from "./cases.js";
import { readVectors } from "./files.js";

interface PolicyCase {
  readonly name: string;
  readonly policyText: string;
  readonly allowMock: boolean;
  readonly reason: string;
}

const main = readVectors<{ cases: Case[]; policies: PolicyCase[] }>("attestation-cases.json");
const hardware = readVectors<{ cases: Case[] }>("attestation-hardware-cases.json");

const builtIn: readonly (string | undefined)[] = ["mock", ...VENDORS.map((v) => v.name)];
const vendorOf = (policy: unknown) => (policy as { vendor?: string }).vendor;

for (const c of [...main.cases, ...hardware.cases]) {
  const skip = !builtIn.includes(vendorOf(c.policy)) && `${vendorOf(c.policy)} is not built in`;
  test(`case: ${c.name}`, { skip }, async () => {
    const policy = await tryPolicy(c.policy, true);
    assert.ok(typeof policy === "object", `policy: ${String(policy)}`);
    const verdict = await judgeCase(c, policy);
    assert.deepEqual([verdict.reason, verdict.ok], [c.reason, c.verdict]);
  });
}

for (const p of main.policies) {
  const isHardware = /"vendor":"(?!mock")(?:aws|azure|gcp|amd|intel)-/.test(p.policyText);
  const skip = isHardware && VENDORS.length === 0 && "vendors of hardware are not built in";
  test(`policy: ${p.name}`, { skip }, async () => {
    const policy = await tryPolicy(p.policyText, p.allowMock);
    assert.equal(typeof policy === "string" ? policy : "OK", p.reason);
  });
}
