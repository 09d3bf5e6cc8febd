/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/sandbox.h"

#include <errno.h>
#include <link.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/slice.h"
#include "sys/log.h"

/* What the loader has mapped of OpenSSL. */
struct mapped {
    int crypto, ssl;
    cs_slice crypto_folder, ssl_folder;
};

static int note_library(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    struct mapped *m = data;
    const char *slash = strrchr(info->dlpi_name, '/');
    if (slash == NULL)
        return 0;
    cs_slice folder = cs_slice_of(info->dlpi_name, (size_t)(slash - info->dlpi_name));
    if (strncmp(slash, "/libcrypto.so", 13) == 0) {
        m->crypto++;
        m->crypto_folder = folder;
    } else if (strncmp(slash, "/libssl.so", 10) == 0) {
        m->ssl++;
        m->ssl_folder = folder;
    }
    return 0;
}

/* A second libcrypto, or a libssl of another build, comes in silently by one wrong link line: so it is looked for. */
cs_err cs_sandbox_check_libraries(void)
{
    struct mapped m = {0};
    const char *why = NULL;
    (void)dl_iterate_phdr(note_library, &m);
    unsigned long version = OpenSSL_version_num();
    if (version < 0x30500000UL)
        why = "libcrypto is older than 3.5";
    else if (version >> 20 != (unsigned long)OPENSSL_VERSION_NUMBER >> 20)
        why = "libcrypto is not of the version that the program was built with";
    else if (m.crypto > 1 || m.ssl > 1)
        why = "there is more than one libcrypto or libssl in the process";
    else if (m.crypto == 1 && m.ssl == 1 && !cs_slice_eq(m.crypto_folder, m.ssl_folder))
        why = "libssl and libcrypto are not of one build";
    if (why == NULL)
        return CS_OK;
    (void)fprintf(stderr, "OpenSSL is not usable: %s (found: %s, built with: %s).\n", why,
                  OpenSSL_version(OPENSSL_VERSION), OPENSSL_VERSION_TEXT);
    return CS_CONFIG;
}

/* The leak check of a sanitized build attaches to its own process with ptrace; a process that is not dumpable
 * forbids that. */
#ifdef CS_SANITIZED
#define DUMPABLE 1UL
#else
#define DUMPABLE 0UL
#endif

cs_err cs_sandbox_harden(void)
{
    struct rlimit none = {0, 0};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)umask(077);
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, DUMPABLE, 0UL, 0UL, 0UL) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0 || sigaction(SIGPIPE, &ignore, NULL) != 0)
        return CS_CONFIG;
    return CS_OK;
}

cs_err cs_sandbox_lock_memory(bool required)
{
    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
        return CS_OK;
    if (required) {
        cs_log(CS_LOG_ERROR, NULL, "memory cannot be locked: %s; raise the limit of locked memory", strerror(errno));
        return CS_CONFIG;
    }
    cs_log(CS_LOG_WARN, NULL, "memory is not locked (%s): keys could reach the swap", strerror(errno));
    return CS_OK;
}

#ifdef CS_SANITIZED

/* The sanitizers' run time opens files and asks for memory as it likes: no filter in such a build. */
cs_err cs_sandbox_enclave_filter(const cs_sandbox_extra *extra)
{
    (void)extra;
    return CS_OK;
}

#else

/* Measured with strace while every primitive ran on threads old and new; the last line of each group is for paths
 * that are rare: a reseed of the generator, a large reallocation, the trimming of an arena, a loaded scheduler. */
static const int allowed[] = {
    /* frames, the log, connections */
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(sendto),
    SCMP_SYS(recvmsg), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(accept4), SCMP_SYS(close), SCMP_SYS(shutdown),
    /* memory */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(madvise), SCMP_SYS(mremap),
    /* threads */
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid),
    /* signals and time */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(restart_syscall), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    /* randomness, with the library's check for forks */
    SCMP_SYS(getrandom), SCMP_SYS(getpid)};

/* The C library looks into /proc and /sys when it trims an arena or counts processors, and copes with a refusal. */
static const int refused[] = {SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(newfstatat), SCMP_SYS(access),
                              SCMP_SYS(faccessat)};

/* New code may not be mapped, and a new thread is the only kind of new process. The flags of clone3 are behind a
 * pointer: it is answered as unknown, and the C library falls back to clone. */
static bool add_conditions(scmp_filter_ctx filter)
{
    const unsigned long exec = PROT_EXEC, thread = 0x00010000UL; /* CLONE_THREAD */
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, exec, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, exec, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread)) ==
               0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

/* connect() names its address behind a pointer that no filter sees: what keeps it local is that no socket of another
 * family can be made. */
static bool add_extra(scmp_filter_ctx filter, const cs_sandbox_extra *extra)
{
    if (extra->ioctl && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 2,
                                         SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)(unsigned)extra->ioctl_fd),
                                         SCMP_A1(SCMP_CMP_EQ, extra->ioctl_request)) != 0)
        return false;
    return !extra->unix_sockets ||
           (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX)) == 0 &&
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(connect), 0) == 0 &&
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 0) == 0);
}

cs_err cs_sandbox_enclave_filter(const cs_sandbox_extra *extra)
{
    cs_err err = CS_CONFIG;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL)
        return CS_NO_MEMORY;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) != 0)
            goto out;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0) != 0)
            goto out;
    /* Calls by the numbers of another architecture would otherwise end their thread only. */
    if (!add_conditions(filter) || !add_extra(filter, extra) ||
        seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) != 0 || seccomp_load(filter) != 0)
        goto out;
    err = CS_OK;
out:
    seccomp_release(filter);
    return err;
}

#endif
