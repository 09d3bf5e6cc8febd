/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/kek.h"

#include <stdlib.h>
#include <string.h>

#include "core/encode.h"
#include "sys/file.h"
#include "sys/log.h"

void cs_kek_wipe(cs_kek *k)
{
    cs_wipe(k, sizeof *k);
}

cs_err cs_kek_set(cs_kek *out, cs_slice bytes)
{
    cs_digest mac;
    cs_kek_wipe(out);
    if (bytes.n != CS_KEK_LEN)
        return CS_KEK_UNUSABLE;
    cs_err err = cs_hmac_sha256(&mac, bytes, CS_LIT("countersign/kek-id/v1"));
    if (err != CS_OK)
        return err;
    cs_buf id = CS_BUF_OVER(out->id);
    cs_hex_encode(&id, cs_slice_sub(cs_digest_slice(&mac), 0, 16));
    (void)cs_buf_cstr(&id); /* puts the NUL behind the 32 digits */
    err = cs_secret_set(&out->key, bytes);
    if (err != CS_OK)
        cs_kek_wipe(out);
    return err;
}

/* The key in `text`: base64, with at most one line end. */
static cs_err set_from_base64(cs_kek *out, cs_slice text)
{
    CS_SECRET(bytes);
    if (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    if (cs_base64_decode_secret(&bytes, text) != CS_OK)
        return CS_KEK_UNUSABLE;
    return cs_kek_set(out, cs_secret_slice(&bytes));
}

static cs_err load_file(cs_kek *out, const char *file)
{
    CS_SECRET(text);
    cs_err err = cs_file_read_secret(&text, file);
    if (err != CS_OK) {
        cs_log(CS_LOG_ERROR, NULL, "key-encryption key file %s: %s", file,
               err == CS_CONFIG ? "must be a regular file of this user with mode 0600" : "cannot be read");
        return CS_KEK_UNUSABLE;
    }
    if (text.n == CS_KEK_LEN)
        err = cs_kek_set(out, cs_secret_slice(&text));
    else
        err = set_from_base64(out, cs_secret_slice(&text));
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "key-encryption key file %s: not 32 bytes, raw or in base64", file);
    return err;
}

cs_err cs_kek_load(cs_kek *out, const char *file)
{
    cs_err err = CS_KEK_UNUSABLE;
    char *variable = getenv(CS_KEK_ENV);
    cs_kek_wipe(out);
    if (file != NULL) {
        err = load_file(out, file);
    } else if (variable == NULL) {
        cs_log(CS_LOG_ERROR, NULL, "no key-encryption key: give --kek-file, or %s in development", CS_KEK_ENV);
    } else {
        err = set_from_base64(out, cs_slice_str(variable));
        if (err != CS_OK)
            cs_log(CS_LOG_ERROR, NULL, "%s is not the base64 of 32 bytes", CS_KEK_ENV);
    }
    if (variable != NULL) {
        cs_wipe(variable, strlen(variable)); /* the memory that /proc/PID/environ shows */
        if (unsetenv(CS_KEK_ENV) != 0)
            err = CS_KEK_UNUSABLE;
    }
    if (err != CS_OK)
        cs_kek_wipe(out);
    return err;
}

/* "CSW1" ‖ id ‖ aad_sha256; the id has a fixed length, so the parts cannot run into each other. */
static cs_slice wrap_aad(uint8_t memory[4 + 32 + CS_SHA256_LEN], const cs_kek *k, const cs_digest *aad_sha256)
{
    cs_buf aad = cs_buf_over(memory, 4 + 32 + CS_SHA256_LEN);
    cs_buf_add_str(&aad, "CSW1");
    cs_buf_add_str(&aad, k->id);
    cs_buf_add(&aad, cs_digest_slice(aad_sha256));
    return cs_buf_slice(&aad);
}

cs_err cs_kek_wrap(cs_buf *wrapped, const cs_kek *k, cs_slice dek, const cs_digest *aad_sha256)
{
    uint8_t memory[4 + 32 + CS_SHA256_LEN], nonce[CS_AEAD_NONCE];
    cs_err err = cs_random(nonce, sizeof nonce);
    if (err != CS_OK)
        return err;
    cs_buf_add(wrapped, CS_ARRAY(nonce));
    return cs_aead_seal(wrapped, cs_secret_slice(&k->key), CS_ARRAY(nonce), wrap_aad(memory, k, aad_sha256), dek);
}

cs_err cs_kek_unwrap(cs_secret *dek, const cs_kek *k, cs_slice wrapped, const cs_digest *aad_sha256)
{
    uint8_t memory[4 + 32 + CS_SHA256_LEN];
    if (wrapped.n != CS_WRAPPED_LEN)
        return CS_SEAL_BROKEN;
    return cs_aead_open(dek, cs_secret_slice(&k->key), cs_slice_sub(wrapped, 0, CS_AEAD_NONCE),
                        wrap_aad(memory, k, aad_sha256), cs_slice_sub(wrapped, CS_AEAD_NONCE, wrapped.n));
}
