/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys as text: the JSON public key of the Vault door, SPKI PEM, and the PEM private key of the local signer.
 */
#ifndef CS_CORE_KEYTEXT_H
#define CS_CORE_KEYTEXT_H

#include "core/composite.h"

/* Appends {"v":1,"alg":…,"classical":b64,"pq":b64} plus "format" when it is not composite (and not pure);
 * pure keys have no "classical". No white space, members in this order. */
CS_MUST_CHECK cs_err cs_public_key_json(cs_buf *out, const cs_alg *alg, cs_format format, cs_slice public_bytes);

/* Reads that text strictly and opens the key. `fault` (may be NULL) names the member. */
CS_MUST_CHECK cs_err cs_public_key_parse(cs_pair *out, cs_fault *fault, cs_slice json);

/* Appends SubjectPublicKeyInfo PEM [LAMPS composite §5, RFC 9881 §4]. CS_FORMAT_NOT_OFFERED for algorithms without
 * an OID and for concat and envelope keys. */
CS_MUST_CHECK cs_err cs_public_key_pem(cs_buf *out, const cs_alg *alg, cs_format format, cs_slice public_bytes);
/* Reads SPKI PEM (one block, nothing behind it but a newline). */
CS_MUST_CHECK cs_err cs_public_key_from_pem(cs_pair *out, cs_slice pem);
/* Reads SPKI DER. */
CS_MUST_CHECK cs_err cs_public_key_from_spki(cs_pair *out, cs_slice der);

/* The key file of `countersign keygen` and `sign --local`, JSON, no white space:
 * {"v":1,"kind":"countersign-private-key","alg":…,"format":…,"private":b64 of the LAMPS serialization}.
 * The text is a secret; a PKCS#8 DER of the composite or of RFC 9881 (seed) is read as well. */
CS_MUST_CHECK cs_err cs_private_key_json(cs_secret *text, const cs_alg *alg, cs_format format, cs_slice serialized);
CS_MUST_CHECK cs_err cs_private_key_parse(cs_pair *out, cs_slice text);
/* PKCS#8 OneAsymmetricKey: composites raw in the OCTET STRING; ML-DSA as seed [0], expanded or both; with both the
 * seed must give the expanded key, else CS_BAD_PRIVATE_KEY [RFC 9881 §6]. Expanded alone is refused likewise (the
 * product stores seeds only). */
CS_MUST_CHECK cs_err cs_private_key_from_pkcs8(cs_pair *out, cs_slice der);

#endif
