/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/check.h"

#include <stdio.h>
#include <string.h>

#include "agent/kms.h"
#include "core/json.h"
#include "core/limits.h"
#include "sys/clock.h"
#include "sys/log.h"

#define CHECK_US (10 * 1000000)

static int tell(int code, const char *name, const char *text)
{
    (void)printf("%-5s %-12s %s\n", code == CS_EXIT_OK ? "ok" : code == CS_EXIT_REFUSED ? "BAD" : "?", name, text);
    return code;
}

/* The graver of two: what is wrong goes before what is not known. */
static int graver(int a, int b)
{
    return a == CS_EXIT_REFUSED || b == CS_EXIT_OK ? a : b;
}

static int call(cs_aws_answer *answer, cs_kms_line *l, const char *target, cs_slice key, const char *members)
{
    uint8_t bytes[CS_MAX_KMS_KEY + 256];
    cs_buf body = CS_BUF_OVER(bytes);
    cs_jw w = cs_jw_on(&body);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "KeyId", key);
    if (members[0] != '\0')
        cs_jw_members(&w, cs_slice_str(members));
    cs_jw_end(&w);
    *answer = (cs_aws_answer){0};
    cs_err err = body.err == CS_OK ? cs_kms_ask(answer, l, target, key, cs_buf_slice(&body), cs_tick_us() + CHECK_US)
                                   : CS_CONFIG;
    return err == CS_OK ? CS_EXIT_OK : tell(CS_EXIT_ERROR, "kms", cs_err_sentence(err));
}

/* Whether the key is there and can be used. Not being allowed to look at it is no fault. */
static int check_key(cs_kms_line *l, cs_slice key)
{
    cs_aws_answer answer;
    cs_json *json = NULL;
    char text[CS_AWS_MAX_CODE + 32];
    int code = call(&answer, l, "TrentService.DescribeKey", key, "");
    if (code == CS_EXIT_OK && strcmp(answer.code, "AccessDeniedException") == 0) {
        code = tell(CS_EXIT_OK, "key", "the role may not look at it, which it need not");
    } else if (code == CS_EXIT_OK && answer.status != 200) {
        (void)snprintf(text, sizeof text, "the KMS says %s", answer.code);
        code = tell(cs_aws_is_transient(&answer) ? CS_EXIT_ERROR : CS_EXIT_REFUSED, "key", text);
    } else if (code == CS_EXIT_OK) {
        bool parsed = cs_json_parse(&json, cs_buf_slice(&answer.body), CS_MAX_BODY) == CS_OK;
        cs_jobj o = parsed ? cs_jobj_open(cs_json_root(json)) : (cs_jobj){.err = CS_BAD_JSON};
        cs_jobj key_data = cs_jobj_open(parsed ? cs_jobj_object(&o, "KeyMetadata") : (cs_jval){NULL});
        cs_slice state = cs_jobj_str(&key_data, "KeyState", CS_MAX_ID);
        bool enabled = key_data.err == CS_OK && cs_slice_is(state, "Enabled");
        code = tell(enabled ? CS_EXIT_OK : CS_EXIT_REFUSED, "key", enabled ? "enabled" : "not enabled");
    }
    cs_json_free(json);
    cs_aws_answer_free(&answer);
    return code;
}

/* A data key without a recipient: who gets one can open every key that is sealed under this one. */
static int check_release(cs_kms_line *l, cs_slice key)
{
    cs_aws_answer answer;
    char text[CS_AWS_MAX_CODE + 96];
    int code = call(&answer, l, "TrentService.GenerateDataKey", key,
                    "\"KeySpec\":\"AES_256\",\"EncryptionContext\":{\"user_id\":\"countersign-check\"}");
    if (code == CS_EXIT_OK && answer.status == 200) {
        code = tell(CS_EXIT_REFUSED, "attestation",
                    "the KMS gives this role data keys without attestation: the key's policy must demand it");
    } else if (code == CS_EXIT_OK && strcmp(answer.code, "AccessDeniedException") == 0) {
        code = tell(CS_EXIT_OK, "attestation", "without it there are no data keys");
    } else if (code == CS_EXIT_OK) {
        (void)snprintf(text, sizeof text, "cannot be told: the KMS says %s", answer.code);
        code = tell(CS_EXIT_ERROR, "attestation", text);
    }
    cs_aws_answer_free(&answer);
    return code;
}

int cs_check_run(const cs_args *args)
{
    cs_kms *kms = NULL;
    cs_kms_line *line = NULL;
    cs_slice key = cs_slice_str(cs_arg_text(args, "kms-key-arn"));
    cs_err err = cs_kms_open(&kms, args);
    if (err == CS_OK)
        err = cs_kms_line_open(&line, kms);
    int code = err == CS_OK ? CS_EXIT_OK : tell(CS_EXIT_ERROR, "options", cs_err_sentence(err));
    if (code == CS_EXIT_OK)
        code = check_key(line, key);
    if (code != CS_EXIT_ERROR)
        code = graver(code, check_release(line, key));
    cs_kms_line_close(line);
    cs_kms_close(kms);
    return code;
}
