/* SPDX-License-Identifier: Apache-2.0 */
/* The library for others gives the verdicts of the core: on the whole corpus, and on signatures of every algorithm. */
#include <stdio.h>
#include <string.h>

#include "attest_cases.h"
#include "countersign/countersign.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char *copy_text(cs_slice s)
{
    char *text = NULL;
    if (s.p == NULL)
        return NULL;
    text = malloc(s.n + 1);
    assert_non_null(text);
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return text;
}

static int judge(const char **reason, char *verdict, const struct attest_case *c)
{
    char *key_id = copy_text(c->key_id), *prehash_alg = copy_text(c->prehash_alg), *purpose = copy_text(c->purpose);
    countersign_attestation a = {.document = (const char *)cs_buf_slice(&c->document).p,
                                 .document_len = c->document.n,
                                 .policy = (const char *)c->policy.p,
                                 .policy_len = c->policy.n,
                                 .payload = c->payload.p,
                                 .payload_len = c->payload.n,
                                 .prehash_alg = prehash_alg,
                                 .prehash = c->prehash.p,
                                 .prehash_len = c->prehash.n,
                                 .signature = c->signature.p,
                                 .signature_len = c->signature.n,
                                 .nonce = c->nonce.p,
                                 .nonce_len = c->nonce.n,
                                 .key_id = key_id,
                                 .purpose = purpose,
                                 .public_key = (const char *)c->public_key.p,
                                 .public_key_len = c->public_key.n,
                                 .now = c->now,
                                 .stored = c->stored,
                                 .entry_time = c->entry_time,
                                 .dated = c->dated,
                                 .allow_mock = c->allow_mock};
    int result = countersign_verify_attestation(reason, verdict, COUNTERSIGN_VERDICT_MAX, &a);
    free(key_id);
    free(purpose);
    free(prehash_alg);
    return result;
}

/* What the library's interface cannot ask: other kinds, an emptied policy, an algorithm without its key, nothing in
 * hand (which it refuses to judge). */
static bool can_ask(const struct attest_case *c)
{
    return c->kind == CS_ATTEST_SIGN && !c->empty_allow_list && c->algorithm.p == NULL && c->format.p == NULL &&
           c->signature.p != NULL && (c->payload.p != NULL || c->prehash.p != NULL);
}

static void corpus_verdicts(void **state)
{
    (void)state;
    cs_buf text;
    cs_json *doc = cases_load(&text);
    cs_jobj root = cs_jobj_open(cs_json_root(doc));
    cs_jval cases = cs_jobj_array(&root, "cases");
    size_t asked = 0;
    for (size_t i = 0; i < cs_jarr_len(cases); i++) {
        struct attest_case c;
        case_read(&c, cs_jarr_at(cases, i));
        if (can_ask(&c)) {
            char verdict[COUNTERSIGN_VERDICT_MAX], ok[16];
            const char *reason = NULL;
            int want = c.verdict ? COUNTERSIGN_VERIFIED : COUNTERSIGN_REFUSED;
            int got = judge(&reason, verdict, &c);
            (void)snprintf(ok, sizeof ok, "{\"ok\":%s,", c.verdict ? "true" : "false");
            if (got != want || !cs_slice_is(c.reason, reason) || strncmp(verdict, ok, strlen(ok)) != 0)
                fail_msg("%.*s: %d %s %s", (int)c.name.n, (const char *)c.name.p, got, reason, verdict);
            asked++;
        }
        case_free(&c);
    }
    assert_true(asked >= 100);
    cs_json_free(doc);
    cs_buf_free(&text);
}

/* A payload in hand is pre-hashed with the hash of the key's algorithm. */
static void prehashed_document(void **state)
{
    (void)state;
    cs_buf text;
    cs_json *doc = cases_load(&text);
    cs_jobj root = cs_jobj_open(cs_json_root(doc));
    cs_jval cases = cs_jobj_array(&root, "cases");
    cs_buf bytes = cs_buf_new(CS_MAX_PUBLIC_KEY), key = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    fixture_public_key(&bytes);
    assert_int_equal(
        cs_public_key_json(&key, cs_alg_find(CS_LIT("mldsa65+ed25519")), CS_FORMAT_COMPOSITE, cs_buf_slice(&bytes)),
        CS_OK);
    size_t found = 0;
    for (size_t i = 0; i < cs_jarr_len(cases); i++) {
        struct attest_case c;
        const char *reason;
        case_read(&c, cs_jarr_at(cases, i));
        if (cs_slice_is(c.name, "valid pre-hash")) {
            c.prehash = c.prehash_alg = CS_ABSENT;
            c.payload = CS_LIT(PAYLOAD);
            assert_int_equal(judge(&reason, NULL, &c), COUNTERSIGN_REFUSED);
            assert_string_equal(reason, "ATT_PREHASH_MISMATCH");
            c.public_key = cs_buf_slice(&key);
            assert_int_equal(judge(&reason, NULL, &c), COUNTERSIGN_VERIFIED);
            c.payload = CS_LIT("another payload");
            assert_int_equal(judge(&reason, NULL, &c), COUNTERSIGN_REFUSED);
            found++;
        }
        case_free(&c);
    }
    assert_int_equal(found, 1);
    cs_buf_free(&key);
    cs_buf_free(&bytes);
    cs_json_free(doc);
    cs_buf_free(&text);
}

/* What cannot be judged is an error and gives no verdict text. */
static void unusable_arguments(void **state)
{
    (void)state;
    static const uint8_t some[32] = {1};
    cs_buf policy = cs_buf_new(CS_MAX_POLICY), doc = cs_buf_new(CS_MAX_ATTESTATION);
    fixture_policy_text(&policy);
    fixture_document(&doc, CS_ATTEST_SIGN);
    const countersign_attestation good = {.document = (const char *)doc.p,
                                          .document_len = doc.n,
                                          .policy = (const char *)policy.p,
                                          .policy_len = policy.n,
                                          .payload = (const uint8_t *)PAYLOAD,
                                          .payload_len = sizeof PAYLOAD - 1,
                                          .signature = (const uint8_t *)SIGNATURE,
                                          .signature_len = sizeof SIGNATURE - 1,
                                          .now = NOW,
                                          .allow_mock = 1};
    countersign_attestation bad[9];
    static const char *const reasons[COUNT(bad)] = {"MISSING_FIELD", "MISSING_FIELD",  "MISSING_FIELD",
                                                    "MISSING_FIELD", "MISSING_FIELD",  "BAD_JSON",
                                                    "BAD_JSON",      "BAD_PUBLIC_KEY", "MISSING_FIELD"};
    for (size_t i = 0; i < COUNT(bad); i++)
        bad[i] = good;
    bad[0].document = NULL;
    bad[1].policy = NULL;
    bad[2].payload = NULL;
    bad[3].signature = NULL;
    bad[4].payload_sha256 = some;
    bad[5].policy_len--;
    bad[6].policy_len = 0;
    bad[7].public_key = "";
    bad[8].prehash = some;
    bad[8].prehash_len = sizeof some;
    for (size_t i = 0; i < COUNT(bad); i++) {
        char verdict[COUNTERSIGN_VERDICT_MAX] = "x";
        const char *reason = NULL;
        assert_int_equal(countersign_verify_attestation(&reason, verdict, sizeof verdict, &bad[i]), COUNTERSIGN_ERROR);
        assert_string_equal(reason, reasons[i]);
        assert_string_equal(verdict, "");
    }
    char tiny[16];
    const char *reason = NULL;
    assert_int_equal(countersign_verify_attestation(NULL, NULL, 0, &good), COUNTERSIGN_VERIFIED);
    assert_int_equal(countersign_verify_attestation(&reason, tiny, sizeof tiny, &good), COUNTERSIGN_ERROR);
    assert_string_equal(reason, "TOO_LARGE");
    assert_string_equal(tiny, "");
    cs_buf_free(&doc);
    cs_buf_free(&policy);
}

static void check_signature(const cs_alg *alg, cs_format format)
{
    static const uint8_t payload[] = "signed by the core, verified by the library";
    const char *reason = NULL;
    CS_SECRET(serialized);
    cs_pair key = {0};
    cs_message m = {.bytes = CS_ARRAY(payload)};
    cs_buf sig = cs_buf_new(CS_MAX_SIGNATURE), bytes = cs_buf_new(CS_MAX_PUBLIC_KEY);
    cs_buf text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    assert_int_equal(cs_pair_generate(&serialized, alg), CS_OK);
    assert_int_equal(cs_pair_open_private(&key, alg, format, cs_secret_slice(&serialized)), CS_OK);
    assert_int_equal(cs_pair_sign(&sig, &key, &m), CS_OK);
    cs_pair_public(&bytes, &key);
    assert_int_equal(cs_public_key_json(&text, alg, format, cs_buf_slice(&bytes)), CS_OK);
    const char *public_key = cs_buf_cstr(&text);
    assert_int_equal(countersign_verify_signature(&reason, public_key, text.n, payload, sizeof payload, sig.p, sig.n),
                     COUNTERSIGN_VERIFIED);
    assert_string_equal(reason, "OK");
    assert_int_equal(
        countersign_verify_signature(&reason, public_key, text.n, payload, sizeof payload - 1, sig.p, sig.n),
        COUNTERSIGN_REFUSED);
    assert_string_equal(reason, "BAD_SIGNATURE");
    assert_int_equal(countersign_verify_signature(NULL, public_key, text.n, payload, sizeof payload, sig.p, sig.n - 1),
                     COUNTERSIGN_REFUSED);

    if (format == CS_FORMAT_COMPOSITE) {
        cs_digest d;
        assert_int_equal(cs_hash(&d, alg->ph, CS_ARRAY(payload)), CS_OK);
        assert_int_equal(
            countersign_verify_prehashed(&reason, public_key, text.n, cs_hash_name(alg->ph), d.b, d.n, sig.p, sig.n),
            COUNTERSIGN_VERIFIED);
        d.b[0] ^= 1;
        assert_int_equal(
            countersign_verify_prehashed(&reason, public_key, text.n, cs_hash_name(alg->ph), d.b, d.n, sig.p, sig.n),
            COUNTERSIGN_REFUSED);
        assert_int_equal(countersign_verify_prehashed(&reason, public_key, text.n, "sha384", d.b, 48, sig.p, sig.n),
                         COUNTERSIGN_ERROR);
        assert_string_equal(reason, "PREHASH_ALGORITHM");
    }
    cs_pair_close(&key);
    cs_buf_free(&text);
    cs_buf_free(&bytes);
    cs_buf_free(&sig);
}

static void signatures_of_every_algorithm(void **state)
{
    (void)state;
    static const cs_format formats[] = {CS_FORMAT_COMPOSITE, CS_FORMAT_CONCAT, CS_FORMAT_ENVELOPE, CS_FORMAT_PURE};
    size_t checked = 0;
    for (size_t i = 0; i < cs_alg_count; i++)
        for (size_t f = 0; f < COUNT(formats); f++)
            if (cs_alg_offers(&cs_algs[i], formats[f])) {
                check_signature(&cs_algs[i], formats[f]);
                checked++;
            }
    assert_int_equal(checked, 8 + 6 + 6 + 3);
}

static void unusable_keys(void **state)
{
    (void)state;
    static const uint8_t bytes[64] = {0};
    static const char *const keys[] = {"", "{", "{}", "-----BEGIN PUBLIC KEY-----\n", "key"};
    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *reason = "OK";
        assert_int_equal(countersign_verify_signature(&reason, keys[i], strlen(keys[i]), bytes, 1, bytes, 64),
                         COUNTERSIGN_ERROR);
        assert_string_not_equal(reason, "OK");
    }
    assert_int_equal(countersign_verify_signature(NULL, NULL, 0, bytes, 1, bytes, 64), COUNTERSIGN_ERROR);
    assert_int_equal(countersign_verify_signature(NULL, "{}", 2, NULL, 1, bytes, 64), COUNTERSIGN_ERROR);
    assert_int_equal(countersign_verify_signature(NULL, "{}", 2, bytes, 1, NULL, 0), COUNTERSIGN_ERROR);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(countersign_result_name(COUNTERSIGN_VERIFIED), "verified");
    assert_string_equal(countersign_result_name(COUNTERSIGN_REFUSED), "refused");
    assert_string_equal(countersign_result_name(COUNTERSIGN_ERROR), "error");
    assert_string_equal(countersign_result_name(77), "error");
    assert_string_equal(countersign_reason_sentence("OK"), "Verified.");
    assert_string_equal(countersign_reason_sentence("ATT_KIND"), cs_err_sentence(CS_ATT_KIND));
    assert_string_equal(countersign_reason_sentence("ATT"), cs_err_sentence(CS_INTERNAL));
    assert_string_equal(countersign_reason_sentence(NULL), cs_err_sentence(CS_INTERNAL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_verdicts),    cmocka_unit_test(prehashed_document),
        cmocka_unit_test(unusable_arguments), cmocka_unit_test(signatures_of_every_algorithm),
        cmocka_unit_test(unusable_keys),      cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
