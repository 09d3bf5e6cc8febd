/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dashboard: static files, made from web/dist when the gateway is built. A path is compared with the names of these
 * files, byte for byte; nothing is opened, so nothing can be opened that should not be.
 *
 * Names with a hash in them are kept by browsers for ever; the page itself is asked for again each time, and answered
 * 304 while it is the same. Every answer carries a Content-Security-Policy: scripts, styles and pictures of this origin
 * alone, none of them inline; nothing may frame the page.
 */
#ifndef CS_GATEWAY_DASHBOARD_H
#define CS_GATEWAY_DASHBOARD_H

#include "gateway/call.h"

typedef struct cs_dashboard_file {
    const char *path; /* "/" for index.html */
    const char *content_type;
    const char *digest; /* hexadecimal, of `plain`: the ETag */
    bool hashed;        /* the digest is in the name: the file of this name never changes */
    cs_slice plain, gzip;
} cs_dashboard_file;

/* Of the build (tools/embed). */
extern const cs_dashboard_file cs_dashboard_files[];
extern const size_t cs_dashboard_file_count;

/* NULL: there is no such file. */
const cs_dashboard_file *cs_dashboard_find(cs_slice path);

/* Whether a client that sends this Accept-Encoding takes gzip [RFC 9110 §12.5.3]. Absent: no, for a program that asks
 * for nothing may not know what to do with it. */
bool cs_dashboard_takes_gzip(cs_slice accept_encoding);

/* Whether an If-None-Match has the entity tag [RFC 9110 §13.1.2], which is without its quotes here. */
bool cs_dashboard_has_tag(cs_slice if_none_match, const char *tag);

/* Of "/" and of everything below /assets/; CS_NOT_FOUND if the gateway serves no dashboard. */
CS_MUST_CHECK cs_err cs_dashboard_get(cs_call *c, cs_jw *w);

#endif
