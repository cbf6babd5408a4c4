"""The examples for CI systems: valid for the systems' schemas, and each command runs in a new project."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / "examples" / "ci"
SCHEMAS = {"github-workflow.yml": "github-workflows", "gitlab-ci.yml": "gitlab-ci"}


def load(name: str) -> Any:
    """YAML 1.1 reads the key `on` as true; the systems read it as a word."""
    text = (CI / name).read_text("utf-8")
    return yaml.safe_load(re.sub(r"^on:", '"on":', text, flags=re.M))


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_example_fulfils_the_schema_of_its_system(name: str) -> None:
    vendored = files("check_jsonschema.builtin_schemas.vendor").joinpath(f"{SCHEMAS[name]}.json")
    validator = jsonschema.Draft7Validator(json.loads(vendored.read_text("utf-8")))
    assert [error.message for error in validator.iter_errors(load(name))] == []


def steps() -> Iterator[tuple[str, str]]:
    """Yield each command of the examples, without the installation, which the test environment has."""
    for step in load("github-workflow.yml")["jobs"]["check"]["steps"]:
        if "run" in step and not step["run"].startswith("pip "):
            yield "github-workflow.yml", step["run"]
    for job in load("gitlab-ci.yml").values():
        yield from (("gitlab-ci.yml", command) for command in job["script"])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project under version control, built, with a register that moved since the last commit."""
    folder = tmp_path_factory.mktemp("project")
    identity = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com")
    for command in (
        ("git", "init", "-q", "-b", "main"),
        ("devgen", "new", "blinker"),
        ("git", "add", "."),
        (*identity, "commit", "-qm", "x"),
        ("devgen", "build", "-q"),
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment(folder))
    return folder


def environment(folder: Path) -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = {
        "BASE": "HEAD",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    return os.environ | variables | {"PATH": path, "PYTEST_ADDOPTS": "-p no:cacheprovider"}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "command"), list(steps()))
def test_each_command_of_an_example_runs(name: str, command: str, project: Path) -> None:
    done = subprocess.run(
        command,
        shell=True,
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_code_quality_report_is_what_the_pipeline_uploads() -> None:
    job = load("gitlab-ci.yml")["device-descriptions"]
    report = job["artifacts"]["reports"]["codequality"]
    assert any(command.endswith(f"> {report}") for command in job["script"])
