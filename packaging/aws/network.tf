# SPDX-License-Identifier: Apache-2.0
# Custodian -> gateway -> Nitro host -> KMS, and gateway -> DynamoDB. Nothing else, in either direction.
resource "aws_security_group" "gateway" {
  name        = "${var.name}-gateway"
  description = "Gateway: custodians in, Nitro host and DynamoDB out"
  vpc_id      = var.vpc_id
}

resource "aws_security_group" "nitro_host" {
  name        = "${var.name}-nitro-host"
  description = "Nitro host: gateway in, KMS out, nothing public"
  vpc_id      = var.vpc_id
}

resource "aws_security_group" "kms_endpoint" {
  name        = "${var.name}-kms-endpoint"
  description = "Endpoint of the KMS: Nitro host in"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "gateway_from_custodian" {
  for_each = toset(var.client_cidrs)

  security_group_id = aws_security_group.gateway.id
  description       = "Custodians, mutual TLS"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = var.client_port
  to_port           = var.client_port
}

resource "aws_vpc_security_group_egress_rule" "gateway_to_host" {
  security_group_id            = aws_security_group.gateway.id
  description                  = "The agent, mutual TLS"
  referenced_security_group_id = aws_security_group.nitro_host.id
  ip_protocol                  = "tcp"
  from_port                    = local.agent_port
  to_port                      = local.agent_port
}

resource "aws_vpc_security_group_egress_rule" "gateway_to_dynamodb" {
  security_group_id = aws_security_group.gateway.id
  description       = "Key records, through the endpoint of the VPC"
  prefix_list_id    = aws_vpc_endpoint.dynamodb.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "host_from_gateway" {
  security_group_id            = aws_security_group.nitro_host.id
  description                  = "The gateway, mutual TLS"
  referenced_security_group_id = aws_security_group.gateway.id
  ip_protocol                  = "tcp"
  from_port                    = local.agent_port
  to_port                      = local.agent_port
}

resource "aws_vpc_security_group_egress_rule" "host_to_kms" {
  security_group_id            = aws_security_group.nitro_host.id
  description                  = "The KMS, through the endpoint of the VPC"
  referenced_security_group_id = aws_security_group.kms_endpoint.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_ingress_rule" "kms_from_host" {
  security_group_id            = aws_security_group.kms_endpoint.id
  description                  = "The Nitro host"
  referenced_security_group_id = aws_security_group.nitro_host.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

data "aws_iam_policy_document" "kms_endpoint" {
  statement {
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [aws_kms_key.wrapping.arn]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.nitro_host.arn]
    }
  }
}

resource "aws_vpc_endpoint" "kms" {
  vpc_id              = var.vpc_id
  service_name        = "com.amazonaws.${data.aws_region.current.name}.kms"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.kms_endpoint.id]
  private_dns_enabled = true
  policy              = data.aws_iam_policy_document.kms_endpoint.json
}

data "aws_iam_policy_document" "dynamodb_endpoint" {
  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [aws_dynamodb_table.keys.arn]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.gateway.arn]
    }
  }
}

resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.dynamodb"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = var.route_table_ids
  policy            = data.aws_iam_policy_document.dynamodb_endpoint.json
}
