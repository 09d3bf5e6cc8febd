#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every page of the dashboard in light, in dark and on a narrow screen; pictures of them are kept in build/dashboard."""

import os

from flow import BIN, run
from flow_web import browse


def main():
    browse("look.mjs", PICTURES=os.path.join(os.path.dirname(BIN), "dashboard"))


run(main)
