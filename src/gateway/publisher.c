/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/publisher.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/checkpoint.h"
#include "core/json.h"
#include "gateway/nodes.h"
#include "gateway/realms.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

/* Where a witness stands with a realm. What is not remembered is asked for: the witness tells. */
struct seen {
    char org[CS_MAX_ID + 1];
    uint64_t size; /* that it has cosigned */
};
#define MAX_SEEN 1024

struct asker {
    cs_publisher *publisher;
    const cs_cosigner *witness;
    cs_cosigner_link *link;
    pthread_t thread;
    bool started;
    uint64_t done; /* last round of calls that it has answered; under the lock */
    cs_err said;   /* how the last one went, so that the log tells what changes */
    long said_status;
    size_t seen_count;
    struct seen seen[MAX_SEEN];
};

struct cs_publisher {
    cs_store *store;
    cs_commit *commit;
    cs_cosigners witnesses;
    int64_t pause_us;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* told, done, or to stop */
    uint64_t told;
    atomic_bool stop;
    pthread_mutex_t notes; /* while lines are added to one */
    struct asker *askers[CS_MAX_COSIGNERS];
};

static struct timespec at_us(int64_t us)
{
    return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

static struct seen *seen_of(struct asker *a, cs_slice org)
{
    for (size_t i = 0; i < a->seen_count; i++)
        if (cs_slice_is(org, a->seen[i].org))
            return &a->seen[i];
    if (a->seen_count == MAX_SEEN)
        a->seen_count = 0; /* to forget costs one question more */
    struct seen *s = &a->seen[a->seen_count];
    *s = (struct seen){0};
    if (cs_slice_to_cstr(s->org, sizeof s->org, org) == CS_OK)
        a->seen_count++;
    return s;
}

/* -- names of those who cosigned --------------------------------------------------------------------------------- */

static bool names_have(cs_slice published, const char *name)
{
    cs_json *json = NULL;
    bool have = false;
    if (published.n > 0 && cs_json_parse(&json, published, CS_MAX_NOTE) == CS_OK)
        for (size_t i = 0; !have && i < cs_jarr_len(cs_json_root(json)); i++)
            have = cs_slice_is(cs_jval_str(cs_jarr_at(cs_json_root(json), i)), name);
    cs_json_free(json);
    return have;
}

static cs_err add_name(cs_buf *published, const char *name)
{
    cs_buf names = cs_buf_new(CS_MAX_NOTE);
    cs_json *json = NULL;
    cs_err err = published->n > 0 ? cs_json_parse(&json, cs_buf_slice(published), CS_MAX_NOTE) : CS_OK;
    cs_jw w = cs_jw_on(&names);
    cs_jw_begin_array(&w, NULL);
    for (size_t i = 0; json != NULL && i < cs_jarr_len(cs_json_root(json)); i++)
        cs_jw_str(&w, NULL, cs_jval_str(cs_jarr_at(cs_json_root(json), i)));
    cs_jw_cstr(&w, NULL, name);
    cs_jw_end_array(&w);
    if (err == CS_OK)
        err = names.err;
    if (err == CS_OK) {
        cs_buf_clear(published);
        cs_buf_add(published, cs_buf_slice(&names));
        err = published->err;
    }
    cs_json_free(json);
    cs_buf_free(&names);
    return err;
}

/* -- one checkpoint ---------------------------------------------------------------------------------------------- */

/* What the log itself signed: witnesses need to know nothing of one another. */
static cs_err own_lines(cs_buf *out, cs_slice note_bytes)
{
    cs_note note;
    cs_checkpoint cp;
    cs_err err = cs_note_parse(&note, note_bytes);
    if (err == CS_OK)
        err = cs_checkpoint_parse(&cp, note.text);
    if (err == CS_OK)
        err = cs_note_begin(out, note.text);
    for (size_t i = 0; err == CS_OK && i < note.count; i++)
        if (cs_slice_eq(note.line[i].name, cp.origin))
            cs_cosigner_write_line(out, &note.line[i]);
    return err == CS_OK ? out->err : err;
}

/* A note that nobody could read again would end the ledger's checkpoints. */
static cs_err check_note(const cs_buf *bytes)
{
    cs_note note;
    return bytes->err == CS_OK ? cs_note_parse(&note, cs_buf_slice(bytes)) : bytes->err;
}

/* Adds lines to the note as it is stored now: another witness may have been faster. */
static cs_err add_lines(struct asker *a, cs_slice org, const char *id, cs_slice lines)
{
    cs_publisher *p = a->publisher;
    cs_checkpoint_row row = cs_checkpoint_row_new();
    (void)pthread_mutex_lock(&p->notes);
    cs_err err = cs_store_checkpoint(p->store, &row, org, cs_slice_str(id));
    if (err == CS_OK && !names_have(cs_buf_slice(&row.published), a->witness->keys[0].name)) {
        cs_buf_add(&row.note, lines);
        err = add_name(&row.published, a->witness->keys[0].name);
        if (err == CS_OK)
            err = check_note(&row.note);
        if (err == CS_OK) {
            cs_write w = {.org = org, .cosigned = &row};
            err = cs_commit_write(p->commit, &w, 1, NULL);
        }
    }
    (void)pthread_mutex_unlock(&p->notes);
    cs_checkpoint_row_free(&row);
    return err;
}

static cs_err ask_once(struct asker *a, cs_buf *lines, struct seen *seen, const cs_checkpoint_row *row, cs_slice org,
                       long *status)
{
    cs_nodes nodes = {.store = a->publisher->store, .org = org};
    cs_buf proof = cs_buf_new(CS_MAX_CONSISTENCY_PROOF), note = cs_buf_new(CS_MAX_NOTE);
    uint64_t its_size = 0;
    cs_err err = own_lines(&note, cs_buf_slice(&row->note));
    if (err == CS_OK && seen->size > 0)
        err = cs_tiles_consistency(&proof, seen->size, row->size, cs_nodes_read, &nodes);
    if (err == CS_OK)
        err = cs_cosigner_ask(a->link, lines, &its_size, status, seen->size, cs_buf_slice(&proof), cs_buf_slice(&note),
                              &a->publisher->stop);
    if (err == CS_CONFLICT)
        seen->size = its_size;
    cs_buf_free(&proof);
    cs_buf_free(&note);
    return err;
}

static void say(struct asker *a, cs_err err, long status, cs_slice org)
{
    if (err == a->said && status == a->said_status)
        return;
    a->said = err;
    a->said_status = status;
    if (err == CS_OK)
        cs_log(CS_LOG_INFO, NULL, "witness %s cosigns", a->witness->keys[0].name);
    else
        cs_log(CS_LOG_WARN, NULL, "witness %s at %s does not cosign the ledger of %.*s: %s (HTTP status %ld)",
               a->witness->keys[0].name, a->witness->url, (int)org.n, (const char *)org.p,
               err == CS_IO         ? "no answer"
               : err == CS_CONFLICT ? "it has seen a later tree than there is"
                                    : cs_err_sentence(err),
               status);
}

static cs_err publish(struct asker *a, const cs_checkpoint_row *row, cs_slice org)
{
    struct seen *seen = seen_of(a, org);
    cs_buf lines = cs_buf_new(CS_MAX_NOTE);
    long status = 0;
    cs_err err = ask_once(a, &lines, seen, row, org, &status);
    if (err == CS_CONFLICT && seen->size <= row->size)
        err = ask_once(a, &lines, seen, row, org, &status);
    if (err == CS_CONFLICT)
        seen->size = 0;
    if (err == CS_OK)
        err = add_lines(a, org, row->id, cs_buf_slice(&lines));
    if (err == CS_OK)
        seen->size = row->size;
    if (!atomic_load(&a->publisher->stop))
        say(a, err, status, org);
    cs_buf_free(&lines);
    return err;
}

/* A witness that does not answer is not asked for one realm after the other. */
static cs_err visit(void *context, const cs_org_row *org)
{
    struct asker *a = context;
    cs_slice id = cs_slice_str(org->id);
    cs_checkpoint_row row = cs_checkpoint_row_new();
    cs_err err = cs_store_last_checkpoint(a->publisher->store, &row, id);
    if (err == CS_OK && !names_have(cs_buf_slice(&row.published), a->witness->keys[0].name))
        err = publish(a, &row, id);
    cs_checkpoint_row_free(&row);
    if (atomic_load(&a->publisher->stop))
        return CS_IO;
    return err == CS_IO || err == CS_STORE_UNAVAILABLE ? err : CS_OK;
}

/* -- threads ----------------------------------------------------------------------------------------------------- */

static void run(void *context)
{
    struct asker *a = context;
    cs_publisher *p = a->publisher;
    (void)pthread_mutex_lock(&p->lock);
    while (!atomic_load(&p->stop)) {
        uint64_t round = p->told;
        (void)pthread_mutex_unlock(&p->lock);
        cs_err ignored = cs_realms_each(p->store, visit, a); /* it has been logged, and comes again */
        (void)ignored;
        (void)pthread_mutex_lock(&p->lock);
        a->done = round;
        (void)pthread_cond_broadcast(&p->changed);
        struct timespec t = at_us(cs_tick_us() + p->pause_us);
        int rc = 0;
        while (!atomic_load(&p->stop) && p->told == a->done && rc == 0)
            rc = pthread_cond_timedwait(&p->changed, &p->lock, &t);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

static cs_err start_asker(cs_publisher *p, size_t i)
{
    struct asker *a = calloc(1, sizeof *a);
    p->askers[i] = a;
    if (a == NULL)
        return CS_NO_MEMORY;
    a->publisher = p;
    a->witness = &p->witnesses.of[i];
    cs_err err = cs_cosigner_open(&a->link, a->witness);
    if (err == CS_OK)
        err = cs_thread_start_joinable(&a->thread, run, a);
    a->started = err == CS_OK;
    return err;
}

cs_err cs_publisher_open(cs_publisher **out, cs_store *store, cs_commit *commit, const cs_cosigners *witnesses,
                         int64_t pause_us)
{
    cs_publisher *p = calloc(1, sizeof *p);
    pthread_condattr_t monotonic;
    *out = NULL;
    if (p == NULL)
        return CS_NO_MEMORY;
    p->store = store;
    p->commit = commit;
    p->witnesses = *witnesses;
    p->pause_us = pause_us;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_mutex_init(&p->notes, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&p->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < p->witnesses.n; i++)
        err = start_asker(p, i);
    if (err == CS_OK)
        *out = p;
    else
        cs_publisher_close(p);
    return err;
}

void cs_publisher_close(cs_publisher *p)
{
    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    atomic_store(&p->stop, true);
    (void)pthread_cond_broadcast(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < CS_MAX_COSIGNERS && p->askers[i] != NULL; i++) {
        if (p->askers[i]->started)
            (void)pthread_join(p->askers[i]->thread, NULL);
        cs_cosigner_close(p->askers[i]->link);
        free(p->askers[i]);
    }
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_mutex_destroy(&p->notes);
    (void)pthread_cond_destroy(&p->changed);
    free(p);
}

/* With the lock held. */
static bool all_done(const cs_publisher *p, uint64_t round)
{
    for (size_t i = 0; i < p->witnesses.n; i++)
        if (p->askers[i]->done < round)
            return false;
    return true;
}

void cs_publisher_tell(cs_publisher *p, int64_t until_us)
{
    struct timespec t = at_us(until_us);
    int rc = 0;
    (void)pthread_mutex_lock(&p->lock);
    uint64_t round = ++p->told;
    (void)pthread_cond_broadcast(&p->changed);
    while (until_us != 0 && !atomic_load(&p->stop) && !all_done(p, round) && rc == 0)
        rc = pthread_cond_timedwait(&p->changed, &p->lock, &t);
    (void)pthread_mutex_unlock(&p->lock);
}
