/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQLite store: the log of the connection that writes, in few large writes.
 *
 * SQLite writes each page of a transaction to its log in two pieces, head and page, none of which ends where a page of
 * the system's cache does. Here pieces that follow one another are held until they are asked for or synced, and then
 * written at once. That changes nothing of what is durable when:
 *
 * - The writer commits with PRAGMA synchronous = FULL: whatever a commit wrote is synced before SQLite tells anybody,
 *   its own readers included, that the transaction is there. Everything held is written before that sync.
 * - Other connections read the log through descriptors of their own, and only what SQLite has told them of.
 * - What could not be written fails the next write or the sync, and so the transaction; until then nothing of it can
 *   be read back.
 *
 * All else is left to the system's own methods, for the other files also all of it.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/store_sql.h"

#define HELD_BYTES (127u << 10) /* the system's method of SQLite takes less than 128 KiB at once */
#define VFS_NAME "countersign"

/* SQLite gives memory for it; the file of the system's own kind lies behind. */
struct log {
    sqlite3_file base;
    sqlite3_file *real;
    uint8_t *held; /* HELD_BYTES, once something was */
    size_t n;
    sqlite3_int64 from; /* where the held bytes, or those that could not be written, belong */
    int failed;         /* why these could not; SQLite does not know yet */
};

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct log *)f)->real;
}

static void write_held(struct log *l)
{
    if (l->n > 0)
        l->failed = l->real->pMethods->xWrite(l->real, l->held, (int)l->n, l->from);
    l->n = 0;
}

/* Whoever is told gives the transaction up. */
static int tell(struct log *l)
{
    int rc = l->failed;
    l->failed = SQLITE_OK;
    return rc;
}

static int log_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    struct log *l = (struct log *)f;
    const size_t more = (size_t)n;
    bool follows = l->n > 0 && at == l->from + (sqlite3_int64)l->n && more <= HELD_BYTES - l->n;
    if (!follows)
        write_held(l);
    if (l->failed != SQLITE_OK)
        return tell(l);
    if (l->held == NULL)
        l->held = malloc(HELD_BYTES);
    if (l->held == NULL || more > HELD_BYTES)
        return l->real->pMethods->xWrite(l->real, p, n, at);
    if (!follows)
        l->from = at;
    memcpy(l->held + l->n, p, more);
    l->n += more;
    return SQLITE_OK;
}

static int log_sync(sqlite3_file *f, int flags)
{
    struct log *l = (struct log *)f;
    write_held(l);
    return l->failed == SQLITE_OK ? l->real->pMethods->xSync(l->real, flags) : tell(l);
}

static int log_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    struct log *l = (struct log *)f;
    if (at + n > l->from)
        write_held(l);
    return at + n > l->from && l->failed != SQLITE_OK ? l->failed : l->real->pMethods->xRead(l->real, p, n, at);
}

static int log_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    write_held((struct log *)f);
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int log_size(sqlite3_file *f, sqlite3_int64 *size)
{
    write_held((struct log *)f);
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int log_close(sqlite3_file *f)
{
    struct log *l = (struct log *)f;
    write_held(l); /* nothing that was committed */
    free(l->held);
    l->held = NULL;
    return l->real->pMethods->xClose(l->real);
}

static int log_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int log_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int log_is_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int log_control(sqlite3_file *f, int operation, void *argument)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), operation, argument);
}

static int log_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int log_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_is_reserved,
    .xFileControl = log_control,
    .xSectorSize = log_sector_size,
    .xDeviceCharacteristics = log_characteristics,
};

static sqlite3_vfs ours, *usual;

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out_flags)
{
    (void)vfs;
    if ((flags & SQLITE_OPEN_WAL) == 0)
        return usual->xOpen(usual, path, f, flags, out_flags);
    struct log *l = (struct log *)f;
    *l = (struct log){.real = (sqlite3_file *)(l + 1)};
    int rc = usual->xOpen(usual, path, l->real, flags, out_flags);
    if (rc == SQLITE_OK)
        l->base.pMethods = &log_methods;
    return rc;
}

/* Its other methods, and what they keep, are those of the system's own. */
static void add_vfs(void)
{
    usual = sqlite3_vfs_find(NULL);
    if (usual == NULL)
        return;
    ours = *usual;
    ours.pNext = NULL;
    ours.zName = VFS_NAME;
    ours.szOsFile += (int)sizeof(struct log);
    ours.xOpen = open_file;
    (void)sqlite3_vfs_register(&ours, 0); /* that it is not there is said when something is opened with it */
}

const char *cs_sqlite_log_vfs(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, add_vfs);
    return VFS_NAME;
}
