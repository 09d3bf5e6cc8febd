/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP response: status line and fields, the same set for every answer. Pure. */
#ifndef CS_GATEWAY_ANSWER_H
#define CS_GATEWAY_ANSWER_H

#include "gateway/http.h"

#define CS_MAX_ANSWER_HEAD (1024 + CS_MAX_ANSWER_FIELDS)

/* Appends everything up to and with the empty line. `now` is Unix time in seconds, `last` says that the connection
 * closes behind the answer. Content-Length is that of rs->body, whether or not the body follows (HEAD); a stream has
 * none, and neither has a 304, whose body has to be empty. */
void cs_answer_head(cs_buf *out, const cs_http_response *rs, const char *request_id, int64_t now, bool last);

#endif
