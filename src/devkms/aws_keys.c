/* SPDX-License-Identifier: Apache-2.0 */
/* Keys themselves: making, describing, naming, allowing, stopping. */
#include "devkms/aws.h"
#include "devkms/key_policy.h"

#define MAX_KEY_ID 2048
#define MAX_DESCRIPTION 500
#define DAY_MS 86400000

static const char *const states[CS_STORED_STATES] = {"Enabled", "Disabled", "PendingDeletion"};

/* AWS writes times as seconds with a fraction; whole seconds are one. */
static void write_time(cs_jw *w, const char *name, int64_t ms)
{
    cs_jw_int(w, name, ms / 1000);
}

static void write_metadata(cs_aws_call *c, const cs_stored_key *k)
{
    char arn[CS_AWS_ARN];
    const cs_aws_spec *spec = cs_aws_spec_find(cs_slice_str(k->spec));
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    cs_jw_begin(&w, "KeyMetadata");
    cs_jw_cstr(&w, "AWSAccountId", c->service->account);
    cs_jw_cstr(&w, "Arn", cs_aws_arn(arn, c->service, k));
    write_time(&w, "CreationDate", k->created_ms);
    cs_jw_cstr(&w, "CustomerMasterKeySpec", k->spec);
    cs_jw_cstr(&w, "Description", k->description);
    cs_jw_bool(&w, "Enabled", k->state == CS_STORED_ENABLED);
    cs_jw_cstr(&w, "KeyId", k->id);
    cs_jw_cstr(&w, "KeyManager", "CUSTOMER");
    cs_jw_cstr(&w, "KeySpec", k->spec);
    cs_jw_cstr(&w, "KeyState", states[k->state]);
    cs_jw_cstr(&w, "KeyUsage", k->pair != NULL ? "SIGN_VERIFY" : "ENCRYPT_DECRYPT");
    cs_jw_bool(&w, "MultiRegion", false);
    cs_jw_cstr(&w, "Origin", "AWS_KMS");
    cs_jw_begin_array(&w, k->pair != NULL ? "SigningAlgorithms" : "EncryptionAlgorithms");
    if (k->pair == NULL)
        cs_jw_cstr(&w, NULL, "SYMMETRIC_DEFAULT");
    for (size_t i = 0; spec != NULL && i < 2 && spec->algorithms[i] != NULL; i++)
        cs_jw_cstr(&w, NULL, spec->algorithms[i]);
    cs_jw_end_array(&w);
    cs_jw_end(&w);
    cs_jw_end(&w);
}

static bool is_alias(cs_slice s)
{
    const cs_slice prefix = CS_LIT("alias/");
    if (!cs_slice_starts(s, prefix) || s.n == prefix.n || s.n > 250 || cs_slice_starts(s, CS_LIT("alias/aws/")))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
              c == '-'))
            return false;
    }
    return true;
}

cs_err cs_aws_make_key(cs_stored_key **out, const cs_service *s, const cs_aws_spec *spec, cs_slice policy,
                       cs_slice alias, int64_t now_ms)
{
    *out = NULL;
    if (alias.p != NULL && !is_alias(alias))
        return CS_BAD_FIELD;
    if (policy.p != NULL && cs_key_policy_check(policy) != CS_OK)
        return CS_BAD_FORMAT;
    cs_err err = cs_stored_key_new(out, CS_STORED_AWS, spec->kind, now_ms);
    if (err != CS_OK)
        return err;
    if (policy.p != NULL)
        cs_buf_add(&(*out)->policy, policy);
    else
        cs_key_policy_default(&(*out)->policy, s->account);
    err = cs_slice_to_cstr((*out)->spec, sizeof(*out)->spec, cs_slice_str(spec->name));
    if (err == CS_OK && alias.p != NULL)
        err = cs_slice_to_cstr((*out)->alias, sizeof(*out)->alias, alias);
    if (err == CS_OK)
        err = (*out)->policy.err;
    if (err != CS_OK) {
        cs_stored_key_free(*out);
        *out = NULL;
    }
    return err;
}

static cs_aws_error map_error(cs_aws_call *c, cs_err err)
{
    switch (err) {
    case CS_OK:
        return CS_AWS_OK;
    case CS_BAD_FORMAT:
        return CS_AWS_MALFORMED_POLICY;
    case CS_TOO_LARGE:
        return CS_AWS_LIMIT_EXCEEDED;
    case CS_CONFLICT:
        return CS_AWS_ALREADY_EXISTS;
    default:
        return cs_aws_say(c, CS_AWS_INTERNAL, "%s", cs_err_sentence(err));
    }
}

cs_aws_error cs_aws_create_key(cs_aws_call *c)
{
    cs_slice spec_name = cs_jobj_str_opt(&c->in, "KeySpec", 64),
             old = cs_jobj_str_opt(&c->in, "CustomerMasterKeySpec", 64);
    cs_slice usage = cs_jobj_str_opt(&c->in, "KeyUsage", 64),
             policy = cs_jobj_str_opt(&c->in, "Policy", CS_KEYSTORE_POLICY);
    cs_slice description = cs_jobj_str_opt(&c->in, "Description", MAX_DESCRIPTION);
    cs_slice origin = cs_jobj_str_opt(&c->in, "Origin", 32);
    (void)cs_jobj_bool_or(&c->in, "BypassPolicyLockoutSafetyCheck", false);
    bool regions = cs_jobj_bool_or(&c->in, "MultiRegion", false);
    if (cs_jarr_len(cs_jobj_array_opt(&c->in, "Tags")) > 0)
        cs_jobj_fail(&c->in, CS_UNKNOWN_FIELD, "Tags");
    cs_aws_error e = cs_aws_read_done(c);
    if (e != CS_AWS_OK)
        return e;
    if (spec_name.p == NULL)
        spec_name = old.p != NULL ? old : CS_LIT("SYMMETRIC_DEFAULT");
    const cs_aws_spec *spec = cs_aws_spec_find(spec_name);
    if (spec == NULL || regions || (origin.p != NULL && !cs_slice_is(origin, "AWS_KMS")))
        return cs_aws_say(c, CS_AWS_UNSUPPORTED, "This development KMS makes no such key.");
    bool signs = spec->kind != CS_PAIR_NONE;
    if ((usage.p == NULL && signs) ||
        (usage.p != NULL && !cs_slice_is(usage, signs ? "SIGN_VERIFY" : "ENCRYPT_DECRYPT")))
        return cs_aws_say(c, CS_AWS_VALIDATION, "The KeyUsage is not one of KeySpec %s.", spec->name);
    cs_stored_key *k = NULL;
    cs_err err = cs_aws_make_key(&k, c->service, spec, policy, CS_ABSENT, c->now_ms);
    if (err == CS_OK && description.p != NULL)
        err = cs_slice_to_cstr(k->description, sizeof k->description, description);
    if (err == CS_OK)
        err = cs_keystore_add(&c->service->keys, k);
    if (err != CS_OK) {
        cs_stored_key_free(k);
        return map_error(c, err);
    }
    write_metadata(c, k); /* nobody else knows it yet */
    return CS_AWS_OK;
}

cs_aws_error cs_aws_describe_key(cs_aws_call *c)
{
    cs_stored_key *k;
    cs_slice id = cs_jobj_str(&c->in, "KeyId", MAX_KEY_ID);
    cs_aws_error e = cs_aws_read_done(c);
    if (e == CS_AWS_OK)
        e = cs_aws_use_key(c, &k, &(cs_aws_use){.key_id = id, .any_state = true});
    if (e != CS_AWS_OK)
        return e;
    write_metadata(c, k);
    cs_keystore_done(&c->service->keys);
    return CS_AWS_OK;
}

/* -- changes ------------------------------------------------------------------------------------------------------- */

/* Writes the changed key and ends the change. */
static cs_aws_error save(cs_aws_call *c, const cs_stored_key *k)
{
    cs_err err = cs_keystore_save(&c->service->keys, k);
    cs_keystore_done(&c->service->keys);
    return map_error(c, err);
}

static cs_aws_error begin_change(cs_aws_call *c, cs_stored_key **k, cs_slice id)
{
    cs_aws_error e = cs_aws_read_done(c);
    return e == CS_AWS_OK ? cs_aws_use_key(c, k, &(cs_aws_use){.key_id = id, .change = true, .any_state = true}) : e;
}

cs_aws_error cs_aws_create_alias(cs_aws_call *c)
{
    cs_stored_key *k;
    cs_slice alias = cs_jobj_str(&c->in, "AliasName", 256), id = cs_jobj_str(&c->in, "TargetKeyId", MAX_KEY_ID);
    if (c->in.err == CS_OK && !is_alias(alias))
        cs_jobj_fail(&c->in, CS_BAD_FIELD, "AliasName");
    cs_aws_error e = begin_change(c, &k, id);
    if (e != CS_AWS_OK)
        return e;
    if (cs_keystore_has_alias(&c->service->keys, CS_STORED_AWS, alias)) {
        cs_keystore_done(&c->service->keys);
        return CS_AWS_ALREADY_EXISTS;
    }
    if (k->alias[0] != '\0' || cs_slice_to_cstr(k->alias, sizeof k->alias, alias) != CS_OK) {
        cs_keystore_done(&c->service->keys);
        return cs_aws_say(c, CS_AWS_LIMIT_EXCEEDED, "A key of this development KMS has one alias.");
    }
    return save(c, k);
}

static bool is_default_policy(cs_slice name)
{
    return name.p == NULL || cs_slice_is(name, "default");
}

cs_aws_error cs_aws_get_key_policy(cs_aws_call *c)
{
    cs_stored_key *k;
    cs_slice id = cs_jobj_str(&c->in, "KeyId", MAX_KEY_ID), name = cs_jobj_str_opt(&c->in, "PolicyName", 128);
    cs_aws_error e = cs_aws_read_done(c);
    if (e == CS_AWS_OK && !is_default_policy(name))
        e = CS_AWS_NOT_FOUND;
    if (e == CS_AWS_OK)
        e = cs_aws_use_key(c, &k, &(cs_aws_use){.key_id = id, .any_state = true});
    if (e != CS_AWS_OK)
        return e;
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    cs_jw_str(&w, "Policy", cs_buf_slice(&k->policy));
    cs_jw_cstr(&w, "PolicyName", "default");
    cs_jw_end(&w);
    cs_keystore_done(&c->service->keys);
    return CS_AWS_OK;
}

cs_aws_error cs_aws_put_key_policy(cs_aws_call *c)
{
    cs_stored_key *k;
    cs_slice id = cs_jobj_str(&c->in, "KeyId", MAX_KEY_ID), name = cs_jobj_str_opt(&c->in, "PolicyName", 128);
    cs_slice policy = cs_jobj_str(&c->in, "Policy", CS_KEYSTORE_POLICY);
    (void)cs_jobj_bool_or(&c->in, "BypassPolicyLockoutSafetyCheck", false);
    if (!is_default_policy(name))
        cs_jobj_fail(&c->in, CS_BAD_FIELD, "PolicyName");
    if (c->in.err == CS_OK && cs_key_policy_check(policy) != CS_OK)
        return CS_AWS_MALFORMED_POLICY;
    cs_aws_error e = begin_change(c, &k, id);
    if (e != CS_AWS_OK)
        return e;
    cs_buf_clear(&k->policy);
    cs_buf_add(&k->policy, policy);
    return save(c, k);
}

static cs_aws_error set_enabled(cs_aws_call *c, cs_stored_state state)
{
    cs_stored_key *k;
    cs_aws_error e = begin_change(c, &k, cs_jobj_str(&c->in, "KeyId", MAX_KEY_ID));
    if (e != CS_AWS_OK)
        return e;
    if (k->state == CS_STORED_PENDING_DELETION) {
        cs_keystore_done(&c->service->keys);
        return CS_AWS_INVALID_STATE;
    }
    k->state = state;
    return save(c, k);
}

cs_aws_error cs_aws_enable_key(cs_aws_call *c)
{
    return set_enabled(c, CS_STORED_ENABLED);
}

cs_aws_error cs_aws_disable_key(cs_aws_call *c)
{
    return set_enabled(c, CS_STORED_DISABLED);
}

/* The key stops working and stays in its file: nothing here ends by waiting. */
cs_aws_error cs_aws_schedule_key_deletion(cs_aws_call *c)
{
    cs_stored_key *k;
    cs_slice id = cs_jobj_str(&c->in, "KeyId", MAX_KEY_ID);
    int64_t days = cs_jobj_int_or(&c->in, "PendingWindowInDays", 7, 30, 30);
    cs_aws_error e = begin_change(c, &k, id);
    if (e != CS_AWS_OK)
        return e;
    char arn[CS_AWS_ARN];
    k->state = CS_STORED_PENDING_DELETION;
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    write_time(&w, "DeletionDate", c->now_ms + days * DAY_MS);
    cs_jw_cstr(&w, "KeyId", cs_aws_arn(arn, c->service, k));
    cs_jw_cstr(&w, "KeyState", states[k->state]);
    cs_jw_int(&w, "PendingWindowInDays", days);
    cs_jw_end(&w);
    return save(c, k);
}
