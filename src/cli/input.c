/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"

#include <string.h>
#include <unistd.h>

#include "cli/talk.h"
#include "core/encode.h"
#include "core/keytext.h"
#include "sys/file.h"

#define MAX_KEY_FILE (16u << 10)

int cs_input_one_stdin(const cs_args *args, const char *const *options)
{
    const char *first = NULL;
    for (; *options != NULL; options++) {
        const char *value = cs_arg_text(args, *options);
        if (value == NULL || strcmp(value, "-") != 0)
            continue;
        if (first != NULL)
            return cs_talk_usage("--%s and --%s cannot both be stdin", first, *options);
        first = *options;
    }
    return CS_EXIT_OK;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static cs_slice trimmed(cs_slice s)
{
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    while (s.n > 0 && is_space(s.p[0]))
        s = cs_slice_sub(s, 1, s.n);
    return s;
}

int cs_input_public_key(cs_pair *out, const char *path)
{
    cs_fault fault = {0};
    cs_buf text = cs_buf_new(MAX_KEY_FILE);
    cs_err err = cs_file_read(&text, path);
    cs_slice key = trimmed(cs_buf_slice(&text));
    *out = (cs_pair){0};
    if (err == CS_OK)
        err = key.n > 0 && key.p[0] == '{' ? cs_public_key_parse(out, &fault, key) : cs_public_key_from_pem(out, key);
    fault.err = err;
    cs_buf_free(&text);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail_field(path, &fault);
}

int cs_input_signature(cs_buf *out, const char *value)
{
    bool is_file = strcmp(value, "-") == 0 || access(value, F_OK) == 0;
    cs_err err = is_file ? cs_file_read(out, value) : cs_base64_decode(out, cs_slice_str(value));
    if (err == CS_OK)
        return CS_EXIT_OK;
    if (is_file) /* no signature is that long */
        return cs_talk_fail(err == CS_TOO_LARGE ? CS_BAD_SIGNATURE : err, "%s", value);
    return cs_talk_error("--signature is neither a file nor base64: %.40s", value);
}

int cs_input_document(cs_buf *out, const char *path)
{
    cs_err err = cs_file_read(out, path);
    if (err == CS_OK)
        return CS_EXIT_OK;
    return cs_talk_fail(err == CS_TOO_LARGE ? CS_ATT_TOO_LARGE : err, "%s", path);
}

int cs_input_policy(cs_policy *out, const char *path)
{
    cs_fault fault = {0};
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    fault.err = cs_file_read(&text, path);
    if (fault.err == CS_OK)
        fault.err = cs_policy_parse(out, &fault, cs_buf_slice(&text), true);
    cs_buf_free(&text);
    return fault.err == CS_OK ? CS_EXIT_OK : cs_talk_fail_field(path, &fault);
}

int cs_input_pin(cs_pin *out, const char *path)
{
    cs_fault fault = {0};
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    fault.err = cs_file_read(&text, path);
    if (fault.err == CS_OK)
        fault.err = cs_pin_parse(out, &fault, cs_buf_slice(&text), true);
    cs_buf_free(&text);
    return fault.err == CS_OK ? CS_EXIT_OK : cs_talk_fail_field(path, &fault);
}

/* One verifier key a line; empty lines are read over. */
static int read_vkeys(cs_vkey *out, size_t *n, cs_slice text, const char *what)
{
    while (text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        cs_slice line = cs_slice_of(text.p, end != NULL ? (size_t)(end - text.p) : text.n);
        text = cs_slice_sub(text, line.n + 1, text.n);
        line = trimmed(line);
        if (line.n == 0)
            continue;
        cs_err err = *n < CS_MAX_VKEYS ? cs_vkey_parse(&out[*n], line) : CS_TOO_LARGE;
        if (err != CS_OK)
            return cs_talk_fail(err, "%.60s", what);
        ++*n;
    }
    return CS_EXIT_OK;
}

int cs_input_vkeys(cs_vkey *out, size_t *n, const cs_args *args, const char *option)
{
    const char *value;
    int code = CS_EXIT_OK;
    *n = 0;
    for (size_t i = 0; code == CS_EXIT_OK && (value = cs_arg_item(args, option, i)) != NULL; i++) {
        size_t before = *n;
        cs_buf text = cs_buf_new((size_t)CS_MAX_VKEYS * (CS_MAX_VKEY + 2));
        if (access(value, F_OK) != 0)
            cs_buf_add_str(&text, value);
        cs_err err = access(value, F_OK) == 0 ? cs_file_read(&text, value) : text.err;
        code = err == CS_OK ? read_vkeys(out, n, cs_buf_slice(&text), value) : cs_talk_fail(err, "%.60s", value);
        if (code == CS_EXIT_OK && *n == before)
            code = cs_talk_fail(CS_BAD_VKEY, "%.60s", value);
        cs_buf_free(&text);
    }
    return code;
}

int cs_input_nonce(cs_buf *out, const char *value)
{
    if (value == NULL)
        return CS_EXIT_OK;
    if (cs_base64_decode(out, cs_slice_str(value)) != CS_OK || out->n < CS_MIN_NONCE || out->n > CS_MAX_NONCE)
        return cs_talk_usage("--nonce is base64 of %d to %d bytes", CS_MIN_NONCE, CS_MAX_NONCE);
    return CS_EXIT_OK;
}
