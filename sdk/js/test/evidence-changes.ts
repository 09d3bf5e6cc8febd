// SPDX-License-Identifier: Apache-2.0
//
// Changes of evidence and policies at random: of bytes anywhere, and of what is inside the wrappings (base64, base64url,
// PEM, JSON), where changes of the bytes outside would rarely reach.

import type { Random } from "./mutate.js";

// -- bytes ---------------------------------------------------------------------------------------------------------

type Change = (bytes: Buffer, random: Random) => Buffer;

const flipBit: Change = (bytes, random) => {
  const changed = Buffer.from(bytes);
  const at = random.below(bytes.length);
  changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  return changed;
};

const setByte: Change = (bytes, random) => {
  const changed = Buffer.from(bytes);
  changed[random.below(bytes.length)] = random.pick([0, 1, 0x20, 0x30, 0x7f, 0x80, 0xff, random.below(256)]);
  return changed;
};

const cut: Change = (bytes, random) => bytes.subarray(0, random.below(bytes.length));

const remove: Change = (bytes, random) => {
  const at = random.below(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]);
};

const insert: Change = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  const more = Buffer.from(Array.from({ length: 1 + random.below(4) }, () => random.pick([0, 10, 0x20, 0x30, 0xff, random.below(256)])));
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
};

const swap: Change = (bytes, random) => {
  const n = 1 + random.below(Math.max(1, Math.min(64, bytes.length >> 2)));
  const [a, b] = [random.below(Math.max(1, bytes.length - n)), random.below(Math.max(1, bytes.length - n))];
  const changed = Buffer.from(bytes);
  bytes.copy(changed, a, b, b + n);
  bytes.copy(changed, b, a, a + n);
  return changed;
};

const CHANGES: readonly Change[] = [flipBit, flipBit, flipBit, setByte, cut, remove, insert, swap];

export function changeBytes(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return Buffer.of(random.below(256));
  return random.pick(CHANGES)(bytes, random);
}

// -- JSON ----------------------------------------------------------------------------------------------------------

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const STRANGE: readonly Json[] = [null, true, false, 0, 1, -1, 4, 59, 86401, 2 ** 53, 1.5, "", "0", "sha256:", "\u0000", "ä", [], {}, [null]];

function changeString(text: string, random: Random): Json {
  if (random.below(8) < 1) return random.pick(STRANGE);
  const encodings = [
    ["base64", /^[A-Za-z0-9+/]{8,}={0,2}$/],
    ["base64url", /^[A-Za-z0-9_-]{8,}$/],
    ["hex", /^[0-9a-f]{8,}$/],
  ] as const;
  const fit = encodings.filter(([, pattern]) => pattern.test(text)).map(([name]) => name);
  if (fit.length > 0 && random.below(4) < 3) {
    const encoding = random.pick(fit);
    return changeBytes(Buffer.from(text, encoding), random).toString(encoding);
  }
  if (text.split(".").length === 3 && random.below(4) < 3) return changeToken(Buffer.from(text), random).toString("latin1");
  if (text.startsWith("-----BEGIN") && random.below(4) < 3) return changePem(Buffer.from(text), random).toString("latin1");
  return changeBytes(Buffer.from(text), random).toString("latin1");
}

function changeNumber(value: number, random: Random): Json {
  return random.below(4) < 3 ? value + random.pick([-1, 1, 60, 61, -60, -61, 3600, 1_000_000]) : random.pick(STRANGE);
}

function changeArray(items: Json[], random: Random): Json {
  const at = random.below(items.length);
  const copy = [...items];
  switch (random.below(6)) {
    case 0:
      return copy.filter((_, i) => i !== at);
    case 1:
      return [...copy, ...copy.slice(at, at + 1)];
    case 2:
      return copy.reverse();
    case 3:
      return [...copy, random.pick(STRANGE)];
    default:
      if (copy.length > 0) copy[at] = changeJson(copy[at] as Json, random);
      return copy;
  }
}

function changeObject(object: { [name: string]: Json }, random: Random): Json {
  const entries = Object.entries(object);
  const at = random.below(entries.length);
  const [name, value] = entries[at] ?? ["x", null];
  switch (random.below(8)) {
    case 0:
      return Object.fromEntries(entries.filter((_, i) => i !== at));
    case 1:
      return { ...object, [random.pick(["x", "alg", "crit", "typ", "x5c", "nonce", "0", "23", "32"])]: random.pick(STRANGE) };
    case 2: {
      const [other, otherValue] = random.pick(entries.length > 0 ? entries : [["x", null] as const]);
      return { ...object, [name]: otherValue, [other]: value };
    }
    default:
      return entries.length === 0 ? object : { ...object, [name]: changeJson(value, random) };
  }
}

export function changeJson(value: Json, random: Random): Json {
  if (random.below(40) < 1) return random.pick(STRANGE);
  if (typeof value === "string") return changeString(value, random);
  if (typeof value === "number") return changeNumber(value, random);
  if (Array.isArray(value)) return changeArray(value, random);
  if (typeof value === "object" && value !== null) return changeObject(value, random);
  return random.pick(STRANGE);
}

export function changeJsonText(text: Buffer, random: Random): Buffer {
  return Buffer.from(JSON.stringify(changeJson(JSON.parse(text.toString("utf8")) as Json, random)));
}

// -- wrappings -----------------------------------------------------------------------------------------------------

/** A part of a token: its bytes, or what the JSON in it says. */
export function changeToken(token: Buffer, random: Random): Buffer {
  const parts = token.toString("latin1").split(".");
  const at = random.below(parts.length);
  const part = Buffer.from(parts[at] ?? "", "base64url");
  const changed = at < 2 && random.below(4) < 3 ? changeJsonText(part, random) : changeBytes(part, random);
  parts[at] = changed.toString("base64url");
  return Buffer.from(parts.join("."));
}

const PEM = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g;

/** The DER of one certificate in a PEM text, or the text around it. Longer lines than a quote has room for are cut. */
export function changePem(text: Buffer, random: Random): Buffer {
  const whole = text.toString("latin1");
  const blocks = [...whole.matchAll(PEM)];
  if (blocks.length === 0 || random.below(6) < 1) return changeBytes(text, random);
  const block = random.pick(blocks);
  const der = changeBytes(Buffer.from((block[1] ?? "").replace(/\s/g, ""), "base64"), random);
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  const body = `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----`;
  return Buffer.from(whole.slice(0, block.index) + body + whole.slice(block.index + block[0].length), "latin1");
}

/** One bit of a certificate inside a text that holds PEM, of the same length afterwards: quotes count their bytes. */
function changePemInPlace(bytes: Buffer, random: Random): Buffer {
  const whole = bytes.toString("latin1");
  const blocks = [...whole.matchAll(PEM)];
  if (blocks.length === 0) return changeBytes(bytes, random);
  const block = random.pick(blocks);
  const text = block[1] ?? "";
  const der = flipBit(Buffer.from(text.replace(/\s/g, ""), "base64"), random).toString("base64");
  let at = 0;
  const body = text.replace(/[A-Za-z0-9+/=]/g, () => der[at++] ?? "=");
  const start = block.index + "-----BEGIN CERTIFICATE-----".length;
  return Buffer.from(whole.slice(0, start) + body + whole.slice(start + text.length), "latin1");
}

/** Evidence of any vendor, changed once. */
export function changeEvidence(bytes: Buffer, random: Random): Buffer {
  if (random.below(6) < 1) return changeBytes(bytes, random);
  const first = bytes.subarray(0, 1).toString("latin1");
  if (first === "{") return changeJsonText(bytes, random);
  if (first === "e" && bytes.toString("latin1").split(".").length === 3) return changeToken(bytes, random);
  if (bytes.includes("-----BEGIN") && random.below(2) < 1) return changePemInPlace(bytes, random);
  return changeBytes(bytes, random);
}
