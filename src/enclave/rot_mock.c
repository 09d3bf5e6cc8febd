/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/rot_mock.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "enclave/measure.h"
#include "sys/file.h"
#include "sys/log.h"

/* The key and what is public of it. */
static cs_err take_key(cs_rot *r, cs_slice private_bytes)
{
    cs_key *key = NULL;
    cs_err err = cs_key_open_private(&key, CS_ED25519, private_bytes);
    if (err != CS_OK)
        return err;
    r->own = key;
    cs_buf public_key = CS_BUF_OVER(r->root_public_key);
    cs_key_public(&public_key, key);
    return public_key.err == CS_OK && public_key.n == sizeof r->root_public_key ? CS_OK : CS_CRYPTO;
}

/* Only a file that is not there is made; one that cannot be read is an error. */
static cs_err make_if_missing(const char *path)
{
    if (access(path, F_OK) == 0)
        return CS_OK;
    if (errno != ENOENT)
        return CS_IO;
    CS_SECRET(private_bytes);
    cs_err err = cs_key_generate(&private_bytes, CS_ED25519);
    if (err == CS_OK)
        err = cs_file_write(path, cs_secret_slice(&private_bytes), 0600, false);
    if (err == CS_OK)
        cs_log(CS_LOG_WARN, NULL, "a new software attestation root was made: %s", path);
    return err == CS_CONFLICT ? CS_OK : err; /* somebody was faster: that one counts */
}

static cs_err read_key(cs_rot *r, const char *state_dir)
{
    CS_SECRET(private_bytes);
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/attestation-root.key", state_dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return CS_CONFIG;
    cs_err err = make_if_missing(path);
    if (err == CS_OK)
        err = cs_file_read_secret(&private_bytes, path);
    if (err == CS_OK)
        err = private_bytes.n == 32 ? take_key(r, cs_secret_slice(&private_bytes)) : CS_CONFIG;
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "attestation root %s: %s It is not replaced.", path,
               err == CS_CONFIG ? "must be 32 bytes in a regular file of this user with mode 0600."
                                : cs_err_sentence(err));
    return err;
}

static cs_err measure(cs_rot *r)
{
    uint8_t spki_bytes[CS_ROOT_SPKI_LEN];
    cs_buf text = CS_BUF_OVER(r->image_hash), spki = CS_BUF_OVER(spki_bytes);
    cs_err err = cs_measure_self(&text, CS_SHA256);
    if (err != CS_OK)
        return err;
    cs_jw w = cs_jw_on(&r->match_rules);
    cs_jw_begin(&w, NULL);
    cs_jw_begin_array(&w, "allowedImageHashes");
    cs_jw_cstr(&w, NULL, cs_buf_cstr(&text));
    cs_jw_end_array(&w);
    cs_policy_root_spki(&spki, CS_ARRAY(r->root_public_key));
    cs_jw_base64(&w, "rootPublicKeyB64", cs_buf_slice(&spki));
    cs_jw_end(&w);
    return text.err != CS_OK ? text.err : r->match_rules.err;
}

static cs_err open_mock(cs_rot *r, const cs_rot_options *o)
{
    cs_err err = read_key(r, o->state_dir);
    return err == CS_OK ? measure(r) : err;
}

/* The proof of a mock document is the root's signature over SI itself. */
static cs_err prove_mock(cs_rot *r, cs_buf *proof, cs_slice statement)
{
    return cs_key_sign(proof, r->own, statement, NULL);
}

static const cs_key *key_of_mock(const cs_rot *r)
{
    return r->own;
}

static void close_mock(cs_rot *r)
{
    cs_key_free(r->own);
}

const cs_rot_kind cs_rot_mock = {
    .name = "mock",
    .vendor = CS_VENDOR_MOCK,
    .hardware = false,
    .open = open_mock,
    .prove = prove_mock,
    .close = close_mock,
    .input_key = key_of_mock,
};

cs_err cs_rot_mock_set(cs_rot *out, cs_slice private_bytes)
{
    *out = (cs_rot){.kind = &cs_rot_mock, .match_rules = cs_buf_new(CS_MAX_POLICY / 2)};
    cs_err err = cs_rot_set_header(out);
    if (err == CS_OK)
        err = take_key(out, private_bytes);
    if (err == CS_OK)
        err = measure(out);
    if (err != CS_OK)
        cs_rot_close(out);
    return err;
}
