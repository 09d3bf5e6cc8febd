/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line a fact on stderr. As text: time, level, program, request id, text. As JSON: an object with the members time,
 * level, program, requestId (absent where there is none) and message. Control characters and anything that is not
 * printable ASCII are written as \xNN, in text also the blanks of a request id or a member, so no peer can forge a line
 * or a member. Payloads, keys and tokens are never logged.
 */
#ifndef CS_SYS_LOG_H
#define CS_SYS_LOG_H

#include "core/slice.h"
#include "sys/options.h"

typedef enum cs_log_level { CS_LOG_ERROR, CS_LOG_WARN, CS_LOG_INFO, CS_LOG_DEBUG } cs_log_level;

/* Rows for the option tables of programs that log. */
#define CS_LOG_OPTIONS                                                                                                 \
    {"log-format", CS_OPT_CHOICE, false, "text|json", "how a line of the log is written", 0, 0, "text"},               \
    {                                                                                                                  \
        "log-level", CS_OPT_CHOICE, false, "error|warn|info|debug", "the most talkative level that is written", 0, 0,  \
            "info"                                                                                                     \
    }

/* Once, at start: the program's name, the most talkative level to be written; as text. */
void cs_log_open(const char *program, cs_log_level level);
/* The same from the options of CS_LOG_OPTIONS; a flag --quiet, where there is one, leaves warnings and errors. */
void cs_log_open_options(const char *program, const cs_args *args);
/* Another level from now on. From any thread. */
void cs_log_set_level(const cs_args *args);

/* `request_id` may be NULL. One write(2) a line; text is cut at 1,024 bytes. */
void cs_log(cs_log_level level, const char *request_id, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A request and how it was answered. In JSON each is a member: method, path, status, code, apiKeyId, peerSha256,
 * durationUs; the message is "request". */
typedef struct cs_log_request {
    const char *request_id;
    cs_slice method, path; /* without the query, which may hold what the client likes */
    int status;
    const char *code;        /* of the error; NULL: none */
    const char *api_key_id;  /* "" where nobody was recognised */
    const char *peer_sha256; /* of the client's certificate; "" without one */
    int64_t duration_us;
} cs_log_request;
void cs_log_answer(const cs_log_request *r);

#endif
