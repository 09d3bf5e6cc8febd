/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/login.h"

#include <string.h>

#include "gateway/access.h"
#include "gateway/api_keys.h"
#include "gateway/envelope.h"
#include "gateway/session.h"
#include "sys/clock.h"

static cs_err read_request(cs_secret *api_key, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        err = cs_secret_set(api_key, cs_jobj_str(&o, "apiKey", CS_SECRET_CAP));
        cs_err done = cs_call_body_done(c, &o);
        err = done != CS_OK ? done : err;
    }
    cs_json_free(json);
    return err;
}

struct login {
    cs_call *call;
    cs_org_row org;
    cs_session_row session;
    cs_secret csrf;
};

static void write_login(void *context, cs_jw *w)
{
    const struct login *l = context;
    const cs_caller *caller = &l->call->caller;
    cs_jw_begin(w, "data");
    cs_jw_cstr(w, "org", l->org.name);
    cs_jw_cstr(w, "orgId", caller->org);
    cs_jw_cstr(w, "environment", caller->live ? "live" : "test");
    cs_api_keys_write_scopes(w, caller->scopes);
    cs_jw_str(w, "csrfToken", cs_secret_slice(&l->csrf));
    cs_envelope_time(w, "expiresAt", l->session.expires_ms);
    cs_jw_end(w);
}

/* The entry says which session by its keyed hash, which is of no use to anybody else. */
static void write_entry(cs_buf *data, const cs_call *c, const uint8_t session[CS_SHA256_LEN])
{
    cs_jw w = cs_jw_on(data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_hex(&w, "session", "", cs_slice_of(session, CS_SHA256_LEN));
    cs_jw_end(&w);
}

/* Over plain loopback HTTP a browser would not send a Secure cookie back. */
static void set_cookie(cs_call *c, cs_slice token, int seconds)
{
    cs_call_header(c, "Set-Cookie", CS_SESSION_COOKIE "=%.*s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s",
                   (int)token.n, (const char *)token.p, seconds, c->app->tls ? "; Secure" : "");
}

static cs_err begin(struct login *l, cs_jw *w, cs_slice token)
{
    cs_call *c = l->call;
    cs_buf data = cs_buf_new(1024);
    write_entry(&data, c, l->session.hash);
    cs_write write = {.event_type = "apikey.session_created",
                      .subject_id = cs_slice_str(c->caller.key_id),
                      .data = cs_buf_slice(&data),
                      .session = &l->session};
    c->secret_answer = true;
    cs_err err = cs_call_commit(c, w, &write, 1, write_login, l);
    if (err == CS_OK)
        set_cookie(c, token, CS_SESSION_SECONDS);
    cs_buf_free(&data);
    return err;
}

cs_err cs_login_begin(cs_call *c, cs_jw *w)
{
    CS_SECRET(api_key);
    CS_SECRET(token);
    struct login l = {.call = c};
    cs_err err = read_request(&api_key, c);
    if (err == CS_OK)
        err = cs_access_login(c, cs_secret_slice(&api_key));
    if (err == CS_OK)
        err = cs_store_org(c->app->store, &l.org, cs_slice_str(c->caller.org));
    if (err == CS_OK)
        err = cs_session_mint(&token, &l.session, &c->app->auth, &c->caller, cs_now_ms());
    if (err == CS_OK)
        err = cs_session_csrf(&l.csrf, &c->app->auth, cs_secret_slice(&token));
    if (err == CS_OK)
        err = begin(&l, w, cs_secret_slice(&token));
    cs_secret_wipe(&l.csrf);
    return err;
}

cs_err cs_login_get(cs_call *c, cs_jw *w)
{
    struct login l = {.call = c};
    if (!c->caller.by_session)
        return CS_NOT_FOUND;
    cs_err err = cs_store_session(c->app->store, &l.session, c->caller.session);
    if (err == CS_OK)
        err = cs_store_org(c->app->store, &l.org, cs_slice_str(c->caller.org));
    if (err == CS_OK)
        err = cs_session_csrf(&l.csrf, &c->app->auth, cs_session_cookie(c->rq->cookie));
    if (err == CS_OK)
        write_login(&l, w);
    cs_secret_wipe(&l.csrf);
    return err;
}

static void write_end(void *context, cs_jw *w)
{
    (void)context;
    cs_jw_begin(w, "data");
    cs_jw_bool(w, "ended", true);
    cs_jw_end(w);
}

cs_err cs_login_end(cs_call *c, cs_jw *w)
{
    cs_buf data = cs_buf_new(1024);
    if (!c->caller.by_session)
        return CS_NOT_FOUND;
    write_entry(&data, c, c->caller.session);
    cs_write write = {.event_type = "apikey.session_ended",
                      .subject_id = cs_slice_str(c->caller.key_id),
                      .data = cs_buf_slice(&data),
                      .end_session = c->caller.session};
    cs_err err = cs_call_commit(c, w, &write, 1, write_end, NULL);
    if (err == CS_OK)
        set_cookie(c, CS_LIT(""), 0);
    cs_buf_free(&data);
    return err;
}
