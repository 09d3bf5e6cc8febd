/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Nitro Security Module for a program that has none: loaded before the C library, it stands behind the device path of
 * $FAKE_NSM and behind the one request of its ioctl. It is the software NSM, with a root in the folder $FAKE_NSM_STATE;
 * the real call is made first, so that a seccomp filter sees it. $FAKE_NSM_FAULT makes it misbehave from the start on:
 * zero (PCR0, as in debug mode), unlocked (PCR0), absent (each request is refused by the driver), error (each is
 * refused by the module).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "enclave/softnsm.h"
#include "sys/clock.h"

static cs_softnsm module;
static int device = -1;

static bool has_fault(const char *fault)
{
    const char *set = getenv("FAKE_NSM_FAULT");
    return set != NULL && strcmp(set, fault) == 0;
}

static void set_up(void)
{
    uint8_t pcr0[CS_NSM_PCR_LEN];
    memset(pcr0, has_fault("zero") ? 0 : 0xab, sizeof pcr0);
    if (cs_softnsm_open(&module, getenv("FAKE_NSM_STATE"), pcr0, cs_now_ms) != CS_OK)
        abort();
    memset(module.pcrs[1].value, 0xbc, CS_NSM_PCR_LEN);
    memset(module.pcrs[2].value, 0xcd, CS_NSM_PCR_LEN);
    module.pcrs[0].locked = !has_fault("unlocked");
}

/* Stands before the C library's. */
int open(const char *path, int flags, ...)
{
    const char *fake = getenv("FAKE_NSM");
    va_list args;
    va_start(args, flags);
    unsigned mode = (flags & O_CREAT) != 0 ? va_arg(args, unsigned) : 0;
    va_end(args);
    if (fake == NULL || strcmp(path, fake) != 0)
        return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    set_up();
    device = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", flags, 0);
    return device;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    cs_nsm_message *m = va_arg(args, void *);
    va_end(args);
    long result = syscall(SYS_ioctl, fd, request, m);
    if (fd != device || request != CS_NSM_IOCTL)
        return (int)result;
    if (has_fault("absent")) {
        errno = EIO;
        return -1;
    }
    if (has_fault("error"))
        m->request.iov_len = 0; /* which is no request */
    return cs_softnsm_ioctl(&module, m);
}
