#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Settings of the dashboard in headless Chromium: a secret that goes in and is never shown, providers that are tried."""

from flow import run
from flow_web import browse


def main():
    browse("settings.mjs")


run(main)
