// SPDX-License-Identifier: Apache-2.0
//
// Who may ask for what. The text of an API key is shown once, and kept by nobody.

import type { ApiKey, ApiKeyMinted, NewApiKey } from "@countersign/sdk";
import { useState } from "preact/hooks";

import { useListing } from "../load.js";
import { Button, Check, Choice, Dialog, Form, Select, TextArea, TextField } from "../parts/controls.js";
import { ListTable, Page } from "../parts/layout.js";
import { Empty, Notice } from "../parts/states.js";
import { Chip, Code, Time } from "../parts/text.js";
import { useClient, useSession } from "../session.js";

type Scope = NewApiKey["scopes"][number];

const SCOPES: readonly (readonly [Scope, string])[] = [
  ["sign", "Sign with keys"],
  ["verify", "Verify, and read public keys"],
  ["keys", "Make, rotate, suspend and revoke keys"],
  ["policies", "Read and change policies"],
  ["ledger", "Read the ledger, write entries of one's own"],
  ["settings", "Read and change the settings"],
  ["hybrid", "Hybrid Attest"],
  ["pq-signer", "The PQ Signer door"],
  ["admin", "Make API keys, with no more than itself may"],
];

/** The one time that the text is seen. */
function Minted({ of: key, close }: { of: ApiKeyMinted; close: () => void }) {
  return (
    <Dialog title="The API key, once" close={close}>
      <div class="stack">
        <Notice kind="warn">
          <p>Copy it now. It is not stored anywhere, and nobody can show it again.</p>
        </Notice>
        <Code text={key.apiKey} what="the API key" />
        {key.predecessor !== undefined && (
          <p>
            The one before it counts until <Time of={key.predecessor.expiresAt} absolute />.
          </p>
        )}
        <div class="actions">
          <Button kind="main" onClick={close}>
            I have it
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function Create({ close, minted }: { close: () => void; minted: (key: ApiKeyMinted) => void }) {
  const { client, facts } = useSession();
  const [name, setName] = useState("");
  const [type, setType] = useState<NewApiKey["type"]>("secret");
  const [environment, setEnvironment] = useState<NewApiKey["environment"]>(facts.environment);
  const [scopes, setScopes] = useState<readonly Scope[]>(["sign", "verify"]);
  const [keyIds, setKeyIds] = useState("");
  const create = async () => {
    const ids = keyIds.split(/[\s,]+/).filter((id) => id !== "");
    minted(
      await client.apiKeys.create({
        name,
        type,
        environment,
        scopes: type === "publishable" ? ["verify"] : [...scopes],
        ...(ids.length === 0 ? {} : { keyIds: ids }),
      }),
    );
  };
  return (
    <Dialog title="Create an API key" close={close}>
      <Form
        submit="Create the API key"
        action={create}
        disabled={name.trim() === "" || (type === "secret" && scopes.length === 0)}
        more={<Button onClick={close}>Cancel</Button>}
      >
        <TextField label="Name" value={name} onValue={setName} required maxLength={128} placeholder="release pipeline" />
        <Choice
          legend="Type"
          value={type}
          onValue={setType}
          options={[
            { value: "secret", title: "Secret", text: "For servers. It may what its scopes say." },
            {
              value: "publishable",
              title: "Publishable",
              text: "May be seen by anybody: it verifies and reads public keys, and never signs.",
            },
          ]}
        />
        {/* A test key knows of test API keys only. */}
        {facts.environment === "live" && (
          <Select
            label="Environment"
            value={environment}
            onValue={setEnvironment}
            options={[
              ["live", "Live"],
              ["test", "Test: sees test records only"],
            ]}
          />
        )}
        {type === "secret" && (
          <fieldset class="choice">
            <legend>It may</legend>
            {SCOPES.map(([scope, words]) => (
              <Check
                key={scope}
                label={scope}
                hint={facts.scopes.includes(scope) ? words : `${words}. Yours has not this scope.`}
                checked={scopes.includes(scope)}
                onValue={(checked) => setScopes(checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))}
              />
            ))}
          </fieldset>
        )}
        <details>
          <summary>Only some keys</summary>
          <TextArea
            label="Ids of keys"
            value={keyIds}
            onValue={setKeyIds}
            mono
            rows={2}
            hint="Up to 16. For this API key no others exist."
          />
        </details>
      </Form>
    </Dialog>
  );
}

const OVERLAPS = [
  ["0", "at once"],
  ["3600", "in an hour"],
  ["86400", "in a day"],
  ["604800", "in a week"],
] as const;

function Rotate({ of: key, close, minted }: { of: ApiKey; close: () => void; minted: (key: ApiKeyMinted) => void }) {
  const client = useClient();
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number][0]>("86400");
  return (
    <Dialog title={`Rotate ${key.name}`} close={close}>
      <Form
        submit="Make its successor"
        action={async () => minted(await client.apiKeys.rotate(key.id, { overlapSeconds: Number(overlap) }))}
        more={<Button onClick={close}>Cancel</Button>}
      >
        <Select label="The old text ends" value={overlap} onValue={setOverlap} options={OVERLAPS} hint="Until then both count." />
      </Form>
    </Dialog>
  );
}

function Revoke({ of: key, close, done }: { of: ApiKey; close: () => void; done: () => void }) {
  const client = useClient();
  return (
    <Dialog title={`Revoke ${key.name}?`} close={close}>
      <p>It counts for nothing from that moment on, and so do sessions that began with it, perhaps this one.</p>
      <Form
        submit="Revoke for ever"
        kind="danger"
        action={async () => {
          await client.apiKeys.revoke(key.id);
          done();
        }}
        more={<Button onClick={close}>Keep it</Button>}
      >
        {null}
      </Form>
    </Dialog>
  );
}

const isOver = (key: ApiKey) => key.revokedAt !== null || (key.expiresAt !== null && Date.parse(key.expiresAt) <= Date.now());

function State({ of: key }: { of: ApiKey }) {
  if (key.revokedAt !== null)
    return (
      <>
        <Chip kind="bad">revoked</Chip> <Time of={key.revokedAt} />
      </>
    );
  if (key.expiresAt !== null)
    return (
      <>
        <Chip kind="warn">{isOver(key) ? "ended" : "ends"}</Chip> <Time of={key.expiresAt} />
      </>
    );
  return <Chip kind="accent">active</Chip>;
}

type Doing = { what: "create" } | { what: "rotate" | "revoke"; key: ApiKey } | { what: "show"; key: ApiKeyMinted } | undefined;

export default function ApiKeys() {
  const client = useClient();
  const [doing, setDoing] = useState<Doing>(undefined);
  const keys = useListing((cursor, signal) => client.apiKeys.list({ cursor, limit: 50 }, { signal }), []);
  const close = () => setDoing(undefined);
  const show = (key: ApiKeyMinted) => {
    setDoing({ what: "show", key });
    keys.reload();
  };
  const create = (
    <Button kind="main" onClick={() => setDoing({ what: "create" })}>
      Create an API key
    </Button>
  );
  return (
    <Page title="API keys" lead="Who may ask for what. The service keeps a keyed hash of each, never its text." actions={create}>
      <ListTable
        of={keys}
        caption="API keys"
        keyOf={(key) => key.id}
        empty={<Empty title="No API keys">{create}</Empty>}
        columns={[
          {
            title: "Name",
            cell: (key) => (
              <>
                <strong>{key.name}</strong>
                <br />
                <code class="muted">{key.id}</code>
              </>
            ),
          },
          {
            title: "Type",
            cell: (key) => (
              <>
                {key.type}, {key.environment}
              </>
            ),
          },
          {
            title: "May",
            cell: (key) => (
              <>
                {key.scopes.join(", ")}
                {key.keyIds.length > 0 && (
                  <>
                    <br />
                    <span class="hint">
                      with {key.keyIds.length} {key.keyIds.length === 1 ? "key" : "keys"} only
                    </span>
                  </>
                )}
              </>
            ),
          },
          { title: "State", cell: (key) => <State of={key} /> },
          { title: "Made", cell: (key) => <Time of={key.createdAt} /> },
          {
            title: "Change",
            cell: (key) =>
              isOver(key) ? null : (
                <div class="actions">
                  <Button onClick={() => setDoing({ what: "rotate", key })}>
                    Rotate<span class="hidden"> {key.name}</span>
                  </Button>
                  <Button kind="danger" onClick={() => setDoing({ what: "revoke", key })}>
                    Revoke<span class="hidden"> {key.name}</span>
                  </Button>
                </div>
              ),
          },
        ]}
      />
      {doing?.what === "create" && <Create close={close} minted={show} />}
      {doing?.what === "rotate" && <Rotate of={doing.key} close={close} minted={show} />}
      {doing?.what === "revoke" && (
        <Revoke
          of={doing.key}
          close={close}
          done={() => {
            close();
            keys.reload();
          }}
        />
      )}
      {doing?.what === "show" && <Minted of={doing.key} close={close} />}
    </Page>
  );
}
