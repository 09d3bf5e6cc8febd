/* SPDX-License-Identifier: Apache-2.0 */
/* `attestation-policies`, `policies`: thin over HTTP. What a verifier would refuse is refused here, with its member. */
#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/talk.h"
#include "core/policy.h"
#include "core/rule.h"
#include "sys/file.h"

#define ATTESTATION "/v1/attestation-policies"
#define VAULT "/v1/policies"

static const char *const attestation_facts[] = {"id", "name", "vendor", "hash", "createdAt", "updatedAt", NULL};
static const char *const vault_facts[] = {"id", "name", "description", "action", "createdAt", "updatedAt", NULL};
static const char *const deleted_facts[] = {"id", "deletedAt", NULL};

/* Reads the file; `check` refuses what the server would not take (NULL: nothing). */
static int read_file(cs_buf *text, const cs_args *args, cs_err (*check)(cs_fault *fault, cs_slice json))
{
    const char *path = cs_arg_text(args, "file");
    cs_fault fault = {0};
    fault.err = cs_file_read(text, path);
    if (fault.err == CS_OK && check != NULL)
        fault.err = check(&fault, cs_buf_slice(text));
    return fault.err == CS_OK ? CS_EXIT_OK : cs_talk_fail_field(path, &fault);
}

static cs_err check_attestation(cs_fault *fault, cs_slice json)
{
    cs_policy policy;
    cs_err err = cs_policy_parse(&policy, fault, json, true);
    cs_policy_free(&policy);
    return err;
}

static cs_err check_vault(cs_fault *fault, cs_slice json)
{
    cs_rule rule;
    return cs_rule_parse(&rule, fault, json);
}

static int create(const cs_args *args, const char *route, size_t max, cs_err (*check)(cs_fault *fault, cs_slice json),
                  const char *const *facts)
{
    cs_buf text = cs_buf_new(max);
    int code = read_file(&text, args, check);
    if (code == CS_EXIT_OK)
        code = cs_remote_do(args, "POST", route, NULL, "", cs_buf_slice(&text), facts);
    cs_buf_free(&text);
    return code;
}

/* The file holds the members that change. Together with the others they make the policy, which only the server has. */
static int update(const cs_args *args, const char *route, size_t max, const char *const *facts)
{
    cs_buf text = cs_buf_new(max);
    const char *id = cs_remote_operand(args, "policy id");
    int code = id != NULL ? read_file(&text, args, NULL) : CS_EXIT_USAGE;
    if (code == CS_EXIT_OK)
        code = cs_remote_do(args, "PATCH", route, id, "", cs_buf_slice(&text), facts);
    cs_buf_free(&text);
    return code;
}

static int one(const cs_args *args, const char *method, const char *route, const char *const *facts)
{
    const char *id = cs_remote_operand(args, "policy id");
    return id != NULL ? cs_remote_do(args, method, route, id, "", CS_ABSENT, facts) : CS_EXIT_USAGE;
}

/* -- attestation policies ------------------------------------------------------------------------------------------ */

int cs_command_attestation_policies_create(const cs_args *args)
{
    return create(args, ATTESTATION, CS_MAX_POLICY, check_attestation, attestation_facts);
}

int cs_command_attestation_policies_list(const cs_args *args)
{
    static const char *const columns[] = {"id", "vendor", "name", NULL};
    return cs_remote_list(args, ATTESTATION, "", columns);
}

int cs_command_attestation_policies_show(const cs_args *args)
{
    return one(args, "GET", ATTESTATION, attestation_facts);
}

int cs_command_attestation_policies_update(const cs_args *args)
{
    return update(args, ATTESTATION, CS_MAX_POLICY, attestation_facts);
}

int cs_command_attestation_policies_delete(const cs_args *args)
{
    return one(args, "DELETE", ATTESTATION, deleted_facts);
}

/* -- vault policies ------------------------------------------------------------------------------------------------ */

int cs_command_policies_create(const cs_args *args)
{
    return create(args, VAULT, CS_MAX_RULE, check_vault, vault_facts);
}

int cs_command_policies_list(const cs_args *args)
{
    static const char *const columns[] = {"id", "action", "name", NULL};
    return cs_remote_list(args, VAULT, "", columns);
}

int cs_command_policies_show(const cs_args *args)
{
    return one(args, "GET", VAULT, vault_facts);
}

int cs_command_policies_update(const cs_args *args)
{
    return update(args, VAULT, CS_MAX_RULE, vault_facts);
}

int cs_command_policies_delete(const cs_args *args)
{
    return one(args, "DELETE", VAULT, deleted_facts);
}
