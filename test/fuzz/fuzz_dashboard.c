/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser sends for a file of the dashboard: path, Accept-Encoding and If-None-Match, a line each. zone: gateway
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/dashboard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static cs_slice next_line(cs_slice *rest)
{
    const uint8_t *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - rest->p) : rest->n;
    cs_slice line = cs_slice_sub(*rest, 0, n);
    *rest = cs_slice_sub(*rest, end != NULL ? n + 1 : n, rest->n);
    return line;
}

static bool contains(cs_slice text, const char *word)
{
    return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice rest = cs_slice_of(data, size);
    cs_slice path = next_line(&rest), accept = next_line(&rest), tags = next_line(&rest);
    const cs_dashboard_file *file = cs_dashboard_find(path);
    /* A path is a name to the byte; nothing is taken that was not said. */
    if (file != NULL && !cs_slice_is(path, file->path))
        abort();
    if (cs_dashboard_has_tag(tags, "0123") && !contains(tags, "\"0123\"") && !contains(tags, "*"))
        abort();
    if (cs_dashboard_takes_gzip(accept) && !contains(accept, "*") && accept.n < 4)
        abort();
    return 0;
}
