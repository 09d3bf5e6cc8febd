// SPDX-License-Identifier: Apache-2.0
// Writes src/api.gen.ts (types) and src/routes.gen.ts (routes, and what answers have to look like) from the HTTP contract.
//
// usage: node tools/generate.mjs [--check]     --check writes nothing and fails where a file would change

import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import { parse } from "yaml";

const source = process.env.CS_SOURCE === undefined ? new URL("../../../", import.meta.url) : pathToFileURL(`${process.env.CS_SOURCE}/`);
const contract = new URL("protocol/openapi.yaml", source);
const head = "// SPDX-License-Identifier: Apache-2.0\n// Made from protocol/openapi.yaml by tools/generate.mjs; changed there.\n\n";
const METHODS = ["get", "post", "put", "patch", "delete"];
// What another version may add to without an answer becoming wrong.
const OPEN = new Set(["Code", "HybridCode"]);
const KEPT = ["type", "required", "const", "pattern", "minItems"];

async function types() {
  const ast = await openapiTS(contract, { defaultNonNullable: false, emptyObjectsUnknown: true, alphabetize: false });
  return head + astToString(ast);
}

/** A schema without what does not bear on whether an answer is acceptable; members that are not known are read over. */
function narrow(schema, used) {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1);
    if (OPEN.has(name)) return { type: "string" };
    used.add(name);
    return { ref: name };
  }
  const out = {};
  for (const word of KEPT) if (schema[word] !== undefined) out[word] = schema[word];
  if (schema.enum !== undefined) out.enum = schema.enum;
  if (schema.items !== undefined) out.items = narrow(schema.items, used);
  const members = Object.entries(schema.properties ?? {}).map(([name, member]) => [name, narrow(member, used)]);
  if (members.length > 0) out.properties = Object.fromEntries(members);
  if (typeof schema.additionalProperties === "object") out.others = narrow(schema.additionalProperties, used);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) out.anyOf = choices.map((choice) => narrow(choice, used));
  return out;
}

/** The door whose envelope a body has, and what is in it. */
function envelope(schema) {
  const members = schema?.properties ?? {};
  if (members.success !== undefined) return { door: "vault", data: members.data };
  if (members.meta !== undefined) return { door: "hybrid", data: members.data };
  return undefined;
}

/** Other statuses with the same body, without an envelope: an answer like the success. */
function alike(operation, type, schema) {
  const same = ([, response]) => JSON.stringify(response.content?.[type]?.schema) === JSON.stringify(schema);
  return Object.entries(operation.responses).filter(same).map(([status]) => Number(status)).slice(1);
}

function route(method, path, operation, type, schema, status, used) {
  const inside = type === "application/json" ? envelope(schema) : undefined;
  const kinds = { "application/json": "json", "text/event-stream": "events", "application/octet-stream": "bytes" };
  const kind = inside?.door ?? kinds[type] ?? (type.startsWith("text/plain") ? "text" : "file");
  const keyed = (operation.parameters ?? []).some((p) => p.$ref?.endsWith("/Idempotency-Key"));
  const out = { method: method.toUpperCase(), path, status: Number(status), kind, type };
  const also = inside === undefined ? alike(operation, type, schema) : [];
  if (also.length > 0) out.also = also;
  if (keyed) out.idempotencyKey = true;
  if ((operation.security ?? []).some((s) => Object.keys(s).length === 0)) out.open = true;
  if (inside !== undefined && schema.required.includes("pagination")) out.pages = true;
  const shape = inside?.data ?? (["json", "file"].includes(kind) ? schema : undefined);
  if (shape !== undefined) out.shape = narrow(shape, used);
  return out;
}

async function routes() {
  const document = parse(await readFile(contract, "utf8"));
  const used = new Set(["Pagination"]); // which envelopes name
  const found = {};
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS.filter((m) => item[m] !== undefined)) {
      const operation = item[method];
      const status = Object.keys(operation.responses).find((s) => s.startsWith("2"));
      const [[type, { schema }]] = Object.entries(operation.responses[status].content);
      // One route serves two doors: each of its answers is a route of its own here.
      const doors = type === "application/json" && schema.oneOf?.every(envelope);
      for (const choice of doors ? schema.oneOf : [schema]) {
        const made = route(method, path, operation, type, choice, status, used);
        const id = found[operation.operationId] === undefined ? operation.operationId : `${operation.operationId}Hybrid`;
        found[id] = made;
      }
    }
  }
  const schemas = {};
  for (let open = [...used]; open.length > 0; open = [...used].filter((name) => schemas[name] === undefined)) {
    for (const name of open) schemas[name] = narrow(document.components.schemas[name], used);
  }
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  const rows = (table) => Object.entries(table).map(([name, row]) => `  ${name}: ${JSON.stringify(row)},\n`).join("");
  return `${head}import type { Route, Shape } from "./shape.js";\n\n` +
    `export const routes = {\n${rows(found)}} as const satisfies Record<string, Route>;\n\n` +
    `export const shapes: Readonly<Record<string, Shape>> = {\n${rows(sorted)}};\n`;
}

let stale = 0;
for (const [name, made] of [["api.gen.ts", await types()], ["routes.gen.ts", await routes()]]) {
  const file = new URL(`../src/${name}`, import.meta.url);
  if (process.argv[2] !== "--check") {
    await writeFile(file, made);
  } else if ((await readFile(file, "utf8").catch(() => "")) !== made) {
    console.error(`src/${name} is not what protocol/openapi.yaml says: node tools/generate.mjs`);
    stale = 1;
  }
}
process.exit(stale);
