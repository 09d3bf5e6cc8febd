// SPDX-License-Identifier: Apache-2.0

/** One to four numbers of at most nine digits, without leading zeros, with dots between. */
export type Version = readonly number[];

export function parseVersion(text: string): Version | undefined {
  return /^(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){0,3}$/.test(text) ? text.split(".").map(Number) : undefined;
}

/** Numbers that are not there count as 0. */
export function isAtLeast(version: Version, floor: Version): boolean {
  for (let i = 0; i < 4; i++) {
    const difference = (version[i] ?? 0) - (floor[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
