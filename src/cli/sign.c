/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `countersign sign` through the server.
 *
 * Up to 512 KiB travel inline; of a larger payload only the pre-hash of the composite construction, made while the file
 * streams. What comes back is printed only if it verifies over the payload that was read.
 */
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/payload.h"
#include "cli/result.h"
#include "cli/talk.h"
#include "cli/vault.h"
#include "core/keytext.h"

struct signing {
    const cs_args *args;
    cs_client *client;
    char key_id[CS_MAX_ID + 1];
    cs_pair key; /* public */
    cs_payload payload;
    cs_buf nonce;
};

/* Id and public key; algorithm and format come with the latter. */
static int find_key(struct signing *s)
{
    cs_answer answer;
    int code = cs_vault_find_key(&answer, s->client, cs_arg_text(s->args, "key"));
    if (code == CS_EXIT_OK) {
        cs_jobj o = cs_jobj_open(answer.data);
        cs_slice id = cs_jobj_str(&o, "id", CS_MAX_ID),
                 public_key = cs_jobj_str(&o, "publicKey", CS_MAX_PUBLIC_KEY_JSON);
        cs_err err = cs_jobj_done_open(&o);
        if (err == CS_OK)
            err = cs_slice_to_cstr(s->key_id, sizeof s->key_id, id);
        if (err == CS_OK)
            err = cs_public_key_parse(&s->key, NULL, public_key);
        if (err != CS_OK)
            code = cs_talk_fail(err, "the server's answer about the key");
    }
    cs_answer_free(&answer);
    return code;
}

static cs_err write_request(cs_buf *body, const struct signing *s, const cs_message *message)
{
    cs_jw w = cs_jw_on(body);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "keyId", s->key_id);
    if (s->payload.is_inline) {
        cs_slice bytes = cs_buf_slice(&s->payload.bytes);
        cs_jw_base64(&w, "payload", bytes.p != NULL ? bytes : CS_LIT(""));
    } else {
        cs_jw_begin(&w, "preHash");
        cs_jw_cstr(&w, "alg", cs_hash_name(message->ph));
        cs_jw_base64(&w, "value", message->bytes);
        cs_jw_end(&w);
        cs_jw_int(&w, "payloadSize", (int64_t)s->payload.size);
    }
    if (s->nonce.n > 0)
        cs_jw_base64(&w, "nonce", cs_buf_slice(&s->nonce));
    cs_jw_end(&w);
    return body->err;
}

/* Prints the result, canonical, if its signature verifies under the key. */
static int check_and_print(const struct signing *s, const cs_message *message, const cs_answer *answer)
{
    cs_fault fault = {0};
    cs_result result = {0};
    cs_buf text = cs_buf_new(CS_MAX_RESULT);
    fault.err = cs_json_canonical(&text, answer->data);
    if (fault.err == CS_OK)
        fault.err = cs_result_parse(&result, &fault, cs_buf_slice(&text));
    int code = fault.err == CS_OK ? CS_EXIT_OK : cs_talk_fail_field("the server's answer", &fault);
    if (code == CS_EXIT_OK) {
        cs_err err = cs_pair_verify(NULL, &s->key, message, cs_buf_slice(&result.signature));
        if (err == CS_OK)
            cs_talk_line(cs_buf_slice(&text));
        else
            code = cs_talk_fail(err, "what the server returned");
    }
    cs_result_free(&result);
    cs_buf_free(&text);
    return code;
}

static int request(struct signing *s, const cs_message *message)
{
    cs_answer answer = {0};
    cs_buf body = cs_buf_new(CS_MAX_BODY);
    cs_err err = write_request(&body, s, message);
    int code = err == CS_OK ? cs_client_call(&answer, s->client, "POST", "/v1/sign", cs_buf_slice(&body))
                            : cs_talk_fail(err, "%s", cs_arg_text(s->args, "in"));
    if (code == CS_EXIT_OK)
        code = check_and_print(s, message, &answer);
    cs_answer_free(&answer);
    cs_buf_free(&body);
    return code;
}

static int sign(struct signing *s)
{
    const char *in = cs_arg_text(s->args, "in");
    cs_message message;
    int code = cs_input_nonce(&s->nonce, cs_arg_text(s->args, "nonce"));
    if (code == CS_EXIT_OK)
        code = cs_client_open(&s->client, s->args);
    if (code == CS_EXIT_OK)
        code = find_key(s);
    if (code != CS_EXIT_OK)
        return code;
    cs_err err = cs_payload_read(&s->payload, in, cs_payload_prehash_of(s->key.alg, s->key.format));
    if (err == CS_OK)
        err = cs_payload_message(&message, &s->payload, s->key.alg, s->key.format);
    return err == CS_OK ? request(s, &message) : cs_talk_fail(err, "%s", in);
}

int cs_command_sign(const cs_args *args)
{
    bool local = cs_arg_flag(args, "local");
    if (local && (cs_arg_text(args, "key") != NULL || cs_arg_text(args, "nonce") != NULL))
        return cs_talk_usage("--local takes --key-file, and neither --key nor --nonce");
    if (local)
        return cs_command_sign_local(args);
    if (cs_arg_text(args, "key-file") != NULL || cs_arg_text(args, "key") == NULL)
        return cs_talk_usage("give --key NAME|ID, or --local with --key-file");
    struct signing s = {.args = args, .nonce = cs_buf_new(CS_MAX_NONCE)};
    int code = sign(&s);
    cs_client_close(s.client);
    cs_pair_close(&s.key);
    cs_payload_free(&s.payload);
    cs_buf_free(&s.nonce);
    return code;
}
