/* SPDX-License-Identifier: Apache-2.0 */
/* A lineage of four keys: walked from each of them, and refused with each member of each link changed. */
#include "core/lineage.h"

#include <string.h>

#include "attest_fixture.h"
#include "core/clock.h"

#define KEYS 4

static cs_pair keys[KEYS];
static cs_buf public_bytes[KEYS], public_text[KEYS];
static const char *const ids[KEYS] = {"key_a", "key_b", "key_c", "key_d"};

static int make_keys(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < KEYS; i++) {
        uint8_t seed[64] = {i, 7};
        assert_int_equal(
            cs_pair_open_private(&keys[i], cs_alg_find(CS_LIT("mldsa44+ed25519")), CS_FORMAT_COMPOSITE, CS_ARRAY(seed)),
            CS_OK);
        public_bytes[i] = cs_buf_new(CS_MAX_PUBLIC_KEY);
        public_text[i] = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
        cs_pair_public(&public_bytes[i], &keys[i]);
        assert_int_equal(
            cs_public_key_json(&public_text[i], keys[i].alg, keys[i].format, cs_buf_slice(&public_bytes[i])), CS_OK);
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        cs_pair_close(&keys[i]);
        cs_buf_free(&public_bytes[i]);
        cs_buf_free(&public_text[i]);
    }
    return 0;
}

static void make_statement(cs_buf *out, size_t from, const char *predecessor)
{
    cs_succession s = {.predecessor = cs_slice_str(predecessor),
                       .successor = cs_slice_str(ids[from + 1]),
                       .predecessor_public_key = cs_buf_slice(&public_bytes[from]),
                       .successor_public_key = cs_buf_slice(&public_bytes[from + 1]),
                       .alg = keys[from + 1].alg,
                       .format = keys[from + 1].format};
    assert_int_equal(cs_lineage_statement(out, &s), CS_OK);
}

static void make_document(cs_buf *out, size_t from, cs_slice statement, cs_slice signature, bool prehashed)
{
    static const uint8_t nonce[32] = {1};
    cs_digest payload, prehash, sig, public_key;
    assert_int_equal(cs_hash(&payload, CS_SHA256, statement), CS_OK);
    assert_int_equal(cs_hash(&prehash, CS_SHA512, statement), CS_OK);
    assert_int_equal(cs_hash(&sig, CS_SHA256, signature), CS_OK);
    assert_int_equal(cs_hash(&public_key, CS_SHA256, cs_buf_slice(&public_bytes[from])), CS_OK);
    cs_claims claims = {.kind = CS_ATTEST_SIGN,
                        .image_hash = CS_LIT("sha256:" IMAGE),
                        .epoch = CS_LIT(EPOCH),
                        .counter = 1,
                        .key_counter = 1,
                        .nonce = CS_ARRAY(nonce),
                        .iat = NOW,
                        .enclave_version = CS_LIT("0.1.0"),
                        .key_id = cs_slice_str(ids[from]),
                        .algorithm = CS_LIT("mldsa44+ed25519"),
                        .signature_format = CS_LIT("composite"),
                        .purpose = CS_LIT("sign"),
                        .public_key_sha256 = cs_digest_slice(&public_key),
                        .payload_sha256 = prehashed ? CS_ABSENT : cs_digest_slice(&payload),
                        .prehash_alg = prehashed ? CS_SHA512 : CS_HASH_NONE,
                        .prehash = prehashed ? cs_digest_slice(&prehash) : CS_ABSENT,
                        .sig_sha256 = cs_digest_slice(&sig)};
    cs_key *root = fixture_root(0);
    assert_int_equal(cs_attest_mock_document(out, &claims, root), CS_OK);
    cs_key_free(root);
}

/* How one link is made wrong. */
enum change {
    GOOD,
    OTHER_PREDECESSOR,
    OTHER_ID,
    OTHER_SUCCESSOR,
    OTHER_STATEMENT,
    NO_PREFIX,
    OTHER_KEY,
    SIGNED_BY_SUCCESSOR,
    SIGNATURE_BIT,
    NO_SIGNATURE,
    NO_DOCUMENT,
    PREHASH_DOCUMENT,
    LATE,
    BAD_KEY,
    NO_TIME,
    SHORT_TIME
};

static void write_link(cs_jw *w, size_t from, enum change change)
{
    cs_buf statement = cs_buf_new(4096), signature = cs_buf_new(CS_MAX_SIGNATURE),
           document = cs_buf_new(CS_MAX_ATTESTATION);
    size_t about = change == OTHER_STATEMENT ? (from + 1) % (KEYS - 1) : from;
    make_statement(&statement, about, change == OTHER_ID ? "key_x" : ids[about]);
    cs_message m = {.bytes = cs_slice_sub(cs_buf_slice(&statement), change == NO_PREFIX ? 23 : 0, statement.n)};
    assert_int_equal(cs_pair_sign(&signature, &keys[change == SIGNED_BY_SUCCESSOR ? from + 1 : from], &m), CS_OK);
    make_document(&document, from, m.bytes, cs_buf_slice(&signature), change == PREHASH_DOCUMENT);
    if (change == SIGNATURE_BIT)
        signature.p[100] ^= 1;
    cs_lineage_link link = {
        .predecessor = cs_slice_str(change == OTHER_PREDECESSOR || change == OTHER_ID ? "key_x" : ids[from]),
        .successor = cs_slice_str(change == OTHER_SUCCESSOR ? "key_x" : ids[from + 1]),
        .statement = m.bytes,
        .signature = cs_slice_sub(cs_buf_slice(&signature), 0, change == NO_SIGNATURE ? 0 : signature.n),
        .public_key = change == BAD_KEY ? CS_LIT("{}") : cs_buf_slice(&public_text[change == OTHER_KEY ? 0 : from + 1]),
        .document = change == NO_DOCUMENT ? CS_ABSENT : cs_buf_slice(&document),
        .created_ms = change == NO_TIME ? -1 : (NOW + (change == LATE ? 301 : 1)) * INT64_C(1000),
    };
    cs_lineage_write(w, &link);
    cs_buf_free(&statement);
    cs_buf_free(&signature);
    cs_buf_free(&document);
}

/* The time of the link that begins at `from`, without its milliseconds. */
static void drop_fraction(cs_buf *text, size_t from)
{
    uint8_t *at = memmem(text->p + from, text->n - from, ".000Z", 5);
    assert_non_null(at);
    memmove(at, at + 4, text->n - (size_t)(at + 4 - text->p));
    text->n -= 4;
}

/* The lineage with link `which` changed, or left out if `drop`. */
static cs_json *make_lineage(size_t which, enum change change, bool drop)
{
    cs_buf text = cs_buf_new(1u << 20);
    cs_jw w = cs_jw_on(&text);
    cs_json *json;
    cs_jw_begin_array(&w, NULL);
    for (size_t i = 0; i + 1 < KEYS; i++) {
        size_t from = text.n;
        if (!drop || i != which)
            write_link(&w, i, i == which ? change : GOOD);
        if (change == SHORT_TIME && i == which)
            drop_fraction(&text, from);
    }
    cs_jw_end_array(&w);
    assert_int_equal(cs_json_parse(&json, cs_buf_slice(&text), text.max), CS_OK);
    cs_buf_free(&text);
    return json;
}

static void expect(cs_json *json, size_t from, bool with_id, bool with_policy, cs_err want, size_t links)
{
    cs_policy policy;
    cs_lineage_end end;
    fixture_policy(&policy);
    policy.require_dated = true;
    cs_lineage_pin pin = {.key = &keys[from],
                          .key_id = with_id ? cs_slice_str(ids[from]) : CS_ABSENT,
                          .policy = with_policy ? &policy : NULL,
                          .allow_mock = true};
    cs_err err = cs_lineage_verify(&end, cs_json_root(json), &pin);
    if (err != want)
        fail_msg("from %zu: %s instead of %s", from, cs_err_name(err), cs_err_name(want));
    assert_int_equal(end.links, links);
    if (err == CS_OK) {
        cs_buf bytes = cs_buf_new(CS_MAX_PUBLIC_KEY);
        cs_pair_public(&bytes, &end.key);
        assert_true(cs_slice_eq(cs_buf_slice(&bytes), cs_buf_slice(&public_bytes[KEYS - 1])));
        if (with_id || links > 0)
            assert_string_equal(end.key_id, ids[KEYS - 1]);
        cs_buf_free(&bytes);
    } else {
        assert_null(end.key.pq);
    }
    cs_pair_close(&end.key);
}

static void statement_text(void **state)
{
    (void)state;
    cs_buf statement = cs_buf_new(4096);
    make_statement(&statement, 0, ids[0]);
    cs_slice text = cs_buf_slice(&statement),
             head = CS_LIT("countersign/lineage/v1\n{\"algorithm\":\"mldsa44+ed25519\","
                           "\"predecessor\":\"key_a\","
                           "\"predecessorPublicKeySha256\":\"sha256:");
    assert_true(cs_slice_starts(text, head));
    assert_true(cs_slice_is(cs_slice_sub(text, text.n - 52, 52),
                            "\",\"signatureFormat\":\"composite\",\"successor\":\"key_b\"}"));
    assert_true(cs_lineage_reserves(text));
    assert_false(cs_lineage_reserves(CS_LIT("countersign/lineage/v1")));
    cs_succession s = {.predecessor = CS_LIT(""), .successor = CS_LIT("b"), .alg = keys[0].alg};
    size_t n = statement.n;
    assert_int_equal(cs_lineage_statement(&statement, &s), CS_BAD_FIELD);
    assert_int_equal(statement.n, n);
    cs_buf_free(&statement);
}

static void walked_from_each_key(void **state)
{
    (void)state;
    cs_json *json = make_lineage(0, GOOD, false);
    for (size_t from = 0; from < KEYS; from++)
        for (int i = 0; i < 4; i++)
            expect(json, from, i & 1, i & 2, CS_OK, KEYS - 1 - from);
    cs_json_free(json);
}

static void a_key_never_rotated(void **state)
{
    (void)state;
    cs_json *json;
    assert_int_equal(cs_json_parse(&json, CS_LIT("[]"), 10), CS_OK);
    expect(json, KEYS - 1, true, true, CS_OK, 0);
    cs_json_free(json);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        size_t which, from;
        enum change change;
        bool drop, policy;
        cs_err want;
    } rows[] = {
        {1, 0, OTHER_PREDECESSOR, false, false, CS_LINEAGE_BROKEN},
        {1, 0, OTHER_ID, false, false, CS_LINEAGE_BROKEN},
        {1, 0, OTHER_SUCCESSOR, false, false, CS_LINEAGE_BROKEN},
        {1, 0, OTHER_STATEMENT, false, false, CS_LINEAGE_BROKEN},
        {1, 0, NO_PREFIX, false, false, CS_LINEAGE_BROKEN},
        {1, 0, OTHER_KEY, false, false, CS_LINEAGE_BROKEN},
        {1, 0, SIGNED_BY_SUCCESSOR, false, false, CS_LINEAGE_SIGNATURE},
        {1, 0, SIGNATURE_BIT, false, false, CS_LINEAGE_SIGNATURE},
        {1, 0, NO_SIGNATURE, false, false, CS_LINEAGE_SIGNATURE},
        {1, 0, BAD_KEY, false, false, CS_LINEAGE_BROKEN},
        {1, 0, NO_TIME, false, false, CS_LINEAGE_BROKEN},
        {1, 0, SHORT_TIME, false, false, CS_LINEAGE_BROKEN},
        {0, 1, SHORT_TIME, false, false, CS_LINEAGE_BROKEN},
        {1, 0, NO_DOCUMENT, false, true, CS_ATT_SHAPE},
        {1, 0, PREHASH_DOCUMENT, false, true, CS_ATT_PREHASH_MISMATCH},
        {1, 0, LATE, false, true, CS_ATT_EXPIRED},
        {2, 0, SIGNATURE_BIT, false, false, CS_LINEAGE_SIGNATURE},
        {1, 0, GOOD, true, false, CS_LINEAGE_BROKEN},
        {0, 0, GOOD, true, false, CS_LINEAGE_START},
        {2, 3, GOOD, true, false, CS_LINEAGE_START},
        {0, 0, SIGNATURE_BIT, false, false, CS_LINEAGE_SIGNATURE},
        {0, 0, OTHER_STATEMENT, false, false, CS_LINEAGE_START},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_json *json = make_lineage(rows[i].which, rows[i].change, rows[i].drop);
        expect(json, rows[i].from, true, rows[i].policy, rows[i].want, 0);
        cs_json_free(json);
    }
}

/* What nothing vouches for is not looked at, and without a policy no document is. */
static void what_is_read_over(void **state)
{
    (void)state;
    cs_json *json = make_lineage(0, SIGNATURE_BIT, false);
    expect(json, 1, true, true, CS_OK, 2);
    cs_json_free(json);
    json = make_lineage(1, PREHASH_DOCUMENT, false);
    expect(json, 0, true, false, CS_OK, 3);
    cs_json_free(json);
}

static void another_id_for_the_pinned_key(void **state)
{
    (void)state;
    cs_json *json = make_lineage(0, GOOD, false);
    cs_lineage_end end;
    cs_lineage_pin pin = {.key = &keys[1], .key_id = CS_LIT("key_a")};
    assert_int_equal(cs_lineage_verify(&end, cs_json_root(json), &pin), CS_LINEAGE_START);
    cs_json_free(json);
}

static void too_many_links(void **state)
{
    (void)state;
    cs_buf text = cs_buf_new(4096);
    cs_json *json;
    cs_buf_add_str(&text, "[");
    for (size_t i = 0; i <= CS_MAX_LINEAGE; i++)
        cs_buf_add_str(&text, i == 0 ? "{}" : ",{}");
    cs_buf_add_str(&text, "]");
    assert_int_equal(cs_json_parse(&json, cs_buf_slice(&text), 4096), CS_OK);
    expect(json, 0, true, false, CS_TOO_LARGE, 0);
    cs_json_free(json);
    cs_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statement_text),      cmocka_unit_test(walked_from_each_key),
        cmocka_unit_test(a_key_never_rotated), cmocka_unit_test(refusals),
        cmocka_unit_test(what_is_read_over),   cmocka_unit_test(another_id_for_the_pinned_key),
        cmocka_unit_test(too_many_links),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
