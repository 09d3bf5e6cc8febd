/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading bundles, and pinning policies: what is written is read again, and each member that is missing,
 * doubled or of another kind refuses the whole. What a bundle is worth is test_bundle_verify.c. */
#include "bundle_malformed.h"

static void written_and_read(void **state)
{
    (void)state;
    struct bundle_made m;
    cs_buf text = cs_buf_new(CS_MAX_BUNDLE);
    cs_bundle b;
    bundle_make(&m, &(struct bundle_options){.seq_off = 0});
    assert_int_equal(cs_bundle_write(&text, &m.parts), CS_OK);
    assert_int_equal(cs_bundle_parse(&b, NULL, cs_buf_slice(&text)), CS_OK);
    assert_true(cs_slice_is(b.signature_id, SIGNATURE_ID));
    assert_true(cs_slice_is(b.key_id, KEY_ID));
    assert_true(cs_slice_is(b.digest_name, "payloadSha256"));
    assert_true(cs_slice_eq(b.payload_digest, m.parts.payload_digest));
    assert_true(cs_slice_eq(cs_buf_slice(&b.signature), m.parts.signature));
    assert_true(cs_slice_eq(cs_buf_slice(&b.document), m.parts.document));
    assert_true(cs_slice_eq(cs_buf_slice(&b.public_key), cs_buf_slice(&m.public_bytes)));
    assert_true(cs_slice_eq(cs_buf_slice(&b.proof), m.parts.proof));
    assert_true(cs_slice_eq(b.entry, m.parts.entry));
    assert_true(cs_slice_eq(b.checkpoint, m.parts.checkpoint));
    assert_true(cs_slice_is(b.policy_id, POLICY_ID));
    assert_int_equal(b.policy_version, POLICY_VERSION);
    assert_int_equal(b.index, ENTRY_INDEX);
    assert_string_equal(b.key.alg->name, "mldsa65+ed25519");
    cs_bundle_free(&b);
    for (size_t cut = 0; cut < text.n; cut += 97) {
        assert_int_equal(cs_bundle_parse(&b, NULL, cs_slice_of(text.p, cut)), CS_BUNDLE_FORMAT);
        cs_bundle_free(&b);
    }
    bundle_free(&m);
    cs_buf_free(&text);
}

static void writing_refuses(void **state)
{
    (void)state;
    struct bundle_made m;
    cs_buf text = cs_buf_new(CS_MAX_BUNDLE), large = cs_buf_new(2 * CS_MAX_BUNDLE);
    bundle_make(&m, &(struct bundle_options){.seq_off = 0});
    m.parts.proof.n--;
    assert_int_equal(cs_bundle_write(&text, &m.parts), CS_BAD_FIELD);
    m.parts.proof.n++;
    m.parts.index = UINT64_C(1) << 53;
    assert_int_equal(cs_bundle_write(&text, &m.parts), CS_BAD_FIELD);
    assert_int_equal(text.n, 0);
    m.parts.index = 0;
    while (large.n < CS_MAX_BUNDLE)
        cs_buf_add_u8(&large, 'x');
    m.parts.checkpoint = cs_buf_slice(&large);
    cs_buf out = cs_buf_new(4 * CS_MAX_BUNDLE);
    assert_int_equal(cs_bundle_write(&out, &m.parts), CS_TOO_LARGE);
    cs_buf_free(&out);
    cs_buf_free(&large);
    cs_buf_free(&text);
    bundle_free(&m);
}

static void malformed_bundles(void **state)
{
    (void)state;
    struct bundle_made m;
    cs_buf text = cs_buf_new(CS_MAX_BUNDLE), changed = cs_buf_new(CS_MAX_BUNDLE);
    bundle_make(&m, &(struct bundle_options){.seq_off = 0});
    assert_int_equal(cs_bundle_write(&text, &m.parts), CS_OK);
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        cs_bundle b;
        cs_fault fault;
        cs_buf_clear(&changed);
        bundle_replace(&changed, cs_buf_slice(&text), malformed[i].from, malformed[i].to);
        cs_err err = cs_bundle_parse(&b, &fault, cs_buf_slice(&changed));
        if (err != CS_BUNDLE_FORMAT || fault.err != err || strcmp(fault.field, malformed[i].field) != 0)
            fail_msg("%s: %s, member \"%s\"", malformed[i].to, cs_err_name(err), fault.field);
        cs_bundle_free(&b);
    }
    bundle_free(&m);
    cs_buf_free(&text);
    cs_buf_free(&changed);
}

static void long_proof(void **state)
{
    (void)state;
    struct bundle_made m;
    cs_bundle b;
    cs_buf text = cs_buf_new(CS_MAX_BUNDLE), proof = cs_buf_new(4096);
    bundle_make(&m, &(struct bundle_options){.seq_off = 0});
    for (size_t n = CS_MAX_INCLUSION_PROOF; n <= CS_MAX_INCLUSION_PROOF + 1; n++) {
        cs_buf_clear(&text);
        cs_buf_clear(&proof);
        while (proof.n < n * CS_SHA256_LEN)
            cs_buf_add_u8(&proof, 1);
        m.parts.proof = cs_buf_slice(&proof);
        assert_int_equal(cs_bundle_write(&text, &m.parts), CS_OK);
        assert_int_equal(cs_bundle_parse(&b, NULL, cs_buf_slice(&text)),
                         n == CS_MAX_INCLUSION_PROOF ? CS_OK : CS_BUNDLE_FORMAT);
        cs_bundle_free(&b);
    }
    cs_buf_free(&proof);
    cs_buf_free(&text);
    bundle_free(&m);
}

static void pins(void **state)
{
    (void)state;
    struct bundle_pins p;
    cs_buf text = cs_buf_new(CS_MAX_POLICY), hash = cs_buf_new(128), told = cs_buf_new(CS_MAX_POLICY);
    cs_fault fault;
    bundle_pins_make(&p);
    assert_int_equal(p.pin.version, 0);
    assert_string_equal(p.pin.id, "");
    cs_policy_canonical(&text, &p.pin.policy) == CS_OK ? (void)0 : fail();
    bundle_sha256(&hash, cs_buf_slice(&text));
    cs_buf_printf(&told, "{\"id\":\"pol_9\",\"version\":4,\"hash\":\"%s\",", cs_buf_cstr(&hash));
    cs_buf_add(&told, cs_slice_sub(cs_buf_slice(&text), 1, text.n));
    assert_int_equal(cs_pin_parse(&p.pin, &fault, cs_buf_slice(&told), true), CS_OK);
    assert_int_equal(p.pin.version, 4);
    assert_string_equal(p.pin.id, "pol_9");
    assert_int_equal(cs_pin_parse(&p.pin, &fault, cs_buf_slice(&told), false), CS_POLICY_MOCK);
    told.p[sizeof "{\"id\":\"pol_9\",\"version\":4,\"hash\":\"sha256:" - 1] ^= 1;
    assert_int_equal(cs_pin_parse(&p.pin, &fault, cs_buf_slice(&told), true), CS_POLICY_HASH);
    assert_string_equal(fault.field, "hash");
    assert_int_equal(p.pin.policy.match.mock.image_count, 0);
    cs_buf_clear(&told);
    cs_buf_add_str(&told, "{\"version\":0,");
    cs_buf_add(&told, cs_slice_sub(cs_buf_slice(&text), 1, text.n));
    assert_int_equal(cs_pin_parse(&p.pin, &fault, cs_buf_slice(&told), true), CS_BAD_FIELD);
    assert_string_equal(fault.field, "version");
    cs_buf_free(&text);
    cs_buf_free(&hash);
    cs_buf_free(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_and_read),
        cmocka_unit_test(writing_refuses),
        cmocka_unit_test(malformed_bundles),
        cmocka_unit_test(long_proof),
        cmocka_unit_test(pins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
