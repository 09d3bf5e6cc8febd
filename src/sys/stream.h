/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte streams between the zones, behind one interface: unix:PATH, tcp:HOST:PORT, vsock:CID:PORT.
 *
 * Blocking calls with a deadline (cs_tick_us clock); frames are read and written whole. What may also be TLS is a
 * channel (channel.h).
 */
#ifndef CS_SYS_STREAM_H
#define CS_SYS_STREAM_H

#include "core/slice.h"

/* Listening socket for an address, mode 0600 for unix sockets (a stale socket file is replaced, a live one is
 * CS_CONFLICT). Returns the descriptor in *fd. */
CS_MUST_CHECK cs_err cs_stream_listen(int *fd, const char *address);
/* Connects within the deadline; the addresses of a name are tried one after the other. CS_ENCLAVE_UNAVAILABLE if nobody
 * listens at the last of them. */
CS_MUST_CHECK cs_err cs_stream_connect(int *fd, const char *address, int64_t deadline_us);
/* Waits for a connection; close-on-exec. CS_FRAME_CLOSED when the listener was stopped. */
CS_MUST_CHECK cs_err cs_stream_accept(int *fd, int listener);
void cs_stream_close(int fd);
/* Makes a waiting cs_stream_accept return CS_FRAME_CLOSED; on vsock, which has no such thing, nothing happens. */
void cs_stream_stop(int listener);

/* Waits until `fd` is ready for `events` of poll(2), or has ended. CS_FRAME_DEADLINE, CS_IO. */
#define CS_NO_DEADLINE INT64_MAX
CS_MUST_CHECK cs_err cs_stream_wait(int fd, short events, int64_t deadline_us);

/* True while the connection is open and the peer has sent nothing: the state in which the next request may go out
 * on a pooled connection. */
bool cs_stream_is_quiet(int fd);

/* Bytes that are no frames. Sends all of them. */
CS_MUST_CHECK cs_err cs_stream_send(int fd, cs_slice bytes, int64_t deadline_us);
/* Appends what has arrived, at least one byte, at most what fits. CS_FRAME_CLOSED at the end of the stream,
 * CS_TOO_LARGE if the buffer is full, CS_FRAME_DEADLINE, CS_IO. */
CS_MUST_CHECK cs_err cs_stream_receive(cs_buf *out, int fd, int64_t deadline_us);

/* Reads one frame (u32be length 1..CS_MAX_FRAME, then that many bytes) into `json`, which is cleared first.
 * The deadline counts from the call; while `idle_ok`, waiting for the first byte does not count against it.
 * CS_FRAME_CLOSED (also between frames), CS_FRAME_LENGTH, CS_FRAME_DEADLINE, CS_IO. */
CS_MUST_CHECK cs_err cs_frame_read(cs_buf *json, int fd, int64_t timeout_us, bool idle_ok);
/* Writes complete frame bytes (as core/message.h makes them). */
CS_MUST_CHECK cs_err cs_frame_write(int fd, cs_slice frame, int64_t timeout_us);
/* Writes length and JSON of a frame that was read elsewhere: the relay's way, one writev. */
CS_MUST_CHECK cs_err cs_frame_relay(int fd, cs_slice json, int64_t timeout_us);

#endif
