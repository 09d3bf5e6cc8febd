/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/gateway/witness.c: a log that behaves, and every way of not behaving. zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/checkpoint.h"
#include "core/encode.h"
#include "core/merkle.h"
#include "gateway/witness.h"
#include "sys/file.h"
#include "sys/log.h"

#define ORIGIN "log.example/org/1"
#define OTHER "log.example/org/2"
#define NAME "witness.example"
#define NOW 1768473000

/* -- trees: leaf i of tree t; trees 0 and 1 differ from leaf 2 on
 * ------------------------------------------------------ */

static void tree_hash(uint8_t out[32], int tree, uint64_t from, uint64_t to)
{
    if (to - from == 1) {
        uint8_t leaf[2] = {(uint8_t)(from < 2 ? 0 : tree), (uint8_t)from};
        assert_int_equal(cs_merkle_leaf(out, CS_ARRAY(leaf)), CS_OK);
        return;
    }
    uint64_t k = 1;
    while (2 * k < to - from)
        k *= 2;
    uint8_t bytes[65] = {1};
    cs_digest d;
    tree_hash(bytes + 1, tree, from, from + k);
    tree_hash(bytes + 33, tree, from + k, to);
    assert_int_equal(cs_hash(&d, CS_SHA256, CS_ARRAY(bytes)), CS_OK);
    memcpy(out, d.b, 32);
}

/* The proof lines of a request. */
static void proof_lines(cs_buf *out, int tree, uint64_t m, uint64_t from, uint64_t to, bool whole)
{
    uint8_t hash[32];
    if (m == to - from && whole)
        return;
    if (m == to - from) {
        tree_hash(hash, tree, from, to);
    } else {
        uint64_t k = 1;
        while (2 * k < to - from)
            k *= 2;
        if (m <= k) {
            proof_lines(out, tree, m, from, from + k, whole);
            tree_hash(hash, tree, from + k, to);
        } else {
            proof_lines(out, tree, m - k, from + k, to, false);
            tree_hash(hash, tree, from, from + k);
        }
    }
    cs_base64_encode(out, CS_ARRAY(hash));
    cs_buf_add_u8(out, '\n');
}

/* -- the fixture
 * ------------------------------------------------------------------------------------------------------- */

static struct {
    char folder[64], dir[96];
    cs_key *ed25519, *mldsa44, *stranger;
    cs_vkey log[2]; /* of ORIGIN */
    cs_witness *w;
} f;

static cs_key *new_key(cs_prim prim)
{
    CS_SECRET(private_bytes);
    cs_key *k = NULL;
    assert_int_equal(cs_key_generate(&private_bytes, prim), CS_OK);
    assert_int_equal(cs_key_open_private(&k, prim, cs_secret_slice(&private_bytes)), CS_OK);
    return k;
}

static void add_log(const char *origin, cs_note_type type, const cs_key *key, cs_vkey *out)
{
    uint8_t bytes[CS_VKEY_PUBLIC_MAX];
    char text[CS_MAX_VKEY];
    cs_buf public_key = CS_BUF_OVER(bytes), vkey = CS_BUF_OVER(text);
    cs_vkey mine;
    cs_key_public(&public_key, key);
    assert_int_equal(cs_vkey_make(&mine, cs_slice_str(origin), type, cs_buf_slice(&public_key)), CS_OK);
    cs_vkey_write(&vkey, &mine);
    assert_int_equal(cs_witness_add_log(f.w, cs_buf_slice(&vkey)), CS_OK);
    if (out != NULL)
        *out = mine;
}

static void open_witness(void)
{
    assert_int_equal(cs_witness_open(&f.w, f.dir, NAME), CS_OK);
    add_log(ORIGIN, CS_NOTE_ED25519, f.ed25519, &f.log[0]);
    add_log(ORIGIN, CS_NOTE_MLDSA44, f.mldsa44, &f.log[1]);
    add_log(OTHER, CS_NOTE_ED25519, f.ed25519, NULL);
}

static void reopen(void)
{
    cs_witness_close(f.w);
    open_witness();
}

static int set_up(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    (void)snprintf(f.folder, sizeof f.folder, "/tmp/cs-witness-XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    (void)snprintf(f.dir, sizeof f.dir, "%s/state", f.folder);
    f.ed25519 = new_key(CS_ED25519);
    f.mldsa44 = new_key(CS_MLDSA44);
    f.stranger = new_key(CS_ED25519);
    open_witness();
    return 0;
}

static const char *path_of(const char *file)
{
    static char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", f.dir, file);
    return path;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"witness.json", "witness-ed25519.key", "witness-mldsa44.key", "lock"};
    (void)state;
    cs_witness_close(f.w);
    cs_key_free(f.ed25519);
    cs_key_free(f.mldsa44);
    cs_key_free(f.stranger);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        (void)unlink(path_of(files[i]));
    return rmdir(f.dir) == 0 && rmdir(f.folder) == 0 ? 0 : -1;
}

/* -- requests
 * ---------------------------------------------------------------------------------------------------------- */

enum signers { BOTH, ED25519_ONLY, MLDSA44_ONLY, STRANGER, FORGED };

static void checkpoint(cs_buf *out, const char *origin, int tree, uint64_t size, enum signers who)
{
    char memory[512];
    cs_buf text = CS_BUF_OVER(memory);
    cs_checkpoint c = {.origin = cs_slice_str(origin), .size = size};
    cs_digest empty;
    assert_int_equal(cs_hash(&empty, CS_SHA256, CS_LIT("")), CS_OK);
    if (size > 0)
        tree_hash(c.root, tree, 0, size);
    else
        memcpy(c.root, empty.b, 32);
    if (size == 0 && tree == 1)
        c.root[0] ^= 1;
    assert_int_equal(cs_checkpoint_write(&text, &c), CS_OK);
    cs_slice body = cs_buf_slice(&text), name = cs_slice_str(origin);
    assert_int_equal(cs_note_begin(out, body), CS_OK);
    if (who == STRANGER)
        assert_int_equal(cs_note_sign(out, body, name, CS_NOTE_ED25519, f.stranger, 0), CS_OK);
    if (who == BOTH || who == ED25519_ONLY || who == FORGED)
        assert_int_equal(cs_note_sign(out, body, name, CS_NOTE_ED25519, f.ed25519, 0), CS_OK);
    if (who == BOTH || who == MLDSA44_ONLY)
        assert_int_equal(cs_note_sign(out, body, name, CS_NOTE_MLDSA44, f.mldsa44, NOW), CS_OK);
    if (who == FORGED)
        out->p[out->n - 6] = out->p[out->n - 6] == 'A' ? 'B' : 'A'; /* another digit of the signature's base64 */
}

static void body_for(cs_buf *out, uint64_t old, const char *origin, int tree, uint64_t size, enum signers who)
{
    cs_buf_printf(out, "old %llu\n", (unsigned long long)old);
    if (old > 0 && old < size)
        proof_lines(out, tree, old, 0, size, true);
    cs_buf_add_u8(out, '\n');
    checkpoint(out, origin, tree, size, who);
}

static cs_witness_answer send(uint64_t old, const char *origin, int tree, uint64_t size, enum signers who)
{
    cs_buf body = cs_buf_new(CS_MAX_NOTE);
    cs_witness_answer a;
    body_for(&body, old, origin, tree, size, who);
    cs_witness_add_checkpoint(f.w, &a, cs_buf_slice(&body), NOW);
    cs_buf_free(&body);
    return a;
}

static int status_of(cs_witness_answer a)
{
    cs_buf_free(&a.body);
    return a.status;
}

/* -- tests
 * ------------------------------------------------------------------------------------------------------------- */

struct step {
    uint64_t old;
    int tree;
    uint64_t size;
    int status;
    const char *body; /* of a 409 */
};

static void steps_of_a_log(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {3, 0, 5, 409, "0\n"},                       /* nothing was cosigned yet */
        {0, 0, 3, 200, NULL},  {3, 0, 3, 200, NULL}, /* the same again */
        {3, 1, 3, 409, NULL},                        /* another tree of the same size */
        {0, 0, 3, 409, "3\n"}, {0, 0, 9, 409, "3\n"}, {2, 0, 9, 409, "3\n"}, {5, 0, 9, 409, "3\n"},
        {9, 0, 5, 400, NULL},                        /* backwards */
        {3, 0, 2, 400, NULL},  {3, 1, 9, 422, NULL}, /* a fork, with the fork's own proof */
        {3, 0, 9, 200, NULL},  {9, 1, 9, 409, NULL},  {9, 1, 12, 422, NULL}, {9, 0, 16, 200, NULL},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const struct step *s = &steps[i];
        cs_witness_answer a = send(s->old, ORIGIN, s->tree, s->size, BOTH);
        if (a.status != s->status)
            fail_msg("step %zu: %d", i, a.status);
        if (s->body != NULL) {
            assert_string_equal(a.type, "text/x.tlog.size");
            assert_string_equal(cs_buf_cstr(&a.body), s->body);
        } else if (a.status == 409) {
            assert_string_not_equal(a.type, "text/x.tlog.size");
        }
        cs_buf_free(&a.body);
        reopen(); /* and it still knows */
    }
    assert_int_equal(status_of(send(16, ORIGIN, 0, 16, BOTH)), 200);
    assert_int_equal(status_of(send(0, ORIGIN, 1, 20, BOTH)), 409);
    assert_int_equal(status_of(send(16, ORIGIN, 1, 20, BOTH)), 422);
}

/* The cosignatures verify under the keys that it names, at the time that it states. */
static void cosignatures(void **state)
{
    (void)state;
    cs_buf note = cs_buf_new(CS_MAX_NOTE);
    cs_note parsed;
    cs_note_signer signers[CS_WITNESS_KEYS];
    cs_vkey keys[CS_WITNESS_KEYS] = {*cs_witness_vkey(f.w, 0), *cs_witness_vkey(f.w, 1)};
    checkpoint(&note, ORIGIN, 0, 4, BOTH);
    cs_witness_answer a = send(0, ORIGIN, 0, 4, BOTH);
    assert_int_equal(a.status, 200);
    cs_buf_add(&note, cs_buf_slice(&a.body));
    assert_int_equal(cs_note_parse(&parsed, cs_buf_slice(&note)), CS_OK);
    assert_int_equal(cs_note_verify(signers, &parsed, keys, CS_WITNESS_KEYS), CS_OK);
    for (size_t i = 0; i < CS_WITNESS_KEYS; i++) {
        assert_true(signers[i].verified);
        assert_int_equal(signers[i].time, NOW);
        assert_string_equal(keys[i].name, NAME);
    }
    assert_int_equal(keys[0].type, CS_NOTE_COSIG_ED25519);
    assert_int_equal(keys[1].type, CS_NOTE_MLDSA44);
    cs_buf_free(&a.body);
    cs_buf_free(&note);
}

static void signatures(void **state)
{
    (void)state;
    static const struct {
        const char *origin;
        enum signers who;
        int status;
    } rows[] = {
        {ORIGIN, ED25519_ONLY, 403}, /* the log has an ML-DSA key, so it must have signed */
        {ORIGIN, MLDSA44_ONLY, 403}, {ORIGIN, STRANGER, 403},    {ORIGIN, FORGED, 403},
        {ORIGIN, BOTH, 200},         {OTHER, MLDSA44_ONLY, 403}, {OTHER, STRANGER, 403},
        {OTHER, FORGED, 403},        {OTHER, ED25519_ONLY, 200}, {"log.example/org/3", BOTH, 404},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = status_of(send(0, rows[i].origin, 0, 3, rows[i].who));
        if (status != rows[i].status)
            fail_msg("row %zu: %d", i, status);
    }
}

/* An empty tree is a tree, with one root. */
static void empty_tree(void **state)
{
    (void)state;
    assert_int_equal(status_of(send(0, ORIGIN, 1, 0, BOTH)), 422);
    assert_int_equal(status_of(send(0, ORIGIN, 0, 0, BOTH)), 200);
    assert_int_equal(status_of(send(0, ORIGIN, 1, 0, BOTH)), 409);
    reopen();
    assert_int_equal(status_of(send(0, ORIGIN, 0, 3, BOTH)), 200);
}

/* What stands before the checkpoint, byte by byte. */
static void malformed(void **state)
{
    (void)state;
    static const char hash[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    static const struct {
        const char *head;
        int lines; /* of `hash` behind it */
        const char *tail;
        int status;
    } rows[] = {
        {"old 0\n", 1, "\n", 422}, /* a first checkpoint has nothing to prove */
        {"old 0\n", 0, "\n", 200},
        {"old 3\n", 0, "\n", 200}, /* then it has 3 */
        {"old 3\n", 1, "\n", 422}, /* nothing to prove, and a proof */
        {"old 3\n", 63, "\n", 422},
        {"old 3\n", 64, "\n", 400},
        {"", 0, "", 400},
        {"\n", 0, "", 400},
        {"old 0\n", 0, "", 400},
        {"old\n", 0, "\n", 400},
        {"old \n", 0, "\n", 400},
        {"old 00\n", 0, "\n", 400},
        {"old 03\n", 0, "\n", 400},
        {"old +3\n", 0, "\n", 400},
        {"old -3\n", 0, "\n", 400},
        {"old 3 \n", 0, "\n", 400},
        {" old 3\n", 0, "\n", 400},
        {"Old 3\n", 0, "\n", 400},
        {"old  3\n", 0, "\n", 400},
        {"old 3\r\n", 0, "\r\n", 400},
        {"old 3x\n", 0, "\n", 400},
        {"old 0x3\n", 0, "\n", 400},
        {"old 9007199254740992\n", 0, "\n", 400},
        {"old 18446744073709551619\n", 0, "\n", 400},
        {"old 3\nold 3\n", 0, "\n", 400},
        {"old 3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", 0, "\n", 400},
        {"old 3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n", 0, "\n", 400},
        {"old 3\nAAEC\n", 0, "\n", 400},
        {"old 3\n=\n", 0, "\n", 400},
        {"old 3\n", 0, "\n\n", 400},
    };
    cs_buf note = cs_buf_new(CS_MAX_NOTE);
    checkpoint(&note, ORIGIN, 0, 3, BOTH);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_buf body = cs_buf_new(CS_MAX_NOTE);
        cs_witness_answer a;
        cs_buf_add_str(&body, rows[i].head);
        for (int l = 0; l < rows[i].lines; l++)
            cs_buf_add_str(&body, hash);
        cs_buf_add_str(&body, rows[i].tail);
        cs_buf_add(&body, cs_buf_slice(&note));
        cs_witness_add_checkpoint(f.w, &a, cs_buf_slice(&body), NOW);
        if (a.status != rows[i].status)
            fail_msg("row %zu: %d", i, a.status);
        cs_buf_free(&a.body);
        cs_buf_free(&body);
    }
    cs_buf_free(&note);
}

/* Cut anywhere, a request is not cosigned. */
static void truncated(void **state)
{
    (void)state;
    cs_buf body = cs_buf_new(CS_MAX_NOTE);
    body_for(&body, 0, ORIGIN, 0, 3, BOTH);
    for (size_t n = 0; n < body.n; n += 1 + n / 100) {
        cs_witness_answer a;
        cs_witness_add_checkpoint(f.w, &a, cs_slice_of(body.p, n), NOW);
        assert_int_not_equal(a.status, 200);
        cs_buf_free(&a.body);
    }
    cs_buf_free(&body);
    assert_int_equal(status_of(send(0, ORIGIN, 0, 3, BOTH)), 200);
}

/* -- state
 * ------------------------------------------------------------------------------------------------------------- */

static void expect_no_start(void)
{
    cs_witness *w = f.w;
    cs_witness_close(f.w);
    assert_int_equal(cs_witness_open(&w, f.dir, NAME), CS_CONFIG);
    assert_null(w);
    f.w = NULL;
}

static void same_keys_after_a_restart(void **state)
{
    (void)state;
    cs_vkey before = *cs_witness_vkey(f.w, 0), before2 = *cs_witness_vkey(f.w, 1);
    struct stat st;
    assert_int_equal(stat(path_of("witness-mldsa44.key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    reopen();
    assert_int_equal(before.id, cs_witness_vkey(f.w, 0)->id);
    assert_int_equal(before2.id, cs_witness_vkey(f.w, 1)->id);
}

/* A state that is gone, damaged or another's is noticed; nothing is made anew over what may have been signed. */
static void lost_state(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "{\"version\":2,\"logs\":[]}",
        "{\"version\":1}",
        "{\"version\":1,\"logs\":[]}x",
        "{\"version\":1,\"logs\":[],\"more\":1}",
        "{\"version\":1,\"logs\":[{\"origin\":\"o\",\"size\":1}]}",
        "{\"version\":1,\"logs\":[{\"origin\":\"o\",\"size\":-1,\"root\":"
        "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}]}",
        "{\"version\":1,\"logs\":[{\"origin\":\"o\",\"size\":1,\"root\":\"AAEC\"}]}",
        "{\"version\":1,\"logs\":[{\"origin\":\"o\",\"size\":1,\"root\":"
        "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"},{\"origin\":\"o\",\"size\":2,\"root\":"
        "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}]}",
        "{\"version\":1,\"logs\":[{\"origin\":\"a b\",\"size\":1,\"root\":"
        "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}]}",
    };
    cs_buf good = cs_buf_new(4096);
    assert_int_equal(status_of(send(0, ORIGIN, 0, 3, BOTH)), 200);
    assert_int_equal(cs_file_read(&good, path_of("witness.json")), CS_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(cs_file_write(path_of("witness.json"), cs_slice_str(bad[i]), 0600, true), CS_OK);
        expect_no_start();
    }
    assert_int_equal(unlink(path_of("witness.json")), 0);
    expect_no_start(); /* keys without a state */
    assert_int_equal(cs_file_write(path_of("witness.json"), cs_buf_slice(&good), 0600, true), CS_OK);
    open_witness();
    assert_int_equal(unlink(path_of("witness-mldsa44.key")), 0);
    expect_no_start(); /* a state without its keys */
    cs_buf_free(&good);
}

static void one_process_a_state(void **state)
{
    (void)state;
    cs_witness *second = NULL;
    assert_int_equal(cs_witness_open(&second, f.dir, NAME), CS_CONFIG);
    assert_null(second);
}

/* Nothing is cosigned that is not on disk. */
static void nothing_without_the_disk(void **state)
{
    (void)state;
    assert_int_equal(status_of(send(0, ORIGIN, 0, 3, BOTH)), 200);
    assert_int_equal(unlink(path_of("witness.json")), 0);
    assert_int_equal(mkdir(path_of("witness.json"), 0700), 0); /* no file can take its name */
    for (int i = 0; i < 2; i++) {
        cs_witness_answer a = send(3, ORIGIN, 0, 5, BOTH);
        assert_int_equal(a.status, 500);
        assert_null(strstr(cs_buf_cstr(&a.body), NAME));
        cs_buf_free(&a.body);
        assert_int_equal(status_of(send(0, OTHER, 0, 5, ED25519_ONLY)), 500);
    }
    assert_int_equal(status_of(send(3, ORIGIN, 0, 3, BOTH)), 200); /* known to be on disk */
    assert_int_equal(rmdir(path_of("witness.json")), 0);
    assert_int_equal(status_of(send(3, ORIGIN, 0, 5, BOTH)), 200);
    reopen();
    assert_int_equal(status_of(send(5, ORIGIN, 0, 7, BOTH)), 200);
    assert_int_equal(status_of(send(0, OTHER, 0, 5, ED25519_ONLY)), 200);
}

static void names_and_keys(void **state)
{
    (void)state;
    static const char *const names[] = {"", "a b", "a+b", "a\n", "\xff"};
    static const char *const vkeys[] = {"", "x", "a+00000000+AAAA", "a+zzzzzzzz+AAAA"};
    cs_witness *w = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(cs_witness_open(&w, f.dir, names[i]), CS_BAD_VKEY);
    for (size_t i = 0; i < sizeof vkeys / sizeof vkeys[0]; i++)
        assert_int_equal(cs_witness_add_log(f.w, cs_slice_str(vkeys[i])), CS_BAD_VKEY);
    char text[CS_MAX_VKEY];
    cs_buf vkey = CS_BUF_OVER(text);
    cs_vkey_write(&vkey, cs_witness_vkey(f.w, 0)); /* a witness is no log */
    assert_int_equal(cs_witness_add_log(f.w, cs_buf_slice(&vkey)), CS_BAD_VKEY);
    for (int i = 0; i < CS_MAX_VKEYS; i++) {
        cs_key *k = new_key(CS_ED25519);
        add_log("many.example", CS_NOTE_ED25519, k, NULL);
        cs_key_free(k);
    }
    uint8_t bytes[32] = {1};
    cs_vkey more;
    cs_buf_clear(&vkey);
    assert_int_equal(cs_vkey_make(&more, CS_LIT("many.example"), CS_NOTE_ED25519, CS_ARRAY(bytes)), CS_OK);
    cs_vkey_write(&vkey, &more);
    assert_int_equal(cs_witness_add_log(f.w, cs_buf_slice(&vkey)), CS_TOO_LARGE);
}

/* Two trees raced from many threads: cosignatures of one size are for one tree. */
#define RACERS 8
static struct {
    int tree, statuses[16];
} racers[RACERS];

static void *race(void *arg)
{
    int r = *(int *)arg;
    for (uint64_t size = 2; size < 16; size++)
        racers[r].statuses[size] = status_of(send(size - 1, ORIGIN, racers[r].tree, size, BOTH));
    return NULL;
}

static void concurrent(void **state)
{
    (void)state;
    pthread_t threads[RACERS];
    int ids[RACERS];
    assert_int_equal(status_of(send(0, ORIGIN, 0, 1, BOTH)), 200);
    for (int i = 0; i < RACERS; i++) {
        ids[i] = i;
        racers[i].tree = i % 2;
        assert_int_equal(pthread_create(&threads[i], NULL, race, &ids[i]), 0);
    }
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    bool forked[2] = {false, false};
    for (int i = 0; i < RACERS; i++)
        for (int size = 3; size < 16; size++) /* the trees differ from their third leaf on */
            forked[racers[i].tree] |= racers[i].statuses[size] == 200;
    assert_false(forked[0] && forked[1]);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(steps_of_a_log),
        T(cosignatures),
        T(signatures),
        T(empty_tree),
        T(malformed),
        T(truncated),
        T(same_keys_after_a_restart),
        T(lost_state),
        T(one_process_a_state),
        T(nothing_without_the_disk),
        T(names_and_keys),
        T(concurrent),
    };
    cs_log_open("test", CS_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
