/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the enclave asks the agent for while it serves one request (protocol/frames.md §4): each question is answered,
 * with the reply of its type or with an Error frame, before the next one. Written and read here for both.
 *
 * The agent is no friend: a reply says nothing that the enclave does not prove by opening or verifying something.
 */
#ifndef CS_CORE_KMS_FRAME_H
#define CS_CORE_KMS_FRAME_H

#include "core/crypto.h"
#include "core/framing.h"
#include "core/limits.h"

typedef enum cs_kms_type {
    CS_KMS_GENERATE_DATA_KEY, /* a fresh data key: wrapped, and for the recipient of an attestation document */
    CS_KMS_DECRYPT_DATA_KEY,  /* a wrapped one for such a recipient */
    CS_KMS_SIGN,              /* a signature by a key that lives in a KMS */
    CS_KMS_PUBLIC_KEY,        /* its public key */
    CS_KMS_CREATE_KEY,        /* a new key that signs */
    CS_KMS_TUNNEL,            /* open a TCP connection to a host of the KMS; credentials are lent for it */
    CS_KMS_TUNNEL_SEND,       /* bytes to that host */
    CS_KMS_TUNNEL_RECEIVE,    /* bytes from it, at least one; none: it ended the stream */
    CS_KMS_COUNT
} cs_kms_type;

/* "KmsGenerateDataKey", … */
const char *cs_kms_type_name(cs_kms_type t);

/* One pair of an encryption context. */
typedef struct cs_kms_pair {
    cs_slice name;  /* 1..CS_MAX_ID of a-z and _ */
    cs_slice value; /* 1..CS_MAX_USER_ID bytes, UTF-8 */
} cs_kms_pair;

typedef struct cs_kms_request {
    cs_kms_type type;
    /* All but the tunnel */
    cs_slice provider; /* "aws-kms" */
    cs_slice key_id;   /* the provider's name of the key: an ARN; not CreateKey */
    /* GenerateDataKey, DecryptDataKey */
    cs_kms_pair context[CS_MAX_KMS_CONTEXT];
    size_t context_count;
    /* Attestation document whose public_key the data key is to be encrypted for; absent where the root of trust makes
     * none: the data key then comes in the clear. */
    cs_slice recipient;
    cs_slice wrapped; /* DecryptDataKey: what the provider gave for it */
    /* Sign: one of the three. CreateKey has the algorithm, too. */
    cs_prim algorithm;
    cs_slice message; /* as the key's algorithm takes it: ECDSA hashes it */
    cs_slice digest;  /* ECDSA: what it would hash the message to */
    cs_slice mu;      /* ML-DSA: 64 bytes */
    /* CreateKey */
    cs_slice region;
    cs_slice description; /* what the key's owner sees */
    /* Tunnel: host, or host:port */
    cs_slice host;
    cs_slice bytes; /* TunnelSend: 1..CS_MAX_TUNNEL_BYTES */
    size_t max;     /* TunnelReceive: 1..CS_MAX_TUNNEL_BYTES */
} cs_kms_request;

typedef struct cs_kms_reply {
    cs_kms_type type;
    /* GenerateDataKey, DecryptDataKey: one of the two */
    cs_slice for_recipient; /* CMS */
    cs_slice data_key;      /* 32 bytes, in the clear: no recipient was named */
    cs_slice wrapped;       /* GenerateDataKey */
    cs_slice signature;     /* Sign: as the provider gives it; ECDSA in DER */
    cs_slice public_key;    /* PublicKey: SubjectPublicKeyInfo */
    cs_slice key_id;        /* CreateKey */
    /* Tunnel: temporary credentials; the token may be absent */
    cs_slice access_key_id, secret_access_key, session_token, region;
    cs_slice bytes; /* TunnelReceive */
} cs_kms_reply;

/* Append the complete frame. Replies hold credentials (Tunnel) or a data key: `out` wipes itself. */
CS_MUST_CHECK cs_err cs_kms_request_write(cs_buf *out, const cs_kms_request *r);
CS_MUST_CHECK cs_err cs_kms_reply_write(cs_buf *out, const cs_kms_reply *r);

/* Whether a frame that the enclave sent is a question of this page; nothing else is looked at. Everything that was
 * written by cs_kms_request_write is, no reply of message.h is. */
bool cs_kms_is_request(cs_slice json);
/* As cs_request_read and cs_reply_read: CS_FRAME_TYPE for another type. An Error frame gives CS_KMS_DENIED,
 * CS_KMS_PLAINTEXT or CS_PROVIDER_NOT_AVAILABLE if it says so, else CS_KMS_UNAVAILABLE. What a reply holds is wiped by
 * cs_frame_in_free. */
CS_MUST_CHECK cs_err cs_kms_request_read(cs_kms_request *r, cs_frame_in *in, cs_slice json);
CS_MUST_CHECK cs_err cs_kms_reply_read(cs_kms_reply *r, cs_frame_in *in, cs_slice json, cs_kms_type expected);

#endif
