// SPDX-License-Identifier: Apache-2.0
//
// Sign something, look at what came back, change it, and see which check refuses.

import type { AttestationPolicy, KeyDetail, SignResult } from "@countersign/sdk";
import { useId, useState } from "preact/hooks";

import { type Bytes, fromBase64, sizeOf, utf8 } from "../bytes.js";
import { useLoad } from "../load.js";
import { judgeAttestation, judgeSignature } from "../proof.js";
import { href } from "../router.js";
import { useSession } from "../session.js";
import { cli, curl, type Request, sdk } from "../snippets.js";
import { type Evidence, type Tampering, TAMPERINGS } from "../tamper.js";
import { Button, TextArea, useAction } from "./controls.js";
import { Claims } from "./document.js";
import { Ladder } from "./ladder.js";
import { Card } from "./layout.js";
import { Failure, Notice } from "./states.js";
import { Code, Copy, Fact, Facts, Hash, Save } from "./text.js";
import { Trust } from "./trust.js";
import { Claimed, Judged, useJudgement } from "./verified.js";

interface Input {
  readonly bytes: Bytes;
  readonly file: string | undefined;
}

interface Signed {
  readonly input: Input;
  readonly nonce: Bytes;
  readonly result: SignResult;
  readonly policy: AttestationPolicy | undefined;
  /** When the answer came: seconds since 1970. */
  readonly at: number;
}

const MAX_FILE = 256 << 20;

function Drop({ onFile, onError }: { onFile: (file: File) => void; onError: (message: string) => void }) {
  const id = useId();
  const [over, setOver] = useState(false);
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file === undefined) return;
    if (file.size > MAX_FILE)
      onError(
        `${file.name} has ${sizeOf(file.size)}. The browser takes up to ${sizeOf(MAX_FILE)}; the command line streams files of any size.`,
      );
    else onFile(file);
  };
  return (
    <div
      class={over ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <label for={id}>Or drop a file here, or choose one</label>
      <input
        id={id}
        type="file"
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}

function Tabs({ tabs }: { tabs: readonly { readonly title: string; readonly text: string }[] }) {
  const id = useId();
  const [at, setAt] = useState(0);
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const next = (at + step + tabs.length) % tabs.length;
    setAt(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  const shown = tabs[at];
  return (
    <div>
      <div class="tabs" role="tablist" aria-label="The same request elsewhere" onKeyDown={move}>
        {tabs.map((tab, n) => (
          <button
            key={tab.title}
            type="button"
            role="tab"
            id={`${id}-${n}`}
            aria-selected={n === at}
            aria-controls={`${id}-panel`}
            tabIndex={n === at ? 0 : -1}
            onClick={() => setAt(n)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${at}`}>
        {shown !== undefined && <Code text={shown.text} what={shown.title} />}
      </div>
    </div>
  );
}

function Tamper({ chosen, onChoose }: { chosen: Tampering | undefined; onChoose: (tampering: Tampering | undefined) => void }) {
  return (
    <div class="tamper">
      <h3 id="tamper">Tamper with it</h3>
      <p class="hint">Change one thing on its way to the verifier, and see which check refuses. Nothing is sent.</p>
      <div class="tamper-row" role="group" aria-labelledby="tamper">
        <button type="button" class="toggle" aria-pressed={chosen === undefined} onClick={() => onChoose(undefined)}>
          As it came
        </button>
        {TAMPERINGS.map((tampering) => (
          <button
            key={tampering.name}
            type="button"
            class="toggle bad"
            data-tamper={tampering.name}
            aria-pressed={chosen === tampering}
            onClick={() => onChoose(tampering)}
          >
            {tampering.title}
          </button>
        ))}
      </div>
      <p class="hint" aria-live="polite">
        {chosen?.text ?? "This is what the service sent."}
      </p>
    </div>
  );
}

function Result({ keyOf, signed }: { keyOf: KeyDetail; signed: Signed }) {
  const [tampering, setTampering] = useState<Tampering | undefined>(undefined);
  const { result, policy, input } = signed;
  const attestation = result.attestation;
  const untouched: Evidence = {
    payload: input.bytes,
    signatureB64: result.signatureB64,
    docB64: attestation.docB64,
    nonce: signed.nonce,
    keyId: keyOf.id,
    publicKey: keyOf.publicKey,
    policy,
  };
  const evidence = tampering === undefined ? untouched : tampering.change(untouched);
  const signature = useJudgement(async () => {
    const bytes = fromBase64(evidence.signatureB64);
    return judgeSignature({ publicKey: evidence.publicKey, payload: evidence.payload, signature: bytes ?? new Uint8Array() });
  }, [signed, tampering]);
  const document = useJudgement(
    evidence.policy === undefined
      ? undefined
      : () =>
          judgeAttestation({
            docB64: evidence.docB64,
            policy: evidence.policy as AttestationPolicy,
            payload: evidence.payload,
            signatureB64: evidence.signatureB64,
            nonce: evidence.nonce,
            keyId: evidence.keyId,
            publicKey: evidence.publicKey,
            // What was shown before is not asked to be new a second time while one looks at it.
            clock: { now: evidence.at ?? signed.at },
          }),
    [signed, tampering],
  );
  return (
    <div class="stack" data-result={result.signatureId}>
      <div class="row verdicts" role="status">
        <Judged of={signature}>Verified in this browser: both halves of the signature</Judged>
        {policy === undefined ? (
          <Claimed verdict={attestation.verdict} reason={attestation.reason} />
        ) : (
          <Judged of={document}>Verified in this browser: made by the program that the policy allows</Judged>
        )}
      </div>
      {policy !== undefined && <Trust of={policy} />}
      {policy === undefined && (
        <Notice>
          <p>
            No attestation policy is bound to this key: nobody has said which program may sign with it. What the document claims is shown,
            and judged by nobody.
          </p>
        </Notice>
      )}
      <Tamper chosen={tampering} onChoose={setTampering} />
      <Ladder
        signature={signature.state === "done" ? signature.judgement : undefined}
        attestation={document.state === "done" ? document.judgement : undefined}
      />
      <Facts>
        <Fact name="Signature">
          <a href={href("signatures", result.signatureId)}>
            <code class="wrap">{result.signatureId}</code>
          </a>
        </Fact>
        <Fact name="Signed">
          {input.file === undefined ? "text" : input.file}, {sizeOf(input.bytes.length)}
        </Fact>
        <Fact name="Ledger">
          entry {result.ledger.seq} <Hash of={result.ledger.entryId} what="the entry's id" />
        </Fact>
        <Fact name="Signature, base64">
          <span class="muted">{sizeOf(fromBase64(result.signatureB64)?.length ?? 0)}</span>{" "}
          <Copy text={result.signatureB64} what="the signature" />{" "}
          <Save text={JSON.stringify(result, null, 2)} file="sig.json" label="Save all as" />
        </Fact>
      </Facts>
      <details {...(tampering?.claims === undefined ? {} : { open: true })}>
        <summary>The attestation, claim by claim</summary>
        <Claims docB64={evidence.docB64} changed={tampering?.claims ?? []} />
      </details>
    </div>
  );
}

export function Playground({ of: key, onSigned }: { of: KeyDetail; onSigned: () => void }) {
  const { client, may } = useSession();
  const [text, setText] = useState("Hello, Countersign");
  const [file, setFile] = useState<Input | undefined>(undefined);
  const [signed, setSigned] = useState<Signed | undefined>(undefined);
  const [said, setSaid] = useState("");
  const { busy, error, run } = useAction();
  const enclave = useLoad((signal) => client.enclave({ signal }), []);
  const input: Input = file ?? { bytes: utf8(text), file: undefined };
  const sign = () =>
    run(async () => {
      const nonce = crypto.getRandomValues(new Uint8Array(32));
      const result = await client.sign({ keyId: key.id, payload: input.bytes, nonce });
      const at = Math.floor(Date.now() / 1000);
      const { policyId, policyVersion } = result.attestation;
      const policy =
        policyId === null || !may("policies")
          ? undefined
          : await client.attestationPolicies.get(policyId, policyVersion === null ? {} : { version: policyVersion });
      setSigned({ input, nonce, result, policy, at });
      onSigned();
    });
  const request: Request = {
    server: location.origin,
    keyId: key.id,
    payload: input.bytes,
    file: input.file,
    policyId: key.attestationPolicyId ?? undefined,
    development: enclave.data?.hardware === false,
  };
  const take = (chosen: File) => {
    setSaid("");
    void chosen.arrayBuffer().then(
      (buffer) => setFile({ bytes: new Uint8Array(buffer), file: chosen.name }),
      () => setSaid(`${chosen.name} cannot be read.`),
    );
  };
  const canSign = may("sign") && key.purpose === "sign" && (key.status === "active" || key.status === "superseded");
  return (
    <Card title="Playground">
      <div class="stack">
        {!canSign && (
          <Notice>
            <p>
              {!may("sign")
                ? "This API key may not sign (scope sign)."
                : key.purpose === "hybrid"
                  ? "A key of purpose hybrid signs records of Hybrid Attest, and nothing that clients send."
                  : `This key is ${key.status} and signs nothing.`}
            </p>
          </Notice>
        )}
        {file === undefined ? (
          <TextArea label="Text to sign" value={text} onValue={setText} rows={3} />
        ) : (
          <p class="row">
            <strong class="wrap">{file.file}</strong> <span class="muted">{sizeOf(file.bytes.length)}</span>{" "}
            <Button onClick={() => setFile(undefined)}>Sign text instead</Button>
          </p>
        )}
        <Drop onFile={take} onError={setSaid} />
        {said !== "" && (
          <Notice kind="bad">
            <p>{said}</p>
          </Notice>
        )}
        <Failure error={error} title="Nothing was signed." />
        <div class="actions">
          <Button kind="main" onClick={sign} busy={busy} disabled={!canSign}>
            Sign
          </Button>
        </div>
        {signed !== undefined && <Result key={signed.result.signatureId} keyOf={key} signed={signed} />}
        <details>
          <summary>The same with curl, the command line, the SDK</summary>
          <Tabs
            tabs={[
              { title: "curl", text: curl(request) },
              { title: "Command line", text: cli(request) },
              { title: "SDK", text: sdk(request) },
            ]}
          />
        </details>
      </div>
    </Card>
  );
}
