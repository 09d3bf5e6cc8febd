/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that fails when told, for a program that is started with this library in LD_PRELOAD. The file that
 * CS_FAIL_DISK names says what fails from now on, for files whose name has "store.db" in it: "sync" (fsync gives EIO),
 * "write" (EIO), "full" (ENOSPC), "readonly" (EROFS). No file, or anything else in it: nothing fails.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *real(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);
    if (f == NULL)
        abort();
    return f;
}

static bool is_store(int fd)
{
    char link[64], path[4096];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return strstr(path, "store.db") != NULL;
}

static bool fails(const char *what, int fd)
{
    char told[16] = "";
    const char *name = getenv("CS_FAIL_DISK");
    int saved = errno, control = name != NULL ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (control >= 0) {
        ssize_t n = read(control, told, sizeof told - 1);
        told[n > 0 ? n : 0] = '\0';
        (void)close(control);
    }
    errno = saved;
    return strcmp(told, what) == 0 && is_store(fd);
}

static bool write_fails(int fd)
{
    int code = fails("write", fd) ? EIO : fails("full", fd) ? ENOSPC : fails("readonly", fd) ? EROFS : 0;
    if (code != 0)
        errno = code;
    return code != 0;
}

int fsync(int fd)
{
    if (fails("sync", fd)) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))real("fsync"))(fd);
}

int fdatasync(int fd)
{
    if (fails("sync", fd)) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))real("fdatasync"))(fd);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    return write_fails(fd) ? -1 : ((ssize_t(*)(int, const void *, size_t, off_t))real("pwrite"))(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    return write_fails(fd) ? -1 : ((ssize_t(*)(int, const void *, size_t, off64_t))real("pwrite64"))(fd, p, n, at);
}

ssize_t write(int fd, const void *p, size_t n)
{
    return write_fails(fd) ? -1 : ((ssize_t(*)(int, const void *, size_t))real("write"))(fd, p, n);
}
