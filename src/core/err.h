/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error codes: one enum for the whole product.
 *
 * CS_OK (0) means success and, from a verifying function, *fully verified*; nothing else does. Every code has
 * one row in err_table.h (stable name, public class, sentence). HTTP status, JSON error and process exit code
 * are derived from that row and decided nowhere else.
 */
#ifndef CS_CORE_ERR_H
#define CS_CORE_ERR_H

#define CS_MUST_CHECK __attribute__((warn_unused_result))

typedef enum cs_err {
#define CS_ERR(code, class, sentence) CS_##code,
#include "core/err_table.h"
#undef CS_ERR
    CS_ERR_COUNT
} cs_err;

/* What a code means to somebody outside; the HTTP status follows from it. */
typedef enum cs_err_class {
    CS_CLASS_OK,              /* 200 */
    CS_CLASS_MALFORMED,       /* 400: the request or document is not well formed */
    CS_CLASS_UNAUTHENTICATED, /* 401 */
    CS_CLASS_FORBIDDEN,       /* 403 */
    CS_CLASS_NOT_FOUND,       /* 404: absent, or of another org; nothing tells the two apart */
    CS_CLASS_NOT_ALLOWED,     /* 405 */
    CS_CLASS_TIMEOUT,         /* 408 */
    CS_CLASS_CONFLICT,        /* 409 */
    CS_CLASS_TOO_LARGE,       /* 413 */
    CS_CLASS_MEDIA_TYPE,      /* 415 */
    CS_CLASS_REFUSED,         /* 422: understood, and refused by a check or a policy */
    CS_CLASS_RATE,            /* 429 */
    CS_CLASS_INTERNAL,        /* 500 */
    CS_CLASS_UNAVAILABLE      /* 503: nothing wrong with the request; try again */
} cs_err_class;

/* An error together with the member or option that caused it; `field` is empty where none did. */
#define CS_FIELD_MAX 64
typedef struct cs_fault {
    cs_err err;
    char field[CS_FIELD_MAX];
} cs_fault;

/* Stable upper-case name ("ATT_PAYLOAD_MISMATCH"): the reason code of verdicts, the `code` of JSON errors. */
const char *cs_err_name(cs_err err);

/* One English sentence without secrets. */
const char *cs_err_sentence(cs_err err);

cs_err_class cs_err_class_of(cs_err err);

/* HTTP status code of the error's class (200 for CS_OK). */
int cs_err_http_status(cs_err err);

/* The error of a stable name, as a peer's frame carries it; CS_INTERNAL for a name that no row has. */
cs_err cs_err_by_name(const char *name);

/* Records `err` and `field` (may be NULL) in `fault` (may be NULL) and returns `err`. */
cs_err cs_fault_set(cs_fault *fault, cs_err err, const char *field);

#endif
