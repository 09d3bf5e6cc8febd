/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/crypto.c. */
#include "vectors.h"

#include "core/crypto.h"

static cs_slice hex(const char *digits)
{
    return vectors_from_hex(cs_slice_str(digits));
}

static const struct hash_row {
    cs_hash_id id;
    const char *name;
    size_t len;
    const char *empty, *abc; /* FIPS 180-4, FIPS 202 examples */
} hashes[] = {
    {CS_SHA256, "sha256", 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {CS_SHA384, "sha384", 48,
     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    {CS_SHA512, "sha512", 64,
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81"
     "a538327af927da3e",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
     "2a9ac94fa54ca49f"},
    {CS_SHAKE256_64, "shake256", 64,
     "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762fd75dc4ddd8c0f200cb05019d67b592f6fc821c49479ab486"
     "40292eacb3b7c4be",
     "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739d5a15bef186a5386c75744c0527e1faa9f8726e462a12a4f"
     "eb06bd8801e751e4"},
};

static void hash_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        const struct hash_row *row = &hashes[i];
        cs_digest d;
        assert_int_equal(cs_hash_len(row->id), row->len);
        assert_string_equal(cs_hash_name(row->id), row->name);
        assert_int_equal(cs_hash_by_name(cs_slice_str(row->name)), row->id);
        assert_int_equal(cs_hash(&d, row->id, CS_ABSENT), CS_OK);
        assert_true(cs_slice_eq(cs_digest_slice(&d), hex(row->empty)));
        assert_int_equal(cs_hash(&d, row->id, CS_LIT("abc")), CS_OK);
        assert_true(cs_slice_eq(cs_digest_slice(&d), hex(row->abc)));
        vectors_release();
    }
}

static void hash_streams(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        cs_hasher *h = NULL;
        cs_digest d;
        assert_int_equal(cs_hasher_new(&h, hashes[i].id), CS_OK);
        assert_int_equal(cs_hasher_add(h, CS_LIT("a")), CS_OK);
        assert_int_equal(cs_hasher_add(h, CS_ABSENT), CS_OK);
        assert_int_equal(cs_hasher_add(h, CS_LIT("bc")), CS_OK);
        assert_int_equal(cs_hasher_end(h, &d), CS_OK);
        assert_true(cs_slice_eq(cs_digest_slice(&d), hex(hashes[i].abc)));
        cs_hasher_free(h);
        vectors_release();
    }
    cs_hasher_free(NULL);
}

static void unknown_hashes(void **state)
{
    (void)state;
    static const char *const names[] = {"", "none", "SHA256", "sha-256", "sha25", "sha2566", "sha1", "md5", "shake128"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(cs_hash_by_name(cs_slice_str(names[i])), CS_HASH_NONE);
    assert_int_equal(cs_hash_by_name(CS_LIT("sha256\0")), CS_HASH_NONE);
    assert_int_equal(cs_hash_by_name(CS_ABSENT), CS_HASH_NONE);
    cs_hasher *h = NULL;
    cs_digest d = {.n = 9};
    assert_int_equal(cs_hash(&d, CS_HASH_NONE, CS_LIT("abc")), CS_CRYPTO);
    assert_int_equal(d.n, 0);
    assert_int_equal(cs_hasher_new(&h, (cs_hash_id)99), CS_CRYPTO);
    assert_null(h);
    assert_int_equal(cs_hash_len((cs_hash_id)99), 0);
}

/* RFC 4231 test cases 1, 2 and 6: a key of 20 bytes, of 4, and one longer than a block. */
static void hmac_values(void **state)
{
    (void)state;
    uint8_t twenty[20], long_key[131];
    cs_digest d;
    memset(twenty, 0x0b, sizeof twenty);
    memset(long_key, 0xaa, sizeof long_key);
    const struct {
        cs_slice key, text;
        const char *want;
    } rows[] = {
        {CS_ARRAY(twenty), CS_LIT("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {CS_LIT("Jefe"), CS_LIT("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {CS_ARRAY(long_key), CS_LIT("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(cs_hmac_sha256(&d, rows[i].key, rows[i].text), CS_OK);
        assert_true(cs_slice_eq(cs_digest_slice(&d), hex(rows[i].want)));
        vectors_release();
    }
    assert_int_equal(cs_hmac_sha256(&d, CS_LIT(""), CS_LIT("")), CS_OK);
    assert_int_equal(d.n, CS_SHA256_LEN);
}

static void random_bytes(void **state)
{
    (void)state;
    uint8_t a[64] = {0}, b[64] = {0};
    cs_random_mix(CS_LIT("from the caller"));
    assert_int_equal(cs_random(a, sizeof a), CS_OK);
    assert_int_equal(cs_random(b, sizeof b), CS_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(cs_random(a, 0), CS_OK);
}

static void public_random_bytes(void **state)
{
    static uint8_t drawn[100][32];
    static const size_t sizes[] = {0, 1, 31, 255, 256, 257, 1000};
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(cs_random_public(drawn[i], sizeof drawn[i]), CS_OK);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(drawn[i], drawn[k], sizeof drawn[i]);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t bytes[1001] = {0};
        bytes[sizes[i]] = 0xa5;
        assert_int_equal(cs_random_public(bytes, sizes[i]), CS_OK);
        assert_int_equal(bytes[sizes[i]], 0xa5);
        assert_true(sizes[i] < 31 || !cs_slice_all_zero(cs_slice_of(bytes + sizes[i] - 31, 31)));
    }
}

/* NIST's GCM examples with a 256-bit key: cases 13, 14 and 16 of the submission. */
static const struct {
    const char *key, *nonce, *aad, *plain, *sealed;
} gcm[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

static void aead_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof gcm / sizeof *gcm; i++) {
        CS_SECRET(plain);
        cs_buf sealed = cs_buf_new(256);
        cs_slice key = hex(gcm[i].key), nonce = hex(gcm[i].nonce), aad = hex(gcm[i].aad), want = hex(gcm[i].plain);
        assert_int_equal(cs_aead_seal(&sealed, key, nonce, aad, want), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&sealed), hex(gcm[i].sealed)));
        assert_int_equal(cs_aead_open(&plain, key, nonce, aad, cs_buf_slice(&sealed)), CS_OK);
        assert_true(cs_slice_eq(cs_secret_slice(&plain), want));
        cs_buf_free(&sealed);
        vectors_release();
    }
}

static void assert_closed(cs_err want, cs_slice key, cs_slice nonce, cs_slice aad, cs_slice sealed)
{
    CS_SECRET(plain);
    plain.n = 5;
    plain.b[0] = 'x';
    assert_int_equal(cs_aead_open(&plain, key, nonce, aad, sealed), want);
    assert_int_equal(plain.n, 0);
    for (size_t i = 0; i < sizeof plain.b; i++)
        assert_int_equal(plain.b[i], 0);
}

/* One bit changed anywhere, any truncation: closed, and nothing of the plain text is left behind. */
static void aead_refuses(void **state)
{
    (void)state;
    static const uint8_t large[CS_SECRET_CAP + CS_AEAD_TAG + 1];
    cs_slice key = hex(gcm[2].key), nonce = hex(gcm[2].nonce), aad = hex(gcm[2].aad), sealed = hex(gcm[2].sealed);
    cs_slice *const parts[] = {&key, &nonce, &aad, &sealed};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        uint8_t *bytes = (uint8_t *)(uintptr_t)parts[p]->p;
        for (size_t bit = 0; bit < 8 * parts[p]->n; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_closed(CS_SEAL_BROKEN, key, nonce, aad, sealed);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    for (size_t n = 0; n < sealed.n; n++)
        assert_closed(CS_SEAL_BROKEN, key, nonce, aad, cs_slice_sub(sealed, 0, n));
    assert_closed(CS_SEAL_BROKEN, key, nonce, CS_LIT(""), sealed);
    assert_closed(CS_SEAL_BROKEN, key, nonce, aad, CS_ARRAY(large));
    assert_closed(CS_CRYPTO, cs_slice_sub(key, 0, 31), nonce, aad, sealed);
    assert_closed(CS_CRYPTO, key, cs_slice_sub(nonce, 0, 11), aad, sealed);

    cs_buf out = cs_buf_new(256);
    assert_int_equal(cs_aead_seal(&out, cs_slice_sub(key, 0, 16), nonce, aad, sealed), CS_CRYPTO);
    assert_int_equal(cs_aead_seal(&out, key, cs_slice_sub(nonce, 0, 8), aad, sealed), CS_CRYPTO);
    assert_int_equal(cs_aead_seal(&out, key, nonce, aad, CS_ARRAY(large)), CS_TOO_LARGE);
    assert_int_equal(out.n, 0);
    cs_buf_free(&out);
    vectors_release();
}

static void aead_takes_a_full_secret(void **state)
{
    (void)state;
    static const uint8_t zeros[CS_SECRET_CAP];
    CS_SECRET(plain);
    cs_slice key = hex(gcm[0].key), nonce = hex(gcm[0].nonce);
    cs_buf sealed = cs_buf_new(CS_SECRET_CAP + CS_AEAD_TAG);
    assert_int_equal(cs_aead_seal(&sealed, key, nonce, CS_ABSENT, CS_ARRAY(zeros)), CS_OK);
    assert_int_equal(cs_aead_open(&plain, key, nonce, CS_ABSENT, cs_buf_slice(&sealed)), CS_OK);
    assert_int_equal(plain.n, CS_SECRET_CAP);
    cs_buf_free(&sealed);
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_values), cmocka_unit_test(hash_streams), cmocka_unit_test(unknown_hashes),
        cmocka_unit_test(hmac_values), cmocka_unit_test(random_bytes), cmocka_unit_test(public_random_bytes),
        cmocka_unit_test(aead_values), cmocka_unit_test(aead_refuses), cmocka_unit_test(aead_takes_a_full_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
