"""Everything right, worked out on paper: plain Python numbers, no library at all."""

# %% analogies [markdown]
"""
Brewing tea: the levers are the water's temperature and the minutes the leaves stay in.
The objective is how much I enjoy the cup, which I would like to be as large as it can be;
with a minus sign in front it becomes something to minimise.
"""

# %% f_derivative
def f_prime(x):
    return 2 * x + 3

# %% f_stationary_point
x_stationary = -1.5

def f_second(x):
    return 2.0

# %% func_gradient
def func_p(x):
    return 6 * x + 4

# %% quartic_gradient
def dquartic(x):
    return 8 * x**3 - 9 * x**2 - 18 * x + 4

# %% quartic_second_derivative
def ddquartic(x):
    return 24 * x**2 - 18 * x - 18

# %% quartic_curvature
curvature = {3.0: "valley", 0.5: "hill", -2.0: "valley"}

# %% func_minimum
x_final = 4.2
for _ in range(300):
    x_final = x_final - 0.005 * (6 * x_final + 4)

# %% func_second_derivative
def func_pp(x):
    return 6.0

# %% quartic_minimum
x_min = -5.0
for _ in range(1000):
    x_min -= 0.001 * (8 * x_min**3 - 9 * x_min**2 - 18 * x_min + 4)

# %% quartic_other_minimum
x_min_other = 3.0
for _ in range(1000):
    x_min_other -= 0.001 * (8 * x_min_other**3 - 9 * x_min_other**2 - 18 * x_min_other + 4)

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    x = start
    for _ in range(num_steps):
        x = x - step_size * df(x)
    return x

# %% diverging_step
# Each step multiplies the distance to the minimum by 1 - 6 * step, and |1 - 6 * 0.5| = 2.
diverging_step_size = 0.5

# %% knobs [markdown]
"""
The start decides which valley is reached. The step size decides how fast, and whether at all:
too small and we stay on the slope, too large and we jump ever further across the valley.
The number of steps has to be large enough for the step size chosen.
"""

# %% goldfield_gradient
import math

def dgoldfield1(coords):
    x, y = coords
    by_x = 2 * math.atan(x) / (1 + x * x)
    by_y = 2 * math.sin(y) * math.cos(y)
    return [by_x, by_y]

# %% goldfield_partials
def dgoldfield2_dx(x, y):
    return 2 * math.atan(x) / (1 + x * x)

def dgoldfield2_dy(x, y):
    return math.sin(2 * y)

def dgoldfield2(x, y):
    return dgoldfield2_dx(x, y), dgoldfield2_dy(x, y)

# %% leaning_partials
def dleaning_dx(x, y):
    return 2 * x + y

def dleaning_dy(x, y):
    return x + 2 * y

# %% goldfield_minimum
# arctan(x)**2 is 0 at x = 0 only, sin(y)**2 is 0 at every multiple of pi.
coords_min = (0.0, 0.0)

# %% goldfield_axis_minimum
axis_point = (0.0, 1.0)
minimised_over = "x"

# %% waves_minimum
waves_min = (-math.pi / 2, -math.pi / 2)
