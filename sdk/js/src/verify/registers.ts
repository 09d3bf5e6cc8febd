// SPDX-License-Identifier: Apache-2.0
//
// Lists of measurements in match rules, and registers that are held against them.

import { toHex } from "./bytes.js";
import { policyError } from "./errors.js";
import { isObject, readHashes, type Fields } from "./fields.js";
import { objectOf, type JsonObject, type JsonValue } from "./json.js";
import { refuse } from "./refusal.js";

export type HashPrefix = "sha256:" | "sha384:";

/** As readHashes; all zeros are refused, too, because such a register measures nothing. */
export function readMeasurements(list: JsonValue | undefined, prefix: HashPrefix, length: number, member: string): string[] {
  const hashes = readHashes(list, prefix, length, member);
  if (hashes.some((hash) => /^0+$/.test(hash.slice(prefix.length)))) throw policyError("POLICY_HASH", member);
  return hashes;
}

export type Registers = ReadonlyMap<number, readonly string[]>;

/** {"0": […], …}: numbers below `limit` without leading zeros, a list each; at least one. */
export function readRegisters(match: Fields, name: string, prefix: HashPrefix, length: number, limit: number): Registers {
  if (!match.has(name)) throw policyError("POLICY_ALLOWLIST_EMPTY", match.at(name));
  const object = match.required(name, isObject);
  if (object.size === 0) throw policyError("POLICY_ALLOWLIST_EMPTY", match.at(name));
  const registers = new Map<number, readonly string[]>();
  const numbers = Array.from({ length: limit }, (_, number) => String(number));
  for (const number of numbers)
    if (object.has(number)) {
      const list = object.get(number) as JsonValue;
      registers.set(Number(number), readMeasurements(list, prefix, length, match.at(name)));
    }
  if (registers.size < object.size) throw policyError("UNKNOWN_FIELD", match.at(name));
  return registers;
}

export function writeRegisters(registers: Registers): JsonObject {
  return objectOf(Object.fromEntries([...registers].map(([number, list]) => [String(number), list])));
}

/** Every register that is named must be there, and then have a value of its list. */
export function judgeRegisters(
  registers: Registers,
  prefix: HashPrefix,
  valueOf: (register: number) => Uint8Array | undefined,
): void {
  for (const register of registers.keys()) if (valueOf(register) === undefined) refuse("ATT_REGISTER_MISSING");
  for (const [register, list] of registers)
    if (!list.includes(prefix + toHex(valueOf(register) ?? new Uint8Array()))) refuse("ATT_IMAGE_NOT_ALLOWED");
}
