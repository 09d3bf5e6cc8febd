/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/seal.c. zone: enclave */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/encode.h"
#include "core/limits.h"
#include "enclave/seal.h"

#define FIELDS 12

static cs_kek kek, other_kek;

static const cs_slice private_bytes = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};
static const uint8_t public_hash[CS_SHA256_LEN] = {1, 2, 3};

static cs_seal_fields fields_of_a_key(void)
{
    return (cs_seal_fields){
        .door = CS_LIT("vault"),
        .org = CS_LIT("org-1"),
        .key_id = CS_LIT("key-1"),
        .purpose = CS_LIT("sign"),
        .algorithm = CS_LIT("mldsa65"),
        .format = CS_LIT("pure"),
        .kek_provider = CS_LIT("env"),
        .kek_resource = cs_slice_str(kek.id),
        .key_release = CS_LIT("local"),
        .trad_ref = CS_LIT(""),
        .pq_ref = CS_LIT(""),
        .public_key_sha256 = CS_ARRAY(public_hash),
    };
}

/* The fields by number, so that each of them is tried. */
static cs_slice *field(cs_seal_fields *f, size_t i)
{
    cs_slice *const all[FIELDS] = {&f->door,        &f->org,      &f->key_id,       &f->purpose,
                                   &f->algorithm,   &f->format,   &f->kek_provider, &f->kek_resource,
                                   &f->key_release, &f->trad_ref, &f->pq_ref,       &f->public_key_sha256};
    return all[i];
}

static int make_keks(void **state)
{
    (void)state;
    return cs_kek_set(&kek, CS_LIT("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")) == CS_OK &&
                   cs_kek_set(&other_kek, CS_LIT("oooooooooooooooooooooooooooooooo")) == CS_OK
               ? 0
               : -1;
}

static cs_buf sealed_key(const cs_seal_fields *f)
{
    cs_buf record = cs_buf_new(CS_MAX_SEALED);
    assert_int_equal(cs_seal(&record, &kek, f, private_bytes), CS_OK);
    return record;
}

static cs_err open_record(cs_slice record)
{
    CS_SECRET(found);
    cs_seal_fields f;
    cs_err err = cs_seal_open(&found, &f, &kek, record);
    if (err != CS_OK) {
        assert_int_equal(found.n, 0);
        assert_null(f.org.p);
    }
    return err;
}

static void opens_what_it_sealed(void **state)
{
    (void)state;
    CS_SECRET(found);
    cs_seal_fields put = fields_of_a_key(), got;
    cs_buf record = sealed_key(&put);
    assert_int_equal(cs_seal_open(&found, &got, &kek, cs_buf_slice(&record)), CS_OK);
    assert_true(cs_slice_eq(cs_secret_slice(&found), private_bytes));
    for (size_t i = 0; i < FIELDS; i++)
        assert_true(cs_slice_eq(*field(&put, i), *field(&got, i)));
    cs_buf_free(&record);
}

static void no_two_records_are_alike(void **state)
{
    (void)state;
    cs_seal_fields f = fields_of_a_key();
    cs_buf a = sealed_key(&f), b = sealed_key(&f);
    assert_int_equal(a.n, b.n);
    size_t aad = 2 + ((size_t)a.p[0] << 8 | a.p[1]);
    assert_memory_equal(a.p, b.p, aad + 2);
    assert_memory_not_equal(a.p + aad + 2, b.p + aad + 2, CS_WRAPPED_LEN);
    assert_memory_not_equal(a.p + aad + 2 + CS_WRAPPED_LEN, b.p + aad + 2 + CS_WRAPPED_LEN, CS_AEAD_NONCE);
    cs_buf_free(&a);
    cs_buf_free(&b);
}

static void every_flipped_bit(void **state)
{
    (void)state;
    cs_seal_fields f = fields_of_a_key();
    cs_buf record = sealed_key(&f);
    for (size_t bit = 0; bit < record.n * 8; bit++) {
        record.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cs_err err = open_record(cs_buf_slice(&record));
        if (err != CS_SEAL_BROKEN && err != CS_KEK_UNUSABLE)
            fail_msg("bit %zu: %s", bit, cs_err_name(err));
        record.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(open_record(cs_buf_slice(&record)), CS_OK);
    cs_buf_free(&record);
}

static void every_cut_and_a_byte_more(void **state)
{
    (void)state;
    cs_seal_fields f = fields_of_a_key();
    cs_buf record = sealed_key(&f);
    for (size_t n = 0; n < record.n; n++)
        assert_int_equal(open_record(cs_slice_sub(cs_buf_slice(&record), 0, n)), CS_SEAL_BROKEN);
    cs_buf_add_u8(&record, 0);
    assert_int_equal(open_record(cs_buf_slice(&record)), CS_SEAL_BROKEN);
    assert_int_equal(open_record(CS_ABSENT), CS_SEAL_BROKEN);
    cs_buf_free(&record);
}

/* A row moved to another place: the AAD of the other key in front of the sealed bytes of this one. */
static void moved_to_each_other_value(void **state)
{
    (void)state;
    static const char *const values[FIELDS] = {"pq-signer", "org-2", "key-2",    "ledger", "mldsa87", "composite",
                                               "aws-kms",   "x",     "attested", "arn:1",  "arn:2",   "x"};
    cs_seal_fields f = fields_of_a_key();
    cs_buf mine = sealed_key(&f);
    size_t mine_aad = 2 + ((size_t)mine.p[0] << 8 | mine.p[1]);
    for (size_t i = 0; i < FIELDS; i++) {
        cs_seal_fields moved = f;
        *field(&moved, i) = cs_slice_str(values[i]);
        cs_buf theirs = sealed_key(&moved), mixed = cs_buf_new(CS_MAX_SEALED);
        size_t theirs_aad = 2 + ((size_t)theirs.p[0] << 8 | theirs.p[1]);
        cs_buf_add(&mixed, cs_slice_of(theirs.p, theirs_aad));
        cs_buf_add(&mixed, cs_slice_sub(cs_buf_slice(&mine), mine_aad, mine.n));
        bool names_kek = &moved.kek_provider == field(&moved, i) || &moved.kek_resource == field(&moved, i);
        assert_int_equal(open_record(cs_buf_slice(&mixed)), names_kek ? CS_KEK_UNUSABLE : CS_SEAL_BROKEN);
        cs_buf_free(&theirs);
        cs_buf_free(&mixed);
    }
    cs_buf_free(&mine);
}

/* Bytes moved from the end of one field to the beginning of the next make another AAD. */
static void fields_do_not_run_together(void **state)
{
    (void)state;
    cs_seal_fields a = fields_of_a_key(), b = a;
    b.org = CS_LIT("org-1k");
    b.key_id = CS_LIT("ey-1");
    cs_buf ra = sealed_key(&a), rb = sealed_key(&b);
    size_t aad = 2 + ((size_t)ra.p[0] << 8 | ra.p[1]);
    assert_memory_not_equal(ra.p, rb.p, aad);
    memcpy(ra.p, rb.p, aad);
    assert_int_equal(open_record(cs_buf_slice(&ra)), CS_SEAL_BROKEN);
    cs_buf_free(&ra);
    cs_buf_free(&rb);
}

static void another_kek(void **state)
{
    (void)state;
    CS_SECRET(found);
    cs_seal_fields f = fields_of_a_key(), got;
    cs_buf record = sealed_key(&f);
    assert_int_equal(cs_seal_open(&found, &got, &other_kek, cs_buf_slice(&record)), CS_KEK_UNUSABLE);
    cs_kek disguised = other_kek; /* another key under this key's id */
    memcpy(disguised.id, kek.id, sizeof kek.id);
    assert_int_equal(cs_seal_open(&found, &got, &disguised, cs_buf_slice(&record)), CS_SEAL_BROKEN);
    assert_int_equal(found.n, 0);
    cs_buf_free(&record);
}

static void fields_have_limits(void **state)
{
    (void)state;
    static uint8_t big[CS_MAX_SEALED_AAD];
    cs_buf record = cs_buf_new(2 * CS_MAX_SEALED);
    for (size_t i = 0; i < FIELDS; i++) {
        cs_seal_fields f = fields_of_a_key();
        *field(&f, i) = CS_ARRAY(big);
        assert_int_equal(cs_seal(&record, &kek, &f, private_bytes), CS_TOO_LARGE);
        assert_int_equal(record.n, 0);
    }
    cs_buf_free(&record);
}

/* As it was written before a KMS could release data keys; what is stored stays readable. */
static const char old_record[] =
    "008243534b3100057661756c7400056f72672d3100056b65792d3100047369676e00076d6c64736136350004707572650003"
    "656e760020383234316165353130336162316538636634383666376430626462386462323600056c6f63616c000000000020"
    "0102030000000000000000000000000000000000000000000000000000000000003c1718367d0ba20d14c9257f8b22d83832"
    "105e4ae1d50a00073b50b84b6327d3e7464f02be78456e9292fc4910e11dfc3c8470572e5df8f30ece4239d052dc7c3dfaa9"
    "a1bfd746be4500309e1a9dcd31d26ab983155538f4866343604b2ebed153081f4d7c21b76a44254769309a4c53a001f1a8ec"
    "3ab30ece8ede";

static void an_old_record_opens(void **state)
{
    (void)state;
    CS_SECRET(found);
    uint8_t bytes[sizeof old_record / 2];
    cs_buf record = CS_BUF_OVER(bytes);
    cs_seal_fields got, put = fields_of_a_key();
    assert_int_equal(cs_hex_decode(&record, cs_slice_str(old_record)), CS_OK);
    assert_int_equal(cs_seal_open(&found, &got, &kek, cs_buf_slice(&record)), CS_OK);
    assert_true(cs_slice_eq(cs_secret_slice(&found), private_bytes));
    for (size_t i = 0; i < FIELDS; i++)
        assert_true(cs_slice_eq(*field(&put, i), *field(&got, i)));
    cs_buf now = sealed_key(&put); /* and what is written now differs from it by what is random */
    size_t aad = 2 + ((size_t)record.p[0] << 8 | record.p[1]);
    assert_int_equal(now.n, record.n);
    assert_memory_equal(now.p, record.p, aad + 2);
    cs_buf_free(&now);
}

#define DEK CS_LIT("dddddddddddddddddddddddddddddddd")
#define WRAPPED CS_LIT("what the KMS gave for it")
#define WRAPPED_AT (aad + 2)

static cs_seal_fields fields_of_a_kms_key(void)
{
    cs_seal_fields f = fields_of_a_key();
    f.door = CS_LIT("pq-signer");
    f.org = CS_LIT("");
    f.key_id = CS_LIT("user");
    f.kek_provider = CS_LIT("aws-kms");
    f.kek_resource = CS_LIT("arn:aws:kms:eu-central-1:111122223333:key/k");
    f.key_release = CS_LIT("attested");
    return f;
}

static cs_buf kms_key(void)
{
    cs_seal_fields f = fields_of_a_kms_key();
    cs_buf record = cs_buf_new(CS_MAX_SEALED);
    assert_int_equal(cs_seal_with(&record, DEK, WRAPPED, &f, private_bytes), CS_OK);
    return record;
}

static cs_err open_with(cs_slice record, cs_slice dek)
{
    CS_SECRET(found);
    cs_sealed s;
    cs_err err = cs_seal_read(&s, record);
    if (err != CS_OK) {
        assert_null(s.aad.p);
        assert_null(s.fields.door.p);
        return err;
    }
    err = cs_seal_open_with(&found, &s, dek);
    assert_int_equal(found.n, err == CS_OK ? private_bytes.n : 0);
    return err;
}

static void a_released_data_key_opens(void **state)
{
    (void)state;
    CS_SECRET(found);
    cs_sealed s;
    cs_seal_fields put = fields_of_a_kms_key(), none;
    cs_buf record = kms_key();
    assert_int_equal(cs_seal_read(&s, cs_buf_slice(&record)), CS_OK);
    assert_true(cs_slice_eq(s.wrapped, WRAPPED));
    for (size_t i = 0; i < FIELDS; i++)
        assert_true(cs_slice_eq(*field(&put, i), *field(&s.fields, i)));
    assert_int_equal(cs_seal_open_with(&found, &s, DEK), CS_OK);
    assert_true(cs_slice_eq(cs_secret_slice(&found), private_bytes));
    /* The enclave's own key has no say in it. */
    assert_int_equal(cs_seal_open(&found, &none, &kek, cs_buf_slice(&record)), CS_KEK_UNUSABLE);
    assert_int_equal(found.n, 0);
    cs_buf_free(&record);
}

static void every_flipped_bit_of_a_kms_key(void **state)
{
    (void)state;
    cs_buf record = kms_key();
    size_t aad = 2 + ((size_t)record.p[0] << 8 | record.p[1]);
    for (size_t bit = 0; bit < record.n * 8; bit++) {
        cs_sealed s;
        bool in_wrapped = bit / 8 >= WRAPPED_AT && bit / 8 < WRAPPED_AT + WRAPPED.n;
        record.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        /* What the KMS gave is the KMS's to judge: another one gives another data key. */
        assert_int_equal(open_with(cs_buf_slice(&record), DEK), in_wrapped ? CS_OK : CS_SEAL_BROKEN);
        if (in_wrapped) {
            assert_int_equal(cs_seal_read(&s, cs_buf_slice(&record)), CS_OK);
            assert_false(cs_slice_eq(s.wrapped, WRAPPED));
        }
        record.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t n = 0; n < record.n; n++)
        assert_int_equal(open_with(cs_slice_sub(cs_buf_slice(&record), 0, n), DEK), CS_SEAL_BROKEN);
    cs_buf_add_u8(&record, 0);
    assert_int_equal(open_with(cs_buf_slice(&record), DEK), CS_SEAL_BROKEN);
    cs_buf_free(&record);
}

static void other_data_keys(void **state)
{
    (void)state;
    static const uint8_t much[CS_MAX_WRAPPED_DK + 1] = {1};
    static const struct {
        cs_slice dek;
    } rows[] = {{CS_LIT("dddddddddddddddddddddddddddddddD")},
                {CS_LIT("ddddddddddddddddddddddddddddddd")},
                {CS_LIT("ddddddddddddddddddddddddddddddddd")},
                {CS_LIT("dddddddddddddddd")},
                {CS_LIT("")},
                {{NULL, 0}}};
    cs_seal_fields f = fields_of_a_kms_key();
    cs_buf record = kms_key(), none = cs_buf_new(CS_MAX_SEALED);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(open_with(cs_buf_slice(&record), rows[i].dek), CS_SEAL_BROKEN);
        if (rows[i].dek.n != 32)
            assert_int_equal(cs_seal_with(&none, rows[i].dek, WRAPPED, &f, private_bytes), CS_SEAL_BROKEN);
    }
    assert_int_equal(cs_seal_with(&none, DEK, CS_LIT(""), &f, private_bytes), CS_SEAL_BROKEN);
    assert_int_equal(cs_seal_with(&none, DEK, CS_ARRAY(much), &f, private_bytes), CS_SEAL_BROKEN);
    assert_int_equal(none.n, 0);
    assert_int_equal(cs_seal_with(&none, DEK, cs_slice_sub(CS_ARRAY(much), 0, CS_MAX_WRAPPED_DK), &f, private_bytes),
                     CS_OK);
    cs_buf_free(&record);
    cs_buf_free(&none);
}

/* The longest names that the door allows fit. */
static void long_names_fit(void **state)
{
    (void)state;
    static uint8_t name[CS_MAX_KMS_KEY], wrapped[CS_MAX_WRAPPED_DK];
    cs_seal_fields f = fields_of_a_kms_key();
    cs_buf record = cs_buf_new(CS_MAX_SEALED);
    memset(name, 'n', sizeof name);
    f.key_id = cs_slice_of(name, CS_MAX_USER_ID);
    f.kek_resource = CS_ARRAY(name);
    assert_int_equal(cs_seal_with(&record, DEK, CS_ARRAY(wrapped), &f, private_bytes), CS_OK);
    assert_int_equal(open_with(cs_buf_slice(&record), DEK), CS_OK);
    cs_buf_free(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_what_it_sealed),
        cmocka_unit_test(no_two_records_are_alike),
        cmocka_unit_test(every_flipped_bit),
        cmocka_unit_test(every_cut_and_a_byte_more),
        cmocka_unit_test(moved_to_each_other_value),
        cmocka_unit_test(fields_do_not_run_together),
        cmocka_unit_test(another_kek),
        cmocka_unit_test(fields_have_limits),
        cmocka_unit_test(an_old_record_opens),
        cmocka_unit_test(a_released_data_key_opens),
        cmocka_unit_test(every_flipped_bit_of_a_kms_key),
        cmocka_unit_test(other_data_keys),
        cmocka_unit_test(long_names_fit),
    };
    return cmocka_run_group_tests(tests, make_keks, NULL);
}
