/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/kms.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/budget.h"
#include "agent/kms_aws.h"
#include "agent/kms_azure.h"
#include "agent/kms_gcp.h"
#include "core/kms_json.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"

#define ATTEMPTS 3
#define ATTEMPT_US (3 * 1000000)
#define PAUSE_US 50000 /* at most, after the first attempt; after the second four times that */
#define DEFAULT_PORT ":443"

struct cs_kms {
    cs_aws *aws;
    cs_bearer *azure[CS_AZURE_RESOURCES], *google;
    const char *endpoint; /* NULL: AWS's own */
    const char *azure_endpoint, *gcp_endpoint;
    cs_fetch_options connections;
    cs_tunnel_list tunnels;
    cs_budget budget;
};

struct cs_kms_line {
    cs_kms *kms;
    cs_fetch *connection; /* of AWS; NULL until the first call, as the others are */
    cs_fetch *azure, *google;
    int tunnel; /* -1: none */
};

/* -- set up -------------------------------------------------------------------------------------------------------- */

static cs_err refuse(const char *option, const char *why)
{
    cs_log(CS_LOG_ERROR, NULL, "--%s: %s", option, why);
    return CS_CONFIG;
}

/* HOST:PORT of an endpoint that has been checked. */
static cs_err redirect_tunnels(cs_kms *k)
{
    char text[CS_TUNNEL_HOST + sizeof DEFAULT_PORT];
    cs_buf host = CS_BUF_OVER(text);
    bool plain = strncmp(k->endpoint, "http://", 7) == 0;
    cs_slice authority = cs_slice_str(strstr(k->endpoint, "://") + 3);
    if (authority.p[authority.n - 1] == '/')
        authority.n--;
    cs_buf_add(&host, authority);
    const uint8_t *colon = memrchr(authority.p, ':', authority.n);
    if (plain && (colon == NULL || authority.p[authority.n - 1] == ']'))
        cs_buf_add_str(&host, ":80");
    return host.err == CS_OK ? cs_tunnel_redirect(&k->tunnels, cs_buf_slice(&host)) : CS_CONFIG;
}

static cs_err take_endpoint(cs_kms *k, const cs_args *args)
{
    k->endpoint = cs_arg_text(args, "kms-endpoint");
    if (k->endpoint == NULL)
        return CS_OK;
    if (!cs_aws_is_endpoint(k->endpoint, true) || redirect_tunnels(k) != CS_OK)
        return refuse("kms-endpoint", "https://HOST[:PORT] is wanted, or http:// for an emulator");
    if (!cs_aws_is_endpoint(k->endpoint, false)) {
        cs_log(CS_LOG_WARN, NULL, "--kms-endpoint leads to another machine without TLS: for experiments only");
        k->connections.plain_anywhere = true;
    }
    return CS_OK;
}

/* An emulator of another cloud. */
static cs_err take_other(const char **out, cs_kms *k, const cs_args *args, const char *option)
{
    *out = cs_arg_text(args, option);
    if (*out == NULL)
        return CS_OK;
    if (!cs_aws_is_endpoint(*out, true))
        return refuse(option, "https://HOST[:PORT] is wanted, or http:// for an emulator");
    if (!cs_aws_is_endpoint(*out, false)) {
        cs_log(CS_LOG_WARN, NULL, "--%s leads to another machine without TLS: for experiments only", option);
        k->connections.plain_anywhere = true;
    }
    return CS_OK;
}

static cs_err take_others(cs_kms *k, const cs_args *args)
{
    cs_err err = take_other(&k->azure_endpoint, k, args, "kms-azure-endpoint");
    if (err == CS_OK)
        err = take_other(&k->gcp_endpoint, k, args, "kms-gcp-endpoint");
    for (size_t i = 0; err == CS_OK && i < CS_AZURE_RESOURCES; i++)
        err = cs_bearer_open(&k->azure[i], cs_azure_source, cs_azure_resource(i));
    return err == CS_OK ? cs_bearer_open(&k->google, cs_google_source, CS_GOOGLE_SCOPE) : err;
}

static cs_err take_hosts(cs_kms *k, const cs_args *args)
{
    char text[CS_TUNNEL_HOST];
    cs_buf host = CS_BUF_OVER(text);
    cs_err err = CS_OK;
    if (cs_aws_region(k->aws)[0] != '\0') {
        cs_aws_host(&host, "kms", cs_aws_region(k->aws));
        err = cs_tunnel_allow(&k->tunnels, cs_buf_slice(&host));
    }
    for (size_t i = 0; err == CS_OK && cs_arg_item(args, "kms-host", i) != NULL; i++)
        err = cs_tunnel_allow(&k->tunnels, cs_slice_str(cs_arg_item(args, "kms-host", i)));
    return err == CS_OK ? CS_OK : refuse("kms-host", "HOST or HOST:PORT is wanted, in small letters, not too often");
}

cs_err cs_kms_open(cs_kms **out, const cs_args *args)
{
    *out = NULL;
    cs_kms *k = calloc(1, sizeof *k);
    if (k == NULL)
        return CS_NO_MEMORY;
    cs_budget_init(&k->budget);
    k->connections.ca_file = cs_arg_text(args, "kms-ca");
    cs_err err = cs_aws_open(&k->aws, cs_arg_text(args, "kms-region"));
    if (err == CS_CONFIG)
        err =
            refuse("kms-region", "the name of a region is wanted, such as eu-central-1; AWS_REGION counts without it");
    if (err == CS_OK)
        err = take_endpoint(k, args);
    if (err == CS_OK)
        err = take_hosts(k, args);
    if (err == CS_OK)
        err = take_others(k, args);
    if (err != CS_OK) {
        cs_kms_close(k);
        return err;
    }
    *out = k;
    return CS_OK;
}

void cs_kms_close(cs_kms *k)
{
    if (k == NULL)
        return;
    cs_aws_close(k->aws);
    for (size_t i = 0; i < CS_AZURE_RESOURCES; i++)
        cs_bearer_close(k->azure[i]);
    cs_bearer_close(k->google);
    free(k);
}

cs_err cs_kms_line_open(cs_kms_line **out, cs_kms *k)
{
    cs_kms_line *l = calloc(1, sizeof *l);
    *out = l;
    if (l == NULL)
        return CS_NO_MEMORY;
    *l = (cs_kms_line){.kms = k, .tunnel = -1};
    return CS_OK;
}

void cs_kms_line_close(cs_kms_line *l)
{
    if (l == NULL)
        return;
    cs_kms_line_rest(l);
    cs_fetch_close(l->connection);
    cs_fetch_close(l->azure);
    cs_fetch_close(l->google);
    free(l);
}

void cs_kms_line_rest(cs_kms_line *l)
{
    cs_stream_close(l->tunnel);
    l->tunnel = -1;
}

/* -- calls --------------------------------------------------------------------------------------------------------- */

/* Waits for a random part of the time: those who were throttled together do not come back together. False if the time
 * is up before. */
static bool pause_before(unsigned attempt, int64_t deadline_us)
{
    uint32_t dice;
    if (cs_random(&dice, sizeof dice) != CS_OK)
        return false;
    int64_t wait_us = (int64_t)(dice % ((uint32_t)PAUSE_US << 2 * (attempt - 1)));
    if (cs_tick_us() + wait_us + PAUSE_US >= deadline_us)
        return false;
    const struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    (void)nanosleep(&wait, NULL);
    return true;
}

static cs_err call_aws(cs_kms_reply *reply, cs_buf *bytes, bool *again, cs_kms_line *l, const cs_kms_request *r,
                       int64_t until_us)
{
    cs_err err = l->connection != NULL ? CS_OK : cs_fetch_open(&l->connection, &l->kms->connections);
    const cs_kms_aws aws = {l->kms->aws, l->connection, l->kms->endpoint};
    return err == CS_OK ? cs_kms_aws_call(reply, bytes, again, &aws, r, until_us) : err;
}

static cs_err call_azure(cs_kms_reply *reply, cs_buf *bytes, bool *again, cs_kms_line *l, const cs_kms_request *r,
                         int64_t until_us)
{
    cs_err err = l->azure != NULL ? CS_OK : cs_fetch_open(&l->azure, &l->kms->connections);
    const cs_kms_azure azure = {l->kms->azure, l->azure, l->kms->azure_endpoint};
    return err == CS_OK ? cs_kms_azure_call(reply, bytes, again, &azure, r, until_us) : err;
}

static cs_err call_gcp(cs_kms_reply *reply, cs_buf *bytes, bool *again, cs_kms_line *l, const cs_kms_request *r,
                       int64_t until_us)
{
    cs_err err = l->google != NULL ? CS_OK : cs_fetch_open(&l->google, &l->kms->connections);
    const cs_kms_gcp gcp = {l->kms->google, l->google, l->kms->gcp_endpoint};
    return err == CS_OK ? cs_kms_gcp_call(reply, bytes, again, &gcp, r, until_us) : err;
}

struct provider {
    const char *name;
    cs_err (*call)(cs_kms_reply *reply, cs_buf *bytes, bool *again, cs_kms_line *l, const cs_kms_request *r,
                   int64_t until_us);
};

static const struct provider *find_provider(cs_slice name)
{
    static const struct provider providers[] = {{"aws-kms", call_aws}, {"azure-kv", call_azure}, {"gcp-kms", call_gcp}};
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        if (cs_slice_is(name, providers[i].name))
            return &providers[i];
    return NULL;
}

static cs_err call_often(cs_kms_reply *reply, cs_buf *bytes, const struct provider *p, cs_kms_line *l,
                         const cs_kms_request *r, int64_t deadline_us)
{
    cs_err err;
    bool again;
    unsigned attempt = 0;
    do {
        int64_t until_us = cs_tick_us() + ATTEMPT_US;
        again = false;
        cs_buf_clear(bytes);
        err = p->call(reply, bytes, &again, l, r, until_us < deadline_us ? until_us : deadline_us);
        again = again && r->type != CS_KMS_CREATE_KEY; /* the first try may have made one */
    } while (again && ++attempt < ATTEMPTS && pause_before(attempt, deadline_us));
    return err;
}

cs_err cs_kms_ask(cs_aws_answer *answer, cs_kms_line *l, const char *target, cs_slice key, cs_slice body,
                  int64_t deadline_us)
{
    char region[CS_KMS_MAX_REGION + 1];
    *answer = (cs_aws_answer){0};
    cs_err err = cs_kms_json_region(region, key) == CS_OK ? CS_OK : CS_CONFIG;
    if (err == CS_OK && l->connection == NULL)
        err = cs_fetch_open(&l->connection, &l->kms->connections);
    const cs_aws_request r = {.service = "kms",
                              .region = region,
                              .endpoint = l->kms->endpoint,
                              .target = target,
                              .content_type = "application/x-amz-json-1.1",
                              .body = body,
                              .max_answer = CS_MAX_KMS_ANSWER,
                              .deadline_us = deadline_us};
    return err == CS_OK ? cs_aws_call(answer, l->kms->aws, l->connection, &r) : err;
}

static cs_budget_outcome outcome_of(cs_err err)
{
    switch (err) {
    case CS_OK:
    case CS_KMS_DENIED:
    case CS_KMS_PLAINTEXT:
    case CS_KMS_ANSWER:
        return CS_BUDGET_ANSWERED;
    case CS_KMS_UNAVAILABLE:
        return CS_BUDGET_FAILED;
    default:
        return CS_BUDGET_UNTOLD;
    }
}

static cs_err call(cs_kms_reply *reply, cs_buf *bytes, cs_kms_line *l, const cs_kms_request *r, int64_t deadline_us)
{
    cs_budget_call ticket;
    const struct provider *p = find_provider(r->provider);
    if (p == NULL)
        return CS_PROVIDER_NOT_AVAILABLE;
    cs_slice name = r->type == CS_KMS_CREATE_KEY ? r->region : r->key_id;
    cs_err err = cs_budget_enter(&ticket, &l->kms->budget, name, cs_tick_us());
    if (err != CS_OK)
        return err;
    err = call_often(reply, bytes, p, l, r, deadline_us);
    if (cs_budget_leave(&l->kms->budget, &ticket, outcome_of(err), cs_tick_us()))
        cs_log(CS_LOG_WARN, NULL, "a key of the KMS is left alone for a while: it does not answer");
    return err;
}

/* -- the tunnel ---------------------------------------------------------------------------------------------------- */

/* Opens the pipe and lends what the enclave signs its requests with. */
static cs_err open_tunnel(cs_buf *frame, cs_kms_line *l, const cs_kms_request *r, int64_t deadline_us)
{
    cs_aws_credentials c = {0};
    cs_kms_line_rest(l);
    cs_err err = cs_tunnel_open(&l->tunnel, &l->kms->tunnels, r->host, deadline_us);
    if (err == CS_OK && cs_aws_region(l->kms->aws)[0] == '\0')
        err = CS_KMS_UNAVAILABLE;
    if (err == CS_OK)
        err = cs_aws_lend(&c, l->kms->aws, deadline_us);
    if (err == CS_OK)
        err = cs_kms_reply_write(
            frame, &(cs_kms_reply){.type = CS_KMS_TUNNEL,
                                   .access_key_id = cs_slice_str(c.access_key_id),
                                   .secret_access_key = cs_secret_slice(&c.secret_access_key),
                                   .session_token = c.session_token.n > 0 ? cs_buf_slice(&c.session_token) : CS_ABSENT,
                                   .region = cs_slice_str(cs_aws_region(l->kms->aws))});
    cs_aws_credentials_wipe(&c);
    if (err != CS_OK)
        cs_kms_line_rest(l);
    return err;
}

static cs_err send_through(cs_buf *frame, cs_kms_line *l, const cs_kms_request *r, int64_t deadline_us)
{
    if (l->tunnel < 0 || cs_stream_send(l->tunnel, r->bytes, deadline_us) != CS_OK)
        return CS_KMS_UNAVAILABLE;
    return cs_kms_reply_write(frame, &(cs_kms_reply){.type = CS_KMS_TUNNEL_SEND});
}

static cs_err receive_through(cs_buf *frame, cs_kms_line *l, const cs_kms_request *r, int64_t deadline_us)
{
    if (l->tunnel < 0)
        return CS_KMS_UNAVAILABLE;
    cs_buf bytes = cs_buf_new(r->max);
    cs_err err = cs_stream_receive(&bytes, l->tunnel, deadline_us);
    if (err == CS_OK || err == CS_FRAME_CLOSED)
        err = cs_kms_reply_write(frame, &(cs_kms_reply){.type = CS_KMS_TUNNEL_RECEIVE,
                                                        .bytes = bytes.n > 0 ? cs_buf_slice(&bytes) : CS_LIT("")});
    else
        err = CS_KMS_UNAVAILABLE;
    cs_buf_free(&bytes);
    return err;
}

/* -- questions ----------------------------------------------------------------------------------------------------- */

static cs_err answer(cs_buf *frame, cs_kms_line *l, const cs_kms_request *r, int64_t deadline_us)
{
    cs_kms_reply reply;
    cs_buf bytes;
    cs_err err;
    switch (r->type) {
    case CS_KMS_TUNNEL:
        return open_tunnel(frame, l, r, deadline_us);
    case CS_KMS_TUNNEL_SEND:
        return send_through(frame, l, r, deadline_us);
    case CS_KMS_TUNNEL_RECEIVE:
        return receive_through(frame, l, r, deadline_us);
    default:
        break;
    }
    bytes = cs_buf_new_wiped(CS_MAX_BODY);
    err = call(&reply, &bytes, l, r, deadline_us);
    if (err == CS_OK)
        err = cs_kms_reply_write(frame, &reply);
    cs_buf_free(&bytes);
    return err;
}

cs_err cs_kms_answer(cs_buf *frame, cs_kms_line *l, cs_slice json, int64_t deadline_us)
{
    cs_kms_request request;
    cs_frame_in in;
    cs_err err = cs_kms_request_read(&request, &in, json);
    if (err == CS_OK) {
        err = answer(frame, l, &request, deadline_us);
        if (err != CS_OK) {
            cs_log(CS_LOG_WARN, NULL, "%s refused: %s", cs_kms_type_name(request.type), cs_err_name(err));
            err = cs_error_write(frame, err);
        }
    } else {
        err = CS_FRAME_TYPE;
    }
    cs_frame_in_free(&in);
    return err;
}
