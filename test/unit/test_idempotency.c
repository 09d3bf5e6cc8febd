/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/crypto.h"
#include "gateway/idempotency.h"
#include "sys/clock.h"
#include "sys/thread.h"

#include "store_fixture.h"

#define SECOND_US 1000000

static struct store_fixture f;
static cs_idempotency *table;

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    return cs_idempotency_open(&table, f.store) == CS_OK ? 0 : 1;
}

static int close_all(void **state)
{
    (void)state;
    cs_idempotency_close(table);
    store_fixture_close(&f);
    return 0;
}

/* What a claim is made of. */
struct request {
    const char *method, *route, *path, *body, *key, *realm, *api_key;
};

static const struct request usual = {"POST", "/v1/keys/:id", "/v1/keys/a", "{}", "k", ORG, "ak_1"};

static cs_err claim_of(cs_claim *out, const struct request *r)
{
    cs_http_request rq = {.method = cs_slice_str(r->method),
                          .path = cs_slice_str(r->path),
                          .body = cs_slice_str(r->body),
                          .idempotency_key = cs_slice_str(r->key)};
    cs_caller caller = {0};
    (void)snprintf(caller.realm, sizeof caller.realm, "%s", r->realm);
    (void)snprintf(caller.key_id, sizeof caller.key_id, "%s", r->api_key);
    return cs_claim_of(out, &rq, r->route, &caller);
}

static cs_claim usual_claim(void)
{
    cs_claim c;
    assert_int_equal(claim_of(&c, &usual), CS_OK);
    return c;
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        cs_err err;
    } cases[] = {{"", CS_BAD_FIELD},         {"k\x7f", CS_BAD_FIELD}, {"\x1f", CS_BAD_FIELD},
                 {"\xc3\xa4", CS_BAD_FIELD}, {"a b", CS_OK},          {"~", CS_OK}};
    struct request r = usual;
    char longest[CS_MAX_IDEMPOTENCY_KEY + 2] = {0};
    cs_claim c;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        r.key = cases[i].key;
        assert_int_equal(claim_of(&c, &r), cases[i].err);
    }
    memset(longest, 'x', CS_MAX_IDEMPOTENCY_KEY);
    r.key = longest;
    assert_int_equal(claim_of(&c, &r), CS_OK);
    longest[CS_MAX_IDEMPOTENCY_KEY] = 'x';
    assert_int_equal(claim_of(&c, &r), CS_BAD_FIELD);
}

/* Who, what and under which key make the scope; path and body make the rest. */
static void test_what_makes_a_scope(void **state)
{
    (void)state;
    static const struct {
        struct request r;
        bool scope, body; /* the same as the usual one's */
    } cases[] = {
        {{"POST", "/v1/keys/:id", "/v1/keys/a", "{}", "k", ORG, "ak_1"}, true, true},
        {{"PUT", "/v1/keys/:id", "/v1/keys/a", "{}", "k", ORG, "ak_1"}, false, true},
        {{"POST", "/v1/other/:id", "/v1/keys/a", "{}", "k", ORG, "ak_1"}, false, true},
        {{"POST", "/v1/keys/:id", "/v1/keys/b", "{}", "k", ORG, "ak_1"}, true, false},
        {{"POST", "/v1/keys/:id", "/v1/keys/a", "{ }", "k", ORG, "ak_1"}, true, false},
        {{"POST", "/v1/keys/:id", "/v1/keys/a{", "}", "k", ORG, "ak_1"}, true, false},
        {{"POST", "/v1/keys/:id", "/v1/keys/a", "{}", "l", ORG, "ak_1"}, false, true},
        {{"POST", "/v1/keys/:id", "/v1/keys/a", "{}", "k", "org_other", "ak_1"}, false, true},
        {{"POST", "/v1/keys/:id", "/v1/keys/a", "{}", "k", ORG, "ak_2"}, false, true},
        {{"POST", "/v1/keys/:id", "/v1/keys/a", "{}", "k", ORG "a", "k_1"}, false, true},
    };
    cs_claim want = usual_claim(), open[2];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_claim c;
        assert_int_equal(claim_of(&c, &cases[i].r), CS_OK);
        assert_int_equal(memcmp(c.scope, want.scope, sizeof c.scope) == 0, cases[i].scope);
        assert_int_equal(memcmp(c.body, want.body, sizeof c.body) == 0, cases[i].body);
    }
    /* where nobody is known the body speaks for the caller */
    struct request r = {"POST", "/v1/session", "/v1/session", "{\"apiKey\":1}", "k", "", ""};
    assert_int_equal(claim_of(&open[0], &r), CS_OK);
    r.body = "{\"apiKey\":2}";
    assert_int_equal(claim_of(&open[1], &r), CS_OK);
    assert_memory_not_equal(open[0].scope, open[1].scope, sizeof open[0].scope);
}

static void keep(const cs_claim *c, bool secret, int64_t created_ms)
{
    cs_idempotency_row row = cs_idempotency_row_new();
    row.status = 201;
    row.secret = secret;
    row.created_ms = created_ms;
    memcpy(row.scope, c->scope, sizeof row.scope);
    memcpy(row.body, c->body, sizeof row.body);
    cs_buf_add(&row.answer, CS_LIT("\"data\":7"));
    WRITE(&f, cs_store_put_idempotency(f.store, &row), CS_OK);
    cs_idempotency_row_free(&row);
}

/* Whether the answer is there, or it is to be done: then it is ended at once. */
static cs_err begin(cs_claim *c, bool *replay)
{
    cs_idempotency_row kept;
    cs_err err = cs_idempotency_begin(table, c, &kept, cs_tick_us() + SECOND_US);
    *replay = err == CS_OK && kept.status != 0;
    if (*replay) {
        assert_int_equal(kept.status, 201);
        assert_true(cs_slice_is(cs_buf_slice(&kept.answer), "\"data\":7"));
    } else if (err == CS_OK) {
        cs_idempotency_end(table, c);
    }
    cs_idempotency_row_free(&kept);
    return err;
}

static void test_kept(void **state)
{
    (void)state;
    cs_claim c = usual_claim(), other = c;
    bool replay;
    other.body[0] ^= 1;
    for (int i = 0; i < 2; i++) { /* a failure keeps nothing: it is done anew */
        assert_int_equal(begin(&c, &replay), CS_OK);
        assert_false(replay);
    }
    keep(&c, false, cs_now_ms());
    for (int i = 0; i < 2; i++) {
        assert_int_equal(begin(&c, &replay), CS_OK);
        assert_true(replay);
        assert_int_equal(begin(&other, &replay), CS_IDEMPOTENCY_MISMATCH);
    }
    store_fixture_reopen(&f); /* the table does not know of it, the store does */
    cs_idempotency_close(table);
    assert_int_equal(cs_idempotency_open(&table, f.store), CS_OK);
    assert_int_equal(begin(&c, &replay), CS_OK);
    assert_true(replay);
}

static void test_secret(void **state)
{
    (void)state;
    cs_claim c = usual_claim(), other = c;
    bool replay;
    other.body[0] ^= 1;
    keep(&c, true, cs_now_ms());
    assert_int_equal(begin(&c, &replay), CS_SECRET_NOT_REPLAYABLE);
    assert_int_equal(begin(&other, &replay), CS_IDEMPOTENCY_MISMATCH);
    assert_int_equal(begin(&c, &replay), CS_SECRET_NOT_REPLAYABLE);
}

static void test_a_day_later(void **state)
{
    (void)state;
    cs_claim c = usual_claim(), other = c;
    bool replay;
    other.body[0] ^= 1;
    keep(&c, false, cs_now_ms() - CS_KEPT_ANSWER_MS - 1000);
    assert_int_equal(begin(&other, &replay), CS_OK);
    assert_false(replay);
    keep(&other, false, cs_now_ms()); /* in the place of the old one */
    assert_int_equal(begin(&other, &replay), CS_OK);
    assert_true(replay);
    c.scope[0] ^= 1;
    keep(&c, false, cs_now_ms() - CS_KEPT_ANSWER_MS + 60000);
    assert_int_equal(begin(&c, &replay), CS_OK);
    assert_true(replay);
}

/* One at a time; what does not wait in time is refused, and so is another request at once. */
static void test_under_way(void **state)
{
    (void)state;
    cs_claim first = usual_claim(), second = first, mismatch = first, elsewhere = first;
    cs_idempotency_row kept;
    bool replay;
    mismatch.body[0] ^= 1;
    elsewhere.scope[0] ^= 1;
    assert_int_equal(cs_idempotency_begin(table, &first, &kept, cs_tick_us() + SECOND_US), CS_OK);
    assert_int_equal(kept.status, 0);
    cs_idempotency_row_free(&kept);
    assert_int_equal(cs_idempotency_begin(table, &second, &kept, cs_tick_us()), CS_OVERLOADED);
    assert_int_equal(cs_idempotency_begin(table, &second, &kept, cs_tick_us() + 1000), CS_OVERLOADED);
    assert_int_equal(begin(&mismatch, &replay), CS_IDEMPOTENCY_MISMATCH);
    assert_int_equal(begin(&elsewhere, &replay), CS_OK);
    cs_idempotency_end(table, &first);
    assert_int_equal(begin(&second, &replay), CS_OK);
    assert_int_equal(begin(&mismatch, &replay), CS_OK);
}

enum { THREADS = 16 };

struct crowd {
    cs_claim claim;
    int *done; /* how often it was done; whoever does it is alone */
    bool replay;
    cs_err err;
};

static void join_in(void *arg)
{
    struct crowd *c = arg;
    cs_idempotency_row kept;
    c->err = cs_idempotency_begin(table, &c->claim, &kept, cs_tick_us() + 60 * SECOND_US);
    if (c->err != CS_OK)
        return;
    c->replay = kept.status != 0;
    if (!c->replay) {
        if (++*c->done == 3) /* the first two fail */
            keep(&c->claim, false, cs_now_ms());
        cs_idempotency_end(table, &c->claim);
    }
    cs_idempotency_row_free(&kept);
}

static void test_a_crowd(void **state)
{
    (void)state;
    static struct crowd crowd[THREADS];
    pthread_t threads[THREADS];
    int done = 0, replayed = 0;
    for (size_t i = 0; i < THREADS; i++) {
        crowd[i] = (struct crowd){.claim = usual_claim(), .done = &done, .err = CS_INTERNAL};
        assert_int_equal(cs_thread_start_joinable(&threads[i], join_in, &crowd[i]), CS_OK);
    }
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_int_equal(crowd[i].err, CS_OK);
        replayed += crowd[i].replay;
    }
    assert_int_equal(done, 3);
    assert_int_equal(replayed, THREADS - 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_what_makes_a_scope),
        cmocka_unit_test_setup_teardown(test_kept, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_secret, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_day_later, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_under_way, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_crowd, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
