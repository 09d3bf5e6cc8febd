/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two roles of the PQ Signer door in AWS, asked with the credentials of this machine: each may do what it is for,
 * and is denied what is the other's. One call of each side; nothing is written, and a data key that should not have
 * come is wiped.
 */
#include <stdio.h>
#include <string.h>

#include "cli/doctor.h"
#include "core/json.h"
#include "sys/aws.h"
#include "sys/clock.h"

#define WAIT_US 10000000
#define MAX_ANSWER (64u << 10)

/* What became of a call. */
enum permission { DENIED, ALLOWED, UNKNOWN };

static enum permission ask(char why[128], cs_aws *aws, cs_aws_request *request, const cs_buf *body)
{
    cs_fetch *f = NULL;
    cs_aws_answer answer = {0};
    enum permission is = UNKNOWN;
    request->body = cs_buf_slice(body);
    request->max_answer = MAX_ANSWER;
    request->deadline_us = cs_tick_us() + WAIT_US;
    cs_err err = body->err;
    if (err == CS_OK)
        err = cs_fetch_open(&f, &(cs_fetch_options){.plain_anywhere = request->endpoint != NULL});
    if (err == CS_OK)
        err = cs_aws_call(&answer, aws, f, request);
    if (err == CS_OK &&
        strncmp(answer.code, "AccessDenied", strlen("AccessDenied")) == 0) /* with or without Exception */
        is = DENIED;
    else if (err == CS_OK && answer.status == 200)
        is = ALLOWED;
    (void)snprintf(why, 128, "%s", err == CS_OK ? answer.code : cs_err_sentence(err));
    cs_aws_answer_free(&answer);
    cs_fetch_close(f);
    return is;
}

static enum permission ask_table(char why[128], cs_aws *aws, const cs_args *args)
{
    char bytes[1024];
    cs_buf body = CS_BUF_OVER(bytes);
    cs_jw w = cs_jw_on(&body);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "TableName", cs_arg_text(args, "table"));
    cs_jw_begin(&w, "Key");
    cs_jw_begin(&w, "user_id");
    cs_jw_cstr(&w, "S", "countersign-doctor");
    cs_jw_end(&w);
    cs_jw_end(&w);
    cs_jw_end(&w);
    return ask(why, aws,
               &(cs_aws_request){.service = "dynamodb",
                                 .endpoint = cs_arg_text(args, "dynamodb-endpoint"),
                                 .target = "DynamoDB_20120810.GetItem",
                                 .content_type = "application/x-amz-json-1.0"},
               &body);
}

/* Without a recipient: the agent's role has to be denied that as well as the gateway's. */
static enum permission ask_kms(char why[128], cs_aws *aws, const cs_args *args)
{
    char bytes[4096];
    cs_buf body = CS_BUF_OVER(bytes);
    cs_jw w = cs_jw_on(&body);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "KeyId", cs_arg_text(args, "kms-key-arn"));
    cs_jw_cstr(&w, "KeySpec", "AES_256");
    cs_jw_begin(&w, "EncryptionContext");
    cs_jw_cstr(&w, "user_id", "countersign-doctor");
    cs_jw_end(&w);
    cs_jw_end(&w);
    return ask(why, aws,
               &(cs_aws_request){.service = "kms",
                                 .endpoint = cs_arg_text(args, "kms-endpoint"),
                                 .target = "TrentService.GenerateDataKey",
                                 .content_type = "application/x-amz-json-1.1"},
               &body);
}

static void judge(cs_doctor *d, const char *name, enum permission is, enum permission wanted, const char *why)
{
    if (is == UNKNOWN)
        cs_doctor_add(d, name, CS_HEALTH_WARN, "cannot be told: %s", why);
    else if (is == wanted)
        cs_doctor_add(d, name, CS_HEALTH_OK,
                      is == DENIED ? "denied to this role, as it should be" : "this role may use it");
    else
        cs_doctor_add(d, name, CS_HEALTH_FAIL,
                      is == DENIED ? "denied to this role, which is for it" : "this role may use it, and must not");
}

void cs_doctor_cloud(cs_doctor *d, const cs_args *args)
{
    char why[128];
    cs_aws *aws = NULL;
    const char *role = cs_arg_text(args, "cloud-role");
    if (role == NULL)
        return;
    if (cs_aws_open(&aws, cs_arg_text(args, "aws-region")) != CS_OK) {
        cs_doctor_add(d, "cloud role", CS_HEALTH_FAIL, "--aws-region: not a region");
        return;
    }
    if (cs_arg_text(args, "table") != NULL) {
        enum permission is = ask_table(why, aws, args);
        judge(d, "role: table", is, strcmp(role, "gateway") == 0 ? ALLOWED : DENIED, why);
    }
    if (cs_arg_text(args, "kms-key-arn") != NULL) {
        enum permission is = ask_kms(why, aws, args);
        judge(d, "role: data keys", is, DENIED, why);
    }
    cs_aws_close(aws);
}
