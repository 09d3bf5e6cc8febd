/* SPDX-License-Identifier: Apache-2.0 */
#include "core/jwt.h"

#include <string.h>

#include "core/clock.h"
#include "core/encode.h"
#include "core/limits.h"

#define MAX_SECONDS 253402300799LL /* end of the year 9999 */
#define MAX_TEXT 64

/* Our reason, unless the failure is ours and says nothing about the token. */
static cs_err reason_of(cs_err err, cs_err reason)
{
    return err == CS_OK || err == CS_NO_MEMORY || err == CS_CRYPTO ? err : reason;
}

static cs_err decode(cs_buf *out, cs_slice text)
{
    return text.n == 0 ? CS_ATT_EVIDENCE_FORMAT : reason_of(cs_base64url_decode(out, text), CS_ATT_EVIDENCE_FORMAT);
}

/* What stands before the next dot; `rest` is what stands behind it, absent where there is no dot. */
static cs_slice part(cs_slice *rest)
{
    cs_slice all = *rest;
    const uint8_t *dot = all.n > 0 ? memchr(all.p, '.', all.n) : NULL;
    size_t n = dot != NULL ? (size_t)(dot - all.p) : all.n;
    *rest = dot != NULL ? cs_slice_sub(all, n + 1, all.n) : CS_ABSENT;
    return cs_slice_sub(all, 0, n);
}

static cs_err open_object(cs_json **json, cs_jobj *object, cs_slice text)
{
    cs_err err = cs_json_parse(json, text, CS_MAX_TOKEN);
    if (err == CS_OK) {
        *object = cs_jobj_open(cs_json_root(*json));
        err = object->err;
    }
    return reason_of(err, CS_ATT_EVIDENCE_FORMAT);
}

cs_err cs_jwt_parse(cs_jwt *out, cs_slice token)
{
    *out =
        (cs_jwt){.texts = {cs_buf_new(CS_MAX_TOKEN), cs_buf_new(CS_MAX_TOKEN)}, .signature = cs_buf_new(CS_MAX_TOKEN)};
    if (token.n > CS_MAX_TOKEN)
        return CS_ATT_EVIDENCE_FORMAT;
    cs_slice rest = token;
    cs_slice header = part(&rest), claims = part(&rest);
    /* A third dot is no base64url character; without a second one nothing is left for the signature. */
    out->input = cs_slice_sub(token, 0, header.n + 1 + claims.n);
    cs_err err = decode(&out->texts[0], header);
    if (err == CS_OK)
        err = decode(&out->texts[1], claims);
    if (err == CS_OK)
        err = decode(&out->signature, rest);
    if (err == CS_OK)
        err = open_object(&out->header_json, &out->header, cs_buf_slice(&out->texts[0]));
    if (err == CS_OK)
        err = open_object(&out->claims_json, &out->claims, cs_buf_slice(&out->texts[1]));
    return err;
}

void cs_jwt_free(cs_jwt *t)
{
    cs_json_free(t->header_json);
    cs_json_free(t->claims_json);
    cs_buf_free(&t->texts[0]);
    cs_buf_free(&t->texts[1]);
    cs_buf_free(&t->signature);
    *t = (cs_jwt){0};
}

cs_err cs_jwt_check_header(cs_jwt *t)
{
    cs_slice alg = cs_jobj_str(&t->header, "alg", MAX_TEXT), typ = cs_jobj_str_opt(&t->header, "typ", MAX_TEXT);
    if (t->header.err != CS_OK || (typ.p != NULL && !cs_slice_is(typ, "JWT")))
        return CS_ATT_EVIDENCE_FORMAT;
    return cs_slice_is(alg, "RS256") && !cs_jobj_has(&t->header, "crit") ? CS_OK : CS_ATT_EVIDENCE_ALGORITHM;
}

cs_err cs_jwt_verify(const cs_jwt *t, const cs_pubkey *key)
{
    return reason_of(cs_pubkey_verify(key, CS_SCHEME_RS256, t->input, cs_buf_slice(&t->signature)),
                     CS_ATT_PROOF_INVALID);
}

cs_err cs_jwt_when(int64_t *out, cs_jwt *t, int64_t at, bool stored)
{
    *out = stored ? cs_jobj_int(&t->claims, "iat", 0, MAX_SECONDS) : at;
    return t->claims.err == CS_OK ? CS_OK : CS_ATT_EVIDENCE_FORMAT;
}

cs_err cs_jwt_check_times(cs_jwt_times *out, cs_jwt *t, int64_t at, bool stored)
{
    *out =
        (cs_jwt_times){cs_jobj_int(&t->claims, "iat", 0, MAX_SECONDS), cs_jobj_int(&t->claims, "nbf", 0, MAX_SECONDS),
                       cs_jobj_int(&t->claims, "exp", 0, MAX_SECONDS)};
    if (t->claims.err != CS_OK)
        return CS_ATT_EVIDENCE_FORMAT;
    if (stored)
        at = out->iat;
    if (at < out->nbf - CS_MAX_CLOCK_SKEW_SECONDS)
        return CS_ATT_TOKEN_NOT_YET_VALID;
    return at < out->exp ? CS_OK : CS_ATT_TOKEN_EXPIRED;
}

void cs_jwt_describe_times(cs_jw *w, const cs_jwt *t)
{
    static const char *const rows[][2] = {{"issued", "iat"}, {"notBefore", "nbf"}, {"expires", "exp"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[32];
        cs_buf time = CS_BUF_OVER(text);
        cs_jobj claims = {.v = t->claims.v};
        int64_t seconds = cs_jobj_int(&claims, rows[i][1], 0, MAX_SECONDS);
        cs_time_write(&time, seconds * 1000);
        if (claims.err == CS_OK)
            cs_jw_str(w, rows[i][0], cs_buf_slice(&time));
    }
}
