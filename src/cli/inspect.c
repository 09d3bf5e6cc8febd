/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `countersign attest inspect`: what a document of ours or a vendor's evidence says, for people or as JSON. It judges
 * nothing, so it needs no policy and says so.
 */
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/outline.h"
#include "cli/result.h"
#include "cli/talk.h"
#include "core/encode.h"
#include "core/evidence.h"
#include "sys/file.h"

/* Evidence is often kept and sent as base64; bytes that are shown to be nobody's are tried as that. */
static cs_err describe(cs_buf *out, cs_slice bytes)
{
    cs_err err = cs_evidence_describe_any(out, bytes);
    if (err != CS_ATT_EVIDENCE_FORMAT)
        return err;
    cs_buf text = cs_buf_new(CS_MAX_RESULT), decoded = cs_buf_new(CS_MAX_ATTESTATION);
    for (size_t i = 0; i < bytes.n; i++)
        if (bytes.p[i] > 0x20)
            cs_buf_add_u8(&text, bytes.p[i]);
    if (cs_base64_decode(&decoded, cs_buf_slice(&text)) == CS_OK && decoded.n > 0)
        err = cs_evidence_describe_any(out, cs_buf_slice(&decoded));
    cs_buf_free(&text);
    cs_buf_free(&decoded);
    return err;
}

/* The document of a sign result, or a file as it is. */
static int read_bytes(cs_buf *out, const char *path, bool is_result)
{
    cs_fault fault = {0};
    cs_result result = {0};
    if (!is_result)
        return cs_input_document(out, path);
    cs_err err = cs_result_read(&result, &fault, path);
    int code = err == CS_OK ? CS_EXIT_OK : cs_talk_fail_field(path, &fault);
    if (code == CS_EXIT_OK && result.document.n == 0)
        code = cs_talk_error("%s has no attestation document", path);
    if (code == CS_EXIT_OK)
        cs_buf_add(out, cs_buf_slice(&result.document));
    cs_result_free(&result);
    return code;
}

static int show(cs_slice description, const cs_args *args)
{
    cs_json *json = NULL;
    if (cs_arg_flag(args, "json")) {
        cs_talk_line(description);
        return CS_EXIT_OK;
    }
    cs_err err = cs_json_parse(&json, description, CS_MAX_DESCRIPTION_JSON);
    if (err != CS_OK)
        return cs_talk_fail(err, "%s", "what is to be shown");
    cs_outline_print(cs_json_root(json));
    cs_json_free(json);
    return CS_EXIT_OK;
}

int cs_command_attest_inspect(const cs_args *args)
{
    const char *doc = cs_arg_text(args, "doc"), *result = cs_arg_text(args, "sign-result");
    const char *file = cs_arg_operand(args, 0);
    if ((doc != NULL) + (result != NULL) + (int)cs_arg_operand_count(args) != 1)
        return cs_talk_usage("give one FILE, --sign-result or --doc");
    const char *path = file != NULL ? file : doc != NULL ? doc : result;
    cs_buf bytes = cs_buf_new(CS_MAX_RESULT), description = cs_buf_new(CS_MAX_DESCRIPTION_JSON);
    int code = read_bytes(&bytes, path, result != NULL);
    if (code == CS_EXIT_OK) {
        cs_err err = describe(&description, cs_buf_slice(&bytes));
        if (err != CS_OK)
            code = cs_talk_fail(err, "%s", path);
    }
    if (code == CS_EXIT_OK) {
        cs_talk_note(args, "as it stands there; NOTHING HAS BEEN VERIFIED");
        code = show(cs_buf_slice(&description), args);
    }
    cs_buf_free(&bytes);
    cs_buf_free(&description);
    return code;
}
