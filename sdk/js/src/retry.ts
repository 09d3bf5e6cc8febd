// SPDX-License-Identifier: Apache-2.0
//
// When a request is sent again, and after how long.
//
// Again only what cannot be carried out twice: GET, PUT and DELETE, and POST under an idempotency key. Anything at all where
// the service says that nothing was done (429, 503). Never again what was answered, however it was refused otherwise.

import { ApiError, ConnectionError, MalformedAnswerError, TimeoutError } from "./errors.js";
import type { Route } from "./shape.js";

export interface RetryRules {
  /** Times that a request is sent again; 0: never. */
  readonly maxRetries: number;
  /** Milliseconds: the first wait is at most this, each further one at most twice the one before. */
  readonly baseMs: number;
  readonly capMs: number;
  /** A service that wants a longer pause than this gets its error handed on at once. */
  readonly maxRetryAfterMs: number;
}

export const RETRY: RetryRules = { maxRetries: 3, baseMs: 250, capMs: 8_000, maxRetryAfterMs: 60_000 };

/** Trouble between here and there, or of the moment. */
const PASSING = [408, 500, 502, 503, 504];

export function isReplayable(route: Route): boolean {
  return route.method === "POST" ? route.idempotencyKey === true : route.method !== "PATCH";
}

function mayPass(error: unknown, route: Route): boolean {
  if (error instanceof ApiError) {
    if (error.status === 429 || error.status === 503) return true;
    return isReplayable(route) && PASSING.includes(error.status);
  }
  if (!isReplayable(route)) return false;
  // A page of a proxy: nobody says that nothing was done.
  if (error instanceof MalformedAnswerError) return PASSING.includes(error.status) || error.status === 429;
  return error instanceof ConnectionError || error instanceof TimeoutError;
}

/** Any wait from 0 to the bound is as likely, so that many clients do not come back together. */
export function backoff(attempt: number, rules: RetryRules, random: () => number): number {
  return random() * Math.min(rules.capMs, rules.baseMs * 2 ** (attempt - 1));
}

/** Milliseconds to wait after the attempt that ended with this error, or undefined: it is the last word. */
export function retryDelay(error: unknown, route: Route, attempt: number, rules: RetryRules, random: () => number): number | undefined {
  if (attempt > rules.maxRetries || !mayPass(error, route)) return undefined;
  const wait = backoff(attempt, rules, random);
  const asked = error instanceof ApiError && error.retryAfter !== undefined ? error.retryAfter * 1000 : 0;
  return asked > rules.maxRetryAfterMs ? undefined : asked + wait;
}

/** Seconds of a Retry-After header, in either of its forms. */
export function parseRetryAfter(text: string | null, nowMs: number): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!/^[A-Z][a-z]{2}, /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - nowMs) / 1000));
}

/** Waits; an abort ends it with the signal's reason. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
    return undefined;
  });
}
