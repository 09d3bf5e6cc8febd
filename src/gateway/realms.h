/* SPDX-License-Identifier: Apache-2.0 */
/* The realms of a store, gone through without holding it. */
#ifndef CS_GATEWAY_REALMS_H
#define CS_GATEWAY_REALMS_H

#include "gateway/store.h"

/* Calls `each` for every realm until it returns an error, which is returned. The store is free meanwhile. */
CS_MUST_CHECK cs_err cs_realms_each(cs_store *store, cs_err (*each)(void *context, const cs_org_row *org),
                                    void *context);

#endif
