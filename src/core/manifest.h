/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measurement-manifest.json: what a release of the enclave measures as, pinned by whoever verifies births.
 *
 *   {"version":1,"enclave_version":"0.1.0","pcrs":{"0":"<hex>","1":…,"2":…,"8":…},"root_sha256":"<hex>"}
 *
 * Registers are 48 bytes, the root is SHA-256 of its certificate's DER, both lower-case hex. All members are needed and
 * there are no others. PCR0 is never zero; PCR8 is where nobody signed the image, PCR1 and PCR2 are under the software
 * NSM.
 */
#ifndef CS_CORE_MANIFEST_H
#define CS_CORE_MANIFEST_H

#include "core/json.h"
#include "core/limits.h"
#include "core/nitro.h"

#define CS_MANIFEST_PCRS 4
/* Their indexes, in the order of cs_manifest.pcrs: 0, 1, 2, 8. */
extern const uint8_t cs_manifest_index[CS_MANIFEST_PCRS];

typedef struct cs_manifest {
    char enclave_version[CS_MAX_ID + 1]; /* printable ASCII without blanks, 1 to CS_MAX_ID bytes */
    uint8_t pcrs[CS_MANIFEST_PCRS][CS_NITRO_PCR_LEN];
    uint8_t root_sha256[CS_SHA256_LEN];
} cs_manifest;

/* True if the root is none of AWS's own: documents under it are made by software. */
bool cs_manifest_is_software(const cs_manifest *m);

/* Reads a manifest of at most CS_MAX_MANIFEST bytes. CS_BAD_JSON, CS_TOO_LARGE, CS_MISSING_FIELD, CS_UNKNOWN_FIELD,
 * CS_BAD_FIELD, CS_NO_MEMORY, with the member in `fault`; *out is zeroed then. */
CS_MUST_CHECK cs_err cs_manifest_parse(cs_manifest *out, cs_fault *fault, cs_slice json);
/* Appends it, on one line; CS_BAD_FIELD for one that the reader would refuse. */
CS_MUST_CHECK cs_err cs_manifest_write(cs_buf *out, const cs_manifest *m);
/* Writes {"0":…,"1":…,"2":…,"8":…}: CS_MANIFEST_PCRS of them. */
void cs_manifest_write_pcrs(cs_jw *w, const char *name, const uint8_t (*pcrs)[CS_NITRO_PCR_LEN]);

#endif
