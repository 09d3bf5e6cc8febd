/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/aws_source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/limits.h"
#include "sys/clock.h"
#include "sys/fetch.h"
#include "sys/file.h"
#include "sys/log.h"

#define EARLY_MS (5 * 60 * 1000) /* before they end new ones are asked for */
#define FILE_AGE_MS (60 * 1000)  /* then a file is read again */
#define MAX_ANSWER (64u << 10)
#define MAX_FILE (64u << 10)
#define MAX_ROLE 64
#define ONE_REQUEST_US (2 * 1000000) /* these services are near */
#define METADATA "http://169.254.169.254"
#define METADATA_TOKEN_SECONDS CS_LIT("21600")
#define CONTAINER "http://169.254.170.2"

/* -- credentials ------------------------------------------------------------------------------------------------- */

void cs_aws_credentials_wipe(cs_aws_credentials *c)
{
    cs_secret_wipe(&c->secret_access_key);
    cs_buf_free(&c->session_token);
    cs_wipe(c, sizeof *c);
    *c = (cs_aws_credentials){0};
}

/* Nothing but what may stand in a header. */
static bool is_token_text(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return true;
}

/* Takes what is complete and well formed; wiped otherwise. `token` may be absent. */
static cs_err take(cs_aws_credentials *out, cs_slice id, cs_slice secret, cs_slice token)
{
    *out = (cs_aws_credentials){
        .session_token = cs_buf_new_wiped(CS_AWS_MAX_TOKEN), .expires_ms = INT64_MAX, .renew_ms = INT64_MAX};
    cs_buf_add(&out->session_token, token);
    bool ok = id.n > 0 && secret.n > 0 && secret.n <= CS_AWS_MAX_SECRET && is_token_text(id) && is_token_text(secret) &&
              is_token_text(token) && cs_slice_to_cstr(out->access_key_id, sizeof out->access_key_id, id) == CS_OK &&
              cs_secret_set(&out->secret_access_key, secret) == CS_OK && out->session_token.err == CS_OK;
    if (ok)
        return CS_OK;
    cs_aws_credentials_wipe(out);
    return CS_BAD_FORMAT;
}

cs_err cs_aws_credentials_copy(cs_aws_credentials *to, const cs_aws_credentials *from)
{
    cs_err err = take(to, cs_slice_str(from->access_key_id), cs_secret_slice(&from->secret_access_key),
                      cs_buf_slice(&from->session_token));
    to->expires_ms = from->expires_ms;
    to->renew_ms = from->renew_ms;
    return err == CS_OK ? CS_OK : CS_NO_MEMORY;
}

/* Temporary ones, with the text of the time when they end. */
static cs_err take_temporary(cs_aws_credentials *out, cs_slice id, cs_slice secret, cs_slice token, cs_slice expires,
                             int64_t now_ms)
{
    int64_t at;
    *out = (cs_aws_credentials){0};
    if (token.n == 0 || cs_time_read(&at, expires) != CS_OK)
        return CS_BAD_FORMAT;
    if (at <= now_ms)
        return CS_CONFLICT;
    cs_err err = take(out, id, secret, token);
    if (err != CS_OK)
        return err;
    int64_t early = (at - now_ms) / 2 < EARLY_MS ? (at - now_ms) / 2 : EARLY_MS;
    out->expires_ms = at;
    out->renew_ms = at - early;
    return CS_OK;
}

cs_err cs_aws_source_json(cs_aws_credentials *out, cs_slice text, int64_t now_ms)
{
    cs_json *json = NULL;
    *out = (cs_aws_credentials){0};
    if (cs_json_parse(&json, text, MAX_ANSWER) != CS_OK)
        return CS_BAD_FORMAT;
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    cs_slice id = cs_jobj_str(&o, "AccessKeyId", CS_AWS_MAX_ID);
    cs_slice secret = cs_jobj_str(&o, "SecretAccessKey", CS_AWS_MAX_SECRET);
    cs_slice token = cs_jobj_str(&o, "Token", CS_AWS_MAX_TOKEN);
    cs_slice expires = cs_jobj_str(&o, "Expiration", CS_MAX_ID);
    cs_err err =
        cs_jobj_done_open(&o) == CS_OK ? take_temporary(out, id, secret, token, expires, now_ms) : CS_BAD_FORMAT;
    cs_json_free(json);
    return err;
}

static const uint8_t *find(cs_slice in, cs_slice what)
{
    return in.n >= what.n ? memmem(in.p, in.n, what.p, what.n) : NULL;
}

cs_slice cs_aws_xml_text(cs_slice xml, const char *name)
{
    char begin_text[64], end_text[64];
    cs_buf begin = CS_BUF_OVER(begin_text), end = CS_BUF_OVER(end_text);
    cs_buf_printf(&begin, "<%s>", name);
    cs_buf_printf(&end, "</%s>", name);
    const uint8_t *from = find(xml, cs_buf_slice(&begin));
    if (from == NULL)
        return CS_ABSENT;
    cs_slice rest = cs_slice_sub(xml, (size_t)(from - xml.p) + begin.n, xml.n);
    const uint8_t *to = find(rest, cs_buf_slice(&end));
    if (to == NULL || find(rest, cs_buf_slice(&begin)) != NULL)
        return CS_ABSENT;
    cs_slice text = cs_slice_of(rest.p, (size_t)(to - rest.p));
    return memchr(text.p, '<', text.n) == NULL && memchr(text.p, '&', text.n) == NULL ? text : CS_ABSENT;
}

cs_err cs_aws_source_sts(cs_aws_credentials *out, cs_slice text, int64_t now_ms)
{
    return take_temporary(out, cs_aws_xml_text(text, "AccessKeyId"), cs_aws_xml_text(text, "SecretAccessKey"),
                          cs_aws_xml_text(text, "SessionToken"), cs_aws_xml_text(text, "Expiration"), now_ms);
}

/* -- environment and file ---------------------------------------------------------------------------------------- */

/* "" for a variable that is not set. */
static const char *environment(const char *name)
{
    const char *value = secure_getenv(name);
    return value != NULL ? value : "";
}

static cs_err from_environment(cs_aws_credentials *out, const char *region, int64_t deadline_us)
{
    (void)region, (void)deadline_us;
    cs_slice id = cs_slice_str(environment("AWS_ACCESS_KEY_ID"));
    cs_slice key = cs_slice_str(environment("AWS_SECRET_ACCESS_KEY"));
    if (id.n == 0 && key.n == 0)
        return CS_NOT_FOUND;
    return take(out, id, key, cs_slice_str(environment("AWS_SESSION_TOKEN")));
}

static cs_slice trim(cs_slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = cs_slice_sub(s, 1, s.n);
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

/* Cuts the next line off `text`. */
static cs_slice next_line(cs_slice *text)
{
    const uint8_t *end = memchr(text->p, '\n', text->n);
    cs_slice line = cs_slice_of(text->p, end != NULL ? (size_t)(end - text->p) : text->n);
    *text = cs_slice_sub(*text, line.n + (end != NULL ? 1 : 0), text->n);
    return trim(line);
}

cs_err cs_aws_source_profile(cs_aws_credentials *out, cs_slice text, cs_slice profile)
{
    static const char *const names[] = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"};
    cs_slice values[3] = {CS_ABSENT, CS_ABSENT, CS_ABSENT};
    bool here = false, found = false;
    *out = (cs_aws_credentials){0};
    while (text.n > 0) {
        cs_slice line = next_line(&text);
        if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
            continue;
        if (line.p[0] == '[') {
            here = line.p[line.n - 1] == ']' && cs_slice_eq(trim(cs_slice_sub(line, 1, line.n - 2)), profile);
            found = found || here;
            continue;
        }
        const uint8_t *equals = memchr(line.p, '=', line.n);
        for (size_t i = 0; here && equals != NULL && i < 3; i++)
            if (cs_slice_is(trim(cs_slice_of(line.p, (size_t)(equals - line.p))), names[i]))
                values[i] = trim(cs_slice_sub(line, (size_t)(equals - line.p) + 1, line.n));
    }
    return found ? take(out, values[0], values[1], values[2]) : CS_NOT_FOUND;
}

static cs_err from_file(cs_aws_credentials *out, const char *region, int64_t deadline_us)
{
    (void)region, (void)deadline_us;
    char path[1024];
    struct stat st;
    const char *named = environment("AWS_SHARED_CREDENTIALS_FILE"), *home = environment("HOME");
    const char *profile = environment("AWS_PROFILE");
    int n = named[0] != '\0' ? snprintf(path, sizeof path, "%s", named)
                             : snprintf(path, sizeof path, "%s/.aws/credentials", home);
    if ((named[0] == '\0' && home[0] == '\0') || n >= (int)sizeof path || stat(path, &st) != 0)
        return named[0] == '\0' ? CS_NOT_FOUND : CS_IO;
    if ((st.st_mode & 077) != 0)
        cs_log(CS_LOG_WARN, NULL, "%s: others than its owner may read these credentials", path);
    cs_buf text = cs_buf_new_wiped(MAX_FILE);
    cs_err err = cs_file_read(&text, path);
    if (err == CS_OK)
        err = cs_aws_source_profile(out, cs_buf_slice(&text), cs_slice_str(profile[0] != '\0' ? profile : "default"));
    if (err == CS_NOT_FOUND && (named[0] != '\0' || profile[0] != '\0'))
        err = CS_BAD_FORMAT; /* somebody asked for just these */
    if (err == CS_OK)
        out->renew_ms = cs_now_ms() + FILE_AGE_MS;
    cs_buf_free(&text);
    return err;
}

/* -- services ---------------------------------------------------------------------------------------------------- */

/* The text is http://HOST and then a port, a path or nothing. */
static bool is_plain_host(const char *url, const char *host)
{
    cs_slice u = cs_slice_str(url), prefix = CS_LIT("http://");
    if (!cs_slice_starts(u, prefix))
        return false;
    u = cs_slice_sub(u, prefix.n, u.n);
    size_t n = strlen(host);
    return cs_slice_starts(u, cs_slice_str(host)) && (u.n == n || u.p[n] == ':' || u.p[n] == '/');
}

static bool is_link_local(const char *url)
{
    static const char *const hosts[] = {"169.254.169.254", "[fd00:ec2::254]", "169.254.170.2", "169.254.170.23",
                                        "[fd00:ec2::23]"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        if (is_plain_host(url, hosts[i]))
            return true;
    return false;
}

bool cs_aws_source_url_allowed(const char *url)
{
    return cs_fetch_url_allowed(url, is_link_local(url));
}

/* One request on a connection of its own, to be answered with 200. */
static cs_err ask(cs_fetch_answer *out, const char *method, const char *url, cs_fetch_header header, cs_slice body,
                  int64_t deadline_us)
{
    cs_fetch *f = NULL;
    int64_t soon = cs_tick_us() + ONE_REQUEST_US;
    cs_fetch_options options = {.plain_anywhere = is_link_local(url), .connect_us = ONE_REQUEST_US / 2};
    cs_fetch_request r = {.method = method,
                          .url = url,
                          .headers = {header, {"Accept", CS_LIT("*/*")}},
                          .body = body,
                          .max_answer = MAX_ANSWER,
                          .deadline_us = soon < deadline_us ? soon : deadline_us};
    *out = (cs_fetch_answer){0};
    cs_err err = cs_fetch_open(&f, &options);
    if (err == CS_OK)
        err = cs_fetch_send(out, f, &r);
    if (err == CS_OK && out->status != 200)
        err = CS_FORBIDDEN;
    cs_fetch_close(f);
    return err;
}

static void add_form_value(cs_buf *out, const char *name, cs_slice value)
{
    cs_buf_printf(out, "%s%s=", out->n > 0 ? "&" : "", name);
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
            c == '.' || c == '~')
            cs_buf_add_u8(out, c);
        else
            cs_buf_printf(out, "%%%02X", c);
    }
}

/* A token in a file, without the line's end. */
static cs_err read_token(cs_buf *out, const char *path)
{
    cs_err err = cs_file_read(out, path);
    while (err == CS_OK && out->n > 0 && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
        out->n--;
    return err == CS_OK && out->n == 0 ? CS_BAD_FORMAT : err;
}

static cs_err exchange_token(cs_aws_credentials *out, const char *region, cs_slice token, int64_t deadline_us)
{
    char url[CS_FETCH_URL];
    const char *endpoint = environment("AWS_ENDPOINT_URL_STS"), *session = environment("AWS_ROLE_SESSION_NAME");
    const char *suffix = strncmp(region, "cn-", 3) == 0 ? ".cn" : "";
    int n = endpoint[0] != '\0' ? snprintf(url, sizeof url, "%s", endpoint)
            : region[0] != '\0' ? snprintf(url, sizeof url, "https://sts.%s.amazonaws.com%s/", region, suffix)
                                : snprintf(url, sizeof url, "https://sts.amazonaws.com/");
    if (n >= (int)sizeof url)
        return CS_CONFIG;
    cs_buf body = cs_buf_new_wiped(4 * CS_AWS_MAX_TOKEN);
    cs_fetch_answer answer;
    add_form_value(&body, "Action", CS_LIT("AssumeRoleWithWebIdentity"));
    add_form_value(&body, "Version", CS_LIT("2011-06-15"));
    add_form_value(&body, "RoleArn", cs_slice_str(environment("AWS_ROLE_ARN")));
    add_form_value(&body, "RoleSessionName", cs_slice_str(session[0] != '\0' ? session : "countersign"));
    add_form_value(&body, "WebIdentityToken", token);
    cs_err err =
        ask(&answer, "POST", url, (cs_fetch_header){"Content-Type", CS_LIT("application/x-www-form-urlencoded")},
            cs_buf_slice(&body), deadline_us);
    if (err == CS_OK)
        err = cs_aws_source_sts(out, cs_buf_slice(&answer.body), cs_now_ms());
    cs_fetch_answer_free(&answer);
    cs_buf_free(&body);
    return err;
}

static cs_err from_web_identity(cs_aws_credentials *out, const char *region, int64_t deadline_us)
{
    const char *path = environment("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (path[0] == '\0')
        return CS_NOT_FOUND;
    if (environment("AWS_ROLE_ARN")[0] == '\0')
        return CS_CONFIG;
    cs_buf token = cs_buf_new_wiped(CS_AWS_MAX_TOKEN);
    cs_err err = read_token(&token, path);
    if (err == CS_OK)
        err = exchange_token(out, region, cs_buf_slice(&token), deadline_us);
    cs_buf_free(&token);
    return err;
}

static cs_err from_container(cs_aws_credentials *out, const char *region, int64_t deadline_us)
{
    (void)region;
    char url[CS_FETCH_URL];
    const char *relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const char *path = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (relative[0] == '\0' && full[0] == '\0')
        return CS_NOT_FOUND;
    int n = relative[0] != '\0' ? snprintf(url, sizeof url, CONTAINER "%s", relative)
                                : snprintf(url, sizeof url, "%s", full);
    if ((relative[0] != '\0' && relative[0] != '/') || n >= (int)sizeof url)
        return CS_CONFIG;
    cs_buf token = cs_buf_new_wiped(CS_AWS_MAX_TOKEN);
    cs_fetch_answer answer = {0};
    cs_err err = CS_OK;
    if (path[0] != '\0')
        err = read_token(&token, path);
    else
        cs_buf_add_str(&token, environment("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    if (err == CS_OK)
        err =
            ask(&answer, "GET", url, (cs_fetch_header){"Authorization", token.n > 0 ? cs_buf_slice(&token) : CS_ABSENT},
                CS_ABSENT, deadline_us);
    if (err == CS_OK)
        err = cs_aws_source_json(out, cs_buf_slice(&answer.body), cs_now_ms());
    cs_fetch_answer_free(&answer);
    cs_buf_free(&token);
    return err;
}

/* The name of the machine's role is part of the next address. */
static bool is_role(cs_slice s)
{
    static const char others[] = "_+=,.@-";
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              memchr(others, c, sizeof others - 1) != NULL))
            return false;
    }
    return s.n > 0 && s.n <= MAX_ROLE;
}

static cs_err ask_machine(cs_fetch_answer *out, const char *service, const char *path, cs_slice role, cs_slice token,
                          int64_t deadline_us)
{
    char text[CS_FETCH_URL];
    cs_buf url = CS_BUF_OVER(text);
    cs_buf_printf(&url, "%s%s%.*s", service, path, (int)role.n, role.n > 0 ? (const char *)role.p : "");
    if (token.p == NULL)
        return ask(out, "PUT", cs_buf_cstr(&url),
                   (cs_fetch_header){"X-aws-ec2-metadata-token-ttl-seconds", METADATA_TOKEN_SECONDS}, CS_ABSENT,
                   deadline_us);
    return ask(out, "GET", cs_buf_cstr(&url), (cs_fetch_header){"X-aws-ec2-metadata-token", token}, CS_ABSENT,
               deadline_us);
}

static cs_err from_machine(cs_aws_credentials *out, const char *region, int64_t deadline_us)
{
    (void)region;
    static const char *const roles = "/latest/meta-data/iam/security-credentials/";
    const char *given = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *service = given[0] != '\0' ? given : METADATA;
    size_t n = strlen(service);
    char base[CS_FETCH_URL / 2];
    if (strcmp(environment("AWS_EC2_METADATA_DISABLED"), "true") == 0)
        return CS_NOT_FOUND;
    if (cs_slice_to_cstr(base, sizeof base, cs_slice_of(service, n - (n > 0 && service[n - 1] == '/'))) != CS_OK)
        return CS_CONFIG;
    cs_fetch_answer token = {0}, role = {0}, answer = {0};
    cs_err err = ask_machine(&token, base, "/latest/api/token", CS_ABSENT, CS_ABSENT, deadline_us);
    if (err == CS_OK && token.body.n == 0)
        err = CS_BAD_FORMAT;
    if (err == CS_OK)
        err = ask_machine(&role, base, roles, CS_ABSENT, cs_buf_slice(&token.body), deadline_us);
    cs_slice name = trim(cs_buf_slice(&role.body));
    if (err == CS_OK && !is_role(name))
        err = CS_BAD_FORMAT;
    if (err == CS_OK)
        err = ask_machine(&answer, base, roles, name, cs_buf_slice(&token.body), deadline_us);
    if (err == CS_OK)
        err = cs_aws_source_json(out, cs_buf_slice(&answer.body), cs_now_ms());
    cs_fetch_answer_free(&token);
    cs_fetch_answer_free(&role);
    cs_fetch_answer_free(&answer);
    return err;
}

cs_err cs_aws_source_read(cs_aws_credentials *out, const char *region, int64_t deadline_us)
{
    static const struct {
        const char *name;
        cs_err (*read)(cs_aws_credentials *out, const char *region, int64_t deadline_us);
    } sources[] = {
        {"environment", from_environment},   {"credentials file", from_file},
        {"web identity", from_web_identity}, {"container's service", from_container},
        {"machine's service", from_machine},
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        *out = (cs_aws_credentials){0};
        cs_err err = sources[i].read(out, region, deadline_us);
        if (err == CS_OK) {
            cs_log(CS_LOG_DEBUG, NULL, "AWS credentials: %s", sources[i].name);
            return CS_OK;
        }
        cs_aws_credentials_wipe(out);
        if (err == CS_NOT_FOUND)
            continue;
        cs_log(CS_LOG_WARN, NULL, "no AWS credentials: %s: %s", sources[i].name, cs_err_sentence(err));
        return CS_CLOUD_CREDENTIALS;
    }
    cs_log(CS_LOG_WARN, NULL, "no AWS credentials: no source is set up");
    return CS_CLOUD_CREDENTIALS;
}
