/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/checkpoints.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/checkpoint.h"
#include "gateway/ids.h"
#include "gateway/nodes.h"
#include "gateway/publisher.h"
#include "gateway/realms.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

#define TRIES 4                   /* a signature that was lost, an enclave that started anew, and a bit of luck */
#define OWN_DEADLINE_US 8000000   /* of an automatic checkpoint */
#define WITNESS_WAIT_US 2000000   /* of a seal */
#define IDENTITY_AGE_US 300000000 /* how long the enclave's ledger keys are believed */
#define RETRY_WITNESS_US 10000000 /* when nothing else happens */

struct cs_checkpoints {
    cs_checkpoints_config config;
    cs_publisher *publisher; /* NULL without witnesses */
    size_t witnesses;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of making and stop */
    pthread_cond_t made, stopped;
    bool making; /* one at a time, and in the order of the trees */
    bool stop;
    cs_err said; /* how the last automatic round went */
};

/* A checkpoint in the making. */
struct making {
    cs_checkpoints *k;
    cs_slice org;
    int64_t deadline_us;
    char origin_text[CS_MAX_NOTE_NAME + 1];
    cs_slice origin;
    cs_nodes nodes;
    cs_head head;           /* of the ledger as it is */
    cs_checkpoint_row last; /* stored; size 0: none */
    cs_answer answer;
};

/* -- asking the enclave ------------------------------------------------------------------------------------------ */

/* The part of the stored note that the enclave signed. */
static cs_err write_old_note(cs_buf *out, const struct making *m)
{
    cs_note note;
    cs_err err = cs_note_parse(&note, cs_buf_slice(&m->last.note));
    if (err == CS_OK)
        err = cs_note_begin(out, note.text);
    for (size_t i = 0; err == CS_OK && i < note.count; i++)
        if (cs_slice_eq(note.line[i].name, m->origin))
            cs_cosigner_write_line(out, &note.line[i]);
    return err == CS_OK ? out->err : err;
}

static cs_err ask_enclave(struct making *m)
{
    uint8_t root[CS_SHA256_LEN];
    cs_buf proof = cs_buf_new(CS_MAX_CONSISTENCY_PROOF), old = cs_buf_new(CS_MAX_NOTE);
    cs_err err = cs_merkle_root(root, &m->head.tree);
    if (err == CS_OK && m->last.size > 0)
        err = write_old_note(&old, m);
    if (err == CS_OK && m->last.size > 0)
        err = cs_tiles_consistency(&proof, m->last.size, m->head.tree.size, cs_nodes_read, &m->nodes);
    if (err == CS_OK) {
        cs_request request = {.type = CS_MSG_LEDGER_SIGN,
                              .org = m->org,
                              .origin = m->origin,
                              .old_note = m->last.size > 0 ? cs_buf_slice(&old) : CS_ABSENT,
                              .new_size = m->head.tree.size,
                              .new_root = CS_ARRAY(root),
                              .proof = proof.n > 0 ? cs_buf_slice(&proof) : CS_LIT("")};
        cs_signer_free_answer(&m->answer);
        err = cs_signer_ask(m->k->config.signer, &m->answer, &request, m->deadline_us);
    }
    cs_buf_free(&proof);
    cs_buf_free(&old);
    return err;
}

/* -- believing it ------------------------------------------------------------------------------------------------ */

struct wanted_keys {
    cs_slice origin;
    const char *id;
};

static bool has_key(void *context, const cs_identity *identity)
{
    const struct wanted_keys *w = context;
    cs_vkey key;
    char id[9];
    if (cs_vkey_make(&key, w->origin, CS_NOTE_ED25519, CS_ARRAY(identity->ledger_ed25519)) != CS_OK)
        return false;
    (void)snprintf(id, sizeof id, "%08x", key.id);
    return strcmp(id, w->id) == 0;
}

cs_err cs_checkpoints_keys(cs_checkpoints *k, cs_vkey keys[CS_LEDGER_KEYS], cs_slice origin, const char *key_id,
                           int64_t max_age_us, int64_t deadline_us)
{
    cs_identity identity;
    struct wanted_keys wanted = {.origin = origin, .id = key_id};
    cs_introducer *introducer = k->config.introducer;
    cs_err err = CS_NOT_FOUND;
    if (key_id[0] != '\0')
        err = cs_introducer_find(introducer, &identity, has_key, &wanted, max_age_us, deadline_us);
    if (err == CS_NOT_FOUND)
        err = cs_introducer_ask(introducer, &identity, NULL, max_age_us, deadline_us);
    if (err == CS_OK)
        err = cs_vkey_make(&keys[0], origin, CS_NOTE_ED25519, CS_ARRAY(identity.ledger_ed25519));
    if (err == CS_OK)
        err = cs_vkey_make(&keys[1], origin, CS_NOTE_MLDSA44, CS_ARRAY(identity.ledger_mldsa44));
    return err;
}

/* Both signatures, under keys that the boot document names; `key_id` gets the first one's. */
static cs_err verify_note(struct making *m, const cs_note *note, char key_id[9])
{
    static const int64_t ages[] = {IDENTITY_AGE_US, 0}; /* another enclave, perhaps: then it is asked again */
    cs_vkey keys[CS_LEDGER_KEYS];
    cs_note_signer signers[CS_LEDGER_KEYS];
    cs_err err = CS_NOTE_UNSIGNED;
    (void)snprintf(key_id, 9, "%08x", note->count > 0 ? note->line[0].id : 0); /* Ed25519 comes first */
    for (size_t i = 0; i < sizeof ages / sizeof *ages && (err == CS_NOTE_UNSIGNED || err == CS_NOTE_SIGNATURE); i++) {
        err = cs_checkpoints_keys(m->k, keys, m->origin, key_id, ages[i], m->deadline_us);
        if (err == CS_OK)
            err = cs_note_verify(signers, note, keys, CS_LEDGER_KEYS);
        if (err == CS_OK && !(signers[0].verified && signers[1].verified))
            err = CS_NOTE_UNSIGNED;
    }
    if (err == CS_OK)
        (void)snprintf(key_id, 9, "%08x", keys[0].id);
    return err;
}

/* What the note says is the tree that is stored. */
static cs_err compare_tree(struct making *m, const cs_checkpoint *cp)
{
    uint8_t root[CS_SHA256_LEN];
    bool fits = cs_slice_eq(cp->origin, m->origin) && cp->size == m->answer.reply.size && cp->size > m->last.size;
    if (fits && !m->answer.reply.stale)
        fits = cp->size == m->head.tree.size;
    cs_err err = fits ? CS_OK : CS_LEDGER_FORK;
    if (err == CS_OK && cp->size > m->head.tree.size)
        err = cs_store_head(m->k->config.store, &m->head, m->org); /* it has grown meanwhile, perhaps */
    if (err == CS_OK && cp->size > m->head.tree.size)
        err = CS_LEDGER_FORK;
    if (err == CS_OK)
        err = cs_tiles_root(root, cp->size, cs_nodes_read, &m->nodes);
    if (err == CS_OK && memcmp(root, cp->root, sizeof root) != 0)
        err = CS_LEDGER_FORK;
    return err;
}

static cs_err take_note(cs_checkpoint_row *out, struct making *m)
{
    cs_slice bytes = m->answer.reply.note;
    cs_note note;
    cs_checkpoint cp;
    cs_err err = cs_note_parse(&note, bytes);
    if (err == CS_OK)
        err = verify_note(m, &note, out->key_id);
    if (err == CS_OK)
        err = cs_checkpoint_parse(&cp, note.text);
    if (err == CS_OK)
        err = compare_tree(m, &cp);
    out->created_ms = cs_now_ms();
    if (err == CS_OK)
        err = cs_id_new(out->id, CS_ID_CHECKPOINT, out->created_ms);
    if (err == CS_OK)
        err = cs_slice_to_cstr(out->org, sizeof out->org, m->org);
    if (err != CS_OK)
        return err;
    out->size = cp.size;
    memcpy(out->root, cp.root, sizeof out->root);
    cs_buf_add(&out->note, bytes);
    cs_buf_add_str(&out->published, "[]");
    return out->note.err != CS_OK ? out->note.err : out->published.err;
}

/* -- making one -------------------------------------------------------------------------------------------------- */

/* What is stored of the ledger: where it stands and what was signed last. */
static cs_err look(struct making *m)
{
    cs_store *store = m->k->config.store;
    cs_checkpoint_row_free(&m->last);
    m->last = cs_checkpoint_row_new();
    cs_err err = cs_store_last_checkpoint(store, &m->last, m->org);
    if (err == CS_NOT_FOUND)
        err = CS_OK;
    if (err == CS_OK)
        err = cs_store_head(store, &m->head, m->org);
    if (err == CS_NOT_FOUND || (err == CS_OK && m->head.tree.size == 0))
        err = CS_LEDGER_EMPTY;
    if (err == CS_OK && m->last.size > m->head.tree.size)
        err = CS_LEDGER_FORK;
    return err;
}

/* One more checkpoint: of the tree as it is, or of an older one that the enclave had signed and nobody stored. */
static cs_err sign_and_store(struct making *m)
{
    cs_checkpoint_row row = cs_checkpoint_row_new();
    cs_err err = ask_enclave(m);
    if (err == CS_OK)
        err = take_note(&row, m);
    if (err == CS_OK && m->answer.reply.stale)
        cs_log(CS_LOG_WARN, NULL, "ledger of %.*s: a checkpoint of %llu entries had been signed and not stored",
               (int)m->org.n, (const char *)m->org.p, (unsigned long long)row.size);
    if (err == CS_OK) {
        cs_write w = {.org = m->org, .checkpoint = &row};
        err = cs_commit_write(m->k->config.commit, &w, 1, NULL);
    }
    cs_checkpoint_row_free(&row);
    return err == CS_CONFLICT ? CS_LEDGER_FORK : err;
}

static cs_err make(struct making *m, bool *fresh)
{
    *fresh = false;
    cs_err err = look(m);
    for (int i = 0; i < TRIES && err == CS_OK && m->last.size < m->head.tree.size; i++) {
        uint64_t wanted = m->head.tree.size;
        err = sign_and_store(m);
        *fresh = *fresh || err == CS_OK;
        if (err == CS_OK)
            err = look(m);
        if (err == CS_OK && m->last.size >= wanted)
            break; /* entries that came meanwhile are for the next one */
    }
    if (err == CS_LEDGER_FORK || err == CS_LEDGER_NOTE || err == CS_LEDGER_PROOF)
        cs_log(CS_LOG_ERROR, NULL,
               "ledger of %.*s: %llu entries do not go with what the enclave has signed, or it is another enclave: %s",
               (int)m->org.n, (const char *)m->org.p, (unsigned long long)m->head.tree.size, cs_err_sentence(err));
    return err;
}

/* False: whoever makes one has not come to an end by then. */
static bool begin_making(cs_checkpoints *k, int64_t deadline_us)
{
    struct timespec t = {.tv_sec = deadline_us / 1000000, .tv_nsec = deadline_us % 1000000 * 1000};
    int rc = 0;
    (void)pthread_mutex_lock(&k->lock);
    while (k->making && rc == 0)
        rc = pthread_cond_timedwait(&k->made, &k->lock, &t);
    bool mine = !k->making;
    k->making = true;
    (void)pthread_mutex_unlock(&k->lock);
    return mine;
}

static void end_making(cs_checkpoints *k)
{
    (void)pthread_mutex_lock(&k->lock);
    k->making = false;
    (void)pthread_cond_signal(&k->made);
    (void)pthread_mutex_unlock(&k->lock);
}

/* `out` gets the last checkpoint, if that is wanted. */
static cs_err make_for(cs_checkpoints *k, cs_checkpoint_row *out, bool *fresh, const cs_org_row *org,
                       int64_t deadline_us)
{
    struct making m = {.k = k,
                       .org = cs_slice_str(org->id),
                       .deadline_us = deadline_us,
                       .nodes = {.store = k->config.store, .org = cs_slice_str(org->id)},
                       .last = cs_checkpoint_row_new()};
    cs_org_origin(m.origin_text, org);
    m.origin = cs_slice_str(m.origin_text);
    if (!begin_making(k, deadline_us))
        return CS_ENCLAVE_UNAVAILABLE;
    cs_err err = make(&m, fresh);
    end_making(k);
    if (err == CS_OK && out != NULL) {
        *out = m.last;
        m.last = cs_checkpoint_row_new();
    }
    cs_signer_free_answer(&m.answer);
    cs_checkpoint_row_free(&m.last);
    return err;
}

cs_err cs_checkpoints_seal(cs_checkpoints *k, cs_checkpoint_row *out, bool *fresh, cs_slice org, int64_t deadline_us)
{
    cs_org_row row;
    *out = cs_checkpoint_row_new();
    *fresh = false;
    cs_err err = cs_store_org(k->config.store, &row, org);
    if (err == CS_OK)
        err = make_for(k, out, fresh, &row, deadline_us);
    if (err != CS_OK || !*fresh || k->publisher == NULL)
        return err;
    int64_t until = cs_tick_us() + WITNESS_WAIT_US;
    cs_publisher_tell(k->publisher, until < deadline_us ? until : deadline_us);
    cs_checkpoint_row cosigned = cs_checkpoint_row_new();
    if (cs_store_checkpoint(k->config.store, &cosigned, org, cs_slice_str(out->id)) == CS_OK) {
        cs_checkpoint_row_free(out);
        *out = cosigned;
    }
    return CS_OK;
}

/* -- the thread -------------------------------------------------------------------------------------------------- */

static bool is_stopped(cs_checkpoints *k)
{
    (void)pthread_mutex_lock(&k->lock);
    bool stop = k->stop;
    (void)pthread_mutex_unlock(&k->lock);
    return stop;
}

static cs_err visit(void *context, const cs_org_row *org)
{
    cs_checkpoints *k = context;
    bool fresh = false;
    if (is_stopped(k))
        return CS_IO;
    cs_err err = make_for(k, NULL, &fresh, org, cs_tick_us() + OWN_DEADLINE_US);
    if (fresh && k->publisher != NULL)
        cs_publisher_tell(k->publisher, 0);
    return err == CS_ENCLAVE_UNAVAILABLE || err == CS_STORE_UNAVAILABLE ? err : CS_OK;
}

static void run(void *context)
{
    cs_checkpoints *k = context;
    while (!is_stopped(k)) {
        cs_err err = cs_realms_each(k->config.store, visit, k);
        int64_t until = cs_tick_us() + k->config.seconds * 1000000;
        struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
        int rc = 0;
        (void)pthread_mutex_lock(&k->lock);
        if (err != k->said && err != CS_OK && !k->stop)
            cs_log(CS_LOG_WARN, NULL, "no checkpoints are made: %s", cs_err_sentence(err));
        k->said = err;
        while (!k->stop && rc == 0)
            rc = pthread_cond_timedwait(&k->stopped, &k->lock, &t);
        (void)pthread_mutex_unlock(&k->lock);
    }
}

cs_err cs_checkpoints_open(cs_checkpoints **out, const cs_checkpoints_config *config)
{
    cs_checkpoints *k = calloc(1, sizeof *k);
    pthread_condattr_t monotonic;
    *out = NULL;
    if (k == NULL)
        return CS_NO_MEMORY;
    k->config = *config;
    k->config.witnesses = NULL;
    (void)pthread_mutex_init(&k->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&k->made, &monotonic);
    (void)pthread_cond_init(&k->stopped, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    cs_err err = CS_OK;
    if (config->witnesses != NULL && config->witnesses->n > 0)
        err = cs_publisher_open(&k->publisher, config->store, config->commit, config->witnesses, RETRY_WITNESS_US);
    if (err == CS_OK && config->seconds > 0) {
        err = cs_thread_start_joinable(&k->thread, run, k);
        k->started = err == CS_OK;
    }
    if (err == CS_OK)
        *out = k;
    else
        cs_checkpoints_close(k);
    return err;
}

void cs_checkpoints_close(cs_checkpoints *k)
{
    if (k == NULL)
        return;
    (void)pthread_mutex_lock(&k->lock);
    k->stop = true;
    (void)pthread_cond_broadcast(&k->stopped);
    (void)pthread_mutex_unlock(&k->lock);
    if (k->started)
        (void)pthread_join(k->thread, NULL);
    cs_publisher_close(k->publisher);
    (void)pthread_mutex_destroy(&k->lock);
    (void)pthread_cond_destroy(&k->made);
    (void)pthread_cond_destroy(&k->stopped);
    free(k);
}
