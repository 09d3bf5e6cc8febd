/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/probe.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/client.h"
#include "sys/clock.h"

#define MAX_BODY (64u << 10)
#define SECONDS 10L

static size_t take_body(char *bytes, size_t size, size_t n, void *to)
{
    cs_buf *body = to;
    cs_buf_add(body, cs_slice_of(bytes, size * n));
    return body->err == CS_OK ? size * n : 0;
}

/* What follows `name` in the line, as a time; `or` if the line is another. */
static int64_t time_behind(const char *line, size_t n, const char *name, int64_t or)
{
    char text[64];
    size_t lead = strlen(name);
    if (n <= lead || n - lead >= sizeof text || strncasecmp(line, name, lead) != 0)
        return or ;
    memcpy(text, line + lead, n - lead);
    text[n - lead] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    time_t t = curl_getdate(text, NULL);
    return t > 0 ? (int64_t)t : or ;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *to)
{
    cs_probe *p = to;
    p->date = time_behind(bytes, size * n, "date:", p->date);
    return size * n;
}

/* The first certificate of the chain is the server's. */
static void read_certificate(cs_probe *out, CURL *h)
{
    struct curl_certinfo *certs = NULL;
    if (curl_easy_getinfo(h, CURLINFO_CERTINFO, &certs) != CURLE_OK || certs == NULL || certs->num_of_certs < 1)
        return;
    for (struct curl_slist *line = certs->certinfo[0]; line != NULL; line = line->next)
        out->expires = time_behind(line->data, strlen(line->data), "Expire date:", out->expires);
}

static bool set_options(CURL *h, cs_probe *out, const char *url)
{
    bool ok = curl_easy_setopt(h, CURLOPT_URL, url) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, out->tls ? "https" : "http") == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_CERTINFO, 1L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_TIMEOUT, SECONDS) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_USERAGENT, "countersign/" CS_VERSION) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_WRITEDATA, &out->body) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_HEADERDATA, out) == CURLE_OK;
    return ok && (out->tls || curl_easy_setopt(h, CURLOPT_NOPROXY, "*") == CURLE_OK);
}

void cs_probe_get(cs_probe *out, const cs_args *args, const char *path)
{
    const char *server = cs_arg_text(args, "server");
    char url[2048];
    size_t n = strlen(server);
    *out = (cs_probe){.tls = strncmp(server, "https:", 6) == 0, .body = cs_buf_new(MAX_BODY)};
    (void)snprintf(out->failure, sizeof out->failure,
                   "an https:// address without path, or http:// on a loopback host");
    if (!cs_client_url_allowed(server) ||
        snprintf(url, sizeof url, "%.*s%s", (int)(n - (server[n - 1] == '/')), server, path) >= (int)sizeof url)
        return;
    CURL *h = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    out->sent = cs_now_ms() / 1000;
    CURLcode code = h != NULL && set_options(h, out, url) && cs_client_set_tls_files(h, args) ? curl_easy_perform(h)
                                                                                              : CURLE_FAILED_INIT;
    out->arrived = cs_now_ms() / 1000;
    if (code == CURLE_OK && curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &out->status) == CURLE_OK)
        read_certificate(out, h);
    else
        (void)snprintf(out->failure, sizeof out->failure, "%s", curl_easy_strerror(code));
    curl_easy_cleanup(h);
}
