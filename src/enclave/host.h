/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the agent in the middle of a request (protocol/frames.md §4): the question goes out on the connection that the
 * request came on, and the next frame on it is the answer. The enclave has no other way out, and needs no socket.
 */
#ifndef CS_ENCLAVE_HOST_H
#define CS_ENCLAVE_HOST_H

#include "core/kms_frame.h"

#define CS_HOST_TIMEOUT_US (30 * 1000000) /* for an answer: a KMS is behind it */

typedef struct cs_host {
    int fd;             /* -1: nobody to ask */
    int64_t timeout_us; /* for one answer */
    cs_buf frame;       /* the question, then the JSON of its answer; wiped: credentials may come */
    cs_err broken;      /* nothing more can be said on the connection; it must be closed */
} cs_host;

cs_host cs_host_new(int fd);
void cs_host_free(cs_host *h);

/*
 * Asks and waits for the answer, whose slices live until the caller frees `in`, whatever is returned. CS_KMS_DENIED,
 * CS_KMS_PLAINTEXT, CS_KMS_UNAVAILABLE and CS_PROVIDER_NOT_AVAILABLE as the agent says; CS_KMS_UNAVAILABLE also if
 * there is nobody to ask. Anything but a well-formed answer breaks the connection: the errors of cs_frame_read and
 * cs_kms_reply_read, now and from then on.
 */
CS_MUST_CHECK cs_err cs_host_ask(cs_kms_reply *reply, cs_frame_in *in, cs_host *h, const cs_kms_request *question);

#endif
