/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger of a few entries with signed checkpoints, damaged in every way and at every place: the check names what was
 * done and to which entry. */
#include "core/ledger_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/entry.h"

#define ENTRIES 9
#define ORIGIN "ledger.example/org/org_1"
#define MAX_FED 16

static cs_key *log_key;
static cs_vkey log_vkey;
static struct {
    cs_buf entry[ENTRIES];
    cs_buf note[ENTRIES + 1]; /* the checkpoint of each size */
} ledger;

static void write_entry(cs_buf *out, uint64_t seq, const char *what, cs_slice previous)
{
    char data[128];
    cs_digest d = {0};
    assert_true(snprintf(data, sizeof data, "{\"name\":\"%s\"}", what) > 0);
    cs_entry e = {.seq = seq,
                  .time_ms = 1768473000000 + (int64_t)seq,
                  .event_type = CS_LIT("custom.event"),
                  .actor_id = CS_LIT("ak_1"),
                  .subject_id = CS_LIT(""),
                  .data = cs_slice_str(data)};
    if (previous.p != NULL) {
        assert_int_equal(cs_hash(&d, CS_SHA256, previous), CS_OK);
        memcpy(e.prev, d.b, sizeof e.prev);
    }
    *out = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    assert_int_equal(cs_entry_write(out, &e), CS_OK);
}

static void write_note(cs_buf *out, const cs_merkle *tree, const char *origin, const cs_key *key)
{
    cs_checkpoint c = {.origin = cs_slice_str(origin), .size = tree->size};
    cs_buf text = cs_buf_new(1024);
    *out = cs_buf_new(CS_MAX_NOTE);
    assert_int_equal(cs_merkle_root(c.root, tree), CS_OK);
    assert_int_equal(cs_checkpoint_write(&text, &c), CS_OK);
    assert_int_equal(cs_note_begin(out, cs_buf_slice(&text)), CS_OK);
    assert_int_equal(cs_note_sign(out, cs_buf_slice(&text), cs_slice_str(origin), CS_NOTE_ED25519, key, 0), CS_OK);
    cs_buf_free(&text);
}

/* The ledger whose entries differ from the first one's from `fork` on. */
static void write_ledger(size_t fork, const char *what)
{
    cs_merkle tree = {0};
    write_note(&ledger.note[0], &tree, ORIGIN, log_key);
    for (size_t i = 0; i < ENTRIES; i++) {
        uint8_t leaf[CS_SHA256_LEN];
        write_entry(&ledger.entry[i], i, i >= fork ? what : "plain",
                    i > 0 ? cs_buf_slice(&ledger.entry[i - 1]) : CS_ABSENT);
        assert_int_equal(cs_merkle_leaf(leaf, cs_buf_slice(&ledger.entry[i])), CS_OK);
        assert_int_equal(cs_merkle_append(&tree, leaf), CS_OK);
        write_note(&ledger.note[i + 1], &tree, ORIGIN, log_key);
    }
}

static void free_ledger(void)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        cs_buf_free(&ledger.entry[i]);
        cs_buf_free(&ledger.note[i]);
    }
    cs_buf_free(&ledger.note[ENTRIES]);
}

static int set_up(void **state)
{
    (void)state;
    const uint8_t seed[32] = {5};
    cs_buf public_key = cs_buf_new(64);
    assert_int_equal(cs_key_open_private(&log_key, CS_ED25519, CS_ARRAY(seed)), CS_OK);
    cs_key_public(&public_key, log_key);
    assert_int_equal(cs_vkey_make(&log_vkey, CS_LIT(ORIGIN), CS_NOTE_ED25519, cs_buf_slice(&public_key)), CS_OK);
    cs_buf_free(&public_key);
    write_ledger(ENTRIES, "plain");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free_ledger();
    cs_key_free(log_key);
    return 0;
}

/* What is fed: entries by number, or bytes of their own; `checkpoints` has a bit for each size that is fed when so many
 * entries were, `kept` for each that is fed first. */
struct feed {
    size_t n;
    cs_slice entry[MAX_FED];
    unsigned checkpoints, kept;
};

static struct feed whole(void)
{
    struct feed f = {.n = ENTRIES};
    for (size_t i = 0; i < ENTRIES; i++)
        f.entry[i] = cs_buf_slice(&ledger.entry[i]);
    return f;
}

static cs_ledger_finding run(const struct feed *f)
{
    cs_ledger_check c;
    cs_ledger_finding found;
    cs_ledger_check_begin(&c, &log_vkey, 1);
    for (size_t i = 0; i <= ENTRIES; i++)
        if (f->kept >> i & 1)
            assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&ledger.note[i])), CS_OK);
    for (size_t i = 0; i < f->n; i++) {
        assert_int_equal(cs_ledger_check_entry(&c, f->entry[i]), CS_OK);
        if (i < ENTRIES && f->checkpoints >> (i + 1) & 1)
            assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&ledger.note[i + 1])), CS_OK);
    }
    assert_int_equal(cs_ledger_check_end(&found, &c), CS_OK);
    assert_int_equal(cs_ledger_check_size(&c), f->n);
    cs_ledger_check_free(&c);
    return found;
}

static void expect(const char *what, size_t at, const struct feed *f, cs_err err, uint64_t seq)
{
    cs_ledger_finding found = run(f);
    if (found.err != err || (err != CS_OK && found.seq != seq))
        fail_msg("%s at %zu, checkpoints %x, kept %x: %s at %llu instead of %s at %llu", what, at, f->checkpoints,
                 f->kept, cs_err_name(found.err), (unsigned long long)found.seq, cs_err_name(err),
                 (unsigned long long)seq);
}

#define LAST (1u << ENTRIES)
/* none; the last; every one; two in the middle */
static const unsigned sets[] = {0, LAST, 0x3ff, 1u << 4 | 1u << 7};

static void sound_ledgers(void **state)
{
    (void)state;
    struct feed f = whole();
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++) {
            f.checkpoints = sets[i];
            f.kept = sets[k];
            expect("nothing", 0, &f, CS_OK, 0);
        }
    for (f.n = 0; f.n < ENTRIES; f.n++) {
        f.checkpoints = f.kept = 0;
        expect("a prefix", f.n, &f, CS_OK, 0);
    }
}

static void every_byte_of_every_entry(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    for (size_t at = 0; at < ENTRIES; at++) {
        struct feed f = whole();
        f.kept = LAST;
        f.entry[at] = cs_slice_of(memcpy(bytes, ledger.entry[at].p, ledger.entry[at].n), ledger.entry[at].n);
        for (size_t i = 0; i < ledger.entry[at].n; i++)
            for (uint8_t bit = 1; bit != 0; bit = (uint8_t)(bit << 1)) {
                bytes[i] ^= bit;
                expect("changed", at, &f, CS_LEDGER_CHANGED, at);
                bytes[i] ^= bit;
            }
    }
}

static void changed_under_all_checkpoints(void **state)
{
    (void)state;
    for (size_t at = 0; at < ENTRIES; at++) {
        cs_buf other;
        struct feed f = whole();
        write_entry(&other, at, "other", at > 0 ? f.entry[at - 1] : CS_ABSENT);
        f.entry[at] = cs_buf_slice(&other);
        for (size_t i = 1; i < 4; i++) {
            f.checkpoints = sets[i];
            /* The last entry is covered by the last checkpoint alone. */
            bool seen = at + 1 < ENTRIES || f.checkpoints & LAST;
            expect("changed", at, &f, seen ? CS_LEDGER_CHANGED : CS_OK, at);
        }
        cs_buf_free(&other);
    }
}

static void removed(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (size_t at = 0; at < ENTRIES; at++)
            for (size_t n = 1; n <= 2 && at + n < ENTRIES; n++) {
                struct feed f = whole();
                memmove(&f.entry[at], &f.entry[at + n], (ENTRIES - at - n) * sizeof f.entry[0]);
                f.n -= n;
                f.kept = sets[i];
                expect("removed", at, &f, CS_LEDGER_REMOVED, at);
            }
}

static void reordered(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (size_t a = 0; a < ENTRIES; a++)
            for (size_t b = a + 1; b < ENTRIES; b++) {
                struct feed f = whole();
                f.kept = sets[i];
                f.entry[a] = cs_buf_slice(&ledger.entry[b]);
                f.entry[b] = cs_buf_slice(&ledger.entry[a]);
                expect("exchanged", a, &f, CS_LEDGER_REORDERED, a);
                /* a moved behind b */
                f = whole();
                memmove(&f.entry[a], &f.entry[a + 1], (b - a) * sizeof f.entry[0]);
                f.entry[b] = cs_buf_slice(&ledger.entry[a]);
                expect("moved", a, &f, CS_LEDGER_REORDERED, a);
            }
}

static void added(void **state)
{
    (void)state;
    for (size_t at = 0; at <= ENTRIES; at++)
        for (size_t of = 0; of < at; of++) {
            struct feed f = whole();
            memmove(&f.entry[at + 1], &f.entry[at], (ENTRIES - at) * sizeof f.entry[0]);
            f.entry[at] = cs_buf_slice(&ledger.entry[of]);
            f.n++;
            expect("twice", at, &f, CS_LEDGER_ADDED, at);
        }
    for (size_t at = 0; at < ENTRIES; at++) {
        struct feed f = whole();
        cs_buf foreign;
        write_entry(&foreign, at, "foreign", at > 0 ? CS_LIT("another") : CS_LIT("x"));
        memmove(&f.entry[at + 1], &f.entry[at], (ENTRIES - at) * sizeof f.entry[0]);
        f.entry[at] = cs_buf_slice(&foreign);
        f.n++;
        expect("foreign", at, &f, CS_LEDGER_ADDED, at);
        f.entry[at] = CS_LIT("garbage");
        expect("garbage", at, &f, CS_LEDGER_ADDED, at);
        cs_buf_free(&foreign);
    }
}

/* In place of an entry stands an older one. */
static void replaced(void **state)
{
    (void)state;
    for (size_t at = 1; at < ENTRIES; at++)
        for (size_t of = 0; of < at; of++) {
            struct feed f = whole();
            f.entry[at] = cs_buf_slice(&ledger.entry[of]);
            f.kept = LAST;
            expect("replaced", at, &f, CS_LEDGER_CHANGED, at);
        }
}

static void truncated(void **state)
{
    (void)state;
    for (size_t n = 0; n < ENTRIES; n++) {
        struct feed f = whole();
        f.n = n;
        f.kept = LAST;
        expect("truncated", n, &f, CS_LEDGER_TRUNCATED, n);
        f.kept = LAST | 1u << 4;
        expect("truncated", n, &f, CS_LEDGER_TRUNCATED, n);
    }
}

/* All from one entry on written anew, with its chain and its own signed checkpoints: only a checkpoint that was kept
 * elsewhere tells. */
static void forked(void **state)
{
    (void)state;
    cs_buf kept[ENTRIES + 1];
    memcpy(kept, ledger.note, sizeof kept);
    memset(ledger.note, 0, sizeof ledger.note);
    cs_buf old_entries[ENTRIES];
    memcpy(old_entries, ledger.entry, sizeof old_entries);
    for (size_t fork = 0; fork < ENTRIES; fork++) {
        write_ledger(fork, "rewritten");
        for (size_t size = 1; size <= ENTRIES; size++) {
            cs_ledger_check c;
            cs_ledger_finding found;
            cs_ledger_check_begin(&c, &log_vkey, 1);
            assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&kept[size])), CS_OK);
            for (size_t i = 0; i < ENTRIES; i++)
                assert_int_equal(cs_ledger_check_entry(&c, cs_buf_slice(&ledger.entry[i])), CS_OK);
            assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&ledger.note[ENTRIES])), CS_OK);
            assert_int_equal(cs_ledger_check_end(&found, &c), CS_OK);
            assert_int_equal(found.err, size > fork ? CS_LEDGER_FORK : CS_OK);
            assert_int_equal(cs_ledger_check_covered(&c), ENTRIES);
            cs_ledger_check_free(&c);
        }
        free_ledger();
    }
    /* Damaged behind that, too: what is said is what comes first. */
    write_ledger(0, "rewritten");
    for (size_t at = 1; at + 1 < ENTRIES; at++) {
        cs_ledger_check c;
        cs_ledger_finding found;
        cs_ledger_check_begin(&c, &log_vkey, 1);
        assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&kept[4])), CS_OK);
        for (size_t i = 0; i < ENTRIES; i++)
            if (i != at)
                assert_int_equal(cs_ledger_check_entry(&c, cs_buf_slice(&ledger.entry[i])), CS_OK);
        assert_int_equal(cs_ledger_check_end(&found, &c), CS_OK);
        assert_int_equal(found.err, at < 4 ? CS_LEDGER_REMOVED : at == 4 ? CS_LEDGER_CHANGED : CS_LEDGER_FORK);
        assert_int_equal(found.from, at < 4 ? at : 0);
        cs_ledger_check_free(&c);
    }
    free_ledger();
    memcpy(ledger.note, kept, sizeof kept);
    memcpy(ledger.entry, old_entries, sizeof old_entries);
}

static void checkpoints_that_do_not_count(void **state)
{
    (void)state;
    cs_ledger_check c;
    cs_buf note;
    cs_merkle tree = {0};
    const uint8_t seed[32] = {6};
    cs_key *other;
    assert_int_equal(cs_key_open_private(&other, CS_ED25519, CS_ARRAY(seed)), CS_OK);
    cs_ledger_check_begin(&c, &log_vkey, 1);
    assert_int_equal(cs_ledger_check_checkpoint(&c, CS_LIT("text\n")), CS_NOTE_FORMAT);
    write_note(&note, &tree, ORIGIN, other);
    assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&note)), CS_NOTE_UNSIGNED);
    cs_buf_free(&note);
    write_note(&note, &tree, "ledger.example/org/org_2", log_key);
    assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&note)), CS_NOTE_UNSIGNED);
    cs_buf_free(&note);
    ledger.note[3].p[ledger.note[3].n - 10] ^= 4;
    assert_int_not_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&ledger.note[3])), CS_OK);
    ledger.note[3].p[ledger.note[3].n - 10] ^= 4;
    assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&ledger.note[3])), CS_OK);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(cs_ledger_check_entry(&c, cs_buf_slice(&ledger.entry[i])), CS_OK);
    assert_int_equal(cs_ledger_check_covered(&c), 3);
    assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&ledger.note[4])), CS_BAD_FIELD);
    uint8_t large[CS_MAX_LEDGER_ENTRY + 1] = {0};
    assert_int_equal(cs_ledger_check_entry(&c, CS_ARRAY(large)), CS_TOO_LARGE);
    cs_ledger_check_free(&c);

    /* Without keys: no signature is looked at, the origin still is. */
    cs_ledger_check_begin(&c, NULL, 0);
    write_note(&note, &tree, ORIGIN, other);
    assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&note)), CS_OK);
    cs_buf_free(&note);
    write_note(&note, &tree, "ledger.example/org/org_2", log_key);
    assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&note)), CS_NOTE_ORIGIN);
    cs_buf_free(&note);
    cs_ledger_check_free(&c);
    cs_key_free(other);
}

/* More checkpoints than can be kept are ahead of `n` entries, to which the rest may come afterwards. */
static cs_err crowd(cs_ledger_finding *found, size_t n, size_t rest)
{
    cs_ledger_check c;
    cs_ledger_check_begin(&c, &log_vkey, 1);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(cs_ledger_check_entry(&c, cs_buf_slice(&ledger.entry[i])), CS_OK);
    for (size_t i = 0; i < CS_MAX_KEPT_CHECKPOINTS + 1; i++)
        assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&ledger.note[ENTRIES])), CS_OK);
    for (size_t i = ENTRIES - rest; i < ENTRIES; i++)
        assert_int_equal(cs_ledger_check_entry(&c, cs_buf_slice(&ledger.entry[i])), CS_OK);
    cs_err err = cs_ledger_check_end(found, &c);
    cs_ledger_check_free(&c);
    return err;
}

static void more_checkpoints_than_can_be_kept(void **state)
{
    (void)state;
    cs_ledger_finding found;
    assert_int_equal(crowd(&found, 5, 0), CS_OK);
    assert_int_equal(found.err, CS_LEDGER_TRUNCATED);
    assert_int_equal(found.seq, 5);
    assert_int_equal(crowd(&found, 3, 4), CS_OK);
    assert_int_equal(found.err, CS_LEDGER_REMOVED);
    assert_int_equal(found.seq, 3);
    /* All that were kept fit: what became of the other one is not known. */
    assert_int_equal(crowd(&found, 5, 4), CS_TOO_LARGE);
    assert_int_not_equal(found.err, CS_OK);
}

/* Of no entries there is one tree. */
static void an_empty_tree_with_another_root(void **state)
{
    (void)state;
    cs_ledger_check c;
    cs_ledger_finding found;
    cs_checkpoint told = {.origin = CS_LIT(ORIGIN), .root = {1}};
    cs_buf text = cs_buf_new(1024), note = cs_buf_new(CS_MAX_NOTE);
    assert_int_equal(cs_checkpoint_write(&text, &told), CS_OK);
    assert_int_equal(cs_note_begin(&note, cs_buf_slice(&text)), CS_OK);
    assert_int_equal(cs_note_sign(&note, cs_buf_slice(&text), CS_LIT(ORIGIN), CS_NOTE_ED25519, log_key, 0), CS_OK);
    cs_ledger_check_begin(&c, &log_vkey, 1);
    assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&note)), CS_OK);
    assert_int_equal(cs_ledger_check_entry(&c, cs_buf_slice(&ledger.entry[0])), CS_OK);
    assert_int_equal(cs_ledger_check_checkpoint(&c, cs_buf_slice(&ledger.note[1])), CS_OK);
    assert_int_equal(cs_ledger_check_end(&found, &c), CS_OK);
    assert_int_equal(found.err, CS_LEDGER_FORK);
    cs_ledger_check_free(&c);
    cs_buf_free(&text);
    cs_buf_free(&note);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_ledgers),
        cmocka_unit_test(every_byte_of_every_entry),
        cmocka_unit_test(changed_under_all_checkpoints),
        cmocka_unit_test(removed),
        cmocka_unit_test(reordered),
        cmocka_unit_test(added),
        cmocka_unit_test(replaced),
        cmocka_unit_test(truncated),
        cmocka_unit_test(forked),
        cmocka_unit_test(checkpoints_that_do_not_count),
        cmocka_unit_test(more_checkpoints_than_can_be_kept),
        cmocka_unit_test(an_empty_tree_with_another_root),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
