"""What is built from this repository, and environments into which it is installed as users do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.distribution import COURSE, DISTRIBUTION

# What Colab had in the summer of 2026, by https://github.com/googlecolab/backend-info.
COLAB = (
    "ipython==7.34.0",
    "ipykernel==6.17.1",
    "jupyter-client==7.4.9",
    "traitlets==5.7.1",
    "pyzmq==26.2.1",
    "tornado==6.5.7",
    "matplotlib-inline==0.2.2",
    "jax==0.7.2",
    "jaxlib==0.7.2",
    "ml-dtypes==0.6.0",
    "numpy==2.1.3",
    "scipy==1.16.3",
    "matplotlib==3.10.0",
    "click==8.4.2",
    "rich==13.9.4",
    "psutil==5.9.5",
)
COLAB_PYTHON = "3.13"

OFFLINE = re.compile(
    r"dns error|Failed to fetch|error sending request|Network is unreachable", re.I
)


def uv(*words: str | os.PathLike[str], cwd: Path | None = None) -> str:
    """Run uv; what it wrote to standard output. Skips where there is no index to be reached."""
    line = [sys.executable, "-m", "uv", "--no-config", *map(os.fspath, words)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode and OFFLINE.search(done.stderr) and "CI" not in os.environ:
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Environment:
    """A virtual environment.

    Attributes:
        folder: where it is.
    """

    folder: Path

    @classmethod
    def make(cls, folder: Path, *options: str) -> Environment:
        uv("venv", "--quiet", *options, folder)
        return cls(folder)

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def variables(self) -> dict[str, str]:
        """Those of someone at home in `folder`, who has nothing of ours on the path."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTHON"))}
        return {**kept, "HOME": str(self.folder), "JAX_PLATFORMS": "cpu"}

    def install(self, *words: str | os.PathLike[str]) -> None:
        uv("pip", "install", "--quiet", "--python", self.python, *words)

    def versions(self) -> dict[str, str]:
        """The installed packages."""
        listed = uv("pip", "list", "--quiet", "--format", "json", "--python", self.python)
        return {package["name"]: package["version"] for package in json.loads(listed)}

    def run(self, program: str, *words: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, in its folder."""
        line = [str(self.folder / "bin" / program), *map(os.fspath, words)]
        return subprocess.run(
            line, cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False
        )


@dataclass(frozen=True)
class Built:
    """The four archives of a release: a wheel and an sdist for students, and for instructors."""

    folder: Path

    def find(self, name: str, kind: str) -> Path:
        (path,) = self.folder.glob(f"{name.replace('-', '_')}-[0-9]*{kind}")
        return path

    @property
    def wheel(self) -> Path:
        return self.find(DISTRIBUTION, ".whl")

    @property
    def sdist(self) -> Path:
        return self.find(DISTRIBUTION, ".tar.gz")

    @property
    def course_wheel(self) -> Path:
        return self.find(COURSE, ".whl")

    @property
    def course_sdist(self) -> Path:
        return self.find(COURSE, ".tar.gz")


@pytest.fixture(scope="session")
def built(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """As `make dist` builds them: first the sdists, then the wheels from those."""
    folder = tmp_path_factory.mktemp("dist")
    for part in (course, course / "course"):
        line = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(part)]
        subprocess.run(line, check=True, capture_output=True)
    return Built(folder)


def colab_python() -> str:
    """A Python of the version that Colab runs, if this machine has one; else this one."""
    places = [f"python{COLAB_PYTHON}"]
    places += map(str, Path.home().glob(f".pyenv/versions/{COLAB_PYTHON}.*/bin/python"))
    for place in places:
        try:
            subprocess.run([place, "-c", "import ensurepip"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return place
    return sys.executable


@pytest.fixture(scope="session")
def newest(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A student's environment with the newest versions, and nothing but what practice asks for."""
    made = Environment.make(tmp_path_factory.mktemp("newest") / "env", "--python", sys.executable)
    made.install("--find-links", built.folder, DISTRIBUTION)
    return made


@pytest.fixture(scope="session")
def oldest(course: Path, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The same with the lowest versions that the package asks for."""
    if sys.version_info >= (3, 13):
        pytest.skip("the lowest versions were built for Pythons up to 3.12")
    made = Environment.make(tmp_path_factory.mktemp("oldest") / "env", "--python", sys.executable)
    # Of a wheel's own requirements, uv calls none direct.
    made.install("--resolution", "lowest-direct", "-r", course / "pyproject.toml")
    made.install("--no-deps", built.wheel)
    return made


@pytest.fixture(scope="session")
def colab_before(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What Colab brings, before anything of ours is installed."""
    folder = tmp_path_factory.mktemp("colab") / "env"
    made = Environment.make(folder, "--seed", "--python", colab_python())
    made.install(*COLAB)
    return made


@pytest.fixture(scope="session")
def colab(built: Built, colab_before: Environment) -> tuple[Environment, dict[str, str]]:
    """Colab after `%pip install --upgrade`, and the versions of the packages before."""
    before = colab_before.versions()
    done = colab_before.run("python", "-m", "pip", "install", "--upgrade", built.wheel)
    assert done.returncode == 0, done.stderr
    return colab_before, before
