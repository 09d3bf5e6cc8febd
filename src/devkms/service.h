/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the development KMS share, and the way from a request to the cloud that it is for. */
#ifndef CS_DEVKMS_SERVICE_H
#define CS_DEVKMS_SERVICE_H

#include <stdatomic.h>

#include "devkms/accounts.h"
#include "devkms/attested.h"
#include "devkms/cms.h"
#include "devkms/credentials.h"
#include "devkms/http.h"
#include "devkms/inject.h"
#include "devkms/keystore.h"

#define CS_SERVICE_OPS 64

/* How CiphertextForRecipient is written. */
typedef enum cs_service_shape { CS_SHAPE_ALTERNATE, CS_SHAPE_CONSTRUCTED, CS_SHAPE_PRIMITIVE } cs_service_shape;

typedef struct cs_service {
    /* set before there are connections */
    cs_keystore keys;
    cs_credentials credentials;
    cs_attested_rule rule;
    char region[33], account[13];
    bool https;
    cs_azure_account azure;   /* no tenant: not served */
    cs_google_account google; /* no pair: not served */
    cs_secret token_key;      /* of bearer tokens; lives as long as the process */
    cs_secret admin_token;    /* n == 0: no admin route */
    cs_service_shape shape;
    /* each with a lock of its own */
    cs_inject inject;
    atomic_uint answers; /* with CiphertextForRecipient, so far */
    pthread_mutex_t lock;
    uint8_t kept[CS_CMS_ANSWER_MAX]; /* the first CiphertextForRecipient, to be replayed */
    size_t kept_n;
    struct {
        char op[64];
        long count;
    } calls[CS_SERVICE_OPS]; /* by operation */
} cs_service;

/* cs_http.handle */
void cs_service_handle(void *service, cs_http_answer *answer, const cs_http_request *request);

/* Counts a call of `op` and takes the faults that hit it: 1u << kind each. Latency, garbage and a cut are set in the
 * answer at once. */
unsigned cs_service_count(cs_service *s, cs_http_answer *answer, const char *op);

#endif
