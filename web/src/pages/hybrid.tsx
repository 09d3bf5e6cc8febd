// SPDX-License-Identifier: Apache-2.0
//
// Hybrid Attest: pairs of signatures that others made, and the public keys that they registered.

import type { GeneratedKey, GenerateKeyRequest, RegisteredKey } from "@countersign/sdk";
import { useState } from "preact/hooks";

import { useListing } from "../load.js";
import { Button, Dialog, Form, Select, TextField } from "../parts/controls.js";
import { Card, ListTable, Page } from "../parts/layout.js";
import { Empty, Notice } from "../parts/states.js";
import { Chip, Code, Hash, Time } from "../parts/text.js";
import { href } from "../router.js";
import { useClient } from "../session.js";

type Chain = NonNullable<GenerateKeyRequest["chain"]>;
const CHAINS: readonly (readonly [Chain, string])[] = [["ethereum", "Ethereum"], ["polygon", "Polygon"], ["avalanche", "Avalanche"], ["bitcoin", "Bitcoin"], ["solana", "Solana"]];
const ALGORITHMS = [["ml-dsa-65", "ML-DSA-65"], ["ml-dsa-44", "ML-DSA-44"], ["ml-dsa-87", "ML-DSA-87"]] as const;

function Generate({ close, done }: { close: () => void; done: (key: GeneratedKey) => void }) {
  const client = useClient();
  const [algorithm, setAlgorithm] = useState<(typeof ALGORITHMS)[number][0]>("ml-dsa-65");
  const [chain, setChain] = useState<Chain>("ethereum");
  const [label, setLabel] = useState("");
  const generate = async () => done(await client.hybrid.keys.generate({ algorithm, chain, format: "seed", ...(label === "" ? {} : { label }) }));
  return (
    <Dialog title="Generate a key pair of ML-DSA" close={close}>
      <Form submit="Generate" action={generate} more={<Button onClick={close}>Cancel</Button>}>
        <Notice kind="warn"><p>The private key is made in the enclave and is yours alone; on its way it passes the gateway, the network and this browser. Who does not want that makes one with <code>countersign keygen</code> and registers it.</p></Notice>
        <Select label="Algorithm" value={algorithm} onValue={setAlgorithm} options={ALGORITHMS} />
        <Select label="Chain" value={chain} onValue={setChain} options={CHAINS} />
        <TextField label="Label" value={label} onValue={setLabel} maxLength={128} />
      </Form>
    </Dialog>
  );
}

function Generated({ of: key, close }: { of: GeneratedKey; close: () => void }) {
  return (
    <Dialog title="The private key, once" close={close}>
      <div class="stack">
        <Notice kind="warn"><p>Save it now. It is not stored anywhere, and nobody can show it again.</p></Notice>
        <Code text={key.privateKey} what="the private key" file={`${key.id}.seed`} />
        <p class="hint">It is registered as <code class="wrap">{key.id}</code>.</p>
        <div class="actions"><Button kind="main" onClick={close}>I have it</Button></div>
      </div>
    </Dialog>
  );
}

function Revoke({ of: key, close, done }: { of: RegisteredKey; close: () => void; done: () => void }) {
  const client = useClient();
  return (
    <Dialog title="Revoke this public key?" close={close}>
      <p>No pair is attested under it any more, and it can never be registered again. What was attested stays.</p>
      <p><code class="wrap">{key.id}</code></p>
      <Form submit="Revoke for ever" kind="danger" action={async () => { await client.hybrid.keys.revoke(key.id); done(); }} more={<Button onClick={close}>Keep it</Button>}>{null}</Form>
    </Dialog>
  );
}

type Doing = { what: "generate" } | { what: "show"; key: GeneratedKey } | { what: "revoke"; key: RegisteredKey } | undefined;

function Keys() {
  const client = useClient();
  const [doing, setDoing] = useState<Doing>(undefined);
  const keys = useListing((cursor, signal) => client.hybrid.keys.list({ cursor, limit: 20 }, { signal }), []);
  const close = () => setDoing(undefined);
  return (
    <Card title="Registered public keys" actions={<Button onClick={() => setDoing({ what: "generate" })}>Generate a key pair</Button>}>
      <ListTable
        of={keys} caption="Registered public keys" keyOf={(key) => key.id} empty={<Empty title="No keys yet"><p>A pair is attested only if its ML-DSA key is registered.</p></Empty>}
        columns={[
          { title: "Key", cell: (key) => <>{key.label !== null && <><strong>{key.label}</strong><br /></>}<code class="muted">{key.id}</code></> },
          { title: "Algorithm", cell: (key) => key.algorithm },
          { title: "Chain", cell: (key) => key.chain },
          { title: "State", cell: (key) => <Chip kind={key.status === "active" ? "accent" : "bad"}>{key.status}</Chip> },
          { title: "Origin", cell: (key) => key.origin },
          { title: "Made", cell: (key) => <Time of={key.createdAt} /> },
          { title: "Change", cell: (key) => (key.status === "active" ? <Button kind="danger" onClick={() => setDoing({ what: "revoke", key })}>Revoke<span class="hidden"> {key.label ?? key.id}</span></Button> : null) },
        ]}
      />
      {doing?.what === "generate" && <Generate close={close} done={(key) => { setDoing({ what: "show", key }); keys.reload(); }} />}
      {doing?.what === "show" && <Generated of={doing.key} close={close} />}
      {doing?.what === "revoke" && <Revoke of={doing.key} close={close} done={() => { close(); keys.reload(); }} />}
    </Card>
  );
}

export default function Hybrid() {
  const client = useClient();
  const attestations = useListing((cursor, signal) => client.hybrid.attestations.list({ cursor, limit: 50 }, { signal }), []);
  return (
    <Page title="Hybrid attestations" lead="Pairs of an ECDSA and an ML-DSA signature over one message, made by others; verified, recorded and countersigned by this service.">
      <ListTable
        of={attestations} caption="Hybrid attestations" keyOf={(one) => one.id}
        empty={<Empty title="No attestations yet"><p>Send a pair to <code>POST /v1/sign/hybrid</code>.</p></Empty>}
        columns={[
          { title: "Attestation", cell: (one) => <a href={href("hybrid", one.id)}><code>{one.id}</code></a> },
          { title: "When", cell: (one) => <Time of={one.createdAt} /> },
          { title: "Chain", cell: (one) => <>{one.chain} <span class="muted">{one.ecdsaScheme}</span></> },
          { title: "Signer", cell: (one) => (one.signerAddress === null ? <span class="muted">no address</span> : <Hash of={one.signerAddress} what="the address" short />) },
          { title: "Post-quantum", cell: (one) => one.algorithm },
          { title: "Countersigned", cell: (one) => (one.countersignatureId === null ? <span class="muted">no</span> : <a href={href("signatures", one.countersignatureId)}>yes</a>) },
        ]}
      />
      <Keys />
    </Page>
  );
}
