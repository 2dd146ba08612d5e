"""Slips in the rules of differentiation: constants kept, coefficients and powers left behind."""

# %% analogies [markdown]
"""
Packing a suitcase: what to take is the lever, the weight is the objective.
"""

# %% f_derivative
def f_prime(x):
    return 2 * x + 3 - 5

# %% f_stationary_point
x_stationary = 1.0
def f_second(x):
    return (2 * x + 3) ** 2

# %% func_gradient
def func_p(x):
    return 3 * x + 4

# %% quartic_gradient
def dquartic(x):
    return 2 * x**3 - 3 * x**2 - 9 * x + 4

# %% quartic_second_derivative
def ddquartic(x):
    return 24 * x**2 - 18 * x

# %% quartic_curvature
curvature = {3.0: "valley", 0.5: "hill", -2.0: "valley"}

# %% func_minimum
x_final = 4.2
for _ in range(300):
    x_final = x_final - 0.005 * (3 * x_final + 4)

# %% func_second_derivative
def func_pp(x):
    return 6 * x

# %% quartic_minimum
x_min = -0.5
for _ in range(1000):
    x_min = x_min - 0.001 * quartic(x_min)

# %% quartic_other_minimum
x_min_other = 2.0

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    slope = df(start)
    for _ in range(num_steps):
        start = start - step_size * slope
    return start

# %% diverging_step
diverging_step_size = 0.3

# %% goldfield_gradient
dgoldfield1 = lambda c: jnp.array([2 * jnp.arctan(c[0]), 2 * jnp.sin(c[1])])

# %% goldfield_partials
dgoldfield2_dx = lambda x, y: 2 * jnp.arctan(x) / (1 + x**2)
dgoldfield2_dy = lambda x, y: 2 * jnp.cos(y)
dgoldfield2 = lambda x, y: (dgoldfield2_dx(x, y), dgoldfield2_dy(x, y))

# %% leaning_partials
dleaning_dx = lambda x, y: 2 * x
dleaning_dy = lambda x, y: 2 * y

# %% goldfield_minimum
coords_min = jnp.array([0.0, 0.0])

# %% goldfield_axis_minimum
axis_point = (0.0, 2.0)
minimised_over = "x"

# %% waves_minimum
waves_min = jnp.array([-jnp.pi, -jnp.pi])
