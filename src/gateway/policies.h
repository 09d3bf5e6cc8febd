/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation policies of an org: created whole, kept in canonical form with its hash, version 1. */
#ifndef CS_GATEWAY_POLICIES_H
#define CS_GATEWAY_POLICIES_H

#include "gateway/call.h"

CS_MUST_CHECK cs_err cs_policies_create(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_policies_get(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_policies_list(cs_call *c, cs_jw *w);

#endif
