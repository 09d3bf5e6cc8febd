/* SPDX-License-Identifier: Apache-2.0 */
/* Text encodings: what is decoded has one text, so encoding it again gives the input back. */
#include <stdlib.h>

#include "core/encode.h"

#define ROOM (1u << 20)

typedef cs_err decode(cs_buf *out, cs_slice text);
typedef void encode(cs_buf *out, cs_slice bytes);

/* The number of bytes that `text` means, or SIZE_MAX if it is refused. */
static size_t there_and_back(decode *from, encode *to, cs_slice text)
{
    cs_buf bytes = cs_buf_new(ROOM), again = cs_buf_new(2 * ROOM);
    size_t n = SIZE_MAX;
    if (from(&bytes, text) == CS_OK) {
        to(&again, cs_buf_slice(&bytes));
        if (!cs_slice_eq(cs_buf_slice(&again), text))
            abort();
        n = bytes.n;
    } else if (bytes.n != 0) {
        abort();
    }
    cs_buf_free(&bytes);
    cs_buf_free(&again);
    return n;
}

/* The other way: every string of bytes has a text, and it means them. */
static void back_and_there(decode *from, encode *to, cs_slice bytes)
{
    cs_buf text = cs_buf_new(2 * ROOM), again = cs_buf_new(ROOM);
    to(&text, bytes);
    if (from(&again, cs_buf_slice(&text)) != CS_OK || !cs_slice_eq(cs_buf_slice(&again), bytes))
        abort();
    cs_buf_free(&text);
    cs_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CS_SECRET(secret);
    cs_slice input = cs_slice_of(data, size);
    if (size > ROOM / 2)
        return 0;
    size_t n = there_and_back(cs_base64_decode, cs_base64_encode, input);
    cs_err err = cs_base64_decode_secret(&secret, input);
    if ((err == CS_OK) != (n <= CS_SECRET_CAP) || secret.n != (err == CS_OK ? n : 0))
        abort();
    (void)there_and_back(cs_base64url_decode, cs_base64url_encode, input);
    (void)there_and_back(cs_hex_decode, cs_hex_encode, input);
    back_and_there(cs_base64_decode, cs_base64_encode, input);
    back_and_there(cs_base64url_decode, cs_base64url_encode, input);
    back_and_there(cs_hex_decode, cs_hex_encode, input);
    return 0;
}
