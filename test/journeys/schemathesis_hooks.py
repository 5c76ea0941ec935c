"""What schemathesis has to know of Satellite: its scalars, and names that the demo has.

Most generated strings become names of the demo, so that questions go deeper than "there is no such dataset type".
"""

import zlib

import graphql
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

COLLECTIONS = ["HSC/defaults", "HSC/runs/DRP/w43", "HSC/calib", "u/alice/defaults", "u/alice/calib", "*", "HSC/*"]
EXPRESSIONS = ["instrument = 'HSC'", "visit > 903334", "detector IN (1..5:2)", "visit.region OVERLAPS CIRCLE(320, 0, 1)"]
DIMENSIONS = ["instrument", "visit", "detector", "tract", "patch", "band", "skymap", "exposure"]
NAMES = {
    "datasetTypes": ["calexp_metrics", "source_catalog", "defects", "calexp*"],
    "datasetType": ["calexp_metrics", "defects"],
    "collections": COLLECTIONS,
    "search": COLLECTIONS,
    "repositories": ["alice", "dp1"],
    "repository": ["alice", "dp1"],
    "name": ["alice", "dp1"],
    "where": EXPRESSIONS,
    "element": [*DIMENSIONS, "visit_detector_region", "htm7"],
    "dimensions": DIMENSIONS,
    "orderBy": ["visit", "-detector", "visit.exposure_time", "timespan.begin", "ingest_date"],
    "begin": ["2013-06-17T13:00:00"],
    "end": ["2013-06-17T13:10:00"],
    "instrument": ["HSC"],
}
VALUES = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5), st.none())
PLAIN = st.one_of(VALUES, st.lists(VALUES, max_size=3), st.dictionaries(st.sampled_from(["$time", "$int"]), VALUES))


def to_node(value: object) -> graphql.ValueNode:
    match value:
        case None:
            return nodes.Null
        case int():
            return nodes.Int(value)
        case float():
            return nodes.Float(value)
        case str():
            return nodes.String(value)
        case list():
            return graphql.ListValueNode(values=tuple(map(to_node, value)))
        case dict():
            return graphql.ObjectValueNode(
                fields=tuple(
                    graphql.ObjectFieldNode(name=graphql.NameNode(value=k.lstrip("$")), value=to_node(v))
                    for k, v in value.items()
                )
            )
    raise TypeError(value)


schemathesis.graphql.scalar("UUID", st.uuids().map(str).map(nodes.String))
schemathesis.graphql.scalar(
    "JSONObject", st.dictionaries(st.sampled_from([*DIMENSIONS, "t"]), PLAIN, max_size=3).map(to_node)
)


class UseNames(graphql.Visitor):
    """Puts names in place of strings; which ones, the strings themselves decide, so that runs are alike."""

    def leave_string_value(self, node, key, parent, path, ancestors):
        owner = next(
            (n for n in reversed(ancestors) if isinstance(n, graphql.ArgumentNode | graphql.ObjectFieldNode)), None
        )
        names = NAMES.get(owner.name.value, []) if owner else []
        choice = zlib.crc32(node.value.encode("utf-8", "replace"))
        return nodes.String(names[choice // 8 % len(names)]) if names and choice % 8 else None


@schemathesis.hook
def map_body(context, body):
    return graphql.visit(body, UseNames()) if isinstance(body, graphql.Node) else body
