// SPDX-License-Identifier: Apache-2.0
//
// Waiting, as a value: what a page shows while it loads, when it failed, when there is nothing.

import type { Page } from "@countersign/sdk";
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

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

/** A listing, page by page: `useListing((cursor, signal) => client.hybridKeys.list({cursor}, {signal}), [])`. */
export function useListing<T>(load: (cursor: string | undefined, signal: AbortSignal) => PromiseLike<Page<T>>, deps: readonly unknown[]): Listing<T> {
  const [round, setRound] = useState(0);
  const [wanted, setWanted] = useState<string | undefined>(undefined);
  const [now, setNow] = useState<{ items: readonly T[]; next: string | null; state: Listing<T>["state"]; error?: unknown }>({ items: [], next: null, state: "loading" });
  const key = JSON.stringify([...deps, round]);
  const current = useRef(key);
  useEffect(() => {
    const stop = new AbortController();
    const cursor = current.current === key ? wanted : undefined;
    if (current.current !== key) {
      current.current = key;
      setWanted(undefined);
    }
    setNow((old) => ({ ...old, state: "loading" }));
    Promise.resolve(load(cursor, stop.signal)).then(
      (page) => {
        if (!stop.signal.aborted)
          setNow((old) => ({ items: cursor === undefined ? page.data : [...old.items, ...page.data], next: page.nextCursor, state: "ready" }));
      },
      (error: unknown) => { if (!stop.signal.aborted) setNow((old) => ({ ...old, state: "failed", error })); },
    );
    return () => stop.abort();
  }, [key, wanted]);
  return {
    items: now.items, state: now.state, error: now.error, more: now.next !== null && now.state === "ready",
    loadMore: () => setWanted(now.next ?? undefined),
    reload: () => setRound((n) => n + 1),
  };
}
