/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a connection between zones, whatever carries it: a descriptor alone (stream.h), or TLS over one
 * (channel_tls.h). Frames go through both in the same way.
 *
 * A channel is a small value that is passed by copy and used by one thread at a time.
 */
#ifndef CS_SYS_CHANNEL_H
#define CS_SYS_CHANNEL_H

#include <sys/uio.h>

#include "core/slice.h"

typedef struct cs_channel {
    int fd;                             /* -1: none */
    const struct cs_channel_kind *kind; /* NULL: the descriptor alone */
    void *state;                        /* of the kind */
} cs_channel;

#define CS_NO_CHANNEL ((cs_channel){.fd = -1})

/* What a kind does. `wait` is set to POLLIN or POLLOUT where nothing could be moved yet, and then *n is 0. */
typedef struct cs_channel_kind {
    /* Takes 1..max bytes. CS_FRAME_CLOSED at the end of the stream. */
    cs_err (*receive)(size_t *n, short *wait, cs_channel c, uint8_t *to, size_t max);
    /* Sends some of the parts, in their order; the call is repeated with what is left, the same bytes first. */
    cs_err (*send)(size_t *n, short *wait, cs_channel c, const struct iovec *parts, size_t count);
    bool (*is_quiet)(cs_channel c);
    void (*end)(cs_channel c); /* says goodbye and frees the state; the descriptor stays open */
} cs_channel_kind;

/* The descriptor alone, which still belongs to whoever has it. */
cs_channel cs_channel_plain(int fd);
/* Ends what the kind added, and leaves the descriptor open. */
void cs_channel_end(cs_channel c);
/* The same, and closes the descriptor. CS_NO_CHANNEL is fine. */
void cs_channel_close(cs_channel c);
/* As cs_stream_is_quiet. */
bool cs_channel_is_quiet(cs_channel c);

/* As cs_frame_read, cs_frame_write and cs_frame_relay (stream.h). */
CS_MUST_CHECK cs_err cs_channel_read(cs_buf *json, cs_channel c, int64_t timeout_us, bool idle_ok);
CS_MUST_CHECK cs_err cs_channel_write(cs_channel c, cs_slice frame, int64_t timeout_us);
CS_MUST_CHECK cs_err cs_channel_relay(cs_channel c, cs_slice json, int64_t timeout_us);

#endif
