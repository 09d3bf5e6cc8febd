// SPDX-License-Identifier: Apache-2.0

import { CountersignError } from "./errors.js";

/** Number of a tile as C2SP tlog-tiles writes it: groups of three digits, all but the last with an x before them. */
export function tileNumber(n: number): string {
  if (!Number.isSafeInteger(n) || n < 0) throw new CountersignError("BAD_FIELD", "n: the number of a tile", { member: "n" });
  const digits = String(n);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
}
