/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/sys/stream.c over real sockets. A "stall" is a short deadline that passes, never a sleep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/limits.h"
#include "sys/clock.h"
#include "sys/stream.h"
#include "sys/thread.h"

#define LONG_US (20 * 1000000)
#define SHORT_US 20000
#define D32 "01234567890123456789012345678901"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-stream-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/s", folder);
    (void)unlink(path);
    return rmdir(folder);
}

static void make_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
}

/* What a peer writes, in hex-free form: a length, and how many bytes of body really follow. */
static const struct length_case {
    const char *what;
    uint32_t length;
    size_t body; /* bytes that follow */
    bool closes; /* the peer closes after that */
    cs_err expect;
} length_cases[] = {
    {"length 0", 0, 0, false, CS_FRAME_LENGTH},
    {"length 1", 1, 1, false, CS_OK},
    {"a common length", 4000, 4000, false, CS_OK},
    {"the maximum", CS_MAX_FRAME, CS_MAX_FRAME, false, CS_OK},
    {"one above the maximum", CS_MAX_FRAME + 1, 0, false, CS_FRAME_LENGTH},
    {"2^31", 1u << 31, 0, false, CS_FRAME_LENGTH},
    {"2^32 - 1", UINT32_MAX, 0, false, CS_FRAME_LENGTH},
    {"body cut short, then closed", 10, 9, true, CS_FRAME_CLOSED},
    {"no body, then closed", 10, 0, true, CS_FRAME_CLOSED},
    {"body cut short, then silence", 10, 9, false, CS_FRAME_DEADLINE},
    {"maximum announced, then silence", CS_MAX_FRAME, 0, false, CS_FRAME_DEADLINE},
};

struct writer {
    int fd;
    const struct length_case *c;
};

static void write_case(void *arg)
{
    const struct writer *w = arg;
    cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
    cs_buf_add_u32(&frame, w->c->length);
    uint8_t *body = cs_buf_reserve(&frame, w->c->body);
    memset(body, 'x', w->c->body);
    cs_buf_grow(&frame, w->c->body);
    cs_err ignored = cs_frame_write(w->fd, cs_buf_slice(&frame), LONG_US);
    (void)ignored;
    cs_buf_free(&frame);
    if (w->c->closes)
        (void)shutdown(w->fd, SHUT_WR);
}

static void lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof length_cases / sizeof length_cases[0]; i++) {
        const struct length_case *c = &length_cases[i];
        int fds[2];
        pthread_t thread;
        make_pair(fds);
        struct writer w = {fds[0], c};
        cs_buf json = cs_buf_new(CS_MAX_FRAME);
        assert_int_equal(cs_thread_start_joinable(&thread, write_case, &w), CS_OK);
        int64_t timeout = c->expect == CS_FRAME_DEADLINE ? SHORT_US : LONG_US;
        cs_err err = cs_frame_read(&json, fds[1], timeout, false);
        if (err != c->expect)
            fail_msg("%s: %s", c->what, cs_err_name(err));
        assert_int_equal(json.n, c->expect == CS_OK ? c->length : 0);
        (void)pthread_join(thread, NULL);
        cs_stream_close(fds[0]);
        cs_stream_close(fds[1]);
        cs_buf_free(&json);
    }
}

static void partial_header(void **state)
{
    (void)state;
    for (size_t n = 0; n < 4; n++) {
        int fds[2];
        make_pair(fds);
        cs_buf json = cs_buf_new(CS_MAX_FRAME);
        if (n > 0)
            assert_int_equal(cs_frame_write(fds[0], cs_slice_of("\0\0\0\1", n), LONG_US), CS_OK);
        assert_int_equal(cs_frame_read(&json, fds[1], SHORT_US, false), CS_FRAME_DEADLINE);
        if (n > 0)
            assert_int_equal(cs_frame_write(fds[0], cs_slice_of("\0\0\0\1", n), LONG_US), CS_OK);
        cs_stream_close(fds[0]);
        assert_int_equal(cs_frame_read(&json, fds[1], LONG_US, false), CS_FRAME_CLOSED);
        cs_stream_close(fds[1]);
        cs_buf_free(&json);
    }
}

static void two_frames_in_one_write(void **state)
{
    (void)state;
    int fds[2];
    make_pair(fds);
    cs_buf json = cs_buf_new(CS_MAX_FRAME);
    assert_int_equal(cs_frame_write(fds[0], CS_LIT("\0\0\0\3abc\0\0\0\2de"), LONG_US), CS_OK);
    assert_false(cs_stream_is_quiet(fds[1]));
    assert_int_equal(cs_frame_read(&json, fds[1], LONG_US, true), CS_OK);
    assert_true(cs_slice_is(cs_buf_slice(&json), "abc"));
    assert_false(cs_stream_is_quiet(fds[1]));
    assert_int_equal(cs_frame_read(&json, fds[1], LONG_US, true), CS_OK);
    assert_true(cs_slice_is(cs_buf_slice(&json), "de"));
    assert_true(cs_stream_is_quiet(fds[1]));
    cs_stream_close(fds[0]);
    assert_false(cs_stream_is_quiet(fds[1]));
    cs_stream_close(fds[1]);
    cs_buf_free(&json);
}

/* A frame that begins is under the deadline, however long the connection was idle before. */
static void idle_then_stall(void **state)
{
    (void)state;
    int fds[2];
    make_pair(fds);
    cs_buf json = cs_buf_new(CS_MAX_FRAME);
    assert_int_equal(cs_frame_write(fds[0], CS_LIT("\0"), LONG_US), CS_OK);
    assert_int_equal(cs_frame_read(&json, fds[1], SHORT_US, true), CS_FRAME_DEADLINE);
    cs_stream_close(fds[0]);
    cs_stream_close(fds[1]);
    cs_buf_free(&json);
}

/* Nobody reads: the writer gives up at its deadline. */
static void writing_stalls(void **state)
{
    (void)state;
    int fds[2];
    make_pair(fds);
    static uint8_t body[CS_MAX_FRAME];
    assert_int_equal(cs_frame_relay(fds[0], CS_ARRAY(body), SHORT_US), CS_FRAME_DEADLINE);
    cs_stream_close(fds[1]);
    assert_int_equal(cs_frame_relay(fds[0], CS_LIT("x"), LONG_US), CS_FRAME_CLOSED);
    cs_stream_close(fds[0]);
}

static void relay_refuses_lengths(void **state)
{
    (void)state;
    static uint8_t body[CS_MAX_FRAME + 1];
    assert_int_equal(cs_frame_relay(-1, CS_LIT(""), LONG_US), CS_FRAME_LENGTH);
    assert_int_equal(cs_frame_relay(-1, CS_ARRAY(body), LONG_US), CS_FRAME_LENGTH);
}

static void relay_is_the_same_frame(void **state)
{
    (void)state;
    int fds[2];
    make_pair(fds);
    cs_buf json = cs_buf_new(CS_MAX_FRAME);
    assert_int_equal(cs_frame_relay(fds[0], CS_LIT("{\"a\":1}"), LONG_US), CS_OK);
    assert_int_equal(cs_frame_read(&json, fds[1], LONG_US, false), CS_OK);
    assert_true(cs_slice_is(cs_buf_slice(&json), "{\"a\":1}"));
    cs_stream_close(fds[0]);
    cs_stream_close(fds[1]);
    cs_buf_free(&json);
}

static void bad_addresses(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "unix",
        "unix:",
        "/tmp/x",
        "http://x",
        "tcp:",
        "tcp:127.0.0.1",
        "tcp::80",
        "tcp:127.0.0.1:",
        "vsock:",
        "vsock:3",
        "vsock:3:",
        "vsock:x:1",
        "vsock:-1:1",
        "vsock:3:99999999999",
        "vsock:4294967296:1",
        "unix:/nowhere/" D32 D32 D32 D32,
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int fd = 7;
        if (cs_stream_listen(&fd, rows[i]) != CS_CONFIG || fd != -1)
            fail_msg("listen took: %s", rows[i]);
        if (cs_stream_connect(&fd, rows[i], cs_tick_us() + LONG_US) != CS_CONFIG || fd != -1)
            fail_msg("connect took: %s", rows[i]);
    }
}

static void unix_listener(void **state)
{
    (void)state;
    char path[128], address[136];
    int first, second, client, server;
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/s", folder);
    (void)snprintf(address, sizeof address, "unix:%s", path);
    assert_int_equal(cs_stream_connect(&client, address, cs_tick_us() + LONG_US), CS_ENCLAVE_UNAVAILABLE);

    assert_int_equal(cs_stream_listen(&first, address), CS_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(cs_stream_listen(&second, address), CS_CONFLICT);
    assert_int_equal(cs_stream_connect(&client, address, cs_tick_us() + LONG_US), CS_OK);
    assert_int_equal(cs_stream_accept(&server, first), CS_OK); /* the question of the second listener */
    cs_stream_close(server);
    assert_int_equal(cs_stream_accept(&server, first), CS_OK);
    assert_int_equal(cs_frame_relay(client, CS_LIT("x"), LONG_US), CS_OK);
    cs_stream_close(server);
    cs_stream_close(client);

    cs_stream_stop(first);
    assert_int_equal(cs_stream_accept(&server, first), CS_FRAME_CLOSED);
    cs_stream_close(first);
    assert_int_equal(cs_stream_connect(&client, address, cs_tick_us() + LONG_US), CS_ENCLAVE_UNAVAILABLE);
    assert_int_equal(cs_stream_listen(&second, address), CS_OK); /* the stale file is replaced */
    cs_stream_close(second);
}

static void no_socket_is_replaced(void **state)
{
    (void)state;
    char path[128], address[136];
    int fd;
    (void)snprintf(path, sizeof path, "%s/s", folder);
    (void)snprintf(address, sizeof address, "unix:%s", path);
    (void)unlink(path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fclose(f);
    assert_int_equal(cs_stream_listen(&fd, address), CS_IO);
    assert_int_equal(access(path, F_OK), 0);
    (void)unlink(path);
}

/* -- names --------------------------------------------------------------------------------------------------------- */

static const char *homes[2]; /* what "two.homes" resolves to, in this order */

/* In front of the library's. */
int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **out)
{
    union {
        void *p;
        int (*f)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    } real = {dlsym(RTLD_NEXT, "getaddrinfo")};
    if (strcmp(host, "two.homes") != 0)
        return real.f(host, port, hints, out);
    assert_int_equal(real.f(homes[0], port, hints, out), 0);
    assert_null((*out)->ai_next);
    assert_int_equal(real.f(homes[1], port, hints, &(*out)->ai_next), 0);
    return 0;
}

/* A listener at 127.0.0.1; the address under the name. */
static int listen_at(char *address, size_t size)
{
    struct sockaddr_in at = {0};
    socklen_t n = sizeof at;
    int fd;
    assert_int_equal(cs_stream_listen(&fd, "tcp:127.0.0.1:0"), CS_OK);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    (void)snprintf(address, size, "tcp:two.homes:%d", ntohs(at.sin_port));
    return fd;
}

static void a_name_of_two_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *homes[2];
        cs_err expect;
    } rows[] = {
        {{"127.0.0.1", "127.0.0.2"}, CS_OK},
        {{"127.0.0.2", "127.0.0.1"}, CS_OK}, /* nobody is at home at the first */
        {{"::1", "127.0.0.1"}, CS_OK},
        {{"127.0.0.2", "127.0.0.3"}, CS_ENCLAVE_UNAVAILABLE},
    };
    char address[64];
    int listener = listen_at(address, sizeof address);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd;
        memcpy(homes, rows[i].homes, sizeof homes);
        cs_err err = cs_stream_connect(&fd, address, cs_tick_us() + LONG_US);
        if (err != rows[i].expect || (fd >= 0) != (err == CS_OK))
            fail_msg("%s, %s: %s", homes[0], homes[1], cs_err_name(err));
        cs_stream_close(fd);
    }
    int fd;
    assert_int_equal(cs_stream_connect(&fd, address, cs_tick_us()), CS_FRAME_DEADLINE);
    cs_stream_close(listener);
}

static void connect_after_the_deadline(void **state)
{
    (void)state;
    int fd;
    assert_int_equal(cs_stream_connect(&fd, "unix:/nowhere", cs_tick_us()), CS_FRAME_DEADLINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths),
        cmocka_unit_test(partial_header),
        cmocka_unit_test(two_frames_in_one_write),
        cmocka_unit_test(idle_then_stall),
        cmocka_unit_test(writing_stalls),
        cmocka_unit_test(relay_refuses_lengths),
        cmocka_unit_test(relay_is_the_same_frame),
        cmocka_unit_test(bad_addresses),
        cmocka_unit_test(unix_listener),
        cmocka_unit_test(no_socket_is_replaced),
        cmocka_unit_test(a_name_of_two_addresses),
        cmocka_unit_test(connect_after_the_deadline),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
