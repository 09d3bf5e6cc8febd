// SPDX-License-Identifier: Apache-2.0
//
// An independent implementation judges signed notes: the checkpoints of our ledgers under the verifier keys of log and
// witnesses, in Ed25519 and ML-DSA-44 [C2SP signed-note, tlog-cosignature].
//
// usage: node notes.mjs FOLDER...
//   FOLDER  ledger.jsonl, kept.checkpoint, *.vkey

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";

const failures = [];
let count = 0;

function judge(name, holds) {
  count++;
  if (!holds) failures.push(name);
}

const utf8 = new TextEncoder();
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const hex = (b) => Buffer.from(b).toString("hex");
const concat = (...parts) => Uint8Array.from(parts.flatMap((p) => [...p]));

function u64(n) {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(n));
  return out;
}

/** `name+id+base64(type ‖ key)`; the id must follow from the rest. */
function readKey(text) {
  const [name, id] = text.split("+", 2);
  const all = bytes(text.slice(name.length + id.length + 2));
  const computed = hex(sha256(concat(utf8.encode(`${name}\n`), all)).subarray(0, 4));
  judge(`id of ${name}, type ${all[0]}`, computed === id);
  return { name, id, type: all[0], key: all.subarray(1) };
}

function readNote(text) {
  const at = text.lastIndexOf("\n\n");
  const lines = text.slice(at + 2).split("\n").slice(0, -1).map((line) => {
    const [, name, signature] = /^\u2014 (\S+) (\S+)$/.exec(line);
    return { name, id: hex(bytes(signature).subarray(0, 4)), blob: bytes(signature).subarray(4) };
  });
  return { text: text.slice(0, at + 1), lines };
}

function withLength(text) {
  const b = utf8.encode(text);
  return concat([b.length], b);
}

/** What a key of this type signs, and where the signature is in the line. */
function verifyLine(key, text, blob) {
  const [origin, size, root] = text.split("\n");
  const time = blob.length > 64 ? new DataView(blob.buffer, blob.byteOffset).getBigUint64(0) : 0n;
  if (key.type === 1) return ed25519.verify(blob, utf8.encode(text), key.key);
  const signature = blob.subarray(8);
  if (key.type === 4) return ed25519.verify(signature, utf8.encode(`cosignature/v1\ntime ${time}\n${text}`), key.key);
  const message = concat(utf8.encode("subtree/v1\n\0"), withLength(key.name), u64(time), withLength(origin), u64(0),
    u64(size), bytes(root));
  return ml_dsa44.verify(signature, message, key.key);
}

function tryLine(key, text, blob) {
  try {
    return verifyLine(key, text, blob);
  } catch {
    return false;
  }
}

function judgeNote(what, text, keys) {
  const note = readNote(text);
  const [origin, size, root] = note.text.split("\n");
  for (const key of keys) {
    const line = note.lines.find((l) => l.name === key.name && l.id === key.id);
    const name = `${what}, ${key.name}, type ${key.type}`;
    judge(name, line !== undefined && tryLine(key, note.text, line.blob));
    if (line === undefined) continue;
    judge(`${name}, another size`, !tryLine(key, `${origin}\n${Number(size) + 1}\n${root}\n`, line.blob));
    judge(`${name}, another origin`, !tryLine(key, `${origin}x\n${size}\n${root}\n`, line.blob));
    for (const at of [0, 8, line.blob.length - 1]) {
      if (at < 8 && key.type === 1) continue;
      const changed = Uint8Array.from(line.blob);
      changed[at] ^= 1;
      judge(`${name}, byte ${at}`, !tryLine(key, note.text, changed));
    }
  }
}

for (const folder of process.argv.slice(2)) {
  const keys = readdirSync(folder).filter((f) => f.endsWith(".vkey"))
    .map((f) => readKey(readFileSync(join(folder, f), "utf8").trim()));
  const types = new Set(keys.map((k) => k.type));
  judge(`${folder}: Ed25519 and ML-DSA-44`, types.has(1) && types.has(6));
  const notes = readFileSync(join(folder, "ledger.jsonl"), "utf8").split("\n")
    .filter((line) => line.startsWith('{"checkpoint":')).map((line) => JSON.parse(line).checkpoint);
  judge(`${folder}: there are checkpoints`, notes.length > 0);
  notes.forEach((note, i) => judgeNote(`checkpoint ${i}`, note, keys));
}
for (const failure of failures) console.error(`not as expected: ${failure}`);
console.log(`noble: ${count - failures.length} of ${count} as expected`);
process.exitCode = failures.length > 0 || count === 0 ? 1 : 0;
