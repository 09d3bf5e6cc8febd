/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a bundle's text that make it none: test_bundle.c tries them, test_bundle_cases.c writes them down. */
#ifndef CS_TEST_BUNDLE_MALFORMED_H
#define CS_TEST_BUNDLE_MALFORMED_H

#include "bundle_fixture.h"

/* The first `from` of the text becomes `to`. */
static inline void bundle_replace(cs_buf *out, cs_slice text, const char *from, const char *to)
{
    const uint8_t *at = memmem(text.p, text.n, from, strlen(from));
    assert_non_null(at);
    size_t before = (size_t)(at - text.p);
    cs_buf_add(out, cs_slice_sub(text, 0, before));
    cs_buf_add_str(out, to);
    cs_buf_add(out, cs_slice_sub(text, before + strlen(from), text.n));
}

static const struct {
    const char *from, *to, *field;
} malformed[] = {
    {"{\"mediaType\"", "[{\"mediaType\"", ""},
    {"\"mediaType\":", "\"mediatype\":", "mediaType"},
    {"version=1\"", "version=2\"", "mediaType"},
    {"\"version\":1,\"signatureId\"", "\"version\":2,\"signatureId\"", "version"},
    {"\"version\":1,\"signatureId\"", "\"version\":\"1\",\"signatureId\"", "version"},
    {"\"version\":1,\"signatureId\"", "\"version\":1,\"version\":1,\"signatureId\"", ""},
    {"\"signatureId\":\"sig_1\"", "\"signatureId\":1", "signatureId"},
    {"\"signatureId\":\"sig_1\",", "", "signatureId"},
    {"\"signatureId\"", "\"extra\":true,\"signatureId\"", "extra"},
    {"\"payloadSha256\"", "\"payloadSha512\"", "payloadSha256"},
    {"\"payloadSha256\"", "\"payloadPreHash\":\"sha512:00\",\"payloadSha256\"", "payloadSha256"},
    {"\"keyId\":\"key_", "\"keyID\":\"key_", "keyId"},
    {"\"publicKey\":\"{", "\"publicKey\":\"[", "publicKey"},
    {"\\\"alg\\\":\\\"mldsa65+ed25519", "\\\"alg\\\":\\\"mldsa65+ed448", "publicKey"},
    {"\"signature\":\"", "\"signature\":\"=", "signature"},
    {"\"signature\":\"", "\"signature\":null,\"s\":\"", "signature"},
    {"\"docB64\":\"", "\"docB64\":\"!", "docB64"},
    {"\"policy\":{\"id\"", "\"policy\":{\"ID\"", "policy"},
    {"\"policy\":{\"id\":\"pol_1\",\"version\":2", "\"policy\":{\"id\":\"pol_1\",\"version\":0", "policy"},
    {"\"policy\":{\"id\":\"pol_1\"", "\"policy\":{\"id\":\"\"", "policy"},
    {"\"policy\":{\"id\"", "\"policy\":{\"more\":1,\"id\"", "policy"},
    {"\"hash\":\"sha256:", "\"hash\":\"sha256:0", "policy"},
    {"\"enforce\":true", "\"enforce\":false", "policy"},
    {"\"vendor\":\"mock\"", "\"vendor\":\"none\"", "policy"},
    {"\"policy\":{\"id\"", "\"policy\":null,\"p\":{\"id\"", "policy"},
    {"\"entry\":\"{", "\"entry\":1,\"e\":\"{", "entry"},
    {"\"leafIndex\":5", "\"leafIndex\":-1", "inclusion"},
    {"\"leafIndex\":5", "\"leafIndex\":5.0", "inclusion"},
    {"\"leafIndex\":5", "\"leafIndex\":5,\"treeSize\":11", "inclusion"},
    {"\"proofHex\":[\"", "\"proofHex\":[\"00", "inclusion"},
    {"\"proofHex\":[", "\"proofHex\":[7,", "inclusion"},
    {"\"proofHex\":[", "\"proofHex\":[\"\",", "inclusion"},
    {"\"proofHex\":[", "\"proofHex\":[\"zz\",", "inclusion"},
    {"\"inclusion\":{", "\"inclusion\":[{", ""},
    {"\"checkpoint\":\"", "\"check\":\"", "checkpoint"},
};

#endif
