/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/measure.h"

#include "core/encode.h"
#include "sys/file.h"

cs_err cs_measure_self(cs_measurement *out)
{
    const cs_hash_id sha256 = CS_SHA256;
    cs_digest digest;
    uint64_t size = 0;
    out->image_hash[0] = '\0';
    /* The link leads to the file that is mapped, also when its name has been given to another file since. */
    cs_err err = cs_file_hash(&digest, &sha256, 1, &size, "/proc/self/exe");
    if (err != CS_OK)
        return err;
    cs_buf text = CS_BUF_OVER(out->image_hash);
    cs_buf_add_str(&text, "sha256:");
    cs_hex_encode(&text, cs_digest_slice(&digest));
    (void)cs_buf_cstr(&text);
    return text.err;
}
