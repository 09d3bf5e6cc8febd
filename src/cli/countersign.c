/* SPDX-License-Identifier: Apache-2.0 */
/* The command line program: its commands and options, from which parsing, help and completion are made. */
#include <malloc.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/talk.h"
#include "core/limits.h"
#include "sys/sandbox.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define TEXT(n, v, h)                                                                                                  \
    {                                                                                                                  \
        .name = (n), .kind = CS_OPT_TEXT, .value = (v), .help = (h)                                                    \
    }
#define NEEDED(n, v, h)                                                                                                \
    {                                                                                                                  \
        .name = (n), .kind = CS_OPT_TEXT, .required = true, .value = (v), .help = (h)                                  \
    }
#define FLAG(n, h)                                                                                                     \
    {                                                                                                                  \
        .name = (n), .kind = CS_OPT_FLAG, .help = (h)                                                                  \
    }
#define LIST(n, v, h)                                                                                                  \
    {                                                                                                                  \
        .name = (n), .kind = CS_OPT_LIST, .value = (v), .help = (h)                                                    \
    }

static const cs_option global[] = {
    FLAG("json", "machine-readable output"),
    TEXT("server", "URL", "the server (or COUNTERSIGN_SERVER); plain http for loopback only"),
    TEXT("api-key-file", "FILE", "file with the API key, mode 0600 (or COUNTERSIGN_API_KEY)"),
    TEXT("ca-file", "FILE", "trust these authorities for the server, PEM, and no others"),
    TEXT("client-cert", "FILE", "certificate chain to show to the server, PEM"),
    TEXT("client-key", "FILE", "its private key, PEM, not encrypted"),
    FLAG("quiet", "say nothing but errors and data"),
    FLAG("no-input", "never ask"),
};

static const cs_option init_options[] = {
    TEXT("state", "DIR", "where the state goes; must not exist or be empty, unless --org adds to it"),
    TEXT("org", "NAME", "name of the org"),
    TEXT("ledger-host", "HOST", "what the org's ledger is named after: HOST/org/ID"),
};

static const cs_option dev_options[] = {
    TEXT("state", "DIR", "state directory, made if it is missing"),
    TEXT("listen", "HOST:PORT", "loopback address to serve on; port 0 picks one (127.0.0.1:8420)"),
    TEXT("org", "NAME", "name of the org of a new state"),
    {.name = "mldsa-engine",
     .kind = CS_OPT_CHOICE,
     .value = "native|openssl",
     .help = "who computes ML-DSA and Ed25519 in enclave and gateway",
     .fallback = "native"},
    {.name = "attestation",
     .kind = CS_OPT_CHOICE,
     .value = "mock|softnsm",
     .help = "root of the enclave: an Ed25519 key, or Nitro's documents under a root of software",
     .fallback = "mock"},
    {.name = "evidence",
     .kind = CS_OPT_CHOICE,
     .value = "operation|session",
     .help = "softnsm: one proof for each operation, or for a session key",
     .fallback = "operation"},
    FLAG("pq-signer", "with the PQ Signer door: a development KMS, and mutual TLS between gateway and agent; softnsm"),
    TEXT("dynamodb-endpoint", "URL", "--pq-signer: keep key records in this emulator of DynamoDB, not in the store"),
    {.name = "recipient-key-lifetime",
     .kind = CS_OPT_TEXT,
     .value = "N",
     .help = "--pq-signer: the enclave's option of this name",
     .fallback = "0"},
    {.name = "kms-key-cache-seconds",
     .kind = CS_OPT_TEXT,
     .value = "N",
     .help = "--pq-signer: the enclave's option of this name",
     .fallback = "0"},
};

static const cs_option keygen_options[] = {
    TEXT("algorithm", "NAME",
         "mldsa{44,65,87}+ed25519, …+ecdsa-p256, mldsa87+ecdsa-p384, mldsa87+ed448, mldsa{44,65,87}"),
    TEXT("format", "NAME", "composite, concat, envelope or pure"),
    NEEDED("out", "FILE", "private key, written with mode 0600; never overwrites"),
    TEXT("public", "FILE", "public key (stdout)"),
};

static const cs_option sign_options[] = {
    TEXT("key", "NAME|ID", "the server's key"),
    NEEDED("in", "FILE", "payload; - is stdin"),
    TEXT("nonce", "B64", "8 to 64 bytes that the attestation must carry"),
    FLAG("local", "sign here, without a server and without attestation"),
    TEXT("key-file", "FILE", "private key of keygen, or PKCS#8 DER, for --local"),
};

static const cs_option verify_options[] = {
    TEXT("sign-result", "FILE", "what sign wrote"),
    TEXT("signature", "FILE|B64", "signature bytes, instead of a result"),
    TEXT("public-key", "FILE", "JSON or PEM, pinned: a key inside a result proves nothing"),
    NEEDED("payload", "FILE", "what was signed; - is stdin"),
    TEXT("bundle", "FILE", "everything about the signature, instead of a result"),
    TEXT("policy", "FILE", "the policy, pinned out of band; needed with --bundle"),
    LIST("ledger-key", "VKEY|FILE", "key of the ledger, pinned"),
    LIST("witness", "VKEY|FILE", "key of a witness that may date the entry"),
    TEXT("key-id", "ID", "the id of the key that must have signed"),
    TEXT("nonce", "B64", "the nonce that was sent"),
    FLAG("allow-mock", "accept vendor mock, a development root that proves nothing about hardware"),
};

static const cs_option bundle_options[] = {
    NEEDED("signature", "ID", "signatureId of a result of sign"),
    TEXT("out", "FILE", "where the bundle goes; never overwrites (stdout)"),
};

static const cs_option hybrid_verify_options[] = {
    NEEDED("attestation", "FILE", "what GET /v1/attestations/ID answered; - is stdin"),
    NEEDED("bundle", "FILE", "what GET /v1/attestations/ID/bundle answered"),
    NEEDED("policy", "FILE", "the policy, pinned out of band"),
    LIST("ledger-key", "VKEY|FILE", "key of the ledger, pinned"),
    LIST("witness", "VKEY|FILE", "key of a witness that may date the entry"),
    TEXT("public-key", "FILE", "the key that must have countersigned"),
    TEXT("key-id", "ID", "the id of the key that must have countersigned"),
    FLAG("allow-mock", "accept vendor mock, a development root that proves nothing about hardware"),
};

static const cs_option ledger_entries_options[] = {
    TEXT("since", "SEQ|TIME", "only from this entry or time on"),
    TEXT("event-type", "NAME", "only of this kind"),
};

static const cs_option ledger_export_options[] = {
    NEEDED("out", "FILE", "where the ledger goes, one entry a line; never overwrites"),
};

static const cs_option ledger_verify_options[] = {
    LIST("ledger-key", "VKEY|FILE", "key of the ledger, pinned"),
    LIST("checkpoint", "FILE", "checkpoint that was kept elsewhere"),
};

static const cs_option lineage_verify_options[] = {
    NEEDED("lineage", "FILE", "a key as the service shows it, or its lineage alone; - is stdin"),
    NEEDED("public-key", "FILE", "the key that is pinned: the walk begins there"),
    TEXT("key-id", "ID", "its id"),
    TEXT("policy", "FILE", "pinned policy that the document of each rotation must satisfy"),
    FLAG("allow-mock", "accept vendor mock, a development root that proves nothing about hardware"),
    TEXT("out", "FILE", "where the newest public key goes; never overwrites (stdout)"),
};

static const cs_option attest_verify_options[] = {
    NEEDED("policy", "FILE", "the policy, pinned out of band"),
    TEXT("sign-result", "FILE", "what sign wrote"),
    TEXT("doc", "FILE", "attestation document, instead of a result"),
    TEXT("signature", "FILE|B64", "signature bytes, with --doc"),
    TEXT("payload", "FILE", "what was signed; - is stdin"),
    TEXT("public-key", "FILE", "the key that must have signed"),
    TEXT("key-id", "ID", "the id of the key that must have signed"),
    TEXT("purpose", "WORD", "what that key must be for: sign or hybrid (sign)"),
    TEXT("nonce", "B64", "the nonce that was sent"),
    TEXT("evidence", "FILE", "a vendor's evidence as it came, instead of a document: Nitro, MAA, SNP …"),
    LIST("certificates", "FILE", "what an SNP report leaves out, leaf first: PEM or DER"),
    TEXT("binding", "HEX", "what the evidence's field for its caller must hold"),
    TEXT("evidence-public-key", "HEX", "the public key that a Nitro document must carry"),
    TEXT("at", "TIME", "judge at this time (RFC 3339 UTC or seconds) instead of now"),
    FLAG("production", "refuse development roots (the default, written out)"),
    FLAG("allow-mock", "accept vendor mock, a development root that proves nothing about hardware"),
    FLAG("ear", "print an EAT attestation result instead of the verdict"),
};

static const cs_option attest_inspect_options[] = {
    TEXT("sign-result", "FILE", "what sign wrote"),
    TEXT("doc", "FILE", "attestation document; the same as FILE"),
};

static const cs_option keys_create_options[] = {
    NEEDED("name", "NAME", "name, unique among the live keys"),
    TEXT("algorithm", "NAME", "as of keygen (mldsa65+ed25519)"),
    TEXT("format", "NAME", "composite, concat, envelope or pure"),
    TEXT("policy", "ID", "attestation policy to bind"),
    TEXT("kek-provider", "NAME", "who wraps the data key: env, aws-kms"),
    TEXT("key-provider", "NAME", "who holds the classical half: managed, aws-kms"),
    TEXT("pq-provider", "NAME", "who holds the ML-DSA half: managed, aws-kms, enclave-nitro …"),
    TEXT("classical-key", "ARN", "an existing key for the classical half"),
    TEXT("pq-key", "ARN", "an existing key for the ML-DSA half"),
    TEXT("purpose", "WORD", "sign or hybrid (sign)"),
    TEXT("environment", "WORD", "what the vault policies know it by (production)"),
};

static const cs_option keys_list_options[] = {
    TEXT("algorithm", "NAME", "only of this algorithm"),
    FLAG("include-revoked", "the revoked ones, too"),
};

static const cs_option keys_rotate_options[] = {TEXT("name", "NAME", "name of the successor (the same)")};

static const cs_option revoke_options[] = {FLAG("yes", "do not ask")};

static const cs_option api_keys_create_options[] = {
    NEEDED("name", "NAME", "what it is called in lists"),
    TEXT("type", "WORD", "secret or publishable (secret)"),
    TEXT("environment", "WORD", "live or test (live)"),
    NEEDED("scopes", "LIST", "keys,sign,verify,policies,ledger,settings,pq-signer,hybrid,admin"),
    TEXT("key-ids", "LIST", "the only keys that it may use"),
    TEXT("out", "FILE", "where its text goes, mode 0600 (stdout)"),
};

static const cs_option api_keys_rotate_options[] = {
    {.name = "overlap-seconds",
     .kind = CS_OPT_NUMBER,
     .value = "N",
     .help = "how long the old one still counts (86400)",
     .max = CS_MAX_OVERLAP_SECONDS},
    TEXT("out", "FILE", "where the new text goes, mode 0600 (stdout)"),
};

static const cs_option policies_create_options[] = {NEEDED("file", "FILE", "the policy as JSON; - is stdin")};

static const cs_option policies_update_options[] = {
    NEEDED("file", "FILE", "the members that change, as JSON; - is stdin")};

static const cs_option policies_refresh_options[] = {
    TEXT("issuer-ca-file", "FILE", "trust these authorities for the issuers, PEM, and no others")};

static const cs_option signatures_list_options[] = {
    TEXT("key", "ID", "only of this key"),
    TEXT("policy", "ID", "only under this attestation policy"),
    TEXT("verdict", "WORD", "only with this verdict: pass, fail or absent"),
    TEXT("since", "TIME", "only from this time on (RFC 3339 UTC or seconds)"),
};

static const cs_option settings_set_options[] = {NEEDED("file", "FILE", "the settings as JSON; - is stdin")};

static const cs_option doctor_options[] = {
    TEXT("state", "DIR", "the state directory to look at"),
    TEXT("policy", "FILE", "pinned policy, held against the enclave that runs"),
    FLAG("allow-mock", "accept vendor mock, a development root that proves nothing about hardware"),
    {"cloud-role", CS_OPT_CHOICE, false, "gateway|agent",
     "PQ Signer: try what this machine's credentials may do in AWS, as the role of ...", 0, 0, NULL},
    TEXT("table", "NAME", "with it: the DynamoDB table, which is the gateway's alone"),
    TEXT("kms-key-arn", "ARN", "with it: the KMS key, which gives neither role a data key without attestation"),
    TEXT("aws-region", "REGION", "of both; else AWS_REGION"),
    TEXT("dynamodb-endpoint", "URL", "another service than AWS's own, as an emulator"),
    TEXT("kms-endpoint", "URL", "the same"),
};

static const cs_option migrate_options[] = {
    NEEDED("from", "FILE|URL", "the store, which no gateway works with meanwhile"),
    TEXT("from-pepper", "FILE", "its pepper; FILE.pepper beside a file if not given"),
    NEEDED("to", "FILE|URL", "the new one, or an unfinished one; never overwrites"),
    TEXT("to-pepper", "FILE", "where its pepper goes; FILE.pepper beside a file if not given"),
};
static const cs_option backup_options[] = {
    TEXT("state", "DIR", "the state directory; its programs may be running"),
    NEEDED("to", "DIR", "where the copy goes, keys and all, mode 0700; must not exist or be empty"),
};

static const cs_option restore_options[] = {
    NEEDED("from", "DIR", "what backup made"),
    TEXT("state", "DIR", "where the state goes; must not exist or be empty"),
    FLAG("verify", "read everything back first; exit code 2 if something is wrong"),
};

static const cs_option witness_options[] = {
    NEEDED("name", "NAME", "the name of the witness in its cosignatures, such as its host"),
    NEEDED("state", "DIR", "its keys and what it has cosigned; made if it is missing"),
    TEXT("listen", "HOST:PORT", "where logs connect; port 0 picks a free one (127.0.0.1:8430)"),
    {.name = "log", .kind = CS_OPT_LIST, .value = "VKEY", .help = "key of a log: origin+id+key"},
    TEXT("logs", "FILE", "the same, one a line"),
    TEXT("tls-cert", "FILE", "certificate chain, PEM"),
    TEXT("tls-key", "FILE", "its private key, PEM"),
    FLAG("print-keys", "print the keys to pin and end"),
};

static const cs_option manifest_options[] = {
    TEXT("image", "FILE", "the enclave's image (EIF), whose registers are computed"),
    TEXT("enclave-program", "FILE", "countersign-enclave as it runs under a software NSM, instead of an image"),
    TEXT("root-certificate", "FILE", "root of the documents, PEM (AWS's, which is compiled in)"),
    TEXT("enclave-version", "TEXT", "label of the release (the image's, or the program's own)"),
    TEXT("out", "FILE", "where the manifest goes; never overwrites (stdout)"),
};

static const cs_option image_sign_options[] = {
    NEEDED("in", "FILE", "the image as it was built"),
    NEEDED("key", "FILE", "private key of P-384, PEM, not encrypted"),
    NEEDED("certificate", "FILE", "its certificate, PEM; its hash becomes PCR8"),
    NEEDED("out", "FILE", "where the signed image goes; never overwrites"),
};

static const cs_option pq_record_options[] = {
    NEEDED("user-id", "TEXT", "the key's user_id"),
    TEXT("out", "FILE", "where the key record goes; never overwrites (stdout)"),
    TEXT("birth-attestation", "FILE", "where the birth attestation goes, base64; never overwrites"),
};

static int run_completion(const cs_args *args)
{
    if (cs_arg_operand_count(args) == 1 && cs_program_completion(cs_arg_program(args), cs_arg_operand(args, 0), stdout))
        return CS_EXIT_OK;
    return cs_talk_usage("completion for bash, zsh or fish?");
}

#define COMMAND(n, table, o, r, h)                                                                                     \
    {                                                                                                                  \
        .name = (n), .help = (h), .options = (table), .option_count = COUNT(table), .operands = (o), .run = (r)        \
    }
#define PLAIN(n, o, r, h)                                                                                              \
    {                                                                                                                  \
        .name = (n), .help = (h), .operands = (o), .run = (r)                                                          \
    }

static const cs_command commands[] = {
    COMMAND("init", init_options, NULL, cs_command_init,
            "make a state directory, or add to one: an org and its first API keys"),
    COMMAND("dev", dev_options, NULL, cs_command_dev, "run everything on this machine, under a development root"),
    COMMAND("keygen", keygen_options, NULL, cs_command_keygen, "make a key pair of your own"),
    COMMAND("sign", sign_options, NULL, cs_command_sign, "sign a file; the result goes to stdout"),
    COMMAND("verify", verify_options, NULL, cs_command_verify, "verify a signature, offline"),
    COMMAND("attest verify", attest_verify_options, NULL, cs_command_attest_verify,
            "verify an attestation and its signature, offline"),
    COMMAND("attest inspect", attest_inspect_options, "FILE", cs_command_attest_inspect,
            "show what a document or a vendor's evidence says, unverified"),
    COMMAND("pq-signer record", pq_record_options, NULL, cs_command_pq_signer_record,
            "what the server keeps of a key of the PQ Signer door, for pq-attest"),
    COMMAND("manifest", manifest_options, NULL, cs_command_manifest,
            "write what a build of the enclave measures as, for pq-attest"),
    COMMAND("image sign", image_sign_options, NULL, cs_command_image_sign,
            "sign an enclave's image; the same bytes each time"),
    COMMAND("hybrid verify", hybrid_verify_options, NULL, cs_command_hybrid_verify,
            "verify an attestation of Hybrid Attest and its countersignature, offline"),
    COMMAND("keys create", keys_create_options, NULL, cs_command_keys_create, "create a key in the enclave"),
    COMMAND("keys list", keys_list_options, NULL, cs_command_keys_list, "list the keys"),
    PLAIN("keys get", "NAME|ID", cs_command_keys_get, "show a key"),
    PLAIN("keys show", "NAME|ID", cs_command_keys_get, "the same as keys get"),
    COMMAND("keys rotate", keys_rotate_options, "NAME|ID", cs_command_keys_rotate,
            "make a successor, which the key itself signs for"),
    PLAIN("keys suspend", "NAME|ID", cs_command_keys_suspend, "let a key sign nothing until it is resumed"),
    PLAIN("keys resume", "NAME|ID", cs_command_keys_resume, "let a suspended key sign again"),
    COMMAND("keys revoke", revoke_options, "NAME|ID", cs_command_keys_revoke, "destroy a key, for ever"),
    PLAIN("keys audit", "NAME|ID", cs_command_keys_audit, "what happened to a key, newest first"),
    COMMAND("api-keys create", api_keys_create_options, NULL, cs_command_api_keys_create,
            "make an API key; its text is shown once"),
    PLAIN("api-keys list", NULL, cs_command_api_keys_list, "list the API keys"),
    COMMAND("api-keys rotate", api_keys_rotate_options, "ID", cs_command_api_keys_rotate,
            "replace an API key; both count for a while"),
    COMMAND("api-keys revoke", revoke_options, "ID", cs_command_api_keys_revoke, "end an API key, for ever"),
    COMMAND("attestation-policies create", policies_create_options, NULL, cs_command_attestation_policies_create,
            "store a policy that keys can be bound to"),
    PLAIN("attestation-policies list", NULL, cs_command_attestation_policies_list, "list the policies"),
    PLAIN("attestation-policies show", "ID", cs_command_attestation_policies_show, "show a policy"),
    COMMAND("attestation-policies update", policies_update_options, "ID", cs_command_attestation_policies_update,
            "make the next version of a policy"),
    COMMAND("attestation-policies refresh", policies_refresh_options, "ID", cs_command_attestation_policies_refresh,
            "pin the keys that the policy's issuers have now, as a new version"),
    PLAIN("attestation-policies delete", "ID", cs_command_attestation_policies_delete,
          "delete a policy that no key is bound to"),
    COMMAND("policies create", policies_create_options, NULL, cs_command_policies_create,
            "demand something of every operation"),
    PLAIN("policies list", NULL, cs_command_policies_list, "list the vault policies"),
    PLAIN("policies show", "ID", cs_command_policies_show, "show a vault policy"),
    COMMAND("policies update", policies_update_options, "ID", cs_command_policies_update, "change a vault policy"),
    PLAIN("policies delete", "ID", cs_command_policies_delete, "delete a vault policy"),
    COMMAND("signatures list", signatures_list_options, NULL, cs_command_signatures_list, "list the signatures"),
    PLAIN("signatures show", "ID", cs_command_signatures_show, "show what is kept of a signature"),
    PLAIN("settings get", NULL, cs_command_settings_get, "show the settings, without secrets"),
    COMMAND("settings set", settings_set_options, NULL, cs_command_settings_set, "replace the settings"),
    PLAIN("settings clear", NULL, cs_command_settings_clear, "go back to the defaults, forget the secrets"),
    PLAIN("settings test", NULL, cs_command_settings_test, "try each provider; exit code 1 if one fails"),
    COMMAND("bundle", bundle_options, NULL, cs_command_bundle,
            "fetch everything about a signature, for verify --bundle"),
    COMMAND("ledger entries", ledger_entries_options, NULL, cs_command_ledger_entries, "list the entries"),
    PLAIN("ledger checkpoint", NULL, cs_command_ledger_checkpoint, "the last signed checkpoint, to be kept elsewhere"),
    PLAIN("ledger seal", NULL, cs_command_ledger_seal, "sign a checkpoint of what is there now"),
    PLAIN("ledger proof", "ENTRY-ID", cs_command_ledger_proof,
          "proof that an entry is in the ledger (C2SP tlog-proof)"),
    COMMAND("ledger export", ledger_export_options, NULL, cs_command_ledger_export, "write the whole ledger to a file"),
    COMMAND("ledger verify", ledger_verify_options, "FILE|DIR", cs_command_ledger_verify,
            "recompute an exported ledger or a directory of tiles, offline"),
    COMMAND("lineage verify", lineage_verify_options, NULL, cs_command_lineage_verify,
            "walk from a pinned key to its newest successor, offline"),
    PLAIN("enclave", NULL, cs_command_enclave, "what the server says about its enclave"),
    COMMAND("backup", backup_options, NULL, cs_command_backup, "copy a state directory, also while it is in use"),
    COMMAND("migrate", migrate_options, NULL, cs_command_migrate,
            "copy a store into a new one: SQLite, PostgreSQL, and back"),
    COMMAND("restore", restore_options, NULL, cs_command_restore, "make a state directory from a backup"),
    COMMAND("doctor", doctor_options, NULL, cs_command_doctor,
            "look at clock, limits, state, disk and server; exit code 1 if something fails"),
    COMMAND("witness", witness_options, NULL, cs_command_witness, "cosign the checkpoints of ledgers until SIGTERM"),
    PLAIN("completion", "bash|zsh|fish", run_completion, "write a completion script"),
};

static const cs_program program = {
    .name = "countersign",
    .about = "attested hybrid post-quantum signatures",
    .commands = commands,
    .command_count = COUNT(commands),
    .global = global,
    .global_count = COUNT(global),
    .global_settings_only = true,
};

int main(int argc, char **argv)
{
    /* Freed memory is overwritten: what libraries copied of an API key or a private key does not stay behind. */
    (void)mallopt(M_PERTURB, 0x5a);
    if (cs_sandbox_check_libraries() != CS_OK || cs_sandbox_harden() != CS_OK)
        return CS_EXIT_ERROR;
    return cs_talk_end(cs_program_run(&program, argc, argv));
}
