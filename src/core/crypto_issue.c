/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crypto_issue.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/crypto_key.h"
#include "core/encode.h"

#define SERIAL_BYTES 16
#define PEM_LINE 64

static bool set_serial(X509 *x)
{
    uint8_t bytes[SERIAL_BYTES];
    if (cs_random(bytes, sizeof bytes) != CS_OK)
        return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, and of one length */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
    BN_free(number);
    return set;
}

static bool add_name(X509_NAME *name, const char *field, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const uint8_t *)text, -1, -1, 0) == 1;
}

static bool set_names(X509 *x, const cs_issue *what, X509 *issuer)
{
    X509_NAME *name = X509_NAME_new();
    bool set = name != NULL && add_name(name, "O", what->organisation) && add_name(name, "OU", what->unit) &&
               add_name(name, "CN", what->common_name) && X509_set_subject_name(x, name) == 1 &&
               X509_set_issuer_name(x, issuer != NULL ? X509_get_subject_name(issuer) : name) == 1;
    X509_NAME_free(name);
    return set;
}

static bool set_constraints(X509 *x, const cs_issue *what)
{
    BASIC_CONSTRAINTS *b = BASIC_CONSTRAINTS_new();
    bool set = b != NULL;
    if (set && what->authority) {
        b->ca = 0xff;
        if (what->path_length >= 0)
            set = (b->pathlen = ASN1_INTEGER_new()) != NULL && ASN1_INTEGER_set(b->pathlen, what->path_length) == 1;
    }
    set = set && X509_add1_ext_i2d(x, NID_basic_constraints, b, 1, X509V3_ADD_DEFAULT) == 1;
    BASIC_CONSTRAINTS_free(b);
    return set;
}

static bool set_usage(X509 *x, unsigned usage)
{
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    bool set = bits != NULL;
    for (int i = 0; i < 9 && set; i++)
        set = (usage >> i & 1) == 0 || ASN1_BIT_STRING_set_bit(bits, i, 1) == 1;
    set = set && X509_add1_ext_i2d(x, NID_key_usage, bits, 1, X509V3_ADD_DEFAULT) == 1;
    ASN1_BIT_STRING_free(bits);
    return set;
}

static bool set_text(X509 *x, int nid, const char *text)
{
    X509_EXTENSION *e = text != NULL ? X509V3_EXT_conf_nid(NULL, NULL, nid, text) : NULL;
    bool set = text == NULL || (e != NULL && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
    return set;
}

static bool fill_in(X509 *x, const cs_issue *what, X509 *issuer)
{
    return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && set_names(x, what, issuer) &&
           ASN1_TIME_set(X509_getm_notBefore(x), what->not_before) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x), what->not_after) != NULL &&
           X509_set_pubkey(x, cs_key_library(what->key)) == 1 && set_constraints(x, what) &&
           set_usage(x, what->usage) && set_text(x, NID_subject_alt_name, what->names) &&
           set_text(x, NID_ext_key_usage, what->purpose) &&
           X509_sign(x, cs_key_library(what->issuer_key), EVP_sha384()) > 0;
}

static cs_err write_der(cs_buf *der, X509 *x)
{
    int n = i2d_X509(x, NULL);
    uint8_t *to = n > 0 ? cs_buf_reserve(der, (size_t)n) : NULL;
    if (to == NULL)
        return n > 0 ? der->err : CS_CRYPTO;
    cs_buf_grow(der, (size_t)i2d_X509(x, &to));
    return der->err;
}

cs_err cs_issue_certificate(cs_buf *der, const cs_issue *what)
{
    const uint8_t *p = what->issuer.p;
    X509 *issuer = p != NULL ? d2i_X509(NULL, &p, (long)what->issuer.n) : NULL, *x = NULL;
    cs_err err = CS_BAD_FORMAT;
    if (what->issuer.p != NULL && (issuer == NULL || p != what->issuer.p + what->issuer.n))
        goto out;
    x = X509_new();
    err = x != NULL && fill_in(x, what, issuer) ? write_der(der, x) : CS_CRYPTO;
out:
    X509_free(x);
    X509_free(issuer);
    ERR_clear_error();
    return err;
}

void cs_issue_pem(cs_buf *out, cs_slice der)
{
    cs_buf text = cs_buf_new(2 * der.n + 4);
    cs_base64_encode(&text, der);
    cs_buf_add_str(out, "-----BEGIN CERTIFICATE-----\n");
    for (size_t i = 0; i < text.n; i += PEM_LINE) {
        cs_buf_add(out, cs_slice_sub(cs_buf_slice(&text), i, PEM_LINE));
        cs_buf_add_u8(out, '\n');
    }
    cs_buf_add_str(out, "-----END CERTIFICATE-----\n");
    if (text.err != CS_OK)
        out->err = text.err;
    cs_buf_free(&text);
}
