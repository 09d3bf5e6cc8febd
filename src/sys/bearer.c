/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/bearer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/json.h"
#include "core/limits.h"
#include "sys/clock.h"
#include "sys/file.h"

#define RETRY_MS 1000            /* after a source has failed */
#define EARLY_MS (5 * 60 * 1000) /* before it ends another one is asked for */
#define MAX_LIFE_S (7 * 24 * 3600)
#define MAX_ANSWER (64u << 10)
#define ONE_REQUEST_US (5 * 1000000)
#define SCHEME CS_LIT("Bearer ")

struct cs_bearer {
    cs_bearer_source *source;
    const char *resource;
    pthread_mutex_t lock;
    pthread_cond_t renewed;
    bool renewing;
    cs_bearer_token now; /* without text: there is none */
    int64_t retry_ms;    /* the source is not asked before */
};

void cs_bearer_token_wipe(cs_bearer_token *t)
{
    cs_buf_free(&t->text);
    *t = (cs_bearer_token){0};
}

/* -- loans ------------------------------------------------------------------------------------------------------- */

cs_err cs_bearer_open(cs_bearer **out, cs_bearer_source *source, const char *resource)
{
    pthread_condattr_t monotonic;
    cs_bearer *b = calloc(1, sizeof *b);
    *out = b;
    if (b == NULL)
        return CS_NO_MEMORY;
    b->source = source;
    b->resource = resource;
    (void)pthread_mutex_init(&b->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&b->renewed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return CS_OK;
}

void cs_bearer_close(cs_bearer *b)
{
    if (b == NULL)
        return;
    cs_bearer_token_wipe(&b->now);
    (void)pthread_cond_destroy(&b->renewed);
    (void)pthread_mutex_destroy(&b->lock);
    free(b);
}

/* Under the lock: it still counts. */
static bool is_good(const cs_bearer *b)
{
    return b->now.text.n > 0 && cs_now_ms() < b->now.expires_ms;
}

/* Under the lock, which is given up meanwhile. */
static void renew(cs_bearer *b, int64_t deadline_us)
{
    cs_bearer_token fresh = {0};
    b->renewing = true;
    (void)pthread_mutex_unlock(&b->lock);
    cs_err err = b->source(&fresh, b->resource, deadline_us);
    (void)pthread_mutex_lock(&b->lock);
    b->renewing = false;
    if (err == CS_OK) {
        cs_bearer_token_wipe(&b->now);
        b->now = fresh; /* with its memory */
        b->retry_ms = 0;
    } else {
        cs_bearer_token_wipe(&fresh);
        b->retry_ms = cs_now_ms() + RETRY_MS;
    }
    (void)pthread_cond_broadcast(&b->renewed);
}

/* Under the lock. False when the deadline has passed. */
static bool wait_for_other(cs_bearer *b, int64_t deadline_us)
{
    struct timespec at = {.tv_sec = deadline_us / 1000000, .tv_nsec = deadline_us % 1000000 * 1000};
    return pthread_cond_timedwait(&b->renewed, &b->lock, &at) != ETIMEDOUT;
}

cs_err cs_bearer_lend(cs_buf *out, cs_bearer *b, int64_t deadline_us)
{
    bool tried = false;
    (void)pthread_mutex_lock(&b->lock);
    for (;;) {
        int64_t now = cs_now_ms();
        bool due = b->now.text.n == 0 || now >= b->now.renew_ms;
        if (due && !b->renewing && !tried && now >= b->retry_ms) {
            renew(b, deadline_us);
            tried = true;
        } else if (is_good(b) || !b->renewing || !wait_for_other(b, deadline_us)) {
            break;
        }
    }
    cs_err err = CS_CLOUD_CREDENTIALS;
    if (is_good(b)) {
        cs_buf_add(out, SCHEME);
        cs_buf_add(out, cs_buf_slice(&b->now.text));
        err = out->err == CS_OK ? CS_OK : CS_NO_MEMORY;
    }
    (void)pthread_mutex_unlock(&b->lock);
    return err;
}

void cs_bearer_distrust(cs_bearer *b, cs_slice lent)
{
    cs_slice text = cs_slice_sub(lent, SCHEME.n, lent.n);
    (void)pthread_mutex_lock(&b->lock);
    if (cs_secret_eq(cs_buf_slice(&b->now.text), text))
        b->now.renew_ms = 0;
    (void)pthread_mutex_unlock(&b->lock);
}

/* -- sources ----------------------------------------------------------------------------------------------------- */

const char *cs_bearer_environment(const char *name)
{
    const char *value = secure_getenv(name);
    return value != NULL ? value : "";
}

void cs_bearer_form(cs_buf *out, const char *name, cs_slice value)
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

cs_err cs_bearer_file(cs_buf *out, const char *path)
{
    cs_err err = cs_file_read(out, path);
    while (err == CS_OK && out->n > 0 && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
        out->n--;
    return err == CS_OK && out->n == 0 ? CS_BAD_FORMAT : err;
}

/* http:// and the metadata service of Azure's or Google's machines, which has no TLS. */
static bool is_metadata(const char *url)
{
    static const char *const hosts[] = {"http://169.254.169.254", "http://metadata.google.internal"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t n = strlen(hosts[i]);
        if (strncmp(url, hosts[i], n) == 0 && (url[n] == '/' || url[n] == '\0'))
            return true;
    }
    return false;
}

bool cs_bearer_url_allowed(const char *url)
{
    return cs_fetch_url_allowed(url, is_metadata(url));
}

/* Seconds as a number or as digits; -1 if it is neither, 0 if it is absent. */
static int64_t read_seconds(cs_jobj *o, const char *name)
{
    if (!cs_jobj_has(o, name))
        return 0;
    cs_jobj as_text = *o;
    cs_slice text = cs_jobj_str(&as_text, name, 15);
    if (as_text.err != CS_OK)
        return cs_jobj_int(o, name, 1, CS_JSON_INT_MAX);
    int64_t seconds = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return -1;
        seconds = 10 * seconds + (text.p[i] - '0');
    }
    return text.n > 0 ? seconds : -1;
}

/* Nothing but what may stand in a header. */
static bool is_token_text(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return s.n > 0;
}

cs_err cs_bearer_take(cs_bearer_token *out, cs_slice text, int64_t expires_ms, int64_t now_ms)
{
    *out = (cs_bearer_token){0};
    if (!is_token_text(text))
        return CS_BAD_FORMAT;
    if (expires_ms <= now_ms)
        return CS_CONFLICT;
    int64_t half = (expires_ms - now_ms) / 2;
    out->text = cs_buf_new_wiped(CS_BEARER_MAX);
    cs_buf_add(&out->text, text);
    out->expires_ms = expires_ms;
    out->renew_ms = expires_ms - (half < EARLY_MS ? half : EARLY_MS);
    return out->text.err == CS_OK ? CS_OK : CS_BAD_FORMAT;
}

cs_err cs_bearer_read(cs_bearer_token *out, cs_slice json, int64_t now_ms)
{
    cs_json *doc = NULL;
    *out = (cs_bearer_token){0};
    if (cs_json_parse(&doc, json, MAX_ANSWER) != CS_OK)
        return CS_BAD_FORMAT;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_slice text = cs_jobj_str(&o, "access_token", CS_BEARER_MAX), type = cs_jobj_str(&o, "token_type", CS_MAX_ID);
    int64_t in_s = read_seconds(&o, "expires_in"), on_s = in_s == 0 ? read_seconds(&o, "expires_on") : 0;
    bool sound = (in_s > 0 && in_s <= MAX_LIFE_S) || (in_s == 0 && on_s > 0 && on_s <= now_ms / 1000 + MAX_LIFE_S);
    cs_err err = CS_BAD_FORMAT;
    if (cs_jobj_done_open(&o) == CS_OK && cs_slice_is(type, "Bearer") && sound)
        err = cs_bearer_take(out, text, in_s > 0 ? now_ms + 1000 * in_s : 1000 * on_s, now_ms);
    cs_json_free(doc);
    if (err != CS_OK)
        cs_bearer_token_wipe(out);
    return err;
}

cs_err cs_bearer_send(cs_fetch_answer *answer, const char *url, cs_fetch_header header, const char *type, cs_slice body,
                      int64_t deadline_us)
{
    cs_fetch *f = NULL;
    int64_t soon = cs_tick_us() + ONE_REQUEST_US;
    cs_fetch_options options = {.plain_anywhere = is_metadata(url), .connect_us = ONE_REQUEST_US / 2};
    const cs_fetch_request r = {.method = body.p != NULL ? "POST" : "GET",
                                .url = url,
                                .headers = {header,
                                            {"Content-Type", body.p != NULL ? cs_slice_str(type) : CS_ABSENT},
                                            {"Accept", CS_LIT("application/json")}},
                                .body = body,
                                .max_answer = MAX_ANSWER,
                                .deadline_us = soon < deadline_us ? soon : deadline_us};
    *answer = (cs_fetch_answer){0};
    cs_err err = cs_fetch_open(&f, &options);
    if (err == CS_OK)
        err = cs_fetch_send(answer, f, &r);
    if (err == CS_OK && answer->status != 200)
        err = CS_FORBIDDEN;
    cs_fetch_close(f);
    return err;
}

cs_err cs_bearer_ask(cs_bearer_token *out, const char *url, cs_fetch_header header, cs_slice form, int64_t deadline_us)
{
    cs_fetch_answer answer;
    *out = (cs_bearer_token){0};
    cs_err err = cs_bearer_send(&answer, url, header, "application/x-www-form-urlencoded", form, deadline_us);
    if (err == CS_OK)
        err = cs_bearer_read(out, cs_buf_slice(&answer.body), cs_now_ms());
    cs_fetch_answer_free(&answer);
    return err;
}
