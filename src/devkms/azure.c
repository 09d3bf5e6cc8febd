/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/azure.h"

#include <stdio.h>
#include <string.h>

#include "devkms/token.h"
#include "sys/clock.h"
#include "sys/log.h"

#define FORM_MAX 16384
#define JSON_TYPE "application/json; charset=utf-8"

static const struct error {
    int status;
    const char *code, *inner, *sentence;
} errors[CS_AZURE_ERRORS] = {
    [CS_AZURE_OK] = {200, NULL, NULL, NULL},
    [CS_AZURE_BAD_PARAMETER] = {400, "BadParameter", NULL, "A member or parameter has a value that is not allowed."},
    [CS_AZURE_UNAUTHORIZED] = {401, "Unauthorized", NULL, "AKV10000: Request is missing a Bearer or PoP token."},
    [CS_AZURE_FORBIDDEN] = {403, "Forbidden", "ForbiddenByRbac",
                            "Caller is not authorized to perform action on resource."},
    [CS_AZURE_OPERATION_FORBIDDEN] = {403, "Forbidden", "KeyOperationForbidden",
                                      "The operation is not allowed on this key."},
    [CS_AZURE_NOT_FOUND] = {404, "KeyNotFound", NULL,
                            "A key with this name or version was not found in this key vault."},
    [CS_AZURE_METHOD] = {405, "MethodNotAllowed", NULL, "The route does not take this method."},
    [CS_AZURE_THROTTLED] = {429, "Throttled", NULL,
                            "Request was not processed because too many requests were received."},
    [CS_AZURE_INTERNAL] = {500, "InternalError", NULL, "The service failed."},
    [CS_AZURE_UNAVAILABLE] = {503, "ServiceUnavailable", NULL, "The service is not available."},
};

static const struct route {
    const char *method, *verb; /* what stands behind name or version; NULL: nothing */
    bool version;              /* must be named */
    const char *op;
    cs_azure_operation run;
} routes[] = {
    {"POST", "create", false, "azure.create", cs_azure_create},
    {"GET", NULL, false, "azure.get", cs_azure_get},
    {"PATCH", NULL, true, "azure.update", cs_azure_update},
    {"POST", "sign", true, "azure.sign", cs_azure_sign},
    {"POST", "verify", true, "azure.verify", cs_azure_verify},
    {"POST", "wrapkey", true, "azure.wrapkey", cs_azure_wrap},
    {"POST", "unwrapkey", true, "azure.unwrapkey", cs_azure_unwrap},
};

static void write_error(cs_http_answer *answer, cs_azure_error e, const char *why)
{
    const struct error *row = &errors[e];
    answer->status = row->status;
    cs_buf_clear(&answer->body);
    cs_jw w = cs_jw_on(&answer->body);
    cs_jw_begin(&w, NULL);
    cs_jw_begin(&w, "error");
    cs_jw_cstr(&w, "code", row->code);
    cs_jw_cstr(&w, "message", why != NULL ? why : row->sentence);
    if (row->inner != NULL) {
        cs_jw_begin(&w, "innererror");
        cs_jw_cstr(&w, "code", row->inner);
        cs_jw_end(&w);
    }
    cs_jw_end(&w);
    cs_jw_end(&w);
    if (e == CS_AZURE_THROTTLED)
        cs_buf_add_str(&answer->fields, "Retry-After: 1\r\n");
}

/* Scheme and host as the client calls them. */
static void write_base(char out[320], const cs_service *s, const cs_head *head)
{
    cs_slice host = cs_head_value(head, "host");
    (void)snprintf(out, 320, "%s://%.*s", s->https ? "https" : "http", (int)(host.n > 300 ? 300 : host.n),
                   (const char *)host.p);
}

/* -- tokens -------------------------------------------------------------------------------------------------------- */

static void refuse_client(cs_http_answer *answer, const char *error, const char *description)
{
    answer->status = strcmp(error, "invalid_client") == 0 ? 401 : 400;
    cs_jw w = cs_jw_on(&answer->body);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "error", error);
    cs_jw_cstr(&w, "error_description", description);
    cs_jw_end(&w);
}

static void grant(cs_service *s, cs_http_answer *answer, bool managed)
{
    int64_t until = cs_now_ms() / 1000 + CS_TOKEN_SECONDS;
    cs_buf token = cs_buf_new_wiped(CS_TOKEN_MAX);
    char number[32];
    answer->status =
        cs_token_issue(&token, cs_secret_slice(&s->token_key), CS_AZURE_RESOURCE, until) == CS_OK ? 200 : 500;
    cs_jw w = cs_jw_on(&answer->body);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "token_type", "Bearer");
    if (managed) { /* this endpoint writes its numbers as text */
        cs_jw_cstr(&w, "client_id", s->azure.client);
        cs_jw_cstr(&w, "expires_in", "3599");
        (void)snprintf(number, sizeof number, "%lld", (long long)until);
        cs_jw_cstr(&w, "expires_on", number);
        cs_jw_cstr(&w, "resource", CS_AZURE_RESOURCE);
    } else {
        cs_jw_int(&w, "expires_in", CS_TOKEN_SECONDS);
        cs_jw_int(&w, "ext_expires_in", CS_TOKEN_SECONDS);
    }
    cs_jw_str(&w, "access_token", cs_buf_slice(&token));
    cs_jw_end(&w);
    cs_buf_free(&token);
}

/* Client credentials with a secret [RFC 6749 §4.4]. */
static void serve_token(cs_service *s, cs_http_answer *answer, const cs_http_request *request, cs_slice tenant)
{
    cs_form f;
    cs_err err = cs_form_parse(&f, request->body, FORM_MAX);
    cs_slice key = cs_form_get(&f, "client_secret");
    (void)cs_service_count(s, answer, "azure.token");
    if (err != CS_OK || !cs_slice_is(cs_form_get(&f, "grant_type"), "client_credentials"))
        refuse_client(answer, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.");
    else if (!cs_slice_is(tenant, s->azure.tenant))
        refuse_client(answer, "invalid_request", "AADSTS90002: Tenant not found.");
    else if (!cs_slice_is(cs_form_get(&f, "client_id"), s->azure.client))
        refuse_client(answer, "unauthorized_client", "AADSTS700016: Application was not found in the directory.");
    else if (key.p == NULL || !cs_secret_eq(key, cs_secret_slice(&s->azure.client_secret)))
        refuse_client(answer, "invalid_client", "AADSTS7000215: Invalid client secret provided.");
    else if (!cs_slice_is(cs_form_get(&f, "scope"), CS_AZURE_RESOURCE "/.default") &&
             !cs_slice_starts(cs_form_get(&f, "scope"), CS_LIT(CS_AZURE_RESOURCE "/.default ")))
        refuse_client(answer, "invalid_scope",
                      "AADSTS70011: The provided value for the input parameter 'scope' is not valid.");
    else
        grant(s, answer, false);
    cs_form_free(&f);
}

static void serve_managed(cs_service *s, cs_http_answer *answer, const cs_http_request *request)
{
    cs_form f;
    cs_err err = cs_form_parse(&f, request->head.query, FORM_MAX);
    (void)cs_service_count(s, answer, "azure.identity");
    if (err != CS_OK || !cs_slice_is(cs_head_value(&request->head, "metadata"), "true") ||
        !cs_slice_is(cs_form_get(&f, "api-version"), "2018-02-01") ||
        !cs_slice_is(cs_form_get(&f, "resource"), CS_AZURE_RESOURCE))
        refuse_client(answer, "invalid_request", "Required metadata header not specified, or resource not known.");
    else
        grant(s, answer, true);
    cs_form_free(&f);
}

static void serve_discovery(cs_http_answer *answer, const char *base, cs_slice tenant)
{
    char url[512];
    int n = (int)(tenant.n > 64 ? 64 : tenant.n);
    const char *t = (const char *)tenant.p;
    cs_jw w = cs_jw_on(&answer->body);
    answer->status = 200;
    cs_jw_begin(&w, NULL);
    (void)snprintf(url, sizeof url, "%s/%.*s/oauth2/v2.0/token", base, n, t);
    cs_jw_cstr(&w, "token_endpoint", url);
    (void)snprintf(url, sizeof url, "%s/%.*s/oauth2/v2.0/authorize", base, n, t);
    cs_jw_cstr(&w, "authorization_endpoint", url);
    (void)snprintf(url, sizeof url, "%s/%.*s/v2.0", base, n, t);
    cs_jw_cstr(&w, "issuer", url);
    (void)snprintf(url, sizeof url, "%s/%.*s/discovery/v2.0/keys", base, n, t);
    cs_jw_cstr(&w, "jwks_uri", url);
    cs_jw_end(&w);
}

/* -- keys ---------------------------------------------------------------------------------------------------------- */

static bool is_version_known(const cs_head *head)
{
    static const char *const versions[] = {"7.4", "7.5", "7.6", "2025-07-01"};
    cs_form f;
    bool known = false;
    cs_err err = cs_form_parse(&f, head->query, FORM_MAX);
    for (size_t i = 0; i < sizeof versions / sizeof *versions && err == CS_OK; i++)
        known = known || cs_slice_is(cs_form_get(&f, "api-version"), versions[i]);
    cs_form_free(&f);
    return known;
}

static bool is_bearer(const cs_service *s, const cs_head *head, int64_t now_ms)
{
    const cs_slice prefix = CS_LIT("Bearer ");
    cs_slice sent = cs_head_value(head, "authorization");
    return cs_slice_starts(sent, prefix) &&
           cs_token_check(cs_secret_slice(&s->token_key), cs_slice_sub(sent, prefix.n, sent.n), CS_AZURE_RESOURCE,
                          now_ms / 1000) == CS_OK;
}

/* /keys/{name}[/{version}][/{verb}] */
static const struct route *find_route(cs_azure_call *c, cs_azure_error *e, const cs_segments *path, cs_slice method)
{
    bool known = false;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct route *r = &routes[i];
        size_t named = path->n - 1 - (r->verb != NULL); /* name, and version */
        bool fits = path->n >= 2 && (r->verb == NULL || (path->n >= 3 && cs_slice_is(path->of[path->n - 1], r->verb)));
        if (r->verb != NULL && strcmp(r->verb, "create") == 0)
            fits = fits && named == 1;
        else
            fits = fits && (named == 2 || (named == 1 && !r->version));
        if (!fits)
            continue;
        known = true;
        if (!cs_slice_is(method, r->method))
            continue;
        c->name = path->of[1];
        c->version = named == 2 ? path->of[2] : CS_ABSENT;
        return r;
    }
    *e = known ? CS_AZURE_METHOD : CS_AZURE_NOT_FOUND;
    return NULL;
}

static cs_azure_error injected(unsigned faults)
{
    static const struct {
        cs_inject_kind kind;
        cs_azure_error error;
    } rows[] = {{CS_INJECT_THROTTLE, CS_AZURE_THROTTLED},
                {CS_INJECT_ERROR, CS_AZURE_INTERNAL},
                {CS_INJECT_UNAVAILABLE, CS_AZURE_UNAVAILABLE},
                {CS_INJECT_DENY, CS_AZURE_FORBIDDEN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((faults & 1u << rows[i].kind) != 0)
            return rows[i].error;
    return CS_AZURE_OK;
}

static cs_azure_error run(cs_azure_call *c, const struct route *r, cs_slice body)
{
    cs_json *doc = NULL;
    bool get = strcmp(r->method, "GET") == 0;
    cs_err err = cs_json_parse(&doc, get ? CS_LIT("{}") : body, CS_MAX_BODY);
    if (err != CS_OK || !cs_jval_is_object(cs_json_root(doc))) {
        cs_json_free(doc);
        return CS_AZURE_BAD_PARAMETER;
    }
    c->in = cs_jobj_open(cs_json_root(doc));
    cs_azure_error e = r->run(c);
    cs_json_free(doc);
    return e == CS_AZURE_OK && c->out->err != CS_OK ? CS_AZURE_INTERNAL : e;
}

static void challenge(cs_service *s, cs_http_answer *answer, const char *base)
{
    cs_buf_printf(&answer->fields,
                  "WWW-Authenticate: Bearer authorization=\"%s/%s\", resource=\"" CS_AZURE_RESOURCE "\"\r\n", base,
                  s->azure.tenant);
}

static void serve_keys(cs_service *s, cs_http_answer *answer, const cs_http_request *request, const cs_segments *path)
{
    cs_azure_call c = {.service = s, .out = &answer->body, .now_ms = cs_now_ms()};
    cs_azure_error e = CS_AZURE_OK;
    const struct route *r = NULL;
    write_base(c.base, s, &request->head);
    cs_buf_printf(&answer->fields, "x-ms-request-id: %s\r\n", answer->id);
    if (!is_bearer(s, &request->head, c.now_ms)) {
        e = CS_AZURE_UNAUTHORIZED;
        challenge(s, answer, c.base);
    }
    if (e == CS_AZURE_OK && !is_version_known(&request->head))
        e = CS_AZURE_BAD_PARAMETER;
    if (e == CS_AZURE_OK)
        r = find_route(&c, &e, path, request->head.method);
    if (e == CS_AZURE_OK) {
        c.faults = cs_service_count(s, answer, r->op);
        e = injected(c.faults);
    }
    answer->status = 200;
    if (e == CS_AZURE_OK)
        e = run(&c, r, request->body);
    if (e != CS_AZURE_OK)
        write_error(answer, e, c.why);
    if ((c.faults & 1u << CS_INJECT_GARBAGE) != 0) {
        answer->status = 200;
        cs_buf_clear(&answer->body);
        cs_buf_add_str(&answer->body, "<html>{\"value\":");
    }
    cs_log(CS_LOG_INFO, answer->id, "azure %s: %d", r != NULL ? r->op : "", answer->status);
}

bool cs_azure_serve(cs_service *s, cs_http_answer *answer, const cs_http_request *request)
{
    cs_segments path;
    char base[320];
    const cs_head *head = &request->head;
    if (s->azure.tenant[0] == '\0' || !cs_segments_split(&path, head->path) || path.n < 2)
        return false;
    answer->type = JSON_TYPE;
    bool get = cs_slice_is(head->method, "GET"), keys = cs_slice_is(path.of[0], "keys");
    bool grants = path.n == 4 && !get && cs_slice_is(path.of[1], "oauth2") && cs_slice_is(path.of[2], "v2.0");
    bool tells = path.n == 4 && get && cs_slice_is(path.of[3], "openid-configuration");
    bool managed = get && cs_slice_starts(head->path, CS_LIT("/metadata/identity/"));
    if (!keys && !grants && !tells && !managed)
        return false;
    write_base(base, s, head);
    if (keys)
        serve_keys(s, answer, request, &path);
    else if (grants)
        serve_token(s, answer, request, path.of[0]);
    else if (tells)
        serve_discovery(answer, base, path.of[0]);
    else
        serve_managed(s, answer, request);
    return true;
}
