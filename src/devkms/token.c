/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/token.h"

#include <string.h>

#include "core/crypto.h"
#include "core/encode.h"
#include "core/json.h"

#define HOUR 3600
#define SKEW 60
#define TOKEN_HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

/* The three parts; false for another number of them, or an empty one. */
static bool split(cs_slice parts[3], cs_slice jwt)
{
    for (size_t i = 0; i < 3; i++) {
        const uint8_t *dot = jwt.n > 0 ? memchr(jwt.p, '.', jwt.n) : NULL;
        if ((dot == NULL) != (i == 2))
            return false;
        parts[i] = dot != NULL ? cs_slice_sub(jwt, 0, (size_t)(dot - jwt.p)) : jwt;
        jwt = cs_slice_sub(jwt, parts[i].n + 1, jwt.n);
        if (parts[i].n == 0)
            return false;
    }
    return true;
}

/* The first two parts with the dot between them, as they stand in the text. */
static cs_slice signed_part(const cs_slice parts[3])
{
    return cs_slice_of(parts[0].p, parts[0].n + 1 + parts[1].n);
}

static cs_err parse_part(cs_json **out, cs_slice part)
{
    cs_buf text = cs_buf_new(CS_TOKEN_MAX);
    *out = NULL;
    cs_err err = cs_base64url_decode(&text, part);
    if (err == CS_OK)
        err = cs_json_parse(out, cs_buf_slice(&text), CS_TOKEN_MAX);
    cs_buf_free(&text);
    return err;
}

/* -- tokens -------------------------------------------------------------------------------------------------------- */

cs_err cs_token_issue(cs_buf *out, cs_slice key, const char *audience, int64_t until)
{
    size_t from = out->n;
    cs_digest mac;
    cs_buf payload = cs_buf_new(1024);
    cs_jw w = cs_jw_on(&payload);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "aud", audience);
    cs_jw_int(&w, "exp", until);
    cs_jw_end(&w);
    cs_base64url_encode(out, CS_LIT(TOKEN_HEADER));
    cs_buf_add_u8(out, '.');
    cs_base64url_encode(out, cs_buf_slice(&payload));
    cs_err err = payload.err != CS_OK ? payload.err : out->err;
    if (err == CS_OK)
        err = cs_hmac_sha256(&mac, key, cs_slice_sub(cs_buf_slice(out), from, out->n));
    if (err == CS_OK) {
        cs_buf_add_u8(out, '.');
        cs_base64url_encode(out, cs_digest_slice(&mac));
        err = out->err;
    }
    cs_buf_free(&payload);
    return err;
}

cs_err cs_token_check(cs_slice key, cs_slice token, const char *audience, int64_t now)
{
    cs_slice parts[3];
    cs_digest mac;
    cs_json *doc = NULL;
    cs_buf sent = cs_buf_new(256);
    cs_err err = CS_UNAUTHENTICATED;
    if (!split(parts, token) || cs_hmac_sha256(&mac, key, signed_part(parts)) != CS_OK ||
        cs_base64url_decode(&sent, parts[2]) != CS_OK || !cs_secret_eq(cs_buf_slice(&sent), cs_digest_slice(&mac)) ||
        parse_part(&doc, parts[1]) != CS_OK)
        goto out;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    bool ours = cs_slice_is(cs_jobj_str(&o, "aud", 256), audience);
    if (cs_jobj_int(&o, "exp", 0, CS_JSON_INT_MAX) > now && ours && cs_jobj_done(&o) == CS_OK)
        err = CS_OK;
out:
    cs_json_free(doc);
    cs_buf_free(&sent);
    return err;
}

/* -- assertions ---------------------------------------------------------------------------------------------------- */

void cs_assertion_free(cs_assertion *a)
{
    cs_json_free(a->doc);
    *a = (cs_assertion){0};
}

static bool is_rs256(cs_slice part)
{
    cs_json *doc = NULL;
    bool good = parse_part(&doc, part) == CS_OK;
    if (good) {
        cs_jobj o = cs_jobj_open(cs_json_root(doc));
        good = cs_slice_is(cs_jobj_str(&o, "alg", 16), "RS256");
        (void)cs_jobj_str_opt(&o, "typ", 16);
        (void)cs_jobj_str_opt(&o, "kid", 256);
        good = cs_jobj_done(&o) == CS_OK && good;
    }
    cs_json_free(doc);
    return good;
}

static bool read_claims(cs_assertion *out, int64_t now)
{
    cs_jobj o = cs_jobj_open(cs_json_root(out->doc));
    out->issuer = cs_jobj_str(&o, "iss", 256);
    out->audience = cs_jobj_str_opt(&o, "aud", 512);
    out->subject = cs_jobj_str_opt(&o, "sub", 256);
    out->scope = cs_jobj_str_opt(&o, "scope", 1024);
    out->issued = cs_jobj_int(&o, "iat", 0, CS_JSON_INT_MAX);
    out->expires = cs_jobj_int(&o, "exp", 0, CS_JSON_INT_MAX);
    return cs_jobj_done_open(&o) == CS_OK && out->expires > now && out->issued <= now + SKEW &&
           out->expires - out->issued <= HOUR;
}

cs_err cs_assertion_read(cs_assertion *out, const cs_pair *signer, cs_slice jwt, int64_t now)
{
    cs_slice parts[3];
    cs_buf sig = cs_buf_new(1024);
    *out = (cs_assertion){0};
    bool good = split(parts, jwt) && is_rs256(parts[0]) && cs_base64url_decode(&sig, parts[2]) == CS_OK &&
                cs_pair_verify(signer, CS_PAIR_RS256, signed_part(parts), cs_buf_slice(&sig)) == CS_OK &&
                parse_part(&out->doc, parts[1]) == CS_OK && read_claims(out, now);
    cs_buf_free(&sig);
    return good ? CS_OK : CS_UNAUTHENTICATED;
}
