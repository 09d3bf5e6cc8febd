/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/accounts.h"

#include <stdio.h>
#include <sys/stat.h>

#include "core/crypto.h"
#include "core/encode.h"
#include "core/json.h"
#include "sys/file.h"
#include "sys/log.h"

#define FILE_MAX 16384
#define PATH_BYTES 4096
#define PEM_LINE 64
#define PROJECT "development"

cs_err cs_accounts_uuid(char out[37])
{
    uint8_t b[16];
    char digits[2 * sizeof b + 1];
    cs_buf hex = CS_BUF_OVER(digits);
    cs_err err = cs_random(b, sizeof b);
    if (err != CS_OK)
        return err;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    cs_hex_encode(&hex, CS_ARRAY(b));
    (void)snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12, digits + 16, digits + 20);
    return CS_OK;
}

/* -- files --------------------------------------------------------------------------------------------------------- */

static cs_err write_file(const char *state, const char *name, cs_buf *text, bool replace)
{
    char path[PATH_BYTES];
    if (text->err != CS_OK || snprintf(path, sizeof path, "%s/%s", state, name) >= (int)sizeof path)
        return CS_CONFIG;
    return cs_file_write(path, cs_buf_slice(text), 0600, replace);
}

/* CS_NOT_FOUND if there is none yet. */
static cs_err read_file(cs_json **doc, const char *state, const char *name)
{
    char path[PATH_BYTES];
    struct stat st;
    cs_buf text = cs_buf_new_wiped(FILE_MAX);
    *doc = NULL;
    if (snprintf(path, sizeof path, "%s/%s", state, name) >= (int)sizeof path)
        return CS_CONFIG;
    if (lstat(path, &st) != 0)
        return CS_NOT_FOUND;
    cs_err err = S_ISREG(st.st_mode) && (st.st_mode & 077) == 0 ? cs_file_read(&text, path) : CS_CONFIG;
    if (err == CS_OK)
        err = cs_json_parse(doc, cs_buf_slice(&text), FILE_MAX);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s: not an account, or readable by others", path);
    cs_buf_free(&text);
    return err;
}

static void read_text(char *out, size_t size, cs_jobj *o, const char *name)
{
    cs_slice text = cs_jobj_str(o, name, size - 1);
    if (o->err == CS_OK && (text.n == 0 || cs_slice_to_cstr(out, size, text) != CS_OK))
        cs_jobj_fail(o, CS_BAD_FIELD, name);
}

/* -- Azure --------------------------------------------------------------------------------------------------------- */

static cs_err make_azure(cs_azure_account *out, const char *state)
{
    uint8_t bytes[30];
    cs_buf text = cs_buf_new_wiped(FILE_MAX), word = cs_buf_new_wiped(256);
    cs_err err = cs_accounts_uuid(out->tenant);
    if (err == CS_OK)
        err = cs_accounts_uuid(out->client);
    if (err == CS_OK)
        err = cs_random(bytes, sizeof bytes);
    cs_base64url_encode(&word, CS_ARRAY(bytes));
    if (err == CS_OK)
        err = cs_secret_set(&out->client_secret, cs_buf_slice(&word));
    cs_jw w = cs_jw_on(&text);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "tenantId", out->tenant);
    cs_jw_cstr(&w, "clientId", out->client);
    cs_jw_str(&w, "clientSecret", cs_buf_slice(&word));
    cs_jw_end(&w);
    if (err == CS_OK)
        err = write_file(state, "azure-account.json", &text, false);
    cs_wipe(bytes, sizeof bytes);
    cs_buf_free(&text);
    cs_buf_free(&word);
    return err;
}

cs_err cs_accounts_open_azure(cs_azure_account *out, const char *state)
{
    cs_json *doc;
    cs_err err = read_file(&doc, state, "azure-account.json");
    if (err == CS_NOT_FOUND)
        return make_azure(out, state);
    if (err != CS_OK)
        return CS_CONFIG;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    read_text(out->tenant, sizeof out->tenant, &o, "tenantId");
    read_text(out->client, sizeof out->client, &o, "clientId");
    if (cs_secret_set(&out->client_secret, cs_jobj_str(&o, "clientSecret", 128)) != CS_OK)
        cs_jobj_fail(&o, CS_BAD_FIELD, "clientSecret");
    err = cs_jobj_done(&o);
    cs_json_free(doc);
    return err == CS_OK ? CS_OK : CS_CONFIG;
}

cs_err cs_accounts_tell_azure(const cs_azure_account *a, const char *state, const char *url)
{
    cs_buf text = cs_buf_new_wiped(FILE_MAX);
    cs_jw w = cs_jw_on(&text);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "vaultUrl", url);
    cs_jw_cstr(&w, "authorityHost", url);
    cs_jw_cstr(&w, "tenantId", a->tenant);
    cs_jw_cstr(&w, "clientId", a->client);
    cs_jw_str(&w, "clientSecret", cs_secret_slice(&a->client_secret));
    cs_jw_end(&w);
    cs_err err = write_file(state, "azure.json", &text, true);
    cs_buf_free(&text);
    return err;
}

/* -- Google -------------------------------------------------------------------------------------------------------- */

static cs_err make_google(cs_google_account *out, const char *state)
{
    uint8_t id[20];
    cs_buf text = cs_buf_new_wiped(FILE_MAX), pkcs8 = cs_buf_new_wiped(CS_PAIR_PKCS8_MAX),
           hex = CS_BUF_OVER(out->key_id);
    cs_err err = cs_pair_generate(&out->pair, CS_PAIR_RSA2048);
    if (err == CS_OK)
        err = cs_pair_private(&pkcs8, out->pair);
    if (err == CS_OK)
        err = cs_random(id, sizeof id);
    cs_hex_encode(&hex, CS_ARRAY(id));
    (void)cs_buf_cstr(&hex);
    (void)snprintf(out->email, sizeof out->email, "devkms@" PROJECT ".iam.gserviceaccount.com");
    cs_jw w = cs_jw_on(&text);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "clientEmail", out->email);
    cs_jw_cstr(&w, "privateKeyId", out->key_id);
    cs_jw_base64(&w, "pkcs8", cs_buf_slice(&pkcs8));
    cs_jw_end(&w);
    if (err == CS_OK)
        err = write_file(state, "google-account.json", &text, false);
    cs_buf_free(&text);
    cs_buf_free(&pkcs8);
    return err;
}

cs_err cs_accounts_open_google(cs_google_account *out, const char *state)
{
    cs_json *doc;
    cs_buf pkcs8 = cs_buf_new_wiped(CS_PAIR_PKCS8_MAX);
    cs_err err = read_file(&doc, state, "google-account.json");
    if (err == CS_NOT_FOUND)
        return make_google(out, state);
    if (err != CS_OK)
        return CS_CONFIG;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    read_text(out->email, sizeof out->email, &o, "clientEmail");
    read_text(out->key_id, sizeof out->key_id, &o, "privateKeyId");
    (void)cs_jobj_base64(&o, "pkcs8", CS_PAIR_PKCS8_MAX, &pkcs8);
    err = cs_jobj_done(&o);
    if (err == CS_OK)
        err = cs_pair_open(&out->pair, CS_PAIR_RSA2048, cs_buf_slice(&pkcs8));
    cs_json_free(doc);
    cs_buf_free(&pkcs8);
    return err == CS_OK ? CS_OK : CS_CONFIG;
}

static cs_err add_pem(cs_buf *pem, const cs_pair *pair)
{
    cs_buf pkcs8 = cs_buf_new_wiped(CS_PAIR_PKCS8_MAX), base64 = cs_buf_new_wiped(CS_PAIR_PKCS8_MAX * 2);
    cs_err err = cs_pair_private(&pkcs8, pair);
    cs_base64_encode(&base64, cs_buf_slice(&pkcs8));
    cs_buf_add_str(pem, "-----BEGIN PRIVATE KEY-----\n");
    for (size_t i = 0; i < base64.n; i += PEM_LINE) {
        cs_buf_add(pem, cs_slice_sub(cs_buf_slice(&base64), i, PEM_LINE));
        cs_buf_add_u8(pem, '\n');
    }
    cs_buf_add_str(pem, "-----END PRIVATE KEY-----\n");
    cs_buf_free(&pkcs8);
    cs_buf_free(&base64);
    return err == CS_OK ? pem->err : err;
}

cs_err cs_accounts_tell_google(const cs_google_account *a, const char *state, const char *url)
{
    char token[512];
    cs_buf text = cs_buf_new_wiped(FILE_MAX), pem = cs_buf_new_wiped(FILE_MAX);
    cs_err err = add_pem(&pem, a->pair);
    (void)snprintf(token, sizeof token, "%s/token", url);
    cs_jw w = cs_jw_on(&text);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "type", "service_account");
    cs_jw_cstr(&w, "project_id", PROJECT);
    cs_jw_cstr(&w, "private_key_id", a->key_id);
    cs_jw_str(&w, "private_key", cs_buf_slice(&pem));
    cs_jw_cstr(&w, "client_email", a->email);
    cs_jw_cstr(&w, "client_id", "100000000000000000000");
    cs_jw_cstr(&w, "token_uri", token);
    cs_jw_cstr(&w, "universe_domain", "googleapis.com");
    cs_jw_end(&w);
    if (err == CS_OK)
        err = write_file(state, "google.json", &text, true);
    cs_buf_free(&text);
    cs_buf_free(&pem);
    return err;
}
