// SPDX-License-Identifier: Apache-2.0
//
// Ledgers, proofs and bundles as the programs write them, and damaged.

import assert from "node:assert/strict";
import { test } from "node:test";

import { verifyBundle } from "../src/verify/bundle-verify.js";
import { verifyLedger, verifyLedgerProof } from "../src/verify/ledger.js";
import { isConsistent, isIncluded } from "../src/verify/merkle.js";
import { bytes } from "./files.js";
import { program, proofFiles } from "./program.js";

const path = program("proof_files");
const skip = path === undefined && "the programs are not built";
const file = path === undefined ? () => "" : proofFiles(path);
const keys = ["log-ed25519.vkey", "log-mldsa44.vkey"].map((name) => file(name));

interface Proof {
  readonly proof: readonly string[];
  readonly [name: string]: unknown;
}

test("proofs of a tree", { skip }, () => {
  const { inclusion, consistency } = JSON.parse(file("proofs.json")) as Record<string, readonly Proof[]>;
  const of = (p: Proof, name: string) => bytes(p[name] as string);
  const size = (p: Proof, name: string) => BigInt(p[name] as number);
  for (const p of inclusion ?? []) {
    const made = { index: size(p, "index"), size: size(p, "size"), leaf: of(p, "leaf"), root: of(p, "root") };
    assert.ok(isIncluded({ ...made, proof: p.proof.map(bytes) }));
    assert.ok(!isIncluded({ ...made, index: made.index + 1n, proof: p.proof.map(bytes) }));
    assert.ok(!isIncluded({ ...made, proof: [...p.proof.map(bytes), made.root] }));
  }
  for (const p of consistency ?? []) {
    const made = { size1: size(p, "size1"), size2: size(p, "size2"), root1: of(p, "root1"), root2: of(p, "root2") };
    assert.ok(isConsistent({ ...made, proof: p.proof.map(bytes) }));
    assert.ok(!isConsistent({ ...made, proof: [...p.proof.map(bytes), made.root1] }));
  }
  assert.ok((inclusion?.length ?? 0) > 10 && (consistency?.length ?? 0) > 10);
});

/** The exported ledger with its lines changed; entry `seq` is at `place(seq)`. */
function damaged(change: (entries: string[]) => void): string {
  const lines = file("ledger.jsonl").split("\n").slice(0, -1);
  const entries = lines.filter((line) => line.startsWith('{"actorId"'));
  change(entries);
  return [lines[0], ...entries, ...lines.slice(1).filter((line) => line.startsWith('{"checkpoint"'))].join("\n") + "\n";
}

const DAMAGES: readonly (readonly [string, string, number, (entries: string[]) => void])[] = [
  ["changed", "LEDGER_CHANGED", 7, (e) => void (e[7] = (e[7] as string).replace(/"time":"2/, '"time":"3'))],
  ["removed", "LEDGER_REMOVED", 7, (e) => void e.splice(7, 1)],
  ["reordered", "LEDGER_REORDERED", 7, (e) => void e.splice(7, 2, e[8] as string, e[7] as string)],
  ["twice", "LEDGER_ADDED", 8, (e) => void e.splice(8, 0, e[7] as string)],
  ["cut off", "LEDGER_TRUNCATED", 290, (e) => void e.splice(290)],
  ["unreadable", "LEDGER_CHANGED", 7, (e) => void (e[7] = "{}")],
];

test("a ledger that is whole", { skip }, () => {
  const verdict = verifyLedger({ exported: file("ledger.jsonl"), ledgerKeys: keys, checkpoints: [file("kept.checkpoint")] });
  assert.deepEqual([verdict.reason, verdict.seq], ["OK", null]);
  assert.ok(verdict.covered > 0 && verdict.entries >= verdict.covered);
  assert.equal(verifyLedger({ exported: file("ledger.jsonl"), ledgerKeys: [file("witness.vkey")] }).ok, false);
});

for (const [name, reason, seq, change] of DAMAGES)
  test(`a ledger with an entry ${name}`, { skip }, () => {
    const verdict = verifyLedger({ exported: damaged(change), ledgerKeys: keys });
    assert.deepEqual([verdict.reason, verdict.seq], [reason, seq]);
  });

test("a bundle, and the proof in it", { skip }, async () => {
  interface File {
    readonly entry: string;
    readonly checkpoint: string;
    readonly inclusion: { readonly leafIndex: number; readonly proofHex: readonly string[] };
  }
  const { entry, inclusion: proof, checkpoint } = JSON.parse(file("bundle.json")) as File;
  const options = { payload: file("payload"), policy: file("policy.json"), ledgerKeys: keys, allowMock: true };
  const verdict = await verifyBundle({ ...options, bundle: file("bundle.json"), witnessKeys: [file("witness.vkey")] });
  assert.deepEqual([verdict.reason, verdict.ok, verdict.datedBy], ["OK", true, "witness"]);
  assert.equal(verdict.ledger?.pinned, true);
  const other = await verifyBundle({ ...options, bundle: file("bundle.json"), payload: "another" });
  assert.equal(other.reason, "BUNDLE_PAYLOAD");

  assert.equal(verifyLedgerProof({ entry, proof, checkpoint, ledgerKeys: keys }).reason, "OK");
  const changed = { ...proof, proofHex: proof.proofHex.slice(1) };
  assert.equal(verifyLedgerProof({ entry, proof: changed, checkpoint, ledgerKeys: keys }).reason, "LEDGER_PROOF");
});
