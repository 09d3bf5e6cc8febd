/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/cache.c and src/enclave/opened.c. zone: enclave */
#include "enclave_fixture.h"

#define TTL 1000

static cs_enclave *e;

static int open_enclave(void **state)
{
    (void)state;
    e = fixture_open(0);
    return 0;
}

static int close_enclave(void **state)
{
    (void)state;
    fixture_close(e);
    return 0;
}

/* An opened key of its own record, held once by the caller. */
static cs_opened *new_key(void)
{
    cs_opened *k = NULL;
    cs_newborn n = fixture_key(e, "org", "key", "mldsa44", CS_FORMAT_PURE, "sign");
    assert_int_equal(cs_opened_from(&k, &e->kek, cs_buf_slice(&n.sealed)), CS_OK);
    cs_newborn_free(&n);
    return k;
}

/* Whether the cache has the key at `now`; the hold that finding it gave is released. */
static bool has(cs_cache *c, const cs_opened *k, int64_t now)
{
    uint64_t forgets;
    cs_opened *found = cs_cache_find(c, &k->index, now, &forgets);
    assert_true(found == NULL || found == k);
    cs_opened_release(found);
    return found != NULL;
}

static void add(cs_cache *c, cs_opened *k, int64_t now)
{
    cs_cache_add(c, k, now, c->forgets);
}

static void keeps_until_the_end(void **state)
{
    (void)state;
    cs_cache c;
    cs_opened *k = new_key(), *other = new_key();
    cs_cache_init(&c, TTL);
    assert_false(has(&c, k, 0));
    add(&c, k, 10);
    assert_int_equal(atomic_load(&k->holders), 2);
    assert_true(has(&c, k, 10));
    assert_true(has(&c, k, 10 + TTL - 1));
    assert_false(has(&c, other, 10));
    assert_false(has(&c, k, 10 + TTL)); /* expired, though not swept yet */
    cs_cache_sweep(&c, 10 + TTL - 1);
    assert_int_equal(atomic_load(&k->holders), 2);
    cs_cache_sweep(&c, 10 + TTL);
    assert_int_equal(atomic_load(&k->holders), 1);
    cs_opened_release(k);
    cs_opened_release(other);
}

static void use_does_not_prolong(void **state)
{
    (void)state;
    cs_cache c;
    cs_opened *k = new_key();
    cs_cache_init(&c, TTL);
    add(&c, k, 0);
    for (int64_t now = 0; now < TTL; now += 100) {
        assert_true(has(&c, k, now));
        add(&c, k, now); /* already there: nothing changes */
        assert_int_equal(atomic_load(&k->holders), 2);
    }
    assert_false(has(&c, k, TTL));
    cs_cache_clear(&c);
    cs_opened_release(k);
}

static void no_time_no_cache(void **state)
{
    (void)state;
    cs_cache c;
    cs_opened *k = new_key();
    cs_cache_init(&c, 0);
    add(&c, k, 0);
    assert_false(has(&c, k, 0));
    assert_int_equal(atomic_load(&k->holders), 1);
    cs_opened_release(k);
}

static void forgets(void **state)
{
    (void)state;
    cs_cache c;
    cs_opened *k = new_key(), *other = new_key();
    cs_cache_init(&c, TTL);
    add(&c, k, 0);
    add(&c, other, 0);
    cs_cache_forget(&c, &k->index);
    assert_false(has(&c, k, 0));
    assert_true(has(&c, other, 0));
    assert_int_equal(atomic_load(&k->holders), 1); /* ours: a key in use is not freed under its user */
    cs_cache_forget(&c, &k->index);
    add(&c, k, 0);
    assert_true(has(&c, k, 0));
    cs_cache_clear(&c);
    assert_false(has(&c, k, 0));
    assert_false(has(&c, other, 0));
    cs_opened_release(k);
    cs_opened_release(other);
}

/* A key that was being opened while it was forgotten is not kept. */
static void forgotten_while_opening(void **state)
{
    (void)state;
    cs_cache c;
    cs_opened *k = new_key();
    uint64_t before;
    cs_cache_init(&c, TTL);
    assert_null(cs_cache_find(&c, &k->index, 0, &before));
    cs_cache_forget(&c, &k->index);
    cs_cache_add(&c, k, 0, before);
    assert_false(has(&c, k, 0));
    cs_opened_release(k);
}

/* Keys of several sizes: those nearest to their end give way, and only as many as have to. */
static void stays_within_the_budget(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    static cs_opened *keys[COUNT];
    cs_cache c;
    size_t bytes = 0, first = COUNT;
    cs_cache_init(&c, 1000000);
    for (size_t i = 0; i < COUNT; i++) {
        cs_newborn n = fixture_key(e, "org", "key", i % 3 == 0 ? "mldsa87" : "mldsa65", CS_FORMAT_PURE, "sign");
        assert_int_equal(cs_opened_from(&keys[i], &e->kek, cs_buf_slice(&n.sealed)), CS_OK);
        cs_newborn_free(&n);
        add(&c, keys[i], (int64_t)i);
        assert_true(c.bytes <= CS_KEY_CACHE_BYTES);
    }
    for (size_t i = COUNT; i-- > 0;) { /* as many of the last as fit */
        bytes += cs_opened_bytes(keys[i]);
        first = bytes <= CS_KEY_CACHE_BYTES ? i : first;
    }
    assert_in_range(first, 1, COUNT - 1);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(has(&c, keys[i], COUNT), i >= first);
    assert_int_equal(c.count, COUNT - first);
    cs_cache_clear(&c);
    assert_int_equal(c.count, 0);
    assert_int_equal(c.bytes, 0);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(atomic_load(&keys[i]->holders), 1);
        cs_opened_release(keys[i]);
    }
}

/* However small they are, more than there are places for are not kept. */
static void stays_within_its_places(void **state)
{
    (void)state;
    static cs_opened keys[CS_CACHE_KEYS + 3];
    cs_cache c;
    cs_cache_init(&c, 1000000);
    for (size_t i = 0; i < CS_CACHE_KEYS + 3; i++) {
        atomic_init(&keys[i].holders, 1);
        keys[i].index.n = CS_SHA256_LEN;
        memcpy(keys[i].index.b + (i % 2 == 0 ? 0 : 20), &i, sizeof i); /* some have one tag */
        add(&c, &keys[i], (int64_t)i);
    }
    for (size_t i = 0; i < CS_CACHE_KEYS + 3; i++)
        assert_int_equal(has(&c, &keys[i], CS_CACHE_KEYS + 3), i >= 3);
    cs_cache_clear(&c);
    assert_int_equal(c.bytes, 0);
}

/* A key whose time is over is replaced by its like. */
static void expired_gives_way_to_itself(void **state)
{
    (void)state;
    cs_cache c;
    cs_opened *k = new_key();
    cs_cache_init(&c, TTL);
    add(&c, k, 0);
    add(&c, k, TTL);
    assert_true(has(&c, k, TTL));
    assert_int_equal(c.count, 1);
    assert_int_equal(c.bytes, cs_opened_bytes(k));
    cs_cache_clear(&c);
    cs_opened_release(k);
}

/* Opening: the record must name the public key that its private key gives. */
static void wrong_public_key(void **state)
{
    (void)state;
    CS_SECRET(private_bytes);
    cs_seal_fields f;
    cs_opened *k = NULL;
    cs_newborn a = fixture_key(e, "org", "a", "mldsa44", CS_FORMAT_PURE, "sign");
    cs_newborn b = fixture_key(e, "org", "b", "mldsa44", CS_FORMAT_PURE, "sign");
    cs_buf mixed = cs_buf_new(CS_MAX_SEALED);
    cs_digest hash_of_b;
    assert_int_equal(cs_hash(&hash_of_b, CS_SHA256, cs_buf_slice(&b.public_key)), CS_OK);
    assert_int_equal(cs_seal_open(&private_bytes, &f, &e->kek, cs_buf_slice(&a.sealed)), CS_OK);
    f.public_key_sha256 = cs_digest_slice(&hash_of_b);
    assert_int_equal(cs_seal(&mixed, &e->kek, &f, cs_secret_slice(&private_bytes)), CS_OK);
    assert_int_equal(cs_opened_from(&k, &e->kek, cs_buf_slice(&mixed)), CS_SEAL_BROKEN);
    assert_null(k);
    cs_buf_free(&mixed);
    cs_newborn_free(&a);
    cs_newborn_free(&b);
}

/* Sealed by us, and yet no key of ours: unknown algorithm, format that is not offered, private bytes too short. */
static void impossible_records(void **state)
{
    (void)state;
    static const struct {
        const char *algorithm, *format;
        size_t private_len;
    } rows[] = {
        {"mldsa45", "pure", 32},         {"", "pure", 32},
        {"mldsa44", "composite", 32},    {"mldsa44", "", 32},
        {"mldsa44", "pure", 31},         {"mldsa44", "pure", 33},
        {"mldsa44", "pure", 0},          {"mldsa65+ed25519", "composite", 32},
        {"mldsa65+ed25519", "pure", 64},
    };
    static const uint8_t zeros[64];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_opened *k = NULL;
        cs_buf record = cs_buf_new(CS_MAX_SEALED);
        cs_seal_fields f = {.door = CS_LIT("vault"),
                            .algorithm = cs_slice_str(rows[i].algorithm),
                            .format = cs_slice_str(rows[i].format),
                            .kek_provider = CS_LIT("env"),
                            .kek_resource = cs_slice_str(e->kek.id),
                            .public_key_sha256 = cs_slice_of(zeros, 32)};
        assert_int_equal(cs_seal(&record, &e->kek, &f, cs_slice_of(zeros, rows[i].private_len)), CS_OK);
        assert_int_equal(cs_opened_from(&k, &e->kek, cs_buf_slice(&record)), CS_SEAL_BROKEN);
        assert_null(k);
        cs_buf_free(&record);
    }
    static const uint8_t large[CS_MAX_SEALED + 1];
    cs_opened *k = NULL;
    assert_int_equal(cs_opened_from(&k, &e->kek, CS_ARRAY(large)), CS_SEAL_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_until_the_end),     cmocka_unit_test(use_does_not_prolong),
        cmocka_unit_test(no_time_no_cache),        cmocka_unit_test(forgets),
        cmocka_unit_test(forgotten_while_opening), cmocka_unit_test(wrong_public_key),
        cmocka_unit_test(impossible_records),      cmocka_unit_test(stays_within_the_budget),
        cmocka_unit_test(stays_within_its_places), cmocka_unit_test(expired_gives_way_to_itself),
    };
    return cmocka_run_group_tests(tests, open_enclave, close_enclave);
}
