// SPDX-License-Identifier: Apache-2.0
//
// What a call can end with, besides what the caller's AbortSignal gives as its reason.

import { CountersignError } from "./verify/errors.js";

export { CountersignError };

/** Which call it was: never its body, and never the API key. */
export interface CallFacts {
  readonly method: string;
  /** With ids, without the query. */
  readonly path: string;
  /** The service has it in every log line and ledger entry of the request. */
  readonly requestId: string;
  /** How often it was sent. With more than one, an earlier one may have been carried out. */
  readonly attempts: number;
}

/** A call that did not end with an answer to rely on. */
export class CallError extends CountersignError {
  override readonly name: string = "CallError";
  readonly method: string;
  readonly path: string;
  readonly requestId: string;
  readonly attempts: number;

  constructor(code: string, message: string, facts: CallFacts, cause?: unknown) {
    super(code, message, cause === undefined ? {} : { cause });
    this.method = facts.method;
    this.path = facts.path;
    this.requestId = facts.requestId;
    this.attempts = facts.attempts;
  }
}

/** What the service said of an error. */
export interface Refused {
  /** `NOT_FOUND`, `ATTESTATION_REJECTED`, …; of Hybrid Attest `PQC_004`, …; of the PQ Signer door `signing-failed`, …. */
  readonly code: string;
  readonly message: string;
  readonly status: number;
  /** `field`, `reason`, `policyId`, `rule`, as far as they apply. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Seconds after which it is worth to come back, where the service named them. */
  readonly retryAfter?: number | undefined;
}

/** The service refused, and said why. */
export class ApiError extends CallError {
  override readonly name = "ApiError";
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | undefined;

  constructor(said: Refused, facts: CallFacts) {
    super(said.code, said.message, facts);
    this.status = said.status;
    this.details = said.details;
    this.retryAfter = said.retryAfter;
  }
}

/** `CONNECTION`: no answer came, or not the whole of it. Whether the request was carried out is not known. */
export class ConnectionError extends CallError {
  override readonly name = "ConnectionError";

  constructor(facts: CallFacts, cause: unknown) {
    super("CONNECTION", "the service does not answer", facts, cause);
  }
}

/** `TIMEOUT`: no answer came in time. Whether the request was carried out is not known. */
export class TimeoutError extends CallError {
  override readonly name = "TimeoutError";

  constructor(facts: CallFacts, timeoutMs: number) {
    super("TIMEOUT", `no answer within ${timeoutMs} ms`, facts);
  }
}

/** `MALFORMED_ANSWER`: something answered, but not as the HTTP contract says. Nothing in it may be relied on. */
export class MalformedAnswerError extends CallError {
  override readonly name = "MalformedAnswerError";
  readonly status: number;

  constructor(what: string, status: number, facts: CallFacts) {
    super("MALFORMED_ANSWER", `the answer is not one of this service: ${what}`, facts);
    this.status = status;
  }
}
