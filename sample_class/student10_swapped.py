"""Good in one dimension; in two, x and y change places."""

# %% analogies [markdown]
"""
Setting the price and the size of a lemonade, to earn as much as possible.
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
# handed in with the function and its slope mixed up
dquartic = quartic

# %% quartic_second_derivative
ddquartic = jax.grad(quartic)

# %% quartic_curvature
curvature = {3.0: "valley", 0.5: "hill", -2.0: "valley"}

# %% func_minimum
x_final = -0.6667

# %% func_second_derivative
func_pp = jax.grad(func)

# %% quartic_minimum
slope = jax.jit(jax.grad(quartic))
x_min = 4.0
for _ in range(1000):
    x_min = x_min - 0.001 * slope(x_min)

# %% quartic_other_minimum
x_min_other = 5.0
for _ in range(1000):
    x_min_other = x_min_other - 0.001 * slope(x_min_other)

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    for _ in range(num_steps):
        start = start - step_size * df(start)
    return start

# %% diverging_step
diverging_step_size = 0.5

# %% goldfield_gradient
dgoldfield1 = lambda coords: jax.grad(goldfield1)(coords)[::-1]

# %% goldfield_partials
dgoldfield2 = jax.grad(goldfield2, argnums=(1, 0))
dgoldfield2_dx = jax.grad(goldfield2, argnums=1)
dgoldfield2_dy = jax.grad(goldfield2, argnums=0)

# %% goldfield_minimum
coords_min = jnp.array([-jnp.pi, 0.0])

# %% goldfield_axis_minimum
axis_point = (0.0, 1.0)
minimised_over = "y"

# %% waves_minimum
waves_min = jnp.array([-jnp.pi / 2, 3 * jnp.pi / 2])
