/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kind gcp: Google's Confidential Space. The launcher beside the container gives tokens of Google's attestation
 * verifier over a unix socket; evidence is a PKI token for our audience whose one nonce is the hex of the commitment.
 * imageHash is the digest of the container's image, as the first token states it.
 *
 * The launcher ends each conversation, so the socket is connected anew for each token: the seccomp filter lets socket()
 * of the unix family and connect() through for this kind. Nothing that the launcher says is believed here but what the
 * container is called; a verifier judges the token. What it would refuse is refused here already, as far as that shows.
 */
#include <stdlib.h>
#include <string.h>

#include "core/crypto_issue.h"
#include "core/encode.h"
#include "core/jwt.h"
#include "enclave/post.h"
#include "enclave/rot.h"
#include "sys/log.h"

#define SOCKET "/run/container_launcher/teeserver.sock"
#define TOKEN_PATH "/v1/token"
#define MAX_TOKEN (32u << 10)
#define MAX_AUDIENCE 512
#define MAX_ADDRESS 128
#define TIMEOUT_US 10000000
#define NONCE_HEX ((size_t)2 * CS_COMMITMENT_LEN) /* 72: within the launcher's 10 to 74 and 8 to 88 */
#define MAX_CHAIN 4

struct launcher {
    char address[MAX_ADDRESS];
    char audience[MAX_AUDIENCE + 1];
};

static cs_err refuse(const char *why)
{
    cs_log(CS_LOG_ERROR, NULL, "launcher: the token %s", why);
    return CS_ROOT_UNAVAILABLE;
}

static cs_err ask(cs_buf *token, const struct launcher *l, cs_slice commitment)
{
    char hex_text[NONCE_HEX];
    cs_buf hex = CS_BUF_OVER(hex_text), request = cs_buf_new(2 * MAX_AUDIENCE + 512);
    cs_hex_encode(&hex, commitment);
    cs_jw w = cs_jw_on(&request);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "audience", l->audience);
    cs_jw_cstr(&w, "token_type", "PKI");
    cs_jw_begin_array(&w, "nonces");
    cs_jw_str(&w, NULL, cs_buf_slice(&hex));
    cs_jw_end_array(&w);
    cs_jw_end(&w);
    cs_err err = hex.err != CS_OK ? hex.err : request.err;
    if (err == CS_OK)
        err = cs_post(token, l->address, TOKEN_PATH, cs_buf_slice(&request), TIMEOUT_US);
    cs_buf_free(&request);
    return err;
}

/* The claim submods.container.image_digest. */
static cs_slice digest_of(cs_jwt *t)
{
    cs_jobj submods = cs_jobj_open(cs_jobj_object(&t->claims, "submods"));
    cs_jobj container = cs_jobj_open(cs_jobj_object(&submods, "container"));
    return cs_jobj_str(&container, "image_digest", CS_MAX_MEASUREMENT);
}

/* Whether the token is ours: this audience, this nonce alone, this image. `image` may be absent: any. */
static cs_err check(cs_jwt *t, const struct launcher *l, cs_slice commitment, cs_slice image)
{
    char hex_text[NONCE_HEX];
    cs_buf hex = CS_BUF_OVER(hex_text);
    cs_hex_encode(&hex, commitment);
    if (!cs_slice_is(cs_jobj_str(&t->claims, "aud", MAX_AUDIENCE), l->audience))
        return refuse("is for another audience");
    if (!cs_slice_eq(cs_jobj_str(&t->claims, "eat_nonce", NONCE_HEX), cs_buf_slice(&hex)))
        return refuse("has not our one nonce");
    cs_slice digest = digest_of(t);
    if (digest.p == NULL || (image.p != NULL && !cs_slice_eq(digest, image)))
        return refuse("is about another image");
    return CS_OK;
}

static cs_err prove_gcp(cs_rot *r, cs_buf *proof, cs_slice statement)
{
    cs_jwt t;
    cs_buf token = cs_buf_new(MAX_TOKEN);
    cs_err err = ask(&token, r->own, statement);
    if (err == CS_OK) {
        err = cs_jwt_parse(&t, cs_buf_slice(&token));
        if (err != CS_OK && err != CS_NO_MEMORY)
            err = refuse("is not well formed");
        if (err == CS_OK)
            err = check(&t, r->own, statement, cs_slice_str(r->image_hash));
        cs_jwt_free(&t);
    }
    if (err == CS_OK) {
        cs_buf_add(proof, cs_buf_slice(&token));
        err = proof->err;
    }
    cs_buf_free(&token);
    return err;
}

/* The root that the token's certificates end in, unless it is one that verifiers know. */
static cs_err write_foreign_root(cs_jw *w, cs_jwt *t)
{
    uint8_t der_bytes[8192];
    cs_buf der = CS_BUF_OVER(der_bytes), pem = cs_buf_new(2 * sizeof der_bytes);
    cs_digest hash;
    cs_jval chain = cs_jobj_array(&t->header, "x5c");
    size_t n = cs_jarr_len(chain);
    if (n == 0 || n > MAX_CHAIN || cs_base64_decode(&der, cs_jval_str(cs_jarr_at(chain, n - 1))) != CS_OK)
        return refuse("has not its certificates");
    cs_err err = cs_hash(&hash, CS_SHA256, cs_buf_slice(&der));
    if (err == CS_OK && cs_vendor_root_find(CS_VENDOR_GCP_CS, hash.b) == NULL) {
        cs_log(CS_LOG_WARN, NULL, "launcher: its tokens hang on a root that is not Google's");
        cs_issue_pem(&pem, cs_buf_slice(&der));
        cs_jw_str(w, "rootCertificatePem", cs_buf_slice(&pem));
        err = pem.err;
    }
    cs_buf_free(&pem);
    return err;
}

static cs_err take_first(cs_rot *r, cs_jwt *t, const struct launcher *l)
{
    cs_slice digest = digest_of(t);
    const cs_slice prefix = CS_LIT("sha256:");
    if (!cs_slice_starts(digest, prefix) || digest.n != prefix.n + (size_t)2 * CS_SHA256_LEN)
        return refuse("names no image by its SHA-256");
    cs_err err = cs_slice_to_cstr(r->image_hash, sizeof r->image_hash, digest);
    cs_jw w = cs_jw_on(&r->match_rules);
    cs_jw_begin(&w, NULL);
    cs_jw_begin_array(&w, "imageDigests");
    cs_jw_str(&w, NULL, digest);
    cs_jw_end_array(&w);
    cs_jw_cstr(&w, "audience", l->audience);
    if (err == CS_OK)
        err = write_foreign_root(&w, t);
    cs_jw_end(&w);
    return err != CS_OK ? err : r->match_rules.err;
}

/* The first token: for nothing but to know what this container is called. */
static cs_err question(cs_rot *r, const struct launcher *l)
{
    uint8_t nonce[CS_COMMITMENT_LEN];
    cs_jwt t;
    cs_buf token = cs_buf_new(MAX_TOKEN);
    cs_err err = cs_random(nonce, sizeof nonce);
    if (err == CS_OK)
        err = ask(&token, l, CS_ARRAY(nonce));
    if (err == CS_OK) {
        err = cs_jwt_parse(&t, cs_buf_slice(&token));
        if (err != CS_OK && err != CS_NO_MEMORY)
            err = refuse("is not well formed");
        if (err == CS_OK)
            err = check(&t, l, CS_ARRAY(nonce), CS_ABSENT);
        if (err == CS_OK)
            err = take_first(r, &t, l);
        cs_jwt_free(&t);
    }
    cs_buf_free(&token);
    return err;
}

static cs_err open_gcp(cs_rot *r, const cs_rot_options *o)
{
    struct launcher *l = calloc(1, sizeof *l);
    r->own = l;
    if (l == NULL)
        return CS_NO_MEMORY;
    cs_buf address = CS_BUF_OVER(l->address);
    cs_buf_printf(&address, "unix:%s", o->device != NULL ? o->device : SOCKET);
    (void)cs_buf_cstr(&address);
    cs_err err = address.err != CS_OK ? CS_CONFIG : CS_OK;
    if (err == CS_OK && (o->audience == NULL || o->audience[0] == '\0' ||
                         cs_slice_to_cstr(l->audience, sizeof l->audience, cs_slice_str(o->audience)) != CS_OK))
        err = CS_CONFIG;
    if (err != CS_OK) {
        cs_log(CS_LOG_ERROR, NULL, "launcher: an audience of 1 to %d bytes and a shorter path are needed",
               MAX_AUDIENCE);
        return err;
    }
    r->sandbox = (cs_sandbox_extra){.unix_sockets = true};
    return question(r, l);
}

static void close_gcp(cs_rot *r)
{
    free(r->own);
}

const cs_rot_kind cs_rot_gcp = {
    .name = "gcp",
    .vendor = CS_VENDOR_GCP_CS,
    .hardware = true,
    .open = open_gcp,
    .prove = prove_gcp,
    .close = close_gcp,
};
