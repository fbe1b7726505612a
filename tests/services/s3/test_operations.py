"""The table of operations is whole: every operation of the AWS model is in it, and what it says is what happens.

botocore's description of S3 is the judge: names, methods, sub-resources, parameters and headers.
"""

from typing import Any

import botocore.session
import pytest

from simulator.services.http.message import Request
from simulator.services.s3.handlers import HANDLERS
from simulator.services.s3.operations import (
    COMMON_HEADERS,
    OLD_NAMES,
    OPERATIONS,
    REFUSED_HEADERS,
    Operation,
)
from simulator.services.s3.request import locate
from simulator.services.s3.settings import Settings
from tests.support.s3_model import Server, code, text

MODEL = botocore.session.get_session().get_service_model("s3")
COVERED = sorted(name for name, each in OPERATIONS.items() if each.verdict == "covered")
# Directory buckets and Lambda have addresses of their own; a list is marked by what the request leaves out.
UNREACHABLE = {"ListDirectoryBuckets", "WriteGetObjectResponse"}
SHARED = {
    "ListBucketAnalyticsConfigurations",
    "ListBucketIntelligentTieringConfigurations",
    "ListBucketInventoryConfigurations",
    "ListBucketMetricsConfigurations",
    "ListObjectAnnotations",
}
# Told from others by a header, by the body, or not known to botocore at all.
OURS = {"OptionsObject", "OptionsBucket", "PostObject"}


def own_name(name: str) -> str:
    return OLD_NAMES.get(name, name)


def target_of(name: str) -> tuple[str, str]:
    """Method and target of a request for an operation, as botocore would send it."""
    http = MODEL.operation_model(name).http
    target = http["requestUri"].replace("{Bucket}", "bkt").replace("{Key+}", "key")
    members = MODEL.operation_model(name).input_shape.members
    if "UploadId" in members:
        target += ("&" if "?" in target else "?") + "uploadId=u"
    return http["method"], target


def located(name: str) -> Operation | None:
    method, target = target_of(name)
    headers = [("x-amz-copy-source", "/a/b")] if "CopySource" in MODEL.operation_model(name).input_shape.members else []
    return locate(Request(method, target, headers), Settings()).operation


@pytest.mark.parametrize("name", sorted(MODEL.operation_names))
def test_every_operation_of_aws_is_in_the_table_and_is_found(name: str) -> None:
    assert own_name(name) in OPERATIONS
    if name in UNREACHABLE:
        return
    found = located(name)

    assert found is not None
    if name not in SHARED:
        assert found.name == own_name(name)


def test_the_table_names_nothing_that_aws_has_not() -> None:
    assert set(OPERATIONS) - {own_name(name) for name in MODEL.operation_names} == OURS


def test_what_is_covered_has_a_handler_and_nothing_else_has() -> None:
    assert sorted(HANDLERS) == COVERED


@pytest.mark.parametrize("name", sorted(set(COVERED) - OURS))
def test_every_parameter_of_a_covered_operation_is_read_or_refused_by_name(name: str) -> None:
    shape: Any = MODEL.operation_model(name).input_shape
    operation = OPERATIONS[name]
    for member in shape.members.values() if shape else ():
        place, wire = member.serialization.get("location"), member.serialization.get("name", "").lower()
        if place == "querystring":
            assert member.serialization["name"] in operation.parameters, f"{name} knows nothing of ?{wire}"
        elif place == "headers":
            assert operation.metadata
        elif place == "header" and wire.startswith("x-amz-"):
            known = wire in operation.headers or wire in COMMON_HEADERS
            refused = any(wire.startswith(prefix) for prefix in REFUSED_HEADERS)
            assert known != refused, f"{name} neither reads nor refuses {wire}"


@pytest.mark.parametrize("name", sorted(each for each in OPERATIONS if OPERATIONS[each].verdict == "refused"))
def test_what_is_not_covered_says_so_and_names_itself(name: str) -> None:
    server = Server()
    server.ask("PUT", "/bkt")
    operation = OPERATIONS[name]
    if name in UNREACHABLE | SHARED:
        return
    key = "/key" if operation.level == "object" else ""
    marker = f"?{operation.marker}" if operation.marker else ""

    answer = server.ask(operation.method, f"/bkt{key}{marker}")

    assert (answer.status, code(answer)) == (501, "NotImplemented")
    assert name in text(answer).decode() or name.startswith(("GetObjectAnn", "GetBucket", "ListBucket"))


@pytest.mark.parametrize(
    "header",
    [
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-object-lock-mode",
        "x-amz-write-offset-bytes",
        "x-amz-checksum-xxhash64",
        "x-amz-something-new",
    ],
)
def test_a_header_that_is_not_covered_is_refused_by_name(header: str) -> None:
    server = Server()
    server.ask("PUT", "/bkt")

    answer = server.ask("PUT", "/bkt/key", b"", **{header: "x"})

    assert (answer.status, code(answer)) == (501, "NotImplemented")
    assert f"<Header>{header}</Header>".encode() in text(answer)
    assert server.ask("HEAD", "/bkt/key").status == 404


def test_a_sub_resource_nobody_knows_is_refused_and_a_parameter_that_means_nothing_is_passed_over() -> None:
    server = Server()
    server.ask("PUT", "/bkt")

    assert code(server.ask("GET", "/bkt?teapot")) == "NotImplemented"
    assert server.ask("GET", "/bkt?teapot=short").status == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/bkt?acl"),
        ("POST", "/bkt/key?acl"),
        ("PATCH", "/bkt/key"),
        ("PUT", "/"),
        ("DELETE", "/"),
        ("PUT", "/bkt/key?uploads"),
    ],
)
def test_a_method_that_a_resource_has_not_is_405(method: str, target: str) -> None:
    server = Server()
    server.ask("PUT", "/bkt")

    answer = server.ask(method, target)

    assert (answer.status, code(answer)) == (405, "MethodNotAllowed")


@pytest.mark.parametrize("parameter", ["versionId", "partNumber", "uploadId"])
def test_a_parameter_of_another_operation_is_an_argument_that_is_not_accepted(parameter: str) -> None:
    server = Server()
    server.ask("PUT", "/bkt")

    answer = server.ask("GET", f"/bkt?{parameter}=1")

    assert (answer.status, code(answer)) == (400, "InvalidArgument")
    assert parameter.encode() in text(answer)
