/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles, and ledger entries. A bundle that is read is judged under a policy and a ledger key that it was not made
 * for; it must never verify. An entry that is read is canonical.
 */
#include <stdlib.h>

#include "core/bundle.h"
#include "core/entry.h"

#define POLICY                                                                                                         \
    "{\"name\":\"fuzz\",\"vendor\":\"mock\",\"matchRules\":{\"allowedImageHashes\":[\"sha256:"                         \
    "0000000000000000000000000000000000000000000000000000000000000000\"],\"rootPublicKeyB64\":"                        \
    "\"1/3m0k6nPZ7sSzfTkZTWqzRHvQ0rQMh2kVQyEJlVX8c=\"}}"

static void judge(const cs_bundle *b)
{
    static const uint8_t zero[64] = {0};
    cs_pin pin;
    cs_bundle_report report;
    cs_buf json = cs_buf_new(CS_MAX_BUNDLE);
    if (cs_pin_parse(&pin, NULL, CS_LIT(POLICY), true) != CS_OK)
        abort();
    cs_bundle_expect e = {.pin = &pin,
                          .allow_mock = true,
                          .payload_sha256 = cs_slice_of(zero, 32),
                          .message = {.bytes = cs_slice_of(zero, 64)}};
    if (cs_bundle_verify(&report, b, &e) == CS_OK)
        abort();
    cs_bundle_report_json(&json, &report);
    if (json.err != CS_OK)
        abort();
    cs_buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice input = cs_slice_of(data, size);
    cs_bundle b;
    cs_entry_in entry;
    if (cs_bundle_parse(&b, NULL, input) == CS_OK)
        judge(&b);
    cs_bundle_free(&b);
    if (cs_entry_read(&entry, input) == CS_OK && (entry.seq > CS_JSON_INT_MAX || entry.actor_id.n == 0))
        abort();
    cs_entry_in_free(&entry);
    return 0;
}
