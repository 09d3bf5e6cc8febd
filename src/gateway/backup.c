/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/backup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "core/secret.h"
#include "sys/file.h"
#include "sys/log.h"

struct names {
    char pepper[PATH_MAX];    /* of the target */
    char of_source[PATH_MAX]; /* of what it is made from */
    char part[PATH_MAX];      /* the copy under its temporary name */
};

static cs_err make_names(struct names *n, const char *to, const char *from)
{
    int lengths[] = {snprintf(n->pepper, sizeof n->pepper, "%s.pepper", to),
                     snprintf(n->of_source, sizeof n->of_source, "%s.pepper", from),
                     snprintf(n->part, sizeof n->part, "%s.%ld.part", to, (long)getpid())};
    for (size_t i = 0; i < 3; i++)
        if (lengths[i] < 0 || lengths[i] >= PATH_MAX)
            return CS_IO;
    if (access(to, F_OK) == 0 || access(n->pepper, F_OK) == 0) {
        cs_log(CS_LOG_ERROR, NULL, "%s or %s is there already; it is not touched", to, n->pepper);
        return CS_CONFLICT;
    }
    return CS_OK;
}

static cs_err copy_pepper(const struct names *n)
{
    CS_SECRET(pepper);
    cs_err err = cs_file_read_secret(&pepper, n->of_source);
    if (err == CS_OK)
        err = cs_file_write(n->pepper, cs_secret_slice(&pepper), 0600, false);
    else
        err = CS_CONFIG;
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s cannot be copied to %s", n->of_source, n->pepper);
    return err;
}

/* The finished copy gets its name last: where that is, the pepper is. */
static cs_err publish(const struct names *n, const char *to)
{
    cs_err err = copy_pepper(n);
    if (err != CS_OK)
        return err;
    err = cs_file_publish(n->part, to);
    if (err != CS_OK) {
        (void)unlink(n->pepper);
        cs_log(CS_LOG_ERROR, NULL, "%s: %s", to, cs_err_sentence(err));
    }
    return err;
}

/* What SQLite may have left beside a copy that was opened. */
static void remove_part(const struct names *n)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char path[PATH_MAX + 8];
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s%s", n->part, suffixes[i]);
        (void)unlink(path);
    }
}

cs_err cs_backup_make(const char *to, const char *store)
{
    struct names n;
    cs_err err = make_names(&n, to, store);
    if (err != CS_OK)
        return err;
    err = cs_store_copy(n.part, store);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s cannot be copied: %s", store, cs_err_sentence(err));
    if (err == CS_OK)
        err = publish(&n, to);
    remove_part(&n);
    return err;
}

static cs_err check(cs_store_tally *found, const char *path, bool whole)
{
    cs_store *store = NULL;
    cs_err err = whole ? cs_store_verify(found, path) : cs_store_open(&store, path);
    cs_store_close(store);
    if (err == CS_CONFIG || (err == CS_OK && whole && found->problems > 0))
        return CS_BAD_FORMAT;
    return err;
}

cs_err cs_backup_restore(cs_store_tally *found, const char *store, const char *from, bool whole)
{
    struct names n;
    char log[PATH_MAX];
    cs_err err = make_names(&n, store, from);
    if (err != CS_OK)
        return err;
    if (snprintf(log, sizeof log, "%s-wal", from) >= (int)sizeof log || access(log, F_OK) == 0) {
        cs_log(CS_LOG_ERROR, NULL, "%s is there: this was copied by hand, or is in use; take a backup of it", log);
        return CS_CONFIG;
    }
    err = cs_file_copy(n.part, from, 0600);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s cannot be copied", from);
    if (err == CS_OK)
        err = check(found, n.part, whole);
    if (err == CS_OK)
        err = publish(&n, store);
    remove_part(&n);
    return err;
}
