/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody says who claims to be AWS KMS, and names of keys. zone: sys */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/kms_json.h"

#define ARN "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(cs_slice s, const cs_buf *b)
{
    return s.p == NULL || (s.n > 0 && s.p >= b->p && s.p + s.n <= b->p + b->n);
}

static void check_answer(cs_kms_type type, cs_slice body)
{
    const cs_kms_request q = {.type = type, .key_id = CS_LIT(ARN), .recipient = CS_LIT("d"), .wrapped = CS_LIT("w")};
    cs_kms_reply r;
    cs_buf bytes = cs_buf_new_wiped(CS_MAX_KMS_ANSWER);
    cs_err err = cs_kms_json_read(&r, &bytes, &q, body);
    if ((err == CS_OK) != (r.type == type))
        abort();
    if (!is_inside(r.for_recipient, &bytes) || !is_inside(r.wrapped, &bytes) || !is_inside(r.signature, &bytes) ||
        !is_inside(r.public_key, &bytes))
        abort();
    if (err == CS_OK && type == CS_KMS_GENERATE_DATA_KEY && (r.for_recipient.p == NULL || r.wrapped.p == NULL))
        abort();
    cs_buf_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char region[CS_KMS_MAX_REGION + 1];
    cs_slice text = cs_slice_of(data, size);
    if (cs_kms_json_region(region, text) == CS_OK && (region[0] == '\0' || strpbrk(region, "./:@\r\n ") != NULL))
        abort();
    for (unsigned t = 0; t <= CS_KMS_PUBLIC_KEY; t++)
        check_answer((cs_kms_type)t, text);
    return 0;
}
