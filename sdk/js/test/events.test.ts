// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { EventParser, type ServerEvent } from "../src/events.js";
import { utf8 } from "../src/verify/bytes.js";

const parse = (...pieces: (string | Uint8Array)[]): ServerEvent[] => {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(typeof piece === "string" ? utf8(piece) : piece));
};

const ROWS: readonly (readonly [string, string[], ServerEvent[]])[] = [
  ["one", ["id: 7\nevent: a\ndata: x\n\n"], [{ id: "7", event: "a", data: "x" }]],
  ["two", ["data: x\n\ndata: y\n\n"], [{ id: undefined, event: "message", data: "x" }, { id: undefined, event: "message", data: "y" }]],
  ["several lines of data", ["data: x\ndata\ndata:y\n\n"], [{ id: undefined, event: "message", data: "x\n\ny" }]],
  ["one space is taken off, not two", ["data:  x\n\n"], [{ id: undefined, event: "message", data: " x" }]],
  ["an id that stays", ["id: 1\ndata: x\n\ndata: y\n\n"], [{ id: "1", event: "message", data: "x" }, { id: "1", event: "message", data: "y" }]],
  ["carriage returns", ["data: x\r\n\r\ndata: y\r\r"], [{ id: undefined, event: "message", data: "x" }]],
  ["cut anywhere", ["da", "ta: x", "\n", "\n"], [{ id: undefined, event: "message", data: "x" }]],
  ["cut between CR and LF", ["data: x\r", "\n\r", "\n"], [{ id: undefined, event: "message", data: "x" }]],
  ["comments and fields nobody knows", [": x\nfoo: y\ndata: z\n\n"], [{ id: undefined, event: "message", data: "z" }]],
  ["no event without its end", ["data: x\n"], []],
  ["no event without data", ["event: a\nid: 1\n\n"], []],
  ["no event of comments", [": still here\n\n"], []],
  ["an id with NUL is none", ["id: a\0b\ndata: x\n\n"], [{ id: undefined, event: "message", data: "x" }]],
];

for (const [name, pieces, wanted] of ROWS) test(`events: ${name}`, () => assert.deepEqual(parse(...pieces), wanted));

test("events: a character cut in two", () => {
  const text = utf8("data: é\n\n");
  assert.deepEqual(parse(text.slice(0, 7), text.slice(7)), [{ id: undefined, event: "message", data: "é" }]);
});

test("events: what is no UTF-8", () => assert.throws(() => parse(Uint8Array.of(0xff, 10)), TypeError));

test("events: an event without end", () => {
  const piece = `data: ${"x".repeat(1 << 20)}\n`;
  assert.throws(() => parse(piece, piece, piece, piece, piece), RangeError);
  assert.throws(() => parse(...[1, 2, 3, 4, 5].map(() => "x".repeat(1 << 20))), RangeError);
});

test("events: when to come back", () => {
  const parser = new EventParser();
  parser.push(utf8("retry: 1500\nretry: soon\nretry: -1\n"));
  assert.equal(parser.retryMs, 1500);
});
