/* SPDX-License-Identifier: Apache-2.0 */
/* `keys`, `attestation-policies`, `enclave`: thin over HTTP. */
#include "cli/vault.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/talk.h"
#include "core/limits.h"
#include "core/policy.h"
#include "sys/file.h"

#define KEYS "/v1/hybrid-keys"
#define POLICIES "/v1/attestation-policies"
#define MAX_PATH 1024
#define MAX_CURSOR 512
#define KEY_ID_LEN 30 /* "key_" and 26 characters */
#define MAX_PAGES 10000

/* -- showing ------------------------------------------------------------------------------------------------------- */

static int print_json(cs_jval data)
{
    cs_buf out = cs_buf_new(CS_MAX_SERVER_ANSWER);
    cs_err err = cs_json_canonical(&out, data);
    if (err == CS_OK)
        cs_talk_line(cs_buf_slice(&out));
    cs_buf_free(&out);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "the server's answer");
}

/* The members of these names that are texts, as facts. The list ends with NULL. */
static void print_facts(cs_jval data, const char *const *names)
{
    for (; *names != NULL; names++) {
        cs_jobj o = cs_jobj_open(data);
        cs_slice value = cs_jobj_str_opt(&o, *names, CS_MAX_SERVER_ANSWER);
        if (value.p != NULL && value.n > 0)
            cs_talk_fact(*names, value);
    }
}

/* One line per item: the members of these names, with two blanks between them. */
static void print_row(cs_jval item, const char *const *names)
{
    for (const char *const *name = names; *name != NULL; name++) {
        cs_jobj o = cs_jobj_open(item);
        if (name != names)
            (void)fputs("  ", stdout);
        cs_talk_clean(stdout, cs_jobj_str_opt(&o, *name, CS_MAX_SERVER_ANSWER));
    }
    (void)putchar('\n');
}

static int show(const cs_args *args, const cs_answer *answer, const char *const *names)
{
    if (cs_arg_flag(args, "json"))
        return print_json(answer->data);
    print_facts(answer->data, names);
    return CS_EXIT_OK;
}

static const char *const key_facts[] = {
    "id",         "name",      "algorithm", "signatureFormat", "status", "tier", "purpose", "attestationPolicyId",
    "keyRelease", "createdAt", "revokedAt", "publicKey",       NULL};
static const char *const policy_facts[] = {"id", "name", "vendor", "hash", "createdAt", NULL};

/* -- lists --------------------------------------------------------------------------------------------------------- */

/* Called for each item of each page; gives true to end the walk. */
typedef bool (*item_fn)(void *context, cs_jval item);

/* The path of the next page; false at the end. */
static bool next_page(cs_buf *path, const char *route, cs_jval pagination)
{
    cs_jobj o = cs_jobj_open(pagination);
    cs_slice cursor = pagination.v != NULL ? cs_jobj_str_opt(&o, "nextCursor", MAX_CURSOR) : CS_ABSENT;
    if (cursor.p == NULL || cursor.n == 0)
        return false;
    cs_buf_clear(path);
    cs_buf_printf(path, "%s?limit=%d&cursor=", route, CS_MAX_PAGE);
    cs_client_add_escaped(path, cursor);
    return path->err == CS_OK;
}

static int walk(cs_client *c, const char *route, item_fn each, void *context)
{
    cs_buf path = cs_buf_new(MAX_PATH + 3 * MAX_CURSOR);
    cs_buf_printf(&path, "%s?limit=%d", route, CS_MAX_PAGE);
    int code = CS_EXIT_OK;
    bool more = true;
    for (int page = 0; more && page < MAX_PAGES; page++) {
        cs_answer answer;
        code = cs_client_call(&answer, c, "GET", cs_buf_cstr(&path), CS_ABSENT);
        more = code == CS_EXIT_OK;
        for (size_t i = 0; more && i < cs_jarr_len(answer.data); i++)
            more = !each(context, cs_jarr_at(answer.data, i));
        more = more && next_page(&path, route, answer.pagination);
        cs_answer_free(&answer);
    }
    cs_buf_free(&path);
    return code;
}

struct listing {
    bool json;
    const char *const *columns;
    int code;
};

/* With --json one object a line, so that a list of any length streams. */
static bool print_item(void *context, cs_jval item)
{
    struct listing *l = context;
    if (l->json)
        l->code = print_json(item);
    else
        print_row(item, l->columns);
    return l->code != CS_EXIT_OK;
}

static int list(const cs_args *args, const char *route, const char *const *columns)
{
    struct listing l = {.json = cs_arg_flag(args, "json"), .columns = columns};
    cs_client *c;
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = walk(c, route, print_item, &l);
    cs_client_close(c);
    return code != CS_EXIT_OK ? code : l.code;
}

/* -- one thing ----------------------------------------------------------------------------------------------------- */

static int get(cs_answer *out, cs_client *c, const char *method, const char *route, cs_slice id)
{
    cs_buf path = cs_buf_new(MAX_PATH);
    *out = (cs_answer){0};
    cs_buf_printf(&path, "%s/", route);
    cs_client_add_escaped(&path, id);
    int code = path.err == CS_OK && id.n > 0 ? cs_client_call(out, c, method, cs_buf_cstr(&path), CS_ABSENT)
                                             : cs_talk_fail(CS_NOT_FOUND, "%.*s", (int)id.n, (const char *)id.p);
    cs_buf_free(&path);
    return code;
}

struct by_name {
    const char *name;
    char id[CS_MAX_ID + 1];
};

static bool is_named(void *context, cs_jval item)
{
    struct by_name *wanted = context;
    cs_jobj o = cs_jobj_open(item);
    bool found = cs_slice_is(cs_jobj_str(&o, "name", CS_MAX_NAME), wanted->name) &&
                 !cs_slice_is(cs_jobj_str(&o, "status", CS_MAX_NAME), "revoked");
    return found && cs_slice_to_cstr(wanted->id, sizeof wanted->id, cs_jobj_str(&o, "id", CS_MAX_ID)) == CS_OK;
}

int cs_vault_find_key(cs_answer *out, cs_client *c, const char *id_or_name)
{
    cs_slice text = cs_slice_str(id_or_name);
    struct by_name wanted = {.name = id_or_name};
    *out = (cs_answer){0};
    if (text.n == KEY_ID_LEN && cs_slice_starts(text, CS_LIT("key_")))
        return get(out, c, "GET", KEYS, text);
    int code = walk(c, KEYS, is_named, &wanted);
    if (code != CS_EXIT_OK)
        return code;
    if (wanted.id[0] == '\0')
        return cs_talk_fail(CS_NOT_FOUND, "key %s", id_or_name);
    return get(out, c, "GET", KEYS, cs_slice_str(wanted.id));
}

/* -- keys ---------------------------------------------------------------------------------------------------------- */

static void add_option(cs_jw *w, const cs_args *args, const char *member, const char *option)
{
    if (cs_arg_text(args, option) != NULL)
        cs_jw_cstr(w, member, cs_arg_text(args, option));
}

int cs_command_keys_create(const cs_args *args)
{
    cs_client *c;
    cs_answer answer = {0};
    cs_buf body = cs_buf_new(CS_MAX_BODY);
    cs_jw w = cs_jw_on(&body);
    cs_jw_begin(&w, NULL);
    add_option(&w, args, "name", "name");
    add_option(&w, args, "algorithm", "algorithm");
    add_option(&w, args, "signatureFormat", "format");
    add_option(&w, args, "attestationPolicyId", "policy");
    add_option(&w, args, "pqProvider", "pq-provider");
    cs_jw_end(&w);
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = cs_client_call(&answer, c, "POST", KEYS, cs_buf_slice(&body));
    if (code == CS_EXIT_OK)
        code = show(args, &answer, key_facts);
    cs_answer_free(&answer);
    cs_client_close(c);
    cs_buf_free(&body);
    return code;
}

int cs_command_keys_list(const cs_args *args)
{
    static const char *const columns[] = {"id", "status", "algorithm", "signatureFormat", "name", NULL};
    return list(args, KEYS, columns);
}

/* The only operand of the command, or NULL with the usage error said. */
static const char *operand(const cs_args *args, const char *what)
{
    if (cs_arg_operand_count(args) == 1)
        return cs_arg_operand(args, 0);
    (void)cs_talk_usage("give one %s", what);
    return NULL;
}

int cs_command_keys_show(const cs_args *args)
{
    cs_client *c;
    cs_answer answer = {0};
    const char *key = operand(args, "key: its id or its name");
    if (key == NULL)
        return CS_EXIT_USAGE;
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = cs_vault_find_key(&answer, c, key);
    if (code == CS_EXIT_OK)
        code = show(args, &answer, key_facts);
    cs_answer_free(&answer);
    cs_client_close(c);
    return code;
}

/* Revoking cannot be taken back: --yes, or a person at a terminal who types the word. */
static int confirm(const cs_args *args, const char *key)
{
    char line[16] = "";
    if (cs_arg_flag(args, "yes"))
        return CS_EXIT_OK;
    if (cs_arg_flag(args, "no-input") || isatty(STDIN_FILENO) == 0)
        return cs_talk_usage("revoking cannot be undone: give --yes");
    (void)fputs("Revoking ", stderr);
    cs_talk_clean(stderr, cs_slice_str(key));
    (void)fputs(" destroys its private key and cannot be undone. Type yes to go on: ", stderr);
    if (fgets(line, sizeof line, stdin) != NULL && strcmp(line, "yes\n") == 0)
        return CS_EXIT_OK;
    return cs_talk_error("not revoked");
}

int cs_command_keys_revoke(const cs_args *args)
{
    static const char *const facts[] = {"id", "revokedAt", NULL};
    cs_client *c;
    cs_answer key = {0}, answer = {0};
    const char *name = operand(args, "key: its id or its name");
    int code = name != NULL ? confirm(args, name) : CS_EXIT_USAGE;
    if (code != CS_EXIT_OK)
        return code;
    code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = cs_vault_find_key(&key, c, name);
    if (code == CS_EXIT_OK) {
        cs_jobj o = cs_jobj_open(key.data);
        code = get(&answer, c, "DELETE", KEYS, cs_jobj_str(&o, "id", CS_MAX_ID));
    }
    if (code == CS_EXIT_OK)
        code = show(args, &answer, facts);
    cs_answer_free(&answer);
    cs_answer_free(&key);
    cs_client_close(c);
    return code;
}

/* -- attestation policies ------------------------------------------------------------------------------------------ */

/* Reads the file and refuses here what any verifier would refuse, with the member's name. */
static int read_policy(cs_buf *text, const char *path)
{
    cs_policy policy;
    cs_fault fault = {0};
    fault.err = cs_file_read(text, path);
    if (fault.err == CS_OK)
        fault.err = cs_policy_parse(&policy, &fault, cs_buf_slice(text), true);
    return fault.err == CS_OK ? CS_EXIT_OK : cs_talk_fail_field(path, &fault);
}

int cs_command_policies_create(const cs_args *args)
{
    cs_client *c = NULL;
    cs_answer answer = {0};
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    int code = read_policy(&text, cs_arg_text(args, "file"));
    if (code == CS_EXIT_OK)
        code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = cs_client_call(&answer, c, "POST", POLICIES, cs_buf_slice(&text));
    if (code == CS_EXIT_OK)
        code = show(args, &answer, policy_facts);
    cs_answer_free(&answer);
    cs_client_close(c);
    cs_buf_free(&text);
    return code;
}

int cs_command_policies_list(const cs_args *args)
{
    static const char *const columns[] = {"id", "vendor", "name", NULL};
    return list(args, POLICIES, columns);
}

int cs_command_policies_show(const cs_args *args)
{
    cs_client *c;
    cs_answer answer = {0};
    const char *id = operand(args, "policy id");
    if (id == NULL)
        return CS_EXIT_USAGE;
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = get(&answer, c, "GET", POLICIES, cs_slice_str(id));
    if (code == CS_EXIT_OK)
        code = show(args, &answer, policy_facts);
    cs_answer_free(&answer);
    cs_client_close(c);
    return code;
}

/* -- enclave ------------------------------------------------------------------------------------------------------- */

int cs_command_enclave(const cs_args *args)
{
    static const char *const facts[] = {"vendor", "imageHash", "rootPublicKeyB64", "enclaveVersion", "epoch", NULL};
    cs_client *c;
    cs_answer answer = {0};
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = cs_client_call(&answer, c, "GET", "/v1/enclave", CS_ABSENT);
    if (code == CS_EXIT_OK)
        code = show(args, &answer, facts);
    if (code == CS_EXIT_OK)
        cs_talk_note(args, "what the server says of itself: compare it with what you pinned, do not pin it");
    cs_answer_free(&answer);
    cs_client_close(c);
    return code;
}
