"""The files that containers are made of, parsed as far as scripts/compose_rules.py needs."""

import fnmatch
import functools
import json
import pathlib
import re
import shlex
import tomllib
from importlib import resources

import ruamel.yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES = [
    "compose.yaml",
    "Dockerfile",
    ".dockerignore",
    "config.default.toml",
    "deploy/compose/config.toml",
    "deploy/compose/broker.conf",
    "scripts/compose.sh",
    "scripts/setup",
    "Cargo.toml",
]


class Project:
    """The texts of `FILES`, and what they say. Texts are an argument so that a rule can be shown a broken one."""

    def __init__(self, texts):
        self.texts = texts
        self.compose = ruamel.yaml.YAML(typ="safe").load(with_defaults(texts["compose.yaml"]))
        self.services = self.compose["services"]
        self.stages = dockerfile_stages(texts["Dockerfile"])
        self.default = tomllib.loads(texts["config.default.toml"])
        self.settings = tomllib.loads(texts["deploy/compose/config.toml"])
        self.version = tomllib.loads(texts["Cargo.toml"])["workspace"]["package"]["version"]

    def setting(self, dotted):
        """What is in effect in the containers: the mounted file over the defaults."""
        for layer in (self.settings, self.default):
            for part in dotted.split("."):
                layer = layer.get(part) if isinstance(layer, dict) else None
            if layer is not None:
                return layer
        raise KeyError(dotted)

    def target(self, service):
        """The stage of the Dockerfile that an image of ours is built from."""
        found = re.match(r"invoice-ocr-(\w+):", service["image"])
        return found and found[1]

    def instructions(self, target, kind):
        """Arguments of all instructions of a kind in a stage and in those it is built on, oldest first."""
        stage = self.stages.get(target)
        if stage is None:
            return []
        own = [arguments for name, arguments in stage["instructions"] if name == kind]
        return self.instructions(stage["base"], kind) + own

    def ignored(self, path):
        """Whether .dockerignore keeps a path of the build's context away from it: the last line that fits decides."""
        kept = True
        for line in self.texts[".dockerignore"].splitlines():
            pattern = line.strip()
            if not pattern or pattern.startswith("#"):
                continue
            inside = pattern.lstrip("!").rstrip("/")
            parts = [path, *map(str, pathlib.PurePosixPath(path).parents)]
            if any(fnmatch.fnmatchcase(part, inside) for part in parts if part != "."):
                kept = pattern.startswith("!")
        return not kept


def load():
    return {name: (ROOT / name).read_text() for name in FILES}


@functools.cache
def schema():
    """The Compose specification's own."""
    vendored = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    return json.loads(vendored.read_text())


def with_defaults(text):
    """`${NAME:-value}` is the value: what somebody gets who sets nothing."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def dockerfile_stages(text):
    """Stages by name: what each is based on, and its instructions as (name, arguments)."""
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.M)
    arguments, stages, stage = {}, {}, None
    for line in re.sub(r"\\\n", " ", text).splitlines():
        name, _, rest = line.strip().partition(" ")
        if not name:
            continue
        if name == "ARG" and stage is None:
            key, _, value = rest.partition("=")
            arguments[key] = value
        elif name == "FROM":
            base, _, alias = rest.partition(" AS ")
            base = re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], base)
            stage = stages[alias] = {"base": base, "instructions": []}
        else:
            stage["instructions"].append((name, rest))
    return stages


def copies(stage):
    """(--from or None, [sources]) of each COPY."""
    for name, rest in stage["instructions"]:
        if name == "COPY":
            words = shlex.split(rest)
            origin = next((word[7:] for word in words if word.startswith("--from=")), None)
            yield origin, [word for word in words if not word.startswith("--")][:-1]


def mebibytes(limit):
    """512m, 1g, 4608m."""
    number, unit = re.fullmatch(r"(\d+)([mg])", str(limit)).groups()
    return int(number) * {"m": 1, "g": 1024}[unit]


def seconds(duration):
    return int(re.fullmatch(r"(\d+)s", duration)[1])
