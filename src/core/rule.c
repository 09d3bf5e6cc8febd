/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rule.h"

#include <string.h>

#include "core/json.h"
#include "core/name.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *const operation_names[] = {
    [CS_RULE_SIGN] = "sign", [CS_RULE_VERIFY] = "verify", [CS_RULE_KEY_CREATE] = "key_create", [CS_RULE_ANY] = "*"};
static const char *const action_names[] = {
    [CS_RULE_ENFORCE] = "enforce", [CS_RULE_WARN] = "warn", [CS_RULE_AUDIT] = "audit"};
static const char *const release_names[] = {[CS_RELEASE_UNKNOWN] = "unknown",
                                            [CS_RELEASE_LOCAL] = "local",
                                            [CS_RELEASE_AGENT_VISIBLE] = "agent-visible",
                                            [CS_RELEASE_RELAYED] = "relayed",
                                            [CS_RELEASE_ATTESTED] = "attested"};

/* The index of `name`; `n` if it is none of them. */
static size_t find(const char *const *names, size_t n, cs_slice name)
{
    size_t i = 0;
    while (i < n && !cs_slice_is(name, names[i]))
        i++;
    return i;
}

const char *cs_rule_operation_name(cs_rule_operation o)
{
    return (unsigned)o < COUNT(operation_names) ? operation_names[o] : "unknown";
}

const char *cs_rule_action_name(cs_rule_action a)
{
    return (unsigned)a < COUNT(action_names) ? action_names[a] : "unknown";
}

cs_rule_release cs_rule_release_of(cs_slice name)
{
    size_t i = find(release_names, COUNT(release_names), name);
    return i < COUNT(release_names) ? (cs_rule_release)i : CS_RELEASE_UNKNOWN;
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* One of the names, or `standard` if the member is not there. */
static size_t read_word(cs_jobj *o, const char *member, const char *const *names, size_t n, size_t standard)
{
    cs_slice name = cs_jobj_str_opt(o, member, CS_MAX_ID);
    if (name.p == NULL)
        return standard;
    size_t i = find(names, n, name);
    if (i == n)
        cs_jobj_fail(o, CS_BAD_FIELD, member);
    return i < n ? i : standard;
}

/* A name: of the policy, of an environment. */
static void read_name(char *out, size_t size, cs_jobj *o, const char *member, cs_slice name)
{
    if (o->err == CS_OK && (cs_name_check(name) != CS_OK || cs_slice_to_cstr(out, size, name) != CS_OK))
        cs_jobj_fail(o, CS_BAD_FIELD, member);
}

/* One line of text. */
static void read_description(cs_rule *r, cs_jobj *o)
{
    cs_slice text = cs_jobj_str_opt(o, "description", CS_MAX_DESCRIPTION);
    bool good = text.p == NULL || cs_slice_to_cstr(r->description, sizeof r->description, text) == CS_OK;
    for (size_t i = 0; text.p != NULL && i < text.n; i++)
        good = good && text.p[i] >= 0x20 && text.p[i] != 0x7f;
    if (!good)
        cs_jobj_fail(o, CS_BAD_FIELD, "description");
}

static void read_environments(cs_rule *r, cs_jobj *o)
{
    cs_jval list = cs_jobj_array_opt(o, "environments");
    size_t n = cs_jarr_len(list);
    if (n > CS_MAX_RULE_ENVIRONMENTS)
        cs_jobj_fail(o, CS_BAD_FIELD, "environments");
    for (r->environment_count = 0; r->environment_count < n && o->err == CS_OK; r->environment_count++)
        read_name(r->environments[r->environment_count], sizeof *r->environments, o, "environments",
                  cs_jval_str(cs_jarr_at(list, r->environment_count)));
}

static uint32_t read_algorithms(cs_jobj *o, const char *member)
{
    uint32_t set = 0;
    cs_jval list = cs_jobj_array_opt(o, member);
    size_t n = cs_jarr_len(list);
    if (list.v != NULL && (n == 0 || n > cs_alg_count))
        cs_jobj_fail(o, CS_BAD_FIELD, member);
    for (size_t i = 0; i < n && o->err == CS_OK; i++) {
        const cs_alg *alg = cs_alg_find(cs_jval_str(cs_jarr_at(list, i)));
        if (alg != NULL)
            set |= UINT32_C(1) << (alg - cs_algs);
        else
            cs_jobj_fail(o, CS_UNKNOWN_ALGORITHM, member);
    }
    return set;
}

static int read_level(cs_jobj *o, const char *member, int64_t min, int64_t max)
{
    int64_t level = cs_jobj_int_or(o, member, min, max, 0);
    if (max == 5 && level == 4) /* ML-DSA has the levels 2, 3 and 5 */
        cs_jobj_fail(o, CS_BAD_FIELD, member);
    return (int)level;
}

static void read_demands(cs_rule *r, cs_jobj *o)
{
    r->operation =
        (cs_rule_operation)read_word(o, "matchOperation", operation_names, COUNT(operation_names), CS_RULE_ANY);
    r->algorithm_in = read_algorithms(o, "algorithmIn");
    r->algorithm_not_in = read_algorithms(o, "algorithmNotIn");
    r->require_hybrid = cs_jobj_bool_or(o, "requireHybrid", false);
    r->min_pq_level = read_level(o, "minPqLevel", 2, 5);
    r->min_tier = read_level(o, "minTier", 1, 3);
    r->require_attested = cs_jobj_bool_or(o, "requireAttested", false);
    r->require_key_release =
        (cs_rule_release)read_word(o, "requireKeyRelease", release_names, COUNT(release_names), CS_RELEASE_UNKNOWN);
    if (cs_jobj_has(o, "requireKeyRelease") && r->require_key_release < CS_RELEASE_RELAYED)
        cs_jobj_fail(o, CS_BAD_FIELD, "requireKeyRelease");
}

static bool demands_something(const cs_rule *r)
{
    return r->algorithm_in != 0 || r->algorithm_not_in != 0 || r->require_hybrid || r->min_pq_level > 0 ||
           r->min_tier > 0 || r->require_attested || r->require_key_release != CS_RELEASE_UNKNOWN;
}

static void read_members(cs_rule *r, cs_jobj *o)
{
    read_name(r->name, sizeof r->name, o, "name", cs_jobj_str(o, "name", CS_MAX_NAME));
    read_description(r, o);
    r->action = (cs_rule_action)read_word(o, "action", action_names, COUNT(action_names), CS_RULE_ENFORCE);
    r->enabled = cs_jobj_bool_or(o, "enabled", true);
    read_environments(r, o);
}

cs_err cs_rule_parse(cs_rule *out, cs_fault *fault, cs_slice json)
{
    cs_json *doc = NULL;
    cs_rule r;
    memset(&r, 0, sizeof r); /* padding, too: rules are compared as memory */
    memset(out, 0, sizeof *out);
    cs_err err = cs_json_parse(&doc, json, CS_MAX_RULE);
    if (err != CS_OK)
        return cs_fault_set(fault, err, NULL);
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    read_members(&r, &o);
    cs_jval rule = cs_jobj_object(&o, "rule");
    err = cs_jobj_done(&o);
    if (err != CS_OK) {
        (void)cs_jobj_fault(&o, NULL, fault);
        goto out;
    }
    cs_jobj demands = cs_jobj_open(rule);
    read_demands(&r, &demands);
    err = cs_jobj_done(&demands);
    if (err != CS_OK) {
        (void)cs_jobj_fault(&demands, "rule", fault);
        goto out;
    }
    err = cs_fault_set(fault, demands_something(&r) ? CS_OK : CS_RULE_EMPTY, demands_something(&r) ? NULL : "rule");
    if (err == CS_OK)
        *out = r;
out:
    cs_json_free(doc);
    return err;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void write_algorithms(cs_jw *w, const char *member, uint32_t set)
{
    if (set == 0)
        return;
    cs_jw_begin_array(w, member);
    for (size_t i = 0; i < cs_alg_count; i++)
        if ((set >> i & 1) != 0)
            cs_jw_cstr(w, NULL, cs_algs[i].name);
    cs_jw_end_array(w);
}

/* RFC 8785 wants the members sorted; they are written in that order. */
cs_err cs_rule_canonical(cs_buf *out, const cs_rule *r)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "action", cs_rule_action_name(r->action));
    cs_jw_cstr(&w, "description", r->description);
    cs_jw_bool(&w, "enabled", r->enabled);
    cs_jw_begin_array(&w, "environments");
    for (size_t i = 0; i < r->environment_count; i++)
        cs_jw_cstr(&w, NULL, r->environments[i]);
    cs_jw_end_array(&w);
    cs_jw_cstr(&w, "name", r->name);
    cs_jw_begin(&w, "rule");
    write_algorithms(&w, "algorithmIn", r->algorithm_in);
    write_algorithms(&w, "algorithmNotIn", r->algorithm_not_in);
    cs_jw_cstr(&w, "matchOperation", cs_rule_operation_name(r->operation));
    if (r->min_pq_level > 0)
        cs_jw_int(&w, "minPqLevel", r->min_pq_level);
    if (r->min_tier > 0)
        cs_jw_int(&w, "minTier", r->min_tier);
    if (r->require_attested)
        cs_jw_bool(&w, "requireAttested", true);
    if (r->require_hybrid)
        cs_jw_bool(&w, "requireHybrid", true);
    if (r->require_key_release != CS_RELEASE_UNKNOWN)
        cs_jw_cstr(&w, "requireKeyRelease", release_names[r->require_key_release]);
    cs_jw_end(&w);
    cs_jw_end(&w);
    return out->err;
}

cs_err cs_rule_parse_stored(cs_rule *out, cs_slice text)
{
    cs_buf again = cs_buf_new(CS_MAX_RULE);
    cs_err err = cs_rule_parse(out, NULL, text);
    if (err == CS_OK)
        err = cs_rule_canonical(&again, out);
    if (err == CS_OK && !cs_slice_eq(cs_buf_slice(&again), text))
        err = CS_BAD_FORMAT;
    if (err != CS_OK)
        memset(out, 0, sizeof *out);
    cs_buf_free(&again);
    return err;
}

/* -- measuring ----------------------------------------------------------------------------------------------------- */

bool cs_rule_applies(const cs_rule *r, const cs_rule_subject *s)
{
    if (!r->enabled || (r->operation != CS_RULE_ANY && r->operation != s->operation))
        return false;
    bool here = r->environment_count == 0 || s->environment == NULL;
    for (size_t i = 0; i < r->environment_count && !here; i++)
        here = strcmp(r->environments[i], s->environment) == 0;
    return here;
}

static int pq_level(const cs_alg *a)
{
    return a->pq == CS_MLDSA44 ? 2 : a->pq == CS_MLDSA65 ? 3 : a->pq == CS_MLDSA87 ? 5 : 0;
}

const char *cs_rule_violated(const cs_rule *r, const cs_rule_subject *s)
{
    if (!cs_rule_applies(r, s))
        return NULL;
    uint32_t algorithm = s->alg != NULL ? UINT32_C(1) << (s->alg - cs_algs) : 0;
    if (r->algorithm_in != 0 && (r->algorithm_in & algorithm) == 0)
        return "algorithmIn";
    if (r->algorithm_not_in != 0 && (algorithm == 0 || (r->algorithm_not_in & algorithm) != 0))
        return "algorithmNotIn";
    if (r->require_hybrid && (s->alg == NULL || cs_alg_is_pure(s->alg)))
        return "requireHybrid";
    if (r->min_pq_level > 0 && (s->alg == NULL || pq_level(s->alg) < r->min_pq_level))
        return "minPqLevel";
    if (s->tier < r->min_tier)
        return "minTier";
    if (r->require_attested && !s->attested)
        return "requireAttested";
    if (s->key_release < r->require_key_release)
        return "requireKeyRelease";
    return NULL;
}
