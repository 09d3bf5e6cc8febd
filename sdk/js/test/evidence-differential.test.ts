// SPDX-License-Identifier: Apache-2.0
//
// Evidence and policies changed at random, judged by this verifier and by the one of the programs: both must say the same,
// reason and verdict. CS_DIFFERENTIAL cases (default 400), from CS_DIFFERENTIAL_SEED (default 1).

import assert from "node:assert/strict";
import { test } from "node:test";

import { verifyEvidence } from "../src/verify/attestation.js";
import { CountersignError } from "../src/verify/errors.js";
import { type EvidenceCase, evidenceOf } from "./evidence-cases.js";
import { readVectors } from "./files.js";
import { changeEvidence, changeJsonText } from "./evidence-changes.js";
import { Random } from "./mutate.js";
import { type Answer, startVerdicts, verdictsAreMissing } from "./verdicts.js";

const CASES = Number(process.env["CS_DIFFERENTIAL"] ?? 400);
const SEED = Number(process.env["CS_DIFFERENTIAL_SEED"] ?? 1);
const ONLY = process.env["CS_DIFFERENTIAL_ONLY"] ?? "";

interface Trial {
  readonly policy: Buffer;
  readonly evidence: Buffer;
  readonly at: number;
  readonly stored: boolean;
  readonly dated: boolean;
  readonly allowMock: boolean;
  readonly nonce?: string;
  readonly binding?: string;
  readonly publicKey?: string;
}

function makeTrial(c: EvidenceCase, original: Buffer, random: Random): Trial {
  const what = random.below(8);
  let policy: Buffer = Buffer.from(JSON.stringify(c.policy));
  if (what === 0 || what === 7) policy = changeJsonText(policy, random);
  let evidence = original;
  for (let i = what === 0 ? 0 : 1 + (random.below(5) < 1 ? 1 : 0); i > 0; i--)
    try {
      evidence = changeEvidence(evidence, random);
    } catch {
      // a second change of what the first has made unreadable
    }
  const { clock } = c;
  const shift = random.below(8) < 1 ? random.pick([-61, -60, -1, 1, 60, 299, 300, 301, 86_400, 100_000_000]) : 0;
  const stored = random.below(10) < 1 ? clock.mode !== "stored" : clock.mode === "stored";
  const time = clock.mode === "stored" ? (clock.entryTime ?? 0) : clock.now;
  const hand = random.below(12) < 1 ? { [random.pick(["nonce", "binding", "publicKey"])]: "AAECAwQFBgc=" } : {};
  const known = { nonce: c.nonce, binding: c.binding, publicKey: c.publicKey, ...hand };
  return {
    policy,
    evidence,
    at: Math.max(0, time + shift),
    stored,
    dated: random.below(2) < 1,
    allowMock: c.allowMock || random.below(20) < 1,
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
  };
}

async function judgeHere(t: Trial): Promise<Answer> {
  try {
    const verdict = await verifyEvidence({
      ...t,
      evidence: new Uint8Array(t.evidence),
      policy: new Uint8Array(t.policy),
      clock: t.stored ? { entryTime: t.at, dated: t.dated } : { now: t.at },
    });
    return { reason: verdict.reason, verdict };
  } catch (error) {
    if (error instanceof CountersignError) return { error: error.code };
    throw error;
  }
}

test(`${CASES} changed cases of evidence, seed ${SEED}`, { skip: verdictsAreMissing() }, async () => {
  const { evidence } = readVectors<{ evidence: EvidenceCase[] }>("attestation-evidence-cases.json");
  const bases = evidence
    .filter((c) => c.name.startsWith(ONLY))
    .map((c) => ({ c, bytes: evidenceOf(c) }))
    .filter((base): base is { c: EvidenceCase; bytes: Uint8Array } => base.bytes !== undefined);
  const random = new Random(SEED);
  const verdicts = startVerdicts();
  const reasons = new Map<string, number>();
  const different: string[] = [];
  for (let i = 0; i < CASES; i++) {
    const { c, bytes } = random.pick(bases);
    const t = makeTrial(c, Buffer.from(bytes), random);
    const { policy, evidence: changed, ...rest } = t;
    const line = { op: "evidence", ...rest, policy: policy.toString("base64"), evidence: changed.toString("base64") };
    const [here, there] = await Promise.all([judgeHere(t), verdicts.ask(line)]);
    const said = here.error ?? here.reason ?? "";
    reasons.set(said, (reasons.get(said) ?? 0) + 1);
    try {
      assert.deepEqual(JSON.parse(JSON.stringify(here)), there);
    } catch (error) {
      different.push(`${i} ${c.name}: here ${said}, there ${there.error ?? there.reason}`);
      if (process.env["CS_DIFFERENTIAL_SHOW"] !== undefined)
        console.log(different.at(-1), said === (there.error ?? there.reason) ? (error as Error).message : JSON.stringify(line));
      if (different.length >= 1000) break;
    }
  }
  await verdicts.stop();
  const counts = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, n]) => `${reason} ${n}`);
  console.log(counts.join(", "));
  assert.deepEqual(different, []);
  assert.ok(reasons.size > Math.min(8, CASES / 20), "the changes reach few reasons");
});
