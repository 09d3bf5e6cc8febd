/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway. Vault policies of realms: which are asked, in what order they are told, when a change is seen, and
 * that what cannot be read refuses. What a demand means is test_rule.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "gateway/rules.h"
#include "store_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define RULE(action, demands) "{\"name\":\"n\",\"action\":\"" action "\",\"rule\":{" demands "}}"

struct fixture {
    struct store_fixture store;
    cs_app app;
    cs_http_request rq;
    cs_call call;
};

static int open_fixture(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    store_fixture_open(&f.store);
    f.app.store = f.store.store;
    assert_int_equal(cs_rules_open(&f.app.rules, f.store.store), CS_OK);
    f.call = (cs_call){.app = &f.app, .rq = &f.rq};
    (void)snprintf(f.call.caller.realm, sizeof f.call.caller.realm, "%s", ORG);
    *state = &f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    cs_rules_close(f->app.rules);
    store_fixture_close(&f->store);
    return 0;
}

/* Puts the text as it is, canonical or not. */
static void put_text(struct fixture *f, const char *org, const char *id, int64_t version, bool enabled, cs_slice text)
{
    cs_rule_row row = cs_rule_row_new();
    (void)snprintf(row.id, sizeof row.id, "%s", id);
    (void)snprintf(row.org, sizeof row.org, "%s", org);
    (void)snprintf(row.name, sizeof row.name, "n");
    (void)snprintf(row.action, sizeof row.action, "enforce");
    row.version = version;
    row.enabled = enabled;
    row.created_ms = row.updated_ms = 5;
    cs_buf_add(&row.text, text);
    assert_int_equal(cs_store_begin(f->store.store), CS_OK);
    assert_int_equal(cs_store_put_rule(f->store.store, &row), CS_OK);
    assert_int_equal(cs_store_commit(f->store.store), CS_OK);
    cs_rule_row_free(&row);
}

static void put(struct fixture *f, const char *org, const char *id, int64_t version, const char *text)
{
    cs_rule rule;
    cs_buf canonical = cs_buf_new(CS_MAX_RULE);
    assert_int_equal(cs_rule_parse(&rule, NULL, cs_slice_str(text)), CS_OK);
    assert_int_equal(cs_rule_canonical(&canonical, &rule), CS_OK);
    put_text(f, org, id, version, rule.enabled, cs_buf_slice(&canonical));
    cs_buf_free(&canonical);
}

static const cs_rule_subject plain = {.operation = CS_RULE_SIGN, .environment = "production"};

static cs_err check(cs_rule_result *out, struct fixture *f)
{
    return cs_rules_check(out, &f->call, &plain);
}

static void without_policies_all_is_allowed(void **state)
{
    cs_rule_result r;
    assert_int_equal(check(&r, *state), CS_OK);
    assert_false(r.refused);
    assert_int_equal(r.violation_count, 0);
    assert_int_equal(r.listed, 0);
}

static void each_action(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        cs_err err;
        size_t violations;
    } rows[] = {
        {RULE("enforce", "\"minTier\":1"), CS_POLICY_VIOLATED, 1},
        {RULE("warn", "\"minTier\":1"), CS_OK, 1},
        {RULE("audit", "\"minTier\":1"), CS_OK, 1},
        {RULE("enforce", "\"minTier\":1,\"matchOperation\":\"verify\""), CS_OK, 0},
        {RULE("enforce", "\"requireAttested\":true"), CS_POLICY_VIOLATED, 1},
        {"{\"name\":\"n\",\"enabled\":false,\"rule\":{\"minTier\":1}}", CS_OK, 0},
        {"{\"name\":\"n\",\"environments\":[\"staging\"],\"rule\":{\"minTier\":1}}", CS_OK, 0},
        {"{\"name\":\"n\",\"environments\":[\"production\"],\"rule\":{\"minTier\":1}}", CS_POLICY_VIOLATED, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_rule_result r;
        put(f, ORG, "vpol_a", (int64_t)i + 1, rows[i].text);
        cs_rules_changed(f->app.rules, cs_slice_str(ORG));
        cs_err err = check(&r, f);
        if (err != rows[i].err || r.violation_count != rows[i].violations || r.refused != (err != CS_OK))
            fail_msg("%s: %s, %zu violations", rows[i].text, cs_err_name(err), r.violation_count);
        if (r.listed > 0) {
            assert_string_equal(r.violations[0].policy_id, "vpol_a");
            assert_string_equal(r.violations[0].name, "n");
            assert_non_null(r.violations[0].rule);
        }
    }
}

static void those_that_refuse_come_first(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {
        RULE("audit", "\"minTier\":1"),   RULE("warn", "\"minTier\":2"),    RULE("audit", "\"minTier\":3"),
        RULE("enforce", "\"minTier\":3"), RULE("warn", "\"minPqLevel\":2"),
    };
    static const char *const order[] = {"vpol_3", "vpol_1", "vpol_4", "vpol_0", "vpol_2"};
    cs_rule_result r;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "vpol_%zu", i);
        put(f, ORG, id, 1, texts[i]);
    }
    assert_int_equal(check(&r, f), CS_POLICY_VIOLATED);
    assert_int_equal(r.listed, COUNT(texts));
    assert_int_equal(r.violation_count, COUNT(texts));
    for (size_t i = 0; i < COUNT(order); i++)
        assert_string_equal(r.violations[i].policy_id, order[i]);
    assert_string_equal(r.violations[2].rule, "minPqLevel");
}

static void more_than_are_listed_are_counted(void **state)
{
    struct fixture *f = *state;
    cs_rule_result r;
    for (int i = 0; i < CS_MAX_RULES; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "vpol_%02d", i);
        put(f, ORG, id, 1, i == CS_MAX_RULES - 1 ? RULE("enforce", "\"minTier\":1") : RULE("audit", "\"minTier\":1"));
    }
    assert_int_equal(check(&r, f), CS_POLICY_VIOLATED);
    assert_int_equal(r.violation_count, CS_MAX_RULES);
    assert_int_equal(r.listed, CS_RULES_LISTED);
    assert_string_equal(r.violations[0].policy_id, "vpol_63"); /* not lost behind the others */
}

static void realms_are_apart(void **state)
{
    struct fixture *f = *state;
    cs_rule_result r;
    put(f, "org_other", "vpol_a", 1, RULE("enforce", "\"minTier\":1"));
    assert_int_equal(check(&r, f), CS_OK);
    (void)snprintf(f->call.caller.realm, sizeof f->call.caller.realm, "org_other");
    assert_int_equal(check(&r, f), CS_POLICY_VIOLATED);
}

/* More realms than are kept: the forgotten ones are read again. */
static void many_realms(void **state)
{
    struct fixture *f = *state;
    cs_rule_result r;
    put(f, ORG, "vpol_a", 1, RULE("enforce", "\"minTier\":1"));
    for (int round = 0; round < 2; round++) {
        (void)snprintf(f->call.caller.realm, sizeof f->call.caller.realm, "%s", ORG);
        assert_int_equal(check(&r, f), CS_POLICY_VIOLATED);
        for (int i = 0; i < 200; i++) {
            (void)snprintf(f->call.caller.realm, sizeof f->call.caller.realm, "org_%d", i);
            assert_int_equal(check(&r, f), CS_OK);
        }
    }
}

static void a_change_is_seen_when_it_is_told(void **state)
{
    struct fixture *f = *state;
    cs_rule_result r;
    assert_int_equal(check(&r, f), CS_OK);
    put(f, ORG, "vpol_a", 1, RULE("enforce", "\"minTier\":1"));
    assert_int_equal(check(&r, f), CS_OK); /* from memory: nothing is read for every operation */
    cs_rules_changed(f->app.rules, cs_slice_str("org_other"));
    assert_int_equal(check(&r, f), CS_OK);
    cs_rules_changed(f->app.rules, cs_slice_str(ORG));
    assert_int_equal(check(&r, f), CS_POLICY_VIOLATED);
    put(f, ORG, "vpol_a", 2, RULE("enforce", "\"minPqLevel\":2"));
    cs_rules_changed(f->app.rules, cs_slice_str(ORG));
    assert_int_equal(check(&r, f), CS_POLICY_VIOLATED);
    assert_string_equal(r.violations[0].rule, "minPqLevel");
    assert_int_equal(cs_store_begin(f->store.store), CS_OK);
    assert_int_equal(cs_store_delete_rule(f->store.store, cs_slice_str(ORG), "vpol_a", 9), CS_OK);
    assert_int_equal(cs_store_commit(f->store.store), CS_OK);
    cs_rules_changed(f->app.rules, cs_slice_str(ORG));
    assert_int_equal(check(&r, f), CS_OK);
}

/* Whatever it once said, to whatever operation, wherever. */
static void damage_refuses_everything(void **state)
{
    struct fixture *f = *state;
    static const char good[] = "{\"action\":\"audit\",\"description\":\"\",\"enabled\":true,"
                               "\"environments\":[\"staging\"],\"name\":\"n\","
                               "\"rule\":{\"matchOperation\":\"verify\",\"minTier\":1}}";
    /* what the column says to be enabled is not, in its text */
    static const char disabled[] = "{\"action\":\"audit\",\"description\":\"\",\"enabled\":false,"
                                   "\"environments\":[],\"name\":\"n\","
                                   "\"rule\":{\"matchOperation\":\"verify\",\"minTier\":1}}";
    static const char *const texts[] = {
        "", "{}", "x", "{\"action\":\"audit\"", RULE("audit", "\"minTier\":1"), disabled,
    };
    cs_rule_result r;
    put_text(f, ORG, "vpol_a", 1, true, cs_slice_str(good));
    assert_int_equal(check(&r, f), CS_OK);
    for (size_t i = 0; i < COUNT(texts); i++) {
        put_text(f, ORG, "vpol_a", (int64_t)i + 2, true, cs_slice_str(texts[i]));
        cs_rules_changed(f->app.rules, cs_slice_str(ORG));
        for (int operation = CS_RULE_SIGN; operation < CS_RULE_ANY; operation++) {
            cs_rule_subject best = {.operation = (cs_rule_operation)operation,
                                    .alg = cs_alg_find(CS_LIT("mldsa87+ed448")),
                                    .environment = "production",
                                    .tier = 3,
                                    .attested = true,
                                    .key_release = CS_RELEASE_ATTESTED};
            assert_int_equal(cs_rules_check(&r, &f->call, &best), CS_POLICY_VIOLATED);
            assert_true(r.refused);
            assert_string_equal(r.violations[0].policy_id, "vpol_a");
            assert_string_equal(r.violations[0].rule, "rule");
        }
    }
}

static void tiers(void **state)
{
    (void)state;
    static const struct {
        const char *alg, *kek, *classical, *pq;
        int tier;
    } rows[] = {
        {"mldsa65+ed25519", "env", "managed", "managed", 0},
        {"mldsa65+ed25519", "env", "managed", "enclave-mock", 0},
        {"mldsa65+ed25519", "aws-kms", "managed", "managed", 1},
        {"mldsa65+ed25519", "gcp-kms", "managed", "enclave-nitro", 1},
        {"mldsa65+ecdsa-p256", "env", "aws-kms", "managed", 2},
        {"mldsa65+ecdsa-p256", "azure-kv", "azure-kv", "enclave-azure", 2},
        {"mldsa65+ecdsa-p256", "env", "aws-kms", "aws-kms", 3},
        {"mldsa65+ecdsa-p256", "env", "managed", "pkcs11", 0}, /* only half of it is away */
        {"mldsa65", "env", "managed", "gcp-kms", 3},
        {"mldsa65", "env", "managed", "managed", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_key_row k = key_row("key_a", "a");
        k.alg = cs_alg_find(cs_slice_str(rows[i].alg));
        (void)snprintf(k.kek_provider, sizeof k.kek_provider, "%s", rows[i].kek);
        (void)snprintf(k.key_provider, sizeof k.key_provider, "%s", rows[i].classical);
        (void)snprintf(k.pq_provider, sizeof k.pq_provider, "%s", rows[i].pq);
        if (cs_rules_tier(&k) != rows[i].tier)
            fail_msg("%s %s %s %s: %d", rows[i].alg, rows[i].kek, rows[i].classical, rows[i].pq, cs_rules_tier(&k));
        cs_key_row_free(&k);
    }
}

static void the_key_as_policies_see_it(void **state)
{
    (void)state;
    cs_key_row k = key_row("key_a", "a");
    cs_rule_subject s = cs_rules_of_key(CS_RULE_KEY_CREATE, &k, true);
    assert_int_equal(s.operation, CS_RULE_KEY_CREATE);
    assert_ptr_equal(s.alg, k.alg);
    assert_string_equal(s.environment, "production");
    assert_int_equal(s.tier, 0);
    assert_true(s.attested);
    assert_int_equal(s.key_release, CS_RELEASE_LOCAL);
    cs_key_row_free(&k);
}

/* -- many at once -------------------------------------------------------------------------------------------------- */

struct race {
    struct fixture *f;
    atomic_int told; /* what was changed last, told before it was acknowledged */
    atomic_bool over;
};

static void *ask(void *context)
{
    struct race *race = context;
    uintptr_t wrong = 0;
    while (!atomic_load(&race->over)) {
        cs_rule_result r;
        int before = atomic_load(&race->told);
        cs_err err = check(&r, race->f);
        int after = atomic_load(&race->told);
        if (before == after && before > 0) /* nothing was changed meanwhile: odd versions refuse */
            wrong += err != (before % 2 == 1 ? CS_POLICY_VIOLATED : CS_OK);
    }
    return (void *)wrong;
}

static void a_change_is_in_force_once_it_is_told(void **state)
{
    struct race race = {.f = *state};
    pthread_t threads[4];
    put(race.f, ORG, "vpol_a", 1, RULE("enforce", "\"minTier\":1"));
    atomic_store(&race.told, 1);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &race), 0);
    for (int version = 2; version <= 100; version++) {
        atomic_store(&race.told, -version); /* under way: either answer is right */
        put(race.f, ORG, "vpol_a", version,
            version % 2 == 1 ? RULE("enforce", "\"minTier\":1") : RULE("warn", "\"minTier\":1"));
        cs_rules_changed(race.f->app.rules, cs_slice_str(ORG));
        atomic_store(&race.told, version);
    }
    atomic_store(&race.over, true);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_policies_all_is_allowed),
        TEST(each_action),
        TEST(those_that_refuse_come_first),
        TEST(more_than_are_listed_are_counted),
        TEST(realms_are_apart),
        TEST(many_realms),
        TEST(a_change_is_seen_when_it_is_told),
        TEST(damage_refuses_everything),
        cmocka_unit_test(tiers),
        cmocka_unit_test(the_key_as_policies_see_it),
        TEST(a_change_is_in_force_once_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
