/* SPDX-License-Identifier: Apache-2.0 */
/* Kind softnsm: the software NSM inside this process, asked as the device would be. */
#include <stdlib.h>
#include <string.h>

#include "core/encode.h"
#include "enclave/measure.h"
#include "enclave/rot_nsm.h"
#include "enclave/softnsm.h"
#include "sys/clock.h"

struct soft {
    cs_nsm nsm; /* first: what cs_rot_nsm_prove reads */
    cs_softnsm module;
    bool open;
};

/* SHA-384 of the executable. */
static cs_err measure(uint8_t pcr0[CS_NSM_PCR_LEN])
{
    char memory[CS_MAX_MEASUREMENT + 1];
    cs_buf text = CS_BUF_OVER(memory), value = cs_buf_over(pcr0, CS_NSM_PCR_LEN);
    const cs_slice prefix = CS_LIT("sha384:");
    cs_err err = cs_measure_self(&text, CS_SHA384);
    if (err != CS_OK)
        return err;
    return cs_hex_decode(&value, cs_slice_sub(cs_buf_slice(&text), prefix.n, text.n));
}

static cs_err open_softnsm(cs_rot *r, const cs_rot_options *o)
{
    uint8_t pcr0[CS_NSM_PCR_LEN];
    struct soft *s = calloc(1, sizeof *s);
    r->own = s;
    if (s == NULL)
        return CS_NO_MEMORY;
    s->nsm = (cs_nsm){.ioctl = cs_softnsm_ioctl, .device = &s->module};
    cs_err err = measure(pcr0);
    if (err == CS_OK)
        err = cs_softnsm_open(&s->module, o->state_dir, pcr0, cs_now_ms);
    if (err != CS_OK)
        return err;
    s->open = true;
    return cs_rot_nsm_question(r, &s->nsm, cs_softnsm_root(&s->module));
}

static void close_softnsm(cs_rot *r)
{
    struct soft *s = r->own;
    if (s != NULL && s->open)
        cs_softnsm_close(&s->module);
    free(s);
}

const cs_rot_kind cs_rot_softnsm = {
    .name = "softnsm",
    .vendor = CS_VENDOR_AWS_NITRO,
    .hardware = false,
    .open = open_softnsm,
    .prove = cs_rot_nsm_prove,
    .attest = cs_rot_nsm_attest,
    .close = close_softnsm,
};
