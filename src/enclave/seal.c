/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/seal.h"

#include "core/limits.h"

#define DEK_LEN CS_AEAD_KEY

static void write_aad(cs_buf *aad, const cs_seal_fields *f)
{
    cs_buf_add_str(aad, "CSK1");
    cs_buf_add_lp16(aad, f->door);
    cs_buf_add_lp16(aad, f->org);
    cs_buf_add_lp16(aad, f->key_id);
    cs_buf_add_lp16(aad, f->purpose);
    cs_buf_add_lp16(aad, f->algorithm);
    cs_buf_add_lp16(aad, f->format);
    cs_buf_add_lp16(aad, f->kek_provider);
    cs_buf_add_lp16(aad, f->kek_resource);
    cs_buf_add_lp16(aad, f->key_release);
    cs_buf_add_lp16(aad, f->trad_ref);
    cs_buf_add_lp16(aad, f->pq_ref);
    cs_buf_add_lp16(aad, f->public_key_sha256);
}

static cs_err read_aad(cs_seal_fields *f, cs_slice aad)
{
    cs_reader r = cs_reader_of(aad);
    if (!cs_slice_is(cs_read_bytes(&r, 4), "CSK1"))
        return CS_SEAL_BROKEN;
    f->door = cs_read_lp16(&r);
    f->org = cs_read_lp16(&r);
    f->key_id = cs_read_lp16(&r);
    f->purpose = cs_read_lp16(&r);
    f->algorithm = cs_read_lp16(&r);
    f->format = cs_read_lp16(&r);
    f->kek_provider = cs_read_lp16(&r);
    f->kek_resource = cs_read_lp16(&r);
    f->key_release = cs_read_lp16(&r);
    f->trad_ref = cs_read_lp16(&r);
    f->pq_ref = cs_read_lp16(&r);
    f->public_key_sha256 = cs_read_lp16(&r);
    return cs_read_end(&r) == CS_OK ? CS_OK : CS_SEAL_BROKEN;
}

/* Seals under `dek` and puts the record together. */
static cs_err write_record(cs_buf *record, cs_slice dek, cs_slice wrapped, cs_slice aad, cs_slice private_bytes)
{
    uint8_t nonce[CS_AEAD_NONCE], sealed_bytes[CS_SECRET_CAP + CS_AEAD_TAG];
    cs_buf sealed = CS_BUF_OVER(sealed_bytes);
    cs_err err = cs_random(nonce, sizeof nonce);
    if (err == CS_OK)
        err = cs_aead_seal(&sealed, dek, CS_ARRAY(nonce), aad, private_bytes);
    if (err != CS_OK)
        return err;

    size_t start = record->n;
    cs_buf_add_lp16(record, aad);
    cs_buf_add_lp16(record, wrapped);
    cs_buf_add(record, CS_ARRAY(nonce));
    cs_buf_add_lp16(record, cs_buf_slice(&sealed));
    if (record->err == CS_OK && record->n - start > CS_MAX_SEALED) {
        record->n = start;
        return CS_TOO_LARGE;
    }
    return record->err;
}

cs_err cs_seal_with(cs_buf *record, cs_slice dek, cs_slice wrapped, const cs_seal_fields *fields,
                    cs_slice private_bytes)
{
    uint8_t aad_bytes[CS_MAX_SEALED_AAD];
    cs_buf aad = CS_BUF_OVER(aad_bytes);
    write_aad(&aad, fields);
    if (aad.err != CS_OK)
        return aad.err;
    if (dek.n != DEK_LEN || wrapped.n == 0 || wrapped.n > CS_MAX_WRAPPED_DK)
        return CS_SEAL_BROKEN;
    return write_record(record, dek, wrapped, cs_buf_slice(&aad), private_bytes);
}

cs_err cs_seal(cs_buf *record, const cs_kek *kek, const cs_seal_fields *fields, cs_slice private_bytes)
{
    CS_SECRET(dek);
    uint8_t aad_bytes[CS_MAX_SEALED_AAD], wrapped_bytes[CS_WRAPPED_LEN];
    cs_buf aad = CS_BUF_OVER(aad_bytes), wrapped = CS_BUF_OVER(wrapped_bytes);
    cs_digest aad_sha256;

    write_aad(&aad, fields);
    if (aad.err != CS_OK)
        return aad.err;
    cs_err err = cs_random(dek.b, DEK_LEN);
    if (err != CS_OK)
        return err;
    dek.n = DEK_LEN;
    err = cs_hash(&aad_sha256, CS_SHA256, cs_buf_slice(&aad));
    if (err == CS_OK)
        err = cs_kek_wrap(&wrapped, kek, cs_secret_slice(&dek), &aad_sha256);
    if (err == CS_OK)
        err = write_record(record, cs_secret_slice(&dek), cs_buf_slice(&wrapped), cs_buf_slice(&aad), private_bytes);
    return err;
}

/* A record whose provider and KEK are not this enclave's is told from one that was damaged: the operator can mend the
 * first. */
static cs_err check_kek(const cs_seal_fields *f, const cs_kek *kek)
{
    bool ours = cs_slice_is(f->kek_provider, "env") && cs_slice_is(f->kek_resource, kek->id);
    return ours ? CS_OK : CS_KEK_UNUSABLE;
}

cs_err cs_seal_read(cs_sealed *out, cs_slice record)
{
    cs_sealed s = {0};
    cs_reader r = cs_reader_of(record);
    *out = s;
    s.aad = cs_read_lp16(&r);
    s.wrapped = cs_read_lp16(&r);
    s.nonce = cs_read_bytes(&r, CS_AEAD_NONCE);
    s.cipher = cs_read_lp16(&r);
    if (cs_read_end(&r) != CS_OK || record.n > CS_MAX_SEALED || s.aad.n > CS_MAX_SEALED_AAD || s.wrapped.n == 0 ||
        s.wrapped.n > CS_MAX_WRAPPED_DK || s.cipher.n < CS_AEAD_TAG || s.cipher.n > CS_SECRET_CAP + CS_AEAD_TAG)
        return CS_SEAL_BROKEN;
    cs_err err = read_aad(&s.fields, s.aad);
    if (err == CS_OK)
        *out = s;
    return err;
}

cs_err cs_seal_open_with(cs_secret *private_bytes, const cs_sealed *record, cs_slice dek)
{
    cs_secret_wipe(private_bytes);
    cs_err err = CS_SEAL_BROKEN;
    if (dek.n == DEK_LEN)
        err = cs_aead_open(private_bytes, dek, record->nonce, record->aad, record->cipher);
    if (err != CS_OK)
        cs_secret_wipe(private_bytes);
    return err;
}

cs_err cs_seal_open(cs_secret *private_bytes, cs_seal_fields *fields, const cs_kek *kek, cs_slice record)
{
    CS_SECRET(dek);
    cs_sealed s;
    cs_digest aad_sha256;
    cs_secret_wipe(private_bytes);
    *fields = (cs_seal_fields){0};
    cs_err err = cs_seal_read(&s, record);
    if (err == CS_OK)
        err = check_kek(&s.fields, kek);
    if (err == CS_OK)
        err = cs_hash(&aad_sha256, CS_SHA256, s.aad);
    if (err == CS_OK)
        err = cs_kek_unwrap(&dek, kek, s.wrapped, &aad_sha256);
    if (err == CS_OK)
        err = cs_seal_open_with(private_bytes, &s, cs_secret_slice(&dek));
    if (err == CS_OK)
        *fields = s.fields;
    return err;
}
