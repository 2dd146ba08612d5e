"""Every slope is right and every point is stationary, but some are hilltops and some saddles."""

# %% analogies [markdown]
"""
Hiking with a map: where I go is the lever, my height above the sea is the objective.
"""

# %% f_derivative
f_prime = lambda x: 2 * x + 3

# %% f_stationary_point
x_stationary = -1.5
f_second = lambda x: 2.0

# %% func_gradient
func_p = jax.grad(func)

# %% quartic_gradient
dquartic = jax.grad(quartic)

# %% quartic_second_derivative
ddquartic = jax.grad(jax.grad(quartic))

# %% quartic_curvature
curvature = {3.0: "valley", 0.5: "valley", -2.0: "valley"}

# %% func_minimum
x_final = -2 / 3

# %% func_second_derivative
func_pp = jax.grad(jax.grad(func))

# %% quartic_minimum
slope = jax.jit(jax.grad(quartic))
x_min = 1.0
for _ in range(2000):
    x_min = x_min + 0.001 * slope(x_min)

# %% quartic_other_minimum
x_min_other = 5.0
for _ in range(1000):
    x_min_other = x_min_other - 0.001 * slope(x_min_other)

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    x = start
    for _ in range(num_steps):
        x = x - step_size * df(x)
    return x

# %% diverging_step
diverging_step_size = 0.4

# %% knobs [markdown]
"""
Different starts end in different places.
"""

# %% goldfield_gradient
dgoldfield1 = jax.grad(goldfield1)

# %% goldfield_partials
dgoldfield2 = jax.grad(goldfield2, argnums=(0, 1))
dgoldfield2_dx = jax.grad(goldfield2, argnums=0)
dgoldfield2_dy = jax.grad(goldfield2, argnums=1)

# %% goldfield_minimum
coords_min = jnp.array([0.0, jnp.pi / 2])

# %% goldfield_axis_minimum
axis_point = (1.0, jnp.pi / 2)
minimised_over = "y"

# %% waves_minimum
waves_min = jnp.array([-jnp.pi / 2, jnp.pi / 2])
