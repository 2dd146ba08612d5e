"""One file arrived as it should, one is cut off in the middle, one is not there at all."""

# %% f_derivative
def f_prime(x):
    return 2 * x + 3

# %% func_gradient
func_p = jax.grad(func)

# %% 02_minima [cut off]

# %% 03_goldfield [missing]
