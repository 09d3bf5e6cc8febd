// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";

import type { PageProps } from "../app.js";
import { sizeOf } from "../bytes.js";
import { useListing } from "../load.js";
import { Select } from "../parts/controls.js";
import { ListTable, Page } from "../parts/layout.js";
import { Empty } from "../parts/states.js";
import { Time } from "../parts/text.js";
import { Claimed } from "../parts/verified.js";
import { href } from "../router.js";
import { useClient } from "../session.js";

type Verdict = "pass" | "fail" | "absent" | "";

export default function Signatures({ place }: PageProps) {
  const client = useClient();
  const [verdict, setVerdict] = useState<Verdict>("");
  const [keyId, policyId] = [place.query.get("key") ?? undefined, place.query.get("policy") ?? undefined];
  const signatures = useListing(
    (cursor, signal) =>
      client.signatures.list({ cursor, limit: 50, keyId, policyId, verdict: verdict === "" ? undefined : verdict }, { signal }),
    [keyId, policyId, verdict],
  );
  return (
    <Page
      title="Signatures"
      lead={
        keyId !== undefined ? (
          <>
            Made by <a href={href("keys", keyId)}>{keyId}</a>. <a href={href("signatures")}>Show all</a>
          </>
        ) : policyId !== undefined ? (
          <>
            Made under <a href={href("attestation-policies", policyId)}>{policyId}</a>. <a href={href("signatures")}>Show all</a>
          </>
        ) : (
          "What was signed, with the verdict that the service gave. Open one to have it verified in this browser."
        )
      }
    >
      <div class="row filters">
        <Select<Verdict>
          label="Verdict of the service"
          value={verdict}
          onValue={setVerdict}
          options={[
            ["", "Any"],
            ["pass", "Passed"],
            ["fail", "Failed"],
            ["absent", "Without a policy"],
          ]}
        />
      </div>
      <ListTable
        of={signatures}
        caption="Signatures"
        keyOf={(signature) => signature.id}
        empty={
          <Empty title="No signatures">
            <p>Sign something on the page of a key.</p>
          </Empty>
        }
        columns={[
          {
            title: "Signature",
            cell: (s) => (
              <a href={href("signatures", s.id)}>
                <code>{s.id}</code>
              </a>
            ),
          },
          { title: "When", cell: (s) => <Time of={s.createdAt} /> },
          {
            title: "Key",
            cell: (s) => (
              <a href={href("keys", s.keyId)}>
                <code>{s.keyId}</code>
              </a>
            ),
          },
          { title: "Size", cell: (s) => sizeOf(s.payloadSize) },
          { title: "Verdict", cell: (s) => <Claimed verdict={s.verdict} reason={s.reason} /> },
          { title: "Entry", cell: (s) => <a href={href("ledger", s.ledger.entryId)}>{s.ledger.seq}</a> },
        ]}
      />
    </Page>
  );
}
