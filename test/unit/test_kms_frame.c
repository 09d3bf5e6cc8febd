/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/kms_frame.c: what is written is read back; one changed member a row is refused. */
#include "core/kms_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/message.h"

static const uint8_t mu[64] = {1}, digest[32] = {2};

/* The JSON of the frame in `b`; its length must be right. */
static cs_slice json_of(const cs_buf *b)
{
    cs_reader r = cs_reader_of(cs_buf_slice(b));
    size_t length = cs_read_u32(&r);
    assert_int_equal(length, r.rest.n);
    return r.rest;
}

#define KEY .provider = CS_LIT("aws-kms"), .key_id = CS_LIT("arn:aws:kms:eu-central-1:1:key/k")

static void questions_come_back(void **state)
{
    (void)state;
    const cs_kms_request rows[] = {
        {.type = CS_KMS_GENERATE_DATA_KEY,
         KEY,
         .context = {{CS_LIT("user_id"), CS_LIT("\xc3\xa4\"\\")}},
         .context_count = 1,
         .recipient = CS_LIT("\x84")},
        {.type = CS_KMS_DECRYPT_DATA_KEY,
         KEY,
         .context = {{CS_LIT("org"), CS_LIT("o")}, {CS_LIT("key_id"), CS_LIT("k")}},
         .context_count = 2,
         .recipient = CS_LIT("\x84"),
         .wrapped = CS_LIT("\0w")},
        {.type = CS_KMS_DECRYPT_DATA_KEY, KEY, .recipient = CS_LIT("\x84"), .wrapped = CS_LIT("\0w")},
        {.type = CS_KMS_SIGN, KEY, .algorithm = CS_MLDSA87, .mu = CS_ARRAY(mu)},
        {.type = CS_KMS_SIGN, KEY, .algorithm = CS_P256, .message = CS_LIT("m")},
        {.type = CS_KMS_SIGN, KEY, .algorithm = CS_ED25519, .message = CS_LIT("")},
        {.type = CS_KMS_GENERATE_DATA_KEY, KEY},
        {.type = CS_KMS_SIGN, KEY, .algorithm = CS_P256, .digest = CS_ARRAY(digest)},
        {.type = CS_KMS_PUBLIC_KEY, KEY},
        {.type = CS_KMS_CREATE_KEY,
         .provider = CS_LIT("aws-kms"),
         .region = CS_LIT("eu-central-1"),
         .algorithm = CS_MLDSA44,
         .description = CS_LIT("d")},
        {.type = CS_KMS_TUNNEL, .host = CS_LIT("kms.eu-central-1.amazonaws.com")},
        {.type = CS_KMS_TUNNEL_SEND, .bytes = CS_LIT("\0\1")},
        {.type = CS_KMS_TUNNEL_RECEIVE, .max = 1},
        {.type = CS_KMS_TUNNEL_RECEIVE, .max = CS_MAX_TUNNEL_BYTES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const cs_kms_request *w = &rows[i];
        cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
        cs_kms_request r;
        cs_frame_in in;
        cs_message_type type;
        assert_int_equal(cs_kms_request_write(&frame, w), CS_OK);
        assert_true(cs_kms_is_request(json_of(&frame)));
        assert_int_equal(cs_request_type(&type, json_of(&frame)), CS_FRAME_TYPE); /* no request of the gateway */
        assert_int_equal(cs_kms_request_read(&r, &in, json_of(&frame)), CS_OK);
        assert_int_equal(r.type, w->type);
        assert_int_equal(r.algorithm, w->algorithm);
        assert_int_equal(r.max, w->max);
        assert_int_equal(r.context_count, w->context_count);
        for (size_t c = 0; c < w->context_count; c++) {
            assert_true(cs_slice_eq(r.context[c].name, w->context[c].name));
            assert_true(cs_slice_eq(r.context[c].value, w->context[c].value));
        }
        const cs_slice pairs[][2] = {{r.provider, w->provider},
                                     {r.key_id, w->key_id},
                                     {r.recipient, w->recipient},
                                     {r.wrapped, w->wrapped},
                                     {r.message, w->message},
                                     {r.mu, w->mu},
                                     {r.host, w->host},
                                     {r.bytes, w->bytes},
                                     {r.digest, w->digest},
                                     {r.region, w->region},
                                     {r.description, w->description}};
        for (size_t p = 0; p < sizeof pairs / sizeof pairs[0]; p++) {
            assert_true(cs_slice_eq(pairs[p][0], pairs[p][1]));
            assert_int_equal(pairs[p][0].p == NULL, pairs[p][1].p == NULL);
        }
        cs_frame_in_free(&in);
        cs_buf_free(&frame);
    }
}

static void answers_come_back(void **state)
{
    (void)state;
    const cs_kms_reply rows[] = {
        {.type = CS_KMS_GENERATE_DATA_KEY, .for_recipient = CS_LIT("\x30"), .wrapped = CS_LIT("w")},
        {.type = CS_KMS_DECRYPT_DATA_KEY, .for_recipient = CS_LIT("\x30")},
        {.type = CS_KMS_GENERATE_DATA_KEY, .data_key = CS_ARRAY(digest), .wrapped = CS_LIT("w")},
        {.type = CS_KMS_DECRYPT_DATA_KEY, .data_key = CS_ARRAY(digest)},
        {.type = CS_KMS_CREATE_KEY, .key_id = CS_LIT("arn")},
        {.type = CS_KMS_SIGN, .signature = CS_LIT("s")},
        {.type = CS_KMS_PUBLIC_KEY, .public_key = CS_LIT("p")},
        {.type = CS_KMS_TUNNEL,
         .access_key_id = CS_LIT("a"),
         .secret_access_key = CS_LIT("s/+"),
         .session_token = CS_LIT("t"),
         .region = CS_LIT("eu-central-1")},
        {.type = CS_KMS_TUNNEL,
         .access_key_id = CS_LIT("a"),
         .secret_access_key = CS_LIT("s"),
         .region = CS_LIT("eu-central-1")},
        {.type = CS_KMS_TUNNEL_SEND},
        {.type = CS_KMS_TUNNEL_RECEIVE, .bytes = CS_LIT("")},
        {.type = CS_KMS_TUNNEL_RECEIVE, .bytes = CS_LIT("\0b")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const cs_kms_reply *w = &rows[i];
        cs_buf frame = cs_buf_new_wiped(CS_MAX_FRAME + 4);
        assert_int_equal(cs_kms_reply_write(&frame, w), CS_OK);
        for (unsigned t = 0; t < CS_KMS_COUNT; t++) { /* the answer to another question is refused */
            cs_kms_reply r;
            cs_frame_in in;
            cs_err expect = t == w->type ? CS_OK : CS_FRAME_TYPE;
            assert_int_equal(cs_kms_reply_read(&r, &in, json_of(&frame), (cs_kms_type)t), expect);
            const cs_slice pairs[][2] = {{r.for_recipient, w->for_recipient},
                                         {r.wrapped, w->wrapped},
                                         {r.data_key, w->data_key},
                                         {r.key_id, w->key_id},
                                         {r.signature, w->signature},
                                         {r.public_key, w->public_key},
                                         {r.access_key_id, w->access_key_id},
                                         {r.secret_access_key, w->secret_access_key},
                                         {r.session_token, w->session_token},
                                         {r.region, w->region},
                                         {r.bytes, w->bytes}};
            for (size_t p = 0; p < sizeof pairs / sizeof pairs[0] && expect == CS_OK; p++) {
                assert_true(cs_slice_eq(pairs[p][0], pairs[p][1]));
                assert_int_equal(pairs[p][0].p == NULL, pairs[p][1].p == NULL);
            }
            cs_frame_in_free(&in);
        }
        cs_buf_free(&frame);
    }
}

static void errors_come_back(void **state)
{
    (void)state;
    static const cs_err rows[] = {CS_KMS_DENIED, CS_KMS_UNAVAILABLE, CS_KMS_PLAINTEXT, CS_PROVIDER_NOT_AVAILABLE};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[256];
        cs_buf frame = CS_BUF_OVER(bytes);
        cs_kms_reply r;
        cs_frame_in in;
        assert_int_equal(cs_error_write(&frame, rows[i]), CS_OK);
        assert_false(cs_kms_is_request(json_of(&frame)));
        assert_int_equal(cs_kms_reply_read(&r, &in, json_of(&frame), CS_KMS_SIGN), rows[i]);
        cs_frame_in_free(&in);
    }
}

/* What the relay looks at is in front of every question and of no reply. */
static void replies_are_no_questions(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "{",
                                       "{\"type\":\"Km",
                                       "{\"type\":\"Sign\",\"version\":1}",
                                       "{\"version\":1,\"type\":\"KmsSign\"}",
                                       "{ \"type\":\"KmsSign\"}",
                                       "{\"type\":\"kmsSign\"}",
                                       "[{\"type\":\"KmsSign\"}]"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_false(cs_kms_is_request(cs_slice_str(rows[i])));
    for (unsigned t = 0; t < CS_MSG_COUNT; t++)
        assert_false(cs_slice_starts(cs_slice_str(cs_message_type_name((cs_message_type)t)), CS_LIT("Kms")));
}

#define V "\",\"version\":1,"
#define ID "\"provider\":\"aws-kms\",\"keyId\":\"k\""
#define NEW "{\"type\":\"KmsGenerateDataKey" V ID
#define OPEN "{\"type\":\"KmsDecryptDataKey" V ID
#define SIGN "{\"type\":\"KmsSign" V ID
#define CTX ",\"encryptionContext\":"
#define USER CTX "{\"user_id\":\"u\"}"
#define DOC ",\"recipient\":\"YQ==\""
#define D64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define D256 D64 D64 D64 D64
#define D1024 D256 D256 D256 D256
#define D32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define D48 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define CREATE "{\"type\":\"KmsCreateKey" V "\"provider\":\"aws-kms\",\"region\":\"r\""
#define MU "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="

static void strict_questions(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        cs_err expect;
    } rows[] = {
        {NEW USER DOC "}", CS_OK},
        {NEW CTX "{}" DOC "}", CS_OK},
        {NEW CTX "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":\"4\"}" DOC "}", CS_OK},
        {NEW CTX "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":\"4\",\"e\":\"5\"}" DOC "}", CS_TOO_LARGE},
        {NEW CTX "{\"user_id\":\"" D256 "\"}" DOC "}", CS_OK},
        {NEW CTX "{\"user_id\":\"" D256 "a\"}" DOC "}", CS_BAD_FIELD},
        {NEW CTX "{\"user_id\":\"\"}" DOC "}", CS_BAD_FIELD},
        {NEW CTX "{\"user_id\":1}" DOC "}", CS_BAD_FIELD},
        {NEW CTX "{\"user_id\":null}" DOC "}", CS_BAD_FIELD},
        {NEW CTX "{\"user_id\":\"u\",\"user_id\":\"v\"}" DOC "}", CS_BAD_JSON},
        {NEW CTX "{\"User\":\"u\"}" DOC "}", CS_BAD_FIELD},
        {NEW CTX "{\"\":\"u\"}" DOC "}", CS_BAD_FIELD},
        {NEW CTX "{\"" D64 "a\":\"u\"}" DOC "}", CS_BAD_FIELD},
        {NEW CTX "[]" DOC "}", CS_BAD_FIELD},
        {NEW CTX "null" DOC "}", CS_BAD_FIELD},
        {NEW DOC "}", CS_MISSING_FIELD},
        {NEW USER "}", CS_OK},
        {NEW USER ",\"recipient\":\"\"}", CS_BAD_FIELD},
        {NEW USER ",\"recipient\":null}", CS_BAD_FIELD},
        {NEW USER DOC ",\"wrappedDk\":\"YQ==\"}", CS_UNKNOWN_FIELD},
        {"{\"type\":\"KmsGenerateDataKey" V "\"keyId\":\"k\"" USER DOC "}", CS_MISSING_FIELD},
        {"{\"type\":\"KmsGenerateDataKey" V "\"provider\":\"aws-kms\"" USER DOC "}", CS_MISSING_FIELD},
        {"{\"type\":\"KmsGenerateDataKey" V "\"provider\":\"\",\"keyId\":\"k\"" USER DOC "}", CS_BAD_FIELD},
        {"{\"type\":\"KmsGenerateDataKey" V "\"provider\":\"a\",\"keyId\":\"" D1024 D1024 "a\"" USER DOC "}",
         CS_BAD_FIELD},
        {OPEN USER DOC ",\"wrappedDk\":\"YQ==\"}", CS_OK},
        {OPEN USER DOC "}", CS_MISSING_FIELD},
        {OPEN USER DOC ",\"wrappedDk\":\"\"}", CS_BAD_FIELD},
        {OPEN USER DOC ",\"wrappedDk\":\"YR==\"}", CS_BAD_ENCODING},
        {OPEN USER ",\"wrappedDk\":\"YQ==\"}", CS_OK},
        {OPEN USER "}", CS_MISSING_FIELD},
        {SIGN ",\"algorithm\":\"ML-DSA-65\",\"mu\":\"" MU "\"}", CS_OK},
        {SIGN ",\"algorithm\":\"ML-DSA-65\",\"message\":\"\"}", CS_OK},
        {SIGN ",\"algorithm\":\"ML-DSA-65\",\"mu\":\"YQ==\"}", CS_BAD_FIELD},
        {SIGN ",\"algorithm\":\"ML-DSA-65\"}", CS_MISSING_FIELD},
        {SIGN ",\"algorithm\":\"ML-DSA-65\",\"message\":\"\",\"mu\":\"" MU "\"}", CS_BAD_FIELD},
        {SIGN ",\"algorithm\":\"P-256\",\"mu\":\"" MU "\"}", CS_BAD_FIELD},
        {SIGN ",\"algorithm\":\"P-256\",\"digest\":\"" D32 "\"}", CS_OK},
        {SIGN ",\"algorithm\":\"P-256\",\"digest\":\"" D48 "\"}", CS_BAD_FIELD},
        {SIGN ",\"algorithm\":\"P-384\",\"digest\":\"" D48 "\"}", CS_OK},
        {SIGN ",\"algorithm\":\"P-384\",\"digest\":\"" D32 "\"}", CS_BAD_FIELD},
        {SIGN ",\"algorithm\":\"P-256\",\"digest\":\"" D32 "\",\"message\":\"\"}", CS_BAD_FIELD},
        {SIGN ",\"algorithm\":\"P-256\",\"digest\":\"\"}", CS_BAD_FIELD},
        {SIGN ",\"algorithm\":\"Ed25519\",\"digest\":\"" D32 "\"}", CS_BAD_FIELD},
        {SIGN ",\"algorithm\":\"ML-DSA-44\",\"digest\":\"" D32 "\"}", CS_BAD_FIELD},
        {SIGN ",\"algorithm\":\"ML-DSA-44\",\"digest\":\"" D32 "\",\"mu\":\"" MU "\"}", CS_BAD_FIELD},
        {SIGN ",\"algorithm\":\"p-256\",\"message\":\"\"}", CS_UNKNOWN_ALGORITHM},
        {SIGN ",\"algorithm\":\"\",\"message\":\"\"}", CS_UNKNOWN_ALGORITHM},
        {SIGN ",\"message\":\"\"}", CS_MISSING_FIELD},
        {"{\"type\":\"KmsPublicKey" V ID "}", CS_OK},
        {"{\"type\":\"KmsPublicKey" V ID ",\"algorithm\":\"P-256\"}", CS_UNKNOWN_FIELD},
        {CREATE ",\"description\":\"d\",\"algorithm\":\"P-256\"}", CS_OK},
        {CREATE ",\"description\":\"" D256 "\",\"algorithm\":\"P-256\"}", CS_OK},
        {CREATE ",\"description\":\"" D256 "a\",\"algorithm\":\"P-256\"}", CS_BAD_FIELD},
        {CREATE ",\"description\":\"\",\"algorithm\":\"P-256\"}", CS_BAD_FIELD},
        {CREATE ",\"description\":\"d\",\"algorithm\":\"RSA\"}", CS_UNKNOWN_ALGORITHM},
        {CREATE ",\"description\":\"d\"}", CS_MISSING_FIELD},
        {CREATE ",\"algorithm\":\"P-256\"}", CS_MISSING_FIELD},
        {CREATE ",\"description\":\"d\",\"algorithm\":\"P-256\",\"keyId\":\"k\"}", CS_UNKNOWN_FIELD},
        {"{\"type\":\"KmsCreateKey" V "\"provider\":\"p\",\"description\":\"d\",\"algorithm\":\"P-256\"}",
         CS_MISSING_FIELD},
        {"{\"type\":\"KmsTunnel" V "\"host\":\"h\"}", CS_OK},
        {"{\"type\":\"KmsTunnel" V "\"host\":\"\"}", CS_BAD_FIELD},
        {"{\"type\":\"KmsTunnel" V "\"host\":\"" D256 "\"}", CS_BAD_FIELD},
        {"{\"type\":\"KmsTunnel" V "\"host\":\"h\",\"provider\":\"p\"}", CS_UNKNOWN_FIELD},
        {"{\"type\":\"KmsTunnel\",\"version\":1}", CS_MISSING_FIELD},
        {"{\"type\":\"KmsTunnelSend" V "\"bytes\":\"YQ==\"}", CS_OK},
        {"{\"type\":\"KmsTunnelSend" V "\"bytes\":\"\"}", CS_BAD_FIELD},
        {"{\"type\":\"KmsTunnelReceive" V "\"max\":65536}", CS_OK},
        {"{\"type\":\"KmsTunnelReceive" V "\"max\":65537}", CS_BAD_FIELD},
        {"{\"type\":\"KmsTunnelReceive" V "\"max\":0}", CS_BAD_FIELD},
        {"{\"type\":\"KmsTunnelReceive" V "\"max\":-1}", CS_BAD_FIELD},
        {"{\"type\":\"KmsTunnelReceive\",\"version\":1}", CS_MISSING_FIELD},
        {"{\"type\":\"KmsEncrypt\",\"version\":1}", CS_FRAME_TYPE},
        {"{\"type\":\"Sign\",\"version\":1}", CS_FRAME_TYPE},
        {"{\"type\":\"Error\",\"version\":1,\"code\":\"OK\"}", CS_FRAME_TYPE},
        {"{\"type\":\"KmsPublicKey\",\"version\":2," ID "}", CS_FRAME_TYPE},
        {"x", CS_BAD_JSON},
        {"", CS_BAD_JSON},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_kms_request r;
        cs_frame_in in;
        cs_err err = cs_kms_request_read(&r, &in, cs_slice_str(rows[i].json));
        if (err != rows[i].expect)
            fail_msg("%s: %s", rows[i].json, cs_err_name(err));
        cs_frame_in_free(&in);
    }
}

#define GIVEN "{\"type\":\"KmsGenerateDataKey" V "\"ciphertextForRecipient\":\"YQ==\""
#define OPENED "{\"type\":\"KmsDecryptDataKey" V "\"ciphertextForRecipient\":\"YQ==\""
#define CLEAR "{\"type\":\"KmsDecryptDataKey" V "\"dataKey\":\""
#define LENT "{\"type\":\"KmsTunnel" V "\"accessKeyId\":\"a\",\"secretAccessKey\":\"s\""

static void strict_answers(void **state)
{
    (void)state;
    static const struct {
        cs_kms_type type;
        const char *json;
        cs_err expect;
    } rows[] = {
        {CS_KMS_GENERATE_DATA_KEY, GIVEN ",\"wrappedDk\":\"YQ==\"}", CS_OK},
        {CS_KMS_GENERATE_DATA_KEY, GIVEN "}", CS_MISSING_FIELD},
        {CS_KMS_GENERATE_DATA_KEY, GIVEN ",\"wrappedDk\":\"\"}", CS_BAD_FIELD},
        {CS_KMS_GENERATE_DATA_KEY, GIVEN ",\"wrappedDk\":\"YQ==\",\"plaintext\":\"YQ==\"}", CS_UNKNOWN_FIELD},
        {CS_KMS_GENERATE_DATA_KEY, GIVEN ",\"wrappedDk\":\"YQ==\",\"keyId\":\"k\"}", CS_UNKNOWN_FIELD},
        {CS_KMS_DECRYPT_DATA_KEY, OPENED "}", CS_OK},
        {CS_KMS_GENERATE_DATA_KEY, GIVEN ",\"wrappedDk\":\"YQ==\",\"dataKey\":\"" D32 "\"}", CS_BAD_FIELD},
        {CS_KMS_DECRYPT_DATA_KEY, OPENED ",\"dataKey\":\"" D32 "\"}", CS_BAD_FIELD},
        {CS_KMS_DECRYPT_DATA_KEY, CLEAR D32 "\"}", CS_OK},
        {CS_KMS_DECRYPT_DATA_KEY, CLEAR D48 "\"}", CS_BAD_FIELD},
        {CS_KMS_DECRYPT_DATA_KEY, CLEAR "\"}", CS_BAD_FIELD},
        {CS_KMS_CREATE_KEY, "{\"type\":\"KmsCreateKey" V "\"keyId\":\"k\"}", CS_OK},
        {CS_KMS_CREATE_KEY, "{\"type\":\"KmsCreateKey" V "\"keyId\":\"\"}", CS_BAD_FIELD},
        {CS_KMS_DECRYPT_DATA_KEY, OPENED ",\"wrappedDk\":\"YQ==\"}", CS_UNKNOWN_FIELD},
        {CS_KMS_DECRYPT_DATA_KEY, "{\"type\":\"KmsDecryptDataKey\",\"version\":1}", CS_MISSING_FIELD},
        {CS_KMS_DECRYPT_DATA_KEY, "{\"type\":\"KmsDecryptDataKey" V "\"ciphertextForRecipient\":\"\"}", CS_BAD_FIELD},
        {CS_KMS_SIGN, "{\"type\":\"KmsSign" V "\"signature\":\"YQ==\"}", CS_OK},
        {CS_KMS_SIGN, "{\"type\":\"KmsSign" V "\"signature\":\"\"}", CS_BAD_FIELD},
        {CS_KMS_PUBLIC_KEY, "{\"type\":\"KmsPublicKey" V "\"publicKey\":\"YQ==\"}", CS_OK},
        {CS_KMS_PUBLIC_KEY, "{\"type\":\"KmsPublicKey\",\"version\":1}", CS_MISSING_FIELD},
        {CS_KMS_TUNNEL, LENT ",\"region\":\"r\"}", CS_OK},
        {CS_KMS_TUNNEL, LENT ",\"sessionToken\":\"\",\"region\":\"r\"}", CS_BAD_FIELD},
        {CS_KMS_TUNNEL, LENT ",\"sessionToken\":null,\"region\":\"r\"}", CS_BAD_FIELD},
        {CS_KMS_TUNNEL, LENT "}", CS_MISSING_FIELD},
        {CS_KMS_TUNNEL, "{\"type\":\"KmsTunnel" V "\"accessKeyId\":\"a\",\"region\":\"r\"}", CS_MISSING_FIELD},
        {CS_KMS_TUNNEL_SEND, "{\"type\":\"KmsTunnelSend\",\"version\":1}", CS_OK},
        {CS_KMS_TUNNEL_SEND, "{\"type\":\"KmsTunnelSend" V "\"bytes\":\"\"}", CS_UNKNOWN_FIELD},
        {CS_KMS_TUNNEL_RECEIVE, "{\"type\":\"KmsTunnelReceive" V "\"bytes\":\"\"}", CS_OK},
        {CS_KMS_TUNNEL_RECEIVE, "{\"type\":\"KmsTunnelReceive\",\"version\":1}", CS_MISSING_FIELD},
        {CS_KMS_SIGN, "{\"type\":\"Error" V "\"code\":\"KMS_DENIED\"}", CS_KMS_DENIED},
        {CS_KMS_SIGN, "{\"type\":\"Error" V "\"code\":\"KMS_OUT_OF_ORDER\"}", CS_KMS_UNAVAILABLE},
        {CS_KMS_SIGN, "{\"type\":\"Error" V "\"code\":\"SELF_CHECK\"}", CS_KMS_UNAVAILABLE},
        {CS_KMS_SIGN, "{\"type\":\"Error" V "\"code\":\"OK\"}", CS_KMS_UNAVAILABLE},
        {CS_KMS_SIGN, "{\"type\":\"Error" V "\"code\":\"KMS_DENIED\",\"why\":\"x\"}", CS_FRAME_TYPE},
        {CS_KMS_SIGN, "{\"type\":\"Error\",\"version\":1}", CS_FRAME_TYPE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_kms_reply r;
        cs_frame_in in;
        cs_err err = cs_kms_reply_read(&r, &in, cs_slice_str(rows[i].json), rows[i].type);
        if (err != rows[i].expect)
            fail_msg("%s: %s", rows[i].json, cs_err_name(err));
        cs_frame_in_free(&in);
    }
}

/* What no reader would take is not written. */
static void bad_questions_are_not_written(void **state)
{
    (void)state;
    const cs_kms_request rows[] = {
        {.type = CS_KMS_COUNT},
        {.type = CS_KMS_GENERATE_DATA_KEY, KEY, .context_count = CS_MAX_KMS_CONTEXT + 1},
        {.type = CS_KMS_GENERATE_DATA_KEY, KEY, .context = {{CS_LIT("a\""), CS_LIT("b")}}, .context_count = 1},
        {.type = CS_KMS_GENERATE_DATA_KEY, KEY, .context = {{CS_LIT(""), CS_LIT("b")}}, .context_count = 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
        assert_int_not_equal(cs_kms_request_write(&frame, &rows[i]), CS_OK);
        assert_int_equal(frame.n, 0);
        cs_buf_free(&frame);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_come_back),
        cmocka_unit_test(answers_come_back),
        cmocka_unit_test(errors_come_back),
        cmocka_unit_test(replies_are_no_questions),
        cmocka_unit_test(strict_questions),
        cmocka_unit_test(strict_answers),
        cmocka_unit_test(bad_questions_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
