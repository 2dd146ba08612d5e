"""Derivatives by finite differences: nearly right, visibly inexact, and so worth a part."""

# %% analogies [markdown]
"""
Seasoning a soup: a pinch more or less (lever), and does it taste better (objective)?
"""

# %% f_derivative
def f_prime(x):
    h = 0.01
    return (f(x + h) - f(x)) / h

# %% f_stationary_point
x_stationary = -1.45
f_second = lambda x: (f(x + 0.1) - 2 * f(x) + f(x - 0.1)) / 0.1**2

# %% func_gradient
def func_p(x, h=0.001):
    return (func(x + h) - func(x)) / h

# %% quartic_gradient
def dquartic(x, h=0.001):
    return (quartic(x + h) - quartic(x)) / h

# %% quartic_second_derivative
def ddquartic(x, h=0.01):
    return (quartic(x + h) - 2 * quartic(x) + quartic(x - h)) / h**2

# %% quartic_curvature
curvature = {3.0: "valley", 0.5: "hill", -2.0: "valley"}

# %% func_minimum
x_final = 4.2
for _ in range(300):
    x_final = x_final - 0.005 * (func(x_final + 0.001) - func(x_final)) / 0.001

# %% func_second_derivative
def func_pp(x):
    return round(float(jax.grad(jax.grad(func))(x)), 1)

# %% quartic_minimum
x_min = -1.0
for _ in range(500):
    x_min = x_min - 0.005 * (quartic(x_min + 0.001) - quartic(x_min)) / 0.001

# %% quartic_other_minimum
x_min_other = 2.0
for _ in range(500):
    x_min_other = x_min_other - 0.005 * (quartic(x_min_other + 0.001) - quartic(x_min_other)) / 0.001

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    x = start
    for _ in range(num_steps):
        x = x - step_size * df(x)
    return x

# %% diverging_step
diverging_step_size = 10.0

# %% knobs [markdown]
"""
A small step size needs many steps.
"""

# %% goldfield_gradient
def dgoldfield1(coords, h=0.01):
    x, y = coords
    by_x = (goldfield1(jnp.array([x + h, y])) - goldfield1(jnp.array([x, y]))) / h
    by_y = (goldfield1(jnp.array([x, y + h])) - goldfield1(jnp.array([x, y]))) / h
    return jnp.array([by_x, by_y])

# %% goldfield_partials
def dgoldfield2_dx(x, y, h=0.01):
    return (goldfield2(x + h, y) - goldfield2(x, y)) / h

def dgoldfield2_dy(x, y, h=0.01):
    return (goldfield2(x, y + h) - goldfield2(x, y)) / h

def dgoldfield2(x, y):
    return (dgoldfield2_dx(x, y), dgoldfield2_dy(x, y))

# %% goldfield_minimum
coords_min = jnp.array([0.0, -2.0])
slope = jax.jit(dgoldfield1)
for _ in range(1000):
    coords_min = coords_min - 0.01 * slope(coords_min)

# %% goldfield_axis_minimum
axis_point = (0.0, 0.5)
minimised_over = "x"

# %% waves_minimum
waves_min = (-1.57, -1.57)
