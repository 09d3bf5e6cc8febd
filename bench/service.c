/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/service.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/encode.h"
#include "core/json.h"
#include "core/keytext.h"
#include "sys/clock.h"

#define START_SECONDS 60
#define STOP_SECONDS 10
#define MAX_LINE (128u << 10)

/* The service logs each request; its log is no part of the table. */
static cs_err launch(cs_service *s, int *out_fd, const char *program, const char *log_path, const char *engine)
{
    int fds[2], log = open(log_path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (log < 0)
        return CS_IO;
    if (pipe(fds) != 0) {
        (void)close(log);
        return CS_IO;
    }
    s->pid = fork();
    if (s->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
        (void)close(fds[0]);
        (void)close(fds[1]);
        (void)execl(program, program, "dev", "--json", "--state", s->state, "--listen", "127.0.0.1:0", "--mldsa-engine",
                    engine, s->door, s->setting, (char *)NULL);
        (void)fprintf(stderr, "countersign-bench: cannot run %s: %s\n", program, strerror(errno));
        _exit(127);
    }
    (void)close(fds[1]);
    (void)close(log);
    if (s->pid < 0) {
        s->pid = 0;
        (void)close(fds[0]);
        return CS_IO;
    }
    *out_fd = fds[0];
    return CS_OK;
}

/* Reads the one line that says that everything is ready. */
static cs_err read_line(cs_buf *line, int fd)
{
    int64_t deadline = cs_tick_us() + (int64_t)START_SECONDS * 1000000;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        uint8_t c;
        int64_t left = deadline - cs_tick_us();
        if (left <= 0 || poll(&p, 1, (int)(left / 1000) + 1) <= 0)
            return CS_FRAME_DEADLINE;
        if (read(fd, &c, 1) != 1)
            return CS_FRAME_CLOSED;
        if (c == '\n')
            return line->err;
        cs_buf_add_u8(line, c);
    }
}

/* Takes URL, API key and policy from the line; `policy_text` is ready to be posted. */
static cs_err read_start(cs_service *s, cs_buf *policy_text, cs_slice line)
{
    cs_json *json = NULL;
    cs_err err = cs_json_parse(&json, line, MAX_LINE);
    if (err != CS_OK)
        return err;
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    cs_slice url = cs_jobj_str(&o, "url", 64), api_key = cs_jobj_str(&o, "apiKey", 120);
    cs_jval policy = cs_jobj_object(&o, "policy");
    err = cs_jobj_done_open(&o);
    if (err == CS_OK)
        err = cs_target_parse(&s->target, url, api_key);
    if (err == CS_OK)
        err = cs_json_canonical(policy_text, policy);
    if (err == CS_OK) {
        cs_policy_free(&s->policy);
        err = cs_policy_parse(&s->policy, NULL, cs_buf_slice(policy_text), true);
    }
    cs_json_free(json);
    return err;
}

/* Posts `body` and opens the answer's `data`; the document is the caller's. */
static cs_err post(cs_json **json, cs_jobj *data, const cs_service *s, const char *path, cs_slice body)
{
    cs_buf answer = cs_buf_new(MAX_LINE);
    cs_err err = cs_http_call(&answer, &s->target, "POST", path, body);
    if (err != CS_OK)
        (void)fprintf(stderr, "countersign-bench: POST %s: %s %s\n", path, cs_err_name(err), cs_buf_cstr(&answer));
    if (err == CS_OK)
        err = cs_json_parse(json, cs_buf_slice(&answer), MAX_LINE);
    cs_buf_free(&answer);
    if (err != CS_OK)
        return err;
    cs_jobj o = cs_jobj_open(cs_json_root(*json));
    *data = cs_jobj_open(cs_jobj_object(&o, "data"));
    return o.err != CS_OK ? o.err : data->err;
}

static cs_err make_policy(cs_service *s, char policy_id[CS_MAX_ID + 1], cs_slice policy_text)
{
    cs_json *json = NULL;
    cs_jobj data;
    cs_err err = post(&json, &data, s, "/v1/attestation-policies", policy_text);
    if (err == CS_OK)
        err = cs_slice_to_cstr(policy_id, CS_MAX_ID + 1, cs_jobj_str(&data, "id", CS_MAX_ID));
    cs_json_free(json);
    return err;
}

static cs_err make_key(cs_service *s, const char *policy_id)
{
    cs_json *json = NULL;
    cs_jobj data;
    cs_buf body = cs_buf_new(4096);
    cs_jw w = cs_jw_on(&body);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "name", "bench");
    cs_jw_cstr(&w, "algorithm", "mldsa65+ed25519");
    cs_jw_cstr(&w, "pqProvider", "enclave-mock");
    cs_jw_cstr(&w, "attestationPolicyId", policy_id);
    cs_jw_end(&w);
    cs_err err = post(&json, &data, s, "/v1/hybrid-keys", cs_buf_slice(&body));
    if (err == CS_OK)
        err = cs_slice_to_cstr(s->key_id, sizeof s->key_id, cs_jobj_str(&data, "id", CS_MAX_ID));
    if (err == CS_OK)
        err = cs_public_key_parse(&s->key, NULL, cs_jobj_str(&data, "publicKey", CS_MAX_PUBLIC_KEY_JSON));
    cs_json_free(json);
    cs_buf_free(&body);
    return err;
}

static void make_body(cs_service *s)
{
    for (size_t i = 0; i < sizeof s->payload; i++)
        s->payload[i] = (uint8_t)(i * 7);
    cs_jw w = cs_jw_on(&s->body);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "keyId", s->key_id);
    cs_jw_base64(&w, "payload", CS_ARRAY(s->payload));
    cs_jw_end(&w);
}

/* With the state that there is, until it is ready. */
static cs_err start(cs_service *s, cs_buf *policy_text, const char *program, const char *folder, const char *engine)
{
    char log_path[512];
    int fd = -1;
    cs_buf line = cs_buf_new(MAX_LINE);
    (void)snprintf(log_path, sizeof log_path, "%s/bench.log", folder);
    cs_err err = launch(s, &fd, program, log_path, engine);
    if (err == CS_OK)
        err = read_line(&line, fd);
    if (err == CS_OK)
        err = read_start(s, policy_text, cs_buf_slice(&line));
    if (err != CS_OK)
        (void)fprintf(stderr, "countersign-bench: the service did not start: %s See %s\n", cs_err_sentence(err),
                      log_path);
    if (fd >= 0)
        (void)close(fd);
    cs_buf_free(&line);
    return err;
}

/* In a new directory. */
static cs_err start_anew(cs_service *s, cs_buf *policy_text, const char *program, const char *folder,
                         const char *engine)
{
    s->body = cs_buf_new(CS_MAX_BODY);
    (void)snprintf(s->state, sizeof s->state, "%s/bench-XXXXXX", folder);
    if (mkdtemp(s->state) == NULL)
        s->state[0] = '\0';
    return s->state[0] != '\0' ? start(s, policy_text, program, folder, engine) : CS_IO;
}

cs_err cs_service_start_pq(cs_service *s, const char *program, const char *folder, const char *setting)
{
    cs_buf policy_text = cs_buf_new(CS_MAX_POLICY);
    *s = (cs_service){.door = "--pq-signer", .setting = setting};
    cs_err err = start_anew(s, &policy_text, program, folder, "native");
    cs_buf_free(&policy_text);
    return err;
}

cs_err cs_service_start(cs_service *s, const char *program, const char *folder, const char *engine)
{
    char policy_id[CS_MAX_ID + 1];
    cs_buf policy_text = cs_buf_new(CS_MAX_POLICY);

    *s = (cs_service){0};
    cs_err err = start_anew(s, &policy_text, program, folder, engine);
    if (err == CS_OK)
        err = make_policy(s, policy_id, cs_buf_slice(&policy_text));
    if (err == CS_OK)
        err = make_key(s, policy_id);
    if (err == CS_OK) {
        make_body(s);
        err = s->body.err;
    }
    cs_buf_free(&policy_text);
    return err;
}

cs_err cs_service_restart(cs_service *s, const char *program, const char *folder, const char *engine)
{
    cs_buf policy_text = cs_buf_new(CS_MAX_POLICY);
    (void)kill(s->pid, SIGKILL);
    (void)waitpid(s->pid, NULL, 0);
    s->pid = 0;
    cs_err err = start(s, &policy_text, program, folder, engine);
    cs_buf_free(&policy_text);
    return err;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void cs_service_stop(cs_service *s)
{
    if (s->pid > 0) {
        (void)kill(s->pid, SIGTERM);
        int64_t deadline = cs_tick_us() + (int64_t)STOP_SECONDS * 1000000;
        while (waitpid(s->pid, NULL, WNOHANG) == 0) {
            if (cs_tick_us() > deadline)
                (void)kill(s->pid, SIGKILL);
            (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        }
    }
    if (s->state[0] != '\0')
        (void)nftw(s->state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    cs_policy_free(&s->policy);
    cs_pair_close(&s->key);
    cs_buf_free(&s->body);
    *s = (cs_service){0};
}

cs_err cs_service_check(cs_signed *out, const cs_service *s, cs_slice answer)
{
    cs_verdict verdict;
    cs_json *json = NULL;
    cs_message message = {.bytes = CS_ARRAY(s->payload)};

    *out = (cs_signed){.signature = cs_buf_new(CS_MAX_SIGNATURE), .document = cs_buf_new(CS_MAX_ATTESTATION)};
    cs_err err = cs_json_parse(&json, answer, MAX_LINE);
    if (err != CS_OK)
        return err;
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    cs_jobj data = cs_jobj_open(cs_jobj_object(&o, "data"));
    cs_jobj attestation = cs_jobj_open(cs_jobj_object(&data, "attestation"));
    (void)cs_jobj_base64(&data, "signature", CS_MAX_SIGNATURE, &out->signature);
    (void)cs_jobj_base64(&attestation, "docB64", CS_MAX_ATTESTATION, &out->document);
    err = data.err != CS_OK ? data.err : attestation.err;
    if (err == CS_OK)
        err = cs_pair_verify(NULL, &s->key, &message, cs_buf_slice(&out->signature));
    if (err == CS_OK)
        err = cs_hash(&out->payload_sha256, CS_SHA256, message.bytes);
    if (err == CS_OK) {
        out->expect = (cs_expect){.kind = CS_ATTEST_SIGN,
                                  .allow_mock = true,
                                  .now = cs_now_ms() / 1000,
                                  .payload_sha256 = cs_digest_slice(&out->payload_sha256),
                                  .signature = cs_buf_slice(&out->signature),
                                  .key_id = cs_slice_str(s->key_id),
                                  .alg = s->key.alg,
                                  .format = &s->key.format};
        err = cs_attest_verify(&verdict, cs_buf_slice(&out->document), &s->policy, &out->expect);
    }
    cs_json_free(json);
    return err;
}

void cs_signed_free(cs_signed *s)
{
    cs_buf_free(&s->signature);
    cs_buf_free(&s->document);
}
