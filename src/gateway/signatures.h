/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of signatures: the listing, one signature with its attestation and its place in the ledger, and its
 * bundle, the proof that is verified offline.
 *
 * A signature of verdict "fail" is shown with its reason, and nothing that its document claims is shown with it: not
 * one of its claims is proven.
 */
#ifndef CS_GATEWAY_SIGNATURES_H
#define CS_GATEWAY_SIGNATURES_H

#include "gateway/call.h"

CS_MUST_CHECK cs_err cs_signatures_list(cs_call *c, cs_jw *w);
/* Those made under the attestation policy that the path names, which may have been deleted since. */
CS_MUST_CHECK cs_err cs_signatures_of_policy(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_signatures_get(cs_call *c, cs_jw *w);
/* Writes the members of a signature that something else of the caller's realm refers to. */
CS_MUST_CHECK cs_err cs_signatures_write(cs_jw *w, cs_call *c, cs_slice id);

#endif
