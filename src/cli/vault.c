/* SPDX-License-Identifier: Apache-2.0 */
/* `keys`, `enclave`: thin over HTTP. */
#include "cli/vault.h"

#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/remote.h"
#include "cli/talk.h"
#include "core/limits.h"

#define KEYS "/v1/hybrid-keys"
#define KEY_ID_LEN 30 /* "key_" and 26 characters */

static const char *const key_facts[] = {
    "id",         "name",      "algorithm", "signatureFormat", "status", "tier", "purpose", "attestationPolicyId",
    "keyRelease", "createdAt", "revokedAt", "publicKey",       NULL};

static const char *const change_facts[] = {"id", "name", "status", NULL};

/* -- keys ---------------------------------------------------------------------------------------------------------- */

struct by_name {
    const char *name;
    char id[CS_MAX_ID + 1];
};

/* A superseded key has left its name to its successor. */
static bool is_named(void *context, cs_jval item)
{
    struct by_name *wanted = context;
    cs_jobj o = cs_jobj_open(item);
    bool named = cs_slice_is(cs_jobj_str(&o, "name", CS_MAX_NAME), wanted->name);
    cs_slice status = cs_jobj_str(&o, "status", CS_MAX_NAME);
    return named && !cs_slice_is(status, "revoked") && !cs_slice_is(status, "superseded") &&
           cs_slice_to_cstr(wanted->id, sizeof wanted->id, cs_jobj_str(&o, "id", CS_MAX_ID)) == CS_OK;
}

int cs_vault_find_key(cs_answer *out, cs_client *c, const char *id_or_name)
{
    cs_slice text = cs_slice_str(id_or_name);
    struct by_name wanted = {.name = id_or_name};
    *out = (cs_answer){0};
    if (text.n == KEY_ID_LEN && cs_slice_starts(text, CS_LIT("key_")))
        return cs_remote_call(out, c, "GET", KEYS, text, "", CS_ABSENT);
    int code = cs_remote_walk(c, KEYS, "", is_named, &wanted);
    if (code != CS_EXIT_OK)
        return code;
    if (wanted.id[0] == '\0')
        return cs_talk_fail(CS_NOT_FOUND, "key %s", id_or_name);
    return cs_remote_call(out, c, "GET", KEYS, cs_slice_str(wanted.id), "", CS_ABSENT);
}

static void add_option(cs_jw *w, const cs_args *args, const char *member, const char *option)
{
    if (cs_arg_text(args, option) != NULL)
        cs_jw_cstr(w, member, cs_arg_text(args, option));
}

static void add_refs(cs_jw *w, const cs_args *args)
{
    if (cs_arg_text(args, "classical-key") == NULL && cs_arg_text(args, "pq-key") == NULL)
        return;
    cs_jw_begin(w, "keyRef");
    add_option(w, args, "classical", "classical-key");
    add_option(w, args, "pq", "pq-key");
    cs_jw_end(w);
}

int cs_command_keys_create(const cs_args *args)
{
    cs_buf body = cs_buf_new(CS_MAX_BODY);
    cs_jw w = cs_jw_on(&body);
    cs_jw_begin(&w, NULL);
    add_option(&w, args, "name", "name");
    add_option(&w, args, "algorithm", "algorithm");
    add_option(&w, args, "signatureFormat", "format");
    add_option(&w, args, "attestationPolicyId", "policy");
    add_option(&w, args, "kekProvider", "kek-provider");
    add_option(&w, args, "keyProvider", "key-provider");
    add_option(&w, args, "pqProvider", "pq-provider");
    add_refs(&w, args);
    add_option(&w, args, "purpose", "purpose");
    add_option(&w, args, "environment", "environment");
    cs_jw_end(&w);
    int code = cs_remote_do(args, "POST", KEYS, NULL, "", cs_buf_slice(&body), key_facts);
    cs_buf_free(&body);
    return code;
}

int cs_command_keys_list(const cs_args *args)
{
    static const char *const columns[] = {"id", "status", "algorithm", "signatureFormat", "name", NULL};
    cs_buf filters = cs_buf_new(1024);
    const char *algorithm = cs_arg_text(args, "algorithm");
    if (algorithm != NULL) {
        cs_buf_add_str(&filters, "&algorithm=");
        cs_client_add_escaped(&filters, cs_slice_str(algorithm));
    }
    if (cs_arg_flag(args, "include-revoked"))
        cs_buf_add_str(&filters, "&includeRevoked=true");
    int code = filters.err == CS_OK ? cs_remote_list(args, KEYS, cs_buf_cstr(&filters), columns)
                                    : cs_talk_fail(filters.err, "--algorithm");
    cs_buf_free(&filters);
    return code;
}

int cs_command_keys_get(const cs_args *args)
{
    cs_client *c;
    cs_answer answer = {0};
    const char *key = cs_remote_operand(args, "key: its id or its name");
    if (key == NULL)
        return CS_EXIT_USAGE;
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = cs_vault_find_key(&answer, c, key);
    if (code == CS_EXIT_OK)
        code = cs_remote_show(args, &answer, key_facts);
    cs_answer_free(&answer);
    cs_client_close(c);
    return code;
}

/* Calls the key's own route `rest`; the operand is its id or its name. */
static int act(const cs_args *args, const char *method, const char *rest, cs_slice body, const char *const *facts)
{
    cs_client *c = NULL;
    cs_answer key = {0}, answer = {0};
    const char *name = cs_remote_operand(args, "key: its id or its name");
    int code = name != NULL ? cs_client_open(&c, args) : CS_EXIT_USAGE;
    if (code == CS_EXIT_OK)
        code = cs_vault_find_key(&key, c, name);
    if (code == CS_EXIT_OK) {
        cs_jobj o = cs_jobj_open(key.data);
        code = cs_remote_call(&answer, c, method, KEYS, cs_jobj_str(&o, "id", CS_MAX_ID), rest, body);
    }
    if (code == CS_EXIT_OK)
        code = cs_remote_show(args, &answer, facts);
    cs_answer_free(&answer);
    cs_answer_free(&key);
    cs_client_close(c);
    return code;
}

int cs_command_keys_revoke(const cs_args *args)
{
    static const char *const facts[] = {"id", "revokedAt", NULL};
    const char *name = cs_remote_operand(args, "key: its id or its name");
    int code = name != NULL ? cs_confirm_revocation(args, name, "destroys its private key") : CS_EXIT_USAGE;
    return code == CS_EXIT_OK ? act(args, "DELETE", "", CS_ABSENT, facts) : code;
}

int cs_command_keys_rotate(const cs_args *args)
{
    cs_buf body = cs_buf_new(CS_MAX_BODY);
    cs_jw w = cs_jw_on(&body);
    cs_jw_begin(&w, NULL);
    add_option(&w, args, "name", "name");
    cs_jw_end(&w);
    int code = act(args, "POST", "/rotate", cs_buf_slice(&body), key_facts);
    cs_buf_free(&body);
    return code;
}

int cs_command_keys_suspend(const cs_args *args)
{
    return act(args, "POST", "/suspend", CS_LIT("{}"), change_facts);
}

int cs_command_keys_resume(const cs_args *args)
{
    return act(args, "POST", "/resume", CS_LIT("{}"), change_facts);
}

int cs_command_keys_audit(const cs_args *args)
{
    static const char *const columns[] = {"createdAt", "operation", "payloadSha256", "id", NULL};
    char route[CS_MAX_ID + 64];
    cs_client *c = NULL;
    cs_answer key = {0};
    const char *name = cs_remote_operand(args, "key: its id or its name");
    int code = name != NULL ? cs_client_open(&c, args) : CS_EXIT_USAGE;
    if (code == CS_EXIT_OK)
        code = cs_vault_find_key(&key, c, name);
    if (code == CS_EXIT_OK) {
        cs_jobj o = cs_jobj_open(key.data);
        cs_slice id = cs_jobj_str(&o, "id", CS_MAX_ID);
        (void)snprintf(route, sizeof route, KEYS "/%.*s/audit", (int)id.n, (const char *)id.p);
    }
    if (code == CS_EXIT_OK)
        code = cs_remote_list_with(c, args, route, "", columns);
    cs_answer_free(&key);
    cs_client_close(c);
    return code;
}

/* -- enclave ------------------------------------------------------------------------------------------------------- */

int cs_command_enclave(const cs_args *args)
{
    static const char *const facts[] = {"vendor",           "evidence", "imageHash", "rootSha256",
                                        "rootPublicKeyB64", "version",  "epoch",     NULL};
    int code = cs_remote_do(args, "GET", "/v1/enclave", NULL, "", CS_ABSENT, facts);
    if (code == CS_EXIT_OK)
        cs_talk_note(args, "what the server says of itself: compare it with what you pinned, do not pin it");
    return code;
}
