"""Signs go wrong: a slope upside down, and steps that climb where they should descend."""

# %% analogies [markdown]
"""
Heating a flat: the lever is the thermostat, the objective is the bill.
"""

# %% f_derivative
def f_prime(x):
    return -(2 * x + 3)

# %% f_stationary_point
x_stationary = 1.5
f_second = jax.grad(jax.grad(f))

# %% func_gradient
func_p = jax.grad(func)

# %% quartic_gradient
def dquartic(x):
    return 8 * x**3 - 9 * x**2 + 18 * x + 4

# %% quartic_second_derivative
def ddquartic(x):
    return -jax.grad(jax.grad(quartic))(x)

# %% quartic_curvature
curvature = {3.0: "hill", 0.5: "valley", -2.0: "hill"}

# %% func_minimum
x_final = 4.2
for _ in range(300):
    x_final = x_final + 0.005 * (6 * x_final + 4)

# %% func_second_derivative
func_pp = jax.grad(jax.grad(func))

# %% quartic_minimum
x_min = -5.0
for _ in range(1000):
    x_min = x_min - 0.001 * (8 * x_min**3 - 9 * x_min**2 - 18 * x_min + 4)

# %% quartic_other_minimum
x_min_other = -x_min

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    x = start
    for _ in range(num_steps):
        x = x + step_size * df(x)
    return x

# %% diverging_step
diverging_step_size = 0.5

# %% knobs [markdown]
"""
The step size says how far each step goes.
"""

# %% goldfield_gradient
dgoldfield1 = lambda coords: -jax.grad(goldfield1)(coords)

# %% goldfield_partials
dgoldfield2 = jax.grad(goldfield2, argnums=(0, 1))
dgoldfield2_dx = jax.grad(goldfield2, argnums=0)
dgoldfield2_dy = jax.grad(goldfield2, argnums=1)

# %% goldfield_minimum
slope = jax.jit(jax.grad(goldfield1))
coords_min = jnp.array([0.0, -2.0])
for _ in range(1000):
    coords_min = coords_min + 0.01 * slope(coords_min)

# %% goldfield_axis_minimum
axis_point = (0.0, 1.0)
minimised_over = "x"

# %% waves_minimum
waves_min = jnp.array([jnp.pi / 2, jnp.pi / 2])
