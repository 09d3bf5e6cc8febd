# SPDX-License-Identifier: Apache-2.0
# Two roles, split: the gateway reads and writes key records and can call no KMS; the Nitro host relays calls to the KMS
# and sees no key record. Each denies itself what is the other's, so that no policy attached later undoes it.
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "gateway" {
  name               = "${var.name}-gateway"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role" "nitro_host" {
  name               = "${var.name}-nitro-host"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

data "aws_iam_policy_document" "gateway" {
  statement {
    sid       = "KeyRecords"
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [aws_dynamodb_table.keys.arn]
  }

  statement {
    sid       = "NoKeys"
    effect    = "Deny"
    actions   = ["kms:*"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "nitro_host" {
  statement {
    sid       = "RelayOfTheEnclave"
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [aws_kms_key.wrapping.arn]
  }

  statement {
    sid       = "NoRecords"
    effect    = "Deny"
    actions   = ["dynamodb:*"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "gateway" {
  name   = "key-records"
  role   = aws_iam_role.gateway.id
  policy = data.aws_iam_policy_document.gateway.json
}

resource "aws_iam_role_policy" "nitro_host" {
  name   = "relay"
  role   = aws_iam_role.nitro_host.id
  policy = data.aws_iam_policy_document.nitro_host.json
}

resource "aws_iam_instance_profile" "gateway" {
  name = aws_iam_role.gateway.name
  role = aws_iam_role.gateway.name
}

resource "aws_iam_instance_profile" "nitro_host" {
  name = aws_iam_role.nitro_host.name
  role = aws_iam_role.nitro_host.name
}
