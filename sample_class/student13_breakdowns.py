"""Cells that break: a syntax error, functions that raise, a loop without end; some cells are fine."""

# %% f_derivative
def f_prime(x):
    return 2x + 3

# %% f_stationary_point
x_stationary = -1.5
f_second = lambda x: 1 / 0

# %% func_gradient
import numpy

def func_p(x):
    return jax.grad(lambda z: 3 * numpy.power(z, 2) + 4 * z - 2)(x)

# %% quartic_gradient
dquartic = jax.grad(quartic(3.0))

# %% quartic_second_derivative
ddquartic = jax.grad(jax.grad(quartic))

# %% quartic_curvature
curvature = {3.0: "valley", 0.5: "hill", -2.0: "valley"}

# %% func_minimum
x_final = 4.2
while jax.grad(func)(x_final) > 0:
    x_final = x_final + 0.0 * jax.grad(func)(x_final)

# %% func_second_derivative
func_pp = jax.grad(jax.grad(func))

# %% quartic_minimum
x_min = 20.0
for _ in range(1000):
    x_min = x_min - 0.001 * (8 * x_min**3 - 9 * x_min**2 - 18 * x_min + 4)

# %% quartic_other_minimum
x_min_other = float("nan")

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    x = start
    for _ in range(num_steps):
        x = x - step_size * df(x)
    return x

# %% diverging_step
diverging_step_size = float("inf")

# %% goldfield_gradient
def dgoldfield1(coords):
    return jax.grad(goldfield2)(coords)

# %% goldfield_partials
dgoldfield2 = jax.grad(goldfield2, argnums=(1, 2))
dgoldfield2_dx = jax.grad(goldfield2, argnums=0)
dgoldfield2_dy = jax.grad(goldfield2, argnums="y")

# %% goldfield_minimum
coords_min = jnp.array([0.0, -2.0])
coords_min[0] = 1.0

# %% goldfield_axis_minimum
raise SystemExit

# %% waves_minimum
waves_min = jnp.array([jnp.inf, -jnp.inf])
