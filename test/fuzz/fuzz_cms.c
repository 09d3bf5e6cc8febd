/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/kms */
/* Answers of the KMS: what is accepted has the sizes that are promised. */
#include <stdlib.h>

#include "core/crypto_cms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_cms cms;
    if (cs_cms_parse(&cms, cs_slice_of(data, size)) != CS_OK) {
        if (cms.recipient.p != NULL || cms.content_len != 0)
            abort();
        return 0;
    }
    if (cms.recipient.n != CS_CMS_RECIPIENT || cms.encrypted_key.n != CS_CMS_ENCRYPTED_KEY ||
        cms.iv.n != CS_CMS_BLOCK || cms.content_len == 0 || cms.content_len % CS_CMS_BLOCK != 0 ||
        cms.content_len > CS_CMS_CONTENT_MAX || size < CS_CMS_ENCRYPTED_KEY + cms.content_len)
        abort();
    return 0;
}
