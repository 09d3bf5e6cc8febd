/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of Confidential Space of the test's own: claims that are right, certificates, and policies for them. Of the
 * RSA keys, 0 is the pinned one of OIDC tokens, 1 to 3 are those of leaf, intermediate and root. */
#ifndef CS_TEST_GCP_FIXTURE_H
#define CS_TEST_GCP_FIXTURE_H

#include "token_fixture.h"

#define GCP_HEX16(h) h h h h h h h h h h h h h h h h
#define GCP_IMAGE "sha256:" GCP_HEX16("a1b2")
#define GCP_OTHER_IMAGE "sha256:" GCP_HEX16("a1b3")
#define GCP_NONCE GCP_HEX16("c5d6")
#define GCP_AUDIENCE "countersign"
#define GCP_OIDC_HEADER "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}"
#define GCP_CLAIMS                                                                                                     \
    "{\"aud\":\"" GCP_AUDIENCE                                                                                         \
    "\",\"exp\":4600,\"iat\":1000,\"iss\":\"https://confidentialcomputing.googleapis.com\","                           \
    "\"nbf\":1000,\"sub\":\"https://vm\",\"eat_nonce\":\"" GCP_NONCE "\",\"secboot\":true,\"oemid\":11129,"            \
    "\"hwmodel\":\"GCP_INTEL_TDX\",\"swname\":\"CONFIDENTIAL_SPACE\",\"swversion\":[\"250800\"],"                      \
    "\"dbgstat\":\"disabled-since-boot\",\"submods\":{\"confidential_space\":{\"support_attributes\":[\"LATEST\","     \
    "\"STABLE\",\"USABLE\"]},\"container\":{\"image_reference\":\"r\",\"image_digest\":\"" GCP_IMAGE "\","             \
    "\"env_override\":{},\"args\":[\"/main\"]},\"gce\":{\"zone\":\"z\",\"project_id\":\"p1\"}},"                       \
    "\"tdx\":{\"gcp_attester_tcb_status\":\"UpToDate\"},\"google_service_accounts\":[\"a@x\",\"b@x\"]}"
#define GCP_RULES "\"audience\":\"" GCP_AUDIENCE "\",\"imageDigests\":[\"" GCP_IMAGE "\"]"

static inline const char *gcp_policy(const char *match)
{
    return token_join("{\"name\":\"p\",\"vendor\":\"gcp-confidential-space\",\"requireDated\":false,"
                      "\"maxDocAgeSeconds\":3600,\"matchRules\":{",
                      match, "}}", (const char *)NULL);
}

/* The pinned set has key 0 as k1. */
static inline const char *gcp_oidc(const char *more)
{
    return token_join(GCP_RULES ",\"jwks\":{\"keys\":[", token_jwk("k1", cert_key(CERT_RSA2048, 0), ""), "]}", more,
                      (const char *)NULL);
}

static inline const char *gcp_pem(cs_slice der)
{
    return token_join("-----BEGIN CERTIFICATE-----\\n", token_base64(der), "\\n-----END CERTIFICATE-----\\n",
                      (const char *)NULL);
}

static inline struct cert gcp_leaf(void)
{
    return (struct cert){.subject = "leaf",
                         .issuer = "inter",
                         .key = cert_key(CERT_RSA2048, 1),
                         .issuer_key = cert_key(CERT_RSA2048, 2),
                         .md = "SHA256",
                         .constraints = "critical,CA:FALSE"};
}

static inline struct cert gcp_inter(void)
{
    return (struct cert){.subject = "inter",
                         .issuer = "root",
                         .key = cert_key(CERT_RSA2048, 2),
                         .issuer_key = cert_key(CERT_RSA2048, 3),
                         .md = "SHA256",
                         .constraints = "critical,CA:TRUE",
                         .usage = "critical,keyCertSign"};
}

static inline struct cert gcp_root(void)
{
    return (struct cert){.subject = "root",
                         .issuer = "root",
                         .key = cert_key(CERT_RSA2048, 3),
                         .issuer_key = cert_key(CERT_RSA2048, 3),
                         .md = "SHA256",
                         .constraints = "critical,CA:TRUE",
                         .usage = "critical,keyCertSign"};
}

static inline const char *gcp_pki_header(const struct cert *leaf, const struct cert *inter, const struct cert *root)
{
    const struct cert *all[] = {leaf, inter, root};
    const char *list = "";
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] != NULL)
            list = token_join(list, list[0] != '\0' ? ",\"" : "\"", token_base64(cert_make(all[i])), "\"",
                              (const char *)NULL);
    return token_join("{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\",\"x5c\":[", list, "]}", (const char *)NULL);
}

/* Under a root of the test. */
static inline const char *gcp_pki(const struct cert *root, const char *more)
{
    return token_join(GCP_RULES ",\"rootCertificatePem\":\"", gcp_pem(cert_make(root)), "\"", more, (const char *)NULL);
}

#endif
