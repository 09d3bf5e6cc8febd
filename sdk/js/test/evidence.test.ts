// SPDX-License-Identifier: Apache-2.0
//
// test/vectors/attestation-evidence-cases.json: vendors' evidence alone, the same verdict and reason as the programs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { verifyEvidence } from "../src/verify/attestation.js";
import { type EvidenceCase, evidenceOf } from "./evidence-cases.js";
import { readVectors } from "./files.js";

const corpus = readVectors<{ evidence: EvidenceCase[] }>("attestation-evidence-cases.json");

for (const c of corpus.evidence) {
  const evidence = evidenceOf(c);
  test(`evidence: ${c.name}`, { skip: evidence === undefined && "its public files are not here" }, async () => {
    const { clock, proven } = c;
    const verdict = await verifyEvidence({
      evidence: evidence ?? new Uint8Array(),
      policy: c.policy,
      clock: clock.mode === "stored" ? { entryTime: clock.entryTime ?? 0, dated: clock.dated ?? false } : { now: clock.now },
      allowMock: c.allowMock,
      nonce: c.nonce,
      binding: c.binding,
      publicKey: c.publicKey,
    });
    assert.deepEqual([verdict.reason, verdict.ok], [c.reason, c.verdict]);
    if (proven === undefined) return;
    const { imageHash, evidenceTime, hardware } = verdict;
    assert.deepEqual({ imageHash, evidenceTime, hardware }, { ...proven, evidenceTime: proven.evidenceTime });
  });
}
