/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the Vault door, as the commands look them up. */
#ifndef CS_CLI_VAULT_H
#define CS_CLI_VAULT_H

#include "cli/client.h"

/* The key with this id, or the live key of this name: `GET /v1/hybrid-keys/:id`. Returns an exit code, with the failure
 * said. Free the answer in any case. */
CS_MUST_CHECK int cs_vault_find_key(cs_answer *out, cs_client *c, const char *id_or_name);

#endif
