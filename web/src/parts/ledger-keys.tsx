// SPDX-License-Identifier: Apache-2.0
//
// Whose signature makes a checkpoint one: the keys of the ledger, and whether they are those that this browser kept.

import { keptLedger, type KeptLedger } from "../kept.js";
import { type Load, useLoad } from "../load.js";
import { useSession } from "../session.js";
import { Notice } from "./states.js";
import { Time } from "./text.js";

export interface LedgerKeys {
  /** What is verified with: those that were kept, else those that the service tells. */
  readonly keys: readonly string[];
  readonly told: readonly string[];
  readonly kept: KeptLedger | undefined;
  readonly origin: string;
}

export function useLedgerKeys(): Load<LedgerKeys> {
  const { client, facts } = useSession();
  return useLoad(async (signal) => {
    const {
      data: [page],
    } = await client.ledger.bundlePages({ limit: 1 }, { signal });
    const told = page?.signingKeys.map((key) => key.vkey) ?? [];
    const kept = keptLedger(facts.orgId);
    return { keys: kept?.keys ?? told, told, kept, origin: page?.origin ?? "" };
  }, []);
}

const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((key) => b.includes(key));

export function KeysTrust({ of: { told, kept } }: { of: LedgerKeys }) {
  if (kept === undefined)
    return (
      <p class="small">
        The keys of the ledger are those that the service tells. Verify the whole ledger once, and this browser keeps them with the newest
        checkpoint.
      </p>
    );
  if (!same(told, kept.keys))
    return (
      <Notice kind="bad" title="The service shows other keys of this ledger.">
        <p>
          What follows is verified with those that this browser kept <Time of={kept.at} />. Ask the operator before you rely on the others.
        </p>
      </Notice>
    );
  return (
    <p class="small">
      The keys of the ledger are those that this browser kept <Time of={kept.at} />, with a checkpoint of {kept.size} entries.
    </p>
  );
}
