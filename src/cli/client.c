/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/talk.h"
#include "sys/file.h"

#define CONNECT_SECONDS 10L
#define EXCHANGE_SECONDS 120L
#define MAX_URL 2048
#define MAX_API_KEY 128
#define MAX_REASON 512 /* of each text in a failure */

struct cs_client {
    CURL *curl;
    char server[MAX_URL]; /* without a slash at the end */
    bool plain;           /* http, so loopback */
    /* The header line is kept in a secret and lent to the library, which copies it only while it sends. */
    cs_secret authorization;
    struct curl_slist headers[2];
};

/* -- which servers ---------------------------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

/* The part of a URL equals `expected` (NULL: is absent). */
static bool part_is(CURLU *url, CURLUPart part, const char *expected)
{
    char *value = NULL;
    CURLUcode code = curl_url_get(url, part, &value, 0);
    bool same = expected == NULL ? code != CURLUE_OK : code == CURLUE_OK && strcmp(value, expected) == 0;
    curl_free(value);
    return same;
}

static bool host_is_loopback(CURLU *url)
{
    char *host = NULL;
    bool loopback = curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && is_loopback(host);
    curl_free(host);
    return loopback;
}

bool cs_client_url_allowed(const char *text)
{
    CURLU *url = curl_url();
    bool allowed =
        url != NULL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK && part_is(url, CURLUPART_USER, NULL) &&
        part_is(url, CURLUPART_PASSWORD, NULL) && part_is(url, CURLUPART_QUERY, NULL) &&
        part_is(url, CURLUPART_FRAGMENT, NULL) && part_is(url, CURLUPART_PATH, "/") &&
        (part_is(url, CURLUPART_SCHEME, "https") || (part_is(url, CURLUPART_SCHEME, "http") && host_is_loopback(url)));
    curl_url_cleanup(url);
    return allowed;
}

/* -- the API key ------------------------------------------------------------------------------------------------- */

static bool is_key_text(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false; /* would end the header line */
    return s.n > 0 && s.n <= MAX_API_KEY;
}

static cs_err key_of_file(cs_secret *out, const char *path)
{
    CS_SECRET(text);
    cs_json *json = NULL;
    cs_err err = cs_file_read_secret(&text, path);
    cs_slice key = cs_secret_slice(&text);
    if (key.n > 0 && key.p[key.n - 1] == '\n')
        key.n--;
    if (err == CS_OK && key.n > 0 && key.p[0] == '{') {
        err = cs_json_parse(&json, key, sizeof text.b);
        if (err == CS_OK) {
            cs_jobj o = cs_jobj_open(cs_json_root(json));
            key = cs_jobj_str(&o, "apiKey", MAX_API_KEY);
            err = cs_jobj_done_open(&o);
        }
    }
    if (err == CS_OK)
        err = is_key_text(key) ? cs_secret_set(out, key) : CS_BAD_FORMAT;
    cs_json_free(json);
    return err;
}

static int key_of_environment(cs_secret *out)
{
    char *value = getenv("COUNTERSIGN_API_KEY");
    if (value == NULL || value[0] == '\0')
        return cs_talk_usage("no API key: give --api-key-file or set COUNTERSIGN_API_KEY");
    cs_slice key = cs_slice_str(value);
    bool usable = is_key_text(key) && cs_secret_set(out, key) == CS_OK;
    cs_wipe(value, key.n);
    (void)unsetenv("COUNTERSIGN_API_KEY");
    return usable ? CS_EXIT_OK : cs_talk_error("COUNTERSIGN_API_KEY is not the text of an API key");
}

int cs_client_api_key(cs_secret *out, const cs_args *args)
{
    const char *path = cs_arg_text(args, "api-key-file");
    if (path == NULL)
        return key_of_environment(out);
    cs_err err = key_of_file(out, path);
    if (err == CS_CONFIG)
        return cs_talk_error("%s: a file with an API key must be yours and mode 0600", path);
    if (err == CS_BAD_FORMAT)
        return cs_talk_error("%s does not hold the text of an API key", path);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path);
}

/* -- opening ----------------------------------------------------------------------------------------------------- */

static cs_err set_options(cs_client *c)
{
    CURL *h = c->curl;
    bool ok = curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, c->plain ? "http" : "https") == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_TIMEOUT, EXCHANGE_SECONDS) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_USERAGENT, "countersign/" CS_VERSION) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_HTTPHEADER, c->headers) == CURLE_OK;
    if (ok && c->plain) /* a proxy would see the API key in the clear */
        ok = curl_easy_setopt(h, CURLOPT_NOPROXY, "*") == CURLE_OK;
    return ok ? CS_OK : CS_CONFIG;
}

static cs_err set_up(cs_client *c, const char *server, cs_slice api_key)
{
    cs_err err = cs_secret_set(&c->authorization, CS_LIT("Authorization: Bearer "));
    if (err == CS_OK)
        err = cs_secret_add(&c->authorization, api_key);
    if (err == CS_OK)
        err = cs_secret_add(&c->authorization, cs_slice_of("", 1));
    size_t n = strlen(server);
    if (err == CS_OK)
        err = cs_slice_to_cstr(c->server, sizeof c->server, cs_slice_of(server, n - (server[n - 1] == '/')));
    if (err != CS_OK)
        return err;
    c->plain = strncmp(server, "https:", 6) != 0;
    c->headers[0] = (struct curl_slist){(char *)c->authorization.b, &c->headers[1]};
    c->headers[1] = (struct curl_slist){(char *)(uintptr_t) "Content-Type: application/json", NULL};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (c->curl = curl_easy_init()) == NULL)
        return CS_CONFIG;
    return set_options(c);
}

int cs_client_open_at(cs_client **out, const char *server, cs_slice api_key)
{
    *out = NULL;
    if (!cs_client_url_allowed(server))
        return cs_talk_usage("server %s: an https:// address without path, or http:// on a loopback host", server);
    cs_client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return cs_talk_fail(CS_NO_MEMORY, "%s", server);
    cs_err err = set_up(c, server, api_key);
    if (err != CS_OK) {
        cs_client_close(c);
        return cs_talk_fail(err, "%s", server);
    }
    *out = c;
    return CS_EXIT_OK;
}

bool cs_client_set_tls_files(void *curl, const cs_args *args)
{
    CURL *h = curl;
    const char *ca = cs_arg_text(args, "ca-file"), *cert = cs_arg_text(args, "client-cert");
    bool ok = true;
    if (ca != NULL) /* and not the system's folder */
        ok = curl_easy_setopt(h, CURLOPT_CAINFO, ca) == CURLE_OK &&
             curl_easy_setopt(h, CURLOPT_CAPATH, NULL) == CURLE_OK;
    if (ok && cert != NULL) /* with a passphrase given nobody is asked for one */
        ok = curl_easy_setopt(h, CURLOPT_SSLCERT, cert) == CURLE_OK &&
             curl_easy_setopt(h, CURLOPT_SSLKEY, cs_arg_text(args, "client-key")) == CURLE_OK &&
             curl_easy_setopt(h, CURLOPT_KEYPASSWD, "") == CURLE_OK;
    return ok;
}

int cs_client_open(cs_client **out, const cs_args *args)
{
    CS_SECRET(api_key);
    const char *server = cs_arg_text(args, "server");
    *out = NULL;
    if (server == NULL || server[0] == '\0')
        return cs_talk_usage("no server: give --server or set COUNTERSIGN_SERVER");
    if ((cs_arg_text(args, "client-cert") == NULL) != (cs_arg_text(args, "client-key") == NULL))
        return cs_talk_usage("--client-cert and --client-key go together");
    int code = cs_client_api_key(&api_key, args);
    if (code == CS_EXIT_OK)
        code = cs_client_open_at(out, server, cs_secret_slice(&api_key));
    if (code == CS_EXIT_OK && *out != NULL && !cs_client_set_tls_files((*out)->curl, args)) {
        cs_client_close(*out);
        *out = NULL;
        code = cs_talk_error("%s: the TLS files cannot be used", server);
    }
    return code;
}

void cs_client_close(cs_client *c)
{
    if (c == NULL)
        return;
    curl_easy_cleanup(c->curl);
    cs_secret_wipe(&c->authorization);
    free(c);
}

/* -- an exchange ------------------------------------------------------------------------------------------------- */

static size_t take_body(char *bytes, size_t size, size_t n, void *to)
{
    cs_buf *body = to;
    cs_buf_add(body, cs_slice_of(bytes, size * n));
    return body->err == CS_OK ? size * n : 0;
}

/* Gives the HTTP status, or 0 with the failure said. */
static long exchange(cs_buf *answer, cs_client *c, const char *method, const char *path, cs_slice body)
{
    char url[2 * MAX_URL];
    long status = 0;
    CURL *h = c->curl;
    if (snprintf(url, sizeof url, "%s%s", c->server, path) >= (int)sizeof url) {
        (void)cs_talk_fail(CS_TOO_LARGE, "%s", c->server);
        return 0;
    }
    bool ok = curl_easy_setopt(h, CURLOPT_URL, url) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_WRITEDATA, answer) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    if (ok && body.p == NULL && strcmp(method, "POST") == 0)
        body = CS_LIT(""); /* with its length, which servers want to see */
    if (ok && body.p != NULL)
        ok = curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n) == CURLE_OK &&
             curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.p) == CURLE_OK;
    ok = ok && curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
    CURLcode code = ok ? curl_easy_perform(h) : CURLE_FAILED_INIT;
    if (code == CURLE_OK && curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status != 0)
        return status;
    if (answer->err != CS_OK)
        (void)cs_talk_fail(answer->err, "%s: answer", c->server);
    else
        (void)cs_talk_error("%s: %s", c->server, curl_easy_strerror(code));
    return 0;
}

/* The text of a member, or "" with a length that printf takes. */
static cs_slice text_of(cs_jval v, const char *name)
{
    cs_jobj o = cs_jobj_open(v);
    cs_slice s = v.v != NULL ? cs_jobj_str_opt(&o, name, MAX_REASON) : CS_ABSENT;
    return s.p != NULL ? s : CS_LIT("");
}

static void add_part(cs_buf *out, const char *lead, cs_slice text)
{
    if (text.n == 0)
        return;
    cs_buf_add_str(out, lead);
    cs_buf_add(out, text);
}

/* `error: sentence (CODE, …, request id …)`, `refused: …` for 422. In between stands why: the reason of an attestation,
 * or the demand and the vault policy that makes it. */
static int say_failure(const cs_client *c, long status, cs_jval root)
{
    static const char *const leads[][2] = {{"reason", ", "}, {"rule", ", "}, {"policyId", " of policy "}};
    cs_jobj o = cs_jobj_open(root);
    cs_jval details = cs_jobj_object_opt(&o, "details");
    cs_slice sentence = text_of(root, "error");
    cs_buf why = cs_buf_new(8 * MAX_REASON);
    if (sentence.n == 0)
        return cs_talk_error("%s answered with status %ld and no reason", c->server, status);
    cs_buf_add(&why, text_of(root, "code"));
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        add_part(&why, leads[i][1], text_of(details, leads[i][0]));
    add_part(&why, ", request id ", text_of(root, "requestId"));
    int code = (status == 422 ? cs_talk_refused : cs_talk_error)("%.*s (%s)", (int)sentence.n, (const char *)sentence.p,
                                                                 cs_buf_cstr(&why));
    cs_buf_free(&why);
    return code;
}

static int read_answer(cs_answer *out, const cs_client *c, long status, cs_slice text)
{
    cs_err err = cs_json_parse(&out->json, text, CS_MAX_SERVER_ANSWER);
    if (err != CS_OK)
        return cs_talk_error("%s answered with status %ld and not in JSON: is it a Countersign server?", c->server,
                             status);
    if (status < 200 || status > 299)
        return say_failure(c, status, cs_json_root(out->json));
    cs_jobj o = cs_jobj_open(cs_json_root(out->json));
    bool success = cs_jobj_bool_or(&o, "success", false), has_data = cs_jobj_has(&o, "data");
    out->pagination = cs_jobj_object_opt(&o, "pagination");
    cs_jobj data = o;
    out->data = cs_jobj_object_opt(&data, "data");
    if (data.err != CS_OK) {
        data = o;
        out->data = cs_jobj_array_opt(&data, "data");
    }
    if (o.err != CS_OK || data.err != CS_OK || !success || !has_data)
        return cs_talk_error("%s answered in another form: is it a Countersign server?", c->server);
    return CS_EXIT_OK;
}

int cs_client_call(cs_answer *out, cs_client *c, const char *method, const char *path, cs_slice body)
{
    *out = (cs_answer){0};
    cs_buf text = cs_buf_new(CS_MAX_SERVER_ANSWER);
    long status = exchange(&text, c, method, path, body);
    int code = status != 0 ? read_answer(out, c, status, cs_buf_slice(&text)) : CS_EXIT_ERROR;
    cs_buf_free(&text);
    return code;
}

int cs_client_fetch(cs_buf *out, cs_client *c, const char *path)
{
    cs_buf text = cs_buf_new(CS_MAX_SERVER_ANSWER);
    cs_answer refusal = {0};
    long status = exchange(&text, c, "GET", path, CS_ABSENT);
    int code = status != 0 ? CS_EXIT_OK : CS_EXIT_ERROR;
    if (status >= 200 && status <= 299)
        cs_buf_add(out, cs_buf_slice(&text));
    else if (status != 0)
        code = read_answer(&refusal, c, status, cs_buf_slice(&text));
    if (code == CS_EXIT_OK && out->err != CS_OK)
        code = cs_talk_fail(out->err, "%s", c->server);
    cs_answer_free(&refusal);
    cs_buf_free(&text);
    return code;
}

void cs_answer_free(cs_answer *a)
{
    cs_json_free(a->json);
    *a = (cs_answer){0};
}

void cs_client_add_escaped(cs_buf *path, cs_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || (c == '.' && text.n > 2);
        if (plain)
            cs_buf_add_u8(path, c);
        else
            cs_buf_printf(path, "%%%02X", c);
    }
}
