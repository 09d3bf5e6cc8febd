/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands: each takes its parsed command line, says what it has to say, and returns the exit code.
 * 0 done or verified, 1 operational error, 2 verification or policy failed, 64 wrong usage.
 */
#ifndef CS_CLI_COMMANDS_H
#define CS_CLI_COMMANDS_H

#include "sys/options.h"

/* init.c, dev.c */
int cs_command_init(const cs_args *args);
int cs_command_dev(const cs_args *args);

/* migrate.c */
int cs_command_migrate(const cs_args *args);
/* backup.c */
int cs_command_backup(const cs_args *args);
int cs_command_restore(const cs_args *args);

/* settings.c: thin over HTTP */
int cs_command_settings_get(const cs_args *args);
int cs_command_settings_set(const cs_args *args);
int cs_command_settings_clear(const cs_args *args);
int cs_command_settings_test(const cs_args *args);

/* witness.c */
int cs_command_witness(const cs_args *args);

/* doctor.c */
int cs_command_doctor(const cs_args *args);

/* local.c: no server, no network */
int cs_command_keygen(const cs_args *args);
int cs_command_sign_local(const cs_args *args);

/* sign.c: through the server, or local.c with --local */
int cs_command_sign(const cs_args *args);

/* verify.c, attest.c: offline */
int cs_command_verify(const cs_args *args);
int cs_command_attest_verify(const cs_args *args);
/* inspect.c: offline, judges nothing */
int cs_command_attest_inspect(const cs_args *args);

/* pq_record.c: thin over HTTP */
int cs_command_pq_signer_record(const cs_args *args);

/* image.c: offline */
int cs_command_manifest(const cs_args *args);
int cs_command_image_sign(const cs_args *args);

/* hybrid.c: offline */
int cs_command_hybrid_verify(const cs_args *args);

/* vault.c: thin over HTTP */
int cs_command_keys_create(const cs_args *args);
int cs_command_keys_list(const cs_args *args);
int cs_command_keys_get(const cs_args *args);
int cs_command_keys_rotate(const cs_args *args);
int cs_command_keys_suspend(const cs_args *args);
int cs_command_keys_resume(const cs_args *args);
int cs_command_keys_revoke(const cs_args *args);
int cs_command_keys_audit(const cs_args *args);
int cs_command_api_keys_create(const cs_args *args);
int cs_command_api_keys_list(const cs_args *args);
int cs_command_api_keys_rotate(const cs_args *args);
int cs_command_api_keys_revoke(const cs_args *args);
int cs_command_enclave(const cs_args *args);

/* policies.c, signatures.c: thin over HTTP */
int cs_command_attestation_policies_create(const cs_args *args);
int cs_command_attestation_policies_list(const cs_args *args);
int cs_command_attestation_policies_show(const cs_args *args);
int cs_command_attestation_policies_update(const cs_args *args);
int cs_command_attestation_policies_delete(const cs_args *args);
int cs_command_attestation_policies_refresh(const cs_args *args);
int cs_command_policies_create(const cs_args *args);
int cs_command_policies_list(const cs_args *args);
int cs_command_policies_show(const cs_args *args);
int cs_command_policies_update(const cs_args *args);
int cs_command_policies_delete(const cs_args *args);
int cs_command_signatures_list(const cs_args *args);
int cs_command_signatures_show(const cs_args *args);

/* bundle.c, ledger.c over HTTP; ledger_verify.c, lineage.c offline */
int cs_command_bundle(const cs_args *args);
int cs_command_ledger_entries(const cs_args *args);
int cs_command_ledger_checkpoint(const cs_args *args);
int cs_command_ledger_seal(const cs_args *args);
int cs_command_ledger_proof(const cs_args *args);
int cs_command_ledger_export(const cs_args *args);
int cs_command_ledger_verify(const cs_args *args);
int cs_command_lineage_verify(const cs_args *args);

#endif
