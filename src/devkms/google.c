/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/google.h"

#include <stdio.h>
#include <string.h>

#include "devkms/crc32c.h"
#include "devkms/token.h"
#include "sys/clock.h"
#include "sys/log.h"

#define FORM_MAX 16384
#define JSON_TYPE "application/json; charset=UTF-8"
#define GRANTING_PATH "/token"
#define METADATA "/computeMetadata/v1/instance/service-accounts/default/token"

static const struct error {
    int status;
    const char *name, *sentence;
} errors[CS_GOOGLE_ERRORS] = {
    [CS_GOOGLE_OK] = {200, NULL, NULL},
    [CS_GOOGLE_INVALID_ARGUMENT] = {400, "INVALID_ARGUMENT", "Request contains an invalid argument."},
    [CS_GOOGLE_CHECKSUM] = {400, "INVALID_ARGUMENT",
                            "The checksum in a field did not match the data in another field."},
    [CS_GOOGLE_FAILED_PRECONDITION] = {400, "FAILED_PRECONDITION", "The key version is not enabled, or not for this."},
    [CS_GOOGLE_UNAUTHENTICATED] = {401, "UNAUTHENTICATED", "Request had invalid authentication credentials."},
    [CS_GOOGLE_PERMISSION_DENIED] = {403, "PERMISSION_DENIED", "Permission denied on resource (or it may not exist)."},
    [CS_GOOGLE_NOT_FOUND] = {404, "NOT_FOUND", "Requested entity was not found."},
    [CS_GOOGLE_ALREADY_EXISTS] = {409, "ALREADY_EXISTS", "The resource already exists."},
    [CS_GOOGLE_RESOURCE_EXHAUSTED] = {429, "RESOURCE_EXHAUSTED", "Quota exceeded."},
    [CS_GOOGLE_INTERNAL] = {500, "INTERNAL", "Internal error encountered."},
    [CS_GOOGLE_UNAVAILABLE] = {503, "UNAVAILABLE", "The service is currently unavailable."},
};

static const cs_google_algorithm algorithms[] = {
    {"GOOGLE_SYMMETRIC_ENCRYPTION", 1, CS_PAIR_NONE, CS_GOOGLE_ENCRYPTS},
    {"EC_SIGN_P256_SHA256", 12, CS_PAIR_P256, CS_GOOGLE_SIGNS_SHA256},
    {"EC_SIGN_ED25519", 40, CS_PAIR_ED25519, CS_GOOGLE_SIGNS_DATA},
    {"PQ_SIGN_ML_DSA_44", 68, CS_PAIR_MLDSA44, CS_GOOGLE_SIGNS_DATA},
    {"PQ_SIGN_ML_DSA_65", 56, CS_PAIR_MLDSA65, CS_GOOGLE_SIGNS_DATA},
    {"PQ_SIGN_ML_DSA_87", 69, CS_PAIR_MLDSA87, CS_GOOGLE_SIGNS_DATA},
    {"PQ_SIGN_ML_DSA_44_EXTERNAL_MU", 70, CS_PAIR_MLDSA44, CS_GOOGLE_SIGNS_MU},
    {"PQ_SIGN_ML_DSA_65_EXTERNAL_MU", 67, CS_PAIR_MLDSA65, CS_GOOGLE_SIGNS_MU},
    {"PQ_SIGN_ML_DSA_87_EXTERNAL_MU", 71, CS_PAIR_MLDSA87, CS_GOOGLE_SIGNS_MU},
};

const cs_google_algorithm *cs_google_algorithm_find(cs_slice name)
{
    char number[16];
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        (void)snprintf(number, sizeof number, "%d", (int)algorithms[i].number);
        if (cs_slice_is(name, algorithms[i].name) || cs_slice_is(name, number))
            return &algorithms[i];
    }
    return NULL;
}

/* -- checksums ----------------------------------------------------------------------------------------------------- */

void cs_google_write_checksum(const cs_google_call *c, cs_jw *w, const char *name, cs_slice bytes)
{
    char text[16];
    uint32_t wrong = (c->faults & 1u << CS_INJECT_BAD_CHECKSUM) != 0;
    (void)snprintf(text, sizeof text, "%u", cs_crc32c_of(bytes) ^ wrong);
    cs_jw_cstr(w, name, text);
}

bool cs_google_check_sum(cs_jobj *o, const char *sum, cs_slice bytes, bool *verified)
{
    char text[16];
    cs_jobj as_text = *o;
    *verified = false;
    if (!cs_jobj_has(o, sum))
        return true;
    /* A number of 64 bits is written as text; plain ones are taken, too. */
    cs_slice told = cs_jobj_str(&as_text, sum, 20);
    uint32_t is = cs_crc32c_of(bytes);
    (void)snprintf(text, sizeof text, "%u", is);
    *verified = as_text.err == CS_OK ? cs_slice_is(told, text) : cs_jobj_int(o, sum, 0, UINT32_MAX) == (int64_t)is;
    return *verified;
}

bool cs_google_read_bytes(cs_jobj *o, const char *name, const char *sum, size_t max, cs_buf *out, bool *verified)
{
    (void)cs_jobj_base64_opt(o, name, max, out);
    return cs_google_check_sum(o, sum, out->n > 0 ? cs_buf_slice(out) : CS_LIT(""), verified);
}

/* -- tokens -------------------------------------------------------------------------------------------------------- */

static void write_error(cs_http_answer *answer, cs_google_error e, const char *why)
{
    const struct error *row = &errors[e];
    answer->status = row->status;
    cs_buf_clear(&answer->body);
    cs_jw w = cs_jw_on(&answer->body);
    cs_jw_begin(&w, NULL);
    cs_jw_begin(&w, "error");
    cs_jw_int(&w, "code", row->status);
    cs_jw_cstr(&w, "message", why != NULL ? why : row->sentence);
    cs_jw_cstr(&w, "status", row->name);
    cs_jw_end(&w);
    cs_jw_end(&w);
}

static void grant(cs_service *s, cs_http_answer *answer)
{
    cs_buf token = cs_buf_new_wiped(CS_TOKEN_MAX);
    cs_err err = cs_token_issue(&token, cs_secret_slice(&s->token_key), CS_GOOGLE_AUDIENCE,
                                cs_now_ms() / 1000 + CS_TOKEN_SECONDS);
    answer->status = err == CS_OK ? 200 : 500;
    cs_jw w = cs_jw_on(&answer->body);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "access_token", cs_buf_slice(&token));
    cs_jw_int(&w, "expires_in", CS_TOKEN_SECONDS);
    cs_jw_cstr(&w, "token_type", "Bearer");
    cs_jw_end(&w);
    cs_buf_free(&token);
}

static bool has_scope(cs_slice scopes)
{
    while (scopes.n > 0) {
        const uint8_t *blank = memchr(scopes.p, ' ', scopes.n);
        cs_slice one = blank != NULL ? cs_slice_sub(scopes, 0, (size_t)(blank - scopes.p)) : scopes;
        if (cs_slice_is(one, "https://www.googleapis.com/auth/cloudkms") ||
            cs_slice_is(one, "https://www.googleapis.com/auth/cloud-platform"))
            return true;
        scopes = cs_slice_sub(scopes, one.n + 1, scopes.n);
    }
    return false;
}

/* An assertion of the service account for this endpoint [RFC 7523 §2.1]. */
static bool is_granted(cs_service *s, const cs_http_request *request, cs_slice jwt)
{
    char endpoint[400];
    cs_assertion a;
    cs_slice host = cs_head_value(&request->head, "host");
    (void)snprintf(endpoint, sizeof endpoint, "%s://%.*s/token", s->https ? "https" : "http",
                   (int)(host.n > 300 ? 300 : host.n), (const char *)host.p);
    bool good = cs_assertion_read(&a, s->google.pair, jwt, cs_now_ms() / 1000) == CS_OK &&
                cs_slice_is(a.issuer, s->google.email) && cs_slice_is(a.audience, endpoint) && has_scope(a.scope);
    cs_assertion_free(&a);
    return good;
}

static void serve_token(cs_service *s, cs_http_answer *answer, const cs_http_request *request)
{
    cs_form f;
    cs_err err = cs_form_parse(&f, request->body, FORM_MAX);
    (void)cs_service_count(s, answer, "google.token");
    if (err == CS_OK && cs_slice_is(cs_form_get(&f, "grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer") &&
        is_granted(s, request, cs_form_get(&f, "assertion"))) {
        grant(s, answer);
    } else {
        answer->status = 400;
        cs_jw w = cs_jw_on(&answer->body);
        cs_jw_begin(&w, NULL);
        cs_jw_cstr(&w, "error", "invalid_grant");
        cs_jw_cstr(&w, "error_description", "Invalid JWT: signature, issuer, audience, scope or time.");
        cs_jw_end(&w);
    }
    cs_form_free(&f);
}

static bool is_bearer(const cs_service *s, const cs_head *head, int64_t now_ms)
{
    const cs_slice prefix = CS_LIT("Bearer ");
    cs_slice sent = cs_head_value(head, "authorization");
    cs_assertion a;
    if (!cs_slice_starts(sent, prefix))
        return false;
    sent = cs_slice_sub(sent, prefix.n, sent.n);
    if (cs_token_check(cs_secret_slice(&s->token_key), sent, CS_GOOGLE_AUDIENCE, now_ms / 1000) == CS_OK)
        return true;
    bool good = cs_assertion_read(&a, s->google.pair, sent, now_ms / 1000) == CS_OK &&
                cs_slice_is(a.issuer, s->google.email) && cs_slice_is(a.subject, s->google.email) &&
                (a.audience.p != NULL ? cs_slice_is(a.audience, CS_GOOGLE_AUDIENCE) : has_scope(a.scope));
    cs_assertion_free(&a);
    return good;
}

/* -- resources ----------------------------------------------------------------------------------------------------- */

static const struct route {
    const char *method;
    size_t segments;  /* of the path */
    const char *verb; /* behind a colon; NULL: none */
    const char *last; /* what the last segment is; NULL: a name */
    const char *op;
    cs_google_operation run;
} routes[] = {
    {"POST", 6, NULL, "keyRings", "google.createKeyRing", cs_google_create_ring},
    {"GET", 7, NULL, NULL, "google.getKeyRing", cs_google_get_ring},
    {"POST", 8, NULL, "cryptoKeys", "google.createCryptoKey", cs_google_create_key},
    {"GET", 9, NULL, NULL, "google.getCryptoKey", cs_google_get_key},
    {"POST", 9, "encrypt", NULL, "google.encrypt", cs_google_encrypt},
    {"POST", 9, "decrypt", NULL, "google.decrypt", cs_google_decrypt},
    {"POST", 10, NULL, "cryptoKeyVersions", "google.createCryptoKeyVersion", cs_google_create_version},
    {"GET", 11, NULL, NULL, "google.getCryptoKeyVersion", cs_google_get_version},
    {"PATCH", 11, NULL, NULL, "google.updateCryptoKeyVersion", cs_google_update_version},
    {"POST", 11, "asymmetricSign", NULL, "google.asymmetricSign", cs_google_sign},
    {"GET", 12, NULL, "publicKey", "google.getPublicKey", cs_google_public_key},
};

/* v1/projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/V */
static bool has_names_in_place(const cs_segments *path)
{
    static const char *const collections[] = {"v1", "projects",   NULL, "locations",         NULL, "keyRings",
                                              NULL, "cryptoKeys", NULL, "cryptoKeyVersions", NULL, "publicKey"};
    for (size_t i = 0; i < path->n; i++)
        if (i >= sizeof collections / sizeof *collections ||
            (collections[i] != NULL && !cs_slice_is(path->of[i], collections[i])))
            return false;
    return path->n >= 6;
}

static bool join(char *out, size_t size, const cs_segments *path, size_t until)
{
    cs_buf text = cs_buf_over(out, size);
    for (size_t i = 1; i < path->n && i < until; i++) {
        if (i > 1)
            cs_buf_add_u8(&text, '/');
        cs_buf_add(&text, path->of[i]);
    }
    (void)cs_buf_cstr(&text);
    return text.err == CS_OK && text.n < size;
}

static const struct route *find_route(cs_google_call *c, cs_segments *path, cs_slice method)
{
    cs_slice verb = CS_ABSENT, *last = &path->of[path->n - 1];
    const uint8_t *colon = memchr(last->p, ':', last->n);
    if (colon != NULL) {
        size_t at = (size_t)(colon - last->p);
        verb = cs_slice_sub(*last, at + 1, last->n);
        last->n = at;
    }
    if (!has_names_in_place(path) || !join(c->key, sizeof c->key, path, 9) ||
        (path->n >= 11 && !join(c->version, sizeof c->version, path, 11)))
        return NULL;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        const struct route *r = &routes[i];
        bool verb_fits = r->verb != NULL ? cs_slice_is(verb, r->verb) : verb.p == NULL;
        if (path->n == r->segments && cs_slice_is(method, r->method) && verb_fits)
            return r;
    }
    return NULL;
}

static cs_google_error injected(unsigned faults)
{
    static const struct {
        cs_inject_kind kind;
        cs_google_error error;
    } rows[] = {{CS_INJECT_THROTTLE, CS_GOOGLE_RESOURCE_EXHAUSTED},
                {CS_INJECT_ERROR, CS_GOOGLE_INTERNAL},
                {CS_INJECT_UNAVAILABLE, CS_GOOGLE_UNAVAILABLE},
                {CS_INJECT_DENY, CS_GOOGLE_PERMISSION_DENIED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((faults & 1u << rows[i].kind) != 0)
            return rows[i].error;
    return CS_GOOGLE_OK;
}

static cs_google_error run(cs_google_call *c, const struct route *r, const cs_http_request *request)
{
    cs_json *doc = NULL;
    cs_form query;
    cs_google_error e = CS_GOOGLE_INVALID_ARGUMENT;
    /* An empty message is nothing, or what Google's SDK for JavaScript writes in its place. */
    bool empty = request->body.n == 0 || cs_slice_is(request->body, "\"\"") || cs_slice_is(request->head.method, "GET");
    if (cs_form_parse(&query, request->head.query, FORM_MAX) == CS_OK &&
        cs_json_parse(&doc, empty ? CS_LIT("{}") : request->body, CS_MAX_BODY) == CS_OK &&
        cs_jval_is_object(cs_json_root(doc))) {
        c->in = cs_jobj_open(cs_json_root(doc));
        c->query = &query;
        e = r->run(c);
    }
    cs_json_free(doc);
    cs_form_free(&query);
    return e == CS_GOOGLE_OK && c->out->err != CS_OK ? CS_GOOGLE_INTERNAL : e;
}

static void serve_resource(cs_service *s, cs_http_answer *answer, const cs_http_request *request, cs_segments *path)
{
    cs_google_call c = {.service = s, .out = &answer->body, .now_ms = cs_now_ms()};
    cs_google_error e = is_bearer(s, &request->head, c.now_ms) ? CS_GOOGLE_OK : CS_GOOGLE_UNAUTHENTICATED;
    const struct route *r = e == CS_GOOGLE_OK ? find_route(&c, path, request->head.method) : NULL;
    if (e == CS_GOOGLE_OK && r == NULL)
        e = CS_GOOGLE_NOT_FOUND;
    if (e == CS_GOOGLE_OK) {
        c.faults = cs_service_count(s, answer, r->op);
        e = injected(c.faults);
    }
    answer->status = 200;
    if (e == CS_GOOGLE_OK)
        e = run(&c, r, request);
    if (e != CS_GOOGLE_OK)
        write_error(answer, e, c.why);
    if ((c.faults & 1u << CS_INJECT_GARBAGE) != 0) {
        answer->status = 200;
        cs_buf_clear(&answer->body);
        cs_buf_add_str(&answer->body, "<html>{\"signature\":");
    }
    cs_log(CS_LOG_INFO, answer->id, "google %s: %d", r != NULL ? r->op : "", answer->status);
}

bool cs_google_serve(cs_service *s, cs_http_answer *answer, const cs_http_request *request)
{
    cs_segments path;
    const cs_head *head = &request->head;
    if (s->google.pair == NULL)
        return false;
    answer->type = JSON_TYPE;
    bool grants = cs_slice_is(head->method, "POST") && cs_slice_is(head->path, GRANTING_PATH);
    bool metadata = cs_slice_is(head->path, METADATA);
    bool flavor = cs_slice_is(cs_head_value(head, "metadata-flavor"), "Google");
    if (!grants && !metadata && (!cs_slice_starts(head->path, CS_LIT("/v1/")) || !cs_segments_split(&path, head->path)))
        return false;
    if (grants)
        serve_token(s, answer, request);
    else if (metadata && flavor)
        grant(s, answer);
    else if (metadata)
        answer->status = 403;
    else
        serve_resource(s, answer, request, &path);
    return true;
}
