// SPDX-License-Identifier: Apache-2.0
//
// The whole ledger, read from the service page by page and recomputed here: every entry, its place in the chain, and every
// checkpoint. What is good is kept, so that the next time nothing of it can be taken back.

import type { Countersign, Entry } from "@countersign/sdk";
import type { LedgerVerdict } from "@countersign/sdk/verify";
import { useEffect, useRef, useState } from "preact/hooks";

import { forgetLedger, keepLedger } from "../kept.js";
import { Loaded, useLoad } from "../load.js";
import { isJudgement, type Judgement, judgeLedger } from "../proof.js";
import { href } from "../router.js";
import { useSession } from "../session.js";
import { Button } from "./controls.js";
import { EventChip } from "./entry.js";
import { KeysTrust, type LedgerKeys } from "./ledger-keys.js";
import { Card, Table } from "./layout.js";
import { Failure, Notice } from "./states.js";
import { Chip, Hash, save } from "./text.js";
import { Verified } from "./verified.js";

const CHECKPOINT = '{"checkpoint":';

interface Progress {
  readonly entries: number;
  readonly total: number;
}

/** The ledger in pieces; tells how far it is, and the last checkpoint that came. */
async function* watched(
  client: Countersign,
  signal: AbortSignal,
  told: (entries: number, note: string | undefined) => void,
): AsyncGenerator<string> {
  let entries = -1; // the head is none
  let note: string | undefined;
  for await (const piece of client.ledger.exportPages({ signal })) {
    const lines = piece.split("\n").slice(0, -1);
    const notes = lines.filter((line) => line.startsWith(CHECKPOINT));
    entries += lines.length - notes.length;
    const last = notes.at(-1);
    if (last !== undefined) note = (JSON.parse(last) as { checkpoint: string }).checkpoint;
    told(Math.max(0, entries), note);
    yield piece;
    // Something else may happen in between: a click on "Stop", for instance.
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
    signal.throwIfAborted();
  }
}

async function lengthOf(client: Countersign, signal: AbortSignal): Promise<number> {
  const {
    data: [newest],
  } = await client.ledger.entries({ limit: 1 }, { signal });
  return newest === undefined ? 0 : newest.seq + 1;
}

/** What is sound under a signed checkpoint, what lies behind it, and what is broken. */
function Extent({ of: judgement }: { of: Judgement<LedgerVerdict> }) {
  if (!isJudgement(judgement)) return null;
  const { covered, entries, seq } = judgement.verdict;
  const parts = judgement.ok
    ? ([
        [covered, "sound", `${covered} under a signed checkpoint`],
        [entries - covered, "uncovered", `${entries - covered} behind the newest checkpoint: chained, and not signed for yet`],
      ] as const)
    : ([
        [covered, "sound", `${covered} under a signed checkpoint that is right`],
        [Math.max(1, entries - covered), "broken", seq === null ? "nothing can be relied on" : `broken at entry ${seq}`],
      ] as const);
  return (
    <div class="extent">
      <div class="extent-bar" aria-hidden="true">
        {parts
          .filter(([n]) => n > 0)
          .map(([n, kind]) => (
            <span
              key={kind}
              class={kind}
              ref={(bar: HTMLElement | null) => {
                if (bar !== null) bar.style.flexGrow = String(n);
              }}
            />
          ))}
      </div>
      <ul class="legend">
        {parts
          .filter(([n]) => n > 0)
          .map(([, kind, words]) => (
            <li key={kind}>
              <span class={`swatch ${kind}`} aria-hidden="true" />
              {words}
            </li>
          ))}
      </ul>
    </div>
  );
}

/** The entries around the first one that is wrong. */
function Around({ seq }: { seq: number }) {
  const { client } = useSession();
  const found = useLoad(
    (signal) => client.ledger.entries({ since: String(Math.max(0, seq - 2)), limit: 5 }, { signal }).then((page) => page.data),
    [seq],
  );
  return (
    <Loaded of={found} what="the entries around it">
      {(entries) => (
        <Table<Entry>
          caption="Entries around the first that is wrong"
          rows={entries}
          keyOf={(entry) => entry.id}
          columns={[
            {
              title: "Entry",
              cell: (entry) => (
                <>
                  <a href={href("ledger", entry.id, { seq: String(entry.seq) })}>{entry.seq}</a>
                  {entry.seq === seq && (
                    <>
                      {" "}
                      <Chip kind="bad">broken here</Chip>
                    </>
                  )}
                </>
              ),
            },
            { title: "What", cell: (entry) => <EventChip of={entry.eventType} /> },
            {
              title: "Hash that the service tells",
              cell: (entry) => <Hash of={entry.entryHashHex} what={`the hash of entry ${entry.seq}`} short />,
            },
          ]}
        />
      )}
    </Loaded>
  );
}

type State =
  | { readonly is: "idle" | "stopped" }
  | { readonly is: "running"; readonly progress: Progress }
  | { readonly is: "done"; readonly judgement: Judgement<LedgerVerdict> }
  | { readonly is: "failed"; readonly error: unknown };

export function VerifyLedger({ keys, reload }: { keys: LedgerKeys; reload: () => void }) {
  const { client, facts } = useSession();
  const [state, setState] = useState<State>({ is: "idle" });
  const stop = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const start = () => {
    const controller = new AbortController();
    const { signal } = controller;
    stop.current = controller;
    let newest: string | undefined;
    setState({ is: "running", progress: { entries: 0, total: 0 } });
    void (async () => {
      const total = await lengthOf(client, signal);
      const exported = watched(client, signal, (entries, note) => {
        newest = note;
        if (!signal.aborted) setState({ is: "running", progress: { entries, total: Math.max(total, entries) } });
      });
      const judgement = await judgeLedger({
        exported,
        ledgerKeys: keys.keys,
        checkpoints: keys.kept === undefined ? [] : [keys.kept.note],
      });
      signal.throwIfAborted();
      if (judgement.ok && newest !== undefined) keepLedger(facts.orgId, { keys: keys.keys, note: newest, size: judgement.verdict.covered });
      setState({ is: "done", judgement });
      reload();
    })().catch((error: unknown) => setState(signal.aborted ? { is: "stopped" } : { is: "failed", error }));
  };
  const running = state.is === "running" ? state.progress : undefined;
  return (
    <Card
      title="Verify the whole ledger"
      actions={
        running === undefined ? (
          <Button kind="main" onClick={start}>
            {state.is === "idle" ? "Verify" : "Verify again"}
          </Button>
        ) : (
          <Button onClick={() => stop.current?.abort()}>Stop</Button>
        )
      }
    >
      <div class="stack" data-ledger={state.is}>
        <p class="hint">
          Reads every entry from the service and recomputes the chain, the tree and each signed checkpoint here. The service is not asked
          whether it is right.
        </p>
        {running !== undefined && (
          <label class="progress">
            <span>{running.total === 0 ? "Asking for the first entries…" : `${running.entries} of ${running.total} entries`}</span>
            <progress max={Math.max(1, running.total)} value={running.entries} />
          </label>
        )}
        <div aria-live="polite" class="stack">
          {state.is === "stopped" && (
            <Notice>
              <p>Stopped. Nothing was established.</p>
            </Notice>
          )}
          {state.is === "done" && (
            <>
              <p class="row">
                <Verified of={state.judgement}>
                  Verified in this browser: {state.judgement.verdict.entries} entries, {state.judgement.verdict.covered} of them under a
                  signed checkpoint
                </Verified>
              </p>
              {!state.judgement.ok && (
                <p class="hint">
                  That is {state.judgement.sentence}
                  {state.judgement.verdict.seq === null ? "" : `: entry ${state.judgement.verdict.seq}`}.
                </p>
              )}
              <Extent of={state.judgement} />
              {!state.judgement.ok && state.judgement.verdict.seq !== null && <Around seq={state.judgement.verdict.seq} />}
            </>
          )}
        </div>
        {state.is === "failed" && <Failure error={state.error} retry={start} title="The ledger could not be read to its end." />}
        <KeysTrust of={keys} />
        {keys.kept !== undefined && running === undefined && (
          <p class="actions">
            <Button
              onClick={() => {
                forgetLedger(facts.orgId);
                reload();
              }}
            >
              Forget what was kept
            </Button>
          </p>
        )}
      </div>
    </Card>
  );
}

/** The same as a file, for `countersign ledger verify`. */
export async function downloadLedger(client: Countersign, name: string): Promise<void> {
  let text = "";
  for await (const piece of client.ledger.exportPages()) text += piece;
  save(text, `${name.replace(/[^0-9A-Za-z._-]+/g, "-").slice(0, 64) || "ledger"}.ledger.jsonl`, "application/jsonl");
}
