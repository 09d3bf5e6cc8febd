// SPDX-License-Identifier: Apache-2.0
//
// The vendors of hardware that are built in.

import type { Vendor } from "./vendor.js";

export const VENDORS: readonly Vendor[] = [];
