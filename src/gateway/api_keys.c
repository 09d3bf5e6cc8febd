/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/api_keys.h"

#include <stdio.h>
#include <string.h>

#include "core/name.h"
#include "gateway/envelope.h"
#include "gateway/ids.h"
#include "sys/clock.h"

#define ROUTE "api-keys"
#define DEFAULT_OVERLAP_SECONDS 86400

/* -- answers ------------------------------------------------------------------------------------------------------- */

void cs_api_keys_write_scopes(cs_jw *w, uint32_t scopes)
{
    cs_jw_begin_array(w, "scopes");
    for (uint32_t bit = 1; bit <= scopes; bit <<= 1)
        if ((scopes & bit) != 0 && cs_scope_name(bit) != NULL)
            cs_jw_cstr(w, NULL, cs_scope_name(bit));
    cs_jw_end_array(w);
}

static void write_members(cs_jw *w, const cs_api_key_row *k)
{
    cs_jw_cstr(w, "id", k->id);
    cs_jw_cstr(w, "name", k->name);
    cs_jw_cstr(w, "type", k->publishable ? "publishable" : "secret");
    cs_jw_cstr(w, "environment", k->live ? "live" : "test");
    cs_api_keys_write_scopes(w, k->scopes);
    cs_jw_begin_array(w, "keyIds");
    for (size_t i = 0; i < k->key_id_count; i++)
        cs_jw_cstr(w, NULL, k->key_ids[i]);
    cs_jw_end_array(w);
    cs_envelope_time(w, "createdAt", k->created_ms);
    cs_envelope_time(w, "expiresAt", k->expires_ms);
    cs_envelope_time(w, "revokedAt", k->revoked_ms);
}

/* What an answer is made of. */
struct minted {
    cs_api_key_row row, predecessor; /* the latter of a rotation */
    cs_secret text;
};

static void write_minted(void *context, cs_jw *w)
{
    const struct minted *m = context;
    cs_jw_begin(w, "data");
    write_members(w, &m->row);
    cs_jw_str(w, "apiKey", cs_secret_slice(&m->text));
    if (m->predecessor.id[0] != '\0') {
        cs_jw_begin(w, "predecessor");
        cs_jw_cstr(w, "id", m->predecessor.id);
        cs_envelope_time(w, "expiresAt", m->predecessor.expires_ms);
        cs_jw_end(w);
    }
    cs_jw_end(w);
}

/* What the ledger says of an API key: all but its name, which is the org's own affair. */
static void write_entry(cs_buf *data, const cs_call *c, const cs_api_key_row *k, const char *predecessor)
{
    cs_jw w = cs_jw_on(data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    if (predecessor != NULL)
        cs_jw_cstr(&w, "predecessor", predecessor);
    cs_jw_cstr(&w, "type", k->publishable ? "publishable" : "secret");
    cs_jw_cstr(&w, "environment", k->live ? "live" : "test");
    cs_api_keys_write_scopes(&w, k->scopes);
    if (k->key_id_count > 0) {
        cs_jw_begin_array(&w, "keyIds");
        for (size_t i = 0; i < k->key_id_count; i++)
            cs_jw_cstr(&w, NULL, k->key_ids[i]);
        cs_jw_end_array(&w);
    }
    cs_jw_end(&w);
}

/* -- what a caller may give away ------------------------------------------------------------------------------------
 */

/* The member that is more than the caller has itself; NULL where none is. */
static const char *excess(const cs_caller *caller, const cs_api_key_row *k)
{
    if (k->live && !caller->live)
        return "environment";
    if ((k->scopes & ~caller->scopes) != 0)
        return "scopes";
    if (caller->key_id_count > 0 && k->key_id_count == 0)
        return "keyIds";
    for (size_t i = 0; i < k->key_id_count; i++)
        if (!cs_caller_may_use(caller, k->key_ids[i]))
            return "keyIds";
    return NULL;
}

static cs_err check_excess(cs_call *c, const cs_api_key_row *k)
{
    const char *member = excess(&c->caller, k);
    return member == NULL ? CS_OK : cs_call_fail(c, CS_FORBIDDEN, member);
}

/* -- creation ------------------------------------------------------------------------------------------------------ */

/* True for the first, false for the second word; false with an error for anything else. */
static bool read_choice(cs_jobj *o, const char *member, const char *yes, const char *no)
{
    cs_slice word = cs_jobj_str(o, member, CS_MAX_WORD);
    if (!cs_slice_is(word, yes) && !cs_slice_is(word, no))
        cs_jobj_fail(o, CS_BAD_FIELD, member);
    return cs_slice_is(word, yes);
}

static void read_scopes(cs_api_key_row *k, cs_jobj *o)
{
    cs_jval list = cs_jobj_array(o, "scopes");
    for (size_t i = 0; i < cs_jarr_len(list); i++) {
        uint32_t scope = cs_scope_by_name(cs_jval_str(cs_jarr_at(list, i)));
        if (scope == 0 || (k->scopes & scope) != 0)
            cs_jobj_fail(o, CS_BAD_FIELD, "scopes");
        k->scopes |= scope;
    }
    if (k->scopes == 0 || (k->publishable && (k->scopes & ~CS_SCOPES_PUBLISHABLE) != 0))
        cs_jobj_fail(o, CS_BAD_FIELD, "scopes");
}

static void read_key_ids(cs_api_key_row *k, cs_jobj *o)
{
    cs_jval list = cs_jobj_array_opt(o, "keyIds");
    size_t n = cs_jarr_len(list);
    if (list.v != NULL && (n == 0 || n > CS_MAX_KEY_IDS)) {
        cs_jobj_fail(o, CS_BAD_FIELD, "keyIds");
        return;
    }
    for (; k->key_id_count < n; k->key_id_count++) {
        cs_slice id = cs_jval_str(cs_jarr_at(list, k->key_id_count));
        if (!cs_id_is(id, CS_ID_KEY) || cs_slice_to_cstr(k->key_ids[k->key_id_count], CS_MAX_ID + 1, id) != CS_OK) {
            cs_jobj_fail(o, CS_BAD_FIELD, "keyIds");
            return;
        }
    }
}

static cs_err read_request(cs_api_key_row *k, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        cs_slice name = cs_jobj_str(&o, "name", CS_MAX_NAME);
        if (o.err == CS_OK &&
            (cs_name_check(name) != CS_OK || cs_slice_to_cstr(k->name, sizeof k->name, name) != CS_OK))
            cs_jobj_fail(&o, CS_BAD_FIELD, "name");
        k->publishable = read_choice(&o, "type", "publishable", "secret");
        k->live = read_choice(&o, "environment", "live", "test");
        read_scopes(k, &o);
        read_key_ids(k, &o);
        err = cs_call_body_done(c, &o);
    }
    cs_json_free(json);
    memcpy(k->org, c->caller.org, sizeof k->org);
    return err;
}

/* The keys that it is restricted to are there, in the realm where it will work. */
static cs_err check_key_ids(cs_call *c, const cs_api_key_row *k)
{
    char realm[CS_MAX_ID + 1];
    cs_err err = CS_OK;
    cs_id_realm(realm, k->org, k->live);
    for (size_t i = 0; err == CS_OK && i < k->key_id_count; i++) {
        cs_key_row row;
        err = cs_store_key(c->app->store, &row, cs_slice_str(realm), cs_slice_str(k->key_ids[i]));
        if (err == CS_OK)
            cs_key_row_free(&row);
    }
    return err == CS_OK ? CS_OK : cs_call_fail(c, err, "keyIds");
}

static cs_err commit_created(cs_call *c, cs_jw *w, struct minted *m)
{
    cs_buf data = cs_buf_new(4096);
    write_entry(&data, c, &m->row, NULL);
    cs_write write = {.event_type = "apikey.created",
                      .subject_id = cs_slice_str(m->row.id),
                      .data = cs_buf_slice(&data),
                      .api_key = &m->row};
    c->secret_answer = true;
    cs_err err = cs_call_commit(c, w, &write, 1, write_minted, m);
    cs_buf_free(&data);
    return err;
}

cs_err cs_api_keys_create(cs_call *c, cs_jw *w)
{
    struct minted m = {0};
    cs_err err = read_request(&m.row, c);
    if (err == CS_OK)
        err = check_excess(c, &m.row);
    if (err == CS_OK)
        err = check_key_ids(c, &m.row);
    if (err == CS_OK)
        err = cs_auth_mint(&m.text, &m.row, &c->app->auth, cs_now_ms());
    if (err == CS_OK)
        err = commit_created(c, w, &m);
    cs_secret_wipe(&m.text);
    return err;
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* Those of another org, and for test callers the live ones, are not there. */
static cs_err find(cs_api_key_row *out, cs_call *c)
{
    if (!cs_id_is(c->id, CS_ID_API_KEY))
        return CS_NOT_FOUND;
    cs_err err = cs_store_api_key_by_id(c->app->store, out, cs_slice_str(c->caller.org), c->id);
    return err == CS_OK && out->live && !c->caller.live ? CS_NOT_FOUND : err;
}

cs_err cs_api_keys_get(cs_call *c, cs_jw *w)
{
    cs_api_key_row row;
    cs_err err = find(&row, c);
    if (err != CS_OK)
        return err;
    cs_jw_begin(w, "data");
    write_members(w, &row);
    cs_jw_end(w);
    return CS_OK;
}

static void write_item(void *context, const cs_api_key_row *k)
{
    cs_jw *w = context;
    cs_jw_begin(w, NULL);
    write_members(w, k);
    cs_jw_end(w);
}

cs_err cs_api_keys_list(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_page page;
    char before[CS_MAX_ID + 1];
    cs_call_page(c, &q, &page, before, ROUTE);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err != CS_OK)
        return err;
    cs_slice realm = page.org; /* which the cursor belongs to; API keys belong to the org */
    page.org = cs_slice_str(c->caller.org);
    page.filter = c->caller.live ? CS_ABSENT : CS_LIT("test");
    cs_jw_begin_array(w, "data");
    err = cs_store_api_keys(c->app->store, &page, write_item, w);
    cs_jw_end_array(w);
    page.org = realm;
    if (err == CS_OK)
        cs_call_pagination(c, w, &page, ROUTE);
    return err;
}

/* -- rotation and revocation -----------------------------------------------------------------------------------------
 */

static cs_err read_overlap(int64_t *seconds, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    *seconds = DEFAULT_OVERLAP_SECONDS;
    cs_err err = cs_call_body_opt(c, &json, &o);
    if (err == CS_OK) {
        *seconds = cs_jobj_int_or(&o, "overlapSeconds", 0, CS_MAX_OVERLAP_SECONDS, DEFAULT_OVERLAP_SECONDS);
        err = cs_call_body_done(c, &o);
    }
    cs_json_free(json);
    return err;
}

/* An API key has one successor: a second rotation, or that of a dead one, is a conflict. */
static cs_err inherit(struct minted *m, cs_call *c, int64_t overlap, int64_t now)
{
    const cs_api_key_row *old = &m->predecessor;
    if (old->revoked_ms != 0 || old->expires_ms != 0)
        return CS_CONFLICT;
    cs_err err = check_excess(c, old);
    if (err != CS_OK)
        return err;
    m->row = *old;
    m->predecessor.expires_ms = now + overlap * 1000;
    return cs_auth_mint(&m->text, &m->row, &c->app->auth, now);
}

static cs_err commit_rotated(cs_call *c, cs_jw *w, struct minted *m)
{
    cs_buf data = cs_buf_new(4096);
    cs_api_key_rotation rotation = {
        .successor = &m->row, .predecessor = m->predecessor.id, .expires_ms = m->predecessor.expires_ms};
    write_entry(&data, c, &m->row, m->predecessor.id);
    cs_write write = {.event_type = "apikey.rotated",
                      .subject_id = cs_slice_str(m->row.id),
                      .data = cs_buf_slice(&data),
                      .rotate_api_key = &rotation};
    c->secret_answer = true;
    cs_err err = cs_call_commit(c, w, &write, 1, write_minted, m);
    cs_auth_forget(&c->app->auth, m->predecessor.id); /* after a failure, too: it may be on the disk */
    cs_buf_free(&data);
    return err;
}

cs_err cs_api_keys_rotate(cs_call *c, cs_jw *w)
{
    struct minted m = {0};
    int64_t overlap;
    cs_err err = read_overlap(&overlap, c);
    if (err == CS_OK)
        err = find(&m.predecessor, c);
    if (err == CS_OK)
        err = inherit(&m, c, overlap, cs_now_ms());
    if (err == CS_OK)
        err = commit_rotated(c, w, &m);
    cs_secret_wipe(&m.text);
    return err;
}

static cs_err commit_revoked(cs_call *c, const cs_api_key_row *k)
{
    cs_buf data = cs_buf_new(4096);
    write_entry(&data, c, k, NULL);
    cs_write write = {.event_type = "apikey.revoked",
                      .subject_id = cs_slice_str(k->id),
                      .data = cs_buf_slice(&data),
                      .revoke_api_key = k->id};
    cs_err err = cs_call_commit(c, NULL, &write, 1, NULL, NULL);
    cs_auth_forget(&c->app->auth, k->id);
    cs_buf_free(&data);
    return err == CS_CONFLICT ? CS_OK : err; /* somebody was faster */
}

cs_err cs_api_keys_revoke(cs_call *c, cs_jw *w)
{
    cs_api_key_row row;
    cs_err err = find(&row, c);
    if (err == CS_OK && row.revoked_ms == 0)
        err = commit_revoked(c, &row);
    if (err == CS_OK)
        err = find(&row, c); /* when it was is for the store to say */
    if (err != CS_OK)
        return err;
    cs_jw_begin(w, "data");
    cs_jw_cstr(w, "id", row.id);
    cs_envelope_time(w, "revokedAt", row.revoked_ms);
    cs_jw_end(w);
    return CS_OK;
}
