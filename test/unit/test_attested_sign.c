/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/attested_sign.c and src/enclave/generate.c, judged by the verifier. zone: enclave */
#include "enclave_fixture.h"

#include "core/attest.h"
#include "core/encode.h"
#include "sys/clock.h"

static cs_enclave *e;

static int open_enclave(void **state)
{
    (void)state;
    e = fixture_open(60 * 1000000);
    return 0;
}

static int close_enclave(void **state)
{
    (void)state;
    fixture_close(e);
    return 0;
}

static cs_policy policy_of_enclave(void)
{
    cs_policy p = {.vendor = CS_VENDOR_MOCK, .evidence = CS_EVIDENCE_OPERATION, .max_doc_age_seconds = 300};
    cs_buf image = CS_BUF_OVER(p.match.mock.images[0]);
    memcpy(p.match.mock.root_public_key, e->rot.root_public_key, 32);
    p.match.mock.image_count = 1;
    assert_int_equal(cs_hex_decode(&image, cs_slice_str(e->rot.image_hash + 7)), CS_OK);
    return p;
}

static cs_request request_for(const cs_newborn *key, const char *key_id, cs_slice payload)
{
    return (cs_request){.type = CS_MSG_SIGN,
                        .org = CS_LIT("org"),
                        .key_id = cs_slice_str(key_id),
                        .sealed = cs_buf_slice(&key->sealed),
                        .message = {.bytes = payload}};
}

static int64_t operations(void)
{
    return e->counters.operations;
}

/* Judges what was released as a stranger with the pinned policy and the public key would. */
static cs_err judge(const cs_attested *a, const cs_request *r, const cs_newborn *key, const cs_alg *alg,
                    cs_format format)
{
    cs_verdict verdict;
    cs_digest payload = {0};
    cs_policy policy = policy_of_enclave();
    cs_expect expect = {.kind = CS_ATTEST_SIGN,
                        .allow_mock = true,
                        .now = cs_now_ms() / 1000,
                        .nonce = r->nonce,
                        .prehash_alg = r->message.ph,
                        .signature = cs_buf_slice(&a->signature),
                        .key_id = r->key_id,
                        .alg = alg,
                        .format = &format,
                        .public_key = cs_buf_slice(&key->public_key)};
    if (r->message.ph == CS_HASH_NONE) {
        assert_int_equal(cs_hash(&payload, CS_SHA256, r->message.bytes), CS_OK);
        expect.payload_sha256 = cs_digest_slice(&payload);
    } else {
        expect.prehash = r->message.bytes;
    }
    cs_err err = cs_attest_verify(&verdict, cs_buf_slice(&a->document), &policy, &expect);
    if (err == CS_OK)
        assert_int_equal(verdict.counter, a->counter);
    return err;
}

static void verifies_for_every_algorithm_and_format(void **state)
{
    (void)state;
    cs_enclave *before = e;
    for (size_t i = 0; i < cs_alg_count; i++) {
        e = fixture_open(0);
        for (cs_format f = CS_FORMAT_COMPOSITE; f <= CS_FORMAT_PURE; f++) {
            if (!cs_alg_offers(&cs_algs[i], f))
                continue;
            cs_newborn key = fixture_key(e, "org", "key", cs_algs[i].name, f, "sign");
            cs_attested a = cs_attested_new();
            cs_request r = request_for(&key, "key", CS_LIT("payload"));
            cs_pair public_key = {0};
            r.nonce = CS_LIT("a caller's nonce");
            assert_int_equal(cs_attested_sign(&a, e, &r), CS_OK);
            assert_int_equal(judge(&a, &r, &key, &cs_algs[i], f), CS_OK);
            assert_int_equal(cs_pair_open_public(&public_key, &cs_algs[i], f, cs_buf_slice(&key.public_key)), CS_OK);
            assert_int_equal(cs_pair_verify(NULL, &public_key, &r.message, cs_buf_slice(&a.signature)), CS_OK);
            cs_pair_close(&public_key);
            cs_attested_free(&a);
            cs_newborn_free(&key);
        }
        fixture_close(e);
    }
    e = before;
}

static void prehash_is_attested_as_such(void **state)
{
    (void)state;
    const cs_alg *alg = cs_alg_find(CS_LIT("mldsa65+ed25519"));
    cs_newborn key = fixture_key(e, "org", "key", alg->name, CS_FORMAT_COMPOSITE, "sign");
    cs_attested a = cs_attested_new();
    cs_request r = request_for(&key, "key", CS_ABSENT);
    cs_digest d;
    assert_int_equal(cs_hash(&d, alg->ph, CS_LIT("a large file")), CS_OK);
    r.message = (cs_message){.bytes = cs_digest_slice(&d), .ph = alg->ph};
    assert_int_equal(cs_attested_sign(&a, e, &r), CS_OK);
    assert_int_equal(judge(&a, &r, &key, alg, CS_FORMAT_COMPOSITE), CS_OK);
    r.message = (cs_message){.bytes = CS_LIT("a large file")};
    assert_int_not_equal(judge(&a, &r, &key, alg, CS_FORMAT_COMPOSITE), CS_OK); /* no payload hash was attested */
    cs_attested_free(&a);
    cs_newborn_free(&key);
}

/* A signature that was damaged on its way, at any byte, is not released: nothing is counted, nothing attested. */
static void damaged_result_never_leaves(void **state)
{
    (void)state;
    static const struct {
        const char *alg;
        cs_format format;
    } rows[] = {
        {"mldsa44+ed25519", CS_FORMAT_COMPOSITE},
        {"mldsa44+ecdsa-p256", CS_FORMAT_CONCAT},
        {"mldsa44+ecdsa-p256", CS_FORMAT_COMPOSITE},
        {"mldsa44+ed25519", CS_FORMAT_ENVELOPE},
        {"mldsa44", CS_FORMAT_PURE},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        uint8_t bytes[CS_MAX_SIGNATURE];
        cs_buf signature = CS_BUF_OVER(bytes);
        cs_opened *opened = NULL;
        cs_newborn key = fixture_key(e, "org", "key", rows[row].alg, rows[row].format, "sign");
        cs_request r = request_for(&key, "key", CS_LIT("payload"));
        assert_int_equal(cs_opened_from(&opened, &e->kek, r.sealed), CS_OK);
        assert_int_equal(cs_pair_sign(&signature, &opened->pair, &r.message), CS_OK);
        int64_t before = operations();
        for (size_t i = 0; i < signature.n; i += i + 70 < signature.n ? 23 : 1) {
            cs_attested a = cs_attested_new();
            bytes[i] ^= 1;
            assert_int_equal(cs_attested_release(&a, e, &r, opened, cs_buf_slice(&signature)), CS_SELF_CHECK);
            assert_int_equal(a.signature.n + a.document.n, 0);
            bytes[i] ^= 1;
            cs_attested_free(&a);
        }
        for (size_t n = 0; n < signature.n; n += 97) {
            cs_attested a = cs_attested_new();
            assert_int_equal(cs_attested_release(&a, e, &r, opened, cs_slice_of(bytes, n)), CS_SELF_CHECK);
            assert_int_equal(a.signature.n + a.document.n, 0);
            cs_attested_free(&a);
        }
        assert_int_equal(operations(), before);
        cs_attested a = cs_attested_new();
        assert_int_equal(cs_attested_release(&a, e, &r, opened, cs_buf_slice(&signature)), CS_OK);
        assert_int_equal(operations(), before + 1);
        cs_attested_free(&a);
        cs_opened_release(opened);
        cs_newborn_free(&key);
    }
}

/* A good signature for another payload is as bad as a damaged one. */
static void result_for_another_payload(void **state)
{
    (void)state;
    uint8_t bytes[CS_MAX_SIGNATURE];
    cs_buf signature = CS_BUF_OVER(bytes);
    cs_opened *opened = NULL;
    cs_newborn key = fixture_key(e, "org", "key", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "sign");
    cs_request r = request_for(&key, "key", CS_LIT("one payload"));
    assert_int_equal(cs_opened_from(&opened, &e->kek, r.sealed), CS_OK);
    assert_int_equal(cs_pair_sign(&signature, &opened->pair, &r.message), CS_OK);
    r.message.bytes = CS_LIT("another payload");
    cs_attested a = cs_attested_new();
    assert_int_equal(cs_attested_release(&a, e, &r, opened, cs_buf_slice(&signature)), CS_SELF_CHECK);
    assert_int_equal(a.signature.n + a.document.n, 0);
    cs_attested_free(&a);
    cs_opened_release(opened);
    cs_newborn_free(&key);
}

static void refusals_release_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *what, *key_alg;
        cs_format format;
        const char *purpose, *org, *key_id, *payload;
        size_t ph_len;
        cs_hash_id ph;
        cs_err expect;
    } rows[] = {
        {"as it should be", "mldsa44", CS_FORMAT_PURE, "sign", "org", "key", "x", 0, 0, CS_OK},
        {"empty payload", "mldsa44", CS_FORMAT_PURE, "sign", "org", "key", "", 0, 0, CS_OK},
        {"other org", "mldsa44", CS_FORMAT_PURE, "sign", "orf", "key", "x", 0, 0, CS_SEAL_BROKEN},
        {"longer org", "mldsa44", CS_FORMAT_PURE, "sign", "org1", "key", "x", 0, 0, CS_SEAL_BROKEN},
        {"other key", "mldsa44", CS_FORMAT_PURE, "sign", "org", "kez", "x", 0, 0, CS_SEAL_BROKEN},
        {"no key", "mldsa44", CS_FORMAT_PURE, "sign", "org", "", "x", 0, 0, CS_SEAL_BROKEN},
        {"record, purpose hybrid", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "hybrid", "org", "key",
         "countersign/hybrid/v1\n{}", 0, 0, CS_OK},
        {"record, purpose hybrid, pure", "mldsa44", CS_FORMAT_PURE, "hybrid", "org", "key", "countersign/hybrid/v1\n{}",
         0, 0, CS_OK},
        {"record, purpose hybrid, other org", "mldsa44", CS_FORMAT_PURE, "hybrid", "orf", "key",
         "countersign/hybrid/v1\n{}", 0, 0, CS_SEAL_BROKEN},
        {"record, purpose hybrid, other key", "mldsa44", CS_FORMAT_PURE, "hybrid", "org", "kez",
         "countersign/hybrid/v1\n{}", 0, 0, CS_SEAL_BROKEN},
        {"record, purpose ledger", "mldsa44", CS_FORMAT_PURE, "ledger", "org", "key", "countersign/hybrid/v1\n{}", 0, 0,
         CS_SEAL_BROKEN},
        {"purpose hybrid", "mldsa44", CS_FORMAT_PURE, "hybrid", "org", "key", "x", 0, 0, CS_KEY_PURPOSE},
        {"empty payload, purpose hybrid", "mldsa44", CS_FORMAT_PURE, "hybrid", "org", "key", "", 0, 0, CS_KEY_PURPOSE},
        {"nearly a record, purpose hybrid", "mldsa44", CS_FORMAT_PURE, "hybrid", "org", "key", "countersign/hybrid/v1",
         0, 0, CS_KEY_PURPOSE},
        {"another version, purpose hybrid", "mldsa44", CS_FORMAT_PURE, "hybrid", "org", "key",
         "countersign/hybrid/v2\n{}", 0, 0, CS_KEY_PURPOSE},
        {"a space before, purpose hybrid", "mldsa44", CS_FORMAT_PURE, "hybrid", "org", "key",
         " countersign/hybrid/v1\n{}", 0, 0, CS_KEY_PURPOSE},
        {"lineage, purpose sign", "mldsa44", CS_FORMAT_PURE, "sign", "org", "key", "countersign/lineage/v1\n{}", 0, 0,
         CS_OK},
        {"lineage, purpose hybrid", "mldsa44", CS_FORMAT_PURE, "hybrid", "org", "key", "countersign/lineage/v1\n{}", 0,
         0, CS_OK},
        {"nearly lineage, purpose hybrid", "mldsa44", CS_FORMAT_PURE, "hybrid", "org", "key", "countersign/lineage/v1",
         0, 0, CS_KEY_PURPOSE},
        {"a pre-hash, purpose hybrid", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "hybrid", "org", "key", "", 64,
         CS_SHA512, CS_KEY_PURPOSE},
        {"a pre-hash like a record, purpose hybrid", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "hybrid", "org", "key",
         "countersign/hybrid/v1\n{}", 64, CS_SHA512, CS_KEY_PURPOSE},
        {"a pre-hash like a statement, purpose hybrid", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "hybrid", "org", "key",
         "countersign/lineage/v1\n{}", 64, CS_SHA512, CS_KEY_PURPOSE},
        {"a pre-hash like a record, purpose sign", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "sign", "org", "key",
         "countersign/hybrid/v1\n{}", 64, CS_SHA512, CS_OK},
        {"lineage, purpose ledger", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "ledger", "org", "key",
         "countersign/lineage/v1\n{}", 0, 0, CS_SEAL_BROKEN},
        {"purpose ledger", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "ledger", "org", "key", "x", 0, 0, CS_SEAL_BROKEN},
        {"hybrid bytes", "mldsa44", CS_FORMAT_PURE, "sign", "org", "key", "countersign/hybrid/v1\n{}", 0, 0,
         CS_RESERVED_PAYLOAD},
        {"hybrid bytes, composite", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "sign", "org", "key",
         "countersign/hybrid/v1\n", 0, 0, CS_RESERVED_PAYLOAD},
        {"nearly hybrid bytes", "mldsa44", CS_FORMAT_PURE, "sign", "org", "key", "countersign/hybrid/v1", 0, 0, CS_OK},
        {"composite prefix, pure", "mldsa44", CS_FORMAT_PURE, "sign", "org", "key", "CompositeAlgorithmSignatures2025",
         0, 0, CS_RESERVED_PREFIX},
        {"composite prefix, concat", "mldsa44+ed25519", CS_FORMAT_CONCAT, "sign", "org", "key",
         "CompositeAlgorithmSignatures2025...", 0, 0, CS_RESERVED_PREFIX},
        {"composite prefix, envelope", "mldsa44+ed25519", CS_FORMAT_ENVELOPE, "sign", "org", "key",
         "CompositeAlgorithmSignatures2025...", 0, 0, CS_RESERVED_PREFIX},
        {"composite prefix, composite", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "sign", "org", "key",
         "CompositeAlgorithmSignatures2025...", 0, 0, CS_OK},
        {"pre-hash, pure", "mldsa44", CS_FORMAT_PURE, "sign", "org", "key", "", 64, CS_SHA512, CS_PREHASH_NOT_OFFERED},
        {"pre-hash, concat", "mldsa44+ed25519", CS_FORMAT_CONCAT, "sign", "org", "key", "", 64, CS_SHA512,
         CS_PREHASH_NOT_OFFERED},
        {"pre-hash of another algorithm", "mldsa44+ecdsa-p256", CS_FORMAT_COMPOSITE, "sign", "org", "key", "", 64,
         CS_SHA512, CS_PREHASH_ALGORITHM},
        {"pre-hash too short", "mldsa44+ecdsa-p256", CS_FORMAT_COMPOSITE, "sign", "org", "key", "", 31, CS_SHA256,
         CS_PREHASH_ALGORITHM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t digest[64] = {0}; /* begins with the payload */
        cs_newborn key = fixture_key(e, "org", "key", rows[i].key_alg, rows[i].format, rows[i].purpose);
        cs_attested a = cs_attested_new();
        cs_request r = request_for(&key, rows[i].key_id, cs_slice_str(rows[i].payload));
        r.org = cs_slice_str(rows[i].org);
        memcpy(digest, rows[i].payload, strnlen(rows[i].payload, sizeof digest));
        if (rows[i].ph_len > 0)
            r.message = (cs_message){.bytes = cs_slice_of(digest, rows[i].ph_len), .ph = rows[i].ph};
        int64_t before = operations();
        for (int again = 0; again < 2; again++) { /* the second time the key comes from the cache */
            cs_buf_clear(&a.signature);
            cs_buf_clear(&a.document);
            cs_err err = cs_attested_sign(&a, e, &r);
            if (err != rows[i].expect)
                fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        }
        if (rows[i].expect != CS_OK) {
            assert_int_equal(a.signature.n + a.document.n, 0);
            assert_int_equal(operations(), before);
        }
        cs_attested_free(&a);
        cs_newborn_free(&key);
    }
}

/* Sealed by us for the other door: no record of the vault's, whatever else is the same. */
static void record_of_another_door(void **state)
{
    (void)state;
    CS_SECRET(private_bytes);
    cs_seal_fields f;
    cs_newborn key = fixture_key(e, "org", "key", "mldsa44", CS_FORMAT_PURE, "sign");
    cs_buf moved = cs_buf_new(CS_MAX_SEALED);
    cs_attested a = cs_attested_new();
    cs_request r = request_for(&key, "key", CS_LIT("x"));
    assert_int_equal(cs_attested_sign(&a, e, &r), CS_OK);
    cs_buf_clear(&a.signature);
    cs_buf_clear(&a.document);
    assert_int_equal(cs_seal_open(&private_bytes, &f, &e->kek, r.sealed), CS_OK);
    f.door = CS_LIT("pq-signer");
    assert_int_equal(cs_seal(&moved, &e->kek, &f, cs_secret_slice(&private_bytes)), CS_OK);
    r.sealed = cs_buf_slice(&moved);
    int64_t before = operations();
    assert_int_equal(cs_attested_sign(&a, e, &r), CS_SEAL_BROKEN);
    assert_int_equal(a.signature.n + a.document.n, 0);
    assert_int_equal(operations(), before);
    cs_attested_free(&a);
    cs_buf_free(&moved);
    cs_newborn_free(&key);
}

/* What the document of `kind` says of the key's counter. */
static int64_t key_counter(cs_slice document, cs_attest_kind kind)
{
    cs_policy policy = policy_of_enclave();
    cs_verdict verdict;
    cs_expect expect = {.kind = kind, .allow_mock = true, .now = cs_now_ms() / 1000};
    cs_err err = cs_attest_verify(&verdict, document, &policy, &expect);
    assert_int_equal(err, kind == CS_ATTEST_SIGN ? CS_ATT_PAYLOAD_MISMATCH : CS_OK);
    return verdict.key_counter;
}

/* A key id of two orgs is two keys, and a new record of a key goes on counting where the old one was. */
static void keys_are_counted_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *org, *key_id;
        int64_t count;
    } rows[] = {{"counted", "key", 1}, {"other", "key", 1}, {"counted", "key", 2}, {"counte", "dkey", 1},
                {"counted", "kez", 1}, {"other", "key", 2}, {"counted", "key", 3}};
    cs_enclave *before = e;
    e = fixture_open(0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_newborn key = fixture_key(e, rows[i].org, rows[i].key_id, "mldsa44", CS_FORMAT_PURE, "sign");
        assert_int_equal(key_counter(cs_buf_slice(&key.document), CS_ATTEST_BIRTH), rows[i].count);
        cs_newborn_free(&key);
    }
    fixture_close(e);
    e = before;
    cs_newborn key = fixture_key(e, "org", "counted", "mldsa44", CS_FORMAT_PURE, "sign");
    cs_attested a = cs_attested_new();
    cs_request r = request_for(&key, "counted", CS_LIT("x"));
    assert_int_equal(cs_attested_sign(&a, e, &r), CS_OK);
    assert_int_equal(key_counter(cs_buf_slice(&a.document), CS_ATTEST_SIGN), 2);
    cs_attested_free(&a);
    cs_newborn_free(&key);
}

/* When no more keys can be counted, no signature is released for one. */
static void uncounted_is_unsigned(void **state)
{
    (void)state;
    cs_enclave *other = fixture_open(0);
    char key_id[16];
    cs_newborn key = fixture_key(other, "org", "k0", "mldsa44", CS_FORMAT_PURE, "sign"), last = cs_newborn_new();
    for (int i = 1; i < FIXTURE_KEYS; i++) {
        (void)snprintf(key_id, sizeof key_id, "k%d", i);
        cs_newborn n = fixture_key(other, "org", key_id, "mldsa44", CS_FORMAT_PURE, "sign");
        cs_newborn_free(&n);
    }
    cs_request one_more = {.type = CS_MSG_GENERATE_KEY,
                           .org = CS_LIT("org"),
                           .key_id = CS_LIT("one more"),
                           .alg = cs_alg_find(CS_LIT("mldsa44")),
                           .format = CS_FORMAT_PURE,
                           .purpose = CS_LIT("sign")};
    assert_int_equal(cs_generate(&last, other, &one_more), CS_COUNTERS_FULL);
    assert_int_equal(last.sealed.n + last.public_key.n + last.document.n, 0);
    cs_attested a = cs_attested_new();
    cs_request r = request_for(&key, "k0", CS_LIT("x"));
    assert_int_equal(cs_attested_sign(&a, other, &r), CS_OK); /* the keys that are counted go on */
    cs_attested_free(&a);
    cs_newborn_free(&key);
    cs_newborn_free(&last);
    fixture_close(other);
}

static void nonces_are_the_callers_or_fresh(void **state)
{
    (void)state;
    cs_newborn key = fixture_key(e, "org", "key", "mldsa44", CS_FORMAT_PURE, "sign");
    cs_attested a = cs_attested_new(), b = cs_attested_new();
    cs_request r = request_for(&key, "key", CS_LIT("x"));
    const cs_alg *alg = cs_alg_find(CS_LIT("mldsa44"));
    assert_int_equal(cs_attested_sign(&a, e, &r), CS_OK);
    assert_int_equal(cs_attested_sign(&b, e, &r), CS_OK);
    assert_int_equal(b.counter, a.counter + 1);
    assert_int_equal(judge(&a, &r, &key, alg, CS_FORMAT_PURE), CS_OK);
    assert_int_equal(judge(&b, &r, &key, alg, CS_FORMAT_PURE), CS_OK);
    r.nonce = CS_LIT("12345678");
    assert_int_equal(judge(&a, &r, &key, alg, CS_FORMAT_PURE), CS_ATT_NONCE_MISMATCH);
    cs_buf swapped = a.document; /* the document of the one with the signature of the other */
    a.document = b.document;
    b.document = swapped;
    r.nonce = CS_ABSENT;
    assert_int_equal(judge(&a, &r, &key, alg, CS_FORMAT_PURE), CS_ATT_SIGNATURE_MISMATCH);
    cs_attested_free(&a);
    cs_attested_free(&b);
    cs_newborn_free(&key);
}

static void birth_is_attested(void **state)
{
    (void)state;
    cs_newborn key = fixture_key(e, "org", "key", "mldsa65+ed25519", CS_FORMAT_COMPOSITE, "hybrid");
    cs_policy policy = policy_of_enclave();
    cs_verdict verdict;
    cs_expect expect = {.kind = CS_ATTEST_BIRTH,
                        .allow_mock = true,
                        .now = cs_now_ms() / 1000,
                        .key_id = CS_LIT("key"),
                        .alg = cs_alg_find(CS_LIT("mldsa65+ed25519")),
                        .public_key = cs_buf_slice(&key.public_key),
                        .purpose = CS_PURPOSE_HYBRID};
    assert_int_equal(cs_attest_verify(&verdict, cs_buf_slice(&key.document), &policy, &expect), CS_OK);
    assert_int_equal(verdict.purpose, CS_PURPOSE_HYBRID);
    expect.purpose = CS_PURPOSE_SIGN;
    assert_int_equal(cs_attest_verify(&verdict, cs_buf_slice(&key.document), &policy, &expect),
                     CS_ATT_PURPOSE_MISMATCH);
    expect.kind = CS_ATTEST_SIGN; /* a birth is no signature */
    expect.signature = CS_LIT("x");
    assert_int_equal(cs_attest_verify(&verdict, cs_buf_slice(&key.document), &policy, &expect), CS_ATT_KIND);
    assert_true(cs_slice_is(key.key_release, "local"));
    cs_newborn_free(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_for_every_algorithm_and_format),
        cmocka_unit_test(prehash_is_attested_as_such),
        cmocka_unit_test(damaged_result_never_leaves),
        cmocka_unit_test(result_for_another_payload),
        cmocka_unit_test(refusals_release_nothing),
        cmocka_unit_test(record_of_another_door),
        cmocka_unit_test(keys_are_counted_by_name),
        cmocka_unit_test(uncounted_is_unsigned),
        cmocka_unit_test(nonces_are_the_callers_or_fresh),
        cmocka_unit_test(birth_is_attested),
    };
    return cmocka_run_group_tests(tests, open_enclave, close_enclave);
}
