/* SPDX-License-Identifier: Apache-2.0 */
/* `countersign-gateway migrate`: a store and its pepper into a new place, of either kind (store.h, cs_store_migrate).
 */
#ifndef CS_GATEWAY_MIGRATE_H
#define CS_GATEWAY_MIGRATE_H

#include "sys/options.h"

#define CS_MIGRATE_OPTIONS 4
extern const cs_option cs_migrate_options[CS_MIGRATE_OPTIONS];
/* Exit code. */
int cs_migrate_run(const cs_args *args);

#endif
