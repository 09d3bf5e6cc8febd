/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a process small and silent: no core files, not dumpable, memory locked, no new privileges, a seccomp
 * allow-list; and the check that one OpenSSL >= 3.5 is in the process.
 */
#ifndef CS_SYS_SANDBOX_H
#define CS_SYS_SANDBOX_H

#include <stdbool.h>

#include "core/err.h"

/* First thing in main(): libssl (if linked) and libcrypto are >= 3.5, one build, the one of the headers. Prints one
 * sentence to stderr and returns CS_CONFIG otherwise. */
CS_MUST_CHECK cs_err cs_sandbox_check_libraries(void);

/* RLIMIT_CORE 0, PR_SET_DUMPABLE 0, PR_SET_NO_NEW_PRIVS 1, SIGPIPE ignored, umask 077. */
CS_MUST_CHECK cs_err cs_sandbox_harden(void);

/* mlockall on fault. `required` false: a warning in the log where the limit forbids it. */
CS_MUST_CHECK cs_err cs_sandbox_lock_memory(bool required);

/* What a root of trust needs beyond the allow-list, and nothing else of its kind: each of the others would let more
 * through than the one call that is meant. All zero: nothing. */
typedef struct cs_sandbox_extra {
    bool ioctl; /* this one request on this one descriptor: an NSM has no other way of being asked */
    int ioctl_fd;
    unsigned long ioctl_request;
    bool unix_sockets; /* socket(AF_UNIX) and connect: who answers on the other side ends each conversation itself */
} cs_sandbox_extra;

/* The enclave's seccomp allow-list, for all threads. After this no file can be opened and, but for `extra`, no socket
 * made; accepting on the listening socket, reading, writing and making threads go on. Killing on violation; open
 * answers EACCES. */
CS_MUST_CHECK cs_err cs_sandbox_enclave_filter(const cs_sandbox_extra *extra);

#endif
