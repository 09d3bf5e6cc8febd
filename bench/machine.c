/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "sys/thread.h"

/* Copies the value of the first line "name <separator> value" of a file; an empty string if there is none. */
static void read_value(char *out, size_t size, const char *path, const char *name)
{
    char line[512];
    out[0] = '\0';
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return;
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, name, strlen(name)) != 0)
            continue;
        char *value = strchr(line, ':');
        if (value != NULL) {
            value += 1 + strspn(value + 1, " \t");
            value[strcspn(value, "\n")] = '\0';
            (void)snprintf(out, size, "%s", value);
        }
        break;
    }
    (void)fclose(f);
}

void cs_machine_describe(char *out, size_t size)
{
    char processor[128];
    struct utsname kernel;
    read_value(processor, sizeof processor, "/proc/cpuinfo", "model name");
    if (uname(&kernel) != 0)
        memset(&kernel, 0, sizeof kernel);
    (void)snprintf(out, size, "%s, %d cores, %s %s %s, %s", processor[0] != '\0' ? processor : "unnamed processor",
                   cs_cpu_count(), kernel.sysname, kernel.release, kernel.machine, OpenSSL_version(OPENSSL_VERSION));
}

double cs_machine_rss_mib(int pid)
{
    char path[64], value[64];
    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    read_value(value, sizeof value, path, "VmRSS");
    return value[0] == '\0' ? -1 : strtod(value, NULL) / 1024;
}

/* The parent and the name of a process; the name stands in parentheses and is cut at 15 characters. */
static int parent_of(char name[32], int pid)
{
    char path[64], text[512];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return 0;
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (open == NULL || close == NULL || close < open || strlen(close) < sizeof ") S 1")
        return 0;
    (void)snprintf(name, 32, "%.*s", (int)(close - open - 1), open + 1);
    return (int)strtol(close + strlen(") S "), NULL, 10);
}

int cs_machine_child(int parent, const char *name)
{
    int found = 0;
    DIR *dir = opendir("/proc");
    if (dir == NULL)
        return 0;
    for (struct dirent *e; found == 0 && (e = readdir(dir)) != NULL;) {
        char child_name[32];
        if (!isdigit((unsigned char)e->d_name[0]))
            continue;
        int pid = (int)strtol(e->d_name, NULL, 10);
        if (parent_of(child_name, pid) == parent && strncmp(child_name, name, strlen(child_name)) == 0)
            found = pid;
    }
    (void)closedir(dir);
    return found;
}

void cs_machine_raise_files(size_t files)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= files)
        return;
    limit.rlim_cur = limit.rlim_max < files ? limit.rlim_max : files;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}
