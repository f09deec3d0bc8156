"""Whether a manifest is what Kubernetes, or KEDA, takes: each document against its schema, strictly."""

import functools
import json
import pathlib

import jsonschema
import kubernetes_validate
from kubernetes_validate import utils

# The oldest that has all that is used (lifecycle.preStop.sleep, matchLabelKeys), and the newest that is known.
VERSIONS = ("1.30", "1.37")
SCALED_OBJECT = pathlib.Path(__file__).resolve().parent / "scaled-object.schema.json"

# The same few files for each document, of some megabytes.
utils.schema_contents = functools.cache(utils.schema_contents)


def breaches(documents):
    for document in documents:
        where = f"{document.get('kind')} {document.get('metadata', {}).get('name')}"
        try:
            validate(document)
        except jsonschema.ValidationError as error:
            yield f"{where}: {'.'.join(map(str, error.path))}: {error.message}"
        except kubernetes_validate.SchemaNotFoundError as error:
            yield f"{where}: {error.message}"


def validate(document):
    if document["apiVersion"].startswith("keda.sh/"):
        jsonschema.validate(document, json.loads(SCALED_OBJECT.read_text()))
        return
    for version in VERSIONS:
        kubernetes_validate.validate(document, version, strict=True)
