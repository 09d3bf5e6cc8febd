/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/sys/sandbox.c: each row in a process of its own, behind the real filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/composite.h"
#include "core/limits.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/sandbox.h"
#include "sys/thread.h"

/* What is done behind the filter. Each returns 0 if it went as it should. */

static int opens_no_file(void)
{
    return open("/proc/self/status", O_RDONLY) < 0 && errno == EACCES ? 0 : 1;
}

static int creates_no_file(void)
{
    return open("/tmp/cs-sandbox", O_WRONLY | O_CREAT, 0600) < 0 && errno == EACCES ? 0 : 1;
}

static int makes_a_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int connects(void)
{
    return connect(0, NULL, 0);
}

static int forks(void)
{
    return fork() == 0 ? 0 : 1;
}

static int executes(void)
{
    return execl("/bin/true", "true", (char *)NULL);
}

static int maps_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static int makes_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static int becomes_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL);
}

static int signals_others(void)
{
    return kill(getppid(), 0);
}

/* Signs, with everything on the way: randomness, large and small allocations, the log, the clocks. */
static void work(void *arg)
{
    int *failed = arg;
    for (size_t i = 0; i < cs_alg_count; i++) {
        CS_SECRET(private_bytes);
        uint8_t bytes[CS_MAX_SIGNATURE];
        cs_buf signature = CS_BUF_OVER(bytes);
        cs_pair pair = {0};
        cs_message m = {.bytes = CS_LIT("x")};
        void *large = malloc(3u << 20);
        void *larger = large != NULL ? realloc(large, 5u << 20) : NULL;
        if (larger == NULL || cs_pair_generate(&private_bytes, &cs_algs[i]) != CS_OK ||
            cs_pair_open_private(&pair, &cs_algs[i], cs_alg_default_format(&cs_algs[i]),
                                 cs_secret_slice(&private_bytes)) != CS_OK ||
            cs_pair_sign(&signature, &pair, &m) != CS_OK ||
            cs_pair_verify(NULL, &pair, &m, cs_buf_slice(&signature)) != CS_OK || cs_now_ms() == 0)
            *failed = 1;
        cs_pair_close(&pair);
        free(larger);
    }
    (void)malloc_trim(0); /* looks into /proc: refused, and coped with */
}

static int works_on_new_threads(void)
{
    int failed[8] = {0};
    for (int round = 0; round < 3; round++) {
        pthread_t threads[8];
        for (int i = 0; i < 8; i++)
            if (cs_thread_start_joinable(&threads[i], work, &failed[i]) != CS_OK)
                return 1;
        for (int i = 0; i < 8; i++)
            (void)pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < 8; i++)
        if (failed[i])
            return 1;
    cs_log(CS_LOG_DEBUG, NULL, "done");
    return cs_cpu_count() < 1;
}

/* Rare in life, and the end of the process if the filter forgets it: the generators take new randomness. */
static int reseeds(void)
{
    uint8_t byte;
    unsigned one = 1;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_uint("reseed_requests", &one), OSSL_PARAM_construct_end()};
    EVP_RAND_CTX *drbgs[] = {RAND_get0_primary(NULL), RAND_get0_public(NULL), RAND_get0_private(NULL)};
    for (size_t i = 0; i < 3; i++)
        if (EVP_RAND_CTX_set_params(drbgs[i], params) != 1)
            return 1;
    for (int i = 0; i < 100; i++)
        if (RAND_bytes(&byte, 1) != 1 || RAND_priv_bytes(&byte, 1) != 1)
            return 1;
    return 0;
}

/* A thread from before the filter, as the crew's are; it goes on when a byte comes. */
static int wake[2];
static pthread_t older;

static void waits_then_makes_a_socket(void *arg)
{
    uint8_t byte;
    (void)arg;
    if (read(wake[0], &byte, 1) == 1)
        (void)makes_a_socket();
}

static int wakes_an_older_thread(void)
{
    return write(wake[1], "", 1) != 1 || pthread_join(older, NULL) != 0;
}

#ifdef __x86_64__
static void calls_the_old_way(void *arg)
{
    long result = 20; /* getpid by the numbers of 32 bits */
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    *(long *)arg = result;
}

/* On a thread of its own, whose end alone would pass unnoticed. */
static int calls_by_other_numbers(void)
{
    pthread_t t;
    static long result;
    return cs_thread_start_joinable(&t, calls_the_old_way, &result) != CS_OK || pthread_join(t, NULL) != 0;
}
#endif

#define REQUEST 0xC0200A00UL

/* What a device driver would take; no file of this process knows it. */
static int asks_the_device(void)
{
    return ioctl(STDIN_FILENO, REQUEST, NULL) == -1 && errno != EACCES && errno != EPERM ? 0 : 1;
}

static int asks_the_device_something_else(void)
{
    return ioctl(STDIN_FILENO, REQUEST + 1, NULL);
}

static int asks_another_device(void)
{
    return ioctl(STDERR_FILENO, REQUEST, NULL);
}

static int connects_by_name(void)
{
    struct sockaddr_un nobody = {.sun_family = AF_UNIX, .sun_path = "/nowhere/socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&nobody, sizeof nobody) < 0 && errno == ENOENT ? 0 : 1;
}

static int makes_a_network_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static const cs_sandbox_extra nothing, nsm = {.ioctl = true, .ioctl_fd = STDIN_FILENO, .ioctl_request = REQUEST},
                                       sockets = {.unix_sockets = true};

static const struct {
    const char *what;
    int (*act)(void);
    bool killed;
    const cs_sandbox_extra *extra;
} rows[] = {
    {"opens no file", opens_no_file, false},
    {"creates no file", creates_no_file, false},
    {"works on new threads", works_on_new_threads, false},
    {"reseeds", reseeds, false},
    {"makes a socket", makes_a_socket, true},
    {"connects", connects, true},
    {"forks", forks, true},
    {"executes", executes, true},
    {"maps code", maps_code, true},
    {"makes code", makes_code, true},
    {"becomes dumpable", becomes_dumpable, true},
    {"signals others", signals_others, true},
    {"makes a socket on an older thread", wakes_an_older_thread, true},
    {"asks a device", asks_the_device, true},
    {"asks the device of its root", asks_the_device, false, &nsm},
    {"asks the device something else", asks_the_device_something_else, true, &nsm},
    {"asks another device", asks_another_device, true, &nsm},
    {"asks a device, where sockets are let through", asks_the_device, true, &sockets},
    {"makes a socket, where a device is let through", makes_a_socket, true, &nsm},
    {"connects by name", connects_by_name, false, &sockets},
    {"makes a network socket", makes_a_network_socket, true, &sockets},
#ifdef __x86_64__
    {"calls by other numbers", calls_by_other_numbers, true},
#endif
};

static void filter(void **state)
{
    (void)state;
#ifdef CS_SANITIZED
    skip(); /* there is no filter in such a build */
#endif
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            int failed = 0;
            if (cs_sandbox_harden() != CS_OK)
                _exit(3);
            work(&failed); /* the warm-up */
            if (failed || pipe(wake) != 0 ||
                cs_thread_start_joinable(&older, waits_then_makes_a_socket, NULL) != CS_OK ||
                cs_sandbox_enclave_filter(rows[i].extra != NULL ? rows[i].extra : &nothing) != CS_OK)
                _exit(3);
            _exit(rows[i].act());
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        bool as_expected = rows[i].killed ? WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS
                                          : WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (!as_expected)
            fail_msg("%s: status 0x%x", rows[i].what, (unsigned)status);
    }
}

static void hardened(void **state)
{
    (void)state;
    struct rlimit core = {1, 1};
    struct sigaction pipe_action;
    assert_int_equal(cs_sandbox_harden(), CS_OK);
    assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
    assert_int_equal(core.rlim_cur + core.rlim_max, 0);
#ifndef CS_SANITIZED
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL), 0);
#endif
    assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL), 1);
    assert_int_equal(sigaction(SIGPIPE, NULL, &pipe_action), 0);
    assert_true(pipe_action.sa_handler == SIG_IGN);
}

static void one_library(void **state)
{
    (void)state;
    assert_int_equal(cs_sandbox_check_libraries(), CS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_library),
        cmocka_unit_test(filter),
        cmocka_unit_test(hardened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
