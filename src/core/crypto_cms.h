/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CMS EnvelopedData as AWS KMS answers an attested call with (CiphertextForRecipient) [RFC 5652 §6], and the key that
 * opens it.
 *
 * Read is exactly what KMS sends: one recipient named by its key identifier, RSAES-OAEP with SHA-256 and MGF1 with
 * SHA-256, AES-256-CBC. BER: any constructed element may be of indefinite length, and the content is either primitive
 * or constructed of octet strings; both occur. Everything else is refused.
 *
 * CBC carries no proof of origin: whoever relays an answer can put another one in its place. The caller must open
 * something authenticated with what comes out, and must not tell its own failure apart from CS_KMS_ANSWER.
 */
#ifndef CS_CORE_CRYPTO_CMS_H
#define CS_CORE_CRYPTO_CMS_H

#include "core/crypto.h"
#include "core/limits.h"

#define CS_CMS_RECIPIENT 32      /* SHA-256 of the recipient's SubjectPublicKeyInfo */
#define CS_CMS_ENCRYPTED_KEY 256 /* RSA-2048 */
#define CS_CMS_BLOCK 16          /* AES */
#define CS_CMS_CONTENT_MAX (CS_SECRET_CAP + CS_CMS_BLOCK)

/* Slices point into the bytes that were parsed. */
typedef struct cs_cms {
    cs_slice recipient;     /* CS_CMS_RECIPIENT bytes */
    cs_slice encrypted_key; /* CS_CMS_ENCRYPTED_KEY bytes */
    cs_slice iv;            /* CS_CMS_BLOCK bytes */
    size_t content_len;     /* a multiple of CS_CMS_BLOCK, not 0 */
    uint8_t content[CS_CMS_CONTENT_MAX];
} cs_cms;

/* CS_BAD_FORMAT for anything but the shapes above, bytes behind it included; CS_TOO_LARGE above CS_MAX_CMS. *out is
 * zeroed then. */
CS_MUST_CHECK cs_err cs_cms_parse(cs_cms *out, cs_slice ber);

/* An RSA-2048 key pair that lives in this process only: one for each call to the KMS. */
typedef struct cs_recipient cs_recipient;
CS_MUST_CHECK cs_err cs_recipient_new(cs_recipient **out);
/* From an RSAPrivateKey [RFC 8017 §A.1.2], DER: for vectors. CS_BAD_PRIVATE_KEY unless it is one of 2,048 bits. */
CS_MUST_CHECK cs_err cs_recipient_from_der(cs_recipient **out, cs_slice der);
void cs_recipient_free(cs_recipient *r);

/* Appends the SubjectPublicKeyInfo, DER: what `public_key` of the attestation document must be. */
CS_MUST_CHECK cs_err cs_recipient_spki(cs_buf *out, const cs_recipient *r);

/*
 * Opens an answer whose plaintext has exactly `n` bytes (1 to CS_SECRET_CAP). Let `n` be a multiple of 16 where you
 * can: then nobody who changes the content learns anything from whether it opens, for the padding is a whole block.
 * Errors: CS_BAD_FORMAT and CS_TOO_LARGE as above; CS_KMS_RECIPIENT if it is for another key; CS_KMS_ANSWER for every
 * failure behind that, in the same way. `out` is empty then.
 */
CS_MUST_CHECK cs_err cs_recipient_open(cs_secret *out, const cs_recipient *r, size_t n, cs_slice ber);

#endif
