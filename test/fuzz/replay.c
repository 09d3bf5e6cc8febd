/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays a corpus through a fuzz harness without libFuzzer: every file of the folder, and every prefix of it
 * (steps grow with the length), so truncation at any field is covered by each compiler and sanitizer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An exact-size copy, so that a read past the end is seen by the sanitizers. */
static void run_copy(const uint8_t *bytes, size_t n)
{
    uint8_t *copy = malloc(n == 0 ? 1 : n);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes, n);
    (void)LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static int replay_file(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return -1;
    size_t n = fread(bytes, 1, sizeof bytes, f);
    (void)fclose(f);
    size_t step = n / 512 + 1;
    for (size_t cut = 0; cut < n; cut += step)
        run_copy(bytes, cut);
    run_copy(bytes, n);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 64;
    }
    DIR *dir = opendir(argv[1]);
    if (dir == NULL) {
        (void)fprintf(stderr, "cannot open %s\n", argv[1]);
        return 1;
    }
    int files = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char path[4096];
        if (e->d_name[0] == '.')
            continue;
        int n = snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        if (n < 0 || (size_t)n >= sizeof path || replay_file(path) != 0)
            return 1;
        files++;
    }
    (void)closedir(dir);
    (void)printf("%d corpus files replayed\n", files);
    return files > 0 ? 0 : 1; /* an empty corpus tests nothing */
}
