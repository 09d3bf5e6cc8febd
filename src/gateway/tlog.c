/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/tlog.h"

#include <stdlib.h>
#include <string.h>

#include "core/tiles.h"
#include "gateway/entries.h"

#define FOR_EVER "public, max-age=31536000, immutable"
#define MAX_LEVEL 7 /* 256^8 leaves are more than there can be */
#define ENTRIES_AT_ONCE 64

/* A tile as its path names it. */
struct tile {
    bool entries;
    unsigned level;
    uint64_t n;
    unsigned width; /* 1..256 */
};

/* -- paths --------------------------------------------------------------------------------------------------------- */

/* Takes what stands before the next slash off the front. */
static cs_slice next_segment(cs_slice *rest)
{
    const uint8_t *slash = rest->n > 0 ? memchr(rest->p, '/', rest->n) : NULL;
    size_t n = slash != NULL ? (size_t)(slash - rest->p) : rest->n;
    cs_slice segment = cs_slice_sub(*rest, 0, n);
    *rest = slash != NULL ? cs_slice_sub(*rest, n + 1, rest->n) : CS_ABSENT;
    return segment;
}

/* Decimal, without zeros in front. */
static bool read_decimal(unsigned *out, cs_slice text, unsigned max)
{
    *out = 0;
    if (text.n < 1 || text.n > 3 || (text.p[0] == '0' && text.n > 1))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return *out <= max;
}

/* "x001/x234/067": groups of three digits, all but the last with an x, none of them 000 in front [tlog-tiles]. The last
 * may have a ".p", and the width behind it. */
static bool read_number(struct tile *t, cs_slice rest)
{
    for (int groups = 0; groups < 6; groups++) {
        cs_slice segment = next_segment(&rest);
        bool more = segment.n == 4 && segment.p[0] == 'x';
        bool partial = segment.n == 5 && segment.p[3] == '.' && segment.p[4] == 'p';
        cs_slice digits = cs_slice_sub(segment, more ? 1 : 0, 3);
        if ((segment.n != 3 && !more && !partial) || digits.n != 3)
            return false;
        unsigned value = 0;
        for (size_t i = 0; i < 3; i++) {
            if (digits.p[i] < '0' || digits.p[i] > '9')
                return false;
            value = value * 10 + (digits.p[i] - '0');
        }
        if (more && groups == 0 && value == 0)
            return false;
        t->n = t->n * 1000 + value;
        if (more)
            continue;
        t->width = CS_TILE_WIDTH;
        if (partial)
            return read_decimal(&t->width, next_segment(&rest), CS_TILE_WIDTH - 1) && t->width > 0 && rest.p == NULL;
        return rest.p == NULL;
    }
    return false;
}

static bool read_tile(struct tile *t, cs_slice rest)
{
    cs_slice level = next_segment(&rest);
    *t = (struct tile){.entries = cs_slice_is(level, "entries")};
    return (t->entries || read_decimal(&t->level, level, MAX_LEVEL)) && read_number(t, rest);
}

/* -- answers ------------------------------------------------------------------------------------------------------- */

static cs_err send_checkpoint(cs_call *c, cs_slice org)
{
    cs_checkpoint_row row = cs_checkpoint_row_new();
    cs_err err = cs_store_last_checkpoint(c->app->store, &row, org);
    if (err == CS_OK) {
        cs_buf_add(&c->rs->body, cs_buf_slice(&row.note));
        c->rs->content_type = "text/plain; charset=utf-8";
        c->rs->cache_control = "no-cache";
    }
    cs_checkpoint_row_free(&row);
    return err;
}

/* u16be length and bytes of each entry. */
static cs_err add_entries(cs_buf *out, cs_store *store, cs_slice org, const struct tile *t)
{
    uint64_t at = t->n * CS_TILE_WIDTH, end = at + t->width;
    cs_err err = CS_OK;
    while (err == CS_OK && at < end) {
        cs_entry_query q = {.org = org, .from = at, .to = end, .limit = ENTRIES_AT_ONCE};
        cs_entry_batch batch;
        err = cs_entries_read(&batch, store, &q, CS_MAX_ANSWER);
        if (err == CS_OK && batch.n == 0)
            err = CS_NOT_FOUND;
        for (size_t i = 0; err == CS_OK && i < batch.n; i++)
            cs_buf_add_lp16(out, cs_buf_slice(&batch.of[i].bytes));
        at += batch.n;
        cs_entries_free(&batch);
    }
    return err == CS_OK ? out->err : err;
}

static cs_err send_tile(cs_call *c, cs_slice org, const struct tile *t)
{
    cs_store *store = c->app->store;
    cs_err err = t->n >> (63 - CS_TILE_HEIGHT) != 0 ? CS_NOT_FOUND
                 : t->entries                       ? add_entries(&c->rs->body, store, org, t)
                              : cs_store_nodes(store, &c->rs->body, org, t->level, t->n * CS_TILE_WIDTH, t->width);
    if (err == CS_OK) {
        c->rs->content_type = "application/octet-stream";
        c->rs->cache_control = FOR_EVER;
    }
    return err;
}

cs_err cs_tlog_get(cs_call *c, cs_jw *w)
{
    cs_slice rest = c->rest;
    cs_slice realm = next_segment(&rest);
    struct tile tile;
    cs_org_row org;
    (void)w;
    cs_err err = cs_store_org(c->app->store, &org, realm);
    if (err == CS_OK && !org.publish)
        err = CS_NOT_FOUND;
    if (err != CS_OK)
        return err;
    if (cs_slice_is(rest, "checkpoint"))
        return send_checkpoint(c, realm);
    if (!cs_slice_is(next_segment(&rest), "tile") || !read_tile(&tile, rest))
        return CS_NOT_FOUND;
    return send_tile(c, realm, &tile);
}
