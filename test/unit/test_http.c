/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include "http_reply.h"

#include "core/limits.h"

static const char *const common_fields[] = {
    "\r\nDate: ",
    "\r\nContent-Length: ",
    "\r\nX-Request-Id: ",
    "\r\nCache-Control: no-store\r\n",
    "\r\nX-Content-Type-Options: nosniff\r\n",
};

static void expect_common_fields(const reply *r)
{
    for (size_t i = 0; i < sizeof common_fields / sizeof *common_fields; i++)
        if (strstr(r->head, common_fields[i]) == NULL)
            fail_msg("no %s in %s", common_fields[i], r->head);
}

static void a_connection_serves_many_requests(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    for (int i = 0; i < 50; i++) {
        send_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
        reply r = read_reply(fd, true);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body, "hello");
        expect_common_fields(&r);
        assert_non_null(strstr(r.head, "\r\nContent-Type: application/json\r\n"));
        assert_null(strstr(r.head, "Connection: close"));
        free(r.body);
        send_text(fd, GET("/nowhere"));
        expect_reply(fd, 404, "/nowhere");
        send_text(fd, GET("/id"));
        expect_reply(fd, 200, NULL);
    }
    send_text(fd, "GET /x HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    reply r = read_reply(fd, true);
    assert_non_null(strstr(r.head, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(r.head, "\r\nContent-Type: text/plain\r\n"));
    free(r.body);
    expect_end(fd);
    stop(&f);
}

static void head_is_answered_without_body(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    send_text(fd, "HEAD /nowhere HTTP/1.1\r\n" HOST "\r\n");
    reply r = read_reply(fd, false);
    assert_int_equal(r.status, 404);
    assert_int_equal(r.n, strlen("/nowhere"));
    send_text(fd, GET("/nowhere"));
    expect_reply(fd, 404, "/nowhere");
    (void)close(fd);
    stop(&f);
}

static void request_ids_are_kept_or_made(void **state)
{
    static const struct {
        const char *sent, *want; /* want NULL: 32 hex digits */
    } cases[] = {
        {"X-Request-Id: my id-7\r\n", "my id-7"},
        {"", NULL},
        {"X-Request-Id:\r\n", NULL},
        {"X-Request-Id: "
         "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
         "90123456789012345678\r\n",
         NULL},
    };
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512], field[200];
        (void)snprintf(text, sizeof text, "GET /id HTTP/1.1\r\n" HOST "%s\r\n", cases[i].sent);
        send_text(fd, text);
        reply r = read_reply(fd, true);
        assert_int_equal(r.status, 200);
        if (cases[i].want != NULL)
            assert_string_equal(r.body, cases[i].want);
        else
            assert_int_equal(strspn(r.body, "0123456789abcdef"), 32);
        (void)snprintf(field, sizeof field, "\r\nX-Request-Id: %s\r\n", r.body);
        assert_non_null(strstr(r.head, field));
        free(r.body);
    }
    (void)close(fd);
    stop(&f);
}

static void refusals_are_json_and_close(void **state)
{
    static const struct {
        const char *sent;
        int status;
        const char *code;
    } cases[] = {
        {"GET /x HTTP/1.1\nHost: a\n\n", 400, "BAD_REQUEST"},
        {"GET /x HTTP/1.0\r\n\r\n", 400, "BAD_REQUEST"},
        {"\x16\x03\x01\x02", 400, "BAD_REQUEST"},
        {"GET /x HTTP/1.1\r\n\r\n", 400, "BAD_REQUEST"},
        {"POST /echo HTTP/1.1\r\n" HOST "\r\n", 400, "BAD_REQUEST"},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
         "BAD_REQUEST"},
        {GET("/x") GET("/y"), 400, "BAD_REQUEST"},
        {"BREW /x HTTP/1.1\r\n" HOST "\r\n", 405, "METHOD_NOT_ALLOWED"},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1048577\r\n\r\nabc", 413, "BODY_TOO_LARGE"},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n", 413,
         "BODY_TOO_LARGE"},
    };
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = dial(&f);
        send_text(fd, cases[i].sent);
        reply r = read_reply(fd, true);
        assert_int_equal(r.status, cases[i].status);
        assert_non_null(strstr(r.body, cases[i].code));
        expect_common_fields(&r);
        assert_non_null(strstr(r.head, "\r\nConnection: close\r\n"));
        assert_int_equal(strstr(r.head, "\r\nAllow: GET") != NULL, r.status == 405);
        free(r.body);
        expect_end(fd);
    }
    stop(&f);
}

/* The whole refused upload is swallowed, so that the client lives to read the refusal. */
static void an_oversize_upload_still_gets_its_answer(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    static char block[1 << 16];
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    send_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2097152\r\n\r\n");
    for (int i = 0; i < 32; i++)
        assert_true(send_bytes(fd, block, sizeof block));
    expect_reply(fd, 413, "BODY_TOO_LARGE");
    expect_end(fd);
    stop(&f);
}

static void a_broken_answer_is_an_internal_error(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    send_text(fd, GET("/broken"));
    expect_reply(fd, 500, "INTERNAL");
    (void)close(fd);
    stop(&f);
}

static void a_request_says_where_it_came_from(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    send_text(fd, GET("/address"));
    expect_reply(fd, 200, "127.0.0.1");
    (void)close(fd);
    stop(&f);
}

/* Also where the server itself refuses: other paths have other words for it. */
static void a_refusal_knows_the_path(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    send_text(fd, "POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n");
    expect_reply(fd, 413, "\"path\":\"/large\"");
    (void)close(fd);
    fd = dial(&f);
    send_text(fd, "GET / HTTP/1.1\r\nHost: x\r\n a: folded\r\n\r\n");
    expect_reply(fd, 400, "BAD_REQUEST");
    (void)close(fd);
    stop(&f);
}

/* Sends `begin` at once and then a byte at a time until the server has had enough; the status of its answer. */
static int drip(const fixture *f, const char *begin)
{
    int fd = dial(f);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    if (send_bytes(fd, begin, strlen(begin)))
        while (poll(&readable, 1, 10) == 0 && send_bytes(fd, "a", 1))
            ;
    reply r = read_reply(fd, true);
    if (r.status != 0)
        assert_non_null(strstr(r.body, "REQUEST_TIMEOUT"));
    free(r.body);
    expect_end(fd);
    return r.status;
}

static void slow_requests_are_cut_off(void **state)
{
    static const char *const begins[] = {
        "G",
        "GET /",
        "GET /x HTTP/1.1\r\n" HOST "X: ",
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n",
    };
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    config.head_timeout_ms = config.body_timeout_ms = 100;
    start(&f, &config);
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        int status = 0;
        while (status == 0) /* on a busy machine not even our first byte may be there in time */
            status = drip(&f, begins[i]);
        assert_int_equal(status, 408);
    }
    expect_end(dial(&f)); /* who has sent nothing is told nothing */
    stop(&f);
}

static void idle_connections_are_closed(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    config.idle_timeout_ms = 100;
    start(&f, &config);
    int fd = dial(&f);
    send_text(fd, GET("/id"));
    expect_reply(fd, 200, NULL);
    expect_end(fd);
    stop(&f);
}

static void the_cap_holds_connections_back(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    config.max_connections = 2;
    start(&f, &config);
    int first = dial(&f), second = dial(&f);
    send_text(first, GET("/id"));
    expect_reply(first, 200, NULL);
    send_text(second, GET("/id"));
    expect_reply(second, 200, NULL);

    int third = dial(&f);
    struct pollfd readable = {.fd = third, .events = POLLIN};
    send_text(third, GET("/id"));
    send_text(first, GET("/id"));
    expect_reply(first, 200, NULL);
    assert_int_equal(poll(&readable, 1, 50), 0);
    (void)close(first);
    expect_reply(third, 200, NULL);
    (void)close(second);
    (void)close(third);
    stop(&f);
}

static void a_full_queue_is_answered_503(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    config.io_threads = 1;
    config.queue_length = 1;
    config.queue_age_ms = 3600000;
    start(&f, &config);
    int busy = dial(&f);
    send_text(busy, GET("/wait"));
    (void)sem_wait(&handler_entered);

    struct pollfd two[2] = {{.fd = dial(&f), .events = POLLIN}, {.fd = dial(&f), .events = POLLIN}};
    send_text(two[0].fd, GET("/wait"));
    send_text(two[1].fd, GET("/wait"));
    assert_int_equal(poll(two, 2, PATIENCE_S * 1000), 1);
    int shed = two[0].revents != 0 ? 0 : 1;
    reply r = read_reply(two[shed].fd, true);
    assert_int_equal(r.status, 503);
    assert_non_null(strstr(r.body, "OVERLOADED"));
    assert_non_null(strstr(r.head, "\r\nRetry-After: "));
    free(r.body);
    /* What runs on the loop is not concerned, and the connection goes on. */
    send_text(two[shed].fd, GET("/id"));
    expect_reply(two[shed].fd, 200, NULL);

    (void)sem_post(&handler_let_go);
    (void)sem_post(&handler_let_go);
    expect_reply(busy, 200, "waited");
    expect_reply(two[1 - shed].fd, 200, "waited");
    (void)close(busy);
    (void)close(two[0].fd);
    (void)close(two[1].fd);
    stop(&f);
}

/* Puts a handler on the only worker; where even this request waited too long, it asks again. */
static void occupy_worker(int fd)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    send_text(fd, GET("/wait"));
    while (sem_trywait(&handler_entered) != 0) {
        if (poll(&readable, 1, 1) == 0)
            continue;
        expect_reply(fd, 503, "OVERLOADED");
        send_text(fd, GET("/wait"));
    }
}

static void an_old_request_is_answered_503(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    config.io_threads = 1;
    config.queue_age_ms = 50;
    start(&f, &config);
    int busy = dial(&f), waiting = dial(&f);
    occupy_worker(busy);
    send_text(waiting, GET("/wait"));
    expect_reply(waiting, 503, "OVERLOADED"); /* while the worker is still stuck */
    (void)sem_post(&handler_let_go);
    expect_reply(busy, 200, "waited");
    (void)close(busy);
    (void)close(waiting);
    stop(&f);
}

static void memory_in_flight_is_bounded(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    static char part[400000];
    (void)state;
    config.memory_mib = 1;
    start(&f, &config);
    int first = dial(&f), second = dial(&f);
    send_text(first, "POST /wait HTTP/1.1\r\n" HOST "Content-Length: 400000\r\n\r\n");
    assert_true(send_bytes(first, part, sizeof part));
    (void)sem_wait(&handler_entered);
    send_text(second, "POST /wait HTTP/1.1\r\n" HOST "Content-Length: 700000\r\n\r\n");
    expect_reply(second, 503, "OVERLOADED");
    expect_end(second);
    (void)sem_post(&handler_let_go);
    expect_reply(first, 200, "waited");
    send_text(first, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na");
    expect_reply(first, 200, "a");
    (void)close(first);
    stop(&f);
}

static void a_client_may_go_while_its_request_runs(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    struct linger reset = {1, 0};
    (void)state;
    start(&f, &config);
    for (int i = 0; i < 4; i++) {
        int fd = dial(&f);
        send_text(fd, GET("/wait"));
        (void)sem_wait(&handler_entered);
        if (i % 2 == 0)
            assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
        (void)close(fd);
        /* Another request comes behind the reset on the loop. */
        fd = dial(&f);
        send_text(fd, GET("/id"));
        expect_reply(fd, 200, NULL);
        (void)sem_post(&handler_let_go);
        send_text(fd, GET("/nowhere"));
        expect_reply(fd, 404, NULL);
        (void)close(fd);
    }
    stop(&f);
}

static void a_half_closed_client_gets_its_answer(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    send_text(fd, GET("/wait"));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    (void)sem_wait(&handler_entered);
    (void)sem_post(&handler_let_go);
    expect_reply(fd, 200, "waited");
    expect_end(fd);
    stop(&f);
}

static void bytes_behind_a_running_request_are_not_served(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f), other = dial(&f);
    send_text(fd, GET("/wait"));
    (void)sem_wait(&handler_entered);
    send_text(fd, GET("/id"));
    send_text(other, GET("/id")); /* so that the loop has seen the bytes before */
    expect_reply(other, 200, NULL);
    (void)sem_post(&handler_let_go);
    expect_reply(fd, 200, "waited");
    expect_end(fd);
    (void)close(other);
    stop(&f);
}

static void the_largest_body_makes_the_round_trip(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    char *body = malloc(CS_MAX_BODY);
    assert_non_null(body);
    for (size_t i = 0; i < CS_MAX_BODY; i++)
        body[i] = (char)(i * 31);
    start(&f, &config);
    int fd = dial(&f);
    send_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n");
    assert_true(send_bytes(fd, body, CS_MAX_BODY));
    reply r = read_reply(fd, true);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.n, CS_MAX_BODY);
    assert_memory_equal(r.body, body, CS_MAX_BODY);
    free(r.body);
    free(body);
    (void)close(fd);
    stop(&f);
}

static void a_body_is_asked_for_once_the_head_is_accepted(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    send_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    reply r = read_reply(fd, false);
    assert_int_equal(r.status, 100);
    send_text(fd, "abc");
    expect_reply(fd, 200, "abc");
    (void)close(fd);
    stop(&f);
}

/* A client that does not read its answer holds its place for the deadline only: the next one gets it. */
static void a_client_that_does_not_read_is_cut_off(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    config.max_connections = 1;
    config.body_timeout_ms = 200;
    start(&f, &config);
    int lazy = dial_with(&f, 4096);
    send_text(lazy, GET("/large"));
    int next = dial(&f);
    send_text(next, GET("/id"));
    expect_reply(next, 200, NULL);
    (void)close(next);
    (void)close(lazy);
    stop(&f);
}

static void stopping_answers_what_runs(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    start(&f, &config);
    int idle = dial(&f), busy = dial(&f), fresh = dial(&f);
    send_text(idle, GET("/id"));
    expect_reply(idle, 200, NULL);
    send_text(busy, GET("/wait"));
    (void)sem_wait(&handler_entered);
    cs_http_stop(f.server);
    expect_end(idle);
    expect_end(fresh);
    (void)sem_post(&handler_let_go);
    reply r = read_reply(busy, true);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.head, "\r\nConnection: close\r\n"));
    free(r.body);
    expect_end(busy);
    stop(&f);
}

static void closing_without_running_is_clean(void **state)
{
    fixture f;
    cs_http_config config = base_config();
    (void)state;
    assert_int_equal(cs_http_open(&f.server, &config), CS_OK);
    int fd = dial(&f);
    cs_http_close(f.server);
    expect_end(fd);
    cs_http_close(NULL);
}

static void unusable_configurations_are_refused(void **state)
{
    static const char *const addresses[] = {
        "0.0.0.0:0",   "[::]:0",   "192.0.2.1:0",     "127.0.0.1",    "127.0.0.1:", ":8080", "",
        "127.0.0.1:x", "::1:8080", "127.0.0.1:99999", "127.0.0.1:0 ", "[::1]",      "[]:0",  NULL,
    };
    cs_http_server *s = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        cs_http_config config = base_config();
        config.listen = addresses[i];
        if (cs_http_open(&s, &config) != CS_CONFIG)
            fail_msg("%s was taken", addresses[i] != NULL ? addresses[i] : "no address");
        assert_null(s);
    }
    cs_http_config config = base_config();
    config.handle = NULL;
    assert_int_equal(cs_http_open(&s, &config), CS_CONFIG);
    config = base_config();
    config.queue_age_ms = -1;
    assert_int_equal(cs_http_open(&s, &config), CS_CONFIG);
    config = base_config();
    config.tls_cert = "cert.pem";
    assert_int_equal(cs_http_open(&s, &config), CS_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_serves_many_requests),
        cmocka_unit_test(head_is_answered_without_body),
        cmocka_unit_test(request_ids_are_kept_or_made),
        cmocka_unit_test(refusals_are_json_and_close),
        cmocka_unit_test(an_oversize_upload_still_gets_its_answer),
        cmocka_unit_test(a_broken_answer_is_an_internal_error),
        cmocka_unit_test(a_request_says_where_it_came_from),
        cmocka_unit_test(a_refusal_knows_the_path),
        cmocka_unit_test(slow_requests_are_cut_off),
        cmocka_unit_test(idle_connections_are_closed),
        cmocka_unit_test(the_cap_holds_connections_back),
        cmocka_unit_test(a_full_queue_is_answered_503),
        cmocka_unit_test(an_old_request_is_answered_503),
        cmocka_unit_test(memory_in_flight_is_bounded),
        cmocka_unit_test(a_client_may_go_while_its_request_runs),
        cmocka_unit_test(a_half_closed_client_gets_its_answer),
        cmocka_unit_test(bytes_behind_a_running_request_are_not_served),
        cmocka_unit_test(the_largest_body_makes_the_round_trip),
        cmocka_unit_test(a_body_is_asked_for_once_the_head_is_accepted),
        cmocka_unit_test(a_client_that_does_not_read_is_cut_off),
        cmocka_unit_test(stopping_answers_what_runs),
        cmocka_unit_test(closing_without_running_is_clean),
        cmocka_unit_test(unusable_configurations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
