// SPDX-License-Identifier: Apache-2.0
//
// Sends a call, again where that is safe, and gives what came. The API key is in no message, error or property that can be
// seen from outside, goes to the base URL's origin only, and follows no redirection.

import { type Answer, readAnswer } from "./answer.js";
import type { operations } from "./api.gen.js";
import { type CallFacts, ConnectionError, CountersignError, TimeoutError } from "./errors.js";
import { RETRY, retryDelay, type RetryRules, sleep } from "./retry.js";
import { routes } from "./routes.gen.js";
import type { Route } from "./shape.js";
import { toHex } from "./verify/bytes.js";
import { missingPrimitive } from "./verify/errors.js";

export interface ClientOptions {
  /** `cs_sec_…` or `cs_pub_…`. Without it only what is open to everybody, or to a session, is answered. */
  readonly apiKey?: string | undefined;
  /**
   * Of the service, `https:`; plain `http:` for loopback only. Where it is left out and the runtime has an environment,
   * `COUNTERSIGN_SERVER` of it.
   */
  readonly baseUrl?: string | undefined;
  /** Milliseconds that one attempt may take; 30,000. */
  readonly timeoutMs?: number | undefined;
  /** How often what may safely be sent again is; 3. */
  readonly maxRetries?: number | undefined;
  /** Instead of the runtime's own. */
  readonly fetch?: typeof fetch | undefined;
  /** In a browser that is logged in (`session.begin`): the session's token, instead of an API key. */
  readonly csrfToken?: string | undefined;
}

export interface CallOptions {
  /** Ends the call, retries and waits; its reason is what the call is rejected with. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly maxRetries?: number | undefined;
  /** Of a POST. By default each call has a fresh one, which its retries share. */
  readonly idempotencyKey?: string | undefined;
  /** 1 to 128 printable ASCII characters; by default a fresh one. */
  readonly requestId?: string | undefined;
}

export type RouteId = keyof typeof routes;

/** Chance and pauses, which tests decide. */
export interface Seams {
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

export interface Input {
  readonly path?: Readonly<Record<string, string | number>> | undefined;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The answer's data, by the types of the contract. */
export type DataOf<K extends RouteId> = K extends keyof operations
  ? operations[K]["responses"] extends { [S in 200 | 201]?: { content: { "application/json": infer B } } }
    ? B extends { data: infer D } ? D : B
    : never
  : unknown;

const PRINTABLE = /^[\x21-\x7e]+$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function bad(member: string, why: string): CountersignError {
  return new CountersignError("BAD_FIELD", `${member}: ${why}`, { member });
}

function randomHex(): string {
  if (globalThis.crypto?.getRandomValues === undefined) throw missingPrimitive("crypto.getRandomValues");
  return toHex(globalThis.crypto.getRandomValues(new Uint8Array(16)));
}

function readBase(given: string | undefined): string {
  const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
  const text = given ?? environment?.["COUNTERSIGN_SERVER"];
  if (text === undefined || !URL.canParse(text)) throw bad("baseUrl", "no URL of a service");
  const url = new URL(text);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.test(url.hostname)))
    throw bad("baseUrl", "https:, or http: to loopback");
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw bad("baseUrl", "an origin and a path, nothing else");
  return url.href.replace(/\/+$/, "");
}

function readCount(value: number | undefined, otherwise: number, member: string, max: number): number {
  if (value === undefined) return otherwise;
  if (!Number.isInteger(value) || value < 0 || value > max) throw bad(member, `0 to ${max}`);
  return value;
}

function header(value: string, member: string, max: number): string {
  if (value.length > max || !/^[\x20-\x7e]+$/.test(value)) throw bad(member, `1 to ${max} printable ASCII characters`);
  return value;
}

/** An id is one segment, so that none leads to another route. */
function fillPath(route: Route, input: Input): string {
  return route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(input.path?.[name] ?? "");
    if (value === "" || value === "." || value === "..") throw bad(name, "an id is needed");
    // The number of a tile is the one value of several segments.
    return name === "n" ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
  });
}

function fillQuery(input: Input): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {})) if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** A clock over one attempt, tied to the caller's signal. */
class Deadline {
  readonly controller = new AbortController();
  passed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stop: () => void;

  constructor(readonly signal: AbortSignal | undefined, ms: number) {
    this.#stop = () => this.controller.abort(signal?.reason);
    if (signal?.aborted === true) this.#stop();
    else signal?.addEventListener("abort", this.#stop, { once: true });
    this.extend(ms);
  }

  extend(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.passed = true;
      this.controller.abort();
    }, ms);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.signal?.removeEventListener("abort", this.#stop);
  }
}

/** A stream and the clock over its silence. */
export interface OpenStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly facts: CallFacts;
  alive(): void;
  end(): void;
}

export class Transport {
  readonly #apiKey: string | undefined;
  readonly #csrfToken: string | undefined;
  readonly #base: string;
  readonly #fetch: typeof fetch;
  readonly #timeoutMs: number;
  readonly rules: RetryRules;
  readonly seams: Seams;

  constructor(options: ClientOptions, seams: Partial<Seams> = {}, rules: Partial<RetryRules> = {}) {
    const { apiKey, csrfToken } = options;
    // What is wrong with a key is not told by showing it.
    if (apiKey !== undefined && (typeof apiKey !== "string" || !PRINTABLE.test(apiKey))) throw bad("apiKey", "not an API key");
    if (csrfToken !== undefined && !PRINTABLE.test(csrfToken)) throw bad("csrfToken", "not a token");
    const given = options.fetch ?? globalThis.fetch;
    if (typeof given !== "function") throw missingPrimitive("fetch");
    this.#apiKey = apiKey;
    this.#csrfToken = csrfToken;
    this.#base = readBase(options.baseUrl);
    this.#fetch = (input, init) => given(input, init);
    this.#timeoutMs = readCount(options.timeoutMs, 30_000, "timeoutMs", 3_600_000);
    this.rules = { ...RETRY, ...rules, maxRetries: readCount(options.maxRetries, RETRY.maxRetries, "maxRetries", 100) };
    this.seams = { random: Math.random, sleep, ...seams };
  }

  /** The data of an answer. */
  async call<K extends RouteId>(id: K, input: Input = {}, options: CallOptions = {}): Promise<DataOf<K>> {
    return (await this.answer(id, input, options)).data as DataOf<K>;
  }

  async answer(id: RouteId, input: Input = {}, options: CallOptions = {}): Promise<Answer> {
    const route: Route = routes[id];
    return this.#repeat(route, input, options, async (request, facts, timeoutMs) => {
      const deadline = new Deadline(options.signal, timeoutMs);
      try {
        return await this.#once(route, request, facts, deadline, timeoutMs);
      } finally {
        deadline.end();
      }
    });
  }

  /** Opens a stream; from then on `timeoutMs` is how long it may be silent. */
  async open(id: RouteId, input: Input, options: CallOptions): Promise<OpenStream> {
    const route: Route = routes[id];
    return this.#repeat(route, input, options, async (request, facts, timeoutMs) => {
      const deadline = new Deadline(options.signal, timeoutMs);
      try {
        const body = (await this.#once(route, request, facts, deadline, timeoutMs)).data as ReadableStream<Uint8Array>;
        const end = () => {
          deadline.end();
          deadline.controller.abort();
        };
        return { body, facts, alive: () => deadline.extend(timeoutMs), end };
      } catch (error) {
        deadline.end();
        throw error;
      }
    });
  }

  async #repeat<T>(
    route: Route, input: Input, options: CallOptions,
    attempt: (request: { url: string; init: RequestInit }, facts: CallFacts, timeoutMs: number) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = readCount(options.timeoutMs, this.#timeoutMs, "timeoutMs", 3_600_000);
    const maxRetries = readCount(options.maxRetries, this.rules.maxRetries, "maxRetries", 100);
    const path = fillPath(route, input);
    const requestId = options.requestId === undefined ? randomHex() : header(options.requestId, "requestId", 128);
    const request = { url: this.#base + path + fillQuery(input), init: this.#init(route, input, options, requestId) };
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt(request, { method: route.method, path, requestId, attempts }, timeoutMs);
      } catch (error) {
        const delay = retryDelay(error, route, attempts, { ...this.rules, maxRetries }, this.seams.random);
        if (delay === undefined) throw error;
        await this.seams.sleep(delay, options.signal);
      }
    }
  }

  #init(route: Route, input: Input, options: CallOptions, requestId: string): RequestInit {
    const headers: Record<string, string> = { Accept: route.type, "X-Request-Id": requestId, ...input.headers };
    if (this.#apiKey !== undefined && route.open !== true) headers["Authorization"] = `Bearer ${this.#apiKey}`;
    if (this.#csrfToken !== undefined && route.method !== "GET") headers["X-CSRF-Token"] = this.#csrfToken;
    if (route.idempotencyKey === true)
      headers["Idempotency-Key"] = header(options.idempotencyKey ?? randomHex(), "idempotencyKey", 255);
    else if (options.idempotencyKey !== undefined) throw bad("idempotencyKey", "this route takes none");
    const init: RequestInit = {
      method: route.method, headers, redirect: "manual", cache: "no-store", referrerPolicy: "no-referrer",
      credentials: this.#csrfToken !== undefined || route.path === "/v1/session" ? "same-origin" : "omit",
    };
    if (input.body === undefined) return init;
    headers["Content-Type"] = "application/json";
    return { ...init, body: JSON.stringify(input.body) };
  }

  async #once(
    route: Route, request: { url: string; init: RequestInit }, facts: CallFacts, deadline: Deadline, timeoutMs: number,
  ): Promise<Answer> {
    try {
      deadline.controller.signal.throwIfAborted();
      const response = await this.#fetch(request.url, { ...request.init, signal: deadline.controller.signal });
      return await readAnswer(response, route, facts);
    } catch (error) {
      if (deadline.signal?.aborted === true) throw deadline.signal.reason;
      if (deadline.passed) throw new TimeoutError(facts, timeoutMs);
      if (error instanceof CountersignError) throw error;
      throw new ConnectionError(facts, error);
    }
  }
}
