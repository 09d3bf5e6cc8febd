/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/google_federation.h"

#include "core/clock.h"
#include "core/json.h"
#include "core/limits.h"
#include "sys/clock.h"

#define GRANT CS_LIT("urn:ietf:params:oauth:grant-type:token-exchange")
#define ACCESS_TOKEN CS_LIT("urn:ietf:params:oauth:token-type:access_token")
#define ALL_SCOPES CS_LIT("https://www.googleapis.com/auth/cloud-platform")
#define LIFE "3600s"
#define MAX_FILE (32u << 10)
#define MAX_FORM (4 * CS_BEARER_MAX)

/* -- the account's file -------------------------------------------------------------------------------------------- */

/* A text that fits and is not empty; one that is optional may be absent. */
static void take(char *to, size_t size, cs_jobj *o, const char *name, bool required)
{
    cs_slice s = required ? cs_jobj_str(o, name, size - 1) : cs_jobj_str_opt(o, name, size - 1);
    if (s.p != NULL && (s.n == 0 || cs_slice_to_cstr(to, size, s) != CS_OK))
        cs_jobj_fail(o, CS_BAD_FIELD, name);
}

static void read_source(cs_google_federation *f, cs_jobj *o)
{
    cs_jobj source = cs_jobj_open(cs_jobj_object(o, "credential_source"));
    cs_jval given = cs_jobj_object_opt(&source, "format");
    take(f->file, sizeof f->file, &source, "file", true);
    if (given.v != NULL) {
        cs_jobj format = cs_jobj_open(given);
        cs_slice type = cs_jobj_str(&format, "type", CS_MAX_ID);
        if (cs_slice_is(type, "json"))
            take(f->field, sizeof f->field, &format, "subject_token_field_name", true);
        else if (!cs_slice_is(type, "text"))
            cs_jobj_fail(&format, CS_BAD_FIELD, "type");
        if (cs_jobj_done(&format) != CS_OK)
            cs_jobj_fail(&source, CS_BAD_FIELD, "format");
    }
    if (cs_jobj_done(&source) != CS_OK)
        cs_jobj_fail(o, CS_BAD_FIELD, "credential_source");
}

cs_err cs_google_federation_read(cs_google_federation *out, cs_slice file)
{
    cs_json *doc = NULL;
    *out = (cs_google_federation){0};
    if (cs_json_parse(&doc, file, MAX_FILE) != CS_OK)
        return CS_BAD_FORMAT;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    bool ours = cs_slice_is(cs_jobj_str(&o, "type", CS_MAX_ID), "external_account");
    take(out->audience, sizeof out->audience, &o, "audience", true);
    take(out->token_type, sizeof out->token_type, &o, "subject_token_type", true);
    take(out->token_url, sizeof out->token_url, &o, "token_url", true);
    take(out->impersonation_url, sizeof out->impersonation_url, &o, "service_account_impersonation_url", false);
    read_source(out, &o);
    cs_err err = cs_jobj_done_open(&o) == CS_OK && ours ? CS_OK : CS_BAD_FORMAT;
    cs_json_free(doc);
    if (err == CS_OK && (!cs_bearer_url_allowed(out->token_url) ||
                         (out->impersonation_url[0] != '\0' && !cs_bearer_url_allowed(out->impersonation_url))))
        err = CS_CONFIG;
    return err;
}

cs_err cs_google_federation_subject(cs_buf *out, const cs_google_federation *f, cs_slice text)
{
    cs_json *doc = NULL;
    if (f->field[0] == '\0') {
        cs_buf_add(out, text);
        return text.n > 0 && out->err == CS_OK ? CS_OK : CS_BAD_FORMAT;
    }
    if (cs_json_parse(&doc, text, MAX_FILE) != CS_OK)
        return CS_BAD_FORMAT;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_slice token = cs_jobj_str(&o, f->field, CS_BEARER_MAX);
    cs_buf_add(out, token);
    cs_err err = cs_jobj_done_open(&o) == CS_OK && token.n > 0 && out->err == CS_OK ? CS_OK : CS_BAD_FORMAT;
    cs_json_free(doc);
    return err;
}

/* -- exchanges ----------------------------------------------------------------------------------------------------- */

/* The platform's token for one of Google's; with a service account behind it that is a token to ask for the next. */
static cs_err exchange(cs_bearer_token *out, const cs_google_federation *f, const char *scope, int64_t deadline_us)
{
    cs_buf text = cs_buf_new_wiped(MAX_FILE), subject = cs_buf_new_wiped(CS_BEARER_MAX);
    cs_buf form = cs_buf_new_wiped(MAX_FORM);
    cs_err err = cs_bearer_file(&text, f->file);
    if (err == CS_OK)
        err = cs_google_federation_subject(&subject, f, cs_buf_slice(&text));
    if (err == CS_OK) {
        cs_bearer_form(&form, "grant_type", GRANT);
        cs_bearer_form(&form, "audience", cs_slice_str(f->audience));
        cs_bearer_form(&form, "scope", f->impersonation_url[0] != '\0' ? ALL_SCOPES : cs_slice_str(scope));
        cs_bearer_form(&form, "requested_token_type", ACCESS_TOKEN);
        cs_bearer_form(&form, "subject_token_type", cs_slice_str(f->token_type));
        cs_bearer_form(&form, "subject_token", cs_buf_slice(&subject));
        err = form.err;
    }
    if (err == CS_OK)
        err = cs_bearer_ask(out, f->token_url, (cs_fetch_header){0}, cs_buf_slice(&form), deadline_us);
    cs_buf_free(&form);
    cs_buf_free(&subject);
    cs_buf_free(&text);
    return err;
}

cs_err cs_google_federation_answer(cs_bearer_token *out, cs_slice json, int64_t now_ms)
{
    cs_json *doc = NULL;
    int64_t ends_ms;
    *out = (cs_bearer_token){0};
    if (cs_json_parse(&doc, json, MAX_FILE) != CS_OK)
        return CS_BAD_FORMAT;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_slice text = cs_jobj_str(&o, "accessToken", CS_BEARER_MAX), ends = cs_jobj_str(&o, "expireTime", CS_MAX_ID);
    cs_err err = cs_jobj_done_open(&o) == CS_OK && cs_time_read(&ends_ms, ends) == CS_OK ? CS_OK : CS_BAD_FORMAT;
    if (err == CS_OK)
        err = cs_bearer_take(out, text, ends_ms, now_ms);
    cs_json_free(doc);
    return err;
}

static cs_err impersonate(cs_bearer_token *out, const cs_bearer_token *own, const char *url, const char *scope,
                          int64_t deadline_us)
{
    cs_fetch_answer answer = {0};
    cs_buf bearer = cs_buf_new_wiped(CS_BEARER_MAX + sizeof "Bearer "), body = cs_buf_new(CS_MAX_NAME + 256);
    cs_jw w = cs_jw_on(&body);
    cs_jw_begin(&w, NULL);
    cs_jw_begin_array(&w, "scope");
    cs_jw_cstr(&w, NULL, scope);
    cs_jw_end_array(&w);
    cs_jw_cstr(&w, "lifetime", LIFE);
    cs_jw_end(&w);
    cs_buf_add_str(&bearer, "Bearer ");
    cs_buf_add(&bearer, cs_buf_slice(&own->text));
    cs_err err = bearer.err == CS_OK ? body.err : bearer.err;
    if (err == CS_OK)
        err = cs_bearer_send(&answer, url, (cs_fetch_header){"Authorization", cs_buf_slice(&bearer)},
                             "application/json", cs_buf_slice(&body), deadline_us);
    if (err == CS_OK)
        err = cs_google_federation_answer(out, cs_buf_slice(&answer.body), cs_now_ms());
    cs_fetch_answer_free(&answer);
    cs_buf_free(&body);
    cs_buf_free(&bearer);
    return err;
}

cs_err cs_google_federation_ask(cs_bearer_token *out, cs_slice file, const char *scope, int64_t deadline_us)
{
    cs_google_federation f;
    cs_bearer_token own = {0};
    *out = (cs_bearer_token){0};
    cs_err err = cs_google_federation_read(&f, file);
    if (err == CS_OK && f.impersonation_url[0] == '\0')
        return exchange(out, &f, scope, deadline_us);
    if (err == CS_OK)
        err = exchange(&own, &f, scope, deadline_us);
    if (err == CS_OK)
        err = impersonate(out, &own, f.impersonation_url, scope, deadline_us);
    cs_bearer_token_wipe(&own);
    return err;
}
