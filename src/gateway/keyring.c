/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/keyring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/json.h"
#include "core/keytext.h"
#include "gateway/ids.h"
#include "sys/clock.h"
#include "sys/log.h"

#define BUCKETS 512 /* a power of two */
/* Bytes of memory for each byte of a policy's text, at most about: its keys are larger opened, its hashes smaller. */
#define POLICY_COST 4

struct cs_keyring {
    cs_store *store; /* borrowed */
    bool allow_mock;
    pthread_mutex_t lock;     /* of what follows and of the keys' own members; never held while the store is read */
    pthread_mutex_t changing; /* held while a change is written, before `lock` */
    pthread_cond_t drained;
    cs_live_key *by_id[BUCKETS], *by_name[BUCKETS];
    size_t bytes;         /* of the keys in these */
    size_t hand;          /* where the search for a key to drop goes on */
    uint64_t changes;     /* so far: a row read before the last one may be stale */
    cs_live_key *retired; /* held, and not found any more */
};

cs_err cs_keyring_open(cs_keyring **out, cs_store *store, bool allow_mock)
{
    cs_keyring *r = calloc(1, sizeof *r);
    pthread_condattr_t monotonic;
    *out = r;
    if (r == NULL)
        return CS_NO_MEMORY;
    r->store = store;
    r->allow_mock = allow_mock;
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_mutex_init(&r->changing, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&r->drained, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return CS_OK;
}

static void free_key(cs_live_key *k)
{
    if (k == NULL)
        return;
    cs_pair_close(&k->pair);
    cs_policy_free(&k->policy);
    cs_buf_free(&k->public_json);
    cs_key_row_free(&k->row);
    free(k);
}

void cs_keyring_close(cs_keyring *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (cs_live_key *k = r->by_id[i], *next; k != NULL; k = next) {
            next = k->next_by_id;
            free_key(k);
        }
    }
    for (cs_live_key *k = r->retired, *next; k != NULL; k = next) {
        next = k->next_retired;
        free_key(k);
    }
    (void)pthread_mutex_destroy(&r->lock);
    (void)pthread_mutex_destroy(&r->changing);
    (void)pthread_cond_destroy(&r->drained);
    free(r);
}

/* -- the table; all with the lock held --------------------------------------------------------------------------- */

/* FNV-1a over org and reference. Ids come from us and names from API keys of the same org: nobody gains by collisions
 * but slower look-ups of his own. */
static size_t bucket_of(const char *org, cs_slice ref)
{
    uint32_t h = 2166136261u;
    for (; *org != '\0'; org++)
        h = (h ^ (uint8_t)*org) * 16777619u;
    for (size_t i = 0; i < ref.n; i++)
        h = (h ^ ref.p[i]) * 16777619u;
    return (h ^ h >> 16) % BUCKETS;
}

/* A superseded key keeps its name, but is not meant by it. */
static bool has_name(const cs_live_key *k)
{
    return !k->superseded && k->status != CS_KEY_REVOKED;
}

static cs_live_key *find(const cs_keyring *r, const char *org, cs_slice ref)
{
    bool by_id = cs_id_is(ref, CS_ID_KEY);
    cs_live_key *k = by_id ? r->by_id[bucket_of(org, ref)] : r->by_name[bucket_of(org, ref)];
    for (; k != NULL; k = by_id ? k->next_by_id : k->next_by_name)
        if (strcmp(k->row.org, org) == 0 && cs_slice_is(ref, by_id ? k->row.id : k->row.name) && (by_id || has_name(k)))
            return k;
    return NULL;
}

static void insert(cs_keyring *r, cs_live_key *k)
{
    cs_live_key **id = &r->by_id[bucket_of(k->row.org, cs_slice_str(k->row.id))];
    cs_live_key **name = &r->by_name[bucket_of(k->row.org, cs_slice_str(k->row.name))];
    k->next_by_id = *id;
    k->next_by_name = *name;
    *id = *name = k;
    r->bytes += k->bytes;
}

static void take_out(cs_keyring *r, cs_live_key *k)
{
    cs_live_key **at = &r->by_id[bucket_of(k->row.org, cs_slice_str(k->row.id))];
    while (*at != k)
        at = &(*at)->next_by_id;
    *at = k->next_by_id;
    at = &r->by_name[bucket_of(k->row.org, cs_slice_str(k->row.name))];
    while (*at != k)
        at = &(*at)->next_by_name;
    *at = k->next_by_name;
    r->bytes -= k->bytes;
}

/* Drops keys that nobody holds, going round, until there is room for as much more. */
static void make_room(cs_keyring *r, size_t more)
{
    for (size_t i = 0; r->bytes + more > CS_KEYRING_BYTES && i < 2 * BUCKETS; i++, r->hand++) {
        cs_live_key *k = r->by_id[r->hand % BUCKETS];
        while (k != NULL && k->holders > 0)
            k = k->next_by_id;
        if (k != NULL) {
            take_out(r, k);
            free_key(k);
        }
    }
}

/* -- loading ------------------------------------------------------------------------------------------------------- */

static cs_err load_policy(cs_live_key *k, const cs_keyring *r)
{
    cs_policy_row row;
    cs_err err = cs_store_policy(r->store, &row, cs_slice_str(k->row.org), cs_slice_str(k->row.policy_id));
    if (err != CS_OK)
        return err == CS_NOT_FOUND ? CS_INTERNAL : err; /* the key refers to it */
    k->bound = true;
    k->policy_version = row.version;
    memcpy(k->policy_hash, row.hash, sizeof k->policy_hash);
    k->bytes = POLICY_COST * row.canonical.n;
    k->policy_err = cs_policy_parse(&k->policy, NULL, cs_buf_slice(&row.canonical), r->allow_mock);
    if (k->policy_err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "policy %s of key %s is not usable: %s", row.id, k->row.id,
               cs_err_name(k->policy_err));
    cs_policy_row_free(&row);
    return CS_OK;
}

static cs_err write_public_key(cs_buf *out, const cs_key_row *k)
{
    cs_buf text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    cs_err err = cs_public_key_json(&text, k->alg, k->format, cs_buf_slice(&k->public_key));
    cs_jw w = cs_jw_on(out);
    cs_jw_str(&w, NULL, cs_buf_slice(&text));
    cs_buf_free(&text);
    return err == CS_OK ? out->err : err;
}

static cs_err load(cs_live_key **out, const cs_keyring *r, cs_slice org, cs_slice ref)
{
    cs_live_key *k = calloc(1, sizeof *k);
    *out = NULL;
    if (k == NULL)
        return CS_NO_MEMORY;
    k->public_json = cs_buf_new(2 * CS_MAX_PUBLIC_KEY_JSON);
    cs_err err = cs_id_is(ref, CS_ID_KEY) ? cs_store_key(r->store, &k->row, org, ref)
                                          : cs_store_key_by_name(r->store, &k->row, org, ref);
    if (err == CS_OK && k->row.policy_id[0] != '\0')
        err = load_policy(k, r);
    if (err == CS_OK)
        err = write_public_key(&k->public_json, &k->row);
    if (err == CS_OK)
        err = cs_hash(&k->public_key_sha256, CS_SHA256, cs_buf_slice(&k->row.public_key));
    if (err != CS_OK) {
        free_key(k);
        return err;
    }
    k->status = k->row.status;
    k->superseded = k->row.successor[0] != '\0';
    k->bytes += sizeof *k + k->public_json.cap + k->row.public_key.cap + k->row.sealed.cap + k->row.birth.cap +
                k->row.metadata.cap;
    *out = k;
    return CS_OK;
}

cs_err cs_keyring_hold(cs_live_key **out, cs_keyring *r, cs_slice org, cs_slice ref)
{
    char org_id[CS_MAX_ID + 1];
    cs_live_key *loaded = NULL;
    cs_err err = cs_slice_to_cstr(org_id, sizeof org_id, org);
    *out = NULL;
    (void)pthread_mutex_lock(&r->lock);
    while (err == CS_OK && (*out = find(r, org_id, ref)) == NULL) {
        if (loaded != NULL) {
            make_room(r, loaded->bytes);
            insert(r, loaded);
            loaded = NULL;
            continue;
        }
        uint64_t changes = r->changes;
        (void)pthread_mutex_unlock(&r->lock);
        err = load(&loaded, r, org, ref);
        (void)pthread_mutex_lock(&r->lock);
        if (changes != r->changes || (loaded != NULL && find(r, org_id, cs_slice_str(loaded->row.id)) != NULL)) {
            free_key(loaded); /* perhaps stale; or another thread was faster, under the key's other name */
            loaded = NULL;
        }
    }
    if (*out != NULL)
        (*out)->holders++;
    (void)pthread_mutex_unlock(&r->lock);
    free_key(loaded);
    return err;
}

void cs_keyring_release(cs_keyring *r, cs_live_key *k)
{
    if (k == NULL)
        return;
    (void)pthread_mutex_lock(&r->lock);
    bool last = --k->holders == 0 && k->retired;
    for (cs_live_key **at = &r->retired; last && *at != NULL; at = &(*at)->next_retired) {
        if (*at == k) {
            *at = k->next_retired;
            break;
        }
    }
    (void)pthread_mutex_unlock(&r->lock);
    if (last)
        free_key(k);
}

/* -- using --------------------------------------------------------------------------------------------------------- */

cs_err cs_keyring_public(const cs_pair **out, cs_keyring *r, cs_live_key *k)
{
    cs_pair pair = {0};
    *out = &k->pair;
    (void)pthread_mutex_lock(&r->lock);
    bool opened = k->opened;
    (void)pthread_mutex_unlock(&r->lock);
    if (opened)
        return CS_OK;
    cs_err err = cs_pair_open_public(&pair, k->row.alg, k->row.format, cs_buf_slice(&k->row.public_key));
    (void)pthread_mutex_lock(&r->lock);
    if (err == CS_OK && !k->opened) {
        k->pair = pair;
        k->opened = true;
        pair = (cs_pair){0};
        size_t more = cs_pair_bytes(&k->pair);
        k->bytes += more;
        if (!k->retired) {
            r->bytes += more;
            make_room(r, 0); /* this one is held */
        }
    }
    (void)pthread_mutex_unlock(&r->lock);
    cs_pair_close(&pair);
    return err;
}

size_t cs_keyring_bytes(cs_keyring *r)
{
    (void)pthread_mutex_lock(&r->lock);
    size_t bytes = r->bytes;
    (void)pthread_mutex_unlock(&r->lock);
    return bytes;
}

cs_key_status cs_keyring_status(cs_keyring *r, const cs_live_key *k)
{
    (void)pthread_mutex_lock(&r->lock);
    cs_key_status status = k->status;
    (void)pthread_mutex_unlock(&r->lock);
    return status;
}

cs_err cs_keyring_sign(cs_keyring *r, cs_live_key *k)
{
    (void)pthread_mutex_lock(&r->lock);
    bool signs = k->status == CS_KEY_ACTIVE || k->status == CS_KEY_SUPERSEDED;
    if (signs)
        k->signing++;
    (void)pthread_mutex_unlock(&r->lock);
    return signs ? CS_OK : CS_KEY_NOT_ACTIVE;
}

void cs_keyring_signed(cs_keyring *r, cs_live_key *k)
{
    (void)pthread_mutex_lock(&r->lock);
    if (--k->signing == 0)
        (void)pthread_cond_broadcast(&r->drained);
    (void)pthread_mutex_unlock(&r->lock);
}

/* -- changing ------------------------------------------------------------------------------------------------------ */

/* With the lock held: all of them are of the same key. */
static cs_live_key *first_retired(cs_live_key *from, const cs_live_key *k)
{
    while (from != NULL && strcmp(from->row.id, k->row.id) != 0)
        from = from->next_retired;
    return from;
}

static cs_live_key *in_table(const cs_keyring *r, const cs_live_key *k)
{
    return find(r, k->row.org, cs_slice_str(k->row.id));
}

static void set_one(cs_live_key *k, cs_key_status status)
{
    k->superseded = k->superseded || status == CS_KEY_SUPERSEDED;
    k->status = status == CS_KEY_ACTIVE && k->superseded ? CS_KEY_SUPERSEDED : status;
}

static void set_status(cs_keyring *r, cs_live_key *k, cs_key_status status)
{
    cs_live_key *listed = in_table(r, k);
    r->changes++;
    set_one(k, status);
    if (listed != NULL)
        set_one(listed, status);
    for (cs_live_key *old = first_retired(r->retired, k); old != NULL; old = first_retired(old->next_retired, k))
        set_one(old, status);
}

cs_err cs_keyring_change(cs_keyring *r, cs_live_key *k, cs_key_status status, cs_err (*commit)(void *context),
                         void *context)
{
    (void)pthread_mutex_lock(&r->changing);
    cs_err err = commit(context);
    if (err == CS_OK) {
        (void)pthread_mutex_lock(&r->lock);
        set_status(r, k, status);
        (void)pthread_mutex_unlock(&r->lock);
    }
    (void)pthread_mutex_unlock(&r->changing);
    return err;
}

static bool is_signing(const cs_keyring *r, const cs_live_key *k)
{
    const cs_live_key *listed = in_table(r, k);
    bool signing = k->signing > 0 || (listed != NULL && listed->signing > 0);
    for (cs_live_key *old = first_retired(r->retired, k); old != NULL; old = first_retired(old->next_retired, k))
        signing = signing || old->signing > 0;
    return signing;
}

cs_err cs_keyring_drain(cs_keyring *r, const cs_live_key *k, int64_t deadline_us)
{
    struct timespec until = {.tv_sec = deadline_us / 1000000, .tv_nsec = deadline_us % 1000000 * 1000};
    (void)pthread_mutex_lock(&r->lock);
    while (is_signing(r, k) && cs_tick_us() < deadline_us)
        (void)pthread_cond_timedwait(&r->drained, &r->lock, &until);
    bool quiet = !is_signing(r, k);
    (void)pthread_mutex_unlock(&r->lock);
    return quiet ? CS_OK : CS_ENCLAVE_UNAVAILABLE;
}

/* Keeps a key that somebody holds out of sight until it is given back. */
static void retire(cs_keyring *r, cs_live_key *k)
{
    take_out(r, k);
    if (k->holders == 0) {
        free_key(k);
        return;
    }
    k->retired = true;
    k->next_retired = r->retired;
    r->retired = k;
}

void cs_keyring_policy_changed(cs_keyring *r, cs_slice org, cs_slice policy_id)
{
    (void)pthread_mutex_lock(&r->lock);
    r->changes++;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (cs_live_key *k = r->by_id[i], *next; k != NULL; k = next) {
            next = k->next_by_id;
            if (cs_slice_is(org, k->row.org) && cs_slice_is(policy_id, k->row.policy_id))
                retire(r, k);
        }
    }
    (void)pthread_mutex_unlock(&r->lock);
}

void cs_keyring_forget_all(cs_keyring *r)
{
    (void)pthread_mutex_lock(&r->lock);
    r->changes++;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (cs_live_key *k = r->by_id[i], *next; k != NULL; k = next) {
            next = k->next_by_id;
            retire(r, k);
        }
    }
    (void)pthread_mutex_unlock(&r->lock);
}
