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

/* The enclave's seccomp allow-list, for all threads. After this no file can be opened and no socket made; accepting
 * on the listening socket, reading, writing and making threads go on. Killing on violation; open answers EACCES. */
CS_MUST_CHECK cs_err cs_sandbox_enclave_filter(void);

#endif
