/* SPDX-License-Identifier: Apache-2.0 */
/* seeds: attestation/snp attestation/gcp attestation/tdx attestation/nitro attestation/azure */
/* Certificates, as DER and as PEM: what is read is the whole input, described in strict JSON, and a chain of it that no
 * root ends passes no rule. */
#include <stdlib.h>

#include "core/crypto_x509.h"

static void one(cs_slice der)
{
    static const uint8_t pin[1][CS_SHA256_LEN] = {{1}};
    const cs_chain_rule rule = {.roots = pin, .root_count = 1, .at = 1700000000, .schemes = ~0u};
    const cs_slice twice[] = {der, der};
    cs_cert *c = NULL;
    cs_chain *chain = NULL;
    if (cs_cert_parse(&c, der) != CS_OK) {
        if (c != NULL || cs_chain_open(&chain, NULL, twice, 2) == CS_OK)
            abort();
        return;
    }
    cs_buf text = cs_buf_new(1u << 20);
    cs_json *doc = NULL;
    cs_jw w = cs_jw_on(&text);
    cs_cert_describe(&w, NULL, c);
    if (!cs_slice_eq(cs_cert_der(c), der) || cs_json_parse(&doc, cs_buf_slice(&text), 1u << 20) != CS_OK)
        abort();
    (void)cs_cert_common_name(c);
    (void)cs_cert_extension(c, "2.5.29.19");
    cs_err self = cs_cert_self_signed(c);
    if (self == CS_OK && cs_cert_public_key(c) == NULL)
        abort();
    if (cs_chain_open(&chain, NULL, twice, 2) != CS_OK || cs_chain_verify(chain, &rule) == CS_OK)
        abort();
    cs_chain_free(chain);
    cs_json_free(doc);
    cs_buf_free(&text);
    cs_cert_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice ders[CS_MAX_CHAIN];
    size_t n = 0;
    cs_buf bytes = cs_buf_new(1u << 20);
    one(cs_slice_of(data, size));
    if (cs_pem_certificates(&bytes, ders, &n, CS_MAX_CHAIN, cs_slice_of(data, size)) == CS_OK)
        for (size_t i = 0; i < n; i++)
            one(ders[i]);
    cs_buf_free(&bytes);
    return 0;
}
