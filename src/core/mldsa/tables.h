/* SPDX-License-Identifier: Apache-2.0 */
/* Powers of the root of unity in Montgomery form (tables.c is written by tools/mldsa-tables). */
#ifndef CS_CORE_MLDSA_TABLES_H
#define CS_CORE_MLDSA_TABLES_H

#include <stdalign.h>
#include <stdint.h>

extern const int32_t cs_mldsa_zetas[256], cs_mldsa_zetas_twisted[256];
/* Vectors for the layers within 8 or 16 lanes, in the order in which they are used; the second half of each table is
 * the first times q^-1 mod R. */
extern const int32_t cs_mldsa_forward_8[448], cs_mldsa_inverse_8[448];
extern const int32_t cs_mldsa_forward_16[480], cs_mldsa_inverse_16[480];

#endif
