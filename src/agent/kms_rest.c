/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/kms_rest.h"

#include <string.h>

#include "sys/log.h"

#define MAX_REPLY (8u << 10) /* what one reply holds */

/* -- the exchange -------------------------------------------------------------------------------------------------- */

static cs_err send(cs_fetch_answer *answer, cs_buf *bearer, const cs_kms_rest *k, const char *url, cs_slice body,
                   int64_t deadline_us)
{
    cs_slice type = body.p != NULL ? CS_LIT("application/json") : CS_ABSENT;
    cs_err err = cs_bearer_lend(bearer, k->bearer, deadline_us);
    const cs_fetch_request request = {.method = body.p != NULL ? "POST" : "GET",
                                      .url = url,
                                      .headers = {{"Authorization", cs_buf_slice(bearer)},
                                                  {"Content-Type", type},
                                                  {"Accept", CS_LIT("application/json")}},
                                      .body = body,
                                      .max_answer = CS_MAX_KMS_ANSWER,
                                      .deadline_us = deadline_us};
    return err == CS_OK ? cs_fetch_send(answer, k->connection, &request) : err;
}

/* What happened before there was an answer. */
static cs_err failure(bool *again, cs_err err)
{
    if (err == CS_OK || err == CS_NO_MEMORY || err == CS_CLOUD_CREDENTIALS)
        return err;
    *again = err == CS_REMOTE_UNREACHABLE || err == CS_REMOTE_SILENT;
    return err == CS_TOO_LARGE ? CS_KMS_ANSWER : CS_KMS_UNAVAILABLE;
}

static cs_err judge(bool *again, int status)
{
    *again = status == 408 || status == 429 || status >= 500;
    if (status == 200)
        return CS_OK;
    if (*again)
        return CS_KMS_UNAVAILABLE;
    if (status == 401)
        return CS_CLOUD_CREDENTIALS;
    return status >= 400 ? CS_KMS_DENIED : CS_KMS_ANSWER; /* nobody is followed elsewhere with a token */
}

cs_err cs_kms_rest_call(cs_fetch_answer *answer, bool *again, const cs_kms_rest *k, const char *url, cs_slice body,
                        cs_kms_type type, int64_t deadline_us)
{
    cs_err err;
    cs_buf bearer = cs_buf_new_wiped(CS_BEARER_MAX + sizeof "Bearer ");
    *answer = (cs_fetch_answer){0};
    *again = false;
    for (int attempt = 0;; attempt++) {
        cs_buf_clear(&bearer);
        err = send(answer, &bearer, k, url, body, deadline_us);
        if (err != CS_OK || answer->status != 401 || attempt > 0)
            break;
        cs_bearer_distrust(k->bearer, cs_buf_slice(&bearer));
        cs_fetch_answer_free(answer);
    }
    cs_buf_free(&bearer);
    err = err == CS_OK ? judge(again, answer->status) : failure(again, err);
    if (err != CS_OK)
        cs_log(CS_LOG_WARN, NULL, "%s: %s: status %d, %s, request %s", k->label, cs_kms_type_name(type), answer->status,
               cs_err_name(err), answer->request_id[0] != '\0' ? answer->request_id : "-");
    return err;
}

/* -- questions ----------------------------------------------------------------------------------------------------- */

static int compare(cs_slice a, cs_slice b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

cs_err cs_kms_rest_context(cs_buf *out, const cs_kms_request *r)
{
    cs_slice last = CS_ABSENT;
    for (size_t done = 0; done < r->context_count; done++) {
        const cs_kms_pair *next = NULL;
        for (size_t i = 0; i < r->context_count; i++) {
            const cs_kms_pair *p = &r->context[i];
            if ((last.p == NULL || compare(p->name, last) > 0) && (next == NULL || compare(p->name, next->name) < 0))
                next = p;
        }
        if (next == NULL)
            return CS_BAD_FIELD;
        cs_buf_add_lp16(out, next->name);
        cs_buf_add_lp16(out, next->value);
        last = next->name;
    }
    return out->err;
}

cs_err cs_kms_rest_check(const char *label, const cs_kms_request *r)
{
    const char *why = NULL;
    if (r->type > CS_KMS_PUBLIC_KEY)
        why = "is not asked there";
    else if (r->recipient.p != NULL)
        why = "there are no data keys for an enclave alone";
    else if (r->type == CS_KMS_SIGN && cs_prim_is_mldsa(r->algorithm) && r->mu.p == NULL)
        why = "ML-DSA signs an external mu alone";
    if (why == NULL)
        return CS_OK;
    cs_log(CS_LOG_WARN, NULL, "%s: %s: %s", label, cs_kms_type_name(r->type), why);
    return CS_PROVIDER_NOT_AVAILABLE;
}

cs_err cs_kms_rest_data_key(cs_slice *key, cs_buf *bytes)
{
    uint8_t *to = cs_buf_reserve(bytes, MAX_REPLY);
    if (to == NULL)
        return CS_NO_MEMORY;
    cs_err err = cs_random(to, CS_KMS_REST_KEY);
    *key = cs_slice_of(to, CS_KMS_REST_KEY);
    if (err == CS_OK)
        cs_buf_grow(bytes, CS_KMS_REST_KEY);
    return err;
}

cs_err cs_kms_rest_digest(cs_slice *digest, cs_digest *memory, const cs_kms_request *r)
{
    *digest = r->digest;
    if (r->digest.p != NULL)
        return CS_OK;
    cs_err err = cs_hash(memory, CS_SHA256, r->message);
    *digest = cs_digest_slice(memory);
    return err;
}
