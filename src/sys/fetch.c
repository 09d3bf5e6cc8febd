/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sys/channel_tls.h"
#include "sys/clock.h"

#define CONNECT_US (3 * 1000000)
#define MAX_HEADER_TEXT (16u << 10) /* of all headers of a request; session tokens have some thousand */

struct cs_fetch {
    CURL *curl;
    cs_fetch_options options;
    /* The lines of the request under way, and the library's list over them: it copies them only while it sends. */
    cs_buf lines;
    struct curl_slist list[CS_FETCH_HEADERS + 1];
};

/* -- where to ---------------------------------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

static bool is_absent(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    CURLUcode code = curl_url_get(url, part, &value, 0);
    curl_free(value);
    return code != CURLUE_OK;
}

bool cs_fetch_url_allowed(const char *text, bool plain_anywhere)
{
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL;
    bool ok = url != NULL && strlen(text) < CS_FETCH_URL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && host[0] != '\0' &&
              is_absent(url, CURLUPART_USER) && is_absent(url, CURLUPART_PASSWORD) &&
              is_absent(url, CURLUPART_FRAGMENT);
    if (ok)
        ok = strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && (plain_anywhere || is_loopback(host)));
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return ok;
}

/* -- the handle -------------------------------------------------------------------------------------------------- */

/* What the library sends and receives has tokens, credentials and, from a KMS that is none, data keys in it, so its
 * memory is wiped before it goes back. */
static void wiped_free(void *p)
{
    if (p != NULL)
        cs_wipe(p, malloc_usable_size(p));
    free(p);
}

static void *wiped_realloc(void *p, size_t size)
{
    size_t had = p != NULL ? malloc_usable_size(p) : 0;
    void *moved = malloc(size);
    if (moved == NULL)
        return NULL;
    if (had > 0)
        memcpy(moved, p, had < size ? had : size);
    wiped_free(p);
    return moved;
}

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static CURLcode library_state;

static void start_library(void)
{
    library_state = curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiped_free, wiped_realloc, strdup, calloc);
}

static size_t take_body(char *bytes, size_t size, size_t n, void *to)
{
    cs_buf *body = &((cs_fetch_answer *)to)->body;
    cs_buf_add(body, cs_slice_of(bytes, size * n));
    return body->err == CS_OK ? size * n : 0;
}

static bool is_id_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/* The value of the header line, if it is called `name`; absent otherwise. */
static cs_slice value_of(cs_slice line, const char *name)
{
    size_t n = strlen(name);
    if (line.n <= n || line.p[n] != ':' || strncasecmp((const char *)line.p, name, n) != 0)
        return CS_ABSENT;
    cs_slice v = cs_slice_sub(line, n + 1, line.n);
    while (v.n > 0 && (v.p[0] == ' ' || v.p[0] == '\t'))
        v = cs_slice_sub(v, 1, v.n);
    while (v.n > 0 && v.p[v.n - 1] <= ' ')
        v.n--;
    return v;
}

static void take_date(cs_fetch_answer *a, cs_slice value)
{
    char text[64];
    if (cs_slice_to_cstr(text, sizeof text, value) != CS_OK)
        return;
    time_t t = curl_getdate(text, NULL);
    a->date_ms = t > 0 ? (int64_t)t * 1000 : 0;
}

static void take_id(char *out, size_t size, cs_slice value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!is_id_char((char)value.p[i]))
            return; /* it is for our log */
    if (cs_slice_to_cstr(out, size, value) != CS_OK)
        out[0] = '\0';
}

static size_t take_header(char *bytes, size_t size, size_t n, void *to)
{
    cs_fetch_answer *a = to;
    cs_slice line = cs_slice_of(bytes, size * n), v;
    if ((v = value_of(line, "date")).p != NULL)
        take_date(a, v);
    else if ((v = value_of(line, "x-amzn-requestid")).p != NULL || (v = value_of(line, "x-request-id")).p != NULL)
        take_id(a->request_id, sizeof a->request_id, v);
    else if ((v = value_of(line, "x-amzn-errortype")).p != NULL &&
             cs_slice_to_cstr(a->type, sizeof a->type, v) != CS_OK)
        a->type[0] = '\0';
    return size * n;
}

static CURLcode cleanse_plaintext(CURL *h, void *tls, void *arg)
{
    (void)h, (void)arg;
    cs_channel_tls_cleanse(tls);
    return CURLE_OK;
}

/* `tls` above is a context of the TLS library that this program has, and not of another one. */
static bool wipe_records(CURL *h)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    if (info->ssl_version == NULL || strncmp(info->ssl_version, "OpenSSL/", 8) != 0)
        return true;
    return curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, cleanse_plaintext) == CURLE_OK;
}

/* What is the same for each request. An empty proxy is none, whatever the environment says. */
static bool set_options(CURL *h, const cs_fetch_options *o)
{
    return curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_PROXY, o->proxy != NULL ? o->proxy : "") == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_MAXCONNECTS, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK && wipe_records(h) &&
           (o->ca_file == NULL || (curl_easy_setopt(h, CURLOPT_CAINFO, o->ca_file) == CURLE_OK &&
                                   curl_easy_setopt(h, CURLOPT_CAPATH, NULL) == CURLE_OK)) &&
           curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_USERAGENT, "countersign/" CS_VERSION) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK;
}

cs_err cs_fetch_open(cs_fetch **out, const cs_fetch_options *options)
{
    *out = NULL;
    (void)pthread_once(&library_once, start_library);
    cs_fetch *f = library_state == CURLE_OK ? calloc(1, sizeof *f) : NULL;
    if (f == NULL)
        return CS_NO_MEMORY;
    f->options = options != NULL ? *options : (cs_fetch_options){0};
    f->lines = cs_buf_new_wiped(MAX_HEADER_TEXT);
    f->curl = curl_easy_init();
    if (f->curl == NULL || !set_options(f->curl, &f->options)) {
        cs_fetch_close(f);
        return CS_NO_MEMORY;
    }
    *out = f;
    return CS_OK;
}

void cs_fetch_close(cs_fetch *f)
{
    if (f == NULL)
        return;
    curl_easy_cleanup(f->curl);
    cs_buf_free(&f->lines);
    free(f);
}

void cs_fetch_answer_free(cs_fetch_answer *a)
{
    cs_buf_free(&a->body);
    *a = (cs_fetch_answer){0};
}

/* -- the exchange ------------------------------------------------------------------------------------------------ */

static bool is_printable(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false; /* would end the line */
    return true;
}

/* Writes the lines, each ended by a NUL, and strings them together once none of them moves any more. */
static cs_err write_headers(cs_fetch *f, const cs_fetch_request *r)
{
    size_t count = 0, at = 0;
    cs_buf_clear(&f->lines);
    cs_buf_add(&f->lines, CS_LIT("Expect:\0")); /* a body goes without asking first */
    for (size_t i = 0; i < CS_FETCH_HEADERS; i++) {
        const cs_fetch_header *h = &r->headers[i];
        if (h->name == NULL || h->value.p == NULL)
            continue;
        if (!is_printable(h->value))
            return CS_CONFIG;
        cs_buf_add_str(&f->lines, h->name);
        cs_buf_add_str(&f->lines, h->value.n > 0 ? ": " : ";"); /* the library's way to send an empty one */
        cs_buf_add(&f->lines, h->value);
        cs_buf_add_u8(&f->lines, 0);
    }
    while (f->lines.err == CS_OK && at < f->lines.n) {
        f->list[count] = (struct curl_slist){.data = (char *)f->lines.p + at};
        at += strlen((const char *)f->lines.p + at) + 1;
        if (at < f->lines.n)
            f->list[count].next = &f->list[count + 1];
        count++;
    }
    return f->lines.err == CS_OK ? CS_OK : CS_CONFIG;
}

static bool set_method(CURL *h, const cs_fetch_request *r)
{
    bool has_body = strcmp(r->method, "GET") != 0;
    if (!has_body)
        return curl_easy_setopt(h, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
               curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, NULL) == CURLE_OK;
    return curl_easy_setopt(h, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, r->method) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_POSTFIELDS, r->body.n > 0 ? (const char *)r->body.p : "") == CURLE_OK;
}

static bool set_request(cs_fetch *f, cs_fetch_answer *out, const cs_fetch_request *r, int64_t left_us)
{
    CURL *h = f->curl;
    int64_t connect_us = f->options.connect_us > 0 ? f->options.connect_us : CONNECT_US;
    if (connect_us > left_us)
        connect_us = left_us;
    return set_method(h, r) && curl_easy_setopt(h, CURLOPT_URL, r->url) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_HTTPHEADER, f->list) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect_us / 1000 + 1)) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)(left_us / 1000 + 1)) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_WRITEDATA, out) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_HEADERDATA, out) == CURLE_OK;
}

/* What a failure says about whether the service can have seen the request. */
static cs_err classify(CURL *h, CURLcode code, const cs_fetch_answer *a)
{
    curl_off_t ready = 0; /* the moment when the first byte could go */
    long sent = 0;
    if (code == CURLE_OK)
        return CS_OK;
    if (code == CURLE_OUT_OF_MEMORY || a->body.err == CS_NO_MEMORY)
        return CS_NO_MEMORY;
    if (a->body.err != CS_OK)
        return a->body.err;
    if (curl_easy_getinfo(h, CURLINFO_PRETRANSFER_TIME_T, &ready) == CURLE_OK && ready == 0 &&
        curl_easy_getinfo(h, CURLINFO_REQUEST_SIZE, &sent) == CURLE_OK && sent == 0)
        return CS_REMOTE_UNREACHABLE;
    return CS_REMOTE_SILENT;
}

cs_err cs_fetch_send(cs_fetch_answer *out, cs_fetch *f, const cs_fetch_request *r)
{
    *out = (cs_fetch_answer){.body = cs_buf_new_wiped(r->max_answer)};
    int64_t left_us = r->deadline_us - cs_tick_us();
    if (!cs_fetch_url_allowed(r->url, f->options.plain_anywhere))
        return CS_CONFIG;
    if (left_us <= 0)
        return CS_REMOTE_UNREACHABLE;
    cs_err err = write_headers(f, r);
    if (err == CS_OK) {
        long status = 0;
        err = set_request(f, out, r, left_us) ? classify(f->curl, curl_easy_perform(f->curl), out) : CS_NO_MEMORY;
        if (err == CS_OK && (curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status == 0))
            err = CS_REMOTE_SILENT;
        out->status = (int)status;
    }
    (void)curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, NULL); /* of memory that is wiped now */
    cs_wipe(f->lines.p, f->lines.cap);
    cs_buf_clear(&f->lines);
    return err;
}
