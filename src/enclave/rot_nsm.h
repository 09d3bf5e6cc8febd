/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roots that are a Nitro Security Module: the device of a Nitro Enclave (kind nsm), or the one made of software (kind
 * softnsm). Evidence is a Nitro attestation document whose user_data is the commitment; imageHash is PCR0.
 *
 * At start 64 bytes of the module's generator are mixed into ours, its description must be the expected one, and PCR0
 * must be locked and not zero: an enclave in debug mode, whose registers are zero, does not start.
 */
#ifndef CS_ENCLAVE_ROT_NSM_H
#define CS_ENCLAVE_ROT_NSM_H

#include "enclave/nsm.h"
#include "enclave/rot.h"

#define CS_NSM_DEVICE "/dev/nsm"

/* Questions the module at start; fills in image_hash and match_rules. `own_root`: the certificate to pin instead of the
 * one of AWS, DER; absent for a module of Nitro. CS_ROOT_UNAVAILABLE, CS_CONFIG; the reason is logged. */
CS_MUST_CHECK cs_err cs_rot_nsm_question(cs_rot *r, const cs_nsm *nsm, cs_slice own_root);

/* prove() and attest() of both kinds; the kind's own data begin with its cs_nsm. */
CS_MUST_CHECK cs_err cs_rot_nsm_prove(cs_rot *r, cs_buf *proof, cs_slice statement);
CS_MUST_CHECK cs_err cs_rot_nsm_attest(cs_rot *r, cs_buf *document, cs_slice user_data, cs_slice nonce,
                                       cs_slice public_key);

#endif
