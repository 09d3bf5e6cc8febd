/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line a fact on stderr: time, level, program, request id, text. Control characters and anything that is not
 * printable ASCII are written as \xNN, so no peer can forge a line. Payloads, keys and tokens are never logged.
 */
#ifndef CS_SYS_LOG_H
#define CS_SYS_LOG_H

typedef enum cs_log_level { CS_LOG_ERROR, CS_LOG_WARN, CS_LOG_INFO, CS_LOG_DEBUG } cs_log_level;

/* Once, at start: the program's name, the most talkative level to be written. */
void cs_log_open(const char *program, cs_log_level level);
/* `request_id` may be NULL. One write(2) a line; lines are cut at 1,024 bytes. */
void cs_log(cs_log_level level, const char *request_id, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
