/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countersign-agent: stands between gateway and enclave on the enclave's host. One thread for each gateway connection,
 * paired with one enclave connection; at most CS_MAX_AGENT_CONNECTIONS.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/check.h"
#include "agent/relay.h"
#include "core/limits.h"
#include "sys/acceptor.h"
#include "sys/channel_tls.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/options.h"
#include "sys/sandbox.h"
#include "sys/stream.h"

#define HANDSHAKE_US (5 * 1000000)
#define MAX_ADDRESS CS_FLEET_ADDRESS
#define DRAIN_US (3 * 1000000) /* for requests that are under way when it stops */

/* Set before there are connections. */
static struct {
    cs_channel_tls *tls; /* NULL: the gateway is on this machine */
    cs_fleet *fleet;
    const cs_args *args;
    int64_t timeout_us;
    const cs_settings_key *settings_key; /* NULL: none was given */
    cs_kms *kms;
} settings;

static cs_settings_key settings_key;

static void converse(void *context, int fd)
{
    (void)context;
    cs_channel gateway = cs_channel_plain(fd);
    cs_err err = CS_OK;
    if (settings.tls != NULL)
        err = cs_channel_tls_begin(&gateway, settings.tls, fd, cs_tick_us() + HANDSHAKE_US);
    if (err == CS_OK) {
        cs_relay relay = cs_relay_new(settings.fleet, settings.timeout_us, settings.settings_key, settings.kms);
        err = cs_relay_run(&relay, gateway);
        cs_relay_free(&relay);
    }
    if (err != CS_FRAME_CLOSED)
        cs_log(CS_LOG_WARN, NULL, "connection closed: %s", cs_err_name(err));
    cs_channel_end(gateway);
}

/* -- where the enclaves are ---------------------------------------------------------------------------------------- */

struct places {
    const char *address[CS_BALANCE_MAX];
    char text[MAX_ADDRESS]; /* of the one that --cid names */
    size_t n;
};

/* Their addresses, or one's context id and port. False (logged): both, none, or too many. */
static bool find_enclaves(struct places *out, const cs_args *args)
{
    int64_t cid = cs_arg_number(args, "cid", -1);
    *out = (struct places){.n = cs_arg_count(args, "enclave")};
    if ((out->n > 0) == (cid >= 0) || out->n > CS_BALANCE_MAX) {
        cs_log(CS_LOG_ERROR, NULL, "either --cid or --enclave, that up to %d times", CS_BALANCE_MAX);
        return false;
    }
    for (size_t i = 0; i < out->n; i++)
        out->address[i] = cs_arg_item(args, "enclave", i);
    if (out->n == 0) {
        (void)snprintf(out->text, sizeof out->text, "vsock:%" PRId64 ":%" PRId64, cid, cs_arg_number(args, "port", 0));
        out->address[out->n++] = out->text;
    }
    return true;
}

/* After SIGHUP: enclaves that are not in the list any more get no new requests, those that are new there do. */
static void read_again(void *context)
{
    char problem[CS_MAX_PROBLEM];
    struct places places;
    cs_args *fresh = cs_args_reread(problem, settings.args);
    (void)context;
    if (fresh == NULL) {
        cs_log(CS_LOG_ERROR, NULL, "the configuration in use stays: %s", problem);
        return;
    }
    if (find_enclaves(&places, fresh) && cs_fleet_set(settings.fleet, places.address, places.n) == CS_OK)
        cs_log(CS_LOG_INFO, NULL, "enclaves read again: %zu", places.n);
    else
        cs_log(CS_LOG_ERROR, NULL, "the enclaves stay those that they were");
    cs_args_free(fresh);
}

static cs_acceptor acceptor = {
    .max_connections = CS_MAX_AGENT_CONNECTIONS, .converse = converse, .hung_up = read_again};

static cs_err start_and_serve(const cs_args *args, const char *listen)
{
    struct places places;
    settings.args = args;
    settings.timeout_us = cs_arg_number(args, "timeout-ms", 0) * 1000;
    cs_err err = find_enclaves(&places, args) ? cs_sandbox_harden() : CS_CONFIG;
    if (err == CS_OK && cs_arg_text(args, "settings-key") != NULL) {
        err = cs_sandbox_lock_memory(false);
        if (err == CS_OK)
            err = cs_settings_key_open(&settings_key, cs_arg_text(args, "settings-key"));
        settings.settings_key = &settings_key;
    }
    if (err == CS_OK)
        err = cs_kms_open(&settings.kms, args);
    if (err == CS_OK)
        err = cs_acceptor_prepare();
    if (err == CS_OK)
        err = cs_fleet_open(&settings.fleet, places.address, places.n, settings.timeout_us);
    if (err == CS_OK)
        err = cs_stream_listen(&acceptor.listener, listen);
    if (err != CS_OK)
        return err;
    cs_log(CS_LOG_INFO, NULL, "ready: enclave%s at %s%s", places.n > 1 ? "s" : "", places.address[0],
           places.n > 1 ? " and others" : "");
    err = cs_acceptor_serve(&acceptor);
    cs_fleet_drain(settings.fleet, cs_tick_us() + DRAIN_US);
    return err;
}

static int run(const cs_args *args, const char *listen)
{
    (void)mallopt(M_ARENA_MAX, 2);            /* 256 connections must not keep 256 high-water marks */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20); /* a group's frame does not cost fresh pages each time */
    (void)mallopt(M_TRIM_THRESHOLD, 2 << 20);
    cs_err err = start_and_serve(args, listen);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "not started: %s", cs_err_sentence(err));
    else
        cs_log(CS_LOG_INFO, NULL, "stopped");
    _exit(err == CS_OK ? CS_EXIT_OK
                       : CS_EXIT_ERROR); /* no destructor, and no wiping of the key, under the relaying threads */
}

static int serve(const cs_args *args)
{
    cs_log_open_options("countersign-agent", args);
    return run(args, cs_arg_text(args, "listen"));
}

/* -- serve-mtls ---------------------------------------------------------------------------------------------------- */

static int serve_mtls(const cs_args *args)
{
    char listen[MAX_ADDRESS];
    const cs_channel_tls_config config = {.server = true,
                                          .ca = cs_arg_text(args, "client-ca"),
                                          .cert = cs_arg_text(args, "server-cert"),
                                          .key = cs_arg_text(args, "server-key")};
    cs_log_open_options("countersign-agent", args);
    int n = snprintf(listen, sizeof listen, "tcp:%s:%" PRId64, cs_arg_text(args, "listen-host"),
                     cs_arg_number(args, "listen-port", 0));
    if (n >= MAX_ADDRESS || cs_channel_tls_open(&settings.tls, &config) != CS_OK)
        return CS_EXIT_ERROR;
    return run(args, listen);
}

/* Options of both forms. */
#define COMMON_OPTIONS                                                                                                  \
    {"settings-key",                                                                                                    \
     CS_OPT_TEXT,                                                                                                       \
     false,                                                                                                             \
     "FILE",                                                                                                            \
     "the agent's own key, made if it is missing, mode 0600; seals the secrets of the settings",                        \
     0,                                                                                                                 \
     0,                                                                                                                 \
     NULL},                                                                                                             \
        {"timeout-ms", CS_OPT_NUMBER, false, "N", "how long the enclave may take for one request", 10, 600000, "5000"}, \
        CS_KMS_OPTIONS

static const cs_option serve_options[] = {
    {"listen", CS_OPT_TEXT, true, "ADDRESS", "where the gateway connects: unix:PATH", 0, 0},
    {"enclave", CS_OPT_LIST, true, "ADDRESS",
     "where an enclave listens: unix:PATH or vsock:CID:PORT; once for each; SIGHUP reads the list again", 0, 0},
    COMMON_OPTIONS,
    CS_LOG_OPTIONS,
};

static const cs_option mtls_options[] = {
    {"cid", CS_OPT_NUMBER, false, "N", "the enclave's context id", 3, UINT32_MAX},
    {"port", CS_OPT_NUMBER, false, "N", "its port", 1, UINT32_MAX, "5005"},
    {"enclave", CS_OPT_LIST, false, "ADDRESS",
     "instead of --cid: unix:PATH or vsock:CID:PORT; once for each; SIGHUP reads the list again", 0, 0},
    {"listen-host", CS_OPT_TEXT, false, "HOST", "address at which gateways connect", 0, 0, "0.0.0.0"},
    {"listen-port", CS_OPT_NUMBER, false, "N", "and the port", 1, 65535, "8443"},
    {"client-ca", CS_OPT_TEXT, true, "FILE", "the authority that gateways' certificates must come from, PEM", 0, 0},
    {"server-cert", CS_OPT_TEXT, true, "FILE", "our certificate chain of the same authority, PEM", 0, 0},
    {"server-key", CS_OPT_TEXT, true, "FILE", "its private key, PEM", 0, 0},
    COMMON_OPTIONS,
    CS_LOG_OPTIONS,
};

static int check_kms(const cs_args *args)
{
    cs_log_open_options("countersign-agent", args);
    return cs_sandbox_harden() == CS_OK ? cs_check_run(args) : CS_EXIT_ERROR;
}

static const cs_option check_options[] = {
    {"kms-key-arn", CS_OPT_TEXT, true, "ARN", "the key that data keys are wrapped with", 0, 0},
    CS_KMS_OPTIONS,
    CS_LOG_OPTIONS,
};

static const cs_command commands[] = {
    {"serve", "relay requests until SIGTERM", serve_options, sizeof serve_options / sizeof serve_options[0], NULL,
     serve},
    {"serve-mtls", "the same for a gateway on another machine, through TLS 1.3 with certificates at both ends",
     mtls_options, sizeof mtls_options / sizeof mtls_options[0], NULL, serve_mtls},
    {"check-kms", "tell whether the KMS serves this role as it should, and gives no data key without attestation",
     check_options, sizeof check_options / sizeof check_options[0], NULL, check_kms},
};

static const cs_program program = {
    .name = "countersign-agent",
    .about = "relays the gateway's requests to the enclave",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int main(int argc, char **argv)
{
    if (cs_sandbox_check_libraries() != CS_OK)
        return CS_EXIT_ERROR;
    return cs_program_run(&program, argc, argv);
}
