/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/settings_key.h"

#include <errno.h>
#include <unistd.h>

#include "core/crypto.h"
#include "core/limits.h"
#include "sys/file.h"
#include "sys/log.h"

#define FORMAT CS_LIT("CSA1")
#define AAD_MAX (4 + 2 + CS_MAX_ID + 2 + CS_MAX_ID)

/* Only a file that is not there is made; one that cannot be read is an error. */
static cs_err make_if_missing(const char *path)
{
    CS_SECRET(fresh);
    if (access(path, F_OK) == 0)
        return CS_OK;
    if (errno != ENOENT)
        return CS_IO;
    cs_err err = cs_random(fresh.b, CS_AEAD_KEY);
    fresh.n = CS_AEAD_KEY;
    if (err == CS_OK)
        err = cs_file_write(path, cs_secret_slice(&fresh), 0600, false);
    if (err == CS_OK)
        cs_log(CS_LOG_WARN, NULL, "a new key for the secrets of the settings was made: %s", path);
    return err == CS_CONFLICT ? CS_OK : err; /* somebody was faster: that one counts */
}

cs_err cs_settings_key_open(cs_settings_key *out, const char *path)
{
    *out = (cs_settings_key){0};
    cs_err err = make_if_missing(path);
    if (err == CS_OK)
        err = cs_file_read_secret(&out->key, path);
    if (err == CS_TOO_LARGE || (err == CS_OK && out->key.n != CS_AEAD_KEY))
        err = CS_CONFIG;
    if (err != CS_OK) {
        cs_log(CS_LOG_ERROR, NULL, "settings key %s: %s It is not replaced.", path,
               err == CS_CONFIG ? "must be 32 bytes in a regular file of this user with mode 0600."
                                : cs_err_sentence(err));
        cs_settings_key_close(out);
    }
    return err;
}

void cs_settings_key_close(cs_settings_key *k)
{
    cs_secret_wipe(&k->key);
}

static cs_slice write_aad(cs_buf *aad, cs_slice org, cs_slice name)
{
    cs_buf_add(aad, FORMAT);
    cs_buf_add_lp16(aad, org);
    cs_buf_add_lp16(aad, name);
    return cs_buf_slice(aad);
}

cs_err cs_settings_key_seal(cs_buf *sealed, const cs_settings_key *k, cs_slice org, cs_slice name, cs_slice secret)
{
    uint8_t aad_bytes[AAD_MAX], nonce[CS_AEAD_NONCE];
    cs_buf aad = CS_BUF_OVER(aad_bytes);
    cs_slice bound = write_aad(&aad, org, name);
    cs_err err = aad.err != CS_OK ? aad.err : cs_random(nonce, sizeof nonce);
    if (err != CS_OK)
        return err;
    cs_buf_add(sealed, FORMAT);
    cs_buf_add(sealed, CS_ARRAY(nonce));
    return cs_aead_seal(sealed, cs_secret_slice(&k->key), CS_ARRAY(nonce), bound, secret);
}

cs_err cs_settings_key_unseal(cs_secret *secret, const cs_settings_key *k, cs_slice org, cs_slice name, cs_slice sealed)
{
    uint8_t aad_bytes[AAD_MAX];
    cs_buf aad = CS_BUF_OVER(aad_bytes);
    cs_slice bound = write_aad(&aad, org, name);
    cs_reader r = cs_reader_of(sealed);
    cs_slice format = cs_read_bytes(&r, FORMAT.n), nonce = cs_read_bytes(&r, CS_AEAD_NONCE);
    cs_secret_wipe(secret);
    if (aad.err != CS_OK || r.err != CS_OK || !cs_slice_eq(format, FORMAT) || r.rest.n < CS_AEAD_TAG ||
        r.rest.n > CS_SECRET_CAP + CS_AEAD_TAG)
        return CS_SEAL_BROKEN;
    return cs_aead_open(secret, cs_secret_slice(&k->key), nonce, bound, r.rest);
}
