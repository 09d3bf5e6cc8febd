/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/notary.c: what is signed for a ledger, and above all what is not. zone: enclave */
#include "enclave_fixture.h"

#include <sys/stat.h>

#include "core/checkpoint.h"
#include "core/merkle.h"
#include "core/note.h"
#include "sys/file.h"

#define ORG "org_1"
#define ORIGIN "log.example/org/" ORG
#define NOW 1768473000
#define MOST 16 /* leaves of the largest tree here */

/* -- trees: leaf i of tree t is SHA-256 of two bytes; trees 0 and 1 differ from leaf 2 on ----------------------------
 */

static void leaf(uint8_t out[32], int tree, uint64_t i)
{
    uint8_t bytes[2] = {(uint8_t)(i < 2 ? 0 : tree), (uint8_t)i};
    assert_int_equal(cs_merkle_leaf(out, CS_ARRAY(bytes)), CS_OK);
}

/* MTH of leaves [from, to) [RFC 6962 §2.1], the slow way: an implementation apart from the one under test. */
static void tree_hash(uint8_t out[32], int tree, uint64_t from, uint64_t to)
{
    if (to - from == 1) {
        leaf(out, tree, from);
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

/* SUBPROOF(m, D[from:to], whole) [RFC 6962 §2.1.2] */
static void subproof(cs_buf *out, int tree, uint64_t m, uint64_t from, uint64_t to, bool whole)
{
    uint8_t hash[32];
    if (m == to - from) {
        if (!whole) {
            tree_hash(hash, tree, from, to);
            cs_buf_add(out, CS_ARRAY(hash));
        }
        return;
    }
    uint64_t k = 1;
    while (2 * k < to - from)
        k *= 2;
    if (m <= k) {
        subproof(out, tree, m, from, from + k, whole);
        tree_hash(hash, tree, from + k, to);
    } else {
        subproof(out, tree, m - k, from + k, to, false);
        tree_hash(hash, tree, from, from + k);
    }
    cs_buf_add(out, CS_ARRAY(hash));
}

/* -- asking -------------------------------------------------------------------------------------------------------- */

struct ask {
    int old_tree;
    uint64_t old_size; /* 0: no old note; the proof is from this size */
    int tree;
    uint64_t size;
    cs_err expect;
    uint64_t stale; /* the size that is signed instead; 0: the one asked for */
};

static cs_err ask_with(cs_notary_signed *out, cs_notary *n, const char *org, const char *origin, cs_slice old,
                       cs_slice proof, int tree, uint64_t size)
{
    uint8_t root[32];
    tree_hash(root, tree, 0, size);
    const cs_request r = {.type = CS_MSG_LEDGER_SIGN,
                          .org = cs_slice_str(org),
                          .origin = cs_slice_str(origin),
                          .old_note = old,
                          .new_size = size,
                          .new_root = CS_ARRAY(root),
                          .proof = proof};
    return cs_notary_sign(out, n, &r, NOW);
}

/* A note that a notary of these keys, in an epoch of its own, signed for a tree. */
static void note_of(cs_buf *out, const cs_enclave *e, const char *org, const char *origin, int tree, uint64_t size)
{
    cs_notary other;
    cs_notary_signed s;
    assert_int_equal(cs_notary_set(&other, &e->kek, cs_buf_slice(&e->notary.keys->record), 1), CS_OK);
    assert_int_equal(ask_with(&s, &other, org, origin, CS_ABSENT, CS_LIT(""), tree, size), CS_OK);
    cs_buf_add(out, cs_buf_slice(&s.note));
    cs_buf_free(&s.note);
    cs_notary_close(&other);
}

static void expect_note(const cs_enclave *e, const cs_notary_signed *s, int tree, uint64_t size)
{
    cs_notary_tree found;
    uint8_t root[32];
    tree_hash(root, tree, 0, size);
    assert_int_equal(cs_notary_check(&found, &e->notary, CS_LIT(ORIGIN), cs_buf_slice(&s->note)), CS_OK);
    assert_int_equal(found.size, size);
    assert_memory_equal(found.root, root, 32);
    assert_int_equal(s->tree.size, size);
    assert_memory_equal(s->tree.root, root, 32);
}

static void run(cs_enclave *e, size_t row, const struct ask *a)
{
    cs_buf old = cs_buf_new(CS_MAX_NOTE), proof = cs_buf_new(CS_MAX_CONSISTENCY_PROOF);
    cs_notary_signed s;
    if (a->old_size > 0) {
        note_of(&old, e, ORG, ORIGIN, a->old_tree, a->old_size);
        if (a->old_size < a->size)
            subproof(&proof, a->tree, a->old_size, 0, a->size, true);
    }
    cs_err err = ask_with(&s, &e->notary, ORG, ORIGIN, old.n > 0 ? cs_buf_slice(&old) : CS_ABSENT,
                          proof.n > 0 ? cs_buf_slice(&proof) : CS_LIT(""), a->tree, a->size);
    if (err != a->expect)
        fail_msg("step %zu: %s", row, cs_err_name(err));
    assert_int_equal(s.stale, a->stale != 0);
    if (err == CS_OK)
        expect_note(e, &s, 0, a->stale != 0 ? a->stale : a->size);
    else
        assert_true(s.note.n == 0 && s.tree.size == 0);
    cs_buf_free(&s.note);
    cs_buf_free(&old);
    cs_buf_free(&proof);
}

/* One epoch each: the steps in their order. Whatever is signed is of tree 0. */
static void epochs(void **state)
{
    (void)state;
    static const struct ask rows[][14] = {
        /* as it should be: from nothing, on, twice the same */
        {{0, 0, 0, 1, CS_OK, 0},
         {0, 1, 0, 2, CS_OK, 0},
         {0, 2, 0, 2, CS_OK, 0},
         {0, 2, 0, 7, CS_OK, 0},
         {0, 7, 0, 16, CS_OK, 0}},
        /* the first request of an epoch brings the note of an earlier one */
        {{0, 5, 0, 5, CS_OK, 0}, {0, 5, 0, 6, CS_OK, 0}},
        {{0, 5, 0, 9, CS_OK, 0}, {0, 9, 0, 10, CS_OK, 0}},
        /* ... and may not contradict it */
        {{0, 5, 1, 5, CS_LEDGER_FORK, 0},
         {0, 5, 0, 4, CS_LEDGER_FORK, 0},
         {0, 5, 1, 4, CS_LEDGER_FORK, 0},
         {0, 5, 1, 9, CS_LEDGER_PROOF, 0},
         {0, 5, 0, 9, CS_OK, 0}},
        /* a fork within the epoch: same size, larger, smaller; with and without a note */
        {{0, 0, 0, 5, CS_OK, 0},
         {0, 5, 1, 5, CS_LEDGER_FORK, 0},
         {0, 0, 1, 5, CS_LEDGER_FORK, 0},
         {0, 5, 1, 9, CS_LEDGER_PROOF, 0},
         {0, 0, 1, 9, CS_OK, 5},
         {0, 5, 0, 4, CS_LEDGER_FORK, 0},
         {0, 0, 0, 4, CS_OK, 5},
         {0, 0, 1, 4, CS_OK, 5},
         {0, 2, 1, 9, CS_OK, 5},
         {0, 2, 1, 5, CS_LEDGER_FORK, 0},
         {0, 5, 0, 9, CS_OK, 0}},
        /* a note of another epoch's fork, or of its future */
        {{0, 0, 0, 5, CS_OK, 0},
         {1, 5, 1, 9, CS_LEDGER_FORK, 0},
         {1, 5, 0, 9, CS_LEDGER_FORK, 0},
         {1, 5, 1, 5, CS_LEDGER_FORK, 0},
         {0, 9, 0, 10, CS_LEDGER_FORK, 0},
         {1, 9, 1, 10, CS_LEDGER_FORK, 0},
         {0, 9, 0, 9, CS_LEDGER_FORK, 0},
         {0, 5, 0, 10, CS_OK, 0}},
        /* the caller lost the answer: it is told, asks again, goes on */
        {{0, 0, 0, 3, CS_OK, 0},
         {0, 3, 0, 8, CS_OK, 0},
         {0, 3, 0, 8, CS_OK, 0},
         {0, 3, 0, 9, CS_OK, 8},
         {0, 3, 0, 6, CS_OK, 8},
         {0, 8, 0, 9, CS_OK, 0}},
        /* a refusal changes nothing */
        {{0, 0, 0, 3, CS_OK, 0}, {0, 3, 1, 8, CS_LEDGER_PROOF, 0}, {0, 3, 0, 4, CS_OK, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_enclave *e = fixture_open(0);
        for (size_t j = 0; j < sizeof rows[0] / sizeof rows[0][0] && rows[i][j].size > 0; j++)
            run(e, 100 * i + j, &rows[i][j]);
        fixture_close(e);
    }
}

/* Every size leads to every larger one, and to none with another proof. */
static void proofs(void **state)
{
    (void)state;
    cs_enclave *e = fixture_open(0);
    for (uint64_t from = 1; from <= MOST; from++) {
        cs_buf old = cs_buf_new(CS_MAX_NOTE);
        note_of(&old, e, ORG, ORIGIN, 0, from);
        for (uint64_t to = from; to <= MOST; to++) {
            cs_buf proof = cs_buf_new(CS_MAX_CONSISTENCY_PROOF);
            subproof(&proof, 0, from, 0, to, true);
            for (size_t bad = 0; bad <= proof.n / 32 + 2; bad++) {
                cs_notary fresh;
                cs_notary_signed s;
                cs_slice p = proof.n > 0 ? cs_buf_slice(&proof) : CS_LIT("");
                cs_err expect = CS_LEDGER_PROOF;
                assert_int_equal(cs_notary_set(&fresh, &e->kek, cs_buf_slice(&e->notary.keys->record), 1), CS_OK);
                if (bad < proof.n / 32)
                    proof.p[32 * bad] ^= 1;
                else if (bad == proof.n / 32)
                    expect = CS_OK;
                else if (bad == proof.n / 32 + 1)
                    p = proof.n > 0 ? cs_slice_sub(p, 0, proof.n - 32) : CS_LIT("0123456789abcdef0123456789abcdef");
                else
                    p = CS_LIT("x");
                cs_err err = ask_with(&s, &fresh, ORG, ORIGIN, cs_buf_slice(&old), p, 0, to);
                if (err != expect)
                    fail_msg("from %d to %d, %zu: %s", (int)from, (int)to, bad, cs_err_name(err));
                if (bad < proof.n / 32)
                    proof.p[32 * bad] ^= 1;
                cs_buf_free(&s.note);
                cs_notary_close(&fresh);
            }
            cs_buf_free(&proof);
        }
        cs_buf_free(&old);
    }
    fixture_close(e);
}

/* A first checkpoint has nothing to prove. */
static void no_proof_from_nothing(void **state)
{
    (void)state;
    cs_enclave *e = fixture_open(0);
    cs_notary_signed s;
    assert_int_equal(ask_with(&s, &e->notary, ORG, ORIGIN, CS_ABSENT, CS_LIT("0123456789abcdef0123456789abcdef"), 0, 3),
                     CS_LEDGER_PROOF);
    cs_buf_free(&s.note);
    fixture_close(e);
}

static void origins(void **state)
{
    (void)state;
    static const struct {
        const char *org, *origin;
        cs_err expect;
    } rows[] = {
        {ORG, ORIGIN, CS_OK},
        {ORG, "a/org/" ORG, CS_OK},
        {ORG, "a/org/x/org/" ORG, CS_OK},
        {ORG, "/org/" ORG, CS_BAD_FIELD},
        {ORG, ORG, CS_BAD_FIELD},
        {ORG, "log.example/" ORG, CS_BAD_FIELD},
        {ORG, "log.example/org/", CS_BAD_FIELD},
        {ORG, "log.example/org/org_2", CS_BAD_FIELD},
        {ORG, "log.example/org/" ORG "_test", CS_BAD_FIELD},
        {ORG, "log.example/org/x" ORG, CS_BAD_FIELD},
        {ORG, "log.example/org/" ORG "/", CS_BAD_FIELD},
        {ORG, "log example/org/" ORG, CS_BAD_FIELD},
        {ORG, "log+example/org/" ORG, CS_BAD_FIELD},
        {ORG, "log.example\n/org/" ORG, CS_BAD_FIELD},
        {"1/org/2", "log.example/org/1/org/2", CS_BAD_FIELD},
        {"", "log.example/org/", CS_BAD_FIELD},
        {"a b", "log.example/org/a b", CS_BAD_FIELD},
        {"a.b", "log.example/org/a.b", CS_BAD_FIELD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_enclave *e = fixture_open(0);
        cs_notary_signed s;
        cs_err err = ask_with(&s, &e->notary, rows[i].org, rows[i].origin, CS_ABSENT, CS_LIT(""), 0, 1);
        if (err != rows[i].expect)
            fail_msg("%s, %s: %s", rows[i].org, rows[i].origin, cs_err_name(err));
        cs_buf_free(&s.note);
        fixture_close(e);
    }
}

/* Zero leaves and roots of another length are no tree. */
static void no_tree(void **state)
{
    (void)state;
    static const uint8_t root[33];
    static const struct {
        uint64_t size;
        size_t n;
    } rows[] = {{0, 32}, {1, 31}, {1, 33}, {1, 0}};
    cs_enclave *e = fixture_open(0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_notary_signed s;
        const cs_request r = {.type = CS_MSG_LEDGER_SIGN,
                              .org = CS_LIT(ORG),
                              .origin = CS_LIT(ORIGIN),
                              .new_size = rows[i].size,
                              .new_root = cs_slice_of(root, rows[i].n),
                              .proof = CS_LIT("")};
        assert_int_equal(cs_notary_sign(&s, &e->notary, &r, NOW), CS_BAD_FIELD);
        assert_int_equal(s.note.n, 0);
        cs_buf_free(&s.note);
    }
    fixture_close(e);
}

/* An org keeps its origin for the epoch: two origins would be two ledgers of one org. */
static void one_origin(void **state)
{
    (void)state;
    cs_enclave *e = fixture_open(0);
    cs_notary_signed s;
    assert_int_equal(ask_with(&s, &e->notary, ORG, ORIGIN, CS_ABSENT, CS_LIT(""), 0, 3), CS_OK);
    cs_buf_free(&s.note);
    for (int tree = 0; tree < 2; tree++) {
        assert_int_equal(ask_with(&s, &e->notary, ORG, "other.example/org/" ORG, CS_ABSENT, CS_LIT(""), tree, 3),
                         CS_LEDGER_FORK);
        assert_int_equal(s.note.n, 0);
        cs_buf_free(&s.note);
    }
    fixture_close(e);
}

/* Realms are apart, and a realm too many is refused without harm to the others. */
static void realms(void **state)
{
    (void)state;
    cs_enclave *e = fixture_open(0);
    char org[16], origin[64];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i <= FIXTURE_REALMS; i++) {
            cs_notary_signed s;
            (void)snprintf(org, sizeof org, "org_%d", i);
            (void)snprintf(origin, sizeof origin, "log.example/org/%s", org);
            cs_err expect = i < FIXTURE_REALMS ? CS_OK : CS_LEDGER_ORGS_FULL;
            assert_int_equal(ask_with(&s, &e->notary, org, origin, CS_ABSENT, CS_LIT(""), i % 2, (uint64_t)(i + 2)),
                             expect);
            assert_int_equal(s.stale, false);
            cs_buf_free(&s.note);
        }
    }
    fixture_close(e);
}

/* -- old notes ----------------------------------------------------------------------------------------------------- */

static void expect_refused(cs_enclave *e, cs_slice old, cs_err expect)
{
    cs_buf proof = cs_buf_new(CS_MAX_CONSISTENCY_PROOF);
    cs_notary_signed s;
    subproof(&proof, 0, 3, 0, 4, true);
    assert_int_equal(ask_with(&s, &e->notary, ORG, ORIGIN, old, cs_buf_slice(&proof), 0, 4), expect);
    assert_int_equal(s.note.n, 0);
    cs_buf_free(&s.note);
    cs_buf_free(&proof);
}

static void foreign_notes(void **state)
{
    (void)state;
    cs_enclave *e = fixture_open(0), *other = fixture_open(0);
    const struct {
        const cs_enclave *signer;
        const char *org, *origin;
    } rows[] = {{other, ORG, ORIGIN}, /* another enclave's */
                {e, ORG, "other.example/org/" ORG},
                {e, "org_2", "log.example/org/org_2"},
                {e, "org_1_test", "log.example/org/org_1_test"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_buf old = cs_buf_new(CS_MAX_NOTE);
        note_of(&old, rows[i].signer, rows[i].org, rows[i].origin, 0, 3);
        expect_refused(e, cs_buf_slice(&old), CS_LEDGER_NOTE);
        cs_buf_free(&old);
    }
    expect_refused(e, CS_LIT(""), CS_LEDGER_NOTE);
    expect_refused(e, CS_LIT("no note"), CS_LEDGER_NOTE);
    expect_refused(e, CS_LIT(ORIGIN "\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), CS_LEDGER_NOTE);
    fixture_close(other);
    fixture_close(e);
}

/* Both keys have to have signed: a note without one of the lines, or with one of a key that bears the name, is none. */
static void half_notes(void **state)
{
    (void)state;
    cs_enclave *e = fixture_open(0);
    cs_key *stranger = NULL;
    CS_SECRET(private_bytes);
    assert_int_equal(cs_key_generate(&private_bytes, CS_ED25519), CS_OK);
    assert_int_equal(cs_key_open_private(&stranger, CS_ED25519, cs_secret_slice(&private_bytes)), CS_OK);
    for (int which = 0; which < 5; which++) {
        char memory[512];
        cs_buf text = CS_BUF_OVER(memory), note = cs_buf_new(CS_MAX_NOTE);
        cs_checkpoint c = {.origin = CS_LIT(ORIGIN), .size = which == 4 ? 0 : 3};
        tree_hash(c.root, 0, 0, 3);
        assert_int_equal(cs_checkpoint_write(&text, &c), CS_OK);
        cs_slice body = cs_buf_slice(&text);
        assert_int_equal(cs_note_begin(&note, body), CS_OK);
        if (which != 1)
            assert_int_equal(cs_note_sign(&note, body, CS_LIT(ORIGIN), CS_NOTE_ED25519,
                                          which == 2 ? stranger : e->notary.keys->pair.trad, 0),
                             CS_OK);
        if (which != 3)
            assert_int_equal(cs_note_sign(&note, body, CS_LIT(ORIGIN), CS_NOTE_MLDSA44, e->notary.keys->pair.pq,
                                          which == 0 ? 0 : NOW),
                             CS_OK);
        if (which == 0) { /* whole: signed, with nothing said of the time */
            cs_notary_tree found;
            assert_int_equal(cs_notary_check(&found, &e->notary, CS_LIT(ORIGIN), cs_buf_slice(&note)), CS_OK);
        } else {
            expect_refused(e, cs_buf_slice(&note), CS_LEDGER_NOTE);
        }
        cs_buf_free(&note);
    }
    cs_key_free(stranger);
    fixture_close(e);
}

/* A changed byte anywhere in a note of its own is noticed: so it would be before release. */
static void changed_notes(void **state)
{
    (void)state;
    cs_enclave *e = fixture_open(0);
    cs_buf note = cs_buf_new(CS_MAX_NOTE);
    cs_notary_tree found;
    note_of(&note, e, ORG, ORIGIN, 0, 3);
    assert_int_equal(cs_notary_check(&found, &e->notary, CS_LIT(ORIGIN), cs_buf_slice(&note)), CS_OK);
    for (size_t i = 0; i < note.n; i += 1 + i / 64) {
        note.p[i] ^= 1;
        assert_int_equal(cs_notary_check(&found, &e->notary, CS_LIT(ORIGIN), cs_buf_slice(&note)), CS_LEDGER_NOTE);
        assert_int_equal(found.size, 0);
        note.p[i] ^= 1;
        assert_int_equal(cs_notary_check(&found, &e->notary, CS_LIT(ORIGIN), cs_slice_sub(cs_buf_slice(&note), 0, i)),
                         CS_LEDGER_NOTE);
    }
    cs_buf_free(&note);
    fixture_close(e);
}

/* Witnesses sign the note too before the gateway brings it back. */
static void witnessed_notes(void **state)
{
    (void)state;
    cs_enclave *e = fixture_open(0);
    cs_key *witness = NULL;
    CS_SECRET(private_bytes);
    assert_int_equal(cs_key_generate(&private_bytes, CS_MLDSA44), CS_OK);
    assert_int_equal(cs_key_open_private(&witness, CS_MLDSA44, cs_secret_slice(&private_bytes)), CS_OK);
    cs_buf note = cs_buf_new(CS_MAX_NOTE);
    cs_note parsed;
    cs_notary_tree found;
    note_of(&note, e, ORG, ORIGIN, 0, 3);
    assert_int_equal(cs_note_parse(&parsed, cs_buf_slice(&note)), CS_OK);
    char memory[512];
    cs_buf text = CS_BUF_OVER(memory);
    cs_buf_add(&text, parsed.text);
    assert_int_equal(cs_note_sign(&note, cs_buf_slice(&text), CS_LIT("w.example"), CS_NOTE_MLDSA44, witness, NOW),
                     CS_OK);
    assert_int_equal(cs_notary_check(&found, &e->notary, CS_LIT(ORIGIN), cs_buf_slice(&note)), CS_OK);
    cs_key_free(witness);
    cs_buf_free(&note);
    fixture_close(e);
}

/* -- keys ---------------------------------------------------------------------------------------------------------- */

/* A record that signs payloads is no notary's, whatever it is called; the notary's record belongs to no org. */
static void other_records(void **state)
{
    (void)state;
    static const struct {
        const char *org, *key_id, *alg, *purpose;
        cs_err expect;
    } rows[] = {
        {"", "ledger", "mldsa44+ed25519", "ledger", CS_OK},
        {"", "ledger", "mldsa44+ed25519", "sign", CS_SEAL_BROKEN},
        {"", "ledger", "mldsa44+ed25519", "hybrid", CS_SEAL_BROKEN},
        {"org", "ledger", "mldsa44+ed25519", "ledger", CS_SEAL_BROKEN},
        {"", "key", "mldsa44+ed25519", "ledger", CS_SEAL_BROKEN},
        {"", "ledger", "mldsa65+ed25519", "ledger", CS_SEAL_BROKEN},
        {"", "ledger", "mldsa44+ecdsa-p256", "ledger", CS_SEAL_BROKEN},
    };
    cs_enclave *e = fixture_open(0), *other = fixture_open(0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_newborn key = fixture_key(e, rows[i].org, rows[i].key_id, rows[i].alg, CS_FORMAT_COMPOSITE, rows[i].purpose);
        cs_notary n;
        assert_int_equal(cs_notary_set(&n, &e->kek, cs_buf_slice(&key.sealed), 1), rows[i].expect);
        assert_true((n.keys != NULL) == (rows[i].expect == CS_OK));
        cs_notary_close(&n);
        assert_int_equal(cs_notary_set(&n, &other->kek, cs_buf_slice(&key.sealed), 1), CS_KEK_UNUSABLE);
        cs_newborn_free(&key);
    }
    fixture_close(other);
    fixture_close(e);
}

/* The notary's own record signs no payload. */
static void signs_no_payload(void **state)
{
    (void)state;
    cs_enclave *e = fixture_open(0);
    cs_attested a = cs_attested_new();
    const cs_request r = {.type = CS_MSG_SIGN,
                          .org = CS_LIT(""),
                          .key_id = CS_LIT("ledger"),
                          .sealed = cs_buf_slice(&e->notary.keys->record),
                          .message = {.bytes = CS_LIT("payload")}};
    assert_int_equal(cs_attested_sign(&a, e, &r), CS_SEAL_BROKEN);
    assert_int_equal(a.signature.n, 0);
    cs_attested_free(&a);
    fixture_close(e);
}

/* Made once, kept, and the same after a restart. */
static void kept(void **state)
{
    (void)state;
    cs_enclave *e = fixture_open(0);
    char folder[] = "/tmp/cs-notary-XXXXXX", path[64];
    struct stat st;
    cs_notary first, second;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/ledger.sealed", folder);
    assert_int_equal(cs_notary_open(&first, &e->kek, folder, 1), CS_OK);
    assert_int_equal(cs_notary_open(&second, &e->kek, folder, 1), CS_OK);
    assert_memory_equal(first.ed25519, second.ed25519, sizeof first.ed25519);
    assert_memory_equal(first.mldsa44, second.mldsa44, sizeof first.mldsa44);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    cs_notary_close(&second);
    cs_notary_close(&first);
    assert_int_equal(cs_file_write(path, CS_LIT("none"), 0600, true), CS_OK);
    assert_int_equal(cs_notary_open(&first, &e->kek, folder, 1), CS_CONFIG);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(cs_notary_open(&first, &e->kek, folder, 1), CS_IO);
    fixture_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs),           cmocka_unit_test(proofs),
        cmocka_unit_test(origins),          cmocka_unit_test(no_proof_from_nothing),
        cmocka_unit_test(no_tree),          cmocka_unit_test(one_origin),
        cmocka_unit_test(realms),           cmocka_unit_test(foreign_notes),
        cmocka_unit_test(half_notes),       cmocka_unit_test(changed_notes),
        cmocka_unit_test(witnessed_notes),  cmocka_unit_test(other_records),
        cmocka_unit_test(signs_no_payload), cmocka_unit_test(kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
