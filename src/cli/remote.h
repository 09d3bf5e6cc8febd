/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands that are thin over HTTP have in common: one call, a list with all its pages, and how an answer is
 * shown: facts or lines for people, JSON with --json. Everything returns an exit code, with the failure said.
 */
#ifndef CS_CLI_REMOTE_H
#define CS_CLI_REMOTE_H

#include "cli/client.h"

/* Shows an answer's data: with --json as one line of JSON, else those of the members that are texts. The list of names
 * ends with NULL. */
int cs_remote_show(const cs_args *args, const cs_answer *answer, const char *const *facts);

/* Called for each item of each page; gives true to end the walk. */
typedef bool (*cs_remote_item)(void *context, cs_jval item);
/* All items of a listing. `filters` is "" or "&name=value…", escaped. */
CS_MUST_CHECK int cs_remote_walk(cs_client *c, const char *route, const char *filters, cs_remote_item each,
                                 void *context);
/* A whole listing, one line an item: the columns that are texts, or with --json the object. */
CS_MUST_CHECK int cs_remote_list(const cs_args *args, const char *route, const char *filters,
                                 const char *const *columns);
/* The same with a client that is open already. */
CS_MUST_CHECK int cs_remote_list_with(cs_client *c, const cs_args *args, const char *route, const char *filters,
                                      const char *const *columns);

/* Calls `<route>/<id><rest>`; `rest` is "" or begins with a slash or a question mark. Free the answer in any case. */
CS_MUST_CHECK int cs_remote_call(cs_answer *out, cs_client *c, const char *method, const char *route, cs_slice id,
                                 const char *rest, cs_slice body);
/* A whole command: opens the client, calls `<route>/<id><rest>` (without `id`: `<route>`), shows the answer. */
CS_MUST_CHECK int cs_remote_do(const cs_args *args, const char *method, const char *route, const char *id,
                               const char *rest, cs_slice body, const char *const *facts);

/* The only operand of the command, or NULL with the usage error said: "give one <what>". */
const char *cs_remote_operand(const cs_args *args, const char *what);

#endif
