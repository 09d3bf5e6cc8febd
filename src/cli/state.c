/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/state.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/talk.h"
#include "core/crypto.h"
#include "core/json.h"
#include "sys/clock.h"
#include "sys/file.h"

#define KEK_BYTES 32
#define INIT_SECONDS 60
#define LOCK_SECONDS 5
#define MAX_API_KEY 128
#define MAX_STATE_JSON 1024

int cs_state_path(char out[CS_STATE_PATH], const cs_args *args)
{
    const char *given = cs_arg_text(args, "state"), *home = getenv("HOME"), *base = getenv("XDG_STATE_HOME");
    int n;
    if (given != NULL)
        n = snprintf(out, CS_STATE_PATH, "%s", given);
    else if (base != NULL && base[0] == '/')
        n = snprintf(out, CS_STATE_PATH, "%s/countersign", base);
    else if (home != NULL && home[0] == '/')
        n = snprintf(out, CS_STATE_PATH, "%s/.local/state/countersign", home);
    else
        return cs_talk_usage("no place for the state: give --state");
    while (n > 1 && n < CS_STATE_PATH && out[n - 1] == '/')
        out[--n] = '\0';
    if (n <= 0 || n > CS_STATE_PATH - 32)
        return cs_talk_usage("--state is not a usable path");
    return CS_EXIT_OK;
}

bool cs_state_exists(const char *path)
{
    char file[CS_STATE_PATH];
    return snprintf(file, sizeof file, "%s/state.json", path) < (int)sizeof file && access(file, F_OK) == 0;
}

/* -- making -------------------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

/* Makes the directories above `path`, private to the user. */
static bool make_parents(const char *path)
{
    char parent[CS_STATE_PATH];
    for (const char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        if (cs_slice_to_cstr(parent, sizeof parent, cs_slice_of(path, (size_t)(p - path))) != CS_OK ||
            (mkdir(parent, 0700) != 0 && errno != EEXIST))
            return false;
    }
    return true;
}

static cs_err write_in(const char *dir, const char *name, cs_slice bytes)
{
    char path[CS_STATE_PATH];
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return CS_IO;
    return cs_file_write(path, bytes, 0600, false);
}

static cs_err make_kek(const char *dir)
{
    CS_SECRET(kek);
    cs_err err = cs_random(kek.b, KEK_BYTES);
    kek.n = KEK_BYTES;
    return err == CS_OK ? write_in(dir, "kek", cs_secret_slice(&kek)) : err;
}

/* Takes {"org","orgId","apiKey","publishableKey"}, as the gateway prints it once. */
static cs_err take_keys(cs_state *s, cs_slice text)
{
    cs_json *json = NULL;
    cs_err err = cs_json_parse(&json, text, MAX_STATE_JSON);
    if (err != CS_OK)
        return err;
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    cs_slice org = cs_jobj_str(&o, "org", CS_MAX_NAME), org_id = cs_jobj_str(&o, "orgId", CS_MAX_ID),
             api_key = cs_jobj_str(&o, "apiKey", MAX_API_KEY),
             publishable_key = cs_jobj_str(&o, "publishableKey", MAX_API_KEY);
    err = cs_jobj_done_open(&o);
    if (err == CS_OK)
        err = cs_slice_to_cstr(s->org, sizeof s->org, org);
    if (err == CS_OK)
        err = cs_slice_to_cstr(s->org_id, sizeof s->org_id, org_id);
    if (err == CS_OK)
        err = cs_secret_set(&s->api_key, api_key);
    if (err == CS_OK)
        err = cs_secret_set(&s->publishable_key, publishable_key);
    cs_json_free(json);
    return err;
}

/* The gateway puts an org and its first keys into its store, which it makes if it is missing. */
static cs_err put_org(cs_state *s, const char *dir, const char *org, const char *host)
{
    char store[CS_STATE_PATH];
    uint8_t memory[MAX_STATE_JSON];
    cs_buf line = CS_BUF_OVER(memory);
    cs_child gateway = {0};
    int fds[2];
    if (snprintf(store, sizeof store, "%s/store.db", dir) >= (int)sizeof store || pipe2(fds, O_CLOEXEC) != 0)
        return CS_IO;
    const char *argv[] = {"countersign-gateway",
                          "init",
                          "--store",
                          store,
                          "--org",
                          org,
                          "--json",
                          host != NULL ? "--ledger-host" : NULL,
                          host,
                          NULL};
    cs_err err = cs_child_start(&gateway, argv, fds[1], STDOUT_FILENO);
    (void)close(fds[1]);
    if (err == CS_OK)
        err = cs_child_read_line(&line, fds[0], cs_tick_us() + (int64_t)INIT_SECONDS * 1000000);
    if (err == CS_OK)
        err = take_keys(s, cs_buf_slice(&line));
    (void)close(fds[0]);
    cs_wipe(memory, sizeof memory);
    int status = 0;
    int64_t deadline = cs_tick_us() + (int64_t)INIT_SECONDS * 1000000;
    while (cs_child_is_running(&gateway, &status) && cs_tick_us() < deadline)
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    cs_child_stop(&gateway, 1);
    return err == CS_OK && status != 0 ? CS_IO : err;
}

static cs_err write_state(const cs_state *s, const char *dir)
{
    cs_buf text = cs_buf_new(MAX_STATE_JSON);
    cs_jw w = cs_jw_on(&text);
    cs_jw_begin(&w, NULL);
    cs_jw_int(&w, "v", 1);
    cs_jw_cstr(&w, "org", s->org);
    cs_jw_cstr(&w, "orgId", s->org_id);
    cs_jw_end(&w);
    cs_buf_add_u8(&text, '\n');
    cs_err err = text.err == CS_OK ? write_in(dir, "state.json", cs_buf_slice(&text)) : text.err;
    cs_buf_free(&text);
    return err;
}

static cs_err write_credentials(const cs_state *s, const char *dir)
{
    CS_SECRET(text);
    cs_buf b = CS_BUF_OVER(text.b);
    cs_jw w = cs_jw_on(&b);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "apiKey", cs_secret_slice(&s->api_key));
    cs_jw_str(&w, "publishableKey", cs_secret_slice(&s->publishable_key));
    cs_jw_end(&w);
    return b.err == CS_OK ? write_in(dir, "credentials.json", cs_buf_slice(&b)) : b.err;
}

static int fill(cs_state *s, const char *dir, const char *org, const char *host, bool keep)
{
    cs_err err = make_kek(dir);
    if (err != CS_OK)
        return cs_talk_fail(err, "key-encryption key in %s", dir);
    err = put_org(s, dir, org, host);
    if (err != CS_OK)
        return cs_talk_error("countersign-gateway init did not make the store (%s); see its message", cs_err_name(err));
    err = keep ? write_credentials(s, dir) : CS_OK;
    if (err == CS_OK)
        err = write_state(s, dir);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", dir);
}

int cs_state_make(cs_state *out, const char *path, const char *org, const char *host, bool keep)
{
    char dir[CS_STATE_PATH + 8];
    *out = (cs_state){.lock_fd = -1};
    if (cs_state_exists(path))
        return cs_talk_error("%s holds a state already; it is not touched", path);
    (void)snprintf(dir, sizeof dir, "%s.XXXXXX", path);
    if (!make_parents(path) || mkdtemp(dir) == NULL)
        return cs_talk_error("%s cannot be made: %s", path, strerror(errno));
    int code = fill(out, dir, org, host, keep);
    if (code == CS_EXIT_OK && rename(dir, path) != 0)
        code = errno == ENOTEMPTY || errno == EEXIST ? cs_talk_error("%s exists and is not empty", path)
                                                     : cs_talk_error("%s: %s", path, strerror(errno));
    if (code == CS_EXIT_OK && realpath(path, out->path) == NULL)
        code = cs_talk_error("%s: %s", path, strerror(errno));
    if (code != CS_EXIT_OK) {
        cs_state_close(out);
        (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    return code;
}

/* -- opening ------------------------------------------------------------------------------------------------------- */

static cs_err read_state(cs_state *s)
{
    cs_json *json = NULL;
    cs_buf text = cs_buf_new(MAX_STATE_JSON);
    cs_err err = cs_file_read(&text, "state.json");
    if (err == CS_OK)
        err = cs_json_parse(&json, cs_buf_slice(&text), MAX_STATE_JSON);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        (void)cs_jobj_int(&o, "v", 1, 1);
        cs_slice org = cs_jobj_str(&o, "org", CS_MAX_NAME), org_id = cs_jobj_str(&o, "orgId", CS_MAX_ID);
        err = cs_jobj_done(&o);
        if (err == CS_OK)
            err = cs_slice_to_cstr(s->org, sizeof s->org, org);
        if (err == CS_OK)
            err = cs_slice_to_cstr(s->org_id, sizeof s->org_id, org_id);
    }
    cs_json_free(json);
    cs_buf_free(&text);
    return err;
}

static cs_err read_credentials(cs_state *s)
{
    CS_SECRET(text);
    cs_json *json = NULL;
    cs_err err = cs_file_read_secret(&text, "credentials.json");
    if (err == CS_OK)
        err = cs_json_parse(&json, cs_secret_slice(&text), sizeof text.b);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_slice api_key = cs_jobj_str(&o, "apiKey", MAX_API_KEY),
                 publishable_key = cs_jobj_str(&o, "publishableKey", MAX_API_KEY);
        err = cs_jobj_done(&o);
        if (err == CS_OK)
            err = cs_secret_set(&s->api_key, api_key);
        if (err == CS_OK)
            err = cs_secret_set(&s->publishable_key, publishable_key);
    }
    cs_json_free(json);
    return err;
}

static int take_lock(cs_state *s)
{
    int64_t deadline = cs_tick_us() + (int64_t)LOCK_SECONDS * 1000000;
    s->lock_fd = open("lock", O_RDWR | O_CREAT, 0600); /* not close-on-exec: the children hold it too */
    if (s->lock_fd < 0)
        return cs_talk_error("%s/lock: %s", s->path, strerror(errno));
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    while (fcntl(s->lock_fd, F_OFD_SETLK, &whole) != 0) {
        if ((errno != EAGAIN && errno != EACCES) || cs_tick_us() > deadline)
            return cs_talk_error("%s is in use by another countersign dev", s->path);
        (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return CS_EXIT_OK;
}

static int open_here(cs_state *s)
{
    struct stat st;
    if (stat(".", &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
        return cs_talk_error("%s must be yours and mode 0700", s->path);
    int code = take_lock(s);
    if (code != CS_EXIT_OK)
        return code;
    cs_err err = read_state(s);
    if (err != CS_OK)
        return cs_talk_fail(err, "%s/state.json", s->path);
    if (access("credentials.json", F_OK) != 0)
        return CS_EXIT_OK;
    err = read_credentials(s);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s/credentials.json", s->path);
}

int cs_state_open(cs_state *out, const char *path)
{
    *out = (cs_state){.lock_fd = -1};
    if (realpath(path, out->path) == NULL || chdir(out->path) != 0)
        return cs_talk_error("%s: %s", path, strerror(errno));
    int code = open_here(out);
    if (code != CS_EXIT_OK)
        cs_state_close(out);
    return code;
}

int cs_state_add(cs_state *out, const char *path, const char *org, const char *host)
{
    int code = cs_state_open(out, path);
    if (code != CS_EXIT_OK)
        return code;
    cs_secret_wipe(&out->api_key);
    cs_secret_wipe(&out->publishable_key);
    cs_err err = put_org(out, ".", org, host);
    if (err == CS_OK)
        return CS_EXIT_OK;
    cs_state_close(out);
    return cs_talk_error("countersign-gateway init did not add the org (%s); see its message", cs_err_name(err));
}

void cs_state_close(cs_state *s)
{
    cs_secret_wipe(&s->api_key);
    cs_secret_wipe(&s->publishable_key);
    if (s->lock_fd >= 0)
        (void)close(s->lock_fd);
    s->lock_fd = -1;
}
