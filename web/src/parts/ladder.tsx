// SPDX-License-Identifier: Apache-2.0
//
// The verifier's checks, in their order: what was passed, which refused, what was not reached. The reason of the verdict
// decides; the verifier stops at the first check that refuses.

import { isJudgement, type Judgement } from "../proof.js";
import type { Reason } from "@countersign/sdk/verify";

interface Step {
  readonly title: string;
  readonly text: string;
  readonly reasons: readonly Reason[];
}

const STEPS: readonly Step[] = [
  {
    title: "Form",
    text: "a document of this vendor, in strict form",
    reasons: ["ATT_MOCK_REFUSED", "ATT_TOO_LARGE", "ATT_SHAPE", "ATT_JSON", "ATT_VENDOR_MISMATCH", "ATT_HEADER_MISMATCH"],
  },
  {
    title: "Root of trust",
    text: "proven under the root that the policy pins",
    reasons: [
      "ATT_EVIDENCE_FORMAT",
      "ATT_EVIDENCE_ALGORITHM",
      "ATT_KEY_UNKNOWN",
      "ATT_KEY_WEAK",
      "ATT_ROOT_MISMATCH",
      "ATT_CHAIN",
      "ATT_CERT_NOT_YET_VALID",
      "ATT_CERT_EXPIRED",
      "ATT_CERT_REVOKED",
      "ATT_PROOF_INVALID",
      "ATT_ISSUER_MISMATCH",
      "ATT_AUDIENCE_MISMATCH",
      "ATT_TOKEN_NOT_YET_VALID",
      "ATT_TOKEN_EXPIRED",
      "ATT_REPORT_MISMATCH",
      "ATT_PUBLIC_KEY_MISMATCH",
      "ATT_COMMITMENT_MISMATCH",
    ],
  },
  { title: "Claims", text: "complete, and in their one form", reasons: ["ATT_PROFILE", "ATT_KIND", "ATT_CLAIMS", "ATT_COMPAT_CLAIMS"] },
  {
    title: "Program",
    text: "one that the policy allows",
    reasons: [
      "ATT_IMAGE_MISMATCH",
      "ATT_DEBUG",
      "ATT_ALLOWLIST_EMPTY",
      "ATT_PLATFORM",
      "ATT_REGISTER_MISSING",
      "ATT_IMAGE_NOT_ALLOWED",
      "ATT_OVERRIDE",
      "ATT_WORKLOAD",
      "ATT_TCB",
      "ATT_COLLATERAL",
      "ATT_ENCLAVE_VERSION",
    ],
  },
  {
    title: "Freshness",
    text: "the nonce that was sent, and in time",
    reasons: [
      "ATT_SESSION_EPOCH",
      "ATT_NONCE_MISMATCH",
      "ATT_FROM_FUTURE",
      "ATT_TIME_MISMATCH",
      "ATT_SESSION_EXPIRED",
      "ATT_EXPIRED",
      "ATT_UNDATED",
    ],
  },
  { title: "This payload", text: "the hash is that of these bytes", reasons: ["ATT_PAYLOAD_MISMATCH", "ATT_PREHASH_MISMATCH"] },
  { title: "This signature", text: "the hash is that of this signature", reasons: ["ATT_SIGNATURE_MISMATCH"] },
  { title: "This key", text: "made by the key in hand", reasons: ["ATT_KEY_MISMATCH", "ATT_ALGORITHM_MISMATCH", "ATT_PURPOSE_MISMATCH"] },
];

type Outcome = "passed" | "refused" | "not reached";

function Step({ title, text, outcome, reason }: { title: string; text: string; outcome: Outcome; reason?: string | undefined }) {
  return (
    <li class={`step ${outcome.replace(" ", "-")}`}>
      <span class="step-mark" aria-hidden="true">
        {outcome === "passed" ? "✓" : outcome === "refused" ? "✗" : "·"}
      </span>
      <span>
        <strong>{title}</strong> <span class="step-text">{text}</span>
        {reason !== undefined && (
          <>
            <br />
            <code>{reason}</code>
          </>
        )}
      </span>
      <span class="hidden">{outcome}</span>
    </li>
  );
}

export function Ladder({ signature, attestation }: { signature: Judgement | undefined; attestation: Judgement | undefined }) {
  if (!isJudgement(signature)) return null;
  const refusedAt =
    isJudgement(attestation) && !attestation.ok ? STEPS.findIndex((step) => step.reasons.includes(attestation.reason as Reason)) : -1;
  const outcomeOf = (at: number): Outcome => {
    if (!isJudgement(attestation)) return "not reached";
    if (attestation.ok) return "passed";
    // A reason without a place says nothing of the other checks.
    return refusedAt < 0 || at > refusedAt ? "not reached" : at === refusedAt ? "refused" : "passed";
  };
  return (
    <ol class="ladder" aria-label="Checks of the verifier in this browser">
      <Step
        title="Both halves"
        text="classical and post-quantum signature"
        outcome={signature.ok ? "passed" : "refused"}
        reason={signature.ok ? undefined : signature.reason}
      />
      {STEPS.map((step, at) => (
        <Step
          key={step.title}
          title={step.title}
          text={step.text}
          outcome={outcomeOf(at)}
          reason={at === refusedAt ? attestation?.reason : undefined}
        />
      ))}
    </ol>
  );
}
