/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/checkpoint.h"
#include "core/encode.h"
#include "core/json.h"
#include "core/merkle.h"
#include "sys/file.h"
#include "sys/log.h"

#define STATE_VERSION 1
#define MAX_STATE (4u << 20)
#define MAX_PROOF_LINES 63 /* [C2SP tlog-witness] */

/* What was cosigned last for a log. Never forgotten, also while the log is not configured. */
struct seen {
    char origin[CS_MAX_NOTE_NAME + 1];
    uint64_t size;
    uint8_t root[CS_SHA256_LEN];
};

struct cs_witness {
    char dir[PATH_MAX];
    int lock_fd; /* holds the directory for this process */
    cs_vkey vkeys[CS_WITNESS_KEYS];
    cs_key *keys[CS_WITNESS_KEYS];
    cs_vkey *logs; /* keys of logs; `name` is the origin */
    size_t log_count;
    pthread_mutex_t lock; /* of what follows, from judging a checkpoint to its being on disk */
    struct seen *seen;
    size_t seen_count;
};

static const struct {
    cs_prim prim;
    cs_note_type type;
    const char *file;
} own[CS_WITNESS_KEYS] = {{CS_ED25519, CS_NOTE_COSIG_ED25519, "witness-ed25519.key"},
                          {CS_MLDSA44, CS_NOTE_MLDSA44, "witness-mldsa44.key"}};

static cs_err path_of(char path[PATH_MAX], const cs_witness *w, const char *file)
{
    int n = snprintf(path, PATH_MAX, "%s/%s", w->dir, file);
    return n > 0 && n < PATH_MAX ? CS_OK : CS_CONFIG;
}

/* -- state --------------------------------------------------------------------------------------------------------- */

static cs_err write_state(const cs_witness *w, const struct seen *seen, size_t count)
{
    char path[PATH_MAX];
    cs_buf text = cs_buf_new(MAX_STATE);
    cs_jw j = cs_jw_on(&text);
    cs_jw_begin(&j, NULL);
    cs_jw_int(&j, "version", STATE_VERSION);
    cs_jw_begin_array(&j, "logs");
    for (size_t i = 0; i < count; i++) {
        cs_jw_begin(&j, NULL);
        cs_jw_cstr(&j, "origin", seen[i].origin);
        cs_jw_int(&j, "size", (int64_t)seen[i].size);
        cs_jw_base64(&j, "root", CS_ARRAY(seen[i].root));
        cs_jw_end(&j);
    }
    cs_jw_end_array(&j);
    cs_jw_end(&j);
    cs_buf_add_u8(&text, '\n');
    cs_err err = text.err == CS_OK ? path_of(path, w, "witness.json") : text.err;
    if (err == CS_OK)
        err = cs_file_write(path, cs_buf_slice(&text), 0600, true);
    cs_buf_free(&text);
    return err;
}

static cs_err read_seen(struct seen *out, cs_jval v)
{
    cs_jobj o = cs_jobj_open(v);
    cs_buf root = CS_BUF_OVER(out->root);
    cs_slice origin = cs_jobj_str(&o, "origin", CS_MAX_NOTE_NAME);
    out->size = (uint64_t)cs_jobj_int(&o, "size", 0, CS_JSON_INT_MAX);
    (void)cs_jobj_base64(&o, "root", CS_SHA256_LEN, &root);
    if (root.n != CS_SHA256_LEN || !cs_note_name_ok(origin))
        cs_jobj_fail(&o, CS_BAD_FIELD, "root");
    cs_err err = cs_jobj_done(&o);
    return err == CS_OK ? cs_slice_to_cstr(out->origin, sizeof out->origin, origin) : err;
}

static cs_err read_logs(cs_witness *w, cs_jval logs)
{
    size_t count = cs_jarr_len(logs);
    if (count > CS_MAX_WITNESS_LOGS)
        return CS_TOO_LARGE;
    for (size_t i = 0; i < count; i++) {
        cs_err err = read_seen(&w->seen[i], cs_jarr_at(logs, i));
        for (size_t k = 0; k < i && err == CS_OK; k++)
            err = strcmp(w->seen[k].origin, w->seen[i].origin) == 0 ? CS_BAD_FIELD : CS_OK;
        if (err != CS_OK)
            return err;
    }
    w->seen_count = count;
    return CS_OK;
}

static cs_err read_state(cs_witness *w, const char *path)
{
    cs_json *json = NULL;
    cs_buf text = cs_buf_new(MAX_STATE);
    cs_err err = cs_file_read(&text, path);
    if (err == CS_OK)
        err = cs_json_parse(&json, cs_buf_slice(&text), MAX_STATE);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        (void)cs_jobj_int(&o, "version", STATE_VERSION, STATE_VERSION);
        cs_jval logs = cs_jobj_array(&o, "logs");
        err = cs_jobj_done(&o);
        if (err == CS_OK)
            err = read_logs(w, logs);
    }
    cs_json_free(json);
    cs_buf_free(&text);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s: no state of a witness (%s); it is not replaced", path, cs_err_name(err));
    return err == CS_OK ? CS_OK : CS_CONFIG;
}

/* -- opening ------------------------------------------------------------------------------------------------------- */

/* One process a directory: two would each remember half. */
static cs_err lock_directory(cs_witness *w)
{
    char path[PATH_MAX];
    if (mkdir(w->dir, 0700) != 0 && errno != EEXIST)
        return CS_IO;
    cs_err err = path_of(path, w, "lock");
    if (err != CS_OK)
        return err;
    w->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (w->lock_fd < 0)
        return CS_IO;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(w->lock_fd, F_OFD_SETLK, &whole) == 0)
        return CS_OK;
    cs_log(CS_LOG_ERROR, NULL, "%s belongs to a witness that runs", w->dir);
    return CS_CONFIG;
}

/* The state is made before the keys, so keys without a state were never ours to use: what they have signed is lost. */
static cs_err open_state(cs_witness *w)
{
    char path[PATH_MAX], key[PATH_MAX];
    cs_err err = path_of(path, w, "witness.json");
    if (err != CS_OK)
        return err;
    if (access(path, F_OK) == 0)
        return read_state(w, path);
    for (size_t i = 0; i < CS_WITNESS_KEYS && err == CS_OK; i++) {
        err = path_of(key, w, own[i].file);
        if (err == CS_OK && (access(key, F_OK) == 0 || errno != ENOENT)) {
            cs_log(CS_LOG_ERROR, NULL, "%s is there and %s is not: what this witness has signed is not known", key,
                   path);
            err = CS_CONFIG;
        }
    }
    return err == CS_OK ? write_state(w, NULL, 0) : err;
}

static cs_err open_key(cs_witness *w, size_t i, const char *name)
{
    CS_SECRET(private_bytes);
    char path[PATH_MAX];
    uint8_t bytes[CS_VKEY_PUBLIC_MAX];
    cs_buf public_key = CS_BUF_OVER(bytes);
    cs_err err = path_of(path, w, own[i].file);
    if (err != CS_OK)
        return err;
    if (access(path, F_OK) != 0 && errno == ENOENT && w->seen_count == 0) {
        err = cs_key_generate(&private_bytes, own[i].prim);
        if (err == CS_OK)
            err = cs_file_write(path, cs_secret_slice(&private_bytes), 0600, false);
        if (err != CS_OK)
            return err;
    }
    err = cs_file_read_secret(&private_bytes, path);
    if (err == CS_OK)
        err = cs_key_open_private(&w->keys[i], own[i].prim, cs_secret_slice(&private_bytes));
    if (err != CS_OK) {
        cs_log(CS_LOG_ERROR, NULL, "%s: must be 32 bytes in a regular file of this user with mode 0600", path);
        return CS_CONFIG;
    }
    cs_key_public(&public_key, w->keys[i]);
    return cs_vkey_make(&w->vkeys[i], cs_slice_str(name), own[i].type, cs_buf_slice(&public_key));
}

cs_err cs_witness_open(cs_witness **out, const char *state_dir, const char *name)
{
    *out = NULL;
    if (!cs_note_name_ok(cs_slice_str(name)))
        return CS_BAD_VKEY;
    cs_witness *w = calloc(1, sizeof *w);
    if (w == NULL)
        return CS_NO_MEMORY;
    w->lock_fd = -1;
    (void)pthread_mutex_init(&w->lock, NULL);
    w->seen = calloc(CS_MAX_WITNESS_LOGS, sizeof *w->seen); /* pages are touched only as logs come */
    cs_err err = w->seen != NULL ? cs_slice_to_cstr(w->dir, sizeof w->dir, cs_slice_str(state_dir)) : CS_NO_MEMORY;
    if (err == CS_OK)
        err = lock_directory(w);
    if (err == CS_OK)
        err = open_state(w);
    for (size_t i = 0; i < CS_WITNESS_KEYS && err == CS_OK; i++)
        err = open_key(w, i, name);
    if (err != CS_OK)
        cs_witness_close(w);
    else
        *out = w;
    return err;
}

void cs_witness_close(cs_witness *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < CS_WITNESS_KEYS; i++)
        cs_key_free(w->keys[i]);
    if (w->lock_fd >= 0)
        (void)close(w->lock_fd);
    (void)pthread_mutex_destroy(&w->lock);
    free(w->logs);
    free(w->seen);
    free(w);
}

const cs_vkey *cs_witness_vkey(const cs_witness *w, size_t i)
{
    return &w->vkeys[i];
}

cs_err cs_witness_add_log(cs_witness *w, cs_slice vkey)
{
    if (w->log_count >= CS_MAX_WITNESS_LOGS)
        return CS_TOO_LARGE;
    cs_vkey *more = realloc(w->logs, (w->log_count + 1) * sizeof *more);
    if (more == NULL)
        return CS_NO_MEMORY;
    w->logs = more;
    cs_err err = cs_vkey_parse(&more[w->log_count], vkey);
    if (err == CS_OK && more[w->log_count].type == CS_NOTE_COSIG_ED25519)
        err = CS_BAD_VKEY; /* a witness's type, no log's */
    size_t same = 0;
    for (size_t i = 0; i < w->log_count && err == CS_OK; i++)
        same += strcmp(more[i].name, more[w->log_count].name) == 0;
    if (same >= CS_MAX_VKEYS)
        err = CS_TOO_LARGE;
    w->log_count += err == CS_OK;
    return err;
}

/* -- judging a checkpoint ------------------------------------------------------------------------------------------ */

/* A request, read. */
struct request {
    uint64_t old_size;
    uint8_t proof_bytes[MAX_PROOF_LINES * CS_SHA256_LEN];
    cs_buf proof;
    cs_note note;
    cs_checkpoint checkpoint;
};

static void answer(cs_witness_answer *out, int status, const char *sentence)
{
    out->status = status;
    out->type = "text/plain; charset=utf-8";
    cs_buf_add_str(&out->body, sentence);
    cs_buf_add_u8(&out->body, '\n');
}

/* Our own size, so that the caller can start from there. */
static void answer_size(cs_witness_answer *out, uint64_t size)
{
    out->status = 409;
    out->type = "text/x.tlog.size";
    cs_buf_printf(&out->body, "%llu\n", (unsigned long long)size);
}

/* The next line without its newline; false if there is none. */
static bool next_line(cs_slice *line, cs_slice *rest)
{
    const uint8_t *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    if (end == NULL)
        return false;
    size_t n = (size_t)(end - rest->p);
    *line = cs_slice_sub(*rest, 0, n);
    *rest = cs_slice_sub(*rest, n + 1, rest->n);
    return true;
}

/* "old N", N in decimal without leading zeros. */
static bool read_old(uint64_t *size, cs_slice line)
{
    const cs_slice lead = CS_LIT("old ");
    cs_slice digits = cs_slice_sub(line, lead.n, line.n);
    *size = 0;
    if (!cs_slice_starts(line, lead) || digits.n == 0 || digits.n > 16 || (digits.p[0] == '0' && digits.n > 1))
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        *size = *size * 10 + (uint64_t)(digits.p[i] - '0');
    }
    return *size <= CS_JSON_INT_MAX;
}

static cs_err read_request(struct request *r, cs_slice body)
{
    cs_slice line;
    r->proof = CS_BUF_OVER(r->proof_bytes);
    if (!next_line(&line, &body) || !read_old(&r->old_size, line))
        return CS_BAD_FORMAT;
    for (;;) {
        if (!next_line(&line, &body))
            return CS_BAD_FORMAT;
        if (line.n == 0)
            break;
        size_t before = r->proof.n;
        if (cs_base64_decode(&r->proof, line) != CS_OK || r->proof.n != before + CS_SHA256_LEN)
            return CS_BAD_FORMAT;
    }
    cs_err err = cs_note_parse(&r->note, body);
    if (err == CS_OK)
        err = cs_checkpoint_parse(&r->checkpoint, r->note.text);
    if (err == CS_OK && r->checkpoint.size > CS_JSON_INT_MAX)
        err = CS_BAD_FORMAT;
    return err;
}

/* Of each type of key that the log has, one must have signed: an attacker who can break one of them gets nowhere.
 * CS_NOT_FOUND: no such log. */
static cs_err check_signatures(const cs_witness *w, const struct request *r)
{
    cs_vkey keys[CS_MAX_VKEYS];
    cs_note_signer signers[CS_MAX_VKEYS];
    bool wanted[CS_NOTE_MLDSA44 + 1] = {0}, signed_by[CS_NOTE_MLDSA44 + 1] = {0};
    size_t n = 0;
    for (size_t i = 0; i < w->log_count && n < CS_MAX_VKEYS; i++)
        if (cs_slice_is(r->checkpoint.origin, w->logs[i].name))
            keys[n++] = w->logs[i];
    if (n == 0)
        return CS_NOT_FOUND;
    cs_err err = cs_note_verify(signers, &r->note, keys, n);
    for (size_t i = 0; i < n && err == CS_OK; i++) {
        wanted[keys[i].type] = true;
        signed_by[keys[i].type] |= signers[i].verified;
    }
    for (size_t t = 0; t < sizeof wanted && err == CS_OK; t++)
        err = wanted[t] && !signed_by[t] ? CS_NOTE_UNSIGNED : CS_OK;
    return err;
}

static struct seen *find_seen(const cs_witness *w, cs_slice origin)
{
    for (size_t i = 0; i < w->seen_count; i++)
        if (cs_slice_is(origin, w->seen[i].origin))
            return &w->seen[i];
    return NULL;
}

/* The first checkpoint of a log has nothing to be consistent with; an empty tree has the one root that it can have. */
static cs_err check_first(const struct request *r)
{
    static const cs_merkle empty;
    uint8_t root[CS_SHA256_LEN];
    if (r->proof.n > 0)
        return CS_BAD_SIGNATURE;
    if (r->checkpoint.size > 0)
        return CS_OK;
    cs_err err = cs_merkle_root(root, &empty);
    return err != CS_OK ? err : memcmp(root, r->checkpoint.root, sizeof root) == 0 ? CS_OK : CS_BAD_SIGNATURE;
}

static cs_err check_growth(const struct seen *last, const struct request *r)
{
    if (last == NULL || last->size == 0)
        return check_first(r);
    return cs_merkle_verify_consistency(last->size, r->checkpoint.size, cs_buf_slice(&r->proof), last->root,
                                        r->checkpoint.root);
}

/* The new state is on disk before it is believed. */
static cs_err remember(cs_witness *w, struct seen *last, const cs_checkpoint *c)
{
    struct seen before = {0};
    size_t count = w->seen_count;
    if (last != NULL) {
        if (last->size == c->size)
            return CS_OK; /* the same tree again */
        before = *last;
    } else {
        if (w->seen == NULL || count == CS_MAX_WITNESS_LOGS)
            return CS_TOO_LARGE;
        last = &w->seen[count++];
        cs_err err = cs_slice_to_cstr(last->origin, sizeof last->origin, c->origin);
        if (err != CS_OK)
            return err;
    }
    last->size = c->size;
    memcpy(last->root, c->root, sizeof last->root);
    cs_err err = write_state(w, w->seen, count);
    if (err == CS_OK)
        w->seen_count = count;
    else if (count == w->seen_count)
        *last = before;
    return err;
}

static cs_err cosign(cs_buf *out, const cs_witness *w, const struct request *r, int64_t now)
{
    cs_err err = CS_OK;
    for (size_t i = 0; i < CS_WITNESS_KEYS && err == CS_OK; i++)
        err = cs_note_sign(out, r->note.text, cs_slice_str(w->vkeys[i].name), own[i].type, w->keys[i], now);
    return err;
}

/* With the lock held. */
static void judge(cs_witness *w, cs_witness_answer *out, const struct request *r, int64_t now)
{
    struct seen *last = find_seen(w, r->checkpoint.origin);
    uint64_t size = last != NULL ? last->size : 0;
    if (r->old_size != size) {
        answer_size(out, size);
        return;
    }
    if (last != NULL && r->checkpoint.size == size && memcmp(last->root, r->checkpoint.root, sizeof last->root) != 0) {
        cs_log(CS_LOG_ERROR, NULL, "FORK: %s has two trees of %llu leaves", last->origin, (unsigned long long)size);
        answer(out, 409, "another tree of this size was cosigned");
        return;
    }
    cs_err err = check_growth(last, r);
    if (err == CS_BAD_SIGNATURE || err == CS_BAD_FORMAT) {
        answer(out, 422, "the consistency proof does not lead to this tree");
        return;
    }
    if (err == CS_OK)
        err = remember(w, last, &r->checkpoint);
    if (err == CS_OK)
        err = cosign(&out->body, w, r, now);
    if (err == CS_OK) {
        out->status = 200;
        out->type = "text/plain; charset=utf-8";
        return;
    }
    cs_log(CS_LOG_ERROR, NULL, "not cosigned: %s", cs_err_sentence(err));
    cs_buf_clear(&out->body);
    answer(out, 500, "the witness cannot write its state or sign");
}

void cs_witness_add_checkpoint(cs_witness *w, cs_witness_answer *out, cs_slice body, int64_t now)
{
    *out = (cs_witness_answer){.body = cs_buf_new(CS_MAX_NOTE)};
    struct request *r = calloc(1, sizeof *r);
    cs_err err = r != NULL ? read_request(r, body) : CS_NO_MEMORY;
    if (err == CS_NO_MEMORY) {
        answer(out, 500, "out of memory");
    } else if (err != CS_OK) {
        answer(out, 400, "not an add-checkpoint request");
    } else if ((err = check_signatures(w, r)) == CS_NOT_FOUND) {
        answer(out, 404, "the log is not known here");
    } else if (err != CS_OK) {
        answer(out, 403, "not signed by the keys of the log");
    } else if (r->old_size > r->checkpoint.size) {
        answer(out, 400, "the old size is larger than the checkpoint's");
    } else {
        (void)pthread_mutex_lock(&w->lock);
        judge(w, out, r, now);
        (void)pthread_mutex_unlock(&w->lock);
    }
    free(r);
}
