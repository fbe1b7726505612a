"""Checksums: each algorithm, given back, checked, of parts and of what they make."""

import base64
import hashlib
import zlib
from typing import Any

from tests.contract.s3.contract import PART, Contract
from tests.contract.s3.stories.multipart import Upload

_BODY = b"123456789"  # whose cyclic redundancy checks stand in every catalogue of them

_SUMS = {
    "CRC32": base64.b64encode((0xCBF43926).to_bytes(4)).decode(),
    "CRC32C": base64.b64encode((0xE3069283).to_bytes(4)).decode(),
    "CRC64NVME": base64.b64encode((0xAE8B14860A799888).to_bytes(8)).decode(),
    "SHA1": base64.b64encode(hashlib.sha1(_BODY).digest()).decode(),
    "SHA256": base64.b64encode(hashlib.sha256(_BODY).digest()).decode(),
}


def _crc32(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4)).decode()


async def of_objects(told: Contract) -> None:
    """A right one is stored and given back, a wrong one refused."""
    for name, value in _SUMS.items():
        field: Any = {f"Checksum{name}": value}
        put = await told.put(name, _BODY, **field)
        told.holds(f"{name} given back", put.get(f"Checksum{name}"), value)
        head = await told.head(name, ChecksumMode="ENABLED")
        told.holds(f"{name} told", [head.get(f"Checksum{name}"), head.get("ChecksumType")], [value, "FULL_OBJECT"])
        told.holds(f"{name} not told", (await told.head(name)).get(f"Checksum{name}"), None)
        act = told.put(f"wrong {name}", _BODY + b"0", **field)
        await told.answers(f"{name} of another body", act, "400 BadDigest")
        garbled: Any = {f"Checksum{name}": "nonsense"}
        await told.answers(f"{name} garbled", told.put("wrong", _BODY, **garbled), "400 InvalidRequest")
    await told.answers("nothing was stored", told.head("wrong CRC32"), "404 404")
    two: Any = {"ChecksumCRC32": _SUMS["CRC32"], "ChecksumSHA1": _SUMS["SHA1"]}
    await told.answers("two at once", told.put("two", _BODY, **two), "400 InvalidRequest")


async def by_default(told: Contract) -> None:
    """A client that asks for none sends a CRC32 by itself; one that sends none gets a CRC64NVME."""
    put = await told.put("o", _BODY)
    told.holds("sent by the client", put.get("ChecksumCRC32"), _SUMS["CRC32"])
    got = await told.get("o", ChecksumMode="ENABLED")
    told.holds("told when got", got.get("ChecksumCRC32"), _SUMS["CRC32"])
    await told.ask("PUT", told.path("plain"), body=_BODY)
    head = await told.head("plain", ChecksumMode="ENABLED")
    told.holds("made by the server", head.get("ChecksumCRC64NVME"), _SUMS["CRC64NVME"])


async def composite(told: Contract) -> None:
    """A checksum of checksums, of each part and of all, with the number of parts behind it."""
    upload = await Upload.begin(told, "film", ChecksumAlgorithm="SHA256")
    bodies = [b"a" * PART, b"tail"]
    sums = [base64.b64encode(hashlib.sha256(body).digest()).decode() for body in bodies]
    sent = [await upload.send(n, body, ChecksumAlgorithm="SHA256") for n, body in enumerate(bodies, 1)]
    told.holds("of parts", [part.get("ChecksumSHA256") for part in sent], sums)
    listed = await upload.listed()
    told.holds("listed", [part.get("ChecksumSHA256") for part in listed["Parts"]], sums)
    told.holds("algorithm", listed.get("ChecksumAlgorithm"), "SHA256")
    parts = [{"PartNumber": n, "ETag": upload.parts[n], "ChecksumSHA256": sums[n - 1]} for n in (1, 2)]
    swapped = [{**parts[0], "ChecksumSHA256": sums[1]}, parts[1]]
    wrong = told.s3.complete_multipart_upload(**upload.name, MultipartUpload={"Parts": swapped})
    await told.answers("another sum", wrong, "400 InvalidPart")
    done = await told.s3.complete_multipart_upload(**upload.name, MultipartUpload={"Parts": parts})
    both = hashlib.sha256(b"".join(hashlib.sha256(body).digest() for body in bodies)).digest()
    whole = f"{base64.b64encode(both).decode()}-2"
    told.holds("of all", [done.get("ChecksumSHA256"), done.get("ChecksumType")], [whole, "COMPOSITE"])
    head = await told.head("film", ChecksumMode="ENABLED")
    told.holds("told", [head.get("ChecksumSHA256"), head.get("ChecksumType")], [whole, "COMPOSITE"])


async def full_object(told: Contract) -> None:
    """A checksum of the whole, which the parts' sums make up."""
    upload = await Upload.begin(told, "film", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    bodies = [b"a" * PART, b"tail"]
    for number, body in enumerate(bodies, 1):
        await upload.send(number, body, ChecksumAlgorithm="CRC32")
    whole = _crc32(b"".join(bodies))
    wrong = upload.complete(ChecksumCRC32=_crc32(b"other"), ChecksumType="FULL_OBJECT")
    await told.answers("another sum", wrong, "400 BadDigest")
    done = await upload.complete(ChecksumCRC32=whole, ChecksumType="FULL_OBJECT")
    told.holds("of all", [done.get("ChecksumCRC32"), done.get("ChecksumType")], [whole, "FULL_OBJECT"])


async def attributes(told: Contract) -> None:
    """GetObjectAttributes: of a plain object, and the parts of another in pages."""
    wanted = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    put = await told.put("plain", _BODY)
    ask = told.s3.get_object_attributes
    try:
        got = await ask(Bucket=told.bucket, Key="plain", ObjectAttributes=wanted)
        shown = [got.get("ETag"), got.get("ObjectSize"), got.get("StorageClass")]
        shown += [got.get("Checksum", {}).get("ChecksumCRC32"), got.get("ObjectParts")]
    except Exception as error:
        shown = [type(error).__name__]
    told.holds("plain", shown, [put["ETag"].strip('"'), 9, "STANDARD", _SUMS["CRC32"], None])
    upload = await Upload.begin(told, "film", ChecksumAlgorithm="CRC32")
    sent = [await upload.send(n, body, ChecksumAlgorithm="CRC32") for n, body in enumerate((b"a" * PART, b"tail"), 1)]
    sums = [part.get("ChecksumCRC32") for part in sent]
    parts = [{"PartNumber": n, "ETag": upload.parts[n], "ChecksumCRC32": _crc32(body)}
             for n, body in enumerate((b"a" * PART, b"tail"), 1)]  # fmt: skip
    await told.s3.complete_multipart_upload(**upload.name, MultipartUpload={"Parts": parts})
    try:
        got = await ask(Bucket=told.bucket, Key="film", ObjectAttributes=wanted, MaxParts=1)
        pages = got["ObjectParts"]
        shown = [pages.get("TotalPartsCount"), pages.get("IsTruncated"), pages.get("NextPartNumberMarker")]
        shown += [[(part["PartNumber"], part["Size"], part.get("ChecksumCRC32")) for part in pages["Parts"]]]
    except Exception as error:
        shown = [type(error).__name__]
    told.holds("parts in pages", shown, [2, True, 1, [(1, PART, sums[0])]])


STORIES = (of_objects, by_default, composite, full_object, attributes)
