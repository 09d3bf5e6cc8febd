// SPDX-License-Identifier: Apache-2.0
//
// Where an entry stands in the tree of a ledger (RFC 9162 §2.1): which subtrees lie beside its way to the root.

export interface Level {
  /** On which side of the way the other subtree lies. */
  readonly side: "left" | "right";
  /** Entries that the other subtree has: from, and the one behind the last. */
  readonly other: readonly [number, number];
  /** The same of both together. */
  readonly both: readonly [number, number];
}

/** From the entry upwards; as many levels as its proof has hashes. */
export function levelsOf(index: number, size: number): readonly Level[] {
  const levels: Level[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    let half = 1;
    while (half * 2 < to - from) half *= 2;
    const middle = from + half;
    const isLeft = index < middle;
    levels.unshift({ side: isLeft ? "right" : "left", other: isLeft ? [middle, to] : [from, middle], both: [from, to] });
    [from, to] = isLeft ? [from, middle] : [middle, to];
  }
  return levels;
}

/** The entries of a subtree, in words. */
export const spanOf = ([from, to]: readonly [number, number]): string =>
  to - from === 1 ? `entry ${from}` : `entries ${from} to ${to - 1}`;
