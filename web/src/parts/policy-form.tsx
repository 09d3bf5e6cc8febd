// SPDX-License-Identifier: Apache-2.0
//
// What an attestation policy says, as a form; the rules, which differ from vendor to vendor, as JSON.

import type { AttestationPolicy, MatchRules, NewAttestationPolicy, Vendor } from "@countersign/sdk";

import { Check, Select, TextArea, TextField } from "./controls.js";
import { Notice } from "./states.js";
import { VENDORS } from "./words.js";

export interface Draft {
  readonly name: string;
  readonly vendor: Vendor;
  /** JSON. */
  readonly rules: string;
  readonly evidence: "operation" | "session";
  readonly maxDocAgeSeconds: string;
  readonly maxSessionAgeSeconds: string;
  readonly requireDated: boolean;
  readonly enforce: boolean;
}

const TEMPLATES: Readonly<Record<Vendor, object>> = {
  mock: { allowedImageHashes: ["sha256:…"], rootPublicKeyB64: "…" },
  "aws-nitro-enclave": { pcrs: { 0: ["sha384:…"] } },
  "azure-confidential-vm": { pcrs: { 11: ["sha256:…"] }, issuers: ["https://….attest.azure.net"], jwks: { keys: [] } },
  "gcp-confidential-space": { imageDigests: ["sha256:…"], audience: "…" },
  "amd-sev-snp": { measurements: ["sha384:…"] },
  "intel-tdx": { mrtd: ["sha384:…"] },
};

export const emptyDraft = (vendor: Vendor): Draft => ({
  name: "",
  vendor,
  rules: JSON.stringify(TEMPLATES[vendor], null, 2),
  evidence: "operation",
  maxDocAgeSeconds: "300",
  maxSessionAgeSeconds: "300",
  requireDated: vendor !== "mock",
  enforce: true,
});

/** The members of a policy that can be written. */
export function writableOf(policy: NewAttestationPolicy | AttestationPolicy): Record<string, unknown> {
  const {
    name,
    vendor,
    matchRules,
    evidence = "operation",
    maxDocAgeSeconds = 300,
    maxSessionAgeSeconds = 300,
    requireDated = vendor !== "mock",
    enforce = true,
  } = policy;
  return { name, vendor, matchRules, evidence, maxDocAgeSeconds, maxSessionAgeSeconds, requireDated, enforce };
}

export const draftOf = (policy: NewAttestationPolicy | AttestationPolicy): Draft => {
  const whole = writableOf(policy) as unknown as AttestationPolicy;
  return {
    ...whole,
    rules: JSON.stringify(whole.matchRules, null, 2),
    maxDocAgeSeconds: String(whole.maxDocAgeSeconds),
    maxSessionAgeSeconds: String(whole.maxSessionAgeSeconds),
  };
};

/** The policy of a draft; throws where the rules are no JSON. */
export function policyOf(draft: Draft): NewAttestationPolicy {
  let matchRules: unknown;
  try {
    matchRules = JSON.parse(draft.rules);
  } catch (error) {
    throw new Error(`The rules are no JSON: ${error instanceof Error ? error.message : ""}`);
  }
  return {
    name: draft.name,
    vendor: draft.vendor,
    matchRules: matchRules as MatchRules,
    evidence: draft.evidence,
    maxDocAgeSeconds: Number(draft.maxDocAgeSeconds),
    maxSessionAgeSeconds: Number(draft.maxSessionAgeSeconds),
    requireDated: draft.requireDated,
    enforce: draft.enforce,
  };
}

export function PolicyFields({ draft, onDraft, isNew }: { draft: Draft; onDraft: (draft: Draft) => void; isNew: boolean }) {
  const set =
    <K extends keyof Draft>(name: K) =>
    (value: Draft[K]) =>
      onDraft({ ...draft, [name]: value });
  return (
    <>
      <TextField label="Name" value={draft.name} onValue={set("name")} required maxLength={128} />
      {isNew ? (
        <Select
          label="Vendor"
          value={draft.vendor}
          onValue={(vendor) => onDraft({ ...emptyDraft(vendor), name: draft.name })}
          options={Object.entries(VENDORS) as [Vendor, string][]}
          hint="Under whose root of trust the proof has to stand. It cannot be changed later."
        />
      ) : (
        <p class="hint">Vendor: {VENDORS[draft.vendor]}. It never changes: that would be another policy.</p>
      )}
      {draft.vendor === "mock" && (
        <Notice kind="warn">
          <p>A root of software. It proves which program signed only to who trusts the way it was installed, and nothing about hardware.</p>
        </Notice>
      )}
      <TextArea
        label="What has to match (JSON)"
        value={draft.rules}
        onValue={set("rules")}
        rows={10}
        mono
        hint="Measurements of the programs that are allowed, and the root. They come from your build, not from the service that is to be checked."
      />
      <Check
        label="Enforce"
        checked={draft.enforce}
        onValue={set("enforce")}
        hint="A signature that does not pass is never handed out. Without it, it is handed out, marked as failed and recorded as a violation."
      />
      <details>
        <summary>More: ages, evidence, dates</summary>
        <div class="form">
          <TextField
            label="A document may be this old, in seconds"
            type="number"
            min={5}
            max={86400}
            value={draft.maxDocAgeSeconds}
            onValue={set("maxDocAgeSeconds")}
            required
          />
          <Select
            label="Evidence"
            value={draft.evidence}
            onValue={set("evidence")}
            options={[
              ["operation", "Of each operation: the strongest"],
              ["session", "Of a session: the vendor is asked once, a certified key signs each document"],
            ]}
          />
          {draft.evidence === "session" && (
            <TextField
              label="A session may be this old, in seconds"
              type="number"
              min={5}
              max={86400}
              value={draft.maxSessionAgeSeconds}
              onValue={set("maxSessionAgeSeconds")}
              required
            />
          )}
          <Check
            label="Stored signatures need a date of a witness"
            checked={draft.requireDated}
            onValue={set("requireDated")}
            hint="Whoever verifies later then need not believe the service when it was made."
          />
        </div>
      </details>
    </>
  );
}
