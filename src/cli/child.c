/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/talk.h"
#include "sys/clock.h"

#define POLL_NS 10000000L

cs_err cs_child_path(char *out, size_t size, const char *name)
{
    ssize_t n = readlink("/proc/self/exe", out, size);
    if (n <= 0 || (size_t)n >= size)
        return CS_IO;
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    size_t room = slash != NULL ? size - (size_t)(slash + 1 - out) : 0;
    return slash != NULL && cs_slice_to_cstr(slash + 1, room, cs_slice_str(name)) == CS_OK ? CS_OK : CS_IO;
}

/* Gives `fd` the number `as` and lets it live through exec. */
static bool pass_on(int fd, int as)
{
    return fd == as ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, as) == as;
}

/* Our settings are not the child's: COUNTERSIGN_CONFIG, for one, names a file that it would refuse. */
static void forget_settings(void)
{
    static const char prefix[] = "COUNTERSIGN_";
    char **to = environ;
    for (char **from = environ; *from != NULL; from++)
        if (strncmp(*from, prefix, sizeof prefix - 1) != 0)
            *to++ = *from;
    *to = NULL;
}

/* In the child, between fork and exec. */
static void become(const char *path, const char *const *argv, pid_t parent, int pipe_fd, int as_fd)
{
    sigset_t none;
    int null = open("/dev/null", O_RDWR);
    (void)sigemptyset(&none);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || setpgid(0, 0) != 0 || null < 0 ||
        dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
        (pipe_fd >= 0 && !pass_on(pipe_fd, as_fd)) || sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        _exit(126);
    if (null > STDERR_FILENO)
        (void)close(null);
    forget_settings();
    (void)execv(path, (char *const *)(uintptr_t)argv);
    (void)dprintf(STDERR_FILENO, "error: %s: %s\n", path, strerror(errno));
    _exit(127);
}

cs_err cs_child_start(cs_child *out, const char *const *argv, int pipe_fd, int as_fd)
{
    char path[4096];
    *out = (cs_child){.name = argv[0]};
    cs_err err = cs_child_path(path, sizeof path, argv[0]);
    if (err != CS_OK)
        return err;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(path, argv, parent, pipe_fd, as_fd);
    if (pid < 0)
        return CS_IO;
    out->pid = pid;
    return CS_OK;
}

bool cs_child_is_running(cs_child *c, int *wait_status)
{
    pid_t got;
    if (c->pid == 0)
        return false;
    do
        got = waitpid(c->pid, wait_status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return true;
    c->pid = 0;
    return false;
}

void cs_child_stop(cs_child *c, int seconds)
{
    int status;
    if (c->pid == 0)
        return;
    (void)kill(c->pid, SIGTERM);
    int64_t deadline = cs_tick_us() + (int64_t)seconds * 1000000;
    while (cs_child_is_running(c, &status)) {
        if (cs_tick_us() > deadline)
            (void)kill(c->pid, SIGKILL);
        (void)nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
    }
}

cs_err cs_child_read_line(cs_buf *line, int fd, int64_t deadline_us)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        uint8_t c;
        int64_t left = deadline_us - cs_tick_us();
        if (left <= 0)
            return CS_FRAME_DEADLINE;
        int ready = poll(&p, 1, (int)(left / 1000) + 1);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        ssize_t n = ready > 0 ? read(fd, &c, 1) : -1;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? CS_FRAME_CLOSED : CS_IO;
        if (c == '\n')
            return line->err;
        cs_buf_add_u8(line, c);
    }
}

int cs_child_run(const char *const *argv)
{
    cs_child child = {0};
    int status = 0;
    if (cs_child_start(&child, argv, -1, -1) != CS_OK)
        return cs_talk_error("%s cannot be started", argv[0]);
    while (cs_child_is_running(&child, &status))
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : CS_EXIT_ERROR;
}
