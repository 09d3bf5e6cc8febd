/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countersign-devkms: a key management service for development and tests, in software and in clear. It speaks the
 * protocols of the clouds so that the real clients can be run against it, judges attestation documents as the real ones
 * do, and fails or lies on demand.
 */
#include <arpa/inet.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/encode.h"
#include "core/json.h"
#include "devkms/aws.h"
#include "devkms/service.h"
#include "sys/acceptor.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/options.h"
#include "sys/sandbox.h"
#include "sys/stream.h"

#define MAX_CONNECTIONS 512
#define PATH_MAX_BYTES 4096
#define ADMIN_TOKEN_BYTES 24
#define TOKEN_KEY_BYTES 32
#define BANNER "DEVELOPMENT KMS – KEYS IN CLEAR, NO HARDWARE, NOT FOR PRODUCTION"

static cs_service service;
static cs_http http = {.handle = cs_service_handle, .app = &service};

static void converse(void *context, int fd)
{
    (void)context;
    cs_http_converse(&http, fd);
}

static cs_acceptor acceptor = {.max_connections = MAX_CONNECTIONS, .converse = converse};

/* -- state --------------------------------------------------------------------------------------------------------- */

static cs_err state_path(char out[PATH_MAX_BYTES], const cs_args *args, const char *name)
{
    int n = snprintf(out, PATH_MAX_BYTES, "%s/%s", cs_arg_text(args, "state"), name);
    return n > 0 && n < PATH_MAX_BYTES ? CS_OK : CS_CONFIG;
}

/* The credentials of --credentials, or those of the state directory, made at the first start. */
static cs_err open_credentials(const cs_args *args)
{
    char path[PATH_MAX_BYTES];
    cs_buf text = cs_buf_new_wiped(CS_CREDENTIALS_FILE_MAX);
    const char *given = cs_arg_text(args, "credentials");
    cs_err err = state_path(path, args, "credentials");
    if (err == CS_OK && given == NULL && access(path, F_OK) != 0) {
        err = cs_credentials_generate(&text, "default");
        if (err == CS_OK)
            err = cs_file_write(path, cs_buf_slice(&text), 0600, false);
        cs_buf_clear(&text);
    }
    if (err == CS_OK)
        err = cs_file_read(&text, given != NULL ? given : path);
    if (err == CS_OK)
        err = cs_credentials_parse(&service.credentials, cs_buf_slice(&text));
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s: not a file of credentials", given != NULL ? given : path);
    cs_buf_free(&text);
    return err;
}

/* Who may set faults while the service runs: whoever can read STATE/admin-token, which is new at each start. */
static cs_err make_admin_token(const cs_args *args)
{
    char path[PATH_MAX_BYTES];
    uint8_t bytes[ADMIN_TOKEN_BYTES];
    cs_buf text = cs_buf_new_wiped(256);
    cs_err err = state_path(path, args, "admin-token");
    if (err == CS_OK)
        err = cs_random(bytes, sizeof bytes);
    cs_base64url_encode(&text, CS_ARRAY(bytes));
    if (err == CS_OK)
        err = cs_secret_set(&service.admin_token, cs_buf_slice(&text));
    if (err == CS_OK)
        err = cs_file_write(path, cs_buf_slice(&text), 0600, true);
    cs_buf_free(&text);
    cs_wipe(bytes, sizeof bytes);
    return err;
}

/* Accounts of the other clouds, where they are served. */
static cs_err open_clouds(const cs_args *args)
{
    const char *state = cs_arg_text(args, "state");
    service.token_key.n = TOKEN_KEY_BYTES;
    cs_err err = cs_random(service.token_key.b, TOKEN_KEY_BYTES);
    if (err == CS_OK && cs_arg_flag(args, "azure"))
        err = cs_accounts_open_azure(&service.azure, state);
    if (err == CS_OK && cs_arg_flag(args, "google"))
        err = cs_accounts_open_google(&service.google, state);
    return err;
}

static cs_err tell_clouds(const cs_args *args, const char *url)
{
    const char *state = cs_arg_text(args, "state");
    cs_err err = cs_arg_flag(args, "azure") ? cs_accounts_tell_azure(&service.azure, state, url) : CS_OK;
    if (err == CS_OK && cs_arg_flag(args, "google"))
        err = cs_accounts_tell_google(&service.google, state, url);
    return err;
}

static cs_err copy_setting(char *out, size_t size, const cs_args *args, const char *name, bool digits_only)
{
    const char *text = cs_arg_text(args, name);
    if (digits_only && (strlen(text) != size - 1 || text[strspn(text, "0123456789")] != '\0')) {
        cs_log(CS_LOG_ERROR, NULL, "--%s has %zu digits", name, size - 1);
        return CS_CONFIG;
    }
    return cs_slice_to_cstr(out, size, cs_slice_str(text));
}

static cs_err open_common(const cs_args *args)
{
    cs_err err = copy_setting(service.region, sizeof service.region, args, "region", false);
    if (err == CS_OK)
        err = copy_setting(service.account, sizeof service.account, args, "account", true);
    return err == CS_OK ? cs_keystore_open(&service.keys, cs_arg_text(args, "state")) : err;
}

/* -- serve --------------------------------------------------------------------------------------------------------- */

static cs_err pin(const cs_args *args)
{
    const char *root = cs_arg_text(args, "nsm-root");
    cs_buf pem = cs_buf_new(CS_MAX_CERTIFICATE * 2);
    cs_err err = root != NULL ? cs_file_read(&pem, root) : CS_OK;
    if (err == CS_OK && root != NULL)
        err = cs_attested_pin_root(&service.rule, cs_buf_slice(&pem));
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "--nsm-root %s: not one PEM certificate", root);
    cs_buf_free(&pem);
    static const struct {
        const char *option;
        size_t index;
    } registers[] = {{"pcr0", 0}, {"pcr1", 1}, {"pcr2", 2}, {"pcr3", 3}, {"pcr4", 4}, {"pcr8", 8}};
    for (size_t r = 0; r < sizeof registers / sizeof *registers; r++)
        for (size_t i = 0; i < cs_arg_count(args, registers[r].option) && err == CS_OK; i++) {
            err = cs_attested_pin_register(&service.rule, registers[r].index,
                                           cs_slice_str(cs_arg_item(args, registers[r].option, i)));
            if (err != CS_OK)
                cs_log(CS_LOG_ERROR, NULL, "--%s: not 96 lower-case hex digits, or too many", registers[r].option);
        }
    return err;
}

static cs_err set_faults(const cs_args *args)
{
    cs_inject_row rows[CS_INJECT_MAX];
    size_t n = cs_arg_count(args, "fault");
    if (n > CS_INJECT_MAX)
        return CS_CONFIG;
    for (size_t i = 0; i < n; i++)
        if (cs_inject_parse(&rows[i], cs_slice_str(cs_arg_item(args, "fault", i))) != CS_OK) {
            cs_log(CS_LOG_ERROR, NULL, "--fault %s: not a fault", cs_arg_item(args, "fault", i));
            return CS_CONFIG;
        }
    return cs_inject_set(&service.inject, rows, n);
}

static cs_service_shape shape_of(const char *name)
{
    if (strcmp(name, "constructed") == 0)
        return CS_SHAPE_CONSTRUCTED;
    return strcmp(name, "primitive") == 0 ? CS_SHAPE_PRIMITIVE : CS_SHAPE_ALTERNATE;
}

/* "HOST:PORT", or with "tcp:" or "unix:" before it. */
static cs_err start_listening(const cs_args *args)
{
    char address[512];
    const char *text = cs_arg_text(args, "listen");
    bool bare = strncmp(text, "tcp:", 4) != 0 && strncmp(text, "unix:", 5) != 0;
    int n = snprintf(address, sizeof address, "%s%s", bare ? "tcp:" : "", text);
    cs_err err = n > 0 && n < (int)sizeof address ? cs_stream_listen(&acceptor.listener, address) : CS_CONFIG;
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "cannot listen at %s: %s", text, cs_err_sentence(err));
    return err;
}

static void write_url(cs_buf *out, bool tls)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } bound = {.v6 = {0}};
    socklen_t n = sizeof bound;
    char host[INET6_ADDRSTRLEN] = "";
    const char *scheme = tls ? "https" : "http";
    if (getsockname(acceptor.listener, &bound.any, &n) != 0)
        return;
    if (bound.any.sa_family == AF_INET && inet_ntop(AF_INET, &bound.v4.sin_addr, host, sizeof host) != NULL)
        cs_buf_printf(out, "%s://%s:%u", scheme, host, (unsigned)ntohs(bound.v4.sin_port));
    else if (bound.any.sa_family == AF_INET6 && inet_ntop(AF_INET6, &bound.v6.sin6_addr, host, sizeof host) != NULL)
        cs_buf_printf(out, "%s://[%s]:%u", scheme, host, (unsigned)ntohs(bound.v6.sin6_port));
}

static cs_err tell_ready(const cs_args *args)
{
    char text[512];
    int fd = (int)cs_arg_number(args, "ready-fd", -1);
    cs_buf url = CS_BUF_OVER(text), line = cs_buf_new(1024);
    write_url(&url, http.tls != NULL);
    cs_err err = tell_clouds(args, cs_buf_cstr(&url));
    cs_log(CS_LOG_WARN, NULL, BANNER);
    cs_log(CS_LOG_INFO, NULL, "ready: %s", cs_buf_cstr(&url));
    cs_jw w = cs_jw_on(&line);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "url", cs_buf_slice(&url));
    cs_jw_cstr(&w, "region", service.region);
    cs_jw_cstr(&w, "account", service.account);
    cs_jw_end(&w);
    cs_buf_add_u8(&line, '\n');
    if (err == CS_OK)
        err = line.err;
    if (err == CS_OK && fd >= 0) {
        err = write(fd, line.p, line.n) == (ssize_t)line.n ? CS_OK : CS_IO;
        (void)close(fd);
    }
    cs_buf_free(&line);
    return err;
}

static cs_err start_and_serve(const cs_args *args)
{
    const char *cert = cs_arg_text(args, "tls-cert"), *key = cs_arg_text(args, "tls-key");
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK && (cert == NULL) != (key == NULL))
        err = CS_CONFIG;
    if (err == CS_OK)
        err = open_common(args);
    if (err == CS_OK)
        err = open_credentials(args);
    if (err == CS_OK)
        err = open_clouds(args);
    if (err == CS_OK)
        err = pin(args);
    if (err == CS_OK)
        err = set_faults(args);
    if (err == CS_OK)
        err = make_admin_token(args);
    service.shape = shape_of(cs_arg_text(args, "cms"));
    if (err == CS_OK && cert != NULL)
        err = cs_wire_tls_open(&http.tls, cert, key);
    service.https = http.tls != NULL;
    if (err == CS_OK)
        err = cs_acceptor_prepare();
    if (err == CS_OK)
        err = start_listening(args);
    if (err == CS_OK)
        err = tell_ready(args);
    return err == CS_OK ? cs_acceptor_serve(&acceptor) : err;
}

static int serve(const cs_args *args)
{
    (void)mallopt(M_ARENA_MAX, 2);
    cs_log_open_options("countersign-devkms", args);
    cs_err err = start_and_serve(args);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "not started: %s", cs_err_sentence(err));
    else
        cs_log(CS_LOG_INFO, NULL, "stopped");
    _exit(err == CS_OK ? CS_EXIT_OK : CS_EXIT_ERROR); /* under the threads that still serve */
}

/* -- create-key ---------------------------------------------------------------------------------------------------- */

static cs_err make_key(const cs_args *args, cs_buf *line)
{
    char arn[CS_AWS_ARN];
    cs_stored_key *k = NULL;
    const char *policy_file = cs_arg_text(args, "policy"), *alias = cs_arg_text(args, "alias");
    const cs_aws_spec *spec = cs_aws_spec_find(cs_slice_str(cs_arg_text(args, "spec")));
    cs_buf policy = cs_buf_new(CS_KEYSTORE_POLICY);
    cs_err err = open_common(args);
    if (err == CS_OK && policy_file != NULL)
        err = cs_file_read(&policy, policy_file);
    if (err == CS_OK)
        err = cs_aws_make_key(&k, &service, spec, policy_file != NULL ? cs_buf_slice(&policy) : CS_ABSENT,
                              alias != NULL ? cs_slice_str(alias) : CS_ABSENT, cs_now_ms());
    if (err == CS_OK)
        err = cs_keystore_add(&service.keys, k);
    if (err == CS_OK) {
        cs_jw w = cs_jw_on(line);
        cs_jw_begin(&w, NULL);
        cs_jw_cstr(&w, "keyId", k->id);
        cs_jw_cstr(&w, "arn", cs_aws_arn(arn, &service, k));
        cs_jw_end(&w);
        cs_buf_add_u8(line, '\n');
        err = line->err;
    } else {
        cs_stored_key_free(k);
    }
    cs_buf_free(&policy);
    return err;
}

static int create_key(const cs_args *args)
{
    cs_buf line = cs_buf_new(1024);
    cs_log_open("countersign-devkms", CS_LOG_INFO);
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK)
        err = make_key(args, &line);
    if (err == CS_OK)
        (void)fputs(cs_buf_cstr(&line), stdout);
    else
        cs_log(CS_LOG_ERROR, NULL, "no key was made: %s", cs_err_sentence(err));
    cs_buf_free(&line);
    return err == CS_OK ? CS_EXIT_OK : CS_EXIT_ERROR;
}

/* -- the command line ---------------------------------------------------------------------------------------------- */

#define STATE_OPTIONS                                                                                                  \
    {"state", CS_OPT_TEXT, true, "DIR", "keys, credentials and the admin token; made if it is missing", 0, 0, NULL},   \
        {"region", CS_OPT_TEXT, false, "R", "in the ARNs of AWS", 0, 0, "us-east-1"},                                  \
    {                                                                                                                  \
        "account", CS_OPT_TEXT, false, "N", "12 digits, in the ARNs of AWS", 0, 0, "111122223333"                      \
    }

static const cs_option serve_options[] = {
    {"listen", CS_OPT_TEXT, true, "ADDRESS", "HOST:PORT (0: any free one) or unix:PATH", 0, 0, NULL},
    STATE_OPTIONS,
    {"credentials", CS_OPT_TEXT, false, "FILE",
     "who may call, in the form of AWS's shared credentials file; default: STATE/credentials, made at the first start",
     0, 0, NULL},
    {"nsm-root", CS_OPT_TEXT, false, "FILE", "the root that attestation documents must end in, PEM; none: no document",
     0, 0, NULL},
    {"pcr0", CS_OPT_LIST, false, "HEX", "a value that register 0 of a document may have", 0, 0, NULL},
    {"pcr1", CS_OPT_LIST, false, "HEX", "the same of register 1", 0, 0, NULL},
    {"pcr2", CS_OPT_LIST, false, "HEX", "the same of register 2", 0, 0, NULL},
    {"pcr3", CS_OPT_LIST, false, "HEX", "the same of register 3", 0, 0, NULL},
    {"pcr4", CS_OPT_LIST, false, "HEX", "the same of register 4", 0, 0, NULL},
    {"pcr8", CS_OPT_LIST, false, "HEX", "the same of register 8", 0, 0, NULL},
    {"azure", CS_OPT_FLAG, false, NULL, "serve Azure Key Vault, too; STATE/azure.json tells how to call", 0, 0, NULL},
    {"google", CS_OPT_FLAG, false, NULL, "serve Google Cloud KMS, too; STATE/google.json is the account's file", 0, 0,
     NULL},
    {"cms", CS_OPT_CHOICE, false, "alternate|constructed|primitive", "shape of CiphertextForRecipient", 0, 0,
     "alternate"},
    {"fault", CS_OPT_LIST, false, "FAULT", "a fault to inject: NAME[,op=OP][,skip=N][,every=N][,count=N][,ms=N]", 0, 0,
     NULL},
    {"tls-cert", CS_OPT_TEXT, false, "FILE", "certificate chain, PEM", 0, 0, NULL},
    {"tls-key", CS_OPT_TEXT, false, "FILE", "its private key, PEM", 0, 0, NULL},
    {"ready-fd", CS_OPT_NUMBER, false, "N", "descriptor to write {\"url\":...} to when ready", 0, 1 << 20, NULL},
    CS_LOG_OPTIONS,
};

static const cs_option create_options[] = {
    STATE_OPTIONS,
    {"spec", CS_OPT_CHOICE, false,
     "SYMMETRIC_DEFAULT|ECC_NIST_P256|ECC_NIST_EDWARDS25519|ML_DSA_44|ML_DSA_65|ML_DSA_87", "kind of key", 0, 0,
     "SYMMETRIC_DEFAULT"},
    {"alias", CS_OPT_TEXT, false, "NAME", "alias/…", 0, 0, NULL},
    {"policy", CS_OPT_TEXT, false, "FILE", "key policy, JSON; default: the account may do everything", 0, 0, NULL},
};

static const cs_command commands[] = {
    {"serve", "serve until SIGTERM", serve_options, sizeof serve_options / sizeof serve_options[0], NULL, serve},
    {"create-key", "make an AWS key in the state directory, also beside a service that runs, and tell its ARN",
     create_options, sizeof create_options / sizeof create_options[0], NULL, create_key},
};

static const cs_program program = {
    .name = "countersign-devkms",
    .about = "a key management service for development: keys in clear, no hardware",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int main(int argc, char **argv)
{
    (void)pthread_mutex_init(&service.lock, NULL);
    (void)pthread_mutex_init(&service.inject.lock, NULL);
    if (cs_sandbox_check_libraries() != CS_OK)
        return CS_EXIT_ERROR;
    return cs_program_run(&program, argc, argv);
}
