// SPDX-License-Identifier: Apache-2.0
//
// The verifier of the programs, for many cases at once: test/judge/verdicts.c.

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Undefined where the programs are not built: what needs them is skipped. */
export function program(name: string): string | undefined {
  const folder = process.env["CS_BIN"];
  const path = folder === undefined ? undefined : join(folder, name);
  return path !== undefined && existsSync(path) ? path : undefined;
}

export interface Answer {
  readonly reason?: string;
  readonly error?: string;
  readonly verdict?: unknown;
}

export class Verdicts {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(path: string) {
    this.#child = spawn(path, [], { stdio: ["pipe", "pipe", "pipe"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(question: object): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`the verifier of the programs ended at ${JSON.stringify(question)}`);
    return JSON.parse(line.value) as Answer;
  }

  close(): void {
    this.#child.stdin.end();
  }
}

/** What test/fixture/proof_files.c writes: one bundle with everything, a ledger, proofs. */
export function proofFiles(path: string): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "cs-proofs-"));
  try {
    execFileSync(path, [folder]);
    const names = ["bundle.json", "policy.json", "payload", "ledger.jsonl", "kept.checkpoint", "proofs.json"];
    const keys = ["log-ed25519.vkey", "log-mldsa44.vkey", "witness.vkey"];
    const files = new Map([...names, ...keys].map((name) => [name, readFileSync(join(folder, name), "utf8")]));
    return (name) => files.get(name) as string;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
