/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/routes.h"
#include "sys/clock.h"
#include "sys/log.h"

#include "store_fixture.h"

static struct store_fixture f;
static cs_app app;
static char bearer[2][128]; /* secret, publishable */

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    app = (cs_app){.store = f.store};
    assert_int_equal(cs_auth_create_pepper(f.pepper), CS_OK);
    assert_int_equal(cs_auth_open(&app.auth, f.store, f.pepper), CS_OK);
    assert_int_equal(cs_idempotency_open(&app.idempotency, f.store), CS_OK);
    assert_int_equal(cs_store_begin(f.store), CS_OK);
    for (int i = 0; i < 2; i++) {
        CS_SECRET(text);
        cs_api_key_row row = {.publishable = i == 1, .live = true, .org = ORG};
        assert_int_equal(cs_auth_mint(&text, &row, &app.auth, 1), CS_OK);
        (void)snprintf(bearer[i], sizeof bearer[i], "Bearer %.*s", (int)text.n, (const char *)text.b);
        assert_int_equal(cs_store_put_api_key(f.store, &row), CS_OK);
    }
    assert_int_equal(cs_store_commit(f.store), CS_OK);
    assert_int_equal(cs_commit_open(&app.commit, f.store), CS_OK); /* refusals are recorded */
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    cs_commit_close(app.commit);
    cs_idempotency_close(app.idempotency);
    cs_auth_close(&app.auth);
    store_fixture_close(&f);
    return 0;
}

struct sent {
    const char *method, *path, *query;
    int key; /* 0 secret, 1 publishable, -1 none */
    const char *type, *body, *idempotency_key;
};

/* Freed by the caller. */
static cs_http_response send_request(const struct sent *s)
{
    cs_http_response rs = {.status = 500, .body = cs_buf_new(CS_MAX_ANSWER)};
    cs_http_request rq = {.method = cs_slice_str(s->method),
                          .path = cs_slice_str(s->path),
                          .body = CS_LIT(""),
                          .request_id = "request-1",
                          .arrived_us = cs_tick_us()};
    if (s->query != NULL)
        rq.query = cs_slice_str(s->query);
    if (s->key >= 0)
        rq.authorization = cs_slice_str(bearer[s->key]);
    if (s->type != NULL)
        rq.content_type = cs_slice_str(s->type);
    if (s->body != NULL)
        rq.body = cs_slice_str(s->body);
    if (s->idempotency_key != NULL)
        rq.idempotency_key = cs_slice_str(s->idempotency_key);
    cs_routes_handle(&app, &rq, &rs);
    return rs;
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        struct sent sent;
        int status;
        const char *code, *allow;
    } cases[] = {
        {{.method = "GET", .path = "/"}, 404, "NOT_FOUND", ""},
        {{.method = "GET", .path = "/v1"}, 404, "NOT_FOUND", ""},
        {{.method = "GET", .path = "/v1/sign/"}, 404, "NOT_FOUND", ""},
        {{.method = "GET", .path = "/health/"}, 404, "NOT_FOUND", ""},
        {{.method = "GET", .path = "/HEALTH"}, 404, "NOT_FOUND", ""},
        {{.method = "GET", .path = "/v1/hybrid-keys/a/b"}, 404, "NOT_FOUND", ""},
        {{.method = "GET", .path = "/v1/hybrid-keys/%61"}, 404, "NOT_FOUND", ""},
        {{.method = "GET", .path = "/v1/sign"}, 405, "METHOD_NOT_ALLOWED", "POST"},
        {{.method = "POST", .path = "/health"}, 405, "METHOD_NOT_ALLOWED", "GET, HEAD"},
        {{.method = "PUT", .path = "/v1/hybrid-keys"}, 405, "METHOD_NOT_ALLOWED", "POST, GET, HEAD"},
        {{.method = "POST", .path = "/v1/hybrid-keys/x"}, 405, "METHOD_NOT_ALLOWED", "GET, HEAD, DELETE"},
        {{.method = "get", .path = "/health"}, 405, "METHOD_NOT_ALLOWED", "GET, HEAD"},
        {{.method = "HEAD", .path = "/v1/sign"}, 405, "METHOD_NOT_ALLOWED", "POST"},
        {{.method = "POST", .path = "/v1/sign", .key = -1}, 401, "UNAUTHENTICATED", ""},
        {{.method = "POST", .path = "/v1/sign", .key = -1, .type = "text/plain"}, 401, "UNAUTHENTICATED", ""},
        {{.method = "POST", .path = "/v1/sign", .key = 1}, 403, "FORBIDDEN", ""},
        {{.method = "POST", .path = "/v1/hybrid-keys", .key = 1}, 403, "FORBIDDEN", ""},
        {{.method = "DELETE", .path = "/v1/hybrid-keys/x", .key = 1}, 403, "FORBIDDEN", ""},
        {{.method = "GET", .path = "/v1/attestation-policies", .key = 1}, 403, "FORBIDDEN", ""},
        {{.method = "POST", .path = "/v1/sign"}, 415, "BAD_MEDIA_TYPE", ""},
        {{.method = "POST", .path = "/v1/sign", .type = "application/json5"}, 415, "BAD_MEDIA_TYPE", ""},
        {{.method = "POST", .path = "/v1/sign", .type = "application/jsoncharset=utf-8"}, 415, "BAD_MEDIA_TYPE", ""},
        {{.method = "POST", .path = "/v1/sign", .type = "application/json; charset=utf-16"}, 415, "BAD_MEDIA_TYPE", ""},
        {{.method = "POST", .path = "/v1/sign", .type = "application/json"}, 400, "BAD_JSON", ""},
        {{.method = "POST", .path = "/v1/sign", .type = "application/json", .body = "7"}, 400, "BAD_JSON", ""},
        {{.method = "POST", .path = "/v1/sign", .type = "APPLICATION/JSON;charset=UTF-8", .body = "{}"},
         400,
         "MISSING_FIELD",
         ""},
        {{.method = "POST", .path = "/v1/sign", .idempotency_key = ""}, 400, "BAD_FIELD", ""},
        {{.method = "POST", .path = "/v1/sign", .idempotency_key = "k"}, 415, "BAD_MEDIA_TYPE", ""},
        {{.method = "POST", .path = "/v1/sign", .key = 1, .idempotency_key = ""}, 403, "FORBIDDEN", ""},
        {{.method = "GET", .path = "/v1/hybrid-keys", .idempotency_key = "k"}, 400, "BAD_FIELD", ""},
        {{.method = "DELETE", .path = "/v1/hybrid-keys/x", .idempotency_key = "k"}, 400, "BAD_FIELD", ""},
        {{.method = "POST", .path = "/v1/sign", .query = "a=b"}, 400, "UNKNOWN_FIELD", ""},
        {{.method = "GET", .path = "/health", .query = "verbose"}, 400, "UNKNOWN_FIELD", ""},
        {{.method = "GET", .path = "/v1/hybrid-keys", .body = "{}"}, 400, "BAD_REQUEST", ""},
        {{.method = "GET", .path = "/v1/hybrid-keys/x"}, 404, "NOT_FOUND", ""},
        {{.method = "HEAD", .path = "/v1/hybrid-keys/x"}, 404, "NOT_FOUND", ""},
        {{.method = "GET", .path = "/v1/hybrid-keys/x", .key = 1}, 404, "NOT_FOUND", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_http_response rs = send_request(&cases[i].sent);
        cs_json *json = NULL;
        assert_int_equal(rs.status, cases[i].status);
        assert_string_equal(rs.allow, cases[i].allow);
        assert_int_equal(cs_json_parse(&json, cs_buf_slice(&rs.body), CS_MAX_ANSWER), CS_OK);
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        assert_true(cs_slice_is(cs_jobj_str(&o, "code", 64), cases[i].code));
        assert_true(cs_slice_is(cs_jobj_str(&o, "requestId", 64), "request-1"));
        assert_false(cs_jobj_bool_or(&o, "success", true));
        assert_non_null(cs_jobj_str(&o, "error", 1000).p);
        assert_non_null(cs_jobj_object(&o, "details").v);
        assert_int_equal(cs_jobj_done(&o), CS_OK);
        cs_json_free(json);
        cs_buf_free(&rs.body);
    }
}

static void test_served(void **state)
{
    (void)state;
    static const struct {
        struct sent sent;
        const char *body;
    } cases[] = {
        {{.method = "GET", .path = "/health", .key = -1}, "{\"status\":\"ok\",\"version\":\"" CS_VERSION "\"}"},
        {{.method = "HEAD", .path = "/livez", .key = -1}, "{\"status\":\"ok\",\"version\":\"" CS_VERSION "\"}"},
        {{.method = "GET", .path = "/v1/hybrid-keys", .query = "limit=3"},
         "{\"success\":true,\"data\":[],\"pagination\":{\"limit\":3,\"nextCursor\":null}}"},
        {{.method = "GET", .path = "/v1/hybrid-keys", .key = 1},
         "{\"success\":true,\"data\":[],\"pagination\":{\"limit\":50,\"nextCursor\":null}}"},
        {{.method = "GET", .path = "/v1/attestation-policies", .query = "vendor=mock"},
         "{\"success\":true,\"data\":[],\"pagination\":{\"limit\":50,\"nextCursor\":null}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_http_response rs = send_request(&cases[i].sent);
        assert_int_equal(rs.status, 200);
        assert_string_equal(cs_buf_cstr(&rs.body), cases[i].body);
        cs_buf_free(&rs.body);
    }
}

/* What is urgent has an account of its own. */
static void test_accounts(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        bool urgent;
    } rows[] = {
        {"POST", "/v1/sign", false},
        {"GET", "/v1/hybrid-keys", false},
        {"GET", "/nowhere", false},
        {"POST", "/v1/hybrid-keys/x/resume", false},
        {"DELETE", "/v1/policies/x", false},
        {"POST", "/v1/verify", true},
        {"DELETE", "/v1/hybrid-keys/x", true},
        {"POST", "/v1/hybrid-keys/x/suspend", true},
        {"DELETE", "/v1/api-keys/x", true},
        {"DELETE", "/v1/keys/x", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const cs_http_request rq = {.method = cs_slice_str(rows[i].method), .path = cs_slice_str(rows[i].path)};
        assert_int_equal(cs_routes_account(&app, &rq) != 0, rows[i].urgent);
    }
}

static void test_pools(void **state)
{
    (void)state;
    cs_http_request rq = {.method = CS_LIT("GET"), .path = CS_LIT("/health")};
    assert_int_equal(cs_routes_classify(&app, &rq), CS_POOL_LOOP);
    rq.path = CS_LIT("/readyz");
    assert_int_equal(cs_routes_classify(&app, &rq), CS_POOL_IO);
    rq.path = CS_LIT("/nowhere");
    assert_int_equal(cs_routes_classify(&app, &rq), CS_POOL_IO);
    rq.method = CS_LIT("POST");
    rq.path = CS_LIT("/v1/sign/batch");
    assert_int_equal(cs_routes_classify(&app, &rq), CS_POOL_IO);
    rq.path = CS_LIT("/v1/sign");
    assert_int_equal(cs_routes_classify(&app, &rq), CS_POOL_TEAM);
    rq.idempotency_key = CS_LIT("once"); /* it may have to wait for another: nobody waits with it */
    assert_int_equal(cs_routes_classify(&app, &rq), CS_POOL_IO);
}

static void test_errors_of_the_server(void **state)
{
    (void)state;
    cs_buf b = cs_buf_new(1000);
    cs_routes_error_body(&b, CS_BODY_TOO_LARGE, &(cs_http_request){.request_id = "r"});
    assert_non_null(strstr(cs_buf_cstr(&b), "\"code\":\"BODY_TOO_LARGE\",\"requestId\":\"r\""));
    cs_buf_clear(&b);
    cs_routes_error_body(&b, CS_BODY_TOO_LARGE,
                         &(cs_http_request){.request_id = "r", .path = CS_LIT("/v1/sign/hybrid")});
    assert_non_null(strstr(cs_buf_cstr(&b), "{\"error\":{\"code\":\"GEN_001\""));
    cs_buf_clear(&b); /* of a path of that door, whatever the method */
    cs_routes_error_body(&b, CS_OVERLOADED,
                         &(cs_http_request){.request_id = "r", .method = CS_LIT("PUT"), .path = CS_LIT("/v1/keys/x")});
    assert_non_null(strstr(cs_buf_cstr(&b), "{\"error\":{\"code\":\"GEN_002\""));
    cs_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refused, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_served, open_all, close_all),
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_errors_of_the_server),
    };
    cs_log_open("test", CS_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
