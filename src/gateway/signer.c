/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signer.h"

#include <stdlib.h>

#include "sys/clock.h"
#include "sys/log.h"

#define PATIENCE_US 1000000 /* an agent that was silent for longer is left alone */

struct cs_signer {
    cs_agents *agents;
    cs_metrics *metrics;
    cs_marks marks;
};

cs_err cs_signer_open(cs_signer **out, const char *address, const cs_counter_mark *mark)
{
    *out = NULL;
    cs_signer *s = calloc(1, sizeof *s);
    if (s == NULL)
        return CS_NO_MEMORY;
    cs_marks_init(&s->marks);
    const cs_marks_view none = {0};
    cs_err err = mark->epoch[0] != '\0' ? cs_marks_note(&s->marks, &none, mark->epoch, mark->counter) : CS_OK;
    if (err == CS_OK)
        err = cs_agents_open(&s->agents);
    if (err == CS_OK && address != NULL)
        err = cs_agents_set(s->agents, &(cs_agent_place){.address = address}, 1, NULL);
    if (err == CS_OK)
        *out = s;
    else
        cs_signer_close(s);
    return err;
}

cs_err cs_signer_set_agents(cs_signer *s, const cs_agent_place *places, size_t n, const cs_channel_tls_config *tls)
{
    return cs_agents_set(s->agents, places, n, tls);
}

void cs_signer_measure(cs_signer *s, cs_metrics *metrics)
{
    s->metrics = metrics;
}

void cs_signer_close(cs_signer *s)
{
    if (s == NULL)
        return;
    cs_agents_close(s->agents);
    cs_marks_free(&s->marks);
    free(s);
}

void cs_signer_free_answer(cs_answer *a)
{
    cs_frame_in_free(&a->in);
    cs_buf_free(&a->json);
}

cs_err cs_signer_reach(cs_signer *s, int64_t deadline_us)
{
    cs_agent_way way;
    uint32_t tried = 0;
    cs_err err = CS_ENCLAVE_UNAVAILABLE;
    while (err == CS_ENCLAVE_UNAVAILABLE)
        err = cs_agents_enter(&way, s->agents, &tried, deadline_us);
    if (err != CS_OK)
        return CS_ENCLAVE_UNAVAILABLE;
    cs_agents_leave(s->agents, &way, CS_AGENT_ANSWERED);
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

/* No answer, or none yet: then it may be the request's own fault. */
static cs_err give_up(cs_signer *s, cs_asked *asked, cs_err err)
{
    bool late = err == CS_FRAME_DEADLINE;
    bool failed = err != CS_NO_MEMORY && (!late || cs_tick_us() - asked->from_us >= PATIENCE_US);
    cs_log(CS_LOG_WARN, NULL, "%s: no answer from the agent: %s", cs_message_type_name(asked->type), cs_err_name(err));
    cs_agents_leave(s->agents, &asked->way, failed ? CS_AGENT_FAILED : CS_AGENT_CLOSED);
    asked->again = failed && !late && cs_agents_has_other(s->agents, asked->tried);
    return err == CS_NO_MEMORY ? err : CS_ENCLAVE_UNAVAILABLE;
}

static void begin(cs_signer *s, cs_asked *asked, const cs_request *request)
{
    asked->type = request->type;
    asked->item_count = request->item_count;
    asked->again = false;
    asked->way.channel = CS_NO_CHANNEL;
    asked->from_us = cs_tick_us();
    asked->before = cs_marks_look(&s->marks);
}

static cs_err send_on_way(cs_signer *s, cs_asked *asked, const cs_request *request, int64_t deadline_us)
{
    cs_err err = send_frame(asked->way.channel, request, deadline_us);
    return err == CS_OK ? CS_OK : give_up(s, asked, err);
}

cs_err cs_signer_send(cs_signer *s, cs_asked *asked, const cs_request *request, int64_t deadline_us)
{
    cs_err err;
    do {
        begin(s, asked, request);
        err = cs_agents_enter(&asked->way, s->agents, &asked->tried, deadline_us);
        if (err == CS_OK)
            err = send_on_way(s, asked, request, deadline_us);
        else if (err == CS_ENCLAVE_UNAVAILABLE)
            asked->again = cs_agents_has_other(s->agents, asked->tried);
    } while (err != CS_OK && asked->again);
    return err == CS_NOT_FOUND ? CS_ENCLAVE_UNAVAILABLE : err;
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

/* What the answer says of who gave it. */
static cs_agent_outcome outcome_of(cs_err err)
{
    switch (err) {
    case CS_FRAME_DEADLINE: /* the agent closes its side behind it, lest a late answer met the next request */
        return CS_AGENT_CLOSED;
    case CS_ENCLAVE_UNAVAILABLE:
        return CS_AGENT_EMPTY;
    default:
        return CS_AGENT_ANSWERED;
    }
}

cs_err cs_signer_receive(cs_signer *s, cs_answer *out, cs_asked *asked, int64_t deadline_us)
{
    bool secret = asked->type == CS_MSG_CALLER_KEY; /* a private key that is its caller's */
    *out = (cs_answer){.json = secret ? cs_buf_new_wiped(CS_MAX_FRAME) : cs_buf_new(CS_MAX_FRAME),
                       .before = asked->before};
    cs_err err = cs_channel_read(&out->json, asked->way.channel, deadline_us - cs_tick_us(), false);
    count(s, asked);
    if (err != CS_OK)
        return give_up(s, asked, err);
    err = read_reply(out, asked);
    if (err == CS_FRAME_TYPE || cs_err_class_of(err) == CS_CLASS_MALFORMED) {
        cs_log(CS_LOG_ERROR, NULL, "%s: the agent's answer is none", cs_message_type_name(asked->type));
        cs_agents_leave(s->agents, &asked->way, CS_AGENT_FAILED);
        return CS_ENCLAVE_UNAVAILABLE;
    }
    cs_agents_leave(s->agents, &asked->way, outcome_of(err));
    asked->again = err == CS_ENCLAVE_UNAVAILABLE && cs_agents_has_other(s->agents, asked->tried);
    if (asked->type == CS_MSG_BOOT && err == CS_NOT_FOUND)
        return err; /* an enclave that there is not */
    if (err != CS_OK)
        cs_log(CS_LOG_WARN, NULL, "%s refused: %s", cs_message_type_name(asked->type), cs_err_name(err));
    return meaning_of(err);
}

/* -- whole questions ----------------------------------------------------------------------------------------------- */

static cs_err ask_any(cs_signer *s, cs_answer *out, const cs_request *request, int64_t deadline_us)
{
    cs_asked asked = {0};
    cs_err err;
    do {
        cs_signer_free_answer(out);
        *out = (cs_answer){0};
        err = cs_signer_send(s, &asked, request, deadline_us);
        if (err == CS_OK)
            err = cs_signer_receive(s, out, &asked, deadline_us);
    } while (err != CS_OK && asked.again);
    return err;
}

cs_err cs_signer_ask_agent(cs_signer *s, cs_answer *out, const cs_request *request, size_t n, int64_t deadline_us)
{
    cs_asked asked = {0};
    *out = (cs_answer){0};
    begin(s, &asked, request);
    cs_err err = cs_agents_enter_nth(&asked.way, s->agents, n, deadline_us);
    if (err == CS_ENCLAVE_UNAVAILABLE)
        return CS_REMOTE_UNREACHABLE;
    if (err == CS_OK)
        err = send_on_way(s, &asked, request, deadline_us);
    return err == CS_OK ? cs_signer_receive(s, out, &asked, deadline_us) : err;
}

static cs_err ask_nth(cs_signer *s, cs_answer *out, const cs_request *request, size_t n, int64_t deadline_us)
{
    cs_signer_free_answer(out);
    cs_err err = cs_signer_ask_agent(s, out, request, n, deadline_us);
    return err == CS_REMOTE_UNREACHABLE ? CS_ENCLAVE_UNAVAILABLE : err;
}

/* Whose note it is; while somebody is away it may be theirs, and the others' refusal says nothing. */
static cs_err ask_notary(cs_signer *s, cs_answer *out, const cs_request *request, int64_t deadline_us)
{
    bool away = false;
    cs_err err = CS_LEDGER_NOTE, found = CS_ENCLAVE_UNAVAILABLE;
    for (size_t n = 0; err == CS_LEDGER_NOTE || err == CS_ENCLAVE_UNAVAILABLE; n++) {
        err = ask_nth(s, out, request, n, deadline_us);
        away |= err == CS_ENCLAVE_UNAVAILABLE;
        if (err != CS_NOT_FOUND)
            found = err;
    }
    return found == CS_LEDGER_NOTE && away ? CS_ENCLAVE_UNAVAILABLE : found;
}

/* All of them, the first error ends it. */
static cs_err ask_all(cs_signer *s, cs_answer *out, const cs_request *request, int64_t deadline_us)
{
    cs_err err = CS_OK;
    size_t n = 0;
    for (; err == CS_OK; n++) {
        err = ask_nth(s, out, request, n, deadline_us);
    }
    return err == CS_NOT_FOUND ? (n > 1 ? CS_OK : CS_ENCLAVE_UNAVAILABLE) : err;
}

cs_err cs_signer_ask(cs_signer *s, cs_answer *out, const cs_request *request, int64_t deadline_us)
{
    *out = (cs_answer){0};
    switch (request->type) {
    case CS_MSG_LEDGER_SIGN:
        return ask_notary(s, out, request, deadline_us);
    case CS_MSG_FORGET:
        return ask_all(s, out, request, deadline_us);
    default:
        return ask_any(s, out, request, deadline_us);
    }
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
    return cs_marks_note(&s->marks, &answer->before, epoch, counter);
}
