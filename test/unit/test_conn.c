/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* Answers that handlers shape: fields of their own, and streams. */
#include "http_reply.h"

#include <stdatomic.h>

#include "core/limits.h"
#include "sys/clock.h"

#define MUCH (32u << 20) /* more than two sockets hold */

/* What the streams tell: the first news_n bytes, then nothing until there are more. */
static char *news;
static atomic_size_t news_n, told_at_close;
static atomic_bool over, stuck;
static sem_t closed, filling, go_on;

typedef struct teller {
    cs_http_stream stream;
    size_t told;
} teller;

static cs_err fill(cs_http_stream *stream, cs_buf *out, size_t max)
{
    teller *t = (teller *)stream;
    size_t n = atomic_load(&news_n) - t->told;
    if (t->told == 0 && atomic_exchange(&stuck, false)) { /* what comes meanwhile is not seen */
        (void)sem_post(&filling);
        (void)sem_wait(&go_on);
    }
    if (n > max)
        n = max;
    cs_buf_add(out, cs_slice_of(news + t->told, n));
    t->told += n;
    if (n == 0 && stream->quiet)
        cs_buf_add_str(out, ":\n");
    return atomic_load(&over) ? CS_IO : CS_OK;
}

static void close_teller(cs_http_stream *stream)
{
    atomic_store(&told_at_close, ((teller *)stream)->told);
    free(stream);
    (void)sem_post(&closed);
}

static void add_fields(cs_http_response *rs, cs_slice path)
{
    static const struct {
        const char *path, *name, *value;
    } fields[] = {
        {"/field", "X-Own", "a value; b=\"c\""},  {"/field-name", "X Own", "a"},
        {"/field-colon", "X-Own:", "a"},          {"/field-empty", "", "a"},
        {"/field-split", "X-Own", "a\r\nX: b"},   {"/field-8-bit", "X-Own", "\xc3\xa4"},
        {"/field-length", "Content-Length", "3"}, {"/field-connection", "connection", "close"},
    };
    static char large[CS_MAX_ANSWER_FIELDS];
    memset(large, 'x', sizeof large - 1);
    if (cs_slice_is(path, "/field-large"))
        cs_http_header(rs, "X-Own", large);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (cs_slice_is(path, fields[i].path))
            cs_http_header(rs, fields[i].name, fields[i].value);
}

static void handle_more(void *app, const cs_http_request *rq, cs_http_response *rs)
{
    (void)app;
    rs->status = 200;
    add_fields(rs, rq->path);
    if (cs_slice_starts(rq->path, CS_LIT("/stream"))) {
        teller *t = calloc(1, sizeof *t);
        t->stream = (cs_http_stream){.fill = fill, .close = close_teller};
        rs->stream = &t->stream;
        rs->content_type = "text/event-stream";
        if (cs_slice_is(rq->path, "/stream-refused"))
            rs->status = 403;
    } else if (cs_slice_is(rq->path, "/cached")) {
        rs->cache_control = "max-age=60";
    } else if (cs_slice_is(rq->path, "/read")) {
        const cs_slice read[] = {rq->method, rq->cookie, rq->csrf, rq->last_event_id, rq->body};
        for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
            cs_buf_add_u8(&rs->body, '<');
            cs_buf_add(&rs->body, read[i]);
            cs_buf_add_u8(&rs->body, '>');
        }
        cs_buf_add_str(&rs->body, rq->peer_sha256);
    }
}

static cs_http_config stream_config(void)
{
    cs_http_config config = base_config();
    config.handle = handle_more;
    return config;
}

static int reset(void **state)
{
    (void)state;
    news = calloc(1, MUCH);
    atomic_store(&news_n, 0);
    atomic_store(&over, false);
    atomic_store(&stuck, false);
    (void)sem_init(&closed, 0, 0);
    (void)sem_init(&filling, 0, 0);
    (void)sem_init(&go_on, 0, 0);
    return news != NULL ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    free(news);
    return 0;
}

static void tell(const fixture *f, const char *text)
{
    size_t n = atomic_load(&news_n);
    memcpy(news + n, text, strlen(text));
    atomic_store(&news_n, n + strlen(text));
    cs_http_wake_streams(f->server);
}

static void expect_bytes(int fd, const char *text)
{
    for (; *text != '\0'; text++) {
        char c;
        assert_int_equal(recv(fd, &c, 1, 0), 1);
        assert_int_equal(c, *text);
    }
}

static int open_stream(const fixture *f)
{
    int fd = dial(f);
    send_text(fd, GET("/stream"));
    reply r = read_reply(fd, false);
    if (r.status == 503) { /* on a busy machine even this may wait too long for a worker */
        (void)close(fd);
        return open_stream(f);
    }
    assert_int_equal(r.status, 200);
    assert_null(strstr(r.head, "Content-Length"));
    assert_non_null(strstr(r.head, "\r\nContent-Type: text/event-stream\r\n"));
    assert_non_null(strstr(r.head, "\r\nConnection: close\r\n"));
    return fd;
}

static void a_stream_goes_on_until_it_ends(void **state)
{
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    start(&f, &config);
    int one = open_stream(&f);
    tell(&f, "data: 1\n\n");
    expect_bytes(one, "data: 1\n\n");
    int two = open_stream(&f);
    expect_bytes(two, "data: 1\n\n");
    for (int i = 0; i < 50; i++) {
        tell(&f, "more");
        expect_bytes(one, "more");
        expect_bytes(two, "more");
    }
    atomic_store(&over, true);
    cs_http_wake_streams(f.server);
    (void)sem_wait(&closed);
    (void)sem_wait(&closed);
    expect_end(one);
    expect_end(two);
    stop(&f);
}

static void a_quiet_stream_beats(void **state)
{
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    config.stream_beat_ms = 20;
    start(&f, &config);
    int fd = open_stream(&f);
    expect_bytes(fd, ":\n:\n:\n");
    (void)close(fd);
    (void)sem_wait(&closed);
    stop(&f);
}

static void much_news_arrives_whole(void **state)
{
    static char got[1 << 16];
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    for (size_t i = 0; i < MUCH; i++)
        news[i] = (char)(i * 31 >> 3);
    atomic_store(&news_n, MUCH);
    start(&f, &config);
    int fd = open_stream(&f);
    for (size_t at = 0; at < MUCH;) {
        ssize_t n = recv(fd, got, sizeof got, 0);
        assert_true(n > 0);
        assert_memory_equal(got, news + at, (size_t)n);
        at += (size_t)n;
    }
    (void)close(fd);
    (void)sem_wait(&closed);
    stop(&f);
}

/* What such a client does not take is not made for it, and it is let go. */
static void a_stream_waits_for_its_client(void **state)
{
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    config.body_timeout_ms = 100;
    atomic_store(&news_n, MUCH);
    start(&f, &config);
    int lazy = dial_with(&f, 4096);
    send_text(lazy, GET("/stream"));
    while (sem_trywait(&closed) != 0) {
        cs_http_wake_streams(f.server); /* which is no reason to send more */
        (void)poll(NULL, 0, 5);
    }
    assert_true(atomic_load(&told_at_close) > 0);
    assert_true(atomic_load(&told_at_close) < MUCH);
    (void)close(lazy);
    stop(&f);
}

/* What was made for a slow client is sent to it, and the stream ends behind it. */
static void a_stop_cuts_no_piece(void **state)
{
    static char got[1 << 16];
    fixture f;
    cs_http_config config = stream_config();
    size_t sum = 0;
    (void)state;
    atomic_store(&news_n, MUCH);
    start(&f, &config);
    int lazy = dial_with(&f, 4096);
    send_text(lazy, GET("/stream"));
    free(read_reply(lazy, false).body);
    (void)poll(NULL, 0, 100); /* for both sockets to fill */
    cs_http_stop(f.server);
    for (ssize_t n; (n = recv(lazy, got, sizeof got, 0)) != 0; sum += (size_t)n)
        assert_true(n > 0);
    assert_true(sum > 0);
    assert_int_equal(sum % CS_MAX_STREAM_CHUNK, 0);
    (void)close(lazy);
    stop(&f);
}

static void streams_are_counted(void **state)
{
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    config.max_streams = 2;
    start(&f, &config);
    int one = open_stream(&f), two = open_stream(&f), other = dial(&f);
    send_text(other, GET("/stream"));
    reply r = read_reply(other, true);
    assert_int_equal(r.status, 503);
    assert_non_null(strstr(r.head, "\r\nRetry-After: "));
    free(r.body);
    (void)sem_wait(&closed);
    (void)close(one);
    (void)sem_wait(&closed);
    int three = open_stream(&f);
    tell(&f, "x");
    expect_bytes(two, "x");
    expect_bytes(three, "x");
    (void)close(other);
    (void)close(two);
    (void)close(three);
    stop(&f);
}

static void a_client_may_go_while_its_stream_is_filled(void **state)
{
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    start(&f, &config);
    atomic_store(&stuck, true);
    int fd = open_stream(&f);
    (void)sem_wait(&filling);
    (void)close(fd);
    /* Another request comes behind the end on the loop. */
    fd = dial(&f);
    send_text(fd, GET("/id"));
    expect_reply(fd, 200, NULL);
    assert_int_equal(sem_trywait(&closed), -1);
    (void)sem_post(&go_on);
    (void)sem_wait(&closed);
    (void)close(fd);
    stop(&f);
}

static void news_while_a_stream_is_filled_is_not_forgotten(void **state)
{
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    config.stream_beat_ms = 3600000;
    start(&f, &config);
    atomic_store(&stuck, true);
    int fd = open_stream(&f);
    (void)sem_wait(&filling);
    tell(&f, "late");
    (void)poll(NULL, 0, 100); /* for the loop to hear of it */
    (void)sem_post(&go_on);
    expect_bytes(fd, "late");
    (void)close(fd);
    stop(&f);
}

/* The only worker is stuck in another stream for longer than a job may wait. */
static void news_that_no_worker_had_time_for_is_not_forgotten(void **state)
{
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    config.stream_beat_ms = 3600000;
    config.io_threads = 1;
    config.queue_age_ms = 200;
    start(&f, &config);
    int one = open_stream(&f);
    tell(&f, "x");
    expect_bytes(one, "x");
    atomic_store(&stuck, true);
    int two = open_stream(&f);
    (void)sem_wait(&filling);
    tell(&f, "news");
    (void)poll(NULL, 0, 500);
    (void)sem_post(&go_on);
    expect_bytes(one, "news");
    expect_bytes(two, "xnews");
    (void)close(one);
    (void)close(two);
    stop(&f);
}

static void bytes_behind_a_stream_end_it(void **state)
{
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    start(&f, &config);
    int fd = open_stream(&f);
    send_text(fd, GET("/id"));
    expect_end(fd);
    (void)sem_wait(&closed);
    stop(&f);
}

static void streams_do_not_hold_up_the_end(void **state)
{
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    start(&f, &config);
    int idle = open_stream(&f);
    tell(&f, "x");
    expect_bytes(idle, "x");
    int64_t before = cs_tick_us();
    stop(&f); /* while the client keeps its end open */
    assert_true(cs_tick_us() - before < 4 * 1000000);
    (void)sem_wait(&closed);
    expect_end(idle);

    start(&f, &config);
    atomic_store(&stuck, true);
    int filled = open_stream(&f);
    (void)sem_wait(&filling);
    cs_http_stop(f.server);
    expect_end(filled);
    (void)sem_post(&go_on);
    stop(&f);
    (void)sem_wait(&closed);
}

static void what_is_no_stream_closes_it(void **state)
{
    static const struct {
        const char *request;
        int status;
    } cases[] = {{GET("/stream-refused"), 403}, {"HEAD /stream HTTP/1.1\r\n" HOST "\r\n", 200}};
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        send_text(fd, cases[i].request);
        assert_int_equal(read_reply(fd, false).status, cases[i].status);
        (void)sem_wait(&closed);
    }
    send_text(fd, GET("/id")); /* the connection goes on */
    expect_reply(fd, 200, NULL);
    (void)close(fd);
    stop(&f);
}

static void handlers_add_fields(void **state)
{
    static const char *const refused[] = {
        GET("/field-name"),  GET("/field-colon"),  GET("/field-empty"),      GET("/field-split"),
        GET("/field-8-bit"), GET("/field-length"), GET("/field-connection"), GET("/field-large"),
    };
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    send_text(fd, GET("/field"));
    reply r = read_reply(fd, true);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.head, "\r\nX-Own: a value; b=\"c\"\r\n"));
    assert_non_null(strstr(r.head, "\r\nCache-Control: no-store\r\n"));
    free(r.body);
    send_text(fd, GET("/cached"));
    r = read_reply(fd, true);
    assert_non_null(strstr(r.head, "\r\nCache-Control: max-age=60\r\n"));
    assert_null(strstr(r.head, "no-store"));
    free(r.body);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        send_text(fd, refused[i]);
        r = read_reply(fd, true);
        if (r.status != 500 || strstr(r.head, "X-Own") != NULL || strstr(r.body, "INTERNAL") == NULL)
            fail_msg("%s: %s", refused[i], r.head);
        free(r.body);
    }
    (void)close(fd);
    stop(&f);
}

static void handlers_see_the_fields_and_every_body(void **state)
{
    static const struct {
        const char *request, *seen;
    } cases[] = {
        {GET("/read"), "<GET><><><><>"},
        {"GET /read HTTP/1.1\r\n" HOST "cookie: a=1; b=2 \r\nX-CSRF-Token: t\r\nlast-event-id:7\r\n\r\n",
         "<GET><a=1; b=2><t><7><>"},
        {"PUT /read HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", "<PUT><><><><abc>"},
        {"PATCH /read HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", "<PATCH><><><><abc>"},
        {"DELETE /read HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", "<DELETE><><><><abc>"},
        {"DELETE /read HTTP/1.1\r\n" HOST "\r\n", "<DELETE><><><><>"},
    };
    fixture f;
    cs_http_config config = stream_config();
    (void)state;
    start(&f, &config);
    int fd = dial(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        send_text(fd, cases[i].request);
        reply r = read_reply(fd, true);
        assert_string_equal(r.body, cases[i].seen);
        free(r.body);
    }
    (void)close(fd);
    stop(&f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stream_goes_on_until_it_ends),
        TEST(a_quiet_stream_beats),
        TEST(much_news_arrives_whole),
        TEST(a_stream_waits_for_its_client),
        TEST(a_stop_cuts_no_piece),
        TEST(streams_are_counted),
        TEST(a_client_may_go_while_its_stream_is_filled),
        TEST(news_while_a_stream_is_filled_is_not_forgotten),
        TEST(news_that_no_worker_had_time_for_is_not_forgotten),
        TEST(bytes_behind_a_stream_end_it),
        TEST(streams_do_not_hold_up_the_end),
        TEST(what_is_no_stream_closes_it),
        TEST(handlers_add_fields),
        TEST(handlers_see_the_fields_and_every_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
