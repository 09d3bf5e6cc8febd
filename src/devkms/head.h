/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads of HTTP/1.1 requests, as the software development kits of the clouds send them [RFC 9112 §3, §5, §6].
 *
 * Pure, and narrow: CRLF only, no folded lines, no transfer codings, one Content-Length at most. A head that could be
 * read in two ways is refused.
 */
#ifndef CS_DEVKMS_HEAD_H
#define CS_DEVKMS_HEAD_H

#include "core/limits.h"
#include "core/slice.h"

typedef struct cs_head_field {
    cs_slice name, value; /* as received; blanks around the value are gone */
} cs_head_field;

/* Slices point into the text that was parsed. */
typedef struct cs_head {
    cs_slice method;
    cs_slice path;  /* begins with '/' */
    cs_slice query; /* behind the '?'; absent without one */
    size_t count;
    cs_head_field fields[CS_MAX_HEADER_FIELDS];
    size_t content_length; /* at most CS_MAX_BODY */
    bool close;            /* the client wants the connection to end */
} cs_head;

/* Where the head ends in `text`: the number of its bytes, the empty line included; 0 if it has not ended yet. */
size_t cs_head_end(cs_slice text);
/* Takes a complete head apart. CS_BAD_REQUEST, or CS_BODY_TOO_LARGE for a Content-Length above CS_MAX_BODY. */
CS_MUST_CHECK cs_err cs_head_parse(cs_head *out, cs_slice text);

/* The value of the one field with this name (letters without case); absent if there is none, or more than one. */
cs_slice cs_head_value(const cs_head *h, const char *name);
/* True if the field's name is `name`, letters without case. */
bool cs_head_named(const cs_head_field *field, cs_slice name);

#endif
