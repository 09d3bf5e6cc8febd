/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countersign-enclave: the trusted process. It alone holds plaintext private keys; it has no network, no database and
 * no way to open a file once it serves.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/crypto_mldsa.h"
#include "enclave/entropy.h"
#include "enclave/measure.h"
#include "enclave/serve.h"
#include "sys/acceptor.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/options.h"
#include "sys/sandbox.h"
#include "sys/stream.h"

static cs_enclave enclave;

/* One throw-away signature of every algorithm, so that nothing is loaded or initialised after the filter is set. */
static cs_err warm_up(void)
{
    cs_err err = CS_OK;
    for (size_t i = 0; i < cs_alg_count && err == CS_OK; i++) {
        CS_SECRET(private_bytes);
        uint8_t bytes[CS_MAX_SIGNATURE];
        cs_buf signature = CS_BUF_OVER(bytes);
        cs_pair pair = {0};
        cs_message message = {.bytes = CS_LIT("warm-up")};
        err = cs_pair_generate(&private_bytes, &cs_algs[i]);
        if (err == CS_OK)
            err = cs_pair_open_private(&pair, &cs_algs[i], cs_alg_default_format(&cs_algs[i]),
                                       cs_secret_slice(&private_bytes));
        if (err == CS_OK)
            err = cs_pair_sign(&signature, &pair, &message);
        if (err == CS_OK)
            err = cs_pair_verify(NULL, &pair, &message, cs_buf_slice(&signature));
        cs_pair_close(&pair);
    }
    return err;
}

/* With each engine, since one may have to take over from the other. */
static cs_err warm_up_engines(cs_engine chosen, unsigned judge)
{
    cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 0);
    cs_err err = warm_up();
    if (err == CS_OK) {
        cs_engine_choose(CS_ENGINE_NATIVE, NULL, 1);
        err = warm_up();
    }
    bool agree = cs_engine_now().disagreements == 0;
    if (!agree)
        cs_log(CS_LOG_ERROR, NULL, "ML-DSA: our own signatures do not verify with OpenSSL; OpenSSL signs");
    cs_engine_choose(agree ? chosen : CS_ENGINE_OPENSSL, NULL, judge);
    return err;
}

/* Few arenas: 256 connections must not keep 256 high-water marks. What a frame of a group needs stays in them: fresh
 * pages for each cost more than the work on them. */
static void bound_heap(void)
{
    (void)mallopt(M_ARENA_MAX, 4);
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 2 << 20);
}

static cs_err open_root(cs_enclave *e, const cs_args *args)
{
    const cs_rot_kind *kind = cs_rot_find(cs_arg_text(args, "attestation"));
    const cs_rot_options options = {.state_dir = cs_arg_text(args, "state"),
                                    .device = cs_arg_text(args, "attestation-device"),
                                    .audience = cs_arg_text(args, "attestation-audience"),
                                    .pcrs = cs_arg_text(args, "attestation-pcrs"),
                                    .certificates = cs_arg_text(args, "attestation-certificates"),
                                    .relay = cs_arg_text(args, "attestation-relay"),
                                    .jwks = cs_arg_text(args, "attestation-jwks")};
    bool session = strcmp(cs_arg_text(args, "evidence"), "session") == 0;
    if (kind == NULL)
        return CS_CONFIG; /* the options allow no other */
    const cs_vendor_ops *vendor = cs_vendor_find(kind->vendor);
    if (session && (vendor == NULL || !vendor->sessions)) {
        cs_log(CS_LOG_ERROR, NULL, "vendor %s has no session evidence", cs_vendor_name(kind->vendor));
        return CS_CONFIG;
    }
    e->evidence = session ? CS_EVIDENCE_SESSION : CS_EVIDENCE_OPERATION;
    return cs_rot_open(&e->rot, kind, &options);
}

/* The first session is made here, so that a root that cannot prove anything is known before anybody relies on it. */
static cs_err open_sessions(cs_enclave *e, const cs_args *args)
{
    cs_session *first = NULL;
    int64_t life_us = cs_arg_number(args, "session-seconds", 0) * 1000000;
    cs_err err = cs_sessions_open(&e->sessions, &e->rot, e->counters.epoch, life_us);
    if (err == CS_OK)
        err = cs_session_take(&first, &e->sessions, cs_tick_us());
    cs_session_release(first);
    return err;
}

static cs_err list_kms_keys(cs_enclave *e, const cs_args *args)
{
    size_t count = cs_arg_count(args, "kms-key");
    if (count > CS_MAX_KMS_KEYS) {
        cs_log(CS_LOG_ERROR, NULL, "more than %d times --kms-key", CS_MAX_KMS_KEYS);
        return CS_CONFIG;
    }
    for (size_t i = 0; i < count; i++)
        e->kms_keys[i] = cs_arg_item(args, "kms-key", i);
    e->kms_key_count = count;
    return CS_OK;
}

/* How a KMS is reached: over the agent's shoulder, or through a tunnel that the agent cannot look into. */
static cs_err open_kms(cs_enclave *e, const cs_args *args)
{
    const char *hosts[CS_KMS_TUNNEL_HOSTS];
    size_t count = cs_arg_count(args, "kms-host");
    cs_cache_init(&e->kms_cache, cs_arg_number(args, "kms-key-cache-seconds", 0) * 1000000);
    cs_err err = list_kms_keys(e, args);
    if (err == CS_OK)
        err = cs_recipients_open(&e->recipients, cs_arg_number(args, "recipient-key-lifetime", 0) * 1000000);
    if (err != CS_OK || strcmp(cs_arg_text(args, "kms-path"), "tunnel") != 0)
        return err;
    for (size_t i = 0; i < count && i < CS_KMS_TUNNEL_HOSTS; i++)
        hosts[i] = cs_arg_item(args, "kms-host", i);
    return cs_kms_tunnel_new(&e->tunnel, cs_arg_text(args, "kms-roots"), hosts, count);
}

static cs_err prepare(cs_enclave *e, const cs_args *args)
{
    /* The root comes first: where it has a generator, what follows is made with that too. */
    cs_err err = cs_entropy_mix();
    if (err == CS_OK)
        err = open_root(e, args);
    if (err == CS_OK)
        err = cs_kek_load(&e->kek, cs_arg_text(args, "kek-file"));
    if (err == CS_OK)
        err = cs_notary_open(&e->notary, &e->kek, cs_arg_text(args, "state"), CS_MAX_LEDGER_REALMS);
    if (err == CS_OK)
        err = cs_counters_open(&e->counters, CS_MAX_COUNTED_KEYS);
    if (err == CS_OK && e->evidence == CS_EVIDENCE_SESSION)
        err = open_sessions(e, args);
    cs_cache_init(&e->cache, cs_arg_number(args, "key-cache-seconds", 0) * 1000000);
    if (err == CS_OK)
        err = open_kms(e, args);
    if (err == CS_OK)
        err = cs_crew_start(&e->crew, (int)cs_arg_number(args, "threads", cs_cpu_count()));
    return err;
}

/* Everything that opens files, in order; then the filter; then requests. */
static cs_err start_and_serve(cs_enclave *e, const cs_args *args)
{
    int listener = -1;
    cs_engine engine = CS_ENGINE_OPENSSL;
    if (!cs_engine_by_name(&engine, cs_arg_text(args, "mldsa-engine")))
        return CS_CONFIG; /* the options allow no other */
    cs_engine_choose(engine, NULL, 1);
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK)
        err = cs_sandbox_lock_memory(cs_arg_flag(args, "require-mlock"));
    if (err == CS_OK)
        err = cs_acceptor_prepare();
    if (err == CS_OK)
        err = prepare(e, args);
    if (err == CS_OK)
        err = cs_stream_listen(&listener, cs_arg_text(args, "listen"));
    if (err == CS_OK)
        err = warm_up_engines(engine, (unsigned)cs_arg_number(args, "mldsa-judge", CS_DEFAULT_JUDGE));
    if (err == CS_OK)
        err = cs_sandbox_enclave_filter(&e->rot.sandbox);
    if (err == CS_OK) {
        cs_log(CS_LOG_INFO, NULL, "ready: %s, epoch %s, root %s, evidence per %s%s", e->rot.image_hash,
               e->counters.epoch, e->rot.kind->name, cs_evidence_name(e->evidence),
               e->rot.kind->hardware ? "" : ", DEVELOPMENT ROOT - NOT HARDWARE");
        cs_log(CS_LOG_INFO, NULL, "ML-DSA: %s", cs_engine_label());
        err = cs_serve(e, listener);
    }
    return err;
}

static int serve(const cs_args *args)
{
    bound_heap();
    cs_log_open_options("countersign-enclave", args);
    cs_err err = start_and_serve(&enclave, args);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "not started: %s", cs_err_sentence(err));
    else
        cs_log(CS_LOG_INFO, NULL, "stopped");
    /* Nobody is in the middle of an operation when its keys are wiped. Threads that read and write frames go on, so no
     * destructor runs under them. */
    cs_crew_stop(&enclave.crew);
    cs_cache_clear(&enclave.cache);
    cs_cache_clear(&enclave.kms_cache);
    cs_recipients_close(&enclave.recipients);
    cs_notary_close(&enclave.notary);
    cs_sessions_close(&enclave.sessions);
    cs_rot_close(&enclave.rot);
    cs_kek_wipe(&enclave.kek);
    _exit(err == CS_OK ? CS_EXIT_OK : CS_EXIT_ERROR);
}

static int measure(const cs_args *args)
{
    char text[CS_MAX_MEASUREMENT + 1];
    cs_buf out = CS_BUF_OVER(text);
    bool nitro = strcmp(cs_arg_text(args, "attestation"), cs_rot_softnsm.name) == 0;
    if (cs_measure_self(&out, nitro ? CS_SHA384 : CS_SHA256) != CS_OK)
        return CS_EXIT_ERROR;
    return puts(cs_buf_cstr(&out)) >= 0 ? CS_EXIT_OK : CS_EXIT_ERROR;
}

static const cs_option serve_options[] = {
    {"listen", CS_OPT_TEXT, true, "ADDRESS", "where the agent connects: unix:PATH or vsock:CID:PORT", 0, 0},
    {"state", CS_OPT_TEXT, true, "DIR", "folder of the attestation root and the sealed ledger keys", 0, 0},
    {"kek-file", CS_OPT_TEXT, false, "FILE", "key-encryption key, 32 bytes, mode 0600 (else $COUNTERSIGN_KEK)", 0, 0},
    {"attestation", CS_OPT_CHOICE, false, "mock|softnsm|nsm|gcp|azure", "root of trust; mock and softnsm are software",
     0, 0, "mock"},
    {"attestation-device", CS_OPT_TEXT, false, "PATH", "device or socket of the root (default: where it usually is)", 0,
     0},
    {"attestation-audience", CS_OPT_TEXT, false, "TEXT", "gcp: audience of the tokens", 0, 0, "countersign"},
    {"attestation-pcrs", CS_OPT_TEXT, false, "LIST", "azure: registers to quote", 0, 0, "0,1,2,3,4,5,6,7"},
    {"attestation-certificates", CS_OPT_TEXT, false, "FILE", "azure: VCEK, ASK and ARK as PEM", 0, 0},
    {"attestation-relay", CS_OPT_TEXT, false, "PATH", "azure: unix socket that leads to the attestation provider", 0,
     0},
    {"attestation-jwks", CS_OPT_TEXT, false, "FILE", "azure: key set of the attestation provider", 0, 0},
    {"evidence", CS_OPT_CHOICE, false, "operation|session", "one proof for each operation, or for a session key", 0, 0,
     "operation"},
    {"session-seconds", CS_OPT_NUMBER, false, "N", "how long a session key is used at most", 10, 86400, "120"},
    {"key-cache-seconds", CS_OPT_NUMBER, false, "N", "how long an opened key stays in memory", 0, 86400, "300"},
    {"kms-path", CS_OPT_CHOICE, false, "relay|tunnel", "the agent asks the KMS, or only passes on our TLS with it", 0,
     0, "relay"},
    {"kms-key", CS_OPT_LIST, false, "ARN", "the only keys of a KMS to seal under (default: whichever is named)", 0, 0},
    {"kms-roots", CS_OPT_TEXT, false, "FILE", "tunnel: roots of the KMS's certificate, PEM", 0, 0},
    {"kms-host", CS_OPT_LIST, false, "HOST[:PORT]", "tunnel: where a KMS may be; the key's region chooses", 0, 0},
    {"kms-key-cache-seconds", CS_OPT_NUMBER, false, "N", "the same of keys whose data key a KMS released", 0, 86400,
     "0"},
    {"recipient-key-lifetime", CS_OPT_NUMBER, false, "N",
     "seconds for which a KMS may release data keys to one and the same key; 0: a fresh one each time", 0, 3600, "0"},
    {"require-mlock", CS_OPT_FLAG, false, NULL, "refuse to start if memory cannot be locked", 0, 0},
    {"mldsa-engine", CS_OPT_CHOICE, false, "native|openssl", "who computes ML-DSA and Ed25519", 0, 0, "native"},
    {"mldsa-judge", CS_OPT_NUMBER, false, "N", "OpenSSL verifies one native signature in N; 0: none", 0, 1 << 20, "64"},
    {"threads", CS_OPT_NUMBER, false, "N", "threads that sign (default: one a core)", 1, 1024},
    CS_LOG_OPTIONS,
};

static const cs_option measure_options[] = {
    {"attestation", CS_OPT_CHOICE, false, "mock|softnsm", "the software root that would measure it", 0, 0, "mock"},
};

static const cs_command commands[] = {
    {"serve", "answer the agent's requests until SIGTERM", serve_options,
     sizeof serve_options / sizeof serve_options[0], NULL, serve},
    {"measure", "print the image hash of this executable, as policies name it", measure_options,
     sizeof measure_options / sizeof measure_options[0], NULL, measure},
};

static const cs_program program = {
    .name = "countersign-enclave",
    .about = "holds the private keys of Countersign, signs with them, attests what it signed",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int main(int argc, char **argv)
{
    if (cs_sandbox_check_libraries() != CS_OK)
        return CS_EXIT_ERROR;
    return cs_program_run(&program, argc, argv);
}
