"""Everything right in the style of a programmer: classes, `partial`, dataclasses, generators."""

# %% analogies [markdown]
"""
Planning a garden: levers are how much of each crop to sow, the objective is weeding time.
"""

# %% f_derivative
class Line:
    """A straight line as something that can be called."""

    def __init__(self, slope, offset):
        self.slope = slope
        self.offset = offset

    def __call__(self, x):
        return self.slope * x + self.offset

f_prime = Line(2, 3)

# %% f_stationary_point
x_stationary = -f_prime.offset / f_prime.slope
f_second = Line(0, f_prime.slope)

# %% func_gradient
func_p = Line(slope=6, offset=4)

# %% quartic_gradient
from dataclasses import dataclass

@dataclass(frozen=True)
class Polynomial:
    coefficients: tuple  # of x**0, x**1, ...

    def __call__(self, x):
        total = 0.0
        for coefficient in reversed(self.coefficients):
            total = total * x + coefficient
        return total

    def derivative(self):
        return Polynomial(tuple(k * c for k, c in enumerate(self.coefficients))[1:])

dquartic = Polynomial((3, 4, -9, -3, 2)).derivative()

# %% quartic_second_derivative
ddquartic = dquartic.derivative()

# %% quartic_curvature
curvature = {x: ("hill", "valley")[ddquartic(x) > 0] for x in (3.0, 0.5, -2.0)}

# %% func_minimum
from itertools import islice

def walk(df, x, step_size):
    while True:
        x = x - step_size * df(x)
        yield x

*_, x_final = islice(walk(lambda x: 6 * x + 4, 4.2, 0.005), 300)

# %% func_second_derivative
from functools import partial

def constant(value, x):
    return value

func_pp = partial(constant, 6.0)

# %% quartic_minimum
def slope(x):
    return ((8 * x - 9) * x - 18) * x + 4

*_, x_min = islice(walk(slope, -5.0, 0.001), 1000)

# %% quartic_other_minimum
*_, x_min_other = islice(walk(slope, 4.0, 0.001), 1000)

# %% descent_routine
class Descent:
    def __call__(self, df, start, step_size, num_steps):
        point = start
        for point in islice(walk(df, start, step_size), num_steps):
            pass
        return point

gradient_descent = Descent()

# %% diverging_step
from fractions import Fraction

diverging_step_size = float(Fraction(1, 2))

# %% knobs [markdown]
"""
Start picks the valley, step size the stride, number of steps the patience.
"""

# %% goldfield_gradient
class Field:
    """The gold field's slopes."""

    @staticmethod
    def by_x(x, y):
        return 2 * jnp.arctan(x) / (1 + x**2)

    @staticmethod
    def by_y(x, y):
        return 2 * jnp.sin(y) * jnp.cos(y)

    def __call__(self, coords):
        return jnp.stack([self.by_x(*coords), self.by_y(*coords)])

dgoldfield1 = Field()

# %% goldfield_partials
dgoldfield2_dx = Field.by_x
dgoldfield2_dy = Field.by_y
dgoldfield2 = lambda *xy: tuple(Field()(xy))

# %% leaning_partials
class Slope:
    """A slope of the leaning bowl along one of its arguments."""

    def __init__(self, argument):
        self.along = jax.grad(leaning, argument)

    def __call__(self, x, y):
        return self.along(x, y)

dleaning_dx, dleaning_dy = Slope(0), Slope(1)

# %% goldfield_minimum
class Walker:
    def __init__(self, position):
        self.position = position

    def go(self, df, step_size, steps):
        for _ in range(steps):
            self.position = self.position - step_size * df(self.position)
        return self.position

coords_min = Walker(jnp.array([0.0, -2.0])).go(jax.jit(Field()), 0.01, 1000)

# %% goldfield_axis_minimum
axis_point = [0.0, 2.5]
minimised_over = "x"

# %% waves_minimum
waves_min = Walker(jnp.array([-1.0, -2.0])).go(jax.jit(jax.grad(waves)), 0.02, 1000)
