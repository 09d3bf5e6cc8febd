/* SPDX-License-Identifier: Apache-2.0 */
#include "core/root_pin.h"

#include <stdlib.h>
#include <string.h>

#include "core/crypto_issue.h"

static cs_err read_pem(cs_root_pin *out, cs_slice pem)
{
    cs_buf ders = cs_buf_new(CS_MAX_CERTIFICATE);
    cs_cert *cert = NULL;
    cs_slice der = CS_ABSENT;
    size_t n = 0;
    cs_err err = cs_pem_certificates(&ders, &der, &n, 1, pem);
    if (err == CS_OK)
        err = cs_cert_parse(&cert, der);
    if (err == CS_OK && cs_cert_public_key(cert) == NULL)
        err = CS_BAD_FORMAT; /* no chain could ever end in it */
    if (err == CS_OK) {
        out->der = malloc(der.n);
        err = out->der != NULL ? CS_OK : CS_NO_MEMORY;
    }
    if (err == CS_OK) {
        memcpy(out->der, der.p, out->der_len = der.n);
        memcpy(out->sha256, cs_cert_sha256(cert).p, CS_SHA256_LEN);
        out->given = true;
    }
    cs_cert_free(cert);
    cs_buf_free(&ders);
    return err;
}

void cs_root_pin_read(cs_root_pin *out, cs_jobj *o, const char *name, cs_vendor vendor, bool allow_mock)
{
    *out = (cs_root_pin){.vendor = vendor};
    cs_slice pem = cs_jobj_str_opt(o, name, CS_MAX_POLICY);
    if (o->err != CS_OK || pem.p == NULL)
        return;
    cs_err err = read_pem(out, pem);
    if (err != CS_OK)
        cs_jobj_fail(o, err == CS_NO_MEMORY ? err : CS_POLICY_ROOT, name);
    else if (!allow_mock && cs_vendor_root_find(vendor, out->sha256) == NULL)
        cs_jobj_fail(o, CS_POLICY_FOREIGN_ROOT, name);
}

void cs_root_pin_write(cs_jw *w, const char *name, const cs_root_pin *pin)
{
    cs_buf pem = cs_buf_new(2 * CS_MAX_CERTIFICATE);
    if (!pin->given)
        return;
    cs_issue_pem(&pem, cs_root_pin_der(pin));
    if (pem.err != CS_OK)
        w->out->err = pem.err;
    else
        cs_jw_str(w, name, cs_buf_slice(&pem));
    cs_buf_free(&pem);
}

void cs_root_pin_free(cs_root_pin *pin)
{
    free(pin->der);
    *pin = (cs_root_pin){.vendor = pin->vendor};
}

cs_root_kind cs_root_pin_kind(uint8_t sha256[CS_SHA256_LEN], const cs_root_pin *pin)
{
    const cs_anchor *only =
        pin->given || cs_vendor_root(pin->vendor, 1) != NULL ? NULL : cs_vendor_root(pin->vendor, 0);
    memcpy(sha256, only != NULL ? only->sha256 : pin->sha256, CS_SHA256_LEN);
    return !pin->given || cs_vendor_root_find(pin->vendor, pin->sha256) != NULL ? CS_ROOT_COMPILED_IN : CS_ROOT_FOREIGN;
}

size_t cs_root_pin_hashes(uint8_t out[CS_ROOT_PIN_MAX][CS_SHA256_LEN], const cs_root_pin *pin)
{
    size_t n = 0;
    const cs_anchor *anchor;
    if (pin->given) {
        memcpy(out[0], pin->sha256, CS_SHA256_LEN);
        return 1;
    }
    while (n < CS_ROOT_PIN_MAX && (anchor = cs_vendor_root(pin->vendor, n)) != NULL)
        memcpy(out[n++], anchor->sha256, CS_SHA256_LEN);
    return n;
}

cs_slice cs_root_pin_der(const cs_root_pin *pin)
{
    return pin->given ? cs_slice_of(pin->der, pin->der_len) : CS_ABSENT;
}
