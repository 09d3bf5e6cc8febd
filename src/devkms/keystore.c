/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/keystore.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/crypto.h"
#include "core/encode.h"
#include "core/json.h"
#include "sys/file.h"
#include "sys/log.h"

#define FILE_MAX (128u << 10)
#define SYMMETRIC_LEN 32
#define SUFFIX ".json"

static const char *const clouds[CS_STORED_CLOUDS] = {"aws", "azure", "gcp"};
static const char *const states[CS_STORED_STATES] = {"enabled", "disabled", "pendingDeletion"};
static const char *const kinds[CS_PAIR_KINDS] = {"symmetric", "p256",    "ed25519", "mldsa44", "mldsa65",
                                                 "mldsa87",   "rsa2048", "rsa3072", "rsa4096"};

/* -- one key ------------------------------------------------------------------------------------------------------- */

void cs_stored_key_free(cs_stored_key *k)
{
    if (k == NULL)
        return;
    cs_pair_free(k->pair);
    cs_buf_free(&k->policy);
    cs_wipe(k, sizeof *k);
    free(k);
}

static cs_err make_id(char out[CS_KEYSTORE_UUID + 1])
{
    uint8_t b[16];
    char digits[2 * sizeof b + 1];
    cs_buf hex = CS_BUF_OVER(digits), text = cs_buf_over(out, CS_KEYSTORE_UUID + 1);
    cs_err err = cs_random(b, sizeof b);
    if (err != CS_OK)
        return err;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    cs_hex_encode(&hex, CS_ARRAY(b));
    cs_buf_printf(&text, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12, digits + 16, digits + 20);
    return text.err;
}

static cs_stored_key *allocate(void)
{
    cs_stored_key *k = calloc(1, sizeof *k);
    if (k != NULL)
        k->policy = cs_buf_new(CS_KEYSTORE_POLICY);
    return k;
}

cs_err cs_stored_key_new(cs_stored_key **out, cs_stored_cloud cloud, cs_pair_kind kind, int64_t now_ms)
{
    cs_stored_key *k = allocate();
    *out = NULL;
    if (k == NULL)
        return CS_NO_MEMORY;
    k->cloud = cloud;
    k->kind = kind;
    k->created_ms = now_ms;
    cs_err err = make_id(k->id);
    if (err == CS_OK && kind != CS_PAIR_NONE) {
        err = cs_pair_generate(&k->pair, kind);
    } else if (err == CS_OK) {
        k->symmetric.n = SYMMETRIC_LEN;
        err = cs_random(k->symmetric.b, SYMMETRIC_LEN);
    }
    if (err != CS_OK) {
        cs_stored_key_free(k);
        return err;
    }
    *out = k;
    return CS_OK;
}

/* -- its file ------------------------------------------------------------------------------------------------------ */

static cs_err write_json(cs_buf *out, const cs_stored_key *k)
{
    cs_buf private = cs_buf_new_wiped(CS_PAIR_PKCS8_MAX);
    cs_err err = k->pair != NULL ? cs_pair_private(&private, k->pair) : CS_OK;
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "cloud", clouds[k->cloud]);
    cs_jw_cstr(&w, "id", k->id);
    cs_jw_cstr(&w, "name", k->name);
    cs_jw_cstr(&w, "spec", k->spec);
    cs_jw_cstr(&w, "kind", kinds[k->kind]);
    cs_jw_int(&w, "createdAtMs", k->created_ms);
    cs_jw_cstr(&w, "state", states[k->state]);
    cs_jw_cstr(&w, "description", k->description);
    cs_jw_cstr(&w, "alias", k->alias);
    cs_jw_str(&w, "policy", k->policy.n > 0 ? cs_buf_slice(&k->policy) : CS_LIT(""));
    cs_jw_base64(&w, "material", k->pair != NULL ? cs_buf_slice(&private) : cs_secret_slice(&k->symmetric));
    cs_jw_end(&w);
    cs_buf_add_u8(out, '\n');
    cs_buf_free(&private);
    return err == CS_OK ? out->err : err;
}

static int index_of(const char *const *names, int count, cs_slice text)
{
    for (int i = 0; i < count; i++)
        if (cs_slice_is(text, names[i]))
            return i;
    return -1;
}

static void read_text(char *out, size_t size, cs_jobj *o, const char *name)
{
    cs_slice text = cs_jobj_str(o, name, size - 1);
    if (o->err == CS_OK && cs_slice_to_cstr(out, size, text) != CS_OK)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
}

static int read_choice(cs_jobj *o, const char *name, const char *const *names, int count)
{
    int found = index_of(names, count, cs_jobj_str(o, name, 32));
    if (found < 0)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return found < 0 ? 0 : found;
}

static cs_err read_json(cs_stored_key *k, cs_slice text)
{
    cs_json *doc = NULL;
    cs_buf material = cs_buf_new_wiped(CS_PAIR_PKCS8_MAX);
    cs_err err = cs_json_parse(&doc, text, FILE_MAX);
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    if (err == CS_OK) {
        k->cloud = (cs_stored_cloud)read_choice(&o, "cloud", clouds, CS_STORED_CLOUDS);
        k->kind = (cs_pair_kind)read_choice(&o, "kind", kinds, CS_PAIR_KINDS);
        k->state = (cs_stored_state)read_choice(&o, "state", states, CS_STORED_STATES);
        k->created_ms = cs_jobj_int(&o, "createdAtMs", 0, CS_JSON_INT_MAX);
        read_text(k->id, sizeof k->id, &o, "id");
        read_text(k->name, sizeof k->name, &o, "name");
        read_text(k->spec, sizeof k->spec, &o, "spec");
        read_text(k->description, sizeof k->description, &o, "description");
        read_text(k->alias, sizeof k->alias, &o, "alias");
        cs_buf_add(&k->policy, cs_jobj_str(&o, "policy", CS_KEYSTORE_POLICY));
        (void)cs_jobj_base64(&o, "material", CS_PAIR_PKCS8_MAX, &material);
        err = cs_jobj_done(&o);
    }
    if (err == CS_OK && k->kind != CS_PAIR_NONE)
        err = cs_pair_open(&k->pair, k->kind, cs_buf_slice(&material));
    else if (err == CS_OK)
        err = material.n == SYMMETRIC_LEN ? cs_secret_set(&k->symmetric, cs_buf_slice(&material)) : CS_BAD_PRIVATE_KEY;
    cs_json_free(doc);
    cs_buf_free(&material);
    return err;
}

static cs_err path_of(cs_buf *out, const cs_keystore *s, const char *id)
{
    cs_buf_printf(out, "%s/%s" SUFFIX, s->folder, id);
    return out->err;
}

cs_err cs_keystore_save(cs_keystore *s, const cs_stored_key *k)
{
    char memory[sizeof s->folder + 64];
    cs_buf path = CS_BUF_OVER(memory), text = cs_buf_new_wiped(FILE_MAX);
    cs_err err = path_of(&path, s, k->id);
    if (err == CS_OK)
        err = write_json(&text, k);
    if (err == CS_OK)
        err = cs_file_write(cs_buf_cstr(&path), cs_buf_slice(&text), 0600, true);
    cs_buf_free(&text);
    return err;
}

static cs_err load(cs_keystore *s, const char *id)
{
    char memory[sizeof s->folder + 64];
    struct stat st;
    cs_buf path = CS_BUF_OVER(memory), text = cs_buf_new_wiped(FILE_MAX);
    cs_stored_key *k = allocate();
    cs_err err = k != NULL ? path_of(&path, s, id) : CS_NO_MEMORY;
    if (err == CS_OK && (lstat(cs_buf_cstr(&path), &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077) != 0))
        err = CS_CONFIG;
    if (err == CS_OK)
        err = cs_file_read(&text, cs_buf_cstr(&path));
    if (err == CS_OK)
        err = read_json(k, cs_buf_slice(&text));
    if (err == CS_OK && strcmp(k->id, id) != 0)
        err = CS_CONFIG;
    if (err == CS_OK && s->count == CS_KEYSTORE_KEYS)
        err = CS_TOO_LARGE;
    if (err == CS_OK)
        s->of[s->count++] = k;
    else
        cs_stored_key_free(k);
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s: not a key, or readable by others (%s)", cs_buf_cstr(&path), cs_err_name(err));
    cs_buf_free(&text);
    return err;
}

/* -- the store ----------------------------------------------------------------------------------------------------- */

static cs_stored_key *look(cs_keystore *s, cs_stored_cloud cloud, cs_keystore_by by, cs_slice text)
{
    for (size_t i = 0; i < s->count; i++) {
        cs_stored_key *k = s->of[i];
        const char *is = by == CS_BY_ID ? k->id : by == CS_BY_ALIAS ? k->alias : k->name;
        if (k->cloud == cloud && is[0] != '\0' && cs_slice_is(text, is))
            return k;
    }
    return NULL;
}

static bool is_loaded(const cs_keystore *s, const char *id)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->of[i]->id, id) == 0)
            return true;
    return false;
}

/* Reads the files that are not here yet, under the write lock. */
static cs_err refresh(cs_keystore *s)
{
    cs_err err = CS_OK;
    DIR *folder = opendir(s->folder);
    if (folder == NULL)
        return CS_IO;
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        char id[CS_KEYSTORE_UUID + 1];
        size_t n = strlen(e->d_name);
        if (n != CS_KEYSTORE_UUID + strlen(SUFFIX) || strcmp(e->d_name + CS_KEYSTORE_UUID, SUFFIX) != 0)
            continue; /* a file that is still being written has another name */
        memcpy(id, e->d_name, CS_KEYSTORE_UUID);
        id[CS_KEYSTORE_UUID] = '\0';
        cs_err one = is_loaded(s, id) ? CS_OK : load(s, id);
        if (one != CS_OK)
            err = one;
    }
    (void)closedir(folder);
    return err;
}

cs_err cs_keystore_open(cs_keystore *out, const char *state)
{
    memset(out, 0, sizeof *out);
    cs_buf folder = CS_BUF_OVER(out->folder);
    cs_buf_printf(&folder, "%s/keys", state);
    if (cs_buf_cstr(&folder)[0] == '\0')
        return CS_CONFIG;
    if (pthread_rwlock_init(&out->lock, NULL) != 0)
        return CS_NO_MEMORY;
    if ((mkdir(state, 0700) != 0 && errno != EEXIST) || (mkdir(out->folder, 0700) != 0 && errno != EEXIST))
        return CS_IO;
    return refresh(out);
}

void cs_keystore_close(cs_keystore *s)
{
    for (size_t i = 0; i < s->count; i++)
        cs_stored_key_free(s->of[i]);
    s->count = 0;
    (void)pthread_rwlock_destroy(&s->lock);
}

cs_err cs_keystore_add(cs_keystore *s, cs_stored_key *k)
{
    cs_err err = CS_OK;
    (void)pthread_rwlock_wrlock(&s->lock);
    (void)refresh(s); /* what cannot be read was logged */
    if (s->count == CS_KEYSTORE_KEYS)
        err = CS_TOO_LARGE;
    if (err == CS_OK && ((k->name[0] != '\0' && look(s, k->cloud, CS_BY_NAME, cs_slice_str(k->name)) != NULL) ||
                         (k->alias[0] != '\0' && look(s, k->cloud, CS_BY_ALIAS, cs_slice_str(k->alias)) != NULL)))
        err = CS_CONFLICT;
    if (err == CS_OK)
        err = cs_keystore_save(s, k);
    if (err == CS_OK)
        s->of[s->count++] = k;
    (void)pthread_rwlock_unlock(&s->lock);
    return err;
}

cs_stored_key *cs_keystore_change(cs_keystore *s, cs_stored_cloud cloud, cs_keystore_by by, cs_slice text)
{
    (void)pthread_rwlock_wrlock(&s->lock);
    cs_stored_key *k = look(s, cloud, by, text);
    if (k != NULL)
        return k;
    (void)refresh(s);
    return look(s, cloud, by, text);
}

cs_stored_key *cs_keystore_find(cs_keystore *s, cs_stored_cloud cloud, cs_keystore_by by, cs_slice text)
{
    (void)pthread_rwlock_rdlock(&s->lock);
    cs_stored_key *k = look(s, cloud, by, text);
    if (k != NULL)
        return k;
    (void)pthread_rwlock_unlock(&s->lock);
    (void)cs_keystore_change(s, cloud, by, text);
    (void)pthread_rwlock_unlock(&s->lock);
    (void)pthread_rwlock_rdlock(&s->lock);
    return look(s, cloud, by, text);
}

cs_stored_key *cs_keystore_latest(cs_keystore *s, cs_stored_cloud cloud, cs_slice prefix)
{
    cs_stored_key *newest = NULL;
    (void)pthread_rwlock_rdlock(&s->lock);
    for (size_t i = 0; i < s->count; i++)
        if (s->of[i]->cloud == cloud && cs_slice_starts(cs_slice_str(s->of[i]->name), prefix) &&
            (newest == NULL || s->of[i]->created_ms >= newest->created_ms))
            newest = s->of[i];
    return newest;
}

void cs_keystore_done(cs_keystore *s)
{
    (void)pthread_rwlock_unlock(&s->lock);
}

bool cs_keystore_has_alias(cs_keystore *s, cs_stored_cloud cloud, cs_slice alias)
{
    return look(s, cloud, CS_BY_ALIAS, alias) != NULL;
}
