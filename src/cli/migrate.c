/* SPDX-License-Identifier: Apache-2.0 */
/* `countersign migrate`: a store into one of the other kind. The gateway program does it, which alone knows stores. */
#include "cli/child.h"
#include "cli/commands.h"

int cs_command_migrate(const cs_args *args)
{
    static const char *const names[][2] = {
        {"from", "--from"}, {"from-pepper", "--from-pepper"}, {"to", "--to"}, {"to-pepper", "--to-pepper"}};
    const char *argv[2 + 2 * sizeof names / sizeof *names + 1] = {"countersign-gateway", "migrate"};
    size_t n = 2;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = cs_arg_text(args, names[i][0]);
        if (value == NULL)
            continue;
        argv[n++] = names[i][1];
        argv[n++] = value;
    }
    return cs_child_run(argv);
}
