/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/auth.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/encode.h"
#include "gateway/ids.h"
#include "gateway/session.h"
#include "sys/file.h"
#include "sys/log.h"

#define PEPPER_LEN 32
#define RANDOM_LEN 32
#define PREFIX_LEN 12 /* "cs_sec_live_" */
#define BODY_LEN 43   /* base62 digits of 32 bytes */
#define CHECK_LEN 6
#define CURSOR_MAC 16

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static const struct {
    const char *text;
    bool publishable, live;
} prefixes[] = {
    {"cs_sec_live_", false, true},
    {"cs_sec_test_", false, false},
    {"cs_pub_live_", true, true},
    {"cs_pub_test_", true, false},
};

cs_err cs_auth_pepper_path(char path[PATH_MAX], const char *store, const char *given)
{
    if (given == NULL && cs_store_is_address(store)) {
        cs_log(CS_LOG_ERROR, NULL, "a store on a server needs --pepper: there is no place beside it");
        return CS_CONFIG;
    }
    int n = given != NULL ? snprintf(path, PATH_MAX, "%s", given) : snprintf(path, PATH_MAX, "%s.pepper", store);
    return n > 0 && n < PATH_MAX ? CS_OK : CS_TOO_LARGE;
}

static const struct {
    const char *name;
    uint32_t scope;
} scopes[] = {{"keys", CS_SCOPE_KEYS},           {"sign", CS_SCOPE_SIGN},     {"verify", CS_SCOPE_VERIFY},
              {"policies", CS_SCOPE_POLICIES},   {"ledger", CS_SCOPE_LEDGER}, {"settings", CS_SCOPE_SETTINGS},
              {"pq-signer", CS_SCOPE_PQ_SIGNER}, {"hybrid", CS_SCOPE_HYBRID}, {"admin", CS_SCOPE_ADMIN}};

const char *cs_scope_name(uint32_t scope)
{
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        if (scopes[i].scope == scope)
            return scopes[i].name;
    return NULL;
}

uint32_t cs_scope_by_name(cs_slice name)
{
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        if (cs_slice_is(name, scopes[i].name))
            return scopes[i].scope;
    return 0;
}

cs_err cs_auth_create_pepper(const char *path)
{
    CS_SECRET(pepper);
    cs_err err = cs_random(pepper.b, PEPPER_LEN);
    pepper.n = PEPPER_LEN;
    return err == CS_OK ? cs_file_write(path, cs_secret_slice(&pepper), 0600, false) : err;
}

/* A key of its own for each use of the pepper. */
static cs_err derive(cs_secret *key, const cs_secret *pepper, const char *use)
{
    cs_digest d;
    cs_err err = cs_hmac_sha256(&d, cs_secret_slice(pepper), cs_slice_str(use));
    if (err == CS_OK)
        err = cs_secret_set(key, cs_digest_slice(&d));
    cs_wipe(&d, sizeof d);
    return err;
}

cs_err cs_auth_open(cs_auth *a, cs_store *store, const char *path)
{
    CS_SECRET(pepper);
    *a = (cs_auth){.store = store};
    (void)pthread_mutex_init(&a->lock, NULL);
    cs_err err = cs_file_read_secret(&pepper, path);
    if (err == CS_OK && pepper.n != PEPPER_LEN)
        err = CS_CONFIG;
    if (err == CS_OK)
        err = derive(&a->api_key_key, &pepper, "countersign/api-key/v1");
    if (err == CS_OK)
        err = derive(&a->cursor_key, &pepper, "countersign/cursor/v1");
    if (err == CS_OK)
        err = derive(&a->session_key, &pepper, "countersign/session/v1");
    if (err == CS_OK)
        err = derive(&a->csrf_key, &pepper, "countersign/csrf/v1");
    return err;
}

void cs_auth_close(cs_auth *a)
{
    cs_secret_wipe(&a->api_key_key);
    cs_secret_wipe(&a->cursor_key);
    cs_secret_wipe(&a->session_key);
    cs_secret_wipe(&a->csrf_key);
    (void)pthread_mutex_destroy(&a->lock);
}

static cs_err hash_of(cs_digest *out, const cs_auth *a, cs_slice text)
{
    return cs_hmac_sha256(out, cs_secret_slice(&a->api_key_key), text);
}

/* Long division by 62, most significant digit first; `number` is used up. */
static void write_base62(char *digits, size_t count, uint8_t *number, size_t n)
{
    for (size_t i = count; i-- > 0;) {
        unsigned rest = 0;
        for (size_t k = 0; k < n; k++) {
            unsigned part = rest << 8 | number[k];
            number[k] = (uint8_t)(part / 62);
            rest = part % 62;
        }
        digits[i] = base62[rest];
    }
}

/* Six digits that a mistyped key does not have: 32 bits of SHA-256 over what stands before them. */
static cs_err check_digits(char digits[CHECK_LEN], cs_slice before)
{
    cs_digest d;
    cs_err err = cs_hash(&d, CS_SHA256, before);
    if (err == CS_OK)
        write_base62(digits, CHECK_LEN, d.b, 4);
    return err;
}

cs_err cs_auth_mint(cs_secret *text, cs_api_key_row *row, const cs_auth *a, int64_t now_ms)
{
    CS_SECRET(number);
    cs_digest hash;
    cs_secret_wipe(text);
    cs_err err = cs_random(number.b, RANDOM_LEN);
    if (err != CS_OK)
        return err;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (prefixes[i].publishable == row->publishable && prefixes[i].live == row->live)
            err = cs_secret_set(text, cs_slice_str(prefixes[i].text));
    char *digits = (char *)text->b + PREFIX_LEN;
    write_base62(digits, BODY_LEN, number.b, RANDOM_LEN);
    if (err == CS_OK)
        err = check_digits(digits + BODY_LEN, cs_slice_of(text->b, PREFIX_LEN + BODY_LEN));
    text->n = CS_API_KEY_LEN;
    if (err == CS_OK)
        err = hash_of(&hash, a, cs_secret_slice(text));
    if (err == CS_OK)
        err = cs_id_new(row->id, CS_ID_API_KEY, now_ms);
    if (err != CS_OK) {
        cs_secret_wipe(text);
        return err;
    }
    memcpy(row->hash, hash.b, sizeof row->hash);
    if (row->scopes == 0)
        row->scopes = row->publishable ? CS_SCOPES_PUBLISHABLE : CS_SCOPES_SECRET;
    row->created_ms = now_ms;
    return CS_OK;
}

/* Form and check digits, so that noise costs no look-up. */
static bool is_well_formed(cs_slice text)
{
    char check[CHECK_LEN];
    bool known = false;
    if (text.n != CS_API_KEY_LEN)
        return false;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        known = known || cs_slice_starts(text, cs_slice_str(prefixes[i].text));
    return known && check_digits(check, cs_slice_sub(text, 0, PREFIX_LEN + BODY_LEN)) == CS_OK &&
           cs_secret_eq(CS_ARRAY(check), cs_slice_sub(text, PREFIX_LEN + BODY_LEN, CHECK_LEN));
}

static uint64_t number_of(const uint8_t bytes[8])
{
    uint64_t n;
    memcpy(&n, bytes, sizeof n);
    return n;
}

/* An API key stays with its org whatever becomes of it. */
static void remember_account(cs_auth *a, const cs_digest *hash, const char *org)
{
    cs_digest d;
    size_t at = number_of(hash->b) % CS_KNOWN_ACCOUNTS;
    if (cs_hash(&d, CS_SHA256, cs_slice_str(org)) != CS_OK)
        return;
    (void)pthread_mutex_lock(&a->lock);
    a->accounts[at].hash = number_of(hash->b);
    a->accounts[at].account = number_of(d.b) | 1; /* never 0 */
    (void)pthread_mutex_unlock(&a->lock);
}

/* The row of a keyed hash, from memory if it is there. The hash is no secret: it gives nobody access. */
static cs_err find_row(cs_api_key_row *row, cs_auth *a, const cs_digest *hash)
{
    cs_api_key_row *known = &a->known[hash->b[0] % CS_KNOWN_API_KEYS];
    (void)pthread_mutex_lock(&a->lock);
    bool found = known->id[0] != '\0' && memcmp(known->hash, hash->b, sizeof known->hash) == 0;
    uint64_t changes = a->changes;
    if (found)
        *row = *known;
    (void)pthread_mutex_unlock(&a->lock);
    if (found)
        return CS_OK;
    cs_err err = cs_store_api_key(a->store, row, hash->b);
    if (err != CS_OK)
        return err;
    remember_account(a, hash, row->org);
    (void)pthread_mutex_lock(&a->lock);
    if (changes == a->changes)
        *known = *row;
    (void)pthread_mutex_unlock(&a->lock);
    return CS_OK;
}

void cs_auth_forget(cs_auth *a, const char *api_key_id)
{
    (void)pthread_mutex_lock(&a->lock);
    a->changes++;
    for (size_t i = 0; i < CS_KNOWN_API_KEYS; i++)
        if (strcmp(a->known[i].id, api_key_id) == 0)
            a->known[i].id[0] = '\0';
    (void)pthread_mutex_unlock(&a->lock);
}

void cs_auth_forget_all(cs_auth *a)
{
    (void)pthread_mutex_lock(&a->lock);
    a->changes++;
    for (size_t i = 0; i < CS_KNOWN_API_KEYS; i++)
        a->known[i].id[0] = '\0';
    (void)pthread_mutex_unlock(&a->lock);
}

bool cs_auth_note_refusal(cs_auth *a, const char *api_key_id, int64_t now_ms)
{
    size_t place = 0;
    (void)pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < CS_NOTED_REFUSALS; i++) {
        if (strcmp(a->refusals[i].key_id, api_key_id) == 0) {
            place = i;
            break;
        }
        if (a->refusals[i].at_ms < a->refusals[place].at_ms)
            place = i;
    }
    bool record = a->refusals[place].at_ms == 0 || now_ms - a->refusals[place].at_ms >= CS_REFUSAL_MS;
    if (record) {
        memcpy(a->refusals[place].key_id, api_key_id, strlen(api_key_id) + 1);
        a->refusals[place].at_ms = now_ms;
    }
    (void)pthread_mutex_unlock(&a->lock);
    return record;
}

void cs_auth_suspend(cs_auth *a, const char *const *orgs, size_t n)
{
    (void)pthread_mutex_lock(&a->lock);
    a->suspended_count = n < CS_MAX_SUSPENDED_ORGS ? n : CS_MAX_SUSPENDED_ORGS;
    for (size_t i = 0; i < a->suspended_count; i++)
        (void)snprintf(a->suspended[i], sizeof a->suspended[i], "%s", orgs[i]);
    (void)pthread_mutex_unlock(&a->lock);
}

bool cs_auth_is_suspended(cs_auth *a, const char *org)
{
    bool found = false;
    (void)pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < a->suspended_count; i++)
        found = found || strcmp(a->suspended[i], org) == 0;
    (void)pthread_mutex_unlock(&a->lock);
    return found;
}

/* What the row of an API key gives whoever shows it. */
static cs_err admit(cs_caller *out, cs_auth *a, const cs_api_key_row *row, int64_t now_ms)
{
    memcpy(out->key_id, row->id, sizeof out->key_id);
    memcpy(out->org, row->org, sizeof out->org);
    cs_id_realm(out->realm, row->org, row->live);
    if (row->revoked_ms != 0)
        out->refused = "revoked";
    else if (row->expires_ms != 0 && row->expires_ms <= now_ms)
        out->refused = "expired";
    if (out->refused != NULL)
        return CS_UNAUTHENTICATED;
    if (cs_auth_is_suspended(a, row->org)) {
        out->refused = "suspended";
        return CS_ACCOUNT_SUSPENDED;
    }
    out->live = row->live;
    out->publishable = row->publishable;
    out->scopes = row->publishable ? row->scopes & CS_SCOPES_PUBLISHABLE : row->scopes;
    out->key_id_count = row->key_id_count;
    memcpy(out->key_ids, row->key_ids, sizeof out->key_ids);
    return CS_OK;
}

cs_err cs_auth_check_text(cs_caller *out, cs_auth *a, cs_slice text, int64_t now_ms)
{
    cs_digest hash;
    cs_api_key_row row;
    *out = (cs_caller){0};
    out->shown = is_well_formed(text);
    if (!out->shown)
        return CS_UNAUTHENTICATED;
    cs_err err = hash_of(&hash, a, text);
    if (err == CS_OK)
        err = find_row(&row, a, &hash);
    if (err == CS_NOT_FOUND)
        return CS_UNAUTHENTICATED;
    return err == CS_OK ? admit(out, a, &row, now_ms) : err;
}

/* What stands behind the scheme, or nothing. */
static cs_slice bearer_of(cs_slice authorization)
{
    static const char scheme[] = "Bearer ";
    const size_t n = sizeof scheme - 1;
    if (authorization.n <= n || strncasecmp((const char *)authorization.p, scheme, n) != 0)
        return CS_ABSENT;
    return cs_slice_sub(authorization, n, authorization.n);
}

static cs_err check_bearer(cs_caller *out, cs_auth *a, cs_slice authorization, int64_t now_ms)
{
    cs_slice text = bearer_of(authorization);
    return text.p != NULL ? cs_auth_check_text(out, a, text, now_ms) : CS_UNAUTHENTICATED;
}

uint64_t cs_auth_account(cs_auth *a, cs_slice authorization)
{
    cs_digest hash;
    cs_slice text = bearer_of(authorization);
    if (!is_well_formed(text) || hash_of(&hash, a, text) != CS_OK)
        return 0;
    uint64_t number = number_of(hash.b);
    size_t at = number % CS_KNOWN_ACCOUNTS;
    (void)pthread_mutex_lock(&a->lock);
    uint64_t account = a->accounts[at].hash == number ? a->accounts[at].account : 0;
    (void)pthread_mutex_unlock(&a->lock);
    return account;
}

/* A session is worth what its API key is worth now; both are read from the store each time. */
static cs_err check_session(cs_caller *out, cs_auth *a, const cs_credentials *shown, int64_t now_ms)
{
    cs_session_row session;
    cs_api_key_row row;
    uint8_t hash[CS_SHA256_LEN];
    cs_slice token = cs_session_cookie(shown->cookie);
    out->shown = token.p != NULL;
    if (token.p == NULL)
        return CS_UNAUTHENTICATED;
    cs_err err = cs_session_hash(hash, a, token);
    if (err == CS_OK)
        err = cs_store_session(a->store, &session, hash);
    if (err == CS_OK && session.expires_ms <= now_ms)
        err = CS_NOT_FOUND;
    if (err == CS_OK)
        err = cs_store_api_key_by_id(a->store, &row, cs_slice_str(session.org), cs_slice_str(session.api_key_id));
    if (err == CS_NOT_FOUND)
        return CS_UNAUTHENTICATED;
    if (err == CS_OK)
        err = admit(out, a, &row, now_ms);
    if (err == CS_OK && !shown->reads)
        err = cs_session_check_csrf(a, token, shown->csrf);
    out->by_session = true;
    memcpy(out->session, hash, sizeof out->session);
    return err;
}

cs_err cs_auth_check(cs_caller *out, cs_auth *a, const cs_credentials *shown, int64_t now_ms)
{
    *out = (cs_caller){0};
    cs_err err = shown->authorization.p != NULL ? check_bearer(out, a, shown->authorization, now_ms)
                                                : check_session(out, a, shown, now_ms);
    if (err == CS_OK)
        return CS_OK;
    cs_caller refused = {.shown = out->shown, .refused = err == CS_CSRF ? "no CSRF token" : out->refused};
    memcpy(refused.key_id, out->key_id, sizeof refused.key_id);
    memcpy(refused.org, out->org, sizeof refused.org);
    memcpy(refused.realm, out->realm, sizeof refused.realm);
    *out = refused;
    return err;
}

bool cs_caller_may_use(const cs_caller *c, const char *key_id)
{
    bool named = c->key_id_count == 0;
    for (size_t i = 0; i < c->key_id_count; i++)
        named = named || strcmp(c->key_ids[i], key_id) == 0;
    return named;
}

static cs_err cursor_mac(cs_digest *out, const cs_auth *a, cs_slice org, const char *route, cs_slice id)
{
    uint8_t bytes[4 * CS_MAX_ID];
    cs_buf b = CS_BUF_OVER(bytes);
    cs_buf_add_lp16(&b, org);
    cs_buf_add_lp16(&b, cs_slice_str(route));
    cs_buf_add_lp16(&b, id);
    return b.err == CS_OK ? cs_hmac_sha256(out, cs_secret_slice(&a->cursor_key), cs_buf_slice(&b)) : b.err;
}

void cs_cursor_write(cs_buf *out, const cs_auth *a, cs_slice org, const char *route, cs_slice id)
{
    uint8_t bytes[CURSOR_MAC + CS_MAX_ID];
    cs_buf b = CS_BUF_OVER(bytes);
    cs_digest mac;
    cs_err err = cursor_mac(&mac, a, org, route, id);
    if (err != CS_OK) {
        out->err = err;
        return;
    }
    cs_buf_add(&b, cs_slice_of(mac.b, CURSOR_MAC));
    cs_buf_add(&b, id);
    cs_base64url_encode(out, cs_buf_slice(&b));
}

cs_err cs_cursor_read(char id[CS_MAX_ID + 1], const cs_auth *a, cs_slice org, const char *route, cs_slice cursor)
{
    uint8_t bytes[CURSOR_MAC + CS_MAX_ID];
    cs_buf b = CS_BUF_OVER(bytes);
    cs_digest mac;
    id[0] = '\0';
    if (cs_base64url_decode(&b, cursor) != CS_OK || b.n <= CURSOR_MAC)
        return CS_BAD_CURSOR;
    cs_slice inside = cs_slice_sub(cs_buf_slice(&b), CURSOR_MAC, b.n);
    cs_err err = cursor_mac(&mac, a, org, route, inside);
    if (err != CS_OK)
        return err;
    if (!cs_secret_eq(cs_slice_of(mac.b, CURSOR_MAC), cs_slice_sub(cs_buf_slice(&b), 0, CURSOR_MAC)))
        return CS_BAD_CURSOR;
    return cs_slice_to_cstr(id, CS_MAX_ID + 1, inside) == CS_OK ? CS_OK : CS_BAD_CURSOR;
}
