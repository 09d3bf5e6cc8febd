/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of one's own, without any server: `keygen` and `sign --local`. Such a signature carries no attestation; the
 * private key is in this process while it signs.
 */
#include <string.h>

#include "cli/commands.h"
#include "cli/payload.h"
#include "cli/talk.h"
#include "core/json.h"
#include "core/keytext.h"
#include "sys/file.h"

#define DEFAULT_ALGORITHM "mldsa65+ed25519"

/* Algorithm and format of the options; both have defaults. */
static int choose(const cs_alg **alg, cs_format *format, const cs_args *args)
{
    const char *name = cs_arg_text(args, "algorithm"), *format_name = cs_arg_text(args, "format");
    *alg = cs_alg_find(cs_slice_str(name != NULL ? name : DEFAULT_ALGORITHM));
    if (*alg == NULL)
        return cs_talk_usage("--algorithm %s is not known; see countersign keygen --help", name);
    *format = cs_alg_default_format(*alg);
    if (format_name != NULL && !cs_format_by_name(format, cs_slice_str(format_name)))
        return cs_talk_usage("--format is composite, concat, envelope or pure, not %s", format_name);
    if (!cs_alg_offers(*alg, *format))
        return cs_talk_usage("%s is not offered in format %s", (*alg)->name, format_name);
    return CS_EXIT_OK;
}

static cs_err make_key(cs_secret *text, cs_buf *public_json, const cs_alg *alg, cs_format format)
{
    CS_SECRET(serialized);
    cs_pair key = {0};
    cs_buf public_bytes = cs_buf_new(CS_MAX_PUBLIC_KEY);
    cs_err err = cs_pair_generate(&serialized, alg);
    if (err == CS_OK)
        err = cs_pair_open_private(&key, alg, format, cs_secret_slice(&serialized));
    if (err == CS_OK)
        err = cs_private_key_json(text, alg, format, cs_secret_slice(&serialized));
    if (err == CS_OK) {
        cs_pair_public(&public_bytes, &key);
        err = public_bytes.err;
    }
    if (err == CS_OK)
        err = cs_public_key_json(public_json, alg, format, cs_buf_slice(&public_bytes));
    cs_pair_close(&key);
    cs_buf_free(&public_bytes);
    return err;
}

int cs_command_keygen(const cs_args *args)
{
    CS_SECRET(text);
    const cs_alg *alg = NULL;
    cs_format format = CS_FORMAT_COMPOSITE;
    const char *path = cs_arg_text(args, "out"), *public_path = cs_arg_text(args, "public");
    cs_buf public_json = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);

    int code = choose(&alg, &format, args);
    if (code != CS_EXIT_OK)
        goto out;
    if (strcmp(path, "-") == 0) {
        code = cs_talk_usage("a private key is written to a file only");
        goto out;
    }
    cs_err err = make_key(&text, &public_json, alg, format);
    if (err != CS_OK) {
        code = cs_talk_fail(err, "keygen");
        goto out;
    }
    err = cs_file_write(path, cs_secret_slice(&text), 0600, false);
    if (err != CS_OK) {
        code = err == CS_CONFLICT ? cs_talk_error("%s exists and is not overwritten", path)
                                  : cs_talk_fail(err, "%s", path);
        goto out;
    }
    cs_talk_note(args, "private key (%s, %s) in %s, mode 0600", alg->name, cs_format_name(format), path);
    if (public_path == NULL) {
        cs_talk_line(cs_buf_slice(&public_json));
        goto out;
    }
    cs_buf_add_u8(&public_json, '\n');
    err = public_json.err == CS_OK ? cs_file_write(public_path, cs_buf_slice(&public_json), 0644, false)
                                   : public_json.err;
    if (err != CS_OK)
        code = err == CS_CONFLICT
                   ? cs_talk_error("%s exists and is not overwritten; the private key is in %s", public_path, path)
                   : cs_talk_fail(err, "%s", public_path);
out:
    cs_buf_free(&public_json);
    return code;
}

static cs_err open_private(cs_pair *key, const char *path)
{
    CS_SECRET(text);
    cs_err err = cs_file_read_secret(&text, path);
    return err == CS_OK ? cs_private_key_parse(key, cs_secret_slice(&text)) : err;
}

/* The result: what a server would answer, without attestation. */
static cs_err write_result(cs_buf *out, const cs_pair *key, const cs_payload *payload, cs_slice signature)
{
    cs_buf public_bytes = cs_buf_new(CS_MAX_PUBLIC_KEY), public_json = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    cs_pair_public(&public_bytes, key);
    cs_err err = public_bytes.err;
    if (err == CS_OK)
        err = cs_public_key_json(&public_json, key->alg, key->format, cs_buf_slice(&public_bytes));
    if (err == CS_OK) {
        cs_jw w = cs_jw_on(out);
        cs_jw_begin(&w, NULL);
        cs_jw_cstr(&w, "algorithm", key->alg->name);
        cs_jw_cstr(&w, "signatureFormat", cs_format_name(key->format));
        cs_jw_base64(&w, "signature", signature);
        cs_jw_str(&w, "publicKey", cs_buf_slice(&public_json));
        cs_jw_hex(&w, "payloadSha256", "sha256:", cs_digest_slice(&payload->sha256));
        cs_jw_int(&w, "payloadSize", (int64_t)payload->size);
        cs_jw_end(&w);
        err = out->err;
    }
    cs_buf_free(&public_bytes);
    cs_buf_free(&public_json);
    return err;
}

int cs_command_sign_local(const cs_args *args)
{
    const char *key_path = cs_arg_text(args, "key-file"), *in = cs_arg_text(args, "in");
    cs_pair key = {0};
    cs_payload payload = {0};
    cs_message message;
    cs_buf signature = cs_buf_new(CS_MAX_SIGNATURE), result = cs_buf_new(CS_MAX_BODY);
    int code = CS_EXIT_OK;

    if (key_path == NULL)
        return cs_talk_usage("--local needs --key-file");
    cs_err err = open_private(&key, key_path);
    if (err != CS_OK) {
        code = err == CS_CONFIG ? cs_talk_error("%s: a private key file must be yours and mode 0600", key_path)
                                : cs_talk_fail(err, "%s", key_path);
        goto out;
    }
    err = cs_payload_read(&payload, in, cs_payload_prehash_of(key.alg, key.format));
    if (err == CS_OK)
        err = cs_payload_message(&message, &payload, key.alg, key.format);
    if (err == CS_OK)
        err = cs_pair_sign(&signature, &key, &message);
    if (err == CS_OK)
        err = write_result(&result, &key, &payload, cs_buf_slice(&signature));
    if (err == CS_OK)
        cs_talk_line(cs_buf_slice(&result));
    else
        code = cs_talk_fail(err, "%s", in);
out:
    cs_payload_free(&payload);
    cs_pair_close(&key);
    cs_buf_free(&signature);
    cs_buf_free(&result);
    return code;
}
