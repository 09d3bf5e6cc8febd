// SPDX-License-Identifier: Apache-2.0
//
// How many when: bars, with the numbers behind them as a table for who cannot see them.

import { useId } from "preact/hooks";

export interface Bar {
  readonly from: number;
  readonly counts: Readonly<Record<string, number>>;
}

const MINUTE = 60_000;
const WIDTHS: readonly (readonly [number, string])[] = [
  [MINUTE, "minute"],
  [10 * MINUTE, "10 minutes"],
  [60 * MINUTE, "hour"],
  [6 * 60 * MINUTE, "6 hours"],
  [24 * 60 * MINUTE, "day"],
  [7 * 24 * 60 * MINUTE, "week"],
  [28 * 24 * 60 * MINUTE, "4 weeks"],
];

/** Sorts events into at most 48 bars of a width that people have a word for. */
export function barsOf<T>(
  items: readonly T[],
  timeOf: (item: T) => number,
  kindOf: (item: T) => string,
  now = Date.now(),
): { bars: readonly Bar[]; width: string } {
  const times = items.map(timeOf).filter((time) => !Number.isNaN(time));
  const first = Math.min(now, ...times);
  const [size, width] = WIDTHS.find(([w]) => (now - first) / w < 40) ?? (WIDTHS.at(-1) as readonly [number, string]);
  const begin = Math.floor(first / size) * size;
  const n = Math.min(48, Math.max(12, Math.floor(now / size) - Math.floor(begin / size) + 1));
  const start = Math.floor(now / size) * size - (n - 1) * size;
  const bars = Array.from({ length: n }, (_, i) => ({ from: start + i * size, counts: {} as Record<string, number> }));
  for (const item of items) {
    const bar = bars[Math.floor((timeOf(item) - start) / size)];
    if (bar !== undefined) bar.counts[kindOf(item)] = (bar.counts[kindOf(item)] ?? 0) + 1;
  }
  return { bars, width };
}

const AT = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "short" });
const W = 640;
const H = 140;

/** `kinds`: name, class of the bar, title; the first lies at the bottom. */
export function Chart({
  title,
  bars,
  kinds,
}: {
  title: string;
  bars: readonly Bar[];
  kinds: readonly (readonly [string, string, string])[];
}) {
  const id = useId();
  const totals = bars.map((bar) => kinds.reduce((sum, [kind]) => sum + (bar.counts[kind] ?? 0), 0));
  const max = Math.max(1, ...totals);
  const step = W / Math.max(1, bars.length);
  const shown = kinds.filter(([kind]) => bars.some((bar) => (bar.counts[kind] ?? 0) > 0));
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${W} ${H + 22}`} role="img" aria-labelledby={id} preserveAspectRatio="none">
        <title id={id}>{title}</title>
        <line x1="0" x2={W} y1={H + 0.5} y2={H + 0.5} class="axis" />
        <line x1="0" x2={W} y1=".5" y2=".5" class="axis faint" />
        {bars.map((bar, i) => {
          let y = H;
          return kinds.map(([kind, name, words]) => {
            const n = bar.counts[kind] ?? 0;
            if (n === 0) return null;
            const height = Math.max(2, (n / max) * (H - 4));
            y -= height;
            return (
              <rect key={kind} class={name} x={i * step + step * 0.12} width={step * 0.76} y={y} height={height} rx="1.5">
                <title>{`${AT.format(bar.from)}: ${n} ${words}`}</title>
              </rect>
            );
          });
        })}
      </svg>
      <div class="chart-ends">
        <span>{bars[0] !== undefined && AT.format(bars[0].from)}</span>
        <span>at most {max}</span>
        <span>now</span>
      </div>
      {shown.length > 0 && (
        <ul class="legend">
          {shown.map(([kind, name, words]) => (
            <li key={kind}>
              <span class={`swatch ${name}`} aria-hidden="true" />
              {words}
            </li>
          ))}
        </ul>
      )}
      <details>
        <summary>As numbers</summary>
        <ul class="numbers">
          {bars.map((bar, i) =>
            totals[i] === 0 ? null : (
              <li key={bar.from}>
                {AT.format(bar.from)}:{" "}
                {kinds
                  .filter(([kind]) => (bar.counts[kind] ?? 0) > 0)
                  .map(([kind, , words]) => `${bar.counts[kind] ?? 0} ${words}`)
                  .join(", ")}
              </li>
            ),
          )}
        </ul>
      </details>
    </figure>
  );
}
