# SPDX-License-Identifier: Apache-2.0
output "kms_key_arn" {
  description = "For --kms-key-arn of the gateway."
  value       = aws_kms_key.wrapping.arn
}

output "table" {
  description = "For --table of the gateway."
  value       = aws_dynamodb_table.keys.name
}

output "launch_templates" {
  description = "What the two machines are launched from."
  value = {
    gateway    = aws_launch_template.gateway.id
    nitro_host = aws_launch_template.nitro_host.id
  }
}

output "enclave_memory_mib" {
  description = "For nitro-cli run-enclave --memory on the Nitro host."
  value       = var.enclave_memory_mib
}
