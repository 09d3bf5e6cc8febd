/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/channel_tls.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "sys/log.h"
#include "sys/stream.h"

#define MAX_INTERMEDIATES 4
#define RECORD_BYTES 16384 /* of plaintext [RFC 8446 §5.1] */

struct cs_channel_tls {
    SSL_CTX *ctx;
    bool server;
    const char *peer;
};

struct session {
    SSL *ssl;
    uint8_t out[RECORD_BYTES]; /* parts that are sent as one record */
};

/* -- the certificates ---------------------------------------------------------------------------------------------- */

/* The library lets a certificate without the extension pass for every purpose. Here it has to say what it is for. */
static bool is_for(X509 *certificate, bool server)
{
    uint32_t usage = X509_get_extended_key_usage(certificate);
    return usage != UINT32_MAX && (usage & (server ? XKU_SSL_SERVER : XKU_SSL_CLIENT)) != 0;
}

/* After the library's own checks of chain, dates, purpose and name. */
static int check_server(int ok, X509_STORE_CTX *chain)
{
    if (ok == 1 && X509_STORE_CTX_get_error_depth(chain) == 0 &&
        !is_for(X509_STORE_CTX_get_current_cert(chain), true)) {
        X509_STORE_CTX_set_error(chain, X509_V_ERR_INVALID_PURPOSE);
        return 0;
    }
    return ok;
}

static int check_client(int ok, X509_STORE_CTX *chain)
{
    if (ok == 1 && X509_STORE_CTX_get_error_depth(chain) == 0 &&
        !is_for(X509_STORE_CTX_get_current_cert(chain), false)) {
        X509_STORE_CTX_set_error(chain, X509_V_ERR_INVALID_PURPOSE);
        return 0;
    }
    return ok;
}

/* The library would ask the terminal, and wait for it. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out, (void)size, (void)writing, (void)arg;
    return -1;
}

void cs_channel_tls_cleanse(void *ctx)
{
    (void)SSL_CTX_set_options(ctx, SSL_OP_CLEANSE_PLAINTEXT);
}

static bool restrict_protocol(SSL_CTX *ctx)
{
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                       SSL_OP_CLEANSE_PLAINTEXT);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 && SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
           SSL_CTX_set_max_early_data(ctx, 0) == 1 && SSL_CTX_set1_groups_list(ctx, "X25519MLKEM768:X25519") == 1;
}

static bool believe_only(SSL_CTX *ctx, const char *ca, bool server)
{
    if (SSL_CTX_load_verify_file(ctx, ca) != 1)
        return false;
    if (server) {
        STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(ca);
        if (names == NULL)
            return false;
        SSL_CTX_set_client_CA_list(ctx, names); /* which is the context's now */
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, server ? check_client : check_server);
    SSL_CTX_set_verify_depth(ctx, MAX_INTERMEDIATES);
    return SSL_CTX_set_purpose(ctx, server ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER) == 1;
}

static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_error());
    return text != NULL ? text : "not usable";
}

/* What could not be used; NULL: nothing. */
static const char *set_up(cs_channel_tls *t, const cs_channel_tls_config *config)
{
    t->ctx = SSL_CTX_new(config->server ? TLS_server_method() : TLS_client_method());
    if (t->ctx == NULL || !restrict_protocol(t->ctx))
        return "protocol settings";
    if (SSL_CTX_use_certificate_chain_file(t->ctx, config->cert) != 1)
        return config->cert;
    if (SSL_CTX_use_PrivateKey_file(t->ctx, config->key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(t->ctx) != 1)
        return config->key;
    return believe_only(t->ctx, config->ca, config->server) ? NULL : config->ca;
}

cs_err cs_channel_tls_open(cs_channel_tls **out, const cs_channel_tls_config *config)
{
    *out = NULL;
    cs_channel_tls *t = calloc(1, sizeof *t);
    if (t == NULL)
        return CS_NO_MEMORY;
    t->server = config->server;
    t->peer = config->peer;
    (void)signal(SIGPIPE, SIG_IGN); /* the library writes to sockets in no other way */
    const char *what = set_up(t, config);
    if (what != NULL)
        cs_log(CS_LOG_ERROR, NULL, "TLS: %s: %s", what, reason());
    else if (!is_for(SSL_CTX_get0_certificate(t->ctx), config->server))
        cs_log(CS_LOG_ERROR, NULL, "TLS: %s: not a certificate for %s", what = config->cert,
               config->server ? "servers (serverAuth)" : "clients (clientAuth)");
    ERR_clear_error();
    if (what != NULL) {
        cs_channel_tls_close(t);
        return CS_CONFIG;
    }
    *out = t;
    return CS_OK;
}

void cs_channel_tls_close(cs_channel_tls *t)
{
    if (t == NULL)
        return;
    SSL_CTX_free(t->ctx);
    free(t);
}

/* -- a channel ----------------------------------------------------------------------------------------------------- */

/* What an unsuccessful call of the library means; CS_OK: wait, then try again. */
static cs_err meaning_of(short *wait, SSL *ssl, int result)
{
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
        *wait = POLLIN;
        return CS_OK;
    case SSL_ERROR_WANT_WRITE:
        *wait = POLLOUT;
        return CS_OK;
    case SSL_ERROR_ZERO_RETURN:
    case SSL_ERROR_SYSCALL:
        return CS_FRAME_CLOSED;
    default:
        break;
    }
    /* Frames carry their own length, so a stream that ends without a goodbye cuts nothing off unseen. */
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return CS_FRAME_CLOSED;
    long verdict = SSL_get_verify_result(ssl);
    cs_log(CS_LOG_WARN, NULL, "TLS: %s%s%s", reason(), verdict != X509_V_OK ? ": " : "",
           verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : "");
    return CS_PEER_REFUSED;
}

static cs_err tls_receive(size_t *n, short *wait, cs_channel c, uint8_t *to, size_t max)
{
    const struct session *s = c.state;
    *n = 0;
    ERR_clear_error();
    int result = SSL_read_ex(s->ssl, to, max, n);
    return result == 1 ? CS_OK : meaning_of(wait, s->ssl, result);
}

/* As many of the parts as one record takes: the head of a frame does not travel alone. */
static cs_err tls_send(size_t *n, short *wait, cs_channel c, const struct iovec *parts, size_t count)
{
    struct session *s = c.state;
    size_t have = 0;
    *n = 0;
    for (size_t i = 0; i < count && have < sizeof s->out; i++) {
        size_t room = sizeof s->out - have, take = parts[i].iov_len < room ? parts[i].iov_len : room;
        if (take > 0)
            memcpy(s->out + have, parts[i].iov_base, take);
        have += take;
    }
    ERR_clear_error();
    int result = have == 0 ? 1 : SSL_write_ex(s->ssl, s->out, have, n);
    OPENSSL_cleanse(s->out, have); /* some frames hold a secret; a repeated call fills it with the same bytes */
    return result == 1 ? CS_OK : meaning_of(wait, s->ssl, result);
}

static bool tls_is_quiet(cs_channel c)
{
    const struct session *s = c.state;
    return SSL_has_pending(s->ssl) == 0 && cs_stream_is_quiet(c.fd);
}

static void tls_end(cs_channel c)
{
    struct session *s = c.state;
    if (SSL_is_init_finished(s->ssl))
        (void)SSL_shutdown(s->ssl);
    ERR_clear_error();
    SSL_free(s->ssl);
    free(s);
}

static const cs_channel_kind tls = {tls_receive, tls_send, tls_is_quiet, tls_end};

/* The name that the certificate must have, as a name of the certificate and not as part of its subject. */
static bool expect_peer(SSL *ssl, const char *peer)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, peer) == 1)
        return true;
    ERR_clear_error();
    return SSL_set1_host(ssl, peer) == 1 && SSL_set_tlsext_host_name(ssl, peer) == 1;
}

static cs_err shake_hands(const cs_channel_tls *t, SSL *ssl, int fd, int64_t deadline_us)
{
    for (;;) {
        short wait = 0;
        ERR_clear_error();
        int result = t->server ? SSL_accept(ssl) : SSL_connect(ssl);
        if (result == 1)
            return CS_OK;
        cs_err err = meaning_of(&wait, ssl, result);
        if (err == CS_OK)
            err = cs_stream_wait(fd, wait, deadline_us);
        if (err != CS_OK)
            return err;
    }
}

cs_err cs_channel_tls_begin(cs_channel *out, cs_channel_tls *t, int fd, int64_t deadline_us)
{
    *out = CS_NO_CHANNEL;
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return CS_NO_MEMORY;
    cs_err err = CS_IO;
    s->ssl = SSL_new(t->ctx);
    int flags = fcntl(fd, F_GETFL);
    if (s->ssl != NULL && flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && SSL_set_fd(s->ssl, fd) == 1 &&
        (t->server || expect_peer(s->ssl, t->peer)))
        err = shake_hands(t, s->ssl, fd, deadline_us);
    ERR_clear_error();
    if (err != CS_OK) {
        SSL_free(s->ssl);
        free(s);
        return err;
    }
    *out = (cs_channel){.fd = fd, .kind = &tls, .state = s};
    return CS_OK;
}
