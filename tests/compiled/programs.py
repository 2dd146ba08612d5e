"""Programs that a compiled gradient could get wrong, each one a cell of a student's notebook.

Beside NumPy and JAX they have `show`, which notes a value with all there is to see of it, `walk`,
which shows a function at six numbers, and `attempt`, which shows what was returned or raised.
After two plain calls the third is traced or compiled here, so that six are enough to be fast.

Three shelves by how they must run, so that the suite cannot pass by nothing being compiled: `FAST`
programs use the compiled way at least once, `PLAIN` ones never, and of `EITHER` nothing is said.
"""

from __future__ import annotations

__all__ = ["EITHER", "FAST", "PLAIN"]

FAST: dict[str, str] = {}
PLAIN: dict[str, str] = {}
EITHER: dict[str, str] = {}

# ------------------------------------------------------------------ what students usually write

FAST["one_variable"] = """
def f(x): return x**3 + jnp.sin(x)
walk(grad(f))
"""
FAST["lambda"] = """
walk(grad(lambda x: 3 * x * x))
"""
FAST["named_in_full"] = """
def f(x): return jax.numpy.exp(-x) * jax.nn.sigmoid(x) * math.pi
walk(jax.grad(f))
"""
FAST["linear_function"] = """
def f(x): return 2 * x + 3
walk(grad(f))
"""
FAST["descent"] = """
def f(x): return 2*x**4 - 3*x**3 - 9*x**2 + 4*x + 3
x = -5.0
df = grad(f)
for _ in range(100):
    x = x - 0.001 * df(x)
show(x)
"""
FAST["descent_with_grad_in_the_loop"] = """
def f(x): return (x - 3.0)**2
x = 0.0
for _ in range(40):
    x -= 0.1 * jax.grad(f)(x)
    show(x)
"""
FAST["descent_in_the_plane"] = """
def field(coords):
    x, y = coords
    return jnp.log(1 + x**2) * jnp.arctan(x) + jnp.sin(y)**2
slope = grad(field)
coords = jnp.array([3.0, -2.0])
for _ in range(50):
    coords = coords - 0.05 * slope(coords)
    show(coords)
"""
FAST["two_numbers"] = """
def field(x, y): return x**2 * y**3 + jnp.cos(x * y)
gx, gy, both, last = grad(field), grad(field, 1), grad(field, (0, 1)), grad(field, argnums=-1)
for i in range(6):
    show([g(1.0 + i, 2.0 - i) for g in (gx, gy, both, last)])
"""
FAST["argnums_as_a_list"] = """
df = grad(lambda x, y: x * y**2, argnums=[0, 1])
for i in range(6): show(df(1.0 * i, 2.0))
"""
FAST["second_derivative"] = """
def f(x): return x**4 - jnp.cos(x)
walk(grad(grad(f)))
"""
FAST["nested"] = """
def f(x): return x**5
d1 = grad(f); d2 = grad(d1); d3 = grad(d2)
for i in range(6): show([d(0.5 * i) for d in (d3, d1, d2)])
"""
FAST["newton"] = """
def f(x): return jnp.sin(x) * x
d1 = grad(f); d2 = grad(d1)
x = 1.2
for _ in range(20):
    x = x - d1(x) / d2(x)
    show(x)
"""
FAST["gradient_of_a_formula_with_gradients"] = """
def f(x): return x**4
df = jax.grad(f)
def step(x): return x - 0.1 * df(x)
def other(x): return x - 0.1 * jax.grad(f)(x)
walk(grad(step)); walk(grad(other))
"""
FAST["value_and_grad"] = """
walk(jax.value_and_grad(lambda x: x**4 + 1))
"""
FAST["hessian_jacfwd_jacrev_jacobian"] = """
def f(v): return v[0]**2 * v[1] + v[1]**3
def g(v): return jnp.array([v[0]**2, v[1] * v[0]])
ways = [jax.hessian(f), jax.jacfwd(g), jax.jacrev(g), jax.jacobian(g)]
for i in range(6): show([way(jnp.array([1.0 + i, 2.0])) for way in ways])
"""
FAST["mixed_nests"] = """
def f(v): return jnp.sum(jnp.sin(v) * v)
ways = [jax.jacfwd(jax.grad(f)), jax.jacrev(jax.jacfwd(f))]
for i in range(6): show([way(jnp.array([1.0 + i, 2.0])) for way in ways])
"""
FAST["hessian_of_two_arguments"] = """
h = jax.hessian(lambda x, y: x**2 * jnp.sin(y), argnums=(0, 1))
for i in range(6): show(h(1.0 + i, 0.5))
"""
FAST["dict_of_parameters"] = """
def loss(p, x, y): return jnp.mean((p['w'] * x + p['b'] - y)**2)
x = jnp.arange(5.0); y = 2 * x + 1
p = {'w': 1.0, 'b': 0.0}
for _ in range(30):
    g = grad(loss)(p, x, y)
    p = {k: p[k] - 0.05 * g[k] for k in p}
    show(p)
"""
FAST["nested_parameters"] = """
def net(p, x): return jnp.sum(jnp.tanh(x @ p[0]['w'] + p[0]['b']) * p[1])
p = [{'w': jnp.ones((3, 2)) * 0.3, 'b': jnp.zeros(2)}, jnp.array([1.0, -1.0])]
for i in range(6): show(grad(net)(p, jnp.arange(3.0) * i))
"""
FAST["regression_with_numpy_data"] = """
def loss(w, X, y): return jnp.mean((X @ w - y)**2)
X = np.random.default_rng(0).normal(size=(20, 3)); y = X @ np.array([1.0, 2.0, 3.0])
w = jnp.zeros(3)
for _ in range(10):
    w = w - 0.1 * grad(loss)(w, X, y)
    show(w)
X[0] = 5.0
for _ in range(6): show(grad(loss)(w, X, y))
"""
FAST["minibatches"] = """
def loss(w, x, y): return jnp.sum((x * w - y)**2)
w = jnp.ones(3)
for i in range(10):
    w = w - 0.01 * grad(loss)(w, jnp.arange(3.0) + i, jnp.ones(3) * i)
    show(w)
"""
FAST["keyword_arguments"] = """
def f(x, *, p=2.0, q=1.0): return q * x**2 + p * x
df = grad(f)
for i in range(6): show(df(1.0 + i, q=3.0))
for i in range(6): show(df(1.0 + i, q=3.0, p=0.5))
for i in range(6): show(df(1.0 + i, p=0.5, q=3.0))
"""
FAST["keyword_array"] = """
def f(x, y): return jnp.sum(x**2 * y)
for i in range(6): show(grad(f)(jnp.arange(3.0), y=jnp.full(3, float(i))))
"""
FAST["star_arguments"] = """
def f(*a, **k): return a[0]**2 * a[1] + k['b']
for i in range(6): show(grad(f)(1.0 + i, 2.0, b=1.0))
"""
FAST["helper_functions"] = """
def square(x): return x * x
def f(x): return square(x) + square(square(x))
walk(grad(f))
"""
FAST["recursion"] = """
def power(x, n): return x if n == 0 else x * power(x, n - 1)
def f(x): return power(x, 4)
walk(grad(f))
"""
FAST["recursion_through_itself"] = """
def f(x, n=3): return x if n == 0 else jnp.sin(f(x, n - 1))
walk(grad(f))
"""
FAST["comprehensions"] = """
def f(x): return sum(x**k for k in range(3)) + sum([x * k for k in (1, 2)])
walk(grad(f))
"""
FAST["local_accumulation"] = """
def f(v):
    total = 0.0
    for k in range(3):
        total += v[k]**2
    return total
for i in range(6): show(grad(f)(jnp.arange(3.0) + i))
"""
FAST["local_list"] = """
def f(x):
    terms = []
    for k in range(3): terms.append(x**k)
    terms[0] = x
    return sum(terms)
walk(grad(f))
"""
FAST["local_function"] = """
def f(x):
    a = 2.0
    def g(y): return a * y
    return g(g(x))
walk(grad(f))
"""
FAST["tuple_and_star_unpacking"] = """
def f(v):
    first, *rest = v
    return first * jnp.stack(rest).sum()
for i in range(6): show(grad(f)(jnp.arange(4.0) + i))
"""
FAST["while_loop_over_ints"] = """
def f(x):
    n, y = 0, x
    while n < 4:
        y, n = y * x, n + 1
    return y
walk(grad(f))
"""
FAST["assert_about_shapes"] = """
def f(v):
    assert v.shape == (2,), 'two numbers'
    return v @ v
for i in range(6): show(grad(f)(jnp.arange(2.0) + i))
"""
FAST["masks_and_where"] = """
def f(v): return jnp.where(v > 0, v**2, jnp.exp(v)).sum() + jax.nn.relu(v).sum()
for i in range(6): show(grad(f)(jnp.array([-1.0, 0.0, 0.5 * i])))
"""
FAST["kinks_and_odd_numbers"] = """
def f(x): return jnp.where(x > 0, x**2, jnp.abs(x)) + jnp.maximum(x, 0.0)**2
df = grad(f)
odd = (-1.0, 0.0, 1.0, -0.0, float('nan'), float('inf'), -float('inf'), 1e-40, 1e38)
for x in odd: show([df(x), df(np.float64(x)), df(jnp.float32(x))])
"""
FAST["exactly_zero"] = """
def f(x): return jnp.sin(x)**2 + jnp.cos(x)**2
for i in range(20): show(grad(f)(0.1 * i))
"""
FAST["chaotic_map"] = """
def f(x): return 1.85 * x**2 - 1.2333333 * x**3
df = grad(f)
x = 0.3
for i in range(120): x = df(x)
show(x)
"""
FAST["update_at_an_index"] = """
def f(v): return jnp.sum(v.at[1].set(v[0]**2) * jnp.arange(3.0))
for i in range(6): show(grad(f)(jnp.arange(3.0) + i))
"""
FAST["weak_types"] = """
df = grad(lambda x: x * 2)
for _ in range(6): show([df(1.0), df(1.0) * np.float16(1)])
for _ in range(6): show([df(jnp.float32(1.0)), df(jnp.asarray(1.0))])
"""
FAST["kinds_of_numbers"] = """
def f(x): return jnp.sum(x**2)
kinds = [lambda i: jnp.ones(1 + i % 3) * i, lambda i: np.ones(2) * i, np.float32, np.float64]
for kind in kinds:
    for i in range(9): show(grad(f)(kind(i)))
"""
FAST["beyond_single_precision"] = """
def f(x): return jnp.sum(jnp.abs(x) + jnp.where(x > 0, x, 0.0))
walk(grad(f)); walk(lambda x: grad(f)(np.float64(x))); walk(lambda x: grad(f)(np.full(2, x)))
for x in (1e50, -1e50, 1e-50, 5e-324, 1e39, 1e-40, 3.4028235e38, 3.4028236e38, 1e308):
    show([grad(f)(x), grad(f)(np.float64(x)), grad(f)(np.full(2, x))])
old = np.seterr(all='raise')
try:
    for x in (1e50, 1e-50, 1e-40): attempt(lambda: grad(f)(np.float64(x)))
    walk(lambda x: grad(lambda x: x**2)(np.float64(x)))
finally: np.seterr(**old)
"""
# JAX 0.12 itself gives a weak type compiled, and none without compiling.
EITHER["kinks_of_all_kinds"] = """
def f(x): return jnp.abs(x) + jnp.maximum(x, 0.0) + jnp.where(x > 0, x, 0.0)
walk(grad(f)); walk(lambda x: grad(f)(jnp.float32(x - 1.25)))
"""
PLAIN["kinks_and_tiny_numbers"] = """
df = grad(lambda x: jax.nn.relu(x))
for x in (1.0, 2.0, 3.0, 1e-40, 1e-50, -1e-50): show([df(x), df(np.float64(x))])
"""
EITHER["half_precision"] = """
def f(x): return x**2 / 3
for i in range(6): show(grad(f)(jnp.float16(i)))
for i in range(6): show(grad(f)(jnp.bfloat16(i)))
"""
EITHER["half_precision_inside"] = """
def f(x): return (x.astype(jnp.float16) * x.astype(jnp.float16) / 3).astype(jnp.float32)
for i in range(6): show(grad(f)(jnp.float32(i) / 7))
"""
FAST["x64_switched"] = """
df = grad(lambda x: x**2 / 3)
walk(df)
jax.config.update('jax_enable_x64', True)
walk(df)
jax.config.update('jax_enable_x64', False)
walk(df)
"""
FAST["result_is_a_new_array"] = """
df = grad(lambda v: jnp.sum(v**2))
v = jnp.arange(3.0)
seen = [df(v) for _ in range(6)]
show([a is b for a in seen for b in seen]); show([a is v for a in seen])
"""
FAST["calls_inside_jit_and_vmap"] = """
df = grad(lambda x: jnp.sin(x) * x)
walk(df); walk(jax.jit(df))
show(jax.vmap(df)(jnp.arange(4.0))); walk(lambda x: jax.jit(lambda y: y * df(2.0))(x))
"""
FAST["vmap_inside"] = """
def one(w, x): return jnp.tanh(w * x)
def loss(w): return jnp.sum(jax.vmap(one, in_axes=(None, 0))(w, jnp.arange(3.0)))
walk(grad(loss))
"""
FAST["stop_gradient"] = """
walk(grad(lambda x: x * jax.lax.stop_gradient(x**2)))
"""
FAST["norms_and_products"] = """
A = jnp.array([[2.0, 1.0], [0.5, 3.0]])
def f(v): return v @ A @ v + jnp.linalg.norm(v)**3 + jnp.prod(v) + jnp.dot(A.T, v)[0]
for i in range(6): show(grad(f)(jnp.array([1.0, 0.3 * i])))
"""
FAST["power_by_a_constant"] = """
for y in (0.5, 2.0, -1.0, 3.0): walk(lambda x: grad(lambda x: x**y)(x))
walk(grad(lambda x: 2.0**x)); walk(grad(lambda x: jnp.power(x, 2.0) / 3.0))
"""
# JAX itself gives a weak type compiled, and none without compiling.
EITHER["type_that_compiling_changes"] = """
walk(grad(lambda x: x**0.5 + 2.0**x))
"""
FAST["constants_of_functions"] = """
def f(x): return jnp.sin(2.0) * jnp.exp(jnp.array([0.1, 0.2])).sum() * x**2 + jnp.tanh(0.7) * x
walk(grad(f))
"""
FAST["bool_and_none_on_static_things"] = """
def f(x, flag, b=None):
    y = x**2 if flag else x**3
    return y if b is None else y * b
for i in range(16): show(grad(f)(2.0, i % 2 == 0)); show(grad(f)(2.0, True, 3.0))
"""
FAST["mode_by_name"] = """
def f(x, mode): return x**2 if mode == 'a' else x**3
for i in range(6): show([grad(f)(2.0, 'a'), grad(f)(2.0, 'b')])
"""
FAST["int_argument"] = """
def f(x, n): return x**n
for i in range(6): show(grad(f)(2.0, 3))
for i in range(6): show(grad(f)(0.0, i))
"""
FAST["true_is_not_one"] = """
def f(x, n): return x * n + (x if isinstance(n, bool) else 0.0)
for n in (1, True, 1.0): show([grad(f)(2.0, n) for _ in range(5)])
"""
FAST["zero_has_a_sign"] = """
def f(x, c): return x * math.copysign(1.0, c)
for c in (0.0, -0.0, 0): show([grad(f)(2.0, c) for _ in range(5)])
"""
FAST["double_precision_argument"] = """
def f(x, c): return x * ((c * c) / 1e60)
for i in range(6): show(grad(f)(2.0, 1e30))
"""
FAST["math_on_an_argument"] = """
def f(x, c): return x * math.sin(c)
for i in range(6): show(grad(f)(2.0, 0.5))
"""
FAST["order_of_a_dict"] = """
def f(p): return sum(v * (k + 1) for k, v in enumerate(p.values()))
for _ in range(6): show([grad(f)({'b': 1.0, 'a': 2.0}), grad(f)({'a': 2.0, 'b': 1.0})])
"""
FAST["order_of_keywords"] = """
def f(x, **k): return x * sum(v * 2**i for i, v in enumerate(k.values()))
for _ in range(6): show([grad(f)(1.0, a=1.0, b=3.0), grad(f)(1.0, b=3.0, a=1.0)])
"""

# ------------------------------------------------------------------ what changes between calls

FAST["global_changed"] = """
a = 2.0
def f(x): return a * x**2
df = grad(f)
walk(df); a = 5.0; walk(df); a = 7; walk(df); a = 7.0; walk(df)
"""
FAST["global_changed_back"] = """
a = 2.0
df = grad(lambda x: a * x**2)
walk(df); a = 5.0; walk(df); a = 2.0; walk(df)
"""
EITHER["global_changes_at_each_call"] = """
def f(x): return step * x**2
for step in range(30): show(grad(f)(1.0))
"""
FAST["global_int_to_float"] = """
n = 2
df = grad(lambda x: x**n)
walk(df); n = 2.0; walk(df); n = True; walk(df)
"""
FAST["global_deleted"] = """
a = 2.0
def f(x): return a * x
walk(grad(f))
del a
attempt(lambda: grad(f)(1.0))
a = 3.0
walk(grad(f))
"""
FAST["closure_changed"] = """
def make():
    k = 1.0
    def f(x): return k * x**2
    def set_k(v):
        nonlocal k; k = v
    return f, set_k
f, set_k = make()
df = grad(f)
walk(df); set_k(4.0); walk(df)
"""
FAST["twins_one_closure_changed"] = """
def make():
    k = 2.0
    def set_k(v):
        nonlocal k; k = v
    return (lambda x: k * x**2), set_k
(f1, set1), (f2, set2) = make(), make()
d1, d2 = grad(f1), grad(f2)
for i in range(6): show(d1(1.0))
set2(5.0)
for i in range(6): show([d1(1.0), d2(1.0)])
set1(3.0)
for i in range(6): show([d1(1.0), d2(1.0)])
"""
FAST["twins_one_default_changed"] = """
def make():
    def f(x, k=2.0): return k * x**2
    return f
f1, f2 = make(), make()
d1, d2 = grad(f1), grad(f2)
for i in range(6): show(d1(1.0))
f2.__defaults__ = (9.0,)
for i in range(6): show([d1(1.0), d2(1.0)])
"""
FAST["late_binding"] = """
ds = [grad(lambda x: x**2 * k) for k in (1.0, 2.0, 3.0)]
for i in range(6): show([d(2.0) for d in ds])
"""
FAST["lambda_made_anew_with_a_default"] = """
for i in range(24): show(grad(lambda x, k=float(i % 2): x**2 * (k + 1))(1.5))
"""
FAST["lambda_made_anew_with_the_same_closure"] = """
def run(k):
    for i in range(6): show(grad(lambda x: x**2 * k)(1.0 + i))
run(2.0); run(3.0)
"""
EITHER["lambda_with_the_loop_variable"] = """
for i in range(30): show(grad(lambda x: x**2 * i)(1.0))
"""
EITHER["fresh_arrays_in_fresh_lambdas"] = """
def run(a): return grad(lambda w: jnp.sum(w * a))(jnp.ones(3))
for i in range(60):
    a = jnp.full(3, float(i % 7))
    show(run(a)); del a
"""
FAST["default_replaced"] = """
def f(x, a=1.0): return a * x**2
df = grad(f)
walk(df); f.__defaults__ = (6.0,); walk(df); f.__defaults__ = None; attempt(lambda: df(1.0))
"""
FAST["default_list_changed"] = """
def f(x, a=[1.0]): return a[0] * x**2
df = grad(f)
walk(df); f.__defaults__[0][0] = 4.0; walk(df)
"""
FAST["keyword_default_changed_in_place"] = """
def f(x, *, a=1.0): return a * x**2
df = grad(f)
walk(df); f.__kwdefaults__['a'] = 6.0; walk(df)
"""
FAST["code_swapped"] = """
def f(x): return x**2
def g(x): return x**3
df = grad(f)
walk(df); f.__code__ = g.__code__; walk(df); walk(grad(f))
"""
FAST["helper_redefined"] = """
def h(x): return x**2
def f(x): return h(x) + 1
df = grad(f)
walk(df)
def h(x): return x**3
walk(df)
"""
FAST["helper_redefined_with_equal_code"] = """
source = 'def h(x): return k * x'
k = 1.0
exec(source)
df = grad(lambda x: h(x)**2)
walk(df); exec(source); walk(df); k = 2.0; walk(df)
"""
FAST["helper_code_swapped"] = """
def h(x): return x**2
def f(x): return h(x) + 1
df = grad(f)
walk(df)
h.__code__ = (lambda x: x**3).__code__
walk(df)
"""
FAST["helper_becomes_impure"] = """
def h(x): return x**2
df = grad(lambda x: h(x))
walk(df)
def h(x):
    print('h'); return x**2
walk(df)
"""
FAST["function_redefined"] = """
def f(x): return x**2
df = grad(f)
walk(df)
def f(x): return x**3
walk(df); df = grad(f); walk(df)
"""
FAST["inner_gradient_redefined"] = """
d = grad(lambda x: x**3)
def f(x): return d(x) * 2
df = grad(f)
walk(df); d = grad(lambda x: x**4); walk(df); d = jax.value_and_grad(lambda x: x**2)
attempt(lambda: df(1.0))
"""
FAST["builtin_shadowed"] = """
def f(x): return abs(x)**2
df = grad(f)
walk(df)
def abs(x): return x * 10
walk(df)
del abs
walk(df)
"""
FAST["jnp_function_replaced"] = """
sin = jnp.sin
def f(x): return jnp.sin(x)
df = grad(f)
walk(df)
jnp.sin = jnp.cos
try: walk(df)
finally: jnp.sin = sin
walk(df)
"""
FAST["constant_of_numpy_replaced"] = """
pi = np.pi
df = grad(lambda x: np.pi * x**2)
walk(df)
np.pi = 3.0
try: walk(df)
finally: np.pi = pi
"""
FAST["numpy_global_changed_in_place"] = """
X = np.arange(4.0)
def f(w): return jnp.sum((X * w)**2)
df = grad(f)
walk(df); X[0] = 9.0; walk(df); X += 1; walk(df)
"""
FAST["numpy_closure_changed_in_place"] = """
def make(X): return grad(lambda w: jnp.sum((jnp.asarray(X) * w)**2))
X = np.arange(4.0)
df = make(X)
walk(df); X[0] = 9.0; walk(df)
"""
FAST["numpy_view_of_a_changed_array"] = """
base = np.ones(4); v = base[1:]
df = grad(lambda x: jnp.sum(v * x))
walk(df); base[:] = 3.0; walk(df)
"""
FAST["numpy_global_reshaped_in_place"] = """
X = np.arange(4.0)
df = grad(lambda x: jnp.sum(X[0] * x))
walk(df); X.shape = (2, 2); walk(df)
"""
FAST["numpy_argument_changed_in_place"] = """
y = np.zeros(3)
df = grad(lambda w, y: jnp.sum(w * y))
for i in range(12):
    if i == 6: y[1] = 7.0
    show(df(2.0, y))
"""
FAST["jax_global_replaced"] = """
X = jnp.arange(4.0)
df = grad(lambda w: jnp.sum((X * w)**2))
walk(df); X = X + 1; walk(df); X = X.at[0].set(5.0); walk(df)
"""
FAST["global_list_changed"] = """
c = [1.0, 2.0]
df = grad(lambda x: c[0] * x**2 + c[1] * x)
walk(df); c[1] = 9.0; walk(df); c.append(1); walk(df); c = [1.0, 2.0]; walk(df)
"""
FAST["global_dict_changed"] = """
c = {'a': 1.0}
df = grad(lambda x: c['a'] * x**2)
walk(df); c['a'] = 9.0; walk(df); del c['a']; attempt(lambda: df(1.0))
"""
FAST["global_dict_in_another_order"] = """
c = {'a': 1.0, 'b': 3.0}
df = grad(lambda x: sum(v * x**k for k, v in enumerate(c.values())))
walk(df); c['a'] = c.pop('a'); walk(df)
"""
FAST["deep_data_changed"] = """
c = [np.ones(3), [np.zeros(2)], (1.0, [2.0])]
df = grad(lambda x: jnp.sum(c[0] * x**2) + jnp.sum(c[1][0] * x) + c[2][1][0] * x)
walk(df); c[1][0][0] = 9.0; walk(df); c[2][1][0] = 4.0; walk(df)
"""
FAST["raise_on_a_global"] = """
def f(x):
    assert not flag, 'no'
    return x**2
flag = False
walk(grad(f))
flag = True
attempt(lambda: grad(f)(1.0))
flag = False
walk(grad(f))
"""
FAST["error_after_success"] = """
df = grad(lambda x: x**2)
walk(df)
for bad in (3, True, 1j, 'x', None, [1], jnp.arange(3), jnp.ones(3), np.int32(2), np.ones(2), {}):
    attempt(lambda: df(bad))
attempt(lambda: df()); attempt(lambda: df(1.0, 2.0)); attempt(lambda: df(x=1.0))
walk(df)
"""
FAST["deleted_array"] = """
df = grad(lambda x: x**2)
x = jnp.float32(2.0)
for _ in range(6): show(df(x))
x.delete()
attempt(lambda: df(x))
walk(df)
"""
FAST["debug_nans"] = """
df = grad(lambda x: jnp.log(x) * 0.5)
walk(df); show(df(0.0))
jax.config.update('jax_debug_nans', True)
try: attempt(lambda: df(-1.0) * float('inf')); attempt(lambda: grad(jnp.sqrt)(-1.0)); walk(df)
finally: jax.config.update('jax_debug_nans', False)
"""
FAST["disable_jit"] = """
df = grad(lambda x: jnp.sin(x)**2)
walk(df)
with jax.disable_jit(): walk(df)
walk(df)
"""
FAST["strict_promotion"] = """
df = grad(lambda x: x * jnp.int32(2) * jnp.ones(1)[0])
walk(df)
with jax.numpy_dtype_promotion('strict'): attempt(lambda: df(1.0))
walk(df)
"""
FAST["matmul_precision"] = """
A = jnp.arange(9.0).reshape(3, 3) / 7
df = grad(lambda v: v @ A @ v)
for _ in range(6): show(df(jnp.arange(3.0)))
with jax.default_matmul_precision('bfloat16'):
    for _ in range(6): show(df(jnp.arange(3.0)))
"""
FAST["call_it_in_a_thread"] = """
import threading
df = grad(lambda x: x**3)
walk(df)
t = threading.Thread(target=walk, args=(df,)); t.start(); t.join()
"""
FAST["leaked_tracer_as_argument"] = """
kept = []
def leak(x): kept.append(x); return x
jax.jit(leak)(1.0)
df = grad(lambda x: x**2)
walk(df)
attempt(lambda: df(kept[0]), words=12)
walk(df)
"""
FAST["copies_of_the_gradient"] = """
import copy
df = grad(lambda x: x**2)
walk(copy.copy(df)); walk(copy.deepcopy(df))
class Model: slope = staticmethod(df)
walk(Model.slope); walk(Model().slope)
"""
FAST["looks"] = """
import inspect, types
def f(x: float, y=2.0) -> float:
    "My own."
    return x * y
f.note = 'mine'
for way in (grad, jax.value_and_grad, jax.jacfwd, jax.jacrev, jax.jacobian, jax.hessian):
    df = way(f)
    show([way.__name__, way.__module__, str(inspect.signature(way)), (way.__doc__ or '')[:40]])
    show([df.__name__, df.__qualname__, df.__module__, df.__doc__, str(inspect.signature(df))])
    show([type(df) is types.FunctionType, sorted(vars(df)), df.__wrapped__ is f, df.note])
    show(repr(df).split(' at ')[0])
walk(grad(f))
"""
FAST["warnings_shown_once_stay_so"] = """
import warnings
def loud(): warnings.warn('once')
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter('default')
    loud(); walk(grad(lambda x: x**2 * 3)); loud()
show([str(w.message) for w in seen])
"""

# ------------------------------------------------------------------ what is more than its value

PLAIN["print"] = """
def f(x):
    print('called'); return x**2
walk(grad(f))
"""
PLAIN["print_in_a_helper"] = """
def h(x):
    print(type(x).__name__); return x
walk(grad(lambda x: h(x)**2))
"""
PLAIN["append_to_a_global"] = """
seen = []
def f(x):
    seen.append(1); return x**2
walk(grad(f)); show(len(seen))
"""
PLAIN["append_by_a_helper"] = """
seen = []
def h(x):
    seen.append(0); return x
walk(grad(lambda x: h(x)**2)); show(len(seen))
"""
PLAIN["append_under_another_name"] = """
seen = []
def f(x):
    notes = seen; notes += [1]
    return x**2
walk(grad(f)); show(len(seen))
"""
PLAIN["global_counter"] = """
n = 0
def f(x):
    global n; n += 1
    return x**2 * n
walk(grad(f)); show(n)
"""
PLAIN["nonlocal_counter"] = """
def make():
    n = 0
    def f(x):
        nonlocal n; n += 1
        return x * x * n
    return f
walk(grad(make()))
"""
PLAIN["nonlocal_counter_from_inside"] = """
def make():
    n = 0
    def f(x):
        def count():
            nonlocal n; n += 1
        count()
        return x * x * n
    return f
walk(grad(make()))
"""
PLAIN["attribute_counter"] = """
def f(x):
    f.n += 1
    return x * x * f.n
f.n = 0
walk(grad(f)); show(f.n)
"""
PLAIN["default_as_memory"] = """
def f(x, memory=[]):
    memory.append(1)
    return x * len(memory)
walk(grad(f))
"""
PLAIN["dict_as_cache"] = """
cache = {}
def f(x):
    cache['calls'] = cache.get('calls', 0) + 1
    return x * cache['calls']
walk(grad(f)); show(cache)
"""
PLAIN["sorts_a_global"] = """
c = [3.0, 1.0, 2.0]
def f(x):
    c.sort(); return c[0] * x**2
walk(grad(f)); c.append(0.5); walk(grad(f)); show(c)
"""
PLAIN["ufunc_out"] = """
X = np.ones(3)
def f(w):
    np.add(X, 1, X); return w * float(X[0])
walk(grad(f)); show(X)
"""
PLAIN["iterator"] = """
it = iter(range(1000))
walk(grad(lambda x: x * next(it)))
"""
PLAIN["zip_used_up"] = """
it = zip(range(5), range(5))
def f(x):
    for a, b in it: return x * a
    return x
walk(grad(f))
"""
PLAIN["generator_function"] = """
def powers(x):
    yield x
    print('between'); yield x**2
walk(grad(lambda x: sum(powers(x))))
"""
PLAIN["generator_as_argument"] = """
def f(x, ys): return sum(x * y for y in ys)
for _ in range(6): attempt(lambda: grad(f)(1.0, iter([1.0, 2.0])))
"""
PLAIN["global_set"] = """
s = {1, 2}
df = grad(lambda x: x * len(s))
walk(df); s.add(3); walk(df)
"""
PLAIN["leaks_a_tracer"] = """
def f(x):
    global last; last = x
    return x**2
walk(grad(f)); show(type(last).__name__)
"""
PLAIN["numpy_random"] = """
rng = np.random.default_rng(0)
walk(grad(lambda x: x * rng.normal()))
np.random.seed(0)
walk(grad(lambda x: x * np.random.rand()))
"""
PLAIN["python_random"] = """
import random
random.seed(1)
walk(grad(lambda x: x * random.random()))
"""
PLAIN["clock"] = """
import time
ticks = []
def f(x):
    ticks.append(time.time()); return x * x
walk(grad(f)); show(len(ticks))
"""
PLAIN["jax_random"] = """
key = jax.random.PRNGKey(0)
df = grad(lambda x: x * jax.random.normal(key))
for i in range(12):
    if i % 6 == 5: key, _ = jax.random.split(key)
    show(df(1.0))
"""
PLAIN["debug_print"] = """
def f(x):
    jax.debug.print('v {}', x); return x**2
walk(grad(f)); jax.effects_barrier()
"""
PLAIN["callback"] = """
def f(x):
    y = jax.pure_callback(lambda a: a + 1, jax.ShapeDtypeStruct((), 'float32'), x)
    return x * jax.lax.stop_gradient(y)
walk(grad(f))
"""
PLAIN["warning"] = """
import warnings
def f(x):
    warnings.warn('careful'); return x**2
walk(grad(f))
"""
PLAIN["warning_from_jax"] = """
df = grad(lambda x: jnp.asarray(x, dtype=jnp.float64)**2)
walk(df)
"""
PLAIN["warning_from_numpy"] = """
big = np.float32(1e30)
df = grad(lambda x: x * (big * big > 0) * 2)
walk(df)
"""
PLAIN["try_and_except"] = """
def f(x):
    try:
        if x > 0: return x**2
    except Exception: pass
    return x**3
walk(grad(f))
"""
PLAIN["with_statement"] = """
import contextlib
@contextlib.contextmanager
def noisy():
    print('in'); yield; print('out')
def f(x):
    with noisy(): return x**2
walk(grad(f))
"""
PLAIN["import_inside"] = """
def f(x):
    import math
    return x * math.pi
walk(grad(f))
"""
PLAIN["globals_and_eval"] = """
a = 1.0
d1 = grad(lambda x: globals()['a'] * x**2)
d2 = grad(lambda x: eval('a') * x**2)
walk(d1); walk(d2); a = 3.0; walk(d1); walk(d2)
"""
PLAIN["formatted_text"] = """
walk(grad(lambda x: x * len(f'{x}')))
"""
PLAIN["type_of_a_tracer"] = """
walk(grad(lambda x: x * len(type(x).__name__)))
"""
PLAIN["getattr_of_a_tracer"] = """
walk(grad(lambda x: x * (2.0 if hasattr(x, 'primal') else 3.0)))
"""
PLAIN["identity_of_arguments"] = """
def f(x, a, b): return x * (2.0 if a is b else 3.0)
df = grad(f)
one, two = jnp.ones(2), jnp.ones(2)
for _ in range(6): show([df(1.0, one, one), df(1.0, one, two)])
"""
PLAIN["object_attribute"] = """
class P: pass
p = P(); p.k = 1.0
df = grad(lambda x: p.k * x**2)
walk(df); p.k = 3.0; walk(df)
"""
PLAIN["property"] = """
class Q:
    n = 0
    @property
    def v(self):
        self.n += 1; return float(self.n)
q = Q()
walk(grad(lambda x: q.v * x))
"""
PLAIN["method"] = """
class M:
    k = 2.0
    def f(self, x): return self.k * x**2
m = M()
df = grad(m.f)
walk(df); m.k = 5.0; walk(df); walk(grad(lambda x: m.f(x)))
"""
PLAIN["callable_object"] = """
class M:
    n = 0
    def __call__(self, x):
        self.n += 1; return x * x * self.n
walk(grad(M()))
"""
PLAIN["class_made_inside"] = """
def f(x):
    class Box: pass
    b = Box(); b.v = x
    return b.v**2
walk(grad(f))
"""
PLAIN["partial"] = """
import functools
def f(a, x): return a * x**2
p = functools.partial(f, 3.0)
walk(grad(p))
"""
PLAIN["decorated_with_a_counter"] = """
def counted(f):
    def g(x):
        g.calls += 1
        return f(x)
    g.calls = 0
    return g
@counted
def f(x): return x**2
walk(grad(f)); show(f.calls)
"""
PLAIN["lru_cache"] = """
import functools
@functools.lru_cache
def k(n):
    print('computing'); return n * 2.0
walk(grad(lambda x: x * k(3)))
"""
PLAIN["float_subclass"] = """
class I(float):
    def __mul__(self, other): return other * 2.0
k = I(1.0)
walk(grad(lambda x: k * x))
"""
PLAIN["list_subclass"] = """
class L(list):
    def __getitem__(self, i): print('asked'); return 2.0
c = L([1.0])
walk(grad(lambda x: c[0] * x))
"""
PLAIN["array_subclass"] = """
class Z(np.ndarray): pass
z = np.ones(3).view(Z)
df = grad(lambda x: jnp.sum(x * jnp.asarray(z)))
walk(df); z[0] = 7.0; walk(df)
"""
PLAIN["named_tuple_argument"] = """
import collections
P = collections.namedtuple('P', 'w b')
df = grad(lambda p: p.w**2 * p.b)
for i in range(6): show(tuple(df(P(1.0 * i, 2.0))))
"""
PLAIN["registered_class_as_argument"] = """
@jax.tree_util.register_pytree_node_class
class Pair:
    def __init__(self, a, b): self.a, self.b = a, b
    def tree_flatten(self): print('flat'); return (self.a, self.b), None
    @classmethod
    def tree_unflatten(cls, _, leaves): return cls(*leaves)
df = grad(lambda p: p.a**2 * p.b)
for i in range(4): show(df(Pair(1.0 * i, 2.0)).a)
"""
PLAIN["module_as_settings"] = """
import types
cfg = types.ModuleType('cfg'); cfg.k = 2.0
df = grad(lambda x: cfg.k * x)
walk(df); cfg.k = 5.0; walk(df)
"""
PLAIN["module_under_another_name"] = """
def f(x):
    m = jnp
    return m.sin(x)
walk(grad(f))
"""
PLAIN["jitted_helper"] = """
a = 2.0
@jax.jit
def h(x):
    print('traced'); return a * x**2
df = grad(lambda x: h(x) + x)
walk(df); a = 3.0; walk(df)
"""
PLAIN["jitted_function"] = """
n = 0
@jax.jit
def f(x):
    global n; n += 1
    return x**2
walk(grad(f)); show(n)
"""
PLAIN["jit_inside"] = """
a = 1.0
def h(x): return a * x**2
df = grad(lambda x: jax.jit(h)(x))
walk(df); a = 2.0; walk(df)
"""
PLAIN["scan_remembers"] = """
a = 1.0
def body(c, t): return c + a * t, c
def f(x): return jax.lax.scan(body, x, jnp.arange(3.0))[0] ** 2
df = grad(f)
walk(df); a = 2.0; walk(df)
"""
PLAIN["loops_and_branches_of_lax"] = """
def f(x):
    y = jax.lax.fori_loop(0, 5, lambda i, a: a * 1.1 + x, x)
    return jax.lax.cond(y > 3, lambda a: a * a, lambda a: a, y)
walk(grad(f))
"""
PLAIN["custom_rule"] = """
@jax.custom_jvp
def h(x): return x**2
@h.defjvp
def h_jvp(p, t): return h(p[0]), 5.0 * t[0]
walk(grad(lambda x: h(x)))
"""
PLAIN["many_operations"] = """
def f(x):
    for k in range(400): x = x + 0.001 * jnp.sin(x)
    return x
for _ in range(4): show(grad(f)(0.5))
"""
PLAIN["large_arrays"] = """
v = jnp.linspace(0.0, 1.0, 200_000)
for _ in range(4): show(grad(lambda x: jnp.sum(jnp.sin(v * x)))(2.0))
"""
PLAIN["has_aux"] = """
df = grad(lambda x: (x**2, {'b': x, 'c': x * 2}), has_aux=True)
walk(df); walk(jax.value_and_grad(lambda x: (x**2, x), has_aux=True))
"""
PLAIN["has_aux_of_any_type"] = """
walk(grad(lambda x: (x**2, 3.5), has_aux=True))
walk(grad(lambda x: (x**2, 'note'), has_aux=True))
walk(grad(lambda x: (x**2, [print('again')]), has_aux=True))
"""
PLAIN["holomorphic_and_allow_int"] = """
walk(lambda x: grad(lambda z: z**2, holomorphic=True)(x + 1j))
for i in range(6): show(attempt(lambda: grad(lambda n: n * 2.0, allow_int=True)(i)) is None)
"""

# ------------------------------------------------------------------ what depends on the numbers

PLAIN["if_on_value"] = """
def f(x):
    if x > 2: return x**2
    return -x
walk(grad(f))
"""
PLAIN["while_on_value"] = """
def f(x):
    y = x
    while y < 10: y = y * 1.5
    return y
walk(grad(f))
"""
PLAIN["float_of_value"] = """
walk(grad(lambda x: x * float(x)))
"""
PLAIN["int_of_value"] = """
walk(grad(lambda x: x ** int(x)))
"""
PLAIN["max_of_value"] = """
walk(grad(lambda x: abs(x) + max(x, 2.0)))
"""
PLAIN["if_on_another_argument"] = """
def f(x, y): return x**2 if y > 0 else x**3
for i in range(6): show(grad(f)(2.0, jnp.float32(i - 4)))
"""
PLAIN["assert_on_value"] = """
def f(x):
    assert x < 2, 'big'
    return x**2
for i in range(6): attempt(lambda: grad(f)(1.0 + i / 4))
"""
PLAIN["index_by_value"] = """
c = (1.0, 2.0, 3.0, 4.0)
def f(x, n): return x * c[n]
for i in range(6): show(grad(f)(2.0, jnp.int32(i % 4)))
"""
PLAIN["numpy_on_value"] = """
for i in range(6): attempt(lambda: grad(lambda x: np.sin(x))(1.0))
"""
PLAIN["loop_over_an_array_length"] = """
def f(v, n):
    return sum(v[k] for k in range(n))
for i in range(6): attempt(lambda: grad(f)(jnp.arange(5.0), jnp.int32(i)))
"""
PLAIN["int_to_differentiate"] = """
df = grad(lambda x: x**2)
for bad in (1, 2, 3, 4, True, jnp.arange(3)): attempt(lambda: df(bad))
"""
PLAIN["not_a_scalar"] = """
for i in range(6): attempt(lambda: grad(lambda x: x * jnp.ones(3))(1.0))
for i in range(6): attempt(lambda: grad(lambda x: 'text')(1.0))
for i in range(6): attempt(lambda: grad(lambda x: None)(1.0))
"""
PLAIN["no_function"] = """
attempt(lambda: grad(3)); attempt(lambda: grad()); attempt(lambda: grad(lambda x: x, argnums='a'))
attempt(lambda: grad(lambda x: x, 0, True, nonsense=1))
"""
PLAIN["too_few_arguments"] = """
df = grad(lambda x, y: x * y)
for i in range(6): attempt(lambda: df(1.0))
d5 = grad(lambda x: x, argnums=5); attempt(lambda: d5(1.0))
"""
PLAIN["undefined_name"] = """
for i in range(6): attempt(lambda: grad(lambda x: x * undefined)(1.0))
"""
PLAIN["undefined_until_later"] = """
df = grad(lambda x: x * later)
for i in range(3): attempt(lambda: df(1.0))
later = 3.0
walk(df)
"""
PLAIN["error_of_ones_own"] = """
class Mine(Exception): pass
def f(x): raise Mine('no', 3)
for i in range(6): attempt(lambda: grad(f)(1.0))
"""
PLAIN["endless_recursion"] = """
def f(x): return f(x + 1)
attempt(lambda: grad(f)(1.0), words=3)
attempt(lambda: grad(f)(1.0), words=3)
"""
PLAIN["unbound_local"] = """
def f(x):
    if False: y = 1
    return x * y
for i in range(5): attempt(lambda: grad(f)(1.0))
"""
PLAIN["dict_argument_changed_inside"] = """
def f(p):
    p['w'] = p['w'] * 2
    return p['w']**2
q = {'w': 1.0}
for i in range(6): show([grad(f)(q), q])
"""
PLAIN["other_dict_argument_changed_inside"] = """
def f(x, notes):
    notes['n'] = notes.get('n', 0) + 1
    return x**2
notes = {}
for i in range(6): show([grad(f)(1.0, notes), notes])
"""
PLAIN["numpy_argument_changed_inside"] = """
def f(w, y):
    y += 1
    return jnp.sum(w * y)
y = np.zeros(3)
for i in range(6): show([grad(f)(2.0, y), y])
"""
PLAIN["list_argument_extended"] = """
def f(w, l):
    l += [1]
    return w * len(l)
l = []
for i in range(6): show([grad(f)(2.0, l), len(l)])
"""
PLAIN["function_as_argument"] = """
def f(x, g): return g(x)**2
def g(x):
    print('g'); return x
for i in range(6): show(grad(f)(1.0, g))
"""
PLAIN["set_of_constants_inside"] = """
def f(x):
    s = {1.0, 2.0}
    return x * len(s)
walk(grad(f))
"""
PLAIN["asks_for_nan_by_identity"] = """
nan = float('nan')
def f(x, c): return x * (2.0 if [c] == [nan] else 3.0) * len([c is nan])
for c in (nan, float('nan')): show([grad(f)(1.0, c) for _ in range(6)])
"""
EITHER["nan_in_a_list"] = """
nan = float('nan')
def f(x, c): return x * (2.0 if c in [nan] else 3.0)
for c in (nan, float('nan')): show([grad(f)(1.0, c) for _ in range(6)])
"""
EITHER["integer_array_as_exponent"] = """
def f(x, n): return x**n
for i in range(6): show([grad(f)(1.7, jnp.int32(i)), grad(f)(jnp.float32(1.3), jnp.int32(i % 2))])
n = jnp.int32(4)
walk(grad(lambda x: x**n)); walk(grad(lambda x: x**(n - 1)))
"""
EITHER["constant_gradient"] = """
walk(grad(lambda x: 3.0 + 0 * x)); walk(grad(lambda x: x)); walk(grad(lambda x: 5.0))
d = grad(lambda x: 5.0); show([d(1.0) is d(1.0) for _ in range(6)])
"""
EITHER["result_is_the_argument"] = """
df = jax.value_and_grad(lambda x: x)
x = jnp.float32(2.0)
show([df(x)[0] is x for _ in range(6)])
"""
EITHER["one_array_twice_in_the_result"] = """
df = grad(lambda x, y: x + y, (0, 1))
for _ in range(6):
    a, b = df(1.0, 2.0); show([a, b, a is b])
"""
EITHER["text_percent"] = """
walk(grad(lambda x: x * len('%s' % 3)))
walk(grad(lambda x: x * len('%s' % x)))
"""
EITHER["linear_algebra"] = """
A = jnp.array([[2.0, 1.0], [0.5, 3.0]])
def f(v): return jnp.linalg.solve(A, v) @ v + jnp.linalg.det(A * v) + jnp.sort(v)[0]
for i in range(6): show(grad(f)(jnp.array([1.0, 0.3 * i])))
"""
EITHER["einsum_and_transposes"] = """
X = jnp.array(np.random.default_rng(1).normal(size=(5, 4)), jnp.float32)
def f(w): return jnp.einsum('ij,kj->ik', X, w).sum() + jnp.tanh(X @ w.T).sum()
for i in range(6): show(grad(f)(jnp.ones((3, 4)) * 0.1 * i + X[:3]))
"""
EITHER["statistics"] = """
v = jnp.array([1.0, 2.5, 0.3, -1.0])
def f(v): return v.mean() + v.var() + v.max() * v.min() + v.prod()
for i in range(6): show(grad(f)(v + i))
"""
EITHER["activations"] = """
def g(v): return jax.nn.softplus(v).sum() + jax.nn.gelu(v).sum() + jax.nn.log_softmax(v)[0]
for i in range(6): show(grad(g)(jnp.arange(3.0) - i))
"""
EITHER["long_sums"] = """
v = jnp.array(np.random.default_rng(2).normal(size=1000), jnp.float32)
def f(w): return jnp.sum((v * w)**3) / 7 + jnp.vdot(v, v * w)
walk(grad(f))
"""
EITHER["data_of_a_megabyte"] = """
X = np.ones((1024, 300))
df = grad(lambda w: jnp.sum(X * w))
for _ in range(4): show(df(2.0))
X[5, 5] = 3.0
for _ in range(4): show(df(2.0))
"""

# ------------------------------------------------------------------ a few more of each kind

FAST["same_array_twice"] = """
df = grad(lambda x, y: jnp.sum(x * y + x), (0, 1))
x = jnp.arange(3.0)
for i in range(6):
    show([a is b for a in df(x, x) for b in df(x, x)]); show(df(x, x)); show(df(x, x + 1))
"""
EITHER["odd_argnums"] = """
def f(x, y): return x**2 * y
for n in ((0, 0), True, (1, 0), (-1, 0), np.int64(1), (np.int32(0),), [], (), (0, 5), 1.0, None):
    attempt(lambda: [grad(f, n)(1.5 + i, 2.0) for i in range(5)])
    attempt(lambda: [jax.jacfwd(f, n)(1.5 + i, 2.0) for i in range(5)])
"""
FAST["as_a_decorator"] = """
import functools
@jax.grad
def slope(x): return x**3
walk(slope)
@functools.partial(jax.grad, argnums=1)
def other(x, y): return x * y**2
for i in range(6): show(other(2.0, 1.0 * i))
@jax.value_and_grad
@jax.grad
def both(x): return x**4
walk(both)
"""
FAST["jacobian_is_jacrev"] = """
show([jax.jacobian is jax.jacrev, jax.jacobian.__name__])
walk(jax.jacobian(lambda x: x**2)); walk(jax.jacrev(lambda x: x**2))
"""
FAST["rank_promotion"] = """
v = jnp.ones((2, 2))
df = grad(lambda x: jnp.sum(v * x**2))
w = jnp.arange(2.0)
for _ in range(6): show(df(w))
with jax.numpy_rank_promotion('raise'):
    for _ in range(2): attempt(lambda: df(w))
with jax.numpy_rank_promotion('warn'):
    for _ in range(6): show(df(w))
for _ in range(6): show(df(w))
"""
FAST["builtin_replaced"] = """
import builtins
df = grad(lambda x: abs(x) * max(2.0, 1.0))
walk(df)
old = builtins.max
builtins.max = lambda *a: 7.0
try: walk(df)
finally: builtins.max = old
walk(df)
"""
FAST["cell_written_from_outside"] = """
def make(k): return lambda x: k * x**2
f = make(2.0); df = grad(f)
walk(df); f.__closure__[0].cell_contents = 5.0; walk(df); f.__closure__[0].cell_contents = [1]
attempt(lambda: df(1.0))
"""
FAST["mutual_recursion"] = """
def even(x, n): return x if n == 0 else odd(x * x, n - 1)
def odd(x, n): return x if n == 0 else even(x + 1, n - 1)
df = grad(lambda x: even(x, 4))
walk(df)
def odd(x, n): return x
walk(df)
"""
EITHER["match_statement"] = """
def f(x, kind):
    match kind:
        case 'a': return x**2
        case [p, q]: return x * p + q
        case _: return -x
for k in ('a', (2.0, 1.0), 3): show([grad(f)(1.5, k) for _ in range(5)])
"""
FAST["walrus_and_positional_only"] = """
def f(x, /, k=3.0): return (y := x * k) + y**2
walk(grad(f))
attempt(lambda: grad(f)(x=1.0))
"""
FAST["wrapped_by_a_decorator"] = """
import functools
def twice(f):
    @functools.wraps(f)
    def g(x): return f(f(x))
    return g
@twice
def f(x): return jnp.sin(x) + x
df = grad(f)
walk(df); show(df.__name__)
"""
EITHER["enormous_integers"] = """
n = 10**30
for g in (lambda x: x * n, lambda x: x * (n // 10**29), lambda x: x + 2**31, lambda x: x * 2**40):
    attempt(lambda: [grad(g)(1.0 + i) for i in range(5)])
"""
PLAIN["integer_power_of_a_rounded_number"] = """
def f(x): return x ** jnp.floor(x).astype(int) + x ** jnp.int32(3)
walk(grad(f)); walk(grad(grad(f)))
"""
EITHER["index_that_is_an_array"] = """
v = jnp.array([1.0, 2.0, 4.0])
def f(x, i): return x * v[i]
for i in (0, 1, 2, -1, 7, -9):
    show(grad(f)(2.0, jnp.int32(i))); attempt(lambda: grad(f)(2.0, i))
def g(w, i): return jnp.sum(w[i] ** 2)
for i in range(8): show(grad(g)(v, jnp.array([i % 3, 0])))
for i in range(8): attempt(lambda: grad(g)(v, v > i / 2))
"""
PLAIN["mask_of_values"] = """
def f(v): return jnp.sum(v[v > 0] ** 2)
for i in range(6): attempt(lambda: grad(f)(jnp.arange(4.0) - i))
"""
EITHER["mask_of_a_global"] = """
m = np.array([True, False, True])
df = grad(lambda v: jnp.sum(v[m] ** 2))
for i in range(6): show(df(jnp.arange(3.0) + i))
m[1] = True
for i in range(6): show(df(jnp.arange(3.0) + i))
"""
FAST["warnings_are_errors_of_the_student"] = """
import warnings
with warnings.catch_warnings():
    warnings.simplefilter('error')
    walk(grad(lambda x: x**2))
    attempt(lambda: [grad(lambda x: jnp.asarray(x, dtype=jnp.float64) * 2)(1.0) for _ in range(6)])
"""
# Each thread may be the one that compiles while others call: whether that is then fit is luck.
EITHER["two_threads_at_once"] = """
import threading
a = 2.0
df = grad(lambda x: a * x**3)
found = [None] * 4
def work(k): found[k] = [df(0.5 * i) for i in range(20)]
ts = [threading.Thread(target=work, args=(k,)) for k in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
show(found); walk(df)
"""
PLAIN["stop_iteration_and_exit"] = """
def f(x): raise StopIteration(3)
for _ in range(4): attempt(lambda: grad(f)(1.0))
def g(x): raise SystemExit(3)
for _ in range(4):
    try: grad(g)(1.0)
    except SystemExit as e: show(e.code)
"""
EITHER["error_that_begins_later"] = """
k = [3]
def f(x):
    if len(k) > 1: raise ValueError('too many')
    return x * k[0]
df = grad(f)
walk(df); k.append(1); attempt(lambda: df(1.0)); k.pop(); walk(df)
"""
EITHER["classes_of_functions"] = """
class Quadratic:
    def __init__(self, a): self.a = a
    def __call__(self, x): return self.a * x**2
    @staticmethod
    def plain(x): return x**3
    @classmethod
    def named(cls, x): return x**4
q = Quadratic(2.0)
walk(grad(q)); walk(grad(q.plain)); walk(grad(Quadratic.plain)); walk(grad(Quadratic.named))
q.a = 5.0
walk(grad(q)); walk(grad(lambda x: q(x)))
"""
PLAIN["dataclass_settings"] = """
import dataclasses
@dataclasses.dataclass
class S: k: float = 2.0
s = S()
df = grad(lambda x: s.k * x)
walk(df); s.k = 4.0; walk(df)
"""
FAST["taylor_by_nesting"] = """
def f(x): return jnp.exp(jnp.sin(x))
d = f
for n in range(4):
    d = grad(d)
    walk(d)
"""
FAST["grad_of_grad_of_two"] = """
def f(x, y): return x**3 * y**2 + jnp.sin(x * y)
fxy = grad(grad(f, 0), 1); fyx = grad(grad(f, 1), 0); fx = grad(f)
for i in range(6):
    show([d(0.5 * i, 1.0) for d in (fxy, fyx, fx)]); show(grad(fx, (0, 1))(1.0, 2.0 + i))
"""
PLAIN["picard_iteration_with_memory"] = """
memory = {}
def f(x, n):
    if n not in memory: memory[n] = n * 2.0
    return x * memory[n]
for i in range(8): show(grad(f)(1.5, i % 3)); show(memory)
"""
PLAIN["printing_only_when_far"] = """
def f(x):
    y = x**2
    if abs(y) > 4: print('far')
    return y
walk(grad(f))
"""
EITHER["returns_a_zero_d_numpy_or_int"] = """
outs = [3, 2.5, True, np.float32(1.5), np.ones(()), [1.0], (1.0,), {'a': 1.0}, jnp.ones(1)]
for out in outs + [jnp.int32(3)]:
    attempt(lambda: [grad(lambda x: out)(1.0) for _ in range(5)])
"""
FAST["numpy_zero_d_argument"] = """
c = np.array(2.0)
df = grad(lambda x, c: x**2 * c)
for i in range(12):
    if i == 6: c[()] = 7.0
    show(df(1.5, c))
"""
FAST["name_of_a_comprehension_variable"] = """
k = 5.0
def f(x): return sum(x**k for k in range(3)) * k
df = grad(f)
walk(df); k = 2; walk(df)
"""
EITHER["scatter"] = """
v = jnp.array([1.0, 2.0, 4.0])
def f(w): return jnp.sum(w[jnp.array([0, 2])] ** 2) + jnp.sum(w.at[jnp.array([0, 1])].mul(3.0))
for i in range(6): show(grad(f)(v + i)); show(v.at[jnp.array([0, 1])].add(3.0))
show(len([attempt(lambda: v.at[jnp.array([i])].set(1.0)) for i in range(5)]))
"""
FAST["tan_and_cbrt"] = """
walk(grad(lambda x: jnp.tan(x) * x)); walk(grad(lambda x: jnp.cbrt(x) + jnp.tan(x / 3)))
for i in range(6): show(grad(lambda v: jnp.sum(jnp.tan(v)))(jnp.arange(5.0) * i / 3))
"""

# ------------------------------------------------------------------ what differs between Pythons

FAST["comprehension_that_borrows_a_name"] = """
def f(x):
    k = 2.0
    powers = [x**k for k in range(1, 4)]
    return sum(powers) * k + sum([p * q for p in powers for q in (1, 2) if q != k])
walk(grad(f))
"""
FAST["comprehension_of_a_dict"] = """
def f(x, names):
    found = {name: x * k for k, name in enumerate(names, 1) if name is not None}
    return sum(found.values()) + len([name for name in names])
for i in range(6): show(grad(f)(1.0 + i, ('a', 'b', None)))
"""
FAST["functions_in_a_comprehension"] = """
def f(x):
    n = 4
    return sum([g(k) for g in [lambda k: x * k + n for n in range(3)] for k in (1, 2)]) * n
walk(grad(f))
"""
EITHER["comprehension_variable_named_as_outside"] = """
def make():
    i = 3.0
    def f(x): return x**2 * i + sum([(lambda: i * x)() for i in range(3)])
    def g(x): return sum([(lambda: i * x)() for i in range(3)])
    def set_i(v):
        nonlocal i; i = v
    return f, g, set_i
f, g, set_i = make()
for v in (1.0, 2, -0.0): walk(grad(f)); walk(grad(g)); set_i(v)
"""
# The name belongs to the comprehension and to `make`: which one is assigned?
PLAIN["variable_around_named_as_in_a_comprehension"] = """
def make():
    i = 3.0
    def f(x):
        nonlocal i
        i = i + 1.0
        return x**2 + sum([(lambda: i * x)() for i in range(3)])
    return f, lambda: i
f, i = make()
for _ in range(6): show(grad(f)(1.0)); show(i())
"""
EITHER["comprehension_ended_by_an_error"] = """
def f(x, items):
    k = 3.0
    return sum([x * k / item for k, item in enumerate(items)]) * k
for i in range(6): attempt(lambda: grad(f)(1.0, (1, 2))); attempt(lambda: grad(f)(1.0, (1, 0)))
"""
FAST["all_any_and_tuple_of_a_generator"] = """
def f(x, sizes):
    if all(n > 0 for n in sizes) and not any(n > 5 for n in sizes): return x**2 * sum(sizes)
    return x * sum(tuple(n + 1 for n in sizes))
for sizes in ((1, 2), (0, 1), (1, 9), ()): show([grad(f)(2.0, sizes) for _ in range(5)])
"""
FAST["all_and_any_replaced"] = """
def f(x): return x * (2.0 if all(n for n in (1, 0)) else 3.0) + (x if any(n for n in (1,)) else 0)
df = grad(f)
walk(df)
def all(items): return True
walk(df)
any = lambda items: False
walk(df)
del all, any
walk(df)
"""
PLAIN["all_replaced_by_a_memory"] = """
asked = []
def all(items):
    asked.append(1)
    return True
def f(x): return x if all(n for n in (1, 0)) else x**2
walk(grad(f)); show(len(asked))
"""
FAST["slices_of_all_kinds"] = """
def f(v, n):
    terms = [v[0], v[1]]
    terms[1:] = [v[2], v[3]]
    return (v[1:3] * v[:2]).sum() + v[n:].sum() + v[::2][0] + v[-n] + sum(terms[:n]) + v[0:n][0]
for i in range(6): show(grad(f)(jnp.arange(4.0) + i, 2))
"""
PLAIN["slice_of_a_global_list_replaced"] = """
seen = [0, 0]
def f(x):
    seen[1:] = [len(seen)] * len(seen)
    return x**2
walk(grad(f)); show(len(seen))
"""
FAST["signs_stars_and_keywords"] = """
def g(*a, scale=1.0, **rest): return sum(a) * scale + sum(rest.values())
def f(x):
    pair = (+x, -x * 3)
    many = (*pair, x)
    total = jnp.sum(jnp.stack(many), axis=0)
    return g(*many, **{'scale': 2.0, 'other': x}) + g(x, x, scale=3) + total
walk(grad(f))
"""
FAST["variable_that_may_be_unbound"] = """
def f(x, n):
    for k in range(n): y = x * k
    z = y + 1
    del y
    return z * x
for i in range(6): show(grad(f)(1.0 + i, 3))
attempt(lambda: grad(f)(1.0, 0))
"""
FAST["local_function_with_annotations"] = """
def f(x: float) -> float:
    def g(y: float, n: int = 2) -> float:
        z: float = y * n
        return z
    return g(x) * g(x, 3)
walk(grad(f))
"""
PLAIN["annotation_that_is_noticed"] = """
noted = []
def note():
    noted.append(1)
    return float
def f(x):
    def g(y: note()) -> note(): return y * 2
    return g(x)
walk(grad(f)); show(noted)
"""
FAST["small_and_large_numbers_side_by_side"] = """
twins = [lambda x: x * 3, lambda x: x * 4, lambda x: x * 300, lambda x: x * 3.0, lambda x: x - -1]
for f in twins: walk(grad(f))
for f in twins: show([jax.value_and_grad(f)(2.0) for _ in range(5)])
for k in (7, 8, 7.0):
    exec(f'def g(x): return x * {k}')
    walk(grad(g))
"""
FAST["none_and_truth_of_static_things"] = """
def f(x, a=None, b=()):
    y = x**2 if a is None else x**2 * a
    if b is not None and b: y = y * b[0]
    return y if not b or b[0] else x
for a, b in ((None, ()), (2, (3.0,)), (2.0, None), (None, (4,))):
    attempt(lambda: [grad(f)(1.5, a, b) for _ in range(5)])
"""
PLAIN["identity_with_one_of_two"] = """
def f(x, a, b, flag): return x * (2.0 if a is (b if flag else None) else 3.0)
df = grad(f)
one, two = jnp.ones(2), jnp.ones(2)
for _ in range(6): show([df(1.0, one, one, True), df(1.0, one, two, True)])
"""
PLAIN["method_that_asks_its_parent"] = """
class A:
    def k(self): return 2.0
class B(A):
    def slope(self, x):
        def f(y): return y**2 * super(B, self).k()
        return grad(f)(x)
b = B()
walk(b.slope); A.k = lambda self: 3.0; walk(b.slope)
"""
PLAIN["watched_by_a_tracer"] = """
import sys
count = 0
def watch(frame, event, arg):
    global count
    if event == 'call' and frame.f_code is f.__code__: count += 1
def f(x): return x**2 + 1
sys.settrace(watch)
try: walk(grad(f))
finally: sys.settrace(None)
show(count)
sys.setprofile(watch)
try: walk(grad(f))
finally: sys.setprofile(None)
show(count)
"""
PLAIN["watched_by_a_monitor"] = """
import sys
count = 0
def f(x): return x**2 + 1
def started(code, offset):
    global count
    count += 1
monitor = getattr(sys, 'monitoring', None)
if monitor is None: raise SystemError('since Python 3.12')
monitor.use_tool_id(3, 'counter')
try:
    monitor.register_callback(3, monitor.events.PY_START, started)
    monitor.set_local_events(3, f.__code__, monitor.events.PY_START)
    walk(grad(f)); show(count)
finally: monitor.free_tool_id(3)
"""
