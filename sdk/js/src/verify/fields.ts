// SPDX-License-Identifier: Apache-2.0
//
// Members of policies, read one by one. Each reader throws the policy error that protocol/attestation.md §3 has for it.

import { utf8 } from "./bytes.js";
import { policyError } from "./errors.js";
import { isArray, isObject, type JsonObject, type JsonValue } from "./json.js";

const MAX_MEMBERS = 64;

export class Fields {
  readonly #object: JsonObject;
  readonly #path: string;
  readonly #known = new Set<string>();

  /** `path` is put before the names in errors: "" or "matchRules.". */
  constructor(object: JsonObject, path = "") {
    if (object.size > MAX_MEMBERS) throw policyError("BAD_FIELD", path.replace(/\.$/, "") || undefined);
    this.#object = object;
    this.#path = path;
  }

  has(name: string): boolean {
    this.#known.add(name);
    return this.#object.has(name);
  }

  at(name: string): string {
    return this.#path + name;
  }

  /** The value of a member that must be there and of this type. */
  required<T extends JsonValue>(name: string, isGood: (value: JsonValue) => value is T): T {
    if (!this.has(name)) throw policyError("MISSING_FIELD", this.at(name));
    const value = this.#object.get(name) as JsonValue;
    if (!isGood(value)) throw policyError("BAD_FIELD", this.at(name));
    return value;
  }

  optional<T extends JsonValue>(name: string, isGood: (value: JsonValue) => value is T): T | undefined {
    return this.has(name) ? this.required(name, isGood) : undefined;
  }

  /** Refuses the members that nobody asked for by name; `others` are read over. */
  refuseUnknown(others: readonly string[] = []): void {
    for (const name of this.#object.keys())
      if (!this.#known.has(name) && !others.includes(name)) throw policyError("UNKNOWN_FIELD", this.at(name));
  }

  /**
   * A list of 1 to 64 digests of `length` bytes, lower-case hex with or without `prefix`; the canonical form has it.
   * Missing or empty is POLICY_ALLOWLIST_EMPTY.
   */
  hashes(name: string, prefix: "sha256:" | "sha384:", length: number): string[] {
    const list = this.optional(name, isArray);
    return readHashes(list, prefix, length, this.at(name));
  }
}

export function readHashes(
  list: JsonValue | undefined,
  prefix: "sha256:" | "sha384:",
  length: number,
  member: string,
): string[] {
  if (list === undefined) throw policyError("POLICY_ALLOWLIST_EMPTY", member);
  if (!isArray(list)) throw policyError("BAD_FIELD", member);
  if (list.length === 0) throw policyError("POLICY_ALLOWLIST_EMPTY", member);
  if (list.length > 64) throw policyError("BAD_FIELD", member);
  const pattern = new RegExp(`^(?:${prefix})?[0-9a-f]{${2 * length}}$`);
  return list.map((item) => {
    if (typeof item !== "string" || !pattern.test(item)) throw policyError("POLICY_HASH", member);
    return prefix + item.slice(-2 * length);
  });
}

export const isString = (value: JsonValue | undefined): value is string => typeof value === "string";

export const isBoolean = (value: JsonValue | undefined): value is boolean => typeof value === "boolean";

export { isArray, isObject };

/** A text of `min` to `max` bytes of UTF-8. */
export const isText =
  (min: number, max: number) =>
  (value: JsonValue | undefined): value is string => {
    if (typeof value !== "string" || value.length > max) return false;
    const length = utf8(value).length;
    return length >= min && length <= max;
  };

/** An integer within the bounds, which count as in. */
export const isInteger =
  (min: number, max: number = Number.MAX_SAFE_INTEGER) =>
  (value: JsonValue | undefined): value is number =>
    typeof value === "number" && value >= min && value <= max;
