/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CS_CLI_OUTLINE_H
#define CS_CLI_OUTLINE_H

#include "core/json.h"

/*
 * Writes a JSON object on stdout for people: a line for each member, names and values in columns, short lists on one
 * line, what is inside something else two columns further in. Nothing is cut; control characters are written as \xNN.
 */
void cs_outline_print(cs_jval v);

#endif
