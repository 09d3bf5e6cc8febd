/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/ledger.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "enclave/generate.h"
#include "sys/file.h"
#include "sys/log.h"

#define ALGORITHM "mldsa44+ed25519" /* of the record: both halves in one; they never sign a composite */
#define KEY_ID "ledger"

void cs_ledger_close(cs_ledger *l)
{
    cs_opened_release(l->keys);
    *l = (cs_ledger){0};
}

/* Only a record that this file made for itself: no org's, no other purpose's. */
static bool is_ledger_record(const cs_seal_fields *f)
{
    return cs_slice_is(f->door, "vault") && f->org.n == 0 && cs_slice_is(f->key_id, KEY_ID) &&
           cs_slice_is(f->purpose, "ledger") && cs_slice_is(f->algorithm, ALGORITHM);
}

static cs_err read_public(uint8_t *out, size_t n, const cs_key *key)
{
    cs_buf bytes = cs_buf_over(out, n);
    cs_key_public(&bytes, key);
    return bytes.err == CS_OK && bytes.n == n ? CS_OK : CS_CRYPTO;
}

cs_err cs_ledger_set(cs_ledger *out, const cs_kek *kek, cs_slice record)
{
    *out = (cs_ledger){0};
    cs_err err = cs_opened_from(&out->keys, kek, record);
    if (err == CS_OK && !is_ledger_record(&out->keys->fields))
        err = CS_SEAL_BROKEN;
    if (err == CS_OK)
        err = read_public(out->ed25519, sizeof out->ed25519, out->keys->pair.trad);
    if (err == CS_OK)
        err = read_public(out->mldsa44, sizeof out->mldsa44, out->keys->pair.pq);
    if (err != CS_OK)
        cs_ledger_close(out);
    return err;
}

/* Only a file that is not there is made; one that cannot be read is an error. */
static cs_err make_if_missing(const cs_kek *kek, const char *path)
{
    if (access(path, F_OK) == 0)
        return CS_OK;
    if (errno != ENOENT)
        return CS_IO;
    const cs_request request = {.type = CS_MSG_GENERATE_KEY,
                                .org = CS_LIT(""),
                                .key_id = CS_LIT(KEY_ID),
                                .alg = cs_alg_find(CS_LIT(ALGORITHM)),
                                .format = CS_FORMAT_COMPOSITE,
                                .purpose = CS_LIT("ledger")};
    cs_newborn n = cs_newborn_new();
    cs_err err = cs_newborn_seal(&n, kek, &request);
    if (err == CS_OK)
        err = cs_file_write(path, cs_buf_slice(&n.sealed), 0600, false);
    if (err == CS_OK)
        cs_log(CS_LOG_WARN, NULL, "new ledger keys were made: %s", path);
    cs_newborn_free(&n);
    return err == CS_CONFLICT ? CS_OK : err; /* somebody was faster: that one counts */
}

cs_err cs_ledger_open(cs_ledger *out, const cs_kek *kek, const char *state_dir)
{
    char path[PATH_MAX];
    cs_buf record = cs_buf_new(CS_MAX_SEALED);
    *out = (cs_ledger){0};
    int n = snprintf(path, sizeof path, "%s/ledger.sealed", state_dir);
    cs_err err = n < 0 || (size_t)n >= sizeof path ? CS_CONFIG : make_if_missing(kek, path);
    if (err == CS_OK)
        err = cs_file_read(&record, path);
    if (err == CS_OK)
        err = cs_ledger_set(out, kek, cs_buf_slice(&record));
    if (err == CS_SEAL_BROKEN || err == CS_TOO_LARGE)
        err = CS_CONFIG;
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "ledger keys %s: %s It is not replaced.", path,
               err == CS_CONFIG         ? "not a record of ledger keys."
               : err == CS_KEK_UNUSABLE ? "sealed under another key-encryption key."
                                        : cs_err_sentence(err));
    cs_buf_free(&record);
    return err;
}
