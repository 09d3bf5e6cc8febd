/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed notes, checkpoints and verifier keys. A checkpoint that is accepted writes back to the same text, a verifier
 * key to the same bytes; nothing verifies under keys that nobody has.
 */
#include <stdlib.h>

#include "core/checkpoint.h"

static void read_checkpoint(cs_slice text)
{
    cs_checkpoint c;
    cs_buf again = cs_buf_new(CS_MAX_NOTE);
    if (cs_checkpoint_parse(&c, text) == CS_OK &&
        (cs_checkpoint_write(&again, &c) != CS_OK || !cs_slice_eq(cs_buf_slice(&again), text)))
        abort();
    cs_buf_free(&again);
}

static void read_note(cs_slice input)
{
    cs_note note;
    if (cs_note_parse(&note, input) != CS_OK)
        return;
    if (note.count == 0 || note.count > CS_MAX_NOTE_SIGNATURES || note.text.n >= input.n)
        abort();
    read_checkpoint(note.text);
    /* Each line's own name and id, over a key that signed nothing: known, and wrong. */
    for (size_t i = 0; i < note.count; i++) {
        static const uint8_t seed[32] = {7};
        uint8_t public_key[32];
        cs_buf bytes = CS_BUF_OVER(public_key);
        cs_key *key;
        cs_vkey pinned;
        cs_note_signer signer;
        if (cs_key_open_private(&key, CS_ED25519, CS_ARRAY(seed)) != CS_OK)
            return;
        cs_key_public(&bytes, key);
        cs_key_free(key);
        if (cs_vkey_make(&pinned, note.line[i].name, i % 2 == 0 ? CS_NOTE_ED25519 : CS_NOTE_COSIG_ED25519,
                         CS_ARRAY(public_key)) != CS_OK)
            abort();
        pinned.id = note.line[i].id;
        if (cs_note_verify(&signer, &note, &pinned, 1) == CS_OK || signer.verified)
            abort();
    }
}

static void read_vkey(cs_slice input)
{
    cs_vkey key;
    cs_buf again = cs_buf_new(CS_MAX_VKEY);
    if (cs_vkey_parse(&key, input) == CS_OK) {
        cs_vkey_write(&again, &key);
        if (!cs_slice_eq(cs_buf_slice(&again), input))
            abort();
    }
    cs_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice input = cs_slice_of(data, size);
    read_note(input);
    read_checkpoint(input);
    read_vkey(input);
    return 0;
}
