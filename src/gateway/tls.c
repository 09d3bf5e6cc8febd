/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/tls.h"

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/encode.h"
#include "sys/log.h"

#define MAX_INTERMEDIATES 4 /* of a client's chain */

struct cs_tls {
    SSL_CTX *ctx;
};

/* A client that speaks ALPN must offer HTTP/1.1: nothing else is spoken here [RFC 7301 §3.2]. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *offered,
                           unsigned int offered_n, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;
    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, n, ours, sizeof ours - 1, offered, offered_n) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* The library would ask the terminal, and wait for it. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out, (void)size, (void)writing, (void)arg;
    return -1;
}

static bool restrict_protocol(SSL_CTX *ctx)
{
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_CLEANSE_PLAINTEXT);
    /* An idle connection gives its buffers back: 24 instead of 46 KiB. */
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 && SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
           SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
           SSL_CTX_set1_groups_list(ctx, "X25519MLKEM768:X25519:P-256") == 1;
}

/* The library judges the chain, its dates and that the certificate is one for clients. */
static bool ask_for_certificates(SSL_CTX *ctx, const char *ca_file, bool required)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(ca_file);
    if (names == NULL || SSL_CTX_load_verify_file(ctx, ca_file) != 1)
        return false;
    SSL_CTX_set_client_CA_list(ctx, names); /* which is the context's now */
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
    SSL_CTX_set_verify_depth(ctx, MAX_INTERMEDIATES);
    return SSL_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT) == 1;
}

cs_err cs_tls_open(cs_tls **out, const char *cert_file, const char *key_file, const char *client_ca, bool required)
{
    const char *what = "protocol settings";
    *out = NULL;
    cs_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL)
        return CS_NO_MEMORY;
    tls->ctx = SSL_CTX_new(TLS_server_method());
    if (tls->ctx == NULL || !restrict_protocol(tls->ctx))
        goto out;
    what = cert_file;
    if (SSL_CTX_use_certificate_chain_file(tls->ctx, cert_file) != 1)
        goto out;
    what = key_file;
    if (SSL_CTX_use_PrivateKey_file(tls->ctx, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls->ctx) != 1)
        goto out;
    what = client_ca;
    if (client_ca != NULL && !ask_for_certificates(tls->ctx, client_ca, required))
        goto out;
    *out = tls;
    tls = NULL;
out:
    if (tls == NULL)
        return CS_OK;
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    cs_log(CS_LOG_ERROR, NULL, "TLS: %s: %s", what, reason != NULL ? reason : "not usable");
    ERR_clear_error();
    cs_tls_close(tls);
    return CS_CONFIG;
}

void cs_tls_close(cs_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->ctx);
    free(tls);
}

struct bufferevent *cs_tls_accept(cs_tls *tls, struct event_base *base, int fd)
{
    struct bufferevent *bev = NULL;
    SSL *ssl = SSL_new(tls->ctx);
    if (ssl != NULL) /* which libevent frees, also when this fails */
        bev = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL) {
        (void)close(fd);
        return NULL;
    }
    /* Requests carry their own length, so a connection that ends without close_notify cuts nothing off unseen. */
    bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}

void cs_tls_peer(char sha256[2 * 32 + 1], struct bufferevent *bev)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    SSL *ssl = bufferevent_openssl_get_ssl(bev);
    X509 *certificate = ssl != NULL ? SSL_get0_peer_certificate(ssl) : NULL;
    cs_buf text = cs_buf_over(sha256, 2 * 32 + 1);
    if (certificate != NULL && X509_digest(certificate, EVP_sha256(), digest, &n) == 1)
        cs_hex_encode(&text, cs_slice_of(digest, n));
    sha256[text.n] = '\0';
}

void cs_tls_goodbye(struct bufferevent *bev)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);
    if (ssl != NULL && SSL_is_init_finished(ssl))
        (void)SSL_shutdown(ssl);
    ERR_clear_error();
}
