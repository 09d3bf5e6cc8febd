/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data plane of Azure Key Vault, and the token endpoint in front of it.
 *
 *   POST /{tenant}/oauth2/v2.0/token             client credentials with a secret
 *   GET  /{tenant}/v2.0/.well-known/openid-configuration
 *   GET  /metadata/identity/oauth2/token         managed identity, with Metadata: true
 *   POST /keys/{name}/create                     EC P-256, RSA 2048 to 4096 (…-HSM too)
 *   GET  /keys/{name}[/{version}], PATCH /keys/{name}/{version} {attributes {enabled}}
 *   POST /keys/{name}/{version}/sign, verify (ES256), wrapkey, unwrapkey (RSA-OAEP-256)
 *
 * A request without a token is answered 401 with a challenge before its body is looked at: the clients begin with one.
 */
#ifndef CS_DEVKMS_AZURE_H
#define CS_DEVKMS_AZURE_H

#include "core/json.h"
#include "devkms/form.h"
#include "devkms/service.h"

#define CS_AZURE_RESOURCE "https://vault.azure.net"

/* True if the request is one of this cloud's: then it was answered. */
bool cs_azure_serve(cs_service *s, cs_http_answer *answer, const cs_http_request *request);

/* -- for the operations -------------------------------------------------------------------------------------------- */

typedef enum cs_azure_error {
    CS_AZURE_OK,
    CS_AZURE_BAD_PARAMETER,
    CS_AZURE_UNAUTHORIZED,
    CS_AZURE_FORBIDDEN,
    CS_AZURE_OPERATION_FORBIDDEN, /* the key is not for this, or disabled */
    CS_AZURE_NOT_FOUND,
    CS_AZURE_METHOD,
    CS_AZURE_THROTTLED,
    CS_AZURE_INTERNAL,
    CS_AZURE_UNAVAILABLE,
    CS_AZURE_ERRORS
} cs_azure_error;

typedef struct cs_azure_call {
    cs_service *service;
    cs_slice name, version; /* version absent where the path has none */
    char base[320];         /* scheme and host, as the client calls them */
    unsigned faults;
    cs_jobj in;
    cs_buf *out;
    int64_t now_ms;
    const char *why; /* NULL: the error's own sentence */
} cs_azure_call;

typedef cs_azure_error (*cs_azure_operation)(cs_azure_call *c);

/* azure_keys.c */
cs_azure_error cs_azure_create(cs_azure_call *c);
cs_azure_error cs_azure_get(cs_azure_call *c);
cs_azure_error cs_azure_update(cs_azure_call *c);
cs_azure_error cs_azure_sign(cs_azure_call *c);
cs_azure_error cs_azure_verify(cs_azure_call *c);
cs_azure_error cs_azure_wrap(cs_azure_call *c);
cs_azure_error cs_azure_unwrap(cs_azure_call *c);

#endif
