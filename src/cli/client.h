/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of the HTTP API: one server, one API key, the Vault door's envelope.
 *
 * TLS certificates are verified; plain HTTP is for loopback only and never goes through a proxy; redirects are not
 * followed; connecting, the whole exchange and the answer have bounds. What fails is said on stderr:
 * `error: sentence (CODE, request id …)`.
 */
#ifndef CS_CLI_CLIENT_H
#define CS_CLI_CLIENT_H

#include "core/json.h"
#include "core/secret.h"
#include "sys/options.h"

#define CS_MAX_SERVER_ANSWER (4u << 20)

typedef struct cs_client cs_client;

/* Server of --server (--ca-file, --client-cert, --client-key), API key of --api-key-file or COUNTERSIGN_API_KEY (which
 * is removed from the environment and wiped). Returns an exit code; *out is NULL unless it is 0. */
CS_MUST_CHECK int cs_client_open(cs_client **out, const cs_args *args);
/* The same with both at hand. */
CS_MUST_CHECK int cs_client_open_at(cs_client **out, const char *server, cs_slice api_key);
void cs_client_close(cs_client *c);

/* The API key of --api-key-file or COUNTERSIGN_API_KEY; the file holds the key's text, or the JSON object with the
 * member `apiKey` that `countersign dev` keeps. Returns an exit code. */
CS_MUST_CHECK int cs_client_api_key(cs_secret *out, const cs_args *args);

/* True if `url` is a server that may be talked to: https, or http on a loopback host; no user, path, query, fragment.
 */
bool cs_client_url_allowed(const char *url);

/* Gives a handle of the library the authority and the client certificate of the command line, if it names them. Whether
 * the files are any good is seen when the server is connected to. */
bool cs_client_set_tls_files(void *curl, const cs_args *args);

/* A successful answer; values live until it is freed. */
typedef struct cs_answer {
    cs_json *json;
    cs_jval data;       /* object or array */
    cs_jval pagination; /* absent except in lists */
} cs_answer;

/* One exchange. `body` is JSON, absent for none. Returns an exit code: 2 where the server refused by a check or a
 * policy (422), 1 for every other failure. Free the answer in any case. */
CS_MUST_CHECK int cs_client_call(cs_answer *out, cs_client *c, const char *method, const char *path, cs_slice body);
void cs_answer_free(cs_answer *a);
/* GET of a route that answers with a file instead of an envelope: appends its bytes. Exit codes as above. */
CS_MUST_CHECK int cs_client_fetch(cs_buf *out, cs_client *c, const char *path);

/* Appends `text` to a path, escaped so that it stays one segment or one query value. */
void cs_client_add_escaped(cs_buf *path, cs_slice text);

#endif
