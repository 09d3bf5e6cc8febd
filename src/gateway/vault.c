/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/vault.h"

#include <stdio.h>
#include <string.h>

#include "core/name.h"
#include "gateway/access.h"
#include "gateway/ids.h"
#include "gateway/rules.h"
#include "gateway/settings.h"
#include "gateway/vault_birth.h"
#include "gateway/vault_key.h"
#include "gateway/vault_place.h"

#define ROUTE "hybrid-keys"

/* -- reading ------------------------------------------------------------------------------------------------------- */

cs_err cs_vault_get(cs_call *c, cs_jw *w)
{
    cs_key_row row = cs_key_row_new();
    cs_buf lineage = cs_buf_new(CS_MAX_ANSWER / 2);
    cs_err err = cs_vault_find(&row, c);
    if (err == CS_OK)
        err = cs_vault_key_lineage(&lineage, c, &row);
    if (err == CS_OK)
        cs_vault_key_write(w, &row, cs_buf_slice(&lineage), NULL);
    cs_buf_free(&lineage);
    cs_key_row_free(&row);
    return err;
}

cs_err cs_vault_find(cs_key_row *row, cs_call *c)
{
    *row = cs_key_row_new();
    if (!cs_id_is(c->id, CS_ID_KEY))
        return CS_NOT_FOUND;
    cs_err err = cs_store_key(c->app->store, row, cs_call_org(c), c->id);
    if (err == CS_NOT_FOUND)
        cs_access_missed(c, c->id);
    if (err != CS_OK || cs_call_may_use(c, row->id))
        return err;
    cs_key_row_free(row);
    *row = cs_key_row_new();
    return CS_NOT_FOUND;
}

struct listing {
    const cs_call *call;
    cs_jw *w;
};

/* An API key that is restricted to some keys sees no others; a page may then have fewer than its limit. */
static void write_item(void *context, const cs_key_row *k)
{
    const struct listing *l = context;
    if (!cs_call_may_use(l->call, k->id))
        return;
    cs_jw_begin(l->w, NULL);
    cs_vault_key_members(l->w, k);
    cs_jw_end(l->w);
}

cs_err cs_vault_list(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_page page;
    char before[CS_MAX_ID + 1];
    cs_call_page(c, &q, &page, before, ROUTE);
    page.filter = cs_query_text(&q, "algorithm", CS_MAX_ID);
    page.with_revoked = cs_query_flag(&q, "includeRevoked");
    cs_err err = cs_query_done(&q, &c->fault);
    if (err == CS_OK && page.filter.p != NULL && cs_alg_find(page.filter) == NULL)
        err = cs_call_fail(c, CS_UNKNOWN_ALGORITHM, "algorithm");
    if (err != CS_OK)
        return err;
    struct listing listing = {.call = c, .w = w};
    cs_jw_begin_array(w, "data");
    err = cs_store_keys(c->app->store, &page, write_item, &listing);
    cs_jw_end_array(w);
    if (err == CS_OK)
        cs_call_pagination(c, w, &page, ROUTE);
    return err;
}

/* -- creation ------------------------------------------------------------------------------------------------------ */

struct creation {
    cs_key_row key;
    cs_vault_places places;
    cs_policy policy;
    cs_policy_row policy_row;
    cs_rule_result rules; /* what vault policies say */
};

/* A name, or a word that is shown like one. */
static void read_text(char *out, size_t size, cs_jobj *o, const char *member, const char *standard)
{
    cs_slice text =
        standard != NULL && !cs_jobj_has(o, member) ? cs_slice_str(standard) : cs_jobj_str(o, member, size - 1);
    if (cs_name_check(text) != CS_OK || cs_slice_to_cstr(out, size, text) != CS_OK)
        cs_jobj_fail(o, CS_BAD_FIELD, member);
}

/* The realm's default format is for algorithms that have a choice and offer it. */
static void read_algorithm(cs_key_row *k, cs_jobj *o, const cs_settings_defaults *d)
{
    cs_slice name = cs_jobj_str_opt(o, "algorithm", CS_MAX_ID);
    k->alg = cs_alg_find(name.p != NULL ? name : CS_LIT("mldsa65+ed25519"));
    if (k->alg == NULL) {
        cs_jobj_fail(o, CS_UNKNOWN_ALGORITHM, "algorithm");
        return;
    }
    bool use_default = d->has_format && cs_alg_offers(k->alg, d->format);
    k->format = use_default ? d->format : cs_alg_default_format(k->alg);
    name = cs_jobj_str_opt(o, "signatureFormat", CS_MAX_ID);
    if (name.p != NULL && !cs_format_by_name(&k->format, name))
        cs_jobj_fail(o, CS_UNKNOWN_SIGNATURE_FORMAT, "signatureFormat");
    else if (!cs_alg_offers(k->alg, k->format))
        cs_jobj_fail(o, CS_FORMAT_NOT_OFFERED, "signatureFormat");
}

void cs_vault_read_name(char out[CS_MAX_NAME + 1], cs_jobj *o)
{
    read_text(out, CS_MAX_NAME + 1, o, "name", NULL);
    if (cs_id_is(cs_slice_str(out), CS_ID_KEY))
        cs_jobj_fail(o, CS_BAD_FIELD, "name"); /* it would hide behind another key's id */
}

static void read_members(struct creation *n, cs_jobj *o, const cs_settings_defaults *d)
{
    cs_key_row *k = &n->key;
    cs_vault_read_name(k->name, o);
    read_algorithm(k, o, d);
    cs_vault_place_read(&n->places, k, o, d);
    read_text(k->purpose, sizeof k->purpose, o, "purpose", "sign");
    if (strcmp(k->purpose, "sign") != 0 && strcmp(k->purpose, "hybrid") != 0)
        cs_jobj_fail(o, CS_BAD_FIELD, "purpose");
    read_text(k->environment, sizeof k->environment, o, "environment", "production");
    if (cs_jobj_has(o, "attestationPolicyId"))
        read_text(k->policy_id, sizeof k->policy_id, o, "attestationPolicyId", NULL);
    else if (strncmp(k->pq_provider, "enclave-", 8) == 0)
        cs_jobj_fail(o, CS_POLICY_REQUIRED, "attestationPolicyId");
    cs_call_metadata(o, &k->metadata);
}

static cs_err read_request(struct creation *n, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_settings_defaults defaults;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK)
        err = cs_settings_read_defaults(&defaults, c);
    if (err == CS_OK) {
        read_members(n, &o, &defaults);
        err = cs_call_body_done(c, &o);
    }
    if (err == CS_PROVIDER_NOT_AVAILABLE)
        c->reason = n->places.why;
    cs_json_free(json);
    (void)snprintf(n->key.org, sizeof n->key.org, "%s", c->caller.realm);
    return err;
}

/* The store decides again when the key is recorded. */
cs_err cs_vault_check_name(cs_call *c, const char *name, const char *except)
{
    cs_key_row other;
    cs_err err = cs_store_key_by_name(c->app->store, &other, cs_call_org(c), cs_slice_str(name));
    if (err != CS_OK)
        return err == CS_NOT_FOUND ? CS_OK : err;
    bool same = except != NULL && strcmp(other.id, except) == 0;
    cs_key_row_free(&other);
    return same ? CS_OK : cs_call_fail(c, CS_NAME_TAKEN, "name");
}

static void write_created(void *context, cs_jw *w)
{
    const struct creation *n = context;
    cs_vault_key_write(w, &n->key, CS_LIT("[]"), &n->rules);
}

/* Before the enclave is asked, with the best release that this provider's data keys can have; and after it, with what
 * became of it. */
static cs_err check_rules(struct creation *n, cs_call *c)
{
    bool attested = n->key.policy_id[0] != '\0' && n->policy.enforce;
    if (n->key.key_release[0] == '\0')
        (void)snprintf(n->key.key_release, sizeof n->key.key_release, "%s", cs_vault_place_best_release(&n->key));
    cs_rule_subject subject = cs_rules_of_key(CS_RULE_KEY_CREATE, &n->key, attested);
    cs_err err = cs_rules_check(&n->rules, c, &subject);
    return err == CS_POLICY_VIOLATED ? cs_rules_refuse(c, &n->rules, CS_ABSENT) : err;
}

static cs_err record(struct creation *n, cs_call *c, cs_jw *w, const cs_judgement *j)
{
    cs_buf data = cs_buf_new(4096), violations = cs_buf_new(8192);
    cs_jw entry = cs_jw_on(&data);
    if (!j->released)
        return cs_vault_birth_refuse(c, &n->key, j, &n->policy_row);
    cs_jw_begin(&entry, NULL);
    cs_jw_cstr(&entry, "requestId", c->rq->request_id);
    cs_vault_birth_members(&entry, &n->key, j, &n->policy_row);
    cs_jw_end(&entry);
    cs_slice id = cs_slice_str(n->key.id);
    cs_write writes[2] = {
        {.event_type = "key.created", .subject_id = id, .key_id = id, .data = cs_buf_slice(&data), .key = &n->key}};
    size_t count = 1 + cs_rules_entry(&writes[1], &violations, &n->rules, c, id);
    cs_err err = cs_call_commit(c, w, writes, count, write_created, n);
    cs_buf_free(&violations);
    cs_buf_free(&data);
    return err == CS_NAME_TAKEN ? cs_call_fail(c, err, "name") : err;
}

cs_err cs_vault_create(cs_call *c, cs_jw *w)
{
    struct creation n = {.key = cs_key_row_new(), .policy_row = cs_policy_row_new()};
    cs_judgement judgement;
    if (c->caller.key_id_count > 0)
        return CS_FORBIDDEN; /* it is there for the keys that it names */
    cs_err err = read_request(&n, c);
    bool bound = n.key.policy_id[0] != '\0';
    if (err == CS_OK && bound)
        err = cs_vault_birth_policy(&n.policy, &n.policy_row, c, &n.key);
    if (err == CS_OK)
        err = cs_vault_check_name(c, n.key.name, NULL);
    if (err == CS_OK)
        err = check_rules(&n, c);
    if (err == CS_OK)
        err = cs_vault_birth(&judgement, &n.key, c, bound ? &n.policy : NULL, &n.places);
    if (err == CS_OK && cs_rules_is_away(&n.key))
        err = check_rules(&n, c);
    if (err == CS_OK)
        err = record(&n, c, w, &judgement);
    cs_policy_free(&n.policy);
    cs_policy_row_free(&n.policy_row);
    cs_key_row_free(&n.key);
    return err;
}
