/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sys/clock.h"

#define DEFAULT_PAGE 50

cs_slice cs_call_org(const cs_call *c)
{
    return cs_slice_str(c->caller.realm);
}

cs_err cs_call_fail(cs_call *c, cs_err err, const char *field)
{
    return cs_fault_set(&c->fault, err, field);
}

bool cs_call_may_use(const cs_call *c, const char *key_id)
{
    return cs_caller_may_use(&c->caller, key_id);
}

void cs_call_header(cs_call *c, const char *name, const char *format, ...)
{
    char value[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(value, sizeof value, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof value)
        cs_http_header(c->rs, name, value);
    else
        c->rs->headers.err = CS_INTERNAL;
    cs_wipe(value, sizeof value); /* a cookie is as good as a key */
}

static bool is_word(cs_slice s, const char *word)
{
    return s.n == strlen(word) && strncasecmp((const char *)s.p, word, s.n) == 0;
}

/* application/json, with nothing behind it but charset=utf-8, which clients send although RFC 8259 §11 knows no such
 * parameter. */
static bool is_json(cs_slice type)
{
    const uint8_t *semicolon = type.n > 0 ? memchr(type.p, ';', type.n) : NULL;
    if (semicolon == NULL)
        return is_word(type, "application/json");
    size_t n = (size_t)(semicolon - type.p);
    cs_slice parameter = cs_slice_sub(type, n + 1, type.n);
    while (parameter.n > 0 && parameter.p[0] == ' ')
        parameter = cs_slice_sub(parameter, 1, parameter.n);
    return is_word(cs_slice_sub(type, 0, n), "application/json") && is_word(parameter, "charset=utf-8");
}

static cs_err open_body(cs_call *c, cs_json **json, cs_jobj *o, cs_slice text)
{
    cs_err err = cs_json_parse(json, text, CS_MAX_BODY);
    if (err != CS_OK)
        return cs_call_fail(c, err, NULL);
    *o = cs_jobj_open(cs_json_root(*json));
    return o->err == CS_OK ? CS_OK : cs_call_fail(c, CS_BAD_JSON, NULL);
}

cs_err cs_call_body(cs_call *c, cs_json **json, cs_jobj *o)
{
    *json = NULL;
    if (!is_json(c->rq->content_type))
        return cs_call_fail(c, CS_BAD_MEDIA_TYPE, "Content-Type");
    return open_body(c, json, o, c->rq->body);
}

cs_err cs_call_body_opt(cs_call *c, cs_json **json, cs_jobj *o)
{
    return c->rq->body.n > 0 ? cs_call_body(c, json, o) : open_body(c, json, o, CS_LIT("{}"));
}

cs_err cs_call_body_empty(cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body_opt(c, &json, &o);
    if (err == CS_OK)
        err = cs_call_body_done(c, &o);
    cs_json_free(json);
    return err;
}

cs_err cs_call_body_done(cs_call *c, cs_jobj *o)
{
    cs_err err = cs_jobj_done(o);
    return err == CS_OK ? CS_OK : cs_jobj_fault(o, NULL, &c->fault);
}

void cs_call_metadata(cs_jobj *o, cs_buf *out)
{
    cs_jval v = cs_jobj_object_opt(o, "metadata");
    if (v.v == NULL)
        return;
    cs_err err = cs_json_canonical(out, v);
    if (err != CS_OK)
        cs_jobj_fail(o, err, "metadata");
}

void cs_call_metadata_digest(cs_jw *w, const cs_buf *metadata)
{
    cs_digest d;
    if (metadata->n > 0 && cs_hash(&d, CS_SHA256, cs_buf_slice(metadata)) == CS_OK)
        cs_jw_hex(w, "metadataSha256", "sha256:", cs_digest_slice(&d));
}

void cs_call_page(cs_call *c, cs_query *q, cs_page *page, char before[CS_MAX_ID + 1], const char *route)
{
    cs_query_read(q, c->rq->query);
    *page = (cs_page){.org = cs_call_org(c), .limit = cs_query_int_or(q, "limit", 1, CS_MAX_PAGE, DEFAULT_PAGE)};
    cs_slice cursor = cs_query_text(q, "cursor", 4 * CS_MAX_ID);
    if (cursor.p == NULL || q->err != CS_OK)
        return;
    cs_err err = cs_cursor_read(before, &c->app->auth, page->org, route, cursor);
    page->before = cs_slice_str(before);
    if (err != CS_OK) {
        cs_fault fault;
        q->err = cs_fault_set(&fault, err, "cursor");
        cs_buf field = CS_BUF_OVER(q->field);
        cs_buf_add(&field, CS_ARRAY("cursor"));
    }
}

void cs_call_pagination(const cs_call *c, cs_jw *w, const cs_page *page, const char *route)
{
    char text[4 * CS_MAX_ID];
    cs_buf cursor = CS_BUF_OVER(text);
    cs_jw_begin(w, "pagination");
    cs_jw_int(w, "limit", page->limit);
    if (page->more)
        cs_cursor_write(&cursor, &c->app->auth, page->org, route, cs_slice_str(page->last));
    cs_jw_str(w, "nextCursor", page->more ? cs_buf_slice(&cursor) : CS_ABSENT);
    cs_jw_end(w);
}

struct rendering {
    cs_answer_fn answer;
    void *context;
};

static void render(void *context, cs_buf *answer)
{
    const struct rendering *r = context;
    cs_jw w = cs_jw_on(answer);
    r->answer(r->context, &w);
}

static cs_err complete(cs_call *c, cs_write *writes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        writes[i].org = cs_call_org(c);
        writes[i].actor_id = cs_slice_str(c->caller.key_id);
        if (writes[i].event_type != NULL && writes[i].data.p == NULL)
            return CS_INTERNAL; /* it could not be made */
    }
    return CS_OK;
}

/* What is kept with the writes, if the client may ask for the answer again. False: nothing is. */
static bool keep(cs_receipt *out, const cs_call *c, struct rendering *r)
{
    *out = (cs_receipt){.secret = c->secret_answer, .status = c->status, .render = render, .context = r};
    if (c->claim == NULL || r->answer == NULL)
        return false;
    memcpy(out->scope, c->claim->scope, sizeof out->scope);
    memcpy(out->body, c->claim->body, sizeof out->body);
    return true;
}

/* The writes are durable: they count, and the answer is written. */
static void committed(cs_call *c, cs_jw *w, const cs_write *writes, size_t n, const struct rendering *r)
{
    for (size_t i = 0; i < n; i++)
        if (writes[i].err == CS_OK && writes[i].event_type != NULL)
            cs_metrics_event(c->app->metrics, writes[i].event_type);
    if (r->answer != NULL)
        r->answer(r->context, w);
}

typedef cs_err (*write_fn)(cs_commit *c, cs_write *w, size_t n, const cs_receipt *receipt);

static cs_err commit(cs_call *c, cs_jw *w, cs_write *writes, size_t n, struct rendering *r, write_fn write)
{
    cs_receipt receipt;
    bool kept = keep(&receipt, c, r);
    int64_t from = cs_tick_us();
    cs_err err = complete(c, writes, n);
    if (err == CS_OK)
        err = write(c->app->commit, writes, n, kept ? &receipt : NULL);
    cs_metrics_time(c->app->metrics, CS_STAGE_COMMIT, cs_tick_us() - from);
    if (err == CS_OK)
        committed(c, w, writes, n, r);
    return err;
}

void cs_call_commit_all(cs_call_change *changes, size_t n)
{
    struct rendering renderings[CS_MAX_ROUND];
    cs_receipt receipts[CS_MAX_ROUND];
    cs_commit_call calls[CS_MAX_ROUND];
    size_t of[CS_MAX_ROUND], count = 0;
    for (size_t i = 0; i < n; i++) {
        cs_call_change *d = &changes[i];
        d->err = complete(d->call, d->writes, d->n);
        if (d->err != CS_OK)
            continue;
        renderings[count] = (struct rendering){d->answer, d->context};
        bool kept = keep(&receipts[count], d->call, &renderings[count]);
        calls[count] = (cs_commit_call){.writes = d->writes, .n = d->n, .receipt = kept ? &receipts[count] : NULL};
        of[count++] = i;
    }
    int64_t from = cs_tick_us();
    if (count > 0)
        cs_commit_write_calls(changes[of[0]].call->app->commit, calls, count);
    int64_t took = cs_tick_us() - from;
    for (size_t i = 0; i < count; i++) {
        cs_call_change *d = &changes[of[i]];
        d->err = calls[i].err;
        cs_metrics_time(d->call->app->metrics, CS_STAGE_COMMIT, took);
        if (d->err == CS_OK)
            committed(d->call, d->w, d->writes, d->n, &renderings[i]);
    }
}

cs_err cs_call_commit(cs_call *c, cs_jw *w, cs_write *writes, size_t n, cs_answer_fn answer, void *context)
{
    return commit(c, w, writes, n, &(struct rendering){answer, context}, cs_commit_write_whole);
}

static cs_err write_each(cs_commit *c, cs_write *w, size_t n, const cs_receipt *receipt)
{
    cs_err err = cs_commit_write(c, w, n, receipt);
    return n == 1 && err != CS_STORE_UNAVAILABLE ? CS_OK : err; /* of one, too, the error is its own */
}

cs_err cs_call_commit_each(cs_call *c, cs_jw *w, cs_write *writes, size_t n, cs_answer_fn answer, void *context)
{
    return commit(c, w, writes, n, &(struct rendering){answer, context}, write_each);
}

void cs_call_compute(cs_call *c)
{
    while (sem_wait(&c->app->crypto) != 0 && errno == EINTR)
        ;
}

void cs_call_computed(cs_call *c)
{
    (void)sem_post(&c->app->crypto);
}
