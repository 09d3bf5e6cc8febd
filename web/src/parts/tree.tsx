// SPDX-License-Identifier: Apache-2.0
//
// The way of an entry to the root of the ledger's tree, drawn from the root down. What is computed here is one column of
// nodes that leads down; what the proof adds stands beside it.

import { useId } from "preact/hooks";

import { isJudgement, type Judgement } from "../proof.js";
import { type Level, spanOf } from "../tree.js";

const ROW = 74;
const W = 460;
const BOX = 206;
const H = 40;
const X = { left: 4, right: W - BOX - 4, top: (W - BOX) / 2 };

interface Node {
  readonly x: number;
  readonly y: number;
  readonly title: string;
  readonly hash: string;
  readonly isWay: boolean;
}

function Box({ of: node, good }: { of: Node; good: boolean | undefined }) {
  const name = node.isWay ? `tree-way ${good === undefined ? "" : good ? "passed" : "refused"}` : "tree-other";
  return (
    <g class={name}>
      <rect x={node.x} y={node.y} width={BOX} height={H} rx="7" />
      <text x={node.x + BOX / 2} y={node.y + 16} class="tree-title">
        {node.title}
      </text>
      <text x={node.x + BOX / 2} y={node.y + 32} class="tree-hash">
        {node.hash.slice(0, 10)}…{node.hash.slice(-6)}
      </text>
    </g>
  );
}

/** `way`: hashes from the entry up, one more than there are levels. */
export function TreePath({
  levels,
  way,
  others,
  index,
  of,
}: {
  levels: readonly Level[];
  way: readonly string[];
  others: readonly string[];
  index: number;
  of: Judgement | undefined;
}) {
  const id = useId();
  const good = isJudgement(of) ? of.ok : undefined;
  const down = levels.map((level, i) => ({ level, own: way[i] ?? "", other: others[i] ?? "" })).reverse();
  const root: Node = { x: X.top, y: 2, title: "root of the checkpoint", hash: way.at(-1) ?? "", isWay: true };
  const rows = down.map(({ level, own, other }, i): readonly [Node, Node] => {
    const y = 2 + (i + 1) * ROW;
    const below = down[i + 1]?.level;
    const title = below === undefined ? `this entry, ${index}` : spanOf(below.both);
    const mine = level.side === "right" ? X.left : X.right;
    return [
      { x: mine, y, title, hash: own, isWay: true },
      { x: mine === X.left ? X.right : X.left, y, title: spanOf(level.other), hash: other, isWay: false },
    ];
  });
  const parents = [root, ...rows.map(([own]) => own)];
  const height = 2 + rows.length * ROW + H + 2;
  return (
    <figure class="tree">
      <svg viewBox={`0 0 ${W} ${height}`} role="img" aria-labelledby={id} width={W} height={height}>
        <title id={id}>{`The way of entry ${index} to the root: ${levels.length} step${levels.length === 1 ? "" : "s"}`}</title>
        {rows.map((nodes, i) =>
          nodes.map((node) => {
            const parent = parents[i] as Node;
            return (
              <line
                key={`${i}${node.isWay}`}
                class={node.isWay ? "tree-line way" : "tree-line"}
                x1={parent.x + BOX / 2}
                y1={parent.y + H}
                x2={node.x + BOX / 2}
                y2={node.y}
              />
            );
          }),
        )}
        <Box of={root} good={good} />
        {rows.map((nodes) => nodes.map((node) => <Box key={node.title} of={node} good={good} />))}
      </svg>
      <figcaption class="small">With a frame: computed in this browser, from the entry up. Dashed: from the proof.</figcaption>
      <details>
        <summary>As text</summary>
        <ol class="numbers">
          <li>
            This entry, {index}: <code class="wrap">{way[0]}</code>
          </li>
          {levels.map((level, i) => (
            <li key={i}>
              with {spanOf(level.other)} on the {level.side}, <code class="wrap">{others[i]}</code>:{" "}
              {i === levels.length - 1 ? "the root" : spanOf(level.both)} is <code class="wrap">{way[i + 1]}</code>
            </li>
          ))}
        </ol>
      </details>
    </figure>
  );
}
