// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { shapes } from "../src/routes.gen.js";
import { mismatch, type Shape } from "../src/shape.js";

const named = { Id: { type: "string", pattern: "^key_[0-9]{2}$" }, Self: { ref: "Missing" } } as const;
const thing: Shape = {
  type: "object",
  required: ["id", "size"],
  properties: {
    id: { ref: "Id" },
    size: { type: "integer" },
    ratio: { type: "number" },
    kind: { type: "string", enum: ["a", "b"] },
    done: { const: true },
    note: { type: ["string", "null"], pattern: "^[a-z]+$" },
    list: { type: "array", items: { type: "boolean" }, minItems: 1 },
    either: { anyOf: [{ type: "string" }, { type: "null" }] },
    map: { type: "object", others: { type: "integer" } },
  },
};
const good = { id: "key_12", size: 3 };

const ROWS: readonly (readonly [string, unknown, string | undefined])[] = [
  ["the least", good, undefined],
  ["a member that is not known", { ...good, more: [{}] }, undefined],
  ["all members", { ...good, ratio: 1.5, kind: "b", done: true, note: null, list: [true], either: null, map: { a: 1 } }, undefined],
  ["no object", "thing", ""],
  ["a list for an object", [], ""],
  ["null", null, ""],
  ["a member missing", { id: "key_12" }, "size"],
  ["a member only inherited", Object.create(good), "id"],
  ["a pattern", { ...good, id: "key_1" }, "id"],
  ["a pattern around a line break", { ...good, id: "key_12\n" }, "id"],
  ["a text for a number", { ...good, size: "3" }, "size"],
  ["a fraction for an integer", { ...good, size: 1.5 }, "size"],
  ["beyond safe integers", { ...good, size: 2 ** 53 }, "size"],
  ["infinity", { ...good, size: 1e999 }, "size"],
  ["not of the list", { ...good, kind: "c" }, "kind"],
  ["not the constant", { ...good, done: false }, "done"],
  ["like the constant", { ...good, done: 1 }, "done"],
  ["null where a text belongs", { ...good, kind: null }, "kind"],
  ["a text that is neither", { ...good, note: "A" }, "note"],
  ["an item", { ...good, list: [true, 0] }, "list[1]"],
  ["too few items", { ...good, list: [] }, "list"],
  ["none of the choices", { ...good, either: 1 }, "either"],
  ["a member of a map", { ...good, map: { a: 1, b: "2" } }, "map.b"],
  ["__proto__ as a member", JSON.parse('{"id":"key_12","size":3,"map":{"__proto__":"x"}}'), "map.__proto__"],
];

for (const [name, value, wanted] of ROWS) {
  test(`shape: ${name}`, () => assert.equal(mismatch(value, thing, named), wanted));
}

test("shape: a name that leads nowhere accepts nothing", () => {
  assert.equal(mismatch({}, { ref: "Self" }, named), "");
  assert.equal(mismatch({}, { ref: "toString" }, named), "");
});

test("shape: every name in the table leads to a row", () => {
  const names = JSON.stringify(shapes).matchAll(/"ref":"(\w+)"/g);
  let count = 0;
  for (const [, name] of names) {
    assert.ok(name !== undefined && Object.hasOwn(shapes, name), name);
    count++;
  }
  assert.ok(count > 50);
});
