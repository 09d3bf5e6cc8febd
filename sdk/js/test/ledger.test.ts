// SPDX-License-Identifier: Apache-2.0
//
// Ledgers, proofs and bundles as the programs write them, and damaged.

import assert from "node:assert/strict";
import { test } from "node:test";

import { verifyBundle } from "../src/verify/bundle-verify.js";
import { verifyCheckpoint, verifyLedger, verifyLedgerProof, verifyLedgerTiles } from "../src/verify/ledger.js";
import { isConsistent, isIncluded } from "../src/verify/merkle.js";
import { parseNote } from "../src/verify/note.js";
import { bytes } from "./files.js";
import { program, proofFiles } from "./program.js";

const path = program("proof_files");
const skip = path === undefined && "the programs are not built";
const fileBytes = path === undefined ? () => new Uint8Array() : proofFiles(path);
const file = (name: string) => Buffer.from(fileBytes(name)).toString("utf8");
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

/** In pieces of that many bytes, whatever they cut through. */
async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

test("a ledger that comes in pieces", { skip }, async () => {
  const text = file("ledger.jsonl");
  const whole = { ok: true, reason: "OK", seq: null, from: null, entries: 300, covered: 300 };
  for (const size of [1, 4_096, 1 << 22]) assert.deepEqual(await verifyLedger({ exported: pieces(text, size), ledgerKeys: keys }), whole);
  const cut = damaged((e, at) => void e.splice(at(7), 1));
  assert.deepEqual((await verifyLedger({ exported: pieces(cut, 777), ledgerKeys: keys })).seq, 7);
  const broken = new Error("the connection is gone");
  const failing = async function* () { yield text.slice(0, 5_000); throw broken; };
  await assert.rejects(verifyLedger({ exported: failing(), ledgerKeys: keys }), broken);
  await assert.rejects(verifyLedger({ exported: pieces("", 1), ledgerKeys: keys }), { code: "BAD_ARGUMENT" });
});

test("witnesses of a checkpoint", { skip }, () => {
  const note = (JSON.parse(file("bundle.json")) as { checkpoint: string }).checkpoint;
  const witness = file("witness.vkey").trim();
  assert.equal("witnesses" in verifyCheckpoint({ note, ledgerKeys: keys }), false);
  const { witnesses = [], ok } = verifyCheckpoint({ note, ledgerKeys: keys, witnessKeys: [witness] });
  assert.deepEqual([ok, witnesses.map(({ name }) => name)], [true, [witness.split("+")[0]]]);
  assert.ok(!Number.isNaN(Date.parse(witnesses[0]?.time ?? "")));
  assert.deepEqual(verifyCheckpoint({ note, ledgerKeys: keys, witnessKeys: [] }).witnesses, []);
  const forged = note.replace(new RegExp(`(\u2014 ${witness.split("+")[0]} .{24})(.)`, "u"), (_, begin: string, c: string) => begin + (c === "A" ? "B" : "A"));
  assert.equal(verifyCheckpoint({ note: forged, ledgerKeys: keys }).ok, true);
  assert.deepEqual([verifyCheckpoint({ note: forged, ledgerKeys: keys, witnessKeys: [witness] }).reason], ["NOTE_SIGNATURE"]);
  assert.throws(() => verifyCheckpoint({ note, ledgerKeys: keys, witnessKeys: ["x"] }), { code: "BAD_VKEY" });
});

/** The exported ledger with its lines changed; line `at(seq)` has that entry. */
function damaged(change: (lines: string[], at: (seq: number) => number) => void): string {
  const lines = file("ledger.jsonl").split("\n");
  change(lines, (seq) => lines.findIndex((line) => line.includes(`"seq":${seq},`)));
  return lines.join("\n");
}

type Damage = readonly [name: string, reason: string, seq: number | null, change: Parameters<typeof damaged>[0]];

const DAMAGES: readonly Damage[] = [
  ["changed", "LEDGER_CHANGED", 7, (e, at) => void (e[at(7)] = (e[at(7)] as string).replace(/"time":"2/, '"time":"3'))],
  ["removed", "LEDGER_REMOVED", 7, (e, at) => void e.splice(at(7), 1)],
  ["reordered", "LEDGER_REORDERED", 7, (e, at) => void e.splice(at(7), 2, e[at(8)] as string, e[at(7)] as string)],
  ["twice", "LEDGER_ADDED", 8, (e, at) => void e.splice(at(8), 0, e[at(7)] as string)],
  ["cut off", "LEDGER_TRUNCATED", 290, (e, at) => void e.splice(at(290), 10)],
  ["unreadable", "LEDGER_CHANGED", 7, (e, at) => void (e[at(7)] = "{}")],
  ["that is no entry in place of its checkpoint", "NOTE_FORMAT", null, (e, at) => void (e[at(0) + 1] = '{"checkpoint":7}')],
];

test("a ledger that is whole", { skip }, async () => {
  const checkpoints = [file("kept.checkpoint")];
  const verdict = await verifyLedger({ exported: file("ledger.jsonl"), ledgerKeys: keys, checkpoints });
  assert.deepEqual(verdict, { ok: true, reason: "OK", seq: null, from: null, entries: 300, covered: 300 });
  assert.equal((await verifyLedger({ exported: file("ledger.jsonl"), ledgerKeys: [file("witness.vkey")] })).ok, false);
  const bare = damaged((lines) => void lines.splice(0, lines.length, ...lines.filter((line) => !line.startsWith('{"checkpoint"'))));
  assert.equal((await verifyLedger({ exported: bare, ledgerKeys: keys })).reason, "NOTE_UNSIGNED");
  assert.equal((await verifyLedger({ exported: bare })).covered, 0);
  await assert.rejects(verifyLedger({ exported: file("bundle.json"), ledgerKeys: keys }), { code: "BAD_ARGUMENT" });
  const late = damaged((lines, at) => void lines.splice(at(9), 0, ...lines.splice(at(0) + 1, 1)));
  await assert.rejects(verifyLedger({ exported: late, ledgerKeys: keys }), { code: "BAD_FIELD" });
});

for (const [name, reason, seq, change] of DAMAGES)
  test(`a ledger with an entry ${name}`, { skip }, async () => {
    const verdict = await verifyLedger({ exported: damaged(change), ledgerKeys: keys });
    assert.deepEqual([verdict.reason, verdict.seq], [reason, seq]);
  });

test("a ledger in tiles", { skip }, async () => {
  const tiles = new Map(["checkpoint", "tile/entries/000", "tile/entries/001.p/44"].map((name) => [name, fileBytes(`tiles/${name}`)]));
  const judge = (change: (files: Map<string, Uint8Array>) => void) => {
    const files = new Map(tiles);
    change(files);
    return verifyLedgerTiles({ read: async (path) => files.get(path), ledgerKeys: keys, checkpoints: [file("kept.checkpoint")] });
  };
  assert.deepEqual(await judge(() => {}), { ok: true, reason: "OK", seq: null, from: null, entries: 300, covered: 300 });
  const last = tiles.get("tile/entries/001.p/44") as Uint8Array;
  const put = (bytes: Uint8Array) => (files: Map<string, Uint8Array>) => void files.set("tile/entries/001.p/44", bytes);
  const reasons = [
    await judge((files) => void files.delete("tile/entries/001.p/44")),
    await judge(put(last.subarray(0, last.length - 1))),
    await judge(put(Uint8Array.of(...last, 0))),
    await judge(put(last.map((octet, at) => (at === 100 ? octet ^ 1 : octet)))),
  ].map(({ reason, seq }) => [reason, seq]);
  assert.deepEqual(reasons, [["LEDGER_TRUNCATED", 256], ["LEDGER_CHANGED", 299], ["LEDGER_CHANGED", 300], ["LEDGER_CHANGED", 256]]);
  await assert.rejects(judge((files) => void files.delete("checkpoint")), { code: "BAD_ARGUMENT" });
});

test("a note may have any character from U+0020 on", () => {
  const line = `\u2014 who ${Buffer.alloc(68).toString("base64")}\n`;
  for (const text of ["a\x7fb\n", "a\u0085b\n", "\u00e4\n\n\u4e2d\n"]) assert.equal(parseNote(`${text}\n${line}`).text, text);
  for (const text of ["a\x1fb\n", "a\tb\n", "a\0b\n", "a\r\n"]) assert.throws(() => parseNote(`${text}\n${line}`), { reason: "NOTE_FORMAT" });
  assert.equal(parseNote(`a\n\n${line.replace("who", "w\x7fho")}`).lines.length, 1);
  for (const name of ["w+o", "w\u0085o", "w\u3000o", "w\x1fo", ""])
    assert.throws(() => parseNote(`a\n\n${line.replace("who", name)}`), { reason: "NOTE_FORMAT" });
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
