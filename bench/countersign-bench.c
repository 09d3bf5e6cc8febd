/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of what signing costs: the primitives by themselves, the service around them, and the bound that the
 * primitives set. Load generator and service share the cores of the machine, so the service's rows are what is left
 * when somebody asks; the primitives are measured before and after the load and their mean counts.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/batch.h"
#include "bench/evidence.h"
#include "bench/hybrid.h"
#include "bench/ledger.h"
#include "bench/machine.h"
#include "bench/mldsa.h"
#include "bench/outage.h"
#include "bench/pq.h"
#include "bench/primitives.h"
#include "bench/report.h"
#include "bench/service.h"
#include "bench/timing.h"
#include "core/crypto_mldsa.h"
#include "sys/file.h"
#include "sys/options.h"
#include "sys/sandbox.h"
#include "sys/thread.h"

#define IDLE_CONNECTIONS 1000
#define APPENDS 200
#define APPEND_BYTES 8192 /* one signature row with its ledger entry, about */

/* Who shares the cores while signatures are made. */
enum { GATEWAY, AGENT, ENCLAVE, GENERATOR, PROCESSES };
static const struct {
    const char *name, *program;
    double rss_aim; /* MiB; 0: none */
} processes[PROCESSES] = {
    [GATEWAY] = {"gateway", "countersign-gateway", 64},
    [AGENT] = {"agent", "countersign-agent", 0},
    [ENCLAVE] = {"enclave", "countersign-enclave", 32},
    [GENERATOR] = {"load generator", NULL, 0},
};

/* One load and what each process spent on it. */
struct loaded {
    int clients;
    cs_load_result result;
    double cpu_seconds[PROCESSES];
};

struct bench {
    size_t requests;       /* for the memory's growth */
    bool sign_only;        /* the sign path and its primitives alone */
    double seconds;        /* of each row of the service; primitives take a fifth before and a fifth after */
    char folder[PATH_MAX]; /* build folder */
    cs_cost costs[CS_COST_COUNT];
    cs_report report;
    struct loaded native; /* 64 clients, for comparison */
    double append_us;     /* p50 of a durable append */
    cs_service service;
    int pids[PROCESSES];
};

static cs_err complain(const char *what, cs_err err)
{
    (void)fprintf(stderr, "countersign-bench: %s: %s\n", what, cs_err_sentence(err));
    return err;
}

/* What one durable write costs where the store will be: no primitive of ours, and every lone client pays it. */
static cs_err measure_append(struct bench *b)
{
    char path[PATH_MAX + 16];
    static uint8_t bytes[APPEND_BYTES];
    cs_samples samples = {0};
    (void)snprintf(path, sizeof path, "%s/bench-append", b->folder);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    cs_err err = fd >= 0 ? CS_OK : CS_IO;
    for (int i = 0; err == CS_OK && i < APPENDS; i++) {
        uint64_t start = cs_samples_now();
        if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes || fdatasync(fd) != 0)
            err = CS_IO;
        cs_samples_add(&samples, cs_samples_now() - start);
    }
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(path);
    }
    b->append_us = cs_samples_quantile(&samples, 0.5) / 1000;
    (void)cs_report_add(&b->report, b->append_us, "µs", "the disk under the store, no load",
                        "durable append of 8 KiB, p50");
    cs_samples_free(&samples);
    return err;
}

static void report_latency(struct bench *b, struct loaded *l, const char *name)
{
    static const struct {
        const char *name;
        double part;
    } quantiles[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}};
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        (void)cs_report_add(&b->report, cs_samples_quantile(&l->result.latency, quantiles[i].part) / 1e6, "ms",
                            "request sent to answer read", "attested sign, %s, %s", name, quantiles[i].name);
}

static void report_load(struct bench *b, struct loaded *l)
{
    char name[24];
    double path_ns = cs_primitives_path(b->costs);
    (void)snprintf(name, sizeof name, l->clients == 1 ? "%d client" : "%d clients", l->clients);
    cs_row *row =
        cs_report_add(&b->report, (double)l->result.latency.n / l->result.seconds, "1/s",
                      "1 KiB, durable record, keep-alive; generator on the same cores", "attested sign, %s", name);
    cs_report_bound(row, cs_cpu_count() / (path_ns / 1e9));
    report_latency(b, l, name);
    for (size_t i = 0; i < PROCESSES; i++)
        (void)cs_report_add(&b->report, l->cpu_seconds[i] * 1e6 / (double)l->result.answers, "µs",
                            "processor time per signature", "attested sign, %s, %s", name, processes[i].name);
    if (l->clients == 1) {
        row = cs_report_add(&b->report, (cs_samples_mean(&l->result.latency) - path_ns) / 1e6, "ms",
                            "mean latency less mean primitives; aim 0.5", "added latency, 1 client");
        cs_report_bound(row, 0.5);
    }
}

static void add_cpu_seconds(double out[PROCESSES], const struct bench *b, double sign)
{
    for (size_t i = 0; i < PROCESSES; i++)
        out[i] += sign * cs_machine_cpu_seconds(b->pids[i]);
}

/* Runs one load and keeps its result until the primitives have been measured a second time. */
static cs_err run_load(struct bench *b, struct loaded *l)
{
    cs_buf request = cs_buf_new(CS_MAX_BODY);
    cs_signed checked;
    cs_http_request(&request, &b->service.target, "POST", "/v1/sign", cs_buf_slice(&b->service.body));
    cs_load load = {.clients = l->clients,
                    .warm_up = b->seconds / 5,
                    .seconds = b->seconds,
                    .request = cs_buf_slice(&request),
                    .must_hold = "\"verdict\":\"pass\""};
    add_cpu_seconds(l->cpu_seconds, b, -1);
    cs_err err = cs_load_run(&l->result, &b->service.target, &load);
    add_cpu_seconds(l->cpu_seconds, b, 1);
    if (err == CS_OK && l->result.refused > 0) {
        (void)fprintf(stderr, "countersign-bench: %zu answers without a passing verdict\n", l->result.refused);
        err = CS_ATTESTATION_REJECTED;
    }
    if (err == CS_OK) {
        err = cs_service_check(&checked, &b->service, cs_buf_slice(&l->result.last));
        cs_signed_free(&checked);
    }
    cs_buf_free(&request);
    return err == CS_OK ? CS_OK : complain("load", err);
}

static cs_err measure_offline(struct bench *b, cs_slice answer)
{
    cs_verdict verdict;
    cs_signed made;
    size_t count = 0;
    cs_err err = cs_service_check(&made, &b->service, answer);
    uint64_t start = cs_samples_now(), until = start + (uint64_t)(b->seconds * 1e9 / 5);
    while (err == CS_OK && cs_samples_now() < until) {
        err = cs_attest_verify(&verdict, cs_buf_slice(&made.document), &b->service.policy, &made.expect);
        count++;
    }
    double seconds = (double)(cs_samples_now() - start) / 1e9;
    cs_signed_free(&made);
    cs_row *row =
        cs_report_add(&b->report, (double)count / seconds, "1/s",
                      "1 thread; a document of this run; bound: its Ed25519 verification", "attest_verify, offline");
    cs_report_bound(row, 1e9 / cs_primitives_mean(&b->costs[CS_COST_INPUT_VERIFY]));
    return err == CS_OK ? CS_OK : complain("attest_verify", err);
}

static cs_err find_processes(struct bench *b)
{
    b->pids[GENERATOR] = getpid();
    for (size_t i = 0; i < PROCESSES; i++) {
        if (processes[i].program != NULL)
            b->pids[i] = cs_machine_child(b->service.pid, processes[i].program);
        if (b->pids[i] == 0)
            return complain(processes[i].program, CS_NOT_FOUND);
    }
    return CS_OK;
}

static cs_err report_memory(struct bench *b, size_t alive)
{
    for (size_t i = 0; i < GENERATOR; i++) {
        double mib = cs_machine_rss_mib(b->pids[i]);
        if (mib < 0)
            return complain(processes[i].program, CS_NOT_FOUND);
        cs_row *row =
            cs_report_add(&b->report, mib, "MiB", processes[i].rss_aim > 0 ? "VmRSS; bound: the aim" : "VmRSS",
                          "%s with %zu idle connections", processes[i].name, alive);
        if (processes[i].rss_aim > 0)
            cs_report_bound(row, processes[i].rss_aim);
    }
    return CS_OK;
}

static cs_err measure_memory(struct bench *b)
{
    int fds[IDLE_CONNECTIONS];
    cs_buf request = cs_buf_new(4096);
    cs_http_request(&request, &b->service.target, "GET", "/health", CS_ABSENT);
    cs_err err = cs_idle_open(fds, IDLE_CONNECTIONS, &b->service.target, cs_buf_slice(&request));
    size_t alive = cs_idle_alive(fds, IDLE_CONNECTIONS);
    if (err == CS_OK && alive < IDLE_CONNECTIONS)
        err = CS_IO;
    if (err != CS_OK)
        (void)fprintf(stderr, "countersign-bench: %zu of %d idle connections stayed open\n", alive, IDLE_CONNECTIONS);
    cs_err memory = report_memory(b, alive);
    cs_idle_close(fds, IDLE_CONNECTIONS);
    cs_buf_free(&request);
    return err != CS_OK ? err : memory;
}

static cs_err measure_growth(struct bench *b)
{
    const char *names[GENERATOR];
    for (size_t i = 0; i < GENERATOR; i++)
        names[i] = processes[i].name;
    cs_endurance e = {.names = names, .pids = b->pids, .n = GENERATOR, .requests = b->requests};
    return cs_endurance_bench(&b->report, &b->service, &e);
}

static cs_err measure_outage(struct bench *b, const char *program)
{
    cs_err err = cs_overload_bench(&b->report, &b->service, b->seconds);
    return err == CS_OK ? cs_kill_bench(&b->report, &b->service, b->pids, GENERATOR, program, b->folder) : err;
}

/* Everything between the two rounds of primitives; the rows about the load come after the second. */
static cs_err measure_service(struct bench *b, const char *program)
{
    struct loaded loads[] = {{.clients = 1}, {.clients = 8}, {.clients = 64}};
    enum { LOADS = sizeof loads / sizeof *loads };

    cs_err err = find_processes(b);
    for (size_t i = 0; err == CS_OK && i < LOADS; i++)
        err = run_load(b, &loads[i]);
    if (err == CS_OK)
        err = cs_primitives_measure(b->costs, 1, b->seconds / 5);
    if (err == CS_OK) {
        cs_primitives_report(&b->report, b->costs);
        (void)cs_report_add(&b->report, cs_primitives_path(b->costs) / 1000, "µs",
                            "sum of the means: both halves, both checks, attestation, its check, hashes",
                            "primitives of one attested mldsa65+ed25519");
        err = measure_append(b);
    }
    for (size_t i = 0; err == CS_OK && i < LOADS; i++)
        report_load(b, &loads[i]);
    if (err == CS_OK)
        err = cs_batch_bench(&b->report, &b->service, b->seconds, cs_primitives_path(b->costs), "native");
    if (err == CS_OK)
        err = cs_hybrid_bench(&b->report, &b->service, b->seconds, b->pids[GATEWAY], "");
    if (err == CS_OK)
        err = measure_offline(b, cs_buf_slice(&loads[0].result.last));
    if (err == CS_OK && !b->sign_only)
        err = measure_memory(b);
    if (err == CS_OK && !b->sign_only)
        err = measure_growth(b);
    if (err == CS_OK && !b->sign_only)
        err = measure_outage(b, program);
    b->native = loads[LOADS - 1];
    for (size_t i = 0; i < LOADS; i++) {
        cs_samples_free(&loads[i].result.latency);
        cs_buf_free(&loads[i].result.last);
    }
    return err;
}

static double processor_us(const struct loaded *l)
{
    double seconds = 0;
    for (size_t i = 0; i < PROCESSES; i++)
        seconds += l->cpu_seconds[i];
    return seconds * 1e6 / (double)l->result.answers;
}

/* Batches of that service, against the primitives that it then has. */
static cs_err measure_other_batch(struct bench *b)
{
    cs_cost costs[CS_COST_COUNT];
    cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 0);
    cs_err err = cs_primitives_measure(costs, 0, b->seconds / 5);
    if (err == CS_OK)
        err = cs_primitives_measure(costs, 1, b->seconds / 5);
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, CS_DEFAULT_JUDGE);
    return err == CS_OK
               ? cs_batch_bench(&b->report, &b->service, b->seconds, cs_primitives_path(costs), "OpenSSL's ML-DSA")
               : err;
}

/* The same service with OpenSSL's ML-DSA in enclave and gateway. */
static cs_err measure_other_engine(struct bench *b, const char *program)
{
    struct loaded other = {.clients = b->native.clients};
    cs_err err = cs_service_start(&b->service, program, b->folder, "openssl");
    if (err == CS_OK)
        err = find_processes(b);
    if (err == CS_OK)
        err = run_load(b, &other);
    if (err == CS_OK) {
        double own = (double)b->native.result.answers / b->native.result.seconds;
        double theirs = (double)other.result.answers / other.result.seconds;
        cs_row *row =
            cs_report_add(&b->report, theirs, "1/s", "--mldsa-engine openssl; bound: native; ratio: native to it",
                          "attested sign, %d clients, OpenSSL's ML-DSA", other.clients);
        row->bound = own;
        row->ratio = own / theirs;
        row = cs_report_add(&b->report, processor_us(&other), "µs",
                            "processor time per signature, all programs; bound: native; ratio: to it",
                            "attested sign, %d clients, OpenSSL's ML-DSA", other.clients);
        row->bound = processor_us(&b->native);
        row->ratio = processor_us(&other) / row->bound;
        err = measure_other_batch(b);
    }
    cs_samples_free(&other.result.latency);
    cs_buf_free(&other.result.last);
    cs_service_stop(&b->service);
    return err;
}

static cs_err measure_ledger(struct bench *b, bool quick)
{
    cs_err err = cs_ledger_bench(&b->report, b->folder, b->seconds, b->append_us, quick ? 100000 : 1000000);
    return err == CS_OK ? CS_OK : complain("ledger", err);
}

static cs_err write_json(const struct bench *b, const char *path)
{
    cs_buf json = cs_buf_new(1u << 20);
    cs_report_json(&json, &b->report);
    cs_err err = json.err == CS_OK ? cs_file_write(path, cs_buf_slice(&json), 0644, true) : json.err;
    cs_buf_free(&json);
    return err == CS_OK ? CS_OK : complain(path, err);
}

/* The build folder: the programs stand in its bin/. */
static cs_err find_folder(char folder[PATH_MAX])
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return CS_IO;
    path[n] = '\0';
    (void)snprintf(folder, PATH_MAX, "%s", dirname(dirname(path)));
    return CS_OK;
}

/* The service, between two rounds of primitives. */
static cs_err measure_product(struct bench *b, const char *program)
{
    cs_err err = cs_service_start(&b->service, program, b->folder, "native");
    if (err == CS_OK)
        err = cs_primitives_measure(b->costs, 0, b->seconds / 5);
    if (err == CS_OK)
        err = measure_service(b, program);
    cs_service_stop(&b->service);
    return err;
}

/* With one engine in the service and in what it is compared with. */
static cs_err measure_hybrid_of(struct bench *b, const char *program, const char *engine, const char *title)
{
    cs_err err = cs_service_start(&b->service, program, b->folder, engine);
    if (err == CS_OK)
        err = find_processes(b);
    if (err == CS_OK)
        err = cs_hybrid_bench(&b->report, &b->service, b->seconds, b->pids[GATEWAY], title);
    cs_service_stop(&b->service);
    return err;
}

static cs_err measure_hybrid(struct bench *b, const char *program)
{
    cs_err err = measure_hybrid_of(b, program, "native", "");
    cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 0);
    if (err == CS_OK)
        err = measure_hybrid_of(b, program, "openssl", ", OpenSSL's ML-DSA");
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, CS_DEFAULT_JUDGE);
    return err;
}

static int loop(const cs_args *args)
{
    cs_err err = cs_mldsa_loop(cs_arg_text(args, "backend"), (unsigned)cs_arg_number(args, "set", 0),
                               cs_arg_text(args, "loop"), (uint64_t)cs_arg_number(args, "times", 0));
    if (err != CS_OK)
        err = complain("--loop", err);
    return err == CS_OK ? CS_EXIT_OK : CS_EXIT_ERROR;
}

static int run(const cs_args *args)
{
    static struct bench b;
    char program[PATH_MAX + 32], json[PATH_MAX + 32], machine[512];

    if (cs_arg_text(args, "loop") != NULL)
        return loop(args);
    b.seconds = (double)cs_arg_number(args, "seconds", cs_arg_flag(args, "quick") ? 1 : 5);
    b.requests = (size_t)cs_arg_number(args, "requests", cs_arg_flag(args, "quick") ? 5000 : 50000);
    if (cs_sandbox_check_libraries() != CS_OK || find_folder(b.folder) != CS_OK)
        return CS_EXIT_ERROR;
    (void)snprintf(program, sizeof program, "%s/bin/countersign", b.folder);
    (void)snprintf(json, sizeof json, "%s/bench.json", b.folder);
    cs_machine_raise_files(CS_OVERLOAD_CLIENTS + 256);
    cs_machine_describe(machine, sizeof machine);

    b.sign_only = cs_arg_flag(args, "sign");
    bool timing = cs_arg_flag(args, "timing"), mldsa = cs_arg_flag(args, "mldsa") || timing,
         ledger = cs_arg_flag(args, "ledger"), evidence = cs_arg_flag(args, "evidence"),
         hybrid = cs_arg_flag(args, "hybrid"), pq = cs_arg_flag(args, "pq-signer"),
         all = !mldsa && !ledger && !evidence && !hybrid && !pq;
    cs_err err = timing ? cs_timing_measure(&b.report, b.seconds) : CS_OK;
    if (err == CS_OK && ledger)
        err = measure_append(&b);
    if (err == CS_OK && (all || (mldsa && !timing)))
        err = cs_mldsa_measure(&b.report, b.seconds / 5);
    if (err == CS_OK && (all || evidence))
        err = cs_evidence_measure(&b.report, b.seconds);
    if (err == CS_OK && hybrid)
        err = measure_hybrid(&b, program);
    if (err == CS_OK && all)
        err = measure_product(&b, program);
    if (err == CS_OK && all)
        err = measure_other_engine(&b, program);
    if (err == CS_OK && ((all && !b.sign_only) || pq))
        err = cs_pq_bench(&b.report, program, b.folder, b.seconds);
    if (err == CS_OK && (all || ledger)) /* with nothing else on the cores */
        err = measure_ledger(&b, cs_arg_flag(args, "quick"));
    if (err == CS_OK) {
        (void)printf("Countersign %s on %s\n", CS_VERSION, machine);
        cs_report_print(&b.report);
        err = write_json(&b, json);
    }
    return err == CS_OK ? CS_EXIT_OK : CS_EXIT_ERROR;
}

int main(int argc, char **argv)
{
    static const cs_option options[] = {
        {"seconds", CS_OPT_NUMBER, false, "N", "how long each row of the service is measured (5)", 1, 3600},
        {"requests", CS_OPT_NUMBER, false, "N", "over how many requests memory must not grow (50000)", 1000, 100000000},
        {"quick", CS_OPT_FLAG, false, NULL, "one second a row: a look, not a measurement", 0, 0},
        {"mldsa", CS_OPT_FLAG, false, NULL, "ML-DSA alone", 0, 0},
        {"sign", CS_OPT_FLAG, false, NULL, "the sign path alone, with either engine", 0, 0},
        {"ledger", CS_OPT_FLAG, false, NULL, "the ledger alone", 0, 0},
        {"evidence", CS_OPT_FLAG, false, NULL, "verification of hardware evidence alone", 0, 0},
        {"hybrid", CS_OPT_FLAG, false, NULL, "pairs of Hybrid Attest alone, with either engine", 0, 0},
        {"pq-signer", CS_OPT_FLAG, false, NULL, "the PQ Signer door alone, through all zones and a KMS", 0, 0},
        {"timing", CS_OPT_FLAG, false, NULL, "whether the time of ML-DSA signatures tells the key, alone", 0, 0},
        {"loop", CS_OPT_CHOICE, false, "sign|verify|open", "only do that, for a profiler (tools/mldsa-instructions)", 0,
         0},
        {"backend", CS_OPT_TEXT, false, "NAME", "with --loop: portable, avx2 or avx512", 0, 0, "portable"},
        {"set", CS_OPT_NUMBER, false, "N", "with --loop: 44, 65 or 87", 44, 87, "65"},
        {"times", CS_OPT_NUMBER, false, "N", "with --loop: how often, with the same inputs in each run", 0, 1000000,
         "1000"},
    };
    static const cs_command commands[] = {
        {"", "measure and print one table; the rows also go to bench.json", options, sizeof options / sizeof *options,
         NULL, run},
    };
    static const cs_program program = {"countersign-bench", "what signing costs on this machine", commands, 1, NULL, 0};
    return cs_program_run(&program, argc, argv);
}
