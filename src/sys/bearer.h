/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bearer tokens of Azure and Google that stay fresh: kept for all threads, renewed five minutes before they end by
 * whoever comes first, while the others go on with the old one. Where they come from is a source's business
 * (sys/azure.h, sys/google.h), which asks with what stands below.
 *
 * Nothing of a token or of what is given for one is logged.
 */
#ifndef CS_SYS_BEARER_H
#define CS_SYS_BEARER_H

#include "core/secret.h"
#include "sys/fetch.h"

#define CS_BEARER_MAX (16u << 10) /* text of a token */

typedef struct cs_bearer_token {
    cs_buf text;        /* wipes itself */
    int64_t expires_ms; /* since 1970 */
    int64_t renew_ms;   /* from then on a new one is to be asked for, while this one still counts */
} cs_bearer_token;
void cs_bearer_token_wipe(cs_bearer_token *t);

/* Gives a token for `resource`; logs why it does not. *out is wiped by cs_bearer_token_wipe, also after an error. */
typedef cs_err cs_bearer_source(cs_bearer_token *out, const char *resource, int64_t deadline_us);

typedef struct cs_bearer cs_bearer;
/* `resource` outlives it. CS_NO_MEMORY. The source is not asked before the first loan. */
CS_MUST_CHECK cs_err cs_bearer_open(cs_bearer **out, cs_bearer_source *source, const char *resource);
void cs_bearer_close(cs_bearer *b);

/* Appends "Bearer " and the token to `out`, which wipes itself. CS_CLOUD_CREDENTIALS, CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_bearer_lend(cs_buf *out, cs_bearer *b, int64_t deadline_us);
/* The service did not take what cs_bearer_lend gave: another one is asked for, unless that has been done. */
void cs_bearer_distrust(cs_bearer *b, cs_slice lent);

/* What sources are made of. */

/* "" for a variable that is not set. */
const char *cs_bearer_environment(const char *name);
/* Appends name=value of a form [HTML, application/x-www-form-urlencoded], with & where something is in front. */
void cs_bearer_form(cs_buf *out, const char *name, cs_slice value);
/* Reads a file with a token in it, without the line's end. CS_IO, CS_TOO_LARGE; CS_BAD_FORMAT if it is empty. */
CS_MUST_CHECK cs_err cs_bearer_file(cs_buf *out, const char *path);
/* Whether a token may be asked for there: https, or http to this machine or to the metadata service. */
bool cs_bearer_url_allowed(const char *url);

/* {"access_token", "expires_in" or "expires_on", "token_type"}: numbers or digits; the first is in seconds from now,
 * the second since 1970. CS_BAD_FORMAT; CS_CONFLICT if it has ended at `now_ms`. */
CS_MUST_CHECK cs_err cs_bearer_read(cs_bearer_token *out, cs_slice json, int64_t now_ms);

/* Takes a token that ends at `expires_ms`. CS_BAD_FORMAT if it cannot stand in a header; CS_CONFLICT as above. */
CS_MUST_CHECK cs_err cs_bearer_take(cs_bearer_token *out, cs_slice text, int64_t expires_ms, int64_t now_ms);

/* One exchange on a connection of its own: POST of `body`, which is of `type`, or GET where it is absent. `answer` is
 * freed by the caller in any case. CS_FORBIDDEN for another status than 200; the errors of cs_fetch_send. */
CS_MUST_CHECK cs_err cs_bearer_send(cs_fetch_answer *answer, const char *url, cs_fetch_header header, const char *type,
                                    cs_slice body, int64_t deadline_us);

/* The same for a question that cs_bearer_read reads the answer of: POST of a form, or GET where `form` is absent. The
 * errors of both. */
CS_MUST_CHECK cs_err cs_bearer_ask(cs_bearer_token *out, const char *url, cs_fetch_header header, cs_slice form,
                                   int64_t deadline_us);

#endif
