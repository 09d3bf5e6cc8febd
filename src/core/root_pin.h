/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root certificate that match rules pin: one given as PEM, or, where none is given, any of the vendor's roots that
 * are compiled in (vendor_roots.c).
 */
#ifndef CS_CORE_ROOT_PIN_H
#define CS_CORE_ROOT_PIN_H

#include "core/crypto_x509.h"
#include "core/vendor.h"

#define CS_ROOT_PIN_MAX 8 /* roots of one vendor */

typedef struct cs_root_pin {
    cs_vendor vendor;
    bool given;
    uint8_t sha256[CS_SHA256_LEN]; /* of the given certificate's DER; else zero */
    uint8_t *der;                  /* the given certificate, heap; else NULL */
    size_t der_len;
} cs_root_pin;

/* Reads the optional member `name`: PEM of exactly one certificate. Errors are set in `o`: CS_POLICY_ROOT (not that),
 * CS_POLICY_FOREIGN_ROOT (no root of the vendor's that is compiled in, without `allow_mock`), CS_NO_MEMORY. */
void cs_root_pin_read(cs_root_pin *out, cs_jobj *o, const char *name, cs_vendor vendor, bool allow_mock);
/* Writes the given certificate as PEM with lines of 64 characters; nothing if none was given. */
void cs_root_pin_write(cs_jw *w, const char *name, const cs_root_pin *pin);
void cs_root_pin_free(cs_root_pin *pin); /* twice is fine */

/* cs_vendor_ops.root */
cs_root_kind cs_root_pin_kind(uint8_t sha256[CS_SHA256_LEN], const cs_root_pin *pin);
/* The hashes that the last certificate of a chain may have; their number. */
size_t cs_root_pin_hashes(uint8_t out[CS_ROOT_PIN_MAX][CS_SHA256_LEN], const cs_root_pin *pin);
/* DER of the given certificate, for evidence that leaves the root out; absent if none was given. */
cs_slice cs_root_pin_der(const cs_root_pin *pin);

#endif
