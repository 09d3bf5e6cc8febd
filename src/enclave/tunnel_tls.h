/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS that ends in the enclave, over a byte pipe of the agent (KmsTunnel): who is in between sees and changes nothing.
 * Believed are the roots of one file and no others, names as they stand in the certificate, TLS 1.3 and nothing older.
 * The clock is the caller's: that of the root of trust, not of the machine.
 */
#ifndef CS_ENCLAVE_TUNNEL_TLS_H
#define CS_ENCLAVE_TUNNEL_TLS_H

#include "enclave/host.h"

#define CS_TUNNEL_MAX_BYTES (1u << 20) /* of TLS, that one connection takes from the agent */

/* The roots, read once, before the filter is set. */
typedef struct cs_tunnel_roots cs_tunnel_roots;
/* CS_CONFIG, and the reason is logged; CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_tunnel_roots_open(cs_tunnel_roots **out, const char *pem_file);
void cs_tunnel_roots_close(cs_tunnel_roots *r);

/* One connection over the pipe that was opened last on `host`. */
typedef struct cs_tunnel_tls cs_tunnel_tls;
/* Shakes hands with `name` (without its port) at `now_s`, seconds since 1970. CS_KMS_TLS if who answers cannot prove to
 * be it, or speaks something else; CS_KMS_UNAVAILABLE if the pipe ends or `deadline_us` is over; errors of cs_host_ask.
 */
CS_MUST_CHECK cs_err cs_tunnel_tls_open(cs_tunnel_tls **out, const cs_tunnel_roots *roots, cs_host *host,
                                        const char *name, int64_t now_s, int64_t deadline_us);
/* Sends all of it. The errors as above. */
CS_MUST_CHECK cs_err cs_tunnel_tls_send(cs_tunnel_tls *t, cs_slice bytes);
/* Appends what has arrived, at least one byte. CS_FRAME_CLOSED if the peer has said that this is all; a stream that
 * only ends is CS_KMS_UNAVAILABLE. */
CS_MUST_CHECK cs_err cs_tunnel_tls_receive(cs_buf *out, cs_tunnel_tls *t);
void cs_tunnel_tls_close(cs_tunnel_tls *t); /* NULL is fine; the pipe is the agent's to close */

#endif
