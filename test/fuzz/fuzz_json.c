/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON door: what it accepts has one canonical text, which it reads back to itself, whatever is asked of it. */
#include <stdlib.h>

#include "core/json.h"

#define ROOM (1u << 16)
/* Escapes make a text longer: one byte of a string is at most the six of \u001f. */
#define CANONICAL_ROOM (8 * ROOM)

/* Every question that a reader can ask of a member, on a copy each, because the first error stays. */
static void ask(cs_jval root, cs_buf *out)
{
    static const char *const names[] = {"a", "b", "n", "s", "o", "x", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cs_fault fault;
        cs_jobj o = cs_jobj_open(root), p = o, q = o;
        bool there = cs_jobj_has(&o, names[i]);
        int64_t n = cs_jobj_int_or(&o, names[i], -5, 5, 7);
        if (o.err == CS_OK && (n < -5 || n > 5) && (n != 7 || there))
            abort();
        cs_slice s = cs_jobj_str(&p, names[i], 16);
        if (s.n > 16 || (p.err == CS_OK) != (s.p != NULL))
            abort();
        cs_buf_clear(out);
        if (cs_jobj_base64_opt(&q, names[i], 12, out) != (q.err == CS_OK && there) || out->n > 12)
            abort();
        if (cs_jobj_done(&p) == CS_OK && p.err != CS_OK)
            abort();
        if (cs_jobj_fault(&q, "outer", &fault) != q.err || fault.err != q.err)
            abort();
    }
}

/* The text of a member is in the document, and a value like the one that it stands for. */
static void ask_source(cs_jval root, cs_slice text)
{
    static const char *const names[] = {"a", "b", "n", "s", "o", "x", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cs_jobj o = cs_jobj_open(root), p = o;
        cs_json *value = NULL;
        cs_slice source = cs_jobj_source(&o, names[i], text);
        if ((source.p != NULL) != (o.err == CS_OK && cs_jobj_has(&p, names[i])))
            abort();
        if (source.p != NULL && (source.n == 0 || source.p < text.p || source.p + source.n > text.p + text.n ||
                                 cs_json_parse(&value, source, ROOM) != CS_OK))
            abort();
        cs_json_free(value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_json *doc = NULL, *twin = NULL;
    cs_buf one = cs_buf_new(CANONICAL_ROOM), two = cs_buf_new(CANONICAL_ROOM);
    cs_err err = cs_json_parse(&doc, cs_slice_of(data, size), ROOM);
    if ((err == CS_OK) != (doc != NULL) || (size > ROOM && err != CS_TOO_LARGE))
        abort();
    if (err == CS_OK) {
        ask(cs_json_root(doc), &one);
        ask_source(cs_json_root(doc), cs_slice_of(data, size));
        cs_buf_clear(&one);
        err = cs_json_canonical(&one, cs_json_root(doc));
        if (err != CS_OK && err != CS_BAD_FIELD)
            abort();
    }
    if (err == CS_OK) {
        if (cs_json_parse(&twin, cs_buf_slice(&one), CANONICAL_ROOM) != CS_OK ||
            cs_json_canonical(&two, cs_json_root(twin)) != CS_OK ||
            !cs_slice_eq(cs_buf_slice(&one), cs_buf_slice(&two)))
            abort();
    }
    cs_json_free(twin);
    cs_json_free(doc);
    cs_buf_free(&one);
    cs_buf_free(&two);
    return 0;
}
