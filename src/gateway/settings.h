/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of a realm: which providers its keys use when a request names none, how they are reached, and whether
 * its ledger is public. One document, replaced as a whole.
 *
 * A client secret is sealed by the agent before it is stored and is never shown again; the gateway cannot open it. It
 * is kept over a change that leaves vault, tenant and client as they are, and lost with any other.
 */
#ifndef CS_GATEWAY_SETTINGS_H
#define CS_GATEWAY_SETTINGS_H

#include "gateway/call.h"
#include "gateway/cloud_name.h"

CS_MUST_CHECK cs_err cs_settings_get(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_settings_put(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_settings_clear(cs_call *c, cs_jw *w);
/* Tries each provider that is set up and says what failed. */
CS_MUST_CHECK cs_err cs_settings_test(cs_call *c, cs_jw *w);

/* What a new key gets where its request is silent. */
typedef struct cs_settings_defaults {
    char kek_provider[CS_MAX_WORD + 1]; /* "env" unless something else was set */
    char aws_key[CS_MAX_ARN + 1];       /* that wraps data keys; empty: AWS is not set up */
    char aws_region[CS_MAX_ID + 1];     /* where new keys are made */
    bool aws_role;                      /* a role is named */
    bool has_format;                    /* a format was set; it counts for algorithms that offer it */
    cs_format format;
} cs_settings_defaults;

/* The defaults of the caller's realm. CS_STORE_UNAVAILABLE; CS_INTERNAL if what is stored cannot be read. */
CS_MUST_CHECK cs_err cs_settings_read_defaults(cs_settings_defaults *out, const cs_call *c);

#endif
