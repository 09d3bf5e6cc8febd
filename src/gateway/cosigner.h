/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cosigners: the witnesses of the operator's choice, as the ledger sees them, and the request that has one cosign a
 * checkpoint [C2SP tlog-witness].
 *
 * A witness is where it takes checkpoints and whose cosignatures count: its pinned verifier keys. Nothing that it
 * answers is kept before it verified under them. The door to libcurl in the gateway.
 */
#ifndef CS_GATEWAY_COSIGNER_H
#define CS_GATEWAY_COSIGNER_H

#include <stdatomic.h>

#include "core/note.h"

#define CS_MAX_COSIGNERS 8
#define CS_MAX_COSIGNER_KEYS 4
#define CS_MAX_COSIGNER_URL 512

typedef struct cs_cosigner {
    char url[CS_MAX_COSIGNER_URL + 1]; /* submission prefix, without a slash at the end */
    size_t key_count;
    cs_vkey keys[CS_MAX_COSIGNER_KEYS];
} cs_cosigner;

typedef struct cs_cosigners {
    size_t n;
    cs_cosigner of[CS_MAX_COSIGNERS];
} cs_cosigners;

/* Adds `URL=VKEY`; a URL that is there already gets one more key. Only keys that cosign (types 04 and 06). CS_CONFIG,
 * logged with the reason. */
CS_MUST_CHECK cs_err cs_cosigner_add(cs_cosigners *list, const char *text);

/* Connections to a witness; of one thread. */
typedef struct cs_cosigner_link cs_cosigner_link;
CS_MUST_CHECK cs_err cs_cosigner_open(cs_cosigner_link **out, const cs_cosigner *w);
void cs_cosigner_close(cs_cosigner_link *l); /* NULL is fine */

/*
 * Asks for cosignatures on `note`, a checkpoint with the signatures of its log: `proof` leads from the witness's last
 * size, `old_size`, to it (concatenated hashes). Appends the verified signature lines to `lines`, several keys' where
 * the witness has several. Ends early when `stop` becomes true.
 * CS_CONFLICT: the witness stands at *its_size. CS_IO: no answer. CS_FORBIDDEN: it refuses; *status says how (HTTP).
 * CS_NOTE_FORMAT, CS_NOTE_UNSIGNED, CS_NOTE_SIGNATURE: it answered something that is no cosignature under its keys.
 */
CS_MUST_CHECK cs_err cs_cosigner_ask(cs_cosigner_link *l, cs_buf *lines, uint64_t *its_size, long *status,
                                     uint64_t old_size, cs_slice proof, cs_slice note, const atomic_bool *stop);

/* Appends a signature line as a note has it. */
void cs_cosigner_write_line(cs_buf *note, const cs_note_line *line);

#endif
