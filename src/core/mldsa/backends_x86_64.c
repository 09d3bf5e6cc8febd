/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mldsa/backend.h"

const cs_mldsa_backend *const cs_mldsa_backends[] = {&cs_mldsa_avx512, &cs_mldsa_avx2, &cs_mldsa_portable, NULL};
