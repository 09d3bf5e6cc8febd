/* SPDX-License-Identifier: Apache-2.0 */
/* `countersign pq-signer record`: the two files of a key's birth, as pq-attest is given them. */
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/talk.h"
#include "core/encode.h"
#include "core/key_record.h"
#include "sys/file.h"

static int write_file(const char *path, cs_slice bytes)
{
    if (path == NULL)
        return CS_EXIT_OK;
    cs_err err = cs_file_write(path, bytes, 0644, false);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path);
}

/* The record as the server told it, strict; the answer is data, not yet a verified birth. */
static int write_answer(const cs_args *args, const cs_answer *answer)
{
    static cs_key_record record;
    cs_fault fault = {0};
    cs_buf text = cs_buf_new(CS_MAX_KEY_RECORD), line = cs_buf_new(CS_MAX_KEY_RECORD);
    cs_jobj o = cs_jobj_open(answer->data);
    cs_jval member = cs_jobj_object(&o, "keyRecord");
    cs_slice birth = cs_jobj_str(&o, "birthAttestation", 2 * CS_MAX_COSE);
    fault.err = cs_jobj_done_open(&o);
    if (fault.err == CS_OK)
        fault.err = cs_json_canonical(&text, member);
    if (fault.err == CS_OK)
        fault.err = cs_key_record_parse(&record, &fault, cs_buf_slice(&text));
    if (fault.err == CS_OK)
        fault.err = cs_key_record_write(&line, &record.birth);
    int code = fault.err == CS_OK ? CS_EXIT_OK : cs_talk_fail_field("the server's answer", &fault);
    if (code == CS_EXIT_OK)
        code = write_file(cs_arg_text(args, "birth-attestation"), birth);
    if (code == CS_EXIT_OK && cs_arg_text(args, "out") == NULL)
        cs_talk_line(cs_buf_slice(&line));
    else if (code == CS_EXIT_OK)
        code = write_file(cs_arg_text(args, "out"), cs_buf_slice(&line));
    cs_buf_free(&text);
    cs_buf_free(&line);
    return code;
}

int cs_command_pq_signer_record(const cs_args *args)
{
    cs_client *client = NULL;
    cs_answer answer = {0};
    cs_buf path = cs_buf_new(4096);
    cs_buf_add_str(&path, "/v1/pq-signer/record?userId=");
    cs_client_add_escaped(&path, cs_slice_str(cs_arg_text(args, "user-id")));
    int code = path.err == CS_OK ? cs_client_open(&client, args) : cs_talk_usage("--user-id is too long");
    if (code == CS_EXIT_OK)
        code = cs_client_call(&answer, client, "GET", cs_buf_cstr(&path), CS_ABSENT);
    if (code == CS_EXIT_OK)
        code = write_answer(args, &answer);
    cs_answer_free(&answer);
    cs_client_close(client);
    cs_buf_free(&path);
    return code;
}
