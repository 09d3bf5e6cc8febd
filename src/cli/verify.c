/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `countersign verify`: a signature over a payload, under a public key that the caller brings; with --bundle,
 * everything about it (bundle.c).
 *
 * A key that stands in the result itself proves nothing, so --public-key is required with --sign-result too, and only
 * it decides algorithm and format.
 */
#include "cli/bundle.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/payload.h"
#include "cli/result.h"
#include "cli/talk.h"
#include "core/json.h"

/* Fills `signature` from --sign-result or --signature; exactly one of them. */
static int read_signature(cs_buf *signature, const cs_args *args)
{
    const char *result_path = cs_arg_text(args, "sign-result"), *value = cs_arg_text(args, "signature");
    if ((result_path == NULL) == (value == NULL))
        return cs_talk_usage("give --sign-result or --signature");
    if (value != NULL)
        return cs_input_signature(signature, value);
    cs_fault fault = {0};
    cs_result result;
    int code = CS_EXIT_OK;
    if (cs_result_read(&result, &fault, result_path) != CS_OK)
        code = cs_talk_fail_field(result_path, &fault);
    else
        cs_buf_add(signature, cs_buf_slice(&result.signature));
    cs_result_free(&result);
    return code;
}

static void print_json(const cs_pair *key, const cs_payload *payload, cs_err reason)
{
    uint8_t memory[1024];
    cs_buf out = CS_BUF_OVER(memory);
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_jw_bool(&w, "ok", reason == CS_OK);
    cs_jw_cstr(&w, "reason", cs_err_name(reason));
    cs_jw_cstr(&w, "algorithm", key->alg->name);
    cs_jw_cstr(&w, "signatureFormat", cs_format_name(key->format));
    cs_jw_hex(&w, "payloadSha256", "sha256:", cs_digest_slice(&payload->sha256));
    cs_jw_int(&w, "payloadSize", (int64_t)payload->size);
    cs_jw_end(&w);
    cs_talk_line(cs_buf_slice(&out));
}

static int report(const cs_args *args, const cs_pair *key, const cs_payload *payload, cs_err reason)
{
    if (cs_arg_flag(args, "json"))
        print_json(key, payload, reason);
    if (reason != CS_OK)
        return cs_talk_fail(reason, "%s", cs_arg_text(args, "payload"));
    if (!cs_arg_flag(args, "json") && !cs_arg_flag(args, "quiet"))
        (void)printf("verified: %s signature (%s) over %llu bytes\n", key->alg->name, cs_format_name(key->format),
                     (unsigned long long)payload->size);
    return CS_EXIT_OK;
}

/* What belongs to bundles would be read over here, and nobody would know that it was not checked. */
static int check_usage(const cs_args *args)
{
    static const char *const inputs[] = {"sign-result", "signature", "public-key", "payload", NULL};
    bool more = cs_arg_text(args, "policy") != NULL || cs_arg_count(args, "ledger-key") > 0 ||
                cs_arg_count(args, "witness") > 0 || cs_arg_text(args, "nonce") != NULL ||
                cs_arg_text(args, "key-id") != NULL || cs_arg_flag(args, "allow-mock");
    if (more)
        return cs_talk_usage("--policy, --ledger-key, --witness, --nonce, --key-id and --allow-mock go with --bundle");
    if (cs_arg_text(args, "public-key") == NULL)
        return cs_talk_usage("--public-key is needed: a key inside a result proves nothing");
    return cs_input_one_stdin(args, inputs);
}

int cs_command_verify(const cs_args *args)
{
    cs_pair key = {0};
    cs_payload payload = {0};
    cs_buf signature = cs_buf_new(CS_MAX_SIGNATURE);
    cs_message message;

    if (cs_arg_text(args, "bundle") != NULL)
        return cs_bundle_command_verify(args);
    int code = check_usage(args);
    if (code == CS_EXIT_OK)
        code = read_signature(&signature, args);
    if (code == CS_EXIT_OK)
        code = cs_input_public_key(&key, cs_arg_text(args, "public-key"));
    if (code != CS_EXIT_OK)
        goto out;
    cs_err err = cs_payload_read(&payload, cs_arg_text(args, "payload"), cs_payload_prehash_of(key.alg, key.format));
    if (err == CS_OK)
        err = cs_payload_message(&message, &payload, key.alg, key.format);
    if (err != CS_OK) {
        code = cs_talk_fail(err, "%s", cs_arg_text(args, "payload"));
        goto out;
    }
    code = report(args, &key, &payload, cs_pair_verify(NULL, &key, &message, cs_buf_slice(&signature)));
out:
    cs_payload_free(&payload);
    cs_pair_close(&key);
    cs_buf_free(&signature);
    return code;
}
