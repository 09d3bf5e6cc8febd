// SPDX-License-Identifier: Apache-2.0

import type { Reason } from "./reasons.js";

/** Trouble of whoever calls: something that cannot be read or done. A verdict on a signature is never an exception. */
export class CountersignError extends Error {
  override readonly name: string = "CountersignError";
  readonly code: string;
  /** The member of an input that is meant, where there is one. */
  readonly member: string | undefined;

  constructor(code: string, message: string, options: { member?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.member = options.member;
  }
}

/** A primitive that this runtime lacks. What would need it is neither good nor bad then. */
export function missingPrimitive(primitive: string, cause?: unknown): CountersignError {
  return new CountersignError("PRIMITIVE_MISSING", `this runtime has no ${primitive}`, { member: primitive, cause });
}

/** Ends a verification with its reason; it does not leave the functions that return verdicts. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(reason);
    this.reason = reason;
  }
}

export function refuseIf(condition: boolean, reason: Reason): asserts condition is false {
  if (condition) throw new Refusal(reason);
}

/** A policy that cannot be used: one of the codes of protocol/attestation.md §3, and the member that is meant. */
export function policyError(code: PolicyCode, member?: string): CountersignError {
  const where = member === undefined ? "" : `: ${member}`;
  return new CountersignError(code, `the policy cannot be used (${code}${where})`, member === undefined ? {} : { member });
}

export type PolicyCode =
  | "TOO_LARGE"
  | "BAD_JSON"
  | "BAD_ENCODING"
  | "MISSING_FIELD"
  | "BAD_FIELD"
  | "UNKNOWN_FIELD"
  | "POLICY_VENDOR"
  | "POLICY_MOCK"
  | "POLICY_ALLOWLIST_EMPTY"
  | "POLICY_HASH"
  | "POLICY_ROOT"
  | "POLICY_KEYS"
  | "POLICY_FOREIGN_ROOT";
