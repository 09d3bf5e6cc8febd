/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/access.h"

#include "gateway/ids.h"
#include "sys/clock.h"
#include "sys/log.h"

/* The refusal stands whatever becomes of its record. */
static void record(cs_call *c, cs_err err)
{
    cs_buf data = cs_buf_new(1024);
    cs_jw w = cs_jw_on(&data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_cstr(&w, "code", cs_err_name(err));
    cs_jw_cstr(&w, "reason", c->caller.refused);
    cs_jw_end(&w);
    cs_write write = {
        .event_type = "apikey.refused", .subject_id = cs_slice_str(c->caller.key_id), .data = cs_buf_slice(&data)};
    if (cs_call_commit(c, NULL, &write, 1, NULL, NULL) != CS_OK)
        cs_log(CS_LOG_WARN, c->rq->request_id, "the refusal is not recorded");
    cs_buf_free(&data);
}

/* Returns `err`. */
static cs_err refuse(cs_call *c, cs_err err)
{
    if (c->caller.refused == NULL)
        return err;
    cs_log(CS_LOG_WARN, c->rq->request_id, "API key %s refused: %s", c->caller.key_id, c->caller.refused);
    if (cs_auth_note_refusal(&c->app->auth, c->caller.key_id, cs_now_ms()))
        record(c, err);
    return err;
}

cs_err cs_access_check(cs_call *c)
{
    const cs_http_request *rq = c->rq;
    cs_credentials shown = {.authorization = rq->authorization,
                            .cookie = rq->cookie,
                            .csrf = rq->csrf,
                            .reads = cs_slice_is(rq->method, "GET") || cs_slice_is(rq->method, "HEAD")};
    cs_err err = cs_auth_check(&c->caller, &c->app->auth, &shown, cs_now_ms());
    return err == CS_OK ? CS_OK : refuse(c, err);
}

cs_err cs_access_scope(cs_call *c, uint32_t scopes)
{
    if ((c->caller.scopes & scopes) != 0)
        return CS_OK;
    c->caller.refused = "scope";
    return refuse(c, CS_FORBIDDEN);
}

cs_err cs_access_login(cs_call *c, cs_slice api_key)
{
    cs_err err = cs_auth_check_text(&c->caller, &c->app->auth, api_key, cs_now_ms());
    return err == CS_OK ? cs_rate_admit(c->rs, c->app->rate, c->caller.key_id) : refuse(c, err);
}

cs_err cs_access_wrong_environment(cs_call *c)
{
    c->caller.refused = "environment";
    return refuse(c, CS_WRONG_ENVIRONMENT);
}

void cs_access_missed(cs_call *c, cs_slice key_id)
{
    if (!cs_id_is(key_id, CS_ID_KEY))
        return;
    char realm[CS_MAX_ID + 1];
    cs_id_realm(realm, c->caller.org, !c->caller.live);
    cs_key_row row = cs_key_row_new();
    if (cs_store_key(c->app->store, &row, cs_slice_str(realm), key_id) == CS_OK) {
        c->caller.refused = "environment";
        (void)refuse(c, CS_NOT_FOUND);
    }
    cs_key_row_free(&row);
}
