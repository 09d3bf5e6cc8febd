/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuing X.509 certificates [RFC 5280], for roots of trust that are made of software: P-384 keys, ecdsa-with-SHA384,
 * a subject of organisation, unit and common name, basicConstraints and keyUsage (both critical); for ends of a
 * connection also names and a purpose. Nothing else.
 */
#ifndef CS_CORE_CRYPTO_ISSUE_H
#define CS_CORE_CRYPTO_ISSUE_H

#include "core/crypto.h"

typedef enum cs_key_usage { /* bit numbers of keyUsage [RFC 5280 §4.2.1.3] */
                            CS_USAGE_SIGNATURE = 1 << 0,
                            CS_USAGE_CERTIFICATES = 1 << 5,
                            CS_USAGE_CRLS = 1 << 6
} cs_key_usage;

typedef struct cs_issue {
    const char *organisation, *unit, *common_name;
    int64_t not_before, not_after; /* seconds since 1970 */
    bool authority;                /* basicConstraints cA */
    int path_length;               /* of an authority; -1: without bound */
    unsigned usage;                /* of cs_key_usage, or'ed */
    const cs_key *key;             /* whose certificate it is; its public half is enough */
    const cs_key *issuer_key;      /* the same for a root */
    cs_slice issuer;               /* certificate of the issuer, DER; absent for a root */
    /* Constants of the program, as OpenSSL writes them; NULL: none. subjectAltName: "DNS:localhost,IP:127.0.0.1";
     * extendedKeyUsage: "serverAuth" */
    const char *names, *purpose;
} cs_issue;

/* Appends the certificate as DER, with a random serial number. CS_BAD_FORMAT if the issuer's certificate is none,
 * CS_CRYPTO for anything that the library refuses. */
CS_MUST_CHECK cs_err cs_issue_certificate(cs_buf *der, const cs_issue *what);

/* Appends a certificate as PEM text, with a line feed at the end of each line [RFC 7468 §5]. */
void cs_issue_pem(cs_buf *out, cs_slice der);

#endif
