// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";

import { Loaded, useListing } from "../load.js";
import { CheckpointJudged, Growth, WitnessKeys } from "../parts/checkpoint.js";
import { Button, useAction } from "../parts/controls.js";
import { KeysTrust, type LedgerKeys, useLedgerKeys } from "../parts/ledger-keys.js";
import { Card, ListTable, Page } from "../parts/layout.js";
import { Empty, Failure } from "../parts/states.js";
import { Chip, Hash, Save, Time } from "../parts/text.js";
import { href } from "../router.js";
import { useClient } from "../session.js";

function Shown({ keys, round }: { keys: LedgerKeys; round: number }) {
  const client = useClient();
  const [witnesses, setWitnesses] = useState(0);
  const checkpoints = useListing((cursor, signal) => client.ledger.checkpoints({ cursor, limit: 20 }, { signal }), [round]);
  const [newest] = checkpoints.items;
  return (
    <>
      <KeysTrust of={keys} />
      {newest !== undefined && <Growth of={newest} keys={keys} />}
      <ListTable
        of={checkpoints}
        caption="Checkpoints"
        keyOf={(checkpoint) => `${checkpoint.id} ${witnesses}`}
        empty={
          <Empty title="No checkpoints yet">
            <p>One is made when there is something to sign for.</p>
          </Empty>
        }
        columns={[
          { title: "Entries", cell: (c) => <strong>{c.treeSize}</strong> },
          { title: "Made", cell: (c) => <Time of={c.createdAt} /> },
          { title: "Root", cell: (c) => <Hash of={c.merkleRootHex} what="the root" short /> },
          { title: "Signatures", cell: (c) => <CheckpointJudged of={c} keys={keys} /> },
          {
            title: "Published to",
            cell: (c) =>
              c.publishedTo.length === 0 ? <span class="muted">nobody</span> : c.publishedTo.map((to) => <Chip key={to}>{to}</Chip>),
          },
          { title: "Note", cell: (c) => <Save text={c.note} file={`checkpoint-${c.treeSize}.note`} /> },
        ]}
      />
      <Card title="Witnesses">
        <WitnessKeys changed={() => setWitnesses((n) => n + 1)} />
      </Card>
    </>
  );
}

export default function Checkpoints() {
  const client = useClient();
  const keys = useLedgerKeys();
  const [round, setRound] = useState(0);
  const { busy, error, run } = useAction();
  return (
    <Page
      title="Checkpoints"
      back={{ to: href("ledger"), title: "Ledger" }}
      lead="Size and root of the ledger, signed by the enclave. Nothing under one can be changed unseen by who keeps it."
      actions={
        <Button
          busy={busy}
          onClick={() =>
            run(async () => {
              await client.ledger.seal();
              setRound((n) => n + 1);
            })
          }
        >
          Make one now
        </Button>
      }
    >
      <Failure error={error} />
      <Loaded of={keys} what="the keys of the ledger">
        {(known) => <Shown keys={known} round={round} />}
      </Loaded>
    </Page>
  );
}
