/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `countersign dev`: the three programs on one machine, under a development root.
 *
 * Enclave, agent and gateway are started in this order, each when the one before it answers, and stopped in the other
 * one. If one of them ends by itself, the others are stopped and the exit code is 1. With --pq-signer a development KMS
 * is started behind the enclave, whose root it pins, and gateway and agent speak through mutual TLS (dev_pq.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/dev_pq.h"
#include "cli/state.h"
#include "cli/talk.h"
#include "core/encode.h"
#include "core/policy.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/stream.h"

#define DEFAULT_LISTEN "127.0.0.1:8420"
#define START_SECONDS 30
#define STOP_SECONDS 10
#define MAX_URL 128
#define ROOT_FILE "software-nsm-root.pem" /* in the enclave's state: what its software NSM hangs on */
#define MAX_STARTED (CS_STATE_PATH + 4096)
#define WARNING "DEVELOPMENT ROOT – NOT HARDWARE"

struct dev {
    const cs_args *args;
    cs_state state;
    cs_child enclave, kms, agent, gateway;
    sigset_t signals;
    char url[MAX_URL];
    bool pq; /* the PQ Signer door, too */
    char kms_url[MAX_URL], kms_key[CS_MAX_KMS_KEY + 1], host[32];
    bool nitro;                              /* the enclave's root is the software NSM, not mock */
    char image_hash[CS_MAX_MEASUREMENT + 1]; /* "sha256:<hex>" or "sha384:<hex>" */
    char root_b64[128];                      /* of mock */
    char root_pem[2048];                     /* of the software NSM */
    cs_buf policy;
};

/* -- signals ------------------------------------------------------------------------------------------------------- */

/* Waits for a signal, at most `ms` (0: as long as it takes). True if the user wants the end. */
static bool wait_signal(const struct dev *d, int ms)
{
    struct timespec bound = {.tv_nsec = (long)ms * 1000000};
    int got = ms > 0 ? sigtimedwait(&d->signals, NULL, &bound) : sigwaitinfo(&d->signals, NULL);
    return got == SIGINT || got == SIGTERM;
}

/* Says how a program ended and returns CS_EXIT_ERROR; 0 if all of them run. */
static int check_children(struct dev *d)
{
    cs_child *const children[] = {&d->enclave, &d->kms, &d->agent, &d->gateway};
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        int status = 0;
        if (children[i]->pid == 0 || cs_child_is_running(children[i], &status))
            continue;
        if (WIFSIGNALED(status))
            return cs_talk_error("%s was ended by signal %d (%s)", children[i]->name, WTERMSIG(status),
                                 strsignal(WTERMSIG(status)));
        return cs_talk_error("%s ended with exit code %d", children[i]->name, WEXITSTATUS(status));
    }
    return CS_EXIT_OK;
}

/* -- starting ------------------------------------------------------------------------------------------------------ */

static int interrupted(const struct dev *d)
{
    cs_talk_note(d->args, "stopped while starting");
    return CS_EXIT_ERROR;
}

/* Waits until the socket takes connections. */
static int wait_for_socket(struct dev *d, const char *address)
{
    int64_t deadline = cs_tick_us() + (int64_t)START_SECONDS * 1000000;
    for (;;) {
        int fd;
        if (cs_stream_connect(&fd, address, cs_tick_us() + 1000000) == CS_OK) {
            cs_stream_close(fd);
            return CS_EXIT_OK;
        }
        int code = check_children(d);
        if (code != CS_EXIT_OK)
            return code;
        if (wait_signal(d, 5))
            return interrupted(d);
        if (cs_tick_us() > deadline)
            return cs_talk_error("nothing answers at %s after %d s", address, START_SECONDS);
    }
}

static int start(struct dev *d, cs_child *child, const char *const *argv, const char *address)
{
    cs_err err = cs_child_start(child, argv, -1, -1);
    return err == CS_OK ? wait_for_socket(d, address) : cs_talk_fail(err, "%s", argv[0]);
}

static cs_err read_url(char url[MAX_URL], cs_slice line)
{
    cs_json *json = NULL;
    cs_err err = cs_json_parse(&json, line, 4096);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_slice text = cs_jobj_str(&o, "url", MAX_URL - 1);
        err = cs_jobj_done_open(&o);
        if (err == CS_OK)
            err = cs_slice_to_cstr(url, MAX_URL, text);
    }
    cs_json_free(json);
    return err;
}

/* Waits for the line on `fd` in which a program tells its URL. */
static int wait_for_url(char url[MAX_URL], struct dev *d, const char *name, int fd)
{
    cs_buf line = cs_buf_new(4096);
    int64_t deadline = cs_tick_us() + (int64_t)START_SECONDS * 1000000;
    int code = CS_EXIT_OK;
    cs_err err = CS_FRAME_DEADLINE;
    while (err == CS_FRAME_DEADLINE && code == CS_EXIT_OK && cs_tick_us() < deadline) {
        err = cs_child_read_line(&line, fd, cs_tick_us() + 50000);
        if (err == CS_FRAME_DEADLINE)
            code = wait_signal(d, 1) ? interrupted(d) : check_children(d);
    }
    if (code == CS_EXIT_OK && err == CS_OK)
        err = read_url(url, cs_buf_slice(&line));
    if (code == CS_EXIT_OK && err != CS_OK) {
        (void)wait_signal(d, 200); /* a program that has just ended is worth a better sentence */
        code = check_children(d);
        if (code == CS_EXIT_OK)
            code = cs_talk_fail(err, "%s did not become ready", name);
    }
    cs_buf_free(&line);
    return code;
}

/* Starts a program that tells its URL at descriptor `number`, which is the last of its arguments. */
static int start_telling(char url[MAX_URL], struct dev *d, cs_child *child, const char **argv, size_t count)
{
    char number[16];
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return cs_talk_error("pipe: %s", strerror(errno));
    (void)snprintf(number, sizeof number, "%d", fds[1]);
    argv[count] = "--ready-fd";
    argv[count + 1] = number;
    argv[count + 2] = NULL;
    cs_err err = cs_child_start(child, argv, fds[1], fds[1]);
    (void)close(fds[1]);
    int code = err == CS_OK ? wait_for_url(url, d, argv[0], fds[0]) : cs_talk_fail(err, "%s", argv[0]);
    (void)close(fds[0]);
    return code;
}

#define MAX_ARGV 48
struct argv {
    const char *of[MAX_ARGV + 3];
    size_t n;
};

static void add(struct argv *a, const char *option, const char *value)
{
    if (a->n + 2 <= MAX_ARGV) {
        a->of[a->n++] = option;
        a->of[a->n++] = value;
    }
}

static int start_gateway(struct dev *d)
{
    const char *listen = cs_arg_text(d->args, "listen"), *dynamodb = cs_arg_text(d->args, "dynamodb-endpoint");
    struct argv a = {{"countersign-gateway", "serve-http", "--allow-mock"}, 3};
    add(&a, "--bind", listen != NULL ? listen : DEFAULT_LISTEN);
    add(&a, "--store", "store.db");
    add(&a, "--rate-limit", "100000");
    add(&a, "--address-rate-limit", "0");
    add(&a, "--mldsa-engine", cs_arg_text(d->args, "mldsa-engine"));
    if (!d->pq) {
        add(&a, "--agent", "unix:agent.sock");
        return start_telling(d->url, d, &d->gateway, a.of, a.n);
    }
    add(&a, "--host", d->host);
    add(&a, "--ca", CS_DEV_PKI "ca.pem");
    add(&a, "--client-cert", CS_DEV_PKI "gateway.pem");
    add(&a, "--client-key", CS_DEV_PKI "gateway.key");
    add(&a, "--kms-key-arn", d->kms_key);
    add(&a, "--enclave-policy", CS_DEV_POLICY_FILE);
    if (dynamodb != NULL) {
        add(&a, "--table", CS_DEV_TABLE);
        add(&a, "--dynamodb-endpoint", dynamodb);
    }
    int code = dynamodb != NULL ? cs_dev_make_table(dynamodb, CS_DEV_TABLE) : CS_EXIT_OK;
    if (code == CS_EXIT_OK)
        code = cs_dev_become(dynamodb != NULL ? CS_DEV_GATEWAY : CS_DEV_NOBODY);
    return code == CS_EXIT_OK ? start_telling(d->url, d, &d->gateway, a.of, a.n) : code;
}

static int start_enclave(struct dev *d)
{
    const char *const argv[] = {"countersign-enclave",
                                "serve",
                                "--listen",
                                "unix:enclave.sock",
                                "--state",
                                "enclave",
                                "--kek-file",
                                "kek",
                                "--mldsa-engine",
                                cs_arg_text(d->args, "mldsa-engine"),
                                "--attestation",
                                d->nitro ? "softnsm" : "mock",
                                "--evidence",
                                cs_arg_text(d->args, "evidence"),
                                "--recipient-key-lifetime",
                                cs_arg_text(d->args, "recipient-key-lifetime"),
                                "--kms-key-cache-seconds",
                                cs_arg_text(d->args, "kms-key-cache-seconds"),
                                NULL};
    return start(d, &d->enclave, argv, "unix:enclave.sock");
}

/* The KMS pins the enclave's root and the program that is there now. */
static int start_kms(struct dev *d)
{
    struct argv a = {{"countersign-devkms", "serve"}, 2};
    add(&a, "--listen", "127.0.0.1:0");
    add(&a, "--state", CS_DEV_KMS_STATE);
    add(&a, "--nsm-root", "enclave/" ROOT_FILE);
    add(&a, "--pcr0", d->image_hash + strlen("sha384:"));
    add(&a, "--log-level", "warn");
    int code = cs_dev_become(CS_DEV_NOBODY);
    if (code == CS_EXIT_OK)
        code = start_telling(d->kms_url, d, &d->kms, a.of, a.n);
    return code == CS_EXIT_OK ? cs_dev_kms_key(d->kms_key) : code;
}

static int start_agent(struct dev *d)
{
    static const char *const local[] = {"countersign-agent", "serve",     "--listen",
                                        "unix:agent.sock",   "--enclave", "unix:enclave.sock",
                                        "--settings-key",    "agent.key", NULL};
    static const char ca[] = CS_DEV_PKI "ca.pem", certificate[] = CS_DEV_PKI "agent.pem",
                      key[] = CS_DEV_PKI "agent.key";
    char port[8], address[40];
    int number = 0;
    int code = d->pq ? cs_dev_free_port(&number) : start(d, &d->agent, local, "unix:agent.sock");
    if (!d->pq || code != CS_EXIT_OK)
        return code;
    (void)snprintf(port, sizeof port, "%d", number);
    (void)snprintf(d->host, sizeof d->host, "127.0.0.1:%d", number);
    (void)snprintf(address, sizeof address, "tcp:%s", d->host);
    const char *const mtls[] = {"countersign-agent",
                                "serve-mtls",
                                "--enclave",
                                "unix:enclave.sock",
                                "--listen-host",
                                "127.0.0.1",
                                "--listen-port",
                                port,
                                "--client-ca",
                                ca,
                                "--server-cert",
                                certificate,
                                "--server-key",
                                key,
                                "--settings-key",
                                "agent.key",
                                "--kms-endpoint",
                                d->kms_url,
                                NULL};
    code = cs_dev_become(CS_DEV_AGENT);
    return code == CS_EXIT_OK ? start(d, &d->agent, mtls, address) : code;
}

static void stop_all(struct dev *d)
{
    cs_child_stop(&d->gateway, STOP_SECONDS);
    cs_child_stop(&d->agent, STOP_SECONDS);
    cs_child_stop(&d->kms, STOP_SECONDS);
    cs_child_stop(&d->enclave, STOP_SECONDS);
}

/* -- what to pin --------------------------------------------------------------------------------------------------- */

/* The measurement is taken from the file itself; what the service says of itself must agree. */
static cs_err measure_enclave(struct dev *d)
{
    char path[CS_STATE_PATH];
    cs_digest digest;
    uint64_t size;
    cs_hash_id id = d->nitro ? CS_SHA384 : CS_SHA256;
    cs_buf text = CS_BUF_OVER(d->image_hash);
    cs_err err = cs_child_path(path, sizeof path, "countersign-enclave");
    if (err == CS_OK)
        err = cs_file_hash(&digest, &id, 1, &size, path);
    if (err != CS_OK)
        return err;
    cs_buf_printf(&text, "%s:", cs_hash_name(id));
    cs_hex_encode(&text, cs_digest_slice(&digest));
    (void)cs_buf_cstr(&text);
    return text.err;
}

/* So is the root of the software NSM: from the file that the enclave made. */
static cs_err read_root(struct dev *d)
{
    cs_buf pem = cs_buf_over(d->root_pem, sizeof d->root_pem - 1);
    cs_err err = cs_file_read(&pem, "enclave/" ROOT_FILE);
    d->root_pem[pem.n] = '\0';
    return err;
}

static int look_at_enclave(struct dev *d)
{
    cs_err err = measure_enclave(d);
    if (err == CS_OK && d->nitro)
        err = read_root(d);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "countersign-enclave");
}

static int read_enclave(struct dev *d, const cs_answer *answer)
{
    cs_jobj o = cs_jobj_open(answer->data);
    cs_slice image = cs_jobj_str(&o, "imageHash", 128), root = CS_LIT("");
    if (!d->nitro)
        root = cs_jobj_str(&o, "rootPublicKeyB64", 120);
    cs_err err = cs_jobj_done_open(&o);
    if (err == CS_OK)
        err = cs_slice_to_cstr(d->root_b64, sizeof d->root_b64, root);
    if (err != CS_OK)
        return cs_talk_fail(err, "GET /v1/enclave: %s", o.field);
    if (!cs_slice_is(image, d->image_hash))
        return cs_talk_error("the enclave that answers is not the program beside this one");
    return CS_EXIT_OK;
}

static int ask_enclave(struct dev *d, cs_slice api_key)
{
    cs_client *client = NULL;
    cs_answer answer = {0};
    int code = cs_client_open_at(&client, d->url, api_key);
    if (code == CS_EXIT_OK)
        code = cs_client_call(&answer, client, "GET", "/v1/enclave", CS_ABSENT);
    if (code == CS_EXIT_OK)
        code = read_enclave(d, &answer);
    cs_answer_free(&answer);
    cs_client_close(client);
    return code;
}

static void write_match_rules(cs_jw *w, const struct dev *d)
{
    cs_jw_begin(w, "matchRules");
    if (d->nitro) {
        cs_jw_begin(w, "pcrs");
        cs_jw_begin_array(w, "0");
        cs_jw_cstr(w, NULL, d->image_hash + strlen("sha384:"));
        cs_jw_end_array(w);
        cs_jw_end(w);
        cs_jw_cstr(w, "rootCertificatePem", d->root_pem);
    } else {
        cs_jw_begin_array(w, "allowedImageHashes");
        cs_jw_cstr(w, NULL, d->image_hash);
        cs_jw_end_array(w);
        cs_jw_cstr(w, "rootPublicKeyB64", d->root_b64);
    }
    cs_jw_end(w);
}

static int write_policy(struct dev *d)
{
    cs_policy parsed;
    cs_fault fault = {0};
    cs_jw w = cs_jw_on(&d->policy);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "name", "development");
    cs_jw_cstr(&w, "vendor", cs_vendor_name(d->nitro ? CS_VENDOR_AWS_NITRO : CS_VENDOR_MOCK));
    write_match_rules(&w, d);
    if (d->nitro) {
        cs_jw_cstr(&w, "evidence", cs_arg_text(d->args, "evidence"));
        cs_jw_bool(&w, "requireDated", false); /* there is no witness on this machine */
    }
    cs_jw_int(&w, "maxDocAgeSeconds", CS_DEFAULT_DOC_AGE_SECONDS);
    cs_jw_bool(&w, "enforce", true);
    cs_jw_end(&w);
    fault.err = cs_policy_parse(&parsed, &fault, cs_buf_slice(&d->policy), true);
    cs_policy_free(&parsed);
    return fault.err == CS_OK ? CS_EXIT_OK : cs_talk_fail_field("policy", &fault);
}

/* -- telling ------------------------------------------------------------------------------------------------------- */

static void write_started_json(cs_buf *out, const struct dev *d, cs_slice api_key)
{
    cs_slice publishable = cs_secret_slice(&d->state.publishable_key);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "url", d->url);
    cs_jw_cstr(&w, "org", d->state.org);
    cs_jw_str(&w, "apiKey", api_key);
    cs_jw_str(&w, "publishableKey", publishable.n > 0 ? publishable : CS_ABSENT);
    cs_jw_raw(&w, "policy", cs_buf_slice(&d->policy));
    cs_jw_cstr(&w, "imageHash", d->image_hash);
    cs_jw_cstr(&w, d->nitro ? "rootCertificatePem" : "rootPublicKeyB64", d->nitro ? d->root_pem : d->root_b64);
    cs_jw_cstr(&w, "stateDir", d->state.path);
    if (d->pq) {
        cs_jw_begin(&w, "pqSigner");
        cs_jw_cstr(&w, "kmsUrl", d->kms_url);
        cs_jw_cstr(&w, "kmsKeyArn", d->kms_key);
        cs_jw_cstr(&w, "agent", d->host);
        cs_jw_cstr(&w, "manifest", CS_DEV_MANIFEST_FILE);
        cs_jw_end(&w);
    }
    cs_jw_end(&w);
    cs_buf_add_u8(out, '\n');
}

static void write_started(cs_buf *out, const struct dev *d, cs_slice api_key)
{
    cs_slice publishable = cs_secret_slice(&d->state.publishable_key);
    cs_buf_printf(out,
                  "countersign dev is ready; Ctrl-C stops it\n"
                  "  dashboard    %s/   (log in with the API key)\n  url          %s\n  API key      ",
                  d->url, d->url);
    cs_buf_add(out, api_key);
    if (publishable.n > 0) {
        cs_buf_add_str(out, "\n  publishable  ");
        cs_buf_add(out, publishable);
    }
    cs_buf_printf(out, "\n  org          %s\n  state        %s\n  image        %s\n", d->state.org, d->state.path,
                  d->image_hash);
    if (d->nitro)
        cs_buf_printf(out, "  root         %s/enclave/" ROOT_FILE "\n", d->state.path);
    else
        cs_buf_printf(out, "  root key     %s\n", d->root_b64);
    if (d->pq)
        cs_buf_printf(
            out, "  KMS          %s (development)\n  KMS key      %s\n  manifest     %s/" CS_DEV_MANIFEST_FILE "\n",
            d->kms_url, d->kms_key, d->state.path);
    cs_buf_add_str(out, "\nPolicy to pin:\n");
    cs_buf_add(out, cs_buf_slice(&d->policy));
    cs_buf_printf(out, "\n\nIn another terminal:\n  export COUNTERSIGN_SERVER=%s\n", d->url);
    if (publishable.n > 0)
        cs_buf_printf(out, "  countersign keys list --api-key-file %s/credentials.json\n", d->state.path);
}

static bool write_out(cs_slice bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = cs_slice_sub(bytes, (size_t)n, bytes.n);
    }
    return true;
}

/* Past stdio, whose buffer would keep the API key. */
static int tell(const struct dev *d, cs_slice api_key)
{
    uint8_t memory[MAX_STARTED];
    cs_buf out = CS_BUF_OVER(memory);
    if (cs_arg_flag(d->args, "json"))
        write_started_json(&out, d, api_key);
    else
        write_started(&out, d, api_key);
    bool written = out.err == CS_OK && write_out(cs_buf_slice(&out));
    cs_wipe(memory, sizeof memory);
    (void)fprintf(stderr, "\n*** " WARNING " ***\nThe attestations of this service prove nothing about hardware.\n\n");
    return written ? CS_EXIT_OK : cs_talk_error("standard output cannot be written: %s", strerror(errno));
}

/* -- the command --------------------------------------------------------------------------------------------------- */

/* Until the user wants the end (0) or a program ends by itself (1). */
static int watch(struct dev *d)
{
    for (;;) {
        int code = check_children(d); /* before waiting: one may have ended during the start */
        if (code != CS_EXIT_OK) {
            cs_talk_note(d->args, "stopping the others");
            return code;
        }
        if (wait_signal(d, 0)) {
            cs_talk_note(d->args, "stopping");
            return CS_EXIT_OK;
        }
    }
}

/* What the PQ Signer door has before the gateway is there: what is pinned does not come from the service. */
static int start_pq(struct dev *d)
{
    int code = write_policy(d);
    if (code == CS_EXIT_OK)
        code = cs_dev_make_pki();
    if (code == CS_EXIT_OK)
        code = start_kms(d);
    return code == CS_EXIT_OK ? cs_dev_write_pins(cs_buf_slice(&d->policy), d->image_hash, cs_slice_str(d->root_pem))
                              : code;
}

static int start_all(struct dev *d, cs_slice api_key)
{
    int code = start_enclave(d);
    if (code == CS_EXIT_OK)
        code = look_at_enclave(d);
    if (code == CS_EXIT_OK && d->pq)
        code = start_pq(d);
    if (code == CS_EXIT_OK)
        code = start_agent(d);
    if (code == CS_EXIT_OK)
        code = start_gateway(d);
    if (code == CS_EXIT_OK)
        code = ask_enclave(d, api_key);
    return code == CS_EXIT_OK && !d->pq ? write_policy(d) : code;
}

static int run(struct dev *d, cs_slice api_key)
{
    (void)sigemptyset(&d->signals);
    (void)sigaddset(&d->signals, SIGINT);
    (void)sigaddset(&d->signals, SIGTERM);
    (void)sigaddset(&d->signals, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &d->signals, NULL) != 0)
        return cs_talk_error("signals: %s", strerror(errno));
    int code = start_all(d, api_key);
    if (code == CS_EXIT_OK)
        code = tell(d, api_key);
    if (code == CS_EXIT_OK)
        code = watch(d);
    stop_all(d);
    return code;
}

/* Makes the state if there is none; then opens it. */
static int open_state(struct dev *d)
{
    char path[CS_STATE_PATH];
    const char *org = cs_arg_text(d->args, "org");
    int code = cs_state_path(path, d->args);
    if (code != CS_EXIT_OK)
        return code;
    if (!cs_state_exists(path)) {
        code = cs_state_make(&d->state, path, org != NULL ? org : "development", NULL, true);
        cs_state_close(&d->state);
    }
    if (code == CS_EXIT_OK)
        code = cs_state_open(&d->state, path);
    if (code == CS_EXIT_OK && org != NULL && strcmp(org, d->state.org) != 0)
        code = cs_talk_error("%s belongs to org %s", d->state.path, d->state.org);
    return code;
}

int cs_command_dev(const cs_args *args)
{
    CS_SECRET(api_key);
    struct dev d = {.args = args, .state = {.lock_fd = -1}, .policy = cs_buf_new(CS_MAX_POLICY)};
    int code = CS_EXIT_OK;
    d.pq = cs_arg_flag(args, "pq-signer");
    d.nitro = d.pq || strcmp(cs_arg_text(args, "attestation"), "softnsm") == 0;
    if (!d.pq && cs_arg_text(args, "dynamodb-endpoint") != NULL)
        return cs_talk_usage("--dynamodb-endpoint goes with --pq-signer");
    if (!d.nitro && strcmp(cs_arg_text(args, "evidence"), "session") == 0)
        return cs_talk_error("the root of vendor mock has no session evidence: --attestation softnsm has");
    if (cs_arg_text(args, "api-key-file") != NULL) /* before the working directory changes */
        code = cs_client_api_key(&api_key, args);
    if (code == CS_EXIT_OK)
        code = open_state(&d);
    if (code == CS_EXIT_OK && api_key.n == 0 && d.state.api_key.n > 0)
        api_key = d.state.api_key;
    if (code == CS_EXIT_OK && api_key.n == 0)
        code = cs_client_api_key(&api_key, args); /* a state of `init` keeps none */
    (void)unsetenv("COUNTERSIGN_API_KEY");        /* not for the children */
    if (code == CS_EXIT_OK)
        code = run(&d, cs_secret_slice(&api_key));
    cs_state_close(&d.state);
    cs_buf_free(&d.policy);
    return code;
}
