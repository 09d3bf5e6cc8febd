// SPDX-License-Identifier: Apache-2.0

import type { AttestationPolicy, AuditEntry, KeyDetail } from "@countersign/sdk";
import { useState } from "preact/hooks";

import type { PageProps } from "../app.js";
import { Loaded, useListing, useLoad } from "../load.js";
import { barsOf, Chart } from "../parts/chart.js";
import { Button, ButtonLink, Dialog, Form, TextField, useAction } from "../parts/controls.js";
import { Claims } from "../parts/document.js";
import { KeyStatus, Tier } from "../parts/key.js";
import { Card, ListTable, Page } from "../parts/layout.js";
import { Lineage } from "../parts/lineage.js";
import { Playground } from "../parts/playground.js";
import { Empty, Failure, Notice } from "../parts/states.js";
import { Chip, Code, Fact, Facts, Hash, Time } from "../parts/text.js";
import { Judged, useJudgement } from "../parts/verified.js";
import { CLASSICAL_PROVIDERS, KEK_PROVIDERS, PQ_PROVIDERS, RELEASES, TIERS, titleOf } from "../parts/words.js";
import { judgeAttestation } from "../proof.js";
import { goingOn, href } from "../router.js";
import { useClient, useSession } from "../session.js";

/** So many signatures are counted for the chart. */
const COUNTED = 1000;

function Revoke({ of: key, close, done }: { of: KeyDetail; close: () => void; done: () => void }) {
  const client = useClient();
  const [typed, setTyped] = useState("");
  return (
    <Dialog title="Revoke this key, for ever" close={close}>
      <p>
        Its sealed material is destroyed. Nobody can sign with it again, and nobody can bring it back. Signatures that it made still verify.
      </p>
      <p class="hint">If others trust it, rotate first: only a living key can sign for its successor.</p>
      <Form
        submit="Revoke for ever"
        kind="danger"
        disabled={typed !== key.name}
        more={<Button onClick={close}>Keep it</Button>}
        action={async () => {
          await client.hybridKeys.revoke(key.id);
          done();
        }}
      >
        <TextField label={`Type its name to confirm: ${key.name}`} value={typed} onValue={setTyped} autoComplete="off" spellcheck={false} />
      </Form>
    </Dialog>
  );
}

function Actions({ of: key, reload }: { of: KeyDetail; reload: () => void }) {
  const { client, may } = useSession();
  const [asking, setAsking] = useState(false);
  const { busy, error, run } = useAction();
  const rotate = async () => {
    const on = goingOn();
    on("keys", (await client.hybridKeys.rotate(key.id)).id, { from: key.id });
  };
  if (!may("keys") || key.status === "revoked") return null;
  const successor = key.lineage.find((link) => link.predecessor === key.id)?.successor;
  return (
    <>
      <div class="actions">
        {successor === undefined && key.status === "active" && (
          <Button busy={busy} onClick={() => run(rotate)}>
            Rotate
          </Button>
        )}
        {successor !== undefined && <ButtonLink to={href("keys", successor)}>To its successor</ButtonLink>}
        {key.status === "active" && (
          <Button
            busy={busy}
            onClick={() =>
              run(async () => {
                await client.hybridKeys.suspend(key.id);
                reload();
              })
            }
          >
            Suspend
          </Button>
        )}
        {key.status === "suspended" && (
          <Button
            busy={busy}
            onClick={() =>
              run(async () => {
                await client.hybridKeys.resume(key.id);
                reload();
              })
            }
          >
            Resume
          </Button>
        )}
        <Button kind="danger" onClick={() => setAsking(true)}>
          Revoke…
        </Button>
      </div>
      <Failure error={error} />
      {asking && (
        <Revoke
          of={key}
          close={() => setAsking(false)}
          done={() => {
            setAsking(false);
            reload();
          }}
        />
      )}
    </>
  );
}

/** The document of the key's birth, judged as of then. */
function Birth({ of: key, policy }: { of: KeyDetail; policy: AttestationPolicy | undefined }) {
  const birth = key.birthAttestation;
  const judged = useJudgement(
    policy === undefined
      ? undefined
      : () =>
          judgeAttestation({
            docB64: birth.docB64,
            policy,
            kind: "birth",
            keyId: key.id,
            publicKey: key.publicKey,
            purpose: key.purpose,
            clock: { entryTime: Math.floor(Date.parse(key.createdAt) / 1000), dated: true },
          }),
    [key.id, policy?.hash],
  );
  return (
    <div class="stack">
      {policy === undefined ? (
        <p class="muted">No policy is bound, so nobody has said which program may make this key.</p>
      ) : (
        <p class="row">
          <Judged of={judged}>
            Verified in this browser: made by a program that the policy allows, at the time that the service tells
          </Judged>
        </p>
      )}
      <details>
        <summary>The document of its birth</summary>
        <Claims docB64={birth.docB64} />
      </details>
    </div>
  );
}

function KeyFacts({ of: key, policy }: { of: KeyDetail; policy: AttestationPolicy | undefined }) {
  return (
    <Facts>
      <Fact name="Id">
        <Hash of={key.id} what="the key's id" />
      </Fact>
      <Fact name="Algorithm">
        <code>{key.algorithm}</code>, {key.signatureFormat}
      </Fact>
      <Fact name="Held by">
        <Tier tier={key.tier} />
        <br />
        <span class="hint">{TIERS[key.tier]?.text}</span>
      </Fact>
      <Fact name="Wrapping key">
        {titleOf(KEK_PROVIDERS, key.providers.kek)} <Chip>{key.keyRelease}</Chip>
        <br />
        <span class="hint">{RELEASES[key.keyRelease]}</span>
      </Fact>
      <Fact name="Classical half">{key.algorithm.includes("+") ? titleOf(CLASSICAL_PROVIDERS, key.providers.classical) : "none"}</Fact>
      <Fact name="Post-quantum half">{key.providers.pq === "managed" ? "The enclave" : titleOf(PQ_PROVIDERS, key.providers.pq)}</Fact>
      <Fact name="Attestation policy">
        {key.attestationPolicyId === null ? (
          "none"
        ) : (
          <a href={href("attestation-policies", key.attestationPolicyId)}>{policy?.name ?? key.attestationPolicyId}</a>
        )}
      </Fact>
      <Fact name="Environment">{key.environment}</Fact>
      {key.purpose === "hybrid" && <Fact name="Purpose">countersigns records of Hybrid Attest</Fact>}
      <Fact name="Made">
        <Time of={key.createdAt} absolute />
      </Fact>
      <Fact name="Last used">
        <Time of={key.lastUsedAt} />
      </Fact>
      {key.revokedAt !== null && (
        <Fact name="Revoked">
          <Time of={key.revokedAt} absolute />
        </Fact>
      )}
    </Facts>
  );
}

function Activity({ of: key, round }: { of: KeyDetail; round: number }) {
  const client = useClient();
  const signatures = useLoad(
    (signal) => client.signatures.list({ keyId: key.id, limit: 200 }, { signal }).toArray(COUNTED),
    [key.id, round],
  );
  return (
    <Card title="Signatures over time" actions={<a href={href("signatures", { key: key.id })}>All of them</a>}>
      <Loaded of={signatures} what="signatures">
        {(items) => {
          if (items.length === 0)
            return (
              <Empty title={key.status === "revoked" ? "It never signed" : "No signatures yet"}>
                {key.status !== "revoked" && <p>Sign something in the playground.</p>}
              </Empty>
            );
          const { bars, width } = barsOf(
            items,
            (item) => Date.parse(item.createdAt),
            (item) => item.verdict,
          );
          return (
            <>
              <p class="small">
                {items.length === COUNTED ? `The last ${COUNTED}` : items.length}, each bar a {width}. The verdicts are the service's own.
              </p>
              <Chart
                title={`Signatures of ${key.name} over time`}
                bars={bars}
                kinds={[
                  ["pass", "bar-a", "passed"],
                  ["absent", "bar-b", "without a policy"],
                  ["fail", "bar-c", "failed"],
                ]}
              />
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

function Audit({ of: key, round }: { of: KeyDetail; round: number }) {
  const client = useClient();
  const entries = useListing<AuditEntry>(
    (cursor, signal) => client.hybridKeys.audit(key.id, { cursor, limit: 10 }, { signal }),
    [key.id, round, key.status],
  );
  return (
    <Card title="What happened to it">
      <ListTable
        of={entries}
        caption="Audit entries"
        keyOf={(entry) => entry.id}
        empty={<Empty title="Nothing yet" />}
        columns={[
          { title: "When", cell: (entry) => <Time of={entry.createdAt} /> },
          {
            title: "What",
            cell: (entry) => (
              <>
                <strong>{entry.operation}</strong>
                {entry.operation !== entry.metadata.eventType && (
                  <>
                    {" "}
                    <span class="muted">{entry.metadata.eventType}</span>
                  </>
                )}
              </>
            ),
          },
          { title: "By", cell: (entry) => <code class="wrap">{entry.metadata.actorId}</code> },
          { title: "Entry", cell: (entry) => <a href={href("ledger", entry.id)}>{entry.metadata.seq}</a> },
        ]}
      />
    </Card>
  );
}

function Shown({
  of: key,
  policy,
  reload,
  from,
}: {
  of: KeyDetail;
  policy: AttestationPolicy | undefined;
  reload: () => void;
  from: string | null;
}) {
  const { may } = useSession();
  const [round, setRound] = useState(0);
  return (
    <>
      {from !== null && (
        <Notice title="This is the successor.">
          <p>
            The key before it, <a href={href("keys", from)}>{from}</a>, signed for it. The name now means this key; signatures of the old
            one still verify.
          </p>
        </Notice>
      )}
      {key.status === "revoked" && (
        <Notice kind="bad" title="This key is revoked.">
          <p>
            Its material was destroyed <Time of={key.revokedAt} absolute />. It signs nothing any more, and cannot be brought back.
            Signatures that it made still verify.
          </p>
        </Notice>
      )}
      {key.status === "suspended" && (
        <Notice kind="warn" title="This key is suspended.">
          <p>It signs nothing until it is resumed.</p>
        </Notice>
      )}
      {key.status === "superseded" && (
        <Notice>
          <p>A successor has taken its name. It still signs by its id, and verifies always.</p>
        </Notice>
      )}
      {key.status !== "revoked" && (
        <Playground
          of={key}
          onSigned={() => {
            setRound(round + 1);
            reload();
          }}
        />
      )}
      <div class="columns">
        <Card title="Key">
          <KeyFacts of={key} policy={policy} />
        </Card>
        <div class="stack">
          <Card title="Birth">
            <Birth of={key} policy={policy} />
          </Card>
          <Card title="Lineage">
            <Lineage of={key} />
          </Card>
          <Card title="Public key">
            <div class="stack">
              {key.publicKeyPem !== null && (
                <details>
                  <summary>PEM, for other programs</summary>
                  <Code text={key.publicKeyPem} what="the public key as PEM" file={`${key.id}.pem`} />
                </details>
              )}
              <details>
                <summary>JSON, as this service writes it</summary>
                <Code text={key.publicKey} what="the public key as JSON" file={`${key.id}.json`} />
              </details>
            </div>
          </Card>
        </div>
      </div>
      <Activity of={key} round={round} />
      {may("keys") && <Audit of={key} round={round} />}
    </>
  );
}

export default function KeyPage({ place, id = "" }: PageProps) {
  const { client, may } = useSession();
  const loaded = useLoad(
    async (signal) => {
      const key = await client.hybridKeys.get(id, { signal });
      const policy =
        key.attestationPolicyId === null || !may("policies")
          ? undefined
          : await client.attestationPolicies.get(key.attestationPolicyId, {}, { signal });
      return { key, policy };
    },
    [id],
  );
  const key = loaded.data?.key;
  return (
    <Page
      title={key?.name ?? "Key"}
      back={{ to: href("keys"), title: "Vault" }}
      actions={key !== undefined && <Actions of={key} reload={loaded.reload} />}
      lead={
        key !== undefined && (
          <>
            <KeyStatus status={key.status} /> <code>{key.algorithm}</code>
          </>
        )
      }
    >
      <Loaded of={loaded} what="the key">
        {(data) => <Shown of={data.key} policy={data.policy} reload={loaded.reload} from={place.query.get("from")} />}
      </Loaded>
    </Page>
  );
}
