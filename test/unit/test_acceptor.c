/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/sys/acceptor.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/acceptor.h"
#include "sys/clock.h"
#include "sys/stream.h"

#define PLACES 2
#define WAIT_US (20 * 1000000)

static char folder[] = "/tmp/cs-acceptor-XXXXXX";
static char address[64];

/* Says that it is there, then stays until the peer ends. */
static void converse(void *context, int fd)
{
    uint8_t byte = 1;
    (void)context;
    if (write(fd, &byte, 1) == 1)
        (void)!read(fd, &byte, 1);
}

/* A server of its own process on `where`; `*pid` is 0 if there is no such kind of socket here. */
static void start(pid_t *pid, const char *where)
{
    static cs_acceptor acceptor = {.max_connections = PLACES, .converse = converse};
    int ready[2];
    uint8_t byte = 0;
    assert_int_equal(pipe(ready), 0);
    *pid = fork();
    assert_true(*pid >= 0);
    if (*pid == 0) {
        (void)alarm(60); /* a server that does not end must not stay */
        (void)close(ready[0]);
        if (cs_acceptor_prepare() != CS_OK || cs_stream_listen(&acceptor.listener, where) != CS_OK)
            _exit(2);
        if (write(ready[1], &byte, 1) != 1)
            _exit(3);
        _exit(cs_acceptor_serve(&acceptor) == CS_OK ? 0 : 4);
    }
    (void)close(ready[1]);
    bool listens = read(ready[0], &byte, 1) == 1;
    (void)close(ready[0]);
    if (!listens) {
        (void)waitpid(*pid, NULL, 0);
        *pid = 0;
    }
}

static void expect_end(pid_t pid, int signal)
{
    int status;
    assert_int_equal(kill(pid, signal), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A connection that was let in; -1 if it was closed at once. */
static int enter(void)
{
    int fd;
    uint8_t byte;
    assert_int_equal(cs_stream_connect(&fd, address, cs_tick_us() + WAIT_US), CS_OK);
    if (read(fd, &byte, 1) == 1)
        return fd;
    cs_stream_close(fd);
    return -1;
}

static void one_more_is_closed(void **state)
{
    (void)state;
    pid_t pid;
    int fd[PLACES];
    start(&pid, address);
    assert_true(pid > 0);
    for (int i = 0; i < PLACES; i++) {
        fd[i] = enter();
        assert_true(fd[i] >= 0);
    }
    assert_int_equal(enter(), -1);
    cs_stream_close(fd[0]);
    int again;
    do /* until its thread has seen the end */
        again = enter();
    while (again < 0);
    cs_stream_close(again);
    cs_stream_close(fd[1]);
    expect_end(pid, SIGTERM);
}

/* With connections open and without, on every kind of socket: the accepting thread does not hold the end up. */
static void ends_on_a_signal(void **state)
{
    (void)state;
    const char *const where[] = {address, "tcp:127.0.0.1:0", "vsock:4294967295:4294967295"};
    for (size_t i = 0; i < sizeof where / sizeof where[0]; i++) {
        for (int signal = SIGINT; signal <= SIGTERM; signal += SIGTERM - SIGINT) {
            pid_t pid;
            start(&pid, where[i]);
            if (pid == 0) {
                assert_int_equal(i, 2);
                print_message("no vsock here\n");
                return;
            }
            int fd = i == 0 ? enter() : -1;
            expect_end(pid, signal);
            cs_stream_close(fd);
        }
    }
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    return snprintf(address, sizeof address, "unix:%s/s", folder) > 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(address + 5);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_more_is_closed),
        cmocka_unit_test(ends_on_a_signal),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
