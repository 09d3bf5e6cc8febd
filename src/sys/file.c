/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (256u << 10)
#define MAX_HASHES 8

/* The descriptor of `path`, or of stdin for "-"; -1 on error. */
static int open_input(const char *path)
{
    return strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static void close_input(int fd)
{
    if (fd > STDIN_FILENO)
        (void)close(fd);
}

static ssize_t read_some(int fd, void *to, size_t n)
{
    ssize_t got;
    do
        got = read(fd, to, n);
    while (got < 0 && errno == EINTR);
    return got;
}

cs_err cs_file_read(cs_buf *out, const char *path)
{
    size_t before = out->n;
    int fd = open_input(path);
    if (fd < 0)
        return CS_IO;
    cs_err err = CS_IO;
    for (;;) {
        uint8_t beyond;
        size_t room = out->max - out->n < CHUNK ? out->max - out->n : CHUNK;
        uint8_t *to = room > 0 ? cs_buf_reserve(out, room) : &beyond;
        if (to == NULL) {
            err = out->err;
            goto out;
        }
        ssize_t n = read_some(fd, to, room > 0 ? room : 1);
        if (n < 0)
            goto out;
        if (n == 0)
            break;
        if (room == 0) {
            err = CS_TOO_LARGE;
            goto out;
        }
        cs_buf_grow(out, (size_t)n);
    }
    err = CS_OK;
out:
    if (err != CS_OK)
        out->n = before; /* never a prefix */
    close_input(fd);
    return err;
}

cs_err cs_file_read_secret(cs_secret *out, const char *path)
{
    cs_secret_wipe(out);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a fifo must not make us wait */
    if (fd < 0)
        return CS_IO;
    cs_err err = CS_CONFIG;
    uint8_t beyond = 0;
    size_t n = 0;
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077) != 0 || st.st_uid != geteuid())
        goto out;
    for (;;) {
        bool full = n == sizeof out->b;
        ssize_t got = read_some(fd, full ? &beyond : out->b + n, full ? 1 : sizeof out->b - n);
        if (got == 0)
            break;
        if (got < 0 || full) {
            err = got < 0 ? CS_IO : CS_TOO_LARGE;
            goto out;
        }
        n += (size_t)got;
    }
    out->n = n;
    err = CS_OK;
out:
    if (err != CS_OK)
        cs_secret_wipe(out);
    cs_wipe(&beyond, sizeof beyond);
    (void)close(fd);
    return err;
}

static bool write_all(int fd, cs_slice bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = cs_slice_sub(bytes, (size_t)n, bytes.n);
    }
    return true;
}

static bool sync_directory_of(const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - path);
    cs_slice name = slash == NULL ? CS_LIT(".") : n == 0 ? CS_LIT("/") : cs_slice_of(path, n);
    if (cs_slice_to_cstr(dir, sizeof dir, name) != CS_OK)
        return false;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    (void)close(fd);
    return ok;
}

/* Gives the finished temporary file its name. */
static cs_err publish(const char *temporary, const char *path, bool replace)
{
    if (replace)
        return rename(temporary, path) == 0 ? CS_OK : CS_IO;
    if (link(temporary, path) != 0)
        return errno == EEXIST ? CS_CONFLICT : CS_IO;
    return unlink(temporary) == 0 ? CS_OK : CS_IO;
}

cs_err cs_file_write(const char *path, cs_slice bytes, unsigned mode, bool replace)
{
    char temporary[PATH_MAX];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return CS_IO;
    int fd = mkostemp(temporary, O_CLOEXEC); /* made with mode 0600: widened only once it is whole */
    if (fd < 0)
        return CS_IO;
    cs_err err = CS_IO;
    bool whole = write_all(fd, bytes) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    if (close(fd) != 0 || !whole)
        goto out;
    err = publish(temporary, path, replace);
    if (err == CS_OK && !sync_directory_of(path))
        return CS_IO;
out:
    if (err != CS_OK)
        (void)unlink(temporary);
    return err;
}

/* All that `in` has; true if it is all in `out`. */
static bool copy_stream(int out, int in)
{
    uint8_t *chunk = malloc(CHUNK);
    ssize_t n = -1;
    while (chunk != NULL && (n = read_some(in, chunk, CHUNK)) > 0)
        if (!write_all(out, cs_slice_of(chunk, (size_t)n)))
            break;
    free(chunk);
    return n == 0;
}

cs_err cs_file_copy(const char *to, const char *from, unsigned mode)
{
    char temporary[PATH_MAX];
    struct stat st;
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", to);
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int out = in >= 0 && n > 0 && (size_t)n < sizeof temporary ? mkostemp(temporary, O_CLOEXEC) : -1;
    cs_err err = CS_IO;
    if (out < 0)
        goto out;
    bool whole = fstat(in, &st) == 0 && S_ISREG(st.st_mode) && copy_stream(out, in) && fchmod(out, mode) == 0;
    if (close(out) == 0 && whole)
        err = cs_file_publish(temporary, to);
    if (err != CS_OK)
        (void)unlink(temporary);
out:
    if (in >= 0)
        (void)close(in);
    return err;
}

cs_err cs_file_publish(const char *finished, const char *to)
{
    int fd = open(finished, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    cs_err err = synced ? publish(finished, to, false) : CS_IO;
    return err == CS_OK && !sync_directory_of(to) ? CS_IO : err;
}

/* Reads `fd` to its end through all hashers. */
static cs_err hash_stream(cs_hasher *const *hashers, size_t count, uint64_t *size, int fd)
{
    cs_err err = CS_IO;
    uint64_t total = 0;
    uint8_t *chunk = malloc(CHUNK);
    if (chunk == NULL)
        return CS_NO_MEMORY;
    for (;;) {
        ssize_t n = read_some(fd, chunk, CHUNK);
        if (n < 0)
            goto out;
        if (n == 0)
            break;
        for (size_t i = 0; i < count; i++) {
            cs_err e = cs_hasher_add(hashers[i], cs_slice_of(chunk, (size_t)n));
            if (e != CS_OK) {
                err = e;
                goto out;
            }
        }
        total += (uint64_t)n;
    }
    *size = total;
    err = CS_OK;
out:
    free(chunk);
    return err;
}

cs_err cs_file_hash(cs_digest *out, const cs_hash_id *ids, size_t count, uint64_t *size, const char *path)
{
    cs_hasher *hashers[MAX_HASHES] = {NULL};
    cs_digest digests[MAX_HASHES];
    if (count > MAX_HASHES)
        return CS_INTERNAL;
    int fd = open_input(path);
    if (fd < 0)
        return CS_IO;
    cs_err err = CS_OK;
    for (size_t i = 0; i < count && err == CS_OK; i++)
        err = cs_hasher_new(&hashers[i], ids[i]);
    if (err == CS_OK)
        err = hash_stream(hashers, count, size, fd);
    for (size_t i = 0; i < count && err == CS_OK; i++)
        err = cs_hasher_end(hashers[i], &digests[i]);
    if (err == CS_OK && count > 0)
        memcpy(out, digests, count * sizeof *out);
    for (size_t i = 0; i < count; i++)
        cs_hasher_free(hashers[i]);
    close_input(fd);
    return err;
}
