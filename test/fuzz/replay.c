/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays a corpus through a fuzz harness without libFuzzer: every file of each folder, and every prefix of it
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

/* The number of files replayed, -1 if one could not be. */
static int replay_folder(DIR *dir, const char *folder)
{
    int files = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char path[4096];
        if (e->d_name[0] == '.')
            continue;
        int n = snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (n < 0 || (size_t)n >= sizeof path || replay_file(path) != 0)
            return -1;
        files++;
    }
    return files;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s CORPUS-FOLDER [VECTORS-FOLDER ...]\n", argv[0]);
        return 64;
    }
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        if (dir == NULL) {
            (void)fprintf(stderr, "cannot open %s\n", argv[i]);
            if (i == 1)
                return 1;
            continue; /* public vectors are not everywhere */
        }
        int files = replay_folder(dir, argv[i]);
        (void)closedir(dir);
        if (files < 1)
            return 1; /* an empty corpus tests nothing */
        (void)printf("%d files of %s replayed\n", files, argv[i]);
    }
    return 0;
}
