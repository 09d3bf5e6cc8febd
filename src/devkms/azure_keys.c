/* SPDX-License-Identifier: Apache-2.0 */
/* Azure's keys. A key of the store is one version; its name is "NAME/VERSION", its description the operations that it
 * is for, and its spec what `kty` was asked for. */
#include <stdio.h>
#include <string.h>

#include "core/encode.h"
#include "devkms/azure.h"

#define MAX_NAME 127
#define VERSION_LEN 32
#define MAX_VALUE 1024
#define DIGEST_LEN 32

static bool is_name(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return s.n > 0 && s.n <= MAX_NAME;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void write_base64url(cs_jw *w, const char *name, cs_slice bytes)
{
    cs_buf text = cs_buf_new(8192);
    cs_base64url_encode(&text, bytes);
    cs_jw_str(w, name, cs_buf_slice(&text));
    cs_buf_free(&text);
}

static void write_kid(const cs_azure_call *c, cs_jw *w, const cs_stored_key *k)
{
    char kid[1024];
    int n = snprintf(kid, sizeof kid, "%s/keys/%s", c->base, k->name);
    if ((c->faults & 1u << CS_INJECT_WRONG_KEY_ID) != 0 && n > 0 && n < (int)sizeof kid)
        kid[n - 1] = kid[n - 1] == '0' ? '1' : '0';
    cs_jw_cstr(w, "kid", kid);
}

static void write_operations(cs_jw *w, const char *list)
{
    cs_jw_begin_array(w, "key_ops");
    for (cs_slice rest = cs_slice_str(list); rest.n > 0;) {
        const uint8_t *comma = memchr(rest.p, ',', rest.n);
        cs_slice one = comma != NULL ? cs_slice_sub(rest, 0, (size_t)(comma - rest.p)) : rest;
        cs_jw_str(w, NULL, one);
        rest = cs_slice_sub(rest, one.n + 1, rest.n);
    }
    cs_jw_end_array(w);
}

static cs_azure_error write_material(cs_jw *w, const cs_stored_key *k)
{
    cs_buf a = cs_buf_new(2048), b = cs_buf_new(64);
    cs_err err;
    if (k->kind == CS_PAIR_P256) {
        err = cs_pair_raw_public(&a, k->pair);
        cs_jw_cstr(w, "crv", "P-256");
        write_base64url(w, "x", cs_slice_sub(cs_buf_slice(&a), 1, 32));
        write_base64url(w, "y", cs_slice_sub(cs_buf_slice(&a), 33, 32));
    } else {
        err = cs_pair_rsa(&a, &b, k->pair);
        write_base64url(w, "n", cs_buf_slice(&a));
        write_base64url(w, "e", cs_buf_slice(&b));
    }
    cs_buf_free(&a);
    cs_buf_free(&b);
    return err == CS_OK ? CS_AZURE_OK : CS_AZURE_INTERNAL;
}

static cs_azure_error write_bundle(const cs_azure_call *c, const cs_stored_key *k)
{
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    cs_jw_begin(&w, "key");
    write_kid(c, &w, k);
    cs_jw_cstr(&w, "kty", k->spec);
    write_operations(&w, k->description);
    cs_azure_error e = write_material(&w, k);
    cs_jw_end(&w);
    cs_jw_begin(&w, "attributes");
    cs_jw_bool(&w, "enabled", k->state == CS_STORED_ENABLED);
    cs_jw_int(&w, "created", k->created_ms / 1000);
    cs_jw_int(&w, "updated", k->created_ms / 1000);
    cs_jw_cstr(&w, "recoveryLevel", "Purgeable");
    cs_jw_int(&w, "recoverableDays", 0);
    cs_jw_bool(&w, "exportable", false);
    cs_jw_end(&w);
    cs_jw_begin(&w, "tags");
    cs_jw_end(&w);
    cs_jw_end(&w);
    return e;
}

/* -- making -------------------------------------------------------------------------------------------------------- */

static cs_pair_kind kind_of(cs_slice kty, cs_slice crv, int64_t bits)
{
    if (cs_slice_is(kty, "EC") || cs_slice_is(kty, "EC-HSM"))
        return bits == 0 && (crv.p == NULL || cs_slice_is(crv, "P-256")) ? CS_PAIR_P256 : CS_PAIR_NONE;
    if ((!cs_slice_is(kty, "RSA") && !cs_slice_is(kty, "RSA-HSM")) || crv.p != NULL)
        return CS_PAIR_NONE;
    return bits == 0 || bits == 2048 ? CS_PAIR_RSA2048
           : bits == 3072            ? CS_PAIR_RSA3072
           : bits == 4096            ? CS_PAIR_RSA4096
                                     : CS_PAIR_NONE;
}

/* The operations that were asked for, or all that the kind can do; separated by commas. */
static bool read_operations(cs_buf *out, cs_jval list, cs_pair_kind kind)
{
    static const char *const ec[] = {"sign", "verify"}, *const rsa[] = {"wrapKey", "unwrapKey", "encrypt", "decrypt"};
    const char *const *all = kind == CS_PAIR_P256 ? ec : rsa;
    size_t count = kind == CS_PAIR_P256 ? 2 : 4, given = cs_jarr_len(list);
    for (size_t i = 0; i < (given > 0 ? given : count); i++) {
        cs_slice one = given > 0 ? cs_jval_str(cs_jarr_at(list, i)) : cs_slice_str(all[i]);
        bool known = false;
        for (size_t a = 0; a < count; a++)
            known = known || cs_slice_is(one, all[a]);
        /* RSA keys of Azure sign, too, and those of others may be asked for it; here they do not. */
        if (!known && !(kind != CS_PAIR_P256 && (cs_slice_is(one, "sign") || cs_slice_is(one, "verify"))))
            return false;
        if (i > 0)
            cs_buf_add_u8(out, ',');
        cs_buf_add(out, one);
    }
    return out->err == CS_OK && cs_buf_cstr(out)[0] != '\0';
}

static bool name_version(cs_stored_key *k, cs_slice name)
{
    cs_buf text = CS_BUF_OVER(k->name);
    cs_buf_add(&text, name);
    cs_buf_add_u8(&text, '/');
    for (const char *p = k->id; *p != '\0'; p++)
        if (*p != '-')
            cs_buf_add_u8(&text, (uint8_t)*p);
    return cs_buf_cstr(&text)[0] != '\0';
}

cs_azure_error cs_azure_create(cs_azure_call *c)
{
    cs_slice kty = cs_jobj_str(&c->in, "kty", 32), crv = cs_jobj_str_opt(&c->in, "crv", 32);
    int64_t bits = cs_jobj_int_or(&c->in, "key_size", 2048, 4096, 0);
    cs_jval list = cs_jobj_array_opt(&c->in, "key_ops");
    bool enabled = true;
    cs_jval attributes = cs_jobj_object_opt(&c->in, "attributes");
    if (attributes.v != NULL) {
        cs_jobj a = cs_jobj_open(attributes);
        enabled = cs_jobj_bool_or(&a, "enabled", true);
        if (cs_jobj_done(&a) != CS_OK)
            cs_jobj_fail(&c->in, CS_BAD_FIELD, "attributes");
    }
    if (cs_jval_members(cs_jobj_object_opt(&c->in, "tags")) > 0)
        cs_jobj_fail(&c->in, CS_UNKNOWN_FIELD, "tags");
    cs_pair_kind kind = kind_of(kty, crv, bits);
    if (cs_jobj_done(&c->in) != CS_OK || !is_name(c->name))
        return CS_AZURE_BAD_PARAMETER;
    c->why = "Key type or curve is not supported: EC with P-256, RSA with 2048, 3072 or 4096 bits.";
    if (kind == CS_PAIR_NONE)
        return CS_AZURE_BAD_PARAMETER;
    cs_stored_key *k = NULL;
    cs_err err = cs_stored_key_new(&k, CS_STORED_AZURE, kind, c->now_ms);
    cs_azure_error e = CS_AZURE_INTERNAL;
    c->why = NULL;
    if (err != CS_OK)
        return e;
    cs_buf ops = CS_BUF_OVER(k->description);
    k->state = enabled ? CS_STORED_ENABLED : CS_STORED_DISABLED;
    if (!read_operations(&ops, list, kind) || !name_version(k, c->name) ||
        cs_slice_to_cstr(k->spec, sizeof k->spec, kty) != CS_OK)
        e = CS_AZURE_BAD_PARAMETER;
    else if (cs_keystore_add(&c->service->keys, k) == CS_OK)
        return write_bundle(c, k);
    cs_stored_key_free(k);
    return e;
}

/* -- finding ------------------------------------------------------------------------------------------------------- */

/* The version of the path, or the newest; the store is locked if it is found. */
static cs_azure_error find_key(cs_azure_call *c, cs_stored_key **k, bool change)
{
    char memory[MAX_NAME + VERSION_LEN + 2];
    cs_buf name = CS_BUF_OVER(memory);
    cs_buf_add(&name, c->name);
    cs_buf_add_u8(&name, '/');
    cs_buf_add(&name, c->version);
    if (name.err != CS_OK || !is_name(c->name))
        return CS_AZURE_NOT_FOUND;
    if (c->version.p == NULL)
        *k = cs_keystore_latest(&c->service->keys, CS_STORED_AZURE, cs_buf_slice(&name));
    else if (change)
        *k = cs_keystore_change(&c->service->keys, CS_STORED_AZURE, CS_BY_NAME, cs_buf_slice(&name));
    else
        *k = cs_keystore_find(&c->service->keys, CS_STORED_AZURE, CS_BY_NAME, cs_buf_slice(&name));
    if (*k == NULL)
        cs_keystore_done(&c->service->keys);
    return *k != NULL ? CS_AZURE_OK : CS_AZURE_NOT_FOUND;
}

cs_azure_error cs_azure_get(cs_azure_call *c)
{
    cs_stored_key *k;
    cs_azure_error e = find_key(c, &k, false);
    if (e != CS_AZURE_OK)
        return e;
    e = write_bundle(c, k);
    cs_keystore_done(&c->service->keys);
    return e;
}

cs_azure_error cs_azure_update(cs_azure_call *c)
{
    cs_stored_key *k;
    cs_jobj a = cs_jobj_open(cs_jobj_object(&c->in, "attributes"));
    bool has = cs_jobj_has(&a, "enabled"), enabled = cs_jobj_bool_or(&a, "enabled", true);
    if (cs_jobj_done(&c->in) != CS_OK || cs_jobj_done(&a) != CS_OK || !has)
        return CS_AZURE_BAD_PARAMETER;
    cs_azure_error e = find_key(c, &k, true);
    if (e != CS_AZURE_OK)
        return e;
    k->state = enabled ? CS_STORED_ENABLED : CS_STORED_DISABLED;
    e = cs_keystore_save(&c->service->keys, k) == CS_OK ? write_bundle(c, k) : CS_AZURE_INTERNAL;
    cs_keystore_done(&c->service->keys);
    return e;
}

/* -- using --------------------------------------------------------------------------------------------------------- */

static bool is_for(const cs_stored_key *k, const char *operation)
{
    size_t n = strlen(operation);
    for (const char *p = k->description; (p = strstr(p, operation)) != NULL; p += n)
        if ((p == k->description || p[-1] == ',') && (p[n] == ',' || p[n] == '\0'))
            return true;
    return false;
}

/* Reads {alg, value} and finds a key that does this. The store is locked after CS_AZURE_OK. */
static cs_azure_error begin_use(cs_azure_call *c, cs_stored_key **k, cs_buf *value, const char *algorithm,
                                const char *operation)
{
    cs_slice alg = cs_jobj_str(&c->in, "alg", 32), text = cs_jobj_str(&c->in, "value", 2 * MAX_VALUE);
    if (cs_jobj_done(&c->in) != CS_OK || cs_base64url_decode(value, text) != CS_OK)
        return CS_AZURE_BAD_PARAMETER;
    c->why = "The algorithm is not supported for this operation.";
    if (!cs_slice_is(alg, algorithm))
        return CS_AZURE_BAD_PARAMETER;
    c->why = NULL;
    cs_azure_error e = find_key(c, k, false);
    if (e != CS_AZURE_OK)
        return e;
    if ((*k)->state == CS_STORED_ENABLED && is_for(*k, operation))
        return CS_AZURE_OK;
    c->why = (*k)->state != CS_STORED_ENABLED ? "Operation is not allowed on a disabled key."
                                              : "Operation is not permitted on this key.";
    cs_keystore_done(&c->service->keys);
    return CS_AZURE_OPERATION_FORBIDDEN;
}

static void write_value(cs_azure_call *c, const cs_stored_key *k, cs_slice value)
{
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    write_kid(c, &w, k);
    write_base64url(&w, "value", value);
    cs_jw_end(&w);
}

/* `value` is the digest; the signature is r || s. */
cs_azure_error cs_azure_sign(cs_azure_call *c)
{
    cs_stored_key *k;
    cs_buf digest = cs_buf_new(MAX_VALUE), der = cs_buf_new(256), raw = cs_buf_new(64);
    cs_azure_error e = begin_use(c, &k, &digest, "ES256", "sign");
    if (e == CS_AZURE_OK) {
        cs_err err = cs_pair_sign(&der, k->pair, CS_PAIR_ECDSA_DIGEST, cs_buf_slice(&digest));
        if (err == CS_OK)
            err = cs_pair_ecdsa_raw(&raw, cs_buf_slice(&der));
        if (err == CS_OK && (c->faults & 1u << CS_INJECT_BAD_SIGNATURE) != 0)
            raw.p[raw.n / 2] ^= 1;
        if (err == CS_OK)
            write_value(c, k, cs_buf_slice(&raw));
        e = err == CS_OK ? CS_AZURE_OK : err == CS_BAD_FIELD ? CS_AZURE_BAD_PARAMETER : CS_AZURE_INTERNAL;
        cs_keystore_done(&c->service->keys);
    }
    cs_buf_free(&digest);
    cs_buf_free(&der);
    cs_buf_free(&raw);
    return e;
}

cs_azure_error cs_azure_verify(cs_azure_call *c)
{
    cs_stored_key *k;
    cs_buf raw = cs_buf_new(MAX_VALUE), digest = cs_buf_new(DIGEST_LEN), der = cs_buf_new(256);
    cs_slice text = cs_jobj_str(&c->in, "digest", 2 * DIGEST_LEN);
    cs_azure_error e = cs_base64url_decode(&digest, text) == CS_OK ? begin_use(c, &k, &raw, "ES256", "verify")
                                                                   : CS_AZURE_BAD_PARAMETER;
    if (e == CS_AZURE_OK) {
        cs_err err = cs_pair_ecdsa_der(&der, cs_buf_slice(&raw));
        if (err == CS_OK)
            err = cs_pair_verify(k->pair, CS_PAIR_ECDSA_DIGEST, cs_buf_slice(&digest), cs_buf_slice(&der));
        cs_jw w = cs_jw_on(c->out);
        cs_jw_begin(&w, NULL);
        cs_jw_bool(&w, "value", err == CS_OK);
        cs_jw_end(&w);
        cs_keystore_done(&c->service->keys);
        e = err == CS_OK || err == CS_BAD_SIGNATURE ? CS_AZURE_OK : CS_AZURE_BAD_PARAMETER;
    }
    cs_buf_free(&raw);
    cs_buf_free(&digest);
    cs_buf_free(&der);
    return e;
}

static cs_azure_error wrap_or_unwrap(cs_azure_call *c, bool wrap)
{
    cs_stored_key *k;
    cs_buf in = cs_buf_new_wiped(MAX_VALUE), out = cs_buf_new_wiped(MAX_VALUE);
    cs_azure_error e = begin_use(c, &k, &in, "RSA-OAEP-256", wrap ? "wrapKey" : "unwrapKey");
    if (e == CS_AZURE_OK) {
        cs_err err =
            wrap ? cs_pair_wrap(&out, k->pair, cs_buf_slice(&in)) : cs_pair_unwrap(&out, k->pair, cs_buf_slice(&in));
        if (err == CS_OK && (c->faults & 1u << CS_INJECT_OTHER_KEY) != 0 && out.n > 0)
            out.p[0] ^= 1;
        if (err == CS_OK)
            write_value(c, k, cs_buf_slice(&out));
        e = err == CS_OK ? CS_AZURE_OK : CS_AZURE_BAD_PARAMETER; /* too long, or nothing that this key wrapped */
        cs_keystore_done(&c->service->keys);
    }
    cs_buf_free(&in);
    cs_buf_free(&out);
    return e;
}

cs_azure_error cs_azure_wrap(cs_azure_call *c)
{
    return wrap_or_unwrap(c, true);
}

cs_azure_error cs_azure_unwrap(cs_azure_call *c)
{
    return wrap_or_unwrap(c, false);
}
