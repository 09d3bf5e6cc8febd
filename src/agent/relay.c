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
static const enum fate {
    REFUSED,
    PASSED_ON,
    ANSWERED_HERE
} fates[CS_MSG_COUNT] = {
    [CS_MSG_BOOT] = PASSED_ON,        [CS_MSG_GENERATE_KEY] = PASSED_ON,
    [CS_MSG_SIGN] = PASSED_ON,        [CS_MSG_SIGN_GROUP] = PASSED_ON,
    [CS_MSG_FORGET] = PASSED_ON,      [CS_MSG_CALLER_KEY] = PASSED_ON,
    [CS_MSG_LEDGER_SIGN] = PASSED_ON, [CS_MSG_PQ_GENERATE] = PASSED_ON,
    [CS_MSG_PQ_SIGN] = PASSED_ON,     [CS_MSG_SEAL_SECRET] = ANSWERED_HERE,
};

cs_relay cs_relay_new(const char *enclave_address, int64_t timeout_us, const cs_settings_key *settings_key, cs_kms *kms)
{
    return (cs_relay){.enclave = enclave_address,
                      .timeout_us = timeout_us,
                      .settings_key = settings_key,
                      .kms = kms,
                      .upstream = -1,
                      .json = cs_buf_new(CS_MAX_FRAME)};
}

static void hang_up(cs_relay *r)
{
    cs_stream_close(r->upstream);
    r->upstream = -1;
}

void cs_relay_free(cs_relay *r)
{
    hang_up(r);
    cs_kms_line_close(r->line);
    cs_buf_free(&r->json);
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

/* A connection on which the next bytes can only be the answer to what is sent now. One that the enclave has closed, or
 * on which it said something unasked, is replaced. */
static cs_err call_enclave(cs_relay *r, int64_t deadline)
{
    if (r->upstream >= 0 && !cs_stream_is_quiet(r->upstream))
        hang_up(r);
    return r->upstream >= 0 ? CS_OK : cs_stream_connect(&r->upstream, r->enclave, deadline);
}

/* The question of the enclave in r->json. The enclave is given the time to say what a late answer of the KMS means. */
static cs_err answer_question(cs_relay *r, int64_t deadline)
{
    cs_buf frame = cs_buf_new_wiped(CS_MAX_FRAME + 4);
    cs_err err = r->kms != NULL && r->line == NULL ? cs_kms_line_open(&r->line, r->kms) : CS_OK;
    if (err == CS_OK && r->line != NULL)
        err = cs_kms_answer(&frame, r->line, cs_buf_slice(&r->json), deadline - r->timeout_us / 10);
    else if (err == CS_OK)
        err = cs_error_write(&frame, CS_KMS_UNAVAILABLE);
    if (err == CS_OK)
        err = cs_frame_write(r->upstream, cs_buf_slice(&frame), deadline - cs_tick_us());
    cs_buf_free(&frame);
    return err;
}

/* Reads what the enclave says, answers its questions, and leaves the reply in r->json. */
static cs_err hear_enclave(cs_relay *r, int64_t deadline)
{
    cs_err err = cs_frame_read(&r->json, r->upstream, deadline - cs_tick_us(), false);
    for (int asked = 0; err == CS_OK && cs_kms_is_request(cs_buf_slice(&r->json)); asked++) {
        err = asked < MAX_QUESTIONS ? answer_question(r, deadline) : CS_FRAME_TYPE;
        if (err == CS_OK)
            err = cs_frame_read(&r->json, r->upstream, deadline - cs_tick_us(), false);
    }
    if (r->line != NULL)
        cs_kms_line_rest(r->line);
    return err;
}

/* Sends the request in r->json and puts the reply there. */
static cs_err ask_enclave(cs_relay *r)
{
    int64_t deadline = cs_tick_us() + r->timeout_us;
    cs_err err = call_enclave(r, deadline);
    if (err == CS_OK)
        err = cs_frame_relay(r->upstream, cs_buf_slice(&r->json), deadline - cs_tick_us());
    if (err == CS_OK)
        err = hear_enclave(r, deadline);
    if (err == CS_OK)
        return CS_OK;
    hang_up(r); /* a late answer must not meet the next request */
    return err == CS_FRAME_DEADLINE ? CS_FRAME_DEADLINE : CS_ENCLAVE_UNAVAILABLE;
}

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
    cs_err answer = ask_enclave(r);
    if (answer == CS_OK) {
        err = cs_channel_relay(gateway, cs_buf_slice(&r->json), GATEWAY_TIMEOUT_US);
        if (type == CS_MSG_CALLER_KEY)
            cs_wipe(r->json.p, r->json.n); /* a private key went through */
        return err;
    }
    cs_log(CS_LOG_WARN, NULL, "%s not answered: %s", cs_message_type_name(type), cs_err_name(answer));
    err = answer_error(gateway, answer);
    return err == CS_OK && answer == CS_FRAME_DEADLINE ? CS_FRAME_DEADLINE : err;
}

cs_err cs_relay_run(cs_relay *r, cs_channel gateway)
{
    cs_err err;
    do {
        err = relay_one(r, gateway);
        if (r->json.cap > IDLE_BUFFER_BYTES) {
            cs_buf_free(&r->json);
            r->json = cs_buf_new(CS_MAX_FRAME);
        }
    } while (err == CS_OK);
    return err;
}
