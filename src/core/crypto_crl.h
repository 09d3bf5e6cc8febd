/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists: whether an issuer has taken a certificate back, as of a given time [RFC 5280 §5]. */
#ifndef CS_CORE_CRYPTO_CRL_H
#define CS_CORE_CRYPTO_CRL_H

#include "core/crypto_x509.h"

#define CS_MAX_CRL (64u << 10)

/* A list, never changed after it was read. */
typedef struct cs_crl cs_crl;

/* Reads one complete list of version 2, DER, nothing behind it, at most CS_MAX_CRL bytes. Refused: lists without
 * nextUpdate, and with critical extensions (partial lists, lists of other issuers). CS_BAD_FORMAT. */
CS_MUST_CHECK cs_err cs_crl_parse(cs_crl **out, cs_slice der);
void cs_crl_free(cs_crl *c);
int64_t cs_crl_next_update(const cs_crl *c); /* seconds since 1970 */

/*
 * CS_OK if the list says that `issuer` has not taken `cert`, which it issued, back: issued and signed (ECDSA with
 * SHA-256) by `issuer`, in force at `at`, without the certificate's serial number. Otherwise CS_ATT_COLLATERAL (the
 * list is not the right one, or not of the right time) or CS_ATT_CERT_REVOKED.
 */
CS_MUST_CHECK cs_err cs_crl_judge(const cs_crl *c, const cs_cert *cert, const cs_cert *issuer, int64_t at);

#endif
