/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/kms_json.c: what is asked of AWS KMS, to the byte, and one row for each answer that is none. */
#include "core/kms_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define ID "1234abcd-12ab-34cd-56ef-1234567890ab"
#define ARN "arn:aws:kms:eu-central-1:111122223333:key/" ID

static void regions(void **state)
{
    (void)state;
    static const struct {
        const char *arn, *region; /* NULL: refused */
    } rows[] = {
        {ARN, "eu-central-1"},
        {"arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/a/b_c-d", "us-gov-west-1"},
        {"arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1", "cn-north-1"},
        {"", NULL},
        {ID, NULL},
        {"alias/a", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:key/", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:alias/", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:grant/a", NULL},
        {"arn:aws:kms:eu-central-1:11112222333:key/a", NULL},
        {"arn:aws:kms:eu-central-1:11112222333x:key/a", NULL},
        {"arn:aws:kms::111122223333:key/a", NULL},
        {"arn:aws:kms:eu.evil.org/:111122223333:key/a", NULL},
        {"arn:aws:kms:EU-central-1:111122223333:key/a", NULL},
        {"arn:aws:kms:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:111122223333:key/a", NULL},
        {"arn:aws:s3:eu-central-1:111122223333:key/a", NULL},
        {"arn:awsx:kms:eu-central-1:111122223333:key/a", NULL},
        {"urn:aws:kms:eu-central-1:111122223333:key/a", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:key/a b", NULL},
        {"arn:aws:kms:eu-central-1:111122223333:key/a\"", NULL},
        {"arn:aws:kms:eu-central-1:111122223333", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char region[CS_KMS_MAX_REGION + 1] = "x";
        cs_err err = cs_kms_json_region(region, cs_slice_str(rows[i].arn));
        if ((err == CS_OK) != (rows[i].region != NULL))
            fail_msg("%s: %s", rows[i].arn, cs_err_name(err));
        assert_string_equal(region, rows[i].region != NULL ? rows[i].region : "");
    }
}

static const uint8_t mu[64];
#define KEY .provider = CS_LIT("aws-kms"), .key_id = CS_LIT(ARN)
#define USER .context = {{CS_LIT("user_id"), CS_LIT("u\"")}}, .context_count = 1
static const cs_kms_request generate = {CS_KMS_GENERATE_DATA_KEY, KEY, USER, .recipient = CS_LIT("doc")};
static const cs_kms_request decrypt = {CS_KMS_DECRYPT_DATA_KEY, KEY, USER, .recipient = CS_LIT("doc"),
                                       .wrapped = CS_LIT("wrapped")};
static const cs_kms_request sign_mu = {CS_KMS_SIGN, KEY, .algorithm = CS_MLDSA65, .mu = CS_ARRAY(mu)};
static const cs_kms_request sign_p256 = {CS_KMS_SIGN, KEY, .algorithm = CS_P256, .message = CS_LIT("m")};
static const cs_kms_request sign_ed448 = {CS_KMS_SIGN, KEY, .algorithm = CS_ED448, .message = CS_LIT("m")};
static const cs_kms_request public_key = {CS_KMS_PUBLIC_KEY, KEY};
static const cs_kms_request by_alias = {CS_KMS_DECRYPT_DATA_KEY,
                                        .provider = CS_LIT("aws-kms"),
                                        .key_id = CS_LIT("arn:aws:kms:eu-central-1:111122223333:alias/a"),
                                        USER,
                                        .recipient = CS_LIT("doc"),
                                        .wrapped = CS_LIT("w")};
static const uint8_t digest[32];
static const cs_kms_request sign_digest = {CS_KMS_SIGN, KEY, .algorithm = CS_P256, .digest = CS_ARRAY(digest)};
static const cs_kms_request generate_clear = {CS_KMS_GENERATE_DATA_KEY, KEY, USER};
static const cs_kms_request decrypt_clear = {CS_KMS_DECRYPT_DATA_KEY, KEY, USER, .wrapped = CS_LIT("wrapped")};
#define NEW .provider = CS_LIT("aws-kms"), .region = CS_LIT("eu-central-1"), .description = CS_LIT("d")
static const cs_kms_request create_ed25519 = {CS_KMS_CREATE_KEY, NEW, .algorithm = CS_ED25519};
static const cs_kms_request create_mldsa87 = {CS_KMS_CREATE_KEY, NEW, .algorithm = CS_MLDSA87};
static const cs_kms_request create_p384 = {CS_KMS_CREATE_KEY, NEW, .algorithm = CS_P384};
static const cs_kms_request tunnel = {CS_KMS_TUNNEL, .host = CS_LIT("h")};

#define RECIPIENT ",\"Recipient\":{\"KeyEncryptionAlgorithm\":\"RSAES_OAEP_SHA_256\",\"AttestationDocument\":\"ZG9j\"}}"
#define CONTEXT ",\"EncryptionContext\":{\"user_id\":\"u\\\"\"}"

static void questions(void **state)
{
    (void)state;
    static const struct {
        const cs_kms_request *q;
        const char *target, *json;
    } rows[] = {
        {&generate, "TrentService.GenerateDataKey", "{\"KeyId\":\"" ARN "\",\"KeySpec\":\"AES_256\"" CONTEXT RECIPIENT},
        {&decrypt, "TrentService.Decrypt",
         "{\"KeyId\":\"" ARN
         "\",\"CiphertextBlob\":\"d3JhcHBlZA==\",\"EncryptionAlgorithm\":\"SYMMETRIC_DEFAULT\"" CONTEXT RECIPIENT},
        {&sign_mu, "TrentService.Sign",
         "{\"KeyId\":\"" ARN "\",\"SigningAlgorithm\":\"ML_DSA_SHAKE_256\",\"MessageType\":\"EXTERNAL_MU\",\"Message\":"
         "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\"}"},
        {&sign_p256, "TrentService.Sign",
         "{\"KeyId\":\"" ARN "\",\"SigningAlgorithm\":\"ECDSA_SHA_256\",\"MessageType\":\"RAW\",\"Message\":\"bQ==\"}"},
        {&public_key, "TrentService.GetPublicKey", "{\"KeyId\":\"" ARN "\"}"},
        {&sign_digest, "TrentService.Sign",
         "{\"KeyId\":\"" ARN "\",\"SigningAlgorithm\":\"ECDSA_SHA_256\",\"MessageType\":\"DIGEST\",\"Message\":"
         "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}"},
        {&generate_clear, "TrentService.GenerateDataKey", "{\"KeyId\":\"" ARN "\",\"KeySpec\":\"AES_256\"" CONTEXT "}"},
        {&decrypt_clear, "TrentService.Decrypt",
         "{\"KeyId\":\"" ARN
         "\",\"CiphertextBlob\":\"d3JhcHBlZA==\",\"EncryptionAlgorithm\":\"SYMMETRIC_DEFAULT\"" CONTEXT "}"},
        {&create_ed25519, "TrentService.CreateKey",
         "{\"KeySpec\":\"ECC_NIST_EDWARDS25519\",\"KeyUsage\":\"SIGN_VERIFY\",\"Description\":\"d\"}"},
        {&create_mldsa87, "TrentService.CreateKey",
         "{\"KeySpec\":\"ML_DSA_87\",\"KeyUsage\":\"SIGN_VERIFY\",\"Description\":\"d\"}"},
        {&create_p384, NULL, NULL},
        {&sign_ed448, NULL, NULL},
        {&tunnel, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf body = cs_buf_new(4096);
        const char *target = cs_kms_json_write(&body, rows[i].q);
        if (rows[i].target == NULL) {
            assert_null(target);
        } else {
            assert_string_equal(target, rows[i].target);
            assert_string_equal(cs_buf_cstr(&body), rows[i].json);
        }
        cs_buf_free(&body);
    }
}

#define NAMED "\"KeyId\":\"" ARN "\""
#define CFR "\"CiphertextForRecipient\":\"MAA=\""
#define PLAIN "\"Plaintext\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""
#define BLOB "\"CiphertextBlob\":\"YQ==\""

static void answers(void **state)
{
    (void)state;
    static const struct {
        const cs_kms_request *q;
        const char *json;
        cs_err expect;
    } rows[] = {
        {&generate, "{" NAMED "," CFR "," BLOB "}", CS_OK},
        {&generate, "{" NAMED "," CFR "," BLOB ",\"Plaintext\":null}", CS_OK},
        {&generate, "{" NAMED "," CFR "," BLOB ",\"Plaintext\":\"\"}", CS_OK},
        {&generate, "{" NAMED "," CFR "," BLOB ",\"KeyMaterialId\":\"x\"}", CS_OK},
        {&generate, "{\"KeyId\":\"" ID "\"," CFR "," BLOB "}", CS_OK},
        {&decrypt, "{" NAMED "," CFR ",\"EncryptionAlgorithm\":\"SYMMETRIC_DEFAULT\"}", CS_OK},
        {&by_alias, "{" NAMED "," CFR "}", CS_OK},
        {&sign_p256, "{" NAMED ",\"Signature\":\"YQ==\"}", CS_OK},
        {&public_key, "{" NAMED ",\"PublicKey\":\"YQ==\"}", CS_OK},

        {&generate, "{" NAMED "," CFR "," BLOB ",\"Plaintext\":\"YQ==\"}", CS_KMS_PLAINTEXT},
        {&generate, "{" NAMED "," BLOB ",\"Plaintext\":\"YQ==\"}", CS_KMS_PLAINTEXT},
        {&generate, "{\"Plaintext\":\"YQ==\"}", CS_KMS_PLAINTEXT},
        {&generate, "{" NAMED "," CFR "," BLOB ",\"Plaintext\":7}", CS_KMS_PLAINTEXT},
        {&generate, "{" NAMED "," CFR "," BLOB ",\"Plaintext\":{}}", CS_KMS_PLAINTEXT},
        {&decrypt, "{" NAMED "," CFR ",\"Plaintext\":\"YQ==\"}", CS_KMS_PLAINTEXT},
        {&generate, "{" NAMED "," BLOB "}", CS_KMS_ANSWER},
        {&generate, "{" NAMED "," CFR "}", CS_KMS_ANSWER},
        {&generate, "{" CFR "," BLOB "}", CS_KMS_ANSWER},
        {&generate, "{" NAMED "," CFR ",\"CiphertextBlob\":\"\"}", CS_KMS_ANSWER},
        {&generate, "{" NAMED "," CFR ",\"CiphertextBlob\":\"YR==\"}", CS_KMS_ANSWER},
        {&generate, "{" NAMED "," BLOB ",\"CiphertextForRecipient\":\"\"}", CS_KMS_ANSWER},
        {&generate, "{" NAMED "," BLOB ",\"CiphertextForRecipient\":null}", CS_KMS_ANSWER},
        {&generate, "{\"KeyId\":\"" ARN "x\"," CFR "," BLOB "}", CS_KMS_ANSWER},
        {&generate, "{\"KeyId\":\"other\"," CFR "," BLOB "}", CS_KMS_ANSWER},
        {&generate, "{\"KeyId\":\"\"," CFR "," BLOB "}", CS_KMS_ANSWER},
        {&generate, "{\"KeyId\":7," CFR "," BLOB "}", CS_KMS_ANSWER},
        {&generate, "{" NAMED "," NAMED "," CFR "," BLOB "}", CS_KMS_ANSWER},
        {&generate, "{" NAMED "," CFR "," BLOB "}x", CS_KMS_ANSWER},
        {&generate, "[]", CS_KMS_ANSWER},
        {&generate, "", CS_KMS_ANSWER},
        {&decrypt, "{" NAMED "}", CS_KMS_ANSWER},
        {&decrypt, "{\"KeyId\":\"other\"," CFR "}", CS_KMS_ANSWER},
        {&sign_p256, "{" NAMED ",\"Signature\":\"\"}", CS_KMS_ANSWER},
        {&sign_p256, "{\"KeyId\":\"other\",\"Signature\":\"YQ==\"}", CS_KMS_ANSWER},
        {&public_key, "{" NAMED "}", CS_KMS_ANSWER},

        {&generate_clear, "{" NAMED "," BLOB "," PLAIN "}", CS_OK},
        {&decrypt_clear, "{" NAMED "," PLAIN "}", CS_OK},
        {&generate_clear, "{" NAMED "," PLAIN "}", CS_KMS_ANSWER},
        {&generate_clear, "{" NAMED "," BLOB "," CFR "}", CS_KMS_ANSWER},
        {&decrypt_clear, "{" NAMED "}", CS_KMS_ANSWER},
        {&decrypt_clear, "{" NAMED ",\"Plaintext\":\"YQ==\"}", CS_KMS_ANSWER},
        {&decrypt_clear, "{" NAMED ",\"Plaintext\":\"\"}", CS_KMS_ANSWER},
        {&decrypt_clear, "{\"KeyId\":\"other\"," PLAIN "}", CS_KMS_ANSWER},
        {&create_ed25519, "{\"KeyMetadata\":{\"Arn\":\"" ARN "\",\"Enabled\":true}}", CS_OK},
        {&create_ed25519, "{\"KeyMetadata\":{\"Arn\":\"" ID "\"}}", CS_KMS_ANSWER},
        {&create_ed25519, "{\"KeyMetadata\":{\"Arn\":\"arn:aws:kms:eu-central-1:111122223333:alias/a\"}}",
         CS_KMS_ANSWER},
        {&create_ed25519, "{\"KeyMetadata\":{\"Arn\":\"arn:aws:kms:eu-west-1:111122223333:key/a\"}}", CS_KMS_ANSWER},
        {&create_ed25519, "{\"KeyMetadata\":{\"Arn\":7}}", CS_KMS_ANSWER},
        {&create_ed25519, "{\"KeyMetadata\":{}}", CS_KMS_ANSWER},
        {&create_ed25519, "{\"KeyMetadata\":\"" ARN "\"}", CS_KMS_ANSWER},
        {&create_ed25519, "{" NAMED "}", CS_KMS_ANSWER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf bytes = cs_buf_new_wiped(CS_MAX_KMS_ANSWER);
        cs_kms_reply r;
        cs_err err = cs_kms_json_read(&r, &bytes, rows[i].q, cs_slice_str(rows[i].json));
        if (err != rows[i].expect)
            fail_msg("%s: %s", rows[i].json, cs_err_name(err));
        assert_int_equal(r.type, err == CS_OK ? rows[i].q->type : CS_KMS_COUNT);
        assert_int_equal(r.for_recipient.p != NULL || r.signature.p != NULL || r.public_key.p != NULL ||
                             r.data_key.p != NULL || r.key_id.p != NULL,
                         err == CS_OK);
        assert_true(r.data_key.p == NULL || r.data_key.n == 32);
        cs_buf_free(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions),
        cmocka_unit_test(questions),
        cmocka_unit_test(answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
