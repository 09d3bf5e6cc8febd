// SPDX-License-Identifier: Apache-2.0
//
// Lines that were taken out, put in, and kept: the longest common subsequence.

export interface Line {
  readonly kind: "same" | "old" | "new";
  readonly text: string;
}

export function diff(before: string, after: string): readonly Line[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: a[i] as string });
      i++; j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push({ kind: "old", text: a[i++] as string });
    else lines.push({ kind: "new", text: b[j++] as string });
  }
  return lines;
}

/** Members in order, so that only what is different differs. */
export function stable(value: unknown): string {
  const sorted = (v: unknown): unknown => Array.isArray(v) ? v.map(sorted)
    : typeof v === "object" && v !== null ? Object.fromEntries(Object.entries(v).sort(([x], [y]) => (x < y ? -1 : 1)).map(([name, inside]) => [name, sorted(inside)])) : v;
  return JSON.stringify(sorted(value), null, 2);
}
