/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/call.h"

#include "store_fixture.h"

static struct store_fixture f;
static cs_app app;
static cs_http_request rq;
static cs_http_response rs;
static cs_claim claim;
static cs_call call;

static int open_all(void **state)
{
    (void)state;
    store_fixture_open(&f);
    app = (cs_app){.store = f.store};
    rq = (cs_http_request){.body = CS_LIT("")};
    rs = (cs_http_response){.body = cs_buf_new(4096), .headers = cs_buf_new(4096)};
    claim = (cs_claim){.scope = {1}, .body = {2}};
    call = (cs_call){.app = &app, .rq = &rq, .rs = &rs, .status = 200};
    (void)snprintf(call.caller.realm, sizeof call.caller.realm, ORG);
    (void)snprintf(call.caller.key_id, sizeof call.caller.key_id, "ak_1");
    return cs_commit_open(&app.commit, f.store) == CS_OK ? 0 : 1;
}

static int close_all(void **state)
{
    (void)state;
    cs_commit_close(app.commit);
    cs_buf_free(&rs.body);
    cs_buf_free(&rs.headers);
    store_fixture_close(&f);
    return 0;
}

/* -- the request --------------------------------------------------------------------------------------------------- */

static void test_body(void **state)
{
    (void)state;
    static const struct {
        const char *type, *body;
        cs_err err, optional; /* of cs_call_body and cs_call_body_opt */
    } cases[] = {
        {NULL, "", CS_BAD_MEDIA_TYPE, CS_OK},
        {"application/json", "", CS_BAD_JSON, CS_OK},
        {"text/plain", "", CS_BAD_MEDIA_TYPE, CS_OK},
        {"text/plain", "{}", CS_BAD_MEDIA_TYPE, CS_BAD_MEDIA_TYPE},
        {NULL, "{}", CS_BAD_MEDIA_TYPE, CS_BAD_MEDIA_TYPE},
        {"application/json", "{", CS_BAD_JSON, CS_BAD_JSON},
        {"application/json", "[]", CS_BAD_JSON, CS_BAD_JSON},
        {"application/json", "{}", CS_OK, CS_OK},
        {"application/json; charset=utf-8", "{}", CS_OK, CS_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_json *json;
        cs_jobj o;
        rq.content_type = cases[i].type != NULL ? cs_slice_str(cases[i].type) : CS_ABSENT;
        rq.body = cs_slice_str(cases[i].body);
        assert_int_equal(cs_call_body(&call, &json, &o), cases[i].err);
        cs_json_free(json);
        assert_int_equal(cs_call_body_opt(&call, &json, &o), cases[i].optional);
        if (cases[i].optional == CS_OK)
            assert_int_equal(cs_call_body_done(&call, &o), CS_OK);
        cs_json_free(json);
    }
}

static void test_keys_of_the_caller(void **state)
{
    (void)state;
    assert_true(cs_call_may_use(&call, "key_1"));
    call.caller.key_id_count = 1;
    (void)snprintf(call.caller.key_ids[0], sizeof call.caller.key_ids[0], "key_1");
    assert_true(cs_call_may_use(&call, "key_1"));
    assert_false(cs_call_may_use(&call, "key_2"));
}

static void test_headers(void **state)
{
    (void)state;
    char value[257];
    memset(value, 'x', sizeof value);
    value[255] = '\0';
    cs_call_header(&call, "X-A", "%d of %s", 1, "two");
    assert_true(cs_slice_is(cs_buf_slice(&rs.headers), "X-A: 1 of two\r\n"));
    cs_call_header(&call, "X-B", "%s", value);
    assert_int_equal(rs.headers.err, CS_OK);
    value[255] = 'x';
    value[256] = '\0';
    cs_call_header(&call, "X-C", "%s", value);
    assert_int_equal(rs.headers.err, CS_INTERNAL);
    cs_buf_clear(&rs.headers);
    cs_call_header(&call, "X-D", "%s", "a\r\nX-E: b");
    assert_int_equal(rs.headers.err, CS_INTERNAL);
}

/* -- changes ------------------------------------------------------------------------------------------------------- */

struct answering {
    const cs_write *write;
    int called;
    cs_err fails;
};

static void answer(void *context, cs_jw *w)
{
    struct answering *a = context;
    a->called++;
    cs_jw_begin(w, "data");
    cs_jw_int(w, "seq", (int64_t)a->write->seq);
    cs_jw_cstr(w, "entryId", a->write->entry_id);
    cs_jw_end(w);
    if (a->fails != CS_OK)
        w->out->err = a->fails;
}

static cs_write event(const char *subject)
{
    return (cs_write){.event_type = "custom.event", .subject_id = cs_slice_str(subject), .data = CS_LIT("{}")};
}

static uint64_t entries(void)
{
    cs_head head;
    cs_err err = cs_store_head(f.store, &head, CS_LIT(ORG));
    assert_true(err == CS_OK || err == CS_NOT_FOUND);
    return err == CS_OK ? head.tree.size : 0;
}

/* CS_NOT_FOUND, or what is kept for the claim. */
static cs_err kept(cs_idempotency_row *row)
{
    return cs_store_get_idempotency(f.store, row, claim.scope);
}

static void test_commit_and_answer(void **state)
{
    (void)state;
    cs_write w = event("one");
    struct answering a = {.write = &w};
    cs_jw out = cs_jw_on(&rs.body);
    cs_idempotency_row row;
    cs_jw_bool(&out, "success", true);
    assert_int_equal(cs_call_commit(&call, &out, &w, 1, answer, &a), CS_OK);
    assert_int_equal(a.called, 1);
    assert_true(cs_slice_is(w.org, ORG) && cs_slice_is(w.actor_id, "ak_1"));
    assert_true(
        cs_slice_starts(cs_buf_slice(&rs.body), CS_LIT("\"success\":true,\"data\":{\"seq\":0,\"entryId\":\"ent_")));
    assert_int_equal(kept(&row), CS_NOT_FOUND);

    w.data = CS_ABSENT; /* it grew too large */
    assert_int_equal(cs_call_commit(&call, &out, &w, 1, answer, &a), CS_INTERNAL);
    assert_int_equal(a.called, 1);
    assert_int_equal(entries(), 1);
}

static void test_answer_is_kept(void **state)
{
    (void)state;
    cs_write w = event("one");
    struct answering a = {.write = &w};
    cs_jw out = cs_jw_on(&rs.body);
    cs_idempotency_row row;
    call.claim = &claim;
    call.status = 201;
    assert_int_equal(cs_call_commit(&call, NULL, &w, 1, NULL, NULL), CS_OK); /* a record: no answer to keep */
    assert_int_equal(kept(&row), CS_NOT_FOUND);
    assert_int_equal(cs_call_commit(&call, &out, &w, 1, answer, &a), CS_OK);
    assert_int_equal(kept(&row), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&row.answer), cs_buf_slice(&rs.body)));
    assert_memory_equal(row.body, claim.body, sizeof row.body);
    assert_int_equal(row.status, 201);
    assert_false(row.secret);
    cs_idempotency_row_free(&row);
    assert_int_equal(entries(), 2);
    /* twice under one key: the second would have two answers */
    assert_int_equal(cs_call_commit(&call, &out, &w, 1, answer, &a), CS_CONFLICT);
    assert_int_equal(entries(), 2);
}

static void test_secret_is_not_kept(void **state)
{
    (void)state;
    cs_write w = event("one");
    struct answering a = {.write = &w};
    cs_jw out = cs_jw_on(&rs.body);
    cs_idempotency_row row;
    call.claim = &claim;
    call.secret_answer = true;
    assert_int_equal(cs_call_commit(&call, &out, &w, 1, answer, &a), CS_OK);
    assert_int_equal(a.called, 1);
    assert_int_equal(kept(&row), CS_OK);
    assert_true(row.secret);
    assert_int_equal(row.answer.n, 0);
    cs_idempotency_row_free(&row);
}

static void test_answer_that_fails(void **state)
{
    (void)state;
    cs_write w = event("one");
    struct answering a = {.write = &w, .fails = CS_TOO_LARGE};
    cs_jw out = cs_jw_on(&rs.body);
    cs_idempotency_row row;
    call.claim = &claim;
    assert_int_equal(cs_call_commit(&call, &out, &w, 1, answer, &a), CS_TOO_LARGE);
    assert_int_equal(entries(), 0);
    assert_int_equal(kept(&row), CS_NOT_FOUND);
}

/* All or none, or each by itself; with and without something to keep. */
static void test_groups(void **state)
{
    (void)state;
    static const struct {
        bool each, keeps;
        cs_err err;
        uint64_t entries;
    } cases[] = {
        {false, false, CS_BAD_JSON, 0}, {false, true, CS_BAD_JSON, 0}, {true, false, CS_OK, 2}, {true, true, CS_OK, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_write w[] = {event("one"), event("two"), event("three")};
        struct answering a = {.write = &w[0]};
        cs_jw out = cs_jw_on(&rs.body);
        cs_idempotency_row row;
        w[1].data = CS_LIT("[]");
        call.claim = cases[i].keeps ? &claim : NULL;
        assert_int_equal((cases[i].each ? cs_call_commit_each : cs_call_commit)(&call, &out, w, 3, answer, &a),
                         cases[i].err);
        assert_int_equal(entries(), cases[i].entries);
        assert_int_equal(a.called, cases[i].err != CS_OK ? 0 : cases[i].keeps ? 2 : 1);
        assert_int_equal(w[1].err, CS_BAD_JSON);
        assert_int_equal(w[2].err, cases[i].err);
        assert_int_equal(kept(&row), cases[i].keeps && cases[i].each ? CS_OK : CS_NOT_FOUND);
        if (cases[i].keeps && cases[i].each)
            cs_idempotency_row_free(&row);
    }
    cs_write one = event("one");
    struct answering a = {.write = &one};
    cs_jw out = cs_jw_on(&rs.body);
    one.data = CS_LIT("[]");
    claim.scope[0]++;
    assert_int_equal(cs_call_commit_each(&call, &out, &one, 1, answer, &a), CS_OK); /* its error is its own */
    assert_int_equal(one.err, CS_BAD_JSON);
    cs_idempotency_row row;
    assert_int_equal(kept(&row), CS_NOT_FOUND); /* nothing was written */
    assert_int_equal(cs_call_commit_each(&call, &out, &one, 0, answer, &a), CS_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_body, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_keys_of_the_caller, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_headers, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_commit_and_answer, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_answer_is_kept, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_secret_is_not_kept, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_answer_that_fails, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_groups, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
