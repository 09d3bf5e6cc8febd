// SPDX-License-Identifier: Apache-2.0

import { ListTable } from "./layout.js";
import { Card } from "./layout.js";
import { useLive } from "./live.js";
import { Empty, Failure } from "./states.js";
import { Chip, Time } from "./text.js";
import { href } from "../router.js";

/** `signature.attested` and `attestation.violation`, live; of one policy, if it is given. */
export function AttestedLive({ policyId }: { policyId?: string }) {
  const live = useLive(
    (entry) =>
      (entry.eventType === "signature.attested" || entry.eventType === "attestation.violation") &&
      (policyId === undefined || entry.payload.data["policyId"] === policyId),
  );
  return (
    <Card
      title="Live"
      actions={
        <span class="small" role="status">
          {live.state === "open" ? "Listening to the ledger" : "Not listening"}
        </span>
      }
    >
      <div aria-live="polite">
        <ListTable
          of={{ items: live.entries, state: live.state === "opening" ? "loading" : "ready", more: false, loadMore: () => undefined, reload: live.again }}
          caption="Live entries"
          keyOf={(entry) => entry.id}
          empty={
            <Empty title="Nothing since this page was opened">
              <p>Signatures and violations appear here as they are recorded.</p>
            </Empty>
          }
          columns={[
            { title: "When", cell: (entry) => <Time of={entry.createdAt} absolute /> },
            {
              title: "What",
              cell: (entry) => <Chip kind={entry.eventType === "attestation.violation" ? "bad" : "plain"}>{entry.eventType}</Chip>,
            },
            {
              title: "About",
              cell: (entry) =>
                entry.subjectId.startsWith("sig_") ? (
                  <a href={href("signatures", entry.subjectId)}>
                    <code class="wrap">{entry.subjectId}</code>
                  </a>
                ) : (
                  <a href={href("keys", String(entry.payload.data["keyId"] ?? entry.subjectId))}>
                    <code class="wrap">{String(entry.payload.data["keyId"] ?? entry.subjectId)}</code>
                  </a>
                ),
            },
            {
              title: "Reason",
              cell: (entry) => <code>{String(entry.payload.data["reason"] ?? entry.payload.data["verdict"] ?? "")}</code>,
            },
            { title: "Entry", cell: (entry) => <a href={href("ledger", entry.id)}>{entry.seq}</a> },
          ]}
        />
      </div>
      {live.state === "failed" && <Failure error={live.error} retry={live.again} title="The stream has ended." />}
    </Card>
  );
}
