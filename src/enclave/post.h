/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP/1.1 POST to a service of this machine, over its unix socket: what a launcher or a relay is asked by.
 *
 * The answer is read strictly and bounded: status 200, a head of at most 16 KiB, a body of at most what the caller
 * gives room for, with one Content-Length or in chunks, and nothing behind it. The service is believed nothing but the
 * body.
 */
#ifndef CS_ENCLAVE_POST_H
#define CS_ENCLAVE_POST_H

#include "core/slice.h"

/* Appends the body of the answer to `body`. `address` is unix:PATH. CS_ROOT_UNAVAILABLE for anything that goes wrong;
 * the reason is logged, what the service wrote is not. */
CS_MUST_CHECK cs_err cs_post(cs_buf *body, const char *address, const char *path, cs_slice json, int64_t timeout_us);

/* Takes one complete answer apart; for tests. CS_BAD_FORMAT. */
CS_MUST_CHECK cs_err cs_post_answer(cs_buf *body, int *status, cs_slice answer);

#endif
