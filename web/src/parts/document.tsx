// SPDX-License-Identifier: Apache-2.0
//
// An attestation document, claim by claim.

import { sizeOf, toBase64 } from "../bytes.js";
import { MEANINGS, takeApart } from "../document.js";
import { Table } from "./layout.js";
import { Notice } from "./states.js";
import { Code, Hash } from "./text.js";

function Value({ name, value }: { name: string; value: unknown }) {
  if (typeof value === "string") return value.length > 40 ? <Hash of={value} what={name} /> : <code class="wrap">{value}</code>;
  if (name === "iat" && typeof value === "number") return <><code>{value}</code> <span class="muted">{new Date(value * 1000).toISOString()}</span></>;
  return <code class="wrap">{JSON.stringify(value)}</code>;
}

export function Claims({ docB64, changed = [] }: { docB64: string; changed?: readonly string[] }) {
  const parts = takeApart(docB64);
  if (parts === undefined) return <Notice kind="bad" title="This is no attestation document."><p>It cannot be taken apart.</p></Notice>;
  return (
    <div class="stack">
      <Table
        caption="Claims of the attestation" rows={Object.entries(parts.claims)} keyOf={([name]) => name}
        columns={[
          { title: "Claim", cell: ([name]) => <code class={changed.includes(name) ? "name changed" : "name"}>{name}</code> },
          { title: "Value", cell: ([name, value]) => <Value name={name} value={value} /> },
          { title: "Meaning", cell: ([name]) => <span class="muted">{Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : "Not part of the profile; not read."}</span> },
        ]}
      />
      <details>
        <summary>Header and proof ({sizeOf(parts.proof.length)})</summary>
        <div class="stack">
          <Code text={JSON.stringify(parts.header, null, 2)} what="the header" />
          <Code text={toBase64(parts.proof)} what="the proof" />
        </div>
      </details>
    </div>
  );
}
