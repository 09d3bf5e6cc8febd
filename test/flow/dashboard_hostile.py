#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Markup in every text, other sites and a lying service: nothing of it runs in the dashboard, nothing is shown green."""

from flow import run
from flow_web import browse


def main():
    browse("attack.mjs")


run(main)
