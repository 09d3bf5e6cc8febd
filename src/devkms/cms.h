/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CiphertextForRecipient: CMS EnvelopedData, BER, in the two shapes that AWS KMS answers with [RFC 5652 §6, X.690 §8].
 *
 * The outer elements are of indefinite length; the recipient's SET is definite. The content is either primitive, or
 * constructed of octet strings: then of more than one, so that a reader must put them together. Written apart from the
 * reader in core.
 */
#ifndef CS_DEVKMS_CMS_H
#define CS_DEVKMS_CMS_H

#include "devkms/pair.h"

#define CS_CMS_ANSWER_MAX 8192

typedef enum cs_cms_shape { CS_CMS_CONSTRUCTED, CS_CMS_PRIMITIVE } cs_cms_shape;

/* Appends an answer with `plain` for the RSA key whose SubjectPublicKeyInfo is `spki`. CS_BAD_PUBLIC_KEY unless that
 * is an RSA key of 2,048 bits. */
CS_MUST_CHECK cs_err cs_cms_answer(cs_buf *ber, cs_cms_shape shape, cs_slice spki, cs_slice plain);

/* The same from its parts; pure. `encrypted_key` and `content` of any length. */
typedef struct cs_cms_parts {
    cs_slice recipient, encrypted_key, iv, content;
} cs_cms_parts;
void cs_cms_write(cs_buf *ber, cs_cms_shape shape, const cs_cms_parts *parts);

#endif
