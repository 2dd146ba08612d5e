"""Everything right in NumPy's float64, with results that are arrays where a number would do."""

# %% analogies [markdown]
"""
A bakery chooses how many loaves to bake (lever) to lose as little as it can to leftovers
and to customers who find the shelf empty (objective).
"""

# %% f_derivative
import numpy as np

def f_prime(x):
    return np.polyval([2.0, 3.0], x)

# %% f_stationary_point
x_stationary = np.roots([2.0, 3.0])  # an array with one entry
f_second = lambda x: np.full_like(np.asarray(x, dtype=float), 2.0)

# %% func_gradient
func_p = np.poly1d([3.0, 4.0, -2.0]).deriv()

# %% quartic_gradient
polynomial = np.polynomial.Polynomial([3.0, 4.0, -9.0, -3.0, 2.0])
dquartic = polynomial.deriv()

# %% quartic_second_derivative
ddquartic = polynomial.deriv(2)

# %% quartic_curvature
points = np.array([3.0, 0.5, -2.0])
curvature = dict(zip(points, np.where(ddquartic(points) > 0, "valley", "hill")))

# %% func_minimum
import numpy as np

func_p = np.poly1d([3.0, 4.0, -2.0]).deriv()
path = np.empty(301)
path[0] = 4.2
for i in range(300):
    path[i + 1] = path[i] - 0.005 * func_p(path[i])
x_final = path[-1]

# %% func_second_derivative
func_pp = func_p.deriv()

# %% quartic_minimum
quartic_slope = np.polynomial.Polynomial([3.0, 4.0, -9.0, -3.0, 2.0]).deriv()
candidates = quartic_slope.roots()
bottoms = [c for c in candidates if quartic_slope.deriv()(c) > 0]
x_min = bottoms[0]

# %% quartic_other_minimum
x_min_other = bottoms[1]

# %% descent_routine
def gradient_descent(df, start, step_size, num_steps):
    x = np.asarray(start, dtype=np.float64)
    for _ in range(num_steps):
        x = x - step_size * np.asarray(df(x))
    return x

# %% diverging_step
diverging_step_size = np.float64(1.0)

# %% knobs [markdown]
"""
Start: which minimum. Step size: speed, and beyond 1/3 chaos on `func`. Steps: how close we get.
"""

# %% goldfield_gradient
import numpy as np

def dgoldfield1(coords):
    x, y = np.asarray(coords, dtype=float)
    return np.array([2 * np.arctan(x) / (1 + x**2), np.sin(2 * y)])

# %% goldfield_partials
def dgoldfield2(x, y):
    return dgoldfield1([x, y])

def dgoldfield2_dx(x, y):
    return dgoldfield2(x, y)[0]

def dgoldfield2_dy(x, y):
    return dgoldfield2(x, y)[1]

# %% leaning_partials
matrix = np.array([[2.0, 1.0], [1.0, 2.0]])

def dleaning_dx(x, y):
    return (matrix @ [x, y])[0]

def dleaning_dy(x, y):
    return (matrix @ [x, y])[1]

# %% goldfield_minimum
coords_min = np.array([0.0, -2.0])
for _ in range(1000):
    coords_min = coords_min - 0.01 * dgoldfield1(coords_min)

# %% goldfield_axis_minimum
axis_point = np.array([0.3, np.pi])
minimised_over = "y"

# %% waves_minimum
waves_min = np.full(2, 1.5 * np.pi)
