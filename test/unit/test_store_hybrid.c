/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/store.h"

#include "store_fixture.h"

static struct store_fixture f;

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    store_fixture_close(&f);
    return 0;
}

static cs_registered_row registered_row(const char *id, uint8_t tag)
{
    cs_registered_row k = {.algorithm = "ml-dsa-44", .chain = "ethereum", .label = "treasury", .created_ms = 5};
    (void)snprintf(k.id, sizeof k.id, "%s", id);
    (void)snprintf(k.org, sizeof k.org, "%s", ORG);
    k.public_key_len = 1312;
    memset(k.public_key, tag, k.public_key_len);
    memset(k.hash, tag, sizeof k.hash);
    return k;
}

static void put_registered(const char *id, uint8_t tag)
{
    cs_registered_row k = registered_row(id, tag);
    WRITE(&f, cs_store_put_registered(f.store, &k, NULL, 10), CS_OK);
}

static void put_challenge(uint8_t tag, const char *api_key, int64_t expires)
{
    cs_challenge_row c = {.org = ORG, .expires_ms = expires};
    (void)snprintf(c.api_key_id, sizeof c.api_key_id, "%s", api_key);
    memset(c.random, tag, sizeof c.random);
    WRITE(&f, cs_store_put_challenge(f.store, &c), CS_OK);
}

static const uint8_t *random_of(uint8_t tag)
{
    static uint8_t random[CS_CHALLENGE_RANDOM];
    memset(random, tag, sizeof random);
    return random;
}

static void test_a_key_comes_back_as_it_went(void **state)
{
    (void)state;
    cs_registered_row back, k = registered_row("pqk_1", 1);
    k.generated = true;
    WRITE(&f, cs_store_put_registered(f.store, &k, NULL, 10), CS_OK);
    store_fixture_reopen(&f);
    for (int by_hash = 0; by_hash < 2; by_hash++) {
        assert_int_equal(by_hash ? cs_store_registered_by_hash(f.store, &back, CS_LIT(ORG), k.hash)
                                 : cs_store_registered(f.store, &back, CS_LIT(ORG), CS_LIT("pqk_1")),
                         CS_OK);
        assert_memory_equal(&back, &k, sizeof k);
    }
}

static void test_ids_and_keys_belong_to_a_realm(void **state)
{
    (void)state;
    cs_registered_row back, k = registered_row("pqk_1", 1);
    put_registered("pqk_1", 1);
    assert_int_equal(cs_store_registered(f.store, &back, CS_LIT("org_other"), CS_LIT("pqk_1")), CS_NOT_FOUND);
    assert_int_equal(cs_store_registered_by_hash(f.store, &back, CS_LIT("org_other"), k.hash), CS_NOT_FOUND);
    WRITE(&f, cs_store_revoke_registered(f.store, CS_LIT("org_other"), "pqk_1", 9), CS_CONFLICT);
    (void)snprintf(k.id, sizeof k.id, "pqk_2");
    (void)snprintf(k.org, sizeof k.org, "org_other");
    WRITE(&f, cs_store_put_registered(f.store, &k, NULL, 10), CS_OK);
}

static void test_a_public_key_once(void **state)
{
    (void)state;
    cs_registered_row again = registered_row("pqk_2", 1), back;
    put_registered("pqk_1", 1);
    WRITE(&f, cs_store_put_registered(f.store, &again, NULL, 10), CS_ALREADY_REGISTERED);
    WRITE(&f, cs_store_revoke_registered(f.store, CS_LIT(ORG), "pqk_1", 9), CS_OK);
    WRITE(&f, cs_store_revoke_registered(f.store, CS_LIT(ORG), "pqk_1", 11), CS_CONFLICT);
    WRITE(&f, cs_store_put_registered(f.store, &again, NULL, 10), CS_ALREADY_REGISTERED);
    assert_int_equal(cs_store_registered(f.store, &back, CS_LIT(ORG), CS_LIT("pqk_1")), CS_OK);
    assert_int_equal(back.revoked_ms, 9);
}

static void test_a_challenge_once_and_in_time(void **state)
{
    (void)state;
    cs_registered_row k = registered_row("pqk_1", 1), other = registered_row("pqk_2", 2);
    uint8_t newest[CS_CHALLENGE_RANDOM];
    put_challenge(7, "ak_1", 100);
    put_challenge(8, "ak_1", 200);
    assert_int_equal(cs_store_newest_challenge(f.store, newest, CS_LIT(ORG), "ak_1", 50), CS_OK);
    assert_memory_equal(newest, random_of(8), sizeof newest);
    assert_int_equal(cs_store_newest_challenge(f.store, newest, CS_LIT(ORG), "ak_1", 200), CS_NOT_FOUND);
    assert_int_equal(cs_store_newest_challenge(f.store, newest, CS_LIT(ORG), "ak_2", 50), CS_NOT_FOUND);
    assert_int_equal(cs_store_newest_challenge(f.store, newest, CS_LIT("org_other"), "ak_1", 50), CS_NOT_FOUND);
    WRITE(&f, cs_store_put_registered(f.store, &k, random_of(9), 50), CS_BAD_CHALLENGE);
    WRITE(&f, cs_store_put_registered(f.store, &k, random_of(7), 100), CS_BAD_CHALLENGE);
    (void)snprintf(k.org, sizeof k.org, "org_other");
    WRITE(&f, cs_store_put_registered(f.store, &k, random_of(7), 50), CS_BAD_CHALLENGE);
    (void)snprintf(k.org, sizeof k.org, "%s", ORG);
    WRITE(&f, cs_store_put_registered(f.store, &k, random_of(7), 99), CS_OK);
    WRITE(&f, cs_store_put_registered(f.store, &other, random_of(7), 99), CS_BAD_CHALLENGE);
    /* a key that is refused leaves the challenge as it was */
    WRITE(&f, cs_store_put_registered(f.store, &k, random_of(8), 99), CS_ALREADY_REGISTERED);
    WRITE(&f, cs_store_put_registered(f.store, &other, random_of(8), 99), CS_OK);
}

static void test_challenges_are_bounded_and_end(void **state)
{
    (void)state;
    uint8_t newest[CS_CHALLENGE_RANDOM];
    cs_registered_row k = registered_row("pqk_1", 1);
    for (int i = 0; i <= CS_MAX_CHALLENGES; i++)
        put_challenge((uint8_t)(i + 1), "ak_1", 1000 + i);
    WRITE(&f, cs_store_put_registered(f.store, &k, random_of(1), 50), CS_BAD_CHALLENGE); /* gave way */
    WRITE(&f, cs_store_purge_challenges(f.store, 1000 + CS_MAX_CHALLENGES - 1), CS_OK);
    assert_int_equal(cs_store_newest_challenge(f.store, newest, CS_LIT(ORG), "ak_1", 0), CS_OK);
    assert_memory_equal(newest, random_of(CS_MAX_CHALLENGES + 1), sizeof newest);
    WRITE(&f, cs_store_put_registered(f.store, &k, random_of(2), 0), CS_BAD_CHALLENGE);
    WRITE(&f, cs_store_put_registered(f.store, &k, newest, 0), CS_OK);
}

/* -- attestations -------------------------------------------------------------------------------------------------- */

static cs_hybrid_row hybrid_row(const char *id, const char *key_id, const char *chain)
{
    return (cs_hybrid_row){.id = id,
                           .key_id = key_id,
                           .chain = chain,
                           .scheme = "eip191",
                           .signer = "0xAb",
                           .countersignature = "sig_1",
                           .created_ms = 7,
                           .record = CS_LIT("{}"),
                           .message = CS_LIT(""),
                           .ecdsa_signature = CS_LIT("e"),
                           .ecdsa_public_key = CS_LIT("k"),
                           .pqc_signature = CS_LIT("p"),
                           .metadata = CS_LIT("{\"a\": 1.50}")};
}

static void put_hybrid(const char *id, const char *key_id, const char *chain, uint64_t seq)
{
    char entry_id[32];
    (void)snprintf(entry_id, sizeof entry_id, "ent_%d", (int)seq);
    cs_hybrid_row h = hybrid_row(id, key_id, chain);
    cs_entry_row e = {.seq = seq,
                      .event_type = "hybrid_attestation.created",
                      .subject_id = cs_slice_str(id),
                      .bytes = CS_LIT("entry")};
    (void)snprintf(e.id, sizeof e.id, "%s", entry_id);
    WRITE(&f, cs_store_put_hybrid(f.store, CS_LIT(ORG), &h, seq), CS_OK);
    WRITE(&f, cs_store_put_entry(f.store, CS_LIT(ORG), &e, 8), CS_OK);
}

static void test_an_attestation_comes_back_as_it_went(void **state)
{
    (void)state;
    cs_hybrid_record_row h;
    cs_counts counts;
    put_registered("pqk_1", 1);
    put_hybrid("att_1", "pqk_1", "polygon", 0);
    assert_int_equal(cs_store_hybrid(f.store, &h, CS_LIT("org_other"), CS_LIT("att_1")), CS_NOT_FOUND);
    assert_int_equal(cs_store_hybrid(f.store, &h, CS_LIT(ORG), CS_LIT("att_2")), CS_NOT_FOUND);
    assert_int_equal(cs_store_hybrid(f.store, &h, CS_LIT(ORG), CS_LIT("att_1")), CS_OK);
    assert_string_equal(h.id, "att_1");
    assert_string_equal(h.org, ORG);
    assert_string_equal(h.key_id, "pqk_1");
    assert_string_equal(h.algorithm, "ml-dsa-44");
    assert_string_equal(h.chain, "polygon");
    assert_string_equal(h.scheme, "eip191");
    assert_string_equal(h.signer, "0xAb");
    assert_string_equal(h.countersignature, "sig_1");
    assert_string_equal(h.entry_id, "ent_0");
    assert_int_equal(h.seq, 0);
    assert_int_equal(h.created_ms, 7);
    assert_true(cs_slice_is(cs_buf_slice(&h.record), "{}"));
    assert_int_equal(h.message.n, 0);
    assert_true(cs_slice_is(cs_buf_slice(&h.ecdsa_signature), "e"));
    assert_true(cs_slice_is(cs_buf_slice(&h.ecdsa_public_key), "k"));
    assert_true(cs_slice_is(cs_buf_slice(&h.pqc_signature), "p"));
    assert_int_equal(h.pqc_public_key.n, 1312);
    assert_true(cs_slice_is(cs_buf_slice(&h.metadata), "{\"a\": 1.50}"));
    cs_hybrid_record_row_free(&h);
    assert_int_equal(cs_store_counts(f.store, &counts, CS_LIT(ORG)), CS_OK);
    assert_int_equal(counts.hybrid_attestations, 1);
    assert_int_equal(counts.registered_keys, 1);
}

static void test_only_under_a_key_that_is_registered(void **state)
{
    (void)state;
    cs_hybrid_row h = hybrid_row("att_1", "pqk_1", "ethereum");
    WRITE(&f, cs_store_put_hybrid(f.store, CS_LIT(ORG), &h, 0), CS_PQC_005);
    put_registered("pqk_1", 1);
    WRITE(&f, cs_store_put_hybrid(f.store, CS_LIT("org_other"), &h, 0), CS_PQC_005);
    WRITE(&f, cs_store_put_hybrid(f.store, CS_LIT(ORG), &h, 0), CS_OK);
    WRITE(&f, cs_store_put_hybrid(f.store, CS_LIT(ORG), &h, 1), CS_CONFLICT);
    WRITE(&f, cs_store_revoke_registered(f.store, CS_LIT(ORG), "pqk_1", 9), CS_OK);
    h.id = "att_2";
    WRITE(&f, cs_store_put_hybrid(f.store, CS_LIT(ORG), &h, 1), CS_PQC_005);
}

struct seen {
    char ids[64];
};

static void note_hybrid(void *context, const cs_hybrid_record_row *h)
{
    struct seen *seen = context;
    (void)strcat(seen->ids, h->id + 4);
}

static void note_registered(void *context, const cs_registered_row *k)
{
    struct seen *seen = context;
    (void)strcat(seen->ids, k->id + 4);
}

static void test_listings(void **state)
{
    (void)state;
    put_registered("pqk_1", 1);
    put_registered("pqk_2", 2);
    put_hybrid("att_1", "pqk_1", "ethereum", 0);
    put_hybrid("att_2", "pqk_2", "ethereum", 1);
    put_hybrid("att_3", "pqk_1", "bitcoin", 2);
    static const struct {
        cs_page page;
        const char *want;
        bool more;
    } cases[] = {
        {{.org = CS_LIT(ORG), .limit = 9}, "321", false},
        {{.org = CS_LIT(ORG), .limit = 2}, "32", true},
        {{.org = CS_LIT(ORG), .limit = 9, .before = CS_LIT("att_3")}, "21", false},
        {{.org = CS_LIT(ORG), .limit = 9, .key_id = CS_LIT("pqk_1")}, "31", false},
        {{.org = CS_LIT(ORG), .limit = 9, .chain = CS_LIT("ethereum")}, "21", false},
        {{.org = CS_LIT(ORG), .limit = 9, .chain = CS_LIT("ethereum"), .key_id = CS_LIT("pqk_1")}, "1", false},
        {{.org = CS_LIT(ORG), .limit = 9, .since_ms = 8}, "", false},
        {{.org = CS_LIT(ORG), .limit = 9, .since_ms = 7}, "321", false},
        {{.org = CS_LIT("org_other"), .limit = 9}, "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen seen = {0};
        cs_page page = cases[i].page;
        assert_int_equal(cs_store_hybrids(f.store, &page, note_hybrid, &seen), CS_OK);
        assert_string_equal(seen.ids, cases[i].want);
        assert_int_equal(page.more, cases[i].more);
    }
}

static void test_listings_of_keys(void **state)
{
    (void)state;
    put_registered("pqk_1", 1);
    put_registered("pqk_2", 2);
    put_registered("pqk_3", 3);
    WRITE(&f, cs_store_revoke_registered(f.store, CS_LIT(ORG), "pqk_2", 9), CS_OK);
    static const struct {
        cs_page page;
        const char *want;
    } cases[] = {
        {{.org = CS_LIT(ORG), .limit = 9}, "31"},
        {{.org = CS_LIT(ORG), .limit = 1}, "3"},
        {{.org = CS_LIT(ORG), .limit = 9, .with_revoked = true}, "321"},
        {{.org = CS_LIT(ORG), .limit = 9, .before = CS_LIT("pqk_3")}, "1"},
        {{.org = CS_LIT(ORG), .limit = 9, .filter = CS_LIT("ml-dsa-44")}, "31"},
        {{.org = CS_LIT(ORG), .limit = 9, .filter = CS_LIT("ml-dsa-65")}, ""},
        {{.org = CS_LIT(ORG), .limit = 9, .chain = CS_LIT("bitcoin")}, ""},
        {{.org = CS_LIT("org_other"), .limit = 9}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen seen = {0};
        cs_page page = cases[i].page;
        assert_int_equal(cs_store_registered_keys(f.store, &page, note_registered, &seen), CS_OK);
        assert_string_equal(seen.ids, cases[i].want);
    }
}

static void test_the_newest_key_of_the_purpose_countersigns(void **state)
{
    (void)state;
    char id[CS_MAX_ID + 1];
    cs_key_row one = key_row("key_1", "one"), two = key_row("key_2", "two"), three = key_row("key_3", "three");
    (void)snprintf(one.purpose, sizeof one.purpose, "hybrid");
    (void)snprintf(two.purpose, sizeof two.purpose, "hybrid");
    assert_int_equal(cs_store_countersigning_key(f.store, id, CS_LIT(ORG)), CS_NOT_FOUND);
    WRITE(&f, cs_store_put_key(f.store, &three), CS_OK);
    assert_int_equal(cs_store_countersigning_key(f.store, id, CS_LIT(ORG)), CS_NOT_FOUND);
    WRITE(&f, cs_store_put_key(f.store, &one), CS_OK);
    WRITE(&f, cs_store_put_key(f.store, &two), CS_OK);
    assert_int_equal(cs_store_countersigning_key(f.store, id, CS_LIT(ORG)), CS_OK);
    assert_string_equal(id, "key_2");
    assert_int_equal(cs_store_countersigning_key(f.store, id, CS_LIT("org_other")), CS_NOT_FOUND);
    WRITE(&f, cs_store_suspend_key(f.store, CS_LIT(ORG), "key_2", 9), CS_OK);
    assert_int_equal(cs_store_countersigning_key(f.store, id, CS_LIT(ORG)), CS_OK);
    assert_string_equal(id, "key_1");
    cs_key_row_free(&one);
    cs_key_row_free(&two);
    cs_key_row_free(&three);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_key_comes_back_as_it_went, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_ids_and_keys_belong_to_a_realm, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_public_key_once, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_a_challenge_once_and_in_time, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_challenges_are_bounded_and_end, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_an_attestation_comes_back_as_it_went, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_only_under_a_key_that_is_registered, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_listings, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_listings_of_keys, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_the_newest_key_of_the_purpose_countersigns, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
