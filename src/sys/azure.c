/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/azure.h"

#include <string.h>

#include "sys/clock.h"
#include "sys/log.h"

#define AUTHORITY "https://login.microsoftonline.com"
#define METADATA "http://169.254.169.254"
#define SCHEME "https://"
#define MAX_FORM (4 * CS_BEARER_MAX)
#define MAX_VAULT 127

static const char *const resources[CS_AZURE_RESOURCES] = {
    SCHEME "vault.azure.net",      SCHEME "vault.azure.cn",      SCHEME "vault.usgovcloudapi.net",
    SCHEME "managedhsm.azure.net", SCHEME "managedhsm.azure.cn", SCHEME "managedhsm.usgovcloudapi.net"};

const char *cs_azure_resource(size_t i)
{
    return i < CS_AZURE_RESOURCES ? resources[i] : "";
}

static bool is_vault(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] == '-' && i > 0)))
            return false;
    return s.n > 0 && s.n <= MAX_VAULT;
}

size_t cs_azure_resource_of(cs_slice host)
{
    for (size_t i = 0; i < CS_AZURE_RESOURCES; i++) {
        cs_slice domain = cs_slice_str(resources[i] + sizeof SCHEME - 1);
        if (host.n > domain.n + 1 && host.p[host.n - domain.n - 1] == '.' &&
            cs_slice_eq(cs_slice_sub(host, host.n - domain.n, host.n), domain) &&
            is_vault(cs_slice_of(host.p, host.n - domain.n - 1)))
            return i;
    }
    return CS_AZURE_RESOURCES;
}

/* -- sources ----------------------------------------------------------------------------------------------------- */

/* A tenant stands in an address; both are GUIDs, a tenant may be a domain. */
static bool is_id(const char *s)
{
    size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");
    return n > 0 && n <= 255 && s[n] == '\0' && s[0] != '.';
}

/* BASE without a slash at its end, and the path. */
static cs_err write_url(char url[CS_FETCH_URL], const char *base, const char *path)
{
    size_t n = strlen(base);
    if (n > 0 && base[n - 1] == '/')
        n--;
    int written = snprintf(url, CS_FETCH_URL, "%.*s%s", (int)n, base, path);
    return written > 0 && written < CS_FETCH_URL && cs_bearer_url_allowed(url) ? CS_OK : CS_CONFIG;
}

/* With the client's secret, or with an assertion of somebody whom the tenant trusts. */
static cs_err sign_in(cs_bearer_token *out, const char *resource, const char *name, cs_slice proof, int64_t deadline_us)
{
    char url[CS_FETCH_URL], path[512], scope[128];
    const char *given = cs_bearer_environment("AZURE_AUTHORITY_HOST");
    const char *tenant = cs_bearer_environment("AZURE_TENANT_ID"), *client = cs_bearer_environment("AZURE_CLIENT_ID");
    if (!is_id(tenant) || !is_id(client))
        return CS_CONFIG;
    (void)snprintf(path, sizeof path, "/%s/oauth2/v2.0/token", tenant);
    (void)snprintf(scope, sizeof scope, "%s/.default", resource);
    cs_err err = write_url(url, given[0] != '\0' ? given : AUTHORITY, path);
    cs_buf form = cs_buf_new_wiped(MAX_FORM);
    cs_bearer_form(&form, "grant_type", CS_LIT("client_credentials"));
    cs_bearer_form(&form, "client_id", cs_slice_str(client));
    cs_bearer_form(&form, "scope", cs_slice_str(scope));
    if (strcmp(name, "client_assertion") == 0)
        cs_bearer_form(&form, "client_assertion_type",
                       CS_LIT("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
    cs_bearer_form(&form, name, proof);
    if (err == CS_OK)
        err = form.err == CS_OK ? cs_bearer_ask(out, url, (cs_fetch_header){0}, cs_buf_slice(&form), deadline_us)
                                : form.err;
    cs_buf_free(&form);
    return err;
}

static cs_err from_secret(cs_bearer_token *out, const char *resource, int64_t deadline_us)
{
    cs_slice secret = cs_slice_str(cs_bearer_environment("AZURE_CLIENT_SECRET"));
    return secret.n > 0 ? sign_in(out, resource, "client_secret", secret, deadline_us) : CS_NOT_FOUND;
}

static cs_err from_federation(cs_bearer_token *out, const char *resource, int64_t deadline_us)
{
    const char *path = cs_bearer_environment("AZURE_FEDERATED_TOKEN_FILE");
    if (path[0] == '\0')
        return CS_NOT_FOUND;
    cs_buf token = cs_buf_new_wiped(CS_BEARER_MAX);
    cs_err err = cs_bearer_file(&token, path);
    if (err == CS_OK)
        err = sign_in(out, resource, "client_assertion", cs_buf_slice(&token), deadline_us);
    cs_buf_free(&token);
    return err;
}

/* Asks an identity service near by: its address, the version of its language, and what shows that we are no browser. */
static cs_err ask_identity(cs_bearer_token *out, const char *base, const char *version, const char *resource,
                           cs_fetch_header header, int64_t deadline_us)
{
    char url[CS_FETCH_URL], text[1024];
    const char *client = cs_bearer_environment("AZURE_CLIENT_ID");
    cs_buf query = CS_BUF_OVER(text);
    cs_bearer_form(&query, "api-version", cs_slice_str(version));
    cs_bearer_form(&query, "resource", cs_slice_str(resource));
    if (client[0] != '\0')
        cs_bearer_form(&query, "client_id", cs_slice_str(client));
    int n = snprintf(url, sizeof url, "%s?%.*s", base, (int)query.n, text);
    if (query.err != CS_OK || n >= (int)sizeof url || !cs_bearer_url_allowed(url))
        return CS_CONFIG;
    return cs_bearer_ask(out, url, header, CS_ABSENT, deadline_us);
}

static cs_err from_app_service(cs_bearer_token *out, const char *resource, int64_t deadline_us)
{
    const char *endpoint = cs_bearer_environment("IDENTITY_ENDPOINT");
    cs_slice header = cs_slice_str(cs_bearer_environment("IDENTITY_HEADER"));
    if (endpoint[0] == '\0')
        return CS_NOT_FOUND;
    if (header.n == 0 || strchr(endpoint, '?') != NULL)
        return CS_CONFIG;
    return ask_identity(out, endpoint, "2019-08-01", resource, (cs_fetch_header){"X-IDENTITY-HEADER", header},
                        deadline_us);
}

static cs_err from_machine(cs_bearer_token *out, const char *resource, int64_t deadline_us)
{
    char url[CS_FETCH_URL];
    const char *given = cs_bearer_environment("AZURE_POD_IDENTITY_AUTHORITY_HOST");
    cs_err err = write_url(url, given[0] != '\0' ? given : METADATA, "/metadata/identity/oauth2/token");
    return err == CS_OK ? ask_identity(out, url, "2018-02-01", resource, (cs_fetch_header){"Metadata", CS_LIT("true")},
                                       deadline_us)
                        : err;
}

cs_err cs_azure_source(cs_bearer_token *out, const char *resource, int64_t deadline_us)
{
    static const struct {
        const char *name;
        cs_bearer_source *read;
    } sources[] = {{"the client's secret", from_secret},
                   {"the federated token", from_federation},
                   {"the App Service's identity", from_app_service},
                   {"the machine's identity", from_machine}};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        cs_err err = sources[i].read(out, resource, deadline_us);
        if (err == CS_OK)
            return CS_OK;
        cs_bearer_token_wipe(out);
        if (err != CS_NOT_FOUND) {
            cs_log(CS_LOG_ERROR, NULL, "Azure: %s gives no token for %s: %s", sources[i].name, resource,
                   cs_err_name(err));
            break;
        }
    }
    return CS_CLOUD_CREDENTIALS;
}
