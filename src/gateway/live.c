/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/live.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/entries.h"
#include "sys/clock.h"

#define AT_ONCE 64 /* entries of one read */
#define MAX_DIGITS 16
#define EVENT_OVERHEAD 1024

struct live {
    cs_http_stream stream; /* the first member: the server has a pointer to it */
    cs_store *store;
    char realm[CS_MAX_ID + 1], org[CS_MAX_ID + 1], api_key_id[CS_MAX_ID + 1];
    bool by_session;
    uint8_t session[CS_SHA256_LEN];
    uint64_t seq; /* of the entry that comes next */
    bool greeted;
    struct live *next; /* in `open_streams` */
};

/* -- how many ------------------------------------------------------------------------------------------------------ */

static pthread_mutex_t streams_lock = PTHREAD_MUTEX_INITIALIZER;
static struct live *open_streams;

static bool take_place(struct live *l)
{
    int others = 0;
    (void)pthread_mutex_lock(&streams_lock);
    for (const struct live *o = open_streams; o != NULL; o = o->next)
        others += strcmp(o->org, l->org) == 0;
    if (others < CS_MAX_ORG_STREAMS) {
        l->next = open_streams;
        open_streams = l;
    }
    (void)pthread_mutex_unlock(&streams_lock);
    return others < CS_MAX_ORG_STREAMS;
}

static void leave_place(const struct live *l)
{
    (void)pthread_mutex_lock(&streams_lock);
    struct live **at = &open_streams;
    while (*at != NULL && *at != l)
        at = &(*at)->next;
    if (*at != NULL)
        *at = l->next;
    (void)pthread_mutex_unlock(&streams_lock);
}

/* -- one stream ---------------------------------------------------------------------------------------------------- */

/* After each piece was read and before it is sent: what is written after the end of an API key or a session is
 * acknowledged, its stream never has. */
static cs_err check_access(const struct live *l)
{
    cs_api_key_row row;
    cs_session_row session = {0};
    int64_t now = cs_now_ms();
    cs_err err = cs_store_api_key_by_id(l->store, &row, cs_slice_str(l->org), cs_slice_str(l->api_key_id));
    if (err == CS_OK && (row.revoked_ms != 0 || (row.expires_ms != 0 && row.expires_ms <= now)))
        err = CS_UNAUTHENTICATED;
    if (err == CS_OK && l->by_session)
        err = cs_store_session(l->store, &session, l->session);
    return err == CS_OK && l->by_session && session.expires_ms <= now ? CS_UNAUTHENTICATED : err;
}

static cs_err write_event(cs_buf *out, const struct live *l, const cs_entry_record *e)
{
    cs_buf_printf(out, "id: %llu\nevent: %s\ndata: ", (unsigned long long)e->seq, e->event_type);
    cs_jw w = cs_jw_on(out);
    cs_err err = cs_entries_write(&w, NULL, l->store, cs_slice_str(l->realm), e);
    cs_buf_add_str(out, "\n\n"); /* the object has no line break: JSON escapes them */
    return err;
}

/* As many whole events as there is room for. */
static cs_err write_events(cs_buf *out, struct live *l, size_t max)
{
    cs_entry_query q = {.org = cs_slice_str(l->realm), .from = l->seq, .to = UINT64_MAX, .limit = AT_ONCE};
    cs_entry_batch batch;
    cs_err err = cs_entries_read(&batch, l->store, &q, max / 2);
    for (size_t i = 0; err == CS_OK && i < batch.n; i++) {
        cs_buf event = cs_buf_new(max);
        err = write_event(&event, l, &batch.of[i]);
        bool fits = err == CS_OK && event.err == CS_OK && out->n + event.n <= max;
        if (err == CS_OK && fits)
            cs_buf_add(out, cs_buf_slice(&event));
        else if (err == CS_OK && out->n == 0)
            err = CS_TOO_LARGE; /* no room will ever be enough */
        cs_buf_free(&event);
        if (!fits)
            break;
        l->seq = batch.of[i].seq + 1;
    }
    cs_entries_free(&batch);
    return err;
}

static cs_err fill(cs_http_stream *self, cs_buf *out, size_t max)
{
    struct live *l = (struct live *)self;
    if (!l->greeted) {
        l->greeted = true;
        cs_buf_add_str(out, "retry: 1000\n: countersign ledger\n\n");
        return out->err;
    }
    cs_err err = write_events(out, l, max);
    if (err == CS_OK && out->n == 0 && l->stream.quiet)
        cs_buf_add_str(out, ": still here\n\n");
    if (err == CS_OK)
        err = check_access(l); /* on error nothing of it is sent */
    return err == CS_OK ? out->err : err;
}

static void close_live(cs_http_stream *self)
{
    leave_place((struct live *)self);
    free(self);
}

static bool read_seq(uint64_t *out, cs_slice text)
{
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return text.n > 0 && text.n <= MAX_DIGITS;
}

static cs_err find_start(struct live *l, cs_call *c)
{
    cs_query q;
    cs_head head;
    cs_query_read(&q, c->rq->query);
    cs_slice since = cs_query_text(&q, "since", MAX_DIGITS);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err == CS_OK)
        err = cs_store_head(c->app->store, &head, cs_call_org(c));
    if (err == CS_NOT_FOUND) {
        head = (cs_head){0};
        err = CS_OK;
    }
    if (err != CS_OK)
        return err;
    l->seq = head.tree.size;
    if (since.p != NULL && (!read_seq(&l->seq, since) || l->seq > head.tree.size))
        return cs_call_fail(c, CS_BAD_FIELD, "since");
    if (c->rq->last_event_id.p != NULL && (!read_seq(&l->seq, c->rq->last_event_id) || ++l->seq > head.tree.size))
        return cs_call_fail(c, CS_BAD_FIELD, "Last-Event-ID");
    return CS_OK;
}

cs_err cs_live_stream(cs_call *c, cs_jw *w)
{
    struct live *l = calloc(1, sizeof *l);
    (void)w;
    if (l == NULL)
        return CS_NO_MEMORY;
    l->stream = (cs_http_stream){.fill = fill, .close = close_live};
    l->store = c->app->store;
    l->by_session = c->caller.by_session;
    memcpy(l->session, c->caller.session, sizeof l->session);
    memcpy(l->realm, c->caller.realm, sizeof l->realm);
    memcpy(l->org, c->caller.org, sizeof l->org);
    memcpy(l->api_key_id, c->caller.key_id, sizeof l->api_key_id);
    cs_err err = find_start(l, c);
    if (err == CS_OK && !take_place(l))
        err = CS_OVERLOADED;
    if (err != CS_OK) {
        free(l);
        return err;
    }
    c->rs->content_type = "text/event-stream";
    c->rs->stream = &l->stream;
    return CS_OK;
}
