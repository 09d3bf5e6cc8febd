// SPDX-License-Identifier: Apache-2.0
//
// Entries of the ledger as they are made. The client checks that each is chained to the one before.

import type { Entry } from "@countersign/sdk";
import { useEffect, useRef, useState } from "preact/hooks";

import { useClient } from "../session.js";

export interface Live {
  /** Newest first. */
  readonly entries: readonly Entry[];
  readonly state: "open" | "failed";
  readonly error?: unknown;
  again(): void;
}

/** Follows the ledger from now on, or from `since`; keeps the last `max` entries that `wanted` takes. */
export function useLive(wanted: (entry: Entry) => boolean, { since, max = 50 }: { since?: number; max?: number } = {}): Live {
  const client = useClient();
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [error, setError] = useState<unknown>(undefined);
  const [round, setRound] = useState(0);
  const choose = useRef(wanted);
  choose.current = wanted;
  useEffect(() => {
    const stop = new AbortController();
    setError(undefined);
    void (async () => {
      try {
        for await (const entry of client.ledger.stream({ signal: stop.signal, since }))
          if (choose.current(entry)) setEntries((old) => [entry, ...old].slice(0, max));
      } catch (failed) {
        if (!stop.signal.aborted) setError(failed);
      }
    })();
    return () => stop.abort();
  }, [round, since]);
  return { entries, state: error === undefined ? "open" : "failed", error, again: () => setRound((n) => n + 1) };
}
