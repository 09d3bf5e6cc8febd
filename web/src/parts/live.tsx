// SPDX-License-Identifier: Apache-2.0
//
// Entries of the ledger as they are made. The client checks that each is chained to the one before.

import type { Entry } from "@countersign/sdk";
import { useEffect, useRef, useState } from "preact/hooks";

import { useClient } from "../session.js";

export interface Live {
  /** Newest first. */
  readonly entries: readonly Entry[];
  /** "open": nothing that happens from here on is missed. */
  readonly state: "opening" | "open" | "failed";
  readonly error?: unknown;
  again(): void;
}

/** Follows the ledger from now on, or from `since`; keeps the last `max` entries that `wanted` takes. */
export function useLive(wanted: (entry: Entry) => boolean, { since, max = 50 }: { since?: number; max?: number } = {}): Live {
  const client = useClient();
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [state, setState] = useState<Live["state"]>("opening");
  const [error, setError] = useState<unknown>(undefined);
  const [round, setRound] = useState(0);
  const choose = useRef(wanted);
  choose.current = wanted;
  useEffect(() => {
    const stop = new AbortController();
    setState("opening");
    void (async () => {
      try {
        const newest = since === undefined ? (await client.ledger.entries({ limit: 1 }, { signal: stop.signal })).data[0] : undefined;
        setState("open");
        for await (const entry of client.ledger.stream({ signal: stop.signal, ...(newest === undefined ? { since: since ?? 0 } : { after: newest }) }))
          if (choose.current(entry)) setEntries((old) => [entry, ...old].slice(0, max));
      } catch (failed) {
        if (stop.signal.aborted) return;
        setError(failed);
        setState("failed");
      }
    })();
    return () => stop.abort();
  }, [round, since]);
  return { entries, state, error, again: () => setRound((n) => n + 1) };
}
