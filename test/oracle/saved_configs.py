"""What ``lsst.pex.config`` writes into files: ``saved_configs.py`` prints a JSON list of texts."""

import json
import sys

from lsst.pex.config import (
    ChoiceField,
    Config,
    ConfigChoiceField,
    ConfigDictField,
    ConfigField,
    ConfigurableField,
    DictField,
    Field,
    ListField,
    RangeField,
    makeRegistry,
)


class Inner(Config):
    """What others hold."""

    number = Field[float]("A number.\nOf two lines: 'a' \"b\".", default=-1.5e-12)
    infinite = Field[float]("No number.", default=float("-inf"))
    nothing = Field[str]("Nothing.", default=None, optional=True)


class Other(Config):
    """Of another task."""

    flag = Field[bool]("A flag.", default=True)


class Task:
    """What can be exchanged."""

    ConfigClass = Inner


class OtherTask:
    """What it is exchanged for."""

    ConfigClass = Other


registry = makeRegistry("Some.", Config)
registry.register("first", Task)
registry.register("second", OtherTask)


class Outer(Config):
    """All kinds of fields."""

    text = Field[str]("Text.", default='it\'s "said"; \\ import os\nos.abort()')
    choice = ChoiceField[str]("One of.", allowed={"a": "A", "b": "B"}, default="a")
    ranged = RangeField[int]("In a range.", default=-3, min=-5, max=5)
    numbers = ListField[float]("Some.", default=[1.0, -2.5e300, 3.0])
    texts = ListField[str]("Some.", default=["a", "b'c", "#"])
    none = ListField[str]("None.", default=[])
    by_name = DictField[str, float]("By name.", default={"a b": 1.0, 'q"': -2.0})
    by_number = DictField[int, str]("By number.", default={1: "one", -2: "two"})
    inner = ConfigField[Inner]("Held.")
    inners = ConfigDictField("Held by name.", keytype=str, itemtype=Inner)
    chosen = ConfigChoiceField("Chosen.", typemap={"x": Inner, "y": Other}, default="x")
    some = ConfigChoiceField(
        "Some.", typemap={"x": Inner, "y": Other}, multi=True, default=["x"]
    )
    registered = registry.makeField("Registered.", default="second")
    task = ConfigurableField("A task.", target=Task)
    exchanged = ConfigurableField("A task.", target=Task)


if __name__ == "__main__":
    import saved_configs

    config = saved_configs.Outer()
    config.exchanged.retarget(saved_configs.OtherTask)
    config.inners = {"one": saved_configs.Inner(), "two words": saved_configs.Inner()}
    text = config.saveToString()
    assert Config._fromPython(text).saveToString() == text
    json.dump([text, saved_configs.Inner().saveToString()], sys.stdout)
