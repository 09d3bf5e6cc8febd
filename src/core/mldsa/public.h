/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a value that came from a secret may be known: the rejections of FIPS 204. In the build that looks for branches
 * and addresses that depend on secrets (preset ct) the checker is told so; in every other build this is nothing.
 */
#ifndef CS_CORE_MLDSA_PUBLIC_H
#define CS_CORE_MLDSA_PUBLIC_H

#if !defined(CS_CT)
#define CS_MLDSA_PUBLIC(object) ((void)0)
#elif defined(CS_MSAN)
#include <sanitizer/msan_interface.h>
#define CS_MLDSA_PUBLIC(object) __msan_unpoison(&(object), sizeof(object))
#else
#include <valgrind/memcheck.h>
#define CS_MLDSA_PUBLIC(object) ((void)VALGRIND_MAKE_MEM_DEFINED(&(object), sizeof(object)))
#endif

#endif
