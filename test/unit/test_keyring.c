/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "gateway/ids.h"
#include "gateway/keyring.h"
#include "sys/clock.h"
#include "sys/log.h"

#include "store_fixture.h"

#define SOON_US (20 * 1000000LL)

static struct store_fixture f;
static cs_keyring *ring;

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    return cs_keyring_open(&ring, f.store, true) == CS_OK ? 0 : 1;
}

static int close_all(void **state)
{
    (void)state;
    cs_keyring_close(ring);
    store_fixture_close(&f);
    return 0;
}

static const char mock_policy[] =
    "{\"matchRules\":{\"allowedImageHashes\":["
    "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"],"
    "\"rootPublicKeyB64\":\"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"},"
    "\"name\":\"p\",\"vendor\":\"mock\"}";

/* A real key, for what opens it. */
static void put_key(const char *id, const char *name, const char *policy_id)
{
    CS_SECRET(private_bytes);
    cs_pair pair = {0};
    cs_key_row k = key_row(id, name);
    (void)snprintf(k.policy_id, sizeof k.policy_id, "%s", policy_id);
    assert_int_equal(cs_pair_generate(&private_bytes, k.alg), CS_OK);
    assert_int_equal(cs_pair_open_private(&pair, k.alg, k.format, cs_secret_slice(&private_bytes)), CS_OK);
    cs_buf_clear(&k.public_key);
    cs_pair_public(&k.public_key, &pair);
    cs_pair_close(&pair);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_key(f.store, &k), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    cs_key_row_free(&k);
}

static void put_policy(const char *id)
{
    cs_policy_row p = cs_policy_row_new();
    (void)snprintf(p.id, sizeof p.id, "%s", id);
    (void)snprintf(p.org, sizeof p.org, "%s", ORG);
    (void)snprintf(p.vendor, sizeof p.vendor, "mock");
    p.version = 1;
    p.hash[0] = 9;
    cs_buf_add_str(&p.canonical, mock_policy);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_put_policy(f.store, &p), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    cs_policy_row_free(&p);
}

static void revoke_in_store(const char *id)
{
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    assert_int_equal(cs_store_revoke_key(f.store, CS_LIT(ORG), id, 1), CS_OK);
    assert_int_equal(cs_store_commit(f.store), CS_OK);
}

/* What a change writes, and what comes of it. */
struct commit {
    const char *revoke; /* NULL: nothing is written */
    cs_err err;
};

static cs_err commit(void *context)
{
    struct commit *c = context;
    if (c->revoke != NULL)
        revoke_in_store(c->revoke);
    return c->err;
}

static cs_err change(cs_live_key *k, cs_key_status status)
{
    struct commit c = {.revoke = status == CS_KEY_REVOKED ? k->row.id : NULL};
    return cs_keyring_change(ring, k, status, commit, &c);
}

static cs_live_key *hold(const char *ref)
{
    cs_live_key *k = NULL;
    assert_int_equal(cs_keyring_hold(&k, ring, CS_LIT(ORG), cs_slice_str(ref)), CS_OK);
    return k;
}

#define ID1 "key_00000000000000000000000001"
#define ID2 "key_00000000000000000000000002"

static void test_one_object_for_a_key(void **state)
{
    (void)state;
    put_key(ID1, "one", "");
    cs_live_key *by_name = hold("one"), *by_id = hold(ID1), *again = hold("one");
    assert_ptr_equal(by_name, by_id);
    assert_ptr_equal(by_name, again);
    assert_false(by_id->bound);
    assert_int_equal(by_id->public_json.p[0], '"');
    const cs_pair *first = NULL, *second = NULL;
    assert_int_equal(cs_keyring_public(&first, ring, by_id), CS_OK);
    assert_int_equal(cs_keyring_public(&second, ring, by_id), CS_OK);
    assert_ptr_equal(first, second);
    assert_non_null(first->pq);
    cs_keyring_release(ring, by_name);
    cs_keyring_release(ring, by_id);
    cs_keyring_release(ring, again);
}

static void test_not_found(void **state)
{
    (void)state;
    cs_live_key *k = NULL;
    put_key(ID1, "one", "");
    static const char *const refs[] = {"", "two", "ONE", ID2, "key_1", "org_test"};
    for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) {
        assert_int_equal(cs_keyring_hold(&k, ring, CS_LIT(ORG), cs_slice_str(refs[i])), CS_NOT_FOUND);
        assert_null(k);
    }
    cs_live_key *mine = hold("one"); /* in memory now, and still not theirs */
    assert_int_equal(cs_keyring_hold(&k, ring, CS_LIT("org_other"), CS_LIT("one")), CS_NOT_FOUND);
    assert_int_equal(cs_keyring_hold(&k, ring, CS_LIT("org_other"), CS_LIT(ID1)), CS_NOT_FOUND);
    cs_keyring_release(ring, mine);
    cs_keyring_release(ring, NULL);
}

static void test_policies(void **state)
{
    (void)state;
    put_policy("pol_1");
    put_key(ID1, "one", "pol_1");
    cs_live_key *k = hold("one");
    assert_true(k->bound);
    assert_int_equal(k->policy_err, CS_OK);
    assert_int_equal(k->policy.match.mock.image_count, 1);
    assert_int_equal(k->policy_version, 1);
    assert_int_equal(k->policy_hash[0], 9);
    cs_keyring_release(ring, k);

    cs_keyring_close(ring); /* in production */
    assert_int_equal(cs_keyring_open(&ring, f.store, false), CS_OK);
    k = hold("one");
    assert_true(k->bound);
    assert_int_equal(k->policy_err, CS_POLICY_MOCK);
    assert_int_equal(k->policy.match.mock.image_count, 0);
    cs_keyring_release(ring, k);
}

static void test_a_revoked_key_signs_no_more(void **state)
{
    (void)state;
    put_key(ID1, "one", "");
    cs_live_key *k = hold("one");
    assert_int_equal(cs_keyring_sign(ring, k), CS_OK);
    assert_int_equal(change(k, CS_KEY_REVOKED), CS_OK);
    assert_int_equal(cs_keyring_drain(ring, k, cs_tick_us()), CS_ENCLAVE_UNAVAILABLE); /* one is under way */
    assert_int_equal(cs_keyring_status(ring, k), CS_KEY_REVOKED);
    assert_int_equal(cs_keyring_sign(ring, k), CS_KEY_NOT_ACTIVE);
    cs_keyring_signed(ring, k);
    assert_int_equal(cs_keyring_drain(ring, k, cs_tick_us()), CS_OK);

    cs_live_key *other = NULL;
    assert_int_equal(cs_keyring_hold(&other, ring, CS_LIT(ORG), CS_LIT("one")), CS_NOT_FOUND);
    put_key(ID2, "one", "");
    other = hold("one"); /* the name goes to the new key */
    assert_string_equal(other->row.id, ID2);
    assert_int_equal(cs_keyring_sign(ring, other), CS_OK);
    cs_keyring_signed(ring, other);
    cs_live_key *by_id = hold(ID1);
    assert_ptr_equal(by_id, k);
    cs_keyring_release(ring, by_id);
    cs_keyring_release(ring, other);
    cs_keyring_release(ring, k);
}

static void test_revoked_when_loaded(void **state)
{
    (void)state;
    put_key(ID1, "one", "");
    revoke_in_store(ID1);
    cs_live_key *k = hold(ID1);
    const cs_pair *pair = NULL;
    assert_int_equal(cs_keyring_status(ring, k), CS_KEY_REVOKED);
    assert_int_equal(cs_keyring_sign(ring, k), CS_KEY_NOT_ACTIVE);
    assert_int_equal(cs_keyring_public(&pair, ring, k), CS_OK); /* it verifies */
    cs_keyring_release(ring, k);
}

static void *finish_signature(void *arg)
{
    while (cs_keyring_status(ring, arg) != CS_KEY_REVOKED)
        ;
    cs_keyring_signed(ring, arg);
    return NULL;
}

static void test_revocation_waits_for_signatures(void **state)
{
    (void)state;
    pthread_t thread;
    put_key(ID1, "one", "");
    cs_live_key *k = hold("one");
    assert_int_equal(cs_keyring_sign(ring, k), CS_OK);
    assert_int_equal(pthread_create(&thread, NULL, finish_signature, k), 0);
    assert_int_equal(change(k, CS_KEY_REVOKED), CS_OK);
    assert_int_equal(cs_keyring_drain(ring, k, cs_tick_us() + SOON_US), CS_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    cs_keyring_release(ring, k);
}

/* What the store did not take changes nothing. */
static void test_a_change_that_fails(void **state)
{
    (void)state;
    struct commit broken = {.err = CS_STORE_UNAVAILABLE};
    put_key(ID1, "one", "");
    cs_live_key *k = hold("one");
    assert_int_equal(cs_keyring_change(ring, k, CS_KEY_SUSPENDED, commit, &broken), CS_STORE_UNAVAILABLE);
    assert_int_equal(cs_keyring_status(ring, k), CS_KEY_ACTIVE);
    assert_int_equal(cs_keyring_sign(ring, k), CS_OK);
    cs_keyring_signed(ring, k);
    cs_keyring_release(ring, k);
}

/* Which statuses sign, and which answer to their name. */
static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        cs_key_status status;
        bool signs, named;
    } rows[] = {{CS_KEY_SUSPENDED, false, true},  {CS_KEY_ACTIVE, true, true},
                {CS_KEY_SUPERSEDED, true, false}, {CS_KEY_SUSPENDED, false, false}, /* its successor has the name */
                {CS_KEY_ACTIVE, true, false},     {CS_KEY_REVOKED, false, false}};
    put_key(ID1, "one", "");
    cs_live_key *k = hold(ID1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_live_key *named = NULL;
        struct commit nothing = {0};
        assert_int_equal(cs_keyring_change(ring, k, rows[i].status, commit, &nothing), CS_OK);
        assert_int_equal(cs_keyring_status(ring, k), i == 4 ? CS_KEY_SUPERSEDED : rows[i].status);
        cs_err err = cs_keyring_sign(ring, k);
        assert_int_equal(err, rows[i].signs ? CS_OK : CS_KEY_NOT_ACTIVE);
        if (err == CS_OK)
            cs_keyring_signed(ring, k);
        if (rows[i].named) {
            assert_int_equal(cs_keyring_hold(&named, ring, CS_LIT(ORG), CS_LIT("one")), CS_OK);
            assert_ptr_equal(named, k);
            cs_keyring_release(ring, named);
        }
        cs_live_key *by_id = hold(ID1);
        assert_ptr_equal(by_id, k);
        cs_keyring_release(ring, by_id);
    }
    cs_keyring_release(ring, k);
}

/* Whoever makes policies decides how large they are, so what each key keeps of one counts. */
static void test_policies_take_room(void **state)
{
    (void)state;
    put_policy("pol_1");
    put_key(ID1, "bare", "");
    put_key(ID2, "bound", "pol_1");
    cs_live_key *bare = hold("bare");
    size_t before = cs_keyring_bytes(ring);
    cs_live_key *bound = hold("bound");
    assert_true(cs_keyring_bytes(ring) - before >= before + sizeof mock_policy);
    cs_keyring_release(ring, bare);
    cs_keyring_release(ring, bound);
}

/* A key whose policy has a new version is loaded again; who holds the old one keeps it, and a change reaches both. */
static void test_a_new_policy_version(void **state)
{
    (void)state;
    put_policy("pol_1");
    put_policy("pol_2");
    put_key(ID1, "one", "pol_1");
    put_key(ID2, "two", "pol_2");
    cs_live_key *old = hold("one"), *other = hold("two");
    assert_int_equal(cs_keyring_sign(ring, old), CS_OK);
    cs_keyring_policy_changed(ring, CS_LIT("org_other"), CS_LIT("pol_1"));
    cs_live_key *same = hold("one");
    assert_ptr_equal(same, old); /* it was another org's policy */
    cs_keyring_release(ring, same);

    cs_keyring_policy_changed(ring, CS_LIT(ORG), CS_LIT("pol_1"));
    cs_live_key *fresh = hold("one"), *others = hold(ID2);
    assert_ptr_not_equal(fresh, old);
    assert_ptr_equal(others, other);
    assert_true(old->bound);
    assert_int_equal(change(fresh, CS_KEY_REVOKED), CS_OK);
    assert_int_equal(cs_keyring_status(ring, old), CS_KEY_REVOKED);
    assert_int_equal(cs_keyring_sign(ring, old), CS_KEY_NOT_ACTIVE);
    assert_int_equal(cs_keyring_drain(ring, fresh, cs_tick_us()), CS_ENCLAVE_UNAVAILABLE); /* under the old version */
    cs_keyring_signed(ring, old);
    assert_int_equal(cs_keyring_drain(ring, fresh, cs_tick_us()), CS_OK);
    cs_keyring_release(ring, old);

    cs_keyring_policy_changed(ring, CS_LIT(ORG), CS_LIT("pol_1")); /* twice, and given back in another order */
    cs_keyring_release(ring, fresh);
    cs_keyring_release(ring, others);
    cs_keyring_release(ring, other);
}

/* More keys than it keeps: those that are held stay the same objects. */
static void test_capacity(void **state)
{
    (void)state;
    enum { COUNT = 400 };
    char id[CS_MAX_ID + 1];
    const cs_pair *pair = NULL, *first = NULL;
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(id, sizeof id, "key_%026d", i);
        cs_key_row k = key_row(id, id + 20);
        k.alg = cs_alg_find(CS_LIT("mldsa87"));
        k.format = CS_FORMAT_PURE;
        cs_buf_clear(&k.public_key);
        for (int n = 0; n < 2592; n++)
            cs_buf_add_u8(&k.public_key, 0);
        assert_int_equal(cs_store_put_key(f.store, &k), CS_OK);
        cs_key_row_free(&k);
    }
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    cs_live_key *held = hold("key_00000000000000000000000007");
    assert_int_equal(cs_keyring_public(&first, ring, held), CS_OK);
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(id, sizeof id, "key_%026d", i);
        cs_live_key *k = hold(id);
        assert_string_equal(k->row.id, id);
        assert_int_equal(cs_keyring_public(&pair, ring, k), CS_OK);
        assert_in_range(cs_keyring_bytes(ring), (size_t)(i + 1 < 100 ? i + 1 : 100) * (64u << 10), CS_KEYRING_BYTES);
        cs_keyring_release(ring, k);
    }
    assert_true(cs_keyring_bytes(ring) > CS_KEYRING_BYTES - 2 * cs_pair_bytes(pair)); /* no more went than had to */
    cs_live_key *again = hold("key_00000000000000000000000007");
    assert_ptr_equal(again, held);
    assert_int_equal(cs_keyring_public(&pair, ring, again), CS_OK);
    assert_ptr_equal(pair, first);
    cs_keyring_release(ring, again);
    cs_keyring_release(ring, held);
}

static void *hold_and_release(void *arg)
{
    for (int i = 0; i < 200; i++) {
        cs_live_key *k = hold(i % 2 == 0 ? "one" : ID1);
        assert_int_equal(cs_keyring_sign(ring, k), CS_OK);
        assert_string_equal(k->row.name, "one");
        cs_keyring_signed(ring, k);
        cs_keyring_release(ring, k);
    }
    return arg;
}

static void test_many_threads(void **state)
{
    (void)state;
    pthread_t threads[6];
    put_key(ID1, "one", "");
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_release, NULL), 0);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_object_for_a_key, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_not_found, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_policies, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_revoked_key_signs_no_more, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_revoked_when_loaded, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_revocation_waits_for_signatures, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_change_that_fails, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_statuses, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_policies_take_room, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_new_policy_version, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_capacity, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_many_threads, open_all, close_all),
    };
    cs_log_open("test", CS_LOG_WARN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
