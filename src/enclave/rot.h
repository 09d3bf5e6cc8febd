/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of trust: what vouches for this process, behind one table. Each kind is a file rot_<kind>.c; the option
 * --attestation chooses one, and nothing else in the enclave knows which it is.
 *
 * A root is opened before the seccomp filter is set and used by any thread after that; its functions are therefore
 * safe from several threads at once and open no file.
 */
#ifndef CS_ENCLAVE_ROT_H
#define CS_ENCLAVE_ROT_H

#include "core/attest.h"
#include "sys/sandbox.h"

typedef struct cs_rot cs_rot;

/* What the command line says; each kind reads what concerns it. */
typedef struct cs_rot_options {
    const char *state_dir; /* where a software root keeps its keys */
    const char *device;    /* path of the device or socket; NULL: the usual one */
    const char *audience;  /* gcp: of tokens */
    /* azure: registers to quote ("0,1,7"); file of VCEK, ASK and ARK; socket of the relay and file of the issuer's
     * keys, both NULL where evidence has the report itself */
    const char *pcrs, *certificates, *relay, *jwks;
} cs_rot_options;

typedef struct cs_rot_kind {
    const char *name; /* as --attestation names it */
    cs_vendor vendor;
    bool hardware; /* false: the root is made of software, and every tool says so */
    /* Fills in image_hash, match_rules, what else is public, and `own`. The reason of a failure is logged. */
    cs_err (*open)(cs_rot *r, const cs_rot_options *o);
    /* Appends the proof of `statement`: of SI for vendor mock, else of a commitment (36 bytes). */
    cs_err (*prove)(cs_rot *r, cs_buf *proof, cs_slice statement);
    void (*close)(cs_rot *r);
    /* NULL, or: appends a Nitro document with these three in it (absent: null; user_data and nonce at most 512 bytes).
     * A root that has it can have data keys released to keys of this process. */
    cs_err (*attest)(cs_rot *r, cs_buf *document, cs_slice user_data, cs_slice nonce, cs_slice public_key);
    /* NULL, or the key whose signature over SI is the proof of a document: what prove would give for it. */
    const cs_key *(*input_key)(const cs_rot *r);
} cs_rot_kind;

struct cs_rot {
    const cs_rot_kind *kind;
    void *own;                               /* of the kind */
    char image_hash[CS_MAX_MEASUREMENT + 1]; /* "sha256:<hex>" or "sha384:<hex>": what the evidence will prove */
    char header[CS_MAX_NAME];                /* JSON, of documents that the root itself proves */
    cs_sandbox_extra sandbox;                /* what the filter must let through for it */
    cs_buf match_rules; /* JSON: the rules of a policy that the evidence of this root satisfies and of no other */
    uint8_t root_public_key[32]; /* vendor mock only */
};

extern const cs_rot_kind cs_rot_mock, cs_rot_softnsm, cs_rot_nsm, cs_rot_gcp, cs_rot_azure;

/* Appends the proof of a document with evidence of its own: over SI for vendor mock, else over the commitment to SI. */
CS_MUST_CHECK cs_err cs_rot_prove_input(cs_rot *r, cs_buf *proof, cs_slice si);

/* A Nitro document, as kind->attest makes it. CS_PROVIDER_NOT_AVAILABLE from a root that has none. */
CS_MUST_CHECK cs_err cs_rot_attest(cs_rot *r, cs_buf *document, cs_slice user_data, cs_slice nonce,
                                   cs_slice public_key);

/* The kind of that name, or NULL. */
const cs_rot_kind *cs_rot_find(const char *name);
/* For the kinds: fills in the header. CS_CONFIG for a vendor that is not built in. */
CS_MUST_CHECK cs_err cs_rot_set_header(cs_rot *r);
/* Makes the state directory if it is missing, whatever the kind: the ledger's keys are kept there, too. */
CS_MUST_CHECK cs_err cs_rot_open(cs_rot *out, const cs_rot_kind *kind, const cs_rot_options *options);
/* Also of a root that was never opened. */
void cs_rot_close(cs_rot *r);

#endif
