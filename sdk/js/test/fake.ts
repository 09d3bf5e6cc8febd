// SPDX-License-Identifier: Apache-2.0
//
// A service that answers what a test tells it to, and remembers what it was asked.

import assert from "node:assert/strict";

import type { ClientOptions, Seams } from "../src/http.js";
import { Transport } from "../src/http.js";
import type { RetryRules } from "../src/retry.js";

export const API_KEY = "cs_sec_test_0123456789012345678901234567890123456789012AAAAAA";
export const BASE = "https://countersign.example";
export const JSON_TYPE = "application/json";

export interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly init: RequestInit;
}

export type Reply = Response | Error | ((sent: Sent) => Response | Promise<Response>);

export interface Service {
  readonly fetch: typeof fetch;
  readonly sent: Sent[];
}

/** Gives the replies one after the other; one more request than there are replies fails the test. */
export function service(...replies: Reply[]): Service {
  const sent: Sent[] = [];
  const answer = async (url: string, init: RequestInit): Promise<Response> => {
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : undefined;
    const request = { method: String(init.method), url: new URL(url), headers: init.headers as Record<string, string>, body, init };
    sent.push(request);
    const reply = replies[sent.length - 1];
    assert.ok(reply !== undefined, `request ${sent.length} was not expected: ${request.method} ${url}`);
    if (reply instanceof Error) throw reply;
    return typeof reply === "function" ? reply(request) : reply;
  };
  return { fetch: answer as unknown as typeof fetch, sent };
}

export function reply(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Response(text, { status, headers: { "Content-Type": JSON_TYPE, ...headers } });
}

export const data = (value: unknown): Response => reply(200, { success: true, data: value });

export function page(items: unknown[], nextCursor: string | null): Response {
  return reply(200, { success: true, data: items, pagination: { limit: 50, nextCursor } });
}

export function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  const body = { success: false, error: `It is ${code}.`, code, requestId: "r-1", details: { field: "name" } };
  return reply(status, body, headers);
}

export const ID = "0123456789abcdefghjkmnpqrs";
export const HEALTH = { status: "ok", version: "0.1.0" };
export const REVOKED = { id: `key_${ID}`, revokedAt: "2026-01-15T10:30:00.000Z" };

/** A transport without waits whose chance is 0.5; `waits` fills with the milliseconds that were asked for. */
export function transport(
  given: Service, options: Partial<ClientOptions> = {}, seams: Partial<Seams> = {}, rules: Partial<RetryRules> = {},
): { transport: Transport; waits: number[] } {
  const waits: number[] = [];
  const sleep = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
    signal?.throwIfAborted();
    waits.push(ms);
  };
  const made = new Transport({ apiKey: API_KEY, baseUrl: BASE, fetch: given.fetch, ...options }, { sleep, random: () => 0.5, ...seams }, rules);
  return { transport: made, waits };
}
