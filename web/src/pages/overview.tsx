// SPDX-License-Identifier: Apache-2.0
//
// How the service is: how fast, how often it refused, who the enclave is. The figures are what the API tells; only what was
// judged here is green.

import type { AttestationPolicy, Enclave, Entry, Readiness, Stats } from "@countersign/sdk";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Loaded, useLoad } from "../load.js";
import { Button, ButtonLink } from "../parts/controls.js";
import { EventChip, Subject } from "../parts/entry.js";
import { Card, Page, Table } from "../parts/layout.js";
import { Empty, Failure, Loading, Notice } from "../parts/states.js";
import { Chip, Fact, Facts, Hash, Time } from "../parts/text.js";
import { Judged, useJudgement } from "../parts/verified.js";
import { VENDORS } from "../parts/words.js";
import { judgeAttestation } from "../proof.js";
import { href } from "../router.js";
import { useSession } from "../session.js";

const EVERY_MS = 2_000;
const KEPT = 60;
const STAGES: readonly (readonly [keyof Stats["stages"], string, string])[] = [
  ["request", "The whole request", "from its last byte to the answer"],
  ["queue", "Waiting for a worker", "more than a little means too much at once"],
  ["enclave", "The enclave", "signing and attesting, there and back"],
  ["verify", "Judging the attestation", "under the key’s policy"],
  ["commit", "Writing it down", "until it is on the disk"],
];

interface Sample {
  readonly at: number;
  readonly stats: Stats;
}

const signed = ({ pass, fail, absent }: Stats["signatures"]) => pass + fail + absent;

/** Asks again and again while the page is seen. */
function useSamples(): { samples: readonly Sample[]; error: unknown } {
  const { client } = useSession();
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const [error, setError] = useState<unknown>(undefined);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        if (!document.hidden) {
          const stats = await client.stats({ signal: stop.signal });
          setSamples((old) => [...old, { at: performance.now(), stats }].slice(-KEPT));
          setError(undefined);
        }
      } catch (failed) {
        if (!stop.signal.aborted) setError(failed);
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, []);
  return { samples, error };
}

/** Signatures a second between one sample and the next. */
function ratesOf(samples: readonly Sample[]): readonly number[] {
  return samples.slice(1).map((sample, i) => {
    const before = samples[i] as Sample;
    return Math.max(0, (signed(sample.stats.signatures) - signed(before.stats.signatures)) / ((sample.at - before.at) / 1000));
  });
}

const round = (rate: number) => (rate >= 100 ? rate.toFixed(0) : rate >= 10 ? rate.toFixed(1) : rate.toFixed(2));

function Line({ rates }: { rates: readonly number[] }) {
  const max = Math.max(1, ...rates);
  const points = rates.map((rate, i) => `${(i + KEPT - 1 - rates.length) * (640 / (KEPT - 2))},${(100 - (rate / max) * 94).toFixed(1)}`);
  return (
    <div class="chart">
      <svg class="line" viewBox="0 0 640 104" preserveAspectRatio="none" aria-hidden="true">
        <line x1="0" x2="640" y1="101" y2="101" class="axis" />
        {points.length > 1 && <polyline points={points.join(" ")} />}
      </svg>
      <div class="chart-ends">
        <span>{(KEPT * EVERY_MS) / 60_000} minutes ago</span>
        <span>at most {round(Math.max(0, ...rates))} a second</span>
        <span>now</span>
      </div>
    </div>
  );
}

function Figure({ name, children, hint }: { name: string; children: ComponentChildren; hint?: ComponentChildren }) {
  return (
    <div class="figure">
      <p class="figure-name">{name}</p>
      <p class="figure-value">{children}</p>
      {hint !== undefined && <p class="hint">{hint}</p>}
    </div>
  );
}

const duration = (us: number): string =>
  us < 1_000
    ? `${us} µs`
    : us < 1_000_000
      ? `${(us / 1_000).toLocaleString(undefined, { maximumFractionDigits: 1 })} ms`
      : `${(us / 1_000_000).toLocaleString(undefined, { maximumFractionDigits: 1 })} s`;

function Figures({ stats, rates }: { stats: Stats; rates: readonly number[] }) {
  const n = (value: number) => value.toLocaleString();
  return (
    <>
      <Card title="Signatures">
        <div class="figures">
          <Figure name="A second, now" hint="counted by this page">
            {rates.length === 0 ? "…" : round(rates.at(-1) ?? 0)}
          </Figure>
          <Figure name="In all" hint={`${n(stats.signatures.pass)} passed, ${n(stats.signatures.absent)} without a policy`}>
            {n(signed(stats.signatures))}
          </Figure>
          <Figure name="Marked as failed" hint="under policies that only watch">
            {n(stats.signatures.fail)}
          </Figure>
          <Figure name="99 of 100 requests within" hint={`half within ${duration(stats.stages.request.p50Us)}`}>
            {stats.stages.request.count === 0 ? "–" : duration(stats.stages.request.p99Us)}
          </Figure>
        </div>
        <Line rates={rates} />
      </Card>
      <Card title="How long each stage takes">
        <Table<(typeof STAGES)[number]>
          caption="Stages of a request"
          rows={STAGES}
          keyOf={([name]) => name}
          columns={[
            {
              title: "Stage",
              cell: ([, title, text]) => (
                <>
                  <strong>{title}</strong>
                  <br />
                  <span class="hint">{text}</span>
                </>
              ),
            },
            ...(
              [
                ["p50Us", "Half within"],
                ["p95Us", "95 of 100"],
                ["p99Us", "99 of 100"],
              ] as const
            ).map(([field, title]) => ({
              title,
              cell: ([name]: (typeof STAGES)[number]) =>
                stats.stages[name].count === 0 ? "–" : <span class="nowrap">{duration(stats.stages[name][field])}</span>,
            })),
            { title: "Counted", cell: ([name]) => n(stats.stages[name].count) },
          ]}
        />
        <p class="hint">Of all callers, since the gateway started; upper ends of ranges.</p>
      </Card>
      <Card title="What there is">
        <div class="figures">
          <Figure
            name="Active keys"
            hint={`${n(stats.keys.superseded)} superseded, ${n(stats.keys.suspended)} suspended, ${n(stats.keys.revoked)} revoked`}
          >
            <a href={href("keys")}>{n(stats.keys.active)}</a>
          </Figure>
          <Figure name="Policies" hint="attestation and vault">
            <a href={href("attestation-policies")}>{n(stats.attestationPolicies)}</a> and <a href={href("policies")}>{n(stats.policies)}</a>
          </Figure>
          <Figure
            name="Ledger entries"
            hint={stats.ledger.checkpoints === 1 ? "one checkpoint" : `${n(stats.ledger.checkpoints)} checkpoints`}
          >
            <a href={href("ledger")}>{n(stats.ledger.entries)}</a>
          </Figure>
          <Figure name="Hybrid attestations" hint={`registered keys: ${n(stats.registeredKeys)}`}>
            <a href={href("hybrid")}>{n(stats.hybridAttestations)}</a>
          </Figure>
        </div>
      </Card>
    </>
  );
}

const FAILURES: readonly (readonly [string, string, string])[] = [
  ["attestation.violation", "Programs refused", "by attestation policies"],
  ["policy.violated", "Vault policies violated", "refused, or warned of"],
  ["apikey.refused", "API keys refused", "for what they may not do"],
  ["enclave.alarm", "Alarms of the enclave", "its two engines disagreed"],
];
const COUNTED = 200;
const DAY_MS = 86_400_000;

function why({ payload: { data } }: Entry): ComponentChildren {
  const reason = data["reason"] ?? data["code"];
  if (typeof reason === "string") return <code>{reason}</code>;
  return data["refused"] === false
    ? "let through, with a warning"
    : typeof data["operation"] === "string"
      ? `asked to ${data["operation"]}`
      : "";
}

interface Refused {
  /** How many of each kind in the last 24 hours; COUNTED where there may be more. */
  readonly counts: readonly number[];
  readonly newest: readonly Entry[];
}

/** What was refused, of which the ledger has an entry. */
function Refusals() {
  const { client } = useSession();
  const found = useLoad(async (signal): Promise<Refused> => {
    const since = Date.now() - DAY_MS;
    const kinds = await Promise.all(
      FAILURES.map(([eventType]) => client.ledger.entries({ eventType, limit: COUNTED }, { signal }).then((page) => page.data)),
    );
    return {
      counts: kinds.map((entries) => entries.filter((entry) => Date.parse(entry.createdAt) >= since).length),
      newest: kinds
        .flat()
        .sort((a, b) => b.seq - a.seq)
        .slice(0, 8),
    };
  }, []);
  return (
    <Card title="Failures of the last 24 hours" actions={<Button onClick={found.reload}>Look again</Button>}>
      <Loaded of={found} what="what was refused">
        {({ counts, newest }) => (
          <>
            <div class="figures">
              {FAILURES.map(([event, title, hint], i) => (
                <Figure key={event} name={title} hint={hint}>
                  {counts[i] === COUNTED ? `${COUNTED} or more` : counts[i]}
                </Figure>
              ))}
            </div>
            <Newest of={newest} />
          </>
        )}
      </Loaded>
    </Card>
  );
}

function Newest({ of: entries }: { of: readonly Entry[] }) {
  if (entries.length === 0)
    return (
      <Empty title="Nothing was ever refused">
        <p>Signatures that a policy refuses, and keys that may not do what they tried, appear here.</p>
      </Empty>
    );
  return (
    <Table<Entry>
      caption="Newest failures"
      rows={entries}
      keyOf={(entry) => entry.id}
      columns={[
        { title: "When", cell: (entry) => <Time of={entry.createdAt} /> },
        { title: "What", cell: (entry) => <EventChip of={entry.eventType} /> },
        {
          title: "About",
          cell: (entry) => <Subject of={typeof entry.payload.data["keyId"] === "string" ? entry.payload.data["keyId"] : entry.subjectId} />,
        },
        { title: "Why", cell: (entry) => why(entry) },
        { title: "Entry", cell: (entry) => <a href={href("ledger", entry.id, { seq: String(entry.seq) })}>{entry.seq}</a> },
      ]}
    />
  );
}

const PARTS: readonly (readonly [keyof NonNullable<Readiness["checks"]>, string])[] = [
  ["db", "Store"],
  ["ledger", "Ledger"],
  ["agent", "Agent"],
  ["enclave", "Enclave"],
  ["kms", "KMS"],
];

function Health() {
  const { client } = useSession();
  const ready = useLoad((signal) => client.ready({ verbose: true }, { signal }), []);
  return (
    <Card title="Health">
      <Loaded of={ready} what="the health">
        {(data) => (
          <div class="stack">
            <p class="row">
              {data.status === "ready" ? <Chip kind="accent">ready to sign</Chip> : <Chip kind="bad">not ready</Chip>}{" "}
              <span class="small">version {data.version}, as the service says</span>
            </p>
            {data.checks !== undefined && (
              <Facts>
                {PARTS.map(([name, title]) => {
                  const said = data.checks?.[name] ?? "";
                  return (
                    <Fact key={name} name={title}>
                      {said === "ok" || said === "local" ? <Chip>{said}</Chip> : <Chip kind="warn">{said}</Chip>}
                    </Fact>
                  );
                })}
              </Facts>
            )}
            {data.warnings?.map((warning) => (
              <Notice key={warning} kind="warn">
                <p>{warning}</p>
              </Notice>
            ))}
          </div>
        )}
      </Loaded>
    </Card>
  );
}

function Under({ enclave, policy }: { enclave: Enclave; policy: AttestationPolicy }) {
  const judged = useJudgement(
    () =>
      judgeAttestation({ docB64: enclave.docB64, policy, kind: "boot", clock: { entryTime: Math.floor(Date.now() / 1000), dated: false } }),
    [enclave, policy],
  );
  return (
    <p class="row">
      <a href={href("attestation-policies", policy.id)}>{policy.name}</a>{" "}
      <Judged of={judged}>Verified in this browser: the running program is allowed</Judged>
    </p>
  );
}

function WhoItIs({ of: enclave }: { of: Enclave }) {
  const { client, may } = useSession();
  const policies = useLoad(
    async (signal) =>
      may("policies") ? (await client.attestationPolicies.list({ vendor: enclave.vendor, limit: 5 }, { signal })).data : [],
    [enclave.vendor],
  );
  return (
    <div class="stack">
      <Facts>
        <Fact name="Kind">
          {Object.hasOwn(VENDORS, enclave.vendor) ? VENDORS[enclave.vendor as keyof typeof VENDORS] : enclave.vendor}
          {!enclave.hardware && (
            <>
              {" "}
              <Chip kind="warn">no hardware proof</Chip>
            </>
          )}
        </Fact>
        <Fact name="Program">
          <Hash of={enclave.imageHash} what="the image hash" short />
        </Fact>
        <Fact name="Root">
          <Hash of={enclave.rootSha256} what="the root's hash" short />
        </Fact>
        <Fact name="Version">{enclave.version}</Fact>
        <Fact name="Started as">
          <Hash of={enclave.epoch} what="the epoch" short />
        </Fact>
        <Fact name="ML-DSA by">
          <code>{enclave.mldsaEngine}</code>
          {enclave.mldsaDisagreements > 0 && (
            <>
              {" "}
              <Chip kind="bad">{enclave.mldsaDisagreements} disagreements</Chip>
            </>
          )}
        </Fact>
      </Facts>
      <Loaded of={policies} what="policies">
        {(all) =>
          all.length === 0 ? (
            <p class="small">
              That is what the service says of itself. <a href={href("attestation-policies", "new")}>Make a policy</a> of what your build
              says, and this page judges it.
            </p>
          ) : (
            <>
              {all.map((policy) => (
                <Under key={policy.id} enclave={enclave} policy={policy} />
              ))}
            </>
          )
        }
      </Loaded>
    </div>
  );
}

function EnclaveCard() {
  const { client } = useSession();
  const enclave = useLoad((signal) => client.enclave({ signal }), []);
  return (
    <Card title="Enclave">
      <Loaded of={enclave} what="the enclave">
        {(data) => <WhoItIs of={data} />}
      </Loaded>
    </Card>
  );
}

export default function Overview() {
  const { may } = useSession();
  const { samples, error } = useSamples();
  const stats = samples.at(-1)?.stats;
  return (
    <Page
      title="Overview"
      lead="How the service is, by what it tells of itself."
      actions={
        <ButtonLink to={href("keys", "new")} kind="main">
          Create a key
        </ButtonLink>
      }
    >
      {error !== undefined && <Failure error={error} title="The figures could not be read; they are asked for again." />}
      {stats === undefined ? error === undefined && <Loading what="the figures" /> : <Figures stats={stats} rates={ratesOf(samples)} />}
      <div class="columns">
        <Health />
        <EnclaveCard />
      </div>
      {may("ledger") && <Refusals />}
    </Page>
  );
}
