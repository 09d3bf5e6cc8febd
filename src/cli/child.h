/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs that `dev` and `init` start: found beside the program's own executable, never through PATH.
 *
 * A child is in a process group of its own, so that Ctrl-C reaches `dev` alone and dev decides the order; it is killed
 * by the kernel when dev dies, however dev dies. Its standard input is empty; its standard output goes to stderr, or
 * to the pipe that was asked for.
 */
#ifndef CS_CLI_CHILD_H
#define CS_CLI_CHILD_H

#include <sys/types.h>

#include "core/slice.h"

typedef struct cs_child {
    const char *name;
    pid_t pid; /* 0: does not run */
} cs_child;

/* The path of a program beside this one's executable. CS_IO if it cannot be told or is too long. */
CS_MUST_CHECK cs_err cs_child_path(char *out, size_t size, const char *name);

/* Starts `argv` (argv[0] is the name); `pipe_fd`, if not -1, becomes descriptor `as_fd` of the child (both may be the
 * same number). The child gets its settings from `argv` alone: it sees no variable COUNTERSIGN_*. CS_IO. */
CS_MUST_CHECK cs_err cs_child_start(cs_child *out, const char *const *argv, int pipe_fd, int as_fd);

/* True while it runs; gives what is left of it otherwise. */
bool cs_child_is_running(cs_child *c, int *wait_status);

/* Runs a program to its end, which says itself what is wrong; its exit code. */
int cs_child_run(const char *const *argv);

/* SIGTERM, then SIGKILL when it does not end within `seconds`. Does nothing if it does not run. */
void cs_child_stop(cs_child *c, int seconds);

/* Appends what the descriptor gives: up to and without the first newline, or to its end. CS_FRAME_DEADLINE,
 * CS_FRAME_CLOSED (ended without a line), CS_IO. */
CS_MUST_CHECK cs_err cs_child_read_line(cs_buf *line, int fd, int64_t deadline_us);

#endif
