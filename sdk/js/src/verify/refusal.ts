// SPDX-License-Identifier: Apache-2.0

import { Refusal } from "./errors.js";
import type { Reason } from "./reasons.js";

export function refuse(reason: Reason): never {
  throw new Refusal(reason);
}

/** The value; where there is none, that is the reason. */
export function need<T>(value: T | undefined | null, reason: Reason): T {
  return value === undefined || value === null ? refuse(reason) : value;
}
