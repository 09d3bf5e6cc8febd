/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <stdlib.h>
#include <string.h>

#include "gateway/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A token that is found lies in the header, has its length, stands behind the cookie's name and in front of its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char name[] = CS_SESSION_COOKIE "=";
    const size_t n = sizeof name - 1;
    cs_slice token = cs_session_cookie(cs_slice_of(data, size));
    if (token.p == NULL)
        return 0;
    if (token.n != CS_SESSION_TOKEN_LEN || token.p < data + n || token.p + token.n > data + size ||
        memcmp(token.p - n, name, n) != 0 || memchr(token.p, ';', token.n) != NULL)
        abort();
    const uint8_t *end = token.p + token.n;
    if (end != data + size && *end != ';')
        abort();
    return 0;
}
