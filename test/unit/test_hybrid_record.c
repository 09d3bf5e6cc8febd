/* SPDX-License-Identifier: Apache-2.0 */
#include "hybrid_fixture.h"

#define MAX_RECORD 2048

static const cs_hybrid_facts usual = {.id = {(const uint8_t *)"att_abc123def456", 16},
                                      .pqc_key_id = {(const uint8_t *)"hk_1", 4},
                                      .created_ms = 1768473000000};

static void record_of(cs_buf *out, const char *chain, cs_hybrid_scheme scheme, const cs_hybrid_facts *facts)
{
    struct owned_pair p;
    cs_hybrid_result r;
    owner_pair(&p, chain, "ml-dsa-44", CS_LIT(HELLO), scheme);
    cs_hybrid h = owner_request(&p);
    assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_OK);
    assert_int_equal(cs_hybrid_record(out, &h, &r, facts), CS_OK);
    cs_hybrid_free(&h);
}

/* The record as a text of its own: the digests are those of sha256sum. */
static void test_record(void **state)
{
    (void)state;
    cs_buf out = cs_buf_new(MAX_RECORD);
    record_of(&out, "ethereum", CS_HYBRID_EIP191, &usual);
    const char *text = cs_buf_cstr(&out);
    static const char begin[] =
        "{\"algorithm\":\"ml-dsa-44\",\"chain\":\"ethereum\",\"createdAt\":\"2026-01-15T10:30:00.000Z\","
        "\"ecdsaPublicKey\":\"0x0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8\",\"ecdsaScheme\":\"eip191\","
        "\"ecdsaSignatureSha256\":\"sha256:";
    static const char middle[] =
        "\",\"id\":\"att_abc123def456\","
        "\"messageSha256\":\"sha256:a591a6d40bf420404a011733cfb7b190d62c65bf0bcda32b57b277d9ad9f146e\","
        "\"messageSize\":11,\"pqcKeyId\":\"hk_1\",\"pqcPublicKeySha256\":\"sha256:";
    assert_memory_equal(text, begin, sizeof begin - 1);
    assert_memory_equal(text + sizeof begin - 1 + 64, middle, sizeof middle - 1);
    assert_non_null(strstr(text, "\",\"signerAddress\":\"0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf\"}"));
    cs_buf_free(&out);
}

/* The bytes are RFC 8785's already, whatever members there are. */
static void test_records_are_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *chain, *metadata;
        cs_hybrid_scheme scheme;
    } rows[] = {
        {"ethereum", NULL, CS_HYBRID_EIP191},
        {"ethereum", "{\"a\":1.5}", CS_HYBRID_KECCAK256},
        {"bitcoin", "{}", CS_HYBRID_SHA256D},
        {"solana", NULL, CS_HYBRID_ED25519},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_hybrid_facts facts = usual;
        cs_json *json = NULL;
        cs_buf out = cs_buf_new(MAX_RECORD), canonical = cs_buf_new(MAX_RECORD), signed_ = cs_buf_new(MAX_RECORD);
        facts.metadata = cs_slice_str(rows[i].metadata);
        record_of(&out, rows[i].chain, rows[i].scheme, &facts);
        assert_int_equal(cs_json_parse(&json, cs_buf_slice(&out), MAX_RECORD), CS_OK);
        assert_int_equal(cs_json_canonical(&canonical, cs_json_root(json)), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&out), cs_buf_slice(&canonical)));
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        assert_int_equal(cs_jobj_has(&o, "metadataSha256"), rows[i].metadata != NULL);
        assert_int_equal(cs_jobj_has(&o, "signerAddress"), strcmp(rows[i].chain, "ethereum") == 0);
        cs_hybrid_countersigned(&signed_, cs_buf_slice(&out));
        assert_true(cs_slice_starts(cs_buf_slice(&signed_), CS_LIT("countersign/hybrid/v1\n{\"algorithm\"")));
        assert_int_equal(signed_.n, out.n + 22);
        cs_json_free(json);
        cs_buf_free(&out);
        cs_buf_free(&canonical);
        cs_buf_free(&signed_);
    }
}

/* Metadata is text: spelled in another way it is another one. */
static void test_metadata_is_its_text(void **state)
{
    (void)state;
    cs_hybrid_facts one = usual, other = usual;
    cs_buf a = cs_buf_new(MAX_RECORD), b = cs_buf_new(MAX_RECORD);
    one.metadata = CS_LIT("{\"a\":1}");
    other.metadata = CS_LIT("{\"a\": 1}");
    record_of(&a, "ethereum", CS_HYBRID_EIP191, &one);
    record_of(&b, "ethereum", CS_HYBRID_EIP191, &other);
    assert_false(cs_slice_eq(cs_buf_slice(&a), cs_buf_slice(&b)));
    cs_buf_free(&a);
    cs_buf_free(&b);
}

/* What is no record is not written. */
static void test_refusals(void **state)
{
    (void)state;
    static const char long_id[] = "0123456789012345678901234567890123456789012345678901234567890123x";
    struct owned_pair p;
    cs_hybrid_result r;
    owner_pair(&p, "ethereum", "ml-dsa-44", CS_LIT(HELLO), CS_HYBRID_EIP191);
    cs_hybrid h = owner_request(&p);
    assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_OK);
    for (int i = 0; i < 9; i++) {
        cs_hybrid_facts facts = usual;
        cs_hybrid_result result = r;
        cs_buf out = cs_buf_new(MAX_RECORD);
        if (i == 0)
            result.ecdsa_valid = false;
        if (i == 1)
            result.pqc_valid = false;
        if (i == 2)
            facts.id = CS_LIT("");
        if (i == 3)
            facts.id = CS_ABSENT;
        if (i == 4)
            facts.id = CS_ARRAY(long_id);
        if (i == 5)
            facts.id = CS_LIT("att_\"");
        if (i == 6)
            facts.pqc_key_id = CS_LIT("hk\n");
        if (i == 7)
            facts.pqc_key_id = CS_ABSENT;
        if (i == 8)
            facts.created_ms = -1;
        assert_int_equal(cs_hybrid_record(&out, &h, &result, &facts), CS_BAD_FIELD);
        assert_int_equal(out.n, 0);
        cs_buf_free(&out);
    }
    cs_hybrid_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_records_are_canonical),
        cmocka_unit_test(test_metadata_is_its_text),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
