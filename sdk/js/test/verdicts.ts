// SPDX-License-Identifier: Apache-2.0
//
// The verifier of the programs for many cases at once: build/bin/verdicts of the project (test/judge/verdicts.c).

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { source } from "./files.js";

export interface Answer {
  readonly reason?: string;
  /** Something of the caller's own cannot be read. */
  readonly error?: string;
  readonly verdict?: unknown;
}

export const VERDICTS = process.env["CS_VERDICTS"] ?? join(source, "build", "bin", "verdicts");

export const verdictsAreMissing = (): false | string => !existsSync(VERDICTS) && `${VERDICTS} is not built`;

/** Starts the program; `ask` gives its answer to one line. Lines are answered in their order. */
export function startVerdicts(): { ask(line: object): Promise<Answer>; stop(): Promise<void> } {
  const child = spawn(VERDICTS, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];
  const ended = new Promise<void>((resolve) => {
    child.on("close", (code) => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`verdicts ended with ${String(code)}`));
      resolve();
    });
  });
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line) as Answer));
  return {
    ask: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(line)}\n`);
      }),
    stop: () => {
      child.stdin.end();
      return ended;
    },
  };
}
