// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints: the text of a note that states the size and the root of a log (C2SP tlog-checkpoint), and who must have
// signed it.

import { fromBase64 } from "./bytes.js";
import { Refusal, refuseIf } from "./errors.js";
import { isNoteName, type Note, type Signer, signersOf, type VerifierKey } from "./note.js";

export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
}

const MAX_SIZE = 1n << 63n;

/** Exactly three lines. NOTE_FORMAT. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", size = "", base64 = "", ...rest] = text.split("\n");
  const root = fromBase64(base64);
  const isGood = rest.length === 1 && rest[0] === "" && isNoteName(origin) && /^(?:0|[1-9][0-9]{0,18})$/.test(size);
  if (!isGood || root?.length !== 32 || BigInt(size) >= MAX_SIZE) throw new Refusal("NOTE_FORMAT");
  return { origin, size: BigInt(size), root };
}

/**
 * Whether its own log signed a checkpoint: of every type among the pinned keys one has, none has a line that fails, and
 * they are named as the origin. NOTE_SIGNATURE, NOTE_UNSIGNED, NOTE_ORIGIN.
 */
export function checkLog(note: Note, checkpoint: Checkpoint, keys: readonly VerifierKey[]): readonly Signer[] {
  const signers = signersOf(note, keys);
  const hasSigned = (type: number) => signers.some((signer) => signer.key.type === type);
  refuseIf(keys.length === 0 || !keys.every((key) => hasSigned(key.type)), "NOTE_UNSIGNED");
  refuseIf(signers.some((signer) => signer.key.name !== checkpoint.origin), "NOTE_ORIGIN");
  return signers;
}
