// SPDX-License-Identifier: Apache-2.0
//
// Times, hashes and other things that are read, not typed.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [["day", 86400], ["hour", 3600], ["minute", 60]];

export function ago(time: number, now = Date.now()): string {
  const seconds = Math.round((time - now) / 1000);
  for (const [unit, size] of UNITS) if (Math.abs(seconds) >= size) return AGO.format(Math.trunc(seconds / size), unit);
  return Math.abs(seconds) < 10 ? "just now" : AGO.format(seconds, "second");
}

/** A time of the service; how long ago, with the whole of it behind. */
export function Time({ of, absolute = false }: { of: string | null | undefined; absolute?: boolean }) {
  if (of === null || of === undefined) return <span class="muted">never</span>;
  const time = Date.parse(of);
  const whole = Number.isNaN(time) ? of : DATE.format(time);
  return <time dateTime={of} title={of}>{absolute || Number.isNaN(time) ? whole : ago(time)}</time>;
}

export function Copy({ text, what, label = "Copy" }: { text: string; what: string; label?: string }) {
  const [said, setSaid] = useState("");
  const copy = () => navigator.clipboard.writeText(text).then(() => setSaid("Copied"), () => setSaid("Copying is not allowed"))
    .then(() => setTimeout(() => setSaid(""), 2000));
  return (
    <button type="button" class="copy" onClick={copy} aria-label={`${label} ${what}`}>
      <span aria-live="polite">{said === "" ? label : said}</span>
    </button>
  );
}

/** A hash or an id: whole where there is room, and always to be copied. */
export function Hash({ of, what, short = false }: { of: string; what: string; short?: boolean }) {
  const shown = short && of.length > 24 ? `${of.slice(0, 14)}…${of.slice(-6)}` : of;
  return <span class="hash"><code class="wrap" title={of}>{shown}</code> <Copy text={of} what={what} /></span>;
}

/** Names and values. */
export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="facts-list">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div class="fact"><dt>{name}</dt><dd>{children}</dd></div>;
}

/** A block of code that can be copied, and saved where a name for it is given. */
export function Code({ text, what, file }: { text: string; what: string; file?: string }) {
  return (
    <div class="code">
      <pre tabIndex={0} role="region" aria-label={what}><code>{text}</code></pre>
      <div class="code-bar">
        <Copy text={text} what={what} />
        {file !== undefined && <Save text={text} file={file} />}
      </div>
    </div>
  );
}

/** Gives a text or bytes to the browser as a file. */
export function save(text: string | Uint8Array<ArrayBuffer>, file: string, type = "text/plain"): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function Save({ text, file, label = "Save" }: { text: string; file: string; label?: string }) {
  return <button type="button" class="copy" onClick={() => save(text, file)} aria-label={`${label} ${file}`}>{label}</button>;
}

/** A word with a colour that means nothing was verified: only <Verified> is green. */
export function Chip({ kind = "plain", children }: { kind?: "plain" | "warn" | "bad" | "accent"; children: ComponentChildren }) {
  return <span class={`chip ${kind}`}>{children}</span>;
}
