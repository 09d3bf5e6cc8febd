/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: the text of a signed note that states the size and root of a log [C2SP tlog-checkpoint].
 *
 * Three lines: origin, size in decimal, base64 of the root. Extension lines are refused: ML-DSA cosignatures do not
 * cover them. Who signed the text is for note.h.
 */
#ifndef CS_CORE_CHECKPOINT_H
#define CS_CORE_CHECKPOINT_H

#include "core/note.h"

typedef struct cs_checkpoint {
    cs_slice origin; /* borrowed from the text */
    uint64_t size;   /* leaves, below 2^63 */
    uint8_t root[CS_SHA256_LEN];
} cs_checkpoint;

/* Reads the text (each of its three lines with its newline, nothing behind them). CS_NOTE_FORMAT. */
CS_MUST_CHECK cs_err cs_checkpoint_parse(cs_checkpoint *out, cs_slice text);

/* Appends the text. CS_BAD_FIELD for an origin that is no key name (note.h) or a size of 2^63 or more. */
CS_MUST_CHECK cs_err cs_checkpoint_write(cs_buf *out, const cs_checkpoint *c);

/*
 * Reads a signed checkpoint and verifies that its own log signed it: a signature of every type among the `n` pinned
 * keys of the log is there (who pins both halves of a hybrid log gets both), none fails, and the keys are named as the
 * origin. The last matters: one enclave signs for several logs, and an Ed25519 signature does not cover the name on its
 * line. CS_NOTE_FORMAT, CS_NOTE_UNSIGNED (also if n is 0), CS_NOTE_SIGNATURE, CS_NOTE_ORIGIN, CS_TOO_LARGE above
 * CS_MAX_VKEYS keys. `note` and `out` are filled if the text was well formed, whatever was returned.
 */
CS_MUST_CHECK cs_err cs_checkpoint_verify(cs_checkpoint *out, cs_note *note, cs_slice bytes, const cs_vkey *keys,
                                          size_t n);

#endif
