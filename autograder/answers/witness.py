"""The witness: evaluates a student's answers where they live and reports plain data.

This is the only code of ours that runs beside the student's. In practice it is imported; in
marking its *source text* is sent to the kernel, so it imports nothing of this package and nothing
but the standard library until an array is asked for. It decides nothing and knows no expected
value: a student who tampers with it can only change what their own answers seem to be.

`testify(questions, namespace)` takes and returns JSON text; `autograder.checks.questions` is its
other half and describes the format.
"""

import ast
import contextlib
import difflib
import io
import json
import linecache
import math
import numbers
import re
import signal
import sys
import threading
import time
import warnings

MAX_NUMBERS = 4096  # in one value; an answer of a gradient exercise has a handful
MAX_ITEMS = 256  # of one list, tuple or dict
MAX_DEPTH = 4
MAX_TEXT = 600  # characters kept of a string or an error message
MAX_TRACE = 64  # places kept at which a routine asked for the slope


# What is being asked: for practice, where a student may interrupt it.
asking: dict[str, object] = {}


class _Late(BaseException):
    """Raised inside a student's function whose time is up; not an Exception, so as to get out."""


# --------------------------------------------------------------------------- plain data


def _number(x):
    """A float as JSON can hold it: the non-finite ones as text."""
    try:
        x = float(x)
    except OverflowError:  # an int beyond the range of float
        return "inf" if x > 0 else "-inf"
    return x if math.isfinite(x) else repr(x)


def _is_real(z):
    """Whether what is imaginary of a number, or of an array, is rounding."""
    import numpy

    return bool(numpy.all(abs(z.imag) <= 1e-6 * abs(z.real) + 1e-12))


def _type_name(obj):
    kind = type(obj)
    module = (getattr(kind, "__module__", "") or "").split(".")[0]
    name = getattr(kind, "__name__", "object")
    if module.startswith("jax") and hasattr(obj, "dtype"):
        return "JAX array"
    return name if module in ("builtins", "__main__") else f"{module}.{name}"


def _text(x):
    return str(x)[:MAX_TEXT]


def _describe_array(obj):
    import numpy

    array = numpy.asarray(obj)
    dtype = str(array.dtype)
    if array.dtype.kind == "V":  # bfloat16 and its kin are void to plain NumPy
        array = array.astype("float32")
    if array.dtype.kind == "c" and _is_real(array):  # a root that numpy.roots found
        array = array.real
    if array.dtype.kind == "O" and array.size <= MAX_NUMBERS:  # of fractions, or SymPy's numbers
        with contextlib.suppress(Exception):  # whatever the objects in it raise
            array = array.astype("float64")
    out = {"type": _type_name(obj), "dtype": dtype, "shape": list(array.shape)}
    if array.dtype.kind == "U" and array.size == 1:  # numpy.where(c, "valley", "hill")
        return {"kind": "text", **out, "text": str(array.ravel()[0])[:MAX_TEXT]}
    if array.dtype.kind in "OUSMmcV" or array.size > MAX_NUMBERS:
        return {"kind": "other", **out}
    kind = "truth" if array.dtype.kind == "b" else "array"
    return {"kind": kind, **out, "data": [_number(x) for x in array.ravel().tolist()]}


def _describe(obj, depth=0):
    """What `obj` is, as plain data: one dict with a `kind` and, where it has one, its content."""
    name = _type_name(obj)
    if obj is None or obj is Ellipsis:
        return {"kind": "nothing", "type": name}
    if isinstance(obj, bool):
        return {"kind": "truth", "type": name, "data": [float(obj)]}
    if isinstance(obj, str):
        return {"kind": "text", "type": name, "text": obj[:MAX_TEXT]}
    if isinstance(obj, complex) and _is_real(obj):
        obj = obj.real
    if isinstance(obj, (int, float)) and type(obj).__module__ == "builtins":
        return {"kind": "number", "type": name, "data": [_number(obj)]}
    if hasattr(obj, "dtype") and hasattr(obj, "shape"):
        return _describe_array(obj)
    if depth < MAX_DEPTH and isinstance(obj, dict):
        items = list(obj.items())[:MAX_ITEMS]
        pairs = [[_describe(k, depth + 1), _describe(v, depth + 1)] for k, v in items]
        return {"kind": "mapping", "type": name, "length": len(obj), "pairs": pairs}
    if depth < MAX_DEPTH and isinstance(obj, (list, tuple)):
        # A long list is a kept path, whose end matters: keep both ends.
        cut = obj if len(obj) <= MAX_ITEMS else [*obj[: MAX_ITEMS // 2], *obj[-MAX_ITEMS // 2 :]]
        items = [_describe(x, depth + 1) for x in cut]
        return {"kind": "sequence", "type": name, "length": len(obj), "items": items}
    if callable(obj):
        return {"kind": "function", "type": name}
    if isinstance(obj, numbers.Number) or hasattr(obj, "__float__"):
        try:
            return {"kind": "number", "type": name, "data": [_number(obj)]}
        except (TypeError, ValueError):
            return {"kind": "other", "type": name}
    return {"kind": "other", "type": name}


def _error(exc):
    kinds = [k.__name__ for k in type(exc).__mro__[:6]]
    message = str(exc)
    if isinstance(exc, SyntaxError) and isinstance(exc.text, str):  # "invalid syntax" says little
        message = f"{message}: {exc.text.strip()}"
    out = {"type": kinds[0], "kinds": kinds, "message": _text(message)}
    if isinstance(exc, TypeError):
        out["line"] = _line(exc)
    return out


def _line(exc):
    """The line of a student's that was last before an error: what JAX calls on its way is not."""
    line, trace = "", exc.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if module not in ("jax", "autograder"):
            file = trace.tb_frame.f_code.co_filename
            line = linecache.getline(file, trace.tb_lineno, trace.tb_frame.f_globals).strip()
        trace = trace.tb_next
    return _text(line)


# --------------------------------------------------------------------------- arguments


class _Slope:
    """A slope function made by the check, which remembers where it was asked.

    slope * d + cubic * d**3 + mix * sum(d), where d = x - centre: plain arithmetic, so that it
    works for Python numbers, NumPy and JAX arrays and under jit alike. A routine asks it some
    thousand times, at an operation of JAX's for each sign; where cubic is 0, so is d - d, and nan
    as the cube is where d is not finite.
    """

    def __init__(self, slope, cubic, centre, mix):
        self.slope, self.cubic, self.centre, self.mix = slope, cubic, centre, mix
        self.bends = not isinstance(cubic, float) or cubic != 0
        self.asked, self.count = [], 0

    def __call__(self, x):
        self.count += 1
        if len(self.asked) < MAX_TRACE:
            try:
                self.asked.append(_describe(x))
            except Exception:  # noqa: BLE001 - a tracer under jit has no numbers to note
                self.asked.append({"kind": "other", "type": _type_name(x)})
        d = x - self.centre
        bent = self.slope * d + (self.cubic * d * d * d if self.bends else d - d)
        return bent + self.mix * d.sum() if self.mix else bent


class _Valley:
    """The gradient of (low - x)**2 + steep * (y - x**2)**2, which counts how often it is asked.

    Under a tracer, one call stands for any number of them; and so does a stack of places.
    """

    def __init__(self, low, steep):
        self.low, self.steep = low, steep
        self.asked, self.count = [], 0

    def __call__(self, place):
        import numpy

        self.count += 1
        try:
            at = numpy.asarray(place, dtype="float64")
        except Exception:  # noqa: BLE001 - whatever JAX raises for a tracer
            raise TypeError(
                "this slope counts how often it is asked, so it takes numbers only: "
                "call it outside jit, grad, vmap and the loops of lax"
            ) from None
        if at.shape != (2,):
            raise TypeError(f"one place is two numbers (x, y), not an array of shape {at.shape}")
        if len(self.asked) < MAX_TRACE:
            self.asked.append(_describe(place))
        x, y = at
        across = y - x * x
        slope = [-2 * (self.low - x) - 4 * self.steep * x * across, 2 * self.steep * across]
        if _type_name(place) == "JAX array":
            import jax.numpy

            return jax.numpy.asarray(slope, dtype=place.dtype)
        return numpy.asarray(slope)


def _build(argument, slopes):
    if isinstance(argument, (int, float)):
        return argument
    if "array" in argument:
        import jax.numpy

        return jax.numpy.asarray(argument["array"], dtype=argument.get("dtype", "float32"))
    if "valley" in argument:
        slopes.append(_Valley(*argument["valley"]))

        def df(place, _slope=slopes[-1]):
            return _slope(place)

        return df
    if "slope" in argument:
        parts = [argument["slope"], argument["cubic"], argument["centre"]]
        if isinstance(parts[0], list):
            import numpy

            parts = [numpy.asarray(p, dtype="float32") for p in parts]
        slopes.append(_Slope(*parts, argument.get("mix", 0.0)))

        def df(x, _slope=slopes[-1]):
            return _slope(x)

        return df
    raise ValueError(f"unknown argument {argument!r}")


# --------------------------------------------------------------------------- calling


@contextlib.contextmanager
def _quiet():
    """What a student's function prints or warns costs nothing: nbgrader scores stderr as 0."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def _so_far():
    """Seconds by the clock, waiting behind others and at work, as far as they are counted."""
    try:
        with open("/proc/self/schedstat") as counts:  # of the main thread
            waited = int(counts.read().split()[1]) / 1e9
    except Exception:  # noqa: BLE001 - another system, or a student's own `open`
        waited = 0.0
    return time.monotonic(), waited, time.process_time()


class _Limit:
    """Seconds from now on; what others had of the processor is given back, up to nine times them.

    Marking counts in the same way what a cell may take (marking/allowance.py).
    """

    def __init__(self, seconds):
        self.seconds, self.began = seconds, _so_far()

    def left(self):
        now = zip(self.began, _so_far(), strict=True)
        elapsed, waited, worked = (after - before for before, after in now)
        return self.seconds - elapsed + max(0.0, min(waited, elapsed - worked, 9 * self.seconds))


@contextlib.contextmanager
def _deadline(seconds):
    """Raise `_Late` in the code inside after `seconds`, and again until it gives in.

    SIGALRM where there is one and we are in the main thread (a kernel runs cells there);
    elsewhere (Windows) a timer that interrupts the main thread as Ctrl-C would.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
    elif hasattr(signal, "setitimer"):
        limit = _Limit(seconds)

        def ring(signum, frame):
            if limit.left() <= 0:
                raise _Late

        previous = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)
    else:
        import _thread

        over = threading.Event()

        def remind():
            # Again and again: what is raised in a callback of the garbage collector, such as JAX's,
            # is printed and ignored.
            pause = seconds
            while not over.wait(pause):
                _thread.interrupt_main()
                pause = 0.5

        # Where it is ignored, as in what a shell starts in the background, none would come.
        previous = signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Thread(target=remind, daemon=True).start()
        started = time.monotonic()
        try:
            yield
        except KeyboardInterrupt:
            if time.monotonic() - started < seconds:
                raise  # the student's own Ctrl-C
            raise _Late from None
        finally:
            over.set()
            signal.signal(signal.SIGINT, signal.SIG_DFL if previous is None else previous)


@contextlib.contextmanager
def quietly(seconds):
    """Run a student's code inside: unheard, and no longer than this (raises TimeoutError)."""
    try:
        with _quiet(), _deadline(seconds):
            yield
    except _Late:
        raise TimeoutError from None


def _by_name(function, arguments, keywords):
    """Arguments by position, and by name for parameters that cannot be given otherwise.

    A parameter that is called as the exercise calls it gets that one; the others get what is left,
    in the order in which they stand.
    """
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return arguments, {}
    only = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    only += [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name in keywords]
    left = dict(zip(keywords, arguments, strict=True))
    named = {name: left.pop(name) for name in only if name in left}
    rest = [name for name in dict.fromkeys(only) if name not in named]
    values = list(left.values())
    split = len(values) - len(rest)
    return values[:split], {**named, **dict(zip(rest, values[split:], strict=True))}


def _call(function, arguments, seconds, keywords=()):
    slopes = []
    try:
        with _quiet(), _deadline(seconds):
            given, named = [_build(a, slopes) for a in arguments], {}
            if keywords:
                given, named = _by_name(function, given, keywords)
            reply = {"returned": _describe(function(*given, **named))}
    except _Late:
        reply = {"late": seconds}
    except KeyboardInterrupt:
        raise
    except BaseException as exc:  # noqa: BLE001 - SystemExit, too, is only a reply
        reply = {"raised": _error(exc)}
    if slopes:
        reply["asked"] = {"count": slopes[0].count, "places": slopes[0].asked}
    return reply


# --------------------------------------------------------------------------- questions


def _similar(name, namespace):
    """Names in the namespace that a student may have meant by `name`, best first."""
    own = [n for n in namespace if isinstance(n, str) and not n.startswith("_")]

    def folded(n):  # case, underscores and the order of the parts do not count
        return sorted(n.lower().split("_")), n.lower().replace("_", "")

    same = [n for n in own if any(a == b for a, b in zip(folded(n), folded(name), strict=True))]
    close = difflib.get_close_matches(name, own, n=4, cutoff=0.75)
    return [*same, *(n for n in close if n not in same)][:4]


def stored(tree):
    """The names that a module's statements give a value, in functions by `global` only."""
    names = set()

    def visit(node, inside):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if not inside:
                names.add(node.name)
            inside = True
        elif isinstance(node, ast.Lambda):
            inside = True
        elif isinstance(node, ast.Global):
            names.update(node.names)
        elif isinstance(node, ast.comprehension):  # its variables are its own
            for part in (node.iter, *node.ifs):
                visit(part, inside)
            return
        elif isinstance(node, ast.alias) and not inside and node.name != "*":
            names.add(node.asname or node.name.partition(".")[0])
        elif not inside:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            named = getattr(node, "name", None) or getattr(node, "rest", None)
            if isinstance(named, str) and not isinstance(node, ast.ExceptHandler):
                names.add(named)  # `case` captures
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(tree, False)
    return names


def _stores(text, name):
    """Whether a cell's text gives `name` a value; a cell with a check only asks for it."""
    if re.search(r"\bcheck\s*\.\s*\w+\s*\(", text):
        return False
    lines = ["" if re.match(r"\s*[%!]", line) else line for line in text.splitlines()]
    try:
        return name in stored(ast.parse("\n".join(lines)))
    except (SyntaxError, ValueError, RecursionError):
        named = re.escape(name)
        assigned = rf"^\s*(?:def\s+{named}\b|(?:[\w\s,]*,\s*)?{named}\s*(?:,[\w\s,]*)?=(?!=))"
        return re.search(assigned, text, re.MULTILINE) is not None


def _failed_cell(name):
    """The last error of this session, if the cell that raised it would have set `name`."""
    exc = getattr(sys, "last_value", None)
    if exc is None or type(exc).__name__ == "CheckFailed":
        return None
    files = [exc.filename or ""] if isinstance(exc, SyntaxError) else []
    trace = exc.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_name == "<module>" or code.co_name.startswith("<cell line"):
            files.append(code.co_filename)
        trace = trace.tb_next
    for filename in files:
        # IPython compiles a cell statement by statement but keeps its whole text in linecache.
        if _stores("".join(linecache.getlines(filename)), name):
            return _error(exc)
    return None


def _look(name, namespace):
    if name not in namespace:
        out = {"missing": True, "similar": _similar(name, namespace)}
        failed = _failed_cell(name)
        if failed is not None:
            out["failed_cell"] = failed
        return out
    try:
        with _quiet(), _deadline(10):
            return {"found": _describe(namespace[name])}
    except _Late:
        return {"found": {"kind": "other", "type": "object that does not answer"}}
    except KeyboardInterrupt:
        raise
    except BaseException as exc:  # noqa: BLE001 - an impostor's dunder may raise anything
        return {
            "found": {"kind": "other", "type": _type_name(namespace[name]), "error": _error(exc)}
        }


def _answer(question, namespace):
    name = question["name"]
    if "calls" not in question:
        return _look(name, namespace)
    if not callable(namespace.get(name)):
        return {"calls": []}
    calls, replies, took = question["calls"], [], 0.0
    limit = _Limit(question["seconds"])
    for number, arguments in enumerate(calls, start=1):
        asking.update(name=name, number=number, count=len(calls))
        left = limit.left()
        slow = number == len(calls) and took > question.get("patience", math.inf)
        if slow or left <= 0 or any("late" in r for r in replies):
            replies.append({"late": question["seconds"]})
            continue
        named = question.get("keywords", ())
        reply = _call(namespace[name], arguments, max(left, 0.05), named)
        if "late" in reply:  # all calls together had this time, and not the rest of it
            reply["late"] = question["seconds"]
        replies.append(reply)
        took = left - limit.left()
    return {"calls": replies}


def testify(questions, namespace):
    """Answer `questions` (JSON text) about `namespace` (a dict of names); returns JSON text."""
    return json.dumps([_answer(q, namespace) for q in json.loads(questions)], allow_nan=False)
