"""Lifecycle rules as documents: read strictly, written as they were read."""

from typing import Any, Final

from simulator.services.s3.call import Call
from simulator.services.s3.dates import SECOND_NS, iso, parse_iso
from simulator.services.s3.errors import S3Error, not_implemented
from simulator.services.s3.markup import Malformed, Node, element, flag
from simulator.services.s3.store import LifecycleRule

_ID_LETTERS_MAX: Final = 255
_DAY_SECONDS: Final = 86_400
_CONDITIONS: Final = ("Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan")


def read(call: Call) -> tuple[LifecycleRule, ...]:
    """The body of PutBucketLifecycleConfiguration."""
    node = call.document("LifecycleConfiguration")
    try:
        node.only("Rule")
        rules = tuple(_rule(each, place, call) for place, each in enumerate(node))
    except Malformed:
        raise S3Error("MalformedXML") from None
    if not rules or len(rules) > call.settings.lifecycle_rules_max:
        raise S3Error("MalformedXML")
    if len({rule.id for rule in rules}) < len(rules):
        raise S3Error("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule",
                      ArgumentName="ID", ArgumentValue=rules[0].id)  # fmt: skip
    return rules


def _rule(node: Node, place: int, call: Call) -> LifecycleRule:
    for name in ("Transition", "NoncurrentVersionTransition"):
        if node.all(name):
            raise not_implemented(f"{name} in a lifecycle rule")
    node.only("ID", "Status", "Prefix", "Filter", "Expiration", "NoncurrentVersionExpiration",
              "AbortIncompleteMultipartUpload")  # fmt: skip
    status = node.one("Status").leaf()
    if status not in ("Enabled", "Disabled"):
        raise Malformed(status)
    rule_id = node.value("ID") or f"{call.rng.getrandbits(128):032x}"
    if len(rule_id) > _ID_LETTERS_MAX:
        raise S3Error("InvalidArgument", "ID length should not exceed allowed limit of 255")
    fields: dict[str, Any] = {}
    _filter(node, fields)
    _expiration(node.maybe("Expiration"), fields)
    _noncurrent(node.maybe("NoncurrentVersionExpiration"), fields)
    abort = node.maybe("AbortIncompleteMultipartUpload")
    if abort is not None:
        abort.only("DaysAfterInitiation")
        fields["abort_days"] = _days(abort, "DaysAfterInitiation")
        if fields.get("tags") or "bytes_over" in fields or "bytes_under" in fields:
            raise S3Error("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags.")
    acts = ("expire_days", "expire_at_ns", "expire_markers", "noncurrent_days", "abort_days")
    if not any(name in fields for name in acts):
        raise S3Error("InvalidRequest", "At least one action needs to be specified in a rule.")
    return LifecycleRule(id=rule_id, enabled=status == "Enabled", **fields)


def _filter(node: Node, fields: dict[str, Any]) -> None:
    old, found = node.maybe("Prefix"), node.maybe("Filter")
    if (old is None) == (found is None):
        raise Malformed("neither or both of Prefix and Filter")
    if old is not None:
        fields.update(form="Prefix", prefix=old.leaf())
        return
    assert found is not None
    found.only(*_CONDITIONS, "And")
    if len(found.children) > 1:
        raise Malformed("more than one condition without And")
    both = found.maybe("And")
    if both is not None:
        fields["form"] = "And"
        both.only(*_CONDITIONS)
        found = both
    fields["prefix"] = found.value("Prefix") or ""
    tags = []
    for tag in found.all("Tag"):
        tag.only("Key", "Value")
        tags.append((tag.one("Key").leaf(), tag.one("Value").leaf()))
    fields["tags"] = tuple(tags)
    for name, field in (("ObjectSizeGreaterThan", "bytes_over"), ("ObjectSizeLessThan", "bytes_under")):
        value = found.number(name)
        if value is not None:
            fields[field] = value


def _expiration(node: Node | None, fields: dict[str, Any]) -> None:
    if node is None:
        return
    node.only("Days", "Date", "ExpiredObjectDeleteMarker")
    if len(node.children) != 1:
        raise Malformed("not one of Days, Date and ExpiredObjectDeleteMarker")
    if node.maybe("Days") is not None:
        fields["expire_days"] = _days(node, "Days")
    marker = node.value("ExpiredObjectDeleteMarker")
    if marker is not None:
        fields["expire_markers"] = marker.strip().lower() == "true"
    date = node.value("Date")
    if date is not None:
        at_ns = parse_iso(date)
        if at_ns is None:
            raise Malformed(date)
        if at_ns % (_DAY_SECONDS * SECOND_NS):
            raise S3Error("InvalidArgument", "'Date' must be at midnight GMT", ArgumentName="Date", ArgumentValue=date)
        fields["expire_at_ns"] = at_ns


def _noncurrent(node: Node | None, fields: dict[str, Any]) -> None:
    if node is None:
        return
    node.only("NoncurrentDays", "NewerNoncurrentVersions")
    fields["noncurrent_days"] = _days(node, "NoncurrentDays")
    kept = node.number("NewerNoncurrentVersions")
    if kept is not None:
        if not 1 <= kept <= 100:
            raise S3Error(
                "InvalidArgument",
                "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be between 1 and 100",
                ArgumentName="NewerNoncurrentVersions",
                ArgumentValue=kept,
            )
        fields["noncurrent_kept"] = kept


def _days(node: Node, name: str) -> int:
    days = node.number(name)
    if days is None:
        raise Malformed(f"no {name}")
    if days < 1:
        raise S3Error(
            "InvalidArgument",
            f"'{name}' for {node.name} action must be a positive integer",
            ArgumentName=name,
            ArgumentValue=days,
        )
    return days


def rule_xml(rule: LifecycleRule) -> str:
    return (
        f"<Rule>{element('ID', rule.id)}{_filter_xml(rule)}<Status>{'Enabled' if rule.enabled else 'Disabled'}</Status>"
        f"{_expiration_xml(rule)}{_noncurrent_xml(rule)}{_abort_xml(rule)}</Rule>"
    )


def _filter_xml(rule: LifecycleRule) -> str:
    if rule.form == "Prefix":
        return element("Prefix", rule.prefix)
    tags = "".join(f"<Tag>{element('Key', key)}{element('Value', value)}</Tag>" for key, value in rule.tags)
    inside = (
        f"{element('Prefix', rule.prefix or None)}{tags}{element('ObjectSizeGreaterThan', rule.bytes_over)}"
        f"{element('ObjectSizeLessThan', rule.bytes_under)}"
    )
    if rule.form == "And":
        inside = f"<And>{inside}</And>"
    return f"<Filter>{inside or '<Prefix></Prefix>'}</Filter>"


def _expiration_xml(rule: LifecycleRule) -> str:
    inside = element("Days", rule.expire_days)
    if rule.expire_at_ns is not None:
        inside += element("Date", iso(rule.expire_at_ns))
    if rule.expire_markers:
        inside += element("ExpiredObjectDeleteMarker", flag(True))
    return f"<Expiration>{inside}</Expiration>" if inside else ""


def _noncurrent_xml(rule: LifecycleRule) -> str:
    if rule.noncurrent_days is None:
        return ""
    inside = element("NoncurrentDays", rule.noncurrent_days) + element("NewerNoncurrentVersions", rule.noncurrent_kept)
    return f"<NoncurrentVersionExpiration>{inside}</NoncurrentVersionExpiration>"


def _abort_xml(rule: LifecycleRule) -> str:
    if rule.abort_days is None:
        return ""
    inside = element("DaysAfterInitiation", rule.abort_days)
    return f"<AbortIncompleteMultipartUpload>{inside}</AbortIncompleteMultipartUpload>"
