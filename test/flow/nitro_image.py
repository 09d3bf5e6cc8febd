#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The enclave's image: two builds give the same bytes, an independent reader finds in it what was put in and nothing
else, the registers are those that `countersign manifest` computes, and what was packed is enough to run the program."""

import hashlib
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import zlib

from flow import SKIP, is_sanitized, program, run

SOURCE = os.environ["CS_SOURCE"]
BUILDER = os.path.join(SOURCE, "packaging/nitro/build-image")
AWS = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"


class Image:
    """A reader of its own: EIF version 4, big-endian."""

    def __init__(self, data):
        assert data[:4] == b".eif"
        self.data = data
        version, self.flags, _, _, reserved, count = struct.unpack_from(">HHQQHH", data, 4)
        offsets, sizes = struct.unpack_from(">32Q", data, 28), struct.unpack_from(">32Q", data, 284)
        unused, crc = struct.unpack_from(">II", data, 540)
        assert (version, reserved, unused) == (4, 0, 0) and crc == zlib.crc32(data[548:], zlib.crc32(data[:544]))
        self.sections, at = [], 548
        for i in range(count):
            kind, flags, size = struct.unpack_from(">HHQ", data, at)
            assert (at, size) == (offsets[i], sizes[i]), "the header tells other places"
            self.sections.append((kind, data[at + 12:at + 12 + size]))
            at += 12 + size
        assert at == len(data) and not any(offsets[count:]) and not any(sizes[count:])

    def of(self, kind):
        return [data for k, data in self.sections if k == kind]

    def registers(self):
        extend = lambda content: hashlib.sha384(bytes(48) + hashlib.sha384(content).digest()).hexdigest()
        kernel, line, disks = self.of(1)[0], self.of(2)[0], self.of(3)
        return {"0": extend(kernel + line + b"".join(disks)), "1": extend(kernel + line + disks[0]), "2": extend(disks[1])}


def unpack(archive):
    """{name: (mode, bytes)} of a cpio archive, every field of every member looked at."""
    out, at = {}, 0
    while True:
        assert archive[at:at + 6] == b"070701"
        number, mode, uid, gid, links, time, size, *device, named, check = (
            int(archive[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13))
        name = archive[at + 110:at + 110 + named - 1].decode()
        assert (uid, gid, links, time, check, device) == (0, 0, 1, 0, 0, [0, 0, 0, 0]), name
        at += 110 + named
        at += -at % 4
        if name == "TRAILER!!!":
            assert not any(archive[at:]) and len(archive) % 512 == 0
            return out
        assert name not in out and number == len(out) + 1
        out[name] = (mode, archive[at:at + size])
        at += size
        at += -at % 4


def build(folder, out, *more, kernel=None, code=0):
    argv = [BUILDER, "--kernel", kernel or os.path.join(folder, "kernel"), "--init", program("nitro-init"), "--program",
            program("countersign-enclave"), "--image-version", "0.1.0", "--out", out, *more]
    done = subprocess.run(argv, cwd=folder, capture_output=True, check=False)
    assert done.returncode == code, done
    return json.loads(done.stdout) if code == 0 else done.stderr.decode()


def told(code, *argv):
    done = subprocess.run([program("countersign"), *argv], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == code, (argv, done)
    return done.stdout.decode() if code == 0 else done.stderr.decode()


def same_bytes(folder):
    """From other places, at another time, under another umask, with files of other dates and other modes."""
    first = build(folder, "first.eif")
    other = tempfile.mkdtemp(dir=folder)
    for name in ("countersign-enclave", "nitro-init"):
        shutil.copyfile(program(name), os.path.join(other, name))
        os.utime(os.path.join(other, name), (1, 1))
    shutil.copyfile(os.path.join(folder, "kernel"), os.path.join(other, "vmlinuz"))
    umask = os.umask(0o077)
    argv = [BUILDER, "--out", "second.eif", "--image-version", "0.1.0", "--program", "./countersign-enclave", "--init",
            "./nitro-init", "--kernel", "./vmlinuz"]
    env = {"PATH": os.environ["PATH"], "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "9"}
    done = subprocess.run(argv, cwd=other, env=env, capture_output=True, check=False)
    os.umask(umask)
    assert done.returncode == 0 and json.loads(done.stdout) == first, done
    with open(os.path.join(folder, "first.eif"), "rb") as f, open(os.path.join(other, "second.eif"), "rb") as g:
        data = f.read()
        assert data == g.read(), "two builds differ"
    assert hashlib.sha256(data).hexdigest() == first["image_sha256"] and len(data) == first["size"]
    return first, data


def contents(folder, facts, data):
    image = Image(data)
    assert [kind for kind, _ in image.sections] == [1, 2, 5, 3, 3]
    assert {**image.registers(), "8": "00" * 48} == facts["pcrs"], facts
    with open(os.path.join(folder, "kernel"), "rb") as f:
        assert image.of(1) == [f.read()]
    known = json.loads(image.of(5)[0])
    assert known["ImageVersion"] == "0.1.0" and known["BuildMetadata"]["BuildTime"] == "1970-01-01T00:00:00Z"
    first, second = (unpack(disk) for disk in image.of(3))
    assert set(first) == {"init", "dev", "proc", "sys", "run", "tmp"}, first.keys()
    assert all(stat.S_ISDIR(first[name][0]) for name in first if name != "init")
    with open(program("nitro-init"), "rb") as f, open(program("countersign-enclave"), "rb") as g:
        assert first["init"] == (0o100755, f.read()) and second["usr/bin/countersign-enclave"] == (0o100755, g.read())
    command = second["etc/countersign/command"][1].split(b"\0")
    assert command[0] == b"/usr/bin/countersign-enclave" and b"nsm" in command and command[-1] == b""
    files = {name for name, (mode, _) in second.items() if stat.S_ISREG(mode)}
    libraries = {os.path.basename(name).split(".so")[0] for name in files if ".so" in name}
    assert {"libcrypto", "libsodium", "libyyjson", "libc", "libseccomp"} <= libraries, libraries
    assert not {name for name in files if not name.startswith(("usr/bin/", "lib", "etc/countersign/"))}, files
    assert not any(word in " ".join(files) for word in ("curl", "sqlite", "libevent")), files
    return first, second


def manifest(folder, facts):
    """The same registers, computed by other code; AWS's root unless another is pinned."""
    got = json.loads(told(0, "manifest", "--image", os.path.join(folder, "first.eif")))
    assert got == {"version": 1, "enclave_version": "0.1.0", "pcrs": facts["pcrs"], "root_sha256": AWS}, got
    out = os.path.join(folder, "manifest.json")
    told(0, "manifest", "--image", os.path.join(folder, "first.eif"), "--enclave-version", "2.0", "--out", out)
    with open(out) as f:
        assert json.load(f) == {**got, "enclave_version": "2.0"}
    assert "CONFLICT" in told(1, "manifest", "--image", os.path.join(folder, "first.eif"), "--out", out)
    told(64, "manifest")
    told(64, "manifest", "--image", out, "--enclave-program", out)
    told(64, "manifest", "--enclave-program", out)
    told(64, "manifest", "--image", os.path.join(folder, "first.eif"), "--enclave-version", "2 0")
    assert "BAD_FORMAT" in told(1, "manifest", "--image", out)
    with open(program("countersign-enclave"), "rb") as f:
        image = hashlib.sha384(f.read()).hexdigest()
    root, pem = certificate(folder, "root")
    soft = json.loads(told(0, "manifest", "--enclave-program", program("countersign-enclave"), "--root-certificate", root))
    assert soft["pcrs"] == {"0": image, "1": "00" * 48, "2": "00" * 48, "8": "00" * 48} and soft["root_sha256"] == hashlib.sha256(
        der(pem)).hexdigest(), soft


def der(pem):
    import base64
    return base64.b64decode("".join(pem.split("-----")[2].split()))


def openssl(*argv):
    return subprocess.run(["openssl", *argv], capture_output=True, check=True).stdout


def certificate(folder, name, curve="secp384r1"):
    """A key (NAME.key) and its certificate, by openssl; path and text of the latter."""
    path = lambda end: os.path.join(folder, name + end)
    openssl("ecparam", "-name", curve, "-genkey", "-noout", "-out", path(".key"))
    openssl("req", "-x509", "-new", "-key", path(".key"), "-sha384", "-days", "30", "-subj", "/CN=" + name, "-out", path(".pem"))
    with open(path(".pem")) as f:
        return path(".pem"), f.read()


def numbers(data, at):
    """An array of CBOR numbers at a place: its bytes, and what is behind it."""
    assert data[at] in (0x98, 0x99)
    wide = data[at] - 0x97
    count, at, out = int.from_bytes(data[at + 1:at + 1 + wide], "big"), at + 1 + wide, bytearray()
    for _ in range(count):
        if data[at] == 0x18:
            out.append(data[at + 1])
            at += 2
        else:
            assert data[at] < 24
            out.append(data[at])
            at += 1
    return bytes(out), at


def signed(folder, facts):
    """PCR8 is the certificate's, the signature verifies by openssl, and signing again gives the same bytes."""
    path = lambda name: os.path.join(folder, name)
    pem_path, pem = certificate(folder, "signer")
    sign = ["image", "sign", "--in", path("first.eif"), "--key", path("signer.key"), "--certificate", pem_path, "--out"]
    told(0, *sign, path("signed.eif"))
    told(0, *sign, path("again.eif"))
    assert "CONFLICT" in told(1, *sign, path("again.eif"))
    told(0, "image", "sign", "--in", path("signed.eif"), *sign[4:], path("twice.eif"))
    with open(path("signed.eif"), "rb") as f, open(path("again.eif"), "rb") as g, open(path("twice.eif"), "rb") as h:
        data = f.read()
        assert data == g.read() == h.read(), "signatures differ"
    image = Image(data)
    assert [kind for kind, _ in image.sections] == [1, 2, 5, 3, 3, 4]
    pcr8 = hashlib.sha384(bytes(48) + hashlib.sha384(der(pem)).digest()).hexdigest()
    got = json.loads(told(0, "manifest", "--image", path("signed.eif")))
    assert got["pcrs"] == {**facts["pcrs"], "8": pcr8}, got

    section = image.of(4)[0]
    assert section[:2] == b"\x81\xa2" and section[2:22] == b"\x73signing_certificate"
    text, at = numbers(section, 22)
    assert text.decode() == pem and section[at:at + 10] == b"\x69signature"
    cose, at = numbers(section, at + 10)
    assert at == len(section)
    value = b"".join(b"\x18" + bytes([b]) if b > 23 else bytes([b]) for b in bytes.fromhex(facts["pcrs"]["0"]))
    payload = b"\xa2\x6eregister_index\x00\x6eregister_value\x98\x30" + value
    wrapped = (b"\x58" + bytes([len(payload)]) if len(payload) > 23 else bytes([0x40 + len(payload)])) + payload
    head = b"\x84\x44\xa1\x01\x38\x22\xa0" + wrapped + b"\x58\x60"
    assert cose.startswith(head) and len(cose) == len(head) + 96, cose.hex()
    integer = lambda n: b"\x02" + bytes([len(b := n.to_bytes(n.bit_length() // 8 + 1, "big"))]) + b
    rs = b"".join(integer(int.from_bytes(cose[-96:][i:i + 48], "big")) for i in (0, 48))
    with open(path("sig"), "wb") as f:
        f.write(b"\x30" + bytes([len(rs)]) + rs)
    with open(path("tbs"), "wb") as f:
        f.write(b"\x84\x6aSignature1\x44\xa1\x01\x38\x22\x40" + wrapped)
    with open(path("signer.pub"), "wb") as f:
        f.write(openssl("x509", "-in", pem_path, "-pubkey", "-noout"))
    assert b"Verified OK" in openssl("dgst", "-sha384", "-verify", path("signer.pub"), "-signature", path("sig"), path("tbs"))
    return data


def refusals(folder, data):
    path = lambda name: os.path.join(folder, name)

    def broken(content):
        with open(path("broken.eif"), "wb") as f:
            f.write(content)
        return told(1, "manifest", "--image", path("broken.eif"))

    whole = lambda d: d[:544] + struct.pack(">I", zlib.crc32(d[548:], zlib.crc32(d[:544]))) + d[548:]
    assert whole(data) == data
    for at in (0, 5, 9, 30, 290, 543, 547, 548, 600, len(data) // 2, len(data) - 1):
        assert "BAD_FORMAT" in broken(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]), at
    for content in (b"", data[:547], data[:-1], data + b"\0"):
        assert "BAD_FORMAT" in broken(content)
    # With a CRC that is right: another kernel under the old signature, and a version that does not exist.
    assert "BAD_SIGNATURE" in told_refused(folder, whole(data[:600] + bytes([data[600] ^ 1]) + data[601:]))
    assert "BAD_FORMAT" in broken(whole(data[:5] + b"\5" + data[6:]))

    certificate(folder, "other")
    certificate(folder, "weak", "prime256v1")
    sign = lambda key, pem: told(1, "image", "sign", "--in", path("first.eif"), "--key", path(key), "--certificate", path(pem),
                                 "--out", path("never.eif"))
    assert "BAD_PRIVATE_KEY" in sign("other.key", "signer.pem")
    assert "BAD_PRIVATE_KEY" in sign("weak.key", "weak.pem")
    assert "BAD_FORMAT" in sign("signer.key", "signer.key")
    assert "BAD_PRIVATE_KEY" in sign("signer.pem", "signer.pem")
    assert not os.path.exists(path("never.eif"))

    assert "File exists" in build(folder, "first.eif", code=1)
    assert "No such file" in build(folder, "never.eif", kernel="nowhere", code=1)
    assert "no 64-bit program" in build(folder, "never.eif", "--program", path("kernel"), code=1)
    assert "not linked statically" in build(folder, "never.eif", "--init", program("countersign-enclave"), code=1)
    for pair in ("kernel", "kernel=relative", "kernel=/init", "kernel=/a/../init", "kernel=/usr/bin/countersign-enclave"):
        assert "--file" in build(folder, "never.eif", "--file", pair, code=1), pair
    assert "arguments" in build(folder, "never.eif", "--argument", "", code=1)
    assert not os.path.exists(path("never.eif"))


def told_refused(folder, content):
    with open(os.path.join(folder, "broken.eif"), "wb") as f:
        f.write(content)
    return told(2, "manifest", "--image", os.path.join(folder, "broken.eif"))


def what_is_measured(folder, facts):
    """Each input moves the registers that it should, and no others."""
    rows = [(("--command-line", "quiet"), "01"), (("--argument", "serve"), "02"), (("--file", "kernel=/etc/countersign/roots.pem"), "02"),
            (("--nsm-driver", "kernel"), "01"), (("--image-version", "9"), "")]
    for i, (more, moved) in enumerate(rows):
        got = build(folder, f"row-{i}.eif", *more)
        assert {n for n in "012" if got["pcrs"][n] != facts["pcrs"][n]} == set(moved), (more, got)
        assert got["image_sha256"] != facts["image_sha256"]


def runs(folder, disks):
    """In a root that has the image's files and no others, the program starts: its set of libraries is closed."""
    root = tempfile.mkdtemp(dir=folder)
    for disk in disks:
        for name, (mode, data) in sorted(disk.items()):
            place = os.path.join(root, name)
            if stat.S_ISDIR(mode):
                os.makedirs(place, exist_ok=True)
                continue
            with open(place, "wb") as f:
                f.write(data)
            os.chmod(place, mode & 0o777)
    inside = lambda *argv: subprocess.run(["unshare", "-r", shutil.which("chroot"), root, *argv], capture_output=True, check=False,
                                          env={"PATH": os.environ["PATH"]})
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-r", "true"], capture_output=True, check=False).returncode != 0:
        print("no user namespaces here; what is packed was not run")
        return
    done = inside("/usr/bin/countersign-enclave", "--version")
    assert done.returncode == 0 and done.stdout.startswith(b"countersign-enclave "), done
    done = inside("/init")
    assert done.returncode == 1 and b"for the first process of an enclave alone" in done.stderr, done


def test():
    if is_sanitized():
        print("skipped: an image is made of the programs that are released")
        sys.exit(SKIP)
    with tempfile.TemporaryDirectory(prefix="cs-flow-") as folder:
        with open(os.path.join(folder, "kernel"), "wb") as f:
            f.write(hashlib.shake_128(b"stands for a kernel, which is measured and not looked at").digest(1 << 20))
        facts, data = same_bytes(folder)
        disks = contents(folder, facts, data)
        manifest(folder, facts)
        refusals(folder, signed(folder, facts))
        what_is_measured(folder, facts)
        runs(folder, disks)


if __name__ == "__main__":
    run(test)
