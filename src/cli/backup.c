/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `countersign backup` and `countersign restore`: a state directory into another one and back.
 *
 * The store goes through the gateway program, which alone knows how to copy it while it is written and how to read it
 * back. The rest are a few small files that are made once. Either directory is built under another name and renamed
 * when it is complete.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/commands.h"
#include "cli/state.h"
#include "cli/talk.h"
#include "sys/file.h"

#define PATH_SIZE (CS_STATE_PATH + 2 * NAME_MAX)
#define FOLDER "enclave" /* the one folder in a state: all files in it are the enclave's, sealed or its root */

static const struct {
    const char *name;
    bool needed;
} files[] = {{"state.json", true}, {"kek", true}, {"credentials.json", false}, {"agent.key", false}};

/* -- files --------------------------------------------------------------------------------------------------------- */

static cs_err copy_in(const char *to, const char *from, const char *name)
{
    char source[PATH_SIZE], target[PATH_SIZE];
    if (snprintf(source, sizeof source, "%s/%s", from, name) >= (int)sizeof source ||
        snprintf(target, sizeof target, "%s/%s", to, name) >= (int)sizeof target)
        return CS_IO;
    return cs_file_copy(target, source, 0600);
}

static bool is_there(const char *dir, const char *name)
{
    char path[PATH_SIZE];
    return snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path && access(path, F_OK) == 0;
}

/* Regular files alone: a socket is made anew. */
static int copy_folder(const char *to, const char *from)
{
    char source[PATH_SIZE], target[PATH_SIZE];
    struct stat st;
    (void)snprintf(source, sizeof source, "%s/" FOLDER, from);
    (void)snprintf(target, sizeof target, "%s/" FOLDER, to);
    DIR *dir = opendir(source);
    if (dir == NULL && errno == ENOENT)
        return CS_EXIT_OK; /* never started */
    if (dir == NULL || mkdir(target, 0700) != 0) {
        int code = cs_talk_error("%s: %s", dir == NULL ? source : target, strerror(errno));
        if (dir != NULL)
            (void)closedir(dir);
        return code;
    }
    cs_err err = CS_OK;
    for (struct dirent *e; err == CS_OK && (e = readdir(dir)) != NULL;)
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            err = copy_in(target, source, e->d_name);
    (void)closedir(dir);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", source);
}

static int copy_files(const char *to, const char *from)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!files[i].needed && !is_there(from, files[i].name))
            continue;
        cs_err err = copy_in(to, from, files[i].name);
        if (err != CS_OK)
            return cs_talk_fail(err, "%s/%s", from, files[i].name);
    }
    return copy_folder(to, from);
}

/* -- the store ------------------------------------------------------------------------------------------------------
 */

static int copy_store(const char *to, const char *from, bool restore, bool verify)
{
    char source[PATH_SIZE], target[PATH_SIZE];
    (void)snprintf(source, sizeof source, "%s/store.db", from);
    (void)snprintf(target, sizeof target, "%s/store.db", to);
    const char *const make[] = {"countersign-gateway", "backup", "--store", source, "--to", target, NULL};
    const char *const back[] = {"countersign-gateway",      "restore", "--from", source, "--store", target,
                                verify ? "--verify" : NULL, NULL};
    return cs_child_run(restore ? back : make);
}

/* -- directories ----------------------------------------------------------------------------------------------------
 */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static bool sync_parent(const char *path)
{
    char parent[PATH_SIZE];
    (void)snprintf(parent, sizeof parent, "%s/..", path);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

static int publish(const char *path, const char *part)
{
    if (rename(part, path) != 0)
        return errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR
                   ? cs_talk_error("%s is there already; it is not touched", path)
                   : cs_talk_error("%s: %s", path, strerror(errno));
    return sync_parent(path) ? CS_EXIT_OK : cs_talk_error("%s: %s", path, strerror(errno));
}

static int copy_state(const char *to, const char *from, bool restore, bool verify)
{
    char part[CS_STATE_PATH + 8];
    if (!cs_state_exists(from))
        return cs_talk_error("%s holds no state", from);
    if (cs_state_exists(to))
        return cs_talk_error("%s holds a state already; it is not touched", to);
    (void)snprintf(part, sizeof part, "%s.XXXXXX", to);
    if (mkdtemp(part) == NULL)
        return cs_talk_error("%s cannot be made: %s", to, strerror(errno));
    int code = copy_store(part, from, restore, verify);
    if (code == CS_EXIT_OK)
        code = copy_files(part, from);
    if (code == CS_EXIT_OK)
        code = publish(to, part);
    if (code != CS_EXIT_OK)
        (void)nftw(part, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return code;
}

/* The directory of an option, without slashes at its end. */
static int read_path(char out[CS_STATE_PATH], const char *given)
{
    int n = snprintf(out, CS_STATE_PATH, "%s", given);
    while (n > 1 && n < CS_STATE_PATH && out[n - 1] == '/')
        out[--n] = '\0';
    return n > 0 && n < CS_STATE_PATH - 32 ? CS_EXIT_OK : cs_talk_usage("not a usable path: %.100s", given);
}

int cs_command_backup(const cs_args *args)
{
    char state[CS_STATE_PATH], to[CS_STATE_PATH];
    int code = cs_state_path(state, args);
    if (code == CS_EXIT_OK)
        code = read_path(to, cs_arg_text(args, "to"));
    if (code == CS_EXIT_OK)
        code = copy_state(to, state, false, false);
    if (code == CS_EXIT_OK)
        cs_talk_note(args, "%s holds the key-encryption key and the sealed keys: who has it can use every key.", to);
    return code;
}

int cs_command_restore(const cs_args *args)
{
    char state[CS_STATE_PATH], from[CS_STATE_PATH];
    int code = cs_state_path(state, args);
    if (code == CS_EXIT_OK)
        code = read_path(from, cs_arg_text(args, "from"));
    if (code == CS_EXIT_OK)
        code = copy_state(state, from, true, cs_arg_flag(args, "verify"));
    if (code == CS_EXIT_OK)
        cs_talk_note(args, "%s is ready. What was revoked after the backup is not revoked in it.", state);
    return code;
}
