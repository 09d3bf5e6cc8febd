/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what src/agent/kms_gcp.c writes and what it takes as an answer; its exchange is test/flow/kms_clouds.py.
 * zone: agent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/kms_gcp.h"
#include "core/encode.h"

#define KEY "projects/p-1/locations/global/keyRings/r/cryptoKeys/k"
#define VERSION KEY "/cryptoKeyVersions/1"
#define OTHER KEY "/cryptoKeyVersions/2"
#define DATA_KEY "01234567890123456789012345678901"
#define DATA_KEY_TEXT "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
#define DATA_KEY_SUM "1354990787"
#define ABC "\"YWJj\"" /* "abc" */
#define ABC_SUM "\"910901175\""

static void checksums(void **state)
{
    (void)state;
    assert_int_equal(cs_kms_gcp_crc32c(CS_LIT("123456789")), 0xe3069283);
    assert_int_equal(cs_kms_gcp_crc32c(CS_LIT("")), 0);
}

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool key, version;
    } rows[] = {
        {KEY, true, false},
        {VERSION, false, true},
        {"projects/example.com:p/locations/europe-west1/keyRings/R_1/cryptoKeys/K-1", true, false},
        {"", false, false},
        {KEY "/", false, false},
        {VERSION "/", false, false},
        {VERSION "/x", false, false},
        {"/" KEY, false, false},
        {KEY "/cryptoKeyVersions", false, false},
        {KEY "/cryptoKeyVersions/", false, false},
        {KEY "/cryptoKeyVersion/1", false, false},
        {"projects/p/locations/l/keyRings/r", false, false},
        {"projects//locations/l/keyRings/r/cryptoKeys/k", false, false},
        {"projects/../locations/l/keyRings/r/cryptoKeys/k", false, false},
        {"projects/p/locations/l/keyRings/r/cryptoKeys/..", false, false},
        {"projects/p/locations/l/keyRings/r/cryptoKeys/k?x", false, false},
        {"projects/p/locations/l/keyRings/r/cryptoKeys/k%2f", false, false},
        {"projects/p/locations/l/keyRings/r/cryptoKeys/k:decrypt/x", false, false},
        {"projects/p/locations/l/keyRings/r r/cryptoKeys/k", false, false},
        {"projects/p/locations/l/keyRings/r/cryptoKeys/"
         "0123456789012345678901234567890123456789012345678901234567890123",
         false, false},
        {"https://cloudkms.googleapis.com/v1/" KEY, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("row %zu\n", i);
        assert_true(cs_kms_gcp_is_key(cs_slice_str(rows[i].name), false) == rows[i].key);
        assert_true(cs_kms_gcp_is_key(cs_slice_str(rows[i].name), true) == rows[i].version);
    }
}

static void requests(void **state)
{
    (void)state;
    static const struct {
        cs_kms_request r;
        const char *method, *body;
        cs_err expect;
    } rows[] = {
        {{.type = CS_KMS_GENERATE_DATA_KEY, .context = {{CS_LIT("org"), CS_LIT("o")}}, .context_count = 1},
         "encrypt",
         "{\"plaintext\":\"" DATA_KEY_TEXT "\",\"plaintextCrc32c\":\"" DATA_KEY_SUM
         "\",\"additionalAuthenticatedData\":\"AANvcmcAAW8=\",\"additionalAuthenticatedDataCrc32c\":\"3282029539\"}",
         CS_OK},
        {{.type = CS_KMS_DECRYPT_DATA_KEY, .wrapped = CS_LIT("abc")},
         "decrypt",
         "{\"ciphertext\":" ABC ",\"ciphertextCrc32c\":" ABC_SUM "}",
         CS_OK},
        {{.type = CS_KMS_SIGN, .algorithm = CS_P256, .message = CS_LIT("abc")},
         "asymmetricSign",
         "{\"digest\":{\"sha256\":\"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\"},\"digestCrc32c\":\"1528595400\"}",
         CS_OK},
        {{.type = CS_KMS_SIGN, .algorithm = CS_ED25519, .message = CS_LIT("abc")},
         "asymmetricSign",
         "{\"data\":" ABC ",\"dataCrc32c\":" ABC_SUM "}",
         CS_OK},
        {{.type = CS_KMS_SIGN,
          .algorithm = CS_MLDSA65,
          .mu = CS_LIT("mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm")},
         "asymmetricSign",
         "{\"digest\":{\"externalMu\":"
         "\"bW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1"
         "tbQ==\"},\"digestCrc32c\":\"3607839542\"}",
         CS_OK},
        {{.type = CS_KMS_PUBLIC_KEY}, "", "", CS_OK},
        {{.type = CS_KMS_SIGN, .algorithm = CS_P384, .message = CS_LIT("m")},
         "asymmetricSign",
         "{}",
         CS_PROVIDER_NOT_AVAILABLE},
        {{.type = CS_KMS_SIGN, .algorithm = CS_ED448, .message = CS_LIT("m")},
         "asymmetricSign",
         "{}",
         CS_PROVIDER_NOT_AVAILABLE},
        {{.type = CS_KMS_TUNNEL_SEND}, "", "", CS_PROVIDER_NOT_AVAILABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char memory[512];
        const char *method;
        cs_buf body = CS_BUF_OVER(memory);
        print_message("row %zu\n", i);
        assert_int_equal(cs_kms_gcp_write(&body, &method, &rows[i].r, CS_LIT(DATA_KEY)), rows[i].expect);
        assert_string_equal(method, rows[i].method);
        assert_string_equal(cs_buf_cstr(&body), rows[i].body);
    }
}

struct row {
    const char *body;
    cs_err expect;
    bool again;
};

static void read_rows(const cs_kms_request *r, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cs_kms_reply reply;
        cs_slice data_key;
        bool again = true;
        cs_buf bytes = cs_buf_new_wiped(1u << 16);
        print_message("row %zu\n", i);
        assert_int_equal(cs_kms_rest_data_key(&data_key, &bytes), CS_OK);
        assert_int_equal(cs_kms_gcp_read(&reply, &bytes, &again, r, cs_slice_str(rows[i].body)), rows[i].expect);
        assert_int_equal(reply.type, rows[i].expect == CS_OK ? r->type : CS_KMS_COUNT);
        assert_true(again == rows[i].again);
        assert_ptr_equal(bytes.p, data_key.p);
        cs_buf_free(&bytes);
    }
}
#define READ_ROWS(r, rows) read_rows(r, rows, sizeof(rows) / sizeof *(rows))

#define SIGNED(name, signature, sum, verified)                                                                         \
    "{\"name\":\"" name "\",\"signature\":" signature ",\"signatureCrc32c\":" sum "," verified "}"
#define LOOKED "\"verifiedDigestCrc32c\":true"

static void signatures(void **state)
{
    (void)state;
    const cs_kms_request r = {
        .type = CS_KMS_SIGN, .key_id = CS_LIT(VERSION), .algorithm = CS_P256, .message = CS_LIT("m")};
    static const struct row rows[] = {
        {SIGNED(VERSION, ABC, ABC_SUM, LOOKED), CS_OK, false},
        {SIGNED(VERSION, ABC, ABC_SUM, LOOKED ",\"protectionLevel\":\"HSM\""), CS_OK, false},
        {SIGNED(OTHER, ABC, ABC_SUM, LOOKED), CS_KMS_ANSWER, false},
        {SIGNED(KEY, ABC, ABC_SUM, LOOKED), CS_KMS_ANSWER, false},
        {SIGNED("", ABC, ABC_SUM, LOOKED), CS_KMS_ANSWER, false},
        {SIGNED(VERSION, ABC, "\"910901174\"", LOOKED), CS_KMS_ANSWER, true},
        {SIGNED(VERSION, "\"YWJk\"", ABC_SUM, LOOKED), CS_KMS_ANSWER, true},
        {SIGNED(VERSION, ABC, "\"0910901175\"", LOOKED), CS_KMS_ANSWER, true},
        {SIGNED(VERSION, ABC, "\"-3384066121\"", LOOKED), CS_KMS_ANSWER, false},
        {SIGNED(VERSION, ABC, "910901175", LOOKED), CS_KMS_ANSWER, false},
        {SIGNED(VERSION, ABC, "null", LOOKED), CS_KMS_ANSWER, false},
        {SIGNED(VERSION, ABC, "\"\"", LOOKED), CS_KMS_ANSWER, true},
        {SIGNED(VERSION, ABC, ABC_SUM, "\"verifiedDigestCrc32c\":false"), CS_KMS_ANSWER, true},
        {SIGNED(VERSION, ABC, ABC_SUM, "\"verifiedDataCrc32c\":true"), CS_KMS_ANSWER, true},
        {SIGNED(VERSION, ABC, ABC_SUM, "\"verifiedDigestCrc32c\":\"true\""), CS_KMS_ANSWER, true},
        {SIGNED(VERSION, "\"\"", "\"0\"", LOOKED), CS_KMS_ANSWER, false},
        {SIGNED(VERSION, "\"YWJ\"", ABC_SUM, LOOKED), CS_KMS_ANSWER, false},
        {"{\"name\":\"" VERSION "\",\"signature\":" ABC "," LOOKED "}", CS_KMS_ANSWER, false},
        {"{\"name\":\"" VERSION "\"," LOOKED "}", CS_KMS_ANSWER, false},
        {"{}", CS_KMS_ANSWER, false},
        {"[]", CS_KMS_ANSWER, false},
        {"", CS_KMS_ANSWER, false},
        {"<html>", CS_KMS_ANSWER, false},
    };
    READ_ROWS(&r, rows);
    const cs_kms_request data = {
        .type = CS_KMS_SIGN, .key_id = CS_LIT(VERSION), .algorithm = CS_ED25519, .message = CS_LIT("m")};
    static const struct row data_rows[] = {
        {SIGNED(VERSION, ABC, ABC_SUM, "\"verifiedDataCrc32c\":true"), CS_OK, false},
        {SIGNED(VERSION, ABC, ABC_SUM, LOOKED), CS_KMS_ANSWER, true},
    };
    READ_ROWS(&data, data_rows);
}

#define WRAPPED(name, verified)                                                                                        \
    "{\"name\":\"" name "\",\"ciphertext\":" ABC ",\"ciphertextCrc32c\":" ABC_SUM verified "}"
#define BOTH ",\"verifiedPlaintextCrc32c\":true,\"verifiedAdditionalAuthenticatedDataCrc32c\":true"

static void wrapped(void **state)
{
    (void)state;
    const cs_kms_request r = {.type = CS_KMS_GENERATE_DATA_KEY,
                              .key_id = CS_LIT(KEY),
                              .context = {{CS_LIT("org"), CS_LIT("o")}},
                              .context_count = 1};
    static const struct row rows[] = {
        {WRAPPED(VERSION, BOTH), CS_OK, false},
        {WRAPPED(OTHER, BOTH), CS_OK, false}, /* its primary version is Google's to choose */
        {WRAPPED(KEY, BOTH), CS_KMS_ANSWER, false},
        {WRAPPED(KEY "2/cryptoKeyVersions/1", BOTH), CS_KMS_ANSWER, false},
        {WRAPPED(VERSION "/x", BOTH), CS_KMS_ANSWER, false},
        {WRAPPED("projects/p-2/locations/global/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", BOTH), CS_KMS_ANSWER,
         false},
        {WRAPPED(VERSION, ",\"verifiedPlaintextCrc32c\":true"), CS_KMS_ANSWER, true},
        {WRAPPED(VERSION, ",\"verifiedAdditionalAuthenticatedDataCrc32c\":true"), CS_KMS_ANSWER, true},
        {WRAPPED(VERSION, ""), CS_KMS_ANSWER, true},
        {"{\"name\":\"" VERSION "\"" BOTH "}", CS_KMS_ANSWER, false},
    };
    READ_ROWS(&r, rows);
}

static void data_keys(void **state)
{
    (void)state;
    const cs_kms_request r = {.type = CS_KMS_DECRYPT_DATA_KEY, .key_id = CS_LIT(KEY), .wrapped = CS_LIT("w")};
    static const struct row rows[] = {
        {"{\"plaintext\":\"" DATA_KEY_TEXT "\",\"plaintextCrc32c\":\"" DATA_KEY_SUM "\",\"usedPrimary\":true}", CS_OK,
         false},
        {"{\"plaintext\":\"" DATA_KEY_TEXT "\",\"plaintextCrc32c\":\"1354990786\"}", CS_KMS_ANSWER, true},
        {"{\"plaintext\":\"" DATA_KEY_TEXT "\"}", CS_KMS_ANSWER, false},
        {"{\"plaintext\":" ABC ",\"plaintextCrc32c\":" ABC_SUM "}", CS_KMS_ANSWER, false},
        {"{\"plaintext\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEy\",\"plaintextCrc32c\":\"1\"}", CS_KMS_ANSWER,
         false},
        {"{\"plaintextCrc32c\":\"0\"}", CS_KMS_ANSWER, false},
    };
    READ_ROWS(&r, rows);
}

#define PUBLIC(name, algorithm, data, sum)                                                                             \
    "{\"name\":\"" name "\",\"algorithm\":\"" algorithm "\",\"publicKey\":{\"data\":" data ",\"crc32cChecksum\":" sum  \
    "}}"

static void public_keys(void **state)
{
    (void)state;
    const cs_kms_request r = {.type = CS_KMS_PUBLIC_KEY, .key_id = CS_LIT(VERSION)};
    static const struct row rows[] = {
        {PUBLIC(VERSION, "EC_SIGN_P256_SHA256", ABC, ABC_SUM), CS_OK, false},
        {PUBLIC(VERSION, "EC_SIGN_ED25519", ABC, ABC_SUM), CS_OK, false},
        {PUBLIC(VERSION, "PQ_SIGN_ML_DSA_65", ABC, ABC_SUM), CS_PROVIDER_NOT_AVAILABLE, false},
        {PUBLIC(VERSION, "PQ_SIGN_SLH_DSA_SHA2_128S", ABC, ABC_SUM), CS_PROVIDER_NOT_AVAILABLE, false},
        {PUBLIC(VERSION, "RSA_SIGN_PSS_2048_SHA256", ABC, ABC_SUM), CS_PROVIDER_NOT_AVAILABLE, false},
        {PUBLIC(VERSION, "GOOGLE_SYMMETRIC_ENCRYPTION", ABC, ABC_SUM), CS_PROVIDER_NOT_AVAILABLE, false},
        {PUBLIC(VERSION, "PQ_SIGN_ML_DSA_65_EXTERNAL_MU", ABC, ABC_SUM), CS_KMS_ANSWER, false},
        {PUBLIC(OTHER, "EC_SIGN_ED25519", ABC, ABC_SUM), CS_KMS_ANSWER, false},
        {PUBLIC(VERSION, "EC_SIGN_ED25519", ABC, "\"1\""), CS_KMS_ANSWER, true},
        {PUBLIC(VERSION, "EC_SIGN_ED25519", "\"\"", "\"0\""), CS_KMS_ANSWER, false},
        {"{\"name\":\"" VERSION "\",\"algorithm\":\"EC_SIGN_ED25519\",\"pem\":\"x\"}", CS_KMS_ANSWER, false},
        {"{\"name\":\"" VERSION "\",\"publicKey\":{\"data\":" ABC ",\"crc32cChecksum\":" ABC_SUM "}}", CS_KMS_ANSWER,
         false},
    };
    READ_ROWS(&r, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(checksums),  cmocka_unit_test(names),
                                       cmocka_unit_test(requests),   cmocka_unit_test(signatures),
                                       cmocka_unit_test(wrapped),    cmocka_unit_test(data_keys),
                                       cmocka_unit_test(public_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
