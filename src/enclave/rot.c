/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/rot.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const cs_rot_kind *const kinds[] = {&cs_rot_mock, &cs_rot_softnsm, &cs_rot_nsm, &cs_rot_gcp, &cs_rot_azure};

const cs_rot_kind *cs_rot_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

cs_err cs_rot_set_header(cs_rot *r)
{
    cs_buf header = CS_BUF_OVER(r->header);
    const cs_vendor_ops *vendor = cs_vendor_find(r->kind->vendor);
    if (r->kind->vendor == CS_VENDOR_MOCK)
        cs_buf_add_str(&header, CS_ATTEST_MOCK_HEADER);
    else if (vendor != NULL)
        cs_attest_operation_header(&header, vendor->operation_alg);
    else
        return CS_CONFIG;
    (void)cs_buf_cstr(&header);
    return header.err;
}

cs_err cs_rot_prove_input(cs_rot *r, cs_buf *proof, cs_slice si)
{
    uint8_t bytes[CS_COMMITMENT_LEN];
    cs_buf commitment = CS_BUF_OVER(bytes);
    if (r->kind->vendor == CS_VENDOR_MOCK)
        return r->kind->prove(r, proof, si);
    cs_err err = cs_attest_commitment(&commitment, si);
    return err == CS_OK ? r->kind->prove(r, proof, cs_buf_slice(&commitment)) : err;
}

cs_err cs_rot_attest(cs_rot *r, cs_buf *document, cs_slice user_data, cs_slice nonce, cs_slice public_key)
{
    if (r->kind->attest == NULL)
        return CS_PROVIDER_NOT_AVAILABLE;
    return r->kind->attest(r, document, user_data, nonce, public_key);
}

cs_err cs_rot_open(cs_rot *out, const cs_rot_kind *kind, const cs_rot_options *options)
{
    *out = (cs_rot){.kind = kind, .match_rules = cs_buf_new(CS_MAX_POLICY / 2)};
    cs_err err = cs_rot_set_header(out);
    if (err == CS_OK && mkdir(options->state_dir, 0700) != 0 && errno != EEXIST)
        err = CS_IO;
    if (err == CS_OK)
        err = kind->open(out, options);
    if (err != CS_OK)
        cs_rot_close(out);
    return err;
}

void cs_rot_close(cs_rot *r)
{
    if (r->kind != NULL)
        r->kind->close(r);
    cs_buf_free(&r->match_rules);
    *r = (cs_rot){0};
}
