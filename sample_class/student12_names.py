"""Right ideas under the wrong names, in the wrong form, or never called."""

# %% analogies [markdown]
"""
Parking: which street to try (lever), how far to walk (objective).
"""

# %% f_derivative
def f_Prime(x):
    return 2 * x + 3

# %% f_stationary_point
x_stationery = -1.5
f_second = "2"

# %% func_gradient
func_p = jax.grad(func)(3.0)

# %% quartic_gradient
d_quartic = jax.grad(quartic)

# %% quartic_second_derivative
ddquartic = jax.grad(jax.grad(quartic))

# %% quartic_curvature
curvature = {3: "Valley", 0.5: " hill", -2: "VALLEY"}

# %% func_minimum
x_final = jax.grad(func)

# %% func_second_derivative
def func_pp(x):
    print("the second derivative at", x, "is 6.0")

# %% quartic_minimum
x_minimum = -1.13

# %% quartic_other_minimum
x_min_other = None

# %% descent_routine
def gradientDescent(df, start, step_size, num_steps):
    for _ in range(num_steps):
        start = start - step_size * df(start)
    return start

# %% diverging_step
diverging_step_size = "anything above 1/3"

# %% knobs [markdown]
"""
The knobs are start, step_size and num_steps.
"""

# %% goldfield_gradient
dgoldfield = jax.grad(goldfield1)

# %% goldfield_partials
dgoldfield2 = jax.grad(goldfield2, argnums=(0, 1))
dgoldfield2_x = jax.grad(goldfield2, argnums=0)
dgoldfield2_y = jax.grad(goldfield2, argnums=1)

# %% goldfield_minimum
coords_min = {"x": 0.0, "y": 0.0}

# %% goldfield_axis_minimum
axis_point = (0.0, 1.0)
minimised_over = "the x axis"

# %% waves_minimum
waves_min = jnp.array([-jnp.pi / 2, -jnp.pi / 2, 0.0])
