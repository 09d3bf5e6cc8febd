/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/opened.h"

#include <stdlib.h>

#include "core/limits.h"

/* The public key follows from the private halves; the record must name the same one. */
static cs_err check_public_key(const cs_opened *k)
{
    uint8_t bytes[CS_MAX_PUBLIC_KEY];
    cs_buf public_key = CS_BUF_OVER(bytes);
    cs_digest digest;
    cs_pair_public(&public_key, &k->pair);
    if (public_key.err != CS_OK)
        return public_key.err;
    cs_err err = cs_hash(&digest, CS_SHA256, cs_buf_slice(&public_key));
    if (err != CS_OK)
        return err;
    return cs_slice_eq(cs_digest_slice(&digest), k->fields.public_key_sha256) ? CS_OK : CS_SEAL_BROKEN;
}

static cs_err open_halves(cs_opened *k, cs_slice private_bytes)
{
    cs_format format;
    const cs_alg *alg = cs_alg_find(k->fields.algorithm);
    if (alg == NULL || !cs_format_by_name(&format, k->fields.format))
        return CS_SEAL_BROKEN;
    cs_err err = cs_keyref_read(&k->pq, alg->pq, k->fields.pq_ref);
    if (err == CS_OK)
        err = cs_keyref_read(&k->trad, alg->trad, k->fields.trad_ref);
    if (err == CS_OK)
        err = cs_pair_open_here(&k->pair, alg, format, private_bytes,
                                &(cs_away){.pq = k->pq.public_key, .trad = k->trad.public_key});
    bool broken = err == CS_FORMAT_NOT_OFFERED || err == CS_BAD_PRIVATE_KEY || err == CS_BAD_PUBLIC_KEY;
    return broken ? CS_SEAL_BROKEN : err;
}

/* With the key-encryption key if there is one, else with the data key. */
static cs_err open_seal(cs_secret *private_bytes, cs_opened *k, const cs_kek *kek, cs_slice dek)
{
    cs_sealed sealed;
    if (kek != NULL)
        return cs_seal_open(private_bytes, &k->fields, kek, cs_buf_slice(&k->record));
    cs_err err = cs_seal_read(&sealed, cs_buf_slice(&k->record));
    if (err == CS_OK)
        err = cs_seal_open_with(private_bytes, &sealed, dek);
    if (err == CS_OK)
        k->fields = sealed.fields;
    return err;
}

static cs_err open_record(cs_opened **out, const cs_kek *kek, cs_slice dek, cs_slice record)
{
    CS_SECRET(private_bytes);
    cs_err err = CS_NO_MEMORY;
    *out = NULL;
    cs_opened *k = calloc(1, sizeof *k);
    if (k == NULL)
        return CS_NO_MEMORY;
    atomic_init(&k->holders, 1);
    k->record = cs_buf_new(CS_MAX_SEALED);
    cs_buf_add(&k->record, record);
    err = k->record.err == CS_TOO_LARGE ? CS_SEAL_BROKEN : k->record.err;
    if (err == CS_OK)
        err = cs_hash(&k->index, CS_SHA256, cs_buf_slice(&k->record));
    if (err == CS_OK)
        err = open_seal(&private_bytes, k, kek, dek);
    if (err == CS_OK)
        err = open_halves(k, cs_secret_slice(&private_bytes));
    if (err == CS_OK)
        err = check_public_key(k);
    if (err != CS_OK)
        cs_opened_release(k);
    else
        *out = k;
    return err;
}

cs_err cs_opened_from(cs_opened **out, const cs_kek *kek, cs_slice record)
{
    return open_record(out, kek, CS_ABSENT, record);
}

cs_err cs_opened_with(cs_opened **out, cs_slice dek, cs_slice record)
{
    return open_record(out, NULL, dek, record);
}

bool cs_opened_is_whole(const cs_opened *k)
{
    return k->pq.provider.p == NULL && k->trad.provider.p == NULL;
}

size_t cs_opened_bytes(const cs_opened *k)
{
    return sizeof *k + k->record.cap + cs_pair_bytes(&k->pair);
}

void cs_opened_hold(cs_opened *k)
{
    (void)atomic_fetch_add(&k->holders, 1);
}

void cs_opened_release(cs_opened *k)
{
    if (k == NULL || atomic_fetch_sub(&k->holders, 1) != 1)
        return;
    cs_pair_close(&k->pair); /* cleanses the private halves */
    cs_buf_free(&k->record);
    cs_wipe(k, sizeof *k);
    free(k);
}
