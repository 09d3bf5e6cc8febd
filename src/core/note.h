/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed notes and verifier keys [C2SP signed-note], with the signatures that checkpoints carry: Ed25519 over the text,
 * and the time-stamped cosignatures of logs and witnesses in Ed25519 and ML-DSA-44 [C2SP tlog-cosignature].
 *
 * A note is its text, an empty line and one signature line a key:
 *     — <name> base64(u32be key id ‖ signature)
 * Decides what is signed for each type and which signatures count. Signatures of keys that nobody pinned are read over;
 * one of a pinned key that does not verify refuses the whole note. Whether the right keys signed is for the caller.
 */
#ifndef CS_CORE_NOTE_H
#define CS_CORE_NOTE_H

#include "core/crypto.h"
#include "core/limits.h"

#define CS_VKEY_PUBLIC_MAX 1312
/* Text of the longest verifier key: name, "+", 8 hex digits, "+", base64 of type and key. */
#define CS_MAX_VKEY (CS_MAX_NOTE_NAME + 10 + 1752)

typedef enum cs_note_type {
    CS_NOTE_ED25519 = 1,       /* over the text */
    CS_NOTE_COSIG_ED25519 = 4, /* over "cosignature/v1", time and text */
    CS_NOTE_MLDSA44 = 6        /* over name, time, origin, size and root of the checkpoint; also how a log signs */
} cs_note_type;

/* Non-empty UTF-8 of at most 255 bytes without white space, "+" and control characters. */
bool cs_note_name_ok(cs_slice name);

/* Whose signatures count: a name, a type, a public key. Holds no pointers. */
typedef struct cs_vkey {
    char name[CS_MAX_NOTE_NAME + 1];
    cs_note_type type;
    uint32_t id; /* first four bytes of SHA-256(name ‖ 0A ‖ type ‖ public key) */
    size_t public_len;
    uint8_t public_key[CS_VKEY_PUBLIC_MAX];
} cs_vkey;

/* From its parts: 32 bytes for the Ed25519 types, 1312 for ML-DSA-44. CS_BAD_VKEY. */
CS_MUST_CHECK cs_err cs_vkey_make(cs_vkey *out, cs_slice name, cs_note_type type, cs_slice public_key);
/* Reads `name+<8 hex digits>+base64(type ‖ public key)`; the id must be the right one. CS_BAD_VKEY. */
CS_MUST_CHECK cs_err cs_vkey_parse(cs_vkey *out, cs_slice text);
/* Appends that text. */
void cs_vkey_write(cs_buf *out, const cs_vkey *k);

/* One signature line; borrowed from the note. */
typedef struct cs_note_line {
    cs_slice name;
    uint32_t id;
    cs_slice base64; /* of the key id and the signature */
} cs_note_line;

/* A parsed note; borrows from the text it was parsed from. Nothing of it is to be believed before it verified. */
typedef struct cs_note {
    cs_slice text; /* what is signed: up to and with its last newline */
    size_t count;
    cs_note_line line[CS_MAX_NOTE_SIGNATURES];
} cs_note;

/* Reads a note strictly: UTF-8, no control character but newline, 1 to 32 signature lines, names as above, canonical
 * base64, nothing behind the last newline. CS_NOTE_FORMAT, CS_NO_MEMORY; *out is empty then. */
CS_MUST_CHECK cs_err cs_note_parse(cs_note *out, cs_slice bytes);

/* What was found for one pinned key. */
typedef struct cs_note_signer {
    bool verified;
    int64_t time; /* seconds of its cosignature, the earliest if there are several; 0: it makes no statement on time */
} cs_note_signer;

/*
 * Verifies the signatures of the `n` pinned keys. signers[n] tells which of them signed. CS_OK: at least one did, and
 * no signature line of any of them failed. CS_NOTE_UNSIGNED: none signed. CS_NOTE_SIGNATURE: a line of one of them does
 * not verify; then signers is all false. CS_NOTE_FORMAT: signed by a type that signs checkpoints, and the text is none.
 */
CS_MUST_CHECK cs_err cs_note_verify(cs_note_signer *signers, const cs_note *note, const cs_vkey *keys, size_t n);

/* Appends text and empty line: a note that lacks its signature lines. CS_BAD_FIELD if the text cannot be that of a
 * note (it ends with a newline). */
CS_MUST_CHECK cs_err cs_note_begin(cs_buf *note, cs_slice text);

/* Appends the signature line of `key` (private) over `text` under `name`. `time` is in seconds since 1970; 0 for type
 * Ed25519 and where ML-DSA-44 makes no statement on time, at least 1 for an Ed25519 cosignature. CS_BAD_FIELD for a
 * name, time or key that the type does not take, CS_NOTE_FORMAT if the type signs checkpoints and the text is none. */
CS_MUST_CHECK cs_err cs_note_sign(cs_buf *note, cs_slice text, cs_slice name, cs_note_type type, const cs_key *key,
                                  int64_t time);

#endif
