"""What we borrow of others and is not public: an upgrade without it fails here, with a list.

Beside each name stands the file of ours that leans on it, and the parameters with which it is
called, where there are some. What only makes things faster may be missing: see the last tests.
"""

from __future__ import annotations

import importlib
import inspect
from functools import reduce
from typing import Any

import jax
import pytest

from autograder.marking import compilations
from autograder.nbgrader import once

BORROWED: dict[str, tuple[str, tuple[str, ...] | None]] = {
    # nbgrader
    "nbgrader.converters:Autograde._format_source": ("nbgrader/converter.py", ("escape",)),
    "nbgrader.converters:Autograde._format_dest": ("nbgrader/converter.py", ("escape",)),
    "nbgrader.converters:Autograde.init_destination": ("nbgrader/converter.py", ()),
    "nbgrader.converters:Autograde.init_assignment": ("nbgrader/converter.py", ()),
    "nbgrader.converters:Autograde.set_permissions": ("nbgrader/converter.py", ()),
    "nbgrader.converters:Autograde.convert_single_notebook": ("nbgrader/converter.py", ()),
    "nbgrader.converters:Autograde.write_single_notebook": ("nbgrader/converter.py", ()),
    "nbgrader.converters:Autograde._sanitizing": ("grade/desk.py", None),
    "nbgrader.converters:Autograde._init_preprocessors": ("grade/desk.py", ()),
    "nbgrader.apps.api:Autograde": ("nbgrader/converter.py", None),
    "nbgrader.apps.autogradeapp:Autograde": ("nbgrader/converter.py", None),
    "nbgrader.apps.api:parse_utc": ("nbgrader/times.py", ("ts",)),
    "nbgrader.utils:parse_utc": ("nbgrader/times.py", ("ts",)),
    "nbgrader.nbgraderformat.common:jsonschema.validate": (
        "nbgrader/once.py",
        ("instance", "schema"),
    ),
    "nbgrader.utils:compute_checksum": ("nbgrader/mend.py", ("cell",)),
    "nbgrader.server_extensions.formgrader.base:BaseHandler.exporter": ("nbgrader/pages.py", None),
    # nbclient and jupyter_client
    "nbclient:NotebookClient.process_message": ("marking/client.py", ("msg", "cell", "cell_index")),
    "nbclient:NotebookClient.async_execute_cell": (
        "marking/session.py",
        ("cell", "cell_index", "store_history"),
    ),
    "jupyter_client:KernelClient._handle_kernel_info_reply": (
        "sandbox/outside",
        ("msg",),
    ),
    "jupyter_client:AsyncKernelClient._async_is_alive": ("sandbox/outside", ()),
    "jupyter_client:AsyncKernelManager._async_start_kernel": ("marking/unsandboxed.py", ()),
    "jupyter_client:AsyncKernelManager._async_cleanup_resources": (
        "marking/unsandboxed.py",
        ("restart",),
    ),
    # ipykernel
    "ipykernel.kernelapp:IPKernelApp._try_bind_socket": (
        "sandbox/inside",
        ("s", "port"),
    ),
    "ipykernel.heartbeat:Heartbeat._try_bind_socket": ("sandbox/inside", ()),
    "ipykernel.iostream:IOPubThread._setup_pipe_in": ("sandbox/inside", ()),
    # JAX: without them everything is plain, and slower
    "jax._src.array:ArrayImpl": ("compiled/internals.py", None),
    "jax._src.config:trace_context": ("compiled/internals.py", None),
    "jax._src.core:trace_state_clean": ("compiled/internals.py", ()),
    "jax.experimental.compilation_cache.compilation_cache:reset_cache": (
        "marking/compilations.py",
        (),
    ),
    # matplotlib_inline: without it a warm kernel shows no figures
    "matplotlib_inline.backend_inline:_enable_matplotlib_integration": (
        "sandbox/inside",
        (),
    ),
}
OPTIONS = [
    "jax_debug_nans",
    "jax_disable_jit",
    "jax_debug_infs",
    "jax_log_compiles",
    "jax_check_tracer_leaks",
    "jax_explain_cache_misses",
    "jax_transfer_guard",
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_enable_xla_caches",
]


@pytest.mark.parametrize("name", BORROWED)
def test_what_is_borrowed_is_there(name: str) -> None:
    module, _, path = name.partition(":")
    user, parameters = BORROWED[name]
    found: Any = reduce(getattr, path.split("."), importlib.import_module(module))
    if parameters is not None:
        has = set(inspect.signature(found).parameters)
        assert set(parameters) <= has, f"autograder/{user} calls it with {parameters}"


@pytest.mark.parametrize("name", OPTIONS)
def test_jax_has_its_options(name: str) -> None:
    assert hasattr(jax.config, name)


# ------------------------------------------------------------------------------- failing open


class _Renamed:
    """A JAX configuration that has other names."""


def test_other_names_of_options_leave_gradients_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    internals = pytest.importorskip("autograder.compiled.internals")
    monkeypatch.setattr(internals.sys, "gettrace", lambda: None)
    monkeypatch.setattr(internals.sys, "getprofile", lambda: None)
    monkeypatch.setattr(internals, "_TOOLS", ())
    assert internals.calm()
    monkeypatch.setattr(internals.jax, "config", _Renamed())
    assert not internals.calm()


def test_other_names_of_options_cost_the_cache_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compilations.jax, "config", _Renamed())
    with compilations.kept_compilations():
        reached = True
    assert reached


def test_a_schema_that_was_checked_refuses_as_before() -> None:
    import jsonschema

    calls = []

    class Library:
        validators, exceptions = jsonschema.validators, jsonschema.exceptions

        @staticmethod
        def validate(instance: Any, schema: Any) -> None:
            calls.append(schema)
            jsonschema.validate(instance, schema)

    checked = once._Checked(Library)
    schema = {"type": "object", "properties": {"points": {"type": "number"}}}
    for points in (1, 2.5, 3):
        checked.validate({"points": points}, schema)
    assert len(calls) == 1
    with pytest.raises(jsonschema.ValidationError) as ours:
        checked.validate({"points": "three"}, schema)
    with pytest.raises(jsonschema.ValidationError) as theirs:
        jsonschema.validate({"points": "three"}, schema)
    assert str(ours.value) == str(theirs.value)
    with pytest.raises(jsonschema.SchemaError):
        checked.validate({}, {"type": "no such type"})
