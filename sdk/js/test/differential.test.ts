// SPDX-License-Identifier: Apache-2.0
//
// Two verifiers, written apart, over the same cases, which are made from a seed: CS_DIFFERENTIAL of them (default 1,500),
// from CS_DIFFERENTIAL_SEED on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { judge, makeQuestion, type Question } from "./differ.js";
import { Random } from "./mutate.js";
import { type Answer, program, proofTexts, Verdicts } from "./program.js";

const COUNT = Number(process.env["CS_DIFFERENTIAL"] ?? 1500);
const FIRST = Number(process.env["CS_DIFFERENTIAL_SEED"] ?? 1);
const SHOWN = 20;

const verdicts = program("verdicts");
const fixture = program("proof_files");
const skip = (verdicts === undefined || fixture === undefined) && "the programs are not built";

// What is no text of a key is told by the programs with the member that is wrong (protocol/signature.md §9).
const OF_TEXTS = ["TOO_LARGE", "BAD_JSON", "MISSING_FIELD", "BAD_FIELD", "UNKNOWN_FIELD", "BAD_ENCODING"];
const reasonOf = (op: string, reason: string | undefined) =>
  op === "signature" && OF_TEXTS.includes(reason ?? "") ? "BAD_PUBLIC_KEY" : reason;

const isSame = (op: string, ours: Answer, theirs: Answer) => {
  // Files of the caller's own: what is told of them is for people.
  if (op === "birth" && ours.error !== undefined && theirs.error !== undefined) return true;
  try {
    assert.deepEqual(
      JSON.parse(JSON.stringify([ours.error, ours.reason, ours.error === undefined ? (ours.verdict ?? null) : null])),
      JSON.parse(JSON.stringify([theirs.error, reasonOf(op, theirs.reason), hidden(theirs)])),
    );
    return true;
  } catch {
    return false;
  }
};

// A lineage has no verdict in JSON that the programs have in common with this one.
function hidden(answer: Answer): unknown {
  const verdict = answer.verdict as { links?: number } | null | undefined;
  return verdict?.links === undefined ? (verdict ?? null) : null;
}

function show(seed: number, q: Question, ours: Answer, theirs: Answer): string {
  const brief = (a: Answer) => JSON.stringify(a).slice(0, 700);
  const whole = process.env["CS_DIFFERENTIAL_SHOW"] === "1" ? `\n${JSON.stringify(q)}` : "";
  return `seed ${seed}, ${q.op}\n  here:     ${brief(ours)}\n  programs: ${brief(theirs)}${whole}`;
}

test(`${COUNT} cases from seed ${FIRST}`, { skip, timeout: 6 * 3600_000 }, async (t) => {
  const files = proofTexts(fixture as string);
  const other = new Verdicts(verdicts as string);
  const differences: string[] = [];
  const reasons = new Map<string, number>();
  for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
    const question = makeQuestion(new Random(seed), files);
    const [ours, theirs] = await Promise.all([judge(question), other.ask(question)]);
    const name = `${question.op} ${theirs.error ?? theirs.reason}`;
    reasons.set(name, (reasons.get(name) ?? 0) + 1);
    if (!isSame(question.op, ours, theirs)) differences.push(show(seed, question, ours, theirs));
  }
  other.close();
  const counts = [...reasons].sort((a, b) => b[1] - a[1]).map(([name, n]) => `${name} ${n}`);
  t.diagnostic(`${reasons.size} different answers: ${counts.join(", ")}`);
  assert.equal(differences.length, 0, `${differences.length} of ${COUNT} differ:\n${differences.slice(0, SHOWN).join("\n")}`);
});
