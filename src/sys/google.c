/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/google.h"

#include <string.h>
#include <sys/stat.h>

#include "core/crypto_rs256.h"
#include "core/encode.h"
#include "core/json.h"
#include "core/limits.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/google_federation.h"
#include "sys/log.h"

#define METADATA "metadata.google.internal"
#define METADATA_PATH "/computeMetadata/v1/instance/service-accounts/default/token"
#define GRANT CS_LIT("urn:ietf:params:oauth:grant-type:jwt-bearer")
#define LIFE_S 3600 /* the longest that is taken */
#define MAX_FILE (32u << 10)
#define MAX_ASSERTION (8u << 10)
#define MAX_FORM (16u << 10)
#define MAX_PEM (8u << 10)

/* -- the service account ----------------------------------------------------------------------------------------- */

struct account {
    cs_slice email, key_id, private_key, token_uri;
};

static void add_part(cs_buf *jwt, const cs_buf *json)
{
    cs_base64url_encode(jwt, cs_buf_slice(json));
}

/* Header and claims, without the signature [RFC 7519, RFC 7523 §3]. */
static cs_err write_claims(cs_buf *jwt, const struct account *a, const char *scope, int64_t now_ms)
{
    cs_buf json = cs_buf_new(MAX_ASSERTION);
    cs_jw w = cs_jw_on(&json);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "alg", "RS256");
    cs_jw_cstr(&w, "typ", "JWT");
    cs_jw_str(&w, "kid", a->key_id);
    cs_jw_end(&w);
    add_part(jwt, &json);
    cs_buf_add_str(jwt, ".");
    cs_buf_clear(&json);
    w = cs_jw_on(&json);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "iss", a->email);
    cs_jw_cstr(&w, "scope", scope);
    cs_jw_str(&w, "aud", a->token_uri);
    cs_jw_int(&w, "iat", now_ms / 1000);
    cs_jw_int(&w, "exp", now_ms / 1000 + LIFE_S);
    cs_jw_end(&w);
    add_part(jwt, &json);
    cs_err err = json.err == CS_OK ? jwt->err : json.err;
    cs_buf_free(&json);
    return err;
}

static cs_err write_assertion(cs_buf *form, const struct account *a, const char *scope, int64_t now_ms)
{
    uint8_t bytes[512];
    cs_buf signature = CS_BUF_OVER(bytes), jwt = cs_buf_new_wiped(MAX_ASSERTION);
    cs_err err = write_claims(&jwt, a, scope, now_ms);
    if (err == CS_OK)
        err = cs_rs256_sign(&signature, a->private_key, cs_buf_slice(&jwt));
    if (err == CS_OK) {
        cs_buf_add_str(&jwt, ".");
        cs_base64url_encode(&jwt, cs_buf_slice(&signature));
        cs_bearer_form(form, "grant_type", GRANT);
        cs_bearer_form(form, "assertion", cs_buf_slice(&jwt));
        err = jwt.err == CS_OK ? form->err : jwt.err;
    }
    cs_buf_free(&jwt);
    return err;
}

cs_err cs_google_assert(cs_buf *form, char url[CS_FETCH_URL], cs_slice file, const char *scope, int64_t now_ms)
{
    cs_json *doc = NULL;
    struct account a;
    if (cs_json_parse(&doc, file, MAX_FILE) != CS_OK)
        return CS_BAD_FORMAT;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_slice type = cs_jobj_str(&o, "type", CS_MAX_ID);
    a.email = cs_jobj_str(&o, "client_email", 256);
    a.key_id = cs_jobj_str(&o, "private_key_id", 128);
    a.private_key = cs_jobj_str(&o, "private_key", MAX_PEM);
    a.token_uri = cs_jobj_str(&o, "token_uri", 1024);
    cs_err err = cs_jobj_done_open(&o) == CS_OK && cs_slice_is(type, "service_account") ? CS_OK : CS_BAD_FORMAT;
    if (err == CS_OK && (cs_slice_to_cstr(url, CS_FETCH_URL, a.token_uri) != CS_OK || !cs_bearer_url_allowed(url)))
        err = CS_CONFIG;
    if (err == CS_OK)
        err = write_assertion(form, &a, scope, now_ms);
    cs_json_free(doc);
    return err;
}

/* -- sources ----------------------------------------------------------------------------------------------------- */

static bool is_federated(cs_slice file)
{
    cs_json *doc = NULL;
    if (cs_json_parse(&doc, file, MAX_FILE) != CS_OK)
        return false;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    bool federated = cs_slice_is(cs_jobj_str(&o, "type", CS_MAX_ID), "external_account");
    cs_json_free(doc);
    return federated;
}

static cs_err from_file(cs_bearer_token *out, const char *scope, int64_t deadline_us)
{
    char url[CS_FETCH_URL];
    struct stat st;
    const char *path = cs_bearer_environment("GOOGLE_APPLICATION_CREDENTIALS");
    if (path[0] == '\0')
        return CS_NOT_FOUND;
    if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
        cs_log(CS_LOG_WARN, NULL, "%s: others than its owner may read these credentials", path);
    cs_buf file = cs_buf_new_wiped(MAX_FILE), form = cs_buf_new_wiped(MAX_FORM);
    cs_err err = cs_file_read(&file, path);
    bool federated = err == CS_OK && is_federated(cs_buf_slice(&file));
    if (federated)
        err = cs_google_federation_ask(out, cs_buf_slice(&file), scope, deadline_us);
    else if (err == CS_OK)
        err = cs_google_assert(&form, url, cs_buf_slice(&file), scope, cs_now_ms());
    if (err == CS_OK && !federated)
        err = cs_bearer_ask(out, url, (cs_fetch_header){0}, cs_buf_slice(&form), deadline_us);
    cs_buf_free(&form);
    cs_buf_free(&file);
    return err;
}

static cs_err from_machine(cs_bearer_token *out, const char *scope, int64_t deadline_us)
{
    char url[CS_FETCH_URL], text[512];
    const char *given = cs_bearer_environment("GCE_METADATA_HOST");
    cs_buf query = CS_BUF_OVER(text);
    cs_bearer_form(&query, "scopes", cs_slice_str(scope));
    int n = snprintf(url, sizeof url, "http://%s" METADATA_PATH "?%.*s", given[0] != '\0' ? given : METADATA,
                     (int)query.n, text);
    if (query.err != CS_OK || n >= (int)sizeof url || !cs_bearer_url_allowed(url))
        return CS_CONFIG;
    return cs_bearer_ask(out, url, (cs_fetch_header){"Metadata-Flavor", CS_LIT("Google")}, CS_ABSENT, deadline_us);
}

cs_err cs_google_source(cs_bearer_token *out, const char *resource, int64_t deadline_us)
{
    const char *name = "the account's file";
    cs_err err = from_file(out, resource, deadline_us);
    if (err == CS_NOT_FOUND) {
        name = "the metadata service";
        err = from_machine(out, resource, deadline_us);
    }
    if (err == CS_OK)
        return CS_OK;
    cs_bearer_token_wipe(out);
    cs_log(CS_LOG_ERROR, NULL, "Google: %s gives no token: %s", name, cs_err_name(err));
    return CS_CLOUD_CREDENTIALS;
}
