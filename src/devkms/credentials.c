/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/credentials.h"

#include <string.h>

#include "core/crypto.h"
#include "core/encode.h"

static cs_slice trim(cs_slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = cs_slice_sub(s, 1, s.n);
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

static bool is_name(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return s.n > 0;
}

static bool begin_profile(cs_credentials *out, cs_slice line)
{
    if (out->count == CS_CREDENTIALS_MAX || line.p[line.n - 1] != ']')
        return false;
    cs_slice name = trim(cs_slice_sub(line, 1, line.n - 2));
    for (size_t i = 0; i < out->count; i++)
        if (cs_slice_is(name, out->of[i].profile))
            return false;
    cs_credential *c = &out->of[out->count++];
    return is_name(name) && cs_slice_to_cstr(c->profile, sizeof c->profile, name) == CS_OK;
}

static bool set_once(cs_secret *to, cs_slice value)
{
    return to->n == 0 && value.n > 0 && cs_secret_set(to, value) == CS_OK;
}

static bool read_line(cs_credentials *out, cs_slice line)
{
    if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
        return true;
    if (line.p[0] == '[')
        return begin_profile(out, line);
    const uint8_t *equals = memchr(line.p, '=', line.n);
    if (equals == NULL || out->count == 0)
        return false;
    cs_credential *c = &out->of[out->count - 1];
    size_t at = (size_t)(equals - line.p);
    cs_slice name = trim(cs_slice_sub(line, 0, at)), value = trim(cs_slice_sub(line, at + 1, line.n));
    bool is_key = cs_slice_is(name, "aws_secret_access_key"), is_session = cs_slice_is(name, "aws_session_token");
    if (is_key || is_session)
        return set_once(is_key ? &c->secret : &c->session_token, value);
    return cs_slice_is(name, "aws_access_key_id") && c->access_key_id[0] == '\0' && is_name(value) &&
           cs_credentials_find(out, value) == NULL &&
           cs_slice_to_cstr(c->access_key_id, sizeof c->access_key_id, value) == CS_OK;
}

cs_err cs_credentials_parse(cs_credentials *out, cs_slice text)
{
    memset(out, 0, sizeof *out);
    bool good = text.n > 0;
    while (good && text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end == NULL ? text.n : (size_t)(end - text.p);
        good = memchr(text.p, 0, n) == NULL && read_line(out, trim(cs_slice_sub(text, 0, n)));
        text = cs_slice_sub(text, end == NULL ? n : n + 1, text.n);
    }
    for (size_t i = 0; i < out->count; i++)
        good = good && out->of[i].access_key_id[0] != '\0' && out->of[i].secret.n > 0;
    if (good && out->count > 0)
        return CS_OK;
    cs_credentials_wipe(out);
    return CS_CONFIG;
}

void cs_credentials_wipe(cs_credentials *c)
{
    cs_wipe(c, sizeof *c);
}

const cs_credential *cs_credentials_find(const cs_credentials *c, cs_slice access_key_id)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->of[i].access_key_id[0] != '\0' && cs_slice_is(access_key_id, c->of[i].access_key_id))
            return &c->of[i];
    return NULL;
}

cs_err cs_credentials_generate(cs_buf *out, const char *profile)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t id[16];
    CS_SECRET(key);
    key.n = 30;
    cs_err err = cs_random(id, sizeof id);
    if (err == CS_OK)
        err = cs_random(key.b, key.n);
    if (err != CS_OK)
        return err;
    cs_buf_printf(out, "[%s]\naws_access_key_id = AKIA", profile);
    for (size_t i = 0; i < sizeof id; i++)
        cs_buf_add_u8(out, (uint8_t)letters[id[i] % 32]);
    cs_buf_add_str(out, "\naws_secret_access_key = ");
    cs_base64_encode(out, cs_secret_slice(&key));
    cs_buf_add_str(out, "\n");
    return out->err;
}
