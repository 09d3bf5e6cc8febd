/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "core/encode.h"
#include "core/json.h"
#include "gateway/commit.h"
#include "gateway/nodes.h"
#include "gateway/tails.h"

#include "faulty_disk.h"
#include "store_fixture.h"

#define THREADS 8
#define EACH 40

static struct store_fixture f;
static cs_commit *commit;

/* A server has a disk of its own. */
static void break_disk(fault how)
{
    if (!store_fixture_is_file())
        skip();
    faulty_disk = how;
}

static int open_all(void **state)
{
    (void)state;
    faulty_disk = FAULT_NONE;
    store_fixture_open(&f);
    return cs_commit_open(&commit, f.store) == CS_OK ? 0 : 1;
}

static int close_all(void **state)
{
    (void)state;
    faulty_disk = FAULT_NONE;
    cs_commit_close(commit);
    store_fixture_close(&f);
    return 0;
}

static cs_write event(const char *org, const char *subject)
{
    return (cs_write){.org = cs_slice_str(org),
                      .event_type = "custom.event",
                      .actor_id = CS_LIT("ak_test"),
                      .subject_id = cs_slice_str(subject),
                      .data = CS_LIT("{}")};
}

static cs_err append(const char *subject)
{
    cs_write w = event(ORG, subject);
    return cs_commit_write(commit, &w, 1, NULL);
}

static cs_err put_key(const char *id, const char *name)
{
    cs_key_row k = key_row(id, name);
    cs_write w = event(ORG, id);
    w.key = &k;
    cs_err err = cs_commit_write(commit, &w, 1, NULL);
    cs_key_row_free(&k);
    return err;
}

static cs_err put_signature(const char *id, const char *key_id, const char *epoch, int64_t counter)
{
    cs_signature_row g = signature_row(id, key_id, epoch, counter);
    cs_write w = event(ORG, id);
    w.signature = &g;
    return cs_commit_write(commit, &w, 1, NULL);
}

static cs_err revoke_key(const char *id)
{
    cs_write w = event(ORG, id);
    w.revoke = id;
    return cs_commit_write(commit, &w, 1, NULL);
}

/* Recomputes chain and tree of an org from its entries and compares them with the head. */
static uint64_t check_ledger(const char *org)
{
    cs_head head;
    cs_merkle tree = {0};
    uint8_t previous[CS_SHA256_LEN] = {0}, leaf[CS_SHA256_LEN], root[CS_SHA256_LEN], want[CS_SHA256_LEN];
    cs_err err = cs_store_head(f.store, &head, cs_slice_str(org));
    assert_true(err == CS_OK || err == CS_NOT_FOUND);
    for (uint64_t seq = 0; seq < head.tree.size; seq++) {
        char hex[2 * CS_SHA256_LEN + 1];
        cs_buf bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY), prev = CS_BUF_OVER(hex);
        cs_json *json = NULL;
        cs_digest d;
        assert_int_equal(cs_store_entry(f.store, &bytes, cs_slice_str(org), seq), CS_OK);
        assert_int_equal(cs_json_parse(&json, cs_buf_slice(&bytes), CS_MAX_LEDGER_ENTRY), CS_OK);
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        assert_int_equal(cs_jobj_int(&o, "seq", 0, CS_JSON_INT_MAX), (int64_t)seq);
        cs_hex_encode(&prev, CS_ARRAY(previous));
        assert_true(cs_slice_eq(cs_jobj_str(&o, "prev", 64), cs_buf_slice(&prev)));
        cs_json_free(json);
        assert_int_equal(cs_hash(&d, CS_SHA256, cs_buf_slice(&bytes)), CS_OK);
        memcpy(previous, d.b, sizeof previous);
        assert_int_equal(cs_merkle_leaf(leaf, cs_buf_slice(&bytes)), CS_OK);
        assert_int_equal(cs_merkle_append(&tree, leaf), CS_OK);
        cs_buf_free(&bytes);
    }
    cs_buf none = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    assert_int_equal(cs_store_entry(f.store, &none, cs_slice_str(org), head.tree.size), CS_NOT_FOUND);
    cs_buf_free(&none);
    assert_memory_equal(previous, head.last, sizeof previous);
    assert_int_equal(cs_merkle_root(root, &tree), CS_OK);
    assert_int_equal(cs_merkle_root(want, &head.tree), CS_OK);
    assert_memory_equal(root, want, sizeof root);
    return head.tree.size;
}

/* What one of many threads got for its writes. */
struct appender {
    const char *org;
    int number;
    cs_err err[EACH];
    uint64_t seq[EACH];
};

static void *append_many(void *arg)
{
    struct appender *a = arg;
    for (int i = 0; i < EACH; i++) {
        char subject[32];
        (void)snprintf(subject, sizeof subject, "%d.%d", a->number, i);
        cs_write w = event(a->org, subject);
        a->err[i] = cs_commit_write(commit, &w, 1, NULL);
        a->seq[i] = w.seq;
    }
    return NULL;
}

static void run_appenders(struct appender appenders[THREADS])
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, &appenders[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void test_concurrent_appenders_make_one_order(void **state)
{
    (void)state;
    struct appender appenders[THREADS];
    bool seen[THREADS * EACH] = {0};
    for (int i = 0; i < THREADS; i++)
        appenders[i] = (struct appender){.org = ORG, .number = i};
    int syncs = faulty_disk_syncs;
    run_appenders(appenders);
    for (int i = 0; i < THREADS; i++) {
        for (int k = 0; k < EACH; k++) {
            assert_int_equal(appenders[i].err[k], CS_OK);
            assert_true(appenders[i].seq[k] < THREADS * EACH && !seen[appenders[i].seq[k]]);
            assert_true(k == 0 || appenders[i].seq[k] > appenders[i].seq[k - 1]);
            seen[appenders[i].seq[k]] = true;
        }
    }
    if (store_fixture_is_file())
        assert_true(faulty_disk_syncs > syncs); /* what was acknowledged was synced */
    assert_int_equal(check_ledger(ORG), THREADS * EACH);
    store_fixture_reopen(&f); /* checks the heads, too */
    assert_int_equal(check_ledger(ORG), THREADS * EACH);
}

/* Whatever was announced and did not come. */
static void test_no_leader_waits_for_ever(void **state)
{
    (void)state;
    struct appender appenders[THREADS];
    for (int i = 0; i < 3 * THREADS; i++)
        cs_commit_announce(commit);
    assert_int_equal(append("alone"), CS_OK);
    for (int i = 0; i < THREADS; i++)
        appenders[i] = (struct appender){.org = ORG, .number = i};
    run_appenders(appenders);
    assert_int_equal(check_ledger(ORG), 1 + THREADS * EACH);
    for (int i = 0; i < 3 * THREADS; i++)
        cs_commit_withdraw(commit);
}

static void test_orgs_have_ledgers_of_their_own(void **state)
{
    (void)state;
    struct appender appenders[THREADS];
    for (int i = 0; i < THREADS; i++)
        appenders[i] = (struct appender){.org = i % 2 == 0 ? ORG : "org_other", .number = i};
    run_appenders(appenders);
    assert_int_equal(check_ledger(ORG), THREADS / 2 * EACH);
    assert_int_equal(check_ledger("org_other"), THREADS / 2 * EACH);
}

static void *take_name(void *arg)
{
    char id[16];
    (void)snprintf(id, sizeof id, "key_%d", *(int *)arg);
    *(int *)arg = (int)put_key(id, "same name");
    return NULL;
}

/* All in one round, perhaps: the losers leave no row and no entry, the winner both. */
static void test_a_refused_write_does_not_sink_the_others(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int results[THREADS], won = 0;
    for (int i = 0; i < THREADS; i++) {
        results[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, take_name, &results[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        won += results[i] == CS_OK;
        assert_true(results[i] == CS_OK || results[i] == CS_NAME_TAKEN);
    }
    assert_int_equal(won, 1);
    assert_int_equal(check_ledger(ORG), 1);
}

static void test_refused_writes_change_nothing(void **state)
{
    (void)state;
    static const char epoch[] = "00112233445566778899aabbccddeeff", later[] = "ff112233445566778899aabbccddeeff";
    assert_int_equal(put_key("key_1", "one"), CS_OK);
    assert_int_equal(put_signature("sig_1", "key_1", epoch, 1), CS_OK);
    uint64_t size = check_ledger(ORG);

    assert_int_equal(put_key("key_2", "one"), CS_NAME_TAKEN);
    assert_int_equal(put_key("key_1", "two"), CS_NAME_TAKEN);
    assert_int_equal(put_signature("sig_2", "key_9", epoch, 2), CS_KEY_NOT_ACTIVE);
    assert_int_equal(put_signature("sig_2", "key_1", epoch, 1), CS_COUNTER_NOT_FRESH);
    assert_int_equal(revoke_key("key_9"), CS_KEY_NOT_ACTIVE);
    cs_write w = event(ORG, "x");
    w.data = CS_LIT("[]");
    assert_int_equal(cs_commit_write(commit, &w, 1, NULL), CS_BAD_JSON);
    w.data = CS_LIT("{\"x\":1.5}");
    assert_int_equal(cs_commit_write(commit, &w, 1, NULL), CS_BAD_FIELD);
    w = event(ORG, "x");
    w.event_type = "";
    assert_int_equal(cs_commit_write(commit, &w, 1, NULL), CS_BAD_FIELD);
    assert_int_equal(check_ledger(ORG), size);

    assert_int_equal(put_signature("sig_3", "key_1", later, 1), CS_OK);
    assert_int_equal(put_signature("sig_4", "key_1", NULL, 0), CS_OK);
    assert_int_equal(put_signature("sig_5", "key_1", NULL, 0), CS_OK);
    assert_int_equal(revoke_key("key_1"), CS_OK);
    assert_int_equal(revoke_key("key_1"), CS_KEY_NOT_ACTIVE);
    assert_int_equal(put_signature("sig_6", "key_1", later, 2), CS_KEY_NOT_ACTIVE);
    assert_int_equal(check_ledger(ORG), size + 4);
}

static void test_after_a_failed_sync_nothing_is_acknowledged(void **state)
{
    (void)state;
    struct appender appenders[THREADS];
    assert_int_equal(append("before"), CS_OK);
    break_disk(FAULT_SYNC);
    for (int i = 0; i < THREADS; i++)
        appenders[i] = (struct appender){.org = ORG, .number = i};
    run_appenders(appenders);
    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < EACH; k++)
            assert_int_equal(appenders[i].err[k], CS_STORE_UNAVAILABLE);
    assert_true(cs_store_is_broken(f.store));

    faulty_disk = FAULT_NONE; /* too late: what the disk holds is not known any more */
    assert_int_equal(append("after"), CS_STORE_UNAVAILABLE);
    assert_int_equal(check_ledger(ORG), 1); /* reading goes on */

    cs_commit_close(commit);
    store_fixture_reopen(&f); /* what is found now is what is true; nothing of it was acknowledged but the first */
    assert_int_equal(cs_commit_open(&commit, f.store), CS_OK);
    assert_true(check_ledger(ORG) >= 1);
    assert_int_equal(append("restarted"), CS_OK);
}

static void test_a_full_disk_recovers(void **state)
{
    (void)state;
    assert_int_equal(append("before"), CS_OK);
    break_disk(FAULT_FULL);
    assert_int_equal(append("during"), CS_STORE_UNAVAILABLE);
    assert_int_equal(put_key("key_1", "one"), CS_STORE_UNAVAILABLE);
    assert_false(cs_store_is_broken(f.store));
    assert_int_equal(check_ledger(ORG), 1);
    faulty_disk = FAULT_NONE;
    assert_int_equal(put_key("key_1", "one"), CS_OK);
    assert_int_equal(append("after"), CS_OK);
    assert_int_equal(check_ledger(ORG), 3);
}

static void count_rounds(void *context)
{
    ++*(int *)context;
}

/* In order, in one transaction; what is refused in the middle takes nothing else with it. */
static void test_a_group_is_written_at_once(void **state)
{
    (void)state;
    int rounds = 0;
    cs_key_row keys[2] = {key_row("key_1", "same"), key_row("key_2", "same")};
    cs_write w[] = {event(ORG, "key_1"), event(ORG, "key_2"), event(ORG, "third")};
    w[0].key = &keys[0];
    w[1].key = &keys[1];
    cs_commit_on_round(commit, count_rounds, &rounds);
    assert_int_equal(cs_commit_write(commit, w, 3, NULL), CS_OK);
    assert_int_equal(rounds, 1);
    assert_int_equal(w[0].err, CS_OK);
    assert_int_equal(w[1].err, CS_NAME_TAKEN);
    assert_int_equal(w[2].err, CS_OK);
    assert_int_equal(w[0].seq, 0);
    assert_int_equal(w[2].seq, 1);
    assert_int_equal(check_ledger(ORG), 2);
    assert_int_equal(cs_commit_write(commit, w, 1, NULL), CS_NAME_TAKEN);

    if (store_fixture_is_file()) {
        faulty_disk = FAULT_FULL;
        rounds = 0;
        assert_int_equal(cs_commit_write(commit, w, 3, NULL), CS_STORE_UNAVAILABLE);
        assert_int_equal(w[2].err, CS_STORE_UNAVAILABLE);
        assert_int_equal(rounds, 0);
        faulty_disk = FAULT_NONE;
    }
    assert_int_equal(check_ledger(ORG), 2);
    assert_int_equal(cs_commit_write(commit, w, 0, NULL), CS_INTERNAL);
    assert_int_equal(cs_commit_write(commit, w, CS_MAX_GROUP + 1, NULL), CS_INTERNAL);
    cs_key_row_free(&keys[0]);
    cs_key_row_free(&keys[1]);
}

static void test_a_row_without_an_entry(void **state)
{
    (void)state;
    cs_key_row k = key_row("key_1", "one");
    cs_write w = {.org = CS_LIT(ORG), .key = &k};
    assert_int_equal(append("before"), CS_OK);
    assert_int_equal(cs_commit_write(commit, &w, 1, NULL), CS_OK);
    assert_int_equal(w.entry_id[0], 0);
    assert_int_equal(check_ledger(ORG), 1);
    assert_int_equal(revoke_key("key_1"), CS_OK); /* it is there */
    assert_int_equal(check_ledger(ORG), 2);
    cs_key_row_free(&k);
}

/* The stored nodes give the same tree as the head. */
static void check_nodes(const char *org)
{
    cs_nodes nodes = {.store = f.store, .org = cs_slice_str(org)};
    cs_head head;
    uint8_t root[CS_SHA256_LEN], want[CS_SHA256_LEN];
    cs_buf more = cs_buf_new(4096);
    assert_int_equal(cs_store_head(f.store, &head, cs_slice_str(org)), CS_OK);
    assert_int_equal(cs_merkle_root(want, &head.tree), CS_OK);
    assert_int_equal(cs_tiles_root(root, head.tree.size, cs_nodes_read, &nodes), CS_OK);
    assert_memory_equal(root, want, sizeof root);
    assert_int_equal(cs_store_nodes(f.store, &more, nodes.org, 0, head.tree.size, 1), CS_NOT_FOUND);
    assert_int_equal(cs_store_nodes(f.store, &more, nodes.org, 1, head.tree.size / 256, 1), CS_NOT_FOUND);
    if (head.tree.size >= 256)
        assert_int_equal(cs_store_nodes(f.store, &more, nodes.org, 1, head.tree.size / 256 - 1, 1), CS_OK);
    cs_buf_free(&more);
}

/* Every third is refused; the proofs of the others are good in the tree that the round left behind. */
static void test_groups_with_proofs(void **state)
{
    (void)state;
    static cs_write w[CS_MAX_GROUP];
    static cs_buf proofs[CS_MAX_GROUP];
    uint64_t size = 0;
    for (size_t round = 0; round < 3; round++) {
        size_t n = round == 0 ? 1 : round == 1 ? 777 : CS_MAX_GROUP;
        for (size_t i = 0; i < n; i++) {
            proofs[i] = cs_buf_new(4096);
            w[i] = event(ORG, i % 3 == 2 ? "bad" : "good");
            w[i].data = i % 3 == 2 ? CS_LIT("[]") : CS_LIT("{}");
            w[i].proof = &proofs[i];
            size += i % 3 != 2;
        }
        assert_int_equal(cs_commit_write(commit, w, n, NULL), CS_OK);
        for (size_t i = 0; i < n; i++) {
            cs_nodes nodes = {.store = f.store, .org = CS_LIT(ORG)};
            uint8_t leaf[CS_SHA256_LEN], root[CS_SHA256_LEN];
            cs_buf bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY);
            assert_int_equal(w[i].err, i % 3 == 2 ? CS_BAD_JSON : CS_OK);
            if (w[i].err == CS_OK) {
                assert_int_equal(w[i].proof_size, size);
                assert_int_equal(cs_store_entry(f.store, &bytes, nodes.org, w[i].seq), CS_OK);
                assert_int_equal(cs_merkle_leaf(leaf, cs_buf_slice(&bytes)), CS_OK);
                assert_int_equal(cs_tiles_root(root, size, cs_nodes_read, &nodes), CS_OK);
                assert_int_equal(cs_merkle_verify_inclusion(w[i].seq, size, leaf, cs_buf_slice(&proofs[i]), root),
                                 CS_OK);
            } else {
                assert_int_equal(proofs[i].n, 0);
            }
            cs_buf_free(&bytes);
            cs_buf_free(&proofs[i]);
        }
    }
    assert_int_equal(check_ledger(ORG), size);
    check_nodes(ORG);
    store_fixture_reopen(&f);
    check_nodes(ORG);
}

/* More ledgers than tails are kept of, again and again. */
static void test_many_ledgers(void **state)
{
    (void)state;
    enum { LEDGERS = CS_MAX_TAILS + 20 };
    char id[32];
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    for (int i = 0; i < LEDGERS; i++) {
        cs_org_row org = {.host = "log.example"};
        (void)snprintf(org.id, sizeof org.id, "org_%d", i);
        assert_int_equal(cs_store_put_org(f.store, &org), CS_OK);
    }
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    for (int i = 0; i < 3 * LEDGERS; i++) {
        (void)snprintf(id, sizeof id, "org_%d", i % LEDGERS);
        cs_write w = event(id, "x");
        assert_int_equal(cs_commit_write(commit, &w, 1, NULL), CS_OK);
        assert_int_equal(w.seq, i / LEDGERS);
    }
    for (int i = 0; i < LEDGERS; i++) {
        (void)snprintf(id, sizeof id, "org_%d", i);
        assert_int_equal(check_ledger(id), 3);
        check_nodes(id);
    }
}

struct rendering {
    const cs_write *w;
    size_t n, calls;
    cs_err err;
};

static void render(void *context, cs_buf *answer)
{
    struct rendering *r = context;
    r->calls++;
    for (size_t i = 0; i < r->n; i++)
        cs_buf_printf(answer, "%s %d;", cs_err_name(r->w[i].err), r->w[i].err == CS_OK ? (int)r->w[i].seq : -1);
    if (r->err != CS_OK)
        answer->err = r->err;
}

static void expect_kept(const cs_receipt *receipt, const char *want)
{
    cs_idempotency_row row = cs_idempotency_row_new();
    cs_err err = cs_store_get_idempotency(f.store, &row, receipt->scope);
    assert_int_equal(err, want != NULL ? CS_OK : CS_NOT_FOUND);
    if (want != NULL) {
        assert_true(cs_slice_is(cs_buf_slice(&row.answer), want));
        assert_memory_equal(row.body, receipt->body, sizeof row.body);
        assert_int_equal(row.secret, receipt->secret);
        assert_int_equal(row.status, receipt->status);
        assert_true(row.created_ms > 0);
    }
    cs_idempotency_row_free(&row);
}

static void test_receipts(void **state)
{
    (void)state;
    cs_write w[3] = {event(ORG, "one"), event(ORG, "two"), event(ORG, "three")};
    struct rendering r = {.w = w, .n = 3};
    cs_receipt receipt = {.scope = {1}, .body = {2}, .status = 200, .render = render, .context = &r};
    w[1].data = CS_LIT("[]");
    assert_int_equal(cs_commit_write(commit, w, 3, &receipt), CS_OK);
    expect_kept(&receipt, "OK 0;BAD_JSON -1;OK 1;");
    assert_int_equal(r.calls, 1);

    /* the same key a second time: nothing of the group is written, and those of others are */
    assert_int_equal(cs_commit_write(commit, w, 1, &receipt), CS_CONFLICT);
    assert_int_equal(cs_commit_write(commit, w, 3, &receipt), CS_OK);
    assert_true(w[0].err == CS_CONFLICT && w[1].err == CS_CONFLICT && w[2].err == CS_CONFLICT);
    expect_kept(&receipt, "OK 0;BAD_JSON -1;OK 1;");
    assert_int_equal(check_ledger(ORG), 2);
    check_nodes(ORG);

    receipt.scope[0] = 3; /* everything refused: nothing to remember */
    assert_int_equal(cs_commit_write(commit, &w[1], 1, &receipt), CS_BAD_JSON);
    expect_kept(&receipt, NULL);
    r.err = CS_NO_MEMORY; /* an answer that cannot be made */
    assert_int_equal(cs_commit_write(commit, w, 1, &receipt), CS_NO_MEMORY);
    expect_kept(&receipt, NULL);
    assert_int_equal(check_ledger(ORG), 2);

    r.err = CS_OK; /* a secret is not kept, and not even asked for */
    r.calls = 0;
    receipt.secret = true;
    assert_int_equal(cs_commit_write(commit, w, 1, &receipt), CS_OK);
    expect_kept(&receipt, "");
    assert_int_equal(r.calls, 0);
    assert_int_equal(check_ledger(ORG), 3);

    receipt.scope[0] = 4; /* with its writes or not at all */
    receipt.secret = false;
    break_disk(FAULT_FULL);
    assert_int_equal(cs_commit_write(commit, w, 1, &receipt), CS_STORE_UNAVAILABLE);
    faulty_disk = FAULT_NONE;
    expect_kept(&receipt, NULL);
    assert_int_equal(cs_commit_write(commit, w, 1, &receipt), CS_OK);
    assert_int_equal(check_ledger(ORG), 4);
}

/* What no row says for itself. */
static void test_the_key_that_an_entry_concerns(void **state)
{
    (void)state;
    cs_entry_record e;
    cs_key_row k = key_row("key_1", "one");
    cs_signature_row g = signature_row("sig_1", "key_1", NULL, 0);
    cs_write w[] = {event(ORG, "key_1"), event(ORG, "sig_1"), event(ORG, ""), event(ORG, "key_1"), event(ORG, "")};
    static const char *const want[] = {"key_1", "key_1", "key_9", "key_1", ""};
    w[0].key = &k;
    w[1].signature = &g;
    w[2].key_id = CS_LIT("key_9");
    w[3].revoke = "key_1";
    assert_int_equal(cs_commit_write(commit, w, 5, NULL), CS_OK);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(w[i].err, CS_OK);
        assert_int_equal(cs_store_entry_by_id(f.store, &e, CS_LIT(ORG), cs_slice_str(w[i].entry_id)), CS_OK);
        assert_string_equal(e.key_id, want[i]);
        cs_entry_record_free(&e);
    }
    cs_key_row_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_concurrent_appenders_make_one_order, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_no_leader_waits_for_ever, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_orgs_have_ledgers_of_their_own, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_refused_write_does_not_sink_the_others, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_refused_writes_change_nothing, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_after_a_failed_sync_nothing_is_acknowledged, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_full_disk_recovers, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_group_is_written_at_once, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_row_without_an_entry, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_groups_with_proofs, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_many_ledgers, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_receipts, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_the_key_that_an_entry_concerns, open_all, close_all),
    };
    faulty_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
