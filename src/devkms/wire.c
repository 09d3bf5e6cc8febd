/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "sys/log.h"

#define PIECE 16384

struct cs_wire_tls {
    SSL_CTX *ctx;
};

void cs_wire_tls_close(cs_wire_tls *tls)
{
    if (tls != NULL)
        SSL_CTX_free(tls->ctx);
    free(tls);
}

cs_err cs_wire_tls_open(cs_wire_tls **out, const char *cert, const char *key)
{
    cs_wire_tls *tls = calloc(1, sizeof *tls);
    *out = NULL;
    if (tls == NULL)
        return CS_NO_MEMORY;
    tls->ctx = SSL_CTX_new(TLS_server_method());
    if (tls->ctx == NULL || SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_use_certificate_chain_file(tls->ctx, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls->ctx, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(tls->ctx) != 1) {
        cs_log(CS_LOG_ERROR, NULL, "certificate %s with key %s cannot be used", cert, key);
        ERR_clear_error();
        cs_wire_tls_close(tls);
        return CS_CONFIG;
    }
    (void)SSL_CTX_set_options(tls->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    *out = tls;
    return CS_OK;
}

cs_err cs_wire_open(cs_wire *out, int fd, cs_wire_tls *tls)
{
    const struct timeval limit = {.tv_sec = CS_WIRE_SECONDS};
    int on = 1;
    *out = (cs_wire){.fd = fd};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
        return CS_IO;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* fails on unix sockets */
    if (tls == NULL)
        return CS_OK;
    out->ssl = SSL_new(tls->ctx);
    if (out->ssl != NULL && SSL_set_fd(out->ssl, fd) == 1 && SSL_accept(out->ssl) == 1)
        return CS_OK;
    ERR_clear_error();
    cs_wire_close(out);
    return CS_IO;
}

static cs_err received(cs_buf *out, ssize_t n)
{
    if (n > 0)
        cs_buf_grow(out, (size_t)n);
    return n > 0 ? CS_OK : n == 0 ? CS_FRAME_CLOSED : CS_IO;
}

cs_err cs_wire_read(cs_buf *out, cs_wire *w)
{
    size_t room = out->max - out->n < PIECE ? out->max - out->n : PIECE, n = 0;
    uint8_t *to = room > 0 ? cs_buf_reserve(out, room) : NULL;
    if (to == NULL)
        return CS_TOO_LARGE;
    if (w->ssl == NULL) {
        ssize_t got;
        do
            got = recv(w->fd, to, room, 0);
        while (got < 0 && errno == EINTR);
        return received(out, got);
    }
    if (SSL_read_ex(w->ssl, to, room, &n) == 1)
        return received(out, (ssize_t)n);
    bool ended = SSL_get_error(w->ssl, 0) == SSL_ERROR_ZERO_RETURN;
    ERR_clear_error();
    return ended ? CS_FRAME_CLOSED : CS_IO;
}

cs_err cs_wire_write(cs_wire *w, cs_slice bytes)
{
    while (bytes.n > 0) {
        size_t n = 0;
        if (w->ssl != NULL) {
            if (SSL_write_ex(w->ssl, bytes.p, bytes.n, &n) != 1) {
                ERR_clear_error();
                return CS_IO;
            }
        } else {
            ssize_t sent = send(w->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR)
                continue;
            if (sent <= 0)
                return CS_IO;
            n = (size_t)sent;
        }
        bytes = cs_slice_sub(bytes, n, bytes.n);
    }
    return CS_OK;
}

void cs_wire_close(cs_wire *w)
{
    if (w->ssl != NULL) {
        (void)SSL_shutdown(w->ssl);
        SSL_free(w->ssl);
        ERR_clear_error();
    }
    w->ssl = NULL;
}
