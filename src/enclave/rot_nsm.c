/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/rot_nsm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/crypto_issue.h"
#include "core/encode.h"
#include "sys/log.h"

#define RANDOM_BYTES 64
#define BOOT_REGISTERS 3 /* PCR0, PCR1, PCR2: what runs */
#define MAX_PEM 2048

struct device {
    cs_nsm nsm; /* first: what prove() is given */
    int fd;
};

static cs_err mix_random(const cs_nsm *nsm)
{
    CS_SECRET(bytes);
    cs_err err = cs_nsm_random(&bytes, nsm, RANDOM_BYTES);
    if (err == CS_OK)
        cs_random_mix(cs_secret_slice(&bytes));
    return err;
}

static bool is_zero(const cs_nsm_pcr *pcr)
{
    static const uint8_t zero[CS_NSM_PCR_LEN];
    return cs_slice_eq(CS_ARRAY(pcr->value), CS_ARRAY(zero));
}

/* The rules that exactly this module's documents satisfy. */
static cs_err write_rules(cs_rot *r, const cs_nsm_pcr pcrs[BOOT_REGISTERS], cs_slice own_root)
{
    static const char *const names[BOOT_REGISTERS] = {"0", "1", "2"};
    cs_buf pem = cs_buf_new(MAX_PEM);
    cs_jw w = cs_jw_on(&r->match_rules);
    cs_jw_begin(&w, NULL);
    cs_jw_begin(&w, "pcrs");
    for (size_t i = 0; i < BOOT_REGISTERS; i++) {
        if (is_zero(&pcrs[i]))
            continue;
        cs_jw_begin_array(&w, names[i]);
        cs_jw_hex(&w, NULL, "", CS_ARRAY(pcrs[i].value));
        cs_jw_end_array(&w);
    }
    cs_jw_end(&w);
    if (own_root.p != NULL) {
        cs_issue_pem(&pem, own_root);
        cs_jw_str(&w, "rootCertificatePem", cs_buf_slice(&pem));
    }
    cs_jw_end(&w);
    cs_err err = pem.err != CS_OK ? pem.err : r->match_rules.err;
    cs_buf_free(&pem);
    return err;
}

static cs_err read_registers(cs_nsm_pcr pcrs[BOOT_REGISTERS], const cs_nsm *nsm)
{
    for (unsigned i = 0; i < BOOT_REGISTERS; i++) {
        cs_err err = cs_nsm_pcr_read(&pcrs[i], nsm, i);
        if (err != CS_OK)
            return err;
    }
    if (!is_zero(&pcrs[0]) && pcrs[0].locked)
        return CS_OK;
    cs_log(CS_LOG_ERROR, NULL, "NSM: %s",
           is_zero(&pcrs[0]) ? "PCR0 is zero: an enclave in debug mode proves nothing" : "PCR0 is not locked");
    return CS_CONFIG;
}

cs_err cs_rot_nsm_question(cs_rot *r, const cs_nsm *nsm, cs_slice own_root)
{
    cs_nsm_description d;
    cs_nsm_pcr pcrs[BOOT_REGISTERS];
    cs_err err = mix_random(nsm);
    if (err == CS_OK)
        err = cs_nsm_describe(&d, nsm);
    if (err == CS_OK)
        err = read_registers(pcrs, nsm);
    if (err != CS_OK)
        return err;
    cs_buf text = CS_BUF_OVER(r->image_hash);
    cs_buf_add_str(&text, "sha384:");
    cs_hex_encode(&text, CS_ARRAY(pcrs[0].value));
    (void)cs_buf_cstr(&text);
    cs_log(CS_LOG_INFO, NULL, "NSM: module %s, version %u.%u.%u", d.module_id, (unsigned)d.major, (unsigned)d.minor,
           (unsigned)d.patch);
    return text.err != CS_OK ? text.err : write_rules(r, pcrs, own_root);
}

cs_err cs_rot_nsm_prove(cs_rot *r, cs_buf *proof, cs_slice statement)
{
    const cs_nsm *nsm = r->own; /* both kinds have it first */
    return cs_nsm_attest(proof, nsm, statement, CS_ABSENT, CS_ABSENT);
}

cs_err cs_rot_nsm_attest(cs_rot *r, cs_buf *document, cs_slice user_data, cs_slice nonce, cs_slice public_key)
{
    const cs_nsm *nsm = r->own;
    return cs_nsm_attest(document, nsm, user_data, nonce, public_key);
}

static int ask_device(void *device, cs_nsm_message *m)
{
    const struct device *d = device;
    return ioctl(d->fd, CS_NSM_IOCTL, m) == 0 ? 0 : -1;
}

static cs_err open_nsm(cs_rot *r, const cs_rot_options *o)
{
    const char *path = o->device != NULL ? o->device : CS_NSM_DEVICE;
    struct device *d = calloc(1, sizeof *d);
    r->own = d;
    if (d == NULL)
        return CS_NO_MEMORY;
    d->nsm = (cs_nsm){.ioctl = ask_device, .device = d};
    d->fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (d->fd < 0) {
        cs_log(CS_LOG_ERROR, NULL, "NSM: %s: %s", path, strerror(errno));
        return CS_ROOT_UNAVAILABLE;
    }
    r->sandbox = (cs_sandbox_extra){.ioctl = true, .ioctl_fd = d->fd, .ioctl_request = CS_NSM_IOCTL};
    return cs_rot_nsm_question(r, &d->nsm, CS_ABSENT);
}

static void close_nsm(cs_rot *r)
{
    struct device *d = r->own;
    if (d != NULL && d->fd >= 0)
        (void)close(d->fd);
    free(d);
}

const cs_rot_kind cs_rot_nsm = {
    .name = "nsm",
    .vendor = CS_VENDOR_AWS_NITRO,
    .hardware = true,
    .open = open_nsm,
    .prove = cs_rot_nsm_prove,
    .attest = cs_rot_nsm_attest,
    .close = close_nsm,
};
