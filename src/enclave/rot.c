/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/rot.h"

#include <string.h>

static const cs_rot_kind *const kinds[] = {&cs_rot_mock};

const cs_rot_kind *cs_rot_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

cs_err cs_rot_open(cs_rot *out, const cs_rot_kind *kind, const cs_rot_options *options)
{
    *out = (cs_rot){.kind = kind};
    cs_err err = kind->open(out, options);
    if (err != CS_OK)
        cs_rot_close(out);
    return err;
}

void cs_rot_close(cs_rot *r)
{
    if (r->kind != NULL)
        r->kind->close(r);
    *r = (cs_rot){0};
}
