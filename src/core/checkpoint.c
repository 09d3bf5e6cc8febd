/* SPDX-License-Identifier: Apache-2.0 */
#include "core/checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "core/encode.h"

/* Cuts the next line off `rest`, without its newline. False if there is none, or it is empty. */
static bool take_line(cs_slice *line, cs_slice *rest)
{
    const uint8_t *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    if (end == NULL || end == rest->p)
        return false;
    *line = cs_slice_of(rest->p, (size_t)(end - rest->p));
    *rest = cs_slice_sub(*rest, line->n + 1, rest->n);
    return true;
}

static bool read_size(uint64_t *size, cs_slice text)
{
    if (text.n > 19 || (text.n > 1 && text.p[0] == '0'))
        return false;
    *size = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *size = *size * 10 + (uint64_t)(text.p[i] - '0');
    }
    return *size >> 63 == 0;
}

cs_err cs_checkpoint_parse(cs_checkpoint *out, cs_slice text)
{
    cs_checkpoint c = {.size = 0};
    cs_slice rest = text, size, root_text;
    cs_buf root = CS_BUF_OVER(c.root);
    *out = (cs_checkpoint){.size = 0};
    if (!take_line(&c.origin, &rest) || !take_line(&size, &rest) || !take_line(&root_text, &rest) || rest.n != 0)
        return CS_NOTE_FORMAT;
    if (!cs_note_name_ok(c.origin) || !read_size(&c.size, size) || cs_base64_decode(&root, root_text) != CS_OK ||
        root.n != CS_SHA256_LEN)
        return CS_NOTE_FORMAT;
    *out = c;
    return CS_OK;
}

cs_err cs_checkpoint_write(cs_buf *out, const cs_checkpoint *c)
{
    if (!cs_note_name_ok(c->origin) || c->size >> 63 != 0)
        return CS_BAD_FIELD;
    cs_buf_add(out, c->origin);
    cs_buf_printf(out, "\n%" PRIu64 "\n", c->size);
    cs_base64_encode(out, CS_ARRAY(c->root));
    cs_buf_add_u8(out, '\n');
    return out->err;
}

static bool type_signed(cs_note_type type, const cs_note_signer *signers, const cs_vkey *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (keys[i].type == type && signers[i].verified)
            return true;
    return false;
}

cs_err cs_checkpoint_verify(cs_checkpoint *out, cs_note *note, cs_slice bytes, const cs_vkey *keys, size_t n)
{
    cs_note_signer signers[CS_MAX_VKEYS];
    *out = (cs_checkpoint){.size = 0};
    cs_err err = cs_note_parse(note, bytes);
    if (err == CS_OK)
        err = cs_checkpoint_parse(out, note->text);
    if (err == CS_OK && n > CS_MAX_VKEYS)
        err = CS_TOO_LARGE;
    if (err == CS_OK)
        err = cs_note_verify(signers, note, keys, n);
    for (size_t i = 0; err == CS_OK && i < n; i++) {
        if (!type_signed(keys[i].type, signers, keys, n))
            err = CS_NOTE_UNSIGNED;
        else if (signers[i].verified && !cs_slice_is(out->origin, keys[i].name))
            err = CS_NOTE_ORIGIN;
    }
    return err;
}
