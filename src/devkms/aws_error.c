/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/aws_error.h"

#include "core/json.h"

static const struct row {
    const char *type;
    int status;
    const char *sentence;
} rows[CS_AWS_ERROR_COUNT] = {[CS_AWS_OK] = {"", 200, NULL},
#define CS_AWS_ROW(code, type, status, sentence) [CS_AWS_##code] = {type, status, sentence},
                              CS_AWS_ERRORS(CS_AWS_ROW)
#undef CS_AWS_ROW
};

static const struct row *row_of(cs_aws_error e)
{
    return &rows[e < CS_AWS_ERROR_COUNT ? e : CS_AWS_INTERNAL];
}

int cs_aws_error_status(cs_aws_error e)
{
    return row_of(e)->status;
}

const char *cs_aws_error_type(cs_aws_error e)
{
    return row_of(e)->type;
}

void cs_aws_error_json(cs_buf *out, cs_aws_error e, const char *why)
{
    const struct row *row = row_of(e);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "__type", row->type);
    if (why != NULL || row->sentence != NULL)
        cs_jw_cstr(&w, "message", why != NULL ? why : row->sentence);
    cs_jw_end(&w);
}
