/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

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

struct process {
    char name[32]; /* cut at 15 characters by the kernel */
    int parent;
    double cpu_seconds;
};

/* Reads "pid (name) state parent …", in which the name may hold anything [proc(5)]; utime and stime are fields 14, 15.
 */
static bool read_process(struct process *p, int pid)
{
    char path[64], text[1024];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (open == NULL || close == NULL || close < open || strlen(close) < sizeof ") S 1")
        return false;
    (void)snprintf(p->name, sizeof p->name, "%.*s", (int)(close - open - 1), open + 1);
    char *at = close + strlen(") S ");
    double ticks = 0;
    for (int field = 4; field <= 15; field++) {
        long value = strtol(at, &at, 10);
        if (field == 4)
            p->parent = (int)value;
        if (field >= 14)
            ticks += (double)value;
    }
    p->cpu_seconds = ticks / (double)sysconf(_SC_CLK_TCK);
    return true;
}

double cs_machine_cpu_seconds(int pid)
{
    struct process p;
    return read_process(&p, pid) ? p.cpu_seconds : -1;
}

int cs_machine_child(int parent, const char *name)
{
    int found = 0;
    DIR *dir = opendir("/proc");
    if (dir == NULL)
        return 0;
    for (struct dirent *e; found == 0 && (e = readdir(dir)) != NULL;) {
        struct process p;
        if (!isdigit((unsigned char)e->d_name[0]))
            continue;
        int pid = (int)strtol(e->d_name, NULL, 10);
        if (read_process(&p, pid) && p.parent == parent && strncmp(p.name, name, strlen(p.name)) == 0)
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
