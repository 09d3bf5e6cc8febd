# SPDX-License-Identifier: Apache-2.0
data "aws_region" "current" {}

locals {
  agent_port = 8443

  # Everything that gives out, or is given, what the key protects.
  key_uses = [
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
  ]
}

# Key records: a conditional put makes each user_id once, and nothing is ever overwritten.
resource "aws_dynamodb_table" "keys" {
  name                        = "${var.name}-pq-keys"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "user_id"
  deletion_protection_enabled = true

  attribute {
    name = "user_id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

# Data keys leave it for an attested enclave alone, whoever asks: key-policy.json.tftpl.
resource "aws_kms_key" "wrapping" {
  description             = "Wraps the data keys of ${var.name}, for attested enclaves alone"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = templatefile("${path.module}/key-policy.json.tftpl", {
    administrators = var.administrators
    host_role      = aws_iam_role.nitro_host.arn
    images         = var.enclave_pcr0
    signers        = var.enclave_pcr8
    uses           = local.key_uses
  })
}

resource "aws_kms_alias" "wrapping" {
  name          = "alias/${var.name}-pq-signer"
  target_key_id = aws_kms_key.wrapping.key_id
}
