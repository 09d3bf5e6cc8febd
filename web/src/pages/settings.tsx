// SPDX-License-Identifier: Apache-2.0
//
// Where wrapping keys may live, and what new keys get. What is secret goes in and never comes out.

import type { NewSettings, Settings, SettingsTest } from "@countersign/sdk";
import { useState } from "preact/hooks";

import { Loaded, useLoad } from "../load.js";
import { Button, Check, Choice, Dialog, Form, Select, TextField, useAction } from "../parts/controls.js";
import { Card, Page, Table } from "../parts/layout.js";
import { Failure, Notice } from "../parts/states.js";
import { Chip } from "../parts/text.js";
import { FORMATS, KEK_PROVIDERS } from "../parts/words.js";
import { useClient } from "../session.js";

type Kek = NonNullable<NewSettings["defaultKekProvider"]>;
type Format = NonNullable<NewSettings["defaultSignatureFormat"]>;
type Cloud = "aws" | "azure" | "gcp";
type Texts = Readonly<Record<string, string>>;

interface FieldRow {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly required?: true;
}

const CLOUDS: Readonly<Record<Cloud, { title: string; text: string; kek: Kek; fields: readonly FieldRow[] }>> = {
  aws: {
    title: "AWS KMS",
    text: "The agent assumes a role of yours and asks your KMS.",
    kek: "aws-kms",
    fields: [
      { name: "keyArn", label: "ARN of the key", placeholder: "arn:aws:kms:eu-central-1:123456789012:key/…", required: true },
      {
        name: "roleArn",
        label: "ARN of the role",
        placeholder: "arn:aws:iam::123456789012:role/countersign",
        hint: "Take the role away, and nothing opens any more.",
      },
      { name: "externalId", label: "External id", hint: "What your role asks for, if it asks." },
      { name: "region", label: "Region", placeholder: "eu-central-1", hint: "That of the key, unless it is said." },
    ],
  },
  azure: {
    title: "Azure Key Vault",
    text: "The agent logs in as an application of yours.",
    kek: "azure-kv",
    fields: [
      { name: "vaultUrl", label: "Address of the vault", placeholder: "https://example.vault.azure.net", required: true },
      { name: "kekName", label: "Name of the key", required: true },
      { name: "tenantId", label: "Tenant id" },
      { name: "clientId", label: "Client id" },
    ],
  },
  gcp: {
    title: "Google Cloud KMS",
    text: "The agent asks as its own service account.",
    kek: "gcp-kms",
    fields: [
      { name: "kekKeyName", label: "Name of the key", placeholder: "projects/…/locations/…/keyRings/…/cryptoKeys/…", required: true },
      { name: "keyRingName", label: "Name of the key ring", placeholder: "projects/…/locations/…/keyRings/…" },
      { name: "protectionLevel", label: "Protection level", placeholder: "HSM", hint: "SOFTWARE, HSM, EXTERNAL or EXTERNAL_VPC." },
    ],
  },
};
const NAMES = Object.keys(CLOUDS) as readonly Cloud[];

interface Draft {
  readonly kek: Kek;
  readonly format: Format | "";
  readonly publish: boolean;
  /** A cloud that is not there is not set up. */
  readonly clouds: Readonly<Partial<Record<Cloud, Texts>>>;
}

function draftOf(settings: Settings): Draft {
  const clouds: Partial<Record<Cloud, Texts>> = {};
  for (const name of NAMES) {
    const told: Readonly<Record<string, unknown>> | undefined = settings[name];
    if (told !== undefined)
      clouds[name] = Object.fromEntries(
        CLOUDS[name].fields.map((field) => [field.name, typeof told[field.name] === "string" ? (told[field.name] as string) : ""]),
      );
  }
  return { kek: settings.defaultKekProvider, format: settings.defaultSignatureFormat ?? "", publish: settings.publishLedger, clouds };
}

function requestOf({ kek, format, publish, clouds }: Draft, secret: string): NewSettings {
  const said = (texts: Texts) =>
    Object.fromEntries(
      Object.entries(texts)
        .map(([name, text]) => [name, text.trim()] as const)
        .filter(([, text]) => text !== ""),
    );
  const made = Object.fromEntries(
    NAMES.filter((name) => clouds[name] !== undefined).map((name) => [
      name,
      { ...said(clouds[name] ?? {}), ...(name === "azure" && secret !== "" ? { clientSecret: secret } : {}) },
    ]),
  );
  return {
    defaultKekProvider: kek,
    ...(format === "" ? {} : { defaultSignatureFormat: format }),
    publishLedger: publish,
    ...made,
  } as NewSettings;
}

function CloudFields({
  name,
  draft,
  onDraft,
  configured,
  secret,
  onSecret,
}: {
  name: Cloud;
  draft: Draft;
  onDraft: (draft: Draft) => void;
  configured: boolean;
  secret: string;
  onSecret: (secret: string) => void;
}) {
  const { title, text, fields, kek } = CLOUDS[name];
  const values = draft.clouds[name];
  const change = (texts: Texts | undefined) => {
    const { [name]: _, ...others } = draft.clouds;
    // What is no longer there cannot be where new keys are wrapped.
    onDraft({
      ...draft,
      clouds: texts === undefined ? others : { ...others, [name]: texts },
      ...(texts === undefined && draft.kek === kek ? { kek: "env" as const } : {}),
    });
  };
  return (
    <fieldset class="rule">
      <legend>{title}</legend>
      <Check label={`Use ${title}`} hint={text} checked={values !== undefined} onValue={(checked) => change(checked ? {} : undefined)} />
      {values !== undefined &&
        fields.map((field) => (
          <TextField
            key={field.name}
            label={field.label}
            hint={field.hint}
            placeholder={field.placeholder ?? ""}
            required={field.required ?? false}
            maxLength={2048}
            spellcheck={false}
            autoComplete="off"
            value={values[field.name] ?? ""}
            onValue={(value) => change({ ...values, [field.name]: value })}
          />
        ))}
      {values !== undefined && name === "azure" && (
        <TextField
          label="Client secret"
          type="password"
          value={secret}
          onValue={onSecret}
          autoComplete="new-password"
          spellcheck={false}
          maxLength={512}
          placeholder={configured ? "one is stored" : ""}
          hint={
            configured
              ? "One is stored, sealed by the agent; nobody can read it here. Left empty, it stays, as long as vault, tenant and client stay the same."
              : "Sealed by the agent before it is stored; it is never shown again."
          }
        />
      )}
    </fieldset>
  );
}

function Test() {
  const client = useClient();
  const { busy, error, run } = useAction();
  const [said, setSaid] = useState<SettingsTest | undefined>(undefined);
  return (
    <Card
      title="Try it"
      actions={
        <Button
          busy={busy}
          onClick={() =>
            run(async () => {
              setSaid(undefined);
              setSaid(await client.vaultSettings.test());
            })
          }
        >
          Test the providers
        </Button>
      }
    >
      <div class="stack" aria-live="polite">
        <p class="hint">Tries each provider that is saved, and says what failed.</p>
        {busy && (
          <p class="loading" role="status">
            <span class="spinner" aria-hidden="true" /> Asking the providers…
          </p>
        )}
        {said !== undefined && (
          <Table<SettingsTest["results"][number]>
            caption="Providers"
            rows={said.results}
            keyOf={(result) => result.provider}
            columns={[
              { title: "Provider", cell: (result) => KEK_PROVIDERS.find((one) => one.value === result.provider)?.title ?? result.provider },
              {
                title: "The service says",
                cell: (result) => (result.ok ? <Chip kind="accent">it works</Chip> : <Chip kind="bad">it does not work</Chip>),
              },
              {
                title: "Why",
                cell: (result) =>
                  result.ok ? (
                    ""
                  ) : (
                    <>
                      <code>{result.code}</code> {result.error}
                    </>
                  ),
              },
            ]}
          />
        )}
        <Failure error={error} title="The test itself failed." />
      </div>
    </Card>
  );
}

function Clear({ done }: { done: () => void }) {
  const client = useClient();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button kind="danger" onClick={() => setAsking(true)}>
        Back to the defaults…
      </Button>
      {asking && (
        <Dialog title="Clear all settings?" close={() => setAsking(false)}>
          <Form
            submit="Clear them"
            kind="danger"
            action={async () => {
              await client.vaultSettings.clear();
              setAsking(false);
              done();
            }}
            more={<Button onClick={() => setAsking(false)}>Keep them</Button>}
          >
            <p>Keys that your KMS wraps no longer open until it is set up again. The stored client secret is gone for good.</p>
          </Form>
        </Dialog>
      )}
    </>
  );
}

function Edit({ of: settings, reload }: { of: Settings; reload: () => void }) {
  const client = useClient();
  const [draft, setDraft] = useState(() => draftOf(settings));
  const [secret, setSecret] = useState("");
  const [saved, setSaved] = useState(false);
  const change = (next: Draft) => {
    setDraft(next);
    setSaved(false);
  };
  const save = async () => {
    await client.vaultSettings.put(requestOf(draft, secret));
    setSecret("");
    setSaved(true);
    reload();
  };
  return (
    <>
      <Card>
        <Form submit="Save" action={save}>
          <Choice<Kek>
            legend="What wraps new keys"
            value={draft.kek}
            onValue={(kek) => change({ ...draft, kek })}
            options={KEK_PROVIDERS.filter(
              (one) => one.value === "env" || NAMES.some((name) => CLOUDS[name].kek === one.value && draft.clouds[name] !== undefined),
            )}
          />
          <Select<Format | "">
            label="Signature format of new keys"
            value={draft.format}
            onValue={(format) => change({ ...draft, format })}
            options={[
              ["", "The usual one"],
              ...FORMATS.filter((one) => one.name !== "pure").map((one) => [one.name as Format, one.title] as const),
            ]}
            hint={FORMATS.find((one) => one.name === draft.format)?.text ?? "Composite."}
          />
          {NAMES.map((name) => (
            <CloudFields
              key={name}
              name={name}
              draft={draft}
              onDraft={change}
              configured={settings.azure?.clientSecretConfigured === true}
              secret={secret}
              onSecret={(value) => {
                setSecret(value);
                setSaved(false);
              }}
            />
          ))}
          <Check
            label="Publish the ledger"
            hint="Whoever likes may then read all entries as tiles, without an API key: names and ids, no payloads."
            checked={draft.publish}
            onValue={(publish) => change({ ...draft, publish })}
          />
          {saved && (
            <Notice>
              <p>Saved. Test the providers to see whether they answer.</p>
            </Notice>
          )}
        </Form>
      </Card>
      <Test />
    </>
  );
}

export default function SettingsPage() {
  const client = useClient();
  const [round, setRound] = useState(0);
  const settings = useLoad((signal) => client.vaultSettings.get({ signal }), [round]);
  return (
    <Page
      title="Vault – KMS integration"
      lead="Which KMS may hold the keys that wrap yours, and what new keys are made with. No secret is ever shown here."
      actions={<Clear done={() => setRound((n) => n + 1)} />}
    >
      <Loaded of={settings} what="the settings">
        {(data) => <Edit key={round} of={data} reload={settings.reload} />}
      </Loaded>
    </Page>
  );
}
