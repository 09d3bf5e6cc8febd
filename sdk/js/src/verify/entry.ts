// SPDX-License-Identifier: Apache-2.0
//
// Entries of a ledger (protocol/ledger.md §1): canonical bytes that are fixed when they are appended.

import { fromUtf8, utf8 } from "./bytes.js";
import { canonicalJson, isObject, type JsonObject, parseJson } from "./json.js";

const MAX_ENTRY = 65535;
const MEMBERS = 7;

export interface Entry {
  readonly seq: number;
  readonly time: string;
  /** Milliseconds since 1970. */
  readonly milliseconds: number;
  readonly eventType: string;
  readonly actorId: string;
  readonly subjectId: string;
  /** Hex. */
  readonly prev: string;
  readonly data: JsonObject;
}

/** RFC 3339 UTC with milliseconds, years 1970 to 9999, in milliseconds. */
export function parseTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  const isSame = milliseconds >= 0 && new Date(milliseconds).toISOString() === text;
  return isSame ? milliseconds : undefined;
}

/** Undefined unless the bytes are exactly those of an entry. */
export function parseEntry(input: Uint8Array | string): Entry | undefined {
  const text = typeof input === "string" ? input : fromUtf8(input);
  if (text === undefined || utf8(text).length > MAX_ENTRY) return undefined;
  const object = parseJson(text);
  if (!isObject(object) || object.size !== MEMBERS || canonicalJson(object) !== text) return undefined;
  const [actorId, data, eventType] = ["actorId", "data", "eventType"].map((name) => object.get(name));
  const [prev, seq, subjectId, time] = ["prev", "seq", "subjectId", "time"].map((name) => object.get(name));
  const milliseconds = typeof time === "string" ? parseTime(time) : undefined;
  if (typeof actorId !== "string" || actorId === "" || typeof eventType !== "string" || eventType === "") return undefined;
  if (typeof subjectId !== "string" || typeof prev !== "string" || !/^[0-9a-f]{64}$/.test(prev)) return undefined;
  if (typeof seq !== "number" || seq < 0 || !isObject(data) || milliseconds === undefined) return undefined;
  return { seq, time: time as string, milliseconds, eventType, actorId, subjectId, prev, data };
}
