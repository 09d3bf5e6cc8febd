/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of HTTP/1.1 keep-alive, as far as a benchmark of our own server needs it: answers have a
 * Content-Length, anything else is an error. One epoll thread drives all clients, so that the generator takes as
 * little as possible of the cores that it shares with the service.
 */
#ifndef CS_BENCH_HTTP_H
#define CS_BENCH_HTTP_H

#include <netinet/in.h>

#include "bench/samples.h"
#include "core/slice.h"

typedef struct cs_target {
    struct sockaddr_in address;
    char host[32]; /* "127.0.0.1:PORT" */
    char api_key[128];
} cs_target;

/* From "http://127.0.0.1:PORT". CS_BAD_FORMAT. */
CS_MUST_CHECK cs_err cs_target_parse(cs_target *t, cs_slice url, cs_slice api_key);
/* Appends a whole request; a body is sent as JSON. */
void cs_http_request(cs_buf *out, const cs_target *t, const char *method, const char *path, cs_slice body);
/* One request on a connection of its own. `body` gets the answer's body; CS_BAD_REQUEST if the status is not 2xx
 * (the body is filled then, too). */
CS_MUST_CHECK cs_err cs_http_call(cs_buf *body, const cs_target *t, const char *method, const char *path,
                                  cs_slice request_body);

typedef struct cs_load {
    int clients;
    double warm_up, seconds;
    cs_slice request;      /* sent again and again */
    const char *must_hold; /* every answer is 2xx and holds this */
} cs_load;

typedef struct cs_load_result {
    cs_samples latency; /* of the answers inside the measured time */
    double seconds;     /* measured */
    size_t answers;     /* all of them, warm-up included */
    size_t refused;     /* answers that were not as they must be */
    cs_buf last;        /* body of the last good answer; the caller frees it */
} cs_load_result;

/* Every client sends its next request as soon as it has its answer. CS_IO if a connection breaks. */
CS_MUST_CHECK cs_err cs_load_run(cs_load_result *out, const cs_target *t, const cs_load *load);

/* Opens `count` connections, makes one request on each and leaves them open; closes with cs_idle_close. */
CS_MUST_CHECK cs_err cs_idle_open(int *fds, size_t count, const cs_target *t, cs_slice request);
/* How many the server has not closed. */
size_t cs_idle_alive(const int *fds, size_t count);
void cs_idle_close(int *fds, size_t count);

#endif
