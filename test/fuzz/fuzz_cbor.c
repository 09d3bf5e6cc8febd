/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/nitro */
/*
 * CBOR: what is accepted is walked item by item, and written again it means the same; the second writing is the first
 * one, byte for byte. The first byte of the input is part of it.
 */
#include <stdlib.h>

#include "core/cbor.h"

#define MAX_INPUT (64u << 10)

/* Definite lengths, shortest heads. */
static void write_again(cs_buf *out, cs_cval v)
{
    uint64_t u = 0;
    int64_t i = 0;
    bool b = false;
    cs_cbor_type type = cs_cval_type(v);
    switch (type) {
    case CS_CBOR_UINT:
        (void)cs_cval_uint(&u, v);
        cs_cborw_uint(out, u);
        return;
    case CS_CBOR_NINT:
        if (cs_cval_int(&i, v))
            cs_cborw_int(out, i);
        else
            cs_buf_add(out, cs_cval_encoded(v));
        return;
    case CS_CBOR_BYTES:
        cs_cborw_bytes(out, cs_cval_bytes(v));
        return;
    case CS_CBOR_TEXT:
        cs_buf_add(out, cs_cval_encoded(v));
        return;
    case CS_CBOR_BOOL:
        (void)cs_cval_bool(&b, v);
        cs_cborw_bool(out, b);
        return;
    case CS_CBOR_NULL:
        cs_cborw_null(out);
        return;
    default:
        break;
    }
    if (type == CS_CBOR_MAP)
        cs_cborw_map(out, cs_cval_count(v));
    else
        cs_cborw_array(out, cs_cval_count(v));
    for (cs_cval x = cs_cval_first(v); x.doc != NULL; x = cs_cval_next(x))
        write_again(out, x);
}

static void read_by_name(cs_cval root)
{
    cs_cmap m = cs_cmap_open(root);
    (void)cs_cmap_text(&m, "module_id", 1, 64);
    (void)cs_cmap_bytes_or_null(&m, "nonce", 0, 64);
    (void)cs_cmap_uint(&m, "timestamp", 1, INT64_MAX);
    (void)cs_cmap_array(&m, "cabundle");
    (void)cs_cmap_find_int(&m, 1);
    if (cs_cmap_done(&m) == CS_OK && cs_cval_count(root) != 4 && cs_cval_count(root) != 5)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_cbor *doc = NULL, *again = NULL;
    cs_slice input = cs_slice_of(data, size);
    if (size > MAX_INPUT || cs_cbor_parse(&doc, input, MAX_INPUT) != CS_OK) {
        if (doc != NULL)
            abort();
        return 0;
    }
    cs_cval root = cs_cbor_root(doc);
    if (!cs_slice_eq(cs_cval_encoded(root), input))
        abort();
    read_by_name(root);
    cs_buf first = cs_buf_new(2 * MAX_INPUT), second = cs_buf_new(2 * MAX_INPUT);
    write_again(&first, root);
    if (first.err != CS_OK || cs_cbor_parse(&again, cs_buf_slice(&first), 2 * MAX_INPUT) != CS_OK)
        abort();
    write_again(&second, cs_cbor_root(again));
    if (!cs_slice_eq(cs_buf_slice(&first), cs_buf_slice(&second)))
        abort();
    cs_cbor_free(again);
    cs_cbor_free(doc);
    cs_buf_free(&first);
    cs_buf_free(&second);
    return 0;
}
