/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A witness [C2SP tlog-witness]: remembers the last checkpoint of each log it is told of, and cosigns the next one only
 * if it is well signed and a proof shows that it contains the last. Who finds its cosignature on a checkpoint knows
 * that there was one history of the log up to then, and a time at which the checkpoint existed.
 *
 * The state is STATE/witness.json, written whole, synced and renamed before a cosignature leaves. The keys, Ed25519 and
 * ML-DSA-44, are STATE/witness-ed25519.key and STATE/witness-mldsa44.key (32 bytes, mode 0600), made at the first
 * start. Keys without their state, or a state without its keys, are refused: a witness that forgot what it signed is
 * none.
 */
#ifndef CS_GATEWAY_WITNESS_H
#define CS_GATEWAY_WITNESS_H

#include "core/note.h"
#include "sys/options.h"

typedef struct cs_witness cs_witness;

/* Opens the state directory, or makes it with fresh keys. `name` is the name of the witness in its cosignatures.
 * CS_CONFIG, with the reason logged: not usable, of another witness process, damaged; CS_BAD_VKEY: no such name. */
CS_MUST_CHECK cs_err cs_witness_open(cs_witness **out, const char *state_dir, const char *name);
void cs_witness_close(cs_witness *w); /* NULL is fine */

/* Takes note of a key of a log: `name+id+key`, the name being the log's origin. Before the first request. A log may
 * have several; of each type that it has, one must have signed. CS_BAD_VKEY, CS_TOO_LARGE (too many). */
CS_MUST_CHECK cs_err cs_witness_add_log(cs_witness *w, cs_slice vkey);

/* Its own keys, to be pinned by others: 0 is the Ed25519 cosignature key, 1 the ML-DSA-44 key. */
#define CS_WITNESS_KEYS 2
const cs_vkey *cs_witness_vkey(const cs_witness *w, size_t i);

/* The answer to an add-checkpoint request. */
typedef struct cs_witness_answer {
    int status;       /* 200, or 400, 403, 404, 409, 422, 500 */
    const char *type; /* of the body, static text */
    cs_buf body;      /* 200: cosignature lines; 409: the size it stands at, where that helps; else a sentence. Freed by
                         the caller */
} cs_witness_answer;

/* Judges the body of an add-checkpoint request: "old N", proof lines, an empty line, the checkpoint. `now` in seconds
 * since 1970. From any thread. */
void cs_witness_add_checkpoint(cs_witness *w, cs_witness_answer *out, cs_slice body, int64_t now);

/* The command `witness`: serves POST /add-checkpoint until SIGTERM. */
#define CS_WITNESS_OPTIONS 10
extern const cs_option cs_witness_options[CS_WITNESS_OPTIONS];
int cs_witness_serve(const cs_args *args);

#endif
