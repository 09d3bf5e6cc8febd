/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* Checkpoints by the enclave program itself, over its socket, into a real store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/checkpoint.h"
#include "gateway/checkpoints.h"
#include "gateway/nodes.h"
#include "sys/clock.h"
#include "sys/log.h"

#include "store_fixture.h"

#define WAIT_US (20 * 1000000LL)
#define ORIGIN "log.example/org/" ORG

static struct {
    struct store_fixture f;
    char address[128], kek[128], state[128];
    pid_t enclave;
    cs_commit *commit;
    cs_signer *signer;
    cs_introducer *introducer;
    cs_checkpoints *checkpoints;
} t;

static int64_t deadline(void)
{
    return cs_tick_us() + WAIT_US;
}

/* The program stands beside this one. */
static void start_enclave(void)
{
    char self[PATH_MAX], program[PATH_MAX + 32];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    (void)snprintf(program, sizeof program, "%s/countersign-enclave", dirname(self));
    t.enclave = fork();
    assert_true(t.enclave >= 0);
    if (t.enclave == 0) {
        char listen[160];
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when this program ends in the middle of a test */
        (void)snprintf(listen, sizeof listen, "%s", t.address);
        (void)execl(program, program, "serve", "--listen", listen, "--state", t.state, "--kek-file", t.kek,
                    (char *)NULL);
        _exit(127);
    }
    int64_t until = deadline();
    while (cs_signer_reach(t.signer, cs_tick_us() + 100000) != CS_OK && cs_tick_us() < until)
        (void)usleep(10000);
}

static void stop_enclave(void)
{
    assert_int_equal(kill(t.enclave, SIGKILL), 0);
    assert_int_equal(waitpid(t.enclave, NULL, 0), t.enclave);
}

static void open_checkpoints(int64_t seconds)
{
    cs_checkpoints_config config = {
        .store = t.f.store, .commit = t.commit, .signer = t.signer, .introducer = t.introducer, .seconds = seconds};
    assert_int_equal(cs_checkpoints_open(&t.checkpoints, &config), CS_OK);
}

static int set_up(void **state)
{
    uint8_t kek[32];
    (void)state;
    cs_log_open("test", CS_LOG_ERROR);
    store_fixture_open(&t.f);
    (void)snprintf(t.address, sizeof t.address, "unix:%s/enclave.sock", t.f.folder);
    (void)snprintf(t.kek, sizeof t.kek, "%s/kek", t.f.folder);
    (void)snprintf(t.state, sizeof t.state, "%s/state", t.f.folder);
    assert_int_equal(mkdir(t.state, 0700), 0);
    assert_int_equal(cs_random(kek, sizeof kek), CS_OK);
    int fd = open(t.kek, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, kek, sizeof kek), sizeof kek);
    assert_int_equal(close(fd), 0);
    assert_int_equal(cs_commit_open(&t.commit, t.f.store), CS_OK);
    assert_int_equal(cs_signer_open(&t.signer, t.address, &(cs_counter_mark){0}), CS_OK);
    assert_int_equal(cs_introducer_open(&t.introducer, t.signer, true), CS_OK);
    start_enclave();
    open_checkpoints(0);
    return 0;
}

static void remove_file(const char *folder, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)unlink(path);
}

static int tear_down(void **state)
{
    static const char *const kept[] = {"attestation-root.key", "ledger.sealed"};
    (void)state;
    cs_checkpoints_close(t.checkpoints);
    cs_introducer_close(t.introducer);
    cs_signer_close(t.signer);
    cs_commit_close(t.commit);
    stop_enclave();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        remove_file(t.state, kept[i]);
    assert_int_equal(rmdir(t.state), 0);
    remove_file(t.f.folder, "kek");
    remove_file(t.f.folder, "enclave.sock");
    store_fixture_close(&t.f);
    return 0;
}

static void append(const char *org, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cs_write w = {.org = cs_slice_str(org),
                      .event_type = "custom.event",
                      .actor_id = CS_LIT("ak_test"),
                      .subject_id = CS_LIT(""),
                      .data = CS_LIT("{}")};
        assert_int_equal(cs_commit_write(t.commit, &w, 1, NULL), CS_OK);
    }
}

static cs_err seal(cs_checkpoint_row *row, bool *fresh)
{
    return cs_checkpoints_seal(t.checkpoints, row, fresh, CS_LIT(ORG), deadline());
}

/* As anybody would: both signatures under the keys of the boot document, and the tree that the note names. */
static void check(const cs_checkpoint_row *row, uint64_t size)
{
    cs_nodes nodes = {.store = t.f.store, .org = CS_LIT(ORG)};
    cs_vkey keys[CS_LEDGER_KEYS];
    cs_note_signer signers[CS_LEDGER_KEYS];
    cs_note note;
    cs_checkpoint cp;
    uint8_t root[CS_SHA256_LEN];
    assert_int_equal(cs_checkpoints_keys(t.checkpoints, keys, CS_LIT(ORIGIN), "", 0, deadline()), CS_OK);
    assert_int_equal(cs_note_parse(&note, cs_buf_slice(&row->note)), CS_OK);
    assert_int_equal(cs_note_verify(signers, &note, keys, CS_LEDGER_KEYS), CS_OK);
    assert_true(signers[0].verified && signers[1].verified);
    assert_int_equal(cs_checkpoint_parse(&cp, note.text), CS_OK);
    assert_true(cs_slice_is(cp.origin, ORIGIN));
    assert_int_equal(cp.size, size);
    assert_int_equal(row->size, size);
    assert_int_equal(cs_tiles_root(root, size, cs_nodes_read, &nodes), CS_OK);
    assert_memory_equal(cp.root, root, sizeof root);
    assert_memory_equal(row->root, root, sizeof root);
}

static void expect_seal(uint64_t size, bool want_fresh)
{
    cs_checkpoint_row row;
    bool fresh = !want_fresh;
    assert_int_equal(seal(&row, &fresh), CS_OK);
    assert_int_equal(fresh, want_fresh);
    check(&row, size);
    cs_checkpoint_row_free(&row);
}

static void expect_refusal(cs_err err)
{
    cs_checkpoint_row row;
    bool fresh = true;
    assert_int_equal(seal(&row, &fresh), err);
    assert_false(fresh);
    cs_checkpoint_row_free(&row);
}

static size_t count_checkpoints(void)
{
    cs_counts counts;
    assert_int_equal(cs_store_counts(t.f.store, &counts, CS_LIT(ORG)), CS_OK);
    return (size_t)counts.checkpoints;
}

/* Has the enclave sign a tree behind the gateway's back, without an older note. */
static void sign_unseen(uint64_t size, const uint8_t root[CS_SHA256_LEN])
{
    cs_answer answer = {0};
    cs_request request = {.type = CS_MSG_LEDGER_SIGN,
                          .org = CS_LIT(ORG),
                          .origin = CS_LIT(ORIGIN),
                          .new_size = size,
                          .new_root = cs_slice_of(root, CS_SHA256_LEN),
                          .proof = CS_LIT("")};
    assert_int_equal(cs_signer_ask(t.signer, &answer, &request, deadline()), CS_OK);
    assert_false(answer.reply.stale);
    cs_signer_free_answer(&answer);
}

static void test_seals(void **state)
{
    (void)state;
    expect_refusal(CS_LEDGER_EMPTY);
    append(ORG, 3);
    expect_seal(3, true);
    expect_seal(3, false);
    append(ORG, 300); /* over a tile's edge */
    append("org_other", 5);
    expect_seal(303, true);
    append(ORG, 1);
    expect_seal(304, true);
    assert_int_equal(count_checkpoints(), 3);
    cs_checkpoint_row row;
    bool fresh;
    assert_int_equal(cs_checkpoints_seal(t.checkpoints, &row, &fresh, CS_LIT("org_none"), deadline()), CS_NOT_FOUND);
    cs_checkpoint_row_free(&row);
}

/* The enclave has signed, and the gateway died before it stored that. */
static void test_a_signature_that_was_lost(void **state)
{
    (void)state;
    cs_head head;
    uint8_t root[CS_SHA256_LEN];
    append(ORG, 5);
    assert_int_equal(cs_store_head(t.f.store, &head, CS_LIT(ORG)), CS_OK);
    assert_int_equal(cs_merkle_root(root, &head.tree), CS_OK);
    sign_unseen(5, root);
    expect_seal(5, true); /* the same tree again */
    append(ORG, 2);
    expect_seal(7, true);
    assert_int_equal(count_checkpoints(), 2);
}

static void test_a_lost_one_is_stored_before_the_next(void **state)
{
    (void)state;
    cs_head head;
    uint8_t root[CS_SHA256_LEN];
    append(ORG, 5);
    assert_int_equal(cs_store_head(t.f.store, &head, CS_LIT(ORG)), CS_OK);
    assert_int_equal(cs_merkle_root(root, &head.tree), CS_OK);
    sign_unseen(5, root);
    append(ORG, 4);
    expect_seal(9, true);
    assert_int_equal(count_checkpoints(), 2);
    cs_checkpoint_row lost;
    assert_int_equal(cs_store_checkpoint_covering(t.f.store, &lost, CS_LIT(ORG), 1), CS_OK);
    check(&lost, 5);
    cs_checkpoint_row_free(&lost);
}

/* The store is older than what was signed, or has other entries. */
static void test_a_store_that_does_not_go_with_what_was_signed(void **state)
{
    (void)state;
    uint8_t root[CS_SHA256_LEN] = {7};
    append(ORG, 5);
    sign_unseen(1000, root);
    expect_refusal(CS_LEDGER_FORK);
    assert_int_equal(count_checkpoints(), 0);
    stop_enclave();
    start_enclave();
    sign_unseen(3, root);
    expect_refusal(CS_LEDGER_FORK);
    assert_int_equal(count_checkpoints(), 0);
}

static void change_store(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(t.f.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_a_tree_that_was_changed(void **state)
{
    (void)state;
    append(ORG, 6);
    expect_seal(6, true);
    change_store("DROP TRIGGER ledger_node_fixed; UPDATE ledger_node SET hash = zeroblob(32) WHERE org = '" ORG
                 "' AND level = 0 AND n = 4");
    append(ORG, 3);
    expect_refusal(CS_LEDGER_PROOF);
    assert_int_equal(count_checkpoints(), 1);
}

static void test_an_enclave_that_starts_anew(void **state)
{
    (void)state;
    append(ORG, 4);
    expect_seal(4, true);
    stop_enclave();
    append(ORG, 1);
    expect_refusal(CS_ENCLAVE_UNAVAILABLE);
    start_enclave();
    expect_seal(5, true);
    stop_enclave();
    remove_file(t.state, "ledger.sealed"); /* another enclave: it has other keys */
    start_enclave();
    append(ORG, 1);
    expect_refusal(CS_LEDGER_NOTE);
    assert_int_equal(count_checkpoints(), 2);
}

static void test_checkpoints_make_themselves(void **state)
{
    (void)state;
    size_t n = 0;
    cs_checkpoints_close(t.checkpoints);
    append(ORG, 2);
    open_checkpoints(1);
    for (int64_t until = deadline(); n < 1 && cs_tick_us() < until; n = count_checkpoints())
        (void)usleep(10000);
    assert_int_equal(n, 1);
    append(ORG, 1);
    for (int64_t until = deadline(); n < 2 && cs_tick_us() < until; n = count_checkpoints())
        (void)usleep(10000);
    assert_int_equal(n, 2);
    expect_seal(3, false);
}

/* Each round finds one tree, whoever asks for it. */
static void *seal_often(void *arg)
{
    cs_err *err = arg;
    for (int i = 0; i < 20 && *err == CS_OK; i++) {
        cs_checkpoint_row row;
        bool fresh;
        append(ORG, 1);
        *err = seal(&row, &fresh);
        cs_checkpoint_row_free(&row);
    }
    return NULL;
}

static void test_many_seal_at_once(void **state)
{
    (void)state;
    pthread_t threads[4];
    cs_err errs[4] = {CS_OK, CS_OK, CS_OK, CS_OK};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, seal_often, &errs[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(errs[i], CS_OK);
    }
    expect_seal(80, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_seals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_signature_that_was_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_lost_one_is_stored_before_the_next, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_store_that_does_not_go_with_what_was_signed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_tree_that_was_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_enclave_that_starts_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_checkpoints_make_themselves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_seal_at_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
