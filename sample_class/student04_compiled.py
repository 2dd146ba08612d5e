"""Everything right and compiled: `jax.jit`, `lax.fori_loop`, `jacfwd`, forward mode."""

# %% analogies [markdown]
"""
Tuning a guitar: the levers are the pegs, the objective is the beating between two strings.
"""

# %% f_derivative
@jax.jit
def f_prime(x):
    return 2 * x + 3

# %% f_stationary_point
# One Newton step on f' is exact, since f' is a straight line.
f_second = jax.jit(jax.jacfwd(jax.jacfwd(f)))
x_stationary = 0.0 - f_prime(0.0) / f_second(0.0)

# %% func_gradient
func_p = jax.jit(jax.grad(func))

# %% quartic_gradient
dquartic = jax.jit(jax.jacfwd(quartic))

# %% quartic_second_derivative
ddquartic = jax.jit(jax.hessian(quartic))

# %% quartic_curvature
at = jnp.array([3.0, 0.5, -2.0])
curvature = {
    float(x): "valley" if bend > 0 else "hill" for x, bend in zip(at, jax.vmap(ddquartic)(at))
}

# %% func_minimum
from jax import lax

x_final = lax.fori_loop(0, 300, lambda _, x: x - 0.005 * jax.grad(func)(x), 4.2)

# %% func_second_derivative
func_pp = jax.jit(jax.grad(jax.grad(func)))

# %% quartic_minimum
def descend(start):
    return lax.fori_loop(0, 1000, lambda _, x: x - 0.001 * jax.grad(quartic)(x), start)

both = jax.vmap(descend)(jnp.array([-5.0, 5.0]))
x_min = both[0]

# %% quartic_other_minimum
x_min_other = both[1]

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    @jax.jit
    def step(x):
        return x - step_size * df(x)

    x = jnp.asarray(start)
    history = [x]
    for _ in range(num_steps):
        x = step(x)
        history.append(x)
    return x, history

# %% diverging_step
diverging_step_size = 2.0

# %% knobs [markdown]
"""
All three at once: distance(n) = distance(0) * |1 - 6 * step|**n, for `func`.
"""

# %% goldfield_gradient
dgoldfield1 = jax.jit(jax.jacrev(goldfield1))

# %% goldfield_partials
dgoldfield2 = jax.jit(jax.grad(goldfield2, argnums=(0, 1)))
dgoldfield2_dx = jax.jit(jax.grad(goldfield2, argnums=(0,)))  # a tuple with one entry
dgoldfield2_dy = jax.jit(jax.grad(goldfield2, argnums=1))

# %% leaning_partials
dleaning_dx = jax.jit(jax.grad(leaning))
dleaning_dy = jax.jit(jax.grad(leaning, argnums=1))

# %% goldfield_minimum
from jax import lax

coords_min = lax.fori_loop(
    0, 1000, lambda _, c: c - 0.01 * dgoldfield1(c), jnp.array([0.0, -2.0])
)

# %% goldfield_axis_minimum
y_best = lax.fori_loop(0, 2000, lambda _, y: y - 0.01 * dgoldfield2_dy(0.4, y), 1.0)
axis_point = (0.4, y_best)
minimised_over = "y"

# %% waves_minimum
waves_min = lax.fori_loop(
    0, 3000, lambda _, c: c - 0.01 * jax.grad(waves)(c), jnp.array([4.0, -1.0])
)
