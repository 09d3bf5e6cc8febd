/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countersign-agent: stands between gateway and enclave on the enclave's host. One thread for each gateway connection,
 * paired with one enclave connection; at most CS_MAX_AGENT_CONNECTIONS.
 */
#include <malloc.h>
#include <unistd.h>

#include "agent/relay.h"
#include "core/limits.h"
#include "sys/acceptor.h"
#include "sys/log.h"
#include "sys/options.h"
#include "sys/sandbox.h"
#include "sys/stream.h"

/* Set before there are connections. */
static struct {
    const char *enclave_address;
    int64_t timeout_us;
    const cs_settings_key *settings_key; /* NULL: none was given */
} settings;

static cs_settings_key settings_key;

static void converse(void *context, int fd)
{
    (void)context;
    cs_relay relay = cs_relay_new(settings.enclave_address, settings.timeout_us, settings.settings_key);
    cs_err err = cs_relay_run(&relay, fd);
    if (err != CS_FRAME_CLOSED)
        cs_log(CS_LOG_WARN, NULL, "connection closed: %s", cs_err_name(err));
    cs_relay_free(&relay);
}

static cs_acceptor acceptor = {.max_connections = CS_MAX_AGENT_CONNECTIONS, .converse = converse};

static cs_err start_and_serve(const cs_args *args)
{
    settings.enclave_address = cs_arg_text(args, "enclave");
    settings.timeout_us = cs_arg_number(args, "timeout-ms", 0) * 1000;
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK && cs_arg_text(args, "settings-key") != NULL) {
        err = cs_sandbox_lock_memory(false);
        if (err == CS_OK)
            err = cs_settings_key_open(&settings_key, cs_arg_text(args, "settings-key"));
        settings.settings_key = &settings_key;
    }
    if (err == CS_OK)
        err = cs_acceptor_prepare();
    if (err == CS_OK)
        err = cs_stream_listen(&acceptor.listener, cs_arg_text(args, "listen"));
    if (err != CS_OK)
        return err;
    cs_log(CS_LOG_INFO, NULL, "ready: enclave at %s", settings.enclave_address);
    return cs_acceptor_serve(&acceptor);
}

static int serve(const cs_args *args)
{
    (void)mallopt(M_ARENA_MAX, 2);            /* 256 connections must not keep 256 high-water marks */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20); /* a group's frame does not cost fresh pages each time */
    (void)mallopt(M_TRIM_THRESHOLD, 2 << 20);
    cs_log_open_options("countersign-agent", args);
    cs_err err = start_and_serve(args);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "not started: %s", cs_err_sentence(err));
    else
        cs_log(CS_LOG_INFO, NULL, "stopped");
    _exit(err == CS_OK ? CS_EXIT_OK
                       : CS_EXIT_ERROR); /* no destructor, and no wiping of the key, under the relaying threads */
}

static const cs_option serve_options[] = {
    {"listen", CS_OPT_TEXT, true, "ADDRESS", "where the gateway connects: unix:PATH", 0, 0},
    {"enclave", CS_OPT_TEXT, true, "ADDRESS", "where the enclave listens: unix:PATH or vsock:CID:PORT", 0, 0},
    {"settings-key", CS_OPT_TEXT, false, "FILE",
     "the agent's own key, made if it is missing, mode 0600; seals the secrets of the settings", 0, 0, NULL},
    {"timeout-ms", CS_OPT_NUMBER, false, "N", "how long the enclave may take for one request", 10, 600000, "5000"},
    CS_LOG_OPTIONS,
};

static const cs_command commands[] = {
    {"serve", "relay requests until SIGTERM", serve_options, sizeof serve_options / sizeof serve_options[0], NULL,
     serve},
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
