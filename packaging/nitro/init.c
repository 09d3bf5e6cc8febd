/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program inside the enclave: mounts what the service needs, loads the NSM's driver where it is a module,
 * tells the parent that the kernel has come up, and becomes the service. Linked statically: it is all that the first
 * ramdisk has beside the driver, and PCR1 measures it.
 *
 * The parent waits for one byte on vsock port 9000 and sends it back [aws-nitro-enclaves-sdk-bootstrap, init]. If the
 * service ends, so does process 1, and with it the kernel and the enclave.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#define PARENT 3 /* context id of the parent instance, seen from inside */
#define HEARTBEAT_PORT 9000
#define HEARTBEAT 0xb7
#define COMMAND "/etc/countersign/command" /* the service's arguments, each ended by a NUL */
#define MAX_COMMAND 4096
#define MAX_ARGUMENTS 64

static const struct {
    const char *type, *where, *options;
    unsigned long flags;
    mode_t mode;
} mounts[] = {
    {"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555},
    {"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555},
    {"devtmpfs", "/dev", "mode=0755", MS_NOSUID | MS_NOEXEC, 0755},
    {"tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0755},
    {"tmpfs", "/tmp", "mode=1777", MS_NOSUID | MS_NODEV | MS_NOEXEC, 01777},
};

static void say(const char *what, const char *name)
{
    (void)fprintf(stderr, "init: %s %s: %s\n", what, name, strerror(errno));
}

static int mount_all(void)
{
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        if (mkdir(mounts[i].where, mounts[i].mode) != 0 && errno != EEXIST) {
            say("cannot make", mounts[i].where);
            return -1;
        }
        /* EBUSY: the kernel has mounted it itself. */
        if (mount(mounts[i].type, mounts[i].where, mounts[i].type, mounts[i].flags, mounts[i].options) != 0 &&
            errno != EBUSY) {
            say("cannot mount", mounts[i].where);
            return -1;
        }
    }
    return 0;
}

/* A kernel that has the driver built in needs none. */
static int load_driver(void)
{
    int fd = open("/nsm.ko", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    long done = syscall(SYS_finit_module, fd, "", 0);
    (void)close(fd);
    if (done != 0 && errno != EEXIST)
        say("cannot load", "/nsm.ko");
    return done == 0 || errno == EEXIST ? 0 : -1;
}

static int heartbeat(void)
{
    const struct sockaddr_vm parent = {.svm_family = AF_VSOCK, .svm_port = HEARTBEAT_PORT, .svm_cid = PARENT};
    unsigned char byte = HEARTBEAT;
    int s = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int ok = s >= 0 && connect(s, (const struct sockaddr *)&parent, sizeof parent) == 0 && write(s, &byte, 1) == 1 &&
             read(s, &byte, 1) == 1 && byte == HEARTBEAT;
    if (!ok)
        say("no heartbeat with", "the parent");
    if (s >= 0)
        (void)close(s);
    return ok ? 0 : -1;
}

/* The words of the file; -1 if it is not one to obey. */
static int read_command(char *text, char *argv[MAX_ARGUMENTS + 1])
{
    int count = 0, fd = open(COMMAND, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, MAX_COMMAND) : -1;
    if (fd >= 0)
        (void)close(fd);
    if (n <= 0 || n == MAX_COMMAND || text[n - 1] != '\0')
        return -1;
    for (char *p = text; p < text + n; p += strlen(p) + 1) {
        if (count == MAX_ARGUMENTS)
            return -1;
        argv[count++] = p;
    }
    argv[count] = NULL;
    return argv[0][0] == '/' ? 0 : -1;
}

int main(void)
{
    static char text[MAX_COMMAND], *argv[MAX_ARGUMENTS + 1];
    char *const environment[] = {NULL};
    if (getpid() != 1) {
        (void)fputs("init: for the first process of an enclave alone\n", stderr);
        return 1;
    }
    if (mount_all() != 0 || load_driver() != 0 || heartbeat() != 0)
        return 1;
    if (read_command(text, argv) != 0) {
        (void)fputs("init: " COMMAND " has no command\n", stderr);
        return 1;
    }
    (void)execve(argv[0], argv, environment);
    say("cannot run", argv[0]);
    return 1;
}
