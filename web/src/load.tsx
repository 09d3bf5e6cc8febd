// SPDX-License-Identifier: Apache-2.0
//
// Waiting, as a value: what a page shows while it loads, when it failed, when there is nothing.

import type { Page } from "@countersign/sdk";
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";

import { Failure, Loading } from "./parts/states.js";

export type Load<T> = (
  | { readonly state: "loading"; readonly data?: undefined; readonly error?: undefined }
  | { readonly state: "failed"; readonly error: unknown; readonly data?: undefined }
  | { readonly state: "ready"; readonly data: T; readonly error?: undefined }
) & { reload(): void };

type State<T> = { state: "loading" } | { state: "failed"; error: unknown } | { state: "ready"; data: T };

/** Loads when the page is there, and again when `deps` change. What comes too late is dropped; a reload keeps what is shown
 * until the fresh data are there. */
export function useLoad<T>(load: (signal: AbortSignal) => PromiseLike<T>, deps: readonly unknown[]): Load<T> {
  const [round, setRound] = useState(0);
  const [now, setNow] = useState<{ readonly of: readonly unknown[]; readonly state: State<T> }>({ of: deps, state: { state: "loading" } });
  const reload = useCallback(() => setRound((n) => n + 1), []);
  useEffect(() => {
    const stop = new AbortController();
    Promise.resolve(load(stop.signal)).then(
      (data) => { if (!stop.signal.aborted) setNow({ of: deps, state: { state: "ready", data } }); },
      (error: unknown) => { if (!stop.signal.aborted) setNow({ of: deps, state: { state: "failed", error } }); },
    );
    return () => stop.abort();
  }, [...deps, round]);
  const isOld = now.of.some((value, i) => value !== deps[i]);
  return { ...(isOld ? { state: "loading" as const } : now.state), reload };
}

/** Shows what was loaded, or why it is not there. */
export function Loaded<T>({ of, children, what = "this" }: { of: Load<T>; what?: string; children: (data: T) => ComponentChildren }) {
  if (of.state === "failed") return <Failure error={of.error} retry={of.reload} />;
  if (of.state === "loading") return <Loading what={what} />;
  return <>{children(of.data)}</>;
}

export interface Listing<T> {
  readonly items: readonly T[];
  readonly state: "loading" | "failed" | "ready";
  readonly error?: unknown;
  /** Another page is there to be loaded. */
  readonly more: boolean;
  loadMore(): void;
  reload(): void;
}

interface Rows<T> {
  readonly of: string;
  readonly items: readonly T[];
  readonly next: string | null;
  readonly state: Listing<T>["state"];
  readonly error?: unknown;
}

/** A listing, page by page: `useListing((cursor, signal) => client.hybridKeys.list({cursor}, {signal}), [])`. Rows are shown for these
 * `deps` or not at all; a reload keeps them until the fresh ones are there. */
export function useListing<T>(load: (cursor: string | undefined, signal: AbortSignal) => PromiseLike<Page<T>>, deps: readonly unknown[]): Listing<T> {
  const of = JSON.stringify(deps);
  const [round, setRound] = useState(0);
  /** Which page is wanted, behind which rows. */
  const [wanted, setWanted] = useState<{ readonly of: string; readonly round: number; readonly cursor: string } | undefined>(undefined);
  const [now, setNow] = useState<Rows<T>>({ of, items: [], next: null, state: "loading" });
  const cursor = wanted?.of === of && wanted.round === round ? wanted.cursor : undefined;
  useEffect(() => {
    const stop = new AbortController();
    const kept = (old: Rows<T>) => (old.of === of ? old : { of, items: [], next: null });
    setNow((old) => ({ ...kept(old), state: "loading" }));
    Promise.resolve(load(cursor, stop.signal)).then(
      (page) => {
        if (!stop.signal.aborted)
          setNow((old) => ({ of, items: cursor === undefined ? page.data : [...kept(old).items, ...page.data], next: page.nextCursor, state: "ready" }));
      },
      (error: unknown) => { if (!stop.signal.aborted) setNow((old) => ({ ...kept(old), state: "failed", error })); },
    );
    return () => stop.abort();
  }, [of, round, cursor]);
  const { items, state, next, error } = now.of === of ? now : { items: [], state: "loading" as const, next: null, error: undefined };
  return {
    items, state, error, more: next !== null && state === "ready",
    loadMore: () => { if (next !== null) setWanted({ of, round, cursor: next }); },
    reload: () => setRound((n) => n + 1),
  };
}
