#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The enclave's image on a real kernel, under QEMU: both ramdisks are unpacked, the first program mounts everything and ends the
machine when no parent answers, and the service starts with the libraries that were packed. There is neither vsock nor
an NSM in this machine; needs qemu-system-x86_64 and a kernel (CS_KERNEL, else the newest in /boot)."""

import glob
import os
import platform
import shutil
import subprocess
import sys
import tempfile

from flow import SKIP, is_sanitized, run
from nitro_image import Image, build


def newest_kernel():
    found = [os.environ["CS_KERNEL"]] if "CS_KERNEL" in os.environ else sorted(glob.glob("/boot/vmlinuz-*"), key=os.path.getmtime)
    return found[-1] if found and os.access(found[-1], os.R_OK) else None


def boot(folder, image, more=""):
    """What the console says until the machine ends."""
    path = lambda name: os.path.join(folder, name)
    for name, content in (("kernel", image.of(1)[0]), ("ramdisks", b"".join(image.of(3)))):
        with open(path(name), "wb") as f:
            f.write(content)
    done = subprocess.run(["qemu-system-x86_64", "-M", "pc", "-m", "768", "-nographic", "-no-reboot", "-nic", "none", "-kernel",
                           path("kernel"), "-initrd", path("ramdisks"), "-append", image.of(2)[0].decode() + more],
                          stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=110)
    return done.stdout.decode(errors="replace")


def test():
    kernel = newest_kernel()
    if shutil.which("qemu-system-x86_64") is None or kernel is None or platform.machine() != "x86_64" or is_sanitized():
        print("skipped: no qemu-system-x86_64, or no kernel to start")
        sys.exit(SKIP)
    with tempfile.TemporaryDirectory(prefix="cs-flow-") as folder:
        build(folder, os.path.join(folder, "image.eif"), kernel=kernel)
        with open(os.path.join(folder, "image.eif"), "rb") as f:
            image = Image(f.read())
        console = boot(folder, image)
        assert "Run /init as init process" in console, console[-3000:]
        assert "init: no heartbeat with the parent" in console and "init: cannot" not in console, console[-3000:]
        assert "Attempted to kill init" in console, "the machine goes on without its first program"
        console = boot(folder, image, " rdinit=/usr/bin/countersign-enclave -- --version")
        assert "Run /usr/bin/countersign-enclave as init process" in console, console[-3000:]
        assert "\ncountersign-enclave 0." in console.replace("\r", ""), console[-3000:]


if __name__ == "__main__":
    run(test)
