/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signer.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"

#define MAX_IDLE 64
#define CONNECT_TIMEOUT_US 1000000

struct cs_signer {
    char address[PATH_MAX];
    cs_channel_tls *tls; /* NULL: the agent is on this machine */
    cs_metrics *metrics;
    pthread_mutex_t lock;      /* of what follows */
    cs_channel idle[MAX_IDLE]; /* the one used last is taken first */
    size_t idle_count;
    cs_counter_mark mark;
};

cs_err cs_signer_open(cs_signer **out, const char *address, const cs_counter_mark *mark)
{
    *out = NULL;
    cs_signer *s = calloc(1, sizeof *s);
    if (s == NULL)
        return CS_NO_MEMORY;
    int n = snprintf(s->address, sizeof s->address, "%s", address);
    if (n < 0 || (size_t)n >= sizeof s->address) {
        free(s);
        return CS_CONFIG;
    }
    (void)pthread_mutex_init(&s->lock, NULL);
    s->mark = *mark;
    *out = s;
    return CS_OK;
}

cs_err cs_signer_protect(cs_signer *s, const cs_channel_tls_config *config)
{
    return cs_channel_tls_open(&s->tls, config);
}

void cs_signer_measure(cs_signer *s, cs_metrics *metrics)
{
    s->metrics = metrics;
}

void cs_signer_close(cs_signer *s)
{
    if (s == NULL)
        return;
    while (s->idle_count > 0)
        cs_channel_close(s->idle[--s->idle_count]);
    cs_channel_tls_close(s->tls);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

void cs_signer_free_answer(cs_answer *a)
{
    cs_frame_in_free(&a->in);
    cs_buf_free(&a->json);
}

/* CS_NO_CHANNEL: none is left. */
static cs_channel take_idle(cs_signer *s, cs_counter_mark *mark)
{
    (void)pthread_mutex_lock(&s->lock);
    cs_channel c = s->idle_count > 0 ? s->idle[--s->idle_count] : CS_NO_CHANNEL;
    *mark = s->mark;
    (void)pthread_mutex_unlock(&s->lock);
    return c;
}

static void put_idle(cs_signer *s, cs_channel c)
{
    (void)pthread_mutex_lock(&s->lock);
    bool room = s->idle_count < MAX_IDLE;
    if (room)
        s->idle[s->idle_count++] = c;
    (void)pthread_mutex_unlock(&s->lock);
    if (!room)
        cs_channel_close(c);
}

static cs_err call_agent(cs_channel *out, const cs_signer *s, int64_t deadline_us)
{
    int fd = -1;
    cs_err err = cs_stream_connect(&fd, s->address, deadline_us);
    *out = cs_channel_plain(fd);
    if (err == CS_OK && s->tls != NULL)
        err = cs_channel_tls_begin(out, s->tls, fd, deadline_us);
    if (err != CS_OK) {
        cs_stream_close(fd);
        *out = CS_NO_CHANNEL;
    }
    return err;
}

/* A connection on which the next bytes can only be the answer to what is sent now. */
static cs_err connect_agent(cs_channel *out, cs_signer *s, cs_counter_mark *mark, int64_t deadline_us)
{
    while ((*out = take_idle(s, mark)).fd >= 0) {
        if (cs_channel_is_quiet(*out))
            return CS_OK;
        cs_channel_close(*out);
    }
    int64_t soon = cs_tick_us() + CONNECT_TIMEOUT_US;
    return call_agent(out, s, soon < deadline_us ? soon : deadline_us);
}

cs_err cs_signer_reach(cs_signer *s, int64_t deadline_us)
{
    cs_channel c;
    cs_counter_mark ignored;
    cs_err err = connect_agent(&c, s, &ignored, deadline_us);
    if (err != CS_OK)
        return CS_ENCLAVE_UNAVAILABLE;
    put_idle(s, c);
    return CS_OK;
}

/* What an error on the other side means to the client: refusals and outages as they are; that the agent or the enclave
 * found our request malformed is a fault between us. */
static cs_err meaning_of(cs_err err)
{
    switch (cs_err_class_of(err)) {
    case CS_CLASS_OK:
    case CS_CLASS_REFUSED:
        return err;
    case CS_CLASS_UNAVAILABLE:
        return err == CS_COUNTERS_FULL || err == CS_LEDGER_ORGS_FULL || err == CS_ROOT_UNAVAILABLE ||
                       err == CS_KMS_UNAVAILABLE
                   ? err
                   : CS_ENCLAVE_UNAVAILABLE;
    default:
        return CS_INTERNAL;
    }
}

static cs_err send_frame(cs_channel c, const cs_request *request, int64_t deadline_us)
{
    cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
    cs_err err = cs_tick_us() < deadline_us ? cs_request_write(&frame, request) : CS_FRAME_DEADLINE;
    if (err == CS_OK)
        err = cs_channel_write(c, cs_buf_slice(&frame), deadline_us - cs_tick_us());
    if (request->type == CS_MSG_SEAL_SECRET && frame.p != NULL)
        cs_wipe(frame.p, frame.n);
    cs_buf_free(&frame);
    return err;
}

static cs_err give_up(cs_channel c, cs_message_type type, cs_err err)
{
    cs_log(CS_LOG_WARN, NULL, "%s: no answer from the agent: %s", cs_message_type_name(type), cs_err_name(err));
    cs_channel_close(c);
    return err == CS_NO_MEMORY ? err : CS_ENCLAVE_UNAVAILABLE;
}

cs_err cs_signer_send(cs_signer *s, cs_asked *out, const cs_request *request, int64_t deadline_us)
{
    *out = (cs_asked){
        .type = request->type, .item_count = request->item_count, .channel = CS_NO_CHANNEL, .from_us = cs_tick_us()};
    cs_err err = connect_agent(&out->channel, s, &out->before, deadline_us);
    if (err == CS_OK)
        err = send_frame(out->channel, request, deadline_us);
    return err == CS_OK ? CS_OK : give_up(out->channel, request->type, err);
}

static void count(cs_signer *s, const cs_asked *asked)
{
    size_t n = asked->type == CS_MSG_SIGN ? 1 : asked->type == CS_MSG_SIGN_GROUP ? asked->item_count : 0;
    for (int64_t us = cs_tick_us() - asked->from_us; n > 0; n--)
        cs_metrics_time(s->metrics, CS_STAGE_ENCLAVE, us);
}

static cs_err read_reply(cs_answer *out, const cs_asked *asked)
{
    cs_err err = cs_reply_read(&out->reply, &out->in, cs_buf_slice(&out->json), asked->type);
    if (err != CS_OK || asked->type != CS_MSG_SIGN_GROUP)
        return err;
    if (out->reply.item_count != asked->item_count)
        return CS_FRAME_TYPE;
    cs_reply *items = out->in.items;
    for (size_t i = 0; i < asked->item_count; i++)
        items[i].err = meaning_of(items[i].err);
    return CS_OK;
}

cs_err cs_signer_receive(cs_signer *s, cs_answer *out, const cs_asked *asked, int64_t deadline_us)
{
    bool secret = asked->type == CS_MSG_CALLER_KEY; /* a private key that is its caller's */
    *out = (cs_answer){.json = secret ? cs_buf_new_wiped(CS_MAX_FRAME) : cs_buf_new(CS_MAX_FRAME),
                       .before = asked->before};
    cs_err err = cs_channel_read(&out->json, asked->channel, deadline_us - cs_tick_us(), false);
    count(s, asked);
    if (err != CS_OK)
        return give_up(asked->channel, asked->type, err);
    err = read_reply(out, asked);
    if (err == CS_FRAME_TYPE || cs_err_class_of(err) == CS_CLASS_MALFORMED) {
        cs_log(CS_LOG_ERROR, NULL, "%s: the agent's answer is none", cs_message_type_name(asked->type));
        cs_channel_close(asked->channel);
        return CS_ENCLAVE_UNAVAILABLE;
    }
    /* An agent that gave up waiting closes its side behind this answer, lest a late one met the next request. */
    if (err == CS_FRAME_DEADLINE)
        cs_channel_close(asked->channel);
    else
        put_idle(s, asked->channel);
    if (err != CS_OK)
        cs_log(CS_LOG_WARN, NULL, "%s refused: %s", cs_message_type_name(asked->type), cs_err_name(err));
    return meaning_of(err);
}

cs_err cs_signer_ask(cs_signer *s, cs_answer *out, const cs_request *request, int64_t deadline_us)
{
    cs_asked asked;
    *out = (cs_answer){0};
    cs_err err = cs_signer_send(s, &asked, request, deadline_us);
    return err == CS_OK ? cs_signer_receive(s, out, &asked, deadline_us) : err;
}

cs_err cs_signer_seal_secret(cs_signer *s, cs_buf *sealed, cs_slice org, cs_slice name, cs_slice secret,
                             int64_t deadline_us)
{
    const cs_request request = {.type = CS_MSG_SEAL_SECRET, .org = org, .name = name, .secret = secret};
    cs_answer answer = {0};
    if (secret.n == 0 || secret.n > CS_SECRET_CAP)
        return CS_TOO_LARGE;
    cs_err err = cs_signer_ask(s, &answer, &request, deadline_us);
    if (err == CS_OK) {
        cs_buf_add(sealed, answer.reply.sealed);
        err = sealed->err;
    }
    cs_signer_free_answer(&answer);
    return err;
}

cs_err cs_signer_note_counter(cs_signer *s, const cs_answer *answer, const char *epoch, int64_t counter)
{
    if (strcmp(answer->before.epoch, epoch) == 0 && counter <= answer->before.counter)
        return CS_COUNTER_NOT_FRESH;
    (void)pthread_mutex_lock(&s->lock);
    bool same = strcmp(s->mark.epoch, epoch) == 0;
    if (!same || counter > s->mark.counter)
        s->mark.counter = counter;
    if (!same)
        (void)snprintf(s->mark.epoch, sizeof s->mark.epoch, "%s", epoch);
    (void)pthread_mutex_unlock(&s->lock);
    return CS_OK;
}
