// SPDX-License-Identifier: Apache-2.0
//
// Signed notes and verifier keys (protocol/ledger.md, "Notes and checkpoints"; C2SP signed-note, tlog-cosignature).

import { sha256 } from "@noble/hashes/sha2.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";

import { concat, equal, fromBase64, fromHex, fromUtf8, u64, utf8 } from "./bytes.js";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.js";
import { ED25519 } from "./eddsa.js";
import { CountersignError, Refusal, refuseIf } from "./errors.js";

const MAX_NOTE = 64 * 1024;
const MAX_LINES = 32;
export const MAX_VKEYS = 16;
const LINE = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/u;
const CONTROL = /[\0-\x09\x0b-\x1f]/;

/** 01 Ed25519 over the text; 04 an Ed25519 cosignature; 06 ML-DSA-44, of a log or a witness. */
export type NoteType = 1 | 4 | 6;

export interface VerifierKey {
  readonly name: string;
  readonly type: NoteType;
  /** Four bytes. */
  readonly id: Uint8Array;
  readonly publicKey: Uint8Array;
}

interface SignatureLine {
  readonly name: string;
  readonly id: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Note {
  /** What is signed, up to and with its last newline. */
  readonly text: string;
  readonly lines: readonly SignatureLine[];
}

export function isNoteName(name: string): boolean {
  const length = utf8(name).length;
  return length >= 1 && length <= 255 && !/[\p{White_Space}+]/u.test(name) && !/[\0-\x1f]/.test(name);
}

const PUBLIC_LENGTHS: Readonly<Record<number, number>> = { 1: 32, 4: 32, 6: 1312 };

/** Reads `name+<8 hex digits>+base64(type ‖ public key)`. Throws BAD_VKEY. */
export function readVerifierKey(text: string): VerifierKey {
  const bad = () => new CountersignError("BAD_VKEY", "this is no verifier key");
  const [name, digits, ...rest] = text.split("+");
  const id = digits === undefined ? undefined : fromHex(digits);
  const content = fromBase64(rest.join("+"));
  if (name === undefined || !isNoteName(name) || id?.length !== 4 || !content?.length) throw bad();
  const type = content[0] as NoteType;
  const expected = sha256(concat(utf8(`${name}\n`), content)).subarray(0, 4);
  if (content.length - 1 !== PUBLIC_LENGTHS[type] || !equal(id, expected)) throw bad();
  return { name, type, id, publicKey: content.subarray(1) };
}

function readLine(line: string): SignatureLine {
  const [, name, base64] = LINE.exec(line) ?? [];
  const blob = base64 === undefined ? undefined : fromBase64(base64);
  if (name === undefined || !isNoteName(name) || blob === undefined || blob.length < 5) throw new Refusal("NOTE_FORMAT");
  return { name, id: blob.subarray(0, 4), signature: blob.subarray(4) };
}

/** Reads a note strictly. Nothing of it is to be believed before it verified. */
export function parseNote(input: Uint8Array | string): Note {
  const text = typeof input === "string" ? input : fromUtf8(input);
  if (text === undefined || utf8(text).length > MAX_NOTE || CONTROL.test(text)) throw new Refusal("NOTE_FORMAT");
  const end = text.lastIndexOf("\n\n");
  refuseIf(end < 0 || !text.endsWith("\n"), "NOTE_FORMAT");
  const lines = text.slice(end + 2, -1).split("\n");
  refuseIf(end + 2 >= text.length || lines.length > MAX_LINES, "NOTE_FORMAT");
  return { text: text.slice(0, end + 1), lines: lines.map(readLine) };
}

const withLength = (text: string) => {
  const bytes = utf8(text);
  return concat(Uint8Array.of(bytes.length), bytes);
};

/** What a key of type 06 signs: a statement on the whole tree. */
function mldsaMessage(key: VerifierKey, time: bigint, c: Checkpoint): Uint8Array {
  const named = concat(withLength(key.name), u64(time), withLength(c.origin), u64(0), u64(c.size), c.root);
  return concat(utf8("subtree/v1\n\0"), named);
}

/** T of the line, 0 for types and lines that state none; undefined if it does not verify. */
function verifyLine(key: VerifierKey, note: Note, signature: Uint8Array): bigint | undefined {
  if (key.type === 1) return ED25519.verify(key.publicKey, utf8(note.text), signature) ? 0n : undefined;
  const checkpoint = parseCheckpoint(note.text);
  if (signature.length < 8) return undefined;
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  const rest = signature.subarray(8);
  if (key.type === 4) {
    const message = utf8(`cosignature/v1\ntime ${time}\n${note.text}`);
    return time > 0n && ED25519.verify(key.publicKey, message, rest) ? time : undefined;
  }
  if (rest.length !== ml_dsa44.lengths.signature) return undefined;
  return ml_dsa44.verify(rest, mldsaMessage(key, time, checkpoint), key.publicKey) ? time : undefined;
}

/** A key that signed, and the earliest time that it states, in seconds; 0 states none. */
export interface Signer {
  readonly key: VerifierKey;
  readonly time: number;
}

/** Those of the keys that signed. NOTE_SIGNATURE if a line of one of them does not verify. */
export function signersOf(note: Note, keys: readonly VerifierKey[]): readonly Signer[] {
  const signers: Signer[] = [];
  for (const key of keys) {
    const lines = note.lines.filter((line) => line.name === key.name && equal(line.id, key.id));
    const times = lines.map((line) => verifyLine(key, note, line.signature));
    if (times.some((time) => time === undefined)) throw new Refusal("NOTE_SIGNATURE");
    const stated = (times as bigint[]).map(Number);
    if (stated.length > 0) signers.push({ key, time: Math.min(...stated) });
  }
  return signers;
}
