/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/auth.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/encode.h"
#include "gateway/ids.h"
#include "sys/file.h"

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

static bool pepper_path(char path[PATH_MAX], const char *store_path)
{
    int n = snprintf(path, PATH_MAX, "%s.pepper", store_path);
    return n > 0 && n < PATH_MAX;
}

cs_err cs_auth_create_pepper(const char *store_path)
{
    char path[PATH_MAX];
    CS_SECRET(pepper);
    if (!pepper_path(path, store_path))
        return CS_TOO_LARGE;
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

cs_err cs_auth_open(cs_auth *a, cs_store *store, const char *store_path)
{
    char path[PATH_MAX];
    CS_SECRET(pepper);
    *a = (cs_auth){.store = store};
    (void)pthread_mutex_init(&a->lock, NULL);
    if (!pepper_path(path, store_path))
        return CS_TOO_LARGE;
    cs_err err = cs_file_read_secret(&pepper, path);
    if (err == CS_OK && pepper.n != PEPPER_LEN)
        err = CS_CONFIG;
    if (err == CS_OK)
        err = derive(&a->api_key_key, &pepper, "countersign/api-key/v1");
    if (err == CS_OK)
        err = derive(&a->cursor_key, &pepper, "countersign/cursor/v1");
    return err;
}

void cs_auth_close(cs_auth *a)
{
    cs_secret_wipe(&a->api_key_key);
    cs_secret_wipe(&a->cursor_key);
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

/* The row of a keyed hash, from memory if it is there. The hash is no secret: it gives nobody access. */
static cs_err find_row(cs_api_key_row *row, cs_auth *a, const cs_digest *hash)
{
    cs_api_key_row *known = &a->known[hash->b[0] % CS_KNOWN_API_KEYS];
    (void)pthread_mutex_lock(&a->lock);
    bool found = known->id[0] != '\0' && memcmp(known->hash, hash->b, sizeof known->hash) == 0;
    if (found)
        *row = *known;
    (void)pthread_mutex_unlock(&a->lock);
    if (found)
        return CS_OK;
    cs_err err = cs_store_api_key(a->store, row, hash->b);
    if (err != CS_OK)
        return err;
    (void)pthread_mutex_lock(&a->lock);
    *known = *row;
    (void)pthread_mutex_unlock(&a->lock);
    return CS_OK;
}

cs_err cs_auth_check(cs_caller *out, cs_auth *a, cs_slice authorization)
{
    static const char scheme[] = "Bearer ";
    const size_t n = sizeof scheme - 1;
    cs_digest hash;
    cs_api_key_row row;

    *out = (cs_caller){0};
    if (authorization.n <= n || strncasecmp((const char *)authorization.p, scheme, n) != 0)
        return CS_UNAUTHENTICATED;
    cs_slice text = cs_slice_sub(authorization, n, authorization.n);
    if (!is_well_formed(text))
        return CS_UNAUTHENTICATED;
    cs_err err = hash_of(&hash, a, text);
    if (err == CS_OK)
        err = find_row(&row, a, &hash);
    if (err == CS_NOT_FOUND || (err == CS_OK && row.revoked_ms != 0))
        return CS_UNAUTHENTICATED;
    if (err != CS_OK)
        return err;
    memcpy(out->key_id, row.id, sizeof out->key_id);
    memcpy(out->org, row.org, sizeof out->org);
    cs_id_realm(out->realm, row.org, row.live);
    out->live = row.live;
    out->publishable = row.publishable;
    out->scopes = row.publishable ? row.scopes & CS_SCOPES_PUBLISHABLE : row.scopes;
    return CS_OK;
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
