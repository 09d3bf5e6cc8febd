/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of one connection, bare or under TLS. A door to OpenSSL. Blocking, with a limit on each wait. */
#ifndef CS_DEVKMS_WIRE_H
#define CS_DEVKMS_WIRE_H

#include "core/slice.h"

#define CS_WIRE_SECONDS 60 /* that one read or write may wait */

typedef struct cs_wire_tls cs_wire_tls;
/* Certificate chain and key, PEM files. CS_CONFIG; the reason is logged. */
CS_MUST_CHECK cs_err cs_wire_tls_open(cs_wire_tls **out, const char *cert, const char *key);
void cs_wire_tls_close(cs_wire_tls *tls);

typedef struct cs_wire {
    int fd;
    struct ssl_st *ssl; /* NULL: bare */
} cs_wire;

/* Takes a connection that was accepted; with `tls`, its handshake. CS_IO. The descriptor stays the caller's. */
CS_MUST_CHECK cs_err cs_wire_open(cs_wire *out, int fd, cs_wire_tls *tls);
/* Appends what has arrived. CS_FRAME_CLOSED at the end, CS_TOO_LARGE if the buffer is full, CS_IO. */
CS_MUST_CHECK cs_err cs_wire_read(cs_buf *out, cs_wire *w);
CS_MUST_CHECK cs_err cs_wire_write(cs_wire *w, cs_slice bytes);
void cs_wire_close(cs_wire *w);

#endif
