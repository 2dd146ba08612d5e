"""The mathematics is right, the patience is not: too few steps, or steps far too small."""

# %% analogies [markdown]
"""
Choosing a queue at the supermarket so as to wait as little as possible.
"""

# %% f_derivative
def f_prime(x):
    return 2 * x + 3

# %% f_stationary_point
x_stationary = -1.5
f_second = jax.grad(jax.grad(f))

# %% func_gradient
func_p = jax.grad(func)

# %% quartic_gradient
dquartic = jax.grad(quartic)

# %% quartic_second_derivative
ddquartic = jax.grad(dquartic)

# %% quartic_curvature
curvature = {3.0: "valley", 0.5: "hill", -2.0: "valley"}

# %% func_minimum
x_final = 4.2
for _ in range(30):
    x_final = x_final - 0.005 * jax.grad(func)(x_final)

# %% func_second_derivative
func_pp = jax.grad(jax.grad(func))

# %% quartic_minimum
slope = jax.jit(jax.grad(quartic))
x_min = -5.0
for _ in range(1000):
    x_min = x_min - 0.00001 * slope(x_min)

# %% quartic_other_minimum
x_min_other = 5.0
for _ in range(10):
    x_min_other = x_min_other - 0.001 * slope(x_min_other)

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    x = start
    for _ in range(num_steps):
        x = x - step_size * df(x)
        return x

# %% diverging_step
diverging_step_size = 0.1

# %% knobs [markdown]
"""
More steps take longer.
"""

# %% goldfield_gradient
dgoldfield1 = jax.grad(goldfield1)

# %% goldfield_partials
dgoldfield2 = jax.grad(goldfield2, argnums=(0, 1))
dgoldfield2_dx = jax.grad(goldfield2, argnums=0)
dgoldfield2_dy = jax.grad(goldfield2, argnums=1)

# %% goldfield_minimum
slope = jax.jit(jax.grad(goldfield1))
coords_min = jnp.array([0.0, -2.0])
for _ in range(50):
    coords_min = coords_min - 0.01 * slope(coords_min)

# %% goldfield_axis_minimum
slope = jax.jit(jax.grad(goldfield2, argnums=1))
y = 1.0
for _ in range(50):
    y = y - 0.01 * slope(0.5, y)
axis_point = (0.5, y)
minimised_over = "y"

# %% waves_minimum
slope = jax.jit(jax.grad(waves))
waves_min = jnp.array([0.5, -0.5])
for _ in range(100):
    waves_min = waves_min - 0.01 * slope(waves_min)
