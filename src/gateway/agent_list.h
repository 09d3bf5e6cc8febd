/* SPDX-License-Identifier: Apache-2.0 */
/* The options that say where the agents are: --agent, or --host with the files of TLS. */
#ifndef CS_GATEWAY_AGENT_LIST_H
#define CS_GATEWAY_AGENT_LIST_H

#include "gateway/signer.h"
#include "sys/options.h"

/* Gives the signer the agents that `args` name. The files are those of `files`, which outlives the signer. CS_CONFIG
 * (logged); then it keeps those that it has. */
CS_MUST_CHECK cs_err cs_agent_list_apply(cs_signer *signer, const cs_args *args, const cs_args *files);

#endif
