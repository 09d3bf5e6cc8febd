/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/kms_tunnel.h"

#include <stdlib.h>
#include <string.h>

#include "core/http_answer.h"
#include "core/kms_json.h"
#include "core/sigv4.h"
#include "enclave/tunnel_tls.h"
#include "sys/clock.h"
#include "sys/log.h"

#define TIMEOUT_US (30 * 1000000) /* for one call, its handshake included */
#define MAX_REQUEST (64u << 10)
#define CONTENT_TYPE "application/x-amz-json-1.1"

struct cs_kms_tunnel {
    cs_tunnel_roots *roots;
    const char *hosts[CS_KMS_TUNNEL_HOSTS];
    size_t count;
};

/* -- hosts --------------------------------------------------------------------------------------------------------- */

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

/* Length of the name in front of the port; 0 if it is no host. */
static size_t name_length(const char *host)
{
    size_t n = 0;
    while (is_host_char(host[n]))
        n++;
    const char *port = host + n;
    if (n == 0 || n > CS_MAX_KMS_HOST - 6 || (*port != '\0' && *port != ':'))
        return 0;
    if (*port == '\0')
        return n;
    size_t digits = strspn(port + 1, "0123456789");
    return digits >= 1 && digits <= 5 && port[1 + digits] == '\0' ? n : 0;
}

/* "kms.REGION.amazonaws.com": a whole label of the name. */
static bool is_in_region(const char *host, const char *region)
{
    const size_t n = strlen(region);
    for (const char *at = strchr(host, '.'); at != NULL; at = strchr(at + 1, '.'))
        if (strncmp(at + 1, region, n) == 0 && at[1 + n] == '.')
            return true;
    return false;
}

/* A list of one host is for all keys: an endpoint of the operator's own. */
static const char *host_for(const cs_kms_tunnel *t, const char *region)
{
    for (size_t i = 0; i < t->count; i++)
        if (is_in_region(t->hosts[i], region))
            return t->hosts[i];
    return t->count == 1 && strstr(t->hosts[0], ".amazonaws.com") == NULL ? t->hosts[0] : NULL;
}

cs_err cs_kms_tunnel_new(cs_kms_tunnel **out, const char *roots_file, const char *const *hosts, size_t count)
{
    *out = NULL;
    if (roots_file == NULL || count == 0 || count > CS_KMS_TUNNEL_HOSTS) {
        cs_log(CS_LOG_ERROR, NULL, "the tunnel to the KMS wants --kms-roots and --kms-host");
        return CS_CONFIG;
    }
    for (size_t i = 0; i < count; i++) {
        if (name_length(hosts[i]) == 0) {
            cs_log(CS_LOG_ERROR, NULL, "--kms-host %s is neither HOST nor HOST:PORT", hosts[i]);
            return CS_CONFIG;
        }
    }
    cs_kms_tunnel *t = calloc(1, sizeof *t);
    if (t == NULL)
        return CS_NO_MEMORY;
    memcpy(t->hosts, hosts, count * sizeof *hosts);
    t->count = count;
    cs_err err = cs_tunnel_roots_open(&t->roots, roots_file);
    if (err != CS_OK)
        cs_kms_tunnel_free(t);
    else
        *out = t;
    return err;
}

void cs_kms_tunnel_free(cs_kms_tunnel *t)
{
    if (t == NULL)
        return;
    cs_tunnel_roots_close(t->roots);
    free(t);
}

/* -- one call ------------------------------------------------------------------------------------------------------ */

struct call {
    const char *host; /* as the list has it */
    char name[CS_MAX_KMS_HOST + 1];
    char region[CS_KMS_MAX_REGION + 1];
    const cs_kms_request *question;
    int64_t now_ms;
};

static void field(cs_buf *out, const char *name, cs_slice value)
{
    cs_buf_add_str(out, name);
    cs_buf_add_str(out, ": ");
    cs_buf_add(out, value);
    cs_buf_add_str(out, "\r\n");
}

/* What the agent lent has no line ends in it: who signs refuses that, and what is not signed is not sent. */
static cs_err write_request(cs_buf *out, const struct call *c, const cs_kms_reply *lent, const char *target,
                            cs_slice body)
{
    char date[CS_SIGV4_DATE];
    cs_buf authorization = cs_buf_new(1024);
    cs_slice host = cs_slice_str(c->host), standard = CS_LIT(":443");
    if (host.n > standard.n && cs_slice_eq(cs_slice_sub(host, host.n - standard.n, standard.n), standard))
        host.n -= standard.n;
    const cs_sigv4_header headers[] = {{CS_LIT("host"), host},
                                       {CS_LIT("content-type"), CS_LIT(CONTENT_TYPE)},
                                       {CS_LIT("x-amz-target"), cs_slice_str(target)}};
    const cs_sigv4_request r = {.method = CS_LIT("POST"),
                                .path = CS_LIT("/"),
                                .headers = headers,
                                .header_count = sizeof headers / sizeof headers[0],
                                .body = body,
                                .region = cs_slice_str(c->region),
                                .service = CS_LIT("kms"),
                                .time_s = c->now_ms / 1000};
    const cs_sigv4_credentials who = {lent->access_key_id, lent->secret_access_key, lent->session_token};
    cs_err err = cs_sigv4_sign(&authorization, date, &r, &who);
    if (err == CS_OK) {
        cs_buf_add_str(out, "POST / HTTP/1.1\r\n");
        for (size_t i = 0; i < r.header_count; i++)
            field(out, (const char *)headers[i].name.p, headers[i].value);
        field(out, "x-amz-date", cs_slice_str(date));
        if (lent->session_token.n > 0)
            field(out, "x-amz-security-token", lent->session_token);
        field(out, "authorization", cs_buf_slice(&authorization));
        cs_buf_printf(out, "content-length: %zu\r\nconnection: close\r\n\r\n", body.n);
        cs_buf_add(out, body);
        err = out->err;
    }
    cs_buf_free(&authorization);
    return err == CS_BAD_FORMAT ? CS_KMS_UNAVAILABLE : err;
}

/* Letters of an error's name, behind its namespace. */
static void read_error_name(char out[CS_MAX_ID + 1], cs_slice body)
{
    cs_json *json = NULL;
    out[0] = '\0';
    if (cs_json_parse(&json, body, CS_MAX_KMS_ANSWER) == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_slice s = cs_jobj_str(&o, "__type", CS_MAX_NAME);
        const uint8_t *hash = s.n > 0 ? memrchr(s.p, '#', s.n) : NULL;
        if (hash != NULL)
            s = cs_slice_sub(s, (size_t)(hash - s.p) + 1, s.n);
        for (size_t i = 0; i < s.n; i++)
            if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z')))
                s.n = 0;
        if (cs_slice_to_cstr(out, CS_MAX_ID + 1, s) != CS_OK)
            out[0] = '\0';
    }
    cs_json_free(json);
}

static bool is_transient(int status, const char *name)
{
    static const char *const names[] = {
        "ThrottlingException",        "Throttling",           "RequestLimitExceeded",    "LimitExceededException",
        "DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException", "InternalFailure"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return status >= 500 || status == 429;
}

static cs_err judge(cs_kms_reply *out, cs_buf *bytes, const cs_http_answer *a, const cs_kms_request *q)
{
    char name[CS_MAX_ID + 1];
    if (a->status == 200)
        return cs_kms_json_read(out, bytes, q, a->body);
    read_error_name(name, a->body);
    cs_log(CS_LOG_WARN, NULL, "KMS: %s: status %d, %s", cs_kms_type_name(q->type), a->status,
           name[0] != '\0' ? name : "no name");
    return is_transient(a->status, name) ? CS_KMS_UNAVAILABLE : CS_KMS_DENIED;
}

/* As much as belongs to one answer. */
static cs_err receive(cs_http_answer *answer, cs_buf *text, cs_tunnel_tls *tls)
{
    bool complete = false;
    cs_err err = CS_OK;
    while (err == CS_OK && !complete) {
        err = cs_tunnel_tls_receive(text, tls);
        if (err == CS_OK)
            err = cs_http_answer_read(answer, &complete, cs_buf_slice(text), CS_MAX_KMS_ANSWER);
    }
    return err == CS_BAD_FORMAT || err == CS_TOO_LARGE || err == CS_FRAME_CLOSED ? CS_KMS_ANSWER : err;
}

static cs_err talk(cs_kms_reply *out, cs_buf *bytes, cs_tunnel_tls *tls, const struct call *c, cs_slice request)
{
    cs_http_answer answer;
    cs_buf text = cs_buf_new_wiped(CS_HTTP_ANSWER_HEAD + 2 * CS_MAX_KMS_ANSWER);
    cs_err err = cs_tunnel_tls_send(tls, request);
    if (err == CS_OK)
        err = receive(&answer, &text, tls);
    if (err == CS_OK)
        err = judge(out, bytes, &answer, c->question);
    cs_buf_free(&text);
    return err;
}

/* Over the open pipe, with what was lent for it. */
static cs_err call(cs_kms_reply *out, cs_buf *bytes, const cs_kms_tunnel *t, cs_host *host, const struct call *c,
                   const cs_kms_reply *lent)
{
    cs_tunnel_tls *tls = NULL;
    cs_buf body = cs_buf_new_wiped(MAX_REQUEST), request = cs_buf_new_wiped(2 * MAX_REQUEST);
    const char *target = cs_kms_json_write(&body, c->question);
    cs_err err = body.err != CS_OK ? CS_NO_MEMORY : target == NULL ? CS_PROVIDER_NOT_AVAILABLE : CS_OK;
    if (err == CS_OK)
        err = write_request(&request, c, lent, target, cs_buf_slice(&body));
    if (err == CS_OK)
        err = cs_tunnel_tls_open(&tls, t->roots, host, c->name, c->now_ms / 1000, cs_tick_us() + TIMEOUT_US);
    if (err == CS_OK)
        err = talk(out, bytes, tls, c, cs_buf_slice(&request));
    cs_tunnel_tls_close(tls);
    cs_buf_free(&body);
    cs_buf_free(&request);
    return err;
}

cs_err cs_kms_tunnel_ask(cs_kms_reply *out, cs_buf *bytes, const cs_kms_tunnel *t, cs_host *host,
                         const cs_kms_request *question, int64_t now_ms)
{
    struct call c = {.question = question, .now_ms = now_ms};
    cs_frame_in in;
    cs_kms_reply lent;
    *out = (cs_kms_reply){.type = CS_KMS_COUNT};
    cs_err err = cs_kms_json_region(c.region, question->key_id);
    if (err == CS_OK)
        c.host = host_for(t, c.region);
    if (c.host == NULL) {
        cs_log(CS_LOG_ERROR, NULL, "KMS tunnel: no --kms-host is the one of this key");
        return CS_KMS_DENIED;
    }
    err = cs_slice_to_cstr(c.name, sizeof c.name, cs_slice_of(c.host, name_length(c.host)));
    if (err != CS_OK)
        return err;
    const cs_kms_request open = {.type = CS_KMS_TUNNEL, .host = cs_slice_str(c.host)};
    err = cs_host_ask(&lent, &in, host, &open);
    if (err == CS_OK)
        err = call(out, bytes, t, host, &c, &lent);
    cs_frame_in_free(&in);
    return err;
}
