// SPDX-License-Identifier: Apache-2.0
//
// One entry: what it says, and that it is in the tree that the ledger's keys signed.

import { ApiError, type Countersign, type Entry, entryText, type InclusionProof } from "@countersign/sdk";

import type { PageProps } from "../app.js";
import { utf8 } from "../bytes.js";
import { Loaded, useLoad } from "../load.js";
import { Button, useAction } from "../parts/controls.js";
import { EventChip, Subject } from "../parts/entry.js";
import { KeysTrust, type LedgerKeys, useLedgerKeys } from "../parts/ledger-keys.js";
import { Card, Page } from "../parts/layout.js";
import { Failure, Notice } from "../parts/states.js";
import { Code, Fact, Facts, Hash, Time } from "../parts/text.js";
import { TreePath } from "../parts/tree.js";
import { Judged, useJudgement } from "../parts/verified.js";
import { hashesUp, judgeInclusion } from "../proof.js";
import { href } from "../router.js";
import { useClient } from "../session.js";
import { levelsOf } from "../tree.js";

interface Found {
  readonly entry: Entry;
  /** Undefined while no checkpoint covers it. */
  readonly proof: InclusionProof | undefined;
}

async function find(client: Countersign, id: string, seq: string | null, signal: AbortSignal): Promise<Found> {
  let missing: unknown;
  const proof = await client.ledger.proof(id, { signal }).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
    missing = error;
    return undefined;
  });
  const at = proof === undefined ? seq : String(proof.leafIndex);
  // What no checkpoint covers yet is among the newest.
  const { data } = await client.ledger.entries(at !== null && /^\d+$/.test(at) ? { since: at, limit: 1 } : { limit: 200 }, { signal });
  const entry = data.find((one) => one.id === id);
  if (entry === undefined) throw missing ?? new Error(`entry ${at ?? ""} is not there`);
  return { entry, proof };
}

function InTree({ entry, proof, keys }: { entry: Entry; proof: InclusionProof; keys: LedgerKeys }) {
  const text = entryText(entry);
  const size = proof.checkpoint.treeSize;
  const levels = levelsOf(proof.leafIndex, size);
  const judged = useJudgement(
    () => judgeInclusion({ entry: text, proof, checkpoint: proof.checkpoint.note, ledgerKeys: keys.keys }),
    [entry, proof, keys],
  );
  const way = useLoad(
    () =>
      hashesUp(
        utf8(text),
        levels.map((level) => level.side),
        proof.proofHex,
      ),
    [text, proof],
  );
  return (
    <div class="stack">
      <p class="row">
        <Judged of={judged}>Verified in this browser: the entry is in the tree of {size} entries that the ledger’s keys signed</Judged>
      </p>
      <KeysTrust of={keys} />
      {levels.length === proof.proofHex.length ? (
        <Loaded of={way} what="the way to the root">
          {(hashes) => (
            <TreePath
              levels={levels}
              way={hashes}
              others={proof.proofHex}
              index={proof.leafIndex}
              of={judged.state === "done" ? judged.judgement : undefined}
            />
          )}
        </Loaded>
      ) : (
        <Notice kind="bad">
          <p>
            The proof has {proof.proofHex.length} hashes, where a tree of {size} entries has {levels.length} steps.
          </p>
        </Notice>
      )}
    </div>
  );
}

function NotCovered({ reload }: { reload: () => void }) {
  const client = useClient();
  const { busy, error, run } = useAction();
  return (
    <div class="stack">
      <Notice>
        <p>
          No checkpoint covers this entry yet, so nothing proves that it is there to stay. The service makes one from time to time, or when
          it is asked.
        </p>
      </Notice>
      <div class="actions">
        <Button
          busy={busy}
          onClick={() =>
            run(async () => {
              await client.ledger.seal();
              reload();
            })
          }
        >
          Make a checkpoint now
        </Button>
      </div>
      <Failure error={error} />
    </div>
  );
}

function Shown({ of: { entry, proof }, reload }: { of: Found; reload: () => void }) {
  const keys = useLedgerKeys();
  return (
    <>
      <Card title="Its place in the tree">
        {proof === undefined ? (
          <NotCovered reload={reload} />
        ) : (
          <Loaded of={keys} what="the keys of the ledger">
            {(known) => <InTree entry={entry} proof={proof} keys={known} />}
          </Loaded>
        )}
      </Card>
      <Card title="What it says">
        <Facts>
          <Fact name="What">
            <EventChip of={entry.eventType} />
          </Fact>
          <Fact name="When">
            <Time of={entry.createdAt} absolute />
          </Fact>
          <Fact name="About">
            <Subject of={entry.subjectId} />
          </Fact>
          <Fact name="By">
            <Subject of={entry.actorId} />
          </Fact>
          {entry.custom !== undefined && <Fact name="Name">{entry.custom.name}</Fact>}
          {entry.custom?.message != null && <Fact name="Message">{entry.custom.message}</Fact>}
          <Fact name="Hash">
            <Hash of={entry.entryHashHex} what="the entry's hash" />
          </Fact>
          <Fact name="Hash of the one before">
            <Hash of={entry.prevHashHex} what="the hash of the entry before" />
          </Fact>
          {proof !== undefined && (
            <Fact name="Checkpoint">
              of {proof.checkpoint.treeSize} entries, <Time of={proof.checkpoint.createdAt} />
            </Fact>
          )}
        </Facts>
      </Card>
      <Card title="As it was recorded">
        <Code text={JSON.stringify(entry.payload, null, 2)} what="the entry" file={`${entry.id}.json`} />
      </Card>
    </>
  );
}

export default function LedgerEntry({ id = "", place }: PageProps) {
  const client = useClient();
  const found = useLoad((signal) => find(client, id, place.query.get("seq"), signal), [id]);
  return (
    <Page
      title={found.state === "ready" ? `Entry ${found.data.entry.seq}` : "Entry"}
      back={{ to: href("ledger"), title: "Ledger" }}
      lead={<code class="wrap">{id}</code>}
    >
      <Loaded of={found} what="the entry">
        {(data) => <Shown of={data} reload={found.reload} />}
      </Loaded>
    </Page>
  );
}
