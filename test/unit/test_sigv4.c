/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/sigv4.c with the published suite, which is read here as the text of requests; the ones that ask for a
 * path to be mended, or for a header over several lines, are refused. Then one row for each part that is not as it
 * should be. */
#include "core/sigv4.h"

#include "core/clock.h"
#include "vectors.h"

#define SUITE "sigv4/sigv4-suite.json"

/* What the suite signs after it was brought into another form, or without encoding. */
static const char *const refused[] = {
    "get-header-value-multiline",
    "get-relative-normalized",
    "get-relative-relative-unnormalized",
    "get-relative-unnormalized",
    "get-slash-dot-slash-unnormalized",
    "get-slash-normalized",
    "get-slash-pointless-dot-unnormalized",
    "get-slash-unnormalized",
    "get-slashes-unnormalized",
    "get-space-normalized",
    "get-utf8",
};

static bool is_refused(cs_slice name)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (cs_slice_is(name, refused[i]))
            return true;
    return false;
}

static cs_slice until(cs_slice *rest, const char *end)
{
    size_t n = strlen(end), i = 0;
    while (i < rest->n && !cs_slice_is(cs_slice_sub(*rest, i, n), end))
        i++;
    cs_slice found = cs_slice_sub(*rest, 0, i);
    *rest = cs_slice_sub(*rest, i + n, rest->n);
    return found;
}

struct published {
    cs_sigv4_request request;
    cs_sigv4_credentials credentials;
    cs_sigv4_header headers[CS_SIGV4_MAX_HEADERS];
};

static void read_request(struct published *p, cs_slice text)
{
    cs_sigv4_request *r = &p->request;
    cs_slice line = until(&text, "\n");
    r->method = until(&line, " ");
    r->query = until(&line, " HTTP/1.1");
    r->path = until(&r->query, "?");
    while (text.n > 0) {
        line = until(&text, "\n");
        if (line.n == 0)
            break;
        cs_sigv4_header *h = &p->headers[r->header_count++];
        if (line.p[0] == ' ') { /* goes on with the line before */
            h[-1].value.n = (size_t)(line.p + line.n - h[-1].value.p);
            r->header_count--;
            continue;
        }
        h->name = until(&line, ":");
        h->value = line.n > 0 ? line : CS_LIT("");
    }
    r->headers = p->headers;
    r->body = text;
}

static void read_case(struct published *p, yyjson_val *v)
{
    yyjson_val *context = yyjson_obj_get(v, "context"), *credentials = yyjson_obj_get(context, "credentials");
    *p = (struct published){0};
    read_request(p, vectors_text(v, "request"));
    int64_t ms;
    assert_int_equal(cs_time_read(&ms, vectors_text(context, "timestamp")), CS_OK);
    p->request.time_s = ms / 1000;
    p->request.region = vectors_text(context, "region");
    p->request.service = vectors_text(context, "service");
    p->credentials.access_key_id = vectors_text(credentials, "access_key_id");
    p->credentials.secret_access_key = vectors_text(credentials, "secret_access_key");
    /* One case sends the token without signing it. */
    if (!yyjson_get_bool(yyjson_obj_get(context, "omit_session_token")))
        p->credentials.session_token = vectors_text(credentials, "token");
}

static void add_body_digest(struct published *p, cs_slice canonical)
{
    cs_sigv4_header *h = &p->headers[p->request.header_count++];
    h->name = CS_LIT("X-Amz-Content-Sha256");
    h->value = cs_slice_sub(canonical, canonical.n - 64, 64);
}

static void published_suite(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json(SUITE);
    yyjson_val *v;
    size_t i, count, signed_count = 0, refused_count = 0;
    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, count, v)
    {
        struct published p;
        char date[CS_SIGV4_DATE] = "x", line[1024];
        uint8_t canonical[CS_SIGV4_MAX_CANONICAL];
        cs_buf value = CS_BUF_OVER(line), text = CS_BUF_OVER(canonical);
        cs_slice name = vectors_text(v, "name"), wanted = vectors_text(v, "header-canonical-request");
        read_case(&p, v);
        if (yyjson_get_bool(yyjson_obj_get(yyjson_obj_get(v, "context"), "sign_body")))
            add_body_digest(&p, wanted);
        cs_err err = cs_sigv4_sign(&value, date, &p.request, &p.credentials);
        if (is_refused(name)) {
            assert_int_equal(err, CS_BAD_FORMAT);
            assert_int_equal(value.n, 0);
            assert_string_equal(date, "");
            refused_count++;
            continue;
        }
        assert_int_equal(err, CS_OK);
        assert_int_equal(cs_sigv4_canonical(&text, &p.request, &p.credentials), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&text), wanted));
        assert_string_equal(date, "20150830T123600Z");
        cs_slice signature = vectors_text(v, "header-signature"), whole = cs_buf_slice(&value);
        assert_true(cs_slice_eq(cs_slice_sub(whole, whole.n - 64, 64), signature));
        cs_slice request = vectors_text(v, "header-signed-request");
        (void)until(&request, "\nAuthorization:");
        assert_true(cs_slice_eq(whole, until(&request, "\n")));
        signed_count++;
    }
    assert_int_equal(refused_count, sizeof refused / sizeof *refused);
    assert_int_equal(signed_count, 15);
    yyjson_doc_free(doc);
}

static const cs_sigv4_header host = {CS_LIT("Host"), CS_LIT("kms.eu-central-1.amazonaws.com")};
#define REQUEST                                                                                                        \
    .method = CS_LIT("POST"), .path = CS_LIT("/"), .headers = &host, .header_count = 1, .body = CS_LIT("{}"),          \
    .region = CS_LIT("eu-central-1"), .service = CS_LIT("kms"), .time_s = 1440938160
#define CREDENTIALS .access_key_id = CS_LIT("AKIDEXAMPLE"), .secret_access_key = CS_LIT("secret")

/* A header of each kind that is refused. */
static const cs_sigv4_header no_host[] = {{CS_LIT("x"), CS_LIT("y")}};
static const cs_sigv4_header line_end[] = {{CS_LIT("host"), CS_LIT("a\nx-amz-target:b")}};
static const cs_sigv4_header tab[] = {{CS_LIT("host"), CS_LIT("a\tb")}};
static const cs_sigv4_header eight_bits[] = {{CS_LIT("host"), CS_LIT("\xc3\xa4")}};
static const cs_sigv4_header absent_value[] = {{CS_LIT("host"), {NULL, 0}}};
static const cs_sigv4_header odd_name[] = {{CS_LIT("host"), CS_LIT("a")}, {CS_LIT("a b"), CS_LIT("c")}};
static const cs_sigv4_header colon_name[] = {{CS_LIT("host"), CS_LIT("a")}, {CS_LIT("a:b"), CS_LIT("c")}};
static const cs_sigv4_header no_name[] = {{CS_LIT("host"), CS_LIT("a")}, {CS_LIT(""), CS_LIT("c")}};
static const cs_sigv4_header own_date[] = {{CS_LIT("host"), CS_LIT("a")}, {CS_LIT("X-Amz-Date"), CS_LIT("c")}};
static const cs_sigv4_header own_token[] = {{CS_LIT("host"), CS_LIT("a")},
                                            {CS_LIT("X-Amz-Security-Token"), CS_LIT("c")}};
static const cs_sigv4_header own_value[] = {{CS_LIT("host"), CS_LIT("a")}, {CS_LIT("AUTHORIZATION"), CS_LIT("c")}};
static const cs_sigv4_header many[CS_SIGV4_MAX_HEADERS] = {
    {CS_LIT("host"), CS_LIT("a")}, {CS_LIT("b"), CS_LIT("")}, {CS_LIT("c"), CS_LIT("")}, {CS_LIT("d"), CS_LIT("")},
    {CS_LIT("e"), CS_LIT("")},     {CS_LIT("f"), CS_LIT("")}, {CS_LIT("g"), CS_LIT("")}, {CS_LIT("h"), CS_LIT("")},
    {CS_LIT("i"), CS_LIT("")},     {CS_LIT("j"), CS_LIT("")}, {CS_LIT("k"), CS_LIT("")}, {CS_LIT("l"), CS_LIT("")},
    {CS_LIT("m"), CS_LIT("")},     {CS_LIT("n"), CS_LIT("")}, {CS_LIT("o"), CS_LIT("")}, {CS_LIT("p"), CS_LIT("")}};

/* A row says what differs: a member that is set twice has its last value. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define LONG65 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void parts(void **state)
{
    (void)state;
    static const uint8_t long_secret[CS_SIGV4_MAX_SECRET + 1] = {'s'};
    static const struct {
        const char *what;
        cs_err expect;
        cs_sigv4_request r;
        cs_sigv4_credentials c;
    } rows[] = {
        {"as it should be", CS_OK, {REQUEST}, {CREDENTIALS}},
        {"a path", CS_OK, {REQUEST, .path = CS_LIT("/a/b%20c/")}, {CREDENTIALS}},
        {"a query", CS_OK, {REQUEST, .query = CS_LIT("b=2&a=%2F&a")}, {CREDENTIALS}},
        {"no path", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("")}, {CREDENTIALS}},
        {"a relative path", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("a/b")}, {CREDENTIALS}},
        {"an empty segment", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/a//b")}, {CREDENTIALS}},
        {"two slashes", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("//")}, {CREDENTIALS}},
        {"a dot", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/a/.")}, {CREDENTIALS}},
        {"two dots", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/../a")}, {CREDENTIALS}},
        {"a blank", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/a b")}, {CREDENTIALS}},
        {"a colon", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/a:b")}, {CREDENTIALS}},
        {"a query in the path", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/a?b")}, {CREDENTIALS}},
        {"a line end", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/a\nb")}, {CREDENTIALS}},
        {"half an escape", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/a%2")}, {CREDENTIALS}},
        {"an escape in lower case", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/a%2f")}, {CREDENTIALS}},
        {"an escape that is no number", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/a%2G")}, {CREDENTIALS}},
        {"an escape of a letter", CS_BAD_FORMAT, {REQUEST, .path = CS_LIT("/%41")}, {CREDENTIALS}},
        {"a plus in the query", CS_BAD_FORMAT, {REQUEST, .query = CS_LIT("a=b+c")}, {CREDENTIALS}},
        {"a second equals sign", CS_BAD_FORMAT, {REQUEST, .query = CS_LIT("a=b=c")}, {CREDENTIALS}},
        {"an empty parameter", CS_BAD_FORMAT, {REQUEST, .query = CS_LIT("a=b&&c=d")}, {CREDENTIALS}},
        {"a parameter without a name", CS_BAD_FORMAT, {REQUEST, .query = CS_LIT("=b")}, {CREDENTIALS}},
        {"nothing behind the last &", CS_BAD_FORMAT, {REQUEST, .query = CS_LIT("a=b&")}, {CREDENTIALS}},
        {"17 parameters", CS_TOO_LARGE, {REQUEST, .query = CS_LIT("a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a")}, {CREDENTIALS}},
        {"no method", CS_BAD_FORMAT, {REQUEST, .method = CS_LIT("")}, {CREDENTIALS}},
        {"a method with a blank", CS_BAD_FORMAT, {REQUEST, .method = CS_LIT("GET /")}, {CREDENTIALS}},
        {"no headers", CS_BAD_FORMAT, {REQUEST, .header_count = 0}, {CREDENTIALS}},
        {"no host", CS_BAD_FORMAT, {REQUEST, .headers = no_host}, {CREDENTIALS}},
        {"a line end in a header", CS_BAD_FORMAT, {REQUEST, .headers = line_end}, {CREDENTIALS}},
        {"a tab in a header", CS_BAD_FORMAT, {REQUEST, .headers = tab}, {CREDENTIALS}},
        {"eight bits in a header", CS_BAD_FORMAT, {REQUEST, .headers = eight_bits}, {CREDENTIALS}},
        {"a header without value", CS_BAD_FORMAT, {REQUEST, .headers = absent_value}, {CREDENTIALS}},
        {"a blank in a name", CS_BAD_FORMAT, {REQUEST, .headers = odd_name, .header_count = 2}, {CREDENTIALS}},
        {"a colon in a name", CS_BAD_FORMAT, {REQUEST, .headers = colon_name, .header_count = 2}, {CREDENTIALS}},
        {"no name", CS_BAD_FORMAT, {REQUEST, .headers = no_name, .header_count = 2}, {CREDENTIALS}},
        {"a date of the caller", CS_BAD_FORMAT, {REQUEST, .headers = own_date, .header_count = 2}, {CREDENTIALS}},
        {"a token of the caller", CS_BAD_FORMAT, {REQUEST, .headers = own_token, .header_count = 2}, {CREDENTIALS}},
        {"a signature of the caller", CS_BAD_FORMAT, {REQUEST, .headers = own_value, .header_count = 2}, {CREDENTIALS}},
        {"16 headers and the date", CS_TOO_LARGE, {REQUEST, .headers = many, .header_count = 16}, {CREDENTIALS}},
        {"15 headers and the date", CS_OK, {REQUEST, .headers = many, .header_count = 15}, {CREDENTIALS}},
        {"no region", CS_BAD_FORMAT, {REQUEST, .region = CS_LIT("")}, {CREDENTIALS}},
        {"a slash in the region", CS_BAD_FORMAT, {REQUEST, .region = CS_LIT("a/b")}, {CREDENTIALS}},
        {"a long service", CS_BAD_FORMAT, {REQUEST, .service = CS_LIT(LONG65)}, {CREDENTIALS}},
        {"no service", CS_BAD_FORMAT, {REQUEST, .service = {NULL, 0}}, {CREDENTIALS}},
        {"before 1970", CS_BAD_FORMAT, {REQUEST, .time_s = -1}, {CREDENTIALS}},
        {"after 9999", CS_BAD_FORMAT, {REQUEST, .time_s = 253402300800}, {CREDENTIALS}},
        {"far after", CS_BAD_FORMAT, {REQUEST, .time_s = INT64_MAX}, {CREDENTIALS}},
        {"no key id", CS_BAD_FORMAT, {REQUEST}, {CREDENTIALS, .access_key_id = CS_LIT("")}},
        {"a key id with a slash", CS_BAD_FORMAT, {REQUEST}, {CREDENTIALS, .access_key_id = CS_LIT("a/b")}},
        {"a key id with a line end", CS_BAD_FORMAT, {REQUEST}, {CREDENTIALS, .access_key_id = CS_LIT("a\r\nb")}},
        {"no secret", CS_BAD_FORMAT, {REQUEST}, {CREDENTIALS, .secret_access_key = CS_LIT("")}},
        {"a long secret", CS_TOO_LARGE, {REQUEST}, {CREDENTIALS, .secret_access_key = CS_ARRAY(long_secret)}},
        {"a token with a line end", CS_BAD_FORMAT, {REQUEST}, {CREDENTIALS, .session_token = CS_LIT("a\nb")}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char date[CS_SIGV4_DATE] = "x", line[1024];
        cs_buf value = CS_BUF_OVER(line);
        cs_err err = cs_sigv4_sign(&value, date, &rows[i].r, &rows[i].c);
        if (err != rows[i].expect)
            print_message("%s: %s\n", rows[i].what, cs_err_name(err));
        assert_int_equal(err, rows[i].expect);
        assert_int_equal(value.n > 0, err == CS_OK);
        assert_int_equal(date[0] != '\0', err == CS_OK);
    }
}

/* Each part that is signed, and each of the key's, changes the signature. */
static void everything_counts(void **state)
{
    (void)state;
    static const cs_sigv4_header other_host = {CS_LIT("Host"), CS_LIT("kms.eu-central-2.amazonaws.com")};
    static const struct {
        cs_sigv4_request r;
        cs_sigv4_credentials c;
    } rows[] = {
        {{REQUEST}, {CREDENTIALS}},
        {{REQUEST, .method = CS_LIT("GET")}, {CREDENTIALS}},
        {{REQUEST, .path = CS_LIT("/a")}, {CREDENTIALS}},
        {{REQUEST, .query = CS_LIT("a")}, {CREDENTIALS}},
        {{REQUEST, .headers = &other_host}, {CREDENTIALS}},
        {{REQUEST, .body = CS_LIT("{} ")}, {CREDENTIALS}},
        {{REQUEST, .region = CS_LIT("eu-central-2")}, {CREDENTIALS}},
        {{REQUEST, .service = CS_LIT("dynamodb")}, {CREDENTIALS}},
        {{REQUEST, .time_s = 1440938161}, {CREDENTIALS}},
        {{REQUEST}, {CREDENTIALS, .secret_access_key = CS_LIT("secreu")}},
        {{REQUEST}, {CREDENTIALS, .session_token = CS_LIT("t")}},
        {{REQUEST}, {CREDENTIALS, .session_token = CS_LIT("u")}},
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    char seen[COUNT][1024];
    for (size_t i = 0; i < COUNT; i++) {
        char date[CS_SIGV4_DATE];
        cs_buf value = cs_buf_over(seen[i], sizeof seen[i]);
        assert_int_equal(cs_sigv4_sign(&value, date, &rows[i].r, &rows[i].c), CS_OK);
        assert_true(value.n > 64);
        memmove(seen[i], seen[i] + value.n - 64, 64);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(seen[i], seen[j], 64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_suite),
        cmocka_unit_test(parts),
        cmocka_unit_test(everything_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
