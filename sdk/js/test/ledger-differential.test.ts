// SPDX-License-Identifier: Apache-2.0
//
// Ledgers changed at random, in lines and in tiles, judged by this verifier and by `countersign ledger verify`: both have to
// say the same. CS_LEDGER_DIFFERENTIAL cases (default 60), from CS_DIFFERENTIAL_SEED on.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { CountersignError } from "../src/verify/errors.js";
import { type LedgerVerdict, verifyLedger, verifyLedgerTiles } from "../src/verify/ledger.js";
import { changeBytes, changeText, Random } from "./mutate.js";
import { program, proofFiles } from "./program.js";

const COUNT = Number(process.env["CS_LEDGER_DIFFERENTIAL"] ?? 60);
const FIRST = Number(process.env["CS_DIFFERENTIAL_SEED"] ?? 1);

const command = program("countersign");
const fixture = program("proof_files");
const skip = (command === undefined || fixture === undefined) && "the programs are not built";
const SIGNERS = ["log-ed25519.vkey", "log-mldsa44.vkey", "witness.vkey"];

type Files = (name: string) => Uint8Array;

interface Case {
  /** By their names in a folder; one named `ledger` is an export. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly keys: readonly string[];
  readonly kept: readonly string[];
}

/** Moves, copies, drops, changes lines; most often entries, close to each other. */
function changeLines(r: Random, lines: string[]): void {
  const at = r.chance(15) ? r.below(lines.length) : 1 + r.below(lines.length - 1);
  const near = Math.min(lines.length - 1, Math.max(0, at + r.pick([-2, -1, 1, 2, 3, 40, -40])));
  switch (r.below(8)) {
    case 0:
      return void lines.splice(at, r.pick([1, 1, 1, 2, 30]));
    case 1:
      return void lines.splice(near, 0, lines[at] as string);
    case 2:
      return void lines.splice(near, 0, ...lines.splice(at, 1));
    case 3:
      return void ([lines[at], lines[near]] = [lines[near] as string, lines[at] as string]);
    case 4:
      return void (lines[at] = (lines[at] as string).replace(/"seq":\d+/, `"seq":${r.pick([at - 1, at - 2, at, at + 1, 0, 400])}`));
    case 5:
      return void (lines[at] = (lines[at] as string).replace(/("(?:time|prev|name|eventType)":"[^"]*)(.)"/, (_, head: string) => `${head}${r.below(10)}"`));
    case 6:
      return void (lines.length = at);
    default:
      return void (lines[at] = changeText(r, lines[at] as string));
  }
}

function changeExport(r: Random, whole: Uint8Array): Uint8Array {
  const lines = Buffer.from(whole).toString("utf8").trimEnd().split("\n");
  for (let n = r.pick([0, 1, 1, 1, 2, 3]); n > 0 && lines.length > 2; n--) changeLines(r, lines);
  const text = lines.join("\n") + (r.chance(95) ? "\n" : "");
  return r.chance(95) ? Buffer.from(text) : changeBytes(r, Buffer.from(text));
}

/** Changes one entry of a tile, its length, or the bytes. */
function changeTile(r: Random, tile: Uint8Array): Uint8Array {
  const entries: Buffer[] = [];
  for (let at = 0; at + 2 <= tile.length; at += 2 + (entries.at(-1) as Buffer).length)
    entries.push(Buffer.from(tile.subarray(at + 2, at + 2 + (((tile[at] as number) << 8) | (tile[at + 1] as number)))));
  if (r.chance(20)) return changeBytes(r, tile);
  const lines = ["", ...entries.map((entry) => entry.toString("utf8"))];
  changeLines(r, lines);
  const changed = lines.slice(1).map((line) => Buffer.from(line));
  return Buffer.concat(changed.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry]));
}

function makeCase(r: Random, files: Files): Case {
  const keys = r.chance(75) ? SIGNERS.slice(0, 2) : SIGNERS.filter(() => r.chance(40));
  const kept = r.chance(40) ? ["kept.checkpoint"] : [];
  if (r.chance(70)) return { files: new Map([["ledger", changeExport(r, files("ledger.jsonl"))]]), keys, kept };
  const tiles = new Map(["checkpoint", "tile/entries/000", "tile/entries/001.p/44"].map((name) => [name, files(`tiles/${name}`)]));
  const name = r.pick([...tiles.keys()]);
  const bytes = tiles.get(name) as Uint8Array;
  if (r.chance(10)) tiles.delete(name);
  else if (name === "checkpoint") tiles.set(name, r.chance(50) ? files("kept.checkpoint") : changeBytes(r, bytes));
  else if (r.chance(90)) tiles.set(name, changeTile(r, bytes));
  return { files: tiles, keys, kept };
}

const ERROR = "an error of the caller's own";

function brief({ reason, seq, from, entries, covered }: Omit<LedgerVerdict, "ok">): unknown {
  if (reason === "OK") return [reason, entries, covered];
  return reason.startsWith("LEDGER_") ? [reason, seq, from] : [reason];
}

async function judgeHere({ files, keys, kept }: Case, all: Files): Promise<unknown> {
  const text = (name: string) => Buffer.from(all(name)).toString("utf8");
  const pins = { ledgerKeys: keys.map(text), checkpoints: kept.map(text) };
  const exported = files.get("ledger");
  try {
    if (exported !== undefined) return brief(await verifyLedger({ exported, ...pins }));
    return brief(await verifyLedgerTiles({ read: async (path) => files.get(path), ...pins }));
  } catch (error) {
    if (error instanceof CountersignError) return ERROR;
    throw error;
  }
}

function judgeThere({ files, keys, kept }: Case, pinned: string, folder: string): unknown {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const what = files.has("ledger") ? join(folder, "ledger") : folder;
  const options = [...keys.flatMap((name) => ["--ledger-key", join(pinned, name)]), ...kept.flatMap((name) => ["--checkpoint", join(pinned, name)])];
  mkdirSync(folder, { recursive: true });
  const done = spawnSync(command as string, ["--json", "ledger", "verify", what, ...options], { encoding: "utf8", env: {} });
  if (done.stdout === "") return done.status === 1 ? ERROR : `exit ${done.status}: ${done.stderr}`;
  const verdict = JSON.parse(done.stdout) as LedgerVerdict;
  assert.equal(done.status, verdict.ok ? 0 : 2);
  return brief(verdict);
}

test(`${COUNT} changed ledgers from seed ${FIRST}`, { skip, timeout: 3600_000 }, async (t) => {
  const files = proofFiles(fixture as string);
  const pinned = mkdtempSync(join(tmpdir(), "cs-ledgers-"));
  for (const name of [...SIGNERS, "kept.checkpoint"]) writeFileSync(join(pinned, name), files(name));
  const reasons = new Map<string, number>();
  const different: string[] = [];
  for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
    const made = makeCase(new Random(seed), files);
    const [here, there] = [await judgeHere(made, files), judgeThere(made, pinned, join(pinned, "case"))].map((v) => JSON.stringify(v));
    reasons.set(String(there).split(",")[0] as string, (reasons.get(String(there).split(",")[0] as string) ?? 0) + 1);
    if (here !== there) different.push(`seed ${seed}: here ${here}, there ${there}`);
  }
  rmSync(pinned, { recursive: true });
  t.diagnostic([...reasons].sort((a, b) => b[1] - a[1]).map(([reason, n]) => `${reason} ${n}`).join(", "));
  assert.deepEqual(different, []);
  assert.ok(reasons.size >= 6, "the changes reach few reasons");
});
