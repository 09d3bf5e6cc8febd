/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be taken back is asked about: --yes, or a person at a terminal who types the word. */
#ifndef CS_CLI_CONFIRM_H
#define CS_CLI_CONFIRM_H

#include "sys/options.h"

/* "Revoking <what> <does> and cannot be undone." Returns CS_EXIT_OK for a yes, else an exit code with the reason said.
 */
int cs_confirm_revocation(const cs_args *args, const char *what, const char *does);

#endif
