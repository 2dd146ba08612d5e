"""Everything right, the way the notebooks suggest: `jax.grad`, and loops with a compiled slope."""

# %% analogies [markdown]
"""
Cycling to work: the levers are the gear and the route, the objective is the time on the road.
"""

# %% f_derivative
def f_prime(x):
    return 2.0 * x + 3.0

# %% f_stationary_point
x_stationary = -3 / 2
f_second = jax.grad(jax.grad(f))

# %% func_gradient
func_p = jax.grad(func)

# %% quartic_gradient
dquartic = jax.grad(quartic)

# %% quartic_second_derivative
ddquartic = jax.grad(jax.grad(quartic))

# %% quartic_curvature
curvature = {}
for point in (3.0, 0.5, -2.0):
    curvature[point] = "valley" if jax.grad(jax.grad(quartic))(point) > 0 else "hill"

# %% func_minimum
slope = jax.jit(jax.grad(func))
x_final = 4.2
for _ in range(300):
    x_final = x_final - 0.005 * slope(x_final)

# %% func_second_derivative
func_pp = jax.grad(jax.grad(func))

# %% quartic_minimum
slope = jax.jit(jax.grad(quartic))
x_min = -5.0
for _ in range(1000):
    x_min = x_min - 0.001 * slope(x_min)

# %% quartic_other_minimum
x_min_other = 5.0
for _ in range(1000):
    x_min_other = x_min_other - 0.001 * slope(x_min_other)

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    """Walk against the slope and return where we end."""
    position = start
    for _ in range(num_steps):
        position = position - step_size * df(position)
    return position

# %% diverging_step
diverging_step_size = 0.34

# %% knobs [markdown]
"""
With a large step size the iterates explode, with a small one nothing much happens in 300 steps.
"""

# %% goldfield_gradient
dgoldfield1 = jax.grad(goldfield1)

# %% goldfield_partials
dgoldfield2 = jax.grad(goldfield2, argnums=(0, 1))
dgoldfield2_dx = jax.grad(goldfield2, argnums=0)
dgoldfield2_dy = jax.grad(goldfield2, argnums=1)

# %% leaning_partials
dleaning_dx = jax.grad(leaning, argnums=0)
dleaning_dy = jax.grad(leaning, argnums=1)

# %% goldfield_minimum
slope = jax.jit(jax.grad(goldfield1))
coords_min = jnp.array([0.0, -2.0])
for _ in range(1000):
    coords_min = coords_min - 0.01 * slope(coords_min)

# %% goldfield_axis_minimum
slope_x = jax.jit(jax.grad(goldfield2, argnums=0))
x, y = 1.0, 0.7
for _ in range(1000):
    x = x - 0.01 * slope_x(x, y)
axis_point = (x, y)
minimised_over = "x"

# %% waves_minimum
slope = jax.jit(jax.grad(waves))
waves_min = jnp.array([0.5, -0.5])
for _ in range(2000):
    waves_min = waves_min - 0.01 * slope(waves_min)
