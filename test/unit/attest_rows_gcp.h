/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of Confidential Space in the corpus of verdict cases: every public one at its clock, and one claim or
 * certificate changed a row in tokens of the project's own. Many more rows are test_attest_gcp.c's. */
#ifndef CS_TEST_ATTEST_ROWS_GCP_H
#define CS_TEST_ATTEST_ROWS_GCP_H

#include "attest_evidence.h"
#include "gcp_fixture.h"

#define GCP_SEV_IMAGE "sha256:b1c058a8092d56dd77ec351b9e00b2565fba5e413d0cb08d260a1e40e64ca46e"
#define GCP_TDX_IMAGE "sha256:e2e5e3672f416ac9ca71aa639abf86db0b713729a48c125a925af6c808b20b5d"
/* The key that signed them, of Google's set. */
#define GCP_KEY_TIMES(times)                                                                                           \
    "\"jwks\":{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"1be6ff7287d640316ddc929e1a8b21fbca7e54e7\",\"e\":\"AQAB\",\"n\":"  \
    "\""                                                                                                               \
    "wN8cCOiG25yyEDaq-KuxykXzUqDfiFgpaRhBoHQqWn2ocr3WspS1t5ToaBWhF9brM9IQwQ3qsdbkAkn9goIoHPqepPnMvpvk"                 \
    "5wdow_ummRQ2TvsDUcodf0TCQ9PXDpG76_pOQ7XbQo808Apomh0Tk45_xqWPH2GSAGNd-Mv3M8M5jGO36Y5oIuWAiy617Paz"                 \
    "Wzsc75XYBvMpvLdO9TDdkasw-ke1xHODhybJD6v7ng-g3xZPXiPxmhu7f_Qcxe--5bVN1b9iq__0EGfoRpVgCUusl8b8UmpM"                 \
    "JsuvZUNqTdpTXKAC_2GrIXaVTicf35tX1bDmBOFWDsiham82ub8UGw"                                                           \
    "\"" times "}]}"
#define GCP_KEY GCP_KEY_TIMES("")
#define GCP_POLICY(rules)                                                                                              \
    "{\"name\":\"gcp\",\"vendor\":\"gcp-confidential-space\",\"requireDated\":false,\"maxDocAgeSeconds\":3600,"        \
    "\"matchRules\":{" rules "}}"
#define GCP_SEV(more)                                                                                                  \
    GCP_POLICY("\"audience\":\"pca-attestation\",\"imageDigests\":[\"" GCP_SEV_IMAGE "\"]," GCP_KEY more)
#define GCP_SEV_UNTIL(times)                                                                                           \
    GCP_POLICY("\"audience\":\"pca-attestation\",\"imageDigests\":[\"" GCP_SEV_IMAGE                                   \
               "\"],\"allowEnvOverride\":true," GCP_KEY_TIMES(times))
#define GCP_TDX(more) GCP_POLICY("\"audience\":\"z08381475938604996746\",\"imageDigests\":[\"" GCP_TDX_IMAGE "\"]" more)
#define GCP_PROD "attestation/gcp/cs-oidc-sev-prod-2026-10-08.jwt"
#define GCP_DEBUG "attestation/gcp/cs-oidc-sev-debug-2026-10-08.jwt"
#define GCP_PKI "attestation/gcp/cs-pki-tdx-prod-2025-09-05.jwt"
#define GCP_NONCE64                                                                                                    \
    "OGJiZDE2ZjViMTAzZWRkZTAxN2JhNmYzZDk1M2E3ODExNjVhMGQ1MTJkYzk3YWRhYWQ5MDUzMjE0NDRmYWQxOQ==" /* its eat_nonce */

struct gcp_change {
    const char *find, *put; /* in the claims */
    const char *header_find, *header_put;
    bool pki, other_key;
    const char *more; /* rules */
};

static inline void gcp_row_make(cs_buf *policy, cs_buf *evidence, const void *what)
{
    const struct gcp_change *c = what;
    const char *claims = c->find != NULL ? token_edit(GCP_CLAIMS, c->find, c->put) : GCP_CLAIMS;
    const struct cert leaf = gcp_leaf(), inter = gcp_inter(), root = gcp_root();
    const char *header = c->pki ? gcp_pki_header(&leaf, &inter, &root) : GCP_OIDC_HEADER;
    if (c->header_find != NULL)
        header = token_edit(header, c->header_find, c->header_put);
    EVP_PKEY *key = cert_key(CERT_RSA2048, c->other_key ? 4 : c->pki ? 1 : 0);
    const char *more = c->more != NULL ? c->more : "";
    cs_buf_add_str(policy, gcp_policy(c->pki ? gcp_pki(&root, more) : gcp_oidc(more)));
    cs_buf_add(evidence, token_make(header, claims, key));
    vectors_release();
}

#define GCP_MADE(what_, reason_, ...)                                                                                  \
    {                                                                                                                  \
        .name = "gcp: " what_, .reason = reason_, .make = gcp_row_make, .what = &(const struct gcp_change)__VA_ARGS__, \
        .at = 2000                                                                                                     \
    }

static const struct evidence_row gcp_evidence_rows[] = {
    {.name = "gcp: production image, OIDC",
     .reason = CS_OK,
     .policy = GCP_SEV(",\"allowEnvOverride\":true"),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true,
     .image = GCP_SEV_IMAGE,
     .time = 1791496644},
    {.name = "gcp: first second",
     .reason = CS_OK,
     .policy = GCP_SEV(",\"allowEnvOverride\":true"),
     .file = GCP_PROD,
     .at = 1791496644,
     .production = true,
     .image = GCP_SEV_IMAGE,
     .time = 1791496644},
    {.name = "gcp: last second",
     .reason = CS_OK,
     .policy = GCP_SEV(",\"allowEnvOverride\":true"),
     .file = GCP_PROD,
     .at = 1791500243,
     .production = true,
     .image = GCP_SEV_IMAGE,
     .time = 1791496644},
    {.name = "gcp: expired",
     .reason = CS_ATT_TOKEN_EXPIRED,
     .policy = GCP_SEV(",\"allowEnvOverride\":true"),
     .file = GCP_PROD,
     .at = 1791500244,
     .production = true},
    {.name = "gcp: not yet valid",
     .reason = CS_ATT_TOKEN_NOT_YET_VALID,
     .policy = GCP_SEV(",\"allowEnvOverride\":true"),
     .file = GCP_PROD,
     .at = 1791496583,
     .production = true},
    {.name = "gcp: the last second of the pinned key",
     .reason = CS_OK,
     .policy = GCP_SEV_UNTIL(",\"nbf\":1791497000,\"exp\":1791497000"),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true,
     .image = GCP_SEV_IMAGE,
     .time = 1791496644},
    {.name = "gcp: the pinned key has ended",
     .reason = CS_ATT_CERT_EXPIRED,
     .policy = GCP_SEV_UNTIL(",\"exp\":1791496999"),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true},
    {.name = "gcp: the pinned key has not begun",
     .reason = CS_ATT_CERT_NOT_YET_VALID,
     .policy = GCP_SEV_UNTIL(",\"nbf\":1791497001,\"exp\":1800000000"),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true},
    {.name = "gcp: the key has ended, and the token as well",
     .reason = CS_ATT_CERT_EXPIRED,
     .policy = GCP_SEV_UNTIL(",\"exp\":1791496999"),
     .file = GCP_PROD,
     .at = 1791500244,
     .production = true},
    {.name = "gcp: a public key, of which it has none",
     .reason = CS_ATT_PUBLIC_KEY_MISMATCH,
     .policy = GCP_SEV(",\"allowEnvOverride\":true"),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true,
     .public_key = "AAAA",
     .binding = "AAAAAAAAAAA="},
    {.name = "gcp: its nonce",
     .reason = CS_OK,
     .policy = GCP_SEV(",\"allowEnvOverride\":true"),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true,
     .image = GCP_SEV_IMAGE,
     .time = 1791496644,
     .binding = GCP_NONCE64},
    {.name = "gcp: another nonce",
     .reason = CS_ATT_COMMITMENT_MISMATCH,
     .policy = GCP_SEV(",\"allowEnvOverride\":true"),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true,
     .binding = "AAAAAAAAAAA="},
    {.name = "gcp: environment overridden",
     .reason = CS_ATT_OVERRIDE,
     .policy = GCP_SEV(""),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true},
    {.name = "gcp: project not allowed",
     .reason = CS_ATT_WORKLOAD,
     .policy = GCP_SEV(",\"allowEnvOverride\":true,\"projectIds\":[\"another\"]"),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true},
    {.name = "gcp: service account not allowed",
     .reason = CS_ATT_WORKLOAD,
     .policy = GCP_SEV(",\"allowEnvOverride\":true,\"serviceAccounts\":[\"another@x\"]"),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true},
    {.name = "gcp: hardware not allowed",
     .reason = CS_ATT_PLATFORM,
     .policy = GCP_SEV(",\"allowEnvOverride\":true,\"hwmodels\":[\"GCP_INTEL_TDX\"]"),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true},
    {.name = "gcp: debug image",
     .reason = CS_ATT_DEBUG,
     .policy = GCP_SEV(",\"allowEnvOverride\":true"),
     .file = GCP_DEBUG,
     .at = 1791497000,
     .production = true},
    {.name = "gcp: debug image, expired",
     .reason = CS_ATT_TOKEN_EXPIRED,
     .policy = GCP_SEV(",\"allowEnvOverride\":true"),
     .file = GCP_DEBUG,
     .at = 1791500000,
     .production = true},
    {.name = "gcp: OIDC token under a policy for PKI",
     .reason = CS_ATT_KEY_UNKNOWN,
     .policy = GCP_TDX(""),
     .file = GCP_PROD,
     .at = 1791497000,
     .production = true},
    {.name = "gcp: production image, PKI",
     .reason = CS_OK,
     .policy = GCP_TDX(""),
     .file = GCP_PKI,
     .at = 1757060300,
     .production = true,
     .image = GCP_TDX_IMAGE,
     .time = 1757060250,
     .hardware = true},
    {.name = "gcp: PKI, stored",
     .reason = CS_OK,
     .policy = GCP_TDX(""),
     .file = GCP_PKI,
     .at = 1757060300,
     .production = true,
     .image = GCP_TDX_IMAGE,
     .time = 1757060250,
     .hardware = true,
     .stored = true},
    {.name = "gcp: PKI, expired",
     .reason = CS_ATT_TOKEN_EXPIRED,
     .policy = GCP_TDX(""),
     .file = GCP_PKI,
     .at = 1757063850,
     .production = true},
    {.name = "gcp: PKI, leaf expired",
     .reason = CS_ATT_CERT_EXPIRED,
     .policy = GCP_TDX(""),
     .file = GCP_PKI,
     .at = 1762160000,
     .production = true},
    {.name = "gcp: PKI, leaf not yet valid",
     .reason = CS_ATT_CERT_NOT_YET_VALID,
     .policy = GCP_TDX(""),
     .file = GCP_PKI,
     .at = 1756900000,
     .production = true},
    {.name = "gcp: PKI token under a policy for OIDC",
     .reason = CS_ATT_KEY_UNKNOWN,
     .policy = GCP_POLICY("\"audience\":\"z08381475938604996746\",\"imageDigests\":[\"" GCP_TDX_IMAGE "\"]," GCP_KEY),
     .file = GCP_PKI,
     .at = 1757060300,
     .production = true},
    {.name = "gcp: PKI, another audience",
     .reason = CS_ATT_AUDIENCE_MISMATCH,
     .policy = GCP_POLICY("\"audience\":\"another\",\"imageDigests\":[\"" GCP_TDX_IMAGE "\"]"),
     .file = GCP_PKI,
     .at = 1757060300,
     .production = true},
    {.name = "gcp: PKI, another image",
     .reason = CS_ATT_IMAGE_NOT_ALLOWED,
     .policy = GCP_POLICY("\"audience\":\"z08381475938604996746\",\"imageDigests\":[\"" GCP_SEV_IMAGE "\"]"),
     .file = GCP_PKI,
     .at = 1757060300,
     .production = true},
    {.name = "gcp: signature changed",
     .reason = CS_ATT_PROOF_INVALID,
     .policy = GCP_TDX(""),
     .file = GCP_PKI,
     .at = 1757060300,
     .production = true,
     .mutation = {MUTATE_XOR, -40, 1}},
    {.name = "gcp: end missing",
     .reason = CS_ATT_EVIDENCE_FORMAT,
     .policy = GCP_TDX(""),
     .file = GCP_PKI,
     .at = 1757060300,
     .production = true,
     .mutation = {MUTATE_CUT, -1}},
    {.name = "gcp: a line feed behind",
     .reason = CS_ATT_EVIDENCE_FORMAT,
     .policy = GCP_TDX(""),
     .file = GCP_PKI,
     .at = 1757060300,
     .production = true,
     .mutation = {MUTATE_APPEND, 0, 10}},

    /* of the project */
    GCP_MADE("as it should be", CS_OK, {0}),
    GCP_MADE("PKI, as it should be", CS_OK, {.pki = true}),
    GCP_MADE("signed by another key", CS_ATT_PROOF_INVALID, {.other_key = true}),
    GCP_MADE("PKI, signed by another key", CS_ATT_PROOF_INVALID, {.pki = true, .other_key = true}),
    GCP_MADE("alg none", CS_ATT_EVIDENCE_ALGORITHM, {.header_find = "RS256", .header_put = "none"}),
    GCP_MADE("alg HS256", CS_ATT_EVIDENCE_ALGORITHM, {.header_find = "RS256", .header_put = "HS256"}),
    GCP_MADE("crit", CS_ATT_EVIDENCE_ALGORITHM, {.header_find = "\"typ\"", .header_put = "\"crit\":[\"exp\"],\"typ\""}),
    GCP_MADE("a name twice in the header", CS_ATT_EVIDENCE_FORMAT,
             {.header_find = "\"typ\"", .header_put = "\"kid\":\"k2\",\"typ\""}),
    GCP_MADE("kid that is not pinned", CS_ATT_KEY_UNKNOWN, {.header_find = "k1", .header_put = "k2"}),
    GCP_MADE("OIDC with certificates", CS_ATT_KEY_UNKNOWN,
             {.header_find = "\"typ\"", .header_put = "\"x5c\":[\"AAAA\"],\"typ\""}),
    GCP_MADE("another issuer", CS_ATT_ISSUER_MISMATCH, {.find = "https://conf", .put = "https://xconf"}),
    GCP_MADE("audience is a list", CS_ATT_AUDIENCE_MISMATCH,
             {.find = "\"aud\":\"countersign\"", .put = "\"aud\":[\"countersign\"]"}),
    GCP_MADE("iat missing", CS_ATT_EVIDENCE_FORMAT, {.find = "\"iat\":1000,", .put = ""}),
    GCP_MADE("from the future", CS_ATT_FROM_FUTURE, {.find = "\"iat\":1000", .put = "\"iat\":2061"}),
    GCP_MADE("a plain VM", CS_ATT_PLATFORM, {.find = "CONFIDENTIAL_SPACE", .put = "GCE"}),
    GCP_MADE("debugger could have been in", CS_ATT_DEBUG, {.find = "disabled-since-boot", .put = "disabled"}),
    GCP_MADE("no secure boot", CS_ATT_PLATFORM, {.find = "\"secboot\":true", .put = "\"secboot\":false"}),
    GCP_MADE("shielded VM", CS_ATT_PLATFORM, {.find = "GCP_INTEL_TDX", .put = "GCP_SHIELDED_VM"}),
    GCP_MADE("unknown hardware", CS_ATT_PLATFORM, {.find = "GCP_INTEL_TDX", .put = "GCP_AMD_SEV_SNP"}),
    GCP_MADE("image out of support", CS_ATT_PLATFORM, {.find = "\"LATEST\",\"STABLE\",", .put = ""}),
    GCP_MADE("another image", CS_ATT_IMAGE_NOT_ALLOWED, {.find = "sha256:a", .put = "sha256:b"}),
    GCP_MADE("digest in upper case", CS_ATT_EVIDENCE_FORMAT, {.find = "sha256:a", .put = "sha256:A"}),
    GCP_MADE(
        "command overridden", CS_ATT_OVERRIDE,
        {.find = "\"env_override\":{}", .put = "\"cmd_override\":[\"/bin/sh\"]", .more = ",\"allowEnvOverride\":true"}),
    GCP_MADE(
        "environment overridden, allowed", CS_OK,
        {.find = "\"env_override\":{}", .put = "\"env_override\":{\"A\":\"b\"}", .more = ",\"allowEnvOverride\":true"}),
    GCP_MADE("one account of two allowed", CS_ATT_WORKLOAD, {.more = ",\"serviceAccounts\":[\"a@x\"]"}),
    GCP_MADE("both accounts allowed", CS_OK, {.more = ",\"serviceAccounts\":[\"a@x\",\"b@x\"]"}),
    GCP_MADE("TCB out of date", CS_ATT_TCB, {.find = "UpToDate", .put = "OutOfDate"}),
    GCP_MADE("TCB not told", CS_ATT_TCB, {.find = "\"tdx\"", .put = "\"tdx2\""}),
};

#endif
