/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countersign-gateway: the HTTP API, the store, the ledger and the policies. It never sees a private key and has no
 * rights at any KMS.
 */
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/crypto_mldsa.h"
#include "core/name.h"
#include "gateway/agent_list.h"
#include "gateway/alarm.h"
#include "gateway/backup.h"
#include "gateway/fellows.h"
#include "gateway/hybrid_cache.h"
#include "gateway/ids.h"
#include "gateway/init.h"
#include "gateway/migrate.h"
#include "gateway/monitor.h"
#include "gateway/pinned.h"
#include "gateway/routes.h"
#include "gateway/rules.h"
#include "gateway/witness.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/options.h"
#include "sys/sandbox.h"
#include "sys/thread.h"

static int init(const cs_args *args)
{
    cs_log_open("countersign-gateway", CS_LOG_INFO);
    cs_init init = {.store = cs_arg_text(args, "store"),
                    .pepper = cs_arg_text(args, "pepper"),
                    .org = cs_slice_str(cs_arg_text(args, "org")),
                    .host = cs_arg_text(args, "ledger-host"),
                    .publish = cs_arg_flag(args, "publish-ledger"),
                    .json = cs_arg_flag(args, "json")};
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK)
        err = cs_init_run(&init);
    if (err == CS_BAD_FIELD)
        return CS_EXIT_USAGE;
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
    if (err == CS_OK)
        cs_log(identity.hardware ? CS_LOG_INFO : CS_LOG_WARN, NULL, "enclave: %s, %s, %s: %s",
               cs_vendor_name(identity.vendor), cs_evidence_name(identity.evidence), identity.image_hash,
               identity.hardware      ? "under the vendor's root"
               : identity.development ? "DEVELOPMENT ROOT - NOT HARDWARE"
                                      : "under keys of the vendor's issuer, as the enclave tells them");
    if (err == CS_ENCLAVE_UNAVAILABLE)
        cs_log(CS_LOG_WARN, NULL, "the enclave does not answer yet");
    if (cs_err_class_of(err) != CS_CLASS_REFUSED)
        return CS_OK;
    cs_log(CS_LOG_ERROR, NULL, "the enclave is refused: %s%s", cs_err_sentence(err),
           err == CS_ATT_MOCK_REFUSED ? " For development there is --allow-mock." : "");
    return CS_CONFIG;
}

/* The list of the configuration, instead of the one before. */
static cs_err suspend_orgs(cs_app *a, const cs_args *args)
{
    const char *orgs[CS_MAX_SUSPENDED_ORGS];
    size_t n = cs_arg_count(args, "suspend");
    if (n > CS_MAX_SUSPENDED_ORGS) {
        cs_log(CS_LOG_ERROR, NULL, "--suspend: more than %d orgs", CS_MAX_SUSPENDED_ORGS);
        return CS_CONFIG;
    }
    for (size_t i = 0; i < n; i++) {
        orgs[i] = cs_arg_item(args, "suspend", i);
        if (!cs_id_is(cs_slice_str(orgs[i]), CS_ID_ORG)) {
            cs_log(CS_LOG_ERROR, NULL, "--suspend: %s is no id of an org", orgs[i]);
            return CS_CONFIG;
        }
    }
    cs_auth_suspend(&a->auth, orgs, n);
    return CS_OK;
}

/* Who the enclave has to be, where the operator says so. */
static cs_err pin_enclave(cs_app *a, const cs_args *args)
{
    const char *path = cs_arg_text(args, "enclave-policy");
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    cs_policy policy = {0};
    cs_fault fault = {0};
    if (path == NULL)
        return CS_OK;
    cs_err err = cs_file_read(&text, path);
    if (err == CS_OK)
        err = cs_policy_parse(&policy, &fault, cs_buf_slice(&text), a->allow_mock);
    if (err == CS_OK) {
        cs_introducer_pin(a->introducer, &policy);
    } else {
        cs_log(CS_LOG_ERROR, NULL, "--enclave-policy %s: %s %s", path, fault.field, cs_err_sentence(err));
        err = CS_CONFIG;
    }
    cs_policy_free(&policy);
    cs_buf_free(&text);
    return err;
}

static cs_err open_signer(cs_signer **out, const cs_counter_mark *mark, const cs_args *args)
{
    cs_err err = cs_signer_open(out, NULL, mark);
    return err == CS_OK ? cs_agent_list_apply(*out, args, args) : err;
}

/* Births are judged under what the operator pins; development may do without. */
static cs_err open_pq_door(cs_app *a, const cs_args *args)
{
    if (cs_arg_text(args, "kms-key-arn") != NULL && cs_arg_text(args, "enclave-policy") == NULL && !a->allow_mock) {
        cs_log(CS_LOG_ERROR, NULL, "--kms-key-arn: needs --enclave-policy");
        return CS_CONFIG;
    }
    return cs_pq_door_open(&a->pq, a->store, args);
}

/* -- other gateways on the same store ------------------------------------------------------------------------------ */

/* Any of what is remembered of the store may be stale. */
static void forget_all(void *context)
{
    cs_app *a = context;
    cs_store_note_change(a->store);
    cs_auth_forget_all(&a->auth);
    cs_keyring_forget_all(a->keyring);
    cs_rules_forget_all(a->rules);
    cs_pinned_changed(a->pinned);
}

/* A limit is one of all gateways together: each allows its share. */
static void share_limits(void *context, int64_t gateways)
{
    cs_app *a = context;
    cs_rate_share(a->rate, gateways);
    cs_rate_share(a->addresses, gateways);
    wake_streams(NULL);
}

static const cs_fellows_events fellows_events = {.changed = forget_all, .looked = share_limits};

static cs_err open_auth(cs_app *a, const cs_args *args)
{
    char pepper[PATH_MAX];
    cs_err err = cs_auth_pepper_path(pepper, cs_arg_text(args, "store"), cs_arg_text(args, "pepper"));
    if (err != CS_OK)
        return err;
    err = cs_auth_open(&a->auth, a->store, pepper);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s: not there, not 32 bytes, or readable by others", pepper);
    return err;
}

static cs_err open_app(cs_app *a, const cs_args *args)
{
    const char *path = cs_arg_text(args, "store");
    cs_counter_mark mark = {0};
    a->allow_mock = cs_arg_flag(args, "allow-mock");
    a->tls = cs_arg_text(args, "tls-cert") != NULL;
    a->dashboard = !cs_arg_flag(args, "no-dashboard");
    (void)sem_init(&a->crypto, 0, (unsigned)cs_cpu_count());
    (void)sem_init(&a->batches, 0, CS_MAX_BATCHES);
    cs_err err = cs_metrics_open(&a->metrics);
    if (err == CS_OK)
        err = cs_chain_cache_new(&a->chains, CS_REMEMBERED_CHAINS);
    if (err == CS_OK)
        err = cs_rate_open(&a->rate, cs_arg_number(args, "rate-limit", 0));
    if (err == CS_OK)
        err = cs_rate_open(&a->addresses, cs_arg_number(args, "address-rate-limit", 0));
    if (err == CS_OK)
        err = cs_store_open(&a->store, path);
    if (err != CS_OK)
        return err;
    err = open_auth(a, args);
    if (err != CS_OK)
        return err;
    err = suspend_orgs(a, args);
    if (err == CS_OK)
        err = open_pq_door(a, args);
    if (err != CS_OK)
        return err;
    err = cs_store_last_counter(a->store, mark.epoch, &mark.counter);
    if (err == CS_OK || err == CS_NOT_FOUND)
        err = open_signer(&a->signer, &mark, args);
    if (err == CS_OK)
        cs_signer_measure(a->signer, a->metrics);
    if (err == CS_OK)
        err = cs_introducer_open(&a->introducer, a->signer, a->allow_mock);
    if (err == CS_OK)
        err = pin_enclave(a, args);
    if (err == CS_OK)
        err = cs_keyring_open(&a->keyring, a->store, a->allow_mock);
    if (err == CS_OK)
        err = cs_rules_open(&a->rules, a->store);
    if (err == CS_OK)
        err = cs_pinned_open(&a->pinned, a->store);
    if (err == CS_OK)
        err = cs_hybrid_cache_open(&a->hybrid, a->store);
    if (err == CS_OK)
        err = cs_commit_open(&a->commit, a->store);
    if (err == CS_OK)
        err = cs_idempotency_open(&a->idempotency, a->store);
    if (err == CS_OK)
        cs_commit_on_round(a->commit, wake_streams, NULL);
    if (err == CS_OK && cs_store_is_shared(a->store))
        err = cs_fellows_open(&a->fellows, a->store, &fellows_events, a);
    return err == CS_OK ? probe_enclave(a) : err;
}

/* Backwards; every part may be missing. */
static void close_app(cs_app *a)
{
    cs_fellows_close(a->fellows);
    cs_alarm_close(a->alarm);
    cs_checkpoints_close(a->checkpoints);
    cs_idempotency_close(a->idempotency);
    cs_commit_close(a->commit);
    cs_hybrid_cache_close(a->hybrid);
    cs_pinned_close(a->pinned);
    cs_rules_close(a->rules);
    cs_keyring_close(a->keyring);
    cs_introducer_close(a->introducer);
    cs_signer_close(a->signer);
    cs_pq_door_close(&a->pq);
    cs_auth_close(&a->auth);
    cs_store_close(a->store);
    cs_rate_close(a->rate);
    cs_rate_close(a->addresses);
    cs_chain_cache_free(a->chains);
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
    cs_app *a = app;
    char problem[CS_MAX_PROBLEM];
    cs_args *fresh = cs_args_reread(problem, arguments);
    cs_monitor_reload(monitor);
    if (fresh == NULL) {
        cs_log(CS_LOG_ERROR, NULL, "the configuration in use stays: %s", problem);
        return;
    }
    cs_log_set_level(fresh);
    cs_rate_set(a->rate, cs_arg_number(fresh, "rate-limit", 0));
    cs_rate_set(a->addresses, cs_arg_number(fresh, "address-rate-limit", 0));
    if (suspend_orgs(a, fresh) != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "the suspended orgs stay those that they were");
    if (cs_agent_list_apply(a->signer, fresh, arguments) != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "the agents stay those that they were");
    cs_log(CS_LOG_INFO, NULL, "agents, log level, rate limits and suspended orgs read again");
    cs_args_free(fresh);
}

static cs_err open_checkpoints(cs_app *a, const cs_args *args)
{
    static cs_cosigners witnesses;
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < cs_arg_count(args, "witness"); i++)
        err = cs_cosigner_add(&witnesses, cs_arg_item(args, "witness", i));
    cs_checkpoints_config config = {.store = a->store,
                                    .commit = a->commit,
                                    .signer = a->signer,
                                    .introducer = a->introducer,
                                    .seconds = cs_arg_number(args, "checkpoint-seconds", 0),
                                    .witnesses = &witnesses};
    return err == CS_OK ? cs_checkpoints_open(&a->checkpoints, &config) : err;
}

static cs_err open_alarm(cs_app *a)
{
    cs_alarm_config config = {
        .store = a->store, .commit = a->commit, .introducer = a->introducer, .metrics = a->metrics};
    return cs_alarm_open(&a->alarm, &config);
}

static cs_err start_and_serve(cs_app *a, const cs_args *args)
{
    cs_http_config config = {
        .listen = cs_arg_text(args, "bind"),
        .handle = cs_routes_handle,
        .handle_together = cs_routes_handle_together,
        .away = true,
        .classify = cs_routes_classify,
        .account = cs_routes_account,
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
    if (err == CS_OK)
        err = open_checkpoints(a, args);
    if (err == CS_OK)
        err = open_alarm(a);
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
    cs_engine engine = CS_ENGINE_NATIVE;
    bool known = cs_engine_by_name(&engine, cs_arg_text(args, "mldsa-engine")); /* the options allow no other */
    cs_engine_choose(known ? engine : CS_ENGINE_OPENSSL, NULL, CS_DEFAULT_JUDGE);
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

static int backup(const cs_args *args)
{
    cs_log_open("countersign-gateway", CS_LOG_INFO);
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK)
        err = cs_backup_make(cs_arg_text(args, "to"), cs_arg_text(args, "store"));
    return err == CS_OK ? CS_EXIT_OK : CS_EXIT_ERROR;
}

static int restore(const cs_args *args)
{
    bool whole = cs_arg_flag(args, "verify");
    cs_store_tally found = {0};
    cs_log_open("countersign-gateway", CS_LOG_INFO);
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK)
        err = cs_backup_restore(&found, cs_arg_text(args, "store"), cs_arg_text(args, "from"), whole);
    if (err == CS_OK && whole)
        cs_log(CS_LOG_INFO, NULL, "verified: %" PRIu64 " keys, %" PRIu64 " signatures, %" PRIu64 " entries", found.keys,
               found.signatures, found.entries);
    if (err == CS_BAD_FORMAT)
        cs_log(CS_LOG_ERROR, NULL, "the copy is not what it should be; nothing was restored");
    return err == CS_OK ? CS_EXIT_OK : err == CS_BAD_FORMAT ? CS_EXIT_REFUSED : CS_EXIT_ERROR;
}

static const cs_option init_options[] = {
    {"store", CS_OPT_TEXT, true, "FILE|URL", "the store, made if it is missing: a file, or postgresql://…", 0, 0},
    {"pepper", CS_OPT_TEXT, false, "FILE", "the store's pepper; FILE.pepper beside a file if not given", 0, 0},
    {"org", CS_OPT_TEXT, true, "NAME", "name of the new org", 0, 0},
    {"ledger-host", CS_OPT_TEXT, false, "HOST", "what its ledger is named after: HOST/org/ID", 0, 0, "localhost"},
    {"publish-ledger", CS_OPT_FLAG, false, NULL, "let anybody read its ledger as tlog-tiles", 0, 0},
    {"json", CS_OPT_FLAG, false, NULL, "print one line of JSON", 0, 0},
};

static const cs_option backup_options[] = {
    {"store", CS_OPT_TEXT, true, "FILE", "the store; a gateway may be working with it", 0, 0},
    {"to", CS_OPT_TEXT, true, "FILE", "the copy; its pepper goes to FILE.pepper; never overwrites", 0, 0},
};

static const cs_option restore_options[] = {
    {"from", CS_OPT_TEXT, true, "FILE", "the copy, with FILE.pepper beside it", 0, 0},
    {"store", CS_OPT_TEXT, true, "FILE", "where the store goes; never overwrites", 0, 0},
    {"verify", CS_OPT_FLAG, false, NULL, "read everything back first; exit code 2 if something is wrong", 0, 0},
};

static const cs_option serve_options[] = {
    {"bind", CS_OPT_TEXT, true, "HOST:PORT", "where clients connect; port 0 picks a free one", 0, 0},
    {"store", CS_OPT_TEXT, true, "FILE|URL", "the store, as init made it", 0, 0},
    {"pepper", CS_OPT_TEXT, false, "FILE", "the store's pepper; FILE.pepper beside a file if not given", 0, 0},
    {"agent", CS_OPT_LIST, false, "ADDRESS", "where an agent of this machine listens: unix:PATH; once for each", 0, 0},
    {"host", CS_OPT_LIST, false, "HOST[:PORT]",
     "instead of --agent: the machine of an agent, reached through TLS at port 8443; its certificate must have the "
     "name; once for each",
     0, 0},
    {"ca", CS_OPT_TEXT, false, "FILE", "with --host: the one authority of the agent's certificate, PEM", 0, 0},
    {"client-cert", CS_OPT_TEXT, false, "FILE", "with --host: our certificate chain of that authority, PEM", 0, 0},
    {"client-key", CS_OPT_TEXT, false, "FILE", "with --host: its private key, PEM", 0, 0},
    {"enclave-policy", CS_OPT_TEXT, false, "FILE", "attestation policy that the enclave itself must satisfy", 0, 0},
    {"allow-mock", CS_OPT_DANGER, false, NULL, "accept the development root (vendor mock)", 0, 0},
    {"tls-cert", CS_OPT_TEXT, false, "FILE", "certificate chain, PEM", 0, 0},
    {"tls-key", CS_OPT_TEXT, false, "FILE", "its private key, PEM", 0, 0},
    {"tls-client-ca", CS_OPT_TEXT, false, "FILE", "ask clients for a certificate of these authorities, PEM", 0, 0},
    {"tls-client-auth", CS_OPT_CHOICE, false, "required|optional",
     "with --tls-client-ca: who has no certificate is ...", 0, 0, "required"},
    CS_PQ_OPTIONS,
    {"rate-limit", CS_OPT_NUMBER, false, "N", "requests a second with one API key; 0: no limit", 0, CS_MAX_RATE,
     "2000"},
    {"address-rate-limit", CS_OPT_NUMBER, false, "N",
     "requests a second from one address (IPv6: from one /64), whoever asks; 0: no limit", 0, CS_MAX_RATE, "4000"},
    {"suspend", CS_OPT_LIST, false, "ORG", "answer this org's API keys with ACCOUNT_SUSPENDED; an org's id", 0, 0},
    {"metrics-bind", CS_OPT_TEXT, false, "HOST:PORT", "serve GET /metrics there, to anybody who can connect", 0, 0},
    {"no-dashboard", CS_OPT_FLAG, false, NULL, "do not serve the dashboard at /", 0, 0},
    {"checkpoint-seconds", CS_OPT_NUMBER, false, "N", "time between checkpoints of a ledger that grows; 0: only seals",
     0, 86400, "10"},
    {"witness", CS_OPT_LIST, false, "URL=VKEY", "ask this witness to cosign checkpoints; once for each of its keys", 0,
     0},
    {"mldsa-engine", CS_OPT_CHOICE, false, "native|openssl", "who verifies ML-DSA and Ed25519 signatures", 0, 0,
     "native"},
    {"ready-fd", CS_OPT_NUMBER, false, "N", "descriptor to write {\"url\":...} to when ready", 0, 1 << 20},
    {"io-threads", CS_OPT_NUMBER, false, "N", "requests worked on at once", 1, 256, "16"},
    {"quiet", CS_OPT_FLAG, false, NULL, "log warnings and errors only", 0, 0},
    CS_LOG_OPTIONS,
};

static const cs_command commands[] = {
    {"init", "make a store, or add to it: an org and its first API keys", init_options,
     sizeof init_options / sizeof *init_options, NULL, init},
    {"serve-http",
     "serve the API until SIGTERM; SIGHUP reads certificates, rate limits, suspended orgs, agents and log level again",
     serve_options, sizeof serve_options / sizeof *serve_options, NULL, serve_http},
    {"backup", "copy a store, also while a gateway works with it", backup_options,
     sizeof backup_options / sizeof *backup_options, NULL, backup},
    {"restore", "make a store from a copy", restore_options, sizeof restore_options / sizeof *restore_options, NULL,
     restore},
    {"migrate", "copy a store into a new one of either kind, and compare them", cs_migrate_options, CS_MIGRATE_OPTIONS,
     NULL, cs_migrate_run},
    {"witness", "cosign the checkpoints of ledgers until SIGTERM", cs_witness_options, CS_WITNESS_OPTIONS, NULL,
     cs_witness_serve},
};

static const cs_program program = {
    .name = "countersign-gateway",
    .about = "serves the HTTP API of Countersign and keeps its ledger",
    .commands = commands,
    .command_count = sizeof commands / sizeof *commands,
};

/* What a frame or an answer needs is given back to the allocator, not to the system: it is needed again at once, and
 * fresh pages cost more than the work on them. */
static void keep_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 4 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

int main(int argc, char **argv)
{
    keep_memory();
    if (cs_sandbox_check_libraries() != CS_OK)
        return CS_EXIT_ERROR;
    return cs_program_run(&program, argc, argv);
}
