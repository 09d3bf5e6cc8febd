/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers for the tests of the store: entries that are chained, hashed into their tree, and under checkpoints. */
#ifndef TEST_LEDGER_FIXTURE_H
#define TEST_LEDGER_FIXTURE_H

#include <string.h>

#include "core/checkpoint.h"
#include "core/entry.h"

#include "store_fixture.h"

static inline void ledger_put_nodes(cs_store *s, cs_slice org, const cs_merkle *tree, const uint8_t leaf[CS_SHA256_LEN])
{
    uint64_t n = tree->size;
    uint8_t root[CS_SHA256_LEN];
    assert_int_equal(cs_store_put_node(s, org, 0, n, leaf), CS_OK);
    for (unsigned level = 1; (n & 0xff) == 0xff; level++) {
        n >>= 8;
        assert_int_equal(cs_merkle_complete(root, tree, leaf, 8 * level), CS_OK);
        assert_int_equal(cs_store_put_node(s, org, level, n, root), CS_OK);
    }
}

/* Appends an entry inside a transaction. `key` may be absent. */
static inline void ledger_put_entry(cs_store *s, const char *org, const char *type, const char *subject, cs_slice key)
{
    cs_head head;
    cs_digest hash;
    uint8_t leaf[CS_SHA256_LEN];
    cs_buf bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    assert_int_equal(cs_store_get_head(s, &head, cs_slice_str(org)), CS_OK);
    cs_entry e = {.seq = head.tree.size,
                  .time_ms = 1000 + (int64_t)head.tree.size,
                  .event_type = cs_slice_str(type),
                  .actor_id = CS_LIT("system"),
                  .subject_id = cs_slice_str(subject),
                  .data = CS_LIT("{}")};
    memcpy(e.prev, head.last, sizeof e.prev);
    assert_int_equal(cs_entry_write(&bytes, &e), CS_OK);
    assert_int_equal(cs_hash(&hash, CS_SHA256, cs_buf_slice(&bytes)), CS_OK);
    assert_int_equal(cs_merkle_leaf(leaf, cs_buf_slice(&bytes)), CS_OK);
    ledger_put_nodes(s, cs_slice_str(org), &head.tree, leaf);
    cs_entry_row row = {
        .seq = e.seq, .event_type = type, .subject_id = e.subject_id, .key_id = key, .bytes = cs_buf_slice(&bytes)};
    (void)snprintf(row.id, sizeof row.id, "ent_%s_%05d", org, (int)e.seq);
    assert_int_equal(cs_store_put_entry(s, cs_slice_str(org), &row, e.time_ms), CS_OK);
    assert_int_equal(cs_merkle_append(&head.tree, leaf), CS_OK);
    memcpy(head.last, hash.b, sizeof head.last);
    assert_int_equal(cs_store_put_head(s, cs_slice_str(org), &head), CS_OK);
    cs_buf_free(&bytes);
}

static inline void ledger_put_entries(cs_store *s, const char *org, int count)
{
    assert_int_equal(cs_store_begin(s), CS_OK);
    for (int i = 0; i < count; i++)
        ledger_put_entry(s, org, "custom.event", org, CS_ABSENT);
    assert_int_equal(cs_store_commit(s), CS_OK);
}

/* A checkpoint of the ledger as it is now; freed by the caller. Its signature is none: the store does not look. */
static inline cs_checkpoint_row ledger_checkpoint(cs_store *s, const char *id, const char *org)
{
    cs_checkpoint_row p = cs_checkpoint_row_new();
    cs_org_row o;
    cs_head head;
    char origin[CS_MAX_ORIGIN + 1];
    assert_int_equal(cs_store_org(s, &o, cs_slice_str(org)), CS_OK);
    cs_org_origin(origin, &o);
    cs_err err = cs_store_head(s, &head, cs_slice_str(org));
    assert_true(err == CS_OK || err == CS_NOT_FOUND);
    assert_int_equal(cs_merkle_root(p.root, &head.tree), CS_OK);
    (void)snprintf(p.id, sizeof p.id, "%s", id);
    (void)snprintf(p.org, sizeof p.org, "%s", org);
    (void)snprintf(p.key_id, sizeof p.key_id, "0badf00d");
    p.size = head.tree.size;
    p.created_ms = 2000 + (int64_t)p.size;
    cs_checkpoint text = {.origin = cs_slice_str(origin), .size = p.size};
    memcpy(text.root, p.root, sizeof text.root);
    assert_int_equal(cs_checkpoint_write(&p.note, &text), CS_OK);
    cs_buf_printf(&p.note, "\n— %s ", origin);
    for (int i = 0; i < 90; i++)
        cs_buf_add_str(&p.note, "A");
    cs_buf_add_str(&p.note, "A=\n");
    cs_buf_add_str(&p.published, "[]");
    return p;
}

static inline void ledger_put_checkpoint(cs_store *s, const char *id, const char *org)
{
    cs_checkpoint_row p = ledger_checkpoint(s, id, org);
    assert_int_equal(cs_store_begin(s), CS_OK);
    assert_int_equal(cs_store_put_checkpoint(s, &p), CS_OK);
    assert_int_equal(cs_store_commit(s), CS_OK);
    cs_checkpoint_row_free(&p);
}

#endif
