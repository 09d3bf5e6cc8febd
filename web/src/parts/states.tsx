// SPDX-License-Identifier: Apache-2.0
//
// Empty, loading, failed.

import { ApiError, CallError, CountersignError } from "@countersign/sdk";
import type { ComponentChildren } from "preact";

import { Button } from "./controls.js";
import { Copy } from "./text.js";

export function Loading({ what = "this" }: { what?: string }) {
  return <p class="loading" role="status"><span class="spinner" aria-hidden="true" /> Loading {what}…</p>;
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><p class="empty-title">{title}</p>{children}</div>;
}

/** The sentence of an error, for a person. */
export function sentenceOf(error: unknown): string {
  if (error instanceof CountersignError || error instanceof Error) return error.message;
  return String(error);
}

function details(error: ApiError): string {
  const known = Object.entries(error.details).filter(([, value]) => typeof value === "string");
  return known.map(([name, value]) => `${name}: ${String(value)}`).join(", ");
}

/** What went wrong, with the code and the request id that the service's log has. */
export function Failure({ error, retry, title }: { error: unknown; retry?: () => void; title?: string }) {
  if (error === undefined || error === null) return null;
  const call = error instanceof CallError ? error : undefined;
  const code = error instanceof CountersignError ? error.code : undefined;
  const more = error instanceof ApiError ? details(error) : "";
  return (
    <div class="notice bad" role="alert">
      <p><strong>{title ?? "That did not work."}</strong> {sentenceOf(error)}{/[.!?]$/.test(sentenceOf(error)) ? "" : "."}</p>
      {more !== "" && <p class="wrap">{more}</p>}
      <p class="facts">
        {code !== undefined && <code>{code}</code>}
        {call !== undefined && <span class="request">Request <code class="wrap">{call.requestId}</code> <Copy text={call.requestId} what="the request id" /></span>}
      </p>
      {retry !== undefined && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** Something to know; never a claim that something was verified. */
export function Notice({ kind = "info", title, children }: { kind?: "info" | "warn" | "bad"; title?: string; children: ComponentChildren }) {
  return <div class={`notice ${kind}`} role={kind === "info" ? "note" : "alert"}>{title !== undefined && <p><strong>{title}</strong></p>}{children}</div>;
}
