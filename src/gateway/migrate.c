/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/migrate.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/auth.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/sandbox.h"

#define BAR 30 /* characters */

/* One line that is written over on a terminal; else a line for each table. */
static void show_progress(void *context, const char *table, int64_t done, int64_t all)
{
    const char *mode = context;
    int64_t filled = all > 0 ? BAR * (done < all ? done : all) / all : BAR;
    if (strcmp(mode, "bar") == 0)
        (void)fprintf(stderr, "\r%-26s [%-*.*s] %" PRId64 " of %" PRId64 "  ", table, BAR, (int)filled,
                      "##############################", done, all);
    else if (done >= all)
        cs_log(CS_LOG_INFO, NULL, "migration: %s: %" PRId64 " rows", table, done);
}

static cs_err move_pepper(const cs_args *args)
{
    char from[PATH_MAX], to[PATH_MAX];
    cs_err err = cs_auth_pepper_path(from, cs_arg_text(args, "from"), cs_arg_text(args, "from-pepper"));
    if (err == CS_OK)
        err = cs_auth_pepper_path(to, cs_arg_text(args, "to"), cs_arg_text(args, "to-pepper"));
    if (err != CS_OK || strcmp(from, to) == 0 || access(to, F_OK) == 0)
        return err; /* it has been copied before, perhaps by hand: the gateway tells if it is another one */
    err = cs_file_copy(to, from, 0600);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s cannot be copied to %s", from, to);
    return err;
}

int cs_migrate_run(const cs_args *args)
{
    char bar[] = "bar", lines[] = "lines";
    cs_log_open("countersign-gateway", CS_LOG_INFO);
    cs_err err = cs_sandbox_harden();
    if (err == CS_OK)
        err = cs_store_migrate(cs_arg_text(args, "to"), cs_arg_text(args, "from"), show_progress,
                               isatty(STDERR_FILENO) != 0 ? bar : lines);
    if (isatty(STDERR_FILENO) != 0)
        (void)fputc('\n', stderr);
    if (err == CS_OK)
        err = move_pepper(args);
    if (err == CS_OK)
        cs_log(CS_LOG_INFO, NULL, "migrated and compared: rows of every table, heads and entries of every ledger");
    else
        cs_log(CS_LOG_ERROR, NULL, "not migrated: %s; run it again to go on", cs_err_sentence(err));
    return err == CS_OK ? CS_EXIT_OK : CS_EXIT_ERROR;
}

const cs_option cs_migrate_options[CS_MIGRATE_OPTIONS] = {
    {"from", CS_OPT_TEXT, true, "FILE|URL", "the store, which no gateway works with meanwhile", 0, 0},
    {"from-pepper", CS_OPT_TEXT, false, "FILE", "its pepper; FILE.pepper beside a file if not given", 0, 0},
    {"to", CS_OPT_TEXT, true, "FILE|URL", "the new one, or an unfinished one; never overwrites", 0, 0},
    {"to-pepper", CS_OPT_TEXT, false, "FILE", "where its pepper goes; FILE.pepper beside a file if not given", 0, 0},
};
