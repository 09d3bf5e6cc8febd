// SPDX-License-Identifier: Apache-2.0

import { useListing } from "../load.js";
import { ButtonLink } from "../parts/controls.js";
import { ListTable, Page } from "../parts/layout.js";
import { RuleText } from "../parts/rule.js";
import { Empty } from "../parts/states.js";
import { Chip, Time } from "../parts/text.js";
import { href } from "../router.js";
import { useClient } from "../session.js";

export default function VaultPolicies() {
  const client = useClient();
  const policies = useListing((cursor, signal) => client.policies.list({ cursor, limit: 50 }, { signal }), []);
  const create = (
    <ButtonLink kind="main" to={href("policies", "new")}>
      Create a policy
    </ButtonLink>
  );
  return (
    <Page
      title="Vault policies"
      lead="What is demanded of keys whenever something is done with them, before the enclave is asked."
      actions={create}
    >
      <ListTable
        of={policies}
        caption="Vault policies"
        keyOf={(policy) => policy.id}
        empty={
          <Empty title="No demands yet">
            <p>For instance: keys in production need an attestation policy.</p>
            {create}
          </Empty>
        }
        columns={[
          {
            title: "Name",
            cell: (policy) => (
              <>
                <a href={href("policies", policy.id)}>
                  <strong>{policy.name}</strong>
                </a>
                {policy.damaged === true && (
                  <>
                    {" "}
                    <Chip kind="bad">damaged: refuses everything</Chip>
                  </>
                )}
              </>
            ),
          },
          { title: "Demands", cell: (policy) => <RuleText of={policy.rule} /> },
          { title: "Where", cell: (policy) => (policy.environments.length === 0 ? "everywhere" : policy.environments.join(", ")) },
          {
            title: "What follows",
            cell: (policy) =>
              policy.enabled ? <Chip kind={policy.action === "enforce" ? "accent" : "plain"}>{policy.action}</Chip> : <Chip>off</Chip>,
          },
          { title: "Changed", cell: (policy) => <Time of={policy.updatedAt} /> },
        ]}
      />
    </Page>
  );
}
