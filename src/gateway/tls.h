/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS of the front door: TLS 1.3, and 1.2 with ephemeral elliptic curves and AEAD only; groups
 * X25519MLKEM768, X25519, P-256; HTTP/1.1 by ALPN; no renegotiation, no tickets, no compression.
 * Clients may be asked for a certificate: without a good one the handshake fails, before any byte of HTTP is read.
 */
#ifndef CS_GATEWAY_TLS_H
#define CS_GATEWAY_TLS_H

#include <stdbool.h>

#include "core/err.h"

struct bufferevent;
struct event_base;

typedef struct cs_tls cs_tls;

/* Loads the chain and the key (PEM files) and checks that they belong together. With `client_ca`, a PEM file of the
 * authorities that client certificates must come from (NULL: none are asked for), a client may have no certificate only
 * if it is not `required`. CS_CONFIG (logged with the reason). */
CS_MUST_CHECK cs_err cs_tls_open(cs_tls **out, const char *cert_file, const char *key_file, const char *client_ca,
                                 bool required);
void cs_tls_close(cs_tls *tls); /* NULL is allowed */

/* The server's end of a new connection; owns `fd`. NULL on failure: `fd` is closed, and nothing may be served. */
struct bufferevent *cs_tls_accept(cs_tls *tls, struct event_base *base, int fd);

/* SHA-256 of the client's certificate (DER) in hexadecimal, for which the authority has answered in the handshake;
 * "" if the connection has none or is not TLS. */
void cs_tls_peer(char sha256[2 * 32 + 1], struct bufferevent *bev);

/* Tells the peer that nothing more will be sent. Nothing to do without TLS. */
void cs_tls_goodbye(struct bufferevent *bev);

#endif
