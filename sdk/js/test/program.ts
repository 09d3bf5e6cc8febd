// SPDX-License-Identifier: Apache-2.0
//
// The verifier of the programs, for many cases at once: test/judge/verdicts.c.

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
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

/** What test/fixture/proof_files.c writes: one bundle with everything, a ledger as lines and as tiles, proofs. */
export function proofFiles(path: string): (name: string) => Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "cs-proofs-"));
  try {
    execFileSync(path, [folder]);
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(folder, name)).isFile());
    const files = new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
    return (name) => files.get(name) as Uint8Array;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The files as text. */
export function proofTexts(path: string): (name: string) => string {
  const files = proofFiles(path);
  return (name) => Buffer.from(files(name)).toString("utf8");
}
