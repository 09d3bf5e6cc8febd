/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/signed.c with the signed requests of the published suite that have the one path which
 * is served here, then with one row for each part of a good request that is not as it should be. */
#include "devkms/signed.h"

#include "vectors.h"

#define SUITE "sigv4/sigv4-suite.json"
#define SECRET CS_LIT("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
#define THEN 1440938160 /* 2015-08-30T12:36:00Z */

/* The request with CRLF in its head, and its body. */
static cs_slice with_crlf(cs_buf *memory, cs_slice *body, cs_slice text)
{
    const uint8_t *end = memmem(text.p, text.n, "\n\n", 2);
    assert_non_null(end);
    size_t head = (size_t)(end - text.p) + 2;
    *body = cs_slice_sub(text, head, text.n);
    for (size_t i = 0; i < head; i++) {
        if (text.p[i] == '\n')
            cs_buf_add_u8(memory, '\r');
        cs_buf_add_u8(memory, text.p[i]);
    }
    return cs_buf_slice(memory);
}

static void published(void **state)
{
    (void)state;
    size_t i, max, good = 0, others = 0;
    yyjson_val *row;
    yyjson_doc *doc = vectors_public_json(SUITE);
    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, max, row)
    {
        cs_head head;
        cs_signed s;
        cs_slice body;
        const char *why;
        cs_buf memory = cs_buf_new(CS_MAX_HEAD), canonical = cs_buf_new(CS_MAX_HEAD);
        cs_slice text = with_crlf(&memory, &body, vectors_text(row, "header-signed-request"));
        cs_slice token = vectors_text(yyjson_obj_get(yyjson_obj_get(row, "context"), "credentials"), "token");
        bool unsigned_token = yyjson_is_true(yyjson_obj_get(yyjson_obj_get(row, "context"), "omit_session_token"));
        cs_err err = cs_head_parse(&head, text);
        bool other = err != CS_OK || !cs_slice_is(head.path, "/") || head.query.n > 0;
        if (err == CS_OK) {
            assert_int_equal(cs_signed_parse(&s, &head), CS_AWS_OK);
            assert_int_equal(cs_signed_check(&why, &s, &head, body, SECRET, token, "us-east-1", "service", THEN),
                             other || unsigned_token ? CS_AWS_INVALID_SIGNATURE : CS_AWS_OK);
        }
        if (!other) {
            assert_int_equal(cs_signed_canonical(&canonical, &s, &head, body), CS_OK);
            assert_true(cs_slice_eq(cs_buf_slice(&canonical), vectors_text(row, "header-canonical-request")));
        }
        good += !other && !unsigned_token;
        others += other;
        cs_buf_free(&memory);
        cs_buf_free(&canonical);
    }
    assert_int_equal(good, 9);
    assert_int_equal(others, 16);
    yyjson_doc_free(doc);
}

/* post-vanilla of the suite, with a part that differs. */
struct request {
    const char *line, *host, *date, *authorization, *more;
    const char *body, *region, *service;
    int64_t later;
};
#define SCOPE "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
#define SIGNATURE "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
#define AUTHORIZATION "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host;x-amz-date, Signature=" SIGNATURE

static cs_aws_error judge(const struct request *r)
{
    cs_head head;
    cs_signed s;
    const char *why;
    cs_buf text = cs_buf_new(CS_MAX_HEAD);
    cs_buf_printf(&text, "%s\r\n%s\r\n%s\r\n", r->line != NULL ? r->line : "POST / HTTP/1.1",
                  r->host != NULL ? r->host : "Host:example.amazonaws.com",
                  r->date != NULL ? r->date : "X-Amz-Date:20150830T123600Z");
    if (r->more != NULL)
        cs_buf_printf(&text, "%s\r\n", r->more);
    if (r->authorization == NULL || r->authorization[0] != '\0')
        cs_buf_printf(&text, "Authorization:%s\r\n", r->authorization != NULL ? r->authorization : AUTHORIZATION);
    cs_buf_add_str(&text, "\r\n");
    assert_int_equal(cs_head_parse(&head, cs_buf_slice(&text)), CS_OK);
    cs_aws_error e = cs_signed_parse(&s, &head);
    if (e == CS_AWS_OK)
        e = cs_signed_check(&why, &s, &head, cs_slice_str(r->body != NULL ? r->body : ""), SECRET, CS_ABSENT,
                            r->region != NULL ? r->region : "us-east-1", r->service != NULL ? r->service : "service",
                            THEN + r->later);
    cs_buf_free(&text);
    return e;
}

static void rows(void **state)
{
    (void)state;
    static const struct {
        cs_aws_error error;
        struct request request;
    } table[] = {
        {CS_AWS_OK, {0}},
        {CS_AWS_OK, {.later = 300}},
        {CS_AWS_OK, {.later = -300}},
        {CS_AWS_OK, {.more = "Content-Type: text/plain"}},
        {CS_AWS_OK, {.host = "hOsT:  example.amazonaws.com "}},
        {CS_AWS_INVALID_SIGNATURE, {.later = 301}},
        {CS_AWS_INVALID_SIGNATURE, {.later = -301}},
        {CS_AWS_INVALID_SIGNATURE, {.line = "GET / HTTP/1.1"}},
        {CS_AWS_INVALID_SIGNATURE, {.line = "POST /a HTTP/1.1"}},
        {CS_AWS_INVALID_SIGNATURE, {.line = "POST /?a HTTP/1.1"}},
        {CS_AWS_INVALID_SIGNATURE, {.host = "Host:example.amazonaws.org"}},
        {CS_AWS_INVALID_SIGNATURE, {.host = "Hos:example.amazonaws.com"}},
        {CS_AWS_INVALID_SIGNATURE, {.body = "x"}},
        {CS_AWS_INVALID_SIGNATURE, {.region = "us-east-2"}},
        {CS_AWS_INVALID_SIGNATURE, {.service = "kms"}},
        {CS_AWS_INVALID_SIGNATURE, {.more = "X-Amz-Target: TrentService.Decrypt"}},
        {CS_AWS_INVALID_SIGNATURE, {.more = "x-amz-security-token: t"}},
        {CS_AWS_INVALID_SIGNATURE, {.date = "X-Amz-Date:20150830T123601Z"}},
        {CS_AWS_INVALID_SIGNATURE, {.date = "X-Amz-Date:20150830T123600"}},
        {CS_AWS_INVALID_SIGNATURE, {.date = "X-Amz-Date:20150830X123600Z"}},
        {CS_AWS_INCOMPLETE_SIGNATURE, {.date = "X-Amz-Dat:20150830T123600Z"}},
        {CS_AWS_INCOMPLETE_SIGNATURE, {.more = "X-Amz-Date:20150830T123600Z"}},
        {CS_AWS_MISSING_TOKEN, {.authorization = ""}},
        {CS_AWS_MISSING_TOKEN, {.more = "Authorization: " AUTHORIZATION}},
        {CS_AWS_INCOMPLETE_SIGNATURE, {.authorization = "Bearer x"}},
        {CS_AWS_INCOMPLETE_SIGNATURE, {.authorization = "AWS4-HMAC-SHA256 "}},
        {CS_AWS_INCOMPLETE_SIGNATURE, {.authorization = "AWS4-HMAC-SHA512 Credential=" SCOPE}},
        {CS_AWS_INCOMPLETE_SIGNATURE, {.authorization = AUTHORIZATION ", Signature=" SIGNATURE}},
        {CS_AWS_INCOMPLETE_SIGNATURE, {.authorization = AUTHORIZATION "0"}},
        {CS_AWS_INCOMPLETE_SIGNATURE, {.authorization = AUTHORIZATION ","}},
        {CS_AWS_INCOMPLETE_SIGNATURE, {.authorization = AUTHORIZATION ", More=1"}},
        {CS_AWS_INCOMPLETE_SIGNATURE,
         {.authorization = "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host;x-amz-date"}},
        {CS_AWS_INCOMPLETE_SIGNATURE, {.authorization = "AWS4-HMAC-SHA256 Credential=" SCOPE ", Signature=" SIGNATURE}},
        {CS_AWS_INCOMPLETE_SIGNATURE,
         {.authorization = "AWS4-HMAC-SHA256 SignedHeaders=host;x-amz-date, Signature=" SIGNATURE}},
        {CS_AWS_INCOMPLETE_SIGNATURE,
         {.authorization =
              "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=x-amz-date;host, Signature=" SIGNATURE}},
        {CS_AWS_INCOMPLETE_SIGNATURE,
         {.authorization =
              "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host;host;x-amz-date, Signature=" SIGNATURE}},
        {CS_AWS_INCOMPLETE_SIGNATURE,
         {.authorization =
              "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=Host;x-amz-date, Signature=" SIGNATURE}},
        {CS_AWS_INCOMPLETE_SIGNATURE,
         {.authorization = "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=, Signature=" SIGNATURE}},
        {CS_AWS_INCOMPLETE_SIGNATURE,
         {.authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4"
                           ", SignedHeaders=host;x-amz-date, Signature=" SIGNATURE}},
        {CS_AWS_INCOMPLETE_SIGNATURE,
         {.authorization = "AWS4-HMAC-SHA256 Credential=/20150830/us-east-1/service/"
                           "aws4_request, SignedHeaders=host;x-amz-date, "
                           "Signature=" SIGNATURE}},
        {CS_AWS_INVALID_SIGNATURE,
         {.authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150831/us-east-1/"
                           "service/aws4_request, SignedHeaders=host;x-amz-date, "
                           "Signature=" SIGNATURE}},
        {CS_AWS_INVALID_SIGNATURE,
         {.authorization = "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=x-amz-date, Signature=" SIGNATURE}},
        {CS_AWS_INVALID_SIGNATURE,
         {.authorization = "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host, Signature=" SIGNATURE}},
        {CS_AWS_INVALID_SIGNATURE,
         {.authorization =
              "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=absent;host;x-amz-date, Signature=" SIGNATURE}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (judge(&table[i].request) != table[i].error)
            fail_msg("row %zu: %s", i, cs_aws_error_type(judge(&table[i].request)));
}

/* Every digit of the signature counts. */
static void every_digit(void **state)
{
    (void)state;
    char text[] = AUTHORIZATION;
    char *signature = strstr(text, "Signature=") + 10;
    for (size_t i = 0; i < 64; i++) {
        char was = signature[i];
        signature[i] = was == 'a' ? 'b' : 'a';
        assert_int_equal(judge(&(struct request){.authorization = text}), CS_AWS_INVALID_SIGNATURE);
        signature[i] = was;
    }
    assert_int_equal(judge(&(struct request){.authorization = text}), CS_AWS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(rows),
                                       cmocka_unit_test(every_digit)};
    return cmocka_run_group_tests_name("signed", tests, NULL, NULL);
}
