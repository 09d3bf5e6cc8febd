#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard in headless Chromium: log in, make a key, sign, tamper, rotate, revoke; policies that refuse."""

from flow import run
from flow_web import browse


def main():
    browse("use.mjs")


run(main)
