/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of the Vault door of which something lies in a KMS: the key that wraps their data key, one half, or both. They
 * are born and sign as other keys do, and what comes out has the same shape; in between the agent is asked.
 *
 * The enclave alone composes. A half that comes from a KMS counts if it verifies under the public key that was bound
 * when the key was born; who brought it does not matter. As with pq.h the connection's own thread waits for the KMS,
 * and the crew computes: a KMS that is slow keeps nobody from signing who needs none.
 */
#ifndef CS_ENCLAVE_AWAY_H
#define CS_ENCLAVE_AWAY_H

#include "enclave/attested_sign.h"
#include "enclave/generate.h"
#include "enclave/host.h"

/* Whether a GenerateKey or Sign request is about such a key. */
bool cs_away_concerns(const cs_request *r);

/* What cs_generate does. Also the errors of the KMS as cs_host_ask has them; CS_KMS_KEY: an existing key is not of the
 * half's algorithm; CS_KMS_SIGNATURE; CS_PROVIDER_NOT_AVAILABLE: the provider, or this algorithm there, is not offered.
 * A key that was made in the KMS stays there if the rest fails. */
CS_MUST_CHECK cs_err cs_away_generate(cs_newborn *out, cs_enclave *e, cs_host *h, const cs_request *r);

/* What cs_attested_sign does. Also the errors of the KMS; CS_KMS_SIGNATURE: a half that does not verify;
 * CS_KMS_MESSAGE: more than the KMS signs with Ed25519. A wrapped data key that the KMS's answer does not give is
 * CS_SEAL_BROKEN. */
CS_MUST_CHECK cs_err cs_away_sign(cs_attested *out, cs_enclave *e, cs_host *h, const cs_request *r);

#endif
