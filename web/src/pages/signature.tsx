// SPDX-License-Identifier: Apache-2.0
//
// A signature that is kept: judged again in this browser, from its bundle, with the payload in hand if there is one.

import type { AttestationPolicy, SignatureDetail } from "@countersign/sdk";
import { useId, useState } from "preact/hooks";

import type { PageProps } from "../app.js";
import { type Bytes, fromBase64, sizeOf } from "../bytes.js";
import { Loaded, useLoad } from "../load.js";
import { Button, useAction } from "../parts/controls.js";
import { Claims } from "../parts/document.js";
import { Card, Page } from "../parts/layout.js";
import { Failure, Notice } from "../parts/states.js";
import { Code, Fact, Facts, Hash, save, Time } from "../parts/text.js";
import { Claimed, Judged, useJudgement } from "../parts/verified.js";
import { judgeAttestation, judgeBundle, judgeSignature } from "../proof.js";
import { href } from "../router.js";
import { useSession } from "../session.js";

interface Payload {
  readonly name: string;
  readonly bytes: Bytes;
}

/** Without the payload: that the document is bound to this signature and to the hash that was kept of the payload. Nobody but
 * the service says when that was, so no witness is asked for, and the words say so. */
function Stored({ of: signature, policy }: { of: SignatureDetail; policy: AttestationPolicy }) {
  const judged = useJudgement(
    signature.payloadSha256 === undefined
      ? undefined
      : () =>
          judgeAttestation({
            docB64: signature.attestation.docB64,
            policy,
            payloadSha256: signature.payloadSha256 as string,
            signatureB64: signature.signatureB64,
            keyId: signature.keyId,
            publicKey: signature.publicKey,
            purpose: "any",
            clock: { entryTime: Math.floor(Date.parse(signature.createdAt) / 1000), dated: true },
          }),
    [signature, policy],
  );
  return (
    <p class="row">
      <Judged of={judged}>
        Verified in this browser: the attestation, for a payload with this hash, at the time that the service tells
      </Judged>
    </p>
  );
}

/** With the payload: everything, from the bundle, under the keys that the ledger names. */
function Whole({ of: signature, policy, payload }: { of: SignatureDetail; policy: AttestationPolicy | undefined; payload: Payload }) {
  const { client, may } = useSession();
  const halves = useJudgement(
    () =>
      judgeSignature({
        publicKey: signature.publicKey,
        payload: payload.bytes,
        signature: fromBase64(signature.signatureB64) ?? new Uint8Array(),
      }),
    [signature, payload],
  );
  const bundle = useJudgement(
    policy === undefined || !may("ledger")
      ? undefined
      : async () => {
          const [text, ledger] = await Promise.all([client.signatures.bundle(signature.id), client.ledger.bundlePages({ limit: 1 })]);
          const keys = ledger.data[0]?.signingKeys.map((key) => key.vkey) ?? [];
          return judgeBundle({
            bundle: text,
            payload: payload.bytes,
            policy,
            ledgerKeys: keys,
            publicKey: signature.publicKey,
            keyId: signature.keyId,
            purpose: "any",
          });
        },
    [signature, policy, payload],
  );
  return (
    <div class="stack">
      <p class="row">
        <Judged of={halves}>Verified in this browser: both halves, over {payload.name}</Judged>
      </p>
      {policy !== undefined && may("ledger") && (
        <p class="row">
          <Judged of={bundle}>Verified in this browser: signature, attestation and place in the ledger</Judged>
        </p>
      )}
    </div>
  );
}

function Shown({ of: signature, policy }: { of: SignatureDetail; policy: AttestationPolicy | undefined }) {
  const { client } = useSession();
  const id = useId();
  const [payload, setPayload] = useState<Payload | undefined>(undefined);
  const { busy, error, run } = useAction();
  return (
    <>
      <Card title="Verify it">
        <div class="stack">
          {policy === undefined ? (
            <Notice>
              <p>
                It was made without an attestation policy, or this API key may not read it. With the payload, both halves can be verified.
              </p>
            </Notice>
          ) : (
            <Stored of={signature} policy={policy} />
          )}
          <div class="field">
            <label for={id}>What was signed</label>
            <input
              id={id}
              type="file"
              aria-describedby={`${id}-hint`}
              onChange={(event) => {
                const file = event.currentTarget.files?.[0];
                if (file !== undefined) run(async () => setPayload({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }));
              }}
            />
            <p class="hint" id={`${id}-hint`}>
              The service keeps its hash, not the payload. The file stays in this browser.
            </p>
          </div>
          {payload !== undefined && <Whole of={signature} policy={policy} payload={payload} />}
          <div class="actions">
            <Button
              busy={busy}
              onClick={() =>
                run(async () => save(await client.signatures.bundle(signature.id), `${signature.id}.bundle.json`, "application/json"))
              }
            >
              Download the bundle
            </Button>
            <span class="hint">
              All that is needed to verify it offline: <code>countersign verify --bundle</code>
            </span>
          </div>
          <Failure error={error} />
        </div>
      </Card>
      <div class="columns">
        <Card title="Signature">
          <Facts>
            <Fact name="Id">
              <Hash of={signature.id} what="the signature's id" />
            </Fact>
            <Fact name="Key">
              <a href={href("keys", signature.keyId)}>
                <code class="wrap">{signature.keyId}</code>
              </a>
            </Fact>
            <Fact name="Algorithm">
              <code>{signature.algorithm}</code>, {signature.signatureFormat}
            </Fact>
            <Fact name="Payload">{sizeOf(signature.payloadSize)}</Fact>
            {signature.payloadSha256 !== undefined && (
              <Fact name="SHA-256 of it">
                <Hash of={signature.payloadSha256} what="the payload's hash" />
              </Fact>
            )}
            {signature.payloadPreHash !== undefined && (
              <Fact name="Pre-hash of it">
                <Hash of={signature.payloadPreHash} what="the payload's pre-hash" />
              </Fact>
            )}
            <Fact name="Policy">
              {signature.policyId === null ? (
                "none"
              ) : (
                <>
                  <a href={href("attestation-policies", signature.policyId)}>{policy?.name ?? signature.policyId}</a>, version{" "}
                  {signature.policyVersion}
                </>
              )}
            </Fact>
            <Fact name="Verdict">
              <Claimed verdict={signature.verdict} reason={signature.reason} />
            </Fact>
            <Fact name="Made">
              <Time of={signature.createdAt} absolute />
            </Fact>
            <Fact name="Ledger">
              <a href={href("ledger", signature.ledger.entryId)}>entry {signature.ledger.seq}</a>
            </Fact>
          </Facts>
        </Card>
        <Card title="Bytes">
          <div class="stack">
            <details>
              <summary>Signature, base64</summary>
              <Code text={signature.signatureB64} what="the signature" file={`${signature.id}.b64`} />
            </details>
            <details>
              <summary>Public key</summary>
              <Code text={signature.publicKey} what="the public key" />
            </details>
            <details>
              <summary>Metadata</summary>
              <Code text={JSON.stringify(signature.metadata, null, 2)} what="the metadata" />
            </details>
          </div>
        </Card>
      </div>
      <Card title="The attestation, claim by claim">
        <Claims docB64={signature.attestation.docB64} />
      </Card>
    </>
  );
}

export default function SignaturePage({ id = "" }: PageProps) {
  const { client, may } = useSession();
  const loaded = useLoad(
    async (signal) => {
      const signature = await client.signatures.get(id, { signal });
      const { policyId, policyVersion } = signature;
      const policy =
        policyId === null || policyVersion === null || !may("policies")
          ? undefined
          : await client.attestationPolicies.get(policyId, { version: policyVersion }, { signal });
      return { signature, policy };
    },
    [id],
  );
  return (
    <Page title="Signature" back={{ to: href("signatures"), title: "Signatures" }} lead={<code class="wrap">{id}</code>}>
      <Loaded of={loaded} what="the signature">
        {(data) => <Shown of={data.signature} policy={data.policy} />}
      </Loaded>
    </Page>
  );
}
