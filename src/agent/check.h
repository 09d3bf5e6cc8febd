/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `countersign-agent check-kms`: tells an operator whether the agent's role and the key's policy are as they should be:
 * there are credentials, the key can be used, and nobody gets its data keys without attestation, not the agent either.
 */
#ifndef CS_AGENT_CHECK_H
#define CS_AGENT_CHECK_H

#include "sys/options.h"

/* One line a finding on stdout. CS_EXIT_OK; CS_EXIT_REFUSED if something is not as it should be; CS_EXIT_ERROR if that
 * cannot be told. */
int cs_check_run(const cs_args *args);

#endif
