/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/relay.h"

#include "core/kms_frame.h"
#include "core/message.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"

#define GATEWAY_TIMEOUT_US (10 * 1000000)
#define MAX_QUESTIONS 512             /* of the enclave, during one request: those of a tunnel are many */
#define IDLE_BUFFER_BYTES (16u << 10) /* a larger buffer is given back before the connection waits */

/* What becomes of a gateway's request. */
enum fate {
    REFUSED,
    TO_ANY,
    TO_CHOSEN, /* or any */
    TO_NOTARY, /* whose keys the old note was signed with */
    TO_ALL,
    ANSWERED_HERE
};

static const enum fate fates[CS_MSG_COUNT] = {
    [CS_MSG_BOOT] = TO_CHOSEN,        [CS_MSG_GENERATE_KEY] = TO_ANY,
    [CS_MSG_SIGN] = TO_ANY,           [CS_MSG_SIGN_GROUP] = TO_ANY,
    [CS_MSG_FORGET] = TO_ALL,         [CS_MSG_CALLER_KEY] = TO_ANY,
    [CS_MSG_LEDGER_SIGN] = TO_NOTARY, [CS_MSG_PQ_GENERATE] = TO_ANY,
    [CS_MSG_PQ_SIGN] = TO_ANY,        [CS_MSG_SEAL_SECRET] = ANSWERED_HERE,
};

cs_relay cs_relay_new(cs_fleet *fleet, int64_t timeout_us, const cs_settings_key *settings_key, cs_kms *kms)
{
    cs_relay r = {.fleet = fleet,
                  .timeout_us = timeout_us,
                  .settings_key = settings_key,
                  .kms = kms,
                  .json = cs_buf_new(CS_MAX_FRAME),
                  .reply = cs_buf_new(CS_MAX_FRAME)};
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        r.upstream[i] = -1;
    return r;
}

static void hang_up(cs_relay *r, size_t at)
{
    cs_stream_close(r->upstream[at]);
    r->upstream[at] = -1;
}

void cs_relay_free(cs_relay *r)
{
    for (size_t i = 0; i < CS_BALANCE_MAX; i++)
        hang_up(r, i);
    cs_kms_line_close(r->line);
    cs_buf_free(&r->json);
    cs_buf_free(&r->reply);
}

static cs_err check_request(cs_message_type *type, cs_slice json)
{
    cs_err err = cs_request_type(type, json);
    if (err != CS_OK)
        return err;
    if (fates[*type] == REFUSED)
        return CS_FRAME_TYPE;
    return json.n <= cs_message_limit(*type) ? CS_OK : CS_TOO_LARGE;
}

/* -- one enclave --------------------------------------------------------------------------------------------------- */

/* A connection on which the next bytes can only be the answer to what is sent now. One that the enclave has closed, or
 * on which it said something unasked, is replaced; so is one to who had the place before. */
static cs_err call_enclave(cs_relay *r, const cs_fleet_way *way, int64_t deadline)
{
    int *fd = &r->upstream[way->at];
    if (*fd >= 0 && (r->serial[way->at] != way->serial || !cs_stream_is_quiet(*fd)))
        hang_up(r, way->at);
    r->serial[way->at] = way->serial;
    return *fd >= 0 ? CS_OK : cs_stream_connect(fd, way->address, deadline);
}

/* The question of the enclave in r->reply. The enclave is given the time to say what a late answer of the KMS means. */
static cs_err answer_question(cs_relay *r, int enclave, int64_t deadline)
{
    cs_buf frame = cs_buf_new_wiped(CS_MAX_FRAME + 4);
    cs_err err = r->kms != NULL && r->line == NULL ? cs_kms_line_open(&r->line, r->kms) : CS_OK;
    if (err == CS_OK && r->line != NULL)
        err = cs_kms_answer(&frame, r->line, cs_buf_slice(&r->reply), deadline - r->timeout_us / 10);
    else if (err == CS_OK)
        err = cs_error_write(&frame, CS_KMS_UNAVAILABLE);
    if (err == CS_OK)
        err = cs_frame_write(enclave, cs_buf_slice(&frame), deadline - cs_tick_us());
    cs_buf_free(&frame);
    return err;
}

/* Reads what the enclave says, answers its questions, and leaves the reply in r->reply. */
static cs_err hear_enclave(cs_relay *r, int enclave, int64_t deadline)
{
    cs_err err = cs_frame_read(&r->reply, enclave, deadline - cs_tick_us(), false);
    for (int asked = 0; err == CS_OK && cs_kms_is_request(cs_buf_slice(&r->reply)); asked++) {
        err = asked < MAX_QUESTIONS ? answer_question(r, enclave, deadline) : CS_FRAME_TYPE;
        if (err == CS_OK)
            err = cs_frame_read(&r->reply, enclave, deadline - cs_tick_us(), false);
    }
    if (r->line != NULL)
        cs_kms_line_rest(r->line);
    return err;
}

/* Sends the request; the reply is in r->reply. `absent`: nobody listens there, so nobody was asked. */
static cs_err ask(cs_relay *r, bool *absent, const cs_fleet_way *way, cs_slice json, int64_t deadline)
{
    cs_err err = call_enclave(r, way, deadline);
    *absent = err == CS_ENCLAVE_UNAVAILABLE;
    if (err == CS_OK)
        err = cs_frame_relay(r->upstream[way->at], json, deadline - cs_tick_us());
    if (err == CS_OK)
        err = hear_enclave(r, r->upstream[way->at], deadline);
    cs_fleet_leave(r->fleet, way, err != CS_OK);
    if (err == CS_OK)
        return CS_OK;
    hang_up(r, way->at); /* a late answer must not meet the next request */
    return err == CS_FRAME_DEADLINE ? CS_FRAME_DEADLINE : CS_ENCLAVE_UNAVAILABLE;
}

/* -- the fleet ----------------------------------------------------------------------------------------------------- */

/* Any one. Where it breaks off the next one is asked: what nobody was told of does no harm, a signature as little as a
 * key. Not after the deadline: that may be the request's own fault. */
static cs_err ask_any(cs_relay *r, int64_t deadline)
{
    cs_fleet_way way;
    bool absent;
    uint32_t tried = 0;
    cs_err err = CS_ENCLAVE_UNAVAILABLE;
    while (err == CS_ENCLAVE_UNAVAILABLE && cs_fleet_enter(&way, r->fleet, tried) == CS_OK) {
        tried |= (uint32_t)1 << way.at;
        err = ask(r, &absent, &way, cs_buf_slice(&r->json), deadline);
    }
    return err;
}

/* A Boot may be for a certain one, which is not told so. */
static cs_err ask_boot(cs_relay *r, int64_t deadline)
{
    cs_request request;
    cs_frame_in in;
    cs_fleet_way way;
    bool absent;
    cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
    cs_err err = cs_request_read(&request, &in, cs_buf_slice(&r->json));
    int64_t n = err == CS_OK ? request.enclave : 0; /* a malformed one is the enclave's to refuse */
    err = n == 0 ? ask_any(r, deadline) : cs_fleet_enter_nth(&way, r->fleet, (size_t)n - 1);
    if (err == CS_OK && n > 0) {
        request.enclave = 0;
        err = cs_request_write(&frame, &request);
        if (err == CS_OK)
            err = ask(r, &absent, &way, cs_slice_sub(cs_buf_slice(&frame), 4, frame.n - 4), deadline);
        else
            cs_fleet_leave(r->fleet, &way, false);
    }
    cs_frame_in_free(&in);
    cs_buf_free(&frame);
    return err;
}

static cs_err verdict_of(const cs_relay *r, cs_message_type type)
{
    cs_reply reply;
    cs_frame_in in;
    cs_err err = cs_reply_read(&reply, &in, cs_buf_slice(&r->reply), type);
    cs_frame_in_free(&in);
    return err;
}

/* The one whose note it is; a first one is signed by the first enclave that is there. While one that is away may be
 * meant, the others' refusal says nothing. */
static cs_err ask_notary(cs_relay *r, int64_t deadline)
{
    cs_fleet_way way;
    bool absent;
    cs_err away = CS_OK, err = CS_LEDGER_NOTE;
    for (size_t n = 0; err == CS_LEDGER_NOTE && cs_fleet_enter_nth(&way, r->fleet, n) == CS_OK; n++) {
        err = ask(r, &absent, &way, cs_buf_slice(&r->json), deadline);
        if (err == CS_OK)
            err = verdict_of(r, CS_MSG_LEDGER_SIGN);
        else if (err == CS_ENCLAVE_UNAVAILABLE) {
            away = err;
            err = CS_LEDGER_NOTE;
        } else
            return err;
    }
    return err == CS_LEDGER_NOTE ? away : CS_OK;
}

/* All of them. Who is not there any more has nothing that it could forget; but somebody has to be. */
static cs_err ask_all(cs_relay *r, int64_t deadline)
{
    cs_fleet_way way;
    cs_err err = CS_OK;
    size_t answered = 0;
    for (size_t n = 0; err == CS_OK && cs_fleet_enter_nth(&way, r->fleet, n) == CS_OK; n++) {
        bool absent;
        err = ask(r, &absent, &way, cs_buf_slice(&r->json), deadline);
        answered += err == CS_OK;
        if (err == CS_OK && verdict_of(r, CS_MSG_FORGET) != CS_OK)
            return CS_OK; /* its refusal is the answer */
        if (absent)
            err = CS_OK;
    }
    return err == CS_OK && answered == 0 ? CS_ENCLAVE_UNAVAILABLE : err;
}

/* Puts the reply to the request in r->json into r->reply. */
static cs_err ask_enclave(cs_relay *r, enum fate fate)
{
    int64_t deadline = cs_tick_us() + r->timeout_us;
    switch (fate) {
    case TO_CHOSEN:
        return ask_boot(r, deadline);
    case TO_NOTARY:
        return ask_notary(r, deadline);
    case TO_ALL:
        return ask_all(r, deadline);
    default:
        return ask_any(r, deadline);
    }
}

/* -- the gateway --------------------------------------------------------------------------------------------------- */

static cs_err answer_error(cs_channel gateway, cs_err error)
{
    uint8_t bytes[256];
    cs_buf frame = CS_BUF_OVER(bytes);
    cs_err err = cs_error_write(&frame, error);
    return err == CS_OK ? cs_channel_write(gateway, cs_buf_slice(&frame), GATEWAY_TIMEOUT_US) : err;
}

static cs_err seal_secret(cs_buf *reply, const cs_relay *r)
{
    uint8_t bytes[CS_SECRET_CAP + 64];
    cs_buf sealed = CS_BUF_OVER(bytes);
    cs_request request;
    cs_frame_in in;
    cs_err err = cs_request_read(&request, &in, cs_buf_slice(&r->json));
    if (err == CS_OK && r->settings_key == NULL)
        err = CS_SEALING_NOT_AVAILABLE;
    if (err == CS_OK)
        err = cs_settings_key_seal(&sealed, r->settings_key, request.org, request.name, request.secret);
    if (err == CS_OK)
        err = cs_reply_write(reply, &(cs_reply){.type = CS_MSG_SEAL_SECRET, .sealed = cs_buf_slice(&sealed)});
    cs_frame_in_free(&in);
    return err;
}

/* The request in r->json is ours. It is wiped: nothing of the secret stays behind. */
static cs_err answer_secret(cs_relay *r, cs_channel gateway)
{
    cs_buf reply = cs_buf_new(CS_MAX_FRAME + 4);
    cs_err answer = seal_secret(&reply, r);
    cs_wipe(r->json.p, r->json.n);
    cs_err err = answer == CS_OK ? cs_channel_write(gateway, cs_buf_slice(&reply), GATEWAY_TIMEOUT_US)
                                 : answer_error(gateway, answer);
    if (answer != CS_OK)
        cs_log(CS_LOG_WARN, NULL, "SealSecret refused: %s", cs_err_name(answer));
    cs_buf_free(&reply);
    return err;
}

static cs_err relay_one(cs_relay *r, cs_channel gateway)
{
    cs_message_type type;
    cs_err err = cs_channel_read(&r->json, gateway, GATEWAY_TIMEOUT_US, true);
    if (err == CS_OK)
        err = check_request(&type, cs_buf_slice(&r->json));
    if (err != CS_OK)
        return err;
    if (fates[type] == ANSWERED_HERE)
        return answer_secret(r, gateway);
    cs_err answer = ask_enclave(r, fates[type]);
    if (answer == CS_OK) {
        err = cs_channel_relay(gateway, cs_buf_slice(&r->reply), GATEWAY_TIMEOUT_US);
        if (type == CS_MSG_CALLER_KEY)
            cs_wipe(r->reply.p, r->reply.n); /* a private key went through */
        return err;
    }
    if (answer != CS_NOT_FOUND) /* there are not that many enclaves */
        cs_log(CS_LOG_WARN, NULL, "%s not answered: %s", cs_message_type_name(type), cs_err_name(answer));
    err = answer_error(gateway, answer);
    return err == CS_OK && answer == CS_FRAME_DEADLINE ? CS_FRAME_DEADLINE : err;
}

static void give_back(cs_buf *b)
{
    if (b->cap <= IDLE_BUFFER_BYTES)
        return;
    cs_buf_free(b);
    *b = cs_buf_new(CS_MAX_FRAME);
}

cs_err cs_relay_run(cs_relay *r, cs_channel gateway)
{
    cs_err err;
    do {
        err = relay_one(r, gateway);
        give_back(&r->json);
        give_back(&r->reply);
    } while (err == CS_OK);
    return err;
}
