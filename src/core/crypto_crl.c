/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crypto_crl.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "core/crypto_cert.h"
#include "core/der.h"

struct cs_crl {
    X509_CRL *x;
    int64_t from, to; /* thisUpdate, nextUpdate */
};

static bool has_critical(const X509_CRL *x)
{
    for (int i = 0; i < X509_CRL_get_ext_count(x); i++)
        if (X509_EXTENSION_get_critical(X509_CRL_get_ext(x, i)))
            return true;
    return false;
}

static cs_err read_crl(cs_crl *c, cs_slice der)
{
    const uint8_t *p = der.p;
    c->x = d2i_X509_CRL(NULL, &p, (long)der.n);
    if (c->x == NULL || p != der.p + der.n || !cs_der_is_sound(der) || X509_CRL_get_version(c->x) != X509_CRL_VERSION_2)
        return CS_BAD_FORMAT;
    const ASN1_BIT_STRING *sig = NULL;
    X509_CRL_get0_signature(c->x, &sig, NULL);
    if ((sig->flags & 7) != 0) /* bits that are in no octet */
        return CS_BAD_FORMAT;
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(c->x);
    if (next == NULL || !cs_cert_read_time(&c->from, X509_CRL_get0_lastUpdate(c->x)) ||
        !cs_cert_read_time(&c->to, next) || has_critical(c->x))
        return CS_BAD_FORMAT;
    return CS_OK;
}

cs_err cs_crl_parse(cs_crl **out, cs_slice der)
{
    *out = NULL;
    if (der.n == 0 || der.n > CS_MAX_CRL)
        return CS_BAD_FORMAT;
    cs_crl *c = calloc(1, sizeof *c);
    if (c == NULL)
        return CS_NO_MEMORY;
    cs_err err = read_crl(c, der);
    if (err == CS_OK)
        *out = c;
    else
        cs_crl_free(c);
    ERR_clear_error();
    return err;
}

void cs_crl_free(cs_crl *c)
{
    if (c == NULL)
        return;
    X509_CRL_free(c->x);
    free(c);
}

int64_t cs_crl_next_update(const cs_crl *c)
{
    return c->to;
}

static bool signed_by(const cs_crl *c, const cs_cert *issuer)
{
    const X509_NAME *name = X509_get_subject_name(issuer->x);
    bool names = X509_NAME_entry_count(name) > 0 && cs_name_eq(X509_CRL_get_issuer(c->x), name);
    bool algorithm = X509_CRL_get_signature_nid(c->x) == NID_ecdsa_with_SHA256;
    /* A key that is not taken for certificates is not taken here. */
    bool holds = names && algorithm && issuer->key != NULL && X509_CRL_verify(c->x, X509_get0_pubkey(issuer->x)) == 1;
    ERR_clear_error();
    return holds;
}

cs_err cs_crl_judge(const cs_crl *c, const cs_cert *cert, const cs_cert *issuer, int64_t at)
{
    X509_REVOKED *entry = NULL;
    if (!cs_cert_issued_by(cert, issuer) || !signed_by(c, issuer) || at < c->from || at > c->to)
        return CS_ATT_COLLATERAL;
    return X509_CRL_get0_by_cert(c->x, &entry, cert->x) == 0 ? CS_OK : CS_ATT_CERT_REVOKED;
}
