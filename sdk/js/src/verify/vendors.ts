// SPDX-License-Identifier: Apache-2.0
//
// The vendors of hardware that are built in.

import { AZURE } from "./azure.js";
import { GCP } from "./gcp.js";
import { NITRO } from "./nitro.js";
import { SNP } from "./snp.js";
import { TDX } from "./tdx.js";
import type { Vendor } from "./vendor.js";

export const VENDORS: readonly Vendor[] = [NITRO, AZURE, GCP, SNP, TDX];
