/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link between gateway and agent where they are on different machines: TLS 1.3 and nothing older, both ends with a
 * certificate of one internal authority, which is the only one that either end believes (document 3, "mTLS").
 *
 * A peer is refused in the handshake, before a byte of what it sends is looked at: without a certificate, with one of
 * another authority, out of its time, or not made for its role (the extended key usage has to be there and to say
 * clientAuth or serverAuth); a server also under a name that its certificate does not have. Each refusal is logged with
 * its reason.
 *
 * No session is resumed and nothing is sent early. Groups: X25519MLKEM768, X25519.
 */
#ifndef CS_SYS_CHANNEL_TLS_H
#define CS_SYS_CHANNEL_TLS_H

#include "sys/channel.h"

typedef struct cs_channel_tls cs_channel_tls;

typedef struct cs_channel_tls_config {
    bool server;
    const char *ca, *cert, *key; /* PEM files: the authority; our chain; its private key */
    const char *peer;            /* of a client: the server's name or address, as its certificate has it */
} cs_channel_tls_config;

/* Loads the files and checks that they belong together, and that the certificate is for our own role. From then on the
 * process ignores SIGPIPE. CS_CONFIG (logged with the reason). */
CS_MUST_CHECK cs_err cs_channel_tls_open(cs_channel_tls **out, const cs_channel_tls_config *config);
void cs_channel_tls_close(cs_channel_tls *t); /* NULL is fine; outlives its channels */

/* Does the handshake over a connection that was made or accepted; the descriptor stays the caller's until it works,
 * then cs_channel_close closes it. CS_PEER_REFUSED, CS_FRAME_CLOSED, CS_FRAME_DEADLINE, CS_IO. That a server has
 * refused us may be seen only when its first answer is read. */
CS_MUST_CHECK cs_err cs_channel_tls_begin(cs_channel *out, cs_channel_tls *t, int fd, int64_t deadline_us);

/* For a client that another library makes: what its context (an SSL_CTX) reads is wiped from the library's buffers. */
void cs_channel_tls_cleanse(void *ctx);

#endif
