/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ledger verify`: recomputes a ledger from its public data, offline, and says which entry is wrong.
 *
 * Reads what `ledger export` wrote (one entry a line, checkpoints between them) or a directory of C2SP tlog-tiles
 * (`checkpoint`, `tile/entries/…`). Memory does not grow with the ledger.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/input.h"
#include "cli/talk.h"
#include "core/json.h"
#include "core/ledger_check.h"
#include "core/tiles.h"
#include "sys/file.h"

#define MAX_LINE (4u * CS_MAX_NOTE) /* a note as JSON is the longest */
#define MAX_ENTRY_TILE (CS_TILE_WIDTH * (size_t)(CS_MAX_LEDGER_ENTRY + 2))
#define MAX_PATH 4096

struct reading {
    const cs_args *args;
    const char *path;
    cs_ledger_check check;
    cs_ledger_finding refused; /* a checkpoint that does not count ends the reading */
    cs_vkey keys[CS_MAX_VKEYS];
    size_t key_count;
};

static int feed_entry(struct reading *r, cs_slice bytes)
{
    cs_err err = cs_ledger_check_entry(&r->check, bytes);
    return err == CS_OK ? CS_EXIT_OK
                        : cs_talk_fail(err, "%s: entry %" PRIu64, r->path, cs_ledger_check_size(&r->check));
}

static int feed_checkpoint(struct reading *r, cs_slice note, const char *what)
{
    uint64_t at = cs_ledger_check_size(&r->check);
    cs_err err = cs_ledger_check_checkpoint(&r->check, note);
    if (err == CS_OK)
        return CS_EXIT_OK;
    if (cs_err_class_of(err) == CS_CLASS_REFUSED)
        r->refused = (cs_ledger_finding){err, at, at};
    return cs_talk_fail(err, "%s: checkpoint behind %" PRIu64 " entries", what, at);
}

static int feed_checkpoint_file(struct reading *r, const char *path)
{
    cs_buf note = cs_buf_new(CS_MAX_NOTE);
    cs_err err = cs_file_read(&note, path);
    int code = err == CS_OK ? feed_checkpoint(r, cs_buf_slice(&note), path) : cs_talk_fail(err, "%s", path);
    cs_buf_free(&note);
    return code;
}

/* -- an exported file ---------------------------------------------------------------------------------------------- */

static int feed_checkpoint_line(struct reading *r, cs_slice line)
{
    cs_json *json = NULL;
    cs_err err = cs_json_parse(&json, line, MAX_LINE);
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    cs_slice note = cs_jobj_str(&o, "checkpoint", CS_MAX_NOTE);
    bool is_one = err == CS_OK && cs_jobj_done(&o) == CS_OK;
    int code = feed_checkpoint(r, is_one ? note : CS_LIT(""), r->path);
    cs_json_free(json);
    return code;
}

static bool is_head(cs_slice line)
{
    cs_json *json = NULL;
    if (cs_json_parse(&json, line, MAX_LINE) != CS_OK)
        return false;
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    bool head = cs_jobj_int(&o, "countersignLedger", 1, 1) == 1 && o.err == CS_OK;
    cs_json_free(json);
    return head;
}

/* The next line, without its newline; what is longer than any comes in pieces. False at the end. */
static bool next_line(cs_slice *text, char line[MAX_LINE], FILE *f)
{
    size_t n = 0;
    int c = 0;
    while (n < MAX_LINE && (c = getc_unlocked(f)) != EOF && c != '\n')
        line[n++] = (char)c;
    *text = cs_slice_of(line, n);
    return n > 0 || c == '\n';
}

static int feed_line(struct reading *r, cs_slice text)
{
    if (cs_slice_starts(text, CS_LIT("{\"checkpoint\":")))
        return feed_checkpoint_line(r, text);
    /* No entry is longer, so one that is was changed. */
    return feed_entry(r, text.n <= CS_MAX_LEDGER_ENTRY ? text : CS_LIT(""));
}

static int read_export(struct reading *r)
{
    FILE *f = fopen(r->path, "re");
    char *line = malloc(MAX_LINE);
    cs_slice text;
    int code = CS_EXIT_OK;
    bool first = true;
    if (f == NULL || line == NULL) {
        code = cs_talk_fail(f == NULL ? CS_IO : CS_NO_MEMORY, "%s", r->path);
        goto out;
    }
    for (; code == CS_EXIT_OK && next_line(&text, line, f); first = false) {
        if (!first)
            code = feed_line(r, text);
        else if (!is_head(text))
            code = cs_talk_error("%s is no exported ledger", r->path);
    }
    if (code == CS_EXIT_OK && (ferror(f) != 0 || first))
        code = cs_talk_fail(CS_IO, "%s", r->path);
out:
    free(line);
    if (f != NULL)
        (void)fclose(f);
    return code;
}

/* -- a directory of tiles ------------------------------------------------------------------------------------------ */

/* Appends the path of entry tile `n`: three digits a step, an x before all but the last. */
static void add_tile_path(cs_buf *out, const char *folder, uint64_t n, size_t width)
{
    unsigned steps[8];
    size_t count = 0;
    do {
        steps[count++] = (unsigned)(n % 1000);
        n /= 1000;
    } while (n > 0 && count < 8);
    cs_buf_printf(out, "%s/tile/entries", folder);
    while (count > 0) {
        count--;
        cs_buf_printf(out, "/%s%03u", count > 0 ? "x" : "", steps[count]);
    }
    if (width < CS_TILE_WIDTH)
        cs_buf_printf(out, ".p/%zu", width);
}

/* The widest tile of that number that is there; 0: none. */
static size_t find_tile(cs_buf *path, const char *folder, uint64_t n)
{
    struct stat st;
    for (size_t width = CS_TILE_WIDTH; width > 0; width--) {
        cs_buf_clear(path);
        add_tile_path(path, folder, n, width);
        if (path->err == CS_OK && stat(cs_buf_cstr(path), &st) == 0)
            return width;
    }
    return 0;
}

static int read_tile(struct reading *r, const char *path, size_t width)
{
    cs_buf bytes = cs_buf_new(MAX_ENTRY_TILE);
    cs_err err = cs_file_read(&bytes, path);
    int code = err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path);
    cs_reader tile = cs_reader_of(cs_buf_slice(&bytes));
    for (size_t i = 0; code == CS_EXIT_OK && i < width; i++) {
        cs_slice entry = cs_read_lp16(&tile);
        /* A tile that ends in the middle of an entry has that entry changed. */
        code = feed_entry(r, tile.err == CS_OK ? entry : CS_LIT(""));
    }
    if (code == CS_EXIT_OK && tile.err == CS_OK && tile.rest.n > 0)
        code = feed_entry(r, CS_LIT(""));
    cs_buf_free(&bytes);
    return code;
}

static int read_tiles(struct reading *r)
{
    cs_buf path = cs_buf_new(MAX_PATH);
    cs_buf_printf(&path, "%s/checkpoint", r->path);
    int code = feed_checkpoint_file(r, cs_buf_cstr(&path));
    size_t width = CS_TILE_WIDTH;
    for (uint64_t n = 0; code == CS_EXIT_OK && width == CS_TILE_WIDTH; n++) {
        width = find_tile(&path, r->path, n);
        if (width > 0)
            code = read_tile(r, cs_buf_cstr(&path), width);
    }
    cs_buf_free(&path);
    return code;
}

/* -- the verdict --------------------------------------------------------------------------------------------------- */

static void print_json(const struct reading *r, const cs_ledger_finding *f)
{
    uint8_t memory[1024];
    cs_buf out = CS_BUF_OVER(memory);
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_jw_bool(&w, "ok", f->err == CS_OK);
    cs_jw_cstr(&w, "reason", cs_err_name(f->err));
    cs_jw_int(&w, "entries", (int64_t)cs_ledger_check_size(&r->check));
    cs_jw_int(&w, "covered", (int64_t)cs_ledger_check_covered(&r->check));
    cs_jw_bool(&w, "pinned", r->key_count > 0);
    if (r->check.origin[0] != '\0')
        cs_jw_cstr(&w, "origin", r->check.origin);
    else
        cs_jw_null(&w, "origin");
    if (f->err != CS_OK) {
        cs_jw_int(&w, "seq", (int64_t)f->seq);
        cs_jw_int(&w, "from", (int64_t)f->from);
    }
    cs_jw_end(&w);
    cs_talk_line(cs_buf_slice(&out));
}

static int refuse(const struct reading *r, const cs_ledger_finding *f)
{
    switch (f->err) {
    case CS_LEDGER_FORK:
        return cs_talk_fail(f->err, "%s: from entry %" PRIu64 " on", r->path, f->seq);
    case CS_LEDGER_CHANGED:
        if (f->from != f->seq)
            return cs_talk_fail(f->err, "%s: entry %" PRIu64 ", or all from %" PRIu64 " on", r->path, f->seq, f->from);
        break;
    default:
        break;
    }
    return cs_talk_fail(f->err, "%s: entry %" PRIu64, r->path, f->seq);
}

static int report(const struct reading *r, cs_ledger_finding *f)
{
    uint64_t entries = cs_ledger_check_size(&r->check), covered = cs_ledger_check_covered(&r->check);
    /* Who pins a key wants its signature, and not only a chain that anybody can compute, or nothing at all. */
    bool covers_none = r->check.origin[0] == '\0' || (covered == 0 && entries > 0);
    if (f->err == CS_OK && r->key_count > 0 && covers_none)
        *f = (cs_ledger_finding){.err = CS_NOTE_UNSIGNED};
    if (cs_arg_flag(r->args, "json"))
        print_json(r, f);
    if (f->err != CS_OK)
        return refuse(r, f);
    if (!cs_arg_flag(r->args, "json") && !cs_arg_flag(r->args, "quiet"))
        (void)printf("verified: %" PRIu64 " entries, %" PRIu64 " of them under %s checkpoint\n", entries, covered,
                     r->key_count > 0 ? "a signed" : "an UNVERIFIED");
    if (r->key_count == 0)
        cs_talk_note(r->args, "no --ledger-key is pinned: whoever signed the checkpoints could have made this ledger");
    if (covered < entries)
        cs_talk_note(r->args, "the last %" PRIu64 " entries are in no checkpoint yet", entries - covered);
    return CS_EXIT_OK;
}

static int read_all(struct reading *r)
{
    struct stat st;
    const char *kept;
    int code = CS_EXIT_OK;
    if (stat(r->path, &st) != 0)
        return cs_talk_fail(CS_IO, "%s", r->path);
    for (size_t i = 0; code == CS_EXIT_OK && (kept = cs_arg_item(r->args, "checkpoint", i)) != NULL; i++)
        code = feed_checkpoint_file(r, kept);
    if (code == CS_EXIT_OK)
        code = S_ISDIR(st.st_mode) ? read_tiles(r) : read_export(r);
    return code;
}

int cs_command_ledger_verify(const cs_args *args)
{
    struct reading r = {.args = args, .path = cs_arg_operand(args, 0)};
    cs_ledger_finding found;
    if (cs_arg_operand_count(args) != 1)
        return cs_talk_usage("give one exported ledger, or one directory of tiles");
    int code = cs_input_vkeys(r.keys, &r.key_count, args, "ledger-key");
    if (code != CS_EXIT_OK)
        return code;
    cs_ledger_check_begin(&r.check, r.keys, r.key_count);
    code = read_all(&r);
    cs_err err = code == CS_EXIT_OK ? cs_ledger_check_end(&found, &r.check) : CS_OK;
    if (err != CS_OK)
        code = cs_talk_fail(err, "%s", r.path);
    else if (code == CS_EXIT_OK)
        code = report(&r, &found);
    else if (r.refused.err != CS_OK && cs_arg_flag(args, "json"))
        print_json(&r, &r.refused);
    cs_ledger_check_free(&r.check);
    return code;
}
