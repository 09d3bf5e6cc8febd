/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enclave image files of AWS Nitro, version 4 [aws-nitro-enclaves-image-format, src/defs/mod.rs]: what an image
 * measures as, and who signed it. Images are made by packaging/nitro; here they are read and signed.
 *
 * Big-endian throughout. A header of 548 bytes, then sections of 12 bytes and their data: kernel, command line, one or
 * more ramdisks, metadata (JSON), and a signature where there is one. The header ends with a CRC-32 of everything else.
 */
#ifndef CS_CORE_EIF_H
#define CS_CORE_EIF_H

#include "core/crypto.h"
#include "core/limits.h"
#include "core/manifest.h"

#define CS_EIF_SECTIONS 32

typedef enum cs_eif_type {
    CS_EIF_KERNEL = 1,
    CS_EIF_COMMAND_LINE,
    CS_EIF_RAMDISK,
    CS_EIF_SIGNATURE,
    CS_EIF_METADATA,
} cs_eif_type;

/* Slices point into the image. */
typedef struct cs_eif {
    cs_slice bytes;
    uint16_t flags; /* bit 0: for arm64 */
    uint64_t memory, cpus;
    size_t section_count;
    struct {
        cs_eif_type type;
        cs_slice data;
    } sections[CS_EIF_SECTIONS];
} cs_eif;

/* Takes an image apart; strict beyond the loaders: sections one behind the other and nothing between or after them,
 * first one kernel, then one command line, exactly one metadata, one ramdisk or more, at most one signature and that
 * last, the CRC right. CS_BAD_FORMAT, CS_TOO_LARGE above CS_MAX_IMAGE. */
CS_MUST_CHECK cs_err cs_eif_parse(cs_eif *out, cs_slice image);

/*
 * What the image measures as, in the order of cs_manifest.pcrs: PCR0 kernel, command line and all ramdisks, PCR1 up to
 * the first ramdisk, PCR2 the ramdisks behind it, PCR8 the certificate of who signed it (zero: nobody). A signature is
 * verified: that it is of PCR0 by the key of that certificate. CS_BAD_FORMAT, CS_BAD_SIGNATURE, CS_NO_MEMORY.
 */
CS_MUST_CHECK cs_err cs_eif_measure(uint8_t (*pcrs)[CS_NITRO_PCR_LEN], const cs_eif *image);
/* The member ImageVersion of the metadata, which is not measured: a label for people. Empty where there is none. */
CS_MUST_CHECK cs_err cs_eif_version(char out[CS_MAX_ID + 1], const cs_eif *image);

/* Appends the image with a signature by this P-384 key, whose certificate is `pem` (exactly one), in place of one that
 * it may have. The same key and image give the same bytes. CS_BAD_FORMAT for a certificate that is none,
 * CS_BAD_PRIVATE_KEY if it is another key's. */
CS_MUST_CHECK cs_err cs_eif_sign(cs_buf *out, const cs_eif *image, const cs_key *key, cs_slice pem);

#endif
