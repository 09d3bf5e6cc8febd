/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/rules.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "sys/log.h"

#define MAX_REALMS 64 /* kept in memory; the one asked for the longest time ago makes room */

struct loaded {
    char id[CS_MAX_ID + 1];
    bool damaged;
    cs_rule rule;
};

/* The enabled policies of a realm. */
struct realm {
    char id[CS_MAX_ID + 1];
    size_t n;
    struct loaded *rules;
    uint64_t asked; /* when, in questions */
};

struct cs_rules {
    cs_store *store;
    pthread_mutex_t changing; /* held during a change, before `lock` */
    pthread_mutex_t lock;     /* of what follows; never held while the store is read */
    struct realm realms[MAX_REALMS];
    size_t count;
    uint64_t questions;
    uint64_t changes; /* so far: what was read before the last one may be stale */
};

cs_err cs_rules_open(cs_rules **out, cs_store *store)
{
    cs_rules *r = calloc(1, sizeof *r);
    *out = r;
    if (r == NULL)
        return CS_NO_MEMORY;
    r->store = store;
    (void)pthread_mutex_init(&r->changing, NULL);
    (void)pthread_mutex_init(&r->lock, NULL);
    return CS_OK;
}

void cs_rules_close(cs_rules *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->count; i++)
        free(r->realms[i].rules);
    (void)pthread_mutex_destroy(&r->changing);
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

/* -- what is kept; with the lock held ------------------------------------------------------------------------------ */

static struct realm *find(cs_rules *r, cs_slice id)
{
    for (size_t i = 0; i < r->count; i++)
        if (cs_slice_is(id, r->realms[i].id))
            return &r->realms[i];
    return NULL;
}

static void drop(cs_rules *r, struct realm *m)
{
    free(m->rules);
    *m = r->realms[--r->count];
}

static void keep(cs_rules *r, const struct realm *loaded)
{
    if (r->count == MAX_REALMS) {
        struct realm *oldest = r->realms;
        for (size_t i = 1; i < r->count; i++)
            if (r->realms[i].asked < oldest->asked)
                oldest = &r->realms[i];
        drop(r, oldest);
    }
    r->realms[r->count++] = *loaded;
}

void cs_rules_begin_change(cs_rules *r)
{
    (void)pthread_mutex_lock(&r->changing);
}

void cs_rules_end_change(cs_rules *r)
{
    (void)pthread_mutex_unlock(&r->changing);
}

void cs_rules_changed(cs_rules *r, cs_slice realm)
{
    (void)pthread_mutex_lock(&r->lock);
    struct realm *m = find(r, realm);
    r->changes++;
    if (m != NULL)
        drop(r, m);
    (void)pthread_mutex_unlock(&r->lock);
}

void cs_rules_forget_all(cs_rules *r)
{
    (void)pthread_mutex_lock(&r->lock);
    r->changes++;
    while (r->count > 0)
        drop(r, &r->realms[r->count - 1]);
    (void)pthread_mutex_unlock(&r->lock);
}

/* -- loading ------------------------------------------------------------------------------------------------------- */

struct loading {
    struct realm *realm;
    cs_err err;
};

static void load_one(void *context, const cs_rule_row *row)
{
    struct loading *l = context;
    struct realm *m = l->realm;
    struct loaded *grown = l->err == CS_OK ? realloc(m->rules, (m->n + 1) * sizeof *grown) : NULL;
    if (grown == NULL) {
        l->err = CS_NO_MEMORY;
        return;
    }
    m->rules = grown;
    struct loaded *one = &m->rules[m->n++];
    memset(one, 0, sizeof *one);
    memcpy(one->id, row->id, sizeof one->id);
    cs_err err = cs_rule_parse_stored(&one->rule, cs_buf_slice(&row->text));
    if (err == CS_OK && !one->rule.enabled)
        err = CS_BAD_FORMAT; /* it is listed as enabled */
    one->damaged = err != CS_OK;
    if (one->damaged)
        cs_log(CS_LOG_ERROR, NULL, "policy %s cannot be read (%s); it refuses everything until it is replaced", row->id,
               cs_err_name(err));
}

static cs_err load(struct realm *m, cs_store *store, cs_slice id)
{
    struct loading l = {.realm = m};
    memset(m, 0, sizeof *m);
    cs_err err = cs_slice_to_cstr(m->id, sizeof m->id, id);
    if (err == CS_OK)
        err = cs_store_all_rules(store, load_one, &l, id);
    if (err == CS_OK)
        err = l.err;
    if (err != CS_OK) {
        free(m->rules);
        m->rules = NULL;
    }
    return err;
}

/* -- measuring ----------------------------------------------------------------------------------------------------- */

static void note(cs_rule_result *out, const struct loaded *one, cs_rule_action action, const char *rule)
{
    out->violation_count++;
    if (action == CS_RULE_ENFORCE)
        out->refused = true;
    if (out->listed == CS_RULES_LISTED)
        return;
    cs_rule_violation *v = &out->violations[out->listed++];
    *v = (cs_rule_violation){.action = action, .rule = rule};
    memcpy(v->policy_id, one->id, sizeof v->policy_id);
    memcpy(v->name, one->rule.name, sizeof v->name);
}

/* Those that refuse come first in the list, then those that warn. */
static void measure(cs_rule_result *out, const struct realm *m, const cs_rule_subject *subject)
{
    for (int action = CS_RULE_ENFORCE; action <= CS_RULE_AUDIT; action++) {
        for (size_t i = 0; i < m->n; i++) {
            const struct loaded *one = &m->rules[i];
            const char *violated = one->damaged ? "rule" : cs_rule_violated(&one->rule, subject);
            if (violated != NULL && (int)(one->damaged ? CS_RULE_ENFORCE : one->rule.action) == action)
                note(out, one, (cs_rule_action)action, violated);
        }
    }
}

static cs_err measure_realm(cs_rule_result *out, cs_rules *r, cs_slice id, const cs_rule_subject *subject)
{
    struct realm loaded = {0};
    cs_err err = CS_OK;
    bool measured = false;
    (void)pthread_mutex_lock(&r->lock);
    while (err == CS_OK && !measured) {
        struct realm *m = find(r, id);
        if (m != NULL) {
            m->asked = ++r->questions;
            measure(out, m, subject);
            measured = true;
            continue;
        }
        uint64_t changes = r->changes;
        (void)pthread_mutex_unlock(&r->lock);
        err = load(&loaded, r->store, id);
        (void)pthread_mutex_lock(&r->lock);
        if (err == CS_OK && changes == r->changes && find(r, id) == NULL)
            keep(r, &loaded);
        else
            free(loaded.rules); /* perhaps stale; or another thread was faster */
        loaded.rules = NULL;
    }
    (void)pthread_mutex_unlock(&r->lock);
    return err;
}

cs_err cs_rules_check(cs_rule_result *out, cs_call *c, const cs_rule_subject *subject)
{
    *out = (cs_rule_result){.operation = subject->operation};
    cs_err err = measure_realm(out, c->app->rules, cs_call_org(c), subject);
    if (err != CS_OK)
        return err;
    return out->refused ? CS_POLICY_VIOLATED : CS_OK;
}

/* Neither with the enclave nor on its machine. */
static bool is_elsewhere(const char *provider)
{
    return provider[0] != '\0' && strcmp(provider, "env") != 0 && strcmp(provider, "managed") != 0 &&
           strncmp(provider, "enclave-", 8) != 0;
}

bool cs_rules_is_away(const cs_key_row *key)
{
    return is_elsewhere(key->kek_provider) || is_elsewhere(key->key_provider) || is_elsewhere(key->pq_provider);
}

int cs_rules_tier(const cs_key_row *key)
{
    bool classical_away = is_elsewhere(key->key_provider), pq_away = is_elsewhere(key->pq_provider);
    if (pq_away && (classical_away || cs_alg_is_pure(key->alg)))
        return 3;
    if (classical_away)
        return 2;
    return is_elsewhere(key->kek_provider) ? 1 : 0;
}

cs_rule_subject cs_rules_of_key(cs_rule_operation operation, const cs_key_row *key, bool attested)
{
    return (cs_rule_subject){.operation = operation,
                             .alg = key->alg,
                             .environment = key->environment,
                             .tier = cs_rules_tier(key),
                             .attested = attested,
                             .key_release = cs_rule_release_of(cs_slice_str(key->key_release))};
}

/* -- what follows -------------------------------------------------------------------------------------------------- */

static void write_violations(cs_jw *w, const cs_rule_result *r)
{
    cs_jw_begin_array(w, "violations");
    for (size_t i = 0; i < r->listed; i++) {
        cs_jw_begin(w, NULL);
        cs_jw_cstr(w, "action", cs_rule_action_name(r->violations[i].action));
        cs_jw_cstr(w, "policyId", r->violations[i].policy_id);
        cs_jw_cstr(w, "rule", r->violations[i].rule);
        cs_jw_end(w);
    }
    cs_jw_end_array(w);
}

size_t cs_rules_entry(cs_write *out, cs_buf *data, const cs_rule_result *r, const cs_call *c, cs_slice key_id)
{
    if (r->violation_count == 0)
        return 0;
    cs_jw w = cs_jw_on(data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_cstr(&w, "operation", cs_rule_operation_name(r->operation));
    if (key_id.n > 0)
        cs_jw_str(&w, "keyId", key_id);
    cs_jw_bool(&w, "refused", r->refused);
    cs_jw_int(&w, "violationCount", (int64_t)r->violation_count);
    write_violations(&w, r);
    cs_jw_end(&w);
    *out = (cs_write){.event_type = "policy.violated",
                      .subject_id = cs_slice_str(r->violations[0].policy_id),
                      .key_id = key_id,
                      .data = cs_buf_slice(data)};
    return 1;
}

cs_err cs_rules_refuse(cs_call *c, const cs_rule_result *r, cs_slice key_id)
{
    cs_write write;
    cs_buf data = cs_buf_new(8192);
    size_t n = cs_rules_entry(&write, &data, r, c, key_id);
    cs_err err = n > 0 ? cs_call_commit(c, NULL, &write, n, NULL, NULL) : CS_INTERNAL;
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, c->rq->request_id, "a refusal of policy %s is not recorded: %s",
               r->violations[0].policy_id, cs_err_name(err));
    cs_buf_free(&data);
    memcpy(c->violated.policy_id, r->violations[0].policy_id, sizeof c->violated.policy_id);
    c->violated.rule = r->violations[0].rule;
    return CS_POLICY_VIOLATED;
}

void cs_rules_answer(cs_jw *w, const cs_rule_result *r)
{
    bool begun = false;
    for (size_t i = 0; i < r->listed; i++) {
        const cs_rule_violation *v = &r->violations[i];
        if (v->action != CS_RULE_WARN)
            continue;
        if (!begun)
            cs_jw_begin_array(w, "warnings");
        begun = true;
        cs_jw_begin(w, NULL);
        cs_jw_cstr(w, "policyId", v->policy_id);
        cs_jw_cstr(w, "name", v->name);
        cs_jw_cstr(w, "rule", v->rule);
        cs_jw_end(w);
    }
    if (begun)
        cs_jw_end_array(w);
}
