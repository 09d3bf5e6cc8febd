/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/blob.h"

#include "core/crypto.h"
#include "core/encode.h"
#include "devkms/cipher.h"

#define MAGIC CS_LIT("CDK1")
#define PREFIX_LEN (4 + CS_BLOB_KEY_ID)
#define UUID_LEN 36

bool cs_blob_key_id(uint8_t out[CS_BLOB_KEY_ID], cs_slice uuid)
{
    char digits[2 * CS_BLOB_KEY_ID];
    cs_buf hex = CS_BUF_OVER(digits), bytes = cs_buf_over(out, CS_BLOB_KEY_ID);
    if (uuid.n != UUID_LEN)
        return false;
    for (size_t i = 0; i < UUID_LEN; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (uuid.p[i] == '-'))
            return false;
        if (!dash)
            cs_buf_add_u8(&hex, uuid.p[i]);
    }
    return cs_hex_decode(&bytes, cs_buf_slice(&hex)) == CS_OK;
}

cs_slice cs_blob_made_by(cs_slice blob)
{
    return blob.n >= CS_BLOB_OVERHEAD && cs_slice_starts(blob, MAGIC) ? cs_slice_sub(blob, 4, CS_BLOB_KEY_ID)
                                                                      : CS_ABSENT;
}

static void add_prefix(cs_buf *out, const uint8_t key_id[CS_BLOB_KEY_ID])
{
    cs_buf_add(out, MAGIC);
    cs_buf_add(out, cs_slice_of(key_id, CS_BLOB_KEY_ID));
}

cs_err cs_blob_seal(cs_buf *blob, const uint8_t key_id[CS_BLOB_KEY_ID], cs_slice key, cs_slice bound, cs_slice plain)
{
    uint8_t nonce[CS_CIPHER_NONCE];
    cs_buf aad = cs_buf_new(CS_BLOB_MAX);
    add_prefix(&aad, key_id);
    cs_buf_add(&aad, bound);
    cs_err err = aad.err == CS_OK ? cs_random(nonce, sizeof nonce) : aad.err;
    if (err == CS_OK) {
        add_prefix(blob, key_id);
        cs_buf_add(blob, CS_ARRAY(nonce));
        err = cs_cipher_seal(blob, key, CS_ARRAY(nonce), cs_buf_slice(&aad), plain);
    }
    cs_buf_free(&aad);
    return err;
}

cs_err cs_blob_open(cs_buf *plain, const uint8_t key_id[CS_BLOB_KEY_ID], cs_slice key, cs_slice bound, cs_slice blob)
{
    cs_slice made_by = cs_blob_made_by(blob);
    cs_buf aad = cs_buf_new(CS_BLOB_MAX);
    cs_err err = CS_SEAL_BROKEN;
    add_prefix(&aad, key_id);
    cs_buf_add(&aad, bound);
    if (made_by.p != NULL && cs_slice_eq(made_by, cs_slice_of(key_id, CS_BLOB_KEY_ID)) && aad.err == CS_OK)
        err = cs_cipher_open(plain, key, cs_slice_sub(blob, PREFIX_LEN, CS_CIPHER_NONCE), cs_buf_slice(&aad),
                             cs_slice_sub(blob, PREFIX_LEN + CS_CIPHER_NONCE, blob.n));
    cs_buf_free(&aad);
    return err;
}
