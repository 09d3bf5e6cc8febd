// SPDX-License-Identifier: Apache-2.0
//
// A vault policy, new or to be changed.

import type { NewVaultPolicy, VaultPolicy } from "@countersign/sdk";
import { useState } from "preact/hooks";

import type { PageProps } from "../app.js";
import { Loaded, useLoad } from "../load.js";
import { Button, Check, Choice, Dialog, Form, TextField } from "../parts/controls.js";
import { Diff } from "../parts/diff.js";
import { Card, Page } from "../parts/layout.js";
import { demandsOf, type Rule, RuleFields, RuleText } from "../parts/rule.js";
import { Notice } from "../parts/states.js";
import { Fact, Facts, Hash, Time } from "../parts/text.js";
import { goingOn, href } from "../router.js";
import { useClient } from "../session.js";

type Action = NonNullable<NewVaultPolicy["action"]>;

interface Draft {
  readonly name: string;
  readonly description: string;
  readonly action: Action;
  readonly enabled: boolean;
  readonly environments: string;
  readonly rule: Rule;
}

const EMPTY: Draft = {
  name: "",
  description: "",
  action: "enforce",
  enabled: true,
  environments: "production",
  rule: { matchOperation: "sign", requireAttested: true },
};

const draftOf = (policy: VaultPolicy): Draft => ({ ...policy, environments: policy.environments.join(", ") });

const policyOf = (draft: Draft): NewVaultPolicy => ({
  name: draft.name,
  description: draft.description,
  action: draft.action,
  enabled: draft.enabled,
  rule: draft.rule,
  environments: draft.environments
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== ""),
});

const writableOf = ({ name, description, action, enabled, environments, rule }: VaultPolicy) => ({
  name,
  description,
  action,
  enabled,
  environments,
  rule,
});

function Fields({ draft, onDraft }: { draft: Draft; onDraft: (draft: Draft) => void }) {
  const set =
    <K extends keyof Draft>(name: K) =>
    (value: Draft[K]) =>
      onDraft({ ...draft, [name]: value });
  return (
    <>
      <TextField label="Name" value={draft.name} onValue={set("name")} required maxLength={128} placeholder="production is attested" />
      <TextField label="Description" value={draft.description} onValue={set("description")} maxLength={1024} />
      <RuleFields rule={draft.rule} onRule={set("rule")} />
      <TextField
        label="In these environments"
        value={draft.environments}
        onValue={set("environments")}
        hint="Words that keys were made with, commas between them. Empty: everywhere."
      />
      <Choice<Action>
        legend="What follows when a demand is not met"
        value={draft.action}
        onValue={set("action")}
        options={[
          { value: "enforce", title: "Refuse", text: "The operation is not done, and recorded as a violation." },
          { value: "warn", title: "Warn", text: "It is done; the answer has a warning, and it is recorded." },
          { value: "audit", title: "Record", text: "It is done, and only recorded." },
        ]}
      />
      <Check label="In force" checked={draft.enabled} onValue={set("enabled")} />
    </>
  );
}

function Create() {
  const client = useClient();
  const [draft, setDraft] = useState(EMPTY);
  return (
    <Page title="Create a vault policy" back={{ to: href("policies"), title: "Vault policies" }}>
      <Card>
        <Form
          submit="Create the policy"
          disabled={draft.name.trim() === "" || demandsOf(draft.rule).length === 0}
          action={async () => {
            const on = goingOn();
            await client.policies.create(policyOf(draft));
            on("policies");
          }}
          more={<a href={href("policies")}>Cancel</a>}
        >
          <Fields draft={draft} onDraft={setDraft} />
        </Form>
      </Card>
    </Page>
  );
}

function Edit({ of: policy, done }: { of: VaultPolicy; done: () => void }) {
  const client = useClient();
  const [draft, setDraft] = useState(() => draftOf(policy));
  return (
    <Card title="Change it">
      <Form
        submit="Save"
        disabled={demandsOf(draft.rule).length === 0}
        action={async () => {
          await client.policies.update(policy.id, policyOf(draft));
          done();
        }}
        more={<Button onClick={done}>Cancel</Button>}
      >
        <Fields draft={draft} onDraft={setDraft} />
        <h3>What changes</h3>
        <Diff before={writableOf(policy)} after={policyOf(draft)} what="What this change does" />
        <p class="hint">It is in force before it is acknowledged.</p>
      </Form>
    </Card>
  );
}

function Delete({ of: policy, close }: { of: VaultPolicy; close: () => void }) {
  const client = useClient();
  return (
    <Dialog title={`Delete ${policy.name}?`} close={close}>
      <p>What it demands is demanded no more.</p>
      <Form
        submit="Delete the policy"
        kind="danger"
        action={async () => {
          const on = goingOn();
          await client.policies.delete(policy.id);
          on("policies");
        }}
        more={<Button onClick={close}>Keep it</Button>}
      >
        {null}
      </Form>
    </Dialog>
  );
}

function One({ id }: { id: string }) {
  const client = useClient();
  const loaded = useLoad((signal) => client.policies.get(id, { signal }), [id]);
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const policy = loaded.data;
  return (
    <Page
      title={policy?.name ?? "Vault policy"}
      back={{ to: href("policies"), title: "Vault policies" }}
      actions={
        policy !== undefined &&
        !editing && (
          <>
            {policy.damaged !== true && <Button onClick={() => setEditing(true)}>Edit</Button>}
            <Button kind="danger" onClick={() => setDeleting(true)}>
              Delete…
            </Button>
          </>
        )
      }
    >
      <Loaded of={loaded} what="the policy">
        {(data) => (
          <>
            {data.damaged === true && (
              <Notice kind="bad" title="This policy is damaged in the store.">
                <p>It refuses every operation, whatever it once said, until it is deleted.</p>
              </Notice>
            )}
            {editing ? (
              <Edit
                of={data}
                done={() => {
                  setEditing(false);
                  loaded.reload();
                }}
              />
            ) : (
              <Card>
                <Facts>
                  <Fact name="Id">
                    <Hash of={data.id} what="the policy's id" />
                  </Fact>
                  {data.description !== "" && <Fact name="Description">{data.description}</Fact>}
                  <Fact name="Demands">
                    <RuleText of={data.rule} />
                  </Fact>
                  <Fact name="Where">{data.environments.length === 0 ? "everywhere" : data.environments.join(", ")}</Fact>
                  <Fact name="What follows">
                    {data.action}
                    {!data.enabled && ", but it is off"}
                  </Fact>
                  <Fact name="Made">
                    <Time of={data.createdAt} absolute />
                  </Fact>
                  <Fact name="Changed">
                    <Time of={data.updatedAt} absolute />
                  </Fact>
                </Facts>
              </Card>
            )}
          </>
        )}
      </Loaded>
      {deleting && policy !== undefined && <Delete of={policy} close={() => setDeleting(false)} />}
    </Page>
  );
}

export default function VaultPolicyPage({ id }: PageProps) {
  return id === undefined || id === "new" ? <Create /> : <One id={id} />;
}
