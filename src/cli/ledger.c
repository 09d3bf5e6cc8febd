/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ledger entries|checkpoint|seal|proof|export`: thin over HTTP.
 *
 * What is fetched here proves nothing yet: `ledger verify` and `verify --bundle` judge it, with keys that are pinned.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/talk.h"
#include "core/encode.h"
#include "core/limits.h"
#include "core/note.h"

#define LEDGER "/v1/ledger"
#define EXPORT_VERSION 1
#define MAX_CURSOR 512

int cs_command_ledger_entries(const cs_args *args)
{
    static const char *const columns[] = {"createdAt", "eventType", "subjectId", "id", NULL};
    static const char *const filters[][2] = {{"since", "since"}, {"event-type", "eventType"}};
    cs_buf query = cs_buf_new(1024);
    for (size_t i = 0; i < 2; i++) {
        const char *value = cs_arg_text(args, filters[i][0]);
        if (value == NULL)
            continue;
        cs_buf_printf(&query, "&%s=", filters[i][1]);
        cs_client_add_escaped(&query, cs_slice_str(value));
    }
    int code = query.err == CS_OK ? cs_remote_list(args, LEDGER "/entries", cs_buf_cstr(&query), columns)
                                  : cs_talk_fail(query.err, "--since, --event-type");
    cs_buf_free(&query);
    return code;
}

/* -- checkpoints --------------------------------------------------------------------------------------------------- */

/* The signed note itself, as it is kept and compared. */
static int show_checkpoint(const cs_args *args, const cs_answer *answer)
{
    static const char *const none[] = {NULL};
    cs_jobj o = cs_jobj_open(answer->data);
    cs_slice note = cs_jobj_str(&o, "note", CS_MAX_NOTE);
    if (cs_arg_flag(args, "json"))
        return cs_remote_show(args, answer, none);
    if (o.err != CS_OK)
        return cs_talk_fail(o.err, "the server's answer: note");
    return fwrite(note.p, 1, note.n, stdout) == note.n ? CS_EXIT_OK : CS_EXIT_ERROR;
}

static int checkpoint(const cs_args *args, const char *method, const char *path, cs_slice body)
{
    cs_client *c;
    cs_answer answer = {0};
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = cs_client_call(&answer, c, method, path, body);
    if (code == CS_EXIT_OK)
        code = show_checkpoint(args, &answer);
    cs_answer_free(&answer);
    cs_client_close(c);
    return code;
}

int cs_command_ledger_checkpoint(const cs_args *args)
{
    return checkpoint(args, "GET", LEDGER "/checkpoints/latest", CS_ABSENT);
}

int cs_command_ledger_seal(const cs_args *args)
{
    return checkpoint(args, "POST", LEDGER "/seal", CS_LIT("{}"));
}

/* -- proofs -------------------------------------------------------------------------------------------------------- */

/* As a text of C2SP tlog-proof: index, hashes, an empty line, the checkpoint. */
static cs_err write_proof(cs_buf *out, cs_jval data)
{
    cs_jobj o = cs_jobj_open(data);
    int64_t index = cs_jobj_int(&o, "leafIndex", 0, CS_JSON_INT_MAX);
    cs_jval proof = cs_jobj_array(&o, "proofHex");
    cs_jobj checkpoint = cs_jobj_open(cs_jobj_object(&o, "checkpoint"));
    cs_slice note = cs_jobj_str(&checkpoint, "note", CS_MAX_NOTE);
    cs_buf_printf(out, "c2sp.org/tlog-proof@v1\nindex %" PRId64 "\n", index);
    for (size_t i = 0; o.err == CS_OK && i < cs_jarr_len(proof); i++) {
        uint8_t memory[CS_SHA256_LEN];
        cs_buf hash = CS_BUF_OVER(memory);
        cs_err err = cs_hex_decode(&hash, cs_jval_str(cs_jarr_at(proof, i)));
        if (err != CS_OK)
            return err;
        cs_base64_encode(out, cs_buf_slice(&hash));
        cs_buf_add_u8(out, '\n');
    }
    cs_buf_add_u8(out, '\n');
    cs_buf_add(out, note);
    return o.err != CS_OK ? o.err : checkpoint.err != CS_OK ? checkpoint.err : out->err;
}

static int show_proof(const cs_args *args, const cs_answer *answer)
{
    static const char *const none[] = {NULL};
    cs_buf text = cs_buf_new(2 * CS_MAX_NOTE);
    int code = CS_EXIT_OK;
    cs_err err = CS_OK;
    if (cs_arg_flag(args, "json")) {
        code = cs_remote_show(args, answer, none);
    } else {
        err = write_proof(&text, answer->data);
        if (err != CS_OK)
            code = cs_talk_fail(err, "the server's answer");
        else if (fwrite(text.p, 1, text.n, stdout) != text.n)
            code = CS_EXIT_ERROR;
    }
    cs_buf_free(&text);
    return code;
}

int cs_command_ledger_proof(const cs_args *args)
{
    cs_client *c;
    cs_answer answer = {0};
    const char *id = cs_remote_operand(args, "id of an entry");
    if (id == NULL)
        return CS_EXIT_USAGE;
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = cs_remote_call(&answer, c, "GET", LEDGER "/proof", cs_slice_str(id), "", CS_ABSENT);
    if (code == CS_EXIT_OK)
        code = show_proof(args, &answer);
    cs_answer_free(&answer);
    cs_client_close(c);
    return code;
}

/* -- export -------------------------------------------------------------------------------------------------------- */

struct export
{
    FILE *file;
    bool headed;
    cs_buf line;
    uint64_t entries;
};

static cs_err put_line(struct export *x)
{
    cs_buf_add_u8(&x->line, '\n');
    cs_slice line = cs_buf_slice(&x->line);
    cs_err err = x->line.err;
    if (err == CS_OK && fwrite(line.p, 1, line.n, x->file) != line.n)
        err = CS_IO;
    cs_buf_clear(&x->line);
    return err;
}

static cs_err put_head(struct export *x, cs_jobj *data)
{
    cs_jval keys = cs_jobj_array(data, "signingKeys");
    cs_jw w = cs_jw_on(&x->line);
    cs_jw_begin(&w, NULL);
    cs_jw_int(&w, "countersignLedger", EXPORT_VERSION);
    cs_jw_str(&w, "origin", cs_jobj_str(data, "origin", CS_MAX_NOTE_NAME));
    cs_jw_begin_array(&w, "keys");
    for (size_t i = 0; i < cs_jarr_len(keys); i++) {
        cs_jobj key = cs_jobj_open(cs_jarr_at(keys, i));
        cs_jw_str(&w, NULL, cs_jobj_str(&key, "vkey", CS_MAX_VKEY));
    }
    cs_jw_end_array(&w);
    cs_jw_end(&w);
    x->headed = true;
    return data->err == CS_OK ? put_line(x) : data->err;
}

/* The entry's own bytes: its canonical form is what was hashed. */
static cs_err put_entry(struct export *x, cs_jval v)
{
    cs_jobj o = cs_jobj_open(v);
    cs_jval payload = cs_jobj_object(&o, "payload");
    cs_err err = o.err == CS_OK ? cs_json_canonical(&x->line, payload) : o.err;
    x->entries++;
    return err == CS_OK ? put_line(x) : err;
}

/* The checkpoints of so many entries, behind the last of them. */
static cs_err put_checkpoints(struct export *x, cs_jval checkpoints)
{
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < cs_jarr_len(checkpoints); i++) {
        cs_jobj o = cs_jobj_open(cs_jarr_at(checkpoints, i));
        bool here = (uint64_t)cs_jobj_int(&o, "treeSize", 0, CS_JSON_INT_MAX) == x->entries;
        cs_slice note = cs_jobj_str(&o, "note", CS_MAX_NOTE);
        err = o.err;
        if (err != CS_OK || !here)
            continue;
        cs_jw w = cs_jw_on(&x->line);
        cs_jw_begin(&w, NULL);
        cs_jw_str(&w, "checkpoint", note);
        cs_jw_end(&w);
        err = put_line(x);
    }
    return err;
}

static cs_err put_page(struct export *x, cs_jval data)
{
    cs_jobj o = cs_jobj_open(data);
    cs_jval entries = cs_jobj_array(&o, "entries"), checkpoints = cs_jobj_array(&o, "checkpoints");
    cs_err err = o.err;
    if (err == CS_OK && !x->headed)
        err = put_head(x, &o);
    for (size_t i = 0; err == CS_OK && i < cs_jarr_len(entries); i++) {
        err = put_entry(x, cs_jarr_at(entries, i));
        if (err == CS_OK)
            err = put_checkpoints(x, checkpoints);
    }
    return err;
}

/* The next page's path; false behind the last page. */
static bool next_path(cs_buf *path, cs_jval pagination)
{
    cs_jobj o = cs_jobj_open(pagination);
    cs_slice cursor = pagination.v != NULL ? cs_jobj_str_opt(&o, "nextCursor", MAX_CURSOR) : CS_ABSENT;
    if (cursor.n == 0)
        return false;
    cs_buf_clear(path);
    cs_buf_add_str(path, LEDGER "/bundle?cursor=");
    cs_client_add_escaped(path, cursor);
    return path->err == CS_OK;
}

static int fetch(struct export *x, cs_client *c)
{
    cs_buf path = cs_buf_new(4 * MAX_CURSOR);
    cs_buf_add_str(&path, LEDGER "/bundle");
    int code = CS_EXIT_OK;
    for (bool more = true; more && code == CS_EXIT_OK;) {
        cs_answer answer;
        code = cs_client_call(&answer, c, "GET", cs_buf_cstr(&path), CS_ABSENT);
        cs_err err = code == CS_EXIT_OK ? put_page(x, answer.data) : CS_OK;
        if (err != CS_OK)
            code = cs_talk_fail(err, "export");
        more = code == CS_EXIT_OK && next_path(&path, answer.pagination);
        cs_answer_free(&answer);
    }
    cs_buf_free(&path);
    return code;
}

int cs_command_ledger_export(const cs_args *args)
{
    const char *path = cs_arg_text(args, "out");
    struct export x = {.line = cs_buf_new(4 * CS_MAX_LEDGER_ENTRY)};
    cs_client *c;
    int code = cs_client_open(&c, args);
    if (code != CS_EXIT_OK)
        return code;
    x.file = fopen(path, "wxe");
    if (x.file == NULL) {
        cs_client_close(c);
        return cs_talk_error("%s exists already, or cannot be made", path);
    }
    code = fetch(&x, c);
    bool written = fflush(x.file) == 0 && fsync(fileno(x.file)) == 0;
    written = fclose(x.file) == 0 && written;
    if (code == CS_EXIT_OK && !written)
        code = cs_talk_fail(CS_IO, "%s", path);
    if (code == CS_EXIT_OK)
        cs_talk_note(args, "wrote %" PRIu64 " entries; `countersign ledger verify` recomputes them", x.entries);
    else
        (void)unlink(path); /* a part of a ledger looks like a truncated one */
    cs_buf_free(&x.line);
    cs_client_close(c);
    return code;
}
