/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "sys/clock.h"
#include "sys/stream.h"

#define THIS_YEAR_MS INT64_C(1735689600000) /* 2025-01-01: no clock is earlier */
#define MIB (UINT64_C(1) << 20)
#define LOW_DISK (64 * MIB) /* less fails */
#define SOME_DISK (1024 * MIB)
#define SLOW_WRITE_MS 100
#define FEW_FILES 1024 /* less fails */
#define ENOUGH_FILES 8192
#define ENOUGH_LOCKED (64 * MIB) /* the enclave with all its threads */
#define WAIT_US 1000000

static void check_clock(cs_doctor *d)
{
    struct timex t = {0};
    int state = adjtimex(&t);
    if (cs_now_ms() < THIS_YEAR_MS)
        cs_doctor_add(d, "clock", CS_HEALTH_FAIL, "is years behind");
    else if (state < 0)
        cs_doctor_add(d, "clock", CS_HEALTH_WARN, "the kernel does not say: %s", strerror(errno));
    else if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
        cs_doctor_add(d, "clock", CS_HEALTH_WARN, "is not synchronised; documents are judged by it");
    else
        cs_doctor_add(d, "clock", CS_HEALTH_OK, "synchronised, off by at most %ld ms", t.maxerror / 1000);
}

static void check_entropy(cs_doctor *d)
{
    uint8_t bytes[32];
    if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) == (ssize_t)sizeof bytes)
        cs_doctor_add(d, "entropy", CS_HEALTH_OK, "the kernel's generator is ready");
    else
        cs_doctor_add(d, "entropy", CS_HEALTH_FAIL, "the kernel's generator is not ready: %s", strerror(errno));
}

/* -- limits -------------------------------------------------------------------------------------------------------- */

/* More than the head line in /proc/swaps. */
static bool has_swap(void)
{
    FILE *f = fopen("/proc/swaps", "re");
    int lines = 0, c;
    if (f == NULL)
        return true; /* nothing says that there is none */
    while ((c = fgetc(f)) != EOF)
        lines += c == '\n';
    (void)fclose(f);
    return lines > 1;
}

static void check_limits(cs_doctor *d)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0)
        cs_doctor_add(d, "open files",
                      l.rlim_cur < FEW_FILES      ? CS_HEALTH_FAIL
                      : l.rlim_cur < ENOUGH_FILES ? CS_HEALTH_WARN
                                                  : CS_HEALTH_OK,
                      "limit %llu; %d serve every connection that the gateway takes", (unsigned long long)l.rlim_cur,
                      ENOUGH_FILES);
    if (getrlimit(RLIMIT_MEMLOCK, &l) == 0) {
        bool enough = l.rlim_cur == RLIM_INFINITY || l.rlim_cur >= ENOUGH_LOCKED || geteuid() == 0;
        if (enough)
            cs_doctor_add(d, "locked memory", CS_HEALTH_OK, "enough for the enclave");
        else if (!has_swap())
            cs_doctor_add(d, "locked memory", CS_HEALTH_OK, "limit %llu bytes, but there is no swap",
                          (unsigned long long)l.rlim_cur);
        else
            cs_doctor_add(d, "locked memory", CS_HEALTH_WARN, "limit %llu bytes: keys could reach the swap",
                          (unsigned long long)l.rlim_cur);
    }
    /* This program has turned them off for itself as the others do: what did not work here works nowhere. */
    bool off = getrlimit(RLIMIT_CORE, &l) == 0 && l.rlim_cur == 0 && l.rlim_max == 0 &&
               prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == 0;
    cs_doctor_add(d, "core files", off ? CS_HEALTH_OK : CS_HEALTH_FAIL, off ? "off" : "cannot be turned off here");
}

/* -- the state directory ------------------------------------------------------------------------------------------- */

/* Only its owner may have any right in it. */
static bool is_private(const struct stat *st)
{
    return st->st_uid == geteuid() && (st->st_mode & 077) == 0;
}

static void check_permissions(cs_doctor *d, const char *dir)
{
    static const char *const secrets[] = {"kek",
                                          "agent.key",
                                          "store.db",
                                          "store.db.pepper",
                                          "credentials.json",
                                          "enclave",
                                          "enclave/attestation-root.key",
                                          "enclave/ledger.sealed"};
    struct stat st;
    size_t good = 0;
    if (stat(".", &st) != 0 || !is_private(&st)) {
        cs_doctor_add(d, "state", CS_HEALTH_FAIL, "%s must be yours and mode 0700", dir);
        return;
    }
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        if (lstat(secrets[i], &st) != 0 && errno == ENOENT)
            continue;
        if (!is_private(&st)) {
            cs_doctor_add(d, "state", CS_HEALTH_FAIL, "%s/%s: others have rights in it, or it is not yours", dir,
                          secrets[i]);
            return;
        }
        good++;
    }
    cs_doctor_add(d, "state", CS_HEALTH_OK, "%s and %zu secrets in it are for their owner alone", dir, good);
}

static void check_socket(cs_doctor *d, const char *name, const char *path)
{
    char address[64];
    struct stat st;
    int fd;
    if (lstat(path, &st) != 0) {
        cs_doctor_add(d, name, CS_HEALTH_SKIP, "%s is not there: it does not run from this state", path);
        return;
    }
    if (!S_ISSOCK(st.st_mode) || !is_private(&st)) {
        cs_doctor_add(d, name, CS_HEALTH_FAIL, "%s must be a socket of yours, mode 0600", path);
        return;
    }
    (void)snprintf(address, sizeof address, "unix:%s", path);
    if (cs_stream_connect(&fd, address, cs_tick_us() + WAIT_US) != CS_OK) {
        cs_doctor_add(d, name, CS_HEALTH_SKIP, "nobody listens at %s: it does not run", path);
        return;
    }
    cs_stream_close(fd);
    cs_doctor_add(d, name, CS_HEALTH_OK, "takes connections at %s", path);
}

/* Writes a page, syncs it, removes it: what every acknowledged request needs. */
static void check_write(cs_doctor *d)
{
    static const uint8_t page[4096];
    char name[] = "doctor.XXXXXX";
    int64_t from = cs_tick_us();
    int fd = mkostemp(name, 0);
    bool written = fd >= 0 && write(fd, page, sizeof page) == (ssize_t)sizeof page && fsync(fd) == 0;
    int reason = errno;
    long long ms = (long long)((cs_tick_us() - from) / 1000);
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(name);
    }
    if (!written)
        cs_doctor_add(d, "durable write", CS_HEALTH_FAIL, "%s", strerror(reason));
    else
        cs_doctor_add(d, "durable write", ms > SLOW_WRITE_MS ? CS_HEALTH_WARN : CS_HEALTH_OK, "took %lld ms", ms);
}

static void check_disk(cs_doctor *d)
{
    struct statvfs v;
    if (statvfs(".", &v) != 0) {
        cs_doctor_add(d, "disk", CS_HEALTH_FAIL, "%s", strerror(errno));
        return;
    }
    uint64_t room = (uint64_t)v.f_bavail * v.f_frsize;
    cs_doctor_add(d, "disk",
                  room < LOW_DISK    ? CS_HEALTH_FAIL
                  : room < SOME_DISK ? CS_HEALTH_WARN
                                     : CS_HEALTH_OK,
                  "%llu MiB free", (unsigned long long)(room / MIB));
    check_write(d);
}

void cs_doctor_host(cs_doctor *d, const char *state_dir)
{
    check_clock(d);
    check_entropy(d);
    check_limits(d);
    if (state_dir == NULL) {
        cs_doctor_add(d, "state", CS_HEALTH_SKIP, "no state directory; name one with --state");
        return;
    }
    if (chdir(state_dir) != 0) {
        cs_doctor_add(d, "state", CS_HEALTH_FAIL, "%s: %s", state_dir, strerror(errno));
        return;
    }
    check_permissions(d, state_dir);
    check_socket(d, "enclave socket", "enclave.sock");
    check_socket(d, "agent socket", "agent.sock");
    check_disk(d);
}
