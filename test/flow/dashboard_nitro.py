#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard judges documents of a Nitro Security Module (of software) in headless Chromium."""

from flow import run
from flow_web import browse


def main():
    browse("nitro.mjs", "--attestation", "softnsm")


run(main)
