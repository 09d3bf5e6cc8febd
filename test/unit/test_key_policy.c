/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/key_policy.c: what is understood, what is refused, and who may do what. */
#include "devkms/key_policy.h"

#include "vectors.h"

#define ACCOUNT "111122223333"
#define HOST "arn:aws:iam::111122223333:role/host"
#define OTHER "arn:aws:iam::111122223333:role/other"
#define P0 "1111"
#define P3 "33"

/* One statement with these parts; Effect Allow, everybody, kms:*, all resources where they are NULL. */
#define STATEMENT(effect, principal, action, condition)                                                                \
    "{\"Effect\":\"" effect "\",\"Principal\":" principal ",\"Action\":" action ",\"Resource\":\"*\"" condition "}"
#define POLICY(statements) "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"
#define ALLOW(condition) POLICY(STATEMENT("Allow", "\"*\"", "\"kms:*\"", ",\"Condition\":" condition))
#define ROOT "{\"AWS\":\"arn:aws:iam::111122223333:root\"}"
#define ALL STATEMENT("Allow", "\"*\"", "\"kms:*\"", "")

/* Whether a call may be made: Decrypt by HOST for user_id u-1 and purpose p, from an enclave with PCR0 and PCR3, but
 * for what a row says. */
struct row {
    bool allowed;
    const char *policy;
    const char *action, *principal;
    bool no_enclave, no_context;
};

static const struct row rows[] = {
    {true, POLICY(ALL)},
    {true, POLICY(STATEMENT("Allow", ROOT, "\"*\"", ""))},
    {true, POLICY(STATEMENT("Allow", "{\"AWS\":\"" ACCOUNT "\"}", "\"kms:Decrypt\"", ""))},
    {true, POLICY(STATEMENT("Allow", "{\"AWS\":[\"" OTHER "\",\"" HOST "\"]}", "[\"kms:Sign\",\"kms:decrypt\"]", ""))},
    {true, POLICY(STATEMENT("Allow", "\"*\"", "\"kms:De*t\"", ""))},
    {true, POLICY(STATEMENT("Allow", "\"*\"", "\"kms:?ecrypt\"", ""))},
    {true, "{\"Version\":\"2012-10-17\",\"Id\":\"i\",\"Statement\":" ALL "}"},
    {false, POLICY(STATEMENT("Allow", "{\"AWS\":\"" OTHER "\"}", "\"kms:*\"", ""))},
    {false, POLICY(STATEMENT("Allow", "{\"AWS\":\"arn:aws:iam::999999999999:root\"}", "\"kms:*\"", ""))},
    {false, POLICY(STATEMENT("Allow", "\"*\"", "\"kms:Encrypt\"", ""))},
    {false, POLICY(STATEMENT("Allow", "\"*\"", "\"kms:Decryp\"", ""))},
    {false, POLICY(STATEMENT("Allow", "\"*\"", "\"kms:Decrypt?\"", ""))},
    {false, POLICY(STATEMENT("Deny", "\"*\"", "\"kms:*\"", ""))},
    {false, POLICY(ALL "," STATEMENT("Deny", "\"*\"", "\"kms:Decrypt\"", ""))},
    {false, POLICY(STATEMENT("Deny", "{\"AWS\":\"" HOST "\"}", "\"*\"", "") "," ALL)},
    {true, POLICY(STATEMENT("Deny", "{\"AWS\":\"" OTHER "\"}", "\"*\"", "") "," ALL)},

    /* enclaves */
    {true, ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:ImageSha384\":\"" P0 "\"}}")},
    {true, ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:PCR0\":[\"0\",\"" P0 "\"]}}")},
    {true, ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:PCR3\":\"" P3 "\"}}")},
    {true, ALLOW("{\"StringEqualsIgnoreCase\":{\"kms:RecipientAttestation:PCR31\":\"AB\"}}")},
    {false, ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:PCR31\":\"AB\"}}")},
    {false, ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:ImageSha384\":\"1112\"}}")},
    {false, ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:ImageSha384\":\"111\"}}")},
    {false, ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:PCR4\":\"\"}}")},
    {false, ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:PCR0\":\"" P0
                  "\",\"kms:RecipientAttestation:PCR3\":\"0\"}}")},
    {false, ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:PCR0\":\"" P0 "\"}}"), .no_enclave = true},
    {true, ALLOW("{\"StringEqualsIfExists\":{\"kms:RecipientAttestation:PCR0\":\"0\"}}"), .no_enclave = true},
    {false, ALLOW("{\"StringEqualsIfExists\":{\"kms:RecipientAttestation:PCR0\":\"0\"}}")},
    {true, ALLOW("{\"StringNotEquals\":{\"kms:RecipientAttestation:PCR0\":\"0\"}}")},
    {true, ALLOW("{\"StringNotEquals\":{\"kms:RecipientAttestation:PCR0\":\"0\"}}"), .no_enclave = true},
    {false, ALLOW("{\"StringNotEquals\":{\"kms:RecipientAttestation:PCR0\":[\"0\",\"" P0 "\"]}}")},
    {false,
     POLICY(ALL "," STATEMENT("Deny", "\"*\"", "\"kms:Decrypt\"",
                              ",\"Condition\":{\"Null\":{\"kms:RecipientAttestation:ImageSha384\":\"true\"}}")),
     .no_enclave = true},
    {true, POLICY(ALL "," STATEMENT("Deny", "\"*\"", "\"kms:Decrypt\"",
                                    ",\"Condition\":{\"Null\":{\"kms:RecipientAttestation:ImageSha384\":\"true\"}}"))},
    {true, ALLOW("{\"Null\":{\"kms:RecipientAttestation:PCR0\":\"false\"}}")},
    {false, ALLOW("{\"Null\":{\"kms:RecipientAttestation:PCR0\":\"false\"}}"), .no_enclave = true},

    /* contexts */
    {true, ALLOW("{\"StringEquals\":{\"kms:EncryptionContext:user_id\":\"u-1\"}}")},
    {true, ALLOW("{\"StringLike\":{\"kms:EncryptionContext:user_id\":[\"v*\",\"u-?\"]}}")},
    {false, ALLOW("{\"StringLike\":{\"kms:EncryptionContext:user_id\":\"u-??\"}}")},
    {true, ALLOW("{\"StringNotLike\":{\"kms:EncryptionContext:user_id\":\"v*\"}}")},
    {false, ALLOW("{\"StringNotLike\":{\"kms:EncryptionContext:user_id\":\"u*\"}}")},
    {false, ALLOW("{\"StringEquals\":{\"kms:EncryptionContext:user_id\":\"u-1\"}}"), .no_context = true},
    {false, ALLOW("{\"StringEquals\":{\"kms:EncryptionContext:User_id\":\"u-1\"}}")},
    {true, ALLOW("{\"ForAnyValue:StringEquals\":{\"kms:EncryptionContextKeys\":[\"x\",\"purpose\"]}}")},
    {false, ALLOW("{\"ForAnyValue:StringEquals\":{\"kms:EncryptionContextKeys\":[\"x\"]}}")},
    {false, ALLOW("{\"ForAnyValue:StringEquals\":{\"kms:EncryptionContextKeys\":[\"purpose\"]}}"), .no_context = true},
    {true, ALLOW("{\"ForAllValues:StringEquals\":{\"kms:EncryptionContextKeys\":[\"user_id\",\"purpose\"]}}")},
    {false, ALLOW("{\"ForAllValues:StringEquals\":{\"kms:EncryptionContextKeys\":[\"user_id\"]}}")},

    /* callers */
    {true, ALLOW("{\"StringLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:role/h*t\"}}")},
    {false, ALLOW("{\"StringLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:role/h*t\"}}"), .principal = OTHER},
    {false,
     ALLOW(
         "{\"StringEquals\":{\"kms:EncryptionContext:user_id\":\"u-1\"},\"StringLike\":{\"aws:PrincipalArn\":\"x\"}}")},
};

static void decisions(void **state)
{
    (void)state;
    static const uint8_t pcr0[] = {0x11, 0x11}, pcr3[] = {0x33}, pcr31[] = {0xab};
    cs_attested attested = {0};
    attested.pcrs[0] = CS_ARRAY(pcr0);
    attested.pcrs[3] = CS_ARRAY(pcr3);
    attested.pcrs[31] = CS_ARRAY(pcr31);
    const cs_context context = {2, {{CS_LIT("purpose"), CS_LIT("p")}, {CS_LIT("user_id"), CS_LIT("u-1")}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        const cs_policy_call call = {.account = ACCOUNT,
                                     .principal = r->principal != NULL ? r->principal : HOST,
                                     .action = r->action != NULL ? r->action : "kms:Decrypt",
                                     .context = r->no_context ? NULL : &context,
                                     .attested = r->no_enclave ? NULL : &attested};
        if (cs_key_policy_check(cs_slice_str(r->policy)) != CS_OK)
            fail_msg("row %zu is not understood: %s", i, r->policy);
        if (cs_key_policy_allows(cs_slice_str(r->policy), &call) != r->allowed)
            fail_msg("row %zu: %s", i, r->policy);
    }
}

static void not_understood(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "1",
        "{}",
        "{\"Version\":\"2012-10-17\"}",
        "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
        "{\"Version\":\"2012-10-17\",\"Statement\":{}}",
        "{\"Version\":\"2012-10-17\",\"Statement\":[1]}",
        "{\"Version\":\"2013-10-17\",\"Statement\":[" ALL "]}",
        "{\"Statement\":[" ALL "]}",
        "{\"Version\":\"2012-10-17\",\"Statement\":[" ALL "],\"More\":1}",
        "{\"Version\":\"2012-10-17\",\"Id\":1,\"Statement\":[" ALL "]}",
        POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\"}"),
        POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Resource\":\"*\"}"),
        POLICY("{\"Effect\":\"Allow\",\"Action\":\"kms:*\",\"Resource\":\"*\"}"),
        POLICY("{\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\"}"),
        POLICY("{\"Effect\":\"Allow\",\"NotPrincipal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\"}"),
        POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"NotAction\":\"kms:*\",\"Resource\":\"*\"}"),
        POLICY("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"arn:aws:kms:x\"}"),
        POLICY("{\"Sid\":1,\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\"}"),
        POLICY(STATEMENT("allow", "\"*\"", "\"kms:*\"", "")),
        POLICY(STATEMENT("Allow", "\"me\"", "\"kms:*\"", "")),
        POLICY(STATEMENT("Allow", "{\"Service\":\"x\"}", "\"kms:*\"", "")),
        POLICY(STATEMENT("Allow", "{\"AWS\":\"me\"}", "\"kms:*\"", "")),
        POLICY(STATEMENT("Allow", "{\"AWS\":[]}", "\"kms:*\"", "")),
        POLICY(STATEMENT("Allow", "{\"AWS\":\"*\",\"Service\":\"x\"}", "\"kms:*\"", "")),
        POLICY(STATEMENT("Allow", "\"*\"", "\"s3:*\"", "")),
        POLICY(STATEMENT("Allow", "\"*\"", "[]", "")),
        POLICY(STATEMENT("Allow", "\"*\"", "[1]", "")),
        POLICY(STATEMENT("Allow", "\"*\"", "\"kms:*\"", ",\"Condition\":1")),
        ALLOW("{\"StringEquals\":{}}"),
        ALLOW("{\"StringEquals\":1}"),
        ALLOW("{\"IpAddress\":{\"kms:EncryptionContext:a\":\"b\"}}"),
        ALLOW("{\"StringEquals\":{\"kms:EncryptionContext:a\":1}}"),
        ALLOW("{\"StringEquals\":{\"kms:EncryptionContext:a\":[]}}"),
        ALLOW("{\"StringEquals\":{\"kms:EncryptionContext:\":\"b\"}}"),
        ALLOW("{\"StringEquals\":{\"kms:ViaService\":\"b\"}}"),
        ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:PCR32\":\"b\"}}"),
        ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:PCR00\":\"b\"}}"),
        ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:PCR\":\"b\"}}"),
        ALLOW("{\"StringEquals\":{\"kms:RecipientAttestation:imageSha384\":\"b\"}}"),
        ALLOW("{\"StringEquals\":{\"kms:EncryptionContextKeys\":\"b\"}}"),
        ALLOW("{\"ForAnyValue:StringEquals\":{\"kms:EncryptionContext:a\":\"b\"}}"),
        ALLOW("{\"ForAnyValue:StringNotEquals\":{\"kms:EncryptionContextKeys\":\"b\"}}"),
        ALLOW("{\"ForAllValues:StringEqualsIfExists\":{\"kms:EncryptionContextKeys\":\"b\"}}"),
        ALLOW("{\"Null\":{\"kms:EncryptionContext:a\":\"yes\"}}"),
        ALLOW("{\"NullIfExists\":{\"kms:EncryptionContext:a\":\"true\"}}"),
        ALLOW("{\"IfExists\":{\"kms:EncryptionContext:a\":\"true\"}}"),
        POLICY(ALL ",{}"),
    };
    const cs_policy_call call = {.account = ACCOUNT, .principal = HOST, .action = "kms:Decrypt"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (cs_key_policy_check(cs_slice_str(bad[i])) != CS_BAD_FORMAT)
            fail_msg("understood: %s", bad[i]);
        assert_false(cs_key_policy_allows(cs_slice_str(bad[i]), &call));
    }
}

static void the_default(void **state)
{
    (void)state;
    cs_buf text = cs_buf_new(4096);
    cs_key_policy_default(&text, ACCOUNT);
    cs_policy_call call = {.account = ACCOUNT, .principal = OTHER, .action = "kms:CreateGrant"};
    assert_int_equal(cs_key_policy_check(cs_buf_slice(&text)), CS_OK);
    assert_true(cs_key_policy_allows(cs_buf_slice(&text), &call));
    call.account = "999999999999";
    assert_false(cs_key_policy_allows(cs_buf_slice(&text), &call));
    cs_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(decisions), cmocka_unit_test(not_understood),
                                       cmocka_unit_test(the_default)};
    return cmocka_run_group_tests_name("key_policy", tests, NULL, NULL);
}
