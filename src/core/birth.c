/* SPDX-License-Identifier: Apache-2.0 */
#include "core/birth.h"

#include "core/utf8.h"

#define PREFIX CS_LIT("CSB1")
#define PREFIX_HASHED CS_LIT("CSH1")
/* The longest form: its parts of fixed length take less than 128 bytes. */
#define MAX_CLEAR (128 + CS_MAX_USER_ID + CS_MAX_KMS_KEY)

static const cs_prim algorithms[] = {CS_MLDSA44, CS_MLDSA65, CS_MLDSA87};

cs_prim cs_birth_alg(cs_slice name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (cs_slice_is(name, cs_prim_name(algorithms[i])))
            return algorithms[i];
    return CS_PRIM_NONE;
}

static bool is_user_id(cs_slice s)
{
    uint32_t character;
    bool ok = s.n >= 1 && s.n <= CS_MAX_USER_ID;
    while (ok && s.n > 0)
        ok = cs_utf8_take(&character, &s) && character != 0;
    return ok;
}

static bool is_kms_key(cs_slice s)
{
    bool ok = s.n >= 1 && s.n <= CS_MAX_KMS_KEY;
    for (size_t i = 0; ok && i < s.n; i++)
        ok = s.p[i] > 0x20 && s.p[i] <= 0x7e;
    return ok;
}

cs_err cs_birth_check(cs_fault *fault, const cs_birth *birth)
{
    if (!is_user_id(birth->user_id))
        return cs_fault_set(fault, CS_BAD_FIELD, "user_id");
    if (!cs_prim_is_mldsa(birth->alg))
        return cs_fault_set(fault, CS_UNKNOWN_ALGORITHM, "alg");
    if (birth->public_key.n != cs_prim_public_len(birth->alg))
        return cs_fault_set(fault, CS_BAD_PUBLIC_KEY, "mldsa_pubkey");
    if (birth->wrapped_dk.n < 1 || birth->wrapped_dk.n > CS_MAX_WRAPPED_DK)
        return cs_fault_set(fault, CS_BAD_FIELD, "wrapped_dk");
    if (!is_kms_key(birth->kms_key_arn))
        return cs_fault_set(fault, CS_BAD_FIELD, "kms_key_arn");
    if (birth->created_at_ms < 1 || birth->created_at_ms > CS_MAX_BIRTH_MS)
        return cs_fault_set(fault, CS_BAD_FIELD, "created_at_ms");
    return CS_OK;
}

static cs_err add_hash(cs_buf *out, cs_slice bytes)
{
    cs_digest digest;
    cs_err err = cs_hash(&digest, CS_SHA256, bytes);
    if (err == CS_OK)
        cs_buf_add(out, cs_digest_slice(&digest));
    return err;
}

/* The form that shows its members, of any length. */
static cs_err write_clear(cs_buf *out, const cs_birth *birth)
{
    cs_slice alg = cs_slice_str(cs_prim_name(birth->alg));
    cs_buf_add(out, PREFIX);
    cs_err err = add_hash(out, birth->public_key);
    if (err == CS_OK)
        err = add_hash(out, birth->wrapped_dk);
    cs_buf_add_lp16(out, birth->user_id);
    cs_buf_add_lp16(out, birth->kms_key_arn);
    cs_buf_add_u8(out, (uint8_t)alg.n);
    cs_buf_add(out, alg);
    cs_buf_add_u64(out, (uint64_t)birth->created_at_ms);
    return err != CS_OK ? err : out->err;
}

cs_err cs_birth_user_data(cs_buf *out, const cs_birth *birth)
{
    uint8_t memory[MAX_CLEAR];
    cs_buf clear = CS_BUF_OVER(memory);
    cs_err err = cs_birth_check(NULL, birth);
    if (err == CS_OK)
        err = write_clear(&clear, birth);
    if (err != CS_OK)
        return err;
    if (clear.n <= CS_BIRTH_USER_DATA) {
        cs_buf_add(out, cs_buf_slice(&clear));
    } else {
        cs_buf_add(out, PREFIX_HASHED);
        err = add_hash(out, cs_buf_slice(&clear));
    }
    return err != CS_OK ? err : out->err;
}

cs_err cs_birth_nonce(cs_digest *out, const cs_birth_rest *rest)
{
    cs_buf all = cs_buf_new(CS_MAX_SEALED + 4 + 2 * (2 + CS_MAX_ID));
    cs_buf_add_str(&all, "CSN1");
    cs_buf_add_lp16(&all, rest->enclave_version);
    cs_buf_add_lp16(&all, rest->key_release);
    cs_buf_add(&all, rest->sealed);
    cs_err err = all.err == CS_OK ? cs_hash(out, CS_SHA256, cs_buf_slice(&all)) : all.err;
    cs_buf_free(&all);
    return err;
}

static cs_err read_clear(cs_birth_claims *out, cs_slice user_data)
{
    cs_reader r = cs_reader_of(user_data);
    (void)cs_read_bytes(&r, PREFIX.n);
    out->public_key_sha256 = cs_read_bytes(&r, CS_SHA256_LEN);
    out->wrapped_dk_sha256 = cs_read_bytes(&r, CS_SHA256_LEN);
    out->user_id = cs_read_lp16(&r);
    out->kms_key_arn = cs_read_lp16(&r);
    out->alg = cs_birth_alg(cs_read_bytes(&r, cs_read_u8(&r)));
    uint64_t created = cs_read_u64(&r);
    out->created_at_ms = created <= CS_MAX_BIRTH_MS ? (int64_t)created : 0;
    bool ok = cs_read_end(&r) == CS_OK && is_user_id(out->user_id) && is_kms_key(out->kms_key_arn) &&
              out->alg != CS_PRIM_NONE && out->created_at_ms > 0;
    return ok ? CS_OK : CS_BIRTH_FORMAT;
}

cs_err cs_birth_read(cs_birth_claims *out, cs_slice user_data)
{
    cs_err err = CS_BIRTH_FORMAT;
    *out = (cs_birth_claims){0};
    if (cs_slice_starts(user_data, PREFIX) && user_data.n <= CS_BIRTH_USER_DATA) {
        err = read_clear(out, user_data);
    } else if (cs_slice_starts(user_data, PREFIX_HASHED) && user_data.n == CS_BIRTH_HASHED) {
        out->hash = cs_slice_sub(user_data, PREFIX_HASHED.n, CS_SHA256_LEN);
        err = CS_OK;
    }
    if (err != CS_OK)
        *out = (cs_birth_claims){0};
    return err;
}

static cs_err compare_members(const cs_birth_claims *got, const cs_birth_claims *want)
{
    if (!cs_slice_eq(got->public_key_sha256, want->public_key_sha256))
        return CS_BIRTH_PUBLIC_KEY;
    if (!cs_slice_eq(got->wrapped_dk_sha256, want->wrapped_dk_sha256))
        return CS_BIRTH_WRAPPED_DK;
    if (!cs_slice_eq(got->user_id, want->user_id))
        return CS_BIRTH_USER;
    if (!cs_slice_eq(got->kms_key_arn, want->kms_key_arn))
        return CS_BIRTH_KMS_KEY;
    if (got->alg != want->alg)
        return CS_BIRTH_ALGORITHM;
    return got->created_at_ms == want->created_at_ms ? CS_OK : CS_BIRTH_CREATED;
}

cs_err cs_birth_compare(cs_slice user_data, const cs_birth *birth)
{
    uint8_t memory[CS_BIRTH_USER_DATA];
    cs_buf expected = CS_BUF_OVER(memory);
    cs_birth_claims got, want;
    cs_err err = cs_birth_user_data(&expected, birth);
    if (err == CS_OK)
        err = cs_birth_read(&got, user_data);
    if (err == CS_OK)
        err = cs_birth_read(&want, cs_buf_slice(&expected));
    if (err != CS_OK)
        return err;
    if ((got.hash.p == NULL) != (want.hash.p == NULL))
        return CS_BIRTH_FORMAT;
    if (got.hash.p == NULL)
        err = compare_members(&got, &want);
    /* To the byte, whatever the members said. */
    return err != CS_OK ? err : cs_slice_eq(user_data, cs_buf_slice(&expected)) ? CS_OK : CS_BIRTH_HASH;
}
