/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifies a document of AWS Nitro Enclaves under a pinned policy, with libcountersign.
 *
 *     cc verify_nitro.c $(pkg-config --cflags --libs countersign) -o verify_nitro
 *     ./verify_nitro policy.json document.cbor [seconds since 1970]
 *
 * Exit code 0: verified, 2: refused, 1: not judged.
 */
#include <countersign/attest.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static unsigned char policy[65536], document[16384];

static size_t read_file(unsigned char *to, size_t size, const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t n = file != NULL ? fread(to, 1, size, file) : 0;
    if (file != NULL)
        (void)fclose(file);
    return n;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return COUNTERSIGN_ERROR;
    const char *reason;
    countersign_evidence evidence = {
        .policy = (const char *)policy,
        .policy_len = read_file(policy, sizeof policy, argv[1]),
        .evidence = document,
        .evidence_len = read_file(document, sizeof document, argv[2]),
        .now = argc > 3 ? strtoll(argv[3], NULL, 10) : time(NULL),
    };
    int result = countersign_verify_evidence(&reason, NULL, 0, &evidence);
    (void)printf("%s: %s (%s)\n", countersign_result_name(result), countersign_reason_sentence(reason), reason);
    return result;
}
