/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that people give to things: keys, policies, API keys, orgs.
 *
 * Two names that differ must look different, and a name must not change how the text around it is shown. So characters
 * that show nothing of themselves are refused: controls (C0, DEL, C1), marks that turn the direction of writing, zero
 * width characters and the others that Unicode calls default ignorable, line and paragraph separators, tags, and code
 * points that are no characters. Letters that resemble each other are not told apart.
 */
#ifndef CS_CORE_NAME_H
#define CS_CORE_NAME_H

#include "core/limits.h"
#include "core/slice.h"

/* CS_OK if `name` is 1..CS_MAX_NAME bytes of strict UTF-8 without such characters, else CS_BAD_FIELD.
 * [Unicode 16, DerivedCoreProperties: Default_Ignorable_Code_Point; RFC 3629 §3] */
CS_MUST_CHECK cs_err cs_name_check(cs_slice name);

#endif
