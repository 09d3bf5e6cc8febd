/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countersign-gateway: the HTTP API, the store, the ledger and the policies. It never sees a private key and has no
 * rights at any KMS.
 */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/name.h"
#include "gateway/ids.h"
#include "gateway/monitor.h"
#include "gateway/routes.h"
#include "gateway/rules.h"
#include "gateway/witness.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/options.h"
#include "sys/sandbox.h"
#include "sys/thread.h"

/* -- init ---------------------------------------------------------------------------------------------------------- */

struct first_keys {
    char org_id[CS_MAX_ID + 1];
    cs_api_key_row secret, publishable;
};

static cs_err write_org(cs_store *store, const struct first_keys *k, cs_slice name, int64_t now)
{
    cs_org_row org = {.host = "localhost", .created_ms = now};
    cs_err err = cs_slice_to_cstr(org.name, sizeof org.name, name);
    if (err == CS_OK)
        err = cs_store_begin(store);
    for (int live = 0; err == CS_OK && live < 2; live++) {
        cs_id_realm(org.id, k->org_id, live == 1);
        err = cs_store_put_org(store, &org);
    }
    if (err == CS_OK)
        err = cs_store_put_api_key(store, &k->secret);
    if (err == CS_OK)
        err = cs_store_put_api_key(store, &k->publishable);
    if (err == CS_OK)
        return cs_store_commit(store);
    cs_store_rollback(store);
    return err;
}

static cs_err mint(cs_secret *text, cs_api_key_row *row, const cs_auth *auth, const char *org_id, bool publishable)
{
    *row = (cs_api_key_row){.publishable = publishable, .live = true};
    memcpy(row->org, org_id, sizeof row->org);
    return cs_auth_mint(text, row, auth, cs_now_ms());
}

/* The keys are printed here and nowhere else, ever. */
static cs_err print_keys(const struct first_keys *k, cs_slice org, cs_slice secret, cs_slice publishable, bool json)
{
    uint8_t text[1024]; /* wiped below */
    cs_buf line = CS_BUF_OVER(text);
    if (json) {
        cs_jw w = cs_jw_on(&line);
        cs_jw_begin(&w, NULL);
        cs_jw_str(&w, "org", org);
        cs_jw_cstr(&w, "orgId", k->org_id);
        cs_jw_str(&w, "apiKey", secret);
        cs_jw_str(&w, "publishableKey", publishable);
        cs_jw_end(&w);
        cs_buf_add_u8(&line, '\n');
    } else {
        cs_buf_printf(&line, "org              %.*s (%s)\n", (int)org.n, (const char *)org.p, k->org_id);
        cs_buf_printf(&line, "API key          %.*s\n", (int)secret.n, (const char *)secret.p);
        cs_buf_printf(&line, "publishable key  %.*s\n", (int)publishable.n, (const char *)publishable.p);
        cs_buf_add_str(&line, "The keys are shown this once; the store has only keyed hashes of them.\n");
    }
    cs_err err = line.err;
    if (err == CS_OK && write(STDOUT_FILENO, line.p, line.n) != (ssize_t)line.n)
        err = CS_IO;
    cs_wipe(text, sizeof text);
    return err;
}

static cs_err fill_store(cs_store *store, const char *path, cs_slice org, bool json)
{
    struct first_keys k = {0};
    CS_SECRET(secret);
    CS_SECRET(publishable);
    cs_auth auth;
    cs_err err = cs_auth_open(&auth, store, path);
    if (err == CS_OK)
        err = cs_id_new(k.org_id, CS_ID_ORG, cs_now_ms());
    if (err == CS_OK)
        err = mint(&secret, &k.secret, &auth, k.org_id, false);
    if (err == CS_OK)
        err = mint(&publishable, &k.publishable, &auth, k.org_id, true);
    if (err == CS_OK)
        err = write_org(store, &k, org, cs_now_ms());
    if (err == CS_OK)
        err = print_keys(&k, org, cs_secret_slice(&secret), cs_secret_slice(&publishable), json);
    cs_auth_close(&auth);
    return err;
}

static cs_err make_store(const char *path, cs_slice org, bool json)
{
    cs_store *store = NULL;
    cs_err err = cs_store_create(path);
    bool created = err == CS_OK;
    if (err == CS_OK)
        err = cs_auth_create_pepper(path);
    if (err == CS_OK)
        err = cs_store_open(&store, path);
    if (err == CS_OK)
        err = fill_store(store, path, org, json);
    cs_store_close(store);
    if (err != CS_OK && created)
        (void)unlink(path); /* a store without keys is of no use; a pepper without a store is for its owner to judge */
    return err;
}

static int init(const cs_args *args)
{
    const char *path = cs_arg_text(args, "store");
    cs_slice org = cs_slice_str(cs_arg_text(args, "org"));
    cs_log_open("countersign-gateway", CS_LOG_INFO);
    if (cs_name_check(org) != CS_OK) {
        cs_log(CS_LOG_ERROR, NULL, "--org: a name of 1 to %d bytes, without invisible characters", CS_MAX_NAME);
        return CS_EXIT_USAGE;
    }
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK)
        err = make_store(path, org, cs_arg_flag(args, "json"));
    if (err == CS_CONFLICT)
        cs_log(CS_LOG_ERROR, NULL, "%s or %s.pepper exists already", path, path);
    else if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s: %s", path, cs_err_sentence(err));
    return err == CS_OK ? CS_EXIT_OK : CS_EXIT_ERROR;
}

/* -- serve-http ------------------------------------------------------------------------------------------------------
 */

#define PROBE_US 2000000

static cs_http_server *server; /* for the signal handlers */
static cs_monitor *monitor;    /* NULL: nobody watches */
static const cs_args *arguments;

/* Rounds of the commit wake the streams as long as there is a server; who commits may outlive it. */
static pthread_mutex_t streams_lock = PTHREAD_MUTEX_INITIALIZER;
static bool streams_served;

static void serve_streams(bool served)
{
    (void)pthread_mutex_lock(&streams_lock);
    streams_served = served;
    (void)pthread_mutex_unlock(&streams_lock);
}

static void wake_streams(void *context)
{
    (void)context;
    (void)pthread_mutex_lock(&streams_lock);
    if (streams_served)
        cs_http_wake_streams(server);
    (void)pthread_mutex_unlock(&streams_lock);
}

static void stop(int signal)
{
    (void)signal;
    cs_http_stop(server);
}

static void reload(int signal)
{
    (void)signal;
    cs_http_reload(server);
}

static void heed_signals(void)
{
    struct sigaction action = {.sa_handler = stop}, again = {.sa_handler = reload, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigemptyset(&again.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGHUP, &again, NULL);
    (void)signal(SIGXFSZ, SIG_IGN); /* a write beyond a limit is an error like any other */
}

/* A second signal must not find the server that the first one has stopped. */
static void ignore_signals(void)
{
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
}

/* A production gateway does not start on a development enclave. One that is not there yet is looked at again with every
 * document it makes. */
static cs_err probe_enclave(cs_app *a)
{
    cs_identity identity;
    cs_err err = cs_introducer_ask(a->introducer, &identity, NULL, 0, cs_tick_us() + PROBE_US);
    if (err == CS_OK && a->allow_mock)
        cs_log(CS_LOG_WARN, NULL, "DEVELOPMENT ROOT - NOT HARDWARE: %s", identity.image_hash);
    if (err == CS_ENCLAVE_UNAVAILABLE)
        cs_log(CS_LOG_WARN, NULL, "the enclave does not answer yet");
    if (cs_err_class_of(err) != CS_CLASS_REFUSED)
        return CS_OK;
    cs_log(CS_LOG_ERROR, NULL, "the enclave is refused: %s%s", cs_err_sentence(err),
           err == CS_ATT_MOCK_REFUSED ? " For development there is --allow-mock." : "");
    return CS_CONFIG;
}

static cs_err open_app(cs_app *a, const cs_args *args)
{
    const char *path = cs_arg_text(args, "store");
    cs_counter_mark mark = {0};
    a->allow_mock = cs_arg_flag(args, "allow-mock");
    (void)sem_init(&a->crypto, 0, (unsigned)cs_cpu_count());
    cs_err err = cs_metrics_open(&a->metrics);
    if (err == CS_OK)
        err = cs_rate_open(&a->rate, cs_arg_number(args, "rate-limit", 0));
    if (err == CS_OK)
        err = cs_store_open(&a->store, path);
    if (err != CS_OK)
        return err;
    err = cs_auth_open(&a->auth, a->store, path);
    if (err != CS_OK) {
        cs_log(CS_LOG_ERROR, NULL, "%s.pepper: not there, not 32 bytes, or readable by others", path);
        return err;
    }
    err = cs_store_last_counter(a->store, mark.epoch, &mark.counter);
    if (err == CS_OK || err == CS_NOT_FOUND)
        err = cs_signer_open(&a->signer, cs_arg_text(args, "agent"), &mark);
    if (err == CS_OK)
        cs_signer_measure(a->signer, a->metrics);
    if (err == CS_OK)
        err = cs_introducer_open(&a->introducer, a->signer, a->allow_mock);
    if (err == CS_OK)
        err = cs_keyring_open(&a->keyring, a->store, a->allow_mock);
    if (err == CS_OK)
        err = cs_rules_open(&a->rules, a->store);
    if (err == CS_OK)
        err = cs_commit_open(&a->commit, a->store);
    if (err == CS_OK)
        cs_commit_on_round(a->commit, wake_streams, NULL);
    return err == CS_OK ? probe_enclave(a) : err;
}

/* Backwards; every part may be missing. */
static void close_app(cs_app *a)
{
    cs_commit_close(a->commit);
    cs_rules_close(a->rules);
    cs_keyring_close(a->keyring);
    cs_introducer_close(a->introducer);
    cs_signer_close(a->signer);
    cs_auth_close(&a->auth);
    cs_store_close(a->store);
    cs_rate_close(a->rate);
    cs_metrics_close(a->metrics);
}

/* {"url":…} on the descriptor that the parent waits at. */
static cs_err tell_ready(const cs_args *args)
{
    int fd = (int)cs_arg_number(args, "ready-fd", -1);
    const char *bind = cs_arg_text(args, "bind"), *colon = strrchr(bind, ':');
    const char *scheme = cs_arg_text(args, "tls-cert") != NULL ? "https" : "http";
    char text[512];
    cs_buf url = CS_BUF_OVER(text), line = cs_buf_new(1024);
    cs_buf_printf(&url, "%s://%.*s:%u", scheme, colon != NULL ? (int)(colon - bind) : 0, bind,
                  (unsigned)cs_http_port(server));
    cs_log(CS_LOG_INFO, NULL, "ready: %s", cs_buf_cstr(&url));
    cs_jw w = cs_jw_on(&line);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "url", cs_buf_slice(&url));
    if (monitor != NULL)
        cs_jw_int(&w, "metricsPort", cs_monitor_port(monitor));
    cs_jw_end(&w);
    cs_buf_add_u8(&line, '\n');
    cs_err err = line.err;
    if (err == CS_OK && fd >= 0) {
        err = write(fd, line.p, line.n) == (ssize_t)line.n ? CS_OK : CS_IO;
        (void)close(fd);
    }
    cs_buf_free(&line);
    return err;
}

/* On the loop thread, after a SIGHUP and the certificates: what of the file can change while the gateway runs. */
static void reloaded(void *app)
{
    const cs_app *a = app;
    char problem[CS_MAX_PROBLEM];
    cs_args *fresh = cs_args_reread(problem, arguments);
    cs_monitor_reload(monitor);
    if (fresh == NULL) {
        cs_log(CS_LOG_ERROR, NULL, "the configuration in use stays: %s", problem);
        return;
    }
    cs_log_set_level(fresh);
    cs_rate_set(a->rate, cs_arg_number(fresh, "rate-limit", 0));
    cs_log(CS_LOG_INFO, NULL, "log level and rate limit read again");
    cs_args_free(fresh);
}

static cs_err start_and_serve(cs_app *a, const cs_args *args)
{
    cs_http_config config = {
        .listen = cs_arg_text(args, "bind"),
        .handle = cs_routes_handle,
        .classify = cs_routes_classify,
        .error_body = cs_routes_error_body,
        .refused = cs_routes_refused,
        .reloaded = reloaded,
        .app = a,
        .io_threads = (int)cs_arg_number(args, "io-threads", 0),
        .tls_cert = cs_arg_text(args, "tls-cert"),
        .tls_key = cs_arg_text(args, "tls-key"),
        .tls_client_ca = cs_arg_text(args, "tls-client-ca"),
        .tls_client_optional = strcmp(cs_arg_text(args, "tls-client-auth"), "optional") == 0,
    };
    const char *metrics_bind = cs_arg_text(args, "metrics-bind");
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK)
        err = open_app(a, args);
    if (err == CS_OK)
        err = cs_http_open(&server, &config);
    if (err == CS_OK && metrics_bind != NULL)
        err = cs_monitor_open(&monitor, a, server, &config, metrics_bind);
    if (err == CS_OK) {
        serve_streams(true);
        heed_signals();
        err = tell_ready(args);
    }
    return err == CS_OK ? cs_http_run(server) : err;
}

static int serve_http(const cs_args *args)
{
    cs_app app = {0};
    (void)mallopt(M_ARENA_MAX, 4); /* not a heap of its own for each of many threads */
    arguments = args;
    cs_log_open_options("countersign-gateway", args);
    cs_err err = start_and_serve(&app, args);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "not started: %s", cs_err_sentence(err));
    ignore_signals();
    serve_streams(false);
    cs_monitor_close(monitor);
    cs_http_close(server);
    close_app(&app);
    if (err == CS_OK)
        cs_log(CS_LOG_INFO, NULL, "stopped");
    return err == CS_OK ? CS_EXIT_OK : CS_EXIT_ERROR;
}

static const cs_option init_options[] = {
    {"store", CS_OPT_TEXT, true, "FILE", "the store to make; its pepper goes to FILE.pepper", 0, 0},
    {"org", CS_OPT_TEXT, true, "NAME", "name of the first organisation", 0, 0},
    {"json", CS_OPT_FLAG, false, NULL, "print one line of JSON", 0, 0},
};

static const cs_option serve_options[] = {
    {"bind", CS_OPT_TEXT, true, "HOST:PORT", "where clients connect; port 0 picks a free one", 0, 0},
    {"store", CS_OPT_TEXT, true, "FILE", "the store, as init made it", 0, 0},
    {"agent", CS_OPT_TEXT, true, "ADDRESS", "where the agent listens: unix:PATH", 0, 0},
    {"allow-mock", CS_OPT_DANGER, false, NULL, "accept the development root (vendor mock)", 0, 0},
    {"tls-cert", CS_OPT_TEXT, false, "FILE", "certificate chain, PEM", 0, 0},
    {"tls-key", CS_OPT_TEXT, false, "FILE", "its private key, PEM", 0, 0},
    {"tls-client-ca", CS_OPT_TEXT, false, "FILE", "ask clients for a certificate of these authorities, PEM", 0, 0},
    {"tls-client-auth", CS_OPT_CHOICE, false, "required|optional",
     "with --tls-client-ca: who has no certificate is ...", 0, 0, "required"},
    {"rate-limit", CS_OPT_NUMBER, false, "N", "requests a second with one API key; 0: no limit", 0, CS_MAX_RATE,
     "2000"},
    {"metrics-bind", CS_OPT_TEXT, false, "HOST:PORT", "serve GET /metrics there, to anybody who can connect", 0, 0},
    {"ready-fd", CS_OPT_NUMBER, false, "N", "descriptor to write {\"url\":...} to when ready", 0, 1 << 20},
    {"io-threads", CS_OPT_NUMBER, false, "N", "requests worked on at once", 1, 256, "16"},
    {"quiet", CS_OPT_FLAG, false, NULL, "log warnings and errors only", 0, 0},
    CS_LOG_OPTIONS,
};

static const cs_command commands[] = {
    {"init", "make a store with an organisation and its first API keys", init_options,
     sizeof init_options / sizeof *init_options, NULL, init},
    {"serve-http", "serve the API until SIGTERM; SIGHUP reads certificates, rate limit and log level again",
     serve_options, sizeof serve_options / sizeof *serve_options, NULL, serve_http},
    {"witness", "cosign the checkpoints of ledgers until SIGTERM", cs_witness_options, CS_WITNESS_OPTIONS, NULL,
     cs_witness_serve},
};

static const cs_program program = {
    .name = "countersign-gateway",
    .about = "serves the HTTP API of Countersign and keeps its ledger",
    .commands = commands,
    .command_count = sizeof commands / sizeof *commands,
};

int main(int argc, char **argv)
{
    if (cs_sandbox_check_libraries() != CS_OK)
        return CS_EXIT_ERROR;
    return cs_program_run(&program, argc, argv);
}
