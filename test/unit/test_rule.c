/* SPDX-License-Identifier: Apache-2.0 */
/* Vault policies: what each refusal names, the canonical form, and every demand against every operation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/rule.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define RULE(demands) "{\"name\":\"n\",\"rule\":{" demands "}}"
#define WITH(members) "{\"name\":\"n\"," members ",\"rule\":{\"minTier\":1}}"
#define FIVE(s) s s s s s
#define TEN(s) FIVE(s) FIVE(s)

static cs_rule parsed(const char *text)
{
    cs_rule r;
    cs_fault fault;
    cs_err err = cs_rule_parse(&r, &fault, cs_slice_str(text));
    if (err != CS_OK)
        fail_msg("%s: %s in '%s'", text, cs_err_name(err), fault.field);
    return r;
}

static void refusals_name_the_member(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        cs_err err;
        const char *field;
    } rows[] = {
        {RULE("\"minTier\":1"), CS_OK, ""},
        {WITH("\"environments\":[]"), CS_OK, ""},
        {WITH("\"description\":\"\",\"enabled\":false,\"action\":\"audit\""), CS_OK, ""},
        {"", CS_BAD_JSON, ""},
        {"[]", CS_BAD_FIELD, ""},
        {"{}", CS_MISSING_FIELD, "name"},
        {"{\"name\":\"\",\"rule\":{\"minTier\":1}}", CS_BAD_FIELD, "name"},
        {"{\"name\":\"a\\nb\",\"rule\":{\"minTier\":1}}", CS_BAD_FIELD, "name"},
        {"{\"name\":\"a\\u007f\",\"rule\":{\"minTier\":1}}", CS_BAD_FIELD, "name"},
        {"{\"name\":\"" TEN(TEN("ab")) "\",\"rule\":{\"minTier\":1}}", CS_BAD_FIELD, "name"},
        {"{\"name\":\"n\"}", CS_MISSING_FIELD, "rule"},
        {"{\"name\":\"n\",\"rule\":[]}", CS_BAD_FIELD, "rule"},
        {"{\"name\":\"n\",\"rule\":null}", CS_BAD_FIELD, "rule"},
        {"{\"name\":\"n\",\"rule\":{\"minTier\":1},\"rule\":{}}", CS_BAD_JSON, ""},
        {WITH("\"id\":\"x\""), CS_UNKNOWN_FIELD, "id"},
        {WITH("\"description\":1"), CS_BAD_FIELD, "description"},
        {WITH("\"description\":\"\\t\""), CS_BAD_FIELD, "description"},
        {WITH("\"description\":\"" TEN(TEN(TEN("ab"))) "\""), CS_BAD_FIELD, "description"},
        {WITH("\"action\":\"allow\""), CS_BAD_FIELD, "action"},
        {WITH("\"action\":\"Enforce\""), CS_BAD_FIELD, "action"},
        {WITH("\"action\":null"), CS_BAD_FIELD, "action"},
        {WITH("\"enabled\":1"), CS_BAD_FIELD, "enabled"},
        {WITH("\"enabled\":null"), CS_BAD_FIELD, "enabled"},
        {WITH("\"environments\":\"prod\""), CS_BAD_FIELD, "environments"},
        {WITH("\"environments\":[1]"), CS_BAD_FIELD, "environments"},
        {WITH("\"environments\":[\"\"]"), CS_BAD_FIELD, "environments"},
        {WITH("\"environments\":[\"a\\n\"]"), CS_BAD_FIELD, "environments"},
        {WITH("\"environments\":[\"" TEN("abcd") "\"]"), CS_BAD_FIELD, "environments"},
        {WITH("\"environments\":[" TEN("\"a\",") FIVE("\"a\",") "\"a\"]"), CS_OK, ""},
        {WITH("\"environments\":[" TEN("\"a\",") FIVE("\"a\",") "\"a\",\"a\"]"), CS_BAD_FIELD, "environments"},
        {WITH("\"environments\":[\"" TEN("abc") "de\"]"), CS_OK, ""},
        {WITH("\"environments\":[\"" TEN("abc") "def\"]"), CS_BAD_FIELD, "environments"},
        {RULE(""), CS_RULE_EMPTY, "rule"},
        {RULE("\"matchOperation\":\"sign\""), CS_RULE_EMPTY, "rule"},
        {RULE("\"requireHybrid\":false,\"requireAttested\":false"), CS_RULE_EMPTY, "rule"},
        {RULE("\"surprise\":1,\"minTier\":1"), CS_UNKNOWN_FIELD, "rule.surprise"},
        {RULE("\"matchOperation\":\"delete\",\"minTier\":1"), CS_BAD_FIELD, "rule.matchOperation"},
        {RULE("\"matchOperation\":\"\",\"minTier\":1"), CS_BAD_FIELD, "rule.matchOperation"},
        {RULE("\"matchOperation\":[\"sign\"],\"minTier\":1"), CS_BAD_FIELD, "rule.matchOperation"},
        {RULE("\"algorithmIn\":[]"), CS_BAD_FIELD, "rule.algorithmIn"},
        {RULE("\"algorithmIn\":\"mldsa65\""), CS_BAD_FIELD, "rule.algorithmIn"},
        {RULE("\"algorithmIn\":[\"mldsa65\",\"rsa\"]"), CS_UNKNOWN_ALGORITHM, "rule.algorithmIn"},
        {RULE("\"algorithmIn\":[\"mldsa65\",null]"), CS_UNKNOWN_ALGORITHM, "rule.algorithmIn"},
        {RULE("\"algorithmIn\":[" TEN("\"mldsa65\",") "\"mldsa65\",\"mldsa65\"]"), CS_BAD_FIELD, "rule.algorithmIn"},
        {RULE("\"algorithmNotIn\":[]"), CS_BAD_FIELD, "rule.algorithmNotIn"},
        {RULE("\"algorithmNotIn\":[\"MLDSA65\"]"), CS_UNKNOWN_ALGORITHM, "rule.algorithmNotIn"},
        {RULE("\"requireHybrid\":\"true\""), CS_BAD_FIELD, "rule.requireHybrid"},
        {RULE("\"minPqLevel\":0"), CS_BAD_FIELD, "rule.minPqLevel"},
        {RULE("\"minPqLevel\":1"), CS_BAD_FIELD, "rule.minPqLevel"},
        {RULE("\"minPqLevel\":4"), CS_BAD_FIELD, "rule.minPqLevel"},
        {RULE("\"minPqLevel\":6"), CS_BAD_FIELD, "rule.minPqLevel"},
        {RULE("\"minPqLevel\":2.5"), CS_BAD_FIELD, "rule.minPqLevel"},
        {RULE("\"minPqLevel\":\"3\""), CS_BAD_FIELD, "rule.minPqLevel"},
        {RULE("\"minTier\":0"), CS_BAD_FIELD, "rule.minTier"},
        {RULE("\"minTier\":4"), CS_BAD_FIELD, "rule.minTier"},
        {RULE("\"requireAttested\":1"), CS_BAD_FIELD, "rule.requireAttested"},
        {RULE("\"requireKeyRelease\":\"local\""), CS_BAD_FIELD, "rule.requireKeyRelease"},
        {RULE("\"requireKeyRelease\":\"agent-visible\""), CS_BAD_FIELD, "rule.requireKeyRelease"},
        {RULE("\"requireKeyRelease\":\"unknown\""), CS_BAD_FIELD, "rule.requireKeyRelease"},
        {RULE("\"requireKeyRelease\":true"), CS_BAD_FIELD, "rule.requireKeyRelease"},
    };
    static const cs_rule nothing;
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_rule r;
        cs_fault fault;
        cs_err err = cs_rule_parse(&r, &fault, cs_slice_str(rows[i].text));
        if (err != rows[i].err || fault.err != err || strcmp(fault.field, rows[i].field) != 0)
            fail_msg("%s: %s in '%s'", rows[i].text, cs_err_name(err), fault.field);
        assert_int_equal(cs_rule_parse(&r, NULL, cs_slice_str(rows[i].text)), rows[i].err);
        if (err != CS_OK)
            assert_memory_equal(&r, &nothing, sizeof r);
    }
}

static void defaults_are_the_strictest(void **state)
{
    (void)state;
    cs_rule r = parsed(RULE("\"minTier\":3"));
    assert_string_equal(r.name, "n");
    assert_int_equal(r.action, CS_RULE_ENFORCE);
    assert_true(r.enabled);
    assert_int_equal(r.environment_count, 0);
    assert_int_equal(r.operation, CS_RULE_ANY);
    assert_int_equal(r.min_tier, 3);
    assert_int_equal(r.algorithm_in, 0);
    assert_int_equal(r.require_key_release, CS_RELEASE_UNKNOWN);
}

static void canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical;
    } rows[] = {
        {RULE("\"minTier\":1"), "{\"action\":\"enforce\",\"description\":\"\",\"enabled\":true,\"environments\":[],"
                                "\"name\":\"n\",\"rule\":{\"matchOperation\":\"*\",\"minTier\":1}}"},
        {"{ \"rule\": {\"requireKeyRelease\": \"relayed\", \"requireHybrid\": true, \"requireAttested\": true,"
         " \"minTier\": 2, \"minPqLevel\": 5, \"matchOperation\": \"key_create\","
         " \"algorithmNotIn\": [\"mldsa87\", \"mldsa44+ed25519\", \"mldsa87\"],"
         " \"algorithmIn\": [\"mldsa65+ed25519\"]}, \"name\": \"a \\u0022\\u00fc\", \"environments\": [\"b\", \"a\"],"
         " \"enabled\": false, \"description\": \"why\", \"action\": \"warn\"}",
         "{\"action\":\"warn\",\"description\":\"why\",\"enabled\":false,\"environments\":[\"b\",\"a\"],"
         "\"name\":\"a \\\"\xc3\xbc\",\"rule\":{\"algorithmIn\":[\"mldsa65+ed25519\"],"
         "\"algorithmNotIn\":[\"mldsa44+ed25519\",\"mldsa87\"],\"matchOperation\":\"key_create\",\"minPqLevel\":5,"
         "\"minTier\":2,\"requireAttested\":true,\"requireHybrid\":true,\"requireKeyRelease\":\"relayed\"}}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_rule r = parsed(rows[i].text), again;
        cs_buf out = cs_buf_new(CS_MAX_RULE), sorted = cs_buf_new(CS_MAX_RULE);
        cs_json *doc = NULL;
        assert_int_equal(cs_rule_canonical(&out, &r), CS_OK);
        assert_string_equal(cs_buf_cstr(&out), rows[i].canonical);
        assert_int_equal(cs_rule_parse_stored(&again, cs_buf_slice(&out)), CS_OK);
        assert_memory_equal(&again, &r, sizeof r);
        /* RFC 8785 has nothing to change in it. */
        assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&out), CS_MAX_RULE), CS_OK);
        assert_int_equal(cs_json_canonical(&sorted, cs_json_root(doc)), CS_OK);
        assert_string_equal(cs_buf_cstr(&sorted), rows[i].canonical);
        cs_json_free(doc);
        cs_buf_free(&sorted);
        cs_buf_free(&out);
    }
}

/* What is stored is read byte for byte: a text that says the same in another way was not written by us. */
static void damage_is_refused(void **state)
{
    (void)state;
    static const cs_rule nothing;
    cs_rule r = parsed(RULE("\"algorithmIn\":[\"mldsa65+ed25519\"],\"minTier\":1")), again;
    cs_buf out = cs_buf_new(CS_MAX_RULE);
    assert_int_equal(cs_rule_canonical(&out, &r), CS_OK);
    for (size_t n = 0; n < out.n; n++)
        assert_int_not_equal(cs_rule_parse_stored(&again, cs_slice_of(out.p, n)), CS_OK);
    for (size_t i = 0; i < out.n; i++) {
        out.p[i] ^= 0x20; /* turns a blank or the case of a letter, too */
        if (cs_rule_parse_stored(&again, cs_buf_slice(&out)) == CS_OK)
            assert_memory_not_equal(&again, &r, sizeof r); /* a letter of the name: another policy, not a weaker one */
        else
            assert_memory_equal(&again, &nothing, sizeof again);
        out.p[i] ^= 0x20;
    }
    cs_buf_add_str(&out, " ");
    assert_int_equal(cs_rule_parse_stored(&again, cs_buf_slice(&out)), CS_BAD_FORMAT);
    assert_int_equal(cs_rule_parse_stored(&again, CS_LIT(RULE("\"minTier\":1"))), CS_BAD_FORMAT);
    cs_buf_free(&out);
}

static cs_rule_subject subject(cs_rule_operation operation, const char *alg)
{
    return (cs_rule_subject){.operation = operation,
                             .alg = cs_alg_find(cs_slice_str(alg)),
                             .environment = "production",
                             .key_release = CS_RELEASE_LOCAL};
}

struct measured {
    const char *demands, *alg;
    int tier;
    bool attested;
    const char *release;
    const char *violated; /* NULL: meets all */
};

static const struct measured measures[] = {
    {"\"algorithmIn\":[\"mldsa65+ed25519\"]", "mldsa65+ed25519", 0, false, "local", NULL},
    {"\"algorithmIn\":[\"mldsa65+ed25519\"]", "mldsa65+ecdsa-p256", 0, false, "local", "algorithmIn"},
    {"\"algorithmIn\":[\"mldsa65+ed25519\"]", "mldsa65", 0, false, "local", "algorithmIn"},
    {"\"algorithmIn\":[\"mldsa44+ed25519\",\"mldsa87\"]", "mldsa87", 0, false, "local", NULL},
    {"\"algorithmIn\":[\"mldsa44+ed25519\",\"mldsa87\"]", "mldsa65", 0, false, "local", "algorithmIn"},
    {"\"algorithmIn\":[\"mldsa65\"]", NULL, 3, true, "attested", "algorithmIn"},
    {"\"algorithmNotIn\":[\"mldsa44+ed25519\"]", "mldsa44+ed25519", 3, true, "attested", "algorithmNotIn"},
    {"\"algorithmNotIn\":[\"mldsa44+ed25519\"]", "mldsa44", 0, false, "local", NULL},
    {"\"algorithmNotIn\":[\"mldsa44+ed25519\"]", NULL, 3, true, "attested", "algorithmNotIn"},
    {"\"algorithmIn\":[\"mldsa65\"],\"algorithmNotIn\":[\"mldsa65\"]", "mldsa65", 0, false, "local", "algorithmNotIn"},
    {"\"requireHybrid\":true", "mldsa44+ed25519", 0, false, "local", NULL},
    {"\"requireHybrid\":true", "mldsa44", 0, false, "local", "requireHybrid"},
    {"\"requireHybrid\":true", "mldsa65", 0, false, "local", "requireHybrid"},
    {"\"requireHybrid\":true", "mldsa87", 3, true, "attested", "requireHybrid"},
    {"\"requireHybrid\":true", NULL, 3, true, "attested", "requireHybrid"},
    {"\"minPqLevel\":2", "mldsa44", 0, false, "local", NULL},
    {"\"minPqLevel\":2", NULL, 0, false, "local", "minPqLevel"},
    {"\"minPqLevel\":3", "mldsa44+ecdsa-p256", 0, false, "local", "minPqLevel"},
    {"\"minPqLevel\":3", "mldsa44", 3, true, "attested", "minPqLevel"},
    {"\"minPqLevel\":3", "mldsa65+ecdsa-p256", 0, false, "local", NULL},
    {"\"minPqLevel\":5", "mldsa65+ed25519", 0, false, "local", "minPqLevel"},
    {"\"minPqLevel\":5", "mldsa65", 0, false, "local", "minPqLevel"},
    {"\"minPqLevel\":5", "mldsa87+ed448", 0, false, "local", NULL},
    {"\"minTier\":1", "mldsa87+ed25519", 0, true, "attested", "minTier"},
    {"\"minTier\":1", "mldsa44", 1, false, "local", NULL},
    {"\"minTier\":2", "mldsa44", 1, false, "local", "minTier"},
    {"\"minTier\":3", "mldsa44", 2, false, "local", "minTier"},
    {"\"minTier\":3", "mldsa44", 3, false, "local", NULL},
    {"\"requireAttested\":true", "mldsa87", 3, false, "attested", "requireAttested"},
    {"\"requireAttested\":true", "mldsa44", 0, true, "local", NULL},
    {"\"requireKeyRelease\":\"relayed\"", "mldsa44", 0, false, "relayed", NULL},
    {"\"requireKeyRelease\":\"relayed\"", "mldsa44", 0, false, "attested", NULL},
    {"\"requireKeyRelease\":\"relayed\"", "mldsa44", 3, true, "agent-visible", "requireKeyRelease"},
    {"\"requireKeyRelease\":\"relayed\"", "mldsa44", 3, true, "local", "requireKeyRelease"},
    {"\"requireKeyRelease\":\"relayed\"", "mldsa44", 3, true, "", "requireKeyRelease"},
    {"\"requireKeyRelease\":\"relayed\"", "mldsa44", 3, true, "Attested", "requireKeyRelease"},
    {"\"requireKeyRelease\":\"attested\"", "mldsa44", 0, false, "attested", NULL},
    {"\"requireKeyRelease\":\"attested\"", "mldsa44", 3, true, "relayed", "requireKeyRelease"},
    {"\"requireKeyRelease\":\"attested\"", "mldsa44", 3, true, "agent-visible", "requireKeyRelease"},
    {"\"requireKeyRelease\":\"attested\"", "mldsa44", 3, true, "local", "requireKeyRelease"},
    {"\"minTier\":1,\"requireAttested\":true", "mldsa44", 1, false, "local", "requireAttested"},
    {"\"minTier\":1,\"requireAttested\":true", "mldsa44", 0, true, "local", "minTier"},
};

/* Each demand with each operation that a policy can name, against each operation that can be asked for. */
static void every_demand_and_operation(void **state)
{
    (void)state;
    size_t refused = 0, accepted = 0;
    for (size_t i = 0; i < COUNT(measures); i++) {
        const struct measured *m = &measures[i];
        for (int named = CS_RULE_SIGN; named <= CS_RULE_ANY; named++) {
            char text[512];
            (void)snprintf(text, sizeof text, RULE("\"matchOperation\":\"%s\",%s"),
                           cs_rule_operation_name((cs_rule_operation)named), m->demands);
            cs_rule r = parsed(text);
            for (int asked = CS_RULE_SIGN; asked < CS_RULE_ANY; asked++) {
                cs_rule_subject s = subject((cs_rule_operation)asked, m->alg != NULL ? m->alg : "");
                s.tier = m->tier;
                s.attested = m->attested;
                s.key_release = cs_rule_release_of(cs_slice_str(m->release));
                bool concerned = named == CS_RULE_ANY || named == asked;
                const char *expected = concerned ? m->violated : NULL, *got = cs_rule_violated(&r, &s);
                if ((got == NULL) != (expected == NULL) || (got != NULL && strcmp(got, expected) != 0))
                    fail_msg("%s against %s %s: %s", text, cs_rule_operation_name(s.operation),
                             m->alg != NULL ? m->alg : "-", got != NULL ? got : "meets all");
                assert_int_equal(cs_rule_applies(&r, &s), concerned);
                refused += concerned && got != NULL;
                accepted += concerned && got == NULL;
            }
        }
    }
    assert_true(refused > accepted);
}

static void where_a_policy_applies(void **state)
{
    (void)state;
    static const struct {
        const char *members, *environment;
        bool applies;
    } rows[] = {
        {"\"enabled\":true", "production", true},
        {"\"enabled\":true", NULL, true},
        {"\"enabled\":false", "production", false},
        {"\"enabled\":false", NULL, false},
        {"\"environments\":[]", "staging", true},
        {"\"environments\":[\"production\"]", "production", true},
        {"\"environments\":[\"production\"]", "staging", false},
        {"\"environments\":[\"production\"]", "Production", false},
        {"\"environments\":[\"production\"]", "productio", false},
        {"\"environments\":[\"production\"]", "production2", false},
        {"\"environments\":[\"production\"]", "", false},
        {"\"environments\":[\"production\"]", NULL, true}, /* a key that nobody placed lies everywhere */
        {"\"environments\":[\"a\",\"b\"]", "b", true},
        {"\"environments\":[\"a\",\"b\"]", "c", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512];
        (void)snprintf(text, sizeof text, WITH("%s"), rows[i].members);
        cs_rule r = parsed(text);
        cs_rule_subject s = subject(CS_RULE_SIGN, "mldsa65");
        s.environment = rows[i].environment;
        if (cs_rule_applies(&r, &s) != rows[i].applies)
            fail_msg("%s in %s", text, rows[i].environment != NULL ? rows[i].environment : "-");
        assert_int_equal(cs_rule_violated(&r, &s) != NULL, rows[i].applies);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_name_the_member),
        cmocka_unit_test(defaults_are_the_strictest),
        cmocka_unit_test(canonical_form),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(every_demand_and_operation),
        cmocka_unit_test(where_a_policy_applies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
