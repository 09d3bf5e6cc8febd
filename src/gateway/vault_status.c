/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspending, resuming, revoking. The order matters: once the change is durable no signature of the key can be recorded
 * any more, so none can leave. Then no new one is begun, and those under way are waited for.
 */
#include <string.h>

#include "gateway/access.h"
#include "gateway/envelope.h"
#include "gateway/ids.h"
#include "gateway/vault.h"
#include "gateway/vault_key.h"

/* A change under way. */
struct changing {
    cs_call *call;
    cs_jw *w;
    cs_live_key *key;
    cs_key_status status; /* the new one */
    cs_key_row row;       /* for the answer */
};

static cs_err hold(struct changing *g)
{
    cs_call *c = g->call;
    cs_err err =
        cs_id_is(c->id, CS_ID_KEY) ? cs_keyring_hold(&g->key, c->app->keyring, cs_call_org(c), c->id) : CS_NOT_FOUND;
    if (err == CS_NOT_FOUND)
        cs_access_missed(c, c->id);
    return err == CS_OK && !cs_call_may_use(c, g->key->row.id) ? CS_NOT_FOUND : err;
}

static void write_changed(void *context, cs_jw *w)
{
    const struct changing *g = context;
    cs_jw_begin(w, "data");
    cs_vault_key_members(w, &g->row);
    cs_jw_end(w);
}

static cs_err commit(void *context)
{
    struct changing *g = context;
    cs_call *c = g->call;
    const char *id = g->key->row.id;
    cs_buf data = cs_buf_new(1024);
    cs_jw entry = cs_jw_on(&data);
    cs_jw_begin(&entry, NULL);
    cs_jw_cstr(&entry, "requestId", c->rq->request_id);
    if (g->status == CS_KEY_REVOKED)
        cs_jw_hex(&entry, "sealedSha256", "sha256:", CS_ARRAY(g->key->row.record_sha256));
    cs_jw_end(&entry);
    cs_write write = {.subject_id = cs_slice_str(id), .key_id = cs_slice_str(id), .data = cs_buf_slice(&data)};
    if (g->status == CS_KEY_SUSPENDED) {
        write.event_type = "key.suspended";
        write.suspend = id;
    } else if (g->status == CS_KEY_ACTIVE) {
        write.event_type = "key.resumed";
        write.resume = id;
    } else {
        write.event_type = "key.revoked";
        write.revoke = id;
    }
    bool answers = g->status != CS_KEY_REVOKED; /* a revocation is not answered before the enclave has forgotten */
    cs_err err = cs_call_commit(c, answers ? g->w : NULL, &write, 1, answers ? write_changed : NULL, g);
    cs_buf_free(&data);
    return err;
}

/* A key that is there already stays. */
static cs_err change(cs_call *c, cs_jw *w, cs_key_status to)
{
    struct changing g = {.call = c, .w = w, .status = to};
    cs_keyring *ring = c->app->keyring;
    cs_err err = cs_call_body_empty(c);
    if (err == CS_OK)
        err = cs_vault_find(&g.row, c);
    if (err == CS_OK)
        err = hold(&g);
    cs_key_status now = err == CS_OK ? cs_keyring_status(ring, g.key) : CS_KEY_REVOKED;
    if (err == CS_OK && now == CS_KEY_REVOKED)
        err = CS_KEY_NOT_ACTIVE;
    g.row.status = to == CS_KEY_ACTIVE && g.row.successor[0] != '\0' ? CS_KEY_SUPERSEDED : to;
    if (err == CS_OK && (now == CS_KEY_SUSPENDED) != (to == CS_KEY_SUSPENDED))
        err = cs_keyring_change(ring, g.key, to, commit, &g);
    else if (err == CS_OK)
        write_changed(&g, w);
    if (err == CS_OK && to == CS_KEY_SUSPENDED)
        err = cs_keyring_drain(ring, g.key, c->deadline_us);
    cs_keyring_release(ring, g.key);
    cs_key_row_free(&g.row);
    return err;
}

cs_err cs_vault_suspend(cs_call *c, cs_jw *w)
{
    return change(c, w, CS_KEY_SUSPENDED);
}

cs_err cs_vault_resume(cs_call *c, cs_jw *w)
{
    return change(c, w, CS_KEY_ACTIVE);
}

/* -- revocation ---------------------------------------------------------------------------------------------------- */

static cs_err commit_revocation(void *context)
{
    cs_err err = commit(context);
    return err == CS_KEY_NOT_ACTIVE ? CS_OK : err; /* somebody was faster */
}

static cs_err forget(cs_call *c, const cs_live_key *k)
{
    cs_answer answer = {0};
    cs_request request = {.type = CS_MSG_FORGET, .record_sha256 = CS_ARRAY(k->row.record_sha256)};
    cs_err err = cs_signer_ask(c->app->signer, &answer, &request, c->deadline_us);
    cs_signer_free_answer(&answer);
    return err;
}

static cs_err write_revocation(cs_call *c, cs_jw *w)
{
    cs_key_row row;
    cs_err err = cs_store_key(c->app->store, &row, cs_call_org(c), c->id);
    if (err != CS_OK)
        return err;
    cs_jw_begin(w, "data");
    cs_jw_cstr(w, "id", row.id);
    cs_envelope_time(w, "revokedAt", row.revoked_ms);
    cs_jw_end(w);
    cs_key_row_free(&row);
    return CS_OK;
}

/* When the enclave forgets, nothing is left that could open the key again: its sealed record is destroyed. */
cs_err cs_vault_revoke(cs_call *c, cs_jw *w)
{
    struct changing g = {.call = c, .status = CS_KEY_REVOKED};
    cs_keyring *ring = c->app->keyring;
    cs_err err = hold(&g);
    if (err == CS_OK && cs_keyring_status(ring, g.key) != CS_KEY_REVOKED)
        err = cs_keyring_change(ring, g.key, CS_KEY_REVOKED, commit_revocation, &g);
    if (err == CS_OK)
        err = cs_keyring_drain(ring, g.key, c->deadline_us);
    if (err == CS_OK)
        err = forget(c, g.key);
    if (err == CS_OK)
        err = write_revocation(c, w);
    cs_keyring_release(ring, g.key);
    return err;
}
