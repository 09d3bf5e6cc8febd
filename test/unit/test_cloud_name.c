/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/gateway/cloud_name.c: for each kind a few names that are, and many that look like one. zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/cloud_name.h"

#define GUID "01234567-89ab-cdef-0123-456789abcdef"
#define ARN "arn:aws:kms:eu-central-1:123456789012:"
#define RING "projects/my-project/locations/europe-west3/keyRings/ring_1"
#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct row {
    const char *name;
    bool expect;
};

#define EACH(is, rows)                                                                                                 \
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows)[0]; i++)                                                        \
        if (is(cs_slice_str((rows)[i].name)) != (rows)[i].expect)                                                      \
    fail_msg("%s", (rows)[i].name)

static bool is_kms_arn(cs_slice s)
{
    return cs_cloud_is_kms_arn(NULL, s);
}

static void aws(void **state)
{
    (void)state;
    static const struct row arns[] = {
        {ARN "key/" GUID, true},
        {ARN "key/mrk-0123456789abcdef0123456789abcdef", true},
        {ARN "alias/signing/prod-1_x", true},
        {"arn:aws-cn:kms:cn-north-1:123456789012:key/" GUID, true},
        {"arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/" GUID, true},
        {"", false},
        {ARN, false},
        {ARN "key/", false},
        {ARN "key/" GUID "0", false},
        {ARN "key/" GUID " ", false},
        {ARN "key/0123", false},
        {ARN "key/mrk-0123456789abcdef0123456789abcde", false},
        {ARN "key/mrk-0123456789ABCDEF0123456789abcdef", false},
        {ARN "alias/", false},
        {ARN "alias/a b", false},
        {ARN "alias/a\n", false},
        {ARN "grant/" GUID, false},
        {"ARN:aws:kms:eu-central-1:123456789012:key/" GUID, false},
        {"arn:azure:kms:eu-central-1:123456789012:key/" GUID, false},
        {"arn:aws:s3:eu-central-1:123456789012:key/" GUID, false},
        {"arn:aws:kms::123456789012:key/" GUID, false},
        {"arn:aws:kms:eu-central-1.evil.example/:123456789012:key/" GUID, false},
        {"arn:aws:kms:eu_central_1:123456789012:key/" GUID, false},
        {"arn:aws:kms:eu-central-1:12345678901:key/" GUID, false},
        {"arn:aws:kms:eu-central-1:1234567890123:key/" GUID, false},
        {"arn:aws:kms:eu-central-1:12345678901x:key/" GUID, false},
        {" " ARN "key/" GUID, false},
    };
    static const struct row regions[] = {
        {"us-east-1", true},   {"us-gov-west-1", true}, {"ap-southeast-12", true}, {"", false},
        {"us", false},         {"us-1", false},         {"us-east", false},        {"us-east-", false},
        {"us-east-1-", false}, {"us-east-1a", false},   {"US-EAST-1", false},      {"us-east-123", false},
        {"us--east-1", false}, {"use-east-1", false},   {"us-east-1.x", false},    {"us-" A50 "-1", false},
    };
    static const struct row roles[] = {
        {"arn:aws:iam::123456789012:role/signer", true},
        {"arn:aws:iam::123456789012:role/team/sign+er=1,2.3@x-y_z", true},
        {"arn:aws:iam::123456789012:role/", false},
        {"arn:aws:iam::123456789012:role//signer", false},
        {"arn:aws:iam::123456789012:role/signer/", false},
        {"arn:aws:iam::123456789012:user/signer", false},
        {"arn:aws:iam:eu-central-1:123456789012:role/signer", false},
        {"arn:aws:iam::12345678901:role/signer", false},
        {"arn:aws:iam::123456789012:role/sign er", false},
        {"arn:aws:sts::123456789012:role/signer", false},
    };
    static const struct row ids[] = {
        {"ab", true},   {"a:b/c=1,2.3@x-y_z+", true}, {"", false}, {"a", false}, {"a b", false}, {"ab\n", false},
        {"a\"b", false}};
    EACH(is_kms_arn, arns);
    EACH(cs_cloud_is_aws_region, regions);
    EACH(cs_cloud_is_role_arn, roles);
    EACH(cs_cloud_is_external_id, ids);
    cs_slice region;
    assert_true(cs_cloud_is_kms_arn(&region, CS_LIT(ARN "key/" GUID)));
    assert_true(cs_slice_is(region, "eu-central-1"));
}

static void azure(void **state)
{
    (void)state;
    static const struct row urls[] = {
        {"https://my-vault.vault.azure.net", true},
        {"https://MyVault1.vault.azure.cn", true},
        {"https://abc.managedhsm.azure.net", true},
        {"https://abc.vault.usgovcloudapi.net", true},
        {"https://a23456789012345678901234.vault.azure.net", true},
        {"", false},
        {"http://my-vault.vault.azure.net", false},
        {"https://my-vault.vault.azure.net/", false},
        {"https://my-vault.vault.azure.net/keys", false},
        {"https://my-vault.vault.azure.net:443", false},
        {"https://my-vault.vault.azure.net?x", false},
        {"https://my-vault.vault.azure.net#x", false},
        {"https://user@my-vault.vault.azure.net", false},
        {"https://my-vault.vault.azure.net.evil.example", false},
        {"https://my-vault.evil.example", false},
        {"https://evil.example/.vault.azure.net", false},
        {"https://my.vault.vault.azure.net", false},
        {"https://vault.azure.net", false},
        {"https://.vault.azure.net", false},
        {"https://ab.vault.azure.net", false},
        {"https://a234567890123456789012345.vault.azure.net", false},
        {"https://1abc.vault.azure.net", false},
        {"https://-abc.vault.azure.net", false},
        {"https://abc-.vault.azure.net", false},
        {"https://a%62c.vault.azure.net", false},
        {"https://127.0.0.1", false},
        {"https://abc.vault.azure.net\n", false},
        {"HTTPS://abc.vault.azure.net", false},
    };
    static const struct row keys[] = {{"kek-1", true},
                                      {"K", true},
                                      {"", false},
                                      {"a_b", false},
                                      {"a/b", false},
                                      {"a.b", false},
                                      {A50 A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaa", true},
                                      {A50 A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}};
    static const struct row guids[] = {{GUID, true},
                                       {"01234567-89AB-CDEF-0123-456789ABCDEF", true},
                                       {"", false},
                                       {GUID "0", false},
                                       {"0123456789abcdef0123456789abcdef", false},
                                       {"{" GUID "}", false},
                                       {"01234567-89ab-cdef-0123-456789abcdeg", false},
                                       {"0123456-789ab-cdef-0123-456789abcdef", false},
                                       {"example.org", false}};
    EACH(cs_cloud_is_vault_url, urls);
    EACH(cs_cloud_is_azure_key, keys);
    EACH(cs_cloud_is_guid, guids);
}

static void google(void **state)
{
    (void)state;
    static const struct row rings[] = {
        {RING, true},
        {"projects/example.com:my-project/locations/global/keyRings/r", true},
        {"", false},
        {RING "/", false},
        {RING "/cryptoKeys/k", false},
        {"/" RING, false},
        {"projects//locations/global/keyRings/r", false},
        {"projects/../locations/global/keyRings/r/", false},
        {"projects/My/locations/global/keyRings/r", false},
        {"projects/my-project/locations//keyRings/r", false},
        {"projects/my-project/locations/global/keyRings/", false},
        {"projects/my-project/locations/global/keyRings/a b", false},
        {"projects/my-project/locations/global/keyrings/r", false},
    };
    static const struct row keys[] = {
        {RING "/cryptoKeys/kek_1-x", true},
        {RING, false},
        {RING "/cryptoKeys/", false},
        {RING "/cryptoKeys/k/", false},
        {RING "/cryptoKeys/k/cryptoKeyVersions/1", false},
        {RING "/cryptoKeys/k?x", false},
        {RING "/cryptokeys/k", false},
    };
    EACH(cs_cloud_is_key_ring, rings);
    EACH(cs_cloud_is_crypto_key, keys);
}

/* A NUL is no character of any name. */
static void no_nul(void **state)
{
    (void)state;
    assert_false(is_kms_arn(CS_LIT(ARN "alias/a\0")));
    assert_false(cs_cloud_is_azure_key(CS_LIT("a\0b")));
    assert_false(cs_cloud_is_external_id(CS_LIT("ab\0")));
    assert_false(cs_cloud_is_vault_url(CS_LIT("https://abc.vault.azure.net\0")));
    assert_false(cs_cloud_is_guid(CS_LIT(GUID "\0")));
    assert_false(is_kms_arn(CS_ABSENT));
    assert_false(cs_cloud_is_vault_url(CS_ABSENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aws),
        cmocka_unit_test(azure),
        cmocka_unit_test(google),
        cmocka_unit_test(no_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
