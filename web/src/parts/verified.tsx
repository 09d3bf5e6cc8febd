// SPDX-License-Identifier: Apache-2.0
//
// The only green of the dashboard: made from a judgement of the verifier in this browser, and from nothing else.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { isJudgement, type Judgement } from "../proof.js";
import { Failure } from "./states.js";
import { Chip } from "./text.js";

export function Verified({ of, children }: { of: Judgement | undefined; children?: ComponentChildren }) {
  if (!isJudgement(of)) return <Chip>Not verified</Chip>;
  if (!of.ok) return <span class="verdict refused"><Mark ok={false} /> <span>Refused: {of.subject} <code>{of.reason}</code></span></span>;
  return (
    <span class="verdict verified">
      <Mark ok /> <span>{children ?? <>Verified in this browser: {of.subject}</>}{of.hardware === false && <> <Chip kind="warn">development root, not hardware</Chip></>}</span>
    </span>
  );
}

function Mark({ ok }: { ok: boolean }) {
  return (
    <svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
      <path d={ok ? "M3 8.5l3.2 3.2L13 4.8" : "M4 4l8 8M12 4l-8 8"} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
    </svg>
  );
}

/** What the service claims and nobody has checked here: never green. */
export function Claimed({ verdict, reason }: { verdict: "pass" | "fail" | "absent"; reason?: string | undefined }) {
  if (verdict === "fail") return <Chip kind="bad">service says: failed{reason === undefined ? "" : `, ${reason}`}</Chip>;
  return <Chip>{verdict === "pass" ? "service says: passed" : "no policy"}</Chip>;
}

export type Judging<T> = { readonly state: "none" } | { readonly state: "busy" } | { readonly state: "done"; readonly judgement: Judgement<T> }
  | { readonly state: "failed"; readonly error: unknown };

/** Judges when it can (`judge` not undefined), again when `deps` change. A judgement is given for these `deps` or not at all. */
export function useJudgement<T>(judge: (() => Promise<Judgement<T>>) | undefined, deps: readonly unknown[]): Judging<T> {
  const [now, setNow] = useState<{ readonly of: readonly unknown[]; readonly judging: Judging<T> }>({ of: [], judging: { state: "none" } });
  useEffect(() => {
    if (judge === undefined) return undefined;
    let late = false;
    judge().then(
      (judgement) => { if (!late) setNow({ of: deps, judging: { state: "done", judgement } }); },
      (error: unknown) => { if (!late) setNow({ of: deps, judging: { state: "failed", error } }); },
    );
    return () => { late = true; };
  }, deps);
  if (judge === undefined) return { state: "none" };
  return now.of.length === deps.length && now.of.every((value, i) => value === deps[i]) ? now.judging : { state: "busy" };
}

/** The badge of a judgement that is under way. */
export function Judged<T>({ of, children }: { of: Judging<T>; children?: ComponentChildren }) {
  if (of.state === "failed") return <Failure error={of.error} title="This could not be judged." />;
  if (of.state === "busy") return <Chip>Verifying…</Chip>;
  return (
    <>
      <Verified of={of.state === "done" ? of.judgement : undefined}>{children}</Verified>
      {of.state === "done" && !of.judgement.ok && <p class="hint">That is {of.judgement.sentence}.</p>}
    </>
  );
}
