/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/talk.h"

int cs_confirm_revocation(const cs_args *args, const char *what, const char *does)
{
    char line[16] = "";
    if (cs_arg_flag(args, "yes"))
        return CS_EXIT_OK;
    if (cs_arg_flag(args, "no-input") || isatty(STDIN_FILENO) == 0)
        return cs_talk_usage("revoking cannot be undone: give --yes");
    (void)fputs("Revoking ", stderr);
    cs_talk_clean(stderr, cs_slice_str(what));
    (void)fprintf(stderr, " %s and cannot be undone. Type yes to go on: ", does);
    if (fgets(line, sizeof line, stdin) != NULL && strcmp(line, "yes\n") == 0)
        return CS_EXIT_OK;
    return cs_talk_error("not revoked");
}
