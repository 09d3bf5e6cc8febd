// SPDX-License-Identifier: Apache-2.0

import type { Key } from "@countersign/sdk";
import { useState } from "preact/hooks";

import { useListing } from "../load.js";
import { ButtonLink, Check, Select } from "../parts/controls.js";
import { ListTable, Page } from "../parts/layout.js";
import { Empty } from "../parts/states.js";
import { Time } from "../parts/text.js";
import { KeyStatus, Tier } from "../parts/key.js";
import { ALGORITHMS } from "../parts/words.js";
import { href } from "../router.js";
import { useSession } from "../session.js";

export default function Keys() {
  const { client, may } = useSession();
  const [revoked, setRevoked] = useState(false);
  const [algorithm, setAlgorithm] = useState<Key["algorithm"] | "">("");
  const keys = useListing(
    (cursor, signal) => client.hybridKeys.list({ cursor, limit: 50, includeRevoked: revoked, algorithm: algorithm === "" ? undefined : algorithm }, { signal }),
    [revoked, algorithm],
  );
  const create = may("keys") && <ButtonLink kind="main" to={href("keys", "new")}>Create a key</ButtonLink>;
  return (
    <Page title="Vault" lead="Hybrid keys: each signature is classical and post-quantum at once, and both halves must verify." actions={create}>
      <div class="row filters">
        <Select label="Algorithm" value={algorithm} onValue={setAlgorithm} options={[["", "All"], ...ALGORITHMS.map((a) => [a.name, a.title] as const)]} />
        <Check label="Show revoked keys" checked={revoked} onValue={setRevoked} />
      </div>
      <ListTable
        of={keys} caption="Keys" keyOf={(key) => key.id}
        empty={algorithm !== "" ? <Empty title="No key of this algorithm" /> : (
          <Empty title="No keys yet"><p>A key is made inside the enclave and never leaves it in the clear.</p>{create}</Empty>
        )}
        columns={[
          { title: "Name", cell: (key) => <><a href={href("keys", key.id)}><strong>{key.name}</strong></a><br /><code class="muted">{key.id}</code></> },
          { title: "Status", cell: (key) => <KeyStatus status={key.status} /> },
          { title: "Algorithm", cell: (key) => <code>{key.algorithm}</code> },
          { title: "Held by", cell: (key) => <Tier tier={key.tier} /> },
          { title: "Environment", cell: (key) => key.environment },
          { title: "Last used", cell: (key) => <Time of={key.lastUsedAt} /> },
        ]}
      />
    </Page>
  );
}
