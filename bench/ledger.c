/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/ledger.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/samples.h"
#include "core/checkpoint.h"
#include "core/note.h"
#include "gateway/commit.h"
#include "gateway/nodes.h"
#include "sys/clock.h"

#define THREADS 64
#define SMALL 10000
#define GROUP 1000 /* entries of one transaction while a large ledger is built */
#define PROOFS 2000
#define OPENINGS 5
#define ORG "org_bench"
#define ORIGIN "bench.invalid/org/" ORG

/* As long as what the sign path writes, about. */
#define DATA                                                                                                           \
    "{\"requestId\":\"01234567-89ab-cdef-0123-456789abcdef\",\"keyId\":\"key_0123456789abcdefghjkmnpqrs\","            \
    "\"algorithm\":\"mldsa65+ed25519\",\"signatureFormat\":\"composite\",\"payloadSize\":1024,\"payloadSha256\":"      \
    "\"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"verdict\":\"pass\",\"sigSha256\":"  \
    "\"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"documentSha256\":"                  \
    "\"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"counter\":1,\"keyCounter\":1}"

struct ledger {
    char path[PATH_MAX];
    cs_store *store;
    cs_commit *commit;
};

static void remove_files(const struct ledger *l)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char path[PATH_MAX + 8];
        (void)snprintf(path, sizeof path, "%s%s", l->path, suffixes[i]);
        (void)unlink(path);
    }
}

static void close_ledger(struct ledger *l)
{
    cs_commit_close(l->commit);
    cs_store_close(l->store);
    l->commit = NULL;
    l->store = NULL;
}

static cs_err open_ledger(struct ledger *l)
{
    cs_err err = cs_store_open(&l->store, l->path);
    return err == CS_OK ? cs_commit_open(&l->commit, l->store) : err;
}

static cs_err make_ledger(struct ledger *l, const char *folder)
{
    cs_org_row org = {.id = ORG, .name = "bench", .host = "bench.invalid", .created_ms = cs_now_ms()};
    (void)snprintf(l->path, sizeof l->path, "%s/bench-ledger.db", folder);
    remove_files(l);
    cs_err err = cs_store_create(l->path);
    if (err == CS_OK)
        err = open_ledger(l);
    if (err == CS_OK)
        err = cs_store_begin(l->store);
    if (err == CS_OK)
        err = cs_store_put_org(l->store, &org);
    return err == CS_OK ? cs_store_commit(l->store) : err;
}

static cs_write entry(cs_buf *proof)
{
    return (cs_write){.org = CS_LIT(ORG),
                      .event_type = "signature.attested",
                      .actor_id = CS_LIT("ak_0123456789abcdefghjkmnpqrs"),
                      .subject_id = CS_LIT("sig_0123456789abcdefghjkmnpqrs"),
                      .data = CS_LIT(DATA),
                      .proof = proof};
}

/* -- appending ------------------------------------------------------------------------------------------------------
 */

struct appender {
    struct ledger *ledger;
    atomic_bool *stop;
    cs_samples samples;
    cs_err err;
    /* the last entry that it got, with its proof */
    uint64_t seq, size;
    cs_buf proof;
};

static void *append_until_stopped(void *context)
{
    struct appender *a = context;
    while (a->err == CS_OK && !atomic_load(a->stop)) {
        cs_buf_clear(&a->proof);
        cs_write w = entry(&a->proof);
        uint64_t start = cs_samples_now();
        a->err = cs_commit_write(a->ledger->commit, &w, 1, NULL);
        cs_samples_add(&a->samples, cs_samples_now() - start);
        if (a->err == CS_OK)
            a->err = a->proof.err;
        a->seq = w.seq;
        a->size = w.proof_size;
    }
    return NULL;
}

/* A proof of this run leads from the stored entry to the root of the stored tree. */
static cs_err check_proof(struct ledger *l, const struct appender *a)
{
    cs_nodes nodes = {.store = l->store, .org = CS_LIT(ORG)};
    uint8_t leaf[CS_SHA256_LEN], root[CS_SHA256_LEN];
    cs_buf bytes = cs_buf_new(CS_MAX_LEDGER_ENTRY);
    cs_err err = cs_store_entry(l->store, &bytes, CS_LIT(ORG), a->seq);
    if (err == CS_OK)
        err = cs_merkle_leaf(leaf, cs_buf_slice(&bytes));
    if (err == CS_OK)
        err = cs_tiles_root(root, a->size, cs_nodes_read, &nodes);
    if (err == CS_OK)
        err = cs_merkle_verify_inclusion(a->seq, a->size, leaf, cs_buf_slice(&a->proof), root);
    cs_buf_free(&bytes);
    return err;
}

static cs_err measure_appends(cs_report *report, struct ledger *l, double seconds, double append_us)
{
    static struct appender appenders[THREADS];
    pthread_t threads[THREADS];
    atomic_bool stop = false;
    cs_samples all = {0};
    cs_err err = CS_OK;
    uint64_t start = cs_samples_now();
    size_t n = 0;
    for (; n < THREADS; n++) {
        appenders[n] = (struct appender){.ledger = l, .stop = &stop, .proof = cs_buf_new(1u << 12)};
        if (pthread_create(&threads[n], NULL, append_until_stopped, &appenders[n]) != 0)
            break;
    }
    (void)usleep((useconds_t)(seconds * 1e6));
    atomic_store(&stop, true);
    for (size_t i = 0; i < n; i++)
        (void)pthread_join(threads[i], NULL);
    double taken = (double)(cs_samples_now() - start) / 1e9;
    for (size_t i = 0; i < n; i++) {
        struct appender *a = &appenders[i];
        for (size_t k = 0; k < a->samples.n; k++)
            cs_samples_add(&all, a->samples.ns[k]);
        if (err == CS_OK)
            err = a->err != CS_OK ? a->err : check_proof(l, a);
        cs_samples_free(&a->samples);
        cs_buf_free(&a->proof);
    }
    if (err == CS_OK && n < THREADS)
        err = CS_NO_MEMORY;
    cs_row *row = cs_report_add(report, (double)all.n / taken, "1/s",
                                "each durable, with its proof; bound: 64 for each durable append of 8 KiB; aim 10,000",
                                "ledger, entries, %d threads", THREADS);
    cs_report_bound(row, THREADS / (append_us / 1e6));
    row = cs_report_add(report, cs_samples_quantile(&all, 0.99) / 1e6, "ms", "entry handed over to proof; aim 25",
                        "ledger, entries, %d threads, p99", THREADS);
    cs_report_bound(row, 25);
    cs_samples_free(&all);
    return err;
}

/* -- a large ledger -------------------------------------------------------------------------------------------------
 */

static cs_err grow_to(struct ledger *l, size_t entries)
{
    static cs_write group[GROUP];
    cs_head head;
    cs_err err = cs_store_head(l->store, &head, CS_LIT(ORG));
    if (err == CS_NOT_FOUND) {
        head.tree.size = 0;
        err = CS_OK;
    }
    for (size_t have = (size_t)head.tree.size; err == CS_OK && have < entries;) {
        size_t n = entries - have < GROUP ? entries - have : GROUP;
        for (size_t i = 0; i < n; i++)
            group[i] = entry(NULL);
        err = cs_commit_write(l->commit, group, n, NULL);
        for (size_t i = 0; err == CS_OK && i < n; i++)
            err = group[i].err;
        have += n;
    }
    return err;
}

/* As a gateway leaves it: the last checkpoint is a few entries old. */
static cs_err put_checkpoint(struct ledger *l)
{
    CS_SECRET(seed);
    cs_key *key = NULL;
    cs_head head;
    cs_checkpoint_row row = cs_checkpoint_row_new();
    cs_checkpoint cp = {.origin = CS_LIT(ORIGIN)};
    cs_buf text = cs_buf_new(1024);
    cs_err err = cs_store_head(l->store, &head, CS_LIT(ORG));
    if (err == CS_OK)
        err = cs_merkle_root(cp.root, &head.tree);
    cp.size = head.tree.size;
    if (err == CS_OK)
        err = cs_checkpoint_write(&text, &cp);
    if (err == CS_OK)
        err = cs_key_generate(&seed, CS_ED25519);
    if (err == CS_OK)
        err = cs_key_open_private(&key, CS_ED25519, cs_secret_slice(&seed));
    if (err == CS_OK)
        err = cs_note_begin(&row.note, cs_buf_slice(&text));
    if (err == CS_OK)
        err = cs_note_sign(&row.note, cs_buf_slice(&text), cp.origin, CS_NOTE_ED25519, key, 0);
    if (err == CS_OK) {
        (void)snprintf(row.id, sizeof row.id, "cp_%llu", (unsigned long long)cp.size);
        (void)snprintf(row.org, sizeof row.org, "%s", ORG);
        (void)snprintf(row.key_id, sizeof row.key_id, "00000000");
        row.size = cp.size;
        memcpy(row.root, cp.root, sizeof row.root);
        row.created_ms = cs_now_ms();
        cs_buf_add_str(&row.published, "[]");
        cs_write w = {.org = CS_LIT(ORG), .checkpoint = &row};
        err = cs_commit_write(l->commit, &w, 1, NULL);
    }
    cs_key_free(key);
    cs_buf_free(&text);
    cs_checkpoint_row_free(&row);
    return err;
}

static cs_err measure_restart(cs_report *report, struct ledger *l, const char *size)
{
    cs_samples samples = {0};
    cs_err err = put_checkpoint(l);
    for (int i = 0; err == CS_OK && i < OPENINGS; i++) {
        cs_write w = entry(NULL);
        err = cs_commit_write(l->commit, &w, 1, NULL);
        close_ledger(l);
        uint64_t start = cs_samples_now();
        if (err == CS_OK)
            err = open_ledger(l);
        cs_samples_add(&samples, cs_samples_now() - start);
    }
    (void)cs_report_add(report, cs_samples_quantile(&samples, 0.5) / 1e6, "ms",
                        "store opened and its ledger checked against the last checkpoint, p50",
                        "ledger, restart at %s entries", size);
    cs_samples_free(&samples);
    return err;
}

static cs_err measure_proofs(cs_report *report, struct ledger *l, const char *size)
{
    cs_nodes nodes = {.store = l->store, .org = CS_LIT(ORG)};
    cs_samples samples = {0};
    cs_buf proof = cs_buf_new(1u << 12);
    cs_head head;
    cs_err err = cs_store_head(l->store, &head, CS_LIT(ORG));
    for (int i = 0; err == CS_OK && i < PROOFS; i++) {
        uint64_t index;
        err = cs_random(&index, sizeof index);
        cs_buf_clear(&proof);
        uint64_t start = cs_samples_now();
        if (err == CS_OK)
            err = cs_tiles_inclusion(&proof, index % head.tree.size, head.tree.size, cs_nodes_read, &nodes);
        cs_samples_add(&samples, cs_samples_now() - start);
    }
    cs_row *row =
        cs_report_add(report, cs_samples_quantile(&samples, 0.5) / 1e6, "ms",
                      "random entries, from the stored nodes; aim 2", "ledger, proof at %s entries, p50", size);
    cs_report_bound(row, 2);
    row = cs_report_add(report, cs_samples_quantile(&samples, 0.99) / 1e6, "ms", "the same",
                        "ledger, proof at %s entries, p99", size);
    cs_report_bound(row, 2);
    cs_samples_free(&samples);
    cs_buf_free(&proof);
    return err;
}

static const char *name_of(size_t entries)
{
    return entries >= 1000000 ? "10^6" : entries >= 100000 ? "10^5" : "10^4";
}

cs_err cs_ledger_bench(cs_report *report, const char *folder, double seconds, double append_us, size_t large)
{
    struct ledger l = {0};
    cs_err err = make_ledger(&l, folder);
    if (err == CS_OK)
        err = measure_appends(report, &l, seconds, append_us);
    close_ledger(&l);
    if (err == CS_OK)
        err = make_ledger(&l, folder);
    if (err == CS_OK)
        err = grow_to(&l, SMALL);
    if (err == CS_OK)
        err = measure_restart(report, &l, name_of(SMALL));
    uint64_t start = cs_samples_now();
    if (err == CS_OK)
        err = grow_to(&l, large);
    if (err == CS_OK)
        (void)cs_report_add(report, (double)(cs_samples_now() - start) / 1e9, "s", "groups of 1,000, one caller",
                            "ledger, grown from %s to %s entries", name_of(SMALL), name_of(large));
    if (err == CS_OK)
        err = measure_proofs(report, &l, name_of(large));
    if (err == CS_OK)
        err = measure_restart(report, &l, name_of(large));
    close_ledger(&l);
    remove_files(&l);
    return err;
}
