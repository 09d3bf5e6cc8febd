// SPDX-License-Identifier: Apache-2.0

export { CountersignError } from "./verify/errors.js";
export { ATTESTATION_REASONS, describeReason, type Reason } from "./verify/reasons.js";
