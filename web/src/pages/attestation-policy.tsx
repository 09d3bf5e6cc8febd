// SPDX-License-Identifier: Apache-2.0

import type { AttestationPolicy, AttestationPolicyChange } from "@countersign/sdk";
import { useState } from "preact/hooks";

import type { PageProps } from "../app.js";
import { stable } from "../diff.js";
import { Loaded, useListing, useLoad } from "../load.js";
import { AttestedLive } from "../parts/attested-live.js";
import { Button, Dialog, Form, Select } from "../parts/controls.js";
import { Diff } from "../parts/diff.js";
import { Card, ListTable, Page } from "../parts/layout.js";
import { type Draft, draftOf, PolicyFields, policyOf, writableOf } from "../parts/policy-form.js";
import { Empty, Notice } from "../parts/states.js";
import { Chip, Code, Fact, Facts, Hash, Time } from "../parts/text.js";
import { Trust } from "../parts/trust.js";
import { Claimed } from "../parts/verified.js";
import { VENDORS } from "../parts/words.js";
import { goingOn, href } from "../router.js";
import { useClient, useSession } from "../session.js";

function tryPolicy(draft: Draft): Record<string, unknown> | undefined {
  try {
    return writableOf(policyOf(draft));
  } catch {
    return undefined;
  }
}

function Edit({ of: policy, done }: { of: AttestationPolicy; done: () => void }) {
  const client = useClient();
  const [draft, setDraft] = useState(() => draftOf(policy));
  const before = writableOf(policy);
  const after = tryPolicy(draft);
  const changed = after !== undefined && stable(after) !== stable(before);
  const save = async () => {
    const fresh = writableOf(policyOf(draft));
    // Only what is different is sent; the vendor never changes.
    const change = Object.fromEntries(
      Object.entries(fresh).filter(([name, value]) => name !== "vendor" && stable(value) !== stable(before[name])),
    );
    await client.attestationPolicies.update(policy.id, change as AttestationPolicyChange);
    done();
  };
  return (
    <Card title={`Make version ${policy.version + 1}`}>
      <Form
        submit={`Save version ${policy.version + 1}`}
        action={save}
        disabled={after !== undefined && !changed}
        more={<Button onClick={done}>Cancel</Button>}
      >
        <PolicyFields draft={draft} onDraft={setDraft} isNew={false} />
        <h3>What changes</h3>
        {after === undefined ? (
          <p class="muted">The rules are no JSON.</p>
        ) : (
          <Diff before={before} after={after} what="What this change does" />
        )}
        <p class="hint">
          It is in force for the keys that are bound to this policy from the next signature on. Signatures keep the version that they were
          made under.
        </p>
      </Form>
    </Card>
  );
}

function Versions({ of: policy }: { of: AttestationPolicy }) {
  const client = useClient();
  const all = Array.from({ length: policy.version }, (_, n) => String(policy.version - n));
  const [from, setFrom] = useState(String(Math.max(1, policy.version - 1)));
  const [to, setTo] = useState(String(policy.version));
  const both = useLoad(
    (signal) =>
      Promise.all([from, to].map((version) => client.attestationPolicies.get(policy.id, { version: Number(version) }, { signal }))),
    [policy, from, to],
  );
  const options = all.map((version) => [version, `Version ${version}`] as const);
  if (policy.version === 1) return <p class="muted">There is one version. Every change makes another, and the old ones stay.</p>;
  return (
    <div class="stack">
      <div class="row">
        <Select label="From" value={from} onValue={setFrom} options={options} />
        <Select label="To" value={to} onValue={setTo} options={options} />
      </div>
      <Loaded of={both} what="the versions">
        {([before, after]) =>
          before === undefined || after === undefined ? null : (
            <Diff before={writableOf(before)} after={writableOf(after)} what={`Differences from version ${from} to version ${to}`} />
          )
        }
      </Loaded>
    </div>
  );
}

function Signatures({ of: policy }: { of: AttestationPolicy }) {
  const client = useClient();
  const signatures = useListing(
    (cursor, signal) => client.attestationPolicies.signatures(policy.id, { cursor, limit: 10 }, { signal }),
    [policy.id],
  );
  return (
    <Card title="Signatures made under it">
      <ListTable
        of={signatures}
        caption="Signatures"
        keyOf={(s) => s.id}
        empty={<Empty title="None yet" />}
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
          { title: "Version", cell: (s) => s.policyVersion },
          { title: "Verdict", cell: (s) => <Claimed verdict={s.verdict} reason={s.reason} /> },
        ]}
      />
    </Card>
  );
}

function Shown({
  of: policy,
  editing,
  setEditing,
  reload,
}: {
  of: AttestationPolicy;
  editing: boolean;
  setEditing: (editing: boolean) => void;
  reload: () => void;
}) {
  const { may } = useSession();
  return (
    <>
      {!policy.enforce && (
        <Notice kind="warn" title="This policy refuses nothing.">
          <p>Signatures that do not pass are handed out, marked as failed, and recorded as violations.</p>
        </Notice>
      )}
      {editing ? (
        <Edit
          of={policy}
          done={() => {
            setEditing(false);
            reload();
          }}
        />
      ) : (
        <div class="columns">
          <Card title="Policy">
            <Facts>
              <Fact name="Id">
                <Hash of={policy.id} what="the policy's id" />
              </Fact>
              <Fact name="Vendor">{VENDORS[policy.vendor]}</Fact>
              <Fact name="Version">{policy.version}</Fact>
              <Fact name="Evidence">of each {policy.evidence}</Fact>
              <Fact name="Age of documents">
                at most {policy.maxDocAgeSeconds} s{policy.evidence === "session" && `, of sessions ${policy.maxSessionAgeSeconds} s`}
              </Fact>
              <Fact name="Date by a witness">{policy.requireDated ? "needed when verified later" : "not needed"}</Fact>
              <Fact name="Hash">
                <Hash of={policy.hash} what="the policy's hash" />
              </Fact>
              <Fact name="Made">
                <Time of={policy.createdAt} absolute />
              </Fact>
              <Fact name="Changed">
                <Time of={policy.updatedAt} absolute />
              </Fact>
            </Facts>
            <Trust of={policy} manage />
          </Card>
          <Card title="What has to match">
            <Code text={JSON.stringify(policy.matchRules, null, 2)} what="the rules" file={`${policy.id}.rules.json`} />
          </Card>
        </div>
      )}
      <Card title="Versions">
        <Versions key={policy.version} of={policy} />
      </Card>
      <Signatures of={policy} />
      {may("ledger") && <AttestedLive policyId={policy.id} />}
    </>
  );
}

function Delete({ of: policy, close }: { of: AttestationPolicy; close: () => void }) {
  const client = useClient();
  return (
    <Dialog title={`Delete ${policy.name}?`} close={close}>
      <p>
        No key can be bound to it any more. Signatures that were made under it keep its versions. As long as a living key is bound to it, it
        cannot be deleted.
      </p>
      <Form
        submit="Delete the policy"
        kind="danger"
        action={async () => {
          const on = goingOn();
          await client.attestationPolicies.delete(policy.id);
          on("attestation-policies");
        }}
        more={<Button onClick={close}>Keep it</Button>}
      >
        {null}
      </Form>
    </Dialog>
  );
}

export default function AttestationPolicyPage({ id = "" }: PageProps) {
  const client = useClient();
  const loaded = useLoad((signal) => client.attestationPolicies.get(id, {}, { signal }), [id]);
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const policy = loaded.data;
  return (
    <Page
      title={policy?.name ?? "Attestation policy"}
      back={{ to: href("attestation-policies"), title: "Attestation policies" }}
      actions={
        policy !== undefined &&
        !editing && (
          <>
            <Button onClick={() => setEditing(true)}>Edit</Button>
            <Button kind="danger" onClick={() => setDeleting(true)}>
              Delete…
            </Button>
          </>
        )
      }
      lead={
        policy !== undefined && (
          <>
            <Chip>version {policy.version}</Chip>{" "}
            {policy.enforce ? <Chip kind="accent">enforced</Chip> : <Chip kind="warn">not enforced</Chip>}
          </>
        )
      }
    >
      <Loaded of={loaded} what="the policy">
        {(data) => <Shown of={data} editing={editing} setEditing={setEditing} reload={loaded.reload} />}
      </Loaded>
      {deleting && policy !== undefined && <Delete of={policy} close={() => setDeleting(false)} />}
    </Page>
  );
}
