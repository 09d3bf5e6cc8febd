/* SPDX-License-Identifier: Apache-2.0 */
#include "core/countersign_result.h"

#include <string.h>

#include "countersign/countersign.h"

/* Refusals are about what was judged; every other class is about the means of judging. */
int cs_countersign_result(const char **reason, cs_err err)
{
    if (reason != NULL)
        *reason = cs_err_name(err);
    if (err == CS_OK)
        return COUNTERSIGN_VERIFIED;
    return cs_err_class_of(err) == CS_CLASS_REFUSED ? COUNTERSIGN_REFUSED : COUNTERSIGN_ERROR;
}

bool cs_countersign_give(char *out, size_t size, const cs_buf *json)
{
    if (out != NULL && size > 0)
        out[0] = '\0';
    if (out == NULL || json->n == 0)
        return true;
    if (json->err != CS_OK || json->n >= size)
        return false;
    memcpy(out, json->p, json->n);
    out[json->n] = '\0';
    return true;
}
