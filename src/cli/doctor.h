/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `countersign doctor` finds: a list of checks, each with a verdict and a sentence. A failure is something that
 * the service cannot run well with; a warning is for the operator to judge; what there is no way to look at is skipped.
 */
#ifndef CS_CLI_DOCTOR_H
#define CS_CLI_DOCTOR_H

#include "core/policy.h"
#include "sys/options.h"

#define CS_DOCTOR_CHECKS 32

typedef enum cs_health { CS_HEALTH_OK, CS_HEALTH_WARN, CS_HEALTH_FAIL, CS_HEALTH_SKIP } cs_health;

typedef struct cs_doctor {
    size_t count;
    struct {
        const char *name; /* static text */
        cs_health health;
        char text[256];
    } found[CS_DOCTOR_CHECKS];
} cs_doctor;

/* Notes one check. */
void cs_doctor_add(cs_doctor *d, const char *name, cs_health health, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* doctor_host.c: clock, entropy, limits; of the state directory (if there is one) the permissions, sockets and disk.
 * The working directory becomes the state directory. */
void cs_doctor_host(cs_doctor *d, const char *state_dir);

/* doctor_server.c: reachability, TLS, readiness, the clocks' difference; `policy` (NULL: none was given) against the
 * enclave that runs. */
void cs_doctor_server(cs_doctor *d, const cs_args *args, const cs_policy *policy);

/* doctor_cloud.c: with --cloud-role, what the credentials of this machine may do in AWS. */
void cs_doctor_cloud(cs_doctor *d, const cs_args *args);

#endif
