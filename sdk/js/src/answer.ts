// SPDX-License-Identifier: Apache-2.0
//
// From a response to what it says: the envelopes of the doors, their errors, and nothing that is not one of both.

import { ApiError, type CallFacts, MalformedAnswerError, type Refused } from "./errors.js";
import { parseRetryAfter } from "./retry.js";
import { shapes } from "./routes.gen.js";
import { isObject, mismatch, type Route } from "./shape.js";
import { fromUtf8 } from "./verify/bytes.js";

/** Of an answer; the largest the service gives are pages of the ledger. */
export const MAX_ANSWER_BYTES = 64 << 20;

export interface Pagination {
  readonly limit: number;
  readonly nextCursor: string | null;
}

/** What a call gives: the data, for listings the place of the next page. */
export interface Answer {
  readonly facts: CallFacts;
  readonly data: unknown;
  readonly pagination?: Pagination;
}

class Malformed extends Error {}

function malformed(what: string): never {
  throw new Malformed(what);
}

async function readBytes(response: Response): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const reader = response.body.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    size += piece.value.length;
    if (size > MAX_ANSWER_BYTES) {
      await reader.cancel().catch(() => undefined);
      malformed("it is too large");
    }
    pieces.push(piece.value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function sameType(header: string | null, wanted: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/\s+/g, "");
  const [got, want] = [plain(header ?? ""), plain(wanted)];
  return got === want || got === `${want};charset=utf-8`;
}

function parse(bytes: Uint8Array): { text: string; value: unknown } {
  const text = fromUtf8(bytes) ?? malformed("it is not UTF-8");
  try {
    return { text, value: JSON.parse(text) as unknown };
  } catch {
    return malformed("it is not JSON");
  }
}

// All that the PQ Signer door says of an error; what it was is in the service's log.
const PQ_SIGNER_ERRORS: Readonly<Record<string, string>> = {
  "malformed-request": "the request is not one that the door takes",
  "signing-failed": "there is no signature, or no key: the service does not say why",
  "internal-error": "something does not work in the service; it may later",
};

function refusedByPqSigner(value: unknown, status: number, retryAfter: number | undefined): Refused | undefined {
  if (!isObject(value) || typeof value["request_id"] !== "string" || typeof value["error"] !== "string") return undefined;
  const code = value["error"];
  const message = Object.hasOwn(PQ_SIGNER_ERRORS, code) ? PQ_SIGNER_ERRORS[code] : undefined;
  return message === undefined ? undefined : { code, message, status, details: {}, retryAfter };
}

/** What an error of either of the other doors says, or undefined. */
function refusedBy(value: unknown, status: number, retryAfter: number | undefined): Refused | undefined {
  if (!isObject(value)) return undefined;
  const hybrid = isObject(value["error"]) && isObject(value["meta"]);
  const said = hybrid ? (value["error"] as Record<string, unknown>) : value;
  const [code, message] = [said["code"], hybrid ? said["message"] : said["error"]];
  if (!hybrid && said["success"] !== false) return undefined;
  if (typeof code !== "string" || !/^[A-Z0-9_]{1,64}$/.test(code) || typeof message !== "string") return undefined;
  const details = said["details"] ?? {};
  return isObject(details) ? { code, message, status, details, retryAfter } : undefined;
}

async function refused(response: Response, route: Route, facts: CallFacts): Promise<ApiError> {
  const retryAfter = parseRetryAfter(response.headers.get("Retry-After"), Date.now());
  const status = response.status;
  if (!sameType(response.headers.get("Content-Type"), "application/json")) malformed(`status ${status} without JSON`);
  const read = route.path === "/v1/pq-signer" ? refusedByPqSigner : refusedBy;
  const said = read(parse(await readBytes(response)).value, status, retryAfter);
  return said === undefined ? malformed(`status ${status} with another body`) : new ApiError(said, facts);
}

type Body = Omit<Answer, "facts">;

function inEnvelope(value: unknown, route: Route): Body {
  if (!isObject(value)) return malformed("no object");
  if (route.kind === "vault" && value["success"] !== true) malformed("no success");
  if (route.kind === "hybrid" && (!isObject(value["meta"]) || typeof value["meta"]["requestId"] !== "string")) malformed("no meta");
  if (!Object.hasOwn(value, "data")) malformed("no data");
  const data = value["data"];
  if (route.pages !== true) return { data };
  const wrong = mismatch(value["pagination"], { ref: "Pagination" }, shapes, "pagination");
  return wrong === undefined ? { data, pagination: value["pagination"] as unknown as Pagination } : malformed(wrong);
}

async function succeeded(response: Response, route: Route): Promise<Body> {
  if (!sameType(response.headers.get("Content-Type"), route.type)) malformed("another content type");
  const bytes = await readBytes(response);
  if (route.kind === "bytes") return { data: bytes };
  if (route.kind === "text") return { data: fromUtf8(bytes) ?? malformed("it is not UTF-8") };
  const { text, value } = parse(bytes);
  const answer = route.kind === "vault" || route.kind === "hybrid" ? inEnvelope(value, route) : { data: value };
  const wrong = route.shape === undefined ? undefined : mismatch(answer.data, route.shape, shapes, "data");
  if (wrong !== undefined) malformed(wrong);
  return route.kind === "file" ? { data: text } : answer;
}

/**
 * What a response says, of a stream its body; ApiError where the service refuses, MalformedAnswerError where it is none of
 * the service's.
 */
export async function readAnswer(response: Response, route: Route, facts: CallFacts): Promise<Answer> {
  try {
    if (response.status !== route.status && route.also?.includes(response.status) !== true) {
      throw response.status >= 400 ? await refused(response, route, facts) : new Malformed(`status ${response.status}`);
    }
    if (route.kind !== "events") return { ...(await succeeded(response, route)), facts };
    if (!sameType(response.headers.get("Content-Type"), route.type) || response.body === null) malformed("no stream");
    return { data: response.body, facts };
  } catch (error) {
    if (error instanceof Malformed) throw new MalformedAnswerError(error.message, response.status, facts);
    throw error;
  }
}
