/* SPDX-License-Identifier: Apache-2.0 */
/* For the other door files to OpenSSL: the library's own key behind an opened one. */
#ifndef CS_CORE_CRYPTO_KEY_H
#define CS_CORE_CRYPTO_KEY_H

#include "core/crypto.h"

/* Borrowed; NULL for a key that the native ML-DSA computes with. */
struct evp_pkey_st *cs_key_library(const cs_key *k);

#endif
