#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No program starts on an OpenSSL before 3.5: the machine's own, where it is that old, is put in front of ours.
set -u
for folder in /usr/lib/*-linux-gnu; do
    [ -e "$folder/libcrypto.so.3" ] && break
done
if ! [ -e "$folder/libcrypto.so.3" ] || grep -aq 'OPENSSL_3\.5\.0' "$folder/libcrypto.so.3"; then
    echo "no OpenSSL before 3.5 on this machine; skipped"
    exit 77
fi
failed=0
for program in countersign countersign-enclave countersign-agent countersign-gateway; do
    "$CS_BIN/$program" --version >/dev/null || { echo "$program does not start on its own OpenSSL"; failed=1; }
    if LD_LIBRARY_PATH=$folder "$CS_BIN/$program" --version; then
        echo "$program started on $folder/libcrypto.so.3"
        failed=1
    fi
done
exit "$failed"
