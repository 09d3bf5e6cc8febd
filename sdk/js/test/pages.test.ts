// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { MalformedAnswerError } from "../src/errors.js";
import { listOf } from "../src/pages.js";
import { ID, page, refusal, service, transport } from "./fake.js";

const policy = (n: number) => ({
  id: `vpol_${ID.slice(0, 25)}${n}`, createdAt: "2026-01-15T10:30:00.000Z", updatedAt: "2026-01-15T10:30:00.000Z", name: `p${n}`,
  description: "", action: "warn", enabled: true, environments: [], rule: {},
});
const open = (s: ReturnType<typeof service>, query = {}) =>
  listOf<{ name: string }>(transport(s).transport, "listVaultPolicies", { query }, {});
const three = () => service(page([policy(1), policy(2)], "a"), page([], "b"), page([policy(3)], null));

test("pages: await gives one page", async () => {
  const s = service(page([policy(1)], "more"));
  const listing = open(s, { limit: 1 });
  assert.equal(s.sent.length, 0, "it asked before anybody wanted it");
  const [first, again] = [await listing, await listing];
  assert.deepEqual([first.data.length, first.nextCursor, first === again], [1, "more", true]);
  assert.equal(s.sent[0]?.url.search, "?limit=1");
});

test("pages: for await gives all items, also behind an empty page", async () => {
  const s = three();
  const names: string[] = [];
  for await (const item of open(s, { limit: 2 })) names.push(item.name);
  assert.deepEqual(names, ["p1", "p2", "p3"]);
  assert.deepEqual(s.sent.map((r) => r.url.searchParams.get("cursor")), [null, "a", "b"]);
  assert.deepEqual(s.sent.map((r) => r.url.searchParams.get("limit")), ["2", "2", "2"]);
});

test("pages: nothing more is asked for once the loop is left", async () => {
  const s = service(page([policy(1), policy(2)], "a"));
  for await (const item of open(s)) if (item.name === "p2") break;
  assert.equal((await open(service(page([policy(1), policy(2)], "a"))).toArray(1)).length, 1);
  assert.deepEqual(await open(service()).toArray(0), []);
  assert.equal(s.sent.length, 1);
});

test("pages: all of them, and as many loops as one likes over the first page", async () => {
  assert.equal((await open(three()).toArray()).length, 3);
});

test("pages: a cursor that comes twice ends the listing", async () => {
  const s = service(page([policy(1)], "a"), page([policy(2)], "a"));
  await assert.rejects(open(s).toArray(), MalformedAnswerError);
});

test("pages: an error on the way is the listing's", async () => {
  const s = service(page([policy(1)], "a"), refusal(400, "BAD_CURSOR"));
  await assert.rejects(open(s).toArray(), { code: "BAD_CURSOR" });
  await assert.rejects(open(service(refusal(403, "FORBIDDEN"))).then((p) => p), { code: "FORBIDDEN" });
});

test("pages: an item that is not of the contract ends the listing", async () => {
  await assert.rejects(open(service(page([{ ...policy(1), action: "shrug" }], null))).toArray(), MalformedAnswerError);
});
