/* SPDX-License-Identifier: Apache-2.0 */
/* The errors of the AWS KMS JSON protocol: `__type`, HTTP status, message. */
#ifndef CS_DEVKMS_AWS_ERROR_H
#define CS_DEVKMS_AWS_ERROR_H

#include "core/slice.h"

/* code, `__type`, status, sentence (NULL: the service sends none) */
#define CS_AWS_ERRORS(ROW)                                                                                             \
    ROW(MISSING_TOKEN, "MissingAuthenticationTokenException", 400, "Missing Authentication Token")                     \
    ROW(INCOMPLETE_SIGNATURE, "IncompleteSignatureException", 400,                                                     \
        "The request signature does not conform to AWS "                                                               \
        "standards.")                                                                                                  \
    ROW(UNRECOGNIZED_CLIENT, "UnrecognizedClientException", 400,                                                       \
        "The security token included in the request is invalid.")                                                      \
    ROW(INVALID_SIGNATURE, "InvalidSignatureException", 400,                                                           \
        "The request signature we calculated does not match the signature you provided.")                              \
    ROW(ACCESS_DENIED, "AccessDeniedException", 400,                                                                   \
        "The ciphertext refers to a key that does not exist, or access "                                               \
        "to it is denied.")                                                                                            \
    ROW(UNKNOWN_OPERATION, "UnknownOperationException", 400, NULL)                                                     \
    ROW(SERIALIZATION, "SerializationException", 400, "The body is not the JSON of this operation.")                   \
    ROW(VALIDATION, "ValidationException", 400, "A member has a value that is not allowed.")                           \
    ROW(NOT_FOUND, "NotFoundException", 400, "The key or alias does not exist.")                                       \
    ROW(INVALID_ARN, "InvalidArnException", 400, "The ARN is not one of this service.")                                \
    ROW(DISABLED, "DisabledException", 400, "The key is disabled.")                                                    \
    ROW(INVALID_STATE, "KMSInvalidStateException", 400, "The key is pending deletion.")                                \
    ROW(INVALID_KEY_USAGE, "InvalidKeyUsageException", 400, "The key's usage or spec does not go with this call.")     \
    ROW(INVALID_CIPHERTEXT, "InvalidCiphertextException", 400, NULL)                                                   \
    ROW(INCORRECT_KEY, "IncorrectKeyException", 400,                                                                   \
        "The key ID in the request does not identify a key that can perform this operation.")                          \
    ROW(BAD_SIGNATURE, "KMSInvalidSignatureException", 400, NULL)                                                      \
    ROW(UNSUPPORTED, "UnsupportedOperationException", 400, "This value is not supported.")                             \
    ROW(MALFORMED_POLICY, "MalformedPolicyDocumentException", 400,                                                     \
        "The policy is not well formed, or says something that is not understood here.")                               \
    ROW(ALREADY_EXISTS, "AlreadyExistsException", 400, "The alias exists already.")                                    \
    ROW(LIMIT_EXCEEDED, "LimitExceededException", 400, "There are as many of these as there can be.")                  \
    ROW(THROTTLING, "ThrottlingException", 400, "Rate exceeded")                                                       \
    ROW(TOO_LARGE, "RequestEntityTooLargeException", 413, "The body is too large.")                                    \
    ROW(INTERNAL, "KMSInternalException", 500, NULL)                                                                   \
    ROW(UNAVAILABLE, "DependencyTimeoutException", 503, "The system timed out while trying to fulfill the request.")

typedef enum cs_aws_error {
    CS_AWS_OK,
#define CS_AWS_ENUM(code, type, status, sentence) CS_AWS_##code,
    CS_AWS_ERRORS(CS_AWS_ENUM)
#undef CS_AWS_ENUM
        CS_AWS_ERROR_COUNT
} cs_aws_error;

int cs_aws_error_status(cs_aws_error e); /* 200 for CS_AWS_OK */
const char *cs_aws_error_type(cs_aws_error e);
/* Appends {"__type", "message"?}; `why` (NULL: the row's own sentence) is for the developer. */
void cs_aws_error_json(cs_buf *out, cs_aws_error e, const char *why);

#endif
