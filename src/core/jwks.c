/* SPDX-License-Identifier: Apache-2.0 */
#include "core/jwks.h"

#include <stdlib.h>
#include <string.h>

#include "core/crypto_x509.h"
#include "core/encode.h"

#define MAX_NUMBER 1024            /* bytes of a modulus of 8,192 bits */
#define MAX_SECONDS 253402300799LL /* end of the year 9999 */

struct cs_jwks {
    size_t n;
    cs_jwk keys[];
};

struct reading {
    const cs_slice *issuers;
    size_t issuer_count;
};

/* -- one key --------------------------------------------------------------------------------------------------- */

static bool is_member(cs_jobj *o, const char *name, const char *value)
{
    cs_slice text = cs_jobj_str_opt(o, name, CS_MAX_KID);
    return text.p == NULL || cs_slice_is(text, value);
}

static bool set_issuer(cs_jwk *k, cs_slice name, const struct reading *r)
{
    for (size_t i = 0; i < r->issuer_count; i++)
        if (cs_slice_eq(name, r->issuers[i]))
            return cs_slice_to_cstr(k->issuer, sizeof k->issuer, name) == CS_OK;
    return false;
}

static bool read_kid(cs_jwk *k, cs_jobj *o)
{
    cs_slice kid = cs_jobj_str(o, "kid", CS_MAX_KID);
    for (size_t i = 0; i < kid.n; i++)
        if (kid.p[i] <= ' ' || kid.p[i] > '~')
            return false;
    return kid.n > 0 && cs_slice_to_cstr(k->kid, sizeof k->kid, kid) == CS_OK;
}

/* CS_ATT_KEY_WEAK, or CS_POLICY_KEYS for what is no key. */
static cs_err key_from_numbers(cs_pubkey **out, cs_jobj *o)
{
    uint8_t modulus[MAX_NUMBER], exponent[8];
    cs_buf n = CS_BUF_OVER(modulus), e = CS_BUF_OVER(exponent);
    cs_slice n_text = cs_jobj_str(o, "n", 2 * MAX_NUMBER), e_text = cs_jobj_str(o, "e", 16);
    if (o->err != CS_OK || cs_base64url_decode(&n, n_text) != CS_OK || cs_base64url_decode(&e, e_text) != CS_OK)
        return CS_POLICY_KEYS;
    cs_err err = cs_pubkey_from_rsa(out, cs_buf_slice(&n), cs_buf_slice(&e));
    return err == CS_BAD_PUBLIC_KEY ? CS_POLICY_KEYS : err;
}

/* A certificate that stands alone has nobody to vouch for it: it must at least be its own and name its issuer. */
static cs_err check_alone(cs_jwk *k, const cs_cert *c, const struct reading *r)
{
    cs_err err = cs_cert_self_signed(c);
    if (err == CS_NO_MEMORY || err == CS_CRYPTO)
        return err;
    cs_slice name = cs_cert_common_name(c);
    return err == CS_OK && name.p != NULL && set_issuer(k, name, r) ? CS_OK : CS_POLICY_KEYS;
}

static cs_err key_from_certificate(cs_jwk *k, cs_jval x5c, const struct reading *r)
{
    cs_cert *cert = NULL;
    size_t n = cs_jarr_len(x5c);
    cs_slice text = cs_jval_str(cs_jarr_at(x5c, 0));
    if (n == 0 || n > CS_MAX_CHAIN || text.p == NULL)
        return CS_POLICY_KEYS;
    cs_buf der = cs_buf_new(CS_MAX_CERTIFICATE);
    cs_buf spki = cs_buf_new(CS_MAX_CERTIFICATE);
    cs_err err = cs_base64_decode(&der, text);
    if (err == CS_OK)
        err = cs_cert_parse(&cert, cs_buf_slice(&der));
    if (err != CS_OK) {
        err = err == CS_NO_MEMORY || err == CS_CRYPTO ? err : CS_POLICY_KEYS;
        goto out;
    }
    err = CS_ATT_KEY_WEAK;
    if (cs_cert_public_key(cert) == NULL || cs_pubkey_curve(cs_cert_public_key(cert)) != CS_PRIM_NONE)
        goto out;
    k->nbf = cs_cert_not_before(cert);
    k->exp = cs_cert_not_after(cert);
    err = k->nbf <= 0 || k->exp < k->nbf ? CS_POLICY_KEYS : n == 1 ? check_alone(k, cert, r) : CS_OK;
    if (err == CS_OK)
        err = cs_pubkey_spki(&spki, cs_cert_public_key(cert));
    if (err == CS_OK)
        err = cs_pubkey_from_spki(&k->key, cs_buf_slice(&spki));
out:
    cs_cert_free(cert);
    cs_buf_free(&der);
    cs_buf_free(&spki);
    return err;
}

static cs_err read_material(cs_jwk *k, cs_jobj *o, const struct reading *r)
{
    cs_pubkey *numbers = NULL;
    cs_jval x5c = cs_jobj_array_opt(o, "x5c");
    if (x5c.v == NULL)
        return o->err != CS_OK ? CS_POLICY_KEYS : key_from_numbers(&k->key, o);
    cs_err err = key_from_certificate(k, x5c, r);
    if (err != CS_OK || !(cs_jobj_has(o, "n") || cs_jobj_has(o, "e")))
        return err;
    err = key_from_numbers(&numbers, o);
    if (err == CS_OK && !cs_pubkey_eq(numbers, k->key))
        err = CS_POLICY_KEYS;
    cs_pubkey_free(numbers);
    return err;
}

/* What a set of ours says beside the key. A certificate's word is not changed by it. */
static bool read_bounds(cs_jwk *k, cs_jobj *o, const struct reading *r)
{
    cs_slice issuer = cs_jobj_str_opt(o, "issuer", CS_MAX_ISSUER);
    bool certified = k->exp != 0;
    int64_t nbf = cs_jobj_int_or(o, "nbf", 1, MAX_SECONDS, k->nbf);
    int64_t exp = cs_jobj_int_or(o, "exp", 1, MAX_SECONDS, k->exp);
    if (o->err != CS_OK || exp < nbf || (certified && (nbf != k->nbf || exp != k->exp)))
        return false;
    k->nbf = nbf;
    k->exp = exp;
    if (issuer.p != NULL && k->issuer[0] != '\0')
        return cs_slice_is(issuer, k->issuer);
    if (issuer.p != NULL)
        return set_issuer(k, issuer, r);
    return k->issuer[0] != '\0' || r->issuer_count == 1;
}

/* *keep false: not a key for us. */
static cs_err read_jwk(cs_jwk *k, bool *keep, cs_jval v, const struct reading *r)
{
    *k = (cs_jwk){0};
    *keep = false;
    cs_jobj o = cs_jobj_open(v);
    bool ours = cs_slice_is(cs_jobj_str(&o, "kty", CS_MAX_KID), "RSA");
    ours = is_member(&o, "alg", "RS256") && ours;
    ours = is_member(&o, "use", "sig") && ours;
    if (o.err != CS_OK || cs_jobj_has(&o, "d"))
        return CS_POLICY_KEYS;
    if (!ours)
        return CS_OK;
    if (!read_kid(k, &o))
        return CS_POLICY_KEYS;
    cs_err err = read_material(k, &o, r);
    if (err == CS_ATT_KEY_WEAK)
        return CS_OK;
    if (err == CS_OK && !read_bounds(k, &o, r))
        err = CS_POLICY_KEYS;
    *keep = err == CS_OK;
    return err;
}

/* -- sets ------------------------------------------------------------------------------------------------------ */

static int by_kid(const void *a, const void *b)
{
    return strcmp(((const cs_jwk *)a)->kid, ((const cs_jwk *)b)->kid);
}

static cs_err read_keys(cs_jwks *s, cs_jval keys, size_t n, const struct reading *r)
{
    for (size_t i = 0; i < n; i++) {
        bool keep = false;
        cs_jwk *k = &s->keys[s->n];
        cs_err err = read_jwk(k, &keep, cs_jarr_at(keys, i), r);
        if (keep)
            s->n++;
        else
            cs_pubkey_free(k->key);
        if (err != CS_OK)
            return err;
    }
    qsort(s->keys, s->n, sizeof s->keys[0], by_kid);
    for (size_t i = 1; i < s->n; i++)
        if (by_kid(&s->keys[i - 1], &s->keys[i]) == 0)
            return CS_POLICY_KEYS;
    return s->n > 0 ? CS_OK : CS_POLICY_KEYS;
}

cs_err cs_jwks_read(cs_jwks **out, cs_jval set, const cs_slice *issuers, size_t issuer_count)
{
    const struct reading r = {issuers, issuer_count};
    *out = NULL;
    cs_jobj o = cs_jobj_open(set);
    cs_jval keys = cs_jobj_array(&o, "keys");
    size_t n = cs_jarr_len(keys);
    if (o.err != CS_OK || n == 0 || n > CS_MAX_JWKS || issuer_count == 0)
        return CS_POLICY_KEYS;
    cs_jwks *s = calloc(1, sizeof *s + n * sizeof s->keys[0]);
    if (s == NULL)
        return CS_NO_MEMORY;
    cs_err err = read_keys(s, keys, n, &r);
    if (err == CS_OK)
        *out = s;
    else
        cs_jwks_free(s);
    return err;
}

void cs_jwks_free(cs_jwks *s)
{
    for (size_t i = 0; s != NULL && i < s->n; i++)
        cs_pubkey_free(s->keys[i].key);
    free(s);
}

size_t cs_jwks_count(const cs_jwks *s)
{
    return s->n;
}

const cs_jwk *cs_jwks_at(const cs_jwks *s, size_t i)
{
    return i < s->n ? &s->keys[i] : NULL;
}

const cs_jwk *cs_jwks_find(const cs_jwks *s, cs_slice kid)
{
    for (size_t i = 0; i < s->n; i++)
        if (cs_slice_is(kid, s->keys[i].kid))
            return &s->keys[i];
    return NULL;
}

static bool is_replaced(const cs_jwks *s, const cs_jwk *ended, int64_t now)
{
    for (size_t i = 0; i < s->n; i++) {
        const cs_jwk *k = &s->keys[i];
        bool same = k->issuer[0] == '\0' || ended->issuer[0] == '\0' || strcmp(k->issuer, ended->issuer) == 0;
        if (same && (k->exp == 0 || k->exp > now))
            return true;
    }
    return false;
}

int64_t cs_jwks_until(const cs_jwks *s, int64_t now)
{
    int64_t until = INT64_MAX;
    for (size_t i = 0; i < s->n; i++) {
        const cs_jwk *k = &s->keys[i];
        if (k->exp != 0 && k->exp < until && (k->exp > now || !is_replaced(s, k, now)))
            until = k->exp;
    }
    return until;
}

cs_err cs_jwk_check_time(const cs_jwk *k, int64_t at)
{
    if (k->nbf != 0 && at < k->nbf)
        return CS_ATT_CERT_NOT_YET_VALID;
    return k->exp != 0 && at > k->exp ? CS_ATT_CERT_EXPIRED : CS_OK;
}

static void write_number(cs_jw *w, const char *name, cs_slice bytes)
{
    char text[MAX_NUMBER / 3 * 4 + 8];
    cs_buf b = CS_BUF_OVER(text);
    cs_base64url_encode(&b, bytes);
    cs_jw_str(w, name, cs_buf_slice(&b));
}

void cs_jwk_write(cs_jw *w, const char *name, const cs_jwk *k, const char *issuer)
{
    uint8_t modulus[MAX_NUMBER], exponent[8];
    cs_buf n = CS_BUF_OVER(modulus), e = CS_BUF_OVER(exponent);
    cs_err err = cs_pubkey_rsa(&n, &e, k->key);
    if (err != CS_OK)
        w->out->err = err;
    if (k->issuer[0] != '\0')
        issuer = k->issuer;
    cs_jw_begin(w, name);
    write_number(w, "e", cs_buf_slice(&e));
    if (k->exp != 0)
        cs_jw_int(w, "exp", k->exp);
    if (issuer[0] != '\0')
        cs_jw_cstr(w, "issuer", issuer);
    cs_jw_cstr(w, "kid", k->kid);
    cs_jw_cstr(w, "kty", "RSA");
    write_number(w, "n", cs_buf_slice(&n));
    if (k->nbf != 0)
        cs_jw_int(w, "nbf", k->nbf);
    cs_jw_end(w);
}

void cs_jwks_write(cs_jw *w, const char *name, const cs_jwks *s)
{
    cs_jw_begin(w, name);
    cs_jw_begin_array(w, "keys");
    for (size_t i = 0; i < s->n; i++)
        cs_jwk_write(w, NULL, &s->keys[i], "");
    cs_jw_end_array(w);
    cs_jw_end(w);
}

cs_err cs_jwks_sha256(uint8_t out[CS_SHA256_LEN], const cs_jwks *s)
{
    cs_digest digest = {0};
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    cs_jw w = cs_jw_on(&text);
    cs_jwks_write(&w, NULL, s);
    cs_err err = text.err != CS_OK ? text.err : cs_hash(&digest, CS_SHA256, cs_buf_slice(&text));
    memcpy(out, digest.b, CS_SHA256_LEN);
    cs_buf_free(&text);
    return err;
}
