// SPDX-License-Identifier: Apache-2.0
//
// Where the vectors are: those of the project beside it, the public ones beside the clone.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const source = process.env["CS_SOURCE"] ?? join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "..");

export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(join(source, "test", "vectors", name), "utf8")) as T;
}

export const SHARED = join(source, "..", "shared", "vectors");

/** Undefined where the public vectors are not here, or `….xz` cannot be unpacked: the test says so and is skipped. */
export function readShared(...path: readonly string[]): string | undefined {
  const file = join(SHARED, ...path);
  if (!existsSync(file)) return undefined;
  if (!file.endsWith(".xz")) return readFileSync(file, "utf8");
  const unpacked = spawnSync("xz", ["-dc", file], { encoding: "utf8", maxBuffer: 1 << 28 });
  return unpacked.error === undefined && unpacked.status === 0 ? unpacked.stdout : undefined;
}

export const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
export const optionalBytes = (base64: string | undefined) => (base64 === undefined ? undefined : bytes(base64));
export const fromHexText = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
