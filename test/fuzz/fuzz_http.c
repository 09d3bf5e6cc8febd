/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* The guard says the same however the bytes are cut, and hands over only what http.h promises. */
#include <stdlib.h>

#include "core/limits.h"
#include "gateway/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void feed(cs_guard *g, cs_slice bytes)
{
    while (bytes.n > 0 && g->step != CS_GUARD_REFUSED) {
        size_t n = cs_guard_feed(g, bytes);
        require(n <= bytes.n && (n > 0 || g->step == CS_GUARD_REFUSED));
        bytes = cs_slice_sub(bytes, n, bytes.n);
    }
}

static void check_text(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        require(s.p[i] >= 0x20 && s.p[i] <= 0x7e);
}

static void check_request(const cs_guard *g)
{
    const cs_slice texts[] = {g->method,          g->path,       g->query,  g->authorization, g->content_type,
                              g->idempotency_key, g->request_id, g->cookie, g->csrf,          g->last_event_id};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_text(texts[i]);
    require(g->path.n > 0 && g->path.p[0] == '/' && !cs_slice_starts(g->path, CS_LIT("//")));
    require(g->body.n == g->content_length && g->head.n <= CS_MAX_HEAD && g->body.n <= CS_MAX_BODY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice bytes = cs_slice_of(data, size);
    cs_guard whole = cs_guard_new(), pieces = cs_guard_new();
    feed(&whole, bytes);
    size_t step = size > 0 ? (size_t)data[size - 1] % 16 + 1 : 1;
    for (size_t at = 0; at < size; at += step)
        feed(&pieces, cs_slice_sub(bytes, at, step));
    require(whole.step == pieces.step && whole.err == pieces.err);
    require((whole.step == CS_GUARD_REFUSED) == (whole.err != CS_OK));
    if (whole.step == CS_GUARD_COMPLETE) {
        check_request(&whole);
        require(cs_slice_eq(whole.path, pieces.path));
        require(cs_slice_eq(cs_buf_slice(&whole.body), cs_buf_slice(&pieces.body)));
    }
    cs_guard_free(&whole);
    cs_guard_free(&pieces);
    return 0;
}
