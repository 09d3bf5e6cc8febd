/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pq-attest: birth attestations of the PQ Signer door, judged offline (protocol/pq-birth.md).
 *
 * For custodians: it needs no server, opens no socket, and reads the three files that it is given. One line of JSON
 * on stdout, talk on stderr. Exit code 0 verified, 2 refused, 1 a file that is not usable, 64 wrong usage.
 */
#include <stdio.h>

#include "core/birth_verify.h"
#include "core/encode.h"
#include "core/key_record.h"
#include "sys/file.h"
#include "sys/options.h"
#include "sys/sandbox.h"

static const cs_option verify_options[] = {
    {.name = "birth-attestation",
     .kind = CS_OPT_TEXT,
     .required = true,
     .value = "FILE",
     .help = "birth_attestation of the answer to key_generation, base64; - is stdin"},
    {.name = "manifest",
     .kind = CS_OPT_TEXT,
     .required = true,
     .value = "FILE",
     .help = "measurement manifest of the release that the key was born under, pinned out of band"},
    {.name = "metadata",
     .kind = CS_OPT_TEXT,
     .required = true,
     .value = "FILE",
     .help = "the key's record: user_id, alg, mldsa_pubkey, wrapped_dk, kms_key_arn, created_at_ms"},
    {.name = "allow-mock",
     .kind = CS_OPT_DANGER,
     .help = "accept a manifest with another root than AWS's: such documents prove nothing about hardware"},
};

/* Names of files come from the caller; nothing of what they hold is shown. */
static int fail(const char *path, const cs_fault *fault)
{
    bool member = fault->field[0] != '\0';
    (void)fprintf(stderr, "error: %s: %s%s%s (%s)\n", path, member ? fault->field : "", member ? ": " : "",
                  cs_err_sentence(fault->err), cs_err_name(fault->err));
    return CS_EXIT_ERROR;
}

/* Reads a whole file without the white space behind its text. */
static int read_file(cs_buf *out, const char *path)
{
    cs_fault fault = {.err = cs_file_read(out, path)};
    if (fault.err != CS_OK)
        return fail(path, &fault);
    while (out->n > 0 && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r' || out->p[out->n - 1] == ' '))
        out->n--;
    return CS_EXIT_OK;
}

/* Text that is no base64 is a document that is not well formed, and so is one that is too large: no file is at fault.
 */
static int read_document(cs_err *malformed, cs_buf *out, const char *path)
{
    cs_buf text = cs_buf_new(CS_MAX_ATTESTATION);
    int code = read_file(&text, path);
    if (code == CS_EXIT_OK && cs_base64_decode(out, cs_buf_slice(&text)) != CS_OK)
        *malformed = CS_ATT_EVIDENCE_FORMAT;
    cs_buf_free(&text);
    return code;
}

static int read_manifest(cs_manifest *out, const char *path)
{
    cs_fault fault = {0};
    cs_buf text = cs_buf_new(CS_MAX_MANIFEST);
    int code = read_file(&text, path);
    if (code == CS_EXIT_OK && cs_manifest_parse(out, &fault, cs_buf_slice(&text)) != CS_OK)
        code = fail(path, &fault);
    cs_buf_free(&text);
    return code;
}

static int read_record(cs_key_record *out, const char *path)
{
    cs_fault fault = {0};
    cs_buf text = cs_buf_new(CS_MAX_KEY_RECORD);
    int code = read_file(&text, path);
    if (code == CS_EXIT_OK && cs_key_record_parse(out, &fault, cs_buf_slice(&text)) != CS_OK)
        code = fail(path, &fault);
    cs_buf_free(&text);
    return code;
}

static int report(const cs_birth_verdict *v)
{
    cs_buf json = cs_buf_new(CS_MAX_MANIFEST);
    cs_err_class class = cs_err_class_of(v->reason);
    cs_birth_verdict_json(&json, v);
    (void)printf("%s\n", cs_buf_cstr(&json));
    bool written = json.err == CS_OK && fflush(stdout) == 0;
    cs_buf_free(&json);
    if (v->software_nsm)
        (void)fputs(v->reason == CS_ATT_MOCK_REFUSED
                        ? "The manifest pins a SOFTWARE NSM, which proves nothing about hardware; "
                          "--allow-mock accepts it for development.\n"
                        : "SOFTWARE NSM: the root is not AWS's. Nothing here is proven about hardware.\n",
                    stderr);
    if (v->reason != CS_OK)
        (void)fprintf(stderr, "%s: %s (%s)\n", class == CS_CLASS_INTERNAL ? "error" : "refused",
                      cs_err_sentence(v->reason), cs_err_name(v->reason));
    if (!written)
        (void)fputs("error: standard output cannot be written\n", stderr);
    return !written || class == CS_CLASS_INTERNAL ? CS_EXIT_ERROR : v->reason == CS_OK ? CS_EXIT_OK : CS_EXIT_REFUSED;
}

static int verify(const cs_args *args)
{
    static cs_key_record record;
    cs_birth_verdict verdict = {.reason = CS_INTERNAL};
    cs_manifest manifest;
    cs_buf document = cs_buf_new(CS_MAX_ATTESTATION);
    cs_err malformed = CS_OK;
    int code = read_manifest(&manifest, cs_arg_text(args, "manifest"));
    if (code == CS_EXIT_OK)
        code = read_record(&record, cs_arg_text(args, "metadata"));
    if (code == CS_EXIT_OK)
        code = read_document(&malformed, &document, cs_arg_text(args, "birth-attestation"));
    if (code == CS_EXIT_OK) {
        cs_err err = cs_birth_verify(&verdict, malformed == CS_OK ? cs_buf_slice(&document) : CS_LIT(""), &manifest,
                                     &record.birth, cs_arg_flag(args, "allow-mock"));
        (void)err; /* it is the verdict's reason */
        code = report(&verdict);
    }
    cs_buf_free(&document);
    return code;
}

static const cs_command commands[] = {
    {.name = "verify",
     .help = "judge a birth attestation under a pinned manifest, for a key record",
     .options = verify_options,
     .option_count = sizeof verify_options / sizeof *verify_options,
     .run = verify},
};

static const cs_program program = {
    .name = "pq-attest",
    .about = "verifies birth attestations of the PQ Signer door, offline",
    .commands = commands,
    .command_count = sizeof commands / sizeof *commands,
    .global_settings_only = true,
};

int main(int argc, char **argv)
{
    if (cs_sandbox_check_libraries() != CS_OK)
        return CS_EXIT_ERROR;
    return cs_program_run(&program, argc, argv);
}
