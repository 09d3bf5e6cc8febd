// SPDX-License-Identifier: Apache-2.0
//
// The ledger: newest entries first, and new ones as they are recorded.

import type { Entry } from "@countersign/sdk";
import { useState } from "preact/hooks";

import { Loaded, type Listing, useListing, useLoad } from "../load.js";
import { CheckpointJudged, Growth } from "../parts/checkpoint.js";
import { Button, Check, Select, TextField, useAction } from "../parts/controls.js";
import { EventChip, EVENTS, Subject } from "../parts/entry.js";
import { type LedgerKeys, useLedgerKeys } from "../parts/ledger-keys.js";
import { downloadLedger, VerifyLedger } from "../parts/ledger-verify.js";
import { Card, ListTable, Page } from "../parts/layout.js";
import { useLive } from "../parts/live.js";
import { Empty, Failure } from "../parts/states.js";
import { Hash, Time } from "../parts/text.js";
import { href } from "../router.js";
import { useSession } from "../session.js";

function Entries({ of: entries, fresh = 0 }: { of: Listing<Entry>; fresh?: number }) {
  return (
    <ListTable
      of={entries}
      caption="Entries"
      keyOf={(entry) => entry.id}
      empty={
        <Empty title="No entries">
          <p>{fresh === 0 ? "Whatever is done with keys, signatures and policies is recorded here." : "None of this kind."}</p>
        </Empty>
      }
      columns={[
        {
          title: "Entry",
          cell: (entry) => (
            <a href={href("ledger", entry.id, { seq: String(entry.seq) })}>
              <strong class="nowrap">{entry.seq}</strong>
            </a>
          ),
        },
        { title: "When", cell: (entry) => <Time of={entry.createdAt} absolute /> },
        { title: "What", cell: (entry) => <EventChip of={entry.eventType} /> },
        {
          title: "About",
          cell: (entry) => (
            <>
              {entry.custom !== undefined && (
                <>
                  {entry.custom.name}
                  <br />
                </>
              )}
              <Subject of={entry.subjectId} />
            </>
          ),
        },
        { title: "By", cell: (entry) => <code class="wrap">{entry.actorId}</code> },
        { title: "Hash", cell: (entry) => <Hash of={entry.entryHashHex} what={`the hash of entry ${entry.seq}`} short /> },
      ]}
    />
  );
}

/** What was there, with what came since on top. */
function LiveEntries({ type }: { type: string }) {
  const { client } = useSession();
  const live = useLive((entry) => type === "" || entry.eventType === type, { max: 200 });
  const listed = useListing(
    (cursor, signal) => client.ledger.entries({ cursor, limit: 50, eventType: type === "" ? undefined : type }, { signal }),
    [type],
  );
  const oldest = new Set(listed.items.map((entry) => entry.id));
  const fresh = live.entries.filter((entry) => !oldest.has(entry.id));
  return (
    <div class="stack">
      <p class="small" role="status" data-live={live.state}>
        {live.state === "open"
          ? `Listening: ${fresh.length === 0 ? "nothing new since this page was opened" : `${fresh.length} new since this page was opened`}`
          : "Not listening any more"}
      </p>
      {live.state === "failed" && <Failure error={live.error} retry={live.again} title="The stream has ended." />}
      <Entries of={{ ...listed, items: [...fresh, ...listed.items] }} />
    </div>
  );
}

/** From a number or a time on, oldest first. */
function Since({ type, since }: { type: string; since: string }) {
  const { client } = useSession();
  const listed = useListing(
    (cursor, signal) => client.ledger.entries({ cursor, limit: 50, since, eventType: type === "" ? undefined : type }, { signal }),
    [type, since],
  );
  return <Entries of={listed} fresh={1} />;
}

/** A number as it is, a time in the form of the API; undefined for neither. */
function sinceOf(text: string): string | undefined {
  const trimmed = text.trim();
  if (/^\d{1,15}$/.test(trimmed)) return trimmed;
  const time = Date.parse(trimmed);
  return trimmed === "" || Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function All() {
  const [type, setType] = useState("");
  const [text, setText] = useState("");
  const [live, setLive] = useState(true);
  const since = sinceOf(text);
  return (
    <Card title="Entries">
      <div class="stack">
        <div class="filter-row">
          <Select<string>
            label="What"
            value={type}
            onValue={setType}
            options={[["", "Everything"], ...EVENTS.map((event) => [event, event] as const)]}
          />
          <TextField
            label="From"
            value={text}
            onValue={setText}
            placeholder="0, or 2026-01-31 12:00"
            maxLength={40}
            spellcheck={false}
            hint={
              text.trim() !== "" && since === undefined
                ? "Neither a number of an entry nor a time."
                : "A number of an entry or a time; then oldest first."
            }
          />
          {since === undefined && <Check label="Live" hint="New entries appear on top." checked={live} onValue={setLive} />}
        </div>
        {since !== undefined ? <Since type={type} since={since} /> : live ? <LiveEntries key={type} type={type} /> : <Paused type={type} />}
      </div>
    </Card>
  );
}

function Paused({ type }: { type: string }) {
  const { client } = useSession();
  const listed = useListing(
    (cursor, signal) => client.ledger.entries({ cursor, limit: 50, eventType: type === "" ? undefined : type }, { signal }),
    [type],
  );
  return <Entries of={listed} />;
}

function Newest({ keys }: { keys: LedgerKeys }) {
  const { client } = useSession();
  const newest = useLoad((signal) => client.ledger.checkpoints({ limit: 1 }, { signal }).then((page) => page.data), []);
  return (
    <Card title="Newest checkpoint" actions={<a href={href("checkpoints")}>All checkpoints and witnesses</a>}>
      <Loaded of={newest} what="the newest checkpoint">
        {([checkpoint]) =>
          checkpoint === undefined ? (
            <Empty title="No checkpoint yet">
              <p>One is made when there is something to sign for.</p>
            </Empty>
          ) : (
            <div class="stack">
              <p>
                <strong>{checkpoint.treeSize}</strong> entries, <Time of={checkpoint.createdAt} />
              </p>
              <CheckpointJudged of={checkpoint} keys={keys} />
              <Growth of={checkpoint} keys={keys} />
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}

export default function Ledger() {
  const { client, facts } = useSession();
  const keys = useLedgerKeys();
  const { busy, error, run } = useAction();
  return (
    <Page
      title="Ledger"
      lead="Everything that happened, each entry chained to the one before, under checkpoints that the enclave signs."
      actions={
        <Button busy={busy} onClick={() => run(() => downloadLedger(client, facts.org))}>
          Download it
        </Button>
      }
    >
      <Failure error={error} />
      <Loaded of={keys} what="the keys of the ledger">
        {(known) => (
          <>
            <VerifyLedger keys={known} reload={keys.reload} />
            <Newest keys={known} />
          </>
        )}
      </Loaded>
      <All />
    </Page>
  );
}
