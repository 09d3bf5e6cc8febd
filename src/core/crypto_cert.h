/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate looks like to crypto_x509.c, which reads it, and to crypto_chain.c and crypto_crl.c, which judge
 * it. For these three, and for crypto_pubkey.c. */
#ifndef CS_CORE_CRYPTO_CERT_H
#define CS_CORE_CRYPTO_CERT_H

#include "core/crypto_x509.h"

struct cs_cert {
    struct x509_st *x; /* OpenSSL's X509 */
    uint8_t *copy;
    cs_slice der, tbs, sig; /* der and tbs of the copy */
    uint8_t sha256[CS_SHA256_LEN];
    cs_scheme scheme; /* that it is signed under; CS_SCHEME_COUNT: one that nobody takes */
    int64_t not_before, not_after;
    bool ca, constraints_critical;
    long path_len;  /* -1: none */
    bool key_usage; /* the extension is there, with these two bits of it */
    bool digital_signature, cert_sign;
    bool unknown_critical;
    bool has_common_name;
    uint8_t common_name[255];
    size_t common_name_len;
    cs_pubkey *key; /* NULL: one that is not taken */
};

/* A key that OpenSSL has read, as cs_pubkey_from_spki takes it; `pkey`, which may be NULL, is taken over in any case.
 */
CS_MUST_CHECK cs_err cs_pubkey_adopt(cs_pubkey **out, struct evp_pkey_st *pkey);

/* True if both are the same to the byte. */
bool cs_name_eq(const X509_NAME *a, const X509_NAME *b);
/* True if the issuer's subject, which is not empty, is who issued `c`. */
bool cs_cert_issued_by(const cs_cert *c, const cs_cert *issuer);
/* CS_OK or CS_ATT_CHAIN. */
CS_MUST_CHECK cs_err cs_cert_signed_by(const cs_cert *c, const cs_pubkey *key);

/* "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ" [RFC 5280 §4.1.2.5], OpenSSL's ASN1_TIME, as seconds since 1970; false for any
 * other form. */
bool cs_cert_read_time(int64_t *out, const struct asn1_string_st *t);

#endif
