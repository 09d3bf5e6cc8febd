/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `countersign manifest` and `countersign image sign`: what a build of the enclave measures as, for those who verify
 * the births of its keys, and the signature of who released it (PCR8). Offline.
 */
#include <string.h>

#include "cli/commands.h"
#include "cli/talk.h"
#include "core/crypto_pem.h"
#include "core/crypto_x509.h"
#include "core/eif.h"
#include "core/manifest.h"
#include "core/vendor.h"
#include "sys/file.h"

#define MAX_PEM (1u << 16)

static int write_out(const cs_args *args, cs_slice bytes)
{
    const char *path = cs_arg_text(args, "out");
    if (path == NULL) {
        cs_talk_line(bytes);
        return CS_EXIT_OK;
    }
    cs_err err = cs_file_write(path, bytes, 0644, false);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path);
}

/* -- manifest ------------------------------------------------------------------------------------------------------ */

static int measure_image(cs_manifest *m, const char *path)
{
    cs_eif image;
    cs_buf bytes = cs_buf_new(CS_MAX_IMAGE);
    cs_err err = cs_file_read(&bytes, path);
    if (err == CS_OK)
        err = cs_eif_parse(&image, cs_buf_slice(&bytes));
    if (err == CS_OK)
        err = cs_eif_measure(m->pcrs, &image);
    if (err == CS_OK)
        err = cs_eif_version(m->enclave_version, &image);
    cs_buf_free(&bytes);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path);
}

/* As the software NSM does: PCR0 is the hash of the program, and the other registers are zero. */
static int measure_program(cs_manifest *m, const char *path)
{
    cs_digest digest;
    cs_hash_id hash = CS_SHA384;
    uint64_t size = 0;
    cs_err err = cs_file_hash(&digest, &hash, 1, &size, path);
    if (err != CS_OK)
        return cs_talk_fail(err, "%s", path);
    memcpy(m->pcrs[0], digest.b, CS_NITRO_PCR_LEN);
    return CS_EXIT_OK;
}

static int read_root(cs_manifest *m, const char *path)
{
    cs_buf text = cs_buf_new(MAX_PEM), ders = cs_buf_new(CS_MAX_CERTIFICATE);
    cs_digest digest;
    cs_slice der;
    size_t n = 0;
    if (path == NULL) {
        memcpy(m->root_sha256, cs_vendor_root(CS_VENDOR_AWS_NITRO, 0)->sha256, CS_SHA256_LEN);
        return CS_EXIT_OK;
    }
    cs_err err = cs_file_read(&text, path);
    if (err == CS_OK)
        err = cs_pem_certificates(&ders, &der, &n, 1, cs_buf_slice(&text));
    if (err == CS_OK)
        err = cs_hash(&digest, CS_SHA256, der);
    if (err == CS_OK)
        memcpy(m->root_sha256, digest.b, CS_SHA256_LEN);
    cs_buf_free(&text);
    cs_buf_free(&ders);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path);
}

static int set_version(cs_manifest *m, const char *text)
{
    if (text != NULL && cs_slice_to_cstr(m->enclave_version, sizeof m->enclave_version, cs_slice_str(text)) != CS_OK)
        return cs_talk_usage("--enclave-version has at most %d bytes", CS_MAX_ID);
    if (m->enclave_version[0] == '\0')
        return cs_talk_usage("the image does not tell its version; give --enclave-version");
    return CS_EXIT_OK;
}

int cs_command_manifest(const cs_args *args)
{
    const char *image = cs_arg_text(args, "image"), *program = cs_arg_text(args, "enclave-program"),
               *root = cs_arg_text(args, "root-certificate"), *version = cs_arg_text(args, "enclave-version");
    cs_manifest m = {0};
    cs_buf json = cs_buf_new(CS_MAX_MANIFEST);
    if ((image == NULL) == (program == NULL))
        return cs_talk_usage("give --image or --enclave-program");
    if (program != NULL && root == NULL)
        return cs_talk_usage("a program runs under a software NSM: give its root, --root-certificate");
    int code = image != NULL ? measure_image(&m, image) : measure_program(&m, program);
    if (code == CS_EXIT_OK)
        code = read_root(&m, root);
    if (code == CS_EXIT_OK) /* program and this one are of one build */
        code = set_version(&m, version != NULL || image != NULL ? version : CS_VERSION);
    if (code == CS_EXIT_OK && cs_manifest_write(&json, &m) != CS_OK)
        code = cs_talk_usage("--enclave-version is printable ASCII without blanks");
    if (code == CS_EXIT_OK && cs_manifest_is_software(&m))
        cs_talk_note(args, "The root is not AWS's: this manifest is of a SOFTWARE NSM, which proves nothing about "
                           "hardware.");
    if (code == CS_EXIT_OK && image != NULL && cs_slice_all_zero(CS_ARRAY(m.pcrs[3])))
        cs_talk_note(args, "The image is not signed: PCR8 is zero.");
    if (code == CS_EXIT_OK)
        code = write_out(args, cs_buf_slice(&json));
    cs_buf_free(&json);
    return code;
}

/* -- signing ------------------------------------------------------------------------------------------------------- */

static int read_key(cs_key **out, const char *path)
{
    cs_buf pem = cs_buf_new_wiped(MAX_PEM);
    cs_err err = cs_file_read(&pem, path);
    if (err == CS_OK)
        err = cs_key_from_pem(out, cs_buf_slice(&pem));
    cs_buf_free(&pem);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path);
}

static int sign_image(cs_buf *out, const cs_args *args, const cs_key *key, cs_slice pem)
{
    const char *in = cs_arg_text(args, "in");
    cs_eif image;
    cs_buf bytes = cs_buf_new(CS_MAX_IMAGE);
    cs_err err = cs_file_read(&bytes, in);
    if (err == CS_OK)
        err = cs_eif_parse(&image, cs_buf_slice(&bytes));
    int code = err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", in);
    if (code == CS_EXIT_OK && (err = cs_eif_sign(out, &image, key, pem)) != CS_OK)
        code = cs_talk_fail(err, "%s", cs_arg_text(args, "certificate"));
    cs_buf_free(&bytes);
    return code;
}

int cs_command_image_sign(const cs_args *args)
{
    const char *certificate = cs_arg_text(args, "certificate");
    cs_key *key = NULL;
    cs_buf pem = cs_buf_new(MAX_PEM), out = cs_buf_new(CS_MAX_IMAGE);
    cs_err err = cs_file_read(&pem, certificate);
    int code = err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", certificate);
    if (code == CS_EXIT_OK)
        code = read_key(&key, cs_arg_text(args, "key"));
    if (code == CS_EXIT_OK)
        code = sign_image(&out, args, key, cs_buf_slice(&pem));
    if (code == CS_EXIT_OK)
        code = write_out(args, cs_buf_slice(&out));
    cs_key_free(key);
    cs_buf_free(&pem);
    cs_buf_free(&out);
    return code;
}
