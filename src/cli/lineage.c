/* SPDX-License-Identifier: Apache-2.0 */
/* `lineage verify`: from a pinned key to its newest successor, offline. */
#include "core/lineage.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/talk.h"
#include "core/keytext.h"
#include "sys/file.h"

#define MAX_LINEAGE_TEXT (16u << 20) /* each link may carry a document */

/* The array: the whole text, or the member of a key, with or without the answer's envelope around it. */
static cs_jval lineage_of(cs_jval root)
{
    cs_jobj o = cs_jobj_open(root);
    if (o.err != CS_OK)
        return root;
    if (cs_jobj_has(&o, "success"))
        o = cs_jobj_open(cs_jobj_object_opt(&o, "data"));
    return cs_jobj_array(&o, "lineage");
}

static int write_key(const cs_args *args, const cs_lineage_end *end)
{
    const char *path = cs_arg_text(args, "out");
    cs_buf bytes = cs_buf_new(CS_MAX_PUBLIC_KEY), text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    cs_pair_public(&bytes, &end->key);
    cs_err err = cs_public_key_json(&text, end->key.alg, end->key.format, cs_buf_slice(&bytes));
    if (err == CS_OK && path != NULL)
        err = cs_file_write(path, cs_buf_slice(&text), 0644, false);
    else if (err == CS_OK)
        cs_talk_line(cs_buf_slice(&text));
    cs_buf_free(&bytes);
    cs_buf_free(&text);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path != NULL ? path : "the newest key");
}

static int walk(const cs_args *args, cs_jval lineage, const cs_lineage_pin *pin)
{
    const char *path = cs_arg_text(args, "lineage");
    cs_lineage_end end;
    if (lineage.v == NULL)
        return cs_talk_error("%s has no lineage", path);
    cs_err err = cs_lineage_verify(&end, lineage, pin);
    int code = err == CS_OK ? write_key(args, &end) : cs_talk_fail(err, "%s", path);
    if (code == CS_EXIT_OK)
        cs_talk_note(args, "verified: %zu successions from the pinned key to %s", end.links,
                     end.key_id[0] != '\0' ? end.key_id : "itself");
    cs_pair_close(&end.key);
    return code;
}

int cs_command_lineage_verify(const cs_args *args)
{
    static const char *const inputs[] = {"lineage", "public-key", "policy", NULL};
    const char *path = cs_arg_text(args, "lineage");
    cs_buf text = cs_buf_new(MAX_LINEAGE_TEXT);
    cs_json *json = NULL;
    cs_pair key = {0};
    cs_policy policy = {.enforce = true};
    cs_lineage_pin pin = {.key = &key,
                          .key_id = cs_slice_str(cs_arg_text(args, "key-id")),
                          .policy = cs_arg_text(args, "policy") != NULL ? &policy : NULL,
                          .allow_mock = cs_arg_flag(args, "allow-mock")};
    int code = cs_input_one_stdin(args, inputs);
    if (code == CS_EXIT_OK)
        code = cs_input_public_key(&key, cs_arg_text(args, "public-key"));
    if (code == CS_EXIT_OK && pin.policy != NULL)
        code = cs_input_policy(&policy, cs_arg_text(args, "policy"));
    if (code == CS_EXIT_OK) {
        cs_err err = cs_file_read(&text, path);
        if (err == CS_OK)
            err = cs_json_parse(&json, cs_buf_slice(&text), MAX_LINEAGE_TEXT);
        code = err == CS_OK ? walk(args, lineage_of(cs_json_root(json)), &pin) : cs_talk_fail(err, "%s", path);
    }
    cs_policy_free(&policy);
    cs_json_free(json);
    cs_pair_close(&key);
    cs_buf_free(&text);
    return code;
}
