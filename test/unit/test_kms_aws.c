/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/agent/kms_aws.c: names of keys, requests, and which answers are answers. zone: agent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "agent/kms_aws.h"

#define ID "11111111-2222-3333-4444-555555555555"
#define ARN "arn:aws:kms:eu-central-1:111122223333:key/" ID

static void names_of_keys(void **state)
{
    (void)state;
    static const struct {
        const char *arn, *region;
    } rows[] = {
        {ARN, "eu-central-1"},
        {"arn:aws:kms:us-east-1:111122223333:alias/signer/one", "us-east-1"},
        {"arn:aws-cn:kms:cn-north-1:111122223333:key/a", "cn-north-1"},
        {"arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1", "us-gov-west-1"},
        {"", NULL},
        {ID, NULL},
        {"alias/a", NULL},
        {"arn:aws:kms:eu-central-1:111122223333", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:key/", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:alias/", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:grant/a", NULL},
        {"arn:aws:kms:eu-central-1:11112222333:key/a", NULL},
        {"arn:aws:kms:eu-central-1:11112222333a:key/a", NULL},
        {"arn:aws:kms::111122223333:key/a", NULL},
        {"arn:aws:kms:evil.example/:111122223333:key/a", NULL},
        {"arn:aws:kms:EU-CENTRAL-1:111122223333:key/a", NULL},
        {"arn:aws:s3:eu-central-1:111122223333:key/a", NULL},
        {"arn:other:kms:eu-central-1:111122223333:key/a", NULL},
        {"urn:aws:kms:eu-central-1:111122223333:key/a", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:key/a:b", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:key/a b", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:key/a\"b", NULL},
        {" " ARN, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char region[CS_AWS_MAX_REGION + 1];
        print_message("%s\n", rows[i].arn);
        assert_int_equal(cs_kms_aws_region(region, cs_slice_str(rows[i].arn)),
                         rows[i].region != NULL ? CS_OK : CS_BAD_FORMAT);
        assert_string_equal(region, rows[i].region != NULL ? rows[i].region : "");
    }
}

static cs_kms_request question(cs_kms_type type)
{
    return (cs_kms_request){.type = type,
                            .provider = CS_LIT("aws-kms"),
                            .key_id = CS_LIT(ARN),
                            .context = {{CS_LIT("user_id"), CS_LIT("\"a\"\n")}, {CS_LIT("org"), CS_LIT("o")}},
                            .context_count = 2,
                            .recipient = CS_LIT("doc"),
                            .wrapped = CS_LIT("blob"),
                            .algorithm = CS_MLDSA65};
}

static void expect_request(cs_kms_request r, const char *target, const char *json)
{
    cs_buf body = cs_buf_new(8192);
    const char *got = cs_kms_aws_write(&body, &r);
    if (target == NULL) {
        assert_null(got);
    } else {
        assert_string_equal(got, target);
        assert_string_equal(cs_buf_cstr(&body), json);
    }
    cs_buf_free(&body);
}

static void requests(void **state)
{
    (void)state;
#define START "{\"KeyId\":\"" ARN "\","
#define CONTEXT "\"EncryptionContext\":{\"user_id\":\"\\\"a\\\"\\n\",\"org\":\"o\"},"
#define RECIPIENT "\"Recipient\":{\"KeyEncryptionAlgorithm\":\"RSAES_OAEP_SHA_256\",\"AttestationDocument\":\"ZG9j\"}}"
#define SIGN(algorithm, kind)                                                                                          \
    START "\"SigningAlgorithm\":\"" algorithm "\",\"MessageType\":\"" kind "\",\"Message\":\"bQ==\"}"
    expect_request(question(CS_KMS_GENERATE_DATA_KEY), "TrentService.GenerateDataKey",
                   START "\"KeySpec\":\"AES_256\"," CONTEXT RECIPIENT);
    expect_request(question(CS_KMS_DECRYPT_DATA_KEY), "TrentService.Decrypt",
                   START
                   "\"CiphertextBlob\":\"YmxvYg==\",\"EncryptionAlgorithm\":\"SYMMETRIC_DEFAULT\"," CONTEXT RECIPIENT);
    expect_request(question(CS_KMS_PUBLIC_KEY), "TrentService.GetPublicKey", "{\"KeyId\":\"" ARN "\"}");
    static const struct {
        cs_prim prim;
        bool mu;
        const char *json;
    } rows[] = {
        {CS_MLDSA44, false, SIGN("ML_DSA_SHAKE_256", "RAW")},
        {CS_MLDSA65, true, SIGN("ML_DSA_SHAKE_256", "EXTERNAL_MU")},
        {CS_MLDSA87, true, SIGN("ML_DSA_SHAKE_256", "EXTERNAL_MU")},
        {CS_ED25519, false, SIGN("ED25519_SHA_512", "RAW")},
        {CS_P256, false, SIGN("ECDSA_SHA_256", "RAW")},
        {CS_P384, false, SIGN("ECDSA_SHA_384", "RAW")},
        {CS_ED448, false, NULL},
        {CS_PRIM_NONE, false, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_kms_request r = question(CS_KMS_SIGN);
        r.algorithm = rows[i].prim;
        *(rows[i].mu ? &r.mu : &r.message) = CS_LIT("m");
        expect_request(r, rows[i].json != NULL ? "TrentService.Sign" : NULL, rows[i].json);
    }
    expect_request(question(CS_KMS_TUNNEL), NULL, NULL);
    expect_request(question(CS_KMS_COUNT), NULL, NULL);
}

static void answers(void **state)
{
    (void)state;
#define KEY "\"KeyId\":\"" ARN "\","
#define FOR_US "\"CiphertextForRecipient\":\"Y21z\""
#define BLOB ",\"CiphertextBlob\":\"YmxvYg==\""
    static const struct {
        cs_kms_type type;
        const char *body;
        cs_err expect;
    } rows[] = {
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY FOR_US BLOB "}", CS_OK},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY FOR_US BLOB ",\"Plaintext\":\"\",\"New\":{}}", CS_OK},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY FOR_US BLOB ",\"Plaintext\":null}", CS_OK},
        {CS_KMS_GENERATE_DATA_KEY, "{\"KeyId\":\"" ID "\"," FOR_US BLOB "}", CS_OK},
        {CS_KMS_DECRYPT_DATA_KEY, "{" KEY FOR_US "}", CS_OK},
        {CS_KMS_SIGN, "{" KEY "\"Signature\":\"c2ln\"}", CS_OK},
        {CS_KMS_PUBLIC_KEY, "{" KEY "\"PublicKey\":\"c3BraQ==\",\"KeySpec\":\"ML_DSA_65\"}", CS_OK},

        {CS_KMS_GENERATE_DATA_KEY, "{" KEY FOR_US BLOB ",\"Plaintext\":\"a2V5\"}", CS_KMS_PLAINTEXT},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY "\"Plaintext\":\"a2V5\"" BLOB "}", CS_KMS_PLAINTEXT},
        {CS_KMS_GENERATE_DATA_KEY, "{\"Plaintext\":\"a2V5\"}", CS_KMS_PLAINTEXT},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY FOR_US BLOB ",\"Plaintext\":\"not base64\"}", CS_KMS_PLAINTEXT},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY FOR_US BLOB ",\"Plaintext\":{}}", CS_KMS_PLAINTEXT},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY FOR_US BLOB ",\"Plaintext\":0}", CS_KMS_PLAINTEXT},
        {CS_KMS_DECRYPT_DATA_KEY, "{" KEY FOR_US ",\"Plaintext\":\"a2V5\"}", CS_KMS_PLAINTEXT},
        {CS_KMS_DECRYPT_DATA_KEY, "{" KEY "\"Plaintext\":\"a2V5\"}", CS_KMS_PLAINTEXT},

        {CS_KMS_GENERATE_DATA_KEY, "{" KEY FOR_US "}", CS_KMS_ANSWER},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY "\"CiphertextBlob\":\"YmxvYg==\"}", CS_KMS_ANSWER},
        {CS_KMS_GENERATE_DATA_KEY, "{" FOR_US BLOB "}", CS_KMS_ANSWER},
        {CS_KMS_GENERATE_DATA_KEY, "{\"KeyId\":\"" ARN "1\"," FOR_US BLOB "}", CS_KMS_ANSWER},
        {CS_KMS_GENERATE_DATA_KEY, "{\"KeyId\":\"2222\"," FOR_US BLOB "}", CS_KMS_ANSWER},
        {CS_KMS_GENERATE_DATA_KEY, "{\"KeyId\":5," FOR_US BLOB "}", CS_KMS_ANSWER},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY "\"CiphertextForRecipient\":\"\"" BLOB "}", CS_KMS_ANSWER},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY "\"CiphertextForRecipient\":\"Y21z=\"" BLOB "}", CS_KMS_ANSWER},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY FOR_US "," FOR_US BLOB "}", CS_KMS_ANSWER},
        {CS_KMS_GENERATE_DATA_KEY, "{" KEY FOR_US BLOB "} ,", CS_KMS_ANSWER},
        {CS_KMS_DECRYPT_DATA_KEY, "{" KEY "\"CiphertextBlob\":\"YmxvYg==\"}", CS_KMS_ANSWER},
        {CS_KMS_SIGN, "{" KEY FOR_US "}", CS_KMS_ANSWER},
        {CS_KMS_SIGN, "{" KEY "\"Signature\":\"\"}", CS_KMS_ANSWER},
        {CS_KMS_PUBLIC_KEY, "{" KEY "\"PublicKey\":[]}", CS_KMS_ANSWER},
        {CS_KMS_TUNNEL, "{" KEY FOR_US BLOB "}", CS_KMS_ANSWER},
        {CS_KMS_SIGN, "", CS_KMS_ANSWER},
        {CS_KMS_SIGN, "[]", CS_KMS_ANSWER},
        {CS_KMS_SIGN, "<html>", CS_KMS_ANSWER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_kms_reply reply;
        cs_kms_request r = question(rows[i].type);
        cs_buf bytes = cs_buf_new_wiped(8192);
        if (rows[i].type == CS_KMS_SIGN || rows[i].type == CS_KMS_PUBLIC_KEY)
            r.recipient = CS_ABSENT;
        print_message("row %zu %s\n", i, rows[i].body);
        assert_int_equal(cs_kms_aws_read(&reply, &bytes, &r, cs_slice_str(rows[i].body)), rows[i].expect);
        if (rows[i].expect != CS_OK)
            assert_null(reply.for_recipient.p);
        else if (r.type == CS_KMS_SIGN)
            assert_true(cs_slice_is(reply.signature, "sig"));
        else if (r.type == CS_KMS_PUBLIC_KEY)
            assert_true(cs_slice_is(reply.public_key, "spki"));
        else
            assert_true(cs_slice_is(reply.for_recipient, "cms"));
        if (rows[i].expect == CS_OK && r.type == CS_KMS_GENERATE_DATA_KEY)
            assert_true(cs_slice_is(reply.wrapped, "blob"));
        cs_buf_free(&bytes);
    }
}

/* An alias names a key whose own name cannot be foreseen. */
static void behind_an_alias(void **state)
{
    (void)state;
    cs_kms_request r = question(CS_KMS_DECRYPT_DATA_KEY);
    cs_kms_reply reply;
    cs_buf bytes = cs_buf_new_wiped(8192);
    r.key_id = CS_LIT("arn:aws:kms:eu-central-1:111122223333:alias/signer");
    assert_int_equal(cs_kms_aws_read(&reply, &bytes, &r, CS_LIT("{" KEY FOR_US "}")), CS_OK);
    cs_buf_clear(&bytes);
    assert_int_equal(cs_kms_aws_read(&reply, &bytes, &r, CS_LIT("{" FOR_US "}")), CS_KMS_ANSWER);
    cs_buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_keys),
        cmocka_unit_test(requests),
        cmocka_unit_test(answers),
        cmocka_unit_test(behind_an_alias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
