/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles on the command line. */
#ifndef CS_CLI_BUNDLE_H
#define CS_CLI_BUNDLE_H

#include "sys/options.h"

/* `verify --bundle`: judges a bundle under what is pinned on the command line, with no network. Returns the exit code.
 */
int cs_bundle_command_verify(const cs_args *args);

#endif
