// SPDX-License-Identifier: Apache-2.0

import type { AttestationPolicy } from "@countersign/sdk";

import { useListing, useLoad } from "../load.js";
import { AttestedLive } from "../parts/attested-live.js";
import { ButtonLink } from "../parts/controls.js";
import { ListTable, Page } from "../parts/layout.js";
import { Empty } from "../parts/states.js";
import { Chip, Time } from "../parts/text.js";
import { VENDORS } from "../parts/words.js";
import { href } from "../router.js";
import { useSession } from "../session.js";

const COUNTED = 200;

/** The latest signatures under a policy, by the service's verdict. */
function Signatures({ of: policy }: { of: AttestationPolicy }) {
  const { client } = useSession();
  const counted = useLoad((signal) => client.attestationPolicies.signatures(policy.id, { limit: COUNTED }, { signal }), [policy.id]);
  if (counted.state === "failed") return <span class="muted">not known</span>;
  if (counted.state === "loading") return <span class="muted">…</span>;
  const { data, nextCursor } = counted.data;
  const failed = data.filter((signature) => signature.verdict === "fail").length;
  return (
    <>
      <a href={href("signatures", { policy: policy.id })}>{nextCursor !== null ? `more than ${COUNTED}` : data.length}</a>
      {failed > 0 && (
        <>
          {" "}
          <Chip kind="bad">{failed} failed</Chip>
        </>
      )}
    </>
  );
}

export default function AttestationPolicies() {
  const { client, may } = useSession();
  const policies = useListing((cursor, signal) => client.attestationPolicies.list({ cursor, limit: 50 }, { signal }), []);
  const create = (
    <ButtonLink kind="main" to={href("attestation-policies", "new")}>
      Create a policy
    </ButtonLink>
  );
  return (
    <Page
      title="Attestation policies"
      lead="Which programs may make signatures, and under which root that is proven. Keys are bound to one."
      actions={create}
    >
      <ListTable
        of={policies}
        caption="Attestation policies"
        keyOf={(policy) => policy.id}
        empty={
          <Empty title="No policies yet">
            <p>Without one, signatures come with a proof that nobody judges.</p>
            {create}
          </Empty>
        }
        columns={[
          {
            title: "Name",
            cell: (policy) => (
              <>
                <a href={href("attestation-policies", policy.id)}>
                  <strong>{policy.name}</strong>
                </a>
                <br />
                <code class="muted">{policy.id}</code>
              </>
            ),
          },
          { title: "Vendor", cell: (policy) => VENDORS[policy.vendor] },
          { title: "Version", cell: (policy) => policy.version },
          { title: "Refuses", cell: (policy) => (policy.enforce ? "what does not pass" : <Chip kind="warn">nothing: marks only</Chip>) },
          { title: "Signatures", cell: (policy) => <Signatures of={policy} /> },
          { title: "Changed", cell: (policy) => <Time of={policy.updatedAt} /> },
        ]}
      />
      {may("ledger") && <AttestedLive />}
    </Page>
  );
}
