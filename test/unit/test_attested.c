/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/attested.c with documents of our own: one that is good, and one row for each check. */
#include "devkms/attested.h"

#include "core/crypto_cms.h"
#include "devkms/pair.h"
#include "nitro_fixture.h"

#define NOW_MS ((int64_t)NITRO_TIME * 1000)

static uint8_t spki_memory[1024];
static cs_slice spki;

static cs_attested_rule rule_of(bool pinned)
{
    cs_attested_rule rule = {0};
    cs_buf pem = cs_buf_new(8192);
    nitro_root_pem(&pem);
    if (pinned)
        assert_int_equal(cs_attested_pin_root(&rule, cs_buf_slice(&pem)), CS_OK);
    cs_buf_free(&pem);
    return rule;
}

static cs_err judge(cs_attested *out, cs_buf *document, const cs_attested_rule *rule, struct nitro_change change,
                    int64_t later_ms)
{
    if (change.public_key.p == NULL)
        change.public_key = spki;
    nitro_document(document, &change);
    return cs_attested_judge(out, rule, cs_buf_slice(document), NOW_MS + later_ms);
}

static void rows(void **state)
{
    (void)state;
    static const struct {
        cs_err err;
        struct nitro_change change;
        int64_t later_ms;
        const char *pcr0, *pcr4;
        bool not_pinned;
    } table[] = {
        {CS_OK, {0}},
        {CS_OK, {.tag = true}},
        {CS_OK, {.indefinite_map = true}},
        {CS_OK, {0}, .later_ms = 300000},
        {CS_OK, {0}, .pcr0 = NITRO_PCR0},
        {CS_ATT_EXPIRED, {0}, .later_ms = 300001},
        {CS_OK, {.timestamp_ms = NOW_MS + 60000}},
        {CS_ATT_CERT_NOT_YET_VALID, {0}, .later_ms = -86400000},
        {CS_ATT_EXPIRED, {.timestamp_ms = NOW_MS - 300001}},
        {CS_ATT_FROM_FUTURE, {.timestamp_ms = NOW_MS + 60001}},
        {CS_ATT_ROOT_MISMATCH, {0}, .not_pinned = true},
        {CS_ATT_ROOT_MISMATCH, {.other_root = true}},
        {CS_ATT_ROOT_MISMATCH, {.no_root = true}},
        {CS_ATT_CHAIN, {.at = 3, .not_a_ca = true}},
        {CS_ATT_CHAIN, {.at = 4, .broken_signature = true}},
        {CS_ATT_CHAIN, {.at = 5, .signed_by = 6}},
        {CS_ATT_CERT_EXPIRED, {.at = 5, .until = NITRO_TIME - 1}},
        {CS_ATT_CERT_NOT_YET_VALID, {.at = 4, .from = NITRO_TIME + 1}},
        {CS_ATT_PROOF_INVALID, {.document_key = 6}},
        {CS_ATT_PROOF_INVALID, {.payload_of_another = true}},
        {CS_ATT_EVIDENCE_FORMAT, {.signature_cut = 1}},
        {CS_ATT_EVIDENCE_FORMAT, {.signature_more = 1}},
        {CS_ATT_EVIDENCE_ALGORITHM, {.protected_hex = "a10126"}},
        {CS_ATT_EVIDENCE_FORMAT, {.protected_hex = "a1013822ff"}},
        {CS_ATT_EVIDENCE_FORMAT, {.unprotected_hex = "a10101"}},
        {CS_ATT_EVIDENCE_FORMAT, {.set = {{"digest", ""}}}},
        {CS_ATT_EVIDENCE_FORMAT, {.extra_hex = "617801"}},
        {CS_ATT_IMAGE_NOT_ALLOWED, {0}, .pcr0 = NITRO_PCR8},
        {CS_ATT_REGISTER_MISSING, {.set = {{"pcrs", "a1005830" NITRO_PCR0}}}, .pcr4 = NITRO_PCR0},
        {CS_ATT_DEBUG, {.set = {{"pcrs", "a300" NITRO_ZERO48 "01" NITRO_ZERO48 "02" NITRO_ZERO48}}}},
        {CS_BAD_PUBLIC_KEY, {.set = {{"public_key", "f6"}}}},
        {CS_BAD_PUBLIC_KEY, {.set = {{"public_key", "4101"}}}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        cs_attested out;
        cs_buf document = cs_buf_new(CS_MAX_COSE * 2);
        cs_attested_rule rule = rule_of(!table[i].not_pinned);
        if (table[i].pcr0 != NULL)
            assert_int_equal(cs_attested_pin_register(&rule, 0, cs_slice_str(table[i].pcr0)), CS_OK);
        if (table[i].pcr4 != NULL)
            assert_int_equal(cs_attested_pin_register(&rule, 4, cs_slice_str(table[i].pcr4)), CS_OK);
        cs_err err = judge(&out, &document, &rule, table[i].change, table[i].later_ms);
        if (err != table[i].err)
            fail_msg("row %zu: %s in place of %s", i, cs_err_name(err), cs_err_name(table[i].err));
        if (err == CS_OK)
            assert_true(cs_slice_eq(out.public_key, spki) && out.pcrs[0].n == CS_NITRO_PCR_LEN);
        else
            assert_null(out.public_key.p);
        cs_buf_free(&document);
        vectors_release();
    }
}

/* Another kind of key cannot be sent anything. */
static void other_keys(void **state)
{
    (void)state;
    static const cs_pair_kind kinds[] = {CS_PAIR_P256, CS_PAIR_ED25519, CS_PAIR_RSA3072};
    cs_attested_rule rule = rule_of(true);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        cs_attested out;
        cs_pair *p = NULL;
        cs_buf key = cs_buf_new(1024), document = cs_buf_new(CS_MAX_COSE);
        assert_int_equal(cs_pair_generate(&p, kinds[i]), CS_OK);
        assert_int_equal(cs_pair_public(&key, p), CS_OK);
        assert_int_equal(judge(&out, &document, &rule, (struct nitro_change){.public_key = cs_buf_slice(&key)}, 0),
                         CS_BAD_PUBLIC_KEY);
        cs_pair_free(p);
        cs_buf_free(&key);
        cs_buf_free(&document);
        vectors_release();
    }
}

static void pins(void **state)
{
    (void)state;
    cs_attested_rule rule = {0};
    static const char *const bad[] = {"", NITRO_PCR0 "0", NITRO_PCR0 "00", "A" NITRO_PCR0, NITRO_HEX("1G")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(cs_attested_pin_register(&rule, 0, cs_slice_str(bad[i])), CS_CONFIG);
    assert_int_equal(cs_attested_pin_register(&rule, CS_NITRO_PCRS, CS_LIT(NITRO_PCR0)), CS_CONFIG);
    for (size_t i = 0; i < CS_ATTESTED_VALUES; i++)
        assert_int_equal(cs_attested_pin_register(&rule, 0, CS_LIT(NITRO_PCR0)), CS_OK);
    assert_int_equal(cs_attested_pin_register(&rule, 0, CS_LIT(NITRO_PCR0)), CS_CONFIG);
    assert_int_equal(cs_attested_pin_root(&rule, CS_LIT("")), CS_CONFIG);
    assert_int_equal(
        cs_attested_pin_root(&rule, CS_LIT("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
        CS_CONFIG);
    assert_false(rule.pinned);
}

static int make_recipient(void **state)
{
    (void)state;
    cs_recipient *r = NULL;
    cs_buf key = CS_BUF_OVER(spki_memory);
    assert_int_equal(cs_recipient_new(&r), CS_OK);
    assert_int_equal(cs_recipient_spki(&key, r), CS_OK);
    spki = cs_buf_slice(&key);
    cs_recipient_free(r);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(other_keys), cmocka_unit_test(pins)};
    return cmocka_run_group_tests_name("attested", tests, make_recipient, NULL);
}
