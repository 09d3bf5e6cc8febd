#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools/check refuses what it is there to refuse.
exec "${CS_SOURCE:?}/tools/check" --self-test
