/* SPDX-License-Identifier: Apache-2.0 */
#include "core/note.h"

#include <inttypes.h>
#include <string.h>

#include "core/checkpoint.h"
#include "core/encode.h"
#include "core/utf8.h"

#define EM_DASH "\xe2\x80\x94"
#define KEY_ID_LEN 4
#define TIME_LEN 8
#define MAX_SIGNED (CS_MAX_NOTE + 64) /* a text behind the lines of a cosignature */

/* -- characters -------------------------------------------------------------------------------------------------- */

/* The characters with the Unicode property White_Space. */
static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool is_control(uint32_t c)
{
    return c < 0x20;
}

bool cs_note_name_ok(cs_slice name)
{
    if (name.n == 0 || name.n > CS_MAX_NOTE_NAME)
        return false;
    while (name.n > 0) {
        uint32_t c;
        if (!cs_utf8_take(&c, &name) || is_control(c) || is_space(c) || c == '+')
            return false;
    }
    return true;
}

static bool are_characters(cs_slice text)
{
    while (text.n > 0) {
        uint32_t c;
        if (!cs_utf8_take(&c, &text) || (is_control(c) && c != '\n'))
            return false;
    }
    return true;
}

/* -- verifier keys ----------------------------------------------------------------------------------------------- */

static cs_prim prim_of(cs_note_type type)
{
    switch (type) {
    case CS_NOTE_ED25519:
    case CS_NOTE_COSIG_ED25519:
        return CS_ED25519;
    case CS_NOTE_MLDSA44:
        return CS_MLDSA44;
    }
    return CS_PRIM_NONE;
}

static cs_slice public_of(const cs_vkey *k)
{
    return cs_slice_of(k->public_key, k->public_len);
}

/* Type byte and public key: what a verifier key holds, and what its id is made of. */
static void add_key_bytes(cs_buf *out, const cs_vkey *k)
{
    cs_buf_add_u8(out, (uint8_t)k->type);
    cs_buf_add(out, public_of(k));
}

static cs_err make_id(cs_vkey *k)
{
    uint8_t bytes[CS_MAX_NOTE_NAME + 2 + CS_VKEY_PUBLIC_MAX];
    cs_buf input = CS_BUF_OVER(bytes);
    cs_digest d;
    cs_buf_add_str(&input, k->name);
    cs_buf_add_u8(&input, '\n');
    add_key_bytes(&input, k);
    cs_err err = cs_hash(&d, CS_SHA256, cs_buf_slice(&input));
    cs_reader r = cs_reader_of(cs_digest_slice(&d));
    k->id = cs_read_u32(&r);
    return err;
}

cs_err cs_vkey_make(cs_vkey *out, cs_slice name, cs_note_type type, cs_slice public_key)
{
    cs_key *opened = NULL;
    *out = (cs_vkey){.type = type, .public_len = public_key.n};
    cs_err err = cs_note_name_ok(name) ? cs_slice_to_cstr(out->name, sizeof out->name, name) : CS_BAD_VKEY;
    if (err == CS_OK)
        err = cs_key_open_public(&opened, prim_of(type), public_key);
    if (err == CS_BAD_PUBLIC_KEY)
        err = CS_BAD_VKEY;
    cs_key_free(opened);
    if (err == CS_OK) {
        memcpy(out->public_key, public_key.p, public_key.n);
        err = make_id(out);
    }
    if (err != CS_OK)
        *out = (cs_vkey){.id = 0};
    return err;
}

static bool read_id(uint32_t *id, cs_slice hex)
{
    uint8_t bytes[KEY_ID_LEN];
    cs_buf out = CS_BUF_OVER(bytes);
    if (cs_hex_decode(&out, hex) != CS_OK || out.n != sizeof bytes)
        return false;
    cs_reader r = cs_reader_of(CS_ARRAY(bytes));
    *id = cs_read_u32(&r);
    return true;
}

/* `name+id+key`: no name has a plus, so the first two are the ones that divide; base64 may have more of them. */
static bool split_vkey(cs_slice *name, cs_slice *id, cs_slice *key, cs_slice text)
{
    const uint8_t *plus = text.n > 0 ? memchr(text.p, '+', text.n) : NULL;
    if (plus == NULL)
        return false;
    *name = cs_slice_of(text.p, (size_t)(plus - text.p));
    *id = cs_slice_sub(text, name->n + 1, (size_t)2 * KEY_ID_LEN);
    cs_slice rest = cs_slice_sub(text, name->n + 1 + id->n, text.n);
    if (rest.n == 0 || rest.p[0] != '+')
        return false;
    *key = cs_slice_sub(rest, 1, rest.n);
    return true;
}

cs_err cs_vkey_parse(cs_vkey *out, cs_slice text)
{
    cs_slice name, id_text, key_text;
    uint8_t memory[1 + CS_VKEY_PUBLIC_MAX];
    cs_buf bytes = CS_BUF_OVER(memory);
    uint32_t id;
    *out = (cs_vkey){.id = 0};
    if (!split_vkey(&name, &id_text, &key_text, text) || !read_id(&id, id_text) ||
        cs_base64_decode(&bytes, key_text) != CS_OK || bytes.n == 0)
        return CS_BAD_VKEY;
    cs_slice key = cs_buf_slice(&bytes);
    cs_err err = cs_vkey_make(out, name, (cs_note_type)key.p[0], cs_slice_sub(key, 1, key.n));
    if (err == CS_OK && out->id != id) {
        *out = (cs_vkey){.id = 0};
        err = CS_BAD_VKEY;
    }
    return err;
}

void cs_vkey_write(cs_buf *out, const cs_vkey *k)
{
    uint8_t memory[1 + CS_VKEY_PUBLIC_MAX];
    cs_buf bytes = CS_BUF_OVER(memory);
    add_key_bytes(&bytes, k);
    cs_buf_add_str(out, k->name);
    cs_buf_printf(out, "+%08" PRIx32 "+", k->id);
    cs_base64_encode(out, cs_buf_slice(&bytes));
}

/* -- parsing ----------------------------------------------------------------------------------------------------- */

/* Key id and signature of a line, which must be base64 of more than the id. */
static cs_err decode_line(cs_buf *out, cs_slice base64)
{
    cs_err err = cs_base64_decode(out, base64);
    if (err == CS_BAD_ENCODING || (err == CS_OK && out->n <= KEY_ID_LEN))
        err = CS_NOTE_FORMAT;
    return err;
}

static cs_err parse_line(cs_note_line *out, cs_slice line)
{
    cs_slice dash = CS_LIT(EM_DASH " ");
    if (!cs_slice_starts(line, dash))
        return CS_NOTE_FORMAT;
    cs_slice rest = cs_slice_sub(line, dash.n, line.n);
    const uint8_t *space = rest.n > 0 ? memchr(rest.p, ' ', rest.n) : NULL;
    if (space == NULL)
        return CS_NOTE_FORMAT;
    out->name = cs_slice_of(rest.p, (size_t)(space - rest.p));
    out->base64 = cs_slice_sub(rest, out->name.n + 1, rest.n);
    if (!cs_note_name_ok(out->name))
        return CS_NOTE_FORMAT;
    cs_buf bytes = cs_buf_new(CS_MAX_NOTE);
    cs_err err = decode_line(&bytes, out->base64);
    cs_reader r = cs_reader_of(cs_buf_slice(&bytes));
    out->id = err == CS_OK ? cs_read_u32(&r) : 0;
    cs_buf_free(&bytes);
    return err;
}

/* The text ends where the last empty line begins, its own newline included. */
static bool split_note(cs_slice *text, cs_slice *lines, cs_slice bytes)
{
    for (size_t i = bytes.n; i >= 3; i--) {
        if (bytes.p[i - 1] != '\n' || bytes.p[i - 2] != '\n')
            continue;
        *text = cs_slice_of(bytes.p, i - 1);
        *lines = cs_slice_sub(bytes, i, bytes.n);
        return lines->n > 0 && lines->p[lines->n - 1] == '\n';
    }
    return false;
}

cs_err cs_note_parse(cs_note *out, cs_slice bytes)
{
    cs_slice lines;
    cs_err err = CS_OK;
    *out = (cs_note){.count = 0};
    if (bytes.n > CS_MAX_NOTE || !are_characters(bytes) || !split_note(&out->text, &lines, bytes))
        err = CS_NOTE_FORMAT;
    while (err == CS_OK && lines.n > 0) {
        const uint8_t *end = memchr(lines.p, '\n', lines.n);
        cs_slice line = cs_slice_of(lines.p, end != NULL ? (size_t)(end - lines.p) : lines.n);
        err = out->count < CS_MAX_NOTE_SIGNATURES ? parse_line(&out->line[out->count++], line) : CS_NOTE_FORMAT;
        lines = cs_slice_sub(lines, line.n + 1, lines.n);
    }
    if (err != CS_OK)
        *out = (cs_note){.count = 0};
    return err;
}

/* -- signatures -------------------------------------------------------------------------------------------------- */

static bool is_timed(cs_note_type type)
{
    return type != CS_NOTE_ED25519;
}

/* Appends what a key signs of a text [C2SP signed-note, tlog-cosignature]. */
static cs_err signed_bytes(cs_buf *out, cs_slice text, cs_slice name, cs_note_type type, uint64_t time)
{
    cs_checkpoint c;
    if (type == CS_NOTE_ED25519) {
        cs_buf_add(out, text);
        return out->err;
    }
    cs_err err = cs_checkpoint_parse(&c, text);
    if (err != CS_OK)
        return err;
    if (type == CS_NOTE_COSIG_ED25519) {
        cs_buf_printf(out, "cosignature/v1\ntime %" PRIu64 "\n", time);
        cs_buf_add(out, text);
        return out->err;
    }
    cs_buf_add(out, cs_slice_of("subtree/v1\n", 12)); /* with its NUL */
    cs_buf_add_u8(out, (uint8_t)name.n);
    cs_buf_add(out, name);
    cs_buf_add_u64(out, time);
    cs_buf_add_u8(out, (uint8_t)c.origin.n);
    cs_buf_add(out, c.origin);
    cs_buf_add_u64(out, 0);
    cs_buf_add_u64(out, c.size);
    cs_buf_add(out, CS_ARRAY(c.root));
    return out->err;
}

/* One line of the note under the key it names. */
static cs_err verify_line(int64_t *time, const cs_note *note, const cs_note_line *line, const cs_vkey *k)
{
    cs_buf blob = cs_buf_new(CS_MAX_NOTE), message = cs_buf_new(MAX_SIGNED);
    cs_key *key = NULL;
    uint64_t stamp = 0;
    cs_err err = decode_line(&blob, line->base64);
    cs_reader r = cs_reader_of(cs_buf_slice(&blob));
    (void)cs_read_u32(&r);
    if (is_timed(k->type))
        stamp = cs_read_u64(&r);
    if (err == CS_OK && (r.err != CS_OK || stamp > INT64_MAX))
        err = CS_NOTE_SIGNATURE;
    if (err == CS_OK)
        err = signed_bytes(&message, note->text, cs_slice_str(k->name), k->type, stamp);
    if (err == CS_OK)
        err = cs_key_open_public(&key, prim_of(k->type), public_of(k));
    if (err == CS_OK)
        err = cs_key_verify(key, cs_buf_slice(&message), r.rest, NULL);
    if (err == CS_BAD_SIGNATURE || err == CS_BAD_PUBLIC_KEY)
        err = CS_NOTE_SIGNATURE;
    *time = err == CS_OK ? (int64_t)stamp : 0;
    cs_key_free(key);
    cs_buf_free(&message);
    cs_buf_free(&blob);
    return err;
}

static cs_err verify_key(cs_note_signer *signer, const cs_note *note, const cs_vkey *k)
{
    for (size_t i = 0; i < note->count; i++) {
        const cs_note_line *line = &note->line[i];
        int64_t time;
        if (line->id != k->id || !cs_slice_is(line->name, k->name))
            continue;
        cs_err err = verify_line(&time, note, line, k);
        if (err != CS_OK)
            return err;
        if (time > 0 && (signer->time == 0 || time < signer->time))
            signer->time = time;
        signer->verified = true;
    }
    return CS_OK;
}

cs_err cs_note_verify(cs_note_signer *signers, const cs_note *note, const cs_vkey *keys, size_t n)
{
    cs_err err = CS_OK;
    bool any = false;
    for (size_t i = 0; i < n; i++)
        signers[i] = (cs_note_signer){.time = 0};
    for (size_t i = 0; err == CS_OK && i < n; i++) {
        err = verify_key(&signers[i], note, &keys[i]);
        any = any || signers[i].verified;
    }
    for (size_t i = 0; err != CS_OK && i < n; i++)
        signers[i] = (cs_note_signer){.time = 0};
    return err != CS_OK ? err : any ? CS_OK : CS_NOTE_UNSIGNED;
}

cs_err cs_note_begin(cs_buf *note, cs_slice text)
{
    if (text.n == 0 || text.n > CS_MAX_NOTE || text.p[text.n - 1] != '\n' || !are_characters(text))
        return CS_BAD_FIELD;
    cs_buf_add(note, text);
    cs_buf_add_u8(note, '\n');
    return note->err;
}

static void add_line(cs_buf *note, const cs_vkey *k, cs_slice blob)
{
    cs_buf_add_str(note, EM_DASH " ");
    cs_buf_add_str(note, k->name);
    cs_buf_add_u8(note, ' ');
    cs_base64_encode(note, blob);
    cs_buf_add_u8(note, '\n');
}

/* The verifier key that belongs to a private key, with its id. */
static cs_err vkey_of(cs_vkey *out, cs_slice name, cs_note_type type, const cs_key *key)
{
    uint8_t memory[CS_VKEY_PUBLIC_MAX];
    cs_buf public_key = CS_BUF_OVER(memory);
    if (cs_key_prim(key) != prim_of(type))
        return CS_BAD_FIELD;
    cs_key_public(&public_key, key);
    cs_err err = public_key.err != CS_OK ? public_key.err : cs_vkey_make(out, name, type, cs_buf_slice(&public_key));
    return err == CS_BAD_VKEY ? CS_BAD_FIELD : err;
}

cs_err cs_note_sign(cs_buf *note, cs_slice text, cs_slice name, cs_note_type type, const cs_key *key, int64_t time)
{
    uint8_t memory[KEY_ID_LEN + TIME_LEN + 2420];
    cs_buf blob = CS_BUF_OVER(memory), message = cs_buf_new(MAX_SIGNED);
    cs_vkey k;
    bool time_ok = type == CS_NOTE_ED25519 ? time == 0 : type == CS_NOTE_MLDSA44 ? time >= 0 : time > 0;
    cs_err err = time_ok ? vkey_of(&k, name, type, key) : CS_BAD_FIELD;
    if (err == CS_OK)
        err = signed_bytes(&message, text, name, type, (uint64_t)time);
    if (err == CS_OK) {
        cs_buf_add_u32(&blob, k.id);
        if (is_timed(type))
            cs_buf_add_u64(&blob, (uint64_t)time);
        err = cs_key_sign(&blob, key, cs_buf_slice(&message), NULL);
    }
    if (err == CS_OK) {
        add_line(note, &k, cs_buf_slice(&blob));
        err = note->err;
    }
    cs_buf_free(&message);
    return err;
}
