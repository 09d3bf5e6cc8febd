/* SPDX-License-Identifier: Apache-2.0 */
/* The library for others on bundles, inclusion proofs and checkpoints. */
#include <stdio.h>

#include "bundle_fixture.h"
#include "countersign/countersign.h"

/* A bundle and what its verifier has, as texts. */
static struct {
    struct bundle_made made;
    cs_buf bundle, policy;
    char ledger[2][CS_MAX_VKEY + 1], witness[CS_MAX_VKEY + 1];
    const char *ledger_keys[2], *witness_keys[1];
    countersign_bundle ask;
} s;

static void write_vkey(char out[CS_MAX_VKEY + 1], size_t signer, const char *name)
{
    cs_vkey key;
    cs_buf text = cs_buf_over(out, CS_MAX_VKEY + 1);
    bundle_vkey(&key, signer, name);
    cs_vkey_write(&text, &key);
    (void)cs_buf_cstr(&text);
}

static int set_up(void **state)
{
    (void)state;
    bundle_make(&s.made, &(struct bundle_options){.seq_off = 0});
    s.bundle = cs_buf_new(CS_MAX_BUNDLE);
    s.policy = cs_buf_new(CS_MAX_POLICY);
    assert_int_equal(cs_bundle_write(&s.bundle, &s.made.parts), CS_OK);
    fixture_policy_text(&s.policy);
    for (size_t i = 0; i < 2; i++) {
        write_vkey(s.ledger[i], LOG_ED + i, ORIGIN);
        s.ledger_keys[i] = s.ledger[i];
    }
    write_vkey(s.witness, WITNESS_ED, WITNESS);
    s.witness_keys[0] = s.witness;
    s.ask = (countersign_bundle){.bundle = (const char *)s.bundle.p,
                                 .bundle_len = s.bundle.n,
                                 .policy = (const char *)s.policy.p,
                                 .policy_len = s.policy.n,
                                 .payload = (const uint8_t *)PAYLOAD,
                                 .payload_len = sizeof PAYLOAD - 1,
                                 .ledger_keys = s.ledger_keys,
                                 .ledger_key_count = 2,
                                 .witness_keys = s.witness_keys,
                                 .witness_key_count = 1,
                                 .allow_mock = 1};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bundle_free(&s.made);
    cs_buf_free(&s.bundle);
    cs_buf_free(&s.policy);
    return 0;
}

static void expect(const countersign_bundle *ask, int want, const char *want_reason, const char *in_verdict)
{
    char verdict[COUNTERSIGN_BUNDLE_VERDICT_MAX];
    const char *reason = NULL;
    int got = countersign_verify_bundle(&reason, verdict, sizeof verdict, ask);
    if (got != want || strcmp(reason, want_reason) != 0)
        fail_msg("%d %s instead of %d %s", got, reason, want, want_reason);
    if (in_verdict == NULL)
        assert_string_equal(verdict, "");
    else
        assert_non_null(strstr(verdict, in_verdict));
    assert_int_equal(countersign_verify_bundle(NULL, NULL, 0, ask), want);
}

static void bundles(void **state)
{
    (void)state;
    countersign_bundle a = s.ask;
    expect(&a, COUNTERSIGN_VERIFIED, "OK", "\"datedBy\":\"witness\"");
    a.public_key = (const char *)s.made.public_text.p;
    a.public_key_len = s.made.public_text.n;
    a.key_id = KEY_ID;
    expect(&a, COUNTERSIGN_VERIFIED, "OK", "\"pinned\":true");
    a.ledger_key_count = 0;
    expect(&a, COUNTERSIGN_VERIFIED, "OK", "\"pinned\":false");
    a.witness_key_count = 0;
    expect(&a, COUNTERSIGN_VERIFIED, "OK", "\"datedBy\":\"none\"");

    a = s.ask;
    a.allow_mock = 0;
    expect(&a, COUNTERSIGN_REFUSED, "ATT_MOCK_REFUSED", "\"ok\":false");
    a = s.ask;
    a.payload_len--;
    expect(&a, COUNTERSIGN_REFUSED, "BUNDLE_PAYLOAD", "\"reason\":\"BUNDLE_PAYLOAD\"");
    a.payload = NULL;
    a.payload_len = 0;
    expect(&a, COUNTERSIGN_REFUSED, "BUNDLE_PAYLOAD", "\"reason\":\"BUNDLE_PAYLOAD\"");
    a = s.ask;
    a.key_id = "key_2";
    expect(&a, COUNTERSIGN_REFUSED, "ATT_KEY_MISMATCH", "\"ok\":false");
    a = s.ask;
    a.nonce = (const uint8_t *)"another nonce";
    a.nonce_len = 13;
    expect(&a, COUNTERSIGN_REFUSED, "ATT_NONCE_MISMATCH", "\"ok\":false");
    a = s.ask;
    a.bundle_len--;
    expect(&a, COUNTERSIGN_REFUSED, "BUNDLE_FORMAT", "\"reason\":\"BUNDLE_FORMAT\"");
}

static void bundles_that_are_not_judged(void **state)
{
    (void)state;
    const char *bad[1] = {"no+key"};
    countersign_bundle a = s.ask;
    a.bundle = NULL;
    expect(&a, COUNTERSIGN_ERROR, "MISSING_FIELD", NULL);
    a = s.ask;
    a.policy = NULL;
    expect(&a, COUNTERSIGN_ERROR, "MISSING_FIELD", NULL);
    a = s.ask;
    a.payload = NULL;
    expect(&a, COUNTERSIGN_ERROR, "MISSING_FIELD", NULL);
    a = s.ask;
    a.policy_len--;
    expect(&a, COUNTERSIGN_ERROR, "BAD_JSON", NULL);
    a = s.ask;
    a.ledger_keys = bad;
    a.ledger_key_count = 1;
    expect(&a, COUNTERSIGN_ERROR, "BAD_VKEY", NULL);
    a = s.ask;
    a.witness_keys = bad;
    expect(&a, COUNTERSIGN_ERROR, "BAD_VKEY", NULL);
    a = s.ask;
    a.witness_keys = NULL;
    expect(&a, COUNTERSIGN_ERROR, "MISSING_FIELD", NULL);
    a = s.ask;
    a.ledger_key_count = CS_MAX_VKEYS + 1;
    expect(&a, COUNTERSIGN_ERROR, "TOO_LARGE", NULL);
    a = s.ask;
    a.public_key = "{}";
    a.public_key_len = 2;
    expect(&a, COUNTERSIGN_ERROR, "MISSING_FIELD", NULL);
}

static void little_room(void **state)
{
    (void)state;
    char verdict[64];
    const char *reason;
    assert_int_equal(countersign_verify_bundle(&reason, verdict, sizeof verdict, &s.ask), COUNTERSIGN_ERROR);
    assert_string_equal(reason, "TOO_LARGE");
    assert_string_equal(verdict, "");
}

static void inclusion(void **state)
{
    (void)state;
    const cs_bundle_parts *p = &s.made.parts;
    const char *reason;
    uint8_t root[CS_SHA256_LEN];
    assert_int_equal(cs_tiles_root(root, TREE_SIZE, bundle_nodes, &s.made), CS_OK);
    const struct {
        uint64_t index, size;
        size_t entry_len, proof_len;
        int want;
    } rows[] = {
        {ENTRY_INDEX, TREE_SIZE, p->entry.n, p->proof.n, COUNTERSIGN_VERIFIED},
        {ENTRY_INDEX + 1, TREE_SIZE, p->entry.n, p->proof.n, COUNTERSIGN_REFUSED},
        {ENTRY_INDEX, TREE_SIZE + 8, p->entry.n, p->proof.n, COUNTERSIGN_REFUSED},
        {TREE_SIZE, TREE_SIZE, p->entry.n, p->proof.n, COUNTERSIGN_REFUSED},
        {ENTRY_INDEX, TREE_SIZE, p->entry.n - 1, p->proof.n, COUNTERSIGN_REFUSED},
        {ENTRY_INDEX, TREE_SIZE, 0, p->proof.n, COUNTERSIGN_REFUSED},
        {ENTRY_INDEX, TREE_SIZE, p->entry.n, p->proof.n - 32, COUNTERSIGN_REFUSED},
        {ENTRY_INDEX, TREE_SIZE, p->entry.n, p->proof.n - 1, COUNTERSIGN_REFUSED},
        {ENTRY_INDEX, TREE_SIZE, p->entry.n, 0, COUNTERSIGN_REFUSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int got = countersign_verify_inclusion(&reason, rows[i].index, rows[i].size, p->entry.p, rows[i].entry_len,
                                               p->proof.p, rows[i].proof_len, root);
        if (got != rows[i].want)
            fail_msg("row %zu: %d %s", i, got, reason);
        assert_string_equal(reason, got == 0 ? "OK" : "BUNDLE_INCLUSION");
    }
    assert_int_equal(countersign_verify_inclusion(&reason, 0, 1, NULL, 1, NULL, 0, root), COUNTERSIGN_ERROR);
    assert_int_equal(countersign_verify_inclusion(&reason, 0, 1, NULL, 0, NULL, 1, root), COUNTERSIGN_ERROR);
    assert_int_equal(countersign_verify_inclusion(&reason, 0, 1, NULL, 0, NULL, 0, NULL), COUNTERSIGN_ERROR);
}

static void checkpoints(void **state)
{
    (void)state;
    const cs_slice note = s.made.parts.checkpoint;
    countersign_checkpoint c;
    const char *reason, *foreign[] = {s.witness}, *bad[] = {""};
    assert_int_equal(countersign_verify_checkpoint(&reason, &c, (const char *)note.p, note.n, s.ledger_keys, 2),
                     COUNTERSIGN_VERIFIED);
    assert_string_equal(c.origin, ORIGIN);
    assert_int_equal(c.size, TREE_SIZE);
    assert_int_equal(countersign_verify_checkpoint(NULL, NULL, (const char *)note.p, note.n, s.ledger_keys + 1, 1),
                     COUNTERSIGN_VERIFIED);
    assert_int_equal(countersign_verify_checkpoint(&reason, &c, (const char *)note.p, note.n - 1, s.ledger_keys, 2),
                     COUNTERSIGN_REFUSED);
    assert_string_equal(reason, "NOTE_FORMAT");
    assert_int_equal(c.size, 0);
    assert_int_equal(countersign_verify_checkpoint(&reason, &c, (const char *)note.p, note.n, foreign, 1),
                     COUNTERSIGN_REFUSED);
    assert_string_equal(reason, "NOTE_ORIGIN");
    assert_string_equal(c.origin, "");
    assert_int_equal(countersign_verify_checkpoint(&reason, &c, (const char *)note.p, note.n, bad, 1),
                     COUNTERSIGN_ERROR);
    assert_int_equal(countersign_verify_checkpoint(&reason, &c, (const char *)note.p, note.n, NULL, 0),
                     COUNTERSIGN_ERROR);
    assert_int_equal(countersign_verify_checkpoint(&reason, &c, NULL, 0, s.ledger_keys, 2), COUNTERSIGN_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundles),     cmocka_unit_test(bundles_that_are_not_judged),
        cmocka_unit_test(little_room), cmocka_unit_test(inclusion),
        cmocka_unit_test(checkpoints),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
