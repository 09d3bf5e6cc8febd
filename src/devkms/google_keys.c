/* SPDX-License-Identifier: Apache-2.0 */
/* Google's keys. A key of the store is one version; its name is the version's resource name, its spec the algorithm and
 * its description the protection level that it was asked for, which is a name here and nothing else. */
#include <stdio.h>

#include "core/clock.h"
#include "devkms/google.h"

#define VERSIONS "/cryptoKeyVersions/"
#define MAX_ID 63

static const char *const purposes[][2] = {{"ENCRYPT_DECRYPT", "1"}, {"ASYMMETRIC_SIGN", "5"}};
static const char *const levels[][2] = {{"SOFTWARE", "1"}, {"HSM", "2"}};
static const char *const version_states[][2] = {{"ENABLED", "1"}, {"DISABLED", "2"}};

/* A member that is the name of a value, or its number as text; absent if it is not there. `memory` holds numbers. */
static cs_slice read_enum(cs_jobj *o, const char *name, char memory[16])
{
    cs_jobj as_text = *o;
    cs_slice text = cs_jobj_str_opt(&as_text, name, 64);
    if (as_text.err == CS_OK) {
        *o = as_text;
        return text;
    }
    (void)snprintf(memory, 16, "%d", (int)cs_jobj_int(o, name, 0, 1000));
    return cs_slice_str(memory);
}

static const char *find_value(const char *const (*rows)[2], size_t count, cs_slice text)
{
    for (size_t i = 0; i < count; i++)
        if (cs_slice_is(text, rows[i][0]) || cs_slice_is(text, rows[i][1]))
            return rows[i][0];
    return NULL;
}
#define FIND(rows, text) find_value(rows, sizeof(rows) / sizeof *(rows), text)

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void write_time(cs_jw *w, const char *name, int64_t ms)
{
    char memory[64];
    cs_buf text = CS_BUF_OVER(memory);
    cs_time_write(&text, ms);
    cs_jw_str(w, name, cs_buf_slice(&text));
}

static void write_version_members(cs_jw *w, const cs_stored_key *k)
{
    cs_jw_cstr(w, "name", k->name);
    cs_jw_cstr(w, "state", version_states[k->state == CS_STORED_ENABLED ? 0 : 1][0]);
    cs_jw_cstr(w, "protectionLevel", k->description);
    cs_jw_cstr(w, "algorithm", k->spec);
    write_time(w, "createTime", k->created_ms);
    write_time(w, "generateTime", k->created_ms);
}

static void write_version(cs_google_call *c, const cs_stored_key *k)
{
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    write_version_members(&w, k);
    cs_jw_end(&w);
}

static void write_key(cs_google_call *c, const cs_stored_key *newest)
{
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "name", c->key);
    cs_jw_cstr(&w, "purpose", purposes[newest->pair == NULL ? 0 : 1][0]);
    if (newest->pair == NULL) {
        cs_jw_begin(&w, "primary");
        write_version_members(&w, newest);
        cs_jw_end(&w);
    }
    write_time(&w, "createTime", newest->created_ms);
    cs_jw_begin(&w, "versionTemplate");
    cs_jw_cstr(&w, "protectionLevel", newest->description);
    cs_jw_cstr(&w, "algorithm", newest->spec);
    cs_jw_end(&w);
    cs_jw_end(&w);
}

static cs_google_error write_ring(cs_google_call *c, const char *name)
{
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "name", name);
    write_time(&w, "createTime", c->now_ms);
    cs_jw_end(&w);
    return CS_GOOGLE_OK;
}

/* -- making -------------------------------------------------------------------------------------------------------- */

static bool is_id(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return s.n > 0 && s.n <= MAX_ID;
}

/* "…/collection" and the id of the query. */
static bool name_child(cs_google_call *c, char *out, size_t size, const char *parameter)
{
    cs_slice id = cs_form_get(c->query, parameter);
    int n = is_id(id) ? snprintf(out, size, "%s/%.*s", c->key, (int)id.n, (const char *)id.p) : -1;
    return n > 0 && n < (int)size;
}

cs_google_error cs_google_create_ring(cs_google_call *c)
{
    char name[512];
    if (!name_child(c, name, sizeof name, "keyRingId"))
        return CS_GOOGLE_INVALID_ARGUMENT;
    return write_ring(c, name);
}

cs_google_error cs_google_get_ring(cs_google_call *c)
{
    return write_ring(c, c->key);
}

/* Makes version `number` of the key and keeps it. */
static cs_google_error make_version(cs_google_call *c, cs_stored_key **out, const cs_google_algorithm *a,
                                    const char *level, size_t number)
{
    cs_stored_key *k = NULL;
    cs_err err = cs_stored_key_new(&k, CS_STORED_GCP, a->kind, c->now_ms);
    if (err != CS_OK)
        return CS_GOOGLE_INTERNAL;
    cs_buf name = CS_BUF_OVER(k->name), spec = CS_BUF_OVER(k->spec), description = CS_BUF_OVER(k->description);
    cs_buf_printf(&name, "%s" VERSIONS "%zu", c->key, number);
    cs_buf_printf(&spec, "%s", a->name);
    cs_buf_printf(&description, "%s", level);
    err = name.err != CS_OK ? name.err : cs_keystore_add(&c->service->keys, k);
    if (err != CS_OK) {
        cs_stored_key_free(k);
        return err == CS_CONFLICT ? CS_GOOGLE_ALREADY_EXISTS : CS_GOOGLE_INTERNAL;
    }
    *out = k;
    return CS_GOOGLE_OK;
}

cs_google_error cs_google_create_key(cs_google_call *c)
{
    char name[sizeof c->key], p[16], a[16], l[16];
    cs_slice purpose = read_enum(&c->in, "purpose", p), algorithm = CS_ABSENT, level = CS_LIT("SOFTWARE");
    cs_jval template = cs_jobj_object_opt(&c->in, "versionTemplate");
    if (cs_jval_members(cs_jobj_object_opt(&c->in, "labels")) > 0)
        cs_jobj_fail(&c->in, CS_UNKNOWN_FIELD, "labels");
    if (template.v != NULL) {
        cs_jobj t = cs_jobj_open(template);
        algorithm = read_enum(&t, "algorithm", a);
        if (cs_jobj_has(&t, "protectionLevel"))
            level = read_enum(&t, "protectionLevel", l);
        if (cs_jobj_done(&t) != CS_OK)
            cs_jobj_fail(&c->in, CS_BAD_FIELD, "versionTemplate");
    }
    const char *wanted = FIND(purposes, purpose), *protection = FIND(levels, level);
    bool encrypts = wanted == purposes[0][0];
    if (algorithm.p == NULL && encrypts)
        algorithm = CS_LIT("GOOGLE_SYMMETRIC_ENCRYPTION");
    const cs_google_algorithm *found = cs_google_algorithm_find(algorithm);
    if (cs_jobj_done(&c->in) != CS_OK || wanted == NULL || protection == NULL || found == NULL ||
        encrypts != (found->what == CS_GOOGLE_ENCRYPTS) || !name_child(c, name, sizeof name, "cryptoKeyId"))
        return CS_GOOGLE_INVALID_ARGUMENT;
    (void)snprintf(c->key, sizeof c->key, "%s", name);
    cs_stored_key *k = NULL;
    cs_google_error e = make_version(c, &k, found, protection, 1);
    if (e == CS_GOOGLE_OK)
        write_key(c, k);
    return e;
}

/* The newest version of the key; the store is locked if there is one. */
static cs_stored_key *find_newest(cs_google_call *c)
{
    char memory[sizeof c->key + sizeof VERSIONS];
    cs_buf prefix = CS_BUF_OVER(memory);
    cs_buf_printf(&prefix, "%s" VERSIONS, c->key);
    cs_stored_key *k = cs_keystore_latest(&c->service->keys, CS_STORED_GCP, cs_buf_slice(&prefix));
    if (k == NULL)
        cs_keystore_done(&c->service->keys);
    return k;
}

cs_google_error cs_google_create_version(cs_google_call *c)
{
    if (cs_jobj_done(&c->in) != CS_OK)
        return CS_GOOGLE_INVALID_ARGUMENT;
    cs_stored_key *newest = find_newest(c), *k = NULL;
    if (newest == NULL)
        return CS_GOOGLE_NOT_FOUND;
    cs_keystore_done(&c->service->keys); /* what is read of it below never changes */
    const cs_google_algorithm *a = cs_google_algorithm_find(cs_slice_str(newest->spec));
    if (a == NULL)
        return CS_GOOGLE_INTERNAL;
    cs_google_error e = CS_GOOGLE_ALREADY_EXISTS;
    for (size_t number = 2; e == CS_GOOGLE_ALREADY_EXISTS && number < CS_KEYSTORE_KEYS; number++)
        e = make_version(c, &k, a, newest->description, number);
    if (e == CS_GOOGLE_OK)
        write_version(c, k);
    return e;
}

/* -- finding and changing ------------------------------------------------------------------------------------------ */

cs_google_error cs_google_get_key(cs_google_call *c)
{
    cs_stored_key *k = find_newest(c);
    if (k == NULL)
        return CS_GOOGLE_NOT_FOUND;
    write_key(c, k);
    cs_keystore_done(&c->service->keys);
    return CS_GOOGLE_OK;
}

cs_google_error cs_google_get_version(cs_google_call *c)
{
    cs_stored_key *k = cs_keystore_find(&c->service->keys, CS_STORED_GCP, CS_BY_NAME, cs_slice_str(c->version));
    if (k != NULL)
        write_version(c, k);
    cs_keystore_done(&c->service->keys);
    return k != NULL ? CS_GOOGLE_OK : CS_GOOGLE_NOT_FOUND;
}

/* The state, and nothing else; `updateMask` says so. */
cs_google_error cs_google_update_version(cs_google_call *c)
{
    char number[16];
    const char *state = FIND(version_states, read_enum(&c->in, "state", number));
    (void)cs_jobj_str_opt(&c->in, "name", sizeof c->version);
    if (cs_jobj_done(&c->in) != CS_OK || state == NULL || !cs_slice_is(cs_form_get(c->query, "updateMask"), "state"))
        return CS_GOOGLE_INVALID_ARGUMENT;
    cs_stored_key *k = cs_keystore_change(&c->service->keys, CS_STORED_GCP, CS_BY_NAME, cs_slice_str(c->version));
    cs_google_error e = k != NULL ? CS_GOOGLE_OK : CS_GOOGLE_NOT_FOUND;
    if (k != NULL) {
        k->state = state == version_states[0][0] ? CS_STORED_ENABLED : CS_STORED_DISABLED;
        e = cs_keystore_save(&c->service->keys, k) == CS_OK ? CS_GOOGLE_OK : CS_GOOGLE_INTERNAL;
        write_version(c, k);
    }
    cs_keystore_done(&c->service->keys);
    return e;
}
