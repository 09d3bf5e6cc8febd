# SPDX-License-Identifier: Apache-2.0
# What both machines must be: credentials only by IMDSv2, and not from inside a container. Images, disks and sizes are
# the operator's, who launches from these templates.
resource "aws_launch_template" "gateway" {
  name                   = "${var.name}-gateway"
  vpc_security_group_ids = [aws_security_group.gateway.id]

  iam_instance_profile {
    name = aws_iam_instance_profile.gateway.name
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
}

resource "aws_launch_template" "nitro_host" {
  name                   = "${var.name}-nitro-host"
  vpc_security_group_ids = [aws_security_group.nitro_host.id]

  enclave_options {
    enabled = true
  }

  iam_instance_profile {
    name = aws_iam_instance_profile.nitro_host.name
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
}
