#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ledger and overview of the dashboard in headless Chromium: live entries, proofs, the whole ledger verified, and a service that
changes some of it."""

from flow import run
from flow_web import browse


def main():
    browse("ledger.mjs")


run(main)
