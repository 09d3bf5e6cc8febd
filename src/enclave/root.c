/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/root.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/log.h"

void cs_root_close(cs_root *r)
{
    cs_key_free(r->key);
    *r = (cs_root){0};
}

cs_err cs_root_set(cs_root *out, cs_slice private_bytes)
{
    *out = (cs_root){0};
    cs_err err = cs_key_open_private(&out->key, CS_ED25519, private_bytes);
    if (err != CS_OK)
        return err;
    cs_buf public_key = CS_BUF_OVER(out->public_key);
    cs_key_public(&public_key, out->key);
    if (public_key.err != CS_OK || public_key.n != sizeof out->public_key) {
        cs_root_close(out);
        return CS_CRYPTO;
    }
    return CS_OK;
}

/* Only a file that is not there is made; one that cannot be read is an error. */
static cs_err make_if_missing(const char *state_dir, const char *path)
{
    if (mkdir(state_dir, 0700) != 0 && errno != EEXIST)
        return CS_IO;
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

cs_err cs_root_open(cs_root *out, const char *state_dir)
{
    CS_SECRET(private_bytes);
    char path[PATH_MAX];
    *out = (cs_root){0};
    int n = snprintf(path, sizeof path, "%s/attestation-root.key", state_dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return CS_CONFIG;
    cs_err err = make_if_missing(state_dir, path);
    if (err == CS_OK)
        err = cs_file_read_secret(&private_bytes, path);
    if (err == CS_OK)
        err = private_bytes.n == 32 ? cs_root_set(out, cs_secret_slice(&private_bytes)) : CS_CONFIG;
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "attestation root %s: %s It is not replaced.", path,
               err == CS_CONFIG ? "must be 32 bytes in a regular file of this user with mode 0600."
                                : cs_err_sentence(err));
    return err;
}
