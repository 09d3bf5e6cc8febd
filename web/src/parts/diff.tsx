// SPDX-License-Identifier: Apache-2.0

import { diff, stable } from "../diff.js";

const MARKS = { same: " ", old: "-", new: "+" } as const;
const WORDS = { same: "", old: "removed: ", new: "added: " } as const;

/** What differs between two values, line by line. */
export function Diff({ before, after, what }: { before: unknown; after: unknown; what: string }) {
  const lines = diff(stable(before), stable(after));
  if (lines.every((line) => line.kind === "same")) return <p class="muted">No difference.</p>;
  return (
    <pre class="diff" tabIndex={0} role="region" aria-label={what}>
      {lines.map((line, n) => (
        <span key={n} class={line.kind}><span class="hidden">{WORDS[line.kind]}</span><span aria-hidden="true">{MARKS[line.kind]} </span>{line.text}</span>
      ))}
    </pre>
  );
}
