// SPDX-License-Identifier: Apache-2.0
//
// One attested pair: both signatures, the record that ties them together and its countersignature are judged in this browser.

import type { AttestationPolicy, HybridAttestationWhole, SignatureDetail } from "@countersign/sdk";

import type { PageProps } from "../app.js";
import { type Bytes, fromBase64, fromHex, sizeOf, textOf, utf8 } from "../bytes.js";
import { Loaded, useLoad } from "../load.js";
import { Button, useAction } from "../parts/controls.js";
import { Claims } from "../parts/document.js";
import { Card, Page } from "../parts/layout.js";
import { useLedgerKeys } from "../parts/ledger-keys.js";
import { Failure, Notice } from "../parts/states.js";
import { Code, Fact, Facts, Hash, save, Time } from "../parts/text.js";
import { Judged, useJudgement } from "../parts/verified.js";
import { judgeAttestation, judgeHybrid, judgeSignature } from "../proof.js";
import { href } from "../router.js";
import { useSession } from "../session.js";

/** What is countersigned begins with this (protocol/hybrid.md §4). */
const PREFIX = "countersign/hybrid/v1\n";

/** Without `0x`, or with it. */
const bytesOf = (text: string): Bytes => fromHex(text.replace(/^0x/, ""));

function Pair({ of: pair }: { of: HybridAttestationWhole }) {
  const judged = useJudgement(() => judgeHybrid({ attestation: pair }), [pair]);
  const verdict = judged.state === "done" ? judged.judgement.verdict : undefined;
  return (
    <div class="stack">
      <p class="row">
        <Judged of={judged}>Verified in this browser: both signatures over the message, and the record that ties them together</Judged>
      </p>
      {verdict?.ok === false && (
        <p class="hint">
          {pair.ecdsaScheme}: {verdict.ecdsaValid ? "good" : "not good"}. {pair.algorithm}: {verdict.pqcValid ? "good" : "not good"}.
        </p>
      )}
    </div>
  );
}

/** With its place in the ledger, under the keys that this browser kept, or that the service tells. */
function Whole({ of: pair, policy }: { of: HybridAttestationWhole; policy: AttestationPolicy }) {
  const { client } = useSession();
  const keys = useLedgerKeys();
  const judged = useJudgement(
    keys.state !== "ready"
      ? undefined
      : async () => {
          const bundle = await client.hybrid.attestations.bundle(pair.id);
          return judgeHybrid({ attestation: pair, countersignature: { bundle, policy, ledgerKeys: keys.data.keys } });
        },
    [pair, policy, keys.state],
  );
  if (keys.state === "failed") return <Failure error={keys.error} retry={keys.reload} />;
  return (
    <p class="row">
      <Judged of={judged}>Verified in this browser: pair, record and countersignature, with its place in the ledger</Judged>
    </p>
  );
}

function Countersignature({ of: pair, by: signature, policy }: { of: HybridAttestationWhole; by: SignatureDetail; policy: AttestationPolicy | undefined }) {
  const { may } = useSession();
  const payload = utf8(PREFIX + pair.record);
  const halves = useJudgement(() => judgeSignature({ publicKey: signature.publicKey, payload, signature: fromBase64(signature.signatureB64) ?? new Uint8Array() }), [pair]);
  const document = useJudgement(policy === undefined ? undefined : () => judgeAttestation({
    docB64: signature.attestation.docB64, policy, payload, signatureB64: signature.signatureB64, keyId: signature.keyId, publicKey: signature.publicKey, purpose: "hybrid",
    clock: { entryTime: Math.floor(Date.parse(signature.createdAt) / 1000), dated: true },
  }), [pair, policy?.hash]);
  return (
    <div class="stack">
      <p class="row"><Judged of={halves}>Verified in this browser: both halves of the countersignature, over this record</Judged></p>
      {policy === undefined ? <p class="muted">It was made without an attestation policy, or this API key may not read it.</p>
        : <p class="row"><Judged of={document}>Verified in this browser: made by the program that the policy allows, at the time that the service tells</Judged></p>}
      {policy !== undefined && may("ledger") && <Whole of={pair} policy={policy} />}
      <Facts>
        <Fact name="Signature"><a href={href("signatures", signature.id)}><code class="wrap">{signature.id}</code></a></Fact>
        <Fact name="Key"><a href={href("keys", signature.keyId)}><code class="wrap">{signature.keyId}</code></a></Fact>
      </Facts>
      <details><summary>Its attestation, claim by claim</summary><Claims docB64={signature.attestation.docB64} /></details>
    </div>
  );
}

function Shown({ of: pair, policy }: { of: HybridAttestationWhole; policy: AttestationPolicy | undefined }) {
  const { client } = useSession();
  const { busy, error, run } = useAction();
  const message = bytesOf(pair.message);
  const text = textOf(message);
  return (
    <>
      <Card title="The pair">
        <div class="stack">
          <Pair of={pair} />
          <p class="hint">The two are no composite: each stands alone, and only the record ties them together.</p>
        </div>
      </Card>
      <Card title="The countersignature">
        {pair.countersignature === null
          ? <Notice><p>Nobody countersigned this record: there was no active key of purpose hybrid.</p></Notice>
          : <Countersignature of={pair} by={pair.countersignature} policy={policy} />}
      </Card>
      <div class="columns">
        <Card title="Attestation">
          <Facts>
            <Fact name="Id"><Hash of={pair.id} what="the attestation's id" /></Fact>
            <Fact name="Chain">{pair.chain}</Fact>
            <Fact name="Signer">{pair.signerAddress === null ? "no address" : <Hash of={pair.signerAddress} what="the address" />}</Fact>
            <Fact name="Message">{sizeOf(message.length)}</Fact>
            <Fact name="ML-DSA key"><Hash of={pair.pqcKeyId} what="the key's id" /></Fact>
            <Fact name="Made"><Time of={pair.createdAt} absolute /></Fact>
            <Fact name="Ledger"><a href={href("ledger", pair.ledger.entryId)}>entry {pair.ledger.seq}</a></Fact>
          </Facts>
          {pair.countersignature !== null && <div class="actions"><Button busy={busy} onClick={() => run(async () => save(await client.hybrid.attestations.bundle(pair.id), `${pair.id}.bundle.json`, "application/json"))}>Download the bundle</Button></div>}
          <Failure error={error} />
        </Card>
        <Card title="Bytes">
          <div class="stack">
            <details><summary>Message</summary><Code text={text ?? pair.message} what="the message" /></details>
            <details><summary>Record</summary><Code text={pair.record} what="the record" file={`${pair.id}.record.json`} /></details>
            <details><summary>Metadata</summary><Code text={pair.metadataText ?? "none"} what="the metadata" /></details>
            <details><summary>Signatures and keys</summary><Code text={JSON.stringify({ ecdsaSignature: pair.ecdsaSignature, ecdsaPublicKey: pair.ecdsaPublicKey, pqcSignature: pair.pqcSignature, pqcPublicKey: pair.pqcPublicKey }, null, 2)} what="signatures and keys" /></details>
          </div>
        </Card>
      </div>
    </>
  );
}

export default function HybridAttestationPage({ id = "" }: PageProps) {
  const { client, may } = useSession();
  const loaded = useLoad(async (signal) => {
    const pair = await client.hybrid.attestations.get(id, { signal });
    const { policyId = null, policyVersion = null } = pair.countersignature ?? {};
    const policy = policyId === null || policyVersion === null || !may("policies") ? undefined : await client.attestationPolicies.get(policyId, { version: policyVersion }, { signal });
    return { pair, policy };
  }, [id]);
  return (
    <Page title="Hybrid attestation" back={{ to: href("hybrid"), title: "Hybrid attestations" }} lead={<code class="wrap">{id}</code>}>
      <Loaded of={loaded} what="the attestation">{(data) => <Shown of={data.pair} policy={data.policy} />}</Loaded>
    </Page>
  );
}
