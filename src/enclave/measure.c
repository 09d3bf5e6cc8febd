/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/measure.h"

#include "core/encode.h"
#include "sys/file.h"

cs_err cs_measure_self(cs_buf *out, cs_hash_id hash)
{
    cs_digest digest;
    uint64_t size = 0;
    /* The link leads to the file that is mapped, also when its name has been given to another file since. */
    cs_err err = cs_file_hash(&digest, &hash, 1, &size, "/proc/self/exe");
    if (err != CS_OK)
        return err;
    cs_buf_printf(out, "%s:", cs_hash_name(hash));
    cs_hex_encode(out, cs_digest_slice(&digest));
    return out->err;
}
