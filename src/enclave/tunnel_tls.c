/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/tunnel_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "sys/clock.h"
#include "sys/log.h"

#define MAX_INTERMEDIATES 4
#define PIECE 4096 /* of plaintext, received at once */

struct cs_tunnel_roots {
    SSL_CTX *ctx;
};

struct cs_tunnel_tls {
    SSL *ssl;
    BIO *in, *out; /* the library's: what came, what is to go */
    cs_host *host;
    int64_t deadline_us;
    size_t received;
};

/* -- roots --------------------------------------------------------------------------------------------------------- */

/* The library lets a certificate without the extension pass for every purpose. Here it has to say what it is for. */
static int check_leaf(int ok, X509_STORE_CTX *chain)
{
    if (ok != 1 || X509_STORE_CTX_get_error_depth(chain) != 0)
        return ok;
    uint32_t usage = X509_get_extended_key_usage(X509_STORE_CTX_get_current_cert(chain));
    if (usage != UINT32_MAX && (usage & XKU_SSL_SERVER) != 0)
        return 1;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_INVALID_PURPOSE);
    return 0;
}

static bool restrict_protocol(SSL_CTX *ctx)
{
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                       SSL_OP_CLEANSE_PLAINTEXT);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, check_leaf);
    SSL_CTX_set_verify_depth(ctx, MAX_INTERMEDIATES);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 && SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
           SSL_CTX_set1_groups_list(ctx, "X25519MLKEM768:X25519:P-256") == 1 &&
           SSL_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER) == 1;
}

cs_err cs_tunnel_roots_open(cs_tunnel_roots **out, const char *pem_file)
{
    cs_err err = CS_CONFIG;
    *out = NULL;
    cs_tunnel_roots *r = calloc(1, sizeof *r);
    if (r == NULL)
        return CS_NO_MEMORY;
    r->ctx = SSL_CTX_new(TLS_client_method());
    if (r->ctx == NULL || !restrict_protocol(r->ctx))
        err = CS_CRYPTO;
    else if (SSL_CTX_load_verify_file(r->ctx, pem_file) != 1)
        cs_log(CS_LOG_ERROR, NULL, "roots of the KMS: %s: no certificates in PEM that can be read", pem_file);
    else
        err = CS_OK;
    ERR_clear_error();
    if (err != CS_OK)
        cs_tunnel_roots_close(r);
    else
        *out = r;
    return err;
}

void cs_tunnel_roots_close(cs_tunnel_roots *r)
{
    if (r == NULL)
        return;
    SSL_CTX_free(r->ctx);
    free(r);
}

/* -- the pipe ------------------------------------------------------------------------------------------------------ */

/* Everything that the library wants to have sent. */
static cs_err flush(cs_tunnel_tls *t)
{
    char *bytes = NULL;
    long n = BIO_get_mem_data(t->out, &bytes);
    cs_err err = CS_OK;
    for (size_t at = 0; err == CS_OK && n > 0 && at < (size_t)n; at += CS_MAX_TUNNEL_BYTES) {
        cs_frame_in in;
        cs_kms_reply reply;
        size_t left = (size_t)n - at;
        const cs_kms_request q = {.type = CS_KMS_TUNNEL_SEND,
                                  .bytes =
                                      cs_slice_of(bytes + at, left < CS_MAX_TUNNEL_BYTES ? left : CS_MAX_TUNNEL_BYTES)};
        err = cs_host_ask(&reply, &in, t->host, &q);
        cs_frame_in_free(&in);
    }
    (void)BIO_reset(t->out);
    return err;
}

/* Some more for the library to read. Nobody may keep a request for ever by dripping. */
static cs_err fetch(cs_tunnel_tls *t)
{
    cs_frame_in in = {0};
    cs_kms_reply reply;
    const cs_kms_request q = {.type = CS_KMS_TUNNEL_RECEIVE, .max = CS_MAX_TUNNEL_BYTES};
    cs_err err = cs_tick_us() < t->deadline_us ? CS_OK : CS_KMS_UNAVAILABLE;
    if (err == CS_OK)
        err = cs_host_ask(&reply, &in, t->host, &q);
    if (err == CS_OK && (reply.bytes.n == 0 || t->received > CS_TUNNEL_MAX_BYTES - reply.bytes.n))
        err = CS_KMS_UNAVAILABLE;
    if (err == CS_OK) {
        t->received += reply.bytes.n;
        if (BIO_write(t->in, reply.bytes.p, (int)reply.bytes.n) != (int)reply.bytes.n)
            err = CS_NO_MEMORY;
    }
    cs_frame_in_free(&in);
    return err;
}

/* After a call that gave `result`: CS_OK means call again. */
static cs_err go_on(cs_tunnel_tls *t, int result)
{
    int why = SSL_get_error(t->ssl, result);
    cs_err err = flush(t);
    if (err == CS_OK && why == SSL_ERROR_WANT_READ)
        return fetch(t);
    if (err == CS_OK && why != SSL_ERROR_WANT_WRITE)
        err = why == SSL_ERROR_ZERO_RETURN ? CS_FRAME_CLOSED : CS_KMS_TLS;
    return err;
}

/* -- a connection -------------------------------------------------------------------------------------------------- */

static bool is_address(const char *name)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
    ASN1_OCTET_STRING_free(address);
    ERR_clear_error();
    return address != NULL;
}

static bool expect(SSL *ssl, const char *name, int64_t now_s)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (is_address(name))
        return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
    return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static cs_err set_up(cs_tunnel_tls *t, const cs_tunnel_roots *roots, const char *name, int64_t now_s)
{
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    t->ssl = SSL_new(roots->ctx);
    if (in == NULL || out == NULL || t->ssl == NULL) {
        BIO_free(in);
        BIO_free(out);
        return CS_NO_MEMORY;
    }
    (void)BIO_set_mem_eof_return(in, -1); /* empty means: not yet */
    (void)BIO_set_mem_eof_return(out, -1);
    SSL_set_bio(t->ssl, in, out);
    t->in = in;
    t->out = out;
    SSL_set_connect_state(t->ssl);
    return expect(t->ssl, name, now_s) ? CS_OK : CS_CRYPTO;
}

/* For the operator: what was wrong, in the library's words, which name nobody. */
static void tell(const cs_tunnel_tls *t)
{
    long verdict = SSL_get_verify_result(t->ssl);
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    if (verdict != X509_V_OK)
        cs_log(CS_LOG_ERROR, NULL, "KMS tunnel: the certificate is refused: %s",
               X509_verify_cert_error_string(verdict));
    else
        cs_log(CS_LOG_ERROR, NULL, "KMS tunnel: no TLS: %s", reason != NULL ? reason : "not understood");
}

cs_err cs_tunnel_tls_open(cs_tunnel_tls **out, const cs_tunnel_roots *roots, cs_host *host, const char *name,
                          int64_t now_s, int64_t deadline_us)
{
    int result;
    *out = NULL;
    cs_tunnel_tls *t = calloc(1, sizeof *t);
    if (t == NULL)
        return CS_NO_MEMORY;
    t->host = host;
    t->deadline_us = deadline_us;
    ERR_clear_error();
    cs_err err = set_up(t, roots, name, now_s);
    while (err == CS_OK && (result = SSL_do_handshake(t->ssl)) != 1)
        err = go_on(t, result);
    if (err == CS_OK)
        err = flush(t);
    if (err == CS_FRAME_CLOSED)
        err = CS_KMS_TLS;
    if (err == CS_KMS_TLS)
        tell(t);
    ERR_clear_error();
    if (err != CS_OK)
        cs_tunnel_tls_close(t);
    else
        *out = t;
    return err;
}

cs_err cs_tunnel_tls_send(cs_tunnel_tls *t, cs_slice bytes)
{
    cs_err err = CS_OK;
    size_t done = 0;
    ERR_clear_error();
    while (err == CS_OK && done < bytes.n) {
        size_t n = 0;
        int result = SSL_write_ex(t->ssl, bytes.p + done, bytes.n - done, &n);
        done += n;
        if (result != 1)
            err = go_on(t, result);
    }
    if (err == CS_OK)
        err = flush(t);
    ERR_clear_error();
    return err == CS_FRAME_CLOSED ? CS_KMS_UNAVAILABLE : err;
}

cs_err cs_tunnel_tls_receive(cs_buf *out, cs_tunnel_tls *t)
{
    cs_err err = CS_OK;
    size_t n = 0;
    ERR_clear_error();
    while (err == CS_OK && n == 0) {
        uint8_t *to = cs_buf_reserve(out, PIECE);
        if (to == NULL)
            return out->err;
        int result = SSL_read_ex(t->ssl, to, PIECE, &n);
        if (result != 1)
            err = go_on(t, result);
    }
    ERR_clear_error();
    if (err == CS_OK)
        cs_buf_grow(out, n);
    return err;
}

void cs_tunnel_tls_close(cs_tunnel_tls *t)
{
    if (t == NULL)
        return;
    SSL_free(t->ssl); /* and both BIOs */
    free(t);
}
