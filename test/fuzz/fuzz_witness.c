/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* Whatever is sent to a witness, it answers with one of its statuses, and with cosignatures for nothing but 200. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/witness.h"

#define LOG "log.example/org/org_1+02dc1448+Adtqu/vnI9bVerrYzf3+P7y+CJqvjIZ4XznxXqxQDtWL"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/cs-fuzz-witness-XXXXXX";

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void remove_state(void)
{
    static const char *const files[] = {"witness.json", "witness-ed25519.key", "witness-mldsa44.key", "lock"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static cs_witness *open_witness(void)
{
    cs_witness *w = NULL;
    require(mkdtemp(folder) != NULL && atexit(remove_state) == 0);
    require(cs_witness_open(&w, folder, "witness.example") == CS_OK);
    require(cs_witness_add_log(w, CS_LIT(LOG)) == CS_OK);
    return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cs_witness *w;
    cs_witness_answer a;
    if (w == NULL)
        w = open_witness();
    cs_witness_add_checkpoint(w, &a, cs_slice_of(data, size), 1768473000);
    const char *text = cs_buf_cstr(&a.body);
    require(a.status == 200 || a.status == 400 || a.status == 403 || a.status == 404 || a.status == 409 ||
            a.status == 422);
    require(a.type != NULL && a.body.n > 0 && text[a.body.n - 1] == '\n');
    require((strstr(text, "witness.example ") != NULL) == (a.status == 200));
    cs_buf_free(&a.body);
    return 0;
}
