/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/gcp attestation/azure */
/* Key sets: what is kept has one form, which reads back to itself. */
#include <stdlib.h>

#include "core/jwks.h"

#define FORM_MAX (1u << 20)

static cs_err read_set(cs_jwks **out, cs_slice text)
{
    static const cs_slice issuers[] = {CS_LIT("https://sharedeus.eus.attest.azure.net")};
    cs_json *doc = NULL;
    *out = NULL;
    cs_err err = cs_json_parse(&doc, text, FORM_MAX);
    if (err == CS_OK)
        err = cs_jwks_read(out, cs_json_root(doc), issuers, sizeof issuers / sizeof *issuers);
    cs_json_free(doc);
    if ((err == CS_OK) != (*out != NULL))
        abort();
    return err;
}

static cs_buf form_of(const cs_jwks *s)
{
    cs_buf out = cs_buf_new(FORM_MAX);
    cs_jw w = cs_jw_on(&out);
    cs_jwks_write(&w, NULL, s);
    if (out.err != CS_OK)
        abort();
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_jwks *s, *again;
    if (read_set(&s, cs_slice_of(data, size)) != CS_OK)
        return 0;
    cs_buf one = form_of(s);
    if (read_set(&again, cs_buf_slice(&one)) != CS_OK || cs_jwks_count(again) != cs_jwks_count(s))
        abort();
    cs_buf two = form_of(again);
    if (!cs_slice_eq(cs_buf_slice(&one), cs_buf_slice(&two)))
        abort();
    for (size_t i = 0; i < cs_jwks_count(s); i++)
        if (cs_jwks_find(s, cs_slice_str(cs_jwks_at(s, i)->kid)) != cs_jwks_at(s, i))
            abort();
    cs_buf_free(&one);
    cs_buf_free(&two);
    cs_jwks_free(s);
    cs_jwks_free(again);
    return 0;
}
