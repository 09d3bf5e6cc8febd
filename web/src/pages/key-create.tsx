// SPDX-License-Identifier: Apache-2.0

import type { Algorithm, AttestationPolicy, Enclave, NewKey, SignatureFormat } from "@countersign/sdk";
import { useState } from "preact/hooks";

import { Loaded, useLoad } from "../load.js";
import { Choice, Form, Select, TextField } from "../parts/controls.js";
import { Card, Page } from "../parts/layout.js";
import { Notice } from "../parts/states.js";
import {
  ALGORITHMS,
  CLASSICAL_PROVIDERS,
  FORMATS,
  formatsOf,
  KEK_PROVIDERS,
  PQ_PROVIDERS,
  PROVIDER_OF,
  titleOf,
  VENDOR_OF,
  VENDORS,
} from "../parts/words.js";
import { Hash } from "../parts/text.js";
import { goingOn, href } from "../router.js";
import { useSession } from "../session.js";

type Custody = "attested" | "managed" | "own";

interface Axes {
  readonly kek: NonNullable<NewKey["kekProvider"]>;
  readonly classical: NonNullable<NewKey["keyProvider"]>;
  readonly pq: NonNullable<NewKey["pqProvider"]>;
}

/** Which policy a new key is bound to: an id, none, or one that is made of what runs now. */
const PIN = "pin";
const NONE = "";

function tierOf({ kek, classical, pq }: Axes, algorithm: Algorithm): number {
  const pqAway = pq !== "managed" && !pq.startsWith("enclave-");
  if (pqAway && (classical !== "managed" || !algorithm.includes("+"))) return 3;
  return classical !== "managed" ? 2 : kek !== "env" ? 1 : 0;
}

/** Who holds what, in one look. */
function Holders({ axes, algorithm }: { axes: Axes; algorithm: Algorithm }) {
  const rows = [
    ["The key that wraps", titleOf(KEK_PROVIDERS, axes.kek), "Whoever holds it can let nothing be opened any more."],
    ...(algorithm.includes("+")
      ? [["The classical half", titleOf(CLASSICAL_PROVIDERS, axes.classical), "Half of each signature; alone it is worth nothing."]]
      : []),
    ["The post-quantum half", titleOf(PQ_PROVIDERS, axes.pq), "ML-DSA. Without it there is no signature either."],
  ];
  return (
    <Card title={`Who holds what: tier ${tierOf(axes, algorithm)}`}>
      <dl class="facts-list">
        {rows.map(([what, who, why]) => (
          <div class="fact" key={what}>
            <dt>{what}</dt>
            <dd>
              <strong>{who}</strong>
              <br />
              <span class="hint">{why}</span>
            </dd>
          </div>
        ))}
      </dl>
      <p class="hint">Whatever you choose, the gateway and this dashboard never see a private key.</p>
    </Card>
  );
}

function PolicyChoice({
  policies,
  enclave,
  vendor,
  value,
  onValue,
  mayPin,
}: {
  policies: readonly AttestationPolicy[];
  enclave: Enclave;
  vendor: string;
  value: string;
  onValue: (value: string) => void;
  mayPin: boolean;
}) {
  const fitting = policies.filter((policy) => policy.vendor === vendor);
  const options = fitting.map((policy) => [policy.id, `${policy.name} (version ${policy.version})`] as const);
  const canPin = mayPin && enclave.vendor === vendor;
  return (
    <>
      <Select
        label="Attestation policy"
        value={value}
        onValue={onValue}
        options={[
          ...options,
          ...(canPin ? [[PIN, "Make one now, from the enclave that is running"] as const] : []),
          ...(options.length === 0 && !canPin ? [[NONE, "There is none of this vendor"] as const] : []),
        ]}
        hint="It says which program may make signatures with this key. Signatures of any other are refused before they leave."
      />
      {value === PIN && (
        <Notice kind="warn" title="This pins what the service says of itself">
          <p>
            Good to begin with. For production, the program's hash and the root come from your build, not from the service that is to be
            checked.
          </p>
          <p class="wrap">
            Program <Hash of={enclave.imageHash} what="the image hash" short />
          </p>
        </Notice>
      )}
    </>
  );
}

function CreateForm({ enclave, policies }: { enclave: Enclave; policies: readonly AttestationPolicy[] | undefined }) {
  const { client, may } = useSession();
  const attested = PROVIDER_OF[enclave.vendor];
  const [name, setName] = useState("");
  const [algorithm, setAlgorithm] = useState<Algorithm>("mldsa65+ed25519");
  const [format, setFormat] = useState<SignatureFormat | "">("");
  const [environment, setEnvironment] = useState("production");
  const [purpose, setPurpose] = useState<"sign" | "hybrid">("sign");
  const [custody, setCustody] = useState<Custody>(attested === undefined ? "managed" : "attested");
  const [own, setOwn] = useState<Axes>({ kek: "env", classical: "managed", pq: attested ?? "managed" });
  const mayPin = may("policies");
  const axes: Axes =
    custody === "own" ? own : { kek: "env", classical: "managed", pq: custody === "attested" ? (attested ?? "managed") : "managed" };
  const vendor = VENDOR_OF[axes.pq];
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const fitting = (policies ?? []).filter((policy) => policy.vendor === vendor);
  const policy = chosen ?? fitting[0]?.id ?? (mayPin && vendor === enclave.vendor ? PIN : NONE);

  const create = async () => {
    const on = goingOn();
    const pinned =
      vendor !== undefined && policy === PIN
        ? (
            await client.attestationPolicies.create({
              ...(enclave.policy as object),
              name: `${enclave.vendor} ${enclave.version}, ${new Date().toISOString().slice(0, 10)}`,
            } as Parameters<typeof client.attestationPolicies.create>[0])
          ).id
        : policy;
    // Should the key be refused, the policy is there, and is taken the next time.
    if (policy === PIN && vendor !== undefined) setChosen(pinned);
    const key = await client.hybridKeys.create({
      name,
      algorithm,
      environment,
      kekProvider: axes.kek,
      keyProvider: axes.classical,
      pqProvider: axes.pq,
      ...(format === "" ? {} : { signatureFormat: format }),
      ...(purpose === "sign" ? {} : { purpose }),
      ...(vendor === undefined || pinned === NONE ? {} : { attestationPolicyId: pinned }),
    });
    on("keys", key.id);
  };

  return (
    <div class="columns form-columns">
      <Card>
        <Form submit="Create the key" action={create} disabled={name.trim() === ""} more={<a href={href("keys")}>Cancel</a>}>
          <TextField
            label="Name"
            value={name}
            onValue={setName}
            required
            maxLength={128}
            placeholder="release-signing"
            hint="Programs can sign by it. Rotation keeps it and makes another key."
          />
          <Select
            label="Algorithm"
            value={algorithm}
            onValue={(value) => {
              setAlgorithm(value);
              setFormat("");
            }}
            options={ALGORITHMS.map((a) => [a.name, a.title] as const)}
            hint={ALGORITHMS.find((a) => a.name === algorithm)?.text}
          />
          <Choice
            legend="Who holds it"
            value={custody}
            onValue={(value) => {
              setCustody(value);
              setChosen(undefined);
            }}
            options={[
              ...(attested === undefined
                ? []
                : [
                    {
                      value: "attested" as const,
                      title: "The enclave, attested",
                      text: `Recommended. Each signature proves which program made it. Here: ${VENDORS[enclave.vendor as keyof typeof VENDORS] ?? enclave.vendor}.`,
                    },
                  ]),
              {
                value: "managed",
                title: "The enclave, without a policy",
                text: "The same custody; nothing judges the proof, so signatures have no verdict.",
              },
              {
                value: "own",
                title: "Choose each part",
                text: "Wrapping key, classical half and post-quantum half, each where you want it.",
              },
            ]}
          />
          {custody === "own" && (
            <div class="axes">
              <Choice legend="1. Wrapping key" value={own.kek} onValue={(kek) => setOwn({ ...own, kek })} options={KEK_PROVIDERS} />
              <Choice
                legend="2. Classical half"
                value={own.classical}
                onValue={(classical) => setOwn({ ...own, classical })}
                options={CLASSICAL_PROVIDERS}
              />
              <Choice
                legend="3. Post-quantum half"
                value={own.pq}
                onValue={(pq) => {
                  setOwn({ ...own, pq });
                  setChosen(undefined);
                }}
                options={PQ_PROVIDERS}
              />
            </div>
          )}
          {vendor !== undefined &&
            (policies === undefined ? (
              <TextField
                label="Attestation policy"
                value={policy}
                onValue={setChosen}
                required
                hint="Its id. This API key may not list policies (scope policies)."
                placeholder="atp_…"
              />
            ) : (
              <PolicyChoice policies={policies} enclave={enclave} vendor={vendor} value={policy} onValue={setChosen} mayPin={mayPin} />
            ))}
          <details>
            <summary>More: format, environment, purpose</summary>
            <div class="form">
              <Select
                label="Signature format"
                value={format}
                onValue={setFormat}
                options={[
                  ["", "The usual one"],
                  ...FORMATS.filter((f) => formatsOf(algorithm).includes(f.name)).map((f) => [f.name, f.title] as const),
                ]}
                hint={FORMATS.find((f) => f.name === format)?.text ?? "Composite, unless the settings say otherwise."}
              />
              <TextField
                label="Environment"
                value={environment}
                onValue={setEnvironment}
                required
                maxLength={32}
                hint="A word of yours. Vault policies can demand more of some environments."
              />
              <Select
                label="Purpose"
                value={purpose}
                onValue={setPurpose}
                options={[
                  ["sign", "Sign what clients send"],
                  ["hybrid", "Countersign records of Hybrid Attest, and nothing else"],
                ]}
              />
            </div>
          </details>
        </Form>
      </Card>
      <Holders axes={axes} algorithm={algorithm} />
    </div>
  );
}

export default function CreateKey() {
  const { client, may } = useSession();
  const facts = useLoad(
    (signal) =>
      Promise.all([
        client.enclave({ signal }),
        may("policies") ? client.attestationPolicies.list({ limit: 200 }, { signal }).toArray(200) : undefined,
      ]),
    [],
  );
  return (
    <Page title="Create a key" back={{ to: href("keys"), title: "Vault" }}>
      <Loaded of={facts} what="what can be chosen">
        {([enclave, policies]) => <CreateForm enclave={enclave} policies={policies} />}
      </Loaded>
    </Page>
  );
}
