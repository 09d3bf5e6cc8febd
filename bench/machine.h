/* SPDX-License-Identifier: Apache-2.0 */
/* The machine that a table was made on. */
#ifndef CS_BENCH_MACHINE_H
#define CS_BENCH_MACHINE_H

#include <stddef.h>

/* One line: processor, cores, kernel, OpenSSL. */
void cs_machine_describe(char *out, size_t size);
/* Resident memory of a process in MiB; negative if it cannot be read. */
double cs_machine_rss_mib(int pid);
/* Processor time that a process (all its threads) has had, in seconds, to 10 ms; negative if it cannot be read. */
double cs_machine_cpu_seconds(int pid);
/* The child of `parent` whose program name begins with `name`; 0 if there is none. */
int cs_machine_child(int parent, const char *name);
/* Lets this process and its children open at least `files` files; what the system allows at most otherwise. */
void cs_machine_raise_files(size_t files);

#endif
