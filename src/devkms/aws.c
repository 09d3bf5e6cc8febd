/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/aws.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "devkms/key_policy.h"
#include "devkms/signed.h"
#include "sys/clock.h"
#include "sys/log.h"

#define TARGET_PREFIX "TrentService."
#define JSON_TYPE "application/x-amz-json-1.1"

static const struct operation {
    const char *name;
    cs_aws_operation run;
} operations[] = {
    {"CreateKey", cs_aws_create_key},
    {"DescribeKey", cs_aws_describe_key},
    {"CreateAlias", cs_aws_create_alias},
    {"GetKeyPolicy", cs_aws_get_key_policy},
    {"PutKeyPolicy", cs_aws_put_key_policy},
    {"EnableKey", cs_aws_enable_key},
    {"DisableKey", cs_aws_disable_key},
    {"ScheduleKeyDeletion", cs_aws_schedule_key_deletion},
    {"GenerateDataKey", cs_aws_generate_data_key},
    {"GenerateDataKeyWithoutPlaintext", cs_aws_generate_data_key_without_plaintext},
    {"Encrypt", cs_aws_encrypt},
    {"Decrypt", cs_aws_decrypt},
    {"GetPublicKey", cs_aws_get_public_key},
    {"Sign", cs_aws_sign},
    {"Verify", cs_aws_verify},
};

static const cs_aws_spec specs[] = {
    {"SYMMETRIC_DEFAULT", CS_PAIR_NONE, {NULL, NULL}},
    {"ECC_NIST_P256", CS_PAIR_P256, {"ECDSA_SHA_256", NULL}},
    {"ECC_NIST_EDWARDS25519", CS_PAIR_ED25519, {"ED25519_SHA_512", "ED25519_PH_SHA_512"}},
    {"ML_DSA_44", CS_PAIR_MLDSA44, {"ML_DSA_SHAKE_256", NULL}},
    {"ML_DSA_65", CS_PAIR_MLDSA65, {"ML_DSA_SHAKE_256", NULL}},
    {"ML_DSA_87", CS_PAIR_MLDSA87, {"ML_DSA_SHAKE_256", NULL}},
};

const cs_aws_spec *cs_aws_spec_find(cs_slice name)
{
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        if (cs_slice_is(name, specs[i].name))
            return &specs[i];
    return NULL;
}

/* -- for the operations -------------------------------------------------------------------------------------------- */

cs_aws_error cs_aws_say(cs_aws_call *c, cs_aws_error e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(c->why, sizeof c->why, format, args);
    va_end(args);
    return e;
}

cs_aws_error cs_aws_read_done(cs_aws_call *c)
{
    cs_err err = cs_jobj_done(&c->in);
    switch (err) {
    case CS_OK:
        return CS_AWS_OK;
    case CS_UNKNOWN_FIELD:
        return cs_aws_say(c, CS_AWS_VALIDATION, "The member %s is not supported by this development KMS.", c->in.field);
    case CS_MISSING_FIELD:
        return cs_aws_say(c, CS_AWS_VALIDATION,
                          "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must "
                          "not be null",
                          c->in.field);
    default:
        return cs_aws_say(c, CS_AWS_VALIDATION, "1 validation error detected: Value at '%s' is not allowed",
                          c->in.field);
    }
}

bool cs_aws_hit(const cs_aws_call *c, cs_inject_kind kind)
{
    return (c->faults & 1u << kind) != 0;
}

const char *cs_aws_arn(char out[CS_AWS_ARN], const cs_service *s, const cs_stored_key *k)
{
    (void)snprintf(out, CS_AWS_ARN, "arn:aws:kms:%s:%s:key/%s", s->region, s->account, k->id);
    return out;
}

void cs_aws_write_key_id(cs_aws_call *c, cs_jw *w, const cs_stored_key *k)
{
    char arn[CS_AWS_ARN];
    (void)cs_aws_arn(arn, c->service, k);
    if (cs_aws_hit(c, CS_INJECT_WRONG_KEY_ID)) {
        char *last = arn + strlen(arn) - 1;
        *last = *last == '0' ? '1' : '0';
    }
    cs_jw_cstr(w, "KeyId", arn);
}

/* What a KeyId names: an id, or an alias. */
static cs_aws_error read_key_id(cs_aws_call *c, cs_keystore_by *by, cs_slice *text)
{
    char memory[128];
    cs_buf prefix = CS_BUF_OVER(memory);
    if (cs_slice_starts(*text, CS_LIT("arn:"))) {
        cs_buf_printf(&prefix, "arn:aws:kms:%s:%s:", c->service->region, c->service->account);
        if (!cs_slice_starts(*text, cs_buf_slice(&prefix)))
            return cs_aws_say(c, CS_AWS_NOT_FOUND, "The ARN is of another region or account.");
        *text = cs_slice_sub(*text, prefix.n, text->n);
        if (cs_slice_starts(*text, CS_LIT("key/")))
            *text = cs_slice_sub(*text, 4, text->n);
        else if (!cs_slice_starts(*text, CS_LIT("alias/")))
            return CS_AWS_INVALID_ARN;
    }
    *by = cs_slice_starts(*text, CS_LIT("alias/")) ? CS_BY_ALIAS : CS_BY_ID;
    return CS_AWS_OK;
}

static cs_aws_error check_use(cs_aws_call *c, const cs_stored_key *k, const cs_aws_use *use)
{
    char arn[CS_AWS_ARN], action[72];
    const cs_policy_call call = {.account = c->service->account,
                                 .principal = c->principal,
                                 .action = action,
                                 .context = use->context,
                                 .attested = use->attested};
    (void)snprintf(action, sizeof action, "kms:%s",
                   strcmp(c->op, "GenerateDataKeyWithoutPlaintext") == 0 ? "GenerateDataKeyWithoutPlaintext" : c->op);
    bool allowed = k->policy.n == 0 || cs_key_policy_allows(cs_buf_slice(&k->policy), &call);
    if (!allowed || cs_aws_hit(c, CS_INJECT_DENY))
        return cs_aws_say(c, CS_AWS_ACCESS_DENIED, "User: %s is not authorized to perform: %s on resource: %s",
                          c->principal, action, cs_aws_arn(arn, c->service, k));
    if (k->state == CS_STORED_DISABLED && !use->any_state)
        return cs_aws_say(c, CS_AWS_DISABLED, "%s is disabled.", cs_aws_arn(arn, c->service, k));
    if (k->state == CS_STORED_PENDING_DELETION && !use->any_state)
        return cs_aws_say(c, CS_AWS_INVALID_STATE, "%s is pending deletion.", cs_aws_arn(arn, c->service, k));
    return CS_AWS_OK;
}

cs_aws_error cs_aws_use_key(cs_aws_call *c, cs_stored_key **key, const cs_aws_use *use)
{
    cs_keystore_by by = CS_BY_ID;
    cs_slice text = use->key_id;
    *key = NULL;
    cs_aws_error e = read_key_id(c, &by, &text);
    if (e != CS_AWS_OK)
        return e;
    cs_stored_key *k = use->change ? cs_keystore_change(&c->service->keys, CS_STORED_AWS, by, text)
                                   : cs_keystore_find(&c->service->keys, CS_STORED_AWS, by, text);
    if (k == NULL)
        e = cs_aws_say(c, CS_AWS_NOT_FOUND, "Key '%.*s' does not exist", (int)(text.n > 200 ? 200 : text.n),
                       (const char *)text.p);
    else
        e = check_use(c, k, use);
    if (e == CS_AWS_OK)
        *key = k;
    else
        cs_keystore_done(&c->service->keys);
    return e;
}

/* -- a request ----------------------------------------------------------------------------------------------------- */

static const struct operation *find_operation(const cs_head *head)
{
    const cs_slice prefix = CS_LIT(TARGET_PREFIX);
    cs_slice target = cs_head_value(head, "x-amz-target");
    if (!cs_slice_starts(target, prefix))
        return NULL;
    target = cs_slice_sub(target, prefix.n, target.n);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (cs_slice_is(target, operations[i].name))
            return &operations[i];
    return NULL;
}

static cs_aws_error authenticate(cs_aws_call *c, const cs_http_request *request)
{
    cs_signed signature;
    const char *why = NULL;
    cs_aws_error e = cs_signed_parse(&signature, &request->head);
    if (e != CS_AWS_OK)
        return e;
    const cs_credential *who = cs_credentials_find(&c->service->credentials, signature.access_key_id);
    if (who == NULL)
        return CS_AWS_UNRECOGNIZED_CLIENT;
    e = cs_signed_check(&why, &signature, &request->head, request->body, cs_secret_slice(&who->secret),
                        who->session_token.n > 0 ? cs_secret_slice(&who->session_token) : CS_ABSENT, c->service->region,
                        "kms", c->now_ms / 1000);
    (void)snprintf(c->principal, sizeof c->principal, "arn:aws:iam::%s:role/%s", c->service->account, who->profile);
    return why != NULL ? cs_aws_say(c, e, "%s", why) : e;
}

static cs_aws_error injected(const cs_aws_call *c)
{
    if (cs_aws_hit(c, CS_INJECT_THROTTLE))
        return CS_AWS_THROTTLING;
    if (cs_aws_hit(c, CS_INJECT_ERROR))
        return CS_AWS_INTERNAL;
    return cs_aws_hit(c, CS_INJECT_UNAVAILABLE) ? CS_AWS_UNAVAILABLE : CS_AWS_OK;
}

static cs_aws_error run(cs_aws_call *c, cs_aws_operation operation, cs_slice body)
{
    cs_json *doc = NULL;
    cs_err err = cs_json_parse(&doc, body, CS_MAX_BODY);
    if (err != CS_OK || !cs_jval_is_object(cs_json_root(doc))) {
        cs_json_free(doc);
        return CS_AWS_SERIALIZATION;
    }
    c->in = cs_jobj_open(cs_json_root(doc));
    cs_aws_error e = operation(c);
    cs_json_free(doc);
    return e == CS_AWS_OK && c->out->err != CS_OK ? CS_AWS_INTERNAL : e;
}

void cs_aws_serve(cs_service *s, cs_http_answer *answer, const cs_http_request *request)
{
    cs_aws_call c = {.service = s, .op = "", .out = &answer->body, .now_ms = cs_now_ms()};
    const struct operation *operation = find_operation(&request->head);
    cs_aws_error e = CS_AWS_OK;
    answer->type = JSON_TYPE;
    cs_buf_printf(&answer->fields, "x-amzn-RequestId: %s\r\n", answer->id);
    if (!cs_slice_is(request->head.method, "POST") || operation == NULL)
        e = CS_AWS_UNKNOWN_OPERATION;
    if (e == CS_AWS_OK)
        e = authenticate(&c, request);
    if (e == CS_AWS_OK) {
        c.op = operation->name;
        c.faults = cs_service_count(s, answer, c.op);
        e = injected(&c);
    }
    if (e == CS_AWS_OK)
        e = run(&c, operation->run, request->body);
    answer->status = cs_aws_error_status(e);
    if (e != CS_AWS_OK) {
        cs_buf_clear(&answer->body);
        cs_aws_error_json(&answer->body, e, c.why[0] != '\0' ? c.why : NULL);
        cs_log(CS_LOG_INFO, answer->id, "%s %s: %s %s", c.principal[0] != '\0' ? c.principal : "nobody", c.op,
               cs_aws_error_type(e), c.why);
    } else {
        cs_log(CS_LOG_INFO, answer->id, "%s %s", c.principal, c.op);
    }
    if (cs_aws_hit(&c, CS_INJECT_GARBAGE)) {
        answer->status = 200;
        cs_buf_clear(&answer->body);
        cs_buf_add_str(&answer->body, "<html>{\"Plaintext\":");
    }
}
