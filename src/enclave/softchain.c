/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/softchain.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto_issue.h"
#include "core/crypto_x509.h"
#include "core/encode.h"
#include "sys/file.h"
#include "sys/log.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define MARGIN 600 /* seconds for which a link outlives what hangs on it, and the leaf a document */
#define ROOT (&rows[0])
#define SCALAR 48
#define MAX_DER 1024 /* of one certificate in a Nitro document */
#define MAX_PEM 2048

/* As measured in Nitro documents; the names are not theirs. */
static const struct row {
    const char *name; /* after a random label; of the root: all of it */
    int64_t life;     /* seconds */
    bool authority;
    int path_length;
    unsigned usage;
} rows[CS_SOFTCHAIN_LENGTH] = {
    {"countersign.software-nsm", 30LL * 365 * DAY, true, -1,
     CS_USAGE_SIGNATURE | CS_USAGE_CERTIFICATES | CS_USAGE_CRLS},
    {"region.countersign.software-nsm", 20 * DAY, true, 2, CS_USAGE_SIGNATURE | CS_USAGE_CERTIFICATES | CS_USAGE_CRLS},
    {"zonal.countersign.software-nsm", 6 * DAY, true, 1, CS_USAGE_SIGNATURE | CS_USAGE_CERTIFICATES | CS_USAGE_CRLS},
    {"instance.countersign.software-nsm", DAY, true, 0, CS_USAGE_CERTIFICATES},
    {"enclave.countersign.software-nsm", 3 * HOUR, false, -1, CS_USAGE_SIGNATURE},
};

void cs_softchain_close(cs_softchain *c)
{
    for (size_t i = 0; i < CS_SOFTCHAIN_LENGTH; i++) {
        cs_key_free(c->links[i].key);
        cs_buf_free(&c->links[i].der);
    }
    *c = (cs_softchain){0};
}

static cs_err issue(cs_buf *der, const cs_softchain *c, size_t i, const cs_key *key, int64_t now)
{
    const struct row *row = &rows[i];
    char name[64];
    uint8_t label[8];
    cs_buf text = CS_BUF_OVER(name);
    cs_err err = cs_random(label, sizeof label);
    if (err != CS_OK)
        return err;
    if (row != ROOT) {
        cs_hex_encode(&text, CS_ARRAY(label));
        cs_buf_add_u8(&text, '.');
    }
    cs_buf_add_str(&text, row->name);
    const cs_issue what = {
        .organisation = "Countersign",
        .unit = "software NSM - not hardware",
        .common_name = cs_buf_cstr(&text),
        .not_before = now - CS_MAX_CLOCK_SKEW_SECONDS, /* a verifier's clock may be behind */
        .not_after = now + row->life,
        .authority = row->authority,
        .path_length = row->path_length,
        .usage = row->usage,
        .key = key,
        .issuer_key = row == ROOT ? key : c->links[i - 1].key,
        .issuer = row == ROOT ? CS_ABSENT : cs_buf_slice(&c->links[i - 1].der),
    };
    return text.err != CS_OK ? text.err : cs_issue_certificate(der, &what);
}

/* A new key and certificate below the link before it. The old ones stay if that fails. */
static cs_err make_link(cs_softchain *c, size_t i, int64_t now)
{
    CS_SECRET(scalar);
    cs_key *key = NULL;
    cs_buf der = cs_buf_new(MAX_DER);
    cs_err err = cs_key_generate(&scalar, CS_P384);
    if (err == CS_OK)
        err = cs_key_open_private(&key, CS_P384, cs_secret_slice(&scalar));
    if (err == CS_OK)
        err = issue(&der, c, i, key, now);
    if (err != CS_OK) {
        cs_key_free(key);
        cs_buf_free(&der);
        return err;
    }
    cs_key_free(c->links[i].key);
    cs_buf_free(&c->links[i].der);
    c->links[i].key = key;
    c->links[i].der = der;
    c->links[i].not_after = now + rows[i].life;
    return CS_OK;
}

/* A link must live as long as a fresh one below it would. */
static size_t first_due(const cs_softchain *c, int64_t now)
{
    for (size_t i = 1; i < CS_SOFTCHAIN_LENGTH; i++) {
        int64_t needed = MARGIN + (i + 1 < CS_SOFTCHAIN_LENGTH ? rows[i + 1].life : 0);
        if (c->links[i].not_after < now + needed)
            return i;
    }
    return CS_SOFTCHAIN_LENGTH;
}

bool cs_softchain_is_due(const cs_softchain *c, int64_t now)
{
    return first_due(c, now) < CS_SOFTCHAIN_LENGTH;
}

cs_err cs_softchain_renew(cs_softchain *c, int64_t now)
{
    cs_err err = CS_OK;
    for (size_t i = first_due(c, now); i < CS_SOFTCHAIN_LENGTH && err == CS_OK; i++) {
        err = make_link(c, i, now);
        if (err == CS_OK && i + 1 < CS_SOFTCHAIN_LENGTH)
            c->links[i + 1].not_after = 0; /* it hangs on a certificate that is no more, also if its own turn fails */
    }
    return err;
}

/* -- the root ------------------------------------------------------------------------------------------------------ */

static cs_err path_of(char path[PATH_MAX], const char *state_dir, const char *name)
{
    int n = snprintf(path, PATH_MAX, "%s/%s", state_dir, name);
    return n > 0 && n < PATH_MAX ? CS_OK : CS_CONFIG;
}

/* Whether there is such a file; one that cannot be looked at is an error. */
static cs_err exists(bool *out, const char *path)
{
    *out = access(path, F_OK) == 0;
    return *out || errno == ENOENT ? CS_OK : CS_IO;
}

static cs_err make_root_key(const char *path)
{
    CS_SECRET(scalar);
    cs_err err = cs_key_generate(&scalar, CS_P384);
    if (err == CS_OK)
        err = cs_file_write(path, cs_secret_slice(&scalar), 0600, false);
    if (err == CS_OK)
        cs_log(CS_LOG_WARN, NULL, "a root for a software NSM was made: %s", path);
    return err == CS_CONFLICT ? CS_OK : err; /* somebody was faster: that one counts */
}

static cs_err make_root_certificate(const cs_softchain *c, const char *path, int64_t now)
{
    cs_buf der = cs_buf_new(MAX_DER), pem = cs_buf_new(MAX_PEM);
    cs_err err = issue(&der, c, 0, c->links[0].key, now);
    if (err == CS_OK) {
        cs_issue_pem(&pem, cs_buf_slice(&der));
        err = pem.err != CS_OK ? pem.err : cs_file_write(path, cs_buf_slice(&pem), 0644, false);
    }
    cs_buf_free(&der);
    cs_buf_free(&pem);
    return err == CS_CONFLICT ? CS_OK : err;
}

static bool is_key_of(const cs_cert *cert, const cs_key *key)
{
    uint8_t bytes[97];
    cs_buf point = CS_BUF_OVER(bytes);
    cs_pubkey *own = NULL;
    cs_key_public(&point, key);
    bool same = point.err == CS_OK && cs_cert_public_key(cert) != NULL &&
                cs_pubkey_from_ec_point(&own, CS_P384, cs_slice_sub(cs_buf_slice(&point), 1, 96)) == CS_OK &&
                cs_pubkey_eq(own, cs_cert_public_key(cert));
    cs_pubkey_free(own);
    return same;
}

/* The file is one certificate, of this key and by it. */
static cs_err take_root_certificate(cs_softchain *c, const char *path)
{
    cs_buf pem = cs_buf_new(MAX_PEM);
    cs_cert *cert = NULL;
    cs_slice der;
    size_t n = 0;
    c->links[0].der = cs_buf_new(MAX_DER);
    cs_err err = cs_file_read(&pem, path);
    if (err == CS_OK)
        err = cs_pem_certificates(&c->links[0].der, &der, &n, 1, cs_buf_slice(&pem));
    if (err == CS_OK)
        err = cs_cert_parse(&cert, der);
    if (err == CS_OK)
        err = cs_cert_self_signed(cert);
    if (err == CS_OK)
        err = is_key_of(cert, c->links[0].key) ? CS_OK : CS_CONFIG;
    if (err == CS_OK)
        c->links[0].not_after = cs_cert_not_after(cert);
    cs_cert_free(cert);
    cs_buf_free(&pem);
    return err;
}

static cs_err read_root_key(cs_softchain *c, const char *path)
{
    CS_SECRET(scalar);
    cs_err err = cs_file_read_secret(&scalar, path);
    if (err == CS_OK && scalar.n != SCALAR)
        err = CS_CONFIG;
    return err == CS_OK ? cs_key_open_private(&c->links[0].key, CS_P384, cs_secret_slice(&scalar)) : err;
}

static cs_err open_root(cs_softchain *c, const char *state_dir, int64_t now)
{
    char key[PATH_MAX], certificate[PATH_MAX];
    bool has_key = false, has_certificate = false;
    if (mkdir(state_dir, 0700) != 0 && errno != EEXIST)
        return CS_IO;
    cs_err err = path_of(key, state_dir, "software-nsm-root.key");
    if (err == CS_OK)
        err = path_of(certificate, state_dir, "software-nsm-root.pem");
    if (err == CS_OK)
        err = exists(&has_key, key);
    if (err == CS_OK)
        err = exists(&has_certificate, certificate);
    if (err == CS_OK && has_certificate && !has_key)
        err = CS_CONFIG;
    if (err == CS_OK && !has_key)
        err = make_root_key(key);
    if (err == CS_OK)
        err = read_root_key(c, key);
    if (err == CS_OK && !has_certificate)
        err = make_root_certificate(c, certificate, now);
    return err == CS_OK ? take_root_certificate(c, certificate) : err;
}

cs_err cs_softchain_open(cs_softchain *out, const char *state_dir, int64_t now)
{
    *out = (cs_softchain){0};
    cs_err err = open_root(out, state_dir, now);
    if (err != CS_OK && err != CS_NO_MEMORY) {
        cs_log(CS_LOG_ERROR, NULL,
               "software-nsm-root.key and .pem in %s are not the root of a software NSM (%s); they are not replaced",
               state_dir, cs_err_name(err));
        err = err == CS_IO ? CS_IO : CS_CONFIG;
    }
    if (err == CS_OK)
        err = cs_softchain_renew(out, now);
    if (err != CS_OK)
        cs_softchain_close(out);
    return err;
}
