# SPDX-License-Identifier: Apache-2.0
variable "name" {
  description = "Prefix of the names of everything made here."
  type        = string
  default     = "countersign"
}

variable "vpc_id" {
  description = "The VPC of gateway and Nitro host."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets for the endpoint of the KMS."
  type        = list(string)
}

variable "route_table_ids" {
  description = "Route tables of the gateway's subnets, for the endpoint of DynamoDB."
  type        = list(string)
}

variable "client_cidrs" {
  description = "Where custodians connect from; the door is theirs alone, never open to the internet."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.client_cidrs : !endswith(cidr, "/0")])
    error_message = "The gateway is for custodians, not for the internet."
  }
}

variable "client_port" {
  description = "Where the gateway listens."
  type        = number
  default     = 443
}

variable "administrators" {
  description = "ARNs that may administer the key, the caller's own included. They can change its policy, but not use it."
  type        = list(string)

  validation {
    condition     = length(var.administrators) > 0
    error_message = "A key without an administrator could never be changed again."
  }
}

variable "enclave_pcr0" {
  description = "PCR0 of every release that may have data keys, from its measurement manifest: 96 hex digits each."
  type        = list(string)

  validation {
    condition = length(var.enclave_pcr0) > 0 && alltrue(
      [for pcr in var.enclave_pcr0 : can(regex("^[0-9a-f]{96}$", pcr)) && !can(regex("^0+$", pcr))]
    )
    error_message = "Each is 96 lower-case hex digits and not zero: an enclave in debug mode attests zeros."
  }
}

variable "enclave_pcr8" {
  description = "PCR8 of whoever may sign releases, from the manifest: 96 hex digits each."
  type        = list(string)

  validation {
    condition = length(var.enclave_pcr8) > 0 && alltrue(
      [for pcr in var.enclave_pcr8 : can(regex("^[0-9a-f]{96}$", pcr)) && !can(regex("^0+$", pcr))]
    )
    error_message = "Each is 96 lower-case hex digits and not zero: zero is an image that nobody signed."
  }
}

variable "enclave_memory_mib" {
  description = "What the Nitro host sets aside for the enclave; told to the operator as an output."
  type        = number
  default     = 1024
}
