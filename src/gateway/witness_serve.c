/* SPDX-License-Identifier: Apache-2.0 */
/* The command `witness`: options, the one route, what is printed at the start. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "gateway/http.h"
#include "gateway/witness.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/sandbox.h"

#define MAX_LOGS_FILE (4u << 20)

const cs_option cs_witness_options[CS_WITNESS_OPTIONS] = {
    {"name", CS_OPT_TEXT, true, "NAME", "the name of the witness in its cosignatures, such as its host", 0, 0, NULL},
    {"state", CS_OPT_TEXT, true, "DIR", "its keys and what it has cosigned; made if it is missing", 0, 0, NULL},
    {"listen", CS_OPT_TEXT, false, "HOST:PORT", "where logs connect; port 0 picks a free one", 0, 0, "127.0.0.1:8430"},
    {"log", CS_OPT_LIST, false, "VKEY", "key of a log: origin+id+key", 0, 0, NULL},
    {"logs", CS_OPT_TEXT, false, "FILE", "the same, one a line", 0, 0, NULL},
    {"tls-cert", CS_OPT_TEXT, false, "FILE", "certificate chain, PEM", 0, 0, NULL},
    {"tls-key", CS_OPT_TEXT, false, "FILE", "its private key, PEM", 0, 0, NULL},
    {"print-keys", CS_OPT_FLAG, false, NULL, "print the keys to pin and end", 0, 0, NULL},
    {"json", CS_OPT_FLAG, false, NULL, "print one line of JSON", 0, 0, NULL},
    {"quiet", CS_OPT_FLAG, false, NULL, "log warnings and errors only", 0, 0, NULL},
};

static cs_http_server *server; /* for the signal handler */

static void stop(int number)
{
    (void)number;
    cs_http_stop(server);
}

static void heed_signals(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

/* -- serving ------------------------------------------------------------------------------------------------------- */

static void say(cs_http_response *rs, int status, const char *sentence)
{
    rs->status = status;
    rs->content_type = "text/plain; charset=utf-8";
    cs_buf_add_str(&rs->body, sentence);
}

static void handle(void *app, const cs_http_request *rq, cs_http_response *rs)
{
    bool add = cs_slice_is(rq->path, "/add-checkpoint"), live = cs_slice_is(rq->path, "/livez");
    if (!add && !live) {
        say(rs, 404, "POST /add-checkpoint\n");
    } else if (!cs_slice_is(rq->method, add ? "POST" : "GET")) {
        say(rs, 405, "");
        (void)snprintf(rs->allow, sizeof rs->allow, "%s", add ? "POST" : "GET");
    } else if (live) {
        say(rs, 200, "ok\n");
    } else {
        cs_witness_answer a;
        cs_witness_add_checkpoint(app, &a, rq->body, cs_now_ms() / 1000);
        rs->status = a.status;
        rs->content_type = a.type;
        cs_buf_add(&rs->body, cs_buf_slice(&a.body));
        cs_log(CS_LOG_INFO, rq->request_id, "add-checkpoint %d", a.status);
        cs_buf_free(&a.body);
    }
}

static cs_http_pool classify(void *app, const cs_http_request *rq)
{
    (void)app;
    (void)rq;
    return CS_POOL_IO;
}

static void error_body(cs_buf *out, cs_err err, const cs_http_request *rq)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "error", cs_err_sentence(err));
    cs_jw_cstr(&w, "code", cs_err_name(err));
    cs_jw_cstr(&w, "requestId", rq->request_id);
    cs_jw_end(&w);
}

/* -- starting ------------------------------------------------------------------------------------------------------ */

static cs_err add_log(cs_witness *w, cs_slice text)
{
    cs_err err = cs_witness_add_log(w, text);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "log key %.*s: %s", (int)(text.n < 200 ? text.n : 200), (const char *)text.p,
               cs_err_sentence(err));
    return err == CS_OK ? CS_OK : CS_CONFIG;
}

/* One key a line; empty lines and those that begin with '#' are read over. */
static cs_err add_logs_file(cs_witness *w, const char *path)
{
    cs_buf text = cs_buf_new(MAX_LOGS_FILE);
    cs_err err = cs_file_read(&text, path);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s: %s", path, cs_err_sentence(err));
    cs_slice rest = cs_buf_slice(&text);
    while (err == CS_OK && rest.n > 0) {
        const uint8_t *end = memchr(rest.p, '\n', rest.n);
        size_t n = end != NULL ? (size_t)(end - rest.p) : rest.n;
        cs_slice line = cs_slice_sub(rest, 0, n);
        rest = cs_slice_sub(rest, n + 1, rest.n);
        if (line.n > 0 && line.p[0] != '#')
            err = add_log(w, line);
    }
    cs_buf_free(&text);
    return err;
}

static cs_err add_logs(cs_witness *w, const cs_args *args)
{
    cs_err err = CS_OK;
    for (size_t i = 0; i < cs_arg_count(args, "log") && err == CS_OK; i++)
        err = add_log(w, cs_slice_str(cs_arg_item(args, "log", i)));
    const char *file = cs_arg_text(args, "logs");
    return err == CS_OK && file != NULL ? add_logs_file(w, file) : err;
}

/* What others need: the address (NULL: none) and the keys. */
static cs_err tell(const cs_witness *w, const char *url, bool json)
{
    char vkey_text[CS_MAX_VKEY];
    cs_buf line = cs_buf_new(16384);
    cs_jw j = cs_jw_on(&line);
    if (json) {
        cs_jw_begin(&j, NULL);
        if (url != NULL)
            cs_jw_cstr(&j, "url", url);
        cs_jw_cstr(&j, "name", cs_witness_vkey(w, 0)->name);
        cs_jw_begin_array(&j, "vkeys");
    } else if (url != NULL) {
        cs_buf_printf(&line, "%s\n", url);
    }
    for (size_t i = 0; i < CS_WITNESS_KEYS; i++) {
        cs_buf vkey = CS_BUF_OVER(vkey_text);
        cs_vkey_write(&vkey, cs_witness_vkey(w, i));
        if (json) {
            cs_jw_str(&j, NULL, cs_buf_slice(&vkey));
        } else {
            cs_buf_add(&line, cs_buf_slice(&vkey));
            cs_buf_add_u8(&line, '\n');
        }
    }
    if (json) {
        cs_jw_end_array(&j);
        cs_jw_end(&j);
        cs_buf_add_u8(&line, '\n');
    }
    cs_err err = line.err;
    if (err == CS_OK && write(STDOUT_FILENO, line.p, line.n) != (ssize_t)line.n)
        err = CS_IO;
    cs_buf_free(&line);
    return err;
}

static cs_err serve(cs_witness *w, const cs_args *args)
{
    cs_http_config config = {
        .listen = cs_arg_text(args, "listen"),
        .handle = handle,
        .classify = classify,
        .error_body = error_body,
        .app = w,
        .io_threads = 4,
        .tls_cert = cs_arg_text(args, "tls-cert"),
        .tls_key = cs_arg_text(args, "tls-key"),
    };
    char url[512];
    const char *colon = strrchr(config.listen, ':');
    cs_err err = cs_http_open(&server, &config);
    if (err != CS_OK)
        return err;
    heed_signals(stop);
    (void)snprintf(url, sizeof url, "%s://%.*s:%u", config.tls_cert != NULL ? "https" : "http",
                   colon != NULL ? (int)(colon - config.listen) : 0, config.listen, (unsigned)cs_http_port(server));
    err = tell(w, url, cs_arg_flag(args, "json"));
    cs_log(CS_LOG_INFO, NULL, "ready: %s", url);
    if (err == CS_OK)
        err = cs_http_run(server);
    heed_signals(SIG_IGN); /* a second signal must not find the server that the first one has stopped */
    cs_http_close(server);
    return err;
}

int cs_witness_serve(const cs_args *args)
{
    cs_witness *w = NULL;
    cs_log_open("countersign-witness", cs_arg_flag(args, "quiet") ? CS_LOG_WARN : CS_LOG_INFO);
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK)
        err = cs_witness_open(&w, cs_arg_text(args, "state"), cs_arg_text(args, "name"));
    if (err == CS_OK)
        err = add_logs(w, args);
    if (err == CS_OK)
        err = cs_arg_flag(args, "print-keys") ? tell(w, NULL, cs_arg_flag(args, "json")) : serve(w, args);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "not started: %s", cs_err_sentence(err));
    cs_witness_close(w);
    return err == CS_OK ? CS_EXIT_OK : CS_EXIT_ERROR;
}
