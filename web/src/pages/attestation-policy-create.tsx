// SPDX-License-Identifier: Apache-2.0

import { Page } from "../parts/layout.js";

export default function Soon() {
  return <Page title="Soon"><p>Soon.</p></Page>;
}
