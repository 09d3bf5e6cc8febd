/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/session.h"

#include <string.h>

#include "core/encode.h"

#define TOKEN_BYTES 32

static cs_err encode(cs_secret *out, cs_slice bytes)
{
    cs_buf text = CS_BUF_OVER(out->b);
    cs_base64url_encode(&text, bytes);
    out->n = text.n;
    return text.err;
}

cs_err cs_session_hash(uint8_t out[CS_SHA256_LEN], const cs_auth *a, cs_slice token)
{
    cs_digest d;
    cs_err err = cs_hmac_sha256(&d, cs_secret_slice(&a->session_key), token);
    if (err == CS_OK)
        memcpy(out, d.b, CS_SHA256_LEN);
    return err;
}

cs_err cs_session_mint(cs_secret *token, cs_session_row *row, const cs_auth *a, const cs_caller *caller, int64_t now_ms)
{
    CS_SECRET(random);
    *row = (cs_session_row){.expires_ms = now_ms + INT64_C(1000) * CS_SESSION_SECONDS};
    memcpy(row->api_key_id, caller->key_id, sizeof row->api_key_id);
    memcpy(row->org, caller->org, sizeof row->org);
    cs_err err = cs_random(random.b, TOKEN_BYTES);
    random.n = TOKEN_BYTES;
    if (err == CS_OK)
        err = encode(token, cs_secret_slice(&random));
    if (err == CS_OK)
        err = cs_session_hash(row->hash, a, cs_secret_slice(token));
    if (err != CS_OK)
        cs_secret_wipe(token);
    return err;
}

cs_slice cs_session_cookie(cs_slice cookie)
{
    static const char name[] = CS_SESSION_COOKIE "=";
    const size_t n = sizeof name - 1;
    cs_slice token = CS_ABSENT;
    size_t found = 0;
    while (cookie.n > 0) {
        const uint8_t *semicolon = memchr(cookie.p, ';', cookie.n);
        size_t end = semicolon != NULL ? (size_t)(semicolon - cookie.p) : cookie.n;
        cs_slice pair = cs_slice_sub(cookie, 0, end);
        cookie = cs_slice_sub(cookie, end + 1, cookie.n);
        while (pair.n > 0 && pair.p[0] == ' ')
            pair = cs_slice_sub(pair, 1, pair.n);
        if (!cs_slice_starts(pair, cs_slice_of(name, n)))
            continue;
        token = cs_slice_sub(pair, n, pair.n);
        found++;
    }
    return found == 1 && token.n == CS_SESSION_TOKEN_LEN ? token : CS_ABSENT;
}

cs_err cs_session_csrf(cs_secret *out, const cs_auth *a, cs_slice token)
{
    cs_digest d;
    cs_err err = cs_hmac_sha256(&d, cs_secret_slice(&a->csrf_key), token);
    if (err == CS_OK)
        err = encode(out, cs_digest_slice(&d));
    cs_wipe(&d, sizeof d);
    return err;
}

cs_err cs_session_check_csrf(const cs_auth *a, cs_slice token, cs_slice csrf)
{
    CS_SECRET(want);
    cs_err err = cs_session_csrf(&want, a, token);
    if (err == CS_OK && !cs_secret_eq(cs_secret_slice(&want), csrf))
        err = CS_CSRF;
    return err;
}
