/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lineage of a key: each predecessor signed who its successor is (protocol/ledger.md, "Lineage").
 *
 * When a key is rotated, the predecessor signs one statement that names both keys and their public keys. Who pinned any
 * key of a lineage can so walk to the newest with nothing else, offline. The walk says which key followed which; it
 * does not say that the predecessor was still to be trusted when it signed.
 */
#ifndef CS_CORE_LINEAGE_H
#define CS_CORE_LINEAGE_H

#include "core/attest.h"
#include "core/json.h"

#define CS_LINEAGE_PROFILE "countersign/lineage/v1"

/* What a predecessor states. Everything is borrowed. */
typedef struct cs_succession {
    cs_slice predecessor, successor;                       /* key ids */
    cs_slice predecessor_public_key, successor_public_key; /* mldsaPK ‖ tradPK */
    const cs_alg *alg;                                     /* of the successor */
    cs_format format;                                      /* of the successor */
} cs_succession;

/* Appends the statement, which is what the predecessor signs: the profile and a newline, then RFC 8785 JSON
 *     {"algorithm":…,"predecessor":id,"predecessorPublicKeySha256":"sha256:…","publicKeySha256":"sha256:…",
 *      "signatureFormat":…,"successor":id}
 * CS_BAD_FIELD for an id that is empty or longer than CS_MAX_ID. */
CS_MUST_CHECK cs_err cs_lineage_statement(cs_buf *out, const cs_succession *s);

/* True if a payload begins like a statement: such ones are signed by the rotation alone, never for a client. */
bool cs_lineage_reserves(cs_slice payload);

/* One link as it is shown and kept. Everything is borrowed. */
typedef struct cs_lineage_link {
    cs_slice predecessor, successor;
    cs_slice statement;
    cs_slice signature;  /* by the predecessor, over the statement */
    cs_slice public_key; /* the successor's, as text (keytext.h) */
    cs_slice document;   /* attestation of that signature, ASCII; may be absent */
    int64_t created_ms;
} cs_lineage_link;

/* Writes a link as one object: {predecessor, successor, createdAt, statement, signature, publicKey, docB64?}. */
void cs_lineage_write(cs_jw *w, const cs_lineage_link *link);

/* Where a walk ended. */
typedef struct cs_lineage_end {
    size_t links; /* that were walked: 0 if the pinned key is the newest */
    char key_id[CS_MAX_ID + 1];
    cs_pair key; /* the newest key; close it (NULLs if the walk failed) */
} cs_lineage_end;

/* What a walk begins with and demands. */
typedef struct cs_lineage_pin {
    const cs_pair *key;
    cs_slice key_id;         /* absent: not known */
    const cs_policy *policy; /* NULL: signatures alone. Else each link carries a document that it accepts, which shows
                              * that the enclave saw the statement itself: a client that may sign pre-hashes could
                              * otherwise have it signed unseen */
    bool allow_mock;         /* as in cs_expect */
} cs_lineage_pin;

/*
 * Walks a lineage from a pinned key to the newest. `lineage` is an array of links, oldest first, as cs_lineage_write
 * wrote them; links before the pinned key are read over, as nothing vouches for them.
 * CS_LINEAGE_START: no link begins with the pinned key, and the last one does not end with it. CS_LINEAGE_BROKEN: a
 * link does not go on where the one before ended, its statement is not about these two keys, or a member is malformed.
 * CS_LINEAGE_SIGNATURE: the predecessor did not sign the statement. CS_ATT_*: its document is refused, at the time that
 * the link states; a witness is not asked for. CS_TOO_LARGE above CS_MAX_LINEAGE links.
 */
CS_MUST_CHECK cs_err cs_lineage_verify(cs_lineage_end *out, cs_jval lineage, const cs_lineage_pin *pin);

#endif
