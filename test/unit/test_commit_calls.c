/* SPDX-License-Identifier: Apache-2.0 */
/* src/gateway/commit.c: several calls of one thread in one round, each of them a whole. zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "gateway/commit.h"

#include "faulty_disk.h"
#include "store_fixture.h"

#define THREADS 4
#define ROUNDS 12
#define CALLS 32
#define OTHER "org_other"
#define EPOCH "00112233445566778899aabbccddeeff"

static struct store_fixture f;
static cs_commit *commit;

static cs_write event(const char *org, const char *subject)
{
    return (cs_write){.org = cs_slice_str(org),
                      .event_type = "custom.event",
                      .actor_id = CS_LIT("ak_test"),
                      .subject_id = cs_slice_str(subject),
                      .data = CS_LIT("{}")};
}

static void put_key(const char *id)
{
    cs_key_row k = key_row(id, id);
    cs_write w = event(ORG, id);
    w.key = &k;
    assert_int_equal(cs_commit_write(commit, &w, 1, NULL), CS_OK);
    cs_key_row_free(&k);
}

static void revoke_key(const char *id)
{
    cs_write w = event(ORG, id);
    w.revoke = id;
    assert_int_equal(cs_commit_write(commit, &w, 1, NULL), CS_OK);
}

static int open_all(void **state)
{
    (void)state;
    faulty_disk = FAULT_NONE;
    store_fixture_open(&f);
    if (cs_commit_open(&commit, f.store) != CS_OK)
        return 1;
    put_key("key_1");
    put_key("key_2");
    revoke_key("key_2");
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    faulty_disk = FAULT_NONE;
    cs_commit_close(commit);
    store_fixture_close(&f);
    return 0;
}

static uint64_t size_of(const char *org)
{
    cs_head head;
    cs_err err = cs_store_head(f.store, &head, cs_slice_str(org));
    assert_true(err == CS_OK || err == CS_NOT_FOUND);
    return err == CS_OK ? head.tree.size : 0;
}

/* What a call is to become. Each has two writes, of which the first is the one that may be refused. */
enum sort { GOOD, OF_OTHERS, STALE, REVOKED, MALFORMED, SORTS };
static const cs_err expected[SORTS] = {
    [STALE] = CS_COUNTER_NOT_FRESH, [REVOKED] = CS_KEY_NOT_ACTIVE, [MALFORMED] = CS_BAD_JSON};

struct one {
    enum sort sort;
    char id[CS_MAX_ID + 1];
    cs_signature_row row;
    cs_write writes[2];
};

static atomic_int made;

static void prepare(struct one *o, enum sort sort)
{
    int number = atomic_fetch_add(&made, 1) + 1;
    o->sort = sort;
    (void)snprintf(o->id, sizeof o->id, "sig_%d", number);
    o->row = signature_row(o->id, sort == REVOKED ? "key_2" : "key_1", EPOCH, sort == STALE ? 1 : number + 1);
    o->writes[0] = event(sort == OF_OTHERS ? OTHER : ORG, o->id);
    o->writes[1] = event(sort == OF_OTHERS ? OTHER : ORG, o->id);
    if (sort == MALFORMED)
        o->writes[1].data = CS_LIT("[]");
    else if (sort != OF_OTHERS)
        o->writes[0].signature = &o->row;
}

struct worker {
    pthread_t thread;
    unsigned noise;
    int wrong, good[2]; /* calls of ORG and of OTHER that were written */
};

static void *write_calls(void *arg)
{
    struct worker *w = arg;
    for (int round = 0; round < ROUNDS; round++) {
        struct one all[CALLS];
        cs_commit_call calls[CALLS];
        size_t n = 1 + (w->noise = w->noise * 1664525 + 1013904223) % CALLS;
        for (size_t i = 0; i < n; i++) {
            w->noise = w->noise * 1664525 + 1013904223;
            prepare(&all[i], w->noise >> 31 != 0 ? GOOD : (enum sort)(w->noise >> 8) % SORTS);
            calls[i] = (cs_commit_call){.writes = all[i].writes, .n = 2, .err = CS_INTERNAL};
        }
        cs_commit_announce(commit);
        cs_commit_write_calls(commit, calls, n);
        cs_commit_withdraw(commit);
        for (size_t i = 0; i < n; i++) {
            w->wrong += calls[i].err != expected[all[i].sort];
            w->wrong += calls[i].err == CS_OK && all[i].writes[1].seq <= all[i].writes[0].seq;
            w->good[all[i].sort == OF_OTHERS] += calls[i].err == CS_OK;
        }
    }
    return NULL;
}

static void each_has_its_own_fate(void **state)
{
    (void)state;
    struct worker workers[THREADS];
    int good[2] = {0, 0};
    struct one first;
    uint64_t before;
    atomic_store(&made, 0);
    prepare(&first, GOOD);
    first.row.counter = 1;
    assert_int_equal(cs_commit_write_whole(commit, first.writes, 2, NULL), CS_OK);
    before = size_of(ORG);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.noise = (unsigned)i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, write_calls, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
        good[0] += workers[i].good[0];
        good[1] += workers[i].good[1];
    }
    assert_true(good[0] > 20 && good[1] > 5);
    assert_int_equal(size_of(ORG) - before, 2 * good[0]); /* of what was refused nothing is there */
    assert_int_equal(size_of(OTHER), 2 * good[1]);
    cs_commit_close(commit);
    store_fixture_reopen(&f); /* which reads the ledgers back */
    assert_int_equal(cs_commit_open(&commit, f.store), CS_OK);
}

/* Where the transaction fails, none of them is acknowledged or there. */
static void a_disk_that_fails_fails_all(void **state)
{
    (void)state;
    struct one all[SORTS];
    cs_commit_call calls[SORTS];
    uint64_t before = size_of(ORG);
    if (!store_fixture_is_file())
        skip(); /* a server has a disk of its own */
    for (fault disk = FAULT_FULL; disk >= FAULT_SYNC; disk--) {
        atomic_store(&made, 100 * (int)disk);
        for (int i = 0; i < SORTS; i++) {
            prepare(&all[i], (enum sort)i);
            calls[i] = (cs_commit_call){.writes = all[i].writes, .n = 2, .err = CS_OK};
        }
        faulty_disk = disk;
        cs_commit_write_calls(commit, calls, SORTS);
        for (int i = 0; i < SORTS; i++)
            assert_int_equal(calls[i].err, CS_STORE_UNAVAILABLE);
        assert_int_equal(size_of(ORG), before);
        assert_int_equal(size_of(OTHER), 0);
        faulty_disk = FAULT_NONE;
    }
    assert_true(cs_store_is_broken(f.store));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_has_its_own_fate, open_all, close_all),
        cmocka_unit_test_setup_teardown(a_disk_that_fails_fails_all, open_all, close_all),
    };
    faulty_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
