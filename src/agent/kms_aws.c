/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/kms_aws.h"

#include <string.h>

#include "core/kms_json.h"
#include "sys/log.h"

#define MAX_REQUEST (64u << 10)
#define MAX_ANSWER (64u << 10)

/* -- the call ------------------------------------------------------------------------------------------------------ */

/* It is about who asks, not about the key. */
static bool is_about_credentials(const char *code)
{
    static const char *const codes[] = {"ExpiredTokenException",
                                        "ExpiredToken",
                                        "UnrecognizedClientException",
                                        "InvalidClientTokenId",
                                        "SignatureDoesNotMatch",
                                        "InvalidSignatureException",
                                        "IncompleteSignature",
                                        "MissingAuthenticationToken",
                                        "MissingAuthenticationTokenException"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

/* What an answer that is none of status 200 means. */
static cs_err refusal(bool *again, const cs_aws_answer *a, const cs_kms_request *r)
{
    bool transient = cs_aws_is_transient(a);
    *again = transient;
    cs_log(CS_LOG_WARN, NULL, "AWS KMS: %s: status %d, %s, request %s", cs_kms_type_name(r->type), a->status, a->code,
           a->request_id[0] != '\0' ? a->request_id : "-");
    if (transient)
        return CS_KMS_UNAVAILABLE;
    return is_about_credentials(a->code) ? CS_CLOUD_CREDENTIALS : CS_KMS_DENIED;
}

static cs_err judge(cs_kms_reply *out, cs_buf *bytes, const cs_aws_answer *a, const cs_kms_request *r)
{
    cs_err err = cs_kms_json_read(out, bytes, r, cs_buf_slice(&a->body));
    const char *id = a->request_id[0] != '\0' ? a->request_id : "-";
    if (err == CS_KMS_PLAINTEXT)
        cs_log(CS_LOG_ERROR, NULL,
               "AWS KMS: %s: A DATA KEY CAME IN THE CLEAR although a recipient was named (request %s). It was wiped "
               "and is not "
               "used. Whatever answers at this endpoint does not honour attestation.",
               cs_kms_type_name(r->type), id);
    else if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "AWS KMS: %s: an answer that is none to the question (request %s)",
               cs_kms_type_name(r->type), id);
    return err;
}

/* What happened before there was an answer. */
static cs_err failure(bool *again, cs_err err, const cs_kms_request *r)
{
    if (err == CS_NO_MEMORY || err == CS_CLOUD_CREDENTIALS)
        return err;
    *again = err == CS_REMOTE_UNREACHABLE || err == CS_REMOTE_SILENT;
    cs_log(CS_LOG_WARN, NULL, "AWS KMS: %s: %s", cs_kms_type_name(r->type), cs_err_name(err));
    return err == CS_TOO_LARGE ? CS_KMS_ANSWER : CS_KMS_UNAVAILABLE;
}

/* That of the key; of a new one, the region that it shall be in. */
static cs_err find_region(char region[CS_AWS_MAX_REGION + 1], const cs_kms_request *r)
{
    if (r->type != CS_KMS_CREATE_KEY)
        return cs_kms_json_region(region, r->key_id);
    return cs_kms_json_is_region(r->region) ? cs_slice_to_cstr(region, CS_AWS_MAX_REGION + 1, r->region)
                                            : CS_BAD_FORMAT;
}

cs_err cs_kms_aws_call(cs_kms_reply *out, cs_buf *bytes, bool *again, const cs_kms_aws *k, const cs_kms_request *r,
                       int64_t deadline_us)
{
    char region[CS_AWS_MAX_REGION + 1];
    *out = (cs_kms_reply){.type = CS_KMS_COUNT};
    *again = false;
    if (find_region(region, r) != CS_OK) {
        cs_log(CS_LOG_WARN, NULL, "AWS KMS: %s: the key's name is no ARN of a key", cs_kms_type_name(r->type));
        return CS_KMS_DENIED;
    }
    cs_buf body = cs_buf_new_wiped(MAX_REQUEST);
    cs_aws_answer answer = {0};
    const char *target = cs_kms_json_write(&body, r);
    cs_err err = body.err != CS_OK ? CS_NO_MEMORY : target == NULL ? CS_PROVIDER_NOT_AVAILABLE : CS_OK;
    if (err == CS_OK) {
        const cs_aws_request request = {.service = "kms",
                                        .region = region,
                                        .endpoint = k->endpoint,
                                        .target = target,
                                        .content_type = "application/x-amz-json-1.1",
                                        .body = cs_buf_slice(&body),
                                        .max_answer = MAX_ANSWER,
                                        .deadline_us = deadline_us};
        err = cs_aws_call(&answer, k->aws, k->connection, &request);
        if (err != CS_OK)
            err = failure(again, err, r);
        else if (answer.status != 200)
            err = refusal(again, &answer, r);
        else
            err = judge(out, bytes, &answer, r);
    }
    cs_aws_answer_free(&answer);
    cs_buf_free(&body);
    return err;
}
